"""What all charts share: one look, Russian numbers, a picture for documents, scripts for pages without a network.

Charts are described once with Vega-Altair; a document shows the picture, a page the description itself. Colours are
told apart by readers who do not see red and green (the palette of Okabe and Ito), and never carry a meaning alone.
"""

from collections.abc import Mapping
from typing import Any

FONT = "Liberation Sans, Arial, sans-serif"
INK, SOFT, LINE = "#1d2530", "#5b6673", "#d5dae1"
PALETTE = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000")
# How d3 writes numbers in Russian: a comma, thousands apart by a no-break space.
NUMBERS: Mapping[str, Any] = {
    "decimal": ",",
    "thousands": "\u00a0",
    "grouping": [3],
    "currency": ["", "\u00a0₽"],
    "percent": "\u00a0%",
}
CONFIG: Mapping[str, Any] = {
    "font": FONT,
    "background": "white",
    "view": {"stroke": None},
    "axis": {
        "labelColor": INK,
        "titleColor": SOFT,
        "titleFontWeight": "normal",
        "gridColor": LINE,
        "domainColor": SOFT,
        "labelFontSize": 12,
        "titleFontSize": 12,
    },
    "axisX": {"labelAngle": 0},
    "legend": {"labelFontSize": 12, "titleFontSize": 12, "orient": "bottom", "labelLimit": 320},
    "header": {"labelFontSize": 12, "labelFontWeight": "bold", "title": None},
    "title": {"fontSize": 14, "anchor": "start"},
    "range": {"category": list(PALETTE)},
    "locale": {"number": NUMBERS},
}
PICTURE_SCALE = 2.0  # pixels per point: sharp in print, and small enough for twenty pictures in a document


def described(chart: Any, description: str) -> dict[str, Any]:
    """An Altair chart as a Vega-Lite description in the house's look; screen readers read `description` aloud."""
    found: dict[str, Any] = chart.to_dict()
    return {**found, "description": description, "config": {**found.get("config", {}), **CONFIG}}


def png(spec: Mapping[str, Any]) -> bytes:
    """A picture of a described chart, for a document."""
    import vl_convert

    picture: bytes = vl_convert.vegalite_to_png(dict(spec), scale=PICTURE_SCALE, format_locale=dict(NUMBERS))
    return picture


def scripts() -> str:
    """The scripts that draw described charts on a page (`vegaEmbed`), whole: no page asks a network for them."""
    import vl_convert

    bundle = vl_convert.javascript_bundle("window.vegaEmbed = vegaEmbed;")
    return f"(() => {{\n{bundle}\n}})();\n"  # its names stay its own
