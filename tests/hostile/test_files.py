"""Hostile files: never a traceback, a hang, a memory balloon or a lost row, whatever was received."""

import json
import os
import subprocess
import sys
import unicodedata
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hostile.bombs import BOMBS, far, lying, ods_cell, sheet
from pipeline.errors import PipelineError
from pipeline.sources import SOURCES, heavy, read_file
from pipeline.sources.grid import source_file
from pipeline.sources.reading import ReadingContext

HERE = Path(__file__).parent
PROJECT = HERE.parents[1]
CASES = 2_600
SECONDS = 30
GROWTH_MB = 1_300  # a workbook may take 1 GB on trial; then it is opened in earnest


def attacked(root: Path, work: Path, what: str, first: int, last: int) -> list[dict[str, object]]:
    """What came of every case; a case that ends its process is a failure of its own, and the rest is still tried."""
    told: list[dict[str, object]] = []
    while first < last:
        words = [sys.executable, str(HERE / "attack.py"), str(root), str(work), what, str(first), str(last)]
        environment = os.environ | {"PYTHONPATH": os.pathsep.join((str(PROJECT), str(HERE)))}
        done = subprocess.run(words, env=environment, capture_output=True, text=True, timeout=900, check=False)
        lines = [json.loads(line) for line in done.stdout.splitlines()]
        told += [line for line in lines if not line.get("began")]
        assert done.stderr == "", done.stderr[-2000:]
        if done.returncode == 0:
            break
        assert lines, done.stderr
        told.append({**lines[-1], "ended": "failed", "told": f"the process ended with {done.returncode}", "seconds": 0})
        first = lines[-1]["number"] + 1
    return told


def faults(told: list[dict[str, object]]) -> list[dict[str, object]]:
    """The cases that did not end as they must: read with every row accounted for, or refused in one clear paragraph."""
    return [
        case
        for case in told
        if case["ended"] == "failed"
        or case["seconds"] > SECONDS
        or case.get("grown_mb", 0) > GROWTH_MB
        or (case["ended"] == "refused" and not is_clear(str(case["told"])))
    ]


def is_clear(paragraph: str) -> bool:
    """Whether a refusal is Russian, says what to do and gives a terminal no orders."""
    return "Что сделать:" in paragraph and all(sign.isprintable() or sign in "\n\xa0" for sign in paragraph)


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="the memory of a process is limited and measured the Linux way")
def test_thousands_of_spoilt_files_are_read_or_refused(demo_region: Path, tmp_path: Path) -> None:
    told = attacked(demo_region, tmp_path, "spoiled", 0, CASES)
    assert faults(told) == []
    assert len({case["number"] for case in told}) == CASES
    # The attack got beyond the door: every reader has taken some files in and refused others.
    ends = Counter((case["reader"], case["ended"]) for case in told)
    # (A school's programme is answered after the causes are computed; the region as it is made has none yet.)
    for reader in ("results", "survey", "support", "confirmation", "list", "draft"):
        assert ends[reader, "kept"] >= 10 and ends[reader, "refused"] >= 10, ends


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="the memory of a process is limited and measured the Linux way")
def test_small_files_that_open_to_something_enormous_are_refused(demo_region: Path, tmp_path: Path) -> None:
    told = attacked(demo_region, tmp_path, "bombs", 0, len(BOMBS))
    assert faults(told) == []
    assert len({case["number"] for case in told}) == len(BOMBS)


def read(path: Path) -> str:
    """The paragraph with which the file is refused."""
    with pytest.raises(PipelineError) as refused:
        read_file(ReadingContext(source_file(path, path.parent, 2026), {}, b"key"), SOURCES)
    return refused.value.paragraph()


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("a.xlsx", lambda: far("XFD1048576", "1048576"), "неправдоподобно большой объём"),
        ("a.ods", lambda: ods_cell(16_384, 1_048_576), "повреждена"),
        ("a.csv", lambda: b";" * 20_000, "неправдоподобно широка"),
        ("a.csv", lambda: b"\n" * 2_000_001 + b"a", "неправдоподобно много строк"),
    ],
    ids=["far cell", "repeated cell", "wide", "long"],
)
def test_a_bomb_is_refused_before_it_goes_off(tmp_path: Path, name: str, content, reason: str) -> None:
    path = tmp_path / name
    path.write_bytes(content())
    assert reason in read(path)


def test_an_archive_is_not_believed_what_it_says_of_its_size(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(heavy, "MAX_UNPACKED_BYTES", 1 << 20)
    path = tmp_path / "a.xlsx"
    path.write_bytes(lying(sheet(" " * (2 << 20))))
    assert "неправдоподобно большой объём" in read(path)


@settings(max_examples=60, derandomize=True)
@given(st.binary(max_size=300), st.sampled_from([".csv", ".xlsx", ".xls", ".ods", ".parquet", ".txt"]))
def test_any_bytes_are_refused_in_a_clear_paragraph(
    tmp_path_factory: pytest.TempPathFactory, data: bytes, suffix: str
) -> None:
    path = tmp_path_factory.getbasetemp() / f"any{suffix}"
    path.write_bytes(data)
    assert is_clear(read(path))


@settings(max_examples=150, derandomize=True)
@given(st.text(max_size=60))
def test_a_paragraph_gives_a_terminal_no_orders(words: str) -> None:
    told = PipelineError(f"\x1b[2J{words}", where=f"{words}\x07", remedy="прочтите").paragraph()
    assert [sign for sign in told if unicodedata.category(sign) == "Cc" and sign != "\n"] == []
