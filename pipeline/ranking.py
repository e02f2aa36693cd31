"""`shnro rank`: the model alone on a canonical results table of any school system, from file to file."""

import csv
from pathlib import Path

import pandas as pd

from pipeline import methodology, stability
from pipeline.errors import SourceError, StoreError
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
            f"Не удаётся записать: {error.strerror}", where=str(output), remedy="проверьте путь"
        ) from error
    return len(ranked)


def read_results(path: Path) -> pd.DataFrame:
    """The conformed `results` of a Parquet or CSV file; every row must fit, for a rank of part of the rows misleads."""
    if not path.is_file():
        raise SourceError("Файл не найден", where=str(path), remedy="проверьте путь")
    try:
        frame = (
            pd.read_csv(path, dtype=str, sep=None, engine="python") if path.suffix == ".csv" else pd.read_parquet(path)
        )
    except (OSError, ValueError, csv.Error) as error:
        raise SourceError(
            "Файл не читается как таблица results", where=path.name, remedy="нужен целый файл Parquet или CSV UTF-8"
        ) from error
    lacking = [name for name in COLUMNS if name not in frame.columns]
    if lacking:
        raise SourceError(
            f"В таблице нет столбцов: {', '.join(lacking)}", where=path.name, remedy=f"нужны: {', '.join(COLUMNS)}"
        )
    good, bad = RESULTS.split(frame[list(COLUMNS)])
    if not bad.empty:
        first = bad.iloc[0]
        raise SourceError(
            f"Строк, не подходящих под results: {len(bad)}; первая — {first['reason_code']} в {first['column_name']}",
            where=f"{path.name}, строка {int(bad.index[0]) + 1}",
            remedy="исправьте или удалите эти строки",
        )
    impossible = good["low_count"] > good["tested_count"]
    if impossible.any():
        raise SourceError(
            f"Низких результатов больше, чем участников: строк {int(impossible.sum())}",
            where=f"{path.name}, строка {int(impossible.to_numpy().argmax()) + 1}",
            remedy="исправьте эти строки",
        )
    return RESULTS.conform(good)
