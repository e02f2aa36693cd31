"""`shnro rank`: the model alone on a canonical results table of any school system, from file to file."""

from pathlib import Path
from typing import Any

import pandas as pd

from pipeline import methodology, stability
from pipeline.errors import SourceError, StoreError
from pipeline.region import text_table
from pipeline.russian import number, reason_label, system_fault
from pipeline.tables.results import RESULTS

COLUMNS = ("school_id", "municipality_id", "year", "procedure", "subject", "grade", "tested_count", "low_count")
WHOLE = ("year", "tested_count", "low_count")


def rank_file(path: Path, *, year: int, capacity: int, output: Path, edition: str) -> str:
    """Write one row per school with index, interval, probability and band; gives what to tell, warnings among it."""
    method = methodology.load(edition).with_capacity(capacity)
    fitted = stability.fit(read_results(path), year, method.stability, method.selection)
    ranked = stability.ranked(fitted)
    try:
        output.parent.mkdir(parents=True, exist_ok=True)
        ranked.to_parquet(output, index=False)
    except OSError as error:
        raise StoreError(
            f"Не удаётся записать: {system_fault(error)}", where=str(output), remedy="проверьте путь"
        ) from error
    beware = [f"Внимание. {stability.WARNINGS[code]}" for code in fitted.warnings]
    return "\n".join([f"Школ: {len(ranked)}; записано в {output}", *beware])


def read_results(path: Path) -> pd.DataFrame:
    """The conformed `results` of a Parquet or CSV file; every row must fit, for a rank of part of the rows misleads."""
    if not path.is_file():
        raise SourceError("Файл не найден", where=str(path), remedy="проверьте путь")
    frame = text_table(path, path.name) if path.suffix.lower() == ".csv" else _parquet(path)
    lacking = [name for name in COLUMNS if name not in frame.columns]
    if lacking:
        raise SourceError(
            f"В таблице нет столбцов: {', '.join(lacking)}", where=path.name, remedy=f"нужны: {', '.join(COLUMNS)}"
        )
    frame = frame[list(COLUMNS)].apply(_plain_codes)
    _require_whole(frame, path.name)
    good, bad = RESULTS.split(frame)
    if not bad.empty:
        first = bad.iloc[0]
        raise SourceError(
            f"Строк, не подходящих под таблицу results: {len(bad)}. {reason_label(str(first['reason_code']))}",
            where=f"{path.name}, строка {bad.index[0]}, столбец {first['column_name']}",
            remedy="исправьте или удалите эти строки",
        )
    impossible = good.index[good["low_count"] > good["tested_count"]]
    if len(impossible):
        raise SourceError(
            f"Низких результатов больше, чем участников: строк {len(impossible)}",
            where=f"{path.name}, строка {impossible[0]}",
            remedy="исправьте эти строки",
        )
    return RESULTS.conform(good)


def _plain_codes(values: "pd.Series[Any]") -> "pd.Series[Any]":
    """The column as it is; codes that became floats beside missing ones are whole numbers again: 47.0 is «47»."""
    if values.name in WHOLE or not pd.api.types.is_float_dtype(values) or not (values.dropna() % 1 == 0).all():
        return values
    return values.astype("Int64")


def _require_whole(frame: pd.DataFrame, name: str) -> None:
    """A count reckoned back from a percent has to be rounded by whoever knows how the percent was made."""
    for column in WHOLE:
        numbers = pd.to_numeric(frame[column], errors="coerce").astype("float64")
        broken = frame.index[numbers % 1 > 0]
        if len(broken):
            raise SourceError(
                f"Нужны целые числа, а встречается {number(float(numbers[broken[0]]), 9)}: строк {len(broken)}",
                where=f"{name}, строка {broken[0]}, столбец {column}",
                remedy="число, восстановленное по проценту, округлите до целого",
            )


def _parquet(path: Path) -> pd.DataFrame:
    """The rows of a Parquet file, numbered from 1."""
    try:
        frame = pd.read_parquet(path)
    except (OSError, ValueError) as error:
        raise SourceError(
            "Файл не читается как таблица results", where=path.name, remedy="нужен целый файл Parquet или CSV UTF-8"
        ) from error
    return frame.set_axis(range(1, len(frame) + 1))
