"""What the letter about a school says, by example: one school per status of the region in `explained_region`."""

import re

import pytest
from explained_region import Region, example_explanation, example_region

from pipeline.outputs.explanation import render
from pipeline.reasons import REASON_CODES
from pipeline.tables.decision import STATUSES


@pytest.fixture(scope="module")
def region() -> Region:
    return example_region()


def letter(school_id: str) -> str:
    """The letter with its line breaks taken out: sentences, not lines, are compared."""
    return re.sub(r"\s+", " ", render(example_explanation(school_id)))


SAYS = {
    "s01 selected": (
        "Школа включена в перечень школ, которым оказывают адресную методическую помощь.",
        "школа в нём состоит (приказ 7 от 10.09.2025)",
        "2026 год: низких 18 из 40 результатов",
        "больше 99 действительно входят в число 4 школ региона",
        "решения не меняет: и без этого она вошла бы в перечень",
        "[1] строка 9",
    ),
    "s02 selected": ("школа в нём не состоит", "меньше (", "она не вошла бы в перечень"),
    "s03 selected": ("у границы перечня; различие статистически не установлено", "вышла бы из перечня"),
    "s04 reserve": (
        "в перечень не включена, стоит в резерве",
        "больше (",
        "При 5 местах в перечне вместо 4 она вошла бы",
    ),
    "s05 not_selected": ("Школа в перечень не включена.", "она вошла бы в перечень"),
    "s06 not_selected": ("Выходит из перечня.", "Школа под наблюдением.", "она осталась бы в перечне"),
    "s07 selected": ("Комиссия, 01.09.2026; почему: по акту", "без её решения школа не вошла бы в перечень"),
    "s08 excluded": ("в перечень не включена решением комиссии", "без её решения школа вошла бы в перечень"),
    "s09 excluded": ("Вид школы по реестру: вечерняя.", "Ни результаты школы, ни число мест этого решения не меняют"),
    "s10 insufficient_data": ("нужно E* не меньше 3", "Данных хватило бы, если бы в 2026 году было ещё"),
    "s15 insufficient_data": ("2026 год: результатов, по которым выбирают школы, нет.", "таких у школы нет"),
}


@pytest.mark.parametrize("case", SAYS)
def test_the_letter_says_what_was_decided_and_what_would_change_it(case: str, region: Region) -> None:
    school_id, status = case.split()
    row = region.selection.set_index("school_id").loc[school_id]
    assert row["status_code"] == status
    told = letter(school_id)
    assert [sentence for sentence in SAYS[case] if sentence not in told] == []
    assert all(REASON_CODES[code] in told for code in row["reason_codes"].split(";"))


def test_the_example_has_a_school_of_every_status() -> None:
    assert {case.split()[1] for case in SAYS} == set(STATUSES)


def test_no_word_of_blame_and_no_code_reaches_the_reader(region: Region) -> None:
    for school_id in region.selection["school_id"]:
        told = letter(school_id).replace("--output", "")
        assert "худш" not in told
        words = set(re.findall(r"[A-Za-z_]{3,}", told)) - {"raw", "xlsx", "Excel"}
        assert {word for word in words if not re.fullmatch(r"abcd|abcdef", word)} == set()


def test_lines_fit_a_hundred_columns(region: Region) -> None:
    for school_id in region.selection["school_id"]:
        assert max(map(len, render(example_explanation(school_id)).splitlines())) <= 100
