"""The flows as people and the calendar start them: a form of parameters in, a state with a Russian account out.

Each is a thin edge before the same `run_stages` that a command runs. The folder of the region comes from the variable
`SHNRO_DATA`, not from the form. The descriptions of parameters below are what the form prints.
"""

import logging
import os
import traceback
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from prefect import flow, runtime
from prefect.client.orchestration import get_client
from prefect.client.schemas.objects import State
from prefect.states import Completed, Failed

from flows import artifacts, asked
from flows.tasks import run_stages
from flows.timetable import FOLDER_VARIABLE
from pipeline import closing_words, methodology, order_acts, progress, region, stages
from pipeline.errors import ConfigError, PipelineError, QualityGateError, StoreError
from pipeline.order_archive import load_archive
from pipeline.order_lock import orders_locked
from pipeline.outputs import causes as causes_told
from pipeline.run import Run
from pipeline.russian import system_fault
from pipeline.schema import records
from pipeline.site.readers import Reader
from pipeline.store import Store
from pipeline.support_request import period_end
from pipeline.tables.causes import REGISTER_OF_CAUSES, REGISTER_REMARKS, SURVEY_FILES

# Prefect's own lines stay silent (`settings.DEFAULTS`); these, Russian, go to the run's log and to the service's.
logger = logging.getLogger("flows")
logger.setLevel(logging.INFO)

SETTINGS: dict[str, Any] = {"retries": 0, "persist_result": False, "validate_parameters": False}

Asked = Callable[[Path, date], Run]
Told = Callable[[Run], list[str]]


@flow(name="monitoring", **SETTINGS)
def monitoring(
    year: asked.YearField = "",
    as_of: asked.DayField = "",
    edition: asked.EditionField = methodology.DEFAULT_EDITION,
) -> State[Any]:
    """Мониторинг результатов за год.

    Args:
        year: Четыре цифры. Пусто: год того дня, на который назначен запуск.
        as_of: ГГГГ-ММ-ДД: учитывать выгрузки, полученные не позже этого дня. Пусто: все.
        edition: Название редакции; свои лежат в папке methodology.
    """

    def ask(root: Path, planned: date) -> Run:
        return _start(root, "monitoring", asked.read_year(year, planned), edition, as_of)

    return _outcome(ask, lambda run: [*closing_words.intake_words(run), *closing_words.missing_words(run)])


@flow(name="identification", **SETTINGS)
def identification(
    year: asked.YearField = "",
    as_of: asked.DayField = "",
    edition: asked.EditionField = methodology.DEFAULT_EDITION,
    capacity: asked.CapacityField = "",
) -> State[Any]:
    """Перечень школ и проект приказа о нём.

    Args:
        year: Четыре цифры. Пусто: год того дня, на который назначен запуск.
        as_of: ГГГГ-ММ-ДД: учитывать выгрузки, полученные не позже этого дня. Пусто: все.
        edition: Название редакции; свои лежат в папке methodology.
        capacity: Целое число. Пусто: как в редакции методики.
    """

    def ask(root: Path, planned: date) -> Run:
        places = asked.read_capacity(capacity)
        return _start(root, "identification", asked.read_year(year, planned), edition, as_of, capacity=places)

    def told(run: Run) -> list[str]:
        return [*closing_words.intake_words(run), *closing_words.selection_words(run)]

    return _outcome(ask, told, then=_draft)


@flow(name="causes", **SETTINGS)
def causes(year: asked.YearField = "", edition: asked.EditionField = methodology.DEFAULT_EDITION) -> State[Any]:
    """Реестр причин школ перечня.

    Args:
        year: Год перечня. Пусто: год того дня, на который назначен запуск.
        edition: Название редакции; свои лежат в папке methodology.
    """

    def ask(root: Path, planned: date) -> Run:
        # Which school stands for which depends on the day.
        return _start(root, "causes", asked.read_year(year, planned), edition, _today(root))

    def told(run: Run) -> list[str]:
        tables = (REGISTER_OF_CAUSES, REGISTER_REMARKS, SURVEY_FILES)
        return [causes_told.terminal_summary(*(Store(run).read(table) for table in tables))]

    return _outcome(ask, told)


@flow(name="orders", **SETTINGS)
def orders(year: asked.YearField = "") -> State[Any]:
    """Приказы, перечни и возражения на сегодняшний день.

    Args:
        year: Год перечня. Пусто: год того дня, на который назначен запуск.
    """

    def ask(root: Path, planned: date) -> Run:
        return _start_orders(root, asked.read_year(year, planned))

    return _outcome(ask, lambda run: [])


@flow(name="support", **SETTINGS)
def support(
    period: asked.PeriodField,
    year: asked.PlanYearField = "",
    as_of: asked.DayField = "",
    edition: asked.EditionField = methodology.DEFAULT_EDITION,
) -> State[Any]:
    """План и факт дорожной карты.

    Args:
        period: Июнь: январь — июнь. Ноябрь: январь — ноябрь.
        year: Календарный год дорожной карты. Пусто: год того дня, на который назначен запуск.
        as_of: День оценки, ГГГГ-ММ-ДД. Пусто: сегодня, но не позже последнего дня периода.
        edition: Название редакции; свои лежат в папке methodology.
    """

    def ask(root: Path, planned: date) -> Run:
        plan_year, code = asked.read_year(year, planned), asked.read_period(period)
        # On the day of the schedule the period has not ended: what is due later is not overdue yet.
        day = asked.read_day(as_of) or min(_today(root), period_end(plan_year, code)).isoformat()
        return _start(root, "support", plan_year, edition, day, period=code)

    return _outcome(ask, lambda run: closing_words.support_words(run, None))


@flow(name="site", **SETTINGS)
def site(year: asked.YearField = "", reader: asked.ReaderField = "для работы") -> State[Any]:
    """Веб-отчёт из опубликованного за год.

    Args:
        year: Четыре цифры. Пусто: год того дня, на который назначен запуск.
        reader: Для работы — полный; для всех — малые числа скрыты.
    """

    def ask(root: Path, planned: date) -> Run:
        suffix = Reader(asked.read_reader(reader)).suffix
        chosen_year = asked.read_year(year, planned)
        return _start(root, "site", chosen_year, methodology.DEFAULT_EDITION, None, period=suffix)

    return _outcome(ask, lambda run: [])


def _outcome(ask: Asked, told: Told, then: Told = lambda run: []) -> State[Any]:
    """The state in which the run ends: an expected fault is its message, one Russian paragraph.

    Args:
        ask: makes the run from the folder and the day for which it was planned.
        told: what a command would say at the end.
        then: what follows the publication; gives further words.
    """
    try:
        root = _folder()
        run = ask(root, runtime.flow_run.scheduled_start_time.astimezone(_zone(root)).date())
        with get_client(sync_client=True) as client:
            client.update_flow_run(runtime.flow_run.id, name=run.run_id)
        published = _carry_out(run)
        words = told(run)
        artifacts.show_checks(run)
        try:
            words += then(run)
        finally:
            artifacts.show_account(run, published, words)
    except PipelineError as error:
        return _failed(error)
    except OSError as error:
        return _failed(
            StoreError(
                f"Файл или папку не удаётся прочитать или записать: {system_fault(error)}",
                where=str(error.filename or ""),
                remedy="проверьте путь, право доступа и свободное место на диске",
            )
        )
    except Exception as error:
        # Where it happened, but not the error's own words: they may quote a cell of a received file.
        logger.error("%s\n%s", type(error).__name__, "".join(traceback.format_tb(error.__traceback__)))
        return Failed(
            message=f"Ошибка программы: {type(error).__name__}. Опубликованное не изменено. Что сделать: повторите"
            " запуск; если ошибка та же, передайте разработчику журнал этого запуска."
        )
    return Completed(message=f"Опубликовано: {published}")


def _carry_out(run: Run) -> Path:
    """The published folder of a run, its progress shown; orders are published by one at a time."""
    tuple_of_stages = stages.FLOWS[run.flow]
    with progress.heard_by(artifacts.ProgressShown(run.flow)):
        try:
            if run.flow != "orders":
                return run_stages(tuple_of_stages, run)
            with orders_locked(run.root):
                return run_stages(tuple_of_stages, run)
        except QualityGateError:
            artifacts.show_checks(run)
            logger.error("Отчёт о качестве данных: %s", run.folder / "documents" / "Качество данных.html")
            raise


def _draft(run: Run) -> list[str]:
    """Draft the order on the list that has just been published; nothing is touched that is signed or in approval."""
    archive = load_archive(run.root, (run.year,))
    if archive.has_signed(run.year):
        return [f"Перечень {run.year} года подписан и не изменён; проект приказа не составлялся."]
    for order in records(archive.open_orders(run.year)):
        if order["kind_code"] == "list" and order["status_code"] != "draft":
            return [f"Проект {order['order_id']} на согласовании и не изменён: он стоит на расчёте {order['run_id']}."]
    try:
        told = order_acts.draft(run.root, run.year)
        _carry_out(_start_orders(run.root, run.year))
    except PipelineError as error:
        raise ConfigError(
            f"Перечень опубликован, но с проектом приказа не вышло: {error.what}",
            where=error.where,
            remedy=error.remedy,
        ) from error
    return [told]


def _failed(error: PipelineError) -> State[Any]:
    logger.error(error.paragraph())
    return Failed(message=error.paragraph())


def _start_orders(root: Path, year: int) -> Run:
    return _start(root, "orders", year, methodology.DEFAULT_EDITION, _today(root))


def _start(
    root: Path,
    flow_name: str,
    year: int,
    edition: object,
    as_of: object,
    *,
    capacity: int | None = None,
    period: str = "",
) -> Run:
    """A new run, with the time of its start for the manifest."""
    return stages.start(
        root,
        flow_name,
        year,
        edition=asked.read_edition(edition),
        capacity=capacity,
        as_of=asked.read_day(as_of),
        started_at=datetime.now().astimezone().isoformat(timespec="seconds"),
        period=period,
    )


def _folder() -> Path:
    """The region's folder, as the service or the worker names it."""
    if not (folder := os.environ.get(FOLDER_VARIABLE, "")):
        raise ConfigError(
            "Не сказано, с какой папкой региона работать",
            where=f"переменная {FOLDER_VARIABLE}",
            remedy="задайте её процессу, который выполняет запуски",
        )
    return Path(folder)


def _zone(root: Path) -> ZoneInfo:
    return ZoneInfo(region.load_region(root).time_zone)


def _today(root: Path) -> date:
    """The day it is in the region, whatever the clock of this machine is set to."""
    return datetime.now(_zone(root)).date()
