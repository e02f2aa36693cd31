"""The chance of being among the *observed* worst K of the next year: what today's index does not know yet.

Two things come on top of today's uncertainty: levels move, and a small school's year is noisy. How much, the errors of
the past predictions say; how sure the chance may sound, who then really was among the worst (docs/methodology.md,
step 8). Arrays have one entry per school.
"""

from dataclasses import dataclass

import numpy as np

from pipeline.learning import Learned, predictable
from pipeline.methodology.rules import StabilityRules
from pipeline.panel import Panel, newest_by_origin
from pipeline.posterior import Floats, cut_for, probabilities_above
from pipeline.schema import FLOAT_DECIMALS

CHANCE_MARGIN = 1e-9  # keeps logits of probabilities finite
ERROR_ROUNDS = 12  # reweighted least squares; the last rounds change nothing in the sixth digit
FARTHEST_SHIFT = 80.0  # beyond any logit that the margin leaves


@dataclass(frozen=True)
class Outlook:
    """How far next year's observed ratio strays from S, and how sure P may sound.

    Args:
        spread, noise: ψ and φ₁ of the variance ψ · S / (E* + k) + φ₁ · S / E of next year's O / E.
        sharpness: β, by which the logit of P is multiplied.
        cut: c₁, the level of next year's O / E that K schools are expected to exceed; NaN where P is unknown.
        shift: α, what brings the sum of P back to K; NaN where P is unknown.
        is_default: no past year could be predicted, so nothing was learned.
    """

    spread: float
    noise: float
    sharpness: float
    cut: float
    shift: float
    is_default: bool


@dataclass(frozen=True)
class _Prediction:
    """A year as the years before it foretell it, one entry per school.

    Args:
        shape, rate: of the Gamma distribution of θ.
        newest_expected: E of the school's newest year before, E² / V where exams are weighted.
    """

    shape: Floats
    rate: Floats
    newest_expected: Floats


@dataclass(frozen=True)
class _Past:
    """A past year: how it was foretold, and what came (weighted counts and the variance chance gives them)."""

    foretold: _Prediction
    observed: Floats
    expected: Floats
    spread: Floats


def foresee(panel: Panel, learned: Learned, capacity: int, rules: StabilityRules) -> tuple[Outlook, Floats]:
    """The outlook of the region, and P of each school of the panel.

    P is NaN for a school without results in the last year, who will hardly have any in the next, so that no place is
    kept for it; and for everybody where there are no more schools with results in the last year than places.

    Args:
        panel: the schools of the region.
        learned: the parameters (`learning.learn`).
        capacity: K.
        rules: defaults, floors and bounds.
    """
    newest = newest_expected_by_origin(panel)
    past = _past(panel, learned, newest)
    spread, noise = _error_parts(past, rules)
    chance = np.full(len(panel.school_ids), np.nan)
    rows = np.flatnonzero(panel.expected[:, -1] > 0)
    if len(rows) <= capacity:
        return Outlook(spread, noise, 1.0, np.nan, np.nan, is_default=not past), chance
    sharpness = _sharpness(_calibrations(past, capacity / len(rows), spread, noise, rules), rules)
    now = _Prediction(learned.shape[-1, rows], learned.rate[-1, rows], newest[-1, rows])
    raw, cut = _raw_chances(now, spread, noise, capacity)
    chance[rows], shift = _calibrated(_logits(raw), sharpness, capacity)
    return Outlook(spread, noise, sharpness, cut, shift, is_default=not past), chance


def newest_expected_by_origin(panel: Panel) -> Floats:
    """By origin and school: E of the newest year that has one, E² / V where exams are weighted; 0 without any."""
    effective = np.divide(panel.expected**2, panel.spread, out=np.zeros_like(panel.spread), where=panel.spread > 0)
    return newest_by_origin(effective)


def _past(panel: Panel, learned: Learned, newest: Floats) -> list[_Past]:
    """Every past year that an earlier one foretells."""
    shape, rate = learned.shape, learned.rate
    return [
        _Past(
            _Prediction(shape[column, rows], rate[column, rows], newest[column, rows]),
            observed=panel.observed[rows, column],
            expected=panel.expected[rows, column],
            spread=panel.spread[rows, column],
        )
        for column, rows in predictable(panel)
    ]


def _error_parts(past: list[_Past], rules: StabilityRules) -> tuple[float, float]:
    """ψ and φ₁ of (O − M)² / M ≈ φ₁ · V / E + ψ · M / shape, M = E · S: weighted least squares around the defaults."""
    spread, noise = rules.default_spread, rules.default_noise
    if not past:
        return spread, noise
    mean = np.concatenate([one.expected * one.foretold.shape / one.foretold.rate for one in past])
    leverage = mean / np.concatenate([one.foretold.shape for one in past])
    chance = np.concatenate([one.spread / one.expected for one in past])
    error = (np.concatenate([one.observed for one in past]) - mean) ** 2 / mean
    opinion = rules.default_outlook_weight * np.array([spread, noise])
    for _ in range(ERROR_ROUNDS):
        scale = noise * chance + spread * leverage
        design = np.column_stack([leverage, chance]) / scale[:, None]
        target = np.minimum(error / scale, rules.surprise_limit)
        normal = design.T @ design + rules.default_outlook_weight * np.eye(2)
        found = np.linalg.solve(normal, design.T @ target + opinion)
        spread, noise = max(float(found[0]), rules.spread_minimum), max(float(found[1]), rules.noise_minimum)
    return spread, noise


def _raw_chances(foretold: _Prediction, spread: float, noise: float, capacity: int) -> tuple[Floats, float]:
    """The chance of each school to be among the K highest next year, before its calibration, and the cut c₁.

    The observed ratio is taken as a Gamma with mean S and variance ψ · S / rate + φ₁ · S / E.
    """
    widening = spread / foretold.rate + noise / foretold.newest_expected  # the variance over S
    shape, rate = foretold.shape / foretold.rate / widening, 1 / widening
    cut = cut_for(shape, rate, capacity)
    return probabilities_above(shape, rate, cut), cut


def _logits(chance: Floats) -> Floats:
    """Logits, finite even of 0 and 1."""
    from scipy.special import logit

    found: Floats = logit(np.clip(chance, CHANCE_MARGIN, 1 - CHANCE_MARGIN))
    return found


def _calibrated(logits: Floats, sharpness: float, capacity: int) -> tuple[Floats, float]:
    """Expit(α + β · logits), and the α that makes them sum to the capacity."""
    from scipy.optimize import brentq
    from scipy.special import expit

    scaled = sharpness * logits

    def surplus(shift: float) -> float:
        return float(expit(shift + scaled).sum()) - capacity

    shift = float(brentq(surplus, -FARTHEST_SHIFT, FARTHEST_SHIFT, xtol=1e-11))
    chance: Floats = expit(shift + scaled)
    return chance, shift


def _calibrations(
    past: list[_Past], share: float, spread: float, noise: float, rules: StabilityRules
) -> list[tuple[Floats, Floats, int]]:
    """For each past year with enough schools: logits of the chances, who was among the worst, and how many places."""
    years = []
    for one in past:
        schools = len(one.observed)
        places = max(1, round(share * schools))
        if places < schools and schools >= rules.min_calibrated_schools:
            chance, _ = _raw_chances(one.foretold, spread, noise, places)
            years.append((_logits(chance), _shares_of_worst(one.observed / one.expected, places), places))
    return years


def _shares_of_worst(ratio: Floats, places: int) -> Floats:
    """1 for the schools with the highest ratios, 0 for the others; those tied at the border share what is left."""
    seen = np.round(ratio, FLOAT_DECIMALS)
    border = np.sort(seen)[-places]
    is_above, is_tied = seen > border, seen == border
    shares: Floats = is_above + is_tied * (places - is_above.sum()) / is_tied.sum()
    return shares


def _sharpness(years: list[tuple[Floats, Floats, int]], rules: StabilityRules) -> float:
    """β under which who was among the past years' observed worst is most likely, pulled to 1."""
    from scipy.optimize import minimize_scalar

    if not years:
        return 1.0

    def surprise(sharpness: float) -> float:
        total = 0.5 * ((sharpness - 1) / rules.sharpness_scale) ** 2
        for logits, worst, places in years:
            chance = np.clip(_calibrated(logits, sharpness, places)[0], CHANCE_MARGIN, 1 - CHANCE_MARGIN)
            total -= float((worst * np.log(chance) + (1 - worst) * np.log(1 - chance)).sum())
        return total

    bounds = (rules.sharpness_minimum, rules.sharpness_maximum)
    return float(minimize_scalar(surprise, bounds=bounds, method="bounded", options={"xatol": 1e-6}).x)
