"""What was published for people to read: reports, papers and the web report of a year, with what each is."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pipeline.errors import ConfigError

# What can be asked for -> what it is, and where its files lie below published/, the one to be opened first.
PLACES = {
    "site": ("Веб-отчёт", ("site/{year}/index.html",)),
    "report": ("Отчёт о мониторинге", ("monitoring/{year}/documents/Отчёт о мониторинге*",)),
    "list": ("Перечень: записка, книга, протокол", ("identification/{year}/documents/*.docx",)),
    "order": ("Приказы и письма", ("orders/{year}/documents/*.docx",)),
    "causes": ("Реестр причин", ("causes/{year}/documents/*.xlsx",)),
    "june": ("Поддержка школ, июнь", ("support/{year}-june/documents/*",)),
    "november": ("Поддержка школ, ноябрь", ("support/{year}-november/documents/*",)),
    "quality": (
        "Качество данных",
        ("monitoring/{year}/documents/Качество данных.html", "identification/{year}/documents/Качество данных.html"),
    ),
}


@dataclass(frozen=True)
class Report:
    """Something to open: what it answers to, what it is, and the file."""

    what: str
    title: str
    path: Path


def reports(root: Path, year: int) -> Iterator[Report]:
    """Every report of a year that is there, one per kind, in the order of `PLACES`."""
    for what, (title, patterns) in PLACES.items():
        found = (
            path
            for pattern in patterns
            for path in sorted((root / "published").glob(pattern.format(year=year)))
            if path.is_file()
        )
        path = next(found, None)
        if path is not None:
            yield Report(what, title, path)


def report(root: Path, year: int, what: str | None) -> Report:
    """The report that was asked for; None: the first there is.

    Raises:
        ConfigError: nothing of the kind is published.
    """
    found = [one for one in reports(root, year) if what in (None, one.what)]
    if not found:
        raise ConfigError(
            f"За {year} год не опубликовано: {PLACES[what][0].lower()}" if what else f"За {year} год ещё нет отчётов",
            where="published/",
            remedy="сначала выполните расчёт, например shnro monitor; какие отчёты есть — shnro open без --what",
        )
    return found[0]


def documents(published: Path) -> list[str]:
    """Names of the documents of a publication: files, and folders with the number of files in them."""
    folder = published / "documents"
    if not folder.is_dir():
        return []
    files = sorted(path.name for path in folder.iterdir() if path.is_file())
    folders = sorted(path for path in folder.iterdir() if path.is_dir())
    return files + [f"{path.name}/ ({sum(p.is_file() for p in path.rglob('*'))})" for path in folders]
