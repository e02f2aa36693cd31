"""The service: environment and server first, then `flows.service`, which knows Prefect."""

import importlib
import os
from collections.abc import Callable
from pathlib import Path

from flows import server, settings
from flows.timetable import FOLDER_VARIABLE
from pipeline.errors import ConfigError
from pipeline.region import Region, load_region


def serve(root: Path, host: str, port: int, tell: Callable[[str], None]) -> None:
    """Offer the flows of a region until Ctrl+C or SIGTERM.

    Args:
        root: the region's folder (DIR).
        host: where the pages of the embedded server are to be had.
        port: its port.
        tell: is told in Russian what the operator should know.

    Raises:
        PipelineError: the folder is none of a region, or there is no server.
    """
    region = load_region(root)
    os.environ[FOLDER_VARIABLE] = str(root.absolute())
    home = root / ".prefect"
    embedded = None
    if settings.server_address():
        settings.configure(home)
    else:
        _refuse_open_door(host)
        settings.configure_service(home, host, port)
        embedded = server.EmbeddedServer(settings.home(), host, port, is_staying=True)
        settings.use_server(embedded.address)
    try:
        # Prefect takes its settings from the environment on import.
        service = importlib.import_module("flows.service")
        if embedded:
            embedded.wait(settings.startup_seconds())
        else:
            server.check_running()
        service.run_until_stopped(region, lambda: _tell_ready(region, tell))
    finally:
        if embedded:
            embedded.stop()
    tell("Служба остановлена; опубликованное не изменено.")


def _tell_ready(region: Region, tell: Callable[[str], None]) -> None:
    pages = settings.server_address().removesuffix("/api")
    tell(f"Служба работает: {region.name}. Страница запусков: {pages}")
    tell("Остановить: Ctrl+C.")


def _refuse_open_door(host: str) -> None:
    """Refuse to show the pages to other computers while they ask nobody for a password."""
    if host not in settings.LOOPBACK and not settings.server_password():
        raise ConfigError(
            "Страницы службы были бы открыты другим компьютерам без пароля",
            where=f"--host {host}",
            remedy="оставьте 127.0.0.1 или задайте переменную PREFECT_SERVER_API_AUTH_STRING=имя:пароль",
        )
