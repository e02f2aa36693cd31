"""A publication holds against readers, other commands, clocks that jump and what killed commands have left."""

import errno
import os
import shutil
import subprocess
import sys
import threading
from pathlib import Path

import pandas as pd
import pytest

from pipeline import file_lock, store
from pipeline.errors import StoreError
from pipeline.run import Run
from pipeline.store import KEPT_RUNS, KEPT_VERSIONS, Published, Store, begun, new_run_id, publish, sweep, write_whole
from pipeline.tables.orders import PAST_LIST


def a_run(root: Path, period: str = "") -> Run:
    stem = f"monitoring-2026-{period}" if period else "monitoring-2026"
    return begun(Run(root, "monitoring", 2026, "2026", run_id=new_run_id(root, stem), period=period))


def publish_list(root: Path, *ids: str, period: str = "") -> Path:
    run = a_run(root, period)
    Store(run).write(PAST_LIST, pd.DataFrame({"school_id": list(ids)}))
    return publish(run, [PAST_LIST], {"run_id": run.run_id})


def listed(published: Published) -> list[str]:
    return list(published.read(PAST_LIST)["school_id"])


def versions(root: Path) -> list[str]:
    return sorted(path.name for path in (root / "published/monitoring/.versions").iterdir())


def test_a_reader_goes_on_with_what_it_began_however_often_there_is_something_new(tmp_path: Path) -> None:
    publish_list(tmp_path, "first")
    reader = Published(tmp_path, "monitoring", 2026)
    held = reader.folder.name
    for number in range(KEPT_VERSIONS + 3):
        publish_list(tmp_path, f"s{number}")
    assert listed(reader) == ["first"]
    assert listed(Published(tmp_path, "monitoring", 2026)) == [f"s{KEPT_VERSIONS + 2}"]
    del reader
    publish_list(tmp_path, "last")
    assert held not in versions(tmp_path) and len(versions(tmp_path)) == KEPT_VERSIONS + 1


def test_the_folder_of_a_run_stays_until_it_has_ended(tmp_path: Path) -> None:
    slow = a_run(tmp_path)
    for _ in range(KEPT_RUNS + 3):
        a_run(tmp_path)
    Store(slow).write(PAST_LIST, pd.DataFrame({"school_id": ["s1"]}))
    publish(slow, [PAST_LIST], {})
    folder = slow.folder
    del slow
    a_run(tmp_path)
    assert not folder.exists()


def test_a_clock_that_went_back_or_ahead_does_not_decide_what_goes(tmp_path: Path) -> None:
    for number in range(KEPT_VERSIONS + 4):
        target = publish_list(tmp_path, f"s{number}")
        # Each is older than the one before it, but the first, which is of the next century.
        day = 4_000_000_000 if number == 0 else 1_000_000_000 - number * 86_400
        os.utime(target.resolve(), (day, day))
        os.utime(tmp_path / f"runs/monitoring-2026-{number + 1:03d}", (day, day))
    assert [name[-3:] for name in versions(tmp_path)] == [f"{n:03d}" for n in range(4, KEPT_VERSIONS + 5)]
    assert listed(Published(tmp_path, "monitoring", 2026)) == [f"s{KEPT_VERSIONS + 3}"]


def test_the_number_of_a_published_run_is_not_used_again(tmp_path: Path) -> None:
    publish_list(tmp_path, "s1")
    target = publish_list(tmp_path, "s2")
    shutil.rmtree(tmp_path / "runs")
    before = target.resolve()
    publish_list(tmp_path, "s3")
    assert before.is_dir() and target.resolve().name.endswith("-003")


def test_periods_of_a_year_do_not_push_each_other_out(tmp_path: Path) -> None:
    publish_list(tmp_path, "june", period="june")
    publish_list(tmp_path, "again", period="june")
    for number in range(KEPT_VERSIONS + 3):
        publish_list(tmp_path, f"s{number}")
    assert sum("june" in name for name in versions(tmp_path)) == 2
    assert listed(Published(tmp_path, "monitoring", 2026, "june")) == ["again"]


def test_what_killed_commands_left_is_cleared_away_by_the_next_run(tmp_path: Path) -> None:
    publish_list(tmp_path, "s1")
    published = tmp_path / "published/monitoring"
    for name in (".new-2026-monitoring-2026-009", ".old-2026-monitoring-2026-000"):
        (published / ".versions" / name).mkdir()
    (published / ".2026.77.link").symlink_to(".versions/nowhere")
    (tmp_path / "runs/.old-monitoring-2026-000").mkdir()
    dead = subprocess.run([sys.executable, "-c", "import os; print(os.getpid())"], capture_output=True, text=True)
    (tmp_path / "reference").mkdir()
    left = tmp_path / f"reference/.schools.csv.{dead.stdout.strip()}.tmp"
    alive = tmp_path / f"reference/.schools.csv.{os.getppid()}.tmp"
    for path in (left, alive):
        path.write_bytes(b"half")
    publish_list(tmp_path, "s2")
    assert not left.exists() and alive.exists()
    found = [p.name for p in tmp_path.rglob(".*") if p.name not in (".versions", ".publication.lock", alive.name)]
    assert found == [] and len(versions(tmp_path)) == 2


@pytest.mark.parametrize("fault", ["rename", "_settle_all", "_point"])
def test_a_full_disk_leaves_nothing_half_published(fault: str, tmp_path: Path, monkeypatch) -> None:
    publish_list(tmp_path, "s1")

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    if fault == "rename":
        monkeypatch.setattr(Path, "rename", full)
    else:
        monkeypatch.setattr(store, fault, full)
    with pytest.raises(StoreError, match=r"на диске нет места.*прежняя публикация не изменена"):
        publish_list(tmp_path, "s2")
    monkeypatch.undo()
    assert not [name for name in versions(tmp_path) if name.startswith(".")]
    assert listed(Published(tmp_path, "monitoring", 2026)) == ["s1"]
    publish_list(tmp_path, "s3")
    assert listed(Published(tmp_path, "monitoring", 2026)) == ["s3"]


def test_a_file_that_cannot_be_written_whole_is_as_it_was_and_leaves_no_half(tmp_path: Path, monkeypatch) -> None:
    write_whole(tmp_path, "forms/a.csv", b"before")

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(store, "_settle", full)
    with pytest.raises(StoreError, match="прежний файл не изменён"):
        write_whole(tmp_path, "forms/a.csv", b"after")
    assert [(p.name, p.read_bytes()) for p in (tmp_path / "forms").iterdir()] == [("a.csv", b"before")]
    sweep(tmp_path)


HOLDER = """
import sys
from pathlib import Path
from pipeline.file_lock import locked
with locked(Path(sys.argv[1]), "занято", 5.0):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_a_publication_waits_for_another_and_for_no_dead_one(tmp_path: Path, monkeypatch) -> None:
    publish_list(tmp_path, "s1")
    lock = tmp_path / store.LOCK_FILE
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, lock], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout is not None and holder.stdout.readline() == "held\n"
        monkeypatch.setattr(store, "WAIT_SECONDS", 0.1)
        with pytest.raises(StoreError, match=rf"сейчас публикует.*процесс {holder.pid}"):
            publish_list(tmp_path, "s2")
        # Who clears runs/ away takes the lock's file along; the one that is made anew is the one that counts.
        lock.unlink()
        publish_list(tmp_path, "s3")
        holder.kill()
    publish_list(tmp_path, "s4")
    assert listed(Published(tmp_path, "monitoring", 2026)) == ["s4"]


def test_a_lock_whose_file_was_removed_while_it_was_waited_for_locks_nobody_out(tmp_path: Path) -> None:
    path, order = tmp_path / "a.lock", list[str]()

    def second() -> None:
        with file_lock.locked(path, "занято", 10.0):
            order.append("second")

    with file_lock.locked(path, "занято", 1.0):
        waiting = threading.Thread(target=second)
        waiting.start()
        order.append("first")
    waiting.join()
    assert order == ["first", "second"] and path.read_bytes() == b""


def test_runs_that_publish_at_once_leave_one_whole_publication_and_readers_see_no_gap(tmp_path: Path) -> None:
    publish_list(tmp_path, "s0")
    faults, is_over = list[BaseException](), threading.Event()

    def publisher(name: str) -> None:
        try:
            for number in range(6):
                publish_list(tmp_path, name, f"{name}{number}")
        except BaseException as error:
            faults.append(error)

    def reader() -> None:
        try:
            while not is_over.is_set():
                found = Published(tmp_path, "monitoring", 2026)
                assert len(found.read(PAST_LIST)) == found.manifest["tables"]["past_list"]["rows"]
        except BaseException as error:
            faults.append(error)

    reading = threading.Thread(target=reader)
    reading.start()
    publishers = [threading.Thread(target=publisher, args=(name,)) for name in ("a", "b", "c")]
    for thread in publishers:
        thread.start()
    for thread in publishers:
        thread.join()
    is_over.set()
    reading.join()
    assert faults == []
    assert len(versions(tmp_path)) <= KEPT_VERSIONS + 2
    assert Published(tmp_path, "monitoring", 2026).manifest["run_id"] in {f"monitoring-2026-{n:03d}" for n in range(20)}
