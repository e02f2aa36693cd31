"""«Выверка данных»: what a school is shown, what comes back, and that nothing that comes back is lost silently."""

import io
import shutil
import subprocess
import zipfile
from pathlib import Path

import pandas as pd
import pytest

from pipeline.confirmation import ID_SHEET, TITLE_SHEET, ObjectionLine, parse_confirm_id
from pipeline.confirming import asked_schools
from pipeline.objection_files import load_confirmations, load_objections
from pipeline.outputs.confirmation import LINE_COUNT, render, source_words
from pipeline.sources.grid import open_sheets, source_file
from tests.confirmed_region import DEADLINE, REGION_NAME, YEAR, form, give_back
from tests.small_region import command, hashes, make_small_region

YES, NO = "подтверждаю", "не согласен"
FORMS = f"forms/{YEAR}/confirm"
FEWER = ObjectionLine(1, "Низких результатов", 1, "Ошибка в протоколе", "Протокол № 4")


@pytest.fixture
def root(monitored_region: Path, tmp_path: Path) -> Path:
    copy = tmp_path / "region"
    shutil.copytree(monitored_region, copy, symlinks=True)
    return copy


def forms(monkeypatch, root: Path, *words: object) -> int:
    return command(monkeypatch, "confirm", "forms", "--data", root, "--year", YEAR, *words)


def read(monkeypatch, root: Path) -> int:
    return command(monkeypatch, "confirm", "read", "--data", root, "--year", YEAR)


def statuses(root: Path) -> dict[str, str]:
    frame = load_confirmations(root, YEAR)
    return dict(zip(frame["school_id"], frame["status_code"], strict=True))


def xml(content: bytes) -> dict[str, str]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name).decode() for name in archive.namelist() if name.endswith(".xml")}


def test_a_workbook_per_municipality_with_a_sheet_per_school(root: Path, monkeypatch, capsys) -> None:
    assert forms(monkeypatch, root, "--deadline", "25.07.2026") == 0
    assert "2 книги, 12 школ" in capsys.readouterr().out
    assert sorted(path.name for path in (root / FORMS).glob("*.*")) == ["Лесной район.xlsx", "Озёрный район.xlsx"]
    sheets = open_sheets(source_file(root / FORMS / "Озёрный район.xlsx", root, YEAR))
    assert [sheet.name for sheet in sheets] == [
        TITLE_SHEET, *(f"{n}. МБОУ Средняя школа № {n}" for n in range(1, 7)), ID_SHEET,
    ]  # fmt: skip
    assert any("Вернуть до 25.07.2026." in str(row[1]) for row in sheets[0].rows)
    figures = [row[1:9] for row in sheets[1].rows if str(row[0]).startswith("20")]
    assert figures[0] == [1, 2026, "ВПР", "математика", "4", 40, 1, None] and len(figures) == 6


def test_a_sheet_holds_nobody_elses_figures(root: Path) -> None:
    path = root / f"published/monitoring/{YEAR}/results.parquet"
    results = pd.read_parquet(path)
    planted = results.assign(tested_count=[7000 + int(school[1:]) for school in results["school_id"]])
    planted.to_parquet(path)
    book = render(form(root))
    sheets = {s.name: s for s in open_sheets(source_file(write(root / "x.xlsx", book), root, YEAR))}
    for number in range(1, 7):
        told = {cell for row in sheets[f"{number}. МБОУ Средняя школа № {number}"].rows for cell in row}
        assert told & set(range(7001, 7013)) == {7000 + number}
    everything = " ".join(xml(book).values())
    assert not any(str(7000 + stranger) in everything for stranger in range(7, 13))


def write(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


def test_only_the_entry_cells_are_open_and_the_same_data_give_the_same_bytes(root: Path) -> None:
    book = render(form(root))
    assert book == render(form(root))
    parts = xml(book)
    sheets = [content for name, content in parts.items() if name.startswith("xl/worksheets/")]
    assert all("<sheetProtection" in content for content in sheets)
    assert 'state="veryHidden"' in parts["xl/workbook.xml"]
    assert sum("<dataValidation " in content for content in sheets) == 7


def test_a_filled_form_is_never_overwritten(root: Path, monkeypatch, capsys) -> None:
    assert forms(monkeypatch, root) == 0
    path = root / FORMS / "Озёрный район.xlsx"
    path.write_bytes(render(form(root), {"s01": YES}))
    before = path.read_bytes()
    capsys.readouterr()
    assert forms(monkeypatch, root) == 0
    assert "оставлены как есть: forms/2026/confirm/Озёрный район.xlsx" in capsys.readouterr().out
    assert path.read_bytes() == before


def test_silence_is_not_confirmed_and_every_answer_is_counted(root: Path, monkeypatch, capsys) -> None:
    give_back(root, "что угодно.xlsx", {"s01": YES, "s02": NO, "s03": YES, "s04": NO}, {"s02": [FEWER], "s03": [FEWER]})
    assert read(monkeypatch, root) == 0
    told = capsys.readouterr().out
    assert "записей в них: 6, принято 6, не принято 0" in told
    assert statuses(root) == {f"s{n:02d}": "not_confirmed" for n in range(1, 13)} | {
        "s01": "confirmed", "s02": "disagreed", "s03": "disagreed", "s04": "disagreed",
    }  # fmt: skip
    assert "Ни одного ответа из муниципалитетов (1): Лесной район" in told
    assert "Нет ответа от школ (2): МБОУ «Средняя школа № 5» (Озёрный район), МБОУ «Средняя школа № 6»" in told
    assert "(s03): ответ «подтверждаю», но есть возражения" in told
    assert "(s04): «не согласен», но возражений, которые можно записать, нет" in told


def test_reading_twice_adds_nothing_and_a_changed_return_adds_what_is_new(root: Path, monkeypatch, capsys) -> None:
    give_back(root, "a.xlsx", {"s02": NO}, {"s02": [FEWER]})
    assert read(monkeypatch, root) == 0
    first = hashes(root / "decisions")
    capsys.readouterr()
    assert read(monkeypatch, root) == 0
    assert "Новых возражений нет" in capsys.readouterr().out and hashes(root / "decisions") == first
    more = ObjectionLine(2, "Участников", 41, "=HYPERLINK(1)", "-")
    give_back(root, f"{YEAR}-07-20/a.xlsx", {"s02": NO, "s01": YES}, {"s02": [FEWER, more]})
    assert read(monkeypatch, root) == 0
    told = capsys.readouterr().out
    assert "Записано: 1 новое возражение (№ 2)" in told
    assert "изменился ответ: МБОУ «Средняя школа № 1» (s01): не подтверждено → подтверждено" in told
    objections = load_objections(root)
    assert list(objections["number"]) == [1, 2]
    assert objections.loc[1, ["ground_text", "document_text", "stated_value"]].tolist() == ["=HYPERLINK(1)", "-", 40]
    assert "'=HYPERLINK(1)" in (root / "decisions/objections.csv").read_text(encoding="utf-8")
    assert load_confirmations(root, YEAR).set_index("school_id").loc["s02", "objection_count"] == 2


@pytest.mark.parametrize(
    ("line", "told"),
    [
        (ObjectionLine(1, "Низких результатов", 41, "ошибка"), "Низких результатов больше, чем участников"),
        (ObjectionLine(1, "Участников", 0, "ошибка"), "Низких результатов больше, чем участников"),
        (ObjectionLine(1, "Участников", -3, "ошибка"), "Значение меньше допустимого"),
        (ObjectionLine(1, "Участников", 12.5, "ошибка"), "На месте числа участников стоит дробь"),
        (ObjectionLine(1, "Участников", "много", "ошибка"), "На месте числа стоит текст"),
        (ObjectionLine(1, "Участников", 40, "ошибка"), "Правильное значение равно тому, что стоит в данных"),
        (ObjectionLine(1, "Участников", 41), "У возражения нет основания"),
        (ObjectionLine(1, "Участников", None, "ошибка"), "Не заполнено обязательное значение"),
        (ObjectionLine(77, "Участников", 41, "ошибка"), "такой строки на листе нет"),
        (ObjectionLine(None, "Участников", 41, "ошибка"), "Не указан номер строки"),
        (ObjectionLine(1, "Погода", 41, "ошибка"), "Не указано, о каком показателе возражение"),
    ],
)
def test_a_line_that_cannot_be_true_is_told_and_the_rest_is_read(root, monkeypatch, capsys, line, told) -> None:
    give_back(root, "a.xlsx", {"s02": NO, "s03": "может быть"}, {"s02": [FEWER, line]})
    assert read(monkeypatch, root) == 0
    out = capsys.readouterr().out
    assert told in out and "лист «2. МБОУ Средняя школа № 2», строка 15" in out
    assert "Ответ школы — не «подтверждаю» и не «не согласен» («может быть»)" in out
    assert "принято 2, не принято 2" in out
    assert load_objections(root)["ground_text"].tolist() == ["Ошибка в протоколе"]


def test_more_pupils_and_more_low_results_are_judged_together(root: Path, monkeypatch, capsys) -> None:
    lines = [
        ObjectionLine(1, "Участников", 60, "класс забыт"),
        ObjectionLine(1, "Низких результатов", 50, "класс забыт"),
    ]
    give_back(root, "a.xlsx", {"s02": NO}, {"s02": lines})
    assert read(monkeypatch, root) == 0
    assert "не принято 0" in capsys.readouterr().out and len(load_objections(root)) == 2


def test_what_is_not_about_a_figure_needs_no_row(root: Path, monkeypatch) -> None:
    lines = [ObjectionLine(indicator="Включение в перечень", ground="Школа — при больнице"),
             ObjectionLine(3, "Другое", None, "Класс писал другой вариант")]  # fmt: skip
    give_back(root, "a.xlsx", {}, {"s02": lines})
    assert read(monkeypatch, root) == 0
    objections = load_objections(root)
    assert objections["column_name"].isna().all() and objections["stated_value"].isna().all()
    assert objections["indicator_text"].tolist() == [
        "включение в перечень", "2025 год, ВПР, математика, 4 класс: другое",
    ]  # fmt: skip
    assert statuses(root)["s02"] == "disagreed"


def test_foreign_old_and_strange_files_are_one_message_each(root: Path, monkeypatch, capsys) -> None:
    give_back(root, "верная.xlsx", {"s01": YES})
    give_back(root, "копия.xlsx", {"s01": YES})
    give_back(root, "соседи.xlsx", {"s01": YES}, sent=form(root, region_name="Другая область"))
    give_back(root, "прошлая.xlsx", {"s01": YES}, sent=form(root, year=YEAR - 1))
    (root / f"raw/{YEAR}/confirm/скан.xlsx").write_bytes(b"no workbook")
    assert read(monkeypatch, root) == 0
    told = capsys.readouterr().out
    assert "Прочитано книг: 1, записей в них: 1, принято 1" in told
    for name, words in (
        ("копия", "точная копия файла"), ("соседи", "региона «Другая область»"), ("прошлая", "выверки 2025 года"),
        ("скан", "внутри не книга Excel"),
    ):  # fmt: skip
        assert sum(f"{name}.xlsx" in line and words in line for line in told.splitlines()) == 1
    assert statuses(root)["s01"] == "confirmed"


def test_altered_figures_are_no_answer_and_other_schools_are_read(root: Path, monkeypatch, capsys) -> None:
    sent = form(root)
    first = sent.schools[0].cells
    altered = type(sent.schools[0])("s01", sent.schools[0].school_name, first.assign(low_count=first["low_count"] * 0))
    changed = type(sent)(**{**sent.__dict__, "schools": (altered, *sent.schools[1:])})
    content = render(changed, {"s01": YES, "s02": YES}, {"s01": [FEWER]})
    # The hidden sheet of the form that was sent, in the workbook whose figures somebody has changed.
    path = give_back(root, "a.xlsx")
    path.write_bytes(swapped(content, changed.form_id.rows, sent.form_id.rows))
    assert read(monkeypatch, root) == 0
    told = capsys.readouterr().out
    assert told.count("Числа на листе школы изменены") == 2 and "принято 1, не принято 2" in told
    assert (statuses(root)["s01"], statuses(root)["s02"]) == ("not_confirmed", "confirmed")
    assert load_objections(root).empty


def swapped(content: bytes, old: list[tuple[str, str]], new: list[tuple[str, str]]) -> bytes:
    """The workbook with the texts of its hidden sheet replaced."""
    stream = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as archive, zipfile.ZipFile(stream, "w") as target:
        for name in archive.namelist():
            part = archive.read(name).decode()
            for (_, was), (_, becomes) in zip(old, new, strict=True):
                part = part.replace(f"<t>{was}</t>", f"<t>{becomes}</t>")
            target.writestr(name, part)
    return stream.getvalue()


def test_a_hidden_sheet_changed_by_hand_refuses_the_file(root: Path, monkeypatch, capsys) -> None:
    sent = form(root)
    told = [(key, "2027" if key == "year" else value) for key, value in sent.form_id.rows]
    assert parse_confirm_id(dict(told)) is None and parse_confirm_id(dict(sent.form_id.rows)) == sent.form_id
    path = give_back(root, "a.xlsx", {"s01": YES}, sent=sent)
    path.write_bytes(swapped(path.read_bytes(), sent.form_id.rows, told))
    assert read(monkeypatch, root) == 0
    assert "Скрытый лист книги изменён" in capsys.readouterr().out


def test_a_school_that_is_gone_is_told_by_its_rows(root: Path, monkeypatch, capsys) -> None:
    give_back(root, "a.xlsx", {"s01": YES, "s02": YES}, {"s01": [FEWER]})
    for name in ("schools", "school_codes"):
        path = root / f"reference/{name}.csv"
        lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
        path.write_text("".join(line for line in lines if "s01," not in line), encoding="utf-8")
    assert read(monkeypatch, root) == 0
    told = capsys.readouterr().out
    assert told.count("Школа не найдена в реестре") == 2 and statuses(root)["s02"] == "confirmed"


def test_answers_to_figures_that_have_changed_since_are_told(root: Path, monkeypatch, capsys) -> None:
    give_back(root, "a.xlsx", {"s01": YES, "s02": YES})
    path = root / f"published/monitoring/{YEAR}/results.parquet"
    results = pd.read_parquet(path)
    results.loc[results["school_id"] == "s02", "low_count"] = 0
    results.to_parquet(path)
    assert read(monkeypatch, root) == 0
    told = next(line for line in capsys.readouterr().out.splitlines() if "Данные изменились после того" in line)
    assert "(s02)" in told and "(s01)" not in told


def test_libreoffice_may_save_the_workbook_as_ods(root: Path, monkeypatch, capsys) -> None:
    if shutil.which("soffice") is None:
        pytest.skip("LibreOffice is not installed")
    path = give_back(root, "a.xlsx", {"s01": YES, "s02": NO}, {"s02": [FEWER]})
    words = ["soffice", "--headless", f"-env:UserInstallation=file://{root}/profile", "--convert-to", "ods"]
    subprocess.run([*words, "--outdir", path.parent, path], check=True, capture_output=True, timeout=120)
    path.unlink()
    assert read(monkeypatch, root) == 0
    assert "принято 3, не принято 0" in capsys.readouterr().out
    assert (statuses(root)["s01"], statuses(root)["s02"]) == ("confirmed", "disagreed")


def test_without_published_results_there_is_nothing_to_confirm(tmp_path: Path, monkeypatch, capsys) -> None:
    root = make_small_region(tmp_path / "region")
    assert forms(monkeypatch, root) == 1
    assert "ещё ничего не опубликовано" in capsys.readouterr().err
    assert forms(monkeypatch, root, "--deadline", "когда-нибудь") == 1


def test_sources_are_told_without_folders() -> None:
    told = source_words("raw/2026/vpr/МА4.xlsx, лист «МА 4», строка 24; corrections/2026.toml, исправление 2")
    assert told == "файл «МА4.xlsx», лист «МА 4», строка 24; с исправлением № 2 за 2026 год"
    assert source_words(None) == ""


def test_the_schools_are_those_of_the_year_and_a_form_has_room_for_a_dozen_objections(root: Path) -> None:
    assert len(asked_schools(root, YEAR)) == 12 and LINE_COUNT >= 12
    assert form(root).deadline == DEADLINE and form(root).region_name == REGION_NAME
