"""The stages of dynamics and effect on a small region whose lists of two years are computed and signed."""

import re
import shutil
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from small_region import SCHOOL_COUNT, Row, command, make_small_region, results_row, write_results

from pipeline import stage_effect
from pipeline.run import Run
from pipeline.store import Store
from pipeline.tables.effect import DYNAMICS, EFFECT_SCHOOLS, EFFECT_SUMMARY
from pipeline.tables.support import SUPPORT_FACTS

NUMBERS = range(1, SCHOOL_COUNT + 1)


def rows(years: tuple[int, ...], low: dict[int, int], numbers: range | tuple[int, ...] = NUMBERS) -> list[Row]:
    return [
        results_row(n, year, subject, low=low.get(n)) for n in numbers for year in years for subject in ("rus", "mat")
    ]


def sign(patch: pytest.MonkeyPatch, root: Path, year: int) -> None:
    """Compute the list of a year, four places, and sign it on 15 September."""
    assert command(patch, "identify", "--data", root, "--year", year, "--capacity", 4, "--direct") == 0
    assert command(patch, "order", "draft", "--data", root, "--year", year) == 0
    words = ("--number", f"{year}-ОД", "--date", f"{year}-09-15")
    assert command(patch, "order", "sign", "--data", root, "--year", year, *words) == 0


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """2025: s09 to s12. In 2026 s08 changes places with s09 and s10; earlier results of s03 are corrected."""
    root = make_small_region(tmp_path_factory.mktemp("effect"))
    (root / "raw/2026/results.csv").unlink()
    write_results(root, rows((2024, 2025), {}), "raw/2025/results.csv")
    with pytest.MonkeyPatch.context() as patch:
        sign(patch, root, 2025)
        write_results(
            root,
            rows((2026,), {8: 38, 9: 1, 10: 1, 3: 5}) + rows((2024, 2025), {3: 38}, (3,)),
            "raw/2026/2026-09-01/results.csv",
        )
        sign(patch, root, 2026)
    return root


def run_of(root: Path, period: str, day: str) -> Run:
    run = Run(root, "support", 2026, "2026", as_of=day, run_id=f"support-{period}", period=period)
    Store(run).write(SUPPORT_FACTS, SUPPORT_FACTS.empty())
    return run


def test_the_cause_of_a_change_is_read_off_the_frozen_calculations(root: Path) -> None:
    run = run_of(root, "november", "2026-11-30")
    account = stage_effect.dynamics(run)
    table = Store(run).read(DYNAMICS)
    newest = table[table["year"] == 2026].set_index("school_id")
    assert newest.loc["s08", ["change_code", "cause_code"]].tolist() == ["entered", "results"]
    assert newest.loc["s03", ["change_code", "cause_code"]].tolist() == ["entered", "data"]
    assert newest.loc["s12", "change_code"] == "stayed"
    assert set(newest.loc[newest["change_code"] == "left", "cause_code"]) <= {"results", "data"}
    assert account.startswith("2026 год: вошли: 2")
    assert set(table.loc[table["year"] == 2025, "change_code"]) == {"first_known"}


def test_in_june_neither_the_list_nor_the_results_of_september_are_known(root: Path) -> None:
    run = run_of(root, "june", "2026-06-30")
    stage_effect.dynamics(run)
    assert set(Store(run).read(DYNAMICS)["year"]) == {2025}
    assert stage_effect.effect(run).endswith(": 0")
    assert Store(run).read(EFFECT_SUMMARY).empty


def test_in_november_every_listed_school_has_a_row_though_twelve_schools_say_nothing(root: Path) -> None:
    run = run_of(root, "november", "2026-11-30")
    stage_effect.effect(run)
    schools = Store(run).read(EFFECT_SCHOOLS)
    assert schools["school_id"].tolist() == ["s09", "s10", "s11", "s12"]
    assert schools["is_computed"].all() and schools["is_entered"].isna().all()
    assert set(schools["conclusion_code"]) == {"not_judged"}
    assert "all" in set(Store(run).read(EFFECT_SUMMARY)["scope_code"])


def test_an_edition_rewritten_after_the_signing_explains_nothing(root: Path, tmp_path: Path) -> None:
    folder = tmp_path / "region"
    shutil.copytree(root, folder)
    text = (Path(stage_effect.methodology.__file__).parent / "2026.toml").read_text(encoding="utf-8")
    changed = re.sub(r"(?m)^(firm_probability = \{ value = )0\.\d+", r"\g<1>0.41", text)
    assert changed != text
    (folder / "methodology").mkdir(exist_ok=True)
    (folder / "methodology/2026.toml").write_text(changed, encoding="utf-8")
    run = run_of(folder, "november", "2026-11-30")
    stage_effect.dynamics(run)
    newest = Store(run).read(DYNAMICS).query("year == 2026").dropna(subset="cause_code")
    assert set(newest["cause_code"]) == {"not_established"}


def test_a_newer_program_that_repeats_the_list_before_leaves_the_cause_with_the_results(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    frozen = stage_effect.order_files.frozen_manifest

    def of_another_program(folder: Path, order_id: str) -> dict[str, object]:
        return {**frozen(folder, order_id), "code_sha256": order_id}

    monkeypatch.setattr(stage_effect.order_files, "frozen_manifest", of_another_program)
    run = run_of(root, "november", "2026-11-30")
    evidence = stage_effect._SignedLists(run).evidence(2026)
    assert evidence.previous is not None and evidence.previous_again is not None
    statuses = [choice.set_index("school_id")["status_code"] for choice in (evidence.previous, evidence.previous_again)]
    pd.testing.assert_series_equal(*statuses)
    stage_effect.dynamics(run)
    newest = Store(run).read(DYNAMICS).query("year == 2026").set_index("school_id")
    assert newest.loc["s08", "cause_code"] == "results"


def test_a_list_of_a_year_without_results_is_told(root: Path, tmp_path: Path) -> None:
    folder = tmp_path / "region"
    shutil.copytree(root, folder)
    lines = ["school_id,school_name,municipality_name,number,date", "s12,МБОУ «Средняя школа № 12»,Лесной район,,"]
    (folder / "decisions/lists/2023.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    account = stage_effect.effect(run_of(folder, "november", "2026-11-30"))
    assert account.endswith("не с чем сравнить — 2023: нет результатов года перечня")


@pytest.mark.parametrize(
    ("period", "asked", "given"), [("november", 2025, 2025), ("november", 2027, 2026), ("june", 2026, 2025)]
)
def test_a_list_is_judged_by_the_identification_of_its_next_year_else_by_the_newest(
    root: Path, period: str, asked: int, given: int
) -> None:
    run = Run(root, "support", 2026, "2026", as_of="2026-11-30", run_id="asking", period=period)
    found = stage_effect._identification(run, asked)
    assert found is not None and found.manifest["year"] == given


def test_what_reached_a_merged_school_reached_its_successor() -> None:
    facts = pd.DataFrame({"school_id": pd.array(["A", None, "C"], dtype="str"), "quantity": [1.0, 2.0, 3.0]})
    carried = stage_effect._carried_facts(facts, {"A": "B"})["school_id"]
    assert carried.isna().tolist() == [False, True, False]
    assert carried.dropna().tolist() == ["B", "C"]


def test_a_later_run_of_the_same_data_gives_the_same_tables(root: Path) -> None:
    first, second = (replace(run_of(root, "november", "2026-11-30"), run_id=f"again-{i}") for i in (1, 2))
    for run in (first, second):
        Store(run).write(SUPPORT_FACTS, SUPPORT_FACTS.empty())
        stage_effect.dynamics(run)
    pd.testing.assert_frame_equal(Store(first).read(DYNAMICS), Store(second).read(DYNAMICS))
