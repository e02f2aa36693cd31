"""The familiar rule: a cell is low at 30 % of low results among ten tested or more."""

from dataclasses import replace

import pandas as pd
import pytest

from pipeline.indicators import familiar_rule
from pipeline.methodology import Methodology

from .conftest import Maker

REGION = """
    school       | year | exam | subject | grade | tested | low
    two now      | 2026 | vpr  | rus     | 5     | 20     | 6
    two now      | 2026 | vpr  | mat     | 5     | 20     | 8
    two years    | 2025 | vpr  | rus     | 5     | 20     | 6
    two years    | 2026 | vpr  | rus     | 5     | 20     | 6
    other cell   | 2025 | vpr  | mat     | 5     | 20     | 9
    other cell   | 2026 | vpr  | rus     | 5     | 20     | 9
    both         | 2025 | oge  | rus     | 9     | 10     | 3
    both         | 2026 | oge  | rus     | 9     | 10     | 3
    both         | 2026 | vpr  | rus     | 5     | 10     | 3
    under 30 %   | 2026 | vpr  | rus     | 5     | 100    | 29
    under 30 %   | 2026 | vpr  | mat     | 5     | 100    | 29
    nine tested  | 2026 | vpr  | rus     | 5     | 9      | 9
    nine tested  | 2026 | vpr  | mat     | 5     | 9      | 9
    year skipped | 2024 | vpr  | rus     | 5     | 20     | 9
    year skipped | 2026 | vpr  | rus     | 5     | 20     | 9
"""


def holding(rule: pd.DataFrame, column: str) -> set[str]:
    return set(rule.loc[rule[column], "school_id"])


def test_a_is_two_low_cells_in_the_year(results: Maker, edition: Methodology) -> None:
    rule = familiar_rule(results(REGION), 2026, edition.familiar)
    assert holding(rule, "is_a") == {"two now", "both"}


def test_b_is_the_same_cell_low_in_the_previous_and_in_this_year(results: Maker, edition: Methodology) -> None:
    rule = familiar_rule(results(REGION), 2026, edition.familiar)
    assert holding(rule, "is_b") == {"two years", "both"}


@pytest.mark.parametrize(
    ("combine", "expected"),
    [
        ("a", {"two now", "both"}),
        ("b", {"two years", "both"}),
        ("a_and_b", {"both"}),
        ("a_or_b", {"two now", "two years", "both"}),
    ],
)
def test_the_edition_says_how_a_and_b_combine(
    results: Maker, edition: Methodology, combine: str, expected: set[str]
) -> None:
    rule = familiar_rule(results(REGION), 2026, replace(edition.familiar, combine=combine))
    assert holding(rule, "is_rule_low") == expected


def test_counted_by_exams_two_subjects_of_one_exam_are_one(results: Maker, edition: Methodology) -> None:
    rule = familiar_rule(results(REGION), 2026, replace(edition.familiar, count_by="exams"))
    assert holding(rule, "is_a") == {"both"}
    assert holding(rule, "is_b") == {"two years", "both", "other cell"}


def test_a_smaller_least_size_lets_small_cells_speak(results: Maker, edition: Methodology) -> None:
    rules = replace(edition.familiar, min_tested_count=edition.familiar.reported_min_tested_count)
    assert "nine tested" in holding(familiar_rule(results(REGION), 2026, rules), "is_a")


def test_every_school_tested_in_the_year_has_one_row(results: Maker, edition: Methodology) -> None:
    frame = results(REGION)
    rule = familiar_rule(frame, 2026, edition.familiar)
    assert sorted(rule["school_id"]) == sorted(frame.loc[frame["year"] == 2026, "school_id"].unique())
    counts = dict(zip(rule["school_id"], rule["low_cell_count"], strict=True))
    assert (counts["both"], counts["under 30 %"], counts["two years"]) == (2, 0, 1)
