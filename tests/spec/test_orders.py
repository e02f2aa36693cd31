"""The life of a list: states, validity, who stands on it on a day, what a new calculation would change."""

from datetime import date

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import ConfigError
from pipeline.order_checks import refuse_same_number, refuse_undecided, refuse_wrong_day, refuse_wrong_schools
from pipeline.orders import (
    TRANSITIONS,
    amendment_schools,
    differences,
    in_force,
    list_as_of,
    list_of_year,
    next_status,
    orders_on,
    year_in_force,
)
from pipeline.tables.decision import SELECTION
from pipeline.tables.orders import COMMISSION_DECISIONS, LISTED_SCHOOLS, OBJECTIONS, ORDER_SCHOOLS, ORDERS
from pipeline.tables.reference import SCHOOL_LINEAGE

NAMES = {f"s{n}": (f"Школа {n}", "Озёрный район") for n in range(10)}
EVENTS = ("draft", "submit", "sign", "amend", "expire")


def orders(*rows: tuple[str, int, str, str | None]) -> pd.DataFrame:
    """Orders from (code, year, state, day); an amendment is told by its code and changes the list of its year."""
    return ORDERS.conform(
        pd.DataFrame(
            [
                {
                    "order_id": code,
                    "year": year,
                    "kind_code": "amendment" if "amendment" in code else "list",
                    "status_code": status,
                    "number": code if status == "signed" else None,
                    "signed_date": day,
                    "issuer_name": "Министерство",
                    "replaces_id": f"{year}-list-01" if "amendment" in code else None,
                    "school_count": 1,
                }
                for code, year, status, day in rows
            ]
        )
    )


def of(order_id: str, *, include: str = "", exclude: str = "") -> list[dict[str, str]]:
    return [
        {
            "order_id": order_id,
            "school_id": school,
            "school_name": NAMES[school][0],
            "municipality_name": NAMES[school][1],
            "action_code": action,
        }
        for action, schools in (("include", include), ("exclude", exclude))
        for school in schools.split()
    ]


def schools(*parts: list[dict[str, str]]) -> pd.DataFrame:
    return ORDER_SCHOOLS.conform(pd.DataFrame([row for part in parts for row in part]))


def lineage(*rows: tuple[str, str | None, str, str]) -> pd.DataFrame:
    """Reorganisations from (school, successor, kind, day)."""
    found = [
        {
            "school_id": school,
            "successor_id": successor,
            "lineage_kind": kind,
            "from_year": date.fromisoformat(day).year + (date.fromisoformat(day).month >= 9),
            "from_date": pd.Timestamp(day),
        }
        for school, successor, kind, day in rows
    ]
    return SCHOOL_LINEAGE.conform(pd.DataFrame(found)) if found else SCHOOL_LINEAGE.empty()


ORDERS_2026 = orders(
    ("2025-list-01", 2025, "signed", "2025-09-15"),
    ("2026-list-01", 2026, "signed", "2026-09-20"),
    ("2026-amendment-01", 2026, "signed", "2026-11-10"),
    ("2026-amendment-02", 2026, "signed", "2027-02-01"),
    ("2026-amendment-03", 2026, "draft", None),
)
SCHOOLS_2026 = schools(
    of("2025-list-01", include="s8 s9"),
    of("2026-list-01", include="s1 s2 s3 s4"),
    of("2026-amendment-01", include="s5", exclude="s2"),
    of("2026-amendment-02", include="s2", exclude="s7"),
    of("2026-amendment-03", exclude="s1"),
)
MERGER = lineage(("s3", "s6", "merged", "2026-10-15"), ("s4", "s7", "merged", "2026-12-01"))

GONE = lineage(("s8", "s5", "merged", "2026-09-01"), ("s9", None, "closed", "2026-09-20"))


def standing(day: str, reorganised: pd.DataFrame = MERGER) -> str:
    listed = list_as_of(ORDERS_2026, SCHOOLS_2026, reorganised, date.fromisoformat(day), NAMES)
    return " ".join(in_force(listed)["school_id"])


@pytest.mark.parametrize(("status", "event"), [(s, e) for s in TRANSITIONS.values() for e in EVENTS])
def test_only_the_transitions_of_the_table_are_allowed(status: str, event: str) -> None:
    if (status, event) in TRANSITIONS:
        assert next_status(status, event, "2026-list-01") == TRANSITIONS[status, event]
    else:
        with pytest.raises(ConfigError, match="нельзя"):
            next_status(status, event, "2026-list-01")


def test_nothing_leads_from_a_signature_back_to_a_draft() -> None:
    reached, more = {"signed"}, True
    while more:
        following = {after for (before, _), after in TRANSITIONS.items() if before in reached}
        more = not following <= reached
        reached |= following
    assert reached == {"signed", "amended", "void"}


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        ("2025-09-14", ""),  # no list yet
        ("2026-08-31", "s8 s9"),
        ("2026-09-10", ""),  # the old list has ended, the new one is not signed yet
        ("2026-09-20", "s1 s2 s3 s4"),
        ("2026-10-20", "s1 s2 s4 s6"),  # s3 has merged into s6
        ("2026-11-10", "s1 s4 s5 s6"),
        ("2026-12-01", "s1 s5 s6 s7"),  # s4 has merged into s7
        ("2027-02-01", "s1 s2 s5 s6"),  # the amendment excludes the successor
        ("2027-09-01", ""),
    ],
)
def test_the_list_of_a_day_has_its_amendments_and_successors(day: str, expected: str) -> None:
    assert standing(day) == expected


def test_each_school_names_the_order_that_put_it_there_and_whose_place_it_took() -> None:
    listed = list_as_of(ORDERS_2026, SCHOOLS_2026, MERGER, date(2026, 12, 1), NAMES).set_index("school_id")
    assert listed["order_id"].to_dict() == {
        "s1": "2026-list-01", "s5": "2026-amendment-01", "s6": "2026-list-01", "s7": "2026-list-01",
    }  # fmt: skip
    assert listed.loc["s6", "succeeds_text"] == "Вместо школы s3 Школа 3: присоединена."
    assert listed.loc["s6", "school_name"] == "Школа 6"
    assert listed["succeeds_text"].notna().tolist() == [False, False, True, True]


def test_the_list_of_a_year_has_every_amendment() -> None:
    listed = list_of_year(ORDERS_2026, SCHOOLS_2026, MERGER, 2026, NAMES)
    assert list(listed["school_id"]) == ["s1", "s2", "s5", "s6"]
    assert list_of_year(ORDERS_2026, SCHOOLS_2026, MERGER, 2024, NAMES).empty


def test_two_listed_schools_that_become_one_have_one_place() -> None:
    joined = lineage(("s3", "s1", "merged", "2026-10-15"), ("s2", "s1", "branch", "2026-10-15"))
    listed = list_as_of(ORDERS_2026, SCHOOLS_2026, joined, date(2026, 11, 1), NAMES)
    assert list(listed["school_id"]) == ["s1", "s4"]
    assert listed["succeeds_text"].isna().all()


def test_a_closed_school_leaves_with_the_reason_and_no_row_is_lost() -> None:
    closed = lineage(("s3", None, "closed", "2026-10-15"))
    listed = list_as_of(ORDERS_2026, SCHOOLS_2026, closed, date(2026, 11, 1), NAMES).set_index("school_id")
    assert listed.loc["s3", "left_text"] == "Закрыта без преемника."
    assert list(in_force(listed).index) == ["s1", "s2", "s4"]


def test_states_and_days_follow_from_other_orders_and_from_the_day() -> None:
    found = orders_on(ORDERS_2026, date(2026, 12, 1)).set_index("order_id")
    assert found["status_code"].to_dict() == {
        "2025-list-01": "void", "2026-list-01": "amended", "2026-amendment-01": "signed",
        "2026-amendment-02": "signed", "2026-amendment-03": "draft",
    }  # fmt: skip
    assert orders_on(ORDERS_2026, date(2027, 9, 1)).set_index("order_id")["status_code"]["2026-amendment-01"] == "void"
    assert found.loc["2026-list-01", "valid_to_date"] == pd.Timestamp("2027-08-31")
    assert found["valid_to_date"].isna().to_dict()["2026-amendment-03"]


def test_a_list_ends_when_the_next_one_comes_early() -> None:
    early = orders(("2025-list-01", 2025, "signed", "2025-09-15"), ("2026-list-01", 2026, "signed", "2026-07-20"))
    found = orders_on(early, date(2026, 8, 1)).set_index("order_id")
    assert found.loc["2025-list-01", "valid_to_date"] == pd.Timestamp("2026-07-19")
    assert year_in_force(early, date(2026, 7, 19)) == 2025 and year_in_force(early, date(2026, 7, 20)) == 2026


def test_a_list_without_a_day_counts_from_september() -> None:
    assert year_in_force(orders(("2025-imported", 2025, "signed", None)), date(2025, 9, 1)) == 2025
    assert year_in_force(orders(("2025-imported", 2025, "signed", None)), date(2025, 8, 31)) is None


@given(st.randoms(use_true_random=False), st.dates(date(2025, 6, 1), date(2027, 12, 31)))
def test_the_list_of_a_day_does_not_depend_on_the_order_of_rows(random, day: date) -> None:
    frames = [frame.iloc[random.sample(range(len(frame)), len(frame))] for frame in (ORDERS_2026, SCHOOLS_2026, MERGER)]
    shuffled = list_as_of(*frames, day, NAMES)
    pd.testing.assert_frame_equal(shuffled, list_as_of(ORDERS_2026, SCHOOLS_2026, MERGER, day, NAMES))


def selection(selected: str, others: str = "") -> pd.DataFrame:
    rows = [
        {
            "school_id": school,
            "municipality_id": "m1",
            "year": 2026,
            "school_name": NAMES[school][0],
            "status_code": status,
            "reason_codes": reason,
            "is_rule_low": False,
            "is_firm": False,
            "is_on_list": False,
            "is_vpr_only": False,
            "is_in_corridor": False,
            "is_watched": False,
        }
        for codes, status, reason in (
            (selected, "selected", "entered_by_probability;rule_low"),
            (others, "not_selected", "below_entry_probability"),
        )
        for school in codes.split()
    ]
    return SELECTION.conform(pd.DataFrame(rows))


def decisions(**actions: str) -> pd.DataFrame:
    rows = [
        {"school_id": s, "year": 2026, "action": a, "who": "комиссия", "date": "2026-10-01", "why": "протокол № 4"}
        for s, a in actions.items()
    ]
    return COMMISSION_DECISIONS.conform(pd.DataFrame(rows)) if rows else COMMISSION_DECISIONS.empty()


def changed(day: str, computed: pd.DataFrame, decided: pd.DataFrame) -> pd.DataFrame:
    listed = list_as_of(ORDERS_2026, SCHOOLS_2026, MERGER, date.fromisoformat(day), NAMES)
    return differences(listed, computed, decided, NAMES, 2026).set_index("school_id")


def test_differences_name_the_cause_in_words() -> None:
    found = changed("2026-10-20", selection("s1 s4 s5 s6", "s2 s9"), decisions())
    assert found["change_code"].to_dict() == {"s2": "left", "s5": "entered", "s6": "succeeded"}
    assert found.loc["s2", "reason_text"] == "Вероятность T ниже порога включения."
    assert found.loc["s5", "reason_text"] == "Включена по вероятности T. Проходит по привычному правилу."
    assert "s3" in found.loc["s6", "reason_text"]


def test_the_commission_decides_over_the_calculation() -> None:
    decided = decisions(s1="exclude", s9="include")
    found = changed("2026-09-20", selection("s1 s2 s3 s4", "s9"), decided)
    assert found["change_code"].to_dict() == {"s1": "left", "s9": "entered"}
    assert found.loc["s9", "reason_text"] == "Решение комиссии от 01.10.2026: протокол № 4"
    drafted = amendment_schools(found.reset_index(), "2026-amendment-04")
    assert drafted.set_index("school_id")["action_code"].to_dict() == {"s1": "exclude", "s9": "include"}


def test_a_signed_amendment_leaves_no_difference() -> None:
    computed = selection("s1 s5 s9", "s2 s3 s4")
    before = LISTED_SCHOOLS.conform(list_as_of(ORDERS_2026, SCHOOLS_2026, lineage(), date(2026, 9, 20), NAMES))
    drafted = amendment_schools(differences(before, computed, decisions(), NAMES, 2026), "2026-amendment-01")
    after = list_as_of(
        ORDERS_2026.query("order_id in ['2026-list-01', '2026-amendment-01']"),
        pd.concat([SCHOOLS_2026.query("order_id == '2026-list-01'"), drafted]),
        lineage(),
        date(2026, 11, 10),
        NAMES,
    )
    assert differences(after, computed, decisions(), NAMES, 2026).empty


@pytest.mark.parametrize("number", ["2025-list-01", " № 2025-LIST-01"])
def test_one_number_once_a_calendar_year(number: str) -> None:
    with pytest.raises(ConfigError, match="уже есть"):
        refuse_same_number(ORDERS_2026, "x", number, date(2025, 12, 1), "Министерство")
    refuse_same_number(ORDERS_2026, "x", number, date(2026, 1, 1), "Министерство")
    joined = ORDERS_2026.assign(number="11-ОД; 2025-list-01")
    with pytest.raises(ConfigError, match="уже есть"):
        refuse_same_number(joined, "x", number, date(2025, 12, 1), "Министерство")
    refuse_same_number(ORDERS_2026, "x", number, date(2025, 12, 1), "Другое министерство")


@pytest.mark.parametrize(
    ("day", "load", "is_good"),
    [
        ("2026-05-31", None, False),
        ("2026-06-01", None, True),
        ("2026-07-14", "2026-07-15", False),
        ("2026-07-15", "2026-07-15", True),
        ("2026-05-01", "2026-04-01", False),
        ("2027-08-31", None, True),
        ("2027-09-01", None, False),
    ],
)
def test_the_day_of_an_order_follows_its_results(day: str, load: str | None, is_good: bool) -> None:
    newest = None if load is None else date.fromisoformat(load)
    if is_good:
        refuse_wrong_day(2026, date.fromisoformat(day), newest)
    else:
        with pytest.raises(ConfigError, match="Дата приказа"):
            refuse_wrong_day(2026, date.fromisoformat(day), newest)


@pytest.mark.parametrize(
    ("own", "is_amendment", "told"),
    [
        ([], False, "ни одной школы"),
        ([*of("x", include="s1"), *of("x", include="s1")], False, "дважды"),
        ([{**of("x", include="s1")[0], "school_id": "s77"}], False, "нет в реестре"),
        (of("x", exclude="s1"), False, "исключает"),
        (of("x", include="s1"), True, "уже состоит"),
        (of("x", exclude="s9"), True, "не состоит"),
        (of("x", include="s8"), False, "с 01.09.2026 присоединена: включают преемника, «s5»"),
        (of("x", include="s8"), True, "включают преемника"),
        (of("x", include="s9"), False, "закрыта"),
    ],
)
def test_schools_of_an_order_are_checked(own: list[dict[str, str]], is_amendment: bool, told: str) -> None:
    listed = list_as_of(ORDERS_2026, SCHOOLS_2026, MERGER, date(2026, 9, 20), NAMES) if is_amendment else None
    frame = pd.DataFrame(own, columns=list(ORDER_SCHOOLS.column_names))
    with pytest.raises(ConfigError, match=told):
        refuse_wrong_schools(frame, NAMES, listed, GONE, date(2026, 9, 20), "schools.csv")


def test_undecided_objections_block_unless_somebody_says_why() -> None:
    objection = {"year": 2026, "number": 7, "received_date": "2026-08-01", "school_id": "s1", "indicator_text": "ОГЭ"}
    objections = OBJECTIONS.conform(
        pd.DataFrame([{**objection, "ground_text": "ошибка", "decision_code": "undecided"}])
    )
    with pytest.raises(ConfigError, match="№ 7"):
        refuse_undecided(objections, 2026, None)
    assert refuse_undecided(objections, 2026, "срок по регламенту") == "срок по регламенту"
    assert refuse_undecided(objections, 2025, "срок по регламенту") is None
    assert refuse_undecided(objections.assign(decision_code="rejected"), 2026, None) is None
