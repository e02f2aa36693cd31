"""The report on the support of listed schools, June and November, and a letter to each municipality with its page."""

from pipeline.correspondence import file_stems, support_sender
from pipeline.document_texts import load_texts
from pipeline.outputs import support_letter, support_pages, support_report, word
from pipeline.region import DEMO_NOTICE, load_region
from pipeline.run import Run
from pipeline.store import Store
from pipeline.tables.support import PERIODS, ROADMAP_STATUS

READS = support_report.SHOWN
REPORT_NAME = "Отчёт о мониторинге поддержки.docx"
LETTERS = "Письма муниципалитетам"


def make(run: Run) -> dict[str, bytes]:
    """The report of the period and its letters."""
    store, settings = Store(run), load_region(run.root)
    list_year = run.year - 1 if run.period == PERIODS[0] else run.year  # June serves the list of the year before
    tables, texts = {table.name: store.read(table) for table in READS}, load_texts(run.root, list_year)
    content = support_report.render(
        word.load_template(run.root, support_report.TEMPLATE),
        tables,
        texts,
        plan_year=run.year,
        period=run.period,
        region_name=settings.name,
        notice=DEMO_NOTICE if settings.is_demo else "",
    )
    roadmap, sender = tables[ROADMAP_STATUS.name], support_sender(run.root, settings, run.year, run.period)
    day = roadmap["as_of_date"].iloc[0]
    found = support_pages.places(tables, support_pages.indicators(texts, roadmap.sort_values("measure_number")))
    stems = file_stems({place.municipality_id: place.name for place in found})
    letters = {
        f"{LETTERS}/{stems[place.municipality_id]}.docx": support_letter.render(
            sender, place, plan_year=run.year, period=run.period, day=day
        )
        for place in found
    }
    return {REPORT_NAME: content, **letters}
