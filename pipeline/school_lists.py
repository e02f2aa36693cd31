"""Lists of schools in `decisions/lists/`: which files lie there, and which schools their rows mean.

Schools are recognised as everywhere (`pipeline.identity`). An own earlier order counts whole or not at all: a row that
means no school of the register, a school that stands twice, or a code and a name that mean two schools stop the command
and are named. A federal list may lie in a folder named by the day on which it was received (`YYYY-MM-DD`).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from pipeline import identity
from pipeline.errors import ConfigError
from pipeline.lineage import successors
from pipeline.russian import reason_label
from pipeline.schema import records
from pipeline.sources.grid import EXCEL_SUFFIXES, LOAD_FOLDER, TEXT_SUFFIXES, SourceFile
from pipeline.sources.school_list import read_school_list
from pipeline.tables.orders import PAST_LIST
from pipeline.tables.school_lists import LISTED_ROWS
from pipeline.tables.sources import PLACE_KEY

FOLDER = "decisions/lists"
OWN_NAME = re.compile(r"(\d{4})")
FEDERAL_NAME = re.compile(r"federal_(low|bias)(?:_(\d{4}))?")
LIST_CODES: Mapping[str, str] = {"low": "low_results", "bias": "bias_signs"}
SHOWN_ROWS = 5
CORRECT = "исправьте эти строки"
NAME_REMEDY = (
    "исправьте строку, впишите в неё код школы реестра (столбец school_id) или добавьте решение о названии "
    "в reference/school_matches.csv"
)


@dataclass(frozen=True)
class FederalFile:
    """A federal list: where it lies, which list it is, its year where the name tells it, the day it was received.

    The day is that of its folder (`YYYY-MM-DD`); empty for a file that lies in `decisions/lists` itself.
    """

    path: Path
    list_code: str
    year: int | None
    received_date: str


@dataclass(frozen=True)
class ListFiles:
    """What lies in `decisions/lists/`: own earlier lists by year, and federal lists sorted by name."""

    own: Mapping[int, Path]
    federal: tuple[FederalFile, ...]


def list_files(root: Path) -> ListFiles:
    """The lists of a region; names that begin with «_», «.» or «~» are set aside.

    Raises:
        ConfigError: a file whose name says neither a year nor a federal list, two files of one year, or a folder that
            is not named by a day.
    """
    own: dict[int, Path] = {}
    federal: list[FederalFile] = []
    for path, received_date in _found(root):
        is_table = path.suffix.lower() in (*EXCEL_SUFFIXES, *TEXT_SUFFIXES)
        if is_table and not received_date and (found := OWN_NAME.fullmatch(path.stem)):
            other = own.setdefault(int(found[1]), path)
            if other != path:
                raise ConfigError(
                    f"Перечень {found[1]} года лежит в двух файлах",
                    where=f"{FOLDER}/{other.name}, {FOLDER}/{path.name}",
                    remedy="оставьте один; к имени другого добавьте впереди «_»",
                )
        elif is_table and (found := FEDERAL_NAME.fullmatch(path.stem)):
            year = int(found[2]) if found[2] else None
            federal.append(FederalFile(path, LIST_CODES[found[1]], year, received_date))
        else:
            raise ConfigError(
                "Непонятно, что это за список",
                where=path.relative_to(root).as_posix(),
                remedy="свой перечень называется годом (2025.xlsx или 2025.csv), федеральный — federal_low_2025.xlsx "
                "(низкие результаты) или federal_bias_2025.xlsx (признаки необъективности); в папку, названную днём, "
                "кладут только федеральные списки; к имени постороннего файла добавьте впереди «_»",
            )
    return ListFiles(own, tuple(federal))


def _found(root: Path) -> list[tuple[Path, str]]:
    """Every file of the folder and of the days below it that is not set aside, with the day on which it came."""
    found: list[tuple[Path, str]] = []
    for path in _inside(root / FOLDER):
        if path.is_file():
            found.append((path, ""))
        elif day := LOAD_FOLDER.match(path.name):
            found += [(file, day[1]) for file in _inside(path)]
        else:
            raise ConfigError(
                "Папка среди списков названа не днём получения: её файлы не были бы прочитаны",
                where=f"{FOLDER}/{path.name}",
                remedy="назовите её днём, например 2026-09-20, или добавьте к имени впереди «_»",
            )
    return found


def _inside(folder: Path) -> list[Path]:
    """What lies in a folder and is not set aside, sorted by name."""
    paths = sorted(folder.iterdir()) if folder.is_dir() else []
    return [path for path in paths if not path.name.startswith(("_", ".", "~"))]


def recognised(rows: pd.DataFrame, register: identity.Register, decision_year: int) -> pd.DataFrame:
    """The rows of a list with `school_id` (missing where unknown), `municipality_id`, `how_code`, `is_contradictory`.

    Code and name contradict each other where the name alone means another school, which is not its successor either.

    Args:
        rows: rows of a list whose `year` is filled (`LISTED_ROWS`).
        register: who is who.
        decision_year: a school renamed up to this year is its new entry of the register.
    """
    known, by_name = (
        identity.attach(asked, identity.recognise(_references(asked), register, decision_year))
        for asked in (rows, rows.assign(code_kind="", code_text=None))
    )
    final = successors(register.school_lineage, decision_year)
    ids, named = (frame["school_id"].map(lambda i: final.get(i, i), na_action="ignore") for frame in (known, by_name))
    is_other = (known["how_code"] == "code") & (by_name["how_code"] == "name") & (ids != named)
    return known.assign(is_contradictory=is_other.fillna(False).astype(bool))


def _references(rows: pd.DataFrame) -> pd.DataFrame:
    return identity.references({LISTED_ROWS.name: rows})


def own_list(file: SourceFile, register: identity.Register, year: int) -> pd.DataFrame:
    """One row per school of an own earlier order (`PAST_LIST`), named by code or by name and municipality.

    Args:
        file: any table with a header of `pipeline.sources.school_list`.
        register: who is who.
        year: the year of the list, as the file is called.

    Raises:
        SourceError: the file cannot be read.
        ConfigError: a row cannot be used, means no school, two schools or a school of another row, or is of another
            year; or there is no row.
    """
    reading = read_school_list(file)
    refused = reading.rejects[~reading.rejects["is_service"].astype(bool)]
    is_strange = refused["reason_code"] == "unknown_sheet"
    strange_sheets = refused[is_strange].drop_duplicates("sheet_name")
    remedy = "удалите лишний лист или добавьте на нём строку заголовка"
    _refuse(strange_sheets, "на листе нет заголовка списка", file, ["лист не прочитан"] * len(strange_sheets), remedy)
    refused = refused[~is_strange]
    told = [reason_label(str(code)) for code in refused["reason_code"]]
    _refuse(refused, "строку перечня не прочитать", file, told, CORRECT)
    rows = reading.tables.get(LISTED_ROWS.name, LISTED_ROWS.empty())
    strange = rows[rows["year"].notna() & (rows["year"] != year)]
    remedy = "проверьте имя файла и столбец года: учебный год «2025/26» — это год 2026"
    _refuse(strange, f"строка не о {year} годе", file, [f"год {value}" for value in strange["year"]], remedy)
    known = recognised(rows.assign(year=year), register, year)
    unknown = known[known["school_id"].isna()]
    _refuse(unknown, "школа не найдена в реестре", file, [school_words(row) for row in records(unknown)], NAME_REMEDY)
    mixed = known[known["is_contradictory"]]
    remedy = "оставьте в строке верное: исправьте или сотрите код либо название"
    told = [school_words(row) for row in records(mixed)]
    _refuse(mixed, "код и название означают разные школы", file, told, remedy)
    twice = known[known.duplicated("school_id", keep=False)].sort_values(["school_id", *PLACE_KEY])
    remedy = "оставьте одну строку каждой школы"
    _refuse(twice, "школа названа дважды", file, [school_words(row) for row in records(twice)], remedy)
    if known.empty:
        raise ConfigError(
            f"В перечне {year} года нет ни одной школы",
            where=file.file_id,
            remedy="запросите перечень заново; чтобы считать без него, добавьте к имени файла впереди «_»",
        )
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


def _refuse(rows: pd.DataFrame, what: str, file: SourceFile, details: list[str], remedy: str) -> None:
    """Refuse the list for these rows, the first few of them named; nothing where there are none."""
    if rows.empty:
        return
    shown = [f"{place_words(row)}: {told}" for row, told in zip(records(rows), details, strict=True)][:SHOWN_ROWS]
    more = f" и ещё {len(rows) - SHOWN_ROWS}" if len(rows) > SHOWN_ROWS else ""
    raise ConfigError(
        f"В прежнем перечне {what} (строк: {len(rows)})",
        where=f"{file.file_id}, {'; '.join(shown)}{more}",
        remedy=remedy,
    )
