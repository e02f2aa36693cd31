"""An attack on the public table: everything shown as a system of equations, every hidden number between two bounds.

The attacker knows the rules, so each state tells him what it means; he may also know one school's own numbers. The
bounds of a hidden number are the least and the largest value that still agrees with all of this (linear programs).
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import sparse
from scipy.optimize import linprog

from pipeline.methodology.rules import DisclosureRules

SLACK = 1e-6
MANY, CORNERS = 40, 16
MOST = 10_000  # nobody thinks that more were tested; without it a number of which nothing is known has no bound


@dataclass
class Attack:
    """One year, procedure and subject of the public table: unknowns are tested (even) and low (odd) of every row."""

    rows: pd.DataFrame
    bounds: list[tuple[float, float]]
    equations: sparse.csr_array
    order: sparse.csr_array  # low ≤ tested

    def learn(self, number: int, tested: int, low: int) -> "Attack":
        """The same attack by one who knows the numbers of a row."""
        bounds = list(self.bounds)
        bounds[2 * number], bounds[2 * number + 1] = (tested, tested), (low, low)
        return Attack(self.rows, bounds, self.equations, self.order)

    def solve(self, aim: np.ndarray) -> np.ndarray:
        """Numbers that agree with all that is known, as far in one direction as may be."""
        solved = linprog(
            aim, A_ub=self.order, b_ub=np.zeros(self.order.shape[0]),
            A_eq=self.equations, b_eq=np.zeros(self.equations.shape[0]), bounds=self.bounds,
        )  # fmt: skip
        assert solved.success, solved.message
        return solved.x

    def narrowest(self, wanted: dict[int, float]) -> dict[int, float]:
        """Width of the possible values of each unknown, where it is less than wanted.

        A solution of one program bounds all unknowns at once: most are seen to be free before their own turn.
        """
        seen_low = np.full(len(self.bounds), np.inf)
        seen_high = np.full(len(self.bounds), -np.inf)
        found = {}
        if len(wanted) > MANY:  # corners in random directions free most unknowns before any has its turn
            for aim in np.random.default_rng(0).choice([-1.0, 1.0], (CORNERS, len(self.bounds))):
                solved = self.solve(aim)
                seen_low, seen_high = np.minimum(seen_low, solved), np.maximum(seen_high, solved)
        for unknown, width in wanted.items():
            for sign in (1.0, -1.0):
                if seen_high[unknown] - seen_low[unknown] >= width - SLACK:
                    break
                aim = np.zeros(len(self.bounds))
                aim[unknown] = sign
                solved = self.solve(aim)
                seen_low, seen_high = np.minimum(seen_low, solved), np.maximum(seen_high, solved)
            if (reached := seen_high[unknown] - seen_low[unknown]) < width - SLACK:
                found[unknown] = float(reached)
        return found


def attack(rows: pd.DataFrame, rules: DisclosureRules) -> Attack:
    """The system of one block of the public table."""
    rows = rows.reset_index(drop=True)
    top = rows[(rows["level_code"] == "region") & (rows["grade"] == "all")].iloc[0]
    bounds = [bound for row in rows.to_dict("records") for bound in _bounds(row, top, rules)]
    level = rows["level_code"] + (rows["grade"] != "all").map({True: "_grade", False: ""})
    region = int(np.flatnonzero(level == "region")[0])
    sums = [(region, np.flatnonzero(level == "municipality"))]
    if (level == "region_grade").any():
        sums.append((region, np.flatnonzero(level == "region_grade")))
    for place in sums[0][1]:
        inside = (level == "school") & (rows["municipality_id"] == rows["municipality_id"][place])
        sums.append((int(place), np.flatnonzero(inside)))
    equations = sparse.lil_array((2 * len(sums), len(bounds)))
    for number, (total, parts) in enumerate(sums):
        for variable in (0, 1):
            equations[2 * number + variable, 2 * total + variable] = -1
            equations[2 * number + variable, 2 * parts + variable] = 1
    order = sparse.kron(sparse.eye_array(len(rows)), [[-1, 1]])  # dense, the big region takes four times as long
    return Attack(rows, bounds, equations.tocsr(), order.tocsr())


def _bounds(row: dict, top: pd.Series, rules: DisclosureRules) -> tuple[tuple[float, float], tuple[float, float]]:
    """What the states of a row say of its two numbers to one who knows how they are chosen.

    Where the region's own number is shown, a school marked "hidden" was hidden for the sake of others: it is not small.
    A municipality may be hidden for any reason, and so may everything where all is hidden.
    """
    least = rules.min_shown_count
    is_chosen = row["level_code"] == "school" and top["tested_state_code"] == "shown"
    tested = {
        "shown": (row["tested_count"], row["tested_count"]),
        "small": (1, least - 1),
        "hidden": (least if is_chosen else 1, MOST),
    }[row["tested_state_code"]]
    is_chosen = row["level_code"] == "school" and row["tested_state_code"] == "shown"
    is_chosen = is_chosen and top["low_state_code"] != "hidden"
    low = {
        "shown": (row["low_count"], row["low_count"]),
        "below": (0, least - 1),
        "above": (tested[0] - least + 1, tested[1]),
        "few": (0, tested[1]),
        "hidden": (least, tested[1] - least) if is_chosen else (0, tested[1]),
    }[row["low_state_code"]]
    return tested, low


def wanted(rows: pd.DataFrame, truth: pd.DataFrame, rules: DisclosureRules, skipped: int = -1) -> dict[int, float]:
    """Width that every hidden number must keep; of fewer tested all numbers of low must be possible."""
    result: dict[int, float] = {}
    for number, (row, true) in enumerate(zip(rows.to_dict("records"), truth.to_dict("records"), strict=True)):
        if number == skipped:
            continue
        if row["tested_state_code"] != "shown":
            result[2 * number] = rules.min_range_count
        if row["low_state_code"] != "shown":
            result[2 * number + 1] = min(rules.min_range_count, true["tested_count"])
    return result


def truth_of(rows: pd.DataFrame, results: pd.DataFrame) -> pd.DataFrame:
    """The real numbers of the rows of one block."""
    sums = ["tested_count", "low_count"]
    by_school = results.groupby("school_id")[sums].sum()
    by_area = results.groupby("municipality_id")[sums].sum()
    by_grade = results.groupby("grade")[sums].sum()
    found = []
    for row in rows.to_dict("records"):
        if row["level_code"] == "school":
            found.append(by_school.loc[row["place_id"]])
        elif row["level_code"] == "municipality":
            found.append(by_area.loc[row["place_id"]])
        else:
            found.append(results[sums].sum() if row["grade"] == "all" else by_grade.loc[row["grade"]])
    return pd.DataFrame(found).reset_index(drop=True).astype(int)
