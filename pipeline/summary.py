"""What was received and how it stands against the region, by school and by municipality, for one year."""

from typing import Any

import numpy as np
import pandas as pd

from pipeline.expected import expected_cells
from pipeline.methodology.rules import SampleRules
from pipeline.register import alphabetical, municipality_names, valid_in
from pipeline.russian import PROCEDURES, procedure_label
from pipeline.tables.decision import MUNICIPALITY_SUMMARY, SCHOOL_SUMMARY

CELL_OF_SCHOOL = ["school_id", "procedure", "subject", "grade"]
COUNTS = ["tested_count", "low_count", "absent_count", "expected_low_count"]


def school_summary(
    results: pd.DataFrame,
    schools: pd.DataFrame,
    municipalities: pd.DataFrame,
    year: int,
    rules: SampleRules,
    min_cell_schools: int,
) -> pd.DataFrame:
    """One row per school of the register that exists in the year (`SCHOOL_SUMMARY`), received or not.

    Args:
        results: every result cell, not only those of the pool (`RESULTS`).
        schools: the register (`SCHOOLS`).
        municipalities: names with years of validity (`MUNICIPALITIES`).
        year: year of the results.
        rules: sizes of samples.
        min_cell_schools: fewest schools from which a region's rate is taken; cells of fewer are counted, not expected.
    """
    names = municipality_names(municipalities, year)
    register = valid_in(schools, year)[["school_id", "school_name", "municipality_id"]]
    table = register.assign(
        year=year, municipality_name=[names.get(code, code) for code in register["municipality_id"]]
    ).merge(_counts(results, year, min_cell_schools), on="school_id", how="left")
    previous = _comparable_low_share(results, year)
    table = table.assign(
        is_received=table["cell_count"].notna(),
        low_share=table["low_count"] / table["tested_count"].where(table["tested_count"] > 0),
        observed_ratio=table["comparable_low_count"] / table["expected_low_count"],
        previous_low_share=table["school_id"].map(previous),
        procedures_text=table["procedures_text"].fillna(""),
        **{name: table[name].fillna(0) for name in ("cell_count", "tested_count", "low_count")},
    ).drop(columns="comparable_low_count")
    table = table.assign(sample_code=_sample_code(table["tested_count"], rules))
    return SCHOOL_SUMMARY.typed(table).sort_values("school_id", ignore_index=True)


def municipality_summary(summary: pd.DataFrame, municipalities: pd.DataFrame, year: int) -> pd.DataFrame:
    """One row per municipality of the reference table (`MUNICIPALITY_SUMMARY`), also where nothing was received.

    Args:
        summary: what `school_summary` gives.
        municipalities: names with years of validity (`MUNICIPALITIES`).
        year: year of the results.
    """
    names = municipality_names(municipalities, year)
    ids = sorted(set(names) | set(summary["municipality_id"]))
    grouped = summary.groupby("municipality_id")
    sums = grouped[COUNTS].sum(min_count=1)
    observed = (summary["observed_ratio"] * summary["expected_low_count"]).groupby(summary["municipality_id"]).sum()
    table = pd.DataFrame({"municipality_id": ids, "year": year, "municipality_name": [names.get(i, i) for i in ids]})

    def by_id(values: "pd.Series[Any]") -> "pd.Series[Any]":
        return table["municipality_id"].map(values)

    table = table.assign(
        school_count=by_id(grouped.size()).fillna(0),
        received_count=by_id(grouped["is_received"].sum()).fillna(0),
        tested_count=by_id(sums["tested_count"]).fillna(0),
        low_count=by_id(sums["low_count"]).fillna(0),
        absent_count=by_id(sums["absent_count"]),
        expected_low_count=by_id(sums["expected_low_count"]),
    )
    missing = summary[~summary["is_received"].astype(bool)]
    listed = {
        code: ", ".join(_quoted(name) for name in sorted(part["school_name"], key=alphabetical))
        for code, part in missing.groupby("municipality_id")
    }
    table = table.assign(
        low_share=table["low_count"] / table["tested_count"].where(table["tested_count"] > 0),
        observed_ratio=by_id(observed) / table["expected_low_count"],
        missing_text=[listed.get(code, "") for code in table["municipality_id"]],
    )
    return MUNICIPALITY_SUMMARY.typed(table)


def _counts(results: pd.DataFrame, year: int, min_cell_schools: int) -> pd.DataFrame:
    """One row per school with a result cell in the year: its counts, procedures and expected low results.

    `comparable_low_count` counts the cells for which something is expected: only they may be divided by it.
    """
    current = results[results["year"] == year]
    grouped = current.groupby("school_id")
    sums = (
        grouped[["tested_count", "low_count"]]
        .sum()
        .assign(absent_count=grouped["absent_count"].sum(min_count=1), cell_count=grouped.size())
    )
    cells = expected_cells(current, min_cell_schools)
    used = cells[cells["is_used"]].groupby("school_id")[["expected_count", "low_count"]].sum()
    used = used.rename(columns={"expected_count": "expected_low_count", "low_count": "comparable_low_count"})
    procedures = grouped["procedure"].agg(lambda codes: _procedures_text(set(codes)))
    return sums.join(used).join(procedures.rename("procedures_text")).reset_index()


def _quoted(name: str) -> str:
    """The name in Russian quotes; quotes that it holds become inner ones."""
    return "«" + name.replace("«", "„").replace("»", "“") + "»"


def _procedures_text(codes: set[str]) -> str:
    """The exams in the order in which a school meets them; a region's own tests after them."""
    known = [code for code in PROCEDURES if code in codes]
    return ", ".join(procedure_label(code) for code in [*known, *sorted(codes - set(PROCEDURES))])


def _comparable_low_share(results: pd.DataFrame, year: int) -> "pd.Series[float]":
    """Share of low results a year ago by school, over the cells that both years have."""
    now = results.loc[(results["year"] == year) & (results["tested_count"] > 0), CELL_OF_SCHOOL]
    before = results[(results["year"] == year - 1) & (results["tested_count"] > 0)]
    sums = before.merge(now, on=CELL_OF_SCHOOL).groupby("school_id")[["tested_count", "low_count"]].sum()
    return (sums["low_count"] / sums["tested_count"]).astype("float64")


def _sample_code(tested: "pd.Series[int]", rules: SampleRules) -> "pd.Series[str]":
    """The band of the federal guidance for the tested pupils of a school."""
    borders = (
        ("informative", rules.informative_count),
        ("acceptable", rules.acceptable_count),
        ("limited", rules.limited_count),
        ("small", 1),
    )
    conditions = [tested >= border for _, border in borders]
    return pd.Series(np.select(conditions, [code for code, _ in borders], default="none"), index=tested.index)
