"""Conclusions and recommendations of the monitoring report: sentences that follow from its tables by stated rules.

A conclusion is drawn where a threshold of the methodology is passed, and says so where none is; a recommendation names
the conclusion that it rests on. Nothing is said of a group whose schools are too few.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from pipeline.cases import in_case
from pipeline.document_texts import DocumentTexts
from pipeline.methodology import Methodology
from pipeline.outputs.monitoring_facts import MonitoringFacts, MonitoringTables
from pipeline.outputs.region_charts import slice_name
from pipeline.register import alphabetical
from pipeline.russian import number, out_of, percent, plural, procedure_label
from pipeline.schema import records

MINUS = "−"


@dataclass(frozen=True)
class Findings:
    """What passes a threshold, in words; names in the order of the report, municipalities by alphabet.

    Args:
        missing: municipality -> its schools without any result.
        high: subjects and grades with at least the share of low results of the familiar rule.
        highest: per procedure, the subject and grade with the largest share.
        grown: subjects and grades whose share has grown by the threshold.
        grown_school_count: schools of which the same is true, of those with samples large enough (`compared_count`).
        compared_count: see above.
        doubted: municipality -> its schools whose ВПР of the year are in doubt.
        areas, groups: those with more low results than expected, the interval leaving out 1.
        small: schools with too few results for a conclusion.
        failed_count: checks of the data that have not passed.
        unknown_count: names and codes in files that no school of the register bears.
    """

    missing: Mapping[str, list[str]]
    high: list[str]
    highest: list[str]
    grown: list[str]
    grown_school_count: int
    compared_count: int
    doubted: Mapping[str, list[str]]
    areas: Mapping[str, str]
    groups: list[str]
    small: list[str]
    failed_count: int
    unknown_count: int


@dataclass(frozen=True)
class Conclusion:
    """One conclusion: what it is about and its sentence."""

    code: str
    text: str


def findings(tables: MonitoringTables, facts: MonitoringFacts, method: Methodology, year: int) -> Findings:
    """What of the year passes a threshold of the methodology."""
    summary, sample = tables.school_summary, method.sample
    enough = facts.slices[facts.slices["tested_count"] >= sample.informative_count]
    top = enough.loc[enough.groupby("procedure", sort=False)["low_share"].idxmax()] if len(enough) else enough
    compared = facts.changes[facts.changes[["tested_before", "tested_now"]].min(axis=1) >= sample.informative_count]
    schools = facts.school_changes
    schools = schools[schools[["tested_before", "tested_now"]].min(axis=1) >= sample.acceptable_count]
    names = dict(zip(summary["municipality_id"], summary["municipality_name"], strict=True))
    areas = {names[row["group"]]: _above(row, method) for row in records(_above_expected(facts.areas))}
    doubtful = tables.objectivity[(tables.objectivity["year"] == year) & tables.objectivity["is_vpr_doubtful"]]
    proposals = tables.match_proposals.drop_duplicates("proposal_id")
    return Findings(
        missing=_by_area(summary[~summary["is_received"].astype(bool)]),
        high=[_slice_share(row) for row in records(enough[enough["low_share"] >= method.familiar.low_share])],
        highest=[_slice_share(row) for row in records(top[top["low_count"] > 0])],
        grown=[
            f"{procedure_label(row['procedure'])}, {slice_name(row)} ({points(row['change'])})"
            for row in records(compared[compared["change"] >= method.monitoring.growth_share])
        ],
        grown_school_count=int((schools["change"] >= method.monitoring.growth_share).sum()),
        compared_count=len(schools),
        doubted=_by_area(summary[summary["school_id"].isin(doubtful["school_id"])]),
        areas={name: areas[name] for name in sorted(areas, key=alphabetical)},
        groups=[
            f"{row['kind'].lower()}: {row['group']} ({_above(row, method)})"
            for row in records(_above_expected(facts.groups))
        ],
        small=summary.loc[summary["sample_code"] == "small", "school_name"].to_list(),
        failed_count=int((~tables.checks["is_passed"].astype(bool)).sum()),
        unknown_count=len(proposals),
    )


def conclusions(
    tables: MonitoringTables, facts: MonitoringFacts, found: Findings, method: Methodology
) -> tuple[Conclusion, ...]:
    """The conclusions, in the order of the report; a threshold that nothing passes is a conclusion too."""
    told = {
        "coverage": _coverage(tables, found),
        "shares": _shares(facts, found, method),
        "dynamics": _dynamics(facts, found, method),
        "objectivity": _objectivity(tables, found),
        "areas": _areas(facts, found, method),
        "groups": _groups(found),
        "small": _small(found, method),
        "quality": _quality(tables, found),
    }
    return tuple(Conclusion(code, text) for code, text in told.items())


def recommendations(found: Findings, drawn: tuple[Conclusion, ...], texts: DocumentTexts) -> list[dict[str, object]]:
    """Recommendations by addressee: `to`, `points` (each with `text` and `ground`); none where nothing gives ground."""
    number_of = {conclusion.code: place for place, conclusion in enumerate(drawn, start=1)}
    missing = plural(sum(map(len, found.missing.values())), "школа", "школы", "школ")
    grown_schools = plural(found.grown_school_count, "школа", "школы", "школ")
    subjects = found.high or found.highest
    rules: tuple[tuple[str, str, str, object, Mapping[str, str]], ...] = (
        ("department", "missing", "coverage", found.missing, {"schools": missing}),
        ("department", "unknown", "quality", found.unknown_count, {}),
        ("institute", "subjects", "shares", subjects, {"subjects": _list(subjects)}),
        ("institute", "grown", "dynamics", found.grown, {"subjects": _list(found.grown)}),
        ("institute", "groups", "groups", found.groups, {"groups": _list(found.groups)}),
        ("municipalities", "areas", "areas", found.areas, {"areas": _genitive(found.areas)}),
        ("municipalities", "doubted", "objectivity", found.doubted, {"areas": _genitive(found.doubted)}),
        ("municipalities", "areas_missing", "coverage", found.missing, {"areas": _genitive(found.missing)}),
        ("schools", "grown_schools", "dynamics", found.grown_school_count, {"schools": grown_schools}),
        ("schools", "small", "small", found.small, {}),
    )
    told: dict[str, list[dict[str, object]]] = {}
    for addressee, name, code, ground, fields in rules:
        if ground:
            text = texts.text("monitoring", name, **fields)
            told.setdefault(addressee, []).append({"text": text, "ground": f"Основание: вывод {number_of[code]}."})
    return [{"to": texts.text("monitoring", f"to_{addressee}"), "points": points} for addressee, points in told.items()]


def points(change: float) -> str:
    """A difference of shares in percentage points, with its sign: «+1,2 п. п.»."""
    value = round(change * 100, 1)
    return f"{'+' if value > 0 else MINUS if value < 0 else ''}{number(abs(value), 1)}\u00a0п.\u00a0п."


def ratio_text(ratio: float) -> str:
    """Observed to expected, always with two decimals: «0,90»."""
    return f"{ratio:.2f}".replace(".", ",")


def _above_expected(ratios: pd.DataFrame) -> pd.DataFrame:
    """The rows that may be judged and whose whole interval lies above 1."""
    return ratios[ratios["is_judged"] & (ratios["lower"] > 1)]


def _above(row: Mapping[str, float], method: Methodology) -> str:
    """«отношение к ожидаемому 1,39; 95 %-й интервал 1,04–1,73»."""
    level = percent(method.monitoring.interval_level, 0)
    interval = f"{ratio_text(row['lower'])}–{ratio_text(row['upper'])}"
    return f"отношение к ожидаемому {ratio_text(row['ratio'])}; {level}-й интервал {interval}"


def _slice_share(row: Mapping[str, object]) -> str:
    """«ВПР, математика, 8 класс — 15,4 %»."""
    return f"{procedure_label(str(row['procedure']))}, {slice_name(row)} — {percent(float(str(row['low_share'])))}"


def _by_area(schools: pd.DataFrame) -> dict[str, list[str]]:
    """Municipality -> names of its schools, both by alphabet."""
    found: dict[str, list[str]] = {}
    rows = records(schools)
    for row in sorted(rows, key=lambda r: (alphabetical(r["municipality_name"]), alphabetical(r["school_name"]))):
        found.setdefault(row["municipality_name"], []).append(row["school_name"])
    return found


def _list(names: list[str]) -> str:
    return "; ".join(names)


def _genitive(names: Mapping[str, object]) -> str:
    """Municipalities after «руководителям»: «Велижского муниципального округа, города Десногорска»."""
    return ", ".join(in_case(name, "genitive") for name in names)


def _coverage(tables: MonitoringTables, found: Findings) -> str:
    total, missing = len(tables.school_summary), sum(map(len, found.missing.values()))
    received = f"Получены результаты {number(total - missing)} из {out_of(total, 'школы', 'школ')} реестра"
    if not missing:
        return f"{received}: сведения полны."
    areas = out_of(len(found.missing), "муниципального образования", "муниципальных образований")
    schools = out_of(missing, "школы", "школ")
    return f"{received}. Нет результатов {schools} из {areas}: список — в приложении 3."


def _shares(facts: MonitoringFacts, found: Findings, method: Methodology) -> str:
    share = percent(method.familiar.low_share, 0)
    told = f"Наибольшие доли низких результатов по процедурам: {_list(found.highest)}." if found.highest else ""
    if facts.slices.empty:
        return "Результатов за год нет: выводов о них сделать нельзя."
    if found.high:
        return f"Доля низких результатов достигает {share} и больше: {_list(found.high)}. {told}".strip()
    return f"Ни по одному предмету и классу доля низких результатов по региону не достигает {share}. {told}".strip()


def _dynamics(facts: MonitoringFacts, found: Findings, method: Methodology) -> str:
    if facts.changes.empty:
        return "Сравнить с прошлым годом нечего: нет результатов, которые есть в обоих годах."
    step = f"{number(method.monitoring.growth_share * 100, 1)}\u00a0п.\u00a0п."
    if found.grown:
        region = f"Доля низких результатов по региону выросла за год на {step} и больше: {_list(found.grown)}."
    else:
        region = f"Ни по одному предмету и классу доля низких результатов по региону не выросла на {step} и больше."
    least = method.sample.acceptable_count
    return (
        f"{region} Из {out_of(found.compared_count, 'школы', 'школ')}, у которых в обоих годах не меньше "
        f"{number(least)} сопоставимых результатов, такой рост — у {number(found.grown_school_count)}."
    )


def _objectivity(tables: MonitoringTables, found: Findings) -> str:
    if tables.objectivity.empty:
        return "Судить об объективности результатов не по чему: нужных для этого сведений не получено."
    count = sum(map(len, found.doubted.values()))
    if not count:
        return "Школ, у которых результаты ВПР этого года вызывают сомнение, нет."
    schools = plural(count, "школы", "школ", "школ")
    return (
        f"У {schools} есть признаки, по которым результаты ВПР этого года не считаются хорошим свидетельством: "
        "это повод присмотреться к тому, как проводилась работа, а не вывод о школе."
    )


def _areas(facts: MonitoringFacts, found: Findings, method: Methodology) -> str:
    level = percent(method.monitoring.interval_level, 0)
    if not facts.areas["is_judged"].any():
        return "О муниципальных образованиях выводов нет: школ с результатами в каждом слишком мало."
    if not found.areas:
        rule = f"весь {level}-й интервал выше 1"
        return f"Муниципальных образований, где низких результатов больше ожидаемого ({rule}), нет."
    told = _list([f"{name} ({words})" for name, words in found.areas.items()])
    return f"Низких результатов больше, чем ожидалось бы по средним долям региона: {told}."


def _groups(found: Findings) -> str:
    if not found.groups:
        return "Групп школ, где низких результатов больше ожидаемого, не выявлено."
    return f"Низких результатов больше ожидаемого в группах школ: {_list(found.groups)}."


def _small(found: Findings, method: Methodology) -> str:
    if not found.small:
        return f"Школ, у которых меньше {number(method.sample.limited_count)} результатов, нет."
    schools = plural(len(found.small), "школы", "школ", "школ")
    return (
        f"У {schools} меньше {number(method.sample.limited_count)} результатов за год: показатели таких школ "
        "приведены для сведения, выводов по ним не делают."
    )


def _quality(tables: MonitoringTables, found: Findings) -> str:
    if tables.checks.empty:
        return "Проверки данных не проводились."
    total = number(len(tables.checks))
    if not found.failed_count:
        return f"Все проверки данных ({total}) пройдены."
    checks = out_of(len(tables.checks), "проверки", "проверок")
    failed = number(found.failed_count)
    return f"Из {checks} данных замечания дали {failed}: они перечислены в приложении 2."
