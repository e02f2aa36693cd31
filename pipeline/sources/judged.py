"""Columns of cells read as numbers and marks at once, each row judged, faulty rows rejected with their first fault.

Readers of many rows work on whole columns; a `JudgedRows` remembers why a row cannot be kept, so that nothing that
fails to read as a number quietly turns into a missing value.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from pipeline.schema import Table
from pipeline.sources.grid import Cell, number
from pipeline.sources.reading import Account, shown_value
from pipeline.tables.sources import PUPIL_ATTEMPTS


class JudgedRows:
    """The rows of one sheet under judgement: numbers, and the first fault of each row.

    Args:
        sheet_name: name of the sheet, empty for files without sheets.
        row_numbers: the operator's number of every row, 1-based.
    """

    def __init__(self, sheet_name: str, row_numbers: Sequence[int]) -> None:
        self.sheet_name = sheet_name
        self.row_numbers = list(row_numbers)
        self._faults: dict[int, tuple[str, str, Cell]] = {}

    def refuse(self, mask: Sequence[bool] | np.ndarray, reason_code: str, title: str, cells: Sequence[Cell]) -> None:
        """Refuse the rows under the mask for a reason found in the named column; an earlier fault of a row stays."""
        for position in np.flatnonzero(np.asarray(mask, dtype=bool)).tolist():
            self._faults.setdefault(position, (reason_code, title, cells[position]))

    def numbers(self, cells: Sequence[Cell], title: str) -> np.ndarray:
        """The cells as floats, NaN for blanks; a row with anything else is refused as `not_a_number`."""
        values = np.array([np.nan if (found := number(cell)) is None else found for cell in cells], dtype="float64")
        is_filled = np.array([cell is not None for cell in cells], dtype=bool)
        self.refuse(is_filled & ~np.isfinite(values), "not_a_number", title, cells)
        return values

    def integers(self, cells: Sequence[Cell], title: str) -> np.ndarray:
        """The cells as whole numbers in floats, NaN for blanks; a fraction is refused as `not_an_integer`."""
        values = self.numbers(cells, title)
        self.refuse(np.isfinite(values) & (values % 1 != 0), "not_an_integer", title, cells)
        return values

    def keep(self, table: Table, account: Account, columns: Mapping[str, object]) -> None:
        """Keep the faultless rows in the table and reject the others."""
        frame = pd.DataFrame({"row_number": self.row_numbers, **columns})
        for position, (reason_code, title, value) in sorted(self._faults.items()):
            account.reject(
                self.sheet_name,
                self.row_numbers[position],
                reason_code,
                column=title,
                value=shown_value(table, value),
            )
        account.keep_frame(table, frame.drop(index=list(self._faults)), self.sheet_name)


def keep_attempts(
    rows: JudgedRows,
    account: Account,
    *,
    primary_title: str,
    is_absent: Sequence[bool],
    scores: Mapping[str, np.ndarray],
    columns: Mapping[str, object],
) -> None:
    """Keep pupils' rows that are whole: a school, and either a result within the maximum or absence.

    Args:
        rows: the rows with the faults found so far.
        account: receives rows of `PUPIL_ATTEMPTS` and the rejects.
        primary_title: the column of the primary score, as the operator knows it.
        is_absent: whether the pupil was absent, by row.
        scores: primary_score, maximum_score, test_score, mark, journal_mark: floats, NaN for missing.
        columns: every other column of `PUPIL_ATTEMPTS` that is known, by row or one for all.
    """
    absent = np.asarray(is_absent, dtype=bool)
    primary = scores["primary_score"]
    with_result = np.isfinite([primary, scores["test_score"], scores["mark"]]).any(axis=0)
    shown: list[Cell] = [None if np.isnan(score) else float(score) for score in primary]
    rows.refuse(primary > scores["maximum_score"], "total_above_maximum", primary_title, shown)
    rows.refuse(absent & with_result, "absent_with_result", primary_title, shown)
    rows.refuse(~absent & ~with_result, "no_result", primary_title, shown)
    named = pd.DataFrame(
        {name: columns[name] for name in ("code_text", "school_text")}, index=range(len(absent)), dtype="object"
    )
    rows.refuse(named.isna().all(axis=1).to_numpy(), "no_school", "Школа", [None] * len(absent))
    rows.keep(PUPIL_ATTEMPTS, account, {"is_appealed": False, **columns, **scores, "is_absent": absent})
