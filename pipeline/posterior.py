"""The arithmetic of the Gamma posterior: what schools start from, how probable it is to be among the K highest.

A school's true ratio θ of low results to the regional norm has the prior Gamma(kμ, k); after the evidence O of E
expected it is Gamma(O + kμ, E + k), told here by its `shape` and `rate` (docs/methodology.md, steps 4 and 5). Arrays
have one entry per school.

Source: Lin, Louis, Paddock & Ridgeway (2006), Loss function based ranking in two-stage, hierarchical models,
Bayesian Analysis 1 (4): ranking by the probability of exceeding the cut loses least at a fixed capacity.
"""

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from pipeline.methodology.rules import StabilityRules
from pipeline.schema import FLOAT_DECIMALS

Floats = npt.NDArray[np.float64]


PRIOR_TOLERANCE = 1e-6  # precision of log k: what a search needs to stop, far below what any list could notice
PRIOR_ROUNDS = 3  # k and μ hardly depend on each other: the third round changes nothing that a list could notice
MEAN_TOLERANCE = 1e-9  # precision of ln μ
MEAN_STEPS = 50  # Fisher steps at most; five or six are usual
LONGEST_STEP = 0.5  # of ln μ at once: keeps the first steps from overshooting
LEVEL_PULL = 1e-6  # the level is free; so small a pull only keeps the equations solvable without any evidence


@dataclass(frozen=True)
class Prior:
    """What is expected of a school before its own results: θ ~ Gamma(kμ, k).

    Args:
        strength: k, the expected low results that this opinion is worth.
        level, slope: ln μ = level + slope · ln(size / median size).
    """

    strength: float
    level: float
    slope: float

    def mean(self, log_size: Floats) -> Floats:
        """μ of schools with the given ln(size / median size)."""
        found: Floats = np.exp(self.level + self.slope * log_size)
        return found


def fit_prior(observed: Floats, expected: Floats, log_size: Floats, rules: StabilityRules) -> tuple[Prior, bool]:
    """The prior of the region's schools, and whether k lies at a bound: k given μ, then μ given k, in turns.

    Args:
        observed: effective low results; they need not be whole.
        expected: effective expectation; schools without any say nothing.
        log_size: ln(size / median size).
        rules: bounds of k, and how far the slope may be expected to lie from 0 (`slope_scale`; 0: no slope).
    """
    is_known = expected > 0
    low, high, size = observed[is_known], expected[is_known], log_size[is_known]
    prior, is_at_bound = Prior(1.0, level=0.0, slope=0.0), False
    for step in range(PRIOR_ROUNDS + 1):
        if step:
            prior = _with_mean(prior, low, high, size, rules.slope_scale)
        strength, is_at_bound = prior_strength(low, high, prior.mean(size), rules.prior_minimum, rules.prior_maximum)
        prior = replace(prior, strength=strength)
    return prior, is_at_bound


def prior_strength(
    observed: Floats, expected: Floats, mean: Floats, minimum: float, maximum: float
) -> tuple[float, bool]:
    """The k in [minimum, maximum] under which the counts are most likely, and whether it lies at a bound.

    The counts are negative binomial: Poisson around expected · θ with θ ~ Gamma(kμ, k). Sought on log k.

    Without any difference between schools, or without any evidence, k is the upper bound.

    Args:
        observed: effective low results.
        expected: effective expectation.
        mean: μ.
        minimum: lower bound of k.
        maximum: upper bound of k.
    """
    from scipy.optimize import minimize_scalar
    from scipy.special import gammaln

    is_known = expected > 0
    low, high, start = observed[is_known], expected[is_known], mean[is_known]

    def surprise(log_k: float) -> float:
        k = float(np.exp(log_k))
        shape = k * start
        likelihood = gammaln(low + shape) - gammaln(shape) + shape * np.log(k) - (low + shape) * np.log(high + k)
        return -float(likelihood.sum())

    bounds = (float(np.log(minimum)), float(np.log(maximum)))
    inner = float(minimize_scalar(surprise, bounds=bounds, method="bounded", options={"xatol": PRIOR_TOLERANCE}).x)
    # The bounded search never lands on a bound itself: compare, so that a flat likelihood is told as such.
    best = min((bounds[1], bounds[0], inner), key=surprise)
    is_at_bound = min(best - bounds[0], bounds[1] - best) <= 10 * PRIOR_TOLERANCE
    return float(np.clip(np.exp(best), minimum, maximum)), is_at_bound


def _with_mean(prior: Prior, low: Floats, high: Floats, size: Floats, slope_scale: float) -> Prior:
    """The prior with its level and slope by Fisher steps of the negative binomial regression at its own k."""
    has_slope = slope_scale > 0
    design = np.column_stack([np.ones_like(size), size] if has_slope else [np.ones_like(size)])
    pull = np.diag([LEVEL_PULL, slope_scale**-2] if has_slope else [LEVEL_PULL])
    beta = np.array([prior.level, prior.slope] if has_slope else [prior.level])
    for _ in range(MEAN_STEPS):
        mean = np.exp(design @ beta)
        weight = prior.strength * high * mean / (prior.strength + high)
        gradient = design.T @ (weight * (low / (high * mean) - 1)) - pull @ beta
        step = np.linalg.solve((design * weight[:, None]).T @ design + pull, gradient)
        beta = beta + np.clip(step, -LONGEST_STEP, LONGEST_STEP)
        if np.abs(step).max() < MEAN_TOLERANCE:
            break
    return replace(prior, level=float(beta[0]), slope=float(beta[1]) if has_slope else 0.0)


def as_stored(values: Floats) -> Floats:
    """The numbers as the store keeps them: what a reader sees meets a threshold, not the last bits of a sum."""
    return np.round(values, FLOAT_DECIMALS)


def probabilities_above(shape: Floats, rate: Floats, cut: float) -> Floats:
    """Each school's probability that its θ ~ Gamma(shape, rate) exceeds the cut: Q(shape, rate · c)."""
    from scipy.special import gammaincc

    above: Floats = gammaincc(shape, rate * cut)
    return above


def cut_for(shape: Floats, rate: Floats, capacity: int) -> float:
    """The level c of θ that `capacity` schools are expected to exceed: ΣT = K.

    Raises:
        AssertionError: there are no more schools than places, so no such level exists.
    """
    from scipy.optimize import brentq

    assert 0 < capacity < len(shape), "the cut needs more schools than places"

    def surplus(cut: float) -> float:
        return float(probabilities_above(shape, rate, cut).sum()) - capacity

    lower, upper = 0.5, 2.0
    while surplus(lower) <= 0:
        lower /= 2
    while surplus(upper) >= 0:
        upper *= 2
    return float(brentq(surplus, lower, upper, xtol=1e-13))


def quantiles(shape: Floats, rate: Floats, level: float) -> tuple[Floats, Floats]:
    """Lower and upper bound of the central interval of θ that holds it with the probability `level`."""
    from scipy.special import gammaincinv

    lower: Floats = gammaincinv(shape, (1 - level) / 2) / rate
    upper: Floats = gammaincinv(shape, (1 + level) / 2) / rate
    return lower, upper
