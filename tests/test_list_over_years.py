"""Six Septembers in a row: each list is the list in force of the next; every step against section 4 said once more.

The second statement of the rules is plain Python over dictionaries, school by school, and shares nothing with
`pipeline.selection` but the numbers of the edition. T itself is taken from the model.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from pipeline import deciding, methodology
from pipeline.lineage import carry_over
from pipeline.methodology import Methodology
from pipeline.tables.orders import COMMISSION_DECISIONS, PAST_LIST
from pipeline.tables.reference import SCHOOL_LINEAGE, SCHOOLS
from pipeline.tables.results import RESULTS

SCHOOL_COUNT, PLACES = 80, 10
WALKED = {
    "stays", "stays_unseen", "left_by_rank", "left_by_results", "left_for_good", "entered_by_probability",
    "tie_block", "tie_break", "tie_lost", "beyond_capacity", "not_operating", "listed_needs_expert",
    "commission_include", "commission_exclude",
}  # fmt: skip
YEARS, SEPTEMBERS = range(2018, 2027), range(2021, 2027)
EVENING, CLOSED, MERGED, SUCCESSOR = "s00", "s01", "s02", "s03"
MERGER_YEAR = 2024

EDITION = methodology.load()
METHOD = replace(EDITION, selection=replace(EDITION.selection, capacity=PLACES, tie_width=0.1))


@dataclass(frozen=True)
class Facts:
    """What section 4 looks at of one school."""

    t: float
    t_now: float | None
    tie: tuple[float, float, float]
    is_thin: bool
    is_recent: bool


@dataclass(frozen=True)
class Verdict:
    """Who is on the list and who left it, as section 4 has it."""

    selected: frozenset[str]
    stayed: frozenset[str]
    left: frozenset[str]
    left_for_good: frozenset[str]
    experts: frozenset[str]


def made_up_results(seed: int) -> pd.DataFrame:
    """Results of schools whose level drifts; some are tiny, some miss a year."""
    rng = np.random.default_rng(seed)
    rows = []
    for number in range(SCHOOL_COUNT):
        level, size = rng.normal(0, 0.5), rng.integers(2, 60)
        for year in YEARS:
            level = 0.8 * level + rng.normal(0, 0.35)
            is_missing = rng.random() < 0.06
            for subject, rate in (("rus", 0.12), ("mat", 0.18)):
                tested = int(rng.poisson(size))
                low = int(rng.binomial(tested, min(0.9, rate * np.exp(level))))
                if not is_missing and tested:
                    rows.append((f"s{number:02d}", "m1", year, "oge", subject, "9", tested, low))
    columns = ["school_id", "municipality_id", "year", "procedure", "subject", "grade", "tested_count", "low_count"]
    return RESULTS.conform(pd.DataFrame(rows, columns=columns))


def register() -> pd.DataFrame:
    ids = [f"s{number:02d}" for number in range(SCHOOL_COUNT)]
    last_years = {CLOSED: MERGER_YEAR - 1, MERGED: MERGER_YEAR - 1}
    frame = pd.DataFrame({"school_id": ids, "school_name": ids, "municipality_id": "m1"})
    kinds = ["evening" if i == EVENING else "ordinary" for i in ids]
    return SCHOOLS.conform(frame.assign(kind_code=kinds, valid_to_year=[last_years.get(i) for i in ids]))


def a_list(ids: frozenset[str]) -> pd.DataFrame:
    return PAST_LIST.conform(pd.DataFrame({"school_id": sorted(ids)}, dtype="str"))


def commission(year: int, listed: frozenset[str]) -> pd.DataFrame:
    """In 2024 one school of the list is excluded and one school is included."""
    excluded = min(listed - {EVENING, CLOSED, MERGED}, default="s10")
    rows = [(excluded, 2024, "exclude"), ("s79" if excluded != "s79" else "s78", 2024, "include")]
    frame = pd.DataFrame(rows if year == 2024 else [], columns=["school_id", "year", "action"])
    return COMMISSION_DECISIONS.conform(frame.assign(who="комиссия", date="2024-09-02", why="проверка"))


def facts_of(fitted: pd.DataFrame) -> dict[str, Facts]:
    found = {}
    for row in fitted.to_dict("records"):
        t_now = row["current_year_probability"]
        found[row["school_id"]] = Facts(
            t=round(row["probability"], 9),
            t_now=None if pd.isna(t_now) else float(t_now),
            tie=(row["low_years_count"], row["low_count"] - row["expected_low_count"], row["tested_count"]),
            is_thin=bool(row["is_thin"]),
            is_recent=bool(row["is_recent"]),
        )
    return found


def section_four(
    facts: Mapping[str, Facts],
    operating: frozenset[str],
    in_force: frozenset[str] | None,
    before: frozenset[str],
    actions: Mapping[str, str],
    method: Methodology,
) -> Verdict:
    """The list of a September, school by school."""
    rules = method.selection
    judged = {s: f for s, f in facts.items() if s in operating and not f.is_thin and f.is_recent}
    in_order = sorted(judged, key=lambda s: (-judged[s].t, *(-x for x in judged[s].tie), s))
    listed = in_force or frozenset()

    def leaves(school: str) -> bool:
        f = judged[school]
        if f.t_now is None:
            return False
        is_far = in_order.index(school) + 1 > rules.stay_rank_factor * PLACES
        return is_far or (f.t < rules.stay_probability and f.t_now < rules.stay_year_probability)

    free = [s for s in in_order if s not in actions]
    stayed = frozenset(s for s in free if s in listed and not leaves(s))
    left = frozenset(s for s in free if s in listed) - stayed
    chosen = {s for s, action in actions.items() if action == "include"} | stayed
    waiting = [s for s in free if s not in listed and judged[s].t >= rules.borderline_probability]
    chosen |= filled(waiting, judged, len(chosen), rules.tie_width, rules.tie_capacity_factor)
    selected = frozenset(chosen)
    gone = left - selected
    long_gone = frozenset() if in_force is None else before - listed
    hopeless = frozenset(s for s in gone if judged[s].t < rules.watch_probability)
    out_again = frozenset(s for s in long_gone if s in judged and s not in selected and s not in actions)
    return Verdict(selected, stayed, gone, hopeless | out_again, operating - frozenset(judged) - selected)


def filled(waiting: list[str], judged: Mapping[str, Facts], taken: int, width: float, factor: float) -> frozenset[str]:
    """Who of the waiting, best first, gets the places that are left."""
    places = max(0, PLACES - taken)
    if places == 0 or len(waiting) <= places:
        return frozenset(waiting[:places])

    def gap(school: str) -> float:
        return round(judged[school].t - judged[waiting[places - 1]].t, 9)

    if -gap(waiting[places]) >= width:
        return frozenset(waiting[:places])
    above = [s for s in waiting if gap(s) >= width]
    block = [s for s in waiting if -width < gap(s) < width]
    if taken + len(above) + len(block) <= round(factor * PLACES, 9):
        return frozenset(above + block)
    block.sort(key=lambda s: (*(-x for x in judged[s].tie), s))
    return frozenset(above + block[: places - len(above)])


def case_of(
    year: int, results: pd.DataFrame, in_force: frozenset[str], before: frozenset[str], final: Mapping[str, str]
) -> deciding.Case:
    """The facts of a September: the results of merged schools go to their successors, as the intake does it."""
    lineage = pd.DataFrame({"school_id": [MERGED], "successor_id": [SUCCESSOR], "from_year": [MERGER_YEAR]})
    lineage = SCHOOL_LINEAGE.conform(lineage.assign(lineage_kind="merged"))
    known = results[(results["year"] <= year) & ~((results["school_id"] == MERGED) & (results["year"] >= MERGER_YEAR))]
    homes = {f"s{number:02d}": "m1" for number in range(SCHOOL_COUNT)}
    return deciding.make_case(
        year, carry_over(known, dict(final), homes), register(), lineage, a_list(in_force), a_list(before),
        commission(year, in_force),
    )  # fmt: skip


def open_schools(year: int) -> frozenset[str]:
    schools = register()
    is_open = schools["valid_to_year"].isna() | (schools["valid_to_year"] >= year)
    return frozenset(schools.loc[is_open & (schools["kind_code"] == "ordinary"), "school_id"])


def having(selection: pd.DataFrame, code: str) -> frozenset[str]:
    """The schools with a reason."""
    return frozenset(selection.index[selection["reason_codes"].str.split(";").map(lambda codes: code in codes)])


def walked(seed: int) -> Counter[str]:
    """How often each reason was given on the way; fails where a list is not what section 4 says."""
    results, lists = made_up_results(seed), [frozenset[str](), frozenset[str]()]
    met: Counter[str] = Counter()
    for year in SEPTEMBERS:
        before, in_force = lists[-2:]
        if year == MERGER_YEAR:  # both were on the list when they ceased to exist
            in_force |= {CLOSED, MERGED}
        final = {MERGED: SUCCESSOR} if year >= MERGER_YEAR else {}
        case = case_of(year, results, in_force, before, final)
        fitted = deciding.fit(case, METHOD).table
        selection = deciding.choose(case, METHOD, fitted).set_index("school_id")

        listed, listed_before = (frozenset(final.get(i, i) for i in ids) for ids in (in_force, before))
        actions = dict(zip(case.decisions["school_id"], case.decisions["action"], strict=True))
        said = section_four(
            facts_of(fitted), open_schools(year), listed if in_force else None, listed_before, actions, METHOD
        )
        selected, experts = (
            frozenset(selection.index[selection["status_code"] == code]) for code in ("selected", "insufficient_data")
        )
        assert (selected, experts) == (said.selected, said.experts), year
        assert having(selection, "stays") == said.stayed, year
        assert having(selection, "left_list") == said.left, year
        assert having(selection, "left_for_good") == said.left_for_good, year
        assert listed <= frozenset(selection.index), "a listed school has vanished"
        if year == MERGER_YEAR:  # from now on nothing comes of one school of the list
            silent = selection.loc[sorted(selected), "probability"].idxmax()
            results = results[(results["school_id"] != silent) | (results["year"] <= year)]
        met.update(code for codes in selection["reason_codes"] for code in codes.split(";"))
        lists.append(selected)
    return met


def test_six_septembers_follow_section_four_in_three_regions() -> None:
    met = walked(1) + walked(2) + walked(3)
    # The walk has met what it is meant to check.
    assert set(met) >= WALKED, WALKED - set(met)
