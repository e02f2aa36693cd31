"""What commands of every group share: their common options, and how a run is started and carried out."""

import gc
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar
from zoneinfo import ZoneInfo

import typer

from pipeline.command_help import NO_WORD, OPTIONS, SUBCOMMAND, RussianCommand, RussianGroup, quoted
from pipeline.errors import ConfigError, PipelineError, QualityGateError

if TYPE_CHECKING:
    from pipeline.run import Run

F = TypeVar("F", bound=Callable[..., Any])

DataOption = Annotated[Path, typer.Option("--data", metavar="ПАПКА", help="Папка региона.")]
YearOption = Annotated[int, typer.Option("--year", min=1990, max=2100, metavar="ГОД", help="Год результатов.")]
EditionOption = Annotated[str, typer.Option("--edition", metavar="РЕДАКЦИЯ", help="Редакция методики.")]
AsOfOption = Annotated[
    str | None, typer.Option("--as-of", metavar="ГГГГ-ММ-ДД", help="Учитывать выгрузки, полученные не позже этой даты.")
]
DirectOption = Annotated[bool, typer.Option("--direct", metavar=NO_WORD, help="Выполнить те же стадии без Prefect.")]

RARE_SWEEPS = 100_000  # new objects between two sweeps of Python's garbage collector; its default is 700


def command_group(title: str) -> typer.Typer:
    """A group of commands below `shnro`, with Russian help."""
    return typer.Typer(
        cls=RussianGroup, help=title, no_args_is_help=True, options_metavar=OPTIONS, subcommand_metavar=SUBCOMMAND
    )


def command(group: typer.Typer, name: str | None = None) -> Callable[[F], F]:
    """A command of a group, with Russian help."""
    return group.command(name, cls=RussianCommand, options_metavar=OPTIONS)


def read_day(text: str, parameter: str) -> date:
    """A day as a command is told it, ГГГГ-ММ-ДД."""
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise ConfigError(
            f"«{text}» — не дата",
            where=f"параметр {parameter}",
            remedy="укажите дату как ГГГГ-ММ-ДД, например 2026-07-15",
        ) from error


def publish_orders(root: Path, year: int) -> None:
    """Publish what is signed, drafted and objected to as of today, and say where; done after every change of it."""
    from pipeline import methodology
    from pipeline.order_lock import orders_locked
    from pipeline.stages import FLOWS, finish

    try:
        run = start_run(root, "orders", year, methodology.DEFAULT_EDITION, None, today(root).isoformat())
        # Read and published under one lock: what is published last was also read last.
        with orders_locked(root):
            for stage in FLOWS[run.flow]:
                stage.run(run)
            say_published(finish(run))
    except PipelineError:
        again = f"shnro order publish --data {quoted(root)} --year {year}"
        typer.echo(
            f"Сделанное записано, но published/orders не обновлено. Устранив причину, выполните: {again}", err=True
        )
        raise


def say_published(published: Path) -> None:
    """What there is to open now, and where everything lies."""
    from pipeline.reports import documents

    if names := documents(published):
        typer.echo(f"Документы: {published / 'documents'}")
        for name in names:
            typer.echo(f"  {name}")
    typer.echo(f"Опубликовано: {published}")


def today(root: Path) -> date:
    """The day it is in the region, whatever the clock of this machine is set to."""
    from pipeline.region import load_region

    return datetime.now(ZoneInfo(load_region(root).time_zone)).date()


def start_run(
    root: Path, flow: str, year: int, edition: str, capacity: int | None, as_of: str | None, period: str = ""
) -> "Run":
    """A new run, with the time of its start for the manifest."""
    from pipeline.stages import start

    # A run lives for seconds and makes little cyclic garbage: sweeps a hundred times rarer save a second of sixteen.
    gc.set_threshold(RARE_SWEEPS)
    if as_of is not None:
        read_day(as_of, "--as-of")
    started_at = datetime.now().astimezone().isoformat(timespec="seconds")
    return start(
        root, flow, year, edition=edition, capacity=capacity, as_of=as_of, started_at=started_at, period=period
    )


def execute(run: "Run", direct: bool) -> Path:
    """Run the stages, by Prefect or directly, and publish."""
    if direct:
        from pipeline.stages import finish

        run_direct(run)
        return finish(run)
    from flows.run import run_flow
    from pipeline import closing_words

    try:
        return run_flow(run)
    except QualityGateError:
        closing_words.say_report(run.folder)
        raise


def run_direct(run: "Run") -> None:
    """Run the stages of the flow one after another, with a line of progress each."""
    from pipeline import closing_words, progress, progress_shown
    from pipeline.stages import FLOWS

    stages = FLOWS[run.flow]
    try:
        with progress_shown.shown():
            for number, stage in enumerate(stages, start=1):
                progress.begun(number, len(stages), stage.title)
                progress.ended(number, len(stages), stage.title, stage.run(run))
    except QualityGateError:
        closing_words.say_report(run.folder)
        raise
