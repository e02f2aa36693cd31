"""The order as a Word document: the draft that the department edits, or the signed one, with its appendix.

The appendix names schools by municipality, unranked and without any figure; figures have a note of their own.
"""

from collections.abc import Mapping
from datetime import date
from typing import Any

import pandas as pd

from pipeline.cases import day_words
from pipeline.document_texts import DocumentTexts
from pipeline.outputs import word
from pipeline.register import alphabetical
from pipeline.schema import records

LIST_TEMPLATE, AMENDMENT_TEMPLATE = "order", "amendment"
BLANK_DAY, BLANK_NUMBER = "«___» ____________ 20___ г.", "________"


def template_name(order: Mapping[str, Any]) -> str:
    """Which template an order is made from."""
    return AMENDMENT_TEMPLATE if order["kind_code"] == "amendment" else LIST_TEMPLATE


def render(
    template: bytes,
    order: Mapping[str, Any],
    schools: pd.DataFrame,
    texts: DocumentTexts,
    *,
    replaced: Mapping[str, Any] | None = None,
    notice: str = "",
) -> bytes:
    """The order and its appendix.

    Args:
        template: the Word template (`template_name`).
        order: one row of `ORDERS`.
        schools: `ORDER_SCHOOLS` of this order.
        texts: words and terms for the year of the list.
        replaced: the order that an amendment changes, one row of `ORDERS`.
        notice: what every page has to say (made-up data).
    """
    day, number = order["signed_date"], order["number"]
    values: dict[str, Any] = {
        "issuer": order["issuer_name"],
        "place": texts.name("place"),
        "date": day_words(day) if day is not None else BLANK_DAY,
        "number": number or BLANK_NUMBER,
        "is_draft": day is None,
        "word": texts.text("order", "word"),
        "signatory_post": order["signatory_post"],
        "signatory_name": order["signatory_name"],
        "executor": texts.name("executor"),
        "term": texts.name("term"),
        "year": order["year"],
        "school_year": texts.fields["school_year"],
        **_words(order, texts, replaced),
        **appendix_rows(schools, texts.name("term")),
    }
    return word.render(template, values, name=template_name(order), notice=notice)


def _words(order: Mapping[str, Any], texts: DocumentTexts, replaced: Mapping[str, Any] | None) -> dict[str, Any]:
    """Heading, preamble and points; the points are numbered here, so that taking one out needs no renumbering."""
    prefix, more = "", {}
    if order["kind_code"] == "amendment":
        assert replaced is not None, "an amendment changes an order"
        prefix = "amendment_"
        more = {
            "replaced_date": _day_of(replaced),
            "replaced_number": str(replaced["number"] or BLANK_NUMBER),
        }
    points = texts.points("order", f"{prefix}points", **more)
    return {
        "heading": texts.text("order", f"{prefix}heading", **more),
        "preamble": texts.text("order", f"{prefix}preamble", **more),
        "points": [
            {"number": number, "text": lines[0], "lines": lines[1:]} for number, lines in enumerate(points, start=1)
        ],
    }


def _day_of(order: Mapping[str, Any]) -> str:
    """The day of a signed order; a list that was imported may not know it."""
    day: date | None = order["signed_date"]
    return day_words(day) if day is not None else BLANK_DAY


def appendix_rows(schools: pd.DataFrame, category: str) -> dict[str, list[dict[str, Any]]]:
    """Rows of the appendix by action: `included`, `excluded`; by municipality and name, numbered from 1.

    Args:
        schools: `ORDER_SCHOOLS` of one order.
        category: what the list calls its schools.
    """
    found = {}
    for name, action in (("included", "include"), ("excluded", "exclude")):
        rows = sorted(
            records(schools[schools["action_code"] == action]),
            key=lambda row: (
                alphabetical(row["municipality_name"]),
                alphabetical(row["school_name"]),
                row["school_id"],
            ),
        )
        found[name] = [
            {
                "number": number,
                "municipality": row["municipality_name"],
                "school": row["school_name"],
                "code": row["school_id"],
                "category": category,
            }
            for number, row in enumerate(rows, start=1)
        ]
    return found
