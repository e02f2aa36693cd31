"""What goes out with a list: notices to the municipalities, and the paper for the head of each listed school.

Drafts before the order is signed. Figures are those of the calculation that the order stands on, frozen with it.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd

from pipeline.correspondence import LETTERS, make_sender
from pipeline.leaving import ListModel, StayLimits, leaving_landmarks
from pipeline.order_files import FROZEN, frozen_manifest, order_folder
from pipeline.outputs import letters, school_sheet, word
from pipeline.outputs.school_sheet import ListRules, SchoolFacts
from pipeline.questionnaire import safe_name
from pipeline.region import load_region, reference_table
from pipeline.register import alphabetical
from pipeline.run import Run
from pipeline.schema import Table, records
from pipeline.store import Store, read_parquet
from pipeline.support_request import plan_in_force, when_text
from pipeline.tables import model as model_tables
from pipeline.tables import orders as tables
from pipeline.tables.causes import MEASURES
from pipeline.tables.decision import SELECTION, STABILITY
from pipeline.tables.results import RESULTS

READS = (tables.ORDERS, tables.ORDER_SCHOOLS, tables.LISTED_SCHOOLS)
SHEETS = "Справки для руководителей школ"
NEEDED = (SELECTION, STABILITY, RESULTS, *model_tables.TABLES)
SLICE = ["year", "procedure", "subject", "grade"]


def make(run: Run) -> dict[str, bytes]:
    """A notice per municipality with listed schools and a sheet per school; none where no order was made here."""
    store = Store(run)
    order = _order_of_list(store.read(tables.ORDERS), run.year)
    if order is None:
        return {}
    listed = _listed(store, order, run.year)
    basis = _load_basis(run.root, order)
    schools = _school_facts(listed, basis)
    sender = replace(
        make_sender(run.root, load_region(run.root), run.year),
        issuer=order["issuer_name"],
        post=order["signatory_post"] or "",
        name=order["signatory_name"] or "",
    )
    template = word.load_template(run.root, school_sheet.TEMPLATE)
    measures, files = _measures(run.root, run.year), {}
    by_place: dict[str, list[SchoolFacts]] = {}
    for school in schools:
        by_place.setdefault(school.municipality, []).append(school)
        paper = school_sheet.render(
            template, school, basis.rules if basis else None, measures, order, sender.texts, notice=sender.notice
        )
        name = safe_name(f"{school.school_id} {school.name}")
        files[f"{SHEETS}/{safe_name(school.municipality)}/{name}.docx"] = paper
    for municipality, own in by_place.items():
        rows = [{"name": s.name, "code": s.school_id, "reason": school_sheet.main_reason(s, run.year)} for s in own]
        files[f"{LETTERS}/{safe_name(municipality)}.docx"] = letters.listing(sender, municipality, rows, order)
    return files


def _order_of_list(orders: pd.DataFrame, year: int) -> Mapping[str, Any] | None:
    """The order on the list of the year: the signed one, else the draft; None where none was made here."""
    own = orders[(orders["year"] == year) & (orders["kind_code"] == "list") & orders["run_id"].notna()]
    found = sorted(records(own), key=lambda row: (row["signed_date"] is None, row["order_id"]))
    return found[0] if found else None


def _listed(store: Store, order: Mapping[str, Any], year: int) -> list[dict[str, Any]]:
    """The schools of the list, amendments applied once it is signed; by municipality and name."""
    if order["signed_date"] is None:
        schools = store.read(tables.ORDER_SCHOOLS)
        is_own = (schools["order_id"] == order["order_id"]) & (schools["action_code"] == "include")
        rows = [{**row, "is_first": True, "succeeds_text": None} for row in records(schools[is_own])]
    else:
        listed = store.read(tables.LISTED_SCHOOLS)
        in_force = listed[(listed["year"] == year) & listed["left_text"].isna()]
        rows = [{**row, "is_first": row["order_id"] == order["order_id"]} for row in records(in_force)]
    order_of = [(alphabetical(r["municipality_name"]), alphabetical(r["school_name"]), r["school_id"]) for r in rows]
    return [rows[place] for place in sorted(range(len(rows)), key=order_of.__getitem__)]


@dataclass(frozen=True)
class _Basis:
    """The calculation that an order stands on: its tables, and what it was made with."""

    frozen: Mapping[str, pd.DataFrame]
    rules: ListRules
    model: ListModel

    def table(self, table: Table) -> pd.DataFrame:
        return self.frozen[table.name]


def _load_basis(root: Path, order: Mapping[str, Any]) -> _Basis | None:
    """The calculation frozen with an order; None where an older version of the program kept less of it."""
    folder = order_folder(root, order["order_id"]) / FROZEN
    paths = {table: folder / f"{table.name}.parquet" for table in NEEDED}
    if not all(path.is_file() for path in paths.values()):
        return None
    manifest = frozen_manifest(root, order["order_id"])
    frozen = {table.name: read_parquet(table, [path]) for table, path in paths.items()}
    numbers, capacity = manifest["parameters"], int(manifest["capacity"])
    limits = StayLimits(numbers["selection.stay_probability"], numbers["selection.stay_year_probability"])
    rules = ListRules(
        capacity,
        math.floor(capacity * numbers["selection.stay_rank_factor"]),
        limits.probability,
        limits.year_probability,
        int(numbers["sample.limited_count"]),
    )
    found = frozen[model_tables.MODEL_PARAMETERS.name]
    parameters = dict(zip(found["parameter_code"], found["value"], strict=True))
    years = frozen[model_tables.STABILITY_YEARS.name]
    model = ListModel(frozen[STABILITY.name], years, parameters, int(order["year"]), capacity, limits)
    # Where exams are made to weigh the same, the years do not hold the weighted sums that a landmark is made from.
    if numbers["stability.equal_exam_weights"]:
        model = replace(model, years=years.iloc[:0])
    return _Basis(frozen, rules, model)


def _school_facts(listed: list[dict[str, Any]], basis: _Basis | None) -> list[SchoolFacts]:
    """What is known of each listed school, in the order of the list."""
    plain = [
        SchoolFacts(row["school_id"], row["school_name"], row["municipality_name"], _ground(row)) for row in listed
    ]
    if basis is None:
        return plain
    asked = {school.school_id for school in plain}

    def own(frame: pd.DataFrame) -> list[dict[str, Any]]:
        return records(frame[frame["school_id"].isin(asked)])

    choice, model = (_by_school(own(basis.table(table))) for table in (SELECTION, STABILITY))
    landmarks = _by_school(records(leaving_landmarks(basis.model, asked)))
    years = basis.table(model_tables.STABILITY_YEARS)
    window = years[years["is_in_window"].astype(bool)].sort_values("year", ascending=False)
    years_of, cells_of = _lists_by_school(own(window)), _lists_by_school(own(_newest_cells(basis)))
    return [
        replace(
            school,
            choice=choice.get(school.school_id),
            model=model.get(school.school_id),
            years=years_of.get(school.school_id, []),
            cells=cells_of.get(school.school_id, []),
            landmark=landmarks.get(school.school_id),
        )
        for school in plain
    ]


def _ground(row: Mapping[str, Any]) -> str:
    """Why the order lists a school where the calculation of the list did not."""
    if row["succeeds_text"]:
        return f"Школа занимает в перечне место реорганизованной: {row['succeeds_text']}."
    if not row["is_first"]:
        return "Школа включена приказом о внесении изменений в перечень."
    return ""


def _newest_cells(basis: _Basis) -> pd.DataFrame:
    """One row per school and cell of the year of decision that may choose schools, with the region's rate."""
    results, rates = basis.table(RESULTS), basis.table(model_tables.REGIONAL_RATES)
    own = results[results["year"] == basis.model.year]
    tested = own[own["tested_count"] > 0][["school_id", *SLICE, "tested_count", "low_count"]]
    cells = tested.merge(rates[[*SLICE, "low_rate", "is_used"]], on=SLICE)
    exams = {code: place for place, code in enumerate(("vpr", "oge", "ege"))}
    ordered = cells.assign(
        place=cells["procedure"].map(exams).fillna(len(exams)), level=pd.to_numeric(cells["grade"], errors="coerce")
    )
    return ordered.sort_values(["place", "procedure", "subject", "level", "grade"], kind="stable")


def _by_school(rows: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {row["school_id"]: row for row in rows}


def _lists_by_school(rows: list[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        found.setdefault(row["school_id"], []).append(row)
    return found


def _measures(root: Path, year: int) -> list[dict[str, str]]:
    """The measures of the roadmap that reach schools: what, when, who."""
    plan = plan_in_force(reference_table(root, MEASURES), year)
    return [
        {"name": row["title_ru"], "when": when_text(row), "who": row["responsible_ru"]}
        for row in records(plan[plan["level"] == "school"])
    ]
