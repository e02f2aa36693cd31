"""What would have to be different for the decision to change: found by really deciding again, never by a formula.

The school's own numbers (or the places, or a rule) are changed, everything else stays, the model learns its parameters
anew and the choice is made as the list itself was.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache, cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from pipeline import deciding
from pipeline.deciding import Case
from pipeline.expected import SLICE_KEY, StabilityFit, pool_cells, without
from pipeline.methodology import Methodology
from pipeline.schema import records

Integers = npt.NDArray[np.int64]

MOST_PLACES_FACTOR = 2
MOST_PUPILS = 100_000  # more pupils than this in one school and year would not be advice


@dataclass(frozen=True)
class Outcome:
    """How it came out for the school: its row of `SELECTION`; a trial leaves out the reasons that change no status."""

    row: dict[str, Any]

    @property
    def is_selected(self) -> bool:
        """Whether the school is on the list."""
        return bool(self.row["status_code"] == "selected")

    @property
    def reason_codes(self) -> tuple[str, ...]:
        """Codes of `reasons.REASON_CODES`."""
        return tuple(str(self.row["reason_codes"]).split(";"))


@dataclass(frozen=True)
class OtherCounts:
    """The least change of the school's low results that changes the decision.

    Args:
        years: the years whose results change.
        change: low results more (above 0) or fewer (below 0).
        outcome: the decision with the change.
    """

    years: tuple[int, ...]
    change: int
    outcome: Outcome


@dataclass(frozen=True)
class OtherPlaces:
    """The nearest number of places with which the decision would be the other one."""

    capacity: int
    outcome: Outcome


class Question:
    """One school and the facts of the decision, ready to be decided again with something changed.

    Args:
        case: the facts of the list as it was made.
        method: the edition with the places of the list.
        fit: the model of the list.
        school_id: the school.
    """

    def __init__(self, case: Case, method: Methodology, fit: StabilityFit, school_id: str) -> None:
        # Results outside the pool and of later years decide nothing: without them every trial is quicker.
        known = case.results[case.results["year"] <= case.year]
        self.case = replace(case, results=pool_cells(known, method.pool).reset_index(drop=True))
        self.method, self.fit, self.school_id = method, fit, school_id

    @cached_property
    def own_cells(self) -> pd.DataFrame:
        """One row per cell of the school that takes part, with the index of the case's results."""
        own = self.case.results[self.case.results["school_id"] == self.school_id]
        own = without(own, self.case.set_aside(self.method, self.fit.table))
        used = self.fit.rates.loc[self.fit.rates["is_used"], list(SLICE_KEY)]
        marked = own.merge(used, on=list(SLICE_KEY), how="left", indicator=True)
        is_used = ((marked["_merge"] == "both") & (marked["tested_count"] > 0)).to_numpy(dtype=bool)
        return own[is_used].sort_values(list(SLICE_KEY))

    @property
    def years(self) -> tuple[int, ...]:
        """Years of the counted window in which the school has cells that take part, oldest first."""
        first = self.case.year - self.method.stability.window_years + 1
        return tuple(sorted({int(year) for year in self.own_cells["year"] if year >= first}))

    def decide(self, case: Case, method: Methodology | None = None) -> Outcome:
        """The decision about the school on other facts, or with another number of places."""
        method = method or self.method
        fitted = deciding.fit(case, method).table
        chosen = deciding.choose(case, method, fitted, is_explained=False)
        return Outcome(records(chosen[chosen["school_id"] == self.school_id])[0])

    def with_other_low(self, years: Sequence[int], change: int) -> Case:
        """The case with more or fewer low results of the school in the years, spread over its cells in proportion."""
        cells = self.own_cells[self.own_cells["year"].isin(years)]
        moved = spread(_room(cells, change), abs(change)) * (1 if change > 0 else -1)
        low = self.case.results["low_count"].copy()
        low.loc[cells.index] = low.loc[cells.index] + moved
        return replace(self.case, results=self.case.results.assign(low_count=low))


def spread(room: Integers, count: int) -> Integers:
    """How many of `count` fall to each place in proportion to its room, never more than the room.

    One more never takes any from a place: the units are dealt out by the method of Webster.
    """
    place = np.repeat(np.arange(len(room)), room)
    within = np.concatenate([np.arange(size) for size in room]) if len(room) else np.array([])
    order = np.lexsort((place, (within + 0.5) / room[place]))
    return np.bincount(place[order[:count]], minlength=len(room)).astype("int64")


def other_counts(question: Question, years: tuple[int, ...], is_selected: bool) -> OtherCounts | None:
    """The least change of the low results of the years that turns the decision; None where no change does.

    Args:
        question: the school.
        years: years whose results change together.
        is_selected: how it is decided: fewer low results are tried for a selected school, more for another one.
    """
    sign = -1 if is_selected else 1
    cells = question.own_cells[question.own_cells["year"].isin(years)]

    @cache
    def decided(count: int) -> Outcome:
        return question.decide(question.with_other_low(years, sign * count))

    room = int(_room(cells, sign).sum())
    least = least_that(lambda count: decided(count).is_selected != is_selected, room, _likely_change(question, years))
    return None if least is None else OtherCounts(years, sign * least, decided(least))


def other_places(question: Question, is_selected: bool, place: int) -> OtherPlaces | None:
    """The largest number of places that leaves a selected school out, or the smallest that takes another one in.

    No more than twice the places are tried: a longer list would be another undertaking.

    Args:
        question: the school.
        is_selected: how it is decided.
        place: the school's place by T, near which the search begins.
    """
    now = question.method.selection.capacity
    most = min(MOST_PLACES_FACTOR * now, len(question.fit.table) - 1)
    step = -1 if is_selected else 1

    @cache
    def decided(change: int) -> Outcome:
        return question.decide(question.case, question.method.with_capacity(now + step * change))

    room = now - 1 if is_selected else most - now
    least = least_that(lambda change: decided(change).is_selected != is_selected, room, abs(place - now))
    return None if least is None else OtherPlaces(now + step * least, decided(least))


def without_list(question: Question) -> Outcome | None:
    """The decision if the school were not on the list in force; None where there is no such list."""
    listed = question.case.list_in_force
    if listed is None:
        return None
    return question.decide(replace(question.case, list_in_force=listed[listed["school_id"] != question.school_id]))


def without_commission(question: Question) -> Outcome:
    """The decision if the commission had decided nothing about the school."""
    decisions = question.case.decisions
    return question.decide(replace(question.case, decisions=decisions[decisions["school_id"] != question.school_id]))


def missing_pupils(question: Question) -> tuple[int, int] | None:
    """The year of decision and how many more tested pupils would make the data enough, at the region's rates.

    They are added to the cells of the school's newest year, in the year of decision; None where that has no such cell
    or where no number is enough.
    """
    cells = question.own_cells
    if cells.empty:
        return None
    newest = cells[cells["year"] == cells["year"].max()]
    rates = question.fit.rates[(question.fit.rates["year"] == question.case.year) & question.fit.rates["is_used"]]
    wanted = newest[["procedure", "subject", "grade", "tested_count", "municipality_id"]].merge(
        rates[["procedure", "subject", "grade", "low_rate"]], on=["procedure", "subject", "grade"]
    )
    if wanted.empty:
        return None

    def is_enough(count: int) -> bool:
        fitted = deciding.fit(_with_more_pupils(question, wanted, count), question.method).table
        row = fitted[fitted["school_id"] == question.school_id]
        return bool((row["is_recent"] & ~row["is_thin"]).any())

    least = least_that(is_enough, MOST_PUPILS)
    return None if least is None else (question.case.year, least)


def least_that(holds: Callable[[int], bool], most: int, guess: int = 1) -> int | None:
    """The least count from 1 to `most` from which on something holds; None where it does not hold up to `most`.

    What is asked changes once on the way; where it changed twice, the count found still is one at which it holds and
    right below which it does not.

    Args:
        holds: what is asked; an answer is dear.
        most: the last count that makes sense.
        guess: where the change may be: the nearer, the fewer answers are needed.
    """
    if most < 1:
        return None
    below, enough = 0, most + 1
    count = min(max(guess, 1), most)
    step = max(1, guess // 8)
    while enough - below > 1:
        if holds(count):
            enough = count
        else:
            below = count
        if enough > most:
            count, step = min(below + step, most), 2 * step
        elif below == 0 and enough - step > 0:
            count, step = enough - step, 2 * step
        else:
            count = (below + enough) // 2
    return None if enough > most else enough


def _likely_change(question: Question, years: tuple[int, ...]) -> int:
    """About how many low results of the years lie between the school and the border: where the search begins."""
    table, years_of = question.fit.table, question.fit.years
    own = table[table["school_id"] == question.school_id].iloc[0]
    border = table["index"].loc[table["probability"].nlargest(question.method.selection.capacity).index[-1]]
    weights = years_of.loc[(years_of["school_id"] == question.school_id) & years_of["year"].isin(years), "weight"]
    evidence = abs(float(own["index"] - border)) * float(own["effective_expected"] + question.fit.prior)
    return round(evidence / max(float(weights.mean()), 0.01)) if len(weights) else 1


def _room(cells: pd.DataFrame, change: int) -> Integers:
    """How many low results each cell can gain, or lose where the change is below 0."""
    low = cells["low_count"].to_numpy(dtype="int64")
    return cells["tested_count"].to_numpy(dtype="int64") - low if change > 0 else low


def _with_more_pupils(question: Question, wanted: pd.DataFrame, count: int) -> Case:
    """The case with so many more tested pupils in the year of decision, low as often as in the region."""
    more = spread(wanted["tested_count"].to_numpy(dtype="int64") * count, count)
    added = wanted.assign(
        school_id=question.school_id,
        year=question.case.year,
        low_count=np.rint(more * wanted["low_rate"].to_numpy()).astype("int64"),
        tested_count=more,
    ).drop(columns="low_rate")
    both = pd.concat([question.case.results, added[more > 0]], ignore_index=True)
    sums = both.groupby(["school_id", *SLICE_KEY], as_index=False, sort=True)[["tested_count", "low_count"]].sum()
    homes = both.drop_duplicates(["school_id", *SLICE_KEY])[["school_id", *SLICE_KEY, "municipality_id"]]
    return replace(question.case, results=sums.merge(homes, on=["school_id", *SLICE_KEY]))
