"""Returned questionnaires of the survey of causes: workbooks known by their hidden sheet, whatever the file is called.

A director's or teacher's answer is a cell of a column; pupils' and parents' answers are counts of a tally sheet. What
respondents wrote besides answers 1–5 is never kept. Exports of online forms are read by `survey_online`.
"""

import re
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from pipeline.errors import SourceError, UnknownLayoutError
from pipeline.questionnaire import (
    CODE_HEADER,
    COUNTED_GROUPS,
    HEAD_LABELS,
    ID_SHEET,
    PART_LABEL,
    SCALE,
    SIDE_SHEETS,
    TEXT_HEADER,
    FormId,
    Questionnaire,
    parse_form_id,
    plain,
)
from pipeline.sources import survey_online
from pipeline.sources.grid import Cell, Sheet, SourceFile, is_blank, number, open_sheets, text
from pipeline.sources.heavy import ZIP_FAULTS
from pipeline.sources.reading import Account, Reading, cell_at, header_text
from pipeline.sources.survey_answers import SurveyAccount
from pipeline.tables.causes import SURVEY_RESPONSES

HEADER_SEARCH_ROWS = 40
SHOWN_CELLS = 5
SHEET_PART = re.compile(r"xl/worksheets/[^/]+\.xml|content\.xml")
FAILED_CELL = re.compile(rb'<c r="([A-Z]+\d+)"[^>]* t="e"|calcext:value-type="error"')
TOTAL_HEADERS = ("всего", "итого")


@dataclass(frozen=True)
class SurveyFile:
    """What one returned file gave.

    Args:
        reading: `SURVEY_RESPONSES`, rejects and the account of both.
        group_code: who answers.
        form_id: what its hidden sheet says; None for an export of an online form without one.
        is_online: an export of an online form: a row per respondent, perhaps of several schools.
        part: number of the workbook where a school returned several.
        head_count: teachers employed or paper forms returned, as the file says; None where it does not.
        remarks: what the operator should know, Russian.
    """

    reading: Reading
    group_code: str
    form_id: FormId | None
    is_online: bool
    part: int
    head_count: int | None
    remarks: tuple[str, ...]

    @property
    def responses(self) -> pd.DataFrame:
        """Its rows of `SURVEY_RESPONSES`."""
        found = self.reading.tables.get(SURVEY_RESPONSES.name)
        return SURVEY_RESPONSES.empty() if found is None else found


@dataclass(frozen=True)
class Grid:
    """Where the statements and answers of a form's sheet stand: 0-based places."""

    header_index: int
    text_column: int


def read_survey_file(file: SourceFile, questionnaire: Questionnaire, year: int) -> SurveyFile:
    """The answers of one returned file, or a `SourceError`.

    Args:
        file: a returned form or an export of an online form.
        questionnaire: the statements that were asked.
        year: year of decision, for exports that do not tell it.
    """
    sheets = open_sheets(file)
    form_id = _form_id(file, sheets)
    grids = [(sheet, grid) for sheet in sheets if (grid := _grid(sheet)) is not None]
    if grids and form_id is None:
        raise SourceError(
            "В анкете нет скрытого листа, по которому она узнаётся",
            where=file.file_id,
            remedy="перенесите ответы в анкету, выданную школе, не копируя листы в новую книгу",
        )
    account = Account(file)
    if not grids or form_id is None:
        return _read_online(file, sheets, questionnaire, form_id, year, account)
    heads = [_entry(sheet, HEAD_LABELS.get(form_id.group_code, "")) for sheet, _ in grids]
    parts = [_entry(sheet, PART_LABEL) for sheet, _ in grids]
    answers = SurveyAccount(account, form_id.year, form_id.group_code)
    account.layout_ids.append("survey_tally" if form_id.group_code in COUNTED_GROUPS else "survey_form")
    items = questionnaire.codes_by_text(form_id.group_code)
    for (sheet, grid), head_count in zip(grids, heads, strict=True):
        answers.school(code_text=form_id.school_id)
        _read_grid(sheet, grid, items, answers, head_count)
    _set_aside(sheets, {sheet.name for sheet, _ in grids}, account)
    head_count = next((head for head in heads if head is not None), None)
    remarks = _formula_errors(file)
    if form_id.group_code in COUNTED_GROUPS and head_count is None:
        remarks.append("не указано число возвращённых анкет: подсчёт не с чем сверить")
    part = next((part for part in parts if part), 1)
    return SurveyFile(account.close(), form_id.group_code, form_id, False, part, head_count, tuple(remarks))


def _read_online(
    file: SourceFile,
    sheets: tuple[Sheet, ...],
    questionnaire: Questionnaire,
    form_id: FormId | None,
    year: int,
    account: Account,
) -> SurveyFile:
    """The file as an export of an online form, or an error: it is neither."""
    found = [(sheet, head) for sheet in sheets if (head := survey_online.find_head(sheet, questionnaire)) is not None]
    if not found:
        raise UnknownLayoutError(
            "Это не анкета и не выгрузка онлайн-анкеты: не найдены её утверждения",
            where=file.file_id,
            remedy="в raw/<год>/survey/ кладут возвращённые анкеты и выгрузки, у которых в заголовке стоят "
            "утверждения слово в слово; остальное уберите",
        )
    # A workbook of one export has one sheet of answers; should there be several, they are of one group.
    group_code = found[0][1].group_code
    account.layout_ids.append("survey_online")
    answers = SurveyAccount(account, form_id.year if form_id else year, group_code)
    remarks = _formula_errors(file)
    own = [(sheet, head) for sheet, head in found if head.group_code == group_code]
    for sheet, head in own:
        remarks += survey_online.read_rows(sheet, head, questionnaire, form_id, answers)
    _set_aside(sheets, {sheet.name for sheet, _ in own}, account)
    return SurveyFile(account.close(), group_code, form_id, True, 1, None, tuple(remarks))


def _form_id(file: SourceFile, sheets: tuple[Sheet, ...]) -> FormId | None:
    """The identity of a form; None where the file has no hidden sheet, an error where it was changed."""
    sheet = next((sheet for sheet in sheets if sheet.name == ID_SHEET), None)
    if sheet is None:
        return None
    found = parse_form_id({text(cell_at(row, 0)): text(cell_at(row, 1)) for row in sheet.rows})
    if found is None:
        raise SourceError(
            "Скрытый лист анкеты изменён: нельзя понять, чья она",
            where=file.file_id,
            remedy="перенесите ответы в анкету, выданную школе, и положите её вместо этого файла",
        )
    return found


def _grid(sheet: Sheet) -> Grid | None:
    """Where the answers of a form's sheet stand; None where it is no such sheet."""
    for index, row in enumerate(sheet.rows[:HEADER_SEARCH_ROWS]):
        titles = [header_text(cell) for cell in row]
        if TEXT_HEADER.lower() in titles and CODE_HEADER.lower() in titles:
            return Grid(index, titles.index(TEXT_HEADER.lower()))
    return None


def _read_grid(
    sheet: Sheet, grid: Grid, items: Mapping[str, str], answers: SurveyAccount, head_count: int | None
) -> None:
    """Read the answers below the header: a record is a filled cell, on a tally sheet a filled row."""
    header = [header_text(cell) for cell in sheet.rows[grid.header_index]]
    totals = {column for column, title in enumerate(header) if title in TOTAL_HEADERS}
    named = {column for column, title in enumerate(header) if column > grid.text_column and title} - totals
    rows: list[tuple[int, str, dict[int, Cell]]] = []
    for row_number, row in enumerate(sheet.rows[grid.header_index + 1 :], start=grid.header_index + 2):
        cells: dict[int, Cell] = {}
        cells |= {c: v for c, v in enumerate(row) if c > grid.text_column and c not in totals and v is not None}
        if cells:
            told = plain(text(cell_at(row, grid.text_column)))
            rows.append((row_number, items.get(told, ""), cells))
    if answers.group_code in COUNTED_GROUPS:
        _read_tally(sheet, grid, rows, answers, head_count)
        return
    answers.account.announce(sum(len(cells) for _, _, cells in rows))
    filled = {column for _, _, cells in rows for column in cells if column in named}
    too_many = head_count is not None and len(filled) > head_count
    seen: set[str] = set()
    for row_number, item_code, cells in rows:
        fault = "above_head_count" if too_many else _row_fault(item_code, seen)
        for column, cell in cells.items():
            respondent = column - grid.text_column
            own_fault = fault or ("" if column in named else "extra_column")
            answers.put(sheet.name, row_number, str(respondent), respondent, item_code, cell, own_fault)


def _read_tally(
    sheet: Sheet,
    grid: Grid,
    rows: list[tuple[int, str, dict[int, Cell]]],
    answers: SurveyAccount,
    head_count: int | None,
) -> None:
    """Read the counts of a tally sheet; a row that cannot be true is refused whole."""
    titles = [text(cell) for cell in sheet.rows[grid.header_index]]
    columns = {titles.index(str(answer)): answer for answer in SCALE if str(answer) in titles}
    # A row of zeros says that nobody answered: there is nothing in it to keep or to refuse.
    told = [row for row in rows if any(number(cell) != 0 for cell in row[2].values())]
    answers.account.announce(len(told))
    seen: set[str] = set()
    for row_number, item_code, cells in told:
        fault = _row_fault(item_code, seen) or ("extra_column" if set(cells) - set(columns) else "")
        counts = {columns[column]: cell for column, cell in cells.items() if column in columns}
        answers.put_counts(sheet.name, row_number, item_code, counts, head_count, fault)


def _row_fault(item_code: str, seen: set[str]) -> str:
    """Why a row's answers cannot be kept; empty where they can. Remembers the statement."""
    if not item_code:
        return "altered_item"
    if item_code in seen:
        return "duplicate_row"
    seen.add(item_code)
    return ""


def _entry(sheet: Sheet, label: str) -> int | None:
    """The whole number that stands right of a label above the answers; None where there is none."""
    wanted = plain(label)
    for row in sheet.rows[:HEADER_SEARCH_ROWS] if wanted else ():
        for column, cell in enumerate(row):
            if isinstance(cell, str) and plain(cell) == wanted:
                found = next((number(c) for c in row[column + 1 :] if c is not None), None)
                return int(found) if found is not None and found >= 0 and found % 1 == 0 else None
    return None


def _formula_errors(file: SourceFile) -> list[str]:
    """A remark on cells whose formula failed: reading gives them as blank, which nobody would notice."""
    if not zipfile.is_zipfile(file.path):
        return []
    try:
        with zipfile.ZipFile(file.path) as archive:
            parts = [archive.read(name) for name in archive.namelist() if SHEET_PART.fullmatch(name)]
    except ZIP_FAULTS:
        return ["часть книги повреждена: сверьте прочитанное с бумагами"]
    found = [cell[1] for part in parts for cell in FAILED_CELL.finditer(part)]
    if not found:
        return []
    # OpenDocument does not write where a cell stands.
    told = ", ".join(place.decode() for place in found[:SHOWN_CELLS] if place) or f"ячеек {len(found)}"
    return [f"ошибка формулы вместо значения: {told}; прочитано как пустое"]


def _set_aside(sheets: tuple[Sheet, ...], read_names: set[str], account: Account) -> None:
    """Account for foreign sheets of the workbook; they are told by their place, for a name may be a person's."""
    for place, sheet in enumerate(sheets, start=1):
        if sheet.name not in (ID_SHEET, *SIDE_SHEETS, *read_names):
            rows = [row_number for row_number, row in enumerate(sheet.rows, start=1) if not is_blank(row)]
            account.announce(len(rows))
            for row_number in rows:
                account.reject(f"лист {place}", row_number, "unknown_sheet")
