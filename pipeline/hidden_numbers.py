"""Which numbers of a table with totals to hide, so that no hidden one can be reckoned from those shown.

One block is one year, procedure and subject: schools add up to municipalities, municipalities to the region. Small
numbers are hidden first. Then more are hidden, the smallest places first, until every hidden number keeps a range of
possible values that is wide enough, both for a stranger and for one who knows his own school or municipality.

The range is reckoned from below: how far a number could move while the others that are hidden make up for it, nothing
shown changes and nothing leaves what is known of it. Sums that form a tree need no more than that. The numbers of
tested and of low results are bound together (low ≤ tested): the low ones move while the tested stay; the tested move
while the low ones stay, or with them.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from pipeline.methodology.rules import DisclosureRules

SHOWN, SMALL, BELOW, ABOVE, FEW, HIDDEN = "shown", "small", "below", "above", "few", "hidden"


@dataclass(frozen=True)
class Counts:
    """Places of one kind: how many were tested, how many are low, and what is told of both."""

    tested: np.ndarray
    low: np.ndarray
    tested_state: np.ndarray
    low_state: np.ndarray


@dataclass(frozen=True)
class Block:
    """Schools, the municipality (by number) that each belongs to, the municipalities, and the region (one place)."""

    schools: Counts
    area: np.ndarray
    areas: Counts
    region: Counts

    def hide_all(self, *names: str) -> None:
        """Hide the states of these names everywhere."""
        for counts in (self.schools, self.areas, self.region):
            for name in names:
                getattr(counts, name)[:] = HIDDEN


Slack = tuple[np.ndarray, np.ndarray]  # how far each number may move down and up by what is known of it alone
Move = Callable[[Counts, bool, DisclosureRules], Slack]


def first_states(tested: np.ndarray, low: np.ndarray, rules: DisclosureRules) -> Counts:
    """Numbers with those hidden that are small by themselves.

    Under the smallest shown number m nothing is told of a place; under 2 m its share is not told, whatever it is, for
    either the low or the other results are too few; else a share by m or fewer low (other) results is only bounded.
    """
    least = rules.min_shown_count
    tested_state = np.where(tested < least, SMALL, SHOWN)
    low_state = np.select(
        [tested < least, tested < 2 * least, low < least, tested - low < least], [HIDDEN, FEW, BELOW, ABOVE], SHOWN
    )
    longest = f"<U{len(HIDDEN)}"  # states are written over; numpy would cut a longer word
    return Counts(tested, low, tested_state.astype(longest), low_state.astype(longest))


def hide(tested: np.ndarray, low: np.ndarray, area: np.ndarray, rules: DisclosureRules) -> Block:
    """The block with everything hidden that has to be; where nothing helps, all of it is hidden.

    Args:
        tested: pupils tested, by school; at least 1.
        low: of them with a low result.
        area: number of the school's municipality, 0 …; every number up to the largest is used.
        rules: the smallest shown number and the narrowest allowed range.
    """
    schools = first_states(tested, low, rules)
    areas = first_states(_sums(area, tested), _sums(area, low), rules)
    region = first_states(tested.sum(keepdims=True), low.sum(keepdims=True), rules)
    block = Block(schools, area, areas, region)
    if region.tested_state[0] != SHOWN or not _protected(block, "tested_state", (_others, _together), rules):
        block.hide_all("tested_state", "low_state")
    elif not _protected(block, "low_state", (_low_alone,), rules):
        block.hide_all("low_state")
    return block


def _sums(area: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Sum of the schools of every municipality."""
    return np.bincount(area, values).astype("int64")


def _protected(block: Block, name: str, moves: tuple[Move, ...], rules: DisclosureRules) -> bool:
    """Hide more of the block, in place, until every hidden number is protected; False where that cannot be done."""
    while True:
        schools, areas, child_ranges = _widest(block, moves, rules)
        school_state, area_state = getattr(block.schools, name), getattr(block.areas, name)
        failing = (school_state != SHOWN) & (schools < _wanted(block.schools, name, rules))
        failing_areas = (area_state != SHOWN) & (areas < _wanted(block.areas, name, rules))
        if not failing.any() and not failing_areas.any():
            return True
        is_better = False
        for place in np.unique([*block.area[failing], *np.flatnonzero(failing_areas)]):
            shown = np.flatnonzero((school_state == SHOWN) & (block.area == place))
            is_narrow = failing[block.area == place].any() or child_ranges[place] < rules.min_range_count
            if is_narrow and shown.size:
                _hide_one(block.schools, name, shown)
            elif area_state[place] != HIDDEN:
                _hide_one(block.areas, name, np.array([place]))
            else:
                continue
            is_better = True
        if not is_better:  # only another municipality can help, once those hidden so far have done what they can
            others = [np.flatnonzero(area_state == SHOWN), np.flatnonzero(area_state != HIDDEN)]
            found = next((places for places in others if places.size), None)
            if found is None:
                return False
            _hide_one(block.areas, name, found)


def _wanted(counts: Counts, name: str, rules: DisclosureRules) -> np.ndarray:
    """Narrowest range that will do. Of three tested at most three are low: there, all of 0 … 3 has to be possible."""
    narrowest = np.full(len(counts.tested), rules.min_range_count)
    return np.minimum(narrowest, counts.tested) if name == "low_state" else narrowest


def _hide_one(counts: Counts, name: str, places: np.ndarray) -> None:
    """Hide the smallest of the places: the least is lost. Without the number of tested the low ones are not told."""
    place = places[np.argmin(counts.tested[places])]
    getattr(counts, name)[place] = HIDDEN
    if name == "tested_state":
        counts.low_state[place] = HIDDEN


def _widest(block: Block, moves: tuple[Move, ...], rules: DisclosureRules) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Range of every school and municipality, and of what the schools of each may do together, by the best move."""
    found = [_ranges(block, move(block.schools, True, rules), move(block.areas, False, rules)) for move in moves]
    schools, areas, children = (np.maximum.reduce(ranges) for ranges in zip(*found, strict=True))
    return schools, areas, children


def _ranges(block: Block, schools: Slack, areas: Slack) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """How wide the possible values are, for one who knows the largest of the other places in the same sum."""
    count = len(block.areas.tested)
    sums = [np.bincount(block.area, slack, minlength=count) for slack in schools]
    able = [np.minimum(own, of_schools) for own, of_schools in zip(areas, sums, strict=True)]
    school_range, area_range = np.zeros(len(block.area)), np.zeros(count)
    for side in (0, 1):  # down, then up: what one place loses the others win
        back = able[1 - side]
        from_others = back.sum() - back - _largest_other(back, np.zeros(count, int))
        area_range += np.minimum(able[side], from_others)
        back = schools[1 - side]
        from_neighbours = sums[1 - side][block.area] - back - _largest_other(back, block.area)
        reach = np.minimum(areas[side], from_others)[block.area]
        school_range += np.minimum(schools[side], reach + from_neighbours)
    return school_range, area_range, sums[0] + sums[1]


def _largest_other(values: np.ndarray, group: np.ndarray) -> np.ndarray:
    """Of every element the largest value among the others of its group; 0 where it is alone."""
    order = np.lexsort((values, group))
    ordered, groups = values[order], group[order]
    is_last = np.append(groups[1:] != groups[:-1], True)
    last = np.flatnonzero(is_last)
    before = np.maximum(last - 1, 0)
    second = np.where((last > 0) & (groups[before] == groups[last]), ordered[before], 0)
    place = np.searchsorted(groups[last], groups)
    largest = np.where(is_last, second[place], ordered[last][place])
    result = np.empty_like(largest)
    result[order] = largest
    return result


def _tested_bounds(counts: Counts, is_school: bool, rules: DisclosureRules) -> Slack:
    """Least and largest number of tested that one may think of who knows why each number is hidden.

    A municipality may be hidden for any reason, a school marked so has at least the smallest shown number.
    """
    least = rules.min_shown_count
    is_hidden = counts.tested_state == HIDDEN
    lower = np.where(is_hidden & is_school, np.minimum(least, counts.tested), 1)
    upper = np.where(is_hidden, counts.tested.sum(), least - 1)
    return lower, upper


def _low_alone(counts: Counts, is_school: bool, rules: DisclosureRules) -> Slack:
    """Slack of the number of low results while the number of tested stays."""
    least, low, tested = rules.min_shown_count, counts.low, counts.tested
    is_chosen = (counts.low_state == HIDDEN) & (counts.tested_state == SHOWN) & is_school
    lower = np.select([counts.low_state == ABOVE, is_chosen], [tested - least + 1, least], 0)
    upper = np.select([counts.low_state == BELOW, is_chosen], [least - 1, tested - least], tested)
    is_free = counts.low_state != SHOWN
    return np.where(is_free, np.maximum(low - lower, 0), 0), np.where(is_free, np.maximum(upper - low, 0), 0)


def _others(counts: Counts, is_school: bool, rules: DisclosureRules) -> Slack:
    """Slack of the number of tested while the low ones stay: those who are not low come and go."""
    return _tested_slack(counts, counts.low, is_school, rules)


def _together(counts: Counts, is_school: bool, rules: DisclosureRules) -> Slack:
    """Slack of both numbers moving together while those who are not low stay."""
    return _tested_slack(counts, counts.tested - counts.low, is_school, rules)


def _tested_slack(counts: Counts, kept: np.ndarray, is_school: bool, rules: DisclosureRules) -> Slack:
    """Slack of a hidden number of tested of whom `kept` stay."""
    lower, upper = _tested_bounds(counts, is_school, rules)
    is_free = counts.tested_state != SHOWN
    down = np.maximum(counts.tested - np.maximum(lower, kept), 0)
    return np.where(is_free, down, 0), np.where(is_free, np.maximum(upper - counts.tested, 0), 0)
