"""Settings of every test: no deadlines (these machines are noisy), no network address but the loopback.

And the one thing that is dear to make: the made-up region of 350 schools, shared by all workers of a test run.
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from filelock import FileLock
from hypothesis import settings

PROJECT = Path(__file__).resolve().parents[1]

# Few but long tests. Workers take whole files, and by itself xdist leaves those with the fewest tests to the end.
LONGEST_FILES = (
    "test_golden.py",
    "test_synthetic.py",
    "test_list_over_years.py",
    "test_privacy.py",
    "test_bad_input.py",
    "test_orders_command.py",
    "test_causes_command.py",
    "test_context_stage.py",
    "test_flows.py",
)

settings.register_profile("house", deadline=None, max_examples=40)
settings.load_profile("house")

# A proxy of the office would catch the requests of Prefect's client to its own server.
os.environ.setdefault("NO_PROXY", "127.0.0.1,localhost")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest files come first, so that the workers end together; all others keep their order."""
    places = {name: place for place, name in enumerate(LONGEST_FILES)}
    items.sort(key=lambda item: places.get(item.path.name, len(places)))


@pytest.fixture(scope="session")
def demo_region(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The made-up region as `shnro demo` makes it, once for all workers; whoever changes anything takes a copy.

    It is made by a process of its own with a fixed order of hashes, so that a region made in a test is a fair twin.
    """
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    root = shared / "demo-region"
    with FileLock(shared / "demo-region.lock"):
        if not (made := shared / "demo-region.made").exists():
            code = f"import pathlib, pipeline.synthetic as s; s.make_region(pathlib.Path({str(root)!r}))"
            environment = os.environ | {"PYTHONHASHSEED": "7", "PYTHONPATH": str(PROJECT)}
            subprocess.run([sys.executable, "-c", code], env=environment, check=True, timeout=600)
            made.touch()
    return root
