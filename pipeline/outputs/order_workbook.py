"""The appendix of an order as a workbook, for those who work on with the list; as the order, without any figure."""

from collections.abc import Mapping
from datetime import date
from typing import Any

import pandas as pd

from pipeline.cases import day_words
from pipeline.document_texts import DocumentTexts
from pipeline.outputs.order_document import appendix_rows
from pipeline.outputs.sheets import Book, Field, Sheet, render

COLUMNS = (
    Field("number", "№", 6, "0"),
    Field("municipality", "Муниципальное образование", 42),
    Field("school", "Наименование общеобразовательной организации", 56),
    Field("code", "Код", 12),
    Field("category", "Категория", 14),
)
SHEETS = {"included": "Перечень", "excluded": "Исключаются"}


def render_appendix(
    order: Mapping[str, Any], schools: pd.DataFrame, texts: DocumentTexts, *, notice: str = ""
) -> bytes:
    """The bytes of an .xlsx file; the same order gives the same bytes.

    Args:
        order: one row of `ORDERS`.
        schools: `ORDER_SCHOOLS` of this order.
        texts: words and terms for the year of the list.
        notice: what every page has to say (made-up data).
    """
    is_amendment = order["kind_code"] == "amendment"
    rows = appendix_rows(schools, texts.name("term"))
    day: date | None = order["signed_date"]
    state = "Проект приказа" if day is None else f"Приказ от {day_words(day)} № {order['number']}"
    names = {**SHEETS, "included": "Включаются"} if is_amendment else {"included": SHEETS["included"]}
    heading = "Изменения перечня" if is_amendment else f"Перечень {texts.name('term')}"
    subtitle = f"{order['issuer_name']}. {state}. {notice}".rstrip()
    sheets = [
        Sheet(name, f"{heading}, {texts.fields['school_year']} учебный год", COLUMNS, rows[key], "Школ нет.", 3)
        for key, name in names.items()
    ]
    return render(Book(heading, subtitle, notice, sheets, is_internal=False))
