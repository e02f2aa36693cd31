"""The yearly context form and the social passport: headers as people write them, answers as people give them."""

import re
from collections.abc import Sequence
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from source_files import Row, everything_kept, reasons, write_xlsx

from pipeline.errors import ConfigError, UnknownLayoutError
from pipeline.sources import layouts_of, read_file
from pipeline.sources.context_form import layouts
from pipeline.sources.context_spec import spelling
from pipeline.sources.grid import source_file
from pipeline.sources.reading import Reading, ReadingContext

FORM = [
    "Логин", "Наименование ОО", "Муниципалитет", "Расположение ОО", "Обучающихся всего", "1 класс, обучающихся",
    "Наличие центра «Точка роста»", "Обучающихся с ОВЗ",
]  # fmt: skip
SCHOOL: Row = ["edu670001", "МБОУ «СШ № 1»", "Озёрный район", "село", 120, 14, "Да", 7]
PASSPORT = [
    "Наименование ОО", "Доля неполных семей, %", "Доля малообеспеченных семей, %",
    "Доля обучающихся из малообеспеченных семей, %", "Доля обучающихся на учёте в ПДН, %",
]  # fmt: skip


def read(path: Path, root: Path | None = None) -> Reading:
    context = ReadingContext(source_file(path, path.parent, 2026), {}, key=b"secret")
    return read_file(context, layouts_of(root))


def form(tmp_path: Path, rows: Sequence[Row], header: Sequence[object] = FORM, title: str = "Форма") -> Reading:
    return read(write_xlsx(tmp_path / "form.xlsx", [[title], [], header, *rows]))


def facts(reading: Reading, row_number: int = 4) -> dict[str, float | str | None]:
    """Indicator -> its value of one row; the words where there are words."""
    frame = reading.tables["context_facts"]
    own = frame[frame["row_number"] == row_number].astype(object)
    own = own.where(own.notna(), None)
    return {f["indicator_code"]: f["value_text"] or f["value"] for f in own.to_dict("records")}


def test_a_row_of_the_form_gives_a_fact_per_filled_cell(tmp_path: Path) -> None:
    reading = form(tmp_path, [SCHOOL])
    assert reading.layout_id == "context_form_2022_school"
    assert facts(reading) == {
        "location_band": "сельский населённый пункт", "pupils_count": 120, "pupils_grade_1_count": 14,
        "has_growth_point": "да", "special_needs_count": 7,
    }  # fmt: skip
    frame = reading.tables["context_facts"]
    assert set(frame["code_kind"]) == {"fisoko"} and set(frame["code_text"]) == {"edu670001"}
    assert (reading.read_count, reading.kept_count, reading.rejected_count) == (1, 1, 0)


def test_order_case_line_breaks_and_numbers_of_questions_do_not_matter(tmp_path: Path) -> None:
    order = [4, 0, 7, 2, 6, 5, 1, 3]
    written = [f"{n}. {FORM[i].upper()}".replace(" ", "\n", 2) for n, i in enumerate(order, start=1)]
    reading = form(tmp_path, [[SCHOOL[i] for i in order]], [w.replace("Ё", "Е") for w in written])
    assert facts(reading) == facts(form(tmp_path, [SCHOOL]))


def test_an_unknown_column_is_told_once_and_a_repeated_one_too(tmp_path: Path) -> None:
    reading = form(tmp_path, [[*SCHOOL, 5, 99]] * 3, [*FORM, "Количество команд", "Обучающихся всего"])
    told = reading.rejects[["row_number", "reason_code", "column_name"]].to_numpy().tolist()
    assert sorted(told) == [[3, "repeated_column", "Обучающихся всего"], [3, "unknown_column", "Количество команд"]]
    assert facts(reading)["pupils_count"] == 120
    assert (reading.read_count, reading.kept_count, reading.rejected_count) == (5, 3, 2)


def test_people_are_not_read(tmp_path: Path) -> None:
    people = ["ФИО руководителя", "Телефон", "Адрес  электронной почты"]
    reading = form(tmp_path, [[*SCHOOL, "Выдумкин В. В.", "8 900 123-45-67", "someone@example.org"]], [*FORM, *people])
    kept = everything_kept(reading)
    assert "Выдумкин" not in kept and "123-45" not in kept and "@" not in kept
    assert reading.rejected_count == 0


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("да", "да"), ("Да", "да"), ("ДА ", "да"), ("да, два кабинета", "да"), (True, "да"), (1, "да"), (0, "нет"),
        ("Нет", "нет"), ("отсутствует", "нет"), ("не знаю, спросите Выдумкина", None), ("данные уточняются", None),
    ],
)  # fmt: skip
def test_a_flag_is_read_from_what_people_write(tmp_path: Path, cell: object, expected: str | None) -> None:
    reading = form(tmp_path, [[*SCHOOL[:6], cell, 7]])
    assert facts(reading)["has_growth_point"] == expected
    assert "Выдумкин" not in everything_kept(reading)


@pytest.mark.parametrize(
    ("cell", "expected"), [(4, 4), ("3", 3), ("Село", 4), ("районный центр", 2), ("село, 5 км от трассы", 4), (5, None)]
)
def test_an_ordered_answer_is_its_number(tmp_path: Path, cell: object, expected: int | None) -> None:
    frame = form(tmp_path, [[*SCHOOL[:3], cell, *SCHOOL[4:]]]).tables["context_facts"]
    (value,) = frame.loc[frame["indicator_code"] == "location_band", "value"]
    assert value == expected or (expected is None and pd.isna(value))


@pytest.mark.parametrize(
    ("cell", "expected"), [("51–200", 3), ("51 - 200", 3), ("от 51 до 200", 3), ("До 50 человек", 2), ("37", None)]
)
def test_bands_are_known_by_their_words_and_never_by_a_number(tmp_path: Path, cell: str, expected: int | None) -> None:
    column = "Участие обучающихся в кружках и секциях школы"
    frame = form(tmp_path, [[*SCHOOL, cell]], [*FORM, column]).tables["context_facts"]
    (value,) = frame.loc[frame["indicator_code"] == "participation_clubs_band", "value"]
    assert value == expected or (expected is None and pd.isna(value))


@pytest.mark.parametrize(
    ("cell", "expected"),
    [("12 чел.", 12), ("12,0", 12), (12.0, 12), ("нет", 0), ("1 200", 1200), ("около 12", None), ("-3", -3)],
)
def test_a_count_is_read_with_its_unit_and_a_comma(tmp_path: Path, cell: object, expected: float | None) -> None:
    assert facts(form(tmp_path, [[*SCHOOL[:7], cell]]))["special_needs_count"] == expected


@pytest.mark.parametrize("cell", ["", None, "-", "–", "н/д", "нет данных"])
def test_what_says_nothing_gives_no_fact(tmp_path: Path, cell: object) -> None:
    assert "special_needs_count" not in facts(form(tmp_path, [[*SCHOOL[:7], cell]]))


def test_rows_that_are_no_school_are_told(tmp_path: Path) -> None:
    rows: list[Row] = [
        SCHOOL, [None, None, "Озёрный район", "село", 3], ["edu670002", "МБОУ «СШ № 2»", "Озёрный район"],
        ["Итого", None, None, None, 500], list(range(1, 9)),
    ]  # fmt: skip
    reading = form(tmp_path, rows)
    assert reasons(reading) == {5: "no_school", 6: "no_context", 7: "footer_row", 8: "footer_row"}
    assert reading.kept_count == 1


def test_without_a_login_the_code_of_an_exam_names_the_school(tmp_path: Path) -> None:
    header = ["Логин", "Код ОО (ОГЭ)", "Код ОО (ЕГЭ)", *FORM[1:]]
    frame = form(tmp_path, [[None, None, 301001.0, *SCHOOL[1:]]], header).tables["context_facts"]
    assert frame[["code_kind", "code_text"]].drop_duplicates().to_numpy().tolist() == [["ege", "301001"]]


@pytest.mark.parametrize(
    ("title", "year"),
    [
        ("Данные за 2025 год", 2025),
        ("2023/2024 учебный год", 2024),
        ("2023–2024 учебный год", 2024),
        ("Контекстные данные", 2026),
    ],
)
def test_the_year_is_the_one_in_which_the_school_year_ends(tmp_path: Path, title: str, year: int) -> None:
    assert set(form(tmp_path, [SCHOOL], title=title).tables["context_facts"]["year"]) == {year}


def test_shares_of_the_passport_keep_their_base_and_an_unclear_column_is_not_read(tmp_path: Path) -> None:
    header = [*PASSPORT, "Малообеспеченные, %"]
    rows = [["МБОУ «СШ № 1»", "25,5", 40, "12 %", 1.5, 30], ["МБОУ «СШ № 2»", 134, 0.5, None, 0, 30]]
    reading = read(write_xlsx(tmp_path / "Паспорт_2026.xlsx", [header, *rows]))
    assert facts(reading, 2) == {
        "families_incomplete_share": 0.255, "families_low_income_share": 0.4, "pupils_low_income_share": 0.12,
        "pupils_pdn_share": 0.015,
    }  # fmt: skip
    assert facts(reading, 3)["families_incomplete_share"] == 1.34  # kept as it stands: the check will question it
    assert list(reading.rejects["reason_code"]) == ["unknown_column"]


def test_a_percent_column_that_excel_stores_as_shares_is_read_as_shares(tmp_path: Path) -> None:
    rows = [[f"МБОУ «СШ № {n}»", 0.25, 40, 10, 2] for n in (1, 2)]
    reading = read(write_xlsx(tmp_path / "Паспорт_2026.xlsx", [PASSPORT, *rows]))
    assert facts(reading, 2)["families_incomplete_share"] == 0.25
    assert facts(reading, 2)["pupils_pdn_share"] == 0.02


def test_a_foreign_table_is_refused_with_the_nearest_layout(tmp_path: Path) -> None:
    path = write_xlsx(tmp_path / "other.xlsx", [["Логин", "Место расположения", "Площадь"], ["edu670001", "село", 4]])
    with pytest.raises(UnknownLayoutError, match="Контекстная форма"):
        read(path)


def test_an_analyst_adds_a_header_without_code(tmp_path: Path) -> None:
    (tmp_path / "layouts").mkdir()
    own = layout_text().replace('"Обучающихся с ОВЗ"]', '"Обучающихся с ОВЗ", "ОВЗ, чел"]')
    (tmp_path / "layouts" / "context_form.toml").write_text(own, encoding="utf-8")
    path = write_xlsx(tmp_path / "form.xlsx", [[*FORM[:7], "ОВЗ, чел."], SCHOOL])
    assert facts(read(path), 2).get("special_needs_count") is None
    assert facts(read(path, tmp_path), 2)["special_needs_count"] == 7


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ('"Обучающихся с ОВЗ"]', '"Обучающихся всего"]', "отнесён и к"),
        ("[flags]", "[flag]", "такого ключа нет"),
        ("has_numbers", "has_number", "такого ключа нет"),
        ('kind = "context"', 'kind = "contxt"', "неизвестное значение"),
        ("'(\\d{4}) год'", "'год'", "нет группы"),
        ('["нет подключения", "нет", "отсутствует"],', "[],", "списки текстов"),
    ],
)
def test_a_wrong_layout_is_refused_with_its_key(tmp_path: Path, old: str, new: str, told: str) -> None:
    (tmp_path / "layouts").mkdir()
    text = layout_text()
    assert old in text
    (tmp_path / "layouts" / "context_form.toml").write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(ConfigError, match=told):
        layouts(tmp_path)


def test_the_example_in_the_guide_is_a_layout_and_every_key_is_explained(tmp_path: Path) -> None:
    root = Path(__file__).resolve().parents[1]
    guide = (root / "docs/layouts.md").read_text(encoding="utf-8")
    (tmp_path / "layouts").mkdir()
    (tmp_path / "layouts/region.toml").write_text(guide.split("```toml\n")[2].split("```")[0], encoding="utf-8")
    path = write_xlsx(tmp_path / "own.xlsx", [["Школа", "Неполных семей, % семей", "Интернет"], ["СШ № 1", 20, 2]])
    reading = read(path, tmp_path)
    assert reading.layout_id == "region_conditions"
    assert facts(reading, 2) == {"families_incomplete_share": 0.2, "internet_speed_band": "до 1 Мбит/с"}
    source = (root / "pipeline/sources/context_spec.py").read_text(encoding="utf-8")
    keys = set(re.findall(r"\.(?:text|texts|flag|choice|patterns|sections?|text_lists)\(\"(\w+)\"", source))
    assert len(keys) >= 12
    assert [key for key in sorted(keys) if not re.search(rf"[`.\[]{key}\b", guide)] == []


def layout_text() -> str:
    root = Path(__file__).resolve().parents[1]
    return (root / "pipeline" / "resources" / "layouts" / "context_form.toml").read_text(encoding="utf-8")


@given(st.text(alphabet="абвё №«»-–.,\n\t XЯ1", max_size=30))
def test_a_spelling_spelt_again_stays_the_same_whatever_case_and_spaces(text: str) -> None:
    words = spelling(text)
    assert spelling(f"  {words.upper()}\n") == spelling(words)
    assert words == words.strip().lower() and "ё" not in words and "  " not in words
