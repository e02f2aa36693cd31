"""Which schools are asked about causes: those of the year's list, signed or still a draft."""

import shlex
from pathlib import Path

import pandas as pd

from pipeline import region
from pipeline.errors import ConfigError
from pipeline.order_archive import load_archive
from pipeline.register import municipality_names
from pipeline.store import Published
from pipeline.tables import decision, reference
from pipeline.tables.causes import SURVEYED_SCHOOLS


def surveyed_schools(root: Path, year: int) -> pd.DataFrame:
    """One row per school of the year's list (`SURVEYED_SCHOOLS`).

    The signed list (an order, or `decisions/lists/<year>`) wins; without one the published, computed list is taken.

    Raises:
        StoreError: there is no signed list and nothing is published.
        ConfigError: the list is empty.
    """
    signed = load_archive(root, (year,)).signed_list(year)
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
    table = known.assign(
        municipality_name=[names.get(str(code), str(code)) for code in known["municipality_id"]], is_signed=is_signed
    )
    return SURVEYED_SCHOOLS.conform(table[list(SURVEYED_SCHOOLS.column_names)])


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
