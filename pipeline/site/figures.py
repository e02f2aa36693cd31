"""Charts of the web report: each kind is described once with Vega-Altair, and every page puts its own rows into it."""

from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

from pipeline.outputs import charts
from pipeline.russian import number, percent, procedure_label

Row = Mapping[str, Any]
Spec = dict[str, Any]

NORM = "норма региона"
ALL_YEARS = "все годы (S)"
STATUS_COLOURS = {
    "в перечне": charts.PALETTE[1],
    "резерв": charts.PALETTE[4],
    "остальные": charts.PALETTE[0],
}


def exam_chart(procedure: str, rows: Iterable[Row], who: str) -> Spec:
    """Share of low results of one exam by year beside the norm of the region.

    Args:
        procedure: code of the exam.
        rows: `year`, `low_share`, `norm_share` (`results.by_exam`).
        who: whose results, as the legend names them.
    """
    values = [
        {"year": str(row["year"]), "share": row[column], "whose": whose}
        for row in rows
        for column, whose in (("low_share", who), ("norm_share", NORM))
        if row[column] is not None
    ]
    told = "; ".join(f"{v['year']}, {v['whose']}: {percent(v['share'])}" for v in values)
    return _filled(_lines(who), values, f"{procedure_label(procedure)}: доля низких результатов по годам. {told}.")


def ratio_chart(years: Iterable[Row], model: Row | None) -> Spec:
    """Low results against the expected by year, and the index with its interval; 1 is the norm of the region.

    Args:
        years: `year` and `ratio`.
        model: `index`, `index_lower`, `index_upper` of `STABILITY`; None without a model.
    """
    values: list[dict[str, Any]] = [{"part": str(row["year"]), "ratio": round(row["ratio"], 4)} for row in years]
    told = [f"{v['part']}: {number(round(v['ratio'], 2))}" for v in values]
    if model is not None:
        index, lower, upper = (round(model[name], 4) for name in ("index", "index_lower", "index_upper"))
        values.append({"part": ALL_YEARS, "ratio": index, "lower": lower, "upper": upper})
        told.append(
            f"индекс S по всем годам: {number(round(index, 2))}, "
            f"интервал от {number(round(lower, 2))} до {number(round(upper, 2))}"
        )
    return _filled(_ratios(), values, f"К норме региона, норма — 1. {'; '.join(told)}.")


def places_chart(rows: Iterable[Row], capacity: int) -> Spec:
    """Probability T of every school by its place, and where the list ends.

    Args:
        rows: `rank`, `probability` and `status` (a key of `STATUS_COLOURS`) of the schools that can be judged.
        capacity: places of the list.
    """
    values = [{**row, "probability": round(row["probability"], 4), "capacity": capacity} for row in rows]
    return _filled(
        _places(), values, f"Вероятность T по местам школ; мест в перечне {number(capacity)}. Числа — в таблице школ."
    )


def _filled(kind: Spec, values: list[dict[str, Any]], description: str) -> Spec:
    return {**kind, "data": {"values": values}, "description": description}


def _kind(chart: Any) -> Spec:
    """The description of a chart without its rows."""
    found = charts.described(chart, "")
    found.pop("datasets", None)
    return found


@cache
def _lines(who: str) -> Spec:
    import altair as alt

    scale = alt.Scale(domain=[who, NORM], range=[charts.PALETTE[1], charts.SOFT])
    base = alt.Chart(alt.InlineData(values=[])).encode(
        x=alt.X("year:O", title=None),
        y=alt.Y("share:Q", title="доля низких результатов", axis=alt.Axis(format=".0%", tickCount=4)),
        color=alt.Color("whose:N", scale=scale, title=None),
    )
    lines = base.mark_line(strokeWidth=2).encode(
        strokeDash=alt.StrokeDash("whose:N", scale=alt.Scale(domain=[who, NORM], range=[[1, 0], [5, 4]]), title=None)
    )
    points = base.mark_point(filled=True, size=60, opacity=1).encode(
        shape=alt.Shape("whose:N", scale=alt.Scale(domain=[who, NORM], range=["circle", "square"]), title=None)
    )
    return _kind(alt.layer(lines, points).properties(width=210, height=150))


@cache
def _ratios() -> Spec:
    import altair as alt

    empty = alt.Chart(alt.InlineData(values=[]))
    base = empty.encode(y=alt.Y("part:N", title=None, sort=None))
    norm = empty.mark_rule(strokeDash=[5, 4], color=charts.SOFT, strokeWidth=1.5).encode(x=alt.datum(1))
    interval = (
        base.transform_filter("isValid(datum.lower)")
        .mark_rule(strokeWidth=3, color=charts.PALETTE[0])
        .encode(x="lower:Q", x2="upper:Q")
    )
    points = base.mark_point(filled=True, size=80, opacity=1).encode(
        x=alt.X(
            "ratio:Q",
            title="низких результатов к норме региона (1 — норма)",
            scale=alt.Scale(zero=True),
            axis=alt.Axis(tickCount=5),
        ),
        color=alt.condition("isValid(datum.lower)", alt.value(charts.PALETTE[0]), alt.value(charts.PALETTE[1])),
        shape=alt.condition("isValid(datum.lower)", alt.value("diamond"), alt.value("circle")),
    )
    return _kind(alt.layer(norm, interval, points).properties(width=270, height=130))


@cache
def _places() -> Spec:
    import altair as alt

    names = list(STATUS_COLOURS)
    base = alt.Chart(alt.InlineData(values=[]))
    points = base.mark_point(filled=True, size=35, opacity=0.85).encode(
        x=alt.X("rank:Q", title="место школы по вероятности T"),
        y=alt.Y("probability:Q", title="вероятность T", scale=alt.Scale(domain=[0, 1])),
        color=alt.Color("status:N", title=None, scale=alt.Scale(domain=names, range=list(STATUS_COLOURS.values()))),
        shape=alt.Shape(
            "status:N", title=None, scale=alt.Scale(domain=names, range=["circle", "triangle-up", "square"])
        ),
    )
    border = base.mark_rule(strokeDash=[5, 4], color=charts.SOFT).encode(x="capacity:Q")
    return _kind(alt.layer(border, points).properties(width=620, height=240))
