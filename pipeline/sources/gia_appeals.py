"""Reader of decided appeals of ЕГЭ and ОГЭ, one row per appeal of one pupil in one subject.

Columns, in any order: «Экзамен» (ЕГЭ or ОГЭ; else told by «Класс», by the title or by the folder) · «Класс» (optional)
· «Код МСУ» · «Код ОО» · «Предмет» (name, code or «01 - Русский язык») · «Дата экзамена» · «Серия» · «Номер» ·
«Код участника» (optional) · «Тип апелляции» · «Состояние» · «Дата рассмотрения» · «Балл до» · «Балл после» · «Разница»
· «Оценка после». Scores are test scores for ЕГЭ and primary scores for ОГЭ and base mathematics. Where «Балл после» is
blank it is «Балл до» plus «Разница».
"""

import re

import pandas as pd

from pipeline.errors import SourceError
from pipeline.sources.gia_exam import (
    EXAM_GRADES,
    GVE_WORD,
    iso_dates,
    participant_key,
    school_code,
    subject_of,
    title_of,
)
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
from pipeline.tables.sources import APPEALS

COLUMNS = {
    "exam": r"^экзамен",
    "class": r"^класс$",
    "municipality": r"^код мсу",
    "school": r"^код оо$",
    "subject": r"^предмет",
    "exam_date": r"^дата экзамена",
    "series": r"^серия",
    "number": r"^номер( документа| паспорта)?$",
    "participant": r"^код участника",
    "state": r"^состояние",
    "decision_date": r"^дата (рассмотрения|решения)",
    "before": r"^балл до",
    "after": r"^балл после",
    "difference": r"^разница",
    "mark_after": r"^(оценка|отметка) после",
}
NUMBERS = {"before": "Балл до", "after": "Балл после", "difference": "Разница", "mark_after": "Оценка после"}

# Order matters: «не удовлетворена» contains «удовлетворена».
STATES = (
    ("rejected", re.compile(r"не удовл|отклон|отказ|отозван|без изменен")),
    ("granted", re.compile(r"удовлетвор")),
    ("pending", re.compile(r"рассм|подан|ожида|принят|назнач|в работе")),
)
PROCEDURE_WORDS = (("ege", re.compile(r"егэ|ege")), ("oge", re.compile(r"огэ|oge")))


def read_appeals(sheet: Sheet, header_index: int, context: ReadingContext, account: Account) -> None:
    """Put every row below the header into the account, as an appeal or as a reject."""
    rows = data_rows(sheet, header_index + 1)
    account.announce(len(rows))
    columns = column_indexes(sheet.rows[header_index], COLUMNS)
    above = " ".join(text(cell) for row in sheet.rows[:header_index] for cell in row if cell is not None)
    told_by_file = _procedure(header_text(above)) or _procedure(context.file.file_id.lower())
    kept: list[dict[str, object]] = []
    for row_number, row in rows:
        cells = {name: cell_at(row, columns.get(name)) for name in COLUMNS}
        refusal, appeal = _appeal(cells, told_by_file, context)
        if refusal:
            reason_code, column = refusal
            is_service = reason_code in ("footer_row", "gve_outside_base")
            account.reject(sheet.name, row_number, reason_code, column=column, is_service=is_service)
        else:
            kept.append({"row_number": row_number, **appeal})
    if kept:
        account.keep_frame(APPEALS, pd.DataFrame(kept), sheet.name)


def _appeal(
    cells: dict[str, Cell], told_by_file: str | None, context: ReadingContext
) -> tuple[tuple[str, str] | None, dict[str, object]]:
    """Why a row is no appeal (reason and column), or None and the appeal."""
    if cells["subject"] is None and cells["state"] is None:
        return ("footer_row", ""), {}
    exam_word = header_text(cells["exam"])
    title = title_of(text(cells["subject"]))
    if GVE_WORD.search(exam_word) or title.is_gve:
        return ("gve_outside_base", "Экзамен"), {}
    procedure = _procedure(exam_word) or _procedure_of_class(cells["class"]) or told_by_file
    if procedure is None:
        return ("unknown_exam", "Экзамен"), {}
    subject = _subject(text(cells["subject"]), procedure, context)
    if subject is None:
        return ("unknown_subject", "Предмет"), {}
    exam_dates = iso_dates(text(cells["exam_date"]))
    if not exam_dates:
        return ("no_exam_date", "Дата экзамена"), {}
    state_text = header_text(cells["state"])
    state = next((code for code, pattern in STATES if pattern.search(state_text)), None)
    if state is None:
        return ("unknown_state", "Состояние"), {}
    for name, column in NUMBERS.items():
        if cells[name] is not None and number(cells[name]) is None and text(cells[name]) not in ("-", "–", "—"):
            return ("not_a_number", column), {}
    before, difference, after = (number(cells[name]) for name in ("before", "difference", "after"))
    if after is None and before is not None and difference is not None:
        after = before + difference
    mark_after = number(cells["mark_after"])
    if state == "granted" and after is None and mark_after is None:
        return ("no_result", "Балл после"), {}
    code = school_code(procedure, cells["municipality"], cells["school"])
    return None, {
        "year": int(exam_dates[0][:4]),
        "procedure": procedure,
        "subject": subject,
        "grade": EXAM_GRADES[procedure][0],
        "code_kind": procedure if code else None,
        "code_text": code,
        "pupil_key": participant_key(context, cells["series"], cells["number"], cells["participant"]),
        "exam_date": exam_dates[0],
        "appeal_state": state,
        "decision_date": next(iter(iso_dates(text(cells["decision_date"]))), None),
        "score_before": before,
        "score_after": after,
        "mark_after": mark_after,
    }


def _subject(told: str, procedure: str, context: ReadingContext) -> str | None:
    """The subject of a cell that holds a code, a name or both; a contradiction is no subject."""
    whole = context.subject(procedure, told.zfill(2) if told.isdigit() else told)
    try:
        return whole or subject_of(title_of(told), procedure, context, "")
    except SourceError:
        return None


def _procedure(words: str) -> str | None:
    return next((code for code, pattern in PROCEDURE_WORDS if pattern.search(words)), None)


def _procedure_of_class(cell: Cell) -> str | None:
    told = re.match(r"\d+", text(cell))
    return next((code for code, grades in EXAM_GRADES.items() if told and told[0] in grades), None)


APPEALS_LAYOUT = Layout(
    "gia_appeals",
    "РИС ГИА: апелляции",
    Fingerprint(
        columns=(r"^предмет", r"^дата экзамена", r"^номер", r"^состояние", r"^балл до", r"^балл после"),
        labels=("Предмет", "Дата экзамена", "Номер", "Состояние", "Балл до", "Балл после"),
    ),
    read_appeals,
)
