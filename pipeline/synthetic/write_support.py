"""Facts of support of the made-up region: which events took place is known, and who has told of them.

June and November of the plan year, for the schools of the list before it. Municipalities and units of the institute
return forms, the institute a table of facts besides; some are silent, some late, some tell of one event together, and
some of what comes is not right.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from pipeline.outputs.support_forms import render
from pipeline.questionnaire import safe_name
from pipeline.register import municipality_names
from pipeline.schema import records
from pipeline.support_request import (
    MUNICIPAL_UNIT,
    Entry,
    SupportForm,
    SupportId,
    Unit,
    asked_units,
    measure_label,
    plan_in_force,
    printed_lines,
    responsible_units,
    unit_measures,
)
from pipeline.synthetic.files import DEMO_NOTE, Row, write_csv, write_parquet
from pipeline.synthetic.names import REGION_NAME
from pipeline.synthetic.norms import REFERENCE
from pipeline.synthetic.region import Register, stream
from pipeline.tables.causes import MEASURES
from pipeline.tables.support import PERIODS, SUPPORT_FACTS, SUPPORTED_SCHOOLS

FIRST_MONTHS: Mapping[str, int] = {"june": 1, "november": 7}
LAST_MONTHS: Mapping[str, int] = {"june": 6, "november": 11}
SILENT_COUNT: Mapping[str, int] = {"june": 3, "november": 5}  # municipalities that return nothing
LATE_COUNT = 2  # and those whose form comes in a later delivery
LATE_DAYS: Mapping[str, str] = {"june": "07-06", "november": "12-04"}
# Measures that the system proves itself: the lists, the survey, the programmes, the forms.
PROVEN = (1, 2, 3, 5, 6)
# Number of the measure -> share of schools (or municipalities) that it reaches in a period, and most per event.
REACH: Mapping[int, tuple[float, int]] = {
    4: (0.9, 1), 8: (0.2, 1), 9: (0.3, 1), 10: (0.3, 2), 12: (0.15, 1), 13: (1.0, 1), 14: (0.9, 3), 15: (0.1, 1),
    16: (0.04, 1), 17: (0.15, 2), 18: (0.8, 4), 19: (0.8, 4), 20: (0.1, 1), 24: (0.35, 2), 25: (0.9, 3), 26: (0.8, 1),
}  # fmt: skip
REGIONAL_COUNT: Mapping[int, int] = {11: 13}  # events a period; of the others one
IN_TABLE = (12, 24)  # what the institute tells by a table of facts instead of its form
TELLERS, TELLER_SHARES = ("institute", "municipality", "both"), (0.5, 0.3, 0.2)
EVIDENCE = ("ведомость участников (ДЕМО)", "приказ о проведении (ДЕМО)", "отчёт о мероприятии (ДЕМО)")
STRANGE_REGION = "Соседний край (ДЕМО)"
STRANGE_SCHOOL = "МБОУ «Средняя школа Заозёрья»"
WHO = ["measure_number", "municipality_id", "school_id", "fact_date"]


def write_support(directory: Path, register: Register, listed: pd.DataFrame, seed: int, plan_year: int) -> None:
    """Write `raw/<plan year>/support/<period>/` and, as `truth/support_events.parquet`, what really took place.

    Args:
        directory: the region's folder.
        register: names and municipalities.
        listed: the list of the year before: `school_id`.
        seed: of everything random.
        plan_year: calendar year of the roadmap.
    """
    plan = plan_in_force(MEASURES.conform(pd.read_csv(REFERENCE / f"{MEASURES.name}.csv")), plan_year)
    towns = dict(sorted(municipality_names(register.municipalities, plan_year).items()))
    schools = _supported(register, listed, towns, plan_year - 1)
    rng = stream(seed, "support")
    events = _events(plan, schools, list(towns), plan_year, rng)
    units = asked_units(plan, towns)
    orders = {period: [str(code) for code in rng.permutation(list(towns))] for period in PERIODS}
    silent = {period: orders[period][: SILENT_COUNT[period]] for period in PERIODS}
    # One tells in November of the whole year, though its June form came: nothing of that counts twice.
    repeating = next(code for code in orders["november"][11:] if code not in silent["june"])
    for period in PERIODS:
        own, late = events[events["period"] == period], orders[period][-LATE_COUNT:]
        folder = directory / "raw" / str(plan_year) / "support" / period
        forms = {unit: _form(unit, plan, schools, towns, plan_year, period) for unit in units}
        for unit, form in forms.items():
            if unit.municipality_id in silent[period]:
                continue
            told = events if (unit.municipality_id, period) == (repeating, "november") else own
            place = folder / f"{plan_year}-{LATE_DAYS[period]}" if unit.municipality_id in late else folder
            _write(place / f"{safe_name(unit.name)}.xlsx", render(form, _entries(told, unit, plan)))
        _write_table(folder / "Факты института (ДЕМО).csv", own, plan, schools)
        telling = own[own["teller_code"] != "institute"]["municipality_id"].value_counts().sort_index()
        most = telling.drop([*silent[period], *late, repeating], errors="ignore").nlargest(2).index
        strange = [unit for code in (*most, late[0]) for unit in units if unit.municipality_id == code]
        _write_dirt(folder, forms, own, plan, strange)
    is_reported = [_is_told(event, silent[event["period"]]) for event in records(events)]
    write_parquet(directory / "truth" / "support_events.parquet", events.assign(is_reported=is_reported))


def _supported(register: Register, listed: pd.DataFrame, towns: Mapping[str, str], year: int) -> pd.DataFrame:
    """The schools of the list that nothing has happened to since (`SUPPORTED_SCHOOLS`)."""
    moved = set(register.lineage["school_id"]) | set(register.lineage["successor_id"].dropna())
    own = register.schools[register.schools["school_id"].isin(set(listed["school_id"]) - moved)]
    named = own.assign(
        municipality_name=own["municipality_id"].map(towns), list_year=year, is_signed=True, stand_in_year=None
    )
    return SUPPORTED_SCHOOLS.conform(named[list(SUPPORTED_SCHOOLS.column_names)])


def _events(
    plan: pd.DataFrame, schools: pd.DataFrame, towns: Sequence[str], year: int, rng: np.random.Generator
) -> pd.DataFrame:
    """One row per event that took place: measure, place, day, quantity, evidence, and who would tell of it."""
    rows = []
    places: Mapping[str, list[tuple[str | None, str | None]]] = {
        "school": list(zip(schools["municipality_id"], schools["school_id"], strict=True)),
        "municipality": [(code, None) for code in towns],
    }
    for measure in records(plan[~plan["number"].isin(PROVEN)]):
        reach, most = REACH.get(measure["number"], (1.0, 1))
        one_region: list[tuple[str | None, str | None]] = [(None, None)] * REGIONAL_COUNT.get(measure["number"], 1)
        for period in PERIODS:
            months = [m for m in _months(measure) if FIRST_MONTHS[period] <= m <= LAST_MONTHS[period]]
            for municipality_id, school_id in places.get(measure["level"], one_region) if months else ():
                month, day, quantity = rng.choice(months), rng.integers(1, 28), rng.integers(1, most + 1)
                if rng.random() >= reach:
                    continue
                is_shared = MUNICIPAL_UNIT in responsible_units(measure["responsible_ru"])
                teller = "municipality" if is_shared else str(rng.choice(TELLERS, p=TELLER_SHARES))
                rows.append(
                    {
                        "measure_number": measure["number"],
                        "municipality_id": municipality_id,
                        "school_id": school_id,
                        "fact_date": pd.Timestamp(year, int(month), int(day)),
                        "quantity": float(quantity),
                        "evidence_text": EVIDENCE[int(rng.integers(len(EVIDENCE)))],
                        "period": period,
                        "teller_code": "institute" if measure["level"] == "region" else teller,
                    }
                )
    # Two events of one measure, place and day would be one.
    return pd.DataFrame(rows).drop_duplicates(WHO, ignore_index=True)


def _months(measure: Mapping[str, Any]) -> list[int]:
    """The months in which events of a measure take place."""
    if measure["schedule_kind"] not in ("window", "events") or not measure["months"]:
        return list(range(1, 12))
    spans = [[int(month) for month in part.split("-")] for part in str(measure["months"]).split(";")]
    return [month for span in spans for month in range(span[0], span[-1] + 1)]


def _is_told(event: Mapping[str, Any], silent: Sequence[str]) -> bool:
    """Whether anybody who would tell of an event has returned anything."""
    return event["teller_code"] != "municipality" or event["municipality_id"] not in silent


def _form(
    unit: Unit, plan: pd.DataFrame, schools: pd.DataFrame, towns: Mapping[str, str], year: int, period: str
) -> SupportForm:
    """The empty form of a unit."""
    own_id, measures = unit.municipality_id, unit_measures(plan, unit)
    own = schools if own_id is None else schools[schools["municipality_id"] == own_id]
    if own.empty:
        measures = measures[measures["level"] != "school"]
    asked = towns if own_id is None else {own_id: towns[own_id]}
    form_id = SupportId(REGION_NAME, year, period, unit.provider_code, unit.code)
    lines = printed_lines(measures, unit, own, asked, period)
    known = SUPPORT_FACTS.empty()
    return SupportForm(form_id, unit, measures, lines, own, frozenset(), asked, known, is_demo=True)


def _told_by(events: pd.DataFrame, unit: Unit, plan: pd.DataFrame) -> pd.DataFrame:
    """The events of which a unit tells in its form."""
    if unit.municipality_id is not None:
        is_own = events["municipality_id"] == unit.municipality_id
        return events[is_own & events["teller_code"].isin(["municipality", "both"])]
    carried_out = unit_measures(plan, unit)["number"]
    is_told = events["teller_code"].isin(["institute", "both"]) & ~events["measure_number"].isin(IN_TABLE)
    # A measure of two units is told of by the second: the first one only signs.
    seconds = {row["number"] for row in records(plan) if responsible_units(row["responsible_ru"])[-1] == unit.name}
    return events[is_told & events["measure_number"].isin(carried_out) & events["measure_number"].isin(seconds)]


def _entries(events: pd.DataFrame, unit: Unit, plan: pd.DataFrame) -> list[Entry]:
    """What a unit fills in, in the order of the days."""
    own = _told_by(events, unit, plan).sort_values(["fact_date", *WHO[:3]])
    return [
        Entry(
            row["measure_number"],
            row["fact_date"].date(),
            row["quantity"],
            row["evidence_text"],
            row["school_id"],
            row["municipality_id"],
        )
        for row in records(own)
    ]


def _write_table(path: Path, events: pd.DataFrame, plan: pd.DataFrame, schools: pd.DataFrame) -> None:
    """The institute's table of facts; at its end lines that cannot be facts."""
    titles = dict(zip(plan["number"], plan["title_ru"], strict=True))
    names = dict(zip(schools["school_id"], schools["school_name"], strict=True))
    towns = dict(zip(schools["municipality_id"], schools["municipality_name"], strict=True))
    is_own = events["measure_number"].isin(IN_TABLE) & events["teller_code"].isin(["institute", "both"])
    own = events[is_own].sort_values(["fact_date", *WHO[:3]])
    rows: list[Row] = [("Мера", "Муниципальное образование", "Школа", "Дата", "Количество", "Чем подтверждается")]
    for row in records(own):
        told = measure_label(row["measure_number"], titles[row["measure_number"]])
        where = (towns[row["municipality_id"]], names[row["school_id"]], f"{row['fact_date']:%d.%m.%Y}")
        rows.append((told, *where, int(row["quantity"]), row["evidence_text"]))
    label, place, school, day = (str(told) for told in rows[1][:4])
    rows += [
        (label, place, STRANGE_SCHOOL, day, 1, DEMO_NOTE),
        (label, place, school, "в течение месяца", 1, DEMO_NOTE),
        (label, place, school, day, "1,5", DEMO_NOTE),
        (label, place, school, day, -2, DEMO_NOTE),
        ("Мера, которой в плане нет", place, school, day, 1, DEMO_NOTE),
        rows[1],
    ]
    write_csv(path, rows, encoding="cp1251")


def _write_dirt(
    folder: Path, forms: Mapping[Unit, SupportForm], events: pd.DataFrame, plan: pd.DataFrame, units: Sequence[Unit]
) -> None:
    """What comes besides: a copy, another region's, another period's, a draft of the late one, no workbook at all."""
    aside = folder / "разное"
    first, second, third = units
    form, entries = forms[first], _entries(events, first, plan)
    _write(aside / f"Копия — {safe_name(first.name)}.xlsx", render(form, entries))
    strange = replace(form, form_id=replace(form.form_id, region_name=STRANGE_REGION))
    _write(aside / "Форма соседей.xlsx", render(strange, entries))
    own = forms[second]
    other = PERIODS[1 - PERIODS.index(own.form_id.period)]
    _write(aside / "Форма другого месяца.xlsx", render(replace(own, form_id=replace(own.form_id, period=other))))
    half = _entries(events, third, plan)[:1]
    _write(aside / f"Черновик — {safe_name(third.name)}.xlsx", render(forms[third], half))
    _write(aside / "Скан формы.xlsx", b"not a workbook")


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
