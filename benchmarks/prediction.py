"""Whether the lists name the right schools: all rules on all panels, judged on later years; writes docs/prediction.md.

Run: `make bench-prediction`, or `python benchmarks/prediction.py [FOLDER]` with a folder of other panels (Parquet with
the columns of `results`): that report is printed and nothing is written. Without FOLDER the panels are those of
`../shared/data/panels` beside the checkout; where it is absent they are skipped, the made-up regions are measured and
printed, and docs/prediction.md stays as it is.
"""

import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.prediction_counts import counts_of, origins
from benchmarks.prediction_evaluation import Draws, Evaluation, Key, as_draws, evaluate, over_regions
from benchmarks.prediction_guests import installed_guests
from benchmarks.prediction_hysteresis import hysteresis_section
from benchmarks.prediction_measures import bootstrap_weights, plain
from benchmarks.prediction_regions import KINDS, YEARS, Kind, make_region
from benchmarks.prediction_report import PanelFacts, Report, render, write
from benchmarks.prediction_rules import RULES, VARIANTS, Rule

PROJECT = Path(__file__).resolve().parents[1]
PANELS = PROJECT.parent / "shared" / "data" / "panels"
DOCUMENT = PROJECT / "docs" / "prediction.md"
SEED = 2026
RESAMPLES = 200
REGIONS_PER_KIND = 20
COMPARED = (*RULES, *VARIANTS)  # everywhere; guests on the real panels only


def real_panel(path: Path, rules: Sequence[Rule]) -> tuple[PanelFacts, Evaluation] | None:
    """The evaluation of one file; None where it has too few years for any origin."""
    counts = counts_of(pd.read_parquet(path))
    found_origins = origins(counts)
    if not found_origins:
        print(f"{path.stem}: skipped, fewer than three years with results")
        return None
    schools = len(counts.school_ids)
    fitting = [rule for rule in rules if rule.max_schools is None or schools <= rule.max_schools]
    weights = bootstrap_weights(schools, RESAMPLES, SEED)
    evaluation = evaluate(path.stem, counts, fitting, weights, truth=None)
    cells = counts.tested[counts.tested > 0]
    facts = PanelFacts(
        path.stem, schools, tuple(counts.years_with_results), tuple(found_origins), float(np.median(cells))
    )
    return facts, evaluation


def made_up_kind(kind: Kind) -> tuple[dict[Key, Draws], list[Evaluation]]:
    """The measures of a kind over its regions, and the evaluation of each region."""
    evaluations = []
    for number in range(REGIONS_PER_KIND):
        region = make_region(kind, SEED + number)
        counts = counts_of(region.results)
        assert tuple(counts.years) == YEARS, "a year of a made-up region holds nothing"
        truth = region.truth[region.school_ids.isin(counts.school_ids).to_numpy()]
        evaluations.append(evaluate(kind.code, counts, COMPARED, plain(len(counts.school_ids)), truth))
    return over_regions([one.means() for one in evaluations]), evaluations


def run(folder: Path) -> Report:
    """Everything that the report tells."""
    guests, messages = installed_guests()
    for message in messages:
        print(message)
    panels: dict[str, Mapping[Key, Draws]] = {}
    facts: list[PanelFacts] = []
    said: list[Evaluation] = []
    if not folder.is_dir():
        print(f"{folder}: no such folder, the real panels are skipped")
    for path in sorted(folder.glob("*.parquet")):
        started = time.perf_counter()
        measured = real_panel(path, [*COMPARED, *guests])
        if measured is not None:
            facts.append(measured[0])
            panels[path.stem] = as_draws(measured[1].means())
            said.append(measured[1])
            print(f"{path.stem}: {time.perf_counter() - started:.0f} s")
    kinds: dict[str, Mapping[Key, Draws]] = {}
    for kind in KINDS:
        started = time.perf_counter()
        kinds[kind.code], evaluations = made_up_kind(kind)
        said += evaluations
        print(f"{kind.code}: {time.perf_counter() - started:.0f} s")
    started = time.perf_counter()
    staying = hysteresis_section(folder)
    print(f"lists from year to year: {time.perf_counter() - started:.0f} s")
    return Report(tuple(facts), panels, kinds, tuple(said), (*COMPARED, *guests), messages, staying)


def main() -> None:
    """Write docs/prediction.md with its pictures, or print the report on other panels."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else PANELS
    report = run(folder)
    if report.panels and folder == PANELS:
        write(report, DOCUMENT)
        print(f"written: {DOCUMENT.relative_to(PROJECT)}")
    else:
        print(render(report))
        print(f"{folder}: {len(report.panels)} real panels; docs/prediction.md is written from {PANELS} only")


if __name__ == "__main__":
    main()
