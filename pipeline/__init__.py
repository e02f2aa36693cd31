"""shnro: finds schools with stably low results, says how sure that is and why, and follows the support they get."""

__version__ = "0.1.0"
