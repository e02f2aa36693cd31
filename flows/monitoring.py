"""The flow "monitoring": checks the files received for a year and summarises the results of its schools."""

from pathlib import Path

from prefect import flow

from flows.tasks import run_stages
from pipeline.run import Run
from pipeline.stages import FLOWS


@flow(
    name="monitoring",
    flow_run_name="{run.run_id}",
    description="Проверка полученных файлов и сводки результатов школ за год",
    retries=0,
    persist_result=False,
)
def monitoring(run: Run) -> Path:
    """The published folder of the run."""
    return run_stages(FLOWS["monitoring"], run)
