"""What is known about the conditions of each school: the newest delivery of every fact, checked, with what follows.

A fact is questioned, never repaired: it is told to the analyst and left out of the model. Questions:

- `unreadable`: the cell holds neither a number nor a known answer;
- `conflicting`: two rows of one delivery say different things about one school;
- `negative`, `share_out_of_range`: a count below 0, a share beyond 0–1;
- `total_not_sum`: the whole is not the sum of its parts (pupils and grades), beyond the tolerance;
- `part_above_whole`: more teachers of the highest category than teachers, more families of a kind than families;
- `kind_mismatch`: the form calls the school correctional, evening … and the register does not, or the reverse.
"""

from collections.abc import Iterable
from typing import Any

import pandas as pd

from pipeline.methodology.rules import ContextRules
from pipeline.russian import number
from pipeline.schema import records
from pipeline.tables.context import SCHOOL_CONTEXT
from pipeline.tables.sources import PLACE_KEY
from pipeline.versions import left_out

STAGE_NAME = "conditions"
QUESTIONS = (
    "unreadable",
    "conflicting",
    "negative",
    "share_out_of_range",
    "total_not_sum",
    "part_above_whole",
    "kind_mismatch",
)
# Flags of the form -> kind of the register. A boarding school takes part as any other and is not compared.
KIND_FLAGS = {
    "kind_correctional": "correctional",
    "kind_evening": "evening",
    "kind_closed": "closed",
    "kind_penal": "penal",
}
CALCULATED = "расчёт: "
FACT_KEY = ["school_id", "year", "indicator_code"]
PLACE = list(PLACE_KEY)


def school_context(
    facts: pd.DataFrame,
    indicators: pd.DataFrame,
    schools: pd.DataFrame,
    rules: ContextRules,
    *,
    year: int,
    as_of: str | None = None,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """One row per school, year and indicator (`SCHOOL_CONTEXT`), and one row of `rejects` per record of no use.

    Args:
        facts: CONTEXT_FACTS of known schools, with `school_id`, `municipality_id` and `load_date`.
        indicators: CONTEXT_INDICATORS.
        schools: SCHOOLS, for the kind of each school.
        rules: section `context` of the methodology.
        year: year of decision; facts of later years are set aside.
        as_of: ISO date; later loads are not known yet.
    """
    if facts.empty:
        return SCHOOL_CONTEXT.empty(), left_out(facts, "", stage_name=STAGE_NAME)
    chosen, rejects = _newest(facts, year, as_of)
    questions = _questions(chosen, indicators, schools, rules)
    told = chosen.assign(
        question_codes=[";".join(code for code in QUESTIONS if code in questions.get(key, ())) for key in _keys(chosen)]
    )
    told["is_questioned"] = told["question_codes"] != ""
    whole = pd.concat([told, _calculated(told, indicators)], ignore_index=True)
    return SCHOOL_CONTEXT.conform(whole[list(SCHOOL_CONTEXT.column_names)]), rejects


def questioned_schools(context: pd.DataFrame, indicators: pd.DataFrame, schools: pd.DataFrame) -> pd.DataFrame:
    """One row per school with facts and year: how many facts each question concerns, and which, for the checks.

    Returns:
        `school_id`, `school_name`, `year`, and for every question `<code>_count` and `<code>_text` (Russian).
    """
    frame = context[["school_id", "year"]].drop_duplicates().sort_values(["school_id", "year"], ignore_index=True)
    frame["school_name"] = frame["school_id"].map(schools.set_index("school_id")["school_name"])
    asked = context[context["is_questioned"].astype(bool)]
    lines = asked.assign(line=_lines(asked, indicators))
    # Of a whole that is not the sum of its parts the whole is shown, with the sum: eleven grades would hide it.
    is_part = asked["indicator_code"].isin(indicators.loc[indicators["part_of_code"].notna(), "indicator_code"])
    for code in QUESTIONS:
        has_code = asked["question_codes"].str.split(";").map(lambda codes, code=code: code in codes).astype(bool)
        shown = lines[has_code & ~is_part] if code == "total_not_sum" else lines[has_code]
        grouped = shown.groupby(["school_id", "year"])
        told = grouped.agg(count=("line", "size"), text=("line", "; ".join), source=("source_text", "first"))
        told["text"] = told["text"] + "; " + told["source"]
        told = told.drop(columns="source").add_prefix(f"{code}_").reset_index()
        frame = frame.merge(told, on=["school_id", "year"], how="left")
        frame[f"{code}_count"] = frame[f"{code}_count"].fillna(0).astype("int64")
        frame[f"{code}_text"] = frame[f"{code}_text"].fillna("")
    return frame


def _lines(asked: pd.DataFrame, indicators: pd.DataFrame) -> "pd.Series[str]":
    """Each fact in words: «Обучающихся всего — 234, сумма слагаемых — 195»; of conflicting ones only what they are."""
    titles, wholes = (indicators.set_index("indicator_code")[name] for name in ("title", "part_of_code"))
    label = asked["indicator_code"].map(titles).fillna(asked["indicator_code"])
    shown = asked["value_text"].fillna("").where(asked["value_text"].notna(), _shown(asked["value"]))
    parts = asked.assign(indicator_code=asked["indicator_code"].map(wholes)).dropna(subset=["indicator_code"])
    sums = parts.groupby(FACT_KEY)["value"].sum().rename("sum").reset_index()
    joined = asked[FACT_KEY].merge(sums, on=FACT_KEY, how="left")["sum"].set_axis(asked.index)
    total = (", сумма слагаемых — " + _shown(joined)).where(joined.notna(), "")
    is_conflicting = asked["question_codes"].str.contains("conflicting").astype(bool)
    return label.where(is_conflicting, label + " — " + shown + total).astype("str")


def _newest(facts: pd.DataFrame, year: int, as_of: str | None) -> tuple[pd.DataFrame, pd.DataFrame]:
    """One row per fact of the newest delivery, missing and marked where that delivery contradicts itself; rejects."""
    ordered = facts.sort_values([*FACT_KEY, *PLACE], ignore_index=True)
    is_later = (ordered["year"] > year).astype(bool)
    is_unknown_yet = (ordered["load_date"] > as_of) if as_of is not None else pd.Series(False, index=ordered.index)
    known = ordered[~is_later & ~is_unknown_yet]
    is_newest = known["load_date"] == known.groupby(FACT_KEY)["load_date"].transform("max")
    standing = known[is_newest]
    is_repeated, is_one_of_many = standing.duplicated(FACT_KEY), standing.duplicated(FACT_KEY, keep=False)
    contents = standing[~standing.duplicated([*FACT_KEY, "value", "value_text"])]
    is_told_twice = contents.duplicated(FACT_KEY, keep=False)
    conflicts = pd.MultiIndex.from_frame(contents.loc[is_told_twice, FACT_KEY].drop_duplicates())
    is_conflicting = pd.MultiIndex.from_frame(standing[FACT_KEY]).isin(conflicts)
    places = standing["file_id"] + standing["sheet_name"].map({"": ""}).fillna(
        ", лист «" + standing["sheet_name"] + "»"
    )
    sources = places + ", строка " + standing["row_number"].astype("str")
    many = (
        sources[is_one_of_many].groupby([standing.loc[is_one_of_many, name] for name in FACT_KEY]).transform("; ".join)
    )
    standing = standing.assign(
        source_text=pd.concat([sources[~is_one_of_many], many.astype("str")]),
        is_conflicting=is_conflicting,
        value=standing["value"].mask(is_conflicting),
        value_text=standing["value_text"].mask(is_conflicting),
    )
    reasons = pd.Series("repeated_row", index=ordered.index, dtype="str")
    reasons[is_later] = "later_year"
    reasons[~is_later & is_unknown_yet] = "after_as_of"
    reasons[known.index[~is_newest]] = "superseded"
    used = pd.MultiIndex.from_frame(standing.loc[~is_repeated.to_numpy() | is_conflicting, PLACE])
    unused = ordered[~pd.MultiIndex.from_frame(ordered[PLACE]).isin(used)].drop_duplicates(PLACE)
    rejects = left_out(unused, reasons[unused.index], stage_name=STAGE_NAME)
    rejects["is_service"] = True  # by design of the deliveries: nothing of what they said is lost
    return standing[~is_repeated], rejects


def _questions(
    chosen: pd.DataFrame, indicators: pd.DataFrame, schools: pd.DataFrame, rules: ContextRules
) -> dict[tuple[str, int, str], set[str]]:
    """(school, year, indicator) -> why it is questioned."""
    found: dict[tuple[str, int, str], set[str]] = {}

    def ask(code: str, school_years: Iterable[Any], indicator_codes: Iterable[str]) -> None:
        for school_id, year in school_years:
            for indicator in indicator_codes:
                found.setdefault((school_id, int(year), indicator), set()).add(code)

    is_blank = chosen["value"].isna() & chosen["value_text"].isna() & ~chosen["is_conflicting"]
    for code, mask in (("conflicting", chosen["is_conflicting"]), ("unreadable", is_blank)):
        for school_id, year, indicator in _keys(chosen[mask]):
            ask(code, [(school_id, year)], [indicator])
    values = chosen.pivot(index=["school_id", "year"], columns="indicator_code", values="value")
    known = indicators[indicators["indicator_code"].isin(values.columns)]
    for code, kind in zip(known["indicator_code"], known["kind_code"], strict=True):
        ask("negative", values.index[(values[code] < 0) & (kind == "count")], [code])
        ask("share_out_of_range", values.index[~values[code].fillna(0).between(0, 1) & (kind == "share")], [code])
    for whole, group in known[known["part_of_code"].isin(values.columns)].groupby("part_of_code"):
        parts = values[list(group["indicator_code"])]
        difference = (parts.sum(axis=1) - values[whole]).abs().where(parts.notna().any(axis=1))
        is_off = difference > rules.totals_tolerance_share * values[whole]
        ask("total_not_sum", values.index[is_off], [str(whole), *group["indicator_code"]])
    for row in records(indicators[indicators["kind_code"] == "share"]):
        part, whole = row["numerator_code"], row["denominator_code"]
        if part in values and whole in values:
            ask("part_above_whole", values.index[values[part] > values[whole]], [part, whole])
    kind_of = dict(zip(schools["school_id"], schools["kind_code"], strict=True))
    kinds = pd.Series([kind_of.get(school_id) for school_id, _ in values.index], index=values.index)
    for flag, kind in KIND_FLAGS.items():
        if flag in values:
            ask("kind_mismatch", values.index[values[flag].notna() & ((values[flag] == 1) != (kinds == kind))], [flag])
    return found


def _calculated(told: pd.DataFrame, indicators: pd.DataFrame) -> pd.DataFrame:
    """One row per school, year and indicator that follows from two others, neither questioned, and was not given."""
    sure = told[~told["is_questioned"]]
    values = sure.pivot(index=["school_id", "year"], columns="indicator_code", values="value")
    homes = told.drop_duplicates("school_id").set_index("school_id")["municipality_id"]
    given = set(_keys(told))
    parts = []
    for row in records(indicators[indicators["numerator_code"].notna() & indicators["denominator_code"].notna()]):
        code, part, whole = row["indicator_code"], row["numerator_code"], row["denominator_code"]
        if part not in values or whole not in values:
            continue
        ratio = (values[part] / values[whole].where(values[whole] > 0)).dropna().rename("value").reset_index()
        ratio = ratio.assign(indicator_code=code, source_text=f"{CALCULATED}{part} / {whole}")
        parts.append(ratio[[key not in given for key in _keys(ratio)]])
    if not parts:
        return told.head(0)
    frame = pd.concat(parts, ignore_index=True)
    assigned: pd.DataFrame = frame.assign(
        municipality_id=frame["school_id"].map(homes), value_text=None, is_questioned=False, question_codes=""
    )
    return assigned


def _keys(frame: pd.DataFrame) -> list[tuple[str, int, str]]:
    """(school, year, indicator) of every row."""
    return [(s, int(y), c) for s, y, c in zip(*(frame[name].tolist() for name in FACT_KEY), strict=True)]


def _shown(values: pd.Series) -> "pd.Series[str]":
    """Numbers as a reader writes them; a missing one is told as unread."""
    told = ["не прочитано" if pd.isna(value) else number(value) for value in values]
    return pd.Series(told, index=values.index, dtype="str")
