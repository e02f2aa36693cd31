"""Which school is meant (formats 6): code, then the analyst's decision, then the exact name; never a guess."""

import pandas as pd
import pytest

from pipeline.identity import Register, attach, propose, recognise, references
from pipeline.methodology import load
from pipeline.tables import reference

RULES = load().identity


def table(declared: object, rows: list[dict[str, object]]) -> pd.DataFrame:
    return declared.conform(pd.DataFrame(rows)) if rows else declared.empty()  # type: ignore[attr-defined]


REGISTER = Register(
    municipalities=table(
        reference.MUNICIPALITIES,
        [
            {"municipality_id": "m1", "municipality_name": "Озёрный район", "valid_to_year": 2024},
            {"municipality_id": "m1", "municipality_name": "Озёрный муниципальный округ", "valid_from_year": 2025},
            {"municipality_id": "m2", "municipality_name": "город Лесной", "fisoko_code": "reg67_m002"},
        ],
    ),
    schools=table(
        reference.SCHOOLS,
        [
            {"school_id": "s1", "school_name": "МБОУ «СШ № 1»", "municipality_id": "m1", "kind_code": "ordinary"},
            {"school_id": "s2", "school_name": "МБОУ «СШ № 1»", "municipality_id": "m2", "kind_code": "ordinary"},
            {"school_id": "s3", "school_name": "Берёзовская ООШ", "municipality_id": "m1", "kind_code": "ordinary"},
            {"school_id": "s4", "school_name": "Старая СОШ", "municipality_id": "m1", "kind_code": "ordinary"},
            {"school_id": "s5", "school_name": "Липовая ООШ", "municipality_id": "m1", "kind_code": "ordinary"},
        ],
    ),
    school_codes=table(
        reference.SCHOOL_CODES,
        [
            {"school_id": "s1", "code_kind": "fisoko", "code": "sch670001", "valid_to_year": 2021},
            {"school_id": "s1", "code_kind": "fisoko", "code": "edu670001", "valid_from_year": 2022},
            {"school_id": "s2", "code_kind": "oge", "code": "1001"},
            {"school_id": "s3", "code_kind": "ege", "code": "1001"},
        ],
    ),
    school_lineage=table(
        reference.SCHOOL_LINEAGE,
        [
            {"school_id": "s4", "successor_id": "s1", "lineage_kind": "merged", "from_year": 2025},
            {"school_id": "s5", "successor_id": "s3", "lineage_kind": "renamed", "from_year": 2025},
        ],
    ),
    school_matches=table(
        reference.SCHOOL_MATCHES,
        [
            {
                "municipality_text": "Озёрный район",
                "school_text": "Школа у озера",
                "code_text": "",
                "school_id": "s3",
                "decision_code": "accepted",
                "decided_by": "аналитик",
                "decided_date": "2026-07-01",
            },
            {
                "municipality_text": "Озёрный район",
                "school_text": "ППЭ на дому",
                "code_text": "",
                "school_id": None,
                "decision_code": "rejected",
                "decided_by": "аналитик",
                "decided_date": "2026-07-01",
            },
        ],
    ),
)


def ask(kind: str = "", code: str = "", area: str = "", school: str = "", year: int = 2026, decision: int = 2026):
    source = pd.DataFrame(
        [
            {
                "code_kind": kind or None,
                "code_text": code or None,
                "municipality_text": area or None,
                "school_text": school or None,
                "year": year,
                "file_id": "raw/2026/f.xlsx",
            }
        ]
    )
    answer = recognise(references({"cells": source}), REGISTER, decision).iloc[0]
    return answer["how_code"], None if pd.isna(answer["school_id"]) else answer["school_id"]


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        (dict(kind="fisoko", code="edu670001"), ("code", "s1")),
        (dict(kind="fisoko", code="EDU670001"), ("code", "s1")),
        (dict(kind="fisoko", code="sch670001", year=2021), ("code", "s1")),
        (dict(kind="fisoko", code="sch670001", year=2026), ("unknown", None)),  # the code was no longer valid
        (dict(kind="oge", code="1001"), ("code", "s2")),  # the same digits mean another school in another exam
        (dict(kind="ege", code="1001"), ("code", "s3")),
        (dict(code="s2"), ("code", "s2")),  # the canonical table names schools by the register's own id
        (dict(area="Озерный район", school="Школа у озера"), ("confirmed", "s3")),
        (dict(area="Озёрный муниципальный округ", school="школа У ОЗЕРА"), ("confirmed", "s3")),
        (dict(area="Озёрный район", school="ППЭ на дому"), ("rejected", None)),
        (dict(area="Озёрный муниципальный округ", school="МКОУ СОШ №1"), ("name", "s1")),
        (dict(area="reg67_m002", school="МКОУ СОШ №1"), ("name", "s2")),
        (dict(school="Березовская основная школа"), ("name", "s3")),
        (dict(school="СШ № 1"), ("ambiguous", None)),  # two municipalities have one
        (dict(area="Озёрный район", school="Берёзовая ООШ"), ("unknown", None)),  # similar is not the same
        (dict(area="Озёрный район", school="Старая СОШ"), ("name", "s4")),  # merged later: it held the exam itself
        (dict(area="Озёрный район", school="Липовая ООШ"), ("name", "s3")),  # renamed: the same school
        (dict(area="Озёрный район", school="Липовая ООШ", decision=2024), ("name", "s5")),  # not renamed yet
    ],
)
def test_a_school_is_recognised(question: dict[str, object], expected: tuple[str, str | None]) -> None:
    assert ask(**question) == expected  # type: ignore[arg-type]


def unknown_names() -> pd.DataFrame:
    source = pd.DataFrame(
        {
            "code_kind": [None] * 3,
            "code_text": [None] * 3,
            "municipality_text": ["Озёрный район", "Озёрный район", "Нигде"],
            "school_text": ["Берёзовская осн. школа", "Космодром", "Берёзовска ООШ"],
            "year": [2026] * 3,
            "file_id": ["raw/2026/f.xlsx"] * 3,
        }
    )
    return recognise(references({"cells": source}), REGISTER, 2026)


def test_similar_names_are_proposed_and_never_applied() -> None:
    proposals = propose(unknown_names(), REGISTER, RULES)
    best = proposals[proposals["proposal_rank"] == 1].set_index("school_text")["school_id"]
    assert best["Берёзовская осн. школа"] == "s3"
    assert best["Берёзовска ООШ"] == "s3"  # an unknown municipality: the whole region is looked through
    assert pd.isna(best["Космодром"])  # nothing similar is still shown to the analyst
    assert unknown_names()["school_id"].isna().all()


def test_proposals_do_not_depend_on_the_order_of_the_register() -> None:
    turned = Register(**{**vars(REGISTER), "schools": REGISTER.schools.iloc[::-1]})
    assert propose(unknown_names(), REGISTER, RULES).equals(propose(unknown_names(), turned, RULES))


def test_attach_keeps_every_row_in_its_place() -> None:
    source = pd.DataFrame(
        {
            "code_kind": ["oge", None],
            "code_text": ["1001", None],
            "municipality_text": [None, "Нигде"],
            "school_text": [None, "Космодром"],
            "year": [2026, 2026],
            "file_id": ["a", "a"],
        },
        index=[7, 3],
    )
    attached = attach(source, recognise(references({"s": source}), REGISTER, 2026))
    assert list(attached.index) == [7, 3]
    assert attached.loc[7, "school_id"] == "s2" and pd.isna(attached.loc[3, "school_id"])
    assert attached.loc[7, "municipality_id"] == "m2"
