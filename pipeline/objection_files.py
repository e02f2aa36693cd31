"""What people confirm, object to and decide, on disk: files of `decisions/`, and entries of `corrections/`.

Plain CSV and TOML that a person can read and mend; each is written whole in one step. A text that a spreadsheet would
take for a formula is kept as text.
"""

import csv
import io
import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pandas as pd

from pipeline import corrections
from pipeline.confirmation import FIGURES
from pipeline.errors import ConfigError
from pipeline.formula_guard import guarded
from pipeline.objections import CellCorrection
from pipeline.region import read_reference, reference_table
from pipeline.russian import number
from pipeline.schema import Table, records
from pipeline.store import write_whole
from pipeline.tables import reference
from pipeline.tables.orders import CONFIRMATIONS, OBJECTION_HISTORY, OBJECTIONS
from pipeline.tables.results import CELL_KEY

OBJECTIONS_FILE = "decisions/objections.csv"
HISTORY_FILE = "decisions/objection_history.csv"
CELL_COLUMNS = ("result_year", "procedure", "subject", "grade", "asked_value")
DECIDED_COLUMNS = ("decided_by", "decided_date", "why_text")


def load_objections(root: Path) -> pd.DataFrame:
    """One row per objection of all years (`OBJECTIONS`); empty where there is none.

    Raises:
        ConfigError: the file is not of its kind, or a hand has written there what cannot be: an objection of a school
            that does not exist, about no figure, with an impossible value, or decided by nobody.
    """
    path = root / OBJECTIONS_FILE
    if not path.is_file():
        return OBJECTIONS.empty()
    frame = read_reference(path, OBJECTIONS)
    known = reference_table(root, reference.SCHOOLS)["school_id"]
    strange = frame[~frame["school_id"].isin(known)]
    if not strange.empty:
        first = strange.iloc[0]
        raise ConfigError(
            f"Возражение № {first['number']} {first['year']} года — от школы «{first['school_id']}», которой нет "
            "в реестре",
            where=OBJECTIONS_FILE,
            remedy="исправьте код школы или добавьте её в reference/schools.csv",
        )
    for row in records(frame):
        if fault := _fault(row):
            raise ConfigError(
                f"Возражение № {row['number']} {row['year']} года: {fault}",
                where=OBJECTIONS_FILE,
                remedy="исправьте строку: возражения берут из возвращённых книг, вручную их не меняют",
            )
    return frame


def save_objections(root: Path, objections: pd.DataFrame) -> None:
    """Write every objection (`OBJECTIONS`)."""
    _save(root, OBJECTIONS_FILE, OBJECTIONS, objections)


def load_history(root: Path) -> pd.DataFrame:
    """One row per decision that was revised (`OBJECTION_HISTORY`); empty where none was."""
    path = root / HISTORY_FILE
    return read_reference(path, OBJECTION_HISTORY) if path.is_file() else OBJECTION_HISTORY.empty()


def save_history(root: Path, history: pd.DataFrame) -> None:
    """Write every decision that was revised (`OBJECTION_HISTORY`)."""
    _save(root, HISTORY_FILE, OBJECTION_HISTORY, history)


def load_confirmations(root: Path, year: int) -> pd.DataFrame:
    """One row per school asked to confirm its data (`CONFIRMATIONS`); empty where nothing was read yet."""
    path = root / _confirmations_file(year)
    return read_reference(path, CONFIRMATIONS) if path.is_file() else CONFIRMATIONS.empty()


def save_confirmations(root: Path, year: int, confirmations: pd.DataFrame) -> None:
    """Write the answers of a year (`CONFIRMATIONS`)."""
    _save(root, _confirmations_file(year), CONFIRMATIONS, confirmations)


def add_corrections(root: Path, entries: Iterable[CellCorrection]) -> tuple[str, ...]:
    """Append corrections to `corrections/<year of results>.toml`; one that already stands there is not added again.

    Returns:
        The files that were changed, by their path inside the region's folder.
    """
    declared = {(c.objection_id, c.key): c for c in corrections.load(root) if c.objection_id}
    texts: dict[str, str] = {}
    for entry in entries:
        key = (entry.school_id, entry.result_year, entry.procedure, entry.subject, entry.grade)
        standing = declared.get((entry.objection_id, key))
        if standing is not None:
            _refuse_other(standing, entry)
            continue
        name = f"corrections/{entry.result_year}.toml"
        if name not in texts:
            path = root / name
            texts[name] = path.read_text(encoding="utf-8").rstrip("\n") + "\n" if path.is_file() else ""
        texts[name] += ("\n" if texts[name].strip() else "") + corrections.entry_text(entry)
    for name, content in texts.items():
        try:
            tomllib.loads(content)
        except tomllib.TOMLDecodeError as error:
            raise ConfigError(
                "В файл исправлений нельзя добавить запись",
                where=name,
                remedy="каждое исправление в нём должно начинаться строкой [[correction]]",
            ) from error
    for name, content in texts.items():
        write_whole(root, name, content.encode())
    return tuple(sorted(texts))


def corrected_objections(root: Path) -> frozenset[str]:
    """The objections whose corrections count now (`objection_id`)."""
    return frozenset(c.objection_id for c in corrections.load(root) if c.objection_id)


def withdraw_correction(root: Path, objection_id: str) -> tuple[str, ...]:
    """Mark the correction that names an objection as withdrawn; it stays in its file and is no longer applied.

    Returns:
        The files that were changed, by their path inside the region's folder.
    """
    years = {c.key[CELL_KEY.index("year")] for c in corrections.load(root) if c.objection_id == objection_id}
    names = sorted(f"corrections/{year}.toml" for year in years)
    texts = {name: corrections.withdraw((root / name).read_text(encoding="utf-8"), objection_id) for name in names}
    for name, content in texts.items():
        write_whole(root, name, content.encode())
    return tuple(texts)


def _refuse_other(standing: corrections.Correction, entry: CellCorrection) -> None:
    """Refuse to take for written what somebody has changed since."""
    if standing.values != dict(entry.values):
        raise ConfigError(
            f"Исправление по возражению {entry.objection_id} уже есть, но с другим значением",
            where=standing.place,
            remedy="исправьте или удалите эту запись и повторите команду; решение не записано",
        )


def _fault(row: dict[str, Any]) -> str:
    """What cannot be true of a row of `OBJECTIONS`; empty where all can."""
    value = row["asked_value"]
    if row["column_name"] is not None:
        if row["column_name"] not in FIGURES:
            return f"показателя «{row['column_name']}» нет; бывает: {', '.join(FIGURES)}"
        lacking = [
            column.title for column in OBJECTIONS.columns if column.name in CELL_COLUMNS and row[column.name] is None
        ]
        if lacking:
            return f"не заполнено: {', '.join(lacking)}"
        if value < 0 or value % 1:
            return f"правильное значение «{number(value)}» — не целое число от 0"
    if row["decision_code"] != "undecided" and any(row[name] is None for name in DECIDED_COLUMNS):
        return "решено, но не сказано, кто решил, когда и почему"
    return ""


def _confirmations_file(year: int) -> str:
    return f"decisions/confirmations/{year}.csv"


def _save(root: Path, name: str, table: Table, frame: pd.DataFrame) -> None:
    """Write a table as CSV: UTF-8, commas, header row, days as ГГГГ-ММ-ДД, no formulas."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(table.column_names)
    kinds = {column.name: column.kind for column in table.columns}
    writer.writerows([_cell(kinds[key], value) for key, value in row.items()] for row in records(table.conform(frame)))
    write_whole(root, name, stream.getvalue().encode())


def _cell(kind: str, value: Any) -> str:
    if value is None:
        return ""
    if kind == "date":
        return f"{value:%Y-%m-%d}"
    if kind == "float":
        return f"{value:g}" if float(value).is_integer() and abs(value) < 1e6 else str(value)
    told = str(value)
    return guarded(told) if kind == "string" else told
