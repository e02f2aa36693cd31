"""Results as the web report shows them: every cell beside the region, and the exams of a school year by year."""

from typing import Any

import numpy as np
import pandas as pd

from pipeline import deciding
from pipeline.expected import SLICE_KEY, expected_cells, pool_cells, without
from pipeline.schema import records
from pipeline.site.known import Known
from pipeline.tables.decision import STABILITY
from pipeline.tables.results import CELL_KEY, RESULTS

Row = dict[str, Any]


def shown_cells(known: Known) -> pd.DataFrame:
    """One row per result cell of the year and the years before it, newest year first.

    Returns:
        The columns of `RESULTS`; `region_share`: share of low results in the same year, exam, subject and grade over
        the region, missing where nobody was tested; `school_count`: schools behind it; `is_pool`: may choose schools;
        `is_used`, `expected_count`: takes part in the model, and with how many low results to be expected;
        `is_aside`: a doubtful ВПР without which the school was judged.
    """
    results = known.of(RESULTS)
    results = results[results["year"] <= known.year]
    tested = results[results["tested_count"] > 0]
    rates = tested.groupby(list(SLICE_KEY), as_index=False).agg(
        region_tested=("tested_count", "sum"), region_low=("low_count", "sum"), school_count=("school_id", "size")
    )
    rates["region_share"] = rates["region_low"].astype("float64") / rates["region_tested"].astype("float64")
    judged = expected_cells(pool_cells(results, known.method.pool), known.method.stability.min_cell_schools)
    counted = without(judged, _set_aside(known)).index
    judged = judged.assign(is_aside=~judged.index.isin(counted))[[*CELL_KEY, "is_used", "is_aside", "expected_count"]]
    cells = results.merge(rates[[*SLICE_KEY, "school_count", "region_share"]], on=list(SLICE_KEY), how="left")
    cells = cells.merge(judged, on=list(CELL_KEY), how="left")
    is_pool = cells["is_used"].notna()
    is_aside = cells["is_aside"].eq(True)
    cells = cells.assign(
        is_pool=is_pool,
        is_aside=is_aside,
        is_used=cells["is_used"].eq(True) & ~is_aside,
        expected_count=cells["expected_count"].fillna(0.0),
        school_count=cells["school_count"].fillna(0).astype("int64"),
    )
    order = ["school_id", "year", "procedure", "subject", "grade"]
    return cells.sort_values(order, ascending=[True, False, True, True, True], ignore_index=True)


def _set_aside(known: Known) -> pd.DataFrame | None:
    """Cells of doubtful ВПР without which schools were judged; None where no list was computed."""
    if known.of(STABILITY).empty:
        return None
    case = deciding.make_case(known.year, *(known.of(table) for table in deciding.CASE_TABLES))
    return case.set_aside(known.method, known.of(STABILITY))


def by_exam(cells: pd.DataFrame, unit: str) -> pd.DataFrame:
    """One row per unit, exam and year over the cells that may choose schools: the share of low results and the norm.

    Args:
        cells: what `shown_cells` gives.
        unit: column of the unit, `school_id` or `municipality_id`.

    Returns:
        `tested_count`, `low_count`, `low_share`, and `norm_share`: the share that the same pupils would have at the
        region's rates, missing where one of them may not be seen; oldest year first.
    """
    own = cells[cells["is_pool"] & (cells["tested_count"] > 0)]
    numbers = own[[unit, "procedure", "year"]].assign(
        tested_count=own["tested_count"].astype("int64"),
        low_count=own["low_count"].astype("int64"),
        norm_count=own["tested_count"].astype("float64") * own["region_share"],
    )
    summed = numbers.groupby([unit, "procedure", "year"], as_index=False).sum(skipna=False)
    return summed.assign(
        low_share=summed["low_count"] / summed["tested_count"],
        norm_share=np.round(summed["norm_count"] / summed["tested_count"], 9),
    )


def grouped(frame: pd.DataFrame, column: str = "school_id") -> dict[str, list[Row]]:
    """Rows of a frame by the value of a column, in their order."""
    found: dict[str, list[Row]] = {}
    for row in records(frame):
        found.setdefault(str(row[column]), []).append(row)
    return found
