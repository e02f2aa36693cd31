"""The choice of schools: who enters, stays, leaves, and why, by the rules of section 4 of the method.

Every school of the register of the year, and every school of the list in force whether it still exists or not, has
exactly one status and at least one reason code. A school that was listed leaves when its place by T is beyond the
factor times K, or when both its T and this year's T are low; a leaver does not re-enter the same September. Where T
cannot be judged (thin data, no recent results) the school goes to the experts' list, also when it was listed: nothing
is decided for or against it by a lack of data, so a school without results this year does not leave either.
Commission decisions win, and show.
"""

import math
from collections.abc import Mapping

import numpy as np
import pandas as pd

from pipeline.errors import ConfigError
from pipeline.methodology.rules import PoolRules, SelectionRules
from pipeline.reasons import REASON_CODES
from pipeline.register import alphabetical, municipality_names, valid_in
from pipeline.russian import number
from pipeline.schema import FLOAT_DECIMALS
from pipeline.tables.decision import ORDER_APPENDIX, SELECTION

CATEGORY = "ШНРО"
ACTIONS = ("include", "exclude", "observe")

ENTRY_CODES = ("commission_include", "stays", "entered_by_probability", "tie_block", "tie_break", "tie_lost")

# What comes first decides between schools at the cut; the lower code is stated as the last resort.
TIE_ORDER = (
    ("low_years_count", False),
    ("excess_low_count", False),
    ("tested_count", False),
    ("school_id", True),
)


def select(
    stability: pd.DataFrame,
    schools: pd.DataFrame,
    rule: pd.DataFrame,
    year: int,
    rules: SelectionRules,
    pool: PoolRules,
    *,
    list_in_force: pd.DataFrame | None = None,
    list_before: pd.DataFrame | None = None,
    decisions: pd.DataFrame | None = None,
    vpr_only: frozenset[str] = frozenset(),
    set_aside: frozenset[str] = frozenset(),
) -> pd.DataFrame:
    """One row per school that exists in the year or is on the list in force (`SELECTION`): its status, and why.

    Args:
        stability: one row per school of the model (`STABILITY`).
        schools: the register (`SCHOOLS`).
        rule: one row per school tested in the year, with `is_rule_low`.
        year: year of decision.
        rules: capacity, bands, entry, exit and ties.
        pool: kinds of schools that take no part.
        list_in_force: `school_id` of the list made a year ago; None switches the stay rule off.
        list_before: `school_id` of the list made two years ago, to tell who has left for good; without the list in
            force it tells nothing.
        decisions: the commission's: `school_id`, `action` (include, exclude; observe leaves the choice as it is).
        vpr_only: schools of whose final exams nothing is known (`expected.vpr_only_schools`).
        set_aside: schools judged without a doubtful ВПР (`objectivity.set_aside`).

    Raises:
        ConfigError: a decision names a school unknown in the year, an unknown action, or contradicts another.
    """
    assert (stability["year"] == year).all(), "the model is of another year"
    listed, before = (_listed(earlier, schools) for earlier in (list_in_force, list_before))
    operating = valid_in(schools, year)
    actions = _actions(decisions, operating)
    gone = schools[schools["school_id"].isin(listed - frozenset(operating["school_id"]))]
    register = pd.concat([operating.assign(is_operating=True), gone.assign(is_operating=False)])
    facts = _facts(stability, register, rule, rules, pool, vpr_only)
    observed = [school_id for school_id, action in actions.items() if action == "observe"]
    deciding = {school_id: action for school_id, action in actions.items() if action != "observe"}
    facts = facts.assign(action=_coded(facts, deciding), is_observed=facts["school_id"].isin(observed))
    facts = facts.assign(is_on_list=facts["school_id"].isin(listed))
    facts = facts.assign(is_set_aside=facts["school_id"].isin(set_aside), **_leaving(facts, rules))
    entry = _entries(facts, rules)
    facts = facts.assign(entry_code=_coded(facts, entry))
    facts = facts.assign(is_selected=~facts["entry_code"].isin(["", "tie_lost"]))
    facts = facts.assign(is_reserve=_is_reserve(facts, rules))
    # Without the list in force nobody knows whether the school was out last September.
    out = frozenset() if list_in_force is None else before - listed
    holds = _reasons(facts, out, rules) | {"stay_rule_off": facts["is_selected"] & (list_in_force is None)}
    facts = facts.assign(year=year, status_code=_statuses(facts), reason_codes=_joined(holds))
    table = facts.assign(is_in_corridor=_is_in_corridor(facts, rules), is_watched=_is_watched(facts, rules))
    return SELECTION.typed(table[list(SELECTION.column_names)]).sort_values("school_id", ignore_index=True)


def order_appendix(selection: pd.DataFrame, municipalities: pd.DataFrame, year: int) -> pd.DataFrame:
    """One row per selected school (`ORDER_APPENDIX`), by municipality and name in the order of the Russian alphabet.

    Args:
        selection: what `select` gives.
        municipalities: names with years of validity (`MUNICIPALITIES`).
        year: year of decision.
    """
    selected = selection[selection["status_code"] == "selected"]
    names = municipality_names(municipalities, year)
    ids = [str(code) for code in selected["municipality_id"]]
    places = [names.get(code, code) for code in ids]
    rows = sorted(
        zip(places, map(str, selected["school_name"]), map(str, selected["school_id"]), strict=True),
        key=lambda row: (alphabetical(row[0]), alphabetical(row[1]), row[2]),
    )
    table = pd.DataFrame(rows, columns=["municipality_name", "school_name", "school_id"])
    return ORDER_APPENDIX.typed(table.assign(row_number=range(1, len(table) + 1), category_text=CATEGORY))


def remarks(selection: pd.DataFrame, rules: SelectionRules) -> tuple[str, ...]:
    """What the report says of the list as a whole, Russian sentences: its size against the places, the stay rule."""
    selected = selection[selection["status_code"] == "selected"]
    told = [f"В перечень включено школ: {len(selected)}, мест: {rules.capacity}."]
    if len(selected) < rules.capacity:
        border = number(rules.borderline_probability)
        told.append(
            f"Мест занято меньше, чем есть: у остальных школ вероятность T ниже {border} либо данных мало, "
            "либо они выходят из перечня или исключены."
        )
    if len(selected) > _tie_limit(rules):
        told.append(
            "Перечень превышает допустимый размер: сохранены все школы прежнего перечня, не выполнившие условий "
            "выхода, и решения комиссии."
        )
    elif len(selected) > rules.capacity:
        told.append(
            "Перечень больше числа мест: сохранены прежние школы, учтены решения комиссии или включены неотличимые "
            "у границы."
        )
    told += _border_remarks(selection, rules)
    gone_count = int(selection["reason_codes"].str.split(";").map(lambda codes: "not_operating" in codes).sum())
    if gone_count:
        told.append(f"Из прежнего перечня в году решения не действуют и не имеют преемника: {gone_count}.")
    if selected["reason_codes"].str.contains("stay_rule_off").any():
        told.append(REASON_CODES["stay_rule_off"])
    return tuple(told)


def _border_remarks(selection: pd.DataFrame, rules: SelectionRules) -> list[str]:
    """How many schools stand at the border of the list, in the reserve and under watch, Russian sentences."""
    at_border = selection[selection["is_in_corridor"]]
    inside = int((at_border["status_code"] == "selected").sum())
    level = rules.core_probability
    return [
        f"У границы перечня; различие статистически не установлено: школ в перечне {inside}, "
        f"вне его {len(at_border) - inside} (вероятность T больше {number(round(1 - level, FLOAT_DECIMALS))} "
        f"и меньше {number(level)}).",
        f"В резерве школ: {int((selection['status_code'] == 'reserve').sum())}, "
        f"под наблюдением: {int(selection['is_watched'].sum())}.",
    ]


def _facts(
    stability: pd.DataFrame,
    register: pd.DataFrame,
    rule: pd.DataFrame,
    rules: SelectionRules,
    pool: PoolRules,
    vpr_only: frozenset[str],
) -> pd.DataFrame:
    """One row per school of the register, best candidates first, with all that the decision looks at.

    The register has `is_operating`: whether the school exists in the year.
    """
    assert stability["school_id"].isin(register["school_id"]).all(), "the model has a school that nobody decides about"
    register = register[["school_id", "municipality_id", "school_name", "kind_code", "is_operating"]]
    facts = register.merge(stability.drop(columns=["municipality_id", "year"]), on="school_id", how="left")
    is_out = facts["kind_code"].isin(pool.excluded_kinds)
    probability = facts["probability"].round(FLOAT_DECIMALS)
    is_recent = facts["is_recent"].fillna(False).astype(bool)
    is_thin = facts["is_thin"].fillna(False).astype(bool)
    is_candidate = facts["is_operating"] & ~is_out & probability.notna() & is_recent & ~is_thin
    is_rule_low = facts["school_id"].isin(rule.loc[rule["is_rule_low"].astype(bool), "school_id"])
    is_firm = (probability >= rules.firm_probability) & (facts["low_years_count"] >= rules.firm_low_years).fillna(False)
    facts = facts.assign(
        probability=probability,
        excess_low_count=facts["low_count"].astype("float64") - facts["expected_low_count"],
        is_excluded_kind=is_out,
        has_results=probability.notna(),
        is_recent=is_recent,
        is_thin=is_thin,
        is_candidate=is_candidate,
        is_rule_low=is_rule_low,
        is_firm=is_firm & is_rule_low & is_candidate,
        is_vpr_only=facts["school_id"].isin(vpr_only),
    )
    tie_columns = [name for name, _ in TIE_ORDER]
    ascending = [False, False, *(is_up for _, is_up in TIE_ORDER)]
    facts = facts.sort_values(["is_candidate", "probability", *tie_columns], ascending=ascending, ignore_index=True)
    # A commission's decision moves no school's place: places are counted among all that can be judged.
    place = pd.Series(np.arange(1, len(facts) + 1), index=facts.index).where(facts["is_candidate"])
    return facts.assign(rank=place)


def _listed(earlier: pd.DataFrame | None, schools: pd.DataFrame) -> frozenset[str]:
    """The schools of an earlier list; the region's folder refuses one that the register does not know."""
    ids: frozenset[str] = frozenset() if earlier is None else frozenset(earlier["school_id"])
    assert ids <= frozenset(schools["school_id"]), "an earlier list names a school unknown to the register"
    return ids


def _actions(decisions: pd.DataFrame | None, operating: pd.DataFrame) -> dict[str, str]:
    """The commission's action by school, checked against the schools that exist in the year."""
    if decisions is None or decisions.empty:
        return {}
    pairs = decisions[["school_id", "action"]].drop_duplicates()
    is_known = pairs["school_id"].isin(operating["school_id"])
    faults = {
        "решение о школе, которой нет в реестре этого года": pairs.loc[~is_known],
        "неизвестное решение (нужно include, exclude или observe)": pairs.loc[~pairs["action"].isin(ACTIONS)],
        "противоречивые решения об одной школе": pairs.loc[pairs.duplicated("school_id", keep=False)],
    }
    for what, rows in faults.items():
        if len(rows):
            raise ConfigError(
                f"В решениях комиссии: {what}",
                where="школы: " + ", ".join(sorted(set(rows["school_id"]))),
                remedy="исправьте файл решений комиссии в папке decisions",
            )
    return dict(zip(pairs["school_id"], pairs["action"], strict=True))


def _coded(facts: pd.DataFrame, codes: Mapping[str, str]) -> "pd.Series[str]":
    """The code of each school, empty where it has none."""
    return pd.Series([codes.get(str(i), "") for i in facts["school_id"]], index=facts.index, dtype="str")


def _leaving(facts: pd.DataFrame, rules: SelectionRules) -> "dict[str, pd.Series[bool]]":
    """Which schools leave the list in force, and by which of the two conditions.

    Without results this year neither can hold: nothing shows that the school has improved, and its place may have
    changed only because less is known of it.
    """
    this_year = facts["current_year_probability"].astype("float64").round(FLOAT_DECIMALS)
    may_leave = facts["is_on_list"] & facts["is_candidate"] & this_year.notna()
    is_far = facts["rank"] > rules.stay_rank_factor * rules.capacity + 1e-9
    is_low = (facts["probability"] < rules.stay_probability) & (this_year < rules.stay_year_probability)
    is_leaving = may_leave & (is_far | is_low)
    return {"is_leaving": is_leaving, "is_too_far": is_leaving & is_far, "is_better": is_leaving & is_low}


def _entries(facts: pd.DataFrame, rules: SelectionRules) -> dict[str, str]:
    """Why each selected school is selected: school_id -> reason code, filled in the order of the method."""
    is_free = facts["is_candidate"] & (facts["action"] == "")
    hard = facts.loc[facts["action"] == "include", "school_id"]
    stayers = facts.loc[is_free & facts["is_on_list"] & ~facts["is_leaving"], "school_id"]
    entry = dict.fromkeys(hard, "commission_include") | dict.fromkeys(stayers, "stays")
    is_eligible = is_free & ~facts["is_on_list"] & (facts["probability"] >= rules.borderline_probability)
    places = max(0, rules.capacity - len(entry))
    limit = max(places, _tie_limit(rules) - len(entry))
    return entry | _entrants(facts[is_eligible], places, limit, rules.tie_width)


def _entrants(eligible: pd.DataFrame, places: int, limit: int, tie_width: float) -> dict[str, str]:
    """Who of the eligible (best first) enters and why: school_id -> reason code, `tie_lost` for who just does not.

    Where the last that fits and the next one differ by less than `tie_width`, all within that width of the last are
    one block. It enters whole if the list stays within `limit`; otherwise `TIE_ORDER` decides inside the block.
    """
    ids, probability = eligible["school_id"], eligible["probability"].to_numpy()
    first = dict.fromkeys(ids.iloc[:places], "entered_by_probability")
    if places == 0 or places >= len(eligible):
        return first
    # Rounded: 0.35 and 0.33 differ by exactly 0.02, and a binary fraction must not make twins of them.
    distance = np.round(probability - probability[places - 1], FLOAT_DECIMALS)
    if -distance[places] >= tie_width:
        return first
    sure_count = int((distance >= tie_width).sum())
    block = eligible[np.abs(distance) < tie_width]
    if sure_count + len(block) <= limit:
        return first | dict.fromkeys(block["school_id"].iloc[places - sure_count :], "tie_block")
    ordered = block.sort_values([name for name, _ in TIE_ORDER], ascending=[is_up for _, is_up in TIE_ORDER])
    won, lost = np.split(ordered["school_id"].to_numpy(), [places - sure_count])
    return (
        dict.fromkeys(ids.iloc[:sure_count], "entered_by_probability")
        | dict.fromkeys(won, "tie_break")
        | dict.fromkeys(lost, "tie_lost")
    )


def _is_reserve(facts: pd.DataFrame, rules: SelectionRules) -> "pd.Series[bool]":
    """Which schools come next by T, not below watching, up to the share of the places.

    Who leaves this September is not among them: a freed place must not bring it back.
    """
    size = math.floor(rules.reserve_share * rules.capacity + 0.5)
    is_next = facts["is_candidate"] & ~facts["is_selected"] & ~facts["is_leaving"] & (facts["action"] == "")
    is_next &= facts["probability"] >= rules.watch_probability
    return is_next & (is_next.cumsum() <= size)


def _is_in_corridor(facts: pd.DataFrame, rules: SelectionRules) -> "pd.Series[bool]":
    """Which schools are at the border of the list: neither a place in it nor one outside is established.

    A place in the list is established where T reaches the core, a place outside where 1 − T does.
    """
    level, probability = rules.core_probability, facts["probability"]
    return facts["is_candidate"] & (probability < level) & (probability > round(1 - level, FLOAT_DECIMALS))


def _is_watched(facts: pd.DataFrame, rules: SelectionRules) -> "pd.Series[bool]":
    """Which schools that are neither selected nor reserve are watched.

    They are low enough by T, have just gone from the list, or the commission wants to look at them again.
    """
    is_low = facts["probability"] >= rules.watch_probability
    is_out = facts["status_code"] == "not_selected"
    is_open = is_out | (facts["status_code"] == "insufficient_data")
    return (is_out & (is_low | facts["is_leaving"])) | (is_open & facts["is_observed"])


def _statuses(facts: pd.DataFrame) -> "pd.Series[str]":
    """The one status of each school."""
    by_status = {
        "selected": facts["is_selected"],
        "excluded": facts["is_excluded_kind"] | ~facts["is_operating"] | (facts["action"] == "exclude"),
        "insufficient_data": ~facts["is_candidate"],
        "reserve": facts["is_reserve"],
    }
    codes = np.select(list(by_status.values()), list(by_status), default="not_selected")
    return pd.Series(codes, index=facts.index, dtype="str")


def _reasons(facts: pd.DataFrame, out: frozenset[str], rules: SelectionRules) -> "dict[str, pd.Series[bool]]":
    """Which reason codes hold for which schools: what decided, and what else speaks for a school.

    `out` are the schools of the list before the last that the last one had already left.
    """
    is_open = facts["action"] == ""
    is_judged = facts["is_candidate"] & ~facts["is_selected"] & is_open
    is_expert = ~facts["is_candidate"] & ~facts["is_excluded_kind"] & facts["is_operating"]
    is_below = facts["probability"] < rules.borderline_probability
    is_hopeless = facts["is_leaving"] & (facts["probability"] < rules.watch_probability)
    entered = {code: facts["entry_code"] == code for code in ENTRY_CODES}
    return entered | {
        "commission_exclude": facts["action"] == "exclude",
        "commission_observe": facts["is_observed"] & ~facts["is_selected"],
        "excluded_kind": facts["is_excluded_kind"],
        "not_operating": ~facts["is_operating"],
        "no_results": is_expert & ~facts["has_results"] & ~facts["is_set_aside"],
        "no_recent_results": is_expert & facts["has_results"] & ~facts["is_recent"] & ~facts["is_set_aside"],
        "thin_data": is_expert & facts["is_thin"] & ~facts["is_set_aside"],
        "thin_without_vpr": is_expert & facts["is_set_aside"],
        "listed_needs_expert": is_expert & facts["is_on_list"] & is_open,
        "stays_unseen": entered["stays"] & facts["current_year_probability"].isna(),
        "left_list": is_judged & facts["is_leaving"],
        "left_by_rank": is_judged & facts["is_too_far"],
        "left_by_results": is_judged & facts["is_better"],
        "left_for_good": is_judged & (facts["school_id"].isin(out) | is_hopeless),
        "reserve": facts["is_reserve"],
        "beyond_capacity": is_judged & ~is_below & ~facts["is_leaving"] & (facts["entry_code"] == ""),
        "below_entry_probability": is_judged & is_below,
        "rule_low": facts["is_rule_low"],
        "probability_firm": facts["is_candidate"] & (facts["probability"] >= rules.firm_probability),
        "low_two_years": (facts["low_years_count"] >= rules.firm_low_years).fillna(False).astype(bool),
        "vpr_only": facts["is_selected"] & facts["is_vpr_only"] & is_open,
        "vpr_set_aside": facts["is_candidate"] & facts["is_set_aside"],
    }


def _joined(holds: "Mapping[str, pd.Series[bool]]") -> "pd.Series[str]":
    """The reason codes of each school in their printed order, joined."""
    assert set(holds) == set(REASON_CODES), "the vocabulary of reasons is closed"
    columns = pd.DataFrame({code: holds[code] for code in REASON_CODES})
    codes = [";".join(str(code) for code, is_true in row.items() if is_true) for row in columns.to_dict("records")]
    assert all(codes), "a school has no reason"
    return pd.Series(codes, index=columns.index, dtype="str")


def _tie_limit(rules: SelectionRules) -> int:
    return math.floor(rules.tie_capacity_factor * rules.capacity + 1e-9)
