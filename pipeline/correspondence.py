"""Letters in `forms/`: a Word document beside each form that it goes with, made anew whenever the forms are."""

from collections import Counter
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import NamedTuple

from pipeline.document_texts import load_texts
from pipeline.outputs import letters
from pipeline.outputs.letters import Sender, SupportAsked
from pipeline.questionnaire import safe_name
from pipeline.region import DEMO_NOTICE, Region, load_region
from pipeline.store import write_whole

LETTERS = "Письма"


class ConfirmBook(NamedTuple):
    """A workbook of the confirmation of data, as its letter tells of it."""

    municipality_name: str
    schools: tuple[str, ...]
    file: str  # inside the region's folder


def file_stems(names: Mapping[str, str]) -> dict[str, str]:
    """municipality_id -> name of its files; two municipalities of one name are told apart by their ids."""
    count = Counter(safe_name(name).lower() for name in names.values())
    return {
        code: safe_name(name) if count[safe_name(name).lower()] == 1 else f"{safe_name(name)} {safe_name(code)}"
        for code, name in names.items()
    }


def confirm_books(names: Mapping[str, str], year: int) -> dict[str, str]:
    """municipality_id -> its workbook of the confirmation, inside the region's folder."""
    return {code: f"forms/{year}/confirm/{stem}.xlsx" for code, stem in file_stems(names).items()}


def make_sender(root: Path, settings: Region, year: int) -> Sender:
    """Who writes the letters of a list year: the department of the region, in the words of its documents."""
    notice = DEMO_NOTICE if settings.is_demo else ""
    return Sender(
        root, settings.issuer, settings.signatory_post, settings.signatory_name, load_texts(root, year), notice
    )


def support_sender(root: Path, settings: Region, plan_year: int, period: str) -> Sender:
    """Who writes about the support of a plan year: its June belongs to the list of the year before."""
    return make_sender(root, settings, plan_year - 1 if period == "june" else plan_year)


def write_confirmation_letters(root: Path, year: int, books: list[ConfirmBook], deadline: date | None) -> None:
    """Write the letter of each workbook below «Письма» beside it.

    Args:
        root: the region's folder (DIR).
        year: year of decision.
        books: the workbooks.
        deadline: until when they come back; None: the term of the region's documents.
    """
    sender = make_sender(root, load_region(root), year)
    for book in books:
        path = Path(book.file)
        content = letters.confirmation(sender, book.municipality_name, book.schools, path.name, deadline)
        write_whole(root, _letter_beside(path), content)


def write_support_letters(sender: Sender, asked: Mapping[str, SupportAsked]) -> None:
    """Write the letter of each form of the support (path inside the region's folder -> what it asks)."""
    for file, told in asked.items():
        write_whole(sender.root, _letter_beside(Path(file)), letters.support(sender, told))


def _letter_beside(form: Path) -> str:
    return (form.parent / LETTERS / f"{form.stem}.docx").as_posix()
