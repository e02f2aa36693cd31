"""Forms of the monitoring of support: who is asked what, filled ones are kept, letters to who has not answered."""

import io
import re
from dataclasses import replace
from datetime import date

import pandas as pd
import pytest
from returned_support import (
    CITY,
    EMPTY_TOWN,
    INSTITUTE,
    MARCH,
    PLAN,
    REGISTER,
    ROOM,
    TOWN,
    Support,
    facts,
    supported,
)
from test_survey_forms import open_cells, parts
from word_text import word_text

from pipeline import support_forms
from pipeline.outputs import support_reminder
from pipeline.outputs.support_forms import render
from pipeline.outputs.support_sheets import measure_choices
from pipeline.outputs.survey_sheets import DEMO_MARK
from pipeline.schema import records
from pipeline.support_forms import form_files, make_form, write_forms, write_reminders
from pipeline.support_request import (
    Entry,
    SupportForm,
    SupportId,
    asked_units,
    event_slots,
    institute_units,
    parse_support_id,
    plan_in_force,
    unit_measures,
)


@pytest.fixture
def june(tmp_path) -> Support:
    return Support(tmp_path)


@pytest.fixture
def region_folder(june, monkeypatch) -> Support:
    """A region's folder whose register and lists are the made-up ones."""
    monkeypatch.setattr(support_forms, "load_asked", lambda root, year, period, day=None: june.asked())
    return june


def numbers(form: SupportForm, level: str) -> list[int]:
    return [line.measure["number"] for line in form.lines.get(level, ())]


def texts(content: bytes, sheet_name: str) -> list[list[object]]:
    from python_calamine import CalamineWorkbook

    book = CalamineWorkbook.from_filelike(io.BytesIO(content))
    return book.get_sheet_by_name(sheet_name).to_python(skip_empty_area=False)


def test_the_roadmap_names_the_units_that_are_asked() -> None:
    assert institute_units(PLAN) == ("СОИРО", "кабинет «Консультант-прогноз»")
    assert [unit.code for unit in asked_units(PLAN, {"m1": "Озёрный"})] == ["m1", *institute_units(PLAN)]
    assert list(unit_measures(PLAN, ROOM)["number"]) == [7, 11]
    assert "region" not in set(unit_measures(PLAN, TOWN)["level"])
    reported = {n for unit in (TOWN, INSTITUTE, ROOM) for n in unit_measures(PLAN, unit)["number"]}
    assert reported == set(range(1, 27))


def test_the_newest_plan_that_is_not_later_than_the_year_is_asked_about() -> None:
    later = PLAN[PLAN["number"] <= 3].assign(plan_year=2027)
    both = pd.concat([later, PLAN])
    assert len(plan_in_force(both, 2026)) == 26 and len(plan_in_force(both, 2027)) == 3
    assert plan_in_force(both, 2019).empty


@pytest.mark.parametrize(
    ("number", "slots"),
    [
        (4, ("март", "апрель — июнь", "август", "октябрь")),
        (1, ("июнь — август",)),
        (13, ("февраль — март",)),
        (8, ("по плану-графику",)),
        (11, ("в течение года",)),
        (3, ("сентябрь",)),
    ],
)
def test_every_time_of_a_measure_is_worded(number, slots) -> None:
    measure = next(row for row in records(PLAN) if row["number"] == number)
    assert tuple(words for _, words in event_slots(measure)) == slots


def test_a_form_prints_what_has_begun_and_offers_the_rest(june, tmp_path) -> None:
    form = june.form(TOWN)
    assert numbers(form, "municipality") == [4, 4, 6]  # March, April–June; June
    in_june = [8, 12, 13, 14, 17, 18, 19, 20, 24]
    assert numbers(form, "school") == in_june * 2  # two schools of the list of 2025
    november = Support(tmp_path, "november").form(TOWN)
    assert numbers(november, "municipality") == [4, 4, 4, 4, 6, 6, 25, 26]
    assert len(numbers(november, "school")) == 2 * 15
    # Every measure of the level can be chosen in a free line, and every school of either list.
    assert set(measure_choices(form, "school")) == set(PLAN.loc[PLAN["level"] == "school", "number"])
    assert sorted(november.schools["school_id"]) == ["s01", "s02", "s05"] and november.former == {"s05"}
    guide = str(texts(render(november), "Как заполнить"))
    assert "2 школы перечня. Ещё 1 школу прежнего перечня выбирают в свободных строках" in guide


def test_a_municipality_without_listed_schools_is_asked_about_itself_only(june) -> None:
    form = june.form(EMPTY_TOWN)
    assert set(form.lines) == {"municipality"} and set(form.measures["level"]) == {"municipality"}
    assert parts(render(form))  # and it can be written


def test_a_unit_is_asked_measure_by_measure_for_every_place(june) -> None:
    form = june.form(INSTITUTE)
    assert numbers(form, "school")[:6] == [8, 8, 8, 12, 12, 12]
    assert [line.municipality for line in form.lines["municipality"][:2]] == [
        ("m1", "Озёрный муниципальный округ"),
        ("m2", "город Приозёрск"),
    ]
    assert set(june.form(ROOM).lines) == {"region"}


def test_nothing_but_the_yellow_cells_can_be_changed(june) -> None:
    book = parts(june.filled())
    for sheet in ("Как заполнить", "Школы", "Муниципалитет", "Уже известно", "Меры", "shnro_support"):
        assert "<sheetProtection" in book[sheet]
    assert all(cell[0] in "BCEFH" for cell in open_cells(book, "Школы"))
    assert not open_cells(book, "Уже известно") and not open_cells(book, "Меры")
    assert 'state="veryHidden"' in book["xl/workbook.xml"]


def test_a_form_says_whose_it_is_what_is_known_and_until_when(june) -> None:
    june.put("июнь.xlsx", june.filled(Entry(13, MARCH, 2, "приказ № 5", school_id="s01")))
    asked, known = june.asked(), june.read().facts
    own = render(make_form(asked, TOWN, known, date(2026, 6, 20)))
    told = str(texts(own, "Уже известно"))
    assert "приказ № 5" in told and "МБОУ «Школа № 1» (s01)" in told and "2026, 3, 15" in told
    assert "приказ № 5" not in str(texts(render(make_form(asked, CITY, known)), "Уже известно"))
    guide = str(texts(own, "Как заполнить"))
    assert "Вернуть до 20.06.2026." in guide and "январь — июнь 2026 года" in guide and DEMO_MARK not in guide


def test_the_same_form_has_the_same_bytes(june) -> None:
    assert june.filled(Entry(13, MARCH, 2, school_id="s01")) == june.filled(Entry(13, MARCH, 2, school_id="s01"))


def test_an_identity_survives_only_unchanged() -> None:
    form_id = SupportId("Озёрная область", 2026, "june", "municipality", "m1")
    cells = dict(zip(("region", "year", "period", "provider", "unit", "checksum"), form_id.parts, strict=True))
    assert parse_support_id(cells) == form_id
    for key, value in (("unit", "m2"), ("year", "2025"), ("year", "²026"), ("period", "may"), ("checksum", "")):
        assert parse_support_id(cells | {key: value}) is None


def test_filled_forms_are_kept_where_they_lie_and_empty_ones_are_renewed(region_folder) -> None:
    root = region_folder.root
    first = write_forms(root, 2026, "june")
    assert len(first.written) == 5 and not first.kept
    assert (first.school_count, first.municipality_count, first.unit_count) == (3, 3, 2)
    filled = root / "forms/2026/support/june/Озёрный муниципальный округ.xlsx"
    filled.write_bytes(region_folder.filled(Entry(13, MARCH, 2, school_id="s01")))
    damaged = root / "forms/2026/support/june/город Приозёрск.xlsx"
    damaged.write_bytes(b"PK somebody's work")
    again = write_forms(root, 2026, "june")
    assert set(again.kept) == {path.relative_to(root).as_posix() for path in (filled, damaged)}
    assert len(again.written) == 3 and damaged.read_bytes() == b"PK somebody's work"


def test_facts_that_came_back_are_printed_in_the_next_forms(region_folder) -> None:
    region_folder.put_table("факты.csv", [("мера", "школа", "дата", "количество"), ("13", "s01", "15.03.2026", "2")])
    write_forms(region_folder.root, 2026, "june")
    folder = region_folder.root / "forms/2026/support/june"
    known = str(texts((folder / "Озёрный муниципальный округ.xlsx").read_bytes(), "Уже известно"))
    assert "Учтено событий этого года: 1." in known and "институт" in known
    assert "пока не учтено" in str(texts((folder / "город Приозёрск.xlsx").read_bytes(), "Уже известно"))


def test_an_unsigned_list_is_told_in_every_form(june) -> None:
    lists = supported().assign(is_signed=lambda f: f["list_year"] != 2026, stand_in_year=lambda f: f["list_year"] - 1)
    june.supported = lists
    asked = june.asked()
    assert asked.list_note.startswith("Перечень 2026 года ещё не подписан: в форме школы перечня 2025 года.")
    assert asked.list_note in str(texts(render(june.form(TOWN)), "Как заполнить"))
    june.supported = supported({})
    assert "Подписанного перечня" in june.asked().list_note


def test_two_municipalities_of_one_name_get_two_files(june) -> None:
    names = REGISTER.municipalities.assign(municipality_name="Озёрный район")
    asked = june.asked()
    same = dict.fromkeys(names["municipality_id"], "Озёрный район")
    files = form_files(replace(asked, municipalities=same))
    assert len(set(files.values())) == len(files) == 5


def letter_text(path) -> str:
    return word_text(path.read_bytes())


def test_letters_go_to_those_who_have_not_answered_and_to_nobody_else(region_folder) -> None:
    root = region_folder.root
    written = write_reminders(root, 2026, "june", region_folder.read().returns, deadline=date(2026, 6, 18))
    assert len(written) == 5
    letter = letter_text(root / written[0])
    assert "форма Озёрного муниципального округа" in letter and "до 18 июня 2026 года" in letter
    assert "— МБОУ «Школа № 1»\n— МБОУ «Школа № 5»" in letter and "Школа № 3" not in letter
    region_folder.put("форма.xlsx", region_folder.filled())
    left = write_reminders(root, 2026, "june", region_folder.read().returns)
    assert len(left) == 4 and not (root / written[0]).exists()
    assert "до 20 июня 2026 года" in letter_text(root / left[0])  # the term of the documents


def test_a_letter_without_schools_asks_about_common_measures_only(region_folder) -> None:
    root = region_folder.root
    written = write_reminders(root, 2026, "june", region_folder.read().returns)
    town = next(letter for path in written if "Школ перечня" in (letter := letter_text(root / path)))
    assert re.findall(r"— (\d+)\.", town) == ["4", "6"]
    room = next(letter_text(root / path) for path in written if "Консультант" in path)
    assert "пока не получена ваша форма" in room and "муниципальному координатору" not in room
    assert re.findall(r"— (\d+)\.", room) == ["11"]


def test_who_is_missing_is_said_in_one_line(june) -> None:
    returns = june.read().returns
    assert support_reminder.missing_summary(returns, (), "data").startswith("Не вернули форму (5 из 5): ")
    assert support_reminder.missing_summary(returns.assign(is_returned=True), (), "data") == "Формы вернули все."


def test_more_events_than_free_lines_are_written_and_read_back(june) -> None:
    days = [date(2026, 1 + n // 25, 1 + n % 25) for n in range(60)]
    june.put("форма.xlsx", june.filled(*(Entry(13, day, 1, school_id="s01") for day in days)))
    assert [row[3] for row in facts(june.read())] == [day.isoformat() for day in days]
