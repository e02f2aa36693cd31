"""The stages from checked results to summaries and the list: read tables, call the core, write tables."""

import pandas as pd

from pipeline import indicators, methodology, selection, summary
from pipeline import stability as model
from pipeline.expected import StabilityFit, pool_cells, vpr_only_schools
from pipeline.lineage import successors
from pipeline.methodology import Methodology
from pipeline.register import left_out_schools
from pipeline.run import Run
from pipeline.russian import plural
from pipeline.store import Store
from pipeline.tables import decision, orders, reference
from pipeline.tables.results import RESULTS


def summarise(run: Run) -> str:
    """Sum the year up by school and by municipality; who has not sent anything is named."""
    store, method = Store(run), _method(run)
    municipalities = store.read(reference.MUNICIPALITIES)
    by_school = summary.school_summary(
        store.read(RESULTS),
        store.read(reference.SCHOOLS),
        municipalities,
        run.year,
        method.sample,
        method.stability.min_cell_schools,
    )
    by_municipality = summary.municipality_summary(by_school, municipalities, run.year)
    store.write(decision.SCHOOL_SUMMARY, by_school)
    store.write(decision.MUNICIPALITY_SUMMARY, by_municipality)
    received = int(by_school["is_received"].sum())
    return f"получено {received} из {plural(len(by_school), 'школы', 'школ', 'школ')}"


def stability(run: Run) -> str:
    """Fit the model of stably low results and compute every indicator."""
    store, method = Store(run), _method(run)
    cells = pool_cells(store.read(RESULTS), method.pool)
    fit = _fit(cells, store.read(reference.SCHOOLS), run.year, method)
    evidence = indicators.Evidence(cells, run.year, fit, method.familiar, method.stability)
    store.write(decision.STABILITY, fit.table)
    store.write(decision.SCHOOL_INDICATORS, indicators.school_indicators(evidence))
    warnings = "".join(f" {model.WARNINGS[code]}" for code in fit.warnings)
    return (
        f"{plural(len(fit.table), 'школа', 'школы', 'школ')}, убывание {fit.decay:g}, "
        f"разброс φ = {fit.dispersion:.2f}, k = {fit.prior:.1f}.{warnings}"
    )


def select(run: Run) -> str:
    """Choose the schools, every step with a reason code, and write the appendix of the order."""
    store, method = Store(run), _method(run)
    cells = pool_cells(store.read(RESULTS), method.pool)
    final = successors(store.read(reference.SCHOOL_LINEAGE), run.year)
    in_force, before = (_carried(store.read(table), final) for table in (orders.PAST_LIST, orders.LIST_BEFORE))
    decisions = store.read(orders.COMMISSION_DECISIONS)
    fitted = store.read(decision.STABILITY)
    chosen = selection.select(
        fitted,
        store.read(reference.SCHOOLS),
        indicators.familiar_rule(cells, run.year, method.familiar),
        run.year,
        method.selection,
        method.pool,
        list_in_force=None if in_force.empty else in_force,
        list_before=None if before.empty else before,
        decisions=decisions[decisions["year"] == run.year],
        vpr_only=vpr_only_schools(cells, fitted, method.stability.min_cell_schools),
    )
    appendix = selection.order_appendix(chosen, store.read(reference.MUNICIPALITIES), run.year)
    store.write(decision.SELECTION, chosen)
    store.write(decision.ORDER_APPENDIX, appendix)
    return " ".join(selection.remarks(chosen, method.selection))


def _method(run: Run) -> Methodology:
    return methodology.load(run.edition, run.root).with_capacity(run.capacity)


def _fit(cells: pd.DataFrame, schools: pd.DataFrame, year: int, method: Methodology) -> StabilityFit:
    left_out = left_out_schools(schools, year, method.pool)
    return model.fit(cells, year, method.stability, method.selection, left_out)


def _carried(listed: pd.DataFrame, final: dict[str, str]) -> pd.DataFrame:
    """An earlier list with successors in place of merged and renamed schools."""
    ids = listed["school_id"].map(lambda school_id: final.get(school_id, school_id))
    return listed.assign(school_id=ids).drop_duplicates("school_id")
