"""The whole decision of one September: the model, then the choice of schools, on one set of facts.

The stages, the comparison of editions and the explanation all decide through here, so that a list under another
edition, or with other results, is made exactly as the list itself.
"""

from dataclasses import dataclass

import pandas as pd

from pipeline import indicators, objectivity, selection, stability
from pipeline.expected import StabilityFit, pool_cells, vpr_only_schools
from pipeline.lineage import successors
from pipeline.methodology import Methodology
from pipeline.register import left_out_schools
from pipeline.tables import orders, reference
from pipeline.tables.objectivity import OBJECTIVITY
from pipeline.tables.results import RESULTS

# What a decision is made from, in the order of `make_case`.
CASE_TABLES = (
    RESULTS,
    reference.SCHOOLS,
    reference.SCHOOL_LINEAGE,
    orders.PAST_LIST,
    orders.LIST_BEFORE,
    orders.COMMISSION_DECISIONS,
    OBJECTIVITY,
)


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
        doubtful_vpr: `school_id` and `year` of ВПР that are no good evidence, successors in place of merged schools;
            None: objectivity was not judged.
    """

    year: int
    results: pd.DataFrame
    schools: pd.DataFrame
    list_in_force: pd.DataFrame | None
    list_before: pd.DataFrame | None
    decisions: pd.DataFrame
    doubtful_vpr: pd.DataFrame | None = None

    def doubtful_cells(self, method: Methodology) -> pd.DataFrame | None:
        """The cells of doubtful ВПР that speak for their schools under an edition (`objectivity.set_aside`)."""
        if self.doubtful_vpr is None or self.doubtful_vpr.empty:
            return None
        cells = pool_cells(self.results, method.pool)
        return objectivity.set_aside(self.doubtful_vpr, cells, method.stability.min_cell_schools, method.objectivity)

    def set_aside(self, method: Methodology, fitted: pd.DataFrame) -> pd.DataFrame | None:
        """The doubtful cells of the schools that the model (`STABILITY`) judged without them."""
        doubtful = self.doubtful_cells(method)
        judged_without = fitted.loc[fitted["is_vpr_set_aside"].astype(bool), "school_id"]
        return None if doubtful is None else doubtful[doubtful["school_id"].isin(judged_without)]


def make_case(
    year: int,
    results: pd.DataFrame,
    schools: pd.DataFrame,
    lineage: pd.DataFrame,
    past_list: pd.DataFrame,
    list_before: pd.DataFrame,
    decisions: pd.DataFrame,
    objectivity_table: pd.DataFrame | None = None,
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
        objectivity_table: `OBJECTIVITY`; a doubt about a merged school goes with its results to the successor.
    """
    final = successors(lineage, year)
    in_force, before = (None if listed.empty else _carried(listed, final) for listed in (past_list, list_before))
    doubtful = None if objectivity_table is None else objectivity.carried_doubt(objectivity_table, final)
    return Case(year, results, schools, in_force, before, decisions[decisions["year"] == year], doubtful)


@dataclass(frozen=True)
class Evidence:
    """What the pool of an edition makes of the facts; editions with the same pool may share it.

    Args:
        cells: result cells that may choose schools.
        left_out: schools that count in the region's rates only.
        doubtful: cells of doubtful ВПР that speak for their schools; None: there are none.
    """

    cells: pd.DataFrame
    left_out: frozenset[str]
    doubtful: pd.DataFrame | None


def evidence(case: Case, method: Methodology) -> Evidence:
    """What the model of an edition is fitted to."""
    left_out = left_out_schools(case.schools, case.year, method.pool)
    return Evidence(pool_cells(case.results, method.pool), left_out, case.doubtful_cells(method))


def fit(case: Case, method: Methodology, known: Evidence | None = None) -> StabilityFit:
    """The model of stably low results under an edition; `known` is its evidence where it has been gathered before."""
    seen = evidence(case, method) if known is None else known
    return stability.fit(seen.cells, case.year, method.stability, method.selection, seen.left_out, seen.doubtful)


def choose(case: Case, method: Methodology, fitted: pd.DataFrame, *, is_explained: bool = True) -> pd.DataFrame:
    """One row per school with its status and why (`SELECTION`), under an edition.

    Args:
        case: the facts.
        method: the edition.
        fitted: one row per school of the model (`STABILITY`).
        is_explained: False leaves out the familiar rule, what rests on ВПР alone and whose ВПР are set aside: they
            word the reasons, change no status, and take half of the time of a decision.
    """
    rule, vpr_only, aside = pd.DataFrame({"school_id": [], "is_rule_low": []}), frozenset[str](), None
    if is_explained:
        aside = case.set_aside(method, fitted)
        cells = pool_cells(case.results, method.pool)
        rule = indicators.familiar_rule(cells, case.year, method.familiar)
        vpr_only = vpr_only_schools(cells, fitted, method.stability, aside)
    return selection.select(
        fitted,
        case.schools,
        rule,
        case.year,
        method.selection,
        method.pool,
        list_in_force=case.list_in_force,
        list_before=case.list_before,
        decisions=case.decisions,
        vpr_only=vpr_only,
        set_aside=frozenset() if aside is None else frozenset(aside["school_id"]),
    )


def _carried(listed: pd.DataFrame, final: dict[str, str]) -> pd.DataFrame:
    """An earlier list with successors in place of merged and renamed schools."""
    ids = listed["school_id"].map(lambda school_id: final.get(school_id, school_id))
    return listed.assign(school_id=ids).drop_duplicates("school_id")
