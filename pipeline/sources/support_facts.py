"""Lines of support facts on a sheet, of a form or of a plain table: where the columns stand, what stands in each line.

A plain table (CSV, or a workbook without the hidden sheet of a form) needs the columns measure, date and quantity;
municipality, school and evidence may stand beside. Cells are taken as they stand: what they mean is judged elsewhere.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from pipeline.cases import MONTHS
from pipeline.sources.grid import Cell, Sheet, is_blank, text
from pipeline.sources.reading import cell_at, column_indexes, header_text
from pipeline.support_request import PRINTED_MARK

HEADER_SEARCH_ROWS = 40
COLUMNS: Mapping[str, str] = {
    "measure": r"^(measure|мера|мероприятие|(№|номер) (меры|мероприятия))$",
    "municipality": r"^(municipality|муниципалитет|муниципальное образование|мо)$",
    "school": r"^(school|школа|оо|код (школы|оо)|образовательная организация)$",
    "day": r"^(date|дата|дата (события|проведения|мероприятия))$",
    "quantity": r"^(quantity|количество|кол-во)$",
    "evidence": r"^(evidence|чем подтверждается|подтверждение|подтверждающий документ|документ)$",
}
NEEDED = ("measure", "day", "quantity")
DAY_FORMATS = ("%d.%m.%Y", "%Y-%m-%d", "%d/%m/%Y", "%d.%m.%y", "%Y-%m-%d %H:%M:%S")
DAY_IN_WORDS = re.compile(r"(\d{1,2}) ([а-я]+) (\d{4})")
SERIAL_START = date(1899, 12, 30)  # day 0 of a spreadsheet
SERIAL_DAYS = range(40_000, 60_000)  # years 2009 to 2064
FOOTER = re.compile(r"^(итого|всего)\b")


@dataclass(frozen=True)
class FactLine:
    """A filled line as it stands in the cells, and its place."""

    sheet_name: str
    row_number: int
    measure: Cell = None
    municipality: Cell = None
    school: Cell = None
    day: Cell = None
    quantity: Cell = None
    evidence: Cell = None

    @property
    def content(self) -> tuple[str, ...]:
        """What it says, without its place: the same day is the same, however it is written."""
        cells = (self.measure, self.municipality, self.school, self.quantity, self.evidence)
        return (str(read_day(self.day) or text(self.day)), *(text(cell) for cell in cells))

    @property
    def is_footer(self) -> bool:
        """Whether it sums up the lines above instead of telling an event."""
        return any(FOOTER.search(header_text(cell)) for cell in (self.measure, self.municipality, self.school))


def find_columns(sheet: Sheet) -> tuple[int, dict[str, int]] | None:
    """The 0-based header row and where each column stands; None where the sheet holds no lines of facts."""
    for index, row in enumerate(sheet.rows[:HEADER_SEARCH_ROWS]):
        places = column_indexes(row, COLUMNS)
        if all(name in places for name in NEEDED):
            return index, places
    return None


def read_lines(sheet: Sheet, header_index: int, places: Mapping[str, int]) -> list[FactLine]:
    """The filled lines below the header; a printed line of a form is filled where its date, quantity or evidence is."""
    lines = []
    for row_number, row in enumerate(sheet.rows[header_index + 1 :], start=header_index + 2):
        cells = {name: cell_at(row, place) for name, place in places.items()}
        is_printed = cell_at(row, 0) == PRINTED_MARK and 0 not in places.values()
        written = [cells.get(name) for name in ("day", "quantity", "evidence")] if is_printed else list(cells.values())
        if not is_blank(written):
            lines.append(FactLine(sheet.name, row_number, **cells))
    return lines


def unread_columns(sheet: Sheet, header_index: int, places: Mapping[str, int]) -> tuple[str, ...]:
    """Titles of filled columns that nobody reads, for a remark; what stands in them may be anybody's name."""
    header = sheet.rows[header_index]
    others = [(index, text(cell)) for index, cell in enumerate(header) if cell is not None]
    return tuple(
        title
        for index, title in others
        if index not in places.values()
        and any(cell_at(row, index) is not None for row in sheet.rows[header_index + 1 :])
    )


def read_day(cell: Cell) -> date | None:
    """The day that a cell means: a date or its number, «15.03.2026», «2026-03-15», «15 марта 2026 г.»; else None."""
    if isinstance(cell, datetime):
        return cell.date()
    if isinstance(cell, date):
        return cell
    if not isinstance(cell, str):
        return _serial_day(cell)
    told = re.sub(r"\s*(г\.?|года)$", "", text(cell).lower())
    words = DAY_IN_WORDS.fullmatch(told)
    if words and words[2] in MONTHS:
        told = f"{words[1]}.{MONTHS.index(words[2]) + 1}.{words[3]}"
    for day_format in DAY_FORMATS:
        try:
            return datetime.strptime(told, day_format).date()
        except ValueError:
            continue
    return None


def _serial_day(cell: Cell) -> date | None:
    """The day behind a date whose cell has lost its format: no count and no year is as large as these numbers."""
    if isinstance(cell, bool) or not isinstance(cell, int | float) or cell not in SERIAL_DAYS:
        return None
    return SERIAL_START + timedelta(days=int(cell))
