"""Sections of the monitoring report as records of finished texts: what both the Word document and the page show.

Nothing is computed here but words: shares in per cent, «—» for what is not known, one sentence for an empty section.
"""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from pipeline.methodology import Methodology
from pipeline.outputs.monitoring_conclusions import points, ratio_text
from pipeline.outputs.monitoring_facts import MonitoringFacts, MonitoringTables
from pipeline.outputs.region_charts import slice_name
from pipeline.register import alphabetical, valid_in
from pipeline.russian import kind_label, number, out_of, percent, plural, procedure_label, reason_label, subject_label
from pipeline.schema import records

Row = dict[str, Any]
NONE = "—"
SAMPLES: Mapping[str, str] = {
    "informative": "информативная",
    "acceptable": "допустимая",
    "limited": "ограниченная",
    "small": "малая: без выводов",
    "none": "результатов нет",
}
SAMPLE_NOTES: Mapping[str, str] = {
    "limited": "ограниченная выборка",
    "small": "малая выборка",
    "none": "результатов нет",
}
SEVERITIES: Mapping[str, str] = {"critical": "ошибка", "warning": "внимание"}


def sources(tables: MonitoringTables, titles: Mapping[str, str], year: int) -> list[Row]:
    """Rows of the table of received files: one per kind of file of the year, then earlier years, then all."""
    is_service = tables.rejects["is_service"].fillna(False).astype(bool) & (tables.rejects["stage_name"] == "read")
    service = tables.rejects[is_service].groupby("file_id").size()
    files = tables.source_files.assign(service_count=tables.source_files["file_id"].map(service).fillna(0))
    files = files.assign(
        title=[
            "; ".join(titles.get(part, part) for part in layout.split("+")) if year_received == year else ""
            for layout, year_received in zip(files["layout_id"], files["receipt_year"], strict=True)
        ]
    )
    parts = [(str(title), part) for title, part in files.groupby("title") if title]
    earlier = files[files["title"] == ""]
    if len(earlier):
        parts.append(("Файлы прошлых лет", earlier))
    if files.empty:
        return []
    return [_files(title, part) for title, part in [*parts, ("Всего", files)]]


def _files(title: str, files: pd.DataFrame) -> Row:
    """One row of the table of received files."""
    read, kept, service = (int(files[name].sum()) for name in ("read_count", "kept_count", "service_count"))
    told = {"files": len(files), "read": read, "kept": kept, "service": service, "rejected": read - kept - service}
    return {"title": title, **{name: number(count) for name, count in told.items()}}


def coverage(tables: MonitoringTables, facts: MonitoringFacts) -> list[Row]:
    """Rows of the table of coverage: one per procedure: schools, results, subjects and grades."""
    region = facts.area_procedures[facts.area_procedures["municipality_id"] == ""].set_index("procedure")
    total = len(tables.school_summary)
    return [
        {
            "procedure": procedure_label(procedure),
            "schools": number(region.loc[procedure, "school_count"]),
            "school_share": percent(region.loc[procedure, "school_count"] / total),
            "tested": number(region.loc[procedure, "tested_count"]),
            "slices": number(int((facts.slices["procedure"] == procedure).sum())),
            "low_share": percent(region.loc[procedure, "low_share"]),
        }
        for procedure in facts.slices["procedure"].drop_duplicates()
    ]


def thresholds(method: Methodology) -> list[Row]:
    """Rows of the table of thresholds: each number that a statement of the report depends on."""
    shown = ("familiar.low_share", "sample.", "monitoring.", "stability.min_cell_schools", "context.min_criteria_count")
    return [
        {"title": parameter.title, "value": _parameter(parameter.value, parameter.unit)}
        for parameter in method.parameters
        if f"{parameter.section}.{parameter.name}".startswith(shown)
    ]


def _parameter(value: Any, unit: str) -> str:
    """A threshold with its unit."""
    if isinstance(value, list):
        return f"{', '.join(map(number, value))} {unit}"
    if unit == "разность долей":
        return plural(round(value * 100), "процентный пункт", "процентных пункта", "процентных пунктов")
    return percent(value) if unit == "доля" else f"{number(value)} {unit}"


def minimum_scores(tables: MonitoringTables, facts: MonitoringFacts, year: int) -> str:
    """Minimum scores of the year's subjects as one sentence; empty where there are none."""
    taken = set(zip(facts.slices["procedure"], facts.slices["subject"], strict=True))
    valid = valid_in(tables.minimum_scores, year)
    rows = [row for row in records(valid) if (row["procedure"], row["subject"]) in taken]
    told = [
        f"{subject_label(row['subject'])} — {number(row['minimum_score'])}"
        for row in rows
        if row["score_kind"] == "test_score"
    ]
    return f"Минимальные тестовые баллы ЕГЭ: {'; '.join(told)}." if told else ""


def samples(tables: MonitoringTables, facts: MonitoringFacts, method: Methodology) -> list[Row]:
    """Rows of the table of samples: schools by size of sample."""
    sample = method.sample
    borders = {
        "informative": f"{sample.informative_count} и больше",
        "acceptable": f"от {sample.acceptable_count} до {sample.informative_count - 1}",
        "limited": f"от {sample.limited_count} до {sample.acceptable_count - 1}",
        "small": f"меньше {sample.limited_count}",
        "none": "0",
    }
    counts = tables.school_summary["sample_code"].value_counts()
    return [
        {"sample": SAMPLES[code], "results": words, "schools": number(int(counts.get(code, 0)))}
        for code, words in borders.items()
    ]


def procedures(facts: MonitoringFacts) -> list[Row]:
    """One record per procedure: `title` and the `rows` of its table by subject and grade."""
    found: dict[str, list[Row]] = {}
    for row in records(facts.slices):
        found.setdefault(row["procedure"], []).append(
            {
                "subject": slice_name(row),
                "schools": number(row["school_count"]),
                "tested": number(row["tested_count"]),
                "low": number(row["low_count"]),
                "low_share": percent(row["low_share"]),
                "mean": told(row["mean_score"], number),
                "absent_share": told(row["absent_share"], percent),
                "small": number(row["small_count"]),
            }
        )
    return [{"title": procedure_label(code), "rows": rows} for code, rows in found.items()]


def dynamics(facts: MonitoringFacts, method: Methodology) -> list[Row]:
    """Rows of the table of two years by subject and grade."""
    fewest = method.sample.informative_count
    rows = []
    for row in records(facts.changes):
        is_small = min(row["tested_before"], row["tested_now"]) < fewest
        is_grown = row["change"] >= method.monitoring.growth_share
        note = "мало результатов" if is_small else "отрицательная динамика" if is_grown else ""
        rows.append({"subject": f"{procedure_label(row['procedure'])}: {slice_name(row)}", "note": note, **_years(row)})
    return rows


def _years(row: Mapping[str, Any] | None) -> Row:
    """Shares of two years, their difference, and on how many results."""
    if row is None:
        return dict.fromkeys(("schools", "tested", "before", "now", "change"), NONE)
    return {
        "schools": number(row["school_count"]),
        "tested": f"{number(row['tested_before'])} / {number(row['tested_now'])}",
        "before": percent(row["share_before"]),
        "now": percent(row["share_now"]),
        "change": points(row["change"]),
    }


def markers(tables: MonitoringTables, titles: Mapping[str, str], year: int) -> list[Row]:
    """Rows of the table of signs: how many schools could be judged, how many have the sign."""
    flags = tables.objectivity_flags[tables.objectivity_flags["year"] == year]
    rows = []
    for code, title in titles.items():
        part = flags[flags["marker_code"] == code]
        judged = part["school_id"].nunique()
        flagged = part.loc[part["is_flagged"].astype(bool), "school_id"].nunique()
        share = percent(flagged / judged) if judged else NONE
        rows.append({"title": title, "judged": number(judged), "flagged": number(flagged), "share": share})
    return rows if len(flags) else []


def doubted(tables: MonitoringTables, titles: Mapping[str, str], year: int) -> list[Row]:
    """Rows of the table of schools whose ВПР of the year are in doubt, by municipality and name."""
    found = tables.objectivity[
        (tables.objectivity["year"] == year) & tables.objectivity["is_vpr_doubtful"].astype(bool)
    ]
    names = tables.school_summary[["school_id", "school_name", "municipality_name"]]
    rows = sorted(records(found.merge(names, on="school_id")), key=_by_name)
    return [
        {
            "municipality": row["municipality_name"],
            "school": row["school_name"],
            "signs": "; ".join(titles.get(code, code) for code in str(row["marker_codes"]).split(";")),
        }
        for row in rows
    ]


def journal(facts: MonitoringFacts) -> list[Row]:
    """Rows of the table that compares marks with the journal."""
    return [
        {
            "subject": f"{procedure_label(row['procedure'])}: {slice_name(row)}",
            "schools": number(row["school_count"]),
            "compared": number(row["compared_count"]),
            **{name: percent(row[f"{name}_share"]) for name in ("lowered", "confirmed", "raised")},
        }
        for row in records(facts.journal[facts.journal["compared_count"] > 0])
    ]


def ratio_words(row: Mapping[str, Any]) -> Row:
    """Observed to expected with its interval and what follows from it."""
    if not row["is_judged"]:
        note = "школ мало: без вывода"
    elif row["lower"] > 1:
        note = "больше ожидаемого"
    elif row["upper"] < 1:
        note = "меньше ожидаемого"
    else:
        note = "отличие не установлено"
    has_interval = row["is_judged"] and row["lower"] is not None
    return {
        "ratio": told(row["ratio"], ratio_text),
        "interval": f"{ratio_text(row['lower'])}–{ratio_text(row['upper'])}" if has_interval else NONE,
        "note": note,
    }


def areas(tables: MonitoringTables, facts: MonitoringFacts) -> list[Row]:
    """Rows of the table of municipalities, by alphabet."""
    ratios = {row["group"]: row for row in records(facts.areas)}
    changes = {row["group"]: row for row in records(facts.area_changes)}
    rows = []
    for row in sorted(records(tables.municipality_summary), key=lambda row: alphabetical(row["municipality_name"])):
        code = row["municipality_id"]
        ratio = ratio_words(ratios[code]) if code in ratios else {"ratio": NONE, "interval": NONE, "note": "школ нет"}
        rows.append(
            {
                "municipality": row["municipality_name"],
                "schools": f"{number(row['received_count'])} из {number(row['school_count'])}",
                "tested": number(row["tested_count"]),
                "low_share": told(row["low_share"], percent),
                "change": _years(changes.get(code))["change"],
                **ratio,
            }
        )
    return rows


def groups(facts: MonitoringFacts) -> list[Row]:
    """Rows of the table of groups of schools, a heading per kind."""
    changes = {(row["kind"], row["group"]): row for row in records(facts.group_changes)}
    return [
        {
            "kind": row["kind"],
            "group": row["group"],
            "schools": number(row["school_count"]),
            "tested": number(row["tested_count"]),
            "low_share": told(row["low_count"] / row["tested_count"] if row["tested_count"] else None, percent),
            "change": _years(changes.get((row["kind"], row["group"])))["change"],
            **ratio_words(row),
        }
        for row in records(facts.groups)
        if row["member_count"]
    ]


def area_pages(tables: MonitoringTables, facts: MonitoringFacts, method: Methodology) -> list[Row]:
    """One record per municipality, by alphabet: its sentence, results by procedure and by school."""
    whole = {row["procedure"]: row for row in records(facts.area_procedures) if row["municipality_id"] == ""}
    region = {procedure: whole[procedure] for procedure in facts.slices["procedure"].drop_duplicates()}
    own = facts.area_procedures.groupby("municipality_id")
    changes = {row["school_id"]: row for row in records(facts.school_changes)}
    pages = []
    for area in sorted(records(tables.municipality_summary), key=lambda row: alphabetical(row["municipality_name"])):
        code = area["municipality_id"]
        part = {row["procedure"]: row for row in records(own.get_group(code))} if code in own.groups else {}
        schools = tables.school_summary[tables.school_summary["municipality_id"] == code]
        pages.append(
            {
                "name": area["municipality_name"],
                "sentence": _area_sentence(area),
                "procedures": [_area_procedure(part[name], region[name]) for name in region if name in part],
                "schools": [
                    _school(row, changes.get(row["school_id"]), method)
                    for row in sorted(records(schools), key=_by_name)
                ],
            }
        )
    return pages


def _area_sentence(area: Mapping[str, Any]) -> str:
    """What was received from a municipality."""
    total, received = area["school_count"], area["received_count"]
    if not total:
        return "Школ в реестре этого года нет."
    results = plural(area["tested_count"], "результат", "результата", "результатов")
    told_schools = f"Получены результаты {number(received)} из {out_of(total, 'школы', 'школ')}, всего {results}."
    return f"{told_schools} Нет результатов: {area['missing_text']}." if area["missing_text"] else told_schools


def _area_procedure(row: Mapping[str, Any], region: Mapping[str, Any]) -> Row:
    """A procedure in a municipality, beside the region."""
    return {
        "procedure": procedure_label(row["procedure"]),
        "schools": number(row["school_count"]),
        "tested": number(row["tested_count"]),
        "low_share": percent(row["low_share"]),
        "region_share": percent(region["low_share"]),
    }


def _school(row: Mapping[str, Any], change: Mapping[str, Any] | None, method: Methodology) -> Row:
    """A school in the table of its municipality."""
    is_small = row["tested_count"] < method.sample.limited_count
    notes = [SAMPLE_NOTES[row["sample_code"]]] if row["sample_code"] in SAMPLE_NOTES else []
    if change is not None and min(change["tested_before"], change["tested_now"]) >= method.sample.acceptable_count:
        notes += ["доля выросла"] if change["change"] >= method.monitoring.growth_share else []
    return {
        "school": row["school_name"],
        "procedures": row["procedures_text"] or NONE,
        "tested": number(row["tested_count"]),
        "low_share": told(row["low_share"], percent),
        "ratio": NONE if is_small else told(row["observed_ratio"], ratio_text),
        "change": NONE if is_small else _years(change)["change"],
        "note": "; ".join(notes),
    }


def quality_rows(tables: MonitoringTables) -> list[Row]:
    """Rows of the checks that did not pass: errors first."""
    failed = tables.checks[~tables.checks["is_passed"].astype(bool)]
    ordered = failed.sort_values(["severity", "table_name", "check_code"])
    return [
        {
            "severity": SEVERITIES[row["severity"]],
            "title": row["title_text"],
            "observed": row["observed_text"],
            "threshold": row["threshold_text"],
        }
        for row in records(ordered)
    ]


def rejected(tables: MonitoringTables) -> list[Row]:
    """Rows of the reasons why lines of files were not taken, service lines apart: the most frequent first."""
    faulty = tables.rejects[~tables.rejects["is_service"].fillna(False).astype(bool)]
    counted = faulty.groupby("reason_code").agg(rows=("file_id", "size"), files=("file_id", "nunique")).reset_index()
    rows = sorted(records(counted), key=lambda row: (-row["rows"], row["reason_code"]))
    return [
        {"reason": reason_label(row["reason_code"]), "rows": number(row["rows"]), "files": number(row["files"])}
        for row in rows
    ]


def missing(tables: MonitoringTables) -> list[Row]:
    """Rows of the schools without any result of the year, by municipality and name."""
    kinds = dict(zip(tables.schools["school_id"], tables.schools["kind_code"], strict=True))
    absent = tables.school_summary[~tables.school_summary["is_received"].astype(bool)]
    return [
        {
            "municipality": row["municipality_name"],
            "school": row["school_name"],
            "kind": kind_label(kinds[row["school_id"]]),
        }
        for row in sorted(records(absent), key=_by_name)
    ]


def unknown(tables: MonitoringTables) -> list[Row]:
    """Rows of the names and codes in files that no school of the register bears, with the most alike school."""
    best = tables.match_proposals[tables.match_proposals["proposal_rank"] == 1]
    return [
        {
            "municipality": row["municipality_text"] or NONE,
            "school": row["school_text"] or NONE,
            "code": row["code_text"] or NONE,
            "rows": number(row["row_count"]),
            "alike": row["school_name"] or NONE,
        }
        for row in records(best)
    ]


def told(value: float | None, form: Any) -> str:
    """A number in its form, «—» where it is not known."""
    return NONE if value is None or value != value else str(form(value))


def _by_name(row: Mapping[str, Any]) -> Any:
    """Key of the order by municipality and name of school."""
    return alphabetical(row["municipality_name"]), alphabetical(row["school_name"]), row["school_id"]
