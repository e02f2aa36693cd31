"""Objections: numbered once, decided once; an accepted one about a figure mends the data, and only that figure."""

import shutil
from dataclasses import replace
from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from pipeline import corrections
from pipeline.confirmation import ObjectionLine
from pipeline.confirming import read_returns, school_places
from pipeline.errors import ConfigError
from pipeline.objection_files import OBJECTIONS_FILE, add_corrections, load_objections, save_objections
from pipeline.objections import CellCorrection, Decision, decide
from pipeline.outputs.objections import render
from pipeline.tables.orders import OBJECTIONS
from pipeline.tables.reference import SCHOOL_LINEAGE
from pipeline.tables.results import RESULTS
from tests.confirmed_region import REGION_NAME, YEAR, give_back
from tests.small_region import command, hashes

BY = ("--by", "Комиссия, протокол № 2", "--why", "Подтверждено протоколом")
ON = date(YEAR, 8, 1)
LINES = {
    "s02": [
        ObjectionLine(1, "Низких результатов", 1, "Ошибка в протоколе", "Протокол № 4"),
        ObjectionLine(2, "Отсутствовали", 3, "Не указаны болевшие"),
    ],
    "s03": [ObjectionLine(indicator="Включение в перечень", ground="Школа — при больнице")],
    "s04": [
        ObjectionLine(1, "Участников", 60, "Класс забыт"),
        ObjectionLine(1, "Низких результатов", 50, "Класс забыт"),
    ],
}  # fmt: skip


@pytest.fixture(scope="module")
def objected(monitored_region: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A region with five undecided objections: two of s02, one of s03, two of s04."""
    root = Path(shutil.copytree(monitored_region, tmp_path_factory.mktemp("objections") / "region", symlinks=True))
    give_back(root, "a.xlsx", {}, LINES)
    assert len(read_returns(root, YEAR, date(YEAR, 7, 20)).new) == 5
    return root


@pytest.fixture
def root(objected: Path, tmp_path: Path) -> Path:
    copy = tmp_path / "region"
    shutil.copytree(objected, copy, symlinks=True)
    return copy


def run(monkeypatch, root: Path, *words: object) -> int:
    return command(monkeypatch, "objections", *words, "--data", root, "--year", YEAR)


def decisions(root: Path) -> dict[int, str]:
    frame = load_objections(root)
    return dict(zip(frame["number"], frame["decision_code"], strict=True))


def published(root: Path, flow: str) -> pd.DataFrame:
    return pd.read_parquet(root / f"published/{flow}/{YEAR}/results.parquet")


@pytest.mark.slow
def test_an_accepted_objection_mends_its_figure_and_nothing_else(root: Path, monkeypatch, capsys) -> None:
    before = published(root, "monitoring")
    assert run(monkeypatch, root, "decide", 1, "--accept", *BY, "--date", "01.08.2026") == 0
    told = capsys.readouterr().out
    assert "исправление: низких результатов 2 → 1 (corrections/2026.toml)" in told
    identified = command(monkeypatch, "identify", "--data", root, "--year", YEAR, "--capacity", 4, "--direct")
    assert identified == 0, capsys.readouterr().err
    after = published(root, "identification")
    columns = ["school_id", "year", "procedure", "subject", "grade", "tested_count", "low_count", "absent_count"]
    both = before[columns].merge(after[columns], how="outer", indicator=True)
    changed = both[both["_merge"] != "both"].sort_values("low_count")
    assert changed[["school_id", "year", "subject", "low_count"]].to_numpy().tolist() == [
        ["s02", YEAR, "mat", 1], ["s02", YEAR, "mat", 2],
    ]  # fmt: skip
    source = after.query("school_id == 's02' and subject == 'mat' and year == @YEAR")["source_text"].item()
    assert source.endswith("corrections/2026.toml, исправление 1")
    # The corrected figure is published now: the other objections are decided against it as before.
    assert run(monkeypatch, root, "decide", 2, "--accept", *BY) == 0
    assert command(monkeypatch, "monitor", "--data", root, "--year", YEAR, "--direct") == 0
    assert published(root, "monitoring").query("school_id == 's02' and subject == 'rus'")["absent_count"].max() == 3


def test_a_decision_is_made_once_and_says_who_and_why(root: Path, monkeypatch, capsys) -> None:
    assert run(monkeypatch, root, "decide", 1, "--reject", *BY, "--date", "2026-08-01") == 0
    before = hashes(root / "decisions")
    capsys.readouterr()
    for words, told in (
        (("decide", 1, "--accept", *BY), "уже отклонено 01.08.2026 (Комиссия, протокол № 2)"),
        (("decide", 9, "--accept", *BY), "такого возражения нет"),
        (("decide", 2, "--accept", *BY, "--date", "2026-07-01"), "раньше даты возражения (20.07.2026)"),
        (("decide", 2, "--accept", *BY, "--date", "2999-01-01"), "ещё не наступила"),
        (("decide", 2, "--accept", "--reject", *BY), "принять возражение или отклонить"),
        (("decide", 2, "--accept", "--by", " ", "--why", "x"), "кто решил и почему"),
        (("decide", 5, "--accept", *BY), "стало бы больше, чем участников"),
    ):
        assert run(monkeypatch, root, *words) == 1
        assert told in capsys.readouterr().err
    assert hashes(root / "decisions") == before and not (root / "corrections/2026.toml").exists()


def test_an_objection_about_listing_changes_no_data(root: Path, monkeypatch, capsys) -> None:
    assert run(monkeypatch, root, "decide", 3, "--accept", *BY) == 0
    assert "данные не меняются, решение о перечне — за комиссией" in capsys.readouterr().out
    assert decisions(root)[3] == "accepted" and not (root / "corrections/2026.toml").exists()


def test_the_list_shows_undecided_ones_first(root: Path, monkeypatch, capsys) -> None:
    assert run(monkeypatch, root, "decide", 1, "--reject", *BY) == 0
    capsys.readouterr()
    assert run(monkeypatch, root, "list") == 0
    told = capsys.readouterr().out
    numbers = [line.split()[1] for line in told.splitlines() if line.startswith("№")]
    assert numbers == ["2", "3", "4", "5", "1"] and "Возражений: 5, не рассмотрено: 4." in told
    assert command(monkeypatch, "objections", "list", "--data", root, "--year", YEAR - 1) == 0
    assert "Возражений за 2025 год нет." in capsys.readouterr().out


def filled(root: Path, entries: dict[int, tuple[object, ...]]) -> Path:
    """The commission's workbook with entries, at the place where the command writes it."""
    objections = load_objections(root)
    undecided = objections[objections["decision_code"] == "undecided"]
    content = render(
        undecided, school_places(root, YEAR), region_name=REGION_NAME, year=YEAR, is_demo=False, entries=entries
    )
    path = root / f"forms/{YEAR}/Возражения для комиссии.xlsx"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def test_the_commission_decides_in_its_workbook(root: Path, monkeypatch, capsys) -> None:
    assert run(monkeypatch, root, "workbook") == 0
    assert "5 возражений" in capsys.readouterr().out
    path = filled(root, {
        2: ("принять", "Комиссия", "Справка", "05.08.2026"),
        3: ("может быть", "Комиссия", "Подумаем"),
        4: ("принять", "Комиссия", "Ведомость", date(2026, 8, 5)),
        5: ("принять", "Комиссия", "Ведомость"),
    })  # fmt: skip
    assert run(monkeypatch, root, "workbook") == 1
    assert "уже есть решения комиссии" in capsys.readouterr().err
    assert run(monkeypatch, root, "read", path) == 0
    told = capsys.readouterr().out
    assert "решение «может быть» не понято" in told
    assert "Решений: 3; не принято строк: 1; без решения: 1" in told
    assert decisions(root) == {1: "undecided", 2: "accepted", 3: "undecided", 4: "accepted", 5: "accepted"}
    declared = corrections.load(root)
    assert [c.objection_id for c in declared] == ["2026-4", "2026-2", "2026-5"]
    mended = corrections.apply(RESULTS.conform(published(root, "monitoring")), declared)
    cell = mended.query("school_id == 's04' and year == @YEAR and subject == 'mat'")
    assert cell[["tested_count", "low_count"]].to_numpy().tolist() == [[60, 50]]
    # The same file again: everything in it is decided, nothing is written twice.
    assert run(monkeypatch, root, "read", path) == 0
    assert "уже принято" in capsys.readouterr().out and corrections.load(root) == declared


def test_a_workbook_of_another_region_or_an_altered_row_is_refused(root: Path, monkeypatch, capsys) -> None:
    path = filled(root, {1: ("принять", "Комиссия", "Ведомость")})
    objections = load_objections(root)
    save_objections(root, objections.assign(ground_text=objections["ground_text"] + ", дополнено"))
    assert run(monkeypatch, root, "read", path) == 0
    assert "возражение или строка изменились" in capsys.readouterr().out and decisions(root)[1] == "undecided"
    assert command(monkeypatch, "objections", "read", path, "--data", root, "--year", YEAR - 1) == 1
    assert "Это не книга возражений 2025 года" in capsys.readouterr().err


def results(**changed: object) -> pd.DataFrame:
    cell = {"school_id": "s1", "municipality_id": "m1", "year": YEAR, "procedure": "oge", "subject": "mat"}
    cell |= {"grade": "9", "tested_count": 40, "low_count": 31, "absent_count": None, "source_text": "файл"}
    return RESULTS.conform(pd.DataFrame([cell | changed]))


def objection(number: int, name: str | None, stated: float | None, asked: float | None) -> dict[str, object]:
    cell = {"result_year": YEAR, "procedure": "oge", "subject": "mat", "grade": "9"}
    return cell | {
        "year": YEAR, "number": number, "received_date": "2026-07-20", "school_id": "s1", "column_name": name,
        "indicator_text": "о чём", "stated_value": stated, "asked_value": asked, "ground_text": "почему",
        "decision_code": "undecided",
    }  # fmt: skip


def accepted(*numbers: int) -> list[Decision]:
    return [Decision(number, True, "Комиссия", ON, "Протокол") for number in numbers]


def test_two_objections_to_one_figure_cannot_contradict_each_other_quietly() -> None:
    known = OBJECTIONS.conform(pd.DataFrame([
        objection(1, "low_count", 31, 13), objection(2, "low_count", 31, 14), objection(3, "low_count", 31, 13),
    ]))  # fmt: skip
    done = decide(known, accepted(1, 2, 3), results(), YEAR, {})
    assert [c.values for c in done.corrections] == [{"low_count": 13}]
    assert done.refused == (
        "возражение № 2: школа возражала против значения 31, а теперь в данных 13; уточните у школы",
    )
    assert list(done.objections["decision_code"]) == ["accepted", "undecided", "accepted"]
    assert list(known["decision_code"]) == ["undecided"] * 3


def test_data_that_have_changed_since_are_not_corrected_blindly() -> None:
    known = OBJECTIONS.conform(pd.DataFrame([objection(1, "low_count", 31, 13)]))
    assert "теперь в данных 20" in decide(known, accepted(1), results(low_count=20), YEAR, {}).refused[0]
    assert "больше нет" in decide(known, accepted(1), results(subject="rus"), YEAR, {}).refused[0]
    mended = decide(known, accepted(1), results(low_count=13), YEAR, {})
    assert mended.corrections == () and "уже стоит это значение" in mended.done[0]


def correction(text: str = "Опечатка") -> CellCorrection:
    return CellCorrection("2026-1", "s02", YEAR, "vpr", "mat", "4", {"low_count": 2}, {"low_count": 1}, text, "Школа")


def test_a_correction_is_added_once_beside_what_people_wrote_there(root: Path) -> None:
    path = root / "corrections/2026.toml"
    path.parent.mkdir(exist_ok=True)
    path.write_text("# наша заметка", encoding="utf-8")
    nasty = 'кавычка ", обратная \\ черта, [[correction]]'
    assert add_corrections(root, [correction(nasty)]) == ("corrections/2026.toml",)
    assert add_corrections(root, [correction(nasty)]) == ()
    assert path.read_text(encoding="utf-8").startswith("# наша заметка\n")
    assert [c.values for c in corrections.load(root)] == [{"low_count": 1}]
    other = replace(correction(), values={"low_count": 0})
    with pytest.raises(ConfigError, match="уже есть, но с другим значением"):
        add_corrections(root, [other])
    path.write_text("[[correction", encoding="utf-8")
    with pytest.raises(ConfigError, match="не читается"):
        add_corrections(root, [correction()])


def test_an_objection_to_a_school_that_does_not_exist_is_told(root: Path, monkeypatch, capsys) -> None:
    objections = load_objections(root)
    save_objections(root, objections.assign(school_id="s99"))
    assert run(monkeypatch, root, "list") == 1
    assert "от школы «s99», которой нет в реестре" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        (",low_count,2,1,", ",low_count,2,1.5,", "«1,5» — не целое число"),
        (",low_count,2,1,", ",low_count,2,-1,", "«-1» — не целое число"),
        (",low_count,2,1,", ",low_count,2,,", "не заполнено: Правильное значение"),
        (",low_count,2,1,", ",school_name,2,1,", "показателя «school_name» нет"),
        (",undecided,,,", ",accepted,,,", "не сказано, кто решил, когда и почему"),
    ],
)
def test_what_a_hand_has_written_into_the_file_is_checked(root, monkeypatch, capsys, before, after, told) -> None:
    path = root / OBJECTIONS_FILE
    text = path.read_text(encoding="utf-8")
    assert before in text
    path.write_text(text.replace(before, after, 1), encoding="utf-8")
    stored = hashes(root / "decisions")
    assert run(monkeypatch, root, "decide", 2, "--accept", *BY) == 1
    error = capsys.readouterr().err
    assert told in error and "Возражение № 1 2026 года" in error
    assert hashes(root / "decisions") == stored and not (root / "corrections/2026.toml").exists()


def test_an_objection_is_about_the_figure_that_the_school_was_shown() -> None:
    """Schools a and b merged in 2026; c takes over the merged school in 2027."""
    cells = pd.concat(
        [results(school_id=school, low_count=low) for school, low in (("a", 5), ("b", 7))], ignore_index=True
    )
    lineage = SCHOOL_LINEAGE.conform(pd.DataFrame([
        {"school_id": "a", "successor_id": "b", "lineage_kind": "merged", "from_year": 2026},
        {"school_id": "b", "successor_id": "c", "lineage_kind": "merged", "from_year": 2027},
    ]))  # fmt: skip
    homes = {"a": "m1", "b": "m1", "c": "m1"}
    key = ("b", YEAR, "oge", "mat", "9")
    asked = corrections.Correction("здесь", key, {"low_count": 12}, {"low_count": 10}, "2026-1")
    error = corrections.Correction("там", ("a", *key[1:]), {"low_count": 4}, {"low_count": 5})
    mended = cells.assign(low_count=[4, 7])
    for year, school in ((2026, "b"), (2027, "c")):
        carried = corrections.apply_and_carry(mended, (asked, error), lineage, homes, year)
        assert carried[["school_id", "low_count"]].to_numpy().tolist() == [[school, 10]]
    earlier = cells.assign(year=2025)
    later_year = corrections.apply_and_carry(earlier, (asked, error), lineage, homes, 2025)
    assert list(later_year["low_count"]) == [5, 7]
