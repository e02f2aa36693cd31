"""`shnro compare`: the list under several editions, from a published identification."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
from small_region import command, hashes, make_small_region

from pipeline import stages, store
from pipeline.outputs import table_file
from pipeline.outputs.comparison import render
from pipeline.tables.comparison import EDITION_LISTS

PROJECT = Path(__file__).resolve().parents[1]
STRICT = 'extends = "2026"\ntitle = "Строгая"\n[selection]\nborderline_probability = 0.99\nwatch_probability = 0.05\n'
NARROW = 'extends = "2026"\ntitle = "Только русский язык"\n[pool]\ncells = ["vpr:rus"]\n'


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small region with a published list of three schools and two editions of its own."""
    root = make_small_region(tmp_path_factory.mktemp("compare") / "region")
    (root / "methodology").mkdir(exist_ok=True)
    (root / "methodology" / "strict.toml").write_text(STRICT, encoding="utf-8")
    (root / "methodology" / "narrow.toml").write_text(NARROW, encoding="utf-8")
    run = stages.start(root, "identification", 2026, capacity=3)
    for stage in stages.FLOWS["identification"]:
        stage.run(run)
    stages.finish(run)
    return root


@pytest.fixture
def region(published: Path, tmp_path: Path) -> Path:
    """A copy of the published region that a test may spoil."""
    return Path(shutil.copytree(published, tmp_path / "region", symlinks=True))


def told(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], root: Path, *words: object, code: int = 0
) -> str:
    capsys.readouterr()
    assert command(monkeypatch, "compare", "--data", root, "--year", 2026, *words) == code
    return capsys.readouterr()[1 if code else 0]


def test_the_lists_side_by_side_and_what_changes(
    published: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    before = hashes(published)
    text = told(monkeypatch, capsys, published, "--editions", "2026, strict,narrow")
    lists = pd.read_parquet(published / "published/identification/2026/selection.parquet")
    size = int((lists["status_code"] == "selected").sum())
    assert "составлен по редакции «2026», мест: 3; в сравнении он тот же." in text
    assert f"2026    Методика 2026 года — {size} школы" in text
    assert "strict  Строгая — " in text and "narrow  Только русский язык — " in text
    assert "«strict» против «2026»: " in text and "«narrow» против «2026»: " in text
    assert "Вероятность T ниже порога включения." in text and "Лесной район: МБОУ «Средняя школа № " in text
    assert hashes(published) == before


def test_the_same_places_or_others_for_every_edition(
    published: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    text = told(monkeypatch, capsys, published, "--editions", "2026,strict", "--capacity", 5)
    assert "по редакциям методики, мест: 5" in text and "мест: 3; в сравнении его нет." in text
    assert "не меньше 1" in told(monkeypatch, capsys, published, "--editions", "2026,strict", "--capacity", 0, code=1)


def test_a_list_that_would_now_come_out_otherwise_is_told(
    region: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (region / "methodology" / "2026.toml").write_text(
        (PROJECT / "pipeline/methodology/2026.toml")
        .read_text(encoding="utf-8")
        .replace("borderline_probability = { value = 0.30", "borderline_probability = { value = 0.99"),
        encoding="utf-8",
    )
    text = told(monkeypatch, capsys, region, "--editions", "2026,narrow")
    assert text.startswith("ВНИМАНИЕ.") and "теперь та же редакция даёт другой перечень" in text


def test_an_edition_that_judges_objectivity_otherwise_is_told_that_it_was_not_asked(
    region: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    own = 'extends = "2026"\ntitle = "Придирчивая"\n[objectivity]\nalarm_level = 0.05\n'
    (region / "methodology" / "wary.toml").write_text(own, encoding="utf-8")
    text = told(monkeypatch, capsys, region, "--editions", "2026,wary,strict")
    warned = [line for line in text.splitlines() if line.startswith("ВНИМАНИЕ.")]
    assert len(warned) == 1 and "«wary»" in warned[0] and "shnro identify --edition wary" in warned[0]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--editions", "2026"), "нужны хотя бы две редакции"),
        (("--editions", " , "), "имеются: 2026, 2026-ege, 2026-gia, narrow, strict"),
        (("--editions", "2026,strict,2026"), "Редакция названа дважды: 2026."),
        (("--editions", "2026,2031"), "Редакция методики «2031» не найдена"),
        (("--editions", "2026,2026-gia"), "По редакции «2026-gia» перечень составить нельзя"),
        (("--editions", "2026,strict", "--output", "перечни.doc"), "укажите файл .csv или .xlsx"),
        (("--editions", "2026,strict", "--year", 2025), "За 2025 год ещё ничего не опубликовано"),
    ],
)
def test_what_cannot_be_compared_is_refused_in_words(
    words: tuple[object, ...],
    message: str,
    published: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    text = told(monkeypatch, capsys, published, *words, code=1)
    assert message in text and "Что сделать: " in text


def test_a_made_up_region_says_so_first(
    region: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = region / "published/identification/2026" / store.MANIFEST
    path.write_text(json.dumps(json.loads(path.read_text("utf-8")) | {"is_demo": True}), encoding="utf-8")
    assert told(monkeypatch, capsys, region, "--editions", "2026,strict").startswith("ДЕМО")


@pytest.mark.parametrize("suffix", table_file.SUFFIXES)
def test_the_table_of_lists_in_every_kind_of_file(
    suffix: str, published: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "новая папка" / f"перечни{suffix}"
    text = told(monkeypatch, capsys, published, "--editions", "2026,narrow", "--output", path)
    assert f"Таблица записана: {path}" in text
    readers = {
        ".csv": lambda: pd.read_csv(path, sep=";", decimal=",", encoding="utf-8-sig"),
        ".xlsx": lambda: pd.read_excel(path, engine="calamine"),
        ".parquet": lambda: pd.read_parquet(path),
    }
    lists = readers[suffix]()
    titles = {column.title: column.name for column in EDITION_LISTS.columns}
    assert set(lists.columns) == set(titles if suffix != ".parquet" else titles.values())
    lists = lists.rename(columns=titles)
    assert set(lists["edition"].astype(str)) == {"2026", "narrow"}
    # Every school stands under both editions, and each under at least one as selected.
    assert (lists.groupby("school_id").size() == 2).all()
    assert lists["is_selected"].isin(["да", True]).groupby(lists["school_id"]).any().all()
    assert lists["probability"].between(0, 1).all()


def test_a_cell_is_never_reckoned_as_a_formula(tmp_path: Path) -> None:
    row = {"school_id": "=1+1", "municipality_id": "m", "year": 2026, "edition": "-x", "school_name": "@a"}
    row |= {"municipality_name": "б", "is_selected": False, "status_code": "reserve", "reason_codes": "reserve"}
    table_file.write_table(EDITION_LISTS, EDITION_LISTS.typed(pd.DataFrame([row])), tmp_path / "a.csv")
    line = (tmp_path / "a.csv").read_text("utf-8-sig").splitlines()[1]
    assert line == "'=1+1;m;2026;'-x;'@a;б;нет;reserve;;;;reserve"


def test_a_file_that_cannot_be_written_is_one_paragraph(
    published: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "занято").write_text("", encoding="utf-8")
    words = ("--editions", "2026,narrow", "--output", tmp_path / "занято" / "a.csv")
    assert "не удаётся записать" in told(monkeypatch, capsys, published, *words, code=1)


def lists_of(*rows: tuple[str, str, bool, str, float | None]) -> pd.DataFrame:
    """Rows of `edition_lists`: school, edition, selected, reason codes, T."""
    frame = pd.DataFrame(rows, columns=["school_id", "edition", "is_selected", "reason_codes", "probability"])
    frame = frame.assign(school_name="Школа " + frame["school_id"], municipality_name="Район", municipality_id="m")
    return EDITION_LISTS.typed(frame.assign(year=2026, status_code=frame["is_selected"].map(
        {True: "selected", False: "not_selected"})))  # fmt: skip


def test_changes_are_told_by_direction_and_reason() -> None:
    lists = lists_of(
        ("a", "А", True, "stays;rule_low", 0.5), ("a", "Б", True, "stays", 0.5),
        ("b", "А", True, "entered_by_probability", 0.456), ("b", "Б", False, "left_list;left_by_rank", 0.2),
        ("c", "А", False, "reserve;below_entry_probability", 0.1), ("c", "Б", True, "entered_by_probability", 0.9),
        ("d", "А", True, "tie_block", 0.4), ("d", "Б", False, "no_results", None),
    )  # fmt: skip
    text = render(lists, {"А": "Первая", "Б": "Вторая"}, 2026, 3)
    assert text.splitlines() == [
        "Перечень 2026 года по редакциям методики, мест: 3",
        "",
        "  А  Первая — 3 школы",
        "  Б  Вторая — 2 школы",
        "",
        "Сколько школ у двух перечней общих:",
        "     А  Б",
        "  А  3  1",
        "  Б  1  2",
        "Во всех перечнях: 1; хотя бы в одном: 4.",
        "",
        "«Б» против «А»: остаются 1, входят 1, выходят 2.",
        "  T сначала по «А», затем по «Б»; основание — по «Б».",
        "  Входят (1). Включена по вероятности T.",
        "    Район: Школа c (c), T 0,10 → 0,90",
        "  Выходят (1). За рассматриваемые годы нет результатов, по которым выбираются школы.",
        "    Район: Школа d (d), T 0,40 → —",
        "  Выходят (1). Место по вероятности T дальше, чем нужно для сохранения в перечне.",
        "    Район: Школа b (b), T 0,46 → 0,20",
    ]


def test_a_list_that_has_been_shown_is_not_shown_again() -> None:
    rows = [("a", "А", True, "stays", 0.5), ("b", "А", False, "below_entry_probability", 0.1)]
    for edition in ("Б", "В"):
        rows += [("a", edition, False, "left_list;left_by_rank", 0.2), ("b", edition, True, "stays", 0.5)]
    rows += [("a", "Г", True, "stays", 0.5), ("b", "Г", False, "below_entry_probability", 0.1)]
    text = render(lists_of(*rows), dict.fromkeys("АБВГ", "Название"), 2026, 1)
    assert text.count("Входят (1).") == 1
    assert "«В» против «А»: остаются 0, входят 1, выходят 1.\n  Перечень тот же, что по «Б»: см. выше.\n" in text
    assert text.endswith("«Г» против «А»: остаются 1, входят 0, выходят 0.")


def test_it_loads_neither_prefect_nor_great_expectations(published: Path) -> None:
    words = ["shnro", "compare", "--data", str(published), "--year", "2026", "--editions", "2026,strict"]
    program = (
        f"import sys\nfrom pipeline.cli import main\nsys.argv = {words!r}\n"
        "try:\n    main()\nexcept SystemExit:\n    pass\n"
        "print('LOADED', [name for name in ('prefect', 'great_expectations', 'sklearn') if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-X", "utf8", "-c", program], cwd=PROJECT, capture_output=True, text=True, encoding="utf-8"
    )
    assert done.stdout.endswith("LOADED []\n") and "Сколько школ" in done.stdout, done.stdout[-300:] + done.stderr
