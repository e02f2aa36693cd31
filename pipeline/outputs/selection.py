"""How the list came out, in a few lines for the terminal; the full note is a document of its own."""

import pandas as pd

from pipeline.russian import plural

STATUS_TITLES = {
    "selected": "в перечне",
    "reserve": "резерв",
    "not_selected": "не включены",
    "insufficient_data": "данных недостаточно (к экспертам)",
    "excluded": "не участвуют по виду школы",
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
    unconfirmed = float((1 - known).sum())
    lines.append(
        f"В перечне {plural(len(listed), 'школа', 'школы', 'школ')}: твёрдых решений {int(listed['is_firm'].sum())}, "
        f"остаются с прошлого года {int(listed['is_on_list'].sum())}, только по ВПР {int(listed['is_vpr_only'].sum())}."
    )
    lines.append(
        f"У границы перечня различие статистически не установлено: ожидаемое число таких мест — {unconfirmed:.1f} "
        f"из {len(listed)}."
    )
    return "\n".join(lines)
