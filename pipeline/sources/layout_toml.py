"""Declarative layouts as TOML: where the files lie, and their keys read strictly, every fault with its key and remedy.

Patterns are regular expressions looked for in header cells, titles and sheet names as `header_text` gives them: lower
case, ё as е, single spaces. Letters of a pattern are brought to the same form here, so a pattern may be written freely.
"""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.errors import ConfigError
from pipeline.russian import system_fault, toml_place

PACKAGE_LAYOUTS = Path(__file__).parents[1] / "resources" / "layouts"
RESULTS, CONTEXT = KINDS = "results", "context"  # what a layout describes: its key `kind`, results without it
UNKNOWN = "?"  # what a draft puts where it could not guess; a layout with it is refused


@dataclass(frozen=True)
class Finder:
    """Where a word about a sheet stands: given as such, or group 1 of a pattern over the sheet's name or its titles."""

    fixed: str = ""
    name: str = ""
    title: str = ""

    @property
    def is_given(self) -> bool:
        """Whether the layout says anything about this word."""
        return bool(self.fixed or self.name or self.title)


def layout_paths(root: Path | None, kind: str) -> dict[str, Path]:
    """The layout files of a kind by file name, sorted; a file in DIR/layouts replaces the package's of the same name.

    Raises:
        ConfigError: a file cannot be read or names an unknown kind.
    """
    folders = [PACKAGE_LAYOUTS, *([root / "layouts"] if root else [])]
    paths = {path.name: path for folder in folders for path in folder.glob("*.toml")}
    return {name: paths[name] for name in sorted(paths) if _kind_of(paths[name]) == kind}


def refuse_repeated_ids(ids: Mapping[str, str]) -> None:
    """Refuse two files that give their layouts one id.

    Args:
        ids: «file name: sheet» or file name -> layout_id.
    """
    names: dict[str, str] = {}
    for name, layout_id in ids.items():
        other = names.setdefault(layout_id, name)
        if other != name:
            raise ConfigError(
                f"Два макета с одним layout_id «{layout_id}»: {other} и {name}",
                where=f"layouts/{name}",
                remedy="дайте одному из них другое имя layout_id; чтобы заменить макет, назовите файл так же",
            )


def _kind_of(path: Path) -> str:
    where = f"layouts/{path.name}"
    return Section(read_document(path, where), where, "").choice("kind", KINDS, RESULTS)


def read_document(path: Path, where: str) -> dict[str, Any]:
    """The TOML of a file as it stands."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ConfigError(
            "Макет не читается как TOML",
            where=f"{where}{toml_place(error)}",
            remedy="исправьте файл по образцу в docs/layouts.md и сохраните в кодировке UTF-8",
        ) from error
    except OSError as error:
        raise ConfigError(
            f"Макет не читается: {system_fault(error)}",
            where=where,
            remedy="проверьте, что это файл и что его можно открыть, или уберите его из layouts/",
        ) from error


class Section:
    """One table of the TOML; remembers which keys were asked for, so that unknown ones can be refused."""

    def __init__(self, values: Mapping[str, Any], where: str, name: str) -> None:
        self._values = values
        self._where = where
        self._name = name
        self._asked: set[str] = set()

    def error(self, key: str, what: str, remedy: str) -> ConfigError:
        """The error about one key of this section."""
        place = f"{self._name}.{key}" if self._name else key
        return ConfigError(f"Ошибка в макете: {what}", where=f"{self._where}, ключ {place}", remedy=remedy)

    def refuse_unknown(self) -> None:
        """Refuse keys that nobody has asked for: a misspelt key would silently do nothing."""
        unknown = sorted(set(self._values) - self._asked)
        if unknown:
            known = ", ".join(sorted(self._asked))
            raise self.error(unknown[0], "такого ключа нет", f"уберите или исправьте ключ; известны: {known}")

    def text(self, key: str, default: str | None = None) -> str:
        """A text; required where there is no default."""
        value = self._value(key, default, str, "текст в кавычках")
        if value == UNKNOWN or (default is None and not value.strip()):
            raise self.error(key, "значение не вписано", f"впишите значение вместо «{value}»")
        return str(value)

    def number(self, key: str, low: int, high: int, default: int | None = None) -> int:
        """A whole number within bounds."""
        value = int(self._value(key, default, int, "целое число"))
        if not low <= value <= high:
            raise self.error(key, f"{value} вне границ {low}…{high}", f"впишите число от {low} до {high}")
        return value

    def flag(self, key: str, default: bool) -> bool:
        """True or false."""
        return bool(self._value(key, default, bool, "true или false"))

    def choice(self, key: str, choices: tuple[str, ...], default: str | None = None) -> str:
        """One of the choices."""
        value = self.text(key, default)
        if value not in choices:
            known = ", ".join(choice for choice in choices if choice)
            raise self.error(key, f"неизвестное значение «{value}»", f"впишите одно из: {known}")
        return value

    def texts(self, key: str, default: tuple[str, ...]) -> tuple[str, ...]:
        """A list of texts."""
        values = self._value(key, list(default), list, "список текстов в квадратных скобках")
        if not all(isinstance(value, str) for value in values):
            raise self.error(key, "в списке не только тексты", "каждое значение списка — текст в кавычках")
        return tuple(values)

    def pattern(self, key: str, default: str | None = None, *, group_count: int = 0) -> str:
        """A regular expression with at least so many groups; empty where the default is."""
        value = self.text(key, default)
        return self._checked_pattern(key, value, group_count) if value else ""

    def patterns(self, key: str) -> tuple[str, ...]:
        """A list of regular expressions."""
        return tuple(self._checked_pattern(key, value, 0) for value in self.texts(key, ()))

    def finder(self, key: str) -> Finder:
        """Where a word stands: itself, `{ name = … }` or `{ title = … }`."""
        value = self._values.get(key)
        self._asked.add(key)
        if value is None:
            return Finder()
        if isinstance(value, str) or type(value) is int:
            return Finder(fixed=self.text(key) if isinstance(value, str) else str(value))
        if not isinstance(value, dict) or len(value) != 1 or set(value) - {"name", "title"}:
            raise self.error(
                key, "неизвестный вид значения", "впишите само значение, { name = 'образец' } или { title = 'образец' }"
            )
        section = Section(value, self._where, f"{self._name}.{key}" if self._name else key)
        (kind,) = value
        return Finder(**{kind: section.pattern(kind, group_count=1)})

    def section(self, key: str) -> "Section":
        """A table inside this one; empty where it is absent."""
        return Section(self._value(key, {}, dict, f"раздел [{key}]"), self._where, key)

    def sections(self, key: str) -> list["Section"]:
        """An array of tables, one at least."""
        values = self._value(key, None, list, f"разделы [[{key}]]")
        if not values or not all(isinstance(value, dict) for value in values):
            raise self.error(key, "нет ни одного описания листа", f"добавьте раздел [[{key}]]")
        return [Section(value, self._where, f"{key}[{number}]") for number, value in enumerate(values, start=1)]

    def codes(self) -> dict[str, str]:
        """Every key of this table with its text."""
        return {key: self.text(key) for key in self._values}

    def pattern_with_group(self, value: str, key: str) -> str:
        """A regular expression of a list, with one group at least."""
        return self._checked_pattern(key, value, 1)

    def text_lists(self, key: str) -> tuple[tuple[str, ...], ...]:
        """A list of lists of texts, none of them empty."""
        values = self._value(key, None, list, "список списков текстов")
        is_right = all(isinstance(value, list) and value and all(isinstance(t, str) for t in value) for value in values)
        if not is_right or not values:
            raise self.error(key, "в списке не только списки текстов", "каждый вариант — тексты в квадратных скобках")
        return tuple(tuple(value) for value in values)

    def keys(self) -> tuple[str, ...]:
        """The keys of this table in the order of the file."""
        return tuple(self._values)

    def _value(self, key: str, default: Any, kind: type, told: str) -> Any:
        self._asked.add(key)
        value = self._values.get(key, default)
        if value is None:
            raise self.error(key, "нет обязательного ключа", f"впишите {told}")
        if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
            raise self.error(key, f"значение не того вида: {value!r}", f"нужно: {told}")
        return value

    def _checked_pattern(self, key: str, value: str, group_count: int) -> str:
        """The pattern in the letters of `header_text`; a Latin capital after a backslash or «?» is part of a sign."""
        lowered = re.sub(r"[А-ЯЁа-яё]+|(?<![\\?])[A-Z]", lambda found: found.group().lower().replace("ё", "е"), value)
        try:
            groups = re.compile(lowered).groups
        except re.error as error:
            raise self.error(key, f"неверное регулярное выражение «{value}»: {error}", "исправьте образец") from error
        if groups < group_count:
            raise self.error(key, f"в образце «{value}» нет группы в скобках", "возьмите искомое в круглые скобки")
        return lowered
