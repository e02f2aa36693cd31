"""The monitoring report as one page that opens from disk: the same contents as the Word document, charts that draw."""

from collections.abc import Mapping
from typing import Any

from pipeline.outputs import page

TEMPLATE = "monitoring.html.j2"
PAGE_NAME = "Отчёт о мониторинге.html"


def render(told: Mapping[str, Any], *, notice: str = "") -> str:
    """The page.

    Args:
        told: what `monitoring_report.contents` gives.
        notice: what the page has to say first (made-up data).
    """
    values = {**told, "title": told["heading"], "notice": notice, "assets": page.inline_assets()}
    return page.render(TEMPLATE, values)
