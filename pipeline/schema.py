"""The vocabulary in which every table is declared: `Column` and `Table`, and what follows from a declaration.

From one declaration come the Arrow schema, the conforming and checking of a frame, the sort order on disk and the
data dictionary. Nothing here knows a particular table: those live in `pipeline.tables`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import pandas as pd
import pyarrow as pa

Kind = Literal["string", "int", "float", "bool", "date"]

ARROW_TYPES: Mapping[Kind, pa.DataType] = {
    "string": pa.string(),
    "int": pa.int64(),
    "float": pa.float64(),
    "bool": pa.bool_(),
    "date": pa.date32(),
}

# One pandas type per kind, whatever came in: a nullable integer stays an integer (never 12.0), a missing string is NA.
PANDAS_TYPES: Mapping[Kind, str] = {
    "string": "str",
    "int": "Int64",
    "float": "float64",
    "bool": "boolean",
    "date": "datetime64[s]",
}

FLOAT_DECIMALS = 9  # floats are stored rounded, so that the order of a sum on another machine leaves no trace


@dataclass(frozen=True)
class Column:
    """One column of a table: its name, kind, Russian title and what a value may be.

    Args:
        name: English name with the suffixes of the house (`_id`, `_count`, `_share`, …).
        kind: one of string, int, float, bool, date.
        title: Russian title, shown in the data dictionary and in documents.
        nullable: whether a row may lack the value.
        minimum, maximum: inclusive bounds of a number.
        choices: the closed vocabulary of a code, where there is one.
        unit: what a number counts or is measured in, Russian.
    """

    name: str
    kind: Kind
    title: str
    nullable: bool = False
    minimum: float | None = None
    maximum: float | None = None
    choices: tuple[str, ...] | None = None
    unit: str = ""


@dataclass(frozen=True)
class Problem:
    """A reason why rows of a frame do not fit their table."""

    reason_code: str
    column_name: str
    mask: "pd.Series[bool]" = field(repr=False)


@dataclass(frozen=True)
class Table:
    """A table declared once: grain, key and columns.

    Args:
        name: name of the table and of its file.
        grain: "One row per …", English, the first thing to know about a table.
        title: Russian title.
        key: columns that identify a row; also the order of the rows on disk.
        columns: every column, in the order on disk.
        caveats: what a reader of the table must know and would not guess; Russian, identifiers in backticks.
        is_private: holds pupils' identifiers (hashed); lives in memory only, the store refuses it.
    """

    name: str
    grain: str
    title: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    caveats: tuple[str, ...] = ()
    is_private: bool = False

    def __post_init__(self) -> None:
        names = [column.name for column in self.columns]
        assert len(names) == len(set(names)), f"{self.name}: a column is declared twice"
        assert set(self.key) <= set(names), f"{self.name}: the key names an unknown column"
        assert self.grain.startswith("One row per "), f"{self.name}: say the grain first"

    @property
    def column_names(self) -> tuple[str, ...]:
        """Names of the columns in the order on disk."""
        return tuple(column.name for column in self.columns)

    @property
    def arrow_schema(self) -> pa.Schema:
        """The Arrow schema of the file, with the grain and the titles as metadata."""
        fields = [
            pa.field(c.name, ARROW_TYPES[c.kind], nullable=c.nullable, metadata={"title": c.title, "unit": c.unit})
            for c in self.columns
        ]
        return pa.schema(fields, metadata={"table": self.name, "grain": self.grain, "key": ",".join(self.key)})

    def empty(self) -> pd.DataFrame:
        """A frame of this table without rows."""
        return pd.DataFrame({c.name: pd.Series([], dtype=PANDAS_TYPES[c.kind]) for c in self.columns})

    def typed(self, frame: pd.DataFrame) -> pd.DataFrame:
        """The frame with the declared columns in the declared order and types; values are not judged yet.

        Columns that are nullable and absent are added as missing. A column that is not declared, or a declared one
        that is absent and not nullable, is a fault of the caller and asserts.
        """
        unknown = [name for name in frame.columns if name not in self.column_names]
        assert not unknown, f"{self.name}: undeclared columns {unknown}"
        absent = [c.name for c in self.columns if c.name not in frame.columns and not c.nullable]
        assert not absent, f"{self.name}: missing columns {absent}"
        if frame.empty:
            return self.empty()
        columns = {
            c.name: _typed(frame[c.name], c)
            if c.name in frame.columns
            else pd.Series(None, index=frame.index, dtype=PANDAS_TYPES[c.kind])
            for c in self.columns
        }
        return pd.DataFrame(columns, index=frame.index)

    def problems(self, frame: pd.DataFrame) -> list[Problem]:
        """Why rows of a typed frame do not fit: missing values, numbers out of range, unknown codes, repeated keys."""
        masks: dict[tuple[str, str], np.ndarray] = {}
        for c in self.columns:
            values = frame[c.name]
            if not c.nullable:
                masks["missing_value", c.name] = values.isna().to_numpy()
            # A missing value is neither below nor above: NaN compares as false.
            if c.minimum is not None:
                masks["below_minimum", c.name] = _floats(values) < c.minimum
            if c.maximum is not None:
                masks["above_maximum", c.name] = _floats(values) > c.maximum
            if c.choices is not None:
                masks["unknown_code", c.name] = (values.notna() & ~values.isin(c.choices)).to_numpy()
        if self.key:
            masks["duplicate_key", ",".join(self.key)] = frame.duplicated(list(self.key), keep="first").to_numpy()
        return [Problem(*of, pd.Series(mask, index=frame.index)) for of, mask in masks.items() if mask.any()]

    def conform(self, frame: pd.DataFrame) -> pd.DataFrame:
        """The frame typed, checked, rounded and sorted by key: what the store writes. A row that does not fit asserts.

        Rows that come from outside are split by `split` first; here a problem is an error of the code.
        """
        typed = self.typed(frame)
        problems = self.problems(typed)
        told = "; ".join(f"{p.reason_code} in {p.column_name} ({int(p.mask.sum())} rows)" for p in problems)
        assert not problems, f"{self.name}: {told}"
        for c in self.columns:
            if c.kind == "float":
                # Adding zero turns -0.0 into 0.0: both are equal, yet their bytes differ.
                typed[c.name] = typed[c.name].round(FLOAT_DECIMALS) + 0.0
        return typed.sort_values(list(self.key), kind="stable", ignore_index=True) if self.key else typed

    def split(self, frame: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
        """Two frames: the typed rows that fit, and one row per row that does not, with its first reason.

        Returns:
            The rows that fit, index kept; and a frame with the index of the other rows and the columns
            `reason_code` and `column_name`.
        """
        typed = self.typed(frame)
        reasons = pd.DataFrame({"reason_code": "", "column_name": ""}, index=typed.index)
        problems = self.problems(typed)
        if not problems:  # nearly every file; splitting hundreds of small ones would take longer than reading them
            return typed, reasons.iloc[:0]
        for problem in problems:
            first = problem.mask & (reasons["reason_code"] == "")
            reasons.loc[first, ["reason_code", "column_name"]] = [problem.reason_code, problem.column_name]
        is_bad = reasons["reason_code"] != ""
        return typed[~is_bad], reasons[is_bad]

    def to_arrow(self, frame: pd.DataFrame) -> pa.Table:
        """The conformed frame as an Arrow table with the declared schema."""
        return pa.Table.from_pandas(frame, schema=self.arrow_schema, preserve_index=False).replace_schema_metadata(
            self.arrow_schema.metadata
        )


def _typed(values: pd.Series, column: Column) -> pd.Series:
    """The values as the column's kind; a value that cannot be read as a number becomes missing."""
    if column.kind == "string":
        return values.astype("str")
    if column.kind == "int":
        found = pd.to_numeric(values, errors="coerce")
        if pd.api.types.is_signed_integer_dtype(found):
            return found.astype("Int64")
        numbers = found.astype("Float64")
        return numbers.where((numbers % 1 == 0).fillna(False)).astype("Int64")
    if column.kind == "float":
        numbers = pd.to_numeric(values, errors="coerce").astype("float64")
        return numbers.where(np.isfinite(numbers))
    if column.kind == "bool":
        return values.astype("boolean")
    return pd.to_datetime(values, errors="coerce").astype("datetime64[s]")


def _floats(values: pd.Series) -> np.ndarray:
    """The numbers as floats, NaN where missing."""
    return values.to_numpy(dtype="float64", na_value=np.nan)


def records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """The rows of a small frame as plain dictionaries; a missing value is None."""
    columns = {str(name): _plain(values) for name, values in frame.items()}
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def _plain(values: pd.Series) -> list[Any]:
    """The values as Python's own; column by column this takes half the time of pandas' own records."""
    told, lacks = values.astype(object).tolist(), values.isna().tolist()
    return [
        None if is_missing else value.item() if isinstance(value, np.generic) else value
        for value, is_missing in zip(told, lacks, strict=True)
    ]
