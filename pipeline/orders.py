"""The life of a list (methodology 10): states of an order, how long a list is in force, who stands on it on a day.

A list of year Y is in force from the day of its order to 31 August Y+1, or until the next list, if that comes first;
a list whose order has no known day counts from 1 September Y. A signed order never changes: that it is amended or no
longer in force follows from other orders and from the day on which one asks.
"""

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from typing import Any

import pandas as pd

from pipeline.errors import ConfigError
from pipeline.lineage import reorganisation_on, successor_on
from pipeline.reasons import REASON_CODES
from pipeline.register import municipality_names
from pipeline.russian import day_text
from pipeline.schema import records
from pipeline.tables.orders import LIST_DIFFERENCES, LISTED_SCHOOLS, ORDER_SCHOOLS, ORDERS

Row = dict[str, Any]
Names = Mapping[str, tuple[str, str]]

UNSIGNED = ("draft", "in_approval")
# What may happen to an order, and what state it is in then. «Draft» on an order in approval: it came back for changes.
TRANSITIONS: Mapping[tuple[str, str], str] = {
    ("draft", "draft"): "draft",
    ("in_approval", "draft"): "draft",
    ("draft", "submit"): "in_approval",
    ("draft", "sign"): "signed",
    ("in_approval", "sign"): "signed",
    ("signed", "amend"): "amended",
    ("amended", "amend"): "amended",
    ("signed", "expire"): "void",
    ("amended", "expire"): "void",
}
STATUS_WORDS: Mapping[str, str] = {
    "draft": "проект",
    "in_approval": "на согласовании",
    "signed": "утверждён",
    "amended": "изменён",
    "void": "утратил силу",
}
EVENT_WORDS: Mapping[str, str] = {
    "draft": "составить проект заново",
    "submit": "направить на согласование",
    "sign": "подписать",
    "amend": "внести изменения",
    "expire": "считать утратившим силу",
}
REORGANISED: Mapping[str, str] = {"merged": "присоединена", "renamed": "переименована", "branch": "стала филиалом"}


def next_status(status: str, event: str, order_id: str) -> str:
    """The state of an order after an event.

    Raises:
        ConfigError: in this state the event is not allowed.
    """
    if (status, event) not in TRANSITIONS:
        raise ConfigError(
            f"Приказ в состоянии «{STATUS_WORDS[status]}» нельзя {EVENT_WORDS[event]}",
            where=f"decisions/orders/{order_id}",
            remedy="подписанное меняют только новым приказом: shnro order amend",
        )
    return TRANSITIONS[status, event]


def school_names(schools: pd.DataFrame, municipalities: pd.DataFrame, year: int) -> dict[str, tuple[str, str]]:
    """Name of each school of the register and of its municipality in a year, by `school_id`."""
    places = municipality_names(municipalities, year)
    return {
        str(row["school_id"]): (str(row["school_name"]), places.get(str(row["municipality_id"]), ""))
        for row in records(schools)
    }


def orders_on(orders: pd.DataFrame, day: date) -> pd.DataFrame:
    """One row per order (`ORDERS`), with the state it is in on a day and the days between which it is in force.

    Args:
        orders: orders as they are kept (`ORDERS`): drafts, in approval, signed.
        day: the day on which one asks; an order signed later stands as signed, with its later date.
    """
    rows = [_with_force(row) for row in records(ORDERS.typed(orders))]
    lists = _signed(rows, "list")
    for row in lists:
        end = date(row["year"] + 1, 8, 31)
        later = [other["valid_from_date"] for other in lists if other["year"] > row["year"]]
        row["valid_to_date"] = max(min([end, *(d - timedelta(days=1) for d in later)]), row["valid_from_date"])
    for row in _signed(rows, "amendment"):
        row["valid_to_date"] = _list_of(rows, row["year"])["valid_to_date"]
    for row in _signed(rows):
        changes = [a for a in _signed(rows, "amendment") if a["replaces_id"] == row["order_id"]]
        if any(a["valid_from_date"] <= day for a in changes):
            row["status_code"] = next_status(row["status_code"], "amend", row["order_id"])
    for row in rows:
        if row["valid_to_date"] is not None and row["valid_to_date"] < day:
            row["status_code"] = next_status(row["status_code"], "expire", row["order_id"])
    return ORDERS.conform(pd.DataFrame(rows, columns=list(ORDERS.column_names)))


def list_of_year(
    orders: pd.DataFrame,
    order_schools: pd.DataFrame,
    lineage: pd.DataFrame,
    year: int,
    names: Names,
    day: date | None = None,
) -> pd.DataFrame:
    """One row per school on the signed list of a year (`LISTED_SCHOOLS`), all its amendments applied.

    A school closed without a successor keeps its row and says so in `left_text`. Empty where no list of the year was
    signed.

    Args:
        orders: `ORDERS`.
        order_schools: `ORDER_SCHOOLS`.
        lineage: `SCHOOL_LINEAGE`.
        year: year of the list.
        names: names of schools and municipalities (`school_names`), for successors.
        day: reorganisations up to this day count, while the list is in force; None: up to its last order.
    """
    signed = [row for row in _signed(_dated(orders_on(orders, date(year, 9, 1)))) if row["year"] == year]
    if not signed:
        return LISTED_SCHOOLS.empty()
    end = None if day is None else min(day, _list_of(signed, year)["valid_to_date"])
    return _composed(signed, order_schools, lineage, year, names, end)


def list_as_of(
    orders: pd.DataFrame, order_schools: pd.DataFrame, lineage: pd.DataFrame, day: date, names: Names
) -> pd.DataFrame:
    """One row per school on the list in force on a day (`LISTED_SCHOOLS`): orders and reorganisations up to the day.

    Empty where no list was in force. The other arguments are those of `list_of_year`.
    """
    year = year_in_force(orders, day)
    if year is None:
        return LISTED_SCHOOLS.empty()
    known = [row for row in _signed(_dated(orders_on(orders, day))) if row["valid_from_date"] <= day]
    return _composed([row for row in known if row["year"] == year], order_schools, lineage, year, names, day)


def year_in_force(orders: pd.DataFrame, day: date) -> int | None:
    """The year of the list in force on a day; None where none is."""
    lists = _signed(_dated(orders_on(orders, day)), "list")
    return max((r["year"] for r in lists if r["valid_from_date"] <= day <= r["valid_to_date"]), default=None)


def in_force(listed: pd.DataFrame) -> pd.DataFrame:
    """The rows of a list whose schools stand on it still: not closed without a successor."""
    return listed[listed["left_text"].isna()]


def drafted_schools(appendix: pd.DataFrame, selection: pd.DataFrame, order_id: str) -> pd.DataFrame:
    """One row per school of the draft of a list (`ORDER_SCHOOLS`): the computed list and its reasons in words.

    Args:
        appendix: `ORDER_APPENDIX`.
        selection: `SELECTION`.
        order_id: the order's.
    """
    reasons = _reasons(selection)
    rows = appendix[["school_id", "school_name", "municipality_name"]].assign(
        order_id=order_id, action_code="include", ground_text=[reasons[str(s)] for s in appendix["school_id"]]
    )
    return ORDER_SCHOOLS.conform(rows)


def differences(
    listed: pd.DataFrame,
    selection: pd.DataFrame | None,
    decisions: pd.DataFrame,
    names: Names,
    year: int,
) -> pd.DataFrame:
    """One row per school by which the computed list differs from the signed one (`LIST_DIFFERENCES`), with the cause.

    A school that took the place of a listed one is told («succeeded») and is no change of the list.

    Args:
        listed: the signed list (`LISTED_SCHOOLS`), successors in place.
        selection: the computed choice (`SELECTION`); None where there is no calculation: decisions alone change a list.
        decisions: the commission's for the year (`COMMISSION_DECISIONS`); they may be newer than the choice.
        names: names of schools and municipalities (`school_names`).
        year: year of the list.
    """
    # To observe a school changes no list.
    is_deciding = (decisions["year"] == year) & decisions["action"].isin(["include", "exclude"])
    decided = {row["school_id"]: row for row in records(decisions[is_deciding])}
    if selection is None:
        computed, reasons = set(in_force(listed)["school_id"].astype(str)), {}
    else:
        computed = set(selection.loc[selection["status_code"] == "selected", "school_id"].astype(str))
        reasons = _reasons(selection)
    computed |= {school for school, row in decided.items() if row["action"] == "include"}
    computed -= {school for school, row in decided.items() if row["action"] == "exclude"}
    signed = {str(row["school_id"]): row for row in records(listed)}
    rows: list[Row] = []
    for school_id in sorted(computed | set(signed)):
        own = signed.get(school_id)
        change, reason = _change(own, school_id in computed)
        if change is None:
            continue
        if reason is None:
            reason = _decision_text(decided.get(school_id)) or reasons.get(school_id, "В отборе этого года школы нет.")
        told = (own["school_name"], own["municipality_name"]) if own is not None else (school_id, "")
        name, place = names.get(school_id, told)
        rows.append(
            {
                "year": year,
                "school_id": school_id,
                "school_name": name,
                "municipality_name": place,
                "change_code": change,
                "reason_text": reason,
            }
        )
    return LIST_DIFFERENCES.conform(pd.DataFrame(rows, columns=list(LIST_DIFFERENCES.column_names)))


def amendment_schools(found: pd.DataFrame, order_id: str) -> pd.DataFrame:
    """One row per school that an amendment includes or excludes (`ORDER_SCHOOLS`), from the differences."""
    changed = found[found["change_code"].isin(["entered", "left"])]
    rows = changed[["school_id", "school_name", "municipality_name"]].assign(
        order_id=order_id,
        action_code=changed["change_code"].map({"entered": "include", "left": "exclude"}),
        ground_text=changed["reason_text"],
    )
    return ORDER_SCHOOLS.conform(rows)


def _change(own: Row | None, is_computed: bool) -> tuple[str | None, str | None]:
    """What differs about one school, and the cause where the signed list itself knows it."""
    if own is None:
        return "entered", None
    if own["left_text"] is not None:
        return "left", str(own["left_text"])
    if not is_computed:
        return "left", None
    return (None, None) if own["succeeds_text"] is None else ("succeeded", str(own["succeeds_text"]))


def _decision_text(decision: Row | None) -> str | None:
    return None if decision is None else f"Решение комиссии от {day_text(str(decision['date']))}: {decision['why']}"


def _reasons(selection: pd.DataFrame) -> dict[str, str]:
    """The reasons of every school in words."""
    return {
        str(row["school_id"]): " ".join(REASON_CODES[code] for code in str(row["reason_codes"]).split(";") if code)
        for row in records(selection)
    }


def _composed(
    signed: list[Row],
    order_schools: pd.DataFrame,
    lineage: pd.DataFrame,
    year: int,
    names: Names,
    day: date | None,
) -> pd.DataFrame:
    """A list after its orders, one after another; successors take over before each order, and at last on the day."""
    members: dict[str, Row] = {}
    for order in sorted(signed, key=lambda row: (row["kind_code"] != "list", row["valid_from_date"], row["order_id"])):
        own = order_schools[order_schools["order_id"] == order["order_id"]].sort_values("school_id")
        from_day = order["valid_from_date"]
        members = _carried(members, lineage, from_day, names)
        for school in records(own):
            if school["action_code"] == "include":
                members.setdefault(school["school_id"], _member(school, order))
                continue
            # An amendment may still call a school by the name it bore in the list.
            bearer = successor_on(lineage, school["school_id"], from_day)
            members.pop(bearer or school["school_id"], None)
        members = _carried(members, lineage, from_day, names)
    if day is not None:
        members = _carried(members, lineage, day, names)
    table = [{**member, "year": year} for member in members.values()]
    return LISTED_SCHOOLS.conform(pd.DataFrame(table, columns=list(LISTED_SCHOOLS.column_names)))


def _member(school: Row, order: Row) -> Row:
    """A row of the list as an order puts it there."""
    return {
        "school_id": school["school_id"],
        "school_name": school["school_name"],
        "municipality_name": school["municipality_name"],
        "order_id": order["order_id"],
        "number": order["number"],
        "since_date": order["valid_from_date"],
        "ground_text": school["ground_text"],
        "succeeds_text": None,
        "left_text": None,
    }


def _carried(members: dict[str, Row], lineage: pd.DataFrame, day: date, names: Names) -> dict[str, Row]:
    """The members with successors in place of reorganised schools; a closed school keeps its row and says why."""
    touched = {str(school_id) for school_id in lineage["school_id"]} & set(members)
    carried = {school_id: member for school_id, member in members.items() if school_id not in touched}
    # A successor that stands on the list itself keeps its own row.
    for school_id in sorted(touched, key=lambda s: (successor_on(lineage, s, day) != s, s)):
        member, successor = members[school_id], successor_on(lineage, school_id, day)
        if successor == school_id:
            carried[school_id] = member
            continue
        step = reorganisation_on(lineage, school_id, day)
        assert step is not None, "a school changes its bearer by a reorganisation only"
        if successor is None:
            ground = f": {step['ground']}" if step["ground"] and step["successor_id"] is None else ""
            carried[school_id] = {**member, "left_text": f"Закрыта без преемника{ground}."}
            continue
        how = REORGANISED.get(step["lineage_kind"], "реорганизована")
        name, place = names.get(successor, (member["school_name"], member["municipality_name"]))
        heir = {"school_id": successor, "school_name": name, "municipality_name": place}
        told = {"succeeds_text": f"Вместо школы {school_id} {member['school_name']}: {how}."}
        carried.setdefault(successor, {**member, **heir, **told})
    return carried


def _with_force(row: Row) -> Row:
    """An order whose signed row has the day from which it is in force."""
    if row["status_code"] in UNSIGNED:
        return {**row, "valid_from_date": None, "valid_to_date": None}
    return {**row, "valid_from_date": _day(row["signed_date"]) or date(row["year"], 9, 1), "valid_to_date": None}


def _dated(orders: pd.DataFrame) -> list[Row]:
    """The orders as rows whose days are dates."""
    days = ("signed_date", "valid_from_date", "valid_to_date")
    return [{**row, **{name: _day(row[name]) for name in days}} for row in records(orders)]


def _day(value: Any) -> date | None:
    """A stored day as a date."""
    return None if value is None else pd.Timestamp(value).date()


def _signed(rows: Iterable[Row], kind: str | None = None) -> list[Row]:
    return [row for row in rows if row["status_code"] not in UNSIGNED and kind in (None, row["kind_code"])]


def _list_of(rows: Iterable[Row], year: int) -> Row:
    """The signed list of a year."""
    found = [row for row in _signed(rows, "list") if row["year"] == year]
    assert len(found) == 1, f"{year}: {len(found)} signed lists"
    return found[0]
