"""All that came back for a period of the support: facts, what is told of every file, and who has not answered.

A bad file never stops the others: it gets a row of `SUPPORT_FILES` with a remark. A filled line is lost nowhere: what
is no fact goes to `rejects` with its place and reason, also the lines of a form that a later delivery replaces.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import pandas as pd

from pipeline import identity
from pipeline.errors import ConfigError, SourceError
from pipeline.register import municipality_names, valid_in
from pipeline.russian import reason_label
from pipeline.schema import Table
from pipeline.sources.grid import SourceFile, text
from pipeline.sources.reading import Reading
from pipeline.sources.received import by_delivery, received_files
from pipeline.sources.support_facts import FactLine
from pipeline.sources.support_form import SupportFile, read_support_file
from pipeline.support_judging import Question, judge_line, recognise_schools
from pipeline.support_request import PERIOD_TITLES, SupportId, asked_units, plan_in_force
from pipeline.tables.sources import REJECTS, SOURCE_FILES
from pipeline.tables.support import PERIODS, SUPPORT_FACTS, SUPPORT_FILES, SUPPORT_RETURNS

SHOWN_ROWS = 5  # rows named in a remark; all of them stand in the rejects


@dataclass(frozen=True)
class SupportReturns:
    """What came back.

    Args:
        facts: `SUPPORT_FACTS`, all counted: which of them tell the same event is not judged here.
        files: `SUPPORT_FILES`, every file with its state and remark.
        returns: `SUPPORT_RETURNS`, everybody who was asked.
        rejects: `REJECTS`.
        source_files: `SOURCE_FILES`.
    """

    facts: pd.DataFrame
    files: pd.DataFrame
    returns: pd.DataFrame
    rejects: pd.DataFrame
    source_files: pd.DataFrame


@dataclass(frozen=True)
class _Told:
    """What becomes of a file: its state and remark; of a replaced form also the content of what replaces it."""

    state_code: str
    remark: str = ""
    better: frozenset[tuple[str, ...]] = frozenset()


def read_returns(
    root: Path,
    plan_year: int,
    period: str,
    day: date,
    region_name: str,
    supported: pd.DataFrame,
    measures: pd.DataFrame,
    register: identity.Register,
) -> SupportReturns:
    """Every file below `raw/<plan year>/support/<period>/`, of November June's too, read and judged.

    Names that begin with «_», «.» or «~» are set aside.

    Args:
        root: the region's folder.
        plan_year: calendar year of the roadmap.
        period: one of `PERIODS`.
        day: the day of which is told; events after it do not count.
        region_name: the region as its forms name it; forms of another are foreign.
        supported: whom the support is for (`SUPPORTED_SCHOOLS`).
        measures: `MEASURES`, of any plans; the newest that is not later than the year is asked about.
        register: who is who.

    Raises:
        ConfigError: something lies beside the folders of the periods, where nobody would read it.
    """
    _refuse_misplaced(root, plan_year)
    periods = PERIODS[: PERIODS.index(period) + 1]
    placed = {file: own for own in periods for file in returned_files(root, plan_year, own)}
    read: dict[str, SupportFile] = {}
    told: dict[str, _Told] = {}
    firsts: dict[tuple[str, str], str] = {}
    for file, own in placed.items():
        first = firsts.setdefault((own, file.sha256), file.file_id)
        if first in read:
            told[file.file_id] = _Told("duplicate", f"точная копия файла {first}: учтён один раз")
            continue
        try:
            read[file.file_id] = read_support_file(file)
        except SourceError as error:
            told[file.file_id] = _Told("unreadable", _fault(error, file.file_id))
    question = Question(plan_year, day, measures, supported, register)
    towns = set(valid_in(register.municipalities, plan_year)["municipality_id"])
    for file, own in placed.items():
        found = read.get(file.file_id)
        if found and (reason := _foreign(found.form_id, region_name, plan_year, own, towns)):
            told[file.file_id] = _Told("foreign", reason)
    told |= _replaced([file for file in placed if file.file_id in read and file.file_id not in told], read)
    return _judge(placed, read, told, question, period)


def returned_files(root: Path, plan_year: int, period: str) -> tuple[SourceFile, ...]:
    """The returned files of one period in the order of their deliveries, then of their paths."""
    folder = root / "raw" / str(plan_year) / "support" / period
    return by_delivery(received_files(root, folder, plan_year))


def _refuse_misplaced(root: Path, plan_year: int) -> None:
    """Refuse files beside the folders of the periods: they would be lost without a word."""
    folder = root / "raw" / str(plan_year) / "support"
    for path in sorted(folder.iterdir()) if folder.is_dir() else ():
        if path.name not in PERIODS and not path.name.startswith(("_", ".", "~")):
            raise ConfigError(
                "Формы лежат не в папке своего срока: они не были бы прочитаны",
                where=path.relative_to(root).as_posix(),
                remedy=f"переложите их в {' или '.join(f'raw/{plan_year}/support/{period}' for period in PERIODS)}",
            )


def asked_municipalities(register: identity.Register, plan_year: int) -> dict[str, str]:
    """Code -> name of every municipality of the plan year, in the order of the codes."""
    names = municipality_names(register.municipalities, plan_year)
    codes = valid_in(register.municipalities, plan_year)["municipality_id"].unique()
    return {code: names[code] for code in sorted(codes)}


def _fault(error: SourceError, file_id: str) -> str:
    """What is wrong with a file and what to do; the file itself is named beside it already."""
    where = "" if error.where == file_id else error.where
    return SourceError(error.what, where=where, remedy=error.remedy).paragraph()


def _foreign(form_id: SupportId | None, region_name: str, plan_year: int, period: str, towns: set[str]) -> str:
    """Why a form is not one of this period, Russian; empty where it is."""
    if form_id is None:
        return ""
    if form_id.region_name != region_name:
        return f"форма другого региона («{form_id.region_name}»)"
    if (form_id.plan_year, form_id.period) != (plan_year, period):
        own = f"{PERIOD_TITLES[form_id.period]} {form_id.plan_year} года"
        return (
            f"форма за {own}, а лежит среди форм за {PERIOD_TITLES[period]} {plan_year} года: переложите её в "
            f"raw/{form_id.plan_year}/support/{form_id.period}"
        )
    if form_id.provider_code == "municipality" and form_id.unit not in towns:
        return f"муниципалитета «{form_id.unit}», которому выдана форма, нет в справочнике {plan_year} года"
    return ""


def _replaced(files: Iterable[SourceFile], read: Mapping[str, SupportFile]) -> dict[str, _Told]:
    """What is told of copies of a form beside the one that counts: the latest delivery, in one delivery the fullest.

    An empty copy never replaces a filled one: it is sent by mistake far oftener than to take everything back.
    """
    copies: dict[SupportId, list[SourceFile]] = {}
    for file in files:
        form_id = read[file.file_id].form_id
        if form_id is not None:
            copies.setdefault(form_id, []).append(file)
    told = {}
    for own in copies.values():
        sizes = {file: len(read[file.file_id].lines) for file in own}
        ranked = sorted(own, key=lambda file: (sizes[file] > 0, file.load_date, sizes[file], file.file_id))
        best = ranked.pop()
        better = frozenset(line.content for line in read[best.file_id].lines)
        for file in ranked:
            lost = [line for line in read[file.file_id].lines if line.content not in better]
            later = "она получена позже" if best.load_date > file.load_date else "в ней не меньше строк"
            later = "эта пуста" if sizes[best] and not sizes[file] else later
            remark = f"вместо этой формы учтена {best.file_id}: {later}"
            if lost:
                remark += f"; в учтённой нет строк, которые есть здесь: {_rows(lost)}; если они верны, внесите их в неё"
            state = "superseded" if lost or best.load_date != file.load_date else "duplicate"
            told[file.file_id] = _Told(state, remark, better)
    return told


def _rows(lines: list[FactLine]) -> str:
    """Where lines stand: «лист «Школы», строки 12, 15»."""
    by_sheet: dict[str, list[int]] = {}
    for line in lines:
        by_sheet.setdefault(line.sheet_name, []).append(line.row_number)
    parts = []
    for sheet_name, numbers in by_sheet.items():
        more = f" и ещё {len(numbers) - SHOWN_ROWS}" * (len(numbers) > SHOWN_ROWS)
        word = "строка" if len(numbers) == 1 else "строки"
        place = f"лист «{sheet_name}», " * bool(sheet_name)
        parts.append(f"{place}{word} {', '.join(map(str, numbers[:SHOWN_ROWS]))}{more}")
    return "; ".join(parts)


def _judge(
    placed: Mapping[SourceFile, str],
    read: Mapping[str, SupportFile],
    told: Mapping[str, _Told],
    question: Question,
    period: str,
) -> SupportReturns:
    """Every line kept or rejected, every file told, everybody who was asked looked for."""
    lines = [line for found in read.values() for line in found.lines]
    named = replace(question, names=recognise_schools(lines, question.register, question.plan_year))
    readings = {file_id: _close(found, told.get(file_id), named) for file_id, found in read.items()}
    rows = [
        _file_row(file, own, read.get(file.file_id), readings.get(file.file_id), told.get(file.file_id))
        for file, own in placed.items()
    ]
    files = SUPPORT_FILES.conform(_joined(SUPPORT_FILES, [pd.DataFrame(rows)]))
    facts = [found.tables[SUPPORT_FACTS.name] for found in readings.values() if SUPPORT_FACTS.name in found.tables]
    described = [_source_file(file, readings.get(file.file_id)) for file in placed]
    forms = {file_id: found.form_id for file_id, found in read.items() if found.form_id is not None}
    return SupportReturns(
        facts=SUPPORT_FACTS.conform(_joined(SUPPORT_FACTS, facts)),
        files=files,
        returns=_returns(files[files["period"] == period], forms, named),
        rejects=REJECTS.conform(_joined(REJECTS, [found.rejects for found in readings.values()])),
        source_files=SOURCE_FILES.conform(_joined(SOURCE_FILES, [pd.DataFrame(described)])),
    )


def _close(found: SupportFile, told: _Told | None, question: Question) -> Reading:
    """The account of a file: every line a fact or a reject."""
    account = found.account
    for line in found.lines:
        if told is not None:
            is_elsewhere = told.state_code != "foreign" and line.content in told.better
            reason = "foreign_support_form" if told.state_code == "foreign" else "superseded_support_form"
            account.reject(line.sheet_name, line.row_number, reason, is_service=is_elsewhere)
            continue
        verdict = judge_line(line, found.form_id, question)
        if verdict.values is not None:
            account.keep(SUPPORT_FACTS, line.sheet_name, line.row_number, **verdict.values)
        else:
            account.reject(
                line.sheet_name,
                line.row_number,
                verdict.reason_code,
                column=verdict.column_name,
                value=verdict.value,
                is_service=verdict.is_service,
            )
    return account.close()


def _file_row(
    file: SourceFile, period: str, found: SupportFile | None, reading: Reading | None, told: _Told | None
) -> dict[str, object]:
    """The row of `SUPPORT_FILES` of a file."""
    form_id = found.form_id if found else None
    provider = form_id.provider_code if form_id else "institute" if found else None
    fact_count = reading.kept_count if reading else 0
    line_count = len(found.lines) if found else 0
    remarks = [told.remark] if told else []
    if found and reading and not told:
        remarks += [*found.remarks, _rejects_remark(reading.rejects)]
        remarks.append("" if line_count else "возвращена пустой")
    return {
        "file_id": file.file_id,
        "provider_code": provider,
        "municipality_id": form_id.unit if form_id and provider == "municipality" else None,
        "period": period,
        "load_date": file.load_date,
        "line_count": line_count,
        "fact_count": fact_count,
        "state_code": told.state_code if told else "counted" if line_count else "empty",
        "remark_text": "; ".join(remark for remark in remarks if remark),
    }


def _rejects_remark(rejects: pd.DataFrame) -> str:
    """What was not taken of a file, by reason, and where: «не принято строк: 1 — … (лист «Школы», строка 12)»."""
    shown = rejects[~rejects["is_service"].astype(bool)]
    parts = []
    for reason, own in shown.groupby("reason_code", sort=True):
        label = reason_label(str(reason))
        places = [FactLine(text(s), int(r)) for s, r in zip(own["sheet_name"], own["row_number"], strict=True)]
        parts.append(f"{label[:1].lower()}{label[1:]} ({_rows(places)})")
    return f"не принято строк: {len(shown)} — {'; '.join(parts)}" if parts else ""


def _returns(files: pd.DataFrame, forms: Mapping[str, SupportId], question: Question) -> pd.DataFrame:
    """One row per municipality and unit of the institute that was asked (`SUPPORT_RETURNS`)."""
    measures = plan_in_force(question.measures, question.plan_year)
    supported = question.supported
    newest = supported[supported["list_year"] == supported["list_year"].max()]
    own_files: dict[tuple[str, str], list[str]] = {}
    is_foreign = set(files.loc[files["state_code"] == "foreign", "file_id"])
    for file_id in files["file_id"]:
        if file_id in forms and file_id not in is_foreign:
            own_files.setdefault((forms[file_id].provider_code, forms[file_id].unit), []).append(file_id)
    counts = dict(zip(files["file_id"], files["fact_count"], strict=True))
    rows = []
    for unit in asked_units(measures, asked_municipalities(question.register, question.plan_year)):
        found = own_files.get((unit.provider_code, unit.code), [])
        schools = newest if unit.municipality_id is None else newest[newest["municipality_id"] == unit.municipality_id]
        rows.append(
            {
                "provider_code": unit.provider_code,
                "unit_name": unit.name,
                "municipality_id": unit.municipality_id,
                "school_count": len(schools),
                "file_count": len(found),
                "fact_count": sum(int(counts[file_id]) for file_id in found),
                "is_returned": bool(found),
            }
        )
    return SUPPORT_RETURNS.conform(_joined(SUPPORT_RETURNS, [pd.DataFrame(rows)]))


def _source_file(file: SourceFile, reading: Reading | None) -> dict[str, object]:
    """The row of `SOURCE_FILES` of a returned file; one that was not read counts no rows."""
    return {
        "file_id": file.file_id,
        "sha256": file.sha256,
        "receipt_year": file.receipt_year,
        "load_date": file.load_date,
        "layout_id": reading.layout_id if reading else "",
        "read_count": reading.read_count if reading else 0,
        "kept_count": reading.kept_count if reading else 0,
        "rejected_count": reading.rejected_count if reading else 0,
    }


def _joined(table: Table, frames: Iterable[pd.DataFrame]) -> pd.DataFrame:
    """The frames of one table as one; an empty frame of the table where there are none."""
    found = [frame for frame in frames if not frame.empty]
    return pd.concat(found, ignore_index=True) if found else table.empty()
