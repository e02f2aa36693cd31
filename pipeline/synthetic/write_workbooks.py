"""Regional workbooks of results (formats 4), which name schools without codes.

One kind has a sheet per subject with municipalities in rows of their own, the other ЕГЭ with subjects side by side.
The state exams of the oldest year come this way: pupils' rows of three years would make the demo slow to read.
"""

from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from pipeline.schema import records
from pipeline.synthetic.files import DEMO_NOTE, Row, write_workbook
from pipeline.synthetic.names import PLACES
from pipeline.synthetic.region import Register, place_of

HEADER = ("Наименование ОО", "Приняли участие", "Получили «2»", "Не явились", "Средняя отметка")
OGE_SUBJECTS = {"rus": "Русский язык", "mat": "Математика", "geo": "География"}
EGE_SUBJECTS = {
    "rus": "Русский язык", "mat_prof": "Математика профильная", "mat_base": "Математика базовая",
    "soc": "Обществознание", "phys": "Физика",
}  # fmt: skip
EGE_MEASURES = ("Приняло участие", "Не преодолен min порог", "Высокобалльники", "100 баллов", "Средний балл")
NOBODY = ("-", None, None, None, None)
POINTS = {"mark_2": 18, "mark_3": 45, "mark_4": 63, "mark_5": 82}  # a middling test score of each mark
MARK_POINTS = {"mark_2": 2, "mark_3": 3, "mark_4": 4, "mark_5": 5}


def write_workbooks(raw: Path, register: Register, cells: pd.DataFrame) -> None:
    """Write ОГЭ and ЕГЭ of the oldest year as regional workbooks below `raw/<year>/`."""
    year = int(cells["year"].min())
    names = register.names()
    own = cells[cells["year"] == year]
    oge: dict[str, list[Row]] = {}
    for subject, title in OGE_SUBJECTS.items():
        exam = own[(own["procedure"] == "oge") & (own["subject"] == subject)]
        heading = f"Результаты ОГЭ ({DEMO_NOTE})"
        oge[title] = sheet_of_subject(exam, names, (heading, f"9 класс, {year} год", title))
    write_workbook(raw / str(year) / "oge" / f"ОГЭ_{year}.xlsx", oge)
    ege = own[(own["procedure"] == "ege") & (own["tested_count"] > 0)]
    top: list[Row] = [[f"Результаты ЕГЭ, {year} год ({DEMO_NOTE})"], [], *_ege_header()]
    sheets = {str(year): [*top, *_ege_rows(ege, names, year)]}
    write_workbook(raw / str(year) / "ege" / f"ЕГЭ_{year}.xlsx", sheets)


def sheet_of_subject(
    cells: pd.DataFrame,
    names: Mapping[str, str],
    titles: tuple[str, str, str],
    surplus: Mapping[str, int] | None = None,
) -> list[Row]:
    """Rows of a sheet: titles, header, column numbers; each municipality, its schools and total; the region's total.

    Args:
        cells: the cells of one exam in one year.
        names: school_id -> name as the sheet prints it.
        titles: the title rows: what it is, grade and year, name of the subject.
        surplus: municipality's stem -> by how many its printed total exceeds the sum of its schools.
    """
    year = int(cells["year"].iloc[0])
    heading, period, subject = titles
    rows: list[Row] = [[heading], [period], [f"Предмет: {subject}"], [], HEADER, list(range(1, len(HEADER) + 1))]
    schools = records(cells.assign(mean=mean_points(cells, MARK_POINTS)))
    for number, place in enumerate(PLACES, start=1):
        own = [cell for cell in schools if cell["municipality_id"] == f"M{number:02d}"]
        if not own:
            continue
        rows.append([place.name_in(year)])
        for order, cell in enumerate(own):
            name, tested_count, absent_count = names[cell["school_id"]], cell["tested_count"], cell["absent_count"]
            if tested_count == 0:
                rows.append([name, "-", "-", absent_count, "-"])
                continue
            # A quarter of the means are text with a comma; a blank under «2» often stands for nobody.
            shown: object = f"{cell['mean']:.2f}".replace(".", ",") if order % 4 == 0 else cell["mean"]
            low = cell["mark_2"] or (None if order % 2 else 0)
            rows.append([name, tested_count, low, absent_count or None, shown])
        printed_count = sum(cell["tested_count"] for cell in own) + (surplus or {}).get(place.stem, 0)
        rows.append(["Итого по муниципалитету", printed_count, sum(cell["mark_2"] for cell in own)])
    rows.append(["Итого по региону", int(cells["tested_count"].sum()), int(cells["mark_2"].sum())])
    return rows


def mean_points(cells: pd.DataFrame, points: Mapping[str, int]) -> "pd.Series[float]":
    """Mean of each cell, two decimals, where a mark is worth so many points; missing where nobody was tested."""
    total = (cells[list(points)] * pd.Series(points)).sum(axis=1)
    return (total / cells["tested_count"].where(cells["tested_count"] > 0)).round(2)


def _ege_header() -> list[Row]:
    """The two header rows: each subject over its measures."""
    upper: list[object] = ["Муниципальное образование", "Образовательная организация"]
    lower: list[object] = [None, None]
    for title in EGE_SUBJECTS.values():
        upper += [title, *[None] * (len(EGE_MEASURES) - 1)]
        lower += EGE_MEASURES
    return [upper, lower]


def _ege_rows(cells: pd.DataFrame, names: Mapping[str, str], year: int) -> list[Row]:
    """One row per school with its subjects side by side, and the region's total."""
    measured = pd.DataFrame(
        {
            "school_id": cells["school_id"],
            "subject": cells["subject"],
            "tested": cells["tested_count"],
            "low": cells["mark_2"],
            "high": (cells["mark_5"] // 2).where(cells["subject"] != "mat_base", 0),
            "mean": mean_points(cells, POINTS).where(cells["subject"] != "mat_base", mean_points(cells, MARK_POINTS)),
        }
    )
    found = {(row["school_id"], row["subject"]): row for row in records(measured)}
    schools = cells.drop_duplicates("school_id").sort_values(["municipality_id", "school_id"])
    rows: list[Row] = []
    for school in records(schools):
        row: list[object] = [place_of(school["municipality_id"]).name_in(year), names[school["school_id"]]]
        for subject in EGE_SUBJECTS:
            cell = found.get((school["school_id"], subject))
            row += [cell["tested"], cell["low"] or None, cell["high"] or None, None, cell["mean"]] if cell else NOBODY
        rows.append(row)
    total: list[object] = ["Итого по региону", None]
    for subject in EGE_SUBJECTS:
        own = cells[cells["subject"] == subject]
        total += [int(own["tested_count"].sum()), int(own["mark_2"].sum()), None, None, None]
    return [*rows, total]
