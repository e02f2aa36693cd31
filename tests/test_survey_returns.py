"""All returned files together: which count, which are told, and that nothing personal outlives the reading."""

from collections import Counter

import pytest
from returned_survey import Survey, counted, online_rows, rewritten, state
from source_files import write_csv, write_xlsx

from pipeline.outputs.survey_forms import render
from pipeline.questionnaire import file_name
from pipeline.survey_choice import Unit, choose


@pytest.fixture
def survey(tmp_path) -> Survey:
    return Survey(tmp_path)


def test_nothing_returned_is_no_error(survey) -> None:
    found = survey.read()
    assert found.answers.empty and found.files.empty and found.rejects.empty and found.source_files.empty


def test_the_same_file_twice_counts_once(survey) -> None:
    content = render(survey.form("teacher"), survey.all("teacher", 2, 3))
    survey.put("а.xlsx", content)
    survey.put("б.xlsx", content)
    # The same answers saved anew have other bytes.
    survey.put("в.xlsx", render(survey.form("teacher"), survey.all("teacher", 2, 3), head_count=20))
    found = survey.read()
    assert len(found.answers) == 3 * 36
    assert sorted(found.files["state_code"]) == ["counted", "duplicate", "duplicate"]


def test_of_two_copies_the_later_delivery_counts_else_the_fuller(survey) -> None:
    old, new = (render(survey.form("director"), survey.all("director", answer)) for answer in (1, 5))
    survey.put("я первая.xlsx", old)
    survey.put("2026-10-20/а вторая.xlsx", new)
    few = [dict.fromkeys(survey.codes("teacher")[:30], 1)]
    survey.put("учителя я.xlsx", render(survey.form("teacher"), few))
    survey.put("учителя а.xlsx", render(survey.form("teacher"), survey.all("teacher", 2)))
    found = survey.read()
    director = found.answers[found.answers["group_code"] == "director"]
    teachers = found.answers[found.answers["group_code"] == "teacher"]
    assert set(director["answer"]) == {5} and set(teachers["answer"]) == {2}
    assert state(found, "я первая.xlsx") == (
        "superseded",
        "вместо этого файла учтён raw/2026/survey/2026-10-20/а вторая.xlsx: он получен позже; "
        "проверьте, не заполнила ли копию анкеты другая школа",
    )
    assert "другой номер части" in state(found, "учителя я.xlsx")[1]
    assert set(found.rejects["reason_code"]) == {"superseded_form"}


def test_parts_of_one_school_are_added(survey) -> None:
    for part in (1, 2):
        form = render(survey.form("pupil"), survey.all("pupil", part, 10), part=part)
        survey.put(f"корпус {part}.xlsx", form)
    assert counted(survey.read()) == Counter({(c, a): 10 for c in survey.codes("pupil") for a in (1, 2)})


@pytest.mark.parametrize(
    ("form", "name", "told"),
    [
        ({"year": 2025}, "анкета.xlsx", "анкета 2025 года, а нужна 2026 года"),
        ({"region": "Лесной край"}, "анкета.xlsx", "анкета другого региона («Лесной край»)"),
        ({}, file_name("s02", "МБОУ «Школа № 2»", "director"), "анкета выдана школе s01"),
    ],
)
def test_a_foreign_form_is_told_and_does_not_count(survey, form, name, told) -> None:
    survey.put(name, render(survey.form("director", **form), survey.all("director", 1)))
    survey.put("своя.xlsx", render(survey.form("director", "s02"), survey.all("director", 2)))
    found = survey.read()
    assert set(found.answers["school_id"]) == {"s02"} and set(found.answers["answer"]) == {2}
    assert state(found, name)[0] == "foreign" and told in state(found, name)[1]
    assert set(found.rejects["reason_code"]) == {"foreign_form"} and not found.rejects["is_service"].any()


def test_a_form_named_as_it_was_written_is_its_own(survey) -> None:
    name = file_name("s01", "МБОУ «Школа № 1»", "director")
    survey.put(name, render(survey.form("director"), survey.all("director", 1)))
    assert state(survey.read(), name) == ("counted", "")


def test_a_school_that_is_not_surveyed_is_told(survey) -> None:
    survey.put("анкета.xlsx", render(survey.form("teacher", "s03"), survey.all("teacher", 1, 2)))
    found = survey.read()
    assert found.answers.empty
    assert state(found, "анкета.xlsx")[0] == "not_surveyed"
    assert "s03" in state(found, "анкета.xlsx")[1]


def test_more_answering_teachers_than_teachers_contradict_themselves(survey) -> None:
    survey.put("анкета.xlsx", render(survey.form("teacher"), survey.all("teacher", 1, 7), head_count=5))
    survey.put("вторая.xlsx", render(survey.form("teacher", "s02"), survey.all("teacher", 1, 5), head_count=5))
    found = survey.read()
    assert set(found.answers["school_id"]) == {"s02"}
    assert set(found.rejects["reason_code"]) == {"above_head_count"}


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda sheets: sheets.pop("shnro_form"), "нет скрытого листа"),
        (lambda sheets: sheets["shnro_form"][1].__setitem__(1, "s02"), "Скрытый лист анкеты изменён"),
        (lambda sheets: sheets["shnro_form"].pop(), "Скрытый лист анкеты изменён"),
        (lambda sheets: sheets.pop("Анкета"), "Это не анкета"),
    ],
)
def test_a_form_without_its_identity_is_refused_with_what_to_do(survey, change, told) -> None:
    content = render(survey.form("director"), survey.all("director", 2))
    rewritten(content, survey.folder / "анкета.xlsx", change)
    survey.put("цела.xlsx", render(survey.form("teacher"), survey.all("teacher", 2)))
    found = survey.read()
    code, remark = state(found, "анкета.xlsx")
    assert code == "unreadable" and told in remark and "Что сделать" in remark
    assert set(found.answers["group_code"]) == {"teacher"}


def test_a_copy_of_a_file_that_cannot_be_read_is_no_counted_copy(survey) -> None:
    for name in ("первая.xlsx", "вторая.xlsx"):
        survey.put(name, b"")
    found = survey.read()
    assert set(found.files["state_code"]) == {"unreadable"}
    assert found.files["remark_text"].str.contains("Файл пуст").all()
    assert not found.files["remark_text"].str.contains("Где:").any()  # the file stands beside its remark


def test_an_archive_of_an_unknown_version_is_a_damaged_workbook(survey) -> None:
    content = bytearray(render(survey.form("director"), survey.all("director", 2)))
    directory = content.rindex(b"PK\x01\x02")
    content[directory + 6] = 158  # the version that is needed to unpack it
    survey.put("анкета.xlsx", bytes(content))
    survey.put("цела.xlsx", render(survey.form("teacher"), survey.all("teacher", 2)))
    found = survey.read()
    code, remark = state(found, "анкета.xlsx")
    assert code == "unreadable" and "повреждена" in remark
    assert set(found.answers["group_code"]) == {"teacher"}


def test_damaged_and_foreign_files_do_not_stop_the_others(survey) -> None:
    survey.put("битая.xlsx", render(survey.form("director"))[:2000])
    survey.put("пустая.xlsx", b"")
    survey.put("скан.pdf", b"%PDF-1.4")
    write_xlsx(survey.folder / "чужая таблица.xlsx", [["Школа", "Участников"], ["Школа № 1", 12]])
    survey.put("_отложено.xlsx", b"set aside")
    survey.put("~$анкета.xlsx", b"a lock of Excel")
    survey.put("цела.xlsx", render(survey.form("director"), survey.all("director", 2)))
    found = survey.read()
    assert len(found.files) == 5 and len(found.answers) == 36
    assert Counter(found.files["state_code"]) == {"unreadable": 4, "counted": 1}


def test_an_export_of_many_schools_counts_those_that_are_surveyed(survey) -> None:
    rows = online_rows(survey, [1], {"Школа": "Школа № 1"})
    for name in ("Школа № 3", "Школа № 99", None):
        rows += online_rows(survey, [2], {"Школа": name})[1:]
    write_csv(survey.folder / "export.csv", rows)
    found = survey.read()
    assert set(found.answers["school_id"]) == {"s01"} and len(found.answers) == 36
    reasons = Counter(found.rejects["reason_code"])
    assert reasons == {"not_surveyed": 1, "unknown_school": 1, "no_school": 36}
    code, remark = state(found, "export.csv")
    assert code == "counted"
    assert "Школа № 99" in remark and "s03" in remark


def test_a_later_export_that_holds_an_earlier_one_replaces_it(survey) -> None:
    first = {"Код школы": "s01"}
    write_csv(survey.folder / "1.csv", online_rows(survey, [1, 2], first))
    write_csv(survey.folder / "2.csv", online_rows(survey, [1, 2, 2], first))
    write_csv(survey.folder / "3.csv", online_rows(survey, [4], first))
    found = survey.read()
    assert Counter(found.answers["answer"]) == {1: 36, 2: 72, 4: 36}
    assert [state(found, f"{n}.csv")[0] for n in (1, 2, 3)] == ["superseded", "counted", "counted"]


def test_nothing_that_names_a_respondent_outlives_the_reading(survey) -> None:
    secrets = {
        "Отметка времени": "01.10.2026 12:34:56",
        "ФИО": "Выдуманова Анна Борисовна",
        "Адрес электронной почты": "vydumanova@example.org",
        "Что ещё хотите сказать?": "тайное слово",
        "Код школы": "s01",
    }
    rows = online_rows(survey, [1, 2], secrets)
    rows[1][7] = "vydumanova@example.org"
    rows[2][8] = "+7 900 000-00-00"
    write_csv(survey.folder / "export.csv", rows)
    # A name over a teacher's column, a remark in place of an answer, and words beside the tally.
    answers = [{**one, "t_language_1": "Выдуманова, спросите её"} for one in survey.all("teacher", 3, 2)]
    survey.put("учителя.xlsx", render(survey.form("teacher"), answers))
    found = survey.read()
    everything = "".join(frame.to_csv() for frame in (found.answers, found.files, found.rejects, found.source_files))
    assert len(found.answers) == 70 + 70
    for secret in ("12:34", "ыдуманова", "vydumanova", "тайное", "900 000"):
        assert secret not in everything


def test_the_order_of_arrival_decides_nothing(survey) -> None:
    answers = [Counter({frozenset({("a", n, 1)}): 1}) for n in (1, 2, 2)]
    units = [Unit(f"{n}.xlsx", "s01", "teacher", 1, "", answer) for n, answer in enumerate(answers)]
    assert choose(units) == choose(units[::-1])
    assert [verdict.state_code for _, verdict in sorted(choose(units).items())] == [
        "superseded",
        "duplicate",
        "counted",
    ]
