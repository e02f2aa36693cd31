"""`shnro support build` on a small region: with nothing at all, with facts, with a list that stands in for another."""

import json
from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from pipeline.outputs.support_workbook import WORKBOOK_NAME
from pipeline.run import Run
from pipeline.store import sha256
from pipeline.support_stages import taken_over
from pipeline.supported import supported_schools
from tests.small_region import YEARS, command, hashes, make_small_region, school_id

YEAR = YEARS[-1]
MEASURES = list(range(1, 27))


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return make_small_region(tmp_path / "region")


def sign(root: Path, year: int, *numbers: int, day: str | None = None) -> None:
    """A signed list of a year, as a region brings its own."""
    path = root / f"decisions/lists/{year}.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = [f"{school_id(number)},{day or f'{year}-09-15'}" for number in numbers]
    path.write_text("\n".join(["school_id,date", *lines]) + "\n", encoding="utf-8")


def tell(root: Path, period: str, *lines: str) -> None:
    """A table of facts that came back."""
    path = root / f"raw/{YEAR}/support/{period}/facts.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    text = "\n".join(["measure;municipality;school;date;quantity;evidence", *lines])
    path.write_text(text + "\n", encoding="utf-8")


def build(monkeypatch: pytest.MonkeyPatch, root: Path, period: str, *words: object) -> int:
    told = ("support", "build", "--data", root, "--year", YEAR, "--period", period, "--direct", *words)
    return command(monkeypatch, *told)


def published(root: Path, period: str, name: str) -> pd.DataFrame:
    return pd.read_parquet(root / f"published/support/{YEAR}-{period}/{name}.parquet")


@pytest.mark.slow
def test_a_region_with_nothing_has_every_row_and_no_data(root, monkeypatch, capsys) -> None:
    assert build(monkeypatch, root, "november") == 0
    told = capsys.readouterr().out
    assert "ПОДПИСАННЫХ ПЕРЕЧНЕЙ НЕТ" in told
    assert "Меры дорожной карты на 30.11.2026: нет данных — 26." in told
    roadmap = published(root, "november", "roadmap_status")
    assert list(roadmap["measure_number"]) == MEASURES
    assert set(roadmap["status_code"]) == {"no_data"} and roadmap["fact_value"].isna().all()
    places = published(root, "november", "support_monitoring")
    assert len(places) == 26 * 2
    assert set(places["status_code"]) == {"no_data", "not_applicable"}
    assert set(places.loc[places["status_code"] == "not_applicable", "measure_number"]) == {7, 11}
    assert (root / f"published/support/{YEAR}-november/documents/{WORKBOOK_NAME}").is_file()


def test_facts_of_a_table_reach_measure_municipality_and_school(root, monkeypatch) -> None:
    sign(root, YEAR - 1, 7, 8)
    tell(root, "june", f"13;;{school_id(7)};2026-02-10;1;удостоверение", f"13;;{school_id(8)};2026-03-10;49;список")
    assert build(monkeypatch, root, "june") == 0
    heads = published(root, "june", "roadmap_status").set_index("measure_number").loc[13]
    assert (heads["status_code"], heads["fact_value"], heads["coverage_count"]) == ("done", 50, 2)
    assert (heads["list_year"], heads["is_signed"]) == (YEAR - 1, True)
    places = published(root, "june", "support_monitoring")
    of_it = places[places["measure_number"] == 13].set_index("municipality_id")["status_code"]
    assert dict(of_it) == {"m1": "not_applicable", "m2": "done"}
    assert set(places.loc[places["municipality_id"] == "m1"].query("status_code != 'not_applicable'")
               ["measure_number"]) == {4, 6, 25, 26}  # fmt: skip
    schools = published(root, "june", "school_support").query("measure_number == 13").set_index("school_id")
    assert dict(schools["fact_value"]) == {school_id(7): 1, school_id(8): 49}


@pytest.mark.slow
def test_a_second_run_gives_the_same_bytes(root, monkeypatch) -> None:
    sign(root, YEAR - 1, 7, 8)
    tell(root, "june", f"13;;{school_id(7)};2026-02-10;1;удостоверение")
    folder = root / f"published/support/{YEAR}-june"
    seen = []
    for _ in range(2):
        assert build(monkeypatch, root, "june") == 0
        seen.append({k: v for k, v in hashes(folder.resolve()).items() if not k.endswith("manifest.json")})
    assert seen[0] == seen[1] and f"documents/{WORKBOOK_NAME}" in seen[0]


@pytest.mark.slow
def test_what_the_system_knows_proves_its_measures(root, monkeypatch) -> None:
    sign(root, YEAR, 7, 8)
    assert command(monkeypatch, "monitor", "--data", root, "--year", YEAR, "--direct") == 0
    assert build(monkeypatch, root, "november") == 0
    roadmap = published(root, "november", "roadmap_status").set_index("measure_number")
    assert list(roadmap.loc[[1, 2], "status_code"]) == ["done", "done"]
    assert list(roadmap.loc[[1, 2], "plan_value"]) == [12, 2]
    facts = published(root, "november", "support_facts")
    assert set(facts["provider_code"]) == {"system"}
    assert facts.loc[facts["measure_number"] == 2, "evidence_text"].iloc[0] == "приказ от 15.09.2026"
    manifest = json.loads((root / f"published/support/{YEAR}-november/manifest.json").read_text(encoding="utf-8"))
    assert list(manifest["taken_over"]["publications"]) == [f"monitoring/{YEAR}"]


def test_an_unsigned_list_is_replaced_by_the_newest_signed_one_and_loudly_so(root, monkeypatch, capsys) -> None:
    sign(root, YEAR - 1, 7, 8)
    assert build(monkeypatch, root, "november") == 0
    assert f"перечень {YEAR} года — НЕ ПОДПИСАН, временно взят перечень {YEAR - 1} года" in capsys.readouterr().out
    roadmap = published(root, "november", "roadmap_status").set_index("measure_number")
    assert "list_unsigned" in roadmap.loc[14, "risk_codes"] and not roadmap.loc[14, "is_signed"]
    assert roadmap.loc[13, "is_signed"]  # due in March: it follows the list before


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        ("2026-06-30", {(2025, "s07", True)}),
        ("2026-09-14", {(2025, "s07", True), (2026, "s07", False)}),  # the order is of the next day
        ("2026-09-15", {(2025, "s07", True), (2026, "s08", True)}),
    ],
)
def test_whom_the_year_serves_follows_the_day_of_the_order(root, day, expected) -> None:
    sign(root, 2025, 7)
    sign(root, 2026, 8)
    found = supported_schools(root, 2026, date.fromisoformat(day))
    rows = zip(found["list_year"], found["school_id"], found["is_signed"], strict=True)
    assert {tuple(row) for row in rows} == expected


def test_a_plan_for_a_municipality_that_nobody_knows_is_refused(root, monkeypatch, capsys) -> None:
    header = "plan_year,measure_number,municipality_id,plan_value,who,date,why\n"
    (root / "decisions").mkdir(exist_ok=True)
    path = root / "decisions/municipal_plans.csv"
    path.write_text(f"{header}{YEAR},8,m9,1,отдел,2026-01-10,приказ\n", encoding="utf-8")
    assert build(monkeypatch, root, "june") == 1
    assert "указан муниципалитет «m9», которого нет в справочнике" in capsys.readouterr().err
    path.write_text(f"{header}{YEAR},99,m1,1,отдел,2026-01-10,приказ\n", encoding="utf-8")
    assert build(monkeypatch, root, "june") == 1
    assert "указана мера 99, которой нет в дорожной карте" in capsys.readouterr().err


def test_a_year_before_the_first_plan_is_refused(root, monkeypatch, capsys) -> None:
    told = ("support", "build", "--data", root, "--year", 2019, "--period", "june", "--direct")
    assert command(monkeypatch, *told) == 1
    assert "Дорожной карты на 2019 год нет" in capsys.readouterr().err


@pytest.mark.slow
def test_forms_and_letters_come_from_the_command(root, monkeypatch, capsys) -> None:
    words = ("support", "forms", "--data", root, "--year", YEAR, "--period", "june", "--deadline", "2026-06-20")
    assert command(monkeypatch, *words) == 0
    assert "shnro support build" in capsys.readouterr().out
    assert len(list((root / f"forms/{YEAR}/support/june").glob("*.xlsx"))) == 4
    assert build(monkeypatch, root, "june") == 0
    assert "Не вернули форму (4 из 4)" in capsys.readouterr().out
    assert len(list((root / f"forms/{YEAR}/support/june/Письма").glob("*.docx"))) == 4
    assert len(list((root / f"forms/{YEAR}/support/june/Напоминания").glob("*.docx"))) == 4


def test_the_manifest_tells_period_and_day(root, monkeypatch) -> None:
    assert build(monkeypatch, root, "june", "--as-of", "2026-05-31") == 0
    manifest = json.loads((root / f"published/support/{YEAR}-june/manifest.json").read_text(encoding="utf-8"))
    assert (manifest["period"], manifest["as_of"], manifest["flow"]) == ("june", "2026-05-31", "support")
    assert manifest["taken_over"] == {"orders": {}, "publications": {}}


@pytest.mark.parametrize(
    ("period", "day", "orders", "publications"),
    [
        ("june", "2026-06-30", {"2025-imported"}, {"monitoring/2026", "causes/2025", "causes/2026"}),
        (
            "november",
            "2026-11-30",
            {"2025-imported", "2026-imported"},
            {"monitoring/2026", "causes/2026", "identification/2026"},
        ),
    ],
)
def test_a_run_tells_the_orders_and_publications_that_it_stands_on(root, period, day, orders, publications) -> None:
    sign(root, YEAR - 1, 7, 8)
    sign(root, YEAR, 7, 9)
    for flow, year in (("monitoring", 2026), ("causes", 2025), ("causes", 2026), ("identification", 2026)):
        path = root / f"published/{flow}/{year}/manifest.json"
        path.parent.mkdir(parents=True)
        told = {"flow": flow, "year": year, "run_id": f"{flow}-{year}-001", "edition": "2026"}
        path.write_text(json.dumps(told), encoding="utf-8")
    found = taken_over(Run(root, "support", YEAR, "2026", as_of=day, period=period))
    assert set(found["orders"]) == orders and set(found["publications"]) == publications
    assert found["orders"]["2025-imported"] == {"number": None, "date": "2025-09-15", "seal_sha256": None}
    assert found["publications"]["causes/2026"] == {
        "run_id": "causes-2026-001",
        "edition": "2026",
        "manifest_sha256": sha256(root / "published/causes/2026/manifest.json"),
    }


@pytest.mark.slow
def test_a_roadmap_of_the_regions_own_is_not_proven_by_numbers_of_another_one(root, monkeypatch) -> None:
    header = (
        "number,section_ru,title_ru,plan_year,target_value,comparator,target_unit_ru,target_basis,coverage_value,"
        "coverage_unit_ru,responsible_ru,schedule_kind,months,due_month,level,is_derived,expected_result_ru\n"
    )
    own = "".join(
        f"{number},Раздел,Своя мера {number},2020,50,eq,ОО,year,50,ОО,ИРО,window,9,9,school,false,Отчёт\n"
        for number in range(1, 6)
    )
    measures = root / "reference/measures.csv"
    measures.write_text(header + own, encoding="utf-8")
    sign(root, YEAR, 7, 8)
    assert build(monkeypatch, root, "november") == 0
    assert list(published(root, "november", "roadmap_status")["status_code"]) == ["no_data"] * 5
    assert len(published(root, "november", "support_monitoring")) == 5 * 2
    proofs = root / "reference/measure_proofs.csv"
    proofs.write_text("plan_year,measure_number,proof_code\n2020,4,signed_list\n", encoding="utf-8")
    assert build(monkeypatch, root, "november") == 0
    roadmap = published(root, "november", "roadmap_status").set_index("measure_number")
    assert dict(roadmap["status_code"]) == {1: "no_data", 2: "no_data", 3: "no_data", 4: "done", 5: "no_data"}
    measures.write_text(header, encoding="utf-8")
    assert build(monkeypatch, root, "november") == 1


@pytest.mark.slow
def test_prefect_carries_out_the_same_stages(root, monkeypatch) -> None:
    sign(root, YEAR - 1, 7, 8)
    assert build(monkeypatch, root, "june") == 0
    folder = root / f"published/support/{YEAR}-june"
    direct = {k: v for k, v in hashes(folder.resolve()).items() if not k.endswith("manifest.json")}
    words = ("support", "build", "--data", root, "--year", YEAR, "--period", "june")
    assert command(monkeypatch, *words) == 0
    by_prefect = {k: v for k, v in hashes(folder.resolve()).items() if not k.endswith("manifest.json")}
    assert by_prefect == direct
