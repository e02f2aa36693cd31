"""ВПР protocols, pupil by pupil, in the four layouts of 2020–2026; formats.md, section 2.

A protocol prints points per task and their total, as a rule no mark: the mark follows from the scale of the test.
The year in the name of a layout is that in which it appeared; the year of the results comes from the title or from the
name of the file.

Rules:
    - The total given wins. Where it differs from the sum of the tasks the row is kept all the same: points are entered
      task by task with x for "not attempted", the total is what the school was told, and no rule says which is wrong.
      A blank total is the sum of the tasks where every one of them is filled; otherwise the row is rejected.
    - x, X (Latin) and х, Х (Cyrillic) in a task: not attempted, 0 points.
    - «отсутствовал» in any cell of a result, or no variant, no task and no total at all: the pupil was absent.
"""

import re
from collections.abc import Mapping, Sequence

from pipeline.errors import SourceError
from pipeline.sources.grid import Cell, Sheet, number, text
from pipeline.sources.judged import JudgedRows
from pipeline.sources.reading import (
    Account,
    Fingerprint,
    Layout,
    ReadingContext,
    cell_at,
    column_indexes,
    data_rows,
    header_text,
)
from pipeline.sources.vpr_pupils import is_absent_word, keep_vpr_pupils
from pipeline.sources.vpr_title import login_of_name, place, vpr_test

TASK = re.compile(r"^(?:[a-z]-\d+\S*-grade|балл за .+|\d\S*(?: \S+)?\s*\(\d+\s*б.*)$")
NOT_ATTEMPTED = {"x", "х"}  # Latin and Cyrillic
VPR_GRADES = {str(grade) for grade in range(4, 12)}
COLUMNS: Mapping[str, str] = {
    "code": r"^(?:user|логин|пользователь)",
    "municipality": r"^муниципалитет",
    "school": r"^школа$",
    "pupil": r"^(?:code|код|код участника|код обучающегося|номер (?:обучающегося|участника))$",
    "klass": r"^(?:klass|класс|наименование класса|порядковый номер класса)",
    "primary": r"^(?:sum$|всего баллов|итого баллов|сумма баллов)",
    "journal": r"^(?:otc$|отметка за предыдущ)",
    "mark": r"^отметка$",
}
VARIANT = re.compile(r"^(?:var-\d|вариант)")


def read_protocol(sheet: Sheet, header_index: int, context: ReadingContext, account: Account) -> None:
    """A protocol of any layout: its columns are found by their names, the school by column or by the file's name."""
    test = vpr_test(sheet, header_index, context)
    header = sheet.rows[header_index]
    at = column_indexes(header, COLUMNS)
    file_login = login_of_name(context)
    if file_login is None and not {"code", "school"} & set(at):
        raise _nameless(sheet, context, "какой школе принадлежит протокол", "логином школы")
    has_grade_column = "klass" in at and not header_text(header[at["klass"]]).startswith("порядковый номер")
    if test.grade is None and not has_grade_column:
        raise _nameless(sheet, context, "за какой класс протокол", "номером класса")
    rows = data_rows(sheet, header_index + 1)
    account.announce(len(rows))
    cells = {name: [cell_at(row, at.get(name)) for _, row in rows] for name in COLUMNS}
    cells["code"] = [file_login if code is None else code for code in cells["code"]]
    cells["primary"], is_absent = _totals(header, [row for _, row in rows], cells["primary"])
    grades = [test.grade or _grade_of_class(klass) for klass in cells["klass"]]
    judged = JudgedRows(sheet.name, [row_number for row_number, _ in rows])
    keep_vpr_pupils(judged, test, grades, cells, is_absent, context, account, text(header[at["primary"]]))


def _totals(
    header: Sequence[Cell], rows: Sequence[list[Cell]], totals: Sequence[Cell]
) -> tuple[list[Cell], list[bool]]:
    """The total of every pupil, blank where there is none, and whether the pupil was absent."""
    tasks_at = [index for index, cell in enumerate(header) if TASK.match(header_text(cell))]
    variants_at = [index for index, cell in enumerate(header) if VARIANT.match(header_text(cell))]
    found: list[Cell] = []
    is_absent: list[bool] = []
    for row, total in zip(rows, totals, strict=True):
        tasks = [cell_at(row, index) for index in tasks_at]
        told = [total, *tasks, *(cell_at(row, index) for index in variants_at)]
        by_word = any(map(is_absent_word, told))
        is_absent.append(by_word or all(cell is None for cell in told))
        points = _sum_of_tasks(tasks) if total is None else total
        # A sheet that adds up prints 0 for an absent pupil; points above 0 contradict the word and are rejected later.
        found.append(None if by_word and not number(points) else points)
    return found, is_absent


def _sum_of_tasks(tasks: Sequence[Cell]) -> float | None:
    """The sum of the points of the tasks; None where one is blank (half a test is no result) or no number."""
    points = [0.0 if header_text(cell) in NOT_ATTEMPTED else number(cell) for cell in tasks]
    return sum(point for point in points if point is not None) if points and None not in points else None


def _grade_of_class(klass: Cell) -> str | None:
    """The grade of a class «4А», «5-б», «10»; None where the name does not begin with a grade that writes ВПР."""
    found = re.match(r"\d+", text(klass))
    return found.group() if found and found.group() in VPR_GRADES else None


def _nameless(sheet: Sheet, context: ReadingContext, unknown: str, part: str) -> SourceError:
    """The error of a protocol that says too little, neither in the sheet nor in the name of the file."""
    return SourceError(
        f"Не удаётся узнать, {unknown}: этого нет ни в листе, ни в имени файла",
        where=place(sheet, context),
        remedy=f"переименуйте файл по образцу «РУ4_2026_edu670012.xlsx», с {part}",
    )


_ANY_TOTAL = r"^(?:всего баллов|итого баллов|сумма баллов)"

LAYOUTS: tuple[Layout, ...] = (
    Layout(
        layout_id="vpr_protocol_2020",
        title="Протокол ВПР (вид 2020 года)",
        fingerprint=Fingerprint(
            columns=("^user$", "^code$", "^klass$", "^var-1$", "^sum$", r"^[a-z]-\d+\S*-grade$"),
            labels=("user", "code", "klass", "var-1", "sum", "a-1-grade"),
        ),
        read=read_protocol,
    ),
    Layout(
        layout_id="vpr_protocol_2021",
        title="Протокол ВПР (вид 2021 года)",
        fingerprint=Fingerprint(
            columns=(r"^(?:логин|пользователь)", COLUMNS["pupil"], "^класс", "^вариант", _ANY_TOTAL),
            labels=("Логин школы", "Номер обучающегося", "Класс", "Вариант", "Всего баллов"),
        ),
        read=read_protocol,
    ),
    Layout(
        layout_id="vpr_protocol_2022",
        title="Протокол ВПР (вид 2022 года)",
        fingerprint=Fingerprint(
            columns=("^пользователь", "^школа$", "^код$", "^вариант$", "^наименование класса", _ANY_TOTAL),
            labels=("Пользователь", "Школа", "Код", "Вариант", "Наименование класса", "Итого баллов"),
        ),
        read=read_protocol,
    ),
    Layout(
        layout_id="vpr_protocol_2026",
        title="Протокол ВПР (вид 2026 года)",
        fingerprint=Fingerprint(
            columns=("^код участника$", "^вариант$", "^порядковый номер класса", "^отметка за предыдущ", _ANY_TOTAL),
            labels=("Код участника", "Вариант", "Порядковый номер класса", "Отметка за предыдущий …", "Итого баллов"),
        ),
        read=read_protocol,
    ),
)
