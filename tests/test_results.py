"""Results and evidence as a whole: nothing depends on the order of rows, counts agree with counting by hand."""

import numpy as np
import pandas as pd
import pytest
from depth import examples
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import spearmanr

from pipeline import evidence, results
from pipeline.attempts import apply_appeals
from pipeline.errors import ConfigError
from pipeline.tables.quality import RECEIVED_CELLS
from pipeline.tables.reference import MINIMUM_SCORES, SCORE_SCALES
from pipeline.tables.results import CELL_KEY
from pipeline.tables.sources import (
    APPEALS,
    ATTEMPTS,
    PLACE_KEY,
    PUPIL_ATTEMPTS,
    REJECTS,
    REPORTED_CELLS,
    REPORTED_DISTRIBUTIONS,
    REPORTED_JOURNAL,
)

SCALES = SCORE_SCALES.empty()
MINIMA = MINIMUM_SCORES.empty()
PLACE = {"sheet_name": "", "block_name": ""}
SLICE = {"procedure": "vpr", "subject": "rus", "grade": "5", "year": 2026}
SCHOOL = {"school_id": "s1", "municipality_id": "m1", "load_date": ""}


def attempts_of(records: list[dict[str, object]]) -> pd.DataFrame:
    """Recognised attempts: what a record leaves out is unremarkable."""
    usual = {**PLACE, **SLICE, **SCHOOL, "form_code": "basic", "is_absent": False, "is_appealed": False}
    frame = pd.DataFrame([{**usual, "file_id": "a.csv", "row_number": n, **r} for n, r in enumerate(records, start=2)])
    table = [name for name in ATTEMPTS.column_names if name in frame]
    return ATTEMPTS.typed(frame[table]).assign(**frame[list(SCHOOL)])


def reported_of(table: object, records: list[dict[str, object]]) -> pd.DataFrame:
    """Recognised rows of a table that the sender counted."""
    if not records:
        return table.empty().assign(**{name: pd.Series(dtype="str") for name in SCHOOL})  # type: ignore[attr-defined]
    usual = {**PLACE, **SLICE, **SCHOOL, "file_id": "r.xlsx", "row_number": 9}
    frame = pd.DataFrame([{**usual, **record} for record in records])
    return table.typed(frame.drop(columns=list(SCHOOL))).assign(**frame[list(SCHOOL)])  # type: ignore[attr-defined]


pupils = st.fixed_dictionaries(
    {
        "school_id": st.sampled_from(["s1", "s2"]),
        "year": st.sampled_from([2025, 2026]),
        "load_date": st.sampled_from(["", "2026-07-10"]),
        "file_id": st.sampled_from(["a.csv", "b.csv"]),
        "is_absent": st.booleans(),
        "mark": st.one_of(st.none(), st.integers(2, 5)),
        "journal_mark": st.one_of(st.none(), st.integers(2, 5)),
        "primary_score": st.one_of(st.none(), st.integers(0, 20)),
        "maximum_score": st.sampled_from([None, 20, 25]),
    }
)


@settings(max_examples=examples(8), deadline=None)
@given(st.lists(pupils, min_size=1, max_size=25), st.randoms(use_true_random=False))
def test_nothing_depends_on_the_order_of_rows(records: list[dict[str, object]], chance: object) -> None:
    attempts = attempts_of(records)
    shuffled = attempts.sample(frac=1, random_state=chance.randrange(1000))  # type: ignore[attr-defined]
    empty = {t.name: reported_of(t, []) for t in (REPORTED_CELLS, REPORTED_DISTRIBUTIONS, REPORTED_JOURNAL)}

    def everything(frame: pd.DataFrame) -> list[pd.DataFrame]:
        classified, rejects = results.classify(frame, SCALES, MINIMA)
        scores, unused_scores = evidence.chosen_scores(classified, empty["reported_distributions"])
        return [
            rejects,
            unused_scores,
            *results.choose_versions(results.cells(classified), empty["reported_cells"]),
            *evidence.journal_comparison(classified, empty["reported_journal"]),
            evidence.score_distribution(scores),
            evidence.cohort_scores(scores),
        ]

    for one, other in zip(everything(attempts), everything(shuffled), strict=True):
        pd.testing.assert_frame_equal(one, other)


@settings(max_examples=examples(8), deadline=None)
@given(st.lists(pupils, min_size=1, max_size=25))
def test_every_pupil_is_in_a_cell_or_in_the_rejects(records: list[dict[str, object]]) -> None:
    classified, rejects = results.classify(attempts_of(records), SCALES, MINIMA)
    cells = results.cells(classified)
    assert cells[["tested_count", "absent_count"]].to_numpy().sum() + len(rejects) == len(records)
    present = [r for r in records if not r["is_absent"] and r["mark"] is not None]
    assert cells["low_count"].sum() == sum(r["mark"] == 2 for r in present)
    counted = (
        pd.DataFrame(present).groupby(["school_id", "year", "load_date"])["mark"].agg(["size", "mean"])
        if present
        else []
    )
    tested = cells[cells["tested_count"] > 0].set_index(["school_id", "year", "load_date"]).sort_index()
    assert tested["tested_count"].tolist() == ([] if isinstance(counted, list) else counted["size"].tolist())
    if present:
        np.testing.assert_allclose(tested["mean_score"], counted["mean"])


reported_cells = st.fixed_dictionaries(
    {
        "school_id": st.sampled_from(["s1", "s2"]),
        "load_date": st.sampled_from(["", "2026-07-10", "2026-08-10"]),
        "tested_count": st.integers(1, 2),
        "low_count": st.integers(0, 1),
    }
)


@settings(max_examples=examples(10), deadline=None)
@given(
    st.lists(reported_cells, max_size=12),
    st.lists(pupils, min_size=1, max_size=8),
    st.sampled_from([None, "2026-07-20"]),
)
def test_every_cell_is_chosen_or_rejected_once(
    reported: list[dict[str, object]], records: list[dict[str, object]], as_of: str | None
) -> None:
    numbered = [{**record, "row_number": n} for n, record in enumerate(reported, start=50)]
    frame = reported_of(REPORTED_CELLS, numbered)
    cells = results.cells(results.classify(attempts_of(records), SCALES, MINIMA)[0])
    chosen, rejects = results.choose_versions(cells, frame, as_of)
    assert len(chosen) + len(rejects) == len(cells) + len(frame)
    assert not chosen.duplicated(list(CELL_KEY)).any()
    if as_of:
        assert (chosen["load_version"].replace("первичная", "") <= as_of).all()
    received = results.received_cells(cells, frame, as_of)
    assert list(received.columns) == list(RECEIVED_CELLS.column_names)


def test_a_cell_names_every_file_and_sheet_it_comes_from() -> None:
    records = [{"file_id": "a.csv"}, {"file_id": "a.csv"}, {"file_id": "b.xlsx", "sheet_name": "1"}]
    classified, _ = results.classify(attempts_of([{**r, "mark": 3} for r in records]), SCALES, MINIMA)
    assert results.cells(classified)["source_text"].tolist() == ["a.csv, строки 2–3; b.xlsx, лист «1», строка 4"]


def test_overlapping_periods_of_a_scale_are_refused() -> None:
    row = {"procedure": "vpr", "subject": "rus", "grade": "5", "form_code": "basic", "reference": "x"}
    borders = {"upper_2_score": 3, "upper_3_score": 5, "upper_4_score": 8, "maximum_score": 9}
    scales = SCORE_SCALES.typed(pd.DataFrame([{**row, **borders, "valid_from_year": y} for y in (2020, 2026)]))
    with pytest.raises(ConfigError, match="vpr, rus, 5, basic, 2026 год"):
        results.classify(attempts_of([{"primary_score": 3}]), scales, MINIMA)


def test_a_form_with_its_own_scale_is_judged_by_it() -> None:
    row = {"procedure": "vpr", "subject": "rus", "grade": "5", "reference": "x", "upper_3_score": 9}
    scales = SCORE_SCALES.typed(
        pd.DataFrame(
            [{**row, "form_code": "basic", "upper_2_score": 3}, {**row, "form_code": "deep", "upper_2_score": 5}]
        )
    )
    forms = [{"primary_score": 4, "form_code": form} for form in ("basic", "deep", "other")]
    classified, _ = results.classify(attempts_of([*forms, {"primary_score": 12}]), scales, MINIMA)
    assert classified["mark"].tolist() == [3, 2, 3, pd.NA]  # nothing says where 5 begins
    assert classified["is_low"].tolist() == [False, True, False, False]


def test_of_equal_cells_the_fuller_one_stays() -> None:
    counts = {"tested_count": 20, "low_count": 5}
    frame = reported_of(REPORTED_CELLS, [{**counts, "row_number": 9}, {**counts, "row_number": 10, "mean_score": 3.5}])
    chosen, rejects = results.choose_versions(results.cells(classified_nobody()), frame)
    assert (chosen["mean_score"].tolist(), rejects["row_number"].tolist()) == ([3.5], [9])


def classified_nobody() -> pd.DataFrame:
    return results.classify(attempts_of([{"mark": 3}]), SCALES, MINIMA)[0].iloc[:0]


def test_families_stand_side_by_side_in_the_newest_load_only() -> None:
    classified, _ = results.classify(attempts_of([{"mark": 2}, {"mark": 3, "school_id": "s2"}]), SCALES, MINIMA)
    cell = {"tested_count": 1, "low_count": 0}
    frame = reported_of(
        REPORTED_CELLS,
        [{**cell, "row_number": 9}, {**cell, "row_number": 10, "school_id": "s2", "load_date": "2026-07-10"}],
    )
    received = results.received_cells(results.cells(classified), frame)
    assert received[["school_id", "load_version", "family_code", "low_count"]].to_numpy().tolist() == [
        ["s1", "первичная", "pupils", 1],
        ["s1", "первичная", "reported", 0],
        ["s2", "2026-07-10", "reported", 0],
    ]


def printed(scores: dict[int, float], tested: int, **place: object) -> list[dict[str, object]]:
    return [{"primary_score": s, "score_share": share, "tested_count": tested, **place} for s, share in scores.items()]


def test_printed_distribution_becomes_counts_of_pupils() -> None:
    frame = reported_of(REPORTED_DISTRIBUTIONS, printed({0: 0.0, 1: 0.3333, 2: 0.6667, 4: 0.0}, 3))
    scores, rejects = evidence.chosen_scores(classified_nobody(), frame)
    counts = evidence.score_distribution(scores)
    assert counts[["primary_score", "pupil_count", "tested_count"]].to_numpy().tolist() == [[1, 1, 3], [2, 2, 3]]
    cohort = evidence.cohort_scores(scores).iloc[0]
    shares = np.array([1, 2, 2]) / 4
    assert cohort[["tested_count", "maximum_score"]].tolist() == [3, 4]
    np.testing.assert_allclose(
        cohort[["mean_score_share", "score_share_sd"]].astype(float), [shares.mean(), shares.std(ddof=1)]
    )
    assert rejects.empty


def test_pupils_rows_win_over_the_printed_distribution_and_a_later_load_over_both() -> None:
    classified, _ = results.classify(
        attempts_of([{"primary_score": 7, "maximum_score": 10, "mark": 3}]), SCALES, MINIMA
    )
    same_load = reported_of(REPORTED_DISTRIBUTIONS, printed({8: 1.0}, 1))
    scores, rejects = evidence.chosen_scores(classified, same_load)
    assert scores["primary_score"].tolist() == [7]
    assert rejects[["file_id", "reason_code", "is_service"]].to_numpy().tolist() == [["r.xlsx", "superseded", True]]
    later = reported_of(REPORTED_DISTRIBUTIONS, printed({8: 1.0}, 1, load_date="2026-07-10"))
    scores, rejects = evidence.chosen_scores(classified, later)
    assert (scores["primary_score"].tolist(), len(rejects)) == ([8], 0)
    scores, _ = evidence.chosen_scores(classified, later, as_of="2026-07-01")
    assert evidence.cohort_scores(scores)["mean_score_share"].tolist() == [0.7]


def test_contradicting_printed_distributions_are_both_left_out() -> None:
    both = printed({1: 1.0}, 3, row_number=9) + printed({2: 1.0}, 3, row_number=10)
    scores, rejects = evidence.chosen_scores(classified_nobody(), reported_of(REPORTED_DISTRIBUTIONS, both))
    assert scores.empty
    assert rejects["reason_code"].tolist() == ["conflicting_rows"] * 2


@settings(max_examples=examples(8), deadline=None)
@given(st.lists(st.tuples(st.integers(2, 5), st.integers(2, 5), st.integers(0, 20)), min_size=3, max_size=15))
def test_journal_comparison_agrees_with_counting_by_hand(marks: list[tuple[int, int, int]]) -> None:
    records = [{"mark": m, "journal_mark": j, "primary_score": s} for m, j, s in marks]
    classified, _ = results.classify(attempts_of([*records, {"mark": 3}, {"is_absent": True}]), SCALES, MINIMA)
    row = evidence.journal_comparison(classified, reported_of(REPORTED_JOURNAL, []))[0].iloc[0]
    counts = ["tested_count", "lowered_count", "confirmed_count", "raised_count"]
    assert row[counts].tolist() == [
        len(marks), sum(m < j for m, j, _ in marks), sum(m == j for m, j, _ in marks), sum(m > j for m, j, _ in marks),
    ]  # fmt: skip
    _, journal, scores = zip(*marks, strict=True)
    if len(set(journal)) > 1 and len(set(scores)) > 1:
        assert row["journal_spearman"] == pytest.approx(spearmanr(journal, scores).statistic, abs=1e-9)
    else:
        assert np.isnan(row["journal_spearman"])


def test_printed_journal_comparison_has_no_correlation() -> None:
    counts = {"tested_count": 10, "lowered_count": 4, "confirmed_count": 5, "raised_count": 1}
    table, rejects = evidence.journal_comparison(classified_nobody(), reported_of(REPORTED_JOURNAL, [counts]))
    assert table[list(counts)].iloc[0].to_dict() == counts
    assert table["journal_spearman"].isna().all()
    assert rejects.empty


keyed = st.fixed_dictionaries(
    {
        "pupil_key": st.sampled_from([None, "p1", "p2"]),
        "exam_date": st.sampled_from([None, "2026-06-01", "2026-06-28"]),
        "file_id": st.sampled_from(["a.csv", "late/b.csv"]),
        "is_absent": st.booleans(),
        "test_score": st.integers(0, 100),
        "code_text": st.sampled_from(["301007", "301008"]),
    }
)
decisions = st.fixed_dictionaries(
    {
        "pupil_key": st.sampled_from([None, "p1", "p2", "p9"]),
        "exam_date": st.sampled_from([None, "2026-06-01"]),
        "appeal_state": st.sampled_from(["granted", "rejected", "pending"]),
        "decision_date": st.sampled_from([None, "2026-06-20", "2026-07-01"]),
        "score_after": st.integers(0, 120),
    }
)
EGE = {**PLACE, "year": 2026, "procedure": "ege", "subject": "rus", "grade": "11"}
FILES = pd.DataFrame({"file_id": ["a.csv", "late/b.csv", "appeals.csv"], "load_date": ["", "2026-07-10", "2026-07-10"]})


@settings(max_examples=examples(13), deadline=None)
@given(st.lists(keyed, min_size=1, max_size=12), st.lists(decisions, max_size=6), st.sampled_from([None, "2026-07-05"]))
def test_every_attempt_and_every_unused_appeal_is_accounted_for(
    tried: list[dict[str, object]], decided: list[dict[str, object]], as_of: str | None
) -> None:
    usual = {**EGE, "form_code": "basic", "is_appealed": False}
    attempts = PUPIL_ATTEMPTS.typed(
        pd.DataFrame([{**usual, "row_number": n, **r} for n, r in enumerate(tried, start=2)])
    )
    appeals = APPEALS.empty()
    if decided:
        told = [{**EGE, "file_id": "appeals.csv", "row_number": n, **r} for n, r in enumerate(decided, start=2)]
        appeals = APPEALS.typed(pd.DataFrame(told))
    kept, rejects = apply_appeals(attempts, appeals, FILES, as_of)
    of_appeals = rejects["file_id"] == "appeals.csv"
    assert len(kept) + int((~of_appeals).sum()) == len(attempts)
    assert int(of_appeals.sum()) <= len(appeals)
    assert kept["is_appealed"].sum() <= (len(appeals) - of_appeals.sum()) * 4  # two loads, two schools
    assert "p1" not in rejects.astype("str").to_numpy().ravel()
    shuffled = apply_appeals(attempts[::-1], appeals[::-1], FILES[::-1], as_of)
    pd.testing.assert_frame_equal(kept, shuffled[0])
    pd.testing.assert_frame_equal(rejects, shuffled[1])
    ATTEMPTS.conform(kept)
    assert list(rejects.columns) == list(REJECTS.column_names)
    assert not kept.duplicated(list(PLACE_KEY)).any()


def test_empty_input_gives_empty_tables() -> None:
    nobody = classified_nobody()
    cells = results.cells(nobody)
    assert results.choose_versions(cells, reported_of(REPORTED_CELLS, []))[0].empty
    assert results.received_cells(cells, reported_of(REPORTED_CELLS, [])).empty
    scores, unused_scores = evidence.chosen_scores(nobody, reported_of(REPORTED_DISTRIBUTIONS, []))
    assert unused_scores.empty
    assert evidence.score_distribution(scores).empty
    assert evidence.cohort_scores(scores).empty
    assert evidence.journal_comparison(nobody, reported_of(REPORTED_JOURNAL, []))[0].empty
    kept, rejects = apply_appeals(PUPIL_ATTEMPTS.empty(), APPEALS.empty(), FILES)
    assert kept.empty
    assert rejects.empty
