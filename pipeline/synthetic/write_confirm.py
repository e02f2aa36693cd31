"""The confirmation of data of the made-up region: returned workbooks, objections, and what the commission decided.

The forms show what the schools count themselves; what is computed later differs from it where the files are not right.
The objections are harmless: the accepted one mends absences in a regional test, which selects nobody.
"""

from datetime import date
from pathlib import Path

import pandas as pd

from pipeline.confirmation import ANSWERS, ConfirmForm, ObjectionLine, SchoolFigures, school_figures
from pipeline.corrections import entry_text
from pipeline.objections import Decision, decide, register_new
from pipeline.outputs.confirmation import render
from pipeline.register import municipality_names, valid_in
from pipeline.schema import records
from pipeline.sources.confirmation import read_confirmation
from pipeline.sources.grid import source_file
from pipeline.synthetic.files import write_reference
from pipeline.synthetic.names import REGION_NAME
from pipeline.synthetic.region import Register, stream
from pipeline.tables.orders import OBJECTIONS, RETURNED_OBJECTIONS
from pipeline.tables.results import RESULTS

RETURNING = 5  # municipalities that have sent their workbook back, the smallest ones
SILENT_SHARE = 0.1
COMMISSION = "Комиссия министерства (ДЕМО)"


def write_confirm(directory: Path, register: Register, cells: pd.DataFrame, seed: int, year: int) -> None:
    """Write `raw/<year>/confirm/`, `decisions/objections.csv` and the correction that follows from one of them.

    Args:
        directory: the region's folder.
        register: names and municipalities.
        cells: what `draw_cells` gives.
        seed: of the silence.
        year: year of decision.
    """
    results, schools = _results(cells), valid_in(register.schools, year)
    counts = schools["municipality_id"].value_counts()
    moved = set(register.lineage["successor_id"].dropna()) | set(register.lineage["school_id"])
    touched = set(schools.loc[schools["school_id"].isin(moved), "municipality_id"])
    order = sorted((int(count), str(code)) for code, count in counts.items() if code not in touched)
    names, rng = municipality_names(register.municipalities, year), stream(seed, "confirm")
    known_ids, returned = frozenset(schools["school_id"]), []
    for place, (_, code) in enumerate(order[:RETURNING]):
        figures = school_figures(results, schools, code, range(year - 2, year + 1))
        form = ConfirmForm(REGION_NAME, code, names[code], year, figures, date(year, 7, 10), is_demo=True)
        lines = {figures[0].school_id: _lines(figures[0], place)}
        silent = {own.school_id for own in figures[1:] if rng.random() < SILENT_SHARE}
        answers = {own.school_id: ANSWERS["confirmed"] for own in figures if own.school_id not in silent}
        answers |= {school_id: ANSWERS["disagreed"] for school_id, own in lines.items() if own}
        path = directory / "raw" / str(year) / "confirm" / f"{names[code]}.xlsx"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(render(form, answers, lines))
        found = read_confirmation(source_file(path, directory, year), REGION_NAME, year, known_ids)
        returned.append(found.table(RETURNED_OBJECTIONS))
    told = pd.concat([frame for frame in returned if len(frame)], ignore_index=True)
    objections, new = register_new(OBJECTIONS.empty(), told, year, date(year, 7, 8))
    decided = decide(objections, _decisions(new, year), results, year, register.names())
    frame = decided.objections
    days = {name: frame[name].dt.strftime("%Y-%m-%d") for name in ("received_date", "decided_date")}
    write_reference(directory / "decisions" / "objections.csv", frame.assign(**days))
    for correction in decided.corrections:
        path = directory / "corrections" / f"{correction.result_year}.toml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("# ДЕМО: школы и возражения выдуманы.\n" + entry_text(correction), encoding="utf-8")


def _results(cells: pd.DataFrame) -> pd.DataFrame:
    """The cells as a school counts them itself (`RESULTS`)."""
    tested = cells[cells["tested_count"] > 0]
    names = ["school_id", "municipality_id", "year", "procedure", "subject", "grade", "tested_count", "absent_count"]
    return RESULTS.conform(
        tested[names].assign(
            low_count=tested["mark_2"], grade=tested["grade"].astype(str), source_text="ведомости школы"
        )
    )


def _lines(own: SchoolFigures, place: int) -> list[ObjectionLine]:
    """What one school of each municipality objects to; the last ones agree with everything."""
    rows = list(enumerate(records(own.cells), start=1))
    oldest = min(row["year"] for _, row in rows)
    tests = [(n, row) for n, row in rows if row["procedure"] == "okr" and row["year"] == oldest]
    vpr = [(n, row) for n, row in rows if row["procedure"] == "vpr" and row["year"] != oldest]
    first, second = (tests or vpr)[0], vpr[0]
    bad = next(((n, row) for n, row in vpr if row["low_count"] > 0), second)
    found = {
        0: [
            ObjectionLine(first[0], "Отсутствовали", first[1]["absent_count"] + 1, "Не учтён заболевший ученик",
                          "Справка школы (ДЕМО)"),
            ObjectionLine(bad[0], "Низких результатов", 0, "Задания были слишком трудными"),
        ],
        1: [ObjectionLine(second[0], "Участников", second[1]["tested_count"] + 2, "В файле нет двух учеников",
                          "Протокол проведения (ДЕМО)")],
        2: [ObjectionLine(indicator="Другое", ground="Здание на капитальном ремонте, уроки шли в две смены")],
        3: [ObjectionLine(indicator="Включение в перечень", ground="Просим учесть открытие отделения при больнице",
                          document="Письмо муниципалитета (ДЕМО)")],
    }  # fmt: skip
    return found.get(place, [])


def _decisions(new: pd.DataFrame, year: int) -> list[Decision]:
    """The commission has accepted what a document proves, rejected what nothing does, and not yet come to the rest."""
    proven, unproven = new["column_name"] == "absent_count", new["ground_text"].str.startswith("Задания")
    return [
        *(
            Decision(int(number), True, COMMISSION, date(year, 7, 16), "Подтверждено справкой")
            for number in new.loc[proven, "number"]
        ),
        *(
            Decision(int(number), False, COMMISSION, date(year, 7, 16), "Трудность заданий не меняет числа отметок")
            for number in new.loc[unproven, "number"]
        ),
    ]
