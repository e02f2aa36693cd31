"""Evidence for the objectivity of results: distributions of scores, comparison with journal marks, scores of cohorts.

Each table is computed from pupils' rows where the delivery has them, else from what the sender printed; which delivery
counts is the same rule as for results (`versions.latest`). Rejects name printed records only: pupils' rows are
accounted for by `results`. (methodology 5)

"Recognised" frames are those of `results`.
"""

import numpy as np
import pandas as pd

from pipeline.tables.evidence import COHORT_SCORES, JOURNAL_COMPARISON, SCORE_DISTRIBUTION
from pipeline.tables.results import CELL_KEY
from pipeline.tables.sources import PLACE_KEY, REJECTS
from pipeline.versions import latest

STAGE_NAME = "evidence"
CELL = list(CELL_KEY)
LOAD_CELL = [*CELL, "load_date"]
PLACE = list(PLACE_KEY)
# A record: what one place of a file, or the pupils of one load, say about one cell.
RECORD = [*LOAD_CELL, "municipality_id", *PLACE]
JOURNAL_COUNTS = ["tested_count", "lowered_count", "confirmed_count", "raised_count"]


def chosen_scores(
    attempts: pd.DataFrame, reported: pd.DataFrame, as_of: str | None = None
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Two frames: one row per school, slice, score and maximum of the delivery that counts, and `rejects`.

    The first has the columns of the cell and its delivery, `primary_score`, `maximum_score`, `pupil_count` and the
    cell's `tested_count`: what `score_distribution` and `cohort_scores` are made from.

    Args:
        attempts: recognised attempts.
        reported: recognised frame of `reported_distributions`.
        as_of: ISO date; later loads are not known yet.
    """
    pupils = _scores_of_pupils(attempts)
    printed = _printed_scores(reported)
    # Pupils' records are never compared by content: there is one per cell and load.
    of_pupils = pupils[RECORD].drop_duplicates().assign(content="")
    of_senders = printed.groupby(RECORD)["content"].agg("|".join).reset_index()
    records = pd.concat([of_pupils, of_senders], ignore_index=True)
    kept, rejects = _latest(records, len(of_pupils), as_of)
    scores = pd.concat([pupils, printed], ignore_index=True).drop(columns="content")
    return scores.merge(records.loc[kept, RECORD], on=RECORD), rejects


def score_distribution(scores: pd.DataFrame) -> pd.DataFrame:
    """One row per school, slice and score that somebody got: frame of `score_distribution`.

    Args:
        scores: from `chosen_scores`.
    """
    by = [*CELL, "municipality_id", "tested_count", "primary_score"]
    counts = scores.groupby(by, as_index=False)["pupil_count"].sum()
    return SCORE_DISTRIBUTION.conform(counts[counts["pupil_count"] > 0])


def cohort_scores(scores: pd.DataFrame) -> pd.DataFrame:
    """One row per school and slice whose maximum score is known: frame of `cohort_scores`.

    The share of the maximum is taken pupil by pupil; a printed distribution has its highest column as the maximum.
    `maximum_score` is the highest of the cell's forms.

    Args:
        scores: from `chosen_scores`.
    """
    known = scores[(scores["maximum_score"] > 0) & (scores["primary_score"] <= scores["maximum_score"])]
    n = known["pupil_count"].astype("float64")
    share = known["primary_score"].astype("float64") / known["maximum_score"]
    sums = (
        known[[*CELL, "municipality_id", "maximum_score"]]
        .assign(n=n, total=n * share, squares=n * share**2)
        .groupby([*CELL, "municipality_id"], as_index=False)
        .agg({"n": "sum", "total": "sum", "squares": "sum", "maximum_score": "max"})
    )
    sums = sums[sums["n"] > 0]
    mean = sums["total"] / sums["n"]
    # A sum of squares less the square of the mean may come out a hair below zero where all scores are equal.
    variance = (sums["squares"] - sums["n"] * mean**2).clip(lower=0) / (sums["n"] - 1).where(sums["n"] > 1)
    return COHORT_SCORES.conform(
        sums[[*CELL, "municipality_id", "maximum_score"]].assign(
            tested_count=sums["n"], mean_score_share=mean.clip(upper=1), score_share_sd=np.sqrt(variance)
        )
    )


def journal_comparison(
    attempts: pd.DataFrame, reported: pd.DataFrame, as_of: str | None = None
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Two frames: `journal_comparison`, one row per school and slice, and `rejects`.

    From pupils' rows those count who have both a mark and a journal mark; Spearman's correlation is that of the journal
    mark and the primary score, missing where either does not vary.

    Args:
        attempts: recognised attempts with marks, from `results.classify`.
        reported: recognised frame of `reported_journal`.
        as_of: ISO date; later loads are not known yet.
    """
    pupils = _journal_of_pupils(attempts)
    printed = reported[[*RECORD, *JOURNAL_COUNTS]].assign(journal_spearman=np.nan)
    candidates = pd.concat([pupils, printed], ignore_index=True)
    candidates["content"] = _joined(candidates[JOURNAL_COUNTS])
    kept, rejects = _latest(candidates, len(pupils), as_of)
    table = candidates.loc[kept, list(JOURNAL_COMPARISON.column_names)]
    return JOURNAL_COMPARISON.conform(table), rejects


def _scores_of_pupils(attempts: pd.DataFrame) -> pd.DataFrame:
    """One row per cell, load, score and maximum of those who have a score, placed at the cell's first row."""
    frame = _placed(attempts[~attempts["is_absent"].astype(bool) & attempts["primary_score"].notna()])
    by = [*RECORD, "primary_score", "maximum_score"]
    counts = frame[by].assign(primary_score=frame["primary_score"].round()).groupby(by, dropna=False, as_index=False)
    counted = counts.size().rename(columns={"size": "pupil_count"})
    return counted.assign(tested_count=counted.groupby(RECORD)["pupil_count"].transform("sum"))


def _printed_scores(reported: pd.DataFrame) -> pd.DataFrame:
    """One row per printed record and score, with counts from the shares."""
    ordered = reported.sort_values([*PLACE, "primary_score"], kind="stable", ignore_index=True)
    scores = ordered[[*RECORD, "primary_score", "tested_count"]]
    counts = (ordered["score_share"] * ordered["tested_count"].astype("float64")).round().astype("int64")
    return scores.assign(
        primary_score=scores["primary_score"].astype("float64"),
        maximum_score=scores.groupby(RECORD)["primary_score"].transform("max").astype("float64"),
        pupil_count=counts,
        content=_joined(scores[["tested_count", "primary_score"]].assign(counts=counts)),
    )


def _journal_of_pupils(attempts: pd.DataFrame) -> pd.DataFrame:
    """One row per cell and load with pupils who have both marks: counts and Spearman's correlation."""
    has_both = attempts["mark"].notna() & attempts["journal_mark"].notna() & ~attempts["is_absent"].astype(bool)
    frame = _placed(attempts[has_both])
    change = frame["mark"].astype("int64") - frame["journal_mark"].astype("int64")
    counted = (
        frame[RECORD]
        .assign(tested_count=1, lowered_count=change < 0, confirmed_count=change == 0, raised_count=change > 0)
        .groupby(RECORD, as_index=False)[JOURNAL_COUNTS]
        .sum()
    )
    return counted.merge(_spearman(frame), on=LOAD_CELL, how="left")


def _spearman(frame: pd.DataFrame) -> pd.DataFrame:
    """One row per cell and load: rank correlation of journal mark and primary score, ties at their mean rank."""
    scored = frame[frame["primary_score"].notna()]
    pair = scored[["journal_mark", "primary_score"]].astype("float64")
    cell = scored.groupby(LOAD_CELL, sort=False).ngroup()
    ranks = pair.groupby(cell).rank()
    centred = ranks - ranks.groupby(cell).transform("mean")
    x, y = centred["journal_mark"], centred["primary_score"]
    sums = pd.DataFrame({"xy": x * y, "xx": x * x, "yy": y * y}).groupby(cell).sum()
    spread = (sums["xx"] * sums["yy"]) ** 0.5
    correlation = (sums["xy"] / spread.where(spread > 0)).clip(-1, 1)
    cells = scored.loc[~cell.duplicated(), LOAD_CELL]
    return cells.assign(journal_spearman=cell[cells.index].map(correlation).astype("float64"))


def _placed(attempts: pd.DataFrame) -> pd.DataFrame:
    """The attempts with the place and municipality of the first row of their cell and load."""
    ordered = attempts.sort_values(PLACE, kind="stable", ignore_index=True)
    cell = ordered.groupby(LOAD_CELL, sort=False).ngroup()
    first = ordered.loc[~cell.duplicated(), ["municipality_id", *PLACE]].set_axis(cell[~cell.duplicated()])
    return ordered.assign(**{name: first[name].reindex(cell).array for name in first.columns})


def _latest(records: pd.DataFrame, pupil_count: int, as_of: str | None) -> "tuple[pd.Index, pd.DataFrame]":
    """The rule of versions on records of which the first `pupil_count` come from pupils; rejects of the others."""
    is_pupil_level = pd.Series(np.arange(len(records)) < pupil_count, index=records.index)
    kept, rejects = latest(records.assign(is_pupil_level=is_pupil_level), as_of=as_of, stage_name=STAGE_NAME)
    printed = rejects[~rejects.index.isin(records.index[is_pupil_level])]
    return kept, REJECTS.conform(printed)


def _joined(columns: pd.DataFrame) -> "pd.Series[str]":
    """The columns of each row as one text, to tell equal records from others."""
    texts = columns.astype("str")
    return texts.iloc[:, 0].str.cat(texts.iloc[:, 1:], sep=":")
