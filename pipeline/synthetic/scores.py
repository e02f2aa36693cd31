"""Results drawn from the truth: marks of every cell, then pupils with scores where a file needs them."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from pipeline.synthetic.region import Register, stream

MARKS = (2, 3, 4, 5)
MARK_COLUMNS = tuple(f"mark_{mark}" for mark in MARKS)

SUBJECT_SD = 0.15  # how far a school's subject departs from the school
COHORT_SD = 0.45  # a class is not its school: spread beyond chance, as seen on real regions (φ 1.4–2.4)
COHORT_SIZE_SD = 0.20
LIFTED_SHARE = 0.7  # of the marks «2» in a school that inflates
SENIOR_SHARE = 0.38  # of the pupils of grade 9 who go on to grades 10 and 11
MISSING_SCHOOLS = 9  # of 350, no file of the last year holds them: «получено 341 из 350»


@dataclass(frozen=True)
class Exam:
    """What is taken where: the region's rate of low results and the share of the grade that takes part."""

    procedure: str
    subject: str
    grade: int
    low_rate: float
    entry_share: float = 1.0
    absent_share: float = 0.03


VPR_RUS_RATES = (0.05, 0.10, 0.12, 0.13, 0.14)  # grades 4 … 8
VPR_MAT_RATES = (0.05, 0.09, 0.11, 0.12, 0.13)
EXAMS = (
    *(Exam("vpr", "rus", g, rate, absent_share=0.09) for g, rate in zip(range(4, 9), VPR_RUS_RATES, strict=True)),
    *(Exam("vpr", "mat", g, rate, absent_share=0.09) for g, rate in zip(range(4, 9), VPR_MAT_RATES, strict=True)),
    Exam("vpr", "phys", 7, 0.11, absent_share=0.1),
    Exam("vpr", "chem", 8, 0.12, absent_share=0.1),
    Exam("oge", "rus", 9, 0.03),
    Exam("oge", "mat", 9, 0.06),
    Exam("oge", "geo", 9, 0.06, entry_share=0.15),
    Exam("ege", "rus", 11, 0.009),
    Exam("ege", "mat_prof", 11, 0.07, entry_share=0.45),
    Exam("ege", "mat_base", 11, 0.035, entry_share=0.55),
    Exam("ege", "soc", 11, 0.1, entry_share=0.25),
    Exam("ege", "phys", 11, 0.06, entry_share=0.18),
    Exam("okr", "mat", 10, 0.15, absent_share=0.05),
    Exam("okr", "rus", 10, 0.09, absent_share=0.05),
)  # fmt: skip


def draw_cells(register: Register, truth: pd.DataFrame, seed: int, years: tuple[int, ...]) -> pd.DataFrame:
    """One row per working school, year and exam in which somebody was entered.

    Returns:
        Columns `school_id`, `municipality_id`, `year`, `procedure`, `subject`, `grade` (int), `tested_count`,
        `absent_count`, `mark_2` … `mark_5` (of an exam with test scores: `mark_2` is below the minimum) and
        `lifted_count`, pupils within `mark_3` who were given the border score of «3».
    """
    truth_of = truth.set_index(["school_id", "year"])
    subjects = sorted({exam.subject for exam in EXAMS})
    entities = sorted(register.traits["entity_id"].unique())
    deviations = pd.DataFrame(
        stream(seed, "subjects").normal(0, SUBJECT_SD, (len(entities), len(subjects))), index=entities, columns=subjects
    )
    missing = _missing_schools(register, seed, years[-1])
    parts = []
    for year in years:
        schools = register.operating(year)
        if year == years[-1]:
            schools = schools[~schools["school_id"].isin(missing)]
        known = truth_of.loc[[(entity, year) for entity in schools["entity_id"]]]
        for exam in EXAMS:
            rng = stream(seed, f"{year} {exam.procedure} {exam.subject} {exam.grade}")
            log_rate = known["true_log_rate"].to_numpy() + deviations.loc[schools["entity_id"], exam.subject].to_numpy()
            parts.append(_cells_of_exam(exam, year, schools, log_rate, known["is_inflated"].to_numpy(), rng))
    return pd.concat(parts, ignore_index=True)


def plant_support(cells: pd.DataFrame, school_ids: frozenset[str], year: int, effect: float, seed: int) -> pd.DataFrame:
    """The cells with support that works: each low result of the schools in the year is one no more by this chance.

    Args:
        cells: what `draw_cells` gives.
        school_ids: schools that were supported.
        year: of the results.
        effect: share of the low results, 0–1.
        seed: of everything random; other files do not change.
    """
    is_reached = cells["school_id"].isin(school_ids) & (cells["year"] == year)
    low = cells["mark_2"].where(is_reached, 0).to_numpy()
    saved = stream(seed, "support").binomial(low, effect)
    return cells.assign(mark_2=cells["mark_2"] - saved, mark_3=cells["mark_3"] + saved)


def draw_pupils(cells: pd.DataFrame, seed: int, label: str) -> pd.DataFrame:
    """One row per entered pupil of the cells, in a made-up order within each school.

    Returns:
        The cells' `school_id`, `municipality_id`, `year`, `procedure`, `subject`, `grade`, and `is_absent`, `mark`
        (0 for the absent), `is_lifted`, `depth` (0–1, where within its mark a result lies).
    """
    rng = stream(seed, f"pupils {label}")
    counts = cells[[*MARK_COLUMNS, "lifted_count", "absent_count"]].to_numpy(dtype=int, copy=True)
    counts[:, 1] -= counts[:, 4]
    repeated = cells.loc[cells.index.repeat(counts.sum(axis=1))]
    marks = np.concatenate([np.repeat((2, 3, 4, 5, 6, 0), row) for row in counts]) if len(cells) else np.empty(0, int)
    pupils = repeated[["school_id", "municipality_id", "year", "procedure", "subject", "grade"]].reset_index(drop=True)
    pupils["is_absent"] = marks == 0
    pupils["is_lifted"] = marks == 6
    pupils["mark"] = np.where(marks == 6, 3, marks)
    pupils["depth"] = rng.beta(1.3, 1.3, len(pupils))
    shuffled = pupils.iloc[rng.permutation(len(pupils))]
    return shuffled.sort_values(["municipality_id", "school_id"], kind="stable", ignore_index=True)


def primary_scores(pupils: pd.DataFrame, borders: tuple[int, int, int, int]) -> "pd.Series[int]":
    """The primary score of each pupil: inside its mark's band, on its lower edge where the mark was lifted."""
    lowest = np.array((0, 0, 0, borders[0] + 1, borders[1] + 1, borders[2] + 1))
    highest = np.array((0, 0, *borders))
    low, high = lowest[pupils["mark"]], highest[pupils["mark"]]
    # Few pupils score nothing at all: the depth of a «2» is measured from a third of its band.
    low = np.where(pupils["mark"] == 2, high // 3, low)
    inside = np.floor(pupils["depth"].to_numpy() * (high - low + 1)).astype(int)
    scores = np.where(pupils["is_lifted"], low, low + inside)
    return pd.Series(scores.astype(int), index=pupils.index)


def journal_marks(pupils: pd.DataFrame, seed: int, label: str) -> "pd.Series[int]":
    """The mark of each pupil in the class journal: rather higher than the test's, a «2» hardly ever."""
    rng = stream(seed, f"journal {label}")
    step = rng.choice((-1, 0, 1), len(pupils), p=(0.08, 0.66, 0.26))
    lowest = np.where(rng.random(len(pupils)) < 0.1, 2, 3)
    return pd.Series(np.clip(pupils["mark"].to_numpy() + step, lowest, 5), index=pupils.index)


def _cells_of_exam(
    exam: Exam, year: int, schools: pd.DataFrame, log_rate: np.ndarray, inflates: np.ndarray, rng: np.random.Generator
) -> pd.DataFrame:
    """One row per school with pupils entered for one exam in one year."""
    entered = rng.binomial(_cohort_sizes(exam.grade, schools, rng), exam.entry_share)
    absent = rng.binomial(entered, exam.absent_share)
    tested = entered - absent
    logit = np.log(exam.low_rate / (1 - exam.low_rate)) + log_rate + rng.normal(0, COHORT_SD, len(schools))
    low = 1 / (1 + np.exp(-logit))
    weights = np.column_stack(
        [0.42 * np.exp(0.2 * log_rate), np.full(len(schools), 0.40), 0.18 * np.exp(-0.35 * log_rate)]
    )
    others = weights / weights.sum(axis=1, keepdims=True) * (1 - low)[:, None]
    marks = rng.multinomial(tested, np.column_stack([low, others]))
    can_inflate = inflates & (exam.procedure == "vpr")
    lifted = np.where(can_inflate, rng.binomial(marks[:, 0], LIFTED_SHARE), 0)
    marks[:, 0] -= lifted
    marks[:, 1] += lifted
    frame = schools[["school_id", "municipality_id"]].assign(
        year=year, procedure=exam.procedure, subject=exam.subject, grade=exam.grade,
        tested_count=tested, absent_count=absent,
    ).assign(**dict(zip(MARK_COLUMNS, marks.T, strict=True)), lifted_count=lifted)  # fmt: skip
    return frame[entered > 0]


def _cohort_sizes(grade: int, schools: pd.DataFrame, rng: np.random.Generator) -> np.ndarray:
    """Pupils of one grade in each school."""
    kinds = schools["kind_code"]
    grades = np.where(schools["has_senior"], 10.0, 9.0)
    mean = schools["size"].to_numpy() / grades * np.exp(rng.normal(0, COHORT_SIZE_SD, len(schools)))
    if grade >= 10:
        mean = mean * np.where(schools["has_senior"], SENIOR_SHARE, 0.0)
    # Evening schools begin with grade 9; pupils of correctional schools take no state exams of the usual form.
    absent_kind = "evening" if grade < 9 else "correctional"
    return rng.poisson(np.where(kinds == absent_kind, 0.0, mean))


def _missing_schools(register: Register, seed: int, year: int) -> set[str]:
    """Ordinary schools from which nothing arrives in the last year."""
    schools = register.operating(year)
    ordinary = schools.loc[schools["kind_code"] == "ordinary", "school_id"]
    return set(stream(seed, "missing schools").choice(ordinary.to_numpy(), MISSING_SCHOOLS, replace=False))
