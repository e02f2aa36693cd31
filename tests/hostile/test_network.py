"""Nothing leaves the machine: the flows with Prefect pass where there is no network but the loopback.

Besides, everything that any Python process of theirs connects to is written down and must be this machine.
"""

import os
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from small_region import make_small_region
from source_files import write_csv
from test_privacy import EGE, MARKERS, SERIES, seen

from flows import settings

PROJECT = Path(__file__).resolve().parents[2]

# Loaded by every Python process (also Prefect's server): writes down where it connects to, or asks the way to.
WITNESS = """
import os, sys
def told(event, given):
    if event in ("socket.connect", "socket.getaddrinfo", "socket.sendto"):
        place = given[1] if event != "socket.getaddrinfo" else given[:2]
        with open(os.environ["SHNRO_WITNESS"], "a") as stream:
            stream.write(f"{event} {place[0] if isinstance(place, tuple) else place}\\n")
sys.addaudithook(told)
"""
# A new namespace has a loopback that is switched off.
LOOPBACK_UP = """
import fcntl, socket, struct, subprocess, sys
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
    fcntl.ioctl(probe, 0x8914, struct.pack("16sh", b"lo", 1))
sys.exit(subprocess.run(sys.argv[1:]).returncode)
"""
UNSHARE = ["unshare", "--net", "--map-root-user"]


def may_unshare() -> bool:
    return bool(shutil.which("unshare")) and subprocess.run([*UNSHARE, "true"], capture_output=True).returncode == 0


def environment(tmp_path: Path) -> dict[str, str]:
    (tmp_path / "witness").mkdir()
    (tmp_path / "witness/sitecustomize.py").write_text(WITNESS)
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PREFECT_", "COV_"))}
    path = os.pathsep.join((str(tmp_path / "witness"), str(PROJECT)))
    return kept | {"PYTHONPATH": path, "SHNRO_WITNESS": str(tmp_path / "places.txt")}


@pytest.mark.slow
@pytest.mark.skipif(not may_unshare(), reason="this machine does not let a test make a network namespace (unshare)")
def test_flows_with_prefect_need_no_network_and_name_no_pupil(tmp_path: Path) -> None:
    root = make_small_region(tmp_path / "region")
    write_csv(root / "raw/2026/ege_01.csv", EGE)
    (root / "methodology/patient.toml").write_text('extends = "2026"\n[quality]\nmax_spoiled_share = 1.0\n', "utf-8")
    around, printed = environment(tmp_path), ""
    commands = (
        ("monitor", "--year", "2026", "--edition", "patient"),
        ("identify", "--year", "2026", "--edition", "patient", "--capacity", "3"),
        ("site", "--year", "2026"),
        ("open", "--year", "2026"),
    )
    for words in commands:
        shnro = [sys.executable, "-m", "pipeline.cli", words[0], "--data", str(root), *words[1:]]
        done = subprocess.run(
            [*UNSHARE, sys.executable, "-c", LOOPBACK_UP, *shnro],
            env=around,
            capture_output=True,
            text=True,
            timeout=300,
        )
        printed += done.stdout + done.stderr
        assert done.returncode == 0, printed
    places = set((tmp_path / "places.txt").read_text().splitlines())
    local = ("127.0.0.1", "localhost", "::1", "('127.0.0.1", "('localhost", "/", "b'127.0.0.1'", "(b'127.0.0.1'")
    assert places and [place for place in places if not place.split(" ", 1)[1].startswith(local)] == []
    # Prefect's database did see the runs, and knows nobody.
    with sqlite3.connect(root / ".prefect/prefect.db") as database:
        assert database.execute("select count(*) from flow_run").fetchone()[0] >= 2
    # Four digits alone stand in some identifier or time of a database by chance.
    assert [found for found in seen(root) if not (found.startswith(".prefect/") and found.endswith(f" {SERIES}"))] == []
    assert [marker for marker in MARKERS if marker in printed] == []


def test_every_report_of_libraries_about_their_use_is_off(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in settings.PRIVATE:
        monkeypatch.setenv(name, "an operator's own setting")
    settings.configure(tmp_path)
    assert {name: os.environ[name] for name in settings.PRIVATE} == settings.PRIVATE
    assert os.environ["DO_NOT_TRACK"] == "1" and os.environ["PREFECT_SERVER_ANALYTICS_ENABLED"] == "false"
