"""The list under several editions as text for the terminal: sizes, shared schools, who enters and leaves, and why."""

from collections.abc import Iterator, Mapping

import pandas as pd

from pipeline.reasons import REASON_CODES
from pipeline.register import alphabetical
from pipeline.russian import plural

# They say what became of the school; the code after them says why.
OUTCOME_CODES = ("left_list", "reserve")


def render(lists: pd.DataFrame, titles: Mapping[str, str], year: int, capacity: int) -> str:
    """The comparison of editions with the first of them.

    Args:
        lists: the table `edition_lists`.
        titles: title of each edition, in the order in which they are shown; the first is what others are held against.
        year: year of decision.
        capacity: places of each list.
    """
    members = {name: set(lists.loc[lists["is_selected"] & (lists["edition"] == name), "school_id"]) for name in titles}
    first, *others = titles
    width = max(map(len, titles))
    lines = [f"Перечень {year} года по редакциям методики, мест: {capacity}", ""]
    lines += [
        f"  {name:<{width}}  {title} — {plural(len(members[name]), 'школа', 'школы', 'школ')}"
        for name, title in titles.items()
    ]
    lines += ["", *_shared(members, width)]
    for name in others:
        lines += ["", *_changes(lists, members, first, name)]
    return "\n".join(lines)


def _shared(members: Mapping[str, set[str]], width: int) -> list[str]:
    """A square table of how many schools two lists share; the size of a list on the diagonal."""
    lines = ["Сколько школ у двух перечней общих:", f"  {'':<{width}}  " + "  ".join(f"{n:>{width}}" for n in members)]
    for name, schools in members.items():
        shared = "  ".join(f"{len(schools & other):>{width}}" for other in members.values())
        lines.append(f"  {name:<{width}}  {shared}")
    in_all = set.intersection(*members.values())
    lines.append(f"Во всех перечнях: {len(in_all)}; хотя бы в одном: {len(set.union(*members.values()))}.")
    return lines


def _changes(lists: pd.DataFrame, members: Mapping[str, set[str]], first: str, name: str) -> Iterator[str]:
    """Who enters and who leaves under an edition against the first one, by reason, municipality and name."""
    before, after = members[first], members[name]
    counts = f"остаются {len(before & after)}, входят {len(after - before)}, выходят {len(before - after)}"
    yield f"«{name}» против «{first}»: {counts}."
    if before == after:
        return
    shown = list(members)[1 : list(members).index(name)]
    same = [other for other in shown if members[other] == after]
    if same:
        yield f"  Перечень тот же, что по «{same[0]}»: см. выше."
        return
    yield f"  T сначала по «{first}», затем по «{name}»; основание — по «{name}»."
    rows = lists[lists["edition"] == name].merge(
        lists.loc[lists["edition"] == first, ["school_id", "probability"]], on="school_id", suffixes=("", "_first")
    )
    for word, schools in (("Входят", after - before), ("Выходят", before - after)):
        changed = rows[rows["school_id"].isin(schools)]
        reasons = changed["reason_codes"].map(_reason)
        for reason in sorted(set(reasons), key=list(REASON_CODES.values()).index):
            because = changed[reasons == reason]
            yield f"  {word} ({len(because)}). {reason}"
            for row in sorted(because.to_dict("records"), key=_place):
                told = f"T {_probability(row['probability_first'])} → {_probability(row['probability'])}"
                yield f"    {row['municipality_name']}: {row['school_name']} ({row['school_id']}), {told}"


def _reason(codes: str) -> str:
    """Why a school is or is not on a list, the first reason in words."""
    found = codes.split(";")
    return REASON_CODES[next((code for code in found if code not in OUTCOME_CODES), found[0])]


def _place(row: Mapping[str, str]) -> tuple[object, ...]:
    return alphabetical(row["municipality_name"]), alphabetical(row["school_name"]), row["school_id"]


def _probability(value: float) -> str:
    """T with two decimals; a dash where the edition knows too little of the school for one."""
    return "—" if pd.isna(value) else f"{value:.2f}".replace(".", ",")
