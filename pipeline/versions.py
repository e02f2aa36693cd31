"""Which of several deliveries of the same thing counts: one rule, shared by results and by the evidence.

Deliveries are dated by the folder they came in (`load_date`, empty for the first one). The latest delivery that is
known on the day of decision counts; within one delivery rows of pupils win over what the sender counted.

Versions are chosen for the school that held the exam; results of merged schools are added up afterwards
(`pipeline.lineage`). Otherwise two schools that became one would look like one school contradicting itself.
"""

import pandas as pd

from pipeline.tables.results import CELL_KEY
from pipeline.tables.sources import PLACE_KEY, REJECTS

FIRST_LOAD_LABEL = "первичная"

# By design of the deliveries, not by fault of anybody: these raise no alarm.
SERVICE_REASONS = ("superseded", "after_as_of", "appeal_not_granted", "repeat_attempt")


def left_out(
    rows: pd.DataFrame,
    reason_code: "str | pd.Series",
    *,
    stage_name: str,
    column_name: str = "",
    value_text: "pd.Series | None" = None,
) -> pd.DataFrame:
    """One row of `rejects` per given row, which has the columns of a place in a file.

    Args:
        rows: frame with `file_id`, `sheet_name`, `row_number`, `block_name`.
        reason_code: one reason, or a series of reasons with the index of the rows.
        stage_name: the stage that leaves the rows out.
        column_name: the column at fault, where there is one.
        value_text: what stood there; nothing that identifies a pupil.
    """
    rejects = rows[list(PLACE_KEY)].assign(
        stage_name=stage_name,
        reason_code=reason_code,
        column_name=column_name,
    )
    if value_text is not None:
        rejects = rejects.assign(value_text=value_text)
    return REJECTS.typed(rejects.assign(is_service=rejects["reason_code"].isin(SERVICE_REASONS)))


def latest(
    candidates: pd.DataFrame,
    *,
    as_of: str | None,
    stage_name: str,
    preference: "pd.Series | None" = None,
) -> "tuple[pd.Index, pd.DataFrame]":
    """Which records count, and one row of `rejects` per record that does not.

    Within one load and cell: a record from pupils' rows supersedes the sender's; of equal records of the sender the
    preferred one, then the first by place stays; records that contradict each other are all left out, since nothing
    tells which is right, and an earlier load, if there is one, counts on. Then the latest load supersedes the others.

    Args:
        candidates: one row per record, with the columns of `CELL_KEY`, of a place, and `load_date`,
            `is_pupil_level`, `content` (equal for equal records); index without repetition; at most one record from
            pupils' rows per cell and load.
        as_of: ISO date; later loads are not known yet. None: everything is known.
        stage_name: for the rejects.
        preference: a number per record; of equal records the one with the highest stays.

    Returns:
        Labels of the records that count, at most one per cell; and rejects.
    """
    ordered = candidates.assign(preference=0 if preference is None else -preference)
    ordered = ordered.sort_values(["preference", *PLACE_KEY], kind="stable")
    reasons = pd.Series("", index=ordered.index, dtype="str")
    if as_of is not None:
        reasons[ordered["load_date"] > as_of] = "after_as_of"
    cell = ordered.groupby(list(CELL_KEY), sort=False).ngroup()
    load = pd.Series(pd.factorize(ordered["load_date"], sort=True)[0], index=ordered.index)
    frame = pd.DataFrame(
        {
            "cell": cell,
            "load": load,
            "is_pupil_level": ordered["is_pupil_level"].astype(bool),
            "content": pd.factorize(ordered["content"])[0],
        }
    )[reasons == ""]
    in_load = frame.groupby(["cell", "load"])
    assert not (frame["is_pupil_level"] & frame.duplicated(["cell", "load", "is_pupil_level"])).any()
    is_beaten = in_load["is_pupil_level"].transform("max").astype(bool) & ~frame["is_pupil_level"]
    reported = frame[~is_beaten & ~frame["is_pupil_level"]]
    contents = reported.groupby(["cell", "load"])["content"]
    is_conflict = (contents.transform("max") != contents.transform("min")).reindex(frame.index, fill_value=False)
    is_repeated = reported.duplicated(["cell", "load"]).reindex(frame.index, fill_value=False)
    standing = frame[~is_beaten & ~is_conflict & ~is_repeated]
    newest = frame["cell"].map(standing.groupby("cell")["load"].max())
    is_older = frame["load"] < newest  # False where no record of the cell stands
    for reason_code, mask in (
        ("superseded", is_older | is_beaten),
        ("conflicting_rows", is_conflict),
        ("duplicate_row", is_repeated),
    ):
        told = mask.index[mask]
        reasons[told] = reasons[told].where(reasons[told] != "", reason_code)
    is_left_out = reasons != ""
    rejects = left_out(ordered[is_left_out], reasons[is_left_out], stage_name=stage_name)
    return ordered.index[~is_left_out], rejects
