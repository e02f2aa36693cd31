"""The wheel stands by itself: everything that the commands need is inside, and nothing of tests or data."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[1]
PACKAGES = ("pipeline", "flows", "expectations")
# The libraries of this environment, but without the checkout, which is installed in it.
COMMAND = """
import sys
sys.path[:] = [{target!r}, *(p for p in sys.path if p not in ("", {project!r}))]
from pipeline.cli import main
sys.argv = ["shnro", *sys.argv[1:]]
main()
"""

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    words = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(words, cwd=PROJECT, check=True, capture_output=True, timeout=300)
    (built,) = folder.glob("*.whl")
    return built


def test_it_holds_every_file_of_the_packages_and_nothing_else(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        inside = {name for name in archive.namelist() if ".dist-info/" not in name}
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", *PACKAGES],
        cwd=PROJECT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if listed.returncode != 0:
        pytest.skip("no git checkout: what belongs to the project cannot be told from what lies beside")
    assert inside == set(listed.stdout.split("\0")) - {""}


def test_it_works_alone(wheel: Path, tmp_path: Path) -> None:
    target = tmp_path / "installed"
    install = [
        sys.executable,
        "-m",
        "pip",
        "install",
        "-q",
        "--no-deps",
        "--no-index",
        "--target",
        str(target),
        str(wheel),
    ]
    subprocess.run(install, check=True, capture_output=True, timeout=300)
    command = COMMAND.format(target=str(target), project=str(PROJECT))
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}

    def shnro(*words: str) -> str:
        done = subprocess.run(
            [sys.executable, "-c", command, *words],
            cwd=tmp_path, env=environment, capture_output=True, text=True, encoding="utf-8", timeout=300, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return done.stdout

    where = subprocess.run(
        [sys.executable, "-c", command.replace("main()", "import pipeline; print(pipeline.__file__)")],
        cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=60, check=True,
    )  # fmt: skip
    assert where.stdout.startswith(str(target))
    assert "Вероятность" in shnro("describe", "stability")
    assert "monitor" in shnro("--help")
    # Settings, reference tables, templates and expectations travel with it: a whole year of work, from the files on.
    shnro("demo", "region")
    shnro("monitor", "--data", "region", "--year", "2026", "--direct")
    assert (tmp_path / "region/published/monitoring/2026/documents/Отчёт о мониторинге.docx").is_file()
