"""Does support help: results of listed schools a year later against what they would have shown without support.

A school with high figures comes back to the norm by itself, so its own past is no measure. Compared is with the
forecast of `pipeline.effect_forecast`, with schools at the cut that were not listed, and, for a measure of the roadmap,
with listed schools that it did not reach. A group's conclusion needs more the more groups are looked at together.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from pipeline import effect_words
from pipeline.effect_forecast import (
    Calibration,
    Comparison,
    against_each_other,
    against_forecast,
    calibrate,
    next_year,
    overlap_weights,
    uncalibrated,
)
from pipeline.expected import StabilityFit
from pipeline.methodology.rules import EffectRules
from pipeline.posterior import Floats, as_stored
from pipeline.schema import records
from pipeline.tables.effect import EFFECT_PARAMETERS, EFFECT_SCHOOLS, EFFECT_SUMMARY, NOT_JUDGED
from pipeline.tables.support import SUPPORT_FACTS

Row = dict[str, Any]
Compare = Callable[[float], Comparison | None]


@dataclass(frozen=True)
class ListEvidence:
    """One signed list and what is known of its schools a year later.

    Args:
        listed: one row per school of the list: `school_id` (successors in place), `school_name`, `municipality_id`,
            `municipality_name`, `is_entered` (missing: the list before is not known).
        is_computed: the list was made by this model from the results that the forecast is made from.
        fitted: the model of the list's year, fitted to results up to it.
        cells: cells of the pool of the list's year and the next, doubtful ones left out (columns of `RESULTS`).
        left_out: schools that take no part (`register.left_out_schools`).
        min_cell_schools: fewest schools of the norm that a cell may be compared with.
        facts: counted and other facts about support (`SUPPORT_FACTS`), of any list.
    """

    listed: pd.DataFrame
    is_computed: bool
    fitted: StabilityFit
    cells: pd.DataFrame
    left_out: frozenset[str]
    min_cell_schools: int
    facts: pd.DataFrame

    @property
    def year(self) -> int:
        """The year of the list."""
        return self.fitted.year


@dataclass(frozen=True)
class Effect:
    """What came of one list: `EFFECT_SCHOOLS`, `EFFECT_SUMMARY` and `EFFECT_PARAMETERS` of its year."""

    schools: pd.DataFrame
    summary: pd.DataFrame
    parameters: pd.DataFrame


def effect(evidence: ListEvidence, rules: EffectRules) -> Effect:
    """What came of one list (`Effect`); rows are there, and say so, where nothing can be judged.

    Args:
        evidence: the list and the results.
        rules: levels, pulls and smallest numbers of schools.
    """
    listed = frozenset(evidence.listed["school_id"].astype(str))
    known = next_year(evidence.cells, evidence.fitted, listed, evidence.left_out, evidence.min_cell_schools)
    others = known[~known["is_listed"]]
    if len(others) < rules.min_compared_schools:
        case = _Case(evidence, known.iloc[:0], None, rules)
    else:
        case = _Case(evidence, known, calibrate(others, rules), rules)
    return Effect(
        EFFECT_SCHOOLS.conform(pd.DataFrame(_school_rows(case), columns=list(EFFECT_SCHOOLS.column_names))),
        EFFECT_SUMMARY.conform(pd.DataFrame(_summary_rows(case), columns=list(EFFECT_SUMMARY.column_names))),
        _parameters(case),
    )


def reached_schools(facts: pd.DataFrame, listed: pd.DataFrame, list_year: int, rules: EffectRules) -> pd.DataFrame:
    """One row per measure and listed school that it reached before the exams: `measure_number`, `school_id`.

    A fact without a school reaches all listed schools of its municipality, one without a municipality all of the list.

    Args:
        facts: `SUPPORT_FACTS`; only counted ones of the list count.
        listed: `school_id`, `municipality_id` of the list.
        list_year: the list.
        rules: up to which month of the next year an event can show in results.
    """
    own = SUPPORT_FACTS.typed(facts)
    month, year = own["fact_date"].dt.month, own["fact_date"].dt.year
    is_in_time = (year == list_year) | ((year == list_year + 1) & (month <= rules.reached_to_month))
    own = own[own["is_counted"].astype(bool) & (own["list_year"] == list_year) & is_in_time]
    schools = listed[["school_id", "municipality_id"]].astype("str")
    names = ["measure_number", "school_id"]
    by_school = own[own["school_id"].notna()][names].merge(schools[["school_id"]], on="school_id")
    by_place = own[own["school_id"].isna() & own["municipality_id"].notna()]
    by_place = by_place[["measure_number", "municipality_id"]].merge(schools, on="municipality_id")[names]
    everybody = own[own["school_id"].isna() & own["municipality_id"].isna()][["measure_number"]]
    everybody = everybody.merge(schools[["school_id"]], how="cross")
    found = pd.concat([by_school, by_place, everybody], ignore_index=True).drop_duplicates()
    ordered: pd.DataFrame = found.sort_values(names, ignore_index=True)
    return ordered


@dataclass(frozen=True)
class _Case:
    """A list, the schools that can be compared, and the calibration; None: too few unlisted schools for one."""

    evidence: ListEvidence
    known: pd.DataFrame
    calibration: Calibration | None
    rules: EffectRules

    @property
    def judged(self) -> pd.DataFrame:
        """The listed schools that can be compared."""
        found: pd.DataFrame = self.known[self.known["is_listed"]]
        return found

    def of(self, school_ids: pd.Series) -> pd.DataFrame:
        """Those of them with the given ids."""
        return self.judged[self.judged.index.isin(school_ids)]


def _school_rows(case: _Case) -> list[Row]:
    """One row per school of the list (`EFFECT_SCHOOLS`)."""
    rows = []
    for school in records(case.evidence.listed):
        own = case.of(pd.Series([school["school_id"]]))
        row = {"list_year": case.evidence.year, "is_computed": case.evidence.is_computed, **school}
        row |= {"is_judged": not own.empty}
        code = NOT_JUDGED
        if case.calibration is not None and not own.empty:
            found = against_forecast(own, case.calibration, case.rules.interval_level)
            row |= _figures(own, case.calibration, found)
            code = {"better": "below", "worse": "above"}.get(_side(found), "within")
        rows.append(row | {"conclusion_code": code, "conclusion_text": effect_words.school_sentence(code, row)})
    return rows


def _summary_rows(case: _Case) -> list[Row]:
    """One row per group of the list and way of comparing (`EFFECT_SUMMARY`)."""
    listed = case.evidence.listed
    placebo = _placebo_row(case)
    is_sound = placebo["conclusion_code"] not in ("better", "worse")
    entered = listed[listed["is_entered"].fillna(False).astype(bool)]
    rows = [
        _forecast_row(case, "all", "", listed, 1, is_sound),
        _neighbours_row(case, is_sound),
        _forecast_row(case, "entered", "", entered, 1, is_sound),
    ]
    groups = [(str(code), group) for code, group in listed.groupby("municipality_id", sort=True)]
    family = _family(case, [group for _, group in groups])
    rows += [_forecast_row(case, "municipality", code, group, family, is_sound) for code, group in groups]
    reach = reached_schools(case.evidence.facts, listed, case.evidence.year, case.rules)
    measures = [
        (str(number), listed[listed["school_id"].isin(group["school_id"])])
        for number, group in reach.groupby("measure_number", sort=True)
    ]
    family = _family(case, [group for _, group in measures])
    for number, group in measures:
        rows.append(_forecast_row(case, "measure", number, group, family, is_sound))
        rows.append(_unreached_row(case, number, group, family, is_sound))
    return [*rows, placebo]


def _forecast_row(case: _Case, scope: str, scope_id: str, group: pd.DataFrame, family: int, is_sound: bool) -> Row:
    """A group of listed schools against the forecast."""
    judged, calibration = case.of(group["school_id"]), case.calibration
    row = _head(case, scope, scope_id, "forecast", len(group), judged, family)
    row["compared_count"] = 0 if calibration is None else calibration.school_count
    if calibration is None or judged.empty:
        return _concluded(case, row, None, is_sound)
    row |= _figures(judged, calibration, against_forecast(judged, calibration, case.rules.interval_level))
    return _concluded(case, row, lambda level: against_forecast(judged, calibration, level), is_sound)


def _neighbours_row(case: _Case, is_sound: bool) -> Row:
    """Listed schools against unlisted ones of equal probability, both against what the model itself foretold."""
    first, second, calibration = case.judged, case.known[~case.known["is_listed"]], case.calibration
    row = _head(case, "all", "", "neighbours", len(case.evidence.listed), first, 1) | {"compared_count": len(second)}
    if calibration is None or first.empty:
        return _concluded(case, row, None, is_sound)
    weights = overlap_weights(case.known, case.rules)
    is_listed = case.known["is_listed"].to_numpy(dtype=bool)
    ordered = np.concatenate([weights[is_listed], weights[~is_listed]])
    if min(_effective(weights[is_listed]), _effective(weights[~is_listed])) < case.rules.min_neighbour_schools:
        return _concluded(case, row, None, is_sound)
    plain = uncalibrated(calibration)
    return _contrasted(case, row, lambda level: against_each_other(first, second, plain, level, ordered), is_sound)


def _unreached_row(case: _Case, number: str, group: pd.DataFrame, family: int, is_sound: bool) -> Row:
    """The listed schools that a measure reached against those that it did not reach."""
    first = case.of(group["school_id"])
    second, calibration = case.judged[~case.judged.index.isin(first.index)], case.calibration
    row = _head(case, "measure", number, "unreached", len(group), first, family) | {"compared_count": len(second)}
    if calibration is None or min(len(first), len(second)) < case.rules.min_judged_schools:
        return _concluded(case, row, None, is_sound)
    return _contrasted(case, row, lambda level: against_each_other(first, second, calibration, level), is_sound)


def _placebo_row(case: _Case) -> Row:
    """The unlisted schools nearest to the list against a forecast set right by the others: no difference is due."""
    others = case.known[~case.known["is_listed"]]
    is_near = others["probability"] >= case.rules.placebo_probability
    near, rest = others[is_near], others[~is_near]
    row = _head(case, "all", "", "placebo", len(near), near, 1) | {"compared_count": len(rest)}
    if near.empty or len(rest) < case.rules.min_compared_schools:
        return _concluded(case, row, None, is_sound=True)
    calibration = calibrate(rest, case.rules)
    row |= _figures(near, calibration, against_forecast(near, calibration, case.rules.interval_level))
    return _concluded(case, row, lambda level: against_forecast(near, calibration, level), is_sound=True)


def _head(
    case: _Case, scope: str, scope_id: str, estimator: str, school_count: int, judged: pd.DataFrame, family: int
) -> Row:
    return {
        "list_year": case.evidence.year,
        "scope_code": scope,
        "scope_id": scope_id,
        "estimator_code": estimator,
        "is_computed": case.evidence.is_computed,
        "school_count": school_count,
        "judged_count": len(judged),
        "family_count": family,
    }


def _contrasted(case: _Case, row: Row, compare: Compare, is_sound: bool) -> Row:
    """The row of a comparison of two groups: its ratio and interval, no counts."""
    found = compare(case.rules.interval_level)
    if found is not None:
        row |= {"effect_ratio": found.ratio, "effect_lower": found.lower, "effect_upper": found.upper}
    return _concluded(case, row, None if found is None else compare, is_sound)


def _concluded(case: _Case, row: Row, compare: Compare | None, is_sound: bool) -> Row:
    """The row with its conclusion: of an interval wide enough for all comparisons made together.

    No conclusion without a comparison, about too few schools, where unlisted schools strayed from their forecast too,
    or of a list made otherwise; the placebo judges the method, so it is judged for any list.
    """
    code, why = NOT_JUDGED, ""
    if compare is None or row["judged_count"] < case.rules.min_judged_schools:
        why = "few"
    elif not is_sound:
        why = "unsound"
    elif not row["is_computed"] and row["estimator_code"] != "placebo":
        why = "not_computed"
    else:
        wide = compare(1 - (1 - case.rules.interval_level) / row["family_count"])
        code = "not_established" if wide is None else _side(wide)
    text = effect_words.summary_sentence(code, why, row, case.rules.interval_level)
    return row | {"conclusion_code": code, "conclusion_text": text}


def _side(found: Comparison) -> str:
    """On which side of 1 the interval lies, as stored."""
    lower, upper = as_stored(np.array([found.lower, np.inf if found.upper is None else found.upper]))
    if upper < 1:
        return "better"
    return "worse" if lower > 1 else "not_established"


def _figures(schools: pd.DataFrame, calibration: Calibration, found: Comparison) -> Row:
    """Counts and ratios of the schools together, before, foretold and observed (`RATIO`)."""
    foretold, observed = float(calibration.forecast(schools).sum()), float(schools["low_count"].sum())
    expected, before = float(schools["expected_count"].sum()), float(schools["before_expected"].sum())
    return {
        "low_count": observed,
        "forecast_low_count": foretold,
        "before_ratio": float(schools["before_low"].sum()) / before if before > 0 else None,
        "forecast_ratio": foretold / expected,
        "observed_ratio": observed / expected,
        "effect_ratio": found.ratio,
        "effect_lower": found.lower,
        "effect_upper": found.upper,
    }


def _family(case: _Case, groups: list[pd.DataFrame]) -> int:
    """How many of the groups are large enough for a conclusion; at least 1."""
    sizes = [len(case.of(group["school_id"])) for group in groups]
    return max(1, sum(size >= case.rules.min_judged_schools for size in sizes))


def _effective(weights: Floats) -> float:
    """How many schools of equal weight say as much."""
    return float(weights.sum() ** 2 / (weights**2).sum()) if len(weights) else 0.0


def _parameters(case: _Case) -> pd.DataFrame:
    """One row per parameter of the calibration (`EFFECT_PARAMETERS`)."""
    found = case.calibration
    if found is None:
        return EFFECT_PARAMETERS.empty()
    rows = (
        ("level", "α: насколько год труднее или легче для всех, логарифм", found.level),
        ("slope", "γ: какая часть разности школ (ln S) сохранилась через год", found.slope),
        ("level_variance", "Дисперсия α", found.covariance[0, 0]),
        ("slope_variance", "Дисперсия γ", found.covariance[1, 1]),
        ("level_slope_covariance", "Ковариация α и γ", found.covariance[0, 1]),
        ("noise", "φ₁: разброс результатов одного года", found.noise),
        ("drift", "τ²: подвижность уровня школ за год", found.drift),
        ("school_count", "Школ вне перечня, по которым найдены параметры", found.school_count),
    )
    table = pd.DataFrame(rows, columns=["parameter_code", "title", "value"]).assign(list_year=case.evidence.year)
    return EFFECT_PARAMETERS.conform(table)
