"""Progress on the terminal: a line per finished stage, and while one runs a bar with its parts and the time it takes.

Where the output is no terminal (a file, a service) only the lines are written.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from pipeline import progress

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress


@contextmanager
def shown(console: "Console | None" = None) -> Iterator[None]:
    """While open, every run shows its progress.

    Args:
        console: where; None: standard output.
    """
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    found = console or Console(highlight=False, markup=False, emoji=False, soft_wrap=True)
    bar = Progress(
        SpinnerColumn(),
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=24),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=found,
        transient=True,
        disable=not found.is_terminal,
    )
    with bar, progress.heard_by(_Terminal(found, bar)):
        yield


class _Terminal:
    """A listener that draws one bar for the running stage and prints a line for each that is done."""

    def __init__(self, console: "Console", bar: "Progress") -> None:
        self.console, self.bar = console, bar

    def begun(self, number: int, count: int, title: str) -> None:
        """Draw the bar of the stage; until its parts are known it only moves."""
        self._clear()
        self.bar.add_task(f"[{number}/{count}] {title}", total=None)

    def advanced(self, done: int, total: int) -> None:
        """Move the bar."""
        for task in self.bar.task_ids:
            self.bar.update(task, completed=done, total=total)

    def ended(self, number: int, count: int, title: str, account: str) -> None:
        """Print what the stage did."""
        self._clear()
        self.console.print(f"[{number}/{count}] {title}: {account}")

    def _clear(self) -> None:
        for task in self.bar.task_ids:
            self.bar.remove_task(task)
