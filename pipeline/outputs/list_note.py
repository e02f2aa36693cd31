"""«Служебная записка к проекту перечня»: the figures behind a list, for the department itself."""

from collections.abc import Sequence
from typing import Any

from pipeline.document_texts import DocumentTexts
from pipeline.outputs import list_words, word
from pipeline.outputs.list_facts import ListFacts, Row
from pipeline.russian import chance_text, number

TEMPLATE = "list_note"
NOTE_NAME = "Служебная записка к проекту перечня.docx"
NOTHING = "—"


def render(
    template: bytes,
    facts: ListFacts,
    texts: DocumentTexts,
    *,
    issuer: str,
    remarks: Sequence[str] = (),
    notice: str = "",
) -> bytes:
    """The note with its tables.

    Args:
        template: the Word template (`TEMPLATE`).
        facts: the list.
        texts: words and terms for the year of the list.
        issuer: who issues the order.
        remarks: what the choice of schools says of the list as a whole.
        notice: what every page has to say (made-up data).
    """
    tables = _tables(facts)
    values: dict[str, Any] = {
        "issuer": issuer,
        "addressee": texts.name("head_dative"),
        "executor": texts.name("executor"),
        "heading": texts.text("list_note", "heading"),
        "purpose": [lines[0] for lines in texts.points("list_note", "purpose")],
        "remarks": list(remarks),
        "certainty": list(list_words.certainty(facts)),
        "dependence": list(list_words.dependence(facts)),
        "changes": list(list_words.changes(facts)),
        "on_vpr_alone": list_words.on_vpr_alone(facts),
        "vpr_schools": [_named(row) for row in facts.on_vpr_alone],
        "unjudged": list_words.unjudged(facts),
        "doubts": list_words.doubts(facts),
        "federal": list(list_words.federal(facts)),
        "objections": list_words.objections(facts),
        "due": list(list_words.due(facts)),
        "figures": list(list_words.index_words(facts)),
        "variants": [_variant(row) for row in facts.tried],
        **tables,
        "table": _table_numbers(tables),
    }
    return word.render(template, values, name=TEMPLATE, notice=notice)


def _tables(facts: ListFacts) -> dict[str, list[Row]]:
    """The rows of the tables at the end, in their order."""
    return {
        "listed": [_shown(row) for row in facts.listed],
        "at_border": [_shown(row) for row in facts.at_border],
        "entered": [_shown(row) for row in facts.entered] if facts.has_earlier_list else [],
        "left": [_shown(row) for row in facts.left],
        "dependent": [_shown(row) for row in facts.dependent],
        "waiting": [_shown(row) for row in facts.unjudged],
        "doubted": [_shown(row) for row in facts.doubted],
        "theirs": _theirs(facts),
        "open_objections": [_objection(row) for row in facts.open_objections],
        "decided": [_decision(row) for row in facts.decided],
    }


def _table_numbers(tables: dict[str, list[Row]]) -> dict[str, str]:
    """«Таблица 3» by the name of its rows; a table without rows is left out and takes no number."""
    filled = [name for name, rows in tables.items() if rows]
    return {name: f"Таблица {filled.index(name) + 1}" if name in filled else "" for name in tables}


def _shown(row: Row) -> Row:
    """A school as the note shows it: every figure as text."""
    figures = {name: _figure(row[name]) for name in ("index", "index_lower", "index_upper", "reliability")}
    is_known = row["probability"] is not None
    return {
        **row,
        **figures,
        "chance": chance_text(row["probability"]) if is_known else NOTHING,
        "interval": f"{figures['index']} ({figures['index_lower']}–{figures['index_upper']})" if is_known else NOTHING,
        "reliability_text": f"{figures['reliability']}, {row['reliability_word']}" if is_known else NOTHING,
        "low_text": row["low_text"] or NOTHING,
        "years_text": row["years_text"] or NOTHING,
        "code": row["school_id"],
    }


def _figure(value: float | None) -> str:
    """A figure with two decimals, also idle ones: columns are compared by eye."""
    return NOTHING if value is None else f"{value:.2f}".replace(".", ",")


def _variant(row: Row) -> Row:
    """A way of making the list as its row of the table."""
    names = ("selected_count", "kept_count", "left_count", "entered_count")
    counts = {name: number(row[name]) if row["is_tried"] else NOTHING for name in names}
    return {"title": row["title"], "note": row["note_text"], **counts}


def _theirs(facts: ListFacts) -> list[Row]:
    """Schools of the federal list of low results that are not on ours."""
    rows = [row for row in facts.federal if (row["list_code"], row["relation_code"]) == ("low_results", "theirs_only")]
    names = ("municipality", "school", "reason_text")
    return [{"number": place} | {name: row[name] for name in names} for place, row in enumerate(rows, start=1)]


def _objection(row: Row) -> Row:
    """An objection as its row of the table."""
    return {
        "number": row["number"],
        "received": f"{row['received_date']:%d.%m.%Y}",
        "municipality": row["municipality"],
        "school": row["school"],
        "about": row["indicator_text"],
        "asked": _asked(row),
        "ground": row["ground_text"],
        "document": row["document_text"],
    }


def _asked(row: Row) -> str:
    """What stands in the data, and what the school says should."""
    if row["asked_value"] is None:
        return NOTHING
    stated = number(row["stated_value"]) if row["stated_value"] is not None else NOTHING
    return f"{stated} → {number(row['asked_value'])}"


def _decision(row: Row) -> Row:
    """A decision of the commission as its row of the table."""
    return {
        "number": row["number"],
        "municipality": row["municipality"],
        "school": row["school"],
        "action": row["action"],
        "who": f"{row['who']}, {row['date']:%d.%m.%Y}",
        "why": row["why"],
        "review": f"{row['review_date']:%d.%m.%Y}" if row["review_date"] is not None else "",
    }


def _named(row: Row) -> str:
    """«Школа (муниципалитет)»."""
    return f"{row['school']} ({row['municipality']})"
