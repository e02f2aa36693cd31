"""The closed vocabulary of causes and the facts that data establish: each rule a small example."""

from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from pipeline import causes
from pipeline.cause_facts import FACTS, FactEvidence, school_facts
from pipeline.errors import ConfigError
from pipeline.region import reference_table
from pipeline.tables.causes import CAUSE_DIRECTIONS, CAUSES, MEASURES, SIGNIFICANCES
from pipeline.tables.context import CONTEXT_INDICATORS, SCHOOL_CONTEXT
from pipeline.tables.objectivity import OBJECTIVITY
from pipeline.tables.results import RESULTS
from tests.spec.conftest import Maker, parse

YEAR = 2026
NOWHERE = Path("/nonexistent")  # no region's folder: the vocabularies of the package


@pytest.fixture
def rules(edition):
    return replace(edition.causes, fact_pseudo_count=0.0, min_fact_tested_count=10)


def cause(fact_code: str, cut: float, is_lower_worse: bool = False) -> pd.DataFrame:
    row = {"cause_code": "c", "direction_code": "staffing", "wording": "Недостаточность", "level_code": "school"}
    row |= {"evidence_code": "fact", "indicator_text": "показатель", "measure_numbers": "9"}
    row |= {"fact_code": fact_code, "cut_value": cut, "is_lower_worse": is_lower_worse}
    return CAUSES.conform(pd.DataFrame([row]))


def context_of(text: str) -> pd.DataFrame:
    """School, year, indicator, value, doubt: facts of the context form."""
    frame = parse(text).rename(columns={"indicator": "indicator_code"})
    frame["is_questioned"] = frame.pop("doubt") == "yes"
    frame["question_codes"] = ""
    return SCHOOL_CONTEXT.conform(frame.assign(municipality_id="m1", source_text="форма.xlsx"))


def established(evidence: FactEvidence, vocabulary: pd.DataFrame) -> dict[str, tuple[float, bool]]:
    table = school_facts(evidence, vocabulary)
    return {row.school_id: (round(row.value, 6), bool(row.is_established)) for row in table.itertuples()}


def evidence_of(rules, **tables: pd.DataFrame) -> FactEvidence:
    empty = {"results": RESULTS.empty(), "school_context": SCHOOL_CONTEXT.empty(), "objectivity": OBJECTIVITY.empty()}
    return FactEvidence(YEAR, **(empty | tables), min_cell_schools=2, rules=rules)


def test_the_newest_undoubted_value_of_the_form_decides_and_no_later_one(rules) -> None:
    context = context_of(
        """
        school | year | indicator          | value | doubt
        a      | 2024 | second_shift_share | 0.1   | no
        a      | 2025 | second_shift_share | 0.3   | no
        a      | 2026 | second_shift_share | 0.0   | yes
        b      | 2027 | second_shift_share | 0.9   | no
        c      | 2026 | second_shift_share | 0.25  | no
        d      | 2026 | second_shift_share | -     | no
        """
    )
    found = established(evidence_of(rules, school_context=context), cause("context:second_shift_share", 0.25))
    assert found == {"a": (0.3, True), "c": (0.25, True)}  # b and d are unknown


def test_a_cut_may_be_one_from_below(rules) -> None:
    context = context_of(
        "school|year|indicator|value|doubt\na|2026|internet_speed_band|2|no\nb|2026|internet_speed_band|3|no"
    )
    vocabulary = cause("context:internet_speed_band", 2.0, is_lower_worse=True)
    assert established(evidence_of(rules, school_context=context), vocabulary) == {"a": (2, True), "b": (3, False)}


def test_a_share_of_a_few_teachers_is_not_told(rules) -> None:
    context = context_of(
        """
        school | year | indicator              | value | doubt
        a      | 2026 | teachers_pension_share | 0.5   | no
        a      | 2026 | teachers_count         | 4     | no
        b      | 2026 | teachers_pension_share | 0.5   | no
        b      | 2026 | teachers_count         | 6     | no
        c      | 2026 | teachers_pension_share | 0.5   | no
        """
    )
    vocabulary = cause("context:teachers_pension_share", 0.4)
    assert established(evidence_of(rules, school_context=context), vocabulary) == {"b": (0.5, True)}


def test_children_with_special_needs_and_no_specialist_at_all(rules) -> None:
    header = "school | year | indicator | value | doubt\n"
    staff = ("psychologists_count", "speech_therapists_count", "special_teachers_count", "tutors_count")
    lines = [f"{s} | 2026 | special_needs_count | 7 | no" for s in "abc"]
    lines += [f"a | 2026 | {name} | 0 | no" for name in staff]
    lines += [f"b | 2026 | {name} | {int(name.startswith('tutors'))} | no" for name in staff]
    context = context_of(header + "\n".join(lines))
    found = established(evidence_of(rules, school_context=context), cause("context:unsupported_count", 3))
    assert found == {"a": (7, True), "b": (0, False)}  # c has not said who works there


def test_a_gap_between_subjects_is_how_much_further_from_the_norm_one_is(rules, results: Maker) -> None:
    # The region: Russian 40 of 200, mathematics 40 of 200. School a: 10 and 30, 20 expected each; c is small.
    text = """
        school | year | exam | subject  | grade | tested | low
        a      | 2026 | oge  | rus      | 9     | 100    | 10
        b      | 2026 | oge  | rus      | 9     | 95     | 29
        c      | 2026 | oge  | rus      | 9     | 5      | 1
        a      | 2026 | ege  | mat_base | 11    | 100    | 30
        b      | 2026 | ege  | mat_base | 11    | 95     | 10
        c      | 2026 | ege  | mat_base | 11    | 5      | 0
        """
    found = established(evidence_of(rules, results=results(text)), cause("results:subject_gap", 1.5))
    assert found["a"] == (3.0, True)
    assert found["b"] == (2.9, True)  # the other way round: which subject it is does not matter
    assert "c" not in found


def test_transition_compares_the_same_cohort(rules, results: Maker) -> None:
    # Grade 4 of 2025 is grade 5 of 2026; grade 5 of 2024 and grade 4 of 2026 have no counterpart here.
    text = """
        school | year | exam | subject | grade | tested | low
        a      | 2025 | vpr  | rus     | 4     | 50     | 5
        b      | 2025 | vpr  | rus     | 4     | 50     | 5
        a      | 2026 | vpr  | rus     | 5     | 50     | 15
        b      | 2026 | vpr  | rus     | 5     | 50     | 5
        a      | 2024 | vpr  | rus     | 5     | 50     | 1
        b      | 2024 | vpr  | rus     | 5     | 50     | 40
        a      | 2026 | vpr  | rus     | 4     | 50     | 40
        b      | 2026 | vpr  | rus     | 4     | 50     | 1
        """
    found = established(evidence_of(rules, results=results(text)), cause("results:transition", 1.5))
    assert found == {"a": (1.5, True), "b": (0.5, False)}


def test_doubtful_years_are_counted_within_the_window(rules) -> None:
    rows = pd.DataFrame({"school_id": ["a", "a", "a", "b"], "year": [2023, 2025, 2026, 2026]})
    doubts = rows.assign(is_vpr_doubtful=[True, True, True, False])
    found = established(evidence_of(rules, objectivity=doubts), cause("objectivity:doubtful_years", 1))
    assert found == {"a": (2, True), "b": (0, False)}


def test_an_unknown_fact_of_an_own_vocabulary_is_refused_with_the_known_ones(rules) -> None:
    with pytest.raises(ConfigError, match=r"неизвестному факту «results:luck»\. Где: reference/causes\.csv"):
        school_facts(evidence_of(rules), cause("results:luck", 1))


# ---------------------------------------------------------------- the closed vocabulary


def test_every_cause_has_a_measure_with_responsible_unit_and_month() -> None:
    vocabulary, measures = reference_table(NOWHERE, CAUSES), reference_table(NOWHERE, MEASURES)
    known = set(measures["number"])
    for cause in vocabulary.itertuples():
        numbers = causes.measure_numbers(str(cause.measure_numbers))
        assert numbers and set(numbers) <= known, cause.cause_code
    advice = causes.recommended(vocabulary, measures, YEAR)
    assert set(advice["cause_code"]) == set(vocabulary["cause_code"])
    assert advice.notna().all(axis=None)
    assert list(measures["number"]) == list(range(1, 27))


def test_every_direction_has_one_cause_by_survey_and_every_fact_is_known() -> None:
    vocabulary = reference_table(NOWHERE, CAUSES)
    by_survey = vocabulary[vocabulary["evidence_code"] == "survey"]
    assert sorted(by_survey["direction_code"]) == sorted(reference_table(NOWHERE, CAUSE_DIRECTIONS)["direction_code"])
    facts = vocabulary[vocabulary["evidence_code"] == "fact"]
    assert facts[["fact_code", "cut_value", "reference"]].notna().all(axis=None)
    indicators = set(reference_table(NOWHERE, CONTEXT_INDICATORS)["indicator_code"])
    for fact_code in facts["fact_code"]:
        assert fact_code in FACTS or str(fact_code).removeprefix("context:") in indicators, fact_code


def test_significances_are_those_of_the_table() -> None:
    assert {*causes.BY_SIGNIFICANCE, "none"} == set(SIGNIFICANCES)
