"""The region's folder (DIR): its settings, its reference tables and the files in `raw/`.

A file in DIR overrides the package's default of the same name; every fault is told with file, row and column.
"""

import csv
import io
import tomllib
import zoneinfo
from collections.abc import Mapping
from dataclasses import MISSING, dataclass
from pathlib import Path

import pandas as pd

from pipeline.commission_log import checked_log, in_force
from pipeline.errors import ConfigError
from pipeline.formula_guard import unguarded
from pipeline.identity import Register
from pipeline.lineage import refuse_survivors, refuse_wrong_dates
from pipeline.russian import toml_place
from pipeline.schema import Column, Table, records
from pipeline.school_lists import list_files, own_list
from pipeline.sources.grid import SourceFile, clean, source_file
from pipeline.sources.received import received_files
from pipeline.store import sha256
from pipeline.tables import orders, reference

DEMO_NOTICE = "ДЕМО: регион, школы и результаты вымышлены."
RESOURCES = Path(__file__).parent / "resources"
# Folders of raw/<year> that other commands read (returned questionnaires and forms), not results.
OTHER_FOLDERS = ("survey", "support", "confirm", "programmes")
BOOLEANS = {"true": True, "1": True, "да": True, "false": False, "0": False, "нет": False}
# In the order of `identity.Register`.
REGISTER_TABLES = (
    reference.MUNICIPALITIES,
    reference.SCHOOLS,
    reference.SCHOOL_CODES,
    reference.SCHOOL_LINEAGE,
    reference.SCHOOL_MATCHES,
)
KIND_WORDS = {"int": "целого числа", "float": "числа", "bool": "«да» или «нет»", "date": "даты"}
KIND_REMEDIES = {"int": "целое число", "float": "число с точкой", "bool": "«да», «нет»", "date": "дату как ГГГГ-ММ-ДД"}
SETTING_KINDS: Mapping[object, str] = {
    bool: "true или false без кавычек",
    int: "целое число без кавычек",
    str: "текст в кавычках",
}
NO_SETTINGS = ("decisions/deletions.csv",)  # a record that no run reads
SETTINGS_FOLDERS = ("reference", "layouts", "corrections", "methodology", "decisions", "templates")


@dataclass(frozen=True)
class Region:
    """What `region.toml` says; `personal_data_years`: how long files with pupils' rows are kept (`forgetting`)."""

    name: str
    short_name: str
    issuer: str
    signatory_post: str
    signatory_name: str
    time_zone: str = "Europe/Moscow"
    is_demo: bool = False
    personal_data_years: int = 5


def load_region(root: Path) -> Region:
    """The settings of the region in a folder."""
    path = root / "region.toml"
    if not path.is_file():
        raise ConfigError(
            "В папке нет файла region.toml: это не папка региона",
            where=str(root),
            remedy="укажите верную папку в --data, создайте её командой «shnro init ПАПКА» "
            "или сделайте учебный регион командой «shnro demo ПАПКА»",
        )
    try:
        settings = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ConfigError(
            "Файл region.toml не читается",
            where=f"{path}{toml_place(error)}",
            remedy="исправьте его в текстовом редакторе и сохраните в кодировке UTF-8; "
            "образец даёт «shnro init» в новой папке",
        ) from error
    _refuse_wrong_settings(settings, str(path))
    return Region(**settings)


def reference_table(root: Path, table: Table) -> pd.DataFrame:
    """The frame of a reference table: DIR/reference/<name>.csv, else the package's default, else empty."""
    paths = [root / "reference" / f"{table.name}.csv", RESOURCES / "reference" / f"{table.name}.csv"]
    path = next((p for p in paths if p.is_file()), None)
    if path is None:
        return table.empty()
    return read_reference(path, table)


def read_reference(path: Path, table: Table) -> pd.DataFrame:
    """The conformed frame of one reference CSV (UTF-8; comma, semicolon or tab; header row), texts unguarded."""
    where = _place(path)
    frame = text_table(path, where)
    lacking = [c.name for c in table.columns if c.name not in frame.columns and not c.nullable]
    unknown = [name for name in frame.columns if name not in table.column_names]
    if lacking or unknown:
        told = [f"нет столбцов: {', '.join(lacking)}"] * bool(lacking) + [f"лишние: {', '.join(unknown)}"] * bool(
            unknown
        )
        raise ConfigError(
            f"Справочник «{table.title}» не того вида: {'; '.join(told)}",
            where=where,
            remedy=f"столбцы: {', '.join(table.column_names)}",
        )
    for column in table.columns:
        if column.name in frame.columns:
            _refuse_unreadable(frame[column.name], column, where)
            if column.kind == "string":
                frame[column.name] = frame[column.name].map(unguarded, na_action="ignore").astype("str")
            if column.kind == "bool":
                frame[column.name] = frame[column.name].str.lower().map(BOOLEANS)
    good, bad = table.split(frame)
    if not bad.empty:
        first = bad.iloc[0]
        raise ConfigError(
            f"В справочнике «{table.title}» неверных строк: {len(bad)}; первая — {_REASONS[first['reason_code']]}",
            where=f"{where}, строка {bad.index[0]}, столбец {first['column_name']}",
            remedy="исправьте строку и повторите команду" + _allowed(table, str(first["column_name"])),
        )
    return table.conform(good)


def text_table(path: Path, where: str) -> pd.DataFrame:
    """One row per filled line of a CSV, as text with None for a blank; the index is the operator's row number."""
    remedy = "сохраните её как «CSV UTF-8» с заголовком в первой строке"
    try:
        content = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ConfigError("Таблица сохранена не в кодировке UTF-8", where=where, remedy=remedy) from error
    except OSError as error:
        raise ConfigError("Таблицу не удаётся открыть", where=where, remedy="проверьте право чтения") from error
    header_line = next(iter(content.splitlines()), "")
    # The names of columns hold no delimiter; texts below them hold commas and semicolons enough to mislead.
    reader = csv.reader(io.StringIO(content, newline=""), delimiter=max(",;\t", key=header_line.count), strict=True)
    try:
        # A name with the orders of a terminal or a mark that turns it around would go on into every document.
        lines = [[str(clean(cell) or "") for cell in line] for line in reader]
    except csv.Error as error:
        raise ConfigError(
            "Таблица не читается: кавычки расставлены неверно",
            where=f"{where}, строка {reader.line_num}",
            remedy="кавычку внутри названия удваивают, а название с ней целиком берут в кавычки",
        ) from error
    if not lines or not any(lines[0]):
        raise ConfigError("В таблице нет заголовка", where=where, remedy=remedy)
    header = lines[0][: len(_without_blank_end(lines[0]))]
    repeated = sorted({name or "без имени" for name in header if header.count(name) > 1 or not name})
    if repeated:
        raise ConfigError(
            f"Столбцы таблицы названы неверно: {', '.join(repeated)}",
            where=f"{where}, строка 1",
            remedy="у каждого столбца должно быть своё имя",
        )
    rows = {number: _without_blank_end(line) for number, line in enumerate(lines, start=1) if number > 1 and any(line)}
    for number, row in rows.items():
        if len(row) > len(header):
            raise ConfigError(
                f"В строке таблицы {len(row)} значений, а столбцов {len(header)}",
                where=f"{where}, строка {number}",
                remedy="значение, в котором есть разделитель, возьмите в кавычки",
            )
    filled = [[cell or None for cell in row] + [None] * (len(header) - len(row)) for row in rows.values()]
    return pd.DataFrame(filled, columns=header, index=list(rows), dtype="str")


def raw_files(root: Path) -> tuple[SourceFile, ...]:
    """Every received file in `raw/<year>/`, sorted by path; names that begin with «_», «.» or «~» are set aside."""
    raw = root / "raw"
    found: list[SourceFile] = []
    for folder in sorted(raw.iterdir()) if raw.is_dir() else ():
        if folder.name.startswith(("_", ".", "~")):
            continue
        if not folder.is_dir():
            raise ConfigError(
                "Файл лежит прямо в raw/, а не в папке года: он не был бы прочитан",
                where=f"raw/{folder.name}",
                remedy="переложите его в raw/<год получения>/, например raw/2026/",
            )
        if not (folder.name.isdigit() and len(folder.name) == 4):
            raise ConfigError(
                f"Папка «raw/{folder.name}» названа не годом",
                where=f"raw/{folder.name}",
                remedy="файлы лежат в raw/<год получения>/, например raw/2026/",
            )
        found += received_files(root, folder, int(folder.name), OTHER_FOLDERS)
    return tuple(found)


def register(root: Path) -> dict[str, pd.DataFrame]:
    """Every reference table by name; a region without a register of schools is refused."""
    frames = {table.name: reference_table(root, table) for table in reference.TABLES}
    for table in (reference.MUNICIPALITIES, reference.SCHOOLS):
        if frames[table.name].empty:
            raise ConfigError(
                f"Справочник «{table.title}» пуст или отсутствует",
                where=f"reference/{table.name}.csv",
                remedy="заполните его или начните с листа книги: «shnro register ФАЙЛ --sheet ЛИСТ»",
            )
    schools, municipalities = frames["schools"], frames["municipalities"]
    unknown = schools.loc[~schools["municipality_id"].isin(municipalities["municipality_id"]), "school_id"]
    _refuse_strangers(unknown, "reference/schools.csv", "муниципалитет которой не найден в municipalities.csv")
    _refuse_circles(frames["school_lineage"])
    refuse_wrong_dates(frames["school_lineage"])
    for name, column in (
        ("school_codes", "school_id"),
        ("school_lineage", "school_id"),
        ("school_lineage", "successor_id"),
        ("school_matches", "school_id"),
    ):
        values = frames[name][column].dropna()
        _refuse_strangers(
            values[~values.isin(schools["school_id"])], f"reference/{name}.csv", "которой нет в schools.csv"
        )
    refuse_survivors(frames["school_lineage"], schools)
    return frames


def past_list(root: Path, year: int) -> pd.DataFrame:
    """The list made in September of a year, as it was imported; empty where there is none (`PAST_LIST`).

    It lies in `decisions/lists/<year>` as any workbook or CSV that names schools by code (school_id, a login, an exam's
    code) or by name and municipality.
    """
    path = list_files(root).own.get(year)
    if path is None:
        return orders.PAST_LIST.empty()
    return own_list(source_file(path, root, year), who_is_who(root), year)


def imported_years(root: Path) -> tuple[int, ...]:
    """The years of which an earlier list lies in `decisions/lists/`, oldest first."""
    return tuple(sorted(list_files(root).own))


def who_is_who(root: Path) -> Register:
    """The reference tables by which schools are recognised."""
    return Register(*(reference_table(root, table) for table in REGISTER_TABLES))


def commission_decisions(root: Path) -> pd.DataFrame:
    """What the commission decided about schools, the decisions in force (`COMMISSION_DECISIONS`)."""
    return in_force(commission_log(root))


def commission_log(root: Path) -> pd.DataFrame:
    """Every decision of the commission, replaced ones too (`decisions/commission.csv`); empty where there is none."""
    path = root / "decisions" / "commission.csv"
    return checked_log(read_reference(path, orders.COMMISSION_LOG)) if path.is_file() else orders.COMMISSION_LOG.empty()


def settings_hashes(root: Path) -> dict[str, str]:
    """Hash of every file of settings and reference tables in DIR, by path inside it."""
    paths = [root / "region.toml", root / "documents.toml"]
    for folder in SETTINGS_FOLDERS:
        # The frozen runs of signed orders have seals of their own.
        inside = ((p, p.relative_to(root).parts) for p in (root / folder).rglob("*"))
        paths += sorted(p for p, parts in inside if not (parts[:2] == ("decisions", "orders") and "frozen" in parts))
    hashes = {path.relative_to(root).as_posix(): sha256(path) for path in paths if path.is_file()}
    return {name: value for name, value in hashes.items() if name not in NO_SETTINGS}


def _place(path: Path) -> str:
    """The path of a file of settings inside the region's folder."""
    parts = path.parts
    start = max(
        (i for i, part in enumerate(parts[:-1]) if part in (*SETTINGS_FOLDERS, "forms")), default=len(parts) - 1
    )
    return "/".join(parts[start:])


def _without_blank_end(cells: list[str]) -> list[str]:
    """The cells without the blank ones at the end, which spreadsheets add."""
    return cells[: max((i for i, cell in enumerate(cells, start=1) if cell), default=0)]


def _refuse_unreadable(values: pd.Series, column: Column, where: str) -> None:
    """Refuse a value that is not of its column's kind: it would silently become missing."""
    if column.kind == "string":
        return
    if column.kind == "bool":
        is_read = values.str.lower().isin(list(BOOLEANS))
    elif column.kind == "date":
        is_read = pd.to_datetime(values, format="%Y-%m-%d", errors="coerce").notna()
    else:
        numbers = pd.to_numeric(values, errors="coerce")
        is_read = numbers.notna() & ((numbers % 1 == 0) | (column.kind == "float"))
    bad = values[values.notna() & ~is_read]
    if not bad.empty:
        raise ConfigError(
            f"В столбце «{column.title}» вместо {KIND_WORDS[column.kind]} стоит «{bad.iloc[0]}»",
            where=f"{where}, строка {bad.index[0]}, столбец {column.name}",
            remedy=f"впишите {KIND_REMEDIES[column.kind]} или оставьте ячейку пустой",
        )


def _allowed(table: Table, name: str) -> str:
    """The codes that the column allows, as the end of a remedy; empty where any text will do."""
    choices = next((column.choices for column in table.columns if column.name == name), None)
    return f"; допустимы: {', '.join(choices)}" if choices else ""


def _refuse_wrong_settings(settings: dict[str, object], where: str) -> None:
    """Refuse settings that are lacking, unknown or not of their kind."""
    fields = Region.__dataclass_fields__
    lacking = [n for n, field in fields.items() if field.default is MISSING and n not in settings]
    unknown = [n for n in settings if n not in fields]
    told = [f"не хватает: {', '.join(lacking)}"] * bool(lacking) + [f"лишние: {', '.join(unknown)}"] * bool(unknown)
    if told:
        raise ConfigError(
            f"Настройки региона неполны или неизвестны: {'; '.join(told)}",
            where=where,
            remedy=f"нужны: {', '.join(fields)}",
        )
    for name, value in settings.items():
        kind = fields[name].type
        if type(value) is not kind:
            raise ConfigError(
                f"Настройка {name} не того вида: {value}", where=where, remedy=f"впишите {SETTING_KINDS[kind]}"
            )
    zone = str(settings.get("time_zone", Region.time_zone))
    try:
        zoneinfo.ZoneInfo(zone)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ConfigError(
            f"Часовой пояс «{zone}» неизвестен", where=f"{where}, time_zone", remedy="впишите, например, Europe/Moscow"
        ) from error


def _refuse_circles(lineage: pd.DataFrame) -> None:
    """Refuse a lineage in which a school becomes its own successor."""
    step = {row["school_id"]: row["successor_id"] for row in records(lineage) if row["successor_id"]}
    for school_id in step:
        current, seen = school_id, {school_id}
        while (current := step.get(current, "")) and current not in seen:
            seen.add(current)
        if current:
            raise ConfigError(
                f"Преемственность школы «{school_id}» замкнута в круг",
                where="reference/school_lineage.csv",
                remedy="исправьте преемников: цепочка должна кончаться действующей школой",
            )


def _refuse_strangers(values: pd.Series, where: str, what: str) -> None:
    if not values.empty:
        raise ConfigError(
            f"Названа школа «{values.iloc[0]}», {what} (всего таких: {len(values)})",
            where=where,
            remedy="добавьте недостающую строку или исправьте код",
        )


_REASONS = {
    "missing_value": "нет обязательного значения",
    "below_minimum": "значение меньше допустимого",
    "above_maximum": "значение больше допустимого",
    "unknown_code": "неизвестный код",
    "duplicate_key": "повтор ключа",
}
