"""Regional workbooks read by declarative layouts: one TOML in `layouts/` describes a workbook, with no code.

A record of the account is one subject (block) of one row that holds anything, or a whole row that holds nothing.
"""

import re
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import pandas as pd

from pipeline.errors import SourceError
from pipeline.sources.grid import Sheet, SourceFile, is_blank, number, open_sheets, text
from pipeline.sources.layout_toml import RESULTS, layout_paths, refuse_repeated_ids
from pipeline.sources.reading import (
    Account,
    Fingerprint,
    Layout,
    ReadingContext,
    cell_at,
    data_rows,
    head_of,
    header_text,
    recognise,
)
from pipeline.sources.workbook_rows import (
    Block,
    Columns,
    Row,
    columns_of,
    find_word,
    has_column_numbers,
    held_blocks,
    is_empty,
    rows_of,
)
from pipeline.sources.workbook_spec import NOTHING, SheetSpec, WorkbookSpec, load_spec
from pipeline.tables.sources import REPORTED_CELLS, REPORTED_TOTALS

# Excel keeps a computed percent with all its digits; a printed one is told apart by having few.
FLOAT_TOLERANCE = 1e-6
MEASURE_COLUMNS = {"tested": "tested_count", "low": "low_count", "absent": "absent_count", "mean": "mean_score"}


@dataclass(frozen=True)
class WorkbookLayout(Layout):
    """One [[sheets]] entry of a declarative layout, as a layout of the common machinery."""

    spec: WorkbookSpec = field(repr=False)
    entry: SheetSpec = field(repr=False)


@dataclass(frozen=True)
class _Fault:
    """Why a record cannot be kept: reason code, measure (as in the layout) and the cell's text."""

    reason_code: str
    measure: str
    value: str


@dataclass(frozen=True)
class _Figures:
    """The figures of one subject in one row, in people and points."""

    tested: float
    low: float | None
    absent: float | None
    mean: float | None


def layouts(directory: Path | None) -> tuple[WorkbookLayout, ...]:
    """The declarative layouts of the package and of DIR/layouts, one per [[sheets]] entry, in the order of file names.

    A file in DIR replaces the package's file of the same name. Wrong TOML raises a `ConfigError`.
    """
    specs = {name: load_spec(path) for name, path in layout_paths(directory, RESULTS).items()}
    refuse_repeated_ids({name: spec.layout_id for name, spec in specs.items()})
    return tuple(_layout(spec, entry) for spec in specs.values() for entry in spec.sheets)


def register_rows(file: SourceFile, layout: WorkbookLayout, sheet_name: str, context: ReadingContext) -> pd.DataFrame:
    """One row per distinct municipality and school named on one sheet, in the order of the sheet.

    Args:
        file: a workbook.
        layout: the layout that the sheet fits.
        sheet_name: the sheet to start a register from; one that holds no results may serve as well.
        context: gives the subjects.

    Returns:
        municipality_text, school_text, has_results (somebody took part in something). Totals are left out.
    """
    sheets = {sheet.name: sheet for sheet in open_sheets(file)}
    where = f"{file.file_id}, лист «{sheet_name}»"
    if sheet_name not in sheets:
        names = ", ".join(f"«{name}»" for name in sheets)
        raise SourceError("В книге нет такого листа", where=where, remedy=f"есть листы: {names}")
    found = recognise(head_of(sheets[sheet_name]), layout.fingerprint)
    if found.share < 1:
        raise SourceError(
            f"Лист не подходит к макету «{layout.title}»: не найдено {'; '.join(found.missing)}",
            where=where,
            remedy="выберите другой лист или опишите этот в макете",
        )
    subject_of = partial(_subject, layout.spec, context)
    columns = columns_of(layout.spec, layout.entry, sheets[sheet_name], found.header_index, subject_of, where)
    rows = [
        (row.municipality, row.school, bool(held_blocks(layout.spec, columns, row.cells)))
        for row in rows_of(layout.spec, columns, sheets[sheet_name])
        if row.kind == "school" and row.school
    ]
    frame = pd.DataFrame(rows, columns=["municipality_text", "school_text", "has_results"])
    grouped = frame.astype({"has_results": bool}).groupby(["municipality_text", "school_text"], sort=False)
    return grouped["has_results"].any().reset_index()


def _layout(spec: WorkbookSpec, entry: SheetSpec) -> WorkbookLayout:
    """The layout of one [[sheets]] entry: its fingerprint comes from the patterns of the TOML."""
    demands = [
        ("столбец муниципалитета", spec.municipality_column),
        ("столбец школы", spec.school_column),
        ("столбец кода школы", spec.code_column),
    ]
    if entry.header_rows == 1:
        demands += [("столбец участников", spec.measures["tested"]), ("столбец низких", spec.measures["low"])]
    if entry.holds == NOTHING:
        demands = [("столбец", pattern) for pattern in entry.header]
    demands = [(label, pattern) for label, pattern in demands if pattern]
    fingerprint = Fingerprint(
        columns=tuple(pattern for _, pattern in demands),
        above=(entry.title,) if entry.title else (),
        labels=tuple(f"{label} («{_in_words(pattern)}»)" for label, pattern in demands),
        sheet_name=entry.name,
    )
    read = partial(_read_nothing if entry.holds == NOTHING else _read_results, spec, entry)
    return WorkbookLayout(spec.layout_id, spec.title, fingerprint, read, spec, entry)


def _in_words(pattern: str) -> str:
    """A pattern as an operator may read it, without the signs of the regular expression."""
    words = re.sub(r"\\[wd][*+?]?", "…", re.sub(r"\\s[*+?]?", " ", pattern))
    return re.sub(r"\\b|[\^$()?\\]", "", words).replace("|", " / ")


def _read_nothing(
    spec: WorkbookSpec, entry: SheetSpec, sheet: Sheet, header_index: int, context: ReadingContext, account: Account
) -> None:
    """Reject every row of a sheet that holds no results: under its header, or from the top where none is described."""
    rows = data_rows(sheet, header_index + entry.header_rows if entry.header else 0)
    account.announce(len(rows))
    for row_number, _ in rows:
        account.reject(sheet.name, row_number, "not_results", value=entry.reason)


def _read_results(
    spec: WorkbookSpec, entry: SheetSpec, sheet: Sheet, header_index: int, context: ReadingContext, account: Account
) -> None:
    """Keep the results of schools and the totals; reject, with a reason, everything else."""
    where = f"{context.file.file_id}, лист «{sheet.name}»"
    year = find_word(entry.year, sheet, header_index)
    if not year.isdigit():
        raise SourceError(
            "Не найден год результатов",
            where=where,
            remedy=f"исправьте ключ year этого листа в макете «{spec.layout_id}»",
        )
    columns = columns_of(spec, entry, sheet, header_index, partial(_subject, spec, context), where)
    account.announce(_record_count(spec, columns, sheet))
    if has_column_numbers(sheet, columns):
        account.reject(sheet.name, columns.first_index + 1, "service_row", is_service=True)
    for row in rows_of(spec, columns, sheet):
        blocks = held_blocks(spec, columns, row.cells)
        if not blocks:
            _reject_empty(row, sheet.name, account)
        for block in blocks:
            common = {"year": int(year), "procedure": spec.procedure, "subject": block.name, "grade": entry.grade}
            _read_block(spec, row, block, common, sheet.name, account)


def _record_count(spec: WorkbookSpec, columns: Columns, sheet: Sheet) -> int:
    """Records under the header, counted without interpreting a row."""
    rows = [cells for cells in sheet.rows[columns.first_index :] if not is_blank(cells)]
    has_numbers = has_column_numbers(sheet, columns)
    return has_numbers + sum(max(1, len(held_blocks(spec, columns, cells))) for cells in rows[has_numbers:])


def _reject_empty(row: Row, sheet_name: str, account: Account) -> None:
    """Account for a row without a single figure; its text is told only where it surely names a school."""
    reasons = {"school": "no_results", "municipality": "service_row", "total": "no_results", "note": "footer_row"}
    is_named = row.kind == "school" and bool(row.municipality)
    account.reject(sheet_name, row.number, reasons[row.kind], value=row.school if is_named else None, is_service=True)


def _read_block(
    spec: WorkbookSpec, row: Row, block: Block, common: dict[str, object], sheet_name: str, account: Account
) -> None:
    """Keep or reject the figures of one subject in one row."""
    if block.is_ignored:
        account.reject(sheet_name, row.number, "ignored_block", block=block.name, is_service=True)
        return
    if row.kind not in ("school", "total"):
        account.reject(sheet_name, row.number, "missing_value", block=block.name, column="school_text")
        return
    figures = _figures(spec, row, block)
    if isinstance(figures, _Fault):
        column = MEASURE_COLUMNS[figures.measure]
        account.reject(
            sheet_name, row.number, figures.reason_code, block=block.name, column=column, value=figures.value
        )
    elif row.kind == "total":
        values = common | {"level_code": row.level, "area_text": row.municipality}
        counts = {"tested_count": figures.tested, "low_count": figures.low}
        account.keep(REPORTED_TOTALS, sheet_name, row.number, block.name, **values, **counts)
    else:
        account.keep(
            REPORTED_CELLS,
            sheet_name,
            row.number,
            block.name,
            **common,
            code_kind=spec.code_kind if row.code else None,
            code_text=row.code or None,
            school_text=row.school or None,
            municipality_text=row.municipality or None,
            tested_count=figures.tested,
            low_count=figures.low,
            absent_count=figures.absent,
            mean_score=figures.mean,
        )


def _figures(spec: WorkbookSpec, row: Row, block: Block) -> _Figures | _Fault:
    """The figures of one subject in one row, blanks read as the layout says, or why they cannot be believed."""
    values: dict[str, float | None] = dict.fromkeys(("tested", "low", "absent", "mean"))
    for measure, index in block.columns.items():
        cell = cell_at(row.cells, index)
        if is_empty(spec, cell):
            continue
        values[measure] = found = number(cell)
        if found is None:
            return _Fault("not_a_number", measure, text(cell))
        if found < 0:
            return _Fault("below_minimum", measure, text(cell))
    tested, low = values["tested"] or 0.0, values["low"]
    if tested % 1:
        return _Fault("not_an_integer", "tested", text(tested))
    if not tested and (values["mean"] or (low and values["tested"] is None)):
        return _Fault("missing_value", "tested", "")
    if low is None and row.kind == "school":
        is_unknown = header_text(cell_at(row.cells, block.columns.get("low"))) in spec.unknown_marks
        if tested and (is_unknown or not spec.is_blank_low_zero):
            return _Fault("missing_value", "low", "")
        low = 0.0
    count = low if low is None or spec.low_unit == "count" else _count_of_share(spec, tested, low)
    if low is not None and (count is None or count % 1):
        return _Fault("not_an_integer" if spec.low_unit == "count" else "percent_not_count", "low", text(low))
    if count is not None and count > tested:
        return _Fault("low_above_tested", "low", text(low))
    absent = 0.0 if values["absent"] is None and spec.is_blank_absent_zero else values["absent"]
    return _Figures(tested, count, absent, values["mean"])


def _count_of_share(spec: WorkbookSpec, tested: float, published: float) -> float | None:
    """Pupils behind a published share or percent; None where no whole number of pupils gives the published figure."""
    whole = 100.0 if spec.low_unit == "percent" else 1.0
    count = float(int(tested * published / whole + 0.5))
    decimals = len(text(published).partition(".")[2])
    tolerance = max(0.5 * 10.0**-decimals, FLOAT_TOLERANCE) + FLOAT_TOLERANCE
    return count if not tested or abs(count / tested * whole - published) <= tolerance else None


def _subject(spec: WorkbookSpec, context: ReadingContext, spelling: str) -> str | None:
    """Code of a subject: the layout's own word first, then the reference table."""
    return spec.subjects.get(header_text(spelling)) or context.subject(spec.procedure, spelling)
