"""The web report: a folder of pages that open from disk without a network, for one of three kinds of readers.

`pages` is pure: published tables in, files out. Whoever may not see a number never gets it: the frames are cut before
anything is put on a page.
"""

from collections.abc import Mapping

from pipeline.objectivity import MARKER_RULES
from pipeline.outputs import page
from pipeline.region import DEMO_NOTICE
from pipeline.site.around import cause_values, context_values, list_state, order_values, support_values
from pipeline.site.known import Known
from pipeline.site.lookup import Lookup, Row, look_up
from pipeline.site.places import municipality_values, overview_values, table_rows
from pipeline.site.public import public_pages
from pipeline.site.readers import INTERNAL, PUBLIC, Reader
from pipeline.site.school import Sources, certainty_values, decision_values, objectivity_values, results_values

ASSETS = "assets/"
OWN_ASSETS = ("site.css", "site.js")
MARKERS = {rule.marker_code: rule.title for rule in MARKER_RULES}


def pages(known: Known, reader: Reader = INTERNAL) -> Mapping[str, str]:
    """The files of the report, by path.

    Args:
        known: the published tables.
        reader: for whom the report is.
    """
    files = {ASSETS + name: text for name, text in page.assets().items()}
    files |= {ASSETS + name: (page.TEMPLATES / name).read_text(encoding="utf-8") for name in OWN_ASSETS}
    frame = _frame(known, reader)
    if reader == PUBLIC:
        return files | {path: _page(*told) for path, told in public_pages(known, frame).items()}
    return files | _own_pages(look_up(known, reader), frame, reader)


def _frame(known: Known, reader: Reader) -> Row:
    """What every page shows around its own content."""
    return {
        "notice": DEMO_NOTICE if known.region.is_demo else "",
        "mark": reader.mark,
        "reader": reader.title,
        "profile": reader.profile,
        "year": known.year,
        "region_name": known.region.name,
        "edition": known.method.title,
        "up": "",
        "here": "",
    }


def _own_pages(look: Lookup, frame: Row, reader: Reader) -> dict[str, str]:
    """Pages of the internal report, and of a founder, who has the same of his own schools."""
    overview = overview_values(look, is_whole=reader == INTERNAL)
    table = {"rows": table_rows(look, look.schools), "has_list": bool(look.selection)}
    areas = [place["municipality_name"] for place in look.places.values()]
    statuses = sorted({row["status"] for row in look.schools if row["status"]})
    files = {
        "index.html": _page("site_index.html.j2", {**frame, **overview, "here": "index"}),
        "schools.html": _page(
            "site_schools.html.j2", {**frame, **table, "areas": areas, "statuses": statuses, "here": "schools"}
        ),
        "about.html": _page("site_about.html.j2", {**frame, "rules": look.known.method, "here": "about"}),
    }
    inner = {**frame, "up": "../", "has_list": bool(look.selection)}
    for place in look.places.values():
        values = municipality_values(look, place)
        files[f"municipality/{place['page']}"] = _page("site_municipality.html.j2", {**inner, **values})
    state = list_state(look.known) if look.selection else ""
    for school in look.schools:
        values = _school_values(look, school)
        files[f"school/{school['page']}"] = _page("site_school.html.j2", {**inner, **values, "list_state": state})
    return files


def _school_values(look: Lookup, school: Row) -> Row:
    """Everything on the page of a school."""
    school_id = school["school_id"]
    sources = Sources(look.checksums)
    return {
        "school": school,
        "place": look.places[school["municipality_id"]],
        "decision": decision_values(look, school),
        "certainty": certainty_values(look, school_id),
        "results": results_values(look, school_id, sources),
        "objectivity": objectivity_values(look, school_id, MARKERS),
        "context": context_values(look, school_id, sources),
        "causes": cause_values(look, school_id),
        "support": support_values(look, school_id),
        "acts": order_values(look, school_id),
        "sources": sources.table(),
        "missing": look.known.missing,
    }


def _page(template: str, values: Row) -> str:
    return page.render(template, {**values, "assets": values["up"] + ASSETS})
