"""Every deciding number has a home: editions load whole or not at all."""

import re
import tomllib
from pathlib import Path

import pytest

from pipeline import methodology
from pipeline.errors import MethodologyError
from pipeline.tables.reference import SCHOOL_KINDS


def edition(directory: Path, name: str, text: str) -> Path:
    (directory / "methodology").mkdir(exist_ok=True)
    (directory / "methodology" / f"{name}.toml").write_text(text, encoding="utf-8")
    return directory


def test_every_parameter_has_title_unit_and_reference() -> None:
    for parameter in methodology.load().parameters:
        assert parameter.title and parameter.unit and parameter.reference, parameter.name


def test_the_kinds_that_may_be_excluded_are_those_of_the_register() -> None:
    document = tomllib.loads((methodology.PACKAGE_DIRECTORY / "2026.toml").read_text(encoding="utf-8"))
    assert document["pool"]["excluded_kinds"]["choices"] == list(SCHOOL_KINDS)


def test_every_number_is_used() -> None:
    """A number that nothing reads would decide nothing, and its reader would believe otherwise."""
    package = Path(methodology.__file__).parents[1]
    sources = [*package.rglob("*.py"), *(package.parent / "expectations").glob("*.json")]
    text = "\n".join(p.read_text(encoding="utf-8") for p in sources if p.parent.name != "methodology")
    for parameter in methodology.load().parameters:
        assert re.search(rf"\b{parameter.name}\b", text), parameter.name


def test_a_regions_edition_says_only_where_it_differs(tmp_path: Path) -> None:
    edition(tmp_path, "own", 'extends = "2026"\n[selection.capacity]\nvalue = 40\n[familiar]\nmin_tested_count = 5\n')
    own, base = methodology.load("own", tmp_path), methodology.load()
    assert (own.selection.capacity, own.familiar.min_tested_count) == (40, 5)
    assert own.stability == base.stability
    assert "own" in methodology.editions(tmp_path)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('extends = "2026"\n[selection.capacity]\nvalue = -3\n', "вне допустимых границ"),
        ('extends = "2026"\n[selection.capacity]\nvalue = "много"\n', "не того вида"),
        (
            'extends = "2026"\n[selection.places]\nvalue = 3\nunit = "-"\ntitle = "-"\nreference = "-"\n',
            "лишние: places",
        ),
        ('extends = "2026"\n[selection.places]\nvalue = 3\n', "не хватает: unit"),
        ('extends = "2026"\n[familiar]\ncount_by = "exam"\n', "Неизвестное значение параметра: exam"),
        ('extends = "2026"\n[pool]\nexcluded_kinds = ["evning"]\n', "Неизвестное значение параметра: evning"),
        ('extends = "own"\n', "расширяет саму себя"),
        ("[selection\n", "не читается"),
        ('title = "пустая"\n', "не хватает параметров"),
    ],
)
def test_a_wrong_edition_is_told_in_russian(tmp_path: Path, text: str, message: str) -> None:
    edition(tmp_path, "own", text)
    with pytest.raises(MethodologyError, match=message):
        methodology.load("own", tmp_path)


def test_an_unknown_edition_names_the_known_ones() -> None:
    with pytest.raises(MethodologyError, match="2026"):
        methodology.load("1999")


def test_an_edition_name_is_never_a_path(tmp_path: Path) -> None:
    (tmp_path / "evil.toml").write_text('title = "x"\n', encoding="utf-8")
    with pytest.raises(MethodologyError, match="не найдена"):
        methodology.load("../evil", tmp_path)


def test_capacity_must_be_positive() -> None:
    with pytest.raises(MethodologyError, match="не меньше 1"):
        methodology.load().with_capacity(0)
