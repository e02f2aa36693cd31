"""What holds for any facts of support: an event counts once, the order of rows is no matter, more is never less."""

from dataclasses import replace
from datetime import date

import pandas as pd
import pytest
from depth import examples
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.methodology import load
from pipeline.support import roadmap_status, school_support, support_monitoring
from pipeline.support_events import count_events
from tests.spec.test_support import ALL_YEAR, BOTH, EVENTS, FULL, PER_EVENT, PLACES, facts_of, schools, support

DAY = date(2026, 11, 30)
EVENTS_NUMBER = 3  # a measure of the region: an event without a place is for all
MEASURES = [BOTH, ALL_YEAR | {"number": 2}, EVENTS | {"number": EVENTS_NUMBER}, PER_EVENT | {"number": 4}]
SHARES = ("fact_value", "coverage_count", "done_share", "slot_done_count")
Told = tuple[int, str, str, int, str, str]


def lines(*providers: str) -> st.SearchStrategy[list[Told]]:
    """Reports of few measures, places and days, so that they meet: measure, place, day, quantity, who, evidence."""
    told = st.tuples(
        st.integers(1, 4),
        st.sampled_from([*PLACES, *sorted(set(PLACES.values())), "-"]),
        st.sampled_from(["2026-02-10", "2026-03-05", "2026-06-10", "2026-10-20", "2026-12-05"]),
        st.integers(0, 6),
        st.sampled_from(providers),
        st.sampled_from(["приказ", "Приказ ", "ведомость", "-"]),
    )
    return st.lists(told, max_size=14)


EVERYBODY = lines("system", "institute", "institute2", "municipality", "municipality2")


def text(told: list[Told]) -> str:
    return FULL + "\n".join(" | ".join(map(str, line)) for line in told) if told else ""


def counted(told: list[Told]) -> pd.DataFrame:
    table = count_events(facts_of(text(told)), schools(), DAY)
    place = table["school_id"].fillna(table["municipality_id"]).fillna("-")
    return table.assign(place=place)


@pytest.fixture(scope="module")
def rules(tmp_path_factory):
    section = load("2026", tmp_path_factory.mktemp("region")).support
    return replace(section, whole_list_count=3, whole_register_count=5, whole_municipality_count=3)


@given(EVERYBODY)
def test_an_event_counts_once_however_often_it_is_told(told) -> None:
    table = counted(told)
    assert len(table) == len(told)  # nothing is dropped
    assert (table["is_counted"].astype(bool) == table["left_out_code"].isna()).all()
    assert (table.loc[~table["is_counted"].astype(bool), "counted_quantity"] == 0).all()
    assert (table["counted_quantity"] <= table["quantity"]).all()
    of_events = table[table["is_counted"].astype(bool)].groupby(["measure_number", "place", "fact_date"])
    assert (of_events["file_id"].nunique() <= 1).all()
    for _, event in of_events:
        evidence = event["evidence_text"].fillna("").str.casefold().str.split().str.join(" ")
        assert not evidence.duplicated().any()


@given(EVERYBODY)
def test_a_day_counts_no_more_than_its_places_or_the_largest_total_tell(told) -> None:
    table = counted(told)
    heard = table[~table["left_out_code"].isin(["after_day", "nothing_done", "repeated", "contradicted"])]
    for _, day in heard.groupby(["measure_number", "fact_date"]):
        own = {level: day.loc[mask, "quantity"].sum() for level, mask in (
            ("school", day["school_id"].notna()),
            ("region", day["municipality_id"].isna()),
        )}  # fmt: skip
        narrower = day.loc[day["municipality_id"].notna(), "counted_quantity"].sum()
        assert day["counted_quantity"].sum() == max(own["region"], narrower)
        assert narrower >= own["school"]


@given(EVERYBODY, st.randoms(use_true_random=False))
def test_the_order_of_the_rows_is_no_matter(told, random) -> None:
    reported = facts_of(text(told))
    places = list(range(len(reported)))
    random.shuffle(places)
    mixed = count_events(reported.iloc[places], schools(), DAY)
    pd.testing.assert_frame_equal(mixed, count_events(reported, schools(), DAY))


@settings(max_examples=examples(13), deadline=None)
@given(lines("institute", "institute2"), lines("institute", "institute2"))
def test_more_facts_of_one_side_never_lower_a_share(rules, told, more) -> None:
    fewer, all_told = (support(MEASURES, text(lot), DAY.isoformat(), returned="abci") for lot in (told, told + more))
    for table, key in (
        (roadmap_status, ["measure_number"]),
        (support_monitoring, ["measure_number", "municipality_id"]),
        (school_support, ["measure_number", "school_id"]),
    ):
        before, after = (table(known, rules).set_index(key) for known in (fewer, all_told))
        for name in SHARES if "done_share" in before else ("fact_value", "event_count"):
            known = before[name].notna()
            if name == "fact_value" and table is support_monitoring:
                # What one municipality is told to have had of an event for all, the others have not had.
                known &= before.index.get_level_values("measure_number") != EVENTS_NUMBER
            assert (after.loc[known, name] >= before.loc[known, name]).all(), name
        is_done = before["status_code"] == "done"
        assert (after.loc[is_done, "status_code"] == "done").all()
