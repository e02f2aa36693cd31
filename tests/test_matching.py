"""The analyst decides about names: proposals are listed, accepted many at once, rejected; nothing happens by itself."""

from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from pipeline import matching
from pipeline.errors import MatchError
from pipeline.region import reference_table
from pipeline.tables.quality import MATCH_PROPOSALS
from pipeline.tables.reference import SCHOOL_MATCHES

ON = date(2026, 7, 1)


def proposal(number: str, name: str, school_id: str | None, score: float | None, rank: int = 1) -> dict[str, object]:
    return {
        "proposal_id": number,
        "municipality_text": "Озёрный район",
        "school_text": name,
        "code_text": "",
        "row_count": 3,
        "file_id": "raw/2026/f.xlsx",
        "proposal_rank": rank,
        "school_id": school_id,
        "school_name": school_id,
        "match_score": score,
    }


@pytest.fixture
def root(tmp_path: Path) -> Path:
    rows = [
        proposal("p1", "Озёрная шк.", "s1", 97.0),
        proposal("p2", "Озёрная шк.", "s2", 81.0, rank=2),
        proposal("p3", "Лесная шк.", "s3", 96.0),
        proposal("p4", "Лесная шк.", "s4", 96.0, rank=2),
        proposal("p5", "Дальняя", "s5", 82.0),
        proposal("p6", "ППЭ на дому", None, None),
    ]
    matching.save_proposals(tmp_path, MATCH_PROPOSALS.conform(pd.DataFrame(rows)))
    return tmp_path


def decisions(root: Path) -> dict[str, tuple[str, str | None]]:
    frame = reference_table(root, SCHOOL_MATCHES)
    return {
        name: (decision, None if pd.isna(school) else school)
        for name, decision, school in zip(frame["school_text"], frame["decision_code"], frame["school_id"], strict=True)
    }


def test_many_are_accepted_at_once_above_a_score_but_never_a_tie(root: Path) -> None:
    assert matching.accept(root, (), 95.0, "аналитик", ON) == 1
    assert decisions(root) == {"Озёрная шк.": ("accepted", "s1")}


def test_a_tie_is_decided_by_number(root: Path) -> None:
    matching.accept(root, ("p4",), None, "аналитик", ON)
    assert decisions(root) == {"Лесная шк.": ("accepted", "s4")}


def test_a_rejected_name_means_no_school_and_leaves_the_list(root: Path) -> None:
    matching.reject(root, ("p6",), "аналитик", ON)
    assert decisions(root) == {"ППЭ на дому": ("rejected", None)}
    assert "ППЭ на дому" not in set(matching.load_proposals(root)["school_text"])


def test_decisions_add_up(root: Path) -> None:
    matching.accept(root, ("p1",), None, "аналитик", ON)
    matching.accept(root, ("p5",), None, "аналитик", ON)
    assert set(decisions(root)) == {"Озёрная шк.", "Дальняя"}
    frame = reference_table(root, SCHOOL_MATCHES)
    assert set(frame["decided_by"]) == {"аналитик"}
    assert set(frame["decided_date"].dt.date) == {ON}


@pytest.mark.parametrize(
    ("ids", "message"),
    [
        (("p9",), "Нет предложений"),
        (("p6",), "нет предложенной школы"),
        (("p1", "p2"), "две школы"),
        ((), "Не сказано"),
    ],
)
def test_a_wrong_decision_changes_nothing(root: Path, ids: tuple[str, ...], message: str) -> None:
    with pytest.raises(MatchError, match=message):
        matching.accept(root, ids, None, "аналитик", ON)
    assert decisions(root) == {}


def test_without_a_run_there_are_no_proposals(tmp_path: Path) -> None:
    with pytest.raises(MatchError, match="Предложений ещё нет"):
        matching.load_proposals(tmp_path)
