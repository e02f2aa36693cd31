"""The flow "orders": what is signed, drafted and objected to becomes tables, in the states of the day."""

from pathlib import Path

from prefect import flow

from flows.tasks import run_stages
from pipeline.run import Run
from pipeline.stages import FLOWS


@flow(
    name="orders",
    flow_run_name="{run.run_id}",
    description="Приказы, перечни и возражения: состояния на день",
    retries=0,
    persist_result=False,
)
def orders(run: Run) -> Path:
    """The published folder of the run."""
    return run_stages(FLOWS["orders"], run)
