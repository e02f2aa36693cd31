"""A public table beside those of other years: no number is told twice, so nothing is reckoned from two of them."""

from pathlib import Path

import pandas as pd
import pytest
from test_disclosure import results_of

from pipeline import disclosure, methodology, public_years
from pipeline.run import Run
from pipeline.store import Store, publish
from pipeline.tables.disclosed import PUBLIC_RESULTS
from pipeline.tables.results import RESULTS

RULES = methodology.load().disclosure
BIG = [[(60, 20), (80, 30)], [(90, 30), (70, 25)], [(50, 20), (85, 40)]]


def published(root: Path, flow: str, year: int, results: pd.DataFrame) -> None:
    """Publish results as the flow of the year would."""
    run = Run(root, flow, year, "2026", run_id=f"{flow}-{year}-001")
    Store(run).write(RESULTS, results)
    publish(run, (RESULTS,), {})


def shown(rows: pd.DataFrame, place: str) -> int:
    return int(rows.loc[rows["place_id"] == place, "tested_count"].iloc[0])


@pytest.fixture
def before() -> pd.DataFrame:
    """A school of five, which is hidden, and everybody else."""
    return results_of([[(5, 2), *BIG[0]], *BIG[1:]])


@pytest.fixture
def after(before: pd.DataFrame) -> pd.DataFrame:
    """The same year of results once the school of five was merged into its neighbour: results follow the successor."""
    merged = before.assign(school_id=before["school_id"].replace("s0000", "s0001"))
    sums = merged.groupby([name for name in merged.columns if name in RESULTS.key], as_index=False)
    counts = sums[["tested_count", "low_count"]].sum()
    return RESULTS.conform(counts.assign(municipality_id=counts["school_id"].str[:3].str.replace("s", "m")))


def test_two_tables_made_apart_would_give_a_hidden_number_by_subtraction(before, after) -> None:
    """The danger is real: 65 less 60 are the five that were hidden."""
    apart = [disclosure.public_results(rows, RULES) for rows in (before, after)]
    assert "s0000" in set(apart[0].loc[apart[0]["tested_count"].isna(), "place_id"])
    assert shown(apart[1], "s0001") - 60 == 5


def test_a_year_once_published_stays_as_it_was(tmp_path: Path, before, after) -> None:
    published(tmp_path, "monitoring", 2026, before)
    newer = after.assign(year=2027)
    told = public_years.told_once(tmp_path, 2027, pd.concat([after, newer]), RULES, is_new=True)
    old = told[told["year"] == 2026].reset_index(drop=True)
    pd.testing.assert_frame_equal(old, disclosure.public_results(before, RULES))
    new = told[told["year"] == 2027].reset_index(drop=True)
    pd.testing.assert_frame_equal(new, disclosure.public_results(newer, RULES))


def test_the_list_of_autumn_tells_what_the_monitoring_of_summer_told(tmp_path: Path, before, after) -> None:
    published(tmp_path, "monitoring", 2026, before)
    published(tmp_path, "identification", 2026, after)
    told = public_years.told_once(tmp_path, 2026, after, RULES, is_new=False)
    pd.testing.assert_frame_equal(told, disclosure.public_results(before, RULES))


def test_a_new_exam_of_an_old_year_is_told_anew_and_an_old_one_beyond_the_window_is_not(
    tmp_path: Path, before, after
) -> None:
    published(tmp_path, "monitoring", 2026, pd.concat([before, before.assign(year=2023)]))
    other = after.assign(subject="rus")
    told = public_years.told_once(tmp_path, 2027, pd.concat([after, other]), RULES, is_new=True)
    assert set(told["year"]) == {2026} and set(told["subject"]) == {"mat", "rus"}
    fresh = told[told["subject"] == "rus"].reset_index(drop=True)
    pd.testing.assert_frame_equal(fresh, disclosure.public_results(other, RULES))


def test_without_anything_published_everything_is_new(tmp_path: Path, before) -> None:
    told = public_years.told_once(tmp_path, 2026, before, RULES, is_new=True)
    pd.testing.assert_frame_equal(told, disclosure.public_results(before, RULES))
    empty = public_years.told_once(tmp_path, 2026, RESULTS.empty(), RULES, is_new=True)
    assert empty.equals(PUBLIC_RESULTS.empty())
