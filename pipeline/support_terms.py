"""When a measure of the roadmap is due, and what state it is in on a day (methodology 8).

The day of judgement is over: its events count, and a term that ends on it has ended.
"""

import calendar
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from pipeline.errors import ConfigError
from pipeline.methodology.rules import SupportRules

LIST_MONTH = 9  # the list of a year is made in September and in force to August of the next one


@dataclass(frozen=True)
class Term:
    """The months of a measure in a plan year.

    Args:
        kind: window, events, by_schedule or all_year.
        slots: first and last day of each slot in order; only `events` have more than one.
        due: the last day of the due month.
    """

    kind: str
    slots: tuple[tuple[date, date], ...]
    due: date

    def has_begun(self, day: date) -> bool:
        """Whether anything could have been asked for by the day."""
        return day >= self.slots[0][0]

    def slot_of(self, day: date) -> int:
        """The slot that an event of a day fills: the one begun last; before the first one, the first."""
        return max(sum(first <= day for first, _ in self.slots) - 1, 0)

    def due_count(self, day: date) -> int:
        """How many slots have ended by the day."""
        return sum(last <= day for _, last in self.slots)

    def elapsed_share(self, day: date) -> float:
        """How much of the time from the first day to the due day has passed, 0–1."""
        first = self.slots[0][0]
        return min(max(((day - first).days + 1) / ((self.due - first).days + 1), 0.0), 1.0)


@dataclass(frozen=True)
class Progress:
    """How far one goal has come by a day.

    Args:
        is_done: target and coverage are reached, in every slot that asks for them.
        missed_count: slots that have ended without what they ask for.
        done_share: the smaller of the shares of target and coverage; None where nothing is asked.
        event_count: counted events.
        is_reported: somebody could have told of it: a form came back, or there is an event.
    """

    is_done: bool
    missed_count: int
    done_share: float | None
    event_count: int
    is_reported: bool


def term_of(measure: Mapping[str, Any], plan_year: int) -> Term:
    """The term of a row of `MEASURES` in a plan year.

    Raises:
        ConfigError: the months of the row cannot be read.
    """
    kind, due_month = measure["schedule_kind"], int(measure["due_month"])
    due = _month_end(plan_year, due_month)
    if kind not in ("window", "events"):
        return Term(kind, ((date(plan_year, 1, 1), due),), due)
    months = [_months(part, measure) for part in str(measure["months"] or "").split(";") if part.strip()]
    if not months or (kind == "window" and months[0][0] > due_month):
        _refuse_months(measure)
    if kind == "window":
        return Term(kind, ((date(plan_year, months[0][0], 1), due),), due)
    slots = tuple((date(plan_year, first, 1), _month_end(plan_year, last)) for first, last in sorted(months))
    return Term(kind, slots, max(due, slots[-1][1]))


def status(term: Term, day: date, progress: Progress, rules: SupportRules) -> str:
    """The state of a measure on a day, one of `STATUSES`.

    done: target and coverage are reached. not_due: its months have not begun, or it has no months of its own and
    nothing has come yet. no_data: its months have begun and nobody who reports on it has. overdue: the due day is over.
    late: an ended slot lacks what it asks for, or a measure of the whole year has less than its share of the time
    passed. on_track: all else.
    """
    if progress.is_done:
        return "done"
    if not term.has_begun(day):
        return "on_track" if progress.event_count else "not_due"
    if not progress.is_reported:
        return "no_data"
    if day >= term.due:
        return "overdue"
    if term.kind == "by_schedule":
        return "on_track" if progress.event_count else "not_due"
    if progress.missed_count or _is_behind(term, day, progress, rules):
        return "late"
    return "on_track"


def risks(status_code: str, term: Term, day: date, progress: Progress, rules: SupportRules) -> tuple[str, ...]:
    """Why a measure may not be done by the end of the year, codes of `RISKS`; empty: nothing speaks for it."""
    if status_code in ("overdue", "late"):
        return (status_code,)
    if status_code == "no_data":
        return ("nobody_reported",)
    is_near = term.has_begun(day) and (term.due - day).days <= rules.near_days
    if status_code != "done" and is_near and (progress.done_share or 0.0) < rules.near_done_share:
        return ("due_near",)
    return ()


def _is_behind(term: Term, day: date, progress: Progress, rules: SupportRules) -> bool:
    """Whether a measure of the whole year has less than its share of the time that has passed."""
    if term.kind != "all_year" or progress.done_share is None:
        return False
    elapsed = term.elapsed_share(day)
    return elapsed >= rules.pace_from_share and progress.done_share < rules.pace_share * elapsed


def _months(part: str, measure: Mapping[str, Any]) -> tuple[int, int]:
    """First and last month of «3» or «4-6»."""
    first, _, last = part.strip().partition("-")
    last = last or first
    if not (first.isdigit() and last.isdigit() and 1 <= int(first) <= int(last) <= 12):
        _refuse_months(measure)
    return int(first), int(last)


def _refuse_months(measure: Mapping[str, Any]) -> None:
    raise ConfigError(
        f"Месяцы меры {measure['number']} не понятны: «{measure['months'] or ''}»",
        where="reference/measures.csv, столбец months",
        remedy="впишите месяцы через «;», промежуток через «-», например 3;4-6;8;10, не позже крайнего месяца",
    )


def _month_end(year: int, month: int) -> date:
    return date(year, month, calendar.monthrange(year, month)[1])
