"""A run of a flow by the command: environment, server, flow, and the errors as the operator should see them."""

import importlib
import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from flows import server, settings
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
    with _progress_shown():
        published: Path = flow(run)
    return published


@contextmanager
def _progress_shown() -> Iterator[None]:
    """While open, the stages' progress appears on standard output as plain lines, as it does without Prefect."""
    logger = logging.getLogger("flows")
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(logging.Formatter("%(message)s"))
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    logger.propagate = False
    try:
        yield
    finally:
        logger.removeHandler(handler)
