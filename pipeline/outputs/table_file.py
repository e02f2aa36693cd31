"""A declared table as a file that a person asked for: for Excel, or Parquet for a program."""

import csv
import io
from pathlib import Path
from typing import Any

import pandas as pd

from pipeline.errors import ConfigError, StoreError
from pipeline.formula_guard import guarded
from pipeline.russian import system_fault
from pipeline.schema import Table, records
from pipeline.store import write_parquet

SUFFIXES = (".csv", ".xlsx", ".parquet")


def check_name(path: Path) -> None:
    """Refuse a file of an unknown kind before anything is computed.

    Raises:
        ConfigError: the suffix is none of `SUFFIXES`.
    """
    if path.suffix.lower() not in SUFFIXES:
        raise ConfigError(
            f"Не понятно, в каком виде записать «{path.name}»",
            where="параметр --output",
            remedy="укажите файл .csv или .xlsx (таблица для Excel) либо .parquet (таблица для программ)",
        )


def write_table(table: Table, frame: pd.DataFrame, path: Path) -> None:
    """Write the frame in the kind that the suffix names; Russian titles over the columns, but in Parquet.

    Raises:
        ConfigError: another suffix.
        StoreError: the file cannot be written.
    """
    check_name(path)
    suffix = path.suffix.lower()
    if suffix == ".parquet":
        write_parquet(table, frame, path)
        return
    conformed = table.conform(frame)
    content = _csv(table, conformed) if suffix == ".csv" else _workbook(table, conformed)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    except OSError as error:
        raise StoreError(
            f"Таблицу «{table.title}» не удаётся записать: {system_fault(error)}",
            where=str(path),
            remedy="укажите другой путь или закройте файл в Excel",
        ) from error


def _csv(table: Table, frame: pd.DataFrame) -> bytes:
    """The table as a Russian Excel opens it: semicolons, decimal commas, a mark of UTF-8, no formulas."""
    stream = io.StringIO()
    writer = csv.writer(stream, delimiter=";", lineterminator="\r\n")
    writer.writerow([column.title for column in table.columns])
    writer.writerows([_cell(value) for value in row.values()] for row in records(frame))
    return stream.getvalue().encode("utf-8-sig")


def _cell(value: Any) -> str:
    """A value as a cell of the CSV; text that a spreadsheet would take for a formula is shown as text."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "да" if value else "нет"
    if isinstance(value, float):
        return str(value).replace(".", ",")
    return str(value) if isinstance(value, int) else guarded(str(value))


def _workbook(table: Table, frame: pd.DataFrame) -> bytes:
    """The table as a workbook of one sheet with a filter over every column."""
    import xlsxwriter

    stream = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(stream, options) as book:
        sheet = book.add_worksheet(table.name[:31])
        sheet.write_row(0, 0, [column.title for column in table.columns], book.add_format({"bold": True}))
        for place, row in enumerate(records(frame), start=1):
            sheet.write_row(place, 0, ["да" if v is True else "нет" if v is False else v for v in row.values()])
        sheet.freeze_panes(1, 0)
        sheet.autofilter(0, 0, len(frame), len(table.columns) - 1)
        sheet.autofit()
    return stream.getvalue()
