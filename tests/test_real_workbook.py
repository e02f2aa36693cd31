"""A real region's workbook, read by the shipped layout: its own totals are the measure. Skipped where it is absent."""

from pathlib import Path

import pandas as pd
import pytest

from pipeline.sources.draft import draft_layout
from pipeline.sources.grid import SourceFile, open_sheets, source_file
from pipeline.sources.reading import Account, Reading, ReadingContext, head_of, recognise
from pipeline.sources.workbook import WorkbookLayout, layouts, register_rows

WORKBOOK = Path(__file__).resolve().parents[1] / "../shared/data/workbooks/zabaykalye_ege.xlsx"
pytestmark = pytest.mark.skipif(
    not WORKBOOK.is_file(), reason="../shared/data/workbooks/zabaykalye_ege.xlsx is not beside this checkout"
)
SUBJECTS = {
    "русский язык": "rus",
    "математика профильная": "mat_prof",
    "математика базовая": "mat_base",
    "физика": "phys",
    "химия": "chem",
    "биология": "bio",
    "история": "hist",
    "география": "geo",
    "английский язык": "eng",
    "немецкий язык": "ger",
    "французский язык": "fra",
    "испанский язык": "spa",
    "китайский язык": "chi",
    "обществознание": "soc",
    "литература": "lit",
    "информатика и икт (кегэ)": "inf",
}


def context_of(file: SourceFile) -> ReadingContext:
    return ReadingContext(file, {("ege", spelling): subject for spelling, subject in SUBJECTS.items()})


def read(file: SourceFile, known: tuple[WorkbookLayout, ...]) -> Reading:
    account = Account(file)
    for sheet in open_sheets(file):
        (fit,) = [
            (layout, found.header_index)
            for layout in known
            if (found := recognise(head_of(sheet), layout.fingerprint)).share == 1
        ]
        fit[0].read(sheet, fit[1], context_of(file), account)
    return account.close()


@pytest.fixture(scope="module")
def file() -> SourceFile:
    return source_file(WORKBOOK, WORKBOOK.parent, 2024)


@pytest.fixture(scope="module")
def reading(file: SourceFile) -> Reading:
    return read(file, layouts(None))


def test_schools_add_up_to_the_totals_of_the_file(reading: Reading) -> None:
    key, counts = ["year", "subject"], ["tested_count", "low_count"]
    sums = reading.tables["reported_cells"].groupby(key)[counts].sum()
    totals = reading.tables["reported_totals"].set_index(key)[counts].sort_index()
    assert set(reading.tables["reported_totals"]["level_code"]) == {"region"}
    assert (sums.loc[(2022, "rus"), "tested_count"], sums.loc[(2023, "rus"), "tested_count"]) == (5211, 4955)
    assert len(totals) == 29
    pd.testing.assert_frame_equal(sums, totals, check_dtype=False)


def test_every_record_is_accounted_for(reading: Reading) -> None:
    assert (reading.read_count, reading.kept_count, reading.rejected_count) == (5229, 4741, 488)
    counts = reading.rejects.groupby(["sheet_name", "reason_code"]).size().to_dict()
    assert counts == {
        ("2022", "no_results"): 57,
        ("2023", "no_results"): 59,
        ("2023", "ignored_block"): 2,
        ("2024", "not_results"): 370,
    }


def test_schools_with_results_by_year(reading: Reading) -> None:
    frame = reading.tables["reported_cells"]
    schools = frame.drop_duplicates(["year", "municipality_text", "school_text"])
    assert schools.groupby("year").size().to_dict() == {2022: 314, 2023: 314}
    assert not frame.duplicated(["year", "municipality_text", "school_text", "subject"]).any()


def test_a_register_starts_from_one_sheet(file: SourceFile) -> None:
    sheet = next(sheet for sheet in open_sheets(file) if sheet.name == "2023")
    layout = next(found for found in layouts(None) if recognise(head_of(sheet), found.fingerprint).share == 1)
    frame = register_rows(file, layout, "2023", context_of(file))
    assert (len(frame), int(frame["has_results"].sum())) == (373, 314)


def test_the_draft_reads_the_same_as_the_shipped_layout(file: SourceFile, reading: Reading, tmp_path: Path) -> None:
    (tmp_path / "layouts").mkdir()
    (tmp_path / "layouts/draft.toml").write_text(draft_layout(WORKBOOK), encoding="utf-8")
    drafted = tuple(layout for layout in layouts(tmp_path) if layout.layout_id == "zabaykalye_ege")
    ours = read(file, drafted)
    for name, frame in reading.tables.items():
        pd.testing.assert_frame_equal(ours.tables[name], frame)
    assert (ours.read_count, ours.kept_count) == (reading.read_count, reading.kept_count)
