"""The workbook in which the commission decides: experts' list, schools at the border, free lines, federal lists."""

import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import pandas as pd

from pipeline.schema import records
from pipeline.sources.commission import ACTION, CODE, DAY, ENTRY_TITLES, ID_KEYS, ID_SHEET, REVIEW, WHO, WHY

CREATED = datetime(2026, 1, 1)  # the moment of writing would change the bytes
ACTION_WORDS = {"include": "включить", "exclude": "не включать", "observe": "под наблюдение"}
GUIDE_SHEET, DECISION_SHEET, FREE_SHEET, FEDERAL_SHEET = "Как заполнить", "Решения", "Другие школы", "Сверка"
TITLES = (CODE, "Муниципальное образование", "Школа", "О чём решает комиссия", "Что известно", *ENTRY_TITLES)
WIDTHS = (11, 26, 34, 34, 52, 17, 26, 14, 44, 16)
GUIDE_WIDTH = 105
FEDERAL_TITLES = ("Муниципальное образование", "Школа", "Федеральный список", "Год списка", "Где состоит", "Почему")
FEDERAL_WIDTHS = (26, 34, 30, 10, 20, 90)
FREE_LINES = 40
LINE_POINTS = 15.5
PAPER_A4 = 9
GUIDE = (
    "Лист «Решения»: школы, о которых расчёт не решает (данных недостаточно), школы, чьи возражения о перечне приняты, "
    "и школы у границы перечня, где различие статистически не установлено. Лист «Другие школы»: впишите код школы "
    "реестра и решение о ней.",
    "В строке заполняют жёлтые ячейки: решение (выбирают из списка), кто решил, дата, почему. Строку, по которой "
    "решения нет, оставляют пустой: тогда школа остаётся в списке экспертов или так, как решил расчёт.",
    "«Включить»: школа войдёт в перечень и получит адресную методическую помощь. «Не включать»: школа в перечень "
    "не войдёт. «Под наблюдение»: данных пока мало, в перечень школа не входит, и комиссия вернётся к ней — тогда "
    f"заполняют и «{REVIEW}». Решение, его дата и основание видны в объяснении по школе.",
    "Решение можно изменить: впишите новое с более поздней датой. Прежнее сохранится в журнале решений.",
    "Вероятность T — насколько расчёт уверен, что результаты школы стойко низкие: от 0 (нет) до 1 (да).",
    "Верните книгу аналитику. Имя файла значения не имеет, листы не переносят в другую книгу.",
    "Книга для внутренней работы: числа рядом с названием школы наружу не передают.",
)


@dataclass(frozen=True)
class CommissionBook:
    """What the workbook holds.

    Args:
        region_name, year: whose it is.
        schools: rows in the order of the sheet: `school_id`, `municipality_name`, `school_name`, `question_text`,
            `known_text`, and the decision that stands already: `action`, `who`, `date`, `why`, `review_date` (missing
            where none).
        federal: rows to compare with: `municipality_name`, `school_name`, `list_text`, `federal_year`,
            `relation_text`, `reason_text`.
        notice: marks a made-up region; empty otherwise.
    """

    region_name: str
    year: int
    schools: pd.DataFrame
    federal: pd.DataFrame
    notice: str


def render(book: CommissionBook) -> bytes:
    """The bytes of an .xlsx file; the same content gives the same bytes."""
    import xlsxwriter

    stream = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(stream, options) as workbook:
        workbook.set_properties({"created": CREATED, "comments": book.notice})
        styles = _Styles(workbook)
        _write_guide(workbook, styles, book)
        _write_decisions(workbook, styles, book)
        _write_free_lines(workbook, styles, book)
        if not book.federal.empty:
            _write_federal(workbook, styles, book)
        hidden = workbook.add_worksheet(ID_SHEET)
        for row, (key, value) in enumerate(zip(ID_KEYS, (book.region_name, str(book.year)), strict=True)):
            hidden.write_row(row, 0, (key, value))
        hidden.very_hidden()
        hidden.protect()
    return stream.getvalue()


class _Styles:
    """The formats of the workbook, made once."""

    def __init__(self, workbook: Any) -> None:
        wrapped = {"text_wrap": True, "valign": "top"}
        framed = {**wrapped, "border": 1, "border_color": "#A0A0A0"}
        self.title = workbook.add_format({"bold": True, "font_size": 14})
        self.demo = workbook.add_format({"bold": True, "font_color": "#B00000"})
        self.plain = workbook.add_format(wrapped)
        self.header = workbook.add_format({**framed, "bold": True, "bg_color": "#E8EDF3"})
        self.cell = workbook.add_format(framed)
        # The only cells that can be changed, and they look so.
        self.entry = workbook.add_format({**framed, "bg_color": "#FFF9D9", "locked": False, "num_format": "@"})


def _write_guide(workbook: Any, styles: _Styles, book: CommissionBook) -> None:
    """The first sheet: what is decided here and how."""
    sheet = workbook.add_worksheet(GUIDE_SHEET)
    sheet.hide_gridlines(2)
    sheet.set_column(0, 0, GUIDE_WIDTH)
    sheet.set_landscape()
    sheet.set_paper(PAPER_A4)
    sheet.fit_to_pages(1, 0)
    sheet.write_string(0, 0, f"Решения комиссии о перечне школ {book.year} года", styles.title)
    sheet.write_string(1, 0, book.notice or book.region_name, styles.demo if book.notice else styles.plain)
    for row, step in enumerate(GUIDE, start=2):
        sheet.write_string(row, 0, f"{row - 1}. {step}", styles.plain)
        sheet.set_row(row, _points(((step, GUIDE_WIDTH),)))
    sheet.protect()


def _write_decisions(workbook: Any, styles: _Styles, book: CommissionBook) -> None:
    """The schools that wait for a decision, with what is known of each."""
    sheet = _table_sheet(workbook, styles, DECISION_SHEET, f"Решения комиссии, {book.year} год", TITLES, WIDTHS)
    for row, school in enumerate(records(book.schools), start=2):
        shown = [school[name] for name in ("school_id", "municipality_name", "school_name")]
        shown += [school["question_text"], school["known_text"]]
        days = [_shown_day(school[name]) for name in ("date", "review_date")]
        taken = [ACTION_WORDS.get(school["action"] or "", ""), school["who"], days[0], school["why"], days[1]]
        for column, value in enumerate(shown):
            sheet.write_string(row, column, value, styles.cell)
        for column, value in enumerate(taken, start=len(shown)):
            sheet.write_string(row, column, value or "", styles.entry)
        sheet.set_row(row, _points(zip([*shown, *taken], WIDTHS, strict=True)))
    _finish_entries(sheet, 2, max(2, len(book.schools) + 1))
    sheet.autofilter(1, 0, max(2, len(book.schools) + 1), len(TITLES) - 1)


def _write_free_lines(workbook: Any, styles: _Styles, book: CommissionBook) -> None:
    """Empty lines for any other school of the register."""
    titles, widths = (CODE, *ENTRY_TITLES), (14, 17, 26, 14, 70, 16)
    sheet = _table_sheet(workbook, styles, FREE_SHEET, f"Другие школы реестра, {book.year} год", titles, widths)
    for row in range(2, 2 + FREE_LINES):
        for column in range(len(titles)):
            sheet.write_blank(row, column, None, styles.entry)
    _finish_entries(sheet, 2, 1 + FREE_LINES, action_column=1)


def _write_federal(workbook: Any, styles: _Styles, book: CommissionBook) -> None:
    """Who stands on the federal lists and on ours, for comparison."""
    title = "Сверка с федеральными списками: на отбор они не влияют"
    sheet = _table_sheet(workbook, styles, FEDERAL_SHEET, title, FEDERAL_TITLES, FEDERAL_WIDTHS)
    for row, line in enumerate(records(book.federal), start=2):
        sheet.write_row(row, 0, list(line.values()), styles.cell)
        sheet.set_row(row, _points(zip(map(str, line.values()), FEDERAL_WIDTHS, strict=True)))
    sheet.autofilter(1, 0, len(book.federal) + 1, len(FEDERAL_TITLES) - 1)


def _table_sheet(
    workbook: Any, styles: _Styles, name: str, title: str, titles: Sequence[str], widths: Sequence[int]
) -> Any:
    """A protected sheet with a title, a header that stays in view, and its columns' widths."""
    sheet = workbook.add_worksheet(name)
    sheet.hide_gridlines(2)
    sheet.write_string(0, 0, title, styles.title)
    for column, (text, width) in enumerate(zip(titles, widths, strict=True)):
        sheet.set_column(column, column, width)
        sheet.write_string(1, column, text, styles.header)
    sheet.set_row(1, 2 * LINE_POINTS)
    sheet.freeze_panes(2, 0)
    sheet.set_landscape()
    sheet.set_paper(PAPER_A4)
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(1)
    sheet.protect(options={"autofilter": True, "sort": True, "format_rows": True})
    return sheet


def _finish_entries(sheet: Any, first: int, last: int, action_column: int = TITLES.index(ACTION)) -> None:
    """The drop-down list of decisions, and what a line wants."""
    sheet.data_validation(
        first, action_column, last, action_column, {"validate": "list", "source": list(ACTION_WORDS.values())}
    )
    told = f"Заполните все ячейки: «{ACTION}», «{WHO}», «{DAY}» (ДД.ММ.ГГГГ), «{WHY}»"
    sheet.data_validation(first, action_column + 2, last, action_column + 2, {"validate": "any", "input_message": told})
    told = f"Только для решения «{ACTION_WORDS['observe']}»: до какого дня вернуться к школе (ДД.ММ.ГГГГ)"
    sheet.data_validation(first, action_column + 4, last, action_column + 4, {"validate": "any", "input_message": told})


def _shown_day(told: str | None) -> str:
    """A day as people write it; the log has it as ГГГГ-ММ-ДД."""
    return f"{date.fromisoformat(told):%d.%m.%Y}" if told else ""


def _points(cells: Iterable[tuple[str, int]]) -> float:
    """Height of a row whose texts wrap: protected sheets do not grow by themselves."""
    lines = max(len(text or "") // max(1, width) + 1 for text, width in cells)
    return lines * LINE_POINTS + 2
