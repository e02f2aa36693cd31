"""The command `shnro serve`: the flows as a service, started by people in a browser and by the calendar."""

from pathlib import Path
from typing import Annotated

import typer

from pipeline.command_run import DataOption

DEFAULT_HOST, DEFAULT_PORT = "127.0.0.1", 4200


def serve(
    data: DataOption = Path("data"),
    host: Annotated[
        str,
        typer.Option("--host", metavar="АДРЕС", help="Где открывать страницу запусков; по умолчанию этот компьютер."),
    ] = DEFAULT_HOST,
    port: Annotated[
        int, typer.Option("--port", min=1, max=65535, metavar="ПОРТ", help="Порт страницы.")
    ] = DEFAULT_PORT,
) -> None:
    """Служба: запуск из браузера и по расписанию (1 июня, 1 сентября, 1 ноября)."""
    from flows.serve import serve as offer

    offer(data, host, port, typer.echo)
