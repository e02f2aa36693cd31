"""Pictures of the report on support: states of the measures, movement over the lists, results against the forecast."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from pipeline.dynamics import CHANGE_WORDS
from pipeline.outputs.charts import INK, SOFT, described
from pipeline.outputs.support_result_sheets import ESTIMATOR_WORDS
from pipeline.schema import records
from pipeline.support_words import STATUS_WORDS
from pipeline.tables.effect import ESTIMATORS
from pipeline.tables.support import STATUSES

# Every state is told apart by lightness as well, and its count stands on the bar.
STATUS_COLOURS: Mapping[str, str] = {
    "done": "#009e73",
    "on_track": "#56b4e9",
    "late": "#e69f00",
    "overdue": "#d55e00",
    "not_due": "#dfe3e8",
    "no_data": "#a3abb5",
}
LISTED_CHANGES = ("first_known", "stayed", "entered", "returned")
CHANGE_COLOURS = ("#c9ced6", "#0072b2", "#e69f00", "#cc79a7")
WIDTH, BAR = 520, 34
LONGEST_LABEL = 30  # characters of a line beside a bar
BREAK = "|"


def states_chart(roadmap: pd.DataFrame) -> dict[str, Any]:
    """How many measures of each section are in which state.

    Args:
        roadmap: `ROADMAP_STATUS`, not empty.
    """
    counts = roadmap.groupby(["section_text", "status_code"]).size().reset_index(name="count")
    sections = list(roadmap.sort_values("measure_number")["section_text"].drop_duplicates())
    table = counts.assign(
        section=counts["section_text"],
        state=counts["status_code"].map(STATUS_WORDS),
        order=counts["status_code"].map(STATUSES.index),
    )
    present = [code for code in STATUSES if code in set(counts["status_code"])]
    colours = ([STATUS_WORDS[code] for code in present], [STATUS_COLOURS[code] for code in present])
    told = f"Число мер дорожной карты по разделам и состояниям: {_told(table, 'state')}."
    return described(_stacked(table, "section", "state", sections, colours, "Мер"), told)


def lists_chart(dynamics: pd.DataFrame) -> dict[str, Any]:
    """Who makes up the signed list of each year.

    Args:
        dynamics: `DYNAMICS` with at least one school on a list.
    """
    listed = dynamics[dynamics["change_code"].isin(LISTED_CHANGES)]
    counts = listed.groupby(["year", "change_code"]).size().reset_index(name="count")
    table = counts.assign(
        list_year=counts["year"].map(lambda year: f"Перечень {year} года"),
        change=counts["change_code"].map(CHANGE_WORDS),
        order=counts["change_code"].map(LISTED_CHANGES.index),
    )
    present = [place for place, code in enumerate(LISTED_CHANGES) if code in set(counts["change_code"])]
    colours = ([CHANGE_WORDS[LISTED_CHANGES[place]] for place in present], [CHANGE_COLOURS[p] for p in present])
    years = list(table.sort_values("year")["list_year"].drop_duplicates())
    told = f"Состав подписанных перечней по годам: {_told(table, 'change')}."
    return described(_stacked(table, "list_year", "change", years, colours, "Школ"), told)


def effect_chart(summary: pd.DataFrame) -> dict[str, Any] | None:
    """The ratio of observed to expected results of whole lists with its interval; None where none has both ends.

    Args:
        summary: `EFFECT_SUMMARY`.
    """
    import altair as alt

    whole = summary[summary["scope_code"] == "all"].dropna(subset=["effect_ratio", "effect_lower", "effect_upper"])
    if whole.empty:
        return None
    rows = sorted(records(whole), key=lambda row: (-row["list_year"], ESTIMATORS.index(row["estimator_code"])))
    labels = [f"{row['list_year']}: {ESTIMATOR_WORDS[row['estimator_code']]}" for row in rows]
    names = ("effect_ratio", "effect_lower", "effect_upper")
    table = pd.DataFrame([{name: row[name] for name in names} for row in rows]).assign(label=labels)
    y = alt.Y("label:N", sort=labels, title=None, axis=alt.Axis(labelLimit=360))
    scale = alt.Scale(type="log", nice=False, padding=12)
    x = alt.X("effect_lower:Q", scale=scale, title="Наблюдалось / ожидалось", axis=alt.Axis(format=".2~f", tickCount=6))
    base = alt.Chart(table).encode(y=y)
    norm = alt.Chart(pd.DataFrame({"norm": [1.0]})).mark_rule(color=SOFT, strokeDash=[4, 4]).encode(x="norm:Q")
    lines = base.mark_rule(color=INK, strokeWidth=2).encode(x=x, x2="effect_upper:Q")
    dots = base.mark_point(filled=True, size=90, color=INK, opacity=1).encode(x="effect_ratio:Q")
    chart = alt.layer(norm, lines, dots).properties(width=WIDTH - 90, height=BAR * len(rows))
    return described(chart, "Отношение наблюдавшихся низких результатов к ожидавшимся, с интервалами; 1 — столько же.")


def _stacked(
    table: pd.DataFrame,
    place: str,
    part: str,
    places: list[str],
    colours: tuple[list[str], list[str]],
    title: str,
) -> Any:
    """Lying bars, one per `place`, made up of `part`s in the order of the column `order`; counts stand on them."""
    import altair as alt

    lines = table.assign(lines=table[place].map(_broken))
    # Vega breaks a label where its expression splits it.
    labels = alt.Axis(labelLimit=300, labelExpr=f"split(datum.label, '{BREAK}')")
    y = alt.Y("lines:N", sort=[_broken(one) for one in places], title=None, axis=labels)
    x = alt.X("count:Q", stack="zero", title=title, axis=alt.Axis(tickMinStep=1, format="d"))
    order = alt.Order("order:O")
    base = alt.Chart(lines).encode(y=y, x=x, order=order)
    colour = alt.Color(f"{part}:N", title=None, scale=alt.Scale(domain=colours[0], range=colours[1]), sort=colours[0])
    bars = base.mark_bar(size=BAR - 10, stroke="white").encode(color=colour)
    middle = alt.X("count:Q", stack="zero", bandPosition=0.5)
    counts = base.mark_text(color="black", fontWeight="bold").encode(x=middle, text=alt.Text("count:Q", format="d"))
    return alt.layer(bars, counts).properties(width=WIDTH - 90, height=(BAR + 8) * len(places))


def _broken(label: str) -> str:
    """A label with marks where its lines break, so that a long one leaves room for the bar."""
    lines = [""]
    for word in label.split():
        if lines[-1] and len(lines[-1]) + len(word) + 1 > LONGEST_LABEL:
            lines.append(word)
        else:
            lines[-1] = f"{lines[-1]} {word}".strip()
    return BREAK.join(lines)


def _told(table: pd.DataFrame, part: str) -> str:
    """The counts of all parts in words, for readers who hear the picture."""
    totals = table.sort_values("order").groupby(part, sort=False)["count"].sum()
    return ", ".join(f"{name} — {count}" for name, count in totals.items())
