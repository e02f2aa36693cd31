"""The service itself: Prefect's deployments of `timetable.SERVED`, what an earlier stop left behind, and the runner.

One run at a time: others wait in the server's queue. A run that was planned while the machine was off starts when the
service does, once: of several that were missed only the newest, per flow and per period of the support.
"""

import asyncio
import signal
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from prefect.client.orchestration import PrefectClient, get_client
from prefect.client.schemas.filters import (
    DeploymentFilter,
    DeploymentFilterId,
    FlowRunFilter,
    FlowRunFilterState,
    FlowRunFilterStateType,
)
from prefect.client.schemas.objects import FlowRun, StateType
from prefect.deployments.runner import RunnerDeployment
from prefect.runner import Runner
from prefect.schedules import Cron
from prefect.states import Cancelled, Crashed
from prefect.types.entrypoint import EntrypointType

from flows import served
from flows.timetable import SERVED, Served
from pipeline.region import Region

POLL_SECONDS = 3.0
STOPPED_WORDS = "Прервано: служба была остановлена. Опубликованное не изменено. Что сделать: запустите ещё раз."
SKIPPED_WORDS = "Пропущено: служба не работала в назначенный день, а позже назначен более новый такой же запуск."
PAGE = 200  # flow runs in one answer of the server


def run_until_stopped(region: Region, ready: Callable[[], None]) -> None:
    """Offer the flows of a region until Ctrl+C or SIGTERM.

    Args:
        region: its settings: name and time zone.
        ready: called when runs can be started.
    """
    asyncio.run(_serve(region, ready))


def deployments(region: Region) -> list[RunnerDeployment]:
    """Prefect's deployments of every served flow; a server of several regions tells them apart by name."""
    return [_deployment(one, region) for one in SERVED]


def deployment_name(title: str, region: Region) -> str:
    """What a deployment is called: Prefect forbids two signs in it."""
    return f"{title}: {region.short_name}".replace("/", "-").replace("%", "")


def _deployment(one: Served, region: Region) -> RunnerDeployment:
    deployment = RunnerDeployment.from_flow(
        getattr(served, one.flow),
        name=deployment_name(one.title, region),
        description=one.description,
        schedules=[
            Cron(start.cron, timezone=region.time_zone, slug=start.slug, parameters=dict(start.parameters))
            for start in one.starts
        ],
        # Wrong answers are told in Russian by the run itself.
        enforce_parameter_schema=False,
        entrypoint_type=EntrypointType.MODULE_PATH,
    )
    assert deployment.entrypoint == one.entrypoint
    return deployment


async def _serve(region: Region, ready: Callable[[], None]) -> None:
    # A pause at the end would delete the runs that are planned, and with them the memory of what was missed.
    runner = Runner(
        name=region.short_name.replace("/", "-").replace("%", ""),
        limit=1,
        pause_on_shutdown=False,
        query_seconds=POLL_SECONDS,
    )
    ids = [await runner.aadd_deployment(deployment) for deployment in deployments(region)]
    async with get_client() as client:
        await end_interrupted(client, ids)
        await skip_missed(client, ids)
    working = asyncio.create_task(runner.start())
    await asyncio.sleep(0)  # the runner sets its own handler of SIGTERM first; ours also serves Ctrl+C
    stopped = _stop_event()
    stopping = asyncio.create_task(stopped.wait())
    ready()
    await asyncio.wait({working, stopping}, return_when=asyncio.FIRST_COMPLETED)
    stopping.cancel()
    if not working.done():
        await runner.astop()
    await working


def _stop_event() -> asyncio.Event:
    """Set by Ctrl+C or SIGTERM."""
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        try:
            loop.add_signal_handler(number, stopped.set)
        except NotImplementedError:  # Windows
            signal.signal(number, lambda *_: loop.call_soon_threadsafe(stopped.set))
    return stopped


async def end_interrupted(client: PrefectClient, ids: Iterable[UUID]) -> None:
    """Runs that a power cut or a kill left as if they were running are ended: nobody carries them out any more."""
    for run in await _flow_runs(client, ids, StateType.RUNNING, StateType.PENDING, StateType.CANCELLING):
        await client.set_flow_run_state(run.id, Crashed(message=STOPPED_WORDS), force=True)


async def skip_missed(client: PrefectClient, ids: Iterable[UUID]) -> None:
    """Of the planned runs whose day has passed only the newest of a kind stays; it starts now."""
    missed = [
        run
        for run in await _flow_runs(client, ids, StateType.SCHEDULED)
        if run.auto_scheduled and run.expected_start_time is not None and run.expected_start_time < datetime.now(UTC)
    ]
    for run in older_of_a_kind(missed):
        await client.set_flow_run_state(run.id, Cancelled(message=SKIPPED_WORDS), force=True)


def older_of_a_kind(missed: Iterable[FlowRun]) -> list[FlowRun]:
    """The runs after which there is a newer one of the same deployment and parameters."""
    newest: dict[str, FlowRun] = {}
    older = []
    for run in sorted(missed, key=_planned, reverse=True):
        if newest.setdefault(f"{run.deployment_id} {sorted(run.parameters.items())}", run) is not run:
            older.append(run)
    return older


def _planned(run: FlowRun) -> Any:
    return run.expected_start_time


async def _flow_runs(client: PrefectClient, ids: Iterable[UUID], *states: StateType) -> list[FlowRun]:
    return await client.read_flow_runs(
        deployment_filter=DeploymentFilter(id=DeploymentFilterId(any_=list(ids))),
        flow_run_filter=FlowRunFilter(state=FlowRunFilterState(type=FlowRunFilterStateType(any_=list(states)))),
        limit=PAGE,
    )
