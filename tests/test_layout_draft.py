"""Proposed layouts of unknown workbooks, and the guide to writing one."""

import re
from pathlib import Path

import pytest
from test_sources_workbook import (
    block_sheet,
    cells,
    read,
    rows_sheet,
    write_workbook,
)

from pipeline.errors import ConfigError, SourceError
from pipeline.sources.draft import draft_layout
from pipeline.sources.grid import Cell, Sheet, open_sheets
from pipeline.sources.workbook import layouts


@pytest.mark.parametrize(
    "sheet",
    [
        block_sheet(["А район", "Ш1", 30, 30, None, 1, "61,5", 10, 3, None, 40], ["Итого", None, 30, 30, 0, 1, 61.5]),
        rows_sheet(["Вяземский район"], ["МБОУ «СШ № 1»", 20, 4, 1, 3.4], ["Итого", 20, 4, 1, 3.4]),
    ],
    ids=["blocks", "rows"],
)
def test_a_draft_reads_what_the_shipped_layout_reads(tmp_path: Path, sheet: Sheet) -> None:
    file = write_workbook(tmp_path / "novaya.xlsx", sheet)
    (tmp_path / "layouts").mkdir()
    (tmp_path / "layouts/novaya.toml").write_text(draft_layout(file.path), encoding="utf-8")
    drafted = tuple(layout for layout in layouts(tmp_path) if layout.layout_id == "novaya")
    (opened,) = open_sheets(file)
    ours, shipped = read(opened, known=drafted), read(opened)
    assert ours.tables["reported_cells"].equals(shipped.tables["reported_cells"])
    assert ours.tables["reported_totals"].equals(shipped.tables["reported_totals"])


def test_a_draft_understands_subjects_inside_header_cells(tmp_path: Path) -> None:
    header = ["МО", "Школа", "Русский язык: участников", "Русский язык: не сдали, %", "Физика: участников"]
    rows: list[list[Cell]] = [
        ["Итоги ЕГЭ 2025/2026 учебного года"],
        [*header, "Физика: не сдали, %"],
        ["А", "Ш1", 40, 12.5, 3, 33.3],
    ]
    file = write_workbook(tmp_path / "itogi.xlsx", Sheet("Свод", rows))
    (tmp_path / "layouts").mkdir()
    (tmp_path / "layouts/itogi.toml").write_text(draft_layout(file.path), encoding="utf-8")
    drafted = tuple(layout for layout in layouts(tmp_path) if layout.layout_id == "itogi")
    reading = read(*open_sheets(file), known=drafted)
    assert cells(reading) == [("А", "Ш1", "rus", 40, 5), ("А", "Ш1", "phys", 3, 1)]
    assert set(reading.tables["reported_cells"]["year"]) == {2026}


def test_a_draft_takes_the_count_and_leaves_the_percent_beside_it(tmp_path: Path) -> None:
    rows: list[list[Cell]] = [
        ["Результаты ОГЭ 2026 года по предмету математика"],
        ["№", "Район", "Школа", "% участников", "Кол-во участников", "% «2»", "«2»", "Ср. балл"],
        [1, "А", "Ш1", 100, 40, 12.5, 5, 3.4],
        [2, None, "Ш2", 100, 20, 5, 1, 3.6],
        [3, None, "Ш3", 100, 10, 0, 0, 4.1],
    ]
    file = write_workbook(tmp_path / "oge.xlsx", Sheet("Свод", rows))
    (tmp_path / "layouts").mkdir()
    (tmp_path / "layouts/oge.toml").write_text(draft_layout(file.path), encoding="utf-8")
    drafted = tuple(layout for layout in layouts(tmp_path) if layout.layout_id == "oge")
    reading = read(*open_sheets(file), known=drafted)
    assert cells(reading) == [("А", "Ш1", "mat", 40, 5), ("А", "Ш2", "mat", 20, 1), ("А", "Ш3", "mat", 10, 0)]


def test_a_draft_does_not_guess_what_it_cannot_know(tmp_path: Path) -> None:
    rows: list[list[Cell]] = [["МО", "Школа", "Участников", "Не сдали"], ["А", "Ш1", 4, 1]]
    file = write_workbook(tmp_path / "svod.xlsx", Sheet("Лист1", rows))
    (tmp_path / "layouts").mkdir()
    (tmp_path / "layouts/svod.toml").write_text(draft_layout(file.path), encoding="utf-8")
    with pytest.raises(ConfigError, match="не вписано"):
        layouts(tmp_path)
    empty = write_workbook(tmp_path / "pusto.xlsx", Sheet("Лист1", [["МО", "Школа"], ["А", "Ш1"]]))
    with pytest.raises(SourceError, match="Черновик не получился"):
        draft_layout(empty.path)


def test_the_example_in_the_guide_is_a_layout(tmp_path: Path) -> None:
    guide = (Path(__file__).parents[1] / "docs/layouts.md").read_text(encoding="utf-8")
    (tmp_path / "layouts").mkdir()
    example = guide.split("```toml\n")[1].split("```")[0]
    (tmp_path / "layouts/region.toml").write_text(example, encoding="utf-8")
    entries = [layout for layout in layouts(tmp_path) if layout.layout_id == "region_ege"]
    header: list[list[Cell]] = [
        ["Результаты ЕГЭ за 2026 год"],
        ["Код ОО", "Муниципальное образование", "Образовательная организация", "Информатика (КЕГЭ)"],
        [None, None, None, "Участников, чел.", "из них ниже порога"],
    ]
    reading = read(Sheet("2026", [*header, [101, "А", "Ш1", 8, 2]]), known=tuple(entries))
    assert reading.tables["reported_cells"][["code_kind", "code_text"]].to_numpy().tolist() == [["ege", "101"]]
    assert cells(reading) == [("А", "Ш1", "inf", 8, 2)]


def test_the_guide_names_every_key() -> None:
    guide = (Path(__file__).parents[1] / "docs/layouts.md").read_text(encoding="utf-8")
    source = (Path(__file__).parents[1] / "pipeline/sources/workbook_spec.py").read_text(encoding="utf-8")
    keys = set(re.findall(r"\.(?:text|texts|flag|number|choice|pattern|patterns|finder|section)\(\"(\w+)\"", source))
    assert len(keys) > 25
    assert [key for key in sorted(keys) if not re.search(rf"[`.\[]{key}\b", guide)] == []
