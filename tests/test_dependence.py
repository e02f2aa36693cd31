"""What a list depends on, for any region: the counts add up, nothing depends on the order of rows; how it is told."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from depth import examples
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline import deciding, dependence, methodology
from pipeline.deciding import Case
from pipeline.dependence import Dependence, Variant
from pipeline.outputs.dependence import terminal_summary
from pipeline.tables.comparison import LIST_DEPENDENCE, SCHOOL_DEPENDENCE
from pipeline.tables.orders import COMMISSION_DECISIONS
from pipeline.tables.reference import SCHOOLS
from pipeline.tables.results import RESULTS

EDITION = methodology.load().with_capacity(3)
EXAMS = (("vpr", "rus", "4"), ("vpr", "mat", "4"), ("oge", "mat", "9"), ("vpr", "bio", "6"))


@st.composite
def cases(draw: st.DrawFn) -> Case:
    """A region of eight to twelve schools with three years of results, gaps among them, and perhaps an earlier list."""
    ids = [f"s{number:02d}" for number in range(draw(st.integers(8, 12)))]
    # The draws are few and the numbers many: a seed stands for them, and a failing region is small all the same.
    rng = np.random.Generator(np.random.PCG64(draw(st.integers(0, 2**32))))
    rows = []
    for school in ids:
        for year in (2024, 2025, 2026):
            for exam in EXAMS:
                # Nobody is without any result of this year: every region can be decided about.
                tested = int(rng.choice([6, 20, 60] if (year, exam) == (2026, EXAMS[0]) else [0, 6, 20, 60]))
                rows.append((school, "m1", year, *exam, tested, int(rng.integers(0, tested + 1))))
    # One more school is tested everywhere and never alike to 0 or 100 %: every cell says something.
    rows += [("z", "m1", year, *exam, 40, 10 + year % 3) for year in (2024, 2025, 2026) for exam in EXAMS]
    names = ["school_id", "municipality_id", "year", "procedure", "subject", "grade", "tested_count", "low_count"]
    register = pd.DataFrame({"school_id": [*ids, "z"], "school_name": "Школа", "municipality_id": "m1"})
    listed = draw(st.none() | st.lists(st.sampled_from(ids), min_size=1, max_size=4, unique=True))
    return Case(
        year=2026,
        results=RESULTS.typed(pd.DataFrame(rows, columns=names)),
        schools=SCHOOLS.conform(register.assign(kind_code="ordinary")),
        list_in_force=None if listed is None else pd.DataFrame({"school_id": listed}),
        list_before=None,
        decisions=COMMISSION_DECISIONS.empty(),
        doubtful_vpr=pd.DataFrame({"school_id": ids[:2], "year": [2026, 2025]}) if draw(st.booleans()) else None,
    )


def decided(case: Case) -> tuple[Dependence, pd.DataFrame]:
    fitted = deciding.fit(case, EDITION).table
    selection = deciding.choose(case, EDITION, fitted)
    return dependence.dependence(case, EDITION, fitted, selection), selection


@settings(max_examples=examples(2))
@given(cases())
def test_the_counts_of_variants_and_of_schools_tell_the_same(case: Case) -> None:
    found, selection = decided(case)
    variants, schools = LIST_DEPENDENCE.conform(found.variants), SCHOOL_DEPENDENCE.conform(found.schools)
    listed = set(selection.loc[selection["status_code"] == "selected", "school_id"])
    assert listed <= set(schools["school_id"])
    differing = schools.set_index("school_id")["differing_codes"].str.split(";")
    for row in variants[variants["outcome_code"] == "decided"].to_dict("records"):
        assert row["kept_count"] + row["left_count"] == len(listed)
        assert row["kept_count"] + row["entered_count"] == row["selected_count"]
        assert row["unjudged_count"] <= row["left_count"]
        if row["group_code"] != "rule":
            other = {school for school, codes in differing.items() if row["variant_code"] in codes}
            assert (len(other & listed), len(other - listed)) == (row["left_count"], row["entered_count"])
    counted = variants.query("outcome_code == 'decided' and group_code != 'rule'")
    assert (schools["variant_count"] == len(counted)).all()
    assert schools["is_same_always"].eq(differing.str.join("").eq("").to_numpy()).all()


@settings(max_examples=examples(2))
@given(cases(), st.randoms(use_true_random=False))
def test_the_order_of_rows_never_matters(case: Case, random: object) -> None:
    order = list(case.results.index)
    random.shuffle(order)  # type: ignore[attr-defined]
    shuffled = replace(case, results=case.results.loc[order], schools=case.schools.iloc[::-1])
    first, second = decided(case)[0], decided(shuffled)[0]
    for table, name in ((LIST_DEPENDENCE, "variants"), (SCHOOL_DEPENDENCE, "schools")):
        pd.testing.assert_frame_equal(table.conform(getattr(first, name)), table.conform(getattr(second, name)))


@settings(max_examples=examples(2))
@given(cases())
def test_a_variant_that_decides_by_the_same_numbers_changes_nothing(case: Case) -> None:
    # The level of the interval is shown and decides about nobody: the model is fitted anew and the list is the same.
    other = replace(EDITION, stability=replace(EDITION.stability, interval_level=0.5))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(dependence, "variants", lambda *_: (Variant("weights", "twin", "двойник", other),))
        found, _ = decided(case)
    only = found.variants.iloc[0]
    assert (only["outcome_code"], only["left_count"], only["entered_count"]) == ("decided", 0, 0)
    assert found.schools["is_same_always"].all()


def variants_table(*rows: tuple[str, str, str, int | None, int | None]) -> pd.DataFrame:
    """Rows of `list_dependence`: group, code, outcome, how many leave, how many of them for lack of data."""
    frame = pd.DataFrame(rows, columns=["group_code", "variant_code", "outcome_code", "left_count", "unjudged_count"])
    frame = frame.assign(year=2026, variant_number=range(1, len(frame) + 1), title="вариант " + frame["variant_code"])
    lost = frame["left_count"]
    return LIST_DEPENDENCE.typed(
        frame.assign(selected_count=10, kept_count=10 - lost, entered_count=lost, note_text="Нет результатов.")
    )


def schools_table(*differing: str) -> pd.DataFrame:
    frame = pd.DataFrame({"differing_codes": differing, "school_id": [f"s{i}" for i in range(len(differing))]})
    return SCHOOL_DEPENDENCE.typed(
        frame.assign(
            municipality_id="m1", year=2026, school_name="Школа", status_code="selected", variant_count=3,
            selecting_count=1, selecting_share=1.0, is_same_always=frame["differing_codes"] == "",
        )
    )  # fmt: skip


def test_the_words_count_schools_and_not_departures() -> None:
    variants = variants_table(
        ("weights", "a", "decided", 1, 0),
        ("procedure", "b", "decided", 2, 1),
        ("procedure", "c", "decided", 1, 0),
        ("procedure", "d", "impossible", None, None),
        ("rule", "e", "decided", 7, 0),
    )
    told = terminal_summary(variants, schools_table("", "", "a;b", "b;c")).splitlines()
    assert told == [
        "Из 4 школ перечня 2 остаются в нём при любом из 3 проверенных вариантов расчёта. Место зависит:",
        "  от весов лет и экзаменов: 1",
        "  от одного экзамена: 2 (вариант b — 2, из них по нехватке данных 1; вариант c — 1)",
        "По одному привычному правилу, без вероятности T, в перечне было бы 10 школ, из нынешних — 3.",
        "Не проверено: вариант d. Нет результатов.",
    ]


def test_where_nothing_could_be_tried_nothing_is_claimed() -> None:
    told = terminal_summary(variants_table(("pool", "a", "impossible", None, None)), schools_table(""))
    assert told.startswith("От чего зависит перечень, не проверено")
