"""Who exists in a year: schools and names of municipalities by years of validity, and the order of Russian names."""

import re

import pandas as pd

from pipeline.methodology.rules import PoolRules


def valid_in(frame: pd.DataFrame, year: int) -> pd.DataFrame:
    """One row per row of a reference table valid in the year; an open border is no border."""
    is_begun = frame["valid_from_year"].isna() | (frame["valid_from_year"] <= year).fillna(False)
    is_not_over = frame["valid_to_year"].isna() | (frame["valid_to_year"] >= year).fillna(False)
    return frame[(is_begun & is_not_over).astype(bool)]


def left_out_schools(schools: pd.DataFrame, year: int, pool: PoolRules) -> frozenset[str]:
    """The schools that the model leaves out: excluded kinds and schools that do not exist in the year."""
    valid = valid_in(schools, year)
    taking_part = valid.loc[~valid["kind_code"].isin(pool.excluded_kinds), "school_id"]
    return frozenset(schools["school_id"]) - frozenset(taking_part)


def municipality_names(municipalities: pd.DataFrame, year: int) -> dict[str, str]:
    """The name of each municipality in the year; where none is valid, its latest one.

    A municipality must not vanish from a report because a year of validity was mistyped.
    """
    ordered = municipalities.assign(
        is_valid=municipalities.index.isin(valid_in(municipalities, year).index),
        from_year=municipalities["valid_from_year"].fillna(0),
    ).sort_values(["municipality_id", "is_valid", "from_year", "municipality_name"])
    latest = ordered.drop_duplicates("municipality_id", keep="last")
    return dict(zip(latest["municipality_id"], latest["municipality_name"], strict=True))


def alphabetical(name: str) -> tuple[tuple[tuple[int, str], ...], str, str]:
    """The key that puts Russian names in the order of a dictionary: ё beside е, № 2 before № 10, quotes ignored."""
    words = re.findall(r"\d+|[^\W\d_]+", name.casefold().replace("ё", "е"))
    return tuple((int(word), "") if word.isdigit() else (-1, word) for word in words), name.casefold(), name
