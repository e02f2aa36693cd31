"""What the web report knows: the published tables of every flow that there are, and what is missing in words."""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from pipeline import deciding, explain, methodology, region
from pipeline.methodology import Methodology
from pipeline.schema import Table
from pipeline.store import MANIFEST, Published, sha256
from pipeline.tables import causes, comparison, context, decision, effect, model, orders, programmes, reference, sources
from pipeline.tables import support as support_tables
from pipeline.tables.objectivity import OBJECTIVITY
from pipeline.tables.results import RESULTS

# Per flow: what of its publication the report shows. Of a table that two flows publish the first one counts.
SHOWN: Mapping[str, tuple[Table, ...]] = {
    "identification": (
        *deciding.CASE_TABLES,
        reference.MUNICIPALITIES,
        decision.SELECTION,
        decision.STABILITY,
        decision.SCHOOL_INDICATORS,
        model.STABILITY_YEARS,
        model.MODEL_PARAMETERS,
        context.CONTEXT,
        context.SCHOOL_CONTEXT,
        comparison.LIST_DEPENDENCE,
        comparison.SCHOOL_DEPENDENCE,
        orders.FEDERAL_LIST,
        sources.SOURCE_FILES,
    ),
    "monitoring": (RESULTS, OBJECTIVITY, sources.SOURCE_FILES, decision.MUNICIPALITY_SUMMARY),
    "orders": (
        orders.ORDERS,
        orders.ORDER_SCHOOLS,
        orders.LISTED_SCHOOLS,
        orders.OBJECTIONS,
        orders.CONFIRMATIONS,
    ),
    "causes": (causes.REGISTER_OF_CAUSES, causes.CAUSE_SUMMARY, causes.CAUSES),
    "support": (
        causes.MEASURES,
        support_tables.ROADMAP_STATUS,
        support_tables.SUPPORT_MONITORING,
        support_tables.SCHOOL_SUPPORT,
        programmes.PROGRAMMES,
        effect.EFFECT_SCHOOLS,
        effect.DYNAMICS,
    ),
}
MISSING: Mapping[str, str] = {
    "identification": "Перечень этого года ещё не рассчитан: показаны только результаты.",
    "monitoring": "Мониторинг этого года ещё не опубликован: сводки по муниципалитетам не показаны.",
    "orders": "Приказы этого года ещё не опубликованы: показан расчёт, а не подписанный перечень.",
    "causes": "Реестр причин этого года ещё не составлен.",
    "support": "Мониторинг поддержки ещё не проведён.",
}


@dataclass(frozen=True)
class Known:
    """What the report is made from.

    Args:
        year: year of decision.
        region: settings of the region.
        method: the edition of the published list, or of the monitoring.
        frames: published tables by name; one that nobody has published is empty.
        missing: per flow that has published nothing for the year, what the reader is told.
        made_from: per flow, the run and the hash of the manifest that were read.
        indicators: `CONTEXT_INDICATORS` of the region.
        criteria: `ADVERSE_CRITERIA` of the region.
    """

    year: int
    region: region.Region
    method: Methodology
    frames: Mapping[str, pd.DataFrame]
    missing: Mapping[str, str]
    made_from: Mapping[str, Any]
    indicators: pd.DataFrame
    criteria: pd.DataFrame

    def of(self, table: Table) -> pd.DataFrame:
        """The frame of a table of `SHOWN`."""
        return self.frames[table.name]

    def replacing(self, table: Table, frame: pd.DataFrame) -> "Known":
        """The same with another frame of one table."""
        return dataclasses.replace(self, frames={**self.frames, table.name: frame})


def read_known(root: Path, year: int) -> Known:
    """Everything that is published for the year; of the support, the newest period.

    Raises:
        StoreError: neither a list nor a monitoring of the year is published, or the edition has changed since.
    """
    found = {flow: published for flow in SHOWN if (published := _published(root, flow, year)) is not None}
    if not found.keys() & {"identification", "monitoring"}:
        Published(root, "monitoring", year)  # says what to do first
    frames: dict[str, pd.DataFrame] = {}
    for flow, tables in SHOWN.items():
        for table in tables:
            if flow in found and found[flow].has(table):
                frames.setdefault(table.name, found[flow].read(table))
    for table in (table for tables in SHOWN.values() for table in tables):
        is_reference = table in (reference.SCHOOLS, reference.SCHOOL_LINEAGE, reference.MUNICIPALITIES)
        if table.name not in frames:
            frames[table.name] = region.reference_table(root, table) if is_reference else table.empty()
    return Known(
        year,
        region.load_region(root),
        _method(root, found),
        frames,
        {flow: words for flow, words in MISSING.items() if flow not in found},
        {
            name: {"run_id": one.manifest.get("run_id", ""), "sha256": sha256(one.folder / MANIFEST)}
            for name, one in found.items()
        },
        region.reference_table(root, context.CONTEXT_INDICATORS),
        region.reference_table(root, context.ADVERSE_CRITERIA),
    )


def _published(root: Path, flow: str, year: int) -> Published | None:
    """The publication of a flow for the year; None where there is none. Support serves a list for two plan years."""
    names = [(year, "")]
    if flow == "support":
        names = [(plan, period) for plan in (year + 1, year) for period in reversed(support_tables.PERIODS)]
    for of_year, period in names:
        folder = root / "published" / flow / (f"{of_year}-{period}" if period else str(of_year))
        if (folder / MANIFEST).is_file():
            return Published(root, flow, of_year, period)
    return None


def _method(root: Path, found: Mapping[str, Published]) -> Methodology:
    """The edition under which the list was made, numbers unchanged; without a list, that of the monitoring."""
    if "identification" in found:
        return explain.published_method(root, found["identification"].manifest)
    edition = found["monitoring"].manifest.get("edition", methodology.DEFAULT_EDITION)
    return methodology.load(edition, root)
