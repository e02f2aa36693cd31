"""The web report in a real browser: filter, sort, open a school, keyboard, phone, print; nothing leaves the machine."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest
from site_region import WILD_ID, WILD_NAME, make_published_region, make_site

from pipeline.outputs import region_charts

pytestmark = pytest.mark.slow

CHROMIUM = Path("/usr/bin/chromium")
ARGUMENTS = [
    "--headless=new",
    "--no-sandbox",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PHONE = {"width": 360, "height": 740}
# Every element with words of its own: its colour against the nearest painted ground; AA asks for 4.5, of big text 3.
CONTRAST = """() => {
  const parts = (text) => (text.match(/[\\d.]+/g) || []).map(Number);
  const light = (rgb) => {
    const [r, g, b] = rgb.map((v) => v / 255).map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const ground = (element) => {
    for (let e = element; e; e = e.parentElement) {
      const [r, g, b, a] = parts(getComputedStyle(e).backgroundColor);
      if (a === undefined || a > 0) return [r, g, b];
    }
    return [255, 255, 255];
  };
  const weak = [];
  for (const element of document.querySelectorAll("body *:not(script):not(style)")) {
    if (element.closest("svg, script") || !element.checkVisibility()) continue;
    if (!Array.from(element.childNodes).some((n) => n.nodeType === 3 && n.textContent.trim())) continue;
    const style = getComputedStyle(element);
    const [one, two] = [light(parts(style.color).slice(0, 3)), light(ground(element))];
    const found = (Math.max(one, two) + 0.05) / (Math.min(one, two) + 0.05);
    const size = parseFloat(style.fontSize);
    const isBig = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
    if (found < (isBig ? 3 : 4.5)) weak.push([element.tagName, element.textContent.trim().slice(0, 40), found]);
  }
  return weak;
}"""
PAGES = ("index.html", "schools.html", f"school/{WILD_ID}.html", "municipality/m2.html", "about.html")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if not CHROMIUM.is_file():
        pytest.skip(f"{CHROMIUM} is not installed: apt install chromium")
    with pytest.MonkeyPatch.context() as monkeypatch:
        root = make_published_region(tmp_path_factory.mktemp("e2e") / "region", monkeypatch)
        assert make_site(monkeypatch, root) == 0
    # As the department would get it: a folder copied somewhere else, without the region beside it.
    return Path(shutil.copytree(root / "published/site/2026", tmp_path_factory.mktemp("copied") / "Отчёт № 1"))


@pytest.fixture(scope="module")
def browser(site: Path) -> Iterator[object]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=str(CHROMIUM), args=ARGUMENTS)
        yield opened
        opened.close()


@pytest.fixture
def page(browser, site: Path) -> Iterator[object]:
    """A page that fails the test when anything is wrong on the console or a request leaves the folder."""
    context = browser.new_context(viewport={"width": 1200, "height": 900})
    opened = context.new_page()
    faults: list[str] = []
    opened.on("console", lambda message: faults.append(message.text) if message.type in ("error", "warning") else None)
    opened.on("pageerror", lambda error: faults.append(str(error)))

    def only_files(route) -> None:
        if route.request.url.startswith("file://"):
            route.continue_()
        else:
            faults.append(f"asks {route.request.url}")
            route.abort()

    context.route("**/*", only_files)
    yield opened
    context.close()
    assert faults == []


def go(page, site: Path, name: str) -> None:
    page.goto((site / name).as_uri())


def drawn(page) -> None:
    """Wait until every chart of the page is drawn."""
    page.wait_for_function("document.querySelectorAll('figure.chart:not(:has(svg))').length === 0")


def shown(page) -> list[str]:
    return page.locator("#schools tbody tr:visible th").all_inner_texts()


def see(page) -> None:
    """Fail where a word stands out too little from what is behind it (WCAG AA), as the browser has painted both."""
    assert page.evaluate(CONTRAST) == []


@pytest.mark.parametrize("name", PAGES)
def test_pages_open_from_disk_draw_their_charts_and_fit_a_phone(page, site, name) -> None:
    page.set_viewport_size(PHONE)
    go(page, site, name)
    drawn(page)
    assert page.locator("figure.undrawn").count() == 0
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    assert page.locator("h1").count() == 1
    see(page)


def test_a_word_that_stands_out_too_little_is_found(page, site) -> None:
    go(page, site, "about.html")
    page.add_style_tag(content="h1 { color: #bbbbbb; }")
    assert [tag for tag, *_ in page.evaluate(CONTRAST)] == ["H1"]


def test_charts_of_the_region_draw_without_a_warning(page, site) -> None:
    slices = pd.DataFrame(
        [
            {
                "procedure": exam,
                "subject": subject,
                "grade": "9",
                "low_share": 0.1,
                "share_before": 0.2,
                "share_now": 0.1,
            }
            for exam in ("vpr", "oge")
            for subject in ("rus", "mat")
        ]
    )
    row = {"ratio": 1.2, "lower": 1.0, "upper": None}
    ratios = [{**row, "kind": kind, "name": name} for kind in ("Размер", "Вид") for name in ("одни", "другие")]
    specs = [
        region_charts.low_shares(slices),
        region_charts.changes(slices, 2026),
        region_charts.ratios(ratios, "Отношение"),
    ]
    go(page, site, "index.html")
    for spec in specs:
        page.evaluate("async (spec) => { await vegaEmbed(document.createElement('div'), spec); }", spec)


def test_the_filter_finds_schools_and_counts_them(page, site) -> None:
    go(page, site, "schools.html")
    assert page.locator("#count").inner_text() == "Школ в таблице: 12"
    page.get_by_label("Муниципалитет", exact=True).select_option("Лесной район")
    assert len(shown(page)) == 6 and page.locator("#count").inner_text() == "Показано школ: 6 из 12"
    page.get_by_label("Решение", exact=True).select_option("в перечне")
    assert len(shown(page)) == 4
    page.get_by_label("Название школы").fill("ёлочки")
    assert shown(page) == [WILD_NAME.replace("  ", " ")]
    page.get_by_role("button", name="Показать все").click()
    page.wait_for_function("document.getElementById('count').textContent === 'Школ в таблице: 12'")
    assert len(shown(page)) == 12


def test_tab_goes_through_the_page_in_the_order_of_reading(page, site) -> None:
    go(page, site, "schools.html")
    passed = []
    for _ in range(40):
        page.keyboard.press("Tab")
        passed.append(page.evaluate("[document.activeElement.tagName, document.activeElement.id]"))
        if passed[-1][0] == "A" and len(passed) > 12:
            break
    tags = [tag for tag, _ in passed]
    places = [passed.index(["INPUT", "filter-text"]), passed.index(["SELECT", "filter-area"])]
    assert tags[0] == "A" and places == sorted(places)
    assert tags.count("BUTTON") == 1 + page.locator("#schools thead th").count()  # «show all», then every header
    assert tags.index("DIV") > places[-1] and tags[-1] == "A"  # the table can be scrolled by keys, then its links
    ups = page.evaluate("Array.from(document.querySelectorAll('[tabindex]')).filter(e => e.tabIndex > 0).length")
    assert ups == 0


def test_columns_sort_both_ways_and_back(page, site) -> None:
    go(page, site, "schools.html")
    first = shown(page)
    header = page.get_by_role("columnheader", name="Вероятность")
    keys = "Array.from(document.querySelectorAll('#schools tbody tr')).map(r => Number(r.cells[3].dataset.key))"
    for direction in ("descending", "ascending"):
        header.get_by_role("button").click()
        assert header.get_attribute("aria-sort") == direction
        found = page.evaluate(keys)
        assert found == sorted(found, reverse=direction == "descending")
    header.get_by_role("button").click()
    assert header.get_attribute("aria-sort") is None and shown(page) == first


def test_everything_is_reached_by_keyboard_alone(page, site) -> None:
    go(page, site, "schools.html")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    for _ in range(30):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.id") == "filter-text":
            break
    page.keyboard.type("ёлочки")
    assert len(shown(page)) == 1
    for _ in range(20):
        page.keyboard.press("Tab")
        assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
        if page.evaluate("document.activeElement.getAttribute('href')") == f"school/{WILD_ID}.html":
            break
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/{WILD_ID}.html")
    assert page.locator("h1").inner_text() == WILD_NAME.replace("  ", " ")
    assert page.title().startswith("=1+1 <script>")


def test_without_scripts_the_table_is_plain_and_whole(browser, site) -> None:
    context = browser.new_context(java_script_enabled=False)
    opened = context.new_page()
    go(opened, site, "schools.html")
    assert len(shown(opened)) == 12
    assert not opened.locator("#filters").is_visible() and opened.locator("thead button").count() == 0
    context.close()


def test_a_school_prints_to_paper(page, site, tmp_path) -> None:
    go(page, site, f"school/{WILD_ID}.html")
    drawn(page)
    content = page.pdf(path=str(tmp_path / "school.pdf"), format="A4")
    assert content.startswith(b"%PDF") and len(content) > 10_000
    page.emulate_media(media="print")
    assert not page.locator("nav.top").is_visible() and page.locator(".notice, h1").first.is_visible()
