"""Opens one workbook in a process of its own, to see what that costs before it is done in the process that matters.

Run by `pipeline.sources.heavy` as a script, so it imports nothing of the project. The exit code tells how it ended;
a process that runs out of memory may also be ended by the system, which tells the same.
"""

import io
import sys

OPENED, TOO_HEAVY, DAMAGED = 0, 3, 4


def main(path: str, memory_bytes: int) -> int:
    """How opening the workbook ends; what is wrong in an ordinary way is left for the real opening to tell."""
    try:
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    except (ImportError, ValueError, OSError):
        pass  # Windows has no such limit; there the time alone is limited
    from python_calamine import CalamineError, CalamineWorkbook

    try:
        with open(path, "rb") as stream:  # noqa: PTH123 - a script that starts in a twentieth of a second
            workbook = CalamineWorkbook.from_filelike(io.BytesIO(stream.read()))
        for name in workbook.sheet_names:
            workbook.get_sheet_by_name(name).to_python(skip_empty_area=False)
    except MemoryError:
        return TOO_HEAVY
    except (CalamineError, OSError, ValueError):
        return OPENED
    except BaseException:  # a panic of the library is no Exception
        return DAMAGED
    return OPENED


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], int(sys.argv[2])))
