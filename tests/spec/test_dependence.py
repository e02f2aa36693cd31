"""What a list depends on: one small region in which every answer is known beforehand."""

from dataclasses import replace

import pandas as pd
import pytest

from pipeline import deciding
from pipeline.deciding import Case
from pipeline.dependence import Dependence, dependence, variants
from pipeline.methodology import Methodology
from pipeline.tables.orders import COMMISSION_DECISIONS
from pipeline.tables.reference import SCHOOLS

from .conftest import Maker

YEARS = (2024, 2025, 2026)
# Schools of the region and how many of their 40 pupils have a low result in each exam, every year.
ORDINARY = {f"s{number:02d}": {"vpr": 2, "oge": 2} for number in range(1, 13)}
LOW_IN_BOTH = {"both": {"vpr": 20, "oge": 20}}
LOW_IN_ONE = {"one": {"vpr": 24, "oge": 2}, "other": {"vpr": 2, "oge": 16}}


def case_of(make: Maker, lows: dict[str, dict[str, int]], **others: object) -> Case:
    """The facts of a region whose results repeat every year, in Russian and in mathematics alike."""
    lines = [
        f"{school} | {year} | {exam} | {subject} | 40 | {low}"
        for school, exams in lows.items()
        for exam, low in exams.items()
        for year in YEARS
        for subject in ("rus", "mat")
    ]
    results = make("school | year | exam | subject | tested | low\n" + "\n".join(lines))
    register = pd.DataFrame({"school_id": list(lows), "school_name": list(lows), "municipality_id": "m1"})
    facts: dict[str, object] = {
        "year": 2026,
        "results": results,
        "schools": SCHOOLS.conform(register.assign(kind_code="ordinary")),
        "list_in_force": None,
        "list_before": None,
        "decisions": COMMISSION_DECISIONS.empty(),
    }
    return Case(**(facts | others))  # type: ignore[arg-type]


def found(case: Case, method: Methodology) -> Dependence:
    fitted = deciding.fit(case, method).table
    return dependence(case, method, fitted, deciding.choose(case, method, fitted))


def row(table: pd.DataFrame, code: str) -> dict[str, object]:
    return table.set_index("variant_code").loc[code].to_dict()


@pytest.fixture
def one_place(edition: Methodology) -> Methodology:
    return edition.with_capacity(1)


def test_a_school_low_in_everything_holds_its_place_whatever_is_tried(results: Maker, one_place: Methodology) -> None:
    told = found(case_of(results, ORDINARY | LOW_IN_BOTH), one_place)
    assert told.schools["school_id"].tolist() == ["both"]
    assert told.schools["is_same_always"].all() and (told.schools["selecting_share"] == 1).all()
    decided = told.variants[told.variants["outcome_code"] == "decided"]
    assert set(decided["group_code"]) == {"weights", "threshold", "procedure", "pool", "model", "rule"}
    assert (decided["left_count"] == 0).all() and (decided["entered_count"] == 0).all()


def test_a_school_listed_on_one_exam_leaves_without_it(results: Maker, one_place: Methodology) -> None:
    told = found(case_of(results, ORDINARY | LOW_IN_ONE), one_place)
    without_vpr, without_oge = (row(told.variants, code) for code in ("without_vpr", "without_oge"))
    assert [without_vpr[f"{name}_count"] for name in ("selected", "kept", "left", "entered")] == [1, 0, 1, 1]
    assert [without_oge[f"{name}_count"] for name in ("selected", "kept", "left", "entered")] == [1, 1, 0, 0]
    schools = told.schools.set_index("school_id")
    assert set(schools.index) == {"one", "other"} and schools.loc["one", "status_code"] == "selected"
    # For a school of the list: the variants that leave it out; for another one: those that take it in.
    assert "without_vpr" in schools.loc["one", "differing_codes"].split(";")
    assert "without_vpr" in schools.loc["other", "differing_codes"].split(";")
    assert "without_oge" not in schools.loc["one", "differing_codes"].split(";")


def test_variants_that_are_the_list_itself_or_one_another_are_told_and_not_counted(
    results: Maker, one_place: Methodology
) -> None:
    case = case_of(results, ORDINARY | LOW_IN_BOTH)
    same = found(case, one_place).variants.query("outcome_code == 'same'").set_index("variant_code")["note_text"]
    assert same.to_dict() == {
        "final_exams_only": "То же, что «без ВПР».",
        "vpr_only": "То же, что «без ОГЭ».",
        "no_history": "Так перечень и составлен.",
        "doubtful_vpr_counted": "Так перечень и составлен.",
    }
    fixed = replace(one_place.stability, is_decay_learned=False, default_decay=0.6, slope_scale=0.0)
    told = found(case, replace(one_place, stability=fixed))
    assert {"decay_060", "no_size_slope"} <= set(told.variants.query("outcome_code == 'same'")["variant_code"])
    counted = told.variants.query("outcome_code == 'decided' and group_code != 'rule'")
    assert (told.schools["variant_count"] == len(counted)).all()


def test_what_cannot_decide_is_told(results: Maker, one_place: Methodology) -> None:
    only_vpr = {school: {"vpr": exams["vpr"]} for school, exams in (ORDINARY | LOW_IN_BOTH).items()}
    told = found(case_of(results, only_vpr), one_place)
    impossible = told.variants.query("outcome_code == 'impossible'").set_index("variant_code")["note_text"]
    assert set(impossible.index) == {"without_vpr", "final_exams_only"}
    assert impossible.str.startswith("За 2026 год нет ни одного результата").all()
    # So few schools take the other exam that there would be no more of them than places.
    few = found(case_of(results, only_vpr | {"both": {"vpr": 20, "oge": 20}}), one_place)
    assert row(few.variants, "without_vpr")["outcome_code"] == "impossible"


def test_the_commission_and_the_list_in_force_count_under_every_variant_but_one(
    results: Maker, edition: Methodology
) -> None:
    decision = {"school_id": "s01", "year": 2026, "action": "include", "who": "a", "date": "b", "why": "c"}
    case = case_of(
        results,
        ORDINARY | LOW_IN_BOTH | LOW_IN_ONE,
        list_in_force=pd.DataFrame({"school_id": ["one"]}),
        decisions=COMMISSION_DECISIONS.conform(pd.DataFrame([decision])),
    )
    told = found(case, edition.with_capacity(3))
    schools = told.schools.set_index("school_id")
    assert schools.loc["s01", "differing_codes"] == "no_history"
    assert "no_history" not in schools.loc["both", "differing_codes"].split(";")
    # The list in force keeps by T; judged by the familiar rule alone the school is low in ВПР and stays as well.
    assert row(told.variants, "no_history")["left_count"] == 1


def test_a_school_listed_without_its_doubtful_vpr_leaves_where_they_count(
    results: Maker, one_place: Methodology
) -> None:
    hidden = {"hidden": {"vpr": 0, "oge": 14}, "other": {"vpr": 9, "oge": 9}}
    doubtful = pd.DataFrame({"school_id": "hidden", "year": list(YEARS)})
    told = found(case_of(results, ORDINARY | hidden, doubtful_vpr=doubtful), one_place)
    variant = row(told.variants, "doubtful_vpr_counted")
    assert (variant["outcome_code"], variant["left_count"], variant["entered_count"]) == ("decided", 1, 1)
    codes = told.schools.set_index("school_id")["differing_codes"].str.split(";")
    assert "doubtful_vpr_counted" in codes["hidden"]
    assert "doubtful_vpr_counted" in codes["other"]


def test_the_familiar_rule_alone_ranks_by_low_cells_and_fills_no_place_with_others(
    results: Maker, edition: Methodology
) -> None:
    lows = ORDINARY | LOW_IN_BOTH | LOW_IN_ONE | {"weak": {"vpr": 10, "oge": 10}}
    case = case_of(results, lows)
    four = row(found(case, edition.with_capacity(4)).variants, "rule_only")
    assert four["selected_count"] == 3  # both, one, other: in none of the rest do 30 % have a low result
    # Two cells of the one are far worse, T puts it first; four cells of the other are just low, the rule does.
    deep_or_wide = {"deep": {"vpr": 38, "oge": 2}, "wide": {"vpr": 13, "oge": 13}}
    told = found(case_of(results, ORDINARY | deep_or_wide), edition.with_capacity(1))
    assert told.schools.query("status_code == 'selected'")["school_id"].tolist() == ["deep"]
    rule_only = row(told.variants, "rule_only")
    assert [rule_only[f"{name}_count"] for name in ("selected", "left", "entered")] == [1, 1, 1]


def test_a_star_for_any_exam_is_spelled_out_before_an_exam_is_left_out(edition: Methodology) -> None:
    starred = replace(edition, pool=replace(edition.pool, cells=("*:rus", "vpr:mat")))
    pools = {variant.variant_code: variant.method.pool.cells for variant in variants(starred, ("oge", "okr", "vpr"))}
    assert pools["without_vpr"] == ("oge:rus", "okr:rus")
    assert pools["without_oge"] == ("okr:rus", "vpr:rus", "vpr:mat")
    assert pools["final_exams_only"] == ("oge:rus",)
    assert pools["vpr_only"] == ("vpr:rus", "vpr:mat")
    assert pools["every_subject"] == ("oge:*", "okr:*", "vpr:*")
