"""Every rule in every origin of a panel, judged on the years after it: from counts to measures.

Results are `Draws`: of a real panel the measure and its resamples over schools (the same resamples in all origins and
for all rules, so that differences are paired), of a made-up kind one value per region made.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from benchmarks import prediction_measures as measures
from benchmarks.prediction_counts import Counts, Floats, Integers, Mask, Outcome, following_years, origins, outcome
from benchmarks.prediction_rules import Forecast, Rule

Key = tuple[str, str]  # rule, measure
FUTURE, TRUTH = "next year's worst K", "the true worst K"  # not rules: what lists are compared with


@dataclass(frozen=True)
class Draws:
    """A measure with its uncertainty.

    Args:
        values: a bootstrap's values with the measure itself first, or one value per made-up region.
        is_bootstrap: which of the two.
    """

    values: Floats
    is_bootstrap: bool

    @property
    def value(self) -> float:
        """The measure."""
        return float(self.values[0] if self.is_bootstrap else self.values.mean())

    @property
    def error(self) -> float:
        """Its standard error."""
        if self.is_bootstrap:
            return float(self.values[1:].std(ddof=1))
        return float(self.values.std(ddof=1) / np.sqrt(len(self.values)))

    def __sub__(self, other: "Draws") -> "Draws":
        """The paired difference."""
        return Draws(self.values - other.values, self.is_bootstrap)

    def __truediv__(self, other: "Draws") -> "Draws":
        """The paired ratio."""
        return Draws(self.values / other.values, self.is_bootstrap)


def mean_of(draws: Sequence[Draws]) -> Draws:
    """The mean over panels or kinds, which are independent of each other."""
    return Draws(np.mean([one.values for one in draws], axis=0), draws[0].is_bootstrap)


@dataclass
class Evaluation:
    """What was measured on one panel: a value per draw and origin, and the probabilities with what happened.

    Args:
        name: of the panel or the kind of region.
        values: by rule and measure, one array of draws per origin.
        said: by rule and event, the pairs (probabilities, happened) of each origin, with their weights.
    """

    name: str
    values: dict[Key, list[Floats]] = field(default_factory=dict)
    said: dict[Key, list[tuple[Floats, Mask, Floats]]] = field(default_factory=dict)

    def add(self, rule: str, measure: str, value: Floats) -> None:
        """Note the value of one origin."""
        self.values.setdefault((rule, measure), []).append(value)

    def means(self) -> dict[Key, Floats]:
        """By rule and measure the mean over origins, one value per draw; calibration over all origins together."""
        found = {key: np.mean(values, axis=0) for key, values in self.values.items()}
        for (rule, event), pairs in self.said.items():
            said, happened = np.concatenate([p[0] for p in pairs]), np.concatenate([p[1] for p in pairs])
            weights = np.hstack([p[2] for p in pairs])
            found[rule, f"brier of {event}"] = measures.brier_score(said, happened, weights)
            found[rule, f"slope of {event}"] = measures.reliability_slope(said, happened, weights)
        return found


def evaluate(name: str, counts: Counts, rules: Sequence[Rule], weights: Floats, truth: Floats | None) -> Evaluation:
    """All rules in all origins of a panel.

    Args:
        name: of the panel.
        counts: the whole panel; a rule gets only the years up to the origin.
        rules: what is compared.
        weights: draws by schools of the panel (`prediction_measures`).
        truth: school by year of the panel, where it is known.
    """
    found = Evaluation(name)
    last: dict[Key, Mask] = {}
    for origin in origins(counts):
        later = following_years(counts, origin)
        history = counts.until(origin)
        next_year = outcome(counts, origin, later[:1])
        pooled = outcome(counts, origin, later) if len(later) > 1 else None
        is_true = None if truth is None else _true_worst(truth[:, len(history.years) - 1], next_year)
        _reference(found, history, next_year, is_true, weights)
        for rule in rules:
            forecast = rule.forecast(history, next_year.capacity)
            judged = _Judged(rule.code, forecast, next_year, weights[:, next_year.rows], found)
            judged.next_year()
            judged.small(history)
            judged.stay(last, len(counts.school_ids), weights, is_true)
            if pooled is not None:
                judged.following(pooled, weights[:, pooled.rows])
            if is_true is not None:
                judged.truth(is_true)
    return found


def _true_worst(level: Floats, judged: Outcome) -> Mask:
    """The K judged schools with the highest true level."""
    return measures.listed(level[judged.rows], judged.capacity)


def _reference(found: Evaluation, history: Counts, judged: Outcome, is_true: Mask | None, weights: Floats) -> None:
    """Share of small schools among those whom the lists are compared with."""
    is_small = measures.is_small(_size(history)[judged.rows])
    drawn = weights[:, judged.rows]
    found.add(FUTURE, "small", measures.hit_rate(judged.is_worst, is_small, drawn))
    if is_true is not None:
        found.add(TRUTH, "small", measures.hit_rate(is_true, is_small, drawn))


def _size(history: Counts) -> Floats:
    """Tested pupils of each school in three years."""
    size: Floats = history.window(3).tested.sum(axis=(1, 2))
    return size


@dataclass(frozen=True)
class _Judged:
    """One rule in one origin; each method notes its measures in `found`."""

    rule: str
    forecast: Forecast
    outcome: Outcome
    weights: Floats
    found: Evaluation

    @property
    def score(self) -> Floats:
        """Score of the judged schools."""
        return self.forecast.score[self.outcome.rows]

    @property
    def is_listed(self) -> Mask:
        """The list of K."""
        return measures.listed(self.score, self.outcome.capacity)

    def next_year(self) -> None:
        """Hits, average precision, deviance and calibration on the next year."""
        rows, is_worst, is_listed = self.outcome.rows, self.outcome.is_worst, self.is_listed
        self._add("hit", measures.hit_rate(is_listed, is_worst, self.weights))
        self._add("precision", measures.average_precision(self.score, is_worst, self.weights))
        self._add("silent", np.full(len(self.weights), np.isnan(self.score).mean()))
        if self.forecast.named is not None:
            named = self.forecast.named[rows].sum() / self.outcome.capacity
            self._add("named", np.full(len(self.weights), named))
        if self.forecast.ratio is not None:
            ratio = self.forecast.ratio[rows]
            deviance = measures.poisson_deviance(self.outcome.observed, self.outcome.expected, ratio, self.weights)
            self._add("deviance", deviance)
        if self.forecast.next_probability is not None:
            said = self.forecast.next_probability[rows]
            self.found.said.setdefault((self.rule, "next"), []).append((said, is_worst, self.weights))
            self._add("said hits", measures.mean_in_list(said, is_listed, self.weights))

    def following(self, pooled: Outcome, weights: Floats) -> None:
        """Hits and average precision on up to three following years together."""
        score = self.forecast.score[pooled.rows]
        is_listed = measures.listed(score, pooled.capacity)
        self._add("hit, 3 years", measures.hit_rate(is_listed, pooled.is_worst, weights))
        self._add("precision, 3 years", measures.average_precision(score, pooled.is_worst, weights))

    def small(self, history: Counts) -> None:
        """Share of the smallest 30 % of the schools in the list."""
        is_small = measures.is_small(_size(history)[self.outcome.rows])
        self._add("small", measures.hit_rate(self.is_listed, is_small, self.weights))

    def stay(self, last: dict[Key, Mask], school_count: int, weights: Floats, is_true: Mask | None) -> None:
        """Overlap with the last origin's list and hits, without and with staying; from the second origin on."""
        rows, is_first = self.outcome.rows, (self.rule, "free") not in last
        free = _whole(rows, self.is_listed, school_count)
        held = free
        if not is_first:
            was_held = last[self.rule, "held"][rows]
            staying = measures.listed_with_stay(self.score, self.outcome.capacity, was_held)
            held = _whole(rows, staying, school_count)
            self._add("overlap", measures.overlap(free, last[self.rule, "free"], weights))
            self._add("overlap, stay", measures.overlap(held, last[self.rule, "held"], weights))
            for event, happened in (("hit", self.outcome.is_worst), ("true hit", is_true)):
                if happened is not None:
                    self._add(f"{event}, no stay", measures.hit_rate(self.is_listed, happened, self.weights))
                    self._add(f"{event}, stay", measures.hit_rate(staying, happened, self.weights))
        last[self.rule, "free"], last[self.rule, "held"] = free, held

    def truth(self, is_true: Mask) -> None:
        """Hits and average precision against the truth; listings that it does not confirm, said and seen."""
        is_listed = self.is_listed
        self._add("true hit", measures.hit_rate(is_listed, is_true, self.weights))
        self._add("true precision", measures.average_precision(self.score, is_true, self.weights))
        if self.forecast.probability is not None:
            said = self.forecast.probability[self.outcome.rows]
            self.found.said.setdefault((self.rule, "truth"), []).append((said, is_true, self.weights))
            self._add("wrong, said", self.weights @ (is_listed * (1 - said)))
            self._add("wrong, seen", self.weights @ (is_listed & ~is_true).astype("float64"))

    def _add(self, measure: str, value: Floats) -> None:
        self.found.add(self.rule, measure, value)


def _whole(rows: Integers, is_chosen: Mask, count: int) -> Mask:
    """The mask of the judged schools as a mask of all schools of the panel."""
    whole = np.zeros(count, dtype=bool)
    whole[rows[is_chosen]] = True
    return whole


def as_draws(means: Mapping[Key, Floats]) -> dict[Key, Draws]:
    """The measures of a real panel."""
    return {key: Draws(values, is_bootstrap=True) for key, values in means.items()}


def over_regions(regions: Sequence[Mapping[Key, Floats]]) -> dict[Key, Draws]:
    """The measures of a made-up kind: one value per region, where every region has one."""
    keys = [key for key in regions[0] if all(key in one for one in regions)]
    return {key: Draws(np.array([one[key][0] for one in regions]), is_bootstrap=False) for key in keys}
