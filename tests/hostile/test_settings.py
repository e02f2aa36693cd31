"""Files that people keep by hand (settings, decisions, orders, reference tables), spoilt: read or clearly refused.

Each case spoils one file of a signed region and reads it; an error that is no `PipelineError` fails.
"""

import random
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from ordered_region import LIST, YEAR, decide

from hostile.test_files import is_clear
from pipeline import corrections, document_texts, methodology, order_files, region
from pipeline.errors import PipelineError
from pipeline.order_archive import load_archive

CASES = 400
OWN = {
    "documents.toml": '[terms]\nlist = "перечень"\n',
    "methodology/own.toml": 'extends = "2026"\n[quality]\nmax_spoiled_share = 0.5\n',
    "decisions/lists/2024.csv": "school_id,number,date\ns09,7,2024-09-15\ns10,7,2024-09-15\n",
}
VALUES = (
    "=", '""', "-1", "1e999", "nan", "inf", "99999999999999999999999999", "true", "[]", "{}", "[[1]]", '{a = "b"}',
    "0001-01-01", "9999-12-31", "2026-02-30", "12:00", '"\\u0000"', '"../../x"', '"{{7*7}}"', '"=cmd()"', '"""',
    "\x1b[31m",
    "я" * 5000, "[" * 3000, "1." * 500, ",", ";;;;;;;", "\u202e", "\ufeff",
)  # fmt: skip
# Beginning of a file's path, the longest that fits -> who reads it.
READERS: dict[str, Callable[[Path], object]] = {
    "region.toml": region.load_region,
    "documents.toml": lambda root: document_texts.load_texts(root, YEAR),
    "reference/": region.register,
    "methodology/": lambda root: methodology.load("own", root),
    "corrections/": corrections.load,
    "decisions/commission.csv": region.commission_decisions,
    "decisions/lists/": lambda root: load_archive(root, (YEAR - 1, YEAR - 2)),
    f"{LIST}/order.toml": lambda root: order_files.read_order(root / LIST),
    f"{LIST}/schools.csv": lambda root: order_files.read_schools(root / LIST),
    f"{LIST}/seal.json": lambda root: order_files.checked_seal(root / LIST),
    f"{LIST}/frozen/": lambda root: order_files.frozen_manifest(root, Path(LIST).name),
}


def kept_by_hand(root: Path) -> dict[str, Callable[[Path], object]]:
    """Who reads each text file that people or the program keep in a region's folder, by its path in it."""
    names = sorted(p.relative_to(root).as_posix() for p in root.rglob("*") if p.suffix in (".toml", ".csv", ".json"))
    fitting = {name: max((start for start in READERS if name.startswith(start)), default="") for name in names}
    return {name: READERS[start] for name, start in fitting.items() if start}


def spoilt(content: bytes, number: int) -> bytes:
    """The content with one thing wrong; the same number spoils it in the same way."""
    chance = random.Random(number)
    lines = content.decode("utf-8-sig").splitlines()
    line, value = chance.randrange(len(lines)) if lines else 0, chance.choice(VALUES)
    place, kind = chance.randrange(len(content) + 1), chance.randrange(7)
    if kind == 0:
        return content[:place]
    if kind == 1:
        return content[:place] + chance.randbytes(chance.randrange(1, 9)) + content[place:]
    if kind == 2 or not lines:
        return content[:place] + value.encode() + content[place:]
    if kind == 3:
        del lines[line]
    elif kind == 4:
        lines.insert(line, lines[chance.randrange(len(lines))])
    else:
        sign = "=" if "=" in lines[line] else ":" if ":" in lines[line] else ","
        parts = lines[line].split(sign)
        parts[chance.randrange(len(parts)) if sign == "," else -1] = value
        lines[line] = sign.join(parts)
    return ("\n".join(lines) + "\n").encode()


def fault(read: Callable[[Path], object], root: Path) -> str | None:
    """Why reading did not end as it must; None where it did."""
    try:
        read(root)
    except PipelineError as error:
        return None if is_clear(error.paragraph()) else f"unclear: {error.paragraph()}"
    except Exception as error:
        return f"{type(error).__name__}: {error}"[:300]
    return None


@pytest.mark.slow
def test_whatever_stands_in_settings_and_decisions_is_read_or_refused(signed_region: Path, tmp_path: Path) -> None:
    root = tmp_path / "region"
    shutil.copytree(signed_region, root, symlinks=True, ignore=shutil.ignore_patterns("runs", "published", "raw"))
    decide(root, s01="include")
    for name, text in OWN.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, encoding="utf-8")
    files = kept_by_hand(root)
    assert {name: told for name, read in files.items() if (told := fault(read, root))} == {}
    names, faults = list(files), {}
    for number in range(CASES):
        name = names[number % len(names)]
        honest = (root / name).read_bytes()
        (root / name).write_bytes(spoilt(honest, number))
        if told := fault(files[name], root):
            faults[number, name] = told
        (root / name).write_bytes(honest)
    assert faults == {}
