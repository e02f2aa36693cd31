"""The page of a school: the decision in words, how sure it is, results by exam and year with every source."""

from collections.abc import Mapping

from pipeline.explain.facts import Fact
from pipeline.explain.lists import list_facts
from pipeline.explain.reckoning import BANDS, RELIABILITIES, of_hundred, sample_words
from pipeline.explain.verdict import ACTIONS, status_text
from pipeline.outputs.explanation import PLACE_OF_ROWS
from pipeline.reasons import REASON_CODES
from pipeline.russian import (
    chance_text,
    day_text,
    kind_label,
    number,
    percent,
    plural,
    procedure_label,
    subject_label,
)
from pipeline.site import figures
from pipeline.site.lookup import Lookup, Row

RULES: Mapping[str, str] = {
    "rule_low": "привычное правило в целом",
    "rule_a": "в этом году много низких результатов сразу по нескольким классам и предметам",
    "rule_b": "тот же экзамен, предмет и класс низкие два года подряд",
}
NOT_SHARED = "объективность ВПР школы под сомнением: хорошим свидетельством не считается"


class Sources:
    """Files behind the numbers of a page, numbered in the order of their first use."""

    def __init__(self, checksums: Mapping[str, str]) -> None:
        self.checksums = checksums
        self.sheets: list[str] = []

    def places(self, text: str | None) -> str:
        """«[3] строка 115» for each place of a source; the files stand in `table`."""
        if not text:
            return "—"
        told = []
        for piece in text.split("; "):
            match = PLACE_OF_ROWS.match(piece)
            sheet, rows = (match["sheet"], match["rows"]) if match else (piece, "")
            if sheet not in self.sheets:
                self.sheets.append(sheet)
            told.append(f"[{self.sheets.index(sheet) + 1}] {rows}".rstrip())
        return "; ".join(told)

    def table(self) -> list[Row]:
        """The files: number, path and sheet, first signs of the checksum."""
        return [
            {"number": place, "sheet": sheet, "checksum": self.checksums.get(sheet.partition(", лист ")[0], "")}
            for place, sheet in enumerate(self.sheets, start=1)
        ]


def decision_values(look: Lookup, school: Row) -> Row:
    """The decision: status, reasons, commission, lists; what a page shows where no list was computed is empty."""
    school_id = school["school_id"]
    row = look.selection.get(school_id)
    told: Row = {
        "kind": kind_label(school["kind_code"]),
        "status": "",
        "reasons": [],
        "notes": [],
        "commission": [],
        "lists": [_listed(fact) for fact in list_facts(look.lists, school_id, look.known.year)] if row else [],
    }
    if row is None:
        return told
    told["status"] = f"Школа {status_text(row)}."
    told["reasons"] = [REASON_CODES[code] for code in str(row["reason_codes"]).split(";")]
    if row["is_in_corridor"]:
        told["notes"].append("Школа у границы перечня; различие статистически не установлено.")
    if row["is_firm"]:
        told["notes"].append("Решение твёрдое: вероятность T, число низких лет и привычное правило говорят об одном.")
    if row["is_watched"]:
        told["notes"].append("Школа под наблюдением.")
    for one in look.of("school_dependence", school_id):
        told["notes"].append(_dependence(one))
    for one in look.of("commission_decisions", school_id):
        if one["year"] == look.known.year:
            told["commission"].append(
                f"{ACTIONS[one['action']].capitalize()}; решил: {one['who']}, {day_text(str(one['date']))}; "
                f"почему: {one['why']}."
            )
    return told


def _listed(fact: Fact) -> Row:
    source = "" if fact.source_text.startswith("таблица") else fact.source_text
    return {"title": fact.title, "text": fact.value_text, "source": source}


def _dependence(row: Row) -> str:
    """How many other ways of reckoning decide the same."""
    count = int(row["variant_count"])
    ways = plural(count, "другого способа расчёта", "других способов расчёта", "других способов расчёта")
    return f"Из {ways} включают школу {number(row['selecting_count'])}."


def certainty_values(look: Lookup, school_id: str) -> Row | None:
    """How sure the decision is: T, P, S with interval, reliability, years, subjects, the rule; None without a model."""
    row = look.stability.get(school_id)
    if row is None:
        return None
    known = look.known
    places = number(known.method.selection.capacity)
    indicators = {(r["indicator_code"], r["part_text"]): r for r in look.of("school_indicators", school_id)}
    subjects = [
        (subject_label(part), chance_text(r["value"]))
        for (code, part), r in indicators.items()
        if code == "subject_agreement" and part and r["value"] is not None
    ]
    least = f"от {known.method.familiar.min_tested_count} чел."
    rules = [
        (title, "выполнено" if r["value"] else "не выполнено")
        for code, title in RULES.items()
        if (r := indicators.get((code, least)))
    ]
    next_year = row["next_year_probability"]
    return {
        **row,
        "places": places,
        "chance": chance_text(row["probability"]),
        "of_hundred": of_hundred(row["probability"]),
        "band": BANDS[row["band_code"]],
        "next_year": chance_text(next_year) if next_year is not None else "",
        "level": percent(known.method.stability.interval_level, 0),
        "reliability_words": RELIABILITIES[row["reliability_code"]],
        "own_share": percent(row["reliability"], 0),
        "sample": sample_words(row["size_count"], known.method),
        "subjects": subjects,
        "rules": rules,
        "parameters": look.parameters,
        # E* is what was expected over all years: with one of them hidden it would give that one back.
        "is_checkable": all(r["expected_count"] is not None for r in look.of("stability_years", school_id)),
        "is_vpr_only": bool((look.selection.get(school_id) or {}).get("is_vpr_only")),
    }


def results_values(look: Lookup, school_id: str, sources: Sources) -> Row:
    """Results: charts and sums by exam and year, sums by year against the norm, every cell with its source."""
    exams: dict[str, list[Row]] = {}
    for row in look.exams.get(school_id, []):
        exams.setdefault(row["procedure"], []).append(row)
    years = [
        {**row, "ratio": None if row["expected_count"] is None else row["low_count"] / row["expected_count"]}
        for row in look.of("stability_years", school_id)
        if row["expected_count"] != 0
    ]
    cells = [_cell(row, look, sources) for row in look.cells.get(school_id, [])]
    model = look.stability.get(school_id)
    return {
        "exams": [
            {"title": procedure_label(code), "rows": rows, "chart": figures.exam_chart(code, rows, "школа")}
            for code, rows in exams.items()
        ],
        "years": years,
        "ratio_chart": figures.ratio_chart((row for row in years if row["ratio"] is not None), model),
        "cells": [row for row in cells if row["is_pool"]],
        "others": [row for row in cells if not row["is_pool"]],
    }


def _cell(row: Row, look: Lookup, sources: Sources) -> Row:
    """A result cell as a row of the table."""
    tested = int(row["tested_count"])
    return {
        "year": row["year"],
        "name": f"{procedure_label(row['procedure'])}, {subject_label(row['subject'])}, {row['grade']} кл.",
        "tested": number(tested),
        "low": number(row["low_count"]),
        "share": percent(row["low_count"] / tested) if tested else "—",
        "is_small": 0 < tested < look.known.method.sample.limited_count,
        "region": percent(row["region_share"]) if row["region_share"] is not None else "—",
        "expected": number(round(row["expected_count"], 1))
        if row["is_used"] and row["expected_count"] is not None
        else "—",
        "note": _why_unused(row, look) if row["is_pool"] and not row["is_used"] else "",
        "source": sources.places(row["source_text"]),
        "is_pool": bool(row["is_pool"]),
    }


def _why_unused(row: Row, look: Lookup) -> str:
    """Why a cell of the pool takes no part in the model."""
    if row["is_aside"]:
        return NOT_SHARED
    if not row["tested_count"]:
        return "никто из учеников не участвовал"
    if row["region_share"] in (0, 1):
        return "у всех школ региона одно и то же: сравнивать не с чем"
    return f"такой результат есть менее чем у {number(look.known.method.stability.min_cell_schools)} школ"


def objectivity_values(look: Lookup, school_id: str, titles: Mapping[str, str]) -> list[Row]:
    """Signs of doubtful results by year, newest first."""
    return [
        {
            "year": row["year"],
            "judged": number(row["judged_count"]),
            "flagged": number(row["flagged_count"]),
            "markers": [titles[code] for code in str(row["marker_codes"]).split(";") if code],
            "is_doubtful": bool(row["is_vpr_doubtful"]),
        }
        for row in sorted(look.of("objectivity", school_id), key=lambda r: -r["year"])
    ]
