"""Bad input: one clear Russian paragraph with place and remedy, exit code 1, nothing published, nothing lost."""

import io
import os
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from small_region import RESULTS, RESULTS_HEADER, SCHOOL_COUNT, command, hashes, make_small_region, results_row
from small_region import results_rows, write_results
from source_files import write_csv, write_xlsx

PROJECT = Path(__file__).resolve().parents[1]
MONITOR = ("monitor", "--direct", "--year", 2026)
IDENTIFY = ("identify", "--direct", "--year", 2026, "--capacity", 3)
PARAGRAPH = re.compile(r"[А-Я«][^\n]*[а-яёА-ЯЁ][^\n]*\. Где: [^\n]+\. Что сделать: [^\n]+\.")

Spoil = Callable[[Path], object]


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A region in which monitoring has been published once."""
    root = make_small_region(tmp_path_factory.mktemp("published") / "region")
    with pytest.MonkeyPatch.context() as monkeypatch:
        assert command(monkeypatch, *MONITOR, "--data", root) == 0
    return root


@pytest.fixture
def root(published: Path, tmp_path: Path) -> Path:
    return shutil.copytree(published, tmp_path / "region", symlinks=True)


def file(name: str, content: bytes) -> Spoil:
    return lambda root: (root / name).write_bytes(content)


def text(name: str, content: str) -> Spoil:
    return lambda root: (root / name).write_text(content, encoding="utf-8")


def added(name: str, line: str) -> Spoil:
    """A line more at the end of a file."""
    return lambda root: (root / name).write_text((root / name).read_text("utf-8") + line + "\n", encoding="utf-8")


def replaced(name: str, old: str, new: str) -> Spoil:
    return lambda root: (root / name).write_text((root / name).read_text("utf-8").replace(old, new), encoding="utf-8")


def nothing(root: Path) -> None:
    """The fault is in the words of the command."""


def workbook(cut: int | None = None) -> bytes:
    stream = Path(os.devnull)  # the path is never written: the bytes are made in memory
    del stream
    import xlsxwriter

    memory = io.BytesIO()
    book = xlsxwriter.Workbook(memory)
    sheet = book.add_worksheet("Лист1")
    for index, row in enumerate([RESULTS_HEADER, *results_rows()]):
        sheet.write_row(index, 0, row)
    book.close()
    return memory.getvalue()[:cut]
