"""The command `shnro site`: the web report from everything that is published for a year."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from pipeline.command_run import DataOption, DirectOption, YearOption, execute, start_run
from pipeline.errors import ConfigError


class Profile(StrEnum):
    """For whom the report is, as `site.readers.PROFILES` names them."""

    internal = "internal"
    public = "public"
    founder = "founder"


def site(
    year: YearOption,
    data: DataOption = Path("data"),
    profile: Annotated[
        Profile,
        typer.Option(
            "--profile",
            metavar="КОМУ",
            help="internal — для работы, public — для всех, founder — учредителю: только его школы.",
        ),
    ] = Profile.internal,
    municipality: Annotated[
        str, typer.Option("--municipality", metavar="МУНИЦИПАЛИТЕТ", help="Для founder: код или название.")
    ] = "",
    direct: DirectOption = False,
) -> None:
    """Сделать веб-отчёт из опубликованного: обзор, школы, муниципалитеты; открывается без сети."""
    from pipeline import methodology
    from pipeline.region import load_region, reference_table
    from pipeline.site.readers import Reader, find_municipality
    from pipeline.tables.reference import MUNICIPALITIES

    if (profile is Profile.founder) != bool(municipality):
        raise ConfigError(
            "Муниципалитет называют вместе с --profile founder и только с ним",
            where="параметры --profile, --municipality",
            remedy="укажите оба: --profile founder --municipality НАЗВАНИЕ",
        )
    load_region(data)
    area = find_municipality(municipality, reference_table(data, MUNICIPALITIES), year) if municipality else ""
    run = start_run(data, "site", year, methodology.DEFAULT_EDITION, None, None, Reader(profile.value, area).suffix)
    published = execute(run, direct)
    typer.echo(f"Откройте в браузере: {published / 'index.html'}")
    typer.echo(f"Опубликовано: {published}")
