"""Everything the pages ask for, found by school or municipality: the published rows, put in order once."""

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from pipeline.explain.lists import Lists
from pipeline.register import alphabetical, municipality_names, valid_in
from pipeline.schema import records
from pipeline.site.known import Known
from pipeline.site.readers import INTERNAL, Reader, own_cells, own_years, seen_by
from pipeline.site.results import by_exam, grouped, shown_cells
from pipeline.tables import causes, comparison, context, decision, effect, model, orders, programmes, reference, sources
from pipeline.tables import support as support_tables
from pipeline.tables.objectivity import OBJECTIVITY

Row = dict[str, Any]
Grouped = Mapping[str, list[Row]]

STATUS_WORDS: Mapping[str, str] = {
    "selected": "в перечне",
    "reserve": "резерв",
    "not_selected": "не включена",
    "insufficient_data": "решают эксперты",
    "excluded": "не участвует в отборе",
}
CHECKSUM_SIGNS = 8
PLAIN_NAME = re.compile(r"[A-Za-z0-9_-]{1,60}")
# Tables whose rows are found by school.
BY_SCHOOL = (
    decision.SCHOOL_INDICATORS,
    model.STABILITY_YEARS,
    OBJECTIVITY,
    comparison.SCHOOL_DEPENDENCE,
    causes.REGISTER_OF_CAUSES,
    support_tables.SCHOOL_SUPPORT,
    programmes.PROGRAMMES,
    effect.EFFECT_SCHOOLS,
    effect.DYNAMICS,
    orders.OBJECTIONS,
    orders.CONFIRMATIONS,
    orders.COMMISSION_DECISIONS,
)


@dataclass(frozen=True)
class Lookup:
    """What is known, by school and municipality.

    Args:
        known: the published tables.
        schools: the schools of the report: `school_id`, `school_name`, `municipality_id`, `municipality_name`,
            `kind_code`, `page` (file name), and `status_code`, `status` where a list was computed; by municipality
            and name.
        places: name and page of each municipality with schools, by `municipality_id`, in the order of the alphabet.
        rows: rows of the tables of `BY_SCHOOL` by table and school.
        selection, stability, context: the one row of the school, where there is one.
        cells: rows of `results.shown_cells` by school.
        exams: rows of `results.by_exam` by school; `place_exams`: by municipality;
            `region_exams`: of the region.
        conditions: rows of `SCHOOL_CONTEXT` that take part in the model of conditions, by school; `usual`: the median
            of the region by indicator.
        order_rows: rows of `ORDER_SCHOOLS` with their order, by school.
        measures: wording of the measures of the roadmap by number.
        indicators, criteria: rows of the conditions by code, and the wording of adverse ones.
        parameters: what the model found, by code.
        lists: earlier and federal lists.
        checksums: the first signs of the checksum of each received file.
    """

    known: Known
    schools: tuple[Row, ...]
    places: Mapping[str, Row]
    rows: Mapping[str, Grouped]
    selection: Mapping[str, Row]
    stability: Mapping[str, Row]
    context: Mapping[str, Row]
    cells: Grouped
    exams: Grouped
    place_exams: Grouped
    region_exams: list[Row]
    conditions: Grouped
    usual: Mapping[str, float]
    order_rows: Grouped
    measures: Mapping[int, str]
    indicators: Mapping[str, Row]
    criteria: Mapping[str, str]
    parameters: Mapping[str, float]
    lists: Lists
    checksums: Mapping[str, str]

    def of(self, name: str, school_id: str) -> list[Row]:
        """Rows of a table of `BY_SCHOOL` about a school."""
        return self.rows[name].get(school_id, [])


def look_up(published: Known, reader: Reader = INTERNAL) -> Lookup:
    """The published tables as far as a reader may see them, found by school and municipality.

    Rates, medians and norms of the region are those of all schools, whoever reads.
    """
    all_cells, all_conditions = shown_cells(published), _conditions(published)
    known = seen_by(published, reader)
    schools, places = _schools(known)
    least = published.method.stability.min_cell_schools
    cells = own_cells(all_cells, reader, frozenset(row["school_id"] for row in schools), least)
    known = known.replacing(model.STABILITY_YEARS, own_years(known.of(model.STABILITY_YEARS), cells))
    area = {row["school_id"]: row["municipality_id"] for row in schools}
    # Results follow the successor: its municipality is the one that answers for them today.
    placed = cells.assign(municipality_id=cells["school_id"].map(area)).dropna(subset=["municipality_id"])
    conditions = all_conditions[all_conditions["school_id"].isin(list(area))]
    usual = all_conditions.groupby("indicator_code")["value"].median().dropna()
    measures = known.of(causes.MEASURES)
    return Lookup(
        known,
        schools,
        places,
        {table.name: grouped(known.of(table)) for table in BY_SCHOOL},
        _one_each(known.of(decision.SELECTION)),
        _one_each(known.of(decision.STABILITY)),
        _one_each(known.of(context.CONTEXT)),
        grouped(cells),
        grouped(by_exam(cells, "school_id")),
        grouped(by_exam(placed, "municipality_id"), "municipality_id"),
        records(by_exam(all_cells.assign(place="region"), "place")),
        grouped(conditions),
        {str(code): float(value) for code, value in usual.items()},
        _order_rows(known),
        {int(row["number"]): str(row["title_ru"]) for row in records(measures)},
        {row["indicator_code"]: row for row in records(known.indicators)},
        {row["criterion_code"]: row["title"] for row in records(known.criteria)},
        {row["parameter_code"]: row["value"] for row in records(known.of(model.MODEL_PARAMETERS))},
        Lists(
            known.of(orders.PAST_LIST),
            known.of(orders.LIST_BEFORE),
            known.of(orders.FEDERAL_LIST),
            known.of(reference.SCHOOL_LINEAGE),
            known.of(reference.SCHOOLS),
        ),
        {row["file_id"]: row["sha256"][:CHECKSUM_SIGNS] for row in records(known.of(sources.SOURCE_FILES))},
    )


def page_names(ids: Iterable[str]) -> dict[str, str]:
    """A file name for each code: the code itself, or its checksum; no two differ by case alone."""
    taken: set[str] = set()
    found = {}
    for one in sorted(ids):
        stem = one if PLAIN_NAME.fullmatch(one) and one.casefold() not in taken else ""
        stem = stem or "c-" + hashlib.sha256(one.encode()).hexdigest()[:16]
        taken.add(stem.casefold())
        found[one] = f"{stem}.html"
    return found


def _schools(known: Known) -> tuple[tuple[Row, ...], dict[str, Row]]:
    """The schools of the report in order, and their municipalities."""
    names = municipality_names(known.of(reference.MUNICIPALITIES), known.year)
    register = {row["school_id"]: row for row in records(known.of(reference.SCHOOLS))}
    # A list names its schools; without one, those that exist in the year.
    chosen = {row["school_id"]: row for row in records(known.of(decision.SELECTION))}
    ids = chosen or {row["school_id"]: {} for row in records(valid_in(known.of(reference.SCHOOLS), known.year))}
    pages = page_names(ids)
    found = []
    for school_id, row in ids.items():
        entry = register[school_id]
        area = row.get("municipality_id") or entry["municipality_id"]
        found.append(
            {
                "school_id": school_id,
                "school_name": entry["school_name"],
                "municipality_id": area,
                "municipality_name": names.get(area, area),
                "kind_code": entry["kind_code"],
                "page": pages[school_id],
                "status_code": row.get("status_code", ""),
                "status": STATUS_WORDS.get(row.get("status_code", ""), ""),
            }
        )
    found.sort(
        key=lambda r: (alphabetical(r["municipality_name"]), alphabetical(str(r["school_name"])), r["school_id"])
    )
    areas = {row["municipality_id"]: row["municipality_name"] for row in found}
    place_pages = page_names(areas)
    places = {i: {"municipality_id": i, "municipality_name": n, "page": place_pages[i]} for i, n in areas.items()}
    return tuple(found), places


def _conditions(known: Known) -> pd.DataFrame:
    """Rows of `SCHOOL_CONTEXT` of the newest year that take part in the model of conditions."""
    facts = known.of(context.SCHOOL_CONTEXT)
    modelled = known.indicators.loc[known.indicators["is_in_model"].astype(bool), "indicator_code"]
    years = known.of(context.CONTEXT)["context_year"]
    newest = int(years.max()) if len(years) else known.year
    return facts[(facts["year"] == newest) & facts["indicator_code"].isin(modelled)]


def _one_each(frame: pd.DataFrame) -> dict[str, Row]:
    return {str(row["school_id"]): row for row in records(frame)}


def _order_rows(known: Known) -> dict[str, list[Row]]:
    """Per school, the orders that name it, newest first."""
    by_id = {row["order_id"]: row for row in records(known.of(orders.ORDERS))}
    found: dict[str, list[Row]] = {}
    for row in records(known.of(orders.ORDER_SCHOOLS)):
        if row["order_id"] in by_id:
            found.setdefault(str(row["school_id"]), []).append({**by_id[row["order_id"]], **row})
    for rows in found.values():
        rows.sort(key=lambda row: (row["year"], row["order_id"]), reverse=True)
    return found
