"""Readers of РИС ГИА: protocols of ЕГЭ and ОГЭ, one pupil per row, and decided appeals (formats 3).

Names, documents and participants' codes are dropped while a row is read: what remains is a keyed hash in memory. No
cell of a pupil's row is ever quoted in a reject, because a shifted row may hold a name anywhere.

Layouts: `ege_export` (also its sparse variant with empty columns), `oge_export`, `oge_normalised` (SchoolCode,
ClassCode, PrimaryMark, Mark5) and `gia_appeals`. Outside the base, and rejected as service rows: footers, ГВЭ,
graduates of earlier years. A row whose class is blank is rejected too, but not as service: somebody should look.

A result is the mark for ОГЭ and base mathematics, as printed and never recomputed, and the test score for the rest of
ЕГЭ. «Неявка» makes a pupil absent; a blank result without such a word says nothing and is rejected as `no_result`,
and so is a cancelled one («удалён», «аннулирован», «не завершил»).
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial

import pandas as pd

from pipeline.sources.gia_appeals import APPEALS_LAYOUT
from pipeline.sources.gia_exam import Exam, exam_grade, exam_of, participant_key, school_code
from pipeline.sources.grid import Cell, Sheet, number, text
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
from pipeline.tables.sources import PUPIL_ATTEMPTS

COLUMNS = {
    "municipality": r"^код мсу",
    "school": r"^(код оо|schoolcode)$",
    "class": r"^(класс|classcode)$",
    "series": r"^(серия|(document)?series)",
    "number": r"^(номер( документа| паспорта)?|(document)?number)$",
    "participant": r"^(код участника|participant(code|id)|humantestid)",
    "primary": r"^(первичный балл|primarymark)$",
    "test": r"^тестовый балл$",
    "score": r"^балл$",
    "mark": r"^(оценка|отметка|mark5)$",
}
TITLES = {"primary": "Первичный балл", "test": "Тестовый балл", "score": "Балл", "mark": "Оценка"}
# Columns in which a word is somebody's name or document, never a remark.
PERSONAL = re.compile(r"фамил|^имя|отчеств|серия|номер|участник|name|series|number|participant|human|document")
REMARKS = re.compile(r"примечан|статус|явк|состояни|remark|status")

FOOTER = re.compile(r"^(средн|минимальн|максимальн|всего|итого|количество|процент|доля|выгружен|дата выгрузки)")
ABSENT = re.compile(r"не\s?явк|не\s?явил|^н[/\\.]?я\.?$|отсутств")
CANCELLED = re.compile(r"удал[её]н|аннулир|не заверш|не закончил")

MARK_SUBJECT = "mat_base"  # the one ЕГЭ that is given in marks
# Columns that may hold the result, the best first.
RESULT_NAMES = {"oge": ("mark",), "ege": ("test", "score", "mark"), MARK_SUBJECT: ("mark", "score", "test")}


@dataclass(frozen=True)
class Protocol:
    """What holds for every row of one sheet of results.

    Args:
        exam: the exam.
        columns: where each known column stands.
        result_names: columns that may hold the result, the best first.
        remarks: indexes of the columns that may hold words about a result.
        personal: indexes of the columns that name the pupil.
        context: keys pupils.
    """

    exam: Exam
    columns: dict[str, int]
    result_names: tuple[str, ...]
    remarks: tuple[int, ...]
    personal: frozenset[int]
    context: ReadingContext = field(repr=False)

    def named(self, row: list[Cell]) -> dict[str, Cell]:
        """The cells of the known columns that the row has, by name."""
        return {name: row[index] for name, index in self.columns.items() if index < len(row)}

    def words(self, row: list[Cell]) -> list[str]:
        """What the row says beside digits, as `header_text`; cells that name the pupil are passed over."""
        return [told for i, cell in enumerate(row) if i not in self.personal and (told := _word(cell))]


@dataclass(frozen=True)
class Refusal:
    """Why a row is not kept."""

    reason_code: str
    column: str = ""
    is_service: bool = False


def read_protocol(
    sheet: Sheet, header_index: int, context: ReadingContext, account: Account, *, procedure: str
) -> None:
    """Put every row below the header into the account, as a pupil's attempt or as a reject."""
    rows = data_rows(sheet, header_index + 1)
    account.announce(len(rows))
    protocol = protocol_of(sheet, header_index, context, procedure)
    kept: list[dict[str, object]] = []
    for row_number, row in rows:
        judged = judge_row(row, protocol)
        if isinstance(judged, Refusal):
            account.reject(
                sheet.name, row_number, judged.reason_code, column=judged.column, is_service=judged.is_service
            )
        else:
            kept.append({"row_number": row_number, **judged})
    if kept:
        frame = pd.DataFrame(kept).assign(
            year=protocol.exam.year,
            procedure=procedure,
            subject=protocol.exam.subject,
            code_kind=procedure,
            form_code="basic",
            is_appealed=False,
            exam_date=protocol.exam.exam_date,
        )
        account.keep_frame(PUPIL_ATTEMPTS, frame, sheet.name)


def protocol_of(sheet: Sheet, header_index: int, context: ReadingContext, procedure: str) -> Protocol:
    """What the title and the header of a sheet tell of all its rows."""
    header = [header_text(cell) for cell in sheet.rows[header_index]]
    exam = exam_of(sheet, header_index, procedure, context)
    return Protocol(
        exam=exam,
        columns=column_indexes(sheet.rows[header_index], COLUMNS),
        result_names=RESULT_NAMES.get(exam.subject, RESULT_NAMES[procedure]),
        remarks=tuple(index for index, title in enumerate(header) if REMARKS.search(title)),
        personal=frozenset(index for index, title in enumerate(header) if PERSONAL.search(title)),
        context=context,
    )


def judge_row(row: list[Cell], protocol: Protocol) -> dict[str, object] | Refusal:
    """The part of an attempt that varies by row, or why the row is none."""
    named = protocol.named(row)
    if _is_service(row, text(named.get("school")), protocol):
        return Refusal("footer_row", is_service=True)
    procedure = protocol.exam.procedure
    if not protocol.exam.subject:
        return Refusal("gve_outside_base", is_service=True)
    code = school_code(procedure, named.get("municipality"), named.get("school"))
    if code is None:
        return Refusal("no_school", "Код ОО")
    class_cell = named.get("class")
    grade = exam_grade(procedure, class_cell)
    if grade is None:
        return Refusal("not_graduate", "Класс", is_service=class_cell is not None)
    scores = judge_scores(row, named, protocol)
    if isinstance(scores, Refusal):
        return scores
    key = participant_key(protocol.context, named.get("series"), named.get("number"), named.get("participant"))
    return {"grade": grade, "code_text": code, "pupil_key": key, **scores}


def judge_scores(row: list[Cell], named: dict[str, Cell], protocol: Protocol) -> dict[str, object] | Refusal:
    """Absence or the scores of a row, or why there is no result; bounds are the table's matter."""
    name = next((n for n in protocol.result_names if named.get(n) is not None), protocol.result_names[0])
    result_cell, primary_cell = named.get(name), named.get("primary")
    result, primary = number(result_cell), number(primary_cell)
    remarks = [result_cell, primary_cell, *(cell_at(row, index) for index in protocol.remarks)]
    words = [told for cell in remarks if (told := _word(cell))]  # none at all in most rows
    if result is None:
        words += protocol.words(row)
    if _says(ABSENT, words):
        # An export may print 0 for whoever did not come; any other result contradicts the word.
        return Refusal("absent_with_result", TITLES[name]) if result or primary else _scores(is_absent=True)
    if _says(CANCELLED, words):
        return Refusal("no_result", TITLES[name])
    for cell, value, column in ((result_cell, result, name), (primary_cell, primary, "primary")):
        if cell is not None and value is None:
            return Refusal("not_a_number", TITLES[column])
    if result is None and primary is None:
        return Refusal("no_result", TITLES[name])
    if protocol.exam.procedure == "oge" or protocol.exam.subject == MARK_SUBJECT:
        if result is not None and not result.is_integer():
            return Refusal("not_an_integer", TITLES[name])
        return _scores(primary=primary, mark=result)
    return _scores(primary=primary, test=result)


def _scores(
    *, is_absent: bool = False, primary: float | None = None, test: float | None = None, mark: float | None = None
) -> dict[str, object]:
    return {"is_absent": is_absent, "primary_score": primary, "test_score": test, "mark": mark}


def _is_service(row: list[Cell], school: str, protocol: Protocol) -> bool:
    """Whether the row is a footer or the header again; a pupil's row begins with a number, never with words."""
    if school.isdecimal():
        first = next(i for i, cell in enumerate(row) if cell is not None)
        return _says(FOOTER, protocol.words(row[: first + 1]))
    if header_text(school) in ("код оо", "schoolcode"):
        return True
    return _says(FOOTER, protocol.words(row))


def _word(cell: Cell) -> str:
    """A cell of words as `header_text`, empty for numbers and digits."""
    return header_text(cell) if isinstance(cell, str) and not cell.isdecimal() else ""


def _says(pattern: re.Pattern[str], words: Sequence[str]) -> bool:
    return any(map(pattern.search, words))


LAYOUTS: tuple[Layout, ...] = (
    Layout(
        "ege_export",
        "РИС ГИА: протокол ЕГЭ",
        Fingerprint(
            columns=(r"^код мсу", r"^код оо$", r"^класс$", r"^первичный балл$", r"^(балл|тестовый балл|оценка)$"),
            labels=("Код МСУ", "Код ОО", "Класс", "Первичный балл", "Балл, Тестовый балл или Оценка"),
        ),
        partial(read_protocol, procedure="ege"),
    ),
    Layout(
        "oge_export",
        "РИС ГИА: протокол ОГЭ",
        Fingerprint(
            columns=(r"^код оо$", r"^класс$", r"^код участника", r"^первичный балл$", r"^(оценка|отметка)$"),
            labels=("Код ОО", "Класс", "Код участника", "Первичный балл", "Оценка"),
        ),
        partial(read_protocol, procedure="oge"),
    ),
    Layout(
        "oge_normalised",
        "РИС ГИА: протокол ОГЭ с английскими заголовками",
        Fingerprint(
            columns=(r"^schoolcode$", r"^classcode$", r"^primarymark$", r"^mark5$"),
            labels=("SchoolCode", "ClassCode", "PrimaryMark", "Mark5"),
        ),
        partial(read_protocol, procedure="oge"),
    ),
    APPEALS_LAYOUT,
)
