"""`shnro forget`: pupils' rows go when their term ends, with a record; what they say of schools stays the same."""

import shutil
from datetime import date
from pathlib import Path

import pandas as pd
import pytest
from small_region import RESULTS, command, hashes, make_small_region

from pipeline.deletions import RECORD, add_deletions, load_deletions
from pipeline.errors import ConfigError, StoreError
from pipeline.forgetting import Plan, carry_out, plan_deletion
from pipeline.sources import PUPIL_LAYOUTS
from pipeline.tables.sources import SOURCE_FILES

YEARS_LATER = date(2031, 1, 1)
EGE = "raw/2025/ЕГЭ_01.csv"
TITLE = "01 - Русский язык 2025.05.30;;;;;;;;;;;"
HEADER = "№;Код МСУ;Код ОО;Класс;Код ППЭ;Аудитория;Фамилия;Имя;Отчество;Серия;Номер;Первичный балл;Балл"


def write_pupils(root: Path, scores: dict[int, list[int]], name: str = EGE) -> None:
    """An export of pupils, school number -> test scores; people are made up."""
    rows = [
        f"{number}{place};301;301{number:03d};11;1;1;Выдумкин;Пётр;Ильич;0000;{number}{place:03d};20;{score}"
        for number, found in scores.items()
        for place, score in enumerate(found)
    ]
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join([TITLE, HEADER, *rows]) + "\n", encoding="cp1251")


@pytest.fixture
def region(tmp_path: Path) -> Path:
    root = make_small_region(tmp_path / "region")
    write_pupils(root, {1: [20, 60, 71], 2: [10, 30, 80, 100]})
    return root


def test_nothing_is_due_before_the_term_ends(region: Path) -> None:
    assert plan_deletion(region, date(2030, 12, 31)).due.empty


def test_a_term_shorter_than_the_method_reads_is_refused(region: Path) -> None:
    settings = region / "region.toml"
    text = settings.read_text(encoding="utf-8")
    settings.write_text(text.replace("personal_data_years = 5", "personal_data_years = 2"), encoding="utf-8")
    with pytest.raises(ConfigError, match="методика разбирает результаты за 3 года"):
        plan_deletion(region, YEARS_LATER)


def test_pupils_go_and_the_results_of_schools_stay(
    region: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (region / "raw/2025/_черновик.csv").write_text("?", encoding="utf-8")
    monkeypatch.setattr("pipeline.cli_care.today", lambda _: YEARS_LATER)
    assert command(monkeypatch, "forget", "--data", region, "--confirm", "--by", "отдел") == 0
    told = capsys.readouterr().out
    assert EGE in told and RESULTS not in told
    assert "raw/2025/_черновик.csv" in told and "Удалено: 1 файл" in told
    assert not (region / EGE).exists()
    kept = region / "raw/2025/2031-01-01/Результаты школ вместо удалённых файлов.csv"
    told = kept.read_text(encoding="utf-8")
    assert "s01,m1,2025,ege,rus,11,3,1,0,50.33" in told and "s02,m1,2025,ege,rus,11,4,1,0,55.0" in told
    row = load_deletions(region).iloc[0]
    assert (row["file_id"], row["who_text"], row["layout_id"]) == (EGE, "отдел", "ege_export")
    assert row["kept_file"] == kept.relative_to(region).as_posix()
    left = [path for path in region.rglob("*") if path.is_file() and "Выдумкин".encode("cp1251") in path.read_bytes()]
    assert left == []


def test_who_deletes_has_to_be_said(
    region: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command(monkeypatch, "forget", "--data", region, "--confirm") == 1
    assert "Не сказано, кто удаляет" in capsys.readouterr().err


@pytest.mark.slow
def test_without_a_confirmation_nothing_changes_and_the_second_time_nothing_is_due(
    region: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("pipeline.cli_care.today", lambda _: YEARS_LATER)
    before = hashes(region)
    assert command(monkeypatch, "forget", "--data", region) == 0
    assert hashes(region) == before
    assert "Ничего не удалено" in capsys.readouterr().out
    carry_out(region, plan_deletion(region, YEARS_LATER), YEARS_LATER, "отдел")
    assert plan_deletion(region, YEARS_LATER).due.empty


@pytest.mark.slow
def test_a_deletion_that_would_change_results_is_refused(region: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipeline.forgetting._kept", lambda *_: {})
    with pytest.raises(StoreError, match="ничего не удалено"):
        plan_deletion(region, YEARS_LATER)
    assert (region / EGE).is_file()


def plan_of(region: Path) -> Plan:
    from pipeline.sources.grid import source_file

    file = source_file(region / EGE, region, 2025)
    row = {
        "file_id": EGE,
        "sha256": file.sha256,
        "receipt_year": 2025,
        "load_date": "",
        "layout_id": "ege_export",
        "read_count": 1,
        "kept_count": 1,
        "rejected_count": 0,
    }
    return Plan(5, SOURCE_FILES.conform(pd.DataFrame([row])), (), {})


def test_an_interrupted_deletion_is_recorded_and_completed_by_the_next(
    region: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    with monkeypatch.context() as patched:
        patched.setattr("pathlib.Path.unlink", fail)
        with pytest.raises(StoreError, match="не удаётся удалить"):
            carry_out(region, plan_of(region), YEARS_LATER, "отдел")
    assert (region / EGE).is_file()
    assert list(load_deletions(region)["file_id"]) == [EGE]
    nothing = Plan(5, SOURCE_FILES.empty(), (), {})
    assert carry_out(region, nothing, YEARS_LATER, "отдел") == 1
    assert not (region / EGE).exists()


def test_another_file_of_the_same_name_is_not_deleted(region: Path) -> None:
    plan = plan_of(region)
    write_pupils(region, {1: [99]})
    assert carry_out(region, plan, YEARS_LATER, "=1+1") == 0
    assert (region / EGE).is_file()
    assert load_deletions(region).iloc[0]["who_text"] == "1+1"


def test_a_second_record_of_a_file_changes_nothing(region: Path) -> None:
    carry_out(region, plan_of(region), YEARS_LATER, "отдел")
    first = (region / RECORD).read_bytes()
    add_deletions(region, load_deletions(region).assign(who_text="другие"))
    assert (region / RECORD).read_bytes() == first


@pytest.mark.slow
def test_the_demo_forgets_a_year_with_corrections_and_mergers(demo_region: Path, tmp_path: Path) -> None:
    """What is deleted is every file with a private table in its reading, and nothing else."""
    root = tmp_path / "demo"
    shutil.copytree(demo_region, root)
    plan = plan_deletion(root, date(2031, 6, 1))
    names = set(plan.due["file_id"])
    assert {"raw/2024/vpr/ФИ7_2024_протоколы.xlsx", "raw/2024/vpr/VPR_2024_FI7.csv"} <= names
    assert not any("Статистика" in name or "ОКР" in name for name in names)
    assert set(plan.due["layout_id"]) <= PUPIL_LAYOUTS
    assert carry_out(root, plan, date(2031, 6, 1), "отдел") == len(names)
    assert plan_deletion(root, date(2031, 6, 1)).due.empty
