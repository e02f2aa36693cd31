"""Made-up regions with and without planted inflation, straight from the generator: no files are written or read."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from pipeline import evidence
from pipeline.markers import Evidence
from pipeline.schema import Table
from pipeline.synthetic.norms import EXAM_SCALES, REFERENCE, vpr_scale
from pipeline.synthetic.region import Register, make_register
from pipeline.synthetic.scores import draw_cells, draw_pupils, journal_marks, primary_scores
from pipeline.synthetic.truth import EXCLUDED_KINDS, make_truth, past_list
from pipeline.tables.reference import SCORE_SCALES
from pipeline.tables.results import RESULTS
from pipeline.tables.sources import PLACE_KEY, REPORTED_DISTRIBUTIONS, REPORTED_JOURNAL

YEARS = (2024, 2025, 2026)
POOL_EXAMS = (("vpr", "rus"), ("vpr", "mat"), ("oge", "rus"), ("oge", "mat"), ("ege", "rus"), ("ege", "mat_base"),
              ("ege", "mat_prof"))  # fmt: skip
DEMO_GRADES = (4, 5)
ALL_GRADES = (4, 5, 6, 7, 8)


@dataclass(frozen=True)
class MadeUp:
    """A region: its register, the truth, the evidence, and the list of the September before."""

    register: Register
    truth: pd.DataFrame
    evidence: Evidence
    past: pd.DataFrame


def make(seed: int, *, is_inflated: bool, grades: tuple[int, ...], scales: pd.DataFrame) -> MadeUp:
    """A region of a seed; without inflation every other number stays the same.

    Args:
        seed: of everything random.
        is_inflated: whether the schools of the truth raise marks «2» of ВПР.
        grades: in which grades distributions of scores and journal marks of ВПР are known.
        scales: `SCORE_SCALES`.
    """
    register = make_register(seed, YEARS[-1])
    truth = make_truth(register, seed, YEARS)
    drawn = truth if is_inflated else truth.assign(is_inflated=False)
    cells = draw_cells(register, drawn, seed, YEARS)
    attempts = pd.concat(_attempts(cells, seed, grades), ignore_index=True)
    scores, _ = evidence.chosen_scores(attempts, _none(REPORTED_DISTRIBUTIONS))
    journal, _ = evidence.journal_comparison(attempts, _none(REPORTED_JOURNAL))
    found = Evidence(
        results=_results(cells, register),
        score_distribution=evidence.score_distribution(scores),
        journal_comparison=journal,
        cohort_scores=evidence.cohort_scores(scores),
        score_scales=scales,
    )
    return MadeUp(register, truth, found, past_list(register, truth, seed, YEARS[-1] - 1))


def inflating(region: MadeUp) -> frozenset[str]:
    """The schools that raise marks in the made-up truth."""
    return frozenset(region.truth.loc[region.truth["is_inflated"], "school_id"])


def truly_low(region: MadeUp) -> frozenset[str]:
    """The fifty schools that are truly lowest in the last year."""
    low = region.truth[(region.truth["year"] == YEARS[-1]) & region.truth["is_truly_low_top50"].astype(bool)]
    return frozenset(low["school_id"])


def taking_part(region: MadeUp) -> frozenset[str]:
    """The schools that work in the last year and are of a kind that may be listed."""
    schools = region.register.operating(YEARS[-1])
    return frozenset(schools.loc[~schools["kind_code"].isin(EXCLUDED_KINDS), "school_id"])


def _attempts(cells: pd.DataFrame, seed: int, grades: tuple[int, ...]) -> list[pd.DataFrame]:
    """Frames of pupils with scores, as recognised attempts: ВПР of the grades and ОГЭ, the last two years."""
    tests = cells[cells["year"] > YEARS[0]]
    is_vpr = (tests["procedure"] == "vpr") & tests["subject"].isin(["rus", "mat"]) & tests["grade"].isin(grades)
    is_oge = (tests["procedure"] == "oge") & tests["subject"].isin(["rus", "mat"])
    frames = []
    for (year, procedure, subject, grade), test in tests[is_vpr | is_oge].groupby(
        ["year", "procedure", "subject", "grade"]
    ):
        label = f"{year} {subject} {grade}"
        is_test = procedure == "vpr"
        borders = vpr_scale(subject, grade, year) if is_test else EXAM_SCALES[(procedure, subject)]
        drawn = draw_pupils(test, seed, label if is_test else f"{year} {procedure} {subject}")
        pupils = drawn[~drawn["is_absent"]].reset_index(drop=True)
        journal = journal_marks(pupils, seed, label) if is_test else pd.array([pd.NA] * len(pupils), dtype="Int64")
        place = dict.fromkeys(PLACE_KEY, "") | {"row_number": np.arange(1, len(pupils) + 1), "file_id": label}
        frames.append(
            pupils[["school_id", "municipality_id", "year", "procedure", "subject", "mark", "is_absent"]].assign(
                **place, load_date="", grade=str(grade), journal_mark=journal,
                primary_score=primary_scores(pupils, borders).astype("float64"),
                maximum_score=float(borders[-1]) if is_test else np.nan,
            )
        )  # fmt: skip
    return frames


def _results(cells: pd.DataFrame, register: Register) -> pd.DataFrame:
    """Result cells of the pool; merged schools added up under the successor."""
    traits = register.traits.set_index("school_id")
    is_pool = pd.MultiIndex.from_frame(cells[["procedure", "subject"]]).isin(list(POOL_EXAMS))
    own = cells[is_pool & (cells["tested_count"] > 0)]
    ids = own["school_id"].map(traits["entity_id"])
    moved = own.assign(
        school_id=ids, municipality_id=ids.map(traits["municipality_id"]), grade=own["grade"].astype("str")
    )
    moved = moved.rename(columns={"mark_2": "low_count"})
    key = ["school_id", "municipality_id", "year", "procedure", "subject", "grade"]
    return RESULTS.conform(moved.groupby(key, as_index=False)[["tested_count", "low_count", "absent_count"]].sum())


def _none(table: Table) -> pd.DataFrame:
    """An empty recognised frame of a table of printed records."""
    frame = table.empty()
    return frame.assign(
        school_id=pd.Series(dtype="str"), municipality_id=pd.Series(dtype="str"), load_date=pd.Series(dtype="str")
    )


def read_scales() -> pd.DataFrame:
    """The package's own scales."""
    return SCORE_SCALES.conform(pd.read_csv(REFERENCE / "score_scales.csv", dtype={"grade": str}))
