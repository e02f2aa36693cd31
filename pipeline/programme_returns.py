"""All programmes that came back for a list: the lines that count, and what is told of every file.

Of several files of a school the latest delivery counts, then the fullest. A bad file never stops the others; a line is
lost nowhere: what does not count goes to `rejects` with its place and reason.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from pipeline.errors import SourceError
from pipeline.programmes import place_bearer
from pipeline.russian import plural, reason_label
from pipeline.schema import Table
from pipeline.sources.grid import SourceFile
from pipeline.sources.programme import ProgrammeFile, read_programme
from pipeline.sources.received import by_delivery, received_files
from pipeline.tables.programmes import PROGRAMME_FILES, RETURNED_LINES
from pipeline.tables.sources import REJECTS, SOURCE_FILES

STATE_REASONS: Mapping[str, str] = {
    "foreign": "foreign_programme",
    "not_listed": "not_listed",
    "superseded": "superseded_programme",
}


@dataclass(frozen=True)
class ProgrammeReturns:
    """What came back.

    Args:
        lines: `RETURNED_LINES` of the files that count.
        returned: schools of which a readable form of this list came, filled in or not.
        files: `PROGRAMME_FILES`, every file with its state and remark.
        rejects: `REJECTS`.
        source_files: `SOURCE_FILES`.
    """

    lines: pd.DataFrame
    returned: frozenset[str]
    files: pd.DataFrame
    rejects: pd.DataFrame
    source_files: pd.DataFrame


@dataclass(frozen=True)
class _Verdict:
    """What becomes of a file, with a remark in Russian; empty where there is none."""

    state_code: str
    remark: str = ""


def read_programmes(
    root: Path, list_year: int, region_name: str, listed: Collection[str], bearers: Mapping[str, str | None]
) -> ProgrammeReturns:
    """Every file below `raw/<list year>/programmes/`, read and judged; names starting with «_», «.», «~» are set aside.

    Args:
        root: the region's folder.
        list_year: year of the list that the programmes serve.
        region_name: the region as its forms name it; forms of another are foreign.
        listed: `school_id` of the schools of the list.
        bearers: reorganised school -> who bears its place (`lineage.bearers_on`): what it had sent counts for that
            one, beside its own.
    """
    files = returned_files(root, list_year)
    read: dict[str, ProgrammeFile] = {}
    told: dict[str, _Verdict] = {}
    firsts: dict[str, str] = {}
    for file in files:
        first = firsts.setdefault(file.sha256, file.file_id)
        if first in read:
            told[file.file_id] = _Verdict("duplicate", f"точная копия файла {first}: учтён один раз")
            continue
        try:
            read[file.file_id] = read_programme(file)
        except SourceError as error:
            where = "" if error.where == file.file_id else error.where
            fault = SourceError(error.what, where=where, remedy=error.remedy).paragraph()
            told[file.file_id] = _Verdict("unreadable", fault)
    senders = {found.form_id.school_id for found in read.values()}
    places = {school_id: place_bearer(school_id, listed, bearers) for school_id in senders}
    for file_id, found in read.items():
        if reason := _foreign(found, list_year, region_name):
            told[file_id] = _Verdict("foreign", reason)
        elif places[found.form_id.school_id] not in listed:
            told[file_id] = _Verdict("not_listed", f"школы {found.form_id.school_id} нет в перечне {list_year} года")
    own = {file: read[file.file_id] for file in files if file.file_id in read and file.file_id not in told}
    told |= _chosen(own)
    counted = [read[file_id].lines for file_id, verdict in told.items() if verdict.state_code == "counted"]
    rejects = [found.reading.rejects for found in read.values()]
    rejects += [_rejects(found.lines, told[file_id].state_code) for file_id, found in read.items()]
    rows = [_told(file, read.get(file.file_id), told[file.file_id], places) for file in files]
    return ProgrammeReturns(
        lines=_under_bearers(RETURNED_LINES.conform(_joined(RETURNED_LINES, counted)), places),
        returned=frozenset(places[found.form_id.school_id] for found in own.values()),
        files=PROGRAMME_FILES.conform(_joined(PROGRAMME_FILES, [pd.DataFrame(rows)])),
        rejects=REJECTS.conform(_joined(REJECTS, rejects)),
        source_files=SOURCE_FILES.conform(
            _joined(SOURCE_FILES, [pd.DataFrame([_described(file, read.get(file.file_id)) for file in files])])
        ),
    )


def returned_files(root: Path, list_year: int) -> tuple[SourceFile, ...]:
    """The returned files in the order of their deliveries, then of their paths."""
    folder = root / "raw" / str(list_year) / "programmes"
    return by_delivery(received_files(root, folder, list_year))


def _foreign(found: ProgrammeFile, list_year: int, region_name: str) -> str:
    """Why a form is not one of this list, Russian; empty where it is."""
    form_id = found.form_id
    if form_id.region_name != region_name:
        return f"программа школы другого региона («{form_id.region_name}»)"
    if form_id.list_year != list_year:
        return f"программа по перечню {form_id.list_year} года, а нужна по перечню {list_year} года"
    return ""


def _chosen(own: Mapping[SourceFile, ProgrammeFile]) -> dict[str, _Verdict]:
    """file_id -> verdict: of each school the latest delivery counts, then the fullest, then the last name."""

    def rank(file: SourceFile) -> tuple[bool, str, int, str]:
        lines = own[file].lines
        entries = lines[["measure_text", "responsible_text", "due_text", "indicator_text", "target_text"]]
        return len(lines) > 0, file.load_date, int(entries.notna().sum().sum()), file.file_id

    verdicts: dict[str, _Verdict] = {}
    best: dict[str, SourceFile] = {}
    for file in sorted(own, key=rank, reverse=True):
        school_id = own[file].form_id.school_id
        first = best.setdefault(school_id, file)
        if own[file].lines.empty:
            verdicts[file.file_id] = _Verdict("empty", "в форме нет ни одной заполненной строки, которую можно учесть")
        elif first == file:
            verdicts[file.file_id] = _Verdict("counted")
        else:
            later = "он получен позже" if first.load_date > file.load_date else "в нём заполнено не меньше"
            verdicts[file.file_id] = _Verdict("superseded", f"вместо этого файла учтён {first.file_id}: {later}")
    return verdicts


def _rejects(lines: pd.DataFrame, state_code: str) -> pd.DataFrame:
    """One reject per line of a file that does not count (`REJECTS`)."""
    if state_code not in STATE_REASONS:
        return REJECTS.empty()
    return lines[["file_id", "sheet_name", "row_number", "block_name"]].assign(
        stage_name="programmes",
        reason_code=STATE_REASONS[state_code],
        column_name="",
        value_text=None,
        is_service=state_code == "superseded",  # nobody has to act on it
    )


def _under_bearers(lines: pd.DataFrame, places: Mapping[str, str]) -> pd.DataFrame:
    """The lines under the schools whose programmes they are now."""
    return lines.assign(school_id=lines["school_id"].map(lambda school_id: places[school_id]).astype("str"))


def _told(
    file: SourceFile, found: ProgrammeFile | None, verdict: _Verdict, places: Mapping[str, str]
) -> dict[str, object]:
    """The row of `PROGRAMME_FILES` of a file."""
    remarks = [verdict.remark]
    school_id = places[found.form_id.school_id] if found else None
    if found is not None:
        if school_id != found.form_id.school_id:
            remarks.append(f"форму вернула школа {found.form_id.school_id}, в перечне её место занимает {school_id}")
        counts = found.reading.rejects["reason_code"].value_counts().sort_index()
        labels = [
            f"{reason_label(str(reason)).lower()} ({plural(int(count), 'раз', 'раза', 'раз')})"
            for reason, count in counts.items()
        ]
        remarks += [f"не учтено: {'; '.join(labels)}"] * bool(labels)
    return {
        "file_id": file.file_id,
        "school_id": school_id,
        "load_date": file.load_date,
        "line_count": len(found.lines) if found and verdict.state_code == "counted" else 0,
        "state_code": verdict.state_code,
        "remark_text": "; ".join(remark for remark in remarks if remark),
    }


def _described(file: SourceFile, found: ProgrammeFile | None) -> dict[str, object]:
    """The row of `SOURCE_FILES` of a returned file; one that was not read counts no rows."""
    return {
        "file_id": file.file_id,
        "sha256": file.sha256,
        "receipt_year": file.receipt_year,
        "load_date": file.load_date,
        "layout_id": found.reading.layout_id if found else "",
        "read_count": found.reading.read_count if found else 0,
        "kept_count": found.reading.kept_count if found else 0,
        "rejected_count": found.reading.rejected_count if found else 0,
    }


def _joined(table: Table, frames: Iterable[pd.DataFrame]) -> pd.DataFrame:
    """The frames of one table as one; an empty frame of the table where there are none."""
    found = [frame for frame in frames if not frame.empty]
    return pd.concat(found, ignore_index=True) if found else table.empty()
