"""What the terminal says at the end of a run: short, Russian, true."""

import pandas as pd

from pipeline.outputs import coverage
from pipeline.tables.decision import MUNICIPALITY_SUMMARY


def municipalities(*counts: tuple[int, int]) -> pd.DataFrame:
    rows = [
        {
            "municipality_id": f"m{i:02d}",
            "year": 2026,
            "municipality_name": f"Округ {i}",
            "school_count": schools,
            "received_count": received,
            "tested_count": 0,
            "low_count": 0,
            "missing_text": "«Озёрная школа»" if received < schools else "",
        }
        for i, (schools, received) in enumerate(counts)
    ]
    return MUNICIPALITY_SUMMARY.conform(pd.DataFrame(rows))


def test_the_missing_schools_are_named_by_municipality() -> None:
    told = coverage.terminal_summary(municipalities((10, 9), (5, 5), (3, 2)))
    assert told == "Нет результатов: 2 школы\n  Округ 0: «Озёрная школа»\n  Округ 2: «Озёрная школа»"


def test_nothing_is_said_where_nobody_is_missing() -> None:
    assert coverage.terminal_summary(municipalities((10, 10))) == ""


def test_a_long_list_is_cut_and_says_where_the_whole_is() -> None:
    told = coverage.terminal_summary(municipalities(*[(2, 1)] * 12)).splitlines()
    assert len(told) == 12
    assert told[-1] == "  и ещё 2 муниципалитета: все названы в опубликованной сводке по муниципалитетам"
