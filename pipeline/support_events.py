"""One event is counted once: repeats of reported facts are marked, none is removed (methodology 8).

An event is a measure, a place (school, else municipality, else the region) and a day. Within one file lines of one
event with different evidence are different events, of those with the same evidence the larger counts; between files
the lines of one file alone count: the system's own proof before the institute's report, that before a municipality's,
of one provider the larger. The total of a day for a wider place counts with what the narrower places of that day do
not tell themselves.
"""

from datetime import date

import pandas as pd

from pipeline.schema import records
from pipeline.tables.support import SUPPORT_FACTS

PROVIDER_ORDER = ("system", "institute", "municipality")
Row = dict[str, object]


def count_events(reported: pd.DataFrame, schools: pd.DataFrame, day: date) -> pd.DataFrame:
    """One row per reported fact (`SUPPORT_FACTS`), with what of it counts and why the rest does not.

    Args:
        reported: `REPORTED_FACTS`, the system's own among them.
        schools: `SCHOOLS`; a fact of a school belongs to the school's municipality.
        day: facts of later days do not count.
    """
    places = dict(zip(schools["school_id"], schools["municipality_id"], strict=True))
    rows = records(SUPPORT_FACTS.typed(reported))
    rows.sort(key=lambda row: (row["file_id"], row["sheet_name"], row["row_number"], row["block_name"]))
    for row in rows:
        row["municipality_id"] = row["municipality_id"] or places.get(row["school_id"])
        row["left_out_code"] = _early_reason(row, day)
        row["counted_quantity"] = row["quantity"] if row["left_out_code"] is None else 0.0
    _mark_repeats(rows)
    _take_parts_from_totals(rows)
    for row in rows:
        row["is_counted"] = row["left_out_code"] is None
    return SUPPORT_FACTS.conform(pd.DataFrame(rows, columns=list(SUPPORT_FACTS.column_names)))


def _early_reason(row: Row, day: date) -> str | None:
    """Why a fact does not count whatever else was reported."""
    if pd.Timestamp(str(row["fact_date"])).date() > day:
        return "after_day"
    return "nothing_done" if row["quantity"] == 0 else None


def _mark_repeats(rows: list[Row]) -> None:
    """Leave out what was told before: all but the largest of the same line of a file, every file but one."""
    same_lines: dict[tuple[object, ...], list[Row]] = {}
    for row in rows:
        if row["left_out_code"] is None:
            evidence = " ".join(str(row["evidence_text"] or "").casefold().split())
            same_lines.setdefault((*_event(row), str(row["file_id"]), evidence), []).append(row)
    events: dict[tuple[object, ...], dict[str, list[Row]]] = {}
    for same in same_lines.values():
        taken = max(same, key=lambda row: _quantity([row]))  # of equal ones the first
        for row in same:
            if row is not taken:
                _leave_out(row, "repeated" if row["quantity"] == taken["quantity"] else "contradicted")
        events.setdefault(_event(taken), {}).setdefault(str(taken["file_id"]), []).append(taken)
    for told in events.values():
        best, *others = sorted(told.values(), key=_preference)
        total = _quantity(best)
        for lines in others:
            for row in lines:
                _leave_out(row, "repeated" if _quantity(lines) == total else "contradicted")


def _event(row: Row) -> tuple[object, ...]:
    return row["measure_number"], row["municipality_id"], row["school_id"], row["fact_date"]


def _preference(lines: list[Row]) -> tuple[int, float, str]:
    return PROVIDER_ORDER.index(str(lines[0]["provider_code"])), -_quantity(lines), str(lines[0]["file_id"])


def _quantity(lines: list[Row]) -> float:
    return sum(float(str(row["quantity"])) for row in lines)


def _take_parts_from_totals(rows: list[Row]) -> None:
    """Take from the totals of a day what its places tell themselves: those of schools first, then of both."""
    days: dict[tuple[object, object], list[Row]] = {}
    for row in rows:
        if row["left_out_code"] is None:
            days.setdefault((row["measure_number"], row["fact_date"]), []).append(row)
    for told in days.values():
        schools = [row for row in told if row["school_id"]]
        totals = [row for row in told if not row["school_id"] and row["municipality_id"]]
        for municipality in {row["municipality_id"] for row in totals}:
            of_it = [row for row in totals if row["municipality_id"] == municipality]
            _reduce(of_it, _counted([row for row in schools if row["municipality_id"] == municipality]))
        _reduce([row for row in told if not row["municipality_id"]], _counted([*schools, *totals]))


def _counted(rows: list[Row]) -> float:
    return sum(float(str(row["counted_quantity"])) for row in rows)


def _reduce(totals: list[Row], part: float) -> None:
    """Take a part from totals, one after another; a total that is told wholly by its places is left out."""
    for row in totals:
        own = float(str(row["counted_quantity"]))
        row["counted_quantity"] = own - min(own, part)
        part -= min(own, part)
        if row["counted_quantity"] == 0.0:
            _leave_out(row, "told_by_place")


def _leave_out(row: Row, code: str) -> None:
    row["left_out_code"], row["counted_quantity"] = code, 0.0
