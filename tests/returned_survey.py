"""A made-up region into whose folder questionnaires of two schools are returned."""

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd
import xlsxwriter

from pipeline.identity import Register
from pipeline.outputs.survey_sheets import Form
from pipeline.questionnaire import FormId, form_version
from pipeline.survey_forms import load_questionnaire, load_texts
from pipeline.survey_returns import SurveyReturns, read_returns
from pipeline.tables.reference import MUNICIPALITIES, SCHOOL_CODES, SCHOOL_LINEAGE, SCHOOL_MATCHES, SCHOOLS

REGION = "Озёрная область"
SURVEYED = pd.DataFrame({"school_id": ["s01", "s02"], "school_name": ["МБОУ «Школа № 1»", "МБОУ «Школа № 2»"]})
REGISTER = Register(
    municipalities=MUNICIPALITIES.typed(
        pd.DataFrame({"municipality_id": ["m1"], "municipality_name": ["Озёрный район"]})
    ),
    schools=SCHOOLS.typed(
        pd.DataFrame(
            {
                "school_id": ["s01", "s02", "s03"],
                "school_name": ["МБОУ «Школа № 1»", "МБОУ «Школа № 2»", "МБОУ «Школа № 3»"],
                "municipality_id": "m1",
                "kind_code": "ordinary",
            }
        )
    ),
    school_codes=SCHOOL_CODES.typed(
        pd.DataFrame({"school_id": ["s02"], "code_kind": ["fisoko"], "code": ["edu670002"]})
    ),
    school_lineage=SCHOOL_LINEAGE.empty(),
    school_matches=SCHOOL_MATCHES.empty(),
)


class Survey:
    """A region's folder into which forms are returned."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.questionnaire = load_questionnaire(root)
        self.folder = root / "raw" / "2026" / "survey"
        self.folder.mkdir(parents=True)

    def codes(self, group_code: str) -> list[str]:
        return list(self.questionnaire.group_items(group_code)["item_code"])

    def form(self, group_code: str, school_id: str = "s01", *, year: int = 2026, region: str = REGION) -> Form:
        items = self.questionnaire.group_items(group_code)
        form_id = FormId(region, school_id, year, group_code, form_version(items))
        return Form(form_id, "МБОУ «Школа»", "Озёрный район", items, load_texts(self.root))

    def put(self, name: str, content: bytes) -> Path:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        return path

    def all(self, group_code: str, answer: object, respondents: int = 1) -> list[dict[str, object]]:
        return [dict.fromkeys(self.codes(group_code), answer)] * respondents

    def read(self) -> SurveyReturns:
        found = read_returns(self.root, 2026, REGION, SURVEYED, REGISTER, self.questionnaire)
        files = found.source_files
        assert (files["read_count"] == files["kept_count"] + files["rejected_count"]).all()
        return found


def state(found: SurveyReturns, name: str) -> tuple[str, str]:
    row = found.files[found.files["file_id"] == f"raw/2026/survey/{name}"].iloc[0]
    return row["state_code"], row["remark_text"]


def counted(found: SurveyReturns, school_id: str = "s01") -> Counter[tuple[str, int]]:
    own = found.answers[found.answers["school_id"] == school_id]
    told: Counter[tuple[str, int]] = Counter()
    for item_code, answer, count in zip(own["item_code"], own["answer"], own["answer_count"], strict=True):
        told[item_code, int(answer)] += int(count)
    return told


def rewritten(content: bytes, path: Path, change) -> None:
    """Write a form's cells anew, changed as somebody without protection could."""
    from python_calamine import CalamineWorkbook

    path.write_bytes(content)
    old = CalamineWorkbook.from_path(path)
    sheets = {name: old.get_sheet_by_name(name).to_python(skip_empty_area=False) for name in old.sheet_names}
    change(sheets)
    with xlsxwriter.Workbook(path) as workbook:
        for name, rows in sheets.items():
            sheet = workbook.add_worksheet(name)
            for number, row in enumerate(rows):
                sheet.write_row(number, 0, row)


def online_rows(survey: Survey, answers: Sequence[object], first: Mapping[str, object]) -> list[list[object]]:
    """An export of an online form of parents: header and a row per respondent."""
    texts = survey.questionnaire.group_items("parent")["text"]
    header = [*first, *(f"{n}. Насколько это верно? [{text}]" for n, text in enumerate(texts, start=1))]
    return [header, *([*first.values(), *([answer] * len(texts))] for answer in answers)]
