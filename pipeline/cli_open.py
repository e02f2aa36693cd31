"""The command `shnro open`: shows a report in the program that this computer opens such files with."""

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from pipeline.command_run import DataOption, YearOption
from pipeline.errors import ConfigError
from pipeline.reports import PLACES, report, reports


def open_report(
    year: YearOption,
    data: DataOption = Path("data"),
    what: Annotated[
        str | None,
        typer.Option("--what", metavar="ЧТО", help=f"Что открыть: {', '.join(PLACES)}; без него — первое, что есть."),
    ] = None,
) -> None:
    """Открыть отчёт: веб-отчёт, записку, реестр причин; без экрана — показать, где он лежит."""
    if what is not None and what not in PLACES:
        raise ConfigError(
            f"Неизвестно, что открыть: «{what}»", where="параметр --what", remedy=f"возможны: {', '.join(PLACES)}"
        )
    found = report(data, year, what)
    typer.echo(f"{found.title}: {found.path}")
    if what is None:
        for other in reports(data, year):
            if other != found:
                typer.echo(f"  --what {other.what}: {other.title}")
    # On a server there is nothing to show it on; the path is what helps there.
    if _has_screen():
        typer.launch(str(found.path.resolve()))


def _has_screen() -> bool:
    """Whether somebody can see what is opened."""
    if sys.platform.startswith(("win", "darwin")):
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
