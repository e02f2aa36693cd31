"""A run carried out again: from its manifest, and from the same files on a machine on which everything is otherwise."""

import json
import os
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
from small_region import RESULTS, command, hashes, make_small_region, results_row, write_results

from pipeline.errors import StoreError
from pipeline.replay import manifest_at, replay

PROJECT = Path(__file__).resolve().parents[1]
RUNS = {"monitoring": ("monitor",), "identification": ("identify", "--capacity", 4)}

# The other machine lists files in the opposite order, in threads of another number.
PROGRAM = """
    import os, sys
    from pathlib import Path

    if sys.argv[2] == "other":
        os.umask(0o077)
        scandir, listdir = os.scandir, os.listdir

        class Reversed:
            def __init__(self, *path):
                with scandir(*path) as found:
                    self.found = iter(list(found)[::-1])
            def __enter__(self):
                return self
            def __exit__(self, *_):
                pass
            def __iter__(self):
                return self.found
            def __next__(self):
                return next(self.found)
            def close(self):
                pass

        os.scandir = Reversed
        os.listdir = lambda *path: listdir(*path)[::-1]
        import pyarrow
        pyarrow.set_cpu_count(1)

    from pipeline.stages import FLOWS, finish, start

    for flow in sys.argv[3:]:
        run = start(Path(sys.argv[1]), flow, 2026, as_of="2026-12-01")
        for stage in FLOWS[flow]:
            stage.run(run)
        finish(run)
"""
OTHER = {"PYTHONHASHSEED": "4242", "TZ": "Asia/Vladivostok", "LC_ALL": "C", "OMP_NUM_THREADS": "1"}
ONE = {"PYTHONHASHSEED": "1", "TZ": "Europe/Moscow", "LC_ALL": "C.UTF-8"}


def run_elsewhere(root: Path, machine: str, environment: dict[str, str], *flows: str) -> None:
    line = [sys.executable, "-c", textwrap.dedent(PROGRAM), str(root), machine, *flows]
    subprocess.run(line, env=os.environ | environment | {"PYTHONPATH": str(PROJECT)}, check=True, timeout=600)


def published(root: Path) -> dict[str, str]:
    """Hash of every published file, manifests included, links left out."""
    return {name: value for name, value in hashes(root / "published").items() if not value.startswith("->")}


@pytest.mark.slow
def test_another_machine_and_another_order_give_the_same_bytes(demo_region: Path, tmp_path: Path) -> None:
    one, other = tmp_path / "one", tmp_path / "другая машина" / "регион"
    shutil.copytree(demo_region, one)
    for path in sorted(demo_region.rglob("*"), reverse=True):
        if path.is_file():
            target = other / path.relative_to(demo_region)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, target)  # in another order, with other times
    flows = ("identification", "causes", "orders", "site")
    run_elsewhere(one, "one", ONE, *flows)
    run_elsewhere(other, "other", OTHER, *flows)
    differing = {name for name, value in published(one).items() if published(other).get(name) != value}
    assert differing == set()
    assert published(one).keys() == published(other).keys()
    assert any(name.endswith(".docx") for name in published(one))


@pytest.fixture(scope="module")
def region(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small region with a monitoring and a list."""
    root = make_small_region(tmp_path_factory.mktemp("replay") / "region")
    with pytest.MonkeyPatch.context() as patched:
        for words in RUNS.values():
            assert command(patched, *words, "--data", root, "--year", 2026, "--direct") == 0
    return root


@pytest.mark.slow
def test_a_replay_gives_the_same_bytes_and_leaves_nothing(region: Path) -> None:
    before = hashes(region)
    for flow in RUNS:
        found = replay(region, manifest_at(region, Path(f"published/{flow}/2026")))
        assert (found.fault, found.changes, found.differing) == ("", (), ())
        assert {"results.parquet", "documents/Качество данных.html"} <= set(found.same)
    assert hashes(region) == before


@pytest.mark.slow
def test_a_replay_says_what_has_changed_since(
    region: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    root = tmp_path / "region"
    shutil.copytree(region, root, symlinks=True)
    # What came later is no part of the run.
    write_results(root, [results_row(1, 2026, "phy")], "raw/2026/2026-12-01/ещё.csv")
    assert command(monkeypatch, "replay", "published/monitoring/2026", "--data", root) == 0
    assert "совпали все файлы" in capsys.readouterr().out
    text = (
        (root / RESULTS).read_text(encoding="utf-8").replace("s01,m1,2026,vpr,rus,4,40,1", "s01,m1,2026,vpr,rus,4,40,9")
    )
    (root / RESULTS).write_text(text, encoding="utf-8")
    assert command(monkeypatch, "replay", "published/monitoring/2026", "--data", root) == 1
    told = capsys.readouterr().out
    assert f"{RESULTS}: файл с тех пор изменён" in told
    assert "  results.parquet" in told
    (root / RESULTS).unlink()
    assert command(monkeypatch, "replay", "published/monitoring/2026", "--data", root) == 1
    told = capsys.readouterr().out
    assert f"{RESULTS}: файла больше нет" in told and "не повторить" in told


@pytest.mark.parametrize("content", [None, "{", '{"tables": {}}'])
def test_a_manifest_that_is_none_is_refused(tmp_path: Path, content: str | None) -> None:
    if content is not None:
        (tmp_path / "manifest.json").write_text(content, encoding="utf-8")
    with pytest.raises(StoreError, match="Опись публикации не найдена или не читается"):
        manifest_at(tmp_path, Path())


@pytest.mark.slow
def test_a_manifest_names_what_the_run_read(region: Path) -> None:
    manifest = json.loads((region / "published/identification/2026/manifest.json").read_text(encoding="utf-8"))
    assert set(manifest["files"]) >= {"documents/Качество данных.html"}
    assert manifest["publications"] == {}
