"""Method, section 9: what the public profile shows of every number, and what is hidden for the sake of others.

Each table is a region of one subject: municipality, school, tested, low -> what is told of tested and of low results.
"""

import pandas as pd
import pytest

from pipeline import disclosure
from pipeline.methodology import Methodology
from pipeline.tables.results import RESULTS


def told(text: str, edition: Methodology) -> dict[str, tuple[str, str]]:
    """What the public table tells of every place of the region written in `text`."""
    rows = [line.split() for line in text.splitlines() if line.strip()]
    frame = pd.DataFrame(
        {
            "school_id": school, "municipality_id": area, "year": 2026, "procedure": "oge", "subject": "mat",
            "grade": "9", "tested_count": int(tested), "low_count": int(low),
        }
        for area, school, tested, low in rows
    )  # fmt: skip
    public = disclosure.public_results(RESULTS.conform(frame), edition.disclosure)
    states = zip(public["tested_state_code"], public["low_state_code"], strict=True)
    return dict(zip(public["place_id"], states, strict=True))


BIG = """
    a a1 200 40
    a a2 100 30
    b b1 300 90
    c c1 250 60
"""


def test_large_numbers_are_all_shown(edition: Methodology) -> None:
    assert set(told(BIG, edition).values()) == {("shown", "shown")}


@pytest.mark.parametrize(
    ("tested", "low", "tested_state", "low_state"),
    [
        (9, 3, "small", "hidden"),  # under ten: nothing is told
        (10, 3, "shown", "few"),  # under twenty: no share, whatever it is
        (19, 19, "shown", "few"),
        (20, 10, "shown", "shown"),
        (60, 9, "shown", "below"),  # nine low results: only that their share is less than 10/60
        (60, 0, "shown", "below"),  # none at all is told no more exactly
        (60, 51, "shown", "above"),
        (60, 50, "shown", "shown"),
    ],
)
def test_what_is_told_of_a_school_by_its_own_numbers(
    tested: int, low: int, tested_state: str, low_state: str, edition: Methodology
) -> None:
    # The others of the municipality are large and many, so that their own hiding costs them nothing here.
    others = "\n".join(f"a x{number} {100 + number} 40" for number in range(4))
    assert told(f"a s {tested} {low}\n{others}\n{BIG}", edition)["s"] == (tested_state, low_state)


def test_a_hidden_number_takes_two_neighbours_with_it(edition: Methodology) -> None:
    """One neighbour would do against strangers; the second is there because a neighbour knows his own number."""
    region = told("a s 9 3\na t 30 12\na u 40 15\na v 50 20\na w 60 25\n" + BIG.replace("a ", "d "), edition)
    assert region["s"] == ("small", "hidden")
    assert [place for place in "tuvw" if region[place][0] == "hidden"] == ["t", "u"]
    assert region["a"] == ("shown", "shown")


def test_the_only_school_of_a_municipality_takes_the_municipality_and_others_with_it(edition: Methodology) -> None:
    region = told("s s1 9 3\n" + BIG + "d d1 40 15\ne e1 500 90\n", edition)
    assert region["s"][0] != "shown" and region["region"] == ("shown", "shown")
    hidden = [place for place in "abcde" if region[place][0] == "hidden"]
    assert len(hidden) == 2 and "e" not in hidden


def test_where_nothing_helps_nothing_is_shown(edition: Methodology) -> None:
    """Two municipalities and their sum: either of them would know the other's number."""
    assert set(told("a a1 9 3\nb b1 300 90", edition).values()) == {("hidden", "hidden")}
