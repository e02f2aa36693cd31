"""Who has not sent anything yet, in a few lines for the terminal."""

import textwrap

import pandas as pd

from pipeline.russian import plural

SHOWN_MUNICIPALITIES = 10
SHOWN_CHARACTERS = 200


def terminal_summary(municipality_summary: pd.DataFrame) -> str:
    """The schools without results by municipality; empty where every school has sent some.

    Args:
        municipality_summary: the table of that name; the whole list stands in its `missing_text`.
    """
    lacking = municipality_summary[municipality_summary["received_count"] < municipality_summary["school_count"]]
    if lacking.empty:
        return ""
    count = int((lacking["school_count"] - lacking["received_count"]).sum())
    lines = [f"Нет результатов: {plural(count, 'школа', 'школы', 'школ')}"]
    lines += [
        f"  {name}: {textwrap.shorten(missing, SHOWN_CHARACTERS, placeholder=' …')}"
        for name, missing in list(zip(lacking["municipality_name"], lacking["missing_text"], strict=True))[
            :SHOWN_MUNICIPALITIES
        ]
    ]
    if len(lacking) > SHOWN_MUNICIPALITIES:
        rest = plural(len(lacking) - SHOWN_MUNICIPALITIES, "муниципалитет", "муниципалитета", "муниципалитетов")
        lines.append(f"  и ещё {rest}: все названы в опубликованной сводке по муниципалитетам")
    return "\n".join(lines)
