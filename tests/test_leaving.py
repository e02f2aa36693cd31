"""What a listed school would have to reach: the landmark agrees with the model that made the list."""

from dataclasses import replace

import pandas as pd
import pytest
from scipy.special import gammaincc

from pipeline import methodology
from pipeline.expected import model_parameters
from pipeline.leaving import ListModel, StayLimits, leaving_landmarks
from pipeline.stability import StabilityFit, fit
from pipeline.tables.results import RESULTS

YEAR, CAPACITY = 2026, 4
LIMITS = StayLimits(0.3, 0.5)


def results() -> pd.DataFrame:
    """Twelve schools of two subjects and three years; the higher the number, the more low results."""
    rows = [
        (f"s{school:02d}", "m1", year, "vpr", subject, "4", 30, school)
        for school in range(1, 13)
        for year in (2024, 2025, 2026)
        for subject in ("rus", "mat")
    ]
    return RESULTS.conform(pd.DataFrame(rows, columns=list(RESULTS.column_names)[:8]))


def fitted(cells: pd.DataFrame, year: int = YEAR) -> StabilityFit:
    method = methodology.load("2026").with_capacity(CAPACITY)
    return fit(cells, year, method.stability, method.selection)


def model_of(found: StabilityFit) -> ListModel:
    table = model_parameters(found)
    parameters = dict(zip(table["parameter_code"], table["value"], strict=True))
    return ListModel(found.table, found.years, parameters, found.year, CAPACITY, LIMITS)


@pytest.fixture(scope="module")
def model() -> ListModel:
    return model_of(fitted(results()))


def test_a_school_at_its_own_count_and_just_above_the_landmark_stays(model: ListModel) -> None:
    told = leaving_landmarks(model, {"s12", "s10", "s02"}).set_index("school_id")
    assert list(told.index) == ["s02", "s10", "s12"]
    assert told.loc["s12", ["tested_count", "low_count"]].tolist() == [60, 24]
    # The more low results in the years before, the fewer are allowed in the next one.
    counts = told["leaving_count"].fillna(-1)
    assert counts["s12"] < counts["s10"] < told.loc["s10", "low_count"]
    assert counts["s02"] >= told.loc["s02", "low_count"]  # it would leave as it is


def next_probability(model: ListModel, school_id: str, low: int) -> float:
    """T of a school after one more year like its newest one with so many low results, by the formula of the method."""
    own = model.years[model.years["school_id"] == school_id].sort_values("year")
    newest, decay, numbers = own.iloc[-1], model.parameters["decay"], model.parameters
    years = [(row.weight * decay, row.low_count, row.expected_count, row.dispersion) for row in own.itertuples()]
    years.append((1.0, low, newest["expected_count"], newest["dispersion"]))
    expected = sum(weight * norm for weight, _, norm, _ in years)
    spread = sum(weight ** (2 - numbers["drift_share"]) * phi * norm for weight, _, norm, phi in years)
    divisor = spread / expected
    observed = sum(weight * count for weight, count, _, _ in years) / divisor
    start = model.stability.set_index("school_id").loc[school_id, "prior_mean"] * numbers["prior_strength"]
    rate = expected / divisor + numbers["prior_strength"]
    return float(gammaincc(observed + start, rate * numbers["cut"]))


def test_the_landmark_is_where_both_probabilities_meet_their_limits(model: ListModel) -> None:
    only_whole = replace(model, limits=StayLimits(0.3, 1.0))
    count = int(leaving_landmarks(only_whole, {"s10"})["leaving_count"].iloc[0])
    assert next_probability(model, "s10", count) < 0.3 <= next_probability(model, "s10", count + 1)
    only_year = replace(model, limits=StayLimits(1.0, 0.5))
    alone = int(leaving_landmarks(only_year, {"s10"})["leaving_count"].iloc[0])
    # s09 to s12 have T of the year around the cut of four places: whoever is judged low has more than the landmark.
    newest = model.years[model.years["year"] == YEAR].set_index("school_id")
    low_schools = newest.index[newest["probability"] >= 0.5]
    assert alone < newest.loc[low_schools, "low_count"].min()
    assert alone >= newest.loc[newest["probability"] < 0.5, "low_count"].max()
    both = int(leaving_landmarks(model, {"s10"})["leaving_count"].iloc[0])
    assert both == min(count, alone)


def test_more_years_at_the_norm_are_needed_the_further_a_school_is(model: ListModel) -> None:
    years = leaving_landmarks(model, {"s09", "s12"}).set_index("school_id")["norm_years_count"]
    assert 1 <= years["s09"] <= years["s12"]
    strict = replace(model, limits=StayLimits(0.0, 0.0))
    told = leaving_landmarks(strict, {"s12"})
    assert told["leaving_count"].isna().all() and told["norm_years_count"].isna().all()


def test_nothing_is_told_where_one_year_cannot_be_judged(model: ListModel) -> None:
    assert leaving_landmarks(replace(model, capacity=12), {"s12"}).empty
    assert leaving_landmarks(replace(model, years=model.years.iloc[:0]), {"s12"}).empty
    assert leaving_landmarks(model, {"s99"}).empty
