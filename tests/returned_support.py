"""A made-up region into whose folder forms of the monitoring of support are returned."""

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd

from pipeline.identity import Register
from pipeline.outputs.support_forms import render
from pipeline.region import Region, reference_table
from pipeline.schema import records
from pipeline.support_forms import Asked, make_form
from pipeline.support_request import Entry, SupportForm, Unit, plan_in_force
from pipeline.support_returns import SupportReturns, asked_municipalities, read_returns
from pipeline.tables.causes import MEASURES
from pipeline.tables.reference import MUNICIPALITIES, SCHOOL_CODES, SCHOOL_LINEAGE, SCHOOL_MATCHES, SCHOOLS
from pipeline.tables.support import SUPPORT_FACTS, SUPPORTED_SCHOOLS

REGION = "Озёрная область"
NAMES = {"m1": "Озёрный муниципальный округ", "m2": "город Приозёрск", "m3": "Лесной муниципальный округ"}
# The last one is on neither list; s04 is carried on by s05.
SCHOOL_PLACES = {"s01": "m1", "s02": "m1", "s03": "m2", "s04": "m1", "s05": "m1", "s09": "m1"}
REGISTER = Register(
    municipalities=MUNICIPALITIES.typed(
        pd.DataFrame({"municipality_id": list(NAMES), "municipality_name": list(NAMES.values())})
    ),
    schools=SCHOOLS.typed(
        pd.DataFrame(
            {
                "school_id": list(SCHOOL_PLACES),
                "school_name": [f"МБОУ «Школа № {code[-1]}»" for code in SCHOOL_PLACES],
                "municipality_id": list(SCHOOL_PLACES.values()),
                "kind_code": "ordinary",
            }
        )
    ),
    school_codes=SCHOOL_CODES.typed(
        pd.DataFrame({"school_id": ["s02"], "code_kind": ["fisoko"], "code": ["edu670002"]})
    ),
    school_lineage=SCHOOL_LINEAGE.typed(
        pd.DataFrame(
            {
                "school_id": ["s04"],
                "successor_id": ["s05"],
                "lineage_kind": ["merged"],
                "from_year": [2026],
                "from_date": ["2026-02-01"],
            }
        )
    ),
    school_matches=SCHOOL_MATCHES.empty(),
)
# s01 and s03 are on both lists, s05 on that of 2025 only, s02 on that of 2026 only.
LISTS = {2025: ("s01", "s03", "s05"), 2026: ("s01", "s02", "s03")}
PLAN = reference_table(Path("there is no such folder"), MEASURES)
TOWN, CITY, EMPTY_TOWN = (Unit("municipality", name, code) for code, name in NAMES.items())
INSTITUTE, ROOM = Unit("institute", "СОИРО"), Unit("institute", "кабинет «Консультант-прогноз»")
MARCH = date(2026, 3, 15)
OZERNY = NAMES["m1"]


def supported(lists: Mapping[int, Sequence[str]] = LISTS) -> pd.DataFrame:
    names = dict(zip(REGISTER.schools["school_id"], REGISTER.schools["school_name"], strict=True))
    rows = [
        {
            "list_year": year,
            "school_id": school_id,
            "municipality_id": SCHOOL_PLACES[school_id],
            "school_name": names[school_id],
            "municipality_name": NAMES[SCHOOL_PLACES[school_id]],
            "is_signed": True,
        }
        for year, own in lists.items()
        for school_id in own
    ]
    return SUPPORTED_SCHOOLS.conform(pd.DataFrame(rows)) if rows else SUPPORTED_SCHOOLS.empty()


class Support:
    """A region's folder into which forms are returned."""

    def __init__(self, root: Path, period: str = "june", lists: Mapping[int, Sequence[str]] | None = None) -> None:
        self.root, self.period = root, period
        self.day = date(2026, 6, 30) if period == "june" else date(2026, 11, 30)
        own = {2025: LISTS[2025]} if period == "june" else LISTS
        self.supported = supported(own if lists is None else lists)

    def asked(self, region_name: str = REGION, plan_year: int = 2026) -> Asked:
        settings = Region(region_name, "Озёрная", "Министерство образования", "Министр", "И. О. Образцов")
        plan, towns = plan_in_force(PLAN, plan_year), asked_municipalities(REGISTER, plan_year)
        return Asked(settings, plan_year, self.period, self.day, plan, self.supported, REGISTER, towns)

    def form(self, unit: Unit = TOWN, *, region_name: str = REGION, plan_year: int = 2026) -> SupportForm:
        return make_form(self.asked(region_name, plan_year), unit, SUPPORT_FACTS.empty())

    def filled(self, *entries: Entry, unit: Unit = TOWN, **id_parts: Any) -> bytes:
        return render(self.form(unit, **id_parts), entries)

    def put(self, name: str, content: bytes, period: str | None = None) -> Path:
        path = self.root / "raw" / "2026" / "support" / (period or self.period) / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        return path

    def put_table(self, name: str, rows: Sequence[Sequence[object]], encoding: str = "utf-8", mark: str = ";") -> None:
        lines = [mark.join("" if cell is None else str(cell) for cell in row) for row in rows]
        self.put(name, "\r\n".join(lines).encode(encoding))

    def read(self) -> SupportReturns:
        found = read_returns(self.root, 2026, self.period, self.day, REGION, self.supported, PLAN, REGISTER)
        files = found.source_files
        assert (files["read_count"] == files["kept_count"] + files["rejected_count"]).all()
        assert files["kept_count"].sum() == len(found.facts) and files["rejected_count"].sum() == len(found.rejects)
        return found


def facts(found: SupportReturns) -> list[tuple[int, str | None, str | None, str, float]]:
    """(measure, municipality, school, day, quantity) of every fact, sorted."""
    told = [
        (r["measure_number"], r["municipality_id"], r["school_id"], f"{r['fact_date']:%Y-%m-%d}", r["quantity"])
        for r in records(found.facts)
    ]
    return sorted(told, key=str)


def reasons(found: SupportReturns) -> list[str]:
    return sorted(found.rejects["reason_code"])


def state(found: SupportReturns, name: str) -> tuple[str, str]:
    row = found.files[found.files["file_id"].str.endswith(f"/{name}")].iloc[0]
    return row["state_code"], row["remark_text"]
