"""Pupils' rows before pupils are forgotten: one attempt per pupil, and appeals applied.

This is the last place where the keyed hash of a pupil exists; what leaves it cannot be joined by pupil any more.
"""

import pandas as pd

from pipeline.tables.sources import ATTEMPTS, PLACE_KEY, REJECTS
from pipeline.versions import left_out

STAGE_NAME = "appeals"
PLACE = list(PLACE_KEY)
EXAM = ["year", "procedure", "subject"]
MAXIMUM_TEST_SCORE = 100  # bound of the scale of ЕГЭ, as declared for `attempts`


def apply_appeals(
    attempts: pd.DataFrame,
    appeals: pd.DataFrame,
    files: pd.DataFrame,
    as_of: str | None = None,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Two frames: `attempts`, one row per pupil's first attempt with appeals applied, and `rejects`.

    Attempts (`first_attempts` says which are left out) lose the pupil's key. A granted appeal belongs to the attempts
    of the same pupil, year, procedure and subject, in every load; where both sides know the date of the exam or the
    school, these agree too. It replaces the test score (ЕГЭ) or the primary score and the mark (ОГЭ, base
    mathematics); of several decisions the latest wins. Appeals that change nothing are rejects:
    `appeal_not_granted`, `appeal_without_attempt`, `appeal_without_mark` (a new primary score without the new mark:
    the mark is never computed), `above_maximum`, `superseded`, `repeat_attempt`, `after_as_of`.

    Args:
        attempts: a frame of `pupil_attempts`.
        appeals: a frame of `appeals`.
        files: frame of `source_files`; tells the load of every file.
        as_of: ISO date; loads and decisions after it are not known yet. None: everything is known.
    """
    load_dates = dict(zip(files["file_id"], files["load_date"], strict=True))
    attempts = attempts.sort_values(PLACE, kind="stable", ignore_index=True)
    attempts = attempts.assign(load_date=attempts["file_id"].map(load_dates))
    appeals = appeals.sort_values(PLACE, kind="stable", ignore_index=True)
    appeals = appeals.assign(load_date=appeals["file_id"].map(load_dates))
    assert not pd.concat([attempts["load_date"], appeals["load_date"]]).isna().any(), "a file is not in source_files"

    attempt_reasons = first_attempts(attempts, as_of)
    appeal_reasons, winners = _judge_appeals(attempts, attempt_reasons == "", appeals, as_of)
    kept = _changed(attempts, winners)[attempt_reasons == ""]
    rejects = [
        left_out(frame[reasons != ""], reasons[reasons != ""], stage_name=STAGE_NAME)
        for frame, reasons in ((attempts, attempt_reasons), (appeals, appeal_reasons))
    ]
    columns = list(ATTEMPTS.column_names)
    return ATTEMPTS.typed(kept[columns]).reset_index(drop=True), REJECTS.conform(pd.concat(rejects))


def first_attempts(attempts: pd.DataFrame, as_of: str | None) -> "pd.Series[str]":
    """Why an attempt is left out, empty for those that stay; index of the attempts, which are sorted by place.

    Pupils are told apart by key within school, year, procedure, subject and grade; a missing key equals no other.

    - `after_as_of`: delivered later.
    - `partial_load`: the load holds only later exam days of that school than another load does, and fewer pupils (a
      file of the reserve days delivered apart). As a new version it would wipe out the main day, so it is left out
      loudly and belongs in the folder of the main delivery.
    - `repeat_attempt`: a later date than the pupil's first attempt of the same load; monitoring takes the first.
    - `duplicate_pupil`: the same pupil again in one load; a result stays before an absence, then the first by place.
    """
    reasons = pd.Series("", index=attempts.index, dtype="str")
    if as_of is not None:
        reasons[attempts["load_date"] > as_of] = "after_as_of"
    day = pd.Series(pd.factorize(attempts["exam_date"], sort=True)[0], index=attempts.index, dtype="float64")
    columns = ["school", "pupil_key", *EXAM, "grade", "load_date", "is_absent"]
    school = attempts["code_text"].fillna(attempts["school_text"]).fillna("")
    frame = attempts.assign(school=school)[columns].assign(day=day.where(day >= 0))[reasons == ""]

    slice_key = ["school", *EXAM, "grade"]
    dated = frame[frame["day"].notna()]
    in_load, in_all = dated.groupby([*slice_key, "load_date"])["day"], dated.groupby(slice_key)["day"]
    size = in_load.transform("size")
    is_later = in_load.transform("min") > in_all.transform("min")
    is_partial = is_later & (size < dated.assign(size=size).groupby(slice_key)["size"].transform("max"))
    reasons[is_partial.index[is_partial]] = "partial_load"

    # Nearly every pupil stands once: only the keys that come again are looked at closely.
    frame = frame.drop(index=is_partial.index[is_partial])
    frame = frame[frame["pupil_key"].notna() & frame["pupil_key"].duplicated(keep=False)]
    pupil_key = ["pupil_key", *slice_key, "load_date"]
    present = frame[~frame["is_absent"].astype(bool)]
    is_repeat = present["day"] > present.groupby(pupil_key)["day"].transform("min")
    reasons[is_repeat.index[is_repeat]] = "repeat_attempt"
    rest = frame.drop(index=is_repeat.index[is_repeat]).sort_values("is_absent", kind="stable")
    is_duplicate = rest.duplicated(pupil_key)
    reasons[is_duplicate.index[is_duplicate]] = "duplicate_pupil"
    return reasons


def _judge_appeals(
    attempts: pd.DataFrame, is_kept: "pd.Series[bool]", appeals: pd.DataFrame, as_of: str | None
) -> "tuple[pd.Series[str], pd.DataFrame]":
    """Why an appeal changes nothing, empty for those that do; and one row per changed attempt with its decision."""
    reasons = pd.Series("", index=appeals.index, dtype="str")
    if as_of is not None:
        reasons[(appeals["load_date"] > as_of) | (appeals["decision_date"].fillna("") > as_of)] = "after_as_of"
    reasons[(reasons == "") & (appeals["appeal_state"] != "granted")] = "appeal_not_granted"
    pairs = _pairs(attempts, appeals[reasons == ""])
    is_unmatched = (reasons == "") & ~appeals.index.isin(pairs["appeal"])
    reasons[is_unmatched] = "appeal_without_attempt"
    pairs = pairs[pairs["attempt"].map(is_kept).astype(bool)]
    is_of_repeat = (reasons == "") & ~appeals.index.isin(pairs["appeal"])
    reasons[is_of_repeat] = "repeat_attempt"

    has_new_score = pairs["score_after"].notna() & (pairs["score_after"] != pairs["primary_score"])
    lacks_mark = ~pairs["is_test"] & pairs["mark"].notna() & pairs["mark_after"].isna() & has_new_score
    is_above = pairs["is_test"] & (pairs["score_after"] > MAXIMUM_TEST_SCORE)
    reasons[pairs.loc[lacks_mark, "appeal"]] = "appeal_without_mark"
    reasons[pairs.loc[is_above, "appeal"]] = "above_maximum"
    # The order of the rows is that of the places; the latest decision stands last and wins.
    sound = pairs[~lacks_mark & ~is_above].sort_values(
        ["decision_date", "load_date"], na_position="first", kind="stable"
    )
    winners = sound.drop_duplicates("attempt", keep="last")
    is_beaten = (reasons == "") & ~appeals.index.isin(winners["appeal"])
    reasons[is_beaten] = "superseded"
    return reasons, winners


def _pairs(attempts: pd.DataFrame, appeals: pd.DataFrame) -> pd.DataFrame:
    """One row per appeal and attempt of the same pupil in the same exam that it may concern."""
    key = ["pupil_key", *EXAM]
    known = appeals[appeals["pupil_key"].notna()]
    decided = known[[*key, "exam_date", "code_text", "decision_date", "load_date", "score_after", "mark_after"]]
    tried = attempts.loc[attempts["pupil_key"].isin(known["pupil_key"]) & ~attempts["is_absent"].astype(bool)]
    tried = tried[[*key, "exam_date", "code_text", "primary_score", "test_score", "mark"]]
    pairs = (
        decided.rename_axis("appeal")
        .reset_index()
        .merge(tried.rename_axis("attempt").reset_index(), on=key, suffixes=("", "_tried"))
    )
    for name in ("exam_date", "code_text"):
        told, tried_value = pairs[name], pairs[f"{name}_tried"]
        pairs = pairs[told.isna() | tried_value.isna() | (told == tried_value)]
    is_in_marks = pairs["mark"].notna() | pairs["mark_after"].notna()
    is_test = pairs["test_score"].notna() | ((pairs["procedure"] == "ege") & ~is_in_marks)
    return pairs.assign(is_test=is_test.astype(bool)).sort_values(["appeal", "attempt"], kind="stable")


def _changed(attempts: pd.DataFrame, winners: pd.DataFrame) -> pd.DataFrame:
    """The attempts with the decisions applied; a decision without a new figure leaves the old one."""
    decisions = winners.set_index("attempt")
    is_test = decisions["is_test"]
    after = {
        "test_score": decisions.loc[is_test, "score_after"].dropna(),
        "primary_score": decisions.loc[~is_test, "score_after"].dropna(),
        "mark": decisions.loc[~is_test, "mark_after"].dropna(),
    }
    replaced = {name: values.reindex(attempts.index).fillna(attempts[name]) for name, values in after.items()}
    return attempts.assign(**replaced, is_appealed=attempts["is_appealed"] | attempts.index.isin(decisions.index))
