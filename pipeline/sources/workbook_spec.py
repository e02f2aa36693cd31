"""The TOML of a declarative layout as frozen records; a wrong file is refused with its name, its key and the remedy.

What a key may hold and how patterns are written is said in `pipeline.sources.layout_toml`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pipeline.errors import ConfigError
from pipeline.sources.layout_toml import RESULTS, Finder, Section, read_document
from pipeline.sources.reading import header_text
from pipeline.tables.reference import CODE_KINDS

NOTHING = "nothing"
MEASURES = ("low", "absent", "mean", "tested")  # in this order a header cell is tried: «участников ниже порога» is low
BLANK_MARKS = ("-", "–", "—")
UNKNOWN_MARKS = ("х", "x", "н/д")  # Russian and Latin; «not applicable» or hidden: beside participants it is no zero
TOTALS = r"^(итого|всего)\b"
REGION_TOTALS = r"\bкра[йюе]\b|област|республик|\bрегион"
# Singular only: «итого по Вяземскому району» is a municipality, «всего по районам» is not.
MUNICIPALITY_TOTALS = r"район[аеу]?\b|округ[аеу]?\b|город[аеу]?\b|\bг\."


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
    top = Section(read_document(path, where), where, "")
    top.choice("kind", (RESULTS,), RESULTS)
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


def _default_of(measure: str) -> str | None:
    """No pattern for the measures that a workbook may lack; the others must be described."""
    return None if measure in ("tested", "low") else ""


def _sheet(section: Section, grade: str, header_rows: int) -> SheetSpec:
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
