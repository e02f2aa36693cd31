"""Which schools are asked about causes: those of the year's list, signed or still a draft."""

import shlex
from datetime import date
from pathlib import Path

import pandas as pd

from pipeline import region
from pipeline.errors import ConfigError
from pipeline.lineage import bearers_on
from pipeline.order_archive import Archive, load_archive
from pipeline.orders import UNSIGNED, in_force
from pipeline.register import municipality_names
from pipeline.schema import records
from pipeline.store import Published
from pipeline.tables import decision, reference
from pipeline.tables.causes import SURVEYED_SCHOOLS

SEPARATOR = "; "


def surveyed_schools(root: Path, year: int, day: date | None = None) -> pd.DataFrame:
    """One row per school of the year's list (`SURVEYED_SCHOOLS`).

    The signed list (an order, or `decisions/lists/<year>`) wins; without one the published, computed list is taken.

    Args:
        root: the region's folder (DIR).
        year: year of the list.
        day: a school that has taken the place of a signed one up to this day stands for it; None: up to the last order.

    Raises:
        StoreError: there is no signed list and nothing is published.
        ConfigError: the list is empty.
    """
    archive = load_archive(root, (year,))
    signed = in_force(archive.listed(year, day))
    is_signed = not signed.empty
    listed = signed if is_signed else Published(root, "identification", year).read(decision.ORDER_APPENDIX)
    if listed.empty:
        raise ConfigError(
            f"В перечне {year} года нет ни одной школы",
            where=f"published/identification/{year}",
            remedy="посмотрите отчёт о качестве данных: вероятно, получены не все результаты",
        )
    schools = region.reference_table(root, reference.SCHOOLS)
    known = schools[schools["school_id"].isin(listed["school_id"])]
    names = municipality_names(region.reference_table(root, reference.MUNICIPALITIES), year)
    former = _former(archive, year, day)
    titles = dict(zip(schools["school_id"].astype(str), schools["school_name"].astype(str), strict=True))
    replaced = [sorted(i for i, bearer in former.items() if bearer == own) for own in known["school_id"]]
    ids, told = ([SEPARATOR.join(map(word, own)) or None for own in replaced] for word in (str, titles.__getitem__))
    table = known.assign(
        municipality_name=[names.get(str(code), str(code)) for code in known["municipality_id"]],
        is_signed=is_signed,
        former_ids=pd.Series(ids, known.index, dtype="str"),
        former_names=pd.Series(told, known.index, dtype="str"),
    )
    return SURVEYED_SCHOOLS.conform(table[list(SURVEYED_SCHOOLS.column_names)])


def former_schools(surveyed: pd.DataFrame) -> dict[str, str]:
    """Listed school -> the surveyed school that has taken its place (`SURVEYED_SCHOOLS`)."""
    replaced = records(surveyed[surveyed["former_ids"].notna()])
    return {former: str(row["school_id"]) for row in replaced for former in row["former_ids"].split(SEPARATOR)}


def _former(archive: Archive, year: int, day: date | None) -> dict[str, str]:
    """Each school that an order of the year names and another one stands for on a day -> that one."""
    if day is None:
        return {}
    orders = archive.orders[(archive.orders["year"] == year) & ~archive.orders["status_code"].isin(UNSIGNED)]
    named = set(archive.schools.loc[archive.schools["order_id"].isin(orders["order_id"]), "school_id"])
    bearers = bearers_on(archive.lineage, min(day, date(year + 1, 8, 31)))
    return {school_id: bearer for school_id, bearer in bearers.items() if bearer is not None and school_id in named}


def refuse_unsigned(root: Path, year: int) -> None:
    """Refuse to prepare the survey of a list that nobody has signed, and say how to go on."""
    if load_archive(root, (year,)).signed_list(year).empty:
        raise ConfigError(
            f"Перечень {year} года ещё не подписан: анкеты по проекту перечня готовят отдельным решением",
            where=f"decisions/orders, decisions/lists/{year}.csv",
            remedy="запишите подписание (shnro order sign), положите туда подписанный перечень (столбец school_id) "
            "или подготовьте анкеты заранее: "
            f"shnro causes forms --data {shlex.quote(str(root))} --year {year} --draft",
        )
