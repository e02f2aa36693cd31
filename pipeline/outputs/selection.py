"""How the list came out, in a few lines for the terminal; the full note is a document of its own."""

import pandas as pd

from pipeline.russian import number, plural

STATUS_TITLES = {
    "selected": "в перечне",
    "reserve": "резерв",
    "not_selected": "не включены",
    "insufficient_data": "данных недостаточно (к экспертам)",
    "excluded": "исключены (вид школы, закрытие или решение комиссии)",
}


def terminal_summary(selection: pd.DataFrame) -> str:
    """A few Russian lines: how many schools have which status, how firm the list is, what to expect of it.

    Args:
        selection: the table `selection`.
    """
    counts = selection["status_code"].value_counts()
    lines = ["Решение по школам реестра:"]
    lines += [f"  {title}: {int(counts.get(code, 0))}" for code, title in STATUS_TITLES.items()]
    listed = selection[selection["status_code"] == "selected"]
    known = listed["probability"].dropna()
    lines.append(
        f"В перечне {plural(len(listed), 'школа', 'школы', 'школ')}: твёрдых решений {int(listed['is_firm'].sum())}, "
        f"остаются с прошлого года {int(listed['is_on_list'].sum())}, только по ВПР {int(listed['is_vpr_only'].sum())}."
    )
    at_border = selection[selection["is_in_corridor"]]
    lines.append(
        "У границы перечня; различие статистически не установлено: в перечне "
        f"{int((at_border['status_code'] == 'selected').sum())}, "
        f"вне его {int((at_border['status_code'] != 'selected').sum())}. "
        f"Под наблюдением {plural(int(selection['is_watched'].sum()), 'школа', 'школы', 'школ')}."
    )
    if len(known):  # a school that the commission includes without results has no probability
        unconfirmed = number(round(float((1 - known).sum()), 1))
        lines.append(f"Ожидаемое число мест, которые точные данные не подтвердили бы, — {unconfirmed} из {len(known)}.")
    if counts.get("insufficient_data", 0) * 2 > len(selection) - counts.get("excluded", 0):
        lines.append(
            "Данных недостаточно у большинства школ: проверьте, все ли файлы получены и школы распознаны; "
            "где есть только результаты ЕГЭ, служит редакция --edition 2026-ege."
        )
    return "\n".join(lines)
