"""Results follow the successor: which school carries on whose results, and their sum.

Versions of a load are chosen for the school that held the exam; only then do merged schools' cells become one. A
renamed school is one school with two register entries and is joined at once, when it is recognised.
"""

import pandas as pd

from pipeline.tables.results import CELL_KEY, RESULTS


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
