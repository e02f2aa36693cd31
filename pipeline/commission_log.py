"""The log of the commission's decisions: which of several decisions about a school is in force."""

from datetime import date
from typing import Any

import pandas as pd

from pipeline.errors import ConfigError
from pipeline.outputs.commission import ACTION_WORDS
from pipeline.schema import records
from pipeline.sources.commission import day_of
from pipeline.tables.orders import COMMISSION_DECISIONS, COMMISSION_LOG

DECISIONS = "decisions/commission.csv"


def checked_log(log: pd.DataFrame) -> pd.DataFrame:
    """One row per decision (`COMMISSION_LOG`), days written as ГГГГ-ММ-ДД.

    Raises:
        ConfigError: a day cannot be read, two decisions about a school are of one day, or a decision to observe does
            not say until when.
    """
    rows, seen = [], set()
    for row in records(log):
        about = f"{DECISIONS}, школа {row['school_id']}, {row['year']} год"
        day = day_of(row["date"])
        review = day_of(row["review_date"]) if row["review_date"] else None
        if day is None or (row["review_date"] and review is None):
            told = row["review_date"] if day else row["date"]
            raise ConfigError(f"«{told}» — не дата", where=about, remedy="впишите дату как ГГГГ-ММ-ДД")
        if (row["action"] == "observe") != (review is not None):
            raise ConfigError(
                "Срок нового рассмотрения указывают у решения «под наблюдение», и только у него",
                where=about,
                remedy="исправьте review_date",
            )
        key = (row["school_id"], row["year"], day)
        if key in seen:
            raise ConfigError(
                f"Два решения комиссии об одной школе датированы одним днём, {day:%d.%m.%Y}",
                where=about,
                remedy="оставьте одно; новое решение должно быть с более поздней датой",
            )
        seen.add(key)
        rows.append(row | {"date": str(day), "review_date": str(review) if review else None})
    return COMMISSION_LOG.typed(pd.DataFrame(rows)) if rows else COMMISSION_LOG.empty()


def in_force(log: pd.DataFrame) -> pd.DataFrame:
    """One row per school and year (`COMMISSION_DECISIONS`): the last decision, and in words those that it replaced.

    Args:
        log: what `checked_log` gives.
    """
    by_school: dict[tuple[str, int], list[dict[str, Any]]] = {}
    for row in records(log.sort_values(["school_id", "year", "date"])):
        by_school.setdefault((row["school_id"], row["year"]), []).append(row)
    rows = [own[-1] | {"earlier_text": "; ".join(map(decision_words, own[:-1])) or None} for own in by_school.values()]
    return COMMISSION_DECISIONS.typed(pd.DataFrame(rows)) if rows else COMMISSION_DECISIONS.empty()


def decision_words(row: dict[str, Any]) -> str:
    """A decision in a line: «включить (15.09.2026, Комиссия, протокол № 3: условия обучения)»."""
    day = date.fromisoformat(row["date"])
    until = f" до {date.fromisoformat(row['review_date']):%d.%m.%Y}" if row["review_date"] else ""
    return f"{ACTION_WORDS[row['action']]}{until} ({day:%d.%m.%Y}, {row['who']}: {row['why']})"
