"""Returned programmes of schools: known by their hidden sheet, whatever the file is called.

A record is a filled line. Names of people are replaced by a mark before anything is kept: a programme names posts and
units. Whether a line says enough is judged later (`pipeline.programmes`); here it is only read.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from pipeline.errors import SourceError, UnknownLayoutError
from pipeline.programme_blank import (
    ENTRIES,
    FORM_KIND,
    ID_SHEET,
    NUMBER_HEADER,
    SIDE_SHEETS,
    ProgrammeId,
    parse_programme_id,
)
from pipeline.programme_words import due_day, without_people
from pipeline.sources.grid import Cell, Sheet, SourceFile, is_blank, number, open_sheets, text
from pipeline.sources.reading import Account, Reading, cell_at, header_text
from pipeline.tables.programmes import RETURNED_LINES

LAYOUT_ID = "programme"
HEADER_SEARCH_ROWS = 40
MEASURE_NUMBER = re.compile(r"(?:№\s*(\d{1,3})\b|(\d{1,3})\s*(?:\.\s|\.?$))[.\s]*")


@dataclass(frozen=True)
class ProgrammeFile:
    """What one returned file gave: its lines with rejects and their account, and what its hidden sheet says."""

    reading: Reading
    form_id: ProgrammeId

    @property
    def lines(self) -> pd.DataFrame:
        """Its rows of `RETURNED_LINES`."""
        found = self.reading.tables.get(RETURNED_LINES.name)
        return RETURNED_LINES.empty() if found is None else found


def read_programme(file: SourceFile) -> ProgrammeFile:
    """The filled lines of a returned programme, or a `SourceError`."""
    sheets = open_sheets(file)
    form_id = _form_id(file, sheets)
    account = Account(file)
    account.layout_ids.append(LAYOUT_ID)
    found = [(sheet, head) for sheet in sheets if (head := _head(sheet)) is not None]
    if not found:
        raise UnknownLayoutError(
            "На листах программы нет её таблицы: не найдены столбцы «№ причины» и «Мера школы»",
            where=file.file_id,
            remedy="перенесите записи в форму, выданную школе, не меняя заголовков столбцов",
        )
    for sheet, (header_index, columns) in found:
        _read_lines(sheet, header_index, columns, form_id, account)
    read_names = {sheet.name for sheet, _ in found}
    for place, sheet in enumerate(sheets, start=1):
        if sheet.name not in (*SIDE_SHEETS, *read_names):
            filled = [row_number for row_number, row in enumerate(sheet.rows, start=1) if not is_blank(row)]
            account.announce(len(filled))
            for row_number in filled:
                account.reject(f"лист {place}", row_number, "unknown_sheet")
    return ProgrammeFile(account.close(), form_id)


def _form_id(file: SourceFile, sheets: tuple[Sheet, ...]) -> ProgrammeId:
    """What the hidden sheet says; an error where there is none or it was changed."""
    sheet = next((sheet for sheet in sheets if sheet.name == ID_SHEET), None)
    told = {text(cell_at(row, 0)): text(cell_at(row, 1)) for row in sheet.rows} if sheet else {}
    found = parse_programme_id(told) if told.get("kind") == FORM_KIND else None
    if found is None:
        what = (
            "Скрытый лист программы изменён: нельзя понять, чья она"
            if sheet
            else "Это не форма программы, выданная школе"
        )
        raise SourceError(
            what,
            where=file.file_id,
            remedy="записи переносят в выданную форму, не копируя листы в новую книгу; другие файлы уберите из папки",
        )
    return found


def _head(sheet: Sheet) -> tuple[int, dict[str, int]] | None:
    """The 0-based header row and the column of every entry; None where the sheet holds no table of a programme."""
    wanted = {header_text(title): name for title, name in {NUMBER_HEADER: "number", **ENTRIES}.items()}
    for index, row in enumerate(sheet.rows[:HEADER_SEARCH_ROWS]):
        columns = {wanted[header_text(cell)]: column for column, cell in enumerate(row) if header_text(cell) in wanted}
        if {"number", "measure"} <= set(columns):
            return index, columns
    return None


def _read_lines(
    sheet: Sheet, header_index: int, columns: Mapping[str, int], form_id: ProgrammeId, account: Account
) -> None:
    """Keep or reject every line in which the school has filled in anything."""
    filled: list[tuple[int, Cell, dict[str, Cell]]] = []
    for row_number, row in enumerate(sheet.rows[header_index + 1 :], start=header_index + 2):
        entries = {name: cell_at(row, columns[name]) for name in ENTRIES.values() if name in columns}
        if any(cell is not None for cell in entries.values()):
            filled.append((row_number, cell_at(row, columns["number"]), entries))
    account.announce(len(filled))
    seen: set[tuple[Cell, ...]] = set()
    for row_number, told, entries in filled:
        cause_code = _cause(told, form_id)
        same = (cause_code, *(text(cell).lower() for cell in entries.values()))
        if cause_code is None:
            account.reject(
                sheet.name, row_number, "unknown_cause", column="cause_code", value=without_people(text(told))
            )
        elif same in seen:
            account.reject(sheet.name, row_number, "repeated_row")
        else:
            named: dict[str, Any] = {"school_id": form_id.school_id, "cause_code": cause_code}
            named |= {"list_year": form_id.list_year, **_values(entries)}
            account.keep(RETURNED_LINES, sheet.name, row_number, **named)
        seen.add(same)


def _cause(told: Cell, form_id: ProgrammeId) -> str | None:
    """The code of the cause that a number means; None where the form has no such cause."""
    place = number(told)
    if place is None or place % 1 or not 1 <= place <= len(form_id.cause_codes):
        return None
    return form_id.cause_codes[int(place) - 1]


def _values(entries: Mapping[str, Cell]) -> dict[str, Any]:
    """The entries of a line as `RETURNED_LINES` has them, names of people replaced."""
    told = {name: without_people(text(cell)) or None for name, cell in entries.items()}
    due = entries.get("due")
    day = due_day(due)
    measure = told.get("measure") or ""
    found = MEASURE_NUMBER.match(measure)
    return {
        "measure_number": int(found[1] or found[2]) if found else None,
        "measure_text": measure[found.end() :] or measure if found else measure or None,
        "responsible_text": told.get("responsible"),
        "due_date": day,
        "due_text": f"{day:%d.%m.%Y}" if day and not isinstance(due, str) else told.get("due"),
        "indicator_text": told.get("indicator"),
        "target_text": told.get("target"),
    }
