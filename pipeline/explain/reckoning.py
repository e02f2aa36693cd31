"""How the evidence of a school adds up to S and T, and how sure that is."""

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

from pipeline import indicators
from pipeline.deciding import Case
from pipeline.expected import StabilityFit, pool_cells
from pipeline.explain.facts import Fact, chance, measured, stated
from pipeline.methodology import Methodology
from pipeline.methodology.rules import FamiliarRules, StabilityRules
from pipeline.russian import percent, plural, subject_label
from pipeline.schema import records

BANDS: Mapping[str, str] = {
    "core": "ядро перечня",
    "probable": "вероятные",
    "borderline": "у границы перечня",
    "watch": "наблюдение",
    "none": "ниже полосы наблюдения",
}
RELIABILITIES: Mapping[str, str] = {"firm": "твёрдая", "moderate": "умеренная", "thin": "слабая"}


def model_row(fit: StabilityFit, school_id: str) -> dict[str, Any] | None:
    """The school's row of `STABILITY`; None where the model has nothing on it."""
    return next(iter(records(fit.table[fit.table["school_id"] == school_id])), None)


def reckoning_facts(rules: StabilityRules, fit: StabilityFit, school_id: str) -> Iterator[Fact]:
    """The facts of the section: weighted sums, O* and E*, what schools of the size start from, S and T."""
    row = model_row(fit, school_id)
    if row is None:
        return
    fact = partial(measured, "reckoning")
    table = f"таблица stability, {school_id}"
    parameters = "таблица model_parameters"
    years = fit.years[fit.years["school_id"] == school_id]
    yield fact("interval_level", "Уровень интервала S", rules.interval_level, "доля", "методика, stability")
    yield fact("history_years", "Лет с результатами", row["history_years_count"], "лет", table)
    yield fact(
        "dispersion", "φ₀: разброс маленьких параллелей против случайного", fit.dispersion.base, "раз", parameters
    )
    title = "γ: прибавка к φ на каждый низкий результат, ожидаемый в параллели"
    yield fact("dispersion_growth", title, fit.dispersion.growth, "раз", parameters)
    # Where exams are made to weigh the same, the sums hold weights of cells too and are told by O* and E* alone.
    if row["effective_expected"] > 0 and not rules.equal_exam_weights:
        low = float((years["weight"] * years["low_count"]).sum())
        expected = float((years["weight"] * years["expected_count"]).sum())
        source = "таблица stability_years: сумма по годам, вес × число"
        yield fact("sum_low", "Низких с весами лет", low, "чел.", source)
        yield fact("sum_expected", "Ожидалось с весами лет", expected, "чел.", source)
        divisor, exponent = expected / row["effective_expected"], 2 - fit.dispersion.drift_share
        yield fact("divisor_exponent", "Степень веса в f", exponent, "", "2 − drift_share, таблица model_parameters")
        yield fact("divisor", "f: поправка на разброс", divisor, "", f"Σ вес^{exponent:g}·φ·E / Σ вес·E, φ года")
    yield fact("effective_observed", "O*: низких с весами и поправкой", row["effective_observed"], "", table)
    yield fact("effective_expected", "E*: ожидалось с весами и поправкой", row["effective_expected"], "", table)
    yield fact("size", "Размер школы: результатов в её последнем году", row["size_count"], "чел.", table)
    yield fact("prior_mean", "μ: с чего начинают школы такого размера", row["prior_mean"], "раз", table)
    yield fact("prior_strength", "k: сколько весит это начало", fit.prior, "", parameters)
    yield fact("index", "S: к норме региона", row["index"], "раз", table)
    yield fact("index_lower", "S, нижняя граница интервала", row["index_lower"], "раз", table)
    yield fact("index_upper", "S, верхняя граница интервала", row["index_upper"], "раз", table)
    yield fact("cut", "c: уровень, выше которого ожидается столько школ, сколько мест", fit.cut, "раз", parameters)
    yield chance("reckoning", "probability", "T: вероятность устойчиво низких результатов", row["probability"], table)


def certainty_facts(
    case: Case, method: Methodology, fit: StabilityFit, school_id: str, *, is_vpr_only: bool
) -> Iterator[Fact]:
    """The facts of the section: T in words, bands, the next year, subjects, size of samples, the familiar rule."""
    row = model_row(fit, school_id)
    if row is not None:
        yield from _model_certainty(row, method, fit, school_id)
    if is_vpr_only:
        text = "за рассматриваемые годы нет участвующих результатов ОГЭ и ЕГЭ: судить можно только по ВПР"
        yield stated("certainty", "vpr_only", "Только ВПР", text, "таблица selection, is_vpr_only")
    yield from _rule(case, method, school_id)


def _model_certainty(row: dict[str, Any], method: Methodology, fit: StabilityFit, school_id: str) -> Iterator[Fact]:
    """What the model says of its own certainty."""
    section, table = "certainty", f"таблица stability, {school_id}"
    title = "Из 100 школ с такими данными входят"
    yield Fact(section, "confirmed_of_100", title, row["probability"], of_hundred(row["probability"]), "доля", table)
    yield stated(section, "band", "Полоса", BANDS[row["band_code"]], table)
    reliability = RELIABILITIES[row["reliability_code"]]
    title = "Надёжность R: доля собственных результатов школы в индексе"
    yield Fact(section, "reliability", title, row["reliability"], reliability, "доля", table)
    low_years, all_years = int(row["low_years_count"]), int(row["years_count"])
    yield Fact(section, "low_years", "Лет окна с T года не ниже порога (C)", low_years, str(low_years), "лет", table)
    yield Fact(section, "window_years", "Лет окна с результатами", all_years, str(all_years), "лет", table)
    if row["next_year_probability"] is not None:
        title = "P: вероятность оказаться среди школ с самыми низкими результатами в следующем году"
        yield chance(section, "next_year", title, row["next_year_probability"], table)
    yield Fact(
        section, "sample", "Размер выборки последнего года", row["size_count"], sample_words(row["size_count"], method),
        "чел.", table,
    )  # fmt: skip
    subjects = fit.subjects[(fit.subjects["school_id"] == school_id) & fit.subjects["probability"].notna()]
    for subject in records(subjects):
        name = subject_label(subject["subject"])
        source = f"таблица school_indicators, subject_agreement, {school_id}"
        title = "T по одному предмету"
        yield chance(section, "subject_probability", title, subject["probability"], source, name)


def of_hundred(probability: float) -> str:
    """How many of a hundred; a certainty is never claimed."""
    count = round(100 * probability)
    return "больше 99" if count > 99 else "меньше одной" if count < 1 else f"примерно {count}"


def sample_words(count: int, method: Methodology) -> str:
    """The band of the federal guidance in words."""
    rules = method.sample
    if count >= rules.informative_count:
        return "информативная"
    if count >= rules.acceptable_count:
        return "допустимая"
    if count >= rules.limited_count:
        return "ограниченная: выводы осторожны"
    return "слишком мала для выводов о школе"


def _rule(case: Case, method: Methodology, school_id: str) -> Iterator[Fact]:
    """Whether the rule that every region knows holds, and its parts."""
    rules = method.familiar
    rule = indicators.familiar_rule(pool_cells(case.results, method.pool), case.year, rules)
    row = next(iter(records(rule[rule["school_id"] == school_id])), None)
    source = f"таблица school_indicators, rule_low, {school_id}"
    if row is None:
        text = f"за {case.year} год нет результатов, привычное правило не применяется"
        yield stated("certainty", "rule_unknown", "Привычное правило", text, source)
        return
    low_count = int(row["low_cell_count"])
    cells = plural(low_count, "низкий результат класса", "низких результата классов", "низких результатов классов")
    parts = {
        "rule_a": ("is_a", f"правило «а» ({_rule_a(rules)})"),
        "rule_b": ("is_b", "правило «б» (тот же экзамен, предмет и класс низкие два года подряд)"),
        "rule_low": ("is_rule_low", "привычное правило в целом"),
    }
    for code, (column, title) in parts.items():
        holds = bool(row[column])
        yield Fact("certainty", code, title, float(holds), "да" if holds else "нет", "да/нет", source)
    yield Fact("certainty", "rule_cells", "Низких ячеек в этом году", low_count, cells, "ячеек", source)


def _rule_a(rules: FamiliarRules) -> str:
    unit = "экзаменов" if rules.count_by == "exams" else "классов и предметов"
    return (
        f"в этом году не меньше {rules.min_low_cells} {unit}, где низких от {percent(rules.low_share)} "
        f"при участниках от {rules.min_tested_count}"
    )
