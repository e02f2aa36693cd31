"""The public report: results that hide every small number, and the signed list; no probability, no reason, no place.

All numbers come from `public_years.told_once`, which protects schools, municipalities and the region together.
"""

from collections.abc import Mapping
from typing import Any

from pipeline import disclosure
from pipeline.register import alphabetical, municipality_names, valid_in
from pipeline.russian import number, percent, procedure_label, subject_label
from pipeline.schema import records
from pipeline.site.around import list_state
from pipeline.site.known import Known
from pipeline.site.lookup import page_names
from pipeline.tables import orders, reference
from pipeline.tables.disclosed import ALL_GRADES, PUBLIC_RESULTS

Row = dict[str, Any]
HIDDEN = "скрыто"
VPR = "vpr"  # its results serve support, not the assessment of schools: none of a single school (method 1)


def public_pages(known: Known, frame: Row) -> Mapping[str, tuple[str, Row]]:
    """Per page of the public report, its template and what it shows.

    Args:
        known: the published tables, and `PUBLIC_RESULTS`.
        frame: what every page shows around its own content.
    """
    told = known.of(PUBLIC_RESULTS)
    rows: dict[tuple[str, str], list[Row]] = {}
    for row in records(told[told["grade"] == ALL_GRADES]):
        rows.setdefault((row["level_code"], row["place_id"]), []).append(_result(row))
    for own in rows.values():
        own.sort(key=lambda row: row["order"])
    schools = _schools(known)
    places: dict[str, Row] = {}
    for school in schools:
        places.setdefault(school["municipality_id"], school)
    inner = {**frame, "up": "../", "minimum": number(known.method.disclosure.min_shown_count)}
    outer = {**inner, "up": ""}
    signed = _signed(known)
    state = list_state(known) if signed else f"Перечень {known.year} года ещё не утверждён."
    pages: dict[str, tuple[str, Row]] = {
        "index.html": (
            "site_public_index.html.j2",
            {
                **outer,
                "here": "index",
                "state": state,
                "listed": [school for school in schools if school["school_id"] in signed],
                "rows": rows.get(("region", disclosure.REGION), []),
                "areas": list(places.values()),
            },
        ),
        "schools.html": ("site_public_schools.html.j2", {**outer, "here": "schools", "schools": schools}),
    }
    for school in schools:
        own = [row for row in rows.get(("school", school["school_id"]), []) if row["procedure"] != VPR]
        acts = signed.get(school["school_id"], [])
        values = {**inner, "school": school, "rows": own, "acts": acts, "state": state}
        pages[f"school/{school['page']}"] = ("site_public_school.html.j2", values)
    for area, place in places.items():
        own = [school for school in schools if school["municipality_id"] == area]
        values = {**inner, "place": place, "rows": rows.get(("municipality", area), []), "schools": own}
        pages[f"municipality/{place['place_page']}"] = ("site_public_municipality.html.j2", values)
    return pages


def _result(row: Row) -> Row:
    """A row of `PUBLIC_RESULTS` in words: what is hidden says so."""
    if row["low_share"] is not None:
        share = percent(row["low_share"])
    elif row["below_share"] is not None:
        share = f"меньше {percent(row['below_share'])}"
    elif row["above_share"] is not None:
        share = f"больше {percent(row['above_share'])}"
    else:
        share = HIDDEN
    return {
        "year": row["year"],
        "procedure": row["procedure"],
        "name": f"{procedure_label(row['procedure'])}, {subject_label(row['subject'])}",
        "tested": number(row["tested_count"]) if row["tested_count"] is not None else HIDDEN,
        "low": number(row["low_count"]) if row["low_count"] is not None else HIDDEN,
        "share": share,
        "order": (-row["year"], row["procedure"], row["subject"]),
    }


def _schools(known: Known) -> list[Row]:
    """The schools of the year with names and pages, by municipality and name."""
    names = municipality_names(known.of(reference.MUNICIPALITIES), known.year)
    valid = records(valid_in(known.of(reference.SCHOOLS), known.year))
    pages = page_names(row["school_id"] for row in valid)
    place_pages = page_names({row["municipality_id"] for row in valid})
    found = [
        {
            "school_id": row["school_id"],
            "school_name": row["school_name"],
            "municipality_id": row["municipality_id"],
            "municipality_name": names.get(row["municipality_id"], row["municipality_id"]),
            "page": pages[row["school_id"]],
            "place_page": place_pages[row["municipality_id"]],
        }
        for row in valid
    ]
    found.sort(key=lambda r: (alphabetical(r["municipality_name"]), alphabetical(r["school_name"]), r["school_id"]))
    return found


def _signed(known: Known) -> dict[str, list[Row]]:
    """Per school of the signed list of the year, the order that put it there; nothing of drafts."""
    found: dict[str, list[Row]] = {}
    for row in records(known.of(orders.LISTED_SCHOOLS)):
        if row["year"] == known.year and row["left_text"] is None:
            found.setdefault(row["school_id"], []).append(
                {"number": row["number"] or "б/н", "since": row["since_date"]}
            )
    return found
