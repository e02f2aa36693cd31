"""Sheets of a questionnaire's workbook that hold no answers: how to fill it in, the printed form, the notice."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil
from typing import Any

import pandas as pd

from pipeline.questionnaire import ID_KEYS, ID_SHEET, NUMBER_HEADER, SCALE, TEXT_HEADER, FormId, SurveyTexts

LINE_POINTS = 15.5  # height of a printed line at 11 points
PAPER_A4 = 9
PAGE_FOOTER = "&RСтраница &P из &N"
TEXT_WIDTH = 62  # characters of a statement's column
SCALE_TEXT = "; ".join(f"{answer} — {words}" for answer, words in SCALE.items())
DEMO_MARK = "ДЕМО: регион и школа вымышлены"
FORM_TITLES = {
    "director": "Анкета руководителя школы",
    "teacher": "Анкета педагогов",
    "pupil": "Анкета учеников",
    "parent": "Анкета родителей",
}


@dataclass(frozen=True)
class Form:
    """One questionnaire of one school.

    Args:
        form_id: what it carries hidden.
        school_name, municipality_name: as printed on it.
        items: the statements of its group (`SURVEY_ITEMS`), in the order of the form.
        texts: what is told besides.
        is_demo: marks everything as made up.
    """

    form_id: FormId
    school_name: str
    municipality_name: str
    items: pd.DataFrame
    texts: SurveyTexts
    is_demo: bool = False

    @property
    def group_code(self) -> str:
        """Who answers."""
        return self.form_id.group_code

    def told(self, text: str) -> str:
        """A text of the region with the year in its place."""
        return text.replace("{year}", str(self.form_id.year))

    @property
    def heading(self) -> str:
        """Title of the form: «Анкета педагогов: условия обучения, 2026 год»."""
        return f"{FORM_TITLES[self.group_code]}: условия обучения в школе, {self.form_id.year} год"

    @property
    def place(self) -> str:
        """School and municipality, with the mark of a made-up region."""
        place = f"{self.school_name}, {self.municipality_name}"
        return f"{place}. {DEMO_MARK}" if self.is_demo else place

    @property
    def return_text(self) -> str:
        """How and until when the form comes back."""
        told = f"Вернуть до: {self.told(self.texts.deadline)}. " if self.texts.deadline else ""
        told += "Пришлите файл тому, от кого вы его получили; имя файла значения не имеет."
        return f"{told} Вопросы: {self.texts.contact}" if self.texts.contact else told


class Styles:
    """The formats of a workbook, made once."""

    def __init__(self, workbook: Any) -> None:
        wrapped = {"text_wrap": True, "valign": "vcenter"}
        framed = {**wrapped, "border": 1, "border_color": "#A0A0A0"}
        self.title = workbook.add_format({"bold": True, "font_size": 14, **wrapped})
        self.strong = workbook.add_format({"bold": True, **wrapped})
        self.plain = workbook.add_format(wrapped)
        self.demo = workbook.add_format({"bold": True, "font_color": "#B00000", **wrapped})
        self.header = workbook.add_format({**framed, "bold": True, "align": "center", "bg_color": "#E8EDF3"})
        self.cell = workbook.add_format(framed)
        self.number = workbook.add_format({**framed, "align": "center"})
        self.box = workbook.add_format({**framed, "align": "center", "font_size": 14})
        # The only cells that can be changed, and they look so.
        self.entry = workbook.add_format({**framed, "align": "center", "bg_color": "#FFF9D9", "locked": False})
        self.wrong = workbook.add_format({"bg_color": "#F4B6B6"})


def row_points(text: str, width: int = TEXT_WIDTH) -> float:
    """Height of a row whose text wraps at a width in characters: merged cells do not grow by themselves."""
    lines = sum(max(1, ceil(len(paragraph) / (width * 0.92))) for paragraph in text.split("\n"))
    return lines * LINE_POINTS + 3


def write_lines(sheet: Any, lines: Sequence[tuple[str, Any]], last_column: int, width: int, first_row: int = 0) -> int:
    """Write one merged row per filled text from column B to the last column; gives the row below."""
    row = first_row
    for text, style in lines:
        if text:
            sheet.merge_range(row, 1, row, last_column, text, style)
            factor = 1.35 if style.font_size > 11 else 1.0
            sheet.set_row(row, row_points(text, int(width / factor)) * factor)
            row += 1
    return row


def write_id(workbook: Any, form_id: FormId) -> None:
    """The hidden sheet by which a returned form is known, whatever its file is called."""
    sheet = workbook.add_worksheet(ID_SHEET)
    for row, (key, value) in enumerate(zip(ID_KEYS, form_id.parts, strict=True)):
        sheet.write_string(row, 0, key)
        sheet.write_string(row, 1, value)
    sheet.very_hidden()
    sheet.protect()


def set_page(sheet: Any, repeated_row: int | None = None) -> None:
    """A4, one page wide, as many long as it takes; the header row on every page."""
    sheet.set_paper(PAPER_A4)
    sheet.set_margins(left=0.6, right=0.4, top=0.5, bottom=0.6)
    sheet.fit_to_pages(1, 0)
    sheet.set_footer(PAGE_FOOTER)
    if repeated_row is not None:
        sheet.repeat_rows(repeated_row)


def write_guide(workbook: Any, styles: Styles, form: Form, steps: Sequence[str]) -> None:
    """The first sheet: what the survey is for, whom to ask, what to do, how to return the file."""
    texts = form.texts
    sheet = workbook.add_worksheet("Как заполнить")
    sheet.hide_gridlines(2)
    sheet.set_column(0, 0, 2)
    sheet.set_column(1, 1, 95)
    lines = [
        (form.heading, styles.title),
        (form.place, styles.demo if form.is_demo else styles.strong),
        (form.told(texts.purpose), styles.plain),
        (form.told(texts.whom(form.group_code)), styles.plain),
        *((f"{number}. {step}", styles.plain) for number, step in enumerate(steps, start=1)),
        (form.told(texts.voluntary), styles.plain),
        (form.told(texts.anonymity), styles.plain),
        (form.return_text, styles.strong),
    ]
    for row, (text, style) in enumerate((text, style) for text, style in lines if text):
        sheet.write_string(row, 1, text, style)
        sheet.set_row(row, row_points(text, 70 if style is styles.title else 95) + 4)
    set_page(sheet)
    sheet.protect()


def write_print_form(workbook: Any, styles: Styles, form: Form) -> None:
    """The anonymous form for printing: a box for every statement and answer."""
    texts = form.texts
    sheet = workbook.add_worksheet("Бланк для печати")
    sheet.hide_gridlines(2)
    sheet.set_column(0, 0, 1)
    sheet.set_column(1, 1, 5)
    sheet.set_column(2, 2, TEXT_WIDTH)
    sheet.set_column(3, 7, 9.5)
    lines = [
        (form.heading, styles.title),
        (form.place, styles.demo if form.is_demo else styles.strong),
        (form.told(texts.purpose), styles.plain),
        (f"{form.told(texts.voluntary)} {form.told(texts.anonymity)}".strip(), styles.plain),
        ("Насколько это верно для вашей школы? Отметьте в каждой строке один квадрат.", styles.strong),
    ]
    header_row = write_lines(sheet, lines, last_column=7, width=TEXT_WIDTH + 45)
    sheet.write_string(header_row, 1, NUMBER_HEADER, styles.header)
    sheet.write_string(header_row, 2, TEXT_HEADER, styles.header)
    for answer, words in SCALE.items():
        sheet.write_string(header_row, 2 + answer, f"{answer}\n{words}", styles.header)
    sheet.set_row(header_row, 5 * LINE_POINTS)
    row = header_row
    for number, text in enumerate(form.items["text"], start=1):
        row = header_row + number
        sheet.write_number(row, 1, number, styles.number)
        sheet.write_string(row, 2, text, styles.cell)
        for answer in SCALE:
            sheet.write_string(row, 2 + answer, "☐", styles.box)
        sheet.set_row(row, max(row_points(text), 21))
    sheet.print_area(0, 1, row, 7)
    set_page(sheet, header_row)
    sheet.protect()


def write_notice(workbook: Any, styles: Styles, form: Form) -> None:
    """The notice that parents get before the pupils are asked."""
    sheet = workbook.add_worksheet("Уведомление родителям")
    sheet.hide_gridlines(2)
    sheet.set_column(0, 0, 2)
    sheet.set_column(1, 1, 90)
    paragraphs = [part for part in form.told(form.texts.parents_notice).split("\n") if part.strip()]
    for row, text in enumerate([form.place, *paragraphs]):
        sheet.write_string(row, 1, text, styles.strong if row == 0 else styles.plain)
        sheet.set_row(row, row_points(text, 90) + 6)
    set_page(sheet)
    sheet.protect()
