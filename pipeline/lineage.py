"""Results and places in lists follow the successor: which school carries on for whom, by year and by day.

Versions of a load are chosen for the school that held the exam; only then do merged schools' cells become one. A
renamed school is one school with two register entries and is joined at once, when it is recognised. Results follow by
the year of results (`successors`), a place in a signed list by the day of the reorganisation (`successor_on`).
"""

from collections.abc import Mapping
from datetime import date
from typing import Any

import pandas as pd

from pipeline.errors import ConfigError
from pipeline.schema import records
from pipeline.tables.results import CELL_KEY, RESULTS

SCHOOL_YEAR_MONTH = 9  # a school year begins on 1 September
NEED_SUCCESSOR = ("renamed", "merged", "branch")


def successors(school_lineage: pd.DataFrame, decision_year: int, kinds: tuple[str, ...] = ()) -> dict[str, str]:
    """Which school each earlier one counts for, chains followed to the end, as of a year of decision.

    Args:
        school_lineage: the reference table (`SCHOOL_LINEAGE`); of several reorganisations of a school the last counts.
        decision_year: reorganisations of later years are not known yet.
        kinds: the kinds of reorganisation that count; empty for all.
    """
    valid = school_lineage[(school_lineage["from_year"] <= decision_year) & school_lineage["successor_id"].notna()]
    if kinds:
        valid = valid[valid["lineage_kind"].isin(kinds)]
    valid = valid.sort_values(["school_id", "from_year"])
    step = dict(zip(valid["school_id"].astype(str), valid["successor_id"].astype(str), strict=True))
    return {school_id: _last(school_id, step) for school_id in step}


def successor_on(school_lineage: pd.DataFrame, school_id: str, day: date) -> str | None:
    """The school that bears a school's place in a list on a day: itself, the end of the chain, or None once closed.

    A school that merged or was renamed hands its place to the successor, a branch to the school it became a part of.

    Args:
        school_lineage: the reference table (`SCHOOL_LINEAGE`), checked by `refuse_wrong_dates`.
        school_id: a school as an order names it.
        day: reorganisations after it have not happened yet.
    """
    current, seen = school_id, {school_id}
    while (step := reorganisation_on(school_lineage, current, day)) is not None:
        if step["successor_id"] is None:
            return None
        current = str(step["successor_id"])
        assert current not in seen, f"the lineage of {school_id} goes in a circle"
        seen.add(current)
    return current


def bearers_on(school_lineage: pd.DataFrame, day: date) -> dict[str, str | None]:
    """Who bears the place of each reorganised school on a day (`successor_on`); a school that is itself is left out."""
    ids = sorted({str(school_id) for school_id in school_lineage["school_id"]})
    found = {school_id: successor_on(school_lineage, school_id, day) for school_id in ids}
    return {school_id: bearer for school_id, bearer in found.items() if bearer != school_id}


def carried_choice(decided: pd.DataFrame, bearers: Mapping[str, str | None]) -> pd.DataFrame:
    """One row per school about which was decided, under the school that bears its place; closed ones are left out.

    Of several rows that meet in one school a positive one counts (selected, included), then the school's own.

    Args:
        decided: `SELECTION`, or `COMMISSION_DECISIONS` of one year.
        bearers: what `bearers_on` gives.
    """
    ids = [bearers.get(str(school_id), str(school_id)) for school_id in decided["school_id"]]
    is_positive = decided["status_code"] == "selected" if "status_code" in decided else decided["action"] == "include"
    moved = decided.assign(school_id=pd.Series(ids, decided.index, dtype="str"), is_positive=is_positive)
    moved = moved.assign(is_own=moved["school_id"] == decided["school_id"]).dropna(subset="school_id")
    first = moved.sort_values(["school_id", "is_positive", "is_own"], ascending=[True, False, False], kind="stable")
    return first.drop_duplicates("school_id")[list(decided.columns)].reset_index(drop=True)


def reorganisation_on(school_lineage: pd.DataFrame, school_id: str, day: date) -> dict[str, Any] | None:
    """The newest reorganisation of a school that is in force on a day, or None.

    Returns:
        `lineage_kind`, `successor_id` (None: closed), `begin` (the day it came into force) and `ground`.
    """
    own = records(school_lineage[school_lineage["school_id"] == school_id])
    begun = [row | {"begin": begin} for row in own if (begin := first_day(row)) <= day]
    if not begun:
        return None
    newest = max(begun, key=lambda row: (row["begin"], row["from_year"]))
    return {name: newest[name] for name in ("lineage_kind", "successor_id", "begin", "ground")}


def first_day(row: Mapping[str, Any]) -> date:
    """The day from which a reorganisation (a row of `SCHOOL_LINEAGE`) holds; unsaid: the first of its school year."""
    if row["from_date"] is None:
        return date(int(row["from_year"]) - 1, SCHOOL_YEAR_MONTH, 1)
    begin: date = row["from_date"].date()
    return begin


def refuse_wrong_dates(school_lineage: pd.DataFrame) -> None:
    """Refuse a day outside the school year that it is said to belong to, and a merger into nothing.

    Raises:
        ConfigError: the place in a list and the results would follow different schools.
    """
    for row in records(school_lineage):
        where = f"reference/school_lineage.csv, школа «{row['school_id']}»"
        if row["lineage_kind"] in NEED_SUCCESSOR and row["successor_id"] is None:
            raise ConfigError(
                "У реорганизованной школы не назван преемник",
                where=where,
                remedy="впишите код преемника в successor_id; если преемника нет, вид реорганизации — closed",
            )
        begin = first_day(row)
        year = begin.year + (begin.month >= SCHOOL_YEAR_MONTH)
        if year != row["from_year"]:
            raise ConfigError(
                f"Дата реорганизации {begin:%d.%m.%Y} не относится к учебному году, который кончается "
                f"в {row['from_year']} году",
                where=where,
                remedy=f"исправьте from_date или впишите from_year {year}: год, в котором кончается учебный год",
            )


def refuse_survivors(school_lineage: pd.DataFrame, schools: pd.DataFrame) -> None:
    """Refuse a reorganised school that the register (`SCHOOLS`) keeps as working: it would be judged, without results.

    Raises:
        ConfigError: its last year of validity is not before the year of its last reorganisation.
    """
    last_years = dict(zip(schools["school_id"], schools["valid_to_year"], strict=True))
    for school_id, from_year in school_lineage.groupby("school_id", sort=True)["from_year"].max().items():
        last = last_years.get(school_id)
        if pd.isna(last) or last >= from_year:
            raise ConfigError(
                f"Школа «{school_id}» реорганизована с {from_year} года, а по реестру действует и дальше",
                where="reference/schools.csv, столбец valid_to_year",
                remedy=f"впишите valid_to_year {from_year - 1}: последний год её результатов",
            )


def carry_over(results: pd.DataFrame, final: dict[str, str], homes: dict[str, str]) -> pd.DataFrame:
    """One row per result cell of the schools that carry on (`RESULTS`): cells of merged schools added up.

    Counts add up; an absent count is missing only where no part has one; a mean is weighted by the tested.

    Args:
        results: cells of the schools that held the exams (`RESULTS`).
        final: earlier school -> successor (`successors`).
        homes: school -> municipality of the register.
    """
    school_ids = results["school_id"].map(lambda school_id: final.get(school_id, school_id))
    moved = results.assign(school_id=school_ids, municipality_id=school_ids.map(homes))
    is_joined = moved.duplicated(list(CELL_KEY), keep=False)
    if not is_joined.any():
        return RESULTS.conform(moved)
    parts = moved[is_joined].sort_values([*CELL_KEY, "source_text"])
    tested = parts["tested_count"].where(parts["mean_score"].notna(), 0).astype("float64")
    parts = parts.assign(weight=tested, weighted=(parts["mean_score"] * tested).fillna(0.0))
    groups = parts.groupby(list(CELL_KEY), sort=True)
    sums = groups.agg(
        municipality_id=("municipality_id", "first"),
        tested_count=("tested_count", "sum"),
        low_count=("low_count", "sum"),
        weight=("weight", "sum"),
        weighted=("weighted", "sum"),
        load_version=("load_version", _each_once),
        source_text=("source_text", _each_once),
    )
    sums["absent_count"] = groups["absent_count"].sum(min_count=1)
    sums["mean_score"] = sums["weighted"] / sums["weight"].where(sums["weight"] > 0)
    joined = sums.reset_index().drop(columns=["weight", "weighted"])
    return RESULTS.conform(pd.concat([moved[~is_joined], joined], ignore_index=True))


def _last(school_id: str, step: dict[str, str]) -> str:
    """The end of a chain of reorganisations; the region's folder refuses circles before."""
    seen = {school_id}
    while school_id in step:
        school_id = step[school_id]
        assert school_id not in seen, f"the lineage of {school_id} goes in a circle"
        seen.add(school_id)
    return school_id


def _each_once(values: pd.Series) -> str:
    return "; ".join(sorted({str(value) for value in values.dropna()}))
