"""Scales and minima by which the made-up marks are given: the package's own reference tables, never a copy."""

from functools import lru_cache
from pathlib import Path

import pandas as pd

REFERENCE = Path(__file__).parents[1] / "resources" / "reference"
UNSTATED_MAXIMUM = {("phys", 7): 18}  # the scale of formats 7 names the borders only
# Upper borders of «2», «3», «4» and the maximum of exams whose marks the protocol gives: near the real ones.
EXAM_SCALES = {
    ("oge", "rus"): (14, 22, 28, 33),
    ("oge", "mat"): (7, 14, 21, 31),
    ("oge", "geo"): (11, 18, 25, 31),
    ("ege", "mat_base"): (6, 11, 16, 21),
}


def vpr_scale(subject: str, grade: int, year: int) -> tuple[int, int, int, int]:
    """Upper borders of «2», «3», «4» and the maximum of a ВПР test in a year."""
    scales = _reference("score_scales")
    is_test = (scales["procedure"] == "vpr") & (scales["subject"] == subject) & (scales["grade"] == grade)
    (row,) = scales[is_test & _is_valid(scales, year)].to_dict("records")
    maximum = UNSTATED_MAXIMUM.get((subject, grade)) or int(row["maximum_score"])
    return int(row["upper_2_score"]), int(row["upper_3_score"]), int(row["upper_4_score"]), maximum


def ege_minimum(subject: str, year: int) -> int:
    """The smallest test score of ЕГЭ that is not low."""
    minima = _reference("minimum_scores")
    is_exam = (minima["procedure"] == "ege") & (minima["subject"] == subject) & (minima["score_kind"] == "test_score")
    (row,) = minima[is_exam & _is_valid(minima, year)].to_dict("records")
    return int(row["minimum_score"])


@lru_cache
def _reference(name: str) -> pd.DataFrame:
    return pd.read_csv(REFERENCE / f"{name}.csv")


def _is_valid(frame: pd.DataFrame, year: int) -> "pd.Series[bool]":
    return (frame["valid_from_year"].fillna(0) <= year) & (frame["valid_to_year"].fillna(9999) >= year)
