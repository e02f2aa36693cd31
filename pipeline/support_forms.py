"""Forms of the monitoring of support going out, and reminders to those who have not returned them, in `forms/`."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path

import pandas as pd

from pipeline import region
from pipeline.correspondence import support_sender, write_support_letters
from pipeline.errors import ConfigError, SourceError
from pipeline.identity import Register
from pipeline.outputs import letters
from pipeline.outputs.support_forms import render
from pipeline.questionnaire import safe_name
from pipeline.register import alphabetical
from pipeline.schema import records
from pipeline.sources.grid import source_file
from pipeline.sources.support_form import read_support_file
from pipeline.store import write_whole
from pipeline.support_events import count_events
from pipeline.support_request import (
    SupportForm,
    SupportId,
    Unit,
    asked_units,
    begun_slots,
    measure_label,
    period_end,
    plan_in_force,
    printed_lines,
    unit_measures,
)
from pipeline.support_returns import asked_municipalities, read_returns
from pipeline.supported import supported_schools
from pipeline.tables.causes import MEASURES

REMINDERS = "Напоминания"
WITHOUT_LIST = "Подписанного перечня, которому служит эта работа, ещё нет: школы в форме не названы."


@dataclass(frozen=True)
class FormsWritten:
    """What became of the forms.

    Args:
        written: files that were written, inside the region's folder.
        kept: files that were left alone because somebody has filled them in where they lie.
        school_count: schools that the forms ask about.
        municipality_count, unit_count: how many municipalities and units of the institute are asked.
        list_note: what is to be said of the list, Russian; empty where it is signed.
    """

    written: tuple[str, ...]
    kept: tuple[str, ...]
    school_count: int
    municipality_count: int
    unit_count: int
    list_note: str


@dataclass(frozen=True)
class Asked:
    """What the forms of a period are made of.

    Args:
        settings: the region.
        plan_year, period, day: what is asked about, and the day whose lists and facts are known.
        plan: the measures of the plan in force (`MEASURES`).
        supported: `SUPPORTED_SCHOOLS`.
        register: who is who.
        municipalities: code -> name of everybody asked.
    """

    settings: region.Region
    plan_year: int
    period: str
    day: date
    plan: pd.DataFrame
    supported: pd.DataFrame
    register: Register
    municipalities: Mapping[str, str]

    @property
    def units(self) -> tuple[Unit, ...]:
        """Everybody who gets a form."""
        return asked_units(self.plan, self.municipalities)

    @cached_property
    def newest_list(self) -> pd.DataFrame:
        """One row per school of the newest list (`SUPPORTED_SCHOOLS`), by municipality and name."""
        newest = self.supported[self.supported["list_year"] == self.supported["list_year"].max()]
        return _in_order(newest)

    @cached_property
    def every_school(self) -> pd.DataFrame:
        """One row per school of any list of the year (`SUPPORTED_SCHOOLS`, of the newest), in the same order."""
        return _in_order(self.supported.sort_values("list_year").drop_duplicates("school_id", keep="last"))

    @property
    def list_note(self) -> str:
        """What is to be said of the list; empty where every list of the year is signed."""
        if self.supported.empty:
            return WITHOUT_LIST
        unsigned = self.supported[~self.supported["is_signed"].astype(bool)]
        if unsigned.empty:
            return ""
        row = unsigned.iloc[0]
        return (
            f"Перечень {row['list_year']} года ещё не подписан: в форме школы перечня {row['stand_in_year']} года. "
            "После подписания форма может измениться."
        )


def load_asked(root: Path, plan_year: int, period: str, day: date | None = None) -> Asked:
    """What the forms of a period are made of, as of a day (by default the last day of the period).

    Raises:
        ConfigError: the region has no plan that is not later than the year, or no municipality of the year.
    """
    as_of = day or period_end(plan_year, period)
    register = region.who_is_who(root)
    plan = plan_in_force(region.reference_table(root, MEASURES), plan_year)
    municipalities = asked_municipalities(register, plan_year)
    if plan.empty or not municipalities:
        what = "дорожной карте нет мер" if plan.empty else "справочнике нет муниципалитетов"
        name = "measures" if plan.empty else "municipalities"
        raise ConfigError(
            f"В {what} на {plan_year} год",
            where=f"reference/{name}.csv",
            remedy="проверьте год в команде и годы в этой таблице",
        )
    supported = supported_schools(root, plan_year, as_of)
    return Asked(region.load_region(root), plan_year, period, as_of, plan, supported, register, municipalities)


def write_forms(
    root: Path, plan_year: int, period: str, day: date | None = None, *, deadline: date | None = None
) -> FormsWritten:
    """Write a form and a letter per municipality and unit of the institute below `forms/<plan year>/support/<period>/`.

    A form that somebody has filled in where it lies is left alone. Facts that came back already are printed in it.

    Args:
        root: the region's folder.
        plan_year: calendar year of the roadmap.
        period: one of `PERIODS`.
        day: the day whose lists and facts are known; by default the last day of the period.
        deadline: until when the forms come back; printed in them.
    """
    asked = load_asked(root, plan_year, period, day)
    known = _known_facts(root, asked)
    names = form_files(asked)
    written, kept, told = [], [], {}
    for unit in asked.units:
        file = f"{forms_folder(plan_year, period)}/{names[unit]}"
        told[file] = _letter_facts(asked, unit, names[unit], deadline)
        if _is_filled(root / file, root, plan_year):
            kept.append(file)
            continue
        write_whole(root, file, render(make_form(asked, unit, known, deadline)))
        written.append(file)
    write_support_letters(support_sender(root, asked.settings, plan_year, period), told)
    count = asked.newest_list["school_id"].nunique()
    towns = len(asked.municipalities)
    return FormsWritten(tuple(written), tuple(kept), count, towns, len(asked.units) - towns, asked.list_note)


def make_form(asked: Asked, unit: Unit, known: pd.DataFrame, deadline: date | None = None) -> SupportForm:
    """The form of one municipality or unit: its measures and schools, and what is known of them.

    Args:
        asked: what the forms of the period are made of.
        unit: who gets the form.
        known: facts that came back already (`SUPPORT_FACTS`).
        deadline: until when it comes back.
    """
    newest, every = asked.newest_list, asked.every_school
    measures = unit_measures(asked.plan, unit)
    own_id = unit.municipality_id
    if own_id is not None:
        newest, every = newest[newest["municipality_id"] == own_id], every[every["municipality_id"] == own_id]
        known = known[known["municipality_id"] == own_id]
    if every.empty:
        measures = measures[measures["level"] != "school"]
    towns = asked.municipalities if own_id is None else {own_id: asked.municipalities[own_id]}
    form_id = SupportId(asked.settings.name, asked.plan_year, asked.period, unit.provider_code, unit.code)
    return SupportForm(
        form_id,
        unit,
        measures,
        printed_lines(measures, unit, newest, towns, asked.period),
        every,
        frozenset(every["school_id"]) - frozenset(newest["school_id"]),
        towns,
        known[known["measure_number"].isin(measures["number"])],
        asked.list_note,
        deadline,
        asked.settings.is_demo,
    )


def write_reminders(
    root: Path,
    plan_year: int,
    period: str,
    returns: pd.DataFrame,
    *,
    day: date | None = None,
    deadline: date | None = None,
) -> tuple[str, ...]:
    """Write a letter to everybody who has not returned a form; letters to those who have are removed.

    Args:
        root: the region's folder.
        plan_year: calendar year of the roadmap.
        period: one of `PERIODS`.
        returns: `SUPPORT_RETURNS`.
        day: the day whose list is named; by default the last day of the period.
        deadline: until when the form is wanted.

    Returns:
        The letters, inside the region's folder.
    """
    asked = load_asked(root, plan_year, period, day)
    names, sender = form_files(asked), support_sender(root, asked.settings, plan_year, period)
    folder = f"{forms_folder(plan_year, period)}/{REMINDERS}"
    waited = returns[~returns["is_returned"].astype(bool)]
    codes = {(row["provider_code"], row["municipality_id"] or row["unit_name"]) for row in records(waited)}
    written = []
    for unit in asked.units:
        file = f"{folder}/{Path(names[unit]).stem}.docx"
        if (unit.provider_code, unit.code) not in codes:
            (root / file).unlink(missing_ok=True)
            continue
        write_whole(root, file, letters.reminder(sender, _letter_facts(asked, unit, names[unit], deadline)))
        written.append(file)
    return tuple(written)


def _letter_facts(asked: Asked, unit: Unit, form_file: str, deadline: date | None) -> letters.SupportAsked:
    """What a letter to a unit tells: its own schools, and its measures that have begun, without those of schools."""
    newest, is_town = asked.newest_list, unit.municipality_id is not None
    measures = [
        measure_label(row["number"], row["title_ru"])
        for row in records(unit_measures(asked.plan, unit))
        if begun_slots(row, asked.period) and not (is_town and row["level"] == "school")
    ]
    schools = newest.loc[newest["municipality_id"] == unit.municipality_id, "school_name"]
    return letters.SupportAsked(
        unit, tuple(schools), measures, asked.plan_year, asked.period, form_file, deadline, asked.list_note
    )


def forms_folder(plan_year: int, period: str) -> str:
    """Where the forms of a period lie, inside the region's folder."""
    return f"forms/{plan_year}/support/{period}"


def form_files(asked: Asked) -> dict[Unit, str]:
    """The name of each unit's form; where two would be alike, with the code."""
    stems = {unit: safe_name(unit.name if unit.municipality_id else f"Институт — {unit.name}") for unit in asked.units}
    counts = Counter(stem.lower() for stem in stems.values())
    return {
        unit: f"{stem if counts[stem.lower()] == 1 else f'{stem} {safe_name(unit.code)}'}.xlsx"
        for unit, stem in stems.items()
    }


def _known_facts(root: Path, asked: Asked) -> pd.DataFrame:
    """The facts of the plan year that count already (`SUPPORT_FACTS`), by measure, place and day."""
    returns = read_returns(
        root,
        asked.plan_year,
        asked.period,
        asked.day,
        asked.settings.name,
        asked.supported,
        asked.plan,
        asked.register,
    )
    facts = count_events(returns.facts, asked.register.schools, asked.day)
    counted = facts[facts["is_counted"].astype(bool)]
    order = ["measure_number", "municipality_id", "school_id", "fact_date", "file_id", "row_number"]
    return counted.assign(quantity=counted["counted_quantity"]).sort_values(order)


def _in_order(schools: pd.DataFrame) -> pd.DataFrame:
    """The schools municipality by municipality, in the order of their names."""
    order = schools["school_name"].map(alphabetical)
    places = sorted(
        schools.index, key=lambda i: (schools.at[i, "municipality_id"], order[i], schools.at[i, "school_id"])
    )
    return schools.loc[places].reset_index(drop=True)


def _is_filled(path: Path, root: Path, plan_year: int) -> bool:
    """Whether a form lies there that is not ours to replace: with anything in it, or unreadable."""
    if not path.is_file():
        return False
    try:
        return bool(read_support_file(source_file(path, root, plan_year)).lines)
    except SourceError:
        return True
