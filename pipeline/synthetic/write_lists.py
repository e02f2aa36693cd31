"""Lists of the made-up region: orders of three years with what the commission added to one of them, and federal lists.

The federal lists are of low results of two years and of signs of bias, with the dirt of such files.
"""

from pathlib import Path

import numpy as np
import pandas as pd

from pipeline.schema import records
from pipeline.synthetic.files import DEMO_NOTE, Row, write_csv, write_reference, write_workbook
from pipeline.synthetic.names import short_name
from pipeline.synthetic.region import Register, place_of, stream
from pipeline.synthetic.truth import past_list

LOW_COUNT = 40
LOW_NOISE_SD = 0.35  # the federal list is made from other exams: it agrees with ours in part
BIAS_COUNT = 18
REPEATED_COUNT = 3
HEADER = ("Год", "Логин", "МО", "ОО")
SUBJECTS = ("Русский язык", "Математика")
GRADES = ("4", "5", "6")
MARK_SHARE = 0.4
# Neither has a login: one resembles a school of the register, the other resembles none.
UNKNOWN = (
    ("Вяземский муниципальный округ", "МБОУ СШ номер 1 с кадетскими классами"),
    ("Ельнинский", "Школа в Заозёрье"),
)


def write_own_lists(directory: Path, register: Register, truth: pd.DataFrame, seed: int, year: int) -> None:
    """Write the lists of the three years before, and the commission's decision to add a school to the middle one.

    The school stands on the next list anyway, so that the list in force is the same with this decision and without.

    Args:
        directory: the region's folder.
        register: who is who.
        truth: what `make_truth` gives.
        seed: of the lists.
        year: year of the newest results.
    """
    lists = {past: past_list(register, truth, seed, past) for past in range(year - 3, year)}
    for past, listed in lists.items():
        write_reference(directory / "decisions" / "lists" / f"{past}.csv", listed)
    moved = set(register.lineage["school_id"]) | set(register.lineage["successor_id"].dropna())
    added = min(set(lists[year - 1]["school_id"]) - set(lists[year - 2]["school_id"]) - moved)
    decision = {
        "school_id": [added],
        "year": [year - 2],
        "action": ["include"],
        "who": ["Комиссия министерства (ДЕМО)"],
        "date": [f"{year - 2}-11-14"],
        "why": ["возражение школы принято: часть её результатов поступила после приказа (выдуманный протокол)"],
    }
    write_reference(directory / "decisions" / "commission.csv", pd.DataFrame(decision))


def write_federal_lists(directory: Path, register: Register, truth: pd.DataFrame, seed: int, year: int) -> None:
    """Write the federal lists of the last two years and the list of schools with signs of bias.

    Args:
        directory: the region's folder.
        register: who is who.
        truth: what `make_truth` gives.
        seed: of the noise and the dirt.
        year: year of the newest results.
    """
    folder = directory / "decisions" / "lists"
    rng = stream(seed, "federal lists")
    for low_year in (year - 1, year):
        rows = [[*row] for row in _low_rows(register, truth, low_year, rng)]
        if low_year == year:
            write_workbook(folder / f"federal_low_{low_year}.xlsx", {"Список": [[DEMO_NOTE], HEADER, *rows]})
        else:
            write_csv(folder / f"federal_low_{low_year}.csv", [HEADER, *rows], encoding="cp1251")
    sheet = [[DEMO_NOTE], *_bias_header(), *_bias_rows(register, truth, year, rng)]
    write_workbook(folder / f"federal_bias_{year}.xlsx", {"Признаки": sheet})


def _low_rows(register: Register, truth: pd.DataFrame, year: int, rng: np.random.Generator) -> list[Row]:
    """The truly lowest schools of a year seen through noise, of all kinds; some rows twice, two names nobody knows."""
    known = truth[truth["year"] == year].merge(register.operating(year), on="school_id")
    seen = known["true_log_rate"] + rng.normal(0, LOW_NOISE_SD, len(known))
    listed = known[seen.rank(ascending=False, method="first") <= LOW_COUNT].sort_values("school_id")
    rows = [_named(register, school_id, year) for school_id in listed["school_id"]]
    repeated = sorted(rng.choice(len(rows), REPEATED_COUNT, replace=False))
    strangers = [(year, None, area, name) for area, name in UNKNOWN]
    return [*rows, *(rows[place] for place in repeated), *strangers]


def _bias_header() -> list[Row]:
    """Subjects over grades, as the federal file prints them."""
    top: list[object] = [*HEADER]
    for subject in SUBJECTS:
        top += [subject, *[None] * (len(GRADES) - 1)]
    return [top, [*[None] * len(HEADER), *GRADES * len(SUBJECTS)]]


def _bias_rows(register: Register, truth: pd.DataFrame, year: int, rng: np.random.Generator) -> list[Row]:
    """Most of the schools that inflate marks and some that do not, each with ticks; one school's ticks in two rows."""
    known = truth[truth["year"] == year].merge(register.operating(year), on="school_id").sort_values("school_id")
    order = known["is_inflated"].astype(float) + rng.random(len(known)) * 1.2
    listed = known[order.rank(ascending=False, method="first") <= BIAS_COUNT]
    rows: list[Row] = []
    for school in records(listed):
        is_set = rng.random(len(SUBJECTS) * len(GRADES)) < MARK_SHARE
        is_set[rng.integers(len(is_set))] = True
        rows.append((*_named(register, school["school_id"], year), *(1 if tick else None for tick in is_set)))
    first = rows[0]
    other = [1 if cell is None else None for cell in first[len(HEADER) :]]
    return [*rows, rows[1], (*first[: len(HEADER)], *other)]


def _named(register: Register, school_id: str, year: int) -> Row:
    """A school as a federal list names it: year, login, municipality, short name."""
    school = register.schools.set_index("school_id").loc[school_id]
    place = place_of(str(school["municipality_id"]))
    return (
        year,
        register.code("fisoko", year).get(school_id),
        place.name_in(year),
        short_name(str(school["school_name"])),
    )
