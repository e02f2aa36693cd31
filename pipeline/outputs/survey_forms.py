"""Questionnaires of the survey of causes as Excel workbooks: empty for the schools, filled for the made-up region.

A director's form has one answer column, a teachers' form one per respondent; pupils and parents answer on paper and
the school counts their answers on a tally sheet. Only the yellow cells can be changed; no password stands in the way.
"""

import io
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import pandas as pd

from pipeline.outputs.survey_sheets import (
    LINE_POINTS,
    SCALE_TEXT,
    TEXT_WIDTH,
    Form,
    Styles,
    row_points,
    set_page,
    write_guide,
    write_id,
    write_lines,
    write_notice,
    write_print_form,
)
from pipeline.questionnaire import (
    CODE_HEADER,
    COUNTED_GROUPS,
    HEAD_LABELS,
    NUMBER_HEADER,
    ONLINE_HEADERS,
    PART_LABEL,
    SCALE,
    TEXT_HEADER,
    WORDS_SHEET,
    FormId,
)

MAX_RESPONDENTS = 60
MAX_HEAD_COUNT = 10_000
CREATED = datetime(2026, 1, 1)  # every workbook says so: the moment of writing would change the bytes
ENTRY_WIDTH = 28  # of the director's answers, which are chosen in words
STEPS: Mapping[str, Sequence[str]] = {
    "teacher": (
        "Раздайте «Бланк для печати» или дайте каждому педагогу заполнить свой столбец на листе «Ответы».",
        f"В каждой жёлтой ячейке — одно число: {SCALE_TEXT}. Нет ответа — оставьте пустой.",
        f"Если отвечают больше {MAX_RESPONDENTS} человек, скопируйте книгу и укажите в копии следующий номер части.",
    ),
    "pupil": (
        "Передайте родителям уведомление; детей, чьи родители возразили, не опрашивайте.",
        "Напечатайте «Бланк для печати» и раздайте; готовые анкеты складывают в общую стопку.",
        "На листе «Подсчёт» укажите число анкет и по каждому утверждению — сколько раз выбран каждый ответ.",
        "Если подсчёт ведут в нескольких книгах (по корпусам), у каждой свой номер части.",
    ),
    "parent": (
        "Напечатайте «Бланк для печати» и раздайте; готовые анкеты складывают в общую стопку.",
        "На листе «Подсчёт» укажите число анкет и по каждому утверждению — сколько раз выбран каждый ответ.",
        "Если подсчёт ведут в нескольких книгах (по корпусам), у каждой свой номер части.",
    ),
}


def render(
    form: Form,
    answers: Sequence[Mapping[str, object]] = (),
    *,
    counts: Mapping[str, Sequence[object]] | None = None,
    head_count: object = None,
    part: int = 1,
) -> bytes:
    """A questionnaire's workbook; without answers, the empty form.

    Args:
        form: the questionnaire.
        answers: one mapping item_code -> answer per respondent; what is no answer is written as it stands.
        counts: item_code -> how many gave each answer 1…5, in place of counting the answers; pupils and parents only.
        head_count: teachers employed, or paper forms returned (by default as many as there are answers).
        part: number of this workbook where one was not enough.

    Returns:
        The bytes of an .xlsx file; the same arguments give the same bytes.
    """
    stream = io.BytesIO()
    with _workbook(stream) as workbook:
        styles = Styles(workbook)
        workbook.set_properties({"created": CREATED, "title": form.heading, "comments": form.place})
        if form.group_code == "director":
            _write_director(workbook, styles, form, answers[0] if answers else {})
        else:
            write_guide(workbook, styles, form, STEPS[form.group_code])
            if form.group_code in COUNTED_GROUPS:
                write_print_form(workbook, styles, form)
                counted = counted_answers(answers) if counts is None else counts
                heads = len(answers) or None if head_count is None else head_count
                _write_tally(workbook, styles, form, counted, heads, part)
                if form.group_code == "pupil" and form.texts.parents_notice:
                    write_notice(workbook, styles, form)
            else:
                _write_columns(workbook, styles, form, answers, head_count, part)
                write_print_form(workbook, styles, form)
        write_id(workbook, form.form_id)
    return stream.getvalue()


def render_online(form_id: FormId, items: pd.DataFrame, rows: Sequence[Mapping[str, object]] = ()) -> bytes:
    """A template for the export of an online form: a row per respondent, the statements as headers.

    Args:
        form_id: group and wording; its school may be empty where a column names the schools.
        items: the statements of the group.
        rows: respondents: any of `ONLINE_HEADERS` and item codes -> value.
    """
    stream = io.BytesIO()
    with _workbook(stream) as workbook:
        styles = Styles(workbook)
        workbook.set_properties({"created": CREATED})
        sheet = workbook.add_worksheet("Ответы")
        keys = [*ONLINE_HEADERS, *items["item_code"]]
        for column, title in enumerate([*ONLINE_HEADERS, *items["text"]]):
            sheet.write_string(0, column, title, styles.header)
        for number, row in enumerate(rows, start=1):
            sheet.write_row(number, 0, [row.get(key) for key in keys])
        sheet.set_column(0, len(keys) - 1, 24)
        sheet.set_row(0, 6 * LINE_POINTS)
        sheet.freeze_panes(1, 0)
        told = workbook.add_worksheet("Пояснения")
        told.set_column(0, 0, 100)
        lines = (
            "Утверждения перенесите в онлайн-форму слово в слово: по их тексту узнаются столбцы выгрузки.",
            f"Варианты ответа: {SCALE_TEXT}.",
            "Школу назовите списком (код или наименование из реестра) либо выгружайте каждую школу отдельным файлом.",
            "Не спрашивайте имён, классов и почты; отметки времени и другие столбцы при чтении отбрасываются.",
            f"Выгрузку (.xlsx или .csv) положите в raw/{form_id.year}/survey/.",
        )
        for number, line in enumerate(lines):
            told.write_string(number, 0, line, styles.plain)
        write_id(workbook, form_id)
    return stream.getvalue()


def counted_answers(answers: Sequence[Mapping[str, object]]) -> dict[str, list[int]]:
    """How many respondents gave each answer 1…5, by item: what a school counts on its tally sheet."""
    found: dict[str, Counter[object]] = {}
    for respondent in answers:
        for item_code, answer in respondent.items():
            found.setdefault(item_code, Counter())[answer] += 1
    return {item_code: [count[answer] for answer in SCALE] for item_code, count in found.items()}


def _workbook(stream: io.BytesIO) -> Any:
    import xlsxwriter

    return xlsxwriter.Workbook(
        stream, {"in_memory": True, "strings_to_urls": False, "strings_to_formulas": False, "strings_to_numbers": False}
    )


def _write_director(workbook: Any, styles: Styles, form: Form, answers: Mapping[str, object]) -> None:
    """One sheet, one answer column with the words of the scale in a drop-down list."""
    sheet = workbook.add_worksheet("Анкета")
    _set_columns(sheet, 1, ENTRY_WIDTH)
    texts = form.texts
    lines = [
        (form.heading, styles.title),
        (form.place, styles.demo if form.is_demo else styles.strong),
        (form.told(texts.purpose), styles.plain),
        (form.told(texts.whom("director")), styles.plain),
        (f"{form.told(texts.voluntary)} {form.told(texts.director_notice)}".strip(), styles.plain),
        ("Насколько это верно для вашей школы? Выберите ответ из списка в жёлтой ячейке.", styles.strong),
        (form.return_text, styles.plain),
    ]
    header_row = write_lines(sheet, lines, last_column=3, width=100)
    _write_items(sheet, styles, form, header_row, ["Ответ"])
    last_row = header_row + len(form.items)
    for row, item_code in enumerate(form.items["item_code"], start=header_row + 1):
        answer = answers.get(item_code)
        worded = f"{answer} — {SCALE[answer]}" if isinstance(answer, int) and answer in SCALE else answer
        sheet.write(row, 3, worded, styles.entry)
    words = workbook.add_worksheet(WORDS_SHEET)
    for row, (answer, text) in enumerate(SCALE.items()):
        words.write_string(row, 0, f"{answer} — {text}")
    words.hide()
    _validate(sheet, header_row + 1, 3, last_row, 3, "Выберите ответ из списка.", source=f"={WORDS_SHEET}!$A$1:$A$5")
    sheet.print_area(0, 1, last_row, 3)
    set_page(sheet, header_row)
    _protect(sheet)


def _write_columns(
    workbook: Any,
    styles: Styles,
    form: Form,
    answers: Sequence[Mapping[str, object]],
    head_count: object,
    part: int,
) -> None:
    """A column per respondent, numbered and nameless."""
    sheet = workbook.add_worksheet("Ответы")
    _set_columns(sheet, MAX_RESPONDENTS, 5)
    header_row = _write_entry_head(sheet, styles, form, head_count, part)
    # A filled form may hold more columns than the empty one offers: readers have to be shown that, too.
    columns = max(MAX_RESPONDENTS, len(answers))
    _write_items(sheet, styles, form, header_row, list(range(1, columns + 1)))
    last_row = header_row + len(form.items)
    for row, item_code in enumerate(form.items["item_code"], start=header_row + 1):
        for column in range(columns):
            answer = answers[column].get(item_code) if column < len(answers) else None
            sheet.write(row, 3 + column, answer, styles.entry)
    choices = [str(answer) for answer in SCALE]
    _validate(sheet, header_row + 1, 3, last_row, 2 + columns, "Ответ — число от 1 до 5.", source=choices)
    sheet.print_area(0, 1, last_row, 2 + columns)
    sheet.freeze_panes(header_row + 1, 3)
    set_page(sheet, header_row)
    sheet.set_landscape()
    sheet.repeat_columns(1, 2)
    sheet.fit_to_pages(0, 1)  # sixty columns on one page could not be read
    _protect(sheet)


def _write_tally(
    workbook: Any,
    styles: Styles,
    form: Form,
    counts: Mapping[str, Sequence[object]],
    head_count: object,
    part: int,
) -> None:
    """Statement × answer: how many paper forms chose it; a sum above the number of forms turns red."""
    sheet = workbook.add_worksheet("Подсчёт")
    _set_columns(sheet, 6, 9)
    header_row = _write_entry_head(sheet, styles, form, head_count, part)
    _write_items(sheet, styles, form, header_row, [*SCALE, "Всего"])
    last_row = header_row + len(form.items)
    for row, item_code in enumerate(form.items["item_code"], start=header_row + 1):
        own = counts.get(item_code, ())
        for answer in SCALE:
            sheet.write(row, 2 + answer, own[answer - 1] if answer <= len(own) else None, styles.entry)
        total = sum(count for count in own if isinstance(count, int))
        sheet.write_formula(row, 8, f"=SUM(D{row + 1}:H{row + 1})", styles.number, total)
    _validate_count(sheet, header_row + 1, 3, last_row, 7)
    above = f'=AND($D$3<>"",$I{header_row + 2}>$D$3)'
    sheet.conditional_format(
        header_row + 1, 8, last_row, 8, {"type": "formula", "criteria": above, "format": styles.wrong}
    )
    sheet.print_area(0, 1, last_row, 8)
    sheet.freeze_panes(header_row + 1, 3)
    set_page(sheet, header_row)
    _protect(sheet)


def _write_entry_head(sheet: Any, styles: Styles, form: Form, head_count: object, part: int) -> int:
    """Title, school, the two numbers asked for and the scale; gives the row of the header. The count stands in D3."""
    place = (form.place, styles.demo if form.is_demo else styles.strong)
    first_row = write_lines(sheet, [(form.heading, styles.strong), place], 2, TEXT_WIDTH + 5)
    entries = ((HEAD_LABELS[form.group_code], head_count), (PART_LABEL, part))
    for row, (label, value) in enumerate(entries, start=first_row):
        sheet.write_string(row, 2, label, styles.cell)
        sheet.write(row, 3, value, styles.entry)
        sheet.set_row(row, LINE_POINTS + 3)
        _validate_count(sheet, row, 3, row, 3)
    return write_lines(sheet, [(f"Ответы: {SCALE_TEXT}.", styles.plain)], 2, TEXT_WIDTH + 5, first_row + len(entries))


def _write_items(sheet: Any, styles: Styles, form: Form, header_row: int, titles: Sequence[object]) -> None:
    """The header and the statements; their codes stand in the hidden column A."""
    for column, title in enumerate([CODE_HEADER, NUMBER_HEADER, TEXT_HEADER, *titles]):
        sheet.write(header_row, column, title, styles.header)
    for number, item in enumerate(form.items.itertuples(), start=1):
        row = header_row + number
        sheet.write_string(row, 0, str(item.item_code), styles.cell)
        sheet.write_number(row, 1, number, styles.number)
        sheet.write_string(row, 2, str(item.text), styles.cell)
        sheet.set_row(row, row_points(str(item.text)))


def _set_columns(sheet: Any, entry_count: int, entry_width: float) -> None:
    sheet.hide_gridlines(2)
    sheet.set_column(0, 0, 18, None, {"hidden": True})
    sheet.set_column(1, 1, 5)
    sheet.set_column(2, 2, TEXT_WIDTH)
    sheet.set_column(3, 2 + entry_count, entry_width)


def _validate(sheet: Any, row: int, column: int, last_row: int, last_column: int, told: str, source: object) -> None:
    options = {"validate": "list", "source": source, "error_title": "Анкета", "error_message": told}
    sheet.data_validation(row, column, last_row, last_column, options)


def _validate_count(sheet: Any, row: int, column: int, last_row: int, last_column: int) -> None:
    options = {
        "validate": "integer",
        "criteria": "between",
        "minimum": 0,
        "maximum": MAX_HEAD_COUNT,
        "error_title": "Анкета",
        "error_message": "Здесь нужно целое число: 0 или больше.",
    }
    sheet.data_validation(row, column, last_row, last_column, options)


def _protect(sheet: Any) -> None:
    """Lock everything but the entry cells, without a password; columns and rows may be widened."""
    sheet.protect("", {"format_columns": True, "format_rows": True})
