"""Numbers, plural forms and values as they are written in Russian."""

import ast
from pathlib import Path

import pandas as pd
import pytest

from pipeline.russian import REASONS, number, out_of, plural, value_text


@pytest.mark.parametrize(
    ("count", "counted", "after_of"),
    [
        (0, "0 школ", "0 школ"),
        (1, "1 школа", "1 школы"),
        (2, "2 школы", "2 школ"),
        (5, "5 школ", "5 школ"),
        (11, "11 школ", "11 школ"),
        (12, "12 школ", "12 школ"),
        (21, "21 школа", "21 школы"),
        (111, "111 школ", "111 школ"),
        (351, "351 школа", "351 школы"),
        (1024, "1\u00a0024 школы", "1\u00a0024 школ"),
    ],
)
def test_nouns_agree_with_numbers(count, counted, after_of):
    assert plural(count, "школа", "школы", "школ") == counted
    assert out_of(count, "школы", "школ") == after_of


def test_numbers_have_a_decimal_comma_and_no_idle_zeros():
    assert [number(x) for x in (0.25, 0.5, 3.0, 12345, -1234.5)] == ["0,25", "0,5", "3", "12\u00a0345", "-1\u00a0234,5"]


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("low_share", 0.125, "12,5\u00a0%"),
        ("tested_drift", 0.25, "25\u00a0%"),
        ("max_low_share_drift", 0.15, "15 п. п."),
        ("vanished_low_count", 1441.97, "1\u00a0442"),
        ("row_number", 1234, "1234"),
        ("grade", "4", "4 класс"),
        ("subject", "rus", "русский язык"),
        ("procedure", "panel", "panel"),
        ("reason_code", "unknown_school", "Школа не найдена в реестре"),
        ("column_name", "school_text", "школа"),
        ("column_name", "Тестовый балл", "Тестовый балл"),
        ("is_known_school", False, "нет"),
        ("value_text", "nan", "nan"),
        ("low_share", float("nan"), ""),
        ("tested_count", pd.NA, ""),
        ("municipality_name", None, ""),
    ],
)
def test_a_value_is_told_by_the_name_of_its_column(name, value, told):
    assert value_text(name, value) == told


# Which argument of a refusal is the reason.
REASON_ARGUMENT = {"reject": 2, "refuse": 1, "Refusal": 0, "_Fault": 0, "RefusedRowError": 0, "Problem": 0}


def reason_codes_in(source: str) -> set[str]:
    """Codes that the code gives as a reason, in a refusal or as the keyword `reason_code`."""
    found: set[str] = set()
    for call in (node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call)):
        position = REASON_ARGUMENT.get(getattr(call.func, "attr", getattr(call.func, "id", "")))
        given = [keyword.value for keyword in call.keywords if keyword.arg == "reason_code"]
        given += call.args[position : position + 1] if position is not None else []
        found |= {str(node.value) for node in given if isinstance(node, ast.Constant) and node.value}
    for node in ast.walk(ast.parse(source)):  # the problems of a table: masks[reason code, column]
        if isinstance(node, ast.Subscript) and ast.unparse(node.value) == "masks" and isinstance(node.slice, ast.Tuple):
            found.add(str(ast.literal_eval(node.slice.elts[0])))
    return found


def test_every_reason_that_the_code_gives_has_words():
    package = Path(__file__).resolve().parents[1] / "pipeline"
    given = set().union(*(reason_codes_in(p.read_text(encoding="utf-8")) for p in package.rglob("*.py")))
    assert {"duplicate_key", "unknown_sheet", "later_year", "no_school"} <= given
    assert given - set(REASONS) == set()
