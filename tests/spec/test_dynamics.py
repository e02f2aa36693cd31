"""How lists change from year to year and why: what follows from the documents, and what nobody can tell."""

from dataclasses import replace

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.dynamics import YearEvidence, dynamics
from pipeline.tables.orders import COMMISSION_DECISIONS, LISTED_SCHOOLS
from pipeline.tables.reference import SCHOOL_LINEAGE

from .conftest import Maker, parse


def listed(year: int, *school_ids: str) -> pd.DataFrame:
    """The signed list of a year; «A!» has closed without a successor."""
    rows = [
        {
            "year": year,
            "school_id": name.rstrip("!"),
            "school_name": f"Школа {name[0]}",
            "municipality_name": "Район",
            "order_id": f"{year}-list-01",
            "since_date": f"{year}-09-15",
            "left_text": "Закрыта без преемника." if name.endswith("!") else None,
        }
        for name in school_ids
    ]
    return LISTED_SCHOOLS.typed(pd.DataFrame(rows, columns=list(LISTED_SCHOOLS.column_names)))


def choice(text: str) -> pd.DataFrame:
    """A computed choice: school, status, reasons."""
    return parse("school | status | reasons\n" + text).fillna("")


UNKNOWN = YearEvidence(
    selection=None,
    previous=None,
    previous_again=None,
    by_old_method=None,
    on_old_data=None,
    replayed=None,
    decisions=COMMISSION_DECISIONS.empty(),
    amended=frozenset(),
    is_method_known=True,
)
# A and B were on the list before; B leaves, C enters.
COMPUTED = replace(
    UNKNOWN,
    selection=choice(
        "A | selected | stays\nB | not_selected | left_list;left_by_rank\nC | selected | entered_by_probability"
    ),
    previous=choice("A | selected | -\nB | selected | -\nC | not_selected | -"),
)


def changes(
    lists: dict[int, pd.DataFrame], evidence: YearEvidence = UNKNOWN, lineage: pd.DataFrame | None = None
) -> pd.DataFrame:
    own = SCHOOL_LINEAGE.empty() if lineage is None else lineage
    return dynamics(lists, own, {year: evidence for year in lists if year - 1 in lists})


def told(found: pd.DataFrame, year: int) -> dict[str, tuple[str, str | None]]:
    """Change and cause of each school in a year."""
    rows = found[found["year"] == year].astype(object)
    rows = rows.where(rows.notna(), None)
    return {row.school_id: (row.change_code, row.cause_code) for row in rows.itertuples()}


TWO = {2025: listed(2025, "A", "B"), 2026: listed(2026, "A", "C")}


def test_who_entered_stayed_left_left_for_good_and_returned() -> None:
    lists = {
        2023: listed(2023, "A", "B", "C"),
        2024: listed(2024, "A", "D"),
        2025: listed(2025, "A", "B", "D"),
        2026: listed(2026, "A"),
    }
    found = changes(lists)
    words = {year: {name: change for name, (change, _) in told(found, year).items()} for year in lists}
    assert words[2023] == dict.fromkeys("ABC", "first_known")
    assert words[2024] == {"A": "stayed", "D": "entered", "B": "left", "C": "left"}
    assert words[2025] == {"A": "stayed", "D": "stayed", "B": "returned", "C": "left_for_good"}
    # C is not told twice.
    assert words[2026] == {"A": "stayed", "B": "left", "D": "left"}


def test_a_gap_between_lists_is_no_change() -> None:
    found = changes({2023: listed(2023, "A"), 2025: listed(2025, "B")})
    assert told(found, 2025) == {"B": ("first_known", None)}


def test_a_successor_stays_and_a_school_closed_without_one_leaves_by_reorganisation() -> None:
    row = {
        "school_id": "A",
        "successor_id": "N",
        "lineage_kind": "merged",
        "from_year": 2026,
        "from_date": "2025-11-01",
    }
    lineage = SCHOOL_LINEAGE.typed(pd.DataFrame([{**row, "ground": "приказ"}]))
    found = changes({2025: listed(2025, "A", "B!"), 2026: listed(2026, "N")}, lineage=lineage)
    assert told(found, 2026) == {"N": ("stayed", None), "B": ("left_for_good", "reorganisation")}
    assert found.loc[found["school_id"] == "N", "succeeds_text"].tolist() == ["Вместо школы A Школа A."]


def lineage_of(*rows: tuple[str, str, str]) -> pd.DataFrame:
    """School, successor and kind, all on 1 November 2025, between the two lists."""
    dated = {"from_year": 2026, "from_date": "2025-11-01", "ground": "приказ"}
    named = [dict(zip(("school_id", "successor_id", "lineage_kind"), row, strict=True)) | dated for row in rows]
    return SCHOOL_LINEAGE.typed(pd.DataFrame(named))


@pytest.mark.parametrize("bearer", ["A", "B", "N"])
def test_of_two_listed_schools_that_became_one_neither_is_lost(bearer: str) -> None:
    lineage = lineage_of(*((name, bearer, "merged") for name in "AB" if name != bearer))
    found = changes({2025: listed(2025, "A", "B"), 2026: listed(2026, bearer)}, lineage=lineage)
    assert told(found, 2026) == {bearer: ("stayed", None)}
    words = found.loc[found["year"] == 2026, "succeeds_text"].item()
    assert [name for name in "AB" if f"Вместо школы {name} " in words] == [name for name in "AB" if name != bearer]


def test_a_renamed_school_is_sought_in_the_earlier_choice_by_its_earlier_code() -> None:
    selection = choice("A | selected | stays\nN | not_selected | left_list\nC | selected | entered_by_probability")
    evidence = replace(COMPUTED, selection=selection)
    found = changes(TWO, evidence, lineage_of(("B", "N", "renamed")))
    assert told(found, 2026)["N"] == ("left", "results")


def test_a_school_that_another_joined_changed_with_its_results() -> None:
    found = changes(TWO, COMPUTED, lineage_of(("D", "B", "merged"), ("E", "D", "branch"), ("F", "C", "branch")))
    assert told(found, 2026) == {
        "A": ("stayed", None),
        "B": ("left", "not_established"),
        "C": ("entered", "not_established"),
    }


@pytest.mark.parametrize(
    ("previous", "cause"),
    [
        ("C | excluded | excluded_kind", "reorganisation"),
        ("C | excluded | commission_exclude", "results"),
        ("D | not_selected | -", "data"),  # C was in no calculation a year ago
    ],
)
def test_who_could_not_be_listed_a_year_ago_did_not_come_by_results(previous: str, cause: str) -> None:
    evidence = replace(COMPUTED, previous=choice(f"A | selected | -\nB | selected | -\n{previous}"))
    assert told(changes(TWO, evidence), 2026)["C"] == ("entered", cause)


def test_a_school_that_the_choice_does_not_know_left_by_data() -> None:
    selection = choice("A | selected | stays\nC | selected | entered_by_probability")
    assert told(changes(TWO, replace(COMPUTED, selection=selection)), 2026)["B"] == ("left", "data")


def test_a_newer_program_that_would_have_decided_so_a_year_ago_is_a_change_of_method() -> None:
    again = choice("A | selected | -\nB | not_selected | -\nC | not_selected | -")
    found = told(changes(TWO, replace(COMPUTED, previous_again=again)), 2026)
    assert (found["B"], found["C"]) == (("left", "method"), ("entered", "results"))


def test_both_lists_computed_and_nothing_else_changed_the_results_did() -> None:
    assert told(changes(TWO, COMPUTED), 2026) == {
        "A": ("stayed", None),
        "B": ("left", "results"),
        "C": ("entered", "results"),
    }


@pytest.mark.parametrize(
    ("changed", "cause"),
    [
        ({"by_old_method": choice("B | selected | -\nC | not_selected | -")}, "method"),
        ({"on_old_data": choice("B | selected | -\nC | not_selected | -")}, "data"),
        ({"is_method_known": False}, "not_established"),
        ({"selection": None}, "not_established"),
        ({"previous": None}, "not_established"),
        ({"previous": None, "replayed": choice("B | selected | -\nC | not_selected | -")}, "results"),
        ({"previous": None, "replayed": choice("B | not_selected | -\nC | selected | -")}, "not_established"),
        ({"previous": choice("B | selected | -\nC | insufficient_data | -")}, "results"),
    ],
)
def test_the_cause_is_what_deciding_again_shows(changed: dict[str, object], cause: str) -> None:
    found = told(changes(TWO, replace(COMPUTED, **changed)), 2026)
    assert found["B"] == ("left", cause)
    lacked = changed.get("previous") is not None
    assert found["C"] == ("entered", "data" if lacked else cause)


def test_too_little_data_and_reorganisation_are_told_by_the_choice_itself() -> None:
    for reasons, status, cause in (
        ("thin_data", "insufficient_data", "data"),
        ("not_operating", "excluded", "reorganisation"),
    ):
        selection = choice(f"A | selected | stays\nB | {status} | {reasons}\nC | selected | entered_by_probability")
        assert told(changes(TWO, replace(COMPUTED, selection=selection)), 2026)["B"] == ("left", cause)


def test_the_commission_is_a_cause_in_its_year_and_when_its_decision_ends(table: Maker) -> None:
    for year, exclude, include in ((2026, "B", "C"), (2025, "C", "B")):
        decisions = table(f"""
            school | year   | action  | who      | date       | why
            {exclude}      | {year} | exclude | Комиссия | {year}-09-01 | ходатайство
            {include}      | {year} | include | Комиссия | {year}-09-01 | ходатайство
        """)
        decisions["year"] = decisions["year"].astype(int)
        found = told(changes(TWO, replace(COMPUTED, decisions=decisions)), 2026)
        assert (found["B"], found["C"]) == (("left", "commission"), ("entered", "commission"))


def test_a_list_that_differs_from_its_calculation_was_amended_or_nobody_knows() -> None:
    other = choice("A | selected | stays\nB | selected | stays\nC | not_selected | -")
    amended = replace(COMPUTED, selection=other, amended=frozenset({"C"}))
    found = told(changes(TWO, amended), 2026)
    assert (found["B"], found["C"]) == (("left", "not_established"), ("entered", "data"))


@given(st.lists(st.sets(st.sampled_from("ABCDEF")), min_size=2, max_size=5))
def test_every_school_of_a_list_and_of_the_one_before_has_one_row(members: list[set[str]]) -> None:
    lists = {2020 + number: listed(2020 + number, *sorted(names)) for number, names in enumerate(members)}
    found = changes(lists)
    for number in range(1, len(members)):
        rows = told(found, 2020 + number)
        before, own = members[number - 1], members[number]
        assert {name for name, (change, _) in rows.items() if change == "stayed"} == own & before
        assert {name for name, (change, _) in rows.items() if change in ("entered", "returned")} == own - before
        assert {name for name, (change, _) in rows.items() if change == "left"} == before - own
        assert {name for name, (change, _) in rows.items() if change == "left_for_good"}.isdisjoint(own | before)


def test_the_order_of_rows_does_not_matter() -> None:
    shuffled = {year: frame.iloc[::-1].reset_index(drop=True) for year, frame in TWO.items()}
    pd.testing.assert_frame_equal(changes(TWO, COMPUTED), changes(shuffled, COMPUTED))
