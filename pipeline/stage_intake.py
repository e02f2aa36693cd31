"""The stages from received files to checked results: read tables, call the core, write tables.

Rows are never lost on the way: what a stage cannot use goes to `rejects` with its place and reason.
"""

import secrets
from collections.abc import Iterable, Mapping

import pandas as pd

from pipeline import (
    corrections,
    evidence,
    identity,
    matching,
    methodology,
    plausibility,
    progress,
    region,
    results,
    validation,
)
from pipeline.attempts import apply_appeals
from pipeline.context_facts import questioned_schools
from pipeline.errors import NoDataError, SourceError, UnreadableFilesError
from pipeline.order_archive import load_archive
from pipeline.outputs import quality as quality_report
from pipeline.run import Run
from pipeline.russian import plural, reason_label
from pipeline.schema import Table
from pipeline.sources import PARQUET_SOURCES, layouts_of, read_file
from pipeline.sources.reading import Reading, ReadingContext
from pipeline.store import Store
from pipeline.subjects import subject_codes
from pipeline.tables import context, orders, quality, reference, sources
from pipeline.tables import evidence as evidence_tables
from pipeline.tables.results import RESULTS

# Source tables of results, and all whose rows name a school.
RESULT_TABLES = (
    sources.ATTEMPTS,
    sources.REPORTED_CELLS,
    sources.REPORTED_DISTRIBUTIONS,
    sources.REPORTED_JOURNAL,
)
SCHOOL_TABLES = (*RESULT_TABLES, context.CONTEXT_FACTS)
PLACE = list(sources.PLACE_KEY)


def register(run: Run) -> str:
    """Take the reference tables and signed lists of the region into the run."""
    store = Store(run)
    frames = region.register(run.root)
    for table in reference.TABLES:
        store.write(table, frames[table.name])
    for table in context.REFERENCES:
        store.write(table, region.reference_table(run.root, table))
    archive = load_archive(run.root, (run.year - 1, run.year - 2))
    store.write(orders.PAST_LIST, archive.signed_list(run.year - 1))
    store.write(orders.LIST_BEFORE, archive.signed_list(run.year - 2))
    store.write(orders.COMMISSION_DECISIONS, region.commission_decisions(run.root))
    schools, municipalities = frames["schools"], frames["municipalities"]["municipality_id"].nunique()
    return (
        f"{plural(len(schools), 'школа', 'школы', 'школ')}, "
        f"{plural(municipalities, 'муниципалитет', 'муниципалитета', 'муниципалитетов')}"
    )


def read(run: Run) -> str:
    """Read every received file, apply appeals, and forget what names pupils."""
    store = Store(run)
    readings = _readings(run, subject_codes(store.read(reference.SUBJECTS)))
    files = pd.DataFrame([_described(reading) for reading in readings])
    frames = {
        table.name: _joined(table, (reading.tables.get(table.name) for reading in readings))
        for table in (sources.PUPIL_ATTEMPTS, sources.APPEALS, *SCHOOL_TABLES[1:], sources.REPORTED_TOTALS)
    }
    # The rejects of reading close each file's account; appeals and repeated pupils are judged over all files.
    attempts, appeal_rejects = apply_appeals(frames["pupil_attempts"], frames["appeals"], files, run.as_of)
    store.write(sources.SOURCE_FILES, files)
    store.write(sources.ATTEMPTS, attempts)
    for table in (*SCHOOL_TABLES[1:], sources.REPORTED_TOTALS):
        store.write(table, frames[table.name])
    read_rejects = _joined(sources.REJECTS, (reading.rejects for reading in readings))
    store.write(sources.REJECTS, read_rejects, part="1-read")
    store.write(sources.REJECTS, appeal_rejects, part="2-appeals")
    return (
        f"{plural(len(files), 'файл', 'файла', 'файлов')}, "
        f"{plural(int(files['read_count'].sum()), 'строка', 'строки', 'строк')}, "
        f"отклонено {int((~read_rejects['is_service'].astype(bool)).sum())}"
    )


def recognise(run: Run) -> str:
    """Recognise schools; unknown names become proposals and their rows rejects."""
    store = Store(run)
    method = methodology.load(run.edition, run.root)
    who = _register(store)
    frames = {table.name: store.read(table) for table in SCHOOL_TABLES}
    # A row of a form gives many facts and is still one row that names a school.
    named = {name: frame.drop_duplicates(PLACE) for name, frame in frames.items()}
    recognised = identity.recognise(identity.references(named), who, run.year)
    proposals = identity.propose(recognised, who, method.identity)
    store.write(quality.SCHOOL_REFERENCES, recognised)
    store.write(quality.MATCH_PROPOSALS, proposals)
    matching.save_proposals(run.root, proposals)
    rejects = [_unrecognised(identity.attach(frame, recognised)) for frame in frames.values() if not frame.empty]
    store.write(sources.REJECTS, _joined(sources.REJECTS, rejects), part="3-recognise")
    unknown = recognised["how_code"].isin(["unknown", "ambiguous"])
    names = len(recognised.loc[unknown].drop_duplicates(["municipality_text", "school_text", "code_text"]))
    return f"распознано школ: {recognised['school_id'].nunique()}, незнакомых имён: {names}"


def compute_results(run: Run) -> str:
    """Count result cells, choose versions of loads, apply declared corrections; gather evidence."""
    store = Store(run)
    files = store.read(sources.SOURCE_FILES)
    frames = {table.name: _recognised(store, table, files, run.year) for table in RESULT_TABLES}
    later = [_later(store.read(table), run.year) for table in RESULT_TABLES]
    classified, unjudged = results.classify(
        frames["attempts"], store.read(reference.SCORE_SCALES), store.read(reference.MINIMUM_SCORES)
    )
    pupil_cells = results.cells(classified)
    chosen, superseded = results.choose_versions(pupil_cells, frames["reported_cells"], run.as_of)
    if not (chosen["year"] == run.year).any():
        raise _no_results(
            run.year, files, _joined(sources.REJECTS, (store.read(sources.REJECTS), unjudged, superseded))
        )
    schools = store.read(reference.SCHOOLS)
    homes = dict(zip(schools["school_id"], schools["municipality_id"], strict=True))
    declared, reorganised = corrections.load(run.root), store.read(reference.SCHOOL_LINEAGE)
    carried = corrections.apply_and_carry(chosen, declared, reorganised, homes, run.year)
    store.write(RESULTS, carried)
    store.write(quality.RECEIVED_CELLS, results.received_cells(pupil_cells, frames["reported_cells"], run.as_of))
    scores, unused_scores = evidence.chosen_scores(classified, frames["reported_distributions"], run.as_of)
    journal, unused_journal = evidence.journal_comparison(classified, frames["reported_journal"], run.as_of)
    store.write(evidence_tables.SCORE_DISTRIBUTION, evidence.score_distribution(scores))
    store.write(evidence_tables.COHORT_SCORES, evidence.cohort_scores(scores))
    store.write(evidence_tables.JOURNAL_COMPARISON, journal)
    rejects = _joined(sources.REJECTS, (*later, unjudged, superseded, unused_scores, unused_journal))
    store.write(sources.REJECTS, rejects, part="4-results")
    current = carried[carried["year"] == run.year]
    years = plural(carried["year"].nunique(), "год", "года", "лет")
    return (
        f"{plural(len(carried), 'ячейка', 'ячейки', 'ячеек')} за {years}, "
        f"за {run.year}: школ {current['school_id'].nunique()}"
    )


def check(run: Run) -> str:
    """Judge the plausibility of the year; a failed critical check stops the run."""
    store = Store(run)
    method = methodology.load(run.edition, run.root)
    received = store.read(quality.RECEIVED_CELLS)
    rejects, files = store.read(sources.REJECTS), store.read(sources.SOURCE_FILES)
    schools = store.read(reference.SCHOOLS)
    frames = plausibility.derive(
        results=store.read(RESULTS),
        schools=schools,
        municipalities=store.read(reference.MUNICIPALITIES),
        reported_totals=_placed(store, store.read(sources.REPORTED_TOTALS), "area_text"),
        printed_cells=_placed(store, store.read(sources.REPORTED_CELLS), "municipality_text"),
        pupil_cells=received[received["family_code"] == "pupils"],
        reported_cells=received[received["family_code"] == "reported"],
        source_files=files,
        rejects=rejects,
        context_schools=questioned_schools(
            store.read(context.SCHOOL_CONTEXT), store.read(context.CONTEXT_INDICATORS), schools
        ),
        year=run.year,
        rules=method.quality,
    )
    outcome = validation.validate(frames, method)
    store.write(quality.CHECKS, outcome.checks)
    documents = run.folder / "documents"
    documents.mkdir(parents=True, exist_ok=True)
    layouts = {one.layout_id: one.title for one in layouts_of(run.root)}
    layouts |= {one.layout_id: one.title for one in PARQUET_SOURCES}
    settings = region.load_region(run.root)
    page = quality_report.render(
        outcome.checks,
        rejects,
        files,
        year=run.year,
        region_name=settings.name,
        is_demo=settings.is_demo,
        layouts=layouts,
    )
    (documents / "Качество данных.html").write_text(page, encoding="utf-8")
    # The library's own pages are English and for developers: they stay with the run and are not published.
    validation.write_data_docs(outcome, run.folder / "data_docs")
    validation.gate(outcome.checks)
    failed = int((~outcome.checks["is_passed"].astype(bool)).sum())
    return f"проверок {len(outcome.checks)}, предупреждений {failed}"


def _readings(run: Run, subjects: Mapping[tuple[str, str], str]) -> list[Reading]:
    """The reading of every file; all unreadable ones are told at once."""
    files = region.raw_files(run.root)
    if not files:
        raise NoDataError(
            "В папке raw/ нет ни одного файла",
            where=str(run.root / "raw"),
            remedy="положите файлы в raw/<год получения>/",
        )
    layouts = layouts_of(run.root)
    # The key exists for the length of this call and is written nowhere: pupils' keys serve matching in memory only.
    key = secrets.token_bytes(32)
    readings, errors = [], []
    for number, file in enumerate(files):
        progress.advanced(number, len(files))
        try:
            readings.append(read_file(ReadingContext(file, subjects, key), layouts))
        except SourceError as error:
            errors.append(error)
    if errors:
        raise UnreadableFilesError(errors)
    return readings


def _no_results(year: int, files: pd.DataFrame, rejects: pd.DataFrame) -> NoDataError:
    """The error of a year without results; where rows were rejected it names the most frequent reason and its place."""
    told, where = "", f"raw/, файлов прочитано: {len(files)}"
    faults = rejects[~rejects["is_service"].astype(bool)]
    if not faults.empty:
        reason = str(faults["reason_code"].value_counts().sort_index().idxmax())
        first = faults[faults["reason_code"] == reason].sort_values([*PLACE]).iloc[0]
        told = f"; отклонено строк: {len(faults)}, чаще всего: «{reason_label(reason)}»"
        where = f"{where}; первая такая строка: {first['file_id']}, строка {first['row_number']}"
    return NoDataError(
        f"Нет ни одного результата за {year} год{told}",
        where=where,
        remedy="проверьте --year и то, что файлы этого года лежат в raw/, их строки приняты и школы в них распознаны",
    )


def _described(reading: Reading) -> dict[str, object]:
    file = reading.file
    return {
        "file_id": file.file_id,
        "sha256": file.sha256,
        "receipt_year": file.receipt_year,
        "load_date": file.load_date,
        "layout_id": reading.layout_id,
        "read_count": reading.read_count,
        "kept_count": reading.kept_count,
        "rejected_count": reading.rejected_count,
    }


def _joined(table: Table, frames: Iterable[pd.DataFrame | None]) -> pd.DataFrame:
    """The frames of one table as one; an empty frame of the table where there are none."""
    found = [frame for frame in frames if frame is not None and not frame.empty]
    return pd.concat(found, ignore_index=True) if found else table.empty()


def _register(store: Store) -> identity.Register:
    return identity.Register(
        municipalities=store.read(reference.MUNICIPALITIES),
        schools=store.read(reference.SCHOOLS),
        school_codes=store.read(reference.SCHOOL_CODES),
        school_lineage=store.read(reference.SCHOOL_LINEAGE),
        school_matches=store.read(reference.SCHOOL_MATCHES),
    )


def _recognised(store: Store, table: Table, files: pd.DataFrame, year: int) -> pd.DataFrame:
    """Rows of known schools up to the year, with `school_id`, `municipality_id` and the `load_date` of their file."""
    attached = identity.attach(store.read(table), store.read(quality.SCHOOL_REFERENCES))
    loads = dict(zip(files["file_id"], files["load_date"], strict=True))
    known = attached[attached["school_id"].notna() & (attached["year"] <= year).fillna(False).astype(bool)]
    return known.drop(columns="how_code").assign(load_date=known["file_id"].map(loads))


def _later(frame: pd.DataFrame, year: int) -> pd.DataFrame:
    """Rejects for records of years after the year of the run: they are set aside, not lost."""
    later = frame[(frame["year"] > year).fillna(False).astype(bool)].drop_duplicates(PLACE)
    return later[PLACE].assign(
        stage_name="results",
        reason_code="later_year",
        column_name="year",
        value_text=later["year"].astype("str"),
        is_service=True,
    )


def _unrecognised(attached: pd.DataFrame) -> pd.DataFrame:
    """Rejects for the records whose school is not known, each record once."""
    unknown = attached[attached["school_id"].isna()].drop_duplicates(PLACE)
    is_outside = unknown["how_code"] == "rejected"
    named = unknown["school_text"].fillna("").where(unknown["school_text"].notna(), unknown["code_text"])
    return unknown[PLACE].assign(
        stage_name="recognise",
        reason_code=is_outside.map({True: "outside_region", False: "unknown_school"}).astype("str"),
        column_name="school_text",
        value_text=named.astype("str"),
        is_service=is_outside.astype(bool),
    )


def _placed(store: Store, frame: pd.DataFrame, column: str) -> pd.DataFrame:
    """The frame with the municipality that a column's text means, missing where its name is not known."""
    areas = identity.municipality_index(store.read(reference.MUNICIPALITIES))
    ids = {text: identity.area_of(str(text), areas) for text in frame[column].dropna().unique()}
    return frame.assign(municipality_id=frame[column].map(ids).astype("str"))
