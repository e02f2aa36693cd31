"""From pupils' rows to result cells: what is low, how many, and which delivery counts (methodology 1).

"Recognised" frames have the columns of their table and besides `school_id`, `municipality_id` (never missing) and
`load_date` (date of the delivery, empty for the first one). The school is the one that held the exam: cells of merged
schools are added up afterwards (`pipeline.lineage`).
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from pipeline.errors import ConfigError
from pipeline.tables.quality import RECEIVED_CELLS
from pipeline.tables.results import CELL_KEY, RESULTS
from pipeline.tables.sources import PLACE_KEY, REJECTS, SLICE
from pipeline.versions import FIRST_LOAD_LABEL, latest, left_out

STAGE_NAME = "results"
SLICE_NAMES = [column.name for column in SLICE]
LOAD_CELL = [*CELL_KEY, "load_date"]
BASIC_FORM = "basic"

Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]
Ids = npt.NDArray[np.integer[Any]]

# «2» is a fail on the school's five-point scale itself; used where no minimum is declared (a regional test in marks).
PASSING_MARK = 3


def classify(
    attempts: pd.DataFrame, score_scales: pd.DataFrame, minimum_scores: pd.DataFrame
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Two frames: the attempts with `is_low` (and a mark where a scale gives one), and `rejects` of those not judged.

    A subject whose minimum is a test score is judged by the test score. Otherwise the mark in the file is judged;
    where there is none, the mark that the scale of the year, grade, subject and form gives for the primary score (the
    form `basic` serves forms without a scale of their own). A scale is not applied to another test: the maximum in the
    file must be the scale's, and no score may exceed it. `is_low` is missing for the absent and for rows that nothing
    judges; these are rejects, `no_mark_no_scale`, and stay in the frame.

    Args:
        attempts: frame with the columns of `attempts`, others pass through.
        score_scales: the reference table of scales.
        minimum_scores: the reference table of minimum scores.
    """
    slice_columns = [*SLICE_NAMES, "form_code"]
    slice_ids = attempts.groupby(slice_columns, sort=False).ngroup().to_numpy()
    slices = attempts[slice_columns].drop_duplicates().reset_index(drop=True)
    minima = _valid_in_year(slices, minimum_scores, ["procedure", "subject"]).iloc[slice_ids]
    is_scaled, scaled = _scaled_marks(attempts, _scales_of(slices, score_scales).iloc[slice_ids])

    test_score, mark = _floats(attempts["test_score"]), _floats(attempts["mark"])
    minimum = _floats(minima["minimum_score"])
    score_kind = minima["score_kind"].to_numpy(dtype="object", na_value="")
    passing = np.where(score_kind == "mark", minimum, PASSING_MARK)
    is_by_test = (score_kind == "test_score") & ~np.isnan(test_score)
    is_by_mark = ~is_by_test & ~np.isnan(mark)
    is_by_scale = ~is_by_test & ~is_by_mark & is_scaled

    is_absent = attempts["is_absent"].to_numpy(dtype=bool)
    is_judged = (is_by_test | is_by_mark | is_by_scale) & ~is_absent
    is_low = np.select([is_by_test, is_by_mark], [test_score < minimum, mark < passing], scaled < passing)
    classified = attempts.assign(
        mark=pd.array(np.where(is_by_scale, scaled, mark), dtype="Float64").astype("Int64"),
        is_low=pd.Series(is_low, index=attempts.index, dtype="boolean").mask(~is_judged),
    )
    unjudged = attempts[~is_judged & ~is_absent]
    rejects = left_out(
        unjudged,
        "no_mark_no_scale",
        stage_name=STAGE_NAME,
        column_name="Отметка",
        value_text=unjudged["primary_score"].map("{:g}".format, na_action="ignore").astype("str"),
    )
    return classified, REJECTS.conform(rejects)


def cells(classified: pd.DataFrame) -> pd.DataFrame:
    """One row per school, slice and load: columns of `results` without the version, `load_date`, and a place.

    `mean_score` is the mean test score where the cell has test scores, else the mean mark, of the judged. The place is
    the first row of the cell; `source_text` names every file with its first and last row. A school whose rows could
    not be judged at all has no cell.

    Args:
        classified: recognised attempts with `is_low`, from `classify`.
    """
    frame = classified[classified["is_absent"].astype(bool) | classified["is_low"].notna()]
    frame = frame.sort_values(list(PLACE_KEY), kind="stable", ignore_index=True)
    ids = frame.groupby(LOAD_CELL, sort=False).ngroup().to_numpy(dtype="int64")
    first = ~pd.Series(ids).duplicated()
    count = int(ids.max()) + 1 if len(ids) else 0
    is_tested = frame["is_low"].notna().to_numpy()
    is_low = frame["is_low"].fillna(False).to_numpy(dtype=bool)
    found = frame.loc[first, [*LOAD_CELL, "municipality_id", *PLACE_KEY]].reset_index(drop=True)
    mean_test = _means(frame["test_score"], ids, is_tested, count)
    return found.assign(
        tested_count=np.bincount(ids[is_tested], minlength=count),
        low_count=np.bincount(ids[is_low], minlength=count),
        absent_count=np.bincount(ids[~is_tested], minlength=count),
        mean_score=np.where(np.isnan(mean_test), _means(frame["mark"], ids, is_tested, count), mean_test),
        source_text=_sources(frame, ids),
    )


def choose_versions(
    pupil_cells: pd.DataFrame, reported_cells: pd.DataFrame, as_of: str | None = None
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Two frames: `results`, one row per school and slice from the load that counts, and `rejects` of the others.

    The rule of versions is `versions.latest`. Two cells of the sender are the same where tested and low counts agree;
    the one that says more (absent, mean) stays.

    Args:
        pupil_cells: from `cells`.
        reported_cells: recognised frame of `reported_cells`.
        as_of: ISO date; later loads are not known yet.
    """
    rows = reported_cells["row_number"]
    source_text = _places(reported_cells["file_id"], reported_cells["sheet_name"], rows, rows)
    reported = reported_cells.assign(source_text=source_text)
    counts = ["tested_count", "low_count", "absent_count", "mean_score"]
    columns = [*LOAD_CELL, "municipality_id", *PLACE_KEY, *counts, "source_text"]
    candidates = pd.concat(
        [
            frame[columns].astype({"absent_count": "Int64", "mean_score": "float64"})
            for frame in (pupil_cells, reported)
        ],
        ignore_index=True,
    )
    candidates["is_pupil_level"] = np.arange(len(candidates)) < len(pupil_cells)
    candidates["content"] = _counts_text(candidates)
    said = candidates[["absent_count", "mean_score"]].notna().sum(axis=1)
    kept, rejects = latest(candidates, as_of=as_of, stage_name=STAGE_NAME, preference=said)
    chosen = candidates.loc[kept].assign(load_version=_load_version(candidates.loc[kept, "load_date"]))
    return RESULTS.conform(chosen[list(RESULTS.column_names)]), REJECTS.conform(rejects)


def received_cells(pupil_cells: pd.DataFrame, reported_cells: pd.DataFrame, as_of: str | None = None) -> pd.DataFrame:
    """One row per school, slice and family from the newest known load of the slice: frame of `received_cells`.

    Both families stand side by side to be reconciled; within a family the rule of versions holds.

    Args:
        pupil_cells: from `cells`.
        reported_cells: recognised frame of `reported_cells`.
        as_of: ISO date; later loads are not known yet.
    """
    columns = [*LOAD_CELL, "municipality_id", "tested_count", "low_count"]
    families = []
    for family_code, frame in (("pupils", pupil_cells), ("reported", reported_cells)):
        records = frame[[*columns, *PLACE_KEY]].reset_index(drop=True)
        records = records.assign(is_pupil_level=family_code == "pupils", content=_counts_text(records))
        kept, _ = latest(records, as_of=as_of, stage_name=STAGE_NAME)
        families.append(records.loc[kept, columns].assign(family_code=family_code))
    both = pd.concat(families, ignore_index=True)
    load = pd.Series(pd.factorize(both["load_date"], sort=True)[0], index=both.index)
    cell = both.groupby(list(CELL_KEY), sort=False).ngroup()
    newest = both[load == load.groupby(cell).transform("max")]
    named = newest.assign(load_version=_load_version(newest["load_date"]))
    return RECEIVED_CELLS.conform(named[list(RECEIVED_CELLS.column_names)])


def _counts_text(records: pd.DataFrame) -> "pd.Series[str]":
    """What makes two cells of the sender equal: tested and low counts."""
    return records["tested_count"].astype("str") + "/" + records["low_count"].astype("str")


def _load_version(load_dates: "pd.Series[str]") -> "pd.Series[str]":
    return load_dates.where(load_dates != "", FIRST_LOAD_LABEL)


def _valid_in_year(slices: pd.DataFrame, reference: pd.DataFrame, on: Sequence[str]) -> pd.DataFrame:
    """The row of a reference table that holds for each slice and its year, missing where none does; slices' order."""
    pairs = slices.reset_index(names="slice").merge(reference, on=list(on))
    has_begun = (pairs["valid_from_year"] <= pairs["year"]).fillna(True).astype(bool)
    has_ended = (pairs["valid_to_year"] < pairs["year"]).fillna(False).astype(bool)
    valid = pairs[has_begun & ~has_ended]
    doubled = valid[valid.duplicated("slice")]
    if not doubled.empty:
        row = doubled.iloc[0]
        raise ConfigError(
            "Периоды действия двух строк справочника пересекаются",
            where=f"{', '.join(str(row[name]) for name in on)}, {row['year']} год",
            remedy="исправьте valid_from_year и valid_to_year в reference/score_scales.csv или minimum_scores.csv",
        )
    columns = [name for name in reference.columns if name not in on]
    return pd.DataFrame(valid.set_index("slice")[columns].reindex(slices.index))


def _scales_of(slices: pd.DataFrame, score_scales: pd.DataFrame) -> pd.DataFrame:
    """The scale of each slice and form, the basic form's where the form has none."""
    key = ["procedure", "subject", "grade", "form_code"]
    own = _valid_in_year(slices, score_scales, key)
    basic = _valid_in_year(slices.assign(form_code=BASIC_FORM), score_scales, key)
    return own.where(own["upper_2_score"].notna(), basic)


def _scaled_marks(attempts: pd.DataFrame, scales: pd.DataFrame) -> tuple[Mask, Floats]:
    """Whether a scale applies to each score, and the mark: NaN above «3» where the scale does not part 4 and 5."""
    score, told_maximum = _floats(attempts["primary_score"]), _floats(attempts["maximum_score"])
    upper_2, upper_3, upper_4, maximum = (
        _floats(scales[name]) for name in ("upper_2_score", "upper_3_score", "upper_4_score", "maximum_score")
    )
    is_other_test = (told_maximum != maximum) & ~np.isnan(told_maximum) & ~np.isnan(maximum)
    is_scaled = ~np.isnan(score) & ~np.isnan(upper_2) & ~is_other_test & ~(score > maximum)
    above_3 = np.where(np.isnan(upper_4), np.nan, np.where(score <= upper_4, 4.0, 5.0))
    return is_scaled, np.where(score <= upper_2, 2.0, np.where(score <= upper_3, 3.0, above_3))


def _floats(values: pd.Series) -> Floats:
    return values.to_numpy(dtype="float64", na_value=np.nan)


def _means(values: pd.Series, ids: Ids, is_tested: Mask, count: int) -> Floats:
    """Mean of the known values of the tested, by cell; NaN where there is none."""
    numbers = _floats(values)
    is_known = is_tested & ~np.isnan(numbers)
    totals = np.bincount(ids[is_known], weights=numbers[is_known], minlength=count)
    counts = np.bincount(ids[is_known], minlength=count)
    means: Floats = np.divide(totals, counts, out=np.full(count, np.nan), where=counts > 0)
    return means


def _sources(frame: pd.DataFrame, ids: Ids) -> "pd.Series[str]":
    """Where each cell comes from: every file and sheet with its first and last row; frame sorted by place."""
    parts = (
        frame[["file_id", "sheet_name", "row_number"]]
        .assign(cell=ids)
        .groupby(["cell", "file_id", "sheet_name"], as_index=False)["row_number"]
        .agg(["min", "max"])
    )
    places = _places(parts["file_id"], parts["sheet_name"], parts["min"], parts["max"]).set_axis(parts["cell"])
    # Nearly every cell comes from one sheet; joining texts group by group is slow.
    is_shared = places.index.duplicated(keep=False)
    return pd.concat([places[~is_shared], places[is_shared].groupby(level="cell").agg("; ".join)])


def _places(files: pd.Series, sheets: pd.Series, first: pd.Series, last: pd.Series) -> "pd.Series[str]":
    """«raw/2026/….csv, лист «1», строки 3–95», with the index of the files."""
    told = [
        (f"{file}, лист «{sheet}», " if sheet else f"{file}, ") + (f"строка {a}" if a == b else f"строки {a}–{b}")
        for file, sheet, a, b in zip(files, sheets, first, last, strict=True)
    ]
    return pd.Series(told, index=files.index, dtype="str")
