"""A decision on an objection revised: the first one is kept, its correction withdrawn, and nothing is lost twice."""

import shutil
from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from pipeline import corrections
from pipeline.confirmation import ObjectionLine
from pipeline.confirming import read_returns
from pipeline.errors import ConfigError
from pipeline.objection_files import HISTORY_FILE, load_history, load_objections, save_history
from pipeline.objections import Decision, Revision, decide, revise
from pipeline.tables.orders import OBJECTION_HISTORY, OBJECTIONS
from pipeline.tables.results import RESULTS
from tests.confirmed_region import YEAR, give_back
from tests.small_region import command, hashes

BY = ("--by", "Комиссия, протокол № 2", "--why", "Подтверждено протоколом")
AGAIN = ("--by", "Комиссия, протокол № 3", "--why", "Протокол относится к другому классу")
ON, LATER = date(YEAR, 8, 1), date(YEAR, 8, 9)


@pytest.fixture(scope="module")
def objected(monitored_region: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A region with one undecided objection: low results of s02."""
    root = Path(shutil.copytree(monitored_region, tmp_path_factory.mktemp("revisions") / "region", symlinks=True))
    give_back(root, "a.xlsx", {}, {"s02": [ObjectionLine(1, "Низких результатов", 1, "Ошибка в протоколе")]})
    assert len(read_returns(root, YEAR, date(YEAR, 7, 20)).new) == 1
    return root


@pytest.fixture
def root(objected: Path, tmp_path: Path) -> Path:
    copy = tmp_path / "region"
    shutil.copytree(objected, copy, symlinks=True)
    return copy


def run(monkeypatch, root: Path, *words: object) -> int:
    return command(monkeypatch, "objections", *words, "--data", root, "--year", YEAR)


def low_count(root: Path) -> int:
    frame = pd.read_parquet(root / f"published/monitoring/{YEAR}/results.parquet")
    return int(frame.query("school_id == 's02' and subject == 'mat' and year == @YEAR")["low_count"].item())


def monitor(monkeypatch, root: Path) -> int:
    return command(monkeypatch, "monitor", "--data", root, "--year", YEAR, "--direct")


@pytest.mark.slow
def test_a_reversed_decision_keeps_the_first_and_withdraws_its_correction(root: Path, monkeypatch, capsys) -> None:
    assert run(monkeypatch, root, "decide", 1, "--accept", *BY, "--date", "2026-08-01") == 0
    assert monitor(monkeypatch, root) == 0 and low_count(root) == 1
    capsys.readouterr()
    assert run(monkeypatch, root, "revise", 1, "--reject", *AGAIN, "--date", "2026-08-09") == 0
    told = capsys.readouterr().out
    assert "было принято, теперь отклонено; исправление отозвано" in told and "corrections/2026.toml" in told
    assert corrections.load(root) == ()
    assert 'status = "withdrawn"' in (root / "corrections/2026.toml").read_text(encoding="utf-8")
    # Before anything is computed again the published figure still holds the correction: it is known for what it was.
    assert run(monkeypatch, root, "revise", 1, "--reopen", *AGAIN) == 0
    assert run(monkeypatch, root, "decide", 1, "--accept", *BY) == 0
    assert [(c.guard, c.values) for c in corrections.load(root)] == [({"low_count": 2}, {"low_count": 1})]
    assert monitor(monkeypatch, root) == 0 and low_count(root) == 1
    assert run(monkeypatch, root, "revise", 1, "--reopen", *AGAIN) == 0
    assert monitor(monkeypatch, root) == 0 and low_count(root) == 2
    history = load_history(root)
    assert list(history["decision_code"]) == ["accepted", "rejected", "accepted"]
    assert list(history["step"]) == [1, 2, 3]
    capsys.readouterr()
    assert run(monkeypatch, root, "list") == 0
    told = capsys.readouterr().out
    assert "прежде: принято 01.08.2026, Комиссия, протокол № 2: Подтверждено протоколом; пересмотрено" in told
    assert told.startswith("№ 1  не рассмотрено")


def test_a_revision_that_cannot_be_changes_nothing(root: Path, monkeypatch, capsys) -> None:
    assert run(monkeypatch, root, "revise", 1, "--reject", *AGAIN) == 1
    assert "ещё не рассмотрено" in capsys.readouterr().err
    assert run(monkeypatch, root, "decide", 1, "--accept", *BY, "--date", "2026-08-01") == 0
    before = hashes(root / "decisions"), hashes(root / "corrections")
    for words, told in (
        (("revise", 9, "--reject", *AGAIN), "такого возражения нет"),
        (("revise", 1, *AGAIN), "каким станет решение"),
        (("revise", 1, "--reject", "--reopen", *AGAIN), "каким станет решение"),
        (("revise", 1, "--reject", *AGAIN, "--date", "2026-07-30"), "раньше пересматриваемого решения"),
        (("revise", 1, "--reject", "--by", " ", "--why", "x"), "кто пересмотрел"),
        (("revise", 1, "--accept", *BY), "это же решение уже записано"),
    ):
        assert run(monkeypatch, root, *words) == 1
        assert told in capsys.readouterr().err
    assert (hashes(root / "decisions"), hashes(root / "corrections")) == before


def test_a_revision_that_was_cut_off_is_finished_by_the_same_command(root: Path, monkeypatch) -> None:
    assert run(monkeypatch, root, "decide", 1, "--accept", *BY, "--date", "2026-08-01") == 0
    stored = (root / "decisions/objections.csv").read_bytes()
    words = ("revise", 1, "--reject", *AGAIN, "--date", "2026-08-09")
    assert run(monkeypatch, root, *words) == 0
    done = {path.name: path.read_bytes() for path in (root / "decisions").glob("*.csv")}
    (root / "decisions/objections.csv").write_bytes(stored)
    assert run(monkeypatch, root, *words) == 0
    assert {path.name: path.read_bytes() for path in (root / "decisions").glob("*.csv")} == done
    assert HISTORY_FILE.rsplit("/", 1)[1] in done


def cells(**values: object) -> pd.DataFrame:
    row = {"school_id": "s1", "municipality_id": "m1", "year": YEAR, "procedure": "oge", "subject": "mat"}
    row |= {"grade": "9", "tested_count": 60, "low_count": 31, "absent_count": 1}
    return RESULTS.conform(pd.DataFrame([row | values]))


def known(*asked: tuple[str, float, float]) -> pd.DataFrame:
    cell = {"result_year": YEAR, "procedure": "oge", "subject": "mat", "grade": "9", "school_id": "s1", "year": YEAR}
    words = {"received_date": "2026-07-20", "indicator_text": "о чём", "ground_text": "почему"}
    rows = [
        cell | words | {"number": n, "column_name": name, "stated_value": was, "asked_value": to}
        for n, (name, was, to) in enumerate(asked, start=1)
    ]
    return OBJECTIONS.conform(pd.DataFrame(rows).assign(decision_code="undecided"))


@pytest.mark.parametrize(
    ("asked", "number", "told"),
    [
        ((("low_count", 31, 13), ("low_count", 13, 14)), 1, "опирается принятое возражение № 2"),
        ((("low_count", 31, 13), ("low_count", 31, 13)), 1, "опирается принятое возражение № 2"),
        ((("tested_count", 60, 70), ("low_count", 31, 65)), 1, "низких результатов (65) стало бы больше"),
        ((("low_count", 31, 13), ("low_count", 13, 14)), 2, ""),
        ((("low_count", 31, 13), ("absent_count", 1, 2)), 1, ""),
    ],
)
def test_what_another_accepted_objection_stands_on_is_not_withdrawn(asked, number: int, told: str) -> None:
    objections = known(*asked)
    for n in (1, 2):
        objections = decide(objections, [Decision(n, True, "К", ON, "да")], cells(), YEAR, {}).objections
    assert set(objections["decision_code"]) == {"accepted"}
    corrected = frozenset({f"{YEAR}-1", f"{YEAR}-2"})
    revision = Revision(number, "rejected", "К", LATER, "ошибка")
    found = revise(objections, OBJECTION_HISTORY.empty(), revision, cells(), YEAR, {}, corrected)
    assert (told in found.refused) if told else not found.refused
    assert found.withdrawn == ("" if told else f"{YEAR}-{number}")


def test_only_the_entry_that_names_the_objection_is_withdrawn_and_the_rest_of_the_file_stays() -> None:
    entry = """[[correction]]
school_id = "s1"
status = "{}"  # проверено
{}
"""
    text = "# заметка\n" + entry.format("confirmed", 'objection = "2026-1"') + entry.format("assumed", "")
    assert corrections.withdraw(text, "2026-1") == text.replace('"confirmed"', '"withdrawn"', 1)
    assert corrections.withdraw(text, "2026-11") == text
    inline = 'correction = [{ status = "confirmed", objection = "2026-1" }]\n'
    with pytest.raises(ConfigError, match="не удаётся отозвать"):
        corrections.withdraw(inline, "2026-1")


def test_history_survives_the_file(root: Path) -> None:
    save_history(root, load_history(root))
    assert load_history(root).empty and (root / HISTORY_FILE).is_file()
    assert list(load_objections(root)["decision_code"]) == ["undecided"]
