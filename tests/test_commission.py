"""The commission's workbook: what it asks, how it is read back, and that a fault changes nothing."""

from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path

import pandas as pd
import pytest
import xlsxwriter
from small_region import command, hashes, make_small_region, results_row, results_rows, school_id, write_results

from pipeline.commission import judge, questions, workbook_path
from pipeline.commission_log import DECISIONS, checked_log
from pipeline.outputs.commission import FREE_SHEET
from pipeline.region import commission_decisions
from pipeline.schema import records
from pipeline.sources.commission import CODE, ENTRY_TITLES, ID_KEYS, ID_SHEET, WrittenLine, day_of
from pipeline.sources.grid import open_sheets, source_file
from pipeline.store import Published
from pipeline.tables.decision import SELECTION, STABILITY
from pipeline.tables.orders import COMMISSION_DECISIONS, COMMISSION_LOG, OBJECTIONS

YEAR = 2026
SCHOOLS = frozenset(school_id(number) for number in range(1, 13))
GOOD = ("s03", "включить", "Комиссия, протокол 1", "15.09.2026", "условия обучения")


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small region with a published list; about school 12 too little is known."""
    root = make_small_region(tmp_path_factory.mktemp("commission") / "region")
    thin = school_id(12)
    rows = [row for row in results_rows() if row[0] != thin]
    write_results(root, [*rows, results_row(12, YEAR, tested=3, low=1)])
    with pytest.MonkeyPatch.context() as patch:
        assert command(patch, "identify", "--data", root, "--year", YEAR, "--capacity", 3, "--direct") == 0
    return root


def book(path: Path, lines: Sequence[Sequence[object]], region: str = "Озёрная область", year: int = YEAR) -> Path:
    """A workbook of the commission with these lines on the sheet of free lines."""
    with xlsxwriter.Workbook(path) as workbook:
        sheet = workbook.add_worksheet(FREE_SHEET)
        for index, row in enumerate([["Другие школы"], [CODE, *ENTRY_TITLES], *lines]):
            for column, value in enumerate(row):
                if isinstance(value, date):
                    day = workbook.add_format({"num_format": "dd.mm.yyyy"})
                    sheet.write_datetime(index, column, datetime(value.year, value.month, value.day), day)
                else:
                    sheet.write(index, column, value)
        hidden = workbook.add_worksheet(ID_SHEET)
        for index, row in enumerate(zip(ID_KEYS, (region, str(year)), strict=True)):
            hidden.write_row(index, 0, row)
    return path


def read_back(root: Path, file: Path, monkeypatch: pytest.MonkeyPatch) -> int:
    return command(monkeypatch, "commission", "read", "--data", root, "--year", YEAR, "--file", file)


def line(*texts: str) -> WrittenLine:
    return WrittenLine("лист, строка 3", *texts)


def faults(*lines: WrittenLine, standing: pd.DataFrame | None = None) -> str:
    table = COMMISSION_LOG.empty() if standing is None else standing
    new, known, found = judge(lines, table, SCHOOLS, frozenset({"s04"}), YEAR)
    assert found or not new.empty or known
    return "; ".join(found)


def test_the_experts_list_comes_first_then_the_border_and_others_are_not_asked_about() -> None:
    selection = pd.DataFrame(
        [
            ("s1", "selected", "entered_by_probability", True, "Б"),
            ("s2", "insufficient_data", "thin_data;listed_needs_expert", False, "А"),
            ("s3", "not_selected", "below_entry_probability", False, "В"),
            ("s4", "excluded", "commission_exclude", False, "Г"),
            ("s5", "insufficient_data", "commission_observe;no_results", False, "Д"),
            ("s6", "not_selected", "below_entry_probability", False, "Е"),
        ],
        columns=["school_id", "status_code", "reason_codes", "is_in_corridor", "school_name"],
    ).assign(municipality_id="m1", year=YEAR)
    flags = dict.fromkeys(("is_rule_low", "is_firm", "is_on_list", "is_vpr_only", "is_watched"), False)
    decided = {"school_id": "s4", "year": YEAR, "action": "exclude", "who": "К", "date": "2026-09-01", "why": "так"}
    watched = decided | {"school_id": "s5", "action": "observe", "review_date": "2026-12-01"}
    heard = {"year": YEAR, "number": 1, "received_date": "2026-07-20", "school_id": "s6", "decision_code": "accepted"}
    heard |= {"indicator_text": "включение в перечень", "ground_text": "Школа при больнице"}
    found = questions(
        SELECTION.conform(selection.assign(**flags)),
        STABILITY.empty(),
        COMMISSION_DECISIONS.conform(pd.DataFrame([decided, decided | {"year": 2025, "school_id": "s3"}, watched])),
        OBJECTIONS.conform(
            pd.DataFrame([heard, heard | {"number": 2, "school_id": "s3", "decision_code": "rejected"}])
        ),
        {"m1": "Озёрный район"},
        YEAR,
    )
    assert list(found["school_id"]) == ["s2", "s5", "s6", "s1", "s4"]
    assert found["question_text"].iloc[0].startswith("Данных недостаточно")
    assert found["question_text"].iloc[1].endswith("рассмотреть снова до 01.12.2026.")
    assert list(found["why"].fillna("")) == ["", "так", "", "", "так"]
    assert "Принято возражение № 1 (включение в перечень): Школа при больнице." in list(found["question_text"])


def test_the_workbook_goes_out_comes_back_and_decides(published: Path, tmp_path: Path, monkeypatch, capsys) -> None:
    words = ("--data", published, "--year", YEAR)
    assert command(monkeypatch, "commission", "workbook", *words) == 0
    path = workbook_path(published, YEAR)
    cells = [row for sheet in open_sheets(source_file(path, published, YEAR)) for row in sheet.rows]
    assert any(row and row[0] == school_id(12) for row in cells)
    first = path.read_bytes()
    assert command(monkeypatch, "commission", "workbook", *words) == 0
    assert path.read_bytes() == first

    lines = [("s12", "Включить", "Комиссия", date(2026, 9, 15), "мало учеников"), GOOD]
    filled = book(tmp_path / "заполнено.xlsx", lines)
    capsys.readouterr()
    assert read_back(published, filled, monkeypatch) == 0
    assert "Новых решений: 2" in capsys.readouterr().out
    stored = (published / DECISIONS).read_bytes()
    assert read_back(published, filled, monkeypatch) == 0
    assert "Новых решений: 0, записанных раньше: 2" in capsys.readouterr().out
    assert (published / DECISIONS).read_bytes() == stored

    assert command(monkeypatch, "identify", *words, "--capacity", 3, "--direct") == 0
    chosen = Published(published, "identification", YEAR).read(SELECTION).set_index("school_id")
    assert chosen.loc["s12", "status_code"] == "selected"
    assert set(chosen.loc["s12", "reason_codes"].split(";")) >= {"commission_include", "thin_data"}
    (published / DECISIONS).unlink()


def test_decisions_that_nobody_has_read_are_not_written_over(published: Path, monkeypatch, capsys) -> None:
    path = workbook_path(published, YEAR)
    path.parent.mkdir(parents=True, exist_ok=True)
    book(path, [GOOD])
    before = hashes(path.parent)
    assert command(monkeypatch, "commission", "workbook", "--data", published, "--year", YEAR) == 1
    assert "ещё не прочитаны" in capsys.readouterr().err
    assert hashes(path.parent) == before
    assert read_back(published, path, monkeypatch) == 0
    assert command(monkeypatch, "commission", "workbook", "--data", published, "--year", YEAR) == 0
    (published / DECISIONS).unlink()
    path.unlink()


def test_one_bad_line_keeps_the_good_ones_out(published: Path, tmp_path: Path, monkeypatch, capsys) -> None:
    path = book(tmp_path / "b.xlsx", [GOOD, ("s99", "включить", "К", "15.09.2026", "так"), ("s04", "", "К", "", "")])
    before = hashes(published / "decisions")
    assert read_back(published, path, monkeypatch) == 1
    message = capsys.readouterr().err
    told = ("ошибок: 2", "строка 4", "«s99»", "строка 5", "Решение, Дата решения, Почему", "ничего не записано")
    assert [part for part in told if part not in message] == []
    assert hashes(published / "decisions") == before


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (lambda path: book(path, [GOOD], region="Лесной край"), "Лесной край"),
        (lambda path: book(path, [GOOD], year=2025), "2025 год"),
        (lambda path: path.write_bytes(b"not a workbook"), "не книга Excel"),
        (lambda path: xlsxwriter.Workbook(path).close(), "нет ни одной заполненной"),
        (lambda path: None, "Книги решений комиссии нет"),
    ],
    ids=["other region", "other year", "no workbook", "empty", "absent"],
)
def test_a_foreign_workbook_is_refused(published: Path, tmp_path: Path, monkeypatch, capsys, make, told) -> None:
    make(tmp_path / "чужая.xlsx")
    assert read_back(published, tmp_path / "чужая.xlsx", monkeypatch) == 1
    assert told in capsys.readouterr().err
    assert not (published / DECISIONS).exists()


@pytest.mark.parametrize(
    ("texts", "told"),
    [
        (("s03", "подумать", *GOOD[2:]), "решение «подумать» неизвестно"),
        (("s03", "включить", "К", "завтра", "так"), "«завтра» — не дата"),
        (("s03", "включить", "К", "15.09.2025", "так"), "не относится к перечню 2026 года"),
        (("s03", "включить", "К", "15.09.2026", '=HYPERLINK("x")'), "за формулу"),
        (("", *GOOD[1:]), "не заполнено: Код школы"),
        (("s03", "под наблюдение", *GOOD[2:]), "не заполнено: Рассмотреть снова до"),
        ((*GOOD, "01.12.2026"), "только при решении «под наблюдение»"),
        (("s03", "под наблюдение", *GOOD[2:], "15.09.2026"), "нужен день после решения и не позже 31.08.2027"),
        (("s03", "под наблюдение", *GOOD[2:], "скоро"), "«скоро» — не дата"),
        (("s04", "под наблюдение", *GOOD[2:], "01.12.2026"), "по расчёту школа s04 входит в перечень"),
    ],
)
def test_a_line_that_cannot_be_a_decision_says_why(texts: tuple[str, ...], told: str) -> None:
    assert told in faults(line(*texts))


def test_contradictions_are_told_and_repetitions_are_not() -> None:
    other = (GOOD[0], "не включать", *GOOD[2:])
    assert "здесь же стоит другое решение" in faults(line(*GOOD), line(*other))
    assert faults(line(*GOOD), line(*GOOD)) == ""
    row = dict(zip(COMMISSION_LOG.column_names, ("s03", YEAR, "include", *GOOD[2:], None), strict=True))
    standing = checked_log(COMMISSION_LOG.conform(pd.DataFrame([row])))
    assert faults(line(*GOOD), standing=standing) == ""
    assert "уже решено включить (15.09.2026" in faults(line(*other), standing=standing)
    assert faults(line("s03", "не включать", "К", "16.09.2026", "ошибка"), standing=standing) == ""


def test_a_day_is_read_as_people_write_it() -> None:
    assert day_of("5.9.2026") == day_of("2026-09-05") == date(2026, 9, 5)
    assert day_of("31.02.2026") is None


def test_new_decisions_leave_the_earlier_ones_as_they_are(published: Path, tmp_path: Path, monkeypatch) -> None:
    path = published / DECISIONS
    path.write_text('school_id,year,action,who,date,why\ns05,2025,exclude,К,10.09.2025,"так, как было"\n', "utf-8")
    assert read_back(published, book(tmp_path / "b.xlsx", [GOOD]), monkeypatch) == 0
    rows = records(commission_decisions(published))
    assert [(row["school_id"], row["year"], row["date"]) for row in rows] == [
        ("s03", 2026, "2026-09-15"), ("s05", 2025, "2025-09-10"),
    ]  # fmt: skip
    assert "так, как было" in path.read_text("utf-8")
    path.unlink()
