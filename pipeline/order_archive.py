"""Every order of a region as two tables, and the list that they put in force.

Whoever reads orders checks their seals first. A list that lies in `decisions/lists/` counts as a signed order of its
year until the year has one of its own.
"""

from collections.abc import Collection
from dataclasses import asdict, dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pandas as pd

from pipeline import region
from pipeline.errors import StoreError
from pipeline.lineage import bearers_on, carried_choice
from pipeline.order_files import ORDER_ID, RESTORE, checked_seal, order_folders, read_order, read_schools
from pipeline.order_seals import refuse_lost_orders
from pipeline.orders import UNSIGNED, Names, differences, list_of_year, school_names
from pipeline.schema import records
from pipeline.store import Published
from pipeline.tables import orders as tables
from pipeline.tables import reference
from pipeline.tables.decision import SELECTION


@dataclass(frozen=True)
class Archive:
    """Every order of a region, drafts included.

    Args:
        root: the region's folder (DIR).
        orders: `ORDERS` as they are kept; the state of a day comes from `orders.orders_on`.
        schools: `ORDER_SCHOOLS`.
        lineage: `SCHOOL_LINEAGE`.
        register: `SCHOOLS`.
        municipalities: `MUNICIPALITIES`.
    """

    root: Path
    orders: pd.DataFrame
    schools: pd.DataFrame
    lineage: pd.DataFrame
    register: pd.DataFrame
    municipalities: pd.DataFrame

    def names(self, year: int) -> dict[str, tuple[str, str]]:
        """Names of schools and municipalities in a year, by `school_id`."""
        return school_names(self.register, self.municipalities, year)

    def has_signed(self, year: int) -> bool:
        """Whether a list of the year is signed."""
        is_list = (self.orders["kind_code"] == "list") & (self.orders["year"] == year)
        return bool((is_list & ~self.orders["status_code"].isin(UNSIGNED)).any())

    def listed(self, year: int, day: date | None = None) -> pd.DataFrame:
        """One row per school on the signed list of a year (`LISTED_SCHOOLS`), as `orders.list_of_year` gives it."""
        return list_of_year(self.orders, self.schools, self.lineage, year, self.names(year), day)

    def signed_list(self, year: int) -> pd.DataFrame:
        """One row per school on the signed list of a year (`PAST_LIST`), amendments applied; empty: there is none."""
        own = self.orders[(self.orders["year"] == year) & ~self.orders["status_code"].isin(UNSIGNED)]
        if own["order_id"].map(lambda name: bool(ORDER_ID.fullmatch(name))).any():
            listed = self.listed(year)
            days = listed["since_date"].dt.strftime("%Y-%m-%d")
            table = listed[["school_id", "school_name", "municipality_name", "number"]].assign(date=days)
            return tables.PAST_LIST.conform(table)
        return region.past_list(self.root, year)

    def seals(self) -> dict[str, str]:
        """Order -> its seal, of every order signed here."""
        sealed = self.orders[self.orders["seal_sha256"].notna()]
        return dict(zip(sealed["order_id"], sealed["seal_sha256"], strict=True))

    def open_orders(self, year: int | None = None) -> pd.DataFrame:
        """One row per order that is not signed yet, of one year or of all."""
        is_open = self.orders["status_code"].isin(UNSIGNED)
        return self.orders[is_open if year is None else is_open & (self.orders["year"] == year)]


def load_archive(root: Path, imported: Collection[int] | None = None) -> Archive:
    """Every order below `decisions/orders`, seals checked, and the lists of `decisions/lists`.

    Args:
        root: the region's folder (DIR).
        imported: years whose imported lists are wanted; None: all. A fault in an old list need not stop a new one.

    Raises:
        StoreError: a folder is incomplete, contradicts itself, or has changed since the signature.
    """
    found, schools = [], [tables.ORDER_SCHOOLS.empty()]
    register, municipalities, lineage = (
        region.reference_table(root, table)
        for table in (reference.SCHOOLS, reference.MUNICIPALITIES, reference.SCHOOL_LINEAGE)
    )
    for folder in order_folders(root):
        order = read_order(folder)
        seal = None if order.status_code in UNSIGNED else checked_seal(folder)
        own = read_schools(folder)
        schools.append(own)
        found.append({**asdict(order), "school_count": len(own), "seal_sha256": seal})
    refuse_lost_orders(root, {row["order_id"]: row["seal_sha256"] for row in found if row["seal_sha256"] is not None})
    signed = {row["year"] for row in found if row["kind_code"] == "list" and row["status_code"] not in UNSIGNED}
    # An amendment cannot be read without the list that it amends.
    amended = {row["year"] for row in found if row["kind_code"] == "amendment"}
    for year in region.imported_years(root):
        if year not in signed and (imported is None or year in imported or year in amended):
            row, own = _imported(root, year, school_names(register, municipalities, year))
            found.append(row)
            schools.append(own)
    _refuse_contradictions(found)
    return Archive(
        root,
        tables.ORDERS.conform(pd.DataFrame(found, columns=list(tables.ORDERS.column_names))),
        tables.ORDER_SCHOOLS.conform(pd.concat(schools, ignore_index=True)),
        lineage,
        register,
        municipalities,
    )


def newest_selection(root: Path, year: int) -> pd.DataFrame | None:
    """The published choice of a year (`SELECTION`); None where nothing is published."""
    if not (root / "published" / "identification" / str(year)).exists():
        return None
    return Published(root, "identification", year).read(SELECTION)


def differences_from_signed(archive: Archive, year: int, selection: pd.DataFrame | None, day: date) -> pd.DataFrame:
    """One row per school by which a computed list differs from the signed one of its year (`LIST_DIFFERENCES`).

    Args:
        archive: the region's orders; nothing differs where no list of the year is signed.
        year: year of the list.
        selection: the computed choice (`SELECTION`); None: only decisions and reorganisations count.
        day: reorganisations up to this day count.
    """
    if not archive.has_signed(year):
        return tables.LIST_DIFFERENCES.empty()
    decisions = region.commission_decisions(archive.root)
    # What was decided about a school before it merged holds for the school that took its place.
    bearers = bearers_on(archive.lineage, min(day, date(year + 1, 8, 31)))
    decided = carried_choice(decisions[decisions["year"] == year], bearers)
    chosen = None if selection is None else carried_choice(selection, bearers)
    return differences(archive.listed(year, day), chosen, decided, archive.names(year), year)


def _imported(root: Path, year: int, names: Names) -> tuple[dict[str, Any], pd.DataFrame]:
    """A list of `decisions/lists` as a signed order and its schools."""
    listed = records(region.past_list(root, year))
    order_id = f"{year}-imported"
    schools = [
        {
            "order_id": order_id,
            "school_id": row["school_id"],
            "school_name": row["school_name"] or names[row["school_id"]][0],
            "municipality_name": row["municipality_name"] or names[row["school_id"]][1],
            "action_code": "include",
        }
        for row in listed
    ]
    order = {
        "order_id": order_id,
        "year": year,
        "kind_code": "list",
        "status_code": "signed",
        "number": "; ".join(sorted({row["number"] for row in listed if row["number"]})) or None,
        "signed_date": min((day for row in listed if (day := _day(row["date"]))), default=None),
        "issuer_name": region.load_region(root).issuer,
        "school_count": len(schools),
    }
    frame = pd.DataFrame(schools, columns=list(tables.ORDER_SCHOOLS.column_names))
    return order, tables.ORDER_SCHOOLS.conform(frame)


def _refuse_contradictions(found: list[dict[str, Any]]) -> None:
    """Refuse two signed lists of one year, and an amendment of a list that is not there."""
    signed_ids: dict[int, str] = {}
    for row in found:
        if row["kind_code"] == "list" and row["status_code"] not in UNSIGNED:
            other = signed_ids.setdefault(row["year"], row["order_id"])
            if other != row["order_id"]:
                raise StoreError(
                    f"Подписаны два перечня {row['year']} года: {other} и {row['order_id']}",
                    where="decisions/orders",
                    remedy="оставьте один; второй оформляют приказом о внесении изменений",
                )
    for row in found:
        if row["kind_code"] == "amendment" and row["replaces_id"] != signed_ids.get(row["year"]):
            raise StoreError(
                f"Приказ изменяет перечень, которого нет: {row['replaces_id']}",
                where=f"decisions/orders/{row['order_id']}",
                remedy=RESTORE,
            )


def _day(text: str | None) -> date | None:
    """A day as people write it in a list; None where it is no day."""
    for pattern in ("%Y-%m-%d", "%d.%m.%Y"):
        try:
            return datetime.strptime(text or "", pattern).date()
        except ValueError:
            continue
    return None
