"""A suite is loaded strictly: whatever is misspelt is an error, never a check that silently is not."""

import json

import pandas as pd
import pytest

from pipeline import methodology, validation
from pipeline.errors import ConfigError
from pipeline.suites import load_suites

METHOD = methodology.load()
FRAMES = {"year": pd.DataFrame({"year": [2026], "result_count": [5]})}
BASE = {
    "code": "one",
    "severity": "warning",
    "title": "Проверка",
    "type": "expect_column_values_to_be_between",
    "kwargs": {"column": "result_count", "min_value": 1},
    "threshold": "не меньше 1",
    "remedy": "проверьте",
}


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"type": "expect_column_values_to_be_betwen"}, "expect_column_values_to_be_betwen"),
        ({"type": "expect_table_row_count_to_equal", "kwargs": {"value": 1}}, "не построчная"),
        ({"kwargs": {"column": "result_count", "min": 1}}, "min"),
        ({"kwargs": {"column": "result_count", "min_value": "один"}}, "min_value"),
        ({"kwargs": {"column": "results", "min_value": 1}}, "results"),
        ({"kwargs": {"column": "result_count", "min_value": "$min_count"}}, r"\$min_count"),
        ({"threshold": "не меньше $min_count"}, r"\$min_count"),
        ({"severity": "fatal"}, "fatal"),
        ({"observed": "получено {count}"}, "count"),
        ({"observed": "получено {passed"}, "observed"),
        ({"shown": {"nobody": "никто"}}, "nobody"),
        ({"note": "лишнее"}, "note"),
        ({"remedy": 1}, "remedy"),
    ],
)
def test_a_misspelt_entry_is_an_error(change, told, tmp_path):
    write_suite(tmp_path, [BASE | change])
    with pytest.raises(ConfigError, match=told) as error:
        validation.validate(FRAMES, METHOD, tmp_path)
    assert "expectations/year.json, one" in error.value.where


@pytest.mark.parametrize(
    ("entries", "document", "told"),
    [
        ([BASE, BASE], {}, "повторяется: one"),
        ([BASE], {"table": "yaer"}, "yaer"),
        ([BASE], {"noun": ["год"]}, "noun"),
        ([{}], {}, "нет поля code"),
        ("no list", {}, "expectations не того вида"),
    ],
)
def test_a_misspelt_suite_is_an_error(entries, document, told, tmp_path):
    write_suite(tmp_path, entries, **document)
    with pytest.raises(ConfigError, match=told):
        load_suites(tmp_path, METHOD.quality)


def test_a_broken_an_unknown_and_a_missing_suite_are_errors(tmp_path):
    with pytest.raises(ConfigError, match="ни одного набора"):
        load_suites(tmp_path, METHOD.quality)
    (tmp_path / "year.json").write_text("{", encoding="utf-8")
    with pytest.raises(ConfigError, match="не читается"):
        load_suites(tmp_path, METHOD.quality)
    (tmp_path / "year.json").unlink()
    write_suite(tmp_path, [BASE], name="moon", table="moon")
    with pytest.raises(ConfigError, match="moon"):
        validation.validate(FRAMES, METHOD, tmp_path)


def write_suite(directory, entries, name="year", **document):
    body = {"table": "year", "title": "Год", "noun": ["год", "года", "лет"], "place": {}, "expectations": entries}
    (directory / f"{name}.json").write_text(json.dumps(body | document, ensure_ascii=False), encoding="utf-8")


def test_a_right_entry_is_a_check(tmp_path):
    write_suite(tmp_path, [BASE, BASE | {"code": "two", "kwargs": {"column": "result_count", "min_value": 6}}])
    checks = validation.validate(FRAMES, METHOD, tmp_path).checks
    assert dict(zip(checks["check_code"], checks["is_passed"], strict=True)) == {"one": True, "two": False}
