"""Small frames on which the plausibility of a year is judged: one row per thing that may look wrong.

Pure arithmetic, no verdicts: the thresholds stand in the methodology, the rules in `expectations/<name>.json`, and
`pipeline.validation` brings the two together. A value that cannot be judged (too few pupils, no earlier year) is
missing, and a missing value is not checked.
"""

from collections.abc import Sequence

import pandas as pd

from pipeline.methodology.rules import QualityRules
from pipeline.register import municipality_names, valid_in
from pipeline.tables.results import CELL_KEY
from pipeline.tables.sources import PLACE_KEY

# Rows that repeat another, contradict it, or cannot be true: a few are usual, many mean that the file is not what it
# says.
SPOILED_REASONS = (
    "duplicate_key",
    "duplicate_row",
    "duplicate_pupil",
    "conflicting_rows",
    "low_above_tested",
    "counts_above_total",
    "percent_not_count",
    "percents_not_100",
    "total_above_maximum",
    "above_maximum",
    "below_minimum",
    "not_a_number",
    "not_an_integer",
    "absent_with_result",
)
SLICE_KEY = ["procedure", "subject", "grade"]
PLACE = list(PLACE_KEY)
FILE_SLICE_KEY = ["file_id", *SLICE_KEY]
SCHOOL_SLICE_KEY = ["school_id", *SLICE_KEY]


def derive(
    *,
    results: pd.DataFrame,
    schools: pd.DataFrame,
    municipalities: pd.DataFrame,
    reported_totals: pd.DataFrame,
    printed_cells: pd.DataFrame,
    pupil_cells: pd.DataFrame,
    reported_cells: pd.DataFrame,
    source_files: pd.DataFrame,
    rejects: pd.DataFrame,
    context_schools: pd.DataFrame,
    year: int,
    rules: QualityRules,
) -> dict[str, pd.DataFrame]:
    """Every frame on which a suite of expectations stands, by name.

    Args:
        results: RESULTS, of this year and, where there are any, earlier ones.
        schools: SCHOOLS, the register.
        municipalities: MUNICIPALITIES.
        reported_totals: REPORTED_TOTALS with `municipality_id`, missing where the area was not recognised.
        printed_cells: REPORTED_CELLS with the `municipality_id` under which the file prints the school.
        pupil_cells: result cells counted from pupils' rows; at least CELL_KEY, tested_count, low_count.
        reported_cells: result cells as the senders counted them; the same columns and `municipality_id`.
        source_files: SOURCE_FILES.
        rejects: REJECTS of every stage so far.
        context_schools: what `context_facts.questioned_schools` gives.
        year: the year of results that is judged.
        rules: which slices of the region are large enough to be judged.
    """
    current = results[results["year"] == year]
    previous = results[results["year"] == year - 1]
    open_schools = valid_in(schools, year)
    names = pd.Series(municipality_names(municipalities, year), dtype="str")
    return {
        "year": year_frame(current, open_schools, year),
        "received_schools": received_schools(current, open_schools, names),
        "received_municipalities": received_municipalities(current, open_schools, names),
        "received_procedures": received_procedures(current, previous, open_schools),
        "cells": cells(current, schools),
        "slices": slices(current, previous, rules),
        "totals": totals(reported_totals, printed_cells, names, year),
        "agreement": agreement(pupil_cells, reported_cells, schools, year),
        "files": files(source_files, rejects),
        "deliveries": deliveries(source_files, rejects),
        "rejected_rows": rejected_rows(rejects),
        "context_schools": context_schools,
    }


def year_frame(current: pd.DataFrame, open_schools: pd.DataFrame, year: int) -> pd.DataFrame:
    """One row per year of results, this year only: how much was received at all."""
    return pd.DataFrame(
        {
            "year": [year],
            "result_count": [len(current)],
            "school_count": [current["school_id"].nunique()],
            "register_school_count": [len(open_schools)],
        }
    )


def received_schools(current: pd.DataFrame, open_schools: pd.DataFrame, names: pd.Series) -> pd.DataFrame:
    """One row per school of the register open in the year, with the number of its results."""
    counts = current.groupby("school_id").size()
    frame = open_schools[["school_id", "school_name", "municipality_id"]].assign(
        municipality_name=open_schools["municipality_id"].map(names),
        result_count=open_schools["school_id"].map(counts).fillna(0).astype("int64"),
    )
    return _sorted(frame, ["municipality_name", "school_id"])


def received_municipalities(current: pd.DataFrame, open_schools: pd.DataFrame, names: pd.Series) -> pd.DataFrame:
    """One row per municipality with schools open in the year, with the number of schools whose results came."""
    is_received = open_schools["school_id"].isin(current["school_id"])
    grouped = open_schools.assign(is_received=is_received).groupby("municipality_id", as_index=False)
    frame = grouped.agg(school_count=("school_id", "size"), received_school_count=("is_received", "sum"))
    return _sorted(frame.assign(municipality_name=frame["municipality_id"].map(names)), ["municipality_id"])


def received_procedures(current: pd.DataFrame, previous: pd.DataFrame, open_schools: pd.DataFrame) -> pd.DataFrame:
    """One row per exam of this or last year: how many of last year's schools, still open, have sent it again.

    Last year and not the register is the measure: a basic school never has ЕГЭ. Without last year the share is missing.
    """
    pairs = current[["procedure", "school_id"]].drop_duplicates()
    expected = previous[["procedure", "school_id"]].drop_duplicates()
    expected = expected[expected["school_id"].isin(open_schools["school_id"])]
    again = expected.merge(pairs, on=["procedure", "school_id"])
    frame = pd.DataFrame({"procedure": sorted({*pairs["procedure"], *expected["procedure"]})})
    counts = {
        "school_count": pairs.groupby("procedure").size(),
        "expected_school_count": expected.groupby("procedure").size(),
        "received_again_count": again.groupby("procedure").size(),
        "municipality_count": current.groupby("procedure")["municipality_id"].nunique(),
    }
    for name, values in counts.items():
        frame[name] = frame["procedure"].map(values).fillna(0).astype("int64")
    return frame.assign(school_share=_share(frame["received_again_count"], frame["expected_school_count"]))


def cells(current: pd.DataFrame, schools: pd.DataFrame) -> pd.DataFrame:
    """One row per result cell of the year: school, exam, subject, grade, and whether the register knows the school."""
    frame = current[[*CELL_KEY, "municipality_id", "tested_count", "low_count", "source_text"]].assign(
        school_name=current["school_id"].map(schools.set_index("school_id")["school_name"]),
        is_known_school=current["school_id"].isin(schools["school_id"]),
    )
    return _sorted(frame, list(CELL_KEY))


def slices(current: pd.DataFrame, previous: pd.DataFrame, rules: QualityRules) -> pd.DataFrame:
    """One row per exam, subject and grade over the whole region: zeros, absence and drift against last year.

    Drift compares the schools that have results in both years, so that a school still to come is no drift. A slice of
    last year that was large enough and has not come stands here with `tested_count` 0.
    """
    now, before = _slice_sums(current), _slice_sums(previous)
    missing = before[(before["tested_count"] >= rules.min_slice_tested_count) & ~before.index.isin(now.index)]
    frame = now.reindex(now.index.union(missing.index)).fillna({"tested_count": 0, "low_count": 0, "school_count": 0})
    is_large = frame["tested_count"] >= rules.min_slice_tested_count
    previous_share = _share(before["low_count"], before["tested_count"]).reindex(frame.index)
    is_all_zero = frame["low_count"] == 0
    frame = frame.assign(
        zero_low_school_share=_share(frame["zero_low_school_count"], frame["school_count"]).where(is_large),
        absent_share=_share(frame["absent_count"], frame["absent_count"] + frame["known_tested_count"]).where(is_large),
        vanished_low_count=(previous_share * frame["tested_count"]).where(is_all_zero | previous_share.isna(), 0.0),
    )
    return _sorted(frame.join(_drift(current, previous, rules)).reset_index(), SLICE_KEY)


def _slice_sums(results: pd.DataFrame) -> pd.DataFrame:
    """One row per slice (the index): pupils, low and absent ones, schools, schools without a low result; all floats."""
    counted = results.assign(
        is_zero=results["low_count"] == 0,
        # Absence is known only where the file says it; the pupils of other cells must not dilute the share.
        known_tested_count=results["tested_count"].where(results["absent_count"].notna()),
    )
    grouped = counted.groupby(SLICE_KEY)
    return grouped.agg(
        school_count=("school_id", "nunique"),
        tested_count=("tested_count", "sum"),
        low_count=("low_count", "sum"),
        absent_count=("absent_count", "sum"),
        known_tested_count=("known_tested_count", "sum"),
        zero_low_school_count=("is_zero", "sum"),
    ).astype("float64")


def _drift(current: pd.DataFrame, previous: pd.DataFrame, rules: QualityRules) -> pd.DataFrame:
    """One row per slice (the index) met in both years: change in pupils and in the low share, over the same schools."""
    columns = [*SCHOOL_SLICE_KEY, "tested_count", "low_count"]
    same = current[columns].merge(previous[columns], on=SCHOOL_SLICE_KEY, suffixes=("", "_before"))
    sums = same.groupby(SLICE_KEY)[["tested_count", "low_count", "tested_count_before", "low_count_before"]].sum()
    sums = sums.astype("float64")
    counts = sums[["tested_count", "tested_count_before"]]
    low_share = _share(sums["low_count"], sums["tested_count"])
    previous_low_share = _share(sums["low_count_before"], sums["tested_count_before"])
    is_large = counts.max(axis=1) >= rules.min_slice_tested_count
    are_both_large = counts.min(axis=1) >= rules.min_slice_tested_count
    drift = pd.DataFrame(
        {
            "same_tested_count": sums["tested_count"],
            "same_previous_tested_count": sums["tested_count_before"],
            "same_low_share": low_share,
            "same_previous_low_share": previous_low_share,
            "tested_drift": (_share(sums["tested_count"], sums["tested_count_before"]) - 1).abs().where(is_large),
            "low_share_drift": (low_share - previous_low_share).abs().where(are_both_large),
        }
    )
    return drift


def totals(reported_totals: pd.DataFrame, printed_cells: pd.DataFrame, names: pd.Series, year: int) -> pd.DataFrame:
    """One row per printed total of a municipality or the region, against the sum of the schools of the same file.

    A file is judged by itself: neither a later delivery nor a school that the register does not know disturbs it.
    A total of an unknown municipality or of a slice without schools' results has no sum and is not judged.
    """
    printed = reported_totals[(reported_totals["year"] == year) & (reported_totals["level_code"] != "country")]
    reported = printed_cells[printed_cells["year"] == year]
    sums = ["tested_count", "low_count"]
    by_slice = reported.groupby(FILE_SLICE_KEY)[sums].sum().add_prefix("region_")
    by_municipality = reported.groupby([*FILE_SLICE_KEY, "municipality_id"])[sums].sum().add_prefix("municipality_")
    frame = printed.merge(by_slice.reset_index(), on=FILE_SLICE_KEY, how="left")
    frame = frame.merge(by_municipality.reset_index(), on=[*FILE_SLICE_KEY, "municipality_id"], how="left")
    is_region = frame["level_code"] == "region"
    is_judged = frame["region_tested_count"].notna() & (is_region | frame["municipality_id"].notna())
    for name in sums:
        of_municipality = frame[f"municipality_{name}"].fillna(0)
        frame[f"schools_{name}"] = frame[f"region_{name}"].where(is_region, of_municipality).where(is_judged)
    base = frame[["tested_count", "schools_tested_count"]].max(axis=1)
    frame = frame.assign(
        municipality_name=frame["municipality_id"].map(names),
        tested_difference_share=_share((frame["tested_count"] - frame["schools_tested_count"]).abs(), base),
        low_difference_share=_share((frame["low_count"] - frame["schools_low_count"]).abs(), base),
    )
    return _sorted(frame, ["file_id", "sheet_name", "row_number", "block_name"])


def agreement(
    pupil_cells: pd.DataFrame, reported_cells: pd.DataFrame, schools: pd.DataFrame, year: int
) -> pd.DataFrame:
    """One row per result cell that came both as pupils' rows and as a printed total of the school."""
    columns = [*CELL_KEY, "tested_count", "low_count"]
    pupil, reported = (cells[cells["year"] == year][columns] for cells in (pupil_cells, reported_cells))
    frame = pupil.merge(reported, on=list(CELL_KEY), suffixes=("_of_pupils", "_reported"))
    differences = [(frame[f"{n}_of_pupils"] - frame[f"{n}_reported"]).abs() for n in ("tested_count", "low_count")]
    frame = frame.assign(
        school_name=frame["school_id"].map(schools.set_index("school_id")["school_name"]),
        difference_count=pd.concat(differences, axis=1).max(axis=1),
    )
    return _sorted(frame, list(CELL_KEY))


def files(source_files: pd.DataFrame, rejects: pd.DataFrame) -> pd.DataFrame:
    """One row per received file: rows lost without account, share of rejected rows, share of rows of unknown schools.

    Service rows (footers, averages) are no data and count neither as rejected nor as received.
    """
    # A row may be rejected for several reasons: it is still one row.
    is_service = rejects["is_service"].fillna(False).astype(bool)
    is_read = rejects["stage_name"] == "read"
    masks = {
        "service_count": is_read & is_service,
        "faulty_count": is_read & ~is_service,
        "unknown_school_count": rejects["reason_code"] == "unknown_school",
    }
    frame = source_files[["file_id", "layout_id", "read_count", "kept_count", "rejected_count"]].copy()
    for name, mask in masks.items():
        counts = rejects.loc[mask, PLACE].drop_duplicates().groupby("file_id").size()
        frame[name] = frame["file_id"].map(counts).fillna(0).astype("int64")
    frame = frame.assign(
        unaccounted_count=frame["read_count"] - frame["kept_count"] - frame["rejected_count"],
        reject_share=_share(frame["faulty_count"], frame["read_count"] - frame["service_count"]),
        unknown_school_share=_share(frame["unknown_school_count"], frame["kept_count"]),
    )
    return _sorted(frame, ["file_id"])


def deliveries(source_files: pd.DataFrame, rejects: pd.DataFrame) -> pd.DataFrame:
    """One row per layout and year of receipt: share of rows that repeat, contradict or cannot be, and the first one.

    Files of one kind are judged together: one bad row of a protocol of eight pupils spoils no delivery.
    """
    kinds = source_files.set_index("file_id")[["layout_id", "receipt_year"]]
    key = ["layout_id", "receipt_year"]
    spoiled = rejects[rejects["reason_code"].isin(SPOILED_REASONS)].sort_values([*PLACE, "reason_code"])
    spoiled = spoiled.drop_duplicates(PLACE).join(kinds, on="file_id")
    is_service = rejects["is_service"].fillna(False).astype(bool) & (rejects["stage_name"] == "read")
    service = rejects[is_service].drop_duplicates(PLACE).join(kinds, on="file_id").groupby(key).size()
    frame = source_files.groupby(key, as_index=False)["read_count"].sum()
    frame = frame.merge(service.rename("service_count").reset_index(), on=key, how="left")
    frame = frame.merge(spoiled.groupby(key).size().rename("spoiled_count").reset_index(), on=key, how="left")
    frame = frame.merge(spoiled.drop_duplicates(key)[[*key, *PLACE, "reason_code"]], on=key, how="left")
    counts = frame[["service_count", "spoiled_count"]].fillna(0).astype("int64")
    share = _share(counts["spoiled_count"], frame["read_count"] - counts["service_count"])
    return _sorted(frame.assign(**counts, spoiled_share=share), key)


def rejected_rows(rejects: pd.DataFrame) -> pd.DataFrame:
    """One row per rejected row of a file and reason, without the service rows."""
    is_service = rejects["is_service"].fillna(False).astype(bool)
    return _sorted(rejects[~is_service], [*PLACE, "reason_code"])


def _share(part: pd.Series, whole: pd.Series) -> pd.Series:
    """The part of the whole as a float, missing where the whole is zero or anything is missing."""
    numbers = whole.astype("float64")
    return part.astype("float64") / numbers.where(numbers > 0)


def _sorted(frame: pd.DataFrame, by: Sequence[str]) -> pd.DataFrame:
    return frame.sort_values(list(by), kind="stable", ignore_index=True)
