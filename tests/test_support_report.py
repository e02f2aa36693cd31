"""The report on support: what stands in it with nothing, with facts, with lists; nothing is said that tables do not."""

import io
import re
from pathlib import Path
from typing import Any

import docx
import pandas as pd
import pytest

from pipeline import stages
from pipeline.document_texts import load_texts
from pipeline.documents.support import LETTERS, REPORT_NAME
from pipeline.errors import ConfigError
from pipeline.outputs import support_charts, support_report, word
from pipeline.outputs.support_pages import indicators, left_schools, real_lists
from pipeline.region import reference_table
from pipeline.store import Published
from pipeline.tables.effect import DYNAMICS, EFFECT_SUMMARY
from pipeline.tables.reference import SCHOOLS
from pipeline.tables.support import ROADMAP_STATUS, SUPPORTED_SCHOOLS
from tests.small_region import YEARS, make_small_region, school_id

YEAR = YEARS[-1]
NOTHING = "Нет данных: о поддержке никто не сообщил."
CONCLUSION = "Низких результатов 41. Различие статистически не установлено."


@pytest.fixture(scope="module")
def regions(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The same small region with nothing about support, and with a signed list and facts of it."""
    found = {}
    for name in ("nothing", "facts"):
        root = found[name] = make_small_region(tmp_path_factory.mktemp("region") / name)
        if name == "facts":
            write(root / f"decisions/lists/{YEAR - 1}.csv", "school_id,date", f"{school_id(7)},{YEAR - 1}-09-15")
            write(root / f"raw/{YEAR}/support/june/facts.csv", "measure;municipality;school;date;quantity;evidence",
                  f"13;;{school_id(7)};2026-02-10;3;удостоверение", "4;m1;;2026-03-10;1;список")  # fmt: skip
        run = stages.start(root, "support", YEAR, period="june")
        for stage in stages.FLOWS["support"]:
            stage.run(run)
        stages.finish(run)
    return found


def write(path: Path, *lines: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def report(root: Path) -> Any:
    return docx.Document(str(root / f"published/support/{YEAR}-june/documents/{REPORT_NAME}"))


def told(document: Any) -> str:
    """The text in the order of the document."""
    return "\n".join(
        block.text if hasattr(block, "text") else "\n".join(" | ".join(c.text for c in row.cells) for row in block.rows)
        for block in document.iter_inner_content()
    ).replace("№\u00a0", "№ ")


def tables_of(root: Path) -> dict[str, pd.DataFrame]:
    published = Published(root, "support", YEAR, "june")
    return {
        t.name: published.read(t) if t is not SCHOOLS else reference_table(root, t) for t in support_report.SHOWN
    }  # fmt: skip


def rendered(root: Path, tables: dict[str, pd.DataFrame]) -> bytes:
    return support_report.render(
        word.load_template(root, support_report.TEMPLATE),
        tables,
        load_texts(root, YEAR - 1),
        plan_year=YEAR,
        period="june",
        region_name="Озёрная область",
    )


def test_a_region_with_nothing_has_every_measure_and_every_municipality_and_says_no_data_once(regions) -> None:
    document = report(regions["nothing"])
    text = told(document)
    assert "Подписанных перечней нет: школы не названы." in text
    assert "Мер в дорожной карте — 26: срок не наступил — 11, нет данных — 15." in text
    assert [row.cells[0].text for row in document.tables[0].rows][1:] == [str(n) for n in range(1, 27)]
    pages = text.split("8. Муниципальные образования")[1]
    assert pages.count(NOTHING) == 2 and pages.count("нет данных") == 1  # the other one explains the dash
    assert "Требует внимания" not in pages


def test_no_code_and_no_english_word_gets_into_the_document(regions) -> None:
    for root in regions.values():
        assert re.findall("[A-Za-z_{}]{2,}", told(report(root))) == []


def test_a_page_has_the_figures_of_its_own_municipality(regions) -> None:
    pages = told(report(regions["facts"])).split("8. Муниципальные образования")[1]
    forest, lake = pages.split("\nЛесной район\n")[1].split("\nОзёрный район\n")
    assert "Обучено руководителей | 3" in forest and "Школ перечня | 1 (перечень 2025 года)" in forest
    assert f"МБОУ «Средняя школа № 7» | {YEAR - 1} | реестра причин нет | № 13" in forest
    assert "Школ перечня нет" in lake and "Обучено руководителей" not in lake
    assert "Участий координаторов в вебинарах | 1" in lake and "Форма не возвращена." in lake


def test_each_municipality_has_a_letter_with_its_own_schools_and_nobody_elses(regions) -> None:
    for root in regions.values():
        folder = root / f"published/support/{YEAR}-june/documents/{LETTERS}"
        papers = {path.stem: told(docx.Document(str(path))) for path in folder.iterdir()}
        assert sorted(papers) == ["Лесной район", "Озёрный район"]
        assert [re.findall("[A-Za-z{}]{2,}", text) for text in papers.values()] == [[], []]
    forest, lake = papers["Лесной район"], papers["Озёрный район"]
    assert "О поддержке школ Озёрного района за январь — июнь 2026 года" in lake
    assert "Обучено руководителей | 3" in forest and "МБОУ «Средняя школа № 7» | 2025" in forest
    assert "Школ перечня нет" in lake and "Школа № 7" not in lake and "школа № 7" not in lake
    assert "Результаты школ через год" not in forest  # no empty section


def test_what_some_have_reported_and_others_not_is_named_once(regions) -> None:
    tables = tables_of(regions["facts"])
    pages = told(docx.Document(io.BytesIO(rendered(regions["facts"], tables)))).split("\nЛесной район\n")[1]
    assert len(re.findall("Нет данных по показателям: .*«Экспертиз»", pages)) == 1


def test_the_report_concludes_what_the_tables_conclude(regions) -> None:
    tables = tables_of(regions["facts"])
    row = dict.fromkeys(EFFECT_SUMMARY.column_names) | {
        "list_year": 2024, "scope_code": "all", "scope_id": "", "estimator_code": "forecast", "is_computed": True,
        "school_count": 9, "judged_count": 9, "compared_count": 9, "effect_ratio": 1.1, "effect_lower": 0.8,
        "effect_upper": 1.3, "family_count": 1, "conclusion_code": "not_established", "conclusion_text": CONCLUSION,
    }  # fmt: skip
    town = row | {"scope_code": "municipality", "scope_id": "m2", "conclusion_text": "О районе: вывода нет."}
    measure = row | {"scope_code": "measure", "scope_id": "13", "conclusion_text": "О мере."}
    tables[EFFECT_SUMMARY.name] = EFFECT_SUMMARY.conform(pd.DataFrame([row, town, measure]))
    document = docx.Document(io.BytesIO(rendered(regions["facts"], tables)))
    text = told(document)
    assert f"Все школы перечня | с прогнозом без поддержки | 9 | {CONCLUSION}" in text
    assert "(перечень 2024 года) | О районе: вывода нет." in text
    assert "По отдельным мерам сделано сравнений: 1; различие установлено: 0." in text and "О мере." not in text
    assert "различие не установлено" in text and len(document.inline_shapes) == 3


def test_the_same_tables_give_the_same_bytes_in_whatever_order(regions) -> None:
    tables = tables_of(regions["facts"])
    turned = {name: frame.iloc[::-1] for name, frame in tables.items()}
    assert rendered(regions["facts"], tables) == rendered(regions["facts"], turned)


def test_a_figure_is_shown_only_where_the_roadmap_has_that_measure(tmp_path) -> None:
    roadmap = pd.DataFrame({"measure_number": [10, 13], "unit_text": ["пар педагогов", "вебинаров"]})
    found = indicators(load_texts(tmp_path, YEAR), roadmap)
    assert [(one.measure_number, one.title) for one in found] == [(10, "Наставнических пар")]


def test_a_figure_written_wrongly_is_told(tmp_path) -> None:
    (tmp_path / "documents.toml").write_text('[support_report]\nindicators = ["10, пары"]\n', encoding="utf-8")
    with pytest.raises(ConfigError, match="«10, пары»"):
        indicators(load_texts(tmp_path, YEAR), ROADMAP_STATUS.empty())


def test_a_school_has_left_only_a_list_on_which_it_stood() -> None:
    rows = [(2024, "s1", "entered"), (2024, "s2", "left"), (2025, "s1", "left"), (2025, "s2", "left_for_good")]
    dynamics = pd.DataFrame(rows, columns=["year", "school_id", "change_code"])
    assert left_schools(dynamics) == {"s1"}
    assert left_schools(DYNAMICS.empty()) == set()


def test_a_stand_in_is_the_older_list_and_counts_once() -> None:
    columns = ["list_year", "school_id", "is_signed", "stand_in_year"]
    frame = pd.DataFrame([(2025, "s1", True, None), (2026, "s1", False, 2025)], columns=columns)
    assert real_lists(frame)[["real_year", "school_id"]].values.tolist() == [[2025, "s1"]]
    assert real_lists(SUPPORTED_SCHOOLS.empty()).empty


def test_pictures_count_what_the_tables_hold(regions) -> None:
    spec = support_charts.states_chart(tables_of(regions["nothing"])[ROADMAP_STATUS.name])
    assert (
        spec["description"]
        == "Число мер дорожной карты по разделам и состояниям: срок не наступил — 11, нет данных — 15."
    )
    assert support_charts.effect_chart(EFFECT_SUMMARY.empty()) is None
