"""Returned questionnaires of the made-up region, with known causes behind the answers.

The list is computed after the region is made, so the schools with the truly lowest results have answered, more of them
than the list has places: those that are not on it are told and set aside. Directors return workbooks, most teachers,
pupils and parents an online form, a few schools paper; some send a part, some nothing, some of it is not right.
"""

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd

from pipeline.outputs.survey_forms import render
from pipeline.outputs.survey_sheets import Form
from pipeline.questionnaire import GROUP_TITLES, SCALE, FormId, SurveyTexts, file_name, form_version
from pipeline.synthetic.files import Row, write_csv
from pipeline.synthetic.names import REGION_NAME
from pipeline.synthetic.norms import REFERENCE
from pipeline.synthetic.region import Register, stream
from pipeline.synthetic.survey import Survey, draw_survey
from pipeline.synthetic.truth import EXCLUDED_KINDS
from pipeline.tables.causes import GROUPS, SURVEY_ITEMS

ANSWERING_SCHOOLS = 90
PAPER_SCHOOLS = 8  # return teachers' workbooks and counted paper forms instead of the online form
SILENT_SHARE, DIRECTOR_ONLY_SHARE, NO_FAMILIES_SHARE = 0.08, 0.08, 0.1
# Respondents per pupil of the school, fewest and most.
RESPONDENTS: Mapping[str, tuple[float, int, int]] = {
    "director": (0.0, 1, 1),
    "teacher": (0.05, 3, 24),
    "pupil": (0.08, 5, 30),
    "parent": (0.06, 3, 24),
}
REWORDED_ITEMS = 3
ONLINE_GROUPS = ("teacher", "pupil", "parent")
STRANGE_REGION = "Соседний край (ДЕМО)"
WORDED_SHARE = 0.2  # of the rows of an online form that hold words instead of numbers


def survey_items() -> pd.DataFrame:
    """The statements of the package's own questionnaire (`SURVEY_ITEMS`)."""
    frame = pd.read_csv(REFERENCE / "survey_items.csv")
    return SURVEY_ITEMS.conform(frame.assign(is_reversed=frame["is_reversed"] == "да"))


def make_survey(register: Register, truth: pd.DataFrame, seed: int, year: int) -> Survey:
    """Causes and answers of the schools with the truly lowest results of a year, the lowest first."""
    known = truth[truth["year"] == year].merge(register.operating(year), on="school_id")
    known = known[~known["kind_code"].isin(EXCLUDED_KINDS)].sort_values(
        ["true_log_rate", "school_id"], ascending=[False, True]
    )
    schools = known.head(ANSWERING_SCHOOLS).reset_index(drop=True)
    counts = {
        group: np.clip((schools["size"] * share).round(), fewest, most).astype(int)
        for group, (share, fewest, most) in RESPONDENTS.items()
    }
    luck = pd.Series(stream(seed, "survey returns").random(len(schools)))
    silent, alone = SILENT_SHARE, SILENT_SHARE + DIRECTOR_ONLY_SHARE
    counts["director"] = counts["director"].where(luck >= silent, 0)
    counts["teacher"] = counts["teacher"].where(luck >= alone, 0)
    for group in ("pupil", "parent"):
        counts[group] = counts[group].where(luck >= alone + NO_FAMILIES_SHARE, 0)
    frame = pd.DataFrame({"school_id": schools["school_id"], **counts})
    return draw_survey(frame, survey_items(), stream(seed, "survey answers"))


def write_survey(raw: Path, register: Register, survey: Survey, seed: int, year: int) -> None:
    """Write the returned questionnaires below `raw/<year>/survey/`.

    Args:
        raw: the region's raw folder.
        register: names and municipalities.
        survey: what `make_survey` gives.
        seed: of the dirt.
        year: year of decision.
    """
    folder = raw / str(year) / "survey"
    schools = register.schools.set_index("school_id")
    rng = stream(seed, "survey dirt")
    form_of = partial(_form, register, survey_items(), _texts(), year)
    answering = list(dict.fromkeys(school_id for (school_id, _), answers in survey.answers.items() if len(answers)))
    on_paper = [s for s in answering if len(survey.answers[s, "parent"])][:PAPER_SCHOOLS]
    for school_id in answering:
        groups = GROUPS if school_id in on_paper else ("director",)
        for group in groups:
            form, answers = form_of(school_id, group), _told(survey.answers[school_id, group])
            if school_id == on_paper[0] and group == "teacher":
                form = _reworded(form)
            name = file_name(school_id, str(schools.loc[school_id, "school_name"]), group)
            _write(folder / GROUP_TITLES[group] / name, render(form, answers))
    for group in ONLINE_GROUPS:
        rows = _online_rows(register, survey, group, [s for s in answering if s not in on_paper], year, rng)
        write_csv(folder / f"Онлайн-анкета — {GROUP_TITLES[group]} (ДЕМО).csv", rows)
    _write_dirt(folder, form_of, survey, answering)


def _form(register: Register, items: pd.DataFrame, texts: SurveyTexts, year: int, school_id: str, group: str) -> Form:
    """The empty form of a school and group."""
    own = items[items["group_code"] == group].sort_values("item_number", ignore_index=True)
    names = register.municipalities.sort_values("valid_from_year", na_position="first")
    school = register.schools.set_index("school_id").loc[school_id]
    place = names.loc[names["municipality_id"] == school["municipality_id"], "municipality_name"].iloc[-1]
    form_id = FormId(REGION_NAME, school_id, year, group, form_version(own))
    return Form(form_id, str(school["school_name"]), str(place), own, texts, is_demo=True)


def _texts() -> SurveyTexts:
    return SurveyTexts(**tomllib.loads((REFERENCE / "survey_texts.toml").read_text(encoding="utf-8")))


def _told(answers: pd.DataFrame) -> list[dict[str, object]]:
    """One mapping item_code -> answer per respondent; what is blank is left out."""
    return [
        {str(code): int(answer) for code, answer in row.items() if answer == answer}
        for row in answers.to_dict("records")
    ]


def _online_rows(
    register: Register, survey: Survey, group: str, schools: Iterable[str], year: int, rng: np.random.Generator
) -> list[Row]:
    """Header and rows of an online form's export: time, code and name of the school, answers in numbers or words."""
    items = survey_items()
    own = items[items["group_code"] == group].sort_values("item_number")
    names = register.names()
    rows: list[Row] = [["Отметка времени", "Код школы", "Школа", *own["text"]]]
    for school_id in schools:
        for answers in survey.answers[school_id, group][own["item_code"].tolist()].to_numpy():
            is_worded = rng.random() < WORDED_SHARE
            told = [None if a != a else f"{int(a)} — {SCALE[int(a)]}" if is_worded else int(a) for a in answers]
            rows.append([f"{rng.integers(1, 29):02d}.09.{year}", school_id, names[school_id], *told])
    return rows


def _write_dirt(folder: Path, form_of: "partial[Form]", survey: Survey, answering: list[str]) -> None:
    """What comes besides: a copy, another region's form, last year's, an empty one, and what is no workbook at all."""
    first, second, third = answering[:3]
    form, answers = form_of(first, "director"), _told(survey.answers[first, "director"])
    folder = folder / "разное"
    _write(folder / "Копия анкеты директора.xlsx", render(form, answers))
    _write(folder / "Анкета соседей.xlsx", render(_with_id(form, region_name=STRANGE_REGION), answers))
    old = _with_id(form_of(second, "director"), year=form.form_id.year - 1)
    _write(folder / "Прошлогодняя анкета.xlsx", render(old, _told(survey.answers[second, "director"])))
    _write(folder / "Пустая анкета.xlsx", render(form_of(third, "parent")))
    _write(folder / "Скан.xlsx", b"not a workbook")


def _reworded(form: Form) -> Form:
    """The form with statements that somebody worded anew before asking."""
    is_changed = form.items["item_number"] <= REWORDED_ITEMS
    texts = form.items["text"].where(~is_changed, "Переписано: " + form.items["text"])
    return replace(form, items=form.items.assign(text=texts))


def _with_id(form: Form, **changed: object) -> Form:
    return replace(form, form_id=replace(form.form_id, **changed))  # type: ignore[arg-type]  # fields of the identity


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
