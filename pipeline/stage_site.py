"""The stage of the web report: what every flow has published becomes a folder of pages."""

import json
from typing import Any

from pipeline import site
from pipeline.run import Run
from pipeline.russian import plural
from pipeline.site.known import read_known
from pipeline.site.readers import reader_of
from pipeline.stage import Stage
from pipeline.store import write_whole

PAGES = "pages"  # folder of the run
MADE_FROM = "made_from.json"


def make_site(run: Run) -> str:
    """Write every page of the report for the reader that the run names."""
    known = read_known(run.root, run.year)
    files = site.pages(known, reader_of(run.period))
    for name, text in files.items():
        write_whole(run.folder / PAGES, name, text.encode())
    write_whole(run.folder, MADE_FROM, json.dumps(known.made_from).encode())
    told = plural(sum(name.endswith(".html") for name in files), "страница", "страницы", "страниц")
    return f"{told}; чего нет: {'; '.join(known.missing.values())}" if known.missing else told


def made_from(run: Run) -> Any:
    """Per flow, the run and the hash of the manifest that the report was made from."""
    return json.loads((run.folder / MADE_FROM).read_bytes())


SITE = Stage("site", "Веб-отчёт", reads=(), writes=(), run=make_site)
SITE_FLOW: tuple[Stage, ...] = (SITE,)
