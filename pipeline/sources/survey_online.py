"""Exports of online forms: a row per respondent, the statements as headers, perhaps a column that names the school.

Columns are known by the statement's text alone. Time stamps, addresses, names and free text are not read at all.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from pipeline.questionnaire import FormId, Questionnaire, plain
from pipeline.russian import plural
from pipeline.sources.grid import Cell, Sheet, text
from pipeline.sources.reading import cell_at, data_rows
from pipeline.sources.survey_answers import SurveyAccount
from pipeline.tables.causes import GROUPS

HEADER_SEARCH_ROWS = 20
MIN_FOUND_SHARE = 0.5  # of a group's statements among the headers: fewer are another survey
ASKED = re.compile(r"\[(.+)\]")  # «Насколько это верно? [Утверждение]»: how questions in a grid are exported
ORDER = re.compile(r"^\s*(?:вопрос\s*)?\d+\s*[.):]\s*", re.IGNORECASE)
SCHOOL_COLUMNS: Mapping[str, re.Pattern[str]] = {
    "code_text": re.compile(r"(код|логин)( (вашей )?(школы|оо|образовательной организации))?( в фис око)?"),
    "school_text": re.compile(
        r"((выберите|укажите|назовите) )?(ваш[ау] )?школ[ау]|((краткое |полное )?(наименование|название) )?"
        r"((вашей )?школы|оо|(вашей )?образовательной организации|образовательная организация)"
    ),
    "municipality_text": re.compile(
        r"((выберите|укажите) )?(ваш )?(муниципалитет|муниципальное образование|район|муниципальный (район|округ))"
    ),
}


@dataclass(frozen=True)
class OnlineHead:
    """The header of an export: who answers, the columns of statements (index -> item code) and of the school."""

    header_index: int
    group_code: str
    item_columns: Mapping[int, str]
    school_columns: Mapping[str, int]


def find_head(sheet: Sheet, questionnaire: Questionnaire) -> OnlineHead | None:
    """The header of an export in a sheet; None where no row holds the statements of a group."""
    best: tuple[float, OnlineHead] | None = None
    known = {group_code: questionnaire.codes_by_text(group_code) for group_code in GROUPS}
    for index, row in enumerate(sheet.rows[:HEADER_SEARCH_ROWS]):
        titles = [_asked(cell) for cell in row]
        for group_code, codes in known.items():
            # A statement that stands twice is read where it stands first.
            columns = {titles.index(text): code for text, code in codes.items() if text in titles}
            share = len(columns) / len(codes)
            if share >= MIN_FOUND_SHARE and (best is None or share > best[0]):
                best = share, OnlineHead(index, group_code, columns, _school_columns(titles, columns))
    return best[1] if best else None


def read_rows(
    sheet: Sheet, head: OnlineHead, questionnaire: Questionnaire, form_id: FormId | None, answers: SurveyAccount
) -> list[str]:
    """Read the respondents of an export into the account; gives remarks. A record is a filled cell of a statement."""
    rows = data_rows(sheet, head.header_index + 1)
    cells = [(row_number, row, _filled(row, head)) for row_number, row in rows]
    answers.account.announce(sum(len(filled) for _, _, filled in cells))
    for respondent, (row_number, row, filled) in enumerate(cells, start=1):
        told = {name: text(cell_at(row, column)) for name, column in head.school_columns.items()}
        if not (told.get("code_text") or told.get("school_text")) and form_id is not None:
            told = {"code_text": form_id.school_id}
        answers.school(**told)
        fault = "" if told.get("code_text") or told.get("school_text") else "no_school"
        for column, cell in filled.items():
            item_code = head.item_columns[column]
            answers.put(sheet.name, row_number, item_code, respondent, item_code, cell, fault)
    return _remarks(sheet, head, questionnaire)


def _remarks(sheet: Sheet, head: OnlineHead, questionnaire: Questionnaire) -> list[str]:
    """What the operator should know of the columns: statements that are lacking, columns that were not read."""
    items = questionnaire.group_items(head.group_code)
    lacking = items[~items["item_code"].isin(list(head.item_columns.values()))]
    remarks = []
    if not lacking.empty:
        numbers = ", ".join(str(number) for number in lacking["item_number"])
        remarks.append(f"в выгрузке нет утверждений № {numbers} (или их текст изменён)")
    header = sheet.rows[head.header_index]
    named = {column for column, cell in enumerate(header) if cell is not None}
    unread = named - set(head.item_columns) - set(head.school_columns.values())
    if unread:
        foreign = "не из анкеты: не"
        told = (f"столбец {foreign} читался", f"столбца {foreign} читались", f"столбцов {foreign} читались")
        remarks.append(plural(len(unread), *told))
    return remarks


def _asked(cell: Cell) -> str:
    """A header as a statement is compared: without its number, and only what stands in brackets, if anything does."""
    title = ORDER.sub("", text(cell))
    in_brackets = ASKED.search(title)
    return plain(ORDER.sub("", in_brackets[1])) if in_brackets else plain(title)


def _school_columns(titles: list[str], item_columns: Mapping[int, str]) -> dict[str, int]:
    """Where the school is named: part of its reference -> index of the first column with such a title."""
    found: dict[str, int] = {}
    for column, title in enumerate(titles):
        for name, pattern in SCHOOL_COLUMNS.items():
            if name not in found and column not in item_columns and pattern.fullmatch(title):
                found[name] = column
    return found


def _filled(row: list[Cell], head: OnlineHead) -> dict[int, Cell]:
    """The filled cells of statements in a row, by column."""
    return {column: cell for column in head.item_columns if (cell := cell_at(row, column)) is not None}
