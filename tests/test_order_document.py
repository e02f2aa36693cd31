"""The order as a Word document: what stands in it, and what never does."""

import io
from datetime import date
from typing import Any

import docx
import pandas as pd

from pipeline.document_texts import load_texts
from pipeline.outputs import order_document, word
from pipeline.tables.orders import ORDER_SCHOOLS

ORDER: dict[str, Any] = {
    "order_id": "2026-list-01",
    "year": 2026,
    "kind_code": "list",
    "number": None,
    "signed_date": None,
    "issuer_name": "Департамент образования",
    "signatory_post": "Начальник",
    "signatory_name": "И. О. Образцов",
}
SCHOOLS = ORDER_SCHOOLS.conform(
    pd.DataFrame(
        [
            ("2026-list-01", "S3", "МБОУ «Ёлкинская школа»", "Ярцевский район", "include", "T = 0,97"),
            ("2026-list-01", "S2", "МБОУ «Берёзовская школа»", "Ярцевский район", "include", "T = 0,95"),
            ("2026-list-01", "S1", "МБОУ «Школа № 1 {{ n }}»", "Велижский район", "exclude", "T = 0,05"),
        ],
        columns=list(ORDER_SCHOOLS.column_names),
    )
)


def made(tmp_path: Any, order: dict[str, Any], **more: Any) -> Any:
    name = order_document.template_name(order)
    texts = load_texts(tmp_path, 2026)
    content = order_document.render(word.load_template(tmp_path, name), order, SCHOOLS, texts, **more)
    return docx.Document(io.BytesIO(content))


def paragraphs(document: Any) -> str:
    cells = [cell.text for table in document.tables for row in table.rows for cell in row.cells]
    return "\n".join([*(p.text for p in document.paragraphs), *cells]).replace("№\u00a0", "№ ")


def test_a_draft_says_so_and_leaves_room_for_number_and_day(tmp_path: Any) -> None:
    told = paragraphs(made(tmp_path, ORDER))
    assert "ПРОЕКТ" in told and "20___ г." in told and "ПРИКАЗЫВАЮ:" in told
    assert "Начальник" in told and "И. О. Образцов" in told


def test_a_signed_order_carries_its_number_and_day(tmp_path: Any) -> None:
    told = paragraphs(made(tmp_path, {**ORDER, "number": "100-ОД", "signed_date": date(2026, 9, 15)}))
    assert "ПРОЕКТ" not in told and "15 сентября 2026 года" in told and "№ 100-ОД" in told


def test_the_appendix_is_by_municipality_and_name_without_any_figure_of_the_choice(tmp_path: Any) -> None:
    document = made(tmp_path, ORDER)
    rows = [[cell.text for cell in row.cells] for row in document.tables[-1].rows]
    assert rows[1:] == [
        ["1", "Ярцевский район", "МБОУ «Берёзовская школа»", "S2", "ШНРО"],
        ["2", "Ярцевский район", "МБОУ «Ёлкинская школа»", "S3", "ШНРО"],
    ]
    assert "0,9" not in paragraphs(document)


def test_an_amendment_names_the_order_it_changes_and_both_lists(tmp_path: Any) -> None:
    replaced = {**ORDER, "number": "100-ОД", "signed_date": date(2026, 9, 15)}
    document = made(tmp_path, {**ORDER, "kind_code": "amendment"}, replaced=replaced)
    told = paragraphs(document)
    assert "О внесении изменений в приказ от 15 сентября 2026 года № 100-ОД" in told
    assert "1. Включить в перечень:" in told and "2. Исключить из перечня:" in told
    assert "МБОУ «Школа № 1 {{ n }}»" in told
