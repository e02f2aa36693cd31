"""How the signed lists change from year to year: who entered, stayed, left, left for good, returned, and why.

A school that carries on for a listed one has stayed. The cause of a change follows from decisions of the commission,
reorganisations, and from deciding again: the year's list by the method of the year before, and on that year's data as
they were then. What none of these explains, though both lists were made by the model, the results have changed; a list
made otherwise explains nothing, and the cause is then told as not established.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import pandas as pd

from pipeline.lineage import bearers_on, carried_choice, successor_on
from pipeline.reasons import REASON_CODES
from pipeline.russian import day_text
from pipeline.schema import records
from pipeline.tables.effect import DYNAMICS

Row = dict[str, Any]

# The change and the cause are in words here: the tables hold codes.
CHANGE_WORDS: Mapping[str, str] = {
    "first_known": "Прежнего перечня нет",
    "entered": "Вошла",
    "stayed": "Осталась",
    "left": "Вышла",
    "left_for_good": "Вышла окончательно",
    "returned": "Вернулась",
}
# The same of many schools, before a number.
COUNTED_WORDS: Mapping[str, str] = {
    "first_known": "прежнего перечня нет",
    "entered": "вошли",
    "stayed": "остались",
    "left": "вышли",
    "left_for_good": "вышли окончательно",
    "returned": "вернулись",
}
CAUSE_WORDS: Mapping[str, str] = {
    "results": "результаты",
    "data": "данные",
    "method": "методика",
    "reorganisation": "реорганизация",
    "commission": "решение комиссии",
    "not_established": "не установлено",
}
REORGANISED_CODES = frozenset({"not_operating", "excluded_kind"})
LEFT_FOR_GOOD = "left_for_good"


@dataclass(frozen=True)
class YearEvidence:
    """What explains the changes of one year's list against the list before; None: not known, or nothing to compare.

    Args:
        selection: the computed choice (`SELECTION`) that the signed list stands on.
        previous: the same of the list of the year before.
        previous_again: that choice repeated by the program of today, where an earlier one made it.
        by_old_method: the year's choice by the edition and number of places of the year before, where they differ.
        on_old_data: the year's choice with what the list before had of earlier years: results and doubts about them.
        replayed: the choice of the year before by today's method and data, where that list was made otherwise.
        decisions: of the commission, all years (`COMMISSION_DECISIONS`).
        amended: schools in signed amendments of the year that were made by the method of the list itself.
        is_method_known: the method of the list before is the same, or could be tried (`by_old_method`).
    """

    selection: pd.DataFrame | None
    previous: pd.DataFrame | None
    previous_again: pd.DataFrame | None
    by_old_method: pd.DataFrame | None
    on_old_data: pd.DataFrame | None
    replayed: pd.DataFrame | None
    decisions: pd.DataFrame
    amended: frozenset[str]
    is_method_known: bool


def dynamics(
    lists: Mapping[int, pd.DataFrame], lineage: pd.DataFrame, evidence: Mapping[int, YearEvidence]
) -> pd.DataFrame:
    """One row per year and school of its list, of the list before, or newly out of both (`DYNAMICS`).

    Args:
        lists: signed lists by year, amendments applied (`LISTED_SCHOOLS`).
        lineage: `SCHOOL_LINEAGE`; places of earlier lists go to the schools that bear them when a list is signed.
        evidence: what explains the changes, for every year that follows another.
    """
    rows: list[Row] = []
    for year in sorted(lists):
        found = _of_year(lists, lineage, year, evidence.get(year))
        # Who had left for good a year ago is not told so again.
        told = {row["school_id"] for row in rows if row["year"] == year - 1 and row["change_code"] == LEFT_FOR_GOOD}
        rows += [row for row in found if row["change_code"] != LEFT_FOR_GOOD or row["school_id"] not in told]
    return DYNAMICS.conform(pd.DataFrame(rows, columns=list(DYNAMICS.column_names)))


def _of_year(
    lists: Mapping[int, pd.DataFrame], lineage: pd.DataFrame, year: int, evidence: YearEvidence | None
) -> list[Row]:
    """The rows of one year."""
    own = {str(row["school_id"]): row for row in records(lists[year]) if row["left_text"] is None}
    if year - 1 not in lists:
        return [_row(year, member, "first_known", None, "") for member in own.values()]
    assert evidence is not None, "a list that follows another needs what explains its changes"
    day = _signed_on(lists[year], year)
    before, closed = _borne(lists[year - 1], lineage, day)
    evidence, joined = _carried(evidence, lineage, day), _joined(lineage, _signed_on(lists[year - 1], year - 1), day)
    earlier = [_borne(lists[other], lineage, day)[0] for other in lists if other < year - 1]
    rows = []
    for school_id, member in own.items():
        if school_id in before:
            rows.append(_row(year, {**member, **_told(before[school_id])}, "stayed", None, ""))
            continue
        change = "returned" if any(school_id in names for names in earlier) else "entered"
        cause = _cause(evidence, year, school_id, school_id in joined, is_included=True)
        rows.append(_row(year, member, change, *cause))
    for school_id in sorted(set(before) - set(own)):
        change = LEFT_FOR_GOOD if LEFT_FOR_GOOD in _codes(evidence.selection, school_id) else "left"
        cause = _cause(evidence, year, school_id, school_id in joined, is_included=False)
        rows.append(_row(year, before[school_id], change, *cause))
    for member in closed:
        rows.append(_row(year, member, LEFT_FOR_GOOD, "reorganisation", "Закрыта без преемника."))
    return rows + _second_year_out(lists, lineage, year, set(before) | set(own))


def _second_year_out(
    lists: Mapping[int, pd.DataFrame], lineage: pd.DataFrame, year: int, listed: set[str]
) -> list[Row]:
    """The schools of the list two years ago that neither of the two lists since holds."""
    if year - 2 not in lists:
        return []
    members, _ = _borne(lists[year - 2], lineage, _signed_on(lists[year], year))
    text = "Второй перечень подряд без этой школы."
    return [_row(year, members[name], LEFT_FOR_GOOD, None, text) for name in sorted(set(members) - listed)]


def _cause(evidence: YearEvidence, year: int, school_id: str, is_joined: bool, *, is_included: bool) -> tuple[str, str]:
    """Why a school came on the list or went off it: code and words; `is_joined`: another was merged into it between."""
    codes = _codes(evidence.selection, school_id)
    if not is_included and codes & REORGANISED_CODES:
        return "reorganisation", _words(codes & REORGANISED_CODES)
    if is_included and (was := _codes(evidence.previous, school_id) & REORGANISED_CODES):
        return "reorganisation", f"Год назад: {_words(was)}"
    decided = _decision(evidence.decisions, year, school_id, is_included)
    if decided:
        return "commission", decided
    if evidence.selection is None:
        return "not_established", "Перечень этого года составлен не этой программой."
    if _is_selected(evidence.selection, school_id) != is_included:
        if school_id in evidence.amended:
            return "data", "Перечень изменён приказом после уточнения данных."
        return "not_established", "Подписанный перечень отличается от расчёта, на котором стоит."
    lacking = _lacking(evidence, school_id, is_included)
    if lacking:
        return "data", lacking
    if _is_by_program(evidence, school_id, is_included):
        return "method", "По нынешней программе и на прежних данных уже в прошлом году было бы так же."
    if evidence.by_old_method is not None and _is_selected(evidence.by_old_method, school_id) != is_included:
        return "method", "По прежней методике и прежнему числу мест было бы иначе."
    if evidence.on_old_data is not None and _is_selected(evidence.on_old_data, school_id) != is_included:
        return "data", "Без уточнения данных прежних лет было бы иначе."
    if is_joined:
        return "not_established", "Вместе с результатами изменился состав школы: что из них решило, сказать нельзя."
    return _by_results(evidence, school_id, codes, is_included)


def _lacking(evidence: YearEvidence, school_id: str, is_included: bool) -> str:
    """That there was too little to judge a school by, now or a year ago; empty where there was enough."""
    choice = evidence.previous if is_included else evidence.selection
    if choice is None:
        return ""
    status = _status(choice, school_id)
    if not status:
        return "Год назад школы в расчёте не было." if is_included else "В расчёте этого года школы нет."
    if status == "insufficient_data":
        return "Год назад данных было недостаточно." if is_included else "Данных недостаточно, чтобы судить о школе."
    return ""


def _is_by_program(evidence: YearEvidence, school_id: str, is_included: bool) -> bool:
    """Whether the program of today, on the data of the year before, would have made the change a year earlier."""
    before, again = evidence.previous, evidence.previous_again
    if before is None or again is None:
        return False
    return _is_selected(before, school_id) != is_included and _is_selected(again, school_id) == is_included


def _by_results(evidence: YearEvidence, school_id: str, codes: frozenset[str], is_included: bool) -> tuple[str, str]:
    """Results, where the list before can be explained by the model; else nobody can tell."""
    before = evidence.previous if evidence.previous is not None else evidence.replayed
    if not evidence.is_method_known:
        return "not_established", "Вместе с результатами изменились правила: что из них решило, сказать нельзя."
    if before is None:
        return "not_established", "Прежний перечень составлен не этой программой, и повторить его нельзя."
    if _is_selected(before, school_id) == is_included:
        was = "вошла бы уже в него" if is_included else "уже и в него не вошла бы"
        return "not_established", f"Прежний перечень составлен иначе: по расчёту школа {was}."
    return "results", _words(codes) or "Изменились результаты."


def _decision(decisions: pd.DataFrame, year: int, school_id: str, is_included: bool) -> str:
    """The decision of the commission behind a change: of the year, or one of the year before that no longer holds."""
    own = decisions[decisions["school_id"] == school_id]
    this, other = ("include", "exclude") if is_included else ("exclude", "include")
    now = own[(own["year"] == year) & (own["action"] == this)]
    past = own[(own["year"] == year - 1) & (own["action"] == other)]
    for row in records(now):
        return f"Решение комиссии от {day_text(str(row['date']))}: {row['why']}"
    for row in records(past):
        return f"Решение комиссии прежнего года больше не действует: {row['why']}"
    return ""


def _borne(listed: pd.DataFrame, lineage: pd.DataFrame, day: date) -> tuple[dict[str, Row], list[Row]]:
    """The members of an earlier list by the school that bears the place on a day, and those closed without one."""
    members: dict[str, Row] = {}
    closed, moved = [], []
    for row in sorted(records(listed), key=lambda row: str(row["school_id"])):
        bearer = None if row["left_text"] is not None else successor_on(lineage, str(row["school_id"]), day)
        if bearer is None:
            closed.append(row)
        elif bearer == row["school_id"]:
            members[bearer] = row
        else:
            moved.append((bearer, row))
    for bearer, row in moved:
        words = f"Вместо школы {row['school_id']} {row['school_name']}."
        # Two listed schools may have become one: it is told of both.
        known = members.setdefault(bearer, {**row, "school_id": bearer, "succeeds_text": None})
        members[bearer] = {**known, "succeeds_text": " ".join(filter(None, (known["succeeds_text"], words)))}
    return members, closed


def _carried(evidence: YearEvidence, lineage: pd.DataFrame, day: date) -> YearEvidence:
    """The choices of the year before under the schools that bear the places on a day, as the lists are."""
    bearers = bearers_on(lineage, day)
    previous, again = (
        None if choice is None else carried_choice(choice, bearers)
        for choice in (evidence.previous, evidence.previous_again)
    )
    return replace(evidence, previous=previous, previous_again=again)


def _joined(lineage: pd.DataFrame, after: date, day: date) -> frozenset[str]:
    """The schools into which another was merged after one day and up to another; a new name changes nothing."""
    merged = lineage[lineage["lineage_kind"] != "renamed"]
    new = set(bearers_on(merged, day)) - set(bearers_on(merged, after))
    return frozenset(bearer for school_id, bearer in bearers_on(lineage, day).items() if bearer and school_id in new)


def _signed_on(listed: pd.DataFrame, year: int) -> date:
    """The day of a list's first order; 1 September where it has none."""
    first = listed["since_date"].min()
    return date(year, 9, 1) if pd.isna(first) else pd.Timestamp(first).date()


def _told(member: Row) -> Row:
    return {} if member["succeeds_text"] is None else {"succeeds_text": member["succeeds_text"]}


def _row(year: int, member: Row, change: str, cause: str | None, words: str) -> Row:
    names = ("school_id", "school_name", "municipality_name", "succeeds_text")
    told = {name: member[name] for name in names}
    return {"year": year, **told, "change_code": change, "cause_code": cause, "cause_text": words}


def _status(selection: pd.DataFrame | None, school_id: str) -> str:
    """The status of a school in a computed choice; empty where there is none."""
    if selection is None:
        return ""
    found = selection.loc[selection["school_id"] == school_id, "status_code"]
    return "" if found.empty else str(found.iloc[0])


def _is_selected(selection: pd.DataFrame, school_id: str) -> bool:
    return _status(selection, school_id) == "selected"


def _codes(selection: pd.DataFrame | None, school_id: str) -> frozenset[str]:
    """The reason codes of a school in a computed choice."""
    if selection is None:
        return frozenset()
    found = selection.loc[selection["school_id"] == school_id, "reason_codes"]
    return frozenset() if found.empty else frozenset(code for code in str(found.iloc[0]).split(";") if code)


def _words(codes: frozenset[str]) -> str:
    """The reasons in words, in the order in which they are printed."""
    return " ".join(words for code, words in REASON_CODES.items() if code in codes)
