"""Reminders of the confirmation of data: a letter to each municipality that has not answered for all its schools."""

from datetime import date
from pathlib import Path

import pandas as pd

from pipeline.confirming import asked_schools
from pipeline.correspondence import confirm_books, make_sender
from pipeline.outputs import letters
from pipeline.region import load_region, reference_table
from pipeline.register import municipality_names
from pipeline.store import write_whole
from pipeline.tables import reference

REMINDERS = "Напоминания"


def write_reminders(
    root: Path, year: int, confirmations: pd.DataFrame, *, today: date, deadline: date | None = None
) -> tuple[str, ...]:
    """Write the letters to `forms/<year>/confirm/`; those to municipalities that have answered since are removed.

    Args:
        root: the region's folder (DIR).
        year: year of decision.
        confirmations: `CONFIRMATIONS` of the year.
        today: the day of writing.
        deadline: until when the workbooks are wanted; None: the term of the region's documents, and where that has
            passed, a line to be filled in.

    Returns:
        The letters, inside the region's folder.
    """
    names = municipality_names(reference_table(root, reference.MUNICIPALITIES), year)
    books, sender = confirm_books(names, year), make_sender(root, load_region(root), year)
    term = sender.texts.days["confirmation"]
    day = deadline or (term if term >= today else None)
    schools = asked_schools(root, year)
    answered = set(confirmations.loc[confirmations["status_code"] != "not_confirmed", "school_id"])
    written = {}
    for code in schools["municipality_id"].unique():
        own = schools[schools["municipality_id"] == code]
        silent = own[~own["school_id"].isin(answered)]
        if silent.empty:
            continue
        book = Path(books[code])
        written[(book.parent / REMINDERS / f"{book.stem}.docx").as_posix()] = letters.confirmation_reminder(
            sender,
            names[code],
            list(silent["school_name"]),
            book.name,
            is_whole=len(silent) == len(own),
            deadline=day,
        )
    for old in (root / f"forms/{year}/confirm" / REMINDERS).glob("*.docx"):
        if old.relative_to(root).as_posix() not in written:
            old.unlink()
    for file, content in written.items():
        write_whole(root, file, content)
    return tuple(written)
