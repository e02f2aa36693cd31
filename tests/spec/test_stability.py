"""The stability model, step by step, on regions small enough to check by hand."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from pipeline import stability
from pipeline.errors import MethodologyError, NoDataError, PipelineError
from pipeline.expected import StabilityFit, expected_cells, pool_cells, regional_rates
from pipeline.methodology import Methodology
from pipeline.methodology.rules import PoolRules

from .conftest import Maker

SIX_SCHOOLS = """
    school | year | tested | low
    A      | 2026 | 100    | 40
    B      | 2026 | 100    | 20
    C      | 2026 | 100    | 20
    D      | 2026 | 100    | 20
    E      | 2026 | 50     | 10
    F      | 2026 | 50     | 10
"""


def fitted(frame: pd.DataFrame, edition: Methodology, capacity: int = 1, **others: object) -> StabilityFit:
    selection = replace(edition.selection, capacity=capacity)
    return stability.fit(frame, 2026, edition.stability, selection, **others)  # type: ignore[arg-type]


def row(fit: StabilityFit, school_id: str) -> pd.Series:
    return fit.table.set_index("school_id").loc[school_id]


def test_expected_is_tested_times_the_rate_of_the_region(results: Maker) -> None:
    cells = expected_cells(results(SIX_SCHOOLS), min_cell_schools=5)
    assert cells["low_rate"].unique() == pytest.approx([0.24])
    assert cells["expected_count"].tolist() == pytest.approx([24, 24, 24, 24, 12, 12])


def test_cells_of_few_schools_and_cells_all_alike_take_no_part(results: Maker) -> None:
    frame = results("""
        school | year | subject | tested | low
        A      | 2026 | rus     | 10     | 0
        B      | 2026 | rus     | 10     | 0
        C      | 2026 | rus     | 10     | 0
        A      | 2026 | mat     | 10     | 10
        B      | 2026 | mat     | 10     | 10
        C      | 2026 | mat     | 10     | 10
        A      | 2026 | phys    | 10     | 5
        B      | 2026 | phys    | 10     | 1
        A      | 2026 | chem    | 10     | 5
        B      | 2026 | chem    | 10     | 1
        C      | 2026 | chem    | 10     | 0
    """)
    rates = regional_rates(expected_cells(frame, min_cell_schools=3)).set_index("subject")
    assert rates["is_used"].to_dict() == {"rus": False, "mat": False, "phys": False, "chem": True}
    assert rates.loc["chem", ["school_count", "tested_count", "low_count"]].tolist() == [3, 30, 6]


def test_the_pool_says_which_exams_and_subjects_choose_schools(results: Maker) -> None:
    frame = results("""
        school | year | exam | subject  | tested | low
        A      | 2026 | vpr  | rus      | 10     | 1
        A      | 2026 | vpr  | phys     | 10     | 1
        A      | 2026 | ege  | mat_prof | 10     | 1
        A      | 2026 | test | rus      | 10     | 1
    """)
    pool = PoolRules(cells=("vpr:rus", "ege:*"), excluded_kinds=())
    chosen = pool_cells(frame, pool)
    assert list(zip(chosen["procedure"], chosen["subject"], strict=True)) == [("vpr", "rus"), ("ege", "mat_prof")]
    assert len(pool_cells(frame, PoolRules(cells=("*:*",), excluded_kinds=()))) == 4
    with pytest.raises(MethodologyError, match="«vpr»"):
        pool_cells(frame, PoolRules(cells=("vpr",), excluded_kinds=()))


def test_one_year_and_one_cell_per_school_use_the_defaults_and_say_so(results: Maker, edition: Methodology) -> None:
    fit = fitted(results(SIX_SCHOOLS), edition)
    assert (fit.decay, fit.dispersion.base, fit.dispersion.growth) == (edition.stability.default_decay, 1, 0)
    assert {"decay_default", "dispersion_default", "outlook_default"} <= set(fit.warnings)
    rules = edition.stability
    assert (fit.outlook.spread, fit.outlook.noise, fit.outlook.sharpness) == (
        rules.default_spread,
        rules.default_noise,
        1,
    )
    first = row(fit, "A")
    assert (first["effective_observed"], first["effective_expected"]) == pytest.approx((40, 24))
    assert first["index"] == pytest.approx((40 + fit.prior * first["prior_mean"]) / (24 + fit.prior))
    assert first["reliability"] == pytest.approx(24 / (24 + fit.prior))
    assert fit.table.set_index("school_id")["probability"].idxmax() == "A"


def test_schools_that_do_not_differ_put_k_at_its_bound(results: Maker, edition: Methodology) -> None:
    alike = "school | year | tested | low\n" + "\n".join(f"{name} | 2026 | 100 | 20" for name in "ABCDEF")
    fit = fitted(results(alike), edition, capacity=2)
    assert fit.prior == pytest.approx(edition.stability.prior_maximum)
    assert "prior_at_bound" in fit.warnings
    assert fit.table["probability"].tolist() == pytest.approx([2 / 6] * 6)


def test_schools_that_differ_wildly_put_k_at_the_lower_bound(results: Maker, edition: Methodology) -> None:
    wild = "school | year | tested | low\n" + "\n".join(
        f"S{i} | 2026 | 1000 | {900 if i == 0 else 0}" for i in range(9)
    )
    fit = fitted(results(wild), edition, capacity=2)
    assert fit.prior == pytest.approx(edition.stability.prior_minimum)
    assert "prior_at_bound" in fit.warnings


def test_the_probabilities_add_up_to_the_places(results: Maker, edition: Methodology) -> None:
    for capacity in (1, 3, 5):
        fit = fitted(results(SIX_SCHOOLS), edition, capacity=capacity)
        assert fit.table["probability"].sum() == pytest.approx(capacity, abs=1e-9)


def test_more_places_than_schools_is_an_error_of_the_input(results: Maker, edition: Methodology) -> None:
    with pytest.raises(PipelineError, match=r"Мест в перечне \(6\) не меньше, чем школ с результатами \(6\)"):
        fitted(results(SIX_SCHOOLS), edition, capacity=6)


def test_a_year_without_results_is_an_error_of_the_input(results: Maker, edition: Methodology) -> None:
    frame = results(SIX_SCHOOLS)
    with pytest.raises(NoDataError, match=r"За 2027 год нет ни одного результата.*2026"):
        stability.fit(frame, 2027, edition.stability, replace(edition.selection, capacity=1))


def test_a_key_that_stands_twice_is_an_error_of_the_code(results: Maker, edition: Methodology) -> None:
    frame = results(SIX_SCHOOLS)
    with pytest.raises(AssertionError, match="twice"):
        fitted(pd.concat([frame, frame.iloc[:1]]), edition)


def test_later_years_are_not_looked_at(results: Maker, edition: Methodology) -> None:
    frame = results(SIX_SCHOOLS)
    later = frame.assign(year=2027, low_count=frame["low_count"].iloc[::-1].to_numpy())
    pd.testing.assert_frame_equal(fitted(pd.concat([frame, later]), edition).table, fitted(frame, edition).table)


def test_a_school_in_which_nobody_was_tested_has_no_row(results: Maker, edition: Methodology) -> None:
    frame = results(SIX_SCHOOLS + "    G      | 2026 | 0      | 0\n")
    assert "G" not in set(fitted(frame, edition).table["school_id"])


def test_schools_left_out_count_in_the_rates_only(results: Maker, edition: Methodology) -> None:
    frame = results(SIX_SCHOOLS)
    fit = fitted(frame, edition, left_out=frozenset({"A"}))
    assert fit.rates["low_rate"].tolist() == pytest.approx([0.24])
    assert set(fit.table["school_id"]) == set("BCDEF")
    assert fit.table["probability"].sum() == pytest.approx(1)


THREE_YEARS = "school | year | tested | low\n" + "\n".join(
    f"S{i} | {year} | 100 | {20 + (i % 3 - 1) * 5}" for i in range(9) for year in (2024, 2025, 2026)
)


def phi_of(fit: StabilityFit, expected: float) -> float:
    """φ of a cell in which so many low results are expected."""
    return fit.dispersion.base + fit.dispersion.growth * expected


def test_years_weigh_by_age_and_a_missing_year_is_not_made_up_for(results: Maker, edition: Methodology) -> None:
    frame = results(THREE_YEARS)
    gap = frame[~((frame["school_id"] == "S0") & (frame["year"] == 2025))]
    fit = fitted(gap, edition)
    weights = np.array([fit.decay**2, 1.0])  # p = 0.2 in 2024 and 2026: E = 20 a year
    effective = 20 * weights.sum() ** 2 / (phi_of(fit, 20) * (weights**1.5).sum())
    assert row(fit, "S0")["effective_expected"] == pytest.approx(effective, rel=1e-12)
    assert row(fit, "S0")["effective_expected"] < row(fit, "S3")["effective_expected"]
    assert (row(fit, "S0")["years_count"], row(fit, "S3")["years_count"]) == (2, 3)


def test_a_year_is_low_where_its_own_probability_reaches_one_half(results: Maker, edition: Methodology) -> None:
    frame = results("""
        school | year | tested | low
        A      | 2024 | 200    | 20
        A      | 2025 | 200    | 120
        A      | 2026 | 200    | 120
    """)
    others = results(
        "school | year | tested | low\n"
        + "\n".join(f"S{i} | {year} | 200 | 40" for i in range(8) for year in (2024, 2025, 2026))
    )
    fit = fitted(pd.concat([frame, others]), edition)
    assert row(fit, "A")["low_years_count"] == 2
    by_year = fit.years[fit.years["school_id"] == "A"].set_index("year")["probability"]
    assert by_year[2024] < 0.5 < by_year[2025]
    assert row(fit, "A")["current_year_probability"] == by_year[2026]
    assert fit.years.groupby("year")["probability"].sum().tolist() == pytest.approx([1, 1, 1])


FIVE_YEARS = "school | year | tested | low\n" + "\n".join(
    f"S{i} | {year} | 100 | {20 + (i % 3 - 1) * 5}" for i in range(9) for year in range(2022, 2027)
)


def test_all_years_count_and_older_ones_less(results: Maker, edition: Methodology) -> None:
    lows = {"lately": (20, 20, 20, 20, 60), "once": (60, 20, 20, 20, 20), "never": (20, 20, 20, 20, 20)}
    lines = [
        f"{name} | {year} | 100 | {low}"
        for name, values in lows.items()
        for year, low in zip(range(2022, 2027), values, strict=True)
    ]
    three = results("school | year | tested | low\n" + "\n".join(lines))
    fit = fitted(pd.concat([results(FIVE_YEARS), three]), edition)
    lately, once, never = (row(fit, name) for name in lows)
    assert lately["index"] > once["index"] > never["index"]
    assert lately["probability"] > once["probability"] > never["probability"]
    assert (once["history_years_count"], once["years_count"]) == (5, 3)
    assert (once["tested_count"], once["low_count"]) == (300, 60)  # of the last three years


def test_thin_data_count_every_year_and_then_go_to_the_experts(results: Maker, edition: Methodology) -> None:
    small = results("""
        school   | year | tested | low
        rescued  | 2022 | 40     | 10
        rescued  | 2026 | 8      | 2
        hopeless | 2022 | 2      | 1
        hopeless | 2026 | 2      | 1
    """)
    rules = replace(edition, stability=replace(edition.stability, is_decay_learned=False))
    fit = fitted(pd.concat([results(FIVE_YEARS), small]), rules)
    rescued, hopeless, ordinary = (row(fit, name) for name in ("rescued", "hopeless", "S0"))
    assert (rescued["history_years_count"], rescued["tested_count"], rescued["is_thin"]) == (2, 8, False)
    assert (hopeless["history_years_count"], hopeless["is_thin"]) == (2, True)
    assert (ordinary["history_years_count"], ordinary["is_thin"]) == (5, False)
    assert fit.table["probability"].sum() == pytest.approx(1)


def test_a_school_without_results_in_two_years_is_not_recent(results: Maker, edition: Methodology) -> None:
    frame = results(FIVE_YEARS)
    gone = frame[~((frame["school_id"] == "S0") & (frame["year"] > 2024))]
    fit = fitted(gone, edition)
    assert not row(fit, "S0")["is_recent"]
    assert row(fit, "S1")["is_recent"]


def test_a_year_with_two_years_before_it_teaches_the_decay(results: Maker, edition: Methodology) -> None:
    three, two = (results(FIVE_YEARS).query("year >= @first") for first in (2024, 2025))
    assert "decay_default" not in fitted(three, edition).warnings
    assert "decay_default" in fitted(two, edition).warnings
    asked_for = replace(edition, stability=replace(edition.stability, is_decay_learned=False))
    assert "decay_default" not in fitted(two, asked_for).warnings


# The ten low schools of thirty stay the same, or two of them are replaced every year.
LASTING, MOVING = (
    "school | year | tested | low\n"
    + "\n".join(
        f"S{i:02d} | {year} | 200 | {60 if (i + replaced * (year - 2020)) % 30 < 10 else 30}"
        for i in range(30)
        for year in range(2020, 2027)
    )
    for replaced in (0, 2)
)


def test_the_decay_is_what_would_have_predicted_the_past_best(results: Maker, edition: Methodology) -> None:
    lasting, moving = (fitted(results(text), edition, capacity=10) for text in (LASTING, MOVING))
    assert lasting.decay > edition.stability.default_decay > moving.decay


def test_a_little_history_hardly_moves_the_decay(results: Maker, edition: Methodology) -> None:
    frame = results(LASTING)
    few = frame[frame["school_id"].isin([f"S{i:02d}" for i in (0, 1, 20, 21, 22, 23)])]
    free = replace(edition, stability=replace(edition.stability, decay_pull=0.0))
    pulled, unpulled = (fitted(few, e).decay for e in (edition, free))
    assert abs(pulled - edition.stability.default_decay) <= abs(unpulled - edition.stability.default_decay)
    assert fitted(few, replace(edition, stability=replace(edition.stability, decay_pull=1000.0))).decay == 0.6


SIZES = "school | year | tested | low\n" + "\n".join(
    f"{kind}{i} | {year} | {tested} | {low + (i + year) % 3 * spread}"
    for kind, tested, low, spread in (("small", 10, 3, 1), ("large", 200, 30, 5))
    for i in range(12)
    for year in (2024, 2025, 2026)
)


def test_a_school_starts_from_the_schools_of_its_size(results: Maker, edition: Methodology) -> None:
    new = results("school | year | tested | low\nnewcomer | 2026 | 10 | 2\nveteran | 2026 | 200 | 40")
    frame = pd.concat([results(SIZES), new])
    fit = fitted(frame, edition, capacity=4)
    newcomer, veteran = row(fit, "newcomer"), row(fit, "veteran")
    assert fit.prior_slope < 0
    assert newcomer["prior_mean"] > veteran["prior_mean"]
    assert (newcomer["size_count"], veteran["size_count"]) == (10, 200)
    told = np.exp(fit.prior_level + fit.prior_slope * np.log(10 / fit.median_size))
    assert newcomer["prior_mean"] == row(fit, "small3")["prior_mean"] == pytest.approx(told)
    # Its own results still count: the same low share as the large school, drawn towards its own start.
    assert newcomer["index"] < newcomer["prior_mean"]


def test_a_scale_of_zero_switches_the_size_off(results: Maker, edition: Methodology) -> None:
    off = replace(edition, stability=replace(edition.stability, slope_scale=0.0))
    fit = fitted(results(SIZES), off, capacity=4)
    assert fit.prior_slope == 0
    assert fit.table["prior_mean"].tolist() == pytest.approx([np.exp(fit.prior_level)] * 24)


def test_next_year_is_foretold_to_schools_with_results_this_year(results: Maker, edition: Methodology) -> None:
    frame = results(FIVE_YEARS)
    gone = frame[~((frame["school_id"] == "S2") & (frame["year"] == 2026))]
    fit = fitted(gone, edition, capacity=3)
    chance = fit.table.set_index("school_id")["next_year_probability"]
    assert chance.index[chance.isna()].tolist() == ["S2"]
    assert chance.sum() == pytest.approx(3, abs=1e-8)
    assert row(fit, "S2")["probability"] > 0.5  # still among the lowest by all that is known
    assert "next_year_unknown" not in fit.warnings


def test_next_year_is_not_foretold_where_everybody_tested_this_year_has_a_place(
    results: Maker, edition: Methodology
) -> None:
    frame = results(FIVE_YEARS)
    few = frame[(frame["year"] < 2026) | frame["school_id"].isin(["S0", "S1", "S2", "S3", "S4"])]
    fit = fitted(few, edition, capacity=5)
    assert fit.table["next_year_probability"].isna().all()
    assert np.isnan(fit.outlook.cut)
    assert {"next_year_unknown", "small_year"} <= set(fit.warnings)


def test_next_year_is_less_sure_than_what_lasts(results: Maker, edition: Methodology) -> None:
    fit = fitted(results(FIVE_YEARS), edition, capacity=3)
    rows = fit.table.sort_values("probability")
    # In one year chance has a say as well: the highest chance is lower, the lowest higher.
    assert rows["next_year_probability"].iloc[-1] < rows["probability"].iloc[-1]
    assert rows["next_year_probability"].iloc[0] > rows["probability"].iloc[0]


def test_exams_weigh_the_same_where_the_edition_says_so(results: Maker, edition: Methodology) -> None:
    lines = [
        f"S{i} | 2026 | {exam} | {n} | {low}" for i in range(6) for exam, n, low in (("vpr", 200, 40), ("ege", 20, 2))
    ]
    lines[1] = "S0 | 2026 | ege | 20 | 10"
    frame = results("school | year | exam | tested | low\n" + "\n".join(lines))
    equal = replace(edition, stability=replace(edition.stability, equal_exam_weights=True))
    plain_index, equal_index = (row(fitted(frame, e), "S0")["index"] for e in (edition, equal))
    assert equal_index > plain_index > 1


def test_a_weighted_exam_counts_for_next_year_by_what_it_tells(results: Maker, edition: Methodology) -> None:
    exams = (("vpr", 200, 40), ("ege", 20, 2))
    lines = [f"S{i} | 2026 | {exam} | {n} | {low + i}" for i in range(6) for exam, n, low in exams]
    frame = results("school | year | exam | tested | low\n" + "\n".join(lines))
    equal = replace(edition, stability=replace(edition.stability, equal_exam_weights=True))
    plain, weighted = (row(fitted(frame, e), "S0")["newest_expected_count"] for e in (edition, equal))
    # E²/V of the weighted counts: a small exam blown up to the weight of a large one tells less than it weighs.
    large, small = 200 * (40 + 2.5) / 200, 20 * (2 + 2.5) / 20
    half = (large + small) / 2
    assert plain == pytest.approx(large + small)
    assert weighted == pytest.approx((2 * half) ** 2 / (half**2 / large + half**2 / small))
    assert weighted < plain


def test_old_results_alone_are_less_certain_than_new_ones(results: Maker, edition: Methodology) -> None:
    alone = "school | year | tested | low\nold | 2025 | 15 | 3\nnew | 2026 | 15 | 3"
    fit = fitted(pd.concat([results(THREE_YEARS), results(alone)]), edition)
    old, new = row(fit, "old")["effective_expected"], row(fit, "new")["effective_expected"]
    assert old == pytest.approx(new * fit.decay**edition.stability.drift_share)


def test_an_expectation_of_exactly_three_is_not_thin(results: Maker, edition: Methodology) -> None:
    # 15 pupils at a rate of 0.2 in 2025 alone: 3 after weighing, though not to the last bit in binary.
    frame = pd.concat([results(THREE_YEARS), results("school | year | tested | low\nedge | 2025 | 15 | 3")])
    unmoved = replace(edition, stability=replace(edition.stability, drift_share=0.0))
    edge = row(fitted(frame, unmoved), "edge")
    assert edge["effective_expected"] == pytest.approx(3)
    assert not edge["is_thin"]


def test_recent_results_that_take_no_part_are_no_recent_results(results: Maker, edition: Methodology) -> None:
    frame = results(FIVE_YEARS)
    gone = frame[~((frame["school_id"] == "S0") & (frame["year"] > 2024))]
    lonely = results("school | year | subject | tested | low\nS0 | 2026 | chi | 20 | 9")  # the only school to take it
    assert not row(fitted(pd.concat([gone, lonely]), edition), "S0")["is_recent"]


def test_a_region_without_a_single_low_result_says_nothing_of_any_school(results: Maker, edition: Methodology) -> None:
    frame = results(THREE_YEARS)
    fit = fitted(frame.assign(low_count=0), edition, capacity=2)
    assert fit.table["probability"].tolist() == pytest.approx([2 / 9] * 9)
    assert fit.table["is_thin"].all()
    assert fit.years.empty


def test_a_year_missing_in_the_whole_region_is_passed_over(results: Maker, edition: Methodology) -> None:
    frame = results(FIVE_YEARS).query("year != 2025")
    fit = fitted(frame, edition)
    weights = fit.decay ** np.array([4.0, 3.0, 2.0, 0.0])
    effective = 20 * weights.sum() ** 2 / (phi_of(fit, 20) * (weights**1.5).sum())
    assert row(fit, "S0")["effective_expected"] == pytest.approx(effective)
    assert (row(fit, "S0")["years_count"], row(fit, "S0")["history_years_count"]) == (2, 4)
