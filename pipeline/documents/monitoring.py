"""The monitoring report of a year, as a Word document to be edited and as a page that opens without a network."""

from datetime import date

from pipeline import methodology
from pipeline.document_texts import load_texts
from pipeline.objectivity import MARKER_RULES
from pipeline.outputs import monitoring_page, monitoring_report, word
from pipeline.outputs.monitoring_facts import MonitoringTables
from pipeline.region import DEMO_NOTICE, load_region
from pipeline.run import Run
from pipeline.sources import PARQUET_SOURCES, layouts_of
from pipeline.store import Store
from pipeline.tables import context, decision, evidence, objectivity, quality, reference, sources
from pipeline.tables.results import RESULTS

READS = (
    RESULTS,
    reference.SCHOOLS,
    reference.SCORE_SCALES,
    reference.MINIMUM_SCORES,
    decision.SCHOOL_SUMMARY,
    decision.MUNICIPALITY_SUMMARY,
    objectivity.OBJECTIVITY,
    objectivity.OBJECTIVITY_FLAGS,
    evidence.JOURNAL_COMPARISON,
    evidence.SCORE_DISTRIBUTION,
    context.SCHOOL_CONTEXT,
    context.ADVERSE_CRITERIA,
    quality.CHECKS,
    quality.MATCH_PROPOSALS,
    sources.REJECTS,
    sources.SOURCE_FILES,
)


def make(run: Run) -> dict[str, bytes]:
    """The report of the year in both forms, from the same contents."""
    store, region = Store(run), load_region(run.root)
    method = methodology.load(run.edition, run.root)
    tables = MonitoringTables(**{table.name: store.read(table) for table in READS})
    titles = {layout.layout_id: layout.title for layout in layouts_of(run.root)}
    titles |= {layout.layout_id: layout.title for layout in PARQUET_SOURCES}
    setting = monitoring_report.Setting(
        year=run.year,
        issuer=region.issuer,
        region_name=region.name,
        edition=method.title,
        as_of=date.fromisoformat(run.as_of) if run.as_of else None,
        layout_titles=titles,
        marker_titles={rule.marker_code: rule.title for rule in MARKER_RULES},
        notice=DEMO_NOTICE if region.is_demo else "",
    )
    told = monitoring_report.contents(tables, method, load_texts(run.root, run.year), setting)
    template = word.load_template(run.root, monitoring_report.TEMPLATE)
    return {
        monitoring_report.DOCUMENT_NAME: monitoring_report.render(template, told, notice=setting.notice),
        monitoring_page.PAGE_NAME: monitoring_page.render(told, notice=setting.notice).encode(),
    }
