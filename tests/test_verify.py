"""`shnro verify`: what was changed, is lacking or too much is named; life going on is no damage; a backup is whole."""

import json
import shutil
import tarfile
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from small_region import RESULTS, command, make_small_region, results_row, write_results

from pipeline import reading_log
from pipeline.deletions import RECORD, add_deletions
from pipeline.region import raw_files, settings_hashes
from pipeline.run import Run
from pipeline.store import NOTICE, Published, Store, new_run_id, publish
from pipeline.tables.care import DELETIONS
from pipeline.tables.orders import PAST_LIST
from pipeline.verification import Verified, verify

PLACE = "published/monitoring/2026"
TABLE, DOCUMENT = f"{PLACE}/past_list.parquet", f"{PLACE}/documents/Отчёт.html"


def make_publication(root: Path, flow: str = "monitoring", **manifest: object) -> Path:
    """A publication of one table and one document, with the manifest of a real one; the run itself is not at issue."""
    run = Run(root, flow, 2026, "2026", run_id=new_run_id(root, f"{flow}-2026"))
    Store(run).write(PAST_LIST, pd.DataFrame({"school_id": ["s01"]}))
    (run.folder / "documents").mkdir()
    (run.folder / "documents" / "Отчёт.html").write_text("Отчёт", encoding="utf-8")
    told = {
        "flow": flow,
        "year": 2026,
        "run_id": run.run_id,
        "as_of": None,
        "inputs": {file.file_id: {"sha256": file.sha256} for file in raw_files(root)},
        "settings": settings_hashes(root),
        "publications": {},
    }
    return publish(run, [PAST_LIST], told | manifest, documents=run.folder / "documents", notice="ДЕМО")


@pytest.fixture
def region(tmp_path: Path) -> Path:
    root = make_small_region(tmp_path / "region")
    make_publication(root)
    return root


def broken(found: Verified) -> dict[str, str]:
    return {finding.place: finding.what for finding in found.findings if finding.is_broken}


def outdated(found: Verified) -> str:
    return "\n".join(f"{one.place}: {one.what}. {one.remedy}" for one in found.findings if not one.is_broken)


def test_what_nobody_has_touched_is_whole(region: Path) -> None:
    found = verify(region)
    assert (found.publication_count, found.file_count, found.is_whole) == (1, 3, True)


@pytest.mark.parametrize(
    ("name", "change", "what"),
    [
        (TABLE, lambda path: path.write_bytes(path.read_bytes() + b"\0"), "изменён после расчёта monitoring-2026-001"),
        (DOCUMENT, lambda path: path.write_text("Другой"), "опубликованный файл изменён"),
        (f"{PLACE}/{NOTICE}", lambda path: path.unlink(), "опубликованный файл пропал"),
        (f"{PLACE}/documents/копия.docx", lambda path: path.write_text("x"), "лишний файл"),
        (f"{PLACE}/manifest.json", lambda path: path.write_text("{"), "Опись публикации испорчена"),
        (f"{PLACE}/manifest.json", lambda path: path.write_text('{"tables": 1}'), "опись испорчена"),
        (f"{PLACE}/manifest.json", lambda path: path.unlink(), "описи нет"),
        (RESULTS, lambda path: write_results(path.parents[2], [results_row(1, 2026)]), "полученный файл изменён"),
        (RESULTS, lambda path: path.unlink(), "полученный файл пропал после расчёта monitoring-2026-001"),
    ],
)
def test_damage_is_named_with_its_place_and_remedy(
    region: Path, name: str, change: Callable[[Path], object], what: str
) -> None:
    change(region / name)
    found = verify(region)
    place = PLACE if name.endswith("manifest.json") else name
    assert list(broken(found)) == [place]
    assert what in broken(found)[place]
    assert all(finding.remedy for finding in found.findings)


def test_a_publication_of_which_only_versions_are_left_is_missed(region: Path) -> None:
    (region / PLACE).unlink()
    assert broken(verify(region)) == {PLACE: "публикация пропала, остались только её версии"}
    (region / PLACE).write_text(".versions/2026-monitoring-2026-001")  # what some archivers make of a link
    assert "не публикация" in broken(verify(region))[PLACE]


def test_settings_decisions_and_new_files_are_no_damage(region: Path) -> None:
    (region / "decisions/commission.csv").write_text("school_id,year,action,who,date,why\n", encoding="utf-8")
    write_results(region, [results_row(1, 2026, "phy")], "raw/2026/2026-07-01/ещё.csv")
    found = verify(region)
    assert found.is_whole
    assert "decisions/commission.csv" in outdated(found)
    assert "получены файлы: raw/2026/2026-07-01/ещё.csv" in outdated(found)
    assert "shnro monitor --data" in outdated(found)


def test_a_publication_made_from_an_older_one_is_told(region: Path) -> None:
    read = Published(region, "monitoring", 2026)
    make_publication(region, "causes", publications=reading_log.noted(region))
    assert "сделано по публикации" not in outdated(verify(region))
    make_publication(region)
    assert "сделано по публикации monitoring/2026 (расчёт monitoring-2026-001)" in outdated(verify(region))
    assert read.manifest["run_id"] == "monitoring-2026-001"


def test_documents_of_an_older_program_are_said_to_be_unchecked(region: Path) -> None:
    path = region / PLACE / "manifest.json"
    manifest = json.loads(path.read_text(encoding="utf-8"))
    del manifest["files"]
    path.write_text(json.dumps(manifest), encoding="utf-8")
    found = verify(region)
    assert found.is_whole
    assert "документы не сверены" in outdated(found)


def deletion(region: Path, name: str) -> pd.DataFrame:
    file = next(file for file in raw_files(region) if file.file_id == name)
    row = {
        "file_id": file.file_id,
        "sha256": file.sha256,
        "byte_count": 1,
        "receipt_year": 2026,
        "deleted_date": "2032-01-10",
        "reason_text": "истёк срок",
        "who_text": "отдел",
    }
    return pd.DataFrame([row], columns=list(DELETIONS.column_names))


def test_a_recorded_deletion_is_no_loss(region: Path) -> None:
    add_deletions(region, deletion(region, RESULTS))
    assert "лежит на месте" in broken(verify(region))[RESULTS]
    (region / RESULTS).unlink()
    found = verify(region)
    assert found.is_whole
    assert RECORD in outdated(found)
    assert "в точности уже нельзя" in outdated(found)


def test_the_command_says_it_in_russian_and_ends_with_a_code(
    region: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command(monkeypatch, "verify", "--data", region) == 0
    assert "1 публикация, 3 файла, 0 подписанных приказов; нарушений нет" in capsys.readouterr().out
    (region / DOCUMENT).write_text("Другой", encoding="utf-8")
    assert command(monkeypatch, "verify", "--data", region) == 1
    told = capsys.readouterr().out
    assert f"{DOCUMENT}: опубликованный файл изменён" in told
    assert "Что сделать: верните папку published/ из резервной копии" in told


def by_tar(region: Path, target: Path) -> None:
    archive = target.with_suffix(".tar.gz")
    with tarfile.open(archive, "w:gz") as packed:
        packed.add(region, arcname=".")
    target.mkdir()
    with tarfile.open(archive) as packed:
        packed.extractall(target, filter="data")


BACKUPS = {
    "tar": by_tar,
    "copy with links": lambda region, target: shutil.copytree(region, target, symlinks=True),
    "copy without links": shutil.copytree,
    "without runs": lambda region, target: shutil.copytree(region, target, ignore=shutil.ignore_patterns("runs")),
}


@pytest.mark.parametrize("way", BACKUPS)
def test_a_restored_region_is_whole_and_goes_on(region: Path, tmp_path: Path, way: str) -> None:
    restored = tmp_path / "другой диск" / "регион"
    restored.parent.mkdir()
    BACKUPS[way](region, restored)
    shutil.rmtree(region)
    found = verify(restored)
    assert (found.is_whole, found.publication_count, found.file_count) == (True, 1, 3)
    make_publication(restored)
    assert Published(restored, "monitoring", 2026).manifest["run_id"] == "monitoring-2026-002"
    assert verify(restored).is_whole


def test_an_archive_that_lost_the_links_is_noticed_and_the_next_run_heals_it(region: Path, tmp_path: Path) -> None:
    restored = tmp_path / "restored"
    shutil.unpack_archive(shutil.make_archive(str(restored), "zip", region), restored)
    assert broken(verify(restored)) == {PLACE: "описи нет"}
    make_publication(restored)
    assert verify(restored).is_whole
