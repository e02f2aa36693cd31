"""Workbooks of plain tables for people: filters, frozen headings, widths that fit, and no text that is reckoned."""

import io
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

CREATED = datetime(2026, 1, 1)  # the moment of writing would change the bytes
OPTIONS = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
LINE_POINTS = 15.0
TALLEST_ROW = 400.0  # Excel shows no more than 409 points
PAPER_A4, PAPER_A3 = 9, 8
INTERNAL = "Для служебного пользования"
HEADER_ROW = 2


@dataclass(frozen=True)
class Field:
    """A column of a sheet.

    Args:
        name: key of the value in a row.
        title: heading.
        width: in characters.
        number_format: how a number is shown, Excel's own way.
    """

    name: str
    title: str
    width: int
    number_format: str = "General"


@dataclass(frozen=True)
class Sheet:
    """One table.

    Args:
        name: of the sheet, at most 31 characters.
        heading: above the table.
        columns: what is shown of a row.
        rows: the rows.
        empty_text: said in place of rows where there are none.
        frozen_columns: how many columns stay in sight.
        paper: one of `PAPER_A4`, `PAPER_A3`; sheets print across one page.
        is_landscape: lies on its side in print.
    """

    name: str
    heading: str
    columns: Sequence[Field]
    rows: Sequence[Mapping[str, Any]]
    empty_text: str = "Таких строк нет."
    frozen_columns: int = 0
    paper: int = PAPER_A4
    is_landscape: bool = True


@dataclass(frozen=True)
class Book:
    """A workbook.

    Args:
        title: of the file.
        subtitle: below every heading: region, year, the notice of made-up data.
        notice: marks made-up data on every printed page; empty for a real region.
        is_internal: every printed page says that it is.
        sheets: the tables.
        guide: paragraphs of a first sheet that says what the book is; none: no such sheet.
    """

    title: str
    subtitle: str
    notice: str
    sheets: Sequence[Sheet]
    is_internal: bool = True
    guide: Sequence[str] = field(default=())


def render(book: Book) -> bytes:
    """The bytes of an .xlsx file; the same rows give the same bytes."""
    import xlsxwriter

    stream = io.BytesIO()
    with xlsxwriter.Workbook(stream, OPTIONS) as workbook:
        workbook.set_properties({"created": CREATED, "title": book.title, "comments": book.notice})
        formats = _Formats(workbook)
        if book.guide:
            _write_guide(workbook, formats, book)
        for sheet in book.sheets:
            _write(workbook, formats, book, sheet)
    return stream.getvalue()


class _Formats:
    """The formats of a workbook, each made once."""

    def __init__(self, workbook: Any) -> None:
        self.workbook = workbook
        framed = {"text_wrap": True, "valign": "top", "border": 1, "border_color": "#C8CDD2"}
        self.framed = framed
        self.heading = workbook.add_format({"bold": True, "font_size": 14})
        self.header = workbook.add_format({**framed, "bold": True, "bg_color": "#E7EDF3", "border": 1})
        self.text = workbook.add_format(framed)
        self.plain = workbook.add_format({"text_wrap": True, "valign": "top"})
        self.days = workbook.add_format({**framed, "align": "center", "num_format": "dd.mm.yyyy"})
        self.by_number: dict[str, Any] = {}

    def number(self, number_format: str) -> Any:
        """The format of numbers shown in one way."""
        if number_format not in self.by_number:
            told = {**self.framed, "align": "center", "num_format": number_format}
            self.by_number[number_format] = self.workbook.add_format(told)
        return self.by_number[number_format]


def _write_guide(workbook: Any, formats: _Formats, book: Book) -> None:
    """The first sheet: what the book is and how to read it."""
    width = 76  # fits a page of A4 at full size also where Calibri is missing and a wider font stands in
    sheet = workbook.add_worksheet("О книге")
    sheet.hide_gridlines(2)
    sheet.set_column(0, 0, width)
    sheet.write_string(0, 0, book.title, formats.heading)
    for row, told in enumerate([*([INTERNAL] * book.is_internal), book.subtitle, *book.guide], start=1):
        sheet.write_string(row, 0, told, formats.plain)
        sheet.set_row(row, LINE_POINTS * math.ceil(1.1 * len(told) / width) + 4)
    _set_page(sheet, book, PAPER_A4, is_landscape=False)


def _write(workbook: Any, formats: _Formats, book: Book, told: Sheet) -> None:
    """One table: heading, subtitle, header with a filter, rows."""
    sheet = workbook.add_worksheet(told.name)
    sheet.write_string(0, 0, told.heading, formats.heading)
    sheet.write_string(1, 0, book.subtitle)
    for column, shown in enumerate(told.columns):
        sheet.set_column(column, column, shown.width)
        sheet.write_string(HEADER_ROW, column, shown.title, formats.header)
    sheet.set_row(HEADER_ROW, _height([(shown.title, shown.width) for shown in told.columns]))
    for number, row in enumerate(told.rows, start=HEADER_ROW + 1):
        for column, shown in enumerate(told.columns):
            _write_value(sheet, formats, number, column, row[shown.name], shown)
        sheet.set_row(number, _height([(row[shown.name], shown.width) for shown in told.columns]))
    if not told.rows:
        sheet.write_string(HEADER_ROW + 1, 0, told.empty_text)
    sheet.autofilter(HEADER_ROW, 0, HEADER_ROW + max(len(told.rows), 1), len(told.columns) - 1)
    sheet.freeze_panes(HEADER_ROW + 1, told.frozen_columns)
    sheet.repeat_rows(HEADER_ROW)
    _set_page(sheet, book, told.paper, is_landscape=told.is_landscape)


def _write_value(sheet: Any, formats: _Formats, row: int, column: int, value: Any, shown: Field) -> None:
    """A value as its kind is read: yes or no, a day, a number, a text that is never a formula."""
    if value is None:
        sheet.write_blank(row, column, None, formats.text)
    elif isinstance(value, bool):
        sheet.write_string(row, column, "да" if value else "нет", formats.number("General"))
    elif isinstance(value, date):
        sheet.write_datetime(row, column, value, formats.days)
    elif isinstance(value, int | float):
        sheet.write_number(row, column, value, formats.number(shown.number_format))
    else:
        sheet.write_string(row, column, str(value), formats.text)


def _height(cells: Sequence[tuple[Any, int]]) -> float:
    """The height in points at which every text of a row is seen whole; spreadsheets do not all fit it themselves."""
    lines = [math.ceil(1.15 * len(value) / width) for value, width in cells if isinstance(value, str)]
    return min(LINE_POINTS * max(lines, default=1), TALLEST_ROW) if any(lines) else LINE_POINTS


def _set_page(sheet: Any, book: Book, paper: int, *, is_landscape: bool) -> None:
    """Print across one page, with page numbers and, above, what every reader must know."""
    if is_landscape:
        sheet.set_landscape()
    sheet.set_paper(paper)
    sheet.fit_to_pages(1, 0)
    sheet.set_margins(left=0.5, right=0.4, top=0.75, bottom=0.6)
    above = [book.notice] * bool(book.notice) + [INTERNAL] * book.is_internal
    if above:
        sheet.set_header("&R" + ". ".join(text.rstrip(".") for text in above).replace("&", "&&"))
    sheet.set_footer("&CСтраница &P из &N")
