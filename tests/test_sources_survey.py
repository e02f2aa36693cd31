"""Returned questionnaires are read back as they were filled in; what is no answer is rejected, the rest counts."""

import re
import shutil
import subprocess
import zipfile
from collections import Counter

import pytest
from depth import examples
from hypothesis import given, settings
from hypothesis import strategies as st
from returned_survey import Survey, counted, online_rows, rewritten, state
from source_files import write_csv

from pipeline.outputs.survey_forms import render, render_online
from pipeline.outputs.survey_sheets import Form
from pipeline.questionnaire import SCALE


@pytest.fixture
def survey(tmp_path) -> Survey:
    return Survey(tmp_path)


@given(data=st.data(), group_code=st.sampled_from(["director", "teacher", "pupil", "parent"]))
@settings(max_examples=examples(6))
def test_what_was_written_is_read_back(tmp_path_factory, data, group_code) -> None:
    survey = Survey(tmp_path_factory.mktemp("survey"))
    respondent = st.dictionaries(st.sampled_from(survey.codes(group_code)), st.sampled_from(list(SCALE)), min_size=1)
    answers = data.draw(st.lists(respondent, min_size=1, max_size=1 if group_code == "director" else 5))
    survey.put("любое имя.xlsx", render(survey.form(group_code), answers))
    found = survey.read()
    assert counted(found) == Counter(answer for one in answers for answer in one.items())
    assert found.rejects.empty
    assert set(found.answers["respondent_number"]) == (
        {0} if group_code in ("pupil", "parent") else set(range(1, len(answers) + 1))
    )
    if group_code == "teacher":
        sizes = found.answers.groupby("respondent_number")["item_code"].count()
        assert list(sizes) == [len(one) for one in answers]


@pytest.mark.parametrize("told", [4, 4.0, "4", "4,0", "4 — скорее верно", "Скорее верно"])
def test_an_answer_is_read_however_the_office_program_saved_it(survey, told) -> None:
    survey.put("анкета.xlsx", render(survey.form("director"), survey.all("director", told)))
    assert set(survey.read().answers["answer"]) == {4}


@pytest.mark.parametrize("told", [0, 6, "да", "4.5", "не знаю"])
def test_an_impossible_answer_is_rejected_and_the_rest_counts(survey, told) -> None:
    answers = survey.all("teacher", 3, 4)
    survey.put("анкета.xlsx", render(survey.form("teacher"), [{**answers[0], "t_equipment_1": told}, *answers[1:]]))
    found = survey.read()
    assert len(found.answers) == 4 * 36 - 1
    assert list(found.rejects["reason_code"]) == ["not_on_scale"]
    assert "ответ анкеты — не число от 1 до 5" in state(found, "анкета.xlsx")[1]


def test_a_half_filled_form_counts_and_is_told(survey) -> None:
    few = [dict.fromkeys(survey.codes("director")[:10], 5)]
    survey.put("анкета.xlsx", render(survey.form("director"), few))
    found = survey.read()
    assert len(found.answers) == 10
    assert state(found, "анкета.xlsx")[0] == "partial"
    assert "28\u00a0%" in state(found, "анкета.xlsx")[1]


def test_an_empty_form_is_told(survey) -> None:
    survey.put("анкета.xlsx", render(survey.form("teacher")))
    found = survey.read()
    assert found.answers.empty
    assert state(found, "анкета.xlsx")[0] == "empty"
    assert found.files["school_id"].iloc[0] == "s01"


def test_a_statement_whose_text_was_changed_is_not_counted(survey) -> None:
    form = survey.form("teacher")
    # Words changed in two rows, spelling and the order of the rows in others: only the words matter.
    items = form.items.assign(text=form.items["text"].mask(form.items["item_number"] <= 2, "Совсем другой вопрос."))
    items = items.assign(text=items["text"].str.upper().str.replace(".", " !")).iloc[::-1]
    altered = Form(form.form_id, form.school_name, form.municipality_name, items, form.texts)
    survey.put("анкета.xlsx", render(altered, survey.all("teacher", 4, 5)))
    found = survey.read()
    assert len(found.answers) == 34 * 5
    assert list(found.rejects["reason_code"]) == ["altered_item"] * 10
    assert "текст утверждения анкеты изменён (10 раз)" in state(found, "анкета.xlsx")[1]


@pytest.mark.parametrize(
    ("counts", "reason"),
    [
        ([6, 5, 0, 0, 0], "above_form_count"),
        ([1, -1, 0, 0, 0], "below_minimum"),
        ([1.5, 0, 0, 0, 0], "not_an_integer"),
        (["много", 0, 0, 0, 0], "not_a_number"),
        (["#ДЕЛ/0!", 0, 0, 0, 0], "formula_error"),
    ],
)
def test_a_row_of_a_tally_that_cannot_be_true_is_rejected_whole(survey, counts, reason) -> None:
    good = {code: [2, 2, 2, 2, 2] for code in survey.codes("pupil")}
    form = render(survey.form("pupil"), counts={**good, "p_equipment_1": counts}, head_count=10)
    survey.put("подсчёт.xlsx", form)
    found = survey.read()
    assert found.answers["item_code"].nunique() == 35
    assert list(found.rejects["reason_code"]) == [reason]
    assert found.files["respondent_count"].iloc[0] == 10


def test_a_tally_without_the_number_of_forms_counts_and_is_told(survey) -> None:
    counts = {code: [2, 2, 0, 0, 0] for code in survey.codes("pupil")}
    survey.put("подсчёт.xlsx", render(survey.form("pupil"), counts=counts))
    found = survey.read()
    assert len(found.answers) == 72
    assert "не указано число возвращённых анкет" in state(found, "подсчёт.xlsx")[1]


def test_answers_outside_the_columns_and_foreign_sheets_are_told(survey) -> None:
    def change(sheets):
        for row in sheets["Ответы"][6:8]:
            row.extend([3])
        sheets["Выдуманова А. Б."] = [["Выдуманова А. Б.", 5]]

    content = render(survey.form("teacher"), survey.all("teacher", 2, 3))
    rewritten(content, survey.folder / "анкета.xlsx", change)
    found = survey.read()
    assert len(found.answers) == 3 * 36
    assert Counter(found.rejects["reason_code"]) == {"extra_column": 2, "unknown_sheet": 1}
    assert "Выдуманова" not in found.rejects.to_csv() + found.files.to_csv()


def test_a_formula_that_failed_is_told_not_taken_for_a_blank(survey) -> None:
    path = survey.put("анкета.xlsx", render(survey.form("director"), survey.all("director", 2)))
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    *_, cell = re.finditer(rb'<c r="(D\d+)"( s="\d+") t="s"><v>\d+</v>', parts["xl/worksheets/sheet1.xml"])
    failed = b'<c r="' + cell[1] + b'"' + cell[2] + b' t="e"><f>1/0</f><v>#DIV/0!</v>'
    parts["xl/worksheets/sheet1.xml"] = parts["xl/worksheets/sheet1.xml"].replace(cell[0], failed)
    with zipfile.ZipFile(path, "w") as archive:
        for name, part in parts.items():
            archive.writestr(name, part)
    found = survey.read()
    assert len(found.answers) == 35
    assert f"ошибка формулы вместо значения: {cell[1].decode()}" in state(found, "анкета.xlsx")[1]


@pytest.mark.parametrize("encoding", ["cp1251", "utf-8-sig"])
@pytest.mark.parametrize(
    "first",
    [
        {"Школа": "МБОУ «Школа №2»", "Муниципальное образование": "Озёрный район"},
        {"Выберите школу": "школа № 2"},
        {"Код школы": "s02"},
        {"Логин ОО": "EDU670002"},
    ],
)
def test_an_export_of_an_online_form_names_its_school_in_many_ways(survey, encoding, first) -> None:
    rows = online_rows(survey, [5, "4 — скорее верно", "Скорее неверно"], first)
    write_csv(survey.folder / "export.csv", rows, encoding)
    found = survey.read()
    assert Counter(found.answers["answer"]) == {5: 36, 4: 36, 2: 36}
    assert set(found.answers["school_id"]) == {"s02"} and set(found.answers["group_code"]) == {"parent"}
    assert set(found.answers["respondent_number"]) == {1, 2, 3}


def test_an_online_export_of_one_school_is_known_by_its_hidden_sheet(survey) -> None:
    form = survey.form("parent")
    survey.put("выгрузка.xlsx", render_online(form.form_id, form.items, survey.all("parent", 3, 2)))
    found = survey.read()
    assert len(found.answers) == 72 and set(found.answers["school_id"]) == {"s01"}


def test_an_export_that_lacks_a_statement_says_so(survey) -> None:
    rows = [row[:1] + row[3:] for row in online_rows(survey, [1], {"Код школы": "s01"})]
    write_csv(survey.folder / "export.csv", rows)
    found = survey.read()
    assert len(found.answers) == 34
    assert "нет утверждений № 1, 2" in state(found, "export.csv")[1]


@pytest.mark.slow
@pytest.mark.parametrize("suffix", ["xlsx", "ods"])
def test_forms_saved_by_libreoffice_are_read_alike(survey, tmp_path, suffix) -> None:
    office = shutil.which("soffice")
    if office is None:
        pytest.skip("LibreOffice is not installed: apt-get install libreoffice-calc")
    for group_code in ("director", "teacher", "pupil"):
        answers = [{c: 1 + (n + k) % 5 for k, c in enumerate(survey.codes(group_code))} for n in range(3)]
        survey.put(
            f"{group_code}.xlsx", render(survey.form(group_code), answers[: 1 if group_code == "director" else 3])
        )
    before = counted(survey.read())
    saved = tmp_path / "saved"
    profile = f"-env:UserInstallation=file://{tmp_path}/profile"
    files = sorted(survey.folder.glob("*.xlsx"))
    subprocess.run(
        [office, "--headless", profile, "--convert-to", suffix, "--outdir", saved, *files],
        check=True, capture_output=True, timeout=300,
    )  # fmt: skip
    for path in files:
        path.unlink()
        shutil.copy(saved / f"{path.stem}.{suffix}", survey.folder / f"renamed {path.stem}.{suffix}")
    found = survey.read()
    assert counted(found) == before and found.rejects.empty
