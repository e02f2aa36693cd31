"""Reports of ФИС ОКО: levels told by the bracketed code, counts from percents, pupils below the row of their school."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from source_files import Row, everything_kept, read, reasons, write_csv, write_xlsx

from pipeline.errors import SourceError
from pipeline.sources.fisoko import count_of_percent

TITLE = "ВПР 2026 Русский язык 4 класс"
MARKS_HEADER = ["Группы участников", "Кол-во ОО", "Кол-во участников", "2", "3", "4", "5"]
JOURNAL_HEADER = [
    "Группы участников", "Кол-во участников (всего)", "Понизили (Отметка < Отметка по журналу), %", "Кол-во",
    "Подтвердили, %", "Кол-во", "Повысили, %", "Кол-во",
]  # fmt: skip
PUPIL_HEADER = [
    "ОО", "Муниципалитет", "Название ОО", "Код участника", "Класс", "Вариант", "1 (2б)", "2К1 (3б)",
    "Первичный балл", "Отметка", "Отметка по журналу",
]  # fmt: skip


def report(name: str, header: Row, rows: list[Row], title: str = TITLE) -> list[Row]:
    top: list[Row] = [[name], [], [title], ["Предмет:", "Русский язык"], ["Максимальный первичный балл:", 5], ["Дата:"]]
    return [*top, [], header, *rows]


def test_marks_become_cells_and_totals(tmp_path: Path) -> None:
    rows: list[Row] = [
        ["Вся выборка", 36000, 1500000, 6.5, 30.5, 40, 23],
        ["Некоторая область(reg67)", 2, 30, 10, 40, 30, 20],
        ["Озёрный муниципальный район(reg67_m012)", 1, 30, 10, 40, 30, 20],
        ["МБОУ „СШ (новая) № 1“(EDU670012)", None, 30, "10,00", "40", 30.0, 20],
        [],
        ["МКОУ «Школа без участников»(sch670013)", None, 0, None, None, None, None],
    ]
    reading = read(write_xlsx(tmp_path / "РУ4.xlsx", report("Статистика по отметкам", MARKS_HEADER, rows)))
    assert (reading.layout_id, reading.read_count, reading.rejected_count) == ("fisoko_marks", 5, 0)
    cells = reading.tables["reported_cells"].set_index("row_number")
    assert cells.loc[12, ["code_kind", "code_text", "school_text", "municipality_text"]].tolist() == [
        "fisoko", "edu670012", "МБОУ „СШ (новая) № 1“", "Озёрный муниципальный район",
    ]  # fmt: skip
    assert cells.loc[12, ["year", "procedure", "subject", "grade"]].tolist() == [2026, "vpr", "rus", "4"]
    assert cells[["tested_count", "low_count"]].to_numpy().tolist() == [[30, 3], [0, 0]]
    totals = reading.tables["reported_totals"]
    assert totals["level_code"].tolist() == ["country", "region", "municipality"]
    assert totals["low_count"].tolist() == [97500, 3, 3]
    assert totals["area_text"].tolist()[2] == "Озёрный муниципальный район(reg67_m012)"


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (["Школа(edu670012)", None, 30, 11, 39, 30, 20], "percent_not_count"),
        (["Школа(edu670012)", None, 30, 10, 40, 30, 30], "percents_not_100"),
        (["Школа(edu670012)", None, 0, 10, 40, 30, 20], "percents_not_100"),
        (["Школа(edu670012)", None, "много", 10, 40, 30, 20], "not_a_number"),
        (["Школа(edu670012)", None, 30.5, 10, 40, 30, 20], "not_a_number"),
        (["Школа(edu670012)", None, 30, "х", 40, 30, 20], "not_a_number"),
        (["Школа, потерявшая код", None, 30, 10, 40, 30, 20], "unknown_level"),
        (["Школа (филиал)", None, 30, 10, 40, 30, 20], "unknown_level"),
        ([None, None, 30, 10, 40, 30, 20], "unknown_level"),
    ],
)
def test_a_questionable_row_of_marks_is_rejected_with_its_reason(tmp_path: Path, row: Row, reason: str) -> None:
    rows: list[Row] = [["Хорошая школа(edu670011)", None, 20, 5, 45, 30, 20], row]
    reading = read(write_csv(tmp_path / "РУ4.csv", report("Статистика по отметкам", MARKS_HEADER, rows)))
    assert reasons(reading) == {10: reason}
    assert reading.tables["reported_cells"]["low_count"].tolist() == [1]


@given(total_count=st.integers(0, 5000), data=st.data())
def test_a_printed_percent_gives_back_its_count(total_count: int, data: st.DataObject) -> None:
    count = data.draw(st.integers(0, total_count))
    percent = round(100 * count / total_count, 2) if total_count else 0.0
    assert count_of_percent(total_count, percent) == count


def test_a_percent_between_two_counts_gives_none() -> None:
    assert count_of_percent(30, 11.0) is None
    assert count_of_percent(0, 50.0) is None


def test_journal_counts_must_agree_with_their_percents(tmp_path: Path) -> None:
    rows: list[Row] = [
        ["Озёрный район(reg67_m012)", 30, 10, 3, 80, 24, 10, 3],
        ["Школа 1(edu670012)", 30, "10,00", 3, 80, 24, 10, 3],
        ["Школа 2(edu670013)", 30, 10, 2, 80, 18, 10, 2],  # percents of the 22 + pupils compared: they do not fit
        ["Школа 3(edu670014)", 30, 20, 5, 60, 15, 20, 5],  # percents of the 25 with a journal mark: they fit
        ["Школа 4(edu670015)", 30, 10, 30, 80, 24, 10, 3],
    ]
    path = write_xlsx(tmp_path / "РУ4.xlsx", report("Сравнение отметок", JOURNAL_HEADER, rows))
    reading = read(path)
    assert reading.layout_id == "fisoko_journal"
    assert reasons(reading) == {11: "percent_not_count", 13: "counts_above_total"}
    kept = reading.tables["reported_journal"][["code_text", "lowered_count", "confirmed_count", "raised_count"]]
    assert kept.to_numpy().tolist() == [["edu670012", 3, 24, 3], ["edu670014", 5, 15, 5]]
    assert reading.tables["reported_totals"]["low_count"].isna().all()


def test_distribution_gives_a_row_per_score_and_counts_as_one_record(tmp_path: Path) -> None:
    header = ["Группы участников", "Кол-во участников", *range(6)]
    rows: list[Row] = [
        ["Вся выборка", 100, 10, 10, 20, 20, 20, 20],
        ["Школа 1(edu670012)", 3, 0, "33,33", 0, 0, "66,67", None],
        ["Школа 2(edu670013)", 3, 0, 30, 0, 0, 70, 0],
    ]
    reading = read(write_xlsx(tmp_path / "РУ4.xlsx", report("Распределение", header, rows)))
    assert (reading.layout_id, reading.read_count, reading.kept_count) == ("fisoko_distribution", 3, 2)
    assert reasons(reading) == {11: "percent_not_count"}
    kept = reading.tables["reported_distributions"]
    assert kept["primary_score"].tolist() == [0, 1, 2, 3, 4, 5]
    assert kept["score_share"].round(4).tolist() == [0, 0.3333, 0, 0, 0.6667, 0]


def test_a_distribution_that_counts_schools_too_is_not_taken_for_marks(tmp_path: Path) -> None:
    header = ["Группы участников", "Кол-во ОО", "Кол-во участников", *range(6)]
    rows: list[Row] = [["Школа 1(edu670012)", None, 4, 25, 0, 25, 25, 25, 0]]
    reading = read(write_xlsx(tmp_path / "РУ4.xlsx", report("Распределение", header, rows)))
    assert reading.layout_id == "fisoko_distribution"
    assert reading.tables["reported_distributions"]["score_share"].tolist() == [0.25, 0, 0.25, 0.25, 0.25, 0]


def individual_rows() -> list[Row]:
    return [
        ["МБОУ «СШ № 1»(edu670012) | Кол-во участников: 6"],
        ["edu670012", "Озёрный район", "МБОУ «СШ № 1»", "40001", "4А", 1, 2, "х", 2, 2, "нет отметки"],
        [None, None, None, "40002", "4А", 2, 2, 3, "5", "5", 5],
        ["edu670012", None, None, "40003", "4А", 2, 2, 3, 6, 5, 5],
        ["edu670012", None, None, "40004", "4А", 2, 2, 3, "Образцов", 5, 5],
        ["edu670012", None, None, "40005", "4А", 1, None, None, "отсутствовал", None, 4],
        ["edu670012", None, None, "40006", "4А", 1, 2, 2, 4, 7, 4],
        ["МБОУ «СШ № 2»(edu670013) | Кол-во участников: 2"],
        [None, None, None, "40001", "4А", 2, 1, 1, 2, "3,5", 3],
    ]


def test_pupils_stand_under_their_school_and_leave_no_code(tmp_path: Path) -> None:
    path = write_xlsx(tmp_path / "РУ4.xlsx", report("Индивидуальные результаты", PUPIL_HEADER, individual_rows()))
    reading = read(path)
    assert (reading.layout_id, reading.read_count) == ("fisoko_individual", 9)
    assert reasons(reading) == {
        9: "service_row", 12: "total_above_maximum", 13: "not_a_number", 15: "above_maximum",
        16: "group_count_mismatch", 17: "not_an_integer",
    }  # fmt: skip
    pupils = reading.tables["pupil_attempts"]
    assert pupils["code_text"].tolist() == ["edu670012"] * 3
    assert pupils["school_text"].tolist() == ["МБОУ «СШ № 1»"] * 3
    assert pupils["primary_score"].fillna(-1).tolist() == [2, 5, -1]
    assert pupils["mark"].fillna(-1).tolist() == [2, 5, -1]
    assert pupils["journal_mark"].fillna(-1).tolist() == [-1, 5, 4]
    assert pupils["is_absent"].tolist() == [False, False, True]
    assert pupils["maximum_score"].tolist() == [5, 5, 5]
    assert pupils["pupil_key"].nunique() == 3
    assert not any(secret in everything_kept(reading) for secret in ("4000", "Образцов"))
    assert reading.rejects.set_index("row_number").loc[16, "value_text"] == "указано 2, в файле 1"


def test_one_code_of_a_pupil_in_two_schools_makes_two_keys(tmp_path: Path) -> None:
    rows: list[Row] = [
        ["Школа 1(edu670012) | Кол-во участников: 1"],
        [None, None, None, "40001", "4А", 1, 1, 1, 2, 3, 3],
        ["Школа 2(edu670013) | Кол-во участников: 1"],
        [None, None, None, "40001", "4А", 1, 1, 1, 2, 3, 3],
    ]
    path = write_xlsx(tmp_path / "РУ4.xlsx", report("Индивидуальные результаты", PUPIL_HEADER, rows))
    assert read(path).tables["pupil_attempts"]["pupil_key"].nunique() == 2


@pytest.mark.parametrize(
    ("title", "grade", "form_code"),
    [
        ("ВПР 2026. 4 класс", "4", "basic"),
        ("ВПР 2026 Математика (углублённый уровень) 7 класс", "7", "advanced"),
        ("ВПР 2026 Математика 8 класс (по программе 7 класса)", "8", "basic"),
    ],
)
def test_title_tells_the_test(tmp_path: Path, title: str, grade: str, form_code: str) -> None:
    sheet = report("Индивидуальные результаты", PUPIL_HEADER, individual_rows()[:3], title)
    pupils = read(write_xlsx(tmp_path / "x.xlsx", sheet)).tables["pupil_attempts"]
    assert set(pupils["grade"]) == {grade}
    assert set(pupils["form_code"]) == {form_code}


def test_an_unknown_subject_names_what_to_add(tmp_path: Path) -> None:
    path = write_xlsx(tmp_path / "x.xlsx", report("Статистика", MARKS_HEADER, [], "ВПР 2026 Риторика 5 класс"))
    with pytest.raises(SourceError, match=r"«риторика» не известен.*reference/subjects\.csv"):
        read(path)
