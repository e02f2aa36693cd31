"""What is said of results a year after a list: no sentence claims more than its interval, and none blames a school."""

from collections.abc import Mapping
from typing import Any

from pipeline.russian import number, percent, plural

NOT_ESTABLISHED = "Различие статистически не установлено."
SCHOOL_WORDS: Mapping[str, str] = {
    "within": "В пределах того, что бывает и без поддержки.",
    "below": "Низких результатов меньше, чем обычно бывает без поддержки.",
    "above": "Низких результатов больше, чем обычно бывает без поддержки.",
}
NO_COMPARISON = "Сравнить не с чем: нет результатов или прогноза."
WHY_NOT: Mapping[str, str] = {
    "few": "Вывода нет: школ или результатов слишком мало.",
    "unsound": "Вывода нет: от прогноза отошли и школы вне перечня, отличие может быть не связано с перечнем.",
    "not_computed": "Вывода нет: перечень составлен не по этой модели, школы отбирали и по другим сведениям.",
}
# What «лучше» and «хуже» mean, by the way of comparing.
BETTER: Mapping[str, str] = {
    "forecast": "Низких результатов меньше, чем ожидалось без поддержки.",
    "neighbours": "Низких результатов меньше, чем у таких же школ вне перечня.",
    "unreached": "У охваченных мерой школ низких результатов меньше, чем у не охваченных; причина может быть и в "
    "отборе школ для меры.",
    "placebo": "Школы вне перечня отошли от прогноза в лучшую сторону: прогнозу этого года доверять нельзя.",
}
WORSE: Mapping[str, str] = {
    "forecast": "Низких результатов больше, чем ожидалось без поддержки.",
    "neighbours": "Низких результатов больше, чем у таких же школ вне перечня.",
    "unreached": "У охваченных мерой школ низких результатов больше, чем у не охваченных; меру могли адресовать туда, "
    "где труднее.",
    "placebo": "Школы вне перечня отошли от прогноза в худшую сторону: прогнозу этого года доверять нельзя.",
}


def school_sentence(code: str, row: Mapping[str, Any]) -> str:
    """What is said of one school: observed against foretold, and whether that is usual without support."""
    if code not in SCHOOL_WORDS:
        return NO_COMPARISON
    return f"{_counts(row)} {SCHOOL_WORDS[code]}"


def summary_sentence(code: str, why: str, row: Mapping[str, Any], level: float) -> str:
    """What is said of a group of schools: the figures, the interval, the conclusion.

    Args:
        code: the conclusion.
        why: why there is none (`WHY_NOT`); empty where there is one.
        row: the row of `EFFECT_SUMMARY`, figures where there are some.
        level: of the interval.
    """
    told = [_counts(row)] if row.get("low_count") is not None else []
    if row.get("effect_ratio") is not None:
        told.append(_interval(row, level))
    if why:
        told.append(WHY_NOT[why])
    elif code == "not_established":
        told.append(_not_established(row))
    else:
        told.append((BETTER if code == "better" else WORSE)[str(row["estimator_code"])])
    return " ".join(told)


def _counts(row: Mapping[str, Any]) -> str:
    """Counts and ratios: «Низких результатов 41, без поддержки ожидалось 48,3; …: было 1,9, …, стало 1,4.»."""
    ratios = [
        f"{word} {number(round(float(row[name]), 2))}"
        for name, word in (
            ("before_ratio", "было"),
            ("forecast_ratio", "без поддержки ожидалось"),
            ("observed_ratio", "стало"),
        )
        if row.get(name) is not None
    ]
    return (
        f"Низких результатов {number(float(row['low_count']))}, без поддержки ожидалось "
        f"{number(round(float(row['forecast_low_count']), 1))}; против школ вне перечня: {', '.join(ratios)}."
    )


def _interval(row: Mapping[str, Any], level: float) -> str:
    """The ratio and its interval: «Отношение 0,85, интервал 90 %: от 0,71 до 1,02.»."""
    upper = row.get("effect_upper")
    ends = f"от {_bound(float(row['effect_lower']))}"
    ends += " и выше" if upper is None else f" до {_bound(float(upper))}"
    return f"Отношение {number(round(float(row['effect_ratio']), 2))}, интервал {percent(level)}: {ends}."


def _bound(value: float) -> str:
    """An end of an interval; one that would round to 1 gets a third decimal: it matters on which side it lies."""
    return number(round(value, 2 if round(value, 2) != 1 else 3), 3)


def _not_established(row: Mapping[str, Any]) -> str:
    """The sentence where nothing is established; an interval beside 1 is explained by the number of comparisons."""
    if row["estimator_code"] == "placebo":
        return "Отклонение школ вне перечня от прогноза статистически не установлено."
    upper = row.get("effect_upper")
    is_beside = float(row["effect_lower"]) > 1 or (upper is not None and float(upper) < 1)
    if is_beside and row["family_count"] > 1:
        together = plural(int(row["family_count"]), "сравнение", "сравнения", "сравнений")
        return f"{NOT_ESTABLISHED} Вместе сделано {together}: одно такое отличие среди них бывает случайно."
    return NOT_ESTABLISHED
