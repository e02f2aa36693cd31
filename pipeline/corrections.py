"""Declared corrections of known source errors: data with reason, provider and guard, applied to result cells.

`DIR/corrections/<year of results>.toml` holds entries like::

    [[correction]]
    school_id = "67-014"
    procedure = "oge"
    subject = "mat"
    grade = "9"
    guard = { low_count = 31 }      # what stands in the data now; the correction fails when it no longer does
    set = { low_count = 13 }
    reason = "Опечатка в протоколе: переставлены цифры"
    provider = "Письмо школы № 12 от 14.07.2026"
    status = "confirmed"            # confirmed, assumed

A correction that matches nothing, or whose guard no longer holds, stops the run: the source was mended meanwhile, or
the entry is wrong, and either must be seen.
"""

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from pipeline.errors import ConfigError
from pipeline.russian import toml_place
from pipeline.tables.results import CELL_KEY, RESULTS

CORRECTABLE = ("tested_count", "low_count", "absent_count", "mean_score")
FIELDS = {"school_id", "procedure", "subject", "grade", "guard", "set", "reason", "provider", "status"}
OPTIONAL = {"objection"}


@dataclass(frozen=True)
class Correction:
    """One declared correction of one result cell."""

    place: str
    key: tuple[str, int, str, str, str]
    guard: dict[str, float]
    values: dict[str, float]


def load(directory: Path) -> tuple[Correction, ...]:
    """Every correction in `DIR/corrections/*.toml`, in the order of files and entries."""
    found: list[Correction] = []
    for path in sorted((directory / "corrections").glob("*.toml")):
        where = f"corrections/{path.name}"
        if not path.stem.isdigit():
            raise ConfigError(
                "Файл исправлений назван не годом результатов", where=where, remedy="назовите его, например, 2026.toml"
            )
        try:
            document = tomllib.loads(path.read_text(encoding="utf-8"))
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise ConfigError(
                "Файл исправлений не читается",
                where=f"{where}{toml_place(error)}",
                remedy="исправьте файл в текстовом редакторе и сохраните в кодировке UTF-8",
            ) from error
        unknown = sorted(set(document) - {"correction"})
        if unknown:
            raise ConfigError(
                f"В файле исправлений неизвестный раздел: {', '.join(unknown)}; он не был бы применён",
                where=where,
                remedy="каждое исправление начинается строкой [[correction]]",
            )
        for number, entry in enumerate(document.get("correction", []), start=1):
            found.append(_correction(entry, int(path.stem), f"{where}, исправление {number}"))
    return tuple(found)


def apply(results: pd.DataFrame, corrections: tuple[Correction, ...]) -> pd.DataFrame:
    """The result cells with the corrections applied; one that matches nothing or whose guard fails is an error."""
    if not corrections:
        return results
    corrected = results.copy()
    places = {
        key: i
        for i, key in zip(corrected.index, corrected[list(CELL_KEY)].itertuples(index=False, name=None), strict=True)
    }
    for correction in corrections:
        row = places.get(correction.key)
        if row is None:
            raise ConfigError(
                "Исправление не нашло своей ячейки результатов",
                where=f"{correction.place}: {', '.join(map(str, correction.key))}",
                remedy="проверьте код школы, процедуру, предмет и класс или удалите исправление",
            )
        for name, expected in correction.guard.items():
            seen: Any = corrected.at[row, name]
            if pd.isna(seen) or float(seen) != float(expected):
                raise ConfigError(
                    f"Исправление рассчитано на {name} = {expected}, а в данных {seen}",
                    where=correction.place,
                    remedy="источник уже исправлен или изменился: удалите исправление или обновите guard",
                )
        for name, value in correction.values.items():
            corrected.at[row, name] = value
        source: Any = corrected.at[row, "source_text"]
        corrected.at[row, "source_text"] = "; ".join(
            str(part) for part in (source, correction.place) if not pd.isna(part)
        )
    return RESULTS.conform(corrected)


def _correction(entry: dict[str, object], year: int, place: str) -> Correction:
    """One checked entry."""
    names = set(entry)
    if not names >= FIELDS or names - FIELDS - OPTIONAL:
        wrong = ", ".join(sorted((FIELDS - names) | (names - FIELDS - OPTIONAL)))
        raise ConfigError("У исправления не хватает полей или есть лишние", where=place, remedy=f"проверьте: {wrong}")
    guard, values = entry["guard"], entry["set"]
    if not isinstance(guard, dict) or not isinstance(values, dict) or not guard or not values:
        raise ConfigError("guard и set исправления должны быть таблицами «столбец = значение»", where=place)
    strangers = (set(guard) | set(values)) - set(CORRECTABLE)
    if strangers:
        raise ConfigError(
            f"Эти столбцы исправлять нельзя: {', '.join(sorted(strangers))}",
            where=place,
            remedy=f"можно: {', '.join(CORRECTABLE)}",
        )
    if entry["status"] not in ("confirmed", "assumed"):
        raise ConfigError("status исправления — confirmed или assumed", where=place)
    key = (str(entry["school_id"]), year, str(entry["procedure"]), str(entry["subject"]), str(entry["grade"]))
    return Correction(place, key, dict(guard), dict(values))
