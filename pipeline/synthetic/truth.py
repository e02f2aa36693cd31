"""The known truth of the made-up region: how likely low results really are in each school, and who inflates marks."""

from pathlib import Path

import numpy as np
import pandas as pd

from pipeline.synthetic.region import Register, stream

SCHOOL_SD = 0.55  # spread of schools on the log scale: a true rate of 1.7 norms is one standard deviation away
RURAL_SHIFT = 0.12
YEAR_SD = 0.15  # a school's drift from year to year, same scale
INFLATING_SHARE = 0.03
INFLATING_SLOPE = 2.0
TRUE_LIST_SIZE = 50
EXCLUDED_KINDS = ("evening", "correctional")
EXCLUDED_SHIFT = 0.5

LIST_NOISE_SD = 0.30  # last year's list was made by people with other data: it agrees with the truth only in part


def make_truth(register: Register, seed: int, years: tuple[int, ...]) -> pd.DataFrame:
    """One row per school and year: its true log rate of low results (0 = the region's norm).

    Returns:
        Columns `school_id`, `year`, `true_log_rate`, `is_truly_low_top50` (among the 50 highest of the year, kinds
        that take no part left out), `is_inflated` (raises marks «2» of ВПР). A renamed school stands under its
        present id in all years; a merged one under its own, in its own years.
    """
    rng = stream(seed, "truth")
    traits = register.traits
    own = traits[traits["school_id"] == traits["entity_id"]].reset_index(drop=True)
    is_excluded = own["kind_code"].isin(EXCLUDED_KINDS)
    level = rng.normal(0, SCHOOL_SD, len(own)) + RURAL_SHIFT * own["is_rural"] + EXCLUDED_SHIFT * is_excluded
    # Marks are raised where they would be low: otherwise nobody could escape the list by raising them.
    temptation = np.exp(INFLATING_SLOPE * level).where(~is_excluded, 0)
    inflating = rng.choice(
        own.index.to_numpy(), round(INFLATING_SHARE * len(own)), replace=False, p=temptation / temptation.sum()
    )
    parts = []
    for year in years:
        level = level + rng.normal(0, YEAR_SD, len(own))
        works = (own["valid_to_year"] >= year) & ((own["valid_from_year"] <= year) | _was_renamed(register, own))
        rate = level - np.average(level[works], weights=own.loc[works, "size"])
        rank = rate.where(works & ~is_excluded).rank(ascending=False, method="first")
        part = pd.DataFrame(
            {
                "school_id": own["school_id"],
                "year": year,
                "true_log_rate": rate.round(9),
                "is_truly_low_top50": rank <= TRUE_LIST_SIZE,
                "is_inflated": own.index.isin(inflating),
            }
        )
        parts.append(part[works])
    return pd.concat(parts).sort_values(["school_id", "year"], ignore_index=True)


def load_truth(directory: Path) -> pd.DataFrame:
    """One row per school and year, as `make_truth` gives it, of a region made by `make_region`."""
    return pd.read_parquet(directory / "truth" / "truth.parquet")


def past_list(register: Register, truth: pd.DataFrame, seed: int, year: int) -> pd.DataFrame:
    """One row per school on the list signed in a past September: the truth of that year seen through noise."""
    rng = stream(seed, "past list" if year == truth["year"].max() - 1 else f"past list {year}")
    # Of a list older than the results only its schools are made up: nobody can recount it.
    known = truth[truth["year"] == max(year, truth["year"].min())].merge(register.schools, on="school_id")
    known = known[~known["kind_code"].isin(EXCLUDED_KINDS)]
    seen = known["true_log_rate"] + rng.normal(0, LIST_NOISE_SD, len(known))
    # One of the schools that merge soon stands on the list: its place goes to the successor.
    lineage = register.lineage
    merging = lineage.loc[(lineage["lineage_kind"] == "merged") & (lineage["from_year"] == year + 1), "school_id"]
    is_merging = known["school_id"].isin(merging)
    seen = seen.mask(is_merging & (seen == seen[is_merging].max()), np.inf)
    listed = known[seen.rank(ascending=False, method="first") <= TRUE_LIST_SIZE]
    names = register.municipalities.sort_values("valid_from_year", na_position="first")
    names = names[names["valid_from_year"].isna() | (names["valid_from_year"] <= year)]
    name_of = names.drop_duplicates("municipality_id", keep="last").set_index("municipality_id")["municipality_name"]
    return pd.DataFrame(
        {
            "school_id": listed["school_id"],
            "school_name": listed["school_name"],
            "municipality_name": listed["municipality_id"].map(name_of),
            "number": "ДЕМО-1",
            "date": f"{year}-09-15",
        }
    ).sort_values(["municipality_name", "school_name"], ignore_index=True)


def supported_truth(register: Register, truth: pd.DataFrame, seed: int, last_year: int, effect: float) -> pd.DataFrame:
    """One row per school that support reaches in the last year: `school_id` (a successor), `year`, `effect_share`."""
    listed = past_list(register, truth, seed, last_year - 1)["school_id"]
    heirs = dict(zip(register.lineage["school_id"], register.lineage["successor_id"], strict=True))
    school_ids = sorted({str(heirs.get(school_id, school_id)) for school_id in listed})
    return pd.DataFrame({"school_id": school_ids, "year": last_year, "effect_share": effect})


def _was_renamed(register: Register, schools: pd.DataFrame) -> "pd.Series[bool]":
    """Which schools existed before under another id."""
    renamed = register.lineage[register.lineage["lineage_kind"] == "renamed"]
    return schools["school_id"].isin(renamed["successor_id"])
