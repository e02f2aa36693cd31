"""Where the columns of a regional workbook stand, and what each of its rows is: school, municipality, total or note."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from pipeline.errors import SourceError
from pipeline.sources.grid import Cell, Sheet, number, text
from pipeline.sources.layout_toml import Finder
from pipeline.sources.reading import cell_at, data_rows, header_text
from pipeline.sources.workbook_spec import NOTHING, SheetSpec, WorkbookSpec

RowKind = Literal["school", "municipality", "total", "note"]


@dataclass(frozen=True)
class Block:
    """The columns of one subject.

    Args:
        name: code of the subject, or the block's own name where the layout ignores it.
        is_ignored: named in `blocks.ignore`; its figures are set aside.
        columns: measure -> index of its column.
    """

    name: str
    is_ignored: bool
    columns: Mapping[str, int]


@dataclass(frozen=True)
class Columns:
    """Where everything stands in one sheet; `first_index` is the first row (0-based) below the header."""

    municipality: int | None
    school: int
    code: int | None
    blocks: tuple[Block, ...]
    first_index: int

    @property
    def leading_count(self) -> int:
        """Number of columns before the first block: where a total, a note or a municipality announces itself."""
        return min((min(block.columns.values()) for block in self.blocks), default=self.school + 1)


@dataclass(frozen=True)
class Row:
    """One row below the header: its kind, and to which municipality and school it belongs (empty where none).

    Args:
        number: row number as the operator sees it.
        kind: school; municipality (a row of its own); total; note (no school is named).
        cells: the cells.
        municipality, school, code: as the file names them.
        level: of a total: region or municipality.
    """

    number: int
    kind: RowKind
    cells: list[Cell]
    municipality: str = ""
    school: str = ""
    code: str = ""
    level: str = ""


def columns_of(
    spec: WorkbookSpec,
    entry: SheetSpec,
    sheet: Sheet,
    header_index: int,
    subject_of: Callable[[str], str | None],
    where: str,
) -> Columns:
    """Where the columns of a sheet stand; blocks that the layout does not explain raise a `SourceError`.

    Args:
        spec: the layout.
        entry: its entry for this sheet.
        sheet: the sheet.
        header_index: its first header row (0-based).
        subject_of: code of a subject by its spelling, or None.
        where: the file and the sheet, for messages.
    """
    header = sheet.rows[header_index]
    places = {
        "municipality": _index(header, spec.municipality_column),
        "school": _index(header, spec.school_column),
        "code": _index(header, spec.code_column),
    }
    school = places["school"]
    if school is None:
        raise SourceError(
            "На листе нет столбца школы",
            where=where,
            remedy="выберите другой лист или исправьте school.column",
        )
    blocks: tuple[Block, ...] = ()
    if entry.holds != NOTHING:
        taken = {index for index in places.values() if index is not None}
        found = _spellings(spec, entry, sheet, header_index, taken, where)
        is_strict = entry.header_rows == 2 or bool(spec.block_pattern)
        blocks = _blocks(spec, found, subject_of, is_strict, where)
    first_index = header_index + entry.header_rows
    return Columns(places["municipality"], school, places["code"], blocks, first_index)


def has_column_numbers(sheet: Sheet, columns: Columns) -> bool:
    """Whether the row under the header only numbers the columns (1, 2, 3), the one of the school too."""
    if columns.first_index >= len(sheet.rows):
        return False
    row = sheet.rows[columns.first_index]
    numbers = [number(cell) for cell in row if cell is not None]
    return number(cell_at(row, columns.school)) is not None and numbers == list(range(1, len(numbers) + 1))


def is_empty(spec: WorkbookSpec, cell: Cell) -> bool:
    """Whether a cell gives nothing: blank, or one of the layout's marks."""
    return cell is None or header_text(cell) in (*spec.blank_marks, *spec.unknown_marks)


def held_blocks(spec: WorkbookSpec, columns: Columns, cells: list[Cell]) -> list[Block]:
    """The blocks of a row that hold anything but blanks, marks and zeros: each is one record of the account."""
    return [
        block
        for block in columns.blocks
        if any(not is_empty(spec, c) and number(c) != 0 for c in (cell_at(cells, i) for i in block.columns.values()))
    ]


def rows_of(spec: WorkbookSpec, columns: Columns, sheet: Sheet) -> list[Row]:
    """The rows below the header and below the numbers of columns, in the order of the sheet."""
    first_index = columns.first_index + has_column_numbers(sheet, columns)
    rows: list[Row] = []
    municipality = ""  # carried down: of a row of its own, or of a merged cell
    has_total = False  # whether the municipality above has had its total already
    for row_number, cells in data_rows(sheet, first_index):
        own = text(cell_at(cells, columns.municipality))
        label = _total_label(spec, columns, cells)
        if label:
            level, area = _level(spec, label, own if own != label else "", "" if has_total else municipality)
            has_total = has_total or level == "municipality"
            rows.append(Row(row_number, "total", cells, area, level=level))
        elif name := _municipality_name(spec, columns, cells):
            municipality, has_total = name, False
            rows.append(Row(row_number, "municipality", cells, name))
        else:
            if spec.municipality_fills_down and own:
                municipality, has_total = own, False
            carries = bool(spec.municipality_row) or spec.municipality_fills_down
            school = text(cell_at(cells, columns.school))
            code = text(cell_at(cells, columns.code))
            kind: RowKind = "school" if school or code else "note"
            rows.append(Row(row_number, kind, cells, own or (municipality if carries else ""), school, code))
    return rows


def _index(header: Sequence[Cell], pattern: str) -> int | None:
    """Index of the first header cell that holds the pattern; None where the layout names no such column."""
    if not pattern:
        return None
    return next(
        (i for i, cell in enumerate(header) if cell is not None and re.search(pattern, header_text(cell))), None
    )


def _spellings(
    spec: WorkbookSpec, entry: SheetSpec, sheet: Sheet, header_index: int, taken: set[int], where: str
) -> list[tuple[str, str, int]]:
    """(spelling of the subject, header of the measure, column) of every column that may belong to a block."""
    header = sheet.rows[header_index]
    found: list[tuple[str, str, int]] = []
    if entry.header_rows == 2:
        measures = sheet.rows[header_index + 1] if header_index + 1 < len(sheet.rows) else []
        spelling = ""
        for index in range(max(len(header), len(measures))):
            above, below = cell_at(header, index), cell_at(measures, index)
            if above is not None or not spec.fills_right:
                spelling = text(above)
            if below is not None and index not in taken:
                found.append((spelling, header_text(below), index))
        return found
    sheet_subject = find_word(entry.subject, sheet, header_index)
    if not spec.block_pattern and not sheet_subject:
        raise SourceError(
            "Не найден предмет, который описан в макете",
            where=where,
            remedy="исправьте ключ subject этого листа в макете: шапка в одну строку предмета не называет",
        )
    for index, cell in enumerate(header):
        if cell is None or index in taken:
            continue
        match = re.search(spec.block_pattern, header_text(cell)) if spec.block_pattern else None
        if match or not spec.block_pattern:
            found.append((match.group(1).strip() if match else sheet_subject, header_text(cell), index))
    return found


def find_word(finder: Finder, sheet: Sheet, header_index: int) -> str:
    """A word about the sheet: as given, or group 1 of a pattern in its name or above the header; empty if not found."""
    if finder.fixed or not finder.is_given:
        return finder.fixed
    titles = [header_text(cell) for row in sheet.rows[:header_index] for cell in row if cell is not None]
    places = [header_text(sheet.name)] if finder.name else titles
    matches = (match for place in places if (match := re.search(finder.name or finder.title, place)))
    return next((text(match.group(1)) for match in matches), "")


def _measure(spec: WorkbookSpec, header: str) -> str | None:
    """The measure that a header cell names; empty where the layout ignores the column, None where it is unknown."""
    if any(re.search(pattern, header) for pattern in spec.ignored_measures):
        return ""
    return next((name for name, pattern in spec.measures.items() if re.search(pattern, header)), None)


def _blocks(
    spec: WorkbookSpec,
    found: list[tuple[str, str, int]],
    subject_of: Callable[[str], str | None],
    is_strict: bool,
    where: str,
) -> tuple[Block, ...]:
    """The blocks of a sheet in the order of their columns; everything unexplained is told at once.

    A column under a subject must be explained (`is_strict`); where one subject fills the sheet, other columns are free.
    """
    columns: dict[str, dict[str, int]] = {}
    faults: list[str] = []
    for spelling, header, index in found:
        is_ignored = any(re.search(pattern, header_text(spelling)) for pattern in spec.ignored_blocks)
        measure = _measure(spec, header)
        if measure is None and not is_ignored and is_strict:
            faults.append(f"неизвестный показатель «{header}» у «{spelling}» (measures или measures.ignore)")
        if not measure:
            continue
        measures = columns.setdefault(spelling, {})
        if measure in measures:
            faults.append(f"показатель «{header}» у «{spelling}» встретился дважды")
        measures[measure] = index
    blocks = []
    for spelling, measures in columns.items():
        is_ignored = any(re.search(pattern, header_text(spelling)) for pattern in spec.ignored_blocks)
        subject = header_text(spelling) if is_ignored else subject_of(spelling)
        if subject is None:
            faults.append(f"неизвестный предмет «{spelling}» (раздел [subjects] или blocks.ignore)")
            continue
        lacking = [name for name in ("tested", "low") if name not in measures and not is_ignored]
        faults += [f"у «{spelling}» нет столбца {name} (measures.{name})" for name in lacking]
        blocks.append(Block(subject, is_ignored, measures))
    names = [block.name for block in blocks]
    faults += [f"предмет {name} назван дважды" for name in sorted({n for n in names if names.count(n) > 1})]
    if not blocks and not faults:
        faults.append("под шапкой не найдено ни одного предмета")
    if faults:
        raise SourceError(
            "Макет не объясняет столбцы листа: " + "; ".join(dict.fromkeys(faults)),
            where=where,
            remedy=f"дополните макет «{spec.layout_id}» (ключи названы в скобках; см. docs/layouts.md)",
        )
    return tuple(blocks)


def _total_label(spec: WorkbookSpec, columns: Columns, cells: list[Cell]) -> str:
    """The cell that announces a total among the leading columns of a row; empty where the row is none."""
    words = [text(cell) for cell in cells[: columns.leading_count] if isinstance(cell, str)]
    return next((word for word in words if re.search(spec.totals, header_text(word))), "")


def _level(spec: WorkbookSpec, label: str, own: str, municipality: str) -> tuple[str, str]:
    """Level and area of a total: by its words, else by the municipality beside it or above it, else the region."""
    words = header_text(label)
    named = text(re.sub(spec.totals, "", label, count=1, flags=re.IGNORECASE)).removeprefix("по ").strip(" :")
    if spec.municipality_totals and re.search(spec.municipality_totals, words):
        return "municipality", own or municipality or named
    if re.search(spec.region_totals, words):
        return "region", label
    if own or municipality:
        return "municipality", own or municipality
    return "region", label


def _municipality_name(spec: WorkbookSpec, columns: Columns, cells: list[Cell]) -> str:
    """The municipality that a row of its own announces: its only filled cell, in the words of the layout."""
    filled = [cell for cell in cells if cell is not None]
    if not spec.municipality_row or len(filled) != 1 or not isinstance(filled[0], str):
        return ""
    is_leading = any(cell is not None for cell in cells[: columns.leading_count])
    return text(filled[0]) if is_leading and re.search(spec.municipality_row, header_text(filled[0])) else ""
