"""Which of the returned files count: whose form is foreign, what came twice, what was replaced by a later copy.

The same answers of a school and group count once. Of workbooks with one part number the latest delivery counts, then
the fullest; workbooks of different parts, and exports that do not contain each other, are added.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import pandas as pd

from pipeline.questionnaire import FormId, file_stem

Respondent = frozenset[tuple[str, int, int]]  # item code, answer, how many: one respondent, or a row of a tally sheet


@dataclass(frozen=True)
class Unit:
    """What counts or does not count as a whole: the answers of one school in one file.

    Args:
        file_id: the file.
        school_id: the school.
        group_code: who answered.
        part: part number of a workbook; None for an export of an online form.
        load_date: date of the delivery's folder; empty for the first one.
        respondents: the answers, without any order.
    """

    file_id: str
    school_id: str
    group_code: str
    part: int | None
    load_date: str
    respondents: "Counter[Respondent]"

    @property
    def rank(self) -> tuple[str, int, str]:
        """The greatest counts: the latest delivery, then the one with the most answers, then the last name."""
        return self.load_date, sum(len(answers) * n for answers, n in self.respondents.items()), self.file_id


@dataclass(frozen=True)
class Verdict:
    """What becomes of a unit: its state (`FILE_STATES`) and a remark, Russian, empty where there is none."""

    state_code: str
    remark: str = ""


def respondents(responses: pd.DataFrame) -> "Counter[Respondent]":
    """The answers of each respondent (of a tally sheet, of each of its rows), counted, without places and order."""
    is_tally = responses["respondent_number"] == 0
    holder = responses["respondent_number"].where(~is_tally, responses["row_number"])
    told: dict[tuple[str, int], set[tuple[str, int, int]]] = {}
    columns = (responses[name] for name in ("sheet_name", "item_code", "answer", "answer_count"))
    for sheet_name, item_code, answer, count, number in zip(*columns, holder, strict=True):
        told.setdefault((sheet_name, int(number)), set()).add((item_code, int(answer), int(count)))
    return Counter(frozenset(answers) for answers in told.values())


def foreign_reason(
    file_id: str, form_id: FormId | None, year: int, region_name: str, surveyed: Mapping[str, str]
) -> str:
    """Why a form is not one of this survey, Russian; empty where it is.

    Args:
        file_id: the file, whose name may tell another school.
        form_id: the form's hidden identity; None for an export without one.
        year: year of decision of this survey.
        region_name: the region that asks.
        surveyed: school_id -> name of the surveyed schools.
    """
    if form_id is None:
        return ""
    if form_id.region_name != region_name:
        return f"анкета другого региона («{form_id.region_name}»)"
    if form_id.year != year:
        return f"анкета {form_id.year} года, а нужна {year} года"
    name = file_id.rsplit("/", 1)[-1]
    others = [other for other, title in surveyed.items() if name.startswith(f"{file_stem(other, title)} — ")]
    if form_id.school_id and others and form_id.school_id not in others:
        return f"файл назван именем школы {others[0]}, а анкета выдана школе {form_id.school_id}: неясно, чьи ответы"
    return ""


def choose(units: Iterable[Unit]) -> dict[tuple[str, str], Verdict]:
    """(file_id, school_id) -> verdict for units of surveyed schools and of this survey; their order is no matter."""
    found: dict[tuple[str, str], Verdict] = {}
    groups: dict[tuple[str, str], list[Unit]] = {}
    for unit in sorted(units, key=lambda unit: unit.rank, reverse=True):
        kept = groups.setdefault((unit.school_id, unit.group_code), [])
        verdict = next((told for better in kept if (told := _against(unit, better)) is not None), Verdict("counted"))
        found[unit.file_id, unit.school_id] = verdict
        if verdict.state_code == "counted":
            kept.append(unit)
    return found


def _against(unit: Unit, better: Unit) -> Verdict | None:
    """The verdict on a unit beside one that counts; None where both may."""
    if unit.respondents == better.respondents:
        return Verdict("duplicate", f"те же ответы, что в файле {better.file_id}: учтены один раз")
    if unit.part is None and better.part is None:
        if unit.respondents <= better.respondents:
            return Verdict("superseded", f"все эти ответы есть в более полной выгрузке {better.file_id}")
        return None
    if unit.part != better.part:
        return None
    later = "он получен позже" if better.load_date > unit.load_date else "в нём не меньше ответов"
    remark = f"вместо этого файла учтён {better.file_id}: {later}"
    if not unit.respondents & better.respondents:
        remark += "; проверьте, не заполнила ли копию анкеты другая школа"
        if unit.group_code != "director":
            remark += ", а если это ответы других людей той же школы, поставьте в одной из книг другой номер части"
    return Verdict("superseded", remark)
