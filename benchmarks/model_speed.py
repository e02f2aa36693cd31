"""How fast the model is, and how much memory it takes: a region, the panel of Chile, a large country.

Run: `python benchmarks/model_speed.py`. Goals: 350 schools under 0.1 s; Chile (6,500 schools) well under 2 s;
40,000 schools with five years of twelve cells under 10 s and 2 GB. The panel is skipped where it is absent.
"""

import resource
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from pipeline import methodology, stability

CHILE = Path(__file__).resolve().parents[2] / "shared" / "data" / "panels" / "chile_2014_2018.parquet"


def made_up(schools: int, years: int, cells: int, seed: int = 2026) -> pd.DataFrame:
    """One row per result cell of schools whose levels differ by a Gamma(4, 4) factor."""
    rng = np.random.Generator(np.random.PCG64(seed))
    school, year, cell = (axis.ravel() for axis in np.indices((schools, years, cells)))
    tested = rng.poisson(20, len(school)) + 1
    rate = np.minimum(0.9, rng.gamma(4, 1 / 4, schools)[school] * np.linspace(0.04, 0.15, cells)[cell])
    names = pd.Series([f"s{i:06d}" for i in range(schools)], dtype="str")
    subjects = pd.Series([f"subject{i}" for i in range(cells)], dtype="str")
    return pd.DataFrame(
        {
            "school_id": names.take(school).to_numpy(),
            "municipality_id": "m1",
            "year": 2026 - years + 1 + year,
            "procedure": "vpr",
            "subject": subjects.take(cell % 3).to_numpy(),
            "grade": cell.astype("str"),
            "tested_count": tested,
            "low_count": rng.binomial(tested, rate),
        }
    )


def report(title: str, results: pd.DataFrame, repeats: int) -> None:
    """Print the best time of some fits and the highest memory so far."""
    edition = methodology.load()
    year = int(results["year"].max())
    capacity = max(1, results["school_id"].nunique() // 7)
    selection = replace(edition.selection, capacity=capacity)
    seconds = []
    for _ in range(repeats):
        start = time.perf_counter()
        fit = stability.fit(results, year, edition.stability, selection)
        seconds.append(time.perf_counter() - start)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    facts = f"d={fit.decay} φ={fit.dispersion.base:.2f}+{fit.dispersion.growth:.3f}E k={fit.prior:.2f} c={fit.cut:.3f}"
    print(f"{title}: {len(fit.table)} schools, {len(results)} cells, {min(seconds):.2f} s, peak {peak:.0f} MB, {facts}")


if __name__ == "__main__":
    report("region", made_up(350, 3, 12), repeats=5)
    if CHILE.is_file():
        report("Chile", pd.read_parquet(CHILE), repeats=3)
    report("large", made_up(40_000, 5, 12), repeats=1)
