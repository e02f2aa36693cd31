"""The stage that looks for signs of non-objective results: read tables, call the core, write tables."""

from pipeline import methodology, objectivity
from pipeline.markers import Evidence
from pipeline.run import Run
from pipeline.russian import plural
from pipeline.store import Store
from pipeline.tables import evidence, reference
from pipeline.tables.objectivity import OBJECTIVITY, OBJECTIVITY_FLAGS
from pipeline.tables.results import RESULTS

# What signs are looked for in, in the order of `Evidence`.
EVIDENCE_TABLES = (
    RESULTS,
    evidence.SCORE_DISTRIBUTION,
    evidence.JOURNAL_COMPARISON,
    evidence.COHORT_SCORES,
    reference.SCORE_SCALES,
)


def judge_objectivity(run: Run) -> str:
    """Compute every marker and the verdict on each school's ВПР of each year."""
    store = Store(run)
    rules = methodology.load(run.edition, run.root).objectivity
    flags = objectivity.objectivity_flags(Evidence(*(store.read(table) for table in EVIDENCE_TABLES)), rules)
    judged = objectivity.verdicts(flags, rules)
    store.write(OBJECTIVITY_FLAGS, flags)
    store.write(OBJECTIVITY, judged)
    current = judged[judged["year"] == run.year]
    doubtful = int(current["is_vpr_doubtful"].sum())
    return f"проверено {plural(len(current), 'школа', 'школы', 'школ')} за {run.year} г., ВПР под сомнением: {doubtful}"
