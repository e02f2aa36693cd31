"""What a listed school would have to reach to leave the list, by the numbers of the list itself.

Coming years are taken to be as large and as hard as the newest one; dispersion, levels c and what schools start from
stay as they are. The answer is a landmark to work towards, not a promise: the next calculation learns everything anew.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from pipeline.posterior import cut_for, probabilities_above
from pipeline.schema import records

COUNTS = ["school_id", "tested_count", "low_count", "expected_count"]
MOST_YEARS = 5  # of results at the region's norm; what takes longer is no landmark
Floats = npt.NDArray[np.float64]


class StayLimits(NamedTuple):
    """A school leaves when T lies below the first and T of the newest year alone below the second (methodology 4)."""

    probability: float
    year_probability: float


@dataclass(frozen=True)
class ListModel:
    """What the list was computed with.

    Args:
        stability: `STABILITY`.
        years: `STABILITY_YEARS`.
        parameters: code -> value of `MODEL_PARAMETERS`.
        year: year of decision.
        capacity: K, the places of the list.
        limits: when a school leaves.
    """

    stability: pd.DataFrame
    years: pd.DataFrame
    parameters: Mapping[str, float]
    year: int
    capacity: int
    limits: StayLimits

    @property
    def starts(self) -> "pd.Series[float]":
        """kμ of each school."""
        return self.stability.set_index("school_id")["prior_mean"] * self.parameters["prior_strength"]

    def of_newest_year(self) -> pd.DataFrame:
        """One row per school of the model tested in the year of decision (`STABILITY_YEARS` and `start`)."""
        starts = self.starts
        own = self.years[(self.years["year"] == self.year) & self.years["school_id"].isin(starts.index)]
        return own.assign(start=own["school_id"].map(starts)).sort_values("school_id")

    def before_next_year(self) -> pd.DataFrame:
        """One row per school: ΣaO, ΣaE and Σa^e·φE of its years as they will weigh a year later."""
        weight = self.years["weight"] * self.parameters["decay"]
        spread = self.years["dispersion"] * self.years["expected_count"]
        sums = {
            "school_id": self.years["school_id"],
            "before_low": weight * self.years["low_count"],
            "before_expected": weight * self.years["expected_count"],
            "before_spread": weight ** (2 - self.parameters["drift_share"]) * spread,
        }
        return pd.DataFrame(sums).groupby("school_id", as_index=False).sum()


def leaving_landmarks(model: ListModel, asked: Collection[str]) -> pd.DataFrame:
    """One row per asked school tested in the year of decision: how few low results of like years let it leave.

    A school may also leave by its rank: that depends on the others and is not looked at.

    Returns:
        `school_id`; `tested_count`, `low_count` and `expected_count` of the year; `leaving_count`, the most low
        results of the next year with which it leaves, missing where even none is not enough; `norm_years_count`, after
        how many years at the region's norm it leaves, missing where more than `MOST_YEARS`. Empty where T of one year
        is not known.
    """
    tested = model.of_newest_year()
    own = tested[tested["school_id"].isin(list(asked))]
    found = []
    if len(tested) > model.capacity:
        shape, rate = tested["evidence_observed"] + tested["start"], tested["evidence_expected"]
        year_cut = cut_for(shape.to_numpy(), (rate + model.parameters["prior_strength"]).to_numpy(), model.capacity)
        for row in records(own.merge(model.before_next_year(), on="school_id")):
            school = _School(row, model.parameters, (model.parameters["cut"], year_cut), model.limits)
            found.append((*(row[name] for name in COUNTS), school.leaving_count(), school.norm_years()))
    frame = pd.DataFrame(found, columns=[*COUNTS, "leaving_count", "norm_years_count"])
    return frame.astype({"school_id": "str", "leaving_count": "Int64", "norm_years_count": "Int64"})


@dataclass(frozen=True)
class _School:
    """A school in years like its newest one.

    Args:
        row: the newest year with `start` and the sums of `ListModel.before_next_year`.
        parameters: of the model.
        levels: c of all years together and of one year.
        limits: when a school leaves.
    """

    row: Mapping[str, Any]
    parameters: Mapping[str, float]
    levels: tuple[float, float]
    limits: StayLimits

    def leaving_count(self) -> int | None:
        """The most low results of the next year with which the school leaves; None: not even without any."""
        sums = (self.row["before_low"], self.row["before_expected"], self.row["before_spread"])
        is_out = self._is_out(np.arange(int(self.row["tested_count"]) + 1, dtype="float64"), sums)
        # More low results never lower either probability: those that let the school leave are the first ones.
        return int(is_out.sum()) - 1 if is_out.any() else None

    def norm_years(self) -> int | None:
        """After how many years at the region's norm the school leaves; None: more than `MOST_YEARS`."""
        low, expected = self.row["before_low"], self.row["before_expected"]
        spread, norm = self.row["before_spread"], self.row["expected_count"]
        decay, exponent = self.parameters["decay"], 2 - self.parameters["drift_share"]
        for years in range(1, MOST_YEARS + 1):
            if self._is_out(np.array([norm]), (low, expected, spread)).all():
                return years
            low, expected = decay * (low + norm), decay * (expected + norm)
            spread = decay**exponent * (spread + self.row["dispersion"] * norm)
        return None

    def _is_out(self, low: Floats, before: tuple[float, float, float]) -> npt.NDArray[np.bool_]:
        """Whether each number of low results of the next year lets the school leave, on the sums before it."""
        norm, dispersion = self.row["expected_count"], self.row["dispersion"]
        expected = before[1] + norm
        divisor = (before[2] + dispersion * norm) / expected
        both = (before[0] + low) / divisor, expected / divisor
        alone = low / dispersion, self.row["evidence_expected"]
        is_out = np.ones(len(low), dtype=bool)
        for (observed, known), level, limit in zip((both, alone), self.levels, self.limits, strict=True):
            rate = np.full(len(low), known + self.parameters["prior_strength"])
            is_out &= probabilities_above(observed + self.row["start"], rate, level) < limit
        return is_out
