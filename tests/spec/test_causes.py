"""The causes (docs/methodology.md, section 7): each rule a small example."""

from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from pipeline import cause_completeness, causes
from pipeline.cause_scores import cause_scores, cuts, respondents
from pipeline.region import reference_table
from pipeline.tables.causes import (
    CAUSE_VERIFICATIONS,
    CAUSES,
    MEASURES,
    SURVEY_ANSWERS,
    SURVEY_FILES,
    SURVEYED_SCHOOLS,
)
from pipeline.tables.context import CONTEXT
from tests.spec.conftest import parse

YEAR = 2026
NOWHERE = Path("/nonexistent")  # no region's folder: the vocabularies of the package

# Two directions, two statements each per group; the second one of each pair agrees with well-being.
ITEMS = pd.DataFrame(
    [
        (f"{group}_{direction}_{number}", group, direction, number, "текст", number == 2)
        for group in ("director", "teacher", "pupil", "parent")
        for direction in ("equipment", "staffing")
        for number in (1, 2)
    ],
    columns=["item_code", "group_code", "direction_code", "item_number", "text", "is_reversed"],
)


def answers_of(text: str) -> pd.DataFrame:
    """Answers as «school | group | who | equipment 1, 2 | staffing 1, 2»; "-" is a blank; who 0 is a tally of «n×a»."""
    rows = []
    for row in parse(text).to_dict("records"):
        group = row["group"]
        for direction in ("equipment", "staffing"):
            for number, told in enumerate(str(row[direction] or "").split(), start=1):
                for part in told.split("+"):
                    count, _, answer = part.rpartition("×")
                    if answer != ".":
                        rows.append(
                            (row["school_id"], group, row["who"], f"{group}_{direction}_{number}", answer, count or 1)
                        )
    frame = pd.DataFrame(rows, columns=["school_id", "group_code", "respondent_number", "item_code", "answer", "n"])
    frame = frame.rename(columns={"n": "answer_count"}).assign(year=YEAR, file_id="f", sheet_name=frame["group_code"])
    return SURVEY_ANSWERS.conform(frame)


def schools(*ids: str) -> pd.DataFrame:
    frame = pd.DataFrame({"school_id": ids, "municipality_id": "m1", "is_signed": True})
    return SURVEYED_SCHOOLS.conform(
        frame.assign(school_name="Школа " + frame["school_id"], municipality_name="Озёрный район")
    )


@pytest.fixture
def rules(edition):
    return replace(edition.causes, min_teacher_count=2, min_pupil_count=2, min_parent_count=2, min_alpha_count=3)


def scored(text: str, rules, *ids: str) -> pd.DataFrame:
    table = cause_scores(answers_of(text), ITEMS, schools(*ids), YEAR, rules)
    return table.set_index(["school_id", "direction_code", "group_code"])


def test_agreement_with_a_lack_is_risk_and_agreement_with_well_being_is_none(rules) -> None:
    table = scored(
        """
        school | group   | who | equipment | staffing
        a      | teacher | 1   | 5 1       | 1 5
        a      | teacher | 2   | 5 1       | 3 3
        """,
        rules,
        "a",
    )
    assert table.loc[("a", "equipment", "teacher"), "score"] == 100
    assert table.loc[("a", "staffing", "teacher"), "score"] == 25


def test_a_tally_sheet_counts_like_the_forms_that_it_adds_up(rules) -> None:
    forms = scored(
        "school|group|who|equipment|staffing\na|pupil|1|5 2|1 1\na|pupil|2|3 4|1 2\na|pupil|3|3 .|1 2", rules, "a"
    )
    tally = scored("school|group|who|equipment|staffing\na|pupil|0|1×5+2×3 1×2+1×4|3×1 1×1+2×2", rules, "a")
    columns = ["score", "coverage_share", "respondent_count"]
    pd.testing.assert_frame_equal(forms[columns], tally[columns])
    assert tally["alpha"].isna().all()


def test_alpha_by_hand(rules) -> None:
    # Risks: (0, 25), (50, 50), (100, 75). Variances 2500 and 625, of the sums (25, 100, 175) 5625.
    # α = 2/1 · (1 − 3125/5625) = 0.8889; the fourth form has a blank and takes no part.
    table = scored(
        """
        school | group    | who | equipment | staffing
        a      | teacher  | 1   | 1 4       | 3 3
        a      | teacher  | 2   | 3 3       | 3 3
        a      | teacher  | 3   | 5 2       | 3 3
        a      | teacher  | 4   | 5 .       | 3 3
        a      | director | 1   | 1 4       | 3 3
        """,
        rules,
        "a",
    )
    assert table.loc[("a", "equipment", "teacher"), "alpha"] == pytest.approx(2 * (1 - 3125 / 5625))
    assert pd.isna(table.loc[("a", "staffing", "teacher"), "alpha"])  # everybody says the same: nothing varies
    assert pd.isna(table.loc[("a", "equipment", "director"), "alpha"])


def test_a_group_below_its_minimum_is_not_scored_and_does_not_count(rules) -> None:
    table = scored(
        """
        school | group    | who | equipment | staffing
        a      | teacher  | 1   | 5 1       | 5 1
        a      | director | 1   | 2 4       | 2 4
        """,
        rules,
        "a",
    )
    few = table.loc[("a", "equipment", "teacher")]
    assert not few["is_scored"] and pd.isna(few["score"]) and few["significance_code"] == "none"
    assert table.loc[("a", "equipment", ""), "score"] == 25  # the director's statements need no minimum


def test_a_direction_answered_by_less_than_half_is_not_scored(rules) -> None:
    text = "school|group|who|equipment|staffing\na|teacher|1|5 1|5 .\na|teacher|2|5 1|. .\na|teacher|3|5 1|5 ."
    table = scored(text, rules, "a")
    assert table.loc[("a", "staffing", "teacher"), "coverage_share"] == pytest.approx(1 / 3)
    assert not table.loc[("a", "staffing", "teacher"), "is_scored"]
    assert table.loc[("a", "equipment", "teacher"), "is_scored"]


def test_all_together_is_the_weighted_mean_of_the_groups_that_count(rules) -> None:
    table = scored(
        """
        school | group    | who | equipment | staffing
        a      | director | 1   | 1 5       | 1 5
        a      | teacher  | 1   | 5 1       | 5 1
        a      | teacher  | 2   | 5 1       | 5 1
        a      | pupil    | 1   | 5 1       | 5 1
        """,
        rules,
        "a",
    )
    # Director .2 says 0, teachers .3 say 100, one pupil is too few, parents are silent.
    assert table.loc[("a", "equipment", ""), "score"] == pytest.approx(100 * 0.3 / 0.5)
    assert table.loc[("a", "equipment", ""), "respondent_count"] == 3


def test_every_surveyed_school_has_each_direction_even_without_an_answer(rules) -> None:
    table = scored("school|group|who|equipment|staffing\na|director|1|1 5|1 5\nz|director|1|5 1|5 1", rules, "a", "b")
    assert {("a", "equipment", ""), ("b", "equipment", ""), ("b", "staffing", "")} <= set(table.index)
    assert "z" not in table.index.get_level_values(0)  # not surveyed


def test_terciles_are_held_between_bounds_and_equal_scores_fall_on_one_side(edition) -> None:
    rules = edition.causes
    spread = pd.Series([float(value) for value in range(41, 71)])
    assert cuts(spread, rules) == pytest.approx((41 + 29 / 3, 41 + 58 / 3))
    least = (rules.medium_tercile_minimum, rules.high_tercile_minimum)
    assert cuts(pd.Series([10.0] * 30), rules) == least  # nobody lacks anything
    assert cuts(pd.Series([90.0] * 30), rules) == (rules.tercile_maximum,) * 2  # everybody does
    assert cuts(pd.Series([55.0] * 30), rules) == (55.0, 55.0)  # all tied: all of high significance
    assert cuts(spread.head(rules.min_tercile_schools - 1), rules) == (rules.medium_score, rules.high_score)
    assert cuts(spread, replace(rules, cut_rule="absolute")) == (rules.medium_score, rules.high_score)


# ---------------------------------------------------------------- the register


def vocabulary() -> pd.DataFrame:
    frame = pd.DataFrame(
        [
            ("equipment", "equipment", "Недостаточность оборудования", "survey", None, None, "9;24"),
            ("staffing", "staffing", "Недостаточность кадров", "survey", None, None, "14"),
            ("vacancies", "staffing", "Незакрытые вакансии", "fact", "context:vacancies_ratio", 0.1, "9"),
        ],
        columns=[
            "cause_code",
            "direction_code",
            "wording",
            "evidence_code",
            "fact_code",
            "cut_value",
            "measure_numbers",
        ],
    )
    return CAUSES.conform(
        frame.assign(level_code="school", indicator_text="показатель", responsible_text=None, is_lower_worse=False)
    )


def facts_of(text: str) -> pd.DataFrame:
    frame = parse(text).rename(columns={"cause": "cause_code"}).assign(source_text="форма")
    frame["value"] = frame["value"].astype(float)
    return frame.assign(is_established=frame["value"] >= 0.1)


NO_FACTS = facts_of("school | cause | value").astype({"value": float})
NO_CONTEXT = CONTEXT.empty()
NO_MARKS = CAUSE_VERIFICATIONS.empty()

# Equipment is said to lack by the director and two teachers in a, by the director alone in b, by nobody in c;
# d has sent nothing. Staffing lacks in a by the survey.
ANSWERS = """
school | group    | who | equipment | staffing
a      | director | 1   | 5 1       | 5 1
a      | teacher  | 1   | 5 1       | 4 2
a      | teacher  | 2   | 5 1       | 4 2
b      | director | 1   | 5 1       | 1 5
c      | director | 1   | 1 5       | 1 5
c      | teacher  | 1   | 1 5       | 1 5
c      | teacher  | 2   | 1 5       | 1 5
"""


def registered(
    rules, facts: pd.DataFrame = NO_FACTS, context: pd.DataFrame = NO_CONTEXT, marks: pd.DataFrame = NO_MARKS
) -> pd.DataFrame:
    surveyed = schools("a", "b", "c", "d")
    scores = cause_scores(answers_of(ANSWERS), ITEMS, surveyed, YEAR, rules)
    evidence = causes.CauseEvidence(YEAR, surveyed, vocabulary(), scores, facts)
    found = causes.findings(evidence, rules)
    measures = reference_table(NOWHERE, MEASURES)
    return causes.register(evidence, found, measures, context, marks, rules).set_index(["school_id", "cause_code"])


def test_what_a_survey_alone_says_is_a_hypothesis_and_the_director_alone_a_small_sample(rules) -> None:
    table = registered(rules)
    assert table.loc[("a", "equipment"), "status_code"] == "hypothesis"
    assert table.loc[("a", "equipment"), "source_text"] == "анкеты: руководитель; педагоги — 2"
    assert table.loc[("b", "equipment"), "status_code"] == "small_sample"


def test_a_declared_fact_is_a_fact_and_makes_the_survey_beside_it_one(rules) -> None:
    facts = facts_of(
        "school | cause     | value\na      | vacancies | 0.2\nb      | vacancies | 0.1\nc | vacancies | 0.0"
    )
    table = registered(rules, facts)
    assert table.loc[("a", "vacancies"), "status_code"] == "fact"
    assert table.loc[("a", "vacancies"), "source_text"] == "форма"
    assert table.loc[("a", "staffing"), "status_code"] == "fact"
    assert table.loc[("a", "staffing"), "source_text"].endswith("; подтверждено: показатель")
    assert ("b", "vacancies") in table.index and ("b", "staffing") not in table.index
    assert ("c", "vacancies") not in table.index


def test_every_school_has_a_cause_or_says_that_none_is_established(rules) -> None:
    table = registered(rules)
    none = table.xs("not_established", level="cause_code")
    assert none["source_text"].to_dict() == {
        "c": "анкеты: 2 оценённых направления, ни одно не достигло порога",
        "d": "анкеты не возвращены",
    }
    assert set(none["cause_text"]) == {"не установлено"}
    assert none["measure_number"].isna().all()


def test_a_cause_brings_measure_responsible_unit_and_due_date(rules) -> None:
    row = registered(rules).loc[("a", "equipment")]
    assert row["measure_number"] == 9
    assert row["measure_text"] == "Координация организации сетевого взаимодействия. Также меры № 24."
    assert row["responsible_text"] == "МОЦ; СОИРО"
    assert row["due_text"] == "до 31 октября 2026 года"
    assert causes.due_text(3, 2026) == "до 31 марта 2027 года"
    assert causes.due_text(2, 2027) == "до 29 февраля 2028 года"


def test_value_region_and_cut_stand_on_every_row(rules) -> None:
    row = registered(rules).loc[("a", "staffing")]
    # Director .2 says 100, teachers .3 say 75: 85; region: a 85, b and c 0.
    assert row["value"] == pytest.approx(85)
    assert row["region_value"] == pytest.approx(85 / 3)
    assert row["cut_value"] == rules.high_score


def test_a_cause_is_local_mass_or_systemic_by_the_share_of_the_schools_judged(rules) -> None:
    wide = replace(rules, min_scale_schools=3, mass_share=0.3, systemic_share=0.6)
    table = registered(wide)
    assert table.loc[("a", "equipment"), "scale_code"] == "systemic"  # a and b of a, b, c; d is unknown, not healthy
    assert table.loc[("a", "staffing"), "scale_code"] == "mass"
    assert pd.isna(registered(rules).loc[("a", "equipment"), "scale_code"])  # fewer than five schools say no scale


def test_the_scale_counts_facts_and_scores_that_say_so_without_comparing_schools(rules) -> None:
    wide = replace(rules, min_scale_schools=3, mass_share=0.3, systemic_share=0.6, scale_score=90.0)
    table = registered(wide)
    assert table.loc[("a", "staffing"), "significance_code"] == "high"  # at 85, among the worst of three
    assert table.loc[("a", "staffing"), "scale_code"] == "local"
    facts = facts_of("school|cause|value\na|vacancies|0.2\nb|vacancies|0.1\nc|vacancies|0.0")
    assert registered(wide, facts).loc[("a", "vacancies"), "scale_code"] == "systemic"


def test_a_score_reaches_the_cut_that_it_equals(rules) -> None:
    # Teachers and pupils say 50 each; (.3 · 50 + .25 · 50) / .55 is 49.99999999999999 in floats.
    text = """
        school | group   | who | equipment | staffing
        a      | teacher | 1   | 3 3       | 3 3
        a      | teacher | 2   | 3 3       | 3 3
        a      | pupil   | 1   | 3 3       | 3 3
        a      | pupil   | 2   | 3 3       | 3 3
    """
    table = scored(text, replace(rules, cut_rule="absolute", high_score=50.0), "a")
    assert table.loc[("a", "equipment", ""), "significance_code"] == "high"


def test_significance_that_enters_the_register_is_a_choice_of_the_edition(rules) -> None:
    low_cut = replace(rules, high_score=95.0, medium_score=80.0)
    assert registered(low_cut).loc[("a", "staffing"), "significance_code"] == "medium"
    alone = replace(rules, high_score=101.0)  # nothing is of high significance
    assert ("b", "equipment") not in registered(alone).index
    assert ("b", "equipment") in registered(replace(alone, small_sample_from="medium")).index
    assert ("a", "staffing") not in registered(replace(low_cut, register_from="high")).index


def test_groups_of_schools_follow_the_context_where_it_is_known(rules) -> None:
    context = pd.DataFrame({"school_id": ["a", "b"], "year": YEAR, "is_adverse": True})
    context["quadrant_code"] = ["low_adverse", "not_low_adverse"]
    groups = registered(rules, context=context)["school_group_code"].groupby("school_id").first()
    assert groups.to_dict() == {"a": "both", "b": "adverse_context", "c": "low_results", "d": "low_results"}


def test_a_mark_of_verification_stays_with_its_school_and_cause(rules) -> None:
    mark = {"school_id": "a", "year": YEAR, "cause_code": "equipment", "verification_text": "подтверждено на месте"}
    marks = CAUSE_VERIFICATIONS.conform(pd.DataFrame([mark | {"who": "комиссия", "date": "2026-10-02"}]))
    table = registered(rules, marks=pd.concat([marks, marks.assign(year=2025, cause_code="staffing")]))
    assert table.loc[("a", "equipment"), "verification_text"] == "подтверждено на месте (комиссия, 02.10.2026)"
    assert table["verification_text"].notna().sum() == 1


def test_summary_counts_schools_by_municipality_and_for_the_region(rules) -> None:
    surveyed = schools("a", "b", "c", "d").assign(municipality_id=["m1", "m2", "m2", "m2"])
    scores = cause_scores(answers_of(ANSWERS), ITEMS, surveyed, YEAR, rules)
    found = causes.findings(causes.CauseEvidence(YEAR, surveyed, vocabulary(), scores, NO_FACTS), rules)
    table = causes.summary(found, YEAR, rules).set_index(["municipality_id", "cause_code"])
    assert table.loc[("", "equipment"), ["school_count", "surveyed_count"]].tolist() == [2, 3]
    assert table.loc[("m2", "equipment"), "school_share"] == 0.5
    assert ("m2", "staffing") not in table.index


# ---------------------------------------------------------------- completeness


def test_what_is_missing_is_said_school_by_school(rules) -> None:
    surveyed = schools("a", "b", "c", "d")
    files = SURVEY_FILES.conform(
        pd.DataFrame(
            {"file_id": ["x"], "school_id": ["b"], "group_code": ["teacher"], "state_code": ["empty"],
             "respondent_count": [0], "answer_count": [0], "remark_text": ["пусто"]}
        )
    )  # fmt: skip
    returns = cause_completeness.survey_returns(answers_of(ANSWERS), files, surveyed, YEAR, rules)
    codes = returns.set_index(["school_id", "group_code"])["return_code"]
    assert codes["a"].to_dict() == {
        "director": "returned", "teacher": "returned", "pupil": "voluntary", "parent": "voluntary",
    }  # fmt: skip
    assert codes[("b", "teacher")] == "unusable" and codes[("d", "director")] == "missing"
    register = registered(rules).reset_index()
    lost = register.assign(responsible_text=register["responsible_text"].where(register["cause_code"] != "equipment"))
    table = cause_completeness.remarks(lost, returns, surveyed, YEAR)
    told = table.groupby("school_id")["remark_code"].agg(list).to_dict()
    assert told == {
        "a": ["group_missing", "group_missing", "no_responsible"],
        "b": ["group_missing", "group_missing", "group_unusable", "no_responsible", "small_sample_only"],
        "c": ["group_missing", "group_missing", "not_established"],
        "d": ["not_established", "nothing_returned"],
    }
    assert set(table.loc[table["is_blocking"].astype(bool), "school_id"]) == {"a", "b", "d"}


def test_a_person_is_counted_once_and_a_tally_by_its_fullest_line() -> None:
    answers = answers_of("school|group|who|equipment|staffing\na|pupil|1|5 1|5 1\na|pupil|0|3×5 2×1|4×5 1×1")
    assert respondents(answers)["respondent_count"].tolist() == [5]
