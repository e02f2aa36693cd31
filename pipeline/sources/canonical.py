"""The canonical table of results itself, as CSV, Excel or Parquet: ready counts of a school system.

Columns: school_id, municipality_id, year, procedure, subject, grade, tested_count, low_count and, where there are any,
absent_count and mean_score. `subject` is the project's code, or any word in a system with procedures of its own: it is
taken as it stands. Rows become `reported_cells` whose `code_text` is the school_id of the register (no code kind).
"""

from collections.abc import Mapping

import pyarrow as pa

from pipeline.sources.grid import Cell, Sheet, clean, text
from pipeline.sources.judged import JudgedRows
from pipeline.sources.reading import (
    Account,
    Fingerprint,
    Layout,
    ParquetLayout,
    ReadingContext,
    cell_at,
    column_indexes,
    data_rows,
)
from pipeline.tables.sources import REPORTED_CELLS

REQUIRED = (
    "school_id", "municipality_id", "year", "procedure", "subject", "grade", "tested_count", "low_count",
)  # fmt: skip
OPTIONAL = ("absent_count", "mean_score")


def read_sheet_of_results(sheet: Sheet, header_index: int, context: ReadingContext, account: Account) -> None:
    """The table as a sheet."""
    at = column_indexes(sheet.rows[header_index], {name: f"^{name}$" for name in (*REQUIRED, *OPTIONAL)})
    rows = data_rows(sheet, header_index + 1)
    account.announce(len(rows))
    cells = {name: [cell_at(row, at.get(name)) for _, row in rows] for name in (*REQUIRED, *OPTIONAL)}
    _keep(JudgedRows(sheet.name, [row_number for row_number, _ in rows]), cells, account)


def read_parquet_of_results(data: pa.Table, context: ReadingContext, account: Account) -> None:
    """The table as Parquet; rows are numbered from 1."""
    account.announce(data.num_rows)
    names = set(data.column_names)
    cells: dict[str, list[Cell]] = {
        name: [clean(value) for value in data.column(name).to_pylist()] if name in names else [None] * data.num_rows
        for name in (*REQUIRED, *OPTIONAL)
    }
    _keep(JudgedRows("", range(1, data.num_rows + 1)), cells, account)


def _keep(rows: JudgedRows, cells: Mapping[str, list[Cell]], account: Account) -> None:
    """Keep the rows whose counts are whole numbers, the low ones no more than the tested ones."""
    counts = {name: rows.integers(cells[name], name) for name in ("year", "tested_count", "low_count", "absent_count")}
    rows.refuse(counts["low_count"] > counts["tested_count"], "low_above_tested", "low_count", cells["low_count"])
    rows.refuse([cell is None for cell in cells["school_id"]], "no_school", "school_id", cells["school_id"])
    texts = {name: [text(cell) or None for cell in cells[name]] for name in REQUIRED[:6]}
    rows.keep(
        REPORTED_CELLS,
        account,
        {
            "procedure": texts["procedure"],
            "subject": texts["subject"],
            "grade": texts["grade"],
            "code_kind": None,
            "code_text": texts["school_id"],
            "school_text": None,
            "municipality_text": texts["municipality_id"],
            **counts,
            "mean_score": rows.numbers(cells["mean_score"], "mean_score"),
        },
    )


LAYOUTS: tuple[Layout, ...] = (
    Layout(
        layout_id="canonical_results",
        title="Таблица результатов в виде проекта",
        fingerprint=Fingerprint(columns=tuple(f"^{name}$" for name in REQUIRED), labels=REQUIRED),
        read=read_sheet_of_results,
    ),
)

PARQUET_LAYOUTS: tuple[ParquetLayout, ...] = (
    ParquetLayout(
        layout_id="canonical_results",
        title="Таблица результатов в виде проекта (Parquet)",
        required_columns=REQUIRED,
        optional_columns=OPTIONAL,
        read=read_parquet_of_results,
    ),
)
