"""What the pages of Prefect show of a run besides its states: progress, account with documents, checks of the data.

Texts that come from received files stand in blocks of plain text: nothing in them is taken for markup. A path is text
too: browsers do not follow a link from a page of a server to a file.
"""

import logging
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import cast
from uuid import UUID

from prefect.artifacts import (
    create_markdown_artifact,
    create_progress_artifact,
    create_table_artifact,
    update_progress_artifact,
)

from pipeline import reports
from pipeline.run import Run
from pipeline.schema import records
from pipeline.store import Store
from pipeline.tables.quality import CHECKS

SEVERITY_WORDS = {"critical": "обязательная", "warning": "предупреждение"}
SECONDS_BETWEEN = 2.0  # updates of the progress within a stage

logger = logging.getLogger("flows")


class ProgressShown:
    """A listener to the progress of a run: a line in its log per finished stage, and a bar in its artifacts.

    Args:
        flow: name of the flow, for the key of the artifact.
    """

    def __init__(self, flow: str) -> None:
        self.flow = flow
        self.artifact: UUID | None = None
        self.place = (0, 1)
        self.title = ""
        self.told_at = 0.0

    def begun(self, number: int, count: int, title: str) -> None:
        """Show which stage runs."""
        self.place, self.title = (number - 1, count), title
        self._show(0.0, f"[{number}/{count}] {title}")

    def advanced(self, done: int, total: int) -> None:
        """Move the bar, not more often than anybody looks."""
        if total and time.monotonic() - self.told_at > SECONDS_BETWEEN:
            number, count = self.place
            self._show(min(done / total, 1.0), f"[{number + 1}/{count}] {self.title}: {done} из {total}")

    def ended(self, number: int, count: int, title: str, account: str) -> None:
        """Log what the stage did; the last one fills the bar."""
        logger.info("[%s/%s] %s: %s", number, count, title, account)
        if number == count:
            self.place = (number, count)
            self._show(0.0, "Все этапы выполнены")

    def _show(self, part: float, text: str) -> None:
        self.told_at = time.monotonic()
        percent = round(100 * (self.place[0] + part) / self.place[1], 1)

        def send() -> None:
            if self.artifact is None:
                self.artifact = cast(UUID, create_progress_artifact(percent, f"{self.flow}-progress", text))
            else:
                update_progress_artifact(self.artifact, percent, text)

        _kindly(send)


def show_account(run: Run, published: Path, told: Sequence[str]) -> None:
    """The account of a finished run: what it was asked, what came out, where the documents lie."""
    _kindly(lambda: create_markdown_artifact(account(run, published, told), f"{run.flow}-account", "Итоги запуска"))


def show_checks(run: Run) -> None:
    """The outcome of every check of the data, the failed ones first."""
    rows = check_rows(run)
    if rows:
        _kindly(lambda: create_table_artifact(rows, f"{run.flow}-quality", "Качество данных"))


def account(run: Run, published: Path, told: Sequence[str]) -> str:
    """The account as Markdown."""
    facts = {
        "Год": str(run.year),
        "Расчёт": run.run_id,
        "Редакция методики": run.edition,
        "На дату": run.as_of or "все полученные файлы",
        "Опубликовано": str(published),
    }
    lines = ["| | |", "| --- | --- |", *(f"| {name} | {_code(value)} |" for name, value in facts.items())]
    if told:
        lines += ["", _plain("\n".join(told))]
    if names := reports.documents(published):
        lines += ["", "**Документы**", "", f"Папка: {_code(str(published / 'documents'))}", ""]
        lines += [f"- {_code(name)}" for name in names]
    return "\n".join(lines)


def check_rows(run: Run) -> list[dict[str, object]]:
    """One row per check of a run, as people read it; empty where the flow checks nothing."""
    checks = records(Store(run).read(CHECKS)) if (run.folder / "tables" / f"{CHECKS.name}.parquet").exists() else []
    return [
        {
            "Проверка": row["title_text"],
            "Итог": "пройдена" if row["is_passed"] else "НЕ ПРОЙДЕНА",
            "Строгость": SEVERITY_WORDS.get(row["severity"], row["severity"]),
            "Получено": row["observed_text"],
            "Порог": row["threshold_text"],
            "Что сделать": "" if row["is_passed"] else row["remedy_text"],
        }
        for row in sorted(checks, key=lambda row: (bool(row["is_passed"]), row["severity"], row["title_text"]))
    ]


def _plain(text: str) -> str:
    """A block of Markdown in which nothing is markup."""
    return "\n".join("    " + line for line in text.splitlines())


def _code(text: str) -> str:
    """Text within a line or a cell in which nothing is markup."""
    return f"`{text.replace('`', '´').replace('|', '¦')}`"


def _kindly(send: Callable[[], object]) -> None:
    """Send to the pages; a run does not fail because its picture could not be drawn."""
    try:
        send()
    except Exception as error:
        logger.warning("Страница запуска не обновлена: %s", type(error).__name__)
