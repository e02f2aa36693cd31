"""The arithmetic of the model against slow, plain reckoning of the same formulas, and against real panels."""

import math
from collections import defaultdict
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from depth import examples
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from pipeline import methodology, stability
from pipeline.expected import StabilityFit, expected_cells, model_parameters
from pipeline.indicators import INDICATORS, Evidence, school_indicators
from pipeline.learning import learn
from pipeline.panel import Dispersion, dispersion_of, evidence_by_origin, make_panel
from pipeline.posterior import Prior, cut_for, fit_prior, prior_strength, probabilities_above, quantiles
from pipeline.tables.decision import SCHOOL_INDICATORS, STABILITY
from pipeline.tables.model import MODEL_PARAMETERS, REGIONAL_RATES, STABILITY_YEARS
from pipeline.tables.results import RESULTS

EDITION = methodology.load()
STORED = 1e-8  # stored tables are rounded
PANELS = Path(__file__).resolve().parents[2] / "shared" / "data" / "panels"


def region(seed: int, years: tuple[int, ...] = (2022, 2023, 2024, 2025, 2026), schools: int = 40) -> pd.DataFrame:
    """Made-up results: two exams, three cells a year, unequal schools, some schools and years missing."""
    rng = np.random.Generator(np.random.PCG64(seed))
    level = rng.gamma(4, 1 / 4, schools)
    rows = []
    for i in range(schools):
        for year in years:
            for procedure, subject, grade, rate in (
                ("vpr", "rus", "5", 0.10), ("vpr", "mat", "5", 0.15), ("oge", "mat", "9", 0.06),
            ):  # fmt: skip
                tested = int(rng.poisson(8 + 3 * i))
                low = int(rng.binomial(tested, min(0.9, rate * level[i])))
                if rng.random() > 0.1:
                    rows.append((f"s{i:02d}", "m1", year, procedure, subject, grade, tested, low, 1))
    columns = ["school_id", "municipality_id", "year", "procedure", "subject", "grade"]
    return RESULTS.conform(pd.DataFrame(rows, columns=[*columns, "tested_count", "low_count", "absent_count"]))


def plain_effective(
    results: pd.DataFrame, years: list[int], decay: float, phi: Dispersion
) -> dict[str, tuple[float, float]]:
    """O* and E* by loops over rows: the formula of the method, read literally."""
    tested, low = defaultdict(float), defaultdict(float)
    for r in results.itertuples():
        cell = (r.year, r.procedure, r.subject, r.grade)
        tested[cell] += float(r.tested_count)
        low[cell] += float(r.low_count)
    sums: dict[str, list[float]] = defaultdict(lambda: [0.0, 0.0, 0.0])
    for r in results.itertuples():
        if r.year in years:
            cell = (r.year, r.procedure, r.subject, r.grade)
            expected = float(r.tested_count) * low[cell] / tested[cell]
            a = decay ** (max(years) - r.year)
            variance = expected * (phi.base + phi.growth * expected)
            for position, value in enumerate((a * float(r.low_count), a * expected, a**1.5 * variance)):
                sums[r.school_id][position] += value
    return {s: (o / (v / e), e / (v / e)) for s, (o, e, v) in sums.items() if v > 0}


def plain_dispersion(results: pd.DataFrame, years: list[int]) -> Dispersion:
    """φ₀ and 1.5 σ² by loops over rows and, for the line, the least squares of numpy."""
    window = results[results["year"].isin(years) & (results["tested_count"] > 0)]
    rates = {key: part["low_count"].sum() / part["tested_count"].sum()
             for key, part in window.groupby(["year", "procedure", "subject", "grade"])}  # fmt: skip
    points = []
    for _, part in window.groupby("school_id"):
        expected = [float(r.tested_count) * rates[(r.year, r.procedure, r.subject, r.grade)] for r in part.itertuples()]
        ratio = float(part["low_count"].sum()) / sum(expected)
        for x, e in zip(part["low_count"], expected, strict=True):
            if ratio > 0 and len(expected) > 1:
                free = 1 - e / sum(expected)
                points.append(((float(x) - e * ratio) ** 2 / (e * ratio) / free, e * ratio, free))
    square, mean, free = (np.array(column) for column in zip(*points, strict=True))
    base, growth = 1.0, 0.0
    for _ in range(40):
        root = np.sqrt(free) / (base + growth * mean)
        base, growth = np.linalg.lstsq(np.column_stack([root, root * mean]), root * square, rcond=None)[0]
        if base < 1:
            base, growth = 1.0, float((root**2 * mean) @ (square - 1) / ((root**2 * mean) @ mean))
        if growth < 0:
            base, growth = max(1.0, float(free @ square / free.sum())), 0.0
    return Dispersion(float(base), 1.5 * float(growth), 0.5)


def test_the_fit_agrees_with_plain_reckoning() -> None:
    results, selection = region(1), replace(EDITION.selection, capacity=6)
    fit = stability.fit(results, 2026, EDITION.stability, selection)
    plain = plain_dispersion(results, [2024, 2025, 2026])
    assert (fit.dispersion.base, fit.dispersion.growth) == pytest.approx((plain.base, plain.growth), rel=1e-5, abs=1e-6)
    evidence = plain_effective(results, [2022, 2023, 2024, 2025, 2026], fit.decay, fit.dispersion)
    rows = fit.table.set_index("school_id")
    assert set(evidence) == set(rows.index)
    for school_id, (observed, expected) in evidence.items():
        row = rows.loc[school_id]
        assert row["prior_mean"] == pytest.approx(plain_mean(results, school_id, fit))
        shape, rate = observed + fit.prior * row["prior_mean"], expected + fit.prior
        assert row["index"] == pytest.approx(shape / rate)
        assert row["probability"] == pytest.approx(1 - stats.gamma.cdf(fit.cut, shape, scale=1 / rate))
        assert row["index_lower"] == pytest.approx(stats.gamma.ppf(0.05, shape, scale=1 / rate))
        assert row["index_upper"] == pytest.approx(stats.gamma.ppf(0.95, shape, scale=1 / rate))
    assert rows["probability"].sum() == pytest.approx(6, abs=1e-9)
    STABILITY.conform(fit.table)


def plain_mean(results: pd.DataFrame, school_id: str, fit: StabilityFit) -> float:
    """μ by the school's newest year and the median of all school years."""
    sizes = results[results["tested_count"] > 0].groupby(["school_id", "year"])["tested_count"].sum()
    size = float(sizes[school_id].sort_index().iloc[-1])
    log_size = max(-3.0, min(3.0, math.log(size / float(sizes.median()))))
    return math.exp(fit.prior_level + fit.prior_slope * log_size)


def test_the_decay_has_the_least_loss_on_the_past() -> None:
    results = region(2, schools=20)
    rules = replace(EDITION.stability, decay_candidates=(0.2, 0.4, 0.6, 0.8, 1.0))
    panel = make_panel(expected_cells(results, rules.min_cell_schools), 2026, rules)
    phi = plain_dispersion(results, [2024, 2025, 2026])
    learned = learn(panel, phi, rules)
    fitted = stability.fit(results, 2026, rules, replace(EDITION.selection, capacity=3))
    assert fitted.decay == learned.decay
    losses = {d: plain_loss(results, d, phi, learned.prior, fitted) for d in rules.decay_candidates}
    assert not learned.is_decay_default
    assert learned.decay == min(losses, key=lambda d: losses[d])


def plain_loss(results: pd.DataFrame, decay: float, phi: Dispersion, prior: Prior, fit: StabilityFit) -> float:
    """Deviance of every year from all years before it, over 2φ, and the pull of d to its default."""

    def soft(share: float) -> float:
        return math.log((share + 0.02) / (1.02 - share))

    total = (soft(decay) - soft(0.6)) ** 2 / 2
    all_cells = expected_cells(results, 5)
    tested = all_cells[all_cells["is_used"]].groupby(["school_id", "year"])["tested_count"].sum()
    for year in (2023, 2024, 2025, 2026):
        before = plain_effective(results[results["year"] < year], list(range(2022, year)), decay, phi)
        for school_id, part in all_cells[all_cells["year"] == year].groupby("school_id"):
            if str(school_id) in before:
                size = float(tested[school_id].loc[: year - 1].iloc[-1])
                mean = prior.mean(np.log(np.array([size / fit.median_size])))[0]
                o, e = before[str(school_id)]
                index = (o + prior.strength * mean) / (e + prior.strength)
                low, foretold = part["low_count"].sum(), part["expected_count"].sum() * index
                squares = (part["expected_count"] ** 2).sum()
                excess = phi.base + phi.growth * squares / part["expected_count"].sum()
                total += ((low * math.log(low / foretold) if low else 0.0) - (low - foretold)) / excess
    return total


def test_k_and_the_mean_are_found_again() -> None:
    rng = np.random.Generator(np.random.PCG64(3))
    size = rng.normal(0, 1, 4000)
    expected = rng.uniform(5, 60, 4000)
    observed = rng.poisson(expected * rng.gamma(5 * np.exp(0.1 - 0.2 * size), 1 / 5)).astype(float)
    prior, is_at_bound = fit_prior(observed, expected, size, EDITION.stability)
    assert not is_at_bound
    assert (prior.strength, prior.level, prior.slope) == pytest.approx((5, 0.1, -0.2), rel=0.1, abs=0.02)
    mean = prior.mean(size)
    likelihood = [
        stats.nbinom.logpmf(observed, k * mean, k / (k + expected)).sum()
        for k in (prior.strength / 1.02, prior.strength, prior.strength * 1.02)
    ]
    assert likelihood[1] == max(likelihood)


def test_without_evidence_k_is_the_upper_bound_and_the_cut_exists() -> None:
    nothing, ones = np.zeros(4), np.ones(4)
    assert prior_strength(nothing, nothing, ones, 0.5, 200) == (pytest.approx(200), True)
    assert fit_prior(nothing, nothing, nothing, EDITION.stability) == (Prior(pytest.approx(200), 0, 0), True)
    cut = cut_for(200 * ones, 200 * ones, 1)
    assert probabilities_above(200 * ones, 200 * ones, cut).tolist() == pytest.approx([0.25] * 4)
    lower, upper = quantiles(200 * ones, 200 * ones, 0.9)
    assert (lower < 1).all()
    assert (upper > 1).all()


def test_the_published_tables_repeat_the_index_and_both_probabilities() -> None:
    """What docs/methodology.md says of a spreadsheet: only the three published tables, only what Excel can do."""
    fit = stability.fit(region(8), 2026, EDITION.stability, replace(EDITION.selection, capacity=6))
    told = MODEL_PARAMETERS.conform(model_parameters(fit)).set_index("parameter_code")["value"]
    years, table = STABILITY_YEARS.conform(fit.years), STABILITY.conform(fit.table).set_index("school_id")
    REGIONAL_RATES.conform(fit.rates)
    chances = 0.0
    for school_id, part in years.groupby("school_id"):
        row = table.loc[str(school_id)]
        low, expected, weight = part["low_count"].astype(float), part["expected_count"], part["weight"]
        exponent = 2 - told["drift_share"]
        f = (weight**exponent * part["dispersion"] * expected).sum() / (weight * expected).sum()
        mean = math.exp(
            told["prior_level"] + told["prior_slope"] * math.log(float(row["size_count"]) / told["median_size"])
        )
        shape = (weight * low).sum() / f + told["prior_strength"] * mean
        rate = (weight * expected).sum() / f + told["prior_strength"]
        index = shape / rate
        assert index == pytest.approx(row["index"], abs=1e-6)
        assert 1 - stats.gamma.cdf(told["cut"], shape, scale=1 / rate) == pytest.approx(row["probability"], abs=1e-6)
        if np.isnan(row["next_year_probability"]):
            continue
        widening = told["next_year_spread"] / rate + told["next_year_noise"] / row["newest_expected_count"]
        raw = 1 - stats.gamma.cdf(told["next_year_cut"], index / widening, scale=widening)
        logit = told["next_year_shift"] + told["next_year_sharpness"] * math.log(raw / (1 - raw))
        chance = 1 / (1 + math.exp(-logit))
        assert chance == pytest.approx(row["next_year_probability"], abs=1e-6)
        chances += chance
    assert chances == pytest.approx(6, abs=1e-4)


@settings(max_examples=examples(3), deadline=None)
@given(st.integers(0, 10_000))
def test_names_and_order_of_schools_do_not_matter(seed: int) -> None:
    results = region(seed, schools=25)
    rng = np.random.Generator(np.random.PCG64(seed))
    ids = sorted(results["school_id"].unique())
    names = dict(zip(ids, rng.permutation(ids), strict=True))
    renamed = results.assign(school_id=results["school_id"].map(names)).sample(frac=1, random_state=seed)
    selection = replace(EDITION.selection, capacity=4)
    one, other = (stability.rank(frame, 2026, EDITION.stability, selection) for frame in (results, renamed))
    columns = ["index", "probability", "next_year_probability"]
    one = one.set_index(one["school_id"].map(names)).sort_index()
    other = other.set_index("school_id").sort_index()
    np.testing.assert_allclose(one[columns], other[columns], atol=1e-6)
    shuffled = stability.rank(
        results.sample(frac=1, random_state=seed), 2026, EDITION.stability, selection
    )  # the same names: equal to the last bit
    pd.testing.assert_frame_equal(shuffled, stability.rank(results, 2026, EDITION.stability, selection))


def test_equal_exams_carry_equal_expectation_each_year() -> None:
    rules = replace(EDITION.stability, equal_exam_weights=True)
    panel = make_panel(expected_cells(region(4), rules.min_cell_schools), 2026, rules)
    cells = panel.cells.assign(weighted=panel.cells["weight"] * panel.cells["expected_count"])
    by_exam = cells.groupby(["year", "procedure"])["weighted"].sum().unstack()
    assert by_exam["vpr"].to_numpy() == pytest.approx(by_exam["oge"].to_numpy())
    plain = cells.groupby("year")["expected_count"].sum()
    assert by_exam.sum(axis=1).to_numpy() == pytest.approx(plain.to_numpy())
    observed, expected = (by_origin[-1] for by_origin in evidence_by_origin(panel, 0.6, Dispersion(1.0, 0.1, 0.5)))
    assert ((observed >= 0) & (expected > 0)).all()


def test_few_degrees_of_freedom_leave_the_dispersion_at_one() -> None:
    rules = EDITION.stability
    panel = make_panel(expected_cells(region(5, years=(2026,), schools=8), 5), 2026, rules)
    assert dispersion_of(panel, 2026, rules) == (Dispersion(1.0, 0.0, rules.drift_share), False)


@pytest.mark.parametrize("class_sd", [0.0, 0.4])
def test_what_whole_classes_share_is_found_again(class_sd: float) -> None:
    """Counts whose classes have a level of their own: φ grows with the class, and not where chance alone speaks."""
    rng = np.random.Generator(np.random.PCG64(7))
    school = np.repeat(np.arange(500), 8)
    expected = np.exp(rng.normal(1.5, 1, 500))[school]
    level = rng.gamma(1 / class_sd**2, class_sd**2, len(school)) if class_sd else np.ones(len(school))
    cells = pd.DataFrame(
        {
            "school_id": [f"s{i:03d}" for i in school], "year": 2026, "procedure": "vpr", "subject": "rus",
            "tested_count": 1000.0, "low_count": rng.poisson(expected * level).astype(float),
            "expected_count": expected, "is_used": True,
        }
    )  # fmt: skip
    rules = replace(EDITION.stability, dispersion_level=1.0)
    found, is_estimated = dispersion_of(make_panel(cells, 2026, rules), 2026, rules)
    assert is_estimated
    assert found.base == pytest.approx(1, abs=0.1)
    assert found.growth == pytest.approx(class_sd**2, abs=0.02)


def test_every_indicator_has_values_and_agrees_with_the_model() -> None:
    results, selection = region(6), replace(EDITION.selection, capacity=6)
    fit = stability.fit(results, 2026, EDITION.stability, selection)
    table = school_indicators(Evidence(results, 2026, fit, EDITION.familiar, EDITION.stability))
    table = SCHOOL_INDICATORS.conform(table)
    assert set(table["indicator_code"]) == {indicator.indicator_code for indicator in INDICATORS}
    wide = table[table["part_text"] == ""].pivot(index="school_id", columns="indicator_code", values="value")
    rows = fit.table.set_index("school_id")
    assert wide["index"].to_dict() == pytest.approx(rows["index"].to_dict(), abs=STORED)
    years = fit.years[fit.years["is_in_window"]].groupby("school_id")["probability"].min()
    assert wide["weakest_year_probability"].to_dict() == pytest.approx(years.to_dict(), abs=STORED)
    assert ((wide["trend"] > 0) == (wide["worsening_probability"] > 0.5)).all()
    by_subject = table[(table["indicator_code"] == "subject_agreement") & (table["part_text"] != "")]
    assert set(by_subject["part_text"]) == {"rus", "mat"}
    assert by_subject.groupby("part_text")["value"].sum().tolist() == pytest.approx([6, 6], abs=STORED)
    assert by_subject.groupby("school_id")["value"].min().to_dict() == pytest.approx(
        wide["subject_agreement"].to_dict()
    )


def test_absent_pupils_counted_low_raise_the_ratio_of_the_school_that_hides_them() -> None:
    results = region(7, years=(2025, 2026), schools=12)
    is_hiding = (results["school_id"] == "s05") & (results["year"] == 2026)
    results = results.assign(absent_count=results["absent_count"].where(~is_hiding, 30))
    fit = stability.fit(results, 2026, EDITION.stability, replace(EDITION.selection, capacity=2))
    table = school_indicators(Evidence(results, 2026, fit, EDITION.familiar, EDITION.stability))
    ratio = table[table["indicator_code"] == "absent_low_ratio"].set_index("school_id")["value"]
    share = table[table["indicator_code"] == "participation_share"].set_index("school_id")["value"]
    assert ratio.idxmax() == "s05"
    assert share.idxmin() == "s05"


@pytest.mark.parametrize(("panel", "year"), [("chile_2014_2018", 2018), ("kentucky_2012_2017", 2017)])
def test_real_panels_rank(panel: str, year: int) -> None:
    path = PANELS / f"{panel}.parquet"
    if not path.is_file():
        pytest.skip(f"no {path.name} beside the checkout (shared/data/panels)")
    results = pd.read_parquet(path)
    capacity = results.loc[results["year"] == year, "school_id"].nunique() // 7
    ranked = stability.rank(results, year, EDITION.stability, replace(EDITION.selection, capacity=capacity))
    assert list(ranked.columns) == list(stability.RANK_COLUMNS)
    assert ranked["school_id"].is_unique
    assert ranked["probability"].is_monotonic_decreasing
    assert ranked["probability"].sum() == pytest.approx(capacity, abs=1e-6)
    assert ranked["next_year_probability"].sum() == pytest.approx(capacity, abs=1e-6)
    assert ((ranked["index_lower"] < ranked["index"]) & (ranked["index"] < ranked["index_upper"])).all()
    assert set(ranked.loc[ranked["band_code"] == "core", "low_years_count"]) - {0, 1}


def test_the_worked_school_of_the_documentation() -> None:
    text = (Path(__file__).resolve().parents[1] / "docs" / "methodology.md").read_text(encoding="utf-8")
    section = text.split("### One school by hand")[1].split("### The same in a spreadsheet")[0]
    tables = [[c.strip() for c in line.strip("|").split("|")] for line in section.splitlines() if line.startswith("|")]
    cells = pd.DataFrame([t for t in tables if t[0].isdigit()], columns=tables[0])
    told = {t[0]: float(t[2]) for t in tables if len(t) == 3 and t[0] not in ("quantity", "---")}
    decay, phi, k, cut, cut_now, median = 0.6, Dispersion(1.2, 0.1, 0.5), 4.0, 1.62, 1.75, 120.0
    assert (
        "d = 0.6, φ₀ = 1.2, γ = 0.1, k = 4, α₀ = 0.1, α₁ = −0.2, median size 120, c = 1.62, c of 2026 = 1.75" in section
    )
    assert "ψ = 1.5, φ₁ = 2, β = 1.05, c₁ = 1.9, α = 0.04" in section
    numbers = {name: cells[name].astype(float) for name in ("n", "p", "x", "E")}
    assert (numbers["n"] * numbers["p"]).to_numpy() == pytest.approx(numbers["E"].to_numpy())
    prepared = pd.DataFrame(
        {
            "school_id": "s1", "year": cells["year"].astype(int), "procedure": cells["exam"],
            "subject": cells["subject"], "tested_count": numbers["n"], "low_count": numbers["x"],
            "expected_count": numbers["E"], "is_used": True,
        }
    )  # fmt: skip
    panel = make_panel(prepared, 2026, EDITION.stability)
    observed, expected = (by_origin[-1] for by_origin in evidence_by_origin(panel, decay, phi))
    mean = Prior(k, 0.1, -0.2).mean(np.log(panel.tested[:, -1] / median))
    shape, rate = observed + k * mean, expected + k
    lower, upper = quantiles(shape, rate, 0.9)
    widening = 1.5 / rate + 2 / panel.expected[:, -1]
    raw = probabilities_above(shape / rate / widening, 1 / widening, 1.9)
    weights = decay ** (2026.0 - panel.years)
    phis = phi.variance(panel)[0] / panel.expected[0]
    now_shape = panel.observed[:, -1] / phis[-1] + k * mean
    found = {
        "ΣaO": panel.observed[0] @ weights,
        "ΣaE": panel.expected[0] @ weights,
        "φ of 2026": phis[-1],
        "f": panel.expected[0] @ weights / expected[0],
        "O*": observed[0],
        "E*": expected[0],
        "μ": mean[0],
        "S": (shape / rate)[0],
        "S lower": lower[0],
        "S upper": upper[0],
        "R": (expected / rate)[0],
        "T": probabilities_above(shape, rate, cut)[0],
        "T of 2026": probabilities_above(now_shape, panel.expected[:, -1] / phis[-1] + k, cut_now)[0],
        "v/S": widening[0],
        "P₀": raw[0],
        "P": 1 / (1 + math.exp(-(0.04 + 1.05 * math.log(raw[0] / (1 - raw[0]))))),
    }
    assert found == pytest.approx(told, abs=6e-5)
