"""Made-up regions whose truth is known: what no real panel can show.

A school's level is lasting plus drifting: log θ = lasting + a walk that forgets a part of itself every year. A cell
adds noise of its own (teachers, cohorts), a pupil is low by chance. The truth of a year is the K schools with the
highest θ.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from benchmarks.prediction_counts import Floats

YEARS = (2021, 2022, 2023, 2024, 2025, 2026)
MUNICIPALITIES = 27


@dataclass(frozen=True)
class Kind:
    """A kind of made-up region.

    Args:
        code: short name.
        description: one sentence for the report.
        median_tested, spread_tested: pupils per cell: median, and standard deviation of the logarithm.
        cells: procedure, subject, grade and the region's share of low results of each cell.
        lasting: standard deviation over schools of the lasting part of log θ.
        drifting: the same for the drifting part, in any year.
        kept: share of the drifting part that a school carries into the next year.
        noise: standard deviation of a cell's own noise, same scale.
    """

    code: str
    description: str
    median_tested: float
    spread_tested: float
    cells: tuple[tuple[str, str, str, float], ...]
    lasting: float = 0.45
    drifting: float = 0.25
    kept: float = 0.7
    noise: float = 0.2
    schools: int = 350


@dataclass(frozen=True)
class Region:
    """A made-up region: `results` as everywhere, and θ by school (in the order of the ids) and year of `YEARS`."""

    results: pd.DataFrame
    school_ids: "pd.Series[str]"
    truth: Floats


VPR = tuple(
    ("vpr", subject, grade, share)
    for subject, shares in (("rus", (0.06, 0.10, 0.13, 0.15, 0.16)), ("mat", (0.04, 0.09, 0.12, 0.14, 0.13)))
    for grade, share in zip(("4", "5", "6", "7", "8"), shares, strict=True)
)
OGE = (("oge", "rus", "9", 0.05), ("oge", "mat", "9", 0.10))
EGE = (("ege", "rus", "11", 0.02), ("ege", "mat_base", "11", 0.04))

KINDS = (
    Kind("rural", "12 pupils in the median cell, ВПР and ОГЭ.", 12, 0.8, VPR + OGE),
    Kind("two procedures", "ОГЭ and ЕГЭ only, 24 pupils in the median cell.", 24, 0.9, OGE + EGE),
    Kind(
        "fast drift", "Two thirds of what tells schools apart is gone in two years.", 20, 0.9, VPR + OGE, 0.15, 0.5, 0.5
    ),
    Kind("large schools", "90 pupils in the median cell.", 90, 0.4, VPR + OGE),
    Kind("tiny schools", "5 pupils in the median cell, few cells.", 5, 0.7, VPR[3:8:4] + OGE),
)


def make_region(kind: Kind, seed: int) -> Region:
    """A region of the kind; the same seed gives the same region."""
    rng = np.random.Generator(np.random.PCG64(seed))
    shape = (kind.schools, len(YEARS), len(kind.cells))
    lasting = rng.normal(0, kind.lasting, kind.schools)
    walk = [rng.normal(0, kind.drifting, kind.schools)]
    for _ in YEARS[1:]:
        fresh = rng.normal(0, kind.drifting * np.sqrt(1 - kind.kept**2), kind.schools)
        walk.append(kind.kept * walk[-1] + fresh)
    log_level = lasting[:, None] + np.stack(walk, axis=1)
    size = np.exp(rng.normal(np.log(kind.median_tested), kind.spread_tested, kind.schools))
    tested = rng.poisson(np.broadcast_to(size[:, None, None], shape))
    rate = np.array([share for *_, share in kind.cells]) * np.exp(
        log_level[:, :, None] + rng.normal(0, kind.noise, shape)
    )
    low = rng.binomial(tested, np.minimum(rate, 0.95))
    school, year, cell = (axis.ravel() for axis in np.indices(shape))
    school_ids = pd.Series([f"s{number:04d}" for number in range(kind.schools)], dtype="str")
    procedures, subjects, grades, _ = (pd.Series(column) for column in zip(*kind.cells, strict=True))
    results = pd.DataFrame(
        {
            "school_id": school_ids.take(school).to_numpy(),
            "municipality_id": pd.Series([f"m{number % MUNICIPALITIES:02d}" for number in school], dtype="str"),
            "year": np.array(YEARS)[year],
            "procedure": procedures.take(cell).to_numpy(),
            "subject": subjects.take(cell).to_numpy(),
            "grade": grades.take(cell).to_numpy(),
            "tested_count": tested.ravel(),
            "low_count": low.ravel(),
        }
    )
    return Region(results, school_ids, np.exp(log_level))
