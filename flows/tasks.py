"""A tuple of stages as Prefect tasks: one task per stage, named after it, one after another."""

from pathlib import Path

from prefect import Task, task
from prefect.cache_policies import NO_CACHE

from pipeline import progress, stages
from pipeline.run import Run
from pipeline.stage import Stage


def run_stages(tuple_of_stages: tuple[Stage, ...], run: Run) -> Path:
    """The published folder, once every stage has succeeded; the error of the first stage that fails is raised."""
    for number, stage in enumerate(tuple_of_stages, start=1):
        progress.begun(number, len(tuple_of_stages), stage.title)
        progress.ended(number, len(tuple_of_stages), stage.title, as_task(stage)(run))
    return stages.finish(run)


def as_task(stage: Stage) -> Task[[Run], str]:
    """The stage as a Prefect task of the same name.

    It receives the small record of the run and no frame; nothing is cached or kept, since tables live in the store.
    """
    return task(
        name=stage.name,
        task_run_name=stage.name,
        description=stage.title,
        cache_policy=NO_CACHE,
        retries=0,
        persist_result=False,
    )(stage.run)
