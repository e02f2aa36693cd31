"""The arithmetic of the model against slow, plain reckoning of the same formulas, and against real panels."""

import math
from collections import defaultdict
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from pipeline import methodology, stability
from pipeline.expected import expected_cells
from pipeline.indicators import INDICATORS, Evidence, school_indicators
from pipeline.panel import dispersion_of, effective_counts, learn_decay, make_panel
from pipeline.posterior import cut_for, prior_strength, probabilities_above, quantiles
from pipeline.tables.decision import SCHOOL_INDICATORS, STABILITY
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
    results: pd.DataFrame, years: list[int], decay: float, phi: float
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
            for position, value in enumerate((a * float(r.low_count), a * expected, a * a * expected)):
                sums[r.school_id][position] += value
    return {s: (o / (phi * v / e), e / (phi * v / e)) for s, (o, e, v) in sums.items() if v > 0}


def plain_dispersion(results: pd.DataFrame, years: list[int]) -> float:
    """φ by loops over rows."""
    window = results[results["year"].isin(years) & (results["tested_count"] > 0)]
    rates = {key: part["low_count"].sum() / part["tested_count"].sum()
             for key, part in window.groupby(["year", "procedure", "subject", "grade"])}  # fmt: skip
    squares, cells, schools = 0.0, 0, 0
    for _, part in window.groupby("school_id"):
        expected = [float(r.tested_count) * rates[(r.year, r.procedure, r.subject, r.grade)] for r in part.itertuples()]
        ratio = float(part["low_count"].sum()) / sum(expected)
        means = [(float(x), e * ratio) for x, e in zip(part["low_count"], expected, strict=True) if e * ratio > 0]
        squares += sum((x - mean) ** 2 / mean for x, mean in means)
        cells, schools = cells + len(means), schools + bool(means)
    return max(1.0, squares / (cells - schools))


def test_the_fit_agrees_with_plain_reckoning() -> None:
    results, selection = region(1), replace(EDITION.selection, capacity=6)
    fit = stability.fit(results, 2026, EDITION.stability, selection)
    window = [2024, 2025, 2026]
    assert fit.dispersion == pytest.approx(plain_dispersion(results, window))
    main = plain_effective(results, window, fit.decay, fit.dispersion)
    wide = plain_effective(results, [2022, 2023, *window], fit.decay, fit.dispersion)
    rows = fit.table.set_index("school_id")
    for school_id, (observed, expected) in main.items():
        is_thin = expected < 3
        o, e = wide[school_id] if is_thin else (observed, expected)
        shape, rate = o + fit.prior, e + fit.prior
        row = rows.loc[school_id]
        assert row["window_years_count"] == (5 if is_thin else 3)
        assert row["index"] == pytest.approx(shape / rate)
        assert row["probability"] == pytest.approx(1 - stats.gamma.cdf(fit.cut, shape, scale=1 / rate))
        assert row["index_lower"] == pytest.approx(stats.gamma.ppf(0.05, shape, scale=1 / rate))
        assert row["index_upper"] == pytest.approx(stats.gamma.ppf(0.95, shape, scale=1 / rate))
    assert rows["probability"].sum() == pytest.approx(6, abs=1e-9)
    STABILITY.conform(fit.table)


def test_the_decay_has_the_least_deviance_on_the_past() -> None:
    results = region(2, schools=20)
    rules = replace(EDITION.stability, decay_candidates=(0.2, 0.4, 0.6, 0.8, 1.0))
    panel = make_panel(expected_cells(results, rules.min_cell_schools), 2026, rules)
    deviances = {d: plain_deviance(results, d) for d in rules.decay_candidates}
    decay, is_learned = learn_decay(panel, rules)
    assert is_learned
    assert decay == min(deviances, key=lambda d: deviances[d])


def plain_deviance(results: pd.DataFrame, decay: float) -> float:
    """Poisson deviance of 2024, 2025 and 2026 as predicted from up to three years before."""
    total = 0.0
    for year in (2024, 2025, 2026):
        before = [y for y in (2022, 2023, 2024, 2025) if year - 3 <= y < year]
        counts = plain_effective(results, before, decay, plain_dispersion(results, before))
        arrays = np.array(list(counts.values()))
        prior, _ = prior_strength(arrays[:, 0], arrays[:, 1], 0.5, 200)
        index = {s: (o + prior) / (e + prior) for s, (o, e) in counts.items()}
        cells = expected_cells(results[results["year"] == year], 5)
        for school_id, part in cells.groupby("school_id"):
            low = part["low_count"].sum()
            mean = part["expected_count"].sum() * index.get(str(school_id), 1.0)
            total += 2 * ((low * math.log(low / mean) if low else 0.0) - (low - mean))
    return total


def test_k_maximises_the_negative_binomial_likelihood() -> None:
    rng = np.random.Generator(np.random.PCG64(3))
    expected = rng.uniform(5, 60, 4000)
    observed = rng.poisson(expected * rng.gamma(5, 1 / 5, 4000)).astype(float)
    prior, is_at_bound = prior_strength(observed, expected, 0.5, 200)
    assert not is_at_bound
    assert prior == pytest.approx(5, rel=0.1)
    likelihood = [
        stats.nbinom.logpmf(observed, k, k / (k + expected)).sum() for k in (prior / 1.02, prior, prior * 1.02)
    ]
    assert likelihood[1] == max(likelihood)


def test_without_evidence_k_is_the_upper_bound_and_the_cut_exists() -> None:
    nothing = np.zeros(4)
    assert prior_strength(nothing, nothing, 0.5, 200) == (pytest.approx(200), True)
    cut = cut_for(nothing, nothing, 200, 1)
    assert probabilities_above(nothing, nothing, 200, cut).tolist() == pytest.approx([0.25] * 4)
    lower, upper = quantiles(nothing, nothing, 200, 0.9)
    assert (lower < 1).all()
    assert (upper > 1).all()


def test_equal_exams_carry_equal_expectation_each_year() -> None:
    rules = replace(EDITION.stability, equal_exam_weights=True)
    panel = make_panel(expected_cells(region(4), rules.min_cell_schools), 2026, rules)
    cells = panel.cells.assign(weighted=panel.cells["weight"] * panel.cells["expected_count"])
    by_exam = cells.groupby(["year", "procedure"])["weighted"].sum().unstack()
    assert by_exam["vpr"].to_numpy() == pytest.approx(by_exam["oge"].to_numpy())
    plain = cells.groupby("year")["expected_count"].sum()
    assert by_exam.sum(axis=1).to_numpy() == pytest.approx(plain.to_numpy())
    observed, expected = effective_counts(panel, 2026, 3, 0.6, 1.0)
    assert ((observed >= 0) & (expected > 0)).all()


def test_few_degrees_of_freedom_leave_the_dispersion_at_one() -> None:
    rules = EDITION.stability
    panel = make_panel(expected_cells(region(5, years=(2026,), schools=8), 5), 2026, rules)
    assert dispersion_of(panel, 2026, 3, rules.min_dispersion_df) == (1.0, False)


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
    assert ((ranked["index_lower"] < ranked["index"]) & (ranked["index"] < ranked["index_upper"])).all()
    assert set(ranked.loc[ranked["band_code"] == "core", "low_years_count"]) - {0, 1}


def test_the_worked_school_of_the_documentation() -> None:
    text = (Path(__file__).resolve().parents[1] / "docs" / "methodology.md").read_text(encoding="utf-8")
    section = text.split("### One school by hand")[1].split("## Indicators")[0]
    tables = [[c.strip() for c in line.strip("|").split("|")] for line in section.splitlines() if line.startswith("|")]
    cells = pd.DataFrame([t for t in tables if t[0].isdigit()], columns=tables[0])
    told = {t[0]: float(t[2]) for t in tables if len(t) == 3 and t[0] not in ("quantity", "---")}
    decay, phi, prior, cut, cut_now = 0.6, 1.6, 4.0, 1.62, 1.75
    assert "d = 0.6, φ = 1.6, k = 4, c = 1.62, c of 2026 = 1.75" in section
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
    observed, expected = effective_counts(panel, 2026, 3, decay, phi)
    lower, upper = quantiles(observed, expected, prior, 0.9)
    now = panel.observed[:, -1] / phi, panel.expected[:, -1] / phi
    weights = decay ** np.array([2, 1, 0])
    found = {
        "ΣaO": panel.observed[0] @ weights,
        "ΣaE": panel.expected[0] @ weights,
        "f": panel.expected[0] @ weights / expected[0],
        "O*": observed[0],
        "E*": expected[0],
        "S": (observed[0] + prior) / (expected[0] + prior),
        "S lower": lower[0],
        "S upper": upper[0],
        "R": expected[0] / (expected[0] + prior),
        "T": probabilities_above(observed, expected, prior, cut)[0],
        "T of 2026": probabilities_above(*now, prior, cut_now)[0],
    }
    assert found == pytest.approx(told, abs=6e-5)
