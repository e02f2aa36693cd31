"""The appendix of an order as a workbook: the order's rows, and no figure of the choice."""

from pathlib import Path
from typing import Any

from book_text import sheet_names, sheet_rows, sheet_xml
from test_order_document import ORDER, SCHOOLS

from pipeline.document_texts import load_texts
from pipeline.outputs.order_workbook import render_appendix


def book(tmp_path: Path, order: dict[str, Any]) -> bytes:
    return render_appendix(order, SCHOOLS, load_texts(tmp_path, 2026), notice="ДЕМО")


def test_the_list_is_by_municipality_and_name_without_figures(tmp_path: Path) -> None:
    content = book(tmp_path, ORDER)
    assert sheet_names(content) == ["Перечень"]
    heading, subtitle, *rows = sheet_rows(content, "Перечень")
    assert rows == [
        ["№", "Муниципальное образование", "Наименование общеобразовательной организации", "Код", "Категория"],
        [1, "Ярцевский район", "МБОУ «Берёзовская школа»", "S2", "ШНРО"],
        [2, "Ярцевский район", "МБОУ «Ёлкинская школа»", "S3", "ШНРО"],
    ]
    assert heading[0] == "Перечень ШНРО, 2026/27 учебный год" and "Проект приказа. ДЕМО" in subtitle[0]
    assert "служебного" not in sheet_xml(content, "Перечень")


def test_an_amendment_has_both_lists(tmp_path: Path) -> None:
    content = book(tmp_path, {**ORDER, "kind_code": "amendment"})
    assert sheet_names(content) == ["Включаются", "Исключаются"]
    assert sheet_rows(content, "Исключаются")[3][2] == "МБОУ «Школа № 1 {{ n }}»"
