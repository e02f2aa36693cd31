"""Web pages: values are never markup, charts need no network."""

import json

import jinja2
import pytest

from pipeline.outputs import charts, page


def page_of(values: dict[str, object]) -> str:
    base = {"title": "Проба", "notice": "", "assets": "assets/"}
    return page.render("page.html.j2", {**base, **values})


def test_values_are_never_markup() -> None:
    made = page_of({"title": "Школа </title><script>alert(1)</script>", "notice": "<b>ДЕМО</b>"})
    assert "<script>alert" not in made and "&lt;b&gt;ДЕМО" in made


def test_a_field_that_does_not_exist_is_an_error() -> None:
    with pytest.raises(jinja2.UndefinedError):
        page.render("page.html.j2", {"title": "Проба"})


def test_a_chart_is_data_that_no_name_can_leave() -> None:
    name = "</script><script>alert('х')</script>&amp;"
    told = str(page.embedded({"data": {"values": [{"name": name}]}}))
    inside = told.removeprefix('<script type="application/json" class="chart-spec">').removesuffix("</script>")
    assert "<" not in inside and json.loads(inside)["data"]["values"][0]["name"] == name


def test_a_page_of_one_file_carries_all_it_needs() -> None:
    made = page_of({"assets": page.inline_assets()})
    assert "vegaEmbed" in made and "figure.chart" in made
    assert "src=" not in made.split("<body>")[1].split("<script>")[0] and "<link" not in made
    assert made.count("</script>") == 2


def test_a_chart_is_a_picture_with_russian_numbers_in_a_document() -> None:
    import altair

    chart = altair.Chart(altair.Data(values=[{"x": 1, "y": 0.5}])).mark_bar().encode(x="x:O", y="y:Q")
    spec = charts.described(chart, "Проба")
    assert spec["description"] == "Проба" and spec["config"]["locale"]["number"]["decimal"] == ","
    assert charts.png(spec).startswith(b"\x89PNG")
