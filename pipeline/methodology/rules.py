"""The sections of a methodology as small frozen records: a core function takes the one it needs, never the whole."""

from dataclasses import dataclass


@dataclass(frozen=True)
class PoolRules:
    """Which cells may choose schools and which kinds of schools take part (method, section 1)."""

    cells: tuple[str, ...]  # "procedure:subject"; "*" in either place means any
    excluded_kinds: tuple[str, ...]


@dataclass(frozen=True)
class FamiliarRules:
    """The rule every region knows: a cell is low at ≥ 30 % of low results (method, section 2)."""

    low_share: float
    min_tested_count: int
    reported_min_tested_count: int
    min_low_cells: int
    combine: str  # a, b, a_and_b, a_or_b
    count_by: str  # cells, exams


@dataclass(frozen=True)
class StabilityRules:
    """The statistical model of stably low results (method, section 3)."""

    window_years: int
    long_window_years: int
    default_decay: float
    is_decay_learned: bool
    decay_candidates: tuple[float, ...]
    min_cell_schools: int
    min_predicted_years: int
    min_dispersion_df: int
    prior_minimum: float
    prior_maximum: float
    interval_level: float
    firm_reliability: float
    moderate_reliability: float
    low_year_probability: float
    recent_years: int
    thin_expected: float
    min_pooled_tested_count: int
    equal_exam_weights: bool


@dataclass(frozen=True)
class SelectionRules:
    """Entry, exit, ties and capacity of the list (method, section 4)."""

    capacity: int
    reserve_share: float
    core_probability: float
    probable_probability: float
    borderline_probability: float
    watch_probability: float
    firm_probability: float
    firm_low_years: int
    stay_rank_factor: float
    stay_probability: float
    stay_year_probability: float
    tie_width: float
    tie_capacity_factor: float


@dataclass(frozen=True)
class SampleRules:
    """Sample-size bands of the federal guidance (formats, section 7)."""

    informative_count: int
    acceptable_count: int
    limited_count: int


@dataclass(frozen=True)
class IdentityRules:
    """When a similar name is worth proposing to the analyst; no score ever applies a match by itself."""

    min_match_score: float
    proposal_count: int
    telling_words_weight: float


@dataclass(frozen=True)
class QualityRules:
    """Thresholds of the checks of plausibility; expectation suites name them as `$name`."""

    min_school_coverage_share: float
    max_low_share_drift: float
    max_tested_drift: float
    max_absent_share: float
    max_reject_share: float
    max_spoiled_share: float
    max_unmatched_share: float
    min_tested_count: int
    max_cell_tested_count: int
    totals_tolerance_share: float
    totals_match_share: float
    max_zero_low_share: float
    min_slice_tested_count: int
    max_vanished_low_count: float
    min_pupil_agreement_share: float
