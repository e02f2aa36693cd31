"""The explanation of a school as a letter for the terminal and as a file; both from the table `explanation` alone."""

import re
import textwrap
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from pipeline.errors import StoreError
from pipeline.outputs import table_file
from pipeline.russian import number, out_of, percent, plural, system_fault
from pipeline.schema import records
from pipeline.tables.explanation import EXPLANATION

WIDTH = 100
LETTER = ".txt"
# Cell | tested | low | region | expected | source: together no wider than the letter.
CELL_WIDTHS = (44, 6, 7, 8, 10)
PLACE_OF_ROWS = re.compile(r"^(?P<sheet>.+?), (?P<rows>строк[аи] .+)$")

Row = dict[str, Any]


class Facts:
    """The facts of one explanation, found by their code."""

    def __init__(self, explanation: pd.DataFrame) -> None:
        self.rows: list[Row] = records(explanation.sort_values("row_number"))

    def all(self, *codes: str) -> list[Row]:
        """The facts with one of the codes, in order."""
        return [row for row in self.rows if row["fact_code"] in codes]

    def value(self, code: str, part: str | None = None) -> float | None:
        """The number of a fact (of a part); None where there is no such fact."""
        row = self._one(code, part)
        return None if row is None else row["value"]

    def text(self, code: str, part: str | None = None) -> str:
        """The words of a fact (of a part); empty where there is no such fact."""
        row = self._one(code, part)
        return "" if row is None else str(row["value_text"])

    def _one(self, code: str, part: str | None) -> Row | None:
        fitting = (r for r in self.all(code) if part is None or r["part_text"] == part)
        return next(fitting, None)


def render(explanation: pd.DataFrame) -> str:
    """The letter: what was decided, on what, how it adds up, how sure it is, what would change it, where from.

    Args:
        explanation: the table `explanation` of one school.
    """
    facts = Facts(explanation)
    sheets = _sheets(facts)
    sections = {
        "Решение": _decision(facts),
        "На чём оно основано": _evidence(facts, sheets),
        "Как это складывается": _reckoning(facts),
        "Насколько это надёжно": _certainty(facts),
        "Что изменило бы решение": [row["value_text"] for row in facts.rows if row["section_code"] == "change"],
        "Источники": _sources(facts, sheets),
    }
    notices = [_wrapped(row["value_text"]) for row in facts.all("notice")]
    blocks = [*notices, _heading(facts)]
    filled = [(title, lines) for title, told in sections.items() if (lines := list(told))]
    for place, (title, lines) in enumerate(filled, start=1):
        blocks.append("\n".join([f"{place}. {title}", "", *(_wrapped(line) for line in lines)]))
    return "\n\n".join(blocks)


def check_name(path: Path) -> None:
    """Refuse a file of an unknown kind before anything is computed.

    Raises:
        ConfigError: neither a letter (.txt) nor a table.
    """
    if path.suffix.lower() != LETTER:
        table_file.check_name(path)


def write(explanation: pd.DataFrame, path: Path) -> None:
    """Write the explanation: the letter as .txt, the table as any kind of `table_file`.

    Raises:
        ConfigError: another suffix.
        StoreError: the file cannot be written.
    """
    if path.suffix.lower() != LETTER:
        table_file.write_table(EXPLANATION, explanation, path)
        return
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(render(explanation) + "\n", encoding="utf-8", newline="\r\n")
    except OSError as error:
        raise StoreError(
            f"Объяснение не удаётся записать: {system_fault(error)}",
            where=str(path),
            remedy="укажите другой путь или закройте файл в редакторе",
        ) from error


def _wrapped(line: str) -> str:
    """The line broken at the width of the letter; the parts of an item of a list are set off below it."""
    if len(line) <= WIDTH or "\n" in line:
        return line
    indent = "      " if line.startswith(" ") else ""
    return textwrap.fill(
        line, WIDTH, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False, drop_whitespace=True
    )


def _is(chance: str) -> str:
    """A probability behind its letter: «= 0,87», «больше 0,99»."""
    return f"= {chance}" if chance[:1].isdigit() else chance


def _heading(facts: Facts) -> str:
    """Which school, which list."""
    school = facts.all("school")[0]
    first = f"{school['value_text']} ({school['school_id']}), {facts.text('municipality')}"
    places = plural(int(facts.value("capacity") or 0), "место", "места", "мест")
    return f"{_wrapped(first)}\nПеречень {school['year']} года. {facts.text('edition')}. В перечне {places}."


def _decision(facts: Facts) -> Iterator[str]:
    """What was decided and why, the list in force, the commission, the place."""
    yield f"Школа {facts.text('status')}."
    yield from ("  — " + row["value_text"] for row in facts.all("reason"))
    if kind := facts.text("kind"):
        yield f"Вид школы по реестру: {kind}."
    if commission := facts.text("commission"):
        yield f"Решение комиссии: {commission}."
    yield f"Действующий перечень прошлого года: {facts.text('list_in_force')}."
    yield f"Перечень позапрошлого года: {facts.text('list_before')}."
    yield from _other_lists(facts)
    if facts.value("place") is None:
        return
    yield (
        f"По вероятности T (быть среди школ с самыми низкими результатами) школа на {facts.text('place')}-м месте "
        f"из {facts.text('judged')}, о которых можно судить"
        + (
            f"; у последней школы, включённой по вероятности, T {_is(border)}"
            if (border := facts.text("border"))
            else ""
        )
        + "."
    )
    if facts.value("held_places"):
        yield (
            f"Школы действующего перечня, не выполнившие условий выхода, занимают {facts.text('held_places')} "
            f"из {out_of(int(facts.value('capacity') or 0), 'места', 'мест')}."
        )
    if corridor := facts.text("corridor"):
        yield f"Школа {corridor}."
    if firm := facts.text("firm"):
        yield f"Решение твёрдое: {firm}."
    yield from (f"{row['value_text'].capitalize()}." for row in facts.all("watched"))


def _other_lists(facts: Facts) -> Iterator[str]:
    """Federal lists, which decide nothing, and what has become of the school and of those that it carries on."""
    federal = facts.all("federal")
    for row in federal:
        source = "" if row["source_text"].startswith("таблица") else f" ({row['source_text']})"
        yield f"{row['title']}: {row['value_text']}{source}."
    if federal:
        yield "Федеральные списки на отбор не влияют."
    yield from (f"{row['title']}: {row['value_text']}." for row in facts.all("reorganisation"))


def _evidence(facts: Facts, sheets: Sequence[str]) -> Iterator[str]:
    """Year by year: a sentence, and for the years of the window the cells."""
    years = dict.fromkeys(
        row["part_text"][:4] for row in facts.rows if row["section_code"] == "evidence"
    )  # in order, each once
    if not years:
        yield "Результатов экзаменов и работ у школы нет."
        return
    for place, year in enumerate(years):
        if place:
            yield ""
        yield _year(facts, year)
        parts = [p for p in dict.fromkeys(r["part_text"] for r in facts.all("cell_tested")) if p.startswith(year)]
        is_shown = facts.value("year_in_window", year) != 0
        if parts and is_shown:
            yield _table_line(("Экзамен, предмет, класс", "всего", "низких", "регион", "ожидалось"), "источник")
        for part in parts if is_shown else ():
            yield from _cell_lines(facts, part, sheets)
        if parts and not is_shown:
            count = plural(len(parts), "строка", "строки", "строк")
            yield f"  Год раньше рассматриваемых лет; {count} этого года — в таблице (--output)."
        if outside := facts.text("year_outside", year):
            yield f"  Для выбора школ не служат и здесь не показаны: {outside}."


def _year(facts: Facts, year: str) -> str:
    """The year in one sentence."""
    low, tested, expected = (facts.value(f"year_{name}", year) for name in ("low", "tested", "expected"))
    if low is None or tested is None or expected is None:
        return f"{year} год: {facts.text('year_empty', year)}."
    told = (
        f"{year} год: низких {number(low)} из {out_of(int(tested), 'результата', 'результатов')}; по норме региона "
        f"ожидалось {facts.text('year_expected', year)} ({facts.text('year_ratio', year)} от ожидаемого)."
    )
    weight, chance = facts.text("year_weight", year), facts.text("year_probability", year)
    return (
        told + (f" Вес года = {weight}." if weight else "") + (f" T одного этого года {_is(chance)}." if chance else "")
    )


def _cell_lines(facts: Facts, part: str, sheets: Sequence[str]) -> Iterator[str]:
    """One cell of a school as a line of a table, longer names and sources below."""
    row = next(r for r in facts.all("cell_tested") if r["part_text"] == part)
    name = part.split(", ", 1)[1]
    expected = facts.text("cell_expected", part)
    values = (
        name, facts.text("cell_tested", part), facts.text("cell_low", part),
        facts.text("cell_rate", part) or "—", expected or "—",
    )  # fmt: skip
    places = [_short_place(piece, sheets) for piece in row["source_text"].split("; ")]
    yield _table_line(values, places[0])
    for place in places[1:]:
        yield _table_line(("", "", "", "", ""), place)
    if unused := facts.text("cell_unused", part):
        yield f"      не участвует: {unused}"


def _table_line(values: Sequence[str], source: str) -> str:
    """A line of the table of cells: the name to the left, numbers to the right, the source last."""
    name, *numbers = values
    first, *more = textwrap.wrap(name, CELL_WIDTHS[0]) or [""]
    cells = [f"{text:>{width}}" for text, width in zip(numbers, CELL_WIDTHS[1:], strict=True)]
    line = f"  {first:<{CELL_WIDTHS[0]}}{''.join(cells)}  {source}".rstrip()
    return "\n".join([line, *(f"    {text}" for text in more)])


def _sheets(facts: Facts) -> list[str]:
    """The files and sheets that the cells of the shown years come from, in the order of their first use."""
    found: dict[str, None] = {}
    for row in facts.all("cell_tested"):
        if facts.value("year_in_window", row["part_text"][:4]) == 0:
            continue
        for piece in row["source_text"].split("; "):
            found |= dict.fromkeys([_split_place(piece)[0]])
    return list(found)


def _split_place(piece: str) -> tuple[str, str]:
    """The file with its sheet, and the rows in it."""
    match = PLACE_OF_ROWS.match(piece)
    return (match["sheet"], match["rows"]) if match else (piece, "")


def _short_place(piece: str, sheets: Sequence[str]) -> str:
    """«[3] строка 115»: the number of the file in the list at the end, and the row."""
    sheet, rows = _split_place(piece)
    return f"[{sheets.index(sheet) + 1}] {rows}".rstrip()


def _reckoning(facts: Facts) -> Iterator[str]:
    """The arithmetic, so that a reader can redo it."""
    if facts.value("index") is None:
        yield "Расчёта по школе нет: она не участвует в модели."
        return
    if (divisor := facts.text("divisor")) != "":
        yield (
            f"Числа лет складываются с весами: низких {facts.text('sum_low')}, "
            f"ожидалось {facts.text('sum_expected')}. Обе суммы делят на "
            f"f = Σ(вес^{facts.text('divisor_exponent')}·φ·E) / Σ(вес·E) = {divisor}, "
            f"чтобы разброс стал таким, как у простого счёта: O* = {facts.text('effective_observed')}, "
            f"E* = {facts.text('effective_expected')}. Здесь φ — во сколько раз результаты года разбросаны сильнее "
            f"случайного. Общее для всей параллели (учитель, год) "
            f"сказывается сразу на многих учениках, поэтому в больших параллелях разброс сильнее: в регионе φ одной "
            f"параллели по одному предмету = {facts.text('dispersion')} + {facts.text('dispersion_growth')} · E; "
            f"φ года — среднее по параллелям с весом E."
        )
    yield (
        f"Школы такого размера ({plural(int(facts.value('size') or 0), 'результат', 'результата', 'результатов')} "
        f"в последнем году) начинают с μ = {facts.text('prior_mean')} от нормы региона; "
        f"это начало весит k = {facts.text('prior_strength')} ожидаемых низких результатов."
    )
    yield (
        f"S = (O* + k·μ) / (E* + k) = ({facts.text('effective_observed')} + {facts.text('prior_strength')} · "
        f"{facts.text('prior_mean')}) / ({facts.text('effective_expected')} + {facts.text('prior_strength')}) = "
        f"{facts.text('index')}. Столько низких результатов приходится на один ожидаемый: 1 — норма региона. "
        f"С надёжностью {percent(facts.value('interval_level') or 0.0, 0)} истинное отношение — "
        f"от {facts.text('index_lower')} до {facts.text('index_upper')}."
    )
    yield (
        f"T {_is(facts.text('probability'))} — вероятность того, что истинное отношение школы выше c = "
        f"{facts.text('cut')}; выше этого уровня ожидается столько школ, сколько мест в перечне. В Excel: "
        f"1 − ГАММА.РАСП(c; O* + k·μ; 1/(E* + k); ИСТИНА)."
    )


def _certainty(facts: Facts) -> Iterator[str]:
    """How far the decision can be trusted."""
    if facts.text("confirmed_of_100"):
        places = number(facts.value("capacity") or 0)
        yield (
            f"Из 100 школ с такими данными {facts.text('confirmed_of_100')} действительно входят в число "
            f"{places} школ региона с самыми низкими результатами. Полоса: {facts.text('band')}."
        )
        own = percent(facts.value("reliability") or 0.0, 0)
        yield f"Надёжность {facts.text('reliability')}: собственные результаты школы определяют индекс на {own}."
        low, years = int(facts.value("low_years") or 0), int(facts.value("window_years") or 0)
        yield (
            f"Если судить по каждому году отдельно, лет с низкими результатами {low} из {years}. "
            f"Выборка последнего года: {facts.text('sample')} "
            f"({plural(int(facts.value('size') or 0), 'результат', 'результата', 'результатов')})."
        )
        if subjects := facts.all("subject_probability"):
            told = ", ".join(f"{row['part_text']} — {row['value_text']}" for row in subjects)
            yield f"T по каждому предмету в отдельности: {told}."
        if next_year := facts.text("next_year"):
            yield (
                f"Вероятность оказаться среди {places} школ с самыми низкими результатами следующего года без учёта "
                f"поддержки — {next_year}; один год отчасти дело случая."
            )
    yield from (f"Важно: {row['value_text']}." for row in facts.all("vpr_only"))
    yield from _rule(facts)


def _rule(facts: Facts) -> Iterator[str]:
    """The familiar rule and its two parts."""
    if unknown := facts.text("rule_unknown"):
        yield f"{unknown[0].upper()}{unknown[1:]}."
        return
    parts = [
        f"{row['title']} — {'выполнено' if row['value'] else 'не выполнено'}" for row in facts.all("rule_a", "rule_b")
    ]
    whole = "выполнено" if facts.value("rule_low") else "не выполнено"
    yield f"Привычное правило в целом {whole}: {'; '.join(parts)}. Оно пояснение, а не условие отбора."


def _sources(facts: Facts, sheets: Sequence[str]) -> Iterator[str]:
    """The files of the shown cells by number, with the first signs of their checksums."""
    checksums = {row["part_text"]: row["value_text"] for row in facts.all("file")}
    if sheets:
        yield "Номер, начало контрольной суммы файла, файл и в кавычках его лист:"
    for place, sheet in enumerate(sheets, start=1):
        file, _, name = sheet.partition(", лист ")
        yield "  " + " ".join(word for word in (f"[{place}]", checksums.get(file, ""), file, name) if word)
