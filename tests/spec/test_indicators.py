"""Each indicator on one small region: what it says, in numbers that can be checked by hand."""

import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from scipy.special import ndtr, polygamma

from pipeline import stability
from pipeline.expected import StabilityFit
from pipeline.indicators import INDICATORS, Evidence, school_indicators
from pipeline.methodology import Methodology

from .conftest import Maker

# "A" is low in both subjects in 2025 and 2026 and in Russian alone in 2024; the others never are.
REGION = """
    school | year | subject | tested | low | absent_count
    A      | 2024 | rus     | 20     | 8   | 0
    A      | 2024 | mat     | 20     | 2   | 0
    A      | 2025 | rus     | 20     | 8   | 0
    A      | 2025 | mat     | 20     | 10  | 0
    A      | 2026 | rus     | 20     | 8   | 5
    A      | 2026 | mat     | 20     | 10  | 5
    A      | 2026 | phys    | 8      | 4   | -
"""
OTHERS = "school | year | subject | tested | low | absent_count\n" + "\n".join(
    f"{name} | {year} | {subject} | 100 | {low} | 0"
    for name, low in zip("BCDEF", (8, 9, 10, 11, 12), strict=True)
    for year in (2024, 2025, 2026)
    for subject in ("rus", "mat")
)

Values = Callable[..., dict[str, float]]


@pytest.fixture
def evidence(results: Maker, edition: Methodology) -> Evidence:
    frame = pd.concat([results(REGION), results(OTHERS)], ignore_index=True)
    fit = stability.fit(frame, 2026, edition.stability, replace(edition.selection, capacity=1))
    return Evidence(frame, 2026, fit, edition.familiar, edition.stability)


@pytest.fixture
def values(evidence: Evidence) -> Values:
    """The rows of one indicator: school -> value."""
    table = school_indicators(evidence)

    def of(code: str, part: str = "", column: str = "value") -> dict[str, float]:
        rows = table[(table["indicator_code"] == code) & (table["part_text"] == part)]
        return dict(zip(rows["school_id"], rows[column], strict=True))

    return of


def model_row(fit: StabilityFit, school_id: str) -> pd.Series:
    return fit.table.set_index("school_id").loc[school_id]


def test_low_cells_of_the_year(values: Values) -> None:
    assert values("low_cell_count")["A"] == 2  # physics of eight pupils is not judged
    assert values("low_cell_share")["A"] == 1
    assert values("low_cell_share", column="basis_count")["A"] == 2
    assert values("low_cell_count")["B"] == 0


def test_low_cells_over_the_years(values: Values) -> None:
    assert values("low_cell_years")["A"] == 2
    assert values("repeated_low_cells")["A"] == 2
    assert values("repeated_low_cells", column="basis_count")["B"] == 2


def test_the_familiar_rule_at_both_least_sizes(values: Values) -> None:
    for code in ("rule_a", "rule_b", "rule_low"):
        assert values(code, "от 10 чел.") == {"A": 1, "B": 0, "C": 0, "D": 0, "E": 0, "F": 0}
    assert values("rule_a", "от 5 чел.", "basis_count")["A"] == 3


def test_observed_to_expected_by_year(values: Values) -> None:
    # 2026: 58 low of 520 in Russian, 60 of 520 in mathematics; physics, of one school, takes no part.
    expected = 20 * 58 / 520 + 20 * 60 / 520
    assert values("observed_ratio", "2026")["A"] == pytest.approx(18 / expected)
    assert set(values("observed_ratio", "2024")) == set("ABCDEF")


def test_the_conclusions_of_the_model(values: Values, evidence: Evidence) -> None:
    row = model_row(evidence.fit, "A")
    assert values("index")["A"] == row["index"]
    assert values("forecast_ratio")["A"] == row["forecast_ratio"] == pytest.approx(row["index"], rel=0.1)
    assert values("index", column="lower_value")["A"] == row["index_lower"]
    assert values("index", column="upper_value")["A"] == row["index_upper"]
    assert values("probability")["A"] == row["probability"] > 0.8
    assert 0 < values("next_year_probability")["A"] == row["next_year_probability"] < row["probability"]
    assert values("reliability")["A"] == row["reliability"]
    assert values("low_years_count")["A"] == row["low_years_count"] >= 2
    assert values("low_years_count", column="basis_count")["A"] == 3


def test_low_in_every_year_is_the_smallest_probability_of_a_year(values: Values, evidence: Evidence) -> None:
    years = evidence.fit.years
    by_year = years[years["school_id"] == "A"].set_index("year")["probability"]
    assert values("weakest_year_probability")["A"] == by_year[2024] == by_year.min()


def test_agreement_is_the_smallest_probability_of_a_subject(values: Values) -> None:
    by_subject = [values("subject_agreement", subject)["A"] for subject in ("rus", "mat")]
    assert values("subject_agreement")["A"] == min(by_subject)
    assert values("subject_agreement", column="basis_count")["A"] == 2
    assert min(by_subject) > values("subject_agreement")["F"]


def test_the_trend_is_a_weighted_slope_with_its_probability(values: Values, evidence: Evidence) -> None:
    fit = evidence.fit
    years = fit.years[fit.years["school_id"] == "A"].sort_values("year")
    shapes = [o + fit.prior * model_row(fit, "A")["prior_mean"] for o in years["evidence_observed"]]
    points = [math.log(s / (e + fit.prior)) for s, e in zip(shapes, years["evidence_expected"], strict=True)]
    weights = [1 / float(polygamma(1, shape)) for shape in shapes]
    centre = sum(w * t for w, t in zip(weights, (0, 1, 2), strict=True)) / sum(weights)
    moment = sum(w * (t - centre) ** 2 for w, t in zip(weights, (0, 1, 2), strict=True))
    slope = sum(w * (t - centre) * y for w, t, y in zip(weights, (0, 1, 2), points, strict=True)) / moment
    assert values("trend")["A"] == pytest.approx(slope)
    assert slope > 0
    assert values("worsening_probability")["A"] == pytest.approx(float(ndtr(slope * math.sqrt(moment))))
    half = 1.6448536 / math.sqrt(moment)
    assert values("trend", column="upper_value")["A"] == pytest.approx(slope + half)


def test_participation_and_the_absent_counted_low(values: Values) -> None:
    assert values("participation_share")["A"] == pytest.approx(40 / 50)
    assert values("participation_share")["B"] == 1
    # Of 525 in each subject 63 and 65 are low if the absent are; "A" then has 13 and 15 of 25.
    assert values("absent_low_ratio")["A"] == pytest.approx(28 / (25 * 63 / 525 + 25 * 65 / 525))


def test_every_indicator_has_an_example_here_and_a_line_in_the_documentation() -> None:
    examples = Path(__file__).read_text(encoding="utf-8")
    method = (Path(__file__).resolve().parents[2] / "docs" / "methodology.md").read_text(encoding="utf-8")
    codes = [indicator.indicator_code for indicator in INDICATORS]
    assert [code for code in codes if f'"{code}"' not in examples] == []
    assert [code for code in codes if f"| `{code}`" not in method] == []
