"""What holds for every region: the order of rows, the sum of probabilities, who can enter, stay or be lost.

The rules of selection over several Septembers: tests/test_list_over_years.py.
"""

import math
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from depth import examples
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline import deciding, methodology
from pipeline.lineage import carry_over, successors
from pipeline.methodology.rules import SelectionRules
from pipeline.posterior import cut_for, probabilities_above
from pipeline.selection import select
from pipeline.tables.decision import SELECTION, STABILITY, STATUSES
from pipeline.tables.orders import COMMISSION_DECISIONS, PAST_LIST
from pipeline.tables.reference import SCHOOL_LINEAGE, SCHOOLS
from pipeline.tables.results import RESULTS

EDITION = methodology.load()
SCHOOL_IDS = [f"s{i}" for i in range(8)]
RESULT_COLUMNS = [
    "school_id", "municipality_id", "year", "procedure", "subject", "grade", "tested_count", "low_count",
]  # fmt: skip

# d, φ and k held: what the region's history would have them be is another question than what a school's results say.
HELD = replace(
    EDITION.stability,
    is_decay_learned=False,
    min_dispersion_df=1000,
    prior_minimum=4.0,
    prior_maximum=4.0,
    slope_scale=0.0,
)


@st.composite
def regions(draw: st.DrawFn) -> pd.DataFrame:
    """Results of up to eight schools, three years, two subjects; 2026 is never empty."""
    rows = []
    for school_id in SCHOOL_IDS:
        for year in (2024, 2025, 2026):
            for subject in ("rus", "mat"):
                tested = draw(st.integers(0, 60))
                low = draw(st.integers(0, tested))
                if (year == 2026 and subject == "rus") or draw(st.booleans()):
                    rows.append((school_id, "m1", year, "vpr", subject, "5", max(tested, 1), low))
    return RESULTS.conform(pd.DataFrame(rows, columns=RESULT_COLUMNS))


def registered(ids: list[str], closed: frozenset[str] = frozenset()) -> pd.DataFrame:
    frame = pd.DataFrame({"school_id": ids, "school_name": ids, "municipality_id": "m1", "kind_code": "ordinary"})
    return SCHOOLS.conform(frame.assign(valid_to_year=[2025 if i in closed else None for i in ids]))


def listing(ids: list[str]) -> pd.DataFrame:
    return PAST_LIST.conform(pd.DataFrame({"school_id": ids}, dtype="str"))


def decided(
    results: pd.DataFrame,
    capacity: int,
    *,
    edition: methodology.Methodology = EDITION,
    schools: pd.DataFrame | None = None,
    lineage: pd.DataFrame | None = None,
    past_list: tuple[str, ...] = (),
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The model and the selection; "s9" is a school without results."""
    method = replace(edition, selection=replace(edition.selection, capacity=capacity))
    empty = COMMISSION_DECISIONS.conform(pd.DataFrame(columns=list(COMMISSION_DECISIONS.column_names)))
    no_lineage = SCHOOL_LINEAGE.conform(pd.DataFrame(columns=list(SCHOOL_LINEAGE.column_names)))
    case = deciding.make_case(
        2026,
        results,
        registered([*SCHOOL_IDS, "s9"]) if schools is None else schools,
        no_lineage if lineage is None else lineage,
        listing(list(past_list)),
        listing([]),
        empty,
    )
    table = deciding.fit(case, method).table
    return table, SELECTION.conform(deciding.choose(case, method, table))


@given(results=regions(), capacity=st.integers(1, 7), seed=st.randoms(use_true_random=False))
@settings(max_examples=examples(3), deadline=None)
def test_the_order_of_rows_never_matters_and_the_sum_is_the_capacity(
    results: pd.DataFrame, capacity: int, seed: object
) -> None:
    positions = list(range(len(results)))
    seed.shuffle(positions)  # type: ignore[attr-defined]
    table, selection = decided(results, capacity, past_list=("s1", "s2"))
    shuffled_table, shuffled_selection = decided(results.iloc[positions], capacity, past_list=("s2", "s1"))
    pd.testing.assert_frame_equal(table, shuffled_table, check_exact=True)
    pd.testing.assert_frame_equal(selection, shuffled_selection, check_exact=True)
    assert table["probability"].sum() == pytest.approx(capacity, abs=1e-8)


@given(
    results=regions(),
    capacity=st.integers(1, 6),
    year=st.sampled_from([2024, 2025, 2026]),
    share=st.floats(0.1, 1),
    school_id=st.sampled_from(SCHOOL_IDS),
)
@settings(max_examples=examples(4), deadline=None)
def test_better_results_in_any_year_never_bring_a_school_in(
    results: pd.DataFrame, capacity: int, year: int, share: float, school_id: str
) -> None:
    """The region's rates follow the better results; d, φ and k are held (docs/decisions/0013 tells why)."""
    is_better = (results["school_id"] == school_id) & (results["year"] == year)
    fewer = np.floor(results["low_count"].astype("float64") * (1 - share)).astype("int64")
    better = results.assign(low_count=results["low_count"].where(~is_better, fewer))
    held = replace(EDITION, stability=HELD)
    is_in = []
    for frame in (results, better):
        selection = decided(frame, capacity, edition=held)[1].set_index("school_id")
        is_in.append(selection.loc[school_id, "status_code"] == "selected")
    assert is_in[0] or not is_in[1]


@given(results=regions(), capacity=st.integers(1, 6), is_listed=st.booleans())
@settings(max_examples=examples(2), deadline=None)
def test_a_school_with_a_new_code_keeps_its_history_and_its_place_on_the_list(
    results: pd.DataFrame, capacity: int, is_listed: bool
) -> None:
    past = results["year"] < 2026
    recoded = results.assign(school_id=results["school_id"].where(~(past & (results["school_id"] == "s0")), "old"))
    lineage = pd.DataFrame({"school_id": ["old"], "successor_id": ["s0"], "from_year": [2026]})
    lineage = SCHOOL_LINEAGE.conform(lineage.assign(lineage_kind="merged"))
    homes = dict.fromkeys([*SCHOOL_IDS, "old"], "m1")
    carried = carry_over(recoded, successors(lineage, 2026), homes)
    schools = registered([*SCHOOL_IDS, "s9", "old"], closed=frozenset({"old"}))
    table, selection = decided(
        carried, capacity, schools=schools, lineage=lineage, past_list=("old", "s1") if is_listed else ("s1",)
    )
    plain_table, plain_selection = decided(results, capacity, past_list=("s0", "s1") if is_listed else ("s1",))
    pd.testing.assert_frame_equal(table, plain_table, check_exact=True)
    pd.testing.assert_frame_equal(selection, plain_selection, check_exact=True)


counts = st.tuples(st.floats(0, 80), st.floats(0.1, 60))


@given(
    evidence=st.lists(counts, min_size=4, max_size=30),
    prior=st.floats(0.5, 200),
    capacity=st.integers(1, 3),
    better=st.floats(0, 1),
)
@settings(max_examples=examples(30), deadline=None)
def test_fewer_low_results_never_raise_a_probability(
    evidence: list[tuple[float, float]], prior: float, capacity: int, better: float
) -> None:
    observed, expected = (np.array(values) for values in zip(*evidence, strict=True))
    improved = observed.copy()
    improved[0] *= better
    before, after = (
        probabilities_above(o + prior, expected + prior, cut_for(o + prior, expected + prior, capacity))
        for o in (observed, improved)
    )
    assert after[0] <= before[0] + 1e-9
    assert (after[1:] >= before[1:] - 1e-9).all()


places = st.fixed_dictionaries(
    {
        "probability": st.integers(0, 99).map(lambda t: t / 100),
        "low_years_count": st.integers(0, 3),
        "low_count": st.integers(0, 60),
        "current_year_probability": st.sampled_from([0.2, 0.5, 0.8, None]),
        "is_thin": st.sampled_from([False, False, False, True]),
        "is_recent": st.sampled_from([True, True, True, False]),
        "is_listed": st.booleans(),
        "is_closed": st.sampled_from([False, False, False, True]),
        "action": st.sampled_from(["", "", "", "", "include", "exclude"]),
    }
)
many_places = st.lists(places, min_size=3, max_size=14)
Places = list[dict[str, object]]


def selection_of(rows: Places, rules: SelectionRules, *, has_list: bool = True) -> pd.DataFrame:
    """The selection with the school as index; everything not given is unremarkable and the same for all."""
    unremarkable = {
        "municipality_id": "m1", "year": 2026, "tested_count": 100, "expected_low_count": 10.0,
        "effective_observed": 10.0, "effective_expected": 10.0, "index": 1.0, "index_lower": 0.8, "index_upper": 1.2,
        "reliability": 0.9, "reliability_code": "firm", "band_code": "none", "years_count": 3,
        "history_years_count": 3, "size_count": 30, "prior_mean": 1.0, "newest_expected_count": 3.0,
        "is_vpr_set_aside": False,
    }  # fmt: skip
    frame = pd.DataFrame(rows).assign(school_id=[f"s{i:02d}" for i in range(len(rows))])
    own = ["is_listed", "is_closed", "action"]
    table = STABILITY.typed(frame[~frame["is_closed"]].drop(columns=own).assign(**unremarkable))
    schools = registered(list(frame["school_id"]), frozenset(frame.loc[frame["is_closed"], "school_id"]))
    rule = pd.DataFrame({"school_id": frame["school_id"], "is_rule_low": False})
    chosen = select(
        table, schools, rule, 2026, rules, EDITION.pool,
        list_in_force=frame.loc[frame["is_listed"], ["school_id"]] if has_list else None,
        decisions=frame.loc[(frame["action"] != "") & ~frame["is_closed"], ["school_id", "action"]],
    )  # fmt: skip
    return SELECTION.conform(chosen).set_index("school_id")


@given(rows=many_places, capacity=st.integers(1, 10), factor=st.sampled_from([1.0, 1.1, 1.5]))
@settings(max_examples=examples(13), deadline=None)
def test_everyone_has_one_status_and_a_reason_and_nobody_is_lost(rows: Places, capacity: int, factor: float) -> None:
    rules = replace(EDITION.selection, capacity=capacity, tie_capacity_factor=factor)
    selection = selection_of(rows, rules)
    by_id = {f"s{i:02d}": row for i, row in enumerate(rows)}
    assert list(selection.index) == [i for i, row in by_id.items() if not row["is_closed"] or row["is_listed"]]
    for school_id, school in selection.to_dict("index").items():
        row, codes, status = by_id[str(school_id)], school["reason_codes"].split(";"), school["status_code"]
        assert status in STATUSES
        assert codes[0]
        can_be_judged = not (row["is_closed"] or row["is_thin"] or not row["is_recent"])
        if row["action"] and not row["is_closed"]:
            assert (status == "selected") == (row["action"] == "include")
        elif not can_be_judged:
            assert status == ("excluded" if row["is_closed"] else "insufficient_data")
        elif row["is_listed"]:
            # It is on the list or told to have left; no results this year never count as good ones.
            assert ("stays" in codes) != ("left_list" in codes)
            assert "left_list" not in codes or row["current_year_probability"] is not None
        elif status == "selected":
            assert row["probability"] >= rules.borderline_probability  # type: ignore[operator]
        else:
            assert (status == "reserve" or school["is_watched"]) == (row["probability"] >= rules.watch_probability)  # type: ignore[operator]
        assert not school["is_watched"] or status == "not_selected"
        assert not school["is_in_corridor"] or can_be_judged
    selected = selection[selection["status_code"] == "selected"]
    kept = selected["reason_codes"].str.contains("commission_include|stays").sum()
    assert len(selected) <= max(math.floor(factor * capacity + 1e-9), kept)


@given(
    rows=many_places,
    capacity=st.integers(1, 10),
    fall=st.integers(0, 30),
    fewer_years=st.integers(0, 2),
    factor=st.sampled_from([1.0, 1.1, 1.5]),
)
@settings(max_examples=examples(8), deadline=None)
def test_doing_better_never_brings_a_school_in(
    rows: Places, capacity: int, fall: int, fewer_years: int, factor: float
) -> None:
    rules = replace(EDITION.selection, capacity=capacity, tie_capacity_factor=factor)
    first = {**rows[0], "is_closed": False, "action": ""}
    better = {
        **first,
        "probability": max(0.0, first["probability"] - fall / 200),  # type: ignore[operator]
        "low_years_count": max(0, first["low_years_count"] - fewer_years),  # type: ignore[operator]
        "low_count": max(0, first["low_count"] - fall),  # type: ignore[operator]
    }
    is_in = [
        selection_of([school, *rows[1:]], rules).loc["s00", "status_code"] == "selected" for school in (first, better)
    ]
    assert is_in[0] or not is_in[1]


@given(rows=many_places, capacity=st.integers(1, 10), factor=st.sampled_from([1.0, 1.1, 1.5]))
@settings(max_examples=examples(8), deadline=None)
def test_another_place_puts_nobody_out_but_by_a_larger_tie(rows: Places, capacity: int, factor: float) -> None:
    """With T as it is: a new place may move the cut into a larger group of indistinguishable schools."""
    fewer, more = (
        selection_of(rows, replace(EDITION.selection, capacity=k, tie_capacity_factor=factor), has_list=False)
        for k in (capacity, capacity + 1)
    )
    put_out = more[(fewer["status_code"] == "selected") & (more["status_code"] != "selected")]
    assert put_out["reason_codes"].str.contains("tie_lost").all()
