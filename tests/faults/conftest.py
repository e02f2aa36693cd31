"""The warm process and the published region, one of each for a module's tests."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from faulty_region import Victims, make_published_region


@pytest.fixture(scope="session")
def victims(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Victims]:
    found = Victims(tmp_path_factory.mktemp("victims"))
    yield found
    found.close()


@pytest.fixture(scope="session")
def published_region(tmp_path_factory: pytest.TempPathFactory, victims: Victims) -> Path:
    """A region with a publication of every flow; whoever changes it takes a copy."""
    return make_published_region(tmp_path_factory.mktemp("faults") / "область с пробелом", victims)
