"""The statistical model of stably low results: closed form, deterministic, repeatable in a spreadsheet.

Steps and formulas: docs/methodology.md, "The stability model". The region's rates count every school; the schools
left out (excluded kinds, closed ones) have no part in anything else: neither in φ, k and d, nor in ΣT = K.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from pipeline.errors import NoDataError, PipelineError
from pipeline.expected import StabilityFit, expected_cells, regional_rates
from pipeline.methodology.rules import SelectionRules, StabilityRules
from pipeline.panel import Panel, dispersion_of, effective_counts, learn_decay, make_panel
from pipeline.posterior import Floats, cut_for, prior_strength, probabilities_above, quantiles
from pipeline.schema import FLOAT_DECIMALS
from pipeline.tables.decision import STABILITY

Mask = npt.NDArray[np.bool_]

WARNINGS: Mapping[str, str] = {
    "decay_default": "Истории региона мало: убывание веса года принято по умолчанию, а не подобрано.",
    "dispersion_default": "Данных мало для оценки разброса: φ принято равным 1.",
    "prior_at_bound": "Сила априорного распределения k оказалась на границе допустимых значений.",
    "small_year": "В одном из лет школ с результатами не больше, чем мест: вероятности этого года не вычислены.",
}

RANK_COLUMNS = (
    "school_id",
    "index",
    "index_lower",
    "index_upper",
    "reliability",
    "probability",
    "low_years_count",
    "forecast_ratio",
    "next_year_probability",
    "band_code",
)


def fit(
    results: pd.DataFrame,
    year: int,
    rules: StabilityRules,
    selection: SelectionRules,
    left_out: frozenset[str] = frozenset(),
) -> StabilityFit:
    """The model of one region for one year of decision.

    Args:
        results: cells of the pool (`expected.pool_cells`) with the columns of `RESULTS` up to `low_count`; years
            after `year` are not looked at.
        year: year of decision; its results must be there.
        rules: numbers of the model.
        selection: capacity and bands.
        left_out: schools that count in the region's rates only.

    Raises:
        NoDataError: nobody was tested in the year.
        PipelineError: there are no more schools than places.
    """
    # An edition with a main window of seven years must not narrow it where data are thin.
    rules = replace(rules, long_window_years=max(rules.window_years, rules.long_window_years))
    cells = expected_cells(results[results["year"] <= year], rules.min_cell_schools)
    inside = cells[~cells["school_id"].isin(left_out)]
    _require_year(inside, year)
    panel = make_panel(inside, year, rules)
    window = panel.columns(year, rules.long_window_years)
    is_in = np.asarray(panel.present[:, window].sum(axis=1) > 0)
    _require_schools(int(is_in.sum()), selection.capacity)

    decay, is_learned = learn_decay(panel, rules)
    dispersion, is_estimated = dispersion_of(panel, year, rules.window_years, rules.min_dispersion_df)
    main_observed, main_expected = effective_counts(panel, year, rules.window_years, decay, dispersion)
    prior, is_at_bound = prior_strength(main_observed, main_expected, rules.prior_minimum, rules.prior_maximum)

    is_widened = _as_stored(main_expected) < rules.thin_expected
    model = _Model(panel, rules, selection.capacity, decay, dispersion, prior, is_in, is_widened)
    observed, expected = model.evidence(panel)
    cut = cut_for(observed[is_in], expected[is_in], prior, selection.capacity)
    years = _years(model)
    warnings = {
        "decay_default": not is_learned,
        "dispersion_default": not is_estimated,
        "prior_at_bound": is_at_bound,
        "small_year": bool(years["probability"].isna().any()),
    }
    table = _evidence_columns(model, years).join(_posterior_columns(model, cut, selection))
    return StabilityFit(
        year=year,
        capacity=selection.capacity,
        decay=decay,
        dispersion=dispersion,
        prior=prior,
        cut=cut,
        warnings=tuple(code for code, is_raised in warnings.items() if is_raised),
        rates=regional_rates(cells),
        table=_with_municipality(table[is_in], inside),
        years=years,
        subjects=_subjects(model),
    )


def rank(results: pd.DataFrame, year: int, rules: StabilityRules, selection: SelectionRules) -> pd.DataFrame:
    """One row per school with results, the most probable first: the model alone on any school system's results.

    Args:
        results: cells of the region, all of them in the pool.
        year: year of decision.
        rules: numbers of the model.
        selection: capacity and bands.

    Returns:
        The columns of `RANK_COLUMNS`, by falling `probability`, then by `school_id`.
    """
    table = fit(results, year, rules, selection).table
    ordered = table.sort_values(["probability", "school_id"], ascending=[False, True], ignore_index=True)
    return ordered[list(RANK_COLUMNS)]


def band_of(probability: Floats, rules: SelectionRules) -> "pd.Series[str]":
    """The band of each probability: core, probable, borderline, watch or none."""
    borders = (
        ("core", rules.core_probability),
        ("probable", rules.probable_probability),
        ("borderline", rules.borderline_probability),
        ("watch", rules.watch_probability),
    )
    conditions = [probability >= border for _, border in borders]
    return pd.Series(np.select(conditions, [code for code, _ in borders], default="none"), dtype="str")


def _as_stored(values: Floats) -> Floats:
    """The numbers as the store keeps them: what a reader sees meets a threshold, not the last bits of a sum."""
    return np.round(values, FLOAT_DECIMALS)


def _require_year(cells: pd.DataFrame, year: int) -> None:
    if not (cells["year"] == year).any():
        years = ", ".join(str(y) for y in sorted(cells["year"].unique()))
        raise NoDataError(
            f"За {year} год нет ни одного результата, по которому выбираются школы",
            where=f"имеются годы: {years or 'ни одного'}",
            remedy="проверьте год в команде и полученные файлы; список процедур и предметов задан в методике",
        )


def _require_schools(school_count: int, capacity: int) -> None:
    if capacity >= school_count:
        raise PipelineError(
            f"Мест в перечне ({capacity}) не меньше, чем школ с результатами ({school_count}): выбирать не из чего",
            where="число мест (capacity)",
            remedy="уменьшите число мест или проверьте, все ли результаты получены",
        )


@dataclass(frozen=True)
class _Model:
    """The parameters of the region, and which schools are in (a row each) and are looked at in the longer window."""

    panel: Panel
    rules: StabilityRules
    capacity: int
    decay: float
    dispersion: float
    prior: float
    is_in: Mask
    is_widened: Mask

    @property
    def year(self) -> int:
        """The year of decision."""
        return int(self.panel.years[-1])

    @property
    def window_mask(self) -> Floats:
        """School by year: 1 where the year belongs to the school's window."""
        width = np.where(self.is_widened, self.rules.long_window_years, self.rules.window_years)
        mask: Floats = ((self.year - self.panel.years)[None, :] < width[:, None]).astype("float64")
        return mask

    def evidence(self, panel: Panel) -> tuple[Floats, Floats]:
        """O* and E* of each school in its window: the main one, or the longer one where data are thin."""
        main = effective_counts(panel, self.year, self.rules.window_years, self.decay, self.dispersion)
        longer = effective_counts(panel, self.year, self.rules.long_window_years, self.decay, self.dispersion)
        return np.where(self.is_widened, longer[0], main[0]), np.where(self.is_widened, longer[1], main[1])

    def probabilities(self, observed: Floats, expected: Floats) -> Floats:
        """T of the given schools with a cut of their own; missing where there are no more schools than places."""
        if len(observed) <= self.capacity:
            return np.full(len(observed), np.nan)
        cut = cut_for(observed, expected, self.prior, self.capacity)
        return probabilities_above(observed, expected, self.prior, cut)


def _years(model: _Model) -> pd.DataFrame:
    """One row per school and year of the longer window in which a cell took part (`StabilityFit.years`)."""
    panel, frames = model.panel, []
    for column in panel.columns(model.year, model.rules.long_window_years):
        rows = np.flatnonzero(model.is_in & (panel.expected[:, column] > 0))
        low, mean = panel.observed[rows, column], panel.expected[rows, column]
        scale = mean / (model.dispersion * panel.spread[rows, column])
        frame = {
            "school_id": panel.school_ids.to_numpy()[rows],
            "year": panel.years[column],
            "tested_count": panel.tested[rows, column].astype("int64"),
            "observed_count": panel.low[rows, column],
            "expected_count": panel.unweighted_expected[rows, column],
            "evidence_observed": low * scale,
            "evidence_expected": mean * scale,
            "probability": model.probabilities(low * scale, mean * scale),
            "is_in_window": model.window_mask[rows, column] > 0,
        }
        frames.append(pd.DataFrame(frame))
    return pd.concat(frames, ignore_index=True).sort_values(["school_id", "year"], ignore_index=True)


def _subjects(model: _Model) -> pd.DataFrame:
    """One row per school and subject of its window (`StabilityFit.subjects`).

    φ, k and d stay those of all subjects together; the cut is the subject's own.
    """
    panel = model.panel
    frames = [pd.DataFrame({"school_id": [], "subject": [], "tested_count": [], "probability": []})]
    for subject in sorted(panel.cells["subject"].unique()):
        alone = panel.of_subject(subject)
        observed, expected = model.evidence(alone)
        rows = np.flatnonzero(model.is_in & (expected > 0))
        frame = {
            "school_id": panel.school_ids.to_numpy()[rows],
            "subject": subject,
            "tested_count": (alone.tested * model.window_mask).sum(axis=1)[rows],
            "probability": model.probabilities(observed[rows], expected[rows]),
        }
        frames.append(pd.DataFrame(frame))
    kinds = {"school_id": "str", "subject": "str", "tested_count": "int64", "probability": "float64"}
    return pd.concat([f.astype(kinds) for f in frames]).sort_values(["school_id", "subject"], ignore_index=True)


def _evidence_columns(model: _Model, years: pd.DataFrame) -> pd.DataFrame:
    """One row per school of the panel: the columns of `STABILITY` that count what there is."""
    panel, mask, rules = model.panel, model.window_mask, model.rules
    is_low = years["is_in_window"] & (_as_stored(years["probability"].to_numpy()) >= rules.low_year_probability)
    low_years = years[is_low].groupby("school_id").size()
    current = years[years["year"] == model.year].set_index("school_id")["probability"]
    recent = panel.columns(model.year, rules.recent_years)
    columns = {
        "school_id": panel.school_ids,
        "year": model.year,
        "tested_count": (panel.tested * mask).sum(axis=1),
        "low_count": (panel.low * mask).sum(axis=1),
        "expected_low_count": (panel.unweighted_expected * mask).sum(axis=1),
        "low_years_count": panel.school_ids.map(low_years).fillna(0),
        "years_count": ((panel.expected > 0) & (mask > 0)).sum(axis=1),
        "current_year_probability": panel.school_ids.map(current),
        "window_years_count": np.where(model.is_widened, rules.long_window_years, rules.window_years),
        # Cells that take no part say nothing about the school: they are no recent results either.
        "is_recent": panel.tested[:, recent].sum(axis=1) > 0,
    }
    return pd.DataFrame(columns)


def _posterior_columns(model: _Model, cut: float, selection: SelectionRules) -> pd.DataFrame:
    """One row per school of the panel: the columns of `STABILITY` that the model concludes."""
    rules, prior = model.rules, model.prior
    observed, expected = model.evidence(model.panel)
    index = (observed + prior) / (expected + prior)
    lower, upper = quantiles(observed, expected, prior, rules.interval_level)
    reliability = expected / (expected + prior)
    probability = probabilities_above(observed, expected, prior, cut)
    tested = (model.panel.tested * model.window_mask).sum(axis=1)
    seen = _as_stored(reliability)
    is_firm, is_moderate = seen >= rules.firm_reliability, seen >= rules.moderate_reliability
    columns = {
        "effective_observed": observed,
        "effective_expected": expected,
        "index": index,
        "index_lower": lower,
        "index_upper": upper,
        "reliability": reliability,
        "reliability_code": np.select([is_firm, is_moderate], ["firm", "moderate"], default="thin"),
        "probability": probability,
        "band_code": band_of(_as_stored(probability), selection),
        "forecast_ratio": index,  # the prediction of next year's O/E is the index itself
        "next_year_probability": np.nan,  # needs a calibration on the region's past: a later step
        "is_thin": (_as_stored(expected) < rules.thin_expected) | (tested < rules.min_pooled_tested_count),
    }
    return pd.DataFrame(columns)


def _with_municipality(table: pd.DataFrame, cells: pd.DataFrame) -> pd.DataFrame:
    """The table typed as `STABILITY`, each school in the municipality of its newest results."""
    newest = cells.drop_duplicates("school_id", keep="last").set_index("school_id")["municipality_id"]
    typed = table.assign(municipality_id=table["school_id"].map(newest)).reset_index(drop=True)
    return STABILITY.typed(typed)
