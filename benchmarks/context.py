"""How well conditions explain results: Kentucky's panel by the share of pupils on free lunch, and the made-up region.

Run: `python benchmarks/context.py [folder of a made-up region already identified]`. Everything is out of fold. On the
made-up region the truth is known: how much of it hardship explains is the ceiling. The panel is skipped where absent.
"""

import sys
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from pipeline import context, methodology, region, stability
from pipeline.store import Published
from pipeline.tables import context as tables
from pipeline.tables import decision

KENTUCKY = Path(__file__).resolve().parents[2] / "shared" / "data" / "panels" / "kentucky_2012_2017.parquet"
INDICATOR = "free_lunch_share"
NOWHERE = Path("no region: the defaults of the package")


def kentucky(panel: pd.DataFrame) -> Iterable[tuple[int, str, context.Outcome]]:
    """Year, level of school and what its only condition explains, with results up to that year."""
    edition = methodology.load()
    indicator = {"indicator_code": INDICATOR, "title": INDICATOR, "kind_code": "share", "unit": "share"}
    indicators = pd.DataFrame([indicator | {"is_in_model": True, "direction_sign": -1}])
    criteria = region.reference_table(NOWHERE, tables.ADVERSE_CRITERIA)
    for year in sorted(panel["year"].unique())[2:]:
        for level in sorted(panel["grade"].unique()):
            known = panel[(panel["year"] <= year) & (panel["grade"] == level)]
            capacity = max(1, known["school_id"].nunique() // 7)
            fit = stability.fit(known, int(year), edition.stability, replace(edition.selection, capacity=capacity))
            facts = known.dropna(subset=["context_share"]).drop_duplicates(["school_id", "year"])
            told = facts[["school_id", "municipality_id", "year"]].assign(
                indicator_code=INDICATOR, value=facts["context_share"].clip(0, 1), is_questioned=False
            )
            yield int(year), level, context.assess(
                told, indicators, criteria, fit.table, selected=frozenset(), left_out=frozenset(), year=int(year),
                rules=edition.context,
            )  # fmt: skip


def report_region(root: Path, year: int = 2026) -> None:
    """The made-up region: the quality that the model shows, and against the planted truth."""
    published = Published(root, "identification", year)
    table, figures = published.read(tables.CONTEXT), published.read(tables.CONTEXT_MODEL)
    whole = figures[figures["indicator_code"] == ""].set_index("figure_code")["value"]
    print(f"made-up region: R² {whole['r2']:.3f} ± {whole['r2_error']:.3f}, slope {whole['calibration_slope']:.2f}")
    hardship = pd.read_parquet(root / "truth" / "context.parquet").set_index("school_id")["hardship"]
    truth = pd.read_parquet(root / "truth" / "truth.parquet").query("year == @year").set_index("school_id")
    known = table.set_index("school_id").join([hardship, truth[["true_log_rate"]]], how="inner")
    known = known.dropna(subset=["expected_ratio", "observed_ratio"])
    log_expected = np.log(known["expected_ratio"])
    print(f"  hardship explains of the truth {known['hardship'].corr(known['true_log_rate']) ** 2:.3f} (the ceiling)")
    print(f"  the prediction explains of the truth {log_expected.corr(known['true_log_rate']) ** 2:.3f}")
    print(f"  the prediction and hardship: r = {log_expected.corr(known['hardship']):.3f}")
    hardest = known["hardship"] >= known["hardship"].quantile(0.75)
    found = (known["is_adverse"] & hardest).sum()
    print(f"  adverse {known['is_adverse'].sum()}, of the hardest quarter ({hardest.sum()}) found {found}")
    gain = known["true_log_rate"] - np.polyval(
        np.polyfit(known["hardship"], known["true_log_rate"], 1), known["hardship"]
    )
    resilient = known["is_resilient"].astype(bool)
    print(f"  resilient {resilient.sum()}: truly better than hardship says {(gain[resilient] < 0).sum()}")
    chosen = published.read(decision.SELECTION).set_index("school_id")["status_code"]
    listed = known.index[known.index.map(chosen) == "selected"]
    print(f"  of the list {len(listed)}, in adverse conditions {known.loc[listed, 'is_adverse'].sum()}")


if __name__ == "__main__":
    if KENTUCKY.is_file():
        for year, level, outcome in kentucky(pd.read_parquet(KENTUCKY)):
            if outcome.is_used:
                told = f"R² {outcome.figure('r2'):.3f} ± {outcome.figure('r2_error'):.3f}"
                told += f", slope {outcome.figure('calibration_slope'):.2f}"
                within = outcome.table["observed_ratio"].between(
                    outcome.table["expected_lower"], outcome.table["expected_upper"]
                )
                told += f", within the interval {within.mean():.3f}, resilient {outcome.table['is_resilient'].sum()}"
            else:
                told = outcome.why_code
            print(f"Kentucky {year} {level}: {len(outcome.table)} schools, {told}")
    else:
        print(f"skipped: no {KENTUCKY.name} beside the checkout")
    for folder in sys.argv[1:] or ["data/demo"]:
        if (Path(folder) / "published" / "identification").is_dir():
            report_region(Path(folder))
        else:
            print(f"skipped: {folder} is not identified yet (make run)")
