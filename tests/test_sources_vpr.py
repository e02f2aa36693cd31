"""ВПР protocols of four layouts: the school, the test, who was absent, which totals cannot stand."""

from collections.abc import Callable
from pathlib import Path

import pytest
from source_files import Row, everything_kept, read, reasons, write_csv, write_xlsx

from pipeline.errors import SourceError

TASKS = ["1 (2б)", "2К1 (3б)"]
HEADER_2022 = [
    "Пользователь", "Код региона", "Регион", "Муниципалитет", "Школа", "Дата загрузки", "Код", "Вариант", *TASKS,
    "Наименование класса", "Пол", "Отметка за предыдущий триместр/ четверть/полугодие", "Итого баллов",
]  # fmt: skip
HEADER_2026 = [
    "Код участника", "Вариант", *TASKS, "Порядковый номер класса", "Отметка за предыдущий триместр", "Итого баллов",
]  # fmt: skip
# (variant, task 1, task 2, total) of pupils, and what becomes of each: a score, None for absent, or a reason.
PUPILS: list[tuple[Row, float | str | None]] = [
    ((1, 2, 3, 5), 5.0),
    ((1, "x", "Х", 0), 0.0),
    ((2, 1, 1, 4), 4.0),  # not the sum of the tasks: the total given wins
    ((2, 2, "х", None), 2.0),  # every task is filled: their sum
    ((2, 2, None, None), "no_result"),
    (("отсутствовал", None, None, None), None),
    (("отсутствовал", None, None, 0), None),
    (("отсутствовал", 2, 1, 3), "absent_with_result"),
    ((None, None, None, None), None),
    ((1, 2, 3, "пять"), "not_a_number"),
    ((1, 2, 3, "2,5"), 2.5),
]
TOO_HIGH: tuple[Row, str] = ((1, 2, 3, 6), "total_above_maximum")


def protocol_2020(folder: Path, results: list[Row]) -> Path:
    header = [
        "groups",
        "user",
        "id",
        "code",
        "otc",
        "gender",
        "klass",
        "var-1",
        "var-2",
        "sum",
        "a-1-grade",
        "a-2-grade",
    ]
    rows = [
        [1, "sch670012", n, 40_000 + n, 3, "ж", "4А", variant, None, total, first, second]
        for n, (variant, first, second, total) in enumerate(results)
    ]
    return write_csv(folder / "VPR_2020_RU4.csv", [header, *rows], delimiter=",", encoding="utf-8-sig")


def protocol_2021(folder: Path, results: list[Row]) -> Path:
    header = ["логин школы", "номер обучающегося", "класс", "пол", "отметка за предыдущую четверть/триместр", "вариант"]
    header += ["балл за 1", "балл за 2", "всего баллов", "Учебник"]
    rows = [
        ["sch670012", 40_000 + n, "4А", "м", 3, variant, first, second, total, "Буквы"]
        for n, (variant, first, second, total) in enumerate(results)
    ]
    return write_csv(folder / "РУ_2021.csv", [header, *rows])


def protocol_2022(folder: Path, results: list[Row]) -> Path:
    rows = [
        [
            "edu670012",
            67,
            "Область",
            "Озёрный",
            "СШ № 1",
            "20.04.2022",
            40_000 + n,
            variant,
            first,
            second,
            "4А",
            "ж",
            3,
            total,
        ]
        for n, (variant, first, second, total) in enumerate(results)
    ]
    return write_xlsx(folder / "РУ4_2022.xlsx", [HEADER_2022, *rows], "Протокол")


def protocol_2026(folder: Path, results: list[Row]) -> Path:
    rows = [
        [40_000 + n, variant, first, second, 2, 3, total] for n, (variant, first, second, total) in enumerate(results)
    ]
    return write_xlsx(folder / "РУ4_2026_EDU670012.xlsx", [HEADER_2026, *rows], "Протокол")


PROTOCOLS: list[tuple[Callable[[Path, list[Row]], Path], int, str, bool]] = [
    (protocol_2020, 2020, "sch670012", False),
    (protocol_2021, 2021, "sch670012", False),
    (protocol_2022, 2022, "edu670012", True),
    (protocol_2026, 2026, "edu670012", True),
]


@pytest.mark.parametrize(("write", "year", "login", "has_maximum"), PROTOCOLS)
def test_every_layout_reads_the_same_pupils(
    tmp_path: Path, write: Callable[[Path, list[Row]], Path], year: int, login: str, has_maximum: bool
) -> None:
    pupils = [*PUPILS, TOO_HIGH] if has_maximum else PUPILS
    reading = read(write(tmp_path, [result for result, _ in pupils]), receipt_year=2026)
    assert reading.layout_id == f"vpr_protocol_{year}"
    assert reading.read_count == len(pupils)
    expected = {number: outcome for number, (_, outcome) in enumerate(pupils, start=2)}
    assert reasons(reading) == {number: reason for number, reason in expected.items() if isinstance(reason, str)}
    kept = reading.tables["pupil_attempts"].set_index("row_number")
    scores = {n: score for n, score in expected.items() if isinstance(score, float)}
    assert kept["primary_score"].dropna().to_dict() == scores
    assert set(kept.index[kept["is_absent"]]) == {n for n, outcome in expected.items() if outcome is None}
    first = kept.loc[2, ["year", "procedure", "subject", "grade", "code_kind", "code_text", "form_code"]].tolist()
    assert first == [year, "vpr", "rus", "4", "fisoko", login, "basic"]
    assert kept["journal_mark"].tolist() == [3] * len(kept)
    assert kept["maximum_score"].notna().all() == has_maximum
    assert kept["mark"].isna().all()
    assert kept["pupil_key"].nunique() == len(kept)
    assert "4000" not in everything_kept(reading)


def test_the_school_of_2022_has_a_name_and_a_municipality(tmp_path: Path) -> None:
    kept = read(protocol_2022(tmp_path, [(1, 2, 3, 5)])).tables["pupil_attempts"]
    assert kept[["school_text", "municipality_text"]].to_numpy().tolist() == [["СШ № 1", "Озёрный"]]


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("РУ4_2026.xlsx", "какой школе принадлежит протокол"),
        ("РУ_2026_edu670012.xlsx", "за какой класс протокол"),
        ("протокол_edu670012.xlsx", "предмет ВПР"),
    ],
)
def test_a_protocol_that_says_too_little_asks_for_another_name(tmp_path: Path, name: str, told: str) -> None:
    path = protocol_2026(tmp_path, [(1, 2, 3, 5)]).rename(tmp_path / name)
    with pytest.raises(SourceError, match=rf"{told}.*переименуйте файл"):
        read(path)


def test_a_latin_abbreviation_means_the_cyrillic_one_and_a_year_told_nowhere_is_that_of_receipt(tmp_path: Path) -> None:
    path = protocol_2026(tmp_path, [(1, 2, 3, 5)]).rename(tmp_path / "fi-7 edu670012.xlsx")
    kept = read(path, receipt_year=2025).tables["pupil_attempts"]
    assert kept[["year", "subject", "grade"]].to_numpy().tolist() == [[2025, "phys", "7"]]


def test_a_class_that_names_no_grade_rejects_the_row(tmp_path: Path) -> None:
    header = ["user", "code", "klass", "var-1", "sum", "a-1-grade"]
    rows: list[Row] = [["sch670012", 1, "2", 1, 5, 5], ["sch670012", 2, "5Б", 1, 5, 5], [None, 3, "5Б", 1, 5, 5]]
    reading = read(write_csv(tmp_path / "RU_2020.csv", [header, *rows]))
    assert reasons(reading) == {2: "missing_value", 4: "no_school"}
    assert reading.tables["pupil_attempts"]["grade"].tolist() == ["5"]
