"""What the monitoring of support asks, and of whom: the plan in force, units, printed lines, identity of a form.

Who writes forms, who reads them back and who judges their lines all mean the same by what stands here. A form is known
by its hidden `SupportId`, never by the name of its file; a measure by its number at the beginning of its label.
"""

import hashlib
import re
import textwrap
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import pandas as pd

from pipeline.schema import records
from pipeline.tables.support import PERIODS, PROVIDERS

ID_SHEET = "shnro_support"
ID_KEYS = ("region", "year", "period", "provider", "unit", "checksum")
LISTS_SHEET = "shnro_lists"  # what the drop-down lists offer
GUIDE_SHEET, KNOWN_SHEET, MEASURES_SHEET = "Как заполнить", "Уже известно", "Меры"
SIDE_SHEETS = (GUIDE_SHEET, KNOWN_SHEET, MEASURES_SHEET, LISTS_SHEET)  # no answers
PRINTED_MARK = "line"  # in the hidden column A: the line was printed with its measure and place
# Columns of lines as a form prints them.
MEASURE_HEADER, MUNICIPALITY_HEADER, SCHOOL_HEADER = "Мера", "Муниципальное образование", "Школа"
WHEN_HEADER, DATE_HEADER, QUANTITY_HEADER = "Срок", "Дата", "Количество"
UNIT_HEADER, EVIDENCE_HEADER = "Единица", "Чем подтверждается"

MUNICIPAL_UNIT = "МОЦ"  # how the roadmap calls the unit of every municipality
PERIOD_TITLES: Mapping[str, str] = {"june": "июнь", "november": "ноябрь"}
PERIOD_SPANS: Mapping[str, str] = {"june": "январь — июнь", "november": "январь — ноябрь"}
PERIOD_ENDS: Mapping[str, tuple[int, int]] = {"june": (6, 30), "november": (11, 30)}
MONTHS = (
    "январь", "февраль", "март", "апрель", "май", "июнь", "июль", "август", "сентябрь", "октябрь", "ноябрь", "декабрь",
)  # fmt: skip
SCHEDULE_WORDS: Mapping[str, str] = {"by_schedule": "по плану-графику", "all_year": "в течение года"}
LEVEL_SHEETS: Mapping[str, str] = {"school": "Школы", "municipality": "Муниципалитеты", "region": "Регион"}
OWN_SHEET = "Муниципалитет"  # the sheet of its own measures in a municipality's form
MAX_LABEL = 116  # signs of a measure's label: a spreadsheet does not look up texts of more than 255
MAX_QUANTITY = 5_000  # of one event in one place; more is a slip of the hand, such as a telephone in the wrong column
HASH_LENGTH = 16
_SPAN = re.compile(r"\s*(\d+)\s*(?:-\s*(\d+)\s*)?")


@dataclass(frozen=True)
class SupportId:
    """What a form carries hidden.

    Args:
        region_name: the region that asks; forms of another one are refused.
        plan_year: calendar year of the roadmap.
        period: one of `PERIODS`.
        provider_code: one of `PROVIDERS`.
        unit: code of the municipality, or name of the institute's unit.
    """

    region_name: str
    plan_year: int
    period: str
    provider_code: str
    unit: str

    @property
    def parts(self) -> tuple[str, ...]:
        """What the hidden sheet says, in the order of `ID_KEYS`; the checksum shows whether a hand has changed it."""
        told = (self.region_name, str(self.plan_year), self.period, self.provider_code, self.unit)
        return (*told, hashlib.sha256("\x1f".join(told).encode()).hexdigest()[:HASH_LENGTH])


@dataclass(frozen=True)
class Unit:
    """Who is asked: a municipality or a unit of the institute.

    Args:
        provider_code: one of `PROVIDERS`.
        name: the municipality's name, or the unit's as the roadmap calls it.
        municipality_id: of a municipality; None for the institute.
    """

    provider_code: str
    name: str
    municipality_id: str | None = None

    @property
    def code(self) -> str:
        """What the form of the unit carries as `SupportId.unit`."""
        return self.municipality_id or self.name


@dataclass(frozen=True)
class PrintedLine:
    """A line that stands in a form already: what is to be dated and counted, and where.

    Args:
        measure: the measure, a row of `MEASURES` as a mapping.
        when: when the roadmap wants it, Russian.
        school: the school, a row of `SUPPORTED_SCHOOLS` as a mapping; None where the level is not the school.
        municipality: code and name; None where the level is the region or the form is a municipality's own.
    """

    measure: Mapping[str, Any]
    when: str
    school: Mapping[str, Any] | None = None
    municipality: tuple[str, str] | None = None


@dataclass(frozen=True)
class Entry:
    """What somebody writes in a line, as it stands in the cells: for filled forms of the made-up region and tests."""

    measure_number: int
    date: object = None
    quantity: object = None
    evidence: object = None
    school_id: str | None = None
    municipality_id: str | None = None


@dataclass(frozen=True)
class SupportForm:
    """One workbook.

    Args:
        form_id: what it carries hidden.
        unit: who gets it.
        measures: the measures that it may report (`MEASURES`), in the order of their numbers.
        lines: level -> printed lines; a level that the unit does not report is absent.
        schools: schools that a free line may name (`SUPPORTED_SCHOOLS`, a row per school), in the order of their names.
        former: codes of the schools that only the earlier list of the year has: their events ended in August.
        municipalities: code -> name that a free line of the institute may name.
        known: facts of the plan year that are counted already (`SUPPORT_FACTS`).
        list_note: what is to be said of the list, Russian; empty where it is signed.
        deadline: until when it comes back; None where nothing is said.
        is_demo: marks every sheet as made up.
    """

    form_id: SupportId
    unit: Unit
    measures: pd.DataFrame
    lines: Mapping[str, tuple[PrintedLine, ...]]
    schools: pd.DataFrame
    former: frozenset[str]
    municipalities: Mapping[str, str]
    known: pd.DataFrame
    list_note: str = ""
    deadline: date | None = None
    is_demo: bool = False

    @property
    def is_municipal(self) -> bool:
        """Whether a municipality gets it."""
        return self.unit.municipality_id is not None


def period_end(plan_year: int, period: str) -> date:
    """The day of which a period tells where nobody names another: 30 June or 30 November of the plan year."""
    return date(plan_year, *PERIOD_ENDS[period])


def parse_support_id(cells: Mapping[str, str]) -> SupportId | None:
    """The identity that a hidden sheet tells, key -> value; None where it was changed by hand or is not whole."""
    region_name, year, period, provider_code, unit, checksum = (cells.get(key, "") for key in ID_KEYS)
    if not (year.isascii() and year.isdigit()) or period not in PERIODS or provider_code not in PROVIDERS:
        return None
    found = SupportId(region_name, int(year), period, provider_code, unit)
    return found if found.parts[-1] == checksum else None


def plan_in_force(measures: pd.DataFrame, plan_year: int) -> pd.DataFrame:
    """One row per measure of the newest plan that is not later than the year (`MEASURES`), by number."""
    known = measures[measures["plan_year"] <= plan_year]
    newest: pd.DataFrame = known[known["plan_year"] == known["plan_year"].max()]
    return newest.sort_values("number").reset_index(drop=True)


def responsible_units(responsible: str) -> tuple[str, ...]:
    """The units of a measure: «МОЦ; СОИРО» is two."""
    return tuple(part.strip() for part in responsible.split(";") if part.strip())


def institute_units(measures: pd.DataFrame) -> tuple[str, ...]:
    """The units of the institute that carry out measures of the plan, in the order in which it names them first."""
    named = [unit for told in measures["responsible_ru"] for unit in responsible_units(told)]
    return tuple(dict.fromkeys(unit for unit in named if unit != MUNICIPAL_UNIT))


def asked_units(measures: pd.DataFrame, municipalities: Mapping[str, str]) -> tuple[Unit, ...]:
    """Everybody who is asked: the municipalities (code -> name, in their order), then the units of the institute."""
    towns = [Unit("municipality", name, code) for code, name in municipalities.items()]
    return (*towns, *(Unit("institute", name) for name in institute_units(measures)))


def unit_measures(measures: pd.DataFrame, unit: Unit) -> pd.DataFrame:
    """The measures that a unit reports: a municipality those of its schools and its own, others what they carry out."""
    if unit.provider_code == "municipality":
        return measures[measures["level"].isin(["school", "municipality"])]
    return measures[[unit.name in responsible_units(told) for told in measures["responsible_ru"]]]


def measure_label(number: int, title: str) -> str:
    """A measure as forms print it: «13. Повышение квалификации руководителей…»."""
    return textwrap.shorten(f"{number}. {title}", MAX_LABEL, placeholder=" …")


def school_label(school_id: str, school_name: str) -> str:
    """A school as forms print it: «МБОУ «Школа № 1» (S012)»."""
    return f"{school_name} ({school_id})"


def event_slots(measure: Mapping[str, Any]) -> tuple[tuple[int, str], ...]:
    """First month and words of each time at which the roadmap wants a measure.

    One for a window of months, a schedule or the whole year; one for each of several events («3;4-6;8;10» is four).
    """
    kind, months = measure["schedule_kind"], measure["months"]
    spans = [_SPAN.fullmatch(part) for part in str(months or "").split(";")]
    found = [(int(span[1]), int(span[2] or span[1])) for span in spans if span]
    if kind in SCHEDULE_WORDS or not found:
        return ((1, SCHEDULE_WORDS.get(kind, SCHEDULE_WORDS["by_schedule"])),)
    if kind == "window":
        return ((found[0][0], _months_text(found[0][0], found[-1][1])),)
    return tuple((first, _months_text(first, last)) for first, last in found)


def begun_slots(measure: Mapping[str, Any], period: str) -> tuple[str, ...]:
    """Words of the times of a measure that have begun by the end of a period."""
    last_month = PERIOD_ENDS[period][0]
    return tuple(words for month, words in event_slots(measure) if month <= last_month)


def when_text(measure: Mapping[str, Any]) -> str:
    """When the roadmap wants a measure, all its times: «март; апрель — июнь; август; октябрь»."""
    return "; ".join(words for _, words in event_slots(measure))


def printed_lines(
    measures: pd.DataFrame, unit: Unit, schools: pd.DataFrame, municipalities: Mapping[str, str], period: str
) -> dict[str, tuple[PrintedLine, ...]]:
    """Level -> printed lines of a unit's form: only what has begun by the period; a later thing fits a free line.

    Args:
        measures: the measures that the unit reports (`unit_measures`).
        unit: who gets the form.
        schools: the schools of the newest list (`SUPPORTED_SCHOOLS`) that concern the unit, in the order of the form.
        municipalities: code -> name, for the institute.
        period: one of `PERIODS`.
    """
    begun = [(measure, slots) for measure in records(measures) if (slots := begun_slots(measure, period))]
    by_level = {level: [found for found in begun if found[0]["level"] == level] for level in LEVEL_SHEETS}
    rows = records(schools)
    is_own = unit.provider_code == "municipality"
    # A municipality goes school by school, a unit measure by measure: it has the list of those who came.
    pairs = (
        [(measure, school) for school in rows for measure, _ in by_level["school"]]
        if is_own
        else [(measure, school) for measure, _ in by_level["school"] for school in rows]
    )
    places: Iterable[tuple[str, str] | None] = (None,) if is_own else tuple(municipalities.items())
    lines = {
        "region": [PrintedLine(measure, words) for measure, slots in by_level["region"] for words in slots],
        "municipality": [
            PrintedLine(measure, words, municipality=place)
            for measure, slots in by_level["municipality"]
            for words in slots
            for place in places
        ],
        "school": [PrintedLine(measure, when_text(measure), school=school) for measure, school in pairs],
    }
    reported = set(measures["level"])
    return {level: tuple(found) for level, found in lines.items() if level in reported}


def _months_text(first: int, last: int) -> str:
    names = [MONTHS[month - 1] for month in (first, last) if 1 <= month <= len(MONTHS)]
    return " — ".join(dict.fromkeys(names))
