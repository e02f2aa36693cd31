"""The stage of orders: what people have signed and objected to, as tables that everybody can read."""

from datetime import date

import pandas as pd

from pipeline import region
from pipeline.order_archive import differences_from_signed, load_archive
from pipeline.orders import orders_on
from pipeline.run import Run
from pipeline.russian import plural
from pipeline.schema import Table
from pipeline.store import Published, Store
from pipeline.tables import decision
from pipeline.tables import orders as tables


def take_orders(run: Run) -> str:
    """Read the archive of orders up to the year, seals checked; lists and states are those of the day of the run."""
    assert run.as_of is not None, "the state of an order is that of a day"
    store, archive, day = Store(run), load_archive(run.root), date.fromisoformat(run.as_of)
    found = orders_on(archive.orders, day)
    found = found[found["year"] <= run.year]
    schools = archive.schools[archive.schools["order_id"].isin(found["order_id"])]
    years = [int(year) for year in found["year"].drop_duplicates() if archive.has_signed(int(year))]
    lists = [tables.LISTED_SCHOOLS.empty(), *(archive.listed(year, day) for year in years)]
    store.write(tables.ORDERS, found)
    store.write(tables.ORDER_SCHOOLS, schools)
    store.write(tables.LISTED_SCHOOLS, pd.concat(lists, ignore_index=True))
    differing = tables.LIST_DIFFERENCES.empty()
    if (run.root / "published" / "identification" / str(run.year)).exists():
        selection = Published(run.root, "identification", run.year).read(decision.SELECTION)
        differing = differences_from_signed(archive, run.year, selection, day)
    store.write(tables.LIST_DIFFERENCES, differing)
    store.write(tables.OBJECTIONS, _decided(run, "objections.csv", tables.OBJECTIONS))
    store.write(tables.CONFIRMATIONS, _decided(run, f"confirmations/{run.year}.csv", tables.CONFIRMATIONS))
    return (
        f"{plural(len(found), 'приказ', 'приказа', 'приказов')}, подписанных перечней {len(years)}, "
        f"отличий расчёта от подписанного {int((differing['change_code'] != 'succeeded').sum())}"
    )


def _decided(run: Run, name: str, table: Table) -> pd.DataFrame:
    """The rows of the run's year in a table of `decisions/`; empty where there is none."""
    path = run.root / "decisions" / name
    frame = region.read_reference(path, table) if path.is_file() else table.empty()
    return frame[frame["year"] == run.year]
