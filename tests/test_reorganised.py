"""A merger, a branch and a closure in the middle of the school year, in every document about the signed list."""

from datetime import date
from pathlib import Path

import pytest
from small_region import command, make_small_region, school_id
from source_files import write_csv

from pipeline.explain import explain_published
from pipeline.order_archive import differences_from_signed, load_archive
from pipeline.outputs.explanation import render
from pipeline.region import reference_table
from pipeline.schema import records
from pipeline.skeleton import write_reference
from pipeline.stages import FLOWS, start
from pipeline.store import Published, Store
from pipeline.surveyed import former_schools, surveyed_schools
from pipeline.tables import reference
from pipeline.tables.causes import CAUSE_VERIFICATIONS, REGISTER_REMARKS
from pipeline.tables.decision import SELECTION
from pipeline.tables.orders import LIST_RECONCILIATION
from pipeline.tables.results import RESULTS

YEAR = 2026
MERGED, BRANCH, CLOSED, LISTED = (school_id(n) for n in (12, 11, 10, 9))
HEIR = school_id(3)
BEFORE, AFTER = date(2026, 11, 15), date(2026, 11, 16)
STEPS = (
    (MERGED, HEIR, "merged", "2026-11-16"),
    (BRANCH, LISTED, "branch", "2026-11-16"),
    (CLOSED, None, "closed", "2026-11-10"),
)


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A region whose list of September holds four schools; in November three of them are reorganised."""
    root = make_small_region(tmp_path_factory.mktemp("reorganised") / "region")
    lists = root / "decisions/lists"
    write_csv(lists / "federal_low_2026.csv", [["Логин", "РУ4"], ["edu670012", 1], ["edu670010", None]])
    with pytest.MonkeyPatch.context() as patch:
        assert command(patch, "identify", "--year", YEAR, "--capacity", 4, "--direct", "--data", root) == 0
    listed = [[i, "2026-09-15"] for i in (MERGED, BRANCH, CLOSED, LISTED)]
    write_csv(lists / f"{YEAR}.csv", [["school_id", "date"], *listed], "utf-8", ",")
    marks = [[MERGED, YEAR, "staffing", "подтверждено", "комиссия", "2026-10-20"]]
    header = ["school_id", "year", "cause_code", "verification_text", "who", "date"]
    write_csv(root / "decisions/causes.csv", [header, *marks], "utf-8", ",")
    steps = [
        {"school_id": old, "successor_id": new, "lineage_kind": kind, "from_year": YEAR + 1, "from_date": day}
        for old, new, kind, day in STEPS
    ]
    write_reference(root, reference.SCHOOL_LINEAGE, steps)
    schools = records(reference_table(root, reference.SCHOOLS))
    former = {old for old, *_ in STEPS}
    ended = [row | {"valid_to_year": YEAR if row["school_id"] in former else None} for row in schools]
    write_reference(root, reference.SCHOOLS, ended)
    return root


def run_stages(root: Path, flow: str, day: date, *names: str) -> Store:
    run = start(root, flow, YEAR, as_of=day.isoformat())
    for stage in FLOWS[flow]:
        if not names or stage.name in names:
            stage.run(run)
    return Store(run)


def test_the_list_computed_in_september_differs_by_the_closed_school_only(root: Path) -> None:
    chosen = Published(root, "identification", YEAR).read(SELECTION)
    assert set(chosen.loc[chosen["status_code"] == "selected", "school_id"]) == {MERGED, BRANCH, CLOSED, LISTED}

    def changes(day: date) -> dict[str, str]:
        found = differences_from_signed(load_archive(root), YEAR, chosen, day)
        return dict(zip(found["school_id"], found["change_code"], strict=True))

    assert changes(date(2026, 11, 9)) == {}
    assert changes(BEFORE) == {CLOSED: "left"}
    # The merged school must never come back by an amendment that throws its successor out.
    assert changes(AFTER) == {CLOSED: "left", HEIR: "succeeded"}


def test_the_survey_of_causes_asks_the_successor_and_counts_what_the_former_school_has_given(root: Path) -> None:
    assert set(surveyed_schools(root, YEAR, BEFORE)["school_id"]) == {MERGED, BRANCH, LISTED}
    surveyed = surveyed_schools(root, YEAR, AFTER)
    assert set(surveyed["school_id"]) == {HEIR, LISTED}
    assert former_schools(surveyed) == {MERGED: HEIR, BRANCH: LISTED}
    store = run_stages(root, "causes", AFTER)
    published = Published(root, "identification", YEAR).read(RESULTS)
    taken = store.read(RESULTS)
    parts = published[published["school_id"].isin([MERGED, HEIR])]
    assert MERGED not in set(taken["school_id"])
    assert taken.loc[taken["school_id"] == HEIR, "low_count"].sum() == parts["low_count"].sum()
    assert store.read(CAUSE_VERIFICATIONS)["school_id"].tolist() == [HEIR]
    remarks = store.read(REGISTER_REMARKS).query("remark_code == 'succeeds'").set_index("school_id")["remark_text"]
    assert f"({MERGED})" in remarks[HEIR] and f"({BRANCH})" in remarks[LISTED]


def test_the_reconciliation_of_the_signed_list_follows_the_day(root: Path) -> None:
    for day, listed in ((BEFORE, MERGED), (AFTER, HEIR)):
        table = run_stages(root, "orders", day, "orders", "reconcile_signed").read(LIST_RECONCILIATION)
        relations = dict(zip(table["school_id"], table["relation_code"], strict=True))
        assert relations[listed] == "both" and relations[CLOSED] == "theirs_only"
    assert set(relations) == {HEIR, LISTED, CLOSED}


def test_the_letter_tells_federal_lists_with_their_row_and_what_became_of_the_school(root: Path) -> None:
    told = {i: explain_published(root, YEAR, i) for i in (MERGED, HEIR, CLOSED)}
    federal = records(told[MERGED].query("fact_code == 'federal'"))
    assert [(row["value_text"], row["source_text"]) for row in federal] == [
        ("школа в нём стоит; признаки: РУ4", "decisions/lists/federal_low_2026.csv, строка 2")
    ]
    assert told[HEIR].query("fact_code == 'federal'")["value_text"].tolist() == ["школы в нём нет"]
    letters = {i: " ".join(render(table).split()) for i, table in told.items()}
    assert "с 16.11.2026 школа присоединена к МБОУ «Средняя школа № 3» (s03)" in letters[MERGED]
    assert "с 16.11.2026 к школе присоединена МБОУ «Средняя школа № 12» (s12)" in letters[HEIR]
    assert "место в подписанном перечне с этого дня у преемника" in letters[HEIR]
    assert "с 10.11.2026 школа закрыта" in letters[CLOSED] and "не состоит" in letters[CLOSED]
