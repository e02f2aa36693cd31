"""A region's folder for one calculation that leaves no trace: its files under second names, removed at the end.

It lies inside `runs/`, where a second name of a file costs nothing, and is called like a folder that is being removed:
what a killed command leaves is cleared away by the next run, pupils' files included.
"""

import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from pipeline.errors import StoreError
from pipeline.russian import system_fault
from pipeline.store import DOOMED


@contextmanager
def scratch_region(root: Path) -> Iterator[Path]:
    """An empty folder that takes a region's files for the time of a calculation."""
    runs = root / "runs"
    try:
        runs.mkdir(exist_ok=True)
        folder = Path(tempfile.mkdtemp(prefix=f"{DOOMED}scratch-", dir=runs))
    except OSError as error:
        raise StoreError(
            f"В папку региона нельзя писать: {system_fault(error)}",
            where=str(runs),
            remedy="проверьте путь --data, право записи и свободное место",
        ) from error
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def lay(root: Path, names: Iterable[str], scratch: Path) -> None:
    """Lay files of the region, by their paths inside it, into a scratch region; what lies there already stays."""
    for name in names:
        lay_file(root / name, scratch / name)


def lay_tree(source: Path, target: Path) -> None:
    """Lay every file of a folder into another one; what lies there already stays."""
    for path in sorted(source.rglob("*")) if source.is_dir() else ():
        if path.is_file():
            lay_file(path, target / path.relative_to(source))


def lay_file(source: Path, target: Path) -> None:
    """A second name for a file where the disk allows it, else a copy: received files can be large.

    Runs read their inputs and replace, never rewrite, what they write: the region's own file is safe.
    """
    if target.exists():
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        os.link(source.resolve(), target)
    except OSError:
        shutil.copy2(source, target)
