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
    typer.echo(f"Отчёт о качестве данных: {folder / 'documents' / 'quality.html'}")


def say_intake(run: Run) -> None:
    """What was received, what was not taken and why, which checks failed."""
    store = Store(run)
    if load_region(run.root).is_demo:
        typer.echo(DEMO_NOTICE)
    typer.echo(quality_report.summary(store.read(quality.CHECKS), store.read(sources.SOURCE_FILES), year=run.year))
    proposals = store.read(quality.MATCH_PROPOSALS)
    waiting = len(proposals.drop_duplicates(["municipality_text", "school_text", "code_text"]))
    if waiting:
        typer.echo(
            f"Не распознано названий школ: {waiting}. "
            f"Посмотреть предложения: shnro match list --data {quoted(run.root)}"
        )


def say_missing(run: Run) -> None:
    """Who has not sent anything yet."""
    if told := coverage.terminal_summary(Store(run).read(decision.MUNICIPALITY_SUMMARY)):
        typer.echo(told)


def say_selection(run: Run) -> None:
    """How the list came out, what it depends on, and how it differs from a signed list of the year."""
    store = Store(run)
    typer.echo(selection.terminal_summary(store.read(decision.SELECTION)))
    typer.echo(
        dependence.terminal_summary(store.read(comparison.LIST_DEPENDENCE), store.read(comparison.SCHOOL_DEPENDENCE))
    )
    if told := reconciliation.summary(store.read(orders.LIST_RECONCILIATION)):
        typer.echo(f"Сверка (на отбор не влияет): {told}.")
    if told := against_signed(run.root, run.year, store.read(decision.SELECTION)):
        typer.echo(told)


def say_support(run: Run, deadline: date | None) -> None:
    """States of the measures and what is at risk; who has not returned a form, with letters to them.

    Args:
        run: of the flow "support".
        deadline: until when the letters ask for the forms.
    """
    store = Store(run)
    if load_region(run.root).is_demo:
        typer.echo(DEMO_NOTICE)
    tables = (support_tables.ROADMAP_STATUS, support_tables.SUPPORT_FACTS, support_tables.SUPPORT_FILES)
    typer.echo(support.terminal_summary(*(store.read(table) for table in tables)))
    returns = store.read(support_tables.SUPPORT_RETURNS)
    day = date.fromisoformat(run.as_of) if run.as_of else None
    letters = write_reminders(run.root, run.year, run.period, returns, day=day, deadline=deadline)
    typer.echo(missing_summary(returns, letters, quoted(run.root)))
