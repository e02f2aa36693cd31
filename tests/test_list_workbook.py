"""The workbook of a list: sheets for reading in Excel, no formula from data, no word that is not said in the note."""

from typing import Any

from book_text import sheet_names, sheet_records, sheet_rows, sheet_xml
from list_case import list_facts, school
from test_list_note import EVERYTHING, SCHOOLS

from pipeline.outputs.list_workbook import render_list_workbook


def book(schools: list[dict[str, Any]], **tables: Any) -> bytes:
    return render_list_workbook(list_facts(schools, **tables), region_name="Край & Ко", notice="ДЕМО")


def test_numbers_are_numbers_and_every_school_stands_on_the_sheet_of_all() -> None:
    content = book(SCHOOLS, **EVERYTHING)
    first = sheet_records(content, "Перечень")[0]
    told = [first[title] for title in ("Школа", "Вероятность T", "Индекс S", "Из них низких", "Решение твёрдое")]
    assert told == ["МБОУ «Школа № 1»", 0.9, 1.5, 30, "да"]
    assert len(sheet_records(content, "Все школы")) == len(SCHOOLS)
    changes = [row["К действующему перечню"] for row in sheet_records(content, "Что изменилось")]
    assert changes == ["новая", "новая", "не входит, состоит в действующем", "остаётся"]


def test_every_sheet_has_a_filter_a_frozen_header_and_prints_across_one_page() -> None:
    content = book(SCHOOLS, **EVERYTHING)
    guide, *names = sheet_names(content)
    assert any("вероятностью 90\u00a0% истинное значение" in row[0] for row in sheet_rows(content, guide))
    for name in names:
        xml = sheet_xml(content, name)
        assert "<autoFilter" in xml and 'state="frozen"' in xml
        assert 'fitToHeight="0"' in xml and "Для служебного пользования" in xml
        assert sheet_rows(content, name)[1][0] == "Край & Ко, 2026 год. ДЕМО"


def test_sheets_without_rows_say_so() -> None:
    content = book([school(1)])
    assert sheet_rows(content, "Возражения")[3][0] == "Таких возражений нет."
    assert sheet_rows(content, "Что изменилось")[3][0] == "Действующего перечня нет: сравнивать не с чем."


def test_a_name_never_becomes_a_formula() -> None:
    content = book([school(1, school_name="=1+1")])
    assert sheet_records(content, "Перечень")[0]["Школа"] == "=1+1"
    assert "<f>" not in sheet_xml(content, "Перечень")


def test_the_same_tables_give_the_same_bytes_whatever_their_order() -> None:
    assert book(SCHOOLS, **EVERYTHING) == book(SCHOOLS[::-1], **EVERYTHING)
