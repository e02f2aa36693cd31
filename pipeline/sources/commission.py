"""The commission's workbook read back: one line per school on which somebody has written anything."""

import re
from dataclasses import dataclass
from datetime import date, datetime

from pipeline.errors import ConfigError, SourceError
from pipeline.sources.grid import Cell, Sheet, SourceFile, is_blank, open_sheets, text
from pipeline.sources.reading import HEADER_SEARCH_ROWS, cell_at, data_rows

# What the parts of the workbook are called: the writer prints it, the reader looks for it.
ID_SHEET = "shnro_commission"
ID_KEYS = ("region", "year")
CODE, ACTION, WHO, DAY, WHY = "Код школы", "Решение", "Кто решил", "Дата решения", "Почему"
REVIEW = "Рассмотреть снова до"
ENTRY_TITLES = (ACTION, WHO, DAY, WHY, REVIEW)
REQUIRED_TITLES = (CODE, ACTION, WHO, DAY, WHY)  # the days of a new look may be lacking
RUSSIAN_DAY = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4})")


@dataclass(frozen=True)
class WrittenLine:
    """A line of the workbook with anything in its entry cells, as texts; `place` says where: sheet and row."""

    place: str
    school_id: str
    action_text: str
    who: str
    day_text: str
    why: str
    review_text: str = ""


def read_lines(file: SourceFile, region_name: str, year: int) -> tuple[WrittenLine, ...]:
    """The filled lines of a commission's workbook, in its order.

    Raises:
        SourceError: the file cannot be opened or is no workbook of the commission.
        ConfigError: it is another region's or another year's.
    """
    sheets = open_sheets(file)
    _check_identity(file, sheets, region_name, year)
    found: list[WrittenLine] = []
    for sheet in sheets:
        head = _head(sheet)
        if head is not None:
            found += _lines(sheet, *head)
    return tuple(found)


def day_of(told: str) -> date | None:
    """The day that a text means (ГГГГ-ММ-ДД or ДД.ММ.ГГГГ), or None."""
    russian = RUSSIAN_DAY.fullmatch(told)
    try:
        return date(int(russian[3]), int(russian[2]), int(russian[1])) if russian else date.fromisoformat(told)
    except ValueError:
        return None


def _check_identity(file: SourceFile, sheets: tuple[Sheet, ...], region_name: str, year: int) -> None:
    """Refuse a workbook that is not the commission's, or not of this region and year."""
    hidden = next((sheet for sheet in sheets if sheet.name == ID_SHEET), None)
    told = {text(cell_at(row, 0)): text(cell_at(row, 1)) for row in hidden.rows} if hidden else {}
    if set(told) != set(ID_KEYS):
        raise SourceError(
            "Это не книга решений комиссии: в ней нет скрытого листа, по которому она узнаётся",
            where=file.file_id,
            remedy="впишите решения в книгу, которую даёт «shnro commission workbook», не копируя листы в новую книгу",
        )
    if told["region"] != text(region_name) or told["year"] != str(year):
        raise ConfigError(
            f"Книга решений комиссии составлена для другого перечня: {told['region']}, {told['year']} год",
            where=file.file_id,
            remedy=f"нужна книга {year} года: проверьте --year и --data",
        )


def _head(sheet: Sheet) -> tuple[int, dict[str, int]] | None:
    """The row of the header and the places of the columns that matter; None for a sheet without decisions."""
    for index, row in enumerate(sheet.rows[:HEADER_SEARCH_ROWS]):
        titles = [text(cell) for cell in row]
        if all(title in titles for title in REQUIRED_TITLES):
            return index, {title: titles.index(title) for title in (CODE, *ENTRY_TITLES) if title in titles}
    return None


def _lines(sheet: Sheet, header_index: int, places: dict[str, int]) -> list[WrittenLine]:
    """The lines below a header in whose entry cells anything stands."""
    found = []
    for row_number, row in data_rows(sheet, header_index + 1):
        entries = [cell_at(row, places[title]) if title in places else None for title in ENTRY_TITLES]
        if is_blank(entries):
            continue
        action, who, day, why, review = entries
        place = f"лист «{sheet.name}», строка {row_number}"
        code = text(cell_at(row, places[CODE]))
        told = (text(action).lower().rstrip(" ."), text(who), _day_text(day), text(why), _day_text(review))
        found.append(WrittenLine(place, code, *told))
    return found


def _day_text(cell: Cell) -> str:
    if isinstance(cell, datetime):
        return cell.date().isoformat()
    return cell.isoformat() if isinstance(cell, date) else text(cell)
