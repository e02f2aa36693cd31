"""Charts of the region in one year: what is low where, over two years, by group and by municipality.

Each function gives a Vega-Lite description in the house's look (`charts.described`), or nothing where there is nothing
to draw. Names stand in the order of the alphabet or of the report, never of the results.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from pipeline.outputs import charts
from pipeline.outputs.charts import INK, LINE, PALETTE, SOFT
from pipeline.russian import number, percent, procedure_label, subject_label
from pipeline.schema import records

Spec = dict[str, Any]
WIDTH, STEP = 430, 20
NAMES_WIDTH = 300
BIN = 0.05  # of the shares of schools
MARK_BORDERS = (("upper_2_score", "2 | 3"), ("upper_3_score", "3 | 4"), ("upper_4_score", "4 | 5"))


def slice_name(row: Mapping[str, Any]) -> str:
    """«математика, 4 класс»."""
    return f"{subject_label(row['subject'])}, {row['grade']} класс"


def low_shares(slices: pd.DataFrame) -> Spec | None:
    """Share of low results by procedure, subject and grade."""
    import altair as alt

    rows = [
        {
            "exam": procedure_label(row["procedure"]),
            "name": slice_name(row),
            "share": float(row["low_share"]),
            "told": percent(row["low_share"]),
        }
        for row in records(slices)
    ]
    if not rows:
        return None
    base = alt.Chart().encode(y=_names("name", [str(row["name"]) for row in rows]))
    bars = base.mark_bar(color=PALETTE[0]).encode(x=_shares("share", "Доля низких результатов"))
    told = base.mark_text(align="left", dx=4, color=INK).encode(x="share:Q", text="told:N")
    chart = _by_row(alt.layer(bars, told), rows, "exam")
    return charts.described(chart, "Доля низких результатов по процедурам, предметам и классам")


def changes(compared: pd.DataFrame, year: int) -> Spec | None:
    """Share of low results a year ago and now, by procedure, subject and grade."""
    import altair as alt

    rows = [
        {
            "exam": procedure_label(row["procedure"]),
            "name": slice_name(row),
            "when": f"{when} год",
            "share": float(row[share]),
        }
        for row in records(compared)
        for when, share in ((year - 1, "share_before"), (year, "share_now"))
    ]
    if not rows:
        return None
    years = [f"{year - 1} год", f"{year} год"]
    base = alt.Chart().encode(
        y=_names("name", [str(row["name"]) for row in rows]), x=_shares("share", "Доля низких результатов")
    )
    line = base.mark_line(color=SOFT, strokeWidth=2).encode(detail="name:N")
    dots = base.mark_point(filled=True, size=80, opacity=1).encode(
        color=alt.Color("when:N", title=None, scale=alt.Scale(domain=years, range=[PALETTE[5], PALETTE[0]])),
        shape=alt.Shape("when:N", title=None, scale=alt.Scale(domain=years, range=["square", "circle"])),
    )
    chart = _by_row(alt.layer(line, dots), rows, "exam")
    return charts.described(chart, f"Доля низких результатов в {year - 1} и {year} годах на одних и тех же результатах")


def school_shares(summary: pd.DataFrame, fewest: int) -> Spec | None:
    """How many schools have which share of low results; schools with too few results are left out."""
    import altair as alt

    shares = summary.loc[summary["tested_count"] >= fewest, "low_share"].dropna()
    if shares.empty:
        return None
    place = (shares / BIN + 1e-9).astype("int64").clip(upper=int(1 / BIN) - 1)
    counts = place.value_counts()
    rows = [{"name": _bin_name(part), "count": int(counts.get(part, 0))} for part in range(int(place.max()) + 1)]
    base = alt.Chart(alt.InlineData(values=rows)).encode(
        x=alt.X(
            "name:N", sort=[str(row["name"]) for row in rows], title="Доля низких результатов школы", axis=alt.Axis()
        )
    )
    bars = base.mark_bar(color=PALETTE[0]).encode(y=alt.Y("count:Q", title="Школ", axis=alt.Axis(tickMinStep=1)))
    told = base.mark_text(dy=-8, color=INK).encode(y="count:Q", text="count:Q")
    chart = alt.layer(bars, told).properties(width=WIDTH + 170, height=220)
    return charts.described(chart, "Сколько школ имеют какую долю низких результатов")


def _bin_name(part: int) -> str:
    """«5–10 %»: from the first share, below the second."""
    return f"{number(part * BIN * 100, 0)}–{number((part + 1) * BIN * 100, 0)} %"


def ratios(rows: Sequence[Mapping[str, Any]], description: str) -> Spec | None:
    """Observed to expected low results with intervals; 1 is the region.

    Args:
        rows: `name`, `ratio`, `lower`, `upper` (missing where there is none), `kind` (one for all, or headings).
        description: what a screen reader says.
    """
    import altair as alt

    told = [{key: _plain(row[key]) for key in ("kind", "name", "ratio", "lower", "upper")} for row in rows]
    told = [row for row in told if row["ratio"] is not None]
    if not told:
        return None
    y = _names("name", [str(row["name"]) for row in told])
    highest = min(max(float(row["upper"] or row["ratio"]) for row in told), 3.0)
    x = alt.X(
        "ratio:Q",
        title="Наблюдаемое к ожидаемому (1 — как в среднем по региону)",
        scale=alt.Scale(domain=[0, round(highest + 0.05, 1)], clamp=True),
        axis=alt.Axis(format=".1f"),
    )
    norm = alt.Chart().mark_rule(color=SOFT, strokeDash=[4, 3]).encode(x=alt.datum(1))
    spans = alt.Chart().mark_rule(color=PALETTE[5], strokeWidth=3)
    dots = alt.Chart().mark_point(filled=True, size=70, color=PALETTE[0], opacity=1).encode(y=y, x=x)
    layers = alt.layer(norm, spans.encode(y=y, x="lower:Q", x2="upper:Q"), dots)
    chart = _by_row(layers, told, "kind", has_headings=len({row["kind"] for row in told}) > 1)
    return charts.described(chart, description)


def journal(compared: pd.DataFrame) -> Spec | None:
    """Shares of pupils whose mark is below, at and above the journal's."""
    import altair as alt

    kinds = (("lowered_share", "понизили"), ("confirmed_share", "подтвердили"), ("raised_share", "повысили"))
    rows = [
        {
            "name": f"{procedure_label(row['procedure'])}: {slice_name(row)}",
            "kind": title,
            "place": place,
            "share": float(row[name]),
        }
        for row in records(compared[compared["compared_count"] > 0])
        for place, (name, title) in enumerate(kinds)
    ]
    if not rows:
        return None
    titles = [title for _, title in kinds]
    chart = (
        alt.Chart(alt.InlineData(values=rows))
        .mark_bar()
        .encode(
            y=_names("name", [str(row["name"]) for row in rows]),
            x=alt.X("share:Q", title="Доля участников", stack="zero", axis=alt.Axis(format=".0%")),
            order=alt.Order("place:Q"),
            color=alt.Color("kind:N", title=None, scale=alt.Scale(domain=titles, range=[PALETTE[1], LINE, PALETTE[0]])),
        )
        .properties(width=WIDTH, height=alt.Step(STEP + 4))
    )
    return charts.described(chart, "Отметки за работу в сравнении с отметками по журналу")


def score_distributions(
    distribution: pd.DataFrame, scales: pd.DataFrame, order: pd.DataFrame, year: int, procedure: str = "vpr"
) -> Spec | None:
    """Distribution of primary scores in the region with the borders of the marks, a picture per subject and grade.

    Args:
        distribution: `SCORE_DISTRIBUTION`.
        scales: `SCORE_SCALES`; without a scale of its own a subject and grade is not drawn.
        order: subjects and grades in the order of the report.
        year: year of the results.
        procedure: which procedure.
    """
    import altair as alt

    part = distribution[(distribution["year"] == year) & (distribution["procedure"] == procedure)]
    totals = part.groupby(["subject", "grade", "primary_score"], as_index=False)["pupil_count"].sum()
    told, borders = [], []
    for subject, grade in order[["subject", "grade"]].drop_duplicates().itertuples(index=False):
        group = totals[(totals["subject"] == subject) & (totals["grade"] == grade)]
        scale = _scale(scales, procedure, subject, grade, year)
        if scale is None or group.empty:
            continue
        name = slice_name({"subject": subject, "grade": grade})
        shares = group["pupil_count"] / group["pupil_count"].sum()
        scores = zip(group["primary_score"], shares, strict=True)
        told += [{"name": name, "score": int(score), "share": float(share)} for score, share in scores]
        known = [(scale[column], title) for column, title in MARK_BORDERS if scale[column] is not None]
        borders += [{"name": name, "border": int(upper) + 0.5, "title": title} for upper, title in known]
    if not told:
        return None
    x = alt.X("score:Q", title="Первичный балл", axis=alt.Axis(tickMinStep=1, grid=False))
    y = alt.Y("share:Q", title="Доля участников", stack=False, axis=alt.Axis(format=".0%"))
    bars = alt.Chart().mark_bar(color=PALETTE[0], width=5).encode(x=x, y=y)
    rules = alt.Chart().mark_rule(color=PALETTE[1], strokeDash=[4, 3])
    names = alt.Chart().mark_text(dy=-4, baseline="bottom", color=INK)
    layers = alt.layer(
        bars,
        rules.encode(x="border:Q"),
        names.encode(x="border:Q", text="title:N", y=alt.value(0)),
    ).properties(width=270, height=130)
    chart = layers.facet(
        data=alt.InlineData(values=[*told, *borders]),
        facet=alt.Facet("name:N", title=None, sort=list(dict.fromkeys(str(row["name"]) for row in told))),
        columns=2,
        spacing=28,
    ).resolve_scale(x="independent", y="independent")
    return charts.described(chart, "Распределение первичных баллов и границы отметок")


def _scale(scales: pd.DataFrame, procedure: str, subject: str, grade: str, year: int) -> dict[str, Any] | None:
    """The scale of a subject and grade in the year, where there is one form of the test and one scale."""
    is_of = (scales["procedure"] == procedure) & (scales["subject"] == subject) & (scales["grade"] == grade)
    begun = scales["valid_from_year"].isna() | (scales["valid_from_year"] <= year)
    open_ = scales["valid_to_year"].isna() | (scales["valid_to_year"] >= year)
    found = records(scales[(is_of & begun & open_).fillna(False).astype(bool)])
    newest = max((row["valid_from_year"] or 0 for row in found), default=0)
    found = [row for row in found if (row["valid_from_year"] or 0) == newest]
    return found[0] if len(found) == 1 else None


def _names(field: str, order: Sequence[str]) -> Any:
    """The axis of names, in the order given."""
    import altair as alt

    return alt.Y(f"{field}:N", title=None, sort=list(dict.fromkeys(order)), axis=alt.Axis(labelLimit=NAMES_WIDTH))


def _shares(field: str, title: str) -> Any:
    """The axis of shares, in per cent."""
    import altair as alt

    return alt.X(f"{field}:Q", title=title, stack=False, axis=alt.Axis(format=".0%"), scale=alt.Scale(zero=True))


def _by_row(layers: Any, rows: list[dict[str, Any]], field: str, *, has_headings: bool = True) -> Any:
    """The layers once per value of a field, one below another under its heading, with names of their own."""
    import altair as alt

    sized = layers.properties(width=WIDTH, height=alt.Step(STEP))
    order = list(dict.fromkeys(str(row[field]) for row in rows)) if has_headings else [""]
    parts = []
    for name in order:
        part = sized.copy(deep=True)
        part.data = alt.InlineData(values=[row for row in rows if not has_headings or str(row[field]) == name])
        parts.append(
            part.properties(title=alt.Title(name, anchor="start", frame="group", fontSize=12)) if has_headings else part
        )
    for part in parts[:-1]:  # the scale is one: its numbers and its name stand once, under the last
        for layer in part.layer:
            x = layer.encoding.x
            if isinstance(x, alt.X) and isinstance(x["axis"], alt.Axis):
                x["title"], x["axis"]["labels"], x["axis"]["ticks"] = None, False, False
    # Not a facet: with names of their own in every row it has Vega warn on the reader's console.
    return alt.vconcat(*parts, spacing=30, bounds="flush").resolve_scale(x="shared") if has_headings else parts[0]


def _plain(value: Any) -> Any:
    """A value as JSON has it: nothing for a missing number."""
    return None if value is None or (isinstance(value, float) and value != value) else value
