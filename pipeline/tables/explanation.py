"""The table behind a school's explanation: nothing stands in the letter that does not stand here."""

from pipeline.schema import Column, Table
from pipeline.tables.decision import DECISION_YEAR

SECTIONS = ("decision", "evidence", "reckoning", "certainty", "change", "sources")

EXPLANATION = Table(
    name="explanation",
    grain="One row per fact about one school and year of decision, in the order of the letter.",
    title="Объяснение решения по школе",
    key=("school_id", "year", "row_number"),
    columns=(
        Column("school_id", "string", "Код школы"),
        DECISION_YEAR,
        Column("row_number", "int", "№", minimum=1),
        Column("section_code", "string", "Раздел", choices=SECTIONS),
        Column("fact_code", "string", "Факт"),
        Column("part_text", "string", "О чём: год, экзамен, предмет и класс, файл"),
        Column("title", "string", "Что это"),
        Column("value", "float", "Значение числом", nullable=True),
        Column("value_text", "string", "Значение словами"),
        Column("unit_text", "string", "Единица"),
        Column("source_text", "string", "Откуда: файл и строка или расчёт"),
    ),
    caveats=(
        "Не хранится: команда `shnro explain` составляет её из опубликованных таблиц.",
        "Для внутренней работы: рядом с названием школы числа не передают наружу.",
    ),
)

TABLES = (EXPLANATION,)
