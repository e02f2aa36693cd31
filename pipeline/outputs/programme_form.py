"""«Программа повышения качества» of one school as an Excel workbook: its causes printed, the yellow cells for its plan.

Every cause of the register has a line; more measures go into the free lines below, which name the cause by its number.
"""

import io
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from pipeline.outputs.survey_sheets import DEMO_MARK, LINE_POINTS, Styles, row_points, set_page, write_lines
from pipeline.programme_blank import (
    ENTRIES,
    FORM_SHEET,
    GUIDE_SHEET,
    ID_SHEET,
    MEASURES_SHEET,
    NUMBER_HEADER,
    ProgrammeForm,
    ProgrammeLine,
    in_force,
)
from pipeline.schema import records

CREATED = datetime(2026, 1, 1)  # the moment of writing would change the bytes
FREE_LINES = 8
PRINTED = (NUMBER_HEADER, "Причина: каких условий не хватает", "Значимость", "Что рекомендует реестр причин")
WIDTHS = (2, 9, 34, 14, 34, 34, 24, 12, 28, 18)  # of columns A to J; A is a margin
FIRST_ENTRY = 5  # column F
LAST_COLUMN = len(WIDTHS) - 1
GUIDE_WIDTH = 100
WISHED = {"high": "высокая: мера обязательна", "medium": "средняя", "low": "низкая"}


def render(form: ProgrammeForm, lines: Sequence[ProgrammeLine] = ()) -> bytes:
    """The workbook of a school; without lines, the empty form.

    Args:
        form: the school, its causes and the roadmap's measures.
        lines: what the school has filled in; the first line of a cause stands in the cause's own row, the others in
            the free lines.

    Returns:
        The bytes of an .xlsx file; the same arguments give the same bytes.
    """
    import xlsxwriter

    stream = io.BytesIO()
    options = {"in_memory": True, "strings_to_urls": False, "strings_to_formulas": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(stream, options) as workbook:
        styles = Styles(workbook)
        title = f"Программа повышения качества, перечень {form.form_id.list_year} года"
        workbook.set_properties({"created": CREATED, "title": title, "comments": form.school_name})
        _write_programme(workbook, styles, form, title, lines)
        _write_guide(workbook, styles, form, title)
        _write_hidden(workbook, MEASURES_SHEET, [(told, "") for told in form.measures])
        _write_hidden(workbook, ID_SHEET, form.form_id.rows)
    return stream.getvalue()


def _steps(form: ProgrammeForm) -> tuple[str, ...]:
    first, last = in_force(form.form_id.list_year)
    return (
        "В листе «Программа» напечатаны причины из реестра причин вашей школы: каких условий ей не хватает. Сначала "
        "идут те, против которых мера обязательна.",
        "Против каждой причины заполните жёлтые ячейки строки. Мера — из дорожной карты (выберите в списке) или своя, "
        "своими словами. Если мер несколько, остальные впишите в строки «Ещё меры» и укажите там номер причины.",
        "Ответственный — должность или подразделение: «заместитель директора», «методическое объединение учителей "
        "математики». Фамилий не пишите: при приёме они заменяются пометкой.",
        f"Срок — день, месяц и год от {first:%d.%m.%Y} до {last:%d.%m.%Y}: столько действует перечень. «Постоянно» и "
        "«в течение года» сроком не считаются: назовите день, к которому будет видно, что сделано.",
        "Показатель — по чему увидим, что мера выполнена: доля учителей, прошедших обучение; число занятий; доля "
        "учеников, справившихся с работой. Целевое значение — сколько должно стать.",
        "Верните книгу тому, от кого вы её получили; имя файла значения не имеет. Листы не удаляйте и не переносите в "
        "другую книгу. Чего программе не хватает, школа узнает из списка, который пришлёт муниципалитет: книгу можно "
        "дополнить и прислать снова, учтена будет последняя.",
    )


def _write_guide(workbook: Any, styles: Styles, form: ProgrammeForm, title: str) -> None:
    """What the programme is for and how to fill it in."""
    sheet = workbook.add_worksheet(GUIDE_SHEET)
    sheet.hide_gridlines(2)
    sheet.set_column(0, 0, 2)
    sheet.set_column(1, 2, GUIDE_WIDTH / 2)
    lines = [
        (title, styles.title),
        (f"{form.school_name}, {form.municipality_name}, {form.form_id.region_name}", styles.strong),
        (DEMO_MARK if form.is_demo else "", styles.demo),
        *((f"{number}. {step}", styles.plain) for number, step in enumerate(_steps(form), start=1)),
        ("Программа — план помощи школе, а не отчёт о её недостатках.", styles.strong),
    ]
    write_lines(sheet, lines, last_column=2, width=GUIDE_WIDTH)
    set_page(sheet)
    sheet.protect()


def _write_programme(
    workbook: Any, styles: Styles, form: ProgrammeForm, title: str, lines: Sequence[ProgrammeLine]
) -> None:
    """A line per cause, and the free lines."""
    sheet = workbook.add_worksheet(FORM_SHEET)
    sheet.hide_gridlines(2)
    for column, width in enumerate(WIDTHS):
        sheet.set_column(column, column, width)
    head = [
        (title, styles.title),
        (f"{form.school_name}, {form.municipality_name}", styles.strong),
        (DEMO_MARK if form.is_demo else "", styles.demo),
        (f"Как заполнить — на листе «{GUIDE_SHEET}». Меняются только жёлтые ячейки.", styles.plain),
    ]
    header_row = write_lines(sheet, head, LAST_COLUMN, sum(WIDTHS[1:]))
    for column, told in enumerate((*PRINTED, *ENTRIES), start=1):
        sheet.write_string(header_row, column, told, styles.header)
    sheet.set_row(header_row, 3 * LINE_POINTS)
    entry = workbook.add_format(
        {"text_wrap": True, "valign": "top", "border": 1, "border_color": "#A0A0A0", "bg_color": "#FFF9D9"}
        | {"locked": False}
    )
    day = workbook.add_format(
        {"valign": "top", "align": "center", "border": 1, "border_color": "#A0A0A0", "bg_color": "#FFF9D9"}
        | {"locked": False, "num_format": "dd.mm.yyyy", "text_wrap": True}
    )
    own, more = _placed(len(form.causes), lines)
    row = header_row
    for number, cause in enumerate(records(form.causes), start=1):
        row = header_row + number
        printed = (cause["cause_text"], WISHED.get(cause["significance_code"], ""), _advice(cause))
        sheet.write_number(row, 1, number, styles.number)
        for column, told in enumerate(printed, start=2):
            sheet.write_string(row, column, told, styles.cell)
        _write_entries(sheet, row, own.get(number, ProgrammeLine()), entry, day)
        sheet.set_row(row, max(row_points(told, WIDTHS[column]) for column, told in enumerate(printed, start=2)))
    row += 1
    sheet.merge_range(row, 1, row, LAST_COLUMN, "Ещё меры: укажите номер причины из первого столбца", styles.strong)
    for place in range(FREE_LINES):
        line = more[place] if place < len(more) else ProgrammeLine()
        row += 1
        sheet.write(row, 1, line.number, styles.entry)
        sheet.merge_range(row, 2, row, 4, "", styles.cell)
        _write_entries(sheet, row, line, entry, day)
        sheet.set_row(row, 2 * LINE_POINTS)
    _validate(sheet, form, (header_row + 1, header_row + len(form.causes) + 2, row))
    sheet.freeze_panes(header_row + 1, 0)
    sheet.print_area(0, 1, row, LAST_COLUMN)
    set_page(sheet, header_row)
    sheet.set_landscape()
    sheet.protect("", {"format_columns": True, "format_rows": True})


def _advice(cause: Mapping[str, Any]) -> str:
    """What the register recommends against a cause; empty where the roadmap has nothing."""
    if cause["measure_number"] is None:
        return cause["measure_text"] or ""
    due = f" Срок: {cause['due_text']}." if cause["due_text"] else ""
    return f"№ {cause['measure_number']}. {cause['measure_text']}{due}"


def _placed(cause_count: int, lines: Sequence[ProgrammeLine]) -> tuple[dict[int, ProgrammeLine], list[ProgrammeLine]]:
    """The lines that stand in the rows of the causes, by number, and those for the free lines."""
    own: dict[int, ProgrammeLine] = {}
    more = []
    for line in lines:
        if isinstance(line.number, int) and 1 <= line.number <= cause_count and line.number not in own:
            own[line.number] = line
        else:
            more.append(line)
    assert len(more) <= FREE_LINES, "a programme has more measures than free lines"
    return own, more


def _write_entries(sheet: Any, row: int, line: ProgrammeLine, entry: Any, day: Any) -> None:
    """The cells that the school fills in."""
    for column, name in enumerate(ENTRIES.values(), start=FIRST_ENTRY):
        told = getattr(line, name)
        if isinstance(told, date):
            sheet.write_datetime(row, column, told, day)
        else:
            sheet.write(row, column, told, day if name == "due" else entry)


def _validate(sheet: Any, form: ProgrammeForm, rows: tuple[int, int, int]) -> None:
    """What the entry cells accept: the roadmap's measures or own words, a day in force, the number of a cause."""
    first, free, last = rows
    measure, _, due, *_ = (FIRST_ENTRY + place for place in range(len(ENTRIES)))
    if form.measures:
        source = f"={MEASURES_SHEET}!$A$1:$A${len(form.measures)}"
        # A measure of the school's own is welcome: the list only helps.
        sheet.data_validation(
            first, measure, last, measure, {"validate": "list", "source": source, "show_error": False}
        )
    begin, end = in_force(form.form_id.list_year)
    days = {
        "validate": "date",
        "criteria": "between",
        "minimum": begin,
        "maximum": end,
        "error_title": "Срок",
        "error_message": f"Введите дату от {begin:%d.%m.%Y} до {end:%d.%m.%Y}, например 31.03.{end.year}.",
    }
    sheet.data_validation(first, due, last, due, days)
    numbers = {
        "validate": "integer",
        "criteria": "between",
        "minimum": 1,
        "maximum": max(len(form.causes), 1),
        "error_title": NUMBER_HEADER,
        "error_message": "Введите номер причины из первого столбца.",
    }
    sheet.data_validation(free, 1, last, 1, numbers)


def _write_hidden(workbook: Any, name: str, rows: Sequence[tuple[str, str]]) -> None:
    """A sheet that people neither see nor change."""
    sheet = workbook.add_worksheet(name)
    for row, told in enumerate(rows):
        for column, value in enumerate(told):
            sheet.write_string(row, column, value)
    sheet.very_hidden()
    sheet.protect()
