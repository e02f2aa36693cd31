"""Result cells as arrays of school by year by cell, and what the years after an origin showed.

A *cell* is a procedure, subject and grade. Years are calendar years without gaps: a missing year is a slice of zeros.
An *origin* is a year t in which a list is drawn: rules see the years up to t, and are judged on later ones.
"""

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from pipeline.expected import expected_cells

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]

COLUMNS = ["school_id", "municipality_id", "year", "procedure", "subject", "grade", "tested_count", "low_count"]
CELL = ["procedure", "subject", "grade"]
MIN_CELL_SCHOOLS = 5  # as in the method: a rate that fewer schools share says nothing
FOLLOWING_YEARS = 3


@dataclass(frozen=True)
class Counts:
    """Schools by years by cells; cells that take no part (the region's rate is 0 or 1, or few schools) hold zeros.

    Args:
        results: one row per result cell, the columns of `COLUMNS`; what a model that takes frames is given.
        school_ids: sorted, one per row of the arrays.
        years: consecutive calendar years.
        subjects: code of the subject of each cell.
        tested, low, expected: pupils; expected = tested times the region's rate of the year and cell.
    """

    results: pd.DataFrame
    school_ids: "pd.Series[str]"
    years: Integers
    subjects: Integers
    tested: Floats
    low: Floats
    expected: Floats

    def until(self, year: int) -> "Counts":
        """The same schools with the years up to `year` only: all that a rule may see."""
        kept = self.years <= year
        return replace(
            self,
            results=self.results[self.results["year"] <= year],
            years=self.years[kept],
            tested=self.tested[:, kept],
            low=self.low[:, kept],
            expected=self.expected[:, kept],
        )

    def window(self, width: int) -> "Counts":
        """Those of the last `width` calendar years that hold results; `results` stays whole."""
        has_results = self.expected.sum(axis=(0, 2)) > 0
        kept = has_results & (self.years > self.years[-1] - width)
        return replace(
            self,
            years=self.years[kept],
            tested=self.tested[:, kept],
            low=self.low[:, kept],
            expected=self.expected[:, kept],
        )

    @property
    def years_with_results(self) -> list[int]:
        """Calendar years in which a cell takes part."""
        return [int(year) for year in self.years[self.expected.sum(axis=(0, 2)) > 0]]

    @property
    def tested_recently(self) -> Mask:
        """Schools with a cell that takes part in the last year."""
        recent: Mask = self.expected[:, -1].sum(axis=1) > 0
        return recent


@dataclass(frozen=True)
class Outcome:
    """What later years showed of the schools that are judged: those tested in the origin's year and later.

    Args:
        rows: positions of the judged schools in `Counts.school_ids`.
        observed, expected: their low results in the following years, summed.
        capacity: K, a seventh of the judged schools.
        is_worst: the K judged schools with the highest observed / expected; at equal ratios the lower school_id.
    """

    rows: Integers
    observed: Floats
    expected: Floats
    capacity: int
    is_worst: Mask


def counts_of(results: pd.DataFrame) -> Counts:
    """The arrays of a canonical results table."""
    plain = results[COLUMNS].reset_index(drop=True)
    cells = expected_cells(plain, MIN_CELL_SCHOOLS)
    school, school_ids = pd.factorize(cells["school_id"], sort=True)
    used = cells["is_used"].to_numpy()
    cell = cells.groupby(CELL, sort=True).ngroup().to_numpy()
    names = cells.groupby(CELL, sort=True)["subject"].first()
    first, last = int(cells["year"].min()), int(cells["year"].max())
    shape = (len(school_ids), last - first + 1, len(names))

    def array(column: str) -> Floats:
        filled = np.zeros(shape)
        filled[school[used], cells["year"].to_numpy(dtype="int64")[used] - first, cell[used]] = cells[column][used]
        return filled

    return Counts(
        results=plain,
        school_ids=pd.Series(school_ids),
        years=np.arange(first, last + 1, dtype="int64"),
        subjects=np.asarray(pd.factorize(names, sort=True)[0], dtype="int64"),
        tested=array("tested_count"),
        low=array("low_count"),
        expected=array("expected_count"),
    )


def origins(counts: Counts) -> list[int]:
    """Years with results that have a year with results before them and one within three years after them."""
    years = counts.years_with_results
    return [year for year in years[1:] if following_years(counts, year)]


def following_years(counts: Counts, origin: int) -> list[int]:
    """Years with results among the three calendar years after the origin."""
    return [year for year in counts.years_with_results if origin < year <= origin + FOLLOWING_YEARS]


def outcome(counts: Counts, origin: int, years: list[int]) -> Outcome:
    """What the given later years, summed, showed of the schools tested in the origin's year."""
    columns = np.flatnonzero(np.isin(counts.years, years))
    observed = counts.low[:, columns].sum(axis=(1, 2))
    expected = counts.expected[:, columns].sum(axis=(1, 2))
    rows = np.flatnonzero(counts.until(origin).tested_recently & (expected > 0))
    observed, expected = observed[rows], expected[rows]
    capacity = len(rows) // 7
    is_worst = np.zeros(len(rows), dtype=bool)
    is_worst[np.argsort(-observed / expected, kind="stable")[:capacity]] = True
    return Outcome(rows, observed, expected, capacity, is_worst)
