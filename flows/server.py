"""The embedded Prefect server: a process that lives as long as the command that started it.

Prefect can start such a server itself, but then the client first imports the whole server (2.5 s on two cores), waits
for ever when the database cannot be opened (uvicorn's exit code 3 is taken for a port in use), and leaves the server
running when the command is killed. Here both start side by side, a server that ends is noticed at once, and the server
stops when its standard input closes, which the death of the parent does as well.
"""

import atexit
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from pathlib import Path

from flows import settings
from pipeline.errors import PipelineError
from pipeline.russian import system_fault

LOG_NAME = "server.log"
STOP_SECONDS = 10.0
POLL_SECONDS = 0.05


class FlowServerError(PipelineError):
    """Prefect's server does not start or does not answer; the stages themselves are not to blame."""


class EmbeddedServer:
    """A Prefect server process on a free port of this machine.

    Args:
        home: Prefect's folder: database and the server's log.
    """

    def __init__(self, home: Path) -> None:
        self.log = home / LOG_NAME
        port = _free_port()
        self.address = f"http://127.0.0.1:{port}/api"
        try:
            home.mkdir(parents=True, exist_ok=True)
            with self.log.open("wb") as log:
                self.process = subprocess.Popen(
                    [sys.executable, "-m", "flows.server", str(port)],
                    stdin=subprocess.PIPE,
                    stdout=log,
                    stderr=log,
                    # Ctrl+C is for the command, which still has to tell the server how the flow ended.
                    start_new_session=True,
                )
        except OSError as error:
            raise _failure(f"Сервер Prefect не запускается: {system_fault(error)}", home) from error
        atexit.register(self.stop)

    def wait(self, seconds: float) -> None:
        """Return when the server answers; FlowServerError when it ends or stays silent for too long."""
        # No proxy: the address is this machine's own.
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        deadline = time.monotonic() + seconds
        while self.process.poll() is None and time.monotonic() < deadline:
            try:
                with opener.open(f"{self.address}/health", timeout=5):
                    return
            except (urllib.error.URLError, OSError):
                time.sleep(POLL_SECONDS)
        code = self.process.poll()
        self.stop()
        reason = f"не ответил за {seconds:.0f} с" if code is None else f"завершился с кодом {code}"
        raise _failure(f"Сервер Prefect {reason}", self.log)

    def stop(self) -> None:
        """End the process; repeated calls do nothing."""
        if self.process.stdin and not self.process.stdin.closed:
            self.process.stdin.close()
        try:
            self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def start_unless_running(root: Path) -> EmbeddedServer | None:
    """The embedded server of this process, starting; None where the operator has named a running server.

    Prefect reads its settings once per process, so a second region in the same process uses the same server.
    """
    settings.configure(root / ".prefect")
    if not settings.server_address():
        _started.append(EmbeddedServer(settings.home()))
        settings.use_server(_started[0].address)
    return _started[0] if _started else None


_started: list[EmbeddedServer] = []


def check_running() -> None:
    """Return when the server that the operator has named answers; otherwise FlowServerError."""
    from prefect.client.orchestration import get_client

    with get_client(sync_client=True) as client:
        error = client.api_healthcheck()
    if error is not None:
        raise FlowServerError(
            "Сервер Prefect не отвечает",
            where=f"PREFECT_API_URL={settings.server_address()}",
            remedy="проверьте адрес и работу сервера или уберите переменную PREFECT_API_URL: тогда сервер запустится"
            " сам на время команды",
        ) from error


def _failure(what: str, where: Path) -> FlowServerError:
    return FlowServerError(
        what,
        where=str(where),
        remedy="выполните ту же команду с параметром --direct: она проведёт те же этапы без Prefect; если сбой"
        " повторяется, удалите папку .prefect в папке региона (в ней только журнал запусков)",
    )


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _serve(port: int) -> None:
    """Serve Prefect's API on the port until standard input closes."""
    import uvicorn
    from prefect.server.api.server import create_app

    app = create_app(ephemeral=True, final=True)
    config = uvicorn.Config(app, "127.0.0.1", port, log_level="error", lifespan="on", timeout_graceful_shutdown=2)
    server = uvicorn.Server(config)

    def stop_when_parent_ends() -> None:
        sys.stdin.buffer.read()
        server.should_exit = True

    threading.Thread(target=stop_when_parent_ends, daemon=True).start()
    server.run()


if __name__ == "__main__":
    _serve(int(sys.argv[1]))
