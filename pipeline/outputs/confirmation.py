"""«Выверка данных» as Excel workbooks: a title sheet with the answers, a sheet per school with its own figures only.

Only the yellow cells can be changed; no password stands in the way, altered figures are seen when the file comes back.
"""

import io
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from pipeline.confirmation import (
    ANSWERS,
    ANSWERS_MARK,
    FIGURES,
    ID_SHEET,
    INDICATORS,
    OBJECTIONS_MARK,
    SCHOOL_MARK,
    TITLE_SHEET,
    ConfirmForm,
    ObjectionLine,
    SchoolFigures,
    cell_code,
    sheet_name,
)
from pipeline.outputs.survey_sheets import DEMO_MARK, LINE_POINTS, Styles, row_points, set_page, write_lines
from pipeline.russian import plural, procedure_label, subject_label
from pipeline.schema import records

CREATED = datetime(2026, 1, 1)  # the moment of writing would change the bytes
LINE_COUNT = 12  # lines for objections; a school that needs more writes in a copy of the workbook
MAX_VALUE = 100_000
LAST_COLUMN = 9
WIDTHS = (12, 8, 8, 22, 26, 9, 13, 13, 15, 62)  # of columns A to J; A is hidden
FULL_WIDTH = sum(WIDTHS[1:])
FIGURE_HEADERS = (
    "№ строки", "Год", "Экзамен", "Предмет", "Класс", "Участников", "Низких результатов", "Отсутствовали",
    "Откуда взято",
)  # fmt: skip
TITLE_WIDTHS = (12, 6, 62, 14, 20, 14)
FILE_PLACE = re.compile(r"^raw/\d{4}/(?:[^,]*/)?([^/,]+)")
CORRECTION_PLACE = re.compile(r"^corrections/(\d{4})\.toml, исправление (\d+)$")
STEPS = (
    "Откройте лист школы (щёлкните по её названию) и сверьте числа с протоколами и ведомостями школы.",
    f"Всё верно — выберите в столбце «Ответ» «{ANSWERS['confirmed']}».",
    f"Есть ошибка — выберите «{ANSWERS['disagreed']}» и на листе школы заполните строки возражений: номер строки, "
    "показатель, правильное значение, основание и подтверждающий документ. Сами числа не исправляйте: решение по "
    "каждому возражению примет комиссия.",
    "Школе передавайте только её лист: чужие данные ей показывать нельзя.",
    "Верните эту книгу тому, от кого вы её получили; имя файла значения не имеет. Листы не удаляйте и не переносите в "
    "другую книгу. Если ответа к сроку нет, данные школы считаются неподтверждёнными.",
)


def render(
    form: ConfirmForm,
    answers: Mapping[str, str] | None = None,
    objections: Mapping[str, Sequence[ObjectionLine]] | None = None,
) -> bytes:
    """The workbook of a municipality; without answers, the empty form.

    Args:
        form: the municipality, its schools and their figures.
        answers: school_id -> what stands in its answer cell.
        objections: school_id -> its lines of objection.

    Returns:
        The bytes of an .xlsx file; the same arguments give the same bytes.
    """
    import xlsxwriter

    stream = io.BytesIO()
    options = {"in_memory": True, "strings_to_urls": False, "strings_to_formulas": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(stream, options) as workbook:
        styles = Styles(workbook)
        title = f"{TITLE_SHEET}, {form.year} год"
        workbook.set_properties({"created": CREATED, "title": title, "comments": form.municipality_name})
        _write_title(workbook, styles, form, title, answers or {}, objections or {})
        for number, school in enumerate(form.schools, start=1):
            _write_school(workbook, styles, form, number, school, (objections or {}).get(school.school_id, ()))
        sheet = workbook.add_worksheet(ID_SHEET)
        for row, (key, value) in enumerate(form.form_id.rows):
            sheet.write_string(row, 0, key)
            sheet.write_string(row, 1, value)
        sheet.very_hidden()
        sheet.protect()
    return stream.getvalue()


def source_words(source: object) -> str:
    """Where a figure comes from, as a school reads it: the file without its folders, a correction by its number."""
    parts = []
    for part in str(source or "").split("; "):
        correction = CORRECTION_PLACE.match(part)
        parts.append(
            f"с исправлением № {correction[2]} за {correction[1]} год"
            if correction
            else FILE_PLACE.sub(r"файл «\1»", part)
        )
    return "; ".join(parts)


def _write_title(
    workbook: Any,
    styles: Styles,
    form: ConfirmForm,
    title: str,
    answers: Mapping[str, str],
    objections: Mapping[str, Sequence[ObjectionLine]],
) -> None:
    """Instructions, and the list of schools with a drop-down answer each."""
    sheet = workbook.add_worksheet(TITLE_SHEET)
    sheet.hide_gridlines(2)
    for column, width in enumerate(TITLE_WIDTHS):
        sheet.set_column(column, column, width, None, {"hidden": column == 0})
    sheet.write_string(0, 0, ANSWERS_MARK)
    deadline = f"Вернуть до {form.deadline:%d.%m.%Y}." if form.deadline else ""
    lines = [
        (title, styles.title),
        (f"{form.municipality_name}, {form.region_name}", styles.strong),
        (DEMO_MARK if form.is_demo else "", styles.demo),
        *((f"{number}. {step}", styles.plain) for number, step in enumerate(STEPS, start=1)),
        (deadline, styles.strong),
    ]
    header_row = write_lines(sheet, lines, last_column=5, width=sum(TITLE_WIDTHS[1:])) + 1
    for column, told in enumerate(("№", "Школа", "Строк данных", "Ответ", "Возражений"), start=1):
        sheet.write_string(header_row, column, told, styles.header)
    link = workbook.add_format({"border": 1, "border_color": "#A0A0A0", "text_wrap": True, "font_color": "#0645AD"})
    for number, school in enumerate(form.schools, start=1):
        row, name = header_row + number, sheet_name(number, school.school_name)
        sheet.write_string(row, 0, school.school_id)
        sheet.write_number(row, 1, number, styles.number)
        sheet.write_url(row, 2, f"internal:'{name}'!A1", link, school.school_name)
        sheet.write_number(row, 3, len(school.cells), styles.number)
        sheet.write(row, 4, answers.get(school.school_id), styles.entry)
        first = _first_line_row(form, school) + 1
        lines_written = len(objections.get(school.school_id, ()))
        formula = f"=COUNTA('{name}'!F{first}:F{first + LINE_COUNT - 1})"
        sheet.write_formula(row, 5, formula, styles.number, lines_written)
        sheet.set_row(row, row_points(school.school_name, TITLE_WIDTHS[2]))
    last_row = header_row + len(form.schools)
    options = {
        "validate": "list",
        "source": list(ANSWERS.values()),
        "error_title": TITLE_SHEET,
        "error_message": "Выберите ответ из списка.",
    }
    sheet.data_validation(header_row + 1, 4, last_row, 4, options)
    sheet.print_area(0, 1, last_row, 5)
    set_page(sheet, header_row)
    sheet.protect("", {"format_columns": True, "format_rows": True})


def _head_lines(form: ConfirmForm, school: SchoolFigures, styles: Styles) -> list[tuple[str, Any]]:
    """What stands above the figures of a school."""
    count = plural(len(school.cells), "строка", "строки", "строк")
    told = (
        f"Ниже {count} с результатами школы, по которым ведётся расчёт. Низкий результат — отметка «2» или балл ниже "
        "минимального; отсутствовавшие в число участников не входят."
        if len(school.cells)
        else "Результатов этой школы не получено. Если они есть, напишите об этом в строке возражений: показатель "
        "«Другое», основание и документ."
    )
    return [
        (school.school_name, styles.title),
        (f"{form.municipality_name}, выверка данных {form.year} года", styles.strong),
        (DEMO_MARK if form.is_demo else "", styles.demo),
        (told, styles.plain),
    ]


def _first_line_row(form: ConfirmForm, school: SchoolFigures) -> int:
    """The 0-based row of the first line for objections: head, header, figures, blank, two head rows of the lines."""
    return (4 if form.is_demo else 3) + 1 + len(school.cells) + 1 + 2


def _write_school(
    workbook: Any,
    styles: Styles,
    form: ConfirmForm,
    number: int,
    school: SchoolFigures,
    objections: Sequence[ObjectionLine],
) -> None:
    """A school's own figures, and its lines for objections."""
    sheet = workbook.add_worksheet(sheet_name(number, school.school_name))
    sheet.hide_gridlines(2)
    for column, width in enumerate(WIDTHS):
        sheet.set_column(column, column, width, None, {"hidden": column == 0})
    sheet.write_string(0, 0, SCHOOL_MARK + school.school_id)
    header_row = write_lines(sheet, _head_lines(form, school, styles), LAST_COLUMN, FULL_WIDTH)
    for column, told in enumerate(FIGURE_HEADERS, start=1):
        sheet.write_string(header_row, column, told, styles.header)
    sheet.set_row(header_row, 2 * LINE_POINTS)
    for place, cell in enumerate(records(school.cells), start=1):
        row, source = header_row + place, source_words(cell["source_text"])
        sheet.write_string(row, 0, cell_code(cell))
        sheet.write_number(row, 1, place, styles.number)
        sheet.write_number(row, 2, cell["year"], styles.number)
        sheet.write_string(row, 3, procedure_label(cell["procedure"]), styles.cell)
        sheet.write_string(row, 4, subject_label(cell["subject"]), styles.cell)
        sheet.write_string(row, 5, cell["grade"], styles.number)
        for column, name in enumerate(FIGURES, start=6):
            sheet.write(row, column, cell[name], styles.number)
        sheet.write_string(row, LAST_COLUMN, source, styles.cell)
        words = subject_label(cell["subject"]), procedure_label(cell["procedure"])
        sheet.set_row(
            row, max(row_points(source, WIDTHS[9]), row_points(words[0], WIDTHS[4]), row_points(words[1], WIDTHS[3]))
        )
    first_row = _write_lines(workbook, styles, sheet, header_row + len(school.cells) + 2, objections)
    assert first_row == _first_line_row(form, school)
    _validate(sheet, first_row, len(school.cells))
    sheet.print_area(0, 1, first_row + LINE_COUNT - 1, LAST_COLUMN)
    set_page(sheet)
    sheet.set_h_pagebreaks([first_row - 2])
    sheet.set_landscape()
    sheet.protect("", {"format_columns": True, "format_rows": True})


def _write_lines(workbook: Any, styles: Styles, sheet: Any, row: int, objections: Sequence[ObjectionLine]) -> int:
    """The lines for objections; gives the row of the first."""
    told = workbook.add_format(
        {"text_wrap": True, "valign": "vcenter", "border": 1, "border_color": "#A0A0A0", "bg_color": "#FFF9D9"}
        | {"locked": False}
    )
    sheet.write_string(row, 0, OBJECTIONS_MARK)
    sheet.merge_range(row, 1, row, LAST_COLUMN, "Возражения: одна строка — одно число", styles.strong)
    row += 1
    sheet.write_string(row, 1, "№ строки", styles.header)
    sheet.merge_range(row, 2, row, 3, "Показатель", styles.header)
    sheet.write_string(row, 4, "Правильное значение", styles.header)
    sheet.merge_range(row, 5, row, 8, "Основание: в чём ошибка и почему", styles.header)
    sheet.write_string(row, 9, "Подтверждающий документ: название, номер, дата", styles.header)
    sheet.set_row(row, LINE_POINTS + 3)
    for place in range(LINE_COUNT):
        line = objections[place] if place < len(objections) else ObjectionLine()
        row += 1
        sheet.write(row, 1, line.row, styles.entry)
        sheet.merge_range(row, 2, row, 3, line.indicator, styles.entry)
        sheet.write(row, 4, line.value, styles.entry)
        sheet.merge_range(row, 5, row, 8, line.ground, told)
        sheet.write(row, 9, line.document, told)
        sheet.set_row(row, max(2 * LINE_POINTS, row_points(str(line.ground or ""), 48)))
    return row - LINE_COUNT + 1


def _validate(sheet: Any, first_row: int, cell_count: int) -> None:
    """What the entry cells of the lines for objections accept."""
    last_row = first_row + LINE_COUNT - 1
    common = {"error_title": "Возражение"}
    row_number = {
        "validate": "integer",
        "criteria": "between",
        "minimum": 1,
        "maximum": max(cell_count, 1),
        "error_message": "Укажите номер строки из таблицы выше.",
    }
    count = {
        "validate": "integer",
        "criteria": "between",
        "minimum": 0,
        "maximum": MAX_VALUE,
        "error_message": "Здесь нужно целое число: 0 или больше.",
    }
    choice = {"validate": "list", "source": list(INDICATORS), "error_message": "Выберите показатель из списка."}
    sheet.data_validation(first_row, 1, last_row, 1, common | row_number)
    sheet.data_validation(first_row, 2, last_row, 3, common | choice)
    sheet.data_validation(first_row, 4, last_row, 4, common | count)
