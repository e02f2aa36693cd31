"""Lists of others beside ours: what their rows mean, who stands on both, and the words that say why."""

import pandas as pd
import pytest

from pipeline.federal_lists import united
from pipeline.lineage import successors
from pipeline.reasons import REASON_CODES
from pipeline.reconciliation import CORRIDOR, LISTED_OTHERWISE, NOT_DECIDED, reconcile, summary
from pipeline.tables import reference
from pipeline.tables.decision import SELECTION
from pipeline.tables.objectivity import OBJECTIVITY
from pipeline.tables.orders import FEDERAL_LIST

YEAR = 2026
MUNICIPALITIES = reference.MUNICIPALITIES.conform(
    pd.DataFrame({"municipality_id": ["m1"], "municipality_name": ["Озёрный район"]})
)
SCHOOLS = reference.SCHOOLS.conform(
    pd.DataFrame(
        {
            "school_id": [f"s{number}" for number in range(1, 8)],
            "school_name": [f"Школа № {number}" for number in range(1, 8)],
            "municipality_id": "m1",
            "kind_code": "ordinary",
            "valid_to_year": [pd.NA] * 5 + [2025, 2025],
        }
    )
)
LINEAGE = reference.SCHOOL_LINEAGE.conform(
    pd.DataFrame(
        [("s6", "s3", "merged", 2026), ("s7", None, "closed", 2026)],
        columns=["school_id", "successor_id", "lineage_kind", "from_year"],
    )
)


def federal(*lines: tuple[str, int, str], code: str = "low_results", marks: str | None = None) -> pd.DataFrame:
    frame = pd.DataFrame(lines, columns=["list_code", "year", "school_id"]) if lines else FEDERAL_LIST.empty()
    return FEDERAL_LIST.conform(
        frame.assign(school_text="как в файле", markers_text=marks, source_text="файл, строка 2")
    )


def decided(**others: object) -> pd.DataFrame:
    """Our decision: s1 chosen, s2 below the threshold, s3 at the border, s4 without enough data, s5 chosen."""
    rows = pd.DataFrame(
        [
            ("s1", "selected", "entered_by_probability;rule_low", False),
            ("s2", "not_selected", "below_entry_probability", False),
            ("s3", "not_selected", "beyond_capacity", True),
            ("s4", "insufficient_data", "thin_data", False),
            ("s5", "selected", "stays", False),
        ],
        columns=["school_id", "status_code", "reason_codes", "is_in_corridor"],
    )
    flags = dict.fromkeys(("is_rule_low", "is_firm", "is_on_list", "is_vpr_only", "is_watched"), False)
    return SELECTION.conform(rows.assign(municipality_id="m1", year=YEAR, school_name="Школа", **(flags | others)))


def laid_beside(
    theirs: pd.DataFrame, listed: tuple[str, ...] = ("s1", "s5"), judged: pd.DataFrame | None = None
) -> pd.DataFrame:
    ours = pd.DataFrame({"school_id": list(listed)})
    objectivity = OBJECTIVITY.empty() if judged is None else judged
    return reconcile(theirs, ours, decided(), SCHOOLS, MUNICIPALITIES, successors(LINEAGE, YEAR), objectivity, YEAR)


def relations(table: pd.DataFrame) -> dict[str, str]:
    return dict(zip(table["school_id"], table["relation_code"], strict=True))


def reasons(table: pd.DataFrame) -> dict[str, str]:
    return dict(zip(table["school_id"], table["reason_text"], strict=True))


def test_every_school_of_either_list_stands_once_and_says_why() -> None:
    table = laid_beside(federal(*(("low_results", YEAR, i) for i in ("s1", "s2", "s3", "s4"))))
    assert relations(table) == {
        "s1": "both", "s2": "theirs_only", "s3": "theirs_only", "s4": "theirs_only", "s5": "ours_only",
    }  # fmt: skip
    words = REASON_CODES
    assert reasons(table) == {
        "s1": words["entered_by_probability"],
        "s2": words["below_entry_probability"],
        "s3": f"{words['beyond_capacity']} {CORRIDOR}",
        "s4": words["thin_data"],
        "s5": words["stays"],
    }
    assert set(table["municipality_name"]) == {"Озёрный район"}
    assert summary(table).endswith("2026 года: в обоих 1, только у нас 1, только в федеральном 3")


def test_the_newest_list_up_to_the_year_is_taken_and_without_one_nothing_is_said() -> None:
    lines = (("low_results", 2024, "s2"), ("low_results", 2025, "s1"), ("low_results", 2027, "s3"))
    table = laid_beside(federal(*lines))
    assert relations(table) == {"s1": "both", "s5": "ours_only"}
    assert set(table["federal_year"]) == {2025}
    assert laid_beside(federal()).empty and summary(laid_beside(federal())) == ""


def test_a_merged_school_stands_under_its_successor_and_a_closed_one_says_so() -> None:
    table = laid_beside(federal(("low_results", YEAR, "s6"), ("low_results", YEAR, "s7")))
    assert relations(table) == {"s1": "ours_only", "s3": "theirs_only", "s5": "ours_only", "s7": "theirs_only"}
    assert reasons(table)["s3"].endswith("В федеральном списке — прежняя школа: как в файле.")
    assert reasons(table)["s7"] == NOT_DECIDED


def test_a_signed_list_that_differs_from_the_computed_one_is_told() -> None:
    table = laid_beside(federal(("low_results", YEAR, "s1")), listed=("s1", "s2"))
    assert relations(table) == {"s1": "both", "s2": "ours_only"}
    assert reasons(table)["s2"].startswith(LISTED_OTHERWISE)


def test_signs_of_bias_are_laid_beside_our_own_doubts_not_beside_the_list() -> None:
    judged = OBJECTIVITY.conform(
        pd.DataFrame(
            [("s2", 5, 2, True), ("s6", 4, 1, True), ("s4", 6, 1, False)],
            columns=["school_id", "judged_count", "flagged_count", "is_vpr_doubtful"],
        ).assign(municipality_id="m1", year=YEAR, marker_codes="")
    )
    lines = [("bias_signs", YEAR, i) for i in ("s2", "s4", "s5")]
    table = laid_beside(federal(*lines, marks="Математика, 4 класс"), judged=judged)
    assert relations(table) == {"s2": "both", "s3": "ours_only", "s4": "theirs_only", "s5": "theirs_only"}
    told = reasons(table)
    assert "под сомнением: проверено признаков 5, найдено 2" in told["s2"] and "Математика, 4 класс" in told["s2"]
    assert "сомнений не вызывают" in told["s4"]
    assert "не по чему" in told["s5"]


@pytest.mark.parametrize("order", [(0, 1, 2, 3), (3, 2, 1, 0), (2, 0, 3, 1)])
def test_rows_of_one_school_become_one_and_only_those_that_say_nothing_new_are_repeats(order: tuple[int, ...]) -> None:
    rows = pd.DataFrame(
        [(2, "s1", "А"), (3, "s1", "А; Б"), (4, "s1", "Б"), (5, "s2", None)],
        columns=["row_number", "school_id", "markers_text"],
    ).assign(
        list_code="bias_signs", year=YEAR, file_id="f", sheet_name="", block_name="", code_text="к",
        school_text=None, municipality_text=None,
    )  # fmt: skip
    listed, repeated = united(rows.iloc[list(order)])
    assert list(listed["school_id"]) == ["s1", "s2"]
    assert listed["markers_text"].iloc[0] == "А; Б" and listed["markers_text"].isna().iloc[1]
    assert listed["source_text"].iloc[0] == "f, строка 2; f, строка 3"
    assert list(repeated["row_number"]) == [4]
