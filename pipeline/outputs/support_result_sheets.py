"""Sheets of the monitoring of support on what became of schools: programmes, movement over the lists, results."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from pipeline.dynamics import CAUSE_WORDS, CHANGE_WORDS
from pipeline.register import alphabetical
from pipeline.schema import records
from pipeline.tables.effect import DYNAMICS, EFFECT_SCHOOLS, EFFECT_SUMMARY
from pipeline.tables.programmes import PROGRAMME_FILES, PROGRAMMES
from pipeline.tables.support import ROADMAP_STATUS, SUPPORT_MONITORING

RESULT_TABLES = (PROGRAMMES, PROGRAMME_FILES, DYNAMICS, EFFECT_SUMMARY, EFFECT_SCHOOLS)
SCOPE_WORDS = {"all": "Все школы перечня", "entered": "Вошедшие в перечень", "municipality": "", "measure": "Мера "}
ESTIMATOR_WORDS = {
    "forecast": "с прогнозом без поддержки", "neighbours": "с соседями у границы перечня",
    "unreached": "со школами перечня, до которых мера не дошла", "placebo": "проверка на школах вне перечня",
}  # fmt: skip
PROGRAMME_WORDS = {
    "complete": "полная", "incomplete": "неполная", "empty": "пустая", "missing": "не представлена",
    "no_causes": "причин нет", "no_register": "реестра причин нет",
}  # fmt: skip
PROGRAMME_FILE_WORDS = {
    "counted": "учтён", "empty": "пуст", "duplicate": "повтор", "superseded": "заменён другим",
    "foreign": "чужая форма", "not_listed": "школы нет в перечне", "unreadable": "не читается",
}  # fmt: skip


@dataclass(frozen=True)
class ResultSheet:
    """A sheet: its name, heading, columns with widths, and rows."""

    name: str
    heading: str
    columns: Mapping[str, int]
    rows: list[list[Any]]


def result_sheets(tables: Mapping[str, pd.DataFrame]) -> tuple[ResultSheet, ...]:
    """The sheets, also without rows: a reader sees that there is nothing yet.

    Args:
        tables: `RESULT_TABLES`, `ROADMAP_STATUS` and `SUPPORT_MONITORING`, by name.
    """
    place = {"Муниципальное образование": 30, "Школа": 40}
    return (
        ResultSheet(
            "Программы",
            "Программы школ: полнота против реестра причин",
            {
                **place,
                "Перечень": 10,
                "Программа": 18,
                "Обязательных причин": 13,
                "С полной мерой": 11,
                "Замечание": 80,
            },
            _programmes(tables[PROGRAMMES.name]),
        ),
        ResultSheet(
            "Файлы программ",
            "Полученные файлы программ",
            {"Файл": 80, "Код школы": 12, "Учтено строк": 10, "Что с файлом": 20, "Замечание": 80},
            [
                [
                    row["file_id"],
                    row["school_id"] or "",
                    row["line_count"],
                    PROGRAMME_FILE_WORDS[row["state_code"]],
                    row["remark_text"],
                ]
                for row in records(tables[PROGRAMME_FILES.name])
            ],
        ),
        ResultSheet(
            "Движение",
            "Движение школ по подписанным перечням",
            {"Год": 7, **place, "Что произошло": 24, "Причина": 20, "Чем объясняется": 80},
            _dynamics(tables[DYNAMICS.name]),
        ),
        ResultSheet(
            "Помогает ли",
            "Результаты школ перечня через год против прогноза без поддержки",
            {"Перечень": 10, "О ком": 44, "С чем сравнили": 30, "Школ": 8, "Можно сравнить": 10, "Вывод": 100},
            _summary(tables),
        ),
        ResultSheet(
            "Школы через год",
            "Каждая школа перечня через год; вне интервала и без поддержки бывает примерно одна из десяти",
            {"Перечень": 10, **place, "Вывод": 100},
            _schools(tables[EFFECT_SCHOOLS.name]),
        ),
    )


def _programmes(programmes: pd.DataFrame) -> list[list[Any]]:
    return [
        [
            row["municipality_name"],
            row["school_name"],
            row["list_year"] if row["is_signed"] else f"{row['list_year']}, проект",
            PROGRAMME_WORDS[row["state_code"]],
            row["required_count"],
            row["complete_count"],
            row["remark_text"],
        ]
        for row in _by_place(programmes)
    ]


def _dynamics(dynamics: pd.DataFrame) -> list[list[Any]]:
    """The newest year first."""
    rows = sorted(_by_place(dynamics), key=lambda row: -row["year"])
    return [
        [
            row["year"],
            row["municipality_name"],
            row["school_name"],
            CHANGE_WORDS[row["change_code"]],
            CAUSE_WORDS.get(row["cause_code"] or "", ""),
            " ".join(text for text in (row["cause_text"], row["succeeds_text"]) if text),
        ]
        for row in rows
    ]


def _summary(tables: Mapping[str, pd.DataFrame]) -> list[list[Any]]:
    """The newest list first; the whole list before its parts."""
    monitoring, roadmap = tables[SUPPORT_MONITORING.name], tables[ROADMAP_STATUS.name]
    towns = dict(zip(monitoring["municipality_id"], monitoring["municipality_name"], strict=True))
    order = list(SCOPE_WORDS)
    titles = {str(row["measure_number"]): f"{row['measure_number']}. {row['measure_text']}" for row in records(roadmap)}
    rows = records(tables[EFFECT_SUMMARY.name])
    rows.sort(key=lambda row: (-row["list_year"], order.index(row["scope_code"]), alphabetical(row["scope_id"])))
    return [
        [
            row["list_year"],
            SCOPE_WORDS[row["scope_code"]] + titles.get(row["scope_id"], towns.get(row["scope_id"], row["scope_id"])),
            ESTIMATOR_WORDS[row["estimator_code"]],
            row["school_count"],
            row["judged_count"],
            row["conclusion_text"],
        ]
        for row in rows
    ]


def _schools(schools: pd.DataFrame) -> list[list[Any]]:
    rows = sorted(_by_place(schools), key=lambda row: -row["list_year"])
    return [[row["list_year"], row["municipality_name"], row["school_name"], row["conclusion_text"]] for row in rows]


def _by_place(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """The rows by municipality and school."""
    rows = records(frame)
    rows.sort(key=lambda r: (alphabetical(r["municipality_name"]), alphabetical(r["school_name"]), r["school_id"]))
    return rows
