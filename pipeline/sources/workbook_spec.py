"""The TOML of a declarative layout as frozen records; a wrong file is refused with its name, its key and the remedy.

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
from pipeline.sources.reading import header_text
from pipeline.tables.reference import CODE_KINDS

RESULTS, NOTHING = "results", "nothing"
UNKNOWN = "?"  # what a draft puts where it could not guess; a layout with it is refused
MEASURES = ("low", "absent", "mean", "tested")  # in this order a header cell is tried: «участников ниже порога» is low
BLANK_MARKS = ("-", "–", "—")
UNKNOWN_MARKS = ("х", "x", "н/д")  # Russian and Latin; «not applicable» or hidden: beside participants it is no zero
TOTALS = r"^(итого|всего)\b"
REGION_TOTALS = r"\bкра[йюе]\b|област|республик|\bрегион"
# Singular only: «итого по Вяземскому району» is a municipality, «всего по районам» is not.
MUNICIPALITY_TOTALS = r"район[аеу]?\b|округ[аеу]?\b|город[аеу]?\b|\bг\."


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


@dataclass(frozen=True)
class SheetSpec:
    """One [[sheets]] entry: how its sheets are known and what they hold.

    Args:
        name, title: patterns of the sheet's name and of some cell above the header; empty where not demanded.
        header: patterns demanded of the header row of a sheet that holds nothing.
        header_rows: number of header rows.
        holds: `results` or `nothing`.
        reason: why the sheet holds nothing, Russian.
        year, subject: where the year and, for a header without blocks, the subject stand.
        grade: grade of the results.
    """

    name: str
    title: str
    header: tuple[str, ...]
    header_rows: int
    holds: str
    reason: str
    year: Finder
    subject: Finder
    grade: str


@dataclass(frozen=True)
class WorkbookSpec:
    """A declarative layout; the keys are explained in docs/layouts.md."""

    layout_id: str
    title: str
    procedure: str
    sheets: tuple[SheetSpec, ...]
    fills_right: bool
    municipality_column: str
    municipality_row: str
    municipality_fills_down: bool
    school_column: str
    code_column: str
    code_kind: str
    measures: Mapping[str, str]
    ignored_measures: tuple[str, ...]
    low_unit: str
    blank_marks: tuple[str, ...]
    unknown_marks: tuple[str, ...]
    is_blank_low_zero: bool
    is_blank_absent_zero: bool
    totals: str
    region_totals: str
    municipality_totals: str
    block_pattern: str
    ignored_blocks: tuple[str, ...]
    subjects: Mapping[str, str]


def load_spec(path: Path) -> WorkbookSpec:
    """The layout in a TOML file, or a `ConfigError` that names the key and the remedy."""
    where = f"layouts/{path.name}"
    top = _Section(_document(path, where), where, "")
    header, municipality, school = top.section("header"), top.section("municipality"), top.section("school")
    measures, blanks, totals, blocks = (top.section(name) for name in ("measures", "blanks", "totals", "blocks"))
    grade, header_rows = top.text("grade"), header.number("rows", 1, 2)
    spec = WorkbookSpec(
        layout_id=top.text("layout_id"),
        title=top.text("title"),
        procedure=top.text("procedure"),
        sheets=tuple(_sheet(section, grade, header_rows) for section in top.sections("sheets")),
        fills_right=header.flag("fills_right", True),
        municipality_column=municipality.pattern("column", ""),
        municipality_row=municipality.pattern("row", ""),
        municipality_fills_down=municipality.flag("fills_down", False),
        school_column=school.pattern("column"),
        code_column=school.pattern("code_column", ""),
        code_kind=school.choice("code_kind", ("", *CODE_KINDS), ""),
        measures={name: found for name in MEASURES if (found := measures.pattern(name, _default_of(name)))},
        ignored_measures=measures.patterns("ignore"),
        low_unit=measures.choice("low_unit", ("count", "percent", "share"), "count"),
        blank_marks=tuple(header_text(mark) for mark in blanks.texts("marks", BLANK_MARKS)),
        unknown_marks=tuple(header_text(mark) for mark in blanks.texts("unknown", UNKNOWN_MARKS)),
        is_blank_low_zero=blanks.choice("low", ("zero", "missing"), "zero") == "zero",
        is_blank_absent_zero=blanks.choice("absent", ("zero", "missing"), "missing") == "zero",
        totals=totals.pattern("row", TOTALS),
        region_totals=totals.pattern("region", REGION_TOTALS),
        municipality_totals=totals.pattern("municipality", MUNICIPALITY_TOTALS),
        block_pattern=blocks.pattern("pattern", "", group_count=1),
        ignored_blocks=blocks.patterns("ignore"),
        subjects={header_text(spelling): code for spelling, code in top.section("subjects").codes().items()},
    )
    for section in (header, municipality, school, measures, blanks, totals, blocks, top):
        section.refuse_unknown()
    _refuse_contradiction(spec, where)
    return spec


def _document(path: Path, where: str) -> dict[str, Any]:
    """The TOML of a file as it stands."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
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


def _default_of(measure: str) -> str | None:
    """No pattern for the measures that a workbook may lack; the others must be described."""
    return None if measure in ("tested", "low") else ""


def _sheet(section: "_Section", grade: str, header_rows: int) -> SheetSpec:
    """One [[sheets]] entry; it inherits the grade and the number of header rows."""
    spec = SheetSpec(
        name=section.pattern("name", ""),
        title=section.pattern("title", ""),
        header=section.patterns("header"),
        header_rows=section.number("header_rows", 1, 2, header_rows),
        holds=section.choice("holds", (RESULTS, NOTHING)),
        reason=section.text("reason", ""),
        year=section.finder("year"),
        subject=section.finder("subject"),
        grade=section.text("grade", grade),
    )
    section.refuse_unknown()
    if not (spec.name or spec.title):
        raise section.error(
            "name", "нет ни name, ни title: лист нечем узнать", "впишите образец имени листа или заголовка"
        )
    if spec.holds == NOTHING and not spec.reason:
        raise section.error("reason", "не сказано, почему на листе нет результатов", "впишите причину по-русски")
    if spec.holds == RESULTS and not spec.year.is_given:
        raise section.error("year", "не сказано, где стоит год", "например: year = { name = '(\\d{4})' }")
    return spec


def _refuse_contradiction(spec: WorkbookSpec, where: str) -> None:
    """Refuse keys that are right one by one and wrong together."""
    wrong: list[tuple[str, str]] = []
    if bool(spec.municipality_column) == bool(spec.municipality_row):
        wrong.append(("municipality", "нужен ровно один из ключей column (столбец) и row (строка)"))
    if bool(spec.code_column) != bool(spec.code_kind):
        wrong.append(("school", "code_column и code_kind указывают вместе"))
    for number, sheet in enumerate(spec.sheets, start=1):
        has_blocks = sheet.header_rows == 2 or bool(spec.block_pattern)
        if sheet.holds == RESULTS and sheet.subject.is_given == has_blocks:
            what = (
                "предмет назван в шапке, ключ subject лишний"
                if has_blocks
                else "не сказано, где назван предмет (subject)"
            )
            wrong.append((f"sheets[{number}]", what))
    if wrong:
        key, what = wrong[0]
        raise ConfigError(f"В макете противоречие: {what}", where=f"{where}, ключ {key}", remedy="см. docs/layouts.md")


class _Section:
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
        unknown = sorted(set(self._values) - self._asked)
        if unknown:
            known = ", ".join(sorted(self._asked))
            raise self.error(unknown[0], "такого ключа нет", f"уберите или исправьте ключ; известны: {known}")

    def text(self, key: str, default: str | None = None) -> str:
        value = self._value(key, default, str, "текст в кавычках")
        if value == UNKNOWN or (default is None and not value.strip()):
            raise self.error(key, "значение не вписано", f"впишите значение вместо «{value}»")
        return str(value)

    def number(self, key: str, low: int, high: int, default: int | None = None) -> int:
        value = int(self._value(key, default, int, "целое число"))
        if not low <= value <= high:
            raise self.error(key, f"{value} вне границ {low}…{high}", f"впишите число от {low} до {high}")
        return value

    def flag(self, key: str, default: bool) -> bool:
        return bool(self._value(key, default, bool, "true или false"))

    def choice(self, key: str, choices: tuple[str, ...], default: str | None = None) -> str:
        value = self.text(key, default)
        if value not in choices:
            known = ", ".join(choice for choice in choices if choice)
            raise self.error(key, f"неизвестное значение «{value}»", f"впишите одно из: {known}")
        return value

    def texts(self, key: str, default: tuple[str, ...]) -> tuple[str, ...]:
        values = self._value(key, list(default), list, "список текстов в квадратных скобках")
        if not all(isinstance(value, str) for value in values):
            raise self.error(key, "в списке не только тексты", "каждое значение списка — текст в кавычках")
        return tuple(values)

    def pattern(self, key: str, default: str | None = None, *, group_count: int = 0) -> str:
        value = self.text(key, default)
        return self._checked_pattern(key, value, group_count) if value else ""

    def patterns(self, key: str) -> tuple[str, ...]:
        return tuple(self._checked_pattern(key, value, 0) for value in self.texts(key, ()))

    def finder(self, key: str) -> Finder:
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
        section = _Section(value, self._where, f"{self._name}.{key}" if self._name else key)
        (kind,) = value
        return Finder(**{kind: section.pattern(kind, group_count=1)})

    def section(self, key: str) -> "_Section":
        return _Section(self._value(key, {}, dict, f"раздел [{key}]"), self._where, key)

    def sections(self, key: str) -> list["_Section"]:
        values = self._value(key, None, list, f"разделы [[{key}]]")
        if not values or not all(isinstance(value, dict) for value in values):
            raise self.error(key, "нет ни одного описания листа", f"добавьте раздел [[{key}]]")
        return [_Section(value, self._where, f"{key}[{number}]") for number, value in enumerate(values, start=1)]

    def codes(self) -> dict[str, str]:
        return {key: self.text(key) for key in self._values}

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
