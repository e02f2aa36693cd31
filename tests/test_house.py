"""The house keeps its own rules: sizes, names, imports, registries, tables."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.indicators import INDICATORS
from pipeline.schema import Table
from pipeline.sources import PARQUET_SOURCES, SOURCES
from pipeline.stages import FLOWS, PUBLISHED
from pipeline.tables import TABLES

PROJECT = Path(__file__).resolve().parents[1]
FOLDERS = ("pipeline", "flows", "tests", "benchmarks")
FILES = sorted(path for folder in FOLDERS for path in (PROJECT / folder).rglob("*.py"))
MODULES = [path for path in FILES if path.relative_to(PROJECT).parts[0] in {"pipeline", "flows"}]
FORBIDDEN_NAMES = {"utils", "util", "helpers", "helper", "common", "misc"}
HEAVY = ("prefect", "great_expectations", "sklearn", "matplotlib", "plotly", "altair", "seaborn")
MAXIMUM_LINES = 400
RUSSIAN = re.compile("[а-яё№]", re.IGNORECASE)


def told(path: Path) -> str:
    return str(path.relative_to(PROJECT))


def imports(path: Path) -> list[tuple[str, bool]]:
    """Top-level package of every import of a file, and whether it stands inside a function."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    inside = {id(node) for function in functions for node in ast.walk(function)}
    found = []
    for node in ast.walk(tree):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        if isinstance(node, ast.ImportFrom) and node.module:
            names = [node.module]
        found += [(name.split(".")[0], id(node) in inside) for name in names]
    return found


def loaded_by(program: str) -> set[str]:
    """The heavy packages in memory after a program in a fresh process."""
    program += f"\nimport sys; print(*[name for name in {HEAVY!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", program], cwd=PROJECT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return set(done.stdout.split("\n")[-2].split())


def test_no_file_is_longer_than_400_lines() -> None:
    sizes = {told(path): len(path.read_text(encoding="utf-8").splitlines()) for path in FILES}
    assert {name: size for name, size in sizes.items() if size > MAXIMUM_LINES} == {}


def test_there_are_no_drawers() -> None:
    assert [told(path) for path in FILES if FORBIDDEN_NAMES & {path.stem, *path.parent.parts[-2:]}] == []


def test_folders_are_not_nested_deeper_than_two_levels_below_a_package() -> None:
    assert [told(path) for path in MODULES if len(path.relative_to(PROJECT).parts) > 4] == []


def test_every_module_says_what_it_is_for() -> None:
    assert [told(path) for path in MODULES if not ast.get_docstring(ast.parse(path.read_text("utf-8")))] == []


@pytest.mark.parametrize(
    ("package", "home"), [("prefect", ("flows",)), ("great_expectations", ("pipeline/validation.py",))]
)
def test_a_guest_is_known_in_its_own_rooms_only(package: str, home: tuple[str, ...]) -> None:
    strangers = [
        told(path)
        for path in MODULES
        if any(name == package for name, _ in imports(path)) and not told(path).startswith(home)
    ]
    assert strangers == []


def test_heavy_packages_are_imported_inside_the_function_that_needs_them() -> None:
    heavy = {name for name in HEAVY if name != "prefect"}
    assert [(told(p), name) for p in MODULES for name, is_inside in imports(p) if name in heavy and not is_inside] == []


@pytest.mark.parametrize(
    "program",
    [
        "import pipeline",
        "import pipeline.stages",
        "import pipeline.cli, flows.run",
        "from typer.testing import CliRunner; from pipeline.cli import app\n"
        "assert CliRunner().invoke(app, ['--help']).exit_code == 0\n"
        "assert CliRunner().invoke(app, ['describe']).exit_code == 0",
    ],
)
def test_reading_and_importing_load_nothing_heavy(program: str) -> None:
    assert loaded_by(program) == set()


@pytest.mark.parametrize("table", TABLES.values(), ids=lambda table: table.name)
def test_every_table_says_its_grain_key_and_titles(table: Table) -> None:
    assert table.grain.startswith("One row per ")
    assert table.key
    assert RUSSIAN.search(table.title)
    assert [column.name for column in table.columns if not RUSSIAN.search(column.title)] == []
    shares = [c for c in table.columns if c.name.endswith(("_share", "_probability"))]
    assert [c.name for c in shares if c.kind != "float"] == []
    flags = [
        c.name
        for c in table.columns
        if c.kind == "bool"
        and not c.name.startswith(
            (
                "is_",
                "has_",
            )
        )
    ]
    assert flags == []


def test_every_stage_reads_only_what_an_earlier_one_has_written() -> None:
    missing = []
    for name, stages in FLOWS.items():
        written: set[str] = set()
        for stage in stages:
            missing += [(name, stage.name, table.name) for table in stage.reads if table.name not in written]
            written |= {table.name for table in stage.writes}
        missing += [(name, "publish", table.name) for table in PUBLISHED.get(name, ()) if table.name not in written]
    assert missing == []


def test_names_and_titles_of_stages_are_unique_within_a_flow() -> None:
    for stages in FLOWS.values():
        assert len({stage.name for stage in stages}) == len({stage.title for stage in stages}) == len(stages)


def test_the_tables_of_the_stages_are_declared() -> None:
    used = {table.name for stages in FLOWS.values() for stage in stages for table in (*stage.reads, *stage.writes)}
    assert used <= set(TABLES)


def test_every_layout_of_a_file_has_its_own_id_a_russian_title_and_a_fingerprint() -> None:
    for layouts in (SOURCES, PARQUET_SOURCES):
        assert len({layout.layout_id for layout in layouts}) == len(layouts)
        assert [layout.layout_id for layout in layouts if not RUSSIAN.search(layout.title)] == []
    assert [layout.layout_id for layout in SOURCES if not layout.fingerprint.columns] == []


def test_every_indicator_has_its_own_code_a_russian_title_a_unit_and_a_description() -> None:
    assert len({indicator.indicator_code for indicator in INDICATORS}) == len(INDICATORS)
    assert [i.indicator_code for i in INDICATORS if not RUSSIAN.search(i.title) or not i.unit] == []
    assert [i.indicator_code for i in INDICATORS if not i.function.__doc__] == []
