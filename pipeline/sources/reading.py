"""What a reader of files is, how a sheet is recognised by its header, and the account of every row.

A reader is a `Layout`: a fingerprint of the header and a function that puts each record of a sheet into an `Account`,
as kept in a declared table or as rejected with a reason. The account closes only when every record is in one of both.
"""

import hmac
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import pandas as pd
import pyarrow as pa

from pipeline.schema import Table
from pipeline.sources.grid import Cell, Sheet, SourceFile, is_blank, text
from pipeline.tables.sources import PLACE_KEY, REJECTS

HEADER_SEARCH_ROWS = 20
SCORE_LIKE = re.compile(r"[+-]?\d{1,3}([.,]\d+)?")


@dataclass(frozen=True)
class Fingerprint:
    """What the header of a layout looks like.

    Args:
        columns: regular expressions, each to be found in some cell of the header row (`header_text` of it).
        above: regular expressions, each to be found in some cell above the header row (title, parameters).
        labels: the columns as the operator would call them, for messages; same length as `columns`.
        sheet_name: a regular expression to be found in the name of the sheet; empty where the name does not matter.
    """

    columns: tuple[str, ...]
    above: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    sheet_name: str = ""

    @property
    def demand_count(self) -> int:
        """How much the layout demands of a sheet: the most demanding of several that fit is the right one."""
        return len(self.columns) + len(self.above) + bool(self.sheet_name)


@dataclass(frozen=True)
class Recognition:
    """How well a sheet fits a fingerprint: share of the demands met, the header row (0-based) and what is missing."""

    share: float
    header_index: int
    missing: tuple[str, ...]


@dataclass(frozen=True)
class ReadingContext:
    """What a reader may know besides the sheet.

    Args:
        file: the file being read.
        subjects: (procedure, spelling in lower case) -> subject, from the reference table `subjects`.
        key: secret of this run for pupils' keys; never written anywhere.
    """

    file: SourceFile
    subjects: Mapping[tuple[str, str], str]
    key: bytes = field(repr=False, default=b"")

    def subject(self, procedure: str, spelling: str) -> str | None:
        """The project's code of a subject as a file names it, or None."""
        return self.subjects.get((procedure, header_text(spelling)))

    def pupil_key(self, *parts: Cell) -> str | None:
        """A keyed hash of what identifies a pupil (document, code); None where nothing does. Lives in memory only."""
        told = [text(part).lower() for part in parts]
        return hmac.digest(self.key, "\x1f".join(told).encode(), "sha256").hex() if any(told) else None


@dataclass(frozen=True)
class Reading:
    """What one file gave: conformed frames by table name, rejects, and the count of records that were read."""

    file: SourceFile
    layout_id: str
    tables: Mapping[str, pd.DataFrame]
    rejects: pd.DataFrame
    read_count: int

    @cached_property
    def kept_count(self) -> int:
        """Records that are in some table; a record that yields several rows counts once."""
        within_file = [name for name in PLACE_KEY if name != "file_id"]
        places = [frame[within_file] for frame in self.tables.values() if not frame.empty]
        return len(pd.concat(places).drop_duplicates()) if places else 0

    @property
    def rejected_count(self) -> int:
        """Records that are in no table."""
        return len(self.rejects)


class Account:
    """The bookkeeping of one file: every record that is announced must be kept or rejected, exactly once."""

    def __init__(self, file: SourceFile) -> None:
        self.file = file
        self.layout_ids: list[str] = []
        self._announced = 0
        self._frames: dict[str, tuple[Table, list[pd.DataFrame]]] = {}
        self._rows: dict[str, tuple[Table, list[dict[str, object]]]] = {}
        self._rejects: list[dict[str, object]] = []

    def announce(self, count: int) -> None:
        """Say how many records of a sheet are about to be read, counted before any is interpreted."""
        self._announced += count

    def keep(self, table: Table, sheet: str, row_number: int, block: str = "", **values: object) -> None:
        """Keep one row of a table, from the record at this place."""
        rows = self._rows.setdefault(table.name, (table, []))[1]
        rows.append(self._place(sheet, row_number, block) | values)

    def keep_frame(self, table: Table, frame: pd.DataFrame, sheet: str) -> None:
        """Keep many rows at once: `frame` has the table's columns except `file_id` and `sheet_name`."""
        placed = frame.assign(file_id=self.file.file_id, sheet_name=sheet)
        if "block_name" not in placed.columns:
            placed = placed.assign(block_name="")
        self._frames.setdefault(table.name, (table, []))[1].append(placed)

    def reject(
        self,
        sheet: str,
        row_number: int,
        reason_code: str,
        *,
        block: str = "",
        column: str = "",
        value: Cell = None,
        is_service: bool = False,
    ) -> None:
        """Reject the record at this place; `value` must be nothing that identifies a pupil."""
        self._rejects.append(
            self._place(sheet, row_number, block)
            | {
                "stage_name": "read",
                "reason_code": reason_code,
                "column_name": column,
                "value_text": text(value)[:200] or None,
                "is_service": is_service,
            }
        )

    def close(self) -> Reading:
        """The reading of the file; rows that do not fit their table become rejects, and the account must balance."""
        tables: dict[str, pd.DataFrame] = {}
        frames = {name: (table, list(found)) for name, (table, found) in self._frames.items()}
        for name, (table, rows) in self._rows.items():
            frames.setdefault(name, (table, []))[1].append(pd.DataFrame(rows))
        for name, (table, found) in frames.items():
            whole = pd.concat(found, ignore_index=True)
            good, bad = table.split(whole)
            if not bad.empty:
                # One bad row of a record rejects the whole record: a distribution without one score is no distribution.
                is_bad_record = _in(good, whole.loc[bad.index])
                good = good[~is_bad_record]
                self._reject_frame(table, whole.loc[bad.index], bad)
            tables[name] = good.reset_index(drop=True)
        rejects = REJECTS.conform(pd.DataFrame(self._rejects)) if self._rejects else REJECTS.empty()
        layout_id = "+".join(sorted(set(self.layout_ids)))
        reading = Reading(self.file, layout_id, tables, rejects, self._announced)
        counts = (reading.read_count, reading.kept_count, reading.rejected_count)
        assert counts[0] == counts[1] + counts[2], f"{self.file.file_id}: read, kept, rejected are {counts}"
        return reading

    def _reject_frame(self, table: Table, rows: pd.DataFrame, reasons: pd.DataFrame) -> None:
        """Reject the records of rows that do not fit their table, each record once, with its first reason."""
        joined = rows.assign(reason_code=reasons["reason_code"], column_name=reasons["column_name"])
        records = joined.drop_duplicates(list(PLACE_KEY)).astype("object")
        # A missing value is shown as a blank, not as the text "nan".
        for record in records.where(records.notna(), None).to_dict("records"):
            column = str(record["column_name"])
            self.reject(
                str(record["sheet_name"]),
                int(record["row_number"]),
                str(record["reason_code"]),
                block=str(record["block_name"]),
                column=column,
                value=None if "," in column or column == "pupil_key" else shown_value(table, record.get(column)),
            )

    def _place(self, sheet: str, row_number: int, block: str) -> dict[str, object]:
        return {"file_id": self.file.file_id, "sheet_name": sheet, "row_number": row_number, "block_name": block}


def shown_value(table: Table, value: Cell) -> Cell:
    """The value as a reject may show it: of a pupil's row only what can be a score or a mark, no name or document."""
    return value if not table.is_private or SCORE_LIKE.fullmatch(text(value)) else None


@dataclass(frozen=True)
class Layout:
    """A known layout of a sheet.

    Args:
        layout_id: stable English identifier, such as "fisoko_marks".
        title: Russian name, as the operator knows the report.
        fingerprint: what its header looks like.
        read: (sheet, header row index, context, account) -> nothing; fills the account.
    """

    layout_id: str
    title: str
    fingerprint: Fingerprint
    read: Callable[[Sheet, int, ReadingContext, Account], None] = field(repr=False)


@dataclass(frozen=True)
class ParquetLayout:
    """A known layout of a Parquet file; recognised by its columns, of which others may stand beside.

    Args:
        layout_id: stable English identifier, such as "pupils_parquet".
        title: Russian name, as the operator knows the file.
        required_columns: columns without which the file is not of this layout.
        optional_columns: further columns that are read where they are there; no other column is ever read.
        read: (table, context, account) -> nothing; fills the account. Rows are numbered from 1.
    """

    layout_id: str
    title: str
    required_columns: tuple[str, ...]
    optional_columns: tuple[str, ...]
    read: "Callable[[pa.Table, ReadingContext, Account], None]" = field(repr=False)


def header_text(value: Cell) -> str:
    """A header cell in the form in which fingerprints are matched: lower case, ё as е, single spaces."""
    return text(value).lower().replace("ё", "е")


@dataclass(frozen=True)
class Head:
    """What layouts are recognised by: the name of a sheet and the cells of its first rows, as `header_text`."""

    sheet_name: str
    rows: tuple[tuple[str, ...], ...]


def head_of(sheet: Sheet) -> Head:
    """The head of a sheet, made once and compared with every layout."""
    rows = sheet.rows[:HEADER_SEARCH_ROWS]
    texts = (tuple(header_text(cell) for cell in row if cell is not None) for row in rows)
    return Head(header_text(sheet.name), tuple(texts))


def recognise(head: Head, fingerprint: Fingerprint) -> Recognition:
    """How well the sheet fits, at its best header row among the first twenty."""
    labels = fingerprint.labels or fingerprint.columns
    best = Recognition(0.0, 0, labels)
    demands = fingerprint.demand_count
    name_fits = _found(fingerprint.sheet_name, [head.sheet_name])
    missing_name = [] if name_fits else [f"имя листа: {fingerprint.sheet_name}"]
    above: list[str] = []
    for index, cells in enumerate(head.rows):
        missing = [label for label, p in zip(labels, fingerprint.columns, strict=True) if not _found(p, cells)]
        missing_above = [f"в заголовке: {p}" for p in fingerprint.above if not _found(p, above)]
        lacking = (*missing, *missing_above, *missing_name)
        share = 1 - len(lacking) / demands
        if share > best.share:
            best = Recognition(share, index, lacking)
        above += cells
    return best


def header_index_of(head: Head, fingerprint: Fingerprint) -> int | None:
    """The first row at which the sheet meets every demand, or None: `recognise` without the account of what differs."""
    if not _found(fingerprint.sheet_name, [head.sheet_name]):
        return None
    for index, cells in enumerate(head.rows):
        if all(_found(pattern, cells) for pattern in fingerprint.columns):
            above = [cell for row in head.rows[:index] for cell in row]
            if all(_found(pattern, above) for pattern in fingerprint.above):
                return index
    return None


def data_rows(sheet: Sheet, first_index: int) -> list[tuple[int, list[Cell]]]:
    """The rows from `first_index` on that hold anything, with the operator's row number."""
    return [(i + 1, row) for i, row in enumerate(sheet.rows) if i >= first_index and not is_blank(row)]


def column_indexes(header: Sequence[Cell], names: Mapping[str, str]) -> dict[str, int]:
    """Where each wanted column stands: name -> index of the first header cell that matches its regular expression."""
    found: dict[str, int] = {}
    for index, cell in enumerate(header):
        for name, pattern in names.items():
            if name not in found and cell is not None and re.search(pattern, header_text(cell)):
                found[name] = index
    return found


def cell_at(row: list[Cell], index: int | None) -> Cell:
    """The cell of a row, or None where the row is shorter or the column is absent."""
    return row[index] if index is not None and 0 <= index < len(row) else None


def _found(pattern: str, cells: Sequence[str]) -> bool:
    return any(map(re.compile(pattern).search, cells))


def _in(frame: pd.DataFrame, others: pd.DataFrame) -> "pd.Series[bool]":
    """Which rows of the frame come from a record that also stands in the others."""
    keys = list(PLACE_KEY)
    index = pd.MultiIndex.from_frame(others[keys].astype(str))
    return pd.Series(pd.MultiIndex.from_frame(frame[keys].astype(str)).isin(index), index=frame.index)
