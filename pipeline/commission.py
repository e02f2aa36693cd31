"""What the commission decides: the workbook that it gets, and its decisions back in `decisions/commission.csv`.

A workbook is taken whole or not at all: every fault of every line is told at once, and nothing is written. A decision
that stands already is never replaced here; who changes one edits the file, where it is seen.
"""

import csv
import io
from collections.abc import Iterable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd

from pipeline import region
from pipeline.errors import ConfigError, PipelineError
from pipeline.outputs.commission import ACTION_WORDS, CommissionBook, render
from pipeline.reconciliation import CORRIDOR, LIST_TITLES, RELATION_TITLES
from pipeline.register import alphabetical, municipality_names, valid_in
from pipeline.russian import number, plural
from pipeline.schema import records
from pipeline.selection import REASON_CODES
from pipeline.sources.commission import ACTION, CODE, DAY, WHO, WHY, WrittenLine, day_of, read_lines
from pipeline.sources.grid import source_file
from pipeline.store import Published, write_whole
from pipeline.tables import decision, reference
from pipeline.tables.orders import COMMISSION_DECISIONS, LIST_RECONCILIATION

DECISIONS = "decisions/commission.csv"
FIELDS = ("action", "who", "date", "why")
# Reasons that put a question to experts; what else stands among the reasons is told as known.
QUESTION_CODES = ("no_results", "no_recent_results", "thin_data", "thin_without_vpr", "listed_needs_expert")
FORMULA_SIGNS = ("=", "+", "-", "@")
SHOWN_FAULTS = 10


def workbook_path(root: Path, year: int) -> Path:
    """Where the commission's workbook of a year lies."""
    return root / "forms" / str(year) / "commission" / f"Решения комиссии {year}.xlsx"


def write_workbook(root: Path, year: int) -> Path:
    """Write the commission's workbook from the published list; one with unread decisions is never replaced.

    Raises:
        StoreError: nothing is published, or the file cannot be written.
        ConfigError: decisions stand in the workbook that nobody has read yet.
    """
    published = Published(root, "identification", year)
    settings = region.load_region(root)
    path = workbook_path(root, year)
    _refuse_unread(path, root, settings.name, year)
    book = CommissionBook(
        region_name=settings.name,
        year=year,
        schools=questions(
            published.read(decision.SELECTION),
            published.read(decision.STABILITY),
            region.commission_decisions(root),
            municipality_names(published.read(reference.MUNICIPALITIES), year),
            year,
        ),
        federal=_federal(published),
        notice=region.DEMO_NOTICE if settings.is_demo else "",
    )
    write_whole(root, path.relative_to(root).as_posix(), render(book))
    return path


def questions(
    selection: pd.DataFrame, stability: pd.DataFrame, decisions: pd.DataFrame, areas: dict[str, str], year: int
) -> pd.DataFrame:
    """One row per school that waits for the commission, as `CommissionBook.schools` wants it.

    The experts' list comes first, then the schools at the border of the list, each by municipality and name.

    Args:
        selection: `SELECTION`.
        stability: `STABILITY`.
        decisions: `COMMISSION_DECISIONS`; those of the year are shown, also of schools that they have decided.
        areas: names of municipalities.
        year: year of decision.
    """
    own = {row["school_id"]: row for row in records(decisions[decisions["year"] == year])}
    known = {row["school_id"]: row for row in records(stability)}
    rows = []
    for row in records(selection):
        codes = str(row["reason_codes"]).split(";")
        asked = [REASON_CODES[code] for code in codes if code in QUESTION_CODES]
        is_decided = row["school_id"] in own
        if not asked and not row["is_in_corridor"] and not is_decided:
            continue
        taken = own.get(row["school_id"], dict.fromkeys(FIELDS))
        area = areas.get(row["municipality_id"], row["municipality_id"])
        words = asked or [CORRIDOR] * bool(row["is_in_corridor"]) or ["Решение комиссии уже есть."]
        rows.append(
            {
                "order": (not asked, alphabetical(area), alphabetical(row["school_name"]), row["school_id"]),
                "school_id": row["school_id"],
                "municipality_name": area,
                "school_name": row["school_name"],
                "question_text": " ".join(words),
                "known_text": " ".join(_known(row, known.get(row["school_id"]))),
            }
            | {name: taken[name] for name in FIELDS}
        )
    rows.sort(key=lambda row: row["order"])
    columns = ["school_id", "municipality_name", "school_name", "question_text", "known_text", *FIELDS]
    return pd.DataFrame([{name: row[name] for name in columns} for row in rows], columns=columns)


def read_workbook(root: Path, year: int, path: Path | None = None) -> tuple[int, int]:
    """Add the decisions of a filled workbook to `decisions/commission.csv`; gives how many are new and were known.

    Raises:
        SourceError: the file is no workbook of the commission.
        ConfigError: a line is incomplete, contradicts another or a decision that stands; nothing has changed.
    """
    file = path or workbook_path(root, year)
    if not file.is_file():
        raise ConfigError(
            "Книги решений комиссии нет",
            where=str(file),
            remedy="получите её командой «shnro commission workbook» или назовите файл",
        )
    lines = read_lines(source_file(file, file.parent, year), region.load_region(root).name, year)
    standing = region.commission_decisions(root)
    schools = valid_in(region.reference_table(root, reference.SCHOOLS), year)
    new, known_count, faults = judge(lines, standing, frozenset(schools["school_id"]), year)
    if faults:
        more = f"; и ещё {len(faults) - SHOWN_FAULTS}" if len(faults) > SHOWN_FAULTS else ""
        raise ConfigError(
            f"Решения комиссии не приняты, ошибок: {len(faults)}; ничего не записано",
            where=f"{file.name}: {'; '.join(faults[:SHOWN_FAULTS])}{more}",
            remedy="исправьте строки в книге и прочитайте её ещё раз",
        )
    if not new.empty:
        write_whole(root, DECISIONS, _csv([*records(standing), *records(new)]))
    return len(new), known_count


def judge(
    lines: Iterable[WrittenLine], standing: pd.DataFrame, school_ids: frozenset[str], year: int
) -> tuple[pd.DataFrame, int, list[str]]:
    """New decisions (`COMMISSION_DECISIONS`), how many lines were known already, and every fault in Russian.

    Args:
        lines: what `read_lines` gives.
        standing: decisions that stand (`COMMISSION_DECISIONS`).
        school_ids: the schools that exist in the year.
        year: year of decision.
    """
    actions = {word: action for action, word in ACTION_WORDS.items()}
    earlier = {row["school_id"]: _told(row) for row in records(standing[standing["year"] == year])}
    new: dict[str, dict[str, Any]] = {}
    known_count, faults = 0, []
    for line in lines:
        found = list(_faults(line, school_ids, year))
        if found:
            faults += [f"{line.place}: {fault}" for fault in found]
            continue
        row = {"school_id": line.school_id, "year": year, "action": actions[line.action_text], "who": line.who}
        row |= {"date": str(day_of(line.day_text)), "why": line.why}
        other = earlier.get(line.school_id) or (_told(new[line.school_id]) if line.school_id in new else None)
        if other is None:
            new[line.school_id] = row
        elif other == _told(row):
            known_count += 1
        else:
            where = DECISIONS if line.school_id in earlier else "этой же книге"
            faults.append(f"{line.place}: о школе {line.school_id} в {where} стоит другое решение или основание")
    return (
        COMMISSION_DECISIONS.typed(pd.DataFrame(list(new.values()))) if new else COMMISSION_DECISIONS.empty(),
        (known_count),
        faults,
    )


def _faults(line: WrittenLine, school_ids: frozenset[str], year: int) -> Iterator[str]:
    """What is wrong with a line by itself."""
    entries = {CODE: line.school_id, ACTION: line.action_text, WHO: line.who, DAY: line.day_text, WHY: line.why}
    lacking = [title for title, value in entries.items() if not value]
    if lacking:
        yield f"не заполнено: {', '.join(lacking)}"
        return
    if line.school_id not in school_ids:
        yield f"школы «{line.school_id}» нет в реестре {year} года"
    if line.action_text not in ACTION_WORDS.values():
        yield f"решение «{line.action_text}» неизвестно, бывает: {', '.join(ACTION_WORDS.values())}"
    day = day_of(line.day_text)
    if day is None:
        yield f"«{line.day_text}» — не дата, нужна вида 15.09.{year}"
    elif not date(year, 1, 1) <= day <= date(year + 1, 8, 31):
        yield f"дата {day:%d.%m.%Y} не относится к перечню {year} года"
    for title, value in ((WHO, line.who), (WHY, line.why)):
        if value.startswith(FORMULA_SIGNS):
            yield f"«{title}» начинается знаком «{value[0]}»: таблица приняла бы это за формулу"


def _told(row: dict[str, Any]) -> tuple[str, ...]:
    """A decision as it is compared: two ways of writing a date are one."""
    day = day_of(row["date"])
    return (row["action"], row["who"], str(day or row["date"]), row["why"])


def _known(row: dict[str, Any], fitted: dict[str, Any] | None) -> Iterator[str]:
    """What is known of a school, sentences."""
    if fitted is None:
        yield "Результатов, по которым выбираются школы, нет."
    else:
        yield (
            f"За годы окна — {plural(fitted['tested_count'], 'результат', 'результата', 'результатов')}, "
            f"из них низких {fitted['low_count']}, обычно по региону было бы {number(fitted['expected_low_count'], 1)}."
        )
        low = plural(fitted["low_years_count"], "год", "года", "лет")
        yield f"Лет с результатами {fitted['years_count']}, с низкими — {low}."
        yield f"Вероятность T {number(row['probability'])}."
    yield "Состоит в действующем перечне." if row["is_on_list"] else "В действующем перечне не состоит."
    if row["is_rule_low"]:
        yield REASON_CODES["rule_low"]
    if row["is_vpr_only"]:
        yield REASON_CODES["vpr_only"]
    if row["status_code"] in ("selected", "reserve", "not_selected"):
        words = {"selected": "включить", "reserve": "резерв", "not_selected": "не включать"}
        yield f"По расчёту: {words[row['status_code']]}."


def _federal(published: Published) -> pd.DataFrame:
    """One row per federal list and school, in words; empty where the publication has no federal lists."""
    columns = ["municipality_name", "school_name", "list_text", "federal_year", "relation_text", "reason_text"]
    if not published.has(LIST_RECONCILIATION):
        return pd.DataFrame(columns=columns)
    rows = published.read(LIST_RECONCILIATION)
    worded = rows.assign(
        list_text=rows["list_code"].map(LIST_TITLES), relation_text=rows["relation_code"].map(RELATION_TITLES)
    )
    return worded[columns]


def _refuse_unread(path: Path, root: Path, region_name: str, year: int) -> None:
    """Refuse to replace a workbook in which something stands that `decisions/commission.csv` does not know."""
    if not path.is_file():
        return
    try:
        lines = read_lines(source_file(path, root, year), region_name, year)
        schools = frozenset(line.school_id for line in lines)
        new, _, faults = judge(lines, region.commission_decisions(root), schools, year)
        is_read = new.empty and not faults
    except PipelineError:
        is_read = False
    if not is_read:
        raise ConfigError(
            "В книге комиссии есть решения, которые ещё не прочитаны; она не заменена",
            where=path.relative_to(root).as_posix(),
            remedy="прочитайте её командой «shnro commission read» или переложите в другое место",
        )


def _csv(rows: list[dict[str, Any]]) -> bytes:
    """The file of decisions, in the declared columns."""
    stream = io.StringIO()
    writer = csv.DictWriter(stream, COMMISSION_DECISIONS.column_names, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return stream.getvalue().encode("utf-8")
