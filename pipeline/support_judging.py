"""What a line of support facts means: a fact, or the first reason why it cannot be one.

A line is refused where it could not be true (a fraction of a person, a day outside the plan year, more schools than
the list has), where its school was not on the list in force that day, or where nobody can tell what it is about. The
institute may report a total without the schools or municipalities that it falls on; a municipality names its schools.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Any

import pandas as pd

from pipeline import identity
from pipeline.lineage import successor_on
from pipeline.questionnaire import plain
from pipeline.register import valid_in
from pipeline.schema import records
from pipeline.sources.grid import Cell, number, text
from pipeline.sources.support_facts import FactLine, read_day
from pipeline.support_request import MAX_QUANTITY, SupportId, plan_in_force
from pipeline.supported import served_year

MAX_EVIDENCE = 300
# People's names are dropped from what proves an event: an order has a number.
NAME_WITH_INITIALS = re.compile(
    r"\b[А-ЯЁ][а-яё]+(?:-[А-ЯЁ][а-яё]+)?\s+[А-ЯЁ]\.\s*(?:[А-ЯЁ]\.)?|\b[А-ЯЁ]\.\s*(?:[А-ЯЁ]\.\s*)?[А-ЯЁ][а-яё]+(?:-[А-ЯЁ][а-яё]+)?"
)
NAME_MARK = "(имя опущено)"
PLAIN_VALUE = re.compile(r"[\d\s.,;:/+–—-]{1,25}")  # of a day or a number a reject shows nothing that may be a name
SCHOOL_UNITS, MUNICIPALITY_UNITS = ("ОО", "ШНРО", "школ", "школа"), ("МО", "МОЦ")
# What may be had in parts; everything else that the roadmap counts is whole: people, schools, events, papers.
PARTED_UNIT = re.compile(r"\b(час\w*|балл\w*|процент\w*|руб\w*)\b|%", re.IGNORECASE)
# «13», «13. Повышение…», «№ 13 — повышение…», but neither «13; 14» nor «13.5»: a line is about one measure.
MEASURE_NUMBER = re.compile(
    r"(?:№|мера(?: №)?)?\s*(\d{1,3})(?:[.):]\s*|\s+|$)(?:[–—-]?\s*[^\d\s,;/+&–—-].*)?", re.IGNORECASE | re.DOTALL
)
CODE_IN_BRACKETS = re.compile(r"\(([^()]+)\)$")


@dataclass(frozen=True)
class Verdict:
    """What a line means: the values of a fact (`SUPPORT_FACTS` without its place), or why it is none."""

    values: Mapping[str, Any] | None = None
    reason_code: str = ""
    column_name: str = ""
    value: Cell = None
    is_service: bool = False


class RefusedLineError(Exception):
    """The first thing that is wrong with a line; never leaves this module."""

    def __init__(self, verdict: Verdict) -> None:
        self.verdict = verdict
        super().__init__(verdict.reason_code)


@dataclass(frozen=True)
class Question:
    """What lines are judged by.

    Args:
        plan_year: calendar year of the roadmap.
        day: the day of which is told; later events do not count yet.
        measures: `MEASURES`, of any plans.
        supported: `SUPPORTED_SCHOOLS`.
        register: who is who.
    """

    plan_year: int
    day: date
    measures: pd.DataFrame
    supported: pd.DataFrame
    register: identity.Register
    names: Mapping[tuple[str, str], str] = field(default_factory=dict)

    @cached_property
    def plan(self) -> dict[int, dict[str, Any]]:
        """Number -> measure of the plan in force."""
        return {measure["number"]: measure for measure in records(plan_in_force(self.measures, self.plan_year))}

    @cached_property
    def numbers(self) -> dict[str, int]:
        """Compared title -> number of the measure."""
        return {plain(measure["title_ru"]): found for found, measure in self.plan.items()}

    @cached_property
    def listed(self) -> dict[int, frozenset[str]]:
        """Year of a list -> the schools on it."""
        years = {int(year) for year in self.supported["list_year"]}
        return {year: frozenset(self.supported.loc[self.supported["list_year"] == year, "school_id"]) for year in years}

    @cached_property
    def areas(self) -> dict[str, str]:
        """Name or code of a municipality -> its id."""
        return identity.municipality_index(self.register.municipalities)

    @cached_property
    def homes(self) -> dict[str, str]:
        """school_id -> municipality_id."""
        schools = self.register.schools
        return dict(zip(schools["school_id"], schools["municipality_id"], strict=True))

    @cached_property
    def working_schools(self) -> frozenset[str]:
        """The schools that work in the plan year."""
        return frozenset(valid_in(self.register.schools, self.plan_year)["school_id"])

    @cached_property
    def municipality_count(self) -> int:
        """Municipalities of the plan year."""
        return int(valid_in(self.register.municipalities, self.plan_year)["municipality_id"].nunique())


def recognise_schools(lines: Iterable[FactLine], register: identity.Register, year: int) -> dict[tuple[str, str], str]:
    """Which school each way of naming one means: (municipality as written, school as written) -> school_id."""
    codes = {code.lower() for code in (*register.schools["school_id"], *register.school_codes["code"])}
    own = dict(zip(register.schools["school_id"].str.lower(), register.schools["school_id"], strict=True))
    told = sorted({(text(line.municipality), text(line.school)) for line in lines if text(line.school)})
    if not told:
        return {}
    found = [_code_of(school, codes) for _, school in told]
    named = pd.DataFrame(
        {
            "code_kind": identity.ANY_KIND,
            "code_text": [own.get(code.lower(), code) for code in found],
            "school_text": [school if not code else "" for (_, school), code in zip(told, found, strict=True)],
            "municipality_text": [municipality for municipality, _ in told],
            "year": year,
            "file_id": "",
        }
    )
    recognised = identity.recognise(identity.references({"support": named}), register, year)
    schools = identity.attach(named, recognised)["school_id"]
    return {place: str(school) for place, school in zip(told, schools, strict=True) if isinstance(school, str)}


def judge_line(line: FactLine, form_id: SupportId | None, question: Question) -> Verdict:
    """The fact that a line tells, or the first reason why it tells none.

    Args:
        line: the line.
        form_id: whose form it stands in; None for a plain table of facts, which counts as the institute's.
        question: what lines are judged by; its `names` come from `recognise_schools`.
    """
    if line.is_footer:
        return Verdict(reason_code="footer_row", is_service=True)
    own_id = form_id.unit if form_id and form_id.provider_code == "municipality" else None
    try:
        measure = _measure(line, question)
        quantity = _quantity(line, measure)
        day = _day(line, question)
        municipality_id, school_id = _place(line, measure, day, own_id, question)
        if quantity > (ceiling := _ceiling(measure, day, municipality_id, school_id, question)):
            raise _reject("more_than_possible", "quantity", f"{quantity:g} > {ceiling}")
    except RefusedLineError as reject:
        return reject.verdict
    return Verdict(
        {
            "plan_year": question.plan_year,
            "list_year": served_year(day),
            "measure_number": measure["number"],
            "provider_code": "municipality" if own_id else "institute",
            "municipality_id": municipality_id,
            "school_id": school_id,
            "fact_date": pd.Timestamp(day),
            "quantity": quantity,
            "evidence_text": NAME_WITH_INITIALS.sub(NAME_MARK, text(line.evidence))[:MAX_EVIDENCE] or None,
            "is_counted": True,
            "left_out_code": None,
        }
    )


def _reject(reason_code: str, column_name: str, value: Cell = None, *, is_service: bool = False) -> RefusedLineError:
    return RefusedLineError(Verdict(None, reason_code, column_name, value, is_service))


def _plain_value(cell: Cell) -> Cell:
    """A cell as a reject may show it: digits and signs, no words."""
    return cell if PLAIN_VALUE.fullmatch(text(cell)) else None


def _code_of(school: str, codes: set[str]) -> str:
    """The code in a school's text, in brackets at its end or alone; empty where there is none."""
    bracketed = CODE_IN_BRACKETS.search(school)
    candidates = (school, bracketed[1].strip() if bracketed else "")
    return next((code for code in candidates if code.lower() in codes), "")


def _measure(line: FactLine, question: Question) -> dict[str, Any]:
    """The measure, by its number at the beginning or by its whole title."""
    told = text(line.measure)
    if not told:
        raise _reject("missing_value", "measure_number")
    found = MEASURE_NUMBER.fullmatch(told)
    key = int(found[1]) if found else question.numbers.get(plain(told), 0)
    if key not in question.plan:
        raise _reject("unknown_measure", "measure_number", _plain_value(told))
    return question.plan[key]


def _day(line: FactLine, question: Question) -> date:
    """The day of the event, within the plan year and not after the day of which is told."""
    if line.day is None:
        raise _reject("missing_value", "fact_date")
    day = read_day(line.day)
    if day is None:
        raise _reject("not_a_date", "fact_date", _plain_value(line.day))
    if day.year != question.plan_year:
        raise _reject("outside_plan_year", "fact_date", day.isoformat())
    if day > question.day:
        raise _reject("after_day", "fact_date", day.isoformat())
    return day


def _quantity(line: FactLine, measure: Mapping[str, Any]) -> float:
    """How much, in the measure's unit: not below zero, whole where whole things are counted."""
    if line.quantity is None:
        raise _reject("missing_value", "quantity")
    quantity = number(line.quantity)
    if quantity is None:
        raise _reject("not_a_number", "quantity", _plain_value(line.quantity))
    if quantity < 0:
        raise _reject("below_minimum", "quantity", line.quantity)
    if quantity == 0 and line.day is None:
        # «0» says that nothing took place: no event, and nothing wrong.
        raise _reject("nothing_happened", "quantity", line.quantity, is_service=True)
    if quantity % 1 and not PARTED_UNIT.search(measure["target_unit_ru"]):
        raise _reject("part_of_a_whole", "quantity", line.quantity)
    return quantity


def _place(
    line: FactLine, measure: Mapping[str, Any], day: date, own_id: str | None, question: Question
) -> tuple[str | None, str | None]:
    """Municipality and school of the event, as the level of its measure wants them."""
    if own_id and measure["level"] == "region":
        raise _reject("not_asked", "measure_number", measure["number"])
    named_id = _municipality(line, question)
    school_id = _school(line, day, question)
    home_id = question.homes[school_id] if school_id else None
    if measure["level"] == "school":
        if school_id is None and own_id:
            raise _reject("no_school", "school_id")
        if school_id is not None and school_id not in question.listed.get(served_year(day), frozenset()):
            raise _reject("outside_list", "school_id", line.school)
    told = {place for place in (own_id, named_id, home_id) if place}
    if len(told) > 1:
        raise _reject("other_municipality", "municipality_id", line.school or line.municipality)
    return next(iter(told), None), school_id


def _municipality(line: FactLine, question: Question) -> str | None:
    """The municipality that a line names; None where it names none."""
    told = text(line.municipality)
    if not told:
        return None
    found = identity.area_of(told, question.areas)
    if found is None:
        raise _reject("unknown_municipality", "municipality_id", told)
    return found


def _school(line: FactLine, day: date, question: Question) -> str | None:
    """The school that a line names, or the one that carries it on; None where it names none."""
    told = text(line.school)
    if not told:
        return None
    found = question.names.get((text(line.municipality), told))
    if found is None:
        raise _reject("unknown_school", "school_id", told)
    if found in question.listed.get(served_year(day), frozenset()):
        return found
    # A list names the successor of a school that has merged since: it inherits the facts.
    return successor_on(question.register.school_lineage, found, question.day) or found


def _ceiling(
    measure: Mapping[str, Any], day: date, municipality_id: str | None, school_id: str | None, question: Question
) -> int:
    """How much one event can be: one school or municipality where it is named, else as many as there are."""
    unit = measure["target_unit_ru"]
    if unit in MUNICIPALITY_UNITS:
        return 1 if municipality_id else question.municipality_count
    if unit not in SCHOOL_UNITS:
        return MAX_QUANTITY
    if school_id:
        return 1
    listed = question.listed.get(served_year(day), frozenset())
    among = listed if measure["level"] == "school" else question.working_schools
    return sum(municipality_id in (None, question.homes[school]) for school in among)
