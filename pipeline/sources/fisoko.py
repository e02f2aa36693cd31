"""Reports of ФИС ОКО on the ВПР: marks, comparison with the journal, distribution of scores; formats.md, section 1.

Rows of a report are groups: the whole sample, the region, municipalities, schools. Which of them a row is shows only in
the bracketed code at its end. Schools become `reported_cells`, `reported_journal` or `reported_distributions`, the
other groups `reported_totals`. A row whose level cannot be told is rejected as `unknown_level`.
"""

import re
from collections.abc import Callable, Sequence

import pandas as pd

from pipeline.schema import Table
from pipeline.sources.fisoko_groups import Group, groups_of, whole_test
from pipeline.sources.fisoko_individual import INDIVIDUAL
from pipeline.sources.grid import Cell, Sheet, number, text
from pipeline.sources.reading import (
    Account,
    Fingerprint,
    Layout,
    ReadingContext,
    cell_at,
    column_indexes,
    header_text,
)
from pipeline.tables.sources import REPORTED_CELLS, REPORTED_DISTRIBUTIONS, REPORTED_JOURNAL, REPORTED_TOTALS

Record = tuple[Table, list[dict[str, object]]]  # what one row of a report becomes: a table and rows of it

# Percents are printed with two decimals: half of the last digit, and a little for the arithmetic of the sender.
PERCENT_TOLERANCE = 0.006
PERCENT_SUM_TOLERANCE = 0.06
SCORE = re.compile(r"\d{1,4}")

NO_PERCENT = {"", "-", "–"}
JOURNAL_OUTCOMES = {"lowered_count": "понизили", "confirmed_count": "подтвердили", "raised_count": "повысили"}


class RefusedRowError(Exception):
    """A row that cannot be kept; turned into a reject by the loop that reads the rows."""

    def __init__(self, reason_code: str, title: str, value: Cell) -> None:
        self.reason_code, self.title, self.value = reason_code, title, value


def count_of_percent(total_count: int, percent: float) -> int | None:
    """The number of pupils that a percent stands for, or None where no whole number gives the printed percent."""
    count = round(total_count * percent / 100)
    printed_again = 100 * count / total_count if total_count else 0.0
    return count if abs(printed_again - percent) <= PERCENT_TOLERANCE else None


def read_marks(sheet: Sheet, header_index: int, context: ReadingContext, account: Account) -> None:
    """«Статистика по отметкам»: percents of the marks 2, 3, 4, 5; the count of low results comes from the percent."""
    header = sheet.rows[header_index]
    at = column_indexes(header, {"tested": r"^кол-во участников"} | {m: f"^{m}$" for m in "2345"})

    def record(group: Group) -> Record:
        tested_count = _count(group.cells, at["tested"], header)
        percents = [_percent(group.cells, at[mark], header) for mark in "2345"]
        _check_sum(tested_count, percents, PERCENT_SUM_TOLERANCE)
        low_count = count_of_percent(tested_count, percents[0])
        if low_count is None:
            raise RefusedRowError("percent_not_count", "2", cell_at(group.cells, at["2"]))
        if group.level_code != "school":
            return _total(group, tested_count, low_count)
        return REPORTED_CELLS, [{**_school(group), "tested_count": tested_count, "low_count": low_count}]

    _read_groups(sheet, header_index, context, account, record)


def read_journal(sheet: Sheet, header_index: int, context: ReadingContext, account: Account) -> None:
    """«Сравнение отметок с отметками по журналу»: per outcome a percent and a count, which must agree."""
    header = sheet.rows[header_index]
    tested_at = column_indexes(header, {"tested": r"^кол-во участников"})["tested"]
    places = {name: _percent_and_count(header, word) for name, word in JOURNAL_OUTCOMES.items()}

    def record(group: Group) -> Record:
        tested_count = _count(group.cells, tested_at, header)
        if group.level_code != "school":
            return _total(group, tested_count, None)
        counts = {name: _count(group.cells, count_at, header) for name, (_, count_at) in places.items()}
        compared_count = sum(counts.values())
        if compared_count > tested_count:
            raise RefusedRowError("counts_above_total", text(header[tested_at]), tested_count)
        for name, (percent_at, _) in places.items():
            percent = _percent(group.cells, percent_at, header)
            # Pupils without a journal mark may stand outside the hundred percent: both bases are met.
            bases = [base for base in (tested_count, compared_count) if base]
            if not any(abs(100 * counts[name] / base - percent) <= PERCENT_TOLERANCE for base in bases) and bases:
                raise RefusedRowError("percent_not_count", text(header[percent_at]), percent)
        return REPORTED_JOURNAL, [{**_school(group), "tested_count": tested_count, **counts}]

    _read_groups(sheet, header_index, context, account, record)


def read_distribution(sheet: Sheet, header_index: int, context: ReadingContext, account: Account) -> None:
    """«Распределение первичных баллов»: percents of the scores 0 … maximum; one row kept per school and score."""
    header = sheet.rows[header_index]
    tested_at = column_indexes(header, {"tested": r"^кол-во участников"})["tested"]
    scores = [(index, int(text(cell))) for index, cell in enumerate(header) if SCORE.fullmatch(text(cell))]
    # Each of many percents is rounded by up to 0.005, so the sum may stray further than that of four marks.
    sum_tolerance = max(PERCENT_SUM_TOLERANCE, 0.005 * len(scores) + 0.001)

    def record(group: Group) -> Record:
        tested_count = _count(group.cells, tested_at, header)
        if group.level_code != "school":
            return _total(group, tested_count, None)
        percents = [_percent(group.cells, index, header) for index, _ in scores]
        _check_sum(tested_count, percents, sum_tolerance)
        for (index, _), percent in zip(scores, percents, strict=True):
            if count_of_percent(tested_count, percent) is None:
                raise RefusedRowError("percent_not_count", text(header[index]), percent)
        common = {**_school(group), "tested_count": tested_count}
        return REPORTED_DISTRIBUTIONS, [
            {**common, "primary_score": score, "score_share": percent / 100}
            for (_, score), percent in zip(scores, percents, strict=True)
        ]

    _read_groups(sheet, header_index, context, account, record)


def _read_groups(
    sheet: Sheet,
    header_index: int,
    context: ReadingContext,
    account: Account,
    record: Callable[[Group], Record],
) -> None:
    """Put every row of an aggregated report into the account: kept as `record` tells, or rejected."""
    test = whole_test(sheet, header_index, context)
    found = groups_of(sheet, header_index)
    account.announce(len(found))
    kept: dict[str, Record] = {}
    for group in found:
        try:
            if group.level_code is None:
                raise RefusedRowError("unknown_level", "Группы участников", group.printed)
            table, rows = record(group)
        except RefusedRowError as fault:
            account.reject(sheet.name, group.row_number, fault.reason_code, column=fault.title, value=fault.value)
        else:
            kept.setdefault(table.name, (table, []))[1].extend(rows)
    for table, rows in kept.values():
        frame = pd.DataFrame(rows).assign(year=test.year, procedure="vpr", subject=test.subject, grade=test.grade)
        account.keep_frame(table, frame, sheet.name)


def _school(group: Group) -> dict[str, object]:
    """Where the row of a group stands, and how the report names its school."""
    return {
        "row_number": group.row_number,
        "code_kind": "fisoko",
        "code_text": group.code,
        "school_text": group.name or None,
        "municipality_text": group.municipality_name,
    }


def _total(group: Group, tested_count: int, low_count: int | None) -> Record:
    """A group above the schools; `area_text` stays as printed, for its code tells the municipality."""
    place = {"row_number": group.row_number, "level_code": group.level_code, "area_text": group.printed}
    return REPORTED_TOTALS, [{**place, "tested_count": tested_count, "low_count": low_count}]


def _count(row: list[Cell], index: int, header: Sequence[Cell]) -> int:
    """A whole number of pupils."""
    found = number(cell_at(row, index))
    if found is None or found < 0 or not found.is_integer():
        raise RefusedRowError("not_a_number", text(cell_at(list(header), index)), cell_at(row, index))
    return int(found)


def _percent(row: list[Cell], index: int, header: Sequence[Cell]) -> float:
    """A percent; a blank or a dash is none, which the sum of the row then confirms or not."""
    cell = cell_at(row, index)
    found = number(cell)
    if found is None and text(cell) in NO_PERCENT:
        return 0.0
    if found is None or found < 0:
        raise RefusedRowError("not_a_number", text(cell_at(list(header), index)), cell)
    return found


def _check_sum(tested_count: int, percents: Sequence[float], tolerance: float) -> None:
    """Refuse percents that do not add up to 100, or to 0 where nobody took part."""
    total = sum(percents)
    if abs(total - (100 if tested_count else 0)) > tolerance:
        raise RefusedRowError("percents_not_100", "Сумма процентов", f"{total:.2f}")


def _percent_and_count(header: Sequence[Cell], word: str) -> tuple[int, int]:
    """Where the percent and the count of an outcome stand: two columns named after it, or its own and the next one."""
    named = [index for index, cell in enumerate(header) if word in header_text(cell)][:2]
    pair = named if len(named) == 2 else [named[0], named[0] + 1]
    percent_at, count_at = sorted(pair, key=lambda index: "%" not in header_text(cell_at(list(header), index)))
    return percent_at, count_at


_GROUP = r"^группы участников"
_TESTED = r"^кол-во участников"

LAYOUTS: tuple[Layout, ...] = (
    Layout(
        layout_id="fisoko_marks",
        title="ФИС ОКО: статистика по отметкам",
        fingerprint=Fingerprint(
            columns=(_GROUP, r"^кол-во оо$", _TESTED, "^2$", "^3$", "^4$", "^5$"),
            labels=("Группы участников", "Кол-во ОО", "Кол-во участников", "2", "3", "4", "5"),
        ),
        read=read_marks,
    ),
    Layout(
        layout_id="fisoko_journal",
        title="ФИС ОКО: сравнение отметок с отметками по журналу",
        fingerprint=Fingerprint(
            columns=(_GROUP, _TESTED, "понизили", "подтвердили", "повысили"),
            labels=("Группы участников", "Кол-во участников", "Понизили", "Подтвердили", "Повысили"),
        ),
        read=read_journal,
    ),
    Layout(
        layout_id="fisoko_distribution",
        title="ФИС ОКО: распределение первичных баллов",
        # Six scores tell it from the report of marks, which has columns 2 … 5; no test has a lower maximum.
        fingerprint=Fingerprint(
            columns=(_GROUP, _TESTED, "^0$", "^1$", "^2$", "^3$", "^4$", "^5$"),
            labels=("Группы участников", "Кол-во участников", "0", "1", "2", "3", "4", "5"),
        ),
        read=read_distribution,
    ),
    INDIVIDUAL,
)
