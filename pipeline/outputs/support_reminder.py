"""What the commands say of forms of the support and of the letters to those who have not returned them."""

from collections.abc import Sequence

import pandas as pd

from pipeline.russian import number, plural
from pipeline.support_request import PERIOD_TITLES


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
    lines.append("К каждой форме есть письмо: папка «Письма» рядом с ними.")
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
