"""The explanation of a school: its numbers add up, have sources, and what it promises is really so."""

import re
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from depth import examples
from explained_region import Region, example_explanation, example_region, region_of
from hypothesis import given, settings
from hypothesis import strategies as st
from small_region import command, make_small_region

from pipeline import deciding
from pipeline.errors import UnknownSchoolError
from pipeline.explain.change import least_that, spread
from pipeline.explain.search import find_school
from pipeline.methodology import PACKAGE_DIRECTORY
from pipeline.outputs.explanation import render
from pipeline.russian import chance_text
from pipeline.skeleton import write_reference
from pipeline.store import write_parquet
from pipeline.tables.decision import SELECTION
from pipeline.tables.explanation import EXPLANATION
from pipeline.tables.reference import MUNICIPALITIES, SCHOOL_CODES, SCHOOL_LINEAGE, SCHOOLS
from pipeline.tables.results import RESULTS

PROJECT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="module")
def region() -> Region:
    return example_region()


def fact(explanation: pd.DataFrame, code: str, part: str | None = None) -> float:
    rows = explanation[explanation["fact_code"] == code]
    if part is not None:
        rows = rows[rows["part_text"] == part]
    return float(rows["value"].iloc[0])


def numbers(text: str) -> list[float]:
    return [float(found.replace(",", ".")) for found in re.findall(r"\d+(?:,\d+)?", text)]


def test_the_letter_can_be_reckoned_again(region: Region) -> None:
    told = re.sub(r"\s+", " ", render(example_explanation("s03")))
    low, prior, mean, expected, _, index = numbers(re.search(r"S = .*?\) = ([(].*?)\. ", told)[1])  # type: ignore[index]
    assert (low + prior * mean) / (expected + prior) == pytest.approx(index, abs=0.01)
    row = region.fit.table.set_index("school_id").loc["s03"]
    assert index == pytest.approx(row["index"], abs=0.005)
    assert [low, mean, expected] == pytest.approx(
        [row["effective_observed"], row["prior_mean"], row["effective_expected"]], abs=0.005
    )


def test_the_evidence_adds_up_from_the_cells_to_the_index(region: Region) -> None:
    table = example_explanation("s03")
    for year in ("2026", "2025", "2024"):
        cells = table[table["part_text"].str.startswith(f"{year}, ")]
        for name in ("tested", "low", "expected"):
            summed = cells.loc[cells["fact_code"] == f"cell_{name}", "value"].sum()
            assert summed == pytest.approx(fact(table, f"year_{name}", year))
    weighted = sum(
        fact(table, "year_low", year) * fact(table, "year_weight", year) for year in ("2026", "2025", "2024")
    )
    assert weighted / fact(table, "divisor") == pytest.approx(fact(table, "effective_observed"), abs=1e-6)


def test_every_number_has_a_source_and_every_cell_its_file_and_row(region: Region) -> None:
    for school_id in region.selection["school_id"]:
        table = example_explanation(school_id)
        assert table.loc[table["value"].notna() & (table["source_text"] == ""), "fact_code"].tolist() == []
        cells = table.loc[table["fact_code"].isin(["cell_tested", "cell_low"]), "source_text"]
        assert cells.str.fullmatch(r"raw/\d{4}/РУ5_\d{4}\.xlsx, лист «РУ 5», строка \d+").all()
        files = set(table.loc[table["fact_code"] == "file", "source_text"])
        assert files == {source.split(", лист")[0] for source in cells}


def selected_with(region: Region, school_id: str, change: int) -> bool:
    """Whether the school is selected when its single cell of 2026 has so many low results more."""
    results = region.case.results
    is_cell = (results["school_id"] == school_id) & (results["year"] == 2026)
    changed = results.assign(low_count=results["low_count"] + is_cell.astype("int64") * change)
    case = replace(region.case, results=changed)
    chosen = deciding.choose(case, region.method, deciding.fit(case, region.method).table)
    return bool((chosen.set_index("school_id")["status_code"] == "selected")[school_id])


@pytest.mark.parametrize("school_id", ["s01", "s02", "s03", "s04", "s05", "s06"])
def test_the_change_that_is_told_turns_the_decision_and_one_less_does_not(school_id: str, region: Region) -> None:
    table = example_explanation(school_id)
    change = int(fact(table, "low_in_year"))
    is_selected = selected_with(region, school_id, 0)
    assert np.sign(change) == (-1 if is_selected else 1)
    assert selected_with(region, school_id, change) != is_selected
    assert selected_with(region, school_id, change - int(np.sign(change))) == is_selected


@pytest.mark.parametrize("school_id", ["s02", "s03", "s04"])
def test_the_number_of_places_that_is_told_turns_the_decision_and_one_nearer_does_not(
    school_id: str, region: Region
) -> None:
    places = int(fact(example_explanation(school_id), "places"))
    nearer = places + int(np.sign(region.method.selection.capacity - places))

    def is_selected(capacity: int) -> bool:
        method = region.method.with_capacity(capacity)
        chosen = deciding.choose(region.case, method, deciding.fit(region.case, method).table)
        return bool((chosen.set_index("school_id")["status_code"] == "selected")[school_id])

    assert is_selected(places) != is_selected(region.method.selection.capacity) == is_selected(nearer)


def test_a_school_far_from_the_border_is_told_that_places_change_nothing() -> None:
    places = example_explanation("s06").set_index("fact_code").loc["places"]
    assert np.isnan(places["value"]) and "даже при вдвое большем числе мест" in places["value_text"]


def test_where_one_year_is_not_enough_all_years_are_tried(region: Region) -> None:
    """A school that has been low by far for years does not leave by one year without a single low result."""
    results = region.case.results
    is_old = (results["school_id"] == "s01") & (results["year"] < 2026)
    low = results["low_count"].where(~is_old, 39).astype("Int64")
    table = region_of(RESULTS.conform(results.assign(low_count=low)), region.case.schools, 4).explain("s01")
    told = table.set_index("fact_code")["value_text"]
    assert "даже без единого низкого результата в 2026 году" in told["low_in_year"]
    assert fact(table, "low_in_window") < 0 and "за 2024–2026 годы" in told["low_in_window"]


def test_a_doubtful_result_is_shown_with_the_reason_why_it_does_not_count(region: Region) -> None:
    doubtful = pd.DataFrame({"school_id": ["s13"], "year": [2025]})
    case = replace(region.case, doubtful_vpr=doubtful)
    fit = deciding.fit(case, region.method)
    chosen = deciding.choose(case, region.method, fit.table)
    table = replace(region, case=case, fit=fit, selection=chosen).explain("s13")
    unused = table[table["fact_code"] == "cell_unused"]
    assert unused["part_text"].tolist() == ["2025, ВПР, русский язык, 5 кл."]
    letter = re.sub(r"\s+", " ", render(table))
    assert "под сомнением" in unused["value_text"].iloc[0] and unused["value_text"].iloc[0] in letter
    assert "2025 год: результатов, которые участвуют в расчёте, нет." in letter
    assert fact(table, "sum_low") == pytest.approx(2 + 1 * fact(table, "year_weight", "2024"))


def test_a_school_of_which_only_a_doubtful_result_is_known_is_told_what_is_missing(region: Region) -> None:
    doubtful = pd.DataFrame({"school_id": "s13", "year": [2024, 2025, 2026]})
    case = replace(region.case, doubtful_vpr=doubtful)
    fit = deciding.fit(case, region.method)
    chosen = deciding.choose(case, region.method, fit.table)
    told = replace(region, case=case, fit=fit, selection=chosen).explain("s13").set_index("fact_code")["value_text"]
    assert "Нужны результаты других экзаменов" in told["missing_exams"]
    assert "таких у школы нет" not in told.get("missing_data", "")


def test_who_can_change_the_decision_about_an_excluded_school_is_told_and_true(region: Region) -> None:
    told = example_explanation("s09").set_index("fact_code")["value_text"]["nothing"]
    assert "сведения реестра или решение комиссии" in told
    included = pd.DataFrame([{"school_id": "s09", "year": 2026, "action": "include"}])
    case = replace(region.case, decisions=pd.concat([region.case.decisions, included]))
    chosen = deciding.choose(case, region.method, region.fit.table).set_index("school_id")
    assert chosen.loc["s09", "status_code"] == "selected"


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (0.4567, "0,46"), (0.3, "0,3"), (0.1, "0,1"), (0.09977, "0,0998"), (0.79999, "0,79999"), (0.5004, "0,5004"),
        (0.996, "больше 0,99"), (0.0041, "меньше 0,01"),
    ],
)  # fmt: skip
def test_a_probability_shows_on_which_side_of_a_threshold_it_is(value: float, told: str) -> None:
    assert chance_text(value) == told


def test_thin_data_are_enough_with_the_pupils_that_are_told(region: Region) -> None:
    missing = int(fact(example_explanation("s10"), "pupils"))
    rate = region.fit.rates.set_index("year").loc[2026, "low_rate"]

    def is_thin(count: int) -> bool:
        results = region.case.results
        is_cell = ((results["school_id"] == "s10") & (results["year"] == 2026)).astype("int64")
        more = results.assign(
            tested_count=results["tested_count"] + is_cell * count,
            low_count=results["low_count"] + is_cell * round(count * float(rate)),
        )
        fitted = deciding.fit(replace(region.case, results=more), region.method).table.set_index("school_id")
        return bool(fitted.loc["s10", "is_thin"])

    assert is_thin(missing - 1) and not is_thin(missing)


@given(room=st.lists(st.integers(0, 9), min_size=1, max_size=6), data=st.data())
def test_a_change_is_spread_in_proportion_and_never_beyond_the_room(room: list[int], data: st.DataObject) -> None:
    sizes = np.array(room, dtype="int64")
    count = data.draw(st.integers(0, int(sizes.sum())))
    shares = spread(sizes, count)
    assert shares.sum() == count and (shares >= 0).all() and (shares <= sizes).all()
    if sizes.sum():
        assert (np.abs(shares - sizes * count / sizes.sum()) < len(room)).all()
    if count:
        assert (spread(sizes, count - 1) <= shares).all()


@given(border=st.integers(1, 300), most=st.integers(0, 200), guess=st.integers(-5, 400))
def test_the_least_count_is_found_from_any_guess(border: int, most: int, guess: int) -> None:
    found = least_that(lambda count: count >= border, most, guess)
    assert found == (border if border <= most else None)


@st.composite
def regions(draw: st.DrawFn) -> Region:
    """Ten schools of any kind with any results in up to two cells a year; somebody is tested in 2026."""
    rows, schools = [], []
    for number in range(10):
        kind = draw(st.sampled_from(["ordinary", "ordinary", "evening"])) if number > 3 else "ordinary"
        schools.append({"school_id": f"s{number}", "school_name": f"Школа {number}", "kind_code": kind})
        for year in (2024, 2025, 2026):
            for procedure, grade in (("vpr", "5"), ("oge", "9")):
                if (number < 5 and procedure == "vpr") or draw(st.booleans()):
                    tested = draw(st.integers(1 if number < 5 else 0, 40))
                    rows.append((f"s{number}", year, procedure, "rus", grade, tested, draw(st.integers(0, tested))))
    names = ["school_id", "year", "procedure", "subject", "grade", "tested_count", "low_count"]
    results = RESULTS.conform(pd.DataFrame(rows, columns=names).assign(municipality_id="m1"))
    register = SCHOOLS.conform(pd.DataFrame(schools).assign(municipality_id="m1"))
    return region_of(results, register, draw(st.integers(1, 4)))


@given(region=regions(), number=st.integers(0, 9))
@settings(max_examples=examples(3))
def test_any_school_of_any_region_can_be_explained(region: Region, number: int) -> None:
    table = region.explain(f"s{number}")
    pd.testing.assert_frame_equal(EXPLANATION.conform(table), table)
    assert render(table).startswith(f"Школа {number} ")


TWINS = SCHOOLS.conform(
    pd.DataFrame(
        [
            ("a1", "МБОУ «Ключевская средняя школа»", "m1"),
            ("a2", "МБОУ «Ключевская СШ»", "m2"),
            ("a3", "МБОУ «Средняя школа № 5»", "m1"),
            ("a4", "МБОУ «Средняя школа № 15»", "m1"),
            ("a5", "МБОУ «Гимназия № 5 имени поэта»", "m2"),
        ],
        columns=["school_id", "school_name", "municipality_id"],
    ).assign(kind_code="ordinary")
)
AREAS = MUNICIPALITIES.typed(
    pd.DataFrame({"municipality_id": ["m1", "m2"], "municipality_name": ["Озёрный район", "Лесной район"]})
)
CODES = SCHOOL_CODES.typed(pd.DataFrame([{"school_id": "a4", "code_kind": "oge", "code": "301015"}]))


def found(asked: str) -> str:
    return find_school(asked, 2026, TWINS, CODES, AREAS, "shnro explain КОД")


@pytest.mark.parametrize(
    ("asked", "school_id"),
    [
        ("a3", "a3"), ("A3", "a3"), ("301015", "a4"), ("гимназия", "a5"), ("ключевская сш лесной", "a2"),
        ("Средняя школа №15", "a4"), ("СШ № 5", "a3"), ("имени", "a5"),
    ],
)  # fmt: skip
def test_a_school_is_found_by_code_and_by_words(asked: str, school_id: str) -> None:
    assert found(asked) == school_id


def test_twins_are_listed_with_their_codes_and_the_command_to_repeat() -> None:
    with pytest.raises(UnknownSchoolError) as error:
        found("ключевская")
    told = error.value.paragraph()
    assert "a1  МБОУ «Ключевская средняя школа» (Озёрный район)" in told and "a2  " in told
    assert "a3" not in told and "shnro explain КОД" in told


def test_for_an_unknown_school_the_nearest_names_are_told() -> None:
    with pytest.raises(UnknownSchoolError) as error:
        found("Клучевская школа")
    first = error.value.paragraph().splitlines()[1]
    assert "Ключевская" in first
    with pytest.raises(UnknownSchoolError):
        found("  ")


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = make_small_region(tmp_path_factory.mktemp("explain") / "region")
    schools = root / "reference/schools.csv"
    header, *rows = schools.read_text(encoding="utf-8").splitlines()
    twelve = next(row for row in rows if row.startswith("s12,"))
    former = twelve.replace("s12,", "s99,").replace("№ 12", "№ 99") + "2024"  # its last year
    schools.write_text("\n".join([header, *rows, former, ""]), encoding="utf-8")
    merged = {"school_id": "s99", "successor_id": "s12", "lineage_kind": "merged", "from_year": 2025}
    write_reference(root, SCHOOL_LINEAGE, [merged])
    with pytest.MonkeyPatch.context() as patch:
        assert command(patch, "identify", "--direct", "--data", root, "--year", 2026, "--capacity", 2) == 0
    return root


def test_the_command_tells_the_published_list_and_writes_it_as_a_file(
    published: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ("explain", "301012", "--data", published, "--year", 2026)
    assert command(monkeypatch, *words) == 0
    told = capsys.readouterr().out
    assert told.startswith("МБОУ «Средняя школа № 12» (s12), Лесной район") and "В перечне 2 места" in told
    for suffix in ("txt", "csv"):
        assert command(monkeypatch, *words, "--output", tmp_path / f"why.{suffix}") == 0
    assert (tmp_path / "why.txt").read_text(encoding="utf-8").strip() == told.strip()
    sheet = pd.read_csv(tmp_path / "why.csv", sep=";", decimal=",", encoding="utf-8-sig")
    assert sheet["№"].tolist() == list(range(1, len(sheet) + 1))
    assert sheet.columns.tolist() == [column.title for column in EXPLANATION.columns]
    capsys.readouterr()
    assert command(monkeypatch, *words, "--output", tmp_path / "why.docx") == 1
    assert "Что сделать: " in capsys.readouterr().err


def test_a_school_that_has_merged_is_answered_by_its_successor(
    published: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command(monkeypatch, "explain", "s99", "--data", published, "--year", 2026) == 0
    told = capsys.readouterr().out
    assert told.startswith("Школы s99 больше нет") and "«Средняя школа № 12» (s12)" in told


def test_a_list_that_cannot_be_repeated_is_not_explained(
    published: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    root = Path(shutil.copytree(published, tmp_path / "region", symlinks=True))
    path = root / "published/identification/2026/selection.parquet"
    listed = pd.read_parquet(path)
    write_parquet(SELECTION, listed.assign(probability=listed["probability"] * 0.9), path)
    assert command(monkeypatch, "explain", "s12", "--data", root, "--year", 2026) == 1
    told = capsys.readouterr().err
    assert "другой версией программы" in told and "Что сделать: " in told


@pytest.mark.parametrize(
    ("name", "value"), [("selection.borderline_probability", "0.4"), ("objectivity.repeated_years", "3")]
)
def test_a_changed_edition_is_told_and_not_explained_around(
    name: str,
    value: str,
    published: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    root = Path(shutil.copytree(published, tmp_path / "region", symlinks=True))
    key, own = name.split(".")[1], f'{{ value = {value}, unit = "доля", title = "x", reference = "x" }}'
    (root / "methodology").mkdir(exist_ok=True)
    text = (PACKAGE_DIRECTORY / "2026.toml").read_text(encoding="utf-8")
    changed = re.sub(rf"^{key} = .*$", f"{key} = {own}", text, flags=re.MULTILINE)
    (root / "methodology/2026.toml").write_text(changed, encoding="utf-8")
    assert command(monkeypatch, "explain", "s12", "--data", root, "--year", 2026) == 1
    told = capsys.readouterr().err
    assert name in told and "Что сделать: " in told
    assert command(monkeypatch, "explain", "s12", "--data", root, "--year", 2025) == 1
    assert "ещё ничего не опубликовано" in capsys.readouterr().err


def test_nothing_heavy_is_loaded(published: Path) -> None:
    program = (
        "import sys\nfrom pipeline.cli import main\n"
        f"sys.argv = ['shnro', 'explain', 's12', '--data', {str(published)!r}, '--year', '2026']\n"
        "try:\n    main()\nexcept SystemExit as end:\n    assert not end.code\n"
        "print('LOADED', [name for name in ('prefect', 'great_expectations', 'sklearn') if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-X", "utf8", "-c", program], cwd=PROJECT, capture_output=True, text=True, encoding="utf-8"
    )
    assert done.stdout.endswith("LOADED []\n"), done.stdout[-200:] + done.stderr
