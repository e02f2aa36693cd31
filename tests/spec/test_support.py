"""Plan and fact of the roadmap (docs/methodology.md, section 8): each state and each rule a small example."""

from dataclasses import replace
from datetime import date

import pandas as pd
import pytest

from pipeline.errors import ConfigError
from pipeline.support import Support, roadmap_status, school_support, support_monitoring
from pipeline.support_events import count_events
from pipeline.support_terms import term_of
from pipeline.tables.causes import MEASURES
from pipeline.tables.reference import MUNICIPALITIES, SCHOOL_LINEAGE, SCHOOLS
from pipeline.tables.support import (
    MUNICIPAL_PLANS,
    REPORTED_FACTS,
    SUPPORT_RETURNS,
    SUPPORTED_SCHOOLS,
)
from tests.spec.conftest import parse

YEAR = 2026
# Two schools of «a» and one of «b» stand on the list; «c» has none. The roadmap's round numbers are 3, 5 and 3.
PLACES = {"a1": "a", "a2": "a", "b1": "b", "c1": "c", "c2": "c"}
LISTED = ("a1", "a2", "b1")
DEFAULTS = {
    "plan_year": 2020, "comparator": "ge", "target_basis": "year", "coverage_value": None, "coverage_unit_ru": None,
    "responsible_ru": "МОЦ; институт", "months": None, "due_month": 12, "level": "school", "is_derived": False,
    "section_ru": "Раздел", "title_ru": "Мера", "expected_result_ru": "Отчёт", "schedule_kind": "all_year",
}  # fmt: skip


@pytest.fixture
def rules(edition):
    return replace(edition.support, whole_list_count=3, whole_register_count=5, whole_municipality_count=3)


def measure(number: int = 1, value: int = 10, unit: str = "участников", **told) -> dict[str, object]:
    return {**DEFAULTS, "number": number, "target_value": value, "target_unit_ru": unit, **told}


def facts_of(text: str) -> pd.DataFrame:
    """Facts as «measure | place | day | quantity | who | evidence»; a place is a school, a municipality, or "-"."""
    rows = parse(text) if text.strip() else pd.DataFrame(columns=["measure", "place", "day", "quantity"])
    told = pd.DataFrame(
        {
            "file_id": [f"{who}.xlsx" for who in rows.get("who", ["municipality"] * len(rows))],
            "sheet_name": "s",
            "row_number": range(1, len(rows) + 1),
            "block_name": "",
            "plan_year": YEAR,
            "list_year": YEAR - 1,
            "measure_number": rows["measure"],
            "provider_code": [str(who).rstrip("2") for who in rows.get("who", ["municipality"] * len(rows))],
            "municipality_id": [p if p in PLACES.values() else None for p in rows["place"]],
            "school_id": [p if p in PLACES else None for p in rows["place"]],
            "fact_date": pd.to_datetime(rows["day"]),
            "quantity": rows["quantity"],
            "evidence_text": list(rows.get("evidence", [None] * len(rows))),
            "is_counted": True,
        }
    )
    return REPORTED_FACTS.conform(told)


def schools() -> pd.DataFrame:
    rows = [
        {"school_id": s, "school_name": s, "municipality_id": m, "kind_code": "ordinary"} for s, m in PLACES.items()
    ]
    return SCHOOLS.conform(pd.DataFrame(rows))


def support(
    measures, facts: str = "", day: str = "2026-06-30", *, returned="abc", listed=LISTED, plans=None, lineage=None
) -> Support:
    judged = date.fromisoformat(day)
    towns = sorted(set(PLACES.values()))
    years = (YEAR - 1, YEAR) if judged >= date(YEAR, 9, 1) else (YEAR - 1,)
    supported = [
        {"list_year": year, "school_id": s, "municipality_id": PLACES[s], "school_name": s,
         "municipality_name": PLACES[s], "is_signed": True}
        for year in years
        for s in listed
    ]  # fmt: skip
    returns = [
        {"provider_code": "municipality", "unit_name": t, "municipality_id": t, "school_count": 0, "file_count": 0,
         "fact_count": 0, "is_returned": t in returned}
        for t in towns
    ]  # fmt: skip
    returns.append({**returns[0], "provider_code": "institute", "unit_name": "институт", "municipality_id": None,
                    "is_returned": "i" in returned})  # fmt: skip
    return Support(
        YEAR,
        judged,
        MEASURES.conform(pd.DataFrame(measures)),
        SUPPORTED_SCHOOLS.conform(pd.DataFrame(supported, columns=[*SUPPORTED_SCHOOLS.column_names])),
        schools(),
        MUNICIPALITIES.conform(pd.DataFrame({"municipality_id": towns, "municipality_name": towns})),
        count_events(facts_of(facts), schools(), judged),
        SUPPORT_RETURNS.conform(pd.DataFrame(returns)),
        MUNICIPAL_PLANS.empty() if plans is None else MUNICIPAL_PLANS.conform(plans),
        SCHOOL_LINEAGE.empty() if lineage is None else SCHOOL_LINEAGE.conform(lineage),
    )


def state(rules, row: dict, facts: str = "", day: str = "2026-06-30", **told) -> pd.Series:
    return roadmap_status(support([row], facts, day, **told), rules).iloc[0]


HEADER = "measure | place | day | quantity\n"
WINDOW = measure(schedule_kind="window", months="2;3", due_month=3)
ALL_YEAR = measure()


@pytest.mark.parametrize(
    ("day", "facts", "returned", "expected"),
    [
        ("2026-01-31", "", "abci", "not_due"),  # before its months
        ("2026-01-31", "1 | a1 | 2026-01-20 | 3", "", "on_track"),  # begun early
        ("2026-03-30", "", "abci", "on_track"),  # its months are running
        ("2026-03-30", "", "", "no_data"),  # nobody who reports on it has
        ("2026-03-31", "1 | a1 | 2026-03-10 | 9", "abci", "overdue"),  # the due day is over with it
        ("2026-03-31", "", "", "no_data"),  # silence is not «not done»
        ("2026-03-31", "1 | a1 | 2026-03-31 | 10", "", "done"),
        ("2026-06-30", "1 | a1 | 2026-05-10 | 10", "", "done"),  # late, but done
    ],
)
def test_the_state_of_a_window(rules, day, facts, returned, expected) -> None:
    assert state(rules, WINDOW, HEADER + facts, day, returned=returned)["status_code"] == expected


def test_a_measure_done_late_says_on_which_day(rules) -> None:
    found = state(rules, WINDOW, HEADER + "1 | a1 | 2026-03-10 | 6\n1 | b1 | 2026-05-10 | 4")
    assert (str(found["done_date"].date()), found["remark_text"]) == ("2026-05-10", "выполнено после срока: 10.05.2026")


@pytest.mark.parametrize(
    ("day", "quantity", "expected"),
    [
        ("2026-02-28", 0.5, "on_track"),  # a sixth of the year: too early to judge
        ("2026-06-30", 3.9, "late"),  # half of the year less .8: 10 · .5 · .8 ≈ 4
        ("2026-06-30", 4.0, "on_track"),
        ("2026-12-31", 9.0, "overdue"),
    ],
)
def test_a_measure_of_the_whole_year_lags_behind_the_time_that_has_passed(rules, day, quantity, expected) -> None:
    assert state(rules, ALL_YEAR, HEADER + f"1 | a1 | 2026-02-01 | {quantity}", day)["status_code"] == expected


def test_a_measure_by_schedule_is_not_due_until_something_comes_or_the_year_ends(rules) -> None:
    row = measure(schedule_kind="by_schedule")
    assert state(rules, row)["status_code"] == "not_due"
    assert state(rules, row, HEADER + "1 | a1 | 2026-02-01 | 1")["status_code"] == "on_track"
    assert state(rules, row, day="2026-12-31")["status_code"] == "overdue"
    assert state(rules, row, returned="")["status_code"] == "no_data"


EVENTS = measure(value=2, unit="письма", schedule_kind="events", months="3;10", due_month=10, level="region")


@pytest.mark.parametrize(
    ("day", "days", "expected"),
    [
        ("2026-04-15", (), "late"),  # nothing in March
        ("2026-04-15", ("2026-03-05",), "on_track"),
        ("2026-04-15", ("2026-04-05",), "on_track"),  # a missed time is made good before the next one
        ("2026-11-30", ("2026-03-05", "2026-03-06"), "overdue"),  # two letters, but none in October
        ("2026-11-30", ("2026-03-05", "2026-10-06"), "done"),
    ],
)
def test_every_time_of_a_measure_needs_its_event(rules, day, days, expected) -> None:
    facts = HEADER + "\n".join(f"1 | - | {told} | 1" for told in days)
    assert state(rules, EVENTS, facts, day, returned="i")["status_code"] == expected


def test_a_span_of_months_is_one_time() -> None:
    row = {"number": 1, "schedule_kind": "events", "months": "3;4-6;8;10", "due_month": 10}
    term = term_of(row, YEAR)
    assert [(first.month, last.month) for first, last in term.slots] == [(3, 3), (4, 6), (8, 8), (10, 10)]
    assert [term.due_count(date(YEAR, month, 30)) for month in (1, 3, 6, 8, 11)] == [0, 0, 2, 2, 4]


def test_months_that_cannot_be_read_are_told() -> None:
    with pytest.raises(ConfigError, match="Месяцы меры 7 не понятны: «весна»"):
        term_of({"number": 7, "schedule_kind": "window", "months": "весна", "due_month": 3}, YEAR)


PER_EVENT = measure(
    value=3, unit="МО", target_basis="event", coverage_value=3, coverage_unit_ru="МО", comparator="eq",
    schedule_kind="events", months="6;11", due_month=11, level="municipality",
)  # fmt: skip


def test_a_target_per_event_is_asked_of_every_event(rules) -> None:
    june = HEADER + "1 | a | 2026-06-10 | 1\n1 | b | 2026-06-10 | 1\n1 | c | 2026-06-10 | 1"
    found = state(rules, PER_EVENT, june)
    assert (found["status_code"], found["plan_value"], found["fact_value"], found["slot_done_count"]) == (
        "on_track", 6, 3, 1,
    )  # fmt: skip
    two_of_three = state(rules, PER_EVENT, HEADER + "1 | a | 2026-06-10 | 1\n1 | b | 2026-06-10 | 5")
    assert (two_of_three["status_code"], two_of_three["remark_text"]) == ("late", "не выполнено в срок: 1 раз")
    november = june + "\n1 | a | 2026-11-10 | 1\n1 | b | 2026-11-10 | 1\n1 | c | 2026-11-10 | 1"
    assert state(rules, PER_EVENT, november, "2026-11-30")["status_code"] == "done"


BOTH = measure(coverage_value=3, coverage_unit_ru="ОО", schedule_kind="window", months="2;3", due_month=3)


def test_target_and_coverage_are_both_needed(rules) -> None:
    many = HEADER + "1 | a1 | 2026-03-01 | 50\n1 | b1 | 2026-03-01 | 50"
    found = state(rules, BOTH, many)
    assert (found["status_code"], found["remark_text"]) == ("overdue", "не охвачено: 1 школа")
    everybody = HEADER + "1 | a1 | 2026-03-01 | 1\n1 | a2 | 2026-03-01 | 1\n1 | b1 | 2026-03-01 | 1"
    assert state(rules, BOTH, everybody)["remark_text"] == "до плана не хватает 7"
    assert state(rules, BOTH, everybody + "\n1 | a1 | 2026-03-02 | 7")["status_code"] == "done"


def test_numbers_that_mean_all_follow_what_there_is(rules) -> None:
    of_list = measure(1, 3, "ОО", comparator="eq")
    of_register = measure(2, 5, "ОО", comparator="eq", level="region")
    of_places = measure(3, 3, "МОЦ", comparator="eq", level="municipality")
    some = measure(4, 2, "ОО", comparator="eq")
    table = roadmap_status(support([of_list, of_register, of_places, some], listed=("a1", "b1")), rules)
    assert list(table["plan_value"]) == [2, 5, 3, 2]
    assert [None if pd.isna(year) else year for year in table["list_year"]] == [2025, None, None, 2025]


def test_schools_off_the_list_do_not_cover_it(rules) -> None:
    row = measure(1, 3, "ОО", comparator="eq")
    found = state(rules, row, HEADER + "1 | a1 | 2026-03-01 | 1\n1 | c1 | 2026-03-01 | 1")
    assert found["fact_value"] == 1


def test_a_successor_inherits_what_reached_the_school_before_it(rules) -> None:
    step = {"school_id": "c1", "successor_id": "b1", "lineage_kind": "merged", "from_year": YEAR,
            "from_date": pd.Timestamp("2026-04-01")}  # fmt: skip
    lineage = pd.DataFrame([step])
    facts = HEADER + "1 | c1 | 2026-03-01 | 1"
    row = measure(1, 3, "ОО", comparator="eq")
    assert state(rules, row, facts)["fact_value"] == 0
    assert state(rules, row, facts, lineage=lineage)["fact_value"] == 1
    table = school_support(support([row], facts, lineage=lineage), rules).set_index("school_id")
    assert dict(table["event_count"]) == {"a1": 0, "a2": 0, "b1": 1}


def test_more_than_exactly_is_done_and_told(rules) -> None:
    row = measure(1, 1, "ОО", comparator="eq")
    found = state(rules, row, HEADER + "1 | a1 | 2026-03-01 | 1\n1 | a2 | 2026-03-01 | 1")
    assert (found["status_code"], found["remark_text"]) == (
        "done", "больше, чем записано в плане (ровно 1): проверьте",
    )  # fmt: skip


def test_an_event_of_the_region_without_a_place_is_for_all_and_one_of_a_place_is_not(rules) -> None:
    row = measure(1, 1, "издание", coverage_value=3, coverage_unit_ru="МО", level="region")
    assert state(rules, row, HEADER + "1 | - | 2026-03-01 | 1", returned="i")["status_code"] == "done"
    webinar = measure(1, 1, "участников", coverage_value=3, coverage_unit_ru="МО", level="municipality")
    assert state(rules, webinar, HEADER + "1 | - | 2026-03-01 | 60")["coverage_count"] == 0


def test_at_risk_and_why(rules) -> None:
    due_near = measure(schedule_kind="window", months="6;7;8", due_month=8)
    assert state(rules, due_near, day="2026-07-31")["risk_codes"] == "due_near"
    assert state(rules, due_near, HEADER + "1 | a1 | 2026-06-05 | 5", "2026-07-31")["risk_codes"] == ""
    assert state(rules, due_near, day="2026-06-15")["risk_codes"] == ""
    assert state(rules, ALL_YEAR)["risk_codes"] == "late"
    assert state(rules, ALL_YEAR, returned="")["risk_codes"] == "nobody_reported"
    assert state(rules, WINDOW)["risk_codes"] == "overdue"


def test_without_a_signed_list_every_row_is_there_and_nothing_is_done(rules) -> None:
    rows = [measure(1, 3, "ОО"), measure(2, level="region"), PER_EVENT | {"number": 3}]
    empty = support(rows, day="2026-11-30", returned="", listed=())
    assert list(roadmap_status(empty, rules)["status_code"]) == ["no_data"] * 3
    assert "no_list" in roadmap_status(empty, rules)["risk_codes"].iloc[0]
    places = support_monitoring(empty, rules)
    assert len(places) == 9
    assert set(places.loc[places["measure_number"] != 2, "status_code"]) == {"no_data"}
    assert school_support(empty, rules).empty


def cells(rules, rows, facts: str = "", day: str = "2026-06-30", **told) -> dict[tuple[int, str], str]:
    table = support_monitoring(support(rows, facts, day, **told), rules)
    keys = zip(table["measure_number"], table["municipality_id"], strict=True)
    return dict(zip(keys, table["status_code"], strict=True))


def test_a_municipality_without_listed_schools_answers_what_is_asked_of_municipalities(rules) -> None:
    found = cells(rules, [BOTH, PER_EVENT | {"number": 2}])
    assert [found[1, place] for place in "abc"] == ["overdue", "overdue", "not_applicable"]
    assert [found[2, place] for place in "abc"] == ["late", "late", "late"]


def test_in_a_municipality_silence_of_others_is_no_data_and_its_own_is_nothing_done(rules) -> None:
    found = cells(rules, [BOTH], HEADER + "1 | a1 | 2026-03-01 | 50", returned="b")
    assert [found[1, place] for place in "ab"] == ["overdue", "overdue"]
    assert cells(rules, [BOTH], returned="b")[1, "a"] == "no_data"


def test_a_regional_target_is_not_divided_and_a_plan_that_was_set_is_judged(rules) -> None:
    facts = HEADER + "1 | a1 | 2026-02-01 | 2"
    assert cells(rules, [WINDOW], facts)[1, "a"] == "no_plan"
    plan = {"plan_year": YEAR, "measure_number": 1, "municipality_id": "a", "plan_value": 2, "who": "отдел",
            "date": "2026-01-15", "why": "приказ"}  # fmt: skip
    assert cells(rules, [WINDOW], facts, plans=pd.DataFrame([plan]))[1, "a"] == "done"
    assert cells(rules, [WINDOW], facts, plans=pd.DataFrame([plan | {"plan_value": 3}]))[1, "a"] == "overdue"


def test_a_listed_school_is_asked_only_what_the_whole_list_is_asked(rules) -> None:
    rows = [BOTH, ALL_YEAR | {"number": 2}]
    table = school_support(support(rows, HEADER + "1 | a1 | 2026-03-01 | 1"), rules)
    found = {(r.school_id, r.measure_number): r.status_code for r in table.itertuples()}
    assert found == {
        ("a1", 1): "done", ("a2", 1): "overdue", ("b1", 1): "overdue",
        ("a1", 2): "no_plan", ("a2", 2): "no_plan", ("b1", 2): "no_plan",
    }  # fmt: skip


def counted(text: str, day: str = "2026-12-31") -> list[tuple[float, str | None]]:
    table = count_events(facts_of(text), schools(), date.fromisoformat(day)).sort_values("row_number")
    codes = [None if pd.isna(code) else code for code in table["left_out_code"]]
    return list(zip(table["counted_quantity"], codes, strict=True))


FULL = "measure | place | day | quantity | who | evidence\n"


def test_one_event_that_two_report_counts_once_and_the_institute_is_believed() -> None:
    same = FULL + "1 | a1 | 2026-03-01 | 5 | municipality | -\n1 | a1 | 2026-03-01 | 5 | institute | -"
    assert counted(same) == [(0, "repeated"), (5, None)]
    other = FULL + "1 | a1 | 2026-03-01 | 9 | municipality | -\n1 | a1 | 2026-03-01 | 5 | institute | -"
    assert counted(other) == [(0, "contradicted"), (5, None)]


def test_lines_of_one_file_with_other_evidence_are_other_events() -> None:
    two = FULL + "1 | a1 | 2026-03-01 | 1 | institute | протокол 1\n1 | a1 | 2026-03-01 | 1 | institute | протокол 2"
    assert counted(two) == [(1, None), (1, None)]
    twice = FULL + "1 | a1 | 2026-03-01 | 1 | institute | Протокол 1\n1 | a1 | 2026-03-01 | 2 | institute | протокол  1"
    assert counted(twice) == [(0, "contradicted"), (2, None)]
    same = FULL + "1 | a1 | 2026-03-01 | 2 | institute | п. 1\n1 | a1 | 2026-03-01 | 2 | institute | п. 1"
    assert counted(same) == [(2, None), (0, "repeated")]


def test_the_total_of_a_day_counts_with_what_its_places_do_not_tell() -> None:
    text = FULL + "\n".join(
        [
            "1 | a1 | 2026-03-01 | 2 | municipality | -",
            "1 | a | 2026-03-01 | 5 | municipality | -",
            "1 | - | 2026-03-01 | 12 | institute | -",
            "1 | - | 2026-03-02 | 4 | institute | -",
        ]
    )
    assert counted(text) == [(2, None), (3, None), (7, None), (4, None)]
    small = FULL + "1 | a1 | 2026-03-01 | 2 | municipality | -\n1 | - | 2026-03-01 | 2 | institute | -"
    assert counted(small) == [(2, None), (0, "told_by_place")]


def test_what_comes_after_the_day_or_is_nothing_does_not_count() -> None:
    text = FULL + "1 | a1 | 2026-07-01 | 2 | municipality | -\n1 | a1 | 2026-05-01 | 0 | municipality | -"
    assert counted(text, "2026-06-30") == [(0, "after_day"), (0, "nothing_done")]
