"""A small region whose data are sent out for confirmation, and how a municipality fills in its workbook."""

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path

from pipeline.confirmation import ConfirmForm, ObjectionLine
from pipeline.confirming import asked_schools, form_figures
from pipeline.outputs.confirmation import render

YEAR = 2026
REGION_NAME = "Озёрная область"
DEADLINE = date(2026, 7, 25)


def form(root: Path, municipality_id: str = "m1", *, region_name: str = REGION_NAME, year: int = YEAR) -> ConfirmForm:
    """The form of a municipality, with the figures that are published now."""
    figures = form_figures(root, YEAR, asked_schools(root, YEAR))[municipality_id]
    return ConfirmForm(region_name, municipality_id, "Озёрный район", year, figures, DEADLINE)


def give_back(
    root: Path,
    name: str,
    answers: Mapping[str, str] | None = None,
    objections: Mapping[str, Sequence[ObjectionLine]] | None = None,
    sent: ConfirmForm | None = None,
) -> Path:
    """Write a filled workbook to `raw/2026/confirm/<name>`."""
    path = root / f"raw/{YEAR}/confirm/{name}"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(render(sent or form(root), answers, objections))
    return path
