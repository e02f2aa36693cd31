"""The monitoring of support as a workbook: measures, municipalities, schools, who is silent, what was not taken."""

import io
import math
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

import pandas as pd

from pipeline.outputs.sheets import INTERNAL
from pipeline.outputs.support_result_sheets import RESULT_TABLES, result_sheets
from pipeline.register import alphabetical
from pipeline.russian import reason_label
from pipeline.schema import records
from pipeline.support_words import LEFT_OUT_WORDS, RISK_WORDS, STATUS_WORDS
from pipeline.tables.sources import REJECTS
from pipeline.tables.support import (
    ROADMAP_STATUS,
    SCHOOL_SUPPORT,
    SUPPORT_FACTS,
    SUPPORT_FILES,
    SUPPORT_MONITORING,
    SUPPORT_RETURNS,
    SUPPORTED_SCHOOLS,
)

CREATED = datetime(2026, 1, 1)  # the moment of writing would change the bytes
WORKBOOK_NAME = "Мониторинг поддержки.xlsx"
SHOWN = (
    ROADMAP_STATUS, SUPPORT_MONITORING, SCHOOL_SUPPORT, SUPPORT_RETURNS, SUPPORT_FILES, SUPPORT_FACTS, REJECTS,
    SUPPORTED_SCHOOLS, *RESULT_TABLES,
)  # fmt: skip
PERIOD_WORDS = {"june": "июнь", "november": "ноябрь"}
PROVIDER_WORDS = {"municipality": "муниципалитет", "institute": "институт", "system": "сама система"}
STATE_WORDS = {
    "counted": "учтён", "empty": "пуст", "duplicate": "повтор", "superseded": "заменён другим",
    "foreign": "чужая форма", "unreadable": "не читается",
}  # fmt: skip
# Colours beside the words, for whoever scans the sheet; the words alone say all of it.
STATUS_COLOURS = {
    "done": "#DDEFD9", "on_track": "#EAF4FB", "late": "#FFF1CC", "overdue": "#F8D9D3", "not_due": "#FFFFFF",
    "no_data": "#E6E6E6", "no_plan": "#FFFFFF", "not_applicable": "#FFFFFF",
}  # fmt: skip
NO_DATA = "нет данных"
# In a sheet of many narrow columns; the heading says what they mean.
SHORT_WORDS = {"not_applicable": "—", "no_plan": "без плана"}
SHORT_LEGEND = "Номера мер — на листе «Меры»; «—» — не относится; «без плана» — цель региональная, своего плана нет."
HEADER_ROW = 3
LINE_POINTS = 15.0
A3 = 8
Line = list[Any]


def render(tables: Mapping[str, pd.DataFrame], *, plan_year: int, period: str, region_name: str, notice: str) -> bytes:
    """The bytes of an .xlsx file; the same tables give the same bytes.

    Args:
        tables: the tables `SHOWN`, by name.
        plan_year: calendar year of the roadmap.
        period: one of `PERIODS`.
        region_name: printed above every sheet.
        notice: what every reader has to see first, Russian; empty for a real region.
    """
    import xlsxwriter

    roadmap = tables[ROADMAP_STATUS.name].sort_values("measure_number")
    day = roadmap["as_of_date"].iloc[0]
    title = f"{region_name}. Поддержка школ, {PERIOD_WORDS[period]} {plan_year} года, на {day:%d.%m.%Y}. {notice}"
    lists = _lists_told(tables[SUPPORTED_SCHOOLS.name])
    stream = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(stream, options) as workbook:
        workbook.set_properties({"created": CREATED, "title": "Мониторинг поддержки школ", "comments": title})
        sheets = _Sheets(workbook, title.rstrip(), lists, notice)
        sheets.write("Меры", "Меры дорожной карты: план и факт", MEASURE_COLUMNS, _measures(roadmap))
        sheets.write_matrix(
            "Муниципалитеты", "Меры по муниципалитетам", *_matrix(tables[SUPPORT_MONITORING.name], "municipality")
        )
        sheets.write(
            "План и факт МО",
            "План и факт по муниципалитетам",
            PLACE_COLUMNS,
            _places(tables[SUPPORT_MONITORING.name], roadmap),
        )
        sheets.write_matrix("Школы", "Меры по школам перечня", *_matrix(tables[SCHOOL_SUPPORT.name], "school"))
        for sheet in result_sheets(tables):
            sheets.write(sheet.name, sheet.heading, sheet.columns, sheet.rows)
        sheets.write("Кто не сообщил", "Кто вернул формы", RETURN_COLUMNS, _returns(tables[SUPPORT_RETURNS.name]))
        sheets.write("Файлы", "Полученные файлы", FILE_COLUMNS, _files(tables[SUPPORT_FILES.name]))
        sheets.write("Не принято", "Строки, которые не приняты", REJECT_COLUMNS, _rejects(tables[REJECTS.name]))
        sheets.write("Факты", "Факты о поддержке", FACT_COLUMNS, _facts(tables, roadmap))
    return stream.getvalue()


MEASURE_COLUMNS: Mapping[str, int] = {
    "№": 5, "Мера": 46, "Ответственный": 16, "Срок": 11, "Единица": 15, "План": 8, "Факт": 11, "Охватить": 16,
    "Охвачено": 11, "Выполнено, %": 13, "Состояние": 18, "Под угрозой": 26, "Пояснение": 40,
}  # fmt: skip
PLACE_COLUMNS: Mapping[str, int] = {
    "Муниципальное образование": 30, "№": 5, "Мера": 46, "Школ перечня": 10, "Срок": 11, "План": 8, "Факт": 11,
    "Охватить": 10, "Охвачено": 11, "Состояние": 18, "Пояснение": 44,
}  # fmt: skip
RETURN_COLUMNS: Mapping[str, int] = {
    "Кто": 16, "Муниципалитет или подразделение": 40, "Школ перечня": 10, "Файлов": 9, "Фактов": 9, "Форма": 16,
}  # fmt: skip
FILE_COLUMNS: Mapping[str, int] = {"Файл": 70, "Кто": 16, "Фактов": 9, "Что с файлом": 18, "Замечание": 80}
REJECT_COLUMNS: Mapping[str, int] = {"Файл": 60, "Лист": 20, "Строка": 9, "Почему не принято": 50, "Значение": 40}
FACT_COLUMNS: Mapping[str, int] = {
    "№ меры": 8, "Мера": 40, "Муниципальное образование": 28, "Школа": 34, "Дата": 11, "Количество": 11,
    "В счёте": 9, "Почему не в счёте": 28, "Кто сообщил": 15, "Чем подтверждается": 40, "Файл": 50, "Строка": 8,
}  # fmt: skip


class _Sheets:
    """A workbook whose sheets all begin with the same lines and print across one page of landscape A3."""

    def __init__(self, workbook: Any, title: str, lists: str, notice: str) -> None:
        framed = {"text_wrap": True, "valign": "top", "border": 1, "border_color": "#C8CDD2"}
        self.workbook, self.title, self.lists = workbook, title, lists
        self.above = ". ".join([notice.rstrip(".")] * bool(notice) + [INTERNAL]).replace("&", "&&")
        self.heading = workbook.add_format({"bold": True, "font_size": 14})
        self.header = workbook.add_format({**framed, "bold": True, "bg_color": "#E7EDF3"})
        self.upright = workbook.add_format({**framed, "bold": True, "bg_color": "#E7EDF3", "align": "center"})
        self.wrapped = workbook.add_format(framed)
        self.centred = workbook.add_format({**framed, "align": "center"})
        self.coloured = {
            STATUS_WORDS[code]: workbook.add_format({**framed, "align": "center", "bg_color": colour})
            for code, colour in STATUS_COLOURS.items()
        } | dict.fromkeys(SHORT_WORDS.values(), self.centred)

    def write(self, sheet_name: str, heading: str, columns: Mapping[str, int], rows: Iterable[Line]) -> None:
        """A sheet of rows under a header with a filter."""
        sheet = self._begun(sheet_name, heading)
        widths = list(columns.values())
        for place, (told, width) in enumerate(columns.items()):
            sheet.set_column(place, place, width)
            sheet.write_string(HEADER_ROW, place, told, self.header)
        sheet.set_row(HEADER_ROW, _height(list(columns), widths))
        number = HEADER_ROW
        for number, row in enumerate(rows, start=HEADER_ROW + 1):
            for place, value in enumerate(row):
                sheet.write(number, place, value, self._format(value))
            sheet.set_row(number, _height(row, widths))
        sheet.autofilter(HEADER_ROW, 0, max(number, HEADER_ROW + 1), len(columns) - 1)
        self._end(sheet, 2)

    def write_matrix(
        self, sheet_name: str, heading: str, names: Sequence[str], numbers: Sequence[int], rows: Iterable[Line]
    ) -> None:
        """A sheet with a row per place and a column per measure: the states in words."""
        sheet = self._begun(sheet_name, f"{heading}. {SHORT_LEGEND}")
        for place, told in enumerate(names):
            sheet.set_column(place, place, 32)
            sheet.write_string(HEADER_ROW, place, told, self.header)
        for place, told_number in enumerate(numbers, start=len(names)):
            sheet.set_column(place, place, 11)
            sheet.write_number(HEADER_ROW, place, told_number, self.upright)
        widths = [32] * len(names) + [11] * len(numbers)
        number = HEADER_ROW
        for number, row in enumerate(rows, start=HEADER_ROW + 1):
            for place, value in enumerate(row):
                sheet.write(number, place, value, self._format(value))
            sheet.set_row(number, _height(row, widths))
        sheet.autofilter(HEADER_ROW, 0, max(number, HEADER_ROW + 1), len(widths) - 1)
        self._end(sheet, len(names))

    def _begun(self, sheet_name: str, heading: str) -> Any:
        sheet = self.workbook.add_worksheet(sheet_name)
        sheet.write_string(0, 0, heading, self.heading)
        sheet.write_string(1, 0, self.title)
        sheet.write_string(2, 0, self.lists)
        return sheet

    def _end(self, sheet: Any, frozen_columns: int) -> None:
        sheet.freeze_panes(HEADER_ROW + 1, frozen_columns)
        sheet.set_landscape()
        sheet.set_paper(A3)
        sheet.fit_to_pages(1, 0)
        sheet.repeat_rows(HEADER_ROW)
        sheet.set_header(f"&R{self.above}")
        sheet.set_footer("&CСтраница &P из &N")

    def _format(self, value: Any) -> Any:
        if isinstance(value, str):
            return self.coloured.get(value, self.wrapped)
        return self.centred


def _measures(roadmap: pd.DataFrame) -> list[Line]:
    """A line per measure."""
    return [
        [
            row["measure_number"],
            row["measure_text"],
            row["responsible_text"],
            _day(row["due_date"]),
            row["unit_text"],
            _number(row["plan_value"]),
            _fact(row["fact_value"]),
            _number(row["coverage_plan_count"]) if row["coverage_plan_count"] is not None else row["coverage_text"],
            _fact(row["coverage_count"]) if row["coverage_plan_count"] is not None else None,
            None if row["done_share"] is None else min(round(100 * row["done_share"]), 100),
            STATUS_WORDS[row["status_code"]],
            "; ".join(RISK_WORDS[code] for code in row["risk_codes"].split(";") if code),
            row["remark_text"],
        ]
        for row in records(roadmap)
    ]


def _places(monitoring: pd.DataFrame, roadmap: pd.DataFrame) -> list[Line]:
    """A line per municipality and measure that concerns it."""
    titles = dict(zip(roadmap["measure_number"], roadmap["measure_text"], strict=True))
    concerned = records(monitoring[monitoring["status_code"] != "not_applicable"])
    concerned.sort(key=lambda row: (alphabetical(row["municipality_name"]), row["measure_number"]))
    return [
        [
            row["municipality_name"],
            row["measure_number"],
            titles[row["measure_number"]],
            row["school_count"],
            _day(row["due_date"]),
            _number(row["plan_value"]),
            _fact(row["fact_value"]),
            _number(row["coverage_plan_count"]),
            _fact(row["coverage_count"]) if row["coverage_plan_count"] is not None else None,
            STATUS_WORDS[row["status_code"]],
            row["remark_text"],
        ]
        for row in concerned
    ]


def _matrix(frame: pd.DataFrame, kind: str) -> tuple[list[str], list[int], list[Line]]:
    """Headers of the places, numbers of the measures, and a line per place with the states in words."""
    names = ["municipality_name", "school_name"] if kind == "school" else ["municipality_name"]
    titles = {"municipality_name": "Муниципальное образование", "school_name": "Школа"}
    numbers = sorted(frame["measure_number"].unique().tolist())
    places: dict[tuple[str, ...], dict[int, str]] = {}
    for row in records(frame):
        place = (*(row[name] for name in names), row[f"{kind}_id"])
        code, count = row["status_code"], row["event_count"]
        words = f"событий: {count}" if code == "no_plan" and count else SHORT_WORDS.get(code, STATUS_WORDS[code])
        places.setdefault(place, {})[row["measure_number"]] = words
    ordered = sorted(places, key=lambda place: [alphabetical(part) for part in place])
    lines: list[Line] = [[*place[:-1], *(places[place].get(number) for number in numbers)] for place in ordered]
    return [titles[name] for name in names], numbers, lines


def _returns(returns: pd.DataFrame) -> list[Line]:
    """A line per unit that was asked, those who are silent first."""
    rows = sorted(
        records(returns),
        key=lambda row: (row["is_returned"], row["provider_code"] != "institute", alphabetical(row["unit_name"])),
    )
    return [
        [
            PROVIDER_WORDS[row["provider_code"]],
            row["unit_name"],
            row["school_count"],
            row["file_count"],
            row["fact_count"],
            "возвращена" if row["is_returned"] else "не возвращена",
        ]
        for row in rows
    ]


def _files(files: pd.DataFrame) -> list[Line]:
    """A line per file, those with remarks first."""
    rows = sorted(records(files), key=lambda row: (row["remark_text"] == "", row["file_id"]))
    return [
        [
            row["file_id"],
            PROVIDER_WORDS.get(row["provider_code"] or "", ""),
            row["fact_count"],
            STATE_WORDS[row["state_code"]],
            row["remark_text"],
        ]
        for row in rows
    ]


def _rejects(rejects: pd.DataFrame) -> list[Line]:
    """A line per row that was not taken, without those that need nobody's attention."""
    shown = rejects[~rejects["is_service"].astype(bool)].sort_values(["file_id", "sheet_name", "row_number"])
    return [
        [row["file_id"], row["sheet_name"], row["row_number"], reason_label(row["reason_code"]), row["value_text"]]
        for row in records(shown)
    ]


def _facts(tables: Mapping[str, pd.DataFrame], roadmap: pd.DataFrame) -> list[Line]:
    """A line per fact that somebody reported, by measure, place and day; the system's own are told by their measure."""
    titles = dict(zip(roadmap["measure_number"], roadmap["measure_text"], strict=True))
    monitoring, supported = tables[SUPPORT_MONITORING.name], tables[SUPPORTED_SCHOOLS.name]
    towns = dict(zip(monitoring["municipality_id"], monitoring["municipality_name"], strict=True))
    schools = dict(zip(supported["school_id"], supported["school_name"], strict=True))
    facts = tables[SUPPORT_FACTS.name]
    shown = facts[facts["provider_code"] != "system"].sort_values(
        ["measure_number", "municipality_id", "school_id", "fact_date", "file_id", "sheet_name", "row_number"],
        kind="stable",
    )
    return [
        [
            row["measure_number"],
            titles.get(row["measure_number"], ""),
            towns.get(row["municipality_id"], row["municipality_id"]),
            schools.get(row["school_id"], row["school_id"]),
            _day(row["fact_date"]),
            _number(row["quantity"]),
            _number(row["counted_quantity"]),
            LEFT_OUT_WORDS.get(row["left_out_code"] or "", ""),
            PROVIDER_WORDS[row["provider_code"]],
            row["evidence_text"],
            row["file_id"],
            row["row_number"],
        ]
        for row in records(shown)
    ]


def _lists_told(supported: pd.DataFrame) -> str:
    """Which lists the year serves; a list that is not signed is told loudly."""
    if supported.empty:
        return "ВНИМАНИЕ: подписанных перечней нет, школы не названы."
    told = []
    for year, own in supported.groupby("list_year"):
        taken = own["stand_in_year"].iloc[0]
        told.append(
            f"Перечень {year} года: школ {len(own)}."
            if bool(own["is_signed"].all())
            else f"ВНИМАНИЕ: перечень {year} года не подписан, временно взят перечень {taken} года: школ {len(own)}."
        )
    return " ".join(told)


def _fact(value: float | None) -> Any:
    """A fact as the reader sees it: unknown is told, and is not nothing."""
    return NO_DATA if value is None else _number(value)


def _number(value: float | None) -> Any:
    return None if value is None else int(value) if float(value).is_integer() else round(float(value), 1)


def _day(value: Any) -> str | None:
    return None if value is None else f"{date.fromisoformat(str(value)[:10]):%d.%m.%Y}"


def _height(row: Sequence[Any], widths: Sequence[int]) -> float:
    """The height in points at which every text of a row is seen whole; spreadsheets do not all fit it themselves."""
    lines = [math.ceil(1.15 * len(str(v)) / width) for v, width in zip(row, widths, strict=True) if v is not None]
    return LINE_POINTS * max([*lines, 1])
