"""Lists of schools in `decisions/lists/`: which files lie there, and which schools their rows mean.

Schools are recognised as everywhere (`pipeline.identity`). An own earlier order counts whole or not at all: a row that
means no school of the register, or a school that stands twice, stops the command and is named.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from pipeline import identity
from pipeline.errors import ConfigError
from pipeline.russian import reason_label
from pipeline.schema import records
from pipeline.sources.grid import EXCEL_SUFFIXES, TEXT_SUFFIXES, SourceFile
from pipeline.sources.school_list import read_school_list
from pipeline.tables.orders import PAST_LIST
from pipeline.tables.school_lists import LISTED_ROWS
from pipeline.tables.sources import PLACE_KEY

FOLDER = "decisions/lists"
OWN_NAME = re.compile(r"(\d{4})")
FEDERAL_NAME = re.compile(r"federal_(low|bias)(?:_(\d{4}))?")
LIST_CODES: Mapping[str, str] = {"low": "low_results", "bias": "bias_signs"}
SHOWN_ROWS = 5


@dataclass(frozen=True)
class FederalFile:
    """A federal list: where it lies, which list it is, and its year where the name of the file tells it."""

    path: Path
    list_code: str
    year: int | None


@dataclass(frozen=True)
class ListFiles:
    """What lies in `decisions/lists/`: own earlier lists by year, and federal lists sorted by name."""

    own: Mapping[int, Path]
    federal: tuple[FederalFile, ...]


def list_files(root: Path) -> ListFiles:
    """The lists of a region; names that begin with «_», «.» or «~» are set aside.

    Raises:
        ConfigError: a file whose name says neither a year nor a federal list, or two files of one year.
    """
    folder = root / FOLDER
    own: dict[int, Path] = {}
    federal: list[FederalFile] = []
    for path in sorted(folder.iterdir()) if folder.is_dir() else ():
        if not path.is_file() or path.name.startswith(("_", ".", "~")):
            continue
        is_table = path.suffix.lower() in (*EXCEL_SUFFIXES, *TEXT_SUFFIXES)
        if is_table and (found := OWN_NAME.fullmatch(path.stem)):
            other = own.setdefault(int(found[1]), path)
            if other != path:
                raise ConfigError(
                    f"Перечень {found[1]} года лежит в двух файлах",
                    where=f"{FOLDER}/{other.name}, {FOLDER}/{path.name}",
                    remedy="оставьте один; к имени другого добавьте впереди «_»",
                )
        elif is_table and (found := FEDERAL_NAME.fullmatch(path.stem)):
            federal.append(FederalFile(path, LIST_CODES[found[1]], int(found[2]) if found[2] else None))
        else:
            raise ConfigError(
                "Непонятно, что это за список",
                where=f"{FOLDER}/{path.name}",
                remedy="свой перечень называется годом (2025.xlsx или 2025.csv), федеральный — federal_low_2025.xlsx "
                "(низкие результаты) или federal_bias_2025.xlsx (признаки необъективности); "
                "к имени постороннего файла добавьте впереди «_»",
            )
    return ListFiles(own, tuple(federal))


def recognised(rows: pd.DataFrame, register: identity.Register, decision_year: int) -> pd.DataFrame:
    """The rows of a list with `school_id` (missing where unknown), `municipality_id` and `how_code`.

    Args:
        rows: rows of a list whose `year` is filled (`LISTED_ROWS`).
        register: who is who.
        decision_year: a school renamed up to this year is its new entry of the register.
    """
    references = identity.references({LISTED_ROWS.name: rows})
    return identity.attach(rows, identity.recognise(references, register, decision_year))


def own_list(file: SourceFile, register: identity.Register, year: int) -> pd.DataFrame:
    """One row per school of an own earlier order (`PAST_LIST`), named by code or by name and municipality.

    Args:
        file: any table with a header of `pipeline.sources.school_list`.
        register: who is who.
        year: the year of the list, as the file is called.

    Raises:
        SourceError: the file cannot be read.
        ConfigError: a row cannot be used, means no school or a school of another row, or is of another year.
    """
    reading = read_school_list(file)
    refused = reading.rejects[~reading.rejects["is_service"].astype(bool)]
    _refuse(refused, "строку перечня не прочитать", file, [reason_label(str(c)) for c in refused["reason_code"]])
    rows = reading.tables.get(LISTED_ROWS.name, LISTED_ROWS.empty())
    strange = rows[rows["year"].notna() & (rows["year"] != year)]
    _refuse(strange, f"строка не о {year} годе", file, [f"год {value}" for value in strange["year"]])
    known = recognised(rows.assign(year=year), register, year)
    unknown = known[known["school_id"].isna()]
    _refuse(unknown, "школа не найдена в реестре", file, [school_words(row) for row in records(unknown)])
    twice = known[known.duplicated("school_id", keep=False)].sort_values(["school_id", *PLACE_KEY])
    _refuse(twice, "школа названа дважды", file, [school_words(row) for row in records(twice)])
    texts = known.assign(school_name=known["school_text"], municipality_name=known["municipality_text"])
    return PAST_LIST.conform(texts[list(PAST_LIST.column_names)])


def school_words(row: Mapping[str, object]) -> str:
    """How a row names its school: «МБОУ „СШ № 1“, Озёрный район, код edu670001»."""
    code = f"код {row['code_text']}" if row["code_text"] else ""
    return ", ".join(str(part) for part in (row["school_text"], row["municipality_text"], code) if part)


def place_words(row: Mapping[str, object]) -> str:
    """Where a row stands inside its file: «лист «Приложение», строка 7»."""
    sheet = f"лист «{row['sheet_name']}», " if row["sheet_name"] else ""
    return f"{sheet}строка {row['row_number']}"


def _refuse(rows: pd.DataFrame, what: str, file: SourceFile, details: list[str]) -> None:
    """Refuse the list for these rows, the first few of them named; nothing where there are none."""
    if rows.empty:
        return
    shown = [f"{place_words(row)}: {told}" for row, told in zip(records(rows), details, strict=True)][:SHOWN_ROWS]
    more = f" и ещё {len(rows) - SHOWN_ROWS}" if len(rows) > SHOWN_ROWS else ""
    raise ConfigError(
        f"В прежнем перечне {what} (строк: {len(rows)})",
        where=f"{file.file_id}, {'; '.join(shown)}{more}",
        remedy="исправьте строку, впишите в неё код школы реестра (столбец school_id) или добавьте решение о названии "
        "в reference/school_matches.csv",
    )
