"""Conditions of schools from the files of a region to its published tables; the list does not look at them."""

import os
from pathlib import Path

import pandas as pd
import pytest
from small_region import SCHOOL_COUNT, command, make_small_region, school_id
from source_files import Row, write_xlsx

from pipeline.stage_context import NO_FILES
from pipeline.stages import FLOWS, start
from pipeline.store import Store
from pipeline.tables import context, decision, quality, sources

HEADER = ["Логин", "Наименование ОО", "Расположение ОО", "Обучающихся всего", "1 класс, обучающихся", "Вечерняя школа"]
PASSPORT = [
    "Наименование ОО", "Муниципалитет", "Доля неполных семей, %", "Доля малообеспеченных семей, %",
    "Доля семей, где оба родителя не работают, %", "Доля обучающихся на учёте в ПДН, %",
]  # fmt: skip


def form_row(number: int, *, total: int = 100, evening: str = "нет") -> Row:
    return [f"edu670{number:03d}", f"МБОУ «Средняя школа № {number}»", "село", total, 100, evening]


def add_form(root: Path, rows: list[Row], name: str = "raw/2026/form.xlsx") -> None:
    (root / name).parent.mkdir(parents=True, exist_ok=True)
    write_xlsx(root / name, [["Контекстные данные за 2026 год"], HEADER, *rows])


def identify(root: Path, *, without: tuple[str, ...] = (), until: str = "context") -> tuple[Store, dict[str, str]]:
    """The tables of a run and what its stages say; stages that take time and say nothing about conditions left out."""
    run = start(root, "identification", 2026, capacity=3)
    told = {}
    for stage in FLOWS["identification"]:
        if stage.name not in without:
            told[stage.name] = stage.run(run)
        if stage.name == until:
            break
    return Store(run), told


def test_conditions_are_checked_and_do_not_touch_the_list(tmp_path: Path) -> None:
    root = make_small_region(tmp_path / "region")
    bare, told = identify(root, without=("check",))
    assert bare.read(context.CONTEXT).empty
    assert told["conditions"] == told["context"] == NO_FILES
    rows = [form_row(number) for number in range(1, SCHOOL_COUNT - 1)]
    add_form(root, [*rows, form_row(11, total=150), form_row(12, evening="Да"), form_row(999)])
    hard: Row = ["МБОУ «Средняя школа № 12»", "Лесной район", 40, 35, 12, 0]
    write_xlsx(root / "raw/2026/Паспорт.xlsx", [PASSPORT, hard])
    published, told = identify(root)
    pd.testing.assert_frame_equal(published.read(decision.SELECTION), bare.read(decision.SELECTION))
    table = published.read(context.CONTEXT).set_index("school_id")
    assert len(table) == SCHOOL_COUNT and table["context_index"].isna().all()
    assert table["adverse_code"].to_dict()[school_id(12)] == "criteria"
    assert table["is_adverse"].sum() == 1
    checks = published.read(quality.CHECKS).set_index("check_code")
    failed = checks[(checks["table_name"] == "context_schools") & ~checks["is_passed"].astype(bool)]
    assert set(failed.index) == {"context_total", "context_kind"}
    assert "№ 11" in failed.loc["context_total", "example_text"]
    assert "сумма слагаемых — 100" in failed.loc["context_total", "example_text"]
    assert set(failed["severity"]) == {"warning"}
    unknown = published.read(sources.REJECTS).query("stage_name == 'recognise'")
    assert unknown[["file_id", "reason_code"]].to_numpy().tolist() == [["raw/2026/form.xlsx", "unknown_school"]]
    assert "решает таблица критериев" in told["context"]


def test_two_forms_that_contradict_each_other_are_told_and_a_later_one_settles_it(tmp_path: Path) -> None:
    root = make_small_region(tmp_path / "region")
    add_form(root, [form_row(1)])
    add_form(root, [form_row(1, total=101)], "raw/2026/form_2.xlsx")
    store, _ = identify(root, until="conditions")
    facts = store.read(context.SCHOOL_CONTEXT).set_index("indicator_code")
    assert facts.loc["pupils_count", "question_codes"] == "conflicting" and pd.isna(facts.loc["pupils_count", "value"])
    assert facts.loc["location_band", "value"] == 4
    add_form(root, [form_row(1, total=101)], "raw/2026/2026-07-10/form_3.xlsx")
    store, _ = identify(root, until="conditions")
    facts = store.read(context.SCHOOL_CONTEXT).set_index("indicator_code")
    assert facts.loc["pupils_count", "value"] == 101 and not facts["is_questioned"].any()


def test_a_layout_that_names_an_undeclared_indicator_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    root = make_small_region(tmp_path / "region")
    source = Path(__file__).resolve().parents[1] / "pipeline/resources/layouts/context_form.toml"
    (root / "layouts").mkdir(exist_ok=True)
    text = source.read_text(encoding="utf-8").replace("pupils_count =", "pupils_number =")
    (root / "layouts/context_form.toml").write_text(text, encoding="utf-8")
    add_form(root, [form_row(1)])
    assert command(monkeypatch, "identify", "--data", root, "--year", 2026, "--direct") == 1
    told = " ".join(capsys.readouterr().err.split())
    assert "pupils_number" in told and "context_indicators.csv" in told
    assert not os.path.lexists(root / "published/identification/2026")
