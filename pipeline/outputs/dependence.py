"""What the list depends on, in a few lines for the terminal."""

import pandas as pd

from pipeline.russian import out_of, plural
from pipeline.schema import records

# What a group puts to the test, in the order in which it is told; the familiar rule has a line of its own.
GROUP_TITLES = {
    "weights": "от весов лет и экзаменов",
    "threshold": "от порога включения",
    "procedure": "от одного экзамена",
    "pool": "от набора экзаменов и предметов",
    "model": "от поправки на размер школы",
    "history": "от прежних перечней и решений комиссии",
    "objectivity": "от того, что ВПР под сомнением не считаются хорошим свидетельством",
}


def terminal_summary(variants: pd.DataFrame, schools: pd.DataFrame) -> str:
    """How many schools of the list hold their place whatever was tried, and what the places of the others depend on.

    Args:
        variants: the table `list_dependence`.
        schools: the table `school_dependence`.
    """
    listed = schools[schools["status_code"] == "selected"]
    tried = variants[variants["outcome_code"] == "decided"].sort_values("variant_number")
    adjusted = tried[tried["group_code"] != "rule"]
    if listed.empty or adjusted.empty:
        return "От чего зависит перечень, не проверено: в нём нет школ или решить иначе нельзя."
    kept = int(listed["is_same_always"].sum())
    lines = [
        f"Из {out_of(len(listed), 'школы', 'школ')} перечня {kept} остаются в нём при любом из "
        f"{out_of(len(adjusted), 'проверенного варианта', 'проверенных вариантов')} расчёта. Место зависит:"
    ]
    for group, title in GROUP_TITLES.items():
        within = adjusted[adjusted["group_code"] == group]
        if not within.empty:
            lines.append(f"  {title}: {_dependent(listed, within)}{_parts(within)}")
    for variant in records(tried[tried["group_code"] == "rule"]):
        lines.append(
            "По одному привычному правилу, без вероятности T, в перечне было бы "
            f"{plural(variant['selected_count'], 'школа', 'школы', 'школ')}, из нынешних — {variant['kept_count']}."
        )
    impossible = variants[variants["outcome_code"] == "impossible"].sort_values("variant_number")
    for note, without in impossible.groupby("note_text", sort=False):
        lines.append(f"Не проверено: {'; '.join(without['title'])}. {note}")
    return "\n".join(lines)


def _dependent(listed: pd.DataFrame, within: pd.DataFrame) -> int:
    """How many schools of the list lose their place under at least one variant of a group."""
    codes = set(within["variant_code"])
    return sum(bool(codes & set(str(differing).split(";"))) for differing in listed["differing_codes"])


def _parts(within: pd.DataFrame) -> str:
    """The variants of a group under which schools leave, with how many; a group of one needs no parts."""
    parts = []
    for variant in records(within[within["left_count"] > 0]):
        unjudged = variant["unjudged_count"]
        for_lack = f", из них по нехватке данных {unjudged}" if unjudged else ""
        parts.append(f"{variant['title']} — {variant['left_count']}{for_lack}")
    return f" ({'; '.join(parts)})" if parts and len(within) > 1 else ""
