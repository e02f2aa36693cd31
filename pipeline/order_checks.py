"""What is checked before an order is signed: its number, its day, its schools, and the objections still undecided."""

import re
from datetime import date

import pandas as pd

from pipeline.errors import ConfigError
from pipeline.lineage import reorganisation_on, successor_on
from pipeline.orders import REORGANISED, UNSIGNED, Names, in_force
from pipeline.schema import records

# Results of a spring come from June on; no order on them can be older, even where the files do not tell their day.
EARLIEST_MONTH = 6


def refuse_same_number(orders: pd.DataFrame, order_id: str, number: str, signed_date: date, issuer_name: str) -> None:
    """Refuse a number that another signed order of the issuer bears in the same calendar year.

    Args:
        orders: `ORDERS`; an order without a day counts in the year of its list.
        order_id: the order to be signed.
        number: its number; spaces, «№» and the case of letters make no difference.
        signed_date: its day.
        issuer_name: who issues it.
    """
    for row in records(orders[~orders["status_code"].isin(UNSIGNED) & (orders["order_id"] != order_id)]):
        if row["number"] is None or row["issuer_name"] != issuer_name:
            continue
        year = row["year"] if row["signed_date"] is None else pd.Timestamp(row["signed_date"]).year
        # An earlier list may have come from several orders, all of whose numbers it bears.
        taken = {_plain(part) for part in row["number"].split(";")}
        if _plain(number) in taken and year == signed_date.year:
            raise ConfigError(
                f"Приказ № {number} в {year} году уже есть: {row['order_id']}",
                where="параметр --number",
                remedy="проверьте номер по журналу регистрации приказов",
            )


def refuse_wrong_day(year: int, signed_date: date, newest_load: date | None) -> None:
    """Refuse the day of an order that is older than the results it stands on, or past the life of its list.

    Args:
        year: year of the list.
        signed_date: the day of the order.
        newest_load: the newest day on which results of the run were received; None where the files do not tell.
    """
    earliest = max(filter(None, (newest_load, date(year, EARLIEST_MONTH, 1))))
    if signed_date < earliest:
        raise ConfigError(
            f"Дата приказа {signed_date:%d.%m.%Y} раньше результатов, на которых он стоит: {earliest:%d.%m.%Y}",
            where="параметр --date",
            remedy="проверьте дату; если приказ и правда подписан раньше, составьте проект по данным того дня: "
            f"shnro identify --year {year} --as-of ГГГГ-ММ-ДД, затем shnro order draft",
        )
    if signed_date > date(year + 1, 8, 31):
        raise ConfigError(
            f"Дата приказа {signed_date:%d.%m.%Y} позже срока действия перечня {year} года: 31.08.{year + 1}",
            where="параметр --date",
            remedy="проверьте дату и год перечня",
        )


def refuse_day_outside_list(signed_date: date, first: date, last: date) -> None:
    """Refuse an amendment dated before the newest order on its list, or after the list has ceased to be in force."""
    if not first <= signed_date <= last:
        raise ConfigError(
            f"Дата приказа {signed_date:%d.%m.%Y} вне времени, когда перечень можно изменить: "
            f"{first:%d.%m.%Y} — {last:%d.%m.%Y}",
            where="параметр --date",
            remedy="проверьте дату: приказы об изменении идут один за другим, пока перечень действует",
        )


def refuse_wrong_schools(
    order_schools: pd.DataFrame, names: Names, listed: pd.DataFrame | None, lineage: pd.DataFrame, day: date, where: str
) -> None:
    """Refuse an order without schools, with a school twice, unknown or gone, or an amendment that changes nothing.

    Args:
        order_schools: the order's (`ORDER_SCHOOLS`).
        names: names of the schools of the register, by `school_id`.
        listed: the list in force that an amendment changes (`LISTED_SCHOOLS`); None: the order makes a list.
        lineage: `SCHOOL_LINEAGE`.
        day: the day of the order.
        where: the file, for the message.
    """
    if order_schools.empty:
        raise ConfigError("В приказе нет ни одной школы", where=where, remedy="составьте проект заново")
    twice = order_schools.loc[order_schools["school_id"].duplicated(), "school_id"]
    if not twice.empty:
        raise ConfigError(
            f"Школа «{twice.iloc[0]}» названа в приказе дважды", where=where, remedy="оставьте одну строку"
        )
    standing = None if listed is None else set(in_force(listed)["school_id"])
    for row in records(order_schools):
        school_id, is_included = row["school_id"], row["action_code"] == "include"
        if school_id not in names:
            told = f"Школы «{school_id}» нет в реестре"
        elif standing is None and not is_included:
            told = f"Приказ об утверждении перечня исключает школу «{school_id}»"
        elif standing is not None and is_included and school_id in standing:
            told = f"Школа «{school_id}» уже состоит в перечне"
        elif standing is not None and not is_included and school_id not in set(listed["school_id"]):  # type: ignore[index]
            told = f"Школа «{school_id}» в перечне не состоит: исключить её нельзя"
        elif is_included and (gone := _gone(lineage, school_id, day)) is not None:
            told = gone
        else:
            continue
        raise ConfigError(told, where=where, remedy="исправьте строку или составьте проект заново")


def refuse_undecided(objections: pd.DataFrame, year: int, override: str | None) -> str | None:
    """Refuse to sign while objections of the year are undecided, unless somebody says why it is done all the same.

    Returns:
        The reason, to be kept with the order; None where nothing was undecided.
    """
    of_year = objections[(objections["year"] == year) & (objections["decision_code"] == "undecided")]
    if of_year.empty:
        return None
    if override:
        return override
    numbers = ", ".join(f"№ {number}" for number in sorted(of_year["number"].astype(int)))
    raise ConfigError(
        f"Не решены возражения {year} года ({len(of_year)}): {numbers}",
        where="decisions/objections.csv",
        remedy='решите их или подпишите, указав причину: --override "почему"',
    )


def _gone(lineage: pd.DataFrame, school_id: str, day: date) -> str | None:
    """Why no order of a day can include a school; None where the school works."""
    bearer, step = successor_on(lineage, school_id, day), reorganisation_on(lineage, school_id, day)
    if step is None or bearer == school_id:
        return None
    if bearer is None:
        return f"Школа «{school_id}» к дню приказа закрыта: включить её нельзя"
    since = f"с {step['begin']:%d.%m.%Y} {REORGANISED.get(step['lineage_kind'], 'реорганизована')}"
    return f"Школа «{school_id}» {since}: включают преемника, «{bearer}»"


def _plain(number: str) -> str:
    """A number of an order as it is compared."""
    return re.sub(r"[№\s]", "", number).casefold()
