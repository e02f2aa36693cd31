"""The prediction benchmark measures what it says: measures on cases known by hand, rules that see only the past."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks import prediction_measures as measures
from benchmarks.prediction_counts import Counts, Floats, counts_of, following_years, origins, outcome
from benchmarks.prediction_evaluation import Draws, as_draws, evaluate, over_regions
from benchmarks.prediction_regions import KINDS, YEARS, make_region
from benchmarks.prediction_report import PanelFacts, Report, render
from benchmarks.prediction_rules import RULES, VARIANTS, Forecast, Rule
from pipeline import methodology, stability

RURAL = replace(KINDS[0], schools=70)
COMPARED = (*RULES, *VARIANTS)


@pytest.fixture(scope="module")
def counts() -> Counts:
    return counts_of(make_region(RURAL, 1).results)


def of(code: str) -> Rule:
    return next(rule for rule in COMPARED if rule.code == code)


def table(rows: list[tuple[str, int, str, int, int]]) -> Counts:
    """Counts of (school, year, subject, tested, low), with four more schools at the norm so that cells take part."""
    others = [
        (f"z{number}", year, subject, 100, 20)
        for number in range(4)
        for year, subject in sorted({(row[1], row[2]) for row in rows})
    ]
    frame = pd.DataFrame(rows + others, columns=["school_id", "year", "subject", "tested_count", "low_count"])
    return counts_of(frame.assign(municipality_id="m", procedure="vpr", grade="5"))


def score(code: str, counts: Counts) -> dict[str, float]:
    found = of(code).forecast(counts, 1).score
    return dict(zip(counts.school_ids, found, strict=True))


# ---------------------------------------------------------------- measures


def test_average_precision_of_a_known_order() -> None:
    is_worst = np.array([True, False, True, False])
    found = measures.average_precision(np.array([4.0, 3.0, 2.0, 1.0]), is_worst, measures.plain(4))
    assert found == pytest.approx([(1 + 2 / 3) / 2])


def test_a_school_on_which_a_rule_is_silent_comes_last() -> None:
    assert list(measures.ranking(np.array([np.nan, -5.0, 3.0, 3.0]))) == [2, 3, 1, 0]


def test_deviance_is_zero_where_the_ratio_is_right_and_finite_where_none_was_predicted() -> None:
    observed, expected = np.array([3.0, 0.0]), np.array([2.0, 4.0])
    right = measures.poisson_deviance(observed[:1], expected[:1], np.array([1.5]), measures.plain(1))
    none = measures.poisson_deviance(observed, expected, np.array([0.0, 0.0]), measures.plain(2))
    assert right == pytest.approx([0]) and np.isfinite(none).all()


def test_slope_is_one_where_probabilities_mean_what_they_say() -> None:
    said = np.repeat([0.2, 0.8], 10)
    happened = np.array([True] * 2 + [False] * 8 + [True] * 8 + [False] * 2)
    too_sure = np.repeat([0.0, 1.0], 10)
    assert measures.reliability_slope(said, happened, measures.plain(20)) == pytest.approx([1])
    assert measures.reliability_slope(too_sure, happened, measures.plain(20)) == pytest.approx([0.6])
    assert measures.brier_score(said, happened, measures.plain(20)) == pytest.approx([0.16])


@given(st.integers(0, 10_000), st.integers(5, 40))
def test_a_resample_is_the_measure_of_the_schools_it_repeats(seed: int, count: int) -> None:
    rng = np.random.Generator(np.random.PCG64(seed))
    order, is_worst = rng.random(count), rng.random(count) < 0.3
    weights = measures.bootstrap_weights(count, 1, seed)[1:]
    repeated = np.repeat(np.arange(count), weights[0].astype("int64"))
    is_listed = measures.listed(order, count // 3)
    listed_twice = is_listed[repeated]
    hits = is_worst[repeated][listed_twice].mean() if listed_twice.any() else 0.0
    assert measures.hit_rate(is_listed, is_worst, weights) == pytest.approx([hits])


@given(st.integers(0, 10_000))
def test_the_list_with_stay_has_k_schools_and_keeps_whoever_ranks_within(seed: int) -> None:
    rng = np.random.Generator(np.random.PCG64(seed))
    order, was_listed = rng.random(30), measures.listed(rng.random(30), 10)
    kept = measures.listed_with_stay(order, 10, was_listed)
    within = measures.listed(order, 14)
    assert kept.sum() == 10
    assert kept[was_listed & within].all() or (was_listed & within).sum() > 10
    assert not kept[was_listed & ~within].any()


# ---------------------------------------------------------------- counts and outcomes


def test_the_worst_are_the_highest_ratios_of_the_schools_tested_in_both_years(counts: Counts) -> None:
    judged = outcome(counts, 2024, [2025])
    ratio = judged.observed / judged.expected
    assert judged.capacity == len(judged.rows) // 7 == judged.is_worst.sum()
    assert ratio[judged.is_worst].min() >= ratio[~judged.is_worst].max()
    assert (counts.expected[judged.rows, 3].sum(axis=1) > 0).all()


def test_origins_need_a_year_before_and_one_within_three_years_after() -> None:
    assert origins(table([("a", year, "mat", 100, 20) for year in (2015, 2016, 2019, 2023)])) == [2016]
    with_gap = table([("a", year, "mat", 100, 20) for year in (2015, 2016, 2019)])
    assert following_years(with_gap, 2016) == [2019]


@pytest.mark.parametrize("rule", COMPARED, ids=lambda rule: rule.code)
def test_a_rule_sees_the_past_alone(rule: Rule, counts: Counts) -> None:
    changed = counts.results.copy()
    later = changed["year"] > 2024
    changed.loc[later, "low_count"] = changed.loc[later, "tested_count"] // 2
    before, after = counts.until(2024), counts_of(changed).until(2024)
    np.testing.assert_array_equal(rule.forecast(before, 10).score, rule.forecast(after, 10).score)


@pytest.mark.parametrize("rule", COMPARED, ids=lambda rule: rule.code)
def test_a_rule_does_not_depend_on_the_order_of_rows(rule: Rule, counts: Counts) -> None:
    shuffled = counts_of(counts.results.sample(frac=1, random_state=5)).until(2024)
    np.testing.assert_array_equal(rule.forecast(counts.until(2024), 10).score, rule.forecast(shuffled, 10).score)


# ---------------------------------------------------------------- rules


def test_the_familiar_rule_names_low_cells_of_this_and_of_the_last_year() -> None:
    both = [("b", year, subject, 10, 3) for year in (2025, 2026) for subject in ("mat", "rus")]
    now = [("a", 2026, subject, 10, 3) for subject in ("mat", "rus")]
    few = [("f", year, subject, 9, 9) for year in (2025, 2026) for subject in ("mat", "rus")]
    found = table(both + now + few)
    for code, named in (("a", {"a", "b"}), ("b", {"b"}), ("a and b", {"b"}), ("a or b", {"a", "b"})):
        forecast = of(f"30 % rule: {code}").forecast(found, 1)
        assert forecast.named is not None
        assert set(found.school_ids[forecast.named]) == named


def test_english_and_texas_look_at_the_best_of_three_years() -> None:
    rows = [("bad", year, s, 50, 20) for year in (2024, 2025, 2026) for s in ("mat", "rus", "eng")]
    rows += [
        ("once", year, s, 50, 5 if year == 2025 else 40) for year in (2024, 2025, 2026) for s in ("mat", "rus", "eng")
    ]
    found = table(rows)
    for code in ("English: below in all 3 years", "Texas 3 × 3"):
        scores = score(code, found)
        assert scores["bad"] > 1 > scores["once"], code


def test_the_indexes_are_silent_under_twenty_pupils() -> None:
    found = table([("small", year, "mat", 19, 19) for year in (2025, 2026)])
    for code in ("US percentile index, n ≥ 20", "Massachusetts 40/60"):
        assert np.isnan(score(code, found)["small"]) and not np.isnan(score(code, found)["z0"])


def test_a_missing_year_keeps_the_weights_of_the_fixed_index_by_age() -> None:
    rows = [("a", 2024, "mat", 50, 30), ("a", 2026, "mat", 50, 10)]
    falling = score("fixed-weight shrunken index", table(rows))["a"]
    rising = score("fixed-weight shrunken index", table([(s, 4050 - y, c, n, x) for s, y, c, n, x in rows]))["a"]
    assert rising > falling


# ---------------------------------------------------------------- our model and its forms


def test_our_model_forgets_faster_where_levels_move_than_where_they_last() -> None:
    edition = methodology.load()
    selection = replace(edition.selection, capacity=28)
    lasting, moving = (
        stability.fit(
            make_region(replace(RURAL, schools=200, lasting=a, drifting=b, kept=c), 1).results,
            YEARS[-1],
            edition.stability,
            selection,
        )
        for a, b, c in ((0.6, 0.01, 0.5), (0.01, 0.6, 0.3))
    )
    assert moving.decay < lasting.decay


def test_the_forms_of_our_model_differ_in_what_they_rank_by(counts: Counts) -> None:
    by_t, by_p, sizeless = (of(f"this project's model, {form}") for form in ("by T", "by P", "size unused"))
    lasting, next_year, plain = (rule.forecast(counts, 10) for rule in (by_t, by_p, sizeless))
    assert by_t.is_ours and by_p.is_variant and sizeless.is_variant
    assert lasting.probability is lasting.score and next_year.next_probability is next_year.score
    np.testing.assert_array_equal(lasting.next_probability, next_year.score)
    assert not np.allclose(plain.score, lasting.score, equal_nan=True)


# ---------------------------------------------------------------- the whole


def test_a_made_up_region_is_the_same_for_the_same_seed_and_its_truth_can_be_found() -> None:
    kind = next(kind for kind in KINDS if kind.code == "large schools")
    one, other = make_region(kind, 3), make_region(kind, 3)
    pd.testing.assert_frame_equal(one.results, other.results)
    assert one.truth.shape == (kind.schools, len(YEARS))
    counts = counts_of(one.results)
    observed = counts.low[:, -1].sum(axis=1) / counts.expected[:, -1].sum(axis=1)
    assert np.corrcoef(np.log(observed + 0.01), np.log(one.truth[:, -1]))[0, 1] > 0.9


def test_an_oracle_hits_everything_and_says_so() -> None:
    region = make_region(RURAL, 2)
    counts = counts_of(region.results)
    truth: Floats = region.truth

    def oracle(history: Counts, capacity: int) -> Forecast:
        level = truth[:, len(history.years) - 1]
        is_true = measures.listed(level, capacity).astype("float64")
        return replace(of("last year").forecast(history, capacity), score=level, probability=is_true)

    rule = Rule("oracle", "Knows the truth.", oracle)
    found = evaluate("made up", counts, [rule], measures.plain(len(counts.school_ids)), truth).means()
    assert found["oracle", "true hit"] == pytest.approx([1])
    assert found["oracle", "wrong, seen"] == pytest.approx([0])
    assert found["oracle", "slope of truth"] == pytest.approx([1], abs=0.05)


def test_the_report_tells_real_panels_and_next_year_probabilities() -> None:
    region = make_region(RURAL, 4)
    counts = counts_of(region.results)

    def confident(history: Counts, capacity: int) -> Forecast:
        known = of("last year").forecast(history, capacity)
        share = np.full(len(known.score), 1 / 7)
        return replace(known, probability=share, next_probability=share)

    rules = (
        of("last year"),
        of("fixed-weight shrunken index"),
        Rule("ours", "Made up.", confident, is_ours=True),
        of("this project's model, by P"),
    )
    weights = measures.bootstrap_weights(len(counts.school_ids), 20, 1)
    real = evaluate("panel", counts, rules, weights, truth=None)
    made_up = [evaluate("kind", counts, rules, weights[:1], region.truth) for _ in range(2)]
    panels, kinds = {"panel": as_draws(real.means())}, {"kind": over_regions([one.means() for one in made_up])}
    facts = PanelFacts("panel", len(counts.school_ids), YEARS, tuple(origins(counts)), 12.0)
    report = Report((facts,), panels, kinds, (real, *made_up), rules, ())

    said = panels["panel"]["ours", "said hits"]
    assert said.value == pytest.approx(1 / 7) and said.error == pytest.approx(0)
    document = render(report)
    assert document == render(report)
    assert "| hit rate, mean over panels, above the best rule" in document
    assert "| goal | asked | **ours** | this project's model, by P |" in document
    assert "## Goals" not in render(replace(report, panels={}, facts=()))


def test_another_form_of_our_model_is_measured_but_is_not_the_rule_to_beat() -> None:
    def drawn(value: float) -> Draws:
        return Draws(np.array([value, value, value]), is_bootstrap=True)

    by_p = of("this project's model, by P")
    ours = Rule("ours", "Made up.", by_p.forecast, is_ours=True)
    hits = {("last year", "hit"): drawn(0.3), (by_p.code, "hit"): drawn(0.9), ("ours", "hit"): drawn(0.8)}
    report = Report((), {"panel": hits}, {}, (), (of("last year"), by_p, ours), ())
    assert report.best_rival(report.panels, "hit") == "last year"
    assert report.models == ("ours", by_p.code)
