"""The commands `shnro commission`: the workbook of the commission, its decisions read back, and shown."""

from pathlib import Path
from typing import Annotated

import typer

from pipeline.command_help import quoted
from pipeline.command_run import DataOption, YearOption, command, command_group, today

commission_app = command_group("Решения комиссии: книга для неё, чтение решений, их список.")


@command(commission_app)
def workbook(year: YearOption, data: DataOption = Path("data")) -> None:
    """Подготовить книгу комиссии: список экспертов и школы у границы опубликованного перечня."""
    from pipeline.commission import write_workbook

    path = write_workbook(data, year)
    typer.echo(
        f"Книга комиссии: {path}. Заполненную прочитайте: shnro commission read --data {quoted(data)} --year {year}"
    )


@command(commission_app)
def read(
    year: YearOption,
    data: DataOption = Path("data"),
    file: Annotated[
        Path | None,
        typer.Option("--file", metavar="ФАЙЛ", help="Заполненная книга или файл TOML; иначе — книга из forms/."),
    ] = None,
) -> None:
    """Прочитать решения из книги или файла TOML: они добавляются в decisions/commission.csv."""
    from pipeline.commission import read_decisions
    from pipeline.commission_log import DECISIONS

    taken = read_decisions(data, year, file)
    told = f"Новых решений: {taken.new_count}, записанных раньше: {taken.known_count}."
    if taken.new_count:
        told += f" Добавлены в {data / DECISIONS}. Повторите расчёт: shnro identify --data {quoted(data)} --year {year}"
    for line in taken.replaced:
        typer.echo(f"  {line}")
    typer.echo(told)


@command(commission_app, "list")
def list_decisions(year: YearOption, data: DataOption = Path("data")) -> None:
    """Показать решения комиссии: действующие, прежние и те, к которым пора вернуться."""
    from pipeline.commission import decisions_text
    from pipeline.region import commission_decisions, reference_table
    from pipeline.tables.reference import SCHOOLS

    schools = reference_table(data, SCHOOLS)
    names = dict(zip(schools["school_id"], schools["school_name"], strict=True))
    typer.echo(decisions_text(commission_decisions(data), names, year, today(data)))
