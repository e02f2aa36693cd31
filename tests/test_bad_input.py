"""Bad input: one clear Russian paragraph with place and remedy, exit code 1, nothing published, nothing lost."""

import io
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
import xlsxwriter
from small_region import (
    RESULTS,
    RESULTS_HEADER,
    command,
    hashes,
    make_small_region,
    results_row,
    results_rows,
    write_results,
)
from source_files import Row, write_csv

PROJECT = Path(__file__).resolve().parents[1]
MONITOR = ("monitor", "--direct", "--year", 2026)
IDENTIFY = ("identify", "--direct", "--year", 2026, "--capacity", 3)
PARAGRAPH = re.compile(r"[А-Я«][^\n]*\. Где: [^\n]+\. Что сделать: [^\n]+\.")

Spoil = Callable[[Path], object]
Case = tuple[Spoil, tuple[object, ...], tuple[str, ...]]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A region in which every command works, with a publication of a year ago."""
    root = make_small_region(tmp_path / "region")
    version = root / "published/monitoring/.versions/2025-monitoring-2025-001"
    version.mkdir(parents=True)
    (version / "results.parquet").write_bytes(b"earlier results")
    (root / "published/monitoring/2025").symlink_to(".versions/2025-monitoring-2025-001")
    return root


def nothing(root: Path) -> None:
    """The fault lies in the words of the command."""


def made(name: str, content: bytes | str) -> Spoil:
    return lambda root: (root / name).write_bytes(content if isinstance(content, bytes) else content.encode())


def added(name: str, line: str) -> Spoil:
    return lambda root: (root / name).write_text(f"{(root / name).read_text('utf-8')}{line}\n", "utf-8")


def replaced(name: str, old: str, new: str) -> Spoil:
    return lambda root: (root / name).write_text((root / name).read_text("utf-8").replace(old, new), "utf-8")


def both(*spoils: Spoil) -> Spoil:
    return lambda root: [spoil(root) for spoil in spoils]


def archive(*names: str) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as opened:
        for name in names:
            opened.writestr(name, "<x/>")
    return stream.getvalue()


def workbook() -> bytes:
    stream = io.BytesIO()
    with xlsxwriter.Workbook(stream) as opened:
        sheet = opened.add_worksheet("Лист1")
        for index, row in enumerate([RESULTS_HEADER, *results_rows()]):
            sheet.write_row(index, 0, row)
    return stream.getvalue()


BOOK = workbook()
LOCKED = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600) + "EncryptedPackage".encode("utf-16-le") + bytes(600)
PDF = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n<<>>\nendobj\n" * 20
WORDS = "Код ОО;Школа;Район\n1;Озёрная школа;Лесной район\n"
A, B = "raw/2026/a.xlsx", "raw/2026/b.xlsx"

FILES: dict[str, Case] = {
    "missing": (lambda root: shutil.rmtree(root / "raw"), MONITOR, ("нет ни одного файла", "raw")),
    "empty": (made(A, b""), MONITOR, ("Файл пуст", A)),
    "blank": (made("raw/2026/a.csv", " \r\n\r\n"), MONITOR, ("Файл пуст", "raw/2026/a.csv")),
    "truncated": (made(A, BOOK[: len(BOOK) // 2]), MONITOR, ("передана не до конца", A)),
    "cut at the very end": (made(A, BOOK[:-30]), MONITOR, ("передана не до конца", A)),
    "password": (made(A, LOCKED), MONITOR, ("защищена паролем", A, "снимите пароль")),
    "workbook named csv": (made("raw/2026/a.csv", BOOK), MONITOR, ("внутри книга Excel", "переименуйте")),
    "text named xlsx": (made(A, WORDS), MONITOR, ("не книга Excel", A, ".csv")),
    "document": (made("raw/2026/a.docx", archive("word/document.xml")), MONITOR, ("«.docx»", "raw/2026/a.docx")),
    "document named xlsx": (made(A, archive("word/document.xml")), MONITOR, ("внутри документ Word", A, "«_»")),
    "archive named xlsx": (made(A, archive("результаты.xlsx")), MONITOR, ("внутри архив ZIP", A)),
    "pdf named csv": (made("raw/2026/a.csv", PDF), MONITOR, ("внутри документ PDF", "raw/2026/a.csv")),
    "pdf": (made("raw/2026/a.pdf", PDF), MONITOR, ("«.pdf»", "raw/2026/a.pdf")),
    "pdf named xlsx": (made(A, PDF), MONITOR, ("внутри документ PDF", A)),
    "picture named parquet": (made("raw/2026/a.parquet", b"\x89PNG" + bytes(99)), MONITOR, ("повреждён", "a.parquet")),
    "koi8": (made("raw/2026/a.csv", WORDS.encode("koi8-r")), MONITOR, ("Кодировка", "raw/2026/a.csv", "UTF-8")),
    "cp866": (made("raw/2026/a.csv", WORDS.encode("cp866")), MONITOR, ("Кодировка", "raw/2026/a.csv", "UTF-8")),
    "unknown layout": (
        lambda root: write_csv(root / "raw/2026/a.csv", [[*RESULTS_HEADER[:-1], "низких"], *results_rows()]),
        MONITOR,
        ("ближайший — «Таблица результатов в виде проекта»", "не найдено: low_count", "layout draft"),
    ),
    "no results of the year": (
        lambda root: write_results(root, [row for row in results_rows() if row[2] != 2026]),
        MONITOR,
        ("Нет ни одного результата за 2026 год", "raw/"),
    ),
    "impossible values alone": (
        lambda root: write_results(root, [results_row(number, 2026, low=41) for number in (1, 2)]),
        MONITOR,
        ("Нет ни одного результата за 2026 год; отклонено строк: 2", f"{RESULTS}, строка 2"),
    ),
    "the same results twice, contradicting each other": (
        lambda root: write_results(root, [results_row(1, 2026, low=low) for low in (1, 2)]),
        MONITOR,
        ("отклонено строк: 2", f"{RESULTS}, строка 2"),
    ),
    "schools that nobody knows": (
        lambda root: write_results(root, [["s77", "m1", 2026, "vpr", "rus", "4", 40, 1]]),
        MONITOR,
        ("отклонено строк: 1", f"{RESULTS}, строка 2", "школы в них распознаны"),
    ),
    "folder that is no year": (
        lambda root: (root / "raw" / "июль").mkdir(),
        MONITOR,
        ("не годом", "raw/июль", "raw/2026/"),
    ),
    "file beside the years": (made("raw/a.xlsx", BOOK), MONITOR, ("прямо в raw/", "raw/a.xlsx", "raw/2026/")),
}
SCHOOLS, CODES = "reference/schools.csv", "reference/school_codes.csv"
LIST = "decisions/lists/2025.csv"
SETTINGS: dict[str, Case] = {
    "no settings": (lambda root: (root / "region.toml").unlink(), MONITOR, ("region.toml", "shnro init")),
    "settings are no TOML": (made("region.toml", 'name = "Озёрная\n'), MONITOR, ("не читается", "строка 1")),
    "settings in cp1251": (made("region.toml", 'name = "Озёрная"'.encode("cp1251")), MONITOR, ("UTF-8",)),
    "settings lack a name": (replaced("region.toml", "short_name", "title"), MONITOR, ("short_name", "region.toml")),
    "setting of another kind": (replaced("region.toml", "= false", '= "нет"'), MONITOR, ("is_demo", "true или false")),
    "unknown time zone": (replaced("region.toml", "Moscow", "Moscou"), MONITOR, ("Europe/Moscou",)),
    "empty table": (made(SCHOOLS, b""), MONITOR, ("нет заголовка", SCHOOLS)),
    "no schools": (made(SCHOOLS, "school_id,school_name,municipality_id,kind_code\n"), MONITOR, ("пуст", "register")),
    "foreign table": (made(SCHOOLS, "id,name\n1,2\n"), MONITOR, ("нет столбцов: school_id", "лишние: id", SCHOOLS)),
    "column named twice": (
        made(SCHOOLS, "school_id,school_id,school_name,municipality_id,kind_code\n"),
        MONITOR,
        ("school_id", "строка 1"),
    ),
    "word for a number": (added(SCHOOLS, "s99,Школа,m1,ordinary,,давно,"), MONITOR, ("«давно»", "строка 14")),
    "half a year": (added(SCHOOLS, "s99,Школа,m1,ordinary,,2020.5,"), MONITOR, ("«2020.5»", "строка 14")),
    "neither yes nor no": (added(SCHOOLS, "s99,Школа,m1,ordinary,иногда,,"), MONITOR, ("«иногда»", "строка 14")),
    "year of another age": (added(SCHOOLS, "s99,Школа,m1,ordinary,,1812,"), MONITOR, ("меньше", "строка 14")),
    "unknown kind": (added(SCHOOLS, "s99,Школа,m1,хорошая,,,"), MONITOR, ("kind_code", "строка 14", "gymnasium")),
    "repeated id": (added(SCHOOLS, "s01,Школа,m1,ordinary,,,"), MONITOR, ("повтор ключа", "строка 14")),
    "delimiter in a name": (added(SCHOOLS, "s99,Школа,№ 9,m1,ordinary,,,2020"), MONITOR, ("8 значений", "строка 14")),
    "stray quote": (added(SCHOOLS, 's99,"Школа "Лесная"",m1,ordinary,,,'), MONITOR, ("кавычки", "строка 14")),
    "unknown municipality": (added(SCHOOLS, "s99,Школа,m9,ordinary,,,"), MONITOR, ("«s99»", "municipalities.csv")),
    "code of a stranger": (added(CODES, "s99,ege,1,,"), MONITOR, ("«s99»", CODES)),
    "circle": (
        added("reference/school_lineage.csv", "s01,s02,merged,2025,\ns02,s01,merged,2025,"),
        MONITOR,
        ("замкнута в круг", "school_lineage.csv"),
    ),
    "date of another form": (
        added("reference/school_matches.csv", ",Школа,,s01,accepted,аналитик,01.09.2026,"),
        MONITOR,
        ("«01.09.2026»", "ГГГГ-ММ-ДД"),
    ),
    "past list with a stranger": (made(LIST, "school_id\ns77\n"), IDENTIFY, ("код s77", LIST, "строка 2")),
    "past list with a repetition": (
        made(LIST, "school_id\ns01\ns01\n"),
        IDENTIFY,
        ("названа дважды", LIST, "строка 3"),
    ),
    "commission with another word": (
        made("decisions/commission.csv", "school_id,year,action,who,date,why\ns01,2026,помиловать,комиссия,,так\n"),
        IDENTIFY,
        ("decisions/commission.csv", "строка 2"),
    ),
    "layout is no TOML": (
        made("layouts/x.toml", "layout_id = \n"),
        MONITOR,
        ("Макет не читается как TOML. Где: layouts/x.toml, строка 1.",),
    ),
    "layout in cp1251": (made("layouts/x.toml", 'title = "Озёрная"'.encode("cp1251")), MONITOR, ("TOML. Где", "UTF-8")),
    "layout is a folder": (
        lambda root: (root / "layouts/x.toml").mkdir(),
        MONITOR,
        ("Макет не читается: на месте файла стоит папка. Где: layouts/x.toml.",),
    ),
    "layout lacks a key": (
        made("layouts/x.toml", 'layout_id = "x"\ntitle = "т"\nprocedure = "ege"\ngrade = "11"\n'),
        MONITOR,
        ("layouts/x.toml, ключ header.rows",),
    ),
    "correction that would not be applied": (
        made("corrections/2026.toml", "[[corrections]]\nyear = 2026\n"),
        MONITOR,
        ("corrections", "[[correction]]"),
    ),
    "edition is no TOML": (
        made("methodology/own.toml", "extends = "),
        (*MONITOR, "--edition", "own"),
        ("не читается", "methodology/own.toml"),
    ),
    "edition out of range": (
        made("methodology/own.toml", 'extends = "2026"\n[familiar]\nlow_share = 30\n'),
        (*MONITOR, "--edition", "own"),
        ("30 вне допустимых границ", "familiar.low_share"),
    ),
    "edition with a word for a number": (
        made("methodology/own.toml", 'extends = "2026"\n[selection]\ncapacity = "много"\n'),
        (*MONITOR, "--edition", "own"),
        ("много", "selection.capacity"),
    ),
    "edition with an unknown section": (
        made("methodology/own.toml", 'extends = "2026"\n[selektion]\ncapacity = 40\n'),
        (*MONITOR, "--edition", "own"),
        ("selektion", "редакция own"),
    ),
    "edition that extends itself": (
        made("methodology/own.toml", 'extends = "own"\n'),
        (*MONITOR, "--edition", "own"),
        ("саму себя", "methodology/own.toml"),
    ),
    "unknown edition": (nothing, (*MONITOR, "--edition", "1812"), ("«1812» не найдена", "имеющихся: 2026")),
    "not a single place": (nothing, (*IDENTIFY[:-1], 0), ("--capacity", "не меньше 1")),
    "as-of is no date": (nothing, (*MONITOR, "--as-of", "вчера"), ("«вчера» — не дата", "--as-of", "ГГГГ-ММ-ДД")),
    "year is a word": (nothing, ("monitor", "--direct", "--year", "май"), ("--year", "shnro monitor --help")),
    "unknown option": (nothing, (*MONITOR, "--yaer", 2026), ("--yaer", "shnro monitor --help")),
}
SETTINGS["table in cp1251"] = (
    lambda root: (root / SCHOOLS).write_bytes((root / SCHOOLS).read_text("utf-8").encode("cp1251")),
    MONITOR,
    ("UTF-8", SCHOOLS),
)


@pytest.mark.parametrize("case", [*FILES.values(), *SETTINGS.values()], ids=[*FILES, *SETTINGS])
def test_one_paragraph_and_nothing_changes(
    case: Case, root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    spoil, words, told = case
    spoil(root)
    before = {name: hashes(root / name) for name in ("raw", "reference", "published")}
    assert command(monkeypatch, *words, "--data", root) == 1
    message = capsys.readouterr().err.removesuffix("\n")
    assert PARAGRAPH.fullmatch(message), message
    assert [word for word in told if word not in message] == [], message
    assert {name: hashes(root / name) for name in before} == before


def test_every_broken_file_is_told_at_once(
    root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    both(made(A, b""), made(B, BOOK[:99]))(root)
    assert command(monkeypatch, *MONITOR, "--data", root) == 1
    first, second = capsys.readouterr().err.splitlines()
    assert PARAGRAPH.fullmatch(first) and A in first
    assert PARAGRAPH.fullmatch(second) and B in second


def test_a_folder_that_cannot_be_written_is_one_paragraph(
    root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    # The tests may run as root, whom no permission stops: a file in the place of the folder stops everybody.
    (root / "runs").write_bytes(b"")
    before = hashes(root)
    assert command(monkeypatch, *IDENTIFY, "--data", root) == 1
    message = capsys.readouterr().err.removesuffix("\n")
    assert PARAGRAPH.fullmatch(message), message
    assert "на месте папки" in message or "уже есть файл" in message
    assert hashes(root) == before


def test_the_command_of_the_terminal_ends_with_1_and_without_a_traceback(root: Path) -> None:
    made(A, LOCKED)(root)
    program = [str(Path(sys.executable).with_name("shnro")), *map(str, MONITOR), "--data", str(root)]
    done = subprocess.run(program, capture_output=True, text=True, encoding="utf-8", cwd=root)
    assert done.returncode == 1
    assert PARAGRAPH.fullmatch(done.stderr.removesuffix("\n")), done.stderr


def rejected(root: Path) -> list[tuple[str, int, str, str]]:
    """(file, row, reason, value) of every published reject."""
    frame = pd.read_parquet(root / "published/monitoring/2026/rejects.parquet").fillna("")
    return list(frame[["file_id", "row_number", "reason_code", "value_text"]].itertuples(index=False, name=None))


def test_rows_of_no_use_are_set_aside_with_file_row_and_reason(
    root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = results_rows()
    write_results(
        root,
        [
            *rows,
            results_row(1, 2023, low=41),
            results_row(1, 2022, tested="много"),
            results_row(1, 1812),
            rows[0],
            results_row(2, 2024, low=30),
        ],
    )
    count = len(rows)
    assert command(monkeypatch, *MONITOR, "--data", root) == 0
    told = capsys.readouterr().out
    assert "Нет повторов и противоречащих строк" in told
    assert "Значения заполнены и допустимы" in told
    of_the_first = {(row, reason) for name, row, reason, _ in rejected(root) if name == RESULTS}
    impossible = {
        (count + 2, "low_above_tested"),
        (count + 3, "not_a_number"),
        (count + 4, "below_minimum"),
    }
    assert impossible <= of_the_first
    conflicts = {row for row, reason in of_the_first if reason == "conflicting_rows"}
    assert conflicts == {count + 6, next(i for i, row in enumerate(rows, start=2) if row == results_row(2, 2024))}
    cells = pd.read_parquet(root / "published/monitoring/2026/results.parquet")
    assert len(cells) == count - 1  # the same rows twice count once, a contradicted cell counts not at all
    files = pd.read_parquet(root / "published/monitoring/2026/source_files.parquet")
    assert (files["read_count"] == files["kept_count"] + files["rejected_count"]).all()
    assert files["read_count"].tolist() == [count + 5]


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (lambda rows: [*rows, *rows], "Полное повторение другой строки"),
        pytest.param(
            lambda rows: [*rows, *(results_row(n, 2026, low=31) for n in range(1, 6))],
            "противоречат друг другу",
            marks=pytest.mark.slow,
        ),
        pytest.param(
            lambda rows: [results_row(n, 2026, low=90) for n in range(1, 13)] + rows[1:],
            "больше, чем участников",
            marks=pytest.mark.slow,
        ),
    ],
)
def test_a_file_full_of_repeats_or_impossible_rows_stops_the_run(
    root: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    spoil: Callable[[list[Row]], list[Row]],
    reason: str,
) -> None:
    write_results(root, spoil(results_rows()))
    before = hashes(root / "published")
    assert command(monkeypatch, *MONITOR, "--data", root) == 1
    printed = capsys.readouterr()
    assert PARAGRAPH.fullmatch(printed.err.removesuffix("\n")), printed.err
    assert f"{RESULTS}, строка" in printed.err and reason in printed.err
    assert hashes(root / "published") == before


def test_an_implausible_year_stops_with_the_place_and_leaves_the_report(
    root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    write_results(root, [results_row(1, 2026, tested=5000), *results_rows()[6:]])
    before = hashes(root / "published")
    assert command(monkeypatch, *MONITOR, "--data", root) == 1
    printed = capsys.readouterr()
    assert PARAGRAPH.fullmatch(printed.err.removesuffix("\n")), printed.err
    assert "5000" in printed.err.replace("\xa0", "").replace(" ", "") and "Средняя школа № 1»" in printed.err
    (report,) = re.findall(r"Отчёт о качестве данных: (.+)", printed.out)
    assert "Число участников в школе правдоподобно" in Path(report).read_text(encoding="utf-8")
    assert hashes(root / "published") == before
