"""What anybody may see of the results of a year: tables of the region and its municipalities without small numbers."""

from pipeline import methodology
from pipeline.outputs import public_tables
from pipeline.public_years import told_once
from pipeline.region import DEMO_NOTICE, load_region
from pipeline.register import municipality_names
from pipeline.run import Run
from pipeline.store import Store
from pipeline.tables import reference
from pipeline.tables.results import RESULTS

READS = (RESULTS, reference.MUNICIPALITIES)


def make(run: Run) -> dict[str, bytes]:
    """The public tables of all years that the run has, as a workbook and as CSV."""
    store, region = Store(run), load_region(run.root)
    rules = methodology.load(run.edition, run.root).disclosure
    public = told_once(run.root, run.year, store.read(RESULTS), rules, is_new=True)
    names = municipality_names(store.read(reference.MUNICIPALITIES), run.year)
    notice = DEMO_NOTICE if region.is_demo else ""
    workbook = public_tables.render_workbook(
        public, names, rules, region_name=region.name, year=run.year, notice=notice
    )
    return {
        public_tables.WORKBOOK_NAME: workbook,
        public_tables.CSV_NAME: public_tables.render_csv(public, names, rules, notice=notice),
    }
