"""A disk that is full, folders without rights: one Russian paragraph, exit code 1, and what is published stays."""

import errno
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from faulty_region import FLOWS, PROJECT, YEAR, End, Victims, finished_run, leftovers, published

pytestmark = pytest.mark.slow

FAULTS = {"full": errno.ENOSPC, "read-only": errno.EROFS, "no rights": errno.EACCES}
# Commands that write beside a run, in an order in which each has something to do; `{out}` is a path in the region.
COMMANDS = (
    ("check", "--year", YEAR),
    ("explain", "s12", "--year", YEAR, "--output", "{out}/s12.xlsx"),
    ("explain", "s12", "--year", YEAR, "--output", "{out}/s12.txt"),
    ("rank", "{root}/published/monitoring/2026/results.parquet", "--year", YEAR, "--capacity", "4",
     "--output", "{out}/ranking.parquet"),
    ("init", "{out}/region"),
    ("confirm", "forms", "--year", YEAR),
    ("causes", "forms", "--year", YEAR, "--draft"),
    ("support", "forms", "--year", YEAR, "--period", "june"),
    ("commission", "workbook", "--year", YEAR),
    ("order", "draft", "--year", YEAR),
)  # fmt: skip
WITHOUT_REGION = ("init", "rank")


def words_of(command: tuple[str, ...], root: Path) -> list[str]:
    words = [word.format(out=root / "вывод", root=root) for word in command]
    return words if command[0] in WITHOUT_REGION else [*words, "--data", str(root)]


def is_told(end: End) -> bool:
    """One Russian paragraph with a remedy, no traceback."""
    last = end.told.rstrip().splitlines()[-1:]
    return end.code == 1 and "Traceback" not in end.told and bool(last) and "Что сделать: " in end.told


@pytest.fixture
def root(published_region: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(published_region, tmp_path / "область с пробелом", symlinks=True))


@pytest.mark.parametrize("command", COMMANDS, ids=lambda words: " ".join(words[:2]))
def test_a_command_that_cannot_write_says_so(command: tuple[str, ...], root: Path, victims: Victims) -> None:
    clean = Path(shutil.copytree(root, root.with_name("чистая"), symlinks=True))
    end = victims.run(clean, *words_of(command, clean))
    assert end.code == 0 and end.steps > 0, end.told
    before = {flow: published(root, flow) for flow in FLOWS}
    steps = sorted({1, 2, max(1, end.steps // 2), end.steps} & set(range(1, end.steps + 1)))
    for number, step in enumerate(steps):
        fault = list(FAULTS.values())[number % len(FAULTS)]
        told = victims.run(root, *words_of(command, root), at=step, fault=fault)
        # What an earlier try has written stays and need not be written again.
        is_done = told.code == 0 and told.steps < step
        assert is_done or is_told(told), (step, told)
        assert {flow: published(root, flow) for flow in FLOWS} == before
        if is_done:
            return
    # With space on the disk again the same command does its work.
    assert victims.run(root, *words_of(command, root)).code == 0


@pytest.mark.parametrize("flow", FLOWS)
def test_a_publication_that_cannot_be_written_changes_nothing(
    flow: str, root: Path, victims: Victims, tmp_path: Path
) -> None:
    finished, whole = finished_run(root, flow, tmp_path / "finished"), published(root, flow)
    words = (*FLOWS[flow][0], "--data", str(root))
    steps = victims.run_flow(root, flow, finished=finished).steps
    for number, step in enumerate(range(1, steps + 1, max(1, steps // 9))):
        fault = list(FAULTS.values())[number % len(FAULTS)]
        end = victims.run(root, *words, at=step, fault=fault, flow=flow, finished=finished)
        assert end.code == 0 or is_told(end), (step, end)
        assert published(root, flow) == whole
    end = victims.run_flow(root, flow, finished=finished)
    assert end.code == 0, end.told
    assert published(root, flow) == whole
    assert leftovers(root) == []


@pytest.fixture
def small_disk(tmp_path: Path):
    """A disk of its own, and a small one."""
    disk = tmp_path / "disk"
    disk.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64m", "tmpfs", disk], capture_output=True).returncode:
        pytest.skip("a small disk needs the right to mount one")
    yield disk
    subprocess.run(["umount", disk], check=True)


def test_a_disk_that_really_is_full(published_region: Path, small_disk: Path, victims: Victims) -> None:
    root = small_disk / "область"
    shutil.copytree(published_region, root, symlinks=True)
    whole = {flow: published(root, flow) for flow in FLOWS}
    filler = small_disk / "filler"
    for left in (0, 20_000, 60_000, 120_000, 250_000):
        filler.unlink(missing_ok=True)
        filler.write_bytes(b"x" * max(0, shutil.disk_usage(root).free - left))
        for flow in ("orders", "site", "causes"):
            end = victims.run_flow(root, flow)
            assert end.code == 0 or is_told(end), (left, flow, end.told)
            assert published(root, flow) == whole[flow]
    filler.unlink()
    for flow in ("orders", "site", "causes"):
        end = victims.run_flow(root, flow)
        assert end.code == 0, end.told
    assert {flow: published(root, flow) for flow in FLOWS} == whole
    assert leftovers(root) == []


@pytest.fixture
def read_only(published_region: Path, tmp_path: Path):
    """The region on a disk that is read-only."""
    root = tmp_path / "чтение"
    root.mkdir()
    bound = subprocess.run(["mount", "--bind", published_region, root], capture_output=True).returncode
    if bound or subprocess.run(["mount", "-o", "remount,bind,ro", root], capture_output=True).returncode:
        pytest.skip("a read-only disk needs the right to mount one")
    yield root
    subprocess.run(["umount", root], check=True)


def test_a_read_only_disk_can_be_read_and_not_written(read_only: Path, victims: Victims) -> None:
    assert victims.run(read_only, "explain", "s12", "--year", YEAR, "--data", str(read_only)).code == 0
    for command in COMMANDS:
        if command[0] not in ("rank", "init"):
            assert is_told(end := victims.run(read_only, *words_of(command, read_only))), end.told
    for flow in FLOWS:
        assert is_told(end := victims.run_flow(read_only, flow)), end.told


def test_a_read_only_disk_is_told_by_the_real_command_with_prefect_too(read_only: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "pipeline.cli", "order", "publish", "--year", YEAR, "--data", str(read_only)],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 1
    assert "Traceback" not in done.stderr and "Что сделать: " in done.stderr
