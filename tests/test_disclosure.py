"""Nothing hidden in the public table can be reckoned from it: attacks by linear programs on random and big regions."""

import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from depth import examples
from disclosure_attack import attack, truth_of, wanted
from hypothesis import Phase, example, given, settings
from hypothesis import strategies as st

from pipeline import disclosure, methodology, stages
from pipeline.store import Store
from pipeline.tables.disclosed import PUBLIC_RESULTS
from pipeline.tables.results import RESULTS

RULES = methodology.load().disclosure
# Sizes as they are met: many around the smallest shown number, some with no or only low results.
school = st.integers(1, 60).flatmap(
    lambda tested: st.tuples(st.just(tested), st.one_of(st.integers(0, tested), st.sampled_from([0, tested])))
)
regions = st.lists(st.lists(school, min_size=1, max_size=4), min_size=1, max_size=5)


def results_of(region: list[list[tuple[int, int]]], grades: tuple[str, ...] = ("9",)) -> pd.DataFrame:
    """Results in one subject; `region` holds (tested, low) of the schools of every municipality."""
    rows = [
        {
            "school_id": f"s{area:02d}{number:02d}", "municipality_id": f"m{area:02d}", "year": 2026,
            "procedure": "oge", "subject": "mat", "grade": grades[number % len(grades)],
            "tested_count": tested, "low_count": low,
        }
        for area, schools in enumerate(region)
        for number, (tested, low) in enumerate(schools)
    ]  # fmt: skip
    return RESULTS.conform(pd.DataFrame(rows))


def hidden_schools(rows: pd.DataFrame, number: int, state: str) -> set[str]:
    """The schools of a place whose number is hidden.

    A reader who has all of them knows the place, and rightly: what he adds to his own numbers is shown to everybody.
    """
    row = rows.loc[number]
    schools = rows[(rows["level_code"] == "school") & (rows[state] != "shown")]
    if row["level_code"] != "region":
        column = {"school": "place_id", "municipality": "municipality_id"}[row["level_code"]]
        schools = schools[schools[column] == row["place_id"]]
    return set(schools["place_id"])


def leaks(results: pd.DataFrame, *, insiders: bool = True) -> list[tuple[object, ...]]:
    """What an attacker learns: reader, place, which of its numbers, width of what is possible."""
    rows = disclosure.public_results(results, RULES)
    truth = truth_of(rows, results)
    system = attack(rows, RULES)
    is_hidden = (rows["tested_state_code"] != "shown") | (rows["low_state_code"] != "shown")
    knows_more = is_hidden & (rows["level_code"] != "region")  # whose own numbers are shown is a stranger
    readers = [-1, *np.flatnonzero(knows_more)] if insiders else [-1]
    found = []
    for reader in readers:
        known = system if reader < 0 else system.learn(reader, *truth.loc[reader])
        for unknown, width in known.narrowest(wanted(rows, truth, RULES, skipped=reader)).items():
            variable = ("tested", "low")[unknown % 2]
            places = (unknown // 2, reader if reader >= 0 else unknown // 2)
            hidden, own = (hidden_schools(rows, place, f"{variable}_state_code") for place in places)
            if reader < 0 or not hidden <= own:
                found.append((reader, rows.loc[unknown // 2, "place_id"], variable, width))
    return found


@pytest.mark.slow
@settings(max_examples=examples(13))
@given(regions)
def test_no_hidden_number_of_any_region_is_known_closely_to_a_stranger_or_to_a_neighbour(region) -> None:
    assert leaks(results_of(region)) == []


@settings(phases=[Phase.explicit])  # the random ones are slow: above
@given(regions)
@example([[(9, 9)], [(9, 0)], [(40, 12)]])
@example([[(1, 0)], [(15, 0)], [(15, 0), (15, 0)]])
@example([[(4, 0), (5, 5), (100, 30)], [(200, 50)], [(300, 90)], [(30, 0)]])
def test_no_hidden_number_is_known_closely_to_a_stranger_or_to_a_neighbour(region: list[list[tuple[int, int]]]) -> None:
    assert leaks(results_of(region)) == []


@pytest.mark.slow
@settings(max_examples=examples(10))
@given(regions)
def test_grades_of_the_region_give_nothing_away(region: list[list[tuple[int, int]]]) -> None:
    assert leaks(results_of(region, grades=("4", "5", "6")), insiders=False) == []


def test_the_attack_does_find_what_is_badly_hidden() -> None:
    """Small numbers alone hidden, as a careless table would have it: subtraction gives them back."""
    results = results_of([[(5, 2), (60, 20), (80, 30)], [(90, 30)]])
    rows = disclosure.public_results(results, RULES)
    truth = truth_of(rows, results)
    shown = rows.assign(
        tested_count=truth["tested_count"], low_count=truth["low_count"],
        tested_state_code="shown", low_state_code="shown",
    )  # fmt: skip
    small = shown["place_id"] == "s0000"
    shown.loc[small, ["tested_state_code", "low_state_code"]] = ["small", "hidden"]
    found = attack(shown, RULES).narrowest(wanted(shown, truth, RULES))
    assert list(found.values()) == [0.0, 0.0]


@settings(max_examples=examples(10))
@given(regions, st.randoms())
def test_what_is_hidden_does_not_depend_on_the_order_of_rows(region: list[list[tuple[int, int]]], random) -> None:
    results = results_of(region)
    order = list(range(len(results)))
    random.shuffle(order)
    told = disclosure.public_results(results, RULES)
    pd.testing.assert_frame_equal(told, disclosure.public_results(results.iloc[order], RULES))


@settings(max_examples=examples(10))
@given(regions)
def test_nothing_small_is_shown_and_a_border_tells_no_more_than_the_number_of_tested(
    region: list[list[tuple[int, int]]],
) -> None:
    rows = disclosure.public_results(results_of(region), RULES)
    least = RULES.min_shown_count
    assert (rows["tested_count"].dropna() >= least).all()
    assert (rows["low_count"].dropna() >= least).all()
    shown = rows[rows["low_count"].notna()]
    assert (shown["tested_count"] - shown["low_count"] >= least).all()
    assert rows["low_share"].notna().equals(rows["low_count"].notna())
    for name in ("below_share", "above_share"):
        bounded = rows.dropna(subset=[name])
        assert (bounded.groupby("tested_count")[name].nunique() == 1).all()


def test_a_region_without_results_has_an_empty_table() -> None:
    assert disclosure.public_results(RESULTS.empty(), RULES).equals(PUBLIC_RESULTS.empty())


def test_a_school_and_its_founder_get_their_own_rows_and_nobody_elses() -> None:
    results = results_of([[(5, 2), (60, 20)], [(90, 30)]])
    assert list(disclosure.own(results, ["s0001"])["tested_count"]) == [60]
    assert set(disclosure.own(results, {"s0000", "s0001"})["municipality_id"]) == {"m00"}
    assert disclosure.own(results, []).empty


@pytest.mark.slow
def test_the_whole_made_up_region_withstands_the_attack(demo_region: Path, tmp_path: Path) -> None:
    """350 schools, every procedure and subject of the year; strangers only, for time."""
    root = tmp_path / "region"
    shutil.copytree(demo_region, root, symlinks=True)
    run = stages.start(root, "monitoring", 2026)
    for stage in (stages.REGISTER, *stages.RESULTS_INTAKE[:3]):
        stage.run(run)
    results = Store(run).read(RESULTS)
    newest = results[(results["year"] == 2026) & (results["tested_count"] > 0)]
    blocks = dict(list(newest.groupby(["procedure", "subject"])))
    assert len(blocks) >= 5
    assert {key: leaks(cells, insiders=False) for key, cells in blocks.items()} == {key: [] for key in blocks}
