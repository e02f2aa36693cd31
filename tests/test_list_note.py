"""The note to a draft list: every school with its figures, the fixed phrases, and nothing for what is not there."""

from pathlib import Path
from typing import Any

from list_case import YEAR, list_facts, objection, school
from word_text import table_rows, word_text

from pipeline.document_texts import load_texts
from pipeline.outputs import list_note, word
from pipeline.outputs.list_facts import ListFacts

SCHOOLS = [
    school(1, is_on_list=True, reason_codes="stays;rule_low", is_firm=True),
    school(2, probability=0.998, is_in_corridor=True, is_vpr_only=True),
    school(3, status_code="not_selected", is_on_list=True, reason_codes="left_list;left_by_rank", probability=0.05),
    school(4, status_code="insufficient_data", reason_codes="thin_data", probability=0.004, index=None),
    school(
        5, status_code="selected", reason_codes="commission_include", probability=None, index=None, reliability=None
    ),
]
VARIANT: dict[str, Any] = {
    "year": YEAR,
    "variant_number": 1,
    "group_code": "procedure",
    "variant_code": "without_vpr",
    "title": "без ВПР",
    "outcome_code": "decided",
    "selected_count": 3,
    "kept_count": 2,
    "left_count": 1,
    "unjudged_count": 0,
    "entered_count": 1,
}
DEPENDENT = {
    "school_id": "S002",
    "municipality_id": "M02",
    "year": YEAR,
    "school_name": "МБОУ «Школа № 2»",
    "status_code": "selected",
    "variant_count": 1,
    "selecting_count": 0,
    "differing_codes": "without_vpr",
    "is_same_always": False,
}
DOUBT = {
    "school_id": "S003",
    "municipality_id": "M03",
    "year": YEAR,
    "judged_count": 6,
    "flagged_count": 1,
    "marker_codes": "border_peak",
    "is_vpr_doubtful": True,
}
THEIRS = {
    "year": YEAR,
    "list_code": "low_results",
    "school_id": "S003",
    "school_name": "МБОУ «Школа № 3»",
    "municipality_name": "Лесной муниципальный округ № 3",
    "federal_year": YEAR,
    "relation_code": "theirs_only",
    "status_code": "not_selected",
    "reason_text": "Выходит из перечня.",
}
EVERYTHING: dict[str, Any] = {
    "variants": [VARIANT],
    "dependence": [DEPENDENT],
    "objectivity": [DOUBT],
    "reconciliation": [THEIRS],
    "objections": [objection(1, "S003"), objection(2, "S001", decision_code="rejected")],
}


def note(tmp_path: Path, facts: ListFacts, **more: Any) -> bytes:
    template = word.load_template(tmp_path, list_note.TEMPLATE)
    return list_note.render(template, facts, load_texts(tmp_path, YEAR), issuer="Департамент", **more)


def test_every_listed_school_stands_with_its_figures_and_reasons_in_words(tmp_path: Path) -> None:
    content = note(tmp_path, list_facts(SCHOOLS, **EVERYTHING), remarks=["Мест: 50."])
    rows = {row[1]: row for row in table_rows(content, "T", column=2)}
    listed = rows["МБОУ «Школа № 1», Лесной муниципальный округ № 1"]
    assert listed[2:8] == ["0,9", "1,50 (1,20–1,90)", "0,85, твёрдая", "30 из 100; ожидалось 18", "2 из 3", "остаётся"]
    assert "Состоит в действующем перечне" in listed[8] and "решение твёрдое" in listed[8]
    border = rows["МБОУ «Школа № 2», Лесной муниципальный округ № 2"]
    assert border[2] == "больше 0,99"
    assert "у границы перечня; различие статистически не установлено; только по ВПР" in border[8]
    by_commission = rows["МБОУ «Школа № 5», Лесной муниципальный округ № 5"]
    assert by_commission[2:7] == ["—"] * 5


def test_the_note_names_everything_that_the_department_has_to_know(tmp_path: Path) -> None:
    told = word_text(note(tmp_path, list_facts(SCHOOLS, **EVERYTHING), remarks=["Мест: 50."]))
    for expected in (
        "Для служебного пользования",
        "Мест: 50.",
        "0,1 из 2 (сумма 1 − T",
        "В новом остаются 1, не входят в него 1, новых школ — 2.",
        "Только по ВПР включено школ: 1.",
        "– МБОУ «Школа № 2» (Лесной муниципальный округ № 2)",
        "Данных недостаточно: 1 школа.",
        "Скопление у нижней границы отметки «3»",
        "только в федеральном — 1.",
        "Не рассмотрено: 1 возражение.",
        "без ВПР",
        "0 из 1",
    ):
        assert expected in told


def test_tables_without_rows_are_left_out_and_the_rest_is_numbered_without_gaps(tmp_path: Path) -> None:
    told = word_text(note(tmp_path, list_facts(SCHOOLS[:1] + SCHOOLS[3:4])))
    titles = [line for line in told.splitlines() if line.startswith("Таблица ")]
    assert titles == ["Таблица 1. Школы перечня", "Таблица 2. Школы, о которых данных недостаточно"]
    assert "Нерассмотренных возражений нет." in told and "Федеральных списков не получено" in told


def test_without_a_list_in_force_nothing_is_called_new(tmp_path: Path) -> None:
    told = word_text(note(tmp_path, list_facts([school(1), school(2)])))
    assert "Действующего перечня нет: сравнивать не с чем." in told
    assert "Новые школы" not in told


def test_the_note_carries_no_code_and_no_judging_word(tmp_path: Path) -> None:
    told = word_text(note(tmp_path, list_facts(SCHOOLS, **EVERYTHING)))
    assert [
        code for code in ("left_by_rank", "not_selected", "without_vpr", "border_peak", "худш") if code in told
    ] == []


def test_the_order_of_rows_leaves_no_trace(tmp_path: Path) -> None:
    assert note(tmp_path, list_facts(SCHOOLS, **EVERYTHING)) == note(tmp_path, list_facts(SCHOOLS[::-1], **EVERYTHING))


def test_a_name_that_looks_like_a_field_stays_a_name(tmp_path: Path) -> None:
    told = word_text(note(tmp_path, list_facts([school(1, school_name="МБОУ «{{ n }} & <b>»")])))
    assert "МБОУ «{{ n }} & <b>»" in told
