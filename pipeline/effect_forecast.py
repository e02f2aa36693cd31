"""What the year after a list would have shown without support: the model's forecast, set right by unlisted schools.

The model of the list's year says what each school's level is (S, docs/methodology.md, step 4). Two things it cannot
know: how hard the next year is for everybody, and how far schools come back to the norm. Both are read off the schools
that were not listed, and so is how widely they stray from the forecast; listed schools have no say in any of it.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from pipeline.expected import SLICE_KEY, StabilityFit
from pipeline.methodology.rules import EffectRules
from pipeline.posterior import Floats

CALIBRATION_ROUNDS = 30  # the fifth digit stands still after ten
VARIANCE_ROUNDS = 12
LEVEL_PULL = 1e-6  # keeps the equations solvable, weighs nothing
CHANCE_MARGIN = 1e-9  # keeps logits of probabilities finite
STEP_TOLERANCE = 1e-10


@dataclass(frozen=True)
class Calibration:
    """How the next year follows from the index S in schools without support: M = E · exp(level + slope · ln S).

    A school's result has the variance φ₁ · M + (τ² + 1 / shape) · M²: chance, moving levels, and how little is known.

    Args:
        level, slope: α and γ; γ below 1: schools come back to the norm farther than S says.
        covariance: of α and γ; α's holds the error of the form (`form_error`) as well.
        noise: φ₁.
        drift: τ².
        school_count: unlisted schools behind it.
    """

    level: float
    slope: float
    covariance: Floats
    noise: float
    drift: float
    school_count: int

    def forecast(self, schools: pd.DataFrame) -> Floats:
        """M of each school (`next_year`)."""
        expected, log_index = _column(schools, "expected_count"), np.log(_column(schools, "index"))
        found: Floats = expected * np.exp(self.level + self.slope * log_index)
        return found

    def uncertainty(self, schools: pd.DataFrame) -> Floats:
        """τ² + 1 / shape of each school: the relative variance of its level."""
        found: Floats = self.drift + 1 / _column(schools, "shape")
        return found


def next_year(
    cells: pd.DataFrame, fitted: StabilityFit, listed: frozenset[str], left_out: frozenset[str], min_cell_schools: int
) -> pd.DataFrame:
    """One row per school that the model knows and that was tested in the year after it, by `school_id`.

    The norm are the schools that are neither listed nor left out: their rate in each exam, subject and grade.

    Args:
        cells: result cells of the pool of the model's year and of the next one (columns of `RESULTS`).
        fitted: the model of the list's year.
        listed: schools of the list.
        left_out: schools that take no part (excluded kinds, closed ones).
        min_cell_schools: fewest schools of the norm that a cell may be compared with.

    Returns:
        `low_count`, `expected_count` (both of the next year, > 0 expected), `before_low`, `before_expected` (of the
        model's year), `index`, `shape`, `probability`, `is_listed`; indexed by `school_id`.
    """
    known = fitted.table.set_index("school_id")
    shape = known["effective_observed"] + fitted.prior * known["prior_mean"]
    schools = known[["index", "probability"]].assign(shape=shape)
    compared = listed | left_out
    for year, names in (
        (fitted.year + 1, ("low_count", "expected_count")),
        (fitted.year, ("before_low", "before_expected")),
    ):
        sums = _against_others(cells[cells["year"] == year], compared, min_cell_schools)
        schools = schools.join(sums.set_axis(list(names), axis=1))
    schools = schools[(schools["expected_count"] > 0) & ~schools.index.isin(left_out)].sort_index()
    filled = schools.fillna({"before_low": 0.0, "before_expected": 0.0})
    return filled.assign(is_listed=filled.index.isin(listed))


def calibrate(schools: pd.DataFrame, rules: EffectRules) -> Calibration:
    """α and γ by weighted least squares of O / M on ln S, φ₁ and τ² off the squares of what is left, in turns.

    Args:
        schools: unlisted ones (`next_year`); not empty.
        rules: pull of γ to 1 and of the variances to their defaults.
    """
    design = np.column_stack([np.ones(len(schools)), np.log(_column(schools, "index"))])
    observed, shape = _column(schools, "low_count"), _column(schools, "shape")
    start, pull = np.array([0.0, 1.0]), np.diag([LEVEL_PULL, rules.slope_scale**-2])
    found, noise, drift = start, rules.default_noise, rules.default_drift
    for _ in range(CALIBRATION_ROUNDS):
        mean = _column(schools, "expected_count") * np.exp(design @ found)
        weight = mean**2 / (noise * mean + (drift + 1 / shape) * mean**2)
        normal = (design * weight[:, None]).T @ design + pull
        step = np.linalg.solve(normal, design.T @ (weight * (observed / mean - 1)) - pull @ (found - start))
        found = found + np.clip(step, -1, 1)
        mean = _column(schools, "expected_count") * np.exp(design @ found)
        noise, drift = _variance_parts(observed, mean, shape, (noise, drift), rules)
        if np.abs(step).max() < STEP_TOLERANCE:
            break
    weight = mean**2 / (noise * mean + (drift + 1 / shape) * mean**2)
    covariance: Floats = np.linalg.inv((design * weight[:, None]).T @ design + pull)
    # The line is drawn through unlisted schools and carried on to listed ones: that it is a line is an assumption.
    covariance = covariance + np.diag([rules.form_error**2, 0.0])
    return Calibration(float(found[0]), float(found[1]), covariance, noise, drift, len(schools))


@dataclass(frozen=True)
class Comparison:
    """Observed over foretold of a group, or that of one group over that of another; None: unbounded or unknown."""

    ratio: float
    lower: float
    upper: float | None


def against_forecast(schools: pd.DataFrame, calibration: Calibration, level: float) -> Comparison:
    """Observed over foretold of the schools together, with the interval that holds the true ratio.

    The bounds are the ρ at which (ΣO − ρΣM)² = z² · (ρ · φ₁ΣM + ρ² · B) with B = Σ(τ² + 1/shape)M² + gᵀCg, g the
    derivative of ΣM by α and γ: all schools share the uncertainty C of these two.

    Args:
        schools: one or more of `next_year`.
        calibration: what unlisted schools say.
        level: of the interval.
    """
    mean, observed = calibration.forecast(schools), float(schools["low_count"].sum())
    total, slopes = float(mean.sum()), _slopes(schools, mean)
    known = float((calibration.uncertainty(schools) * mean**2).sum() + slopes @ calibration.covariance @ slopes)
    square = _normal_quantile(level) ** 2
    first, second = total**2 - square * known, 2 * observed * total + square * calibration.noise * total
    root = float(np.sqrt(second**2 - 4 * first * observed**2))
    # Of both roots the lower in the form that holds whatever the sign of `first`.
    lower = 2 * observed**2 / (second + root)
    return Comparison(observed / total, lower, (second + root) / (2 * first) if first > 0 else None)


def against_each_other(
    first: pd.DataFrame, second: pd.DataFrame, calibration: Calibration, level: float, weights: Floats | None = None
) -> Comparison | None:
    """Observed over foretold of the first group over that of the second, on the logarithmic scale.

    Args:
        first: schools of `next_year`.
        second: others of them.
        calibration: what gives M and the variances.
        level: of the interval.
        weights: of the schools of both groups, first ones first; None: 1 each.

    Returns:
        None where a group has no low result at all.
    """
    shares = np.ones(len(first) + len(second)) if weights is None else weights
    ratios, variance, slopes = [], 0.0, np.zeros(2)
    for sign, group, weight in ((1, first, shares[: len(first)]), (-1, second, shares[len(first) :])):
        mean = calibration.forecast(group)
        total, observed = float((weight * mean).sum()), float((weight * _column(group, "low_count")).sum())
        if observed <= 0:
            return None
        ratios.append(observed / total)
        spread = calibration.noise * mean / ratios[-1] + calibration.uncertainty(group) * mean**2
        variance += float((weight**2 * spread).sum()) / total**2
        slopes = slopes + sign * _slopes(group, weight * mean) / total
    width = _normal_quantile(level) * float(np.sqrt(variance + slopes @ calibration.covariance @ slopes))
    ratio = ratios[0] / ratios[1]
    return Comparison(ratio, ratio * float(np.exp(-width)), ratio * float(np.exp(width)))


def overlap_weights(schools: pd.DataFrame, rules: EffectRules) -> Floats:
    """Weights under which listed and unlisted schools have the same T on the logit scale: 1 − e if listed, else e.

    e is the chance of being listed at the school's T by logistic regression, its slope drawn to 0 with the scale
    `overlap_slope_scale`; only schools near the cut weigh anything (Li, Morgan & Zaslavsky 2018).
    """
    from scipy.special import expit, logit

    chance = np.clip(_column(schools, "probability"), CHANCE_MARGIN, 1 - CHANCE_MARGIN)
    is_listed = schools["is_listed"].to_numpy(dtype="float64")
    design = np.column_stack([np.ones(len(schools)), logit(chance)])
    pull, found = np.diag([LEVEL_PULL, rules.overlap_slope_scale**-2]), np.zeros(2)
    for _ in range(CALIBRATION_ROUNDS):
        listing = expit(design @ found)
        normal = (design * (listing * (1 - listing))[:, None]).T @ design + pull
        step = np.linalg.solve(normal, design.T @ (is_listed - listing) - pull @ found)
        found = found + np.clip(step, -1, 1)
        if np.abs(step).max() < STEP_TOLERANCE:
            break
    listing = expit(design @ found)
    weights: Floats = np.where(is_listed > 0, 1 - listing, listing)
    return weights


def uncalibrated(calibration: Calibration) -> Calibration:
    """The forecast as the model itself gives it (γ = 1), with the variances of the calibration."""
    return Calibration(
        0.0, 1.0, np.zeros((2, 2)), calibration.noise, calibration.drift, school_count=calibration.school_count
    )


def _against_others(cells: pd.DataFrame, compared: frozenset[str], min_cell_schools: int) -> pd.DataFrame:
    """One row per school: low results and what the rates of the other schools lead to expect, over usable cells."""
    tested = cells[cells["tested_count"] > 0]
    others = tested[~tested["school_id"].isin(compared)]
    sums = others.groupby(list(SLICE_KEY), sort=True).agg(
        tested=("tested_count", "sum"), low=("low_count", "sum"), schools=("school_id", "nunique")
    )
    is_used = (sums["low"] > 0) & (sums["low"] < sums["tested"]) & (sums["schools"] >= min_cell_schools)
    used = sums[is_used]
    rates = (used["low"].astype("float64") / used["tested"].astype("float64")).rename("rate").reset_index()
    placed = tested.merge(rates, on=list(SLICE_KEY), how="inner")
    placed = placed.assign(
        low=placed["low_count"].astype("float64"), expected=placed["tested_count"].astype("float64") * placed["rate"]
    )
    return placed.groupby("school_id", sort=True)[["low", "expected"]].sum()


def _variance_parts(
    observed: Floats, mean: Floats, shape: Floats, start: tuple[float, float], rules: EffectRules
) -> tuple[float, float]:
    """φ₁ ≥ 1 and τ² ≥ 0 of (O − M)² ≈ φ₁ · M + (τ² + 1 / shape) · M², by reweighted least squares."""
    noise, drift = start
    defaults = np.array([rules.default_noise, rules.default_drift])
    for _ in range(VARIANCE_ROUNDS):
        scale = noise * mean + (drift + 1 / shape) * mean**2
        design = np.column_stack([mean, mean**2]) / scale[:, None]
        target = np.minimum((observed - mean) ** 2 / scale, rules.surprise_limit) - mean**2 / shape / scale
        pull = rules.default_weight * (design**2).mean(axis=0)
        found = np.linalg.solve(design.T @ design + np.diag(pull), design.T @ target + pull * defaults)
        noise, drift = max(float(found[0]), 1.0), max(float(found[1]), 0.0)
    return noise, drift


def _slopes(schools: pd.DataFrame, mean: Floats) -> Floats:
    """Derivatives of the sum of the means by α and γ."""
    log_index = np.log(_column(schools, "index"))
    return np.array([float(mean.sum()), float((mean * log_index).sum())])


def _normal_quantile(level: float) -> float:
    """The z with the probability `level` between −z and z."""
    from scipy.special import ndtri

    return float(ndtri((1 + level) / 2))


def _column(schools: pd.DataFrame, name: str) -> npt.NDArray[np.float64]:
    return schools[name].to_numpy(dtype="float64")
