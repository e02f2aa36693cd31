"""How well the survey finds the causes it is asked about, on made-up answers with known causes.

Run: `python benchmarks/causes.py`. Nothing of the pipeline runs but the scoring: answers are drawn, scored and judged,
for several seeds and numbers of respondents. Precision: of the directions called high, how many are truly lacking;
recall: of those lacking, how many are called high, or at least medium.
"""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from pipeline import methodology
from pipeline.cause_scores import cause_scores
from pipeline.methodology.rules import CausesRules
from pipeline.region import reference_table
from pipeline.synthetic.survey import Survey, draw_survey
from pipeline.tables.causes import GROUPS, SURVEY_ITEMS

SEEDS = range(5)
SCHOOLS = 50
YEAR = 2026
# Respondents per school: director, teachers, pupils, parents.
USUAL = "15 teachers, 25 pupils, 20 parents"
SIZES = {
    "director alone": (1, 0, 0, 0),
    "teachers only, 5": (0, 5, 0, 0),
    "5 teachers, 10 pupils, 10 parents": (1, 5, 10, 10),
    USUAL: (1, 15, 25, 20),
    "40 teachers, 60 pupils, 50 parents": (1, 40, 60, 50),
}


def long_answers(survey: Survey) -> pd.DataFrame:
    """One row per respondent and answered statement (`SURVEY_ANSWERS`)."""
    parts = []
    for (school_id, group), answers in survey.answers.items():
        row, column = np.nonzero(answers.notna().to_numpy())
        told = answers.to_numpy()[row, column].astype(int)
        codes = answers.columns.to_numpy()[column]
        parts.append(pd.DataFrame({"school_id": school_id, "group_code": group, "item_code": codes, "answer": told}))
        parts[-1]["respondent_number"] = row + 1
    table = pd.concat(parts, ignore_index=True)
    return table.assign(year=YEAR, file_id="drawn", sheet_name=table["group_code"], answer_count=1)


def judged(size: tuple[int, ...], seed: int, items: pd.DataFrame, rules: CausesRules) -> pd.DataFrame:
    """One row per school and direction: its significance and whether it is truly lacking."""
    schools = [f"s{number:02d}" for number in range(SCHOOLS)]
    counts = pd.DataFrame({"school_id": schools} | dict(zip(GROUPS, size, strict=True)))
    survey = draw_survey(counts, items, np.random.Generator(np.random.PCG64(seed)))
    surveyed = pd.DataFrame({"school_id": schools, "municipality_id": "m1"})
    scores = cause_scores(long_answers(survey), items, surveyed, YEAR, rules)
    together = scores[scores["group_code"] == ""]
    lacking = survey.truth[["school_id", "direction_code"]].drop_duplicates().assign(is_true=True)
    found = together.merge(lacking, on=["school_id", "direction_code"], how="left")
    return found.assign(is_true=found["is_true"].notna(), seed=seed)


def quality(rows: pd.DataFrame) -> dict[str, float]:
    """Precision and recall of «high», recall of «high or medium», and what stands in the register per school."""
    is_high = rows["significance_code"] == "high"
    is_told = rows["significance_code"].isin(("high", "medium"))
    true = rows["is_true"]
    return {
        "precision": true[is_high].mean(),
        "recall": is_high[true].mean(),
        "recall with medium": is_told[true].mean(),
        "precision with medium": true[is_told].mean(),
        "rows per school": is_told.sum() / (rows["school_id"].nunique() * rows["seed"].nunique()),
    }


def main() -> None:
    """Print the table by number of respondents and, for the usual size, by direction."""
    items = reference_table(Path("/nonexistent"), SURVEY_ITEMS)
    rules = methodology.load().causes
    tables = {name: pd.concat([judged(size, seed, items, rules) for seed in SEEDS]) for name, size in SIZES.items()}
    usual = tables[USUAL]
    fixed = replace(rules, cut_rule="absolute")
    tables[f"{USUAL}, fixed cuts"] = pd.concat([judged(SIZES[USUAL], seed, items, fixed) for seed in SEEDS])
    by_size = pd.DataFrame({name: quality(rows) for name, rows in tables.items()}).T
    print(f"{SCHOOLS} schools, {len(SEEDS)} seeds, a school lacks three of twelve conditions on average")
    print(by_size.round(2).to_string(), end="\n\n")
    by_direction = pd.DataFrame({str(name): quality(rows) for name, rows in usual.groupby("direction_code")}).T
    print(f"{USUAL}, by direction")
    print(by_direction.round(2).to_string())


if __name__ == "__main__":
    main()
