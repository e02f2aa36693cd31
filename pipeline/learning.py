"""What the region's own past says: how fast years lose their worth, and what schools start from.

Every past year with results is predicted from the years before it, and the decay under which the predictions would
have been best is taken (docs/methodology.md, step 3). Row t of an array *by origin* is what the years before column t
say; its last row is what all years say.
"""

from dataclasses import dataclass, replace

import numpy as np

from pipeline.methodology.rules import StabilityRules
from pipeline.panel import Dispersion, Integers, Panel, evidence_by_origin, log_sizes_by_origin
from pipeline.posterior import Floats, Prior, fit_prior

DECAY_ROUNDS = 2  # the prior hardly depends on the decay: one return is enough


@dataclass(frozen=True)
class Learned:
    """The parameters of one region, with the evidence under them; arrays by origin and school.

    Args:
        decay: d.
        dispersion: φ.
        prior: k and μ.
        observed, expected: O* and E*.
        log_size: ln(size / median size).
        is_decay_default: the history was too short to learn d, though the edition would have it learned.
        is_prior_at_bound: k lies at a bound.
    """

    decay: float
    dispersion: Dispersion
    prior: Prior
    observed: Floats
    expected: Floats
    log_size: Floats
    is_decay_default: bool
    is_prior_at_bound: bool

    @property
    def start(self) -> Floats:
        """kμ by origin and school: the low results that the prior is worth."""
        return self.prior.strength * self.prior.mean(self.log_size)

    @property
    def shape(self) -> Floats:
        """O* + kμ by origin and school."""
        return self.observed + self.start

    @property
    def rate(self) -> Floats:
        """E* + k by origin and school."""
        return self.expected + self.prior.strength

    def on(self, panel: Panel) -> "Learned":
        """The same parameters with the evidence of another panel of the same schools and years."""
        observed, expected = evidence_by_origin(panel, self.decay, self.dispersion)
        return replace(self, observed=observed, expected=expected)


def learn(panel: Panel, dispersion: Dispersion, rules: StabilityRules) -> Learned:
    """The parameters that the whole history of the panel gives.

    Args:
        panel: the schools of the region.
        dispersion: φ (`panel.dispersion_of`).
        rules: candidates and default of d, bounds of k, slope.
    """
    log_size = log_sizes_by_origin(panel, rules.log_size_limit)
    is_long_enough = _years_that_tell(panel) >= rules.min_predicted_years
    decay = rules.default_decay
    if rules.is_decay_learned and is_long_enough:
        for _ in range(DECAY_ROUNDS):
            observed, expected = evidence_by_origin(panel, decay, dispersion)
            prior, _ = fit_prior(observed[-1], expected[-1], log_size[-1], rules)
            decay = _best_decay(panel, dispersion, prior, log_size, rules)
    observed, expected = evidence_by_origin(panel, decay, dispersion)
    prior, is_at_bound = fit_prior(observed[-1], expected[-1], log_size[-1], rules)
    return Learned(
        decay,
        dispersion,
        prior,
        observed,
        expected,
        log_size,
        is_decay_default=rules.is_decay_learned and not is_long_enough,
        is_prior_at_bound=is_at_bound,
    )


def predictable(panel: Panel) -> list[tuple[int, Integers]]:
    """Each column with the rows of the schools that have results in it and before it; columns without any left out."""
    before = np.cumsum(panel.expected, axis=1) - panel.expected
    found = [
        (column, np.flatnonzero((panel.expected[:, column] > 0) & (before[:, column] > 0)))
        for column in range(len(panel.years))
    ]
    return [(column, rows) for column, rows in found if len(rows)]


def _years_that_tell(panel: Panel) -> int:
    """Predictable years with results in two earlier years or more: from a single one every decay predicts the same."""
    has_results = panel.expected.sum(axis=0) > 0
    return sum(int(has_results[:column].sum()) >= 2 for column, _ in predictable(panel))


def _best_decay(panel: Panel, dispersion: Dispersion, prior: Prior, log_size: Floats, rules: StabilityRules) -> float:
    """The candidate with the least loss; at equal loss the first.

    Loss: Poisson deviance of the schools' counts in each predictable year, over twice their dispersion, plus half
    the squared distance of the logit of d from that of its default, times `decay_pull`.
    """
    years = predictable(panel)
    start = prior.strength * prior.mean(log_size)
    variance = dispersion.variance(panel)

    def loss(decay: float) -> float:
        observed, expected = evidence_by_origin(panel, decay, dispersion)
        distance = _soft_logit(decay, rules.decay_edge) - _soft_logit(rules.default_decay, rules.decay_edge)
        total = 0.5 * rules.decay_pull * distance**2
        for column, rows in years:
            index = (observed[column, rows] + start[column, rows]) / (expected[column, rows] + prior.strength)
            foretold = panel.expected[rows, column] * index
            excess = variance[rows, column] / panel.expected[rows, column]
            total += float((_deviances(panel.observed[rows, column], foretold) / (2 * excess)).sum())
        return total

    return min(rules.decay_candidates, key=loss)


def _soft_logit(share: float, edge: float) -> float:
    """Logit that stays finite at 0 and 1."""
    return float(np.log((share + edge) / (1 + edge - share)))


def _deviances(low: Floats, mean: Floats) -> Floats:
    """Poisson deviance of each count from its mean."""
    ratio = np.divide(low, mean, out=np.ones_like(mean), where=low > 0)
    found: Floats = 2 * (low * np.log(ratio) - (low - mean))
    return found
