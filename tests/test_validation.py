"""Each check of plausibility is made to fail by its own fault, and no other check fails with it."""

import dataclasses
import random
import re
from pathlib import Path

import pandas as pd
import pytest
from depth import examples
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline import methodology, plausibility, validation
from pipeline.context_facts import QUESTIONS
from pipeline.errors import QualityGateError
from pipeline.russian import REASONS
from pipeline.suites import load_suites
from pipeline.tables import TABLES

SUITES = Path(__file__).resolve().parents[1] / "expectations"
YEAR = 2026
SLICES = [("vpr", "rus", "4"), ("vpr", "mat", "4"), ("oge", "mat", "9")]
SCHOOLS = [f"s{i:02d}" for i in range(30)]


def municipality_of(school_id: str) -> str:
    return f"m{int(school_id[1:]) % 3}"


@pytest.fixture(scope="module")
def method():
    return methodology.load()


def clean_region() -> dict[str, pd.DataFrame]:
    """Thirty schools in three municipalities, twenty pupils per cell, two alike years, no fault."""
    results = pd.DataFrame(
        [
            {"school_id": s, "municipality_id": municipality_of(s), "year": y, "procedure": p, "subject": j, "grade": g}
            | {"tested_count": 20, "low_count": 2, "absent_count": 1, "source_text": f"raw/{y}/a.xlsx, строка {i + 9}"}
            for y in (YEAR - 1, YEAR)
            for i, s in enumerate(SCHOOLS)
            for p, j, g in SLICES
        ]
    )
    reported = results[results["procedure"] == "vpr"]
    totals = (
        reported[reported["year"] == YEAR]
        .groupby(["year", "procedure", "subject", "grade", "municipality_id"], as_index=False)[
            ["tested_count", "low_count"]
        ]
        .sum()
    )
    place = {"file_id": "raw/2026/a.xlsx", "sheet_name": "Лист1", "block_name": ""}
    totals = totals.assign(**place, row_number=range(100, 100 + len(totals)), level_code="municipality", area_text="x")
    schools = pd.DataFrame({"school_id": SCHOOLS, "kind_code": "ordinary"})
    return {
        "results": TABLES["results"].conform(results),
        "schools": TABLES["schools"].conform(
            schools.assign(
                school_name="Школа " + schools["school_id"], municipality_id=schools["school_id"].map(municipality_of)
            )
        ),
        "municipalities": TABLES["municipalities"].conform(
            pd.DataFrame({"municipality_id": ["m0", "m1", "m2"], "municipality_name": ["Первый", "Второй", "Третий"]})
        ),
        "reported_totals": totals,
        "printed_cells": reported.assign(file_id="raw/2026/a.xlsx"),
        "pupil_cells": TABLES["results"].conform(reported),
        "reported_cells": TABLES["results"].conform(reported),
        "source_files": TABLES["source_files"].conform(
            pd.DataFrame({"file_id": ["raw/2026/a.xlsx"], "read_count": [100], "kept_count": [95]}).assign(
                sha256="0", receipt_year=YEAR, load_date="2026-06-20", layout_id="fisoko_marks", rejected_count=5
            )
        ),
        "rejects": rejects("footer_row", 5, is_service=True),
        "context_schools": pd.DataFrame(
            {"school_id": SCHOOLS, "school_name": "Школа", "year": YEAR}
            | {f"{code}_{what}": 0 if what == "count" else "" for code in QUESTIONS for what in ("count", "text")}
        ),
    }


def rejects(reason_code: str, count: int, *, is_service: bool = False, stage: str = "read") -> pd.DataFrame:
    rows = [
        {
            "file_id": "raw/2026/a.xlsx",
            "sheet_name": "Лист1",
            "row_number": i + 9,
            "block_name": "",
            "stage_name": stage,
        }
        | {"reason_code": reason_code, "column_name": "2", "value_text": f"{i}", "is_service": is_service}
        for i in range(count)
    ]
    return TABLES["rejects"].conform(pd.DataFrame(rows))


def derived(region, method):
    return plausibility.derive(**region, year=YEAR, rules=method.quality)


def outcome(region, method):
    return validation.validate(derived(region, method), method)


def failed_codes(checks: pd.DataFrame) -> set[str]:
    return set(checks.loc[~checks["is_passed"].astype(bool), "check_code"])


def check(checks: pd.DataFrame, code: str):
    return next(row for row in checks.itertuples() if row.check_code == code)


def changed(region, table, mask, **values):
    """The region with values put into the masked rows of a table."""
    frame = region[table].copy()
    for name, value in values.items():
        frame.loc[mask(frame), name] = value
    return region | {table: frame}


def is_now(frame):
    return frame["year"] == YEAR


def is_slice(frame, procedure, subject):
    return is_now(frame) & (frame["procedure"] == procedure) & (frame["subject"] == subject)


def without(region, table, mask):
    return region | {table: region[table][~mask(region[table])]}


def a_few(frame):
    return is_slice(frame, "vpr", "mat") & frame["school_id"].isin(SCHOOLS[:10])


ONE_OF_EACH = {
    "percent_not_count": "percents_add_up",
    "total_above_maximum": "scores_within_maximum",
    "conflicting_rows": "no_conflicting_rows",
    "no_mark_no_scale": "marks_can_be_judged",
    "appeal_without_attempt": "appeals_find_attempts",
    "group_count_mismatch": "group_counts_agree",
    "unknown_sheet": "parts_are_known",
}
FAULTS = {
    "clean": (lambda r: r, set()),
    "one municipality is silent": (
        lambda r: without(r, "results", lambda f: is_now(f) & (f["municipality_id"] == "m1")),
        {"municipality_coverage", "procedure_coverage", "school_coverage"},
    ),
    "an exam has not come yet": (
        lambda r: without(r, "results", lambda f: is_slice(f, "oge", "mat")),
        {"procedure_coverage", "slice_received"},
    ),
    "a total taken for a school": (
        lambda r: changed(
            r, "results", lambda f: is_slice(f, "oge", "mat") & (f["school_id"] == "s00"), tested_count=1001
        ),
        {"tested_above_maximum", "tested_drift"},
    ),
    "a cell without pupils": (
        lambda r: changed(
            r,
            "results",
            lambda f: is_slice(f, "oge", "mat") & (f["school_id"] == "s00"),
            tested_count=0,
            low_count=0,
        ),
        {"tested_below_minimum"},
    ),
    "more low results than pupils": (
        lambda r: changed(r, "results", lambda f: is_slice(f, "oge", "mat") & (f["school_id"] == "s00"), low_count=21),
        {"low_above_tested"},
    ),
    "a file lies there twice": (
        lambda r: r | {"rejects": pd.concat([r["rejects"], rejects("duplicate_row", 11, stage="results")])},
        {"no_conflicting_rows", "spoiled_share"},
    ),
    "a school outside the register": (
        lambda r: without(r, "schools", lambda f: f["school_id"] == "s00"),
        {"school_in_register"},
    ),
    "a blank column of low results": (
        lambda r: changed(r, "results", lambda f: is_slice(f, "oge", "mat"), low_count=0),
        {"low_count_vanished", "zero_low_schools"},
    ),
    "low results in one school only": (
        lambda r: changed(r, "results", lambda f: is_slice(f, "oge", "mat") & (f["school_id"] != "s00"), low_count=0),
        {"zero_low_schools"},
    ),
    "a third are low": (
        lambda r: changed(r, "results", lambda f: is_slice(f, "oge", "mat"), low_count=7),
        {"low_share_drift"},
    ),
    "half of the pupils": (
        lambda r: changed(r, "results", lambda f: is_slice(f, "oge", "mat"), tested_count=10, low_count=1),
        {"tested_drift"},
    ),
    "a third absent": (
        lambda r: changed(r, "results", lambda f: is_slice(f, "oge", "mat"), absent_count=10),
        {"absent_share"},
    ),
    "a school is missing from its total": (
        lambda r: changed(r, "reported_totals", lambda f: f["municipality_id"] == "m1", tested_count=220),
        {"tested_totals"},
    ),
    "low results are missing from their total": (
        lambda r: changed(r, "reported_totals", lambda f: f["municipality_id"] == "m1", low_count=30),
        {"low_totals"},
    ),
    "the sender counted otherwise": (
        lambda r: changed(r, "pupil_cells", a_few, low_count=3),
        {"pupil_agreement"},
    ),
    "a row without account": (
        lambda r: changed(r, "source_files", lambda f: f["file_id"] != "", kept_count=94),
        {"rows_accounted"},
    ),
    "a file gave nothing": (
        lambda r: changed(r, "source_files", lambda f: f["file_id"] != "", kept_count=0, rejected_count=100),
        {"file_not_empty"},
    ),
    "text in place of numbers": (
        lambda r: changed(
            r | {"rejects": rejects("not_a_number", 11)},
            "source_files",
            lambda f: f["file_id"] != "",
            kept_count=89,
            rejected_count=11,
        ),
        {"values_are_valid", "reject_share", "spoiled_share"},
    ),
    "one faulty row of each kind": (
        lambda r: r | {"rejects": pd.concat([rejects(code, 1, stage=code) for code in ONE_OF_EACH])},
        set(ONE_OF_EACH.values()),
    ),
    "unknown schools": (
        lambda r: r | {"rejects": rejects("unknown_school", 12, stage="identity")},
        {"schools_are_known", "unknown_school_share"},
    ),
    "every question about conditions": (
        lambda r: changed(
            r, "context_schools", lambda f: f["school_id"] == "s00", **{f"{code}_count": 1 for code in QUESTIONS}
        ),
        {f"context_{part}" for part in ("total", "part", "share", "negative", "unreadable", "conflicting", "kind")},
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_each_fault_fails_its_own_checks_and_no_other(fault, method):
    spoil, expected = FAULTS[fault]
    clean, frames = (derived(region, method) for region in (clean_region(), spoil(clean_region())))
    if fault != "clean":  # what the clean region has as well is judged there, once: a suite sees its own frame only
        frames = {name: frame.iloc[:0] if frame.equals(clean[name]) else frame for name, frame in frames.items()}
    assert failed_codes(validation.validate(frames, method).checks) == expected


def test_every_check_is_made_to_fail_above(method):
    codes = {check.code for suite in load_suites(SUITES, method.quality) for check in suite.checks}
    assert codes - set().union(*(expected for _, expected in FAULTS.values())) == {"has_results"}


def test_a_year_without_results_is_stopped_and_every_check_is_still_told(method):
    region = without(clean_region(), "results", is_now)
    empty = region | {name: region[name].iloc[:0] for name in ("reported_totals", "pupil_cells", "source_files")}
    checks = outcome(empty, method).checks
    codes = {check.code for suite in load_suites(SUITES, method.quality) for check in suite.checks}
    assert set(checks["check_code"]) == codes
    assert not check(checks, "has_results").is_passed
    without_rows = checks[checks["table_name"] == "cells"]
    assert set(without_rows["observed_text"]) == {"нет данных"}
    assert without_rows["is_passed"].all()
    with pytest.raises(QualityGateError, match="Результаты за год получены"):
        validation.gate(checks)


def test_a_summer_run_with_part_of_the_schools_is_told_and_goes_on(method):
    region = without(clean_region(), "results", lambda f: is_now(f) & f["school_id"].isin(["s03", "s04", "s05"]))
    checks = outcome(region, method).checks
    coverage = check(checks, "school_coverage")
    assert coverage.observed_text == "получено 27 из 30 школ"
    assert coverage.is_passed
    assert coverage.example_text.split("\n") == [
        "s04, Школа s04, Второй",
        "s03, Школа s03, Первый",
        "s05, Школа s05, Третий",
    ]
    validation.gate(checks)


def test_a_failed_critical_check_names_place_and_remedy(method):
    region = FAULTS["more low results than pupils"][0](clean_region())
    with pytest.raises(QualityGateError) as stopped:
        validation.gate(outcome(region, method).checks)
    assert stopped.value.where == (
        "s00, Школа s00, ОГЭ, математика, 9 класс, raw/2026/a.xlsx, строка 9 (участников: 20, низких: 21)"
    )
    assert "1 обязательную проверку" in stopped.value.what
    assert stopped.value.remedy.startswith("Проверьте столбцы")


def test_counts_are_right_and_only_the_first_examples_are_shown(method):
    told = check(outcome(FAULTS["the sender counted otherwise"][0](clean_region()), method).checks, "pupil_agreement")
    assert (told.checked_count, told.failed_count) == (60, 10)
    assert told.observed_text == "совпадает 50 из 60 результатов"
    assert told.threshold_text == "не меньше 98\u00a0% результатов"
    lines = told.example_text.split("\n")
    assert len(lines) == 6
    assert lines[-1] == "и ещё 5"


def test_the_order_of_rows_and_the_caller_s_frames_do_not_matter(method):
    region = FAULTS["unknown schools"][0](clean_region())
    dice = random.Random(7)
    shuffled = {name: frame.iloc[dice.sample(range(len(frame)), len(frame))] for name, frame in region.items()}
    before = {name: frame.copy() for name, frame in shuffled.items()}
    checks = outcome(shuffled, method).checks
    pd.testing.assert_frame_equal(checks, outcome(region, method).checks)
    for name, frame in shuffled.items():
        pd.testing.assert_frame_equal(frame, before[name])


CLEAN_RESULTS = clean_region()["results"]


@settings(deadline=None, max_examples=examples(13))
@given(st.sets(st.sampled_from(SCHOOLS), min_size=1))
def test_a_school_still_to_come_is_no_drift(received):
    kept = CLEAN_RESULTS[~is_now(CLEAN_RESULTS) | CLEAN_RESULTS["school_id"].isin(received)]
    slices = plausibility.slices(
        kept[is_now(kept)],
        kept[~is_now(kept)],
        dataclasses.replace(methodology.load().quality, min_slice_tested_count=1),
    )
    assert (slices[["tested_drift", "low_share_drift"]] == 0).all(axis=None)


def test_a_first_year_has_nothing_to_drift_from(method):
    region = without(clean_region(), "results", lambda f: f["year"] != YEAR)
    checks = outcome(region, method).checks
    assert failed_codes(checks) == set()
    for code in ("low_share_drift", "tested_drift", "procedure_coverage", "low_count_vanished"):
        assert check(checks, code).observed_text == "нет данных"


def test_a_region_without_any_file_is_stopped(method):
    region = {name: frame.iloc[:0] for name, frame in clean_region().items()}
    assert failed_codes(outcome(region, method).checks) == {"has_results"}


def test_a_small_slice_is_not_judged(method):
    region = clean_region()
    is_few = region["results"]["school_id"].isin(SCHOOLS[:9])
    region = region | {"results": region["results"][is_few]}
    region = changed(region, "results", lambda f: is_slice(f, "oge", "mat"), low_count=20, absent_count=20)
    assert not failed_codes(outcome(region, method).checks) & {"low_share_drift", "absent_share"}


def test_nothing_is_printed_and_nothing_is_written(method, tmp_path, monkeypatch, capfd):
    monkeypatch.chdir(tmp_path)
    outcome(FAULTS["a blank column of low results"][0](clean_region()), method)
    assert capfd.readouterr() == ("", "")
    assert list(tmp_path.iterdir()) == []


def test_data_docs_open_without_a_network(method, tmp_path):
    docs = tmp_path / "docs"
    docs.mkdir()
    (docs / "stale.html").write_text("old")
    region = FAULTS["a blank column of low results"][0](clean_region())
    validation.write_data_docs(outcome(region, method), docs)
    pages = {path.name: path.read_text(encoding="utf-8") for path in docs.iterdir()}
    assert set(pages) == {"index.html"} | {f"{path.stem}.html" for path in SUITES.glob("*.json")} - {
        "rejected_rows.html"
    }
    for page in pages.values():
        assert not re.search(r"https?://|<script|<link", page)
        for target in re.findall(r'href="([^#"]+)"', page):
            assert target in pages
    assert "Низкие результаты не исчезли целиком" in pages["slices.html"]


def test_every_threshold_is_used_and_every_reason_has_words(method):
    text = "".join(path.read_text(encoding="utf-8") for path in SUITES.glob("*.json"))
    unused = {f.name for f in dataclasses.fields(method.quality) if f"${f.name}" not in text}
    assert unused <= {"percent_sum_tolerance"}  # the readers' own
    reasons = next(suite for suite in load_suites(SUITES, method.quality) if suite.table == "rejected_rows")
    assert {code for check in reasons.checks for code in check.kwargs["value_set"]} <= set(REASONS)


def test_a_total_is_judged_by_the_schools_of_its_own_file(method):
    region = clean_region()
    redelivered = region["printed_cells"].assign(file_id="raw/2026/2026-07-15/a.xlsx", tested_count=15)
    region["printed_cells"] = pd.concat([region["printed_cells"], redelivered], ignore_index=True)
    assert failed_codes(outcome(region, method).checks) == set()
