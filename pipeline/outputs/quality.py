"""The quality report of a year: what was received, which checks failed and why rows were not taken.

One self-contained HTML page for the analyst and a few lines for the terminal, both from the tables `checks`, `rejects`
and `source_files` alone.
"""

from collections.abc import Hashable, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from pipeline import russian

TEMPLATES = Path(__file__).parent / "templates"
REASON_EXAMPLE_COUNT = 5
COVERAGE_CHECK = "school_coverage"
NO_LAYOUTS: Mapping[str, str] = {}
CONDITIONS_TABLE = "context_schools"  # what schools report about their conditions (`plausibility`)


def render(
    checks: pd.DataFrame,
    rejects: pd.DataFrame,
    source_files: pd.DataFrame,
    *,
    year: int,
    region_name: str = "",
    is_demo: bool = False,
    layouts: Mapping[str, str] = NO_LAYOUTS,
) -> str:
    """The report as one HTML page that needs no other file and no network.

    Args:
        checks: CHECKS of the year.
        rejects: REJECTS of every stage.
        source_files: SOURCE_FILES.
        year: year of the results.
        region_name: as in the region's settings.
        is_demo: whether the region is made up; the page then says «ДЕМО».
        layouts: titles of the layouts by their codes.
    """
    import jinja2

    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["number"] = russian.number
    return environment.get_template("quality.html.j2").render(
        year=year,
        region_name=region_name,
        is_demo=is_demo,
        verdict_code=verdict_code(checks),
        verdict=_verdict(checks),
        coverage=_coverage(checks),
        facts=_facts(source_files),
        checks=_ordered(checks).to_dict("records"),
        files=_files(source_files, rejects, layouts),
        faults=_reasons(rejects, is_service=False),
        service=_reasons(rejects, is_service=True),
    )


def summary(checks: pd.DataFrame, source_files: pd.DataFrame, *, year: int) -> str:
    """The report in a few lines for the terminal: verdict, coverage, every failed check with its first example."""
    failed = _ordered(checks[~checks["is_passed"].astype(bool)])
    lines = [
        f"Проверка данных за {year} год: {_verdict(checks)}",
        "; ".join(text for text in (_coverage(checks), _facts(source_files)) if text),
    ]
    marks = {"critical": "ОШИБКА", "warning": "внимание"}
    for check in failed.itertuples():
        found = f"{check.title_text} — {check.observed_text} (порог: {check.threshold_text})"
        lines.append(f"  {marks[str(check.severity)]}: {found}")
        if examples := str(check.example_text).splitlines():
            lines.append(f"    например: {examples[0]}")
    return "\n".join(lines)


def verdict_code(checks: pd.DataFrame) -> str:
    """How the year stands: `failed` (a critical check), `warning` or `passed`."""
    severities = set(checks.loc[~checks["is_passed"].astype(bool), "severity"])
    return "failed" if "critical" in severities else "warning" if severities else "passed"


def _verdict(checks: pd.DataFrame) -> str:
    """The verdict in words."""
    failed = checks.loc[~checks["is_passed"].astype(bool), "severity"]
    critical, warnings = int((failed == "critical").sum()), int((failed == "warning").sum())
    told_warnings = f"предупреждений: {warnings}"
    if critical:
        return f"не пройдено обязательных проверок: {critical}, {told_warnings}"
    return f"обязательные проверки пройдены, {told_warnings}" if warnings else "все проверки пройдены"


def _coverage(checks: pd.DataFrame) -> str:
    """«получено 341 из 350 школ», empty where the suites do not ask."""
    found = checks.loc[checks["check_code"] == COVERAGE_CHECK, "observed_text"]
    return str(found.iloc[0]) if len(found) else ""


def _facts(source_files: pd.DataFrame) -> str:
    """How many files and rows came and were taken."""
    kept, read = (int(source_files[name].sum()) for name in ("kept_count", "read_count"))
    told_files = russian.plural(len(source_files), "файл", "файла", "файлов")
    return f"{told_files}; принято {russian.number(kept)} из {russian.out_of(read, 'строки', 'строк')}"


def _ordered(checks: pd.DataFrame) -> pd.DataFrame:
    """The checks as an analyst reads them: failed before passed, critical before warnings, empty ones last.

    Results come before conditions, which decide about no school and are wrong in many a form.
    """
    rank = checks.assign(
        is_empty=checks["checked_count"] == 0,
        is_warning=checks["severity"] == "warning",
        is_of_conditions=checks["table_name"] == CONDITIONS_TABLE,
    )
    keys = ["is_passed", "is_empty", "is_warning", "is_of_conditions", "table_name", "check_code"]
    return checks.loc[rank.sort_values(keys, kind="stable").index]


def _files(source_files: pd.DataFrame, rejects: pd.DataFrame, layouts: Mapping[str, str]) -> list[dict[Hashable, Any]]:
    """One record per file: its kind, rows read, kept, rejected, and how many of the rejected are service rows."""
    is_service = rejects["is_service"].fillna(False).astype(bool) & (rejects["stage_name"] == "read")
    service = rejects[is_service].groupby("file_id").size()
    frame = source_files.assign(
        service_count=source_files["file_id"].map(service).fillna(0).astype("int64"),
    ).sort_values("file_id")
    frame = frame.assign(
        faulty_count=frame["rejected_count"] - frame["service_count"],
        layout=["; ".join(layouts.get(code, code) for code in codes.split("+")) for codes in frame["layout_id"]],
        day=[russian.day_text(day) for day in frame["load_date"].fillna("")],
    )
    return frame.to_dict("records")


def _reasons(rejects: pd.DataFrame, *, is_service: bool) -> list[dict[str, object]]:
    """One record per reason, the most frequent first: rows, files and the first examples."""
    rows = rejects[rejects["is_service"].fillna(False).astype(bool) == is_service]
    rows = rows.sort_values(["file_id", "sheet_name", "row_number", "block_name", "stage_name"], kind="stable")
    found = []
    for code, group in rows.groupby("reason_code"):
        examples = group.head(REASON_EXAMPLE_COUNT).to_dict("records")
        found.append(
            {
                "label": russian.reason_label(str(code)),
                "row_count": len(group),
                "file_count": group["file_id"].nunique(),
                "examples": [_place(row) for row in examples],
                "more_count": len(group) - len(examples),
            }
        )
    return sorted(found, key=lambda reason: (-int(str(reason["row_count"])), str(reason["label"])))


def _place(row: Mapping[Any, Any]) -> str:
    """Where a rejected row stands and what was in it."""
    words = {"file_id": "", "sheet_name": "лист ", "row_number": "строка ", "block_name": "", "column_name": "столбец "}
    told = {name: russian.value_text(name, row[name]) for name in (*words, "value_text")}
    place = ", ".join(f"{word}{told[name]}" for name, word in words.items() if told[name])
    return f"{place}: {told['value_text']}" if told["value_text"] else place
