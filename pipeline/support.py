"""Plan and fact of the roadmap: by measure, by municipality, by school, and which measures are at risk (methodology 8).

Everything is judged as of one day from facts that count; nothing is divided, carried over or filled in.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from typing import Any

import pandas as pd

from pipeline.lineage import bearers_on
from pipeline.methodology.rules import SupportRules
from pipeline.register import municipality_names, valid_in
from pipeline.schema import records
from pipeline.support_goals import Event, Goal, Places, Reached, Wholes, place_goal, reached, region_goal
from pipeline.support_request import responsible_units
from pipeline.support_terms import LIST_MONTH, risks, status
from pipeline.support_words import place_remark, roadmap_remark
from pipeline.tables.support import ROADMAP_STATUS, SCHOOL_SUPPORT, SUPPORT_MONITORING

Row = dict[str, Any]


@dataclass(frozen=True)
class Support:
    """What is known of the support of a plan year on a day.

    Args:
        plan_year: calendar year of the roadmap.
        day: the day of judgement.
        measures: the measures of the plan in force (`MEASURES`).
        supported: `SUPPORTED_SCHOOLS`.
        schools: `SCHOOLS`, the register.
        municipalities: `MUNICIPALITIES`.
        facts: `SUPPORT_FACTS`.
        returns: `SUPPORT_RETURNS` of the period.
        plans: `MUNICIPAL_PLANS` of any years.
        lineage: `SCHOOL_LINEAGE`; a successor inherits the facts of the school whose place it took.
    """

    plan_year: int
    day: date
    measures: pd.DataFrame
    supported: pd.DataFrame
    schools: pd.DataFrame
    municipalities: pd.DataFrame
    facts: pd.DataFrame
    returns: pd.DataFrame
    plans: pd.DataFrame
    lineage: pd.DataFrame

    @cached_property
    def places(self) -> dict[str, str]:
        """Code -> name of every municipality of the plan year, by code."""
        names = municipality_names(self.municipalities, self.plan_year)
        return {
            code: names[code] for code in sorted(set(valid_in(self.municipalities, self.plan_year).municipality_id))
        }

    @cached_property
    def registered(self) -> dict[str, str]:
        """School -> municipality, of the schools that exist in the plan year."""
        valid = valid_in(self.schools, self.plan_year)
        return dict(zip(valid["school_id"], valid["municipality_id"], strict=True))

    @cached_property
    def lists(self) -> dict[int, dict[str, Row]]:
        """Year of the list -> school -> its row of `SUPPORTED_SCHOOLS`."""
        found: dict[int, dict[str, Row]] = {}
        for row in records(self.supported):
            found.setdefault(row["list_year"], {})[row["school_id"]] = row
        return found

    @cached_property
    def events(self) -> dict[int, list[Event]]:
        """Number of a measure -> its events that count; of a total told by its places the place still counts."""
        is_heard = self.facts["is_counted"] | (self.facts["left_out_code"] == "told_by_place").fillna(False)
        found: dict[int, list[Event]] = {}
        for row in records(self.facts[is_heard.astype(bool)]):
            day = pd.Timestamp(row["fact_date"]).date()
            event = Event(day, row["counted_quantity"] or 0.0, row["municipality_id"], row["school_id"])
            found.setdefault(row["measure_number"], []).append(event)
        return found

    @cached_property
    def bearers(self) -> dict[str, str | None]:
        """Reorganised school -> who bears its place on the day."""
        return bearers_on(self.lineage, self.day)

    @cached_property
    def returned(self) -> tuple[Places, Places]:
        """Municipalities and units of the institute that have sent a form."""
        done = self.returns[self.returns["is_returned"].astype(bool)]
        is_institute = done["provider_code"] == "institute"
        towns = done.loc[~is_institute, "municipality_id"].dropna()
        return frozenset(towns), frozenset(done.loc[is_institute, "unit_name"])

    def wanted_list(self, due_month: int) -> int:
        """The year of the list that a measure follows: the one its due month serves; before September the older one."""
        is_autumn = due_month >= LIST_MONTH and self.day >= date(self.plan_year, LIST_MONTH, 1)
        return self.plan_year if is_autumn else self.plan_year - 1

    @cached_property
    def planned(self) -> dict[tuple[int, str], float]:
        """Measure and municipality -> the plan that was set for it."""
        own = self.plans[self.plans["plan_year"] == self.plan_year]
        return {(row["measure_number"], row["municipality_id"]): row["plan_value"] for row in records(own)}


@dataclass(frozen=True)
class Judged:
    """A measure in the plan year: its row of `MEASURES`, what it asks of the region, which list it follows.

    Args:
        measure: the row.
        goal: the region's.
        wholes: all there is.
        follows_list: whether it speaks of the listed schools.
        list_year: the list; None where no list is signed.
        is_signed: whether that year's own list is; None where there is none.
    """

    measure: Row
    goal: Goal
    wholes: Wholes
    follows_list: bool
    list_year: int | None
    is_signed: bool | None

    @property
    def number(self) -> int:
        """Number of the measure."""
        return int(self.measure["number"])

    @property
    def lacks_list(self) -> bool:
        """Whether there is no list of which the measure could speak."""
        return self.follows_list and self.list_year is None


def events_of(judged: Judged, support: Support) -> list[Event]:
    """The events of a measure; what reached a school before it was reorganised has reached its listed successor."""
    listed = judged.wholes.listed
    found = []
    for event in support.events.get(judged.number, []):
        heir = support.bearers.get(event.school or "")
        is_inherited = event.school not in listed and heir in listed
        found.append(replace(event, school=heir, municipality=listed[str(heir)]) if is_inherited else event)
    return found


def judged_measures(support: Support, rules: SupportRules) -> tuple[Judged, ...]:
    """Every measure of the plan with what it asks in the plan year, by number."""
    found = []
    for measure in records(support.measures.sort_values("number")):
        wanted = support.wanted_list(int(measure["due_month"]))
        year = max((year for year in support.lists if year <= wanted), default=None)
        listed = support.lists[year] if year is not None else {}
        towns = {school: str(row["municipality_id"]) for school, row in listed.items()}
        wholes = Wholes(towns, support.registered, frozenset(support.places))
        goal = region_goal(measure, support.plan_year, wholes, rules)
        whole_list = frozenset(listed)
        named = [(goal.target_whom, measure["target_value"]), (goal.coverage_whom, measure["coverage_value"])]
        speaks = any(whom == whole_list and number == rules.whole_list_count for whom, number in named)
        is_signed = all(bool(row["is_signed"]) for row in listed.values()) and year == wanted if listed else None
        found.append(Judged(measure, goal, wholes, speaks or measure["level"] == "school", year, is_signed))
    return tuple(found)


def roadmap_status(support: Support, rules: SupportRules) -> pd.DataFrame:
    """One row per measure of the roadmap (`ROADMAP_STATUS`), also without any fact."""
    rows = [_roadmap_row(judged, support, rules) for judged in judged_measures(support, rules)]
    return ROADMAP_STATUS.conform(pd.DataFrame(rows, columns=list(ROADMAP_STATUS.column_names)))


def support_monitoring(support: Support, rules: SupportRules) -> pd.DataFrame:
    """One row per measure of the roadmap and municipality (`SUPPORT_MONITORING`), also without any fact."""
    rows = [
        _place_row(judged, place, support, rules)
        for judged in judged_measures(support, rules)
        for place in support.places
    ]
    return SUPPORT_MONITORING.conform(pd.DataFrame(rows, columns=list(SUPPORT_MONITORING.column_names)))


def school_support(support: Support, rules: SupportRules) -> pd.DataFrame:
    """One row per listed school and school-level measure (`SCHOOL_SUPPORT`); schools of both lists of the year."""
    measures = [judged for judged in judged_measures(support, rules) if judged.measure["level"] == "school"]
    newest = {school: row for year in sorted(support.lists) for school, row in support.lists[year].items()}
    rows = [
        _school_row(judged, support.lists.get(judged.list_year or 0, {}).get(school, row), support, rules)
        for judged in measures
        for school, row in sorted(newest.items())
    ]
    return SCHOOL_SUPPORT.conform(pd.DataFrame(rows, columns=list(SCHOOL_SUPPORT.column_names)))


def done_on(judged: Judged, events: Iterable[Event]) -> date | None:
    """The day on which the events reached the region's goal; None where they did not."""
    known = sorted(events, key=lambda event: event.day)
    for day in sorted({event.day for event in known}):
        told = [event for event in known if event.day <= day]
        if reached(judged.goal, told, day, judged.wholes, is_returned=True).progress.is_done:
            return day
    return None


def _roadmap_row(judged: Judged, support: Support, rules: SupportRules) -> Row:
    measure, goal, day = judged.measure, judged.goal, support.day
    events = events_of(judged, support)
    towns, units = support.returned
    heard = bool(units & set(responsible_units(measure["responsible_ru"]))) or (
        measure["level"] != "region" and bool(towns)
    )
    found = reached(goal, events, day, judged.wholes, is_returned=heard and not judged.lacks_list)
    code = status(goal.term, day, found.progress, rules)
    risk = list(risks(code, goal.term, day, found.progress, rules))
    if code != "done" and goal.term.has_begun(day) and judged.follows_list and not judged.is_signed:
        risk.append("no_list" if judged.lacks_list else "list_unsigned")
    done_date = done_on(judged, events) if code == "done" else None
    return {
        "plan_year": support.plan_year,
        "measure_number": judged.number,
        "as_of_date": day,
        "section_text": measure["section_ru"],
        "measure_text": measure["title_ru"],
        "responsible_text": measure["responsible_ru"],
        "unit_text": measure["target_unit_ru"],
        **_list(judged),
        **_progress(goal, found, day),
        "coverage_text": measure["coverage_unit_ru"],
        "municipality_count": len({event.municipality for event in events if event.municipality}),
        "school_count": len({event.school for event in events if event.school}),
        "done_date": done_date,
        "is_reported": found.progress.is_reported,
        "status_code": code,
        "is_at_risk": bool(risk),
        "risk_codes": ";".join(risk),
        "remark_text": roadmap_remark(measure, goal, found, code, done_date, _stand_in(judged, support)),
    }


def _place_row(judged: Judged, place: str, support: Support, rules: SupportRules) -> Row:
    measure, goal = judged.measure, judged.goal
    listed = frozenset(school for school, town in judged.wholes.listed.items() if town == place)
    own_schools = frozenset(school for school, town in judged.wholes.registered.items() if town == place) | listed
    plan = support.planned.get((judged.number, place))
    own = place_goal(goal, own_schools, frozenset([place]), plan)
    events = [
        event
        for event in events_of(judged, support)
        if event.municipality == place or (goal.is_for_all and event.municipality is None)
    ]
    towns, units = support.returned
    heard = bool(units & set(responsible_units(measure["responsible_ru"]))) or (
        measure["level"] != "region" and place in towns
    )
    found = reached(own, events, support.day, judged.wholes, is_returned=heard and not judged.lacks_list)
    code = status(goal.term, support.day, found.progress, rules)
    if own.target is None and own.coverage is None and found.progress.is_reported:
        code = "no_plan"
    # Where nothing is listed because nothing is signed, nobody can say whom the measure does not concern.
    concerned = plan is not None or _concerns(judged, bool(listed) or not support.lists)
    return {
        "plan_year": support.plan_year,
        "measure_number": judged.number,
        "municipality_id": place,
        "municipality_name": support.places[place],
        **_list(judged),
        "school_count": len(listed),
        **_progress(own, found, support.day),
        "is_reported": found.progress.is_reported,
        "status_code": code if concerned else "not_applicable",
        "remark_text": place_remark(measure, own, found, code, is_concerned=concerned, has_plan=plan is not None),
    }


def _concerns(judged: Judged, has_listed: bool) -> bool:
    """Whether a measure concerns a municipality: its own level does always, all else where it has listed schools.

    A measure of the region that names no coverage is carried out for the region as a whole.
    """
    level = judged.measure["level"]
    if level == "municipality":
        return True
    return has_listed and (level == "school" or judged.goal.coverage is not None)


def _school_row(judged: Judged, row: Row, support: Support, rules: SupportRules) -> Row:
    school, goal = row["school_id"], judged.goal
    own = place_goal(goal, frozenset([school]), frozenset(), None)
    events = [event for event in events_of(judged, support) if event.school == school]
    towns, units = support.returned
    heard = row["municipality_id"] in towns or bool(units & set(responsible_units(judged.measure["responsible_ru"])))
    found = reached(own, events, support.day, judged.wholes, is_returned=heard)
    code = status(goal.term, support.day, found.progress, rules)
    if own.target is None and own.coverage is None and found.progress.is_reported:
        code = "no_plan"
    is_followed = judged.list_year is not None and school in judged.wholes.listed
    return {
        "plan_year": support.plan_year,
        **{name: row[name] for name in ("list_year", "is_signed", "municipality_id", "municipality_name")},
        **{name: row[name] for name in ("school_id", "school_name")},
        "measure_number": judged.number,
        "due_date": goal.term.due,
        "event_count": len(events),
        "fact_value": sum(event.quantity for event in events) if found.progress.is_reported else None,
        "last_date": max((event.day for event in events), default=None),
        "is_reported": found.progress.is_reported,
        "status_code": code if is_followed else "not_applicable",
    }


def _list(judged: Judged) -> Row:
    """The list that a measure follows; nothing for a measure that follows none."""
    if not judged.follows_list:
        return {"list_year": None, "is_signed": None}
    return {"list_year": judged.list_year, "is_signed": judged.is_signed}


def _progress(goal: Goal, found: Reached, day: date) -> Row:
    """The columns `PROGRESS`; where nobody has told anything the fact is missing, not nothing."""
    is_known = found.progress.is_reported
    slot_count = len(goal.term.slots)
    return {
        "due_date": goal.term.due,
        "plan_value": None if goal.target is None else goal.target * (slot_count if goal.is_per_event else 1),
        "event_count": found.progress.event_count,
        "fact_value": found.value if is_known else None,
        "coverage_plan_count": goal.coverage,
        "coverage_count": found.covered_count if is_known else None,
        "done_share": found.progress.done_share if is_known else None,
        "slot_count": slot_count,
        "slot_due_count": goal.term.due_count(day),
        "slot_done_count": found.slots_done,
    }


def _stand_in(judged: Judged, support: Support) -> Mapping[str, int | None]:
    """Which list is not signed, and which stands in for it; empty where all is as it should be."""
    if not judged.follows_list or judged.is_signed:
        return {}
    wanted = support.wanted_list(int(judged.measure["due_month"]))
    years = {row["stand_in_year"] or row["list_year"] for row in support.lists.get(judged.list_year or 0, {}).values()}
    return {"wanted": wanted, "taken": min(years, default=None)}
