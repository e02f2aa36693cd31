"""The register of causes as a Word document: the sum by direction and municipality, school by school, what is missing.

A cause is a missing condition. The document is for the commission and the institute; the workbook holds the same rows
with every figure.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from pipeline.document_texts import DocumentTexts
from pipeline.outputs import word
from pipeline.outputs.cause_workbook import LABELS
from pipeline.register import alphabetical
from pipeline.russian import number, out_of, percent, plural
from pipeline.schema import records

TEMPLATE = "cause_register"
DOCUMENT_NAME = "Реестр причин.docx"
SHOWN_CAUSES = 3  # the commonest causes of a municipality
SHARE = "доля "  # how the name of an indicator begins that is a share from 0 to 1
REGION = ""  # the row of the whole region in `CAUSE_SUMMARY`


@dataclass(frozen=True)
class CauseTables:
    """What the document is made of.

    Args:
        register: `REGISTER_OF_CAUSES`.
        summary: `CAUSE_SUMMARY`.
        remarks: `REGISTER_REMARKS`.
        surveyed: `SURVEYED_SCHOOLS`.
        returns: `SURVEY_RETURNS`.
        causes: `CAUSES`.
        directions: `CAUSE_DIRECTIONS`.
    """

    register: pd.DataFrame
    summary: pd.DataFrame
    remarks: pd.DataFrame
    surveyed: pd.DataFrame
    returns: pd.DataFrame
    causes: pd.DataFrame
    directions: pd.DataFrame

    @property
    def found(self) -> pd.DataFrame:
        """One row per school and established cause (`REGISTER_OF_CAUSES`)."""
        return self.register[self.register["status_code"] != "not_established"]


def render(
    template: bytes,
    tables: CauseTables,
    texts: DocumentTexts,
    *,
    plan_year: int | None,
    region_name: str,
    notice: str = "",
) -> bytes:
    """The register as a document.

    Args:
        template: the Word template.
        tables: what it is made of.
        texts: words and terms of the year of the list.
        plan_year: year of the roadmap that the measures are taken from; None where none can serve the list.
        region_name: printed below the title.
        notice: what every page has to say (made-up data).
    """
    is_signed = bool(tables.surveyed["is_signed"].all())
    values = {
        "region": region_name,
        "year": str(texts.year),
        "school_year": texts.fields["school_year"],
        "term": texts.name("term"),
        "is_draft": not is_signed,
        "purpose": texts.text("cause_register", "purpose"),
        "summary": list(_summary(tables, plan_year, is_signed=is_signed)),
        "directions": _directions(tables),
        "places": _places(tables),
        "schools": _schools(tables.register),
        "missing": _missing(tables.remarks, is_blocking=True),
        "notes": _missing(tables.remarks, is_blocking=False),
    }
    return word.render(template, values, name=TEMPLATE, notice=notice)


def _summary(tables: CauseTables, plan_year: int | None, *, is_signed: bool) -> Iterator[str]:
    """The register in a few sentences."""
    count, found = len(tables.surveyed), tables.found
    kind = "подписанному перечню" if is_signed else "проекту перечня, который ещё не подписан"
    answered = tables.returns.loc[tables.returns["respondent_count"] > 0, "school_id"].nunique()
    yield (
        f"Обследованы школы по {kind}: {plural(count, 'школа', 'школы', 'школ')}. Анкеты с ответами получены от "
        f"{out_of(answered, 'школы', 'школ')}."
    )
    status = found["status_code"].value_counts()
    yield (
        f"В реестре {plural(len(found), 'причина', 'причины', 'причин')}: подтверждены данными — "
        f"{number(int(status.get('fact', 0)))}, предположения по анкетам, которые проверяет комиссия, — "
        f"{number(int(status.get('hypothesis', 0)))}, названы только руководителем — "
        f"{number(int(status.get('small_sample', 0)))}."
    )
    without = tables.register["school_id"].nunique() - found["school_id"].nunique()
    if without:
        yield f"Причины пока не установлены у {out_of(without, 'школы', 'школ')}: нужны сведения."
    yield (
        f"Меры взяты из дорожной карты {plan_year} года."
        if plan_year
        else "Дорожной карты для этого перечня нет: меры не названы."
    )


def _directions(tables: CauseTables) -> list[dict[str, Any]]:
    """The causes met in the region by direction, in the order of the directions; the commonest first."""
    region = records(tables.summary[tables.summary["municipality_id"] == REGION])
    causes = {row["cause_code"]: row for row in records(tables.causes)}
    found = []
    for direction in records(tables.directions.sort_values("direction_number")):
        own = [row for row in region if causes[row["cause_code"]]["direction_code"] == direction["direction_code"]]
        rows = [
            {
                "cause": causes[row["cause_code"]]["wording"],
                "schools": number(row["school_count"]),
                "clear_cases": f"{row['clear_count']} из {row['surveyed_count']}",
                "share": percent(row["school_share"], 0),
                "scale": LABELS["scale_code"].get(row["scale_code"], "—"),
            }
            for row in sorted(own, key=lambda row: (-row["school_count"], row["cause_code"]))
        ]
        if rows:
            found.append({"title": direction["title"], "rows": rows})
    return found


def _places(tables: CauseTables) -> list[dict[str, str]]:
    """A row per municipality with surveyed schools: how many causes, the commonest, schools whose register lacks."""
    lacking = tables.remarks[tables.remarks["is_blocking"].astype(bool)]
    found = records(tables.found)
    rows = []
    for name in sorted(tables.surveyed["municipality_name"].unique(), key=alphabetical):
        causes = [row["cause_text"] for row in found if row["municipality_name"] == name]
        common = sorted(Counter(causes).items(), key=lambda pair: (-pair[1], pair[0]))[:SHOWN_CAUSES]
        rows.append(
            {
                "municipality": name,
                "schools": number(int((tables.surveyed["municipality_name"] == name).sum())),
                "causes": number(len(causes)),
                "common": "; ".join(f"{text} ({count})" for text, count in common) or "не установлены",
                "lacking": number(lacking.loc[lacking["municipality_name"] == name, "school_id"].nunique()),
            }
        )
    return rows


def _schools(register: pd.DataFrame) -> list[dict[str, Any]]:
    """The schools by municipality and name, each with its causes."""
    by_school: dict[tuple[str, str, str], list[Mapping[str, Any]]] = {}
    for row in records(register):
        by_school.setdefault((row["municipality_name"], row["school_name"], row["school_id"]), []).append(row)
    order = sorted(by_school, key=lambda key: (alphabetical(key[0]), alphabetical(key[1]), key[2]))
    return [
        {
            "municipality": place,
            "name": name,
            "code": school_id,
            "rows": [_cause_row(row) for row in _by_weight(by_school[place, name, school_id])],
        }
        for place, name, school_id in order
    ]


def _by_weight(rows: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The causes of a school, the most significant first."""
    ranks = {code: place for place, code in enumerate(LABELS["significance_code"])}
    return sorted(rows, key=lambda row: (ranks[row["significance_code"]], row["cause_code"]))


def _cause_row(row: Mapping[str, Any]) -> dict[str, str]:
    """A cause of a school: what it rests on, what is recommended, by whom and when."""
    measure = f"{row['measure_number']}. {row['measure_text']}" if row["measure_number"] is not None else "—"
    return {
        "cause": row["cause_text"],
        "level": LABELS["level_code"].get(row["level_code"], "—"),
        "significance": LABELS["significance_code"][row["significance_code"]],
        "status": LABELS["status_code"][row["status_code"]],
        "evidence": _evidence(row),
        "measure": measure,
        "responsible": row["responsible_text"] or "—",
        "due": row["due_text"] or "—",
        "verification": row["verification_text"] or "",
    }


def _evidence(row: Mapping[str, Any]) -> str:
    """The indicator with its value, else the source: «доля учеников во второй смене: 26 %»."""
    indicator, value = row["indicator_text"], row["value"]
    if not indicator or value is None:
        return str(indicator or row["source_text"])
    if indicator.startswith(SHARE):
        return f"{indicator}: {percent(value, 0)}"
    return f"{indicator}: {number(round(value) if value >= 10 else round(value, 2))}"


def _missing(remarks: pd.DataFrame, *, is_blocking: bool) -> list[dict[str, str]]:
    """A row per school to which remarks of a kind were made; by municipality and name."""
    by_school: dict[tuple[str, str, str], list[str]] = {}
    for row in records(remarks[remarks["is_blocking"].astype(bool) == is_blocking]):
        key = (row["municipality_name"], row["school_name"], row["school_id"])
        by_school.setdefault(key, []).append(row["remark_text"])
    order = sorted(by_school, key=lambda key: (alphabetical(key[0]), alphabetical(key[1]), key[2]))
    return [
        {"municipality": place, "school": name, "text": "; ".join(by_school[place, name, school_id])}
        for place, name, school_id in order
    ]
