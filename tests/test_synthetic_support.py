"""The made-up facts of support: what was told is counted exactly once, and everything that is not right is told of."""

from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from pipeline.identity import Register
from pipeline.region import reference_table
from pipeline.support_events import count_events
from pipeline.support_returns import SupportReturns, read_returns
from pipeline.synthetic.names import REGION_NAME
from pipeline.synthetic.region import make_register
from pipeline.synthetic.truth import make_truth, past_list
from pipeline.synthetic.write_support import PROVEN, SILENT_COUNT, WHO, write_support
from pipeline.tables.causes import MEASURES
from pipeline.tables.reference import SCHOOL_MATCHES
from pipeline.tables.support import SUPPORTED_SCHOOLS

YEAR, SEED = 2026, 2026
DAYS = {"june": date(YEAR, 6, 30), "november": date(YEAR, 11, 30)}
FOUND_STATES = {"counted", "duplicate", "superseded", "foreign", "unreadable"}


class Made:
    """A folder with the facts of a made-up region, and what its readers need."""

    def __init__(self, root: Path) -> None:
        made = make_register(SEED, YEAR)
        listed = past_list(made, make_truth(made, SEED, (YEAR - 2, YEAR - 1, YEAR)), SEED, YEAR - 1)
        write_support(root, made, listed, SEED, YEAR)
        self.root, self.schools = root, made.schools
        self.events = pd.read_parquet(root / "truth" / "support_events.parquet")
        self.register = Register(made.municipalities, made.schools, made.codes, made.lineage, SCHOOL_MATCHES.empty())
        own = made.schools[made.schools["school_id"].isin(listed["school_id"])]
        lists = pd.concat([own.assign(list_year=YEAR - 1), own.assign(list_year=YEAR)])
        self.supported = SUPPORTED_SCHOOLS.conform(
            lists.assign(municipality_name="", is_signed=True)[
                [name for name in SUPPORTED_SCHOOLS.column_names if name != "stand_in_year"]
            ]
        )

    def read(self, period: str) -> SupportReturns:
        measures = reference_table(self.root, MEASURES)
        day = DAYS[period]
        return read_returns(self.root, YEAR, period, day, REGION_NAME, self.supported, measures, self.register)


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> Made:
    return Made(tmp_path_factory.mktemp("support"))


@pytest.mark.parametrize("period", DAYS)
def test_every_event_that_was_told_of_is_counted_once(made: Made, period: str) -> None:
    facts = count_events(made.read(period).facts, made.schools, DAYS[period])
    counted = facts[facts["is_counted"].astype(bool)]
    told = made.events[made.events["is_reported"] & (made.events["fact_date"] <= pd.Timestamp(DAYS[period]))]
    expected, found = (
        frame.assign(**{name: frame[name].astype("object").fillna("") for name in WHO[1:3]})
        .groupby(WHO)["quantity"]
        .sum()
        .sort_index()
        for frame in (told, counted)
    )
    assert len(found) == len(counted)
    assert found.index.tolist() == expected.index.tolist()
    assert found.tolist() == expected.tolist()


def test_the_silent_are_known_and_what_they_did_is_not(made: Made) -> None:
    for period, count in SILENT_COUNT.items():
        returns = made.read(period).returns
        assert (~returns["is_returned"].astype(bool)).sum() == count
    assert 0.02 < 1 - made.events["is_reported"].mean() < 0.2
    assert not made.events["measure_number"].isin(PROVEN).any()


@pytest.mark.parametrize("period", DAYS)
def test_what_is_not_right_is_told_of_file_by_file_and_line_by_line(made: Made, period: str) -> None:
    returns = made.read(period)
    assert set(returns.files["state_code"]) >= FOUND_STATES
    reasons = set(returns.rejects.loc[~returns.rejects["is_service"].astype(bool), "reason_code"])
    assert {"unknown_school", "not_a_date", "part_of_a_whole", "below_minimum", "unknown_measure"} <= reasons
    counts = returns.source_files
    assert (counts["read_count"] == counts["kept_count"] + counts["rejected_count"]).all()
