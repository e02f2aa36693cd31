"""The stages that lay federal lists beside ours: beside the computed list, and beside the signed one."""

import pandas as pd

from pipeline import federal_lists, identity, matching, methodology, reconciliation, region
from pipeline.run import Run
from pipeline.russian import plural
from pipeline.schema import records
from pipeline.store import Published, Store
from pipeline.tables import decision, orders, quality, reference, sources
from pipeline.tables.objectivity import OBJECTIVITY

NO_LISTS = "федеральных списков нет"
PART = "federal"


def reconcile(run: Run) -> str:
    """Read the federal lists and tell who stands on both, on ours only, on theirs only."""
    store = Store(run)
    who = identity.Register(*(store.read(table) for table in region.REGISTER_TABLES))
    reading = federal_lists.read_federal(run.root, who, run.year)
    store.write(orders.FEDERAL_LIST, reading.listed)
    store.write(sources.REJECTS, reading.rejects, part="7-federal")
    unknown = _propose(run, reading.references, who)
    selection = store.read(decision.SELECTION)
    reconciled = reconciliation.reconcile(
        reading.listed,
        selection[selection["status_code"] == "selected"],
        selection,
        who.schools,
        who.municipalities,
        who.school_lineage,
        store.read(OBJECTIVITY),
        run.year,
    )
    store.write(orders.LIST_RECONCILIATION, reconciled)
    told = reconciliation.summary(reconciled) or NO_LISTS
    return told + (f"; не распознано: {plural(unknown, 'школа', 'школы', 'школ')}" if unknown else "")


def reconcile_signed(run: Run) -> str:
    """Lay the federal lists that the identification of the year has published beside the signed list.

    Until a list of the year is signed, the computed one stands for it.
    """
    store = Store(run)
    federal, reconciled = orders.FEDERAL_LIST.empty(), orders.LIST_RECONCILIATION.empty()
    if (run.root / "published" / "identification" / str(run.year)).exists():
        published = Published(run.root, "identification", run.year)
        if published.has(orders.FEDERAL_LIST):
            federal = published.read(orders.FEDERAL_LIST)
        selection = published.read(decision.SELECTION)
        listed = store.read(orders.LISTED_SCHOOLS)
        own = listed[(listed["year"] == run.year) & listed["left_text"].isna()]
        reconciled = reconciliation.reconcile(
            federal,
            selection[selection["status_code"] == "selected"] if own.empty else own,
            selection,
            published.read(reference.SCHOOLS),
            published.read(reference.MUNICIPALITIES),
            published.read(reference.SCHOOL_LINEAGE),
            published.read(OBJECTIVITY),
            run.year,
        )
    store.write(orders.FEDERAL_LIST, federal)
    store.write(orders.LIST_RECONCILIATION, reconciled)
    return reconciliation.summary(reconciled) or NO_LISTS


def _propose(run: Run, references: pd.DataFrame, who: identity.Register) -> int:
    """Add proposals for the names that only federal lists have; gives how many names nobody knows."""
    store = Store(run)
    proposed = identity.propose(references, who, methodology.load(run.edition, run.root).identity)
    earlier = store.read(quality.MATCH_PROPOSALS)
    known = {_name(row) for row in records(earlier)}
    is_new = pd.Series([_name(row) not in known for row in records(proposed)], proposed.index, dtype=bool)
    store.write(quality.MATCH_PROPOSALS, proposed[is_new], part=PART)
    matching.save_proposals(run.root, store.read(quality.MATCH_PROPOSALS))
    return len({_name(row) for row in records(proposed)})


def _name(row: dict[str, object]) -> tuple[object, ...]:
    return tuple(row[name] or "" for name in matching.NAME)
