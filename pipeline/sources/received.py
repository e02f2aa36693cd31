"""Which files have been received: all that lie in a folder of `raw/<year>/`, no matter how deep."""

from pathlib import Path

from pipeline.errors import SourceError
from pipeline.sources.grid import SourceFile, source_file

SET_ASIDE = ("_", ".", "~")


def received_files(root: Path, folder: Path, year: int, others: tuple[str, ...] = ()) -> tuple[SourceFile, ...]:
    """Every file below a folder of `raw/`, sorted by path; names that begin with «_», «.» or «~» are set aside.

    Args:
        root: the region's folder (DIR).
        folder: where to look; where it does not exist, nothing has been received.
        year: the year of receipt.
        others: folders in it that are read in another way.

    Raises:
        SourceError: a link. What it leads to may lie outside DIR, would be missing in a copy of DIR, and behind a link
            to a folder nothing would be read at all.
    """
    found = []
    for place in (folder, *folder.parents):
        if root / "raw" in place.parents:
            _refuse_link(place, root)
    for path in sorted(folder.rglob("*")):
        parts = path.relative_to(folder).parts
        if parts[0] in others or any(part.startswith(SET_ASIDE) for part in parts):
            continue
        _refuse_link(path, root)
        if path.is_file():
            found.append(source_file(path, root, year))
    return tuple(found)


def _refuse_link(path: Path, root: Path) -> None:
    if path.is_symlink():
        raise SourceError(
            "Вместо файла или папки лежит ссылка на другое место: её содержимое не попало бы в копию папки региона",
            where=path.relative_to(root).as_posix(),
            remedy="положите сюда сам файл или папку; ненужную ссылку удалите",
        )


def by_delivery(files: tuple[SourceFile, ...]) -> tuple[SourceFile, ...]:
    """Files in the order of their deliveries, then of their paths."""
    return tuple(sorted(files, key=lambda file: (file.load_date, file.file_id)))
