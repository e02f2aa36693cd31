"""The stages from checked results to summaries and the list: read tables, call the core, write tables."""

from pipeline import deciding, dependence, indicators, methodology, selection, summary
from pipeline import stability as stability_model
from pipeline.expected import model_parameters, pool_cells
from pipeline.methodology import Methodology
from pipeline.run import Run
from pipeline.russian import number, plural
from pipeline.store import Store
from pipeline.tables import comparison, decision, model, reference
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
    case = _case(run)
    fit = deciding.fit(case, method)
    cells = pool_cells(case.results, method.pool)
    evidence = indicators.Evidence(cells, run.year, fit, method.familiar, method.stability)
    store.write(decision.STABILITY, fit.table)
    store.write(model.MODEL_PARAMETERS, model_parameters(fit))
    store.write(model.REGIONAL_RATES, fit.rates)
    store.write(model.STABILITY_YEARS, fit.years)
    store.write(decision.SCHOOL_INDICATORS, indicators.school_indicators(evidence))
    warnings = "".join(f" {stability_model.WARNINGS[code]}" for code in fit.warnings)
    return (
        f"{plural(len(fit.table), 'школа', 'школы', 'школ')}, убывание {number(fit.decay)}, "
        f"разброс φ = {number(fit.dispersion.base)} + {number(fit.dispersion.growth, 3)} · E, "
        f"k = {number(fit.prior, 1)}.{warnings}"
    )


def select(run: Run) -> str:
    """Choose the schools, every step with a reason code, and write the appendix of the order."""
    store, method = Store(run), _method(run)
    chosen = deciding.choose(_case(run), method, store.read(decision.STABILITY))
    appendix = selection.order_appendix(chosen, store.read(reference.MUNICIPALITIES), run.year)
    store.write(decision.SELECTION, chosen)
    store.write(decision.ORDER_APPENDIX, appendix)
    return " ".join(selection.remarks(chosen, method.selection))


def sensitivity(run: Run) -> str:
    """Make the list once more under other weights, thresholds and pools, and say what it depends on."""
    store = Store(run)
    found = dependence.dependence(
        _case(run), _method(run), store.read(decision.STABILITY), store.read(decision.SELECTION)
    )
    store.write(comparison.LIST_DEPENDENCE, found.variants)
    store.write(comparison.SCHOOL_DEPENDENCE, found.schools)
    counts = found.variants["outcome_code"].value_counts()
    return (
        f"перечень составлен ещё {plural(int(counts.get('decided', 0)), 'раз', 'раза', 'раз')}, "
        f"школ, включённых хотя бы однажды: {len(found.schools)}"
    )


def _case(run: Run) -> deciding.Case:
    store = Store(run)
    return deciding.make_case(run.year, *(store.read(table) for table in deciding.CASE_TABLES))


def _method(run: Run) -> Methodology:
    return methodology.load(run.edition, run.root).with_capacity(run.capacity)
