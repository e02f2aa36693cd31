"""The decision about a school in words: status, reasons, earlier and federal lists, the commission, its place."""

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

import pandas as pd

from pipeline.deciding import Case
from pipeline.explain.facts import Fact, chance, stated
from pipeline.explain.lists import Lists, list_facts
from pipeline.methodology import Methodology
from pipeline.reasons import REASON_CODES
from pipeline.register import municipality_names
from pipeline.russian import day_text, kind_label, number
from pipeline.schema import records

STATUSES: Mapping[str, str] = {
    "selected": "включена в перечень школ, которым оказывают адресную методическую помощь",
    "reserve": "в перечень не включена, стоит в резерве",
    "not_selected": "в перечень не включена",
    "insufficient_data": "расчётом не оценивается: данных недостаточно, решение принимают эксперты",
    "excluded": "в отборе не участвует",
}
BY_PROBABILITY = ("entered_by_probability", "tie_block", "tie_break")
ACTIONS: Mapping[str, str] = {
    "include": "включить в перечень",
    "exclude": "не включать в перечень",
    "observe": "пока не включать, оставить под наблюдением",
}


def status_text(row: Mapping[str, Any]) -> str:
    """The status of a row of `SELECTION`, as the end of «школа …»."""
    if row["status_code"] == "excluded" and "commission_exclude" in str(row["reason_codes"]).split(";"):
        return "в перечень не включена решением комиссии"
    return STATUSES[row["status_code"]]


def decision_facts(
    case: Case,
    method: Methodology,
    selection: pd.DataFrame,
    municipalities: pd.DataFrame,
    lists: Lists,
    row: Mapping[str, Any],
) -> Iterator[Fact]:
    """The facts of the section.

    Args:
        case: the facts of the list.
        method: the edition.
        selection: `SELECTION`, whole.
        municipalities: `MUNICIPALITIES`.
        lists: earlier and federal lists, reorganisations.
        row: the school's row of `selection`.
    """
    say = partial(stated, "decision")
    school_id, table = row["school_id"], f"таблица selection, {row['school_id']}"
    area = municipality_names(municipalities, case.year).get(row["municipality_id"], row["municipality_id"])
    yield say("school", "Школа", row["school_name"], "reference/schools.csv")
    yield say("municipality", "Муниципальное образование", area, "reference/municipalities.csv")
    yield say("edition", "Редакция методики", f"{method.title} ({method.edition})", "manifest.json")
    capacity = method.selection.capacity
    yield Fact("decision", "capacity", "Мест в перечне", capacity, number(capacity), "школ", "manifest.json")
    yield say("status", "Решение", status_text(row), table)
    for code in str(row["reason_codes"]).split(";"):
        yield say("reason", "Основание", REASON_CODES[code], table, code)
    if "excluded_kind" in str(row["reason_codes"]).split(";"):
        kind = case.schools.loc[case.schools["school_id"] == school_id, "kind_code"].iloc[0]
        yield say("kind", "Вид школы", kind_label(str(kind)), "reference/schools.csv")
    if row["is_firm"]:
        text = "вероятность T, число низких лет и привычное правило говорят об одном"
        yield say("firm", "Твёрдое решение", text, table)
    if row["is_watched"]:
        yield say("watched", "Наблюдение", "школа под наблюдением", table)
    yield from list_facts(lists, school_id, case.year)
    for decided in records(case.decisions[case.decisions["school_id"] == school_id]):
        day = day_text(str(decided["date"]))
        text = f"{ACTIONS[decided['action']]}; решил: {decided['who']}, {day}; почему: {decided['why']}"
        if decided["review_date"]:
            text += f"; рассмотреть снова до {day_text(str(decided['review_date']))}"
        if decided["earlier_text"]:
            text += f"; прежние решения: {decided['earlier_text']}"
        yield say("commission", "Решение комиссии", text, "decisions/commission.csv")
    yield from _place(selection, row, table)


def _place(selection: pd.DataFrame, row: Mapping[str, Any], table: str) -> Iterator[Fact]:
    """The school's place by T among the schools that can be judged, and T at the border of the list."""
    if row["rank"] is None:
        return
    place, judged = int(row["rank"]), int(selection["rank"].notna().sum())
    yield Fact("decision", "place", "Место по вероятности T", place, str(place), "место", table)
    yield Fact(
        "decision", "judged", "Школ, о которых можно судить", judged, number(judged), "школ", "таблица selection"
    )
    is_entrant = selection["reason_codes"].str.split(";").map(lambda codes: bool({*codes} & {*BY_PROBABILITY}))
    entrants = selection.loc[is_entrant, "probability"]
    if len(entrants):
        last = float(entrants.min())
        title, source = "T последней школы, включённой по вероятности", "таблица selection"
        yield chance("decision", "border", title, last, source)
    held = selection["reason_codes"].str.split(";").map(lambda codes: "stays" in codes)
    title = "Мест заняли школы действующего перечня, не выполнившие условий выхода"
    yield Fact("decision", "held_places", title, int(held.sum()), str(held.sum()), "мест", "таблица selection")
    if row["is_in_corridor"]:
        text = "у границы перечня; различие статистически не установлено"
        yield stated("decision", "corridor", "Граница", text, table)
