"""Returned forms and tables of support facts: what becomes a fact, what is refused and why, who has not answered."""

from datetime import date

import pytest
from returned_support import (
    CITY,
    INSTITUTE,
    MARCH,
    OZERNY,
    ROOM,
    Support,
    facts,
    reasons,
    state,
)
from returned_survey import rewritten
from source_files import write_xlsx

from pipeline.errors import ConfigError
from pipeline.support_request import ID_SHEET, Entry

HEADER = ("Мера", "Муниципальное образование", "Школа", "Дата", "Количество", "Чем подтверждается")


@pytest.fixture
def june(tmp_path) -> Support:
    return Support(tmp_path)


@pytest.fixture
def november(tmp_path) -> Support:
    return Support(tmp_path, "november")


def told(support: Support, *row: object) -> list[str]:
    """The reasons for which a table of one line is refused; empty where it is a fact."""
    support.put_table("факты.csv", [HEADER, row])
    found = support.read()
    assert len(found.facts) + len(found.rejects) == 1
    return reasons(found)


def test_nothing_returned_is_no_error_and_everybody_is_waited_for(june) -> None:
    found = june.read()
    assert found.facts.empty and found.files.empty and found.rejects.empty and found.source_files.empty
    assert len(found.returns) == 3 + 2 and not found.returns["is_returned"].any()
    counts = found.returns.set_index("unit_name")["school_count"]
    assert counts[OZERNY] == 2 and counts["Лесной муниципальный округ"] == 0 and counts["СОИРО"] == 3


@pytest.mark.parametrize("place", ["../форма.xlsx", "../июнь/форма.xlsx"])
def test_a_form_beside_the_folders_of_the_periods_stops_the_reading(june, place) -> None:
    june.put(place, june.filled())
    with pytest.raises(ConfigError, match="raw/2026/support/june или raw/2026/support/november"):
        june.read()


def test_a_filled_form_gives_its_facts_with_list_place_and_evidence(june) -> None:
    content = june.filled(
        Entry(13, MARCH, 2, "приказ № 5", school_id="s01"),
        Entry(13, date(2026, 3, 20), 1, school_id="s01"),  # a second event stands in a free line
        Entry(4, date(2026, 4, 2), 1),
    )
    june.put("что угодно.xlsx", content)
    found = june.read()
    assert facts(found) == [
        (13, "m1", "s01", "2026-03-15", 2.0),
        (13, "m1", "s01", "2026-03-20", 1.0),
        (4, "m1", None, "2026-04-02", 1.0),
    ]
    assert set(found.facts["list_year"]) == {2025} and set(found.facts["provider_code"]) == {"municipality"}
    assert found.facts["is_counted"].all() and "приказ № 5" in set(found.facts["evidence_text"].dropna())
    row = found.returns.set_index("unit_name").loc[OZERNY]
    assert row["is_returned"] and row["file_count"] == 1 and row["fact_count"] == 3
    assert state(found, "что угодно.xlsx") == ("counted", "")


def test_units_of_the_institute_report_places_and_the_region(june) -> None:
    june.put(
        "а.xlsx",
        june.filled(Entry(14, MARCH, 5, school_id="s03"), Entry(4, MARCH, 1, municipality_id="m2"), unit=INSTITUTE),
    )
    june.put("б.xlsx", june.filled(Entry(11, MARCH, 4), unit=ROOM))
    found = june.read()
    assert facts(found) == [
        (11, None, None, "2026-03-15", 4.0),
        (14, "m2", "s03", "2026-03-15", 5.0),
        (4, "m2", None, "2026-03-15", 1.0),
    ]
    assert found.returns.set_index("provider_code").loc["institute", "is_returned"].all()


@pytest.mark.parametrize(("encoding", "mark"), [("utf-8", ";"), ("cp1251", ";"), ("utf-8-sig", ","), ("utf-8", "\t")])
def test_a_table_of_facts_is_read_in_every_usual_spelling(june, encoding, mark) -> None:
    rows = [
        ("measure", "municipality", "school", "date", "quantity", "evidence"),
        ("13", OZERNY, "МБОУ Школа № 1", "15.03.2026", "2", "приказ"),
        ("№ 14", "", "s03", "2026-03-16", "3", ""),
        ("Мера 4", "Озёрный район", "", "17.03.2026", "1", ""),
        ("11", "", "", "18.03.26 г.", "7", ""),
    ]
    june.put_table("таблица.csv", rows, encoding, mark)
    found = june.read()
    assert facts(found) == [
        (11, None, None, "2026-03-18", 7.0),
        (13, "m1", "s01", "2026-03-15", 2.0),
        (14, "m2", "s03", "2026-03-16", 3.0),
        (4, "m1", None, "2026-03-17", 1.0),
    ]
    assert set(found.facts["provider_code"]) == {"institute"}
    assert not found.returns["is_returned"].any()  # a table is no form


@pytest.mark.parametrize("measure", ["13", 13, "13.", "№ 13", "Мера 13", "мера № 13", "13. Повышение …", "13 — курсы"])
def test_a_measure_is_known_by_its_number(june, measure) -> None:
    assert told(june, measure, "", "s01", "15.03.2026", "2") == []


def test_a_measure_is_known_by_its_whole_title(june) -> None:
    title = "Повышение квалификации руководителей школ с низкими результатами"
    june.put_table("факты.csv", [HEADER, (title, "", "s01", "15.03.2026", "2")])
    assert facts(june.read()) == [(13, "m1", "s01", "2026-03-15", 2.0)]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (("", OZERNY, "s01", "15.03.2026", "2"), "missing_value"),
        (("99", OZERNY, "s01", "15.03.2026", "2"), "unknown_measure"),
        (("13, 14", OZERNY, "s01", "15.03.2026", "2"), "unknown_measure"),
        (("13.5", OZERNY, "s01", "15.03.2026", "2"), "unknown_measure"),
        (("12-14", OZERNY, "s01", "15.03.2026", "2"), "unknown_measure"),
        (("что-то важное", OZERNY, "s01", "15.03.2026", "2"), "unknown_measure"),
        (("13", OZERNY, "s01", "", "2"), "missing_value"),
        (("13", OZERNY, "s01", "март", "2"), "not_a_date"),
        (("13", OZERNY, "s01", "10–12.03.2026", "2"), "not_a_date"),
        (("13", OZERNY, "s01", "31.02.2026", "2"), "not_a_date"),
        (("13", OZERNY, "s01", "15.03.2025", "2"), "outside_plan_year"),
        (("13", OZERNY, "s01", "01.07.2026", "2"), "after_day"),
        (("13", OZERNY, "s01", "15.03.2026", ""), "missing_value"),
        (("13", OZERNY, "s01", "15.03.2026", "два"), "not_a_number"),
        (("13", OZERNY, "s01", "15.03.2026", "-1"), "below_minimum"),
        (("13", OZERNY, "s01", "15.03.2026", "1,5"), "part_of_a_whole"),
        (("13", OZERNY, "s01", "", "0"), "nothing_happened"),
        (("13", OZERNY, "s01", "15.03.2026", "2026000"), "more_than_possible"),
        (("8", OZERNY, "s01", "15.03.2026", "2"), "more_than_possible"),  # one school is not two
        (("6", OZERNY, "", "15.06.2026", "3"), "more_than_possible"),  # one municipality is not three
        (("1", "", "", "15.06.2026", "7"), "more_than_possible"),  # six schools in all
        (("8", OZERNY, "", "15.03.2026", "3"), "more_than_possible"),  # two listed schools there
        (("8", "", "", "15.03.2026", "4"), "more_than_possible"),  # three in all
        (("4", "Дальний район", "", "15.03.2026", "2"), "unknown_municipality"),
        (("6", "", "", "15.06.2026", "4"), "more_than_possible"),  # three municipalities
        (("13", OZERNY, "Школа № 77", "15.03.2026", "2"), "unknown_school"),
        (("13", OZERNY, "s09", "15.03.2026", "2"), "outside_list"),
        (("13", OZERNY, "s02", "15.03.2026", "2"), "outside_list"),  # on the list of September only
        (("13", "город Приозёрск", "s01", "15.03.2026", "2"), "other_municipality"),
        (("Итого", "", "", "", "12"), "footer_row"),
    ],
)
def test_what_cannot_be_a_fact_is_refused_with_its_reason_and_place(june, row, reason) -> None:
    assert told(june, *row) == [reason]


def test_quantities_at_the_edge_are_facts(june) -> None:
    assert told(june, "8", OZERNY, "s01", "15.03.2026", "1") == []
    assert told(june, "8", OZERNY, "", "15.03.2026", "2") == []  # totals of the institute
    assert told(june, "8", "", "", "15.03.2026", "3") == []
    assert told(june, "6", "", "", "15.06.2026", "3") == []
    assert told(june, "1", "", "", "30.06.2026", "6") == []
    assert told(june, "13", OZERNY, "s01", "01.01.2026", "0") == []  # «0» with a day is an answer


def test_a_municipality_reports_neither_others_nor_the_region(june) -> None:
    june.put("форма.xlsx", june.filled(Entry(13, MARCH, 1, school_id="s03"), Entry(11, MARCH, 1), Entry(13, MARCH, 1)))
    found = june.read()
    assert found.facts.empty and reasons(found) == ["no_school", "not_asked", "other_municipality"]
    remark = state(found, "форма.xlsx")[1]
    assert remark.startswith("не принято строк: 3 — ") and "школа относится к другому муниципалитету" in remark


def test_facts_of_a_merged_school_go_to_its_successor(june) -> None:
    june.put_table("факты.csv", [HEADER, ("13", "", "s04", "15.01.2026", "1")])
    assert facts(june.read()) == [(13, "m1", "s05", "2026-01-15", 1.0)]


def test_the_day_of_an_event_tells_which_list_it_serves(november) -> None:
    rows = [("13", "", "s05", "31.08.2026", "1"), ("13", "", "s02", "01.09.2026", "1")]
    rows += [("13", "", "s05", "01.09.2026", "1"), ("13", "", "s02", "31.08.2026", "1")]
    november.put_table("факты.csv", [HEADER, *rows])
    found = november.read()
    own = found.facts.set_index("school_id")["list_year"]
    assert dict(own) == {"s05": 2025, "s02": 2026} and reasons(found) == ["outside_list"] * 2


def test_november_reads_june_too_and_waits_for_its_own_forms(tmp_path) -> None:
    june, november = Support(tmp_path), Support(tmp_path, "november")
    june.put("июнь.xlsx", june.filled(Entry(13, MARCH, 2, school_id="s01")))
    november.put("ноябрь.xlsx", november.filled(Entry(9, date(2026, 10, 5), 1, school_id="s03"), unit=CITY))
    found = november.read()
    assert facts(found) == [(13, "m1", "s01", "2026-03-15", 2.0), (9, "m2", "s03", "2026-10-05", 1.0)]
    assert list(found.returns.loc[found.returns["is_returned"], "unit_name"]) == ["город Приозёрск"]
    assert len(june.read().files) == 1


@pytest.mark.parametrize(
    ("id_parts", "words"),
    [({"region_name": "Степной край"}, "форма другого региона"), ({"plan_year": 2025}, "июнь 2025 года")],
)
def test_a_form_of_another_region_or_year_is_told_and_its_lines_are_rejected(june, id_parts, words) -> None:
    june.put("чужая.xlsx", june.filled(Entry(13, MARCH, 2, school_id="s01"), **id_parts))
    found = june.read()
    assert found.facts.empty and reasons(found) == ["foreign_support_form"]
    assert state(found, "чужая.xlsx")[0] == "foreign" and words in state(found, "чужая.xlsx")[1]
    assert not found.returns["is_returned"].any()


def test_a_form_of_november_among_those_of_june_is_told(tmp_path) -> None:
    june, november = Support(tmp_path), Support(tmp_path, "november")
    june.put("не та.xlsx", november.filled(Entry(13, MARCH, 2, school_id="s01")))
    assert "переложите её в raw/2026/support/november" in state(june.read(), "не та.xlsx")[1]


def test_the_later_copy_of_a_form_counts_and_lines_it_lacks_are_told(june) -> None:
    first = Entry(13, MARCH, 2, school_id="s01")
    june.put("я первая.xlsx", june.filled(first, Entry(14, MARCH, 3, school_id="s01")))
    june.put("2026-06-25/а вторая.xlsx", june.filled(first, Entry(12, MARCH, 1, school_id="s05")))
    found = june.read()
    assert [row[0] for row in facts(found)] == [12, 13]
    state_code, remark = state(found, "я первая.xlsx")
    assert state_code == "superseded" and "а вторая.xlsx: она получена позже" in remark
    assert "в учтённой нет строк, которые есть здесь: лист «Школы», строка" in remark
    # What the later copy says too is no matter; the line that it lacks has to be looked at.
    assert sorted(found.rejects["is_service"].astype(bool)) == [False, True]
    assert found.returns.set_index("unit_name").loc[OZERNY, "file_count"] == 2


def test_the_same_form_twice_counts_once(june) -> None:
    content = june.filled(Entry(13, MARCH, 2, school_id="s01"))
    june.put("а.xlsx", content)
    june.put("б.xlsx", content)
    rewritten(content, june.put("в.xlsx", content), lambda sheets: None)
    found = june.read()
    assert len(found.facts) == 1
    assert sorted(found.files["state_code"]) == ["counted", "duplicate", "duplicate"]


def test_a_later_empty_copy_of_a_form_does_not_replace_the_filled_one(june) -> None:
    june.put("2026-06-20/форма.xlsx", june.filled(Entry(13, MARCH, 2, school_id="s01")))
    june.put("2026-06-25/пустая.xlsx", june.filled())
    found = june.read()
    assert facts(found) == [(13, "m1", "s01", "2026-03-15", 2.0)]
    state_code, remark = state(found, "пустая.xlsx")
    assert (state_code, remark.endswith("форма.xlsx: эта пуста")) == ("superseded", True)


def test_a_sheet_of_a_form_without_its_headers_is_named(june) -> None:
    content = june.filled(Entry(13, MARCH, 2, school_id="s01"), Entry(4, date(2026, 4, 2), 1))

    def overwrite(sheets) -> None:
        sheets["Школы"] = [["когда" if cell == "Дата" else cell for cell in row] for row in sheets["Школы"]]

    rewritten(content, june.put("форма.xlsx", content), overwrite)
    found = june.read()
    assert facts(found) == [(4, "m1", None, "2026-04-02", 1.0)] and set(reasons(found)) == {"unknown_sheet"}
    told = "не прочитано: нет заголовков «Дата» и «Количество» на листе «Школы»"
    assert state(found, "форма.xlsx")[1].startswith(told)


def test_an_empty_form_is_returned_and_says_so(june) -> None:
    june.put("пустая.xlsx", june.filled())
    found = june.read()
    assert state(found, "пустая.xlsx") == ("empty", "возвращена пустой")
    assert found.returns.set_index("unit_name").loc[OZERNY, "is_returned"]


def test_a_form_whose_hidden_sheet_was_changed_or_lost_is_refused(june) -> None:
    content = june.filled(Entry(13, MARCH, 2, school_id="s01"))

    def other_unit(sheets) -> None:
        sheets[ID_SHEET] = [["m2" if cell == "m1" else cell for cell in row] for row in sheets[ID_SHEET]]

    rewritten(content, june.put("а.xlsx", content), other_unit)
    rewritten(content, june.put("б.xlsx", content), lambda sheets: sheets.pop(ID_SHEET))
    june.put("в.xlsx", b"PK not a workbook")
    june.put("~$г.xlsx", b"a lock file of a spreadsheet")
    found = june.read()
    assert found.facts.empty and list(found.files["state_code"]) == ["unreadable"] * 3
    assert "Скрытый лист формы изменён" in state(found, "а.xlsx")[1]
    assert "нет скрытого листа" in state(found, "б.xlsx")[1]


def test_a_foreign_sheet_is_accounted_for_without_its_name(june) -> None:
    content = june.filled(Entry(13, MARCH, 2, school_id="s01"))

    def add_sheet(sheets) -> None:
        sheets["Вымышленников"] = [["заметка", "Вымышленников И. И."]]

    rewritten(content, june.put("форма.xlsx", content), add_sheet)
    found = june.read()
    assert reasons(found) == ["unknown_sheet"]
    assert "Вымышленников" not in found.rejects.to_csv() + found.files.to_csv() + found.facts.to_csv()


@pytest.mark.parametrize(
    "name", ["Вымышленников И. И.", "И.И. Вымышленников", "Вымышленников И.", "Выдуманная-Вымышленников И.И."]
)
def test_no_name_of_a_person_outlives_the_reading(june, name) -> None:
    rows = [("13", "", "s01", "15.03.2026", "2", f"приказ № 5 от 12.03.2026 (отв. {name})")]
    rows += [
        ("13", "", "s01", f"{name} 2026", "2", ""),
        ("13", "", "s01", "15.03.2026", name, ""),
        (name, "", "", "", "", ""),
    ]
    june.put_table("факты.csv", [HEADER, *rows])
    found = june.read()
    told = "".join(frame.to_csv() for frame in (found.facts, found.rejects, found.files))
    assert "Вымышленников" not in told and "приказ № 5 от 12.03.2026 (отв. (имя опущено))" in told
    assert len(found.facts) == 1 and len(found.rejects) == 3


def test_columns_that_nobody_asked_for_are_told_and_not_read(june) -> None:
    rows = [(*HEADER, "Фамилия"), ("13", "", "s01", "15.03.2026", "2", "", "Вымышленников")]
    june.put_table("факты.csv", rows)
    found = june.read()
    assert state(found, "факты.csv") == ("counted", "не прочитаны столбцы: Фамилия")
    assert "Вымышленников" not in found.facts.to_csv() + found.rejects.to_csv()


def test_without_a_list_no_school_can_be_supported(tmp_path) -> None:
    support = Support(tmp_path, lists={})
    assert told(support, "13", "", "s01", "15.03.2026", "2") == ["outside_list"]
    assert told(support, "4", OZERNY, "", "15.03.2026", "1") == []


def test_a_table_may_be_a_workbook_with_a_title_above_its_header(june) -> None:
    path = june.put("факты.xlsx", b"")
    write_xlsx(
        path, [("Курсы СОИРО, 2026 год",), (), HEADER, (13, OZERNY, "s01", "15.03.2026", 2), ("Всего", "", "", "", 2)]
    )
    found = june.read()
    assert facts(found) == [(13, "m1", "s01", "2026-03-15", 2.0)] and reasons(found) == ["footer_row"]
    assert found.rejects["is_service"].all() and state(found, "факты.xlsx") == ("counted", "")
