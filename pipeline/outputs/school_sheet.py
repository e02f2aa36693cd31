"""«Справка для руководителя школы»: why the school is listed, its own figures, what support follows, how to leave.

For the school itself and its founder: it holds the school's own full figures and nobody else's; of the region only
what was to be expected of the school.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pipeline.cases import day_words, in_case
from pipeline.document_texts import DocumentTexts
from pipeline.outputs import word
from pipeline.russian import number, plural, procedure_label, subject_label

TEMPLATE = "school_sheet"
SMALL = " *"  # beside the participants of a group too small to judge by
HARD_SHARE = 0.8  # of the expected: fewer low results than this within one year is no fair landmark
# In the order in which the sheet tells them; fields: the year of the list, the year before, years with low results.
REASONS: Mapping[str, str] = {
    "commission_include": "Школа включена решением комиссии.",
    "stays": "Школа состоит в перечне {before} года, и условия выхода из него пока не выполнены.",
    "stays_unseen": "За {year} год нет результатов, которые можно сравнить с регионом: об изменениях судить рано, "
    "поэтому поддержка продолжается.",
    "entered_by_probability": "Низких результатов за последние годы больше, чем обычно бывает в школах региона на тех "
    "же экзаменах и работах.",
    "tie_block": "У границы перечня; различие статистически не установлено. Поэтому поддержка предложена и этой школе.",
    "tie_break": "У границы перечня; различие статистически не установлено. Среди таких школ учтены число лет с "
    "низкими результатами и число учеников, которым нужна помощь.",
    "low_two_years": "Низкими результаты были не один год: если судить о каждом отдельно, таких лет {low_years}.",
    "rule_low": "О том же говорит привычное правило, которое смотрит на долю низких результатов в каждом классе.",
    "vpr_only": "Решение опирается только на ВПР: сравнимых результатов ОГЭ и ЕГЭ у школы нет.",
    "vpr_set_aside": "ВПР, объективность которых под сомнением, хорошим свидетельством не считались.",
}
MAIN_REASONS = ("commission_include", "stays", "entered_by_probability", "tie_block", "tie_break")
AT_BORDER = "Школа у границы перечня; различие статистически не установлено."


@dataclass(frozen=True)
class SchoolFacts:
    """What is known of one listed school, nobody else's figures among it.

    Args:
        school_id, name, municipality: the school, as the order names it.
        ground: why the order lists it, where the calculation did not; empty where it did.
        choice: its row of `SELECTION`; None where the calculation does not know it.
        model: its row of `STABILITY`; None where the model does not know it.
        years: its rows of `STABILITY_YEARS`, newest first.
        cells: its results of the newest year with `low_rate` and `is_used` (`RESULTS`, `REGIONAL_RATES`).
        landmark: its row of `leaving.leaving_landmarks`; None where there is none.
    """

    school_id: str
    name: str
    municipality: str
    ground: str = ""
    choice: Mapping[str, Any] | None = None
    model: Mapping[str, Any] | None = None
    years: Sequence[Mapping[str, Any]] = ()
    cells: Sequence[Mapping[str, Any]] = ()
    landmark: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class ListRules:
    """What the list was made with.

    Args:
        capacity: its places.
        stay_rank: the place by probability beyond which a school leaves.
        stay_probability, stay_year_probability: below which a school leaves.
        small_count: fewer participants than this are a small group.
    """

    capacity: int
    stay_rank: int
    stay_probability: float
    stay_year_probability: float
    small_count: int


def render(
    template: bytes,
    school: SchoolFacts,
    rules: ListRules | None,
    measures: Sequence[Mapping[str, str]],
    order: Mapping[str, Any],
    texts: DocumentTexts,
    *,
    notice: str = "",
) -> bytes:
    """The paper for the head of one school.

    Args:
        template: the Word template.
        school: what is known of it.
        rules: what the list was made with; None where the calculation is not kept.
        measures: measures of the roadmap that reach schools: `name`, `when`, `who`.
        order: the order that lists it (`ORDERS`).
        texts: words and terms of the year of the list.
        notice: what every page has to say (made-up data).
    """
    day = order["signed_date"]
    values = {
        "is_draft": day is None,
        "school": school.name,
        "code": school.school_id,
        "municipality_genitive": in_case(school.municipality, "genitive"),
        "listed_by": f"приказ от {day_words(day)} № {order['number']}" if day is not None else "проект приказа",
        "year": str(texts.year),
        "school_year": texts.fields["school_year"],
        "term": texts.name("term"),
        "purpose": texts.text("school_sheet", "purpose"),
        "reasons": reasons(school, texts.year, rules),
        "years": [_year_row(row) for row in school.years],
        "cells": [_cell_row(row, rules) for row in school.cells],
        "notes": list(_notes(school, rules)),
        "support": texts.text("school_sheet", "support"),
        "measures": list(measures),
        "leaving": list(_leaving(school, texts.year, rules)),
        "objections": texts.text("school_sheet", "objections"),
    }
    return word.render(template, values, name=TEMPLATE, notice=notice)


def reasons(school: SchoolFacts, year: int, rules: ListRules | None) -> list[str]:
    """Why the school is listed, plain sentences."""
    choice = school.choice
    if choice is None or choice["status_code"] != "selected":
        return [school.ground or "Школа включена в перечень приказом."]
    codes = str(choice["reason_codes"]).split(";")
    low_years = int(choice["low_years_count"] or 0)
    found = [
        text.format(year=year, before=year - 1, low_years=low_years) for code, text in REASONS.items() if code in codes
    ]
    if school.model is not None and rules is not None:
        found.append(
            f"Из 100 школ с такими же результатами {hundredth(school.model['probability'])} входят в число "
            f"{rules.capacity} школ региона, которым поддержка нужна прежде всего."
        )
    if choice["is_in_corridor"] and not {"tie_block", "tie_break"} & set(codes):
        found.append(AT_BORDER)
    return found


def main_reason(school: SchoolFacts, year: int) -> str:
    """Why the school is listed in a sentence or two, without a figure."""
    choice = school.choice
    codes = [] if choice is None or choice["status_code"] != "selected" else str(choice["reason_codes"]).split(";")
    found = [REASONS[code].format(year=year, before=year - 1) for code in MAIN_REASONS if code in codes]
    return " ".join(found) or school.ground or "Включена приказом."


def hundredth(probability: float) -> str:
    """How many of a hundred; a certainty is never claimed."""
    count = round(100 * probability)
    return "больше 99" if count > 99 else "меньше одной" if count < 1 else f"примерно {count}"


def _year_row(row: Mapping[str, Any]) -> dict[str, str]:
    """A year: participants, low results, what was to be expected, their ratio."""
    low, expected = int(row["low_count"]), float(row["expected_count"])
    return {
        "year": str(row["year"]),
        "tested": number(row["tested_count"]),
        "low": number(low),
        "expected": number(expected, 1),
        "ratio": number(low / expected, 1),
    }


def _cell_row(row: Mapping[str, Any], rules: ListRules | None) -> dict[str, str]:
    """An exam, subject and grade of the newest year."""
    tested, rate = int(row["tested_count"]), float(row["low_rate"])
    is_small = rules is not None and tested < rules.small_count
    return {
        "exam": procedure_label(row["procedure"]),
        "subject": subject_label(row["subject"]),
        "grade": str(row["grade"]),
        "tested": number(tested) + SMALL * is_small,
        "low": number(row["low_count"]),
        "expected": number(tested * rate, 1) if row["is_used"] else "—",
    }


def _notes(school: SchoolFacts, rules: ListRules | None) -> Iterator[str]:
    """What has to be known to read the figures."""
    if not school.years:
        yield "Расчёт, на котором стоит перечень, не содержит показателей этой школы: запросите их в департаменте."
        return
    yield (
        "Низкий результат — отметка «2» или балл ниже наименьшего. «Ожидалось» — сколько низких результатов было бы у "
        "школы, если бы доля их была такой же, как во всём регионе на том же экзамене, по тому же предмету и в том же "
        "классе."
    )
    if rules is not None and any(int(row["tested_count"]) < rules.small_count for row in school.cells):
        yield f"* — меньше {rules.small_count} участников: по такой группе отдельно судить нельзя."
    if any(not row["is_used"] for row in school.cells):
        yield "«—» — сравнивать не с чем: строка в расчёте не участвует."


def _leaving(school: SchoolFacts, year: int, rules: ListRules | None) -> Iterator[str]:
    """The rule of leaving in words, and what it means for the school's own numbers."""
    if rules is None:
        yield "Перечень пересматривают каждый сентябрь по новым результатам."
        return
    now = ""
    if school.model is not None:
        now = f" Сейчас {hundredth(school.model['probability'])}"
        alone = school.model["current_year_probability"]
        now += f", а по одному {year} году {hundredth(alone)}." if alone is not None else "."
    yield (
        "Перечень пересматривают каждый сентябрь. Школа выходит из него, когда из 100 школ с такими же результатами "
        f"поддержка прежде всего нужна меньше чем {round(100 * rules.stay_probability)}, а если судить по одному "
        f"последнему году — меньше чем {round(100 * rules.stay_year_probability)}.{now} Школа выходит и тогда, когда "
        f"по этому показателю она дальше {rules.stay_rank}-го места в регионе."
    )
    if school.landmark is None:
        yield (
            f"Чтобы оценить изменения, нужны результаты, которые можно сравнить с регионом: за {year} год их нет или "
            "недостаточно."
        )
        return
    yield from _landmark(school.landmark, year)
    yield "Это ориентир, а не обещание: новый расчёт учтёт результаты всех школ региона."


def _landmark(row: Mapping[str, Any], year: int) -> Iterator[str]:
    """How few low results would be enough, if the next year is like this one."""
    tested, low, expected = int(row["tested_count"]), int(row["low_count"]), float(row["expected_count"])
    enough, years = row["leaving_count"], row["norm_years_count"]
    norm = f"около {number(round(expected))}"
    yield f"В {year} году низких результатов {number(low)} из {number(tested)}; по норме региона ожидалось {norm}."
    same = f"Если в {year + 1} году при том же числе участников их будет"
    if enough is not None and enough >= low:
        yield f"{same} столько же или меньше, школа выйдет из перечня."
    elif enough is not None and enough >= HARD_SHARE * expected:
        yield f"{same} не больше {number(enough)}, школа выйдет из перечня."
    else:
        yield "За один год выйти трудно: учитываются и прошлые годы."
        if years is not None:
            after = plural(years, "год", "года", "лет")
            yield f"При результатах на уровне нормы региона ({norm} низких в год) школа выйдет через {after}."
