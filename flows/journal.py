"""Prefect's database in the region's folder: a journal of runs that the region can do without."""

import shutil
from pathlib import Path

DATABASE = "prefect.db"
SET_ASIDE = "unreadable-"
ROOM = 20_000_000  # bytes; where less is free, a server ends for want of room and its database is not to blame


def set_aside(home: Path) -> bool:
    """Give the database another name, so that the server makes a new one; False where that would not help.

    It may be damaged, or half made by a server that was killed. Only the last one is kept for looking into.

    Args:
        home: Prefect's folder.
    """
    if not (home / DATABASE).exists() or shutil.disk_usage(home).free < ROOM:
        return False
    for suffix in ("", "-wal", "-shm"):
        kept = home / f"{SET_ASIDE}{DATABASE}{suffix}"
        kept.unlink(missing_ok=True)
        if (home / f"{DATABASE}{suffix}").exists():
            (home / f"{DATABASE}{suffix}").rename(kept)
    return True
