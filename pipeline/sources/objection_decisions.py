"""The commission's workbook of objections read back: which decisions it made, and which rows cannot be taken."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

import pandas as pd

from pipeline.errors import SourceError
from pipeline.objections import Decision
from pipeline.outputs.objections import DECISIONS, ENTRY_COLUMN, ID_SHEET, SHEET, row_key
from pipeline.schema import records
from pipeline.sources.grid import Cell, SourceFile, number, open_sheets, text
from pipeline.sources.reading import cell_at, header_text

CODES = {word: code for code, word in DECISIONS.items()}
HEADER_ROWS = 3


@dataclass(frozen=True)
class DecisionsRead:
    """What the workbook gave: decisions, rows that were refused (a Russian line each), rows without a decision."""

    decisions: tuple[Decision, ...]
    refused: tuple[str, ...]
    undecided_count: int


def read_decisions(
    file: SourceFile, objections: pd.DataFrame, region_name: str, year: int, today: date
) -> DecisionsRead:
    """The decisions of the commission, or a `SourceError` where it is not the workbook of this region and year.

    Args:
        file: the filled workbook.
        objections: `OBJECTIONS` of all years.
        region_name: the region whose workbook is expected.
        year: year of decision whose workbook is expected.
        today: the date of a decision that names none; later dates are refused.
    """
    sheets = {sheet.name: sheet for sheet in open_sheets(file)}
    hidden = sheets.get(ID_SHEET)
    told = {text(cell_at(row, 0)): text(cell_at(row, 1)) for row in hidden.rows} if hidden else {}
    if SHEET not in sheets or (told.get("region"), told.get("year")) != (region_name, str(year)):
        raise SourceError(
            f"Это не книга возражений {year} года региона «{region_name}»",
            where=file.file_id,
            remedy=f"возьмите книгу, записанную командой: shnro objections workbook --year {year}",
        )
    keys = {row["number"]: row_key(row) for row in records(objections[objections["year"] == year])}
    decisions, refused, undecided, seen = [], [], 0, set()
    for row_number, row in enumerate(sheets[SHEET].rows[HEADER_ROWS:], start=HEADER_ROWS + 1):
        entries = [cell_at(row, column) for column in range(ENTRY_COLUMN, ENTRY_COLUMN + 4)]
        if all(cell is None for cell in (*row[:2], *entries)):
            continue
        if entries[0] is None and entries[2] is None:
            undecided += 1
            continue
        place = number(cell_at(row, 1))
        found = _decision(place, text(cell_at(row, 0)), entries, keys, today)
        if isinstance(found, Decision) and found.number in seen:
            found = "второе решение о том же возражении"
        if isinstance(found, Decision):
            decisions.append(found)
            seen.add(found.number)
        else:
            refused.append(f"строка {row_number}: {found}")
    return DecisionsRead(tuple(decisions), tuple(refused), undecided)


def _decision(
    place: float | None, key: str, entries: list[Cell], keys: Mapping[int, str], today: date
) -> Decision | str:
    """The decision in a row, or why there is none."""
    word, by, why, on = entries
    code = CODES.get(header_text(word).removesuffix(".").strip())
    day = today if on is None else parse_day(on)
    if place is None or int(place) not in keys:
        return "такого возражения нет"
    if keys[int(place)] != key:
        return "с тех пор возражение или строка изменились; выгрузите книгу заново"
    if code is None:
        return f"решение «{text(word)}» не понято: выберите «принять» или «отклонить»"
    if by is None or why is None:
        return "не сказано, кто решил и почему"
    if day is None or day > today:
        return f"дата «{text(on)}» не понята или ещё не наступила"
    return Decision(int(place), code == "accepted", text(by), day, text(why))


def parse_day(cell: Cell) -> date | None:
    """A day as Excel keeps it, or typed: 15.07.2026 or 2026-07-15."""
    if isinstance(cell, datetime):
        return cell.date()
    if isinstance(cell, date):
        return cell
    for pattern in ("%d.%m.%Y", "%Y-%m-%d"):
        try:
            return datetime.strptime(text(cell), pattern).date()
        except ValueError:
            continue
    return None
