"""The public tables: numbers or the word for why there is none, no schools, the same bytes, no formula from data."""

import pandas as pd
from book_text import sheet_names, sheet_records, sheet_rows, sheet_xml
from test_disclosure import RULES, results_of

from pipeline import disclosure
from pipeline.outputs import public_tables
from pipeline.tables.disclosed import PUBLIC_RESULTS

REGION = [[(400, 80), (250, 40)], [(300, 60)], [(200, 40)], [(150, 30), (90, 20)], [(220, 70)]]
NAMES = {"m00": "=1+1", "m01": "Б", "m02": "В", "m03": "Г", "m04": "Д"}


def public_with_every_word() -> pd.DataFrame:
    """A public table in which every reason to hide a number is met once."""
    told = disclosure.public_results(results_of(REGION), RULES).set_index("place_id")
    numbers = ["tested_count", "low_count", "low_share"]
    told.loc["m01", [*numbers, "tested_state_code", "low_state_code"]] = [None, None, None, "small", "hidden"]
    told.loc["m02", [*numbers[1:], "below_share", "low_state_code"]] = [None, None, 0.05, "below"]
    told.loc["m03", [*numbers[1:], "low_state_code"]] = [None, None, "few"]
    told.loc["m04", [*numbers[1:], "above_share", "low_state_code"]] = [None, None, 0.95, "above"]
    return PUBLIC_RESULTS.conform(told.reset_index())


PUBLIC = public_with_every_word()


def book() -> bytes:
    return public_tables.render_workbook(PUBLIC, NAMES, RULES, region_name="Край & Ко", year=2026, notice="ДЕМО")


def test_every_municipality_has_its_row_with_numbers_or_the_word_for_why_there_is_none() -> None:
    rows = {row["Муниципальное образование"]: list(row.values())[4:] for row in sheet_records(book(), "Муниципалитеты")}
    assert rows == {
        "=1+1": [650, 120, 18.5],
        "Б": ["менее 10", "скрыто", "скрыто"],
        "В": [200, "скрыто", "менее 5\u00a0%"],
        "Г": [240, "скрыто", "мало участников"],
        "Д": [220, "скрыто", "более 95\u00a0%"],
    }


def test_the_region_stands_on_a_sheet_of_its_own_and_schools_nowhere() -> None:
    guide, *names = sheet_names(book())
    assert names == ["Регион", "Муниципалитеты"]
    assert [list(row.values())[3:] for row in sheet_records(book(), "Регион")] == [["все классы", 1610, 340, 21.1]]
    csv = public_tables.render_csv(PUBLIC, NAMES, RULES, notice="ДЕМО").decode("utf-8-sig")
    assert "s0000" not in csv and "s0000" not in str([sheet_rows(book(), name) for name in (guide, *names)])


def test_the_csv_begins_with_the_notice_and_holds_no_formula() -> None:
    lines = public_tables.render_csv(PUBLIC, NAMES, RULES, notice="ДЕМО").decode("utf-8-sig").split("\r\n")
    assert lines[0] == "ДЕМО" and lines[1].startswith("Год;Процедура;Предмет")
    assert "2026;ОГЭ;математика;'=1+1;все классы;650;120;18,5" in lines


def test_the_workbook_is_public_marked_and_always_the_same() -> None:
    assert book() == book()
    xml = sheet_xml(book(), "Муниципалитеты")
    assert "служебного" not in xml and "ДЕМО" in xml and "<autoFilter" in xml
