"""Forms of the monitoring of support as workbooks: empty for municipalities and units, filled for the made-up region.

Printed lines stand for what the roadmap wants of a place; events beside them go to the free lines below. Only the
yellow cells can be changed; no password stands in the way.
"""

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

from pipeline.outputs.support_sheets import (
    MUNICIPALITIES_COLUMN,
    SCHOOLS_COLUMN,
    Ink,
    measure_choices,
    write_guide,
    write_known,
    write_lists,
    write_measures,
)
from pipeline.outputs.survey_sheets import DEMO_MARK, LINE_POINTS, row_points, set_page, write_lines
from pipeline.schema import records
from pipeline.support_request import (
    DATE_HEADER,
    EVIDENCE_HEADER,
    ID_KEYS,
    ID_SHEET,
    LEVEL_SHEETS,
    LISTS_SHEET,
    MAX_QUANTITY,
    MEASURE_HEADER,
    MUNICIPALITY_HEADER,
    OWN_SHEET,
    PERIOD_SPANS,
    PRINTED_MARK,
    QUANTITY_HEADER,
    SCHOOL_HEADER,
    UNIT_HEADER,
    WHEN_HEADER,
    Entry,
    PrintedLine,
    SupportForm,
    measure_label,
    school_label,
)

CREATED = datetime(2026, 1, 1)  # every workbook says so: the moment of writing would change the bytes
FREE_LINES = {"municipality": 40, "institute": 300}  # by provider; who has more sends a table of facts
WIDTHS: Mapping[str, int] = {
    SCHOOL_HEADER: 40, MUNICIPALITY_HEADER: 26, MEASURE_HEADER: 64, WHEN_HEADER: 15, DATE_HEADER: 12,
    QUANTITY_HEADER: 12, UNIT_HEADER: 15, EVIDENCE_HEADER: 38,
}  # fmt: skip
ENTRIES = (WHEN_HEADER, DATE_HEADER, QUANTITY_HEADER, UNIT_HEADER, EVIDENCE_HEADER)
SHEET_NOTES: Mapping[str, str] = {
    "school": "Одна строка — одно событие одной школы перечня в один день. Нет события — оставьте строку пустой.",
    "municipality": "Одна строка — участие муниципалитета в одном событии. Нет события — оставьте строку пустой.",
    "region": "Одна строка — одно событие регионального уровня. Нет события — оставьте строку пустой.",
}


def render(form: SupportForm, entries: Sequence[Entry] = ()) -> bytes:
    """The workbook of a municipality or unit; without entries, the empty form.

    Args:
        form: who gets it and what is asked.
        entries: what is filled in: the first of a place stands in its printed line, further ones in free lines.

    Returns:
        The bytes of an .xlsx file; the same arguments give the same bytes.
    """
    import xlsxwriter

    stream = io.BytesIO()
    options = {"in_memory": True, "strings_to_urls": False, "strings_to_formulas": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(stream, options) as workbook:
        ink = Ink(workbook)
        workbook.set_properties({"created": CREATED, "title": title_text(form), "comments": form.unit.name})
        write_guide(workbook, ink, form, title_text(form))
        levels = {measure["number"]: measure["level"] for measure in records(form.measures)}
        for level in LEVEL_SHEETS:
            if level in form.lines:
                own = [entry for entry in entries if levels.get(entry.measure_number, "school") == level]
                _write_level(workbook, ink, form, level, own)
        write_known(workbook, ink, form)
        write_measures(workbook, ink, form)
        write_lists(workbook, form)
        sheet = workbook.add_worksheet(ID_SHEET)
        for row, (key, value) in enumerate(zip(ID_KEYS, form.form_id.parts, strict=True)):
            sheet.write_string(row, 0, key)
            sheet.write_string(row, 1, value)
        sheet.very_hidden()
        sheet.protect()
    return stream.getvalue()


def title_text(form: SupportForm) -> str:
    """Title of the form: «Мониторинг поддержки школ: январь — июнь 2026 года»."""
    return f"Мониторинг поддержки школ: {PERIOD_SPANS[form.form_id.period]} {form.form_id.plan_year} года"


def sheet_title(form: SupportForm, level: str) -> str:
    """The name of the sheet of a level: a municipality's own sheet is in the singular."""
    return OWN_SHEET if form.is_municipal and level == "municipality" else LEVEL_SHEETS[level]


def columns_of(form: SupportForm, level: str) -> tuple[str, ...]:
    """The columns of a sheet of lines, from column B on."""
    if level == "school":
        return (SCHOOL_HEADER, MEASURE_HEADER, *ENTRIES) if form.is_municipal else _institute_columns(SCHOOL_HEADER)
    if level == "municipality" and not form.is_municipal:
        return _institute_columns(MUNICIPALITY_HEADER)
    return (MEASURE_HEADER, *ENTRIES)


def _institute_columns(place: str) -> tuple[str, ...]:
    places = (MUNICIPALITY_HEADER, SCHOOL_HEADER) if place == SCHOOL_HEADER else (MUNICIPALITY_HEADER,)
    return (MEASURE_HEADER, *places, *ENTRIES)


@dataclass(frozen=True)
class _Level:
    """A sheet of lines while it is written.

    Args:
        sheet: the worksheet.
        ink: its formats.
        form: the form.
        level: level of the measures.
        places: title of a column -> its place.
        choices: number -> label and unit of the measures that a free line may name.
        school_labels: school_id -> what a free line calls it.
    """

    sheet: Any
    ink: Ink
    form: SupportForm
    level: str
    places: Mapping[str, int]
    choices: Mapping[int, tuple[str, str]]
    school_labels: Mapping[str, str]


def _write_level(workbook: Any, ink: Ink, form: SupportForm, level: str, entries: Sequence[Entry]) -> None:
    """A sheet of lines: printed ones, then free ones."""
    sheet = workbook.add_worksheet(sheet_title(form, level))
    columns = columns_of(form, level)
    places = {name: place for place, name in enumerate(columns, start=1)}
    labels = {row["school_id"]: school_label(row["school_id"], row["school_name"]) for row in records(form.schools)}
    page = _Level(sheet, ink, form, level, places, measure_choices(form, level), labels)
    sheet.hide_gridlines(2)
    sheet.set_column(0, 0, 2, None, {"hidden": True})
    for name, place in places.items():
        sheet.set_column(place, place, WIDTHS[name])
    lines = [
        (title_text(form), ink.strong),
        (form.unit.name, ink.plain),
        (DEMO_MARK if form.is_demo else "", ink.demo),
        (SHEET_NOTES[level], ink.plain),
    ]
    header_row = write_lines(sheet, lines, len(columns), sum(WIDTHS[name] for name in columns))
    for name, place in places.items():
        sheet.write_string(header_row, place, name, ink.header)
    sheet.set_row(header_row, 2 * LINE_POINTS)
    last_printed, last_row = _write_rows(page, header_row, list(entries))
    _validate(page, header_row + 1, last_printed + 1, last_row)
    sheet.autofilter(header_row, 1, last_row, len(columns))
    sheet.print_area(0, 1, last_row, len(columns))
    sheet.freeze_panes(header_row + 1, 3 if level == "school" else 2)
    set_page(sheet, header_row)
    sheet.set_landscape()
    sheet.protect("", {"format_columns": True, "format_rows": True, "autofilter": True})


def _write_rows(page: _Level, header_row: int, waiting: list[Entry]) -> tuple[int, int]:
    """The printed lines and the free ones; gives the last row of both."""
    row = header_row
    for line in page.form.lines[page.level]:
        row += 1
        _write_printed(page, row, line, _take(waiting, line))
    last_printed = row
    # A filled form may hold more free lines than the empty one offers.
    for number in range(max(FREE_LINES[page.form.form_id.provider_code], len(waiting))):
        row += 1
        _write_free(page, row, waiting[number] if number < len(waiting) else None)
    return last_printed, row


def _take(waiting: list[Entry], line: PrintedLine) -> Entry | None:
    """The first waiting entry that fits a printed line, taken out of those that wait."""
    school_id = line.school["school_id"] if line.school else None
    municipality_id = line.municipality[0] if line.municipality else None
    for place, entry in enumerate(waiting):
        fits = entry.measure_number == line.measure["number"] and entry.school_id == school_id
        if fits and (line.municipality is None or entry.municipality_id == municipality_id):
            return waiting.pop(place)
    return None


def _write_printed(page: _Level, row: int, line: PrintedLine, entry: Entry | None) -> None:
    """A line with its measure and place printed; only date, quantity and evidence can be written."""
    label = measure_label(line.measure["number"], line.measure["title_ru"])
    texts = {MEASURE_HEADER: label, WHEN_HEADER: line.when, UNIT_HEADER: line.measure["target_unit_ru"]}
    if line.school is not None:
        texts[SCHOOL_HEADER] = school_label(line.school["school_id"], line.school["school_name"])
        texts[MUNICIPALITY_HEADER] = page.form.municipalities.get(line.school["municipality_id"], "")
    if line.municipality is not None:
        texts[MUNICIPALITY_HEADER] = line.municipality[1]
    page.sheet.write_string(row, 0, PRINTED_MARK)
    for name, place in page.places.items():
        if name in texts:
            style = page.ink.small if name in (WHEN_HEADER, UNIT_HEADER) else page.ink.cell
            page.sheet.write_string(row, place, texts[name], style)
    _write_entry(page, row, entry)
    page.sheet.set_row(row, max(row_points(texts[name], WIDTHS[name]) for name in page.places if name in texts))


def _write_free(page: _Level, row: int, entry: Entry | None) -> None:
    """A line in which measure and place are chosen; the unit of the measure appears by itself."""
    sheet, ink, places = page.sheet, page.ink, page.places
    label, unit = page.choices.get(entry.measure_number, (str(entry.measure_number), "")) if entry else (None, "")
    school_id, town = (entry.school_id, entry.municipality_id) if entry else (None, None)
    told = {
        MEASURE_HEADER: label,
        SCHOOL_HEADER: page.school_labels.get(school_id, school_id) if school_id else None,
        MUNICIPALITY_HEADER: page.form.municipalities.get(town, town) if town else None,
    }
    for name, chosen in told.items():
        if name in places:
            sheet.write(row, places[name], chosen, ink.text_entry)
    sheet.write_blank(row, places[WHEN_HEADER], None, ink.small)
    first, second = (_letter(list(LEVEL_SHEETS).index(page.level) * 2 + offset) for offset in (0, 1))
    cell = f"{_letter(places[MEASURE_HEADER])}{row + 1}"
    table = f"{LISTS_SHEET}!${first}$1:${second}${max(len(page.choices), 1)}"
    sheet.write_formula(row, places[UNIT_HEADER], f'=IFERROR(VLOOKUP({cell},{table},2,FALSE),"")', ink.small, unit)
    _write_entry(page, row, entry)


def _write_entry(page: _Level, row: int, entry: Entry | None) -> None:
    """The cells of date, quantity and evidence, empty or filled."""
    told = entry.date if entry else None
    if isinstance(told, date):
        page.sheet.write_datetime(row, page.places[DATE_HEADER], datetime.combine(told, time()), page.ink.date_entry)
    else:
        page.sheet.write(row, page.places[DATE_HEADER], told, page.ink.date_entry)
    page.sheet.write(row, page.places[QUANTITY_HEADER], entry.quantity if entry else None, page.ink.entry)
    page.sheet.write(row, page.places[EVIDENCE_HEADER], entry.evidence if entry else None, page.ink.text_entry)


def _validate(page: _Level, first: int, first_free: int, last: int) -> None:
    """What the entry cells accept: a day of the plan year, a number not below zero, a choice from the lists."""
    places, year = page.places, page.form.form_id.plan_year
    day = {
        "validate": "date",
        "criteria": "between",
        "minimum": date(year, 1, 1),
        "maximum": date(year, 12, 31),
        "error_message": f"Здесь нужен один день {year} года, например 15.03.{year}.",
    }
    count = {
        "validate": "decimal",
        "criteria": "between",
        "minimum": 0,
        "maximum": MAX_QUANTITY,
        "error_message": "Здесь нужно число: 0 или больше.",
    }
    common = {"error_title": "Мониторинг поддержки"}
    page.sheet.data_validation(first, places[DATE_HEADER], last, places[DATE_HEADER], common | day)
    page.sheet.data_validation(first, places[QUANTITY_HEADER], last, places[QUANTITY_HEADER], common | count)
    columns = {
        MEASURE_HEADER: (list(LEVEL_SHEETS).index(page.level) * 2, len(page.choices)),
        SCHOOL_HEADER: (SCHOOLS_COLUMN, len(page.school_labels)),
        MUNICIPALITY_HEADER: (MUNICIPALITIES_COLUMN, len(page.form.municipalities)),
    }
    for name, (column, length) in columns.items():
        if name in places and length:
            source = f"={LISTS_SHEET}!${_letter(column)}$1:${_letter(column)}${length}"
            choice = {"validate": "list", "source": source, "error_message": "Выберите из списка."}
            page.sheet.data_validation(first_free, places[name], last, places[name], common | choice)


def _letter(column: int) -> str:
    """The letter of a 0-based column; forms have fewer than 26."""
    return chr(ord("A") + column)
