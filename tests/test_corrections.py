"""Declared corrections: applied where their guard holds, loud where they no longer fit."""

from pathlib import Path

import pandas as pd
import pytest

from pipeline.corrections import apply, load
from pipeline.errors import ConfigError
from pipeline.tables.results import RESULTS

ENTRY = """
[[correction]]
school_id = "s1"
procedure = "oge"
subject = "mat"
grade = "9"
guard = { low_count = 31 }
set = { low_count = 13 }
reason = "Переставлены цифры"
provider = "Письмо школы"
status = "confirmed"
"""


def results() -> pd.DataFrame:
    rows = [
        {"school_id": school, "municipality_id": "m1", "year": 2026, "procedure": "oge", "subject": "mat", "grade": "9"}
        | {"tested_count": 40, "low_count": low, "source_text": "raw/2026/oge.csv"}
        for school, low in (("s1", 31), ("s2", 4))
    ]
    return RESULTS.conform(pd.DataFrame(rows))


def written(directory: Path, text: str = ENTRY, name: str = "2026.toml") -> Path:
    (directory / "corrections").mkdir()
    (directory / "corrections" / name).write_text(text, encoding="utf-8")
    return directory


def test_a_correction_changes_its_cell_alone_and_says_so(tmp_path: Path) -> None:
    before = results()
    corrected = apply(before, load(written(tmp_path)))
    assert list(corrected["low_count"]) == [13, 4]
    assert corrected.loc[0, "source_text"] == "raw/2026/oge.csv; corrections/2026.toml, исправление 1"
    assert list(before["low_count"]) == [31, 4]


def test_without_corrections_nothing_changes(tmp_path: Path) -> None:
    pd.testing.assert_frame_equal(apply(results(), load(tmp_path)), results())


@pytest.mark.parametrize(
    ("text", "name", "message"),
    [
        (ENTRY.replace('"s1"', '"s9"'), "2026.toml", "не нашло своей ячейки"),
        (ENTRY, "2025.toml", "не нашло своей ячейки"),
        (ENTRY.replace("= 31", "= 30"), "2026.toml", "рассчитано на low_count = 30"),
        (ENTRY.replace('status = "confirmed"', 'status = "maybe"'), "2026.toml", "status"),
        (ENTRY.replace('reason = "Переставлены цифры"', ""), "2026.toml", "не хватает полей"),
        (ENTRY.replace("set = { low_count = 13 }", 'set = { school_id = "s2" }'), "2026.toml", "исправлять нельзя"),
        (ENTRY, "этот год.toml", "не годом"),
        ("[[correction", "2026.toml", "не читается"),
    ],
)
def test_a_correction_that_does_not_fit_stops_the_run(tmp_path: Path, text: str, name: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        apply(results(), load(written(tmp_path, text, name)))
