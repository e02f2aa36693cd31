"""A small region whose web report has been made: two municipalities, a school whose name is everything but harmless."""

from pathlib import Path

import pandas as pd
import pytest
from ordered_region import YEAR, identify
from small_region import command, make_small_region

WILD_ID = "s10"
WILD_NAME = "=1+1 <script>document.title='взлом'</script> & \"кавычки\" 'и' «ёлочки» 😀 {{ 7*7 }}"
FOUNDER = "2026-founder-m1"


def make_published_region(root: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The small region with a computed list of four schools; nothing but the list is published."""
    make_small_region(root)
    register = root / "reference/schools.csv"
    schools = pd.read_csv(register, dtype=str)
    schools.loc[schools["school_id"] == WILD_ID, "school_name"] = WILD_NAME
    schools.to_csv(register, index=False)
    identify(monkeypatch, root)
    return root


def make_site(monkeypatch: pytest.MonkeyPatch, root: Path, *words: str) -> int:
    """The exit code of `shnro site`."""
    return command(monkeypatch, "site", "--data", root, "--year", YEAR, "--direct", *words)
