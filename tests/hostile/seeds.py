"""Honest received files of every family, small: what the attacks are made from.

They come from the made-up region (`demo_region`), so nothing of anybody else lies in the project.
"""

from pathlib import Path

LARGEST = 120_000
# Folder below raw/ -> which readers such a file is meant for; the first that fits the path wins.
FAMILIES = {
    "survey": ("*/survey/**/*", "survey"),
    "support": ("*/support/**/*", "support"),
    "programmes": ("*/programmes/**/*", "programme"),
    "confirm": ("*/confirm/*", "confirmation"),
    "vpr": ("*/vpr/*", "results"),
    "gia": ("*/?ге/*", "results"),
    "ege": ("*/ege/*", "results"),
    "oge": ("*/oge/*", "results"),
    "okr": ("*/okr/*", "results"),
    "context": ("*/context/*", "results"),
    "dated": ("*/20*/*", "results"),
}
PER_FAMILY = 6


def seeds(root: Path) -> list[tuple[Path, str]]:
    """Files of a region with the reader that is meant for each: of every family the smallest of every kind."""
    found: list[tuple[Path, str]] = []
    for pattern, reader in FAMILIES.values():
        paths = sorted(
            (p for p in (root / "raw").glob(pattern) if p.is_file()), key=lambda p: (p.stat().st_size, p.name)
        )
        usual = [path for path in paths if path.stat().st_size <= LARGEST]
        step = max(1, len(usual) // PER_FAMILY)
        found += [(path, reader) for path in usual[::step][:PER_FAMILY]]
    return found
