"""When ВПР are in doubt and what follows for the list (method, section 5): a doubt is never a favour."""

from dataclasses import replace

import pandas as pd
import pytest
from depth import examples
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline import deciding, methodology
from pipeline.objectivity import carried_doubt, set_aside, verdicts
from pipeline.tables.objectivity import OBJECTIVITY, OBJECTIVITY_FLAGS
from pipeline.tables.orders import COMMISSION_DECISIONS, PAST_LIST
from pipeline.tables.reference import SCHOOL_LINEAGE, SCHOOLS
from pipeline.tables.results import RESULTS

from .conftest import Maker

EDITION = methodology.load()
RULES = EDITION.objectivity


def verdict_of(*rows: tuple[str, str]) -> pd.DataFrame:
    """The verdict on one school and year with the given (marker, subject) flagged."""
    flags = pd.DataFrame(rows, columns=["marker_code", "subject"])
    table = OBJECTIVITY_FLAGS.conform(
        flags.assign(
            school_id="A", municipality_id="m1", year=2026, grade="5", tested_count=30, value=1.0, is_official=False,
            is_flagged=True,
        )
    )  # fmt: skip
    return verdicts(table, RULES)


def aside(doubtful: list[tuple[str, int]], cells: pd.DataFrame) -> list[tuple[str, int]]:
    frame = pd.DataFrame(doubtful, columns=["school_id", "year"])
    found = set_aside(frame, cells, min_cell_schools=1, rules=RULES)
    assert set(found["procedure"]) <= {"vpr"}
    return list(zip(found["school_id"], found["year"], strict=True))


@pytest.mark.parametrize("marker_code", RULES.sufficient_markers)
def test_a_marker_that_suffices_alone_makes_the_vpr_doubtful(marker_code: str) -> None:
    found = verdict_of((marker_code, "rus")).iloc[0]
    assert bool(found["is_vpr_doubtful"])
    assert found["marker_codes"] == marker_code


@pytest.mark.parametrize(
    ("rows", "is_doubtful"),
    [
        ([("vpr_mean_high", "rus"), ("vpr_mean_high", "mat")], False),  # one kind twice
        ([("vpr_mean_high", "rus"), ("oge_mean_high", "rus"), ("journal_raised", "rus")], False),  # a good school
        ([("absence_growth", "*")], False),
        ([("vpr_mean_high", "rus"), ("absence_growth", "*")], True),
    ],
)
def test_other_markers_need_one_of_another_kind(rows: list[tuple[str, str]], is_doubtful: bool) -> None:
    found = verdict_of(*rows).iloc[0]
    assert bool(found["is_vpr_doubtful"]) == is_doubtful
    assert found["flagged_count"] == found["judged_count"] == len(rows)


CELLS = """
    school | year | exam | tested | low
    A      | 2026 | vpr  | 100    | 5
    B      | 2026 | vpr  | 100    | 35
    C      | 2026 | vpr  | 100    | 20
    A      | 2026 | oge  | 100    | 40
    B      | 2026 | oge  | 100    | 10
    A      | 2025 | vpr  | 100    | 5
    B      | 2025 | vpr  | 100    | 15
    A      | 2024 | vpr  | 100    | 30
    B      | 2024 | vpr  | 100    | 10
"""


def test_a_doubtful_vpr_is_set_aside_only_where_it_speaks_for_the_school(results: Maker) -> None:
    cells = results(CELLS)
    # Expected in 2026: 20 each. A has fewer; B has more; C exactly as many.
    assert aside([("A", 2026)], cells) == [("A", 2026)]
    assert aside([("B", 2026)], cells) == []
    assert aside([("C", 2026)], cells) == []
    assert aside([], cells) == []


def test_doubt_in_two_years_is_doubt_about_every_year(results: Maker) -> None:
    cells = results(CELLS)
    assert aside([("B", 2026)], cells) == []
    assert aside([("B", 2025), ("B", 2026)], cells) == [("B", 2024)]
    # In 2024 the results of A are bad all the same: they stay.
    assert aside([("A", 2025), ("A", 2026)], cells) == [("A", 2025), ("A", 2026)]


def test_doubt_goes_to_the_successor_with_the_results() -> None:
    table = pd.DataFrame(
        {
            "school_id": ["old", "new", "other", "old"], "municipality_id": "m1", "year": [2025, 2025, 2025, 2024],
            "judged_count": 1, "flagged_count": 1, "marker_codes": "border_peak",
            "is_vpr_doubtful": [True, True, False, True],
        }
    )  # fmt: skip
    carried = carried_doubt(OBJECTIVITY.conform(table), {"old": "new"})
    assert carried.to_dict("list") == {"school_id": ["new", "new"], "year": [2024, 2025]}


SCHOOL_IDS = [f"s{i}" for i in range(6)]


def case_of(low: dict[tuple[str, str], int], doubtful: list[str]) -> deciding.Case:
    """Six schools with 200 pupils each in ВПР and in ОГЭ of 2026; low results by school and exam."""
    rows = [(school, exam, "8" if exam == "vpr" else "9", n) for (school, exam), n in low.items()]
    frame = pd.DataFrame(rows, columns=["school_id", "procedure", "grade", "low_count"])
    cells = RESULTS.conform(frame.assign(municipality_id="m1", year=2026, subject="mat", tested_count=200))
    ids = pd.DataFrame({"school_id": SCHOOL_IDS, "school_name": SCHOOL_IDS})
    schools = SCHOOLS.conform(ids.assign(municipality_id="m1", kind_code="ordinary"))
    table = pd.DataFrame({"school_id": doubtful}).assign(
        municipality_id="m1", year=2026, judged_count=1, flagged_count=1, marker_codes="border_peak",
        is_vpr_doubtful=True,
    )  # fmt: skip
    return deciding.make_case(
        2026, cells, schools, SCHOOL_LINEAGE.empty(), PAST_LIST.empty(), PAST_LIST.empty(),
        COMMISSION_DECISIONS.empty(), OBJECTIVITY.conform(table) if doubtful else OBJECTIVITY.empty(),
    )  # fmt: skip


# d, φ and k held: the model of the region is another question than the evidence of a school.
METHOD = replace(
    EDITION.with_capacity(2),
    stability=replace(
        EDITION.stability,
        is_decay_learned=False,
        min_dispersion_df=1000,
        prior_minimum=4.0,
        prior_maximum=4.0,
        slope_scale=0.0,
    ),
)


def decided(case: deciding.Case) -> pd.DataFrame:
    return deciding.choose(case, METHOD, deciding.fit(case, METHOD).table).set_index("school_id")


# Both exams together s0 is like the region, s1 and s2 are a little worse; by ОГЭ alone s0 is the worst.
HIDDEN = {(s, exam): 25 if s in ("s1", "s2") else 20 for s in SCHOOL_IDS for exam in ("vpr", "oge")}
HIDDEN |= {("s0", "vpr"): 0, ("s0", "oge"): 40}


def test_a_school_that_hides_behind_its_vpr_is_judged_on_the_other_exams() -> None:
    before, after = decided(case_of(HIDDEN, [])).loc["s0"], decided(case_of(HIDDEN, ["s0"])).loc["s0"]
    assert before["status_code"] != "selected"
    assert after["status_code"] == "selected"
    assert "vpr_set_aside" in after["reason_codes"].split(";")
    assert "vpr_set_aside" not in before["reason_codes"].split(";")
    # The region's rates keep the results that were set aside.
    rates = [deciding.fit(case_of(HIDDEN, doubtful), METHOD).rates for doubtful in ([], ["s0"])]
    pd.testing.assert_frame_equal(*rates)


@pytest.mark.parametrize("others", [{}, {("s0", "oge"): 1}], ids=["nothing else", "thin evidence"])
def test_a_school_with_too_little_besides_a_doubtful_vpr_goes_to_the_experts(
    others: dict[tuple[str, str], int],
) -> None:
    low = {key: n for key, n in HIDDEN.items() if key != ("s0", "oge")} | others
    case = case_of(low, ["s0"])
    few = case.results.assign(
        tested_count=case.results["tested_count"].mask(
            (case.results["school_id"] == "s0") & (case.results["procedure"] == "oge"), 5
        )
    )
    row = decided(replace(case, results=few)).loc["s0"]
    assert row["status_code"] == "insufficient_data"
    assert row["reason_codes"] == "thin_without_vpr"


def test_a_doubtful_vpr_stays_where_the_school_would_gain_without_it() -> None:
    """A little better than the region in ВПР and far better in ОГЭ: the doubt must not be a favour."""
    low = HIDDEN | {("s0", "vpr"): 19, ("s0", "oge"): 2}
    before, after = (deciding.fit(case_of(low, doubtful), METHOD).table for doubtful in ([], ["s0"]))
    assert not after["is_vpr_set_aside"].any()
    pd.testing.assert_frame_equal(before, after)
    assert "vpr_set_aside" not in decided(case_of(low, ["s0"])).loc["s0", "reason_codes"].split(";")


def test_a_doubt_alone_sends_no_school_from_the_list_to_the_experts() -> None:
    """With its ВПР the school is listed, without them nothing is left to judge by: the ВПР count as they are."""
    low = dict.fromkeys(HIDDEN, 5) | {("s0", "vpr"): 30, ("s1", "vpr"): 70, ("s2", "vpr"): 70}
    results = case_of(low, []).results
    is_few = (results["school_id"] == "s0") & (results["procedure"] == "oge")
    few = results.assign(tested_count=results["tested_count"].mask(is_few, 5))
    method = METHOD.with_capacity(3)
    plain, doubted = (replace(case_of(low, who), results=few) for who in ([], ["s0"]))
    # Of the 200 in ВПР 185 / 6 were expected to be low, 30 were: the doubt has something to take away.
    doubtful = doubted.doubtful_cells(method)
    assert doubtful is not None
    assert list(doubtful["school_id"]) == ["s0"]
    chosen = [deciding.choose(case, method, deciding.fit(case, method).table) for case in (plain, doubted)]
    assert [table.set_index("school_id").loc["s0", "status_code"] for table in chosen] == ["selected", "selected"]


@settings(max_examples=examples(6))
@given(
    st.lists(st.integers(0, 60), min_size=12, max_size=12).filter(lambda low: sum(low) > 0),
    st.lists(st.sampled_from(SCHOOL_IDS), min_size=1, max_size=3, unique=True),
)
def test_a_doubt_never_lowers_the_t_of_its_school(low: list[int], doubtful: list[str]) -> None:
    """Whatever the results are and whoever else is in doubt: its own T does not fall and that of no other rises."""
    method = EDITION.with_capacity(2)  # everything learned from the region, as in a real run
    keys = [(s, exam) for s in SCHOOL_IDS for exam in ("vpr", "oge")]
    own, others = doubtful[0], doubtful[1:]
    plain, doubted = (
        deciding.fit(case_of(dict(zip(keys, low, strict=True)), who), method) for who in (others, doubtful)
    )
    before, after = (fit.table.set_index("school_id")["probability"] for fit in (plain, doubted))
    assert after[own] >= before[own] - 1e-9
    assert (after.drop(own) <= before.drop(own) + 1e-9).all()
    # What the region gives does not depend on who is in doubt.
    pd.testing.assert_frame_equal(plain.rates, doubted.rates)
    parameters = [
        (f.decay, f.dispersion, f.prior, f.prior_level, f.prior_slope, f.median_size) for f in (plain, doubted)
    ]
    assert parameters[0] == parameters[1]


@pytest.mark.parametrize("lifted", [0, 7, 20])
def test_inflating_marks_never_takes_a_doubted_school_off_the_list(lifted: int) -> None:
    """ОГЭ alone puts the school on the list; with its ВПР in doubt no number of raised marks takes it off."""
    low = HIDDEN | {("s0", "vpr"): 20 - lifted}
    assert decided(case_of(low, ["s0"])).loc["s0", "status_code"] == "selected"
