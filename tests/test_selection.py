"""The faults of decisions, the appendix of the order, the remarks, the summaries: around the rules of selection."""

from dataclasses import replace

import pandas as pd
import pytest

from pipeline import methodology
from pipeline.errors import ConfigError
from pipeline.expected import vpr_only_schools
from pipeline.outputs.selection import terminal_summary
from pipeline.reasons import REASON_CODES
from pipeline.register import alphabetical, left_out_schools, municipality_names
from pipeline.selection import order_appendix, remarks, select
from pipeline.summary import municipality_summary, school_summary
from pipeline.tables.decision import MUNICIPALITY_SUMMARY, ORDER_APPENDIX, SCHOOL_SUMMARY, SELECTION, STABILITY
from pipeline.tables.reference import MUNICIPALITIES, SCHOOLS
from pipeline.tables.results import RESULTS

EDITION = methodology.load()

REGISTER = SCHOOLS.conform(
    pd.DataFrame(
        {
            "school_id": ["s1", "s2", "s3", "s4", "s5"],
            "school_name": ["СШ № 10", "СШ № 9", "Ёлкинская школа", "Еловская школа", "Вечерняя школа"],
            "municipality_id": ["m1", "m1", "m2", "m2", "m2"],
            "kind_code": ["ordinary", "ordinary", "ordinary", "ordinary", "evening"],
        }
    )
)
PLACES = MUNICIPALITIES.conform(
    pd.DataFrame(
        {
            "municipality_id": ["m1", "m1", "m2", "m3"],
            "municipality_name": ["Язевский район", "Язевский муниципальный округ", "Город Ёрш", "Город Ель"],
            "valid_from_year": [None, 2025, None, None],
            "valid_to_year": [2024, None, None, None],
        }
    )
)


def model(probabilities: dict[str, float]) -> pd.DataFrame:
    unremarkable = {
        "municipality_id": "m1", "year": 2026, "tested_count": 100, "low_count": 10, "expected_low_count": 10.0,
        "effective_observed": 10.0, "effective_expected": 10.0, "index": 1.0, "index_lower": 0.8, "index_upper": 1.2,
        "reliability": 0.9, "reliability_code": "firm", "band_code": "none", "low_years_count": 0, "years_count": 3,
        "is_thin": False, "is_recent": True, "is_vpr_set_aside": False, "history_years_count": 3,
        "size_count": 30, "prior_mean": 1.0, "newest_expected_count": 3.0,
    }  # fmt: skip
    frame = pd.DataFrame({"school_id": list(probabilities), "probability": list(probabilities.values())})
    return STABILITY.conform(frame.assign(**unremarkable))


def selected(probabilities: dict[str, float], capacity: int, **others: object) -> pd.DataFrame:
    rule = pd.DataFrame({"school_id": ["s1"], "is_rule_low": [True]})
    rules = replace(EDITION.selection, capacity=capacity)
    chosen = select(model(probabilities), REGISTER, rule, 2026, rules, EDITION.pool, **others)  # type: ignore[arg-type]
    return SELECTION.conform(chosen)


ALL = {"s1": 0.9, "s2": 0.8, "s3": 0.7, "s4": 0.6}


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        ([("s9", "include")], "которой нет в реестре"),
        ([("s1", "remove")], "неизвестное решение"),
        ([("s1", "include"), ("s1", "exclude")], "противоречивые решения"),
    ],
)
def test_a_faulty_decision_is_told(rows: list[tuple[str, str]], told: str) -> None:
    decisions = pd.DataFrame(rows, columns=["school_id", "action"])
    with pytest.raises(ConfigError, match=told):
        selected(ALL, 2, decisions=decisions)


def test_the_commission_may_list_a_school_of_an_excluded_kind() -> None:
    decisions = pd.DataFrame({"school_id": ["s5"], "action": ["include"]})
    table = selected(ALL, 2, decisions=decisions).set_index("school_id")
    assert table.loc["s5", "status_code"] == "selected"
    assert "commission_include" in str(table.loc["s5", "reason_codes"])


def test_every_reason_belongs_to_the_vocabulary_in_its_order() -> None:
    order = list(REASON_CODES)
    for text in selected(ALL, 2)["reason_codes"]:
        codes = text.split(";")
        assert codes == sorted(codes, key=order.index)
    assert all(sentence.endswith(".") for sentence in REASON_CODES.values())


def test_the_appendix_is_in_the_order_of_the_russian_alphabet_without_figures() -> None:
    appendix = ORDER_APPENDIX.conform(order_appendix(selected(ALL, 4), PLACES, 2026))
    assert appendix["school_name"].tolist() == ["Ёлкинская школа", "Еловская школа", "СШ № 9", "СШ № 10"]
    assert appendix["municipality_name"].tolist() == ["Город Ёрш"] * 2 + ["Язевский муниципальный округ"] * 2
    assert appendix["row_number"].tolist() == [1, 2, 3, 4]
    assert set(appendix["category_text"]) == {"ШНРО"}
    assert order_appendix(selected({"s1": 0.1}, 1), PLACES, 2026).empty


def test_names_of_municipalities_follow_the_year() -> None:
    assert municipality_names(PLACES, 2024)["m1"] == "Язевский район"
    assert municipality_names(PLACES, 2025)["m1"] == "Язевский муниципальный округ"


def test_the_alphabet() -> None:
    names = ["Школа № 10", "Ёж", "Ель", "школа № 2", "«Азбука»", "Еж"]
    assert sorted(names, key=alphabetical) == ["«Азбука»", "Еж", "Ёж", "Ель", "школа № 2", "Школа № 10"]


def test_remarks_explain_the_size_of_the_list() -> None:
    rules = replace(EDITION.selection, capacity=4)
    few = remarks(selected({"s1": 0.9, "s2": 0.1}, 4), rules)
    assert few[0] == "В перечень включено школ: 1, мест: 4."
    assert "ниже 0,3 " in few[1]
    assert few[-1] == REASON_CODES["stay_rule_off"]
    everybody = pd.DataFrame({"school_id": list(ALL), "action": "include"})
    over = remarks(selected(ALL, 2, decisions=everybody), replace(rules, capacity=2))
    assert any("превышает допустимый размер" in sentence for sentence in over)


def test_the_terminal_tells_every_status_and_counts_in_russian() -> None:
    decisions = pd.DataFrame({"school_id": ["s2", "s5"], "action": ["exclude", "include"]})
    told = terminal_summary(selected({"s1": 0.9, "s2": 0.8, "s3": 0.52}, 3, decisions=decisions))
    assert "  исключены (вид школы, закрытие или решение комиссии): 1\n" in told
    assert "В перечне 3 школы: твёрдых решений 0" in told
    assert "различие статистически не установлено: в перечне 1, вне его 0. Под наблюдением 0 школ.\n" in told
    assert told.endswith("не подтвердили бы, — 0,6 из 2.")  # the evening school has no probability


def test_left_out_are_excluded_kinds_and_closed_schools() -> None:
    register = REGISTER.assign(valid_to_year=[2025, 2026, None, None, None])
    assert left_out_schools(SCHOOLS.typed(register), 2026, EDITION.pool) == {"s1", "s5"}


RESULT_ROWS = RESULTS.conform(
    pd.DataFrame(
        [
            ("s1", "m1", 2025, "vpr", "rus", "5", 20, 4, 1),
            ("s1", "m1", 2025, "vpr", "phys", "7", 20, 20, 1),
            ("s1", "m1", 2026, "vpr", "rus", "5", 40, 10, 2),
            ("s1", "m1", 2026, "oge", "mat", "9", 10, 5, None),
            ("s2", "m1", 2026, "vpr", "rus", "5", 10, 0, None),
            ("s3", "m2", 2023, "oge", "rus", "9", 10, 0, None),
        ],
        columns=[
            "school_id", "municipality_id", "year", "procedure", "subject", "grade",
            "tested_count", "low_count", "absent_count",
        ],
    )
)  # fmt: skip


def test_schools_with_vpr_alone_in_the_window() -> None:
    rows = [
        *[(school_id, 2026, "vpr", 20, 4) for school_id in ("s1", "s2", "s3", "s4")],
        *[(school_id, 2023, "oge", 20, 4) for school_id in ("s1", "s2", "s3")],  # before the window of three years
        *[(school_id, 2024, "oge", 20, 4) for school_id in ("s2", "s3")],
        ("s4", 2026, "ege", 20, 4),  # one school alone: the cell takes no part
    ]
    columns = ["school_id", "year", "procedure", "tested_count", "low_count"]
    frame = pd.DataFrame(rows, columns=columns).assign(municipality_id="m1", subject="rus", grade="9")
    rules = replace(methodology.load().stability, min_cell_schools=2)
    schools = model({"s1": 0.5, "s2": 0.5, "s4": 0.5})
    assert vpr_only_schools(RESULTS.conform(frame), schools, rules) == {"s1", "s4"}


def test_the_summary_of_schools_counts_what_came_and_names_what_did_not() -> None:
    table = school_summary(RESULT_ROWS, REGISTER, PLACES, 2026, EDITION.sample, min_cell_schools=2)
    table = SCHOOL_SUMMARY.conform(table).set_index("school_id")
    first = table.loc["s1"]
    assert (first["tested_count"], first["low_count"], first["absent_count"], first["cell_count"]) == (50, 15, 2, 2)
    assert (first["procedures_text"], first["sample_code"]) == ("ВПР, ОГЭ", "informative")
    # Mathematics of one school has no regional norm: 10 of 40 against a regional rate of 10 of 50.
    assert first["expected_low_count"] == pytest.approx(8)
    assert first["observed_ratio"] == pytest.approx(1.25)
    assert first["previous_low_share"] == pytest.approx(0.2)  # physics of grade 7 was not repeated
    assert table["is_received"].to_dict() == {"s1": True, "s2": True, "s3": False, "s4": False, "s5": False}
    assert table.loc["s3", "sample_code"] == "none"


def test_the_summary_of_municipalities_has_all_of_them() -> None:
    by_school = school_summary(RESULT_ROWS, REGISTER, PLACES, 2026, EDITION.sample, min_cell_schools=2)
    table = municipality_summary(by_school, PLACES, 2026)
    table = MUNICIPALITY_SUMMARY.conform(table).set_index("municipality_id")
    assert list(table.index) == ["m1", "m2", "m3"]
    assert (table.loc["m1", "school_count"], table.loc["m1", "received_count"]) == (2, 2)
    assert (table.loc["m1", "tested_count"], table.loc["m1", "low_count"]) == (60, 15)
    assert table.loc["m1", "observed_ratio"] == pytest.approx(1.0)
    assert table.loc["m2", "missing_text"] == "«Вечерняя школа», «Ёлкинская школа», «Еловская школа»"
    assert (table.loc["m3", "school_count"], table.loc["m3", "missing_text"]) == (0, "")
