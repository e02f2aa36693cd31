"""The embedded Prefect server: a process that lives as long as the command that started it, one run or the service.

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
from contextlib import ExitStack
from pathlib import Path

from flows import settings
from flows.journal import set_aside
from pipeline.errors import PipelineError
from pipeline.file_lock import locked
from pipeline.russian import system_fault

LOG_NAME = "server.log"
LOCK_NAME = "start.lock"
BUSY = "Сервер Prefect этого региона сейчас запускает другая команда"
LOOPBACK = "127.0.0.1"
ANY_ADDRESS = ("0.0.0.0", "::", "")
STOP_SECONDS = 10.0
POLL_SECONDS = 0.05


class FlowServerError(PipelineError):
    """Prefect's server does not start or does not answer; the stages themselves are not to blame."""


class EmbeddedServer:
    """A Prefect server process of this machine.

    Args:
        home: Prefect's folder: database and the server's log.
        host: address at which it listens.
        port: its port; 0: any that is free.
        is_staying: with pages and with the services that start what is planned; else it serves one command.
    """

    def __init__(self, home: Path, host: str = LOOPBACK, port: int = 0, *, is_staying: bool = False) -> None:
        self.home, self.log = home, home / LOG_NAME
        port = _free_port(host, port)
        self._arguments = (host, str(port), "stay" if is_staying else "")
        self._starting = ExitStack()
        self.address = f"http://{LOOPBACK if host in ANY_ADDRESS else host}:{port}/api"
        try:
            home.mkdir(parents=True, exist_ok=True)
            # Two first servers at once would both make the database, and each find it half made by the other.
            self._starting.enter_context(locked(home / LOCK_NAME, BUSY, settings.startup_seconds()))
            self.process = self._launched()
        except OSError as error:
            self._starting.close()
            raise _failure(f"Сервер Prefect не запускается: {system_fault(error)}", home) from error
        atexit.register(self.stop)

    def wait(self, seconds: float) -> None:
        """Return when the server answers; FlowServerError when it ends or stays silent for too long.

        One that ends has most likely found a damaged or half made database: it gets a new one and another try.
        """
        with self._starting:
            try:
                if self._answers(seconds):
                    return
                if self.process.poll() is not None and set_aside(self.home):
                    self.process = self._launched()
                    if self._answers(seconds):
                        return
            except OSError as error:
                raise _failure(f"Сервер Prefect не запускается: {system_fault(error)}", self.home) from error
            code = self.process.poll()
            self.stop()
        reason = f"не ответил за {seconds:.0f} с" if code is None else f"завершился с кодом {code}"
        raise _failure(f"Сервер Prefect {reason}", self.log)

    def _launched(self) -> subprocess.Popen[bytes]:
        """The process of the server, beginning."""
        with self.log.open("wb") as log:
            return subprocess.Popen(
                [sys.executable, "-m", "flows.server", *self._arguments],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                # Ctrl+C is for the command, which still has to tell the server how the flow ended.
                start_new_session=True,
            )

    def _answers(self, seconds: float) -> bool:
        """Whether the server comes to answer in this time."""
        # No proxy: the address is this machine's own.
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        deadline = time.monotonic() + seconds
        while self.process.poll() is None and time.monotonic() < deadline:
            try:
                with opener.open(f"{self.address}/health", timeout=5):
                    return True
            except (urllib.error.URLError, OSError):
                time.sleep(POLL_SECONDS)
        return False

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


def _free_port(host: str, port: int) -> int:
    """The port, which must be free; of 0 the system makes a free one."""
    try:
        with socket.socket() as probe:
            # As the server itself will do: a port that was closed a moment ago can be had again.
            if sys.platform != "win32":
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((host, port))
            return int(probe.getsockname()[1])
    except (OSError, OverflowError) as error:
        raise FlowServerError(
            "Сервер Prefect не запускается: адрес занят или его нет у этого компьютера",
            where=f"{host}, порт {port}",
            remedy="возможно, служба уже работает; иначе укажите другой порт: --port 4300",
        ) from error


def _serve(host: str, port: int, is_staying: bool) -> None:
    """Serve Prefect's API on the port until standard input closes."""
    import uvicorn
    from prefect.server.api.server import create_app

    app = create_app(ephemeral=not is_staying, final=True)
    config = uvicorn.Config(app, host, port, log_level="error", lifespan="on", timeout_graceful_shutdown=2)
    server = uvicorn.Server(config)

    def stop_when_parent_ends() -> None:
        sys.stdin.buffer.read()
        server.should_exit = True

    threading.Thread(target=stop_when_parent_ends, daemon=True).start()
    server.run()


if __name__ == "__main__":
    _serve(sys.argv[1], int(sys.argv[2]), bool(sys.argv[3]))
