"""The form of a school's programme as data: its identity, its parts and what stands in a filled line.

Who writes the form and who reads it back mean the same by what stands here. A form is known by its hidden sheet, never
by the name of its file; a line by the number of its cause, which the hidden sheet resolves.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import pandas as pd

from pipeline.questionnaire import file_stem

FORM_KIND = "programme"
ID_SHEET = "shnro_programme"
ID_KEYS = ("kind", "region", "school", "list_year", "causes", "checksum")
MEASURES_SHEET = "shnro_measures"  # the roadmap's measures, for the drop-down list
GUIDE_SHEET, FORM_SHEET = "Как заполнить", "Программа"
SIDE_SHEETS = (ID_SHEET, MEASURES_SHEET, GUIDE_SHEET)  # nothing is filled in there

NUMBER_HEADER = "№ причины"
# What a school fills in: header of the column -> name of the entry.
ENTRIES: Mapping[str, str] = {
    "Мера школы": "measure",
    "Ответственный: должность или подразделение": "responsible",
    "Срок": "due",
    "Показатель: по чему увидим выполнение": "indicator",
    "Целевое значение": "target",
}
HASH_LENGTH = 12
LIST_MONTH = 9  # the list is made in September and in force to the next August


@dataclass(frozen=True)
class ProgrammeId:
    """What a form carries hidden.

    Args:
        region_name: the region that asks; forms of another one are foreign.
        school_id: the school.
        list_year: year of the list and of its register of causes.
        cause_codes: the causes of the form in their order: the first is № 1.
    """

    region_name: str
    school_id: str
    list_year: int
    cause_codes: tuple[str, ...]

    @property
    def rows(self) -> list[tuple[str, str]]:
        """What the hidden sheet says, key and value; the checksum shows whether a hand has changed it."""
        told = (FORM_KIND, self.region_name, self.school_id, str(self.list_year), ";".join(self.cause_codes))
        checksum = hashlib.sha256("\x1f".join(told).encode()).hexdigest()[:HASH_LENGTH]
        return list(zip(ID_KEYS, (*told, checksum), strict=True))


@dataclass(frozen=True)
class ProgrammeForm:
    """The form of one school.

    Args:
        form_id: what it carries hidden.
        school_name, municipality_name: as printed on it.
        causes: rows of `REGISTER_OF_CAUSES` of the school in the order of `form_id.cause_codes`.
        measures: the roadmap's measures as a drop-down offers them (`offered`).
        is_demo: marks everything as made up.
    """

    form_id: ProgrammeId
    school_name: str
    municipality_name: str
    causes: pd.DataFrame
    measures: Sequence[str]
    is_demo: bool = False


@dataclass(frozen=True)
class ProgrammeLine:
    """What a school writes in one line, as it stands in the cells; `number` is that of the cause."""

    number: object = None
    measure: object = None
    responsible: object = None
    due: object = None
    indicator: object = None
    target: object = None


def parse_programme_id(cells: Mapping[str, str]) -> ProgrammeId | None:
    """The identity that a hidden sheet tells, key -> value; None where it was changed by hand or is not whole."""
    _, region_name, school_id, list_year, causes, _ = (cells.get(key, "") for key in ID_KEYS)
    if not list_year.isdigit():
        return None
    found = ProgrammeId(region_name, school_id, int(list_year), tuple(part for part in causes.split(";") if part))
    return found if dict(found.rows) == {key: cells.get(key, "") for key in ID_KEYS} else None


def in_force(list_year: int) -> tuple[date, date]:
    """The first and the last day on which the list of a year is in force: measures of a programme lie within."""
    return date(list_year, LIST_MONTH, 1), date(list_year + 1, LIST_MONTH - 1, 31)


def offered(number: int, title: str) -> str:
    """A measure of the roadmap as the drop-down shows it: «№ 14. Повышение квалификации учителей»."""
    return f"№ {number}. {title}"


def file_name(school_id: str, school_name: str) -> str:
    """The name under which a school's form is written."""
    return f"{file_stem(school_id, school_name)} — программа.xlsx"
