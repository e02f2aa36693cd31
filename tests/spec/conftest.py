"""Text tables: the form in which the specification states what goes in and what comes out."""

from collections.abc import Callable

import pandas as pd
import pytest

from pipeline import methodology
from pipeline.tables.decision import STABILITY
from pipeline.tables.results import RESULTS

Maker = Callable[[str], pd.DataFrame]

NAMES = {"school": "school_id", "exam": "procedure", "tested": "tested_count", "low": "low_count"}
NAMES |= {"T": "probability", "C": "low_years_count", "T now": "current_year_probability"}
NAMES |= {"expected": "expected_low_count", "status": "status_code", "reasons": "reason_codes"}


def parse(text: str) -> pd.DataFrame:
    """A frame from lines of cells parted by "|": the first line names the columns; "-" is missing."""
    lines = [[cell.strip() for cell in line.split("|")] for line in text.strip().splitlines()]
    header, *rows = lines
    assert all(len(row) == len(header) for row in rows), "a row of the text table has another number of cells"
    values = [[None if cell == "-" else cell for cell in row] for row in rows]
    return pd.DataFrame(values, columns=[NAMES.get(name, name) for name in header])


@pytest.fixture
def table() -> Maker:
    """Any text table; cells stay text."""
    return parse


@pytest.fixture
def results() -> Maker:
    """Result cells: school, year, exam, subject, grade, tested, low; what is left out is the same for all."""

    def make(text: str) -> pd.DataFrame:
        defaults = {"municipality_id": "m1", "procedure": "vpr", "subject": "rus", "grade": "5"}
        frame = parse(text)
        return RESULTS.typed(frame.assign(**{k: v for k, v in defaults.items() if k not in frame}))

    return make


@pytest.fixture
def stability() -> Maker:
    """Rows of the model: school, T and whatever matters; the rest is unremarkable."""

    def make(text: str) -> pd.DataFrame:
        frame = parse(text)
        defaults: dict[str, object] = {
            "municipality_id": "m1", "year": 2026, "tested_count": 100, "low_count": 10, "expected_low_count": 10.0,
            "effective_observed": 10.0, "effective_expected": 10.0, "index": 1.0, "index_lower": 0.8,
            "index_upper": 1.2, "reliability": 0.9, "reliability_code": "firm", "band_code": "none",
            "low_years_count": 0, "years_count": 3, "current_year_probability": 0.1, "is_thin": False,
            "is_recent": True, "is_vpr_set_aside": False, "history_years_count": 3,
            "size_count": 30, "prior_mean": 1.0, "newest_expected_count": 3.0,
        }  # fmt: skip
        frame = frame.assign(**{k: v for k, v in defaults.items() if k not in frame})
        for name in ("is_thin", "is_recent"):
            frame[name] = frame[name].map({"yes": True, "no": False, True: True, False: False})
        return STABILITY.conform(frame)

    return make


@pytest.fixture(scope="session")
def edition() -> methodology.Methodology:
    """The default edition: the numbers that the examples speak of."""
    return methodology.load()
