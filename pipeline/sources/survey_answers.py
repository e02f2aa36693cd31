"""Answers of the survey going into the account of their file: one judged cell, or the counts of one tally row."""

import re
from collections.abc import Mapping

from pipeline.questionnaire import scale_answer
from pipeline.sources.grid import Cell, number, text
from pipeline.sources.reading import Account
from pipeline.tables.causes import SURVEY_RESPONSES

# What a reject may show of a cell: a number or a usual slip; anything else could be words about a person.
SHOWN = re.compile(r"[+-]?\d{1,3}([.,]\d+)?|да|нет|#\S{1,8}|Err:\d+", re.IGNORECASE)
FORMULA_ERROR = re.compile(r"#[A-ZА-Я/0!?]+.*|Err:\d+", re.IGNORECASE)


class SurveyAccount:
    """The account of a returned file, with the year, the group and the school that its answers belong to.

    Args:
        account: the bookkeeping of the file; whoever reads a sheet announces its records there.
        year: year of decision.
        group_code: who answers.
    """

    def __init__(self, account: Account, year: int, group_code: str) -> None:
        self.account = account
        self.year = year
        self.group_code = group_code
        self._school: dict[str, object] = {}

    def school(self, *, code_text: str = "", school_text: str = "", municipality_text: str = "") -> None:
        """Say whose the answers are that follow."""
        told = {"code_text": code_text, "school_text": school_text, "municipality_text": municipality_text}
        self._school = {"code_kind": None, **{name: value or None for name, value in told.items()}}

    def put(
        self, sheet: str, row_number: int, block: str, respondent: int, item_code: str, cell: Cell, fault: str = ""
    ) -> None:
        """Keep a respondent's answer, or reject the cell: for a fault already known, or because it is no answer."""
        told = text(cell)
        answer = scale_answer(told)
        reason = fault or ("" if answer is not None else _fault_of(told, "not_on_scale"))
        if reason or answer is None:
            self.account.reject(sheet, row_number, reason, block=block, value=_shown(cell))
            return
        self._keep(sheet, row_number, block, respondent, item_code, answer, 1)

    def put_counts(
        self,
        sheet: str,
        row_number: int,
        item_code: str,
        counts: Mapping[int, Cell],
        head_count: int | None,
        fault: str = "",
    ) -> None:
        """Keep how many gave each answer to a statement, or reject the row: half of the counts are no counts.

        `counts` holds the filled cells by answer; `head_count` is the number of paper forms returned, None where the
        file does not say; `fault` says why the row cannot be kept, where that is known already.
        """
        wrong = next((cell for cell in counts.values() if _count_fault(cell)), None)
        reason = fault or _count_fault(wrong)
        whole = {} if reason else {answer: int(number(cell) or 0) for answer, cell in counts.items()}
        total = sum(whole.values())
        if not reason and head_count is not None and total > head_count:
            reason, wrong = "above_form_count", total
        if reason:
            self.account.reject(sheet, row_number, reason, value=_shown(wrong))
            return
        for answer, count in whole.items():
            if count:
                self._keep(sheet, row_number, "", 0, item_code, answer, count)

    def _keep(
        self, sheet: str, row_number: int, block: str, respondent: int, item_code: str, answer: int, count: int
    ) -> None:
        self.account.keep(
            SURVEY_RESPONSES,
            sheet,
            row_number,
            block,
            **self._school,
            year=self.year,
            group_code=self.group_code,
            respondent_number=respondent,
            item_code=item_code,
            answer=answer,
            answer_count=count,
        )


def _count_fault(cell: Cell) -> str:
    """Why a cell cannot be a count; empty where it can, or is blank."""
    count = number(cell)
    if count is None:
        return _fault_of(text(cell), "not_a_number") if cell is not None else ""
    if count < 0:
        return "below_minimum"
    return "not_an_integer" if count % 1 else ""


def _fault_of(told: str, otherwise: str) -> str:
    """The reason to reject a cell that is no answer."""
    return "formula_error" if FORMULA_ERROR.fullmatch(told) else otherwise


def _shown(cell: Cell) -> str | None:
    told = text(cell)
    return told if SHOWN.fullmatch(told) else None
