"""Models of other people's packages, compared on the real panels where the packages are installed; no dependency.

`statsmodels` and `multiple-inference` are not in the lock: without them the benchmark says so and goes on. Version
1.2.0 of `multiple-inference` does not import with SciPy ≥ 1.12, which is reported in the same way.
"""

import importlib
from typing import Any

import numpy as np

from benchmarks.prediction_counts import Counts, Floats
from benchmarks.prediction_rules import Forecast, Rule, divided

WINDOW_YEARS = 3
MAX_INFERENCE_SCHOOLS = 1500  # its fit leaves out one school at a time: minutes on thousands of schools


def mixed_model(counts: Counts, capacity: int) -> Forecast:
    """Yearly observed / expected with a random intercept by school: the predicted intercept."""
    mixed: Any = importlib.import_module("statsmodels.regression.mixed_linear_model")
    recent = counts.window(WINDOW_YEARS)
    ratio = divided(recent.low.sum(axis=2), recent.expected.sum(axis=2))
    school, year = np.nonzero(~np.isnan(ratio))
    fit = mixed.MixedLM(ratio[school, year], np.ones((len(school), 1)), groups=school).fit()
    effects = np.full(len(ratio), np.nan)
    for group, effect in fit.random_effects.items():
        effects[group] = float(effect.iloc[0])
    level = fit.fe_params[0] + effects
    return Forecast(level, ratio=level)


def empirical_bayes(counts: Counts, capacity: int) -> Forecast:
    """Posterior mean of three years' observed / expected under a normal prior fitted to all schools."""
    bayes: Any = importlib.import_module("multiple_inference.bayes")
    recent = counts.window(WINDOW_YEARS)
    low, expected = recent.low.sum(axis=(1, 2)), recent.expected.sum(axis=(1, 2))
    known = expected > 0
    fit = bayes.Normal((low / expected.clip(min=1e-9))[known], np.diag(1 / expected[known])).fit()
    level: Floats = np.full(len(expected), np.nan)
    level[known] = fit.params
    return Forecast(level, ratio=level)


GUESTS: tuple[tuple[str, Rule], ...] = (
    (
        "statsmodels.regression.mixed_linear_model",
        Rule(
            "statsmodels mixed model",
            "Random intercept by school on three years of observed / expected (statsmodels, MixedLM); schools weigh "
            "alike whatever their size, for the package has no weights there.",
            mixed_model,
        ),
    ),
    (
        "multiple_inference.bayes",
        Rule(
            "multiple-inference",
            "Normal empirical Bayes on three years of observed / expected with Poisson variances (multiple-inference, "
            "bayes.Normal), ranked by posterior mean; panels up to 1,500 schools.",
            empirical_bayes,
            max_schools=MAX_INFERENCE_SCHOOLS,
        ),
    ),
)


def installed_guests() -> tuple[tuple[Rule, ...], tuple[str, ...]]:
    """The rules whose packages can be imported, and a sentence for each that cannot."""
    rules, messages = [], []
    for module, rule in GUESTS:
        try:
            importlib.import_module(module)
        except ImportError as error:
            messages.append(f"{rule.code}: skipped, {error}.")
        else:
            rules.append(rule)
    return tuple(rules), tuple(messages)
