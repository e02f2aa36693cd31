"""Pupil-level ВПР of the made-up region: protocols of physics in the four layouts (formats 2), chemistry as Parquet.

Only a handful of schools sent them; their subjects choose nobody, they inform.
"""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from pipeline.schema import records
from pipeline.synthetic.files import DEMO_NOTE, Row, write_csv, write_parquet, write_workbook
from pipeline.synthetic.names import REGION_NAME
from pipeline.synthetic.norms import UNSTATED_MAXIMUM, vpr_scale
from pipeline.synthetic.region import Register, place_of, stream
from pipeline.synthetic.scores import draw_pupils, journal_marks, primary_scores
from pipeline.synthetic.write_fisoko import task_maxima, task_points

GRADE = 7
TASK_MAXIMA = task_maxima(UNSTATED_MAXIMUM["phys", GRADE])
PARQUET_TEST = ("chem", 8)
PARQUET_PLACES = 6  # municipalities, the first ones, that keep results in a system of their own
NOT_ATTEMPTED = ("x", "X", "х", "Х")  # Latin and Cyrillic
PRECEDING = "Отметка за предыдущий триместр/четверть/полугодие"


def write_protocols(raw: Path, register: Register, cells: pd.DataFrame, seed: int) -> None:
    """Write one or more protocols of each layout below `raw/<year>/vpr/`."""
    years = sorted(int(year) for year in cells["year"].unique())
    tests = {year: _protocol_pupils(cells, seed, year) for year in years}
    logins = {year: register.code("fisoko", year) for year in years}
    first, second, last = years
    oldest = tests[first]
    is_early = oldest["school_id"].isin(sorted(oldest["school_id"].unique())[:2])
    _write_2020(raw / str(first) / "vpr" / f"VPR_{first}_FI{GRADE}.csv", oldest[is_early], logins[first])
    _write_2021(raw / str(first) / "vpr" / f"ФИ{GRADE}_{first}_протоколы.xlsx", oldest[~is_early], logins[first])
    path = raw / str(second) / "vpr" / f"ФИ{GRADE}_{second}_протоколы.xlsx"
    _write_2022(path, tests[second], logins[second], register, second)
    for school_id, pupils in tests[last].groupby("school_id"):
        path = raw / str(last) / "vpr" / f"ФИ{GRADE}_{last}_{logins[last][str(school_id)]}.xlsx"
        _write_2026(path, pupils)


def write_pupils(raw: Path, register: Register, cells: pd.DataFrame, seed: int) -> None:
    """Write chemistry of the last year as pupil-level Parquet, from the municipalities that have their own system."""
    year = int(cells["year"].max())
    subject, grade = PARQUET_TEST
    places = [f"M{number:02d}" for number in range(1, PARQUET_PLACES + 1)]
    own = cells[(cells["year"] == year) & (cells["subject"] == subject) & cells["municipality_id"].isin(places)]
    pupils = draw_pupils(own, seed, f"{year} {subject}")
    frame = pd.DataFrame(
        {
            "year": year,
            "procedure": "vpr",
            "subject": "Химия",
            "grade": str(grade),
            "school_code": pupils["school_id"].map(register.code("fisoko", year)),
            "municipality_name": [place_of(m).name_in(year) for m in pupils["municipality_id"]],
            "mark": pupils["mark"].where(~pupils["is_absent"]).astype("Int64"),
            "is_absent": pupils["is_absent"],
            "pupil_id": [f"ДЕМО-{number}" for number in range(1, len(pupils) + 1)],
        }
    )
    write_parquet(raw / str(year) / "vpr" / f"ХИ{grade}_{year}.parquet", frame)


def _protocol_pupils(cells: pd.DataFrame, seed: int, year: int) -> pd.DataFrame:
    """One row per pupil of four middling schools, with texts for the file.

    Returns:
        Columns `school_id`, `municipality_id`, `pupil` (a code), `class`, `gender`, `variant`, `tasks` (a list),
        `total`, `journal`.
    """
    borders = vpr_scale("phys", GRADE, year)
    test = cells[(cells["year"] == year) & (cells["procedure"] == "vpr") & (cells["subject"] == "phys")]
    middling = test[test["tested_count"].between(15, 60) & (test["mark_2"] > 0)]
    rng = stream(seed, f"protocols {year}")
    chosen = middling.loc[np.sort(rng.choice(middling.index.to_numpy(), 4, replace=False))]
    pupils = draw_pupils(chosen, seed, f"{year} protocols")
    scores = primary_scores(pupils, borders).where(~pupils["is_absent"], 0)
    marks = journal_marks(pupils, seed, f"{year} protocols")
    tasks: list[list[object]] = []
    totals: list[object] = []
    for index, points in enumerate(task_points(scores.to_numpy(), TASK_MAXIMA, rng)):
        if pupils["is_absent"].iloc[index]:
            tasks.append([None] * len(TASK_MAXIMA))
            totals.append(None)
        else:
            tasks.append([p or (NOT_ATTEMPTED[index % 4] if t % 2 else 0) for t, p in enumerate(points)])
            totals.append(int(scores.iloc[index]))
    tested = [index for index, total in enumerate(totals) if total is not None]
    totals[tested[3]] = "пересдача"
    totals[tested[-3]] = borders[-1] + 7
    own_codes = {
        "pupil": [f"{GRADE}{number:04d}" for number in range(1, len(pupils) + 1)],
        "class": [f"{GRADE}{'АБ'[number % 2]}" for number in range(len(pupils))],
        "gender": ["жм"[number % 2] for number in range(len(pupils))],
    }
    return pupils[["school_id", "municipality_id"]].assign(
        **own_codes,
        variant=["отсутствовал" if absent else 1 + i % 2 for i, absent in enumerate(pupils["is_absent"])],
        tasks=pd.Series(tasks, index=pupils.index),
        total=pd.Series(totals, index=pupils.index, dtype=object),
        journal=marks.astype(object),
    )


def _task_titles() -> list[str]:
    return [f"{task} ({maximum}б)" for task, maximum in enumerate(TASK_MAXIMA, start=1)]


def _write_2020(path: Path, pupils: pd.DataFrame, logins: Mapping[str, str]) -> None:
    """Latin headers, commas, no title."""
    header: Row = ["groups", "user", "id", "code", "otc", "gender", "klass", "var-1", "var-2", "sum"]
    header = [*header, *(f"a-{task}-grade" for task in range(1, len(TASK_MAXIMA) + 1))]
    rows: list[Row] = []
    for n, p in enumerate(records(pupils), start=1):
        who = [REGION_NAME, logins[p["school_id"]], n, p["pupil"], p["journal"], p["gender"], p["class"]]
        rows.append([*who, p["variant"], None, p["total"], *p["tasks"]])
    write_csv(path, [header, *rows], delimiter=",")


def _write_2021(path: Path, pupils: pd.DataFrame, logins: Mapping[str, str]) -> None:
    """Russian headers and the login in a column."""
    header: Row = ["Логин школы", "Номер обучающегося", "Класс", "Пол", "Вариант", *_task_titles(), "Всего баллов"]
    rows: list[Row] = [
        [logins[p["school_id"]], p["pupil"], p["class"], p["gender"], p["variant"], *p["tasks"], p["total"]]
        for p in records(pupils)
    ]
    write_workbook(path, {"Протоколы": [header, *rows]})


def _write_2022(path: Path, pupils: pd.DataFrame, logins: Mapping[str, str], register: Register, year: int) -> None:
    """The sheet «Протокол» with region, municipality and school in columns."""
    names = register.names()
    header: Row = ["Пользователь", "Код региона", "Регион", "Муниципалитет", "Школа", "Дата загрузки", "Код", "Вариант"]
    header = [*header, *_task_titles(), "Наименование класса", "Пол", PRECEDING, "Итого баллов"]
    rows: list[Row] = []
    for p in records(pupils):
        school_id, area = p["school_id"], place_of(p["municipality_id"]).name_in(year)
        place = [logins[school_id], 67, REGION_NAME, area, names[school_id], f"{year}-05-12"]
        rows.append([*place, p["pupil"], p["variant"], *p["tasks"], p["class"], p["gender"], p["journal"], p["total"]])
    write_workbook(path, {"Протокол": [header, *rows]})


def _write_2026(path: Path, pupils: pd.DataFrame) -> None:
    """The sheet «Протокол» of one school, which only the name of the file tells."""
    header: Row = ["Код участника", "Вариант", *_task_titles(), "Порядковый номер класса", PRECEDING, "Итого баллов"]
    rows: list[Row] = [
        [p["pupil"], p["variant"], *p["tasks"], 1 if p["class"].endswith("А") else 2, p["journal"], p["total"]]
        for p in records(pupils)
    ]
    write_workbook(path, {"Протокол": [header, *rows], "Пояснение": [[DEMO_NOTE]]})
