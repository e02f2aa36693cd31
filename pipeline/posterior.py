"""The arithmetic of the Gamma posterior: how strong the prior is, how probable it is to be among the K highest.

A school's true ratio θ of low results to the regional norm has the prior Gamma(k, k); after the evidence O of E
expected it is Gamma(O + k, E + k) (docs/methodology.md, steps 4 and 5). Arrays have one entry per school.

Source: Lin, Louis, Paddock & Ridgeway (2006), Loss function based ranking in two-stage, hierarchical models,
Bayesian Analysis 1 (4): ranking by the probability of exceeding the cut loses least at a fixed capacity.
"""

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


PRIOR_TOLERANCE = 1e-6  # precision of log k: what a search needs to stop, far below what any list could notice


def prior_strength(observed: Floats, expected: Floats, minimum: float, maximum: float) -> tuple[float, bool]:
    """The k in [minimum, maximum] under which the counts are most likely, and whether it lies at a bound.

    The counts are negative binomial: Poisson around expected · θ with θ ~ Gamma(k, k). Sought on log k.

    Without any difference between schools, or without any evidence, k is the upper bound.

    Args:
        observed: effective low results; they need not be whole.
        expected: effective expectation.
        minimum: lower bound of k.
        maximum: upper bound of k.
    """
    from scipy.optimize import minimize_scalar
    from scipy.special import gammaln

    is_known = expected > 0
    low, high = observed[is_known], expected[is_known]

    def surprise(log_k: float) -> float:
        k = float(np.exp(log_k))
        likelihood = gammaln(low + k) - gammaln(k) + k * np.log(k) - (low + k) * np.log(high + k)
        return -float(likelihood.sum())

    bounds = (float(np.log(minimum)), float(np.log(maximum)))
    inner = float(minimize_scalar(surprise, bounds=bounds, method="bounded", options={"xatol": PRIOR_TOLERANCE}).x)
    # The bounded search never lands on a bound itself: compare, so that a flat likelihood is told as such.
    best = min((bounds[1], bounds[0], inner), key=surprise)
    is_at_bound = min(best - bounds[0], bounds[1] - best) <= 10 * PRIOR_TOLERANCE
    return float(np.clip(np.exp(best), minimum, maximum)), is_at_bound


def probabilities_above(observed: Floats, expected: Floats, prior: float, cut: float) -> Floats:
    """Each school's probability that its θ exceeds the cut: Q(O + k, (E + k) · c)."""
    from scipy.special import gammaincc

    above: Floats = gammaincc(observed + prior, (expected + prior) * cut)
    return above


def cut_for(observed: Floats, expected: Floats, prior: float, capacity: int) -> float:
    """The level c of θ that `capacity` schools are expected to exceed: ΣT = K.

    Raises:
        AssertionError: there are no more schools than places, so no such level exists.
    """
    from scipy.optimize import brentq

    assert 0 < capacity < len(observed), "the cut needs more schools than places"

    def surplus(cut: float) -> float:
        return float(probabilities_above(observed, expected, prior, cut).sum()) - capacity

    lower, upper = 0.5, 2.0
    while surplus(lower) <= 0:
        lower /= 2
    while surplus(upper) >= 0:
        upper *= 2
    return float(brentq(surplus, lower, upper, xtol=1e-13))


def quantiles(observed: Floats, expected: Floats, prior: float, level: float) -> tuple[Floats, Floats]:
    """Lower and upper bound of the central interval of θ that holds it with the probability `level`."""
    from scipy.special import gammaincinv

    shape, rate = observed + prior, expected + prior
    lower: Floats = gammaincinv(shape, (1 - level) / 2) / rate
    upper: Floats = gammaincinv(shape, (1 + level) / 2) / rate
    return lower, upper
