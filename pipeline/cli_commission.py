"""The commands `shnro commission`: the workbook of the commission, and its decisions read back."""

from pathlib import Path
from typing import Annotated

import typer

from pipeline.command_help import quoted
from pipeline.command_run import DataOption, YearOption, command, command_group

commission_app = command_group("Решения комиссии: книга для неё и чтение решений.")


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
        Path | None, typer.Option("--file", metavar="ФАЙЛ", help="Заполненная книга; без него — та, что в forms/.")
    ] = None,
) -> None:
    """Прочитать заполненную книгу: решения добавляются в decisions/commission.csv."""
    from pipeline.commission import DECISIONS, read_workbook

    new, known = read_workbook(data, year, file)
    told = f"Новых решений: {new}, записанных раньше: {known}."
    if new:
        told += f" Добавлены в {data / DECISIONS}. Повторите расчёт: shnro identify --data {quoted(data)} --year {year}"
    typer.echo(told)
