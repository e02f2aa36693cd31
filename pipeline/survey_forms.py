"""Questionnaires going out: statements and texts of the region, and a workbook per school and group in `forms/`."""

import tomllib
from dataclasses import dataclass, fields
from pathlib import Path

import pandas as pd

from pipeline.errors import ConfigError, SourceError
from pipeline.outputs.survey_forms import render, render_online
from pipeline.outputs.survey_sheets import Form
from pipeline.questionnaire import (
    GROUP_TITLES,
    FormId,
    Questionnaire,
    SurveyTexts,
    check_questionnaire,
    file_name,
    form_version,
    safe_name,
)
from pipeline.region import RESOURCES, reference_table
from pipeline.russian import toml_place
from pipeline.schema import records
from pipeline.sources.grid import source_file
from pipeline.sources.survey import read_survey_file
from pipeline.store import write_whole
from pipeline.tables.causes import CAUSE_DIRECTIONS, GROUPS, SURVEY_ITEMS

TEXTS = "reference/survey_texts.toml"


@dataclass(frozen=True)
class FormsWritten:
    """What became of the forms: written, and kept because somebody has filled them in where they lay."""

    written: tuple[Path, ...]
    kept: tuple[Path, ...]


def load_questionnaire(root: Path) -> Questionnaire:
    """The statements that a region asks: its own tables in DIR/reference, else the package's; checked."""
    return check_questionnaire(reference_table(root, CAUSE_DIRECTIONS), reference_table(root, SURVEY_ITEMS))


def load_texts(root: Path) -> SurveyTexts:
    """What the forms tell besides: the package's texts, with those that the region words itself in their place."""
    default = tomllib.loads((RESOURCES / TEXTS).read_text(encoding="utf-8"))
    path = root / TEXTS
    own: dict[str, object] = {}
    if path.is_file():
        try:
            own = tomllib.loads(path.read_text(encoding="utf-8-sig"))
        except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
            raise ConfigError(
                "Тексты анкет не читаются",
                where=f"{TEXTS}{toml_place(error)}",
                remedy="исправьте файл в текстовом редакторе и сохраните в кодировке UTF-8",
            ) from error
    known = [field.name for field in fields(SurveyTexts)]
    wrong = [name for name, value in own.items() if name not in known or not isinstance(value, str)]
    if wrong:
        raise ConfigError(
            f"В текстах анкет неизвестное имя или не текст: {', '.join(wrong)}",
            where=TEXTS,
            remedy=f"имена: {', '.join(known)}; значение — текст в кавычках",
        )
    return SurveyTexts(**{**default, **own})


def write_forms(
    root: Path,
    year: int,
    schools: pd.DataFrame,
    questionnaire: Questionnaire,
    texts: SurveyTexts,
    *,
    region_name: str,
    is_demo: bool,
) -> FormsWritten:
    """Write a form per school and group, and a template of an online form per group, below `forms/<year>/survey/`.

    Args:
        root: the region's folder.
        year: year of decision.
        schools: who is asked: `school_id`, `school_name`, `municipality_name`.
        questionnaire: the statements.
        texts: what is told besides.
        region_name: the region, as the forms carry it hidden.
        is_demo: marks every form as made up.
    """
    folder = root / "forms" / str(year) / "survey"
    ready: list[tuple[Path, bytes]] = []
    for group_code in GROUPS:
        items = questionnaire.group_items(group_code)
        version = form_version(items)
        for school in records(schools):
            form_id = FormId(region_name, school["school_id"], year, group_code, version)
            form = Form(form_id, school["school_name"], school["municipality_name"], items, texts, is_demo)
            name = file_name(school["school_id"], school["school_name"], group_code)
            ready.append((folder / safe_name(school["municipality_name"]) / name, render(form)))
        template = render_online(FormId(region_name, "", year, group_code, version), items)
        ready.append((folder / f"Онлайн-анкета — {GROUP_TITLES[group_code]}.xlsx", template))
    written, kept = [], []
    for path, content in ready:
        if _is_filled(path, root, questionnaire, year):
            kept.append(path)
        else:
            write_whole(root, path.relative_to(root).as_posix(), content)
            written.append(path)
    return FormsWritten(tuple(sorted(written)), tuple(sorted(kept)))


def _is_filled(path: Path, root: Path, questionnaire: Questionnaire, year: int) -> bool:
    """Whether a form lies there that is not ours to replace: with anything in it, or unreadable."""
    if not path.is_file():
        return False
    try:
        return read_survey_file(source_file(path, root, year), questionnaire, year).reading.read_count > 0
    except SourceError:
        return True
