"""Results follow the successor (formats 6): cells of merged schools add up, whoever printed them and however alike."""

from datetime import date

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import ConfigError
from pipeline.lineage import (
    bearers_on,
    carried_choice,
    carry_over,
    refuse_survivors,
    refuse_wrong_dates,
    reorganisation_on,
    successor_on,
    successors,
)
from pipeline.tables.reference import SCHOOL_LINEAGE, SCHOOLS
from pipeline.tables.results import RESULTS

HOMES = {"s1": "m1", "s2": "m2", "s3": "m3"}


def lineage(*steps: tuple[str, str | None, str, int]) -> pd.DataFrame:
    names = ["school_id", "successor_id", "lineage_kind", "from_year"]
    return SCHOOL_LINEAGE.conform(pd.DataFrame(steps, columns=names))


def cell(school: str, tested: int, low: int, absent: int | None = None, mean: float | None = None) -> dict[str, object]:
    return {
        "school_id": school, "municipality_id": HOMES[school], "year": 2024, "procedure": "oge", "subject": "mat",
        "grade": "9", "tested_count": tested, "low_count": low, "absent_count": absent, "mean_score": mean,
        "load_version": "первичная", "source_text": f"файл {school}",
    }  # fmt: skip


def carried(final: dict[str, str], *cells: dict[str, object]) -> list[dict[str, object]]:
    frame = carry_over(RESULTS.conform(pd.DataFrame(cells)), final, HOMES)
    columns = ["school_id", "municipality_id", "tested_count", "low_count", "absent_count", "mean_score", "source_text"]
    return frame[columns].astype(object).where(frame[columns].notna(), None).to_dict("records")


def test_chains_lead_to_the_last_school_and_later_years_are_not_known_yet() -> None:
    steps = lineage(("s1", "s2", "renamed", 2023), ("s2", "s3", "merged", 2025), ("s9", None, "closed", 2024))
    assert successors(steps, 2026) == {"s1": "s3", "s2": "s3"}
    assert successors(steps, 2024) == {"s1": "s2"}
    assert successors(steps, 2026, kinds=("renamed",)) == {"s1": "s2"}


def test_merged_schools_add_up_and_means_are_weighted() -> None:
    rows = carried({"s1": "s2"}, cell("s1", 10, 3, 1, 3.0), cell("s2", 30, 5, None, 4.0))
    assert rows == [
        {
            "school_id": "s2", "municipality_id": "m2", "tested_count": 40, "low_count": 8, "absent_count": 1,
            "mean_score": 3.75, "source_text": "файл s1; файл s2",
        }
    ]  # fmt: skip


def test_equal_counts_of_two_schools_are_two_schools() -> None:
    rows = carried({"s1": "s2"}, cell("s1", 10, 3), cell("s2", 10, 3))
    assert [(row["tested_count"], row["low_count"]) for row in rows] == [(20, 6)]


def test_an_unknown_mean_weighs_nothing_and_no_mean_stays_unknown() -> None:
    assert carried({"s1": "s2"}, cell("s1", 10, 3), cell("s2", 30, 5, mean=4.0))[0]["mean_score"] == 4.0
    assert carried({"s1": "s2"}, cell("s1", 10, 3), cell("s2", 30, 5))[0]["mean_score"] is None


def test_a_school_that_only_moved_its_name_takes_the_successors_municipality() -> None:
    assert carried({"s1": "s3"}, cell("s1", 10, 3))[0]["municipality_id"] == "m3"


@given(st.permutations(["s1", "s2", "s3"]), st.lists(st.integers(0, 50), min_size=3, max_size=3))
def test_nobody_is_lost_and_order_never_matters(order: list[str], counts: list[int]) -> None:
    cells = {school: cell(school, count, count // 2) for school, count in zip(HOMES, counts, strict=True)}
    final = {"s1": "s2", "s3": "s2"}
    rows = carried(final, *(cells[school] for school in order))
    assert sum(int(str(row["tested_count"])) for row in rows) == sum(counts)
    assert rows == carried(final, *cells.values())


def test_a_circle_is_a_fault_of_the_caller() -> None:
    with pytest.raises(AssertionError, match="circle"):
        successors(lineage(("s1", "s2", "merged", 2020), ("s2", "s1", "merged", 2021)), 2026)


def dated(*steps: tuple[str, str | None, str, int, str | None]) -> pd.DataFrame:
    names = ["school_id", "successor_id", "lineage_kind", "from_year", "from_date"]
    return SCHOOL_LINEAGE.conform(pd.DataFrame(steps, columns=names))


def test_a_place_in_a_list_follows_the_successor_from_the_day_of_the_merger() -> None:
    steps = dated(("s1", "s2", "merged", 2027, "2026-11-01"), ("s2", None, "closed", 2027, "2027-02-01"))
    assert successor_on(steps, "s1", date(2026, 10, 31)) == "s1"
    assert successor_on(steps, "s1", date(2026, 11, 1)) == "s2"
    assert successor_on(steps, "s1", date(2027, 2, 1)) is None
    assert successor_on(steps, "s9", date(2027, 2, 1)) == "s9"
    # The list of September 2026 was made without it: results follow by the year of results.
    assert successors(steps, 2026) == {}


def test_without_a_day_a_reorganisation_holds_from_the_first_day_of_its_school_year() -> None:
    steps = dated(("s1", "s2", "branch", 2026, None))
    assert successor_on(steps, "s1", date(2025, 8, 31)) == "s1"
    assert successor_on(steps, "s1", date(2025, 9, 1)) == "s2"
    told = reorganisation_on(steps, "s1", date(2025, 9, 1))
    assert told == {"lineage_kind": "branch", "successor_id": "s2", "begin": date(2025, 9, 1), "ground": None}
    assert reorganisation_on(steps, "s2", date(2030, 1, 1)) is None


def test_of_several_reorganisations_the_last_before_the_day_counts() -> None:
    steps = dated(("s1", "s2", "branch", 2024, None), ("s1", "s3", "merged", 2026, "2026-01-10"))
    assert successor_on(steps, "s1", date(2026, 1, 9)) == "s2"
    assert successor_on(steps, "s1", date(2026, 1, 10)) == "s3"


@pytest.mark.parametrize(
    ("step", "told"),
    [
        (("s1", "s2", "merged", 2026, "2026-11-01"), "from_year 2027"),
        (("s1", "s2", "merged", 2027, "2026-08-31"), "from_year 2026"),
        (("s1", None, "merged", 2026, None), "не назван преемник"),
    ],
)
def test_a_day_outside_its_school_year_and_a_merger_into_nothing_are_refused(
    step: tuple[str, str | None, str, int, str | None], told: str
) -> None:
    with pytest.raises(ConfigError, match=told):
        refuse_wrong_dates(dated(step))


def test_a_decision_about_a_reorganised_school_holds_for_whoever_bears_its_place() -> None:
    steps = dated(
        ("s1", "s2", "merged", 2027, "2026-11-16"),
        ("s3", "s4", "branch", 2027, "2026-11-16"),
        ("s5", None, "closed", 2027, "2026-11-10"),
    )
    bearers = bearers_on(steps, date(2026, 11, 16))
    assert bearers == {"s1": "s2", "s3": "s4", "s5": None}
    assert bearers_on(steps, date(2026, 11, 15)) == {"s5": None}
    statuses = {"s1": "selected", "s2": "not_selected", "s3": "reserve", "s4": "selected", "s5": "selected"}
    decided = pd.DataFrame({"school_id": list(statuses), "status_code": list(statuses.values())})
    for rows in (decided, decided[::-1]):
        carried_on = carried_choice(rows, bearers)
        assert dict(carried_on.to_numpy().tolist()) == {"s2": "selected", "s4": "selected"}
    assert carried_choice(decided.iloc[:0], bearers).empty


@pytest.mark.parametrize(("last_year", "is_refused"), [(None, True), (2027, True), (2026, False), (2020, False)])
def test_a_reorganised_school_must_not_go_on_working_in_the_register(last_year: int | None, is_refused: bool) -> None:
    rows = [("s1", "m1", "Школа", "ordinary", last_year)]
    names = ["school_id", "municipality_id", "school_name", "kind_code", "valid_to_year"]
    schools, steps = SCHOOLS.conform(pd.DataFrame(rows, columns=names)), lineage(("s1", "s2", "merged", 2027))
    if is_refused:
        with pytest.raises(ConfigError, match="valid_to_year 2026"):
            refuse_survivors(steps, schools)
    else:
        refuse_survivors(steps, schools)
