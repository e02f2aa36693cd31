"""The report on the support of listed schools, June and November."""

from pipeline.document_texts import load_texts
from pipeline.outputs import support_report, word
from pipeline.region import DEMO_NOTICE, load_region
from pipeline.run import Run
from pipeline.store import Store
from pipeline.tables.support import PERIODS

READS = support_report.SHOWN
REPORT_NAME = "Отчёт о мониторинге поддержки.docx"


def make(run: Run) -> dict[str, bytes]:
    """The report of the period."""
    store, settings = Store(run), load_region(run.root)
    list_year = run.year - 1 if run.period == PERIODS[0] else run.year  # June serves the list of the year before
    content = support_report.render(
        word.load_template(run.root, support_report.TEMPLATE),
        {table.name: store.read(table) for table in READS},
        load_texts(run.root, list_year),
        plan_year=run.year,
        period=run.period,
        region_name=settings.name,
        notice=DEMO_NOTICE if settings.is_demo else "",
    )
    return {REPORT_NAME: content}
