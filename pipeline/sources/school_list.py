"""Lists of schools that others have made: an order's appendix, a federal list; recognised by the header.

Such a list names a school by code or by name and municipality, sometimes with the year, the order, and marks per
subject and grade in further columns, whose titles may stand in two rows («Русский язык» over «4», «5»). Other columns
are not read: who works in a school is nobody's business here. A municipality may stand once for the rows below it: in
a merged cell of its column, or in a row of its own.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from pipeline.errors import UnknownLayoutError
from pipeline.sources.grid import Cell, Sheet, SourceFile, is_blank, number, open_sheets, text
from pipeline.sources.reading import HEADER_SEARCH_ROWS, Account, Reading, cell_at, data_rows, header_text
from pipeline.tables.school_lists import LISTED_ROWS

LAYOUT_ID = "school_list"
# What a column of the header is, in this order; what is none of these is a mark.
COLUMNS: Mapping[str, str] = {
    "idle": r"^(№|№ ?п/ ?п|п/п|n|row_number|регион|субъект.*)$",
    "year": r"^(год|учебный год|year)\b",
    "fisoko": r"^логин\b",
    "inn": r"^инн\b",
    "ogrn": r"^огрн\b",
    "oge": r"^код (огэ|гиа-?9)\b",
    "ege": r"^код (егэ|гиа-?11)\b",
    "school_id": r"^(school_id|код|код (школы|оо|организации))$",
    "number": r"^(number|номер приказа|№ приказа|приказ)$",
    "date": r"^(date|дата|дата приказа)$",
    "municipality": r"^(municipality_name|мо|мр|ато|район)$|муниципал",
    "school": r"^(school_name|оо|школа)$|^(краткое |полное )?(наименование|название)\b|организаци|учреждени",
    "idle_code": r"^код\b",
}
CODES = ("school_id", "fisoko", "inn", "ogrn", "oge", "ege")
UNSET = frozenset(("", "0", "нет", "-", "–", "—", "false", "ложь", "не выявлено"))
SET = frozenset(("1", "да", "+", "x", "х", "v", "✓", "✔", "*", "true", "истина", "есть", "выявлено"))
# Only such a column is a mark: what else stands in a list (a director's name, a telephone) is not taken at all.
MARK = re.compile(
    r"признак|маркер|marker|\b(впр|огэ|егэ|класс)\b|русск|матем|физик|хими|биолог|истори|географ|обществозн|литерат|"
    r"информат|язык|окружающ|^(ру|ма|ом|би|ис|гг|об|фи|хи|ли|ан|не|фр)[ _-]?\d{1,2}\b"
)
FOOTER = re.compile(
    r"^(итого|всего|примечани|исполнитель|согласовано|подпись|\*|"
    r"((и\.? ?о\.? |временно исполняющ\w+ обязанности )?"
    r"(начальник|заместител|директор|министр|председател|руководител)\w*)\b)"
)
# A row of one cell that names a municipality; in the column of municipalities it needs none of these words.
AREA = re.compile(r"\b(район|р-н|округ|город|зато)\b|^г\. ?[а-я]")
TWO_YEARS = re.compile(r"(\d{4}) ?[/–-] ?(\d{4}|\d{2})")


@dataclass(frozen=True)
class Head:
    """Where the columns of a list stand.

    Args:
        first_index: 0-based place of the first row below the header.
        places: kind of column (`COLUMNS`) -> index.
        marks: index -> title of every column that is a mark.
    """

    first_index: int
    places: Mapping[str, int]
    marks: Mapping[int, str]


def read_school_list(file: SourceFile) -> Reading:
    """The rows of a list (`LISTED_ROWS`) and its rejects; the account balances.

    Raises:
        SourceError: the file cannot be opened, or no sheet has a header that names schools.
    """
    account = Account(file)
    sheets = [sheet for sheet in open_sheets(file) if any(not is_blank(row) for row in sheet.rows)]
    heads = [(sheet, find_head(sheet)) for sheet in sheets]
    if all(head is None for _, head in heads):
        raise UnknownLayoutError(
            "В файле не найден заголовок списка школ",
            where=file.file_id,
            remedy="нужна строка заголовка со столбцом «Код школы» или «Логин» либо со столбцами «МО» и «ОО» "
            f"среди первых {HEADER_SEARCH_ROWS} строк; годится и таблица со столбцами school_id, school_name, "
            "municipality_name",
        )
    account.layout_ids.append(LAYOUT_ID)
    for sheet, head in heads:
        if head is None:
            rows = data_rows(sheet, 0)
            account.announce(len(rows))
            for row_number, _ in rows:
                account.reject(sheet.name, row_number, "unknown_sheet")
        else:
            _read_rows(sheet, head, account)
    return account.close()


def find_head(sheet: Sheet) -> Head | None:
    """The header of a list of schools among the first rows: the row that names most; None where none names schools."""
    best: tuple[int, int, dict[str, int]] | None = None
    for index, row in enumerate(sheet.rows[:HEADER_SEARCH_ROWS]):
        places = _places(row)
        # A title above the table speaks of organisations too, but in one cell.
        names_schools = any(code in places for code in CODES) or ("school" in places and _filled_count(row) > 1)
        if names_schools and (best is None or len(places) > best[0]):
            best = (len(places), index, places)
    if best is None:
        return None
    _, index, places = best
    below = sheet.rows[index + 1] if index + 1 < len(sheet.rows) else []
    has_second_row = _is_second_row(below, places)
    marks = _marks(sheet.rows[index], below if has_second_row else [], set(places.values()))
    return Head(index + 1 + has_second_row, places, marks)


def _places(row: list[Cell]) -> dict[str, int]:
    """Kind of column -> index of the first header cell that is of this kind."""
    found: dict[str, int] = {}
    for index, cell in enumerate(row):
        title = header_text(cell)
        kind = next((kind for kind, pattern in COLUMNS.items() if title and re.search(pattern, title)), None)
        if kind is not None:
            found.setdefault(kind, index)
    return found


def _is_second_row(row: list[Cell], places: Mapping[str, int]) -> bool:
    """Whether the row below the header goes on with it: nothing below the school, something below the marks."""
    return not is_blank(row) and all(cell_at(row, index) is None for index in places.values())


def _marks(top: list[Cell], below: list[Cell], taken: set[int]) -> dict[int, str]:
    """The title of every column that is a mark; the title of a group of columns stands over its first one."""
    found: dict[int, str] = {}
    group = ""
    for index in range(max(len(top), len(below))):
        if index in taken:
            group = ""
            continue
        group = text(cell_at(top, index)) or (group if below else "")
        part = text(cell_at(below, index))
        part = f"{part} класс" if part.isdigit() else part
        title = ", ".join(word for word in (group, part) if word)
        if MARK.search(header_text(title)):
            found[index] = title
    return found


def _read_rows(sheet: Sheet, head: Head, account: Account) -> None:
    """Keep or reject every row below the header."""
    rows = data_rows(sheet, head.first_index)
    account.announce(len(rows))
    area: str | None = None  # the municipality that rows without one of their own belong to
    for place, (row_number, row) in enumerate(rows):
        cells = {kind: cell_at(row, index) for kind, index in head.places.items()}
        code_kind = next((kind for kind in CODES if text(cells.get(kind))), "")
        school = text(cells.get("school"))
        first = next(cell for cell in row if cell is not None)
        if _places(row) == head.places or _is_numbering(row):
            account.reject(sheet.name, row_number, "service_row", is_service=True)
        elif not code_kind and (FOOTER.search(header_text(first)) or FOOTER.search(header_text(school))):
            account.reject(sheet.name, row_number, "footer_row", is_service=True)
        elif not code_kind and not school and _is_heading(row, rows[place + 1 : place + 2], head):
            area = text(first)
            account.reject(sheet.name, row_number, "service_row", value=first, is_service=True)
        elif not code_kind and not school:
            account.reject(sheet.name, row_number, "no_school", value=first)
        elif (year := _year(cells.get("year"))) is None and text(cells.get("year")):
            account.reject(sheet.name, row_number, "not_a_number", column="year", value=cells.get("year"))
        else:
            area = text(cells.get("municipality")) or area
            account.keep(
                LISTED_ROWS,
                sheet.name,
                row_number,
                code_kind="" if code_kind == "school_id" else code_kind,
                code_text=text(cells[code_kind]) if code_kind else None,
                municipality_text=area,
                school_text=school or None,
                year=year,
                number=text(cells.get("number")) or None,
                date=_date_text(cells.get("date")),
                markers_text="; ".join(_set_marks(row, head.marks)) or None,
            )


def _is_heading(row: list[Cell], following: list[tuple[int, list[Cell]]], head: Head) -> bool:
    """Whether a row without a school is the municipality of the rows below: the next one has a school and no area."""
    if _filled_count(row) != 1 or not following:
        return False
    below = {kind: text(cell_at(following[0][1], index)) for kind, index in head.places.items()}
    if below.get("municipality") or not any(below.get(kind) for kind in ("school", *CODES)):
        return False
    is_own_column = cell_at(row, head.places.get("municipality")) is not None
    return is_own_column or any(AREA.search(header_text(cell)) for cell in row)


def _filled_count(row: list[Cell]) -> int:
    return sum(cell is not None for cell in row)


def _year(cell: Cell) -> float | None:
    """The year as a number; of a school year («2025/26») the one in which it ends."""
    two = TWO_YEARS.fullmatch(text(cell))
    return float(two[1]) + 1 if two else number(cell)


def _set_marks(row: list[Cell], marks: Mapping[int, str]) -> list[str]:
    """The titles of the marks that are set; one that is more than a tick is told with its value."""
    told = []
    for index, title in marks.items():
        value = text(cell_at(row, index))
        if value.lower() not in UNSET:
            told.append(title if value.lower() in SET else f"{title}: {value}")
    return told


def _is_numbering(row: list[Cell]) -> bool:
    """Whether the row only numbers the columns: 1, 2, 3 and so on."""
    filled = [number(cell) for cell in row if cell is not None]
    return len(filled) > 1 and filled == [float(place) for place in range(1, len(filled) + 1)]


def _date_text(cell: Cell) -> str | None:
    """A day as `YYYY-MM-DD` where the file has a date, else as the file words it."""
    if isinstance(cell, datetime):
        return cell.date().isoformat()
    return cell.isoformat() if isinstance(cell, date) else text(cell) or None
