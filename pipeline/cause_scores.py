"""Answers of the survey -> scores of the risk directions, school by school and group by group.

A score is 0–100, 100 the greatest risk. A statement's risk is the mean over those who answered it; a direction's score
of a group is the mean over its statements, so that forms on paper (only counted) and forms of single respondents add
up alike. All groups together are the weighted mean of the groups in which enough people answered.
"""

import numpy as np
import pandas as pd

from pipeline.methodology.rules import CausesRules
from pipeline.schema import FLOAT_DECIMALS
from pipeline.tables.causes import CAUSE_SCORES

TOP_ANSWER = 5
RISK_STEP = 25.0  # five answers, four steps from 0 to 100
OF_GROUP = ["school_id", "group_code"]
OF_DIRECTION = ["school_id", "direction_code", "group_code"]
RESPONDENT = ["file_id", "sheet_name", "respondent_number"]


def cause_scores(
    answers: pd.DataFrame,
    items: pd.DataFrame,
    surveyed: pd.DataFrame,
    year: int,
    rules: CausesRules,
) -> pd.DataFrame:
    """One row per surveyed school, direction and group that answered, and one for all groups together (`CAUSE_SCORES`).

    Every surveyed school has the row of all groups in each direction, scored or not.

    Args:
        answers: `SURVEY_ANSWERS`; answers of other schools or years take no part.
        items: `SURVEY_ITEMS`.
        surveyed: `SURVEYED_SCHOOLS`.
        year: year of decision.
        rules: weights, minimums and cuts.
    """
    known = answers[(answers["year"] == year) & answers["school_id"].isin(surveyed["school_id"])]
    risks = known.merge(items[["item_code", "direction_code", "is_reversed"]], on="item_code")
    assert len(risks) == len(known), "an answer to a statement that no questionnaire has"
    turned = risks["answer"].where(~risks["is_reversed"].astype(bool), TOP_ANSWER + 1 - risks["answer"])
    risks = risks.assign(risk=(turned.astype("float64") - 1) * RISK_STEP)
    groups = _group_scores(risks, items, rules).merge(_alphas(risks, rules), on=OF_DIRECTION, how="left")
    directions = pd.DataFrame({"direction_code": sorted(items["direction_code"].unique())})
    frame = surveyed[["school_id", "municipality_id"]].merge(directions, how="cross")
    together = frame.merge(_together(groups, rules), on=["school_id", "direction_code"], how="left")
    together = together.assign(
        group_code="",
        coverage_share=together["coverage_share"].fillna(0.0),
        respondent_count=together["respondent_count"].fillna(0),
        is_scored=together["score"].notna(),
    )
    groups = groups.merge(surveyed[["school_id", "municipality_id"]], on="school_id")
    columns = [name for name in CAUSE_SCORES.column_names if name in groups.columns or name in together.columns]
    scores = pd.concat([together, groups], ignore_index=True).reindex(columns=columns)
    return CAUSE_SCORES.typed(_judged(scores.assign(year=year), rules)).sort_values(
        list(CAUSE_SCORES.key), ignore_index=True
    )


def respondents(answers: pd.DataFrame) -> pd.DataFrame:
    """One row per school and group that answered anything: `respondent_count`.

    Single forms are counted; of a tally sheet only the answers are known, so its forms are at least as many as the
    statement with most answers has.

    Args:
        answers: `SURVEY_ANSWERS` of one year, or a part of them.
    """
    return _counted(answers, OF_GROUP).rename("respondent_count").reset_index()


def cuts(scores: "pd.Series[float]", rules: CausesRules) -> tuple[float, float]:
    """From which score on significance is medium and high, for one direction and group.

    By terciles of the schools with a score, held between the methodology's minimum and maximum; with too few schools,
    or by choice of the edition, at fixed scores. Equal scores always fall on one side, and no draw decides.

    Args:
        scores: scores of the surveyed schools; missing ones take no part.
        rules: the rule of the cuts and their bounds.
    """
    known = np.sort(scores.dropna().to_numpy(dtype="float64"))
    if rules.cut_rule == "absolute" or len(known) < rules.min_tercile_schools:
        return rules.medium_score, rules.high_score
    least = (rules.medium_tercile_minimum, rules.high_tercile_minimum)
    medium, high = np.clip(np.quantile(known, (1 / 3, 2 / 3)), least, rules.tercile_maximum)
    return float(medium), float(high)


def _group_scores(risks: pd.DataFrame, items: pd.DataFrame, rules: CausesRules) -> pd.DataFrame:
    """One row per school, direction and group that answered: its score where enough answered, coverage and count."""
    counts = risks["answer_count"].astype("float64")
    by_item = risks.assign(count=counts, risk_sum=risks["risk"] * counts)
    by_item = by_item.groupby([*OF_DIRECTION, "item_code"], as_index=False)[["count", "risk_sum"]].sum()
    by_item["score"] = by_item["risk_sum"] / by_item["count"]
    found = by_item.groupby(OF_DIRECTION, as_index=False).agg(score=("score", "mean"), answer_sum=("count", "sum"))
    found = found.merge(_counted(risks, OF_DIRECTION).rename("respondent_count").reset_index(), on=OF_DIRECTION)
    found = found.merge(_counted(risks, OF_GROUP).rename("form_count").reset_index(), on=OF_GROUP)
    item_counts = items.groupby(["group_code", "direction_code"]).size().rename("item_count").reset_index()
    found = found.merge(item_counts, on=["group_code", "direction_code"])
    found["asked_sum"] = found["form_count"] * found["item_count"]
    found["coverage_share"] = found["answer_sum"] / found["asked_sum"]
    minimum = found["group_code"].map(minimums(rules)).astype("int64")
    is_enough = (found["respondent_count"] >= minimum) & (found["coverage_share"] >= rules.min_coverage_share)
    return found.assign(is_scored=is_enough, score=found["score"].where(is_enough).round(FLOAT_DECIMALS))


def minimums(rules: CausesRules) -> dict[str, int]:
    """The fewest respondents per group; the director is one person whose statements count as such."""
    return {
        "director": 1,
        "teacher": rules.min_teacher_count,
        "pupil": rules.min_pupil_count,
        "parent": rules.min_parent_count,
    }


def _together(groups: pd.DataFrame, rules: CausesRules) -> pd.DataFrame:
    """One row per school and direction: the weighted mean of its scored groups, and what stands behind it."""
    weights = {
        "director": rules.director_weight,
        "teacher": rules.teacher_weight,
        "pupil": rules.pupil_weight,
        "parent": rules.parent_weight,
    }
    scored = groups.assign(weight=groups["group_code"].map(weights).astype("float64").where(groups["is_scored"], 0.0))
    scored["weighted"] = (scored["score"] * scored["weight"]).fillna(0.0)
    scored["respondent_count"] = scored["respondent_count"].where(scored["is_scored"], 0)
    # Sorted by group: the order of a sum must not depend on the order of the files.
    sums = (
        scored.sort_values(OF_DIRECTION)
        .groupby(["school_id", "direction_code"], as_index=False)[
            ["weighted", "weight", "respondent_count", "answer_sum", "asked_sum"]
        ]
        .sum()
    )
    return pd.DataFrame(
        {
            "school_id": sums["school_id"],
            "direction_code": sums["direction_code"],
            # Rounded before it is judged: a score of 40 must not miss its cut by the last digits of a sum.
            "score": (sums["weighted"] / sums["weight"]).where(sums["weight"] > 0).round(FLOAT_DECIMALS),
            "coverage_share": sums["answer_sum"] / sums["asked_sum"],
            "respondent_count": sums["respondent_count"],
        }
    )


def _counted(answers: pd.DataFrame, by: list[str]) -> "pd.Series[int]":
    """How many people answered, by the given columns: single forms one by one, tally sheets by their fullest line."""
    is_tally = answers["respondent_number"] == 0
    single = answers[~is_tally].drop_duplicates([*by, *RESPONDENT]).groupby(by).size()
    lines = answers[is_tally].groupby([*by, "file_id", "sheet_name", "item_code"])["answer_count"].sum()
    sheets = lines.groupby([*by, "file_id", "sheet_name"]).max().groupby(by).sum()
    return single.add(sheets, fill_value=0).astype("int64")


def _alphas(risks: pd.DataFrame, rules: CausesRules) -> pd.DataFrame:
    """One row per school, direction and group with enough complete single forms: Cronbach's α of its statements.

    α = k/(k−1) · (1 − Σ variance of a statement / variance of the sum), on risks, reversed statements turned. A
    director is one person, and a tally sheet has no persons: neither has an α.
    """
    single = risks[(risks["respondent_number"] > 0) & (risks["group_code"] != "director")]
    found = [pd.DataFrame(columns=[*OF_DIRECTION, "alpha"]).astype(dict.fromkeys(OF_DIRECTION, "str"))]
    for (direction, group), rows in single.groupby(["direction_code", "group_code"], sort=True):
        wide = rows.pivot(index=["school_id", *RESPONDENT], columns="item_code", values="risk").dropna()
        by_school = wide.groupby("school_id")
        item_variance = by_school.var(ddof=1).sum(axis=1)
        total_variance = wide.sum(axis=1).groupby("school_id").var(ddof=1)
        is_enough = (by_school.size() >= rules.min_alpha_count) & (total_variance > 0) & (wide.shape[1] > 1)
        if not is_enough.any():
            continue
        alpha = wide.shape[1] / (wide.shape[1] - 1) * (1 - item_variance / total_variance)
        kept = alpha[is_enough].rename("alpha").reset_index()
        found.append(kept.assign(direction_code=str(direction), group_code=str(group)))
    return pd.concat([frame for frame in found if not frame.empty] or found[:1], ignore_index=True)


def _judged(scores: pd.DataFrame, rules: CausesRules) -> pd.DataFrame:
    """The scores with the mean of the surveyed schools, the cuts and the significance of each."""
    parts = []
    for _, rows in scores.groupby(["direction_code", "group_code"], sort=True):
        medium, high = cuts(rows["score"], rules)
        score = rows["score"]
        significance = np.select([score.isna(), score >= high, score >= medium], ["none", "high", "medium"], "low")
        # Sorted: the last digits of a sum must not depend on the order of the schools.
        mean = float(score.sort_values().mean()) if score.notna().any() else np.nan
        parts.append(
            rows.assign(region_score=mean, medium_cut_score=medium, high_cut_score=high, significance_code=significance)
        )
    return pd.concat(parts, ignore_index=True) if parts else scores.assign(significance_code="none")
