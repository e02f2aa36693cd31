"""Result cells as matrices of school by year: what the stability model adds up, weighs and learns from.

Rows of a matrix are schools in the order of their ids, columns are calendar years without gaps: a missing year is a
column of zeros, adds nothing and is not made up for.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from pipeline.methodology.rules import StabilityRules
from pipeline.posterior import Floats

Integers = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]

# Both forms of the mathematics exam are one subject when subjects are asked whether they agree.
SUBJECT_FORMS = ("_base", "_prof")

DISPERSION_ROUNDS = 12  # reweighted least squares: the last rounds change nothing in the sixth digit
SINGULAR = 1e-9  # of a determinant: all cells expect the same, and a slope cannot be told from a level

COUNTED = ("row", "column", "weight", "tested_count", "low_count", "expected_count")  # what the matrices add up


@dataclass(frozen=True)
class Dispersion:
    """How much more than chance the counts vary: φ = base + growth · E in a cell of expectation E.

    Chance gives a count the variance of its expectation. What a whole class shares, its teacher or its year, adds
    a part that grows with the square: one bad class of a large school is many low results at once.

    Args:
        base: φ₀, at least 1.
        growth: σ², times the level at which schools are decided about; 0 or more.
        drift_share: how much of an old year's lost weight is owed to schools that move: 0 nothing, 1 all of it.
    """

    base: float
    growth: float
    drift_share: float

    def variance(self, panel: "Panel") -> Floats:
        """School by year: the variance of `observed`."""
        found: Floats = self.base * panel.spread + self.growth * panel.squares
        return found


@dataclass(frozen=True)
class Panel:
    """Schools by years.

    Args:
        school_ids: sorted, one per row.
        years: consecutive calendar years, one per column; the last is the year of decision.
        observed, expected: weighted low results, observed and expected; cells that take part.
        spread: Σw²E, the variance of `observed` that chance alone gives; equals `expected` while weights are 1.
        squares: Σw²E² over the cells: how much of the expectation hangs on a few large classes.
        tested, low, unweighted_expected: plain counts of the cells that take part.
        present: tested pupils of all cells, whether they take part or not.
        cells: one row per cell that takes part, sorted: the columns `COUNTED`, and in the whole panel `year`,
            `procedure` and `subject`.
    """

    school_ids: "pd.Series[str]"
    years: Integers
    observed: Floats
    expected: Floats
    spread: Floats
    squares: Floats
    tested: Floats
    low: Floats
    unweighted_expected: Floats
    present: Floats
    cells: pd.DataFrame

    def columns(self, last_year: int, width: int) -> Integers:
        """Positions of the `width` years that end with `last_year`; years before the first one do not exist."""
        found: Integers = np.flatnonzero((self.years > last_year - width) & (self.years <= last_year))
        return found

    def of_subject(self, subject: str) -> "Panel":
        """The same schools and years, counted on one subject alone."""
        chosen = self.cells.loc[self.cells["subject"] == subject, list(COUNTED)]
        return _matrices(chosen, self.school_ids, self.years, self.present)

    def without(self, is_left_out: Mask) -> "Panel":
        """The same schools and years without some of the `cells`."""
        return _matrices(self.cells[~is_left_out], self.school_ids, self.years, self.present)


def make_panel(cells: pd.DataFrame, year: int, rules: StabilityRules) -> Panel:
    """The panel of the cells up to the year.

    Args:
        cells: what `expected.expected_cells` gives, without the schools that are left out; not empty.
        year: last year, a column even where it holds nothing.
        rules: whether exams weigh the same.
    """
    codes, school_ids = pd.factorize(cells["school_id"], sort=True)
    years = np.arange(int(cells["year"].min()), year + 1, dtype="int64")
    column = cells["year"].to_numpy(dtype="int64") - years[0]
    shape = (len(school_ids), len(years))
    tested = cells["tested_count"].to_numpy()
    present = _sums(codes * shape[1] + column, tested, shape[0] * shape[1]).reshape(shape)
    placed = cells.assign(row=codes, column=column, subject=_subject_of(cells["subject"]))
    taken = ["year", "procedure", "subject", *(name for name in COUNTED if name != "weight")]
    used = placed.loc[placed["is_used"], taken]
    weight = _equal_weights(used) if rules.equal_exam_weights else np.ones(len(used))
    return _matrices(used.assign(weight=weight), pd.Series(school_ids), years, present)


def evidence_by_origin(panel: Panel, decay: float, dispersion: Dispersion) -> tuple[Floats, Floats]:
    """O* and E* by origin and school: counts weighted by age, over f, so that their variance is Poisson's.

    Row t is what the years before column t say, age 0 being the column before it; the last row is what all years say.
    f = Σ a^(2 − drift_share) · variance / ΣaE with a = decay ** age. A school without expectation has 0 and 0.
    """
    observed, expected = _weighted_by_age(panel.observed, decay), _weighted_by_age(panel.expected, decay)
    variance = _weighted_by_age(dispersion.variance(panel), decay ** (2 - dispersion.drift_share))
    scale = np.divide(expected, variance, out=np.zeros_like(expected), where=variance > 0)
    return observed * scale, expected * scale


def newest_by_origin(counts: Floats) -> Floats:
    """By origin and school: the count of the newest year before that has one; 0 where there is none."""
    found = np.zeros((counts.shape[1] + 1, counts.shape[0]))
    for year in range(counts.shape[1]):
        found[year + 1] = np.where(counts[:, year] > 0, counts[:, year], found[year])
    return found


def median_size(panel: Panel) -> float:
    """The tested pupils of the median school year; 1 where nobody was tested in a cell that takes part."""
    known = panel.tested[panel.tested > 0]
    return float(np.median(known)) if len(known) else 1.0


def log_sizes_by_origin(panel: Panel, limit: float) -> Floats:
    """By origin and school: ln of the newest year's tested pupils over `median_size`, within ± limit; 0 if unknown."""
    known, middle = newest_by_origin(panel.tested), median_size(panel)
    sizes: Floats = np.clip(np.log(np.where(known > 0, known, middle) / middle), -limit, limit)
    return sizes


def dispersion_of(panel: Panel, last_year: int, rules: StabilityRules) -> tuple[Dispersion, bool]:
    """φ of the window, and whether there were enough degrees of freedom to estimate it; else chance alone.

    Squares (x − μ)² / μ over cells with μ > 0 are drawn on the line φ₀ + σ²μ, where μ = E · r and r is the school's
    pooled O / E. Each cell counts for 1 − h, h its share of the school's expectation: r has been drawn towards it.
    """
    window = panel.columns(last_year, rules.window_years)
    cells = panel.cells[panel.cells["column"].isin(window)]
    row, low = cells["row"].to_numpy(), cells["low_count"].to_numpy()
    expected = cells["expected_count"].to_numpy()
    expected_sum = _sums(row, expected, len(panel.school_ids))[row]
    mean = expected * _sums(row, low, len(panel.school_ids))[row] / expected_sum
    is_counted = mean > 0
    mean, free = mean[is_counted], (1 - expected / expected_sum)[is_counted]
    if free.sum() < rules.min_dispersion_df:
        return Dispersion(1.0, 0.0, rules.drift_share), False
    base, growth = _variance_line((low[is_counted] - mean) ** 2 / mean, mean, free)
    return Dispersion(base, growth * rules.dispersion_level, rules.drift_share), True


def _variance_line(squares: Floats, mean: Floats, free: Floats) -> tuple[float, float]:
    """φ₀ ≥ 1 and σ² ≥ 0 of squares ≈ (φ₀ + σ² · mean) · free: least squares, reweighted by the line itself."""
    base, growth = max(1.0, float(squares.sum() / free.sum())), 0.0
    design = np.column_stack([np.ones_like(mean), mean])
    for _ in range(DISPERSION_ROUNDS):
        weight = (base + growth * mean) ** -2.0
        normal = (design * (weight * free)[:, None]).T @ design
        target = design.T @ (weight * squares)
        # The level where the line is flat, and the slope where it starts at chance: what is left at a bound.
        flat, steep = target[0] / normal[0, 0], (target[1] - normal[0, 1]) / normal[1, 1]
        determinant = normal[0, 0] * normal[1, 1] - normal[0, 1] ** 2
        if determinant <= SINGULAR * normal[0, 0] * normal[1, 1]:
            return max(1.0, float(flat)), 0.0
        growth = float((normal[0, 0] * target[1] - normal[0, 1] * target[0]) / determinant)
        base = float(flat - growth * normal[0, 1] / normal[0, 0])
        if growth < 0:
            base, growth = max(1.0, float(flat)), 0.0
        elif base < 1:
            base, growth = 1.0, max(0.0, float(steep))
    return base, growth


def _matrices(used: pd.DataFrame, school_ids: "pd.Series[str]", years: Integers, present: Floats) -> Panel:
    """The panel of cells that take part, already placed in rows and columns."""
    row, column = used["row"].to_numpy(), used["column"].to_numpy()
    weight, expected = used["weight"].to_numpy(), used["expected_count"].to_numpy()
    low, tested = used["low_count"].to_numpy(), used["tested_count"].to_numpy()

    def sums(values: Floats) -> Floats:
        return _sums(row * len(years) + column, values, len(school_ids) * len(years)).reshape(present.shape)

    return Panel(
        school_ids=school_ids,
        years=years,
        observed=sums(weight * low),
        expected=sums(weight * expected),
        spread=sums(weight**2 * expected),
        squares=sums((weight * expected) ** 2),
        tested=sums(tested),
        low=sums(low),
        unweighted_expected=sums(expected),
        present=present,
        cells=used,
    )


def _weighted_by_age(counts: Floats, factor: float) -> Floats:
    """By origin t and school: Σ over the columns s < t of factor ** (t − 1 − s) · counts."""
    sums = np.zeros((counts.shape[1] + 1, counts.shape[0]))
    for year in range(counts.shape[1]):
        sums[year + 1] = factor * sums[year] + counts[:, year]
    return sums


def _sums(position: Integers, values: Floats, length: int) -> Floats:
    """Sum of the values at each position; floats even where there is nothing to add, unlike bincount's own."""
    return np.bincount(position, weights=values, minlength=length).astype("float64")


def _equal_weights(used: pd.DataFrame) -> Floats:
    """A weight per cell with which each exam of a year carries the same total expectation; the year's total stays."""
    by_exam = used.groupby(["year", "procedure"], sort=True)["expected_count"].transform("sum")
    by_year = used.groupby("year", sort=True)["expected_count"].transform("sum")
    exam_count = used.groupby("year", sort=True)["procedure"].transform("nunique")
    weights: Floats = (by_year / exam_count / by_exam).to_numpy(dtype="float64")
    return weights


def _subject_of(subjects: "pd.Series[str]") -> "pd.Series[str]":
    codes, names = pd.factorize(subjects, sort=True)
    whole = np.array([_without_form(str(name)) for name in names], dtype=object)
    return pd.Series(whole[codes], index=subjects.index, dtype="str")


def _without_form(subject: str) -> str:
    for form in SUBJECT_FORMS:
        subject = subject.removesuffix(form)
    return subject
