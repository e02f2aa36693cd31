"""Results given conditions (methodology 6): an index of conditions, what is usual in them, adverse ones, resilience.

The logarithm of observed over expected low results, y = ln((O* + a) / (E* + a)), is regressed on the conditions of the
school: ridge regression on standardised indicators, missing ones filled with the median, schools weighted by the
reliability R of their results. What is usual for a school is said by models that have not seen it: the schools are
divided into folds by a hash of their ids, and the division is repeated with other hashes, never with dice.

Conditions inform support; nothing here touches the list.
"""

import hashlib
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from pipeline.methodology.rules import ContextRules
from pipeline.schema import records
from pipeline.tables.context import CONTEXT, CONTEXT_MODEL

Floats = npt.NDArray[np.float64]
MAXIMUM_INDEX = 100.0


@dataclass(frozen=True)
class Outcome:
    """What the conditions say.

    Args:
        table: CONTEXT, one row per school whose conditions are known.
        figures: CONTEXT_MODEL, one row per figure of quality and per indicator.
        why_code: why there is no index: `few_schools`, `no_signal`; empty where there is one.
    """

    table: pd.DataFrame
    figures: pd.DataFrame
    why_code: str = ""

    @property
    def is_used(self) -> bool:
        """Whether the model says anything."""
        return not self.why_code

    def figure(self, code: str) -> float:
        """A figure of the whole model."""
        found = self.figures
        is_whole = (found["figure_code"] == code) & (found["indicator_code"] == "")
        return float(found.loc[is_whole, "value"].iloc[0])


@dataclass(frozen=True)
class _Fit:
    """Predictions out of fold, one row per repeat and column per school, and what the folds learned.

    Args:
        predictions: repeats × schools, expected y of models that have not seen the school.
        coefficients: one row per fold and repeat, one column per indicator: change of y per standard deviation.
        penalties: the penalty that each fold chose.
    """

    predictions: Floats
    coefficients: Floats
    penalties: Floats


def assess(
    school_context: pd.DataFrame,
    indicators: pd.DataFrame,
    criteria: pd.DataFrame,
    stability: pd.DataFrame,
    *,
    selected: frozenset[str],
    left_out: frozenset[str],
    year: int,
    rules: ContextRules,
) -> Outcome:
    """The conditions of every school that reported some, and the quality of the model behind them.

    Args:
        school_context: SCHOOL_CONTEXT of the schools that exist in the year.
        indicators: CONTEXT_INDICATORS.
        criteria: ADVERSE_CRITERIA.
        stability: STABILITY of the year.
        selected: schools on the list.
        left_out: schools from which the model does not learn (excluded kinds, closed ones).
        year: year of decision.
        rules: section `context` of the methodology.
    """
    values, years, homes = newest_values(school_context, year, rules)
    if values.empty:
        return Outcome(CONTEXT.empty(), CONTEXT_MODEL.empty(), "few_schools")
    known = _features(values, indicators)
    ratios = observed_ratios(stability, rules).reindex(values.index)
    is_taught = (ratios["weight"] > 0).to_numpy() & ~values.index.isin(sorted(left_out))
    features = known.loc[:, known[is_taught].notna().mean() >= rules.min_filled_share]
    imputed_share = (
        features.isna().mean(axis=1) if features.shape[1] else features.assign(none=1.0)["none"]
    ).to_numpy()
    is_taught &= imputed_share <= rules.max_imputed_share
    fit = None
    if is_taught.sum() >= rules.min_modelled_schools and features.shape[1]:
        fit = _cross_fit(features, ratios, is_taught, rules)
    figures, why_code = _figures(fit, features, ratios, is_taught, indicators, year)
    table = pd.DataFrame(
        {
            "school_id": values.index,
            "municipality_id": homes.to_numpy(),
            "year": year,
            "context_year": years.to_numpy(),
            "imputed_share": imputed_share,
            "observed_ratio": np.exp(ratios["log_ratio"]).to_numpy(),
        }
    )
    if fit is not None and not why_code:
        table = table.assign(**_expected(fit, ratios, is_taught, imputed_share, rules))
    else:
        table = table.assign(**dict.fromkeys(("context_index", "expected_ratio", "expected_lower", "expected_upper")))
    judged = _judged(table, criteria, values, stability, selected, left_out, rules)
    return Outcome(CONTEXT.conform(judged), CONTEXT_MODEL.conform(figures), why_code)


def newest_values(
    school_context: pd.DataFrame, year: int, rules: ContextRules
) -> tuple[pd.DataFrame, pd.Series, pd.Series]:
    """One row per school (the index), one column per indicator: the newest unquestioned value that is not too old.

    Returns:
        The values; the newest year from which a school has any; its municipality. All share one sorted index.
    """
    in_time = school_context["year"].between(year - rules.max_age_years, year)
    sure = in_time & ~school_context["is_questioned"].astype(bool) & school_context["value"].notna()
    rows = school_context[sure.astype(bool)].sort_values(["school_id", "indicator_code", "year"])
    newest = rows.drop_duplicates(["school_id", "indicator_code"], keep="last")
    values = newest.pivot(index="school_id", columns="indicator_code", values="value").sort_index()
    by_school = rows.groupby("school_id")
    return values, by_school["year"].max().reindex(values.index), by_school["municipality_id"].first()


def observed_ratios(stability: pd.DataFrame, rules: ContextRules) -> pd.DataFrame:
    """One row per school (the index): `log_ratio` y, and `weight`, the reliability R of the school's results.

    The variance of y is about 1/E* + 1/k = 1/(k·R): with R as weight every school counts for what is known about it.
    """
    observed = stability["effective_observed"].to_numpy(dtype=np.float64)
    expected = stability["effective_expected"].to_numpy(dtype=np.float64)
    log_ratio = np.log((observed + rules.added_count) / (expected + rules.added_count))
    return pd.DataFrame(
        {
            "log_ratio": np.where(expected > 0, log_ratio, np.nan),
            "weight": np.where(expected > 0, stability["reliability"], 0.0),
        },
        index=pd.Index(stability["school_id"]),
    )


def fold_numbers(school_ids: pd.Index, count: int, salt: int) -> npt.NDArray[np.int64]:
    """The fold of each school: folds of equal size in the order of a hash; another salt gives another division."""
    hashes = [hashlib.sha256(f"{salt}:{school_id}".encode()).hexdigest() for school_id in school_ids]
    return np.argsort(np.argsort(hashes, kind="stable"), kind="stable").astype(np.int64) % count


def _features(values: pd.DataFrame, indicators: pd.DataFrame) -> pd.DataFrame:
    """One row per school, one column per indicator of the model; counts on the logarithmic scale."""
    used = indicators[indicators["is_in_model"].astype(bool) & indicators["indicator_code"].isin(values.columns)]
    kinds = dict(zip(used["indicator_code"], used["kind_code"], strict=True))
    return pd.DataFrame(
        {code: np.log1p(values[code]) if kind == "count" else values[code] for code, kind in sorted(kinds.items())},
        index=values.index,
    )


def _regression(rules: ContextRules) -> Any:
    """Ridge regression after filling with medians and standardising; the penalty is chosen by leaving out one."""
    from sklearn.impute import SimpleImputer
    from sklearn.linear_model import RidgeCV
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    return make_pipeline(
        SimpleImputer(strategy="median", keep_empty_features=True),
        StandardScaler(),
        RidgeCV(alphas=np.array(rules.penalties)),
    )


def _cross_fit(
    features: pd.DataFrame, ratios: pd.DataFrame, is_taught: npt.NDArray[np.bool_], rules: ContextRules
) -> _Fit:
    """What models that have not seen a school expect of it, for every repeat of the division into folds."""
    data, target = features.to_numpy(dtype=np.float64), ratios["log_ratio"].to_numpy(dtype=np.float64)
    weights = ratios["weight"].to_numpy(dtype=np.float64)
    predictions = np.empty((rules.repeat_count, len(features)))
    coefficients, penalties = [], []
    for repeat in range(rules.repeat_count):
        folds = fold_numbers(features.index, rules.fold_count, repeat)
        for fold in range(rules.fold_count):
            learned = is_taught & (folds != fold)
            regression = _regression(rules)
            own = weights[learned] / weights[learned].mean()
            regression.fit(data[learned], target[learned], ridgecv__sample_weight=own)
            predictions[repeat, folds == fold] = regression.predict(data[folds == fold])
            coefficients.append(regression[-1].coef_)
            penalties.append(regression[-1].alpha_)
    return _Fit(predictions, np.array(coefficients), np.array(penalties))


def _figures(
    fit: _Fit | None,
    features: pd.DataFrame,
    ratios: pd.DataFrame,
    is_taught: npt.NDArray[np.bool_],
    indicators: pd.DataFrame,
    year: int,
) -> tuple[pd.DataFrame, str]:
    """The figures of the model (CONTEXT_MODEL), and why it is of no use (empty where it is of use).

    `r2`: weighted, out of fold, mean over the repeats; `r2_error`: its standard deviation over them;
    `calibration_slope`: of y on its prediction, 1 where predictions are neither too bold nor too shy; `penalty`: median
    over the folds.
    Per indicator `coefficient` (change of y per standard deviation; above 0: more low results), `filled_share`,
    `is_contrary` (1: the coefficient goes against the known direction of the indicator).
    """
    if fit is None:
        return CONTEXT_MODEL.empty(), "few_schools"
    target = ratios["log_ratio"].to_numpy(dtype=np.float64)[is_taught]
    weights = ratios["weight"].to_numpy(dtype=np.float64)[is_taught]
    scores = [r_squared(target, row, weights) for row in fit.predictions[:, is_taught]]
    mean_prediction = fit.predictions[:, is_taught].mean(axis=0)
    centred = mean_prediction - np.average(mean_prediction, weights=weights)
    spread = float(np.sum(weights * centred**2))
    slope = float(np.sum(weights * centred * target)) / spread if spread > 0 else 0.0
    whole = {
        "r2": float(np.mean(scores)),
        "r2_error": float(np.std(scores)),
        "calibration_slope": slope,
        "penalty": float(np.median(fit.penalties)),
    }
    signs = indicators.set_index("indicator_code")["direction_sign"]
    rows = [{"figure_code": code, "indicator_code": "", "value": value} for code, value in whole.items()]
    for code, coefficient in zip(features.columns, fit.coefficients.mean(axis=0), strict=True):
        own = {
            "coefficient": float(coefficient),
            "filled_share": float(features.loc[is_taught, code].notna().mean()),
            "is_contrary": float(signs[code] * coefficient > 0),
        }
        rows += [{"figure_code": name, "indicator_code": code, "value": value} for name, value in own.items()]
    figures = pd.DataFrame(rows).assign(year=year, school_count=int(is_taught.sum()))
    return figures, "" if whole["r2"] > 0 else "no_signal"


def r_squared(target: Floats, prediction: Floats, weights: Floats) -> float:
    """Share of the weighted variance of the target that the prediction explains; 0 where nothing varies."""
    total = float(np.sum(weights * (target - np.average(target, weights=weights)) ** 2))
    return 1 - float(np.sum(weights * (target - prediction) ** 2)) / total if total > 0 else 0.0


def _expected(
    fit: _Fit, ratios: pd.DataFrame, is_taught: npt.NDArray[np.bool_], imputed_share: Floats, rules: ContextRules
) -> dict[str, Floats]:
    """What is usual in such conditions, its interval, and the index; missing where too much had to be filled in.

    The interval holds the results of ordinary schools in such conditions: quantiles of the residuals out of fold, each
    brought to one scale by the reliability of the school's own results. The index is linear in the expected y: 0 for
    the hardest conditions among the schools that the model learned from, 100 for the easiest.
    """
    log_expected = fit.predictions.mean(axis=0)
    is_known = imputed_share <= rules.max_imputed_share
    weights = ratios["weight"].to_numpy(dtype=np.float64)
    residuals = ratios["log_ratio"].to_numpy(dtype=np.float64) - log_expected
    tail = (1 - rules.interval_level) / 2
    scaled = (residuals * np.sqrt(weights))[is_taught]
    lower, upper = np.quantile(scaled, [tail, 1 - tail])
    width = 1 / np.sqrt(np.where(weights > 0, weights, np.nan))
    within = log_expected[is_taught & is_known] if (is_taught & is_known).any() else log_expected
    easiest, hardest = within.min(), within.max()
    index = (hardest - log_expected) / (hardest - easiest) * MAXIMUM_INDEX if hardest > easiest else np.nan
    return {
        "context_index": np.where(is_known, np.clip(index, 0.0, MAXIMUM_INDEX), np.nan),
        "expected_ratio": np.where(is_known, np.exp(log_expected), np.nan),
        "expected_lower": np.where(is_known, np.exp(log_expected + lower * width), np.nan),
        "expected_upper": np.where(is_known, np.exp(log_expected + upper * width), np.nan),
    }


def _judged(
    table: pd.DataFrame,
    criteria: pd.DataFrame,
    values: pd.DataFrame,
    stability: pd.DataFrame,
    selected: frozenset[str],
    left_out: frozenset[str],
    rules: ContextRules,
) -> pd.DataFrame:
    """The table with what is adverse, the quarter of the 2 × 2 and who is resilient."""
    met = criteria_met(criteria, values)
    index = table["context_index"].astype("float64")
    # Schools of excluded kinds are judged by the same border and do not move it.
    border = index[~table["school_id"].isin(sorted(left_out))].quantile(rules.adverse_share)
    by_index = (index <= border).to_numpy()
    by_criteria = (met.map(len) >= rules.min_criteria_count).to_numpy()
    ground = np.select([by_index & by_criteria, by_index, by_criteria], ["both", "index", "criteria"], "none")
    is_adverse = by_index | by_criteria
    probability = stability.set_index("school_id")["probability"].reindex(table["school_id"]).to_numpy()
    is_listed = table["school_id"].isin(sorted(selected)).to_numpy()
    is_low = (probability >= rules.low_probability) | is_listed
    names = np.where(is_low, "low_", "not_low_").astype(object) + np.where(is_adverse, "adverse", "favourable")
    is_better = (table["observed_ratio"] < table["expected_lower"].astype("float64")).to_numpy()
    return table.assign(
        residual_ratio=table["observed_ratio"] / table["expected_ratio"].astype("float64"),
        criteria_count=met.map(len).to_numpy(),
        criteria_codes=met.map(";".join).to_numpy(),
        adverse_code=ground,
        is_adverse=is_adverse,
        quadrant_code=pd.Series(names).where(pd.Series(is_listed | ~np.isnan(probability)), None),
        is_resilient=is_adverse & is_better,
    )


def criteria_met(criteria: pd.DataFrame, values: pd.DataFrame) -> "pd.Series[Any]":
    """School -> codes of the criteria that its conditions meet; what is not known meets none."""
    met: dict[str, list[str]] = {str(school_id): [] for school_id in values.index}
    for row in records(criteria.sort_values("criterion_code")):
        if row["indicator_code"] not in values:
            continue
        own = values[row["indicator_code"]]
        meets = own >= row["threshold"] if row["comparator"] == "ge" else own <= row["threshold"]
        for school_id in values.index[meets]:
            met[str(school_id)].append(row["criterion_code"])
    return pd.Series(list(met.values()), index=values.index, dtype="object")
