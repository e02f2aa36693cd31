"""The commands `shnro order`: the life of a list, from the draft of its order to the archive."""

from pathlib import Path
from typing import Annotated

import typer

from pipeline.command_run import (
    DataOption,
    DirectOption,
    YearOption,
    command,
    command_group,
    execute,
    publish_orders,
    read_day,
    say_published,
    start_run,
    today,
)

order_app = command_group("Приказы: проект, согласование, подписание, изменения, архив.")

OpenYearOption = Annotated[
    int | None,
    typer.Option("--year", min=1990, max=2100, metavar="ГОД", help="Год перечня; без него — единственный проект."),
]


@command(order_app)
def draft(year: YearOption, data: DataOption = Path("data")) -> None:
    """Составить проект приказа по опубликованному перечню."""
    from pipeline import order_acts

    typer.echo(order_acts.draft(data, year))
    publish_orders(data, year)


@command(order_app)
def submit(year: OpenYearOption = None, data: DataOption = Path("data")) -> None:
    """Направить проект приказа на согласование."""
    from pipeline import order_acts

    open_year = order_acts.open_year(data, year)
    typer.echo(order_acts.submit(data, open_year))
    publish_orders(data, open_year)


@command(order_app)
def sign(
    number: Annotated[str, typer.Option("--number", metavar="НОМЕР", help="Номер приказа.")],
    day: Annotated[str, typer.Option("--date", metavar="ГГГГ-ММ-ДД", help="Дата приказа.")],
    year: OpenYearOption = None,
    data: DataOption = Path("data"),
    override: Annotated[
        str | None,
        typer.Option("--override", metavar="ПОЧЕМУ", help="Подписать при нерешённых возражениях: причина."),
    ] = None,
) -> None:
    """Записать подписание: расчёт замораживается, папка приказа опечатывается."""
    from pipeline import order_acts

    open_year = order_acts.open_year(data, year)
    typer.echo(order_acts.sign(data, open_year, number, read_day(day, "--date"), override, today(data)))
    publish_orders(data, open_year)


@command(order_app)
def amend(
    year: YearOption,
    data: DataOption = Path("data"),
    school: Annotated[
        list[str] | None, typer.Option("--school", metavar="КОД", help="Только эта школа; можно повторить.")
    ] = None,
) -> None:
    """Составить проект изменений: чем новый расчёт и решения комиссии отличаются от подписанного перечня."""
    from pipeline import order_acts

    typer.echo(order_acts.amend(data, year, tuple(school or ()), today(data)))
    publish_orders(data, year)


@command(order_app)
def show(
    data: DataOption = Path("data"),
    year: Annotated[
        int | None, typer.Option("--year", min=1990, max=2100, metavar="ГОД", help="Перечень этого года.")
    ] = None,
    as_of: Annotated[
        str | None, typer.Option("--as-of", metavar="ГГГГ-ММ-ДД", help="Перечень, действовавший в этот день.")
    ] = None,
    output: Annotated[
        Path | None, typer.Option("--output", metavar="ФАЙЛ", help="Записать состав: .csv, .xlsx или .parquet.")
    ] = None,
) -> None:
    """Показать архив приказов и состав перечня: года или действовавший в указанный день."""
    from pipeline import order_shown
    from pipeline.region import DEMO_NOTICE, load_region

    if load_region(data).is_demo:
        typer.echo(DEMO_NOTICE)
    day = today(data) if as_of is None else read_day(as_of, "--as-of")
    typer.echo(order_shown.show(data, year, day, is_day_asked=as_of is not None, output=output))


@command(order_app)
def publish(year: YearOption, data: DataOption = Path("data"), direct: DirectOption = False) -> None:
    """Опубликовать заново приказы, перечни и возражения: состояния зависят и от дня."""
    from pipeline import methodology
    from pipeline.order_lock import orders_locked

    run = start_run(data, "orders", year, methodology.DEFAULT_EDITION, None, today(data).isoformat())
    with orders_locked(data):
        say_published(execute(run, direct))
