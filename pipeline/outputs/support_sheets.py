"""Sheets of a support form that take no answers: how to fill it in, what is known already, the measures, the lists."""

from collections.abc import Mapping
from typing import Any

from pipeline.outputs.survey_sheets import DEMO_MARK, LINE_POINTS, Styles, row_points, set_page, write_lines
from pipeline.russian import number, plural
from pipeline.schema import records
from pipeline.support_request import (
    GUIDE_SHEET,
    KNOWN_SHEET,
    LEVEL_SHEETS,
    LISTS_SHEET,
    MEASURES_SHEET,
    SupportForm,
    measure_label,
    school_label,
    when_text,
)

GUIDE_WIDTH = 100
SCHOOLS_COLUMN, MUNICIPALITIES_COLUMN = 6, 7  # of the hidden sheet of lists; before them the measures by level
PROVIDER_WORDS: Mapping[str, str] = {"municipality": "муниципалитет", "institute": "институт"}
KNOWN_HEADERS = ("Мера", "Муниципалитет", "Школа", "Дата события", "Учтено", "Единица", "Сообщил", "Подтверждение")
KNOWN_WIDTHS = (56, 26, 40, 12, 10, 15, 15, 38)
MEASURE_HEADERS = ("№", "Мера", "Ожидаемый результат", "Единица", "Срок по плану", "Кто отвечает")
MEASURE_WIDTHS = (5, 70, 34, 18, 26, 24)
LEVEL_WORDS: Mapping[str, str] = {
    "school": "школы",
    "municipality": "муниципалитета",
    "region": "региона",
}
COMMON_STEPS = (
    "Событие — это одно мероприятие в один день. В жёлтых ячейках его строки впишите день, количество в указанной "
    "единице и чем оно подтверждается (приказ, протокол, ссылка — без фамилий).",
    "У школы (муниципалитета) было несколько событий одной меры — каждое следующее внесите в свободную строку внизу "
    "листа: выберите меру и место из списка, единица появится сама.",
    "Если событие длилось несколько дней, укажите последний день.",
    "Пару (школ, педагогов) вносят одной строкой: у школы перечня, которую поддерживают; пару двух школ перечня — у "
    "той, что раньше по алфавиту.",
    "Лист «Уже известно» показывает, что учтено раньше. Повторять это не нужно; повтор считается один раз, если день "
    "тот же.",
    "Чего не было, оставьте пустым. Если не было ничего, верните форму пустой: тогда будет видно, что ответ получен.",
)

TOTAL_STEP = (
    "Если известно только общее число (например, слушателей семинара), внесите его в свободную строку и оставьте школу "
    "или муниципалитет пустыми: количество будет учтено, а охват школ — нет."
)


class Ink(Styles):
    """The formats of a support form: those of every form, and cells for dates and texts."""

    def __init__(self, workbook: Any) -> None:
        super().__init__(workbook)
        framed = {"text_wrap": True, "valign": "vcenter", "border": 1, "border_color": "#A0A0A0"}
        open_cell = {**framed, "bg_color": "#FFF9D9", "locked": False}
        self.small = workbook.add_format({**framed, "font_size": 9, "align": "center"})
        self.day = workbook.add_format({**framed, "align": "center", "num_format": "dd.mm.yyyy"})
        self.date_entry = workbook.add_format({**open_cell, "align": "center", "num_format": "dd.mm.yyyy"})
        self.text_entry = workbook.add_format(open_cell)


def measure_choices(form: SupportForm, level: str) -> dict[int, tuple[str, str]]:
    """Number -> label and unit of the measures of a level that the form may report."""
    own = form.measures[form.measures["level"] == level]
    return {
        measure["number"]: (measure_label(measure["number"], measure["title_ru"]), measure["target_unit_ru"])
        for measure in records(own)
    }


def write_guide(workbook: Any, ink: Ink, form: SupportForm, title: str) -> None:
    """The first sheet: whose form it is, how to fill it in and return it."""
    sheet = workbook.add_worksheet(GUIDE_SHEET)
    sheet.hide_gridlines(2)
    sheet.set_column(0, 0, 2)
    sheet.set_column(1, 1, GUIDE_WIDTH)
    steps = COMMON_STEPS if form.is_municipal else (*COMMON_STEPS, TOTAL_STEP)
    lines = [
        (title, ink.title),
        (f"{form.unit.name}, {form.form_id.region_name}", ink.strong),
        (DEMO_MARK if form.is_demo else "", ink.demo),
        (form.list_note, ink.demo),
        (_whom(form), ink.plain),
        *((f"{place}. {step}", ink.plain) for place, step in enumerate(steps, start=1)),
        (
            "Верните файл тому, от кого вы его получили; имя файла значения не имеет. Листы не удаляйте и не "
            "переносите в другую книгу. Если пришлёте форму ещё раз, внесите в неё всё: учитывается последняя.",
            ink.plain,
        ),
        (f"Вернуть до {form.deadline:%d.%m.%Y}." if form.deadline else "", ink.strong),
    ]
    for row, (told, style) in enumerate((told, style) for told, style in lines if told):
        sheet.write_string(row, 1, told, style)
        sheet.set_row(row, row_points(told, 72 if style is ink.title else GUIDE_WIDTH) + 4)
    set_page(sheet)
    sheet.protect()


def write_known(workbook: Any, ink: Ink, form: SupportForm) -> None:
    """The facts of the plan year that are counted already, so that nobody reports them again."""
    sheet = workbook.add_worksheet(KNOWN_SHEET)
    _set_columns(sheet, KNOWN_WIDTHS)
    told = (
        f"Учтено событий этого года: {number(len(form.known))}."
        if len(form.known)
        else "Событий этого года пока не учтено."
    )
    mark = DEMO_MARK if form.is_demo else ""
    lines = [(KNOWN_SHEET, ink.title), (mark, ink.demo), (told, ink.plain)]
    header_row = write_lines(sheet, lines, len(KNOWN_WIDTHS), sum(KNOWN_WIDTHS))
    _write_header(sheet, ink, header_row, KNOWN_HEADERS)
    measures = {measure["number"]: measure for measure in records(form.measures)}
    names = {row["school_id"]: row["school_name"] for row in records(form.schools)}
    row = header_row
    for row, fact in enumerate(records(form.known), start=header_row + 1):
        measure = measures[fact["measure_number"]]
        school_id = fact["school_id"]
        texts = (
            measure_label(measure["number"], measure["title_ru"]),
            form.municipalities.get(fact["municipality_id"], fact["municipality_id"] or ""),
            school_label(school_id, names.get(school_id, "")) if school_id else "",
        )
        for column, cell in enumerate(texts, start=1):
            sheet.write_string(row, column, cell, ink.cell)
        sheet.write_datetime(row, 4, fact["fact_date"].to_pydatetime(), ink.day)
        sheet.write_number(row, 5, fact["quantity"], ink.number)
        sheet.write_string(row, 6, measure["target_unit_ru"], ink.small)
        sheet.write_string(row, 7, PROVIDER_WORDS.get(fact["provider_code"], ""), ink.small)
        sheet.write_string(row, 8, fact["evidence_text"] or "", ink.cell)
        heights = zip((*texts, fact["evidence_text"] or ""), (*KNOWN_WIDTHS[:3], KNOWN_WIDTHS[7]), strict=True)
        sheet.set_row(row, max(row_points(cell, width) for cell, width in heights))
    _finish(sheet, header_row, row, len(KNOWN_WIDTHS))


def write_measures(workbook: Any, ink: Ink, form: SupportForm) -> None:
    """The measures in full, with what the roadmap expects and when."""
    sheet = workbook.add_worksheet(MEASURES_SHEET)
    _set_columns(sheet, MEASURE_WIDTHS)
    plan_year = int(form.measures["plan_year"].max()) if len(form.measures) else form.form_id.plan_year
    told = f"Меры дорожной карты {plan_year} года, о которых спрашивает эта форма."
    header_row = write_lines(sheet, [(told, ink.strong)], len(MEASURE_WIDTHS), sum(MEASURE_WIDTHS))
    _write_header(sheet, ink, header_row, MEASURE_HEADERS)
    row = header_row
    for row, measure in enumerate(records(form.measures), start=header_row + 1):
        texts = (
            measure["title_ru"],
            measure["expected_result_ru"],
            measure["target_unit_ru"],
            when_text(measure),
            measure["responsible_ru"],
        )
        sheet.write_number(row, 1, measure["number"], ink.number)
        for column, cell in enumerate(texts, start=2):
            sheet.write_string(row, column, cell, ink.cell)
        heights = zip(texts, MEASURE_WIDTHS[1:], strict=True)
        sheet.set_row(row, max(row_points(cell, width) for cell, width in heights))
    _finish(sheet, header_row, row, len(MEASURE_WIDTHS))


def write_lists(workbook: Any, form: SupportForm) -> None:
    """The hidden sheet of what drop-down lists offer: label and unit of measures by level, schools, municipalities."""
    sheet = workbook.add_worksheet(LISTS_SHEET)
    for place, level in enumerate(LEVEL_SHEETS):
        for row, (label, unit) in enumerate(measure_choices(form, level).values()):
            sheet.write_string(row, 2 * place, label)
            sheet.write_string(row, 2 * place + 1, unit)
    for row, school in enumerate(records(form.schools)):
        sheet.write_string(row, SCHOOLS_COLUMN, school_label(school["school_id"], school["school_name"]))
    for row, name in enumerate(form.municipalities.values()):
        sheet.write_string(row, MUNICIPALITIES_COLUMN, name)
    sheet.hide()


def _whom(form: SupportForm) -> str:
    """What is asked, and of how many schools."""
    sheets = [LEVEL_WORDS[level] for level in LEVEL_SHEETS if level in form.lines]
    asked = f"Форма спрашивает о мерах на уровне {_listed(sheets)}."
    if "school" not in form.lines:
        return asked
    count = len(set(form.schools["school_id"]) - form.former)
    told = f"{asked} На листе «Школы» — {plural(count, 'школа', 'школы', 'школ')} перечня."
    if not form.former:
        return told
    former = plural(len(form.former), "школу", "школы", "школ")
    return f"{told} Ещё {former} прежнего перечня выбирают в свободных строках: нужны события января — августа."


def _listed(words: list[str]) -> str:
    """Words as a sentence lists them: «школы, муниципалитета и региона»."""
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} и {words[-1]}"


def _set_columns(sheet: Any, widths: tuple[int, ...]) -> None:
    sheet.hide_gridlines(2)
    sheet.set_column(0, 0, 2)
    for column, width in enumerate(widths, start=1):
        sheet.set_column(column, column, width)


def _write_header(sheet: Any, ink: Ink, row: int, titles: tuple[str, ...]) -> None:
    for column, title in enumerate(titles, start=1):
        sheet.write_string(row, column, title, ink.header)
    sheet.set_row(row, 2 * LINE_POINTS)


def _finish(sheet: Any, header_row: int, last_row: int, last_column: int) -> None:
    """Print set-up and the lock of a sheet that takes no answers."""
    sheet.print_area(0, 1, last_row, last_column)
    sheet.freeze_panes(header_row + 1, 0)
    set_page(sheet, header_row)
    sheet.set_landscape()
    sheet.protect("", {"format_columns": True, "format_rows": True})
