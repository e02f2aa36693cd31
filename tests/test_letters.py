"""Letters: who is addressed and how, what is named in them, and what goes out with a list."""

import io
import shutil
from datetime import date
from pathlib import Path
from typing import Any

import docx
from ordered_region import YEAR, run
from small_region import command, make_small_region

from pipeline.confirm_reminders import write_reminders
from pipeline.confirming import asked_schools
from pipeline.correspondence import file_stems
from pipeline.document_texts import load_texts
from pipeline.outputs import letters
from pipeline.outputs.letters import Sender, SupportAsked
from pipeline.region import load_region
from pipeline.support_request import Unit

TOWN = Unit("municipality", "Озёрный муниципальный округ", "m1")


def sender(root: Path) -> Sender:
    return Sender(root, "Департамент образования", "Начальник", "И. О. Образцов", load_texts(root, 2026))


def text_of(content: bytes) -> str:
    document = docx.Document(io.BytesIO(content))
    cells = [cell.text for table in document.tables for row in table.rows for cell in row.cells]
    lines = [*(paragraph.text for paragraph in document.paragraphs), *cells]
    return "\n".join(lines).replace("№\u00a0", "№ ")


def test_the_letter_of_the_confirmation_recommends_and_names_the_term(tmp_path: Path) -> None:
    own = "Озёрный район", ["Школа № 1", "Школа № 2"], "Озёрный район.xlsx"
    text = text_of(letters.confirmation(sender(tmp_path), *own, None))
    assert "Руководителю муниципального органа управления образованием\nОзёрного района" in text
    assert "Рекомендуем до 20 июля 2026 года:" in text and "(школ в книге: 2)" in text
    assert "обязать" not in text.lower() and "Озёрный район.xlsx" in text
    assert "до 1 июля 2026 года" in text_of(letters.confirmation(sender(tmp_path), *own, date(2026, 7, 1)))


def test_a_reminder_names_the_schools_without_an_answer_and_never_a_day_that_has_passed(tmp_path: Path) -> None:
    def told(*silent: str, is_whole: bool, deadline: date | None) -> str:
        asked = "Озёрный район", list(silent), "Озёрный район.xlsx"
        return text_of(letters.confirmation_reminder(sender(tmp_path), *asked, is_whole=is_whole, deadline=deadline))

    whole = told("Школа № 1", "Школа № 2", is_whole=True, deadline=date(2026, 7, 20))
    assert "Школам Озёрного района направлена книга" in whole and "ни от одной школы" in whole
    assert "до 20 июля 2026 года" in whole and "Нет ответа (школ: 2):" in whole
    assert "— Школа № 1\n— Школа № 2" in whole
    part = told("Школа № 2", is_whole=False, deadline=None)
    assert "не от всех школ" in part and "книгу до «___»" in part and "Школа № 1" not in part


def test_reminders_go_to_those_who_have_not_answered_and_are_removed_afterwards(tmp_path: Path) -> None:
    root, folder = make_small_region(tmp_path), f"forms/{YEAR}/confirm/Напоминания"
    schools = asked_schools(root, int(YEAR))
    answers = schools.assign(status_code="not_confirmed")[["school_id", "municipality_id", "status_code"]]
    written = write_reminders(root, int(YEAR), answers, today=date(int(YEAR), 7, 10))
    assert written == (f"{folder}/Озёрный район.docx", f"{folder}/Лесной район.docx")
    town = answers["municipality_id"] == answers["municipality_id"].iloc[0]
    answers.loc[town, "status_code"] = "confirmed"
    answers.loc[answers[~town].index[0], "status_code"] = "disagreed"
    written = write_reminders(root, int(YEAR), answers, today=date(int(YEAR), 7, 21))
    assert [path.name for path in (root / folder).iterdir()] == ["Лесной район.docx"]
    text = text_of((root / written[0]).read_bytes())
    silent = schools["school_name"][~town].tolist()
    assert f"Нет ответа (школ: {len(silent) - 1}):" in text and silent[0] not in text.replace(silent[-1], "")
    assert "книгу до «___»" in text  # the term of the documents was the day before


def test_the_notice_of_listing_is_a_draft_until_the_order_is_signed(tmp_path: Path) -> None:
    rows = [{"name": "Школа № 1 {% x %}", "code": "s01", "reason": "Включена решением комиссии."}]
    draft: dict[str, Any] = {"signed_date": None, "number": None}
    text = text_of(letters.listing(sender(tmp_path), "город Озёрск", rows, draft))
    assert "ПРОЕКТ" in text and "Школы города Озёрска в перечне: 1." in text and "Школа № 1 {% x %}" in text
    signed = {"signed_date": date(2026, 9, 15), "number": "100-ОД"}
    text = text_of(letters.listing(sender(tmp_path), "город Озёрск", rows, signed))
    assert "ПРОЕКТ" not in text and "Приказом от 15 сентября 2026 года № 100-ОД утверждён" in text


def test_letters_about_support_speak_to_a_town_of_its_schools_and_to_a_unit_of_its_measures(tmp_path: Path) -> None:
    town = SupportAsked(TOWN, ["Школа № 1"], ["4. Вебинар"], 2026, "november", "форма.xlsx")
    text = text_of(letters.support(sender(tmp_path), town))
    assert "Рекомендуем поручить муниципальному координатору" in text and "до 20 ноября 2026 года" in text
    assert "— Школа № 1" in text and "Вебинар" not in text
    unit = SupportAsked(Unit("institute", "СОИРО"), [], ["7. Программа"], 2026, "november", "форма.xlsx")
    text = text_of(letters.reminder(sender(tmp_path), unit))
    assert "Рекомендуем" not in text and "— 7. Программа" in text and "пока не получена ваша форма" in text


def test_two_municipalities_of_one_name_have_two_files() -> None:
    assert file_stems({"m1": "Озёрный район", "m2": "озёрный район", "m3": "Лесной: район"}) == {
        "m1": "Озёрный район m1", "m2": "озёрный район m2", "m3": "Лесной район"
    }  # fmt: skip


def test_own_words_and_own_template_win(tmp_path: Path) -> None:
    (tmp_path / "documents.toml").write_text('[letters]\ngreeting = "Добрый день!"\n', encoding="utf-8")
    (tmp_path / "templates").mkdir()
    own = docx.Document()
    own.add_paragraph("{{ greeting }} {{ subject }}")
    own.save(tmp_path / "templates/letter_confirmation.docx")
    told = text_of(letters.confirmation(sender(tmp_path), "Озёрный район", ["Школа № 1"], "а.xlsx", None))
    assert told == "Добрый день! О подтверждении данных о результатах школ"


def test_a_list_sends_its_letters_and_sheets_out(listed_region: Path, tmp_path: Path, monkeypatch) -> None:
    root = Path(shutil.copytree(listed_region, tmp_path / "region", symlinks=True))
    assert run(monkeypatch, root, "draft", "--year", YEAR) == 0
    documents = root / f"published/orders/{YEAR}/documents"
    sheets = sorted(path.stem.split()[0] for path in documents.glob("Справки для руководителей школ/*/*.docx"))
    assert sheets == ["s09", "s10", "s11", "s12"]
    sheet = text_of(next(documents.glob("Справки для руководителей школ/*/s12*.docx")).read_bytes())
    assert "ПРОЕКТ" in sheet and "Подробно за 2026 год" in sheet and "s11" not in sheet
    letter = text_of(next((documents / "Письма").glob("*.docx")).read_bytes())
    assert load_region(root).issuer in letter
    words = ("--number", "7-ОД", "--date", f"{YEAR}-09-15")
    assert run(monkeypatch, root, "sign", *words) == 0
    assert "ПРОЕКТ" not in text_of(next(documents.glob("Справки для руководителей школ/*/s12*.docx")).read_bytes())


def test_books_of_the_confirmation_come_with_letters(listed_region: Path, tmp_path: Path, monkeypatch) -> None:
    root = Path(shutil.copytree(listed_region, tmp_path / "region", symlinks=True))
    assert command(monkeypatch, "confirm", "forms", "--data", root, "--year", YEAR) == 0
    folder = root / f"forms/{YEAR}/confirm"
    books, sent = folder.glob("*.xlsx"), folder.glob("Письма/*.docx")
    assert sorted(path.stem for path in sent) == sorted(path.stem for path in books) != []
