"""A run of a flow by the command: environment, server, flow, and the errors as the operator should see them."""

import importlib
from pathlib import Path

from flows import server, settings
from pipeline.progress_shown import shown
from pipeline.run import Run


def run_flow(run: Run) -> Path:
    """The published folder of a run carried out as the Prefect flow `run.flow`.

    Args:
        run: what to run; `run.flow` names a module of this package that holds a flow of the same name.

    Raises:
        PipelineError: the very error of the stage that failed, or that the server does not start.
    """
    embedded = server.start_unless_running(run.root)
    # Prefect takes its settings from the environment on import, so it comes here and not above; meanwhile the
    # embedded server starts.
    flow = getattr(importlib.import_module(f"flows.{run.flow}"), run.flow)
    if embedded:
        embedded.wait(settings.startup_seconds())
    else:
        server.check_running()
    with shown():
        published: Path = flow(run)
    return published
