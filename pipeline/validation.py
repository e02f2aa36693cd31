"""Is the year plausible? Suites of Great Expectations over the frames of `pipeline.plausibility`, told in Russian.

The only module that knows Great Expectations; importing it takes seconds, so it sits inside the functions. What a suite
file may hold is said in `expectations/README.md`. Nothing is sent anywhere and nothing is written outside the folder
that the caller names.
"""

import logging
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from html import escape
from importlib import resources
from pathlib import Path
from typing import Any

import pandas as pd

from pipeline import russian
from pipeline.errors import ConfigError, QualityGateError
from pipeline.methodology import Methodology
from pipeline.methodology.rules import QualityRules
from pipeline.suites import Check, Suite, load_suites
from pipeline.tables.quality import CHECKS

EXAMPLE_COUNT = 5
NO_DATA = "нет данных"

# What the pages of the library lose, in this order: everything that is fetched, run or leads outside the folder.
OFFLINE = tuple(
    (re.compile(pattern, re.DOTALL | re.IGNORECASE), replacement)
    for pattern, replacement in (
        (r"<script\b.*?</script>", ""),
        (r"<link\b[^>]*>", ""),
        (r"<footer>.*?</footer>", ""),
        (r"<img\b[^>]*https?://[^>]*>", "Great Expectations"),
        (r"url\(['\"]?https?://[^)]*\)", "none"),
        (r"href=\"[./]*/index\.html\"", 'href="index.html"'),
        (r"<a\b[^>]*href=\"(?:https?:|[./]*/expectations/)[^>]*>(.*?)</a>", r"\1"),
        # The buttons, the filter and the folded details need the scripts that are gone.
        (r"<p class=\"m-0\">\s*<a data-toggle=\"collapse\".*?</p>", ""),
        (r" / __none__", ""),
        *(
            (rf"(?<=>)(\s*){english}(\s*)(?=<)", rf"\1{told}\2")
            for english, told in (
                ("Expectation Validation Result", "Результат проверки"),
                ("Evaluates whether a batch of data matches expectations\\.", "Соответствуют ли данные ожиданиям."),
                ("Table of Contents", "Содержание"),
                ("Home", "К списку"),
                ("Overview", "Обзор"),
                ("Statistics", "Итоги"),
                ("Evaluated Expectations", "Выполнено проверок"),
                ("Successful Expectations", "Пройдено"),
                ("Unsuccessful Expectations", "Не пройдено"),
                ("Success Percent", "Доля пройденных"),
                ("Expectation", "Проверка"),
                ("Status", "Итог"),
                ("Observed Value", "Получено"),
                ("Unexpected Value", "Значение"),
                ("Count", "Сколько раз"),
                ("Index", "Строка таблицы"),
            )
        ),
    )
)
DOCS_STYLE = (
    "body{font-family:system-ui,sans-serif;margin:1.5rem;max-width:70rem}"
    "table{border-collapse:collapse;margin:.5rem 0}td,th{border:1px solid #ccc;padding:.25rem .5rem;text-align:left}"
    ".collapse,.sticky>.card:first-of-type{display:none}.navbar{height:auto!important}"
    ".fa-check-circle::before{content:'\\2713'}.fa-times::before{content:'\\2717'}"
    ".fa-exclamation-triangle::before{content:'!'}"
    ".ge-section{border-top:2px solid #ddd;padding-top:.5rem}ul{line-height:1.6}"
)


@dataclass(frozen=True)
class Outcome:
    """What the checks of one year gave.

    Args:
        checks: CHECKS, one row per check of every suite.
        results: the validation result of each suite that had rows, by table: what Data Docs are rendered from.
    """

    checks: pd.DataFrame
    results: Mapping[str, Any] = field(repr=False)


def validate(
    frames: Mapping[str, pd.DataFrame], methodology: Methodology, suites_directory: Path | None = None
) -> Outcome:
    """The outcome of every suite on its frame; a check without anything to judge is passed and says «нет данных».

    Args:
        frames: the frames of `pipeline.plausibility.derive`, by name.
        methodology: gives the thresholds that suites name as `$name`.
        suites_directory: folder of suites; the package `expectations` where it is None.

    Raises:
        ConfigError: a suite is misspelt, names an unknown table, column or threshold, or cannot be evaluated.
    """
    directory = suites_directory or Path(str(resources.files("expectations")))
    suites = load_suites(directory, methodology.quality)
    gx, context = _great_expectations()
    source = context.data_sources.add_pandas("frames")
    rows: list[dict[str, object]] = []
    results: dict[str, Any] = {}
    for suite in suites:
        frame = _frame_of(suite, frames)
        expectations = [_expectation(suite, check, frame, methodology.quality) for check in suite.checks]
        by_code: Mapping[str, Any] = {}
        if not frame.empty:
            batch_definition = source.add_dataframe_asset(suite.table).add_batch_definition_whole_dataframe("whole")
            batch = batch_definition.get_batch({"dataframe": frame})
            result = batch.validate(
                gx.ExpectationSuite(name=suite.table, expectations=expectations),
                result_format={"result_format": "COMPLETE"},
            )
            results[suite.table] = result
            # Results come in another order than the suite: they are found by code.
            by_code = {one.expectation_config.meta["code"]: one for one in result.results}
            assert set(by_code) == {check.code for check in suite.checks}, f"{suite.table}: an expectation was dropped"
        rows += [_row(suite, check, frame, by_code.get(check.code), methodology.quality) for check in suite.checks]
    return Outcome(checks=CHECKS.conform(pd.DataFrame(rows)) if rows else CHECKS.empty(), results=results)


def gate(checks: pd.DataFrame) -> None:
    """Stops where a critical check failed; a warning never stops.

    Raises:
        QualityGateError: names every failed critical check with what was observed, where, and what to do.
    """
    failed = checks[(checks["severity"] == "critical") & ~checks["is_passed"].astype(bool)]
    if failed.empty:
        return
    stopped = russian.plural(len(failed), "обязательную проверку", "обязательные проверки", "обязательных проверок")
    told = "; ".join(
        f"«{check.title_text}» — {check.observed_text}, порог: {check.threshold_text}" for check in failed.itertuples()
    )
    raise QualityGateError(
        f"Данные не прошли {stopped}: {told}. Ничего не опубликовано",
        where="; ".join(text.replace("\n", "; ") for text in failed["example_text"] if text),
        remedy=". ".join(dict.fromkeys(failed["remedy_text"])),
    )


def _great_expectations() -> tuple[Any, Any]:
    """The library and a context in memory, with everything off that would send, print or write."""
    os.environ["GX_ANALYTICS_ENABLED"] = "false"
    # Its own messages repeat, in English, what strict loading and the checks table say.
    logging.getLogger("great_expectations").setLevel(logging.CRITICAL)
    import great_expectations as gx
    from great_expectations.data_context.types.base import (
        DataContextConfig,
        InMemoryStoreBackendDefaults,
        ProgressBarsConfig,
    )

    config = DataContextConfig(
        # The default would name a folder for documents in the system's temporary directory.
        store_backend_defaults=InMemoryStoreBackendDefaults(init_temp_docs_sites=False),
        progress_bars=ProgressBarsConfig(globally=False),
        analytics_enabled=False,
    )
    return gx, gx.get_context(mode="ephemeral", project_config=config)


def _frame_of(suite: Suite, frames: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """The frame of a suite with rows numbered from 0, so that a failing row is found by its label."""
    if suite.table not in frames:
        raise ConfigError(
            f"Набор проверок относится к неизвестной таблице «{suite.table}»",
            where=suite.file_name,
            remedy=f"укажите одну из таблиц: {', '.join(sorted(frames))}",
        )
    return frames[suite.table].reset_index(drop=True)


def _expectation(suite: Suite, check: Check, frame: pd.DataFrame, rules: QualityRules) -> Any:
    """The expectation object of a check; everything that the library would only log is an error here."""
    from great_expectations.exceptions.exceptions import ExpectationNotFoundError
    from great_expectations.expectations import expectation as kinds
    from great_expectations.expectations.metadata_types import FailureSeverity
    from great_expectations.expectations.registry import get_expectation_impl

    where = f"{suite.file_name}, {check.code}"
    try:
        implementation = get_expectation_impl(check.type)
    except ExpectationNotFoundError as error:
        raise ConfigError(
            f"Неизвестный вид проверки «{check.type}»", where=where, remedy="исправьте поле type"
        ) from error
    rowwise = (kinds.ColumnMapExpectation, kinds.ColumnPairMapExpectation, kinds.MulticolumnMapExpectation)
    if not issubclass(implementation, rowwise):
        raise ConfigError(
            f"Проверка «{check.type}» не построчная: по ней нельзя назвать строки-нарушители",
            where=where,
            remedy="посчитайте нужную величину в pipeline/plausibility.py и проверяйте её построчно",
        )
    named = [v for k, v in check.kwargs.items() if k in ("column", "column_A", "column_B")]
    columns = [*named, *check.kwargs.get("column_list", ()), *suite.place, *check.shown]
    unknown = [name for name in columns if name not in frame.columns]
    if unknown:
        raise ConfigError(
            f"В таблице «{suite.table}» нет столбцов: {', '.join(unknown)}",
            where=where,
            remedy=f"выберите из имеющихся: {', '.join(frame.columns)}",
        )
    severity = FailureSeverity(check.severity)
    told = f"{check.title}: {check.threshold_text(rules)}"
    try:
        return implementation(**check.kwargs, meta={"code": check.code}, severity=severity, description=told)
    except (ValueError, TypeError) as error:  # the library's own validation errors are ValueErrors
        raise ConfigError(
            f"Параметры проверки не подходят к её виду: {' '.join(str(error).split())}",
            where=where,
            remedy="исправьте поле kwargs",
        ) from error


def _row(suite: Suite, check: Check, frame: pd.DataFrame, result: Any, rules: QualityRules) -> dict[str, object]:
    """The row of CHECKS of one check; `result` is None where the frame has no rows."""
    checked, failed, is_passed = 0, 0, True
    examples = frame.head(0)
    if result is not None:
        outcome = result.result
        if "unexpected_count" not in outcome:
            raise ConfigError(
                f"Проверка «{check.title}» не выполнилась на таблице «{suite.table}»",
                where=f"{suite.file_name}, {check.code}",
                remedy="проверьте, подходит ли вид проверки к столбцу",
            )
        checked = int(outcome["element_count"]) - int(outcome["missing_count"])
        failed = int(outcome["unexpected_count"])
        is_passed = bool(result.success) or checked == 0
        labels = sorted(outcome.get("unexpected_index_list") or [])
        examples = frame.loc[labels[:EXAMPLE_COUNT]]
    return {
        "table_name": suite.table,
        "check_code": check.code,
        "severity": check.severity,
        "is_passed": is_passed,
        "checked_count": checked,
        "failed_count": failed,
        "title_text": check.title,
        "observed_text": _observed(suite, check, frame, checked, failed) if checked else NO_DATA,
        "threshold_text": check.threshold_text(rules),
        "remedy_text": check.remedy,
        "example_text": _examples(suite, check, examples, failed),
    }


def _observed(suite: Suite, check: Check, frame: pd.DataFrame, checked: int, failed: int) -> str:
    """What was found, in the words of the check."""
    one, few, many = suite.noun
    column = check.kwargs.get("column")
    return check.observed.format(
        passed=russian.number(checked - failed),
        failed=russian.number(failed),
        checked=russian.number(checked),
        of_checked=russian.out_of(checked, few, many),
        of_failed=russian.plural(failed, one, few, many),
        value=russian.value_text(column, frame[column].iloc[0]) if column else "",
    )


def _examples(suite: Suite, check: Check, rows: pd.DataFrame, failed: int) -> str:
    """The first failing rows, one on a line, and how many more there are."""
    texts = [_example(suite, check, row) for row in rows.to_dict("records")]
    more = [f"и ещё {russian.number(failed - len(rows))}"] if failed > len(rows) else []
    return "\n".join(texts + more)


def _example(suite: Suite, check: Check, row: Mapping[Any, Any]) -> str:
    """One failing row: where it is, and in brackets the values that matter."""
    place = [_labelled(prefix, " ", name, row[name]) for name, prefix in suite.place.items()]
    shown = [_labelled(label, ": ", name, row[name]) for name, label in check.shown.items()]
    place_text, shown_text = (", ".join(text for text in texts if text) for texts in (place, shown))
    return f"{place_text} ({shown_text})" if shown_text else place_text


def _labelled(label: str, separator: str, column: str, value: Any) -> str:
    """The value with its label, empty for a missing value."""
    text = russian.value_text(column, value)
    return f"{label}{separator}{text}" if label and text else text


def write_data_docs(outcome: Outcome, directory: Path) -> None:
    """Writes the Data Docs of an outcome: `index.html` and a page per suite; older pages of the folder go.

    The library's pages ask fifteen outside addresses for fonts, scripts and pictures; all of that is cut, so that the
    folder opens from a disk without any network.
    """
    directory.mkdir(parents=True, exist_ok=True)
    for stale in directory.glob("*.html"):
        stale.unlink()
    if outcome.results:
        from great_expectations.render.view.view import DefaultJinjaPageView

        view = DefaultJinjaPageView()  # one for all pages: it compiles their templates
        for table, result in outcome.results.items():
            (directory / f"{table}.html").write_text(_data_docs_page(result, view), encoding="utf-8", newline="\n")
    (directory / "index.html").write_text(_data_docs_index(outcome), encoding="utf-8", newline="\n")


def _data_docs_page(result: Any, view: Any) -> str:
    """The library's own page of one validation result, made to work offline."""
    from great_expectations.render.renderer.page_renderer import ValidationResultsPageRenderer

    # The library prints a time of loading and random ids all the same: pages are no part of what is compared by bytes.
    result.meta["run_id"] = {"run_name": "shnro", "run_time": ""}
    renderer: Any = ValidationResultsPageRenderer()
    page = str(view.render(renderer.render(result)))
    for pattern, replacement in OFFLINE:
        page = pattern.sub(replacement, page)
    return page.replace("</head>", f"<style>{DOCS_STYLE}</style></head>", 1)


def _data_docs_index(outcome: Outcome) -> str:
    """The contents of the folder: one line per suite with the number of its checks."""
    lines = []
    for table, checks in outcome.checks.groupby("table_name"):
        passed = russian.number(int(checks["is_passed"].sum()))
        total = russian.out_of(len(checks), "проверки", "проверок")
        name = escape(str(table))
        link = f'<a href="{name}.html">{name}</a>' if table in outcome.results else name
        state = f"пройдено {passed} из {total}" if table in outcome.results else NO_DATA
        lines.append(f"<li>{link}: {state}</li>")
    return (
        '<!DOCTYPE html>\n<html lang="ru"><head><meta charset="utf-8"><title>Data Docs</title>'
        f"<style>{DOCS_STYLE}</style></head><body><h1>Проверки данных: Data Docs</h1>"
        f"<ul>{''.join(lines)}</ul></body></html>\n"
    )
