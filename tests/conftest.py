"""Settings of every test: no deadlines (these machines are noisy), no network address but the loopback.

And the things that are dear to make, each made once for all workers of a test run: the made-up region of 350 schools,
and the small region of twelve with its results published, its list computed, its list signed.
"""

import contextlib
import gc
import io
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from depth import examples
from filelock import FileLock
from hypothesis import settings
from ordered_region import YEAR, identify, run
from planted_pupils import plant
from small_region import command, make_small_region

PROJECT = Path(__file__).resolve().parents[1]

# Few but long tests. Workers take whole files, and by itself xdist leaves those with the fewest tests to the end.
LONGEST_FILES = (
    "test_golden.py",
    "test_orders_command.py",
    "test_list_over_years.py",
    "test_privacy.py",
    "test_bad_input.py",
    "test_synthetic.py",
    "test_causes_command.py",
    "test_context_stage.py",
    "test_flows.py",
)

YEAR_OF_WORK = (
    ("monitor",), ("identify",), ("causes", "build"), ("order", "draft"),
    ("support", "build", "--period", "june"), ("support", "build", "--period", "november"), ("site",),
)  # fmt: skip

settings.register_profile("house", deadline=None, max_examples=examples(20))
settings.load_profile("house")

# A proxy of the office would catch the requests of Prefect's client to its own server.
os.environ.setdefault("NO_PROXY", "127.0.0.1,localhost")

# Frames make objects by the million and no cycles: at its default the collector takes a tenth of a run.
gc.set_threshold(50_000, 20, 50)


def pytest_collection_finish() -> None:
    """Libraries live as long as the run: the collector need not look at them again."""
    gc.freeze()


@pytest.fixture(autouse=True, scope="session")
def _no_waiting_for_the_disk() -> Iterator[None]:
    """A test proves what is written, not that a platter holds it; tests of faults kill processes of their own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", lambda handle: None)
        yield


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest files come first, so that the workers end together; all others keep their order."""
    places = {name: place for place, name in enumerate(LONGEST_FILES)}
    items.sort(key=lambda item: places.get(item.path.name, len(places)))


def made_once(factory: pytest.TempPathFactory, name: str, make: Callable[[Path], object]) -> Path:
    """The folder that `make` filled, once for all workers; whoever changes anything takes a copy."""
    base = factory.getbasetemp()
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    root = shared / name
    with FileLock(shared / f"{name}.lock"):
        if not (made := shared / f"{name}.made").exists():
            shutil.rmtree(root, ignore_errors=True)
            make(root)
            made.touch()
    return root


@pytest.fixture(scope="session")
def demo_region(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The made-up region as `shnro demo` makes it.

    It is made by a process of its own with a fixed order of hashes, so that a region made in a test is a fair twin.
    """

    def make(root: Path) -> None:
        code = f"import pathlib, pipeline.synthetic as s; s.make_region(pathlib.Path({str(root)!r}))"
        environment = os.environ | {"PYTHONHASHSEED": "7", "PYTHONPATH": str(PROJECT)}
        subprocess.run([sys.executable, "-c", code], env=environment, check=True, timeout=600)

    return made_once(tmp_path_factory, "demo-region", make)


@pytest.fixture(scope="session")
def published_demo(demo_region: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The made-up region after a year of work, everything published; its pupils are planted (`planted_pupils`).

    What the commands said lies beside it (`.txt`).
    """

    def make(root: Path) -> None:
        shutil.copytree(demo_region, root, symlinks=True)
        plant(root)
        told = io.StringIO()
        with pytest.MonkeyPatch.context() as patch, contextlib.redirect_stdout(told), contextlib.redirect_stderr(told):
            for words in YEAR_OF_WORK:
                direct = () if words[0] == "order" else ("--direct",)
                assert command(patch, *words, "--data", root, "--year", 2026, *direct) == 0, told.getvalue()
        root.with_suffix(".txt").write_text(told.getvalue(), "utf-8")

    return made_once(tmp_path_factory, "published-demo", make)


@pytest.fixture(scope="session")
def monitored_region(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small region whose results are published."""

    def make(root: Path) -> None:
        make_small_region(root)
        with pytest.MonkeyPatch.context() as patch:
            assert command(patch, "monitor", "--data", root, "--year", YEAR, "--direct") == 0

    return made_once(tmp_path_factory, "monitored-region", make)


@pytest.fixture(scope="session")
def listed_region(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small region whose list of four schools is computed: s09 to s12; beside it, what the command said."""

    def make(root: Path) -> None:
        make_small_region(root)
        said = root.with_suffix(".txt").open("w", encoding="utf-8")
        with pytest.MonkeyPatch.context() as patch, said, contextlib.redirect_stdout(said):
            identify(patch, root)

    return made_once(tmp_path_factory, "область с пробелом", make)


@pytest.fixture(scope="session")
def signed_region(listed_region: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small region whose computed list is signed: the order of 15.09.2026 № 100-ОД."""

    def make(root: Path) -> None:
        shutil.copytree(listed_region, root, symlinks=True)
        with pytest.MonkeyPatch.context() as patch:
            assert run(patch, root, "draft", "--year", YEAR) == 0
            assert run(patch, root, "sign", "--number", "100-ОД", "--date", "2026-09-15") == 0

    return made_once(tmp_path_factory, "signed-region", make)
