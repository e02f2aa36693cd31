"""What the commission decides: the workbook that it gets, and its decisions back in `decisions/commission.csv`.

A workbook or a TOML file is taken whole or not at all: every fault of every line is told at once, and nothing is
written. A decision is never overwritten: a later one about the same school is added and takes its place.
"""

import csv
import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd

from pipeline import region
from pipeline.commission_log import DECISIONS, decision_words
from pipeline.errors import ConfigError, PipelineError, StoreError
from pipeline.objection_files import load_objections
from pipeline.order_lock import orders_locked
from pipeline.outputs.commission import ACTION_WORDS, CommissionBook, render
from pipeline.reasons import REASON_CODES
from pipeline.reconciliation import CORRIDOR, LIST_TITLES, RELATION_TITLES
from pipeline.register import alphabetical, municipality_names, valid_in
from pipeline.russian import chance_text, number, plural
from pipeline.schema import records
from pipeline.sources.commission import ACTION, CODE, DAY, REVIEW, WHO, WHY, WrittenLine, day_of, read_lines
from pipeline.sources.commission_toml import read_toml_lines
from pipeline.sources.grid import SourceFile, source_file
from pipeline.store import Published, write_whole
from pipeline.tables import decision, reference
from pipeline.tables.orders import COMMISSION_LOG, LIST_RECONCILIATION

FIELDS = ("action", "who", "date", "why", "review_date")
# Reasons that put a question to experts; what else stands among the reasons is told as known.
QUESTION_CODES = ("no_results", "no_recent_results", "thin_data", "thin_without_vpr", "listed_needs_expert")
FORMULA_SIGNS = ("=", "+", "-", "@")
SHOWN_FAULTS = 10


@dataclass(frozen=True)
class Taken:
    """What became of the decisions of a file.

    Args:
        new_count, known_count: decisions that were added, and those that were recorded before.
        replaced: decisions that a new one has taken the place of, a Russian line each.
    """

    new_count: int
    known_count: int
    replaced: tuple[str, ...]


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
            load_objections(root),
            municipality_names(published.read(reference.MUNICIPALITIES), year),
            year,
        ),
        federal=_federal(published),
        notice=region.DEMO_NOTICE if settings.is_demo else "",
    )
    write_whole(root, path.relative_to(root).as_posix(), render(book))
    return path


def questions(
    selection: pd.DataFrame,
    stability: pd.DataFrame,
    decisions: pd.DataFrame,
    objections: pd.DataFrame,
    areas: dict[str, str],
    year: int,
) -> pd.DataFrame:
    """One row per school that waits for the commission, as `CommissionBook.schools` wants it.

    The experts' list and accepted objections that are about no figure come first, then the schools at the border of
    the list, each by municipality and name.

    Args:
        selection: `SELECTION`.
        stability: `STABILITY`.
        decisions: `COMMISSION_DECISIONS`; those of the year are shown, also of schools that they have decided.
        objections: `OBJECTIONS`.
        areas: names of municipalities.
        year: year of decision.
    """
    own = {row["school_id"]: row for row in records(decisions[decisions["year"] == year])}
    known = {row["school_id"]: row for row in records(stability)}
    heard: dict[str, list[str]] = {}
    is_heard = (objections["year"] == year) & (objections["decision_code"] == "accepted")
    for row in records(objections[is_heard & objections["column_name"].isna()]):
        told = f"Принято возражение № {row['number']} ({row['indicator_text']}): {row['ground_text'].rstrip('.')}."
        heard.setdefault(row["school_id"], []).append(told)
    rows = []
    for row in records(selection):
        codes = str(row["reason_codes"]).split(";")
        asked = [REASON_CODES[code] for code in codes if code in QUESTION_CODES] + heard.get(row["school_id"], [])
        is_decided = row["school_id"] in own
        if not asked and not row["is_in_corridor"] and not is_decided:
            continue
        taken = own.get(row["school_id"], dict.fromkeys(FIELDS))
        area = areas.get(row["municipality_id"], row["municipality_id"])
        words = asked or [CORRIDOR] * bool(row["is_in_corridor"]) or ["Решение комиссии уже есть."]
        if taken["action"] == "observe":
            words = [*words, f"Под наблюдением: рассмотреть снова до {_shown(taken['review_date'])}."]
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


def read_decisions(root: Path, year: int, path: Path | None = None) -> Taken:
    """Add the decisions of a filled workbook or a TOML file to `decisions/commission.csv`.

    Raises:
        SourceError: the file is neither.
        ConfigError: a line is incomplete, contradicts another or a decision that stands; nothing has changed.
    """
    file = path or workbook_path(root, year)
    if not file.is_file():
        raise ConfigError(
            "Книги решений комиссии нет",
            where=str(file),
            remedy="получите её командой «shnro commission workbook» или назовите файл в --file",
        )
    with orders_locked(root):
        lines = _lines(source_file(file, file.parent, year), region.load_region(root).name, year)
        log = region.commission_log(root)
        schools = valid_in(region.reference_table(root, reference.SCHOOLS), year)
        new, known_count, faults = judge(lines, log, frozenset(schools["school_id"]), _selected(root, year), year)
        if faults:
            more = f"; и ещё {len(faults) - SHOWN_FAULTS}" if len(faults) > SHOWN_FAULTS else ""
            raise ConfigError(
                f"Решения комиссии не приняты, ошибок: {len(faults)}; ничего не записано",
                where=f"{file.name}: {'; '.join(faults[:SHOWN_FAULTS])}{more}",
                remedy="исправьте строки в этом файле и прочитайте его ещё раз",
            )
        if not new.empty:
            write_whole(root, DECISIONS, _csv([*records(log), *records(new)]))
    before = {row["school_id"]: row for row in _newest(log, year).values()}
    replaced = [f"{i}: прежнее решение — {decision_words(before[i])}" for i in new["school_id"] if i in before]
    return Taken(len(new), known_count, tuple(replaced))


def judge(
    lines: Iterable[WrittenLine], log: pd.DataFrame, school_ids: frozenset[str], selected: frozenset[str], year: int
) -> tuple[pd.DataFrame, int, list[str]]:
    """New decisions (`COMMISSION_LOG`), how many lines were known already, and every fault in Russian.

    Args:
        lines: what `read_lines` gives.
        log: decisions that were made before (`COMMISSION_LOG`).
        school_ids: the schools that exist in the year.
        selected: the schools that the published calculation puts on the list; they cannot be left under watch.
        year: year of decision.
    """
    actions = {word: action for action, word in ACTION_WORDS.items()}
    known = {(row["school_id"], *_told(row)) for row in records(log[log["year"] == year])}
    newest, new = _newest(log, year), dict[str, dict[str, Any]]()
    known_count, faults = 0, []
    for line in lines:
        found = list(_faults(line, school_ids, selected, year))
        if found:
            faults += [f"{line.place}: {fault}" for fault in found]
            continue
        review = day_of(line.review_text)
        row = {"school_id": line.school_id, "year": year, "action": actions[line.action_text], "who": line.who}
        row |= {"date": str(day_of(line.day_text)), "why": line.why, "review_date": str(review) if review else None}
        standing = newest.get(line.school_id)
        if (line.school_id, *_told(row)) in known or _told(new.get(line.school_id, {})) == _told(row):
            known_count += 1
        elif line.school_id in new:
            faults.append(f"{line.place}: о школе {line.school_id} здесь же стоит другое решение или основание")
        elif standing and row["date"] <= standing["date"]:
            faults.append(
                f"{line.place}: о школе {line.school_id} уже решено {decision_words(standing)}; чтобы изменить "
                "решение, впишите новое с более поздней датой"
            )
        else:
            new[line.school_id] = row
    return (
        COMMISSION_LOG.typed(pd.DataFrame(list(new.values()))) if new else COMMISSION_LOG.empty(),
        known_count,
        faults,
    )


def decisions_text(decisions: pd.DataFrame, names: dict[str, str], year: int, today: date) -> str:
    """The decisions in force of a year, line by line; who is to be looked at again comes first.

    Args:
        decisions: `COMMISSION_DECISIONS`.
        names: school_id -> name of the school.
        year: year of decision.
        today: reviews up to this day are due.
    """
    own = records(decisions[decisions["year"] == year])
    if not own:
        return f"Решений комиссии за {year} год нет."
    lines, due_count = [], 0
    for row in sorted(own, key=lambda row: (row["review_date"] or "9999", row["school_id"])):
        is_due = bool(row["review_date"]) and date.fromisoformat(row["review_date"]) <= today
        due_count += is_due
        name = names.get(row["school_id"], row["school_id"])
        lines.append(f"{name} ({row['school_id']}): {decision_words(row)}" + "; пора рассмотреть снова" * is_due)
        if row["earlier_text"]:
            lines.append(f"     прежние решения: {row['earlier_text']}")
    return "\n".join([*lines, f"Решений: {len(own)}, пора рассмотреть снова: {due_count}."])


def _lines(file: SourceFile, region_name: str, year: int) -> tuple[WrittenLine, ...]:
    """The lines of a workbook or a TOML file."""
    if file.path.suffix.lower() == ".toml":
        return read_toml_lines(file, region_name, year, ACTION_WORDS)
    return read_lines(file, region_name, year)


def _newest(log: pd.DataFrame, year: int) -> dict[str, dict[str, Any]]:
    """School -> the last decision about it in a year."""
    return {row["school_id"]: row for row in records(log[log["year"] == year].sort_values("date"))}


def _selected(root: Path, year: int) -> frozenset[str]:
    """The schools on the list as published last, decisions of the commission apart; empty where nothing is."""
    try:
        selection = Published(root, "identification", year).read(decision.SELECTION)
    except StoreError:
        return frozenset()
    is_own = ~selection["reason_codes"].str.split(";").map(lambda codes: "commission_include" in codes)
    return frozenset(selection.loc[(selection["status_code"] == "selected") & is_own, "school_id"])


def _faults(line: WrittenLine, school_ids: frozenset[str], selected: frozenset[str], year: int) -> Iterator[str]:
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
    yield from _review_faults(line, selected, year, day)
    for title, value in ((WHO, line.who), (WHY, line.why)):
        if value.startswith(FORMULA_SIGNS):
            yield f"«{title}» начинается знаком «{value[0]}»: таблица приняла бы это за формулу"


def _review_faults(line: WrittenLine, selected: frozenset[str], year: int, day: date | None) -> Iterator[str]:
    """What is wrong with the day of a new look, which a decision to observe needs and no other has."""
    is_observed, review = line.action_text == ACTION_WORDS["observe"], day_of(line.review_text)
    if line.review_text and review is None:
        yield f"«{line.review_text}» — не дата, нужна вида 01.12.{year}"
    elif line.review_text and not is_observed:
        yield f"«{REVIEW}» заполняют только при решении «{ACTION_WORDS['observe']}»"
    elif is_observed and review is None:
        yield f"не заполнено: {REVIEW}"
    elif review and day and not day < review <= date(year + 1, 8, 31):
        yield f"вернуться к школе {review:%d.%m.%Y} нельзя: нужен день после решения и не позже 31.08.{year + 1}"
    if is_observed and line.school_id in selected:
        yield (
            f"по расчёту школа {line.school_id} входит в перечень: решите «{ACTION_WORDS['include']}» "
            f"или «{ACTION_WORDS['exclude']}»"
        )


def _told(row: dict[str, Any]) -> tuple[Any, ...]:
    """A decision as it is compared."""
    return tuple(row.get(name) for name in FIELDS)


def _shown(day: str) -> str:
    return f"{date.fromisoformat(day):%d.%m.%Y}"


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
        yield f"Вероятность T {chance_text(row['probability'])}."
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
        new, _, faults = judge(lines, region.commission_log(root), schools, frozenset(), year)
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
    writer = csv.DictWriter(stream, COMMISSION_LOG.column_names, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return stream.getvalue().encode("utf-8")
