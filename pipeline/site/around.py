"""The page of a school, what surrounds the decision: conditions, causes, support, orders and objections."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from pipeline.cases import day_words
from pipeline.context_facts import CALCULATED
from pipeline.dynamics import CHANGE_WORDS
from pipeline.orders import STATUS_WORDS as ORDER_WORDS
from pipeline.outputs.cause_workbook import LABELS
from pipeline.russian import number, percent
from pipeline.schema import records
from pipeline.site.known import Known
from pipeline.site.lookup import Lookup, Row
from pipeline.site.school import Sources
from pipeline.support_words import STATUS_WORDS
from pipeline.tables import orders

QUADRANTS: Mapping[str, str] = {
    "low_adverse": "Результаты низкие, условия неблагоприятные.",
    "low_favourable": "Результаты низкие, условия благоприятные.",
    "not_low_adverse": "Результаты не низкие, условия неблагоприятные.",
    "not_low_favourable": "Результаты не низкие, условия благоприятные.",
}
ORDER_KINDS: Mapping[str, str] = {"list": "перечень", "amendment": "внесение изменений"}
ORDER_ACTIONS: Mapping[str, str] = {"include": "школа включена", "exclude": "школа исключена"}
DECISIONS: Mapping[str, str] = {"undecided": "не рассмотрено", "accepted": "принято", "rejected": "отклонено"}
CONFIRMED: Mapping[str, str] = {
    "confirmed": "Школа подтвердила свои данные.",
    "disagreed": "Школа не согласна с частью своих данных.",
    "not_confirmed": "Школа не ответила: данные не подтверждены.",
}


def context_values(look: Lookup, school_id: str, sources: Sources) -> Row | None:
    """The conditions: index, what is expected in such conditions, criteria, facts; None where nothing is known."""
    row = look.context.get(school_id)
    if row is None:
        return None
    indicators = look.indicators
    facts = [
        {
            "title": indicators[fact["indicator_code"]]["title"],
            "value": _condition(fact, indicators[fact["indicator_code"]]["kind_code"]),
            "usual": _usual(look.usual, fact["indicator_code"], indicators),
            "is_questioned": bool(fact["is_questioned"]),
            "source": _place(fact["source_text"], indicators, sources),
        }
        for fact in look.conditions.get(school_id, [])
    ]
    return {
        **row,
        "quadrant": QUADRANTS.get(row["quadrant_code"] or "", ""),
        "criteria": [look.criteria.get(code, code) for code in str(row["criteria_codes"] or "").split(";") if code],
        "facts": facts,
        "imputed": percent(row["imputed_share"], 0) if row["imputed_share"] else "",
    }


def _place(text: str, indicators: Mapping[str, Row], sources: Sources) -> str:
    """Where a condition was read; of a calculated one, from what, in the words of the form."""
    if not text.startswith(CALCULATED):
        return sources.places(text)
    codes = text.removeprefix(CALCULATED).split(" / ")
    return CALCULATED + " / ".join(f"«{indicators[code]['title']}»" for code in codes)


def _condition(fact: Row, kind: str) -> str:
    """A value of a condition in words."""
    if fact["value_text"]:
        return str(fact["value_text"])
    if fact["value"] is None:
        return "не прочитано"
    return _in_unit(fact["value"], kind)


def _usual(usual: Mapping[str, float], code: str, indicators: Mapping[str, Row]) -> str:
    """The median of the region where the condition is a number."""
    kind = indicators[code]["kind_code"]
    return _in_unit(usual[code], kind) if code in usual and kind in ("count", "share") else "—"


def _in_unit(value: float, kind: str) -> str:
    if kind == "share":
        return percent(value)
    if kind == "flag":
        return "да" if value else "нет"
    return number(round(value, 2))


def cause_values(look: Lookup, school_id: str) -> list[Row]:
    """Causes of the register about the school, the weightiest first."""
    weight = {"high": 0, "medium": 1, "low": 2, "none": 3}
    rows = sorted(
        look.of("register_of_causes", school_id), key=lambda r: (weight[r["significance_code"]], r["cause_text"])
    )
    return [
        {
            "text": row["cause_text"],
            "indicator": row["indicator_text"] or "",
            "value": number(round(row["value"], 2)) if row["value"] is not None else "—",
            "region": number(round(row["region_value"], 2)) if row["region_value"] is not None else "—",
            "significance": LABELS["significance_code"][row["significance_code"]],
            "status": LABELS["status_code"][row["status_code"]],
            "measure": _measure(row),
            "responsible": row["responsible_text"] or "—",
            "due": row["due_text"] or "—",
            "source": row["source_text"],
            "verification": row["verification_text"] or "",
        }
        for row in rows
    ]


def _measure(row: Row) -> str:
    if row["measure_text"] is None:
        return "—"
    return f"№ {row['measure_number']}. {row['measure_text']}" if row["measure_number"] else str(row["measure_text"])


def support_values(look: Lookup, school_id: str) -> Row:
    """Measures addressed to the school with their state, its programme, what came a year later, how it moved."""
    measures = [
        {
            "number": row["measure_number"],
            "title": look.measures.get(int(row["measure_number"]), ""),
            "list_year": row["list_year"],
            "due": f"{row['due_date']:%d.%m.%Y}",
            "events": number(row["event_count"]),
            "last": f"{row['last_date']:%d.%m.%Y}" if row["last_date"] is not None else "—",
            "status": STATUS_WORDS[row["status_code"]],
        }
        for row in look.of("school_support", school_id)
        if row["status_code"] != "not_applicable"
    ]
    programmes = [
        {
            "list_year": row["list_year"],
            "text": (
                f"представлена; обязательных причин с полной мерой — {number(row['complete_count'])} "
                f"из {number(row['required_count'])}"
                if row["has_programme"]
                else "не представлена"
            ),
            "remark": row["remark_text"] if row["has_programme"] else "",
        }
        for row in look.of("programmes", school_id)
    ]
    return {
        "measures": measures,
        "programmes": programmes,
        "effects": sorted(look.of("effect_schools", school_id), key=lambda r: -r["list_year"]),
        "moves": [
            {
                "year": row["year"],
                "change": CHANGE_WORDS[row["change_code"]],
                "why": row["cause_text"] or "",
                "succeeds": row["succeeds_text"] or "",
            }
            for row in sorted(look.of("dynamics", school_id), key=lambda r: -r["year"])
        ],
    }


def order_values(look: Lookup, school_id: str) -> Row:
    """Orders that name the school, its objections and whether it has confirmed its data."""
    return {
        "orders": [
            {
                "year": row["year"],
                "kind": ORDER_KINDS[row["kind_code"]],
                "number": row["number"] or "—",
                "date": _day(row["signed_date"]),
                "status": ORDER_WORDS[row["status_code"]],
                "action": ORDER_ACTIONS[row["action_code"]],
                "ground": row["ground_text"] or "",
            }
            for row in look.order_rows.get(school_id, [])
        ],
        "objections": [
            {
                "number": row["number"],
                "date": _day(row["received_date"]),
                "about": row["indicator_text"],
                "ground": row["ground_text"],
                "decision": DECISIONS[row["decision_code"]],
                "why": row["why_text"] or "",
                "source": row["source_text"] or "",
            }
            for row in look.of("objections", school_id)
        ],
        "confirmed": [CONFIRMED[row["status_code"]] for row in look.of("confirmations", school_id)],
    }


def _day(day: Any) -> str:
    return f"{day:%d.%m.%Y}" if day is not None else "—"


def list_state(known: Known) -> str:
    """Whether the list of the year is signed, in one sentence; empty where nothing is known of orders."""
    rows = [row for row in records(known.of(orders.ORDERS)) if row["year"] == known.year]
    signed = [row for row in rows if row["signed_date"] is not None and row["kind_code"] == "list"]
    if signed:
        order = signed[-1]
        day: date = order["signed_date"]
        return f"Перечень {known.year} года утверждён приказом от {day_words(day)} № {order['number'] or 'б/н'}" + (
            ", с изменениями." if any(r["kind_code"] == "amendment" and r["signed_date"] for r in rows) else "."
        )
    if rows:
        return f"Приказ о перечне {known.year} года не подписан: показан проект."
    return f"Перечень {known.year} года приказом не утверждён: показан расчёт."
