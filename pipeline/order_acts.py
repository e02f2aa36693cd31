"""What people do with orders: draft, submit, sign, amend; each act checks first, then writes in one step.

One act at a time: two people who sign at once are served one after the other, and the second is checked against the
first one's signature.
"""

import shlex
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from functools import wraps
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar

import pandas as pd

from pipeline import order_checks, region
from pipeline.errors import ConfigError, StoreError
from pipeline.objection_files import load_objections
from pipeline.order_archive import Archive, differences_from_signed, load_archive, newest_selection
from pipeline.order_files import (
    FROZEN,
    Order,
    frozen_manifest,
    new_order_id,
    newest_load,
    order_folder,
    read_order,
    refuse_changed_copy,
    restore_interrupted,
    rewrite,
    signed,
    write_draft,
)
from pipeline.order_lock import orders_locked
from pipeline.order_seals import enter_seals
from pipeline.orders import amendment_schools, drafted_schools, in_force, next_status, orders_on
from pipeline.russian import plural
from pipeline.schema import records
from pipeline.store import Published, read_parquet
from pipeline.tables import decision

P = ParamSpec("P")
T = TypeVar("T")


def _alone(act: Callable[Concatenate[Path, P], T]) -> Callable[Concatenate[Path, P], T]:
    """The act under the lock of the region's orders, after what a killed command may have left is put right."""

    @wraps(act)
    def guarded(root: Path, /, *args: P.args, **kwargs: P.kwargs) -> T:
        region.load_region(root)
        with orders_locked(root):
            restore_interrupted(root)
            return act(root, *args, **kwargs)

    return guarded


@_alone
def open_year(root: Path, year: int | None) -> int:
    """The year of the one order that waits for its signature (`open_order`)."""
    return open_order(load_archive(root), year).year


@_alone
def draft(root: Path, year: int) -> str:
    """Draft the order on the list of a year from the published identification; tells what was written.

    A draft that is not signed yet is made anew, under the same code.

    Raises:
        ConfigError: a list of the year is signed already, or the computed list is empty.
        StoreError: nothing is published, or the draft cannot be written.
    """
    archive = load_archive(root)
    if archive.has_signed(year):
        raise ConfigError(
            f"Перечень {year} года уже подписан: новый проект его не заменяет",
            where="decisions",
            remedy=f"изменения оформляют приказом: shnro order amend {_where(root, year)}",
        )
    published = Published(root, "identification", year)
    appendix = published.read(decision.ORDER_APPENDIX)
    if appendix.empty:
        raise ConfigError(
            f"В рассчитанном перечне {year} года нет ни одной школы",
            where=f"published/identification/{year}",
            remedy="посмотрите отчёт о качестве данных: вероятно, получены не все результаты",
        )
    order = _drafted(archive, year, "list", published, None)
    schools = drafted_schools(appendix, published.read(decision.SELECTION), order.order_id)
    write_draft(root, order, schools, published.folder)
    return (
        f"Проект приказа об утверждении перечня {year} года: {plural(len(schools), 'школа', 'школы', 'школ')}, "
        f"расчёт {order.run_id}. Папка: {order_folder(root, order.order_id)}\n"
        f"Дальше: shnro order submit {_where(root, year)}; "
        f"после подписания — shnro order sign {_where(root, year)} --number НОМЕР --date ДАТА"
    )


@_alone
def submit(root: Path, year: int) -> str:
    """Send the open draft for approval; tells it, and whether the publication has moved on since the draft.

    Raises:
        ConfigError: there is no such draft, several, or it is in approval already.
    """
    order = open_order(load_archive(root), year)
    status = next_status(order.status_code, "submit", order.order_id)
    refuse_changed_copy(root, order.order_id)
    moved_on = _moved_on(root, order)
    rewrite(root, replace(order, status_code=status))
    return "\n".join([f"Приказ {order.order_id} направлен на согласование.", *moved_on])


@_alone
def sign(root: Path, year: int, number: str, day: date, override: str | None, today: date) -> str:
    """Record the signature of the open order and seal its folder; tells what is in force now.

    Args:
        root: the region's folder (DIR).
        year: year of the list.
        number: number of the order.
        day: its day.
        override: why it is signed although objections are undecided.
        today: orders may be entered ahead; that one is, is told.

    Raises:
        ConfigError: a check of `order_checks` fails; nothing is written.
        StoreError: the draft's copy of the run is not whole, or the signature cannot be written.
    """
    archive = load_archive(root)
    order = open_order(archive, year)
    next_status(order.status_code, "sign", order.order_id)
    number = number.strip()
    if not number:
        raise ConfigError("Номер приказа пуст", where="параметр --number", remedy="укажите номер, как на приказе")
    refuse_changed_copy(root, order.order_id)
    order_checks.refuse_wrong_day(order.year, day, newest_load(root, order.order_id))
    order_checks.refuse_same_number(archive.orders, order.order_id, number, day, order.issuer_name)
    listed = None
    if order.kind_code == "amendment":
        first, last = _days_to_amend(archive, order.year)
        order_checks.refuse_day_outside_list(day, first, last)
        listed = archive.listed(order.year, day)
    own = archive.schools[archive.schools["order_id"] == order.order_id]
    place = f"decisions/orders/{order.order_id}/schools.csv"
    order_checks.refuse_wrong_schools(own, archive.names(order.year), listed, archive.lineage, day, place)
    reason = order_checks.refuse_undecided(load_objections(root), order.year, (override or "").strip() or None)
    moved_on = _moved_on(root, order)
    rewrite(root, signed(order, number, day, reason))
    return "\n".join([*_signed_words(root, order, number, day, today), *_override_words(reason, override), *moved_on])


def _signed_words(root: Path, order: Order, number: str, day: date, today: date) -> list[str]:
    """What has just been signed; its seal is entered into the book of seals."""
    archive = load_archive(root)
    seal, listed = archive.seals()[order.order_id], archive.listed(order.year, day)
    count = plural(len(in_force(listed)), "школа", "школы", "школ")
    told = [
        f"Подписан приказ № {number} от {day:%d.%m.%Y} ({order.order_id}); в перечне {order.year} года {count}.",
        f"Расчёт {order.run_id} заморожен вместе с приказом; печать {seal[:16]}…."
        if order.run_id
        else f"Приказ стоит на решениях комиссии, без расчёта; печать {seal[:16]}….",
    ]
    if day > today:
        told.append(f"Внимание: дата приказа ещё не наступила, он действует с {day:%d.%m.%Y}.")
    try:
        enter_seals(root, archive.seals())
    except StoreError as error:
        # The order is signed all the same; the next signature enters its seal.
        told.append(f"Внимание: {error.paragraph()}")
    return told


def _override_words(reason: str | None, override: str | None) -> list[str]:
    """Whether the reason for signing with undecided objections was needed."""
    if reason is not None:
        return [f"Подписан при нерешённых возражениях: {reason}"]
    if override:
        return ["Нерешённых возражений нет: причина из --override не понадобилась и не записана."]
    return []


@_alone
def amend(root: Path, year: int, only: tuple[str, ...], today: date) -> str:
    """Draft the order that amends the signed list: what the newest calculation and the commission change in it.

    Where the year has no calculation (its list was imported), the commission's decisions and closures alone change it.

    Args:
        root: the region's folder (DIR).
        year: year of the list.
        only: codes of the schools to which the draft is limited; empty: all that differ.
        today: reorganisations up to this day count.

    Raises:
        ConfigError: no list of the year is signed, or `only` names a school that does not differ.
    """
    archive = load_archive(root)
    if not archive.has_signed(year):
        raise ConfigError(
            f"Подписанного перечня {year} года нет: изменять нечего",
            where="decisions/orders",
            remedy=f"составьте проект перечня: shnro order draft {_where(root, year)}",
        )
    selection = newest_selection(root, year)
    published = None if selection is None else Published(root, "identification", year)
    found = differences_from_signed(archive, year, selection, today)
    changed = found[found["change_code"] != "succeeded"]
    strangers = sorted(set(only) - set(changed["school_id"]))
    if strangers:
        raise ConfigError(
            f"Расчёт и решения комиссии ничего не меняют для школы «{strangers[0]}»",
            where="параметр --school",
            remedy=f"посмотрите отличия: shnro order show {_where(root, year)}",
        )
    if only:
        changed = changed[changed["school_id"].isin(only)]
    source = "Решения комиссии" if published is None else "Расчёт и решения комиссии"
    if changed.empty:
        return f"{source} не отличаются от подписанного перечня {year} года: изменять нечего."
    replaces = archive.orders[(archive.orders["year"] == year) & (archive.orders["kind_code"] == "list")].iloc[0]
    order = _drafted(archive, year, "amendment", published, str(replaces["order_id"]))
    schools = amendment_schools(changed, order.order_id)
    write_draft(root, order, schools, None if published is None else published.folder)
    counts = schools["action_code"].value_counts()
    return (
        f"Проект приказа «О внесении изменений в приказ {order_title(replaces)}»: "
        f"включить {counts.get('include', 0)}, исключить {counts.get('exclude', 0)}. "
        f"Папка: {order_folder(root, order.order_id)}\n"
        f"Лишние строки можно убрать из schools.csv. До подписания действует прежний состав перечня."
    )


def open_order(archive: Archive, year: int | None) -> Order:
    """The one order that waits for its signature, of a year or of all.

    Raises:
        ConfigError: there is none, or several.
    """
    found = archive.open_orders(year)
    if len(found) == 1:
        return read_order(order_folder(archive.root, str(found["order_id"].iloc[0])))
    of_year = f" {year} года" if year else ""
    if found.empty:
        raise ConfigError(
            f"Неподписанного приказа{of_year} нет",
            where="decisions/orders",
            remedy="составьте проект: shnro order draft (перечень) или shnro order amend (изменения)",
        )
    raise ConfigError(
        f"Неподписанных приказов{of_year} несколько: {', '.join(found['order_id'])}",
        where="decisions/orders",
        remedy="укажите год: --year; лишний проект уберите из decisions/orders",
    )


def order_title(row: "pd.Series[Any]") -> str:
    """An order as others cite it: «от 15.09.2026 № 100»; its code where it has no number."""
    day = "" if pd.isna(row["signed_date"]) else f"от {row['signed_date']:%d.%m.%Y} "
    return str(row["order_id"]) if pd.isna(row["number"]) else f"{day}№ {row['number']}"


def _drafted(archive: Archive, year: int, kind: str, published: Published | None, replaces_id: str | None) -> Order:
    """A draft on the published identification, if any; an open one of the same kind keeps its code."""
    settings = region.load_region(archive.root)
    open_orders = archive.open_orders(year)
    own = records(open_orders[open_orders["kind_code"] == kind])
    order_id = own[0]["order_id"] if own else new_order_id(archive.root, year, kind)
    return Order(
        order_id=order_id,
        year=year,
        kind_code=kind,
        status_code=next_status(own[0]["status_code"], "draft", order_id) if own else "draft",
        issuer_name=settings.issuer,
        signatory_post=settings.signatory_post,
        signatory_name=settings.signatory_name,
        run_id=None if published is None else str(published.manifest["run_id"]),
        edition=None if published is None else str(published.manifest["edition"]),
        replaces_id=replaces_id,
    )


def _moved_on(root: Path, order: Order) -> list[str]:
    """What to know where the published list is no longer the one that an unsigned order stood on."""
    if order.run_id is None or not (root / "published" / "identification" / str(order.year)).exists():
        return []  # the order has its own copy
    now, name = Published(root, "identification", order.year), decision.SELECTION.name
    if now.manifest["tables"].get(name) == frozen_manifest(root, order.order_id)["tables"].get(name):
        return []
    path = order_folder(root, order.order_id) / FROZEN / f"{decision.ORDER_APPENDIX.name}.parquet"
    before = set(read_parquet(decision.ORDER_APPENDIX, [path])["school_id"])
    after = set(now.read(decision.ORDER_APPENDIX)["school_id"])
    told = f"Внимание: с тех пор опубликован другой расчёт ({now.manifest['run_id']})"
    if before == after:
        return [f"{told}; состав перечня в нём тот же."]
    return [
        f"{told}: в нём вошло бы школ {len(after - before)}, вышло бы {len(before - after)}. "
        f"Приказ стоит на расчёте {order.run_id}."
    ]


def _days_to_amend(archive: Archive, year: int) -> tuple[date, date]:
    """Between which days an amendment of the year's list can be signed: from its newest order to its end."""
    found = orders_on(archive.orders, date(year, 9, 1))
    dated = found[(found["year"] == year) & found["valid_from_date"].notna()]
    return dated["valid_from_date"].max().date(), dated["valid_to_date"].max().date()


def _where(root: Path, year: int) -> str:
    """The options of a command that can be pasted."""
    return f"--data {shlex.quote(str(root))} --year {year}"
