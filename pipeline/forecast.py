"""Next year's O / E of a school: its index, corrected by what the errors of the region's past forecasts share.

S is made for the level that lasts. As a forecast it errs in ways that repeat: schools far from the norm come back less
or more than S says, the newest year tells more or less, and so do the results in one subject. A Poisson regression of
past years on what was known before them learns this; all it finds is drawn towards no correction
(docs/methodology.md, step 9). Neither S, T nor P takes part. Arrays *by origin* as in `learning`: row t is what the
years before column t say.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from pipeline.learning import Learned, predictable
from pipeline.methodology.rules import StabilityRules
from pipeline.outlook import Outlook
from pipeline.panel import Panel
from pipeline.posterior import LONGEST_STEP, MEAN_STEPS, MEAN_TOLERANCE, Floats

SCHOOL_TERMS = 4  # level, slope, curve, newest; those of the subjects follow


@dataclass(frozen=True)
class Correction:
    """What is added to ln S; all 0 where no past year could be foretold or the edition wants no correction.

    Args:
        level, slope, curve: of 1, ln S and (ln S)².
        newest: of ln(U / S), U the index of the school's newest year alone.
        subjects: by subject, of ln(U_s / U), U_s that of the newest year with results in the subject, drawn to U.
    """

    level: float
    slope: float
    curve: float
    newest: float
    subjects: Mapping[str, float]


def forecast(panel: Panel, learned: Learned, outlook: Outlook, rules: StabilityRules) -> tuple[Correction, Floats]:
    """The correction that the region's past teaches, and next year's O / E of each school of the panel.

    Args:
        panel: the schools of the region, with the subjects of their cells.
        learned: the parameters (`learning.learn`).
        outlook: how far the past forecasts strayed: years and schools that chance ruled say less.
        rules: how large the correction may be expected and may become.
    """
    subjects = sorted(panel.cells["subject"].unique())
    terms = _terms(panel, learned, subjects)
    index = learned.shape / learned.rate
    found = np.zeros(terms.shape[2])
    if rules.forecast_scale > 0 and predictable(panel):
        found = _fitted(panel, learned, outlook, terms, rules.forecast_scale)
    limit = float(np.log(rules.forecast_limit))
    ratio: Floats = index[-1] * np.exp(np.clip(terms[-1] @ found, -limit, limit))
    level, slope, curve, newest = map(float, found[:SCHOOL_TERMS])
    by_subject = dict(zip(subjects, map(float, found[SCHOOL_TERMS:]), strict=True))
    return Correction(level, slope, curve, newest, by_subject), ratio


def _terms(panel: Panel, learned: Learned, subjects: list[str]) -> Floats:
    """By origin, school and term: what the correction may depend on."""
    strength = learned.prior.strength
    index = learned.shape / learned.rate
    newest = _newest_index(panel, index, strength)
    alone = [_newest_index(panel.of_subject(subject), newest, strength) / newest for subject in subjects]
    log_index = np.log(index)
    of_school = [np.ones_like(index), log_index, log_index**2, np.log(newest) - log_index]
    return np.stack([*of_school, *map(np.log, alone)], axis=2)


def _newest_index(panel: Panel, start: Floats, strength: float) -> Floats:
    """By origin and school: (O + k · start) / (E + k) of the newest year with results; without any, the start."""
    observed, expected = np.zeros_like(start), np.zeros_like(start)
    for year in range(len(panel.years)):
        has_results = panel.expected[:, year] > 0
        observed[year + 1] = np.where(has_results, panel.observed[:, year], observed[year])
        expected[year + 1] = np.where(has_results, panel.expected[:, year], expected[year])
    found: Floats = (observed + strength * start) / (expected + strength)
    return found


def _fitted(panel: Panel, learned: Learned, outlook: Outlook, terms: Floats, scale: float) -> Floats:
    """The correction under which the past years' counts are most likely, each term drawn to 0 with the scale.

    A count weighs the less, the more it was expected to stray: (O − M)² / M ≈ φ₁ · V / E + ψ · M / shape.
    """
    years = predictable(panel)
    index = learned.shape / learned.rate
    design = np.vstack([terms[column, rows] for column, rows in years])
    low = np.concatenate([panel.observed[rows, column] for column, rows in years])
    mean = np.concatenate([panel.expected[rows, column] * index[column, rows] for column, rows in years])
    chance = np.concatenate([panel.spread[rows, column] / panel.expected[rows, column] for column, rows in years])
    shape = np.concatenate([learned.shape[column, rows] for column, rows in years])
    weight = 1 / (outlook.noise * chance + outlook.spread * mean / shape)
    pull = np.eye(design.shape[1]) / scale**2
    found = np.zeros(design.shape[1])
    for _ in range(MEAN_STEPS):
        foretold = mean * np.exp(design @ found)
        gradient = design.T @ (weight * (low - foretold)) - pull @ found
        step = np.linalg.solve((design * (weight * foretold)[:, None]).T @ design + pull, gradient)
        found = found + np.clip(step, -LONGEST_STEP, LONGEST_STEP)
        if np.abs(step).max() < MEAN_TOLERANCE:
            break
    return found
