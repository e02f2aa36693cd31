"""The confirmation of data («Выверка данных»): what a form is, how it is known when it comes back, what answers mean.

Who writes forms, who reads them back and who judges them all mean the same by what stands here. A form is known by its
hidden `ConfirmId`, never by the name of its file; the figures of a school by their digest.
"""

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import pandas as pd

from pipeline.russian import PROCEDURES, procedure_label, subject_label
from pipeline.schema import records
from pipeline.tables.orders import CONFIRMATIONS

ID_SHEET = "shnro_confirm"
ID_KEYS = ("region", "municipality", "year", "checksum")
TITLE_SHEET = "Выверка данных"
# What stands in the hidden column A: what a sheet is, what a row is.
ANSWERS_MARK = "answers"
SCHOOL_MARK = "school:"
OBJECTIONS_MARK = "objections"
CELL_CODE = re.compile(r"(\d{4})/([^/]+)/([^/]+)/([^/]+)")
ANSWERS: Mapping[str, str] = {"confirmed": "подтверждаю", "disagreed": "не согласен"}
STATUS_TITLES: Mapping[str, str] = {
    "confirmed": "подтверждено",
    "disagreed": "не согласны",
    "not_confirmed": "не подтверждено",
}
# What an objection may be about -> the column of results; None: not a figure, the commission is only informed.
INDICATORS: Mapping[str, str | None] = {
    "Участников": "tested_count",
    "Низких результатов": "low_count",
    "Отсутствовали": "absent_count",
    "Включение в перечень": None,
    "Другое": None,
}
FIGURES = ("tested_count", "low_count", "absent_count")
HASH_LENGTH = 16
FORBIDDEN_IN_SHEETS = re.compile(r"[\[\]:*?/\\'«»„“”\"\x00-\x1f]")
MAX_SHEET_NAME = 31


@dataclass(frozen=True)
class SchoolFigures:
    """The figures that one school is asked to confirm.

    Args:
        school_id, school_name: whose they are.
        cells: its own rows of `RESULTS`, in the order of the form; the row of number 1 first.
    """

    school_id: str
    school_name: str
    cells: pd.DataFrame

    @property
    def digest(self) -> str:
        """What tells these figures from others."""
        rows = [(cell_code(row), *(row[name] for name in FIGURES)) for row in records(self.cells)]
        return figures_digest(self.school_id, rows)


@dataclass(frozen=True)
class ConfirmForm:
    """One workbook: a municipality and its schools.

    Args:
        region_name: the region that asks; forms of another one are refused.
        municipality_id, municipality_name: who gets it.
        year: year of decision.
        schools: the schools in the order of the sheets.
        deadline: until when it comes back; None where nothing is said.
        is_demo: marks every sheet as made up.
    """

    region_name: str
    municipality_id: str
    municipality_name: str
    year: int
    schools: tuple[SchoolFigures, ...]
    deadline: date | None = None
    is_demo: bool = False

    @property
    def form_id(self) -> "ConfirmId":
        """What the form carries hidden."""
        digests = {school.school_id: school.digest for school in self.schools}
        return ConfirmId(self.region_name, self.municipality_id, self.year, digests)


@dataclass(frozen=True)
class ConfirmId:
    """The identity of a form.

    Args:
        region_name, municipality_id, year: whose it is and of which year.
        digests: school_id -> digest of the figures that the school was shown.
    """

    region_name: str
    municipality_id: str
    year: int
    digests: Mapping[str, str]

    @property
    def rows(self) -> list[tuple[str, str]]:
        """What the hidden sheet says, key and value; the checksum shows whether a hand has changed it."""
        told = (self.region_name, self.municipality_id, str(self.year))
        schools = [(SCHOOL_MARK + school_id, digest) for school_id, digest in sorted(self.digests.items())]
        checksum = _digest([*told, *(f"{key}={digest}" for key, digest in schools)])
        return [*zip(ID_KEYS, (*told, checksum), strict=True), *schools]


@dataclass(frozen=True)
class ObjectionLine:
    """What a school writes in one line for objections, as it stands in the cells."""

    row: object = None
    indicator: object = None
    value: object = None
    ground: object = None
    document: object = None


def parse_confirm_id(cells: Mapping[str, str]) -> ConfirmId | None:
    """The identity that a hidden sheet tells; None where it was changed by hand or is not whole."""
    region_name, municipality_id, year, _ = (cells.get(key, "") for key in ID_KEYS)
    if not year.isdigit():
        return None
    digests = {key.removeprefix(SCHOOL_MARK): told for key, told in cells.items() if key.startswith(SCHOOL_MARK)}
    found = ConfirmId(region_name, municipality_id, int(year), digests)
    return found if dict(found.rows) == {key: told for key, told in cells.items() if key} else None


def cell_code(row: Mapping[str, object]) -> str:
    """The code of a result cell on a school's sheet: «2026/vpr/mat/4»."""
    return f"{row['year']}/{row['procedure']}/{row['subject']}/{row['grade']}"


def cell_words(year: object, procedure: str, subject: str, grade: str) -> str:
    """A result cell as people name it: «2026 год, ВПР, математика, 4 класс»."""
    return f"{year} год, {procedure_label(procedure)}, {subject_label(subject)}, {grade} класс"


def figures_digest(school_id: str, rows: Iterable[Sequence[object]]) -> str:
    """What tells the figures of a school from others: its code, and code and counts of every cell, in any order."""
    told = sorted("|".join(_count_text(value) for value in row) for row in rows)
    return _digest([school_id, *told])


def school_figures(
    results: pd.DataFrame, schools: pd.DataFrame, municipality_id: str, years: range
) -> tuple[SchoolFigures, ...]:
    """The figures of each school of a municipality: its own cells of the years, newest first.

    Args:
        results: `RESULTS`.
        schools: who is asked (`SCHOOLS`), in the order of the sheets.
        municipality_id: the municipality.
        years: years of results that are shown.
    """
    order = {code: place for place, code in enumerate(PROCEDURES)}
    own = schools[schools["municipality_id"] == municipality_id]
    shown = results[results["year"].isin(list(years)) & results["school_id"].isin(own["school_id"])]
    shown = shown.assign(
        newest=-shown["year"],
        place=shown["procedure"].map(order).fillna(len(order)),
        label=shown["subject"].map(subject_label),
        level=pd.to_numeric(shown["grade"], errors="coerce"),
    ).sort_values(["newest", "place", "procedure", "label", "level", "grade"], kind="stable")
    by_school = dict(list(shown.drop(columns=["newest", "place", "label", "level"]).groupby("school_id")))
    return tuple(
        SchoolFigures(row["school_id"], row["school_name"], by_school.get(row["school_id"], results.iloc[:0]))
        for row in records(own)
    )


def sheet_name(number: int, school_name: str) -> str:
    """The name of a school's sheet: «3. МБОУ Средняя школа № 2», at most 31 signs."""
    told = " ".join(FORBIDDEN_IN_SHEETS.sub(" ", school_name).split())
    return f"{number}. {told}"[:MAX_SHEET_NAME].rstrip()


def judge_answers(
    answers: pd.DataFrame, objections: pd.DataFrame, schools: pd.DataFrame, loads: Mapping[str, str], year: int
) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """One row per school asked (`CONFIRMATIONS`), and what is to be told of contradictory answers.

    The newest delivery counts; within one, «не согласен» counts before «подтверждаю». A line of objection means
    disagreement whatever the answer says; silence is «не подтверждено», never consent.

    Args:
        answers: `RETURNED_ANSWERS`.
        objections: `RETURNED_OBJECTIONS`.
        schools: who is asked (`SCHOOLS`).
        loads: file -> date of its delivery.
        year: year of decision.
    """
    lines = objections.groupby("school_id").size()
    rank = answers.assign(load=answers["file_id"].map(loads), weight=answers["status_code"].eq("disagreed"))
    last = rank.sort_values(["school_id", "load", "weight", "file_id"]).drop_duplicates("school_id", keep="last")
    told = {row["school_id"]: row for row in records(last)}
    differing = answers.groupby("school_id")["status_code"].nunique()
    rows, remarks = [], []
    for school in records(schools):
        school_id = school["school_id"]
        answer, count = told.get(school_id), int(lines.get(school_id, 0))
        said = answer["status_code"] if answer else "not_confirmed"
        status = "disagreed" if count else said
        name = f"{school['school_name']} ({school_id})"
        if differing.get(school_id, 0) > 1:
            remarks.append(f"{name}: ответы в разных файлах расходятся; учтён: {ANSWERS[said]}")
        if count and said != "disagreed":
            words = f"ответ «{ANSWERS[said]}»" if answer else "ответа нет"
            remarks.append(f"{name}: {words}, но есть возражения; учтено: {ANSWERS['disagreed']}")
        if said == "disagreed" and not count:
            remarks.append(f"{name}: «не согласен», но возражений, которые можно записать, нет; уточните у школы")
        rows.append(
            {
                "year": year,
                "school_id": school_id,
                "municipality_id": school["municipality_id"],
                "status_code": status,
                "objection_count": count,
                "source_text": f"{answer['file_id']}, лист «{answer['sheet_name']}»" if answer else None,
            }
        )
    return CONFIRMATIONS.conform(pd.DataFrame(rows)) if rows else CONFIRMATIONS.empty(), tuple(remarks)


def _count_text(value: object) -> str:
    """A cell's value for the digest: 12 and 12.0 are one number, a missing count is blank."""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return "" if value is None else str(value)


def _digest(told: Iterable[str]) -> str:
    return hashlib.sha256("\x1f".join(told).encode()).hexdigest()[:HASH_LENGTH]
