"""The folder of a real region: an empty one to fill in, and a register of schools started from a sheet."""

import csv
import io
import re
import shlex
from pathlib import Path
from typing import Any

import pandas as pd

from pipeline.errors import ConfigError, SourceError, StoreError
from pipeline.formula_guard import guarded
from pipeline.names import normalise_municipality
from pipeline.region import SETTINGS_FOLDERS, load_region, reference_table
from pipeline.russian import system_fault
from pipeline.schema import Table, records
from pipeline.sources import choose_layout, layouts_of, workbook
from pipeline.sources.grid import open_sheets, source_file
from pipeline.sources.reading import ReadingContext
from pipeline.store import write_whole
from pipeline.subjects import subject_codes
from pipeline.tables import reference

FOLDERS = (*SETTINGS_FOLDERS, "decisions/lists", "raw", "forms")
OWN_TABLES = (
    reference.MUNICIPALITIES,
    reference.SCHOOLS,
    reference.SCHOOL_CODES,
    reference.SCHOOL_LINEAGE,
    reference.SCHOOL_MATCHES,
)
SETTINGS = """# Настройки региона. Заполните все строки: они попадают в отчёты и в проект приказа.
name = "{name}"
short_name = "{name}"
issuer = "Наименование органа, издающего приказ"
signatory_post = "Должность подписывающего"
signatory_name = "И. О. Фамилия"
time_zone = "Europe/Moscow"
is_demo = false
# Сколько полных лет после года получения хранятся файлы с данными учеников (shnro forget).
personal_data_years = 5
"""
# What a name says of the kind of a school; the analyst checks the result in reference/schools.csv.
KIND_WORDS = (
    (r"вечерн|сменн|очно-заочн", "evening"),
    (r"коррекц|адаптированн|для обучающихся с", "correctional"),
    (r"санатор", "sanatorium"),
    (r"закрытого типа", "closed"),
    (r"\bколони[яи]\b|уфсин|следственн\w* изолятор|исправительн\w* учрежд", "penal"),
    (r"кадет", "cadet"),
    (r"интернат", "boarding"),
    (r"лицей", "lyceum"),
    (r"гимнази", "gymnasium"),
    (r"частн|\bноу\b|\bчоу\b|\bано\b", "private"),
)


def make_skeleton(directory: Path, name: str) -> list[Path]:
    """Write the folder of a real region, empty but complete; gives the files made. An existing region is refused.

    The settings come last: a folder without them, in which an interrupted command has begun, is completed.
    """
    if directory.exists() and any(directory.iterdir()) and not _is_begun(directory):
        raise ConfigError(
            "Папка не пуста", where=str(directory), remedy="укажите новую папку: существующий регион не переписывается"
        )
    try:
        for folder in FOLDERS:
            (directory / folder).mkdir(parents=True, exist_ok=True)
        written = [directory / "reference" / f"{table.name}.csv" for table in OWN_TABLES]
        for table, path in zip(OWN_TABLES, written, strict=True):
            path.write_text(",".join(table.column_names) + "\n", encoding="utf-8")
    except OSError as error:
        raise StoreError(
            f"Папку региона не удаётся создать: {system_fault(error)}",
            where=str(directory),
            remedy="проверьте путь и право записи",
        ) from error
    plain = (name or "Наименование региона").replace("\\", " ").replace('"', "'")
    write_whole(directory, "region.toml", SETTINGS.format(name=plain).encode())
    return [directory / "region.toml", *written]


def _is_begun(directory: Path) -> bool:
    """Whether there is nothing but what an interrupted `make_skeleton` leaves: empty folders and heads of tables."""
    heads = {f"reference/{table.name}.csv": (",".join(table.column_names) + "\n").encode() for table in OWN_TABLES}
    for path in directory.rglob("*"):
        name = path.relative_to(directory).as_posix()
        is_ours = name.startswith(".region.toml.") or (name in heads and heads[name].startswith(path.read_bytes()))
        if not path.is_dir() and not is_ours:
            return False
    return True


def next_steps(directory: Path) -> str:
    """What the operator does with a new region, numbered; Russian, for the terminal."""
    where = shlex.quote(str(directory))
    steps = (
        f"Впишите в {directory}/region.toml, кто издаёт и подписывает приказ.",
        f"Положите полученные файлы в {directory}/raw/<год получения>/, ничего в них не меняя.",
        f"Книгу неизвестного вида опишите макетом: shnro layout draft ФАЙЛ --output {directory}/layouts/ИМЯ.toml",
        f"Заполните в {directory}/reference/ файлы municipalities.csv, schools.csv и school_codes.csv "
        f"или начните реестр с листа книги: shnro register ФАЙЛ --sheet ЛИСТ --data {where}",
        f"Прочитайте и проверьте файлы: shnro check --data {where} --year ГОД",
        f"Решите о незнакомых названиях школ: shnro match list --data {where}",
        f"Опубликуйте: shnro monitor --data {where} --year ГОД, затем "
        f"shnro identify --data {where} --year ГОД --capacity ЧИСЛО_МЕСТ",
    )
    return "Дальше:\n" + "\n".join(f"  {number}. {step}" for number, step in enumerate(steps, start=1))


def start_register(file: Path, sheet_name: str, root: Path) -> tuple[int, int]:
    """Write reference/schools.csv and municipalities.csv from one sheet; gives the numbers of both.

    Codes are given in the order of names (`s0001`, `m01`) and stay the schools' own from then on. A register that
    has rows already is never overwritten.
    """
    load_region(root)
    if not reference_table(root, reference.SCHOOLS).empty:
        raise ConfigError(
            "Реестр школ уже заполнен",
            where="reference/schools.csv",
            remedy="начать реестр с листа можно только пустым",
        )
    rows = _names_on_sheet(file, sheet_name, root)
    areas = _areas(rows["municipality_text"])
    rows = rows.assign(municipality_id=rows["municipality_text"].map(lambda text: areas[normalise_municipality(text)]))
    rows = rows.sort_values(["municipality_id", "school_text"], ignore_index=True)
    first_names = rows.drop_duplicates("municipality_id")
    schools = [
        {
            "school_id": f"s{number:04d}",
            "school_name": row["school_text"],
            "municipality_id": row["municipality_id"],
            "kind_code": kind_of(row["school_text"]),
        }
        for number, row in enumerate(records(rows), start=1)
    ]
    municipalities = [
        {"municipality_id": row["municipality_id"], "municipality_name": row["municipality_text"]}
        for row in records(first_names)
    ]
    write_reference(root, reference.SCHOOLS, schools)
    write_reference(root, reference.MUNICIPALITIES, municipalities)
    return len(schools), len(municipalities)


def kind_of(name: str) -> str:
    """The kind of a school as its name tells it; an ordinary one where the name tells nothing."""
    lowered = name.lower()
    return next((kind for pattern, kind in KIND_WORDS if re.search(pattern, lowered)), "ordinary")


def write_reference(root: Path, table: Table, rows: list[dict[str, Any]]) -> None:
    """Write a reference CSV of the region whole, in the declared columns, no text a formula."""
    stream = io.StringIO()
    writer = csv.DictWriter(stream, table.column_names, lineterminator="\n")
    writer.writeheader()
    writer.writerows({k: guarded(v) if isinstance(v, str) else v for k, v in row.items()} for row in rows)
    write_whole(root, f"reference/{table.name}.csv", stream.getvalue().encode())


def _names_on_sheet(file: Path, sheet_name: str, root: Path) -> pd.DataFrame:
    """Municipalities and schools of one sheet, in its order, each pair once."""
    if not file.is_file():
        raise SourceError("Файл не найден", where=str(file), remedy="проверьте путь")
    source = source_file(file, file.parent, 0)
    sheets = {sheet.name: sheet for sheet in open_sheets(source)}
    if sheet_name not in sheets:
        raise SourceError(
            f"В книге нет листа «{sheet_name}»", where=file.name, remedy=f"есть листы: {', '.join(sheets)}"
        )
    chosen = choose_layout(sheets[sheet_name], layouts_of(root))
    if chosen is None or not isinstance(chosen[0], workbook.WorkbookLayout):
        raise SourceError(
            "Лист не подходит ни под один макет региональной книги",
            where=f"{file.name}, лист «{sheet_name}»",
            remedy="опишите книгу макетом: «shnro layout draft ФАЙЛ»",
        )
    context = ReadingContext(source, subject_codes(reference_table(root, reference.SUBJECTS)))
    return workbook.register_rows(source, chosen[0], sheet_name, context)


def _areas(texts: pd.Series) -> dict[str, str]:
    """Normalised municipality -> its new code, in alphabetical order."""
    spelled = sorted({normalise_municipality(str(text)) for text in texts})
    return {text: f"m{number:02d}" for number, text in enumerate(spelled, start=1)}
