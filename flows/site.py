"""The flow "site": what every flow has published for a year becomes one folder of pages that open from disk."""

from pathlib import Path

from prefect import flow

from flows.tasks import run_stages
from pipeline.run import Run
from pipeline.stages import FLOWS


@flow(
    name="site",
    flow_run_name="{run.run_id}",
    description="Веб-отчёт: обзор, школы, муниципалитеты",
    retries=0,
    persist_result=False,
)
def site(run: Run) -> Path:
    """The published folder of the run."""
    return run_stages(FLOWS["site"], run)
