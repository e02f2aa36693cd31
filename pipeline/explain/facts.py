"""A fact of the explanation, and the table that facts become."""

from collections.abc import Iterable
from typing import NamedTuple

import pandas as pd

from pipeline.russian import chance_text, number
from pipeline.tables.explanation import EXPLANATION


class Fact(NamedTuple):
    """One fact about a school.

    Args:
        section_code: section of the letter.
        fact_code: stable English code; the letter is put together by it.
        title: what it is, Russian.
        value: the number, unrounded, where there is one.
        value_text: the fact in Russian words or digits.
        unit_text: unit of the number, Russian.
        source_text: file and row, or the table or the reckoning that it comes from.
        part_text: what it is about, where a fact is repeated: a year, a cell, a subject, a file.
    """

    section_code: str
    fact_code: str
    title: str
    value: float | None = None
    value_text: str = ""
    unit_text: str = ""
    source_text: str = ""
    part_text: str = ""


def measured(
    section: str, code: str, title: str, value: float, unit: str = "", source: str = "", part: str = ""
) -> Fact:
    """A fact that is a number, in words with two decimals."""
    value = float(value)
    return Fact(section, code, title, value, number(round(value, 2)), unit, source, part)


def chance(
    section: str, code: str, title: str, value: float, source: str = "", part: str = "", unit: str = "вероятность"
) -> Fact:
    """A fact that is a probability; near 0 and 1 it is never told as a certainty."""
    return Fact(section, code, title, float(value), chance_text(value), unit, source, part)


def stated(section: str, code: str, title: str, text: str, source: str = "", part: str = "") -> Fact:
    """A fact that is told in words."""
    return Fact(section, code, title, None, text, "", source, part)


def explanation_table(facts: Iterable[Fact], school_id: str, year: int) -> pd.DataFrame:
    """One row per fact, in the given order (`EXPLANATION`)."""
    frame = pd.DataFrame(list(facts), columns=list(Fact._fields))
    frame = frame.assign(school_id=school_id, year=year, row_number=range(1, len(frame) + 1))
    return EXPLANATION.conform(frame)
