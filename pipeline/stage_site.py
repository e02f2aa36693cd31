"""The stage of the web report: what every flow has published becomes a folder of pages."""

import json
from typing import Any

from pipeline import site
from pipeline.public_years import told_once
from pipeline.run import Run
from pipeline.russian import plural
from pipeline.site.known import read_known
from pipeline.site.readers import PUBLIC, reader_of
from pipeline.stage import Stage
from pipeline.store import write_whole
from pipeline.tables.disclosed import PUBLIC_RESULTS
from pipeline.tables.results import RESULTS

PAGES = "pages"  # folder of the run
MADE_FROM = "made_from.json"


def make_site(run: Run) -> str:
    """Write every page of the report for the reader that the run names."""
    known, reader = read_known(run.root, run.year), reader_of(run.period)
    if reader == PUBLIC:
        rules = known.method.disclosure
        told = told_once(run.root, run.year, known.of(RESULTS), rules, is_new=False)
        known = known.replacing(PUBLIC_RESULTS, told)
    files = site.pages(known, reader)
    for name, text in files.items():
        write_whole(run.folder / PAGES, name, text.encode(), is_durable=False)
    write_whole(run.folder, MADE_FROM, json.dumps(known.made_from).encode(), is_durable=False)
    count = plural(sum(name.endswith(".html") for name in files), "страница", "страницы", "страниц")
    return " ".join([f"{count}. Чего нет:", *known.missing.values()]) if known.missing else count


def made_from(run: Run) -> Any:
    """Per flow, the run and the hash of the manifest that the report was made from."""
    return json.loads((run.folder / MADE_FROM).read_bytes())


SITE = Stage("site", "Веб-отчёт", reads=(), writes=(), run=make_site)
SITE_FLOW: tuple[Stage, ...] = (SITE,)
