"""Rows of groups in reports of ФИС ОКО: whole sample, region, municipality, school; told apart by the bracketed code.

A row without a known code is the country only where its words say so («Вся выборка»). Any other could be a school that
lost its code: it has no level, never that of a total.
"""

import re
from dataclasses import dataclass

from pipeline.errors import SourceError
from pipeline.sources.grid import Cell, Sheet, text
from pipeline.sources.reading import ReadingContext, cell_at, column_indexes, data_rows, header_text
from pipeline.sources.vpr_title import VprTest, place, vpr_test

CODE_AT_END = re.compile(r"^(.*?)\s*\(([^()]*)\)$")
LEVELS = (
    (re.compile(r"_m\d+$"), "municipality"),
    (re.compile(r"^reg\d+$"), "region"),
    (re.compile(r"^(?:edu|sch)\d+$"), "school"),
)
WHOLE_SAMPLE = re.compile(r"^(вся выборка|все участники|россия|российская федерация|рф)\b")


@dataclass(frozen=True)
class Group:
    """One row of an aggregated report: a group of participants."""

    row_number: int
    cells: list[Cell]
    printed: str
    level_code: str | None
    name: str
    code: str
    municipality_name: str | None


def groups_of(sheet: Sheet, header_index: int) -> list[Group]:
    """The groups of participants below the header, each with the municipality whose rows it stands in."""
    at = column_indexes(sheet.rows[header_index], {"group": r"^группы участников"})["group"]
    found: list[Group] = []
    municipality_name: str | None = None
    for row_number, row in data_rows(sheet, header_index + 1):
        printed = text(cell_at(row, at))
        name, code = name_and_code(printed)
        level_code = level_of(name, code)
        if level_code != "school":
            municipality_name = name if level_code == "municipality" else None
        found.append(Group(row_number, row, printed, level_code, name, code, municipality_name))
    return found


def name_and_code(printed: str) -> tuple[str, str]:
    """«МБОУ „СШ № 1“(edu670012)» as its name and its code in small letters; an empty code where there is none."""
    found = CODE_AT_END.match(printed)
    return (found.group(1), found.group(2).strip().lower()) if found else (printed, "")


def level_of(name: str, code: str) -> str | None:
    """country, region, municipality or school; None where neither the code nor the words tell."""
    for pattern, level_code in LEVELS:
        if pattern.search(code):
            return level_code
    return "country" if WHOLE_SAMPLE.match(header_text(name)) else None


def whole_test(sheet: Sheet, header_index: int, context: ReadingContext) -> VprTest:
    """The test of a report, whose grade must be known."""
    test = vpr_test(sheet, header_index, context)
    if test.grade is None:
        raise SourceError(
            "В отчёте ФИС ОКО не указан класс",
            where=place(sheet, context),
            remedy="проверьте строку вида «ВПР 2026 Русский язык 4 класс» над шапкой таблицы",
        )
    return test
