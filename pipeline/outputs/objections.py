"""Objections as people see them: the terminal's list, what the commands say, and the workbook of the commission."""

import hashlib
import io
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import pandas as pd

from pipeline.confirmation import STATUS_TITLES
from pipeline.outputs.survey_sheets import DEMO_MARK, LINE_POINTS, Styles, row_points, set_page
from pipeline.russian import number, plural
from pipeline.schema import records
from pipeline.tables.orders import OBJECTION_COLUMNS

CREATED = datetime(2026, 1, 1)  # the moment of writing would change the bytes
ID_SHEET = "shnro_objections"
ID_KEYS = ("region", "year")
SHEET = "Возражения"
DECISIONS: Mapping[str, str] = {"accepted": "принять", "rejected": "отклонить"}
DECISION_TITLES: Mapping[str, str] = {
    "undecided": "не рассмотрено",
    "accepted": "принято",
    "rejected": "отклонено",
}
HEADERS: Mapping[str, int] = {
    "Код": 10, "№": 5, "Муниципальное образование": 24, "Школа": 30, "О чём возражение": 34, "В данных": 10,
    "По мнению школы": 12, "Основание": 38, "Документ": 24, "Решение": 13, "Кто решил": 20, "Почему": 34, "Дата": 13,
}  # fmt: skip
ENTRY_COLUMN = 9  # from here on the commission writes
NOTE = (
    "Заполните жёлтые ячейки: решение, кто решил, почему и дату (пустая дата — день, когда книгу прочитают). Строку "
    "без решения комиссия рассмотрит позже. Принятое возражение о числе исправит данные; прочие принятые возражения "
    "комиссия учитывает сама."
)


def row_key(row: Mapping[str, Any]) -> str:
    """What tells whether a row of the workbook is still the objection that was printed there."""
    names = ("year", "number", "school_id", *(column.name for column in OBJECTION_COLUMNS))
    told = "\x1f".join("" if row[name] is None else str(row[name]) for name in names)
    return hashlib.sha256(told.encode()).hexdigest()[:16]


def render(
    objections: pd.DataFrame,
    schools: Mapping[str, tuple[str, str]],
    *,
    region_name: str,
    year: int,
    is_demo: bool,
    entries: Mapping[int, tuple[object, ...]] | None = None,
) -> bytes:
    """The workbook of the commission: every undecided objection with a drop-down decision.

    Args:
        objections: `OBJECTIONS` of the year that are to be decided.
        schools: school_id -> name of the municipality and of the school.
        region_name: the region, as the workbook carries it hidden.
        year: year of decision.
        is_demo: marks the sheet as made up.
        entries: number -> what the commission wrote in its four columns; empty for the form to be filled in.
    """
    import xlsxwriter

    stream = io.BytesIO()
    options = {"in_memory": True, "strings_to_urls": False, "strings_to_formulas": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(stream, options) as workbook:
        styles = Styles(workbook)
        title = f"Возражения по данным {year} года: {region_name}"
        workbook.set_properties({"created": CREATED, "title": title})
        sheet = workbook.add_worksheet(SHEET)
        sheet.hide_gridlines(2)
        for column, width in enumerate(HEADERS.values()):
            sheet.set_column(column, column, width, None, {"hidden": column == 0})
        last = len(HEADERS) - 1
        sheet.merge_range(0, 1, 0, last, title + (f". {DEMO_MARK}" if is_demo else ""), styles.title)
        sheet.merge_range(1, 1, 1, last, NOTE, styles.plain)
        sheet.set_row(0, 1.5 * LINE_POINTS)
        sheet.set_row(1, row_points(NOTE, sum(HEADERS.values())))
        for column, told in enumerate(HEADERS):
            sheet.write_string(2, column, told, styles.header)
        sheet.set_row(2, 2 * LINE_POINTS + 3)
        framed = {"border": 1, "border_color": "#A0A0A0", "align": "center", "valign": "vcenter"}
        day = workbook.add_format({**framed, "bg_color": "#FFF9D9", "locked": False, "num_format": "dd.mm.yyyy"})
        for place, row in enumerate(records(objections), start=3):
            _write_row(styles, day, sheet, place, row, schools, (entries or {}).get(row["number"], ()))
        _validate(sheet, 3, max(len(objections), 1) + 2)
        sheet.freeze_panes(3, 4)
        sheet.print_area(0, 1, len(objections) + 2, last)
        set_page(sheet, 2)
        sheet.set_landscape()
        sheet.protect("", {"format_columns": True, "format_rows": True})
        hidden = workbook.add_worksheet(ID_SHEET)
        for place, (key, value) in enumerate(zip(ID_KEYS, (region_name, str(year)), strict=True)):
            hidden.write_row(place, 0, (key, value))
        hidden.very_hidden()
    return stream.getvalue()


def list_text(
    objections: pd.DataFrame, schools: Mapping[str, tuple[str, str]], year: int, history: pd.DataFrame
) -> str:
    """The objections of a year, undecided ones first, three lines each and one per decision.

    Args:
        objections: `OBJECTIONS`.
        schools: school_id -> name of the municipality and of the school.
        year: year of decision.
        history: `OBJECTION_HISTORY`.
    """
    own = objections[objections["year"] == year]
    if own.empty:
        return f"Возражений за {year} год нет."
    rows = sorted(records(own), key=lambda row: (row["decision_code"] != "undecided", row["number"]))
    lines = []
    for row in rows:
        municipality, school = schools.get(row["school_id"], ("", row["school_id"]))
        values = _values(row)
        lines.append(f"№ {row['number']}  {DECISION_TITLES[row['decision_code']]}  {school} ({municipality})")
        lines.append(f"     {row['indicator_text']}{values}")
        lines.append(
            f"     основание: {row['ground_text']}" + (f"; {row['document_text']}" * bool(row["document_text"]))
        )
        steps = history[(history["year"] == year) & (history["number"] == row["number"])]
        for old in records(steps.sort_values("step")):
            lines.append(
                f"     прежде: {DECISION_TITLES[old['decision_code']]} {old['decided_date']:%d.%m.%Y}, "
                f"{old['decided_by']}: {old['why_text']}; пересмотрено {old['revised_date']:%d.%m.%Y}, "
                f"{old['revised_by']}: {old['revised_why_text']}"
            )
        if row["decision_code"] != "undecided":
            lines.append(f"     решено {row['decided_date']:%d.%m.%Y}, {row['decided_by']}: {row['why_text']}")
    undecided = int((own["decision_code"] == "undecided").sum())
    lines.append(f"Возражений: {len(own)}, не рассмотрено: {undecided}.")
    return "\n".join(lines)


def confirmations_text(confirmations: pd.DataFrame, schools: Mapping[str, tuple[str, str]]) -> str:
    """How many schools confirmed their data and how many did not; who is silent, by name.

    Args:
        confirmations: `CONFIRMATIONS` of a year.
        schools: school_id -> name of the municipality and of the school.
    """
    counts = confirmations["status_code"].value_counts()
    lines = [f"Выверка данных: {plural(len(confirmations), 'школа', 'школы', 'школ')}"]
    lines += [f"  {title}: {int(counts.get(code, 0))}" for code, title in STATUS_TITLES.items()]
    is_silent = confirmations["status_code"] == "not_confirmed"
    has_answered = set(confirmations.loc[~is_silent, "municipality_id"])
    silent = confirmations[is_silent]
    whole = ~silent["municipality_id"].isin(has_answered)
    places = sorted({schools[school_id][0] for school_id in silent.loc[whole, "school_id"]})
    if places:
        lines.append(f"Ни одного ответа из муниципалитетов ({len(places)}): {', '.join(places)}")
    names = ["{1} ({0})".format(*schools[school_id]) for school_id in silent.loc[~whole, "school_id"]]
    if names:
        lines.append(f"Нет ответа от школ ({len(names)}): {', '.join(names)}")
    return "\n".join(lines)


def _write_row(
    styles: Styles,
    day: Any,
    sheet: Any,
    place: int,
    row: Mapping[str, Any],
    schools: Mapping[str, tuple[str, str]],
    entries: tuple[object, ...],
) -> None:
    """One objection: what is said, and four cells for the commission."""
    municipality, school = schools.get(row["school_id"], ("", row["school_id"]))
    told = (municipality, school, row["indicator_text"])
    sheet.write_string(place, 0, row_key(row))
    sheet.write_number(place, 1, row["number"], styles.number)
    for column, value in enumerate(told, start=2):
        sheet.write_string(place, column, value, styles.cell)
    sheet.write(place, 5, row["stated_value"], styles.number)
    sheet.write(place, 6, row["asked_value"], styles.number)
    sheet.write_string(place, 7, row["ground_text"], styles.cell)
    sheet.write(place, 8, row["document_text"], styles.cell)
    for column in range(ENTRY_COLUMN, len(HEADERS)):
        written = entries[column - ENTRY_COLUMN] if column - ENTRY_COLUMN < len(entries) else None
        sheet.write(place, column, written, day if column == len(HEADERS) - 1 else styles.entry)
    widths = list(HEADERS.values())
    texts = {2: municipality, 3: school, 4: row["indicator_text"], 7: row["ground_text"], 8: row["document_text"] or ""}
    sheet.set_row(place, max(row_points(text, widths[column]) for column, text in texts.items()))


def _validate(sheet: Any, first_row: int, last_row: int) -> None:
    """What the cells of the commission accept."""
    options = {
        "validate": "list",
        "source": list(DECISIONS.values()),
        "error_title": "Решение",
        "error_message": "Выберите решение из списка.",
    }
    sheet.data_validation(first_row, ENTRY_COLUMN, last_row, ENTRY_COLUMN, options)


def _values(row: Mapping[str, Any]) -> str:
    """«: 31 → 13», where the objection is about a figure."""
    if row["asked_value"] is None:
        return ""
    stated = number(row["stated_value"]) if row["stated_value"] is not None else "нет"
    return f": в данных {stated}, по мнению школы {number(row['asked_value'])}"
