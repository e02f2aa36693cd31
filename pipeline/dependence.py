"""What a list depends on: the same September decided once more under other weights, thresholds, pools and exams.

`variants` is the whole of what is tried, in the order in which it is shown. Each variant is an edition that differs
from the one in force in a single choice, and is decided through `deciding` as the list itself: commission decisions
and the stay rule apply as they do there, but in the one variant that asks what the list would be without them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import pandas as pd

from pipeline import deciding, indicators
from pipeline.deciding import Case
from pipeline.errors import PipelineError
from pipeline.expected import pool_cells
from pipeline.methodology import Methodology
from pipeline.russian import number, procedure_label
from pipeline.schema import FLOAT_DECIMALS
from pipeline.tables.comparison import LIST_DEPENDENCE, SCHOOL_DEPENDENCE

FINAL_EXAMS = ("oge", "ege")
UNREAD_COLUMNS = ["load_version", "source_text"]  # long texts that no decision reads
BARELY = 1e-6  # a score of the familiar rule is at least one low cell of the most that any school has


@dataclass(frozen=True)
class Variant:
    """One other way to make the list.

    Args:
        group_code: the choice that it puts to the test (`VARIANT_GROUPS`).
        variant_code: stable English code.
        title: short Russian title.
        method: the edition with the one choice changed.
        is_without_history: no list of earlier years and no decision of the commission is known.
        is_by_rule: the familiar rule ranks the schools in place of T.
        is_vpr_trusted: ВПР in doubt count as they are.
    """

    group_code: str
    variant_code: str
    title: str
    method: Methodology
    is_without_history: bool = False
    is_by_rule: bool = False
    is_vpr_trusted: bool = False


@dataclass(frozen=True)
class Dependence:
    """What a list depends on.

    Args:
        variants: one row per variant (`LIST_DEPENDENCE`).
        schools: one row per school selected now or under a variant (`SCHOOL_DEPENDENCE`).
    """

    variants: pd.DataFrame
    schools: pd.DataFrame


def variants(method: Methodology, procedures: tuple[str, ...]) -> tuple[Variant, ...]:
    """Every variant of an edition, for a region from which results of the given exams are known."""
    return (
        *_weights(method),
        *_thresholds(method),
        *_procedures(method, procedures),
        *_pools(method, procedures),
        Variant("model", "no_size_slope", "без поправки на размер школы", _stability(method, slope_scale=0.0)),
        Variant(
            "history",
            "no_history",
            "как если бы не было прежних перечней и решений комиссии",
            method,
            is_without_history=True,
        ),
        Variant(
            "objectivity", "doubtful_vpr_counted", "ВПР под сомнением засчитаны как есть", method, is_vpr_trusted=True
        ),
        Variant("rule", "rule_only", "только по привычному правилу, без вероятности T", method, is_by_rule=True),
    )


def dependence(case: Case, method: Methodology, fitted: pd.DataFrame, selection: pd.DataFrame) -> Dependence:
    """What the list depends on: every variant decided and set beside the list.

    Args:
        case: the facts of the list.
        method: its edition.
        fitted: its model, one row per school (`STABILITY`).
        selection: the list, one row per school (`SELECTION`).
    """
    status = selection.set_index("school_id")["status_code"]
    case = _with_plain_results(case)
    procedures = tuple(sorted(pool_cells(case.results, method.pool)["procedure"].unique()))
    models = _Models({_model_key(case, method): fitted}, {})
    # A variant that is the edition itself, or another variant, is told and not counted twice.
    told = {_decision_key(case, Variant("", "", "", method)): "Так перечень и составлен."}
    rows, decided = [], {}
    for place, variant in enumerate(variants(method, procedures), start=1):
        row = {
            "year": case.year,
            "variant_number": place,
            "group_code": variant.group_code,
            "variant_code": variant.variant_code,
            "title": variant.title,
        }
        key = _decision_key(case, variant)
        if key in told:
            rows.append(row | {"outcome_code": "same", "note_text": told[key]})
            continue
        try:
            found = _decide(case, variant, models)
        except PipelineError as error:
            rows.append(row | {"outcome_code": "impossible", "note_text": f"{error.what}."})
            continue
        told[key] = f"То же, что «{variant.title}»."
        rows.append(row | {"outcome_code": "decided"} | _counts(status, found))
        if variant.group_code != "rule":
            decided[variant.variant_code] = found
    table = LIST_DEPENDENCE.typed(pd.DataFrame(rows))
    return Dependence(table, _school_rows(selection, decided, case.year))


def _weights(method: Methodology) -> tuple[Variant, ...]:
    """Other weights of the years, and exams that weigh the same."""
    fixed = [
        Variant(
            "weights",
            f"decay_{round(100 * decay):03d}",
            "все годы поровну" if decay == 1 else f"вес прошлого года {number(decay)}",
            _stability(method, is_decay_learned=False, default_decay=decay),
        )
        for decay in method.sensitivity.tried_decays
    ]
    equal = _stability(method, equal_exam_weights=True)
    return (*fixed, Variant("weights", "equal_exams", "экзамены поровну", equal))


def _thresholds(method: Methodology) -> tuple[Variant, ...]:
    """The probability from which a school may enter, lower and higher."""
    entry, step = method.selection.borderline_probability, method.sensitivity.entry_probability_step
    found = []
    for code, border in (("entry_lower", entry - step), ("entry_higher", entry + step)):
        # Rounded: 0.3 + 0.1 is not quite 0.4, and the title shows what is compared.
        tried = round(min(max(border, 0.0), 1.0), FLOAT_DECIMALS)
        rules = replace(method.selection, borderline_probability=tried)
        found.append(Variant("threshold", code, f"порог T {number(tried)}", replace(method, selection=rules)))
    return tuple(found)


def _procedures(method: Methodology, procedures: tuple[str, ...]) -> tuple[Variant, ...]:
    """The pool without each of its exams in turn."""
    return tuple(
        Variant("procedure", f"without_{left_out}", f"без {procedure_label(left_out)}", changed)
        for left_out in procedures
        for changed in (_pool_of(method, tuple(p for p in procedures if p != left_out)),)
    )


def _pools(method: Methodology, procedures: tuple[str, ...]) -> tuple[Variant, ...]:
    """Other pools: final exams alone, ВПР alone, every subject of the same exams."""
    every_subject = replace(method.pool, cells=tuple(f"{procedure}:*" for procedure in procedures))
    final_exams = tuple(p for p in procedures if p in FINAL_EXAMS)
    return (
        Variant("pool", "final_exams_only", "только ГИА (ОГЭ и ЕГЭ)", _pool_of(method, final_exams)),
        Variant("pool", "vpr_only", "только ВПР", _pool_of(method, ("vpr",))),
        Variant("pool", "every_subject", "все предметы тех же экзаменов", replace(method, pool=every_subject)),
    )


def _stability(method: Methodology, **numbers: float | bool) -> Methodology:
    """The edition with other numbers of the model."""
    return replace(method, stability=replace(method.stability, **numbers))  # type: ignore[arg-type]


def _pool_of(method: Methodology, procedures: tuple[str, ...]) -> Methodology:
    """The edition with the part of its pool that belongs to the given exams; a star for any exam is spelled out."""
    cells = []
    for pattern in method.pool.cells:
        procedure, _, subject = pattern.partition(":")
        cells += [f"{each}:{subject}" for each in procedures if procedure in ("*", each)]
    return replace(method, pool=replace(method.pool, cells=tuple(cells)))


def _with_plain_results(case: Case) -> Case:
    """The case with the results that a decision reads, and no more: every variant goes through them again."""
    is_read = (case.results["year"] <= case.year) & (case.results["tested_count"] > 0)
    return replace(case, results=case.results[is_read].drop(columns=UNREAD_COLUMNS))


def _model_key(case: Case, method: Methodology) -> tuple[object, ...]:
    """What the model of an edition depends on: variants that agree in it share one fit."""
    return *_evidence_key(case, method), method.stability, method.selection.capacity


def _evidence_key(case: Case, method: Methodology) -> tuple[object, ...]:
    """What the evidence of an edition depends on."""
    is_doubted = case.doubtful_vpr is not None and not case.doubtful_vpr.empty
    rules = method.stability.min_cell_schools, method.objectivity, is_doubted
    return frozenset(method.pool.cells), method.pool.excluded_kinds, *rules


def _decision_key(case: Case, variant: Variant) -> tuple[object, ...]:
    """What the decision under a variant depends on: two variants that agree in it are one."""
    has_history = case.list_in_force is not None or case.list_before is not None or not case.decisions.empty
    is_cut_off = variant.is_without_history and has_history
    model = _model_key(_seen_by(case, variant), variant.method)
    return model, variant.method.selection, is_cut_off, variant.is_by_rule


def _seen_by(case: Case, variant: Variant) -> Case:
    """The facts that a variant looks at."""
    return replace(case, doubtful_vpr=None) if variant.is_vpr_trusted else case


@dataclass(frozen=True)
class _Models:
    """What has been fitted so far, by what it depends on: variants of the same pool or model share the work."""

    tables: dict[tuple[object, ...], pd.DataFrame]
    evidence: dict[tuple[object, ...], deciding.Evidence]

    def of(self, case: Case, method: Methodology) -> pd.DataFrame:
        """One row per school of the model of an edition (`STABILITY`)."""
        model = _model_key(case, method)
        if model not in self.tables:
            pool = _evidence_key(case, method)
            if pool not in self.evidence:
                self.evidence[pool] = deciding.evidence(case, method)
            self.tables[model] = deciding.fit(case, method, self.evidence[pool]).table
        return self.tables[model]


def _decide(case: Case, variant: Variant, models: _Models) -> "pd.Series[str]":
    """The status of each school under a variant, by `school_id`."""
    case, method = _seen_by(case, variant), variant.method
    fitted = models.of(case, method)
    if variant.is_without_history:
        case = replace(case, list_in_force=None, list_before=None, decisions=case.decisions.iloc[:0])
    if variant.is_by_rule:
        fitted, method = _by_rule(case, method, fitted)
    return deciding.choose(case, method, fitted, is_explained=False).set_index("school_id")["status_code"]


def _by_rule(case: Case, method: Methodology, fitted: pd.DataFrame) -> tuple[pd.DataFrame, Methodology]:
    """The model's table with a score of the familiar rule in the place of T, and the edition that chooses by it.

    The score of a school that the rule finds low is its share of the most low cells that any school has; of any
    other it is 0, and nobody enters or stays with that. Equal numbers of low cells are ties. A school without results
    this year has no score of the year, as it has no T of it. Thin data are no bar: the rule has its own least size.
    """
    cells = pool_cells(case.results, method.pool)
    rule = indicators.familiar_rule(cells, case.year, method.familiar).set_index("school_id")
    low = rule["low_cell_count"].where(rule["is_rule_low"], 0)
    score = (low / max(int(low.max()), 1)).astype("float64")
    this_year = fitted["school_id"].map(score).astype("float64")
    judged = fitted.assign(
        probability=this_year.fillna(0.0), current_year_probability=this_year, is_thin=False, is_recent=True
    )
    rules = replace(
        method.selection,
        borderline_probability=BARELY,
        stay_probability=BARELY,
        stay_year_probability=BARELY,
        tie_width=BARELY,
    )
    return judged, replace(method, selection=rules)


def _counts(status: "pd.Series[str]", found: "pd.Series[str]") -> dict[str, int]:
    """How a variant's list differs from the list; both are statuses by school."""
    listed = status.index[status == "selected"]
    under = found.reindex(listed)
    kept = int((under == "selected").sum())
    selected = int((found == "selected").sum())
    return {
        "selected_count": selected,
        "kept_count": kept,
        "left_count": len(listed) - kept,
        "unjudged_count": int((under == "insufficient_data").sum()),
        "entered_count": selected - kept,
    }


def _school_rows(selection: pd.DataFrame, decided: "Mapping[str, pd.Series[str]]", year: int) -> pd.DataFrame:
    """One row per school selected now or under a variant that could decide (`SCHOOL_DEPENDENCE`).

    The familiar rule is not among them: it fills fewer places by another yardstick, and with it next to no school
    would hold its place under every variant.
    """
    is_selected = selection["status_code"] == "selected"
    by_code = {
        code: selection["school_id"].map(found == "selected").fillna(False).astype(bool)
        for code, found in decided.items()
    }
    chosen = pd.DataFrame(by_code, index=selection.index)
    differs = chosen.ne(is_selected, axis=0)
    codes = [";".join(code for code in chosen.columns if row[code]) for row in differs.to_dict("records")]
    count = chosen.sum(axis=1).astype("int64")
    table = selection[["school_id", "municipality_id", "school_name", "status_code"]].assign(
        year=year,
        variant_count=len(decided),
        selecting_count=count,
        selecting_share=count / len(decided) if decided else None,
        differing_codes=codes,
        is_same_always=~differs.any(axis=1),
    )
    return SCHOOL_DEPENDENCE.typed(table[is_selected | chosen.any(axis=1)]).reset_index(drop=True)
