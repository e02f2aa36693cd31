"""A warm process that forks victims: each carries out one `shnro` command and meets a fault at a chosen step.

A step is anything that writes below the region's folder: opening a file for writing, making, renaming, linking or
removing. Forking takes milliseconds where a new interpreter takes seconds. The warm process itself computes nothing, so
that no library has threads when it forks. It reads one JSON task per line and answers each with one JSON line.
"""

import importlib
import json
import os
import shutil
import signal
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(PROJECT), str(PROJECT / "tests")]

LATE_IMPORTS = (
    "scipy.stats", "scipy.optimize", "sklearn.linear_model", "great_expectations", "docxtpl", "xlsxwriter",
    "altair", "vl_convert", "python_calamine", "pipeline.explain", "pipeline.documents", "pipeline.closing_words",
)  # fmt: skip
CHANGES = {"os.rename", "os.mkdir", "os.symlink", "os.remove", "os.rmdir", "os.link", "os.truncate"}
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT


class Steps:
    """Counts the steps of this process and meets the fault at the one that was chosen."""

    def __init__(self, root: str, at: int | None, fault: str | int) -> None:
        self.root, self.at, self.fault, self.count = root, at, fault, 0

    def hook(self, event: str, args: tuple[Any, ...]) -> None:
        if event == "open":
            if not (isinstance(args[2], int) and args[2] & WRITING):
                return
        elif event not in CHANGES:
            return
        self.step(args[1] if event in ("os.rename", "os.symlink") else args[0])

    def step(self, path: object) -> None:
        if not isinstance(path, str | os.PathLike):
            return
        # Removing a tree names its files relative to an open folder.
        name = os.fspath(path)
        if Path(name).is_absolute() and not name.startswith(self.root):
            return
        self.count += 1
        if self.fault == "kill":
            if self.count == self.at:
                os.kill(os.getpid(), signal.SIGKILL)
        elif self.at is not None and self.count >= self.at:
            # A full disk or a folder without rights does not get better by itself; removing still works on a full one.
            assert isinstance(self.fault, int)
            raise OSError(self.fault, os.strerror(self.fault), name)


def skip_to_publication(flow: str, finished: Path) -> None:
    """Let a flow consist of one stage that takes over the tables which another run has left."""
    from pipeline import stages
    from pipeline.stage import Stage

    def take_over(run: Any) -> str:
        shutil.copytree(finished, run.folder, dirs_exist_ok=True)
        return "взято готовое"

    written = tuple({table.name: table for stage in stages.FLOWS[flow] for table in stage.writes}.values())
    stages.FLOWS[flow] = (Stage("taken", "Готовое", (), written, take_over),)  # type: ignore[index]


def command(task: dict[str, Any]) -> Callable[[], None]:
    """What the victim does."""
    from pipeline import cli

    def run() -> None:
        sys.argv = ["shnro", *task["words"]]
        cli.main()

    return run


def victim(task: dict[str, Any]) -> int:
    """Carry out a task in this process; gives its exit code."""
    import pyarrow.parquet as pq

    told = os.open(task["told"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.dup2(told, 1)
    os.dup2(told, 2)
    steps = Steps(task["root"], task["at"], task["fault"])
    written = pq.write_table

    def write_table(data: Any, where: Any, **options: Any) -> None:
        # Arrow opens its files itself, past the hook.
        steps.step(where)
        written(data, where, **options)

    pq.write_table = write_table
    if task["finished"]:
        skip_to_publication(task["flow"], Path(task["finished"]))
    sys.addaudithook(steps.hook)
    code = 1
    try:
        command(task)()
    except SystemExit as end:
        code = int(end.code or 0)
    except BaseException:
        traceback.print_exc()
        code = 99
    sys.stdout.flush()
    sys.stderr.flush()
    steps.at = None
    Path(task["counted"]).write_text(str(steps.count))
    return code


def main() -> None:
    for name in ("pipeline.cli", "pipeline.stages", *LATE_IMPORTS):
        importlib.import_module(name)
    print("ready", flush=True)
    for line in sys.stdin:
        task = json.loads(line)
        child = os.fork()
        if child == 0:
            code = 98
            try:
                code = victim(task)
            finally:
                os._exit(code)
        _, status = os.waitpid(child, 0)
        print(json.dumps(os.waitstatus_to_exitcode(status)), flush=True)


if __name__ == "__main__":
    main()
