"""Web pages: one look, values that are never markup, and charts that need no network.

Templates lie in `templates/*.html.j2` and extend `page.html.j2`. A page either carries its style and scripts itself
(one file to send by mail) or names those of its folder (a site of many pages).
"""

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline import russian
from pipeline.outputs import charts

if TYPE_CHECKING:
    import jinja2

TEMPLATES = Path(__file__).parent / "templates"
STYLE, DRAWING = TEMPLATES / "page.css", TEMPLATES / "draw.js"


@cache
def environment() -> "jinja2.Environment":
    """The environment of every page: all values are escaped, a field that does not exist is an error."""
    import jinja2

    found = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    found.filters["number"] = russian.number
    found.filters["percent"] = russian.percent
    found.filters["chart"] = embedded
    found.globals["plural"] = russian.plural
    return found


def render(name: str, values: Mapping[str, Any]) -> str:
    """The page of a template of `templates/`.

    Args:
        name: name of the template, such as "school.html.j2".
        values: what it shows; the base template asks for `title`, `notice`, `assets` (`inline_assets`, or the link to a
            folder that holds `page.css`, `charts.js`, `draw.js`).
    """
    return environment().get_template(name).render(values)


@cache
def assets() -> Mapping[str, str]:
    """What pages share, by file name: the style, Vega, and what finds the charts of a page and draws them."""
    numbers = json.dumps(dict(charts.NUMBERS), ensure_ascii=False)
    return {
        "page.css": STYLE.read_text(encoding="utf-8"),
        "charts.js": charts.scripts(),
        "draw.js": DRAWING.read_text(encoding="utf-8").replace("NUMBERS", numbers, 1),
    }


def inline_assets() -> Mapping[str, Any]:
    """The same inside a page that is one file."""
    from markupsafe import Markup

    return {name: Markup(text.replace("</script", "<\\/script")) for name, text in assets().items()}


def embedded(spec: Mapping[str, Any]) -> Any:
    """A described chart as a page carries it: JSON that no value can leave (`</script>` in a name stays a name)."""
    from markupsafe import Markup

    told = json.dumps(spec, ensure_ascii=False, separators=(",", ":"))
    safe = told.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
    return Markup(f'<script type="application/json" class="chart-spec">{safe}</script>')
