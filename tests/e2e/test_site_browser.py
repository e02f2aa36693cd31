"""The web report in a real browser: filter, sort, open a school, keyboard, phone, print; nothing leaves the machine."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from site_region import WILD_ID, WILD_NAME, make_published_region, make_site

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


@pytest.mark.parametrize("name", PAGES)
def test_pages_open_from_disk_draw_their_charts_and_fit_a_phone(page, site, name) -> None:
    page.set_viewport_size(PHONE)
    go(page, site, name)
    drawn(page)
    assert page.locator("figure.undrawn").count() == 0
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    assert page.locator("h1").count() == 1


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
