"""All that came back in the survey: the answers that count, and what is told to the operator of every file.

A bad file never stops the others: it gets a row of `SURVEY_FILES` with a remark. Answers are lost nowhere: what does
not count goes to `rejects` with its place and reason.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from pipeline import identity
from pipeline.errors import SourceError
from pipeline.questionnaire import Questionnaire
from pipeline.russian import percent, plural, reason_label
from pipeline.schema import Table
from pipeline.sources.grid import SourceFile
from pipeline.sources.received import by_delivery, received_files
from pipeline.sources.survey import SurveyFile, read_survey_file
from pipeline.survey_choice import Unit, Verdict, choose, foreign_reason, respondents
from pipeline.tables.causes import SURVEY_ANSWERS, SURVEY_FILES, SURVEY_RESPONSES
from pipeline.tables.reference import CODE_KINDS
from pipeline.tables.sources import REJECTS, SOURCE_FILES

HALF_FILLED = 0.5  # below it a file is called half-filled: a remark for the operator, nothing is left out by it
SHOWN_SCHOOLS = 3  # names in a remark; the whole of them stands in the rejects
STATE_REASONS: Mapping[str, str] = {
    "foreign": "foreign_form",
    "unknown_school": "unknown_school",
    "not_surveyed": "not_surveyed",
    "duplicate": "duplicate_form",
    "superseded": "superseded_form",
}
HARMLESS = ("not_surveyed", "duplicate", "superseded")  # nobody has to act on them
# Of several schools in one file the first state that any of them has is the state of the file.
STATE_ORDER = ("counted", "superseded", "duplicate", "not_surveyed", "unknown_school", "foreign", "empty")


@dataclass(frozen=True)
class SurveyReturns:
    """What came back.

    Args:
        answers: `SURVEY_ANSWERS` of the surveyed schools, from the files that count.
        files: `SURVEY_FILES`, every file with its state and remark.
        rejects: `REJECTS`.
        source_files: `SOURCE_FILES`.
    """

    answers: pd.DataFrame
    files: pd.DataFrame
    rejects: pd.DataFrame
    source_files: pd.DataFrame


@dataclass(frozen=True)
class _Asked:
    """Who was asked what: year, region, school_id -> name of the surveyed schools, statements."""

    year: int
    region_name: str
    schools: Mapping[str, str]
    questionnaire: Questionnaire


def read_returns(
    root: Path,
    year: int,
    region_name: str,
    surveyed: pd.DataFrame,
    register: identity.Register,
    questionnaire: Questionnaire,
) -> SurveyReturns:
    """Every file below `raw/<year>/survey/`, read and judged; names that begin with «_», «.» or «~» are set aside.

    Args:
        root: the region's folder.
        year: year of decision.
        region_name: the region as its forms name it; forms of another are foreign.
        surveyed: the schools that are asked: at least `school_id` and `school_name`.
        register: who is who, for exports that name schools in words.
        questionnaire: the statements that were asked.
    """
    files = survey_files(root, year)
    names = dict(zip(surveyed["school_id"], surveyed["school_name"], strict=True))
    read: dict[str, SurveyFile] = {}
    unread: dict[str, Verdict] = {}
    firsts: dict[str, str] = {}
    for file in files:
        first = firsts.setdefault(file.sha256, file.file_id)
        if first in read:
            unread[file.file_id] = Verdict("duplicate", f"точная копия файла {first}: ответы учтены один раз")
            continue
        try:
            read[file.file_id] = read_survey_file(file, questionnaire, year)
        except SourceError as error:
            unread[file.file_id] = Verdict("unreadable", _told(error, file.file_id))
    return _judge(files, read, unread, _Asked(year, region_name, names, questionnaire), register)


def _told(error: SourceError, file_id: str) -> str:
    """What is wrong with a file and what to do; the file itself is named beside it already."""
    where = "" if error.where == file_id else error.where
    return SourceError(error.what, where=where, remedy=error.remedy).paragraph()


def survey_files(root: Path, year: int) -> tuple[SourceFile, ...]:
    """The returned files in the order of their deliveries, then of their paths."""
    folder = root / "raw" / str(year) / "survey"
    return by_delivery(received_files(root, folder, year))


def _judge(
    files: tuple[SourceFile, ...],
    read: Mapping[str, SurveyFile],
    unread: Mapping[str, Verdict],
    asked: _Asked,
    register: identity.Register,
) -> SurveyReturns:
    """The answers that count, and what is told of every file."""
    responses = _recognised(_joined(SURVEY_RESPONSES, [found.responses for found in read.values()]), register, asked)
    foreign = {
        file_id: reason
        for file_id, found in read.items()
        if (reason := foreign_reason(file_id, found.form_id, asked.year, asked.region_name, asked.schools))
    }
    verdicts = _verdicts(responses[~responses["file_id"].isin(list(foreign))], files, read, asked)
    judged = responses.assign(state_code=_states(responses, foreign, verdicts, asked))
    nothing = judged.iloc[:0]
    own = {str(file_id): rows for file_id, rows in judged.groupby("file_id", sort=False)}
    told = [
        _unread_file(file.file_id, unread[file.file_id])
        if file.file_id in unread
        else _read_file(
            file.file_id,
            read[file.file_id],
            own.get(file.file_id, nothing),
            foreign.get(file.file_id, ""),
            verdicts,
            asked,
        )
        for file in files
    ]
    rejects = [found.reading.rejects for found in read.values()]
    rejects += [_rejects(judged[judged["state_code"] == state], state) for state in STATE_REASONS]
    described = [_source_file(file, read.get(file.file_id)) for file in files]
    return SurveyReturns(
        answers=SURVEY_ANSWERS.conform(judged.loc[judged["state_code"] == "counted", [*SURVEY_ANSWERS.column_names]]),
        files=SURVEY_FILES.conform(_joined(SURVEY_FILES, [pd.DataFrame(told)])),
        rejects=REJECTS.conform(_joined(REJECTS, rejects)),
        source_files=SOURCE_FILES.conform(_joined(SOURCE_FILES, [pd.DataFrame(described)])),
    )


def _recognised(responses: pd.DataFrame, register: identity.Register, asked: _Asked) -> pd.DataFrame:
    """The responses with `school_id`, missing where the school is not known."""
    codes = register.school_codes
    is_valid = (codes["valid_from_year"].fillna(0) <= asked.year) & (codes["valid_to_year"].fillna(9999) >= asked.year)
    valid = codes[is_valid]
    kinds: dict[str, str] = {}
    for kind in CODE_KINDS:
        for code in valid.loc[valid["code_kind"] == kind, "code"]:
            kinds.setdefault(code.lower(), kind)
    # An export does not say which of a school's codes it gives: the project's own comes first, then the others.
    own = set(register.schools["school_id"])
    told = [None if pd.isna(c) or c in own else kinds.get(c.lower()) for c in responses["code_text"]]
    named = responses.assign(code_kind=pd.Series(told, index=responses.index, dtype="str"))
    recognised = identity.recognise(identity.references({"survey": named}), register, asked.year)
    return identity.attach(named, recognised)


def _verdicts(
    responses: pd.DataFrame, files: tuple[SourceFile, ...], read: Mapping[str, SurveyFile], asked: _Asked
) -> dict[tuple[str, str], Verdict]:
    """(file_id, school_id) -> verdict, for the surveyed schools."""
    loads = {file.file_id: file.load_date for file in files}
    surveyed = responses[responses["school_id"].isin(list(asked.schools))]
    units = []
    for (file_id, school_id), own in surveyed.groupby(["file_id", "school_id"], sort=True):
        found = read[str(file_id)]
        part = None if found.is_online else found.part
        units.append(Unit(str(file_id), str(school_id), found.group_code, part, loads[str(file_id)], respondents(own)))
    return choose(units)


def _states(
    responses: pd.DataFrame,
    foreign: Mapping[str, str],
    verdicts: Mapping[tuple[str, str], Verdict],
    asked: _Asked,
) -> list[str]:
    """What becomes of each response: a state of its file, or `unknown_school`."""

    def state(file_id: str, school_id: object) -> str:
        if file_id in foreign:
            return "foreign"
        if not isinstance(school_id, str):
            return "unknown_school"
        return verdicts[file_id, school_id].state_code if school_id in asked.schools else "not_surveyed"

    return [state(*place) for place in zip(responses["file_id"], responses["school_id"], strict=True)]


def _read_file(
    file_id: str,
    found: SurveyFile,
    own: pd.DataFrame,
    foreign: str,
    verdicts: Mapping[tuple[str, str], Verdict],
    asked: _Asked,
) -> dict[str, object]:
    """The row of `SURVEY_FILES` of a file that was read; `own` are its judged responses."""
    counted = own[own["state_code"] == "counted"]
    respondent_count, answer_count = _respondent_count(counted), int(counted["answer_count"].sum())
    asked_count = respondent_count * len(asked.questionnaire.group_items(found.group_code))
    states = set(own["state_code"]) or {"foreign" if foreign else "empty"}
    state_code = next(state for state in STATE_ORDER if state in states)
    remarks = [foreign] if foreign else [_school_remark(own, verdicts), *found.remarks]
    remarks.append(_rejects_remark(found.reading.rejects))
    if state_code == "empty":
        remarks.append("нет ни одного ответа, который можно учесть")
    if state_code == "counted" and answer_count < HALF_FILLED * asked_count:
        state_code = "partial"
        remarks.append(f"заполнено {percent(answer_count / asked_count, 0)} ответов: анкету стоит вернуть школе")
    school_ids = own["school_id"].dropna().unique()
    only = found.form_id.school_id if found.form_id and found.form_id.school_id else None
    return {
        "file_id": file_id,
        "school_id": only or (school_ids[0] if len(school_ids) == 1 else None),
        "group_code": found.group_code,
        "state_code": state_code,
        "respondent_count": respondent_count,
        "answer_count": answer_count,
        "remark_text": "; ".join(remark for remark in remarks if remark),
    }


def _school_remark(own: pd.DataFrame, verdicts: Mapping[tuple[str, str], Verdict]) -> str:
    """What is to be said of the schools in a file: not known, not surveyed, counted from another file."""
    told = []
    unknown = own[own["state_code"] == "unknown_school"]
    if not unknown.empty:
        named = unknown["school_text"].fillna(unknown["code_text"])
        names = sorted(named.dropna().unique())
        told.append(
            f"школа не найдена в реестре: {names[0]}"
            if len(names) == 1
            else f"школы не найдены в реестре: {', '.join(names[:SHOWN_SCHOOLS])} (всего таких: {len(names)})"
        )
    strange = sorted(own.loc[own["state_code"] == "not_surveyed", "school_id"].unique())
    if strange:
        told.append(
            f"школа не обследуется: {strange[0]}"
            if len(strange) == 1
            else f"школы не обследуются: {', '.join(strange[:SHOWN_SCHOOLS])} (всего таких: {len(strange)})"
        )
    for school_id in sorted(own["school_id"].dropna().unique()):
        verdict = verdicts.get((str(own["file_id"].iloc[0]), school_id))
        if verdict is not None and verdict.remark:
            told.append(verdict.remark)
    return "; ".join(dict.fromkeys(told))


def _rejects_remark(rejects: pd.DataFrame) -> str:
    """What was not taken of a file, by reason: «не учтено: ответ анкеты — не число от 1 до 5 (3 раза)»."""
    counts = rejects["reason_code"].value_counts().sort_index()
    told = [
        f"{_lower(reason_label(str(reason)))} ({plural(int(count), 'раз', 'раза', 'раз')})"
        for reason, count in counts.items()
    ]
    return f"не учтено: {'; '.join(told)}" if told else ""


def _lower(label: str) -> str:
    """A label within a sentence: its first letter small."""
    return label[:1].lower() + label[1:]


def _respondent_count(responses: pd.DataFrame) -> int:
    """How many people answered; of a tally sheet, as many as gave an answer to its fullest statement."""
    is_tally = responses["respondent_number"] == 0
    single = responses.loc[~is_tally, ["sheet_name", "respondent_number"]].drop_duplicates()
    sums = responses[is_tally].groupby(["sheet_name", "item_code"])["answer_count"].sum()
    return len(single) + int(sums.groupby("sheet_name").max().sum())


def _rejects(responses: pd.DataFrame, state_code: str) -> pd.DataFrame:
    """One reject per row of a file whose answers do not count (`REJECTS`)."""
    places = responses[["file_id", "sheet_name", "row_number"]].drop_duplicates()
    return places.assign(
        block_name="",
        stage_name="survey",
        reason_code=STATE_REASONS[state_code],
        column_name="",
        value_text=None,
        is_service=state_code in HARMLESS,
    )


def _unread_file(file_id: str, verdict: Verdict) -> dict[str, object]:
    """The row of `SURVEY_FILES` of a file that gave nothing."""
    return {
        "file_id": file_id,
        "school_id": None,
        "group_code": None,
        "state_code": verdict.state_code,
        "respondent_count": 0,
        "answer_count": 0,
        "remark_text": verdict.remark,
    }


def _source_file(file: SourceFile, found: SurveyFile | None) -> dict[str, object]:
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
