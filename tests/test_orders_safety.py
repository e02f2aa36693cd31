"""Orders are safe from two hands at once, killed commands, folders that vanish and files that appear."""

import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path

import pytest
from ordered_region import LIST, ORDERS, TODAY, YEAR, import_list, published, run
from small_region import hashes, make_small_region

from pipeline import order_acts, order_lock
from pipeline.command_run import today
from pipeline.errors import PipelineError
from pipeline.order_archive import load_archive
from pipeline.orders import list_as_of
from pipeline.region import commission_decisions
from pipeline.synthetic import AMENDED_YEAR, AMENDMENT_DAY
from pipeline.synthetic.files import write_reference
from pipeline.synthetic.region import make_register
from pipeline.synthetic.truth import make_truth
from pipeline.synthetic.write_lists import write_own_lists
from pipeline.tables.reference import MUNICIPALITIES, SCHOOL_LINEAGE, SCHOOLS


@pytest.fixture
def root(listed_region: Path, tmp_path: Path) -> Path:
    target = tmp_path / "область с пробелом"
    shutil.copytree(listed_region, target, symlinks=True)
    return target


@pytest.fixture
def signed(signed_region: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(signed_region, tmp_path / "область с пробелом", symlinks=True))


def test_an_added_file_is_no_part_of_what_was_signed(signed: Path, monkeypatch, capsys) -> None:
    (signed / LIST / "скан приказа.pdf").write_bytes(b"scan")
    (signed / LIST / "frozen/.DS_Store").write_bytes(b"")
    assert run(monkeypatch, signed, "show") == 0
    (signed / LIST / "frozen/selection2.parquet").write_bytes(b"")
    assert run(monkeypatch, signed, "show") == 1
    assert f"{LIST}/frozen/selection2.parquet" in capsys.readouterr().err


def test_a_signed_order_that_is_gone_or_sealed_anew_is_missed(
    signed: Path, monkeypatch, capsys, tmp_path: Path
) -> None:
    other = tmp_path / "other"
    shutil.copytree(signed, other, symlinks=True)
    shutil.rmtree(other / LIST)
    before = hashes(other)
    assert run(monkeypatch, other, "draft", "--year", YEAR) == 1
    assert f"приказ {YEAR}-list-01 пропал" in capsys.readouterr().err
    assert hashes(other) == before
    # Recorded by mistake: who takes the line out of the book as well says so.
    book = other / ORDERS / "seals.txt"
    book.write_text(book.read_text(encoding="utf-8").splitlines()[0] + "\n", encoding="utf-8")
    assert run(monkeypatch, other, "draft", "--year", YEAR) == 0
    assert run(monkeypatch, other, "sign", "--number", "200", "--date", "2026-09-16") == 0
    shutil.rmtree(signed / LIST)
    shutil.copytree(other / LIST, signed / LIST)
    assert run(monkeypatch, signed, "show") == 1
    assert f"приказ {YEAR}-list-01 подменён" in capsys.readouterr().err
    (signed / ORDERS / "seals.txt").write_text("печать\n", encoding="utf-8")
    assert run(monkeypatch, signed, "show") == 1
    assert "seals.txt, строка 1" in capsys.readouterr().err


HOLDER = """
import sys
from pathlib import Path
from pipeline.order_lock import orders_locked
with orders_locked(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_orders_are_changed_by_one_command_at_a_time(root: Path, monkeypatch, capsys) -> None:
    assert run(monkeypatch, root, "draft", "--year", YEAR) == 0
    words = ("sign", "--number", "1", "--date", "2026-09-15")
    before = hashes(root / "decisions")
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, root], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout is not None and holder.stdout.readline() == "held\n"
        monkeypatch.setattr(order_lock, "WAIT_SECONDS", 0.1)
        assert run(monkeypatch, root, *words) == 1
        told = capsys.readouterr().err
        assert "меняет другая команда" in told and f"процесс {holder.pid}" in told
        assert hashes(root / "decisions") == before
        assert run(monkeypatch, root, "show") == 0
        holder.kill()
    # Nothing has to be cleared away after a killed owner.
    assert run(monkeypatch, root, *words) == 0


def test_of_two_who_sign_at_once_one_signs(root: Path, monkeypatch) -> None:
    assert run(monkeypatch, root, "draft", "--year", YEAR) == 0

    def sign(number: str) -> str:
        try:
            return order_acts.sign(root, YEAR, number, date(2026, 9, 15), None, TODAY)
        except PipelineError as error:
            return error.what

    with ThreadPoolExecutor(2) as pool:
        told = sorted(pool.map(sign, ("1", "2")))
    assert told[0] == f"Неподписанного приказа {YEAR} года нет" and told[1].startswith("Подписан приказ № ")
    assert load_archive(root).orders["number"].iloc[0] in told[1]


def test_a_draft_whose_change_was_interrupted_is_put_back(root: Path, monkeypatch, capsys) -> None:
    assert run(monkeypatch, root, "draft", "--year", YEAR) == 0
    (root / LIST).rename(root / ORDERS / f".old-{YEAR}-list-01")
    (root / ORDERS / f".new-{YEAR}-list-01").mkdir()
    assert run(monkeypatch, root, "submit") == 0
    assert "направлен на согласование" in capsys.readouterr().out


def test_an_amendment_of_an_imported_list_stands_on_decisions_alone(root: Path, monkeypatch, capsys) -> None:
    import_list(root, 2025, "s01", "s02", day="2025-09-15")
    path = root / "decisions/commission.csv"
    path.write_text(
        "school_id,year,action,who,date,why\ns03,2025,include,комиссия,2025-10-01,возражение принято\n",
        encoding="utf-8",
    )
    assert run(monkeypatch, root, "amend", "--year", 2025) == 0
    assert run(monkeypatch, root, "sign", "--number", "8", "--date", "2025-10-05") == 0
    assert "стоит на решениях комиссии" in capsys.readouterr().out
    assert list(load_archive(root).signed_list(2025)["school_id"]) == ["s01", "s02", "s03"]
    assert run(monkeypatch, root, "amend", "--year", 2025) == 0
    assert "изменять нечего" in capsys.readouterr().out
    # Who wants another year's list reads the amended one along: an amendment cannot stand without it.
    assert load_archive(root, (YEAR,)).signed_list(YEAR).empty


def test_what_is_published_anew_shows_the_states_of_the_day(signed: Path, monkeypatch, capsys) -> None:
    shutil.rmtree(signed / "published/orders")
    assert run(monkeypatch, signed, "publish", "--year", YEAR, "--direct") == 0
    assert str(signed / f"published/orders/{YEAR}") in capsys.readouterr().out
    assert published(signed, "orders")["number"].tolist() == ["100-ОД"]


def test_an_order_entered_ahead_says_so(root: Path, monkeypatch, capsys) -> None:
    assert run(monkeypatch, root, "draft", "--year", YEAR) == 0
    assert "дата приказа ещё не наступила" in order_acts.sign(
        root, YEAR, "1", date(2026, 9, 15), None, date(2026, 9, 1)
    )


def test_the_day_is_that_of_the_region(root: Path) -> None:
    def day(zone: str) -> date:
        path = root / "region.toml"
        lines = [line for line in path.read_text(encoding="utf-8").splitlines() if not line.startswith("time_zone")]
        path.write_text("\n".join([*lines, f'time_zone = "{zone}"', ""]), encoding="utf-8")
        return today(root)

    west, east = day("Etc/GMT+12"), day("Pacific/Kiritimati")  # 26 hours apart
    assert west < east


def test_the_made_up_region_has_orders_of_three_years_an_amendment_and_a_listed_school_that_merged(
    tmp_path: Path, monkeypatch
) -> None:
    root, register = make_small_region(tmp_path / "region"), make_register(YEAR, YEAR)
    tables = (
        (SCHOOLS, register.schools),
        (MUNICIPALITIES, register.municipalities),
        (SCHOOL_LINEAGE, register.lineage),
    )
    for table, frame in tables:
        write_reference(root / f"reference/{table.name}.csv", frame)
    write_own_lists(root, register, make_truth(register, YEAR, (2024, 2025, 2026)), YEAR, YEAR)
    assert order_acts.amend(root, AMENDED_YEAR, (), AMENDMENT_DAY)
    assert order_acts.sign(root, AMENDED_YEAR, "2", AMENDMENT_DAY, None, AMENDMENT_DAY)
    archive = load_archive(root)
    assert archive.orders["school_count"].tolist() == [50, 1, 50, 50]
    added = str(commission_decisions(root)["school_id"].iloc[0])
    merged = register.lineage.query("lineage_kind == 'merged'").set_index("school_id")["successor_id"]
    lists = {}
    for day in (date(2024, 10, 31), date(2024, 11, 1), AMENDMENT_DAY):
        listed = list_as_of(archive.orders, archive.schools, archive.lineage, day, archive.names(2024))
        lists[day] = listed.set_index("school_id")
    before, after, amended = lists.values()
    (gone,) = set(merged.index) & set(before.index)
    assert gone not in after.index and gone in after.loc[merged[gone], "succeeds_text"]
    assert added not in after.index and set(amended.index) == {*after.index, added}
    # The decision changes an old list only: the school is on the list in force with it and without.
    assert added in set(archive.signed_list(2025)["school_id"])
