"""What the command says at the end of the monitoring of support: states of the measures, what is at risk and why."""

import textwrap
from typing import Any

import pandas as pd

from pipeline.russian import plural
from pipeline.schema import records
from pipeline.support_words import RISK_WORDS, STATUS_WORDS
from pipeline.tables.support import RISKS, STATUSES

OWN_RISKS = ("overdue", "late", "due_near")  # what one measure lacks; the other reasons many share
SHOWN_CHARACTERS = 70
SHOWN_FILES = 10
SHOWN_REMARK = 300


def terminal_summary(roadmap: pd.DataFrame, facts: pd.DataFrame, files: pd.DataFrame) -> str:
    """A few Russian lines: how many measures in which state, which are at risk and why, files with remarks.

    Args:
        roadmap: `ROADMAP_STATUS`.
        facts: `SUPPORT_FACTS`.
        files: `SUPPORT_FILES`.
    """
    counts = roadmap["status_code"].value_counts()
    states = ", ".join(f"{STATUS_WORDS[code]} — {counts[code]}" for code in STATUSES if code in counts)
    day = roadmap["as_of_date"].iloc[0]
    lines = [f"Меры дорожной карты на {day:%d.%m.%Y}: {states}."]
    risky = records(roadmap[roadmap["is_at_risk"].astype(bool)].sort_values("measure_number"))
    lines += [f"Под угрозой: {plural(len(risky), 'мера', 'меры', 'мер')}" if risky else "Под угрозой мер нет."]
    lines += _risks(risky)
    lines += _differing(facts)
    return "\n".join([*lines, *_files(files)])


def _risks(risky: list[dict[str, Any]]) -> list[str]:
    """Measures at risk: those that lag one by one with what they lack, the others together by reason."""
    lines = []
    by_reason: dict[str, list[int]] = {}
    for row in risky:
        codes = row["risk_codes"].split(";")
        own = [RISK_WORDS[code] for code in codes if code in OWN_RISKS]
        if own:
            told = "; ".join([*own, row["remark_text"]] if row["remark_text"] else own)
            lines.append(f"  {row['measure_number']}. {_short(row['measure_text'])}: {told}")
        for code in codes:
            if code not in OWN_RISKS:
                by_reason.setdefault(code, []).append(row["measure_number"])
    return lines + [
        f"  {RISK_WORDS[code]}: № {', '.join(map(str, by_reason[code]))}" for code in RISKS if code in by_reason
    ]


def _differing(facts: pd.DataFrame) -> list[str]:
    """How many events were told with different numbers: somebody has to look at them."""
    count = int((facts["left_out_code"] == "contradicted").sum())
    return [f"Об одном событии сообщили с разными числами: {count}, см. лист «Факты»."] if count else []


def _files(files: pd.DataFrame) -> list[str]:
    """The returned files that need a look."""
    told = files[files["remark_text"] != ""].sort_values("file_id")
    if told.empty:
        return []
    lines = [f"Замечания к формам: {plural(len(told), 'файл', 'файла', 'файлов')}"]
    lines += [
        f"  {file_id}: {textwrap.shorten(remark, SHOWN_REMARK, placeholder=' …')}"
        for file_id, remark in list(zip(told["file_id"], told["remark_text"], strict=True))[:SHOWN_FILES]
    ]
    more = len(told) - SHOWN_FILES
    return lines + [f"  и ещё {more}: все — на листе «Файлы» книги мониторинга"] * (more > 0)


def _short(text: str) -> str:
    return textwrap.shorten(text, SHOWN_CHARACTERS, placeholder=" …")
