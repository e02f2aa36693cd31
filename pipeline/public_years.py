"""The public table of a year beside the public tables of the years before: every number is told once and stays so.

Two tables of the same results, made before and after a school was merged or a result corrected, give a hidden number
by subtraction, however well each hides it alone. So a year, exam and subject that is in an earlier publication is told
as it was there: from the same results, by the same rules, and not again.
"""

from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from pipeline import disclosure, methodology
from pipeline.disclosure import BLOCK
from pipeline.methodology.rules import DisclosureRules
from pipeline.store import MANIFEST, Published
from pipeline.tables.disclosed import PUBLIC_RESULTS
from pipeline.tables.results import RESULTS

FLOWS = ("monitoring", "identification")  # in this order results of a year become public


def told_once(root: Path, year: int, results: pd.DataFrame, rules: DisclosureRules, *, is_new: bool) -> pd.DataFrame:
    """`PUBLIC_RESULTS` of the years of `results` up to `year`: each as it was first published, the rest anew.

    Args:
        root: folder of the region.
        year: whose public table this is.
        results: `RESULTS` of the year and the years before it.
        rules: what is hidden of results that were not published before.
        is_new: whether `results` are about to be the first publication of the year; else those published for it count.
    """
    results = results[results["year"] <= year]
    wanted = pd.MultiIndex.from_frame(results[BLOCK].drop_duplicates())
    told: list[pd.DataFrame] = []
    taken = wanted[:0]
    for rows, its_rules in (*_earlier(root, year if is_new else year + 1), (results, rules)):
        blocks = pd.MultiIndex.from_frame(rows[BLOCK])
        told.append(disclosure.public_results(rows[blocks.isin(wanted) & ~blocks.isin(taken)], its_rules))
        taken = taken.append(blocks.unique())
    return PUBLIC_RESULTS.conform(pd.concat(told, ignore_index=True))


def _earlier(root: Path, before: int) -> Iterator[tuple[pd.DataFrame, DisclosureRules]]:
    """Results of the publications of the years before, oldest first, with the rules that hid them."""
    folders = {path for flow in FLOWS for path in (root / "published" / flow).glob("[0-9]*")}
    years = sorted({int(path.name) for path in folders if path.name.isdigit()})
    for year in (year for year in years if year < before):
        for flow in FLOWS:
            if not (root / "published" / flow / str(year) / MANIFEST).is_file():
                continue
            published = Published(root, flow, year)
            if published.has(RESULTS):
                edition = published.manifest.get("edition", methodology.DEFAULT_EDITION)
                yield published.read(RESULTS), methodology.load(edition, root).disclosure
