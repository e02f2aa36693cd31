"""Programmes of schools (docs/methodology.md, section 8, measure 5): each rule of completeness a small example."""

from dataclasses import replace
from datetime import date

import pandas as pd
import pytest

from pipeline.programme_words import NAME_MARK, due_day, is_measurable, is_saying, names_post, without_people
from pipeline.programmes import CauseRegister, check_causes, judge_lines, programmes
from pipeline.tables.causes import REGISTER_OF_CAUSES
from pipeline.tables.programmes import RETURNED_LINES
from tests.spec.conftest import parse

YEAR = 2026
WHOLE = {"measure": "14", "unit": "директор", "due": "2027-03-31", "indicator": "доля обученных учителей"}


def register_of(text: str, *school_ids: str, is_published: bool = True) -> CauseRegister:
    """A register of «school | cause | significance»; «not_established» has no significance."""
    schools = pd.DataFrame({"school_id": school_ids, "municipality_id": "m1", "municipality_name": "Озёрный район"})
    schools = schools.assign(school_name="Школа " + schools["school_id"], is_signed=True)
    causes = parse(text).rename(columns={"cause": "cause_code", "significance": "significance_code"})
    causes = causes.assign(cause_text="Недостаточность: " + causes["cause_code"])
    columns = [*REGISTER_OF_CAUSES.column_names]
    return CauseRegister(YEAR, schools, causes.reindex(columns=columns) if is_published else None, frozenset({9, 14}))


def lines_of(*told: dict[str, str | None]) -> pd.DataFrame:
    """Lines of programmes: a whole line of school a against cause «staff» with the told entries changed."""
    rows = []
    for row_number, changed in enumerate(told, start=5):
        entry = {"school": "a", "cause": "staff", "target": None, **WHOLE, **changed}
        number = entry["measure"] if str(entry["measure"] or "").isdigit() else None
        day = entry["due"] if str(entry["due"] or "").startswith("20") else None
        rows.append(
            {
                "file_id": "f",
                "sheet_name": "Программа",
                "row_number": row_number,
                "block_name": "",
                "list_year": YEAR,
                "school_id": entry["school"],
                "cause_code": entry["cause"],
                "measure_number": number,
                "measure_text": entry["measure"],
                "responsible_text": entry["unit"],
                "due_date": day,
                "due_text": entry["due"],
                "indicator_text": entry["indicator"],
                "target_text": entry["target"],
            }
        )
    return RETURNED_LINES.conform(pd.DataFrame(rows)) if rows else RETURNED_LINES.empty()


ONE_CAUSE = """
    school_id | cause | significance
    a         | staff | high
"""


@pytest.mark.parametrize(
    ("changed", "lacking", "told"),
    [
        ({}, None, ""),
        ({"measure": "Семинары по функциональной грамотности"}, None, ""),
        ({"measure": "31"}, "has_measure", "меры № 31 в дорожной карте нет"),
        ({"measure": None}, "has_measure", "нет меры"),
        ({"measure": "—"}, "has_measure", "мера «—»: это не мера"),
        ({"unit": None}, "has_responsible", "нет ответственного"),
        ({"unit": "все учителя"}, "has_responsible", "ответственный «все учителя»: это не должность"),
        ({"unit": NAME_MARK}, "has_responsible", "указано имя, а нужна должность или подразделение"),
        ({"unit": f"завуч {NAME_MARK}"}, None, ""),
        ({"due": None}, "has_due_date", "нет срока"),
        ({"due": "постоянно"}, "has_due_date", "срок «постоянно»: нужны день, месяц и год"),
        ({"due": "2026-08-31"}, "has_due_date", "перечень действует с 01.09.2026 по 31.08.2027"),
        ({"due": "2026-09-01"}, None, ""),
        ({"due": "2027-08-31"}, None, ""),
        ({"due": "2027-09-01"}, "has_due_date", "срок 01.09.2027: перечень действует"),
        ({"indicator": None}, "has_indicator", "нет показателя"),
        ({"indicator": "повышение качества образования"}, "has_indicator", "не увидеть выполнения"),
        ({"indicator": "положительная динамика", "target": "с 40 до 30 %"}, None, ""),
    ],
)
def test_a_cause_needs_a_measure_a_unit_a_day_and_an_indicator(edition, changed, lacking, told) -> None:
    register = register_of(ONE_CAUSE, "a")
    check = check_causes(judge_lines(lines_of(changed), register), register, edition.support).iloc[0]
    has = {name for name in ("has_measure", "has_responsible", "has_due_date", "has_indicator") if not check[name]}
    assert has == ({lacking} if lacking else set())
    assert bool(check["is_complete"]) == (lacking is None)
    assert told in check["remark_text"]
    assert bool(check["remark_text"]) == (lacking is not None)


def test_a_day_of_one_measure_and_an_indicator_of_another_are_no_measure(edition) -> None:
    register = register_of(ONE_CAUSE, "a")
    halves = lines_of({"due": None}, {"indicator": None})
    check = check_causes(judge_lines(halves, register), register, edition.support).iloc[0]
    assert (check["line_count"], check["is_complete"]) == (2, False)
    whole = lines_of({"due": None}, {"indicator": None}, {})
    assert check_causes(judge_lines(whole, register), register, edition.support).iloc[0]["is_complete"]


def test_only_causes_of_high_significance_are_required_unless_the_edition_says_more(edition) -> None:
    register = register_of(
        """
        school_id | cause     | significance
        a         | staff     | high
        a         | equipment | medium
        """,
        "a",
    )
    lines = judge_lines(lines_of({}), register)
    checks = check_causes(lines, register, edition.support)
    assert checks.set_index("cause_code")["is_required"].to_dict() == {"staff": True, "equipment": False}
    told = programmes(lines, checks, frozenset("a"), register).iloc[0]
    assert (told["state_code"], told["complete_share"]) == ("complete", 1.0)
    assert "ещё у 1 причины меньшей значимости" in told["remark_text"]
    strict = check_causes(lines, register, replace(edition.support, programme_from="medium"))
    told = programmes(lines, strict, frozenset("a"), register).iloc[0]
    assert (told["state_code"], told["complete_share"]) == ("incomplete", 0.5)
    assert told["remark_text"] == "«Недостаточность: equipment» — в программе нет меры против этой причины"


def test_every_listed_school_is_told_of_whatever_it_sent(edition) -> None:
    register = register_of(
        """
        school_id | cause           | significance
        a         | staff           | high
        b         | staff           | high
        c         | staff           | high
        d         | not_established | none
        """,
        *"abcde",
    )
    lines = judge_lines(lines_of({}, {"school": "d"}), register)
    checks = check_causes(lines, register, edition.support)
    table = programmes(lines, checks, frozenset("abd"), register).set_index("school_id")
    assert table["state_code"].to_dict() == {
        "a": "complete", "b": "empty", "c": "missing", "d": "no_causes", "e": "no_register",
    }  # fmt: skip
    assert set(checks["school_id"]) == set("abc")
    assert table["complete_share"].dropna().to_dict() == {"a": 1.0}


def test_without_a_register_nothing_is_called_lacking(edition) -> None:
    register = register_of(ONE_CAUSE, "a", is_published=False)
    lines = judge_lines(lines_of({}), register)
    checks = check_causes(lines, register, edition.support)
    table = programmes(lines, checks, frozenset("a"), register)
    assert checks.empty
    assert table["state_code"].tolist() == ["no_register"]
    assert bool(table["has_programme"].iloc[0])
    assert table["complete_share"].isna().all()


def test_a_cause_that_has_left_the_register_stays_in_the_programme_and_counts_for_nothing(edition) -> None:
    register = register_of(ONE_CAUSE, "a")
    lines = judge_lines(lines_of({"cause": "gone"}), register)
    assert lines["remark_text"].tolist() == ["причины больше нет в реестре школы"]
    checks = check_causes(lines, register, edition.support)
    assert checks[["cause_code", "line_count", "is_complete"]].to_numpy().tolist() == [["staff", 0, False]]


def test_a_successor_takes_over_the_causes_of_the_school_before_it(edition) -> None:
    register = register_of(
        """
        school_id | cause           | significance
        a         | staff           | medium
        a         | not_established | none
        m         | staff           | high
        m         | equipment       | high
        z         | discipline      | high
        """,
        "a",
        "b",
    )
    carried = register.carried({"m": "a", "z": None, "b": "a"})
    lines = judge_lines(lines_of({"cause": "equipment"}), carried)
    checks = check_causes(lines, carried, edition.support)
    assert checks[["school_id", "cause_code", "significance_code", "is_complete"]].to_numpy().tolist() == [
        ["a", "equipment", "high", True], ["a", "staff", "high", False],
    ]  # fmt: skip
    assert set(register.causes["school_id"]) == {"a", "m", "z"}


def test_the_order_of_the_lines_is_no_matter(edition) -> None:
    register = register_of(ONE_CAUSE, "a")
    lines = lines_of({"due": None}, {"unit": None}, {"indicator": None, "unit": None})
    mixed = lines.iloc[::-1].reset_index(drop=True)
    found = [check_causes(judge_lines(told, register), register, edition.support) for told in (lines, mixed)]
    pd.testing.assert_frame_equal(*found)


@pytest.mark.parametrize(
    ("told", "day"),
    [
        ("31.03.2027", date(2027, 3, 31)),
        ("до 31 марта 2027 г.", date(2027, 3, 31)),
        ("март 2027", date(2027, 3, 31)),
        ("01.10.2026–31.05.2027", date(2027, 5, 31)),
        ("сентябрь 2026 — май 2027", date(2027, 5, 31)),
        (date(2027, 1, 15), date(2027, 1, 15)),
        ("март", None),
        ("31.02.2027", None),
        ("в течение года", None),
        (None, None),
    ],
)
def test_a_day_is_named_or_it_is_none(told: object, day: date | None) -> None:
    assert due_day(told) == day


@pytest.mark.parametrize(
    ("told", "kept"),
    [
        ("Образцова А. А., заместитель директора", f"{NAME_MARK}, заместитель директора"),
        ("учитель А.А. Образцова", f"учитель {NAME_MARK}"),
        ("Анна Петровна", NAME_MARK),
        ("гимназия им. Н. М. Озёрского", "гимназия им. Н. М. Озёрского"),
        ("Программа Основной школы", "Программа Основной школы"),
    ],
)
def test_names_of_people_are_replaced_and_a_school_keeps_its_namesake(told: str, kept: str) -> None:
    assert without_people(told) == kept


def test_idle_words_say_nothing_however_they_are_joined() -> None:
    assert not is_saying("Постоянно, в течение года!")
    assert is_saying("Педсовет, по плану")
    assert not names_post("весь коллектив")
    assert names_post("методическое объединение")
    assert not is_measurable("положительная динамика, рост", "—")
    assert is_measurable("рост на 5 %", None)
