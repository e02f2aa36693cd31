"""The statistical model of stably low results: closed form, deterministic, repeatable in a spreadsheet.

Steps and formulas: docs/methodology.md, "The stability model". The region's rates count every school; the schools
left out (excluded kinds, closed ones) have no part in anything else: neither in φ, k, μ and d, nor in ΣT = ΣP = K.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from pipeline.doubted import is_recent, is_thin, standing
from pipeline.errors import NoDataError, PipelineError
from pipeline.expected import StabilityFit, expected_cells, regional_rates
from pipeline.forecast import forecast
from pipeline.learning import Learned, learn
from pipeline.methodology.rules import SelectionRules, StabilityRules
from pipeline.outlook import foresee, newest_expected_by_origin
from pipeline.panel import (
    Integers,
    Mask,
    Panel,
    dispersion_of,
    evidence_by_origin,
    make_panel,
    median_size,
    newest_by_origin,
)
from pipeline.posterior import Floats, as_stored, cut_for, probabilities_above, quantiles
from pipeline.tables.decision import STABILITY

WARNINGS: Mapping[str, str] = {
    "nothing_compared": "Ни один результат нельзя сравнить с нормой региона (низких нет вовсе, низкие все или школ "
    "слишком мало): вероятности говорят только о числе мест.",
    "decay_default": "Истории региона мало: убывание веса года принято по умолчанию, а не подобрано.",
    "dispersion_default": "Данных мало для оценки разброса: он принят случайным, φ = 1.",
    "prior_at_bound": "Сила априорного распределения k оказалась на границе допустимых значений.",
    "small_year": "В одном из лет школ с результатами не больше, чем мест: вероятности этого года не вычислены.",
    "outlook_default": "Прошлых лет, на которых видна ошибка прогноза, нет: вероятность следующего года грубая.",
    "next_year_unknown": "Школ с результатами последнего года не больше, чем мест: вероятность следующего года "
    "не вычислена.",
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
    set_aside: pd.DataFrame | None = None,
) -> StabilityFit:
    """The model of one region for one year of decision.

    Args:
        results: cells of the pool (`expected.pool_cells`) with the columns of `RESULTS` up to `low_count`; years
            after `year` are not looked at.
        year: year of decision; its results must be there.
        rules: numbers of the model.
        selection: capacity and bands.
        left_out: schools that count in the region's rates only.
        set_aside: `school_id`, `year`, `procedure` of doubtful ВПР, which leave the evidence of their schools unless
            that would help them (`doubted.standing`); None: none.

    Raises:
        NoDataError: nobody was tested in the year.
        PipelineError: there are no more schools than places.
    """
    cells = expected_cells(results[results["year"] <= year], rules.min_cell_schools)
    inside = cells[~cells["school_id"].isin(left_out)]
    _require_year(inside, year)
    panel = make_panel(inside, year, rules)
    _require_schools(len(panel.school_ids), selection.capacity)

    dispersion, is_estimated = dispersion_of(panel, year, rules)
    known = standing(panel, learn(panel, dispersion, rules), set_aside, selection, rules)
    learned = known.learned
    model = _Model(known.panel, learned, rules, selection.capacity)
    cut = cut_for(learned.shape[-1], learned.rate[-1], selection.capacity)
    outlook, chance = foresee(known.panel, learned, selection.capacity, rules)
    correction, ratio = forecast(known.panel, learned, outlook, rules)
    years = _years(model)
    warnings = {
        "nothing_compared": not panel.expected.any(),
        "decay_default": learned.is_decay_default,
        "dispersion_default": not is_estimated,
        "prior_at_bound": learned.is_prior_at_bound,
        "small_year": bool(years["probability"].isna().any()),
        "outlook_default": outlook.is_default,
        "next_year_unknown": bool(np.isnan(outlook.cut) and panel.expected.any()),
    }
    table = _evidence_columns(model, years).join(_posterior_columns(model, cut, selection))
    table = table.assign(
        size_count=newest_by_origin(panel.tested)[-1],
        forecast_ratio=ratio,
        next_year_probability=chance,
        is_vpr_set_aside=known.is_set_aside,
    )
    return StabilityFit(
        year=year,
        capacity=selection.capacity,
        decay=learned.decay,
        dispersion=dispersion,
        prior=learned.prior.strength,
        prior_level=learned.prior.level,
        prior_slope=learned.prior.slope,
        median_size=median_size(panel),
        cut=cut,
        outlook=outlook,
        correction=correction,
        warnings=tuple(code for code, is_raised in warnings.items() if is_raised),
        rates=regional_rates(cells),
        table=_with_municipality(table, inside),
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
    """
    return ranked(fit(results, year, rules, selection))


def ranked(fitted: StabilityFit) -> pd.DataFrame:
    """One row per school of the model: `RANK_COLUMNS`, by falling `probability`, then by `school_id`."""
    ordered = fitted.table.sort_values(["probability", "school_id"], ascending=[False, True], ignore_index=True)
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
    """The schools of the region, a row each, and what was learned from them."""

    panel: Panel
    learned: Learned
    rules: StabilityRules
    capacity: int

    @property
    def year(self) -> int:
        """The year of decision."""
        return int(self.panel.years[-1])

    @property
    def is_in_window(self) -> Mask:
        """Whether a year belongs to the window: what is read by year is read of these."""
        found: Mask = self.panel.years > self.year - self.rules.window_years
        return found

    def probabilities(self, observed: Floats, expected: Floats, rows: Integers) -> Floats:
        """T of the schools in the rows with a cut of their own; missing where they are no more than the places.

        k and μ are those of the schools themselves, whatever part of their results the evidence is.
        """
        if len(rows) <= self.capacity:
            return np.full(len(rows), np.nan)
        shape, rate = observed + self.learned.start[-1, rows], expected + self.learned.prior.strength
        return probabilities_above(shape, rate, cut_for(shape, rate, self.capacity))


def _years(model: _Model) -> pd.DataFrame:
    """One row per school and year in which a cell took part (columns of `STABILITY_YEARS`), by school and year."""
    panel, learned = model.panel, model.learned
    rows, columns = np.nonzero(panel.expected > 0)
    at = (rows, columns)
    excess = learned.dispersion.variance(panel)[at] / panel.expected[at]
    observed, expected = panel.observed[at] / excess, panel.expected[at] / excess
    probability = np.empty(len(rows))
    for column in range(len(panel.years)):
        chosen = columns == column
        probability[chosen] = model.probabilities(observed[chosen], expected[chosen], rows[chosen])
    years = {
        "school_id": panel.school_ids.to_numpy()[rows],
        "year": panel.years[columns],
        "tested_count": panel.tested[at].astype("int64"),
        "low_count": panel.low[at].astype("int64"),
        "expected_count": panel.unweighted_expected[at],
        "dispersion": excess,
        "evidence_observed": observed,
        "evidence_expected": expected,
        "probability": probability,
        "is_in_window": model.is_in_window[columns],
        "weight": learned.decay ** (model.year - panel.years[columns]).astype("float64"),
    }
    return pd.DataFrame(years)


def _subjects(model: _Model) -> pd.DataFrame:
    """One row per school and subject (`StabilityFit.subjects`).

    φ, k, μ and d stay those of all subjects together; the cut is the subject's own.
    """
    panel, learned = model.panel, model.learned
    frames = [pd.DataFrame({"school_id": [], "subject": [], "tested_count": [], "probability": []})]
    for subject in sorted(panel.cells["subject"].unique()):
        alone = panel.of_subject(subject)
        observed, expected = (part[-1] for part in evidence_by_origin(alone, learned.decay, learned.dispersion))
        rows = np.flatnonzero(expected > 0)
        frame = {
            "school_id": panel.school_ids.to_numpy()[rows],
            "subject": subject,
            "tested_count": alone.tested[:, model.is_in_window].sum(axis=1)[rows],
            "probability": model.probabilities(observed[rows], expected[rows], rows),
        }
        frames.append(pd.DataFrame(frame))
    kinds = {"school_id": "str", "subject": "str", "tested_count": "int64", "probability": "float64"}
    return pd.concat([f.astype(kinds) for f in frames]).sort_values(["school_id", "subject"], ignore_index=True)


def _evidence_columns(model: _Model, years: pd.DataFrame) -> pd.DataFrame:
    """One row per school of the panel: the columns of `STABILITY` that count what there is."""
    panel, window, rules = model.panel, model.is_in_window, model.rules
    is_low = years["is_in_window"] & (as_stored(years["probability"].to_numpy()) >= rules.low_year_probability)
    low_years = years[is_low].groupby("school_id").size()
    current = years[years["year"] == model.year].set_index("school_id")["probability"]
    columns = {
        "school_id": panel.school_ids,
        "year": model.year,
        "tested_count": panel.tested[:, window].sum(axis=1),
        "low_count": panel.low[:, window].sum(axis=1),
        "expected_low_count": panel.unweighted_expected[:, window].sum(axis=1),
        "newest_expected_count": newest_expected_by_origin(panel)[-1],
        "low_years_count": panel.school_ids.map(low_years).fillna(0),
        "years_count": (panel.expected[:, window] > 0).sum(axis=1),
        "history_years_count": (panel.expected > 0).sum(axis=1),
        "current_year_probability": panel.school_ids.map(current),
        "is_recent": is_recent(panel, rules),
    }
    return pd.DataFrame(columns)


def _posterior_columns(model: _Model, cut: float, selection: SelectionRules) -> pd.DataFrame:
    """One row per school of the panel: the columns of `STABILITY` that the model concludes."""
    rules, learned = model.rules, model.learned
    observed, expected = learned.observed[-1], learned.expected[-1]
    shape, rate = learned.shape[-1], learned.rate[-1]
    lower, upper = quantiles(shape, rate, rules.interval_level)
    reliability = expected / rate
    probability = probabilities_above(shape, rate, cut)
    seen = as_stored(reliability)
    is_firm, is_moderate = seen >= rules.firm_reliability, seen >= rules.moderate_reliability
    columns = {
        "prior_mean": learned.prior.mean(learned.log_size[-1]),
        "effective_observed": observed,
        "effective_expected": expected,
        "index": shape / rate,
        "index_lower": lower,
        "index_upper": upper,
        "reliability": reliability,
        "reliability_code": np.select([is_firm, is_moderate], ["firm", "moderate"], default="thin"),
        "probability": probability,
        "band_code": band_of(as_stored(probability), selection),
        "is_thin": is_thin(model.panel, learned, rules),
    }
    return pd.DataFrame(columns)


def _with_municipality(table: pd.DataFrame, cells: pd.DataFrame) -> pd.DataFrame:
    """The table typed as `STABILITY`, each school in the municipality of its newest results."""
    newest = cells.drop_duplicates("school_id", keep="last").set_index("school_id")["municipality_id"]
    typed = table.assign(municipality_id=table["school_id"].map(newest)).reset_index(drop=True)
    return STABILITY.typed(typed)
