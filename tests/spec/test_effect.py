"""What became of listed schools, by hand: the forecast set right by the others, the interval, what may be said."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline import stability
from pipeline.effect import Effect, ListEvidence, effect, reached_schools
from pipeline.effect_forecast import (
    Calibration,
    against_each_other,
    against_forecast,
    calibrate,
    next_year,
    overlap_weights,
)
from pipeline.effect_words import summary_sentence
from pipeline.methodology import Methodology
from pipeline.tables.support import SUPPORT_FACTS

from .conftest import Maker

EXACT = Calibration(level=0.0, slope=1.0, covariance=np.zeros((2, 2)), noise=1.0, drift=0.0, school_count=99)


def schools(text: str, table: Maker) -> pd.DataFrame:
    """Schools of `next_year`: O, E, S, shape and T; before the list they had twice the norm."""
    frame = table(text).rename(columns={"O": "low_count", "E": "expected_count", "S": "index", "probability": "T"})
    frame = frame.rename(columns={"T": "probability"}).set_index("school_id").astype("float64")
    return frame.assign(before_low=20.0, before_expected=10.0)


def test_the_ratio_and_its_interval_by_hand(table: Maker) -> None:
    one = schools("school | O | E  | S   | shape\n A | 9 | 10 | 1.5 | 100", table)
    found = against_forecast(one, EXACT, 0.90)
    # M = 15, B = 15²/100: (9 − 15ρ)² = 1.645² · (15ρ + 2.25ρ²)
    assert [found.ratio, found.lower, found.upper] == pytest.approx([0.6, 0.3444, 1.0743], abs=1e-4)


def test_without_any_low_result_the_interval_starts_at_0_and_ends_where_none_would_surprise(table: Maker) -> None:
    one = schools("school | O | E | S | shape\n A | 0 | 3 | 1 | 1000000", table)
    found = against_forecast(one, EXACT, 0.90)
    assert (found.ratio, found.lower) == (0, 0)
    assert found.upper == pytest.approx(1.645**2 / 3, abs=1e-3)


def test_where_little_is_known_the_interval_has_no_upper_end(table: Maker) -> None:
    one = schools("school | O | E | S | shape\n A | 5 | 3 | 1 | 2", table)
    found = against_forecast(one, EXACT, 0.90)
    assert found.upper is None
    assert 0 < found.lower < 1


def test_what_all_schools_share_does_not_average_out(table: Maker) -> None:
    many = schools(
        "school | O | E | S | shape\n" + "\n".join(f"s{i} | 10 | 10 | 1 | 1000000" for i in range(400)), table
    )
    shared = replace(EXACT, covariance=np.diag([0.01, 0.0]))
    alone, together = against_forecast(many, EXACT, 0.90), against_forecast(many, shared, 0.90)
    assert alone.upper is not None and together.upper is not None
    assert alone.upper - alone.lower < 0.06
    assert together.upper - together.lower == pytest.approx(2 * 1.645 * 0.1, abs=0.02)


def test_unlisted_schools_tell_how_hard_the_year_is_and_how_far_schools_come_back(
    table: Maker, edition: Methodology
) -> None:
    index = np.exp(np.linspace(-1, 1, 60))
    low = 200 * np.exp(0.1 + 0.7 * np.log(index))
    known = pd.DataFrame({"low_count": low, "expected_count": 200.0, "index": index, "shape": 1000.0})
    found = calibrate(known, replace(edition.effect, slope_scale=100.0, default_weight=1e-6, form_error=0.0))
    assert [found.level, found.slope] == pytest.approx([0.1, 0.7], abs=1e-6)
    # No school strays from the line: chance alone is left.
    assert [found.noise, found.drift] == pytest.approx([1.0, 0.0], abs=1e-9)
    assert calibrate(known, replace(edition.effect, slope_scale=1e-4)).slope == pytest.approx(1.0, abs=1e-3)
    # That listed schools follow the same line is not known for sure.
    assert calibrate(known, edition.effect).covariance[0, 0] > 0.03**2


TWO_YEARS = """
    school | year | tested | low
    A      | 2025 | 100    | 40
    B      | 2025 | 100    | 20
    C      | 2025 | 100    | 20
    D      | 2025 | 100    | 10
    E      | 2025 | 100    | 30
    A      | 2026 | 100    | 60
    B      | 2026 | 100    | 20
    C      | 2026 | 100    | 10
    D      | 2026 | 100    | 15
    E      | 2026 | 100    | 90
"""


def test_the_norm_are_the_schools_that_are_not_listed(results: Maker, edition: Methodology) -> None:
    frame = results(TWO_YEARS)
    selection = replace(edition.selection, capacity=1)
    fit = stability.fit(frame[frame["year"] == 2025], 2025, edition.stability, selection, frozenset({"E"}))
    found = next_year(frame, fit, frozenset({"A"}), frozenset({"E"}), min_cell_schools=3)
    assert found.index.tolist() == ["A", "B", "C", "D"]  # E takes no part
    assert found["expected_count"].tolist() == pytest.approx([15.0] * 4)  # 45 low of 300, not 105 of 400
    assert found.loc["A", ["low_count", "before_low"]].tolist() == [60, 40]
    assert found.loc["A", "before_expected"] == pytest.approx(100 * 50 / 300)
    assert next_year(frame, fit, frozenset({"A"}), frozenset({"E"}), min_cell_schools=4).empty


def test_two_groups_are_compared_on_the_logarithmic_scale(table: Maker) -> None:
    first = schools("school | O | E | S | shape\n A | 8 | 10 | 1 | 1000000", table)
    second = schools("school | O | E | S | shape\n B | 10 | 10 | 1 | 1000000", table)
    found = against_each_other(first, second, EXACT, 0.90)
    assert found is not None and found.upper is not None
    width = 1.645 * np.sqrt(1 / 8 + 1 / 10)  # Poisson counts of 8 and 10
    assert [found.ratio, found.lower, found.upper] == pytest.approx(
        [0.8, 0.8 * np.exp(-width), 0.8 * np.exp(width)], abs=1e-3
    )
    assert against_each_other(first, second.assign(low_count=0.0), EXACT, 0.90) is None


def test_neighbours_weigh_only_near_the_cut_and_have_the_same_probability(edition: Methodology) -> None:
    chance = np.concatenate([np.linspace(0.01, 0.6, 50), np.linspace(0.4, 0.99, 30)])
    frame = pd.DataFrame({"probability": chance, "is_listed": [False] * 50 + [True] * 30})
    weights = overlap_weights(frame, replace(edition.effect, overlap_slope_scale=100.0))
    logit = np.log(chance / (1 - chance))
    means = [np.average(logit[rows], weights=weights[rows]) for rows in (slice(0, 50), slice(50, 80))]
    assert means[0] == pytest.approx(means[1], abs=1e-3)
    assert weights[0] < 0.01 < 0.3 < weights[50]


FACTS = """
    measure_number | municipality_id | school_id | fact_date  | list_year | is_counted
    3              | m1              | A         | 2026-02-01 | 2025      | yes
    3              | m1              | A         | 2026-03-01 | 2025      | yes
    3              | m1              | B         | 2026-03-01 | 2025      | no
    3              | m1              | X         | 2026-03-01 | 2025      | yes
    4              | m1              | -         | 2025-10-01 | 2025      | yes
    5              | -               | -         | 2026-05-31 | 2025      | yes
    6              | m2              | C         | 2026-06-01 | 2025      | yes
    7              | m2              | C         | 2026-10-01 | 2026      | yes
"""


def facts(table: Maker, text: str = FACTS) -> pd.DataFrame:
    frame = table(text)
    places = {"file_id": "f", "sheet_name": "", "block_name": "", "plan_year": 2026, "provider_code": "institute"}
    frame = frame.assign(**places, row_number=range(len(frame)), quantity=1.0)
    return SUPPORT_FACTS.typed(frame.assign(is_counted=frame["is_counted"] == "yes"))


def test_a_measure_reaches_a_school_a_municipality_or_everybody_and_in_time(table: Maker, edition: Methodology) -> None:
    listed = pd.DataFrame({"school_id": ["A", "B", "C"], "municipality_id": ["m1", "m1", "m2"]})
    found = reached_schools(facts(table), listed, 2025, edition.effect)
    # Not counted, not listed, after the exams, of another list: none of them reaches.
    assert found.groupby("measure_number")["school_id"].apply(list).to_dict() == {
        3: ["A"],
        4: ["A", "B"],
        5: ["A", "B", "C"],
    }


def made_up(
    edition: Methodology,
    share: float,
    *,
    is_computed: bool = True,
    school_count: int = 120,
    is_shuffled: bool = False,
    vanished: int = 0,
) -> Effect:
    """Twenty of the schools are listed by the model; a share of their low results of 2026 does not happen."""
    rng = np.random.Generator(np.random.PCG64(5))
    level = rng.gamma(6, 1 / 6, school_count)
    cells = pd.DataFrame(
        [
            {"school_id": f"s{i:03d}", "municipality_id": f"m{i % 4}", "year": year, "procedure": "vpr",
             "subject": "rus", "grade": grade, "tested_count": 60,
             "low_count": int(rng.binomial(60, min(0.15 * level[i], 0.9)))}
            for i in range(school_count) for year in (2024, 2025, 2026) for grade in ("5", "6", "7")
        ]
    )  # fmt: skip
    selection = replace(edition.selection, capacity=20)
    fit = stability.fit(cells[cells["year"] <= 2025], 2025, edition.stability, selection)
    chosen = fit.table.nlargest(20, "probability")[["school_id", "municipality_id"]]
    is_helped = cells["school_id"].isin(chosen["school_id"]) & (cells["year"] == 2026)
    cells["low_count"] -= (cells["low_count"] * share).astype(int).where(is_helped, 0)
    listed = chosen.assign(school_name="Школа", municipality_name="Район", is_entered=True)
    has_gone = cells["school_id"].isin(listed["school_id"].iloc[:vanished]) & (cells["year"] == 2026)
    known = cells[(cells["year"] >= 2025) & ~has_gone]
    if is_shuffled:
        listed, known = (frame.sample(frac=1, random_state=1) for frame in (listed, known))
    evidence = ListEvidence(listed, is_computed, fit, known, frozenset(), 5, SUPPORT_FACTS.empty())
    return effect(evidence, edition.effect)


def whole(found: Effect) -> pd.Series:
    summary = found.summary
    return summary[(summary["scope_code"] == "all") & (summary["estimator_code"] == "forecast")].iloc[0]


def test_coming_back_to_the_norm_is_no_effect(edition: Methodology) -> None:
    row = whole(made_up(edition, 0.0))
    assert row["before_ratio"] - row["forecast_ratio"] > 0.1  # this much would pass for an improvement
    assert row["effect_lower"] < 1 < row["effect_upper"]
    assert row["conclusion_code"] == "not_established"
    assert row["conclusion_text"].endswith("Различие статистически не установлено.")


def test_a_large_effect_is_told_and_a_list_made_otherwise_never_is(edition: Methodology) -> None:
    row = whole(made_up(edition, 0.4))
    assert row["effect_ratio"] == pytest.approx(0.6, abs=0.1)
    assert row["conclusion_code"] == "better"
    imported = whole(made_up(edition, 0.4, is_computed=False))
    assert imported["effect_ratio"] == row["effect_ratio"]
    assert imported["conclusion_code"] == "not_judged"
    assert "не по этой модели" in imported["conclusion_text"]


def test_an_effect_is_told_only_where_the_interval_lies_on_one_side_of_1(edition: Methodology) -> None:
    for share in (0.0, 0.2, 0.6):
        summary = made_up(edition, share).summary
        told = summary[summary["conclusion_code"].isin(["better", "worse"])]
        assert ((told["effect_upper"] < 1) | (told["effect_lower"] > 1)).all()
        assert summary.loc[summary["conclusion_code"] == "better", "effect_ratio"].lt(1).all()
    assert len(told) >= 4  # with .6 less nearly everything shows


def test_the_more_groups_are_compared_the_more_a_conclusion_needs(edition: Methodology) -> None:
    summary = pd.concat([made_up(edition, share).summary for share in (0.15, 0.2, 0.25, 0.3)])
    places = summary[summary["scope_code"] == "municipality"]
    assert set(places["family_count"]) == {3}  # one of the four has too few listed schools for a conclusion
    beside = places[(places["effect_upper"] < 1) & (places["conclusion_code"] == "not_established")]
    assert not beside.empty
    assert beside["conclusion_text"].str.contains("бывает случайно").all()


def test_too_few_unlisted_schools_leave_rows_without_figures(edition: Methodology) -> None:
    found = made_up(edition, 0.4, school_count=45)
    assert len(found.schools) == 20
    assert set(found.schools["conclusion_code"]) == set(found.summary["conclusion_code"]) == {"not_judged"}
    assert found.summary["effect_ratio"].isna().all()
    assert found.parameters.empty


def test_listed_schools_without_results_a_year_later_are_told_and_count_nowhere(edition: Methodology) -> None:
    all_there, some = made_up(edition, 0.4), made_up(edition, 0.4, vanished=3)
    gone = some.schools[~some.schools["is_judged"]]
    assert len(some.schools) == 20 and len(gone) == 3
    assert set(gone["conclusion_text"]) == {"Сравнить не с чем: нет результатов или прогноза."}
    assert gone[["low_count", "effect_ratio"]].isna().all(axis=None)
    row = whole(some)
    assert (row["school_count"], row["judged_count"]) == (20, 17)
    kept = all_there.schools[~all_there.schools["school_id"].isin(gone["school_id"])]
    assert row["low_count"] == kept["low_count"].sum()
    places = some.summary[some.summary["scope_code"] == "municipality"]
    few = places[places["judged_count"] < 3]
    assert not few.empty and set(few["conclusion_code"]) == {"not_judged"}


def unlisted(seed: int, count: int = 60) -> pd.DataFrame:
    """Unlisted schools of `next_year` that come back to the norm and stray from their levels."""
    rng = np.random.Generator(np.random.PCG64(seed))
    index, expected = np.exp(rng.normal(0, 0.4, count)), rng.uniform(3, 60, count)
    low = rng.poisson(expected * index**0.8 * rng.gamma(20, 1 / 20, count)).astype("float64")
    return pd.DataFrame({"low_count": low, "expected_count": expected, "index": index, "shape": 30.0})


@given(st.integers(0, 10**6), st.floats(0.5, 2))
def test_a_norm_that_is_off_for_everybody_changes_no_ratio(edition: Methodology, seed: int, scale: float) -> None:
    others, own = unlisted(seed), unlisted(seed + 1, 8)
    off = [frame.assign(expected_count=frame["expected_count"] * scale) for frame in (others, own)]
    first = against_forecast(own, calibrate(others, edition.effect), 0.90)
    second = against_forecast(off[1], calibrate(off[0], edition.effect), 0.90)
    assert [second.ratio, second.lower] == pytest.approx([first.ratio, first.lower], rel=1e-4)


@given(st.integers(0, 10**6))
def test_two_groups_compared_the_other_way_round_give_the_inverse(edition: Methodology, seed: int) -> None:
    found = calibrate(unlisted(seed), edition.effect)
    one, other = unlisted(seed + 1, 5), unlisted(seed + 2, 9)
    there, back = against_each_other(one, other, found, 0.90), against_each_other(other, one, found, 0.90)
    assert there is not None and there.upper is not None and back is not None and back.upper is not None
    assert [back.ratio, back.lower, back.upper] == pytest.approx([1 / there.ratio, 1 / there.upper, 1 / there.lower])


@given(st.floats(0, 200), st.floats(0.5, 80), st.floats(0.2, 4), st.floats(2, 500), st.floats(0, 0.3))
def test_the_interval_holds_the_ratio_and_grows_with_the_level(
    low: float, expected: float, index: float, shape: float, drift: float
) -> None:
    one = pd.DataFrame({"low_count": [low], "expected_count": [expected], "index": [index], "shape": [shape]})
    calibration = replace(EXACT, drift=drift, covariance=np.diag([0.001, 0.002]))
    found, wider = (against_forecast(one, calibration, level) for level in (0.90, 0.99))
    assert 0 <= wider.lower <= found.lower <= found.ratio
    assert found.upper is None or found.ratio < found.upper
    assert wider.upper is None or (found.upper is not None and found.upper < wider.upper)
    more = against_forecast(one.assign(low_count=low + 1), calibration, 0.90)
    assert more.ratio > found.ratio and more.lower > found.lower


def test_the_order_of_rows_has_no_say(edition: Methodology) -> None:
    first, second = (made_up(edition, 0.3, is_shuffled=is_shuffled) for is_shuffled in (False, True))
    pd.testing.assert_frame_equal(first.summary, second.summary)
    pd.testing.assert_frame_equal(first.schools, second.schools)


def test_the_sentence_shows_on_which_side_of_1_an_end_lies() -> None:
    row = {"estimator_code": "neighbours", "effect_ratio": 0.9, "effect_lower": 0.81, "effect_upper": 0.998}
    told = summary_sentence("better", "", {**row, "family_count": 1}, 0.90)
    assert "интервал 90\u00a0%: от 0,81 до 0,998." in told
    assert told.endswith("Низких результатов меньше, чем у таких же школ вне перечня.")


def test_no_deviation_seen_is_not_called_a_proof_of_the_forecast() -> None:
    row = {"estimator_code": "placebo", "effect_ratio": 1.12, "effect_lower": 0.99, "effect_upper": 1.28}
    told = summary_sentence("not_established", "", {**row, "family_count": 1}, 0.90)
    assert told.endswith("Отклонение школ вне перечня от прогноза статистически не установлено.")
    assert "доверять" not in told
