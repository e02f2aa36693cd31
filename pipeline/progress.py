"""How far a run is, told to whoever listens: a command shows it, a service logs it, the core knows of neither."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Protocol


class Listener(Protocol):
    """Who is told of the progress of a run."""

    def begun(self, number: int, count: int, title: str) -> None:
        """Stage `number` of `count` begins."""

    def advanced(self, done: int, total: int) -> None:
        """Of the `total` parts of the stage (files, documents) so many are done."""

    def ended(self, number: int, count: int, title: str, account: str) -> None:
        """The stage is done; `account` says what it did."""


_listener: ContextVar[Listener | None] = ContextVar("listener", default=None)


@contextmanager
def heard_by(listener: Listener) -> Iterator[None]:
    """While open, the listener is told of every run."""
    token = _listener.set(listener)
    try:
        yield
    finally:
        _listener.reset(token)


def begun(number: int, count: int, title: str) -> None:
    """Tell that a stage begins."""
    if (listener := _listener.get()) is not None:
        listener.begun(number, count, title)


def advanced(done: int, total: int) -> None:
    """Tell how many parts of a stage are done."""
    if (listener := _listener.get()) is not None:
        listener.advanced(done, total)


def ended(number: int, count: int, title: str, account: str) -> None:
    """Tell that a stage is done."""
    if (listener := _listener.get()) is not None:
        listener.ended(number, count, title, account)
