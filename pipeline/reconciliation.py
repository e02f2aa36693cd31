"""Our list beside the federal ones: who stands on both, on ours only, on theirs only, and why we decided so.

The federal list of low results is laid beside our list, the one of schools with signs of non-objective results beside
the schools whose ВПР we doubt. Nothing here changes a decision. A school that has merged or was renamed since stands
under its successor: beside the computed list by the year of results, beside the signed one by the day.
"""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from pipeline.reasons import REASON_CODES
from pipeline.register import municipality_names
from pipeline.schema import records
from pipeline.tables.orders import FEDERAL_LISTS, LIST_RECONCILIATION

LIST_TITLES: Mapping[str, str] = {
    "low_results": "федеральный список школ с низкими результатами",
    "bias_signs": "федеральный список школ с признаками необъективности",
}
RELATION_TITLES: Mapping[str, str] = {
    "both": "в обоих",
    "ours_only": "только у нас",
    "theirs_only": "только в федеральном",
}
# What says more about the evidence than about the decision is left out of the reason.
SIDE_CODES = ("rule_low", "probability_firm", "low_two_years", "stay_rule_off", "vpr_set_aside")
CORRIDOR = "У границы перечня; различие статистически не установлено."
WATCHED = "Школа под наблюдением."
NOT_DECIDED = "В отборе этого года школы нет: в году решения она не действует."
LISTED_OTHERWISE = "В действующем перечне состоит; расчёт этого года её не включает."
UNLISTED_OTHERWISE = "Расчёт этого года её включает; в действующем перечне она не состоит."


def reconcile(
    federal: pd.DataFrame,
    listed: pd.DataFrame,
    selection: pd.DataFrame,
    schools: pd.DataFrame,
    municipalities: pd.DataFrame,
    final: Mapping[str, str],
    objectivity: pd.DataFrame,
    year: int,
) -> pd.DataFrame:
    """One row per federal list and school that stands on it or on ours (`LIST_RECONCILIATION`).

    Of each federal list the newest one up to the year is taken; where there is none, there are no rows.

    Args:
        federal: `FEDERAL_LIST`.
        listed: `school_id` of our list: the computed or the signed one.
        selection: `SELECTION` of the year: our decision about every school and its reasons, successors in place.
        schools: `SCHOOLS`.
        municipalities: `MUNICIPALITIES`.
        final: each reorganised school -> the one that carries on for it.
        objectivity: `OBJECTIVITY`.
        year: year of our list.
    """
    names = schools.set_index("school_id")
    areas = municipality_names(municipalities, year)
    decided = {row["school_id"]: row for row in records(selection)}
    rows = []
    for list_code in FEDERAL_LISTS:
        theirs, federal_year = _newest(federal, list_code, year, final)
        if federal_year is None:
            continue
        if list_code == "low_results":
            ours = {final.get(i, i) for i in listed["school_id"]}
            reasons = {i: _list_reason(decided.get(i), i in ours) for i in ours | set(theirs)}
        else:
            judged = _judged(objectivity, federal_year, final)
            ours = {i for i, (_, _, is_doubtful) in judged.items() if is_doubtful}
            reasons = {i: _doubt_reason(judged.get(i), federal_year) for i in ours | set(theirs)}
        for school_id, why in sorted(reasons.items()):
            own = decided.get(school_id)
            rows.append(
                {
                    "year": year,
                    "list_code": list_code,
                    "school_id": school_id,
                    "school_name": names.at[school_id, "school_name"],
                    "municipality_name": areas.get(str(names.at[school_id, "municipality_id"])),
                    "federal_year": federal_year,
                    "relation_code": _relation(school_id in ours, school_id in theirs),
                    "status_code": own["status_code"] if own else None,
                    "reason_text": " ".join(part for part in (why, theirs.get(school_id, "")) if part),
                }
            )
    return LIST_RECONCILIATION.conform(pd.DataFrame(rows)) if rows else LIST_RECONCILIATION.empty()


def summary(reconciliation: pd.DataFrame) -> str:
    """How many schools stand where, list by list, one Russian sentence each; empty without federal lists."""
    told = []
    for list_code in FEDERAL_LISTS:
        own = reconciliation[reconciliation["list_code"] == list_code]
        if own.empty:
            continue
        counts = own["relation_code"].value_counts()
        parts = ", ".join(f"{title} {int(counts.get(code, 0))}" for code, title in RELATION_TITLES.items())
        told.append(f"{LIST_TITLES[list_code]} {own['federal_year'].iloc[0]} года: {parts}")
    return "; ".join(told)


def _newest(
    federal: pd.DataFrame, list_code: str, year: int, final: Mapping[str, str]
) -> tuple[dict[str, str], int | None]:
    """What the newest list up to a year says of each school on it, successors in place; and its year, None: no list."""
    known = federal[(federal["list_code"] == list_code) & (federal["year"] <= year)]
    if known.empty:
        return {}, None
    newest = int(known["year"].max())
    told: dict[str, list[str]] = {}
    for row in records(known[known["year"] == newest].sort_values("school_id")):
        school_id = final.get(row["school_id"], row["school_id"])
        words = told.setdefault(school_id, [])
        if school_id != row["school_id"]:
            words.append(f"В федеральном списке — прежняя школа: {row['school_text']}.")
        if row["markers_text"]:
            words.append(f"Признаки федерального списка: {row['markers_text']}.")
    return {school_id: " ".join(words) for school_id, words in told.items()}, newest


def _relation(is_ours: bool, is_theirs: bool) -> str:
    assert is_ours or is_theirs
    return "both" if is_ours and is_theirs else "ours_only" if is_ours else "theirs_only"


def _list_reason(own: Mapping[str, Any] | None, is_ours: bool) -> str:
    """Why a school is on our list or not: the reasons of the decision in words."""
    if own is None:
        return NOT_DECIDED
    words = [REASON_CODES[code] for code in str(own["reason_codes"]).split(";") if code not in SIDE_CODES]
    is_selected = own["status_code"] == "selected"
    if is_ours != is_selected:
        words.insert(0, LISTED_OTHERWISE if is_ours else UNLISTED_OTHERWISE)
    if own["is_in_corridor"]:
        words.append(CORRIDOR)
    if own["is_watched"]:
        words.append(WATCHED)
    return " ".join(words)


def _judged(objectivity: pd.DataFrame, year: int, final: Mapping[str, str]) -> dict[str, tuple[int, int, bool]]:
    """Signs found and looked for in a year, and whether the ВПР are in doubt, by school, successors in place."""
    own = objectivity[objectivity["year"] == year]
    own = own.assign(school_id=own["school_id"].map(lambda school_id: final.get(school_id, school_id)))
    groups = own.groupby("school_id")
    flagged, looked_for = groups["flagged_count"].sum(), groups["judged_count"].sum()
    doubtful = groups["is_vpr_doubtful"].any()
    return {str(i): (int(flagged[i]), int(looked_for[i]), bool(doubtful[i])) for i in flagged.index}


def _doubt_reason(judged: tuple[int, int, bool] | None, year: int) -> str:
    """What our own signs of non-objective results say of a school."""
    if judged is None:
        return f"По нашим данным за {year} год судить об объективности не по чему."
    flagged, looked_for, is_doubtful = judged
    verdict = "под сомнением" if is_doubtful else "сомнений не вызывают"
    return f"По нашим данным ВПР {year} года {verdict}: проверено признаков {looked_for}, найдено {flagged}."
