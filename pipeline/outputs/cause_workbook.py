"""The register of causes as a workbook for the commission: the register, the summary, what is missing, who answered."""

import io
import math
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import pandas as pd

from pipeline.outputs.causes import SCALE_TITLES
from pipeline.questionnaire import GROUP_TITLES
from pipeline.schema import Table, records
from pipeline.tables.causes import CAUSE_SUMMARY, REGISTER_OF_CAUSES, REGISTER_REMARKS, SURVEY_FILES, SURVEY_RETURNS

CREATED = datetime(2026, 1, 1)  # the moment of writing would change the bytes
WORKBOOK_NAME = "Реестр причин.xlsx"
HEADER_ROW = 2
WIDTH = 10
WIDTHS: Mapping[str, int] = {
    "school_id": 7, "municipality_name": 17, "municipality_id": 32, "school_name": 20, "school_group_code": 14,
    "cause_text": 28, "level_code": 14, "indicator_text": 20, "value": 9,
    "region_value": 15, "cut_value": 8,
    "significance_code": 11, "scale_code": 12, "source_text": 24, "respondent_count": 9, "status_code": 15,
    "measure_number": 10, "measure_text": 32, "responsible_text": 14, "due_text": 13, "verification_text": 16,
    "remark_text": 100, "missing_text": 60, "group_code": 14, "return_code": 24, "is_blocking": 14,
    "file_id": 70, "state_code": 24, "school_count": 12, "clear_count": 20, "surveyed_count": 14, "school_share": 20,
}  # fmt: skip
LINE_POINTS = 15.0
A3 = 8
# Codes that only programs need: their words stand beside them; a mark of verification names a cause by its words.
HIDDEN_COLUMNS = ("municipality_id", "cause_code", "year", "direction_code", "remark_code", "subject_code")
LABELS: Mapping[str, Mapping[str, str]] = {
    "school_group_code": {
        "low_results": "низкие результаты", "adverse_context": "неблагоприятные условия", "both": "то и другое",
    },
    "level_code": {"school": "школа", "municipality": "муниципалитет", "region": "регион"},
    "significance_code": {"high": "высокая", "medium": "средняя", "low": "низкая", "none": "—"},
    "scale_code": SCALE_TITLES,
    "status_code": {
        "fact": "факт", "hypothesis": "предположение", "small_sample": "мало ответов",
        "not_established": "не установлено",
    },
    "group_code": GROUP_TITLES,
    "state_code": {
        "counted": "учтён", "partial": "учтён, заполнен не весь", "empty": "пуст", "duplicate": "повтор",
        "superseded": "заменён другим", "foreign": "чужая анкета", "not_surveyed": "школа не обследуется",
        "unknown_school": "школа неизвестна", "unreadable": "не читается",
    },
    "return_code": {
        "returned": "возвращены", "partial": "ответов мало", "unusable": "непригодны", "missing": "нет",
        "voluntary": "нет (участие добровольное)",
    },
}  # fmt: skip


def render(
    register: pd.DataFrame,
    summary: pd.DataFrame,
    remarks: pd.DataFrame,
    returns: pd.DataFrame,
    files: pd.DataFrame,
    *,
    year: int,
    plan_year: int | None,
    region_name: str,
    notice: str,
) -> bytes:
    """The bytes of an .xlsx file; the same tables give the same bytes.

    Args:
        register: `REGISTER_OF_CAUSES`.
        summary: `CAUSE_SUMMARY`; municipalities and causes are shown by the names that the register gives them.
        remarks: `REGISTER_REMARKS`.
        returns: `SURVEY_RETURNS`.
        files: `SURVEY_FILES`.
        year: year of decision.
        plan_year: year of the roadmap that the measures are taken from; None where none can serve the list.
        region_name: printed above every sheet.
        notice: what every reader has to see first, Russian; empty for a real region.
    """
    import xlsxwriter

    plan = f"Меры — из дорожной карты {plan_year} года." if plan_year else "Дорожной карты для этого перечня нет."
    title = f"{region_name}, {year} год. {plan} {notice}".rstrip()
    places = dict(zip(register["municipality_id"], register["municipality_name"], strict=True))
    causes = dict(zip(register["cause_code"], register["cause_text"], strict=True))
    named = summary.assign(
        municipality_id=[places.get(code, "регион в целом") for code in summary["municipality_id"]],
        cause_text=[causes.get(code, code) for code in summary["cause_code"]],
    )
    stream = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(stream, options) as workbook:
        workbook.set_properties({"created": CREATED, "title": "Реестр причин низких результатов", "comments": title})
        by_place = register.sort_values(["municipality_name", "school_name", "school_id", "cause_code"])
        _write(workbook, "Реестр", REGISTER_OF_CAUSES, by_place, title)
        _write_summary(workbook, named, title)
        _write(workbook, "Чего не хватает", REGISTER_REMARKS, remarks, title)
        _write(workbook, "Возврат анкет", SURVEY_RETURNS, returns, title)
        _write(workbook, "Файлы", SURVEY_FILES, files, title)
    return stream.getvalue()


def _write_summary(workbook: Any, named: pd.DataFrame, title: str) -> None:
    """The summary, municipality by municipality, with names in place of codes."""
    titles = {column.name: column.title for column in CAUSE_SUMMARY.columns}
    titles |= {"municipality_id": "Муниципальное образование", "cause_text": "Причина"}
    counts = ["school_count", "clear_count", "surveyed_count", "school_share", "scale_code"]
    order = ["municipality_id", "cause_text", *counts]
    _write_rows(workbook, "Свод", CAUSE_SUMMARY.title, {name: titles[name] for name in order}, named, title)


def _write(workbook: Any, sheet_name: str, table: Table, frame: pd.DataFrame, title: str) -> None:
    """A declared table with its Russian titles, without the columns that only programs need."""
    titles = {column.name: column.title for column in table.columns if column.name not in HIDDEN_COLUMNS}
    _write_rows(workbook, sheet_name, table.title, titles, frame, title)


def _write_rows(
    workbook: Any, sheet_name: str, heading: str, titles: Mapping[str, str], frame: pd.DataFrame, title: str
) -> None:
    """A sheet: heading, title, header with a filter, rows; it prints across one page of landscape A3."""
    bold = workbook.add_format({"bold": True, "text_wrap": True, "valign": "top", "bg_color": "#E7EDF3", "border": 1})
    framed = {"text_wrap": True, "valign": "top", "border": 1, "border_color": "#C8CDD2"}
    wrapped, centred = workbook.add_format(framed), workbook.add_format({**framed, "align": "center"})
    sheet = workbook.add_worksheet(sheet_name)
    sheet.write_string(0, 0, heading, workbook.add_format({"bold": True, "font_size": 14}))
    sheet.write_string(1, 0, title)
    for column, (name, told) in enumerate(titles.items()):
        sheet.set_column(column, column, WIDTHS.get(name, WIDTH))
        sheet.write_string(HEADER_ROW, column, told, bold)
    sheet.set_row(HEADER_ROW, _height(titles))
    rows = records(frame)
    for number, row in enumerate(rows, start=HEADER_ROW + 1):
        for column, name in enumerate(titles):
            value = _shown(name, row[name])
            sheet.write(number, column, value, wrapped if isinstance(value, str) else centred)
        sheet.set_row(number, _height({name: _shown(name, row[name]) for name in titles}))
    sheet.autofilter(HEADER_ROW, 0, HEADER_ROW + max(len(rows), 1), len(titles) - 1)
    sheet.freeze_panes(HEADER_ROW + 1, 2)
    sheet.set_landscape()
    sheet.set_paper(A3)
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(HEADER_ROW)


def _height(row: Mapping[str, Any]) -> float:
    """The height in points at which every text of a row is seen whole; spreadsheets do not all fit it themselves."""
    lines = [math.ceil(1.15 * len(str(value)) / WIDTHS.get(name, WIDTH)) for name, value in row.items() if value]
    return LINE_POINTS * max(lines, default=1)


def _shown(name: str, value: Any) -> Any:
    """A value as the commission reads it: words for codes and for yes and no, two decimals."""
    if isinstance(value, float):
        return round(value, 2)
    if isinstance(value, bool):
        return "да" if value else "нет"
    return LABELS[name].get(value, value) if name in LABELS and isinstance(value, str) else value
