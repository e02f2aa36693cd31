"""The report on the support of listed schools as a Word document: the region, and a page for each municipality.

Of results it says only what the tables of the effect conclude (`effect_words`); municipalities stand by the alphabet.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from pipeline.cases import day_words
from pipeline.document_texts import DocumentTexts
from pipeline.dynamics import CAUSE_WORDS, CHANGE_WORDS
from pipeline.outputs import charts, support_charts, word
from pipeline.outputs.support_pages import (
    LISTED,
    NO_FIGURE,
    PLAN,
    PROGRAMME,
    Place,
    indicators,
    left_schools,
    newest,
    places,
)
from pipeline.outputs.support_result_sheets import ESTIMATOR_WORDS, PROGRAMME_WORDS, SCOPE_WORDS
from pipeline.register import alphabetical
from pipeline.russian import number, out_of, plural
from pipeline.schema import Table, records
from pipeline.support_words import RISK_WORDS, STATUS_WORDS
from pipeline.tables.effect import CHANGES, DYNAMICS, EFFECT_SCHOOLS, EFFECT_SUMMARY, ESTIMATORS, NOT_JUDGED
from pipeline.tables.programmes import PROGRAMMES, STATES
from pipeline.tables.reference import SCHOOLS
from pipeline.tables.support import (
    ROADMAP_STATUS,
    SCHOOL_SUPPORT,
    STATUSES,
    SUPPORT_MONITORING,
    SUPPORT_RETURNS,
    SUPPORTED_SCHOOLS,
)

TEMPLATE = "support_report"
SHOWN: tuple[Table, ...] = (
    ROADMAP_STATUS, SUPPORT_MONITORING, SCHOOL_SUPPORT, SUPPORT_RETURNS, SUPPORTED_SCHOOLS, PROGRAMMES, DYNAMICS,
    EFFECT_SUMMARY, EFFECT_SCHOOLS, SCHOOLS,
)  # fmt: skip
PERIOD_WORDS = {"june": "июнь", "november": "ноябрь"}
WHO_WORDS = {"institute": "подразделение института", "municipality": "муниципалитет"}
PICTURE_MM = 150
Row = dict[str, Any]
Tables = Mapping[str, pd.DataFrame]


def render(
    template: bytes,
    tables: Tables,
    texts: DocumentTexts,
    *,
    plan_year: int,
    period: str,
    region_name: str,
    notice: str = "",
) -> bytes:
    """The bytes of the document.

    Args:
        template: the Word template.
        tables: the tables `SHOWN`, by name.
        texts: words and terms of the list that the period serves.
        plan_year: calendar year of the roadmap.
        period: one of `PERIODS`.
        region_name: printed below the heading.
        notice: what every page has to say (made-up data).
    """
    roadmap = tables[ROADMAP_STATUS.name].sort_values("measure_number")
    shown = indicators(texts, roadmap)
    found = places(tables, shown)
    values: dict[str, Any] = {
        "heading": texts.text("support_report", "heading"),
        "region": region_name,
        "period": f"{PERIOD_WORDS[period]} {plan_year} года",
        "plan_year": plan_year,
        "day": day_words(roadmap["as_of_date"].iloc[0]),
        "purpose": [" ".join(lines) for lines in texts.points("support_report", "purpose")],
        "lists": _lists(tables[SUPPORTED_SCHOOLS.name]),
        **_measures(roadmap),
        **_returns(tables[SUPPORT_RETURNS.name]),
        **_programmes(tables[PROGRAMMES.name]),
        **_dynamics(tables[DYNAMICS.name]),
        **_effect(tables[EFFECT_SUMMARY.name]),
        "effect_note": texts.text("support_report", "effect_note"),
        **_summary(found, [one.title for one in shown]),
        "places": [_page(place) for place in found],
    }
    return word.render(template, values | _pictures(tables), name=TEMPLATE, notice=notice)


def _pictures(tables: Tables) -> dict[str, Any]:
    """The pictures that there is something to draw for, numbered in the order of the document; else None."""
    roadmap, dynamics = tables[ROADMAP_STATUS.name], tables[DYNAMICS.name]
    is_listed = dynamics["change_code"].isin(support_charts.LISTED_CHANGES).any()
    drawn = {
        "states_picture": (support_charts.states_chart(roadmap), "Меры дорожной карты по разделам и состояниям"),
        "lists_picture": (
            support_charts.lists_chart(dynamics) if is_listed else None,
            "Из кого состоят подписанные перечни",
        ),
        "effect_picture": (
            support_charts.effect_chart(tables[EFFECT_SUMMARY.name]),
            "Низкие результаты школ перечня через год: отношение к ожидавшимся и его интервал; пунктир — столько же",
        ),
    }
    found: dict[str, Any] = {}
    for name, (spec, caption) in drawn.items():
        place = 1 + sum(one is not None for one in found.values())
        found[name] = spec and {
            "picture": word.Picture(charts.png(spec), PICTURE_MM),
            "caption": f"Рисунок {place}. {caption}",
        }
    return found


def _lists(supported: pd.DataFrame) -> list[str]:
    """Which lists the period serves."""
    if supported.empty:
        return ["Подписанных перечней нет: школы не названы."]
    told = []
    for year, own in supported.groupby("list_year"):
        count = plural(own["school_id"].nunique(), "школа", "школы", "школ")
        if own["is_signed"].all():
            told.append(f"Перечень {year} года подписан: {count}.")
        else:
            taken = int(own["stand_in_year"].iloc[0])
            told.append(f"Перечень {year} года не подписан: временно взят перечень {taken} года, {count}.")
    return told


def _measures(roadmap: pd.DataFrame) -> dict[str, Any]:
    """The measures of the roadmap, their states and what is at risk."""
    counts = roadmap["status_code"].value_counts()
    states = ", ".join(f"{STATUS_WORDS[code]} — {counts[code]}" for code in STATUSES if code in counts)
    rows = records(roadmap)
    risky = [row for row in rows if row["is_at_risk"]]
    risk_count = plural(len(risky), "мера", "меры", "мер")
    return {
        "states": f"Мер в дорожной карте — {len(rows)}: {states}.",
        "risk": f"Под угрозой — {risk_count}." if risky else "Под угрозой мер нет.",
        "measures": [
            {
                "number": row["measure_number"],
                "title": row["measure_text"],
                "due": f"{row['due_date']:%d.%m.%Y}",
                "unit": row["unit_text"],
                "plan": _figure(row["plan_value"]),
                "fact": _figure(row["fact_value"]),
                "covered": _covered(row),
                "state": STATUS_WORDS[row["status_code"]],
            }
            for row in rows
        ],
        "risks": [
            {
                "number": row["measure_number"],
                "title": row["measure_text"],
                "why": _sentence([RISK_WORDS[code] for code in row["risk_codes"].split(";") if code]),
                "remark": _sentence([row["remark_text"]]),
                "responsible": row["responsible_text"],
            }
            for row in risky
        ],
    }


def _figure(value: float | None) -> str:
    return NO_FIGURE if value is None else number(value)


def _covered(row: Row) -> str:
    """How many of how many: «29 из 50»; a dash where nobody is counted."""
    if row["coverage_plan_count"] is None or row["coverage_count"] is None:
        return NO_FIGURE
    return f"{number(row['coverage_count'])} из {number(row['coverage_plan_count'])}"


def _sentence(parts: list[str]) -> str:
    """Parts of a remark as one sentence; empty where there is nothing to say."""
    told = "; ".join(part for part in parts if part)
    return f"{told[0].upper()}{told[1:]}." if told else ""


def _returns(returns: pd.DataFrame) -> dict[str, Any]:
    """Who has not returned the form."""
    silent = records(returns[~returns["is_returned"].astype(bool)])
    silent.sort(key=lambda row: (row["provider_code"], alphabetical(row["unit_name"])))
    count = len(returns) - len(silent)
    told = f"Форму вернули {count} из {number(len(returns))}."
    return {
        "returned": told,
        "returns": f"{told} Не вернули:" if silent else told,
        "silent": [
            {"unit": row["unit_name"], "who": WHO_WORDS[row["provider_code"]], "schools": row["school_count"]}
            for row in silent
        ],
    }


def _programmes(programmes: pd.DataFrame) -> dict[str, Any]:
    """How many schools have a programme, and how complete they are, by municipality."""
    if programmes.empty:
        return {"programmes": "Школ, от которых ждут программу, нет.", "programme_rows": []}
    year, counts = int(programmes["list_year"].iloc[0]), programmes["state_code"].value_counts()
    if (programmes["state_code"] == "no_register").all():
        told = f"Реестр причин по перечню {year} года не опубликован: программы не с чем сверить."
        return {"programmes": told, "programme_rows": []}
    given = int(programmes["has_programme"].sum())
    states = ", ".join(f"{PROGRAMME_WORDS[code]} — {counts[code]}" for code in STATES if code in counts)
    told = f"Программы представили {given} из {out_of(len(programmes), 'школы', 'школ')} перечня {year} года; {states}."
    if not programmes["is_signed"].all():
        told += " Перечень этого года не подписан: взят его проект."
    rows = []
    for name, own in sorted(programmes.groupby("municipality_name"), key=lambda pair: alphabetical(str(pair[0]))):
        required = int(own["required_count"].sum())
        rows.append(
            {
                "municipality": name,
                "schools": len(own),
                "given": int(own["has_programme"].sum()),
                "complete": int((own["state_code"] == "complete").sum()),
                "causes": f"{int(own['complete_count'].sum())} из {required}" if required else NO_FIGURE,
            }
        )
    return {"programmes": told, "programme_rows": rows}


def _dynamics(dynamics: pd.DataFrame) -> dict[str, Any]:
    """How the signed lists change from year to year."""
    if dynamics.empty:
        return {"dynamics": ["Подписанных перечней нет: сравнивать нечего."], "changes": [], "moves": []}
    last = newest(dynamics, "year")
    year, counts = int(last["year"].iloc[0]), last["change_code"].value_counts()
    told = []
    if "first_known" not in counts:
        entered, returned, stayed = (int(counts.get(code, 0)) for code in ("entered", "returned", "stayed"))
        gone = len(left_schools(dynamics))
        told.append(
            f"В перечень {year} года вошли: {entered}, вернулись: {returned}, остались: {stayed}, вышли: {gone}."
        )
        causes = last["cause_code"].value_counts()
        words = ", ".join(f"{CAUSE_WORDS[code]} — {causes[code]}" for code in CAUSE_WORDS if code in causes)
        told += [f"Чем объясняются изменения: {words}."] if words else []
    else:
        told.append(f"Перечень {year} года — первый известный: сравнить его не с чем.")
    by_year = dynamics.groupby(["year", "change_code"]).size()
    columns = [code for code in CHANGES if code in set(dynamics["change_code"])]
    return {
        "dynamics": told,
        "changes": [CHANGE_WORDS[code] for code in columns],
        "moves": [
            {"year": one, "counts": [number(int(by_year.get((one, code), 0))) for code in columns]}
            for one in sorted(dynamics["year"].unique().tolist(), reverse=True)
        ],
    }


def _effect(summary: pd.DataFrame) -> dict[str, Any]:
    """What is concluded of results a year after the lists: of whole lists, and of measures where there is something."""
    if summary.empty:
        return {"effect": "Результатов года, следующего за перечнем, ещё нет: сравнивать не с чем.", "effects": []}
    rows = records(summary)
    rows.sort(key=lambda row: (-row["list_year"], list(SCOPE_WORDS).index(row["scope_code"]),
                               alphabetical(row["scope_id"]), ESTIMATORS.index(row["estimator_code"])))  # fmt: skip
    measures = [row for row in rows if row["scope_code"] == "measure" and row["list_year"] == rows[0]["list_year"]]
    told = ""
    if measures:
        judged = [row for row in measures if row["conclusion_code"] != NOT_JUDGED]
        differing = [row for row in judged if row["conclusion_code"] in ("better", "worse")]
        told = f"По отдельным мерам сделано сравнений: {len(measures)}; "
        told += f"различие установлено: {len(differing)}." if judged else "вывода ни по одному нет."
    shown = [row for row in rows if row["scope_code"] in ("all", "entered")]
    shown += [row for row in measures if row["conclusion_code"] in ("better", "worse")]
    return {
        "effect": told,
        "effects": [
            {
                "list": row["list_year"],
                "whom": SCOPE_WORDS[row["scope_code"]] + (f"№ {row['scope_id']}" if row["scope_id"] else ""),
                "compared": ESTIMATOR_WORDS[row["estimator_code"]],
                "schools": row["school_count"],
                "conclusion": row["conclusion_text"],
            }
            for row in shown
        ],
    }


def _summary(found: Sequence[Place], titles: list[str]) -> dict[str, Any]:
    """A row per municipality: the figures of its page, programmes, results against the forecast, who left the list."""
    return {
        "columns": [LISTED, *titles, PROGRAMME, PLAN, "Результаты против ожидаемых", "Вышло из перечня"],
        "summary": [
            {
                "municipality": place.name,
                "cells": [
                    number(place.school_count),
                    *(place.figures.get(title, NO_FIGURE) for title in titles),
                    place.programmes or NO_FIGURE,
                    place.figures.get(PLAN, NO_FIGURE),
                    place.effect or NO_FIGURE,
                    _figure(place.left_count),
                ],
            }
            for place in found
        ],
    }


def _page(place: Place) -> Row:
    """A page as the template reads it."""
    return {
        "name": place.name,
        "told": place.told,
        "figures": [{"title": title, "text": text} for title, text in place.figures.items()],
        "attention": place.attention,
        "schools": place.schools,
        "moved": place.moved,
        "results": place.results,
    }
