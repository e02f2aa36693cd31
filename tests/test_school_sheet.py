"""The paper for the head of a school: plain reasons, its own figures, a fair landmark; nobody else's numbers."""

import io
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import docx
import pytest

from pipeline.document_texts import load_texts
from pipeline.outputs import school_sheet, word
from pipeline.outputs.school_sheet import ListRules, SchoolFacts
from pipeline.reasons import REASON_CODES

DRAFT: dict[str, Any] = {"signed_date": None, "number": None}
SIGNED: dict[str, Any] = {"signed_date": date(2026, 9, 15), "number": "100-ОД"}
RULES = ListRules(50, 70, 0.3, 0.5, 10)
CHOICE = {
    "status_code": "selected",
    "reason_codes": "stays;low_two_years;rule_low",
    "low_years_count": 2,
    "is_in_corridor": False,
}
YEAR = {"year": 2026, "tested_count": 100, "low_count": 25, "expected_count": 12.5}
CELL = {"procedure": "vpr", "subject": "rus", "grade": "4", "tested_count": 8, "low_count": 3, "low_rate": 0.125}
LANDMARK = {
    "tested_count": 100,
    "low_count": 25,
    "expected_count": 12.5,
    "leaving_count": 14,
    "norm_years_count": 1,
}
SCHOOL = SchoolFacts(
    "S001",
    "МБОУ «Школа {{ 7 * 7 }} & <b>»",
    "Озёрный район",
    choice=CHOICE,
    model={"probability": 0.874, "current_year_probability": 0.7},
    years=(YEAR,),
    cells=({**CELL, "is_used": True}, {**CELL, "grade": "5", "tested_count": 20, "is_used": False}),
    landmark=LANDMARK,
)
MEASURES = [{"name": "Наставничество", "when": "октябрь", "who": "Институт"}]


def told(tmp_path: Path, school: SchoolFacts = SCHOOL, rules: ListRules | None = RULES, **more: Any) -> str:
    template, texts = word.load_template(tmp_path, school_sheet.TEMPLATE), load_texts(tmp_path, 2026)
    order = more.pop("order", DRAFT)
    content = school_sheet.render(template, school, rules, MEASURES, order, texts, **more)
    assert content == school_sheet.render(template, school, rules, MEASURES, order, texts, **more)
    document = docx.Document(io.BytesIO(content))
    cells = [" | ".join(cell.text for cell in row.cells) for table in document.tables for row in table.rows]
    return "\n".join([*(paragraph.text for paragraph in document.paragraphs), *cells]).replace("№\u00a0", "№ ")


def test_the_sheet_tells_reasons_figures_support_the_way_out_and_the_term(tmp_path: Path) -> None:
    text = told(tmp_path)
    assert "ПРОЕКТ" in text and "Озёрного района" in text and "МБОУ «Школа {{ 7 * 7 }} & <b>»" in text
    assert "Школа состоит в перечне 2025 года, и условия выхода из него пока не выполнены." in text
    assert "примерно 87 входят в число 50 школ региона" in text
    assert "2026 | 100 | 25 | 12,5 | 2" in text
    assert "ВПР | русский язык | 4 | 8 * | 3 | 1" in text and "5 | 20 | 3 | —" in text
    assert "* — меньше 10 участников" in text and "«—» — сравнивать не с чем" in text
    assert "Наставничество | октябрь | Институт" in text
    assert "меньше чем 30, а если судить по одному последнему году — меньше чем 50." in text
    assert "не больше 14, школа выйдет из перечня" in text
    assert "до 15 октября 2026 года направьте возражение" in text


def test_a_signed_list_is_named_and_no_word_blames(tmp_path: Path) -> None:
    text = told(tmp_path, order=SIGNED)
    assert "ПРОЕКТ" not in text and "приказ от 15 сентября 2026 года № 100-ОД" in text
    assert [word for word in ("худш", "рейтинг", "виноват", "плох") if word in text] == []


@pytest.mark.parametrize(
    ("landmark", "words"),
    [
        ({"leaving_count": 30}, "столько же или меньше, школа выйдет"),
        ({"leaving_count": 3, "norm_years_count": 3}, "(около 12 низких в год) школа выйдет через 3 года."),
        ({"leaving_count": None, "norm_years_count": None}, "За один год выйти трудно"),
    ],
)
def test_the_landmark_is_never_harder_than_fair(tmp_path: Path, landmark: dict[str, Any], words: str) -> None:
    text = told(tmp_path, replace(SCHOOL, landmark={**LANDMARK, **landmark}))
    assert words in text and "не больше 3," not in text


def test_a_school_without_the_calculation_says_so_and_does_not_fail(tmp_path: Path) -> None:
    bare = SchoolFacts("S002", "Школа № 2", "Озёрный район", ground="Школа включена приказом о внесении изменений.")
    text = told(tmp_path, bare, None)
    assert "Школа включена приказом о внесении изменений." in text and "запросите их в департаменте" in text
    assert "Подробно за" not in text and "nan" not in text.lower()
    unseen = replace(SCHOOL, landmark=None, model={"probability": 0.999, "current_year_probability": None})
    assert "Сейчас больше 99." in told(tmp_path, unseen) and "за 2026 год их нет" in told(tmp_path, unseen)


def test_every_reason_that_lists_a_school_has_plain_words() -> None:
    entering = {"commission_include", "stays", "entered_by_probability", "tie_block", "tie_break"}
    assert entering <= set(school_sheet.REASONS) <= set(REASON_CODES)
    for code in entering:
        choice = {**CHOICE, "reason_codes": code}
        assert school_sheet.main_reason(replace(SCHOOL, choice=choice), 2026).endswith(".")
    left = replace(SCHOOL, choice={**CHOICE, "status_code": "not_selected"})
    assert school_sheet.main_reason(left, 2026) == "Включена приказом."


def test_a_school_at_the_border_reads_it_once(tmp_path: Path) -> None:
    for codes in ("entered_by_probability", "tie_block"):
        choice = {**CHOICE, "reason_codes": codes, "is_in_corridor": True}
        assert told(tmp_path, replace(SCHOOL, choice=choice)).count("различие статистически не установлено") == 1
