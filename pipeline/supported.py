"""Whom the support of a plan year is for: the signed lists that the months of the year serve.

January–August of a plan year serve the list of the year before, September–December the list of the year itself. A list
that is not signed by the day is never made up: the newest signed list of an earlier year stands in for it, and every
row says so (`is_signed` is no, `stand_in_year` names the list).
"""

from datetime import date
from pathlib import Path

import pandas as pd

from pipeline.errors import ConfigError
from pipeline.order_archive import Archive, load_archive
from pipeline.orders import in_force, orders_on
from pipeline.support_terms import LIST_MONTH
from pipeline.tables.support import SUPPORTED_SCHOOLS


def list_years(plan_year: int, day: date) -> tuple[int, ...]:
    """The years of the lists that a plan year serves up to a day, older first."""
    return (plan_year - 1, plan_year) if day >= date(plan_year, LIST_MONTH, 1) else (plan_year - 1,)


def served_year(day: date) -> int:
    """The year of the list that an event of a day serves."""
    return day.year if day.month >= LIST_MONTH else day.year - 1


def supported_schools(root: Path, plan_year: int, day: date) -> pd.DataFrame:
    """One row per list and school on it (`SUPPORTED_SCHOOLS`); no rows of a list where no signed one can stand in.

    Args:
        root: the region's folder (DIR).
        plan_year: calendar year of the roadmap.
        day: orders and reorganisations up to this day count; from September the list of the plan year is due too.

    Raises:
        StoreError: an order is damaged.
        ConfigError: a listed school is not in the register.
    """
    archive = load_archive(root)
    parts = [_listed(archive, year, day) for year in list_years(plan_year, day)]
    return SUPPORTED_SCHOOLS.conform(pd.concat(parts, ignore_index=True))


def _listed(archive: Archive, year: int, day: date) -> pd.DataFrame:
    """The schools of the list of a year, or of the newest signed list before it."""
    known = orders_on(archive.orders, day)
    signed = known[known["valid_from_date"].notna() & (known["valid_from_date"] <= pd.Timestamp(day))]
    years = signed.loc[(signed["kind_code"] == "list") & (signed["year"] <= year), "year"]
    if years.empty:
        return SUPPORTED_SCHOOLS.empty()
    newest = int(years.max())
    # Orders signed after the day are not known yet; as they are kept, for `listed` reckons their states itself.
    kept = archive.orders[archive.orders["order_id"].isin(signed["order_id"])]
    as_of = Archive(archive.root, kept, archive.schools, archive.lineage, archive.register, archive.municipalities)
    listed = in_force(as_of.listed(newest, day))[["school_id", "school_name", "municipality_name"]]
    places = dict(zip(archive.register["school_id"], archive.register["municipality_id"], strict=True))
    strangers = sorted(set(listed["school_id"]) - set(places))
    if strangers:
        raise ConfigError(
            f"В перечне {newest} года есть школа «{strangers[0]}», которой нет в реестре (всего таких: "
            f"{len(strangers)})",
            where="reference/schools.csv",
            remedy="добавьте недостающую строку в реестр школ или исправьте код",
        )
    return listed.assign(
        list_year=year,
        municipality_id=[places[str(school_id)] for school_id in listed["school_id"]],
        is_signed=newest == year,
        stand_in_year=None if newest == year else newest,
    )
