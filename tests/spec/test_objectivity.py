"""Signs of non-objective results (method, section 5), on tables small enough to check."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from pipeline import methodology
from pipeline.markers import Evidence
from pipeline.methodology.rules import ObjectivityRules
from pipeline.objectivity import MARKER_RULES, objectivity_flags, verdicts
from pipeline.tables.evidence import COHORT_SCORES, JOURNAL_COMPARISON, SCORE_DISTRIBUTION
from pipeline.tables.objectivity import MARKERS
from pipeline.tables.reference import SCORE_SCALES
from pipeline.tables.results import RESULTS

from .conftest import parse

EDITION = methodology.load()
# Twenty neighbours make a region in the edition; here four do.
RULES = replace(EDITION.objectivity, min_region_schools=4)
SCALE = SCORE_SCALES.conform(
    pd.DataFrame(
        {
            "procedure": "vpr", "subject": ["rus", "mat"], "grade": "5", "form_code": "basic", "upper_2_score": 9,
            "upper_3_score": 15, "upper_4_score": 20, "maximum_score": 24, "reference": "test",
        }
    )
)  # fmt: skip


def evidence(
    results: pd.DataFrame | None = None,
    scores: pd.DataFrame | None = None,
    journal: pd.DataFrame | None = None,
    cohorts: pd.DataFrame | None = None,
) -> Evidence:
    return Evidence(
        RESULTS.empty() if results is None else results,
        SCORE_DISTRIBUTION.empty() if scores is None else scores,
        JOURNAL_COMPARISON.empty() if journal is None else journal,
        COHORT_SCORES.empty() if cohorts is None else cohorts,
        SCALE,
    )


def judged(marker_code: str, found: Evidence, rules: ObjectivityRules = RULES) -> pd.DataFrame:
    flags = objectivity_flags(found, rules)
    return flags[flags["marker_code"] == marker_code].set_index("school_id")


def flagged(marker_code: str, found: Evidence, rules: ObjectivityRules = RULES) -> set[str]:
    frame = judged(marker_code, found, rules)
    return set(frame.index[frame["is_flagged"].astype(bool)])


def distribution(counts: dict[str, dict[int, int]], procedure: str = "vpr", grade: str = "5") -> pd.DataFrame:
    """Pupils by school and primary score, one test of Russian in 2026."""
    rows = [(school, score, n) for school, by_score in counts.items() for score, n in by_score.items() if n]
    frame = pd.DataFrame(rows, columns=["school_id", "primary_score", "pupil_count"])
    frame["tested_count"] = frame.groupby("school_id")["pupil_count"].transform("sum")
    return SCORE_DISTRIBUTION.conform(
        frame.assign(municipality_id="m1", year=2026, procedure=procedure, subject="rus", grade=grade)
    )


def journal(text: str) -> pd.DataFrame:
    """Comparison with the journal: school, n, raised, correlation."""
    frame = parse(text).rename(columns={"n": "tested_count", "raised": "raised_count", "rho": "journal_spearman"})
    rest = {"municipality_id": "m1", "year": 2026, "procedure": "vpr", "subject": "rus", "grade": "4"}
    return JOURNAL_COMPARISON.conform(frame.assign(**rest, lowered_count=0, confirmed_count=0))


def cohorts(text: str) -> pd.DataFrame:
    """Mean shares of the maximum: school, year, grade, n, share."""
    frame = parse(text).rename(columns={"n": "tested_count", "share": "mean_score_share"})
    rest = {"municipality_id": "m1", "procedure": "vpr", "subject": "rus", "maximum_score": 20}
    return COHORT_SCORES.conform(frame.assign(**rest))


def test_every_declared_marker_has_its_rule_and_the_other_way_round() -> None:
    assert tuple(rule.marker_code for rule in MARKER_RULES) == MARKERS
    assert set(RULES.sufficient_markers) <= set(MARKERS)


def test_a_region_without_evidence_has_no_flags_and_no_verdicts() -> None:
    flags = objectivity_flags(evidence(), RULES)
    assert flags.empty
    assert verdicts(flags, RULES).empty


@pytest.mark.parametrize(
    ("marker_code", "procedure", "grade"), [("vpr_mean_high", "vpr", "5"), ("oge_mean_high", "oge", "9")]
)
def test_a_mean_is_too_high_where_the_schools_lower_bound_is_above_the_regions_upper(
    marker_code: str, procedure: str, grade: str
) -> None:
    ordinary = {10: 10, 14: 10}
    schools = {"A": {16: 10, 18: 10}, "B": {11: 10, 14: 10}} | {f"C{i}": ordinary for i in range(8)}
    found = evidence(scores=distribution(schools, procedure, grade))
    assert flagged(marker_code, found) == {"A"}
    row = judged(marker_code, found).loc["A"]
    # Mean 17, standard deviation 1.026 of 20 pupils: 17 − 1.96 · 0.2294.
    assert row["value"] == pytest.approx(17)
    assert row["lower_value"] == pytest.approx(16.5504, abs=1e-3)
    # The region: 200 pupils, mean 12.55, standard deviation 2.486.
    assert row["upper_bound"] == pytest.approx(12.89, abs=0.01)
    assert bool(row["is_official"])


def test_a_mean_of_few_pupils_is_not_judged() -> None:
    few = RULES.min_mean_count - 1
    schools = {"A": {24: few}, "B": {24: few + 1}} | {f"C{i}": {10: 10, 14: 10} for i in range(8)}
    assert flagged("vpr_mean_high", evidence(scores=distribution(schools))) == {"B"}


def test_journal_and_score_contradict_each_other_where_their_ranks_run_against_each_other() -> None:
    found = evidence(journal=journal("""
        school | n  | raised | rho
        A      | 20 | 0      | -0.10
        B      | 20 | 0      | 0.00
        C      | 20 | 0      | 0.70
        few    | 19 | 0      | -0.90
        print  | 20 | 0      | -
    """))  # fmt: skip
    assert flagged("journal_contradiction", found) == {"A"}
    assert set(judged("journal_contradiction", found).index) == {"A", "B", "C"}


def test_a_printed_comparison_tells_only_that_marks_are_raised_more_often_than_elsewhere() -> None:
    found = evidence(journal=journal("""
        school | n  | raised | rho
        A      | 20 | 12     | -
        B      | 20 | 2      | -
        C      | 20 | 1      | -
        D      | 20 | 3      | -
        E      | 20 | 2      | -
        few    | 19 | 19     | -
    """))  # fmt: skip
    assert flagged("journal_raised", found) == {"A"}
    # Shares .05, .10, .10, .15, .60: quartiles .10 and .15, the fence .15 + 3 · .05.
    assert judged("journal_raised", found).loc["A", "upper_bound"] == pytest.approx(0.30)
    assert not judged("journal_raised", found)["is_official"].any()


COHORTS = """
    school | year | grade | n  | share
    rise   | 2025 | 4     | 30 | 0.30
    rise   | 2026 | 5     | 30 | 0.90
    fall   | 2025 | 4     | 30 | 0.90
    fall   | 2026 | 5     | 30 | 0.30
    few    | 2025 | 4     | 19 | 0.90
    few    | 2026 | 5     | 30 | 0.30
    B      | 2025 | 4     | 30 | 0.60
    B      | 2026 | 5     | 30 | 0.60
    C      | 2025 | 4     | 30 | 0.55
    C      | 2026 | 5     | 30 | 0.50
    D      | 2025 | 4     | 30 | 0.60
    D      | 2026 | 5     | 30 | 0.58
    E      | 2025 | 4     | 30 | 0.50
    E      | 2026 | 5     | 30 | 0.52
"""


def test_a_cohort_rises_or_falls_sharply_beyond_the_fence_of_the_region() -> None:
    found = evidence(cohorts=cohorts(COHORTS))
    assert flagged("cohort_rise", found) == {"rise"}
    assert flagged("cohort_fall", found) == {"fall"}
    # A rise calls the later test in question, a fall the earlier one.
    assert judged("cohort_rise", found).loc["rise", ["year", "grade"]].tolist() == [2026, "5"]
    assert judged("cohort_fall", found).loc["fall", ["year", "grade"]].tolist() == [2025, "4"]
    assert judged("cohort_fall", found).loc["fall", "value"] == pytest.approx(3.0)
    assert "few" not in judged("cohort_fall", found).index


def test_few_schools_show_nothing_of_what_is_usual() -> None:
    found = evidence(cohorts=cohorts(COHORTS))
    assert flagged("cohort_rise", found, replace(RULES, min_region_schools=7)) == set()


SMOOTH = dict.fromkeys(range(4, 17), 10)  # ten pupils at each score from 4 to 16; the border of «3» is 10


def test_a_peak_is_more_pupils_at_the_border_than_the_region_has_there() -> None:
    lifted = SMOOTH | {8: 2, 9: 2, 10: 26}
    found = evidence(scores=distribution({"A": lifted} | {f"C{i}": SMOOTH for i in range(30)}))
    assert flagged("border_peak", found) == {"A"}
    row = judged("border_peak", found).loc["A"]
    # Within three points of the border 70 pupils, 26 of them on it; in the region 326 of 2,170.
    assert (row["tested_count"], row["subject"], row["grade"]) == (70, "*", "*")
    assert row["value"] == pytest.approx(26 / 70)
    assert row["upper_bound"] == pytest.approx(326 / 2170)


def test_a_peak_that_the_whole_region_has_belongs_to_the_test() -> None:
    bumped = SMOOTH | {10: 30}
    assert flagged("border_peak", evidence(scores=distribution({f"C{i}": bumped for i in range(30)}))) == set()


def test_a_slope_is_no_peak() -> None:
    weak = {score: max(0, 40 - 3 * score) for score in range(4, 17)}
    schools = {"A": weak} | {f"C{i}": SMOOTH for i in range(30)}
    assert flagged("border_peak", evidence(scores=distribution(schools))) == set()


def test_a_peak_of_few_pupils_or_without_a_scale_is_not_judged() -> None:
    few = {10: RULES.min_peak_count - 1}
    schools = {"A": few, "B": {10: RULES.min_peak_count}} | {f"C{i}": SMOOTH for i in range(30)}
    assert flagged("border_peak", evidence(scores=distribution(schools))) == {"B"}
    assert judged("border_peak", evidence(scores=distribution(schools, grade="6"))).empty


def test_false_alarms_of_a_peak_are_as_rare_as_the_level_says() -> None:
    """Honest schools drawn from one distribution: of 3,000 at most the level and three standard errors are flagged."""
    rng = np.random.default_rng(7)
    shape = np.array([1, 2, 3, 5, 6, 7, 8, 8, 9, 9, 8, 8, 7, 6, 5, 4, 3, 1], dtype=float)
    draws = rng.multinomial(60, shape / shape.sum(), size=3000)
    schools = {f"s{i:04d}": dict(enumerate(map(int, row))) for i, row in enumerate(draws)}
    share = len(flagged("border_peak", evidence(scores=distribution(schools)))) / 3000
    assert 0 < share <= RULES.alarm_level + 3 * np.sqrt(RULES.alarm_level / 3000)


def test_schools_may_differ_in_the_shape_of_their_scores() -> None:
    """Honest schools, in a third of which scores lie close together: the region's own variety is the measure."""
    rng = np.random.default_rng(11)
    scores = np.arange(25)
    shapes = [np.exp(-0.5 * ((scores - 10) / sd) ** 2) for sd in (1.8, 4.0, 6.0)]
    draws = [rng.multinomial(90, shapes[i % 3] / shapes[i % 3].sum()) for i in range(1500)]
    schools = {f"s{i:04d}": dict(enumerate(map(int, row))) for i, row in enumerate(draws)}
    assert len(flagged("border_peak", evidence(scores=distribution(schools)))) / 1500 <= 2 * RULES.alarm_level


def test_a_test_with_marks_narrower_than_the_window_is_not_judged() -> None:
    lifted = SMOOTH | {8: 2, 9: 2, 10: 26}
    found = evidence(scores=distribution({"A": lifted} | {f"C{i}": SMOOTH for i in range(30)}))
    wide = RULES.peak_width + 1  # points of the mark «3» of a test that is just wide enough
    for points, judged_count in ((wide, 31), (wide - 1, 0)):
        scale = found.score_scales.assign(upper_3_score=9 + points)
        assert len(judged("border_peak", replace(found, score_scales=scale))) == judged_count


def cohort_results(low: dict[str, tuple[int, int]]) -> pd.DataFrame:
    """Low results of 50 pupils in ВПР of grade 8 in 2025 and in ОГЭ of grade 9 in 2026."""
    rows = [
        (school, year, exam, grade, count)
        for school, counts in low.items()
        for (year, exam, grade), count in zip(((2025, "vpr", "8"), (2026, "oge", "9")), counts, strict=True)
    ]
    frame = pd.DataFrame(rows, columns=["school_id", "year", "procedure", "grade", "low_count"])
    return RESULTS.conform(frame.assign(municipality_id="m1", subject="mat", tested_count=50))


def test_a_gap_is_low_results_that_come_only_in_the_exam_a_year_later() -> None:
    ordinary = {f"C{i}": (8, 4) for i in range(8)}
    found = evidence(results=cohort_results({"A": (1, 15), "B": (15, 1), "few": (0, 4)} | ordinary))
    assert flagged("vpr_oge_gap", found) == {"A"}
    row = judged("vpr_oge_gap", found).loc["A"]
    assert (row["year"], row["grade"]) == (2025, "8")
    assert row["value"] == pytest.approx(15 / 16)
    # The region: 80 low in ВПР, 52 in ОГЭ, as many tested.
    assert row["upper_bound"] == pytest.approx(52 / 132)
    assert "few" not in judged("vpr_oge_gap", found).index


def test_a_gap_is_judged_by_how_much_schools_differ_anyway() -> None:
    wild = {f"C{i}": ((14, 2) if i % 2 else (2, 14)) for i in range(8)}
    assert flagged("vpr_oge_gap", evidence(results=cohort_results({"A": (2, 14)} | wild))) == set()


def absences(absent: dict[str, tuple[int, int]]) -> pd.DataFrame:
    rows = [(school, year, n) for school, pair in absent.items() for year, n in zip((2025, 2026), pair, strict=True)]
    frame = pd.DataFrame(rows, columns=["school_id", "year", "absent_count"])
    rest = {"municipality_id": "m1", "procedure": "vpr", "subject": "mat", "grade": "5", "low_count": 1}
    return RESULTS.conform(frame.assign(**rest, tested_count=100 - frame["absent_count"]))


def test_absence_grows_against_the_change_of_the_region() -> None:
    doubled = {f"C{i}": (5, 10) for i in range(8)}
    found = evidence(results=absences({"A": (5, 40), "B": (5, 12), "hidden": (0, 30)} | doubled))
    assert flagged("absence_growth", found) == {"A"}
    # No absent pupil at all in the year before: the file did not show them.
    assert "hidden" not in judged("absence_growth", found).index


@pytest.mark.parametrize("seed", [1, 2])
def test_the_order_of_rows_means_nothing(seed: int) -> None:
    lifted = SMOOTH | {8: 2, 9: 2, 10: 26}
    found = evidence(
        results=cohort_results({"A": (1, 15)} | {f"C{i}": (8, 4) for i in range(8)}),
        scores=distribution({"A": lifted} | {f"C{i}": SMOOTH for i in range(8)}),
        cohorts=cohorts(COHORTS),
    )
    shuffled = Evidence(
        *(frame.sample(frac=1, random_state=seed) for frame in (found.results, found.score_distribution)),
        *(frame.sample(frac=1, random_state=seed) for frame in (found.journal_comparison, found.cohort_scores)),
        found.score_scales.sample(frac=1, random_state=seed),
    )
    flags = objectivity_flags(found, RULES)
    pd.testing.assert_frame_equal(objectivity_flags(shuffled, RULES), flags)
    pd.testing.assert_frame_equal(verdicts(flags.sample(frac=1, random_state=seed), RULES), verdicts(flags, RULES))
