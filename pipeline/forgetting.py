"""Deletion of received files with pupils' rows when their term has ended (decision 0036).

The numbers of schools outlive the rows of pupils: before a file goes, what it says of whole schools is written beside
it as a table of results, and the results of all years are counted again without it. Unless they are the same, nothing
is deleted. Every deletion is recorded before it is done.
"""

import csv
import io
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import pandas as pd

from pipeline import identity, methodology, region, results, stage_intake
from pipeline.deletions import RECORD, add_deletions, load_deletions
from pipeline.errors import ConfigError, StoreError
from pipeline.run import Run
from pipeline.russian import plural, system_fault
from pipeline.schema import records
from pipeline.scratch import lay, scratch_region
from pipeline.sources import PUPIL_LAYOUTS
from pipeline.sources.canonical import OPTIONAL, REQUIRED
from pipeline.store import Store, sha256, write_whole
from pipeline.tables import quality, reference, sources
from pipeline.tables.care import DELETIONS
from pipeline.tables.results import CELL_KEY, RESULTS

KEPT_NAME = "Результаты школ вместо удалённых файлов.csv"
ANY_YEAR = 2100  # the bound of every table: a run of this year knows all results there are


@dataclass(frozen=True)
class Plan:
    """What the end of the term means today.

    Args:
        keep_years: the term.
        due: received files with pupils' rows whose term has ended (`SOURCE_FILES`).
        unread: files of those years which the program does not read; a person has to look into them.
        kept: path inside the region -> table of results that takes the place of files of that year.
    """

    keep_years: int
    due: pd.DataFrame
    unread: tuple[str, ...]
    kept: dict[str, bytes]


def plan_deletion(root: Path, today: date) -> Plan:
    """What is to be deleted today; nothing is changed.

    Args:
        root: the region's folder (DIR).
        today: a file goes when more than the term's full calendar years have passed since the year of its receipt.

    Raises:
        ConfigError: the term is shorter than what the methodology still reads.
        StoreError: without the files the results of schools would not be the same; the message names a school.
        PipelineError: a received file cannot be read.
    """
    keep_years = _term(root)
    last_year = today.year - keep_years - 1
    unread = _unread(root, last_year)
    files = [file.file_id for file in region.raw_files(root)]
    if not any(_receipt_year(name) <= last_year for name in files):
        return Plan(keep_years, sources.SOURCE_FILES.empty(), unread, {})
    with scratch_region(root) as scratch:
        lay(root, [*region.settings_hashes(root), *files], scratch)
        before, read, chosen = _results(scratch)
        layouts = read["layout_id"].str.split("+").map(lambda ids: bool(PUPIL_LAYOUTS & set(ids))).astype(bool)
        due = read[layouts & (read["receipt_year"] <= last_year)]
        if due.empty:
            return Plan(keep_years, due, unread, {})
        kept = _kept(root, chosen, due, today)
        for name, content in kept.items():
            write_whole(scratch, name, content, is_durable=False)
        for name in due["file_id"]:
            (scratch / name).unlink()
        after, _, _ = _results(scratch)
        _refuse_other_results(before, after)
    return Plan(keep_years, due, unread, kept)


def carry_out(root: Path, plan: Plan, today: date, who: str) -> int:
    """Write what takes the place of the files, record their deletion, delete them; gives how many were deleted.

    Killed in between, it is completed by the next call: a recorded file that lies there still is deleted then.
    """
    for name, content in plan.kept.items():
        write_whole(root, name, content)
    places = {_receipt_year(name): name for name in plan.kept}
    rows = [
        {
            "file_id": row["file_id"],
            "sha256": row["sha256"],
            "byte_count": (root / row["file_id"]).stat().st_size,
            "receipt_year": row["receipt_year"],
            "layout_id": row["layout_id"],
            "deleted_date": today.isoformat(),
            "reason_text": f"истёк срок хранения: {plan.keep_years} полных лет после года получения",
            "who_text": who.lstrip("=+-@\t\r"),
            "kept_file": places.get(row["receipt_year"]),
        }
        for row in records(plan.due)
    ]
    if rows:
        add_deletions(root, pd.DataFrame(rows, columns=list(DELETIONS.column_names)))
    return sum(_deleted(root, row["file_id"], row["sha256"]) for row in records(load_deletions(root)))


def _term(root: Path) -> int:
    """The term of the region's settings, no shorter than the methodology needs."""
    keep_years, method = (
        region.load_region(root).personal_data_years,
        methodology.load(methodology.DEFAULT_EDITION, root),
    )
    shortest = max(method.stability.window_years, method.stability.recent_years, method.causes.fact_years)
    if keep_years < shortest:
        raise ConfigError(
            f"Срок хранения данных учеников — {plural(keep_years, 'год', 'года', 'лет')}, а методика разбирает "
            f"результаты за {plural(shortest, 'год', 'года', 'лет')}: действующий перечень нельзя было бы проверить",
            where="region.toml, personal_data_years",
            remedy=f"впишите число не меньше {shortest}",
        )
    return keep_years


def _receipt_year(file_id: str) -> int:
    return int(Path(file_id).parts[1])


def _unread(root: Path, last_year: int) -> tuple[str, ...]:
    """Files set aside in the folders of years up to the last one: the program does not know what is in them."""
    years = [f for f in sorted((root / "raw").glob("[0-9][0-9][0-9][0-9]")) if int(f.name) <= last_year]
    hidden = re.compile(r"(^|/)[_.~]")
    found = (p.relative_to(root).as_posix() for folder in years for p in sorted(folder.rglob("*")) if p.is_file())
    return tuple(name for name in found if hidden.search(name))


def _results(scratch: Path) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Results of all years (`RESULTS`), the files read (`SOURCE_FILES`), and results before corrections and mergers."""
    run = Run(scratch, "check", ANY_YEAR, methodology.DEFAULT_EDITION, run_id="results")
    for stage in (stage_intake.register, stage_intake.read, stage_intake.recognise):
        stage(run)
    store = Store(run)
    years = pd.concat([store.read(table)["year"].dropna() for table in (sources.ATTEMPTS, sources.REPORTED_CELLS)])
    stage_intake.compute_results(replace(run, year=int(years.max())))
    files = store.read(sources.SOURCE_FILES)
    loads = dict(zip(files["file_id"], files["load_date"], strict=True))
    attempts, reported = (
        frame[frame["school_id"].notna() & frame["year"].notna()].assign(load_date=frame["file_id"].map(loads))
        for frame in (
            identity.attach(store.read(table), store.read(quality.SCHOOL_REFERENCES))
            for table in (sources.ATTEMPTS, sources.REPORTED_CELLS)
        )
    )
    scales, minima = store.read(reference.SCORE_SCALES), store.read(reference.MINIMUM_SCORES)
    classified, _ = results.classify(attempts, scales, minima)
    chosen, _ = results.choose_versions(results.cells(classified), reported)
    return store.read(RESULTS), files, chosen


def _kept(root: Path, chosen: pd.DataFrame, due: pd.DataFrame, today: date) -> dict[str, bytes]:
    """Tables of the results that stand on the files, one per year of receipt, as a load of today.

    As the newest load they count as they counted, whatever the sender has said besides.
    """
    told: dict[str, bytes] = {}
    sources_of = chosen["source_text"].fillna("")
    for year, files in due.groupby("receipt_year"):
        marks = tuple(f"{name}, " for name in files["file_id"])
        is_from = sources_of.map(lambda text, m=marks: any(part.startswith(m) for part in text.split("; ")))
        rows = chosen[is_from.astype(bool)].sort_values(list(CELL_KEY))
        if not rows.empty:
            name = _free_name(root, f"raw/{year}/{today.isoformat()}", told)
            told[name] = _csv(rows)
    return told


def _free_name(root: Path, folder: str, taken: Iterable[str]) -> str:
    """A name that no file has yet: two deletions of one day do not overwrite each other."""
    stem, suffix = KEPT_NAME.rsplit(".", 1)
    numbered = (f"{folder}/{stem}{f' {n}' if n > 1 else ''}.{suffix}" for n in range(1, 1000))
    return next(name for name in numbered if not (root / name).exists() and name not in set(taken))


def _csv(rows: pd.DataFrame) -> bytes:
    """Results as the canonical table that the program reads."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow([*REQUIRED, *OPTIONAL])
    for row in records(rows):
        writer.writerow("" if (value := row[name]) is None else value for name in (*REQUIRED, *OPTIONAL))
    return stream.getvalue().encode()


def _refuse_other_results(before: pd.DataFrame, after: pd.DataFrame) -> None:
    """Refuse a deletion after which a school would have other results."""
    names = [name for name in RESULTS.column_names if name not in ("load_version", "source_text")]
    one, other = (frame[names].sort_values(list(CELL_KEY), ignore_index=True) for frame in (before, after))
    joined = one.merge(other, how="outer", indicator=True)
    differing = joined[joined["_merge"] != "both"]
    if not differing.empty:
        first = differing.iloc[0]
        raise StoreError(
            "Без этих файлов результаты школ стали бы другими: удалять их нельзя, ничего не удалено",
            where=f"отличий {len(differing)}; первое — школа {first['school_id']}, {first['year']} год, "
            f"{first['procedure']}, {first['subject']}, класс {first['grade']}",
            remedy="проверьте выгрузки этой школы за этот год командой shnro check и обратитесь к разработчику",
        )


def _deleted(root: Path, file_id: str, expected: str) -> bool:
    """Delete a recorded file; another file of the same name stays. Gives whether there was one."""
    path = root / file_id
    if not path.is_file() or sha256(path) != expected:
        return False
    try:
        path.unlink()
    except OSError as error:
        raise StoreError(
            f"Файл не удаётся удалить: {system_fault(error)}",
            where=file_id,
            remedy=f"закройте его и повторите команду: удаление записано в {RECORD} и будет доведено до конца",
        ) from error
    return True
