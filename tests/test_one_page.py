"""The page for the head of the department: what it says, and that it stays one page whatever the list."""

import re
import shutil
import subprocess
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from list_case import YEAR, list_facts, objection, school
from word_text import word_text

from pipeline.document_texts import load_texts
from pipeline.documents.order_page import order_state
from pipeline.outputs import one_page, word
from pipeline.outputs.list_facts import ListFacts
from pipeline.outputs.one_page import OrderState, Risk
from pipeline.tables.orders import LIST_DIFFERENCES, ORDERS

PLACES = [f"Лесной муниципальный округ № {number}" for number in range(27)]
RISK = Risk("Ноябрь 2026 года", dict.fromkeys(PLACES, 3), PLACES[:9])
LONG = "Муниципальное бюджетное общеобразовательное учреждение «Средняя общеобразовательная школа села Верхние Поляны»"


def page(tmp_path: Path, facts: ListFacts, **more: Any) -> bytes:
    template = word.load_template(tmp_path, one_page.TEMPLATE)
    return one_page.render(template, facts, load_texts(tmp_path, YEAR), **more)


def full_list(name: str = "МБОУ «Малодубровинская средняя школа № {}»") -> ListFacts:
    """52 schools of 27 municipalities, 22 of them new, 20 leavers, 12 on ВПР alone, 30 objections."""
    listed = [school(n, school_name=name.format(n), is_on_list=n > 22, is_vpr_only=n <= 12) for n in range(1, 53)]
    gone = {"status_code": "not_selected", "is_on_list": True, "reason_codes": "left_list"}
    left = [school(n, school_name=name.format(n), **gone) for n in range(53, 73)]
    return list_facts([*listed, *left], objections=[objection(n, f"S{n:03d}") for n in range(1, 31)])


def test_the_page_tells_the_list_what_changed_and_what_is_due(tmp_path: Path) -> None:
    schools = [school(1, is_on_list=True), school(2, is_vpr_only=True), school(3, is_in_corridor=True)]
    told = word_text(page(tmp_path, list_facts(schools, objections=[objection(7, "S001")]), risk=RISK))
    for expected in (
        "Лесной муниципальный округ № 1: МБОУ «Школа № 1»",
        "МБОУ «Школа № 2» (новая)",
        "1. Рассмотреть 1 возражение.",
        "в перечне 1, вне его 0.",
        "№ 7, МБОУ «Школа № 1» (Лесной муниципальный округ № 1): включение в перечень",
        "МБОУ «Школа № 2» (Лесной муниципальный округ № 2).",
        "Ноябрь 2026 года: форму не вернули — Лесной муниципальный округ № 0, ",
        "Лесной муниципальный округ № 26 (3)",
    ):
        assert expected in told


def test_what_is_not_there_is_said(tmp_path: Path) -> None:
    told = word_text(page(tmp_path, list_facts([school(1)])))
    for expected in (
        "Нерешённых вопросов нет.",
        "Таких школ нет.",
        "Нерассмотренных возражений нет.",
        "Мониторинг поддержки ещё не опубликован.",
        "Действующего перечня нет",
    ):
        assert expected in told
    assert "(новая)" not in told


def test_a_long_list_is_told_in_numbers_and_nothing_is_lost(tmp_path: Path) -> None:
    told = word_text(page(tmp_path, full_list(LONG + " № {}"), risk=RISK))
    counts = re.findall(r"^Лесной муниципальный округ № \d+: (\d+)$", told, flags=re.MULTILINE)
    assert len(counts) == 27 and sum(map(int, counts)) == 52
    assert "Подробнее — в служебной записке." in told


def test_the_page_of_a_day_tells_how_far_the_order_is(tmp_path: Path) -> None:
    columns = dict.fromkeys(ORDERS.column_names) | {"year": YEAR, "issuer_name": "Департамент"}
    counted = {"school_count": 50, "kind_code": "list"}
    signed = columns | counted | {"order_id": "2026-list-01", "status_code": "signed", "number": "100-ОД"}
    signed |= {"signed_date": date(YEAR, 9, 15)}
    draft = columns | counted | {"order_id": "2026-list-02", "status_code": "draft"}
    changed = {"year": YEAR, "school_id": "S001", "school_name": "Школа", "municipality_name": "Округ"}
    differences = pd.DataFrame([changed | {"change_code": "entered", "reason_text": "Включена."}])
    day = date(YEAR, 9, 20)
    before = order_state(ORDERS.conform(pd.DataFrame([draft])), LIST_DIFFERENCES.empty(), day)
    assert before.due == ("Подписать приказ об утверждении перечня (сейчас: проект).",)
    after = order_state(ORDERS.conform(pd.DataFrame([signed])), LIST_DIFFERENCES.conform(differences), day)
    told = word_text(page(tmp_path, list_facts([school(1)]), order=after))
    assert "На 20 сентября 2026 года. Перечень утверждён приказом № 100-ОД от 15 сентября 2026 года" in told
    assert "1. Решить, менять ли утверждённый перечень: по новому расчёту вошло бы школ 1, вышло бы 0." in told
    assert order_state(ORDERS.empty(), LIST_DIFFERENCES.empty(), day).due == ("Составить проект приказа.",)


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("soffice") is None, reason="нет LibreOffice: страницы не сосчитать")
@pytest.mark.parametrize("name", ["МБОУ «Малодубровинская средняя школа № {}»", LONG + " № {}", "Школа {}"])
def test_it_is_one_page_on_paper(tmp_path: Path, name: str) -> None:
    path = tmp_path / "page.docx"
    state = OrderState("На 20 сентября 2026 года. Перечень ещё не утверждён.", ("Подписать приказ.",))
    notice = "ДЕМО: регион, школы и результаты вымышлены."
    path.write_bytes(page(tmp_path, full_list(name), risk=RISK, order=state, notice=notice))
    profile = f"-env:UserInstallation=file://{tmp_path}/office"
    command = ["soffice", profile, "--headless", "--convert-to", "pdf", "--outdir", str(tmp_path), str(path)]
    subprocess.run(command, check=True, capture_output=True, timeout=180)
    content = (tmp_path / "page.pdf").read_bytes()
    assert len(re.findall(rb"/Type\s*/Page[^s]", content)) == 1
