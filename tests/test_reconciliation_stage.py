"""Federal lists on their way through a region: shown beside the list, told to the analyst, no part in the choice."""

from pathlib import Path

import pandas as pd
import pytest
from small_region import command, make_small_region
from source_files import write_csv

from pipeline.stages import FLOWS, start
from pipeline.store import Published, Store
from pipeline.tables.decision import SELECTION
from pipeline.tables.orders import FEDERAL_LIST, LIST_RECONCILIATION
from pipeline.tables.sources import REJECTS

YEAR = 2026
IDENTIFY = ("identify", "--year", YEAR, "--capacity", 3, "--direct", "--data")


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_small_region(tmp_path_factory.mktemp("reconciled") / "region")


def receive_federal_list(root: Path) -> None:
    rows = [["Год", "МО", "ОО"], [YEAR, "Лесной", "СШ № 12"], [YEAR, "Озёрный", "СШ № 1"], [YEAR, "Озёрный", "СШ № 1а"]]
    write_csv(root / "decisions/lists/federal_low_2026.csv", rows)


@pytest.mark.slow
def test_federal_lists_are_shown_and_change_nothing(root: Path, monkeypatch, capsys) -> None:
    assert command(monkeypatch, *IDENTIFY, root) == 0
    alone = Published(root, "identification", YEAR).read(SELECTION)
    receive_federal_list(root)
    capsys.readouterr()
    assert command(monkeypatch, *IDENTIFY, root) == 0
    told = capsys.readouterr().out
    assert "в обоих 1, только у нас 2, только в федеральном 1" in told
    assert "Не распознано названий школ: 1" in told
    published = Published(root, "identification", YEAR)
    pd.testing.assert_frame_equal(published.read(SELECTION), alone)
    assert list(published.read(FEDERAL_LIST)["school_id"]) == ["s01", "s12"]
    refused = published.read(REJECTS).query("stage_name == 'federal_list'")
    assert refused[["row_number", "reason_code"]].to_numpy().tolist() == [[4, "unknown_school"]]
    assert command(monkeypatch, "match", "list", "--data", root) == 0
    assert "СШ № 1а" in capsys.readouterr().out


def test_beside_the_signed_list_the_same_federal_list_says_something_else(root: Path, monkeypatch) -> None:
    receive_federal_list(root)
    assert command(monkeypatch, *IDENTIFY, root) == 0
    write_csv(root / "decisions/lists/2026.csv", [["school_id", "date"], ["s01", "2026-09-15"]], "utf-8", ",")
    run = start(root, "orders", YEAR, as_of="2026-10-01")
    for stage in FLOWS["orders"]:
        stage.run(run)
    table = Store(run).read(LIST_RECONCILIATION)
    relations = dict(zip(table["school_id"], table["relation_code"], strict=True))
    assert relations == {"s01": "both", "s12": "theirs_only"}


@pytest.mark.slow
def test_a_damaged_federal_list_is_told_before_the_results_are_read(root: Path, monkeypatch, capsys) -> None:
    damaged = root / "decisions/lists/federal_bias_2026.xlsx"
    damaged.write_bytes(b"no workbook")
    for words in (IDENTIFY, ("check", "--year", YEAR, "--data")):
        assert command(monkeypatch, *words, root) == 1
        told = capsys.readouterr()
        assert damaged.name in told.err and "Чтение полученных файлов" not in told.out
    # Monitoring uses no federal list.
    assert command(monkeypatch, "monitor", "--year", YEAR, "--direct", "--data", root) == 0
    damaged.unlink()
