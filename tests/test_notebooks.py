"""The notebooks: kept without outputs, without paths of a machine; executed on the made-up region."""

import re
import shutil
import time
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from pipeline.stages import FLOWS, finish, start

PROJECT = Path(__file__).resolve().parents[1]
NOTEBOOKS = sorted((PROJECT / "notebooks").glob("*.ipynb"))
LONGEST_SECONDS = 60
YEAR = 2026

notebook = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)


def test_there_are_four() -> None:
    assert [path.stem[:2] for path in NOTEBOOKS] == ["01", "02", "03", "04"]


@notebook
def test_a_notebook_is_kept_without_outputs_and_begins_with_words(path: Path) -> None:
    book = nbformat.read(path, as_version=4)
    nbformat.validate(book)
    kept = [cell for cell in book.cells if cell.cell_type == "code" and (cell.outputs or cell.execution_count)]
    assert kept == []
    assert book.cells[0].cell_type == "markdown" and "SHNRO_DATA" in book.cells[1].source
    assert not any("/home" in cell.source or "/tmp" in cell.source for cell in book.cells)


@pytest.fixture(scope="module")
def published_region(demo_region: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The made-up region with everything published that the notebooks read."""
    root = tmp_path_factory.mktemp("notebooks") / "region"
    shutil.copytree(demo_region, root)
    for flow in ("monitoring", "identification", "causes"):
        run = start(root, flow, YEAR)
        for stage in FLOWS[flow]:
            if stage.name != "documents":
                stage.run(run)
        finish(run)
    return root


@pytest.mark.slow
@notebook
def test_before_anything_is_published_a_notebook_says_which_command_to_run(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHNRO_DATA", str(tmp_path))
    monkeypatch.setenv("PYTHONPATH", str(PROJECT))
    book = nbformat.read(path, as_version=4)
    book.cells = book.cells[:2]
    NotebookClient(book, timeout=LONGEST_SECONDS, allow_errors=True).execute()
    told = [output for output in book.cells[1].outputs if output.output_type == "error"]
    assert len(told) == 1 and len(told[0].traceback) == 1
    assert "ещё ничего не опубликовано" in told[0].traceback[0]
    assert re.search(r"выполните: shnro (monitor|identify|causes build) --data ", told[0].traceback[0])


@pytest.mark.slow
@notebook
def test_a_notebook_runs_and_draws(path: Path, published_region: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHNRO_DATA", str(published_region))
    monkeypatch.setenv("PYTHONPATH", str(PROJECT))
    book = nbformat.read(path, as_version=4)
    begun = time.monotonic()
    client = NotebookClient(book, timeout=LONGEST_SECONDS, resources={"metadata": {"path": str(path.parent)}})
    client.execute()
    assert time.monotonic() - begun < LONGEST_SECONDS
    outputs = [output for cell in book.cells if cell.cell_type == "code" for output in cell.outputs]
    assert sum("image/png" in output.get("data", {}) for output in outputs) >= 3
    assert [output for output in outputs if output.get("name") == "stderr"] == []
    told = " ".join(output.get("data", {}).get("text/plain", output.get("text", "")) for output in outputs)
    assert not re.search(r"\b[a-z]+_[a-z_]+\b", told), "a raw code is shown"
