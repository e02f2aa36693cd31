"""Programmes of schools out and back: the form, its hidden sheet, what is refused, which file counts."""

import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from pipeline.methodology import load
from pipeline.outputs.programme_form import render
from pipeline.programme_blank import ID_SHEET, ProgrammeForm, ProgrammeId, ProgrammeLine, parse_programme_id
from pipeline.programme_forms import load_register
from pipeline.programme_returns import ProgrammeReturns, read_programmes
from pipeline.programme_words import NAME_MARK
from pipeline.programmes import check_causes, judge_lines, programmes
from pipeline.region import reference_table
from pipeline.run import Run
from pipeline.skeleton import make_skeleton
from pipeline.sources.grid import open_sheets, source_file
from pipeline.stage_programmes import check_programmes
from pipeline.store import Store, write_parquet
from pipeline.synthetic.write_programmes import write_programmes
from pipeline.tables.causes import MEASURES, REGISTER_OF_CAUSES, SURVEYED_SCHOOLS
from pipeline.tables.programmes import PROGRAMMES
from pipeline.tables.reference import SCHOOL_LINEAGE
from pipeline.tables.support import SUPPORTED_SCHOOLS

REGION, YEAR = "Озёрная область", 2026
CAUSES = ("staffing", "equipment")
LINE = ProgrammeLine(1, "№ 14. Повышение квалификации", "директор", date(2027, 3, 31), "Доля обученных", "80 %")


def form_of(school_id: str = "s01", **changed: object) -> ProgrammeForm:
    causes = pd.DataFrame(
        {
            "cause_code": CAUSES,
            "cause_text": ["Недостаточность педагогов", "Недостаточность оборудования"],
            "significance_code": ["high", "medium"],
            "measure_number": pd.array([14, None], dtype="Int64"),
            "measure_text": ["Повышение квалификации.", None],
            "due_text": ["до 31 марта 2027 года", None],
        }
    ).reindex(columns=[*REGISTER_OF_CAUSES.column_names])
    form_id = replace(ProgrammeId(REGION, school_id, YEAR, CAUSES), **changed)  # type: ignore[arg-type]
    return ProgrammeForm(form_id, f"Школа {school_id}", "Озёрный район", causes, ("№ 14. Повышение квалификации",))


class Returned:
    """A region's folder into which programmes are returned."""

    def __init__(self, root: Path, bearers: Mapping[str, str | None] | None = None) -> None:
        self.root, self.bearers = root, bearers or {}
        self.folder = root / "raw" / str(YEAR) / "programmes"

    def put(self, name: str, lines: Sequence[ProgrammeLine], form: ProgrammeForm | None = None) -> Path:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(render(form or form_of(), lines))
        return path

    def read(self) -> ProgrammeReturns:
        found = read_programmes(self.root, YEAR, REGION, ("s01", "s02"), self.bearers)
        counts = found.source_files
        assert (counts["read_count"] == counts["kept_count"] + counts["rejected_count"]).all()
        return found

    def states(self) -> dict[str, str]:
        files = self.read().files
        return {
            name.rsplit("/", 1)[-1]: state for name, state in zip(files["file_id"], files["state_code"], strict=True)
        }


@pytest.fixture
def returned(tmp_path: Path) -> Returned:
    return Returned(tmp_path)


def test_what_a_school_writes_comes_back_as_it_was_written(returned) -> None:
    returned.put(
        "как угодно.xlsx", [LINE, ProgrammeLine(2, "Обновить кабинет", "завхоз", "до 25 мая 2027", "Кабинет", 1)]
    )
    lines = returned.read().lines.set_index("cause_code")
    first, second = lines.loc["staffing"], lines.loc["equipment"]
    assert (first["measure_number"], first["measure_text"]) == (14, "Повышение квалификации")
    assert (first["due_date"], first["due_text"]) == (pd.Timestamp(2027, 3, 31), "31.03.2027")
    assert (first["responsible_text"], first["indicator_text"], first["target_text"]) == (
        "директор", "Доля обученных", "80 %",
    )  # fmt: skip
    assert pd.isna(second["measure_number"])
    assert (second["due_date"], second["due_text"]) == (pd.Timestamp(2027, 5, 25), "до 25 мая 2027")
    assert second["target_text"] == "1"


@pytest.mark.parametrize(
    ("told", "number", "text"),
    [
        ("14", 14, "14"),
        (14, 14, "14"),
        ("№ 14", 14, "№ 14"),
        ("14. Курсы", 14, "Курсы"),
        ("10 занятий по чтению", None, "10 занятий по чтению"),
        ("2026 год: ремонт", None, "2026 год: ремонт"),
    ],
)
def test_a_measure_of_the_roadmap_is_known_by_its_number(returned, told, number, text) -> None:
    returned.put("a.xlsx", [replace(LINE, measure=told)])
    line = returned.read().lines.iloc[0]
    assert (None if pd.isna(line["measure_number"]) else line["measure_number"], line["measure_text"]) == (number, text)


def test_no_name_of_a_person_gets_past_the_reading(returned) -> None:
    line = replace(LINE, responsible="Образцова А. А.", measure="Наставник — Б. Б. Примеров", number=1)
    returned.put("a.xlsx", [line, replace(line, number=7, indicator="Анна Петровна")])
    found = returned.read()
    assert found.lines["responsible_text"].tolist() == [NAME_MARK]
    everything = pd.concat([found.lines, found.rejects, found.files]).to_csv()
    assert not [name for name in ("Образцова", "Примеров", "Петровна") if name in everything]


def test_a_free_line_names_its_cause_and_a_wrong_number_is_refused(returned) -> None:
    more = [replace(LINE, measure="Наставничество"), replace(LINE, number=3), replace(LINE, number=None), LINE]
    returned.put("a.xlsx", [LINE, *more])
    found = returned.read()
    assert found.lines["cause_code"].tolist() == ["staffing", "staffing"]
    assert found.rejects["reason_code"].value_counts().to_dict() == {"unknown_cause": 2, "repeated_row": 1}
    assert "нет причины с таким номером (2 раза)" in found.files["remark_text"].iloc[0]


def test_of_several_files_the_latest_delivery_counts_then_the_fullest(returned) -> None:
    returned.put("2026-10-01/a.xlsx", [LINE, replace(LINE, number=2)])
    returned.put("2026-10-20/b.xlsx", [LINE])
    returned.put("2026-10-20/c.xlsx", [replace(LINE, target=None)])
    returned.put("2026-10-25/d.xlsx", [])
    assert returned.states() == {"a.xlsx": "superseded", "b.xlsx": "counted", "c.xlsx": "superseded", "d.xlsx": "empty"}
    found = returned.read()
    assert len(found.lines) == 1
    assert found.rejects["reason_code"].tolist() == ["superseded_programme"] * 3


def test_strangers_are_told_apart_and_stop_nobody(returned) -> None:
    original = returned.put("a.xlsx", [LINE])
    shutil.copy(original, returned.folder / "b.xlsx")
    returned.put("region.xlsx", [LINE], form_of(region_name="Соседний край"))
    returned.put("year.xlsx", [LINE], form_of(list_year=YEAR - 1))
    returned.put("school.xlsx", [LINE], form_of("s09"))
    (returned.folder / "scan.xlsx").write_bytes(b"no workbook")
    (returned.folder / "_aside.xlsx").write_bytes(b"set aside")
    assert returned.states() == {
        "a.xlsx": "counted",
        "b.xlsx": "duplicate",
        "region.xlsx": "foreign",
        "year.xlsx": "foreign",
        "school.xlsx": "not_listed",
        "scan.xlsx": "unreadable",
    }
    found = returned.read()
    assert sorted(found.rejects["reason_code"]) == ["foreign_programme", "foreign_programme", "not_listed"]
    assert found.returned == frozenset({"s01"})


def test_a_changed_hidden_sheet_is_no_identity(returned) -> None:
    path = returned.put("a.xlsx", [LINE])
    sheet = next(s for s in open_sheets(source_file(path, returned.root, YEAR)) if s.name == ID_SHEET)
    told = {str(key): str(value) for key, value in sheet.rows}
    assert parse_programme_id(told) == form_of().form_id
    for key in told:
        assert parse_programme_id(told | {key: "2025"}) is None


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice is not installed")
def test_libreoffice_may_save_a_programme_as_ods(returned) -> None:
    path = returned.put("a.xlsx", [LINE])
    words = ["soffice", "--headless", f"-env:UserInstallation=file://{returned.root}/profile", "--convert-to", "ods"]
    subprocess.run([*words, "--outdir", str(returned.folder), str(path)], check=True, capture_output=True, timeout=180)
    before = returned.read().lines
    path.unlink()
    after = returned.read().lines
    pd.testing.assert_frame_equal(before.drop(columns="file_id"), after.drop(columns="file_id"))


def test_the_same_form_has_the_same_bytes() -> None:
    assert render(form_of(), [LINE]) == render(form_of(), [LINE])


def test_the_made_up_schools_leave_exactly_the_gaps_that_are_known(tmp_path) -> None:
    schools = pd.DataFrame({"school_id": [f"s{number:02d}" for number in range(12)], "municipality_id": "m1"})
    schools = SURVEYED_SCHOOLS.conform(
        schools.assign(school_name="Школа " + schools["school_id"], municipality_name="Озёрный район", is_signed=False)
    )
    cause = {
        "year": YEAR, "school_group_code": "low_results", "cause_text": "Недостаточность", "source_text": "анкеты",
        "significance_code": "high", "status_code": "fact", "measure_number": 14,
    }  # fmt: skip
    codes = pd.DataFrame({"cause_code": ["a", "b", "c", "d"]})
    named = schools[["school_id", "municipality_id", "municipality_name", "school_name"]]
    register = named.merge(codes, how="cross").assign(**cause)
    folder = tmp_path / "published" / "causes" / str(YEAR)
    measures = reference_table(tmp_path, MEASURES)
    for table, frame in ((SURVEYED_SCHOOLS, schools), (REGISTER_OF_CAUSES, register), (MEASURES, measures)):
        write_parquet(table, frame, folder / f"{table.name}.parquet")
    (folder / "manifest.json").write_text("{}", encoding="utf-8")
    (tmp_path / "region.toml").write_text(f'name = "{REGION}"\nis_demo = true\n', encoding="utf-8")
    truth = write_programmes(tmp_path, YEAR)
    asked = load_register(tmp_path, YEAR, SUPPORTED_SCHOOLS.empty())
    found = read_programmes(tmp_path, YEAR, REGION, frozenset(asked.schools["school_id"]), {})
    lines = judge_lines(found.lines, asked)
    every = check_causes(lines, asked, load("2026", tmp_path).support)
    checks = every.merge(truth, on=["school_id", "cause_code"])
    assert len(checks) == len(truth) > 0
    assert set(truth["gap_code"]) >= {"", "line"}
    assert (checks["is_complete"].astype(bool) == (checks["gap_code"] == "")).all()
    for gap, element in (
        ("measure", "has_measure"), ("responsible", "has_responsible"), ("due_date", "has_due_date"),
        ("indicator", "has_indicator"), ("line", "has_measure"),
    ):  # fmt: skip
        assert not checks.loc[checks["gap_code"] == gap, element].any()
    table = programmes(lines, every, found.returned, asked)
    assert set(table.loc[table["state_code"] == "missing", "school_id"]) == set(schools["school_id"]) - found.returned
    assert set(found.files["state_code"]) >= {"counted", "duplicate", "superseded", "foreign", "unreadable"}


def test_a_programme_of_a_school_that_merged_counts_for_the_school_in_its_place(tmp_path) -> None:
    merged = Returned(tmp_path, {"s03": "s01", "s04": None})
    merged.put("своя.xlsx", [LINE])
    merged.put("присоединённой.xlsx", [replace(LINE, number=2)], form_of("s03"))
    merged.put("закрытой.xlsx", [LINE], form_of("s04"))
    found = merged.read()
    told = found.files.set_index(found.files["file_id"].str.rsplit("/").str[-1])
    assert dict(told["state_code"]) == {
        "закрытой.xlsx": "not_listed", "присоединённой.xlsx": "counted", "своя.xlsx": "counted",
    }  # fmt: skip
    assert told.loc["присоединённой.xlsx", "school_id"] == "s01"
    assert "вернула школа s03, в перечне её место занимает s01" in told.loc["присоединённой.xlsx", "remark_text"]
    assert set(found.lines["school_id"]) == {"s01"} and set(found.lines["cause_code"]) == set(CAUSES)
    assert found.returned == {"s01"}


@pytest.mark.parametrize(("day", "expected"), [("2026-11-30", ("complete", 1)), ("2026-10-19", ("no_register", 0))])
def test_the_stage_hands_on_programme_and_causes_from_the_day_of_the_merger(tmp_path, day, expected) -> None:
    make_skeleton(tmp_path, REGION)
    Returned(tmp_path).put("форма.xlsx", [LINE], form_of("s03"))
    place = {"municipality_id": "m1", "municipality_name": "Озёрный район"}
    listed = {"school_id": "s01", "school_name": "Школа s01", "is_signed": True, **place}
    cause = {
        "school_id": "s03", "school_name": "Школа s03", **place, "year": YEAR, "school_group_code": "low_results",
        "cause_code": "staffing", "cause_text": "Недостаточность педагогов", "source_text": "анкеты",
        "significance_code": "high", "status_code": "fact", "measure_number": 14,
    }  # fmt: skip
    published = tmp_path / "published" / "causes" / str(YEAR)
    write_parquet(REGISTER_OF_CAUSES, pd.DataFrame([cause]), published / "register_of_causes.parquet")
    (published / "manifest.json").write_text("{}", encoding="utf-8")
    merger = {"school_id": "s03", "successor_id": "s01", "lineage_kind": "merged", "from_year": 2027}
    run = Run(tmp_path, "support", YEAR, "2026", as_of=day, run_id="run", period="november")
    store = Store(run)
    store.write(SUPPORTED_SCHOOLS, pd.DataFrame([listed | {"list_year": YEAR}]))
    store.write(SCHOOL_LINEAGE, pd.DataFrame([merger | {"from_date": pd.Timestamp("2026-10-20")}]))
    check_programmes(run)
    found = store.read(PROGRAMMES).iloc[0]
    assert (found["school_id"], found["state_code"], found["complete_count"]) == ("s01", *expected)


def test_only_schools_of_a_made_up_region_are_answered_for(tmp_path) -> None:
    (tmp_path / "region.toml").write_text(f'name = "{REGION}"\n', encoding="utf-8")
    with pytest.raises(SystemExit, match="учебного региона"):
        write_programmes(tmp_path, YEAR)
    assert not (tmp_path / "raw").exists()
