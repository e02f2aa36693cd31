"""What holds for every region: the order of rows, the sum of probabilities, who can enter by doing better."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline import methodology, stability
from pipeline.indicators import familiar_rule
from pipeline.posterior import cut_for, probabilities_above
from pipeline.selection import select
from pipeline.tables.decision import SELECTION, STABILITY, STATUSES
from pipeline.tables.reference import SCHOOLS
from pipeline.tables.results import RESULTS

EDITION = methodology.load()
SCHOOL_IDS = [f"s{i}" for i in range(8)]


@st.composite
def regions(draw: st.DrawFn) -> pd.DataFrame:
    """Results of up to eight schools, three years, two subjects; 2026 is never empty."""
    rows = []
    for school_id in SCHOOL_IDS:
        for year in (2024, 2025, 2026):
            for subject in ("rus", "mat"):
                tested = draw(st.integers(0, 60))
                low = draw(st.integers(0, tested))
                if (year == 2026 and subject == "rus") or draw(st.booleans()):
                    rows.append((school_id, "m1", year, "vpr", subject, "5", max(tested, 1), low))
    columns = ["school_id", "municipality_id", "year", "procedure", "subject", "grade", "tested_count", "low_count"]
    return RESULTS.conform(pd.DataFrame(rows, columns=columns))


def decided(results: pd.DataFrame, capacity: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    rules = replace(EDITION.selection, capacity=capacity)
    fit = stability.fit(results, 2026, EDITION.stability, rules)
    register = pd.DataFrame({"school_id": [*SCHOOL_IDS, "s9"], "municipality_id": "m1", "kind_code": "ordinary"})
    register = SCHOOLS.conform(register.assign(school_name=register["school_id"]))
    rule = familiar_rule(results, 2026, EDITION.familiar)
    return fit.table, SELECTION.conform(select(fit.table, register, rule, 2026, rules, EDITION.pool))


@given(results=regions(), capacity=st.integers(1, 7), seed=st.randoms(use_true_random=False))
@settings(max_examples=10, deadline=None)
def test_the_order_of_rows_never_matters_and_the_sum_is_the_capacity(
    results: pd.DataFrame, capacity: int, seed: object
) -> None:
    positions = list(range(len(results)))
    seed.shuffle(positions)  # type: ignore[attr-defined]
    table, selection = decided(results, capacity)
    shuffled_table, shuffled_selection = decided(results.iloc[positions], capacity)
    pd.testing.assert_frame_equal(table, shuffled_table, check_exact=True)
    pd.testing.assert_frame_equal(selection, shuffled_selection, check_exact=True)
    assert table["probability"].sum() == pytest.approx(capacity, abs=1e-8)
    assert sorted(selection["school_id"]) == [*SCHOOL_IDS, "s9"]
    assert selection["status_code"].isin(STATUSES).all()
    assert (selection["status_code"] == "selected").sum() <= capacity * 1.1


counts = st.tuples(st.floats(0, 80), st.floats(0.1, 60))


@given(
    evidence=st.lists(counts, min_size=4, max_size=30),
    prior=st.floats(0.5, 200),
    capacity=st.integers(1, 3),
    better=st.floats(0, 1),
)
@settings(max_examples=60, deadline=None)
def test_fewer_low_results_never_raise_a_probability(
    evidence: list[tuple[float, float]], prior: float, capacity: int, better: float
) -> None:
    observed, expected = (np.array(values) for values in zip(*evidence, strict=True))
    improved = observed.copy()
    improved[0] *= better
    before, after = (
        probabilities_above(o, expected, prior, cut_for(o, expected, prior, capacity)) for o in (observed, improved)
    )
    assert after[0] <= before[0] + 1e-9
    assert (after[1:] >= before[1:] - 1e-9).all()


places = st.tuples(st.integers(0, 50), st.integers(0, 3), st.integers(0, 60), st.booleans())


@given(
    rows=st.lists(places, min_size=3, max_size=14),
    capacity=st.integers(1, 10),
    fall=st.integers(0, 30),
    fewer_years=st.integers(0, 2),
    factor=st.sampled_from([1.0, 1.1, 1.5]),
)
@settings(max_examples=40, deadline=None)
def test_doing_better_never_brings_a_school_in(
    rows: list[tuple[int, int, int, bool]], capacity: int, fall: int, fewer_years: int, factor: float
) -> None:
    rules = replace(EDITION.selection, capacity=capacity, tie_capacity_factor=factor)
    ids = [f"s{i:02d}" for i in range(len(rows))]
    base = pd.DataFrame(
        {
            "school_id": ids,
            "probability": [0.25 + t / 100 for t, _, _, _ in rows],
            "low_years_count": [c for _, c, _, _ in rows],
            "low_count": [low for _, _, low, _ in rows],
        }
    )
    listed = pd.DataFrame({"school_id": [i for i, row in zip(ids, rows, strict=True) if row[3]]})
    better = base.copy()
    better.loc[0, "probability"] -= fall / 200
    better.loc[0, "low_years_count"] = max(0, rows[0][1] - fewer_years)
    better.loc[0, "low_count"] = max(0, rows[0][2] - fall)
    is_in = [_is_selected(frame, rules, listed) for frame in (base, better)]
    assert is_in[0] or not is_in[1]


def _is_selected(frame: pd.DataFrame, rules: object, listed: pd.DataFrame) -> bool:
    """Whether the first school is selected; everything not given is unremarkable and the same for all."""
    unremarkable = {
        "municipality_id": "m1", "year": 2026, "tested_count": 100, "expected_low_count": 10.0,
        "effective_observed": 10.0, "effective_expected": 10.0, "index": 1.0, "index_lower": 0.8, "index_upper": 1.2,
        "reliability": 0.9, "reliability_code": "firm", "band_code": "none", "years_count": 3, "is_thin": False,
        "current_year_probability": 0.2, "window_years_count": 3, "is_recent": True,
    }  # fmt: skip
    table = STABILITY.typed(frame.assign(**unremarkable))
    register = pd.DataFrame({"school_id": frame["school_id"], "municipality_id": "m1", "kind_code": "ordinary"})
    register = SCHOOLS.typed(register.assign(school_name=register["school_id"]))
    rule = pd.DataFrame({"school_id": frame["school_id"], "is_rule_low": False})
    chosen = select(table, register, rule, 2026, rules, EDITION.pool, list_in_force=listed)  # type: ignore[arg-type]
    return bool((chosen.loc[chosen["school_id"] == "s00", "status_code"] == "selected").all())
