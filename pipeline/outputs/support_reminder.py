"""The letter to who has not returned a form, and what the commands say of forms and letters."""

from collections.abc import Sequence
from datetime import date

import pandas as pd

from pipeline.cases import day_words, in_case
from pipeline.russian import number, plural
from pipeline.support_request import PERIOD_SPANS, PERIOD_TITLES, Unit


def render(
    unit: Unit,
    schools: Sequence[str],
    *,
    plan_year: int,
    period: str,
    measures: pd.DataFrame,
    form_file: str,
    deadline: date | None = None,
    issuer: str = "",
    notice: str = "",
) -> str:
    """The letter as plain text, Russian.

    Args:
        unit: who has not answered.
        schools: names of its listed schools; nobody else's. Empty for the institute.
        plan_year: calendar year of the roadmap.
        period: one of `PERIODS`.
        measures: what it is asked about (`MEASURES`).
        form_file: name of its form.
        deadline: until when the form is wanted.
        issuer: who signs.
        notice: mark of a made-up region.
    """
    span = f"{PERIOD_SPANS[period]} {plan_year} года"
    until = f" до {day_words(deadline)}" if deadline else ""
    is_town = unit.municipality_id is not None
    whom = (
        f"Руководителю органа местного самоуправления,\nосуществляющего управление в сфере образования\n"
        f"{in_case(unit.name, 'genitive')}"
        if is_town
        else f"Подразделению, которое отвечает за меры дорожной карты:\n{unit.name}"
    )
    whose = f"форма {in_case(unit.name, 'genitive')}" if is_town else f"форма ({unit.name})"
    ask = "Просим рекомендовать муниципальному координатору заполнить форму" if is_town else "Просим заполнить форму"
    parts = [
        notice,
        whom,
        "Уважаемые коллеги!",
        f"Для мониторинга поддержки школ за {span} пока не получена {whose}.",
        _schools_text(schools, measures) if is_town else _measures_text(measures),
        f"{ask} и вернуть её{until} тому, от кого она получена. Имя файла: {form_file}. Если он не сохранился, "
        "его пришлют ещё раз.",
        "Если мероприятий за это время не было, верните форму пустой: так будет видно, что ответ получен. "
        "Если форма уже отправлена, сообщите об этом: возможно, она не дошла.",
        f"С уважением,\n{issuer}" if issuer else "",
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def forms_summary(
    written: int, kept: int, schools: int, municipalities: int, units: int, note: str, *, folder: str, plan_year: int,
    period: str,
) -> str:  # fmt: skip
    """What the command says after the forms were written: how many, for whom, where, what to do next."""
    lines = [
        f"Формы за {PERIOD_TITLES[period]} {plan_year} года: {plural(written, 'файл', 'файла', 'файлов')} для "
        f"{_of(municipalities, 'муниципалитета', 'муниципалитетов')} и {_of(units, 'подразделения', 'подразделений')} "
        f"института; {plural(schools, 'школа', 'школы', 'школ')} перечня. "
        f"Папка: {folder}/forms/{plan_year}/support/{period}"
    ]
    lines += [note] * bool(note)
    lines += [f"Уже заполненные формы оставлены как есть: {number(kept)}."] * bool(kept)
    lines.append(
        f"Заполненные формы и таблицы фактов (.csv, .xlsx) положите в {folder}/raw/{plan_year}/support/{period}, "
        f"затем: shnro support build --data {folder} --year {plan_year} --period {period}"
    )
    return "\n".join(lines)


def missing_summary(returns: pd.DataFrame, letters: Sequence[str], folder: str) -> str:
    """Who has not returned a form, and where the letters to them lie; a line where everybody has.

    Args:
        returns: `SUPPORT_RETURNS`.
        letters: what `write_reminders` wrote.
        folder: the region's folder as it can be pasted into a command.
    """
    waited = returns[~returns["is_returned"].astype(bool)]
    if waited.empty:
        return "Формы вернули все."
    names = ", ".join(waited["unit_name"])
    told = f"Не вернули форму ({len(waited)} из {len(returns)}): {names}."
    return told + (f"\nПисьма-напоминания: {folder}/{letters[0].rpartition('/')[0]}" if letters else "")


def _of(count: int, one: str, many: str) -> str:
    """The number with its noun in the genitive: «21 муниципалитета», «27 муниципалитетов»."""
    return f"{number(count)} {one if count % 10 == 1 and count % 100 != 11 else many}"


def _schools_text(schools: Sequence[str], measures: pd.DataFrame) -> str:
    """Whose support the municipality is asked about."""
    if not schools:
        own = measures.loc[measures["level"] == "municipality", "number"]
        told = "Школ перечня в муниципальном образовании нет; нужны только сведения об общих мерах"
        return f"{told} (№ {', '.join(map(str, own))})." if len(own) else f"{told}."
    lines = ";\n".join(f"— {name}" for name in schools)
    count = plural(len(schools), "школы перечня", "школ перечня", "школ перечня")
    return f"Нужны сведения о поддержке {count}:\n{lines}."


def _measures_text(measures: pd.DataFrame) -> str:
    return f"Нужны сведения о мерах № {', '.join(map(str, measures['number']))}."
