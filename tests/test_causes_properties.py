"""What holds of scores and register whatever anybody answers."""

from dataclasses import replace

import pandas as pd
from depth import examples
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline import causes, methodology
from pipeline.cause_scores import cause_scores
from pipeline.schema import Table
from pipeline.tables.causes import (
    CAUSE_SCORES,
    CAUSE_VERIFICATIONS,
    CAUSES,
    GROUPS,
    MEASURES,
    REGISTER_OF_CAUSES,
    SURVEY_ANSWERS,
    SURVEYED_SCHOOLS,
)
from pipeline.tables.context import CONTEXT

YEAR = 2026
RULES = replace(
    methodology.load().causes, min_teacher_count=2, min_pupil_count=3, min_parent_count=3, min_alpha_count=3
)
SCHOOLS = ("a", "b", "c")
DIRECTIONS = ("equipment", "staffing")
ITEMS = pd.DataFrame(
    [
        (f"{group}_{direction}_{number}", group, direction, number, "текст", number == 2)
        for group in GROUPS
        for direction in DIRECTIONS
        for number in (1, 2)
    ],
    columns=["item_code", "group_code", "direction_code", "item_number", "text", "is_reversed"],
)


def schools() -> pd.DataFrame:
    frame = pd.DataFrame({"school_id": SCHOOLS, "municipality_id": "m1", "is_signed": False})
    return SURVEYED_SCHOOLS.conform(frame.assign(school_name="Школа", municipality_name="Район"))


def vocabulary() -> pd.DataFrame:
    frame = pd.DataFrame({"cause_code": DIRECTIONS, "direction_code": DIRECTIONS, "evidence_code": "survey"})
    return CAUSES.conform(
        frame.assign(
            wording="Недостаточность", level_code="school", indicator_text="балл", measure_numbers="1",
            is_lower_worse=False,
        )
    )  # fmt: skip


@st.composite
def answers(draw: st.DrawFn) -> pd.DataFrame:
    """Any answers of single respondents and tally sheets, blanks and all."""
    rows = []
    for school in SCHOOLS[:2]:
        for group in ("director", "teacher", "pupil"):
            count = draw(st.integers(0, 4))
            for respondent in range(count):
                for item in ITEMS.loc[ITEMS["group_code"] == group, "item_code"]:
                    if told := draw(st.integers(0, 5)):
                        rows.append(
                            (school, group, respondent, item, told, draw(st.integers(1, 9)) if not respondent else 1)
                        )
    columns = ["school_id", "group_code", "respondent_number", "item_code", "answer", "answer_count"]
    frame = pd.DataFrame(rows, columns=columns).assign(year=YEAR, file_id="f", sheet_name="s")
    return SURVEY_ANSWERS.conform(frame)


def tables_of(told: pd.DataFrame, surveyed: pd.DataFrame) -> dict[Table, pd.DataFrame]:
    scores = CAUSE_SCORES.conform(cause_scores(told, ITEMS, surveyed, YEAR, RULES))
    nothing = pd.DataFrame(columns=["school_id", "cause_code", "value", "is_established", "source_text"])
    evidence = causes.CauseEvidence(YEAR, surveyed, vocabulary(), scores, nothing)
    found = causes.findings(evidence, RULES)
    empty = (MEASURES.empty(), CONTEXT.empty(), CAUSE_VERIFICATIONS.empty())
    return {
        CAUSE_SCORES: scores,
        REGISTER_OF_CAUSES: REGISTER_OF_CAUSES.conform(causes.register(evidence, found, *empty, RULES)),
    }


@settings(max_examples=examples(5))
@given(answers())
def test_scores_stay_within_bounds_and_no_listed_school_is_lost(told: pd.DataFrame) -> None:
    tables = tables_of(told, schools())
    scores, register = tables[CAUSE_SCORES], tables[REGISTER_OF_CAUSES]
    assert scores["score"].dropna().between(0, 100).all()
    assert (scores["score"].notna() == scores["is_scored"].astype(bool)).all()
    assert set(register["school_id"]) == set(SCHOOLS)
    unknown = register[register["status_code"] == "not_established"]
    assert set(unknown["school_id"]).isdisjoint(register.loc[register["status_code"] != "not_established", "school_id"])
    assert "c" in set(unknown["school_id"])  # it has not answered


@settings(max_examples=examples(5))
@given(answers(), st.randoms(use_true_random=False))
def test_the_order_of_rows_never_matters(told: pd.DataFrame, random) -> None:
    order = list(range(len(told)))
    random.shuffle(order)
    first, second = tables_of(told, schools()), tables_of(told.iloc[order], schools().iloc[::-1])
    for table in first:
        pd.testing.assert_frame_equal(first[table], second[table], check_exact=True)


@settings(max_examples=examples(5))
@given(answers(), st.integers(1, 4))
def test_agreeing_more_with_a_lack_never_lowers_the_score(told: pd.DataFrame, step: int) -> None:
    reversed_items = set(ITEMS.loc[ITEMS["is_reversed"], "item_code"])
    straight = ~told["item_code"].isin(reversed_items) & (told["respondent_number"] > 0)
    worse = told.assign(answer=told["answer"].where(~straight, (told["answer"] + step).clip(upper=5)))
    key = ["school_id", "direction_code", "group_code"]
    first, second = (tables_of(frame, schools())[CAUSE_SCORES].set_index(key)["score"] for frame in (told, worse))
    assert (second - first).dropna().ge(-1e-9).all()
