"""Facts about conditions that data establish without a survey: from the context form, the results, their objectivity.

A cause of the vocabulary names its fact as "source:indicator" and the cut from which it counts as established. `FACTS`
is the registry of what is computed here; an indicator of the context form needs no line, its name is enough.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from pipeline.context_facts import CALCULATED
from pipeline.errors import ConfigError
from pipeline.expected import expected_cells
from pipeline.methodology.rules import CausesRules

CONTEXT_SOURCE = "context"
VALUE_COLUMNS = ["school_id", "value", "source_text"]
SUBJECT_GROUPS = ("rus", "mat")  # mathematics of ЕГЭ comes as two subjects and counts as one
LOWER_GRADE, UPPER_GRADE = "4", "5"
OF_TEACHERS, TEACHERS = "teachers_", "teachers_count"
SPECIAL_NEEDS = "special_needs_count"
SPECIALISTS = ("psychologists_count", "speech_therapists_count", "special_teachers_count", "tutors_count")


@dataclass(frozen=True)
class FactEvidence:
    """What facts are established from.

    Args:
        year: year of decision.
        results: `RESULTS` of all years.
        school_context: `SCHOOL_CONTEXT`; empty where no form was received.
        objectivity: `OBJECTIVITY`; empty where nothing was judged.
        min_cell_schools: fewest schools that may share a cell of the region (as in the model).
        rules: years, minimums.
    """

    year: int
    results: pd.DataFrame
    school_context: pd.DataFrame
    objectivity: pd.DataFrame
    min_cell_schools: int
    rules: CausesRules

    @property
    def first_year(self) -> int:
        """The oldest year that facts about results look at."""
        return self.year - self.rules.fact_years + 1


def school_facts(evidence: FactEvidence, causes: pd.DataFrame) -> pd.DataFrame:
    """One row per school and cause whose fact is known there.

    Args:
        evidence: results, context, objectivity.
        causes: `CAUSES`; those with a `fact_code` are looked up.

    Returns:
        `school_id`, `cause_code`, `value`, `is_established` (the cut is reached) and `source_text` (Russian).
    """
    found = []
    for cause in causes[causes["fact_code"].notna()].itertuples():
        values = _values(evidence, str(cause.fact_code))
        is_reached = values["value"] <= cause.cut_value if cause.is_lower_worse else values["value"] >= cause.cut_value
        found.append(values[VALUE_COLUMNS].assign(cause_code=str(cause.cause_code), is_established=is_reached))
    columns = ["school_id", "cause_code", "value", "is_established", "source_text"]
    if not found:
        return pd.DataFrame(columns=columns)
    return pd.concat(found, ignore_index=True)[columns].sort_values(["school_id", "cause_code"], ignore_index=True)


def _values(evidence: FactEvidence, fact_code: str) -> pd.DataFrame:
    """One row per school of which the fact is known: computed by a line of `FACTS`, else read off the context form."""
    if fact_code in FACTS:
        return FACTS[fact_code](evidence)
    source, _, indicator_code = fact_code.partition(":")
    if source != CONTEXT_SOURCE:
        raise ConfigError(
            f"Причина названа по неизвестному факту «{fact_code}»",
            where="reference/causes.csv, столбец fact_code",
            remedy=f"впишите «{CONTEXT_SOURCE}:показатель» или один из: {', '.join(FACTS)}",
        )
    values = _of_context(evidence, indicator_code)
    if not indicator_code.startswith(OF_TEACHERS):
        return values
    # A share among four teachers speaks of one of them.
    teachers = _of_context(evidence, TEACHERS).set_index("school_id")["value"]
    is_many = values["school_id"].map(teachers) >= evidence.rules.min_teacher_count
    return values[is_many]


def _of_context(evidence: FactEvidence, indicator_code: str) -> pd.DataFrame:
    """One row per school that reported the indicator: its newest value; one that contradicts the form itself is none.

    A form of a later year says nothing about the schools as they were chosen.
    """
    told = evidence.school_context
    is_good = (told["indicator_code"] == indicator_code) & (told["year"] <= evidence.year) & told["value"].notna()
    good = told[is_good & ~told["is_questioned"].astype(bool)]
    is_place = ~good["source_text"].str.startswith(CALCULATED)
    source = "сведения об условиях, " + good["year"].astype("str") + " год"
    good = good.assign(source_text=source + (": " + good["source_text"]).where(is_place, ""))
    return good.sort_values(["school_id", "year"]).drop_duplicates("school_id", keep="last")[VALUE_COLUMNS]


def subject_gap(evidence: FactEvidence) -> pd.DataFrame:
    """One row per school tested enough in both subjects: how many times the worse one is further from its norm.

    The ratio of observed to expected low results in Russian and in mathematics over the last years, the greater over
    the smaller. Which of them is worse is not told: in a small school that would name a teacher.
    """
    cells = _cells(evidence)
    subject = cells["subject"].str.partition("_")[0]
    parts = _parts(cells.assign(part=subject), SUBJECT_GROUPS, evidence.rules)
    gap = parts["rus"] / parts["mat"]
    return _told(gap.where(gap >= 1, 1 / gap), f"результаты по русскому языку и математике, {_years(evidence)}")


def transition(evidence: FactEvidence) -> pd.DataFrame:
    """One row per school: how many times grade 5 is further from its norm than the same cohort was in grade 4."""
    cells = _cells(evidence)
    cells = cells[cells["procedure"] == "vpr"]
    is_upper = (cells["grade"] == UPPER_GRADE) & (cells["year"] > evidence.first_year)
    is_lower = (cells["grade"] == LOWER_GRADE) & (cells["year"] < evidence.year)
    part = pd.Series(np.select([is_upper, is_lower], ["upper", "lower"], ""), index=cells.index)
    parts = _parts(cells.assign(part=part), ("upper", "lower"), evidence.rules)
    return _told(parts["upper"] / parts["lower"], f"результаты ВПР в 4 и 5 классах, {_years(evidence)}")


def doubtful_years(evidence: FactEvidence) -> pd.DataFrame:
    """One row per school that could be judged: in how many of the last years its ВПР were no good evidence."""
    judged = evidence.objectivity[evidence.objectivity["year"].between(evidence.first_year, evidence.year)]
    value = judged.groupby("school_id")["is_vpr_doubtful"].sum().astype("float64")
    return _told(value, f"признаки объективности результатов, {_years(evidence)}")


def unsupported_count(evidence: FactEvidence) -> pd.DataFrame:
    """One row per school that reported both: its pupils with special needs if it has no specialist for them, else 0."""
    told = {name: _of_context(evidence, name).set_index("school_id") for name in (SPECIAL_NEEDS, *SPECIALISTS)}
    staff = pd.concat([told[name]["value"] for name in SPECIALISTS], axis=1).sum(axis=1, min_count=len(SPECIALISTS))
    pupils = told[SPECIAL_NEEDS]
    value = pupils["value"].where(staff.reindex(pupils.index) == 0, 0.0)[staff.reindex(pupils.index).notna()]
    return pupils.assign(value=value).dropna(subset="value").reset_index()[VALUE_COLUMNS]


FACTS: Mapping[str, Callable[[FactEvidence], pd.DataFrame]] = {
    "context:unsupported_count": unsupported_count,
    "results:subject_gap": subject_gap,
    "results:transition": transition,
    "objectivity:doubtful_years": doubtful_years,
}


def _cells(evidence: FactEvidence) -> pd.DataFrame:
    """One row per cell of Russian or mathematics in the last years that takes part, with its expected low results."""
    subject = evidence.results["subject"].str.partition("_")[0]
    cells = evidence.results[subject.isin(SUBJECT_GROUPS)]
    found = expected_cells(cells, evidence.min_cell_schools)
    return found[found["is_used"] & found["year"].between(evidence.first_year, evidence.year)]


def _parts(cells: pd.DataFrame, names: tuple[str, str], rules: CausesRules) -> pd.DataFrame:
    """One row per school tested enough in both parts, a column per part: observed to expected low results."""
    sums = (
        cells[cells["part"].isin(names)]
        .groupby(["school_id", "part"])[["tested_count", "low_count", "expected_count"]]
        .sum()
    )
    enough = sums[sums["tested_count"] >= rules.min_fact_tested_count]
    pseudo = rules.fact_pseudo_count
    ratio = (enough["low_count"] + pseudo) / (enough["expected_count"] + pseudo)
    return ratio.unstack("part").reindex(columns=list(names)).dropna()


def _told(values: "pd.Series[float]", source_text: str) -> pd.DataFrame:
    """The values by school as a frame, with where they come from."""
    return values.rename("value").rename_axis("school_id").reset_index().assign(source_text=source_text)


def _years(evidence: FactEvidence) -> str:
    return f"{evidence.first_year}–{evidence.year} годы"
