"""Declarative layouts of regional workbooks: what is kept, what is rejected and why, and what the operator is told."""

from pathlib import Path

import pytest
import xlsxwriter
from depth import examples
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.errors import ConfigError, SourceError
from pipeline.sources.grid import Cell, Sheet, SourceFile, source_file
from pipeline.sources.reading import Account, Reading, ReadingContext, head_of, recognise
from pipeline.sources.workbook import WorkbookLayout, layouts, register_rows
from pipeline.tables.sources import REPORTED_CELLS

SUBJECTS = {
    ("ege", "русский язык"): "rus",
    ("ege", "физика"): "phys",
    ("oge", "математика"): "mat",
    ("oge", "русский язык"): "rus",
}
FILE = SourceFile(Path("raw/2026/книга.xlsx"), "raw/2026/книга.xlsx", "0", 2026, "")
CONTEXT = ReadingContext(FILE, SUBJECTS)
MEASURES: list[Cell] = ["приняло участие", "не преодолен min порог", "100 баллов", "средний балл"]
BLOCK_HEADER: list[list[Cell]] = [
    ["Информация о результатах ЕГЭ в 2026 году"],
    ["Муниципальное образование", "Образовательная организация", "Всего", "Русский язык", None, None, None, "Физика"],
    [None, None, None, *MEASURES, *MEASURES],
]
ROWS_HEADER: list[list[Cell]] = [
    ["Результаты ОГЭ в 2026 году"],
    ["Предмет: Математика"],
    ["Наименование ОО", "Приняли участие", "Получили «2»", "Не явились", "Средняя отметка"],
]


FIGURE = st.one_of(st.none(), st.integers(-1, 40), st.sampled_from(["-", "х", "5", "нет", "12,5", 7.5, 0.0]))


def block_sheet(*rows: list[Cell]) -> Sheet:
    return Sheet("2026", [*BLOCK_HEADER, *rows])


def rows_sheet(*rows: list[Cell]) -> Sheet:
    return Sheet("МА", [*ROWS_HEADER, *rows])


def read(*sheets: Sheet, known: tuple[WorkbookLayout, ...] | None = None) -> Reading:
    account = Account(FILE)
    for sheet in sheets:
        fits = [
            (layout, found.header_index)
            for layout in (known or layouts(None))
            if (found := recognise(head_of(sheet), layout.fingerprint)).share == 1
        ]
        assert len(fits) == 1, f"{sheet.name}: fits {[layout.layout_id for layout, _ in fits]}"
        layout, header_index = fits[0]
        layout.read(sheet, header_index, CONTEXT, account)
    return account.close()


def cells(reading: Reading) -> list[tuple[object, ...]]:
    columns = ["municipality_text", "school_text", "subject", "tested_count", "low_count"]
    frame = reading.tables.get("reported_cells", REPORTED_CELLS.empty())
    return [tuple(row) for row in frame[columns].itertuples(index=False)]


def reasons(reading: Reading) -> list[tuple[int, str, str, bool]]:
    columns = ["row_number", "block_name", "reason_code", "is_service"]
    return [tuple(row) for row in reading.rejects[columns].itertuples(index=False)]


def write_layout(folder: Path, old: str, new: str, name: str = "ege_subject_blocks.toml") -> Path:
    """A region's own copy of a shipped layout with one change."""
    shipped = Path(__file__).parents[1] / "pipeline/resources/layouts" / name
    content = shipped.read_text(encoding="utf-8")
    assert old in content
    (folder / "layouts").mkdir()
    (folder / "layouts" / name).write_text(content.replace(old, new), encoding="utf-8")
    return folder


def write_workbook(path: Path, *sheets: Sheet) -> SourceFile:
    with xlsxwriter.Workbook(path) as workbook:
        for sheet in sheets:
            page = workbook.add_worksheet(sheet.name)
            for index, row in enumerate(sheet.rows):
                page.write_row(index, 0, row)
    return source_file(path, path.parent, 2026)


def test_blocks_of_a_row_become_cells_and_blank_low_is_zero() -> None:
    reading = read(block_sheet(["Вяземский район", "СШ № 1", 30, 30, None, 1, "61,5", 10, 3, None, 40]))
    assert cells(reading) == [
        ("Вяземский район", "СШ № 1", "rus", 30, 0),
        ("Вяземский район", "СШ № 1", "phys", 10, 3),
    ]
    frame = reading.tables["reported_cells"]
    assert frame["mean_score"].tolist() == [61.5, 40.0]
    assert set(frame["year"]) == {2026}
    assert reading.read_count == 2


def test_a_block_without_participants_is_no_record_and_a_school_without_any_is_told() -> None:
    reading = read(
        block_sheet(
            ["Вяземский район", "СШ № 1", 5, 5, 1, 0, 50, "-", "х", None, 0],
            ["Вяземский район", "СШ № 2", None, 0, None, None, 0.0],
        )
    )
    assert cells(reading) == [("Вяземский район", "СШ № 1", "rus", 5, 1)]
    assert reasons(reading) == [(5, "", "no_results", True)]
    assert reading.rejects["value_text"].tolist() == ["СШ № 2"]


def test_impossible_figures_are_rejected_with_their_place() -> None:
    reading = read(
        block_sheet(
            ["А", "Ш1", 1, 5, 6, 0, 50],
            ["А", "Ш2", 1, "много", 1, 0, 50],
            ["А", "Ш3", 1, None, 2, 0, None],
            ["А", "Ш4", 1, -5, None, 0, None],
            ["А", "Ш5", 1, 5.5, None, 0, None],
            ["А", "Ш6", 1, 5, "х", 0, 44, 4, 4],
            ["А", None, 1, 7, 1, 0, 44],
        )
    )
    assert cells(reading) == [("А", "Ш6", "phys", 4, 4)]
    assert reasons(reading) == [
        (4, "rus", "low_above_tested", False),
        (5, "rus", "not_a_number", False),
        (6, "rus", "missing_value", False),
        (7, "rus", "below_minimum", False),
        (8, "rus", "not_an_integer", False),
        (9, "rus", "missing_value", False),
        (10, "rus", "missing_value", False),
    ]
    assert reading.read_count == 8


def test_totals_of_the_region_and_of_a_municipality() -> None:
    reading = read(
        block_sheet(
            ["А", "Ш1", 5, 5, 1],
            ["Итого по Вяземскому району", None, 5, 5, 1],
            ["Г", "Итого", 5, 3, 0],
            ["Всего по области", None, 5, 8, 1],
        )
    )
    totals = reading.tables["reported_totals"]
    assert totals[["level_code", "area_text", "tested_count"]].to_numpy().tolist() == [
        ["municipality", "Вяземскому району", 5],
        ["municipality", "Г", 3],
        ["region", "Всего по области", 8],
    ]
    assert len(cells(reading)) == 1


def test_notes_are_service_rows_and_no_name_of_a_person_is_kept() -> None:
    reading = read(
        block_sheet(
            [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11],
            ["А", "Ш1", 5, 5, 1],
            ["Исполнитель: Полуэктова-Мнимая"],
            [None, "Исполнитель: Полуэктова-Мнимая"],
        )
    )
    assert reasons(reading) == [
        (4, "", "service_row", True),
        (6, "", "footer_row", True),
        (7, "", "no_results", True),
    ]
    assert reading.rejects["value_text"].isna().all()


def test_the_sheet_of_applications_gives_no_results() -> None:
    applications = Sheet(
        "2027",
        [
            ["Сведения о поданных заявлениях на ЕГЭ в 2027 году"],
            ["Муниципальное образование", "Образовательная организация", "Всего"],
            [None, None, None, "Русский язык"],
            ["А", "Ш1", 30, 29],
            ["Всего", None, 30, 29],
        ],
    )
    reading = read(applications)
    assert reading.tables == {}
    assert reasons(reading) == [(4, "", "not_results", False), (5, "", "not_results", False)]
    assert "заявления" in reading.rejects["value_text"][0]


def test_municipality_as_a_row_of_its_own() -> None:
    reading = read(
        rows_sheet(
            ["Вяземский муниципальный округ"],
            ["МБОУ «СШ № 1»", 20, 4, 1, 3.4],
            ["МБОУ СОШ Вяземского района"],
            ["МБОУ «СШ № 2»", 10, None, None, 3.9],
            ["Итого", 30, 4, 1, 3.5],
            ["город Десногорск"],
            ["МБОУ «СШ № 3»", 0, None, 2, None],
            ["Итого", 0, 0, 2],
            ["Итого", 30, 4, 3],
        )
    )
    assert cells(reading) == [
        ("Вяземский муниципальный округ", "МБОУ «СШ № 1»", "mat", 20, 4),
        ("Вяземский муниципальный округ", "МБОУ «СШ № 2»", "mat", 10, 0),
        ("город Десногорск", "МБОУ «СШ № 3»", "mat", 0, 0),
    ]
    assert reading.tables["reported_cells"]["absent_count"].isna().tolist() == [False, True, False]
    totals = reading.tables["reported_totals"]
    assert totals["level_code"].tolist() == ["municipality", "municipality", "region"]
    assert totals["area_text"].tolist()[:2] == ["Вяземский муниципальный округ", "город Десногорск"]
    assert (6, "", "no_results", True) in reasons(reading), "a lone school is not taken for a municipality"


@pytest.mark.parametrize(
    ("unit", "published", "expected"),
    [("percent", 33.3, 5), ("percent", "33,33 %", 5), ("percent", 34.0, None), ("share", 0.2, 3), ("share", 1.2, None)],
)
def test_low_as_percent_or_share(tmp_path: Path, unit: str, published: Cell, expected: int | None) -> None:
    known = layouts(write_layout(tmp_path, 'low_unit = "count"', f'low_unit = "{unit}"'))
    reading = read(block_sheet(["А", "Ш1", 15, 15, published, 0, 50]), known=known)
    assert [row[-1] for row in cells(reading)] == ([] if expected is None else [expected])
    assert reading.rejected_count == (expected is None)


def test_merged_municipality_cells_are_filled_down(tmp_path: Path) -> None:
    column = "[municipality]\ncolumn = '^муниципальное образование$'"
    known = layouts(write_layout(tmp_path, column, column + "\nfills_down = true"))
    reading = read(block_sheet(["А", "Ш1", 5, 5, 1], [None, "Ш2", 5, 6, 2], ["Итого", None, 1, 11, 3]), known=known)
    assert [row[0] for row in cells(reading)] == ["А", "А"]
    assert reading.tables["reported_totals"]["area_text"].tolist() == ["А"]


def test_unknown_subjects_and_measures_are_named() -> None:
    sheet = block_sheet(["А", "Ш1", 5, 5, 1])
    sheet.rows[1] = [*BLOCK_HEADER[1][:7], "Черчение"]
    with pytest.raises(SourceError, match=r"неизвестный предмет «Черчение».*лист «2026»"):
        read(sheet)
    sheet.rows[1], sheet.rows[2] = BLOCK_HEADER[1], [*BLOCK_HEADER[2][:-1], "апелляции"]
    with pytest.raises(SourceError, match="неизвестный показатель «апелляции» у «Физика»"):
        read(sheet)
    sheet.rows[2] = [*BLOCK_HEADER[2][:-4], "приняло участие"]
    with pytest.raises(SourceError, match="у «Физика» нет столбца low"):
        read(sheet)


def test_ignored_blocks_are_set_aside_and_told() -> None:
    sheet = block_sheet(["А", "Ш1", 5, 5, 1, 0, 50, 2, 1])
    sheet.rows[1] = [*BLOCK_HEADER[1][:7], "Английский язык (устный)"]
    assert reasons(read(sheet)) == [(4, "английский язык (устный)", "ignored_block", True)]


def test_a_missing_year_is_told() -> None:
    sheet = Sheet("лист", [["Информация о результатах ЕГЭ"], *BLOCK_HEADER[1:], ["А", "Ш1", 5, 5, 1]])
    with pytest.raises(SourceError, match="год результатов"):
        read(sheet)


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("fills_right = true", "fill_right = true", r"fill_right"),
        ('procedure = "ege"', "", r"ключ procedure"),
        ('procedure = "ege"', 'procedure = "?"', r"не вписано"),
        ("low = '^не преодолен'", "low = '^(не преодолен'", r"measures\.low"),
        ("low = '^не преодолен'", "", r"measures\.low"),
        ("year = { title = '(\\d{4}) год' }", "", r"sheets\[1\]\.year"),
        ("year = { title = '(\\d{4}) год' }", "year = { title = 'год' }", r"нет группы"),
        ("title = 'заявлени'", "", r"sheets\[2\]\.name"),
        ('holds = "nothing"', 'holds = "ничего"', r"неизвестное значение «ничего»"),
        ("rows = 2", "rows = 3", r"header\.rows"),
        ("rows = 2", 'rows = "2"', r"header\.rows"),
        ("[municipality]", "[municipality]\nrow = 'район'", r"ровно один"),
        ("[header]", "[header", r"не читается как TOML"),
    ],
)
def test_a_wrong_layout_is_refused_with_file_and_key(tmp_path: Path, old: str, new: str, told: str) -> None:
    with pytest.raises(ConfigError, match=told) as error:
        layouts(write_layout(tmp_path, old, new))
    assert "ege_subject_blocks.toml" in str(error.value)


def test_two_layouts_may_not_share_an_id(tmp_path: Path) -> None:
    folder = write_layout(tmp_path, "rows = 2", "rows = 2")
    (folder / "layouts/ege_subject_blocks.toml").rename(folder / "layouts/own.toml")
    with pytest.raises(ConfigError, match="Два макета"):
        layouts(folder)


def test_register_lists_schools_once_in_order(tmp_path: Path) -> None:
    sheet = block_sheet(["Б", "Ш2", 5, None], ["А", "Ш1", 5, 5, 1], ["Б", "Ш2", 5, 6, 1], ["Итого", None, 9, 11, 2])
    file = write_workbook(tmp_path / "книга.xlsx", sheet)
    layout = next(found for found in layouts(None) if recognise(head_of(sheet), found.fingerprint).share == 1)
    frame = register_rows(file, layout, "2026", CONTEXT)
    assert frame.to_numpy().tolist() == [["Б", "Ш2", True], ["А", "Ш1", True]]
    with pytest.raises(SourceError, match="есть листы: «2026»"):
        register_rows(file, layout, "2025", CONTEXT)


@settings(max_examples=examples(30), deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["А", "Вяземский район", None, "Итого", "Всего по области"]),
            st.sampled_from(["Ш1", "Ш2", None, "Итого"]),
            st.lists(FIGURE, min_size=0, max_size=9),
        ),
        max_size=8,
    )
)
def test_every_record_is_kept_or_rejected_once(rows: list[tuple[Cell, Cell, list[Cell]]]) -> None:
    reading = read(block_sheet(*[[municipality, school, *figures] for municipality, school, figures in rows]))
    assert reading.read_count == reading.kept_count + reading.rejected_count
    told = {(row, block) for row, block, _, _ in reasons(reading)}
    for frame in reading.tables.values():
        places = set(zip(frame["row_number"], frame["block_name"], strict=True))
        assert len(places) == len(frame)
        assert not places & told
    filled = {i + 4 for i, row in enumerate(rows) if any(c is not None for c in (row[0], row[1], *row[2]))}
    assert {row for row, _ in told} | {int(r) for f in reading.tables.values() for r in f["row_number"]} == filled
