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
    status = "confirmed"            # confirmed, assumed, withdrawn (stays in the file and is not applied)
    objection = "2026-3"            # optional: year of the confirmation of data and number of the objection

An entry without `objection` mends what a school's file says, before merged schools are added up; one that names its
objection mends the figure that the school was shown that year, reorganisations of that year included.

A correction that matches nothing, or whose guard no longer holds, stops the run: the source was mended meanwhile, or
the entry is wrong, and either must be seen.
"""

import json
import re
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from pipeline.errors import ConfigError
from pipeline.lineage import carry_over, successors
from pipeline.objections import CellCorrection
from pipeline.russian import toml_place
from pipeline.tables.results import CELL_KEY, RESULTS

CORRECTABLE = ("tested_count", "low_count", "absent_count", "mean_score")
FIELDS = {"school_id", "procedure", "subject", "grade", "guard", "set", "reason", "provider", "status"}
OPTIONAL = {"objection"}
WITHDRAWN = "withdrawn"
STATUS_LINE = re.compile(r"^(\s*status\s*=\s*)([\"'])[a-z]+\2", re.MULTILINE)
OBJECTION_ID = re.compile(r"\d{4}-\d+")


@dataclass(frozen=True)
class Correction:
    """One declared correction of one result cell."""

    place: str
    key: tuple[str, int, str, str, str]
    guard: dict[str, float]
    values: dict[str, float]
    objection_id: str = ""

    @property
    def objection_year(self) -> int | None:
        """The year of decision in which the school objected; None for an error of a source."""
        return int(self.objection_id.split("-")[0]) if self.objection_id else None


def load(directory: Path) -> tuple[Correction, ...]:
    """Every correction in `DIR/corrections/*.toml` that counts, in the order of files and entries."""
    found: list[Correction] = []
    for path in sorted((directory / "corrections").glob("*.toml")):
        where = f"corrections/{path.name}"
        if not path.stem.isdigit():
            raise ConfigError(
                "Файл исправлений назван не годом результатов", where=where, remedy="назовите его, например, 2026.toml"
            )
        try:
            document = tomllib.loads(path.read_text(encoding="utf-8"))
        except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
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
            correction = _correction(entry, int(path.stem), f"{where}, исправление {number}")
            if entry["status"] != WITHDRAWN:
                found.append(correction)
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


def apply_and_carry(
    results: pd.DataFrame,
    corrections: tuple[Correction, ...],
    school_lineage: pd.DataFrame,
    homes: dict[str, str],
    year: int,
) -> pd.DataFrame:
    """The corrected cells of the schools that carry on (`RESULTS`), as of a year of decision.

    Errors of sources are mended in the cells of the schools that held the exams. An objection is about figures as the
    school was shown them, so it is applied after the reorganisations of its year and before those of later ones.
    Corrections of results or objections that are later than the year are not yet known in it.

    Args:
        results: cells of the schools that held the exams (`RESULTS`).
        corrections: all that are declared.
        school_lineage: `SCHOOL_LINEAGE`.
        homes: school -> municipality of the register.
        year: year of decision.
    """
    known = [c for c in corrections if c.key[1] <= year and (c.objection_year or year) <= year]
    carried = apply(results, tuple(c for c in known if c.objection_year is None))
    for then in sorted({c.objection_year for c in known if c.objection_year is not None} | {year}):
        carried = carry_over(carried, successors(school_lineage, then), homes)
        carried = apply(carried, tuple(c for c in known if c.objection_year == then))
    return carried


def entry_text(entry: CellCorrection) -> str:
    """An accepted objection as it stands in `corrections/<year of results>.toml`."""

    def quoted(told: str) -> str:
        # A JSON string is a TOML string, but for one sign that nobody can see.
        return json.dumps(told, ensure_ascii=False).replace("\x7f", "")

    guard, values = (
        ", ".join(f"{name} = {count}" for name, count in counts.items()) for counts in (entry.guard, entry.values)
    )
    lines = [
        "[[correction]]",
        f"school_id = {quoted(entry.school_id)}",
        f"procedure = {quoted(entry.procedure)}",
        f"subject = {quoted(entry.subject)}",
        f"grade = {quoted(entry.grade)}",
        f"guard = {{ {guard} }}",
        f"set = {{ {values} }}",
        f"reason = {quoted(entry.reason)}",
        f"provider = {quoted(entry.provider)}",
        'status = "confirmed"',
        f"objection = {quoted(entry.objection_id)}",
    ]
    return "\n".join(lines) + "\n"


def withdraw(content: str, objection_id: str) -> str:
    """The text of a file of corrections whose entries that name an objection no longer count; nothing else changes.

    Args:
        content: a file that `load` can read.
        objection_id: year and number of the objection.

    Raises:
        ConfigError: an entry stands in the file in another form than line by line.
    """
    starts = [match.start() for match in re.finditer(r"^\s*\[\[correction\]\]", content, re.MULTILINE)]
    parts = [content[a:b] for a, b in zip([0, *starts], [*starts, len(content)], strict=True)]
    for place, part in enumerate(parts):
        entries = tomllib.loads(part).get("correction", [])
        if any(str(entry.get("objection", "")) == objection_id for entry in entries):
            parts[place] = STATUS_LINE.sub(rf'\1"{WITHDRAWN}"', part)
    text = "".join(parts)
    own = [e for e in tomllib.loads(text).get("correction", []) if str(e.get("objection", "")) == objection_id]
    if any(entry["status"] != WITHDRAWN for entry in own):
        raise ConfigError(
            f"Исправление по возражению {objection_id} не удаётся отозвать",
            where="corrections",
            remedy='впишите в него строку status = "withdrawn" и повторите команду',
        )
    return text


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
    if entry["status"] not in ("confirmed", "assumed", WITHDRAWN):
        raise ConfigError("status исправления — confirmed, assumed или withdrawn", where=place)
    key = (str(entry["school_id"]), year, str(entry["procedure"]), str(entry["subject"]), str(entry["grade"]))
    objection = str(entry.get("objection", ""))
    if objection and not OBJECTION_ID.fullmatch(objection):
        raise ConfigError(
            f"objection исправления — «{objection}», а должно быть «год-номер»", where=place, remedy="например, 2026-3"
        )
    return Correction(place, key, dict(guard), dict(values), objection)
