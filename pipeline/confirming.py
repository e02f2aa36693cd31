"""The confirmation of data between disk and core: forms out, returned files in, objections registered and decided."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

import pandas as pd

from pipeline import methodology
from pipeline.confirmation import STATUS_TITLES, ConfirmForm, SchoolFigures, judge_answers, school_figures
from pipeline.correspondence import ConfirmBook, confirm_books, write_confirmation_letters
from pipeline.errors import ConfigError, SourceError, StoreError
from pipeline.objection_files import (
    add_corrections,
    corrected_objections,
    load_confirmations,
    load_history,
    load_objections,
    save_confirmations,
    save_history,
    save_objections,
    withdraw_correction,
)
from pipeline.objections import Decided, Decision, Revised, Revision, decide, register_new, revise
from pipeline.order_lock import orders_locked
from pipeline.outputs.confirmation import render
from pipeline.outputs.objections import render as render_objections
from pipeline.region import load_region, reference_table
from pipeline.register import alphabetical, municipality_names, valid_in
from pipeline.russian import reason_label, value_text
from pipeline.schema import records
from pipeline.sources.confirmation import ReturnedFile, read_confirmation
from pipeline.sources.grid import SourceFile, source_file
from pipeline.sources.objection_decisions import DecisionsRead, read_decisions
from pipeline.sources.received import by_delivery, received_files
from pipeline.store import Published, write_whole
from pipeline.tables import reference
from pipeline.tables.orders import RETURNED_ANSWERS, RETURNED_OBJECTIONS
from pipeline.tables.results import RESULTS

SHOWN_SCHOOLS = 5


@dataclass(frozen=True)
class FormsWritten:
    """What became of the forms: written, and kept because somebody has filled them in where they lay."""

    written: tuple[str, ...]
    kept: tuple[str, ...]
    school_count: int


@dataclass(frozen=True)
class Returns:
    """What came back.

    Args:
        file_count: workbooks that were read.
        read_count, kept_count: records in them, and how many of them were kept; the others are in `remarks`.
        confirmations: `CONFIRMATIONS` of the year.
        changed: answers that differ from what was read before, a Russian line each.
        new: the objections that were added (`OBJECTIONS`).
        remarks: everything that was not taken or is contradictory, a Russian line each.
    """

    file_count: int
    read_count: int
    kept_count: int
    confirmations: pd.DataFrame
    changed: tuple[str, ...]
    new: pd.DataFrame
    remarks: tuple[str, ...]


def newest_published(root: Path, year: int) -> Published:
    """What was published last of the year: the monitoring or the identification, or the fault that there is neither."""
    found = []
    for flow in ("monitoring", "identification"):
        try:
            found.append(Published(root, flow, year))
        except StoreError as error:
            fault = error
    if not found:
        raise fault
    return max(found, key=_started)


def asked_schools(root: Path, year: int) -> pd.DataFrame:
    """The schools that work in the year (`SCHOOLS`), municipality by municipality in the order of their names."""
    schools = valid_in(reference_table(root, reference.SCHOOLS), year)
    order = schools["school_name"].map(alphabetical)
    places = sorted(
        schools.index, key=lambda i: (schools.at[i, "municipality_id"], order[i], schools.at[i, "school_id"])
    )
    return schools.loc[places].reset_index(drop=True)


def write_forms(root: Path, year: int, deadline: date | None) -> FormsWritten:
    """Write a workbook and a letter per municipality to `forms/<year>/confirm/`; a filled workbook is left alone."""
    region, schools = load_region(root), asked_schools(root, year)
    figures = form_figures(root, year, schools)
    names = municipality_names(reference_table(root, reference.MUNICIPALITIES), year)
    files = confirm_books(names, year)
    written, kept, books = [], [], []
    for municipality_id in schools["municipality_id"].unique():
        name = names[municipality_id]
        form = ConfirmForm(region.name, municipality_id, name, year, figures[municipality_id], deadline, region.is_demo)
        file = files[municipality_id]
        books.append(ConfirmBook(name, tuple(school.school_name for school in form.schools), file))
        if _is_filled(root / file, root, region.name, year):
            kept.append(file)
            continue
        write_whole(root, file, render(form))
        written.append(file)
    write_confirmation_letters(root, year, books, deadline)
    return FormsWritten(tuple(written), tuple(kept), len(schools))


def read_returns(root: Path, year: int, today: date) -> Returns:
    """Read `raw/<year>/confirm/`, write the answers and add the new objections; nothing is written where that fails."""
    with orders_locked(root):
        return _read_returns(root, year, today)


def _read_returns(root: Path, year: int, today: date) -> Returns:
    """What `read_returns` does while nobody else changes what people decide."""
    schools, region = asked_schools(root, year), load_region(root)
    known_ids = frozenset(schools["school_id"])
    files = returned_files(root, year)
    read: list[ReturnedFile] = []
    remarks: list[str] = []
    firsts: dict[str, str] = {}
    for file in files:
        first = firsts.setdefault(file.sha256, file.file_id)
        if first != file.file_id:
            remarks.append(f"{file.file_id}: точная копия файла {first}, учтён один раз")
            continue
        try:
            read.append(read_confirmation(file, region.name, year, known_ids))
            if not read[-1].reading.read_count:
                remarks.append(f"{file.file_id}: книга возвращена незаполненной")
        except SourceError as error:
            remarks.append(error.paragraph())
    remarks += [line for found in read for line in _reject_lines(found)]
    remarks += _outdated(read, root, year, schools)
    answers = _joined(found.table(RETURNED_ANSWERS) for found in read)
    lines = _joined(found.table(RETURNED_OBJECTIONS) for found in read)
    answers = RETURNED_ANSWERS.typed(answers) if len(answers) else RETURNED_ANSWERS.empty()
    lines = RETURNED_OBJECTIONS.typed(lines) if len(lines) else RETURNED_OBJECTIONS.empty()
    # The same line in a later delivery is the same objection, also where the answers are counted.
    told = lines.drop_duplicates(
        [name for name in lines.columns if name not in ("file_id", "sheet_name", "row_number")]
    )
    loads = {file.file_id: file.load_date for file in files}
    confirmations, contradictions = judge_answers(answers, told, schools, loads, year)
    objections, new = register_new(load_objections(root), lines, year, today)
    changed = _changed(load_confirmations(root, year), confirmations, schools)
    if len(new):
        save_objections(root, objections)
    save_confirmations(root, year, confirmations)
    readings = [found.reading for found in read]
    return Returns(
        len(read),
        sum(reading.read_count for reading in readings),
        sum(reading.kept_count for reading in readings),
        confirmations,
        changed,
        new,
        (*remarks, *contradictions),
    )


def returned_files(root: Path, year: int) -> tuple[SourceFile, ...]:
    """The returned files in the order of their deliveries, then of their paths; «_», «.» and «~» are set aside."""
    folder = root / "raw" / str(year) / "confirm"
    return by_delivery(received_files(root, folder, year))


def record_decisions(root: Path, year: int, decisions: Iterable[Decision]) -> tuple[Decided, tuple[str, ...]]:
    """Take decisions about objections of a year: write them and the corrections that follow.

    Returns:
        What was decided and refused, and the files of corrections that were changed.
    """
    names = _school_names(root)
    results = newest_published(root, year).read(RESULTS)
    with orders_locked(root):
        decided = decide(load_objections(root), decisions, results, year, names, load_history(root))
        # First the corrections: should the second file fail, deciding again finds them and adds nothing.
        changed = add_corrections(root, decided.corrections)
        if decided.done:
            save_objections(root, decided.objections)
    return decided, changed


def revise_decision(root: Path, year: int, revision: Revision) -> tuple[Revised, tuple[str, ...]]:
    """Revise a decision about an objection: the old one goes to the history, its correction no longer counts.

    Returns:
        What was done or refused, and the files that were changed.
    """
    results = newest_published(root, year).read(RESULTS)
    with orders_locked(root):
        found = revise(
            load_objections(root),
            load_history(root),
            revision,
            results,
            year,
            _school_names(root),
            corrected_objections(root),
        )
        if found.refused:
            return found, ()
        # The decision last: a command that was cut off is repeated and finds the rest done.
        save_history(root, found.history)
        changed = withdraw_correction(root, found.withdrawn) if found.withdrawn else ()
        changed += add_corrections(root, [found.correction] if found.correction else [])
        save_objections(root, found.objections)
    return found, changed


def _school_names(root: Path) -> dict[str, str]:
    """school_id -> name, of every school of the register."""
    schools = reference_table(root, reference.SCHOOLS)
    return dict(zip(schools["school_id"], schools["school_name"], strict=True))


def school_places(root: Path, year: int) -> dict[str, tuple[str, str]]:
    """school_id -> name of its municipality in the year and its own name, of every school of the register."""
    schools = reference_table(root, reference.SCHOOLS)
    names = municipality_names(reference_table(root, reference.MUNICIPALITIES), year)
    return {
        row["school_id"]: (names.get(row["municipality_id"], row["municipality_id"]), row["school_name"])
        for row in records(schools)
    }


def write_commission_workbook(root: Path, year: int, output: Path | None) -> tuple[Path, int]:
    """Write the undecided objections of a year as a workbook; gives its path and how many there are (0: not written).

    Raises:
        ConfigError: the file exists already and holds decisions, or is not to be an .xlsx.
    """
    path = output or root / "forms" / str(year) / "Возражения для комиссии.xlsx"
    if path.suffix.lower() != ".xlsx":
        raise ConfigError(f"«{path.name}» — не книга Excel", where="параметр --output", remedy="укажите файл .xlsx")
    known = load_objections(root)
    undecided = known[(known["year"] == year) & (known["decision_code"] == "undecided")]
    if undecided.empty:
        return path, 0
    region = load_region(root)
    if path.is_file() and _holds_decisions(path, known, region.name, year):
        raise ConfigError(
            "В этой книге уже есть решения комиссии; поверх неё ничего не записано",
            where=str(path),
            remedy="прочитайте её (shnro objections read) или укажите другой файл в --output",
        )
    content = render_objections(
        undecided, school_places(root, year), region_name=region.name, year=year, is_demo=region.is_demo
    )
    write_whole(path.parent, path.name, content)
    return path, len(undecided)


def read_commission_workbook(
    root: Path, year: int, file: Path, today: date
) -> tuple[DecisionsRead, Decided, tuple[str, ...]]:
    """Read the commission's workbook and take its decisions.

    Returns:
        What was read, what was decided, and the files of corrections that were changed.
    """
    if not file.is_file():
        raise SourceError("Файл не найден", where=str(file), remedy="проверьте путь")
    found = read_decisions(
        source_file(file, file.parent, year), load_objections(root), load_region(root).name, year, today
    )
    decided, changed = record_decisions(root, year, found.decisions)
    return found, decided, changed


def _holds_decisions(path: Path, known: pd.DataFrame, region_name: str, year: int) -> bool:
    """Whether a workbook lies there that is not ours to replace: with decisions in it, or another one."""
    try:
        found = read_decisions(source_file(path, path.parent, year), known, region_name, year, date.max)
    except SourceError:
        return True
    return bool(found.decisions or found.refused)


def _started(published: Published) -> datetime:
    """When a publication was computed; one that does not say so counts as the oldest."""
    told = str(published.manifest.get("started_at") or "")
    return datetime.fromisoformat(told).astimezone() if told else datetime(1990, 1, 1).astimezone()


def form_figures(root: Path, year: int, schools: pd.DataFrame) -> dict[str, tuple[SchoolFigures, ...]]:
    """Municipality -> the figures that its schools are asked to confirm, as published now."""
    published = newest_published(root, year)
    edition = str(published.manifest.get("edition", methodology.DEFAULT_EDITION))
    window = methodology.load(edition, root).stability.window_years
    results, years = published.read(RESULTS), range(year - window + 1, year + 1)
    return {
        str(municipality_id): school_figures(results, schools, str(municipality_id), years)
        for municipality_id in schools["municipality_id"].unique()
    }


def _outdated(read: list[ReturnedFile], root: Path, year: int, schools: pd.DataFrame) -> list[str]:
    """One line about the schools whose answers are about figures that have changed since; none where nobody's have."""
    if not read:
        return []
    now = {own.school_id: own for found in form_figures(root, year, schools).values() for own in found}
    changed = {
        school_id
        for found in read
        for table in (RETURNED_ANSWERS, RETURNED_OBJECTIONS)
        for school_id in found.table(table)["school_id"]
        if now[school_id].digest != found.form_id.digests[school_id]
    }
    if not changed:
        return []
    shown = ", ".join(f"{now[s].school_name} ({s})" for s in sorted(changed)[:SHOWN_SCHOOLS])
    return [
        "Данные изменились после того, как книги были выданы; ответы относятся к прежним числам: "
        f"{shown} (всего школ: {len(changed)})"
    ]


def _is_filled(path: Path, root: Path, region_name: str, year: int) -> bool:
    """Whether a form lies there that is not ours to replace: with anything in it, or unreadable."""
    if not path.is_file():
        return False
    try:
        return read_confirmation(source_file(path, root, year), region_name, year, frozenset()).reading.read_count > 0
    except SourceError:
        return True


def _joined(frames: Iterable[pd.DataFrame]) -> pd.DataFrame:
    found = [frame for frame in frames if not frame.empty]
    return pd.concat(found, ignore_index=True) if found else pd.DataFrame()


def _reject_lines(found: ReturnedFile) -> list[str]:
    """One line per fault of a sheet: the rows that were not taken, the reason, what stood there."""
    rows: dict[tuple[str, str, str], list[int]] = {}
    for row in records(found.reading.rejects):
        shown = f"«{row['value_text']}»" if row["value_text"] is not None else ""
        about = ": ".join(filter(None, (value_text("column_name", row["column_name"]), shown)))
        rows.setdefault((row["sheet_name"], row["reason_code"], about), []).append(row["row_number"])
    return [
        f"{found.reading.file.file_id}, лист «{sheet}», строка {', '.join(map(str, sorted(numbers)))}: "
        f"{reason_label(reason)}" + (f" ({about})" if about else "")
        for (sheet, reason, about), numbers in sorted(rows.items(), key=lambda item: (item[0][0], min(item[1])))
    ]


def _changed(before: pd.DataFrame, after: pd.DataFrame, schools: pd.DataFrame) -> tuple[str, ...]:
    """The schools whose answer is not the one that was read before."""
    if before.empty:
        return ()
    names = dict(zip(schools["school_id"], schools["school_name"], strict=True))
    old = dict(zip(before["school_id"], before["status_code"], strict=True))
    return tuple(
        f"{names[row['school_id']]} ({row['school_id']}): {STATUS_TITLES[old[row['school_id']]]} → "
        f"{STATUS_TITLES[row['status_code']]}"
        for row in records(after)
        if old.get(row["school_id"], row["status_code"]) != row["status_code"]
    )
