"""One command at a time changes or publishes the orders of a region."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pipeline.file_lock import locked

LOCK_FILE = "runs/.orders.lock"  # not in decisions/: what lies there is an input and is hashed
WAIT_SECONDS = 120.0  # an act takes about a second, publishing by way of Prefect, which has to start, up to a minute


@contextmanager
def orders_locked(root: Path) -> Iterator[None]:
    """While open, no other command changes or publishes the orders of the region.

    Raises:
        StoreError: another command has held the lock for too long, or no lock can be had in this folder.
    """
    with locked(root / LOCK_FILE, "Приказы этого региона сейчас меняет другая команда", WAIT_SECONDS):
        yield
