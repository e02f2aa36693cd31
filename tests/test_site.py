"""The web report: what every page has to be, who sees what, and that names of schools are data."""

import re
import shutil
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path

import pandas as pd
import pytest
from ordered_region import YEAR
from ordered_region import run as order
from site_region import FOUNDER, WILD_ID, WILD_NAME, make_published_region, make_site
from small_region import command, hashes, make_small_region

from pipeline.outputs import page
from pipeline.outputs.charts import INK, LINE, PALETTE, SOFT
from pipeline.site.lookup import page_names
from pipeline.tables.disclosed import PUBLIC_RESULTS

VOID = {"meta", "link", "input", "br", "img", "hr"}


@pytest.fixture(scope="module")
def region(tmp_path_factory: pytest.TempPathFactory) -> Path:
    with pytest.MonkeyPatch.context() as monkeypatch:
        root = make_published_region(tmp_path_factory.mktemp("site") / "region", monkeypatch)
        for words in ((), ("--profile", "public"), ("--profile", "founder", "--municipality", "Озёрный")):
            assert make_site(monkeypatch, root, *words) == 0
    return root


def site(region: Path, name: str = "2026") -> Path:
    return region / "published/site" / name


def text(path: Path) -> str:
    return path.read_text(encoding="utf-8")


class Outline(HTMLParser):
    """Tags of a page with their attributes, in order; what is opened and never closed."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.words: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open and self.open.pop() == tag, f"</{tag}> closes something else"

    def handle_data(self, data: str) -> None:
        if not self.open or self.open[-1] not in ("script", "style"):
            self.words.append(data)

    def all(self, *names: str) -> list[dict[str, str | None]]:
        return [attributes for tag, attributes in self.tags if tag in names]


def outlines(region: Path) -> dict[str, Outline]:
    return {
        f"{folder.name}/{path.relative_to(folder)}": Outline(text(path))
        for folder in sorted((region / "published/site").glob("2026*"))
        for path in sorted(folder.rglob("*.html"))
    }


def test_every_school_and_municipality_has_a_page_listed_or_not(region: Path) -> None:
    assert len(list((site(region) / "school").iterdir())) == 12
    assert len(list((site(region) / "municipality").iterdir())) == 2
    for number in (1, 12):
        assert "Решение" in text(site(region) / f"school/s{number:02d}.html")


def test_pages_are_whole_and_say_what_they_are_to_a_screen_reader(region: Path) -> None:
    for name, outline in outlines(region).items():
        assert outline.open == [], name
        tags = [tag for tag, _ in outline.tags]
        assert tags.count("h1") == 1 and tags.count("main") == 1 and tags.count("title") == 1, name
        levels = [int(tag[1]) for tag in tags if re.fullmatch("h[1-6]", tag)]
        assert all(after - before <= 1 for before, after in pairwise(levels)), name
        assert tags.count("table") == tags.count("caption"), name
        assert all(attributes.get("scope") in ("col", "row") for attributes in outline.all("th")), name
        labelled = {attributes.get("for") for attributes in outline.all("label")}
        assert all(attributes.get("id") in labelled for attributes in outline.all("input", "select")), name
        assert tags.count("figure") == tags.count("figcaption"), name
        assert outline.all("html")[0]["lang"] == "ru", name


def test_links_and_assets_lead_to_files_of_the_folder(region: Path) -> None:
    for folder in (site(region), site(region, "2026-public"), site(region, FOUNDER)):
        for path in folder.rglob("*.html"):
            targets = re.findall(r'(?:href|src)="([^"#]+)', text(path))
            assert targets and all((path.parent / target).is_file() for target in targets), path


def test_no_page_asks_the_network(region: Path) -> None:
    for path in site(region).rglob("*.html"):
        assert not re.search(r'(?:href|src|action)="(?:https?:)?//', text(path)), path


def test_a_chart_is_described_in_words_and_stands_beside_a_table(region: Path) -> None:
    for path in site(region).rglob("*.html"):
        told = re.findall(r'class="chart-spec">(.*?)</script>', text(path))
        assert all('"description":"' in spec and '"description":""' not in spec for spec in told), path
        assert not told or "<table" in text(path)


def test_the_name_of_a_school_is_data(region: Path) -> None:
    for name in ("schools.html", f"school/{WILD_ID}.html", "municipality/m2.html"):
        assert "<script>document" not in text(site(region) / name), name
    assert WILD_NAME in "".join(Outline(text(site(region) / f"school/{WILD_ID}.html")).words)


def test_what_is_not_published_is_said_in_one_sentence(region: Path) -> None:
    told = text(site(region) / "index.html")
    assert "Реестр причин этого года ещё не составлен." in told
    assert "Мониторинг поддержки ещё не проведён." in told
    assert "None" not in "".join(Outline(told).words)


def test_words_are_kind_and_no_code_is_shown(region: Path) -> None:
    for name, outline in outlines(region).items():
        words = "".join(outline.words).replace(WILD_NAME, "").replace("results.csv", "")
        assert not re.search("худши|ошибочно включ|рейтинг(?! и)", words.replace("не рейтинг", "")), name
        assert not re.search(r"\b[a-z]+_[a-z_]+\b|\bnan\b|\bNone\b|<NA>", words), name


def test_the_public_report_has_no_probability_no_reason_and_no_small_number(region: Path) -> None:
    folder = site(region, "2026-public")
    for path in folder.rglob("*.html"):
        assert not re.search("Вероятность|вероятность|Индекс|резерв|Основани", text(path)), path
        assert "служебного" not in text(path)
    # Every result of this region is ВПР: of a single school it is nobody's business, of a municipality it is.
    for path in (folder / "school").iterdir():
        assert "Открытых результатов нет." in text(path) and "ВПР, " not in text(path), path
    assert "ВПР, математика" in text(folder / "municipality/m1.html")
    assert {"low_state_code", "tested_state_code"} <= set(PUBLIC_RESULTS.column_names)
    assert "ещё не утверждён" in text(folder / "index.html")


@pytest.mark.slow
def test_the_public_report_shows_the_signed_list_and_who_is_on_it(region: Path, tmp_path: Path, monkeypatch) -> None:
    root = Path(shutil.copytree(region, tmp_path / "region", symlinks=True))
    assert order(monkeypatch, root, "draft", "--year", YEAR) == 0
    signed = ("sign", "--year", YEAR, "--number", "100-ОД", "--date", "2026-09-15")
    assert order(monkeypatch, root, "submit", "--year", YEAR) == order(monkeypatch, root, *signed) == 0
    assert make_site(monkeypatch, root, "--profile", "public") == 0
    folder = site(root, "2026-public")
    told = text(folder / "index.html")
    assert "утверждён приказом от 15 сентября 2026 года № 100-ОД" in told
    assert sorted(re.findall(r'<th scope="row"><a href="school/(s\d+)', told)) == ["s09", "s10", "s11", "s12"]
    assert "приказ № 100-ОД от 15.09.2026" in text(folder / "school/s09.html")
    assert "адресную методическую поддержку: она" not in text(folder / "school/s01.html")


@pytest.mark.slow
def test_the_report_opens_with_the_monitoring_alone(tmp_path: Path, monkeypatch) -> None:
    root = make_small_region(tmp_path / "region")
    assert command(monkeypatch, "monitor", "--data", root, "--year", YEAR, "--direct") == 0
    for words in ((), ("--profile", "public"), ("--profile", "founder", "--municipality", "Озёрный")):
        assert make_site(monkeypatch, root, *words) == 0
    told = text(site(root) / "index.html")
    assert "Перечень этого года ещё не рассчитан" in told and "Вероятность" not in text(site(root) / "schools.html")
    assert "None" not in "".join(Outline(text(site(root) / "school/s01.html")).words)


def test_a_founder_sees_its_own_schools_and_nobody_elses_numbers(region: Path) -> None:
    folder = site(region, FOUNDER)
    assert sorted(path.stem for path in (folder / "school").iterdir()) == [f"s{n:02d}" for n in range(1, 7)]
    assert [path.stem for path in (folder / "municipality").iterdir()] == ["m1"]
    whole = "".join(text(path) for path in folder.rglob("*.html"))
    assert "Лесной район" not in whole and WILD_ID not in whole
    assert "Для служебного пользования" in whole


def test_the_same_tables_give_the_same_bytes(region: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = site(region)
    before = hashes(folder)
    assert make_site(monkeypatch, region) == 0
    after = hashes(folder)
    assert {k: v for k, v in after.items() if k != "manifest.json"} == {
        k: v for k, v in before.items() if k != "manifest.json"
    }
    assert site(region, "2026-public").joinpath("index.html").is_file()


def test_many_reports_of_one_reader_leave_those_of_others(region: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from pipeline.run import Run
    from pipeline.store import KEPT_VERSIONS, publish

    for number in range(KEPT_VERSIONS + 2):
        run = Run(region, "site", 2026, "2026", run_id=f"site-2026-9{number:02d}")
        publish(run, (), {}, pages=region / "reference")
    assert (site(region, "2026-public") / "index.html").is_file()
    assert make_site(monkeypatch, region) == 0


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--profile", "founder"), "Муниципалитет называют"),
        (("--municipality", "Озёрный"), "Муниципалитет называют"),
        (("--profile", "founder", "--municipality", "Морской"), "не найден"),
        (("--profile", "founder", "--municipality", "район"), "несколько"),
    ],
)
def test_a_wrong_reader_is_told_in_one_paragraph(region, monkeypatch, capsys, words, told) -> None:
    assert make_site(monkeypatch, region, *words) == 1
    assert told in capsys.readouterr().err


def test_nothing_published_is_told_with_what_to_do(tmp_path: Path, monkeypatch, capsys) -> None:
    root = make_small_region(tmp_path / "region")
    assert make_site(monkeypatch, root) == 1
    assert "shnro monitor" in capsys.readouterr().err


def test_file_names_differ_whatever_codes_are() -> None:
    names = page_names(["s01", "S01", "а/б", "../x", "con.html", "s" * 300])
    assert len({name.casefold() for name in names.values()}) == len(names)
    assert all(re.fullmatch(r"[\w-]+\.html", name) for name in names.values())


def luminance(colour: str) -> float:
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_colours_can_be_told_apart_by_weak_eyes() -> None:
    css = page.STYLE.read_text(encoding="utf-8")
    colours = dict(re.findall(r"--([a-z]+):\s*(#[0-9a-f]{6})", css))
    for name in ("ink", "soft", "link", "failed", "warning", "passed"):
        for ground in ("paper", "tint"):
            assert contrast(colours[name], colours[ground]) >= 4.5, (name, ground)
    # Marks of charts against white, text of axes against white.
    assert all(contrast(colour, "#ffffff") >= 3 for colour in (PALETTE[0], PALETTE[1], SOFT))
    assert contrast(INK, "#ffffff") >= 4.5 and LINE != INK


def test_a_founder_cannot_subtract_a_neighbour() -> None:
    from pipeline.site.readers import Reader, own_cells, own_years
    from pipeline.site.results import by_exam

    cells = pd.DataFrame(
        {
            "school_id": ["a", "b", "c", "a"],
            "year": 2026,
            "procedure": "ege",
            "subject": ["phys", "phys", "phys", "chem"],
            "grade": "11",
            "tested_count": [5, 6, 7, 9],
            "school_count": [3, 3, 3, 1],
            "region_share": [0.1, 0.1, 0.1, 0.2],
            "expected_count": [0.5, 0.6, 0.7, 1.8],
        }
    )
    told = own_cells(cells, Reader("founder", "m"), frozenset({"a"}), min_others=5)
    assert told["school_id"].tolist() == ["a", "a"]
    assert told["region_share"].isna().tolist() == [True, False]
    assert told["expected_count"].isna().tolist() == [True, False]
    # Where one share may not be seen, the norm over several cells is not told either: neither whole nor too low.
    summed = by_exam(told.assign(is_pool=True, low_count=1), "school_id")
    assert summed["norm_share"].isna().tolist() == [True]
    # The sum of a year less its visible parts would give the hidden one: it is not told either.
    years = pd.DataFrame({"school_id": "a", "year": [2025, 2026], "expected_count": [3.0, 2.3]})
    assert own_years(years, told.assign(is_used=True))["expected_count"].isna().tolist() == [False, True]
