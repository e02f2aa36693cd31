"""What a stage is: a step of a flow, with the tables that it reads and writes."""

from collections.abc import Callable
from dataclasses import dataclass

from pipeline.run import Run
from pipeline.schema import Table


@dataclass(frozen=True)
class Stage:
    """One step of a flow.

    Args:
        name: English name, also the name of the Prefect task.
        title: what it does, Russian, shown as progress.
        reads: tables it reads from the store.
        writes: tables it writes to the store.
        run: does it; gives a short Russian account of what was done.
    """

    name: str
    title: str
    reads: tuple[Table, ...]
    writes: tuple[Table, ...]
    run: Callable[[Run], str]
