"""Made-up answers to the survey of causes, with the causes behind them known.

Each surveyed school lacks two to four conditions. Whoever can see a condition agrees more with the statements about its
lack; everybody is a little noisy, likes or dislikes their school in general, and tends to agree with anything.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from pipeline.tables.causes import GROUPS

FEWEST_CAUSES, MOST_CAUSES = 2, 4
# How clearly each group sees a lack, in steps of the five answers; a director sees his own school kindly.
EFFECTS: Mapping[str, float] = {"director": 0.8, "teacher": 1.3, "pupil": 1.1, "parent": 1.0}
BLURRED_SHARE = 0.3  # of what a group sees where the lack shows elsewhere
HIDDEN: Mapping[str, tuple[str, ...]] = {"competence": ("pupil", "parent"), "development": ("pupil", "parent")}
EFFECT_SD = 0.25
BASE_RISK = 2.3  # the mean answer, as risk, where nothing is lacking
SCHOOL_SD = 0.35  # schools differ in each direction without lacking anything
RESPONDENT_SD = 0.5
ANSWER_SD = 0.8
AGREEING = 0.15  # how much people agree with whatever is said
BLANK_SHARE = 0.02


@dataclass(frozen=True)
class Survey:
    """What was drawn.

    Args:
        truth: one row per school, direction lacking and group: `school_id`, `direction_code`, `group_code`, `effect`
            (steps of the five answers).
        answers: (school, group) -> one row per respondent, a column per `item_code`, answers 1–5 or missing.
    """

    truth: pd.DataFrame
    answers: Mapping[tuple[str, str], pd.DataFrame]


def draw_survey(respondent_counts: pd.DataFrame, items: pd.DataFrame, rng: np.random.Generator) -> Survey:
    """Causes and answers of schools.

    Args:
        respondent_counts: one row per school: `school_id` and a column per group, how many answer; in this order.
        items: `SURVEY_ITEMS`.
        rng: a stream of its own.
    """
    directions = sorted(items["direction_code"].unique())
    truth, answers = [], {}
    for school in respondent_counts.to_dict("records"):
        school_id = str(school["school_id"])
        count = int(rng.integers(FEWEST_CAUSES, MOST_CAUSES + 1))
        lacking = sorted(rng.choice(directions, count, replace=False).tolist())
        level = dict(zip(directions, rng.normal(BASE_RISK, SCHOOL_SD, len(directions)).tolist(), strict=True))
        for group in GROUPS:
            effects = {direction: _effect(direction, group, rng) for direction in lacking}
            truth += [(school_id, direction, group, effect) for direction, effect in effects.items()]
            own = items[items["group_code"] == group].sort_values("item_code")
            risk = {direction: level[direction] + effects.get(direction, 0.0) for direction in directions}
            answers[school_id, group] = _answers(own, risk, int(school[group]), rng)
    columns = ["school_id", "direction_code", "group_code", "effect"]
    return Survey(pd.DataFrame(truth, columns=columns).round({"effect": 9}), answers)


def _effect(direction: str, group: str, rng: np.random.Generator) -> float:
    """How far a lack moves the answers of a group."""
    share = BLURRED_SHARE if group in HIDDEN.get(direction, ()) else 1.0
    return max(0.0, share * (EFFECTS[group] + float(rng.normal(0, EFFECT_SD))))


def _answers(items: pd.DataFrame, risk: Mapping[str, float], count: int, rng: np.random.Generator) -> pd.DataFrame:
    """One row per respondent, a column per statement: answers 1–5, a few left blank."""
    mean = items["direction_code"].map(risk).to_numpy(dtype="float64")
    person = rng.normal(0, RESPONDENT_SD, (count, 1))
    felt = mean + person + rng.normal(0, ANSWER_SD, (count, len(items)))
    agreement = np.where(items["is_reversed"].to_numpy(dtype=bool), 6 - felt, felt) + AGREEING
    told = np.clip(np.rint(agreement), 1, 5)
    told[rng.random(told.shape) < BLANK_SHARE] = np.nan
    return pd.DataFrame(told, columns=items["item_code"].tolist())
