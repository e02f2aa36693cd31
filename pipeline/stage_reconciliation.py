"""The stages of federal lists: read first of all, laid beside the computed list, and beside the signed one."""

from datetime import date

import pandas as pd

from pipeline import federal_lists, identity, matching, methodology, reconciliation, region
from pipeline.lineage import bearers_on, carried_choice, successors
from pipeline.run import Run
from pipeline.russian import plural
from pipeline.schema import records
from pipeline.store import Published, Store
from pipeline.tables import decision, orders, quality, reference, sources
from pipeline.tables.objectivity import OBJECTIVITY

NO_LISTS = "федеральных списков нет"
PART = "federal"


def read_federal(run: Run) -> str:
    """Read the federal lists before anything long is computed: a damaged one is told at once."""
    store = Store(run)
    who = _register(store)
    reading = federal_lists.read_federal(run.root, who, run.year, run.as_of)
    store.write(orders.FEDERAL_LIST, reading.listed)
    store.write(sources.REJECTS, reading.rejects, part="0-federal")
    if reading.listed.empty and reading.rejects.empty:
        return NO_LISTS
    faults = int((~reading.rejects["is_service"].astype(bool)).sum())
    return f"{plural(len(reading.listed), 'строка', 'строки', 'строк')} о школах, отклонено {faults}"


def reconcile(run: Run) -> str:
    """Tell who stands on both, on ours only, on theirs only; propose matches for names that only they have."""
    store = Store(run)
    who = _register(store)
    unknown = _propose(run, federal_lists.read_federal(run.root, who, run.year, run.as_of).references, who)
    selection = store.read(decision.SELECTION)
    reconciled = reconciliation.reconcile(
        store.read(orders.FEDERAL_LIST),
        selection[selection["status_code"] == "selected"],
        selection,
        who.schools,
        who.municipalities,
        successors(who.school_lineage, run.year),
        store.read(OBJECTIVITY),
        run.year,
    )
    store.write(orders.LIST_RECONCILIATION, reconciled)
    told = reconciliation.summary(reconciled) or NO_LISTS
    return told + (f"; не распознано: {plural(unknown, 'школа', 'школы', 'школ')}" if unknown else "")


def reconcile_signed(run: Run) -> str:
    """Lay the federal lists that the identification of the year has published beside the signed list.

    Until a list of the year is signed, the computed one stands for it. Whoever has taken a school's place by the day of
    the run stands for it in all of them.
    """
    assert run.as_of is not None, "who stands on a list is a question of the day"
    store = Store(run)
    federal, reconciled = orders.FEDERAL_LIST.empty(), orders.LIST_RECONCILIATION.empty()
    if (run.root / "published" / "identification" / str(run.year)).exists():
        published = Published(run.root, "identification", run.year)
        if published.has(orders.FEDERAL_LIST):
            federal = published.read(orders.FEDERAL_LIST)
        lineage = region.reference_table(run.root, reference.SCHOOL_LINEAGE)
        bearers = bearers_on(lineage, min(date.fromisoformat(run.as_of), date(run.year + 1, 8, 31)))
        selection = carried_choice(published.read(decision.SELECTION), bearers)
        listed = store.read(orders.LISTED_SCHOOLS)
        own = listed[(listed["year"] == run.year) & listed["left_text"].isna()]
        reconciled = reconciliation.reconcile(
            federal,
            selection[selection["status_code"] == "selected"] if own.empty else own,
            selection,
            region.reference_table(run.root, reference.SCHOOLS),
            region.reference_table(run.root, reference.MUNICIPALITIES),
            {school_id: bearer for school_id, bearer in bearers.items() if bearer is not None},
            published.read(OBJECTIVITY),
            run.year,
        )
    store.write(orders.FEDERAL_LIST, federal)
    store.write(orders.LIST_RECONCILIATION, reconciled)
    return reconciliation.summary(reconciled) or NO_LISTS


def _register(store: Store) -> identity.Register:
    return identity.Register(*(store.read(table) for table in region.REGISTER_TABLES))


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
