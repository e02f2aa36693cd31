"""Prefect's share of `make run`: the real flows beside empty flows with the same number of tasks, and without Prefect.

Every run is a process of its own, as the operator starts it, on a copy of the demo region. The first empty flow in a
new folder also makes Prefect's database; the later ones are what every further command pays.
"""

import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[1]
DEMO = PROJECT / "data" / "demo"
YEAR = "2026"
COMMANDS = {"monitoring": "monitor", "identification": "identify"}
REPEATS = 3

EMPTY_FLOW = """
import dataclasses, sys
from pathlib import Path
from pipeline import stages
from pipeline.run import Run

flow = sys.argv[2]
empty = tuple(dataclasses.replace(stage, run=lambda run: "") for stage in stages.FLOWS[flow])
stages.FLOWS = {**stages.FLOWS, flow: empty}
stages.finish = lambda run: run.root

if sys.argv[3] == "prefect":
    from flows.run import run_flow

    run_flow(Run(Path(sys.argv[1]), flow, 2026, "2026", run_id="empty"))
"""


def seconds(arguments: list[str]) -> float:
    """Wall time of a process, from its start to its end."""
    started = time.perf_counter()
    subprocess.run(arguments, cwd=PROJECT, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - started


def empty_seconds(folder: Path, flow: str, edge: str) -> float:
    """Wall time of the flow's stages doing nothing: with Prefect, or only the imports."""
    return seconds([sys.executable, "-c", EMPTY_FLOW, str(folder), flow, edge])


def real_seconds(region: Path, flow: str, *options: str) -> float:
    """Wall time of the command."""
    program = "from pipeline.cli import main; main()"
    command = [sys.executable, "-c", program, COMMANDS[flow], "--data", str(region), "--year", YEAR]
    return seconds([*command, *options])


def main() -> None:
    """Print a line per flow."""
    with tempfile.TemporaryDirectory() as name:
        empty, region = Path(name) / "empty", Path(name) / "region"
        first = empty_seconds(empty, "monitoring", "prefect")
        print(f"first empty flow in a folder (makes Prefect's database): {first:.1f} s")
        if DEMO.is_dir():
            shutil.copytree(DEMO, region, symlinks=True, ignore=shutil.ignore_patterns("runs", "published"))
        for flow in COMMANDS:
            imports = min(empty_seconds(empty, flow, "imports") for _ in range(REPEATS))
            prefect = min(empty_seconds(empty, flow, "prefect") for _ in range(REPEATS))
            print(f"{flow}: empty flow {prefect:.1f} s, of which imports of the stages {imports:.1f} s")
            if region.is_dir():
                real_seconds(region, flow)
                real = min(real_seconds(region, flow) for _ in range(REPEATS))
                direct = min(real_seconds(region, flow, "--direct") for _ in range(REPEATS))
                share = (real - direct) / real
                print(f"{flow}: real flow {real:.1f} s, --direct {direct:.1f} s, Prefect's share {share:.0%}")


if __name__ == "__main__":
    main()
