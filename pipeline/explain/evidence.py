"""The evidence of a school by year and cell: what was counted, what was to be expected, and from which rows."""

from collections.abc import Iterator
from typing import Any

import pandas as pd

from pipeline.deciding import Case
from pipeline.expected import StabilityFit, expected_cells, pool_cells, without
from pipeline.explain.facts import Fact, chance, measured, stated
from pipeline.methodology import Methodology
from pipeline.methodology.rules import StabilityRules
from pipeline.russian import plural, procedure_label, subject_label
from pipeline.schema import records
from pipeline.tables.results import CELL_KEY

SECTION = "evidence"


def school_cells(case: Case, method: Methodology, fit: StabilityFit, school_id: str) -> pd.DataFrame:
    """One row per result cell of a school that belongs to the pool, newest year first, with what was to be expected.

    Returns:
        The columns of `RESULTS`; `school_count` and `low_rate`, missing where nobody was tested; `is_aside`: a
        doubtful ВПР without which the school is judged (`doubted.standing`); `is_used` and `expected_count`
        (`expected.expected_cells`).
    """
    known = case.results[case.results["year"] <= case.year]
    pool = pool_cells(known, method.pool)
    judged = expected_cells(pool, method.stability.min_cell_schools)
    counted = without(judged, case.set_aside(method, fit.table)).index
    judged = judged.assign(is_aside=~judged.index.isin(counted))
    judged = judged[[*CELL_KEY, "school_count", "low_rate", "is_used", "is_aside", "expected_count"]]
    own = pool[pool["school_id"] == school_id].merge(judged, on=list(CELL_KEY), how="left")
    is_aside = own["is_aside"].fillna(False).astype(bool)
    is_used = own["is_used"].fillna(False).astype(bool) & ~is_aside
    own = own.assign(is_aside=is_aside, is_used=is_used, expected_count=own["expected_count"].fillna(0))
    return own.sort_values(["year", *CELL_KEY[2:]], ascending=[False, True, True, True], ignore_index=True)


def cell_name(cell: dict[str, Any]) -> str:
    """The cell as a reader knows it: «ВПР, русский язык, 4 кл.»."""
    return f"{procedure_label(cell['procedure'])}, {subject_label(cell['subject'])}, {cell['grade']} кл."


def evidence_facts(case: Case, method: Methodology, fit: StabilityFit, school_id: str) -> list[Fact]:
    """The facts of the section: per year its sums and what the model makes of them, below them the cells."""
    cells = school_cells(case, method, fit, school_id)
    facts: list[Fact] = []
    for year in sorted({case.year, *cells["year"], *_other_years(case, school_id)}, reverse=True):
        of_year = cells[cells["year"] == year]
        facts += _year_facts(of_year, fit, method, school_id, int(year))
        for cell in records(of_year):
            facts += _cell_facts(cell, method.stability)
        facts += _outside_facts(case, of_year, school_id, int(year))
    return facts


def _other_years(case: Case, school_id: str) -> set[int]:
    own = case.results[(case.results["school_id"] == school_id) & (case.results["year"] <= case.year)]
    return set(own["year"])


def _year_facts(
    cells: pd.DataFrame, fit: StabilityFit, method: Methodology, school_id: str, year: int
) -> Iterator[Fact]:
    """The year as a whole: counts of the cells that take part, weight and T; or that no cell does."""
    used = cells[cells["is_used"]]
    part, summed = str(year), "сумма по строкам ниже"
    if used.empty:
        which = "по которым выбирают школы" if cells.empty else "которые участвуют в расчёте"
        text = f"результатов, {which}, нет"
        yield stated(SECTION, "year_empty", "Результаты года", text, "таблица results", part)
        return
    tested, low, expected = (float(used[name].sum()) for name in ("tested_count", "low_count", "expected_count"))
    yield measured(SECTION, "year_tested", "Результатов за год", tested, "чел.", summed, part)
    yield measured(SECTION, "year_low", "Из них низких", low, "чел.", summed, part)
    yield measured(SECTION, "year_expected", "Ожидалось низких по норме региона", expected, "чел.", summed, part)
    ratio = "низких / ожидалось"
    yield measured(SECTION, "year_ratio", "К норме региона", low / expected, "раз", ratio, part)
    is_in_window = float(year > fit.year - method.stability.window_years)
    shown = "да" if is_in_window else "нет"
    yield Fact(SECTION, "year_in_window", "Год из числа рассматриваемых", is_in_window, shown, "", "методика", part)
    for row in records(fit.years[(fit.years["school_id"] == school_id) & (fit.years["year"] == year)]):
        source = f"таблица stability_years, {school_id}, {year}"
        yield measured(SECTION, "year_weight", "Вес года", row["weight"], "", source, part)
        if row["probability"] is not None:
            title = "T этого года в отдельности"
            yield chance(SECTION, "year_probability", title, row["probability"], source, part)


def _cell_facts(cell: dict[str, Any], rules: StabilityRules) -> Iterator[Fact]:
    """One cell: tested, low, the region's rate, expected; or why it takes no part."""
    name = cell_name(cell)
    part = f"{cell['year']}, {name}"
    key = ", ".join(str(cell[column]) for column in CELL_KEY)
    source = cell["source_text"] or f"таблица results, {key}"
    yield measured(SECTION, "cell_tested", f"{name}: участников", cell["tested_count"], "чел.", source, part)
    yield measured(SECTION, "cell_low", f"{name}: низких", cell["low_count"], "чел.", source, part)
    if cell["low_rate"] is not None:
        rate = float(cell["low_rate"])
        everybody = f"все школы региона с таким результатом: {int(cell['school_count'])} (таблица regional_rates)"
        title = f"{name}: доля низких в регионе"
        yield Fact(SECTION, "cell_rate", title, rate, _aligned(100 * rate, 1) + "\u00a0%", "доля", everybody, part)
    if cell["is_used"]:
        reckoned = "участников × доля в регионе"
        title, expected = f"{name}: ожидалось", float(cell["expected_count"])
        yield Fact(SECTION, "cell_expected", title, expected, _aligned(expected, 2), "чел.", reckoned, part)
    else:
        yield stated(SECTION, "cell_unused", f"{name}: не участвует", _why_unused(cell, rules), "методика", part)


def _aligned(value: float, decimals: int) -> str:
    """A number of a column: always as many decimals."""
    return f"{value:.{decimals}f}".replace(".", ",")


def _why_unused(cell: dict[str, Any], rules: StabilityRules) -> str:
    """Why a cell says nothing about the school."""
    if cell["is_aside"]:
        return "объективность ВПР школы под сомнением, хорошим свидетельством не считается"
    if cell["low_rate"] is None:
        return "никто из учеников не участвовал"
    if cell["low_rate"] == 0:
        return "во всём регионе нет низких результатов: сравнивать не с чем"
    if cell["low_rate"] == 1:
        return "во всём регионе все результаты низкие: сравнивать не с чем"
    schools = plural(int(cell["school_count"]), "школа", "школы", "школ")
    return f"такой результат есть у слишком малого числа школ: {schools} (нужно не меньше {rules.min_cell_schools})"


def _outside_facts(case: Case, pool: pd.DataFrame, school_id: str, year: int) -> Iterator[Fact]:
    """Results of the year by which no school is chosen: named, so that nobody looks for them."""
    own = case.results[(case.results["school_id"] == school_id) & (case.results["year"] == year)]
    marked = own.merge(pool[list(CELL_KEY)], on=list(CELL_KEY), how="left", indicator=True)
    outside = own[(marked["_merge"] == "left_only").to_numpy()]
    if outside.empty:
        return
    exams = outside.sort_values(["procedure", "subject"])[["procedure", "subject"]].drop_duplicates()
    names = [
        f"{procedure_label(str(exam))} ({', '.join(subject_label(str(subject)) for subject in group['subject'])})"
        for exam, group in exams.groupby("procedure")
    ]
    yield Fact(
        SECTION,
        "year_outside",
        "Результаты, по которым школы не выбирают",
        float(len(outside)),
        "; ".join(names),
        "строк",
        "методика, pool.cells",
        str(year),
    )
