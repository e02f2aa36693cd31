"""What the monitoring report tells: the region by subject and grade, over two years, by municipality and by group.

Frames in, frames out; every figure of the report is one of a table made here. Two years are compared only on results
that exist in both. A municipality or a group of schools is compared with what the region's rates lead to expect, with
an interval in which the schools, not the pupils, are the units: pupils of one school do not fare independently.
"""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pandas as pd

from pipeline.context import criteria_met, newest_values
from pipeline.expected import expected_cells, pool_cells
from pipeline.methodology import Methodology
from pipeline.methodology.rules import ContextRules, MonitoringRules
from pipeline.russian import PROCEDURES, SUBJECTS, kind_label
from pipeline.schema import FLOAT_DECIMALS
from pipeline.tables.reference import SCHOOL_KINDS

SLICE = ["procedure", "subject", "grade"]
CELL = ["school_id", *SLICE]
COUNTS = ["tested_count", "low_count"]
SIZE, PLACE, KIND, CONDITIONS = "Размер школы", "Расположение", "Вид школы", "Условия работы"
UNKNOWN = "нет сведений"


@dataclass(frozen=True)
class MonitoringTables:
    """Tables of a monitoring run that the report is made from, by the names of their declarations."""

    results: pd.DataFrame
    schools: pd.DataFrame
    school_summary: pd.DataFrame
    municipality_summary: pd.DataFrame
    objectivity: pd.DataFrame
    objectivity_flags: pd.DataFrame
    journal_comparison: pd.DataFrame
    score_distribution: pd.DataFrame
    score_scales: pd.DataFrame
    minimum_scores: pd.DataFrame
    school_context: pd.DataFrame
    adverse_criteria: pd.DataFrame
    checks: pd.DataFrame
    rejects: pd.DataFrame
    source_files: pd.DataFrame
    match_proposals: pd.DataFrame


@dataclass(frozen=True)
class MonitoringFacts:
    """The figures of one year.

    Args:
        slices: `slice_results` of the year.
        changes: `compared_years` by procedure, subject and grade.
        school_changes: the same by school.
        area_changes: the same by municipality.
        area_procedures: one row per municipality and procedure: counts, `low_share`.
        areas: `low_ratios` by municipality (`group` = its code).
        groups: `low_ratios` by group of schools, with `kind`, in the order of the report.
        group_changes: `compared_years` by kind and group of schools.
        journal: one row per subject and grade: schools and pupils by comparison with the journal.
    """

    slices: pd.DataFrame
    changes: pd.DataFrame
    school_changes: pd.DataFrame
    area_changes: pd.DataFrame
    area_procedures: pd.DataFrame
    areas: pd.DataFrame
    groups: pd.DataFrame
    group_changes: pd.DataFrame
    journal: pd.DataFrame


def monitoring_facts(tables: MonitoringTables, method: Methodology, year: int) -> MonitoringFacts:
    """The figures of the year, from the tables of the run."""
    homes = tables.school_summary[["school_id", "municipality_id"]].rename(columns={"municipality_id": "group"})
    groups = school_groups(tables, method.monitoring, method.context, year)
    by_school = compared_years(tables.results, year, ["school_id"])
    schools = comparable_schools(tables.results, year, method.stability.min_cell_schools)
    told = [
        low_ratios(schools, part, method.monitoring).assign(kind=kind)
        for kind, part in groups.groupby("kind", sort=False)
    ]
    return MonitoringFacts(
        slices=slice_results(tables.results, year, method),
        changes=_in_order(compared_years(tables.results, year, SLICE)),
        school_changes=by_school,
        area_changes=_summed(by_school.merge(homes, on="school_id"), ["group"]),
        area_procedures=_area_procedures(tables.results, year),
        areas=low_ratios(schools, homes, method.monitoring),
        groups=pd.concat(told, ignore_index=True),
        group_changes=_summed(by_school.merge(groups, on="school_id"), ["kind", "group"]),
        journal=_journal(tables.journal_comparison, year),
    )


def slice_results(results: pd.DataFrame, year: int, method: Methodology) -> pd.DataFrame:
    """One row per procedure, subject and grade of the year: schools, counts, shares (0–1), mean, sizes of samples.

    `small_count` counts the schools with too few tested for a conclusion, `is_pool` marks what may choose schools.
    `absent_share` is missing where too few schools told their absent, `mean_score` where no mean is known.
    """
    cells = results[(results["year"] == year) & (results["tested_count"] > 0)]
    cells = cells.assign(
        is_small=cells["tested_count"] < method.sample.limited_count,
        told_count=cells["tested_count"].where(cells["absent_count"].notna()),
        score_count=cells["tested_count"].where(cells["mean_score"].notna()),
        score_sum=cells["mean_score"] * cells["tested_count"].astype("float64"),
        is_pool=cells.index.isin(pool_cells(cells, method.pool).index),
    )
    grouped = cells.groupby(SLICE)
    sums = grouped[[*COUNTS, "absent_count", "told_count", "score_count", "score_sum"]].sum(min_count=1)
    floats = sums.astype("float64")
    is_told = floats["told_count"] >= method.quality.min_school_coverage_share * floats["tested_count"]
    table = sums[COUNTS].assign(
        school_count=grouped.size(),
        small_count=grouped["is_small"].sum(),
        is_pool=grouped["is_pool"].any(),
        low_share=floats["low_count"] / floats["tested_count"],
        absent_share=(floats["absent_count"] / (floats["told_count"] + floats["absent_count"])).where(is_told),
        mean_score=floats["score_sum"] / floats["score_count"],
    )
    return _in_order(table.reset_index())


def compared_years(results: pd.DataFrame, year: int, by: list[str]) -> pd.DataFrame:
    """One row per value of `by`: counts and shares of low results a year ago and now, over results that both have.

    Columns: `school_count`, `tested_before`, `low_before`, `tested_now`, `low_now`, `share_before`, `share_now`,
    `change` (difference of the shares, −1…1).
    """
    tested = results[results["tested_count"] > 0]
    now = tested.loc[tested["year"] == year, [*CELL, *COUNTS]]
    before = tested.loc[tested["year"] == year - 1, [*CELL, *COUNTS]]
    both = now.merge(before, on=CELL, suffixes=("_now", "_before")).rename(
        columns=lambda name: name.replace("_count_", "_")
    )
    return _summed(both.assign(school=both["school_id"]), by)


def _summed(frame: pd.DataFrame, by: list[str]) -> pd.DataFrame:
    """One row per value of `by`, as `compared_years` says."""
    grouped = frame.groupby(by)
    sums = grouped[["tested_before", "low_before", "tested_now", "low_now"]].sum().astype("float64")
    schools = grouped["school" if "school" in frame else "school_id"].nunique()
    before, now = sums["low_before"] / sums["tested_before"], sums["low_now"] / sums["tested_now"]
    # Rounded as tables are stored: a growth of exactly ten points must not miss its threshold by a float's last digit.
    change = (now - before).round(FLOAT_DECIMALS)
    return sums.assign(school_count=schools, share_before=before, share_now=now, change=change).reset_index()


def comparable_schools(results: pd.DataFrame, year: int, min_cell_schools: int) -> pd.DataFrame:
    """One row per school (the index): tested, low and expected low results of the year over its comparable cells."""
    cells = expected_cells(results[results["year"] == year], min_cell_schools)
    return cells[cells["is_used"]].groupby("school_id")[[*COUNTS, "expected_count"]].sum()


def low_ratios(schools: pd.DataFrame, members: pd.DataFrame, rules: MonitoringRules) -> pd.DataFrame:
    """One row per group of schools, in the order of `members`: observed to expected low results, with an interval.

    The interval is that of a ratio of sums over schools drawn at random (Cochran, Sampling Techniques, 6.4): schools
    that differ much make it wide, however many pupils they have.

    Args:
        schools: `comparable_schools`.
        members: one row per school: `school_id`, `group`.
        rules: level of the interval, fewest schools of a group that is judged.

    Returns:
        `group`, `member_count` (all its schools), `school_count` (with comparable results), `tested_count`,
        `low_count`, `expected_count`, `ratio`, `lower`, `upper`, `is_judged`. Nothing expected: the ratio is missing.
    """
    from scipy.special import stdtrit

    rows = members.merge(schools, left_on="school_id", right_index=True, how="left")
    grouped = rows.groupby("group")
    table = grouped[[*COUNTS, "expected_count"]].sum()
    table = table.assign(
        member_count=grouped.size(),
        school_count=grouped["expected_count"].count(),
        ratio=table["low_count"] / table["expected_count"].where(table["expected_count"] > 0),
    )
    rest = rows["low_count"] - rows["group"].map(table["ratio"]) * rows["expected_count"]
    squares = (rest**2).groupby(rows["group"]).sum()
    count = table["school_count"].where(table["school_count"] > 1).astype("float64")
    error = np.sqrt(squares * count / (count - 1)) / table["expected_count"]
    half = error * stdtrit(count - 1, (1 + rules.interval_level) / 2)
    table = table.assign(
        lower=(table["ratio"] - half).clip(lower=0),
        upper=table["ratio"] + half,
        is_judged=(table["school_count"] >= rules.min_group_schools) & table["ratio"].notna(),
    )
    return table.reindex(members["group"].drop_duplicates()).rename_axis("group").reset_index()


def school_groups(
    tables: MonitoringTables, rules: MonitoringRules, context_rules: ContextRules, year: int
) -> pd.DataFrame:
    """One row per kind of grouping and school of the year: `kind`, `group`, `school_id`, in the order of the report."""
    ids = tables.school_summary["school_id"]
    register = tables.schools.set_index("school_id").reindex(ids)
    values = newest_values(tables.school_context, year, context_rules)[0]
    pupils = values["pupils_count"].reindex(ids) if "pupils_count" in values else pd.Series(np.nan, index=ids)
    met = criteria_met(tables.adverse_criteria, values).map(len).reindex(ids)
    fewest = context_rules.min_criteria_count
    conditions = (f"неблагоприятных условий {fewest} и больше", f"неблагоприятных условий меньше {fewest}")
    sizes = _size_groups(rules.size_borders)
    told: dict[str, tuple[list[str], list[str]]] = {
        SIZE: ([_size_group(count, rules.size_borders, sizes) for count in pupils], sizes),
        PLACE: (
            [UNKNOWN if pd.isna(flag) else "сельские" if flag else "городские" for flag in register["is_rural"]],
            ["городские", "сельские"],
        ),
        KIND: ([kind_label(code) for code in register["kind_code"]], [kind_label(code) for code in SCHOOL_KINDS]),
        CONDITIONS: (
            [UNKNOWN if pd.isna(count) else conditions[0 if count >= fewest else 1] for count in met],
            list(conditions),
        ),
    }
    frames = []
    for kind, (groups, order) in told.items():
        frame = pd.DataFrame({"kind": kind, "group": groups, "school_id": ids.to_list()})
        place = frame["group"].map({name: number for number, name in enumerate([*order, UNKNOWN])})
        frames.append(frame.assign(place=place).sort_values(["place", "school_id"]).drop(columns="place"))
    return pd.concat(frames, ignore_index=True)


def _size_groups(borders: tuple[int, ...]) -> list[str]:
    """Names of the groups by number of pupils."""
    inner = [f"от {low} до {high - 1} обучающихся" for low, high in pairwise(borders)]
    return [f"меньше {borders[0]} обучающихся", *inner, f"{borders[-1]} обучающихся и больше"]


def _size_group(count: float, borders: tuple[int, ...], names: list[str]) -> str:
    """The group of a school with this number of pupils."""
    return UNKNOWN if np.isnan(count) else names[sum(count >= border for border in borders)]


def _area_procedures(results: pd.DataFrame, year: int) -> pd.DataFrame:
    """One row per municipality and procedure of the year: `school_count`, counts, `low_share`; region as «»."""
    cells = results[(results["year"] == year) & (results["tested_count"] > 0)]
    both = pd.concat([cells, cells.assign(municipality_id="")], ignore_index=True)
    grouped = both.groupby(["municipality_id", "procedure"])
    sums = grouped[COUNTS].sum().astype("float64")
    return sums.assign(
        school_count=grouped["school_id"].nunique(), low_share=sums["low_count"] / sums["tested_count"]
    ).reset_index()


def _journal(comparison: pd.DataFrame, year: int) -> pd.DataFrame:
    """One row per procedure, subject and grade of the year: schools, pupils, shares lowered, confirmed and raised."""
    cells = comparison[comparison["year"] == year]
    grouped = cells.groupby(SLICE)
    names = ["lowered_count", "confirmed_count", "raised_count"]
    sums = grouped[names].sum().astype("float64")
    total = sums.sum(axis=1)
    table = sums.assign(school_count=grouped["school_id"].nunique(), compared_count=total)
    for name in names:
        table[name.replace("_count", "_share")] = sums[name] / total.where(total > 0)
    return _in_order(table.reset_index())


def _in_order(frame: pd.DataFrame) -> pd.DataFrame:
    """The rows as a reader expects them: procedures as a school meets them, Russian first, grades by number."""
    places = {
        "procedure": {code: number for number, code in enumerate(PROCEDURES)},
        "subject": {code: number for number, code in enumerate(SUBJECTS)},
    }
    keys = pd.DataFrame(
        {
            **{name: frame[name].map(known).fillna(len(known)) for name, known in places.items()},
            "grade": pd.to_numeric(frame["grade"], errors="coerce"),
        },
        index=frame.index,
    )
    order = (
        frame[SLICE]
        .add_suffix("_code")
        .join(keys)
        .sort_values(["procedure", "procedure_code", "subject", "subject_code", "grade", "grade_code"])
    )
    return frame.loc[order.index].reset_index(drop=True)
