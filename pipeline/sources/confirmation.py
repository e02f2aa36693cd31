"""Returned workbooks of «Выверка данных»: known by their hidden sheet, whatever the file is called.

A record is a filled answer cell or a filled line of objection; each is kept or rejected with a reason. A workbook of
another region or year, or one whose hidden sheet was changed, is refused whole.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

from pipeline.confirmation import (
    ANSWERS,
    ANSWERS_MARK,
    CELL_CODE,
    FIGURES,
    ID_SHEET,
    INDICATORS,
    OBJECTIONS_MARK,
    SCHOOL_MARK,
    ConfirmId,
    cell_words,
    figures_digest,
    parse_confirm_id,
)
from pipeline.errors import SourceError
from pipeline.russian import column_label
from pipeline.schema import Table
from pipeline.sources.grid import Cell, Sheet, SourceFile, is_blank, number, open_sheets, text
from pipeline.sources.reading import Account, Reading, cell_at, header_text
from pipeline.tables.orders import RETURNED_ANSWERS, RETURNED_OBJECTIONS

LAYOUT_ID = "confirmation"
MAX_COUNT = 100_000
CODES = {word: code for code, word in ANSWERS.items()} | {
    "подтверждаем": "confirmed", "подтверждено": "confirmed", "не согласна": "disagreed", "не согласны": "disagreed",
}  # fmt: skip
COLUMNS = {header_text(word): (word, name) for word, name in INDICATORS.items()}
# Columns of a line of objection: number of the row, indicator, right value, ground, document.
ENTRY_COLUMNS = (1, 2, 4, 5, 9)


@dataclass(frozen=True)
class ReturnedFile:
    """What one returned workbook gave: its records and what its hidden sheet says."""

    reading: Reading
    form_id: ConfirmId

    def table(self, table: Table) -> pd.DataFrame:
        """Its rows of a table."""
        found = self.reading.tables.get(table.name)
        return table.empty() if found is None else found


@dataclass(frozen=True)
class _Line:
    """A line of objection: where it stands, what stands in it, and why it is refused (empty: it is not)."""

    row_number: int
    code: str
    indicator: str
    column_name: str | None
    value: float | None
    ground: str
    document: str
    fault: str = ""
    fault_column: str = ""
    fault_value: Cell = None


def read_confirmation(file: SourceFile, region_name: str, year: int, known_ids: frozenset[str]) -> ReturnedFile:
    """The answers and objections of a returned workbook, or a `SourceError`.

    Args:
        file: the returned file.
        region_name: the region that asks; workbooks of another one are refused.
        year: year of decision; workbooks of another one are refused.
        known_ids: the schools that are asked; records of others are rejected.
    """
    sheets = open_sheets(file)
    form_id = _form_id(file, sheets)
    if (form_id.region_name, form_id.year) != (region_name, year):
        told = f"{form_id.year} года" if form_id.region_name == region_name else f"региона «{form_id.region_name}»"
        raise SourceError(
            f"Это книга выверки {told}, а принимается выверка {year} года: «{region_name}»",
            where=file.file_id,
            remedy="уберите файл из папки или переложите в папку его года",
        )
    account = Account(file)
    account.layout_ids.append(LAYOUT_ID)
    seen: set[str] = set()
    for sheet in sheets:
        mark = text(cell_at(sheet.rows[0], 0)) if sheet.rows else ""
        if mark == ANSWERS_MARK:
            _read_answers(sheet, account, _altered_schools(sheets, form_id), form_id, known_ids)
        elif mark.startswith(SCHOOL_MARK):
            school_id = mark.removeprefix(SCHOOL_MARK)
            fault = "repeated_sheet" if school_id in seen else _school_fault(school_id, sheet, form_id, known_ids)
            seen.add(school_id)
            _read_lines(sheet, account, school_id, fault)
        elif sheet.name != ID_SHEET:
            filled = [row for row, cells in enumerate(sheet.rows, start=1) if not is_blank(cells)]
            account.announce(len(filled))
            for row_number in filled:
                account.reject(sheet.name, row_number, "unknown_sheet")
    return ReturnedFile(account.close(), form_id)


def _form_id(file: SourceFile, sheets: tuple[Sheet, ...]) -> ConfirmId:
    """What the hidden sheet says; an error where there is none or it was changed."""
    sheet = next((sheet for sheet in sheets if sheet.name == ID_SHEET), None)
    told = {text(cell_at(row, 0)): text(cell_at(row, 1)) for row in sheet.rows} if sheet else {}
    found = parse_confirm_id(told)
    if found is None:
        what = "Скрытый лист книги изменён: нельзя понять, чья она" if sheet else "Это не книга «Выверка данных»"
        raise SourceError(
            what,
            where=file.file_id,
            remedy="ответы переносят в выданную книгу, не копируя листы в новую; другие файлы уберите из папки",
        )
    return found


def _altered_schools(sheets: tuple[Sheet, ...], form_id: ConfirmId) -> frozenset[str]:
    """The schools whose figures are not those that were sent, or whose sheet is gone."""
    whole = {
        school_id
        for sheet in sheets
        if sheet.rows and (school_id := text(cell_at(sheet.rows[0], 0)).removeprefix(SCHOOL_MARK)) in form_id.digests
        if _digest(school_id, sheet) == form_id.digests[school_id]
    }
    return frozenset(form_id.digests) - whole


def _school_fault(school_id: str, sheet: Sheet, form_id: ConfirmId, known_ids: frozenset[str]) -> str:
    """Why nothing on a school's sheet can be taken; empty where it can."""
    if school_id not in form_id.digests or school_id not in known_ids:
        return "unknown_school"
    return "" if _digest(school_id, sheet) == form_id.digests[school_id] else "altered_figures"


def _figures(sheet: Sheet) -> dict[int, tuple[str, list[Cell]]]:
    """Number of the row as the school sees it -> code of the cell and its counts."""
    found = {}
    for row in sheet.rows:
        place, code = number(cell_at(row, 1)), text(cell_at(row, 0))
        if CELL_CODE.fullmatch(code) and place is not None:
            found[int(place)] = (code, [cell_at(row, column) for column in range(6, 6 + len(FIGURES))])
    return found


def _digest(school_id: str, sheet: Sheet) -> str:
    rows = [(code, *map(text, counts)) for code, counts in _figures(sheet).values()]
    return figures_digest(school_id, rows)


def _read_answers(
    sheet: Sheet, account: Account, altered: frozenset[str], form_id: ConfirmId, known_ids: frozenset[str]
) -> None:
    """The answers of the title sheet, a record each."""
    filled = [
        (row_number, text(cell_at(row, 0)), cell_at(row, 4))
        for row_number, row in enumerate(sheet.rows[1:], start=2)
        if cell_at(row, 4) is not None and cell_at(row, 0) is not None
    ]
    account.announce(len(filled))
    seen: set[str] = set()
    for row_number, school_id, told in filled:
        status_code = CODES.get(header_text(told).rstrip(" .!;"))
        if school_id not in form_id.digests or school_id not in known_ids:
            account.reject(sheet.name, row_number, "unknown_school", column="school_id", value=school_id)
        elif school_id in altered:
            account.reject(sheet.name, row_number, "altered_figures", value=school_id)
        elif school_id in seen:
            account.reject(sheet.name, row_number, "repeated_row", value=school_id)
        elif status_code is None:
            account.reject(sheet.name, row_number, "unknown_answer", value=told)
        else:
            account.keep(RETURNED_ANSWERS, sheet.name, row_number, school_id=school_id, status_code=status_code)
        seen.add(school_id)


def _read_lines(sheet: Sheet, account: Account, school_id: str, fault: str) -> None:
    """The lines of objection of a school's sheet, a record each."""
    marks = [text(cell_at(row, 0)) for row in sheet.rows]
    start = marks.index(OBJECTIONS_MARK) + 2 if OBJECTIONS_MARK in marks else len(sheet.rows)
    figures = _figures(sheet)
    lines = [
        _line(row_number, row, figures)
        for row_number, row in enumerate(sheet.rows[start:], start=start + 1)
        if any(cell_at(row, column) is not None for column in ENTRY_COLUMNS)
    ]
    account.announce(len(lines))
    seen: set[tuple[object, ...]] = set()
    for line in lines if fault else _judged(lines, figures):
        told = (line.code, line.indicator, line.value, line.ground, line.document)
        reason = fault or line.fault or ("repeated_row" if told in seen else "")
        seen.add(told)
        if reason:
            column, value = (line.fault_column, line.fault_value) if not fault else ("", None)
            account.reject(sheet.name, line.row_number, reason, column=column, value=value)
        else:
            account.keep(RETURNED_OBJECTIONS, sheet.name, line.row_number, school_id=school_id, **_told(line, figures))


def _line(row_number: int, row: list[Cell], figures: Mapping[int, tuple[str, list[Cell]]]) -> _Line:
    """A line of objection, with the first thing that is wrong in it by itself."""
    row_told, indicator_told, value_told, ground, document = (cell_at(row, column) for column in ENTRY_COLUMNS)
    word, column_name = COLUMNS.get(header_text(indicator_told), ("", None))
    place, value = number(row_told), number(value_told)
    code = figures[int(place)][0] if place is not None and place in figures else ""
    line = _Line(row_number, code, word, column_name, value, text(ground), text(document))
    faults = (
        (not word, "no_indicator", "indicator", indicator_told),
        (row_told is not None and not code, "unknown_row", "row_number", row_told),
        (column_name is not None and row_told is None, "unknown_row", "row_number", None),
        (not line.ground, "no_ground", "ground_text", None),
        (column_name is not None and value_told is None, "missing_value", "asked_value", None),
        (value_told is not None and value is None, "not_a_number", "asked_value", value_told),
        (value is not None and value < 0, "below_minimum", "asked_value", value_told),
        (value is not None and value > MAX_COUNT, "above_maximum", "asked_value", value_told),
        (value is not None and value % 1 != 0, "not_an_integer", "asked_value", value_told),
    )
    found = next((fault[1:] for fault in faults if fault[0]), None)
    return replace(line, fault=found[0], fault_column=found[1], fault_value=found[2]) if found else line


def _judged(lines: list[_Line], figures: Mapping[int, tuple[str, list[Cell]]]) -> list[_Line]:
    """The lines with what is wrong between them and the figures: low results above the tested, nothing to change.

    More low results may fit only among more pupils, which another line asks for; a wrong line spoils no other one.
    """
    stated = {code: dict(zip(FIGURES, map(number, counts), strict=True)) for code, counts in figures.values()}
    judged = []
    for line in lines:
        fault = ""
        if line.column_name and line.value is not None and not line.fault:
            if stated[line.code][line.column_name] == line.value:
                fault = "same_value"
            low, tested = (
                [
                    stated[line.code][name],
                    *(one.value for one in lines if (one.code, one.column_name) == (line.code, name)),
                ]
                for name in ("low_count", "tested_count")
            )
            is_above = line.column_name == "low_count" and line.value > max(filter(None, tested), default=0)
            is_below = line.column_name == "tested_count" and line.value < min(n for n in low if n is not None)
            fault = fault or ("low_above_tested" if is_above or is_below else "")
        judged.append(replace(line, fault=fault, fault_column="asked_value", fault_value=line.value) if fault else line)
    return judged


def _told(line: _Line, figures: Mapping[int, tuple[str, list[Cell]]]) -> dict[str, Any]:
    """The values of a kept line, as `RETURNED_OBJECTIONS` has them."""
    found = CELL_CODE.fullmatch(line.code)
    year, procedure, subject, grade = found.groups() if found else (None, None, None, None)
    about = line.indicator.lower() if line.column_name is None else column_label(line.column_name)
    if procedure and subject and grade:
        about = f"{cell_words(year, procedure, subject, grade)}: {about}"
    stated = next((counts for code, counts in figures.values() if code == line.code), [None] * len(FIGURES))
    return {
        "indicator_text": about,
        "result_year": int(year) if year else None,
        "procedure": procedure,
        "subject": subject,
        "grade": grade,
        "column_name": line.column_name,
        "stated_value": number(stated[FIGURES.index(line.column_name)]) if line.column_name else None,
        "asked_value": line.value,
        "ground_text": line.ground,
        "document_text": line.document or None,
    }
