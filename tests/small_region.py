"""A small made-up region: two municipalities, twelve schools with codes, three years of ready results."""

import hashlib
from pathlib import Path

from source_files import Row, write_csv

from pipeline import cli
from pipeline.skeleton import make_skeleton, write_reference
from pipeline.tables import reference

SCHOOL_COUNT = 12
YEARS = (2024, 2025, 2026)
RESULTS_HEADER = [
    "school_id", "municipality_id", "year", "procedure", "subject", "grade", "tested_count", "low_count",
]  # fmt: skip
RESULTS = "raw/2026/results.csv"


def school_id(number: int) -> str:
    return f"s{number:02d}"


def results_row(number: int, year: int, subject: str = "rus", *, tested: object = 40, low: object = None) -> Row:
    """One cell; the schools with the higher numbers have more low results."""
    area = "m1" if number <= SCHOOL_COUNT // 2 else "m2"
    return [school_id(number), area, year, "vpr", subject, "4", tested, number if low is None else low]


def results_rows() -> list[Row]:
    return [
        results_row(number, year, subject)
        for number in range(1, SCHOOL_COUNT + 1)
        for year in YEARS
        for subject in ("rus", "mat")
    ]


def write_results(root: Path, rows: list[Row], name: str = RESULTS) -> Path:
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    return write_csv(path, [RESULTS_HEADER, *rows], "utf-8", ",")


def make_small_region(root: Path) -> Path:
    """A region in which every command works."""
    make_skeleton(root, "Озёрная область")
    municipalities = [
        {"municipality_id": "m1", "municipality_name": "Озёрный район", "gia_code": "301"},
        {"municipality_id": "m2", "municipality_name": "Лесной район", "gia_code": "302"},
    ]
    schools = [
        {
            "school_id": school_id(number),
            "school_name": f"МБОУ «Средняя школа № {number}»",
            "municipality_id": "m1" if number <= SCHOOL_COUNT // 2 else "m2",
            "kind_code": "ordinary",
        }
        for number in range(1, SCHOOL_COUNT + 1)
    ]
    codes = [
        {"school_id": school_id(number), "code_kind": kind, "code": f"{prefix}{number:03d}"}
        for number in range(1, SCHOOL_COUNT + 1)
        for kind, prefix in (("fisoko", "edu670"), ("oge", "301"), ("ege", "301"))
    ]
    write_reference(root, reference.MUNICIPALITIES, municipalities)
    write_reference(root, reference.SCHOOLS, schools)
    write_reference(root, reference.SCHOOL_CODES, codes)
    write_results(root, results_rows())
    return root


def command(monkeypatch, *words: object) -> int:
    """The exit code of the `shnro` command, run in this process as a person would type it."""
    monkeypatch.setattr("sys.argv", ["shnro", *map(str, words)])
    try:
        cli.main()
    except SystemExit as end:
        return int(end.code or 0)
    raise AssertionError("the command always ends with an exit code")


def hashes(folder: Path) -> dict[str, str]:
    """Hash of every file below a folder by its path; of a link, where it points."""
    return {
        path.relative_to(folder).as_posix(): f"-> {path.readlink()}"
        if path.is_symlink()
        else hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_symlink() or path.is_file()
    }
