"""A small made-up region for the explanation: twelve schools, three years, one cell a year, a school per status."""

from dataclasses import dataclass
from functools import cache

import pandas as pd

from pipeline import deciding, methodology
from pipeline.deciding import Case
from pipeline.expected import StabilityFit
from pipeline.explain import explanation
from pipeline.explain.lists import Lists
from pipeline.methodology import Methodology
from pipeline.tables.orders import COMMISSION_DECISIONS, FEDERAL_LIST, LIST_BEFORE, PAST_LIST
from pipeline.tables.reference import MUNICIPALITIES, SCHOOL_LINEAGE, SCHOOLS
from pipeline.tables.results import RESULTS
from pipeline.tables.sources import SOURCE_FILES

# school | kind | tested a year | low in 2024, 2025, 2026 | on the list in force | what the commission decided
SCHOOL_TABLE = """
s01 | ordinary | 40 | 20 20 18 | yes | -
s02 | ordinary | 40 | 14 15 16 | -   | -
s03 | ordinary | 40 | 14 13 12 | yes | -
s04 | ordinary | 40 | 10 12 12 | -   | -
s05 | ordinary | 40 |  4  3  4 | -   | -
s06 | ordinary | 40 |  5  2  1 | yes | -
s07 | ordinary | 40 |  3  3  4 | -   | include
s08 | ordinary | 40 | 17 16 17 | -   | exclude
s09 | evening  | 40 | 20 20 20 | -   | -
s10 | ordinary |  4 |  1  0  1 | -   | -
s11 | ordinary | 40 |  4  5  3 | -   | -
s12 | ordinary | 40 |  2  4  4 | -   | -
s13 | ordinary | 40 |  1  0  2 | -   | -
s14 | ordinary | 40 |  2  2  1 | -   | -
s15 | ordinary |  - |  -  -  - | -   | -
"""
YEARS = (2024, 2025, 2026)
FILE = "raw/{0}/РУ5_{0}.xlsx"


@dataclass(frozen=True)
class Region:
    """Everything that a decision and its explanation are made from."""

    case: Case
    method: Methodology
    fit: StabilityFit
    selection: pd.DataFrame
    source_files: pd.DataFrame
    lists: Lists

    def explain(self, school_id: str) -> pd.DataFrame:
        """The explanation of one school."""
        return explanation(
            self.case,
            self.method,
            self.fit,
            self.selection,
            school_id,
            lists=self.lists,
            municipalities=MUNICIPALITIES.typed(
                pd.DataFrame([{"municipality_id": "m1", "municipality_name": "Озёрный район"}])
            ),
            source_files=self.source_files,
        )


def region_of(results: pd.DataFrame, schools: pd.DataFrame, capacity: int, **others: pd.DataFrame) -> Region:
    """A region decided in 2026; `others` are tables that are empty if not given."""
    method = methodology.load().with_capacity(capacity)
    past_list = others.get("past_list", PAST_LIST.empty())
    lists = Lists(past_list, LIST_BEFORE.empty(), FEDERAL_LIST.empty(), SCHOOL_LINEAGE.empty(), schools)
    case = deciding.make_case(
        2026,
        results,
        schools,
        SCHOOL_LINEAGE.empty(),
        past_list,
        LIST_BEFORE.empty(),
        others.get("decisions", COMMISSION_DECISIONS.empty()),
    )
    fit = deciding.fit(case, method)
    files = pd.DataFrame([{"file_id": FILE.format(year), "sha256": f"{year}abcdef0123"} for year in YEARS])
    files = files.assign(receipt_year=2026, load_date="", layout_id="x", read_count=1, kept_count=1, rejected_count=0)
    return Region(case, method, fit, deciding.choose(case, method, fit.table), SOURCE_FILES.conform(files), lists)


@cache
def example_region() -> Region:
    """The region of `SCHOOL_TABLE`, four places."""
    rows = [[cell.strip() for cell in line.split("|")] for line in SCHOOL_TABLE.strip().splitlines()]
    results = [
        {
            "school_id": school, "municipality_id": "m1", "year": year, "procedure": "vpr", "subject": "rus",
            "grade": "5", "tested_count": int(tested), "low_count": int(low),
            "source_text": f"{FILE.format(year)}, лист «РУ 5», строка {9 + place}",
        }
        for place, (school, _, tested, lows, _, _) in enumerate(rows)
        if tested != "-"
        for year, low in zip(YEARS, lows.split(), strict=True)
    ]  # fmt: skip
    schools = [
        {"school_id": row[0], "school_name": f"Школа № {int(row[0][1:])}", "municipality_id": "m1", "kind_code": row[1]}
        for row in rows
    ]
    decisions = [
        {"school_id": row[0], "year": 2026, "action": row[5], "who": "Комиссия", "date": "2026-09-01", "why": "по акту"}
        for row in rows
        if row[5] != "-"
    ]
    listed = [{"school_id": row[0], "number": "7", "date": "2025-09-10"} for row in rows if row[4] == "yes"]
    return region_of(
        RESULTS.conform(pd.DataFrame(results)),
        SCHOOLS.conform(pd.DataFrame(schools)),
        capacity=4,
        past_list=PAST_LIST.typed(pd.DataFrame(listed)),
        decisions=COMMISSION_DECISIONS.conform(pd.DataFrame(decisions)),
    )


@cache
def example_explanation(school_id: str) -> pd.DataFrame:
    """The explanation of a school of the example, made once for all tests."""
    return example_region().explain(school_id)
