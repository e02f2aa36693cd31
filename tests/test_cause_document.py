"""The register of causes as a document: sums, schools by municipality and name, what is missing, no raw codes."""

import io
from pathlib import Path
from typing import Any

import docx
import pandas as pd
import pytest

from pipeline.document_texts import load_texts
from pipeline.outputs import cause_document, word
from pipeline.outputs.cause_document import CauseTables
from pipeline.schema import Table
from pipeline.tables import causes as tables


def frame(table: Table, *rows: dict[str, Any]) -> pd.DataFrame:
    return table.conform(pd.DataFrame([dict.fromkeys(table.column_names) | row for row in rows]))


def surveyed(school_id: str, name: str, town: str) -> dict[str, Any]:
    own = {"school_id": school_id, "municipality_id": "m1", "school_name": name, "municipality_name": town}
    return {**own, "is_signed": True}


SCHOOLS = (
    surveyed("s10", "Школа № 10", "Озёрный район"),
    surveyed("s02", "Школа № 2", "Озёрный район"),
    surveyed("s03", "Школа {{ x }}", "Ёлкинский район"),
)


def cause(school: dict[str, Any], code: str, **more: Any) -> dict[str, Any]:
    own = {name: value for name, value in school.items() if name != "is_signed"}
    told = {"year": 2026, "school_group_code": "both", "cause_code": code, "cause_text": f"Не хватает: {code}"}
    told |= {
        "significance_code": "medium",
        "status_code": "hypothesis",
        "source_text": "анкеты",
        "level_code": "school",
    }
    return {
        **own,
        **told,
        "indicator_text": "балл",
        "value": 52.3,
        "measure_number": 14,
        "measure_text": "Учёба",
        **more,
    }


def remark(school: dict[str, Any], text: str, *, is_blocking: bool) -> dict[str, Any]:
    own = {name: value for name, value in school.items() if name != "is_signed"}
    code = "group_missing" if is_blocking else "group_small"
    return {
        **own, "year": 2026, "remark_code": code, "subject_code": "teacher", "is_blocking": is_blocking,
        "remark_text": text,
    }  # fmt: skip


@pytest.fixture
def made() -> CauseTables:
    share = {"indicator_text": "доля учеников во второй смене", "value": 0.264, "status_code": "fact"}
    nothing = {
        "status_code": "not_established", "significance_code": "none", "level_code": None, "indicator_text": None,
        "value": None, "measure_number": None, "measure_text": None, "cause_text": "не установлено",
    }  # fmt: skip
    counts = {"year": 2026, "school_count": 2, "clear_count": 1, "surveyed_count": 3, "school_share": 1 / 3}
    vocabulary = {"level_code": "school", "evidence_code": "survey", "is_lower_worse": False, "indicator_text": "балл"}
    vocabulary |= {"direction_code": "rooms", "measure_numbers": "14"}
    return CauseTables(
        register=frame(
            tables.REGISTER_OF_CAUSES,
            cause(SCHOOLS[0], "places"),
            cause(SCHOOLS[0], "shifts", significance_code="high", **share),
            cause(SCHOOLS[1], "places"),
            cause(SCHOOLS[2], "not_established", **nothing),
        ),
        summary=frame(
            tables.CAUSE_SUMMARY,
            {**counts, "municipality_id": "", "cause_code": "places", "scale_code": "mass"},
            {**counts, "municipality_id": "m1", "cause_code": "places"},
            {**counts, "municipality_id": "", "cause_code": "shifts", "school_count": 5},
        ),
        remarks=frame(
            tables.REGISTER_REMARKS,
            remark(SCHOOLS[1], "педагоги: анкета не возвращена", is_blocking=True),
            remark(SCHOOLS[0], "родители: ответов мало", is_blocking=False),
        ),
        surveyed=frame(tables.SURVEYED_SCHOOLS, *SCHOOLS),
        returns=frame(
            tables.SURVEY_RETURNS,
            {
                "school_id": "s10", "municipality_id": "m1", "year": 2026, "school_name": "Школа № 10",
                "group_code": "teacher", "return_code": "returned", "respondent_count": 7, "file_count": 1,
                "missing_text": "",
            },
        ),
        causes=frame(
            tables.CAUSES,
            {**vocabulary, "cause_code": "places", "wording": "Мало мест"},
            {**vocabulary, "cause_code": "shifts", "wording": "Две смены"},
        ),
        directions=frame(
            tables.CAUSE_DIRECTIONS, {"direction_code": "rooms", "direction_number": 1, "title": "Помещения"}
        ),
    )  # fmt: skip


def grids(root: Path, made: CauseTables, plan_year: int | None = 2026) -> tuple[str, list[list[list[str]]]]:
    template, texts = word.load_template(root, cause_document.TEMPLATE), load_texts(root, 2026)
    told = {"plan_year": plan_year, "region_name": "Регион"}
    content = cause_document.render(template, made, texts, **told)
    assert content == cause_document.render(template, made, texts, **told)
    document = docx.Document(io.BytesIO(content))
    text = "\n".join(paragraph.text for paragraph in document.paragraphs)
    return text, [
        [[cell.text.replace("\u00a0", " ") for cell in row.cells] for row in grid.rows] for grid in document.tables
    ]


def test_directions_hold_the_causes_of_the_region_the_commonest_first(tmp_path: Path, made: CauseTables) -> None:
    _, (directions, *_) = grids(tmp_path, made)
    assert directions[1] == ["Помещения"] * 5
    assert directions[2:] == [
        ["Две смены", "5", "1 из 3", "33 %", "—"],
        ["Мало мест", "2", "1 из 3", "33 %", "массовая"],
    ]


def test_schools_stand_by_municipality_and_name_with_their_most_significant_cause_first(
    tmp_path: Path, made: CauseTables
) -> None:
    _, (_, places, schools, *_) = grids(tmp_path, made)
    assert [row[0] for row in places[1:]] == ["Ёлкинский район", "Озёрный район"]
    assert places[1][1:4] == ["1", "0", "не установлены"] and places[2][1:3] == ["2", "3"] and places[2][4] == "1"
    titles = [row[0] for row in schools if len(set(row)) == 1]
    assert titles == [
        "Ёлкинский район. Школа {{ x }} (код s03)",
        "Озёрный район. Школа № 2 (код s02)",
        "Озёрный район. Школа № 10 (код s10)",
    ]
    assert schools[-2][:5] == [
        "Не хватает: shifts", "школа", "высокая", "факт", "доля учеников во второй смене: 26 %",
    ]  # fmt: skip
    assert schools[-1][4:6] == ["балл: 52", "14. Учёба"]


def test_what_is_missing_and_what_is_only_to_be_known_stand_apart(tmp_path: Path, made: CauseTables) -> None:
    text, (*_, missing, notes) = grids(tmp_path, made)
    assert missing[1:] == [["Озёрный район", "Школа № 2", "педагоги: анкета не возвращена"]]
    assert notes[1:] == [["Озёрный район", "Школа № 10", "родители: ответов мало"]]
    assert "Причины пока не установлены у 1 школы" in text and "Анкеты с ответами получены от 1 школы." in text
    assert "подтверждены данными — 1, предположения по анкетам, которые проверяет комиссия, — 2" in text
    assert "По проекту перечня" not in text and "дорожной карты 2026 года" in text


def test_a_register_of_nothing_is_still_a_document(tmp_path: Path, made: CauseTables) -> None:
    empty = CauseTables(
        made.register[made.register["status_code"] == "not_established"], tables.CAUSE_SUMMARY.empty(),
        tables.REGISTER_REMARKS.empty(), made.surveyed.assign(is_signed=False), tables.SURVEY_RETURNS.empty(),
        made.causes, made.directions,
    )  # fmt: skip
    text, found = grids(tmp_path, empty, None)
    assert "Причин пока не установлено." in text and "Реестр полон" in text and "По проекту перечня" in text
    assert "Дорожной карты для этого перечня нет" in text and len(found) == 2
