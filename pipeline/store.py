"""Tables on disk: Parquet inside a run's folder, and their atomic publication with a manifest.

A frame is conformed exactly here, when it crosses the store's door. `published/<flow>/<year>` is a link that is
replaced in one step: a reader sees one whole run or another, never a mixture; a failed run changes nothing.
"""

import hashlib
import json
import os
import shutil
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.errors import StoreError
from pipeline.run import Run, published_name
from pipeline.russian import system_fault
from pipeline.schema import PANDAS_TYPES, Table

MANIFEST = "manifest.json"
NOTICE = "ВНИМАНИЕ.txt"
KEPT_VERSIONS = 5  # published versions of one flow and year that stay beside the one in force
KEPT_RUNS = 10  # folders of runs that stay for looking into failures
COMMANDS: Mapping[str, str] = {
    "identification": "identify",
    "monitoring": "monitor",
    "causes": "causes build",
    "support": "support build",
    "orders": "order publish",
    "site": "site",
}


class Store:
    """The tables of one run."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self.folder = run.folder / "tables"

    def write(self, table: Table, frame: pd.DataFrame, part: str = "") -> None:
        """Write a frame as the table, or as a named part of it where several stages add to one table (`rejects`)."""
        assert not table.is_private, f"{table.name} holds pupils' identifiers and is never stored"
        path = self.folder / f"{table.name}{'.' + part if part else ''}.parquet"
        write_parquet(table, frame, path)

    def read(self, table: Table) -> pd.DataFrame:
        """The frame of a table, its parts one after another; conformed frames only ever get here."""
        paths = sorted(self.folder.glob(f"{table.name}.parquet")) + sorted(self.folder.glob(f"{table.name}.*.parquet"))
        assert paths, f"{self.run.run_id}: no stage has written {table.name}"
        return read_parquet(table, paths)


class Published:
    """The tables in force, as `published/<flow>/<year>` shows them, and the manifest of what they came from.

    Support is published twice a year: there `period` is one of `tables.support.PERIODS`.
    """

    def __init__(self, root: Path, flow: str, year: int, period: str = "") -> None:
        name = published_name(year, period)
        self.folder = root / "published" / flow / name
        command = f"shnro {COMMANDS[flow]} --data {root} --year {year}" + f" --period {period}" * bool(period)
        try:
            self.manifest: Mapping[str, Any] = json.loads((self.folder / MANIFEST).read_text(encoding="utf-8"))
        except FileNotFoundError as error:
            raise StoreError(
                f"За {year} год ещё ничего не опубликовано",
                where=f"published/{flow}/{name}",
                remedy=f"сначала выполните: {command}",
            ) from error
        except ValueError as error:
            raise StoreError(
                "Опись публикации испорчена",
                where=f"published/{flow}/{name}/{MANIFEST}",
                remedy=f"повторите расчёт: {command}",
            ) from error

    def has(self, table: Table) -> bool:
        """Whether the table was published: an older version of the program did not know every one."""
        return (self.folder / f"{table.name}.parquet").is_file()

    def read(self, table: Table) -> pd.DataFrame:
        """The frame of a published table."""
        path = self.folder / f"{table.name}.parquet"
        if not path.is_file():
            raise StoreError(
                f"В публикации нет таблицы «{table.title}»",
                where=str(path.relative_to(self.folder.parents[1])),
                remedy="публикация сделана прежней версией программы: повторите расчёт",
            )
        return read_parquet(table, [path])


def write_whole(root: Path, name: str, content: bytes) -> None:
    """Write a file of the region (`name` inside `root`) in one step: it is there whole or as it was."""
    path = root / name
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary.write_bytes(content)
        temporary.replace(path)
    except OSError as error:
        raise StoreError(
            f"Файл не удаётся записать: {system_fault(error)}",
            where=name,
            remedy="закройте его в Excel, проверьте право записи и свободное место; прежний файл не изменён",
        ) from error


def write_parquet(table: Table, frame: pd.DataFrame, path: Path) -> None:
    """Conform a frame and write it in one step: the file is there whole or not at all."""
    data = table.to_arrow(table.conform(frame))
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        pq.write_table(data, temporary, compression="zstd")
        temporary.replace(path)
    except OSError as error:
        raise StoreError(
            f"Не удаётся записать таблицу «{table.title}»: {system_fault(error)}",
            where=path.parent.name + "/" + path.name,
            remedy="проверьте свободное место на диске и право записи в папку региона",
        ) from error


def read_parquet(table: Table, paths: Iterable[Path]) -> pd.DataFrame:
    """The frame of a stored table, in the types that the table declares."""
    try:
        data = pa.concat_tables([pq.read_table(path, schema=table.arrow_schema) for path in paths])
    except (OSError, pa.ArrowInvalid, pa.ArrowTypeError) as error:
        raise StoreError(
            f"Таблица «{table.title}» не читается",
            where=", ".join(path.name for path in paths),
            remedy="повторите расчёт: опубликованные таблицы не правят вручную",
        ) from error
    frame: pd.DataFrame = data.to_pandas()
    return frame.astype({column.name: PANDAS_TYPES[column.kind] for column in table.columns})


def new_run_id(root: Path, stem: str) -> str:
    """Take the first free folder `runs/<stem>-NNN`, and let the oldest go; two runs at once get two folders."""
    runs = root / "runs"
    try:
        runs.mkdir(parents=True, exist_ok=True)
        taken = [int(p.name.rsplit("-", 1)[1]) for p in runs.glob(f"{stem}-*") if p.name.rsplit("-", 1)[1].isdigit()]
        for number in range(max(taken, default=0) + 1, 1_000_000):
            try:
                (runs / f"{stem}-{number:03d}").mkdir()
            except FileExistsError:
                continue
            _prune(runs, f"{stem}-", keep={f"{stem}-{number:03d}"}, count=KEPT_RUNS)
            return f"{stem}-{number:03d}"
    except OSError as error:
        raise StoreError(
            f"В папку региона нельзя писать: {system_fault(error)}",
            where=str(runs),
            remedy="проверьте путь --data, право записи и свободное место",
        ) from error
    raise AssertionError("a million runs of one kind")


def publish(
    run: Run,
    tables: Iterable[Table],
    manifest: Mapping[str, Any],
    documents: Path | None = None,
    notice: str = "",
    pages: Path | None = None,
) -> Path:
    """Publish tables of a run as `published/<flow>/<year>`, in one step, with a manifest of everything behind them.

    Args:
        run: the run whose stages have all succeeded.
        tables: the tables to publish; each is written whole (parts joined).
        manifest: inputs, edition and code of the run; hashes and row counts of the tables are added here.
        documents: folder whose content is published as `documents/`.
        notice: what everybody who opens the folder has to see first, Russian; written as `ВНИМАНИЕ.txt`.
        pages: folder whose content is published as it lies, at the top.

    Returns:
        The published path.
    """
    store = Store(run)
    published = run.root / "published" / run.flow
    version = published / ".versions" / f"{run.published_name}-{run.run_id}"
    try:
        if version.exists():
            shutil.rmtree(version)
        version.mkdir(parents=True)
        described = {}
        for table in tables:
            frame = store.read(table)
            path = version / f"{table.name}.parquet"
            write_parquet(table, frame, path)
            described[table.name] = {"rows": len(frame), "sha256": sha256(path)}
        if documents is not None and documents.is_dir():
            shutil.copytree(documents, version / "documents")
        if pages is not None and pages.is_dir():
            shutil.copytree(pages, version, dirs_exist_ok=True)
        if notice:
            (version / NOTICE).write_text(notice + "\n", encoding="utf-8")
        text = json.dumps({**manifest, "tables": described}, ensure_ascii=False, indent=2, sort_keys=True)
        (version / MANIFEST).write_text(text + "\n", encoding="utf-8")
        target = published / run.published_name
        _point(target, version)
        # «2026-public» begins like «2026»: what any link points to is in force and stays.
        in_force = {link.readlink().name for link in published.iterdir() if link.is_symlink()}
        _prune(published / ".versions", f"{run.published_name}-", keep=in_force, count=KEPT_VERSIONS)
    except OSError as error:
        raise StoreError(
            f"Не удаётся опубликовать результаты: {system_fault(error)}",
            where=f"published/{run.flow}/{run.published_name}",
            remedy="проверьте свободное место и право записи; прежняя публикация не изменена",
        ) from error
    return target


def sha256(path: Path) -> str:
    """Hash of a file's bytes."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def tree_hash(folder: Path) -> str:
    """Hash of the code and data files below a folder: which code made a table."""
    digest = hashlib.sha256()
    for path in sorted(p for p in folder.rglob("*") if p.is_file() and "__pycache__" not in p.parts):
        digest.update(path.relative_to(folder).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


def _point(target: Path, version: Path) -> None:
    """Make `target` the link to `version` in one atomic step."""
    if target.is_dir() and not target.is_symlink():
        # A folder copied without its links (an archive, a flash drive) is kept as a version of its own.
        target.rename(version.parent / f"{target.name}-copied-{version.name}")
    link = target.with_name(f".{target.name}.{os.getpid()}.link")
    link.unlink(missing_ok=True)
    link.symlink_to(os.path.relpath(version, target.parent), target_is_directory=True)
    link.replace(target)


def _prune(folder: Path, prefix: str, keep: Collection[str], count: int) -> None:
    """Remove all but the newest `count` folders of a kind, never those named in `keep`."""
    found = sorted(
        (p for p in folder.glob(f"{prefix}*") if p.name not in keep), key=lambda p: (p.stat().st_mtime, p.name)
    )
    for path in found[:-count] if count else found:
        shutil.rmtree(path, ignore_errors=True)
