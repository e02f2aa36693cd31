"""The made-up region: same bytes from the same seed, the promised counts and sizes, files that re-add to the truth."""

import hashlib
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from depth import examples
from hypothesis import given, settings
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook

from pipeline import region
from pipeline.sources import PARQUET_SOURCES, SOURCES, layouts_of, read_file
from pipeline.sources.grid import SourceFile, source_file
from pipeline.sources.reading import Reading, ReadingContext
from pipeline.subjects import subject_codes
from pipeline.synthetic import load_truth, make_region
from pipeline.synthetic.names import village_adjectives
from pipeline.synthetic.region import Register, make_register, stream
from pipeline.synthetic.scores import MARK_COLUMNS, MISSING_SCHOOLS, draw_cells, draw_pupils, plant_support
from pipeline.synthetic.truth import make_truth, supported_truth
from pipeline.synthetic.write_fisoko import task_maxima, task_points
from pipeline.tables import reference

SEED, LAST_YEAR = 2026, 2026
YEARS = (2024, 2025, 2026)

# One file of each family is enough to prove that its reader is exercised; the large ones are left out for speed.
SAMPLE = (
    "2024/ege/ЕГЭ_2024.xlsx",
    "2024/oge/ОГЭ_2024.xlsx",
    "2024/okr/ОКР_2024.csv",
    "2024/vpr/VPR_2024_FI7.csv",
    "2024/vpr/ФИ7_2024_протоколы.xlsx",
    "2025/context/Контекст_2025.xlsx",
    "2025/ege/ЕГЭ_03_2025.xlsx",
    "2025/oge/02_2025.06.03.csv",
    "2025/okr/ОКР_2025.parquet",
    "2025/vpr/ФИ7_2025_протоколы.xlsx",
    "2026/2026-07-10/апелляции_2026.xlsx",
    "2026/context/Контекст_2026.xlsx",
    "2026/context/Социальный_паспорт_2026.xlsx",
    "2026/ege/ЕГЭ_03_2026.csv",
    "2026/oge/ОГЭ_08_2026.csv",
    "2026/okr/ОКР_2026.xlsx",
    "2026/vpr/МА6_2026_Статистика_по_отметкам.xlsx",
    "2026/vpr/МА4_2026_Сравнение_отметок_с_отметками_по_журналу.xlsx",
    "2026/vpr/МА4_2026_Распределение_первичных_баллов.xlsx",
    "2026/vpr/МА5_2026_Индивидуальные_результаты.xlsx",
    "2026/vpr/ХИ8_2026.parquet",
)


@pytest.fixture(scope="module")
def twins(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The same region twice: the second by another process with another order of hashes."""
    first = tmp_path_factory.mktemp("first")
    make_region(first, SEED, LAST_YEAR)  # meanwhile another worker may be making the second
    return first, request.getfixturevalue("demo_region")


@pytest.fixture(scope="module")
def root(demo_region: Path) -> Path:
    return demo_region


@pytest.fixture(scope="module")
def register() -> Register:
    return make_register(SEED, LAST_YEAR)


@pytest.fixture(scope="module")
def truth(register: Register) -> pd.DataFrame:
    return make_truth(register, SEED, YEARS)


@pytest.fixture(scope="module")
def cells(register: Register, truth: pd.DataFrame) -> pd.DataFrame:
    return draw_cells(register, truth, SEED, YEARS)


@pytest.fixture(scope="module")
def readings(root: Path) -> dict[str, Reading]:
    subjects = subject_codes(region.reference_table(root, reference.SUBJECTS))
    layouts = layouts_of(root)
    files = {name: source_file(root / "raw" / name, root, int(name[:4])) for name in SAMPLE}
    files |= {file.path.name: file for file in _one_protocol(root)}
    return {name: read_file(ReadingContext(file, subjects, b"test"), layouts) for name, file in files.items()}


def _one_protocol(root: Path) -> list[SourceFile]:
    """One protocol of the layout of 2026; its name tells the school."""
    path = min((root / "raw" / "2026" / "vpr").glob("ФИ7_2026_edu*.xlsx"))
    return [source_file(path, root, 2026)]


def _hashes(directory: Path) -> dict[str, str]:
    files = sorted(path for path in directory.rglob("*") if path.is_file())
    return {p.relative_to(directory).as_posix(): hashlib.sha256(p.read_bytes()).hexdigest() for p in files}


@pytest.mark.slow
def test_the_same_seed_gives_the_same_bytes(twins: tuple[Path, Path]) -> None:
    first, second = map(_hashes, twins)
    assert len(first) > 70
    assert first == second


def test_another_seed_gives_another_region(register: Register, truth: pd.DataFrame) -> None:
    other = make_truth(register, SEED + 1, YEARS)
    assert not np.allclose(truth["true_log_rate"], other["true_log_rate"])


def test_a_file_that_is_left_out_does_not_change_the_others() -> None:
    assert stream(SEED, "a").random() == stream(SEED, "a").random() != stream(SEED, "b").random()


def test_register_is_accepted_as_a_region(root: Path) -> None:
    frames = region.register(root)
    schools = frames["schools"]
    assert region.load_region(root).is_demo
    assert schools["valid_to_year"].isna().sum() == 350
    assert frames["municipalities"]["municipality_id"].nunique() == 27
    assert frames["school_lineage"]["lineage_kind"].value_counts().to_dict() == {"renamed": 3, "merged": 2}
    assert not schools.duplicated(["municipality_id", "school_name"]).any()
    assert len(set(village_adjectives())) == len(village_adjectives())


def test_every_code_names_one_school_in_a_year(register: Register) -> None:
    for kind in ("fisoko", "oge", "ege"):
        for year in YEARS:
            codes = register.code(kind, year)
            assert len(set(codes.values())) == len(codes)
            assert set(codes) == set(register.operating(year)["school_id"])


def test_only_the_planted_schools_are_missing(register: Register, cells: pd.DataFrame) -> None:
    received = cells[cells["tested_count"] > 0].groupby("year")["school_id"].unique()
    for year in YEARS:
        silent = set(register.operating(year)["school_id"]) - set(received[year])
        assert len(silent) == (MISSING_SCHOOLS if year == LAST_YEAR else 0)


def test_sizes_are_those_of_a_real_region(register: Register, cells: pd.DataFrame) -> None:
    sizes = register.operating(LAST_YEAR)["size"]
    quantiles = (0.05, 0.25, 0.50, 0.75, 0.95)
    assert np.allclose(sizes.quantile(quantiles), (48, 109, 214, 600, 1050), rtol=0.15)
    compulsory = cells[cells["procedure"].isin(("vpr", "oge")) & cells["subject"].isin(("rus", "mat"))]
    assert np.allclose(compulsory["tested_count"].quantile(quantiles), (4, 10, 20, 48, 102), rtol=0.25)


def test_truth_names_fifty_schools_and_shows_in_the_results(
    root: Path, truth: pd.DataFrame, cells: pd.DataFrame
) -> None:
    pd.testing.assert_frame_equal(load_truth(root), truth)
    assert truth.groupby("year")["is_truly_low_top50"].sum().to_dict() == dict.fromkeys(YEARS, 50)
    honest = truth[~truth["is_inflated"]].set_index(["school_id", "year"])["true_log_rate"]
    pooled = cells[cells["procedure"] == "vpr"].groupby(["school_id", "year"])[["mark_2", "tested_count"]].sum()
    large = pooled[pooled["tested_count"] >= 200]
    share = (large["mark_2"] / large["tested_count"]).rename("share")
    known = pd.concat([share, honest], axis=1, join="inner")
    assert known["share"].corr(known["true_log_rate"], method="spearman") > 0.85


def test_inflated_schools_hide_most_of_their_low_marks(truth: pd.DataFrame, cells: pd.DataFrame) -> None:
    inflated = set(truth.loc[truth["is_inflated"], "school_id"])
    lifted = cells.groupby(cells["school_id"].isin(inflated))[["mark_2", "lifted_count"]].sum()
    assert lifted.loc[False, "lifted_count"] == 0
    vpr = cells[cells["school_id"].isin(inflated) & (cells["procedure"] == "vpr")]
    assert 0.6 < vpr["lifted_count"].sum() / (vpr["mark_2"] + vpr["lifted_count"]).sum() < 0.8


def test_pupils_are_the_pupils_of_their_cells(cells: pd.DataFrame) -> None:
    some = cells[(cells["procedure"] == "vpr") & (cells["subject"] == "mat") & (cells["grade"] == 5)].head(40)
    pupils = draw_pupils(some, SEED, "test")
    marks = pupils.groupby("mark").size()
    assert marks[0] == some["absent_count"].sum() == pupils["is_absent"].sum()
    assert [marks[mark] for mark in (2, 3, 4, 5)] == some[list(MARK_COLUMNS)].sum().tolist()


def test_marks_report_adds_up_to_the_drawn_counts(root: Path, register: Register, cells: pd.DataFrame) -> None:
    path = root / "raw" / "2025" / "vpr" / "РУ5_2025_Статистика_по_отметкам.xlsx"
    rows = CalamineWorkbook.from_path(path).get_sheet_by_index(0).to_python(skip_empty_area=False)
    assert "ДЕМО" in rows[0][0]
    assert rows[7][:3] == ["Группы участников", "Кол-во ОО", "Кол-во участников"]
    logins = {code: school_id for school_id, code in register.code("fisoko", 2025).items()}
    printed = {logins[row[0].rsplit("(", 1)[1].rstrip(")")]: row for row in rows[8:] if "(edu" in row[0]}
    drawn = cells[(cells["year"] == 2025) & (cells["procedure"] == "vpr") & (cells["tested_count"] > 0)]
    drawn = drawn[(drawn["subject"] == "rus") & (drawn["grade"] == 5)].set_index("school_id")
    assert set(printed) == set(drawn.index)
    for school_id, row in printed.items():
        counts = [round(row[2] * percent / 100) for percent in row[3:7]]
        assert counts == drawn.loc[school_id, list(MARK_COLUMNS)].tolist()


def test_every_reader_is_exercised(readings: dict[str, Reading]) -> None:
    built_in = {layout.layout_id for layout in (*SOURCES, *PARQUET_SOURCES)}
    assert built_in | {"demo_okr"} <= {reading.layout_id for reading in readings.values()}


def test_dirt_is_there_and_stays_small(readings: dict[str, Reading]) -> None:
    rejects = pd.concat([reading.rejects for reading in readings.values()])
    real = rejects[~rejects["is_service"]]
    planted = {"percent_not_count", "not_results", "not_a_number", "total_above_maximum", "no_result"}
    assert planted <= set(real["reason_code"])
    for name, reading in readings.items():
        rejected = (~reading.rejects["is_service"]).sum()
        assert rejected <= 0.05 * reading.read_count, name


def test_workbook_and_protocols_carry_the_drawn_counts(readings: dict[str, Reading], cells: pd.DataFrame) -> None:
    """What readers see of a workbook without dirt is what was drawn, exam by exam."""
    drawn = cells[(cells["year"] == 2024) & (cells["procedure"] == "oge") & (cells["tested_count"] > 0)]
    read = readings["2024/oge/ОГЭ_2024.xlsx"].tables["reported_cells"]
    columns = ["tested_count", "low_count"]
    expected = drawn.rename(columns={"mark_2": "low_count"}).groupby("subject")[columns].sum()
    assert read.groupby("subject")[columns].sum().astype(int).to_dict() == expected.to_dict()


def test_appeals_find_their_pupils(root: Path) -> None:
    path = root / "raw" / "2026" / "2026-07-10" / "апелляции_2026.xlsx"
    rows = CalamineWorkbook.from_path(path).get_sheet_by_index(0).to_python()
    appeals = pd.DataFrame(rows[2:], columns=rows[1])
    for exam, name in (("ЕГЭ", "ege/ЕГЭ_01_2026.csv"), ("ОГЭ", "oge/ОГЭ_02_2026.csv")):
        protocol = pd.read_csv(root / "raw" / "2026" / name, sep=";", encoding="cp1251", skiprows=1, dtype=str)
        own = appeals[appeals["Экзамен"] == exam]
        assert set(own["Номер"]) <= set(protocol["Номер"])
        granted = own[own["Состояние"] == "Удовлетворена"]
        assert (granted["Балл после"] > granted["Балл до"]).all()
        assert len(granted) >= 3


@settings(max_examples=examples(25))
@given(maximum=st.integers(1, 60), seed=st.integers(0, 99), data=st.data())
def test_points_of_tasks_add_up_to_the_score(maximum: int, seed: int, data: st.DataObject) -> None:
    scores = data.draw(st.lists(st.integers(0, maximum), min_size=1, max_size=5))
    maxima = task_maxima(maximum)
    points = task_points(np.array(scores), maxima, np.random.default_rng(seed))
    assert sum(maxima) == maximum
    assert [sum(row) for row in points] == scores
    assert all(got <= most for row in points for got, most in zip(row, maxima, strict=True))


def test_hardship_explains_a_part_of_the_true_differences_and_the_indicators_show_it(
    root: Path, readings: dict[str, Reading]
) -> None:
    """About a third of the truth; a single indicator shows it weakly, so that no one of them decides."""
    hardship = pd.read_parquet(root / "truth" / "context.parquet").set_index("school_id")["hardship"]
    truth = load_truth(root).query("year == @LAST_YEAR").set_index("school_id")["true_log_rate"]
    assert 0.2 < hardship.corr(truth) ** 2 < 0.5
    facts = readings["2026/context/Социальный_паспорт_2026.xlsx"].tables["context_facts"]
    names = pd.read_csv(root / "reference" / "schools.csv").drop_duplicates("school_name", keep=False)
    school_ids = facts["school_text"].map(names.set_index("school_name")["school_id"])
    low_income = facts[facts["indicator_code"] == "families_low_income_share"]
    shown = low_income["value"].corr(school_ids[low_income.index].map(hardship))
    assert 0.3 < shown < 0.9


def test_planted_support_takes_low_results_from_the_schools_of_the_list_before_and_from_nobody_else(
    register: Register, truth: pd.DataFrame, cells: pd.DataFrame
) -> None:
    supported = supported_truth(register, truth, SEED, LAST_YEAR, 0.3)
    changed = plant_support(cells, frozenset(supported["school_id"]), LAST_YEAR, 0.3, SEED)
    is_reached = cells["school_id"].isin(supported["school_id"]) & (cells["year"] == LAST_YEAR)
    assert 45 <= cells.loc[is_reached, "school_id"].nunique() <= 50  # no file holds some schools of the last year
    pd.testing.assert_frame_equal(cells[~is_reached], changed[~is_reached])
    kept = changed.loc[is_reached, "mark_2"].sum() / cells.loc[is_reached, "mark_2"].sum()
    assert kept == pytest.approx(0.7, abs=0.05)
    assert (changed[list(MARK_COLUMNS)].sum(axis=1) == cells[list(MARK_COLUMNS)].sum(axis=1)).all()
