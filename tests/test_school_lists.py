"""Earlier and federal lists of `decisions/lists/`: any usual table is read, nothing is dropped without a word."""

from collections.abc import Iterable
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_region import make_small_region, school_id
from source_files import Row, everything_kept, write_csv, write_xlsx

from pipeline.errors import PipelineError
from pipeline.federal_lists import read_federal
from pipeline.region import imported_years, past_list, who_is_who
from pipeline.school_lists import list_files
from pipeline.skeleton import write_reference
from pipeline.sources.grid import Sheet, source_file
from pipeline.sources.reading import Account
from pipeline.sources.school_list import _read_rows, find_head, read_school_list
from pipeline.tables import reference

NAMED = ["№ п/п", "Муниципальное образование", "Наименование общеобразовательной организации", "Номер приказа"]
FEDERAL = ["Год", "Логин", "МО", "ОО"]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return make_small_region(tmp_path / "region")


def lists(root: Path, name: str, rows: Iterable[Row]) -> Path:
    path = root / "decisions" / "lists" / name
    return write_csv(path, rows) if path.suffix == ".csv" else write_xlsx(path, rows, "Приложение")


def error(root: Path, year: int = 2025) -> str:
    with pytest.raises(PipelineError) as caught:
        past_list(root, year)
    return caught.value.paragraph()


def name(number: int) -> str:
    return f"МБОУ СОШ №{number}"


@pytest.mark.parametrize("file", ["2025.xlsx", "2025.csv"])
def test_an_earlier_list_may_name_its_schools(root: Path, file: str) -> None:
    rows = [["Приложение № 1"], NAMED, [1, 2, 3, 4], [1, "Озёрный", name(2), "17"], [2, "Лесной район", name(7), "17"]]
    lists(root, file, [*rows, ["Итого", None, 2]])
    found = past_list(root, 2025)
    assert list(found["school_id"]) == [school_id(2), school_id(7)]
    assert set(found["number"]) == {"17"}
    assert imported_years(root) == (2025,)
    assert past_list(root, 2024).empty


def test_codes_win_over_names_and_the_analysts_decision_counts(root: Path) -> None:
    match = {
        "municipality_text": "Лесной район", "school_text": "Школа у леса", "school_id": school_id(9),
        "decision_code": "accepted", "decided_by": "аналитик", "decided_date": "2026-07-01",
    }  # fmt: skip
    write_reference(root, reference.SCHOOL_MATCHES, [match])
    rows = [["Логин", "МО", "ОО"], ["edu670004", "Озёрный район", "Прежнее название"], [None, "Лесной", "Школа у леса"]]
    lists(root, "2025.xlsx", rows)
    assert list(past_list(root, 2025)["school_id"]) == [school_id(4), school_id(9)]


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        (
            [["МО", "ОО"], ["Озёрный", name(1)], ["Озёрный", "Школа за рекой"]],
            ("строка 3", "за рекой", "matches"),
        ),
        ([["МО", "ОО"], ["Озёрный", name(1)], ["Озёрный район", name(1)]], ("дважды", "строка 2", "строка 3")),
        ([["Год", "МО", "ОО"], [2024, "Озёрный", name(1)]], ("не о 2025 годе", "строка 2", "2024")),
        ([["МО", "ОО"], ["Озёрный", None]], ("строка 2", "Не указана школа")),
        ([["Фамилия", "Телефон"], ["Выдумкин", 1]], ("не найден заголовок", "2025.xlsx")),
    ],
    ids=["unknown", "twice", "other year", "no school", "no list"],
)
def test_a_row_that_cannot_be_used_stops_the_list_and_is_named(
    root: Path, rows: list[Row], told: tuple[str, ...]
) -> None:
    lists(root, "2025.xlsx", rows)
    message = error(root)
    assert [part for part in told if part not in message] == []


def test_two_files_of_a_year_and_a_file_of_unknown_purpose_are_refused(root: Path) -> None:
    lists(root, "2025.xlsx", [["МО", "ОО"], ["Озёрный", name(1)]])
    lists(root, "2025.csv", [["МО", "ОО"], ["Озёрный", name(1)]])
    assert "в двух файлах" in error(root)
    (root / "decisions/lists/2025.csv").rename(root / "decisions/lists/_2025.csv")
    assert len(past_list(root, 2025)) == 1
    lists(root, "Перечень.xlsx", [["МО", "ОО"]])
    assert "Перечень.xlsx" in error(root, 2020)


def test_a_federal_list_keeps_marks_under_two_rows_of_titles_and_no_person(root: Path) -> None:
    rows = [
        [*FEDERAL, "ФИО директора", "Русский язык", None, "Математика", None],
        [None, None, None, None, None, "4", "5", "4", "5"],
        [2026, "edu670001", "Озёрный", name(1), "Выдумкин А. А.", 1, None, "нет", "да"],
        [2026, "edu670001", "Озёрный", name(1), "Выдумкин А. А.", 1, None, None, None],
        [2026, None, "Озёрный", "Школа за рекой", "Выдумкин А. А.", None, 1, None, None],
        ["Всего", None, None, 3],
    ]
    path = lists(root, "federal_bias_2026.xlsx", rows)
    found = read_federal(root, who_is_who(root), 2026)
    assert found.listed[["list_code", "year", "school_id", "markers_text"]].to_numpy().tolist() == [
        ["bias_signs", 2026, school_id(1), "Русский язык, 4 класс; Математика, 5 класс"]
    ]
    refused = found.rejects.set_index("row_number")["reason_code"].to_dict()
    assert refused == {4: "repeated_row", 5: "unknown_school", 6: "footer_row"}
    assert found.references.query("how_code == 'unknown'")["school_text"].tolist() == ["Школа за рекой"]
    assert "Выдумкин" not in everything_kept(read_school_list(source_file(path, root, 2026)))


def test_a_federal_file_may_hold_many_years_or_say_its_year_in_its_name(root: Path) -> None:
    lists(root, "federal_low.csv", [["Год", "МО", "ОО"], ["2024/25", "Озёрный", name(1)], [None, "Озёрный", name(2)]])
    lists(root, "federal_low_2026.xlsx", [["МО", "ОО", "Год"], ["Озёрный", name(3), None], ["Озёрный", name(4), 2025]])
    found = read_federal(root, who_is_who(root), 2026)
    assert found.listed[["year", "school_id"]].to_numpy().tolist() == [[2025, school_id(1)], [2026, school_id(3)]]
    assert found.rejects[["row_number", "reason_code"]].to_numpy().tolist() == [[3, "no_year"], [3, "other_year"]]


def test_without_federal_lists_nothing_is_found(root: Path) -> None:
    found = read_federal(root, who_is_who(root), 2026)
    assert found.listed.empty and found.rejects.empty and found.references.empty
    assert list_files(root).federal == ()


CELLS = st.one_of(st.none(), st.integers(0, 3000), st.sampled_from(["", "да", "Итого", "2025", "Школа", "edu1", "—"]))


@given(st.lists(st.lists(CELLS, max_size=7), max_size=8))
def test_whatever_stands_below_the_header_is_kept_or_rejected(rows: list[list[object]]) -> None:
    cleaned = [[cell or None for cell in row] for row in rows]
    sheet = Sheet("Лист1", [[*FEDERAL, "Русский язык 4", "Признак"], *cleaned])  # type: ignore[list-item]
    head = find_head(sheet)
    assert head is not None
    account = Account(source_file(Path(__file__), Path(__file__).parent, 2026))
    _read_rows(sheet, head, account)
    reading = account.close()
    filled = [row for row in cleaned[head.first_index - 1 :] if any(cell is not None for cell in row)]
    assert reading.kept_count + reading.rejected_count == reading.read_count == len(filled)
    assert isinstance(reading.rejects, pd.DataFrame)


def reading_of(root: Path, rows: Iterable[Row]) -> pd.DataFrame:
    path = lists(root, "federal_low_2026.xlsx", rows)
    return read_school_list(source_file(path, root, 2026)).tables["listed_rows"]


@pytest.mark.parametrize(
    "rows",
    [
        [["МО", "ОО"], ["Озёрный", name(1)], [None, name(2)], ["Лесной", name(7)], [None, name(8)]],
        [["№", "МО", "ОО"], ["Озёрный район"], [1, None, name(1)], [2, None, name(2)],
         ["г. Лесной"], [3, None, name(7)], [4, None, name(8)]],
        [["№", "Наименование школы"], ["Озёрный р-н"], [1, name(1)], [2, name(2)],
         ["Лесной округ"], [3, name(7)], [4, name(8)]],
        [["МО", "ОО"], ["Озёрный"], [None, name(1)], [None, name(2)], ["МО", "ОО"],
         ["Лесной"], [None, name(7)], [None, name(8)], ["Начальник отдела", "подпись"]],
    ],
    ids=["merged cells", "rows of their own", "no column", "in their column, header repeated"],
)  # fmt: skip
def test_a_municipality_may_stand_once_for_the_rows_below_it(root: Path, rows: list[Row]) -> None:
    areas = reading_of(root, rows)["municipality_text"]
    assert ["Озёрный" in area for area in areas] == [True, True, False, False]
    assert ["Лесной" in area for area in areas] == [False, False, True, True]
    lists(root, "2025.xlsx", rows)
    assert list(past_list(root, 2025)["school_id"]) == [school_id(n) for n in (1, 2, 7, 8)]


@pytest.mark.parametrize(
    "rows",
    [
        [["Код"], [301001], [301007]],
        [["Код ОО", "ОО"], ["edu670001", "Прежнее название"], [301007.0, None]],
        [["Код ОГЭ", "ОО"], [301001, None], [301007, None]],
        [["Логин"], [" EDU670001 "], ["edu670007"]],
        [["№", "Район", "Школа"], [1, "Озёрный р-н", "Средняя общеобразовательная школа N 1"], [2, "Лесной", name(7)]],
    ],
    ids=["number", "any code", "code of an exam", "spaces and capitals", "N for №"],
)
def test_a_code_of_any_kind_and_usual_spellings_name_a_school(root: Path, rows: list[Row]) -> None:
    lists(root, "2025.xlsx", rows)
    assert list(past_list(root, 2025)["school_id"]) == [school_id(1), school_id(7)]


def test_a_code_and_a_name_of_two_schools_are_never_taken_for_one(root: Path) -> None:
    rows = [["Логин", "МО", "ОО"], ["edu670001", "Лесной", name(7)], ["edu670002", "Лесной", "Прежнее название"]]
    lists(root, "2025.xlsx", rows)
    message = error(root)
    assert "разные школы" in message and "строка 2" in message and "строка 3" not in message
    (root / "decisions/lists/2025.xlsx").rename(root / "decisions/lists/federal_low_2025.xlsx")
    found = read_federal(root, who_is_who(root), 2026)
    assert found.listed["school_id"].tolist() == [school_id(2)]
    assert found.rejects["reason_code"].tolist() == ["code_and_name_differ"]


def test_a_merged_schools_name_with_its_successors_code_is_no_contradiction(root: Path) -> None:
    step = {"school_id": school_id(7), "successor_id": school_id(1), "lineage_kind": "merged", "from_year": 2025}
    write_reference(root, reference.SCHOOL_LINEAGE, [step])
    lists(root, "2025.xlsx", [["Логин", "МО", "ОО"], ["edu670001", "Лесной", name(7)]])
    assert list(past_list(root, 2025)["school_id"]) == [school_id(1)]


def test_an_empty_list_is_no_list(root: Path) -> None:
    lists(root, "2025.xlsx", [["МО", "ОО"], ["Итого", 0]])
    assert "нет ни одной школы" in error(root)
    lists(root, "federal_low_2025.csv", [["МО", "ОО"]])
    with pytest.raises(PipelineError, match="нет ни одной строки"):
        read_federal(root, who_is_who(root), 2026)


def test_marks_may_stand_in_one_column_or_under_short_names(root: Path) -> None:
    rows = [[*FEDERAL, "markers", "РУ4", "МА 5", "Телефон"], [2026, "edu670001", None, None, "РУ4", 1, None, "22"]]
    assert reading_of(root, rows)["markers_text"].tolist() == ["markers: РУ4; РУ4"]


def test_of_a_list_received_twice_the_newest_counts_and_what_came_after_the_day_does_not(root: Path) -> None:
    for day, numbers in (("2026-09-01", (1, 2)), ("2026-10-05 исправленный", (2, 3))):
        (root / "decisions/lists" / day).mkdir()
        lists(root, f"{day}/federal_low_2026.csv", [["Логин"], *([f"edu670{n:03d}"] for n in numbers)])
    who = who_is_who(root)

    def read(as_of: str | None) -> tuple[list[str], list[str]]:
        found = read_federal(root, who, 2026, as_of)
        return found.listed["school_id"].tolist(), found.rejects["reason_code"].tolist()

    assert read(None) == ([school_id(2), school_id(3)], ["superseded"] * 2)
    assert read("2026-10-04") == ([school_id(1), school_id(2)], ["after_as_of"] * 2)
    assert read("2026-08-31") == ([], ["after_as_of"] * 4)
    (root / "decisions/lists/новые").mkdir()
    with pytest.raises(PipelineError, match="не днём получения"):
        list_files(root)
