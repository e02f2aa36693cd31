"""The stages of causes: the published list and what is known of its schools, the survey, the scores, the register."""

from collections.abc import Mapping
from datetime import date

import pandas as pd

from pipeline import cause_completeness, cause_facts, cause_scores, causes, identity, methodology, region
from pipeline.lineage import carry_over
from pipeline.outputs import cause_workbook
from pipeline.run import Run
from pipeline.russian import plural
from pipeline.schema import Table
from pipeline.store import Published, Store
from pipeline.survey_forms import load_questionnaire
from pipeline.survey_returns import read_returns
from pipeline.surveyed import former_schools, surveyed_schools
from pipeline.tables import causes as tables
from pipeline.tables import context, reference, sources
from pipeline.tables.objectivity import OBJECTIVITY
from pipeline.tables.results import RESULTS

# What the identification of the year has published about schools; the list is not made again here.
TAKEN_OVER = (RESULTS, OBJECTIVITY, context.SCHOOL_CONTEXT, context.CONTEXT)
# Where a publication of an older version of the program lacks a table: what the facts then do without.
WITHOUT: Mapping[str, str] = {
    OBJECTIVITY.name: "объективности результатов",
    context.SCHOOL_CONTEXT.name: "сведений об условиях",
    context.CONTEXT.name: "сравнения с условиями",
}
REGISTER_TABLES = (
    reference.MUNICIPALITIES,
    reference.SCHOOLS,
    reference.SCHOOL_CODES,
    reference.SCHOOL_LINEAGE,
    reference.SCHOOL_MATCHES,
)
VOCABULARIES = (tables.CAUSE_DIRECTIONS, tables.SURVEY_ITEMS, tables.CAUSES, tables.MEASURES)


def taken_over(run: Run) -> dict[str, object]:
    """The identification that the register stands on: its run, edition and places, hashes of the tables taken over."""
    manifest = Published(run.root, "identification", run.year).manifest
    hashes = {name: told["sha256"] for name, told in manifest["tables"].items()}
    names = [table.name for table in TAKEN_OVER if table.name in hashes]
    told = {name: manifest[name] for name in ("run_id", "edition", "capacity")}
    return {**told, "tables": {name: hashes[name] for name in names}}


def take_over(run: Run) -> str:
    """Take the list of the year, what was published about its schools, and the vocabularies."""
    store, published = Store(run), Published(run.root, "identification", run.year)
    lacking = [table.name for table in TAKEN_OVER if table.name in WITHOUT and not published.has(table)]
    surveyed = surveyed_schools(run.root, run.year, date.fromisoformat(run.as_of) if run.as_of else None)
    former, register = former_schools(surveyed), region.reference_table(run.root, reference.SCHOOLS)
    homes = dict(zip(register["school_id"], register["municipality_id"], strict=True))
    for table in TAKEN_OVER:
        frame = table.empty() if table.name in lacking else published.read(table)
        store.write(table, carry_over(frame, former, homes) if table is RESULTS else _carried(table, frame, former))
    store.write(tables.SURVEYED_SCHOOLS, surveyed)
    questionnaire = load_questionnaire(run.root)
    store.write(tables.CAUSE_DIRECTIONS, questionnaire.directions)
    store.write(tables.SURVEY_ITEMS, questionnaire.items)
    for table in (tables.CAUSES, tables.MEASURES):
        store.write(table, region.reference_table(run.root, table))
    store.write(tables.CAUSE_VERIFICATIONS, _carried(tables.CAUSE_VERIFICATIONS, _verifications(run), former, run.year))
    kind = "подписанному перечню" if surveyed["is_signed"].all() else "проекту перечня (не подписан)"
    told = f"{plural(len(surveyed), 'школа', 'школы', 'школ')} по {kind}"
    if lacking:
        told += "; выявление сделано прежней версией программы, без " + ", ".join(WITHOUT[name] for name in lacking)
    return told


def read_survey(run: Run) -> str:
    """Read every returned questionnaire; what cannot be used is told file by file.

    Forms that a school returned before another one took its place count for that one, beside its own.
    """
    store = Store(run)
    surveyed = store.read(tables.SURVEYED_SCHOOLS)
    former = former_schools(surveyed)
    schools = store.read(reference.SCHOOLS)
    asked = schools[schools["school_id"].isin({*surveyed["school_id"], *former})]
    returns = read_returns(
        run.root,
        run.year,
        region.load_region(run.root).name,
        asked[["school_id", "school_name"]],
        identity.Register(*(store.read(table) for table in REGISTER_TABLES)),
        load_questionnaire(run.root),
    )
    answers, files = (
        frame.assign(school_id=frame["school_id"].map(lambda i: former.get(i, i), na_action="ignore").astype("str"))
        for frame in (returns.answers, returns.files)
    )
    store.write(tables.SURVEY_ANSWERS, answers)
    store.write(tables.SURVEY_FILES, files)
    store.write(sources.SOURCE_FILES, returns.source_files)
    store.write(sources.REJECTS, returns.rejects)
    told = int((returns.files["remark_text"] != "").sum())
    return (
        f"{plural(len(returns.files), 'файл', 'файла', 'файлов')}, с замечаниями {told}; "
        f"ответы {plural(answers['school_id'].nunique(), 'школы', 'школ', 'школ')}"
    )


def score(run: Run) -> str:
    """Score the risk directions school by school, and say who has not answered."""
    store, rules = Store(run), methodology.load(run.edition, run.root).causes
    answers, surveyed = store.read(tables.SURVEY_ANSWERS), store.read(tables.SURVEYED_SCHOOLS)
    files = store.read(tables.SURVEY_FILES)
    scores = cause_scores.cause_scores(answers, store.read(tables.SURVEY_ITEMS), surveyed, run.year, rules)
    store.write(tables.CAUSE_SCORES, scores)
    returns = cause_completeness.survey_returns(answers, files, surveyed, run.year, rules)
    store.write(tables.SURVEY_RETURNS, returns)
    together = scores[scores["group_code"] == ""]
    scored = together.loc[together["is_scored"].astype(bool), "school_id"].nunique()
    return f"направления оценены у {scored} из {plural(len(surveyed), 'школы', 'школ', 'школ')}"


def register_causes(run: Run) -> str:
    """Merge scores and facts into the register of causes, sum it up, and check that nothing is missing in it."""
    store, method = Store(run), methodology.load(run.edition, run.root)
    surveyed, vocabulary = store.read(tables.SURVEYED_SCHOOLS), store.read(tables.CAUSES)
    known = cause_facts.FactEvidence(
        run.year,
        store.read(RESULTS),
        store.read(context.SCHOOL_CONTEXT),
        store.read(OBJECTIVITY),
        method.stability.min_cell_schools,
        method.causes,
    )
    facts = cause_facts.school_facts(known, vocabulary)
    evidence = causes.CauseEvidence(run.year, surveyed, vocabulary, store.read(tables.CAUSE_SCORES), facts)
    found = causes.findings(evidence, method.causes)
    marks = store.read(tables.CAUSE_VERIFICATIONS)
    measures = store.read(tables.MEASURES)
    table = causes.register(evidence, found, measures, store.read(context.CONTEXT), marks, method.causes)
    store.write(tables.REGISTER_OF_CAUSES, table)
    summary = causes.summary(found, run.year, method.causes)
    store.write(tables.CAUSE_SUMMARY, summary)
    returns = store.read(tables.SURVEY_RETURNS)
    remarks = cause_completeness.remarks(table, returns, surveyed, run.year)
    store.write(tables.REGISTER_REMARKS, remarks)
    settings = region.load_region(run.root)
    notice = region.DEMO_NOTICE if settings.is_demo else ""
    content = cause_workbook.render(
        table,
        summary,
        remarks,
        returns,
        store.read(tables.SURVEY_FILES),
        year=run.year,
        plan_year=causes.newest_plan(measures, run.year),
        region_name=settings.name,
        notice=notice,
    )
    documents = run.folder / "documents"
    documents.mkdir(parents=True, exist_ok=True)
    (documents / cause_workbook.WORKBOOK_NAME).write_bytes(content)
    without = int((table["cause_code"] == causes.NOT_ESTABLISHED).sum())
    told = plural(len(table) - without, "причина", "причины", "причин")
    lost = int((marks["year"] == run.year).sum()) - int(table["verification_text"].notna().sum())
    return (
        f"{told} у {plural(len(surveyed) - without, 'школы', 'школ', 'школ')}, не установлено у {without}"
        + f"; отметок о проверке, которым нет причины в реестре: {lost}" * bool(lost)
    )


def _verifications(run: Run) -> pd.DataFrame:
    """The marks of verification of all years (`decisions/causes.csv`); empty where there is none.

    A cause may be named by its words, as it stands in the register: they are turned into its code.
    """
    path = run.root / "decisions" / "causes.csv"
    table: Table = tables.CAUSE_VERIFICATIONS
    if not path.is_file():
        return table.empty()
    marks = region.read_reference(path, table)
    causes = region.reference_table(run.root, tables.CAUSES)
    codes = {_plain(words): code for words, code in zip(causes["wording"], causes["cause_code"], strict=True)}
    return marks.assign(cause_code=[codes.get(_plain(told), told) for told in marks["cause_code"]])


def _plain(words: str) -> str:
    """Words without what a copy of them may change: capitals, spaces, a full stop at the end."""
    return " ".join(words.split()).rstrip(".").lower()


def _carried(table: Table, frame: pd.DataFrame, former: Mapping[str, str], year: int | None = None) -> pd.DataFrame:
    """The rows of a table with the school that carries on in place of each former one.

    Where both have a row, the successor's own counts; a doubt about ВПР holds if it is about either. What a school told
    of its conditions stays its own: shares of two buildings do not add up.

    Args:
        table: `OBJECTIVITY`, `CAUSE_VERIFICATIONS`, or a table of conditions, which is left as it is.
        frame: its rows.
        former: former school -> the one that stands for it.
        year: only rows of this year follow; None: of all.
    """
    if not former or table.name not in (OBJECTIVITY.name, tables.CAUSE_VERIFICATIONS.name):
        return frame
    is_followed = frame["year"] == year if year is not None else frame["year"].notna()
    ids = frame["school_id"].map(lambda i: former.get(i, i)).where(is_followed, frame["school_id"])
    moved = frame.assign(school_id=ids, is_own=ids == frame["school_id"])
    order = ["is_own"] if table.name != OBJECTIVITY.name else ["is_vpr_doubtful", "is_own"]
    first = moved.sort_values(order, ascending=False, kind="stable").drop_duplicates(list(table.key))
    return first[list(table.column_names)]
