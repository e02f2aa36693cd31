"""`shnro rank`: the model alone on a canonical results table of any school system, from file to file."""

from pathlib import Path

import pandas as pd

from pipeline import methodology, stability
from pipeline.errors import SourceError, StoreError
from pipeline.region import text_table
from pipeline.russian import reason_label, system_fault
from pipeline.tables.results import RESULTS

COLUMNS = ("school_id", "municipality_id", "year", "procedure", "subject", "grade", "tested_count", "low_count")


def rank_file(path: Path, *, year: int, capacity: int, output: Path, edition: str) -> int:
    """Write one row per school with index, interval, probability and band; gives the number of schools."""
    method = methodology.load(edition).with_capacity(capacity)
    ranked = stability.rank(read_results(path), year, method.stability, method.selection)
    try:
        output.parent.mkdir(parents=True, exist_ok=True)
        ranked.to_parquet(output, index=False)
    except OSError as error:
        raise StoreError(
            f"Не удаётся записать: {system_fault(error)}", where=str(output), remedy="проверьте путь"
        ) from error
    return len(ranked)


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
    good, bad = RESULTS.split(frame[list(COLUMNS)])
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


def _parquet(path: Path) -> pd.DataFrame:
    """The rows of a Parquet file, numbered from 1."""
    try:
        frame = pd.read_parquet(path)
    except (OSError, ValueError) as error:
        raise SourceError(
            "Файл не читается как таблица results", where=path.name, remedy="нужен целый файл Parquet или CSV UTF-8"
        ) from error
    return frame.set_axis(range(1, len(frame) + 1))
