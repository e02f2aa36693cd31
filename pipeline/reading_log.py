"""Which publications this process has read since a run began: what a run stands on besides received files.

Publications are opened in many places, some only where there is one; noting them at the door cannot forget any. Where
two runs share a process, one may be credited with what the other has read: too much is told, never too little.
"""

from collections.abc import Mapping
from pathlib import Path

Read = Mapping[str, str]  # run_id and manifest_sha256

_noted: dict[Path, dict[str, Read]] = {}


def begin(root: Path) -> None:
    """Forget what was read in a region's folder before the run that begins now."""
    _noted.pop(root.resolve(), None)


def note(root: Path, place: str, run_id: str, manifest_sha256: str) -> None:
    """Remember that a publication, «<flow>/<year>», was read."""
    _noted.setdefault(root.resolve(), {})[place] = {"run_id": run_id, "manifest_sha256": manifest_sha256}


def noted(root: Path) -> dict[str, Read]:
    """Publications read since the run began, by place."""
    return dict(_noted.get(root.resolve(), {}))
