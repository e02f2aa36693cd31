"""Why a school is or is not on the list: every fact with its source, and what would change the decision.

`explanation` is pure: a frame of facts (`EXPLANATION`) from the facts of the decision; the letter is rendered from
that frame alone (`pipeline.outputs.explanation`). `explain_published` reads what was published and asks it.
"""

import shlex
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from pipeline import deciding, methodology, region
from pipeline.deciding import Case
from pipeline.errors import StoreError, UnknownSchoolError
from pipeline.expected import StabilityFit
from pipeline.explain.change import Outcome
from pipeline.explain.change_words import change_facts
from pipeline.explain.evidence import evidence_facts
from pipeline.explain.facts import Fact, explanation_table, stated
from pipeline.explain.lists import Lists
from pipeline.explain.reckoning import certainty_facts, reckoning_facts
from pipeline.explain.search import find_school
from pipeline.explain.verdict import decision_facts
from pipeline.lineage import successors
from pipeline.methodology import Methodology
from pipeline.schema import records
from pipeline.store import Published
from pipeline.tables import decision, orders, reference, sources

# Sections of an edition that `deciding` looks at; the others check the data or word the reports.
DECIDING_SECTIONS = ("pool", "familiar", "stability", "selection", "objectivity")
CHECKSUM_SIGNS = 8  # enough to tell files apart, short enough to read aloud


def explanation(
    case: Case,
    method: Methodology,
    fit: StabilityFit,
    selection: pd.DataFrame,
    school_id: str,
    *,
    lists: Lists,
    municipalities: pd.DataFrame,
    source_files: pd.DataFrame,
    notices: tuple[str, ...] = (),
) -> pd.DataFrame:
    """One row per fact about a school's decision, in the order of the letter (`EXPLANATION`).

    Args:
        case: the facts of the list.
        method: the edition with the places of the list.
        fit: the model of the list (`deciding.fit` of the two).
        selection: the list (`deciding.choose`).
        school_id: a school of `selection`.
        lists: earlier and federal lists, reorganisations.
        municipalities: names with years of validity (`MUNICIPALITIES`).
        source_files: the received files (`SOURCE_FILES`).
        notices: what has to be read first.
    """
    row = records(selection[selection["school_id"] == school_id])[0]
    evidence = evidence_facts(case, method, fit, school_id)
    facts = [
        *(stated("decision", "notice", "Важно", text) for text in notices),
        *decision_facts(case, method, selection, municipalities, lists, row),
        *evidence,
        *reckoning_facts(method.stability, fit, school_id),
        *certainty_facts(case, method, fit, school_id, is_vpr_only=bool(row["is_vpr_only"])),
        *change_facts(case, method, fit, Outcome(row), school_id),
        *_file_facts(evidence, source_files),
    ]
    return explanation_table(facts, school_id, case.year)


def explain_published(root: Path, year: int, asked: str) -> pd.DataFrame:
    """The explanation of a school as the list of the year was published (`EXPLANATION`).

    Args:
        root: the region's folder.
        year: year of decision.
        asked: code of the school or words of its name.

    Raises:
        UnknownSchoolError: no school fits, or several do.
        StoreError: nothing is published, or the published list can no longer be repeated.
    """
    published = Published(root, "identification", year)
    schools, municipalities = published.read(reference.SCHOOLS), published.read(reference.MUNICIPALITIES)
    selection = published.read(decision.SELECTION)
    again = f"shnro explain КОД --data {shlex.quote(str(root))} --year {year}"
    named = find_school(asked, year, schools, published.read(reference.SCHOOL_CODES), municipalities, again)
    final = successors(published.read(reference.SCHOOL_LINEAGE), year).get(named, named)
    if final not in set(selection["school_id"]):
        name = schools.loc[schools["school_id"] == final, "school_name"].iloc[0]
        raise UnknownSchoolError(
            f"Школа {final} «{name}» в {year} году не действует и в действующем перечне не состоит: решения о ней нет",
            (),
            "проверьте год решения и годы действия школы в reference/schools.csv",
        )
    method = published_method(root, published.manifest)
    case = deciding.make_case(year, *(published.read(table) for table in deciding.CASE_TABLES))
    fit = deciding.fit(case, method)
    _require_same(selection, deciding.choose(case, method, fit.table), root, year)
    return explanation(
        case,
        method,
        fit,
        selection,
        final,
        lists=_lists(root, published, schools),
        municipalities=municipalities,
        source_files=published.read(sources.SOURCE_FILES),
        notices=tuple(_notices(published.manifest, named, final)),
    )


def _lists(root: Path, published: Published, schools: pd.DataFrame) -> Lists:
    """The published lists, and the reorganisations as they are known today."""
    # A publication of an older version of the program has no federal lists.
    federal = published.read(orders.FEDERAL_LIST) if published.has(orders.FEDERAL_LIST) else orders.FEDERAL_LIST.empty()
    lineage = region.reference_table(root, reference.SCHOOL_LINEAGE)
    return Lists(published.read(orders.PAST_LIST), published.read(orders.LIST_BEFORE), federal, lineage, schools)


def _notices(manifest: Mapping[str, Any], named: str, final: str) -> Iterator[str]:
    """What has to be read first: made-up data, another school than the one that was asked about."""
    if manifest["is_demo"]:
        yield region.DEMO_NOTICE
    if named != final:
        yield f"Школы {named} больше нет: её результаты и место в перечне перешли к преемнику {final}."


def published_method(root: Path, manifest: Mapping[str, Any]) -> Methodology:
    """The edition of the published list with its places, as long as no deciding number has changed since.

    Raises:
        StoreError: the edition now says other numbers: what would change the decision could not be told.
    """
    method = methodology.load(manifest["edition"], root).with_capacity(manifest["capacity"])
    published = dict(manifest["parameters"])
    current = {f"{p.section}.{p.name}": p.value for p in method.parameters}
    # The places of the run win over the edition's own: they are compared by `with_capacity`.
    differing = sorted(
        name
        for name in published.keys() | current.keys()
        if name.split(".")[0] in DECIDING_SECTIONS
        and name != "selection.capacity"
        and published.get(name) != current.get(name)
    )
    if differing:
        raise StoreError(
            f"Редакция методики {manifest['edition']} изменилась после публикации перечня: {', '.join(differing)}",
            where=f"published/identification/{manifest['year']}/manifest.json",
            remedy="объяснить можно только перечень по действующим числам: верните прежнюю редакцию или повторите "
            f"расчёт: shnro identify --data {root} --year {manifest['year']}",
        )
    return method


def _require_same(published: pd.DataFrame, repeated: pd.DataFrame, root: Path, year: int) -> None:
    """The published list is what the program makes of the published facts; otherwise nothing can be explained.

    Raises:
        StoreError: a status, a reason or a probability differs.
    """
    pairs = published.merge(repeated, on="school_id", how="outer", suffixes=("", "_again"))
    is_same = (pairs["status_code"] == pairs["status_code_again"]) & (
        pairs["reason_codes"] == pairs["reason_codes_again"]
    )
    first, second = (pairs[name].to_numpy(dtype="float64") for name in ("probability", "probability_again"))
    is_same &= np.isclose(first, second, rtol=0, atol=1e-6, equal_nan=True)
    if not is_same.all():
        raise StoreError(
            f"Опубликованный перечень составлен другой версией программы: решение или вероятность отличаются у школ: "
            f"{int((~is_same).sum())}",
            where=f"published/identification/{year}",
            remedy=f"повторите расчёт: shnro identify --data {root} --year {year}",
        )


def _file_facts(evidence: list[Fact], source_files: pd.DataFrame) -> Iterator[Fact]:
    """The received files from which the shown cells come, with the first signs of their checksums."""
    named = {
        piece.split(", лист «")[0].split(", строк")[0]
        for fact in evidence
        if fact.fact_code == "cell_tested"
        for piece in fact.source_text.split("; ")
    }
    for file in records(source_files[source_files["file_id"].isin(named)].sort_values("file_id")):
        checksum = f"{file['sha256'][:CHECKSUM_SIGNS]}"
        yield stated("sources", "file", "Файл (начало контрольной суммы)", checksum, file["file_id"], file["file_id"])
