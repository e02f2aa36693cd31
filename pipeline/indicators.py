"""Indicators of a school's results, one function each; `INDICATORS` is the whole of them.

An indicator informs: it says in the analyst's words what the model adds up. Only the familiar rule and the model's
probability reach the selection, and the familiar rule only as a reason.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from pipeline.expected import SLICE_KEY, StabilityFit, expected_cells
from pipeline.methodology.rules import FamiliarRules, StabilityRules
from pipeline.tables.decision import SCHOOL_INDICATORS
from pipeline.tables.results import CELL_KEY

CELL_OF_SCHOOL = ("school_id", "procedure", "subject", "grade")
PARTS = ("school_id", "part_text")


@dataclass(frozen=True)
class Evidence:
    """What indicators are computed from.

    Args:
        results: cells of the pool (`expected.pool_cells`), all schools, years up to the year of decision at least.
        year: year of decision.
        fit: the fitted model.
        familiar: numbers of the familiar rule.
        stability: numbers of the model.
    """

    results: pd.DataFrame
    year: int
    fit: StabilityFit
    familiar: FamiliarRules
    stability: StabilityRules

    @property
    def current(self) -> pd.DataFrame:
        """One row per cell of the year of decision."""
        return self.results[self.results["year"] == self.year]


@dataclass(frozen=True)
class Indicator:
    """One indicator.

    Args:
        indicator_code: stable English code.
        title: Russian title.
        unit: Russian unit of `value`.
        function: gives one row per school and part, with `school_id`, `value` and, where they mean anything,
            `part_text`, `lower_value`, `upper_value`, `basis_count`.
    """

    indicator_code: str
    title: str
    unit: str
    function: Callable[[Evidence], pd.DataFrame] = field(repr=False)


def school_indicators(evidence: Evidence) -> pd.DataFrame:
    """One row per school and indicator, and part of it (`SCHOOL_INDICATORS`); a school without a value has no row."""
    frames = []
    for indicator in INDICATORS:
        frame = indicator.function(evidence)
        frames.append(frame[frame["value"].notna()].assign(indicator_code=indicator.indicator_code))
    table = pd.concat(frames, ignore_index=True).assign(year=evidence.year)
    table["part_text"] = table["part_text"].fillna("")
    newest = evidence.results.sort_values(list(CELL_KEY)).drop_duplicates("school_id", keep="last")
    table["municipality_id"] = table["school_id"].map(newest.set_index("school_id")["municipality_id"])
    return SCHOOL_INDICATORS.typed(table).sort_values(list(SCHOOL_INDICATORS.key), ignore_index=True)


def familiar_rule(results: pd.DataFrame, year: int, rules: FamiliarRules) -> pd.DataFrame:
    """One row per school tested in the year: `is_a`, `is_b`, `is_rule_low` and `low_cell_count`.

    (a) enough low cells in the year; (b) the same cell low in the previous year and in this one. With
    `count_by = "exams"` exams count instead of cells: an exam is low where any of its cells is.

    Args:
        results: cells of the pool.
        year: year of decision.
        rules: when a cell is low and how (a) and (b) combine.
    """
    judged = _judged_cells(results, rules)
    low = judged[judged["is_low"]]
    unit = ["school_id", "procedure"] if rules.count_by == "exams" else list(CELL_OF_SCHOOL)
    now = low.loc[low["year"] == year, unit].drop_duplicates()
    before = low.loc[low["year"] == year - 1, unit].drop_duplicates()
    repeated = now.merge(before, on=unit)["school_id"]
    is_tested = (results["year"] == year) & (results["tested_count"] > 0)
    schools = pd.DataFrame({"school_id": np.sort(results.loc[is_tested, "school_id"].unique())})
    low_count = schools["school_id"].map(now.groupby("school_id").size()).fillna(0)
    is_a = low_count >= rules.min_low_cells
    is_b = schools["school_id"].isin(repeated)
    combined = {"a": is_a, "b": is_b, "a_and_b": is_a & is_b, "a_or_b": is_a | is_b}
    cells = low.loc[low["year"] == year].groupby("school_id").size()
    return schools.assign(
        is_a=is_a,
        is_b=is_b,
        is_rule_low=combined[rules.combine],
        low_cell_count=schools["school_id"].map(cells).fillna(0).astype("int64"),
    )


def low_cell_share(evidence: Evidence) -> pd.DataFrame:
    """One row per school: share of the year's cells of sufficient size that are low; basis: those cells."""
    cells = _judged_cells(evidence.current, evidence.familiar).groupby("school_id")["is_low"]
    return cells.agg(value="mean", basis_count="size").reset_index()


def low_cell_count(evidence: Evidence) -> pd.DataFrame:
    """One row per school: low cells of the year; basis: cells of sufficient size."""
    cells = _judged_cells(evidence.current, evidence.familiar).groupby("school_id")["is_low"]
    return cells.agg(value="sum", basis_count="size").reset_index()


def low_cell_years(evidence: Evidence) -> pd.DataFrame:
    """One row per school: years of the main window with enough low cells for rule (a); basis: years with cells."""
    judged = _judged_cells(_window(evidence), evidence.familiar)
    by_year = judged.groupby(["school_id", "year"])["is_low"].sum() >= evidence.familiar.min_low_cells
    return by_year.groupby("school_id").agg(value="sum", basis_count="size").reset_index()


def repeated_low_cells(evidence: Evidence) -> pd.DataFrame:
    """One row per school: cells low in the previous year and in this one; basis: cells judged in both."""
    judged = _judged_cells(evidence.results, evidence.familiar)
    now, before = (judged[judged["year"] == year] for year in (evidence.year, evidence.year - 1))
    both = now.merge(before, on=list(CELL_OF_SCHOOL), suffixes=("", "_before"))
    is_repeated = (both["is_low"] & both["is_low_before"]).groupby(both["school_id"])
    return is_repeated.agg(value="sum", basis_count="size").reset_index()


def rule_a(evidence: Evidence) -> pd.DataFrame:
    """One row per school and least size of a cell: 1 where rule (a) holds; basis: low cells."""
    return _rule(evidence, "is_a")


def rule_b(evidence: Evidence) -> pd.DataFrame:
    """One row per school and least size of a cell: 1 where rule (b) holds; basis: low cells."""
    return _rule(evidence, "is_b")


def rule_low(evidence: Evidence) -> pd.DataFrame:
    """One row per school and least size of a cell: 1 where the combined rule holds; basis: low cells."""
    return _rule(evidence, "is_rule_low")


def observed_ratio(evidence: Evidence) -> pd.DataFrame:
    """One row per school and year with results: observed over expected low results; basis: tested."""
    years = evidence.fit.years
    return pd.DataFrame(
        {
            "school_id": years["school_id"],
            "part_text": years["year"].astype("str"),
            "value": years["low_count"] / years["expected_count"],
            "basis_count": years["tested_count"],
        }
    )


def stability_index(evidence: Evidence) -> pd.DataFrame:
    """One row per school: the index S with its interval; basis: tested in the window."""
    table = evidence.fit.table
    return _of_model(evidence, "index").assign(lower_value=table["index_lower"], upper_value=table["index_upper"])


def probability(evidence: Evidence) -> pd.DataFrame:
    """One row per school: T, the probability of being among the K schools with the lowest results."""
    return _of_model(evidence, "probability")


def next_year_probability(evidence: Evidence) -> pd.DataFrame:
    """One row per school tested in the year: P, of being among the K lowest results that the next year shows."""
    return _of_model(evidence, "next_year_probability")


def low_years_count(evidence: Evidence) -> pd.DataFrame:
    """One row per school: C, years of the window whose own T reaches the level; basis: years with results."""
    return _of_model(evidence, "low_years_count").assign(basis_count=evidence.fit.table["years_count"])


def weakest_year_probability(evidence: Evidence) -> pd.DataFrame:
    """One row per school: the smallest T of a year of the window ("low in every year"); basis: those years."""
    years = evidence.fit.years
    years = years[years["is_in_window"] & years["probability"].notna()]
    return years.groupby("school_id")["probability"].agg(value="min", basis_count="size").reset_index()


def subject_agreement(evidence: Evidence) -> pd.DataFrame:
    """One row per school and subject: T on the subject alone; and one with an empty part: the smallest of them.

    The basis is the tested of the subject; for the smallest, the number of subjects.
    """
    subjects = evidence.fit.subjects
    each = subjects.rename(columns={"subject": "part_text", "probability": "value", "tested_count": "basis_count"})
    known = subjects[subjects["probability"].notna()]
    smallest = known.groupby("school_id")["probability"].agg(value="min", basis_count="size").reset_index()
    return pd.concat([each, smallest.assign(part_text="")], ignore_index=True)


def trend(evidence: Evidence) -> pd.DataFrame:
    """One row per school: yearly change of log (O+kμ)/(E+k), with interval; above 0 is worsening; basis: years."""
    slopes = _slopes(evidence)
    half = _normal_quantile((1 + evidence.stability.interval_level) / 2) * slopes["error"]
    return slopes.assign(lower_value=slopes["value"] - half, upper_value=slopes["value"] + half).drop(columns="error")


def worsening_probability(evidence: Evidence) -> pd.DataFrame:
    """One row per school: probability that the trend is above 0, by normal approximation; basis: years."""
    from scipy.special import ndtr

    slopes = _slopes(evidence)
    return slopes.assign(value=ndtr(slopes["value"] / slopes["error"])).drop(columns="error")


def forecast_ratio(evidence: Evidence) -> pd.DataFrame:
    """One row per school: observed over expected to be expected next year without any effect of support."""
    return _of_model(evidence, "forecast_ratio")


def participation_share(evidence: Evidence) -> pd.DataFrame:
    """One row per school: tested among tested and absent of the year, where absence is known; basis: both."""
    sums = _with_absent(evidence).groupby("school_id")[["tested_count", "absent_count"]].sum()
    basis = sums.sum(axis=1)
    return pd.DataFrame({"value": sums["tested_count"] / basis, "basis_count": basis}).reset_index()


def absent_low_ratio(evidence: Evidence) -> pd.DataFrame:
    """One row per school: observed over expected of the year if every absent pupil counted low; basis: both.

    The region's rates are taken the same way, so that 1 stays the regional norm.
    """
    known = _with_absent(evidence)
    everybody = known.assign(
        tested_count=known["tested_count"] + known["absent_count"],
        low_count=known["low_count"] + known["absent_count"],
    )
    cells = expected_cells(everybody, evidence.stability.min_cell_schools)
    used = cells[cells["is_used"]]
    sums = used.groupby("school_id")[["low_count", "expected_count", "tested_count"]].sum()
    ratio = sums["low_count"] / sums["expected_count"]
    return pd.DataFrame({"value": ratio, "basis_count": sums["tested_count"]}).reset_index()


def reliability(evidence: Evidence) -> pd.DataFrame:
    """One row per school: R, the weight of the school's own results in its index; basis: tested in the window."""
    return _of_model(evidence, "reliability")


INDICATORS: tuple[Indicator, ...] = (
    Indicator("low_cell_share", "Доля низких ячеек", "доля", low_cell_share),
    Indicator("low_cell_count", "Низких ячеек в текущем году", "ячеек", low_cell_count),
    Indicator("low_cell_years", "Лет, в которых низких ячеек достаточно для правила «а»", "лет", low_cell_years),
    Indicator("repeated_low_cells", "Ячеек, низких и в прошлом, и в текущем году", "ячеек", repeated_low_cells),
    Indicator("rule_a", "Правило «а»: несколько низких ячеек в году", "1 — да, 0 — нет", rule_a),
    Indicator("rule_b", "Правило «б»: та же ячейка низкая два года подряд", "1 — да, 0 — нет", rule_b),
    Indicator("rule_low", "Привычное правило в целом", "1 — да, 0 — нет", rule_low),
    Indicator("observed_ratio", "Наблюдаемое / ожидаемое по годам", "раз к норме региона", observed_ratio),
    Indicator("index", "Индекс S", "раз к норме региона", stability_index),
    Indicator("probability", "Вероятность T быть среди K школ", "вероятность", probability),
    Indicator("next_year_probability", "Вероятность P оказаться среди K в следующем году", "вероятность",
              next_year_probability),
    Indicator("low_years_count", "Лет с низкими результатами C", "лет", low_years_count),
    Indicator("weakest_year_probability", "Низкие результаты каждый год", "вероятность", weakest_year_probability),
    Indicator("subject_agreement", "Согласие предметов", "вероятность", subject_agreement),
    Indicator("trend", "Тренд: больше нуля — ухудшение", "логарифм отношения в год", trend),
    Indicator("worsening_probability", "Вероятность ухудшения", "вероятность", worsening_probability),
    Indicator("forecast_ratio", "Прогноз на следующий год", "раз к норме региона", forecast_ratio),
    Indicator("participation_share", "Участие", "доля", participation_share),
    Indicator("absent_low_ratio", "Наблюдаемое / ожидаемое, если отсутствовавших считать низкими",
              "раз к норме региона", absent_low_ratio),
    Indicator("reliability", "Надёжность R", "доля", reliability),
)  # fmt: skip


def _judged_cells(results: pd.DataFrame, rules: FamiliarRules) -> pd.DataFrame:
    """One row per cell with enough tested pupils, with `is_low`."""
    large = results[results["tested_count"] >= rules.min_tested_count]
    # The quotient, not a product: 3 of 10 must reach 0.3 exactly.
    share = large["low_count"].astype("float64") / large["tested_count"].astype("float64")
    return large[["school_id", *SLICE_KEY]].assign(is_low=share >= rules.low_share)


def _window(evidence: Evidence) -> pd.DataFrame:
    """One row per cell of the main window."""
    first = evidence.year - evidence.stability.window_years + 1
    return evidence.results[evidence.results["year"].between(first, evidence.year)]


def _rule(evidence: Evidence, column: str) -> pd.DataFrame:
    """One row per school and least size of a cell (10, and 5 for information): the outcome of the familiar rule."""
    frames = []
    for size in (evidence.familiar.min_tested_count, evidence.familiar.reported_min_tested_count):
        rule = familiar_rule(evidence.results, evidence.year, replace(evidence.familiar, min_tested_count=size))
        frames.append(
            pd.DataFrame(
                {
                    "school_id": rule["school_id"],
                    "part_text": f"от {size} чел.",
                    "value": rule[column].astype("float64"),
                    "basis_count": rule["low_cell_count"],
                }
            )
        )
    return pd.concat(frames, ignore_index=True).drop_duplicates(list(PARTS))


def _of_model(evidence: Evidence, column: str) -> pd.DataFrame:
    """One row per school of the model: a column of its table; basis: tested in the window."""
    table = evidence.fit.table
    return pd.DataFrame({"school_id": table["school_id"], "value": table[column], "basis_count": table["tested_count"]})


def _slopes(evidence: Evidence) -> pd.DataFrame:
    """One row per school with two years or more in its window: weighted slope `value`, its `error`, `basis_count`.

    A year weighs by the inverse variance of the log of a Gamma(O + kμ) variable, which is trigamma(O + kμ).
    """
    from scipy.special import polygamma

    years = evidence.fit.years
    years = years[years["is_in_window"]]
    start = evidence.fit.prior * years["school_id"].map(evidence.fit.table.set_index("school_id")["prior_mean"])
    shape = years["evidence_observed"] + start
    points = pd.DataFrame(
        {
            "school_id": years["school_id"],
            "weight": 1 / polygamma(1, shape),
            "x": years["year"] - evidence.year,
            "y": np.log(shape / (years["evidence_expected"] + evidence.fit.prior)),
        }
    )
    sums = points.assign(wx=points["weight"] * points["x"]).groupby("school_id")[["weight", "wx"]].sum()
    centre = points["school_id"].map(sums["wx"] / sums["weight"])
    points = points.assign(
        wxx=points["weight"] * (points["x"] - centre) ** 2, wxy=points["weight"] * (points["x"] - centre) * points["y"]
    )
    moments = points.groupby("school_id").agg(wxx=("wxx", "sum"), wxy=("wxy", "sum"), basis_count=("x", "size"))
    moments = moments[moments["basis_count"] >= 2]
    return pd.DataFrame(
        {
            "value": moments["wxy"] / moments["wxx"],
            "error": 1 / np.sqrt(moments["wxx"]),
            "basis_count": moments["basis_count"],
        }
    ).reset_index()


def _normal_quantile(level: float) -> float:
    from scipy.special import ndtri

    return float(ndtri(level))


def _with_absent(evidence: Evidence) -> pd.DataFrame:
    """One row per cell of the year whose absent pupils are known and to which anybody belonged."""
    current = evidence.current
    known = current[current["absent_count"].notna()]
    return known[(known["tested_count"] + known["absent_count"]) > 0]
