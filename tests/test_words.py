"""Everything a flow makes and a command says is read as a reader does: no codes, no English, no machine's numbers."""

import contextlib
import io
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import click
import plain_words
import pytest
import typer
from ordered_region import run
from site_region import make_site
from small_region import command

from pipeline import cli, reports
from pipeline.reasons import REASON_CODES
from pipeline.russian import COLUMNS, REASONS
from pipeline.site.readers import PROFILES
from pipeline.tables.support import PERIODS

YEAR = 2026
# Letters of the formulas of the method.
SIGNS = frozenset(("R", "k", "K", "n", "c", "f"))


def told_faults(lines: Iterator[str]) -> list[str]:
    """Every different fault with the line it stands in."""
    different = dict.fromkeys(lines)
    return [f"{fault} | {line[:160]}" for line in different for fault in plain_words.faults(line, allowed=SIGNS)]


def published_faults(root: Path, is_read: Callable[[Path], bool] = lambda path: True) -> dict[str, list[str]]:
    """The faults of every file that people read below the published folders, without the files that have none."""
    found = sorted((root / "published").rglob("*"))
    files = [path for path in found if path.suffix in plain_words.READERS and is_read(path)]
    assert files
    found = {
        path.relative_to(root).as_posix(): told_faults(plain_words.texts(path.name, path.read_bytes()))
        for path in files
    }
    return {name: faults for name, faults in found.items() if faults}


@pytest.fixture(scope="module")
def said(listed_region: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A small region with a list, a draft order and the web report, and what the commands said meanwhile."""
    root = Path(shutil.copytree(listed_region, tmp_path_factory.mktemp("words") / "region", symlinks=True))
    terminal = io.StringIO()
    with pytest.MonkeyPatch.context() as patch, contextlib.redirect_stdout(terminal):
        print(listed_region.with_suffix(".txt").read_text("utf-8").replace(str(listed_region), str(root)))
        assert run(patch, root, "draft", "--year", YEAR) == 0
        assert run(patch, root, "show") == 0
        assert command(patch, "explain", "s08", "--data", root, "--year", YEAR) == 0
        assert make_site(patch, root) == 0
    return root, terminal.getvalue()


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        ("В файле отклонено 3 строки по макету fisoko_marks", "код"),
        ("Полный список — в таблице rejects", "латиница"),
        ("Доля низких результатов: nan", "значение машины"),
        ("Решение комиссии от 2024-11-14: принято", "дата"),
        ("Доля низких результатов — 12.5 %", "десятичная точка"),
        ("Участников 2888, низких 12", "число без разрядов"),
        ("В перечне 21 школ", "окончание"),
        ("Осталось 2 участника и 5 школа", "окончание"),
        ("Школа вошла  в перечень", "знаки"),
        ("Перечень утверждён..", "знаки"),
        ("Школа №\u00a05 ()", "знаки"),
    ],
)
def test_a_planted_fault_is_found(line: str, kind: str) -> None:
    assert [fault.split(":")[0] for fault in plain_words.faults(line)] == [kind]


@pytest.mark.parametrize(
    "line",
    [
        "Участников 2\u00a0888, школ 21; из 21 школы и не менее 3 школ; 12,5 %; 15.03.2026",
        "Что сделать: shnro order sign 2026-list-01 --number 7 --data /tmp/region (файл raw/2026/2026-07-10/а б.xlsx)",
        "Приказ № 1178-ОД от 15 сентября 2026 года, S211 МБОУ «Средняя школа № 36», в 2026/27 учебном году",
    ],
)
def test_good_russian_is_left_alone(line: str) -> None:
    assert plain_words.faults(line) == []


def test_a_fault_is_found_wherever_a_file_holds_it() -> None:
    page = (
        b'<p>\xd0\xb4\xd0\xb0</p><img alt="layout_id"><script type="application/json">{"title": "low_count"}</script>'
    )
    assert [line for line in told_faults(plain_words.texts("a.html", page)) if "layout_id" in line]
    assert [line for line in told_faults(plain_words.texts("a.html", page)) if "low_count" in line]


def test_what_the_flows_publish_reads_as_russian(said: tuple[Path, str]) -> None:
    assert published_faults(said[0]) == {}


def test_what_the_commands_say_reads_as_russian(said: tuple[Path, str]) -> None:
    root, terminal = said
    lines = re.sub(r"\[\d+/\d+\] ", "", terminal.replace(str(root), "папка")).splitlines()
    assert len(lines) > 30
    assert told_faults(" ".join(line.split()) for line in lines) == []  # columns of a list are set apart by spaces


def test_the_sentences_of_reasons_read_as_russian() -> None:
    assert told_faults(iter((*REASONS.values(), *REASON_CODES.values(), *COLUMNS.values()))) == []


def _helps(command: click.Command) -> Iterator[str]:
    """The help of a command, of its options and of the commands below it."""
    yield command.help or ""
    for parameter in command.params:
        yield getattr(parameter, "help", None) or ""
    for below in getattr(command, "commands", {}).values():
        yield from _helps(below)


def _typed(command: click.Command) -> Iterator[str]:
    """What is typed as a value: the choices of the options; `shnro open` and `shnro rank` tell theirs in the help."""
    for parameter in command.params:
        yield from map(str, getattr(getattr(parameter, "type", None), "choices", ()))
    for below in getattr(command, "commands", {}).values():
        yield from _typed(below)


def test_the_help_of_every_command_reads_as_russian() -> None:
    whole = typer.main.get_command(cli.app)
    helps = [line.strip() for told in _helps(whole) for line in told.splitlines()]
    assert len(helps) > 60
    typed = frozenset((*_typed(whole), *reports.PLACES, *PROFILES, *PERIODS))
    wrong = [line for line in helps if plain_words.faults(line, allowed=SIGNS | typed)]
    assert wrong == []


@pytest.mark.slow
def test_the_whole_made_up_region_reads_as_russian(published_demo: Path) -> None:
    """Every flow with a document, on 350 schools; of the pages of schools every tenth, for time."""
    assert published_faults(published_demo, lambda path: path.parent.name != "school" or path.stem.endswith("0")) == {}
