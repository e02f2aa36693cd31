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
    assert (fit.decay, fit.dispersion) == (edition.stability.default_decay, 1.0)
    assert {"decay_default", "dispersion_default"} <= set(fit.warnings)
    first = row(fit, "A")
    assert (first["effective_observed"], first["effective_expected"]) == pytest.approx((40, 24))
    assert first["index"] == pytest.approx((40 + fit.prior) / (24 + fit.prior))
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


def test_years_weigh_by_age_and_a_missing_year_is_not_made_up_for(results: Maker, edition: Methodology) -> None:
    frame = results(THREE_YEARS)
    gap = frame[~((frame["school_id"] == "S0") & (frame["year"] == 2025))]
    fit = fitted(gap, edition)
    # p = 0.2 in 2024 and 2026: E = 20 a year; a = 0.6 ** age.
    weights = np.array([0.36, 1.0])
    effective = 20 * weights.sum() ** 2 / (fit.dispersion * (weights**2).sum())
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


def test_thin_data_look_at_five_years_and_then_go_to_the_experts(results: Maker, edition: Methodology) -> None:
    small = results("""
        school   | year | tested | low
        rescued  | 2022 | 40     | 10
        rescued  | 2026 | 8      | 2
        hopeless | 2022 | 2      | 1
        hopeless | 2026 | 2      | 1
    """)
    fit = fitted(pd.concat([results(FIVE_YEARS), small]), edition)
    rescued, hopeless, ordinary = (row(fit, name) for name in ("rescued", "hopeless", "S0"))
    assert (rescued["window_years_count"], rescued["tested_count"], rescued["is_thin"]) == (5, 48, False)
    assert (hopeless["window_years_count"], hopeless["is_thin"]) == (5, True)
    assert (ordinary["window_years_count"], ordinary["tested_count"], ordinary["is_thin"]) == (3, 300, False)
    assert fit.table["probability"].sum() == pytest.approx(1)


def test_a_school_without_results_in_two_years_is_not_recent(results: Maker, edition: Methodology) -> None:
    frame = results(FIVE_YEARS)
    gone = frame[~((frame["school_id"] == "S0") & (frame["year"] > 2024))]
    fit = fitted(gone, edition)
    assert not row(fit, "S0")["is_recent"]
    assert row(fit, "S1")["is_recent"]


def test_history_before_the_window_teaches_the_decay(results: Maker, edition: Methodology) -> None:
    four, three = (results(FIVE_YEARS).query("year >= @first") for first in (2023, 2024))
    assert "decay_default" not in fitted(four, edition).warnings
    assert "decay_default" in fitted(three, edition).warnings


def test_exams_weigh_the_same_where_the_edition_says_so(results: Maker, edition: Methodology) -> None:
    lines = [
        f"S{i} | 2026 | {exam} | {n} | {low}" for i in range(6) for exam, n, low in (("vpr", 200, 40), ("ege", 20, 2))
    ]
    lines[1] = "S0 | 2026 | ege | 20 | 10"
    frame = results("school | year | exam | tested | low\n" + "\n".join(lines))
    equal = replace(edition, stability=replace(edition.stability, equal_exam_weights=True))
    plain_index, equal_index = (row(fitted(frame, e), "S0")["index"] for e in (edition, equal))
    assert equal_index > plain_index > 1


def test_an_expectation_of_exactly_three_is_not_thin(results: Maker, edition: Methodology) -> None:
    # 15 pupils at a rate of 0.2 in 2025 alone: 3 after weighing, 2.999999999999999 in binary.
    frame = pd.concat([results(THREE_YEARS), results("school | year | tested | low\nedge | 2025 | 15 | 3")])
    edge = row(fitted(frame, edition), "edge")
    assert edge["effective_expected"] == pytest.approx(3)
    assert (edge["window_years_count"], edge["is_thin"]) == (3, False)


def test_recent_results_that_take_no_part_are_no_recent_results(results: Maker, edition: Methodology) -> None:
    frame = results(FIVE_YEARS)
    gone = frame[~((frame["school_id"] == "S0") & (frame["year"] > 2024))]
    lonely = results("school | year | subject | tested | low\nS0 | 2026 | chi | 20 | 9")  # the only school to take it
    assert not row(fitted(pd.concat([gone, lonely]), edition), "S0")["is_recent"]


def test_thin_data_never_narrow_a_long_main_window(results: Maker, edition: Methodology) -> None:
    lines = [f"S{i} | {year} | 100 | {20 + (i % 3 - 1) * 5}" for i in range(9) for year in range(2020, 2027)]
    small = "small | 2020 | 2 | 1\nsmall | 2026 | 2 | 1"
    frame = results("school | year | tested | low\n" + "\n".join([*lines, small]))
    seven = replace(edition, stability=replace(edition.stability, window_years=7))
    assert (row(fitted(frame, seven), "small")[["window_years_count", "tested_count"]] == [7, 4]).all()


def test_a_region_without_a_single_low_result_says_nothing_of_any_school(results: Maker, edition: Methodology) -> None:
    frame = results(THREE_YEARS)
    fit = fitted(frame.assign(low_count=0), edition, capacity=2)
    assert fit.table["probability"].tolist() == pytest.approx([2 / 9] * 9)
    assert fit.table["is_thin"].all()
    assert fit.years.empty


def test_a_year_missing_in_the_whole_region_is_passed_over(results: Maker, edition: Methodology) -> None:
    frame = results(FIVE_YEARS).query("year != 2025")
    fit = fitted(frame, edition)
    weights = fit.decay ** np.array([2.0, 0.0])
    effective = 20 * weights.sum() ** 2 / (fit.dispersion * (weights**2).sum())
    assert row(fit, "S0")["effective_expected"] == pytest.approx(effective)
    assert row(fit, "S0")["years_count"] == 2
