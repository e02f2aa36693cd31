"""How many examples a property is tried on: few at a desk and in `make test`, many in `make test-slow`."""

import os

DEPTH = int(os.environ.get("SHNRO_DEPTH", "1"))


def examples(usual: int) -> int:
    """Half of the usual number in the quick tests, where seconds count; a multiple of it in the slow ones."""
    return usual * DEPTH if DEPTH > 1 else max(2, usual // 2)
