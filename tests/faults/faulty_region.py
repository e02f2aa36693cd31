"""A region in which every flow has published, and what a fault may do to it: nothing that anybody sees."""

import hashlib
import json
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from small_region import make_small_region

from pipeline.store import KEPT_RUNS, KEPT_VERSIONS, MANIFEST

PROJECT = Path(__file__).resolve().parents[2]
YEAR = "2026"
BEARS_ITS_RUN = "на одну страницу"  # part of the names of documents in which the number of their run stands
# Flow -> the words of its command and the name of what it publishes.
FLOWS = {
    "monitoring": (("monitor", "--year", YEAR, "--direct"), YEAR),
    "identification": (("identify", "--year", YEAR, "--capacity", "4", "--direct"), YEAR),
    "causes": (("causes", "build", "--year", YEAR, "--direct"), YEAR),
    "orders": (("order", "publish", "--year", YEAR, "--direct"), YEAR),
    "support": (("support", "build", "--year", YEAR, "--period", "november", "--direct"), f"{YEAR}-november"),
    "site": (("site", "--year", YEAR, "--direct"), YEAR),
}


@dataclass(frozen=True)
class End:
    """How a command ended: its exit code (negative: the signal), what it said, and the steps that it took."""

    code: int
    told: str
    steps: int


class Victims:
    """The warm process of `victim.py`, asked from here."""

    def __init__(self, scratch: Path) -> None:
        self.told, self.counted = scratch / "told.txt", scratch / "counted.txt"
        program = Path(__file__).with_name("victim.py")
        self.process = subprocess.Popen(
            [sys.executable, str(program)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        assert self._line() == "ready"

    def run(
        self,
        root: Path,
        *words: str,
        at: int | None = None,
        fault: str | int = "kill",
        flow: str = "",
        finished: Path | None = None,
    ) -> End:
        """Carry out `shnro` with these words, with a fault (`kill` or an errno) at a step and, but for `kill`, after.

        With `finished`, the folder of a run, the flow takes its tables over and goes to the publication at once.
        """
        self.counted.unlink(missing_ok=True)
        task = {"words": list(words), "root": str(root), "at": at, "fault": fault, "flow": flow}
        task |= {"told": str(self.told), "counted": str(self.counted), "finished": str(finished) if finished else ""}
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(task) + "\n")
        self.process.stdin.flush()
        code = int(self._line())
        steps = int(self.counted.read_text()) if self.counted.exists() else 0
        return End(code, self.told.read_text(encoding="utf-8"), steps)

    def run_flow(self, root: Path, flow: str, *, finished: Path | None = None, at: int | None = None) -> End:
        """Carry out a flow's command, killed at a step."""
        return self.run(root, *FLOWS[flow][0], "--data", str(root), at=at, flow=flow, finished=finished)

    def close(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait(30)

    def _line(self) -> str:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line, "the warm process has ended"
        return line.strip()


def make_published_region(root: Path, victims: Victims) -> Path:
    """The small region with a publication of every flow."""
    make_small_region(root)
    for flow in FLOWS:
        end = victims.run_flow(root, flow)
        assert end.code == 0, (flow, end.told)
    return root


def link_of(root: Path, flow: str) -> Path:
    """The published folder of a flow, as readers find it."""
    return root / "published" / flow / FLOWS[flow][1]


def finished_run(root: Path, flow: str, aside: Path) -> Path:
    """A copy of the folder of a flow's published run, outside the region."""
    run_id = json.loads((link_of(root, flow) / MANIFEST).read_text(encoding="utf-8"))["run_id"]
    return Path(shutil.copytree(root / "runs" / run_id, aside / run_id))


def published(root: Path, flow: str) -> dict[str, str]:
    """Hash of every published file of a flow that does not bear the number of its run.

    Every file has the hash that the manifest says, and nothing is missing or too many: one whole run.
    """
    folder = link_of(root, flow).resolve(strict=True)
    manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    found = {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }
    said = {f"{name}.parquet": table["sha256"] for name, table in manifest["tables"].items()} | manifest["files"]
    found.pop(MANIFEST)
    assert found == said
    assert folder.name.endswith(f"-{manifest['run_id']}")
    return {name: value for name, value in found.items() if BEARS_ITS_RUN not in name}


def leftovers(root: Path) -> list[str]:
    """What a killed command has left where people or programs look."""
    marks = (".tmp", ".link")
    found = [p for p in root.rglob("*") if p.name.startswith((".new-", ".old-")) or p.name.endswith(marks)]
    return [p.relative_to(root).as_posix() for p in found if p.relative_to(root).parts[0] != "runs"]


def kept_too_many(root: Path) -> list[str]:
    """Kinds of folders of which more are kept than should be."""
    runs = [p for p in (root / "runs").iterdir() if not p.name.startswith(".")]
    counts = {f"runs/{f}": (sum(p.name.startswith(f"{f}-") for p in runs), KEPT_RUNS) for f in FLOWS}
    for flow in FLOWS:
        counts[f"versions/{flow}"] = (len(list(link_of(root, flow).parent.glob(".versions/*"))), KEPT_VERSIONS)
    return [f"{name}: {count}" for name, (count, most) in counts.items() if count > most + 1]
