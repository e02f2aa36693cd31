"""The register of causes as a document for the commission, beside its workbook."""

from pipeline.causes import newest_plan
from pipeline.document_texts import load_texts
from pipeline.outputs import cause_document, word
from pipeline.outputs.cause_document import CauseTables
from pipeline.region import DEMO_NOTICE, load_region
from pipeline.run import Run
from pipeline.store import Store
from pipeline.tables import causes as tables

# In the order of `CauseTables`.
SHOWN = (
    tables.REGISTER_OF_CAUSES,
    tables.CAUSE_SUMMARY,
    tables.REGISTER_REMARKS,
    tables.SURVEYED_SCHOOLS,
    tables.SURVEY_RETURNS,
    tables.CAUSES,
    tables.CAUSE_DIRECTIONS,
)
READS = (*SHOWN, tables.MEASURES)


def make(run: Run) -> dict[str, bytes]:
    """The document."""
    store, region = Store(run), load_region(run.root)
    content = cause_document.render(
        word.load_template(run.root, cause_document.TEMPLATE),
        CauseTables(*(store.read(table) for table in SHOWN)),
        load_texts(run.root, run.year),
        plan_year=newest_plan(store.read(tables.MEASURES), run.year),
        region_name=region.name,
        notice=DEMO_NOTICE if region.is_demo else "",
    )
    return {cause_document.DOCUMENT_NAME: content}
