"""What one run is: a small frozen record that edges make and stages receive. It holds no frame and no clock."""

from dataclasses import dataclass
from pathlib import Path

DEFAULT_SEED = 2026


@dataclass(frozen=True)
class Run:
    """One execution of a flow.

    Args:
        root: the region's folder (DIR).
        flow: name of the flow, one of `stages.FLOWS`.
        year: year of the results; the list of that September. Of "support": calendar year of the roadmap.
        edition: edition of the methodology.
        as_of: ISO date; loads received later are left out. None takes every load. Of "support": the day of judgement.
        capacity: number of places on the list; None takes the edition's.
        seed: seed of anything random; recorded in the manifest.
        run_id: name of the run's folder.
        started_at: when the edge started the run, ISO; goes to the manifest and nowhere else.
        period: of "support", one of `tables.support.PERIODS`; of "site", whom it is for (`site.readers.Reader.suffix`).
    """

    root: Path
    flow: str
    year: int
    edition: str
    as_of: str | None = None
    capacity: int | None = None
    seed: int = DEFAULT_SEED
    run_id: str = ""
    started_at: str = ""
    period: str = ""

    @property
    def folder(self) -> Path:
        """Where the run keeps its tables."""
        return self.root / "runs" / self.run_id

    @property
    def published_name(self) -> str:
        """Name of the folder below `published/<flow>/`: the year, and the period where there is one."""
        return published_name(self.year, self.period)


def published_name(year: int, period: str = "") -> str:
    """What a publication of a year, or of a period of it, is called: «2026», «2026-june»."""
    return f"{year}-{period}" if period else str(year)
