"""Pupils' results of a ВПР test as rows of attempts, however the sheet that prints them is laid out.

The code of a pupil enters a keyed hash and nothing else.
"""

from collections.abc import Mapping, Sequence

import numpy as np

from pipeline.sources.grid import Cell, text
from pipeline.sources.judged import JudgedRows, keep_attempts
from pipeline.sources.reading import Account, ReadingContext, header_text
from pipeline.sources.vpr_title import VprTest

NO_JOURNAL_MARK = {"нет отметки", "нет", "н/а", "-", "–", "0"}


def is_absent_word(cell: Cell) -> bool:
    """Whether the cell says «отсутствовал» (files also misspell it without the second «т»)."""
    return isinstance(cell, str) and cell.lower().startswith("отсутс")


def keep_vpr_pupils(
    rows: JudgedRows,
    test: VprTest,
    grades: Sequence[str | None],
    cells: Mapping[str, Sequence[Cell]],
    is_absent: Sequence[bool],
    context: ReadingContext,
    account: Account,
    primary_title: str = "Первичный балл",
) -> None:
    """Keep the pupils of one sheet as `PUPIL_ATTEMPTS`, or reject them with the first fault.

    Args:
        rows: the rows under judgement, one per pupil.
        test: the test that the sheet reports.
        grades: grade by row; None where it is told nowhere, which rejects the row.
        cells: by row: code, school, municipality (how the school is named), pupil, klass, primary, mark, journal.
        is_absent: by row.
        context: for the keys.
        account: receives the rows.
        primary_title: name of the column of the primary score, for rejects.
    """
    count = len(is_absent)
    nothing = np.full(count, np.nan)
    journal = [None if header_text(cell) in NO_JOURNAL_MARK else cell for cell in cells["journal"]]
    scores = {
        "primary_score": rows.numbers(cells["primary"], primary_title),
        "maximum_score": nothing if test.maximum_score is None else np.full(count, test.maximum_score),
        "test_score": nothing,
        "mark": rows.integers(cells["mark"], "Отметка"),
        "journal_mark": rows.integers(journal, "Отметка по журналу"),
    }
    # Codes of pupils repeat between schools, grades and at times classes: all of them make the key.
    identities = zip(cells["code"], cells["klass"], grades, cells["pupil"], strict=True)
    keys = [
        context.pupil_key(code, klass, grade, pupil, test.subject, test.year) if pupil is not None else None
        for code, klass, grade, pupil in identities
    ]
    columns = {
        "year": test.year,
        "procedure": "vpr",
        "subject": test.subject,
        "grade": list(grades),
        "code_kind": ["fisoko" if code is not None else None for code in cells["code"]],
        "code_text": [text(code).lower() or None for code in cells["code"]],
        "school_text": [text(name) or None for name in cells["school"]],
        "municipality_text": [text(name) or None for name in cells["municipality"]],
        "form_code": test.form_code,
        "pupil_key": keys,
    }
    keep_attempts(rows, account, primary_title=primary_title, is_absent=is_absent, scores=scores, columns=columns)
