"""Federal lists of schools: low results («ШНОР») and signs of non-objective results, as received.

They are shown beside our list and never change it. One row per list, year and school comes out; rows repeat in these
files, and marks of one school may be spread over several rows: they are put together. Of a list of one year that was
received on several days the newest delivery counts; what came after the day of the run is set aside.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from pipeline import identity
from pipeline.errors import SourceError
from pipeline.schema import records
from pipeline.school_lists import FederalFile, list_files, place_words, recognised, school_words
from pipeline.sources.grid import source_file
from pipeline.sources.school_list import read_school_list
from pipeline.tables.orders import FEDERAL_LIST
from pipeline.tables.quality import SCHOOL_REFERENCES
from pipeline.tables.school_lists import LISTED_ROWS
from pipeline.tables.sources import PLACE_KEY, REJECTS

STAGE_NAME = "federal_list"
KEY = list(FEDERAL_LIST.key)
PLACE = list(PLACE_KEY)


@dataclass(frozen=True)
class FederalReading:
    """What the federal lists gave; rows read = rows that a line of `listed` names as its source + rows of `rejects`.

    Args:
        listed: `FEDERAL_LIST`.
        rejects: rows that could not be used (`REJECTS`).
        references: how the rows name schools (`SCHOOL_REFERENCES`): what is unknown becomes proposals.
    """

    listed: pd.DataFrame
    rejects: pd.DataFrame
    references: pd.DataFrame


def read_federal(
    root: Path, register: identity.Register, decision_year: int, as_of: str | None = None
) -> FederalReading:
    """Every federal list that lies in a region's `decisions/lists/`; empty frames where there is none.

    Args:
        root: the region's folder (DIR).
        register: who is who.
        decision_year: a school renamed up to this year is its new entry of the register.
        as_of: lists received after this day (`YYYY-MM-DD`) are not known yet; None: all are.

    Raises:
        SourceError: a file cannot be read, or holds no row below its header.
        ConfigError: a file there is called like no list.
    """
    parts, rejects = [LISTED_ROWS.empty().assign(list_code="", received_date="")], [REJECTS.empty()]
    for file in list_files(root).federal:
        rows, refused = _rows(file, root)
        parts.append(rows)
        rejects += refused
    rows = pd.concat([part for part in parts if len(part)] or parts[:1], ignore_index=True)
    rows, untimely = _timely(rows, as_of)
    rejects += untimely
    if rows.empty:
        return FederalReading(FEDERAL_LIST.empty(), _joined(rejects), SCHOOL_REFERENCES.empty())
    references = identity.recognise(identity.references({LISTED_ROWS.name: rows}), register, decision_year)
    known = recognised(rows, register, decision_year)
    is_unknown = known["school_id"].isna()
    rejects += [_unknown(known[is_unknown]), _refused(known[known["is_contradictory"]], "code_and_name_differ")]
    listed, repeated = united(known[~is_unknown & ~known["is_contradictory"]])
    return FederalReading(listed, _joined([*rejects, _refused(repeated, "repeated_row")]), references)


def united(rows: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """One row per list, year and school (`FEDERAL_LIST`), and the rows that say nothing new.

    Marks of several rows of a school are put together in the order of the file; a later row without a new mark repeats.

    Args:
        rows: `LISTED_ROWS` with `list_code` and `school_id`, all known.
    """
    if rows.empty:
        return FEDERAL_LIST.empty(), rows
    ordered = rows.sort_values([*KEY, *PLACE]).reset_index(drop=True)
    lines: list[dict[str, object]] = []
    repeated: list[int] = []
    for _, own in ordered.groupby(KEY, sort=True):
        marks: dict[str, None] = {}
        places: list[str] = []
        for index, row in zip(own.index, records(own), strict=True):
            new = [mark for mark in (row["markers_text"] or "").split("; ") if mark and mark not in marks]
            if places and not new:
                repeated.append(index)
                continue
            marks |= dict.fromkeys(new)
            places.append(f"{row['file_id']}, {place_words(row)}")
        first = records(own.head(1))[0]
        line = {name: first[name] for name in (*KEY, "municipality_text")}
        line["school_text"] = first["school_text"] or first["code_text"]
        lines.append(line | {"markers_text": "; ".join(marks) or None, "source_text": "; ".join(places)})
    return FEDERAL_LIST.conform(pd.DataFrame(lines)), ordered.loc[repeated]


def _rows(file: FederalFile, root: Path) -> tuple[pd.DataFrame, list[pd.DataFrame]]:
    """The rows of one file that have a year, with `list_code` and `received_date`; and its rejects."""
    source = source_file(file.path, root, file.year or 0)
    reading = read_school_list(source)
    if reading.read_count == 0:
        raise SourceError(
            "В федеральном списке нет ни одной строки",
            where=source.file_id,
            remedy="запросите список заново; чтобы считать без него, добавьте к имени файла впереди «_»",
        )
    rows = reading.tables.get(LISTED_ROWS.name, LISTED_ROWS.empty())
    rows = rows.assign(list_code=file.list_code, received_date=file.received_date)
    if file.year is None:
        is_good, reason = rows["year"].notna(), "no_year"
    else:
        is_good, reason = rows["year"].fillna(file.year) == file.year, "other_year"
    good = rows[is_good]
    return good.assign(year=good["year"].fillna(file.year or 0)), [reading.rejects, _refused(rows[~is_good], reason)]


def _timely(rows: pd.DataFrame, as_of: str | None) -> tuple[pd.DataFrame, list[pd.DataFrame]]:
    """The rows of the newest delivery of each list and year up to a day; and rejects of the others."""
    is_later = rows["received_date"] > (as_of or "9999")
    late = _refused(rows[is_later], "after_as_of", is_service=True)
    rows = rows[~is_later]
    is_older = rows["received_date"] < rows.groupby(["list_code", "year"])["received_date"].transform("max")
    return rows[~is_older], [late, _refused(rows[is_older], "superseded", is_service=True)]


def _unknown(rows: pd.DataFrame) -> pd.DataFrame:
    """Rejects of the rows whose school the register does not know, or that the analyst has declared foreign."""
    is_outside = (rows["how_code"] == "rejected").astype(bool)
    unknown = _refused(rows[~is_outside], "unknown_school")
    return _joined((unknown, _refused(rows[is_outside], "outside_region", is_service=True)))


def _refused(rows: pd.DataFrame, reason_code: str, *, is_service: bool = False) -> pd.DataFrame:
    """One reject per row, which names its school (`REJECTS`)."""
    if rows.empty:
        return REJECTS.empty()
    names = [school_words(row) for row in records(rows)]
    return rows[PLACE].assign(
        stage_name=STAGE_NAME,
        reason_code=reason_code,
        column_name="school_text",
        value_text=names,
        is_service=is_service,
    )


def _joined(frames: Iterable[pd.DataFrame]) -> pd.DataFrame:
    filled = [frame for frame in frames if not frame.empty]
    return REJECTS.conform(pd.concat(filled, ignore_index=True)) if filled else REJECTS.empty()
