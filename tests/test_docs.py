"""The words of the documentation are true: commands exist, links lead somewhere, stages and numbers are named."""

import re
import shlex
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
GUIDES = [PROJECT / "README.md", *sorted((PROJECT / "docs/ru").glob("*.md"))]
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


def typed(text: str) -> list[list[str]]:
    """Every command line of a document with its options: the lines of blocks and what stands between backticks."""
    told = re.findall(r"^shnro (.+)$", text, flags=re.MULTILINE) + re.findall(r"`shnro ([^`]*--[^`]*)`", text)
    return [shlex.split(line.replace("ГОД", "2026"), comments=True) for line in told]


@pytest.mark.parametrize("document", GUIDES, ids=lambda path: path.name)
def test_command_lines_for_people_can_be_typed_as_they_stand(document: Path) -> None:
    for line in typed(document.read_text(encoding="utf-8")):
        words, command = list(line), typer.main.get_command(app)
        while words and words[0] in getattr(command, "commands", {}):
            command = command.commands[words.pop(0)]  # type: ignore[attr-defined]
        options = {name for parameter in command.params for name in (*parameter.opts, *parameter.secondary_opts)}
        unknown = [word for word in words if word.startswith("--") and word != "--help" and word not in options]
        assert not unknown, f"{document.name}: «shnro {' '.join(line)}» has unknown options {unknown}"
        if not {"…", "--help"} & set(words):  # else a reader is told to fill in the rest
            command.make_context("shnro", words)  # fails on a missing option, a wrong value, a word too many


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
