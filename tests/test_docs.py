"""The words of the documentation are true: commands exist, links lead somewhere, stages and numbers are named."""

import re
from pathlib import Path

import pytest
import typer

from pipeline import methodology
from pipeline.cli import app
from pipeline.indicators import INDICATORS
from pipeline.stages import FLOWS
from pipeline.tables import TABLES

PROJECT = Path(__file__).parents[1]
GROUPS = "match|layout|causes|order|confirm|objections|commission|support"
DOCUMENTS = sorted([*PROJECT.glob("*.md"), *(PROJECT / "docs").rglob("*.md"), *(PROJECT / "expectations").glob("*.md")])


def commands() -> set[str]:
    """Every command line that the program knows, such as «match list»."""
    top = typer.main.get_command(app)
    found = set()
    for name, command in top.commands.items():  # type: ignore[attr-defined]
        nested = getattr(command, "commands", {})
        found |= {f"{name} {inner}" for inner in nested} or {name}
    return found


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_commands_in_the_documentation_exist(document: Path) -> None:
    text = document.read_text(encoding="utf-8")
    known = commands()
    for words in re.findall(rf"shnro ((?:{GROUPS}) [a-z]+|[a-z]+)", text):
        assert words in known, f"{document.name} speaks of «shnro {words}»"


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_links_lead_to_files(document: Path) -> None:
    for target in re.findall(r"\]\(([^)#:]+)\)", document.read_text(encoding="utf-8")):
        assert (document.parent / target).exists(), f"{document.name} links to {target}"


def test_the_readme_shows_every_stage() -> None:
    text = (PROJECT / "README.md").read_text(encoding="utf-8")
    for stages in FLOWS.values():
        for stage in stages:
            assert stage.name in text, stage.name


def test_the_method_explains_every_indicator() -> None:
    text = (PROJECT / "docs" / "methodology.md").read_text(encoding="utf-8")
    for indicator in INDICATORS:
        assert indicator.indicator_code in text, indicator.indicator_code


def test_every_stage_says_what_it_reads_and_writes() -> None:
    for name, stages in FLOWS.items():
        written = {TABLES[table.name].name for stage in stages for table in stage.writes}
        read = {table.name for stage in stages for table in stage.reads}
        assert read <= written, f"{name}: nobody writes {read - written}"


def test_every_edition_of_the_package_loads() -> None:
    for edition in methodology.editions():
        assert methodology.load(edition).title
