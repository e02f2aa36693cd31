"""Orders and lists for the terminal: the archive, a list school by school, what differs from the signed list."""

from collections.abc import Iterator

import pandas as pd

from pipeline.orders import STATUS_WORDS, UNSIGNED
from pipeline.register import alphabetical
from pipeline.russian import plural
from pipeline.schema import records

KIND_WORDS = {"list": "перечень", "amendment": "изменения перечня"}
ACTION_WORDS = {"include": "включена", "exclude": "исключена"}
CHANGE_WORDS = {"entered": "вошла бы", "left": "вышла бы", "succeeded": "преемник"}


def archive_text(orders: pd.DataFrame) -> str:
    """One line per order: what it is, its state, its number and day, how long it is in force.

    Args:
        orders: `ORDERS` as of a day (`orders.orders_on`).
    """
    if orders.empty:
        return "Приказов и подписанных перечней нет."
    ordered = orders.sort_values(["year", "valid_from_date", "order_id"], na_position="last")
    return "\n".join(["Приказы:", *(f"  {line}" for line in _order_lines(ordered))])


def list_text(listed: pd.DataFrame, title: str) -> str:
    """A list by municipality, a line per school, with the order that put it there.

    Args:
        listed: `LISTED_SCHOOLS`.
        title: what list it is.
    """
    standing = int(listed["left_text"].isna().sum())
    lines = [f"{title}: {plural(standing, 'школа', 'школы', 'школ')}"]
    for place in sorted(listed["municipality_name"].unique(), key=alphabetical):
        lines.append(f"  {place}")
        own = records(listed[listed["municipality_name"] == place])
        for row in sorted(own, key=lambda row: (alphabetical(row["school_name"]), row["school_id"])):
            order = f"приказ № {row['number']}" if row["number"] else row["order_id"]
            notes = [note for note in (row["succeeds_text"], row["left_text"]) if note]
            lines.append(f"    {row['school_id']}  {row['school_name']} ({'; '.join([order, *notes])})")
    return "\n".join(lines)


def order_schools_text(schools: pd.DataFrame, title: str) -> str:
    """The schools that an order includes or excludes, a line each.

    Args:
        schools: `ORDER_SCHOOLS` of one order.
        title: what order it is.
    """
    rows = [
        f"  {ACTION_WORDS[row['action_code']]}: {row['school_id']}  {row['school_name']}, {row['municipality_name']}"
        for row in records(schools.sort_values(["action_code", "school_id"]))
    ]
    return "\n".join([f"{title}:", *rows])


def differences_text(differences: pd.DataFrame, year: int) -> str:
    """How the newest computed list differs from the signed one; empty where no school differs.

    Args:
        differences: `LIST_DIFFERENCES`.
        year: year of the list.
    """
    if differences.empty:
        return ""
    counts = differences["change_code"].value_counts()
    changed = int(counts.get("entered", 0)), int(counts.get("left", 0))
    lines = [
        f"Действует подписанный перечень {year} года. По новому расчёту вошло бы школ {changed[0]}, "
        f"вышло бы {changed[1]}" + (":" if sum(changed) else "; места реорганизованных школ заняли преемники:")
    ]
    lines += [
        f"  {CHANGE_WORDS[row['change_code']]}: {row['school_id']}  {row['school_name']}, "
        f"{row['municipality_name']}. {row['reason_text']}"
        for row in records(differences.sort_values(["change_code", "school_id"]))
    ]
    return "\n".join(lines)


def _order_lines(orders: pd.DataFrame) -> Iterator[str]:
    for row in records(orders):
        title = f"{row['order_id']}  {KIND_WORDS[row['kind_code']]} {row['year']} года: "
        title += STATUS_WORDS[row["status_code"]]
        if row["status_code"] not in UNSIGNED:
            day = f" от {row['signed_date']:%d.%m.%Y}" if row["signed_date"] is not None else ""
            title += f"; приказ № {row['number'] or '—'}{day}"
            title += (
                f"; {'действовал' if row['status_code'] == 'void' else 'действует'} с {row['valid_from_date']:%d.%m.%Y}"
            )
            title += f" по {row['valid_to_date']:%d.%m.%Y}"
        if row["replaces_id"] is not None:
            title += f"; изменяет {row['replaces_id']}"
        title += f"; {plural(row['school_count'], 'школа', 'школы', 'школ')}"
        yield title + (f"; при нерешённых возражениях: {row['override_text']}" if row["override_text"] else "")
