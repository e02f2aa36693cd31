"""The benchmark of staying on the list: what it counts, and that a made-up region can be walked through."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from benchmarks import prediction_hysteresis as hysteresis
from benchmarks.prediction_counts import Mask, counts_of
from benchmarks.prediction_hysteresis import NO_RULE, STAY_RULES, September, Sums, walk
from benchmarks.prediction_regions import KINDS, make_region
from pipeline import methodology

EDITION = methodology.load()
RANK_ALONE, TWO_LISTS = (
    next(rule for rule in STAY_RULES if rule.title == title) for title in ("rank alone, 1.4 K", "two lists at least")
)


def mask(text: str) -> Mask:
    return np.array([letter == "x" for letter in text])


def test_what_is_counted_of_one_list() -> None:
    sums, weights = Sums(), np.ones((1, 8))
    worst = {"hit": (mask("xx...xx."), mask("xxxxxxx."))}  # nothing is known of the last school
    september = September(2026, EDITION.selection, EDITION.pool, pd.DataFrame(), worst, is_true=mask("xxx....."))
    lists = [mask("xxx....."), mask("xx.xx...")]
    hysteresis._judge(sums, "rule", september, mask("x.xx...x"), mask("x..x.x.."), lists, weights)
    found = {measure: (float(part[0]), float(whole[0])) for (_, measure), (part, whole) in sums.parts.items()}
    assert found["size"] == (4, 3)
    assert found["overlap"] == (2, 4)
    assert found["gone after one list"] == (1, 2)  # of the fourth and the fifth, new on the last list
    assert found["back after one list"] == (1, 1)  # the third left and is on again
    assert found["hit"] == (1, 3)
    assert (found["hit: kept"], found["hit: put off"]) == ((0, 1), (1, 1))
    assert found["true hit"] == (2, 4)


@pytest.fixture(scope="module")
def walked() -> Sums:
    region = make_region(replace(KINDS[1], schools=70), 7)
    assert len(region.school_ids) == len(counts_of(region.results).school_ids)
    return walk(counts_of(region.results), region.truth, np.ones((1, 70)), (NO_RULE, RANK_ALONE, TWO_LISTS))


def test_staying_keeps_schools_on_the_list(walked: Sums) -> None:
    def share(rule: str, measure: str) -> float:
        part, whole = walked.parts[rule, measure]
        return float(part[0] / whole[0])

    assert share(RANK_ALONE.title, "overlap") > share(NO_RULE.title, "overlap")
    assert share(NO_RULE.title, "gone after one list") > 0
    assert share(TWO_LISTS.title, "gone after one list") == 0
    assert walked.parts[NO_RULE.title, "hit: kept"][1].sum() == 0, "without a rule nobody is kept by it"
