"""The programmes of schools against the register of causes: which cause has a measure, a unit, a day and an indicator.

Half of such plans were found wanting elsewhere; a machine reads every line so that a school learns in October, not in
August, what its programme lacks. It judges the document only: whether a measure is right is for people.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import date

import pandas as pd

from pipeline.methodology.rules import SupportRules
from pipeline.programme_blank import in_force
from pipeline.programme_words import NAME_MARK, is_measurable, is_saying, names_post
from pipeline.russian import plural
from pipeline.schema import records
from pipeline.tables.programmes import ELEMENTS, PROGRAMME_CHECKS, PROGRAMME_LINES, PROGRAMMES

NOT_ESTABLISHED = "not_established"
SIGNIFICANCES = ("high", "medium", "low")  # the most significant first
HAS = tuple(column.name for column in ELEMENTS if column.name != "is_complete")
NO_LINE = "в программе нет меры против этой причины"
NO_REGISTER = "реестр причин по этому перечню не опубликован: программу не с чем сверить"
OUTSIDE_REGISTER = "школы нет в реестре причин: обновите реестр и выдайте школе форму"
NO_CAUSES = "причины по школе не установлены: программу не с чем сверить"
MISSING = "программа не представлена"
EMPTY = "форма возвращена незаполненной"


@dataclass(frozen=True)
class CauseRegister:
    """What programmes answer.

    Args:
        list_year: year of the list.
        schools: one row per school of the list: `school_id`, `municipality_id`, names, `is_signed`.
        causes: `REGISTER_OF_CAUSES` of the year; None where none is published.
        measure_numbers: numbers of the roadmap's measures that the list is served by.
    """

    list_year: int
    schools: pd.DataFrame
    causes: pd.DataFrame | None
    measure_numbers: frozenset[int]

    @property
    def established(self) -> pd.DataFrame:
        """One row per school and established cause; none where no register is published."""
        if self.causes is None:
            return pd.DataFrame(columns=["school_id", "cause_code", "cause_text", "significance_code"])
        return self.causes[self.causes["cause_code"] != NOT_ESTABLISHED]

    def carried(self, bearers: Mapping[str, str | None]) -> "CauseRegister":
        """The same with the causes of reorganised schools under the listed schools that have taken their places.

        Of a cause that both have the more significant row counts.

        Args:
            bearers: reorganised school -> who bears its place (`lineage.bearers_on`).
        """
        if self.causes is None:
            return self
        listed = set(self.schools["school_id"])
        ids = self.causes["school_id"].map(lambda school_id: place_bearer(school_id, listed, bearers)).astype("str")
        rank = self.causes["significance_code"].map({code: place for place, code in enumerate(SIGNIFICANCES)})
        moved = self.causes.assign(school_id=ids, rank=rank, is_own=ids == self.causes["school_id"])
        moved = moved.sort_values(["rank", "is_own"], ascending=[True, False], kind="stable")
        first = moved.drop_duplicates(["school_id", "cause_code"])
        return replace(self, causes=first.drop(columns=["rank", "is_own"]).reset_index(drop=True))


def place_bearer(school_id: str, listed: Collection[str], bearers: Mapping[str, str | None]) -> str:
    """The listed school that has taken the place of a reorganised one; the school itself where none has."""
    bearer = bearers.get(school_id)
    return bearer if school_id not in listed and bearer is not None and bearer in listed else school_id


def ordered(established: pd.DataFrame, school_id: str) -> pd.DataFrame:
    """The causes of a school as its form prints them: the most significant first."""
    own = established[established["school_id"] == school_id]
    rank = own["significance_code"].map({code: place for place, code in enumerate(SIGNIFICANCES)})
    return own.assign(rank=rank).sort_values(["rank", "cause_code"], ignore_index=True).drop(columns="rank")


def judge_lines(lines: pd.DataFrame, register: CauseRegister) -> pd.DataFrame:
    """One row per line of a programme with what it has and lacks (`PROGRAMME_LINES`).

    Args:
        lines: `RETURNED_LINES` of the files that count.
        register: what the programmes answer.
    """
    known = {(row["school_id"], row["cause_code"]) for row in records(register.established)}
    judged = []
    for line in records(lines):
        faults = _faults(line, register)
        is_known = (line["school_id"], line["cause_code"]) in known
        gone = ["причины больше нет в реестре школы"] * (not is_known)
        found = {name: name not in faults for name in HAS}
        remark = "; ".join([*gone, *faults.values()])
        judged.append(line | found | {"is_complete": not faults, "is_in_register": is_known, "remark_text": remark})
    table = pd.DataFrame(judged, columns=list(PROGRAMME_LINES.column_names)) if judged else PROGRAMME_LINES.empty()
    return PROGRAMME_LINES.typed(table).sort_values(list(PROGRAMME_LINES.key), ignore_index=True)


def check_causes(lines: pd.DataFrame, register: CauseRegister, rules: SupportRules) -> pd.DataFrame:
    """One row per listed school and cause of its part of the register (`PROGRAMME_CHECKS`).

    Of several measures against one cause the most complete one judges: a day of one and an indicator of another are
    no measure.

    Args:
        lines: `PROGRAMME_LINES`.
        register: what the programmes answer.
        rules: from which significance a cause needs a measure.
    """
    own: dict[tuple[str, str], list[dict[str, object]]] = {}
    for line in records(lines):
        own.setdefault((line["school_id"], line["cause_code"]), []).append(line)
    required = SIGNIFICANCES[: SIGNIFICANCES.index(rules.programme_from) + 1]
    schools = register.schools[["school_id", "municipality_id", "municipality_name", "school_name"]]
    causes = register.established[["school_id", "cause_code", "cause_text", "significance_code"]]
    rows = []
    for cause in records(schools.merge(causes, on="school_id")):
        found = own.get((cause["school_id"], cause["cause_code"]), [])
        best: Mapping[str, object] = max(found, key=_fullness, default={})
        rows.append(
            cause
            | {"list_year": register.list_year, "is_required": cause["significance_code"] in required}
            | {name: best.get(name, False) for name in (*HAS, "is_complete")}
            | {"line_count": len(found), "remark_text": best.get("remark_text", NO_LINE)}
        )
    table = pd.DataFrame(rows, columns=list(PROGRAMME_CHECKS.column_names)) if rows else PROGRAMME_CHECKS.empty()
    return PROGRAMME_CHECKS.typed(table).sort_values(list(PROGRAMME_CHECKS.key), ignore_index=True)


def programmes(
    lines: pd.DataFrame, checks: pd.DataFrame, returned: frozenset[str], register: CauseRegister
) -> pd.DataFrame:
    """One row per listed school: whether its programme is there and what it lacks (`PROGRAMMES`).

    Args:
        lines: `PROGRAMME_LINES`.
        checks: `PROGRAMME_CHECKS`.
        returned: the schools of which a readable form came, filled in or not.
        register: what the programmes answer.
    """
    own = {str(school_id): frame for school_id, frame in checks.groupby("school_id")}
    counts = lines["school_id"].value_counts()
    surveyed = set() if register.causes is None else set(register.causes["school_id"])
    rows = []
    for school in records(register.schools):
        school_id = school["school_id"]
        causes = own.get(school_id, checks.iloc[:0])
        required = causes[causes["is_required"].astype(bool)]
        complete_count, line_count = int(required["is_complete"].sum()), int(counts.get(school_id, 0))
        state_code, remark = _state(causes, required, line_count, school_id in returned)
        if school_id not in surveyed:
            state_code, remark = "no_register", OUTSIDE_REGISTER if register.causes is not None else NO_REGISTER
        rows.append(
            {name: school[name] for name in ("school_id", "municipality_id", "municipality_name", "school_name")}
            | {
                "list_year": register.list_year,
                "is_signed": school["is_signed"],
                "state_code": state_code,
                "has_programme": line_count > 0,
                "cause_count": len(causes),
                "required_count": len(required),
                "complete_count": complete_count,
                "complete_share": complete_count / len(required) if len(required) and line_count else None,
                "line_count": line_count,
                "remark_text": remark,
            }
        )
    table = pd.DataFrame(rows, columns=list(PROGRAMMES.column_names)) if rows else PROGRAMMES.empty()
    return PROGRAMMES.typed(table).sort_values(list(PROGRAMMES.key), ignore_index=True)


def _faults(line: Mapping[str, object], register: CauseRegister) -> dict[str, str]:
    """Element that a line lacks -> what is wrong with it, Russian; empty for a whole line."""
    measure, number = line["measure_text"], line["measure_number"]
    due, (first, last) = line["due_date"], in_force(register.list_year)
    responsible, indicator, target = (line[f"{name}_text"] for name in ("responsible", "indicator", "target"))
    faults: dict[str, str] = {}
    if isinstance(number, int) and number not in register.measure_numbers:
        faults["has_measure"] = f"меры № {number} в дорожной карте нет"
    elif not isinstance(number, int) and not is_saying(_text(measure)):
        faults["has_measure"] = _lack("мера", "меры", _text(measure), "это не мера")
    if not names_post(_text(responsible)):
        is_person = NAME_MARK in (_text(responsible) or "")
        told = "указано имя, а нужна должность или подразделение" if is_person else "это не должность"
        faults["has_responsible"] = _lack("ответственный", "ответственного", _text(responsible), told)
    if due is None:
        faults["has_due_date"] = _lack("срок", "срока", _text(line["due_text"]), "нужны день, месяц и год")
    elif isinstance(due, date) and not first <= pd.Timestamp(due).date() <= last:
        told = f"перечень действует с {first:%d.%m.%Y} по {last:%d.%m.%Y}"
        faults["has_due_date"] = f"срок {pd.Timestamp(due):%d.%m.%Y}: {told}"
    if not is_measurable(_text(indicator), _text(target)):
        told = "по нему не увидеть выполнения, нужна величина"
        faults["has_indicator"] = _lack("показатель", "показателя", _text(indicator), told)
    return faults


def _lack(what: str, of_what: str, told: str | None, why: str) -> str:
    """«нет срока», or «срок «постоянно»: нужны день, месяц и год» where something stands there."""
    return f"{what} «{told}»: {why}" if told else f"нет {of_what}"


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _fullness(line: Mapping[str, object]) -> tuple[int, str, str, int]:
    """What makes a line better than another of its cause; places only settle draws."""
    has = sum(bool(line[name]) for name in HAS)
    return has, str(line["file_id"]), str(line["sheet_name"]), -int(str(line["row_number"]))


def _state(causes: pd.DataFrame, required: pd.DataFrame, line_count: int, is_returned: bool) -> tuple[str, str]:
    """The state of a school's programme and what is told of it."""
    if causes.empty:
        return "no_causes", NO_CAUSES
    if not line_count:
        return ("empty", EMPTY) if is_returned else ("missing", MISSING)
    lacking = required[~required["is_complete"].astype(bool)].sort_values("cause_code")
    if not lacking.empty:
        told = [f"«{row['cause_text']}» — {row['remark_text']}" for row in records(lacking)]
        return "incomplete", "; ".join(told)
    if required.empty and not causes["is_complete"].any():
        return "incomplete", "ни у одной меры нет всех сведений: меры, ответственного, срока и показателя"
    others = int((~causes["is_complete"].astype(bool)).sum())
    if not others:
        return "complete", ""
    told_others = plural(others, "причины", "причин", "причин")
    return "complete", f"обязательное заполнено; без полной меры ещё у {told_others} меньшей значимости"
