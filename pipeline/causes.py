"""Scores and facts -> the register of causes: closed vocabulary in, one row per school and cause out.

A cause is a missing condition that somebody can provide. What only a survey says is a hypothesis; what a declared fact
says, or a survey and a fact together, is a fact; what only the director's own statement says is a small sample.
"""

import calendar
from dataclasses import dataclass

import numpy as np
import pandas as pd

from pipeline.methodology.rules import CausesRules
from pipeline.questionnaire import GROUP_TITLES
from pipeline.russian import day_text, plural
from pipeline.schema import records
from pipeline.tables.causes import CAUSE_SUMMARY, GROUPS, REGISTER_OF_CAUSES

NOT_ESTABLISHED = "not_established"
NOT_ESTABLISHED_TEXT = "не установлено"
BY_SIGNIFICANCE = ("high", "medium", "low")
LIST_MONTH = 9  # the list is made in September and in force to the next August
GENITIVE_MONTHS = (
    "января", "февраля", "марта", "апреля", "мая", "июня",
    "июля", "августа", "сентября", "октября", "ноября", "декабря",
)  # fmt: skip
FINDING = [
    "school_id", "municipality_id", "cause_code", "direction_code", "value", "region_value", "cut_value",
    "significance_code", "respondent_count", "source_text", "status_code", "is_found",
    "is_clear",
]  # fmt: skip


@dataclass(frozen=True)
class CauseEvidence:
    """What causes are established from.

    Args:
        year: year of decision.
        surveyed: `SURVEYED_SCHOOLS`.
        causes: `CAUSES`.
        scores: `CAUSE_SCORES`.
        facts: what `cause_facts.school_facts` gives, for any schools of the region.
    """

    year: int
    surveyed: pd.DataFrame
    causes: pd.DataFrame
    scores: pd.DataFrame
    facts: pd.DataFrame


def findings(evidence: CauseEvidence, rules: CausesRules) -> pd.DataFrame:
    """One row per surveyed school and cause that could be judged there, found (`is_found`) or not.

    Returns:
        The columns `FINDING`: value with the mean of the surveyed schools and the cut, significance, respondents,
        source (Russian), status, and whether it counts for the scale (`is_clear`): found, and a fact or a score that
        says so without comparing schools. A school without a row for a cause is unknown in it, never healthy.
    """
    own = evidence.facts.merge(evidence.surveyed[["school_id", "municipality_id"]], on="school_id")
    by_fact = _fact_findings(own.merge(evidence.causes, on="cause_code"), rules)
    by_survey = _survey_findings(evidence, by_fact, rules)
    parts = [part[FINDING] for part in (by_survey, by_fact) if not part.empty]
    if not parts:
        return pd.DataFrame(columns=FINDING)
    return pd.concat(parts, ignore_index=True).sort_values(["school_id", "cause_code"], ignore_index=True)


def register(
    evidence: CauseEvidence,
    found: pd.DataFrame,
    measures: pd.DataFrame,
    context: pd.DataFrame,
    verifications: pd.DataFrame,
    rules: CausesRules,
) -> pd.DataFrame:
    """One row per surveyed school and cause found there, or one «не установлено» (`REGISTER_OF_CAUSES`).

    Args:
        evidence: the schools, the vocabulary and the scores.
        found: what `findings` gives.
        measures: `MEASURES`.
        context: `CONTEXT`; empty where conditions are not known, then every school is one of low results.
        verifications: `CAUSE_VERIFICATIONS` of all years.
        rules: shares from which a cause is mass or systemic.
    """
    rows = found[found["is_found"].astype(bool)]
    shares = _shares(found, ["cause_code"], rules).set_index("cause_code")["scale_code"]
    vocabulary = evidence.causes.drop(columns=["direction_code", "cut_value"]).rename(columns={"wording": "cause_text"})
    rows = rows.merge(vocabulary, on="cause_code").assign(scale_code=lambda f: f["cause_code"].map(shares))
    advice = recommended(evidence.causes, measures, evidence.year)
    rows = rows.drop(columns="responsible_text").merge(advice, on="cause_code", how="left")
    table = pd.concat([rows, _without_cause(evidence, rows["school_id"])], ignore_index=True)
    names = evidence.surveyed.drop(columns="is_signed")
    table = table.drop(columns="municipality_id", errors="ignore").merge(names, on="school_id")
    groups = _school_groups(context, evidence.year)
    table = table.assign(
        year=evidence.year,
        school_group_code=[groups.get(school_id, "low_results") for school_id in table["school_id"]],
    ).merge(_marks(verifications, evidence.year), on=["school_id", "cause_code"], how="left")
    columns = list(REGISTER_OF_CAUSES.column_names)
    return REGISTER_OF_CAUSES.typed(table.reindex(columns=columns)).sort_values(
        list(REGISTER_OF_CAUSES.key), ignore_index=True
    )


def summary(found: pd.DataFrame, year: int, rules: CausesRules) -> pd.DataFrame:
    """One row per municipality (empty: the region) and cause met there, with its scale (`CAUSE_SUMMARY`).

    Args:
        found: what `findings` gives; the share is of the schools in which the cause could be judged.
        year: year of decision.
        rules: shares from which a cause is mass or systemic.
    """
    by_municipality = _shares(found, ["municipality_id", "cause_code"], rules)
    region = _shares(found, ["cause_code"], rules).assign(municipality_id="")
    table = pd.concat([region, by_municipality], ignore_index=True).assign(year=year)
    met = table[table["school_count"] > 0]
    return CAUSE_SUMMARY.typed(met[list(CAUSE_SUMMARY.column_names)]).sort_values(
        list(CAUSE_SUMMARY.key), ignore_index=True
    )


def recommended(causes: pd.DataFrame, measures: pd.DataFrame, year: int) -> pd.DataFrame:
    """One row per cause: `measure_number`, `measure_text`, `responsible_text` and `due_text` of the measure advised.

    The first measure that the cause names is advised, the others are mentioned. Of several plans the newest one that
    the list of the year can serve counts.

    Args:
        causes: `CAUSES`.
        measures: `MEASURES` of one plan or several.
        year: year of decision.
    """
    plan = measures[measures["plan_year"] <= year + 1].sort_values("plan_year").drop_duplicates("number", keep="last")
    known = {row["number"]: row for row in records(plan)}
    rows = []
    for cause in records(causes):
        numbers = [number for number in measure_numbers(cause["measure_numbers"]) if number in known]
        if not numbers:
            continue
        first = known[numbers[0]]
        more = f" Также меры № {', '.join(map(str, numbers[1:]))}." if numbers[1:] else ""
        rows.append(
            {
                "cause_code": cause["cause_code"],
                "measure_number": numbers[0],
                "measure_text": f"{first['title_ru']}.{more}",
                "responsible_text": cause["responsible_text"] or first["responsible_ru"],
                "due_text": due_text(first["due_month"], year),
            }
        )
    columns = ["cause_code", "measure_number", "measure_text", "responsible_text", "due_text"]
    return pd.DataFrame(rows, columns=columns)


def newest_plan(measures: pd.DataFrame, year: int) -> int | None:
    """The year of the newest plan that the list of a year can serve: it is in force to the August after it."""
    years = measures.loc[measures["plan_year"] <= year + 1, "plan_year"]
    return None if years.empty else int(years.max())


def measure_numbers(text: str) -> list[int]:
    """The numbers of a cause's measures, «14;18», in the order of preference."""
    return [int(part) for part in text.split(";") if part.strip().isdigit()]


def due_text(month: int, year: int) -> str:
    """The last day of a month within the life of a September's list: «до 31 марта 2027 года» of the list of 2026."""
    due_year = year if month >= LIST_MONTH else year + 1
    return f"до {calendar.monthrange(due_year, month)[1]} {GENITIVE_MONTHS[month - 1]} {due_year} года"


def _survey_findings(evidence: CauseEvidence, by_fact: pd.DataFrame, rules: CausesRules) -> pd.DataFrame:
    """One row per school and survey cause whose direction has a score."""
    scores = evidence.scores[evidence.scores["is_scored"].astype(bool)]
    if scores.empty:
        return pd.DataFrame(columns=FINDING)
    of_groups = scores[scores["group_code"] != ""].sort_values(["school_id", "direction_code"])
    told = of_groups.assign(
        text=[
            GROUP_TITLES[group] + ("" if group == "director" else f" — {count}")
            for group, count in zip(of_groups["group_code"], of_groups["respondent_count"], strict=True)
        ],
        is_many=of_groups["group_code"] != "director",
        order=of_groups["group_code"].map(GROUPS.index),
    ).sort_values("order", kind="stable")
    behind = told.groupby(["school_id", "direction_code"], as_index=False).agg(
        source_text=("text", "; ".join), is_many=("is_many", "any")
    )
    together = scores[scores["group_code"] == ""].drop(columns="group_code")
    of_survey = evidence.causes.loc[evidence.causes["evidence_code"] == "survey", ["cause_code", "direction_code"]]
    rows = together.merge(behind, on=["school_id", "direction_code"]).merge(of_survey, on="direction_code")
    confirming = _confirming(evidence.causes, by_fact)
    confirmed = pd.Series(
        [confirming.get(pair, "") for pair in zip(rows["school_id"], rows["direction_code"], strict=True)],
        index=rows.index,
        dtype="str",
    )
    is_high = rows["significance_code"] == "high"
    status = np.select([confirmed != "", ~rows["is_many"].astype(bool)], ["fact", "small_sample"], "hypothesis")
    least = pd.Series(np.where(status == "small_sample", rules.small_sample_from, rules.register_from), rows.index)
    rank = BY_SIGNIFICANCE.index
    is_found = rows["significance_code"].map(rank) <= least.map(rank)
    return rows.assign(
        value=rows["score"],
        region_value=rows["region_score"],
        cut_value=rows["high_cut_score"].where(is_high, rows["medium_cut_score"]),
        source_text="анкеты: " + rows["source_text"] + ("; подтверждено: " + confirmed).where(confirmed != "", ""),
        status_code=status,
        is_found=is_found,
        is_clear=is_found & (rows["score"] >= rules.scale_score),
    )


def _confirming(causes: pd.DataFrame, by_fact: pd.DataFrame) -> dict[tuple[str, str], str]:
    """(school, direction) -> the indicators of the facts established there."""
    found = by_fact[by_fact["is_found"].astype(bool)].sort_values("cause_code")
    texts = found["cause_code"].map(causes.set_index("cause_code")["indicator_text"])
    grouped = found.assign(text=texts).groupby(["school_id", "direction_code"])["text"]
    return {(str(school), str(direction)): ", ".join(part) for (school, direction), part in grouped}


def _fact_findings(facts: pd.DataFrame, rules: CausesRules) -> pd.DataFrame:
    """One row per school and fact cause that is known; an established one is of high or medium significance.

    High: in the worst third of the surveyed schools whose value is known; with few such schools, or where the edition
    sets fixed cuts, every established fact is of high significance.
    """
    parts = []
    for _, rows in facts.groupby("cause_code", sort=True):
        ordered = np.sort(rows["value"].to_numpy(dtype="float64"))
        is_lower_worse = bool(rows["is_lower_worse"].iloc[0])
        worst = rows["value"] == rows["value"]
        if rules.cut_rule == "terciles" and len(rows) >= rules.min_tercile_schools:
            third = np.quantile(ordered, 1 / 3 if is_lower_worse else 2 / 3)
            worst = rows["value"] <= third if is_lower_worse else rows["value"] >= third
        is_found = rows["is_established"].astype(bool)
        parts.append(
            rows.assign(
                region_value=float(ordered.mean()),
                significance_code=np.select([~is_found, worst], ["low", "high"], "medium"),
                respondent_count=np.nan,
                status_code="fact",
                is_found=is_found,
                is_clear=is_found,
            )
        )
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=FINDING)


def _shares(found: pd.DataFrame, by: list[str], rules: CausesRules) -> pd.DataFrame:
    """One row per value of the given columns: schools with the cause, schools judged, their share and the scale.

    The scale looks at clear causes alone: thirds of the schools are found medium or high in any region, and say nothing
    of how common a lack is.
    """
    counted = found.assign(is_found=found["is_found"].astype("float64"), is_clear=found["is_clear"].astype("float64"))
    grouped = counted.groupby(by)
    table = grouped.agg(
        school_count=("is_found", "sum"), clear_count=("is_clear", "sum"), surveyed_count=("is_found", "size")
    ).reset_index()
    share = table["clear_count"] / table["surveyed_count"]
    scale = pd.Series(
        np.select([share >= rules.systemic_share, share >= rules.mass_share], ["systemic", "mass"], "local"),
        index=table.index,
        dtype="str",
    )
    return table.assign(school_share=share, scale_code=scale.where(table["surveyed_count"] >= rules.min_scale_schools))


def _without_cause(evidence: CauseEvidence, with_cause: "pd.Series[str]") -> pd.DataFrame:
    """One row per surveyed school in which no cause was found, saying why."""
    schools = evidence.surveyed.loc[~evidence.surveyed["school_id"].isin(with_cause), "school_id"]
    together = evidence.scores[evidence.scores["group_code"] == ""]
    scored = together.groupby("school_id")["is_scored"].sum()
    answered = together.groupby("school_id")["coverage_share"].max()
    judged = set(evidence.facts["school_id"])
    reasons = []
    for school_id in schools:
        count = int(scored.get(school_id, 0))
        if count:
            told = plural(count, "оценённое направление", "оценённых направления", "оценённых направлений")
            reasons.append(f"анкеты: {told}, ни одно не достигло порога")
        elif answered.get(school_id, 0.0) > 0:
            reasons.append("анкеты: ответивших меньше наименьшего числа")
        else:
            reasons.append("анкеты не возвращены")
        if school_id in judged:
            reasons[-1] += "; по другим сведениям ни один порог не достигнут"
    return pd.DataFrame(
        {
            "school_id": schools,
            "cause_code": NOT_ESTABLISHED,
            "cause_text": NOT_ESTABLISHED_TEXT,
            "significance_code": "none",
            "source_text": pd.Series(reasons, index=schools.index, dtype="str"),
            "status_code": NOT_ESTABLISHED,
        }
    )


def _marks(verifications: pd.DataFrame, year: int) -> pd.DataFrame:
    """One row per verified school and cause of the year: `verification_text` with who and when."""
    own = verifications[verifications["year"] == year]
    told = own["verification_text"] + " (" + own["who"] + ", " + own["date"].map(day_text) + ")"
    return own[["school_id", "cause_code"]].assign(verification_text=told)


def _school_groups(context: pd.DataFrame, year: int) -> dict[str, str]:
    """What brings a school here, where its conditions are known: low results, adverse conditions, or both."""
    known = context[context["year"] == year]
    is_adverse = known["is_adverse"].astype(bool)
    is_low = known["quadrant_code"] != "not_low_adverse"
    groups = np.select([is_adverse & is_low, is_adverse], ["both", "adverse_context"], "low_results")
    return dict(zip(known["school_id"], groups.tolist(), strict=True))
