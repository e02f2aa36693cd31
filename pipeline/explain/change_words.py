"""What would change the decision, in Russian sentences, each behind a number that was found by deciding again."""

from collections.abc import Iterator

from pipeline.deciding import Case
from pipeline.expected import StabilityFit
from pipeline.explain.change import (
    Outcome,
    Question,
    missing_pupils,
    other_counts,
    other_places,
    without_commission,
    without_list,
)
from pipeline.explain.facts import Fact, stated
from pipeline.explain.reckoning import model_row
from pipeline.methodology import Methodology
from pipeline.russian import number, out_of, plural

SECTION = "change"
AGAIN = "повторный расчёт всего перечня с этим изменением"
SIMILAR = ("tie_block", "tie_break", "tie_lost")


def change_facts(case: Case, method: Methodology, fit: StabilityFit, now: Outcome, school_id: str) -> list[Fact]:
    """The facts of the section.

    Args:
        case: the facts of the list.
        method: the edition with the places of the list.
        fit: the model of the list.
        now: the decision as it is.
        school_id: the school.
    """
    question, status, codes = Question(case, method, fit, school_id), now.row["status_code"], set(now.reason_codes)
    if codes & {"commission_include", "commission_exclude"}:
        return [_commission(without_commission(question))]
    if status == "excluded":
        by_whom = "сведения реестра или решение комиссии" if "excluded_kind" in codes else "сведения реестра"
        text = f"Ни результаты школы, ни число мест этого решения не меняют: меняют его только {by_whom}."
        return [stated(SECTION, "nothing", "Что изменило бы решение", text, "методика, pool.excluded_kinds")]
    if status == "insufficient_data":
        return list(_missing(question, is_without_vpr="thin_without_vpr" in codes))
    facts = [*_stay_rule(question, now), *_tie(now)]
    facts += _counts(question, now)
    facts.append(_places(question, now))
    return facts


def _would(outcome: Outcome, who: str = "она") -> str:
    """What would become of the school: «она не вошла бы в перечень»."""
    is_listed = outcome.row["is_on_list"]
    return {
        "selected": f"{who} осталась бы в перечне" if is_listed else f"{who} вошла бы в перечень",
        "reserve": f"{who} была бы не в перечне, а в резерве",
        "not_selected": f"{who} вышла бы из перечня" if is_listed else f"{who} не вошла бы в перечень",
        "insufficient_data": "решение принимали бы эксперты: данных было бы недостаточно",
        "excluded": f"{who} не участвовала бы в отборе",
    }[outcome.row["status_code"]]


def _commission(outcome: Outcome) -> Fact:
    text = f"Решила комиссия; без её решения {_would(outcome, 'школа')}."
    return stated(SECTION, "commission", "Без решения комиссии", text, AGAIN)


def _stay_rule(question: Question, now: Outcome) -> Iterator[Fact]:
    """Whether it is the list in force that decides."""
    outcome = without_list(question) if now.row["is_on_list"] else None
    if outcome is None:
        return
    if outcome.is_selected != now.is_selected:
        text = f"Решает то, что школа состоит в действующем перечне: иначе {_would(outcome)}."
    else:
        text = f"То, что школа состоит в действующем перечне, решения не меняет: и без этого {_would(outcome)}."
    yield stated(SECTION, "list_in_force", "Вне действующего перечня", text, AGAIN)


def _tie(now: Outcome) -> Iterator[Fact]:
    """That the border ran between schools that cannot be told apart."""
    if set(SIMILAR) & set(now.reason_codes):
        text = (
            "Школа у границы перечня; различие статистически не установлено. Между неотличимыми школами решали по "
            "очереди: лет с низкими результатами, низких сверх ожидаемого, число результатов, код школы."
        )
        yield stated(SECTION, "tie", "Неотличимые школы", text, "методика, selection.tie_width")


def _counts(question: Question, now: Outcome) -> list[Fact]:
    """The least other number of low results: in the newest year, and over the window where one year is not enough."""
    years = question.years
    if not years:
        text = "В последние годы нет результатов, изменение которых повлияло бы на решение."
        return [stated(SECTION, "no_years", "Другие результаты", text, AGAIN)]
    facts = []
    for code, chosen in (("low_in_year", years[-1:]), ("low_in_window", years)):
        if code == "low_in_window" and len(years) == 1:
            continue
        facts.append(_count(question, now, code, chosen))
        if facts[-1].value is not None:
            break
    return facts


def _count(question: Question, now: Outcome, code: str, years: tuple[int, ...]) -> Fact:
    """The least other number of low results of the years, or that none would do."""
    found = other_counts(question, years, now.is_selected)
    when = f"в {years[0]} году" if len(years) == 1 else f"за {years[0]}–{years[-1]} годы"
    title = f"Другое число низких результатов {when}"
    own = question.own_cells[question.own_cells["year"].isin(years)]
    tested, low = int(own["tested_count"].sum()), int(own["low_count"].sum())
    all_tested = out_of(tested, "результата", "результатов")
    if found is None:
        least = "даже без единого низкого результата" if now.is_selected else "даже если бы низкими были все"
        text = f"Решение не изменилось бы {least} {when} (сейчас низких {number(low)} из {all_tested})."
        return stated(SECTION, code, title, text, AGAIN)
    more = "больше" if found.change > 0 else "меньше"
    text = (
        f"Если бы низких результатов у школы {when} было на {number(abs(found.change))} {more} "
        f"({number(low + found.change)} вместо {number(low)} из {all_tested}), {_would(found.outcome)}."
    )
    return Fact(SECTION, code, title, found.change, text, "чел.", AGAIN)


def _places(question: Question, now: Outcome) -> Fact:
    """The nearest number of places with which it would come out otherwise."""
    title, capacity = "Другое число мест", question.method.selection.capacity
    found = other_places(question, now.is_selected, int(now.row["rank"] or capacity))
    if found is None:
        tried = "даже при одном месте" if now.is_selected else "даже при вдвое большем числе мест"
        text = f"Число мест решения не меняет: оно было бы таким же {tried} (сейчас {number(capacity)})."
        return stated(SECTION, "places", title, text, AGAIN)
    places = plural(found.capacity, "месте", "местах", "местах")
    text = f"При {places} в перечне вместо {number(capacity)} {_would(found.outcome)}."
    return Fact(SECTION, "places", title, found.capacity, text, "мест", AGAIN)


def _missing(question: Question, *, is_without_vpr: bool) -> Iterator[Fact]:
    """What data would let the model decide; results of a doubtful ВПР are known and do not count."""
    rules, row = question.method.stability, model_row(question.fit, question.school_id)
    title, source = "Каких данных не хватает", "методика, stability.thin_expected"
    if is_without_vpr:
        text = "Нужны результаты других экзаменов: ВПР, объективность которых под сомнением, в расчёт не взяты."
        yield stated(SECTION, "missing_exams", title, text, "методика, objectivity")
    if row is None:
        if not is_without_vpr:
            text = "Нужны результаты экзаменов и предметов, по которым выбирают школы: таких у школы нет."
            yield stated(SECTION, "missing_data", title, text, source)
        return
    if not row["is_recent"]:
        span = f"одного из последних {out_of(rules.recent_years, 'года', 'лет')}"
        text = f"Нужны результаты хотя бы {span}: более ранних мало, чтобы судить о школе сегодня."
        yield stated(SECTION, "missing_recent", title, text, "методика, stability.recent_years")
    if row["is_thin"]:
        text = (
            f"Чтобы судить о школе, нужно E* не меньше {number(rules.thin_expected)} "
            f"(сейчас {number(round(row['effective_expected'], 2))}) и не меньше "
            f"{rules.min_pooled_tested_count} результатов."
        )
        yield stated(SECTION, "missing_data", title, text, source)
    found = missing_pupils(question)
    if found is not None:
        year, count = found
        more = plural(count, "результат", "результата", "результатов")
        text = f"Данных хватило бы, если бы в {year} году было ещё {more} с обычной для региона долей низких."
        yield Fact(SECTION, "pupils", "Сколько результатов не хватает", count, text, "чел.", AGAIN)
