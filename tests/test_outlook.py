"""Both probabilities: places given out exactly, better results never raising them, meaning what they say."""

import math
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest
from depth import examples
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline import methodology, stability
from pipeline.expected import expected_cells
from pipeline.learning import learn
from pipeline.outlook import foresee
from pipeline.panel import Dispersion, Panel, evidence_by_origin
from pipeline.posterior import cut_for, probabilities_above
from pipeline.tables.results import RESULTS

EDITION = methodology.load()


def made_panel(seed: int, schools: int = 40, years: int = 5) -> Panel:
    """Schools of very different sizes, whole years of schools missing."""
    rng = np.random.Generator(np.random.PCG64(seed))
    tested = rng.poisson(np.exp(rng.normal(3, 1, (schools, 1))) * np.ones(years)) * (rng.random((schools, years)) < 0.8)
    low = rng.binomial(tested, np.clip(0.2 * rng.gamma(4, 0.25, (schools, 1)), 0, 1)).astype(float)
    counted, expected = tested.astype(float), 0.2 * tested
    ids = pd.Series([f"s{i:02d}" for i in range(schools)])
    squares = expected**2
    return Panel(
        ids, np.arange(years) + 2022, low, expected, expected, squares, counted, low, expected, counted, pd.DataFrame()
    )


def improved(panel: Panel, row: int, share: float) -> Panel:
    """The panel with fewer low results of one school in every year."""
    observed = panel.observed.copy()
    observed[row] *= share
    return replace(panel, observed=observed)


@settings(max_examples=examples(13), deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 6), st.integers(1, 8), st.floats(0, 1))
def test_places_are_given_out_exactly_and_fewer_low_results_never_raise_a_probability(
    seed: int, years: int, capacity: int, share: float
) -> None:
    rules = EDITION.stability
    panel = made_panel(seed, years=years)
    learned = learn(panel, Dispersion(1.2, 0.1, 0.5), rules)
    outlook, chance = foresee(panel, learned, capacity, rules)
    is_known = panel.expected[:, -1] > 0
    assert (np.isnan(chance) == ~is_known).all()
    assert chance[is_known].sum() == pytest.approx(capacity, abs=1e-6)
    shape, rate = learned.shape[-1], learned.rate[-1]
    cut = cut_for(shape, rate, capacity)
    # With the parameters and cuts as they are: the school that does better falls, in T and in P.
    row = int(np.flatnonzero(is_known)[0])
    fewer, _ = evidence_by_origin(improved(panel, row, share), learned.decay, learned.dispersion)
    less = fewer[-1] + learned.start[-1]
    assert probabilities_above(less, rate, cut)[row] <= probabilities_above(shape, rate, cut)[row] + 1e-12
    widening = outlook.spread / rate + outlook.noise / panel.expected[:, -1].clip(1e-9)
    raw = [probabilities_above(one / rate / widening, 1 / widening, outlook.cut)[row] for one in (less, shape)]
    assert raw[0] <= raw[1] + 1e-12


def drifting_region(seed: int, schools: int = 350, years: int = 6) -> tuple[pd.DataFrame, npt.NDArray[np.float64]]:
    """Results of schools whose levels last in part and drift in part, and their true level in every year."""
    rng = np.random.Generator(np.random.PCG64(seed))
    drift = np.empty((schools, years))
    drift[:, 0] = rng.normal(0, 0.25, schools)
    for year in range(1, years):
        drift[:, year] = 0.7 * drift[:, year - 1] + rng.normal(0, 0.25 * math.sqrt(1 - 0.7**2), schools)
    level = np.exp(rng.normal(0, 0.4, schools)[:, None] + drift)
    school, year, cell = (axis.ravel() for axis in np.indices((schools, years, 3)))
    tested = rng.poisson(np.exp(rng.normal(2.9, 0.8, schools))[school]) + 1
    low = rng.binomial(tested, np.minimum(0.9, level[school, year] * np.array([0.10, 0.14, 0.07])[cell]))
    frame = pd.DataFrame(
        {
            "school_id": np.char.mod("s%03d", school), "municipality_id": "m1", "year": 2021 + year,
            "procedure": "vpr", "subject": np.array(["rus", "mat", "bio"])[cell], "grade": "5",
            "tested_count": tested, "low_count": low,
        }
    )  # fmt: skip
    return RESULTS.typed(frame), level


def test_both_probabilities_mean_what_they_say_in_made_up_regions() -> None:
    """Said and seen hits of the list by T against the truth, of the list by P against next year's observed worst."""
    capacity, said, seen = 50, {"T": 0.0, "P": 0.0}, {"T": 0.0, "P": 0.0}
    for seed in range(12):
        results, level = drifting_region(seed)
        selection = replace(EDITION.selection, capacity=capacity)
        ranked = stability.rank(results, 2025, EDITION.stability, selection).set_index("school_id").sort_index()
        cells = expected_cells(results[results["year"] == 2026], 5).groupby("school_id")
        ratio = cells["low_count"].sum() / cells["expected_count"].sum()
        truth = pd.Series(level[:, -2], index=sorted(results["school_id"].unique()))
        for name, column, outcome in (("T", "probability", truth), ("P", "next_year_probability", ratio)):
            chosen = ranked.nlargest(capacity, column)
            said[name] += chosen[column].mean() / 12
            seen[name] += len(set(chosen.index) & set(outcome.nlargest(capacity).index)) / capacity / 12
    # One list's hits have a standard error of about .06, twelve of them .02.
    assert said["P"] == pytest.approx(seen["P"], abs=0.05)
    assert said["T"] == pytest.approx(seen["T"], abs=0.07)
    assert seen["T"] > seen["P"]  # what lasts is easier to tell than what one year will show
