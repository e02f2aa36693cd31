"""The TOML of a context layout (`kind = "context"`): which header stands for which indicator, and how answers are read.

Headers and answers are compared by `spelling`: words alone, whatever the case, ё, marks, line breaks and the number of
the question. They are never searched for inside a longer text, so that no column is taken for another one.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from pipeline.errors import ConfigError
from pipeline.sources.grid import Cell
from pipeline.sources.layout_toml import CONTEXT, Section, read_document
from pipeline.sources.reading import header_text

CODE_ROLES = ("fisoko", "oge", "ege")  # the first code that a row gives names its school
SCHOOL_ROLES = (*CODE_ROLES, "name", "municipality")
NUMBER_KINDS = {"counts": "count", "shares": "share", "percents": "percent"}
DROPPED = ("people", "service")
QUESTION_NUMBER = re.compile(r"^(?:п\.?\s*)?\d+(?:\.\d+)*[.)]\s+")
YES = ("да", "есть", "имеется", "1", "истина", "true")
NO = ("нет", "отсутствует", "не имеется", "0", "ложь", "false")


@dataclass(frozen=True)
class Choice:
    """How the answers to one question are read.

    Args:
        codes: spelling of an answer -> its number, 1-based in the order of the layout (0 and 1 for «нет» and «да»).
        titles: number -> the answer as it is stored.
    """

    codes: Mapping[str, int]
    titles: Mapping[int, str]


FLAG = Choice(codes={**dict.fromkeys(NO, 0), **dict.fromkeys(YES, 1)}, titles={0: "нет", 1: "да"})


@dataclass(frozen=True)
class ContextSheet:
    """One [[sheets]] entry: its own id and title, and patterns demanded of its header row."""

    layout_id: str
    title: str
    header: tuple[str, ...]


@dataclass(frozen=True)
class ContextSpec:
    """A context layout; the keys are explained in docs/layouts.md.

    Args:
        sheets: the sheets that the layout describes; all share the headers below.
        year: patterns of the year, tried over the titles, then over the name of the file.
        roles: spelling of a header -> what it says about the school (`SCHOOL_ROLES`).
        dropped: spellings of headers whose cells are not read at all.
        kinds: indicator -> count, share, percent or choice.
        indicators: spelling of a header -> indicator.
        choices: indicator -> how its answers are read.
    """

    sheets: tuple[ContextSheet, ...]
    year: tuple[str, ...]
    roles: Mapping[str, str]
    dropped: frozenset[str]
    kinds: Mapping[str, str]
    indicators: Mapping[str, str]
    choices: Mapping[str, Choice]


@lru_cache(maxsize=10_000, typed=True)  # typed: 1 and True are equal and told differently
def spelling(value: Cell) -> str:
    """A header or an answer as it is compared: «1. Наличие  „Точки роста“» -> «наличие точки роста»."""
    words = QUESTION_NUMBER.sub("", header_text(value))
    return re.sub(r"[\W_]+", " ", words).strip()


def load_context_spec(path: Path) -> ContextSpec:
    """The context layout in a TOML file, or a `ConfigError` that names the key and the remedy."""
    where = f"layouts/{path.name}"
    top = Section(read_document(path, where), where, "")
    top.choice("kind", (CONTEXT,))
    top.text("title")
    school, dropped = top.section("school"), top.section("dropped")
    roles = {role: school.texts(role, ()) for role in SCHOOL_ROLES}
    numbers = {kind: _headers(top.section(name)) for name, kind in NUMBER_KINDS.items()}
    flags, choices = _headers(top.section("flags")), top.section("choices")
    sections = {code: choices.section(code) for code in choices.keys()}  # noqa: SIM118  # a Section, not a mapping
    answers = {code: _choice(section) for code, section in sections.items()}
    columns = {code: section.texts("columns", ()) for code, section in sections.items()}
    spec = ContextSpec(
        sheets=tuple(_sheet(section) for section in top.sections("sheets")),
        year=tuple(top.pattern_with_group(pattern, "year") for pattern in top.texts("year", ())),
        roles=_by_spelling(roles),
        dropped=frozenset(spelling(header) for name in DROPPED for header in dropped.texts(name, ())),
        kinds={code: kind for kind, headers in numbers.items() for code in headers}
        | dict.fromkeys([*flags, *answers], "choice"),
        indicators=_by_spelling(
            {**{c: h for headers in numbers.values() for c, h in headers.items()}, **flags, **columns}
        ),
        choices=dict.fromkeys(flags, FLAG) | answers,
    )
    for section in (school, dropped, *sections.values(), top):
        section.refuse_unknown()
    _refuse_shared_headers(
        roles | {c: h for headers in numbers.values() for c, h in headers.items()} | flags | columns, where
    )
    if not any(roles.values()):
        raise school.error("name", "не сказано, в каких столбцах школа", "впишите name, fisoko, oge или ege")
    return spec


def _sheet(section: Section) -> ContextSheet:
    sheet = ContextSheet(section.text("layout_id"), section.text("title"), section.patterns("header"))
    section.refuse_unknown()
    if not sheet.header:
        raise section.error("header", "лист нечем узнать", "впишите образцы заголовков столбцов")
    return sheet


def _headers(section: Section) -> dict[str, tuple[str, ...]]:
    """Indicator -> headers, of a table in which every key is an indicator."""
    return {code: section.texts(code, ()) for code in section.keys()}  # noqa: SIM118


def _choice(section: Section) -> Choice:
    """The answers of one question in their order; where the layout says so the number itself is an answer too."""
    options = section.text_lists("options")
    codes = {str(number): number for number in range(1, len(options) + 1)} if section.flag("has_numbers", False) else {}
    for number, option in enumerate(options, start=1):
        codes |= {spelling(text): number for text in option}
    return Choice(codes, {number: option[0] for number, option in enumerate(options, start=1)})


def _by_spelling(headers: Mapping[str, Sequence[str]]) -> dict[str, str]:
    return {spelling(text): code for code, texts in headers.items() for text in texts}


def _refuse_shared_headers(headers: Mapping[str, Sequence[str]], where: str) -> None:
    """Refuse a header that stands for two things."""
    owners: dict[str, str] = {}
    for code, texts in headers.items():
        for text in texts:
            owner = owners.setdefault(spelling(text), code)
            if owner != code:
                raise ConfigError(
                    f"В макете противоречие: заголовок «{text}» отнесён и к «{owner}», и к «{code}»",
                    where=where,
                    remedy="оставьте заголовок у одного показателя",
                )
