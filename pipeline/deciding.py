"""The whole decision of one September: the model, then the choice of schools, on one set of facts.

The stages, the comparison of editions and the explanation all decide through here, so that a list under another
edition, or with other results, is made exactly as the list itself.
"""

from dataclasses import dataclass

import pandas as pd

from pipeline import indicators, selection, stability
from pipeline.expected import StabilityFit, pool_cells, vpr_only_schools
from pipeline.lineage import successors
from pipeline.methodology import Methodology
from pipeline.register import left_out_schools


@dataclass(frozen=True)
class Case:
    """What one decision is made from.

    Args:
        year: year of decision.
        results: checked results of all years (`RESULTS`).
        schools: the register (`SCHOOLS`).
        list_in_force: schools of the list made a year ago, successors in place of merged schools; None: no list.
        list_before: the same of the list made two years ago.
        decisions: what the commission decided for the year (`COMMISSION_DECISIONS`).
    """

    year: int
    results: pd.DataFrame
    schools: pd.DataFrame
    list_in_force: pd.DataFrame | None
    list_before: pd.DataFrame | None
    decisions: pd.DataFrame


def make_case(
    year: int,
    results: pd.DataFrame,
    schools: pd.DataFrame,
    lineage: pd.DataFrame,
    past_list: pd.DataFrame,
    list_before: pd.DataFrame,
    decisions: pd.DataFrame,
) -> Case:
    """The facts of a decision as the stored tables give them; an empty list means that there was none.

    Args:
        year: year of decision.
        results: `RESULTS`.
        schools: `SCHOOLS`.
        lineage: `SCHOOL_LINEAGE`: a listed school that has merged hands its place to its successor.
        past_list: `PAST_LIST`.
        list_before: `LIST_BEFORE`.
        decisions: `COMMISSION_DECISIONS` of all years.
    """
    final = successors(lineage, year)
    in_force, before = (None if listed.empty else _carried(listed, final) for listed in (past_list, list_before))
    return Case(year, results, schools, in_force, before, decisions[decisions["year"] == year])


def fit(case: Case, method: Methodology) -> StabilityFit:
    """The model of stably low results under an edition."""
    left_out = left_out_schools(case.schools, case.year, method.pool)
    cells = pool_cells(case.results, method.pool)
    return stability.fit(cells, case.year, method.stability, method.selection, left_out)


def choose(case: Case, method: Methodology, fitted: pd.DataFrame) -> pd.DataFrame:
    """One row per school with its status and why (`SELECTION`), under an edition.

    Args:
        case: the facts.
        method: the edition.
        fitted: one row per school of the model (`STABILITY`).
    """
    cells = pool_cells(case.results, method.pool)
    return selection.select(
        fitted,
        case.schools,
        indicators.familiar_rule(cells, case.year, method.familiar),
        case.year,
        method.selection,
        method.pool,
        list_in_force=case.list_in_force,
        list_before=case.list_before,
        decisions=case.decisions,
        vpr_only=vpr_only_schools(cells, fitted, method.stability.min_cell_schools),
    )


def _carried(listed: pd.DataFrame, final: dict[str, str]) -> pd.DataFrame:
    """An earlier list with successors in place of merged and renamed schools."""
    ids = listed["school_id"].map(lambda school_id: final.get(school_id, school_id))
    return listed.assign(school_id=ids).drop_duplicates("school_id")
