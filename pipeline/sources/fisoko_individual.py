"""«Индивидуальные результаты» of ФИС ОКО: pupils below a row of their school; formats.md, section 1."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.sources.fisoko_groups import level_of, name_and_code, whole_test
from pipeline.sources.grid import Cell, Sheet, text
from pipeline.sources.judged import JudgedRows
from pipeline.sources.reading import Account, Fingerprint, Layout, ReadingContext, cell_at, column_indexes, data_rows
from pipeline.sources.vpr_pupils import is_absent_word, keep_vpr_pupils

PUPIL_COUNT = re.compile(r"^(.*?)\s*\|\s*кол-во участников\D*(\d{1,7})(?!\d)", re.IGNORECASE)
INDIVIDUAL_COLUMNS = {
    "login": r"^оо$",
    "municipality": r"^муниципалитет",
    "school": r"^название оо",
    "pupil": r"^код участника",
    "klass": r"^класс",
    "variant": r"^вариант",
    "primary": r"^первичный балл",
    "mark": r"^отметка$",
    "journal": r"^отметка по журналу",
}


@dataclass(frozen=True)
class Pupil:
    """One row of a pupil, with the name and login of the school in whose block it stands."""

    row_number: int
    cells: list[Cell]
    name: str | None
    code: str | None


def read_individual(sheet: Sheet, header_index: int, context: ReadingContext, account: Account) -> None:
    """«Индивидуальные результаты»: pupils below a row of their school; the code of a pupil goes into the key only."""
    test = whole_test(sheet, header_index, context)
    rows = data_rows(sheet, header_index + 1)
    account.announce(len(rows))
    pupils = _pupils_of_schools(sheet, rows, account)
    at = column_indexes(sheet.rows[header_index], INDIVIDUAL_COLUMNS)
    cells = {name: [cell_at(pupil.cells, at.get(name)) for pupil in pupils] for name in INDIVIDUAL_COLUMNS}
    read_as = (cells["variant"], cells["primary"], cells["mark"])
    is_absent = [any(map(is_absent_word, found)) for found in zip(*read_as, strict=True)]
    for name in ("primary", "mark"):
        cells[name] = [None if is_absent_word(cell) else cell for cell in cells[name]]
    # The row of the school is the heading of its pupils; a login or a name in the pupil's own row is nearer and wins.
    cells["code"] = [_login(cell) or pupil.code for cell, pupil in zip(cells["login"], pupils, strict=True)]
    cells["school"] = [cell or pupil.name for cell, pupil in zip(cells["school"], pupils, strict=True)]
    judged = JudgedRows(sheet.name, [pupil.row_number for pupil in pupils])
    keep_vpr_pupils(judged, test, [test.grade] * len(pupils), cells, is_absent, context, account)


def _pupils_of_schools(sheet: Sheet, rows: Sequence[tuple[int, list[Cell]]], account: Account) -> list[Pupil]:
    """The pupils' rows with the school they stand under; rows of groups are set aside as service rows.

    The row of a school prints how many pupils follow. Where another number follows, the file is not whole: that row is
    told as `group_count_mismatch`, not as a service row.
    """
    pupils: list[Pupil] = []
    heads: list[tuple[int, bool, int, int]] = []  # row number, is it a school, pupils printed, pupils read before it
    name, code = "", ""
    for row_number, row in rows:
        printed = next(text(cell) for cell in row if cell is not None)
        head = PUPIL_COUNT.match(printed)
        if head:
            name, code = name_and_code(head.group(1))
            is_school = level_of(name, code) == "school"
            name, code = (name, code) if is_school else ("", "")
            heads.append((row_number, is_school, int(head.group(2)), len(pupils)))
        else:
            pupils.append(Pupil(row_number, row, name or None, code or None))
    ends = [before for _, _, _, before in heads[1:]] + [len(pupils)]
    for (row_number, is_school, printed_count, before), end in zip(heads, ends, strict=False):
        if is_school and printed_count != end - before:
            told = f"указано {printed_count}, в файле {end - before}"
            account.reject(sheet.name, row_number, "group_count_mismatch", column="Кол-во участников", value=told)
        else:
            account.reject(sheet.name, row_number, "service_row", is_service=True)
    return pupils


def _login(cell: Cell) -> str | None:
    """A login of a school, in small letters, or None."""
    found = re.search(r"\b((?:edu|sch)\d+)\b", text(cell).lower())
    return found.group(1) if found else None


INDIVIDUAL = Layout(
    layout_id="fisoko_individual",
    title="ФИС ОКО: индивидуальные результаты",
    fingerprint=Fingerprint(
        columns=tuple(INDIVIDUAL_COLUMNS.values()),
        labels=(
            "ОО", "Муниципалитет", "Название ОО", "Код участника", "Класс", "Вариант", "Первичный балл", "Отметка",
            "Отметка по журналу",
        ),
    ),
    read=read_individual,
)  # fmt: skip
