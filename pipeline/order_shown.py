"""What `shnro order show` tells: the archive as of a day, and the list of a year or of the day."""

import shlex
from datetime import date
from pathlib import Path

import pandas as pd

from pipeline.errors import ConfigError
from pipeline.order_archive import Archive, differences_from_signed, load_archive, newest_selection
from pipeline.orders import UNSIGNED, list_as_of, orders_on, year_in_force
from pipeline.outputs import orders as told
from pipeline.outputs import table_file
from pipeline.region import load_region
from pipeline.tables.orders import LISTED_SCHOOLS


def show(root: Path, year: int | None, day: date, *, is_day_asked: bool, output: Path | None) -> str:
    """The archive of orders, and a list school by school where a year or a day was asked for.

    Args:
        root: the region's folder (DIR).
        year: the list of this year, all amendments applied; None: of the day.
        day: states and reorganisations are those of this day.
        is_day_asked: whether the day was named, or is only today.
        output: a file for the list (`LISTED_SCHOOLS`).

    Raises:
        ConfigError: no list was in force or signed, and a file was asked for; both a year and a day are named.
    """
    if year is not None and is_day_asked:
        raise ConfigError(
            "Названы и год, и день", where="параметры --year, --as-of", remedy="оставьте один: перечень года или дня"
        )
    if output is not None:
        table_file.check_name(output)
    load_region(root)
    archive = load_archive(root)
    orders = orders_on(archive.orders, day)
    shown = orders if year is None else orders[orders["year"] == year]
    if is_day_asked:
        # What was signed later was not known that day.
        shown = shown[shown["valid_from_date"] <= pd.Timestamp(day)]
    parts = [told.archive_text(shown)]
    listed = LISTED_SCHOOLS.empty()
    if year is not None:
        listed = archive.listed(year, day)
        parts += _of_year(archive, shown, listed, year, day)
    elif is_day_asked:
        listed, part = _of_day(archive, day)
        parts.append(part)
    if output is not None:
        if listed.empty:
            raise ConfigError(
                "Подписанного перечня нет: записывать нечего",
                where="параметр --output",
                remedy="укажите год (--year) или день (--as-of) подписанного перечня",
            )
        table_file.write_table(LISTED_SCHOOLS, listed, output)
        parts.append(f"Состав записан: {output}")
    return "\n".join(part for part in parts if part)


def against_signed(root: Path, year: int, selection: pd.DataFrame) -> str:
    """How a computed choice differs from the signed list of its year, and that the signed one holds; else empty.

    Args:
        root: the region's folder (DIR).
        year: year of the list.
        selection: the computed choice (`SELECTION`).
    """
    archive = load_archive(root, (year,))
    if not archive.has_signed(year):
        return ""
    # All that the year's orders and reorganisations have changed, whatever day it is today.
    found = differences_from_signed(archive, year, selection, date(year + 1, 8, 31))
    if found.empty:
        return f"Расчёт совпадает с подписанным перечнем {year} года."
    changed = f"\nОформить изменения: shnro order amend --data {shlex.quote(str(root))} --year {year}"
    return told.differences_text(found, year) + (changed if (found["change_code"] != "succeeded").any() else "")


def _of_year(archive: Archive, orders: pd.DataFrame, listed: pd.DataFrame, year: int, day: date) -> list[str]:
    """The signed list of a year, what its amendments and drafts change, and how the newest calculation differs."""
    parts = [] if listed.empty else [told.list_text(listed, f"Перечень {year} года")]
    for order in orders.itertuples():
        if order.kind_code == "amendment" or order.status_code in UNSIGNED:
            own = archive.schools[archive.schools["order_id"] == order.order_id]
            kind = "Проект" if order.status_code in UNSIGNED else "Приказ"
            parts.append(told.order_schools_text(own, f"{kind} {order.order_id}"))
    if not listed.empty:
        found = differences_from_signed(archive, year, newest_selection(archive.root, year), day)
        parts.append(told.differences_text(found, year))
    return parts


def _of_day(archive: Archive, day: date) -> tuple[pd.DataFrame, str]:
    """The list in force on a day, and its text."""
    year = year_in_force(archive.orders, day)
    if year is None:
        return LISTED_SCHOOLS.empty(), f"На {day:%d.%m.%Y} ни один перечень не действует."
    listed = list_as_of(archive.orders, archive.schools, archive.lineage, day, archive.names(year))
    return listed, told.list_text(listed, f"Перечень {year} года на {day:%d.%m.%Y}")
