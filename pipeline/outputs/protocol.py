"""The protocol of the commission that looks at the draft list: agenda, schools to decide about, room for decisions."""

from collections.abc import Mapping
from datetime import date
from typing import Any

import pandas as pd

from pipeline.document_texts import DocumentTexts
from pipeline.outputs import word
from pipeline.outputs.list_facts import ACTION_WORDS, AT_BORDER, ListFacts, Row, numbered
from pipeline.schema import records

TEMPLATE = "protocol"
PROTOCOL_NAME = "Протокол комиссии.docx"
CHOICES = "включить / не включать / под наблюдение"
HEARING = "принять / отклонить"


def render(
    template: bytes, facts: ListFacts, questions: pd.DataFrame, texts: DocumentTexts, *, issuer: str, notice: str = ""
) -> bytes:
    """The protocol with a line for every decision.

    Args:
        template: the Word template (`TEMPLATE`).
        facts: the list; its open objections are heard.
        questions: one row per school that waits for the commission: `school_id`, `municipality_name`, `school_name`,
            `question_text`, `known_text`, and the decision that stands already (`action`, `who`, `date`, `why`).
        texts: words and terms for the year of the list.
        issuer: whose commission it is.
        notice: what every page has to say (made-up data).
    """
    at_border = {row["school_id"] for row in facts.at_border}
    unjudged = {row["school_id"] for row in facts.unjudged}
    rows = records(questions)
    values: dict[str, Any] = {
        "issuer": issuer,
        "heading": texts.text("protocol", "commission"),
        "agenda": [lines[0] for lines in texts.points("protocol", "agenda")],
        "experts": _questions(row for row in rows if row["school_id"] in unjudged),
        "border": _questions(row for row in rows if row["school_id"] in at_border - unjudged),
        "others": _questions(row for row in rows if row["school_id"] not in at_border | unjudged),
        "objections": [_objection(row) for row in facts.open_objections],
        "listed_count": len(facts.listed),
        "chair_post": texts.name("chair_post"),
        "secretary_post": texts.name("secretary_post"),
    }
    return word.render(template, values, name=TEMPLATE, notice=notice)


def _questions(rows: Any) -> list[Row]:
    """Schools with what is asked, what is known, and the decision or room for it."""
    said_above = f"{AT_BORDER.capitalize()}."
    return numbered(
        {
            "municipality": row["municipality_name"],
            "school": row["school_name"],
            # The heading of their table says it of all schools at the border.
            "known": f"{row['question_text'].removeprefix(said_above)} {row['known_text']}".strip(),
            "decision": _decision(row),
            "is_open": row["action"] is None,
        }
        for row in rows
    )


def _decision(row: Mapping[str, Any]) -> str:
    """The decision that stands, or what may be decided."""
    if row["action"] is None:
        return CHOICES
    day = date.fromisoformat(row["date"])
    return f"Решено {day:%d.%m.%Y}: {ACTION_WORDS[row['action']]}. {row['who']}. {row['why']}"


def _objection(row: Row) -> Row:
    """An objection with room for what is decided."""
    return {
        "number": row["number"],
        "municipality": row["municipality"],
        "school": row["school"],
        "about": f"{row['indicator_text'][:1].upper()}{row['indicator_text'][1:]}",
        "ground": row["ground_text"].rstrip("."),
        "document": row["document_text"] or "документа нет",
        "decision": HEARING,
    }
