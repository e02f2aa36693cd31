"""How many examples a property is tried on: few at a desk and in `make test`, many in `make test-slow`."""

import os

DEPTH = int(os.environ.get("SHNRO_DEPTH", "1"))


def examples(quick: int) -> int:
    """The number of examples of a property that the quick tests try `quick` times."""
    return quick * DEPTH
