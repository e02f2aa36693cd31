"""«Записка на одну страницу» for the head of the department: the list, what changed, what is to be decided today.

It fits one page of A4 whatever the list: what takes too much room is told in numbers, and the note has the rest.
"""

import textwrap
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from pipeline.document_texts import DocumentTexts
from pipeline.outputs import list_words, word
from pipeline.outputs.list_facts import ListFacts, Row, in_order
from pipeline.russian import number

TEMPLATE = "one_page"
# Two pages that differ by what they know: the list as it was computed, and how far its order is on a day.
LIST_PAGE_NAME = "Записка на одну страницу о расчёте перечня.docx"
ORDER_PAGE_NAME = "Записка на одну страницу о перечне и приказе.docx"
NO_MONITORING = "Мониторинг поддержки ещё не опубликован."
NOT_YET = "К этому расчёту мониторинг поддержки не был опубликован; новее — записка о перечне и приказе."
# Room of the template in points, and how many signs its lines hold: measured in LibreOffice, where the page has 739.
PAGE_POINTS, FIXED_POINTS = 712.0, 205.0  # the second: heading, figures, headings of sections
LINE_POINTS, SMALL_POINTS = 10.8, 9.8
LINE_SIGNS, SMALL_SIGNS, COLUMN_SIGNS = 102, 112, 52
SHOWN_OBJECTIONS = 3
ELSEWHERE = "Подробнее — в служебной записке."


@dataclass(frozen=True)
class Risk:
    """How the support goes in the municipalities, from the newest published monitoring of it.

    Args:
        title: which monitoring it is.
        overdue: municipality -> measures whose term has passed, where there are any.
        unreturned: municipalities that have not returned the form.
    """

    title: str
    overdue: Mapping[str, int]
    unreturned: Sequence[str]


@dataclass(frozen=True)
class OrderState:
    """How far the order on the list is.

    Args:
        text: a line below the heading; empty: nothing to be said.
        due: what is to be done about it.
    """

    text: str = ""
    due: Sequence[str] = ()


NO_ORDER = OrderState()


@dataclass(frozen=True)
class Place:
    """A municipality and what is said of it."""

    name: str
    text: str


@dataclass(frozen=True)
class _Parts:
    """What the page says, before it is known to fit."""

    listed: Sequence[Place]
    changes: Sequence[str]
    left: Sequence[Place]
    objections: Sequence[str]
    due: Sequence[str]
    vpr: str
    risk: Sequence[str]


def render(
    template: bytes,
    facts: ListFacts,
    texts: DocumentTexts,
    *,
    risk: Risk | None = None,
    no_risk: str = NO_MONITORING,
    order: OrderState = NO_ORDER,
    notice: str = "",
) -> bytes:
    """The page.

    Args:
        template: the Word template (`TEMPLATE`).
        facts: the list.
        texts: words and terms for the year of the list.
        risk: how the support goes; None: no monitoring of it is published yet.
        no_risk: what is said then.
        order: how far the order is.
        notice: what every page has to say (made-up data).
    """
    parts = _fitting(facts, risk, order, no_risk)
    half = _half(parts.listed)
    values: dict[str, Any] = {
        "heading": texts.text("one_page", "heading"),
        "state": order.text,
        "addressee": texts.name("head_dative"),
        "figures": _figures(facts),
        "due": list(parts.due),
        "changes": list(parts.changes),
        "listed_left": [vars(place) for place in parts.listed[:half]],
        "listed_right": [vars(place) for place in parts.listed[half:]],
        "left": "; ".join(f"{place.name}: {place.text}" for place in parts.left),
        "vpr": parts.vpr,
        "objections": list(parts.objections),
        "risk": list(parts.risk),
    }
    return word.render(template, values, name=TEMPLATE, notice=notice)


def _figures(facts: ListFacts) -> list[Row]:
    """The numbers at the top of the page."""
    unconfirmed, _ = facts.unconfirmed
    told = (
        (len(facts.listed), f"в перечне (мест {facts.capacity})"),
        (len(facts.entered) if facts.has_earlier_list else None, "новых школ"),
        (len(facts.left) if facts.has_earlier_list else None, "больше не входят"),
        (sum(bool(row["is_firm"]) for row in facts.listed), "твёрдых решений"),
        (round(unconfirmed), "мест могут не подтвердиться"),
    )
    return [{"value": "—" if value is None else number(value), "text": text} for value, text in told]


def _fitting(facts: ListFacts, risk: Risk | None, order: OrderState, no_risk: str) -> _Parts:
    """The parts of the page, shortened one after another until they fit."""
    listed, left = facts.listed, facts.left
    parts = _Parts(
        listed=_by_place(listed, is_marked=facts.has_earlier_list),
        changes=tuple(list_words.changes(facts)),
        left=_by_place(left),
        objections=_objections(facts, SHOWN_OBJECTIONS),
        due=(*list_words.due(facts), *order.due) or ("Нерешённых вопросов нет.",),
        vpr=_vpr(facts.on_vpr_alone, is_named=True),
        risk=_risk(risk) if risk else (no_risk,),
    )
    shorter: tuple[dict[str, Any], ...] = (
        {"left": _counted(left)},
        *({"risk": _risk(risk, shown=shown)} for shown in (1, 0) if risk),
        {"objections": _objections(facts, 0)},
        {"vpr": _vpr(facts.on_vpr_alone, is_named=False)},
        {"listed": _counted(listed)},
        {"left": ()},
        {"due": (*parts.due[:4], ELSEWHERE)},
    )
    for change in shorter:
        if _height(parts) <= PAGE_POINTS:
            break
        parts = replace(parts, **change)
    return parts


def _height(parts: _Parts) -> float:
    """How many points of the page the parts take."""
    half = _half(parts.listed)
    columns = (parts.listed[:half], parts.listed[half:])
    small = max(sum(_column_lines(place) for place in column) for column in columns)
    small += _lines("; ".join(f"{place.name}: {place.text}" for place in parts.left), SMALL_SIGNS)
    told = (*parts.changes, *parts.objections, *parts.due, parts.vpr, *parts.risk)
    return FIXED_POINTS + small * SMALL_POINTS + sum(_lines(text, LINE_SIGNS) for text in told) * LINE_POINTS


def _lines(text: str, signs: int) -> int:
    return len(textwrap.wrap(text, signs))


def _column_lines(place: Place) -> int:
    return _lines(f"{place.name}: {place.text}", COLUMN_SIGNS)


def _half(places: Sequence[Place]) -> int:
    """How many municipalities stand in the left column."""
    lines = [_column_lines(place) for place in places]
    return min(range(len(lines) + 1), key=lambda cut: (max(sum(lines[:cut]), sum(lines[cut:])), -cut), default=0)


def _by_place(rows: Iterable[Row], *, is_marked: bool = False) -> tuple[Place, ...]:
    """The schools of each municipality; a new school is marked."""
    found: dict[str, list[str]] = {}
    for row in in_order(rows):
        mark = " (новая)" if is_marked and not row["is_on_list"] else ""
        found.setdefault(row["municipality"], []).append(f"{row['school']}{mark}")
    return tuple(Place(name, "; ".join(schools)) for name, schools in found.items())


def _counted(rows: Iterable[Row]) -> tuple[Place, ...]:
    """How many schools each municipality has."""
    found: dict[str, int] = {}
    for row in in_order(rows):
        found[row["municipality"]] = found.get(row["municipality"], 0) + 1
    return tuple(Place(name, number(count)) for name, count in found.items())


def _objections(facts: ListFacts, shown: int) -> tuple[str, ...]:
    """The first objections that wait for a decision, and how many more there are."""
    told = [
        f"№ {row['number']}, {row['school']} ({row['municipality']}): {row['indicator_text']}"
        for row in facts.open_objections[:shown]
    ]
    if not facts.open_objections:
        return ("Нерассмотренных возражений нет.",)
    if not told:
        return (f"Не рассмотрено возражений: {len(facts.open_objections)}. {ELSEWHERE}",)
    more = len(facts.open_objections) - len(told)
    return (*told, *([f"Ещё {more}: в служебной записке."] * bool(more)))


def _vpr(rows: Sequence[Row], *, is_named: bool) -> str:
    """Schools listed on ВПР alone."""
    if not rows:
        return "Таких школ нет."
    if not is_named:
        return f"Таких школ {len(rows)}. {ELSEWHERE}"
    return "; ".join(f"{row['school']} ({row['municipality']})" for row in rows) + "."


def _risk(risk: Risk, *, shown: int = 2) -> tuple[str, ...]:
    """Where the support lags: both lists of municipalities with their names, the first one only, or none."""
    if not risk.overdue and not risk.unreturned:
        return (f"{risk.title}: сроки не пропущены, формы вернули все.",)
    unreturned = ", ".join(risk.unreturned) if shown else f"муниципалитетов {len(risk.unreturned)}"
    overdue = f"муниципалитетов {len(risk.overdue)}"
    if shown > 1:
        overdue = ", ".join(f"{name} ({count})" for name, count in risk.overdue.items())
    told = [f"{risk.title}: форму не вернули — {unreturned}."] * bool(risk.unreturned)
    told += [f"{risk.title}: прошёл срок мер{' (в скобках их число)' * (shown > 1)} — {overdue}."] * bool(risk.overdue)
    return tuple(told)
