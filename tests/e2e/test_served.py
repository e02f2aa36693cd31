"""The service as the department runs it: a real server, runs started over its API, a stop, a restart, a missed day."""

import json
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from ordered_region import LIST, listed
from ordered_region import run as order
from small_region import hashes, make_small_region

from flows.timetable import SERVED

pytestmark = pytest.mark.slow

PROJECT = Path(__file__).resolve().parents[2]
ENDED = ("COMPLETED", "FAILED", "CRASHED", "CANCELLED")
READY_SECONDS, RUN_SECONDS = 180, 300  # a busy machine is slow


class Service:
    """`shnro serve` in a process of its own, and the API of its server."""

    def __init__(self, root: Path) -> None:
        self.root = root
        with closing(socket.socket()) as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.output = root.parent / "service.log"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("PREFECT_", "SHNRO_"))}
        command = [sys.executable, "-m", "pipeline.cli", "serve", "--data", str(self.root), "--port", str(self.port)]
        with self.output.open("wb") as output:
            environment = {**kept, "PYTHONIOENCODING": "utf-8"}
            self.process = subprocess.Popen(command, cwd=PROJECT, env=environment, stdout=output, stderr=output)
        deadline = time.monotonic() + READY_SECONDS
        while "Служба работает" not in (said := self.output.read_text(encoding="utf-8")):
            assert self.process.poll() is None and time.monotonic() < deadline, said
            time.sleep(0.2)

    def stop(self, number: int = signal.SIGTERM) -> int:
        """The exit code."""
        assert self.process is not None
        self.process.send_signal(number)
        code = self.process.wait(60)
        self.process = None
        return code

    def ask(self, path: str, body: object = None) -> Any:
        content = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}/api{path}", content, {"content-type": "application/json"}
        )
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        for _ in range(20):
            try:
                with opener.open(request, timeout=30) as answer:
                    return json.loads(answer.read() or "null")
            except urllib.error.HTTPError as error:
                if error.code != 503:  # the database is busy: Prefect's own client asks again as well
                    raise
                time.sleep(0.5)
        raise AssertionError(f"{path}: the server stays busy")

    def deployments(self) -> dict[str, dict[str, Any]]:
        return {found["entrypoint"].rpartition(".")[2]: found for found in self.ask("/deployments/filter", {})}

    def run(self, flow: str, **parameters: object) -> dict[str, Any]:
        """A run started as the form does it, once it has ended."""
        deployment = self.deployments()[flow]["id"]
        return self.ended(self.ask(f"/deployments/{deployment}/create_flow_run", {"parameters": parameters})["id"])

    def ended(self, run_id: str) -> dict[str, Any]:
        deadline = time.monotonic() + RUN_SECONDS
        while (run := self.ask(f"/flow_runs/{run_id}"))["state_type"] not in ENDED:
            assert time.monotonic() < deadline, (run["state"], self.output.read_text(encoding="utf-8"))
            time.sleep(0.3)
        return run

    def artifacts(self, run_id: str) -> dict[str, Any]:
        found = self.ask("/artifacts/filter", {"artifacts": {"flow_run_id": {"any_": [run_id]}}})
        return {artifact["key"]: artifact["data"] for artifact in found}

    def planned(self) -> list[dict[str, Any]]:
        """The runs that the calendar will start; the server enters them within seconds."""
        deadline = time.monotonic() + 40
        while True:
            runs = self.ask("/flow_runs/filter", {"flow_runs": {"state": {"type": {"any_": ["SCHEDULED"]}}}})
            if len(runs) >= 3 or time.monotonic() > deadline:
                return list(runs)
            time.sleep(0.5)

    def change(self, query: str, *values: object) -> None:
        """Change the database of the stopped server."""
        with closing(sqlite3.connect(self.root / ".prefect/prefect.db")) as database, database:
            assert database.execute(query, values).rowcount == 1


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    made = Service(make_small_region(tmp_path_factory.mktemp("served") / "region"))
    made.start()
    yield made
    if made.process is not None:
        made.stop()


def test_the_flows_are_offered_with_their_schedules_and_forms(service: Service) -> None:
    found = service.deployments()
    assert set(found) == {one.flow for one in SERVED}
    for one in SERVED:
        deployment = found[one.flow]
        schedules = {s["slug"]: (s["schedule"]["cron"], s["schedule"]["timezone"]) for s in deployment["schedules"]}
        assert schedules == {start.slug: (start.cron, "Europe/Moscow") for start in one.starts}
        assert deployment["name"] == f"{one.title}: Озёрная область"
    form = found["identification"]["parameter_openapi_schema"]["properties"]
    assert [form[name]["title"] for name in ("year", "as_of", "edition")] == [
        "Год результатов",
        "На дату",
        "Редакция методики",
    ]


def test_the_calendar_has_entered_the_starts_of_the_next_year(service: Service) -> None:
    planned = {run["expected_start_time"][5:16] for run in service.planned()}
    assert planned == {"06-01T03:00", "09-01T03:00", "11-01T03:00"}  # six o'clock in Moscow


def test_the_form_starts_monitoring_and_shows_its_account(service: Service) -> None:
    run = service.run("monitoring", year="2026", as_of="", edition="2026")
    assert run["state_type"] == "COMPLETED", run["state"]
    assert run["name"].startswith("monitoring-2026-")
    summary = pd.read_parquet(service.root / "published/monitoring/2026/school_summary.parquet")
    assert len(summary) == 12 and summary["is_received"].all()
    shown = service.artifacts(run["id"])
    assert set(shown) == {"monitoring-progress", "monitoring-account", "monitoring-quality"}
    assert shown["monitoring-progress"] == 100
    assert run["name"] in shown["monitoring-account"] and "Качество данных.html" in shown["monitoring-account"]
    assert {row["Итог"] for row in json.loads(shown["monitoring-quality"])} == {"пройдена"}


def test_a_wrong_answer_is_one_russian_paragraph(service: Service) -> None:
    run = service.run("monitoring", year="прошлый")
    assert run["state_type"] == "FAILED"
    assert run["state"]["message"].startswith("«прошлый» — не год. Где: поле «Год». Что сделать: ")
    logged = service.ask("/logs/filter", {"logs": {"flow_run_id": {"any_": [run["id"]]}}})
    assert not any("Traceback" in line["message"] for line in logged)


def test_a_missed_september_is_caught_up_once_and_a_signed_list_stays(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = service.run("identification", year=2026, capacity="4")
    assert run["state_type"] == "COMPLETED", run["state"]
    assert "Проект приказа" in service.artifacts(run["id"])["identification-account"]
    assert order(monkeypatch, service.root, "sign", "--number", "100", "--date", "2026-09-15") == 0
    signed, schools = hashes(service.root / LIST), listed(service.root)
    assert len(schools) == 4

    planned = {one["expected_start_time"][5:7]: one["id"].replace("-", "") for one in service.planned()}
    before = {flow: found["id"] for flow, found in service.deployments().items()}
    interrupted = run["id"].replace("-", "")
    assert service.stop() == 0
    assert "Служба остановлена" in service.output.read_text(encoding="utf-8")
    # As if the machine had been off: one September of this year and one of the year before were missed.
    deployment = "select deployment_id from flow_run where replace(id, '-', '') = ?"
    move = (
        "update flow_run set expected_start_time = ?, next_scheduled_start_time = ?, parameters = '{\"capacity\": 4}'"
    )
    for month, day in (("09", "2026-09-01 03:00:00.000000"), ("11", "2025-09-01 03:00:00.000000")):
        service.change(
            f"{move}, deployment_id = ({deployment}) where replace(id, '-', '') = ?",
            day, day, planned["09"], planned[month],
        )  # fmt: skip
        service.change(
            "update flow_run_state set state_details = json_set(state_details, '$.scheduled_time', ?)"
            " where id = (select state_id from flow_run where replace(id, '-', '') = ?)",
            f"{day[:10]}T03:00:00Z", planned[month],
        )  # fmt: skip
    # And one run was cut off by the power.
    service.change("update flow_run set state_type = 'RUNNING' where replace(id, '-', '') = ?", interrupted)
    service.change(
        "update flow_run_state set type = 'RUNNING' where id = (select state_id from flow_run where"
        " replace(id, '-', '') = ?)",
        interrupted,
    )
    service.start()

    assert {flow: found["id"] for flow, found in service.deployments().items()} == before
    skipped, caught_up = service.ended(planned["11"]), service.ended(planned["09"])
    assert skipped["state_type"] == "CANCELLED" and skipped["state"]["message"].startswith("Пропущено")
    assert caught_up["state_type"] == "COMPLETED", caught_up["state"]
    assert caught_up["name"].startswith("identification-2026-")
    assert "подписан и не изменён" in service.artifacts(caught_up["id"])["identification-account"]
    assert hashes(service.root / LIST) == signed and listed(service.root) == schools
    assert service.ask(f"/flow_runs/{run['id']}")["state"]["message"].startswith("Прервано: служба была остановлена")
    assert service.stop(signal.SIGINT) == 0


def test_runs_of_the_year_before_last_leave_the_history(service: Service) -> None:
    if service.process is None:
        service.start()
    refused = service.run("monitoring", year="прошлый")["id"]
    recent = service.run("monitoring", year="прошлый")["id"]
    assert service.stop() == 0
    ended = "update flow_run set end_time = '2024-06-01 03:00:00.000000' where replace(id, '-', '') = ?"
    service.change(ended, refused.replace("-", ""))
    service.start()
    deadline = time.monotonic() + 60
    while refused in (kept := {run["id"] for run in service.ask("/flow_runs/filter", {})}):
        assert time.monotonic() < deadline, "an old run stays"
        time.sleep(0.5)
    assert recent in kept


def test_a_taken_port_is_told_in_one_paragraph(service: Service) -> None:
    with closing(socket.socket()) as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        command = [sys.executable, "-m", "pipeline.cli", "serve", "--data", str(service.root), "--port", port]
        done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, encoding="utf-8", timeout=60)
    assert done.returncode == 1
    assert "адрес занят" in done.stderr and "--port" in done.stderr and "Traceback" not in done.stderr
