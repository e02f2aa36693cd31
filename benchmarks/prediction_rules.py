"""The rules that are compared: published ones, plain arithmetic, the model of this project and forms of it.

A rule sees the years up to the origin and gives every school a score: the higher, the sooner it is listed. Public rules
have thresholds of their own; here all lists have the same length K, so a rule is turned into an order: the schools it
would name first when its threshold is moved. `named` keeps what it names at its own threshold. NaN: the rule says
nothing about the school (too few pupils, too few years); such schools come after all others, by school_id.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from benchmarks.prediction_counts import Counts, Floats, Mask
from pipeline import methodology, stability
from pipeline.posterior import prior_strength

LOW_SHARE, LOW_CELL_TESTED, LOW_CELLS = 0.30, 10, 2  # method 2
FIXED_WEIGHTS = (0.4, 0.6, 1.0)  # oldest first
US_MIN_TESTED = 20
TENNESSEE_MIN_TESTED = 30
TEXAS_INDICATORS, TEXAS_MIN_TESTED = 3, 10
MASSACHUSETTS_WEIGHTS = (0.4, 0.6)
ENGLISH_MIN_TESTED = 11
DUTCH_MIN_PUPILS, DUTCH_SIGNAL_SHARE = 15, 0.15


@dataclass(frozen=True)
class Forecast:
    """What a rule says in an origin, one entry per school of the panel.

    Args:
        score: order of listing; NaN where the rule is silent.
        ratio: predicted observed / expected of next year; None where the rule predicts none.
        probability: of being truly among the K highest; None where not given.
        next_probability: of being among next year's observed worst K; None where not given.
        named: the schools named at the rule's own threshold; None where the rule has none.
    """

    score: Floats
    ratio: Floats | None = None
    probability: Floats | None = None
    next_probability: Floats | None = None
    named: Mask | None = None


@dataclass(frozen=True)
class Rule:
    """A rule of the comparison.

    Args:
        code: short English name, used in tables.
        source: one sentence: what it does, where it comes from, what is simplified.
        forecast: the rule itself, from the counts up to the origin and K.
        is_ours: the model of this project (not a rival).
        is_variant: another form of that model, measured beside it (no rival either).
        max_schools: panels with more schools are left out; None where there is no limit.
    """

    code: str
    source: str
    forecast: Callable[[Counts, int], Forecast]
    is_ours: bool = False
    is_variant: bool = False
    max_schools: int | None = None


def divided(part: Floats, whole: Floats) -> Floats:
    """Part over whole, NaN where there is no whole."""
    ratio: Floats = np.divide(part, whole, out=np.full(np.shape(part), np.nan), where=whole > 0)
    return ratio


def _ratio(counts: Counts) -> Floats:
    """Observed over expected of each school, all cells and years of the counts together."""
    return divided(counts.low.sum(axis=(1, 2)), counts.expected.sum(axis=(1, 2)))


def _yearly_ratio(counts: Counts) -> Floats:
    """Observed over expected of each school and year."""
    return divided(counts.low.sum(axis=2), counts.expected.sum(axis=2))


def _mean(values: Floats, axis: int) -> Floats:
    """Mean of what is not NaN; NaN where nothing is."""
    known = ~np.isnan(values)
    return divided(np.where(known, values, 0).sum(axis=axis), known.sum(axis=axis).astype("float64"))


def _percentiles(values: Floats) -> Floats:
    """Share of the schools with a lower value (ties half), for each column by itself; NaN stays NaN."""
    found = np.full(values.shape, np.nan)
    for column in np.ndindex(values.shape[1:]):
        one = values[(slice(None), *column)]
        known = np.flatnonzero(~np.isnan(one))
        ordered = np.sort(one[known])
        below, until = np.searchsorted(ordered, one[known], "left"), np.searchsorted(ordered, one[known], "right")
        found[(known, *column)] = (below + until) / 2 / max(len(known), 1)
    return found


def _cell_percentile_index(counts: Counts, min_tested: int) -> Floats:
    """School by year: mean percentile of its cells with enough tested pupils."""
    share = np.where(counts.tested >= min_tested, divided(counts.low, counts.tested), np.nan)
    return _mean(_percentiles(share), axis=2)


def last_year(counts: Counts, capacity: int) -> Forecast:
    """Observed / expected of the origin's year alone."""
    ratio = _ratio(counts.window(1))
    return Forecast(ratio, ratio=ratio)


def pooled(counts: Counts, capacity: int) -> Forecast:
    """Observed / expected of three years together."""
    ratio = _ratio(counts.window(3))
    return Forecast(ratio, ratio=ratio)


def mean_share(counts: Counts, capacity: int) -> Forecast:
    """Mean of the yearly raw shares of low results over three years."""
    recent = counts.window(3)
    return Forecast(_mean(divided(recent.low.sum(axis=2), recent.tested.sum(axis=2)), axis=1))


def fixed_weights(counts: Counts, capacity: int) -> Forecast:
    """Index shrunk to the region's norm, three years with weights .4, .6 and 1 (the fixed form of the method)."""
    recent = counts.window(3)
    weights = np.array([FIXED_WEIGHTS[year - counts.years[-1] - 1] for year in recent.years])
    low, expected = recent.low.sum(axis=2), recent.expected.sum(axis=2)
    scale = divided(expected @ weights, expected @ weights**2 * _dispersion(recent))
    observed_sum, expected_sum = np.nan_to_num(low @ weights * scale), np.nan_to_num(expected @ weights * scale)
    k, _ = prior_strength(observed_sum, expected_sum, np.ones_like(expected_sum), 0.5, 200.0)
    index = (observed_sum + k) / (expected_sum + k)
    return Forecast(index, ratio=index)


def _dispersion(counts: Counts) -> float:
    """φ of the method: how many times more than chance the cells of a school vary around its own level."""
    mean = counts.expected * np.nan_to_num(_ratio(counts))[:, None, None]
    is_counted = mean > 0
    degrees = is_counted.sum() - is_counted.any(axis=(1, 2)).sum()
    return max(1.0, float(((counts.low - mean)[is_counted] ** 2 / mean[is_counted]).sum()) / max(int(degrees), 1))


def thirty_percent(combine: str) -> Callable[[Counts, int], Forecast]:
    """The familiar rule (a), (b) or both: named schools first, then by share of low cells, then by O/E."""

    def forecast(counts: Counts, capacity: int) -> Forecast:
        recent = counts.window(2)
        share = divided(recent.low, recent.tested)
        is_judged = recent.tested >= LOW_CELL_TESTED
        is_low = is_judged & (share >= LOW_SHARE)
        a = is_low[:, -1].sum(axis=1) >= LOW_CELLS
        b = (is_low.sum(axis=1) == 2).any(axis=1)
        named = {"a": a, "b": b, "a_and_b": a & b, "a_or_b": a | b}[combine]
        low_cells = divided(is_low[:, -1].sum(axis=1).astype(float), is_judged[:, -1].sum(axis=1).astype(float))
        ratio = np.nan_to_num(_ratio(counts.window(1)))
        # Steps of one order: named (0 or 1), share of low cells (0 to 1), ratio squeezed below any step of a share.
        score = 10.0 * named + np.nan_to_num(low_cells) + 1e-4 * ratio / (1 + ratio)
        return Forecast(score, named=named)

    return forecast


def us_percentile(counts: Counts, capacity: int) -> Forecast:
    """Mean percentile over the cells of the last year with at least 20 tested."""
    return Forecast(_cell_percentile_index(counts.window(1), US_MIN_TESTED)[:, 0])


def tennessee(counts: Counts, capacity: int) -> Forecast:
    """In the two-year and in the three-year list of lowest success rates: the better of both percentiles decides."""
    both = []
    for width in (2, 3):
        recent = counts.window(width)
        tested = recent.tested.sum(axis=(1, 2))
        share = divided(recent.low.sum(axis=(1, 2)), tested)
        both.append(_percentiles(np.where(tested >= TENNESSEE_MIN_TESTED, share, np.nan)[:, None])[:, 0])
    return Forecast(np.minimum(both[0], both[1]))


def texas(counts: Counts, capacity: int) -> Forecast:
    """The bar that the same three cells miss in each of three years (fewer where a school has fewer cells)."""
    recent = counts.window(3)
    ratio = np.where(recent.tested >= TEXAS_MIN_TESTED, divided(recent.low, recent.expected), np.nan)
    worst_case = np.where(np.isnan(ratio).any(axis=1), np.nan, ratio.min(axis=1))
    count = (~np.isnan(worst_case)).sum(axis=1)
    falling = -np.sort(-np.where(np.isnan(worst_case), -np.inf, worst_case), axis=1)
    place = np.clip(np.minimum(TEXAS_INDICATORS, count) - 1, 0, None)
    score = np.where(count > 0, falling[np.arange(len(count)), place], np.nan)
    return Forecast(score, named=(worst_case > 1).sum(axis=1) >= TEXAS_INDICATORS)


def massachusetts(counts: Counts, capacity: int) -> Forecast:
    """Percentile index of the last two years, 40 % the earlier and 60 % the later one."""
    index = _cell_percentile_index(counts.window(2), US_MIN_TESTED)
    weights = np.array(MASSACHUSETTS_WEIGHTS)[-index.shape[1] :]
    known = ~np.isnan(index)
    return Forecast(divided(np.where(known, index, 0) @ weights, known @ weights))


def english(counts: Counts, capacity: int) -> Forecast:
    """Below the bar in every one of three years: the best year decides."""
    recent = counts.window(3)
    is_judged = recent.tested.max(axis=2) >= ENGLISH_MIN_TESTED
    best = np.where(is_judged, _yearly_ratio(recent), np.nan).min(axis=1)
    return Forecast(best, named=best > 1)


def dutch(counts: Counts, capacity: int) -> Forecast:
    """Share of three years together, all subjects, against one signal value; five years for the smallest schools."""
    recent, longer = counts.window(3), counts.window(5)
    is_tiny = recent.tested.max(axis=2).sum(axis=1) < DUTCH_MIN_PUPILS
    low = np.where(is_tiny, longer.low.sum(axis=(1, 2)), recent.low.sum(axis=(1, 2)))
    tested = np.where(is_tiny, longer.tested.sum(axis=(1, 2)), recent.tested.sum(axis=(1, 2)))
    share = divided(low, tested)
    return Forecast(share, named=share > DUTCH_SIGNAL_SHARE)


def our_model(is_by_next_year: bool = False, **changed: float) -> Callable[[Counts, int], Forecast]:
    """The stability model of the current edition, or with numbers changed; schools outside its table are silent."""
    method = methodology.load()
    rules = replace(method.stability, **changed)  # type: ignore[arg-type]

    def forecast(counts: Counts, capacity: int) -> Forecast:
        selection = replace(method.selection, capacity=capacity)
        ranked = stability.rank(counts.results, int(counts.years[-1]), rules, selection)
        table = ranked.set_index("school_id").reindex(counts.school_ids)
        lasting, next_year = (
            table[name].to_numpy(dtype="float64") for name in ("probability", "next_year_probability")
        )
        return Forecast(
            score=next_year if is_by_next_year else lasting,
            ratio=table["forecast_ratio"].to_numpy(dtype="float64"),
            probability=lasting,
            next_probability=next_year,
        )

    return forecast


RULES: tuple[Rule, ...] = (
    Rule("last year", "Observed / expected low results of the origin's year alone; plain arithmetic.", last_year),
    Rule("mean share, 3 years", "Mean of three yearly raw shares, whatever the exams; plain arithmetic.", mean_share),
    Rule("pooled O/E, 3 years", "Observed / expected of three years together; plain arithmetic.", pooled),
    Rule(
        "30 % rule: a",
        "At least 2 cells with ≥ 30 % low results and ≥ 10 tested this year; the rule Russian regions know (method 2). "
        "Within the named and the unnamed schools the order is ours: share of low cells, then observed / expected.",
        thirty_percent("a"),
    ),
    Rule("30 % rule: b", "The same cell low in the last and in this year; otherwise as above.", thirty_percent("b")),
    Rule("30 % rule: a and b", "Both conditions; otherwise as above.", thirty_percent("a_and_b")),
    Rule("30 % rule: a or b", "One of the two conditions; otherwise as above.", thirty_percent("a_or_b")),
    Rule(
        "US percentile index, n ≥ 20",
        "Mean percentile rank over the cells of this year with ≥ 20 tested, lowest schools first, as states rank for "
        "“comprehensive support” (Every Student Succeeds Act, § 1111(c)(4)(D)). Simplified: achievement only, no "
        "growth, graduation or attendance.",
        us_percentile,
    ),
    Rule(
        "Tennessee, 2- and 3-year lists",
        "Among the lowest success rates both over two years (Priority schools, state law) and over three years (CSI "
        "schools, federal law), as in Tennessee's 2018 lists; ≥ 30 tested. Simplified: no exemption for high growth, "
        "no graduation rate, all grades in one pool; the 5 % is replaced by K.",
        tennessee,
    ),
    Rule(
        "Texas 3 × 3",
        "The same three indicators missed in three consecutive years (Texas Education Agency, Targeted Support and "
        "Improvement). Simplified: all pupils instead of groups, cells with ≥ 10 tested as indicators, the region's "
        "rate instead of state targets, all its cells where a school has fewer than three; ordered by the bar that "
        "would just be missed.",
        texas,
    ),
    Rule(
        "Massachusetts 40/60",
        "Two years' results combined with weights 40 % and 60 % (Massachusetts DESE, accountability reports). "
        "Simplified: the percentile index of achievement stands for their weighted indicators; ≥ 20 tested.",
        massachusetts,
    ),
    Rule(
        "English: below in all 3 years",
        "Below the bar in each of the three latest years (Coasting Schools (England) Regulations 2017); ≥ 11 tested. "
        "Simplified: the region's rate instead of attainment and progress bars; ordered by the school's best year.",
        english,
    ),
    Rule(
        "Dutch 3-year signal value",
        "Share over three years, all subjects and pupils together, beyond a signal value (85 % reach level 1F; "
        "Inspectie van het Onderwijs, onderwijsresultatenmodel); five years where fewer than 15 pupils. Simplified: "
        "all grades in one pool; the second level, whose signal value depends on the pupils' background, is left out.",
        dutch,
    ),
    Rule(
        "fixed-weight shrunken index",
        "Three years with weights .4, .6 and 1, divided by the dispersion, shrunk to the region's norm by a Gamma "
        "prior; ranked by the index (method 3 without learning; counts as a rule).",
        fixed_weights,
    ),
    Rule(
        "this project's model, by T",
        "`stability.rank` (docs/methodology.md), ranked by T, as schools are chosen.",
        our_model(),
        is_ours=True,
    ),
)

VARIANTS: tuple[Rule, ...] = (
    Rule(
        "this project's model, by P",
        "The same, ranked by `next_year_probability`, of being among the next year's observed worst K.",
        our_model(is_by_next_year=True),
        is_variant=True,
    ),
    Rule(
        "this project's model, size unused",
        "The same, ranked by T, every school starting from the same expectation (`slope_scale` 0).",
        our_model(slope_scale=0.0),
        is_variant=True,
    ),
)
