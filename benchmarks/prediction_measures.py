"""How well a list or a probability foretold what came: hit rate, average precision, deviance, calibration, overlap.

Every measure takes `weights`, a matrix of draws by schools: the first row is all ones and gives the measure itself, the
others are resamples of schools and give its standard error. So a measure returns one number per draw.
"""

import numpy as np

from benchmarks.prediction_counts import Floats, Integers, Mask

RATIO_FLOOR = 0.1  # a rule that predicts no low results at all would have an infinite deviance; the same for every rule
STAY_FACTOR = 1.4  # a school stays on the list while its rank is within this many K
SMALL_SHARE = 0.3


def plain(count: int) -> Floats:
    """Weights of a single draw: every school once."""
    return np.ones((1, count))


def bootstrap_weights(count: int, draws: int, seed: int) -> Floats:
    """Weights of the schools themselves (first row) and of `draws` resamples with replacement."""
    rng = np.random.Generator(np.random.PCG64(seed))
    resampled = rng.multinomial(count, np.full(count, 1 / count), size=draws)
    return np.vstack([plain(count), resampled.astype("float64")])


def ranking(score: Floats) -> Integers:
    """Positions of the schools by falling score; unranked ones (NaN) last; equal scores by position (school_id)."""
    return np.argsort(-np.where(np.isnan(score), -np.inf, score), kind="stable").astype("int64")


def listed(score: Floats, capacity: int) -> Mask:
    """The `capacity` schools with the highest score."""
    is_listed = np.zeros(len(score), dtype=bool)
    is_listed[ranking(score)[:capacity]] = True
    return is_listed


def listed_with_stay(score: Floats, capacity: int, was_listed: Mask) -> Mask:
    """A list on which schools of the last list stay while they rank within 1.4 K; the others fill what is left."""
    order = ranking(score)
    is_within = np.zeros(len(score), dtype=bool)
    is_within[order[: int(STAY_FACTOR * capacity)]] = True
    stays = order[(was_listed & is_within)[order]][:capacity]
    others = order[~np.isin(order, stays)][: capacity - len(stays)]
    is_listed = np.zeros(len(score), dtype=bool)
    is_listed[np.concatenate([stays, others])] = True
    return is_listed


def hit_rate(is_listed: Mask, is_worst: Mask, weights: Floats) -> Floats:
    """Share of the list that is among the worst."""
    return _ratio(weights @ (is_listed & is_worst), weights @ is_listed.astype("float64"))


def average_precision(score: Floats, is_worst: Mask, weights: Floats) -> Floats:
    """Mean, over the worst schools, of the share of worst schools among those ranked no lower."""
    order = ranking(score)
    drawn = weights[:, order]
    hits = drawn * is_worst[order]
    precision = _ratio(hits.cumsum(axis=1), drawn.cumsum(axis=1))
    return _ratio((hits * precision).sum(axis=1), hits.sum(axis=1))


def poisson_deviance(observed: Floats, expected: Floats, ratio: Floats, weights: Floats) -> Floats:
    """Mean deviance per school of the counts from expected × predicted ratio (floored at 0.1)."""
    mean = expected * np.maximum(ratio, RATIO_FLOOR)
    logs = np.log(np.divide(observed, mean, out=np.ones_like(mean), where=observed > 0))
    deviance = 2 * (observed * logs - (observed - mean))
    return _ratio(weights @ deviance, weights.sum(axis=1))


def brier_score(probability: Floats, happened: Mask, weights: Floats) -> Floats:
    """Mean squared difference between what was said and what happened (0 or 1)."""
    return _ratio(weights @ (probability - happened) ** 2, weights.sum(axis=1))


def reliability_slope(probability: Floats, happened: Mask, weights: Floats) -> Floats:
    """Slope of the straight line of what happened (0 or 1) on what was said: 1 where probabilities mean what they say.

    Below 1: too sure of themselves; above 1: too timid.
    """
    total = weights.sum(axis=1)
    said, seen = weights @ probability / total, weights @ happened / total
    covariance = weights @ (probability * happened) / total - said * seen
    return _ratio(covariance, weights @ probability**2 / total - said**2)


def mean_in_list(values: Floats, is_listed: Mask, weights: Floats) -> Floats:
    """Mean of the values over the list: of probabilities, the share of hits that was said beforehand."""
    return _ratio(weights @ (values * is_listed), weights @ is_listed.astype("float64"))


def overlap(is_listed: Mask, was_listed: Mask, weights: Floats) -> Floats:
    """Share of the list that stood on the last list."""
    return hit_rate(is_listed, was_listed, weights)


def is_small(tested: Floats) -> Mask:
    """The smallest 30 % of the schools by tested pupils; equal ones by position (school_id)."""
    small = np.zeros(len(tested), dtype=bool)
    small[np.argsort(tested, kind="stable")[: round(SMALL_SHARE * len(tested))]] = True
    return small


def reliability_bins(probability: Floats, happened: Mask, count: int = 10) -> list[tuple[float, float, int]]:
    """Said mean, seen share and number of schools in each of the equal steps of probability that holds anyone."""
    step = np.minimum((probability * count).astype("int64"), count - 1)
    chosen = [step == number for number in range(count) if (step == number).any()]
    return [(float(probability[c].mean()), float(happened[c].mean()), int(c.sum())) for c in chosen]


def _ratio(part: Floats, whole: Floats) -> Floats:
    """Part over whole; 0 where there is no whole (a resample may hold no listed school)."""
    ratio: Floats = np.divide(part, whole, out=np.zeros_like(part, dtype="float64"), where=whole != 0)
    return ratio
