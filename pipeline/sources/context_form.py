"""The yearly context form of schools and the social passport (formats 5): facts about conditions, as they stand.

A record is one row of one sheet: a school. Each filled cell of a known column becomes a row of `CONTEXT_FACTS`; a cell
that cannot be read becomes a fact without a value, told by its place alone, for a free text may hold a name. Columns of
people are never read. A column that no layout knows is one rejected record, so that it is told once and not lost.

Rules:
    - «нет» for a count is 0; a dash and «н/д» say nothing, as a blank does. «12 чел.» is 12, «до 12» is no number.
    - A column of percents in which every number is at most 1 and some are fractions holds shares: Excel stores so what
      it shows as per cent. A cell with the sign % is always a percent.
    - An answer is known by its words, whole or as its beginning («да, два» is «да»); the longest known answer counts.
"""

import re
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

import pandas as pd

from pipeline.sources.context_spec import CODE_ROLES, Choice, ContextSheet, ContextSpec, load_context_spec, spelling
from pipeline.sources.grid import Cell, Sheet, number, text
from pipeline.sources.layout_toml import CONTEXT, layout_paths, refuse_repeated_ids
from pipeline.sources.reading import (
    Account,
    Fingerprint,
    Layout,
    ReadingContext,
    cell_at,
    data_rows,
    header_text,
)
from pipeline.tables.context import CONTEXT_FACTS

NOTHING_SAID = frozenset(("", "н д", "нет данных", "х", "x"))
ZERO_WORDS = frozenset(("нет", "отсутствует", "отсутствуют", "не имеется"))
UNIT = re.compile(r"\s*(?:чел|человек|шт|штук|ед|ч|час|часов|ставк\w*|%)\.?$")
TOTAL = re.compile(r"^(?:итого|всего)\b")

Fact = tuple[str, float | None, str | None]  # indicator, value, text


def layouts(root: Path | None) -> tuple[Layout, ...]:
    """The context layouts of the package and of DIR/layouts, one per [[sheets]] entry; wrong TOML: `ConfigError`."""
    specs = {name: load_context_spec(path) for name, path in layout_paths(root, CONTEXT).items()}
    refuse_repeated_ids(
        {f"{name}: {sheet.title}": sheet.layout_id for name, spec in specs.items() for sheet in spec.sheets}
    )
    return tuple(_layout(spec, sheet) for spec in specs.values() for sheet in spec.sheets)


def _layout(spec: ContextSpec, entry: ContextSheet) -> Layout:
    return Layout(entry.layout_id, entry.title, Fingerprint(columns=entry.header), partial(_read, spec))


def _read(spec: ContextSpec, sheet: Sheet, header_index: int, context: ReadingContext, account: Account) -> None:
    """Keep the facts of every school of a sheet; tell the columns that nobody knows."""
    header = sheet.rows[header_index]
    known, strange = _columns(spec, header)
    rows = data_rows(sheet, header_index + 1)
    account.announce(len(rows) + len(strange))
    for index, reason_code in strange.items():
        column = text(header[index]) or f"столбец {index + 1}"
        account.reject(sheet.name, header_index + 1, reason_code, block=f"столбец {index + 1}", column=column)
    year = _year(spec, sheet, header_index, context)
    shares = {code for code, index in known.items() if spec.kinds.get(code) == "percent" and _are_shares(rows, index)}
    places: list[dict[str, object]] = []
    for row_number, row in rows:
        school = {role: text(cell_at(row, known.get(role))) or None for role in dict.fromkeys(spec.roles.values())}
        fault = _fault(school, row)
        facts = [] if fault else _facts(spec, known, shares, row)
        if fault or not facts:
            account.reject(sheet.name, row_number, fault or "no_context", is_service=fault == "footer_row")
            continue
        code_kind = next((role for role in CODE_ROLES if school.get(role)), None)
        place = {
            "row_number": row_number,
            "code_kind": code_kind,
            "code_text": school[code_kind] if code_kind else None,
            "school_text": school.get("name"),
            "municipality_text": school.get("municipality"),
            "year": year,
        }
        places += [place | {"indicator_code": c, "value": value, "value_text": told} for c, value, told in facts]
    if places:
        account.keep_frame(CONTEXT_FACTS, pd.DataFrame(places), sheet.name)


def _columns(spec: ContextSpec, header: Sequence[Cell]) -> tuple[dict[str, int], dict[int, str]]:
    """Indicator or role -> index of its column, and index -> reason for the columns that are set aside."""
    known: dict[str, int] = {}
    strange: dict[int, str] = {}
    for index, cell in enumerate(header):
        words = spelling(cell)
        if not words or words in spec.dropped:
            continue
        code = spec.roles.get(words) or spec.indicators.get(words)
        if code is None:
            strange[index] = "unknown_column"
        elif code in known:
            strange[index] = "repeated_column"
        else:
            known[code] = index
    return known, strange


def _year(spec: ContextSpec, sheet: Sheet, header_index: int, context: ReadingContext) -> int:
    """The calendar year in which the school year ends: from a title, the name of the file, else the year of receipt."""
    titles = [header_text(cell) for row in sheet.rows[:header_index] for cell in row if cell is not None]
    for place in (*titles, header_text(context.file.path.stem)):
        for pattern in spec.year:
            if found := re.search(pattern, place):
                return int(found.group(1))
    return context.file.receipt_year


def _fault(school: Mapping[str, str | None], row: Sequence[Cell]) -> str:
    """Why a row is no school's; empty where it is one."""
    first = next((header_text(cell) for cell in row if cell is not None), "")
    if TOTAL.match(first) or TOTAL.match(header_text(school.get("name"))):
        return "footer_row"
    if all(number(cell) == index for index, cell in enumerate(row, start=1) if cell is not None):
        return "footer_row"  # the numbers of the columns under the header
    return "" if any(school.get(role) for role in (*CODE_ROLES, "name")) else "no_school"


def _facts(spec: ContextSpec, known: Mapping[str, int], shares: set[str], row: list[Cell]) -> list[Fact]:
    """What one row says, blanks left out; a cell that cannot be read gives a fact without a value."""
    facts: list[Fact] = []
    for code, index in known.items():
        kind, cell = spec.kinds.get(code), cell_at(row, index)
        if kind is None or cell is None:
            continue
        if kind == "choice":
            choice = spec.choices[code]
            answer = _answer(choice, cell)
            if answer is None and spelling(cell) in NOTHING_SAID:
                continue
            facts.append((code, answer, None if answer is None else choice.titles[answer]))
        elif not isinstance(cell, str) or spelling(cell) not in NOTHING_SAID:
            facts.append((code, _number(cell, kind == "percent" and code not in shares), None))
    return facts


def _answer(choice: Choice, cell: Cell) -> int | None:
    """The number of the answer, None where the words are none of the known ones."""
    if isinstance(cell, bool):
        return choice.codes.get("да" if cell else "нет")
    words = spelling(cell)
    if words in choice.codes:
        return choice.codes[words]
    beginnings = [known for known in choice.codes if not known.isdigit() and words.startswith(f"{known} ")]
    return choice.codes[max(beginnings, key=len)] if beginnings else None


def _number(cell: Cell, is_percent: bool) -> float | None:
    """The number in a cell, a percent as a share; None where there is none."""
    if not isinstance(cell, str):
        found, has_sign = number(cell), False
    elif spelling(cell) in ZERO_WORDS:
        return 0.0
    else:
        words = header_text(cell)
        found, has_sign = number(UNIT.sub("", words)), words.endswith("%")
    return found if found is None or not (is_percent or has_sign) else found / 100


def _are_shares(rows: Sequence[tuple[int, list[Cell]]], index: int) -> bool:
    """Whether a column of percents holds shares: numbers up to 1, some of them fractions."""
    cells = [cell_at(row, index) for _, row in rows]
    numbers = [found for cell in cells if "%" not in text(cell) and (found := number(cell)) is not None]
    return bool(numbers) and max(numbers) <= 1 and any(0 < found < 1 for found in numbers)
