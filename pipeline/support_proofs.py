"""What the system itself can prove of the roadmap: a published monitoring, a signed order, a survey, forms that came.

Which measure is proven by what stands in `reference/measure_proofs.csv`. What the system does not find is not taken for
undone: the measure then waits for a report like any other.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd

from pipeline.order_archive import load_archive
from pipeline.orders import in_force
from pipeline.questionnaire import plain
from pipeline.region import RESOURCES, read_reference, reference_table
from pipeline.run import Run
from pipeline.schema import records
from pipeline.store import MANIFEST, Published, Store
from pipeline.support_request import period_end
from pipeline.support_terms import Term, term_of
from pipeline.supported import served_year
from pipeline.tables.causes import MEASURES, SURVEY_RETURNS
from pipeline.tables.decision import SCHOOL_SUMMARY
from pipeline.tables.programmes import PROGRAMME_FILES, PROGRAMMES
from pipeline.tables.support import MEASURE_PROOFS, REPORTED_FACTS, SUPPORT_FILES, SYSTEM

DAY = re.compile(r"\d{4}-\d\d-\d\d")


@dataclass(frozen=True)
class Proof:
    """One event that the system knows of.

    Args:
        source: what it is known from, as a path inside the region's folder.
        day: when it was.
        evidence: the same for people, Russian.
        school_id: the school; None where a municipality did it.
        municipality_id: the municipality; None: the school's.
    """

    source: str
    day: date
    evidence: str
    school_id: str | None = None
    municipality_id: str | None = None


def known_proofs(root: Path, measures: pd.DataFrame) -> pd.DataFrame:
    """One row per measure of the region's roadmap that the system can prove (`MEASURE_PROOFS`).

    A region with a roadmap of its own and no `reference/measure_proofs.csv` takes over only the proofs of measures
    that are those of the default roadmap, number and title: its measure 2 need not be the signed list.

    Args:
        root: the region's folder (DIR).
        measures: the measures of the plan in force (`MEASURES`).
    """
    proofs = reference_table(root, MEASURE_PROOFS)
    if (root / "reference" / f"{MEASURE_PROOFS.name}.csv").is_file():
        return proofs
    default = read_reference(RESOURCES / "reference" / f"{MEASURES.name}.csv", MEASURES)
    same = {_measure_key(row) for row in records(default)} & {_measure_key(row) for row in records(measures)}
    numbers = {(plan_year, number) for plan_year, number, _ in same}
    is_same = [(row["plan_year"], row["measure_number"]) in numbers for row in records(proofs)]
    return proofs[pd.Series(is_same, proofs.index, dtype="bool")]


def proven_facts(run: Run, measures: pd.DataFrame, proofs: pd.DataFrame) -> pd.DataFrame:
    """One row per event of the plan year that the system itself knows of (`REPORTED_FACTS`).

    Args:
        run: of the flow "support"; the stages before have read the forms and the programmes.
        measures: the measures of the plan in force (`MEASURES`).
        proofs: `MEASURE_PROOFS`.
    """
    kinds = {(row["plan_year"], row["measure_number"]): row["proof_code"] for row in records(proofs)}
    rows = []
    for measure in records(measures):
        code = kinds.get((measure["plan_year"], measure["number"]))
        if code is not None:
            found = PROOFS[code](run, term_of(measure, run.year))
            rows += list(_rows(found, int(measure["number"]), run.year))
    return REPORTED_FACTS.conform(pd.DataFrame(rows, columns=list(REPORTED_FACTS.column_names)))


def _monitoring(run: Run, term: Term) -> list[Proof]:
    """The schools whose results the published monitoring of the year has."""
    published = find_published(run.root, "monitoring", run.year)
    if published is None:
        return []
    summary = published.read(SCHOOL_SUMMARY)
    day = _newest_day((told["load_date"] for told in published.manifest["inputs"].values()), term)
    source = f"published/monitoring/{run.year}"
    evidence = f"опубликованный мониторинг {run.year} года, расчёт {published.manifest['run_id']}"
    schools = sorted(summary.loc[summary["is_received"].astype(bool), "school_id"])
    return [Proof(source, day, evidence, school) for school in schools]


def _signed_list(run: Run, term: Term) -> list[Proof]:
    """The schools on the signed list of the year, each from the day of its order."""
    archive = load_archive(run.root)
    if not archive.has_signed(run.year):
        return []
    return [
        Proof(
            f"decisions/orders: {row['order_id']}",
            pd.Timestamp(row["since_date"]).date(),
            "приказ " + f"№ {row['number']} " * bool(row["number"]) + f"от {row['since_date']:%d.%m.%Y}",
            row["school_id"],
        )
        for row in records(in_force(archive.listed(run.year)))
    ]


def _register_of_causes(run: Run, term: Term) -> list[Proof]:
    """The schools from which answers came in the survey behind the published register of causes."""
    published = find_published(run.root, "causes", run.year)
    if published is None:
        return []
    returns = published.read(SURVEY_RETURNS)
    day = _newest_day((told["load_date"] for told in published.manifest["inputs"].values()), term)
    source = f"published/causes/{run.year}"
    evidence = f"анкеты школы в реестре причин {run.year} года, расчёт {published.manifest['run_id']}"
    schools = sorted(returns.loc[returns["respondent_count"] > 0, "school_id"].unique())
    return [Proof(source, day, evidence, school) for school in schools]


def _programmes(run: Run, term: Term) -> list[Proof]:
    """The schools whose programme for the list of the year has come."""
    store = Store(run)
    programmes, files = store.read(PROGRAMMES), store.read(PROGRAMME_FILES)
    own = programmes[programmes["has_programme"].astype(bool) & (programmes["list_year"] == run.year)]
    counted = files[files["state_code"] == "counted"]
    loads = {str(school): list(rows["load_date"]) for school, rows in counted.groupby("school_id")}
    return [
        Proof(
            f"raw/{run.year}/programmes",
            _newest_day(loads.get(school, []), term),
            f"программа школы, перечень {run.year} года",
            school,
        )
        for school in sorted(own["school_id"])
    ]


def _returned_forms(run: Run, term: Term) -> list[Proof]:
    """The municipalities whose forms of the monitoring of support have come: one event for each period."""
    files = Store(run).read(SUPPORT_FILES)
    own = files[(files["provider_code"] == "municipality") & files["state_code"].isin(["counted", "empty"])]
    return [
        Proof(
            str(row["file_id"]),
            _day(row["load_date"]) or min(period_end(run.year, row["period"]), date.fromisoformat(str(run.as_of))),
            "форма мониторинга возвращена",
            municipality_id=row["municipality_id"],
        )
        for row in records(own[own["municipality_id"].notna()])
    ]


def _measure_key(measure: Mapping[str, Any]) -> tuple[int, int, str]:
    """What makes a measure the same as another: the plan, its number, its title however it is spaced."""
    return int(measure["plan_year"]), int(measure["number"]), plain(measure["title_ru"])


PROOFS: Mapping[str, Callable[[Run, Term], list[Proof]]] = {
    "monitoring": _monitoring,
    "signed_list": _signed_list,
    "register_of_causes": _register_of_causes,
    "programmes": _programmes,
    "returned_forms": _returned_forms,
}


def _rows(proofs: Iterable[Proof], number: int, plan_year: int) -> Iterable[dict[str, Any]]:
    """The proofs of one measure as rows of `REPORTED_FACTS`; another calendar year is none of it."""
    known = [proof for proof in proofs if proof.day.year == plan_year]
    for row_number, proof in enumerate(known, start=1):
        yield {
            "file_id": proof.source,
            "sheet_name": SYSTEM,
            "row_number": row_number,
            "block_name": str(number),
            "plan_year": plan_year,
            "list_year": served_year(proof.day),
            "measure_number": number,
            "provider_code": SYSTEM,
            "municipality_id": proof.municipality_id,
            "school_id": proof.school_id,
            "fact_date": proof.day,
            "quantity": 1.0,
            "evidence_text": proof.evidence,
            "is_counted": True,
        }


def find_published(root: Path, flow: str, year: int) -> Published | None:
    """What a flow has published for a year; None where it has not been published."""
    return Published(root, flow, year) if (root / "published" / flow / str(year) / MANIFEST).is_file() else None


def _newest_day(loads: Iterable[str], term: Term) -> date:
    """The day of the newest delivery; the first day of the term where none is dated, or it came before its time."""
    days = [day for load in loads if (day := _day(load)) is not None]
    return max([term.slots[0][0], *days])


def _day(load_date: str) -> date | None:
    """A delivery's day from the name of its folder; None where the folder is not named by a day («2026-13-41»)."""
    try:
        return date.fromisoformat(load_date) if DAY.fullmatch(load_date or "") else None
    except ValueError:
        return None
