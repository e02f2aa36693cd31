"""The regional test of the made-up region (procedure `okr`, grade 10): a workbook of its own and ready tables.

The workbook has one sheet per subject and every municipality in a row of its own (formats 4); it names schools without
codes, some of them wrongly. Earlier years come as the canonical table of results.
"""

from datetime import date
from pathlib import Path

import pandas as pd

from pipeline.names import normalise, normalise_municipality
from pipeline.schema import records
from pipeline.synthetic.files import DEMO_NOTE, Row, write_csv, write_parquet, write_workbook
from pipeline.synthetic.names import village_adjectives
from pipeline.synthetic.region import OPEN_YEAR, Register, place_of, stream
from pipeline.synthetic.write_workbooks import MARK_POINTS, mean_points, sheet_of_subject
from pipeline.tables.reference import SCHOOL_MATCHES

SUBJECTS = {"mat": "Математика", "rus": "Русский язык"}
MISSPELT_COUNT = 6
CONFIRMED_COUNT = 2  # of the misspelt names: the analyst has decided them already
APPLICATIONS = 14  # rows of the sheet that holds no results
WRONG_TOTALS = {"rus": {"Вяземский": 11}}  # subject -> municipality -> by how many its printed total is too large

LAYOUT = r"""# Книга областной контрольной работы (ОКР): лист на предмет, муниципалитет отдельной строкой над школами.
layout_id = "demo_okr"
title = "Областная контрольная работа: лист на предмет, муниципалитет отдельной строкой"
procedure = "okr"
grade = "10"

[header]
rows = 1

[[sheets]]
title = 'областн\w+ контрольн\w+ работ'
holds = "results"
year = { title = '(\d{4}) год' }
subject = { title = '^предмет:?\s*(.+)$' }

[[sheets]]
title = '^заявления на участие'
header = ['^наименование оо', '^подано заявлений']
holds = "nothing"
reason = "на листе поданные заявления на участие, а не результаты"

[municipality]
row = '(муниципальн\w+ (район|округ)|^город) ?'

[school]
column = '^наименование оо'

[measures]
tested = '^приняли участие'
low = '^получили «?2'
absent = '^не явились'
mean = '^средняя отметка'

[blanks]
low = "zero"                           # пусто при ненулевом участии: двоек нет
absent = "zero"

[subjects]
"Математика" = "mat"
"Русский язык" = "rus"
"""


def write_okr(directory: Path, register: Register, cells: pd.DataFrame, seed: int) -> None:
    """Write the layout, the workbook of the last year, the tables of earlier years and the analyst's decisions."""
    okr = cells[cells["procedure"] == "okr"]
    first, second, last = sorted(int(year) for year in okr["year"].unique())
    (directory / "layouts").mkdir(parents=True, exist_ok=True)
    (directory / "layouts" / "demo_okr.toml").write_text(LAYOUT, encoding="utf-8")
    raw = directory / "raw"
    ready = canonical(okr)
    earliest = ready[ready["year"] == first]
    write_csv(raw / str(first) / "okr" / f"ОКР_{first}.csv", [list(earliest.columns), *earliest.to_numpy().tolist()])
    write_parquet(raw / str(second) / "okr" / f"ОКР_{second}.parquet", ready[ready["year"] == second])
    misspelt = misspelt_names(register, seed)
    path = raw / str(last) / "okr" / f"ОКР_{last}.xlsx"
    _write_workbook(path, register, okr[okr["year"] == last], misspelt, last)


def canonical(cells: pd.DataFrame) -> pd.DataFrame:
    """One row per cell, in the columns of the canonical table of results."""
    tested = cells[cells["tested_count"] > 0]
    frame = tested[["school_id", "municipality_id", "year", "procedure", "subject", "grade", "tested_count"]]
    return frame.assign(
        grade=frame["grade"].astype(str),
        low_count=tested["mark_2"],
        absent_count=tested["absent_count"],
        mean_score=mean_points(tested, MARK_POINTS),
    ).reset_index(drop=True)


def misspelt_names(register: Register, seed: int) -> dict[str, str]:
    """Wrong spelling by school: a letter of the village has been lost on the way."""
    traits = register.traits
    villages = traits[traits["is_rural"] & traits["has_senior"] & (traits["valid_to_year"] == OPEN_YEAR)]
    names = register.names()
    old = sorted(villages.loc[villages["valid_from_year"] == 0, "school_id"])
    chosen = stream(seed, "misspelt").choice(old, MISSPELT_COUNT, replace=False)
    misspelt = {}
    for school_id in sorted(map(str, chosen)):
        adjective = next(a for a in village_adjectives() if f"«{a} " in names[school_id])
        # The fifth letter goes; no other invented village is one letter away.
        misspelt[school_id] = names[school_id].replace(adjective, adjective[:4] + adjective[5:])
    return misspelt


def matches(register: Register, seed: int, last_year: int) -> pd.DataFrame:
    """One row per decision that the analyst has taken about a misspelt name (`SCHOOL_MATCHES`)."""
    home = dict(zip(register.schools["school_id"], register.schools["municipality_id"], strict=True))
    rows = [
        {
            "municipality_text": normalise_municipality(place_of(home[school_id]).name_in(last_year)),
            "school_text": normalise(name),
            "code_text": "",
            "school_id": school_id,
            "decision_code": "accepted",
            "decided_by": "аналитик (ДЕМО)",
            "decided_date": date(last_year, 7, 1),
            "note": "опечатка в книге ОКР",
        }
        for school_id, name in list(misspelt_names(register, seed).items())[:CONFIRMED_COUNT]
    ]
    return SCHOOL_MATCHES.conform(pd.DataFrame(rows))


def _write_workbook(path: Path, register: Register, okr: pd.DataFrame, misspelt: dict[str, str], year: int) -> None:
    """Write the regional workbook: a sheet per subject and a sheet that holds no results."""
    names = register.names() | misspelt
    sheets: dict[str, list[Row]] = {}
    for subject, title in SUBJECTS.items():
        cells = okr[okr["subject"] == subject]
        heading = f"Результаты областной контрольной работы ({DEMO_NOTE})"
        titles = (heading, f"10 класс, {year} год", title)
        sheets[title] = sheet_of_subject(cells, names, titles, WRONG_TOTALS.get(subject))
    applied = okr[okr["subject"] == "mat"].head(APPLICATIONS)
    sheets["Заявления"] = [
        [f"Заявления на участие ({DEMO_NOTE})"],
        ["Наименование ОО", "Подано заявлений"],
        *([names[row["school_id"]], row["tested_count"] + row["absent_count"]] for row in records(applied)),
    ]
    write_workbook(path, sheets)
