"""Lines of support facts on their own: days as people write them, and that every line is a fact or has one reason."""

from datetime import date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from returned_support import INSTITUTE, MARCH, OZERNY, PLAN, REGISTER, TOWN, supported

from pipeline.russian import REASONS
from pipeline.sources.support_facts import FactLine, read_day
from pipeline.support_judging import Question, judge_line, recognise_schools
from pipeline.support_request import SupportId


@pytest.mark.parametrize(
    ("cell", "day"),
    [
        (date(2026, 3, 5), MARCH.replace(day=5)),
        (datetime(2026, 3, 5, 12, 30), MARCH.replace(day=5)),
        ("05.03.2026", MARCH.replace(day=5)),
        ("5.3.2026 г.", MARCH.replace(day=5)),
        ("5 марта 2026 года", MARCH.replace(day=5)),
        ("2026-03-05", MARCH.replace(day=5)),
        (46086.0, MARCH.replace(day=5)),  # a date whose cell has lost its format
        (2026.0, None),
        (46086.5, None),
        ("5 мартобря 2026", None),
        ("март 2026", None),
        (True, None),
    ],
)
def test_days_are_read_as_people_write_them(cell, day) -> None:
    assert read_day(cell) == day


CELLS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**6), 10**6),
    st.floats(allow_nan=False),
    st.dates(),
    st.datetimes(),
    st.text(max_size=12),
    st.sampled_from(
        ["13", "4. Вебинар", "№ 8", "s01", "МБОУ «Школа № 1» (s01)", OZERNY, "m2", "15.03.2026", "0", "1,5"]
    ),
)


@given(st.lists(CELLS, min_size=6, max_size=6), st.sampled_from([TOWN, INSTITUTE, None]))
def test_whatever_stands_in_the_cells_a_line_is_a_fact_or_has_one_reason(cells, unit) -> None:
    line = FactLine("Школы", 7, *cells)
    form_id = unit and SupportId("Озёрная область", 2026, "june", unit.provider_code, unit.code)
    names = recognise_schools([line], REGISTER, 2026)
    verdict = judge_line(line, form_id, Question(2026, date(2026, 6, 30), PLAN, supported(), REGISTER, names))
    assert (verdict.values is None) == bool(verdict.reason_code)
    if verdict.values is None:
        assert verdict.reason_code in REASONS
    else:
        assert date(2026, 1, 1) <= verdict.values["fact_date"].date() <= date(2026, 6, 30)
        assert verdict.values["quantity"] >= 0 and verdict.values["school_id"] in (None, "s01", "s03", "s05")


def test_the_verdict_does_not_depend_on_the_other_lines_of_a_file() -> None:
    lines = [
        FactLine("", n, "13", OZERNY, school, "15.03.2026", 1.0)
        for n, school in enumerate(("s01", "s02", "Школа № 5"), 1)
    ]
    names = recognise_schools(lines, REGISTER, 2026)
    question = Question(2026, date(2026, 6, 30), PLAN, supported(), REGISTER, names)
    together = [judge_line(line, None, question) for line in lines]
    apart = [
        judge_line(
            line,
            None,
            Question(2026, question.day, PLAN, supported(), REGISTER, recognise_schools([line], REGISTER, 2026)),
        )
        for line in reversed(lines)
    ]
    assert together == apart[::-1]
    assert [verdict.reason_code for verdict in together] == ["", "outside_list", ""]
