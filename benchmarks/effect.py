"""Whether the estimate of what support does is right, on made-up regions in which the effect is known.

Run: `python benchmarks/effect.py [regions [kind …]]`. The 50 schools that the model lists in 2025 are supported; in
2026 each of their low results is one no more with a known chance. Asked of every way of comparing: is the ratio right
on average, does the 90 % interval hold the truth, how often is an effect told where there is one and where there is
none.
"""

import sys
import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from benchmarks.prediction_regions import KINDS, make_region
from pipeline import methodology, stability
from pipeline.effect import ListEvidence, effect
from pipeline.expected import pool_cells
from pipeline.synthetic.region import make_register
from pipeline.synthetic.scores import draw_cells
from pipeline.synthetic.truth import EXCLUDED_KINDS, make_truth
from pipeline.tables.support import SUPPORT_FACTS

YEAR = 2025  # of the list
METHOD = methodology.load()
EFFECTS = {"none": 0.0, "small": 0.1, "large": 0.3, "half": 0.3}
MEASURE = 3


@dataclass(frozen=True)
class MadeUp:
    """Results of a made-up region without support, and schools that take no part."""

    results: pd.DataFrame
    left_out: frozenset[str]


def of_kind(number: int, first_year: int) -> Callable[[int], MadeUp]:
    """A maker of regions of a kind of the prediction benchmark."""

    def make(seed: int) -> MadeUp:
        results = make_region(KINDS[number], seed).results
        return MadeUp(results[results["year"] >= first_year], frozenset())

    return make


def synthetic(seed: int) -> MadeUp:
    """The made-up region of the project, three years, nobody inflates marks."""
    register = make_register(seed, YEAR + 1)
    years = (YEAR - 1, YEAR, YEAR + 1)
    truth = make_truth(register, seed, years).assign(is_inflated=False)
    cells = draw_cells(register, truth, seed, years).rename(columns={"mark_2": "low_count"})
    cells = cells[cells["tested_count"] > 0].assign(grade=lambda frame: frame["grade"].astype(str))
    excluded = register.traits["kind_code"].isin(EXCLUDED_KINDS)
    return MadeUp(pool_cells(cells, METHOD.pool), frozenset(register.traits.loc[excluded, "school_id"]))


REGIONS = {
    **{kind.code: of_kind(number, 2021) for number, kind in enumerate(KINDS)},
    "rural, two years before": of_kind(0, YEAR - 1),
    "made-up region": synthetic,
}


def judged(region: MadeUp, seed: int) -> dict[str, pd.DataFrame]:
    """By size of effect, the rows of `EFFECT_SUMMARY` and of `EFFECT_SCHOOLS` (scope «school») with the truth."""
    known = region.results[region.results["year"] <= YEAR]
    fitted = stability.fit(known, YEAR, METHOD.stability, METHOD.selection, region.left_out)
    listed = fitted.table.nlargest(METHOD.selection.capacity, "probability")
    rng = np.random.Generator(np.random.PCG64([seed, 7]))
    reached = frozenset(rng.permutation(listed["school_id"])[: len(listed) // 2])
    homes = {code: f"m{number % 10}" for number, code in enumerate(sorted(listed["school_id"]))}
    told = listed[["school_id"]].assign(school_name="ш", municipality_name="м", is_entered=True)
    told["municipality_id"] = told["school_id"].map(homes)
    facts = SUPPORT_FACTS.typed(pd.DataFrame([_fact(number, code) for number, code in enumerate(sorted(reached))]))
    found = {}
    for name, share in EFFECTS.items():
        helped = reached if name == "half" else frozenset(listed["school_id"])
        cells = region.results[region.results["year"] >= YEAR]
        is_helped = cells["school_id"].isin(helped) & (cells["year"] > YEAR)
        low = cells["low_count"].where(is_helped, 0).to_numpy(dtype="int64")
        cells = cells.assign(low_count=cells["low_count"] - rng.binomial(low, share))
        evidence = ListEvidence(told, True, fitted, cells, region.left_out, METHOD.stability.min_cell_schools, facts)
        made = effect(evidence, METHOD.effect)
        schools = made.schools.assign(scope_code="school", estimator_code="forecast")
        found[name] = pd.concat([made.summary, schools], ignore_index=True)
    return found


def truth_of(rows: pd.DataFrame, name: str) -> pd.Series:
    """The true ratio of each row; missing where the support of a part makes it no single number."""
    share = EFFECTS[name]
    if name == "half":
        is_measure = rows["scope_code"] == "measure"
        return pd.Series(np.where(is_measure, 1 - share, np.nan), index=rows.index)
    return pd.Series(np.where(rows["estimator_code"].isin(["placebo", "unreached"]), 1.0, 1 - share), index=rows.index)


def report(code: str, rows: pd.DataFrame) -> list[str]:
    """One line per effect and way of comparing: mean ratio over the truth, coverage, conclusions."""
    lines = []
    for (name, scope, estimator), group in rows.groupby(["effect", "scope_code", "estimator_code"], sort=False):
        known = group[group["truth"].notna() & group["effect_ratio"].notna()]
        if known.empty or scope == "entered":
            continue
        ratio = known["effect_ratio"] / known["truth"]
        upper = known["effect_upper"].fillna(np.inf)
        holds = (known["effect_lower"] <= known["truth"]) & (known["truth"] <= upper)
        better, worse = (float((known["conclusion_code"] == c).mean()) for c in ("better", "worse"))
        deviation = float(ratio.std() / np.sqrt(len(ratio)))
        lines.append(
            f"| {code} | {name} | {scope}, {estimator} | {len(known)} | {ratio.mean():.3f} ± {deviation:.3f} "
            f"| {holds.mean():.3f} | {better:.3f} | {worse:.3f} |"
        )
    return lines


def main(count: int, kinds: list[str]) -> None:
    """The kinds of region, the given number of regions each."""
    start = time.process_time()
    print("| region | effect | compared | n | ratio / truth | interval holds | better told | worse told |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- |")
    for code, make in ((kind, REGIONS[kind]) for kind in kinds):
        parts = []
        for seed in range(count):
            for name, rows in judged(make(seed), seed).items():
                parts.append(rows.assign(effect=name, truth=truth_of(rows, name)))
        print("\n".join(report(code, pd.concat(parts, ignore_index=True))), flush=True)
    print(f"\n{time.process_time() - start:.0f} s of processor time")


def _fact(number: int, school_id: str) -> dict[str, object]:
    """A fact of the measure at a school before the exams."""
    return {
        "file_id": "drawn",
        "sheet_name": "",
        "block_name": "",
        "row_number": number + 1,
        "plan_year": YEAR + 1,
        "list_year": YEAR,
        "measure_number": MEASURE,
        "provider_code": "institute",
        "school_id": school_id,
        "fact_date": pd.Timestamp(YEAR + 1, 3, 1),
        "quantity": 1.0,
        "is_counted": True,
    }


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 10, sys.argv[2:] or list(REGIONS))
