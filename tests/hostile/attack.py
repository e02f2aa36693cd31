"""Reads spoilt files with the real readers, in a process of its own with little memory and an alarm.

Run as a script: the folder of the region, a folder to write in, the first and the last number of the cases. One line of
JSON per case goes to standard output, before («began») and after it; so whoever started it knows what ended it.
"""

import gc
import json
import resource
import signal
import sys
import time
import traceback
from pathlib import Path

from bombs import BOMBS
from mutations import spoiled
from seeds import seeds

from pipeline import region, survey_forms
from pipeline.errors import PipelineError
from pipeline.sources import layouts_of, read_file
from pipeline.sources.confirmation import read_confirmation
from pipeline.sources.draft import draft_layout
from pipeline.sources.grid import source_file
from pipeline.sources.programme import read_programme
from pipeline.sources.reading import ReadingContext
from pipeline.sources.school_list import read_school_list
from pipeline.sources.support_form import read_support_file
from pipeline.sources.survey import read_survey_file
from pipeline.subjects import subject_codes
from pipeline.tables import reference

ALARM_SECONDS = 30
MEMORY_BYTES = 5 << 30  # of addresses: the libraries alone take three


class Hang(BaseException):
    """The alarm rang; no PipelineError and no Exception, so nobody catches it on the way."""


def ring(*_: object) -> None:
    raise Hang


def readers(root: Path):
    """Reader by name: path -> whatever it gives."""
    settings = region.load_region(root)
    questionnaire = survey_forms.load_questionnaire(root)
    layouts, subjects = layouts_of(root), subject_codes(region.reference_table(root, reference.SUBJECTS))
    ids = frozenset(region.reference_table(root, reference.SCHOOLS)["school_id"])

    def file(path: Path):
        return source_file(path, path.parents[1], 2026)

    return {
        "results": lambda path: read_file(ReadingContext(file(path), subjects, b"key"), layouts),
        "survey": lambda path: read_survey_file(file(path), questionnaire, 2026),
        "support": lambda path: read_support_file(file(path)),
        "programme": lambda path: read_programme(file(path)),
        "confirmation": lambda path: read_confirmation(file(path), settings.name, 2026, ids),
        "list": lambda path: read_school_list(file(path)),
        "draft": draft_layout,
    }


def peak_mb() -> int:
    """The largest memory of this process since the measure was reset."""
    (line,) = (line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) >> 10


def tried(read, path: Path) -> tuple[str, str]:
    """How reading a file ends: «kept», «refused» with its paragraph, or «failed» with what went wrong."""
    signal.alarm(ALARM_SECONDS)
    try:
        found = read(path)
    except PipelineError as error:
        return "refused", error.paragraph()
    except Hang:
        return "failed", "hang"
    except BaseException:
        return "failed", traceback.format_exc()
    finally:
        signal.alarm(0)
    reading = getattr(found, "reading", found)
    if hasattr(reading, "read_count") and reading.read_count != reading.kept_count + reading.rejected_count:
        return "failed", f"read {reading.read_count}, kept {reading.kept_count}, rejected {reading.rejected_count}"
    return "kept", ""


def told_of(known, names, path: Path, case: dict[str, object]) -> None:
    """Read one file with some readers, and say on standard output what came of each."""
    for name in names:
        now = {**case, "reader": name}
        print(json.dumps({**now, "began": True}, ensure_ascii=False), flush=True)
        Path("/proc/self/clear_refs").write_text("5")  # the peak of memory is measured anew
        before, start = peak_mb(), time.monotonic()
        ended, told = tried(known[name], path)
        peak = peak_mb()
        end = {"ended": ended, "told": told, "seconds": round(time.monotonic() - start, 3), "grown_mb": peak - before}
        print(json.dumps({**now, **end}, ensure_ascii=False), flush=True)


def spoil(root: Path, folder: Path, known, first: int, last: int) -> None:
    """Spoilt files with these numbers: read as what they are meant for, and as something else."""
    honest, names = seeds(root), list(known)
    for number in range(first, last):
        path, meant = honest[number % len(honest)]
        suffix, content, what = spoiled(path, number)
        spoilt = folder / f"{number}{suffix}"
        spoilt.write_bytes(content)
        readers_of_it = sorted({meant, names[number // len(honest) % len(names)]})
        told_of(known, readers_of_it, spoilt, {"number": number, "seed": path.name, "what": what})
        spoilt.unlink()


def explode(folder: Path, known, first: int, last: int) -> None:
    """The bombs with the places from the first to the last."""
    for number, (what, (suffix, make)) in list(enumerate(BOMBS.items()))[first:last]:
        path = folder / f"bomb{number}{suffix}"
        path.write_bytes(make())
        gc.collect()
        names = ("results", "survey") if suffix != ".parquet" else ("results",)
        told_of(known, names, path, {"number": number, "what": what})
        path.unlink()


def main(root: Path, work: Path, what: str, first: int, last: int) -> None:
    """Read the cases of one kind; see the head of this file."""
    signal.signal(signal.SIGALRM, ring)
    known = readers(root)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    gc.set_threshold(100_000)
    folder = work / "2026"
    folder.mkdir(parents=True, exist_ok=True)
    if what == "spoiled":
        spoil(root, folder, known, first, last)
    else:
        explode(folder, known, first, last)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3], int(sys.argv[4]), int(sys.argv[5]))
