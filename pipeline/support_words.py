"""Plan and fact in words: what a reader is told beside a state, and the names of states and risks."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from pipeline.russian import number, plural
from pipeline.support_goals import Goal, Reached

STATUS_WORDS: Mapping[str, str] = {
    "done": "выполнено",
    "on_track": "в графике",
    "late": "отстаёт",
    "overdue": "срок прошёл",
    "not_due": "срок не наступил",
    "no_data": "нет данных",
    "no_plan": "своего плана нет",
    "not_applicable": "не относится",
}
RISK_WORDS: Mapping[str, str] = {
    "overdue": "срок прошёл, мера не выполнена",
    "late": "отстаёт от графика",
    "due_near": "срок близок, а выполнено мало",
    "nobody_reported": "никто не сообщил",
    "list_unsigned": "перечень года не подписан",
    "no_list": "подписанного перечня нет",
}
LEFT_OUT_WORDS: Mapping[str, str] = {
    "after_day": "после дня оценки",
    "nothing_done": "количество — ноль",
    "repeated": "повтор: об этом событии уже сообщили",
    "contradicted": "об этом событии сообщили и по-другому: сверьте",
    "told_by_place": "уже учтено по местам",
}
PLACES: Mapping[str, tuple[str, str, str]] = {
    "school": ("школа", "школы", "школ"),
    "municipality": ("муниципалитет", "муниципалитета", "муниципалитетов"),
}


def roadmap_remark(
    measure: Mapping[str, Any],
    goal: Goal,
    found: Reached,
    code: str,
    done_date: date | None,
    stand_in: Mapping[str, int | None],
) -> str:
    """What is to be said of a measure, Russian; empty where nothing is.

    Args:
        measure: its row of `MEASURES`.
        goal: what it asks of the region.
        found: how far it has come.
        code: its state.
        done_date: the day on which it was done.
        stand_in: the list that is wanted and the one that is taken instead; empty where it is signed.
    """
    told = []
    if stand_in and code != "done":
        wanted, taken = stand_in["wanted"], stand_in["taken"]
        instead = f"временно взят перечень {taken} года" if taken else "подписанных перечней нет"
        told.append(f"перечень {wanted} года не подписан: {instead}")
    if done_date is not None and done_date > goal.term.due:
        told.append(f"выполнено после срока: {done_date:%d.%m.%Y}")
    if code not in ("done", "not_due", "no_data"):
        told += _lacking(goal, found)
    if measure["comparator"] == "eq" and goal.target and not goal.is_per_event and found.value > goal.target:
        told.append(f"больше, чем записано в плане (ровно {number(goal.target, 0)}): проверьте")
    return "; ".join(told)


def place_remark(
    measure: Mapping[str, Any], goal: Goal, found: Reached, code: str, *, is_concerned: bool, has_plan: bool
) -> str:
    """What is to be said of a measure in a municipality, Russian; empty where nothing is."""
    if not is_concerned:
        return "мера региона в целом" if measure["level"] == "region" else "школ перечня нет"
    if code == "no_plan":
        return "цель региональная, на муниципалитеты не делится"
    told = ["план установлен муниципалитету"] if has_plan else []
    if code not in ("done", "not_due", "no_data"):
        told += _lacking(goal, found)
    return "; ".join(told)


def _lacking(goal: Goal, found: Reached) -> list[str]:
    """What a goal still lacks: quantity, places, slots."""
    told = []
    if goal.is_per_event:
        if found.progress.missed_count:
            told.append(f"не выполнено в срок: {plural(found.progress.missed_count, 'раз', 'раза', 'раз')}")
        return told
    is_coverage = goal.counts == goal.covers and goal.target_whom == goal.coverage_whom and goal.target == goal.coverage
    if goal.target is not None and found.value < goal.target and not is_coverage:
        told.append(f"до плана не хватает {number(goal.target - found.value, 0)}")
    if goal.coverage is not None and found.covered_count < goal.coverage:
        told.append(f"не охвачено: {plural(goal.coverage - found.covered_count, *PLACES[goal.covers])}")
    if goal.needs_slots and found.progress.missed_count:
        told.append(f"пропущено сроков: {found.progress.missed_count}")
    return told
