"""What the register of causes still lacks, school by school: returns of the survey and remarks in plain Russian.

Elsewhere most plans of improvement were found to lack required elements; a machine reads every row so that nobody has
to find that out a year later.
"""

import pandas as pd

from pipeline.cause_scores import minimums, respondents
from pipeline.methodology.rules import CausesRules
from pipeline.questionnaire import COUNTED_GROUPS, GROUP_TITLES
from pipeline.russian import plural
from pipeline.schema import records
from pipeline.tables.causes import GROUPS, REGISTER_REMARKS, SURVEY_RETURNS

# Element of a row of the register -> remark, and what is said of its lack.
ELEMENTS = {
    "measure_number": ("no_measure", "не указана мера дорожной карты"),
    "responsible_text": ("no_responsible", "не указан ответственный"),
    "due_text": ("no_due_date", "не указан срок"),
}


def survey_returns(
    answers: pd.DataFrame, files: pd.DataFrame, surveyed: pd.DataFrame, year: int, rules: CausesRules
) -> pd.DataFrame:
    """One row per surveyed school and group: what came back and what is still missing (`SURVEY_RETURNS`).

    Args:
        answers: `SURVEY_ANSWERS`.
        files: `SURVEY_FILES`: which files came, of which school and group, and whether they count.
        surveyed: `SURVEYED_SCHOOLS`.
        year: year of decision.
        rules: fewest respondents.
    """
    own = answers[answers["year"] == year]
    by_group = ["school_id", "group_code"]
    frame = surveyed[["school_id", "municipality_id", "school_name"]].merge(
        pd.DataFrame({"group_code": GROUPS}), how="cross"
    )
    # An online form of many schools is a file of each school that answered in it.
    sent = pd.concat([own[[*by_group, "file_id"]], files[[*by_group, "file_id"]].dropna()]).drop_duplicates()
    file_counts = sent.groupby(by_group).size().rename("file_count").reset_index()
    frame = frame.merge(respondents(own), on=by_group, how="left").merge(file_counts, on=by_group, how="left")
    frame = frame.assign(
        year=year,
        respondent_count=frame["respondent_count"].fillna(0).astype("int64"),
        file_count=frame["file_count"].fillna(0).astype("int64"),
    )
    least = minimums(rules)
    judged = [
        _judged(str(group), int(count), int(came), least[str(group)])
        for group, count, came in zip(frame["group_code"], frame["respondent_count"], frame["file_count"], strict=True)
    ]
    codes, texts = zip(*judged, strict=True) if judged else ((), ())
    return SURVEY_RETURNS.typed(frame.assign(return_code=codes, missing_text=texts)).sort_values(
        list(SURVEY_RETURNS.key), ignore_index=True
    )


def remarks(register: pd.DataFrame, returns: pd.DataFrame, surveyed: pd.DataFrame, year: int) -> pd.DataFrame:
    """One row per surveyed school and thing that its part of the register lacks (`REGISTER_REMARKS`).

    Pupils and parents take part if they wish: their absence is told and blocks nothing. A cause of high significance
    without measure, responsible unit or due date does block, and so does a school that has sent nothing.

    Args:
        register: `REGISTER_OF_CAUSES`.
        returns: `SURVEY_RETURNS`.
        surveyed: `SURVEYED_SCHOOLS`.
        year: year of decision.
    """
    rows = [*_of_returns(returns), *_of_schools(register), *_of_causes(register), *_of_successors(surveyed)]
    columns = ["school_id", "remark_code", "subject_code", "is_blocking", "remark_text"]
    table = pd.DataFrame(rows, columns=columns).merge(
        surveyed.drop(columns=["is_signed", "former_ids", "former_names"]), on="school_id"
    )
    return REGISTER_REMARKS.typed(table.assign(year=year)).sort_values(list(REGISTER_REMARKS.key), ignore_index=True)


def _judged(group: str, count: int, file_count: int, minimum: int) -> tuple[str, str]:
    """The code of a return and what is missing, Russian."""
    if count >= minimum:
        return "returned", ""
    if count:
        told = plural(count, "человек", "человека", "человек")
        return "partial", f"{GROUP_TITLES[group]}: ответов мало ({told}), нужно не меньше {minimum}"
    if file_count:
        return "unusable", f"{GROUP_TITLES[group]}: присланное не читается или не заполнено"
    if group in COUNTED_GROUPS:
        return "voluntary", f"{GROUP_TITLES[group]}: ответов нет (участие добровольное)"
    return "missing", f"{GROUP_TITLES[group]}: анкета не возвращена"


def _of_returns(returns: pd.DataFrame) -> list[tuple[str, str, str, bool, str]]:
    """Remarks about groups of respondents; a school that has sent nothing at all has one instead of four."""
    found = []
    for school_id, rows in returns.groupby("school_id", sort=True):
        if (rows["file_count"] == 0).all():
            text = "ни одна анкета не возвращена: о причинах можно судить только по имеющимся данным"
            found.append((str(school_id), "nothing_returned", "", True, text))
            continue
        for row in records(rows):
            code = {"partial": "group_small", "unusable": "group_unusable"}.get(row["return_code"], "group_missing")
            if row["return_code"] != "returned":
                is_blocking = row["return_code"] in ("missing", "unusable")
                found.append((str(school_id), code, row["group_code"], is_blocking, row["missing_text"]))
    return found


def _of_schools(register: pd.DataFrame) -> list[tuple[str, str, str, bool, str]]:
    """Remarks about a school's causes as a whole: none established, or all resting on one statement."""
    found = []
    for school_id, rows in register.groupby("school_id", sort=True):
        statuses = set(rows["status_code"])
        if statuses == {"not_established"}:
            text = f"причины не установлены: {rows['source_text'].iloc[0]}"
            found.append((str(school_id), "not_established", "", False, text))
        elif statuses == {"small_sample"}:
            text = "причины названы только руководителем: нужны ответы педагогов, учеников или родителей"
            found.append((str(school_id), "small_sample_only", "", False, text))
    return found


def _of_successors(surveyed: pd.DataFrame) -> list[tuple[str, str, str, bool, str]]:
    """Remarks about schools that stand for others: whose answers, results and marks are counted here."""
    return [
        (
            row["school_id"],
            "succeeds",
            "",
            False,
            f"заняла место в перечне после реорганизации: {row['former_names']} ({row['former_ids']}); ответы, "
            "результаты и отметки о проверке прежних школ учтены здесь",
        )
        for row in records(surveyed[surveyed["former_ids"].notna()])
    ]


def _of_causes(register: pd.DataFrame) -> list[tuple[str, str, str, bool, str]]:
    """Remarks about causes of high significance that lack what a plan needs."""
    high = register[register["significance_code"] == "high"]
    return [
        (row["school_id"], code, row["cause_code"], True, f"причина «{row['cause_text']}»: {text}")
        for row in records(high)
        for name, (code, text) in ELEMENTS.items()
        if not row[name]
    ]
