"""What the papers of a list say of its schools: rows with figures and words, the same for the note and the workbook.

Rows are by municipality and school in the order of the alphabet, never by figures. For the department itself: figures
beside the name of a school do not leave it.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

import pandas as pd

from pipeline.objectivity import MARKER_RULES
from pipeline.reasons import REASON_CODES
from pipeline.register import alphabetical
from pipeline.russian import number
from pipeline.schema import records

Row = dict[str, Any]

AT_BORDER = "у границы перечня; различие статистически не установлено"
STATUS_WORDS: Mapping[str, str] = {
    "selected": "в перечне",
    "reserve": "резерв",
    "not_selected": "не включена",
    "insufficient_data": "данных недостаточно: решают эксперты",
    "excluded": "в отборе не участвует",
}
RELIABILITY_WORDS: Mapping[str, str] = {"firm": "твёрдая", "moderate": "умеренная", "thin": "слабая: данных мало"}
ACTION_WORDS: Mapping[str, str] = {"include": "включить", "exclude": "не включать", "observe": "под наблюдение"}
MARKER_WORDS: Mapping[str, str] = {rule.marker_code: rule.title for rule in MARKER_RULES}


@dataclass(frozen=True)
class ListFacts:
    """One computed list and what is known about it.

    Args:
        year: year of decision.
        capacity: places of the list.
        interval_level: with which probability the interval of the index holds its true value.
        selection: `SELECTION`.
        stability: `STABILITY`.
        variants: `LIST_DEPENDENCE`.
        dependence: `SCHOOL_DEPENDENCE`.
        reconciliation: `LIST_RECONCILIATION` with `list_text` and `relation_text`, its codes in words.
        objectivity: `OBJECTIVITY`; a school is the one that held the exam.
        objections: `OBJECTIONS`.
        decisions: `COMMISSION_DECISIONS`.
        areas: names of municipalities by code.
    """

    year: int
    capacity: int
    interval_level: float
    selection: pd.DataFrame
    stability: pd.DataFrame
    variants: pd.DataFrame
    dependence: pd.DataFrame
    reconciliation: pd.DataFrame
    objectivity: pd.DataFrame
    objections: pd.DataFrame
    decisions: pd.DataFrame
    areas: Mapping[str, str]

    @cached_property
    def schools(self) -> tuple[Row, ...]:
        """One row per school of the decision: its choice, its figures, its words."""
        fitted = {row["school_id"]: row for row in records(self.stability)}
        rows = [_school_row(row, fitted.get(row["school_id"]), self.areas) for row in records(self.selection)]
        return tuple(in_order(rows))

    def those(self, holds: Callable[[Row], bool]) -> list[Row]:
        """The schools of which something holds, numbered from 1."""
        return numbered(row for row in self.schools if holds(row))

    @property
    def listed(self) -> list[Row]:
        """The schools of the list."""
        return self.those(lambda row: row["status_code"] == "selected")

    @property
    def at_border(self) -> list[Row]:
        """Schools of which the difference from the border is not established, on the list and off it."""
        return self.those(lambda row: bool(row["is_in_corridor"]))

    @property
    def entered(self) -> list[Row]:
        """Schools of the list that are not on the list in force."""
        return self.those(lambda row: row["status_code"] == "selected" and not row["is_on_list"])

    @property
    def left(self) -> list[Row]:
        """Schools of the list in force that this list does not hold."""
        return self.those(lambda row: row["status_code"] != "selected" and row["is_on_list"])

    @property
    def stayed(self) -> list[Row]:
        """Schools of the list in force that stay."""
        return self.those(lambda row: row["status_code"] == "selected" and row["is_on_list"])

    @property
    def on_vpr_alone(self) -> list[Row]:
        """Schools of the list about whose final exams nothing is known."""
        return self.those(lambda row: row["status_code"] == "selected" and row["is_vpr_only"])

    @property
    def unjudged(self) -> list[Row]:
        """Schools about which experts decide."""
        return self.those(lambda row: row["status_code"] == "insufficient_data")

    @property
    def unconfirmed(self) -> tuple[float, int]:
        """How many places better data are expected not to confirm, of how many that have a probability."""
        known = [row["probability"] for row in self.listed if row["probability"] is not None]
        return float(sum(1 - value for value in known)), len(known)

    @property
    def has_earlier_list(self) -> bool:
        """Whether a list is in force that this one can be compared with."""
        return any(row["is_on_list"] for row in self.schools)

    @cached_property
    def tried(self) -> list[Row]:
        """One row per other way of making the list, in words."""
        rows = []
        for row in records(self.variants.sort_values("variant_number")):
            is_tried = row["outcome_code"] == "decided"
            note = row["note_text"] or ("" if is_tried else "не проверено")
            rows.append({**row, "note_text": note, "is_tried": is_tried})
        return rows

    @property
    def dependent(self) -> list[Row]:
        """Schools of the list that at least one other way of making it would not include."""
        titles = {row["variant_code"]: row["title"] for row in self.tried}
        own = {row["school_id"]: row for row in records(self.dependence)}
        rows = []
        for row in self.listed:
            found = own.get(row["school_id"])
            if found is None or found["is_same_always"]:
                continue
            codes = [code for code in str(found["differing_codes"] or "").split(";") if code]
            excluding = sorted(titles.get(code, code) for code in codes)
            counted = {"variant_count": found["variant_count"], "selecting_count": found["selecting_count"]}
            rows.append({**row, **counted, "excluding_text": "; ".join(excluding)})
        return numbered(rows)

    @cached_property
    def doubted(self) -> list[Row]:
        """Schools whose ВПР of the year are no good evidence, with the signs that were found."""
        statuses = {row["school_id"]: row for row in self.schools}
        rows = []
        for row in records(self.objectivity):
            if row["year"] != self.year or not row["is_vpr_doubtful"] or row["school_id"] not in statuses:
                continue
            codes = [code for code in str(row["marker_codes"]).split(";") if code]
            signs = "; ".join(MARKER_WORDS.get(code, code) for code in codes)
            counted = {"judged_count": row["judged_count"], "flagged_count": row["flagged_count"]}
            rows.append({**statuses[row["school_id"]], **counted, "signs_text": signs})
        return numbered(in_order(rows))

    @cached_property
    def federal(self) -> list[Row]:
        """One row per federal list and school on it or on ours."""
        rows = records(self.reconciliation)
        for row in rows:
            row["municipality"], row["school"] = row["municipality_name"], row["school_name"]
        return numbered(sorted(rows, key=lambda row: (row["list_code"], _place(row))))

    @cached_property
    def open_objections(self) -> list[Row]:
        """Objections of the year that nobody has decided about."""
        is_open = (self.objections["year"] == self.year) & (self.objections["decision_code"] == "undecided")
        names = {row["school_id"]: row for row in self.schools}
        rows = []
        for row in records(self.objections[is_open].sort_values("number")):
            school = names.get(row["school_id"], {"municipality": "", "school": row["school_id"], "status": ""})
            told = {name: school[name] for name in ("municipality", "school", "status")}
            rows.append({**row, **told, "document_text": row["document_text"] or ""})
        return rows

    @cached_property
    def decided(self) -> list[Row]:
        """The commission's decisions of the year that are in force."""
        names = {row["school_id"]: row for row in self.schools}
        rows = [
            {
                **names[row["school_id"]],
                **row,
                "action": ACTION_WORDS[row["action"]],
                "date": date.fromisoformat(row["date"]),
                "review_date": row["review_date"] and date.fromisoformat(row["review_date"]),
            }
            for row in records(self.decisions[self.decisions["year"] == self.year])
            if row["school_id"] in names
        ]
        return numbered(in_order(rows))


def in_order(rows: Iterable[Row]) -> list[Row]:
    """Rows by municipality and school, as a dictionary puts them."""
    return sorted(rows, key=_place)


def numbered(rows: Iterable[Row]) -> list[Row]:
    """The rows with `number` from 1."""
    return [{**row, "number": number} for number, row in enumerate(rows, start=1)]


def _place(row: Row) -> tuple[Any, ...]:
    return alphabetical(row["municipality"]), alphabetical(row["school"]), row["school_id"]


def _school_row(row: Row, fitted: Row | None, areas: Mapping[str, str]) -> Row:
    """A school's choice with its figures of the model; a school that the model does not know has none."""
    codes = str(row["reason_codes"]).split(";")
    found: Row = {
        **row,
        "municipality": areas.get(row["municipality_id"], row["municipality_id"]),
        "school": row["school_name"],
        "status": "не включена решением комиссии"
        if "commission_exclude" in codes
        else STATUS_WORDS[row["status_code"]],
        "reasons": " ".join(REASON_CODES[code] for code in REASON_CODES if code in codes),
        "change": _change(row),
        "reliability_word": "",
        "low_text": "",
        "years_text": "",
        "low_count": None,
        "expected_low_count": None,
        "window_tested_count": None,
        "years_count": None,
        "remark": _remark(row),
    }
    if fitted is not None:
        found |= {name: fitted[name] for name in ("low_count", "expected_low_count", "years_count")}
        found["window_tested_count"] = fitted["tested_count"]
        found["reliability_word"] = RELIABILITY_WORDS[fitted["reliability_code"]]
        found["years_text"] = f"{fitted['low_years_count']} из {fitted['years_count']}"
        found["low_text"] = (
            f"{number(fitted['low_count'])} из {number(fitted['tested_count'])}; "
            f"ожидалось {number(round(fitted['expected_low_count']))}"
        )
    return found


def _change(row: Row) -> str:
    """What becomes of a school against the list in force."""
    if row["status_code"] == "selected":
        return "остаётся" if row["is_on_list"] else "новая"
    return "не входит, состоит в действующем" if row["is_on_list"] else ""


def _remark(row: Row) -> str:
    """What a reader must not miss beside the figures."""
    told = [AT_BORDER] * bool(row["is_in_corridor"]) + ["только по ВПР"] * bool(row["is_vpr_only"])
    told += ["решение твёрдое"] * bool(row["is_firm"])
    return "; ".join(told)
