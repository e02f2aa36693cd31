"""The register of the made-up region: municipalities, schools, their codes and their lineage."""

import zlib
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from pipeline.schema import records
from pipeline.synthetic.names import OKRUG_FROM_YEAR, PLACES, SPECIAL_SCHOOLS, Place, village_adjectives
from pipeline.tables.reference import MUNICIPALITIES, SCHOOL_CODES, SCHOOL_LINEAGE, SCHOOLS

SCHOOL_COUNT = sum(place.school_count for place in PLACES)
OPEN_YEAR = 9999
LOGIN_YEAR = 2022  # logins sch67NNNN became edu67NNNN

# Quantiles of the number of pupils in a school (formats 6) and sensible ends.
SIZE_QUANTILES = (0.0, 0.05, 0.25, 0.50, 0.75, 0.95, 1.0)
SIZES = (8, 48, 109, 214, 600, 1050, 1500)
RURAL_SHIFT = 1.15  # in standard deviations of size: gives the rural median of about 150 pupils
BASIC_SCHOOL_SIZE = 85  # smaller village schools end with grade 9

# (municipality, number of the village school in it): what happened to it, and how many years before the last one.
MERGED = (("Смоленский", 5, 1), ("Рославльский", 7, 1))
RENAMED = (("Починковский", 2, 1), ("Гагаринский", 4, 1), ("Дорогобужский", 3, 0))


@dataclass(frozen=True)
class Register:
    """The region's reference tables and what only its maker knows about the schools.

    Args:
        municipalities, schools, codes, lineage: frames as declared in `pipeline.tables.reference`.
        traits: one row per school: `school_id`, `entity_id` (the school it continues as), `municipality_id`,
            `place_stem`, `kind_code`, `is_rural`, `size`, `has_senior`, `valid_from_year`, `valid_to_year`.
    """

    municipalities: pd.DataFrame
    schools: pd.DataFrame
    codes: pd.DataFrame
    lineage: pd.DataFrame
    traits: pd.DataFrame

    def operating(self, year: int) -> pd.DataFrame:
        """One row per school that works in the year, with the columns of `traits`."""
        traits = self.traits
        return traits[(traits["valid_from_year"] <= year) & (year <= traits["valid_to_year"])]

    def code(self, code_kind: str, year: int) -> dict[str, str]:
        """The code of each school that had one in a year, by `school_id`."""
        codes = self.codes[self.codes["code_kind"] == code_kind]
        is_valid = (codes["valid_from_year"].fillna(0) <= year) & (year <= codes["valid_to_year"].fillna(OPEN_YEAR))
        return dict(zip(codes.loc[is_valid, "school_id"], codes.loc[is_valid, "code"], strict=True))

    def names(self) -> dict[str, str]:
        """The name of each school, by `school_id`."""
        return dict(zip(self.schools["school_id"], self.schools["school_name"], strict=True))


def stream(seed: int, label: str) -> np.random.Generator:
    """A stream of random numbers of its own for each purpose: a new file does not change the others."""
    return np.random.Generator(np.random.PCG64([seed, zlib.crc32(label.encode())]))


def make_register(seed: int, last_year: int) -> Register:
    """The register of 350 working schools and five former ones, in 27 municipalities."""
    working = _working_schools(seed)
    former, successors = _former_schools(working, last_year)
    traits = pd.concat([successors, former], ignore_index=True)
    traits["municipality_id"] = [_municipality_id(stem) for stem in traits["place_stem"]]
    lineage = _lineage(former)
    return Register(
        municipalities=_municipalities(),
        schools=SCHOOLS.conform(_with_open_years(traits)[list(SCHOOLS.column_names)]),
        codes=_codes(traits),
        lineage=lineage,
        traits=traits,
    )


def _working_schools(seed: int) -> pd.DataFrame:
    """One row per school that works in the last year, numbered S001 … S350."""
    rng = stream(seed, "register")
    villages = iter(village_adjectives())
    rows = []
    for place in PLACES:
        for number in range(1, place.school_count + 1):
            is_rural = number > place.town_count
            kind, name = SPECIAL_SCHOOLS.get((place.stem, number), ("ordinary", f"МБОУ «Средняя школа № {number}»"))
            rows.append(
                {
                    "place_stem": place.stem,
                    "number": number,
                    "is_rural": is_rural,
                    "kind_code": kind,
                    "school_name": next(villages) if is_rural else name,
                }
            )
    frame = pd.DataFrame(rows)
    assert len(frame) == SCHOOL_COUNT
    frame["school_id"] = [f"S{i:03d}" for i in range(1, SCHOOL_COUNT + 1)]
    position = rng.normal(size=SCHOOL_COUNT) - RURAL_SHIFT * frame["is_rural"].to_numpy()
    share = (position.argsort().argsort() + 0.5) / SCHOOL_COUNT
    frame["size"] = np.exp(np.interp(share, SIZE_QUANTILES, np.log(SIZES))).round().astype(int)
    is_small = frame["kind_code"].isin(("evening", "correctional"))
    frame["size"] = frame["size"].where(~is_small, np.minimum(frame["size"], 160))
    frame["has_senior"] = ~(frame["is_rural"] & (frame["size"] < BASIC_SCHOOL_SIZE))
    frame["school_name"] = [
        _village_school(str(name), bool(senior)) if rural else str(name)
        for name, rural, senior in zip(frame["school_name"], frame["is_rural"], frame["has_senior"], strict=True)
    ]
    return frame


def _former_schools(working: pd.DataFrame, last_year: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The former schools, one row each, and the working schools with their years of validity."""
    working = working.assign(valid_from_year=0, valid_to_year=OPEN_YEAR, entity_id=working["school_id"])
    town_counts = {place.stem: place.town_count for place in PLACES}
    spare_villages = village_adjectives()[SCHOOL_COUNT - sum(town_counts.values()) :]
    former: list[dict[str, Any]] = []
    for kind, (stem, village_number, years_ago) in [("merged", m) for m in MERGED] + [("renamed", r) for r in RENAMED]:
        number = town_counts[stem] + village_number
        row = working.index[(working["place_stem"] == stem) & (working["number"] == number)][0]
        from_year = last_year - years_ago
        old = working.loc[row].to_dict() | {
            "school_id": f"S{SCHOOL_COUNT + len(former) + 1:03d}",
            "valid_to_year": from_year - 1,
            "lineage_kind": kind,
            "successor_id": working.loc[row, "school_id"],
        }
        if kind == "merged":
            old |= {
                "number": int(working.loc[working["place_stem"] == stem, "number"].max()) + 1,
                "school_name": _village_school(spare_villages[len(former)], False),
                "entity_id": old["school_id"],
                "size": 60,
                "has_senior": False,
            }
        else:
            old["school_name"] = f"{old['school_name'][:-1]} имени Первопроходцев»"
            working.loc[row, "valid_from_year"] = from_year
        former.append(old)
    return pd.DataFrame(former), working


def _municipalities() -> pd.DataFrame:
    """One row per municipality and name."""
    rows = []
    for index, place in enumerate(PLACES, start=1):
        for order, name in enumerate(place.names):
            is_former = order < len(place.names) - 1
            rows.append(
                {
                    "municipality_id": _municipality_id(place.stem),
                    "municipality_name": name,
                    "fisoko_code": fisoko_code(index),
                    "gia_code": gia_code(index),
                    "valid_from_year": OKRUG_FROM_YEAR if order else pd.NA,
                    "valid_to_year": OKRUG_FROM_YEAR - 1 if is_former else pd.NA,
                }
            )
    return MUNICIPALITIES.conform(pd.DataFrame(rows))


def place_of(municipality_id: str) -> Place:
    """The place that a municipality's id stands for."""
    return PLACES[int(municipality_id[1:]) - 1]


def fisoko_code(place_number: int) -> str:
    """The code of a municipality in ФИС ОКО."""
    return f"reg67_m{place_number:03d}"


def gia_code(place_number: int) -> str:
    """The code of a municipality in РИС ГИА."""
    return str(100 + place_number)


def _codes(traits: pd.DataFrame) -> pd.DataFrame:
    """One row per code of a school; a renamed school keeps its codes, each name with its own years."""
    rows = []
    order = {place.stem: index for index, place in enumerate(PLACES, start=1)}
    for school in records(_with_open_years(traits)):
        place, number, serial = order[school["place_stem"]], school["number"], int(school["entity_id"][1:])
        own = {name: school[name] for name in ("school_id", "valid_from_year", "valid_to_year")}
        is_old = own["valid_from_year"] is None
        if is_old:
            rows.append(own | {"code_kind": "fisoko", "code": f"sch67{1000 + serial}", "valid_to_year": LOGIN_YEAR - 1})
        own_codes = {
            "fisoko": f"edu67{1000 + serial}",
            "oge": f"67{place:02d}{number:02d}",
            "ege": f"{gia_code(place)}{number:03d}",
        }
        for kind, code in own_codes.items():
            # A login has a beginning; the codes of the exams are older than the records.
            since = {"valid_from_year": LOGIN_YEAR} if kind == "fisoko" and is_old else {}
            rows.append(own | {"code_kind": kind, "code": code} | since)
    return SCHOOL_CODES.conform(pd.DataFrame(rows))


def _lineage(former: pd.DataFrame) -> pd.DataFrame:
    """One row per reorganisation."""
    words = {"merged": "присоединена к школе-преемнику", "renamed": "переименована"}
    rows = former[["school_id", "successor_id", "lineage_kind"]].assign(
        from_year=former["valid_to_year"] + 1,
        ground=["выдуманный приказ: школа " + words[str(kind)] for kind in former["lineage_kind"]],
    )
    # Schools merge in the middle of a school year, after that year's list has been signed.
    rows["from_date"] = [
        f"{from_year - 1}-11-01" if kind == "merged" else None
        for from_year, kind in zip(rows["from_year"], rows["lineage_kind"], strict=True)
    ]
    return SCHOOL_LINEAGE.conform(rows)


def _with_open_years(traits: pd.DataFrame) -> pd.DataFrame:
    """The traits with missing instead of the outermost years."""
    return traits.assign(
        valid_from_year=traits["valid_from_year"].astype("Int64").where(traits["valid_from_year"] > 0),
        valid_to_year=traits["valid_to_year"].astype("Int64").where(traits["valid_to_year"] < OPEN_YEAR),
    )


def _municipality_id(stem: str) -> str:
    return f"M{[place.stem for place in PLACES].index(stem) + 1:02d}"


def _village_school(adjective: str, has_senior: bool) -> str:
    return f"МБОУ «{adjective} средняя школа»" if has_senior else f"МКОУ «{adjective} основная школа»"
