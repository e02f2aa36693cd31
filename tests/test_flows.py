"""The stages as a Prefect flow with the embedded server: in a process of its own, as the command does it."""

import os
import sqlite3
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from flows import settings
from flows.server import EmbeddedServer, FlowServerError

PROJECT = Path(__file__).resolve().parents[1]

# Three stand-in stages instead of the real ones: the test is about the edge, the stages have tests of their own.
PROGRAM = """
import os, sys
from pathlib import Path
from pipeline import stages
from pipeline.errors import SourceError
from pipeline.run import Run

fault = SourceError("Файл пуст", where="raw/2026/a.csv", remedy="запросите файл ещё раз")

def third(run):
    if sys.argv[2] == "fault":
        raise fault
    if sys.argv[2] == "bug":
        raise KeyError("ошибка в коде")
    return "готово"

toy = (
    stages.Stage("one", "Первый этап", (), (), lambda run: f"год {run.year}"),
    stages.Stage("two", "Второй этап", (), (), lambda run: "прочитано 7 файлов"),
    stages.Stage("three", "Третий этап", (), (), third),
)
stages.FLOWS = {"monitoring": toy}
stages.finish = lambda run: run.root / "published"

from flows.run import run_flow

run = Run(Path(sys.argv[1]), "monitoring", 2026, "2026", run_id="monitoring-2026-001")
try:
    print(run_flow(run))
except SourceError as error:
    assert error is fault
    print(error.paragraph(), file=sys.stderr)
    sys.exit(1)
"""


def run_toy_flow(root: Path, outcome: str, **environment: str) -> subprocess.CompletedProcess[str]:
    program = root / "toy.py"
    program.write_text(textwrap.dedent(PROGRAM), encoding="utf-8")
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PREFECT_")}
    # A proxy that does not exist: nothing may go through it.
    proxies = dict.fromkeys(("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"), "http://127.0.0.1:9")
    return subprocess.run(
        [sys.executable, str(program), str(root), outcome],
        env={**kept, **proxies, "PYTHONIOENCODING": "utf-8", **environment},
        cwd=PROJECT,
        capture_output=True,
        text=True,
        timeout=170,
    )


@pytest.fixture(scope="module")
def region(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One region for the module: making Prefect's database anew takes most of a first run."""
    return tmp_path_factory.mktemp("region")


def states(region: Path) -> list[tuple[str, str]]:
    """Name and state of every task run, in order."""
    with sqlite3.connect(region / ".prefect" / "prefect.db") as database:
        query = "select name, state_type from task_run order by start_time"
        return [(str(name), str(state)) for name, state in database.execute(query)]


@pytest.mark.flow
def test_stages_become_tasks_and_progress_is_told_in_russian(region: Path) -> None:
    done = run_toy_flow(region, "success")
    assert done.stderr == ""
    assert done.stdout.splitlines() == [
        "[1/3] Первый этап: год 2026",
        "[2/3] Второй этап: прочитано 7 файлов",
        "[3/3] Третий этап: готово",
        str(region / "published"),
    ]
    assert states(region) == [("one", "COMPLETED"), ("two", "COMPLETED"), ("three", "COMPLETED")]


@pytest.mark.flow
@pytest.mark.slow
def test_a_fault_of_the_input_is_one_paragraph_and_the_flow_ends_there(region: Path) -> None:
    done = run_toy_flow(region, "fault")
    assert done.returncode == 1
    assert done.stderr == "Файл пуст. Где: raw/2026/a.csv. Что сделать: запросите файл ещё раз.\n"
    assert "[2/3]" in done.stdout
    assert "[3/3]" not in done.stdout
    assert states(region)[-1] == ("three", "FAILED")


def test_a_server_that_cannot_have_its_folder_says_why_in_russian(tmp_path: Path) -> None:
    (tmp_path / "region").write_bytes(b"")
    with pytest.raises(FlowServerError, match=r"не запускается: на месте папки стоит файл\. Где: .*--direct"):
        EmbeddedServer(tmp_path / "region/.prefect")


@pytest.mark.slow
def test_an_error_of_the_code_keeps_its_traceback(region: Path) -> None:
    done = run_toy_flow(region, "bug")
    assert done.returncode == 1
    assert "Traceback" in done.stderr
    assert "ошибка в коде" in done.stderr


@pytest.mark.slow
def test_an_unreadable_database_of_prefect_is_set_aside_and_the_flow_goes_on(tmp_path: Path) -> None:
    home = tmp_path / ".prefect"
    home.mkdir()
    (home / "prefect.db").write_bytes(b"not a database" * 500)
    done = run_toy_flow(tmp_path, "success")
    assert (done.returncode, done.stderr) == (0, "")
    assert (home / "unreadable-prefect.db").read_bytes().startswith(b"not a database")
    assert states(tmp_path)


@pytest.mark.slow
def test_a_server_that_was_named_and_does_not_answer_is_told_by_its_address(tmp_path: Path) -> None:
    done = run_toy_flow(tmp_path, "success", PREFECT_API_URL="http://127.0.0.1:9/api")
    assert done.returncode == 1
    assert "PREFECT_API_URL=http://127.0.0.1:9/api" in done.stderr
    assert not (tmp_path / ".prefect" / "prefect.db").exists()


def test_reports_to_the_makers_of_prefect_are_off_whatever_the_operator_has_set(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in (*settings.PRIVATE, *settings.DEFAULTS, "PREFECT_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PREFECT_SERVER_ANALYTICS_ENABLED", "true")
    monkeypatch.setenv("PREFECT_LOGGING_LEVEL", "INFO")
    monkeypatch.setenv("NO_PROXY", "intranet.example")
    monkeypatch.delenv("no_proxy", raising=False)
    settings.configure(tmp_path)
    assert os.environ["DO_NOT_TRACK"] == "1"
    assert os.environ["PREFECT_SERVER_ANALYTICS_ENABLED"] == "false"
    assert os.environ["PREFECT_LOGGING_LEVEL"] == "INFO"
    assert os.environ["NO_PROXY"] == "intranet.example,127.0.0.1,localhost"
    assert settings.home() == tmp_path


def test_flows_silence_prefect_without_importing_it() -> None:
    program = "import os, sys, flows; sys.exit('prefect' in sys.modules or os.environ['DO_NOT_TRACK'] != '1')"
    assert subprocess.run([sys.executable, "-c", program], cwd=PROJECT, check=False).returncode == 0
