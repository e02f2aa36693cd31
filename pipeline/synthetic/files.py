"""Writing files whose bytes depend on their contents alone: no clock, no random order inside an archive."""

import csv
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path

import pandas as pd
import xlsxwriter

CREATED = datetime(2026, 1, 1)  # every workbook says so: the moment of writing would change the bytes
DEMO_NOTE = "ДЕМО: данные выдуманы"

Row = Sequence[object]


def write_workbook(path: Path, sheets: Mapping[str, Iterable[Row]]) -> None:
    """Write a workbook: sheet names (cut at 31 characters) and their rows; None is an empty cell."""
    path.parent.mkdir(parents=True, exist_ok=True)
    options = {"in_memory": True, "strings_to_urls": False, "strings_to_formulas": False}
    with xlsxwriter.Workbook(path, options) as workbook:
        workbook.set_properties({"created": CREATED, "comments": DEMO_NOTE})
        for name, rows in sheets.items():
            sheet = workbook.add_worksheet(name[:31])
            for index, row in enumerate(rows):
                sheet.write_row(index, 0, row)


def write_csv(path: Path, rows: Iterable[Row], *, encoding: str = "utf-8", delimiter: str = ";") -> None:
    """Write a text file with one line per row; None is an empty field."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding=encoding, newline="") as stream:
        csv.writer(stream, delimiter=delimiter, lineterminator="\r\n").writerows(rows)


def write_reference(path: Path, frame: pd.DataFrame) -> None:
    """Write a reference table: UTF-8, commas, header row."""
    path.parent.mkdir(parents=True, exist_ok=True)
    frame.to_csv(path, index=False, lineterminator="\n")


def write_parquet(path: Path, frame: pd.DataFrame) -> None:
    """Write a frame as Parquet."""
    path.parent.mkdir(parents=True, exist_ok=True)
    frame.to_parquet(path, index=False)
