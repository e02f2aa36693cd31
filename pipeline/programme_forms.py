"""Programmes going out: which register they answer, and a workbook per school in `forms/<list year>/programmes/`."""

import shlex
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from pipeline.causes import newest_plan
from pipeline.errors import ConfigError, SourceError
from pipeline.outputs.programme_form import render
from pipeline.programme_blank import ProgrammeForm, ProgrammeId, file_name, offered
from pipeline.programmes import CauseRegister, ordered
from pipeline.questionnaire import safe_name
from pipeline.region import load_region, reference_table
from pipeline.schema import records
from pipeline.sources.grid import source_file
from pipeline.sources.programme import read_programme
from pipeline.store import Published, write_whole
from pipeline.surveyed import surveyed_schools
from pipeline.tables import causes

SCHOOL = ["school_id", "municipality_id", "municipality_name", "school_name", "is_signed"]


@dataclass(frozen=True)
class FormsWritten:
    """What became of the forms: written; kept because somebody has filled them in; schools without a cause."""

    written: tuple[Path, ...]
    kept: tuple[Path, ...]
    without_causes: tuple[str, ...]


def load_register(root: Path, list_year: int, supported: pd.DataFrame) -> CauseRegister:
    """What the programmes of a list answer: its schools and the register of causes published for it.

    Args:
        root: the region's folder.
        list_year: year of the list.
        supported: `SUPPORTED_SCHOOLS`. Where the list of the year is not signed and another stands in for it, the
            schools of the register are taken: the programmes were written by them.
    """
    measures = roadmap(root, list_year)
    numbers = frozenset(int(number) for number in measures["number"])
    listed = supported[supported["list_year"] == list_year]
    if not (root / "published" / "causes" / str(list_year)).exists():  # told plainly; the monitoring goes on
        return CauseRegister(list_year, listed[SCHOOL], None, numbers)
    published = Published(root, "causes", list_year)
    is_signed = not listed.empty and bool(listed["is_signed"].all())
    schools = listed if is_signed else published.read(causes.SURVEYED_SCHOOLS)
    return CauseRegister(list_year, schools[SCHOOL], published.read(causes.REGISTER_OF_CAUSES), numbers)


def roadmap(root: Path, list_year: int) -> pd.DataFrame:
    """The measures of the newest plan that a list can be served by (`MEASURES`), in their order."""
    measures = reference_table(root, causes.MEASURES)
    plan_year = newest_plan(measures, list_year)
    return measures[measures["plan_year"] == plan_year].sort_values("number", ignore_index=True)


def refuse_draft(root: Path, list_year: int) -> None:
    """Refuse to send programmes to the schools of a list that nobody has signed, and say how to go on."""
    if not surveyed_schools(root, list_year)["is_signed"].all():
        raise ConfigError(
            f"Перечень {list_year} года ещё не подписан: программы по проекту перечня готовят отдельным решением",
            where=f"decisions/orders, decisions/lists/{list_year}.csv",
            remedy="запишите подписание (shnro order sign) или подготовьте формы заранее: "
            f"shnro support programmes --data {shlex.quote(str(root))} --year {list_year} --draft",
        )


def write_forms(root: Path, list_year: int) -> FormsWritten:
    """Write a form per school that has an established cause in the published register of causes.

    Raises:
        StoreError: no register of causes of the year is published.
    """
    region, published = load_region(root), Published(root, "causes", list_year)
    measures = [offered(row["number"], row["title_ru"]) for row in records(roadmap(root, list_year))]
    table = published.read(causes.REGISTER_OF_CAUSES)
    register = CauseRegister(list_year, published.read(causes.SURVEYED_SCHOOLS), table, frozenset())
    written, kept, without = [], [], []
    for school in records(register.schools):
        own = ordered(register.established, school["school_id"])
        if own.empty:
            without.append(school["school_id"])
            continue
        form_id = ProgrammeId(region.name, school["school_id"], list_year, tuple(own["cause_code"]))
        place = school["municipality_name"]
        form = ProgrammeForm(form_id, school["school_name"], place, own, measures, region.is_demo)
        folder = root / "forms" / str(list_year) / "programmes" / safe_name(place)
        path = folder / file_name(school["school_id"], school["school_name"])
        if _is_filled(path, root, list_year):
            kept.append(path)
            continue
        write_whole(root, path.relative_to(root).as_posix(), render(form))
        written.append(path)
    return FormsWritten(tuple(sorted(written)), tuple(sorted(kept)), tuple(sorted(without)))


def _is_filled(path: Path, root: Path, list_year: int) -> bool:
    """Whether a form lies there that is not ours to replace: with anything in it, or unreadable."""
    if not path.is_file():
        return False
    try:
        return read_programme(source_file(path, root, list_year)).reading.read_count > 0
    except SourceError:
        return True
