"""A researched model, measured beside ours but no part of the pipeline (docs/decisions/0011-model-candidates.md).

All years count, each older one d times the next newer; a school about which little is known is taken to be like the
schools of its size. What d and the effect of size are, the region's own past says: whatever would have predicted each
year best from the years before it. θ and T mean what they mean in docs/methodology.md; new is the probability P of
being among the *observed* worst K of the next year.

Matrices are schools by consecutive calendar years, zeros where nothing is known. Row t of a matrix *by origin* is what
the years before column t say; its last row is what all years say.
"""

from dataclasses import dataclass, replace

import numpy as np
from scipy.optimize import brentq, minimize_scalar
from scipy.special import expit, gammaincc, gammaln, logit

from benchmarks.prediction_counts import Counts, Floats, Integers, Mask
from benchmarks.prediction_measures import listed
from pipeline import methodology
from pipeline.expected import expected_cells
from pipeline.panel import dispersion_of, make_panel

LARGEST_LOG_SIZE = 3.0  # a school of a twentieth of the median size says as much about size as a smaller one
LARGEST_SURPRISE = 25.0  # a squared error beyond this many times its expectation is held there
CHANCE_MARGIN = 1e-9  # keeps logits of probabilities finite


@dataclass(frozen=True)
class CandidateRules:
    """The deciding numbers; each would need a home in the methodology.

    Args:
        decay_candidates: values of d that are tried.
        default_decay: d without any history.
        decay_pull: weight of the pull of d to its default, in squared logits.
        prior_minimum, prior_maximum: bounds of k.
        slope_scale: expected size of the slope of ln μ per unit of ln size; 0 switches the slope off.
        default_spread, default_noise: ψ and φ₁ before the history has spoken.
        default_weight: how many schools that opinion weighs.
        sharpness_scale: how far β is expected to lie from 1.
        min_calibrated_schools: fewest schools of a past year from which β is learned.
    """

    decay_candidates: tuple[float, ...] = tuple(float(d) for d in np.round(np.arange(0.10, 1.001, 0.05), 2))
    default_decay: float = 0.6
    decay_pull: float = 1.0
    prior_minimum: float = 0.5
    prior_maximum: float = 200.0
    slope_scale: float = 0.1
    default_spread: float = 2.0
    default_noise: float = 1.5
    default_weight: float = 4.0
    sharpness_scale: float = 0.12
    min_calibrated_schools: int = 20


@dataclass(frozen=True)
class History:
    """What the model is fitted to, cells that take part only.

    Args:
        observed, expected: low results by school and year.
        spread: the variance that chance alone gives `observed` (`pipeline.panel.Panel`).
        tested: pupils, the size of a school.
        dispersion: φ of the main window.
    """

    observed: Floats
    expected: Floats
    spread: Floats
    tested: Floats
    dispersion: float


@dataclass(frozen=True)
class Prior:
    """θ ~ Gamma(kμ, k) with ln μ = level + slope · ln(size / median size); `strength` is k."""

    strength: float
    level: float
    slope: float

    def mean(self, log_size: Floats) -> Floats:
        """μ of schools of that size."""
        found: Floats = np.exp(self.level + self.slope * log_size)
        return found


@dataclass(frozen=True)
class Outlook:
    """How far next year's observed ratio strays from S, and how sure P may sound.

    Args:
        spread, noise: ψ and φ₁ of the variance ψ · S / (E* + k) + φ₁ · S / E of next year's O / E.
        sharpness: β, by which the logit of P is multiplied.
    """

    spread: float
    noise: float
    sharpness: float


@dataclass(frozen=True)
class CandidateFit:
    """The model of one region; arrays hold one entry per school.

    Args:
        decay, prior, outlook: what was learned.
        index: S = (O* + kμ) / (E* + k), also the forecast of next year's O / E.
        probability: T; ΣT = K; NaN for a school without a cell that takes part.
        next_year_probability: P; ΣP = K; NaN for a school without such a cell in the last year.
    """

    decay: float
    prior: Prior
    outlook: Outlook
    index: Floats
    probability: Floats
    next_year_probability: Floats


@dataclass(frozen=True)
class _Prediction:
    """A past year as the years before it would have foretold it, one entry per school with results in both.

    Args:
        shape, rate: of the Gamma distribution of θ.
        known_expected: E of the school's newest year before.
        observed, expected: counts of the year itself.
    """

    shape: Floats
    rate: Floats
    known_expected: Floats
    observed: Floats
    expected: Floats


def fit(history: History, capacity: int, rules: CandidateRules) -> CandidateFit:
    """The model for the last year of the history, in which more schools than places have results."""
    is_known: Mask = history.expected.sum(axis=1) > 0
    # Who has no results now will hardly have any next year: no place among the observed worst is kept for it.
    is_recent: Mask = history.expected[:, -1] > 0
    assert 0 < capacity < is_recent.sum(), "the cut needs more schools than places"
    sizes = _log_sizes(history.tested)
    decay = rules.default_decay
    for _ in range(2):  # the prior hardly depends on d: one return is enough
        decay = _learned_decay(history, _fitted_prior(history, decay, sizes, rules), sizes, rules)
    prior = _fitted_prior(history, decay, sizes, rules)
    outlook = _learned_outlook(history, decay, prior, sizes, capacity, rules)

    observed, expected = (by_origin[-1] for by_origin in _evidence(history, decay))
    shape, rate = observed + prior.strength * prior.mean(sizes[-1]), expected + prior.strength
    probability, chance = np.full(len(shape), np.nan), np.full(len(shape), np.nan)
    cut = _cut_for(shape[is_known], rate[is_known], capacity)
    probability[is_known] = gammaincc(shape, rate * cut)[is_known]
    newest_expected = history.expected[is_recent, -1]
    chance[is_recent] = _next_year(shape[is_recent], rate[is_recent], newest_expected, outlook, capacity)
    return CandidateFit(decay, prior, outlook, shape / rate, probability, chance)


def _evidence(history: History, decay: float) -> tuple[Floats, Floats]:
    """O* and E* by origin and school: f = φ · Σa²V / ΣaE with a = decay ** age, O* = ΣaO / f, E* = ΣaE / f."""
    observed, expected = _forgetting(history.observed, decay), _forgetting(history.expected, decay)
    spread = history.dispersion * _forgetting(history.spread, decay**2)
    scale = np.divide(expected, spread, out=np.zeros_like(expected), where=spread > 0)
    return observed * scale, expected * scale


def _forgetting(counts: Floats, decay: float) -> Floats:
    """By origin t and school: Σ over the columns s < t of decay ** (t − 1 − s) · counts."""
    sums = np.zeros((counts.shape[1] + 1, counts.shape[0]))
    for year in range(counts.shape[1]):
        sums[year + 1] = decay * sums[year] + counts[:, year]
    return sums


def _newest(counts: Floats) -> Floats:
    """By origin and school: the count of the newest year before that has one; 0 where there is none."""
    found = np.zeros((counts.shape[1] + 1, counts.shape[0]))
    for year in range(counts.shape[1]):
        found[year + 1] = np.where(counts[:, year] > 0, counts[:, year], found[year])
    return found


def _log_sizes(tested: Floats) -> Floats:
    """By origin and school: ln of the newest year's tested pupils over the median of all school years; 0 if unknown."""
    known, middle = _newest(tested), float(np.median(tested[tested > 0]))
    sizes: Floats = np.log(np.where(known > 0, known, middle) / middle)
    return np.clip(sizes, -LARGEST_LOG_SIZE, LARGEST_LOG_SIZE)


def _fitted_prior(history: History, decay: float, sizes: Floats, rules: CandidateRules) -> Prior:
    """The prior of all schools: k by negative-binomial likelihood given μ, μ by regression given k, in turns."""
    observed, expected = (by_origin[-1] for by_origin in _evidence(history, decay))
    is_known = expected > 0
    low, high, size = observed[is_known], expected[is_known], sizes[-1, is_known]
    prior = Prior(_strength(low, high, np.ones_like(low), rules), level=0.0, slope=0.0)
    for _ in range(3):
        prior = _with_mean(prior, low, high, size, rules)
        prior = replace(prior, strength=_strength(low, high, prior.mean(size), rules))
    return prior


def _strength(low: Floats, high: Floats, mean: Floats, rules: CandidateRules) -> float:
    """The k within its bounds under which the counts are most likely, sought on log k."""

    def surprise(log_k: float) -> float:
        k = float(np.exp(log_k))
        found = gammaln(low + k * mean) - gammaln(k * mean) + k * mean * np.log(k) - (low + k * mean) * np.log(high + k)
        return -float(found.sum())

    bounds = (float(np.log(rules.prior_minimum)), float(np.log(rules.prior_maximum)))
    inner = float(minimize_scalar(surprise, bounds=bounds, method="bounded", options={"xatol": 1e-5}).x)
    # The bounded search never lands on a bound itself.
    return float(np.exp(min((bounds[1], bounds[0], inner), key=surprise)))


def _with_mean(prior: Prior, low: Floats, high: Floats, size: Floats, rules: CandidateRules) -> Prior:
    """Fisher steps of ln μ = level + slope · size at the prior's k; the slope is pulled to 0 as `slope_scale` says."""
    has_slope = rules.slope_scale > 0
    design = np.column_stack([np.ones_like(size), size] if has_slope else [np.ones_like(size)])
    # The level is free; so small a pull only keeps the equations solvable.
    pull = np.diag([1e-6, rules.slope_scale**-2] if has_slope else [1e-6])
    beta = np.array([prior.level, prior.slope] if has_slope else [prior.level])
    for _ in range(50):
        mean = np.exp(design @ beta)
        weight = prior.strength * high * mean / (prior.strength + high)
        gradient = design.T @ (weight * (low / (high * mean) - 1)) - pull @ beta
        step = np.linalg.solve((design * weight[:, None]).T @ design + pull, gradient)
        beta = beta + np.clip(step, -0.5, 0.5)
        if np.abs(step).max() < 1e-9:
            break
    return replace(prior, level=float(beta[0]), slope=float(beta[1]) if has_slope else 0.0)


def _predictable(expected: Floats) -> list[tuple[int, Integers]]:
    """Each year with the schools that have results in it and before it; years without such schools are left out."""
    before = _forgetting(expected, 1.0)
    found = [(t, np.flatnonzero((expected[:, t] > 0) & (before[t] > 0))) for t in range(expected.shape[1])]
    return [(t, rows) for t, rows in found if len(rows)]


def _learned_decay(history: History, prior: Prior, sizes: Floats, rules: CandidateRules) -> float:
    """The candidate that predicts the region's past years best, each from the years before it.

    Loss: Poisson deviance of the counts over 2φ plus half the squared distance of logit d from its default. A year
    with only one year before it says nothing about d: every candidate predicts the same.
    """
    years = _predictable(history.expected)

    def loss(decay: float) -> float:
        observed, expected = _evidence(history, decay)
        total = 0.5 * rules.decay_pull * (_soft_logit(decay) - _soft_logit(rules.default_decay)) ** 2
        for t, rows in years:
            start = prior.strength * prior.mean(sizes[t, rows])
            index = (observed[t, rows] + start) / (expected[t, rows] + prior.strength)
            foretold = history.expected[rows, t] * index
            total += _deviance(history.observed[rows, t], foretold) / (2 * history.dispersion)
        return total

    return min(rules.decay_candidates, key=loss)


def _soft_logit(share: float) -> float:
    """Logit that stays finite at 0 and 1."""
    return float(np.log((share + 0.02) / (1.02 - share)))


def _deviance(low: Floats, mean: Floats) -> float:
    """Poisson deviance of counts from their means."""
    ratio = np.divide(low, mean, out=np.ones_like(mean), where=low > 0)
    return float(2 * (low * np.log(ratio) - (low - mean)).sum())


def _cut_for(shape: Floats, rate: Floats, capacity: int) -> float:
    """The level that `capacity` of the Gamma(shape, rate) are expected to exceed."""

    def surplus(cut: float) -> float:
        return float(gammaincc(shape, rate * cut).sum()) - capacity

    lower, upper = 0.5, 2.0
    while surplus(lower) <= 0:
        lower /= 2
    while surplus(upper) >= 0:
        upper *= 2
    return float(brentq(surplus, lower, upper, xtol=1e-13))


def _next_year(shape: Floats, rate: Floats, expected: Floats, outlook: Outlook, capacity: int) -> Floats:
    """P of each school to be among the K highest O / E that the next year shows; ΣP = K.

    The observed ratio is taken as a Gamma with mean S and variance ψ · S / rate + φ₁ · S / E: the level moves, and a
    small school's year is noisy. The probability of exceeding its cut is then made as sure as β allows.
    """
    mean = shape / rate
    variance = outlook.spread * mean / rate + outlook.noise * mean / expected
    seen_shape, seen_rate = mean**2 / variance, mean / variance
    cut = _cut_for(seen_shape, seen_rate, capacity)
    return _calibrated(_logits(gammaincc(seen_shape, seen_rate * cut)), outlook.sharpness, capacity)


def _logits(chance: Floats) -> Floats:
    """Logits, finite even of 0 and 1."""
    found: Floats = logit(np.clip(chance, CHANCE_MARGIN, 1 - CHANCE_MARGIN))
    return found


def _calibrated(logits: Floats, sharpness: float, capacity: int) -> Floats:
    """Expit(α + β · logits) with the α that makes them sum to the capacity."""
    scaled = sharpness * logits
    shift = float(brentq(lambda a: float(expit(a + scaled).sum()) - capacity, -80.0, 80.0, xtol=1e-11))
    chance: Floats = expit(shift + scaled)
    return chance


def _learned_outlook(
    history: History, decay: float, prior: Prior, sizes: Floats, capacity: int, rules: CandidateRules
) -> Outlook:
    """ψ and φ₁ from the squared errors of the past predictions, then β from the past years' observed worst."""
    observed, expected = _evidence(history, decay)
    known_expected = _newest(history.expected)
    past = [
        _Prediction(
            shape=observed[t, rows] + prior.strength * prior.mean(sizes[t, rows]),
            rate=expected[t, rows] + prior.strength,
            known_expected=known_expected[t, rows],
            observed=history.observed[rows, t],
            expected=history.expected[rows, t],
        )
        for t, rows in _predictable(history.expected)
    ]
    spread, noise = _error_parts(past, rules)
    outlook = Outlook(spread, noise, sharpness=1.0)
    share = capacity / int((history.expected.sum(axis=1) > 0).sum())
    years = []
    for one in past:
        places = max(1, round(share * len(one.observed)))
        if places < len(one.observed) and len(one.observed) >= rules.min_calibrated_schools:
            chance = _next_year(one.shape, one.rate, one.known_expected, outlook, places)
            years.append((_logits(chance), listed(one.observed / one.expected, places), places))
    return replace(outlook, sharpness=_sharpness(years, rules))


def _error_parts(past: list[_Prediction], rules: CandidateRules) -> tuple[float, float]:
    """ψ and φ₁ of (O − M)² / M ≈ φ₁ + ψ · M / shape with M = E · S: weighted least squares around the defaults."""
    spread, noise = rules.default_spread, rules.default_noise
    if not past:
        return spread, noise
    shape, observed = np.concatenate([p.shape for p in past]), np.concatenate([p.observed for p in past])
    mean = np.concatenate([p.expected * p.shape / p.rate for p in past])
    leverage, error = mean / shape, (observed - mean) ** 2 / mean
    opinion = rules.default_weight * np.array([spread, noise])
    for _ in range(12):
        scale = noise + spread * leverage
        design = np.column_stack([leverage, np.ones_like(leverage)]) / scale[:, None]
        target = np.minimum(error / scale, LARGEST_SURPRISE)
        found = np.linalg.solve(design.T @ design + rules.default_weight * np.eye(2), design.T @ target + opinion)
        spread, noise = float(max(found[0], 0.1)), float(max(found[1], 0.3))
    return spread, noise


def _sharpness(years: list[tuple[Floats, Mask, int]], rules: CandidateRules) -> float:
    """β under which who was among the past years' observed worst is most likely, pulled to 1."""
    if not years:
        return 1.0

    def surprise(sharpness: float) -> float:
        total = 0.5 * ((sharpness - 1) / rules.sharpness_scale) ** 2
        for logits, is_worst, places in years:
            chance = np.clip(_calibrated(logits, sharpness, places), 1e-12, 1 - 1e-12)
            total -= float(np.log(np.where(is_worst, chance, 1 - chance)).sum())
        return total

    return float(minimize_scalar(surprise, bounds=(0.4, 2.5), method="bounded", options={"xatol": 1e-4}).x)


def history_of(counts: Counts) -> History:
    """The years of the counts as the pipeline weighs them, with its φ of the main window; rows as `school_ids`."""
    method, year = methodology.load().stability, int(counts.years[-1])
    panel = make_panel(expected_cells(counts.results, method.min_cell_schools), year, method)
    dispersion, _ = dispersion_of(panel, year, method.window_years, method.min_dispersion_df)
    place = counts.school_ids.searchsorted(panel.school_ids)

    def placed(values: Floats) -> Floats:
        """Schools without any result so far have rows of zeros."""
        whole = np.zeros((len(counts.school_ids), values.shape[1]))
        whole[place] = values
        return whole

    return History(
        placed(panel.observed), placed(panel.expected), placed(panel.spread), placed(panel.tested), dispersion
    )
