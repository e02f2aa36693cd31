"""The life of objections: new ones get numbers, the commission decides, accepted figures become corrections.

An objection keeps its number and words for ever. A decision is made once and can be revised: the first one goes to the
history, and what it corrected is withdrawn. What a figure is worth now is the published cell with every accepted
objection to it, so that two objections cannot quietly contradict each other.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import pandas as pd

from pipeline.russian import column_label, number
from pipeline.schema import records
from pipeline.tables.orders import OBJECTION_COLUMNS, OBJECTION_HISTORY, OBJECTIONS
from pipeline.tables.results import CELL_KEY

CELL = ("school_id", "result_year", "procedure", "subject", "grade")
SAME = ("school_id", *(column.name for column in OBJECTION_COLUMNS if column.name != "stated_value"))
GUARDS = ("tested_count", "low_count")
OUTCOMES = {"accepted": "принято", "rejected": "отклонено", "undecided": "не рассмотрено"}


@dataclass(frozen=True)
class Decision:
    """What the commission decides about one objection.

    Args:
        number: of the objection, within its year.
        is_accepted: accepted or rejected.
        by, on, why: who decides, when, for what reason.
    """

    number: int
    is_accepted: bool
    by: str
    on: date
    why: str


@dataclass(frozen=True)
class CellCorrection:
    """The entry of `corrections/<result_year>.toml` that an accepted objection becomes."""

    objection_id: str
    school_id: str
    result_year: int
    procedure: str
    subject: str
    grade: str
    guard: Mapping[str, int]
    values: Mapping[str, int]
    reason: str
    provider: str


@dataclass(frozen=True)
class Decided:
    """What came of decisions.

    Args:
        objections: `OBJECTIONS` with the decisions.
        corrections: what has to be written to `corrections/`.
        done: what was decided, a Russian line each.
        refused: decisions that were not taken and why, a Russian line each.
    """

    objections: pd.DataFrame
    corrections: tuple[CellCorrection, ...]
    done: tuple[str, ...]
    refused: tuple[str, ...]


@dataclass(frozen=True)
class Revision:
    """A decision on an objection that takes the place of an earlier one.

    Args:
        number: of the objection, within its year.
        outcome: "accepted", "rejected", or "undecided": the objection waits for its decision again.
        by, on, why: who revises, when, for what reason.
    """

    number: int
    outcome: str
    by: str
    on: date
    why: str


@dataclass(frozen=True)
class Revised:
    """What came of a revision.

    Args:
        objections: `OBJECTIONS` with the new decision.
        history: `OBJECTION_HISTORY` with the old one.
        withdrawn: the objection whose correction no longer counts (`objection_id`); empty where none does.
        correction: what has to be written to `corrections/`; None where nothing has.
        told: what was done, a Russian line.
        refused: why nothing was, a Russian line; empty where something was.
    """

    objections: pd.DataFrame
    history: pd.DataFrame
    withdrawn: str = ""
    correction: CellCorrection | None = None
    told: str = ""
    refused: str = ""


def register_new(
    known: pd.DataFrame, returned: pd.DataFrame, year: int, received_on: date
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """One row per objection (`OBJECTIONS`), old and new, and the new ones alone; what is known is not added again.

    Args:
        known: `OBJECTIONS` of all years.
        returned: `RETURNED_OBJECTIONS`; their order gives the numbers.
        year: year of decision.
        received_on: the day on which they were read.
    """
    own = known[known["year"] == year]
    seen = {_same(row) for row in records(own)}
    last = int(own["number"].max()) if len(own) else 0
    rows: list[dict[str, Any]] = []
    for row in records(returned.sort_values(["school_id", "file_id", "sheet_name", "row_number"])):
        if _same(row) in seen:
            continue
        seen.add(_same(row))
        told = {name: row[name] for name in ("school_id", *(column.name for column in OBJECTION_COLUMNS))}
        source = f"{row['file_id']}, лист «{row['sheet_name']}», строка {row['row_number']}"
        rows.append(
            told
            | {"year": year, "number": last + len(rows) + 1, "received_date": pd.Timestamp(received_on)}
            | {"decision_code": "undecided", "source_text": source}
        )
    if not rows:
        return OBJECTIONS.conform(known), OBJECTIONS.empty()
    new = OBJECTIONS.conform(pd.DataFrame(rows))
    return OBJECTIONS.conform(pd.concat([known, new], ignore_index=True) if len(known) else new), new


def decide(
    objections: pd.DataFrame,
    decisions: Iterable[Decision],
    results: pd.DataFrame,
    year: int,
    names: Mapping[str, str],
    history: pd.DataFrame | None = None,
) -> Decided:
    """The objections with the decisions that can be taken, the corrections that follow, and what is refused.

    Args:
        objections: `OBJECTIONS` of all years.
        decisions: what was decided, in any order.
        results: the published `RESULTS`, which may or may not hold earlier corrections already.
        year: year of decision of the objections.
        names: school_id -> name of the school.
        history: `OBJECTION_HISTORY`; None: nothing was ever revised.
    """
    rows = {row["number"]: row for row in records(objections[objections["year"] == year])}
    others = objections[objections["year"] != year]
    concerned = results[results["school_id"].isin([row["school_id"] for row in rows.values()])]
    cells = {tuple(row[name] for name in CELL_KEY): row for row in records(concerned)}
    taken_back = _taken_back(objections, history)
    corrections: list[CellCorrection] = []
    done, refused = [], []
    # What raises the number of pupils goes first: more low results may only fit among more pupils.
    for decision in sorted(decisions, key=lambda found: (_order(rows.get(found.number)), found.number)):
        row = rows.get(decision.number)
        fault = _fault(row, decision)
        if fault or row is None:
            refused.append(f"возражение № {decision.number}: {fault}")
            continue
        outcome = "отклонено"
        if decision.is_accepted:
            now = _now(row, cells, [*records(others), *rows.values()], taken_back)
            outcome, correction, fault = _accept(row, now, names)
            if fault:
                refused.append(f"возражение № {decision.number}: {fault}")
                continue
            corrections += [correction] if correction else []
        code = "accepted" if decision.is_accepted else "rejected"
        rows[decision.number] = row | _decision_cells(code, decision.by, decision.on, decision.why)
        done.append(f"возражение № {decision.number} ({names.get(row['school_id'], row['school_id'])}): {outcome}")
    decided = OBJECTIONS.typed(pd.DataFrame(list(rows.values()))) if rows else OBJECTIONS.empty()
    joined = pd.concat([frame for frame in (others, decided) if len(frame)], ignore_index=True) if rows else others
    return Decided(OBJECTIONS.conform(joined), tuple(corrections), tuple(done), tuple(refused))


def revise(
    objections: pd.DataFrame,
    history: pd.DataFrame,
    revision: Revision,
    results: pd.DataFrame,
    year: int,
    names: Mapping[str, str],
    corrected: frozenset[str],
) -> Revised:
    """The objections with a decision revised, its old decision in the history, and what happens to the correction.

    Args:
        objections: `OBJECTIONS` of all years.
        history: `OBJECTION_HISTORY`.
        revision: the new decision.
        results: the published `RESULTS`.
        year: year of decision of the objections.
        names: school_id -> name of the school.
        corrected: objections whose corrections count now (`objection_id`).
    """
    rows = records(objections)
    row = next((r for r in rows if (r["year"], r["number"]) == (year, revision.number)), None)
    cells = {tuple(cell[name] for name in CELL_KEY): cell for cell in records(results)}
    taken_back = _taken_back(objections, history)
    fault = _revision_fault(row, revision)
    if row is None or fault:
        return Revised(objections, history, refused=f"возражение № {revision.number}: {fault}")
    own_id, correction, withdrawn = objection_id(year, revision.number), None, ""
    outcome = OUTCOMES[revision.outcome]
    if row["decision_code"] == "accepted" and revision.outcome != "accepted" and own_id in corrected:
        withdrawn = own_id
        fault = _withdrawal_fault(row, rows, _now(row, cells, rows, taken_back))
        outcome += "; исправление отозвано"
    elif revision.outcome == "accepted" and row["decision_code"] != "accepted":
        outcome, correction, fault = _accept(row, _now(row, cells, rows, taken_back), names)
    if fault:
        return Revised(objections, history, refused=f"возражение № {revision.number}: {fault}")
    is_open = revision.outcome == "undecided"
    told = (None, None, None) if is_open else (revision.by, revision.on, revision.why)
    changed = [r | _decision_cells(revision.outcome, *told) if r is row else r for r in rows]
    return Revised(
        OBJECTIONS.conform(OBJECTIONS.typed(pd.DataFrame(changed))),
        _with_step(history, row, revision),
        withdrawn,
        correction,
        f"возражение № {revision.number} ({names.get(row['school_id'], row['school_id'])}): было "
        f"{OUTCOMES[row['decision_code']]}, теперь {outcome}",
    )


def objection_id(year: int, objection_number: int) -> str:
    """How a correction names its objection: «2026-3», year of decision and number."""
    return f"{year}-{objection_number}"


def _same(row: Mapping[str, Any]) -> tuple[Any, ...]:
    """What makes two lines one objection: everything said in it, whatever the case of the words."""
    return tuple(value.lower() if isinstance(value := row[name], str) else value for name in SAME)


def _order(row: Mapping[str, Any] | None) -> int:
    return 0 if row is not None and row["column_name"] == "tested_count" else 1


def _fault(row: Mapping[str, Any] | None, decision: Decision) -> str:
    """Why a decision cannot be taken at all; empty where it can."""
    if row is None:
        return "такого возражения нет"
    if not decision.by or not decision.why:
        return "не сказано, кто решил и почему"
    if row["decision_code"] != "undecided":
        word, day = OUTCOMES[row["decision_code"]], f"{row['decided_date']:%d.%m.%Y}"
        return f"уже {word} {day} ({row['decided_by']}); пересматривают его командой shnro objections revise"
    if decision.on < row["received_date"].date():
        return f"дата решения раньше даты возражения ({row['received_date']:%d.%m.%Y})"
    return ""


def _revision_fault(row: Mapping[str, Any] | None, revision: Revision) -> str:
    """Why a decision cannot be revised so; empty where it can."""
    if row is None:
        return "такого возражения нет"
    if not revision.by or not revision.why:
        return "не сказано, кто пересмотрел решение и почему"
    if row["decision_code"] == "undecided":
        return "ещё не рассмотрено: решение принимают командой shnro objections decide"
    if revision.on < row["decided_date"].date():
        return f"дата раньше пересматриваемого решения ({row['decided_date']:%d.%m.%Y})"
    if (row["decision_code"], row["decided_by"], row["why_text"]) == (revision.outcome, revision.by, revision.why):
        return "это же решение уже записано"
    return ""


def _withdrawal_fault(row: Mapping[str, Any], objections: list[dict[str, Any]], now: Mapping[str, Any] | None) -> str:
    """Why the correction of an objection cannot be withdrawn: another accepted one stands on it."""
    key, name = tuple(row[n] for n in CELL), row["column_name"]
    others = [
        o for o in objections if o["decision_code"] == "accepted" and tuple(o[n] for n in CELL) == key and o is not row
    ]
    for other in others:
        if other["column_name"] == name and row["asked_value"] in (other["stated_value"], other["asked_value"]):
            return f"на это значение опирается принятое возражение № {other['number']}; сначала пересмотрите его"
    if now is None or row["stated_value"] is None or name not in GUARDS:
        return ""
    after = dict(now) | {name: row["stated_value"]}
    if after["low_count"] > after["tested_count"]:
        low, tested = number(after["low_count"]), number(after["tested_count"])
        return f"низких результатов ({low}) стало бы больше, чем участников ({tested}); сначала пересмотрите другое"
    return ""


def _with_step(history: pd.DataFrame, row: Mapping[str, Any], revision: Revision) -> pd.DataFrame:
    """The history (`OBJECTION_HISTORY`) with a decision that is revised; one that stands there is not added again."""
    own = history[(history["year"] == row["year"]) & (history["number"] == row["number"])]
    step = {name: row[name] for name in ("year", "number", "decision_code", "decided_by", "decided_date", "why_text")}
    step |= {"revised_by": revision.by, "revised_date": pd.Timestamp(revision.on), "revised_why_text": revision.why}
    if any({name: old[name] for name in step} == step for old in records(own)):
        return history  # written by a command that was cut off before it had written the decision
    new = OBJECTION_HISTORY.typed(pd.DataFrame([step | {"step": len(own) + 1}]))
    return OBJECTION_HISTORY.conform(pd.concat([history, new], ignore_index=True) if len(history) else new)


def _decision_cells(code: str, by: str | None, on: date | None, why: str | None) -> dict[str, Any]:
    """What a decision says in a row of `OBJECTIONS`."""
    day = None if on is None else pd.Timestamp(on)
    return {"decision_code": code, "decided_by": by, "decided_date": day, "why_text": why}


def _taken_back(objections: pd.DataFrame, history: pd.DataFrame | None) -> list[dict[str, Any]]:
    """The objections that were accepted once and are not any more: published figures may still hold what they asked."""
    if history is None:
        return []
    once = {(row["year"], row["number"]) for row in records(history[history["decision_code"] == "accepted"])}
    rows = records(objections[objections["decision_code"] != "accepted"])
    return [row for row in rows if (row["year"], row["number"]) in once and row["column_name"]]


def _now(
    row: Mapping[str, Any],
    cells: Mapping[tuple[Any, ...], Mapping[str, Any]],
    objections: list[dict[str, Any]],
    taken_back: list[dict[str, Any]],
) -> dict[str, Any] | None:
    """What the cell is worth now: as published, with every accepted objection; None where there is no such cell.

    A figure that was corrected when it was published, and whose correction has been withdrawn since, is what it was.
    """
    key = tuple(row[name] for name in CELL)
    found = cells.get(key)
    if found is None:
        return None
    cell = dict(found)
    for old in taken_back:
        is_corrected = "corrections/" in str(cell["source_text"]) and cell[old["column_name"]] == old["asked_value"]
        if tuple(old[name] for name in CELL) == key and is_corrected:
            cell[old["column_name"]] = old["stated_value"]
    accepted = [o for o in objections if o["decision_code"] == "accepted" and tuple(o[n] for n in CELL) == key]
    changed = {
        o["column_name"]: o["asked_value"]
        for o in sorted(accepted, key=lambda o: (o["year"], o["decided_date"], o["number"]))
        if o["column_name"]
    }
    return cell | changed


def _accept(
    row: Mapping[str, Any], now: Mapping[str, Any] | None, names: Mapping[str, str]
) -> tuple[str, CellCorrection | None, str]:
    """What is said of an accepted objection, its correction if there is one, and why it cannot be accepted."""
    name, asked = row["column_name"], row["asked_value"]
    if name is None:
        return "принято; данные не меняются, решение о перечне — за комиссией", None, ""
    if now is None:
        return "", None, "такого результата в опубликованных данных больше нет; повторите расчёт и проверьте"
    if now[name] == asked:
        return "принято; в данных уже стоит это значение", None, ""
    if now[name] != row["stated_value"]:
        was, seen = (number(v) if v is not None else "нет значения" for v in (row["stated_value"], now[name]))
        return "", None, f"школа возражала против значения {was}, а теперь в данных {seen}; уточните у школы"
    after = dict(now) | {name: asked}
    if after["low_count"] > after["tested_count"]:
        low, tested = number(after["low_count"]), number(after["tested_count"])
        return "", None, f"низких результатов ({low}) стало бы больше, чем участников ({tested})"
    guard = {name: int(now[name])} if now[name] is not None else {n: int(now[n]) for n in GUARDS}
    school = names.get(row["school_id"], row["school_id"])
    document = f": {row['document_text']}" if row["document_text"] else ""
    correction = CellCorrection(
        objection_id(row["year"], row["number"]),
        school_id=row["school_id"],
        result_year=row["result_year"],
        procedure=row["procedure"],
        subject=row["subject"],
        grade=row["grade"],
        guard=guard,
        values={name: int(asked)},
        reason=row["ground_text"],
        provider=f"Выверка данных {row['year']} года, возражение № {row['number']}, {school}{document}",
    )
    was = number(now[name]) if now[name] is not None else "не было"
    told = f"принято; исправление: {column_label(name)} {was} → {number(asked)} (corrections/{row['result_year']}.toml)"
    return told, correction, ""
