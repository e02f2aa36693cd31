"""Tables on disk: Parquet inside a run's folder, and their atomic publication with a manifest.

A frame is conformed exactly here, when it crosses the store's door. `published/<flow>/<year>` is a link that is
replaced in one step: a reader sees one whole run or another, never a mixture; a failed run changes nothing. Who has
begun to read a publication goes on with that one, whatever is published meanwhile.

Killed at any moment a command leaves at most what the next run clears away by itself: see `_clear`, `sweep` and
docs/decisions/0035.
"""

import hashlib
import json
import os
import re
import shutil
import sys
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from pipeline import reading_log
from pipeline.errors import StoreError
from pipeline.file_lock import hold, locked, unheld
from pipeline.run import Run, published_name
from pipeline.russian import system_fault
from pipeline.schema import PANDAS_TYPES, Table

MANIFEST = "manifest.json"
NOTICE = "ВНИМАНИЕ.txt"
KEPT_VERSIONS = 5  # published versions of one flow and year that stay beside the one in force
KEPT_RUNS = 10  # folders of runs that stay for looking into failures
VERSIONS = ".versions"
LOCK_FILE = "runs/.publication.lock"
WAIT_SECONDS = 120.0  # a publication takes a second or two, on a slow disk half a minute
UNFINISHED = ".new-"  # a version that is being written
DOOMED = ".old-"  # a folder that is being removed
WRITTEN_BY_PEOPLES_COMMANDS = ("decisions", "forms", "reference")
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
        link = root / "published" / flow / name
        command = f"shnro {COMMANDS[flow]} --data {root} --year {year}" + f" --period {period}" * bool(period)
        try:
            self.folder = _held_version(self, link)
            content = (self.folder / MANIFEST).read_bytes()
            self.manifest: Mapping[str, Any] = json.loads(content)
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
        self.place = f"{flow}/{name}"
        reading_log.note(root, self.place, self.manifest.get("run_id", ""), hashlib.sha256(content).hexdigest())

    def has(self, table: Table) -> bool:
        """Whether the table was published: an older version of the program did not know every one."""
        return (self.folder / f"{table.name}.parquet").is_file()

    def read(self, table: Table) -> pd.DataFrame:
        """The frame of a published table."""
        path = self.folder / f"{table.name}.parquet"
        if not path.is_file():
            raise StoreError(
                f"В публикации нет таблицы «{table.title}»",
                where=f"{self.place}/{path.name}",
                remedy="публикация сделана прежней версией программы: повторите расчёт",
            )
        return read_parquet(table, [path])


def write_whole(root: Path, name: str, content: bytes, *, is_durable: bool = True) -> None:
    """Write a file of the region (`name` inside `root`) in one step: it is there whole or as it was.

    Args:
        root: the region's folder or one inside it.
        name: the file's path inside `root`.
        content: what the file will hold.
        is_durable: whether it has to outlast a power cut that follows at once; not what a run can make again.
    """
    try:
        with _replacing(root / name) as temporary:
            temporary.write_bytes(content)
            if is_durable:
                _settle(temporary)
        if is_durable:
            _settle((root / name).parent)
    except OSError as error:
        raise StoreError(
            f"Файл не удаётся записать: {system_fault(error)}",
            where=name,
            remedy="закройте его в Excel, проверьте право записи и свободное место; прежний файл не изменён",
        ) from error


def write_parquet(table: Table, frame: pd.DataFrame, path: Path) -> None:
    """Conform a frame and write it in one step: the file is there whole or not at all."""
    data = table.to_arrow(table.conform(frame))
    try:
        with _replacing(path) as temporary:
            pq.write_table(data, temporary, compression="zstd")
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
    """Take the next free folder `runs/<stem>-NNN`, and let the oldest go; two runs at once get two folders.

    A number is not used again as long as something published bears it, even where `runs/` has been deleted.
    """
    runs, numbered = root / "runs", re.compile(rf"{re.escape(stem)}-(\d+)")
    try:
        runs.mkdir(parents=True, exist_ok=True)
        sweep(root)
        seen = [*runs.iterdir(), *(root / "published").glob(f"*/{VERSIONS}/*")]
        taken = [int(found[1]) for path in seen if (found := re.search(rf"(?:^|-){numbered.pattern}$", path.name))]
        for number in range(max(taken, default=0) + 1, 1_000_000):
            try:
                (runs / f"{stem}-{number:03d}").mkdir()
            except FileExistsError:
                continue
            _prune(runs, numbered, keep={f"{stem}-{number:03d}"}, count=KEPT_RUNS)
            return f"{stem}-{number:03d}"
    except OSError as error:
        raise StoreError(
            f"В папку региона нельзя писать: {system_fault(error)}",
            where=str(runs),
            remedy="проверьте путь --data, право записи и свободное место",
        ) from error
    raise AssertionError("a million runs of one kind")


def begun(run: Run) -> Run:
    """The run, whose folder stays until the record is gone, however many runs begin meanwhile."""
    hold(run, run.folder)
    return run


def sweep(root: Path) -> None:
    """Remove what killed commands have left half written or half removed, wherever they write beside a run."""
    for left in (root / "runs").glob(f"{DOOMED}*"):
        shutil.rmtree(left, ignore_errors=True)
    for folder in WRITTEN_BY_PEOPLES_COMMANDS:
        for path in (root / folder).rglob(".*.tmp"):
            if _is_dead(path.name.rsplit(".", 2)[1]):
                path.unlink(missing_ok=True)


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
        manifest: inputs, edition and code of the run; hashes of tables and other files are added here.
        documents: folder whose content is published as `documents/`.
        notice: what everybody who opens the folder has to see first, Russian; written as `ВНИМАНИЕ.txt`.
        pages: folder whose content is published as it lies, at the top.

    Returns:
        The published path.
    """
    store = Store(run)
    published = run.root / "published" / run.flow
    version = published / VERSIONS / f"{run.published_name}-{run.run_id}"
    new = version.with_name(f"{UNFINISHED}{version.name}")
    target = published / run.published_name
    with locked(run.root / LOCK_FILE, "Другая команда сейчас публикует результаты этого региона", WAIT_SECONDS):
        try:
            _clear(published)
            new.mkdir(parents=True)
            described = {}
            for table in tables:
                frame = store.read(table)
                path = new / f"{table.name}.parquet"
                write_parquet(table, frame, path)
                described[table.name] = {"rows": len(frame), "sha256": sha256(path)}
            if documents is not None and documents.is_dir():
                shutil.copytree(documents, new / "documents")
            if pages is not None and pages.is_dir():
                shutil.copytree(pages, new, dirs_exist_ok=True)
            if notice:
                (new / NOTICE).write_text(notice + "\n", encoding="utf-8")
            content = {**manifest, "tables": described, "files": _other_files(new, described)}
            text = json.dumps(content, ensure_ascii=False, indent=2, sort_keys=True)
            (new / MANIFEST).write_text(text + "\n", encoding="utf-8")
            _settle_all(new)
            new.rename(version)
            _settle(version.parent)
            _point(target, version)
            _let_go(published, run)
        except OSError as error:
            raise StoreError(
                f"Не удаётся опубликовать результаты: {system_fault(error)}",
                where=f"published/{run.flow}/{run.published_name}",
                remedy="проверьте свободное место и право записи; прежняя публикация не изменена",
            ) from error
        finally:
            # On a full disk a half-written version would be in everybody's way.
            shutil.rmtree(new, ignore_errors=True)
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


def _other_files(folder: Path, tables: Collection[str]) -> dict[str, str]:
    """Hash of every file of a publication that is no table, by its path inside."""
    names = {path.relative_to(folder).as_posix(): path for path in sorted(folder.rglob("*")) if path.is_file()}
    return {name: sha256(path) for name, path in names.items() if name not in {f"{table}.parquet" for table in tables}}


def _held_version(reader: object, link: Path) -> Path:
    """The version that a publication's link points to, kept from being pruned for as long as the reader lives.

    Raises:
        FileNotFoundError: nothing is published there.
    """
    while True:
        version = link.resolve()
        try:
            hold(reader, version)
        except FileNotFoundError:
            # Between the two lines it was replaced and pruned: the next one is there already.
            if link.resolve() == version:
                raise
        else:
            return version


@contextmanager
def _replacing(path: Path) -> Iterator[Path]:
    """A temporary path beside `path` that takes its place at the end; after a fault nothing is left of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        yield temporary
        temporary.replace(path)
    except BaseException:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise


def _settle(path: Path) -> None:
    """Have a file, or the list of files of a folder, on the disk itself before anything else is done."""
    if sys.platform == "win32":
        return
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _settle_all(folder: Path) -> None:
    """Have a folder with everything below it on the disk itself."""
    for path in folder.rglob("*"):
        _settle(path)
    _settle(folder)


def _clear(published: Path) -> None:
    """Remove what a killed publication has left; nobody else publishes meanwhile."""
    for left in (*published.glob(f"{VERSIONS}/{UNFINISHED}*"), *published.glob(f"{VERSIONS}/{DOOMED}*")):
        shutil.rmtree(left)
    for link in published.glob(".*.link"):
        link.unlink()


def _point(target: Path, version: Path) -> None:
    """Make `target` the link to `version` in one atomic step."""
    link = target.with_name(f".{target.name}.{os.getpid()}.link")
    link.symlink_to(os.path.relpath(version, target.parent), target_is_directory=True)
    if target.is_dir() and not target.is_symlink():
        # A folder copied without its links (an archive, a flash drive) is kept as a version of its own.
        target.rename(version.parent / f"{target.name}-copied-{version.name}")
    link.replace(target)


def _let_go(published: Path, run: Run) -> None:
    """Remove the oldest versions of what a run publishes; the new one is in force already, whatever fails here."""
    name, stem = re.escape(run.published_name), re.escape(f"{run.flow}-{run.published_name}")
    with suppress(OSError):
        _settle(published)
        in_force = {link.readlink().name for link in published.iterdir() if link.is_symlink()}
        numbered = re.compile(rf"{name}-(?:copied-{name}-)?{stem}-(\d+)")
        _prune(published / VERSIONS, numbered, keep=in_force, count=KEPT_VERSIONS)


def _prune(folder: Path, numbered: re.Pattern[str], keep: Collection[str], count: int) -> None:
    """Remove all but the `count` folders of a kind with the highest numbers, never those in `keep` or in use.

    The clock has no say: it may have gone back since. A folder gets another name before it is emptied, so that half a
    folder is never taken for a whole one.
    """
    found = [(int(fits[1]), path.name) for path in folder.iterdir() if (fits := numbered.fullmatch(path.name))]
    old = sorted((number, name) for number, name in found if name not in keep)
    for _, name in old[:-count]:
        doomed = folder / f"{DOOMED}{name}"
        # Two runs that begin at once may want the same folder away.
        with suppress(OSError), unheld(folder / name) as is_free:
            if is_free:
                (folder / name).rename(doomed)
        shutil.rmtree(doomed, ignore_errors=True)


def _is_dead(process: str) -> bool:
    """Whether the process of that number, as a temporary file's name has it, has ended; unknown on Windows: no."""
    if sys.platform == "win32" or not process.isdigit():
        return False
    try:
        os.kill(int(process), 0)
    except ProcessLookupError:
        return True
    except (PermissionError, OverflowError):
        return False
    return False
