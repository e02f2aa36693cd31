"""What is low compared with what: regional rates, expected counts, and the fitted model as the modules share it.

Expected low results of a cell are its tested pupils times the region's rate of low results in the same year, exam,
subject and grade (docs/methodology.md, step 1). Cells whose region-wide rate is 0 or 1, or that fewer than the given
number of schools share, say nothing about a school: they are shown and take no part.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from pipeline.errors import MethodologyError
from pipeline.forecast import Correction
from pipeline.methodology.rules import PoolRules, StabilityRules
from pipeline.outlook import Outlook
from pipeline.panel import Dispersion
from pipeline.russian import subject_label
from pipeline.tables.model import MODEL_PARAMETERS
from pipeline.tables.results import CELL_KEY

SLICE_KEY = ("year", "procedure", "subject", "grade")


@dataclass(frozen=True)
class StabilityFit:
    """The model of stable low results, fitted for one year of decision and one region.

    Args:
        year: year of decision.
        capacity: K, the places of the list.
        decay: d, the weight of a year against the next newer one.
        dispersion: φ, how many times the counts of a cell vary more than chance alone.
        prior: k of the Gamma(kμ, k) distribution of schools.
        prior_level, prior_slope: ln μ = level + slope · ln(size / `median_size`).
        median_size: tested pupils of the median school year.
        cut: c, the level that K schools are expected to exceed.
        outlook: how next year's probability is made from the index.
        correction: how next year's ratio is made from the index.
        warnings: codes of `pipeline.stability.WARNINGS`.
        rates: one row per year, procedure, subject and grade (columns of `REGIONAL_RATES`).
        table: one row per school (`STABILITY`).
        years: one row per school and year in which a cell of the school took part (columns of `STABILITY_YEARS`).
        subjects: one row per school and subject: `tested_count` of the window, `probability` on that subject alone.
    """

    year: int
    capacity: int
    decay: float
    dispersion: Dispersion
    prior: float
    prior_level: float
    prior_slope: float
    median_size: float
    cut: float
    outlook: Outlook
    correction: Correction
    warnings: tuple[str, ...]
    rates: pd.DataFrame
    table: pd.DataFrame
    years: pd.DataFrame
    subjects: pd.DataFrame


def model_parameters(fit: StabilityFit) -> pd.DataFrame:
    """One row per parameter of the fitted model (`MODEL_PARAMETERS`): what repeats its figures in a spreadsheet."""
    rows = (
        ("decay", "d: во сколько раз год весит меньше следующего за ним", fit.decay),
        (
            "dispersion",
            "φ₀: во сколько раз результаты маленькой параллели разбросаны сильнее случайного",
            fit.dispersion.base,
        ),
        (
            "dispersion_growth",
            "γ: прибавка к φ на каждый низкий результат, ожидаемый в параллели",
            fit.dispersion.growth,
        ),
        ("drift_share", "Какую часть убывания веса объясняют движением школ", fit.dispersion.drift_share),
        ("prior_strength", "k: сколько ожидаемых низких результатов стоит исходное ожидание", fit.prior),
        ("prior_level", "α₀: логарифм исходного ожидания школы медианного размера", fit.prior_level),
        ("prior_slope", "α₁: как исходное ожидание меняется с логарифмом размера", fit.prior_slope),
        ("median_size", "Медианное число результатов школы за год", fit.median_size),
        ("cut", "c: уровень, выше которого ожидается K школ", fit.cut),
        ("next_year_spread", "ψ: подвижность уровня школ от года к году", fit.outlook.spread),
        ("next_year_noise", "φ₁: разброс результатов одного года", fit.outlook.noise),
        ("next_year_sharpness", "β: насколько уверенно можно предсказывать", fit.outlook.sharpness),
        ("next_year_cut", "c₁: уровень следующего года, выше которого ожидается K школ", fit.outlook.cut),
        ("next_year_shift", "α: поправка, с которой сумма P равна K", fit.outlook.shift),
        ("forecast_level", "Прогноз: поправка к логарифму индекса", fit.correction.level),
        ("forecast_slope", "Прогноз: поправка на каждую единицу ln S", fit.correction.slope),
        ("forecast_curve", "Прогноз: поправка на каждую единицу (ln S)²", fit.correction.curve),
        ("forecast_newest", "Прогноз: поправка на отличие последнего года от S", fit.correction.newest),
        *(
            (f"forecast_subject_{subject}", f"Прогноз: поправка на отличие предмета «{subject_label(subject)}»", value)
            for subject, value in fit.correction.subjects.items()
        ),
    )
    table = pd.DataFrame(rows, columns=["parameter_code", "title", "value"]).assign(year=fit.year)
    return MODEL_PARAMETERS.typed(table)


def pool_cells(results: pd.DataFrame, pool: PoolRules) -> pd.DataFrame:
    """One row per result cell that may choose schools: the results that fit a "procedure:subject" pattern of the pool.

    A star in either place of a pattern means any.

    Raises:
        MethodologyError: a pattern lacks the procedure or the subject and would silently choose nothing.
    """
    is_in = pd.Series(False, index=results.index)
    for pattern in pool.cells:
        procedure, _, subject = pattern.partition(":")
        if not procedure or not subject:
            raise MethodologyError(
                f"Непонятно, какие результаты выбирают школы: «{pattern}»",
                where="методика, pool.cells",
                remedy="пишите «экзамен:предмет», например «vpr:rus»; звёздочка — любой: «ege:*»",
            )
        fits_procedure = (results["procedure"] == procedure) | (procedure == "*")
        is_in |= fits_procedure & ((results["subject"] == subject) | (subject == "*"))
    return results[is_in]


def expected_cells(results: pd.DataFrame, min_cell_schools: int) -> pd.DataFrame:
    """One row per result cell in which somebody was tested, sorted by key, with what the region's rate leads to expect.

    Args:
        results: cells of one region; the columns of `CELL_KEY`, `tested_count`, `low_count`. Other columns are dropped.
        min_cell_schools: fewest schools that may share a year, procedure, subject and grade.

    Returns:
        The key, `municipality_id`, both counts as floats, `slice_code` (position in `regional_rates`), `school_count`,
        `low_rate` (0–1), `is_used` and `expected_count` (pupils; 0 where the cell takes no part).

    Raises:
        AssertionError: a key stands twice.
    """
    tested = results["tested_count"].to_numpy(dtype="float64")
    cells = results.loc[tested > 0, [*CELL_KEY, "municipality_id"]]
    cells = cells.assign(
        tested_count=tested[tested > 0],
        low_count=results["low_count"].to_numpy(dtype="float64")[tested > 0],
    )
    codes = _key_codes(cells, CELL_KEY)
    order = np.argsort(codes, kind="stable")
    assert not (np.diff(codes[order]) == 0).any(), "a result cell stands twice"
    cells = cells.iloc[order].reset_index(drop=True)
    # Sorted by code: the order of the slices is that of their names, never that of the rows.
    _, slice_code = np.unique(_key_codes(cells, SLICE_KEY), return_inverse=True)
    school_count = np.bincount(slice_code)[slice_code]
    tested_sum = np.bincount(slice_code, weights=cells["tested_count"])[slice_code]
    low_sum = np.bincount(slice_code, weights=cells["low_count"])[slice_code]
    low_rate = low_sum / tested_sum
    is_used = (low_sum > 0) & (low_sum < tested_sum) & (school_count >= min_cell_schools)
    return cells.assign(
        slice_code=slice_code,
        school_count=school_count,
        low_rate=low_rate,
        is_used=is_used,
        expected_count=np.where(is_used, cells["tested_count"] * low_rate, 0.0),
    )


def regional_rates(cells: pd.DataFrame) -> pd.DataFrame:
    """One row per year, procedure, subject and grade: its rate and whether it takes part (columns of `REGIONAL_RATES`).

    Args:
        cells: what `expected_cells` gives.
    """
    grouped = cells.groupby("slice_code", sort=True)
    firsts = grouped[[*SLICE_KEY, "school_count", "low_rate", "is_used"]].first()
    sums = grouped[["tested_count", "low_count"]].sum().astype("int64")
    return pd.concat([firsts, sums], axis=1).reset_index(drop=True)


def without(cells: pd.DataFrame, set_aside: pd.DataFrame | None) -> pd.DataFrame:
    """One row per cell but those of a school, year and procedure that are set aside (`objectivity.set_aside`)."""
    if set_aside is None or set_aside.empty:
        return cells
    key = ["school_id", "year", "procedure"]
    return cells[~pd.MultiIndex.from_frame(cells[key]).isin(pd.MultiIndex.from_frame(set_aside[key]))]


def vpr_only_schools(
    results: pd.DataFrame, stability: pd.DataFrame, rules: StabilityRules, set_aside: pd.DataFrame | None = None
) -> frozenset[str]:
    """The schools of the model with ВПР alone: among their cells of the window that take part is no other exam.

    Args:
        results: cells of the pool (`pool_cells`).
        stability: one row per school of the model (`STABILITY`), all of one year of decision.
        rules: the window, and the fewest schools that may share a cell of the region.
        set_aside: cells that are no evidence (`without`).
    """
    if stability.empty:
        return frozenset()
    cells = without(expected_cells(results, rules.min_cell_schools), set_aside)
    year = int(stability["year"].iloc[0])
    is_in_window = cells["year"].between(year - rules.window_years + 1, year)
    seen = cells[cells["is_used"] & is_in_window & cells["school_id"].isin(stability["school_id"])]
    others = seen.loc[seen["procedure"] != "vpr", "school_id"]
    return frozenset(seen["school_id"]) - frozenset(others)


def _key_codes(frame: pd.DataFrame, key: tuple[str, ...]) -> "np.ndarray[tuple[int], np.dtype[np.int64]]":
    """One integer per row that orders the rows by the key: faster than sorting strings column by column."""
    codes = np.zeros(len(frame), dtype="int64")
    for name in key:
        values, uniques = pd.factorize(frame[name], sort=True)
        assert (values >= 0).all(), f"{name}: a key is missing"
        codes = codes * max(len(uniques), 1) + values
    return codes
