"""What a command says at the end of a run: what came, what was set aside, who is missing, how the list came out."""

from datetime import date
from pathlib import Path

import typer

from pipeline import reconciliation
from pipeline.command_help import quoted
from pipeline.order_shown import against_signed
from pipeline.outputs import coverage, dependence, selection, support
from pipeline.outputs import quality as quality_report
from pipeline.outputs.support_reminder import missing_summary
from pipeline.region import DEMO_NOTICE, load_region
from pipeline.run import Run
from pipeline.store import Store
from pipeline.support_forms import write_reminders
from pipeline.tables import comparison, decision, orders, quality, sources
from pipeline.tables import support as support_tables


def say_report(folder: Path) -> None:
    """Where the report on the quality of the data lies, in a run's folder or a published one."""
    typer.echo(f"Отчёт о качестве данных: {folder / 'documents' / 'Качество данных.html'}")


def say_intake(run: Run) -> None:
    """Tell `intake_words`."""
    _say(intake_words(run))


def say_missing(run: Run) -> None:
    """Tell `missing_words`."""
    _say(missing_words(run))


def say_selection(run: Run) -> None:
    """Tell `selection_words`."""
    _say(selection_words(run))


def say_support(run: Run, deadline: date | None) -> None:
    """Tell `support_words`; the letters are written."""
    _say(support_words(run, deadline))


def intake_words(run: Run) -> list[str]:
    """What was received, what was not taken and why, which checks failed."""
    store = Store(run)
    told = quality_report.summary(store.read(quality.CHECKS), store.read(sources.SOURCE_FILES), year=run.year)
    proposals = store.read(quality.MATCH_PROPOSALS)
    waiting = len(proposals.drop_duplicates(["municipality_text", "school_text", "code_text"]))
    asked = (
        f"Не распознано названий школ: {waiting}. Посмотреть предложения: shnro match list --data {quoted(run.root)}"
    )
    return [*_demo_words(run), told, *([asked] if waiting else [])]


def missing_words(run: Run) -> list[str]:
    """Who has not sent anything yet."""
    return _filled(coverage.terminal_summary(Store(run).read(decision.MUNICIPALITY_SUMMARY)))


def selection_words(run: Run) -> list[str]:
    """How the list came out, what it depends on, and how it differs from a signed list of the year."""
    store = Store(run)
    reconciled = reconciliation.summary(store.read(orders.LIST_RECONCILIATION))
    return _filled(
        selection.terminal_summary(store.read(decision.SELECTION)),
        dependence.terminal_summary(store.read(comparison.LIST_DEPENDENCE), store.read(comparison.SCHOOL_DEPENDENCE)),
        f"Сверка (на отбор не влияет): {reconciled}." if reconciled else "",
        against_signed(run.root, run.year, store.read(decision.SELECTION)),
    )


def support_words(run: Run, deadline: date | None) -> list[str]:
    """States of the measures and what is at risk; who has not returned a form, with letters to them.

    Args:
        run: of the flow "support".
        deadline: until when the letters ask for the forms.
    """
    store = Store(run)
    tables = (support_tables.ROADMAP_STATUS, support_tables.SUPPORT_FACTS, support_tables.SUPPORT_FILES)
    returns = store.read(support_tables.SUPPORT_RETURNS)
    day = date.fromisoformat(run.as_of) if run.as_of else None
    letters = write_reminders(run.root, run.year, run.period, returns, day=day, deadline=deadline)
    told = support.terminal_summary(*(store.read(table) for table in tables))
    return [*_demo_words(run), told, missing_summary(returns, letters, quoted(run.root))]


def _demo_words(run: Run) -> list[str]:
    """That the region is made up."""
    return [DEMO_NOTICE] if load_region(run.root).is_demo else []


def _filled(*told: str) -> list[str]:
    return [text for text in told if text]


def _say(told: list[str]) -> None:
    for text in told:
        typer.echo(text)
