"""The made-up answers: known causes stand behind them, and the answers show them."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from pipeline.region import reference_table
from pipeline.synthetic.survey import FEWEST_CAUSES, MOST_CAUSES, Survey, draw_survey
from pipeline.synthetic.write_survey import survey_items
from pipeline.tables.causes import GROUPS, SURVEY_ITEMS

SCHOOLS = [f"s{number}" for number in range(12)]


def drawn(seed: int = 1) -> Survey:
    counts = pd.DataFrame({"school_id": SCHOOLS, "director": 1, "teacher": 12, "pupil": 20, "parent": 0})
    return draw_survey(counts, survey_items(), np.random.default_rng(seed))


@pytest.fixture(scope="module")
def survey() -> Survey:
    return drawn()


def test_the_statements_are_those_that_regions_ask() -> None:
    pd.testing.assert_frame_equal(survey_items(), reference_table(Path("/nonexistent"), SURVEY_ITEMS))


def test_every_school_lacks_two_to_four_conditions_that_each_group_sees(survey: Survey) -> None:
    counts = survey.truth.groupby("school_id")["direction_code"].nunique()
    assert counts.index.tolist() == sorted(SCHOOLS)
    assert counts.between(FEWEST_CAUSES, MOST_CAUSES).all()
    assert set(survey.truth["group_code"]) == set(GROUPS)
    assert (survey.truth["effect"] >= 0).all()


def test_answers_are_one_to_five_or_blank_and_as_many_as_asked_for(survey: Survey) -> None:
    assert {len(survey.answers[school, "teacher"]) for school in SCHOOLS} == {12}
    assert {len(survey.answers[school, "parent"]) for school in SCHOOLS} == {0}
    told = np.concatenate([answers.to_numpy().ravel() for answers in survey.answers.values()])
    assert set(told[~np.isnan(told)]) == {1, 2, 3, 4, 5}
    assert 0 < np.isnan(told).mean() < 0.05


def test_who_sees_a_lack_agrees_more_with_it(survey: Survey) -> None:
    items = survey_items().set_index("item_code")
    teachers = pd.concat({school: survey.answers[school, "teacher"].mean() for school in SCHOOLS}, axis=1).stack()
    direction = items["direction_code"].reindex(teachers.index.get_level_values(0)).to_numpy()
    is_reversed = items["is_reversed"].reindex(teachers.index.get_level_values(0)).to_numpy(dtype=bool)
    risk = np.where(is_reversed, 6 - teachers.to_numpy(), teachers.to_numpy())
    lacking = set(zip(survey.truth["school_id"], survey.truth["direction_code"], strict=True))
    is_lacking = [pair in lacking for pair in zip(teachers.index.get_level_values(1), direction, strict=True)]
    assert risk[is_lacking].mean() > risk[np.logical_not(is_lacking)].mean() + 0.8


def test_the_same_stream_gives_the_same_answers() -> None:
    first, second = drawn(3), drawn(3)
    pd.testing.assert_frame_equal(first.truth, second.truth)
    assert all(first.answers[key].equals(second.answers[key]) for key in first.answers)
