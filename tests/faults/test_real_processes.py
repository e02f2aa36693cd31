"""Real commands in processes of their own: killed at random times, started at once, with Prefect and without."""

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from faulty_region import FLOWS, PROJECT, kept_too_many, leftovers, link_of, published

pytestmark = pytest.mark.slow

WITHOUT_PREFECT = "--direct"
PATIENCE = 240


def started(root: Path, *words: str) -> subprocess.Popen[str]:
    """The command `shnro` in a process group of its own."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PREFECT_")}
    return subprocess.Popen(
        [sys.executable, "-m", "pipeline.cli", *words, "--data", str(root)],
        cwd=PROJECT,
        env=kept,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def told(process: subprocess.Popen[str]) -> str:
    """What the command said on its way to a good end, which it must come to."""
    _, error = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0, error
    return error


def run_id(root: Path, flow: str) -> str:
    return str(json.loads((link_of(root, flow) / "manifest.json").read_text(encoding="utf-8"))["run_id"])


@pytest.fixture
def root(published_region: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(published_region, tmp_path / "область с пробелом", symlinks=True))


@pytest.mark.parametrize(("flow", "with_prefect", "times"), [("causes", False, 6), ("orders", True, 5)])
def test_killed_at_random_times(flow: str, with_prefect: bool, times: int, root: Path) -> None:
    words = tuple(word for word in FLOWS[flow][0] if not (with_prefect and word == WITHOUT_PREFECT))
    whole, began = published(root, flow), time.monotonic()
    # The first time Prefect's database is made: the first victims die while it is half made.
    told(started(root, *(words if not with_prefect else (*words, WITHOUT_PREFECT))))
    lasts, chance = max(4.0, (time.monotonic() - began) * (2 if with_prefect else 1)), random.Random(2026)
    for _ in range(times):
        victim = started(root, *words)
        time.sleep(chance.uniform(0.3, lasts))
        os.killpg(victim.pid, signal.SIGKILL)
        victim.communicate(timeout=PATIENCE)
        assert published(root, flow) == whole
    told(started(root, *words))
    assert published(root, flow) == whole
    assert leftovers(root) == [] and kept_too_many(root) == []


def test_commands_at_once_all_come_to_a_good_end(root: Path) -> None:
    before = {flow: published(root, flow) for flow in FLOWS}
    flows = ("causes", "causes", "site", "site", "orders")
    old = {flow: run_id(root, flow) for flow in flows}
    running = [started(root, *FLOWS[flow][0]) for flow in flows]
    for process in running:
        told(process)
    assert {flow: published(root, flow) for flow in FLOWS if flow != "site"} == {
        flow: hashes for flow, hashes in before.items() if flow != "site"
    }
    assert published(root, "site")
    # Each of two runs of one flow had a number and a folder of its own.
    for flow in ("causes", "site"):
        first = int(old[flow].rsplit("-", 1)[1])
        assert {f"{flow}-2026-{first + n:03d}" for n in (1, 2)} <= {p.name for p in (root / "runs").iterdir()}
    assert leftovers(root) == []


def test_two_drafts_of_one_order_at_once_are_one_draft(root: Path) -> None:
    drafting = [started(root, "order", "draft", "--year", "2026") for _ in range(2)]
    for process in drafting:
        told(process)
    assert [p.name for p in (root / "decisions/orders").iterdir() if p.is_dir() and p.name[0] != "."] == [
        "2026-list-01"
    ]
    told(started(root, "order", "show"))


def test_two_first_runs_with_prefect_at_once(root: Path) -> None:
    shutil.rmtree(root / ".prefect", ignore_errors=True)
    words = ("order", "publish", "--year", "2026")
    for process in [started(root, *words) for _ in range(2)]:
        told(process)
    assert published(root, "orders")
