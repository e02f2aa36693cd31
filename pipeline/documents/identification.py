"""The papers of a computed list: the note and its workbook, the page for the head, the commission's protocol."""

from collections.abc import Callable, Mapping
from pathlib import Path

import pandas as pd

from pipeline import commission, methodology, selection
from pipeline.document_texts import load_texts
from pipeline.lineage import successors
from pipeline.objection_files import load_objections
from pipeline.outputs import list_note, list_workbook, one_page, protocol, word
from pipeline.outputs.list_facts import ListFacts
from pipeline.reconciliation import LIST_TITLES, RELATION_TITLES
from pipeline.region import DEMO_NOTICE, load_region
from pipeline.register import municipality_names
from pipeline.run import Run
from pipeline.schema import Table
from pipeline.store import Published, Store
from pipeline.tables import comparison, decision, objectivity, orders, reference, support

READS = (
    decision.SELECTION,
    decision.STABILITY,
    comparison.LIST_DEPENDENCE,
    comparison.SCHOOL_DEPENDENCE,
    orders.LIST_RECONCILIATION,
    orders.COMMISSION_DECISIONS,
    objectivity.OBJECTIVITY,
    reference.MUNICIPALITIES,
    reference.SCHOOL_LINEAGE,
)
# The page of the calculation is never made anew: what was signed and published later it does not know.
COMPUTED = "Расчётный проект: приказ и всё, что стало известно позже, — в записке о перечне и приказе."
# The monitorings of support that a list can find published, the newest first: (years back, period, words).
MONITORINGS = ((0, "november", "Ноябрь"), (0, "june", "Июнь"), (1, "november", "Ноябрь"))


def make(run: Run) -> dict[str, bytes]:
    """The four papers; they tell of one list and are made of the same facts."""
    settings, texts = load_region(run.root), load_texts(run.root, run.year)
    method = methodology.load(run.edition, run.root).with_capacity(run.capacity)
    capacity, level = method.selection.capacity, method.stability.interval_level
    facts = list_facts(Store(run).read, run.root, run.year, capacity=capacity, interval_level=level)
    notice = DEMO_NOTICE if settings.is_demo else ""
    note, page, minutes = (word.load_template(run.root, paper.TEMPLATE) for paper in (list_note, one_page, protocol))
    remarks = selection.remarks(facts.selection, method.selection)
    asked = commission.questions(
        facts.selection, facts.stability, facts.decisions, facts.objections, dict(facts.areas), run.year
    )
    risk = newest_risk(run.root, run.year)
    issuer, name = settings.issuer, settings.name
    return {
        list_note.NOTE_NAME: list_note.render(note, facts, texts, issuer=issuer, remarks=remarks, notice=notice),
        list_workbook.WORKBOOK_NAME: list_workbook.render_list_workbook(facts, region_name=name, notice=notice),
        one_page.LIST_PAGE_NAME: one_page.render(
            page, facts, texts, risk=risk, no_risk=one_page.NOT_YET, order=one_page.OrderState(COMPUTED), notice=notice
        ),
        protocol.PROTOCOL_NAME: protocol.render(minutes, facts, asked, texts, issuer=issuer, notice=notice),
    }


def list_facts(
    read: Callable[[Table], pd.DataFrame], root: Path, year: int, *, capacity: int, interval_level: float
) -> ListFacts:
    """What the papers say of a list, with the objections as they stand.

    Args:
        read: gives the tables of `READS`, of a run or as they are published.
        root: the region's folder (DIR).
        year: year of decision.
        capacity: places of the list.
        interval_level: with which probability the interval of the index holds its true value.
    """
    final = successors(read(reference.SCHOOL_LINEAGE), year)
    compared, judged = read(orders.LIST_RECONCILIATION), read(objectivity.OBJECTIVITY)
    return ListFacts(
        year=year,
        capacity=capacity,
        interval_level=interval_level,
        selection=read(decision.SELECTION),
        stability=read(decision.STABILITY),
        variants=read(comparison.LIST_DEPENDENCE),
        dependence=read(comparison.SCHOOL_DEPENDENCE),
        reconciliation=compared.assign(
            list_text=compared["list_code"].map(LIST_TITLES),
            relation_text=compared["relation_code"].map(RELATION_TITLES),
        ),
        objectivity=judged.assign(school_id=_carried(judged["school_id"], final)),
        objections=load_objections(root),
        decisions=read(orders.COMMISSION_DECISIONS),
        areas=municipality_names(read(reference.MUNICIPALITIES), year),
    )


def newest_risk(root: Path, list_year: int) -> one_page.Risk | None:
    """How the support goes, by its newest monitoring that is published; None where there is none."""
    for back, period, words in MONITORINGS:
        year = list_year - back
        if (root / "published" / "support" / f"{year}-{period}").exists():
            published = Published(root, "support", year, period)
            measures = published.read(support.SUPPORT_MONITORING)
            returns = published.read(support.SUPPORT_RETURNS)
            is_missing = (returns["provider_code"] == "municipality") & ~returns["is_returned"].astype(bool)
            overdue = measures.loc[measures["status_code"] == "overdue", "municipality_name"].value_counts()
            return one_page.Risk(
                f"{words} {year} года",
                {str(name): int(overdue[name]) for name in sorted(overdue.index)},
                sorted(returns.loc[is_missing, "unit_name"]),
            )
    return None


def _carried(school_ids: "pd.Series[str]", final: Mapping[str, str]) -> "pd.Series[str]":
    """Successors in place of reorganised schools."""
    return school_ids.map(lambda school_id: final.get(school_id, school_id))
