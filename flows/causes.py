"""The flow "causes": the survey and the data of the listed schools become the register of causes."""

from pathlib import Path

from prefect import flow

from flows.tasks import run_stages
from pipeline.run import Run
from pipeline.stages import FLOWS


@flow(
    name="causes",
    flow_run_name="{run.run_id}",
    description="Причины низких результатов: анкеты, факты, реестр причин",
    retries=0,
    persist_result=False,
)
def causes(run: Run) -> Path:
    """The published folder of the run."""
    return run_stages(FLOWS["causes"], run)
