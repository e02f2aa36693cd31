"""The service without its server: schedules, forms and their answers, what a stop left behind, what pages show."""

import json
import os
import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml

from flows import asked, settings
from flows.serve import serve
from flows.timetable import FOLDER_VARIABLE, SERVED
from pipeline.errors import ConfigError
from pipeline.stages import FLOWS

PROJECT = Path(__file__).resolve().parents[1]
PLANNED = date(2026, 9, 1)
SET_FOR_A_SERVICE = (
    "PREFECT_HOME",
    "PREFECT_API_AUTH_STRING",
    "PREFECT_SERVER_UI_API_URL",
    "PREFECT_SERVER_CORS_ALLOWED_ORIGINS",
    "PREFECT_SERVER_UI_STATIC_DIRECTORY",
    "NO_PROXY",
    "no_proxy",
)

# Prefect reads the environment once, when it is imported, and takes seconds: one process tells all that is asked here.
PROGRAM = """
import json, os, sys
from datetime import datetime, timezone
from pathlib import Path
from types import SimpleNamespace
from uuid import UUID
from flows import settings
settings.configure(Path(sys.argv[1]))
from flows import artifacts, service
from pipeline.region import Region
from pipeline.run import Run

region = Region("Область", "Область 1/2 %", "", "", "", time_zone="Asia/Tomsk")
made = service.deployments(region)
def missed(name, deployment, year, **parameters):
    planned = datetime(year, 9, 1, tzinfo=timezone.utc)
    return SimpleNamespace(name=name, deployment_id=deployment, expected_start_time=planned, parameters=parameters)
runs = [missed("a", 1, 2024), missed("b", 1, 2026), missed("c", 1, 2025), missed("d", 2, 2024),
        missed("e", 3, 2025, period="июнь"), missed("f", 3, 2026, period="ноябрь")]
published = Path(sys.argv[1]) / "published|x"
run = Run(Path(sys.argv[1]), "site", 2026, "2026", run_id="site-2026-001")
print(json.dumps({
    "deployments": {
        d.flow_name: {
            "name": d.name, "entrypoint": d.entrypoint, "enforced": d.enforce_parameter_schema,
            "description": d.description,
            "starts": [[s.slug, s.schedule.cron, s.schedule.timezone, s.parameters] for s in d.schedules],
            "fields": d._parameter_openapi_schema.model_dump()["properties"],
        } for d in made
    },
    "older": sorted(run.name for run in service.older_of_a_kind(runs)),
    "older_backwards": sorted(run.name for run in service.older_of_a_kind(runs[::-1])),
    "account": artifacts.account(run, published, ["<b>Школа</b>\\n[x](http://y)"]),
    "checks": artifacts.check_rows(run),
}))
"""


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    home = tmp_path_factory.mktemp("home")
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(home)],
        env=os.environ | {"PYTHONIOENCODING": "utf-8"},
        cwd=PROJECT,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return dict(json.loads(done.stdout))


def test_every_flow_that_publishes_is_served_once() -> None:
    assert sorted(one.flow for one in SERVED) == sorted(set(FLOWS) - {"check"})


def test_the_calendar_is_that_of_the_methodology() -> None:
    starts = {one.flow: [(start.cron, dict(start.parameters)) for start in one.starts] for one in SERVED}
    assert {flow: found for flow, found in starts.items() if found} == {
        "identification": [("0 6 1 9 *", {})],
        "support": [("0 6 1 6 *", {"period": "июнь"}), ("0 6 1 11 *", {"period": "ноябрь"})],
    }


def test_deployments_follow_the_timetable_in_the_time_of_the_region(told: dict[str, Any]) -> None:
    assert set(told["deployments"]) == {one.flow for one in SERVED}
    for one in SERVED:
        made = told["deployments"][one.flow]
        assert made["name"] == f"{one.title}: Область 1-2 "
        assert (made["entrypoint"], made["description"]) == (one.entrypoint, one.description)
        assert made["starts"] == [[s.slug, s.cron, "Asia/Tomsk", dict(s.parameters)] for s in one.starts]
        assert made["enforced"] is False


def test_every_field_of_every_form_has_a_russian_title_and_explanation(told: dict[str, Any]) -> None:
    fields = [field for made in told["deployments"].values() for field in made["fields"].values()]
    assert len(fields) > 12
    for field in fields:
        assert any("а" <= sign <= "я" for sign in field["title"]), field
        assert field["description"].endswith("."), field
        assert "anyOf" not in field, field  # the form would ask for the type first


def test_prefect_yaml_repeats_the_timetable_and_names_no_machine(told: dict[str, Any]) -> None:
    text = (PROJECT / "prefect.yaml").read_text(encoding="utf-8")
    described = {one["entrypoint"]: one for one in yaml.safe_load(text)["deployments"]}
    assert set(described) == {made["entrypoint"] for made in told["deployments"].values()}
    for one in SERVED:
        found = described[one.entrypoint]
        assert (found["name"], found["description"]) == (one.title, one.description)
        assert found["enforce_parameter_schema"] is False
        starts = [(s["slug"], s["cron"], s["timezone"], s.get("parameters", {})) for s in found["schedules"]]
        assert starts == [(s.slug, s.cron, "Europe/Moscow", dict(s.parameters)) for s in one.starts]
        environment = found["work_pool"]["job_variables"]["env"]
        assert environment[FOLDER_VARIABLE] == "{{ $" + FOLDER_VARIABLE + " }}"
        assert environment["DO_NOT_TRACK"] == settings.PRIVATE["DO_NOT_TRACK"]
    assert "://" not in text and "/home" not in text and "/work" not in text


def test_of_several_missed_starts_only_the_newest_of_a_kind_remains(told: dict[str, Any]) -> None:
    assert told["older"] == told["older_backwards"] == ["a", "c"]


def test_the_account_takes_nothing_for_markup(told: dict[str, Any]) -> None:
    lines = told["account"].splitlines()
    assert "    <b>Школа</b>" in lines and "    [x](http://y)" in lines
    assert "`site-2026-001`" in told["account"] and "published¦x" in told["account"]
    assert told["checks"] == []


@pytest.mark.parametrize(("answer", "year"), [("", 2026), (None, 2026), (2025, 2025), (" 2024 ", 2024)])
def test_a_year_is_the_answer_or_that_of_the_planned_day(answer: object, year: int) -> None:
    assert asked.read_year(answer, PLANNED) == year


@pytest.mark.parametrize("answer", ["прошлый", "26", 1989, 2101, True, "２０２６", "2026.0", [2026], "9" * 5000])
def test_what_is_no_year_is_refused_in_russian(answer: object) -> None:
    with pytest.raises(ConfigError, match=r"— не год\. Где: поле «Год»\. Что сделать: "):
        asked.read_year(answer, PLANNED)


def test_a_day_is_iso_also_from_a_picker_of_dates() -> None:
    assert asked.read_day("") is asked.read_day(None) is None
    assert asked.read_day("2026-07-15T00:00:00Z") == asked.read_day(" 2026-07-15") == "2026-07-15"
    for wrong in ("15.07.2026", "2026-13-01", 20260715.5):
        with pytest.raises(ConfigError, match=r"— не дата\. Где: поле «На дату»"):
            asked.read_day(wrong)


def test_the_other_fields_refuse_what_they_do_not_know() -> None:
    assert (asked.read_capacity(""), asked.read_capacity("50")) == (None, 50)
    assert (asked.read_period("июнь"), asked.read_period("Ноябрь ")) == ("june", "november")
    assert (asked.read_reader("для всех"), asked.read_edition(" 2026 ")) == ("public", "2026")
    for read, wrong in (
        (asked.read_capacity, "много"),
        (asked.read_capacity, 0),
        (asked.read_period, "june"),
        (asked.read_reader, None),
        (asked.read_edition, "../2026"),
        (asked.read_edition, 7),
    ):
        with pytest.raises(ConfigError, match=r"Где: поле «.+»\. Что сделать: "):
            read(wrong)


def test_pages_are_not_opened_to_other_computers_without_a_password(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from small_region import make_small_region

    for name in ("PREFECT_API_URL", "PREFECT_SERVER_API_AUTH_STRING"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv(FOLDER_VARIABLE, "")
    root = make_small_region(tmp_path / "region")
    with pytest.raises(ConfigError, match="без пароля"):
        serve(root, "0.0.0.0", 4200, print)
    assert not (root / ".prefect").exists()


def test_a_service_keeps_its_pages_and_door_at_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.startswith("PREFECT_"):
            monkeypatch.delenv(name)
    # What the call sets is taken back with what is set here.
    for name in (*settings.PRIVATE, *settings.DEFAULTS, *settings.SERVING, *SET_FOR_A_SERVICE):
        monkeypatch.setenv(name, "x")
        monkeypatch.delenv(name)
    monkeypatch.setenv("PREFECT_SERVER_API_AUTH_STRING", "имя:слово")
    settings.configure_service(tmp_path, "127.0.0.1", 4311)
    assert os.environ["PREFECT_SERVER_CORS_ALLOWED_ORIGINS"] == "http://127.0.0.1:4311"
    assert os.environ["PREFECT_SERVER_UI_STATIC_DIRECTORY"] == str(tmp_path / "pages")
    assert os.environ["PREFECT_API_AUTH_STRING"] == "имя:слово"
    assert os.environ["PREFECT_SERVER_SERVICES_TRIGGERS_ENABLED"] == "true"
    assert os.environ["PREFECT_SERVER_ANALYTICS_ENABLED"] == "false"
