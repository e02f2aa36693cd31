"""One command at a time changes or publishes the orders of a region: the lock ends with the process that holds it."""

import os
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pipeline.errors import StoreError
from pipeline.russian import system_fault

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

LOCK_FILE = "runs/.orders.lock"  # not in decisions/: what lies there is an input and is hashed
WAIT_SECONDS = 15.0  # an act takes about a second, also where several wait
POLL_SECONDS = 0.05


@contextmanager
def orders_locked(root: Path) -> Iterator[None]:
    """While open, no other command changes or publishes the orders of the region.

    The system itself holds the lock: killed or crashed, its owner leaves nothing behind that has to be cleared away.

    Raises:
        StoreError: another command has held the lock for too long, or no lock can be had in this folder.
    """
    path = root / LOCK_FILE
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
        _wait(handle, path)
        os.ftruncate(handle, 0)
        os.write(handle, f"компьютер {socket.gethostname()}, процесс {os.getpid()}\n".encode())
        try:
            yield
        finally:
            os.ftruncate(handle, 0)
    finally:
        os.close(handle)


def _wait(handle: int, path: Path) -> None:
    """Return when the lock is ours."""
    deadline = time.monotonic() + WAIT_SECONDS
    while not _is_taken(handle):
        if time.monotonic() > deadline:
            raise StoreError(
                "Приказы этого региона сейчас меняет другая команда",
                where=_owner(path),
                remedy="дождитесь её окончания и повторите команду",
            )
        time.sleep(POLL_SECONDS)


def _is_taken(handle: int) -> bool:
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
            f"Папку региона нельзя закрыть на время изменения приказов: {system_fault(error)}",
            where=LOCK_FILE,
            remedy="выполните команду на том компьютере, где лежит папка, или перенесите папку на обычный диск",
        ) from error
    return True


def _owner(path: Path) -> str:
    """Who holds the lock, as far as the file tells."""
    try:
        return path.read_text(encoding="utf-8").strip() or LOCK_FILE
    except OSError:
        return LOCK_FILE
