"""How long every stage takes on the demo region, without Prefect, and how much memory the process needs.

Run: `python benchmarks/stages_speed.py`. Goal: a whole flow, the start of Python and its imports included, under 15 s
and 1 GB on two cores. Each flow runs in a process of its own on a copy of the region; the stages are timed inside it.
The stage that checks the data also imports Great Expectations, which the operator waits for too.
"""

import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[1]
DEMO = PROJECT / "data" / "demo"
YEAR = 2026
FLOWS = ("monitoring", "identification")


def run_flow(root: Path, flow: str) -> None:
    """Run the stages of a flow in this process and print a line for each: seconds on the clock and of the processor."""
    from pipeline import stages

    imported = time.process_time()
    run = stages.start(root, flow, YEAR)
    print(f"{flow:<16} {'wall, s':>8} {'cpu, s':>8}")
    print(f"  {'start, imports':<14} {'':>8} {imported:>8.2f}")
    for stage in stages.FLOWS[flow]:
        wall, cpu = time.perf_counter(), time.process_time()
        stage.run(run)
        print(f"  {stage.name:<14} {time.perf_counter() - wall:>8.2f} {time.process_time() - cpu:>8.2f}")
    wall, cpu = time.perf_counter(), time.process_time()
    stages.finish(run)
    print(f"  {'publish':<14} {time.perf_counter() - wall:>8.2f} {time.process_time() - cpu:>8.2f}")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"  {'peak memory':<14} {peak:>8.0f} MB")


def main() -> None:
    """Print a table per flow, and the wall time of its whole process."""
    if not DEMO.is_dir():
        print("no demo region in data/demo: run `make demo` first")
        return
    with tempfile.TemporaryDirectory() as folder:
        region = Path(folder) / "region"
        shutil.copytree(DEMO, region, symlinks=True, ignore=shutil.ignore_patterns("runs", "published"))
        for flow in FLOWS:
            started = time.perf_counter()
            subprocess.run([sys.executable, __file__, str(region), flow], cwd=PROJECT, check=True)
            print(f"  {'whole process':<14} {time.perf_counter() - started:>8.2f}")


if __name__ == "__main__":
    if len(sys.argv) > 1:
        run_flow(Path(sys.argv[1]), sys.argv[2])
    else:
        main()
