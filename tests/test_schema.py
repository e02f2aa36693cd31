"""A table declared once: types, checks, order and rounding follow from the declaration."""

import re

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.schema import Column, Table
from pipeline.tables import TABLES

CELLS = Table(
    name="cells",
    grain="One row per school and year.",
    title="Ячейки",
    key=("school_id", "year"),
    columns=(
        Column("school_id", "string", "Школа"),
        Column("year", "int", "Год", minimum=2000, maximum=2100),
        Column("share", "float", "Доля", nullable=True, minimum=0, maximum=1),
        Column("kind", "string", "Вид", choices=("a", "b")),
        Column("is_new", "bool", "Новая", nullable=True),
    ),
)


def frame(**changes: list[object]) -> pd.DataFrame:
    base = {"school_id": ["s2", "s1"], "year": [2026, 2026], "share": [0.5, 0.25], "kind": ["a", "b"]}
    return pd.DataFrame({**base, **changes})


def test_conform_sorts_by_key_and_adds_missing_nullable_columns() -> None:
    conformed = CELLS.conform(frame())
    assert list(conformed["school_id"]) == ["s1", "s2"]
    assert list(conformed.columns) == list(CELLS.column_names)
    assert conformed["is_new"].isna().all()


@pytest.mark.parametrize(
    ("changes", "reason", "column"),
    [
        ({"school_id": ["s1", None]}, "missing_value", "school_id"),
        ({"year": [1999, 2026]}, "below_minimum", "year"),
        ({"share": [0.5, 1.5]}, "above_maximum", "share"),
        ({"kind": ["a", "z"]}, "unknown_code", "kind"),
        ({"school_id": ["s1", "s1"]}, "duplicate_key", "school_id,year"),
        ({"year": [2026.5, 2026]}, "missing_value", "year"),
        ({"year": ["две тысячи", 2026]}, "missing_value", "year"),
    ],
)
def test_split_says_why_a_row_does_not_fit(changes: dict[str, list[object]], reason: str, column: str) -> None:
    good, bad = CELLS.split(frame(**changes))
    assert len(good) == 1
    assert bad.to_dict("records") == [{"reason_code": reason, "column_name": column}]


def test_conform_refuses_what_split_would_reject() -> None:
    with pytest.raises(AssertionError, match="above_maximum in share"):
        CELLS.conform(frame(share=[0.5, 2.0]))


def test_undeclared_columns_never_reach_a_table() -> None:
    with pytest.raises(AssertionError, match="undeclared columns"):
        CELLS.conform(frame(surname=["Тестов", "Примеров"]))


@given(st.lists(st.floats(0, 1, allow_nan=False), min_size=2, max_size=2), st.booleans())
def test_split_keeps_every_row_in_one_of_both(shares: list[float], is_reversed: bool) -> None:
    given_frame = frame(share=shares, kind=["a", "q"])
    given_frame = given_frame.iloc[::-1] if is_reversed else given_frame
    good, bad = CELLS.split(given_frame)
    assert sorted([*good.index, *bad.index]) == [0, 1]


def test_floats_are_stored_rounded_and_without_negative_zero() -> None:
    stored = CELLS.conform(frame(share=[1 / 3, -0.0]))["share"]
    assert list(stored) == [0.0, 0.333333333]
    assert str(stored[0]) == "0.0"


def test_every_table_states_its_grain_and_has_russian_titles() -> None:
    for table in TABLES.values():
        assert table.grain.startswith("One row per ") and table.grain.endswith("."), table.name
        for column in table.columns:
            assert any("а" <= letter.lower() <= "я" for letter in column.title) or column.title == "№", (
                table.name,
                column.name,
            )


@pytest.mark.parametrize("table", [table for table in TABLES.values() if table.caveats], ids=lambda table: table.name)
def test_caveats_are_russian_but_for_identifiers(table: Table) -> None:
    for caveat in table.caveats:
        prose = re.sub(r"`[^`]+`", "", caveat)
        assert re.search(r"[а-яё]{3}", prose), caveat
        assert not re.search(r"[A-Za-z]{2}|`", prose), caveat
