"""Next year's ratio: repeatable by hand, learned from the region's own past, and without a say in the list."""

import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from depth import examples
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline import methodology, stability
from pipeline.expected import StabilityFit, expected_cells, model_parameters
from pipeline.tables.results import RESULTS

EDITION = methodology.load()
PANELS = Path(__file__).resolve().parents[2] / "shared" / "data" / "panels"
YEARS = (2022, 2023, 2024, 2025, 2026)


def region(seed: int, schools: int = 120, years: Sequence[int] = YEARS) -> pd.DataFrame:
    """Made-up results of unequal schools, some missing: Russian lasts, mathematics is new each year."""
    rng = np.random.Generator(np.random.PCG64(seed))
    lasting = rng.gamma(4, 1 / 4, schools)
    rows = []
    for i in range(schools):
        for year in years:
            for subject, rate, level in (("rus", 0.15, lasting[i]), ("mat", 0.15, rng.gamma(4, 1 / 4))):
                tested = int(rng.poisson(30 + i))
                low = int(rng.binomial(tested, min(0.9, rate * level)))
                if rng.random() > 0.1:
                    rows.append((f"s{i:03d}", "m1", year, "oge", subject, "9", tested, low, 1))
    columns = ["school_id", "municipality_id", "year", "procedure", "subject", "grade"]
    return RESULTS.conform(pd.DataFrame(rows, columns=[*columns, "tested_count", "low_count", "absent_count"]))


def fitted(results: pd.DataFrame, year: int = 2026, **changed: float) -> StabilityFit:
    """The model of the region with numbers changed."""
    rules = replace(EDITION.stability, **changed)  # type: ignore[arg-type]
    return stability.fit(results, year, rules, replace(EDITION.selection, capacity=6))


def deviance(low: pd.Series, mean: pd.Series) -> float:
    """Poisson deviance of the counts from what was foretold."""
    logs = np.log(low.where(low > 0, 1) / mean.where(low > 0, 1))
    return float((2 * (low * logs - (low - mean))).sum())


def next_year(results: pd.DataFrame, year: int) -> pd.DataFrame:
    """Low results and their expectation of a year, a row per school."""
    cells = expected_cells(results, EDITION.stability.min_cell_schools)
    return cells[cells["year"] == year].groupby("school_id")[["low_count", "expected_count"]].sum()


def test_the_published_parameters_repeat_the_forecast() -> None:
    """The formula of docs/methodology.md, step 9, read literally."""
    results = region(3)
    fit = fitted(results)
    told = model_parameters(fit).set_index("parameter_code")["value"]
    cells = expected_cells(results, EDITION.stability.min_cell_schools)

    def newest(part: pd.DataFrame, start: float) -> float:
        if part.empty:
            return start
        last = part[part["year"] == part["year"].max()]
        k = told["prior_strength"]
        return float((last["low_count"].sum() + k * start) / (last["expected_count"].sum() + k))

    for school_id, row in fit.table.set_index("school_id").iterrows():
        own = cells[cells["school_id"] == school_id]
        s = row["index"]
        u = newest(own, s)
        correction = (
            told["forecast_level"]
            + told["forecast_slope"] * math.log(s)
            + told["forecast_curve"] * math.log(s) ** 2
            + told["forecast_newest"] * math.log(u / s)
        )
        for subject in ("rus", "mat"):
            alone = newest(own[own["subject"] == subject], u)
            correction += told[f"forecast_subject_{subject}"] * math.log(alone / u)
        assert row["forecast_ratio"] == pytest.approx(s * math.exp(correction), rel=1e-9)


def test_the_subject_that_lasts_comes_to_tell_more_and_the_next_year_is_foretold_better() -> None:
    results = region(5)
    later = next_year(results, 2026)
    fit = fitted(results, 2025)
    assert fit.correction.subjects["rus"] > 0.02 > -0.02 > fit.correction.subjects["mat"]
    table = fit.table.set_index("school_id").loc[later.index]
    by_index, by_forecast = (
        deviance(later["low_count"], later["expected_count"] * table[name]) for name in ("index", "forecast_ratio")
    )
    assert by_forecast < 0.98 * by_index


@settings(max_examples=examples(3), deadline=None)
@given(st.integers(0, 10_000))
def test_the_forecast_has_no_say_in_the_list(seed: int) -> None:
    results = region(seed, schools=30)
    with_it, without = fitted(results).table, fitted(results, forecast_scale=0).table
    pd.testing.assert_frame_equal(with_it.drop(columns="forecast_ratio"), without.drop(columns="forecast_ratio"))
    pd.testing.assert_series_equal(without["forecast_ratio"], without["index"], check_names=False)
    assert (with_it["forecast_ratio"] != with_it["index"]).any()


def test_a_single_year_teaches_no_correction() -> None:
    fit = fitted(region(7, years=(2026,)))
    assert {fit.correction.level, fit.correction.slope, fit.correction.curve, fit.correction.newest} == {0.0}
    assert set(fit.correction.subjects.values()) == {0.0}
    pd.testing.assert_series_equal(fit.table["forecast_ratio"], fit.table["index"], check_names=False)


def test_no_forecast_is_corrected_beyond_the_limit() -> None:
    table = fitted(region(9), forecast_scale=10, forecast_limit=1.02).table
    change = table["forecast_ratio"] / table["index"]
    assert change.between(1 / 1.02 - 1e-12, 1.02 + 1e-12).all()
    assert change.max() == pytest.approx(1.02)


@pytest.mark.skipif(not PANELS.is_dir(), reason="the panels of ../shared/data/panels are not beside the checkout")
def test_a_real_next_year_is_foretold_better() -> None:
    results = pd.read_parquet(PANELS / "kentucky_2012_2017.parquet")
    later = next_year(results, 2017)
    table = fitted(results, 2016).table.set_index("school_id").reindex(later.index).dropna(subset="forecast_ratio")
    later = later.loc[table.index]
    by_index, by_forecast = (
        deviance(later["low_count"], later["expected_count"] * table[name]) for name in ("index", "forecast_ratio")
    )
    assert by_forecast < by_index
