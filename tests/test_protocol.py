"""The commission's protocol: every school that waits has a line for its decision, and nobody is named in advance."""

from datetime import date
from pathlib import Path

import pandas as pd
from list_case import YEAR, list_facts, objection, school
from word_text import table_rows, word_text

from pipeline.commission import questions
from pipeline.document_texts import load_texts
from pipeline.outputs import protocol, word

SCHOOLS = [
    school(1, status_code="insufficient_data", reason_codes="thin_data", probability=0.01),
    school(2, is_in_corridor=True),
    school(3, is_in_corridor=True, is_on_list=True),
    school(4),
]
DECISION = {
    "school_id": "S003",
    "year": YEAR,
    "action": "include",
    "who": "Комиссия",
    "date": date(YEAR, 9, 1).isoformat(),
    "why": "Сведения подтверждены",
}


def made(tmp_path: Path) -> bytes:
    facts = list_facts(SCHOOLS, objections=[objection(5, "S004")], decisions=[DECISION])
    asked = questions(facts.selection, facts.stability, facts.decisions, facts.objections, dict(facts.areas), YEAR)
    template = word.load_template(tmp_path, protocol.TEMPLATE)
    return protocol.render(template, facts, asked, load_texts(tmp_path, YEAR), issuer="Департамент")


def test_each_school_that_waits_has_a_line_for_the_decision(tmp_path: Path) -> None:
    content = made(tmp_path)
    experts = table_rows(content, "№")
    assert [row[1] for row in experts] == ["МБОУ «Школа № 1», Лесной муниципальный округ № 1"]
    assert experts[0][3].startswith("включить / не включать / под наблюдение\nОснование: ____")
    told = word_text(content)
    assert "МБОУ «Школа № 2», Лесной муниципальный округ № 2" in told
    assert "принять / отклонить\nПочему: ____" in told and "Просим учесть открытие отделения" in told


def test_a_decision_that_stands_is_told_and_asks_for_no_other(tmp_path: Path) -> None:
    told = word_text(made(tmp_path))
    assert "Решено 01.09.2026: включить. Комиссия. Сведения подтверждены" in told
    # One blank line each: school 1, school 2 and the objection.
    assert told.count("Основание: ____") + told.count("Почему: ____") == 3


def test_signatures_stand_without_names(tmp_path: Path) -> None:
    told = word_text(made(tmp_path))
    assert "Председатель комиссии" in told and "Секретарь комиссии" in told
    assert told.count("_____________ / ___________________") == 6


def test_a_commission_without_questions_says_so(tmp_path: Path) -> None:
    template, facts = word.load_template(tmp_path, protocol.TEMPLATE), list_facts([school(1)])
    nothing = pd.DataFrame(columns=["school_id", "municipality_name", "school_name"])
    told = word_text(protocol.render(template, facts, nothing, load_texts(tmp_path, YEAR), issuer="Департамент"))
    assert told.count("Таких школ нет.") == 2 and "Таких возражений нет." in told
