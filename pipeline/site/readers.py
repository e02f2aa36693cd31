"""For whom a web report is: the department, a founder with its own schools, or everybody; and what each may see."""

import dataclasses
import re
from dataclasses import dataclass

import pandas as pd

from pipeline import disclosure
from pipeline.errors import ConfigError
from pipeline.expected import SLICE_KEY
from pipeline.register import municipality_names
from pipeline.site.known import Known
from pipeline.tables import comparison, decision, orders, reference
from pipeline.tables import support as support_tables

PROFILES = ("internal", "founder", "public")
FOLDER_NAME = re.compile(r"[\w-]{1,60}")
FOR_OFFICE = "Для служебного пользования"
# What is no figure of a school: who is who, and the lists that were signed.
WHOLE = frozenset(
    table.name
    for table in (
        reference.SCHOOLS,
        reference.SCHOOL_LINEAGE,
        reference.MUNICIPALITIES,
        orders.PAST_LIST,
        orders.LIST_BEFORE,
        orders.FEDERAL_LIST,
    )
)


@dataclass(frozen=True)
class Reader:
    """Whom a report is for.

    Args:
        profile: one of `PROFILES`.
        municipality_id: whose schools a founder sees; empty otherwise.
        title: who that is, Russian; stands at the foot of every page.
        mark: what every page has to say at its head; empty for the public.
    """

    profile: str
    municipality_id: str = ""
    title: str = ""
    mark: str = ""

    @property
    def suffix(self) -> str:
        """What tells the publication of this reader from the internal one; empty for the internal one."""
        return (
            ""
            if self.profile == "internal"
            else "-".join(part for part in (self.profile, self.municipality_id) if part)
        )


INTERNAL = Reader("internal", title="внутренний отчёт", mark=FOR_OFFICE)
PUBLIC = Reader("public", title="открытый отчёт: малые числа и то, что их выдаёт, скрыты")


def reader_of(suffix: str) -> Reader:
    """The reader of a publication by its suffix."""
    profile, _, municipality_id = suffix.partition("-")
    if profile == "founder":
        return Reader("founder", municipality_id, "отчёт учредителя: только свои школы", FOR_OFFICE)
    return PUBLIC if profile == "public" else INTERNAL


def find_municipality(asked: str, municipalities: pd.DataFrame, year: int) -> str:
    """The code of the municipality that is meant by its code or name.

    Raises:
        ConfigError: there is none, or the words fit several.
    """
    names = municipality_names(municipalities, year)
    typed = asked.strip().casefold()
    fitting = [i for i, name in names.items() if typed in (i.casefold(), name.casefold())]
    fitting = fitting or [i for i, name in names.items() if typed and typed in name.casefold()]
    if len(fitting) == 1 and FOLDER_NAME.fullmatch(fitting[0]):
        return fitting[0]
    if len(fitting) == 1:
        raise ConfigError(
            f"Код муниципалитета «{fitting[0]}» не годится для имени папки",
            where="reference/municipalities.csv, столбец municipality_id",
            remedy="в коде допустимы буквы, цифры, дефис и подчёркивание",
        )
    shown = "; ".join(f"{i} — {names[i]}" for i in sorted(fitting or names))
    raise ConfigError(
        f"Муниципалитет «{asked}» не найден" if not fitting else f"Под «{asked}» подходит несколько муниципалитетов",
        where="параметр --municipality",
        remedy=f"укажите код или название: {shown}",
    )


def own_schools(known: Known, reader: Reader) -> frozenset[str]:
    """The schools whose figures a reader may see whole."""
    placed = known.of(decision.SELECTION)
    placed = placed if len(placed) else known.of(reference.SCHOOLS)
    if reader.profile == "founder":
        placed = placed[placed["municipality_id"] == reader.municipality_id]
    return frozenset(placed["school_id"].astype(str))


def seen_by(known: Known, reader: Reader) -> Known:
    """The tables cut to the reader's own schools and municipality; the internal reader has all of them.

    The register and the lists of earlier years stay whole: they are no figures, and to say that a school is not on a
    list takes the list.
    """
    if reader.profile == "internal":
        return known
    own = own_schools(known, reader)
    frames = dict(known.frames)
    for name, frame in known.frames.items():
        if name in WHOLE:
            continue
        if "school_id" in frame.columns:
            frames[name] = disclosure.own(frame, own)
        elif "municipality_id" in frame.columns:
            frames[name] = frame[frame["municipality_id"] == reader.municipality_id].reset_index(drop=True)
    for table in (support_tables.ROADMAP_STATUS, comparison.LIST_DEPENDENCE):
        frames[table.name] = known.of(table).iloc[:0]
    return dataclasses.replace(known, frames=frames)


def own_cells(cells: pd.DataFrame, reader: Reader, own: frozenset[str], min_others: int) -> pd.DataFrame:
    """Result cells of a reader's own schools; no norm of the region where few others stand behind it.

    Args:
        cells: what `results.shown_cells` gives.
        reader: for whom.
        own: codes of the reader's own schools.
        min_others: fewest other schools whose sum may be seen: less would tell of one of them by subtraction.
    """
    if reader.profile == "internal":
        return cells
    key = list(SLICE_KEY)
    mine = disclosure.own(cells, own)
    counts = mine[mine["tested_count"] > 0].groupby(key, as_index=False).agg(own_count=("school_id", "size"))
    mine = mine.merge(counts, on=key, how="left")
    others = mine["school_count"] - mine["own_count"].fillna(0)
    is_told = (others == 0) | (others >= min_others)
    # What was expected is the share of the region times the pupils: it would give the share back.
    hidden = {name: mine[name].where(is_told) for name in ("region_share", "expected_count")}
    return mine.assign(**hidden).drop(columns="own_count")


def own_years(years: pd.DataFrame, cells: pd.DataFrame) -> pd.DataFrame:
    """Sums by school and year; what was expected is missing where a part of it may not be seen.

    The sum less the parts that are shown would give the hidden one back.

    Args:
        years: `STABILITY_YEARS` of the reader's own schools.
        cells: what `own_cells` gives.
    """
    hidden = cells[cells["is_used"] & cells["expected_count"].isna()]
    keys = pd.MultiIndex.from_frame(hidden[["school_id", "year"]])
    is_hidden = pd.MultiIndex.from_frame(years[["school_id", "year"]]).isin(keys)
    return years.assign(expected_count=years["expected_count"].mask(is_hidden))
