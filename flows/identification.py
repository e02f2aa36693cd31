"""The flow "identification": finds the schools with stably low results of a year."""

from pathlib import Path

from prefect import flow

from flows.tasks import run_stages
from pipeline.run import Run
from pipeline.stages import FLOWS


@flow(
    name="identification",
    flow_run_name="{run.run_id}",
    description="Выявление школ со стабильно низкими результатами",
    retries=0,
    persist_result=False,
)
def identification(run: Run) -> Path:
    """The published folder of the run."""
    return run_stages(FLOWS["identification"], run)
