"""The stage of orders: what people have signed and objected to, as tables that everybody can read."""

from datetime import date

import pandas as pd

from pipeline import region
from pipeline.objection_files import load_confirmations, load_history, load_objections
from pipeline.order_archive import differences_from_signed, load_archive, newest_selection
from pipeline.orders import orders_on
from pipeline.run import Run
from pipeline.russian import plural
from pipeline.store import Store
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
    differing = differences_from_signed(archive, run.year, newest_selection(run.root, run.year), day)
    store.write(tables.LIST_DIFFERENCES, differing)
    for table, frame in (
        (tables.OBJECTIONS, load_objections(run.root)),
        (tables.OBJECTION_HISTORY, load_history(run.root)),
        (tables.COMMISSION_LOG, region.commission_log(run.root)),
        (tables.CONFIRMATIONS, load_confirmations(run.root, run.year)),
    ):
        store.write(table, frame[frame["year"] == run.year])
    return (
        f"{plural(len(found), 'приказ', 'приказа', 'приказов')}, подписанных перечней {len(years)}, "
        f"отличий расчёта от подписанного {int((differing['change_code'] != 'succeeded').sum())}"
    )
