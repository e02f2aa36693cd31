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
    default_decay: float
    is_decay_learned: bool
    decay_candidates: tuple[float, ...]
    decay_pull: float
    decay_edge: float
    min_predicted_years: int
    min_cell_schools: int
    min_dispersion_df: int
    dispersion_level: float
    drift_share: float
    prior_minimum: float
    prior_maximum: float
    slope_scale: float
    log_size_limit: float
    interval_level: float
    firm_reliability: float
    moderate_reliability: float
    low_year_probability: float
    recent_years: int
    thin_expected: float
    min_pooled_tested_count: int
    equal_exam_weights: bool
    default_spread: float
    default_noise: float
    default_outlook_weight: float
    spread_minimum: float
    noise_minimum: float
    surprise_limit: float
    sharpness_scale: float
    sharpness_minimum: float
    sharpness_maximum: float
    min_calibrated_schools: int
    forecast_scale: float
    forecast_limit: float


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
class SensitivityRules:
    """Under which other numbers the list is made once more to see what it depends on; they decide about no school."""

    tried_decays: tuple[float, ...]
    entry_probability_step: float


@dataclass(frozen=True)
class ObjectivityRules:
    """Signs of non-objective results and when a ВПР is doubtful (method, section 5)."""

    interval_level: float
    fence_factor: float
    alarm_level: float
    peak_width: int
    min_region_schools: int
    min_mean_count: int
    min_journal_count: int
    min_cohort_count: int
    min_peak_count: int
    min_gap_low_count: int
    min_absent_count: int
    sufficient_markers: tuple[str, ...]
    min_marker_kinds: int
    repeated_years: int


@dataclass(frozen=True)
class SampleRules:
    """Sample-size bands of the federal guidance (formats, section 7)."""

    informative_count: int
    acceptable_count: int
    limited_count: int


@dataclass(frozen=True)
class CausesRules:
    """Causes of low results: whose answers count, what is high, what is common (method, section 7)."""

    director_weight: float
    teacher_weight: float
    pupil_weight: float
    parent_weight: float
    min_teacher_count: int
    min_pupil_count: int
    min_parent_count: int
    min_coverage_share: float
    min_alpha_count: int
    cut_rule: str  # terciles, absolute
    min_tercile_schools: int
    medium_tercile_minimum: float
    high_tercile_minimum: float
    tercile_maximum: float
    high_score: float
    medium_score: float
    register_from: str  # high, medium, low
    small_sample_from: str  # high, medium, low
    mass_share: float
    systemic_share: float
    scale_score: float
    min_scale_schools: int
    fact_years: int
    fact_pseudo_count: float
    min_fact_tested_count: int


@dataclass(frozen=True)
class EffectRules:
    """What became of listed schools against what was foretold without support (method, section 8)."""

    interval_level: float
    slope_scale: float
    form_error: float
    default_noise: float
    default_drift: float
    default_weight: float
    surprise_limit: float
    overlap_slope_scale: float
    placebo_probability: float
    min_compared_schools: int
    min_judged_schools: int
    min_neighbour_schools: float
    reached_to_month: int


@dataclass(frozen=True)
class SupportRules:
    """Plan and fact of the roadmap: what its numbers follow, when a measure lags, when it is at risk (method 8)."""

    whole_list_count: int
    whole_register_count: int
    whole_municipality_count: int
    pace_share: float
    pace_from_share: float
    near_days: int
    near_done_share: float
    programme_from: str  # high, medium, low


@dataclass(frozen=True)
class DisclosureRules:
    """What the public profile hides (method, section 9): smaller numbers, and what they could be reckoned from."""

    min_shown_count: int
    min_range_count: int


@dataclass(frozen=True)
class IdentityRules:
    """When a similar name is worth proposing to the analyst; no score ever applies a match by itself."""

    min_match_score: float
    proposal_count: int
    telling_words_weight: float


@dataclass(frozen=True)
class ContextRules:
    """Conditions of schools: which facts are believed, the model, when conditions are adverse (method, section 6)."""

    totals_tolerance_share: float
    max_age_years: int
    min_filled_share: float
    max_imputed_share: float
    min_modelled_schools: int
    fold_count: int
    repeat_count: int
    penalties: tuple[float, ...]
    added_count: float
    interval_level: float
    adverse_share: float
    min_criteria_count: int
    low_probability: float


@dataclass(frozen=True)
class MonitoringRules:
    """From where the monitoring report draws a conclusion about a municipality, a subject or a group of schools."""

    growth_share: float
    interval_level: float
    min_group_schools: int
    size_borders: tuple[int, ...]


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
