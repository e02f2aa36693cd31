"""What lists and reorganisations say of a school: our last two lists, the federal ones, its predecessors."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property, partial
from typing import Any

import pandas as pd

from pipeline.explain.facts import Fact, stated
from pipeline.lineage import first_day, successors
from pipeline.russian import day_text
from pipeline.schema import records
from pipeline.tables.orders import FEDERAL_LISTS

FEDERAL_TITLES: Mapping[str, str] = {
    "low_results": "Федеральный список школ с низкими результатами",
    "bias_signs": "Федеральный список школ с признаками необъективности",
}
# What has become of a school, seen from the school that carries on, and from the school itself.
CAME: Mapping[str, str] = {
    "merged": "к школе присоединена",
    "branch": "филиалом школы стала",
    "renamed": "прежняя запись школы до переименования —",
}
WENT: Mapping[str, str] = {
    "merged": "школа присоединена к",
    "branch": "школа стала филиалом",
    "renamed": "школа переименована, новая запись —",
    "closed": "школа закрыта",
}
COUNTED = "результаты и место в перечнях учтены у преемника"
LATER = "отбор {} года этого ещё не знал; место в подписанном перечне с этого дня у преемника"
LATER_CLOSED = "отбор {} года этого ещё не знал; в подписанном перечне школа с этого дня не состоит"


@dataclass(frozen=True)
class Lists:
    """The lists beside the decision, schools as the lists themselves name them.

    Rows, names and successors are worked out once: the web report asks for every school of the region.

    Args:
        in_force: the list made a year ago (`PAST_LIST`); empty: there is none.
        before: the list made two years ago (`LIST_BEFORE`); empty: there is none.
        federal: `FEDERAL_LIST`.
        lineage: `SCHOOL_LINEAGE`, also what has happened since the decision.
        schools: the register (`SCHOOLS`).
    """

    in_force: pd.DataFrame
    before: pd.DataFrame
    federal: pd.DataFrame
    lineage: pd.DataFrame
    schools: pd.DataFrame
    known_successors: dict[int, dict[str, str]] = field(default_factory=dict, repr=False, compare=False)

    @cached_property
    def names(self) -> dict[str, str]:
        """Name of each school of the register."""
        ids, names = (self.schools[column].astype(str) for column in ("school_id", "school_name"))
        return dict(zip(ids, names, strict=True))

    @cached_property
    def in_force_rows(self) -> list[dict[str, Any]]:
        """Rows of `in_force`."""
        return records(self.in_force)

    @cached_property
    def before_rows(self) -> list[dict[str, Any]]:
        """Rows of `before`."""
        return records(self.before)

    @cached_property
    def federal_rows(self) -> list[dict[str, Any]]:
        """Rows of `federal`, newest year first."""
        return records(self.federal.sort_values(["year", "school_id"], ascending=[False, True]))

    @cached_property
    def lineage_rows(self) -> list[dict[str, Any]]:
        """Rows of `lineage`, the earliest first."""
        return sorted(records(self.lineage), key=lambda row: (first_day(row), row["school_id"]))

    def final(self, year: int) -> Mapping[str, str]:
        """Which school each earlier one counts for in a year of decision (`lineage.successors`)."""
        if year not in self.known_successors:
            self.known_successors[year] = successors(self.lineage, year)
        return self.known_successors[year]


def list_facts(lists: Lists, school_id: str, year: int) -> Iterator[Fact]:
    """The facts of the section «Решение» that lists and reorganisations give; the federal ones decide nothing.

    Args:
        lists: what there is.
        school_id: the school, as it stands in the decision.
        year: year of decision.
    """
    final, names = lists.final(year), lists.names
    for code, listed, listed_year in (
        ("list_in_force", lists.in_force_rows, year - 1),
        ("list_before", lists.before_rows, year - 2),
    ):
        title, source = f"Перечень {listed_year} года", f"подписанный перечень {listed_year} года"
        yield stated("decision", code, title, _listed_text(listed, school_id, final, names), source)
    for list_code in FEDERAL_LISTS:
        yield from _federal(lists.federal_rows, list_code, school_id, year, final)
    yield from _reorganisations(lists.lineage_rows, school_id, year, names)


def _listed_text(
    listed: list[dict[str, Any]], school_id: str, final: Mapping[str, str], names: Mapping[str, str]
) -> str:
    """Whether a school, or one whose place it has taken, stands on an earlier list, and by which order."""
    if not listed:
        return "прежнего перечня нет"
    own = [row for row in listed if final.get(row["school_id"], row["school_id"]) == school_id]
    if not own:
        return "школа в нём не состоит"
    row = next((row for row in own if row["school_id"] == school_id), own[0])
    order = " от ".join(day_text(str(row[name])) for name in ("number", "date") if row[name])
    told = "школа в нём состоит"
    if row["school_id"] != school_id:
        told = f"в нём стоит прежняя школа {_named(row['school_id'], names)}: её место перешло к этой"
    return told + (f" (приказ {order})" if order else "")


def _federal(
    federal: list[dict[str, Any]], list_code: str, school_id: str, year: int, final: Mapping[str, str]
) -> Iterator[Fact]:
    """Of every year of a federal list that the school stands in it, with file and row; of the newest also that not."""
    known = [row for row in federal if row["list_code"] == list_code and row["year"] <= year]
    if not known:
        return
    say = partial(stated, "decision", "federal")
    newest = known[0]["year"]
    own = [row for row in known if final.get(row["school_id"], row["school_id"]) == school_id]
    for row in own:
        told = "школа в нём стоит"
        if row["school_id"] != school_id:
            told = f"в нём стоит прежняя школа {row['school_text']} ({row['school_id']})"
        if row["markers_text"]:
            told += f"; признаки: {row['markers_text']}"
        yield say(f"{FEDERAL_TITLES[list_code]} {row['year']} года", told, row["source_text"])
    if all(row["year"] != newest for row in own):
        yield say(f"{FEDERAL_TITLES[list_code]} {newest} года", "школы в нём нет", "таблица federal_list")


def _reorganisations(
    lineage: list[dict[str, Any]], school_id: str, year: int, names: Mapping[str, str]
) -> Iterator[Fact]:
    """Which schools this one carries on, what it has become itself, and from which day."""
    for row in lineage:
        if school_id not in (row["school_id"], row["successor_id"]):
            continue
        kind = row["lineage_kind"]
        is_coming = row["successor_id"] == school_id
        other = row["school_id"] if is_coming else row["successor_id"]
        words = [(CAME if is_coming else WENT)[kind], _named(other, names) if other else ""]
        told = f"с {first_day(row):%d.%m.%Y} " + " ".join(word for word in words if word)
        if row["ground"]:
            told += f" ({row['ground']})"
        if row["from_year"] > year:
            told += "; " + (LATER if other else LATER_CLOSED).format(year)
        elif is_coming:
            told += f"; {COUNTED}"
        yield stated("decision", "reorganisation", "Реорганизация", told, "reference/school_lineage.csv")


def _named(school_id: Any, names: Mapping[str, str]) -> str:
    """A school of the register as the letter names it."""
    return f"{names.get(school_id, '')} ({school_id})".strip()
