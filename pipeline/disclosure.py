"""What leaves the department: figures of one's own schools whole, those of all others without small numbers.

Three profiles: internal shows everything and needs nothing from here; `own` keeps the rows of one's own schools, and
only them; `public_results` is what anybody may see, the same for everyone, so that two readers who put their papers
side by side learn nothing more.
"""

from collections.abc import Collection

import numpy as np
import pandas as pd

from pipeline.hidden_numbers import ABOVE, BELOW, SHOWN, Block, Counts, first_states, hide
from pipeline.methodology.rules import DisclosureRules
from pipeline.tables.disclosed import ALL_GRADES, PUBLIC_RESULTS

REGION = "region"  # place_id of the region
BLOCK = ["year", "procedure", "subject"]


def own(frame: pd.DataFrame, school_ids: Collection[str]) -> pd.DataFrame:
    """Rows of a frame about these schools: what a school (one) or its founder (all of its own) may see whole.

    Args:
        frame: any frame with `school_id`.
        school_ids: the reader's own schools.
    """
    return frame[frame["school_id"].isin(list(school_ids))].reset_index(drop=True)


def public_results(results: pd.DataFrame, rules: DisclosureRules) -> pd.DataFrame:
    """One row per year, procedure, subject and place; of the region also by grade (`PUBLIC_RESULTS`).

    All three levels are protected at once: it is safe to show all of the rows, or any of them. A pupil is counted once
    in every number, for he writes an exam in a subject in one grade only; there are no sums over subjects.

    Args:
        results: `RESULTS` of any years.
        rules: the smallest shown number, the narrowest range in which a hidden one may be known.
    """
    counted = results[results["tested_count"] > 0]
    parts = [_block(cells, rules) for _, cells in counted.groupby(BLOCK)]
    return PUBLIC_RESULTS.conform(pd.concat(parts, ignore_index=True) if parts else PUBLIC_RESULTS.empty())


def _block(cells: pd.DataFrame, rules: DisclosureRules) -> pd.DataFrame:
    """One row per place of a block and, for the region, per grade."""
    keys = ["municipality_id", "school_id"]
    schools = cells.groupby(keys, as_index=False)[["tested_count", "low_count"]].sum()
    area, areas = pd.factorize(schools["municipality_id"], sort=True)
    tested, low = (schools[name].to_numpy(dtype="int64") for name in ("tested_count", "low_count"))
    block = hide(tested, low, area, rules)
    places = [
        _told(block.schools, rules).assign(
            level_code="school", place_id=schools["school_id"], municipality_id=schools["municipality_id"]
        ),
        _told(block.areas, rules).assign(level_code="municipality", place_id=areas, municipality_id=areas),
        _told(block.region, rules).assign(level_code="region", place_id=REGION),
    ]
    told = pd.concat([*(place.assign(grade=ALL_GRADES) for place in places), _grades(cells, block, rules)])
    return told.assign(**{name: cells[name].iloc[0] for name in BLOCK})


def _grades(cells: pd.DataFrame, block: Block, rules: DisclosureRules) -> pd.DataFrame:
    """One row per grade of the region; none where there is one grade only, or where grades would tell too much.

    A grade is shown or is not there: with nothing hidden among them, their sum gives nothing away.
    """
    grades = cells.groupby("grade", as_index=False)[["tested_count", "low_count"]].sum()
    tested, low = (grades[name].to_numpy(dtype="int64") for name in ("tested_count", "low_count"))
    told = first_states(tested, low, rules)
    is_told = (told.low_state == SHOWN).all() and block.region.low_state[0] == SHOWN
    if len(grades) < 2 or not is_told:
        return PUBLIC_RESULTS.empty()
    return _told(told, rules).assign(level_code="region", place_id=REGION, grade=grades["grade"])


def _told(counts: Counts, rules: DisclosureRules) -> pd.DataFrame:
    """One row per place: its numbers where they are shown, the border of a share where it is only bounded.

    The border follows from the number of tested alone and so is the same for every number that is hidden behind it.
    """
    least, tested = rules.min_shown_count, counts.tested.astype(float)
    is_shown = counts.low_state == SHOWN
    hundredths = 100 * least / tested
    return pd.DataFrame(
        {
            "tested_count": pd.array(np.where(counts.tested_state == SHOWN, tested, np.nan), dtype="Int64"),
            "low_count": pd.array(np.where(is_shown, counts.low, np.nan), dtype="Int64"),
            "low_share": np.where(is_shown, counts.low / tested, np.nan),
            "below_share": np.where(counts.low_state == BELOW, np.ceil(hundredths) / 100, np.nan),
            "above_share": np.where(counts.low_state == ABOVE, 1 - np.ceil(hundredths) / 100, np.nan),
            "tested_state_code": counts.tested_state,
            "low_state_code": counts.low_state,
        }
    )
