"""The store: a published folder is one whole run; identical frames give identical bytes; nothing private is written."""

import dataclasses
import json
from pathlib import Path

import pandas as pd
import pytest

from pipeline.errors import StoreError
from pipeline.run import Run
from pipeline.store import KEPT_RUNS, KEPT_VERSIONS, Store, new_run_id, publish, read_parquet, sha256, write_parquet
from pipeline.tables.orders import PAST_LIST
from pipeline.tables.sources import PUPIL_ATTEMPTS, REJECTS


def a_run(root: Path) -> Run:
    return Run(root, "monitoring", 2026, "2026", run_id=new_run_id(root, "monitoring-2026"))


def a_list(*ids: str) -> pd.DataFrame:
    return pd.DataFrame({"school_id": list(ids)})


def published_run(root: Path, *ids: str) -> Path:
    run = a_run(root)
    Store(run).write(PAST_LIST, a_list(*ids))
    return publish(run, [PAST_LIST], {"flow": run.flow})


def test_a_publication_replaces_the_former_one_whole(tmp_path: Path) -> None:
    published_run(tmp_path, "s1", "s2")
    target = published_run(tmp_path, "s3")
    assert target == tmp_path / "published" / "monitoring" / "2026"
    assert list(read_parquet(PAST_LIST, [target / "past_list.parquet"])["school_id"]) == ["s3"]
    manifest = json.loads((target / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["tables"]["past_list"] == {"rows": 1, "sha256": sha256(target / "past_list.parquet")}


def test_a_crash_before_the_last_step_leaves_the_published_state(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = published_run(tmp_path, "s1")
    before = sha256(target / "past_list.parquet")

    def crash(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("pipeline.store._point", crash)
    with pytest.raises(StoreError, match="прежняя публикация не изменена"):
        published_run(tmp_path, "s2")
    assert sha256(target / "past_list.parquet") == before


def test_a_published_folder_copied_without_links_is_kept_aside(tmp_path: Path) -> None:
    copied = tmp_path / "published" / "monitoring" / "2026"
    copied.mkdir(parents=True)
    (copied / "past_list.parquet").write_bytes(b"old")
    target = published_run(tmp_path, "s1")
    assert target.is_symlink()
    assert [p.read_bytes() for p in (tmp_path / "published").rglob("*copied*/past_list.parquet")] == [b"old"]


def test_rows_in_another_order_give_the_same_bytes(tmp_path: Path) -> None:
    write_parquet(PAST_LIST, a_list("s1", "s2", "s3"), tmp_path / "a.parquet")
    write_parquet(PAST_LIST, a_list("s3", "s1", "s2"), tmp_path / "b.parquet")
    assert (tmp_path / "a.parquet").read_bytes() == (tmp_path / "b.parquet").read_bytes()


def test_parts_of_a_table_are_read_as_one(tmp_path: Path) -> None:
    store = Store(a_run(tmp_path))
    row = {"file_id": "f", "sheet_name": "", "row_number": 1, "block_name": "", "reason_code": "no_results"}
    row |= {"column_name": "", "value_text": None, "is_service": False}
    store.write(REJECTS, pd.DataFrame([row | {"stage_name": "read"}]), part="read")
    store.write(REJECTS, pd.DataFrame([row | {"stage_name": "results"}]), part="results")
    assert list(store.read(REJECTS)["stage_name"]) == ["read", "results"]


def test_types_survive_the_disk(tmp_path: Path) -> None:
    write_parquet(PAST_LIST, a_list("007"), tmp_path / "a.parquet")
    assert dict(read_parquet(PAST_LIST, [tmp_path / "a.parquet"]).dtypes) == dict(PAST_LIST.empty().dtypes)


def test_pupils_identifiers_are_refused_at_the_door(tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match="never stored"):
        Store(a_run(tmp_path)).write(PUPIL_ATTEMPTS, PUPIL_ATTEMPTS.empty())


def test_two_runs_never_share_a_folder(tmp_path: Path) -> None:
    assert a_run(tmp_path).run_id != a_run(tmp_path).run_id


def test_a_folder_that_cannot_be_written_is_told_in_russian(tmp_path: Path) -> None:
    (tmp_path / "runs").write_text("a file where a folder should be")
    with pytest.raises(StoreError, match="нельзя писать"):
        a_run(tmp_path)


def test_a_run_is_a_small_frozen_record(tmp_path: Path) -> None:
    run = a_run(tmp_path)
    with pytest.raises(dataclasses.FrozenInstanceError):
        run.year = 2027  # type: ignore[misc]


def test_only_the_newest_runs_and_versions_stay(tmp_path: Path) -> None:
    for number in range(KEPT_RUNS + 3):
        published_run(tmp_path, f"s{number}")
    assert len(list((tmp_path / "runs").glob("monitoring-*"))) == KEPT_RUNS + 1
    versions = list((tmp_path / "published" / "monitoring" / ".versions").iterdir())
    assert len(versions) == KEPT_VERSIONS + 1
    target = tmp_path / "published" / "monitoring" / "2026"
    assert list(read_parquet(PAST_LIST, [target / "past_list.parquet"])["school_id"]) == [f"s{KEPT_RUNS + 2}"]
