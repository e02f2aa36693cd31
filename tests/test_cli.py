"""The `shnro` command as a person uses it: a region from an empty folder to the list, the model alone, the help."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
import xlsxwriter
from small_region import command, hashes

from pipeline import reports, stages
from pipeline.cli_site import Profile
from pipeline.matching import save_proposals
from pipeline.region import load_region
from pipeline.skeleton import kind_of
from pipeline.stability import RANK_COLUMNS
from pipeline.synthetic import MADE_FOLDERS
from pipeline.tables import TABLES
from pipeline.tables.quality import MATCH_PROPOSALS
from pipeline.tables.support import PERIODS

PROJECT = Path(__file__).resolve().parents[1]
AREAS = {
    "Озёрный район": ("Озёрная", "Ясная", "Заречная", "Полевая"),
    "Лесной район": ("Сосновая", "Дубовая", "Луговая"),
}
SUBJECTS = ("Русский язык", "Математика профильная")
ISSUE_COLUMNS = {
    "school_id", "index", "index_lower", "index_upper", "reliability", "probability", "low_years_count",
    "forecast_ratio", "next_year_probability", "band_code",
}  # fmt: skip


def shnro(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *words: object) -> str:
    """What a successful command prints."""
    capsys.readouterr()
    assert command(monkeypatch, *words) == 0, capsys.readouterr().err
    return capsys.readouterr().out


def results_sheet(year: int) -> list[list[object]]:
    """A sheet in the shape of the shipped layout: subject over measures, municipality as a column, a total below."""
    rows: list[list[object]] = [
        [f"Информация о результатах ЕГЭ в {year} году"],
        ["Муниципальное образование", "Образовательная организация", SUBJECTS[0], None, None, SUBJECTS[1], None, None],
        [None, None, *["приняло участие", "не преодолен min порог", "средний балл"] * 2],
    ]
    rows[0] = [f"Информация о результатах ЕГЭ, {year} год"]
    number = 0
    for area, names in AREAS.items():
        for name in names:
            number += 1
            spelled = "Заречная ср. школа" if (name, year) == ("Заречная", 2025) else f"{name} средняя школа"
            rows.append([area, f"МБОУ «{spelled}»", 40, number, 60.5, 20, number, 48])
    if year == 2025:
        rows.append(["Озёрный район", "Экстернат при тюрьме", 2, 1, 30, None, None, None])
    return [*rows, ["Итого", None, *[None] * 6]]


@pytest.fixture
def book(tmp_path: Path) -> Path:
    """A workbook with two years of results and a sheet of applications, as a region sends it."""
    path = tmp_path / "результаты.xlsx"
    applications = [["Поданные заявления"], results_sheet(2026)[1], results_sheet(2026)[2], ["Озёрный район", "x", 7]]
    sheets = {"2025": results_sheet(2025), "2026": results_sheet(2026), "заявления": applications}
    with xlsxwriter.Workbook(path) as workbook:
        for name, rows in sheets.items():
            sheet = workbook.add_worksheet(name)
            for index, row in enumerate(rows):
                sheet.write_row(index, 0, row)
    return path


def test_from_an_empty_folder_to_the_list(
    book: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    root = tmp_path / "region"
    told = shnro(monkeypatch, capsys, "init", root, "--name", "Озёрная область")
    assert load_region(root).name == "Озёрная область"
    assert re.findall(r"^  (\d)\. ", told, flags=re.MULTILINE) == list("1234567")
    (root / "raw/2026").mkdir()
    received = Path(shutil.copy(book, root / "raw/2026"))

    assert "школ 7, муниципалитетов 2" in shnro(
        monkeypatch, capsys, "register", received, "--sheet", "2026", "--data", root
    )
    told = shnro(monkeypatch, capsys, "check", "--data", root, "--year", 2026)
    assert "Не распознано названий школ: 2" in told
    assert not (root / "published").exists()

    told = shnro(monkeypatch, capsys, "match", "list", "--data", root)
    numbers = dict(re.findall(r"^(\w+)  «(.+)» \(", told, flags=re.MULTILINE))
    by_name = {name: number for number, name in numbers.items()}
    assert set(by_name) == {"МБОУ «Заречная ср. школа»", "Экстернат при тюрьме"}
    shnro(monkeypatch, capsys, "match", "accept", by_name["МБОУ «Заречная ср. школа»"], "--data", root)
    shnro(monkeypatch, capsys, "match", "reject", by_name["Экстернат при тюрьме"], "--data", root, "--by", "методист")
    assert "Предложений: 0" in shnro(monkeypatch, capsys, "match", "list", "--data", root)

    told = shnro(monkeypatch, capsys, "monitor", "--direct", "--data", root, "--year", 2026)
    assert "получено 7 из 7 школ" in told and "Не распознано" not in told
    results = pd.read_parquet(root / "published/monitoring/2026/results.parquet")
    assert results.groupby("year")["school_id"].nunique().to_dict() == {2025: 7, 2026: 7}
    rejects = pd.read_parquet(root / "published/monitoring/2026/rejects.parquet")
    assert {"not_results", "outside_region"} <= set(rejects["reason_code"])

    told = shnro(monkeypatch, capsys, "identify", "--direct", "--data", root, "--year", 2026, "--capacity", 2)
    appendix = pd.read_parquet(root / "published/identification/2026/order_appendix.parquet")
    assert appendix["school_name"].tolist() == ["МБОУ «Дубовая средняя школа»", "МБОУ «Луговая средняя школа»"]
    assert "в перечне: 2" in told
    assert str(root / "published/identification/2026") in told


def test_where_every_name_is_known_there_is_nothing_to_decide(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    save_proposals(tmp_path, MATCH_PROPOSALS.empty())
    assert "Предложений: 0" in shnro(monkeypatch, capsys, "match", "list", "--data", tmp_path)


def test_an_interrupted_command_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupt(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(stages, "start", interrupt)
    assert command(monkeypatch, "monitor", "--direct", "--data", tmp_path, "--year", 2026) == 130
    assert "Прервано; опубликованное не изменено." in capsys.readouterr().err


def test_init_never_writes_over_anything(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "notes.txt").write_text("важное", encoding="utf-8")
    assert command(monkeypatch, "init", tmp_path) == 1
    assert "Папка не пуста" in capsys.readouterr().err
    assert list(hashes(tmp_path)) == ["notes.txt"]


def test_a_demo_is_never_written_over_a_real_region(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    shnro(monkeypatch, capsys, "init", tmp_path / "region")
    before = hashes(tmp_path)
    assert command(monkeypatch, "demo", tmp_path / "region") == 1
    assert "не является учебным регионом" in capsys.readouterr().err
    assert hashes(tmp_path) == before


def test_a_demo_that_was_interrupted_is_made_again_without_its_old_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from pipeline import synthetic

    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device", "raw")

    monkeypatch.setattr(synthetic, "make_register", fail)
    assert command(monkeypatch, "demo", tmp_path) == 1
    assert "свободное место" in capsys.readouterr().err
    kept, stale = ["published/a", "runs/a"], [f"{name}/old" for name in MADE_FOLDERS]
    for name in (*kept, *stale):
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).write_text(name)
    assert command(monkeypatch, "demo", tmp_path) == 1
    assert list(hashes(tmp_path)) == ["published/a", "region.toml", "runs/a"]


def panel(seed_step: int = 0) -> pd.DataFrame:
    """Results of twelve schools over three years."""
    return pd.DataFrame(
        [
            {
                "school_id": f"s{school:02d}", "municipality_id": "m1", "year": year, "procedure": "test",
                "subject": subject, "grade": "4", "tested_count": 30, "low_count": (school * 2 + year + seed_step) % 25,
            }
            for school in range(12) for year in (2024, 2025, 2026) for subject in ("rus", "mat")
        ]
    )  # fmt: skip


def test_rank_reads_parquet_and_csv_in_any_order_to_the_same_bytes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    results = panel()
    shuffled = results.sample(frac=1, random_state=1)
    results.to_parquet(tmp_path / "a.parquet")
    shuffled.to_parquet(tmp_path / "b.parquet")
    results.to_csv(tmp_path / "c.csv", index=False)
    shuffled[results.columns[::-1]].to_csv(tmp_path / "d.csv", index=False, sep=";", encoding="utf-8-sig")
    written = set()
    for name in ("a.parquet", "b.parquet", "c.csv", "d.csv"):
        output = tmp_path / "ranked" / f"{name}.out"
        words = ("rank", tmp_path / name, "--year", 2026, "--capacity", 3, "--output", output)
        assert "Школ: 12" in shnro(monkeypatch, capsys, *words)
        written.add(output.read_bytes())
    assert len(written) == 1
    ranked = pd.read_parquet(output)
    assert set(RANK_COLUMNS) == set(ranked.columns) == ISSUE_COLUMNS
    assert ranked["school_id"].is_unique and ranked["probability"].is_monotonic_decreasing
    assert ranked["probability"].sum() == pytest.approx(3)


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (lambda frame: frame.drop(columns="low_count"), "нет столбцов: low_count"),
        (lambda frame: frame.assign(low_count=frame["tested_count"] + 1), "строка 1"),
        (lambda frame: frame.assign(low_count=-1), "меньше допустимого"),
        (lambda frame: pd.concat([frame, frame.tail(1)], ignore_index=True), "строка 73"),
        (lambda frame: frame[frame["year"] < 2026], "2026"),
        (lambda frame: frame[frame["school_id"] < "s03"], "не меньше, чем школ"),
        (lambda frame: frame.head(0), "2026"),
        (lambda frame: frame.assign(low_count=frame["tested_count"] * 0.21), "Нужны целые числа, а встречается 6,3"),
    ],
)
def test_rank_refuses_what_would_mislead(
    spoil, told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    spoil(panel()).to_parquet(tmp_path / "a.parquet")
    words = ("rank", tmp_path / "a.parquet", "--year", 2026, "--capacity", 3, "--output", tmp_path / "out.parquet")
    assert command(monkeypatch, *words) == 1
    message = capsys.readouterr().err
    assert told in message and "Что сделать: " in message
    assert not (tmp_path / "out.parquet").exists()


def test_rank_reads_codes_that_are_numbers_and_says_of_what_to_beware(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    results = panel()
    number = results["school_id"].str[1:].astype("float64")
    results.assign(school_id=number, grade=4.0, low_count=results["low_count"] * 1.0).to_parquet(tmp_path / "a.parquet")
    words = ("--year", 2026, "--capacity", 3, "--output", tmp_path / "out.parquet")
    assert "Внимание" not in shnro(monkeypatch, capsys, "rank", tmp_path / "a.parquet", *words)
    assert set(pd.read_parquet(tmp_path / "out.parquet")["school_id"]) == {str(school) for school in range(12)}
    results.assign(low_count=0).to_parquet(tmp_path / "b.parquet")
    told = shnro(monkeypatch, capsys, "rank", tmp_path / "b.parquet", *words)
    assert "Внимание. Ни один результат нельзя сравнить с нормой региона" in told and "не больше, чем мест" not in told
    results[results["year"] == 2026].to_parquet(tmp_path / "c.parquet")
    assert "вероятность следующего года грубая" in shnro(monkeypatch, capsys, "rank", tmp_path / "c.parquet", *words)


@pytest.mark.parametrize("content", [b"", b"not a table", b"\xcf\xf0\xe8\xec\xe5\xf0;x\n\xff;1\n", b"PAR1"])
@pytest.mark.parametrize("name", ["a.parquet", "a.csv"])
def test_rank_refuses_what_is_no_table(
    content: bytes, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / name).write_bytes(content)
    words = ("rank", tmp_path / name, "--year", 2026, "--capacity", 3, "--output", tmp_path / "out.parquet")
    assert command(monkeypatch, *words) == 1
    message = capsys.readouterr().err
    assert name in message and "Что сделать: " in message


def test_layout_draft_describes_a_workbook(
    book: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    text = shnro(monkeypatch, capsys, "layout", "draft", book)
    output = tmp_path / "layouts" / "x.toml"
    shnro(monkeypatch, capsys, "layout", "draft", book, "--output", output)
    assert output.read_text(encoding="utf-8").strip() == text.strip()
    assert "[municipality]" in text and "^не преодолен" in text


def test_describe_lists_every_table_and_its_columns(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    told = shnro(monkeypatch, capsys, "describe")
    assert re.findall(r"^## (\w+) — [А-Я]", told, flags=re.MULTILINE) == list(TABLES)
    one = shnro(monkeypatch, capsys, "describe", "selection")
    assert all(f"| {name} |" in one for name in TABLES["selection"].column_names)
    assert command(monkeypatch, "describe", "нет_такой") == 1


HELPS = [(), *[(name,) for name in ("init", "demo", "register", "check", "monitor", "identify", "rank", "describe")]]
HELPS += [("compare",), ("explain",), ("causes",), ("causes", "forms"), ("causes", "build")]
HELPS += [("order",), *[("order", name) for name in ("draft", "submit", "sign", "amend", "show", "publish")]]
HELPS += [("confirm",), ("confirm", "forms"), ("confirm", "read"), ("commission",), ("commission", "workbook")]
HELPS += [("commission", "read"), ("commission", "list"), ("objections",)]
HELPS += [("objections", name) for name in ("list", "decide", "revise", "workbook", "read")]
HELPS += [("support",), *[("support", name) for name in ("forms", "programmes", "build")], ("site",), ("open",)]
HELPS += [("verify",), ("replay",), ("forget",), ("serve",)]
HELPS += [("match",), ("match", "list"), ("match", "accept"), ("match", "reject"), ("layout",), ("layout", "draft")]


@pytest.mark.parametrize("words", HELPS, ids=" ".join)
def test_help_is_russian(
    words: tuple[str, ...], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    told = shnro(monkeypatch, capsys, *words, "--help")
    # Left over: names of options, the command itself, codes and file kinds.
    words_left = set(re.findall(r"(?<![-\w<])[A-Za-z]{3,}", told))
    known = {
        "decisions",
        "shnro",
        "Prefect",
        "Parquet",
        "CSV",
        "results",
        "data",
        "list",
        "str",
        "csv",
        "xlsx",
        "parquet",
        "txt",
        "TOML",
        *reports.PLACES,
        *(profile.value for profile in Profile),
        *PERIODS,
        *(w for h in HELPS for w in h),
    }
    assert words_left - known == set()


READ_ONLY = {
    "describe": ("great_expectations", "prefect", "sklearn"),
    "rank {folder}/a.csv --year 2026 --capacity 3 --output {folder}/out.parquet": ("great_expectations", "prefect"),
    "match list --data {folder}": ("prefect",),
    "layout draft {folder}/результаты.xlsx": ("great_expectations", "prefect"),
    "monitor --help": ("great_expectations", "prefect", "pandas"),
}


@pytest.mark.parametrize("line", READ_ONLY)
def test_a_command_loads_only_what_it_needs(line: str, book: Path, tmp_path: Path) -> None:
    panel().to_csv(tmp_path / "a.csv", index=False)
    words = line.format(folder=tmp_path).split()
    program = (
        "import sys\nfrom pipeline.cli import main\n"
        f"sys.argv = ['shnro', *{words!r}]\n"
        "try:\n    main()\nexcept SystemExit:\n    pass\n"
        f"print('LOADED', [name for name in {READ_ONLY[line]!r} if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-X", "utf8", "-c", program], cwd=PROJECT, capture_output=True, text=True, encoding="utf-8"
    )
    assert done.stdout.endswith("LOADED []\n"), done.stdout[-200:] + done.stderr


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("МБОУ «Средняя школа № 1»", "ordinary"),
        ("МБОУ «Гимназия № 4»", "gymnasium"),
        ("Вечерняя (сменная) общеобразовательная школа", "evening"),
        ("ГОУ «Специальная (коррекционная) школа-интернат»", "correctional"),
        ("ФКУ «Исправительная колония № 2»", "penal"),
        ("ФКУ «Следственный изолятор № 1»", "penal"),
        ("ФКУ «Колония-поселение № 6»", "penal"),
        ("ГКУЗ «Детский санаторий»", "sanatorium"),
        ("Колонтаевская средняя школа", "ordinary"),
    ],
)
def test_a_new_register_takes_the_kind_from_the_name(name: str, kind: str) -> None:
    assert kind_of(name) == kind
