"""Pupil-level Parquet, the canonical table of results, and the account of rows over every layout of these families."""

from pathlib import Path

import pandas as pd
import pytest
from depth import examples
from hypothesis import given, settings
from hypothesis import strategies as st
from source_files import SUBJECTS, Row, everything_kept, read, reasons, write_csv, write_xlsx

from pipeline.errors import SourceError
from pipeline.sources import SOURCES, choose_layout
from pipeline.sources.grid import Cell, Sheet, SourceFile
from pipeline.sources.reading import Account, ReadingContext

PUPILS = pd.DataFrame(
    {
        "year": [2026] * 8,
        "procedure": ["oge", "OGE", "vpr", "oge", "oge", "oge", None, "oge"],
        "subject": ["Математика", "mat", "РУ", "mat", "mat", "mat", "mat", "mat"],
        "grade": [9, 9, 4, 9, 9, 9, 9, 9],
        "school_code": ["0123", "EDU670012", None, "0123", "0123", None, "0123", "0123"],
        "school_name": [None, None, "СШ № 2", None, None, None, None, None],
        "mark": ["2", "3", None, None, "661412", "4", "4", "3,5"],
        "primary_score": ["5", "8,5", "20", None, "9", "9", "9", "9"],
        "is_absent": ["", "нет", "0", "да", "", "", "", ""],
        "pupil_id": ["secret-1", "secret-2", None, "secret-4", "secret-5", "secret-6", "secret-7", "secret-8"],
        "surname": ["Образцова"] * 8,
    }
)
OGE = SUBJECTS | {("oge", "математика"): "mat"}
RESULTS = pd.DataFrame(
    {
        "school_id": ["S1", "S2", "S3", None, "S5", "S6"],
        "municipality_id": ["M1", "M1", None, "M1", "M1", "M1"],
        "year": [2026] * 6,
        "procedure": ["simce"] * 6,
        "subject": ["reading"] * 6,
        "grade": ["4"] * 6,
        "tested_count": ["30", "0", "12", "9", "10", "-1"],
        "low_count": ["3", "0", "13", "1", "1,5", "0"],
        "mean_score": ["3,25", None, None, None, None, None],
        "note": ["текст"] * 6,
    }
)


def parquet(path: Path, frame: pd.DataFrame) -> Path:
    frame.to_parquet(path)
    return path


def test_pupils_of_parquet_are_kept_or_rejected_and_nothing_else_leaks(tmp_path: Path) -> None:
    reading = read(parquet(tmp_path / "pupils.parquet", PUPILS), subjects=OGE)
    assert (reading.layout_id, reading.read_count, reading.kept_count) == ("pupils_parquet", 8, 4)
    assert reasons(reading) == {5: "above_maximum", 6: "no_school", 7: "missing_value", 8: "not_an_integer"}
    kept = reading.tables["pupil_attempts"]
    assert kept["procedure"].tolist() == ["oge", "oge", "vpr", "oge"]
    assert kept["subject"].tolist() == ["mat", "mat", "rus", "mat"]
    assert kept["code_kind"].fillna("").tolist() == ["oge", "fisoko", "", "oge"]
    assert kept["code_text"].fillna("").tolist() == ["0123", "EDU670012", "", "0123"]
    assert kept["primary_score"].fillna(-1).tolist() == [5, 8.5, 20, -1]
    assert kept["is_absent"].tolist() == [False, False, False, True]
    assert kept["pupil_key"].notna().tolist() == [True, True, False, True]
    assert not any(secret in everything_kept(reading) for secret in ("secret", "Образцова", "661412"))
    assert reading.rejects["value_text"].dropna().tolist() == ["3,5"]


def test_numbers_of_parquet_may_be_numbers(tmp_path: Path) -> None:
    frame = pd.DataFrame(
        {"year": [2026, 2026], "procedure": "oge", "subject": "mat", "grade": "9", "school_id": ["S1", "S2"],
         "mark": [2.0, float("nan")], "is_absent": [False, True], "form_code": ["advanced", None]}
    )  # fmt: skip
    kept = read(parquet(tmp_path / "pupils.parquet", frame), subjects=OGE).tables["pupil_attempts"]
    assert kept["mark"].fillna(0).tolist() == [2, 0]
    assert kept["form_code"].tolist() == ["advanced", "basic"]
    assert kept["code_kind"].isna().all()
    assert kept["code_text"].tolist() == ["S1", "S2"]


@pytest.mark.parametrize("dropped", [["school_code", "school_name"], ["mark", "primary_score"]])
def test_parquet_without_school_or_result_is_refused(tmp_path: Path, dropped: list[str]) -> None:
    with pytest.raises(SourceError, match="нет ни одного столбца"):
        read(parquet(tmp_path / "pupils.parquet", PUPILS.drop(columns=dropped)), subjects=OGE)


def test_unknown_subjects_of_parquet_are_all_named(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"oge: mat; oge: Математика.*reference/subjects\.csv"):
        read(parquet(tmp_path / "pupils.parquet", PUPILS))


def test_a_column_of_names_in_the_place_of_the_subject_reaches_no_message(tmp_path: Path) -> None:
    names = [f"Петрова Анна {number}" for number in range(30)]
    frame = pd.DataFrame(
        {"year": 2026, "procedure": "oge", "subject": names, "grade": "9", "school_id": "S1", "mark": 3}
    )
    with pytest.raises(SourceError, match="не столбец предметов: 30 значений") as refused:
        read(parquet(tmp_path / "pupils.parquet", frame))
    assert "Петрова" not in refused.value.paragraph()


@pytest.mark.parametrize("kind", ["parquet", "csv", "xlsx"])
def test_canonical_results_read_alike_from_every_kind_of_file(tmp_path: Path, kind: str) -> None:
    rows = [list(RESULTS.columns), *RESULTS.astype(object).where(RESULTS.notna(), None).to_numpy().tolist()]
    if kind == "parquet":
        path, first_row = parquet(tmp_path / "results.parquet", RESULTS), 1
    elif kind == "csv":
        path, first_row = write_csv(tmp_path / "results.csv", rows, encoding="utf-8"), 2
    else:
        path, first_row = write_xlsx(tmp_path / "results.xlsx", rows), 2
    reading = read(path)
    assert (reading.layout_id, reading.read_count, reading.kept_count) == ("canonical_results", 6, 2)
    told = {row_number - first_row: reason for row_number, reason in reasons(reading).items()}
    assert told == {2: "low_above_tested", 3: "no_school", 4: "not_an_integer", 5: "low_above_tested"}
    kept = reading.tables["reported_cells"]
    assert kept[["code_text", "municipality_text"]].to_numpy().tolist() == [["S1", "M1"], ["S2", "M1"]]
    assert kept[["procedure", "subject", "tested_count", "low_count"]].to_numpy().tolist() == [
        ["simce", "reading", 30, 3],
        ["simce", "reading", 0, 0],
    ]
    assert kept["mean_score"].fillna(-1).tolist() == [3.25, -1]
    assert kept["code_kind"].isna().all()
    assert "текст" not in everything_kept(reading)


TITLES: list[Row] = [["Отчёт"], ["ВПР 2026 Русский язык 4 класс"], ["Максимальный первичный балл:", 5]]
HEADERS: dict[str, str] = {
    "fisoko_marks": "Группы участников|Кол-во ОО|Кол-во участников|2|3|4|5",
    "fisoko_journal": "Группы участников|Кол-во участников|Понизили %|Кол-во|Подтвердили %|Кол-во|Повысили %|Кол-во",
    "fisoko_distribution": "Группы участников|Кол-во участников|0|1|2|3|4|5",
    "fisoko_individual": "ОО|Муниципалитет|Название ОО|Код участника|Класс|Вариант|1 (2б)|Первичный балл|Отметка"
    "|Отметка по журналу",
    "vpr_protocol_2020": "groups|user|id|code|otc|gender|klass|var-1|var-2|sum|a-1-grade",
    "vpr_protocol_2021": "логин школы|класс|номер обучающегося|вариант|балл за 1|всего баллов",
    "vpr_protocol_2022": "Пользователь|Школа|Код|Вариант|1 (1б)|Наименование класса|Итого баллов",
    "vpr_protocol_2026": "Код участника|Вариант|1 (1б)|Порядковый номер класса|Отметка за предыдущий год|Итого баллов",
    "canonical_results": "school_id|municipality_id|year|procedure|subject|grade|tested_count|low_count",
}
NUMBERS = (None, 0, 1, 2, 5, 5.0, 7, -1, 20, 100, 2026, "100,00", "33,33")
WORDS = ("х", "нет отметки", "отсутствовал", "много", "4А", "edu670012", "vpr")
GROUPS = ("Школа(edu670012)", "Район(reg67_m012)", "Вся выборка", "Школа(edu670012) | Кол-во участников: 2")
ANY_CELL = st.sampled_from((*NUMBERS, *WORDS, *GROUPS))


@pytest.mark.parametrize("layout_id", HEADERS)
@settings(max_examples=examples(8), deadline=None)
@given(data=st.data())
def test_whatever_stands_in_the_cells_every_row_is_kept_or_rejected(layout_id: str, data: st.DataObject) -> None:
    header: list[Cell] = list(HEADERS[layout_id].split("|"))
    rows = data.draw(st.lists(st.lists(ANY_CELL, max_size=len(header)), max_size=12))
    sheet = Sheet("Лист", [*map(list, TITLES), header, *rows])
    chosen = choose_layout(sheet, SOURCES)
    assert chosen is not None
    layout, header_index = chosen
    assert (layout.layout_id, header_index) == (layout_id, len(TITLES))
    file = SourceFile(Path("РУ4_2026_edu670012.xlsx"), "raw/2026/РУ4_2026_edu670012.xlsx", "", 2026, "")
    account = Account(file)
    layout.read(sheet, header_index, ReadingContext(file, SUBJECTS, b"key"), account)
    reading = account.close()  # asserts that announced = kept + rejected
    places = [frame["row_number"] for frame in (*reading.tables.values(), reading.rejects)]
    filled = {number for number, row in enumerate(rows, start=len(TITLES) + 2) if any(cell is not None for cell in row)}
    assert reading.read_count == len(filled)
    assert set(pd.concat(places)) == filled
