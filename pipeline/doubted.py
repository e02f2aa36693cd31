"""What is left of the evidence of schools whose ВПР are in doubt (methodology 5): a doubt never lowers a school's T.

The region keeps every result: rates, φ, d, k and μ do not depend on who is in doubt. Of the school's own evidence the
doubtful ВПР leave, unless that would help the school: they stay where T would be lower without them, and where nothing
could be judged without them although T with them is high enough for the list.

That T never falls: with the parameters held, a school's T is a falling function of the cut, and the evidence chosen
here makes it no smaller at the cut of before. A larger T somewhere raises the cut, which lowers all others; were the
school's own T smaller in the end, the sum of T would be below K.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from pipeline.learning import Learned
from pipeline.methodology.rules import SelectionRules, StabilityRules
from pipeline.panel import Mask, Panel
from pipeline.posterior import as_stored, cut_for, probabilities_above


@dataclass(frozen=True)
class Standing:
    """The evidence that counts.

    Args:
        panel, learned: the same schools, years and parameters, without the ВПР that left.
        is_set_aside: per school of the panel, whether any left.
    """

    panel: Panel
    learned: Learned
    is_set_aside: Mask


def standing(
    panel: Panel,
    learned: Learned,
    set_aside: pd.DataFrame | None,
    selection: SelectionRules,
    rules: StabilityRules,
) -> Standing:
    """The evidence without the doubtful ВПР that speak for their schools.

    Args:
        panel: the schools of the region with all their results.
        learned: what the region gives (`learning.learn`).
        set_aside: `school_id`, `year`, `procedure` of doubtful ВПР (`objectivity.set_aside`); None: none.
        selection: K, and the T from which a school may enter the list.
        rules: when evidence is too thin to judge by.
    """
    is_doubtful = _doubtful_cells(panel, set_aside)
    if not is_doubtful.any():
        return Standing(panel, learned, np.zeros(len(panel.school_ids), dtype=bool))
    lesser = panel.without(is_doubtful)
    less = learned.on(lesser)
    cut = cut_for(learned.shape[-1], learned.rate[-1], selection.capacity)
    before, after = (as_stored(probabilities_above(one.shape[-1], one.rate[-1], cut)) for one in (learned, less))
    is_unjudged = is_thin(lesser, less, rules) | ~is_recent(lesser, rules)
    stays = (after < before) | (is_unjudged & (before >= selection.borderline_probability))
    row = panel.cells["row"].to_numpy()
    chosen = panel.without(is_doubtful & ~stays[row])
    aside = np.zeros(len(panel.school_ids), dtype=bool)
    aside[row[is_doubtful]] = True
    return Standing(chosen, learned.on(chosen), aside & ~stays)


def is_thin(panel: Panel, learned: Learned, rules: StabilityRules) -> Mask:
    """Per school, whether its evidence is too little to judge by."""
    found: Mask = (as_stored(learned.expected[-1]) < rules.thin_expected) | (
        panel.tested.sum(axis=1) < rules.min_pooled_tested_count
    )
    return found


def is_recent(panel: Panel, rules: StabilityRules) -> Mask:
    """Per school, whether cells of the last years take part; others say nothing and are no recent results either."""
    recent = panel.columns(int(panel.years[-1]), rules.recent_years)
    found: Mask = panel.tested[:, recent].sum(axis=1) > 0
    return found


def _doubtful_cells(panel: Panel, set_aside: pd.DataFrame | None) -> Mask:
    """Per cell of the panel, whether it belongs to a school, year and procedure in doubt."""
    if set_aside is None or set_aside.empty:
        return np.zeros(len(panel.cells), dtype=bool)
    key = ["school_id", "year", "procedure"]
    ids = panel.school_ids.to_numpy()[panel.cells["row"].to_numpy()]
    own = pd.MultiIndex.from_frame(panel.cells[["year", "procedure"]].assign(school_id=ids)[key])
    found: Mask = own.isin(pd.MultiIndex.from_frame(set_aside[key]))
    return found
