"""What counts as a low result, whose results count, and which delivery counts (method 1)."""

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from pipeline import results
from pipeline.attempts import apply_appeals
from pipeline.tables.reference import MINIMUM_SCORES, SCORE_SCALES
from pipeline.tables.sources import APPEALS, ATTEMPTS, PUPIL_ATTEMPTS, REPORTED_CELLS

Maker = Callable[[str], pd.DataFrame]

REFERENCE = Path(__file__).parents[2] / "pipeline/resources/reference"
SCALES = SCORE_SCALES.conform(pd.read_csv(REFERENCE / "score_scales.csv", dtype="str"))
MINIMA = MINIMUM_SCORES.conform(pd.read_csv(REFERENCE / "minimum_scores.csv", dtype="str"))

WORDS = {"test": "test_score", "score": "primary_score", "maximum": "maximum_score", "form": "form_code"}
WORDS |= {"load": "load_date", "pupil": "pupil_key", "day": "exam_date", "file": "file_id", "row": "row_number"}
WORDS |= {"state": "appeal_state", "decided": "decision_date", "after": "score_after", "mark after": "mark_after"}
DEFAULTS = {
    "file_id": "raw/2026/a.csv", "sheet_name": "", "block_name": "", "year": 2026, "procedure": "ege", "subject": "rus",
    "grade": "11", "code_kind": "ege", "code_text": "301007", "form_code": "basic", "is_appealed": False,
    "tested_count": 0, "low_count": 0,
}  # fmt: skip


def rows(frame: pd.DataFrame, names: tuple[str, ...]) -> pd.DataFrame:
    """The text table with its words as columns, unremarkable values added, cut to the named columns."""
    frame = frame.rename(columns=WORDS)
    frame = frame.assign(**{name: value for name, value in DEFAULTS.items() if name not in frame})
    if "row_number" not in frame:
        frame["row_number"] = range(2, len(frame) + 2)
    if "absent" in frame:
        frame["is_absent"] = frame["absent"] == "yes"
    return frame.assign(is_absent=frame.get("is_absent", False))[
        [name for name in names if name in {*frame, "is_absent"}]
    ]


def attempts_of(frame: pd.DataFrame) -> pd.DataFrame:
    return ATTEMPTS.typed(rows(frame, ATTEMPTS.column_names))


def lows(frame: pd.DataFrame) -> list[str]:
    """Each row's verdict: low, not low, or "-" where there is none."""
    classified, _ = results.classify(attempts_of(frame), SCALES, MINIMA)
    return [{True: "low", False: "not low"}.get(value, "-") for value in classified["is_low"].astype(object)]


@pytest.fixture
def verdicts_hold(table: Maker) -> Callable[[str], None]:
    """The last column of the text table is the verdict that the rows get."""

    def hold(text: str) -> None:
        frame = table(text)
        assert lows(frame.drop(columns="verdict")) == frame["verdict"].fillna("-").tolist()

    return hold


def test_ege_is_low_below_the_minimum_of_the_subject(verdicts_hold: Callable[[str], None]) -> None:
    verdicts_hold("""
        subject  | test | verdict
        rus      | 23   | low
        rus      | 24   | not low
        mat_prof | 26   | low
        mat_prof | 27   | not low
        phys     | 35   | low
        chem     | 36   | not low
        bio      | 35   | low
        inf      | 39   | low
        hist     | 31   | low
        lit      | 32   | not low
        geo      | 36   | low
        soc      | 41   | low
        soc      | 42   | not low
        eng      | 21   | low
        chi      | 22   | not low
    """)


def test_marks_are_low_at_two(verdicts_hold: Callable[[str], None]) -> None:
    verdicts_hold("""
        procedure | subject  | grade | mark | verdict
        ege       | mat_base | 11    | 2    | low
        ege       | mat_base | 11    | 3    | not low
        oge       | mat      | 9     | 2    | low
        vpr       | mat      | 5     | 2    | low
        vpr       | mat      | 5     | 3    | not low
        okr       | logic    | 6     | 2    | low
        okr       | logic    | 6     | 3    | not low
    """)


def test_oge_is_never_recomputed_from_the_score(verdicts_hold: Callable[[str], None]) -> None:
    verdicts_hold("""
        procedure | subject | grade | score | mark | verdict
        oge       | mat     | 9     | 31    | 2    | low
        oge       | mat     | 9     | 0     | 3    | not low
        oge       | mat     | 9     | 31    | -    | -
    """)


def test_vpr_scores_become_marks_by_the_scale_of_the_year(verdicts_hold: Callable[[str], None]) -> None:
    verdicts_hold("""
        procedure | subject | grade | year | score | verdict
        vpr       | rus     | 4     | 2022 | 13    | low
        vpr       | rus     | 4     | 2022 | 14    | not low
        vpr       | rus     | 4     | 2026 | 9     | low
        vpr       | rus     | 4     | 2026 | 10    | not low
        vpr       | rus     | 4     | 2019 | 10    | -
    """)


def test_a_mark_in_the_file_wins_over_the_scale(verdicts_hold: Callable[[str], None]) -> None:
    verdicts_hold("""
        procedure | subject | grade | score | mark | verdict
        vpr       | rus     | 4     | 5     | 3    | not low
        vpr       | rus     | 4     | 20    | 2    | low
    """)


def test_a_scale_is_not_applied_to_another_test(verdicts_hold: Callable[[str], None]) -> None:
    verdicts_hold("""
        procedure | subject | grade | score | maximum | form | verdict
        vpr       | rus     | 4     | 5     | 24      | 7    | low
        vpr       | rus     | 4     | 5     | 38      | 7    | -
        vpr       | rus     | 4     | 25    | -       | 7    | -
    """)


def test_the_absent_are_not_tested_but_counted(table: Maker) -> None:
    frame = table("""
        test | absent
        20   | -
        60   | -
        -    | yes
    """)
    classified, rejects = results.classify(attempts_of(frame), SCALES, MINIMA)
    cell = results.cells(classified.assign(school_id="s1", municipality_id="m1", load_date="")).iloc[0]
    assert cell[["tested_count", "low_count", "absent_count", "mean_score"]].tolist() == [2, 1, 1, 40]
    assert cell["source_text"] == "raw/2026/a.csv, строки 2–4"
    assert rejects.empty


def test_what_nothing_judges_is_told_and_not_counted(table: Maker) -> None:
    frame = table("""
        procedure | subject | grade | score | mark
        vpr       | logic   | 4     | 5     | -
        vpr       | logic   | 4     | 5     | 2
    """)
    classified, rejects = results.classify(attempts_of(frame), SCALES, MINIMA)
    cell = results.cells(classified.assign(school_id="s1", municipality_id="m1", load_date="")).iloc[0]
    assert cell[["tested_count", "low_count", "absent_count"]].tolist() == [1, 1, 0]
    assert rejects[["row_number", "reason_code", "is_service"]].to_numpy().tolist() == [[2, "no_mark_no_scale", False]]


FILES = pd.DataFrame(
    {"file_id": ["raw/2026/a.csv", "raw/2026/b.csv", "raw/2026/2026-07-10/c.csv"], "load_date": ["", "", "2026-07-10"]}
)


def decided(
    attempts: pd.DataFrame, appeals: pd.DataFrame | None = None, as_of: str | None = None
) -> tuple[pd.DataFrame, dict[int, str]]:
    """The attempts that stay, and the reasons of the rows that changed nothing, by row number."""
    tried = PUPIL_ATTEMPTS.typed(rows(attempts, PUPIL_ATTEMPTS.column_names))
    told = APPEALS.empty() if appeals is None else APPEALS.typed(rows(appeals, APPEALS.column_names))
    kept, rejects = apply_appeals(tried, told, FILES, as_of)
    return kept, dict(zip(rejects["row_number"], rejects["reason_code"], strict=True))


def test_a_granted_appeal_changes_the_result_and_others_do_not(table: Maker) -> None:
    attempts = table("""
        pupil | test
        p1    | 20
        p2    | 20
        p3    | 20
        -     | 20
    """)
    appeals = table("""
        row | pupil | state    | decided    | after
        11  | p1    | granted  | 2026-06-20 | 26
        12  | p1    | granted  | 2026-06-25 | 24
        13  | p2    | rejected | 2026-06-20 | 20
        14  | p3    | pending  | -          | -
        15  | p9    | granted  | 2026-06-20 | 30
        16  | -     | granted  | 2026-06-20 | 30
    """)
    kept, reasons = decided(attempts, appeals)
    assert kept["test_score"].tolist() == [24, 20, 20, 20]
    assert kept["is_appealed"].tolist() == [True, False, False, False]
    assert "pupil_key" not in kept
    assert reasons == {
        11: "superseded", 13: "appeal_not_granted", 14: "appeal_not_granted", 15: "appeal_without_attempt",
        16: "appeal_without_attempt",
    }  # fmt: skip


def test_an_appeal_is_unknown_before_it_is_decided(table: Maker) -> None:
    attempts = table("pupil | test\np1 | 20")
    appeals = table("row | pupil | state | decided | after\n11 | p1 | granted | 2026-07-02 | 26")
    kept, reasons = decided(attempts, appeals, as_of="2026-07-01")
    assert (kept["test_score"].tolist(), reasons) == ([20], {11: "after_as_of"})


def test_a_new_oge_score_needs_its_mark(table: Maker) -> None:
    attempts = table("""
        pupil | procedure | subject | grade | score | mark
        p1    | oge       | mat     | 9     | 7     | 2
        p2    | oge       | mat     | 9     | 7     | 2
    """)
    appeals = table("""
        row | pupil | procedure | subject | grade | state   | after | mark after
        11  | p1    | oge       | mat     | 9     | granted | 8     | 3
        12  | p2    | oge       | mat     | 9     | granted | 8     | -
    """)
    kept, reasons = decided(attempts, appeals)
    assert kept[["primary_score", "mark"]].to_numpy().tolist() == [[8, 3], [7, 2]]
    assert reasons == {12: "appeal_without_mark"}


def test_the_first_attempt_counts_and_a_result_wins_over_an_absence(table: Maker) -> None:
    attempts = table("""
        row | pupil | day        | test | absent
        2   | p1    | 2026-06-28 | 50   | -
        3   | p1    | 2026-06-01 | 20   | -
        4   | p2    | 2026-06-01 | -    | yes
        5   | p2    | 2026-06-28 | 50   | -
        6   | p3    | 2026-06-01 | 40   | -
        7   | p3    | 2026-06-01 | 41   | -
        8   | -     | 2026-06-01 | 60   | -
        9   | -     | 2026-06-01 | 60   | -
    """)
    kept, reasons = decided(attempts)
    assert kept["row_number"].tolist() == [3, 5, 6, 8, 9]
    assert reasons == {2: "repeat_attempt", 4: "duplicate_pupil", 7: "duplicate_pupil"}


def test_an_appeal_of_the_second_attempt_does_not_change_the_first(table: Maker) -> None:
    attempts = table("""
        row | pupil | day        | test
        2   | p1    | 2026-06-01 | 20
        3   | p1    | 2026-06-28 | 23
    """)
    appeals = table("row | pupil | day | state | after\n11 | p1 | 2026-06-28 | granted | 30")
    kept, reasons = decided(attempts, appeals)
    assert (kept["test_score"].tolist(), reasons) == ([20], {3: "repeat_attempt", 11: "repeat_attempt"})


def test_a_file_of_the_reserve_day_does_not_wipe_out_the_main_day(table: Maker) -> None:
    attempts = table("""
        file                       | row | pupil | day        | test
        raw/2026/a.csv             | 2   | p1    | 2026-06-01 | 20
        raw/2026/a.csv             | 3   | p2    | 2026-06-01 | 30
        raw/2026/2026-07-10/c.csv  | 5   | p3    | 2026-06-28 | 60
    """)
    kept, reasons = decided(attempts)
    assert (kept["row_number"].tolist(), reasons) == ([2, 3], {5: "partial_load"})


def test_a_new_delivery_of_everything_stays_for_the_rule_of_versions(table: Maker) -> None:
    attempts = table("""
        file                       | row | pupil | day        | test
        raw/2026/a.csv             | 2   | p1    | 2026-06-01 | 20
        raw/2026/2026-07-10/c.csv  | 3   | p1    | 2026-06-01 | 25
    """)
    assert sorted(decided(attempts)[0]["row_number"]) == [2, 3]
    assert decided(attempts, as_of="2026-07-09")[1] == {3: "after_as_of"}


def chosen(
    pupils: pd.DataFrame, reported: pd.DataFrame, as_of: str | None = None
) -> tuple[list[list[object]], dict[int, str]]:
    """Tested, low and version of the results; and the reasons of the others by row number."""
    known = {"school_id": "s1", "municipality_id": "m1"}
    frames = []
    for frame in (pupils, reported):
        told = rows(frame.rename(columns={"tested": "tested_count", "low": "low_count"}), REPORTED_CELLS.column_names)
        loads = frame["load"].fillna("") if "load" in frame else pd.Series("", index=frame.index, dtype="str")
        frames.append(REPORTED_CELLS.typed(told).assign(**known, load_date=loads))
    cells, rejects = results.choose_versions(frames[0].assign(source_text="-"), frames[1], as_of)
    figures = cells[["tested_count", "low_count", "load_version"]].to_numpy().tolist()
    return figures, dict(zip(rejects["row_number"], rejects["reason_code"], strict=True))


def test_the_latest_load_counts_and_within_it_pupils_rows(table: Maker) -> None:
    pupils = table("load | row | tested | low\n- | 2 | 20 | 5\n2026-07-10 | 3 | 20 | 4")
    reported = table("load | row | tested | low\n2026-07-10 | 4 | 20 | 6\n- | 5 | 20 | 7")
    assert chosen(pupils, reported) == ([[20, 4, "2026-07-10"]], dict.fromkeys((2, 4, 5), "superseded"))
    figures, reasons = chosen(pupils, reported, as_of="2026-07-09")
    assert figures == [[20, 5, "первичная"]]
    assert reasons == {3: "after_as_of", 4: "after_as_of", 5: "superseded"}


def test_equal_rows_count_once_and_contradicting_rows_not_at_all(table: Maker) -> None:
    nothing = table("load | row | tested | low\n- | 9 | 1 | 1").iloc[:0]
    equal = table("row | tested | low\n2 | 20 | 5\n3 | 20 | 5")
    assert chosen(nothing, equal) == ([[20, 5, "первичная"]], {3: "duplicate_row"})
    contradicting = table("row | tested | low\n2 | 20 | 5\n3 | 20 | 6")
    assert chosen(nothing, contradicting) == ([], {2: "conflicting_rows", 3: "conflicting_rows"})


def test_a_later_load_settles_a_contradiction_and_an_unsettled_one_leaves_the_earlier_load(table: Maker) -> None:
    nothing = table("load | row | tested | low\n- | 9 | 1 | 1").iloc[:0]
    settled = table("load | row | tested | low\n- | 2 | 20 | 5\n- | 3 | 20 | 6\n2026-07-10 | 4 | 20 | 6")
    assert chosen(nothing, settled) == ([[20, 6, "2026-07-10"]], {2: "superseded", 3: "superseded"})
    open_ = table("load | row | tested | low\n- | 2 | 20 | 5\n2026-07-10 | 3 | 20 | 6\n2026-07-10 | 4 | 20 | 7")
    assert chosen(nothing, open_) == ([[20, 5, "первичная"]], {3: "conflicting_rows", 4: "conflicting_rows"})
