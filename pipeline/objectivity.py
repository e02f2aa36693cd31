"""Which results are in doubt, and what follows from it (methodology 5).

`MARKER_RULES` is the whole of the signs. A sign is a reason to look closer; only a verdict on a school's ВПР of one
year has a consequence, and only one: the ВПР stops counting as good evidence. Inflated results must not let a school
escape, and a doubt must not do it a favour.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import pandas as pd

from pipeline import markers
from pipeline.expected import expected_cells
from pipeline.markers import Evidence
from pipeline.methodology.rules import ObjectivityRules
from pipeline.schema import FLOAT_DECIMALS
from pipeline.tables.objectivity import OBJECTIVITY, OBJECTIVITY_FLAGS

# Being better than the region is no sign of its own: these corroborate another kind, and together count as one.
ABOVE_REGION = ("vpr_mean_high", "oge_mean_high", "journal_raised")


@dataclass(frozen=True)
class MarkerRule:
    """One marker.

    Args:
        marker_code: code of `OBJECTIVITY_FLAGS`.
        title: Russian title.
        function: gives one row per school, year, subject and grade that could be judged, with the columns of
            `OBJECTIVITY_FLAGS` but the code; what it lacks is missing, `is_official` false.
    """

    marker_code: str
    title: str
    function: Callable[[Evidence, ObjectivityRules], pd.DataFrame] = field(repr=False)


MARKER_RULES = (
    MarkerRule("vpr_mean_high", "Средний балл ВПР выше региона", markers.vpr_mean_high),
    MarkerRule("oge_mean_high", "Средний балл ОГЭ выше региона", markers.oge_mean_high),
    MarkerRule("journal_contradiction", "Балл ВПР противоречит отметкам по журналу", markers.journal_contradiction),
    MarkerRule("journal_raised", "ВПР повышают отметки по журналу чаще обычного", markers.journal_raised),
    MarkerRule("cohort_rise", "Резкий рост результатов параллели", markers.cohort_rise),
    MarkerRule("cohort_fall", "Резкое снижение результатов параллели на следующий год", markers.cohort_fall),
    MarkerRule("border_peak", "Скопление у нижней границы отметки «3»", markers.border_peak),
    MarkerRule("vpr_oge_gap", "Низкие результаты появились только на ОГЭ", markers.vpr_oge_gap),
    MarkerRule("absence_growth", "Рост числа отсутствовавших на ВПР", markers.absence_growth),
)


def objectivity_flags(evidence: Evidence, rules: ObjectivityRules) -> pd.DataFrame:
    """One row per school, year, marker, subject and grade that could be judged (`OBJECTIVITY_FLAGS`)."""
    frames = []
    for rule in MARKER_RULES:
        frame = rule.function(evidence, rules)
        if not frame.empty:
            frames.append(frame.assign(marker_code=rule.marker_code))
    if not frames:
        return OBJECTIVITY_FLAGS.empty()
    table = pd.concat(frames, ignore_index=True)
    # Only the functions of official markers say so.
    table["is_official"] = table["is_official"].eq(True) if "is_official" in table else False
    names = [name for name in OBJECTIVITY_FLAGS.column_names if name in table]
    return OBJECTIVITY_FLAGS.conform(table[names])


def verdicts(flags: pd.DataFrame, rules: ObjectivityRules) -> pd.DataFrame:
    """One row per school and year with a judged marker (`OBJECTIVITY`): which markers are there, is the ВПР doubtful.

    Doubtful: one of the markers that suffice alone, or enough markers of different kinds. Subjects and grades of one
    marker are one kind, and so are the markers of `ABOVE_REGION`: a good school is above the region in everything.

    Args:
        flags: `OBJECTIVITY_FLAGS`.
        rules: which markers suffice alone and how many kinds suffice together.
    """
    if flags.empty:
        return OBJECTIVITY.empty()
    flagged = flags["is_flagged"].astype(bool)
    kind = flags["marker_code"].where(~flags["marker_code"].isin(ABOVE_REGION), "above_region")
    own = flags[["school_id", "year", "municipality_id", "marker_code"]].assign(
        kind=kind, is_flagged=flagged, is_alone=flagged & flags["marker_code"].isin(rules.sufficient_markers)
    )
    groups = own.sort_values(["school_id", "year", "municipality_id"]).groupby(["school_id", "year"])
    table = groups.agg(
        municipality_id=("municipality_id", "first"),
        judged_count=("is_flagged", "size"),
        flagged_count=("is_flagged", "sum"),
        is_alone=("is_alone", "any"),
    )
    found = own[flagged].groupby(["school_id", "year"])
    codes = found["marker_code"].agg(lambda values: ";".join(sorted(set(values))))
    kinds = found["kind"].nunique().reindex(table.index, fill_value=0)
    table = table.assign(
        marker_codes=codes.reindex(table.index, fill_value="") if len(codes) else "",
        is_vpr_doubtful=table["is_alone"] | (kinds >= rules.min_marker_kinds),
    )
    return OBJECTIVITY.conform(table.drop(columns="is_alone").reset_index())


def set_aside(
    doubtful: pd.DataFrame, cells: pd.DataFrame, min_cell_schools: int, rules: ObjectivityRules
) -> pd.DataFrame:
    """One row per school and year whose ВПР leaves the school's own evidence: `school_id`, `year`, `procedure`.

    Only a doubtful ВПР that speaks for the school: over its cells of the year fewer low results than expected. Where
    they are as many or more, results are bad in spite of the doubt, and leaving them out would be a favour. Doubt in
    enough years is doubt about the manner of the school, hence about every year, also one that nothing could judge.

    Args:
        doubtful: `school_id` and `year` of doubtful ВПР, successors in place of merged schools (`carried_doubt`).
        cells: result cells of the pool (`expected.pool_cells`).
        min_cell_schools: fewest schools that may share a cell of the region.
        rules: in how many years a doubt becomes one about every year.
    """
    known = expected_cells(cells[cells["procedure"] == "vpr"], min_cell_schools)
    known = known[known["is_used"]]
    sums = known.groupby(["school_id", "year"])[["low_count", "expected_count"]].sum()
    is_good = sums["low_count"].round(FLOAT_DECIMALS) < sums["expected_count"].round(FLOAT_DECIMALS)
    good = sums[is_good].reset_index()[["school_id", "year"]]
    pairs = doubtful[["school_id", "year"]].drop_duplicates().astype({"year": "int64"})
    year_counts = pairs["school_id"].value_counts()
    is_repeated = good["school_id"].map(year_counts).fillna(0) >= rules.repeated_years
    is_own = pd.MultiIndex.from_frame(good.astype({"year": "int64"})).isin(pd.MultiIndex.from_frame(pairs))
    aside = good[is_repeated | is_own].assign(procedure="vpr")
    return aside.sort_values(["school_id", "year"], ignore_index=True)


def carried_doubt(objectivity: pd.DataFrame, final: Mapping[str, str]) -> pd.DataFrame:
    """One row per school and year of a doubtful ВПР, the successor in place of a merged school: `school_id`, `year`.

    The results of the parts are one sum under the successor and cannot be told apart again, so the doubt about one part
    is a doubt about the sum.

    Args:
        objectivity: `OBJECTIVITY`.
        final: earlier school -> successor (`lineage.successors`).
    """
    doubtful = objectivity.loc[objectivity["is_vpr_doubtful"].astype(bool), ["school_id", "year"]]
    ids = doubtful["school_id"].map(lambda school_id: final.get(school_id, school_id)).astype("str")
    return doubtful.assign(school_id=ids).drop_duplicates().sort_values(["school_id", "year"], ignore_index=True)
