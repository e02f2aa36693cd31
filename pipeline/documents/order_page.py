"""«Записка на одну страницу» of the day: the newest computed list and how far its order is."""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

import pandas as pd

from pipeline.cases import day_words
from pipeline.document_texts import load_texts
from pipeline.documents.identification import READS as LIST_TABLES
from pipeline.documents.identification import list_facts, newest_risk
from pipeline.orders import STATUS_WORDS, UNSIGNED
from pipeline.outputs import one_page, word
from pipeline.outputs.one_page import OrderState
from pipeline.region import DEMO_NOTICE, load_region
from pipeline.run import Run
from pipeline.schema import records
from pipeline.store import MANIFEST, Published, Store
from pipeline.tables import orders as tables

READS = (tables.ORDERS, tables.LIST_DIFFERENCES)


def make(run: Run) -> dict[str, bytes]:
    """The page; none where no list of the year is published, or an older version of the program published it."""
    if not (run.root / "published" / "identification" / str(run.year) / MANIFEST).is_file():
        return {}
    published, store = Published(run.root, "identification", run.year), Store(run)
    if not all(published.has(table) for table in LIST_TABLES):
        return {}
    known = published.manifest
    level = known["parameters"]["stability.interval_level"]
    facts = list_facts(published.read, run.root, run.year, capacity=known["capacity"], interval_level=level)
    assert run.as_of is not None, "the state of an order is that of a day"
    own = store.read(tables.ORDERS)
    content = one_page.render(
        word.load_template(run.root, one_page.TEMPLATE),
        facts,
        load_texts(run.root, run.year),
        risk=newest_risk(run.root, run.year),
        order=order_state(
            own[own["year"] == run.year], store.read(tables.LIST_DIFFERENCES), date.fromisoformat(run.as_of)
        ),
        notice=DEMO_NOTICE if load_region(run.root).is_demo else "",
    )
    return {one_page.ORDER_PAGE_NAME: content}


def order_state(orders: pd.DataFrame, differences: pd.DataFrame, day: date) -> OrderState:
    """How far the order on a list is on a day, and what is to be done about it.

    Args:
        orders: `ORDERS` of the year.
        differences: `LIST_DIFFERENCES`: how the computed list differs from the signed one.
        day: the day.
    """
    rows = records(orders.sort_values("order_id"))
    signed = [row for row in rows if row["kind_code"] == "list" and row["status_code"] not in UNSIGNED]
    told = f"На {day_words(day)}. " + (_signed_text(signed[-1]) if signed else "Перечень ещё не утверждён.")
    return OrderState(told, tuple(_due(rows, differences, is_signed=bool(signed))))


def _signed_text(order: Mapping[str, Any]) -> str:
    """«Перечень утверждён приказом …»; an imported list may know neither number nor day."""
    number = f" № {order['number']}" if order["number"] else ""
    day = f" от {day_words(order['signed_date'])}" if order["signed_date"] is not None else ""
    return f"Перечень утверждён приказом{number}{day}; ниже — новейший расчёт."


def _due(rows: list[dict[str, Any]], differences: pd.DataFrame, *, is_signed: bool) -> Iterator[str]:
    """What is to be done about the orders."""
    for row in rows:
        if row["status_code"] in UNSIGNED:
            what = "о внесении изменений" if row["kind_code"] == "amendment" else "об утверждении перечня"
            yield f"Подписать приказ {what} (сейчас: {STATUS_WORDS[row['status_code']]})."
    counts = differences["change_code"].value_counts()
    entered, left = int(counts.get("entered", 0)), int(counts.get("left", 0))
    if entered or left:
        yield f"Решить, менять ли утверждённый перечень: по новому расчёту вошло бы школ {entered}, вышло бы {left}."
    if not rows and not is_signed:
        yield "Составить проект приказа."
