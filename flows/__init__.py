"""Prefect at the edge: the tuples of `pipeline.stages` as flows and tasks. Nothing else imports Prefect.

Importing this package silences Prefect's reports to its makers, before anything can import Prefect itself.
"""

from flows import settings

settings.keep_private()
