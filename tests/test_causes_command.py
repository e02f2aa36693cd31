"""`shnro causes` on a small region: forms, some of them returned, the register; and what is said of all that lacks."""

import json
import shutil
from pathlib import Path

import pandas as pd
import pytest

from pipeline.outputs.survey_forms import render
from pipeline.outputs.survey_sheets import Form
from pipeline.questionnaire import FormId, form_version
from pipeline.region import reference_table
from pipeline.survey_forms import load_questionnaire, load_texts
from pipeline.tables.causes import CAUSES
from tests.small_region import YEARS, command, make_small_region, school_id

YEAR = YEARS[-1]
PUBLISHED = f"published/causes/{YEAR}"
REGION_NAME = "Озёрная область"


@pytest.fixture
def root(listed_region: Path, tmp_path: Path) -> Path:
    copy = tmp_path / "region"
    shutil.copytree(listed_region, copy, symlinks=True)
    return copy


def listed(root: Path) -> list[str]:
    return sorted(pd.read_parquet(root / f"published/identification/{YEAR}/order_appendix.parquet")["school_id"])


def answer(root: Path, school: str, group: str, count: int, lacking: str = "") -> None:
    """Return a form in which everybody sees no lack, or the lack of one condition."""
    questionnaire = load_questionnaire(root)
    items = questionnaire.group_items(group)
    told = {
        item.item_code: (5 if item.is_reversed else 1)
        if item.direction_code != lacking
        else (1 if item.is_reversed else 5)
        for item in items.itertuples()
    }
    form_id = FormId(REGION_NAME, school, YEAR, group, form_version(items))
    form = Form(form_id, "Школа", "Озёрный район", items, load_texts(root))
    path = root / f"raw/{YEAR}/survey/{school}-{group}.xlsx"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(render(form, [told] * count))


def build(monkeypatch: pytest.MonkeyPatch, root: Path) -> int:
    return command(monkeypatch, "causes", "build", "--data", root, "--year", YEAR, "--direct")


def published(root: Path, name: str) -> pd.DataFrame:
    return pd.read_parquet(root / PUBLISHED / f"{name}.parquet")


def test_forms_of_an_unsigned_list_are_a_decision_of_their_own(root: Path, monkeypatch, capsys) -> None:
    words = ("causes", "forms", "--data", root, "--year", YEAR)
    assert command(monkeypatch, *words) == 1
    told = capsys.readouterr().err
    assert f"Перечень {YEAR} года ещё не подписан" in told and "--draft" in told and str(root) in told
    assert command(monkeypatch, *words, "--draft") == 0
    assert "по проекту перечня (не подписан)" in capsys.readouterr().out
    forms = [path.name for path in (root / f"forms/{YEAR}/survey").rglob("*.xlsx")]
    assert sum(name.startswith(school) for name in forms for school in listed(root)) == 4 * len(listed(root))


def test_forms_follow_the_signed_list_even_where_it_differs_from_the_computed_one(root, monkeypatch, capsys) -> None:
    path = root / f"decisions/lists/{YEAR}.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("school_id\ns01\n", encoding="utf-8")
    assert command(monkeypatch, "causes", "forms", "--data", root, "--year", YEAR) == 0
    assert "1 школа по подписанному перечню" in capsys.readouterr().out
    assert build(monkeypatch, root) == 0
    assert published(root, "register_of_causes")["school_id"].tolist() == ["s01"]


def test_a_part_of_the_forms_gives_a_register_of_every_listed_school(root: Path, monkeypatch, capsys) -> None:
    first, second, third, fourth = listed(root)
    answer(root, first, "director", 1, "staffing")
    answer(root, first, "teacher", 6, "staffing")
    answer(root, first, "pupil", 12, "staffing")
    answer(root, second, "director", 1, "equipment")
    answer(root, third, "teacher", 2)
    (root / f"raw/{YEAR}/survey/скан.xlsx").write_bytes(b"not a workbook")
    assert build(monkeypatch, root) == 0
    register = published(root, "register_of_causes").set_index(["school_id", "cause_code"])
    assert set(register.index.get_level_values(0)) == {first, second, third, fourth}
    assert register.loc[(first, "staffing"), "status_code"] == "hypothesis"
    assert register.loc[(first, "staffing"), "respondent_count"] == 19
    assert register.loc[(second, "equipment"), "status_code"] == "small_sample"
    told_of = register.loc[(third, "not_established"), "source_text"]
    assert told_of.startswith("анкеты: ответивших меньше наименьшего числа; по другим")
    told_of = register.loc[(fourth, "not_established"), "source_text"]
    assert told_of == "анкеты не возвращены; по другим сведениям ни один порог не достигнут"
    told = capsys.readouterr().out
    assert "скан.xlsx" in told
    assert "ни одна анкета не возвращена" in told
    returns = published(root, "survey_returns").set_index(["school_id", "group_code"])["return_code"]
    assert returns[third].to_dict() == {
        "director": "missing", "parent": "voluntary", "pupil": "voluntary", "teacher": "partial",
    }  # fmt: skip
    manifest = json.loads((root / PUBLISHED / "manifest.json").read_text(encoding="utf-8"))
    assert len(manifest["inputs"]) == 6
    assert manifest["parameters"]["causes.min_teacher_count"] == 5
    assert manifest["taken_over"]["run_id"] == f"identification-{YEAR}-001"
    assert manifest["capacity"] == manifest["taken_over"]["capacity"]
    assert set(manifest["taken_over"]["tables"]) == {"results", "objectivity", "school_context", "context"}
    assert (root / PUBLISHED / "documents" / "Реестр причин.xlsx").is_file()


@pytest.mark.slow
def test_the_same_returns_give_the_same_tables_and_workbook(root: Path, monkeypatch) -> None:
    for school in listed(root):
        answer(root, school, "teacher", 5, "motivation")
    assert build(monkeypatch, root) == 0
    first = {path.name: path.read_bytes() for path in sorted((root / PUBLISHED).rglob("*.*")) if path.suffix != ".json"}
    assert build(monkeypatch, root) == 0
    second = {
        path.name: path.read_bytes() for path in sorted((root / PUBLISHED).rglob("*.*")) if path.suffix != ".json"
    }
    assert first == second


@pytest.mark.slow
def test_without_any_return_the_register_says_so_school_by_school(root: Path, monkeypatch, capsys) -> None:
    assert build(monkeypatch, root) == 0
    assert set(published(root, "register_of_causes")["status_code"]) == {"not_established"}
    assert f"{len(listed(root))} школы" in capsys.readouterr().out


def test_a_mark_of_verification_survives_a_second_run_and_a_stray_one_is_told(root: Path, monkeypatch, capsys) -> None:
    school = listed(root)[0]
    answer(root, school, "teacher", 6, "staffing")
    words = reference_table(root, CAUSES).set_index("cause_code")["wording"]["staffing"]  # as the register says it
    rows = [f'{school},{YEAR},"{cause}",подтверждено,комиссия,{YEAR}-10-02' for cause in (words, "language")]
    header = "school_id,year,cause_code,verification_text,who,date"
    (root / "decisions/causes.csv").write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    assert build(monkeypatch, root) == 0
    register = published(root, "register_of_causes").set_index(["school_id", "cause_code"])
    assert register.loc[(school, "staffing"), "verification_text"] == f"подтверждено (комиссия, 02.10.{YEAR})"
    assert "отметок о проверке, которым нет причины в реестре: 1" in capsys.readouterr().out


def test_a_publication_of_an_older_version_is_taken_without_what_it_lacks(root: Path, monkeypatch, capsys) -> None:
    folder = (root / f"published/identification/{YEAR}").resolve()
    for name in ("objectivity", "school_context", "context"):
        (folder / f"{name}.parquet").unlink()
    assert build(monkeypatch, root) == 0
    assert "без объективности результатов, сведений об условиях, сравнения с условиями" in capsys.readouterr().out


def test_before_identification_the_way_on_is_told(tmp_path: Path, monkeypatch, capsys) -> None:
    root = make_small_region(tmp_path / "region")
    assert build(monkeypatch, root) == 1
    told = capsys.readouterr().err
    assert "ещё ничего не опубликовано" in told and "shnro identify" in told


def test_a_region_may_have_a_vocabulary_of_its_own(root: Path, monkeypatch, capsys) -> None:
    text = (Path(__file__).parents[1] / "pipeline/resources/reference/causes.csv").read_text(encoding="utf-8")
    (root / "reference/causes.csv").write_text(text.replace("results:transition", "results:luck"), encoding="utf-8")
    assert build(monkeypatch, root) == 1
    assert "неизвестному факту «results:luck»" in capsys.readouterr().err


def test_schools_of_the_small_region_are_those_of_the_answers(root: Path) -> None:
    assert set(listed(root)) <= {school_id(number) for number in range(1, 13)}
