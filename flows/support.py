"""The flow "support": forms of municipalities and of the institute become plan and fact of the roadmap."""

from pathlib import Path

from prefect import flow

from flows.tasks import run_stages
from pipeline.run import Run
from pipeline.stages import FLOWS


@flow(
    name="support",
    flow_run_name="{run.run_id}",
    description="Поддержка школ: план и факт дорожной карты",
    retries=0,
    persist_result=False,
)
def support(run: Run) -> Path:
    """The published folder of the run."""
    return run_stages(FLOWS["support"], run)
