"""A small region with a computed list of four schools, s09 to s12, and the words of the commands `shnro order`."""

from datetime import date
from pathlib import Path

import pandas as pd
from small_region import command, results_row, results_rows, write_results

from pipeline.order_archive import load_archive

YEAR = 2026
ORDERS = "decisions/orders"
LIST = f"{ORDERS}/{YEAR}-list-01"
TODAY = date(2026, 12, 1)


def run(monkeypatch, root: Path, *words: object) -> int:
    return command(monkeypatch, "order", *words, "--data", root)


def identify(monkeypatch, root: Path) -> None:
    assert command(monkeypatch, "identify", "--data", root, "--year", YEAR, "--capacity", 4, "--direct") == 0


def published(root: Path, name: str) -> pd.DataFrame:
    return pd.read_parquet(root / f"published/orders/{YEAR}/{name}.parquet")


def listed(root: Path) -> list[str]:
    return list(load_archive(root).signed_list(YEAR)["school_id"])


def change_results(monkeypatch, root: Path) -> None:
    """Results under which s08 takes the place of s09."""
    rows = [row for row in results_rows() if row[0] not in ("s08", "s09")]
    changed = [
        results_row(number, year, subject, low=low)
        for number, low in ((8, 30), (9, 1))
        for year in (2024, 2025, 2026)
        for subject in ("rus", "mat")
    ]
    write_results(root, [*rows, *changed])
    identify(monkeypatch, root)


def decide(root: Path, **actions: str) -> None:
    """What the commission decided: `s08="include"`."""
    path = root / "decisions/commission.csv"
    path.parent.mkdir(exist_ok=True)
    lines = "".join(f"{school},{YEAR},{action},комиссия,2026-10-01,протокол\n" for school, action in actions.items())
    path.write_text("school_id,year,action,who,date,why\n" + lines, encoding="utf-8")


def import_list(root: Path, year: int, *schools: str, number: str = "7", day: str = "") -> None:
    path = root / f"decisions/lists/{year}.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("school_id,number,date\n" + "".join(f"{s},{number},{day}\n" for s in schools), encoding="utf-8")
