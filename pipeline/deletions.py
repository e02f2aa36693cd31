"""The record of deleted files, `decisions/deletions.csv`: what was deleted, when, why and by whom.

Publications made from a deleted file stay; by this record everybody can tell a deletion from a loss.
"""

import csv
import io
from pathlib import Path

import pandas as pd

from pipeline.region import read_reference
from pipeline.schema import records
from pipeline.store import write_whole
from pipeline.tables.care import DELETIONS

RECORD = "decisions/deletions.csv"


def load_deletions(root: Path) -> pd.DataFrame:
    """Every recorded deletion (`DELETIONS`); empty where nothing was deleted."""
    path = root / RECORD
    return read_reference(path, DELETIONS) if path.is_file() else DELETIONS.empty()


def add_deletions(root: Path, rows: pd.DataFrame) -> None:
    """Write further deletions into the record, in one step.

    Args:
        root: the region's folder (DIR).
        rows: frame of `DELETIONS`; a file that was recorded before keeps its first record.
    """
    both = pd.concat([load_deletions(root), DELETIONS.conform(rows)], ignore_index=True)
    first = both.drop_duplicates(list(DELETIONS.key), ignore_index=True)
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(DELETIONS.column_names)
    for row in records(DELETIONS.conform(first)):
        row["deleted_date"] = f"{row['deleted_date']:%Y-%m-%d}"
        writer.writerow("" if value is None else value for value in row.values())
    write_whole(root, RECORD, stream.getvalue().encode())
