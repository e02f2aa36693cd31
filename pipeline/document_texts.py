"""The words and terms of documents: `documents.toml` of the region over those of the package.

What a document says besides data (who is addressed, what an order demands and by when) is configuration. How it looks
is its Word template.
"""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from pipeline.cases import day_words, school_year
from pipeline.errors import ConfigError
from pipeline.russian import toml_place

TEXTS = "documents.toml"
RESOURCES = Path(__file__).parent / "resources"
FIRST_MONTH = 9  # terms before September belong to the second half of the list's year
SUMMER = (7, 8)  # July and August of the list's own year: data are confirmed before the list is made
FIELD = re.compile(r"\{([^{}]*)\}")


@dataclass(frozen=True)
class DocumentTexts:
    """What documents of a list year say.

    Args:
        year: year of the list.
        sections: texts by section and name, fields not yet filled.
        days: the terms of the year by name.
    """

    year: int
    sections: Mapping[str, Mapping[str, Any]]
    days: Mapping[str, date]

    @property
    def fields(self) -> dict[str, str]:
        """What texts may name in braces."""
        names = {name: str(text) for name, text in self.sections["names"].items()}
        days = {name: day_words(day) for name, day in self.days.items()}
        years = {"year": str(self.year), "next_year": str(self.year + 1), "school_year": school_year(self.year)}
        return {**names, **days, **years}

    def name(self, name: str) -> str:
        """A name of `[names]`."""
        return str(self.sections["names"][name])

    def text(self, section: str, name: str, **more: str) -> str:
        """A text with its fields filled; `more` adds fields that only this document knows."""
        return _filled(str(self.sections[section][name]), {**self.fields, **more}, f"[{section}] {name}")

    def points(self, section: str, name: str, **more: str) -> list[list[str]]:
        """The points of a document, each as its lines: the first, then what stands below it."""
        fields = {**self.fields, **more}
        told = self.sections[section][name]
        return [_filled(str(point), fields, f"[{section}] {name}").split("\n") for point in told]


def load_texts(root: Path, year: int) -> DocumentTexts:
    """The texts for the list of a year: the package's, with those that the region words itself in their place.

    Raises:
        ConfigError: the region's file cannot be read, or names what no document asks for.
    """
    default = tomllib.loads((RESOURCES / TEXTS).read_text(encoding="utf-8"))
    own = _own(root / TEXTS)
    for section, values in own.items():
        known = default.get(section)
        if known is None or not isinstance(values, dict):
            raise _wrong(f"неизвестный раздел [{section}]", f"разделы: {', '.join(default)}")
        for name, value in values.items():
            if name not in known:
                raise _wrong(f"неизвестное имя {name} в разделе [{section}]", f"имена: {', '.join(known)}")
            if type(value) is not type(known[name]):
                kind = "список текстов" if isinstance(known[name], list) else "текст в кавычках"
                raise _wrong(f"{name} в разделе [{section}] не того вида", f"нужен {kind}")
    sections = {section: {**values, **own.get(section, {})} for section, values in default.items()}
    days = {name: _day(name, str(text), year) for name, text in sections["dates"].items()}
    return DocumentTexts(year, sections, days)


def _own(path: Path) -> dict[str, Any]:
    """What the region's file says; empty where there is none."""
    if not path.is_file():
        return {}
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ConfigError(
            "Слова и сроки документов не читаются",
            where=f"{TEXTS}{toml_place(error)}",
            remedy="исправьте файл в текстовом редакторе и сохраните в кодировке UTF-8",
        ) from error


def _day(name: str, text: str, year: int) -> date:
    """A term of the list's year: September to December and the summer before belong to it, the rest to the next."""
    found = re.fullmatch(r"(\d\d)-(\d\d)", text)
    try:
        month, day = (int(found[1]), int(found[2])) if found else (0, 0)
        return date(year if month >= FIRST_MONTH or month in SUMMER else year + 1, month, day)
    except ValueError as error:
        raise _wrong(f"срок {name} = «{text}» — не месяц и день", "запишите его как ММ-ДД, например 09-30") from error


def _filled(text: str, fields: Mapping[str, str], where: str) -> str:
    """The text with every field in braces filled."""
    unknown = sorted(set(FIELD.findall(text)) - set(fields))
    if unknown:
        raise _wrong(f"{where} называет неизвестное поле {{{unknown[0]}}}", f"поля: {', '.join(sorted(fields))}")
    return FIELD.sub(lambda found: fields[found[1]], text)


def _wrong(what: str, remedy: str) -> ConfigError:
    """The error of a text that no document can use."""
    return ConfigError(f"Слова и сроки документов: {what}", where=TEXTS, remedy=remedy)
