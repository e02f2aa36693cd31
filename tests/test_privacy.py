"""Nothing that names a pupil leaves raw/: planted names, documents and codes are looked for in every written byte."""

import zipfile
from collections.abc import Sequence
from pathlib import Path

import pandas as pd
import pytest
from planted_pupils import MARKERS as PLANTED
from small_region import command, make_small_region
from source_files import Row, write_csv, write_xlsx

SURNAME, NAME, PATRONYMIC = "Скрытнова", "Невидима", "Безымяновна"
SERIES, DOCUMENT, CODE, VPR_CODE, PUPIL_ID = "9876", "543210987", "707070710070", "41234567", "pupil-31337"
MARKERS = (SURNAME, NAME, PATRONYMIC, SERIES, DOCUMENT, CODE, VPR_CODE, PUPIL_ID)
WHO = [SURNAME, NAME, PATRONYMIC, SERIES, DOCUMENT]

EGE_HEADER = [
    "№", "Код МСУ", "Код ОО", "Класс", "Код ППЭ", "Аудитория", "Фамилия", "Имя", "Отчество", "Серия", "Номер",
    "Первичный балл", "Балл",
]  # fmt: skip
OGE_HEADER = [
    "№", "Код ОО", "Класс", "Код ППЭ", "Аудитория", "Код участника", "Фамилия", "Имя", "Отчество", "Серия", "Номер",
    "Первичный балл", "Оценка",
]  # fmt: skip
VPR_HEADER = [
    "Код участника", "Вариант", "1 (2б)", "2 (3б)", "Порядковый номер класса", "Отметка за предыдущий триместр",
    "Итого баллов",
]  # fmt: skip
APPEALS_HEADER = [
    "Экзамен", "Код МСУ", "Код ОО", "Предмет", "Дата экзамена", "Фамилия", "Имя", "Отчество", "Серия", "Номер",
    "Тип апелляции", "Состояние", "Дата рассмотрения", "Балл до", "Балл после", "Разница", "Оценка после",
]  # fmt: skip


def ege(school: object = "7", grade: object = "11А", primary: object = 30, score: object = 61) -> Row:
    return [1, "301", school, grade, "101", "0001", *WHO, primary, score]


def oge(mark: object, school: object = "301002") -> Row:
    return [1, school, "9А", "101", "0001", CODE, *WHO, 20, mark]


def appeal(
    state: str, *, subject: str = "01 - Русский язык", document: str = DOCUMENT, after: object = 65, school: str = "7"
) -> Row:
    who = [SURNAME, NAME, PATRONYMIC, SERIES, document]
    return ["ЕГЭ", "301", school, subject, "2026.06.04", *who, "О баллах", state, "30.06.2026", 61, after, "", ""]


EGE: list[Row] = [
    ["01 - Русский язык 2026.06.04"],
    EGE_HEADER,
    ege(),
    ege(school=SURNAME),
    ege(school="999"),
    ege(school=CODE),
    ege(school=DOCUMENT),
    ege(grade=f"ВПЛ {SURNAME}"),
    ege(primary=SURNAME, score=NAME),
    ege(primary="", score=DOCUMENT),
    ege(score=130),
    ege(score="удалена", primary=""),
    ["Средний", SURNAME, NAME],
    ["Всего участников", 7, SURNAME],
]
OGE: list[Row] = [
    ["02 - Математика 2026.06.09"],
    OGE_HEADER,
    oge(2),
    oge(7),
    oge(SURNAME),
    oge(3, school=SURNAME),
    oge(3, school=CODE),
    [SURNAME],
]
VPR: list[Row] = [
    VPR_HEADER,
    [VPR_CODE, 1, 2, 3, 4, 3, 5],
    [f"{VPR_CODE}1", 1, 2, 3, 4, 3, SURNAME],
    [f"{VPR_CODE}2", "отсутствовал", None, None, 4, SURNAME, None],
    [SURNAME, 1, 2, 3, 4, 3, 99],
]
APPEALS: list[Row] = [
    APPEALS_HEADER,
    appeal("Удовлетворена"),
    appeal("Удовлетворена", document=f"{DOCUMENT}5"),
    appeal("Удовлетворена", document=f"{DOCUMENT}6", school=CODE),
    appeal(SURNAME),
    appeal("Удовлетворена", subject=SURNAME),
    appeal("Удовлетворена", after=SURNAME),
    [SURNAME, "", "", "", "", NAME],
]
PUPILS = pd.DataFrame(
    {
        "year": 2026, "procedure": "oge", "subject": "rus", "grade": "9", "school_id": ["s03", "s03", "s99", None],
        "mark": ["2", "7", "3", SURNAME], "pupil_id": PUPIL_ID, "Фамилия": SURNAME, "Документ": DOCUMENT,
    }
)  # fmt: skip


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = make_small_region(tmp_path / "region")
    raw = root / "raw/2026"
    write_csv(raw / "ege_01.csv", EGE)
    write_xlsx(raw / "oge_02.xlsx", OGE)
    write_xlsx(raw / "РУ4_2026_edu670004.xlsx", VPR, "Протокол")
    write_csv(raw / "appeals.csv", APPEALS, "utf-8-sig")
    PUPILS.to_parquet(raw / "pupils.parquet")
    return root


def seen(root: Path, markers: Sequence[str] = MARKERS) -> list[str]:
    """«file: marker» of every marker in what was written below a region's folder, raw/ aside.

    Parquet is also decoded, workbooks, documents and every other archive are unpacked.
    """
    found = []
    for path in sorted(p for p in root.rglob("*") if p.is_file() and p.relative_to(root).parts[0] != "raw"):
        contents = [path.read_bytes()]
        if zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as archive:
                contents += [archive.read(name) for name in archive.namelist()]
        decoded = pd.read_parquet(path).astype("str").to_csv() if path.suffix == ".parquet" else ""
        for marker in markers:
            spellings = [marker.encode(encoding) for encoding in ("utf-8", "cp1251", "utf-16-le", "unicode_escape")]
            if marker in decoded or any(spelling in content for content in contents for spelling in spellings):
                found.append(f"{path.relative_to(root)}: {marker}")
    return found


def test_the_search_sees_what_is_there(root: Path) -> None:
    (root / "runs").mkdir()
    PUPILS.astype("str").to_parquet(root / "runs/leak.parquet", compression="gzip")
    (root / "runs/leak.json").write_bytes(SURNAME.encode("unicode_escape"))
    write_xlsx(root / "runs/leak.xlsx", [[NAME]])
    assert f"runs/leak.xlsx: {NAME}" in seen(root)
    assert f"runs/leak.parquet: {DOCUMENT}" in seen(root) and f"runs/leak.json: {SURNAME}" in seen(root)


def test_no_pupil_is_named_outside_raw(
    root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    # Most rows are spoilt on purpose; what stops a run on such a delivery has tests of its own.
    (root / "methodology/patient.toml").write_text('extends = "2026"\n[quality]\nmax_spoiled_share = 1.0\n', "utf-8")
    assert command(monkeypatch, "monitor", "--direct", "--data", root, "--year", 2026, "--edition", "patient") == 0
    printed = capsys.readouterr()
    assert [marker for marker in MARKERS if marker in printed.out + printed.err] == []
    assert seen(root) == []
    # The rows did arrive and were judged: the search has not passed over files that nobody read.
    rejects = pd.read_parquet(root / "published/monitoring/2026/rejects.parquet")
    told = rejects.groupby("file_id")["reason_code"].agg(set)
    assert {"no_school", "not_graduate", "not_a_number", "above_maximum"} <= told["raw/2026/ege_01.csv"]
    assert {"no_school", "above_maximum", "not_a_number"} <= told["raw/2026/oge_02.xlsx"]
    assert {"not_a_number", "total_above_maximum"} <= told["raw/2026/РУ4_2026_edu670004.xlsx"]
    assert {"appeal_without_attempt", "unknown_state", "unknown_subject"} <= told["raw/2026/appeals.csv"]
    assert {"above_maximum", "not_a_number"} <= told["raw/2026/pupils.parquet"]
    results = pd.read_parquet(root / "published/monitoring/2026/results.parquet")
    assert results.loc[results["procedure"] == "ege", "school_id"].tolist() == ["s07"]


def test_no_pupil_is_named_when_the_reading_fails(
    root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    raw = root / "raw/2026"
    write_csv(raw / "a.csv", [["77 - Логика 2026.06.04"], EGE_HEADER, ege()])
    write_csv(raw / "b.csv", [["Список", *WHO], ["Школа", "Ученик", "Оценка"], ["7", SURNAME, 2]])
    write_csv(raw / "c.csv", EGE, "cp866")
    write_xlsx(raw / "протокол.xlsx", VPR, "Протокол")
    (raw / "d.xlsx").write_bytes((raw / "oge_02.xlsx").read_bytes()[:3000])
    PUPILS.assign(subject="Логика").to_parquet(raw / "e.parquet")
    assert command(monkeypatch, "monitor", "--direct", "--data", root, "--year", 2026) == 1
    printed = capsys.readouterr()
    assert [
        name for name in ("a.csv", "b.csv", "c.csv", "протокол", "d.xlsx", "e.parquet") if name not in printed.err
    ] == []
    assert [marker for marker in MARKERS if marker in printed.out + printed.err] == []
    assert seen(root) == []


@pytest.mark.parametrize("rows", [EGE, OGE, VPR, APPEALS], ids=["ege", "oge", "vpr", "appeals"])
def test_a_draft_of_a_layout_quotes_no_pupil(
    rows: list[Row], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write_xlsx(tmp_path / "x.xlsx", rows)
    command(monkeypatch, "layout", "draft", path)
    printed = capsys.readouterr()
    assert printed.out + printed.err
    assert [marker for marker in MARKERS if marker in printed.out + printed.err] == []


@pytest.mark.slow
def test_a_year_of_work_names_nobody_and_tells_no_hidden_note(published_demo: Path) -> None:
    assert seen(published_demo, PLANTED) == []
    said = published_demo.with_suffix(".txt").read_text("utf-8")
    assert [marker for marker in PLANTED if marker in said] == []
    # Those files were read: their pupils are counted.
    files = pd.read_parquet(published_demo / "published/monitoring/2026/source_files.parquet").set_index("file_id")
    assert files.loc["raw/2026/ege/ЕГЭ_01_2026.csv", "kept_count"] > 1000
    assert files.loc["raw/2026/context/Контекст_2026.xlsx", "kept_count"] > 300
