"""Questionnaires: the statements are complete, the workbooks guard themselves, filled forms are never overwritten."""

import io
import re
import zipfile
from pathlib import Path

import pandas as pd
import pytest

from pipeline.errors import ConfigError, StoreError
from pipeline.outputs.survey_forms import MAX_RESPONDENTS, render, render_online
from pipeline.outputs.survey_sheets import DEMO_MARK, Form
from pipeline.questionnaire import (
    GROUP_TITLES,
    MAX_ITEMS,
    FormId,
    Questionnaire,
    check_questionnaire,
    file_name,
    form_version,
    scale_answer,
)
from pipeline.survey_forms import load_questionnaire, load_texts, write_forms
from pipeline.tables.causes import GROUPS

REGION = "Озёрная область"
NOWHERE = Path("there is no such folder")


@pytest.fixture(scope="module")
def questionnaire() -> Questionnaire:
    return load_questionnaire(NOWHERE)


def make_form(questionnaire: Questionnaire, group_code: str, *, is_demo: bool = False) -> Form:
    items = questionnaire.group_items(group_code)
    form_id = FormId(REGION, "s01", 2026, group_code, form_version(items))
    return Form(form_id, "МБОУ «Школа № 1»", "Озёрный район", items, load_texts(NOWHERE), is_demo)


def parts(content: bytes) -> dict[str, str]:
    """The XML of a workbook's parts; sheets by the name that a reader sees."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        found = {name: archive.read(name).decode() for name in archive.namelist() if name.endswith(".xml")}
    names = re.findall(r'<sheet name="([^"]+)"', found["xl/workbook.xml"])
    sheets = {name: found[f"xl/worksheets/sheet{number}.xml"] for number, name in enumerate(names, start=1)}
    return found | sheets


def open_cells(book: dict[str, str], sheet: str) -> set[str]:
    """The cells of a sheet that its protection leaves open."""
    styles = re.search(r"<cellXfs.*?</cellXfs>", book["xl/styles.xml"], re.DOTALL)
    assert styles is not None
    formats = re.findall(r"<xf [^>]*?(?:/>|>.*?</xf>)", styles[0], re.DOTALL)
    unlocked = {str(number) for number, xf in enumerate(formats) if 'locked="0"' in xf}
    return {ref for ref, style in re.findall(r'<c r="([A-Z]+\d+)" s="(\d+)"', book[sheet]) if style in unlocked}


def test_every_direction_is_asked_of_every_group_within_the_length_of_a_form(questionnaire) -> None:
    items, directions = questionnaire.items, questionnaire.directions
    assert len(directions) == 12
    sizes = items.groupby(["direction_code", "group_code"]).size()
    assert len(sizes) == 12 * len(GROUPS) and sizes.min() >= 3
    assert all(len(questionnaire.group_items(group)) <= MAX_ITEMS[group] for group in GROUPS)
    assert MAX_ITEMS["pupil"] == 36
    assert items["text"].str.fullmatch(r"[А-ЯЁ][^{}<>_]+\.").all()


@pytest.mark.parametrize(
    ("damage", "told"),
    [
        (lambda f: f[f["item_code"] != "p_language_2"], "направление language, анкета «ученики»"),
        (lambda f: f.assign(is_reversed=f["is_reversed"] & ~f["item_code"].str.startswith("t_staff")), "благополучии"),
        (lambda f: f.assign(is_reversed=f["is_reversed"] | f["item_code"].str.startswith("t_staff")), "трудности"),
        (lambda f: f.assign(text=f["text"].mask(f["item_number"] == 5, "Одно и то же.")), None),
        (lambda f: f.assign(text=f["text"].mask(f["item_number"].isin([5, 6]), "Одно и то же!")), "один текст"),
        (lambda f: f.assign(item_number=f["item_number"].mask(f["item_number"] == 5, 6)), "один номер"),
        (lambda f: f.assign(direction_code=f["direction_code"].mask(f["item_number"] == 5, "luck")), "luck"),
    ],
)
def test_statements_that_cannot_measure_are_refused(questionnaire, damage, told) -> None:
    items = damage(questionnaire.items)
    if told is None:
        assert len(check_questionnaire(questionnaire.directions, items).items) == len(items)
        return
    with pytest.raises(ConfigError, match=re.escape(told)):
        check_questionnaire(questionnaire.directions, items)


def test_a_form_longer_than_its_group_bears_is_refused(questionnaire) -> None:
    pupils = questionnaire.group_items("pupil").head(1)
    more = pupils.assign(item_code="p_more", item_number=99, text="Ещё одно утверждение.")
    with pytest.raises(ConfigError, match="не больше 36"):
        check_questionnaire(questionnaire.directions, pd.concat([questionnaire.items, more]))


def test_a_region_asks_its_own_statements_and_words_its_own_texts(questionnaire, tmp_path) -> None:
    reference = tmp_path / "reference"
    reference.mkdir()
    own = questionnaire.items.assign(text=questionnaire.items["text"].str.replace("школе", "гимназии"))
    own.assign(is_reversed=own["is_reversed"].map({True: "да", False: "нет"})).to_csv(
        reference / "survey_items.csv", index=False
    )
    (reference / "survey_texts.toml").write_text('deadline = "1 ноября {year} года"', encoding="utf-8")
    assert load_questionnaire(tmp_path).items["text"].str.contains("гимназии").any()
    assert load_texts(tmp_path).deadline == "1 ноября {year} года"
    assert load_texts(tmp_path).voluntary == load_texts(NOWHERE).voluntary
    (reference / "survey_texts.toml").write_text('dedline = "скоро"', encoding="utf-8")
    with pytest.raises(ConfigError, match="dedline"):
        load_texts(tmp_path)
    (reference / "survey_texts.toml").write_text("deadline = \n", encoding="utf-8")
    with pytest.raises(ConfigError, match="строка 1"):
        load_texts(tmp_path)


@pytest.mark.parametrize(
    ("told", "answer"),
    [
        ("4", 4),
        ("4.0", 4),
        ("4,0", 4),
        ("4 — скорее верно", 4),
        ("4 (скорее согласен)", 4),
        ("Скорее согласна", 4),
        ("отчасти верно, отчасти нет", 3),
        *((wrong, None) for wrong in ("0", "6", "да", "4.5", "45", "3;4", "", "-4", "не знаю")),
    ],
)
def test_what_is_an_answer(told, answer) -> None:
    assert scale_answer(told) == answer


def test_a_form_is_known_by_its_wording_not_by_the_order_of_its_statements(questionnaire) -> None:
    items = questionnaire.group_items("pupil")
    assert form_version(items) == form_version(items.iloc[::-1])
    assert form_version(items) != form_version(items.assign(text=items["text"].str.replace("школ", "гимнази")))
    assert form_version(items) != form_version(items.assign(is_reversed=~items["is_reversed"]))


def test_the_same_form_gives_the_same_bytes(questionnaire) -> None:
    assert len({render(make_form(questionnaire, "teacher")) for _ in range(2)}) == 1


@pytest.mark.parametrize("group_code", GROUPS)
def test_a_form_carries_its_identity_hidden_and_its_school_in_sight(questionnaire, group_code) -> None:
    form = make_form(questionnaire, group_code)
    book = parts(render(form))
    assert re.search(r'name="shnro_form"[^>]*state="veryHidden"', book["xl/workbook.xml"])
    seen = book["xl/sharedStrings.xml"]
    assert all(part in seen for part in ("Школа № 1", "Озёрный район", "Пришлите файл", "15 октября 2026 года"))
    assert "Участие добровольное" in seen
    # A director's statements are shown as the school's own: nobody may be promised what is not kept.
    assert ("не анонимны" in seen) is (group_code == "director")
    assert DEMO_MARK not in seen
    assert DEMO_MARK in parts(render(make_form(questionnaire, group_code, is_demo=True)))["xl/sharedStrings.xml"]


def test_only_the_answers_of_a_director_can_be_changed_and_only_to_the_scale(questionnaire) -> None:
    book = parts(render(make_form(questionnaire, "director")))
    sheet = book["Анкета"]
    cells = sorted(open_cells(book, "Анкета"), key=lambda ref: int(ref[1:]))
    assert len(cells) == 36 and {ref[0] for ref in cells} == {"D"}
    assert re.search(r"<sheetProtection(?![^>]*password)[^>]*sheet=\"1\"", sheet)
    assert f'sqref="{cells[0]}:{cells[-1]}"' in sheet and "shnro_words!$A$1:$A$5" in sheet
    assert 'type="list"' in sheet and "allowBlank" in sheet


def test_teachers_have_sixty_nameless_columns(questionnaire) -> None:
    book = parts(render(make_form(questionnaire, "teacher")))
    sheet = book["Ответы"]
    # The two numbers above the answers can be filled in, too.
    assert len(open_cells(book, "Ответы")) == 36 * MAX_RESPONDENTS + 2
    assert '<formula1>"1,2,3,4,5"</formula1>' in sheet
    assert re.search(r"<sheetProtection(?![^>]*password)[^>]*sheet=\"1\"", sheet)
    assert 'hidden="1"' in sheet  # the codes of the statements


@pytest.mark.parametrize("group_code", ["pupil", "parent"])
def test_pupils_and_parents_get_a_printed_form_and_the_school_a_tally(questionnaire, group_code) -> None:
    book = parts(render(make_form(questionnaire, group_code)))
    printed, tally = book["Бланк для печати"], book["Подсчёт"]
    assert 'paperSize="9"' in printed and 'fitToHeight="0"' in printed and "sheetProtection" in printed
    assert "_xlnm.Print_Area" in book["xl/workbook.xml"]
    assert not open_cells(book, "Бланк для печати")
    assert len(open_cells(book, "Подсчёт")) == 36 * 5 + 2
    assert 'type="whole"' in tally and "<formula1>0</formula1>" in tally
    assert ("Уведомление родителям" in book) is (group_code == "pupil")


def test_the_template_of_an_online_form_has_the_statements_as_headers(questionnaire) -> None:
    items = questionnaire.group_items("parent")
    book = parts(render_online(FormId(REGION, "", 2026, "parent", form_version(items)), items))
    assert book["Ответы"].count("<c ") == 3 + len(items)


SCHOOLS = pd.DataFrame(
    {
        "school_id": ["s01", "s/02"],
        "school_name": ["МБОУ «Школа № 1»", 'МКОУ "Очень: длинная" ' + "и ещё длиннее " * 10],
        "municipality_name": ["Озёрный район", "Лесной / дальний район"],
    }
)


def write(root: Path, questionnaire: Questionnaire):
    return write_forms(root, 2026, SCHOOLS, questionnaire, load_texts(root), region_name=REGION, is_demo=False)


def test_forms_get_names_that_every_system_bears(questionnaire, tmp_path) -> None:
    done = write(tmp_path, questionnaire)
    names = [path.relative_to(tmp_path).as_posix() for path in done.written]
    assert len(names) == len(SCHOOLS) * len(GROUPS) + len(GROUPS)
    assert "forms/2026/survey/Озёрный район/s01 МБОУ Школа № 1 — педагоги.xlsx" in names
    assert all(not set('<>:"\\|?*') & set(name) and len(name) < 200 for name in names)
    assert {path.parent.name for path in done.written} == {"survey", "Озёрный район", "Лесной дальний район"}
    assert [p for p in tmp_path.rglob("*") if p.is_file() and p not in done.written] == []


def test_a_form_that_somebody_has_filled_in_is_left_alone(questionnaire, tmp_path) -> None:
    first = write(tmp_path, questionnaire)
    form = make_form(questionnaire, "teacher")
    filled = next(path for path in first.written if path.name == file_name("s01", "МБОУ «Школа № 1»", "teacher"))
    filled.write_bytes(render(form, [{"t_equipment_1": 4}]))
    broken = next(path for path in first.written if GROUP_TITLES["pupil"] in path.name)
    broken.write_bytes(b"no workbook")
    before = {path: path.read_bytes() for path in (filled, broken)}
    again = write(tmp_path, questionnaire)
    assert set(again.kept) == {filled, broken}
    assert len(again.written) == len(first.written) - 2
    assert {path: path.read_bytes() for path in before} == before


def test_a_folder_that_cannot_be_written_is_told(questionnaire, tmp_path) -> None:
    (tmp_path / "forms").write_text("a file where the folder should be", encoding="utf-8")
    with pytest.raises(StoreError, match=r"не удаётся записать.*forms/2026/survey"):
        write(tmp_path, questionnaire)
