"""The monitoring report: two years on the same results, groups against the region, sentences by rules, both forms."""

import io
import math
import re
from dataclasses import replace
from datetime import date
from typing import Any

import docx
import pandas as pd
import pytest

from pipeline import methodology
from pipeline.document_texts import load_texts
from pipeline.outputs import monitoring_page, monitoring_report, word
from pipeline.outputs.monitoring_conclusions import conclusions, findings, recommendations
from pipeline.outputs.monitoring_facts import (
    MonitoringTables,
    compared_years,
    low_ratios,
    monitoring_facts,
    slice_results,
)
from pipeline.summary import municipality_summary, school_summary
from pipeline.tables import context, evidence, objectivity, quality, reference, sources
from pipeline.tables.results import RESULTS

METHOD = methodology.load()
NASTY = "МБОУ «Ёлкинская <b>школа</b> {{ x }} =1+1»"
AREAS = {"m1": "Ярский район", "m2": "Алый район", "m3": "город Борск"}
SETTING = monitoring_report.Setting(
    year=2026,
    issuer="Министерство",
    region_name="Озёрная область",
    edition=METHOD.title,
    as_of=date(2026, 7, 15),
    layout_titles={"vpr": "Протокол ВПР"},
    marker_titles={"border_peak": "Скопление у нижней границы отметки «3»"},
)


def cell(school: int, year: int, low: int, *, tested: int = 40, subject: str = "rus") -> dict[str, Any]:
    area = "m1" if school <= 6 else "m2"
    return {
        "school_id": f"s{school:02d}", "municipality_id": area, "year": year, "procedure": "vpr", "subject": subject,
        "grade": "4", "tested_count": tested, "low_count": low,
    }  # fmt: skip


def results(rows: list[dict[str, Any]]) -> pd.DataFrame:
    return RESULTS.conform(pd.DataFrame(rows)) if rows else RESULTS.empty()


def tables(rows: list[dict[str, Any]], **more: pd.DataFrame) -> MonitoringTables:
    """Twelve schools in two municipalities and a third one without schools; what is not given is empty."""
    schools = reference.SCHOOLS.conform(
        pd.DataFrame(
            [
                {
                    "school_id": f"s{number:02d}",
                    "school_name": NASTY if number == 1 else f"МБОУ «Школа № {number}»",
                    "municipality_id": "m1" if number <= 6 else "m2",
                    "kind_code": "ordinary",
                    "is_rural": number % 2 == 0,
                }
                for number in range(1, 13)
            ]
        )
    )
    names = pd.DataFrame(AREAS.items(), columns=["municipality_id", "municipality_name"])
    areas = reference.MUNICIPALITIES.conform(names)
    cells = results(rows)
    summary = school_summary(cells, schools, areas, 2026, METHOD.sample, METHOD.stability.min_cell_schools)
    empty = {
        "objectivity": objectivity.OBJECTIVITY,
        "objectivity_flags": objectivity.OBJECTIVITY_FLAGS,
        "journal_comparison": evidence.JOURNAL_COMPARISON,
        "score_distribution": evidence.SCORE_DISTRIBUTION,
        "score_scales": reference.SCORE_SCALES,
        "minimum_scores": reference.MINIMUM_SCORES,
        "school_context": context.SCHOOL_CONTEXT,
        "adverse_criteria": context.ADVERSE_CRITERIA,
        "checks": quality.CHECKS,
        "rejects": sources.REJECTS,
        "source_files": sources.SOURCE_FILES,
        "match_proposals": quality.MATCH_PROPOSALS,
    }
    given = {name: table.empty() for name, table in empty.items()} | more
    return MonitoringTables(
        results=cells,
        schools=schools,
        school_summary=summary,
        municipality_summary=municipality_summary(summary, areas, 2026),
        **given,
    )


def usual(growth: int = 0) -> list[dict[str, Any]]:
    """Twelve schools with two subjects in two years; in the second municipality more results are low."""
    return [
        cell(number, year, (3 if number <= 6 else 9) + number % 3 + (growth if year == 2026 else 0), subject=subject)
        for number in range(1, 13)
        for year in (2025, 2026)
        for subject in ("rus", "mat")
    ]


def contents(told: MonitoringTables, tmp_path: Any) -> dict[str, Any]:
    return monitoring_report.contents(told, METHOD, load_texts(tmp_path, 2026), SETTING)


def text_of(content: bytes) -> str:
    document = docx.Document(io.BytesIO(content))
    cells = [cell.text for table in document.tables for row in table.rows for cell in row.cells]
    return "\n".join([*(p.text for p in document.paragraphs), *cells])


def made(told: dict[str, Any], tmp_path: Any) -> bytes:
    template = word.load_template(tmp_path, monitoring_report.TEMPLATE)
    return monitoring_report.render(template, told, notice="ДЕМО: вымышлено")


def test_two_years_are_compared_only_on_results_that_both_have() -> None:
    cells = results([cell(1, 2025, 4), cell(1, 2026, 8), cell(1, 2026, 40, subject="mat"), cell(2, 2025, 40)])
    (row,) = compared_years(cells, 2026, ["procedure"]).to_dict("records")
    assert (row["school_count"], row["tested_before"], row["tested_now"]) == (1, 40, 40)
    assert (row["share_before"], row["share_now"], row["change"]) == (0.1, 0.2, pytest.approx(0.1))


def test_absence_is_told_only_where_nearly_all_schools_told_it() -> None:
    one = {**cell(1, 2026, 4), "absent_count": 10}
    table = slice_results(results([one, cell(2, 2026, 4)]), 2026, METHOD)
    assert math.isnan(table["absent_share"].iloc[0])
    table = slice_results(results([one, {**cell(2, 2026, 4), "absent_count": 0}]), 2026, METHOD)
    assert table["absent_share"].iloc[0] == pytest.approx(10 / 90)


def test_the_interval_of_a_group_is_that_of_its_schools() -> None:
    """Two schools, E = 10 each, O = 8 and 16: ratio 1.2, error √(2·(4² + 4²))/20 = 0.4, t(1 df, 97.5 %) = 12.706."""
    schools = pd.DataFrame(
        {"tested_count": [100.0, 100.0], "low_count": [8.0, 16.0], "expected_count": [10.0, 10.0]}, index=["a", "b"]
    )
    members = pd.DataFrame({"school_id": ["a", "b", "c"], "group": "группа"})
    (row,) = low_ratios(schools, members, replace(METHOD.monitoring, min_group_schools=2)).to_dict("records")
    assert (row["ratio"], row["upper"]) == (pytest.approx(1.2), pytest.approx(1.2 + 12.7062 * 0.4, abs=1e-3))
    assert (row["lower"], row["member_count"], row["school_count"]) == (0.0, 3, 2)
    assert row["is_judged"] and not low_ratios(schools, members, METHOD.monitoring)["is_judged"].any()


def drawn(told: MonitoringTables, tmp_path: Any) -> tuple[dict[str, str], dict[str, list[Any]]]:
    facts = monitoring_facts(told, METHOD, 2026)
    found = findings(told, facts, METHOD, 2026)
    said = conclusions(told, facts, found, METHOD)
    advice = recommendations(found, said, load_texts(tmp_path, 2026))
    return {one.code: one.text for one in said}, {str(one["to"]): list(one["points"]) for one in advice}


def test_a_municipality_above_the_region_is_named_and_its_head_addressed(tmp_path: Any) -> None:
    said, advice = drawn(tables(usual()), tmp_path)
    assert "Алый район" in said["areas"] and "Ярский район" not in said["areas"]
    (to,) = (name for name in advice if "местного самоуправления" in name)
    assert advice[to][0]["text"].startswith("Алого района — вместе с институтом")
    assert advice[to][0]["ground"] == f"Основание: вывод {list(said).index('areas') + 1}."


def test_growth_is_negative_from_the_threshold_on(tmp_path: Any) -> None:
    calm, _ = drawn(tables(usual(growth=3)), tmp_path)
    assert "не выросла на 10\u00a0п.\u00a0п. и больше" in calm["dynamics"]
    grown, advice = drawn(tables(usual(growth=4)), tmp_path)
    assert "ВПР, русский язык, 4 класс (+10\u00a0п.\u00a0п.)" in grown["dynamics"]
    assert any("выросла (всего 12 школ" in point["text"] for point in advice["Рекомендовать руководителям школ"])


def test_nothing_received_means_sentences_and_no_invented_conclusion(tmp_path: Any) -> None:
    told = contents(tables([]), tmp_path)
    said = text_of(made(told, tmp_path))
    for sentence in (
        "Результатов за год нет.",
        "Сравнить с прошлым годом нечего",
        "Судить об объективности результатов не по чему",
        "О муниципальных образованиях выводов нет",
        "Файлов не получено.",
    ):
        assert sentence in said and sentence in monitoring_page.render(told)
    assert "nan" not in said.lower() and "None" not in said


def test_sections_stand_in_order_with_numbered_tables_and_pictures(tmp_path: Any) -> None:
    told = contents(tables(usual()), tmp_path)
    content = made(told, tmp_path)
    document = docx.Document(io.BytesIO(content))
    headings = [p.text for p in document.paragraphs if p.style.name == "Heading 1"]
    assert [int(found[1]) for h in headings if (found := re.match(r"(\d+)\. ", h))] == list(range(1, 11))
    captions = [p.text for p in document.paragraphs]
    for kind in ("Таблица", "Рисунок"):
        numbers = [int(found[1]) for text in captions if (found := re.match(rf"{kind} (\d+)\. ", text))]
        assert numbers == list(range(1, len(numbers) + 1)) and len(numbers) > 3
    assert len(document.inline_shapes) == 5
    assert all("ДЕМО" in section.header.paragraphs[0].text for section in document.sections)
    assert "Для служебного пользования" in text_of(content)


def test_names_are_data_in_both_forms(tmp_path: Any) -> None:
    told = contents(tables(usual()), tmp_path)
    assert NASTY in text_of(made(told, tmp_path))
    page = monitoring_page.render(told, notice="ДЕМО: вымышлено")
    assert "<b>школа" not in page and "&lt;b&gt;школа&lt;/b&gt; {{ x }} =1+1" in page
    written = page.split("<script>")[0]  # what comes after is Vega
    assert "ДЕМО: вымышлено" in written and "<link" not in written and "src=" not in written
    assert page.count('class="chart-spec"') == 5


def test_order_is_that_of_the_alphabet_and_not_of_results(tmp_path: Any) -> None:
    told = contents(tables(usual()), tmp_path)
    assert [row["municipality"] for row in told["municipalities"]["rows"]] == [
        "Алый район", "город Борск", "Ярский район",
    ]  # fmt: skip
    schools = [row["school"] for row in told["areas"][0]["schools"]["rows"]]
    assert schools == [f"МБОУ «Школа № {number}»" for number in range(7, 13)]


def test_the_report_does_not_depend_on_the_order_of_rows(tmp_path: Any) -> None:
    plain, shuffled = tables(usual()), tables(usual()[::-1])
    told = contents(plain, tmp_path)
    assert told == contents(replace(shuffled, school_summary=plain.school_summary[::-1]), tmp_path)
    assert made(told, tmp_path) == made(told, tmp_path)


def test_small_samples_are_shown_as_such(tmp_path: Any) -> None:
    rows = [row for row in usual() if row["school_id"] != "s12"] + [cell(12, 2026, 4, tested=5)]
    told = contents(tables(rows), tmp_path)
    (row,) = (row for row in told["areas"][0]["schools"]["rows"] if "№ 12" in row["school"])
    assert (row["ratio"], row["change"], row["note"]) == ("—", "—", "малая выборка")
    assert any("У 1 школы меньше 10 результатов" in one["text"] for one in told["conclusions"])


def test_missing_schools_are_listed_and_asked_for(tmp_path: Any) -> None:
    told = contents(tables([row for row in usual() if row["school_id"] != "s01"]), tmp_path)
    assert [row["school"] for row in told["missing"]["rows"]] == [NASTY]
    points = [point["text"] for group in told["recommendations"] for point in group["points"]]
    assert any(text.startswith("Ярского района — передать недостающие результаты") for text in points)
