"""The commission's decisions written as TOML: the same lines as in its workbook.

A file looks like::

    year = 2026
    who = "Комиссия, протокол № 3"   # here, or in each decision
    date = 2026-09-15

    [[decision]]
    school_id = "67-014"
    action = "observe"               # include, exclude, observe, or the word of the workbook
    why = "Выпускников было трое"
    review_date = 2026-12-01         # of observe only
"""

import tomllib
from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

from pipeline.errors import ConfigError, SourceError
from pipeline.russian import toml_place
from pipeline.sources.commission import WrittenLine
from pipeline.sources.grid import SourceFile

COMMON = {"who", "date"}
FIELDS = {"school_id", "action", "why", "review_date"} | COMMON
FILE_FIELDS = {"year", "region", "decision"} | COMMON


def read_toml_lines(file: SourceFile, region_name: str, year: int, words: dict[str, str]) -> tuple[WrittenLine, ...]:
    """The decisions of a TOML file, in its order.

    Args:
        file: the file.
        region_name: the region; a file that names another one is refused.
        year: year of decision; the file has to name it.
        words: code of an action -> its word in the workbook.

    Raises:
        SourceError: the file cannot be read.
        ConfigError: it is another year's or region's, or has fields that nobody would read.
    """
    try:
        document = tomllib.loads(file.path.read_bytes().decode("utf-8-sig"))
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise SourceError(
            "Файл решений комиссии не читается",
            where=f"{file.file_id}{toml_place(error) if isinstance(error, ValueError) else ''}",
            remedy="проверьте кавычки и сохраните файл в кодировке UTF-8",
        ) from error
    entries = document.get("decision", [])
    faults = list(_faults(document, entries, region_name, year))
    if faults:
        raise ConfigError(
            "Файл решений комиссии не принят, ничего не записано",
            where=f"{file.file_id}: {'; '.join(faults)}",
            remedy="каждое решение начинается строкой [[decision]], вверху файла стоит year = " + str(year),
        )
    common = {name: document[name] for name in COMMON if name in document}
    return tuple(_line(number, common | entry, words) for number, entry in enumerate(entries, start=1))


def _faults(document: dict[str, Any], entries: Any, region_name: str, year: int) -> Iterator[str]:
    """What makes the file as a whole unreadable."""
    unknown = sorted(set(document) - FILE_FIELDS)
    if unknown:
        yield f"неизвестные поля: {', '.join(unknown)}"
    if document.get("year") != year:
        yield f"год решений — {document.get('year', 'не указан')}, а нужен {year}"
    if document.get("region", region_name) != region_name:
        yield f"решения другого региона: «{document['region']}»"
    if not isinstance(entries, list) or not entries or not all(isinstance(entry, dict) for entry in entries):
        yield "нет ни одного решения"
        return
    for number, entry in enumerate(entries, start=1):
        if unknown := sorted(set(entry) - FIELDS):
            yield f"решение {number}: неизвестные поля: {', '.join(unknown)}"


def _line(number: int, entry: dict[str, Any], words: dict[str, str]) -> WrittenLine:
    """A decision as a line of the workbook would have it."""
    told = {name: _text(entry.get(name)) for name in FIELDS}
    action = told["action"].lower()
    return WrittenLine(
        f"решение {number}",
        told["school_id"],
        words.get(action, action),
        told["who"],
        told["date"],
        told["why"],
        told["review_date"],
    )


def _text(value: object) -> str:
    """A value as text; TOML may write a day without quotes."""
    if isinstance(value, datetime):
        return value.date().isoformat()
    return value.isoformat() if isinstance(value, date) else " ".join(str("" if value is None else value).split())
