"""The monitoring report of June–August: its contents, shared with the page, and the Word document made of them.

Municipalities and schools stand by alphabet, never by results. Every table and figure has a number and a caption; a
section without data says so in one sentence.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from itertools import count
from typing import Any

import pandas as pd

from pipeline.cases import day_words, school_year
from pipeline.document_texts import DocumentTexts
from pipeline.methodology import Methodology
from pipeline.outputs import charts, monitoring_sections, region_charts, word
from pipeline.outputs.monitoring_conclusions import conclusions, findings, recommendations
from pipeline.outputs.monitoring_facts import MonitoringFacts, MonitoringTables, monitoring_facts
from pipeline.russian import number, percent, plural
from pipeline.schema import records

TEMPLATE = "monitoring_report"
DOCUMENT_NAME = "Отчёт о мониторинге.docx"
MARK = "Для служебного пользования"
PICTURE_WIDTH = 165
SMALL_PICTURES = {"histogram": 150, "journal": 150}  # mm, where a wide picture would only be coarse


@dataclass(frozen=True)
class Setting:
    """What the report has to know besides tables.

    Args:
        year: year of the results.
        issuer: who issues the report.
        region_name: the region.
        edition: edition of the methodology, its title.
        as_of: the day after which loads are left out, where there is one.
        layout_titles: kind of file -> what to call it.
        marker_titles: code of a sign of bias -> its title, in the order of the report.
        notice: what every page has to say (made-up data).
    """

    year: int
    issuer: str
    region_name: str
    edition: str
    as_of: date | None
    layout_titles: Mapping[str, str]
    marker_titles: Mapping[str, str]
    notice: str = ""


class _Captions:
    """Numbers tables and figures in the order in which they are asked for."""

    def __init__(self) -> None:
        self._numbers: dict[str, Iterator[int]] = {"Таблица": count(1), "Рисунок": count(1)}

    def table(self, title: str, rows: list[Any]) -> dict[str, Any]:
        """A table with its caption; without rows it takes no number."""
        return {"caption": self._next("Таблица", title) if rows else "", "rows": rows}

    def figure(self, title: str, spec: Mapping[str, Any] | None) -> dict[str, Any]:
        """A figure with its caption; without anything to draw it takes no number."""
        return {"caption": self._next("Рисунок", title) if spec else "", "spec": spec}

    def _next(self, kind: str, title: str) -> str:
        return f"{kind} {next(self._numbers[kind])}. {title}"


def contents(tables: MonitoringTables, method: Methodology, texts: DocumentTexts, setting: Setting) -> dict[str, Any]:
    """Everything that the report says, by the names that its templates use; charts as descriptions (`spec`).

    Args:
        tables: tables of the monitoring run.
        method: the methodology of the run.
        texts: words and terms for the year.
        setting: what the report has to know besides.
    """
    year, captions = setting.year, _Captions()
    facts = monitoring_facts(tables, method, year)
    found = findings(tables, facts, method, year)
    drawn = conclusions(tables, facts, found, method)
    return {
        "mark": MARK,
        "issuer": setting.issuer,
        "region": setting.region_name,
        "year": year,
        "heading": texts.text("monitoring", "heading"),
        "basis": _basis(tables, texts, setting),
        "sources": captions.table("Полученные файлы", monitoring_sections.sources(tables, setting.layout_titles, year)),
        "coverage": captions.table("Охват по процедурам", monitoring_sections.coverage(tables, facts)),
        "method": _method_notes(tables, facts, method, setting),
        "thresholds": captions.table("Пороги, от которых зависят выводы", monitoring_sections.thresholds(method)),
        "samples": captions.table("Школы по объёму выборки", monitoring_sections.samples(tables, facts, method)),
        **_results(tables, facts, method, captions),
        **_dynamics(facts, method, year, captions),
        **_objectivity(tables, facts, setting, captions),
        **_areas_and_groups(tables, facts, method, captions),
        "conclusions": [{"number": place, "text": one.text} for place, one in enumerate(drawn, start=1)],
        "recommendations": recommendations(found, drawn, texts),
        "areas": _area_pages(tables, facts, method, captions),
        "quality": captions.table("Проверки данных, давшие замечания", monitoring_sections.quality_rows(tables)),
        "rejected": captions.table("Почему строки файлов не приняты", monitoring_sections.rejected(tables)),
        "missing": captions.table("Школы, результатов которых нет", monitoring_sections.missing(tables)),
        "unknown": captions.table("Названия и коды школ, которых нет в реестре", monitoring_sections.unknown(tables)),
    }


def render(template: bytes, told: Mapping[str, Any], *, notice: str = "") -> bytes:
    """The report as a Word document; charts become pictures.

    Args:
        template: the Word template.
        told: what `contents` gives.
        notice: what every page has to say (made-up data).
    """
    values = {name: _with_picture(name, value) for name, value in told.items()}
    return word.render(template, values, name=TEMPLATE, notice=notice)


def _with_picture(name: str, value: Any) -> Any:
    """A figure with its picture in place of its description; anything else as it is."""
    if not isinstance(value, Mapping) or "spec" not in value:
        return value
    width = SMALL_PICTURES.get(name.removeprefix("figure_"), PICTURE_WIDTH)
    picture = word.Picture(charts.png(value["spec"]), width) if value["spec"] else None
    return {"caption": value["caption"], "picture": picture}


def _basis(tables: MonitoringTables, texts: DocumentTexts, setting: Setting) -> list[str]:
    """Basis, aim, period: paragraphs of section 1."""
    loads = [day for day in tables.source_files["load_date"].dropna() if day]
    received = f"Последняя датированная выгрузка — {day_words(date.fromisoformat(max(loads)))}." if loads else ""
    taken = f"Учтены выгрузки, полученные не позднее {day_words(setting.as_of)}." if setting.as_of else received
    return [
        f"{texts.text('monitoring', 'basis')} {texts.text('monitoring', 'acts')}",
        texts.text("monitoring", "aim"),
        f"{texts.text('monitoring', 'period', results_year=school_year(setting.year - 1))} {taken}".strip(),
    ]


def _method_notes(tables: MonitoringTables, facts: MonitoringFacts, method: Methodology, setting: Setting) -> list[str]:
    """Paragraphs of section 3: what is low, what is expected, what is a small sample."""
    level = percent(method.monitoring.interval_level, 0)
    fewest = number(method.sample.limited_count)
    cells, small = int(facts.slices["school_count"].sum()), int(facts.slices["small_count"].sum())
    share = f" Таких {percent(small / cells)} от {plural(cells, 'ячейки', 'ячеек', 'ячеек')}." if cells else ""
    minimums = monitoring_sections.minimum_scores(tables, facts, setting.year)
    return [
        "Низкий результат — отметка «2» (ВПР, ОГЭ, базовая математика ЕГЭ) или балл ниже минимального (ЕГЭ). "
        f"Отсутствовавшие в число участников не входят. {minimums}".strip(),
        "Результат — одна работа одного участника: ученик, писавший три работы, даёт три результата. Ячейка — "
        "результаты одной школы по одной процедуре, предмету и классу.",
        "Ожидаемое число низких результатов получается, если в каждой ячейке школы взять среднюю долю региона. "
        "Отношение наблюдаемого к ожидаемому 1 — как в среднем по региону, 1,5 — в полтора раза больше. Интервалы "
        f"({level}) учитывают, насколько школы внутри муниципального образования или группы различаются между собой. "
        "О многих сравнениях сразу нужно помнить, что немногие отличия возникают и случайно.",
        f"Малые выборки: ячейка, в которой меньше {fewest} участников, выводов не даёт.{share} Показатели таких школ "
        "приведены и помечены.",
        f"Редакция методики: {setting.edition}.",
    ]


def _results(
    tables: MonitoringTables, facts: MonitoringFacts, method: Methodology, captions: _Captions
) -> dict[str, Any]:
    """Section 4: a table per procedure and two figures."""
    fewest = method.sample.limited_count
    return {
        "procedures": [
            {"title": one["title"], **captions.table(f"{one['title']}: результаты по предметам и классам", one["rows"])}
            for one in monitoring_sections.procedures(facts)
        ],
        "figure_shares": captions.figure(
            "Доля низких результатов по процедурам, предметам и классам", region_charts.low_shares(facts.slices)
        ),
        "figure_histogram": captions.figure(
            f"Число школ с разной долей низких результатов (школы, у которых не меньше {number(fewest)} результатов)",
            region_charts.school_shares(tables.school_summary, fewest),
        ),
    }


def _dynamics(facts: MonitoringFacts, method: Methodology, year: int, captions: _Captions) -> dict[str, Any]:
    """Section 5: the table and the figure of two years."""
    title = f"Доля низких результатов в {year - 1} и {year} годах"
    return {
        "dynamics": captions.table(
            f"{title}: ячейки, которые есть в обоих годах", monitoring_sections.dynamics(facts, method)
        ),
        "figure_dynamics": captions.figure(title, region_charts.changes(facts.changes, year)),
    }


def _objectivity(
    tables: MonitoringTables, facts: MonitoringFacts, setting: Setting, captions: _Captions
) -> dict[str, Any]:
    """Section 6: signs, schools in doubt, the journal, the distributions of scores."""
    year, titles = setting.year, setting.marker_titles
    return {
        "markers": captions.table("Признаки необъективности", monitoring_sections.markers(tables, titles, year)),
        "doubted": captions.table(
            "Школы, результаты ВПР которых вызывают сомнение", monitoring_sections.doubted(tables, titles, year)
        ),
        "journal": captions.table(
            "Отметки за работу в сравнении с отметками по журналу", monitoring_sections.journal(facts)
        ),
        "figure_journal": captions.figure(
            "Отметки за работу в сравнении с отметками по журналу", region_charts.journal(facts.journal)
        ),
        "figure_scores": captions.figure(
            "Распределение первичных баллов ВПР по региону и границы отметок",
            region_charts.score_distributions(tables.score_distribution, tables.score_scales, facts.slices, year),
        ),
    }


def _areas_and_groups(
    tables: MonitoringTables, facts: MonitoringFacts, method: Methodology, captions: _Captions
) -> dict[str, Any]:
    """Sections 7 and 8: municipalities and groups of schools, each a table and a figure."""
    level = percent(method.monitoring.interval_level, 0)
    names = dict(
        zip(
            tables.municipality_summary["municipality_id"],
            tables.municipality_summary["municipality_name"],
            strict=True,
        )
    )
    by_name = monitoring_sections.areas(tables, facts)
    place = {row["municipality"]: number for number, row in enumerate(by_name)}
    area_rows = [{**row, "kind": "", "name": names[row["group"]]} for row in _judged(facts.areas)]
    group_rows = [{**row, "name": row["group"]} for row in _judged(facts.groups)]
    title = f"Отношение наблюдаемого числа низких результатов к ожидаемому с интервалами {level}"
    return {
        "municipalities": captions.table("Муниципальные образования", by_name),
        "figure_areas": captions.figure(
            f"{title}: муниципальные образования",
            region_charts.ratios(
                sorted(area_rows, key=lambda row: place[row["name"]]), f"{title}: муниципальные образования"
            ),
        ),
        "groups": captions.table("Группы школ", monitoring_sections.groups(facts)),
        "figure_groups": captions.figure(
            f"{title}: группы школ", region_charts.ratios(group_rows, f"{title}: группы школ")
        ),
    }


def _judged(ratios: pd.DataFrame) -> list[dict[str, Any]]:
    """The rows of `low_ratios` about which something may be said."""
    return records(ratios[ratios["is_judged"].astype(bool)])


def _area_pages(
    tables: MonitoringTables, facts: MonitoringFacts, method: Methodology, captions: _Captions
) -> list[dict[str, Any]]:
    """Appendix 1: two tables per municipality."""
    return [
        {
            "name": page["name"],
            "sentence": page["sentence"],
            "procedures": captions.table(f"{page['name']}: результаты по процедурам", page["procedures"]),
            "schools": captions.table(f"{page['name']}: школы", page["schools"]),
        }
        for page in monitoring_sections.area_pages(tables, facts, method)
    ]
