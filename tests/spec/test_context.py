"""Conditions of schools: which facts are believed, what is usual in such conditions, what is adverse (method 6)."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from depth import examples
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline import context, methodology, region
from pipeline.context_facts import questioned_schools, school_context
from pipeline.methodology.rules import ContextRules
from pipeline.tables.context import ADVERSE_CRITERIA, CONTEXT_INDICATORS, SCHOOL_CONTEXT
from pipeline.tables.reference import SCHOOLS

from .conftest import parse

NOWHERE = Path("no region: the defaults of the package")
INDICATORS = region.reference_table(NOWHERE, CONTEXT_INDICATORS)
CRITERIA = region.reference_table(NOWHERE, ADVERSE_CRITERIA)
RULES = methodology.load().context
HARDSHIP = "families_low_income_share"


def told(text: str, *, kind: str = "ordinary", **rest: object) -> tuple[pd.DataFrame, pd.DataFrame]:
    """SCHOOL_CONTEXT and rejects of facts given as school, year, indicator, value and, where it matters, the load."""
    facts = parse(text).rename(columns={"indicator": "indicator_code", "load": "load_date"})
    defaults: dict[str, object] = {"year": 2026, "load_date": "", "file_id": "form.xlsx", "row": None, "words": None}
    facts = facts.assign(**{name: value for name, value in defaults.items() if name not in facts})
    facts["row_number"] = facts.pop("row").fillna(facts.groupby(["school_id", "file_id"]).ngroup() + 1).astype(int)
    facts = facts.rename(columns={"words": "value_text"}).assign(sheet_name="", block_name="", municipality_id="m1")
    facts["value"], facts["year"] = pd.to_numeric(facts["value"]), facts["year"].astype("Int64")
    facts["load_date"], facts["value_text"] = facts["load_date"].fillna(""), facts["value_text"].astype("str")
    ids = sorted(set(facts["school_id"]))
    schools = SCHOOLS.conform(
        pd.DataFrame({"school_id": ids, "school_name": ids, "municipality_id": "m1", "kind_code": kind})
    )
    return school_context(facts, INDICATORS, schools, RULES, **{"year": 2026, **rest})


def questions(table: pd.DataFrame) -> dict[str, str]:
    asked = table[table["is_questioned"]]
    return dict(zip(asked["indicator_code"], asked["question_codes"], strict=True))


def values(table: pd.DataFrame, school: str = "a") -> dict[str, float]:
    own = table[(table["school_id"] == school) & table["value"].notna()]
    return dict(zip(own["indicator_code"], own["value"], strict=True))


def test_shares_follow_from_counts_that_are_not_questioned() -> None:
    table, _ = told("""
        school | indicator           | value
        a      | pupils_count        | 200
        a      | special_needs_count | 30
        a      | teachers_count      | 20
        a      | teachers_highest_count | 25
    """)
    assert values(table)["special_needs_share"] == 0.15
    assert questions(table) == {"teachers_count": "part_above_whole", "teachers_highest_count": "part_above_whole"}
    assert not {"teachers_highest_share", "pupils_per_teacher_ratio"} & set(values(table))


@pytest.mark.parametrize(("total", "is_asked"), [(100, False), (102, False), (103, True), (90, True)])
def test_a_total_is_the_sum_of_the_grades_within_the_tolerance(total: int, is_asked: bool) -> None:
    table, _ = told(f"""
        school | indicator            | value
        a      | pupils_count         | {total}
        a      | pupils_grade_1_count | 60
        a      | pupils_grade_2_count | 40
    """)
    assert (questions(table).get("pupils_count") == "total_not_sum") == is_asked


def test_without_any_grade_the_total_stands_alone() -> None:
    table, _ = told("""
        school | indicator            | value
        a      | pupils_count         | 100
        b      | pupils_count         | 100
        b      | pupils_grade_1_count | 100
    """)
    assert questions(table) == {}


def test_impossible_and_unread_values_are_questioned_and_kept_as_they_stand() -> None:
    table, _ = told("""
        school | indicator               | value
        a      | families_incomplete_share | 1.34
        a      | vacancies_count         | -2
        a      | internet_speed_band     | -
    """)
    assert questions(table) == {
        "families_incomplete_share": "share_out_of_range",
        "vacancies_count": "negative",
        "internet_speed_band": "unreadable",
    }
    assert values(table)["families_incomplete_share"] == 1.34


@pytest.mark.parametrize(
    ("kind", "flag", "is_asked"),
    [("ordinary", 1, True), ("evening", 1, False), ("evening", 0, True), ("ordinary", 0, False)],
)
def test_a_kind_that_the_register_does_not_know_is_asked_about(kind: str, flag: int, is_asked: bool) -> None:
    table, _ = told(f"school | indicator | value\na | kind_evening | {flag}", kind=kind)
    assert bool(questions(table)) == is_asked


def test_the_newest_delivery_wins_fact_by_fact() -> None:
    text = """
        school | file_id | load       | indicator     | value
        a      | one     | -          | pupils_count  | 100
        a      | one     | -          | rooms_count   | 9
        a      | two     | 2026-07-10 | pupils_count  | 110
        b      | one     | -          | pupils_count  | 50
        b      | two     | 2026-07-10 | pupils_count  | 55
    """
    table, rejects = told(text)
    assert values(table) == {"pupils_count": 110, "rooms_count": 9}
    assert rejects[["file_id", "row_number", "reason_code", "is_service"]].to_numpy().tolist() == [
        ["one", 3, "superseded", True]
    ]
    earlier, rejects = told(text, as_of="2026-07-01")
    assert values(earlier) == {"pupils_count": 100, "rooms_count": 9}
    assert set(rejects["reason_code"]) == {"after_as_of"}


def test_two_rows_of_one_delivery_that_differ_leave_no_value_and_equal_ones_count_once() -> None:
    table, rejects = told("""
        school | row | indicator    | value
        a      | 1   | pupils_count | 100
        a      | 1   | rooms_count  | 9
        a      | 2   | pupils_count | 120
        b      | 3   | pupils_count | 70
        b      | 4   | pupils_count | 70
    """)
    assert questions(table) == {"pupils_count": "conflicting"}
    assert values(table) == {"rooms_count": 9}
    assert "строка 1; form.xlsx, строка 2" in table.loc[table["is_questioned"], "source_text"].iloc[0]
    assert values(table, "b") == {"pupils_count": 70}
    assert rejects[["row_number", "reason_code"]].to_numpy().tolist() == [[4, "repeated_row"]]


def test_facts_of_later_years_are_set_aside() -> None:
    table, rejects = told("school | year | indicator | value\na | 2027 | pupils_count | 5")
    assert table.empty and rejects["reason_code"].tolist() == ["later_year"] and rejects["is_service"].all()


def test_the_analyst_is_told_school_fact_and_place() -> None:
    table, _ = told("""
        school | indicator            | value
        a      | pupils_count         | 150
        a      | pupils_grade_1_count | 60
        b      | pupils_count         | 60
    """)
    schools = SCHOOLS.conform(
        pd.DataFrame({"school_id": ["a", "b"], "school_name": "Школа", "municipality_id": "m", "kind_code": "ordinary"})
    )
    frame = questioned_schools(table, INDICATORS, schools).set_index("school_id")
    assert frame["total_not_sum_count"].to_dict() == {"a": 1, "b": 0}
    assert frame.loc["a", "total_not_sum_text"] == "Обучающихся всего — 150, сумма слагаемых — 60; form.xlsx, строка 1"


# ---------------------------------------------------------------- the model


def conditions(hardship: "np.ndarray | list[float]", year: int = 2026, **columns: object) -> pd.DataFrame:
    """SCHOOL_CONTEXT with one indicator that runs from 0 to 1, and others beside it."""
    ids = [f"s{number:03d}" for number in range(len(hardship))]
    parts = [
        pd.DataFrame({"school_id": ids, "indicator_code": code, "value": column})
        for code, column in {HARDSHIP: hardship, **columns}.items()
    ]
    rest = {"municipality_id": "m1", "year": year, "is_questioned": False, "question_codes": "", "source_text": "x"}
    frame = pd.concat(parts, ignore_index=True).assign(value_text=None, **rest)
    return SCHOOL_CONTEXT.conform(frame[frame["value"].notna()])


def results_of(log_ratio: np.ndarray, expected: float = 40.0, k: float = 4.0) -> pd.DataFrame:
    """Rows of the model of results: as much of STABILITY as the conditions look at."""
    return pd.DataFrame(
        {
            "school_id": [f"s{number:03d}" for number in range(len(log_ratio))],
            "effective_observed": expected * np.exp(log_ratio),
            "effective_expected": expected,
            "reliability": expected / (expected + k),
            "probability": (log_ratio > 0.5).astype(float),
        }
    )


def assess(table: pd.DataFrame, results: pd.DataFrame, rules: ContextRules = RULES, **rest: object) -> context.Outcome:
    named = {"selected": frozenset(), "left_out": frozenset(), "year": 2026, **rest}
    return context.assess(table, INDICATORS, CRITERIA, results, rules=rules, **named)


@pytest.fixture(scope="module")
def region_of_schools() -> tuple[pd.DataFrame, pd.DataFrame]:
    """Hundred and twenty schools: the harder the conditions the worse the results, give or take; no dice."""
    hardship = np.linspace(0.02, 0.6, 120)
    noise = 0.3 * np.sin(np.arange(120) * 2.4)
    noise[118] = -2.5  # hard conditions, good results
    return conditions(hardship), results_of(2 * (hardship - 0.3) + noise)


def test_what_is_usual_in_hard_conditions_is_worse_and_the_index_lower(region_of_schools) -> None:
    outcome = assess(*region_of_schools)
    assert outcome.is_used and 0.4 < outcome.figure("r2") < 0.9
    table = outcome.table.set_index("school_id")
    assert table.loc["s005", "context_index"] > 80 > 40 > table.loc["s115", "context_index"]
    assert table.loc["s115", "expected_ratio"] > 1.3 > 0.8 > table.loc["s005", "expected_ratio"]
    assert (table["expected_lower"] < table["expected_ratio"]).all()
    assert (table["expected_ratio"] < table["expected_upper"]).all()
    assert np.allclose(table["residual_ratio"], table["observed_ratio"] / table["expected_ratio"])
    coefficient = outcome.figures.query("figure_code == 'coefficient'")
    assert coefficient["indicator_code"].tolist() == [HARDSHIP] and (coefficient["value"] > 0).all()
    assert outcome.figures.query("figure_code == 'is_contrary'")["value"].tolist() == [0.0]


def test_nine_of_ten_schools_lie_within_what_is_usual(region_of_schools) -> None:
    table = assess(*region_of_schools).table
    within = table["observed_ratio"].between(table["expected_lower"], table["expected_upper"])
    assert abs(within.mean() - RULES.interval_level) < 0.02


def test_the_lowest_quarter_by_the_index_is_adverse_and_the_school_that_does_well_there_resilient(
    region_of_schools,
) -> None:
    table = assess(*region_of_schools).table
    assert table["is_adverse"].sum() == 30
    resilient = table[table["is_resilient"]]
    assert "s118" in set(resilient["school_id"])
    assert resilient["is_adverse"].all() and (resilient["observed_ratio"] < resilient["expected_lower"]).all()


def test_schools_of_excluded_kinds_do_not_move_the_border_of_adverse_conditions(region_of_schools) -> None:
    facts, results = region_of_schools
    hardest = frozenset(f"s{number:03d}" for number in range(80, 120))
    table = assess(facts, results, left_out=hardest).table
    is_hardest = table["school_id"].isin(hardest)
    assert table.loc[~is_hardest, "is_adverse"].sum() == 20 and table.loc[is_hardest, "is_adverse"].all()


def test_the_two_by_two_takes_the_list_as_low_too(region_of_schools) -> None:
    facts, results = region_of_schools
    listed = assess(facts, results, selected=frozenset({"s001"})).table.set_index("school_id")["quadrant_code"]
    plain = assess(facts, results).table.set_index("school_id")["quadrant_code"]
    assert (plain["s001"], listed["s001"]) == ("not_low_favourable", "low_favourable")
    assert plain["s119"] == "low_adverse" and plain["s118"] == "not_low_adverse"


def test_without_a_signal_no_index_is_invented() -> None:
    hardship = np.linspace(0, 1, 120)
    outcome = assess(conditions(hardship), results_of(0.5 * np.sin(np.arange(120) * 2.4)))
    assert outcome.why_code == "no_signal" and outcome.figure("r2") <= 0
    assert outcome.table["context_index"].isna().all() and not outcome.table["is_resilient"].any()


def test_too_few_schools_give_criteria_alone() -> None:
    columns = {"pupils_pdn_share": [0.05, 0.0, 0.05], "families_unemployed_share": [0.2, 0.0, 0.2]}
    outcome = assess(conditions([0.4, 0.1, 0.1], **columns), results_of(np.zeros(3)))
    assert outcome.why_code == "few_schools" and outcome.figures.empty
    table = outcome.table
    assert table["criteria_codes"].tolist() == [
        "many_low_income;many_registered;many_unemployed", "", "many_registered;many_unemployed",
    ]  # fmt: skip
    assert table["adverse_code"].tolist() == ["criteria", "none", "none"]
    assert table["context_index"].isna().all()


def test_questioned_and_outdated_facts_take_no_part() -> None:
    table = pd.concat([conditions([0.1, 0.2]), conditions([0.5, 0.6], year=2025), conditions([0.9] * 3, year=2023)])
    table = table.assign(is_questioned=(table["year"] == 2026) & (table["school_id"] == "s001"))
    values, years, homes = context.newest_values(table, 2026, RULES)
    assert values[HARDSHIP].to_dict() == {"s000": 0.1, "s001": 0.6}
    assert years.to_dict() == {"s000": 2026, "s001": 2025} and homes.tolist() == ["m1", "m1"]


def test_a_school_of_which_too_little_is_known_gets_no_index(region_of_schools) -> None:
    facts, results = region_of_schools
    second = conditions([0.1] * 120, vacancies_ratio=np.linspace(0, 1, 120), internet_speed_band=[3.0] * 120)
    whole = pd.concat([facts, second[second["indicator_code"] != HARDSHIP]], ignore_index=True)
    is_known = (whole["school_id"] != "s050") | (whole["indicator_code"] == HARDSHIP)
    table = assess(whole[is_known], results).table.set_index("school_id")
    assert table.loc["s050", "imputed_share"] == pytest.approx(2 / 3) and np.isnan(table.loc["s050", "context_index"])
    assert table["context_index"].notna().sum() == 119


def test_the_model_learns_from_no_school_of_an_excluded_kind(region_of_schools) -> None:
    facts, results = region_of_schools
    strange = results.assign(effective_observed=results["effective_observed"].where(results.index != 10, 1e6))
    plain = assess(facts, results, left_out=frozenset({"s010"})).table
    other = assess(facts, strange, left_out=frozenset({"s010"})).table
    pd.testing.assert_series_equal(plain["expected_ratio"], other["expected_ratio"])
    assert assess(facts, strange).table["expected_ratio"].iloc[0] != plain["expected_ratio"].iloc[0]


def test_what_is_usual_for_a_school_does_not_rest_on_its_own_results(region_of_schools) -> None:
    """One repeat, so that each school is predicted by the single model of the folds without it."""
    facts, results = region_of_schools
    rules = replace(RULES, repeat_count=1)
    changed = results.assign(effective_observed=results["effective_observed"].where(results.index != 60, 400.0))
    before, after = (assess(facts, frame, rules).table["expected_ratio"] for frame in (results, changed))
    assert before[60] == after[60] and not before.equals(after)


@settings(max_examples=examples(2))
@given(st.permutations(range(120)))
def test_the_order_of_rows_does_not_matter(region_of_schools, order: list[int]) -> None:
    facts, results = region_of_schools
    plain = assess(facts, results)
    shuffled = assess(facts.iloc[order], results.iloc[order[::-1]])
    pd.testing.assert_frame_equal(plain.table, shuffled.table)
    pd.testing.assert_frame_equal(plain.figures, shuffled.figures)


@given(st.sets(st.text(min_size=1, max_size=5), min_size=1, max_size=60), st.integers(2, 7))
def test_folds_are_of_one_size_whatever_the_order(names: set[str], count: int) -> None:
    ids = pd.Index(sorted(names))
    folds = context.fold_numbers(ids, count, 0)
    sizes = np.bincount(folds, minlength=count)
    assert sizes.max() - sizes.min() <= 1
    backwards = context.fold_numbers(ids[::-1], count, 0)[::-1]
    assert (folds == backwards).all()


def test_another_salt_divides_the_schools_otherwise() -> None:
    ids = pd.Index([f"s{number:03d}" for number in range(100)])
    assert (context.fold_numbers(ids, 5, 0) != context.fold_numbers(ids, 5, 1)).sum() > 50


def test_every_indicator_of_a_criterion_is_declared_and_every_ratio_has_both_parts() -> None:
    codes = set(INDICATORS["indicator_code"])
    assert set(CRITERIA["indicator_code"]) <= codes
    for name in ("numerator_code", "denominator_code", "part_of_code"):
        assert set(INDICATORS[name].dropna()) <= codes
    assert (INDICATORS["numerator_code"].isna() == INDICATORS["denominator_code"].isna()).all()
