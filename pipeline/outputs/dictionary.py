"""The data dictionary as text, from the declarations of the tables."""

from pipeline.errors import ConfigError
from pipeline.schema import Column, Table
from pipeline.tables import TABLES

KINDS = {"string": "текст", "int": "целое", "float": "число", "bool": "да/нет", "date": "дата"}


def render(name: str = "") -> str:
    """The dictionary of one table, or of all where no name is given, as Markdown."""
    if name and name not in TABLES:
        raise ConfigError(f"Таблицы «{name}» нет", remedy=f"выберите одну из: {', '.join(TABLES)}")
    tables = [TABLES[name]] if name else list(TABLES.values())
    return "\n\n".join(_table(table) for table in tables)


def _table(table: Table) -> str:
    titles = {column.name: column.title for column in table.columns}
    grain = ", ".join(f"{titles[name]} (`{name}`)" for name in table.key)
    lines = [f"## {table.name} — {table.title}", "", f"Одна строка — одно сочетание: {grain}."]
    if table.caveats:
        lines += ["", "Важно знать:", *(f"- {caveat}" for caveat in table.caveats)]
    lines += ["", "| столбец | вид | пусто | единица | что это |", "| --- | --- | --- | --- | --- |"]
    lines += [_row(column) for column in table.columns]
    return "\n".join(lines)


def _row(column: Column) -> str:
    bounds = ""
    if column.minimum is not None or column.maximum is not None:
        low = "" if column.minimum is None else f"{column.minimum:g}"
        high = "" if column.maximum is None else f"{column.maximum:g}"
        bounds = f" ({low}…{high})"
    codes = f": {', '.join(column.choices)}" if column.choices else ""
    empty = "да" if column.nullable else "нет"
    return f"| {column.name} | {KINDS[column.kind]}{bounds} | {empty} | {column.unit} | {column.title}{codes} |"
