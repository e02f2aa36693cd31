"""A made-up computed list of any size, as the papers of a list are given it."""

from datetime import date
from typing import Any

import pandas as pd

from pipeline.outputs.list_facts import ListFacts
from pipeline.tables import comparison, decision, objectivity, orders

YEAR = 2026
REASONS = "entered_by_probability;probability_firm"


def school(number: int, **changes: Any) -> dict[str, Any]:
    """A school of the list: row of `SELECTION`."""
    return {
        "school_id": f"S{number:03d}",
        "municipality_id": f"M{number % 27:02d}",
        "year": YEAR,
        "school_name": f"МБОУ «Школа № {number}»",
        "status_code": "selected",
        "band_code": "core",
        "reason_codes": REASONS,
        "rank": number + 1,
        "probability": 0.9,
        "index": 1.5,
        "index_lower": 1.2,
        "index_upper": 1.9,
        "reliability": 0.85,
        "low_years_count": 2,
        "excess_low_count": 12.5,
        "tested_count": 100,
        "is_rule_low": False,
        "is_firm": False,
        "is_on_list": False,
        "is_vpr_only": False,
        "is_in_corridor": False,
        "is_watched": False,
    } | changes


def fitted(number: int, **changes: Any) -> dict[str, Any]:
    """The figures of a school: row of `STABILITY`."""
    return {
        "school_id": f"S{number:03d}",
        "municipality_id": f"M{number % 27:02d}",
        "year": YEAR,
        "tested_count": 100,
        "low_count": 30,
        "expected_low_count": 17.5,
        "size_count": 40,
        "prior_mean": 1.0,
        "newest_expected_count": 6.0,
        "effective_observed": 20.0,
        "effective_expected": 12.0,
        "index": 1.5,
        "index_lower": 1.2,
        "index_upper": 1.9,
        "reliability": 0.85,
        "reliability_code": "firm",
        "probability": 0.9,
        "band_code": "core",
        "low_years_count": 2,
        "years_count": 3,
        "history_years_count": 3,
        "current_year_probability": 0.8,
        "forecast_ratio": 1.4,
        "next_year_probability": 0.7,
        "is_thin": False,
        "is_recent": True,
        "is_vpr_set_aside": False,
    } | changes


def objection(number: int, school_id: str, **changes: Any) -> dict[str, Any]:
    """An objection that nobody has decided about: row of `OBJECTIONS`."""
    return (
        dict.fromkeys(orders.OBJECTIONS.column_names)
        | {
            "year": YEAR,
            "number": number,
            "received_date": date(YEAR, 7, 8),
            "school_id": school_id,
            "indicator_text": "включение в перечень",
            "ground_text": "Просим учесть открытие отделения",
            "decision_code": "undecided",
        }
        | changes
    )


def list_facts(schools: list[dict[str, Any]], **tables: Any) -> ListFacts:
    """The facts of a list of these schools; `tables` gives rows of the tables that are not empty."""
    numbers = {row["school_id"]: int(row["school_id"][1:]) for row in schools}
    known = [fitted(numbers[row["school_id"]]) for row in schools if row["probability"] is not None]
    declared = {
        "variants": comparison.LIST_DEPENDENCE,
        "dependence": comparison.SCHOOL_DEPENDENCE,
        "objectivity": objectivity.OBJECTIVITY,
        "objections": orders.OBJECTIONS,
        "decisions": orders.COMMISSION_DECISIONS,
    }
    frames = {
        name: table.conform(pd.DataFrame(tables[name])) if name in tables else table.empty()
        for name, table in declared.items()
    }
    rows = tables.get("reconciliation")
    compared = orders.LIST_RECONCILIATION.conform(pd.DataFrame(rows)) if rows else orders.LIST_RECONCILIATION.empty()
    return ListFacts(
        year=YEAR,
        capacity=50,
        interval_level=0.9,
        selection=decision.SELECTION.conform(pd.DataFrame(schools)),
        stability=decision.STABILITY.conform(pd.DataFrame(known)),
        reconciliation=compared.assign(list_text="федеральный список", relation_text="только в федеральном"),
        areas={f"M{number:02d}": f"Лесной муниципальный округ № {number}" for number in range(27)},
        **frames,
    )
