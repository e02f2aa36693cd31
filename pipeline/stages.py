"""The stages and, per flow, a tuple of them: the table of contents of the project.

A stage reads tables from the store, calls the core and writes tables to the store; no decision is made here. Both
edges, the command line and Prefect, run the same tuples: `start`, every stage in order, `finish`.
"""

from collections.abc import Mapping
from pathlib import Path

import pipeline
from pipeline import (
    deciding,
    documents,
    methodology,
    reading_log,
    region,
    stage_causes,
    stage_context,
    stage_decision,
    stage_intake,
    stage_objectivity,
    stage_orders,
    stage_reconciliation,
    stage_site,
)
from pipeline.run import Run, published_name
from pipeline.schema import Table
from pipeline.stage import Stage
from pipeline.store import Store, begun, new_run_id, publish, tree_hash
from pipeline.support_request import period_end
from pipeline.support_stages import SUPPORT_FLOW, SUPPORT_PUBLISHED, taken_over
from pipeline.tables import (
    causes,
    comparison,
    context,
    decision,
    evidence,
    model,
    objectivity,
    orders,
    quality,
    reference,
    sources,
)
from pipeline.tables.results import RESULTS

REGISTER = Stage(
    "register",
    "Справочники региона",
    reads=(),
    writes=(*reference.TABLES, *orders.TABLES, *context.REFERENCES),
    run=stage_intake.register,
)
READ_FEDERAL = Stage(
    "read_federal",
    "Чтение федеральных списков",
    reads=region.REGISTER_TABLES,
    writes=(orders.FEDERAL_LIST, sources.REJECTS),
    run=stage_reconciliation.read_federal,
)
READ = Stage(
    "read",
    "Чтение полученных файлов",
    reads=(reference.SUBJECTS,),
    writes=(
        sources.SOURCE_FILES,
        sources.ATTEMPTS,
        sources.REPORTED_CELLS,
        sources.REPORTED_TOTALS,
        sources.REPORTED_DISTRIBUTIONS,
        sources.REPORTED_JOURNAL,
        context.CONTEXT_FACTS,
        sources.REJECTS,
    ),
    run=stage_intake.read,
)
RECOGNISE = Stage(
    "recognise",
    "Распознавание школ",
    reads=(
        reference.MUNICIPALITIES,
        reference.SCHOOLS,
        reference.SCHOOL_CODES,
        reference.SCHOOL_LINEAGE,
        reference.SCHOOL_MATCHES,
        sources.ATTEMPTS,
        sources.REPORTED_CELLS,
        sources.REPORTED_DISTRIBUTIONS,
        sources.REPORTED_JOURNAL,
        context.CONTEXT_FACTS,
    ),
    writes=(quality.SCHOOL_REFERENCES, quality.MATCH_PROPOSALS, sources.REJECTS),
    run=stage_intake.recognise,
)
COMPUTE_RESULTS = Stage(
    "results",
    "Результаты школ",
    reads=(
        sources.SOURCE_FILES,
        sources.ATTEMPTS,
        sources.REPORTED_CELLS,
        sources.REPORTED_DISTRIBUTIONS,
        sources.REPORTED_JOURNAL,
        quality.SCHOOL_REFERENCES,
        reference.SCORE_SCALES,
        reference.MINIMUM_SCORES,
        reference.SCHOOLS,
        reference.SCHOOL_LINEAGE,
    ),
    writes=(RESULTS, *evidence.TABLES, quality.RECEIVED_CELLS, sources.REJECTS),
    run=stage_intake.compute_results,
)
CONDITIONS = Stage(
    "conditions",
    "Сведения об условиях работы школ",
    reads=(
        context.CONTEXT_FACTS,
        context.CONTEXT_INDICATORS,
        quality.SCHOOL_REFERENCES,
        sources.SOURCE_FILES,
        reference.SCHOOLS,
    ),
    writes=(context.SCHOOL_CONTEXT, sources.REJECTS),
    run=stage_context.conditions,
)
CHECK = Stage(
    "check",
    "Проверка данных",
    reads=(
        RESULTS,
        quality.RECEIVED_CELLS,
        reference.SCHOOLS,
        reference.MUNICIPALITIES,
        sources.REPORTED_TOTALS,
        sources.REPORTED_CELLS,
        sources.SOURCE_FILES,
        sources.REJECTS,
        context.SCHOOL_CONTEXT,
        context.CONTEXT_INDICATORS,
    ),
    writes=(quality.CHECKS,),
    run=stage_intake.check,
)
JUDGE_OBJECTIVITY = Stage(
    "objectivity",
    "Объективность результатов",
    reads=stage_objectivity.EVIDENCE_TABLES,
    writes=objectivity.TABLES,
    run=stage_objectivity.judge_objectivity,
)
SUMMARISE = Stage(
    "summarise",
    "Сводки по школам и муниципалитетам",
    reads=(RESULTS, reference.SCHOOLS, reference.MUNICIPALITIES),
    writes=(decision.SCHOOL_SUMMARY, decision.MUNICIPALITY_SUMMARY),
    run=stage_decision.summarise,
)
STABILITY = Stage(
    "stability",
    "Модель устойчивости и показатели школ",
    reads=deciding.CASE_TABLES,
    writes=(decision.STABILITY, decision.SCHOOL_INDICATORS, *model.TABLES),
    run=stage_decision.stability,
)
SELECT = Stage(
    "select",
    "Отбор школ",
    reads=(*deciding.CASE_TABLES, decision.STABILITY, reference.MUNICIPALITIES),
    writes=(decision.SELECTION, decision.ORDER_APPENDIX),
    run=stage_decision.select,
)
RECONCILE = Stage(
    "reconcile",
    "Сверка с федеральными списками",
    reads=(
        *region.REGISTER_TABLES,
        orders.FEDERAL_LIST,
        decision.SELECTION,
        objectivity.OBJECTIVITY,
        quality.MATCH_PROPOSALS,
    ),
    writes=(orders.LIST_RECONCILIATION, quality.MATCH_PROPOSALS),
    run=stage_reconciliation.reconcile,
)
SENSITIVITY = Stage(
    "sensitivity",
    "От чего зависит перечень",
    reads=(*deciding.CASE_TABLES, decision.STABILITY, decision.SELECTION),
    writes=(comparison.LIST_DEPENDENCE, comparison.SCHOOL_DEPENDENCE),
    run=stage_decision.sensitivity,
)

CONTEXT = Stage(
    "context",
    "Результаты с учётом условий",
    reads=(
        context.SCHOOL_CONTEXT,
        *context.REFERENCES,
        decision.STABILITY,
        decision.SELECTION,
        reference.SCHOOLS,
    ),
    writes=(context.CONTEXT, context.CONTEXT_MODEL),
    run=stage_context.assess,
)

TAKE_OVER = Stage(
    "take_over",
    "Перечень и данные о его школах",
    reads=(),
    writes=(*stage_causes.TAKEN_OVER, causes.SURVEYED_SCHOOLS, *stage_causes.VOCABULARIES, causes.CAUSE_VERIFICATIONS),
    run=stage_causes.take_over,
)
READ_SURVEY = Stage(
    "read_survey",
    "Чтение анкет",
    reads=(*stage_causes.REGISTER_TABLES, causes.SURVEYED_SCHOOLS),
    writes=(causes.SURVEY_ANSWERS, causes.SURVEY_FILES, sources.SOURCE_FILES, sources.REJECTS),
    run=stage_causes.read_survey,
)
SCORE = Stage(
    "score",
    "Оценка направлений рисков",
    reads=(causes.SURVEY_ANSWERS, causes.SURVEY_FILES, causes.SURVEY_ITEMS, causes.SURVEYED_SCHOOLS),
    writes=(causes.CAUSE_SCORES, causes.SURVEY_RETURNS),
    run=stage_causes.score,
)
REGISTER_CAUSES = Stage(
    "register_causes",
    "Реестр причин",
    reads=(
        *stage_causes.TAKEN_OVER,
        causes.SURVEYED_SCHOOLS,
        causes.CAUSES,
        causes.MEASURES,
        causes.CAUSE_VERIFICATIONS,
        causes.CAUSE_SCORES,
        causes.SURVEY_RETURNS,
        causes.SURVEY_FILES,
    ),
    writes=(causes.REGISTER_OF_CAUSES, causes.CAUSE_SUMMARY, causes.REGISTER_REMARKS),
    run=stage_causes.register_causes,
)

TAKE_ORDERS = Stage(
    "orders",
    "Приказы, перечни и возражения",
    reads=(),
    writes=(
        orders.ORDERS,
        orders.ORDER_SCHOOLS,
        orders.LISTED_SCHOOLS,
        orders.LIST_DIFFERENCES,
        orders.OBJECTIONS,
        orders.OBJECTION_HISTORY,
        orders.COMMISSION_LOG,
        orders.CONFIRMATIONS,
    ),
    run=stage_orders.take_orders,
)
RECONCILE_SIGNED = Stage(
    "reconcile_signed",
    "Сверка подписанного перечня с федеральными списками",
    reads=(orders.LISTED_SCHOOLS,),
    writes=(orders.FEDERAL_LIST, orders.LIST_RECONCILIATION),
    run=stage_reconciliation.reconcile_signed,
)

DOCUMENTS = {
    flow: Stage("documents", "Документы", reads=documents.tables_of(flow), writes=(), run=documents.make_documents)
    for flow in {document.flow for document in documents.DOCUMENTS}
}

RESULTS_INTAKE = (READ, RECOGNISE, COMPUTE_RESULTS, CONDITIONS, CHECK)
INTAKE = (REGISTER, *RESULTS_INTAKE)
# A damaged federal list is told before the long part begins.
FULL_INTAKE = (REGISTER, READ_FEDERAL, *RESULTS_INTAKE)
DECISION = (JUDGE_OBJECTIVITY, STABILITY, SELECT, RECONCILE, CONTEXT, SENSITIVITY)

FLOWS: Mapping[str, tuple[Stage, ...]] = {
    "check": FULL_INTAKE,
    "monitoring": (*INTAKE, JUDGE_OBJECTIVITY, SUMMARISE, DOCUMENTS["monitoring"]),
    "identification": (*FULL_INTAKE, *DECISION, DOCUMENTS["identification"]),
    "causes": (REGISTER, TAKE_OVER, READ_SURVEY, SCORE, REGISTER_CAUSES, DOCUMENTS["causes"]),
    "orders": (TAKE_ORDERS, RECONCILE_SIGNED, DOCUMENTS["orders"]),
    "support": (REGISTER, *SUPPORT_FLOW, DOCUMENTS["support"]),
    "site": stage_site.SITE_FLOW,
}

# What readers outside get, per flow; the rest stays in the run's folder.
PUBLISHED: Mapping[str, tuple[Table, ...]] = {
    "monitoring": (
        RESULTS,
        sources.REJECTS,
        quality.CHECKS,
        sources.SOURCE_FILES,
        quality.MATCH_PROPOSALS,
        decision.SCHOOL_SUMMARY,
        decision.MUNICIPALITY_SUMMARY,
        *evidence.TABLES,
        *objectivity.TABLES,
    ),
    "identification": (
        decision.SCHOOL_INDICATORS,
        decision.STABILITY,
        *model.TABLES,
        decision.SELECTION,
        decision.ORDER_APPENDIX,
        context.CONTEXT,
        context.CONTEXT_MODEL,
        context.SCHOOL_CONTEXT,
        comparison.LIST_DEPENDENCE,
        comparison.SCHOOL_DEPENDENCE,
        orders.FEDERAL_LIST,
        orders.LIST_RECONCILIATION,
        *deciding.CASE_TABLES,
        objectivity.OBJECTIVITY_FLAGS,
        reference.MUNICIPALITIES,
        reference.SCHOOL_CODES,
        sources.REJECTS,
        quality.CHECKS,
        sources.SOURCE_FILES,
    ),
    "causes": (
        causes.SURVEYED_SCHOOLS,
        causes.SURVEY_RETURNS,
        causes.SURVEY_FILES,
        causes.CAUSE_SCORES,
        causes.REGISTER_OF_CAUSES,
        causes.CAUSE_SUMMARY,
        causes.REGISTER_REMARKS,
        *stage_causes.VOCABULARIES,
        sources.REJECTS,
        sources.SOURCE_FILES,
    ),
    "support": SUPPORT_PUBLISHED,
    "orders": (*TAKE_ORDERS.writes, *RECONCILE_SIGNED.writes),
}


def start(
    root: Path,
    flow: str,
    year: int,
    *,
    edition: str = methodology.DEFAULT_EDITION,
    capacity: int | None = None,
    as_of: str | None = None,
    started_at: str = "",
    period: str = "",
) -> Run:
    """A new run of a flow in a region's folder; settings are checked before the folder of the run is made."""
    region.load_region(root)
    methodology.load(edition, root).with_capacity(capacity)
    reading_log.begin(root)
    run_id = new_run_id(root, f"{flow}-{published_name(year, period)}")
    if flow == "support" and as_of is None:
        as_of = period_end(year, period).isoformat()
    return begun(Run(root, flow, year, edition, as_of, capacity, run_id=run_id, started_at=started_at, period=period))


def finish(run: Run) -> Path:
    """Publish the tables of a run whose stages have all succeeded; gives the published folder."""
    method = methodology.load(run.edition, run.root).with_capacity(run.capacity)
    is_received = any(sources.SOURCE_FILES in stage.writes for stage in FLOWS[run.flow])
    files = Store(run).read(sources.SOURCE_FILES) if is_received else sources.SOURCE_FILES.empty()
    manifest = {
        "flow": run.flow,
        "year": run.year,
        "run_id": run.run_id,
        "edition": run.edition,
        "capacity": method.selection.capacity,
        "as_of": run.as_of,
        "seed": run.seed,
        "started_at": run.started_at,
        "is_demo": region.load_region(run.root).is_demo,
        "code_version": pipeline.__version__,
        "code_sha256": tree_hash(Path(pipeline.__file__).parent),
        "parameters": {f"{p.section}.{p.name}": p.value for p in method.parameters},
        "inputs": {
            f.file_id: {"sha256": f.sha256, "load_date": f.load_date, "layout_id": f.layout_id}
            for f in files.itertuples()
        },
        "settings": region.settings_hashes(run.root),
        "publications": reading_log.noted(run.root),
    }
    if run.period:
        manifest["period"] = run.period
    if run.flow == "causes":
        # The list was made before: its places are those of its own run, not those of the edition.
        taken = stage_causes.taken_over(run)
        manifest |= {"taken_over": taken, "capacity": taken["capacity"]}
    if run.flow == "support":
        manifest["taken_over"] = taken_over(run)
    if run.flow == "site":
        manifest["made_from"] = stage_site.made_from(run)
    notice = region.DEMO_NOTICE if manifest["is_demo"] else ""
    folders = {"documents": run.folder / "documents", "pages": run.folder / stage_site.PAGES}
    return publish(run, PUBLISHED.get(run.flow, ()), manifest, notice=notice, **folders)
