"""The region's folder (DIR): its settings, its reference tables and the files in `raw/`.

A file in DIR overrides the package's default of the same name; every fault is told with file, row and column.
"""

import tomllib
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from pipeline.errors import ConfigError
from pipeline.schema import Table, records
from pipeline.sources.grid import SourceFile, source_file
from pipeline.store import sha256
from pipeline.tables import orders, reference

RESOURCES = Path(__file__).parent / "resources"
# Folders of raw/<year> that other commands read (returned questionnaires and forms), not results.
OTHER_FOLDERS = ("survey", "support", "confirm")
SETTINGS_FOLDERS = ("reference", "layouts", "corrections", "methodology", "decisions")


@dataclass(frozen=True)
class Region:
    """What `region.toml` says."""

    name: str
    short_name: str
    issuer: str
    signatory_post: str
    signatory_name: str
    time_zone: str = "Europe/Moscow"
    is_demo: bool = False


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
        settings = tomllib.loads(path.read_text(encoding="utf-8"))
        return Region(**settings)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError("Файл region.toml не читается", where=str(error), remedy="исправьте его как текст") from error
    except TypeError as error:
        known = ", ".join(Region.__dataclass_fields__)
        raise ConfigError(
            "В region.toml не хватает настройки или есть лишняя", where=str(path), remedy=f"нужны ровно: {known}"
        ) from error


def reference_table(root: Path, table: Table) -> pd.DataFrame:
    """The frame of a reference table: DIR/reference/<name>.csv, else the package's default, else empty."""
    paths = [root / "reference" / f"{table.name}.csv", RESOURCES / "reference" / f"{table.name}.csv"]
    path = next((p for p in paths if p.is_file()), None)
    if path is None:
        return table.empty()
    return read_reference(path, table)


def read_reference(path: Path, table: Table) -> pd.DataFrame:
    """The conformed frame of one reference CSV (UTF-8, comma or semicolon, header row)."""
    where = f"{path.parent.name}/{path.name}"
    try:
        frame = pd.read_csv(path, dtype=str, sep=None, engine="python", encoding="utf-8-sig", keep_default_na=False)
    except (ValueError, pd.errors.ParserError, pd.errors.EmptyDataError) as error:
        raise ConfigError(
            "Справочник не читается", where=where, remedy="сохраните его как CSV UTF-8 с заголовком в первой строке"
        ) from error
    frame = frame.rename(columns=str.strip).apply(lambda column: column.str.strip())
    frame = frame.mask(frame == "")
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
        if column.kind == "bool" and column.name in frame.columns:
            frame[column.name] = frame[column.name].map(_boolean)
        elif column.kind in ("int", "float") and column.name in frame.columns:
            _refuse_words(frame[column.name], column.title, where)
    good, bad = table.split(frame)
    if not bad.empty:
        first = bad.iloc[0]
        raise ConfigError(
            f"В справочнике «{table.title}» неверных строк: {len(bad)}; первая — {_REASONS[first['reason_code']]}",
            where=f"{where}, строка {int(bad.index[0]) + 2}, столбец {first['column_name']}",
            remedy="исправьте строку и повторите команду",
        )
    return table.conform(good)


def raw_files(root: Path) -> tuple[SourceFile, ...]:
    """Every received file in `raw/<year>/`, sorted by path; names that begin with «_», «.» or «~» are set aside."""
    raw = root / "raw"
    found = []
    for folder in sorted(raw.iterdir()) if raw.is_dir() else ():
        if not folder.is_dir() or folder.name.startswith(("_", ".")):
            continue
        if not (folder.name.isdigit() and len(folder.name) == 4):
            raise ConfigError(
                f"Папка «raw/{folder.name}» названа не годом",
                where=f"raw/{folder.name}",
                remedy="файлы лежат в raw/<год получения>/, например raw/2026/",
            )
        for path in sorted(folder.rglob("*")):
            parts = path.relative_to(folder).parts
            if (
                path.is_file()
                and parts[0] not in OTHER_FOLDERS
                and not any(p.startswith(("_", ".", "~")) for p in parts)
            ):
                found.append(source_file(path, root, int(folder.name)))
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
    _refuse_strangers(unknown, "schools", "муниципалитет которой не найден в municipalities.csv")
    _refuse_circles(frames["school_lineage"])
    for name, column in (
        ("school_codes", "school_id"),
        ("school_lineage", "school_id"),
        ("school_lineage", "successor_id"),
        ("school_matches", "school_id"),
    ):
        values = frames[name][column].dropna()
        _refuse_strangers(values[~values.isin(schools["school_id"])], name, "которой нет в schools.csv")
    return frames


def past_list(root: Path, year: int) -> pd.DataFrame:
    """The list made in September of a year (`decisions/lists/<year>.csv`); empty where there is none."""
    path = root / "decisions" / "lists" / f"{year}.csv"
    return read_reference(path, orders.PAST_LIST) if path.is_file() else orders.PAST_LIST.empty()


def commission_decisions(root: Path) -> pd.DataFrame:
    """What the commission decided about schools (`decisions/commission.csv`); empty where there is none."""
    path = root / "decisions" / "commission.csv"
    return read_reference(path, orders.COMMISSION_DECISIONS) if path.is_file() else orders.COMMISSION_DECISIONS.empty()


def settings_hashes(root: Path) -> dict[str, str]:
    """Hash of every file of settings and reference tables in DIR, by path inside it."""
    paths = [root / "region.toml"]
    for folder in SETTINGS_FOLDERS:
        paths += sorted(p for p in (root / folder).rglob("*") if p.is_file())
    return {path.relative_to(root).as_posix(): sha256(path) for path in paths if path.is_file()}


def _boolean(value: object) -> bool | None:
    return {"true": True, "1": True, "да": True, "false": False, "0": False, "нет": False}.get(str(value).lower())


def _refuse_words(values: pd.Series, title: str, where: str) -> None:
    """Refuse a number that is a word: it would silently become missing."""
    bad = values.notna() & pd.to_numeric(values, errors="coerce").isna()
    if bad.any():
        first = int(bad.to_numpy().argmax())
        raise ConfigError(
            f"Вместо числа «{title}» стоит «{values.iloc[first]}»",
            where=f"{where}, строка {first + 2}",
            remedy="исправьте число",
        )


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


def _refuse_strangers(values: pd.Series, name: str, what: str) -> None:
    if not values.empty:
        raise ConfigError(
            f"В справочнике есть школа «{values.iloc[0]}», {what} (всего таких: {len(values)})",
            where=f"reference/{name}.csv",
            remedy="добавьте недостающую строку или исправьте код",
        )


_REASONS = {
    "missing_value": "нет обязательного значения",
    "below_minimum": "значение меньше допустимого",
    "above_maximum": "значение больше допустимого",
    "unknown_code": "неизвестный код",
    "duplicate_key": "повтор ключа",
}
