"""Killed at any step, a command leaves the published state whole, and the next one clears up after it."""

import shutil
import threading
from pathlib import Path

import pytest
from faulty_region import FLOWS, Victims, finished_run, kept_too_many, leftovers, link_of, published

from pipeline.errors import StoreError
from pipeline.schema import Table
from pipeline.stages import PUBLISHED
from pipeline.store import Published

pytestmark = pytest.mark.slow

KILLED = -9
DENSE = ("orders", "site")  # tables, documents, pages: between them everything that a publication can hold
FEW = 10
POINTS_OF_A_RUN = 6  # per flow, from the first step to the last


class Reader(threading.Thread):
    """Somebody who reads a publication all the time; every fault that they see is kept."""

    def __init__(self, root: Path, flow: str) -> None:
        super().__init__(daemon=True)
        self.root, self.flow, self.faults, self.count = root, flow, list[str](), 0
        self.is_over = threading.Event()

    def run(self) -> None:
        period = link_of(self.root, self.flow).name.removeprefix("2026").removeprefix("-")
        tables: tuple[Table, ...] = PUBLISHED.get(self.flow, ())
        while not self.is_over.wait(0.01):
            try:
                found = Published(self.root, self.flow, 2026, period)
                for table in tables[:2]:
                    assert len(found.read(table)) == found.manifest["tables"][table.name]["rows"]
                self.count += 1
            except (StoreError, OSError, AssertionError) as error:
                self.faults.append(repr(error))

    def __enter__(self) -> "Reader":
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.is_over.set()
        self.join()


@pytest.fixture
def root(published_region: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(published_region, tmp_path / "область с пробелом", symlinks=True))


@pytest.mark.parametrize("flow", FLOWS)
def test_killed_at_every_step_of_the_publication(flow: str, root: Path, victims: Victims, tmp_path: Path) -> None:
    finished, whole = finished_run(root, flow, tmp_path / "finished"), published(root, flow)
    steps, before = victims.run_flow(root, flow, finished=finished).steps, link_of(root, flow).readlink()
    assert published(root, flow) == whole
    with Reader(root, flow) as reader:
        for step in range(1, steps + 1, 1 if flow in DENSE else steps // FEW):
            end = victims.run_flow(root, flow, finished=finished, at=step)
            assert end.code == KILLED, end.told
            assert published(root, flow) == whole, f"step {step}"
        end = victims.run_flow(root, flow, finished=finished)
    assert reader.faults == [] and reader.count > 0
    assert end.code == 0, end.told
    assert published(root, flow) == whole and link_of(root, flow).readlink() != before
    assert leftovers(root) == [] and kept_too_many(root) == []


@pytest.mark.parametrize("flow", FLOWS)
def test_killed_at_steps_all_over_the_run(flow: str, root: Path, victims: Victims) -> None:
    whole = published(root, flow)
    steps = victims.run_flow(root, flow).steps
    others = {name: published(root, name) for name in FLOWS if name != flow}
    for point in range(POINTS_OF_A_RUN):
        end = victims.run_flow(root, flow, at=1 + point * (steps - 1) // (POINTS_OF_A_RUN - 1))
        assert end.code == KILLED, end.told
        assert published(root, flow) == whole
    end = victims.run_flow(root, flow)
    assert end.code == 0, end.told
    assert published(root, flow) == whole
    assert {name: published(root, name) for name in others} == others
    assert leftovers(root) == [] and kept_too_many(root) == []
