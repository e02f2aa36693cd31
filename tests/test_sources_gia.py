"""РИС ГИА: exam told by the title, names dropped, footers and strangers set apart, every row accounted for."""

import datetime
from collections.abc import Callable, Sequence
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from source_files import Row, everything_kept, reasons, write_csv, write_xlsx
from source_files import read as read_with

from pipeline.errors import SourceError
from pipeline.sources.gia_exam import exam_grade, iso_dates, school_code, title_of
from pipeline.sources.reading import Reading, header_text
from pipeline.subjects import subject_codes
from pipeline.tables.reference import SUBJECTS

REFERENCE = Path(__file__).parents[1] / "pipeline/resources/reference"
CODES = subject_codes(SUBJECTS.conform(pd.read_csv(REFERENCE / "subjects.csv", dtype="str")))

EGE_HEADER = [
    "№", "Код МСУ", "Код ОО", "Класс", "Код ППЭ", "Аудитория", "Фамилия", "Имя", "Отчество", "Серия", "Номер",
    "Задания с кратким ответом", "Задания с развёрнутым ответом", "Первичный балл", "Балл",
]  # fmt: skip
OGE_HEADER = [
    "№", "Код ОО", "Класс", "Код ППЭ", "Аудитория", "Код участника", "Фамилия", "Имя", "Отчество", "Серия", "Номер",
    "Первичный балл", "Оценка",
]  # fmt: skip
NORMALISED_HEADER = ["SchoolCode", "ClassCode", "Surname", "DocumentSeries", "DocumentNumber", "PrimaryMark", "Mark5"]
APPEALS_HEADER = [
    "Экзамен", "Код МСУ", "Код ОО", "Предмет", "Дата экзамена", "Серия", "Номер", "Тип апелляции", "Состояние",
    "Дата рассмотрения", "Балл до", "Балл после", "Разница", "Оценка после",
]  # fmt: skip
PERSONAL = ("Тестова", "Примеров", "Образец", "Средний", "6610", "123456", "70001")

Writer = Callable[[Path, Sequence[Row]], Path]


def read(path: Path) -> Reading:
    return read_with(path, subjects=CODES)


def ege(number: object, *, code: object = "7", grade: object = "11", primary: object = 30, score: object = 61) -> Row:
    name = ["Тестова", "Имя", "Образец"]
    return [number, "301", code, grade, "101", "0001", *name, "6610", f"12345{number}", "++-", "1(2)", primary, score]


def oge(
    number: object, *, code: object = "301007", grade: object = "9А", primary: object = 20, mark: object = 4
) -> Row:
    name = ["Примеров", "Имя", "Образец"]
    return [number, code, grade, "101", "0001", f"7000{number}", *name, "6610", f"12345{number}", primary, mark]


def appeal(
    state: str, after: object, *, exam: str = "ЕГЭ", subject: str = "01 - Русский язык", mark: object = ""
) -> Row:
    return [
        exam, "301", "7", subject, "2026.06.04", "6610", "123451", "О несогласии с баллами", state, "30.06.2026", 22,
        after, "", mark,
    ]  # fmt: skip


EGE_FILE: list[Row] = [
    ["01 - Русский язык 2026.06.04", "", ""],
    EGE_HEADER,
    ege(1, grade="11Б"),
    ege(2, primary=8, score="22"),
    ege(3, grade="12", code="301007"),
    ege(4, score="неявка", primary=""),
    ege(5, grade="ВПЛ"),
    ege(6, grade=""),
    ege(7, grade="10"),
    ege(8, code=""),
    ege(9, score="Тестова", primary=""),
    ege(10, score=130),
    ege(11, score="", primary=""),
    ege(12, score="удален", primary=""),
    ege(13, score=40, primary="неявка"),
    EGE_HEADER,
    ["Средние", *[""] * 12, "24,5", "58,1"],
    ["", "Минимальная граница", *[""] * 11, "", 24],
    ["Всего участников", 95],
]
EGE_REASONS = {
    7: "not_graduate", 8: "not_graduate", 9: "not_graduate", 10: "no_school", 11: "not_a_number", 12: "above_maximum",
    13: "no_result", 14: "no_result", 15: "absent_with_result", 16: "footer_row", 17: "footer_row", 18: "footer_row",
    19: "footer_row",
}  # fmt: skip
OGE_FILE: list[Row] = [
    ["02 - Математика 2026.06.09"],
    OGE_HEADER,
    oge(1),
    oge(2, mark="2", grade="9"),
    oge(3, mark="н/я", primary=0),
    oge(4, mark="3,5"),
    oge(5, grade="8"),
    ["Всего участников", 5],
]
OGE_REASONS = {6: "not_an_integer", 7: "not_graduate", 8: "footer_row"}
NORMALISED_FILE: list[Row] = [
    NORMALISED_HEADER,
    [301007, "9А", "Средний", "6610", "123451", 12, 3],
    [301007, "9А", "Примеров", "6610", "123452", 3, 2],
    ["", "", "Средний", "", "", "", ""],
    [301008, "9Б", "Примеров", "6610", "123453", "", ""],
]
NORMALISED_REASONS = {4: "no_school", 5: "no_result"}
APPEALS_FILE: list[Row] = [
    APPEALS_HEADER,
    appeal("Удовлетворена", 26),
    appeal("Не удовлетворена", 22),
    appeal("На рассмотрении", ""),
    appeal("Удовлетворена", 15, exam="ОГЭ", subject="Математика", mark=3),
    appeal("Удовлетворена", 15, exam="ГВЭ"),
    appeal("Удовлетворена", 15, exam="зачёт"),
    appeal("Удовлетворена", 15, subject="Логика"),
    appeal("Удовлетворена", 15, subject="01 - Физика"),
    appeal("неясно", 15),
    appeal("Удовлетворена", "много"),
    appeal("Удовлетворена", ""),
    ["Всего апелляций", 11],
]
APPEALS_REASONS = {
    6: "gve_outside_base", 7: "unknown_exam", 8: "unknown_subject", 9: "unknown_subject", 10: "unknown_state",
    11: "not_a_number", 12: "no_result", 13: "footer_row",
}  # fmt: skip

FILES = {
    "ege_export": ("01.csv", EGE_FILE, EGE_REASONS),
    "oge_export": ("02.csv", OGE_FILE, OGE_REASONS),
    "oge_normalised": ("02_2025.06.03.csv", NORMALISED_FILE, NORMALISED_REASONS),
    "gia_appeals": ("appeals.csv", APPEALS_FILE, APPEALS_REASONS),
}
WRITERS: dict[str, Writer] = {
    "cp1251": lambda path, rows: write_csv(path, rows, "cp1251"),
    "utf-8": lambda path, rows: write_csv(path, rows, "utf-8"),
    "utf-8-sig with commas": lambda path, rows: write_csv(path, rows, "utf-8-sig", ","),
    "xlsx": lambda path, rows: write_xlsx(path.with_suffix(".xlsx"), rows),
}


@pytest.mark.parametrize("writer", WRITERS.values(), ids=WRITERS)
@pytest.mark.parametrize("layout_id", FILES)
def test_every_row_is_kept_or_rejected_and_nobody_is_named(layout_id: str, writer: Writer, tmp_path: Path) -> None:
    name, rows, expected = FILES[layout_id]
    reading = read(writer(tmp_path / name, rows))
    header_index = next(i for i, row in enumerate(rows) if len(row) > 3)
    assert reading.layout_id == layout_id
    assert reading.read_count == len(rows) - header_index - 1 == reading.kept_count + reading.rejected_count
    assert reasons(reading) == expected
    told = everything_kept(reading)
    keys = reading.tables.get("pupil_attempts", reading.tables.get("appeals"))["pupil_key"].astype("str")
    for key in keys:
        told = told.replace(key, "")
    assert [word for word in PERSONAL if word in told] == []


def test_ege_row(tmp_path: Path) -> None:
    attempts = read(write_csv(tmp_path / "x.csv", EGE_FILE)).tables["pupil_attempts"].set_index("row_number")
    columns = ["year", "procedure", "subject", "grade", "code_kind", "code_text", "exam_date"]
    assert attempts.loc[3, columns].tolist() == [2026, "ege", "rus", "11", "ege", "301007", "2026-06-04"]
    assert attempts["code_text"].unique().tolist() == ["301007"]  # the short code and the whole one
    assert attempts.loc[[3, 4, 5], "test_score"].tolist() == [61, 22, 61]
    assert attempts["mark"].isna().all()
    assert attempts["is_absent"].to_dict() == {3: False, 4: False, 5: False, 6: True}


def test_only_what_is_outside_by_design_is_a_service_row(tmp_path: Path) -> None:
    rejects = read(write_csv(tmp_path / "x.csv", EGE_FILE)).rejects.set_index("row_number")
    assert rejects.index[rejects["is_service"]].tolist() == [7, 9, 16, 17, 18, 19]


@pytest.mark.parametrize("column", ["Балл", "Тестовый балл", "Оценка"])
def test_base_mathematics_is_given_in_marks(column: str, tmp_path: Path) -> None:
    rows: list[Row] = [["22 - Математика базовая 2026.06.09"], [*EGE_HEADER[:-1], column], ege(1, score=2)]
    attempts = read(write_csv(tmp_path / "x.csv", rows)).tables["pupil_attempts"]
    assert attempts[["subject", "mark"]].to_numpy().tolist() == [["mat_base", 2]]
    assert attempts["test_score"].isna().all()


def test_sparse_variant_reads_as_the_dense_one(tmp_path: Path) -> None:
    def spread(row: Row) -> Row:
        return [cell for value in row for cell in (value, "")]

    dense = read(write_csv(tmp_path / "a.csv", EGE_FILE)).tables["pupil_attempts"]
    sparse = read(write_csv(tmp_path / "b.csv", [EGE_FILE[0], *map(spread, EGE_FILE[1:])])).tables["pupil_attempts"]
    pd.testing.assert_frame_equal(dense.drop(columns="file_id"), sparse.drop(columns="file_id"))


def test_foreign_language_has_a_written_and_an_oral_date(tmp_path: Path) -> None:
    # In a CSV with semicolons the title falls into two cells.
    rows: list[Row] = [["Английский язык п:2022.06.14", " у:2022.06.16"], EGE_HEADER, ege(1)]
    attempt = read(write_csv(tmp_path / "x.csv", rows)).tables["pupil_attempts"].iloc[0]
    assert (attempt["subject"], attempt["year"], attempt["exam_date"]) == ("eng", 2022, "2022-06-14")


@pytest.mark.parametrize("title", ["51 - Русский язык 2026.06.04", "Математика (ГВЭ) 2026.06.04"])
def test_gve_is_outside_the_base(title: str, tmp_path: Path) -> None:
    reading = read(write_csv(tmp_path / "x.csv", [[title], EGE_HEADER, ege(1), ege(2), ["Всего участников", 2]]))
    assert reasons(reading) == {3: "gve_outside_base", 4: "gve_outside_base", 5: "footer_row"}
    assert reading.kept_count == 0


@pytest.mark.parametrize(
    ("title", "what"),
    [
        ("01 - Физика 2026.06.04", "противоречат"),
        ("77 - Русский язык 2026.06.04", "неизвестен: код 77"),
        ("Сводная ведомость 2026.06.04", "неизвестен"),
        ("01 - Русский язык", "дату экзамена"),
        ("Английский язык п:2022.06.14; у:2023.06.16", "разных лет"),
    ],
)
def test_unclear_exam_is_refused_with_file_and_remedy(title: str, what: str, tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=what) as error:
        read(write_xlsx(tmp_path / "x.xlsx", [[title], EGE_HEADER, ege(1)], "Лист1"))
    assert "x.xlsx, лист «Лист1»" in str(error.value)
    assert error.value.remedy


def test_title_wins_over_headings_and_the_file_name(tmp_path: Path) -> None:
    rows: list[Row] = [["1 - Деморегион (ДЕМО)"], ["04 - Химия 2026.05.26"], EGE_HEADER, ege(1)]
    attempt = read(write_csv(tmp_path / "01_2025.06.03.csv", rows)).tables["pupil_attempts"].iloc[0]
    assert (attempt["subject"], attempt["year"]) == ("chem", 2026)


def test_the_same_document_gives_the_same_key_in_every_file(tmp_path: Path) -> None:
    protocol: list[Row] = [EGE_FILE[0], EGE_HEADER, ege(1)]
    protocol[2] = [*protocol[2][:9], "06 10", 123451, *protocol[2][11:]]  # a spreadsheet made a number of it
    attempts = read(write_xlsx(tmp_path / "a.xlsx", protocol)).tables["pupil_attempts"]
    told = [*appeal("Удовлетворена", 26)[:5], "0610", "0123451", *appeal("Удовлетворена", 26)[7:]]
    appeals = read(write_csv(tmp_path / "b.csv", [APPEALS_HEADER, told])).tables["appeals"]
    assert attempts["pupil_key"].tolist() == appeals["pupil_key"].tolist()


def test_a_pupil_without_a_document_is_known_by_the_code_and_a_series_names_nobody(tmp_path: Path) -> None:
    with_code = [*oge(1)[:9], "6610", "", *oge(1)[11:]]
    nobody = [*oge(2)[:5], "", *oge(2)[6:9], "6610", "", *oge(2)[11:]]
    attempts = read(write_csv(tmp_path / "x.csv", [*OGE_FILE[:2], with_code, nobody])).tables["pupil_attempts"]
    assert attempts["pupil_key"].notna().tolist() == [True, False]


def test_appeals(tmp_path: Path) -> None:
    appeals = read(write_csv(tmp_path / "x.csv", APPEALS_FILE)).tables["appeals"].set_index("row_number")
    assert appeals["appeal_state"].tolist() == ["granted", "rejected", "pending", "granted"]
    assert appeals.loc[2, ["year", "procedure", "subject", "grade", "code_text"]].tolist() == [
        2026, "ege", "rus", "11", "301007",
    ]  # fmt: skip
    assert appeals.loc[2, ["exam_date", "decision_date"]].tolist() == ["2026-06-04", "2026-06-30"]
    assert appeals.loc[2, ["score_before", "score_after"]].tolist() == [22, 26]
    assert appeals.loc[5, ["procedure", "subject", "mark_after"]].tolist() == ["oge", "mat", 3]


def test_the_difference_gives_the_new_score_where_it_is_blank(tmp_path: Path) -> None:
    told = [*appeal("Удовлетворена", "")[:12], "+4", ""]
    appeals = read(write_csv(tmp_path / "x.csv", [APPEALS_HEADER, told])).tables["appeals"]
    assert appeals["score_after"].tolist() == [26]


@pytest.mark.parametrize(
    ("procedure", "municipality", "school", "code"),
    [
        ("ege", "301", "7", "301007"),
        ("ege", 301.0, 7.0, "301007"),
        ("ege", "301", "301007", "301007"),
        ("ege", None, "7", None),
        ("ege", "301", "Тестова", None),
        ("ege", "301", "000", None),
        ("oge", None, 301007, "301007"),
        ("oge", None, "7", "7"),
        ("oge", None, "30100712", "30100712"),
        ("oge", None, "301007123", None),
        ("ege", "301", "301007123", None),
        ("ege", "30100", "7", "30100007"),
        ("ege", "660012", "7", None),
    ],
)
def test_school_code(procedure: str, municipality: object, school: object, code: str | None) -> None:
    assert school_code(procedure, municipality, school) == code  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("procedure", "cell", "grade"),
    [
        ("ege", "11", "11"), ("ege", 11.0, "11"), ("ege", "11Б", "11"), ("ege", "11 «А»", "11"), ("ege", "12", "11"),
        ("ege", "11 ВПЛ", None), ("ege", "ВПЛ", None), ("ege", "СПО", None), ("ege", "2 курс", None),
        ("ege", "10", None), ("ege", "110", None), ("ege", None, None), ("oge", "9А", "9"), ("oge", "09", "9"),
        ("oge", "11", None),
    ],
)  # fmt: skip
def test_grade(procedure: str, cell: object, grade: str | None) -> None:
    assert exam_grade(procedure, cell) == grade  # type: ignore[arg-type]


@given(st.dates(datetime.date(2000, 1, 1), datetime.date(2099, 12, 31)), st.integers(1, 50))
def test_title_gives_code_name_and_date_in_every_spelling(day: datetime.date, code: int) -> None:
    for form in ("%Y.%m.%d", "%Y-%m-%d", "%d.%m.%Y"):
        title = title_of(f"{code:02d} - Русский язык {day.strftime(form)}")
        assert (title.code, title.name, title.dates) == (f"{code:02d}", "Русский язык", (day.isoformat(),))


def test_impossible_dates_are_no_dates() -> None:
    assert iso_dates("2026.13.01 31.02.2026 2026.06.04") == ["2026-06-04"]


def test_reference_tables_agree_with_each_other() -> None:
    minima = pd.read_csv(REFERENCE / "minimum_scores.csv")
    scales = pd.read_csv(REFERENCE / "score_scales.csv")
    known = set(pd.read_csv(REFERENCE / "subjects.csv", dtype="str")[["procedure", "subject"]].itertuples(index=False))
    assert set(minima[["procedure", "subject"]].itertuples(index=False)) == known
    assert set(scales[["procedure", "subject"]].itertuples(index=False)) <= known
    uppers = scales[["upper_2_score", "upper_3_score", "upper_4_score", "maximum_score"]].ffill(axis=1)
    assert (uppers.diff(axis=1).iloc[:, 1:3] > 0).all(axis=None)


def test_spellings_stay_apart_once_normalised() -> None:
    subjects = pd.read_csv(REFERENCE / "subjects.csv", dtype="str")
    assert (
        not subjects.assign(spelling=subjects["spelling"].map(header_text)).duplicated(["procedure", "spelling"]).any()
    )
