"""Programmes of the made-up schools, with the gaps in them known.

A school answers the register of causes, and the register is computed: so the schools answer after it is published, as
real ones do, and not when the region is made: `python -m pipeline.synthetic.write_programmes DIR YEAR`.
"""

import sys
import tomllib
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd

from pipeline.outputs.programme_form import FREE_LINES, render
from pipeline.programme_blank import ProgrammeForm, ProgrammeId, ProgrammeLine, file_name, offered
from pipeline.programmes import NOT_ESTABLISHED, ordered
from pipeline.schema import records
from pipeline.store import Published
from pipeline.synthetic.files import write_parquet
from pipeline.synthetic.region import stream
from pipeline.tables import causes as tables

SEED = 2026
SILENT_SHARE, FLAWLESS_SHARE, LATE_SHARE = 0.3, 0.25, 0.2
GAP_SHARE = 0.25  # of the causes of a school that is not flawless
GAPS = ("line", "measure", "responsible", "due_date", "indicator")
OWN_SHARE, SECOND_SHARE = 0.4, 0.2
FIRST_DAY, LATE_DAY = (10, 9), (11, 6)  # when the municipalities send them, month and day
STRANGE_REGION = "Соседний край (ДЕМО)"
OWN_MEASURES = (
    "Разбор работ учеников на методическом объединении после каждой четверти",
    "Взаимное посещение уроков с обсуждением",
    "Занятия в малых группах с учениками, которым трудно",
    "Встречи с семьями по итогам четверти: чем помочь ученику дома",
    "Наставничество: опытный педагог помогает начинающему",
)
POSTS = (
    "заместитель директора по учебной работе",
    "методическое объединение учителей-предметников",
    "социальный педагог",
    "педагог-психолог",
    "директор школы",
)
INDICATORS = (
    ("Доля педагогов, прошедших обучение", "не менее 80 %"),
    ("Число проведённых занятий", "16"),
    ("Доля учеников, справившихся с итоговой работой", "с 60 до 75 %"),
    ("Число семей, пришедших на встречи", "не менее 40"),
)
# What stands where an element lacks; None is an empty cell.
IDLE: Mapping[str, tuple[str | None, ...]] = {
    "measure": (None, "—"),
    "responsible": (None, "весь коллектив", "Образцова А. А."),
    "due_date": (None, "постоянно", "в течение учебного года"),
    "indicator": (None, "повышение качества образования", "—"),
}


def write_programmes(directory: Path, year: int, seed: int = SEED) -> pd.DataFrame:
    """Write returned programmes below `raw/<year>/programmes/` and what they lack to `truth/programmes.parquet`.

    Args:
        directory: a made-up region whose register of causes of the year is published.
        year: year of the list.
        seed: of everything random.

    Returns:
        The truth: one row per school that has returned a programme and cause: `gap_code`, one of `GAPS` or empty.
    """
    settings = tomllib.loads((directory / "region.toml").read_text(encoding="utf-8"))
    if settings.get("is_demo") is not True:
        raise SystemExit("Программы пишутся только за школы учебного региона.")
    published, rng = Published(directory, "causes", year), stream(seed, "programmes")
    register, measures = published.read(tables.REGISTER_OF_CAUSES), published.read(tables.MEASURES)
    measures = measures[measures["plan_year"] <= year + 1]
    newest = records(measures[measures["plan_year"] == measures["plan_year"].max()].sort_values("number"))
    offer = [offered(row["number"], row["title_ru"]) for row in newest]
    established = register[register["cause_code"] != NOT_ESTABLISHED]
    folder, truth, sent = directory / "raw" / str(year) / "programmes", [], []
    for school in records(published.read(tables.SURVEYED_SCHOOLS)):
        own, luck = ordered(established, school["school_id"]), rng.random(2)
        if own.empty or luck[0] < SILENT_SHARE:
            continue
        form_id = ProgrammeId(settings["name"], school["school_id"], year, tuple(own["cause_code"]))
        form = ProgrammeForm(form_id, school["school_name"], school["municipality_name"], own, offer, is_demo=True)
        is_flawless = luck[0] < SILENT_SHARE + FLAWLESS_SHARE
        gaps = ["" if is_flawless or rng.random() >= GAP_SHARE else str(rng.choice(GAPS)) for _ in range(len(own))]
        if all(gap == "line" for gap in gaps):
            gaps[0] = ""
        month, day = LATE_DAY if luck[1] < LATE_SHARE else FIRST_DAY
        path = folder / f"{date(year, month, day)}" / file_name(school["school_id"], school["school_name"])
        sent.append((path, form, _lines(form, gaps, rng)))
        truth += [(school["school_id"], code, gap) for code, gap in zip(form_id.cause_codes, gaps, strict=True)]
    for path, form, lines in sent:
        _write(path, render(form, lines))
    _write_dirt(folder, sent, year)
    table = pd.DataFrame(truth, columns=["school_id", "cause_code", "gap_code"])
    write_parquet(directory / "truth" / "programmes.parquet", table)
    return table


def _lines(form: ProgrammeForm, gaps: list[str], rng: np.random.Generator) -> list[ProgrammeLine]:
    """What a school has filled in: a line per cause, with its gap, and now and then a second measure."""
    lines: list[ProgrammeLine] = []
    more: list[ProgrammeLine] = []
    for number, (cause, gap) in enumerate(zip(records(form.causes), gaps, strict=True), start=1):
        line = _whole_line(form, number, cause["measure_number"], rng)
        if gap == "line":
            continue
        if gap:
            told = IDLE[gap][int(rng.integers(len(IDLE[gap])))]
            name = "due" if gap == "due_date" else gap
            line = replace(line, **{name: told, **({"target": None} if gap == "indicator" else {})})
        elif rng.random() < SECOND_SHARE and len(more) < FREE_LINES - 1:
            more.append(replace(_whole_line(form, number, None, rng), target=None))
        lines.append(line)
    return [*lines, *more]


def _whole_line(
    form: ProgrammeForm, number: int, measure_number: int | None, rng: np.random.Generator
) -> ProgrammeLine:
    """A line that lacks nothing: the measure that the register recommends, or one of the school's own."""
    recommended = next((told for told in form.measures if told.startswith(f"№ {measure_number}. ")), None)
    own = OWN_MEASURES[int(rng.integers(len(OWN_MEASURES)))]
    measure = own if recommended is None or rng.random() < OWN_SHARE else recommended
    indicator, target = INDICATORS[int(rng.integers(len(INDICATORS)))]
    year = form.form_id.list_year
    due = (date(year, 12, 25), date(year + 1, 3, 31), date(year + 1, 5, 25))[int(rng.integers(3))]
    return ProgrammeLine(number, measure, POSTS[int(rng.integers(len(POSTS)))], due, indicator, target)


def _write_dirt(folder: Path, sent: list[tuple[Path, ProgrammeForm, list[ProgrammeLine]]], year: int) -> None:
    """What comes besides: a copy, an earlier half, another region's, last year's, an empty one, no workbook at all."""
    aside = folder / f"{date(year, *FIRST_DAY)} разное"
    (path, form, lines), (_, second, others), (_, third, _) = sent[:3]
    _write(aside / "Копия программы.xlsx", path.read_bytes())
    _write(folder / f"{date(year, 9, 25)}" / "Черновик программы.xlsx", render(second, others[:1]))
    strange = replace(form, form_id=replace(form.form_id, region_name=STRANGE_REGION))
    _write(aside / "Программа соседей.xlsx", render(strange, lines))
    old = replace(second, form_id=replace(second.form_id, list_year=year - 1))
    _write(aside / "Прошлогодняя программа.xlsx", render(old, [replace(line, due=None) for line in others]))
    _write(aside / "Пустая программа.xlsx", render(third))
    _write(aside / "Скан программы.xlsx", b"not a workbook")


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


if __name__ == "__main__":
    write_programmes(Path(sys.argv[1]), int(sys.argv[2]))
