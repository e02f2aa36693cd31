"""Signs of results that are better than the pupils behind them, one function each (`objectivity.MARKER_RULES`).

A marker compares a school with its region and flags what is unusual. The measure of what is usual is robust: medians,
quartiles, the region's own shares, so that few inflating schools do not move it. Every function gives one row per
school, year, subject and grade that could be judged, with columns of `OBJECTIVITY_FLAGS`: the school's `value`, its
`lower_value` where the marker has one, and the bound of the region that it exceeds or not.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import betaincinv, ndtri  # scipy.stats would double the time of every start

from pipeline.methodology.rules import ObjectivityRules
from pipeline.schema import FLOAT_DECIMALS
from pipeline.tables.objectivity import OBJECTIVITY_FLAGS

SLICE = ["year", "subject", "grade"]
SCHOOL = ["school_id", "municipality_id"]
ALL = "*"  # a marker that adds up all subjects, or all grades
SUBJECTS = ("rus", "mat")
OFFICIAL_GRADES = ("4", "5")
GAP_GRADE, GAP_EXAM_GRADE = "8", "9"
NORMAL_IQR = 1.349  # interquartile range of a standard normal


@dataclass(frozen=True)
class Evidence:
    """What markers are computed from: all years up to the year of the run.

    Args:
        results: `RESULTS`; cells of merged schools are added up under the successor.
        score_distribution, journal_comparison, cohort_scores: evidence tables; the school is the one that held the
            exam.
        score_scales: the reference table of scales.
    """

    results: pd.DataFrame
    score_distribution: pd.DataFrame
    journal_comparison: pd.DataFrame
    cohort_scores: pd.DataFrame
    score_scales: pd.DataFrame


def vpr_mean_high(evidence: Evidence, rules: ObjectivityRules) -> pd.DataFrame:
    """One row per school, year, subject and grade: is the mean primary score of ВПР above the region's?"""
    scores = evidence.score_distribution
    is_test = (scores["procedure"] == "vpr") & scores["subject"].isin(SUBJECTS)
    return _high_means(scores[is_test & scores["grade"].isin(OFFICIAL_GRADES)], rules).assign(is_official=True)


def oge_mean_high(evidence: Evidence, rules: ObjectivityRules) -> pd.DataFrame:
    """One row per school, year, subject and grade: is the mean primary score of ОГЭ above the region's?"""
    scores = evidence.score_distribution
    is_test = (scores["procedure"] == "oge") & scores["subject"].isin(SUBJECTS)
    return _high_means(scores[is_test], rules).assign(is_official=True)


def journal_contradiction(evidence: Evidence, rules: ObjectivityRules) -> pd.DataFrame:
    """One row per school, year, subject and grade: do pupils with better journal marks score less in ВПР?

    Needs pupils' rows; a printed comparison says nothing about ranks and is judged by `journal_raised`.
    """
    table = evidence.journal_comparison
    known = table[(table["procedure"] == "vpr") & table["journal_spearman"].notna()]
    known = known[known["tested_count"] >= rules.min_journal_count]
    return known[[*SCHOOL, *SLICE, "tested_count"]].assign(
        value=known["journal_spearman"],
        lower_bound=0.0,
        is_official=known["subject"].isin(SUBJECTS) & known["grade"].isin(OFFICIAL_GRADES),
        is_flagged=known["journal_spearman"].round(FLOAT_DECIMALS) < 0,
    )


def journal_raised(evidence: Evidence, rules: ObjectivityRules) -> pd.DataFrame:
    """One row per school, year, subject and grade: does ВПР raise journal marks far more often than elsewhere?"""
    table = evidence.journal_comparison
    known = table[(table["procedure"] == "vpr") & (table["tested_count"] >= rules.min_journal_count)]
    share = known["raised_count"].astype("float64") / known["tested_count"].astype("float64")
    frame = _fenced(known[[*SCHOOL, *SLICE, "tested_count"]].assign(value=share), rules)
    return frame.assign(lower_bound=np.nan, is_flagged=_exceeds(frame["value"], frame["upper_bound"]))


def cohort_rise(evidence: Evidence, rules: ObjectivityRules) -> pd.DataFrame:
    """One row per school, year and subject of grade 5: has the cohort's share of the maximum risen far too much?"""
    frame = _cohort_ratios(evidence.cohort_scores, rules)
    is_flagged = _exceeds(frame["lower_bound"], frame["value"])
    return frame.assign(upper_bound=np.nan, is_flagged=is_flagged)


def cohort_fall(evidence: Evidence, rules: ObjectivityRules) -> pd.DataFrame:
    """One row per school, year and subject of grade 4, which a sharp fall of the same cohort calls in question."""
    frame = _cohort_ratios(evidence.cohort_scores, rules)
    is_flagged = _exceeds(frame["value"], frame["upper_bound"])
    first_grade, _ = OFFICIAL_GRADES
    return frame.assign(year=frame["year"] - 1, grade=first_grade, lower_bound=np.nan, is_flagged=is_flagged)


def border_peak(evidence: Evidence, rules: ObjectivityRules) -> pd.DataFrame:
    """One row per school and year: do more pupils than elsewhere have just the lowest score of «3» in ВПР?

    Of the pupils within `peak_width` points of the border, what share stands on it? The region's own share is the norm,
    or that of a smooth curve through its neighbours where this is larger: a bump that the whole region has is a
    property of the test. All tests of the school and year are added up. A symmetric window makes the share smaller in a
    school with another slope, but larger in one whose scores lie closer together: so both counts are divided by φ as in
    `_shifted`, and the region itself says how much the shapes of its schools differ. The lower bound is Clopper and
    Pearson's at `alarm_level`.
    """
    window = _border_windows(evidence, rules.peak_width)
    if window.empty:
        return OBJECTIVITY_FLAGS.empty()
    norms = _border_norms(window, rules)
    cells = window.assign(on_border=window["pupil_count"].where(window["offset"] == 0, 0.0))
    cells = cells.groupby([*SCHOOL, *SLICE], as_index=False)[["pupil_count", "on_border"]].sum()
    cells = cells.merge(norms, on=SLICE)
    cells = cells.assign(expected=cells["pupil_count"] * cells["norm"])
    schools = cells.groupby([*SCHOOL, "year"], as_index=False)[["pupil_count", "on_border", "expected"]].sum()
    schools = schools[schools["pupil_count"] >= rules.min_peak_count]
    on_border, total = schools["on_border"], schools["pupil_count"]
    norm_share = schools["expected"] / total
    dispersion = _arcsine_dispersion(on_border, total, norm_share, schools["year"])
    frame = schools[[*SCHOOL, "year"]].assign(
        subject=ALL,
        grade=ALL,
        tested_count=total,
        value=on_border / total,
        lower_value=_lower_share(on_border / dispersion, total / dispersion, rules.alarm_level),
        upper_bound=norm_share,
    )
    return frame.assign(is_flagged=_exceeds(frame["lower_value"], frame["upper_bound"]))


def vpr_oge_gap(evidence: Evidence, rules: ObjectivityRules) -> pd.DataFrame:
    """One row per school and year of ВПР in grade 8: did its low results come only a year later, in ОГЭ?"""
    vpr = _subject_counts(evidence.results, "vpr", GAP_GRADE)
    exam = _subject_counts(evidence.results, "oge", GAP_EXAM_GRADE)
    both = vpr.merge(exam.assign(year=exam["year"] - 1), on=["school_id", "year", "subject"], suffixes=("", "_next"))
    counts = both.assign(
        first=both["low_count"], second=both["low_count_next"], first_base=both["tested_count"],
        second_base=both["tested_count_next"], grade=GAP_GRADE,
    )  # fmt: skip
    return _shifted(counts, rules.min_gap_low_count, rules).assign(grade=GAP_GRADE)


def absence_growth(evidence: Evidence, rules: ObjectivityRules) -> pd.DataFrame:
    """One row per school and year: has absence from ВПР grown since the year before far more than in the region?

    A school without a single absent pupil in a test of the year before is not judged by it: as a rule the file did not
    show them.
    """
    cells = evidence.results[(evidence.results["procedure"] == "vpr") & (evidence.results["absent_count"] > 0)]
    cells = cells.assign(base=cells["tested_count"] + cells["absent_count"])[[*SCHOOL, *SLICE, "absent_count", "base"]]
    before = cells.drop(columns="municipality_id").assign(year=cells["year"] + 1)
    both = cells.merge(before, on=["school_id", *SLICE], suffixes=("", "_before"))
    counts = both.assign(
        first=both["absent_count_before"], second=both["absent_count"],
        first_base=both["base_before"], second_base=both["base"],
    )  # fmt: skip
    return _shifted(counts, rules.min_absent_count, rules).assign(grade=ALL)


def _high_means(scores: pd.DataFrame, rules: ObjectivityRules) -> pd.DataFrame:
    """One row per school and slice with enough pupils: mean score, its lower bound, the upper bound of the region."""
    n = scores["pupil_count"].astype("float64")
    score = scores["primary_score"].astype("float64")
    parts = scores[[*SCHOOL, *SLICE]].assign(n=n, total=n * score, squares=n * score**2)
    own = _moments(parts.groupby([*SCHOOL, *SLICE], as_index=False)[["n", "total", "squares"]].sum())
    region = _moments(parts.groupby(SLICE, as_index=False)[["n", "total", "squares"]].sum())
    z = float(ndtri((1 + rules.interval_level) / 2))
    bounds = region.assign(upper_bound=region["mean"] + z * region["sd"] / np.sqrt(region["n"]))
    own = own[own["n"] >= rules.min_mean_count].merge(bounds[[*SLICE, "upper_bound"]], on=SLICE)
    frame = own[[*SCHOOL, *SLICE, "upper_bound"]].assign(
        tested_count=own["n"], value=own["mean"], lower_value=own["mean"] - z * own["sd"] / np.sqrt(own["n"])
    )
    return frame.assign(is_flagged=_exceeds(frame["lower_value"], frame["upper_bound"]))


def _moments(sums: pd.DataFrame) -> pd.DataFrame:
    """The sums with `mean` and `sd`; one pupil has no spread."""
    mean = sums["total"] / sums["n"]
    variance = (sums["squares"] - sums["n"] * mean**2).clip(lower=0) / (sums["n"] - 1).where(sums["n"] > 1)
    return sums.assign(mean=mean, sd=variance.fillna(0.0) ** 0.5)


def _cohort_ratios(cohort_scores: pd.DataFrame, rules: ObjectivityRules) -> pd.DataFrame:
    """One row per school, year and subject of grade 5: the cohort's share of the maximum in grade 4 over this one.

    With the fence of the region; `tested_count` is the smaller of both years.
    """
    is_test = (cohort_scores["procedure"] == "vpr") & cohort_scores["subject"].isin(SUBJECTS)
    own = cohort_scores[is_test & (cohort_scores["tested_count"] >= rules.min_cohort_count)]
    first_grade, later_grade = OFFICIAL_GRADES
    first = own.loc[own["grade"] == first_grade, ["school_id", "year", "subject", "mean_score_share", "tested_count"]]
    later = own[(own["grade"] == later_grade) & (own["mean_score_share"] > 0)]
    key = ["school_id", "year", "subject"]
    pairs = later.merge(first.assign(year=first["year"] + 1), on=key, suffixes=("", "_first"))
    frame = pairs[[*SCHOOL, *SLICE]].assign(
        tested_count=pairs[["tested_count", "tested_count_first"]].min(axis=1),
        value=pairs["mean_score_share_first"] / pairs["mean_score_share"],
        is_official=True,
    )
    return _fenced(frame, rules)


def _fenced(frame: pd.DataFrame, rules: ObjectivityRules) -> pd.DataFrame:
    """The rows of slices with enough schools, with P25 − f·IQR and P75 + f·IQR of the slice's values as bounds."""
    values = frame.groupby(SLICE)["value"]
    lower, upper = values.transform("quantile", q=0.25), values.transform("quantile", q=0.75)
    reach = rules.fence_factor * (upper - lower)
    fenced = frame.assign(lower_bound=lower - reach, upper_bound=upper + reach)
    return fenced[values.transform("size") >= rules.min_region_schools]


def _border_windows(evidence: Evidence, width: int) -> pd.DataFrame:
    """One row per school, test and score near the lowest score of «3»: `offset` from it, `pupil_count`.

    Tests with no scale in the year, or with several forms, have no border. A test whose marks are narrower than the
    window is left out: the window would reach into the next mark or below nought.
    """
    vpr = evidence.score_distribution[evidence.score_distribution["procedure"] == "vpr"]
    scales = evidence.score_scales[evidence.score_scales["procedure"] == "vpr"]
    pairs = vpr[SLICE].drop_duplicates().merge(scales, on=["subject", "grade"])
    has_begun = (pairs["valid_from_year"] <= pairs["year"]).fillna(True).astype(bool)
    has_ended = (pairs["valid_to_year"] < pairs["year"]).fillna(False).astype(bool)
    own = pairs[has_begun & ~has_ended].drop_duplicates(SLICE, keep=False)
    is_wide = (own["upper_3_score"] - own["upper_2_score"] > width) & (own["upper_2_score"] >= width - 1)
    borders = own.loc[is_wide, [*SLICE, "upper_2_score"]]
    near = vpr.merge(borders, on=SLICE)
    offset = near["primary_score"].astype("int64") - near["upper_2_score"].astype("int64") - 1
    frame = near[[*SCHOOL, *SLICE]].assign(offset=offset, pupil_count=near["pupil_count"].astype("float64"))
    return frame[offset.abs() <= width]


def _border_norms(window: pd.DataFrame, rules: ObjectivityRules) -> pd.DataFrame:
    """One row per test with enough schools: `norm`, the share of the window that stands on the border."""
    rows = []
    for key, test in window.groupby(SLICE):
        if test["school_id"].nunique() < rules.min_region_schools:
            continue
        offsets = np.arange(-rules.peak_width, rules.peak_width + 1)
        counts = test.groupby("offset")["pupil_count"].sum().reindex(offsets, fill_value=0.0).to_numpy()
        beside = offsets != 0
        # A parabola through the logarithms of the neighbours; half a pupil keeps an empty score finite.
        curve = np.polyfit(offsets[beside], np.log(counts[beside] + 0.5), 2, w=np.sqrt(counts[beside] + 0.5))
        smooth = float(np.exp(curve[-1]))
        seen = float(counts[~beside][0])
        norm_share = max(x / (x + counts[beside].sum()) for x in (smooth, seen))
        rows.append((*key, norm_share))
    return pd.DataFrame(rows, columns=[*SLICE, "norm"])


def _subject_counts(results: pd.DataFrame, procedure: str, grade: str) -> pd.DataFrame:
    """One row per school, year and subject of one exam and grade: tested and low."""
    is_cell = (results["procedure"] == procedure) & (results["grade"] == grade) & (results["tested_count"] > 0)
    own = results[is_cell & results["subject"].isin(SUBJECTS)]
    return own[[*SCHOOL, "year", "subject", "tested_count", "low_count"]]


def _shifted(counts: pd.DataFrame, min_count: int, rules: ObjectivityRules) -> pd.DataFrame:
    """One row per school and year: is more of two counts' sum in the second than the region's rates lead to expect?

    Given the sum, the second count is binomial with the share that the region's rates give it. Schools differ more than
    by chance: both counts are divided by φ, the squared interquartile range of the arcsine residuals over that of a
    normal, at least 1; the lower bound is Clopper and Pearson's at `alarm_level`.

    Args:
        counts: one row per school and slice: `first` of `first_base` pupils, `second` of `second_base`.
        min_count: fewest of both counts together.
        rules: level of the alarm, fewest schools.
    """
    columns = ["first", "second", "first_base", "second_base"]
    cells = counts.assign(**{name: counts[name].astype("float64") for name in columns})
    slices = cells.groupby(SLICE)[columns].transform("sum")
    expected_first = cells["first_base"] * slices["first"] / slices["first_base"]
    expected_second = cells["second_base"] * slices["second"] / slices["second_base"]
    cells = cells.assign(expected_first=expected_first, expected_second=expected_second)
    sums = cells.groupby([*SCHOOL, "year"], as_index=False)[
        ["first", "second", "second_base", "expected_first", "expected_second"]
    ].sum()
    total = sums["first"] + sums["second"]
    sums = sums[(total >= min_count) & (sums["expected_first"] > 0) & (sums["expected_second"] > 0)]
    sums = sums[sums.groupby("year")["school_id"].transform("size") >= rules.min_region_schools]
    total = sums["first"] + sums["second"]
    norm_share = sums["expected_second"] / (sums["expected_first"] + sums["expected_second"])
    dispersion = _arcsine_dispersion(sums["second"], total, norm_share, sums["year"])
    frame = sums[[*SCHOOL, "year"]].assign(
        subject=ALL,
        tested_count=sums["second_base"],
        value=sums["second"] / total,
        lower_value=_lower_share(sums["second"] / dispersion, total / dispersion, rules.alarm_level),
        upper_bound=norm_share,
    )
    return frame.assign(is_flagged=_exceeds(frame["lower_value"], frame["upper_bound"]))


def _arcsine_dispersion(
    count: "pd.Series[float]", total: "pd.Series[float]", share: "pd.Series[float]", year: "pd.Series[int]"
) -> "pd.Series[float]":
    """φ of each row's year: how many times residual shares vary more than chance alone, at least 1."""
    seen = np.arcsin(np.sqrt((count + 3 / 8) / (total + 3 / 4)))
    residual = 2 * np.sqrt(total + 0.5) * (seen - np.arcsin(np.sqrt(share)))
    years = residual.groupby(year)
    spread = years.transform("quantile", q=0.75) - years.transform("quantile", q=0.25)
    dispersion: pd.Series[float] = ((spread / NORMAL_IQR) ** 2).clip(lower=1.0)
    return dispersion


def _lower_share(count: "pd.Series[float]", total: "pd.Series[float]", level: float) -> "pd.Series[float]":
    """The lower bound of Clopper and Pearson: a share below it would give as many only with probability `level`."""
    x, n = count.to_numpy(dtype="float64"), total.to_numpy(dtype="float64")
    bound = np.where(x > 0, betaincinv(np.maximum(x, 1e-9), n - x + 1, level), 0.0)
    return pd.Series(bound, index=count.index)


def _exceeds(value: "pd.Series[float]", bound: "pd.Series[float]") -> "pd.Series[bool]":
    """Where the value as it is stored lies above the bound as it is stored."""
    return value.round(FLOAT_DECIMALS) > bound.round(FLOAT_DECIMALS)
