"""What a measure of the roadmap asks of the region, of a municipality and of a school, and how far events have come.

Numbers of the roadmap that mean «all» follow what there is: «50 ОО» the list in force, 350 the register, 27 the
municipalities. A target and a coverage are both needed; a regional target is never divided among municipalities.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from pipeline.methodology.rules import SupportRules
from pipeline.support_terms import Progress, Term, term_of

# Units in which places are counted; in any other unit the quantities of the events are added up.
PLACE_UNITS: Mapping[str, str] = {
    "ОО": "school", "МО": "municipality", "МОЦ": "municipality", "муниципальных координаторов": "municipality",
}  # fmt: skip
Places = frozenset[str]


@dataclass(frozen=True)
class Event:
    """A fact that counts: its day, what of it counts, and its place as narrow as it was told."""

    day: date
    quantity: float
    municipality: str | None
    school: str | None


@dataclass(frozen=True)
class Wholes:
    """All there is, as the roadmap's round numbers mean it.

    Args:
        listed: school -> municipality on the list that the measure follows; empty where no list is signed.
        registered: school -> municipality in the register of the plan year.
        municipalities: codes.
    """

    listed: Mapping[str, str]
    registered: Mapping[str, str]
    municipalities: Places


@dataclass(frozen=True)
class Goal:
    """What is asked of one place.

    Args:
        term: the months.
        is_per_event: target and coverage hold for each slot; else for the year.
        needs_slots: every slot needs an event although the target is for the year.
        counts: what the target counts: "school", "municipality", or "quantity".
        target: the number; None where none is set.
        target_whom: the places of which alone the target speaks; None: any.
        covers: what the coverage counts.
        coverage: how many places; None where the roadmap names no number.
        coverage_whom: the places that are meant; None: any.
        is_for_all: an event without a place is for every place (measures of the region).
    """

    term: Term
    is_per_event: bool
    needs_slots: bool
    counts: str
    target: float | None
    target_whom: Places | None
    covers: str
    coverage: int | None
    coverage_whom: Places | None
    is_for_all: bool


@dataclass(frozen=True)
class Reached:
    """What events have reached: the fact in the unit of the target, places covered, slots that have what they ask."""

    value: float
    covered_count: int
    slots_done: int
    progress: Progress


def region_goal(measure: Mapping[str, Any], plan_year: int, wholes: Wholes, rules: SupportRules) -> Goal:
    """What a row of `MEASURES` asks of the region in a plan year."""
    term = term_of(measure, plan_year)
    counts = PLACE_UNITS.get(str(measure["target_unit_ru"]).strip(), "quantity")
    target_whom = _whole(counts, measure["target_value"], wholes, rules)
    covers = PLACE_UNITS.get(str(measure["coverage_unit_ru"] or "").strip(), "school")
    asked = measure["coverage_value"]
    coverage_whom = None if asked is None else _whole(covers, asked, wholes, rules)
    return Goal(
        term=term,
        is_per_event=measure["target_basis"] == "event",
        needs_slots=term.kind == "events",
        counts=counts,
        target=float(measure["target_value"]) if target_whom is None else float(len(target_whom)),
        target_whom=target_whom,
        covers=covers,
        coverage=None if asked is None else int(asked) if coverage_whom is None else len(coverage_whom),
        coverage_whom=coverage_whom,
        is_for_all=measure["level"] == "region",
    )


def place_goal(goal: Goal, schools: Places, municipality: Places, plan: float | None) -> Goal:
    """What the region's goal asks of a municipality or a school: its part of «all», and a plan of its own where set.

    Args:
        goal: the region's.
        schools: the schools of the place.
        municipality: its code; empty for a school.
        plan: the plan that was set for the municipality; None where none was.
    """
    own = {"school": schools, "municipality": municipality, "quantity": frozenset[str]()}
    target_whom = None if plan is not None or goal.target_whom is None else goal.target_whom & own[goal.counts]
    coverage_whom = None if goal.coverage_whom is None else goal.coverage_whom & own[goal.covers]
    return Goal(
        term=goal.term,
        is_per_event=goal.is_per_event and plan is None,
        needs_slots=False,
        counts=goal.counts,
        target=plan if plan is not None else float(len(target_whom)) if target_whom else None,
        target_whom=target_whom,
        covers=goal.covers,
        coverage=len(coverage_whom) if coverage_whom else None,
        coverage_whom=coverage_whom,
        is_for_all=goal.is_for_all,
    )


def reached(goal: Goal, events: Iterable[Event], day: date, wholes: Wholes, *, is_returned: bool) -> Reached:
    """How far the events up to a day have come.

    Args:
        goal: what is asked.
        events: the place's; those of later days have been left out before.
        day: the day of judgement.
        wholes: all there is, for events that name no place.
        is_returned: somebody who reports on the measure has sent a form.
    """
    found = list(events)
    slots: list[list[Event]] = [[] for _ in goal.term.slots]
    for event in found:
        slots[goal.term.slot_of(event.day)].append(event)
    parts = slots if goal.is_per_event else [found]
    values = [_value(goal, part, wholes) for part in parts]
    covered = [len(_covered(goal.covers, goal.coverage_whom, part, goal, wholes)) for part in parts]
    shares = [_share(goal, value, count) for value, count in zip(values, covered, strict=True)]
    is_whole = [share is not None and share >= 1.0 for share in shares]
    is_filled = [bool(slot) for slot in slots] if goal.needs_slots and not goal.is_per_event else None
    slots_done = is_whole if goal.is_per_event else is_filled if is_filled is not None else is_whole * len(slots)
    due_count = goal.term.due_count(day) if goal.is_per_event or goal.needs_slots else 0
    return Reached(
        value=sum(values),
        covered_count=len(_covered(goal.covers, goal.coverage_whom, found, goal, wholes)),
        slots_done=sum(slots_done),
        progress=Progress(
            is_done=all(is_whole) and (is_filled is None or all(is_filled)),
            missed_count=due_count - sum(slots_done[:due_count]),
            done_share=_year_share(goal, shares),
            event_count=len(found),
            is_reported=is_returned or bool(found),
        ),
    )


def _whole(kind: str, number: object, wholes: Wholes, rules: SupportRules) -> Places | None:
    """The places that a number of the roadmap means; None where it means a number."""
    if kind == "school" and number == rules.whole_list_count:
        return frozenset(wholes.listed)
    if kind == "school" and number == rules.whole_register_count:
        return frozenset(wholes.registered)
    if kind == "municipality" and number == rules.whole_municipality_count:
        return wholes.municipalities
    return None


def _value(goal: Goal, events: list[Event], wholes: Wholes) -> float:
    """The fact in the unit of the target."""
    if goal.counts == "quantity":
        return sum(event.quantity for event in events)
    return float(len(_covered(goal.counts, goal.target_whom, events, goal, wholes)))


def _covered(kind: str, whom: Places | None, events: list[Event], goal: Goal, wholes: Wholes) -> set[str]:
    """The places that the events have reached, of those that are meant."""
    found: set[str] = set()
    for event in events:
        place = event.school if kind == "school" else event.municipality
        if place is not None:
            found.add(place)
        elif goal.is_for_all and whom is not None:
            # An event of the region that names a municipality is for its schools; one that names nothing, for all.
            where = {**wholes.registered, **wholes.listed}
            found |= {one for one in whom if event.municipality is None or where.get(one) == event.municipality}
    return found if whom is None else found & whom


def _share(goal: Goal, value: float, covered: int) -> float | None:
    """The smaller of the shares of target and coverage; None where neither is asked."""
    shares = []
    if goal.target is not None:
        # A plan of nothing is reached; an empty list is not: there is nobody yet of whom to speak.
        shares.append(value / goal.target if goal.target else float(goal.target_whom is None))
    if goal.coverage is not None:
        shares.append(covered / goal.coverage if goal.coverage else 0.0)
    return min(shares, default=None)


def _year_share(goal: Goal, shares: list[float | None]) -> float | None:
    """The share of the year: of a goal per event the mean over all its slots, else the one there is."""
    known = [share for share in shares if share is not None]
    if not known:
        return None
    return sum(min(share, 1.0) for share in known) / len(known) if goal.is_per_event else known[0]
