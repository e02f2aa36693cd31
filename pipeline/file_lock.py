"""Locks that the system holds for a process: killed or crashed, their owner leaves nothing that has to be cleared away.

`locked` lets one command at a time do something. `hold` keeps a folder from being pruned while somebody uses it, and
`unheld` asks about that. On Windows folders cannot be held: there only the number of kept folders protects a reader.
"""

import os
import socket
import sys
import time
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pipeline.errors import StoreError
from pipeline.russian import system_fault

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

POLL_SECONDS = 0.05


@contextmanager
def locked(path: Path, busy: str, wait_seconds: float) -> Iterator[None]:
    """While open, no other process is between the same two lines with the same file.

    Args:
        path: the file that is locked; it is made where it does not exist, and stays.
        busy: what another command is doing when the lock is not to be had, one Russian sentence.
        wait_seconds: how long to wait for it.

    Raises:
        StoreError: another command has held the lock for too long, or no lock can be had in this folder.
    """
    handle = _waited_for(path, busy, wait_seconds)
    try:
        os.ftruncate(handle, 0)
        _describe(handle)
        try:
            yield
        finally:
            os.ftruncate(handle, 0)
    finally:
        os.close(handle)


def hold(owner: object, folder: Path) -> None:
    """Keep `unheld` from giving the folder away for as long as `owner` lives; nothing where the disk knows no locks.

    Raises:
        FileNotFoundError: the folder is gone.
    """
    if sys.platform == "win32":
        return
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(handle, fcntl.LOCK_SH)
        if not _is_at(handle, folder):
            raise FileNotFoundError(folder)
    except FileNotFoundError:
        os.close(handle)
        raise
    except OSError:
        os.close(handle)
        return
    weakref.finalize(owner, os.close, handle)


@contextmanager
def unheld(folder: Path) -> Iterator[bool]:
    """Whether nobody holds the folder; nobody can begin to as long as this is open."""
    if sys.platform == "win32":
        yield True
        return
    try:
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    except OSError:
        yield False
        return
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            is_free = True
        except BlockingIOError:
            is_free = False
        except OSError:
            # A disk without locks: there the number of kept folders has to do.
            is_free = True
        yield is_free
    finally:
        os.close(handle)


def _waited_for(path: Path, busy: str, wait_seconds: float) -> int:
    """The handle of the lock file, locked."""
    deadline = time.monotonic() + wait_seconds
    while True:
        try:
            path.parent.mkdir(exist_ok=True)
            handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
        except OSError as error:
            raise StoreError(
                f"В папку региона нельзя писать: {system_fault(error)}",
                where=str(path),
                remedy="проверьте путь --data, право записи и свободное место",
            ) from error
        try:
            # Who cleared `runs/` away took the file as well: a lock on what nobody else can open locks nobody out.
            if _is_taken(handle, path) and _is_at(handle, path):
                return handle
        except BaseException:
            os.close(handle)
            raise
        os.close(handle)
        if time.monotonic() > deadline:
            raise StoreError(busy, where=_owner(path), remedy="дождитесь её окончания и повторите команду")
        time.sleep(POLL_SECONDS)


def _is_taken(handle: int, path: Path) -> bool:
    """Try once to take the lock; whether it is ours."""
    try:
        if sys.platform == "win32":
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        else:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):
        return False
    except OSError as error:
        raise StoreError(
            f"Папку региона нельзя закрыть на время изменений: {system_fault(error)}",
            where=path.name,
            remedy="выполните команду на том компьютере, где лежит папка, или перенесите папку на обычный диск",
        ) from error
    return True


def _is_at(handle: int, path: Path) -> bool:
    """Whether the open file or folder is the one that lies at the path now."""
    try:
        return os.path.samestat(os.fstat(handle), path.stat())
    except FileNotFoundError:
        return False


def _describe(handle: int) -> None:
    """Write into the lock file who holds it; on a full disk the lock holds without the words."""
    try:
        os.write(handle, f"компьютер {socket.gethostname()}, процесс {os.getpid()}\n".encode())
    except OSError:
        return


def _owner(path: Path) -> str:
    """Who holds the lock, as far as the file tells."""
    try:
        return path.read_text(encoding="utf-8").strip() or path.name
    except OSError:
        return path.name
