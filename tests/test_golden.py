"""A golden year: the made-up region from raw files to the list, with every row accounted for on the way.

A change of the list is allowed only with an entry in CHANGELOG.md; then `python tests/test_golden.py` writes it anew,
together with the example of docs/ru/explain.md.
"""

import json
import re
import shutil
import tempfile
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from pipeline import identity, lineage, results
from pipeline.explain import explain_published
from pipeline.outputs.explanation import render
from pipeline.region import OTHER_FOLDERS
from pipeline.run import Run
from pipeline.schema import Table
from pipeline.stages import FLOWS, finish, start
from pipeline.store import Store, sha256
from pipeline.synthetic import load_truth, make_region
from pipeline.tables import TABLES, causes, context, decision, orders, quality, reference, sources
from pipeline.tables.results import CELL_KEY, RESULTS
from pipeline.tables.sources import PLACE_KEY

GOLDEN = Path(__file__).parent / "golden" / "selection_2026.csv"
GUIDE = Path(__file__).parents[1] / "docs/ru/explain.md"
GUIDE_SCHOOL = "S289"  # stands in reserve, so that a small change decides: a telling example
GUIDE_EXAMPLE = re.compile(r"(?<=```text\n).*?(?=\n```)", re.DOTALL)
PLACE = list(PLACE_KEY)
YEAR = 2026


def run_flow(root: Path, flow: str) -> Run:
    run = start(root, flow, YEAR)
    for stage in FLOWS[flow]:
        stage.run(run)
    finish(run)
    return run


def run_watched(root: Path, flow: str) -> tuple[Run, dict[str, tuple[set[str], set[str]]]]:
    """The run, and the tables that each stage really read and wrote."""
    run = start(root, flow, YEAR)
    touched: dict[str, tuple[set[str], set[str]]] = {}
    with pytest.MonkeyPatch.context() as patch:
        for position, method in enumerate((Store.read, Store.write)):

            def watched(
                store: Store, declared: Table, *rest: object, _at: int = position, _call: Any = method, **named: Any
            ):
                touched[stage.name][_at].add(declared.name)
                return _call(store, declared, *rest, **named)

            patch.setattr(Store, method.__name__, watched)
        for stage in FLOWS[flow]:
            touched[stage.name] = (set(), set())
            stage.run(run)
    finish(run)
    return run, touched


def summary_of(selection: pd.DataFrame) -> pd.DataFrame:
    """What a reader of the list would notice: three decimals, for the last ones depend on the processor."""
    columns = ["school_id", "status_code", "band_code", "reason_codes", "probability", "index"]
    return selection[columns].round({"probability": 3, "index": 3})


def guide_example(root: Path) -> str:
    """What the guide shows of a letter: the decision, the first cells of the newest year, what would change it."""
    parts = re.split(r"\n+(?=\d\. )", render(explain_published(root, YEAR, GUIDE_SCHOOL)))
    cells = parts[2].splitlines()
    table = next(place for place, line in enumerate(cells) if line.startswith("  Экзамен"))
    return "\n\n".join([parts[0], parts[1], "\n".join(cells[: table + 4]), parts[5]])


@pytest.fixture(scope="module")
def identified(demo_region: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    root = shutil.copytree(demo_region, tmp_path_factory.mktemp("golden") / "demo")
    run, touched = run_watched(root, "identification")
    # The table of contents is true: the picture, replay and the data dictionary are read off it.
    for stage in FLOWS["identification"]:
        assert touched[stage.name] == ({t.name for t in stage.reads}, {t.name for t in stage.writes}), stage.name
    return run


def table(run: Run, declared: Table) -> pd.DataFrame:
    return Store(run).read(declared)


def test_the_list_is_the_golden_list(identified: Run) -> None:
    expected = pd.read_csv(GOLDEN, dtype={"school_id": str})
    actual = summary_of(table(identified, decision.SELECTION))
    pd.testing.assert_frame_equal(actual, expected, check_dtype=False, atol=0.0015, rtol=0)


def test_the_guide_shows_a_letter_as_it_is(identified: Run) -> None:
    shown = GUIDE_EXAMPLE.search(GUIDE.read_text(encoding="utf-8"))
    assert shown is not None and shown[0] == guide_example(identified.root)


def test_the_list_finds_the_schools_that_are_truly_low(identified: Run) -> None:
    truth = load_truth(identified.root)
    low = set(truth.loc[(truth["year"] == YEAR) & truth["is_truly_low_top50"].astype(bool), "school_id"])
    chosen = table(identified, decision.SELECTION)
    listed = set(chosen.loc[chosen["status_code"] == "selected", "school_id"])
    expected_hits = chosen.loc[chosen["status_code"] == "selected", "probability"].sum()
    assert len(listed & low) >= 30
    assert abs(len(listed & low) - expected_hits) < 12


def test_every_file_is_accounted_for(identified: Run) -> None:
    files = table(identified, sources.SOURCE_FILES)
    paths = [path.relative_to(identified.root) for path in (identified.root / "raw").rglob("*") if path.is_file()]
    assert len(files) == sum(1 for path in paths if path.parts[2] not in OTHER_FOLDERS)
    assert (files["read_count"] == files["kept_count"] + files["rejected_count"]).all()
    rejected = table(identified, sources.REJECTS).query("stage_name == 'read'")
    assert rejected.groupby("file_id").size().sum() == files["rejected_count"].sum()


def test_every_kept_row_is_recognised_or_rejected(identified: Run) -> None:
    rejects = table(identified, sources.REJECTS)
    unknown = set(map(tuple, rejects.loc[rejects["stage_name"] == "recognise", PLACE].to_numpy()))
    recognised = table(identified, quality.SCHOOL_REFERENCES)
    places: set[tuple[object, ...]] = set()
    for declared in (
        sources.ATTEMPTS,
        sources.REPORTED_CELLS,
        sources.REPORTED_DISTRIBUTIONS,
        sources.REPORTED_JOURNAL,
        context.CONTEXT_FACTS,
    ):
        attached = identity.attach(table(identified, declared), recognised)
        places |= set(map(tuple, attached.loc[attached["school_id"].isna(), PLACE].to_numpy()))
    assert places == unknown


def test_every_candidate_for_a_result_is_chosen_or_rejected(identified: Run) -> None:
    recognised = table(identified, quality.SCHOOL_REFERENCES)
    files = table(identified, sources.SOURCE_FILES).set_index("file_id")["load_date"]
    known = {}
    for declared in (sources.ATTEMPTS, sources.REPORTED_CELLS):
        attached = identity.attach(table(identified, declared), recognised)
        known[declared.name] = attached[attached["school_id"].notna()].assign(
            load_date=lambda frame: frame["file_id"].map(files)
        )
    scales, minima = (table(identified, t) for t in (reference.SCORE_SCALES, reference.MINIMUM_SCORES))
    classified, unjudged = results.classify(known["attempts"], scales, minima)
    cells = results.cells(classified)
    counted = int(cells["tested_count"].sum() + cells["absent_count"].sum())
    assert counted + len(unjudged) == len(known["attempts"])
    chosen, rejects = results.choose_versions(cells, known["reported_cells"])
    assert len(chosen) + len(rejects) == len(cells) + len(known["reported_cells"])


def test_merging_schools_loses_nobody(identified: Run) -> None:
    published = table(identified, RESULTS)
    final = lineage.successors(table(identified, reference.SCHOOL_LINEAGE), YEAR)
    assert not set(published["school_id"]) & set(final)
    merged_into = set(final.values())
    assert published.loc[published["school_id"].isin(merged_into), "source_text"].str.contains(";").any()


def test_every_school_has_exactly_one_status_and_the_appendix_shows_no_figures(identified: Run) -> None:
    chosen = table(identified, decision.SELECTION)
    assert len(chosen) == 350
    assert not chosen["school_id"].duplicated().any()
    appendix = table(identified, decision.ORDER_APPENDIX)
    assert set(appendix["school_id"]) == set(chosen.loc[chosen["status_code"] == "selected", "school_id"])
    assert list(appendix.columns) == list(decision.ORDER_APPENDIX.column_names)
    assert set(appendix["category_text"]) == {"ШНРО"}


@pytest.mark.slow
def test_the_register_of_causes_finds_what_the_listed_schools_truly_lack(identified: Run) -> None:
    run, touched = run_watched(identified.root, "causes")
    for stage in FLOWS["causes"]:
        assert touched[stage.name] == ({t.name for t in stage.reads}, {t.name for t in stage.writes}), stage.name
    register = table(run, causes.REGISTER_OF_CAUSES)
    assert set(register["school_id"]) == set(table(identified, decision.ORDER_APPENDIX)["school_id"])
    assert set(table(run, causes.SURVEY_FILES)["state_code"]) >= {
        "counted",
        "duplicate",
        "foreign",
        "empty",
        "unreadable",
    }
    scores = table(run, causes.CAUSE_SCORES).query("group_code == '' and is_scored")
    truth = pd.read_parquet(identified.root / "truth" / "causes.parquet")[["school_id", "direction_code"]]
    judged = scores.merge(truth.drop_duplicates(), on=["school_id", "direction_code"], how="left", indicator=True)
    is_true, is_high = judged["_merge"] == "both", judged["significance_code"] == "high"
    assert is_true[is_high].mean() > 0.65
    assert is_high[is_true].mean() > 0.6


@pytest.mark.slow
def test_the_same_inputs_give_the_same_bytes(identified: Run, tmp_path: Path) -> None:
    """Another copy of the region, its files written in the opposite order, at another time."""
    root = tmp_path / "copy"
    kept = [p for p in sorted(identified.root.rglob("*")) if p.is_file() and p.is_relative_to(identified.root / "raw")]
    settings = [
        p
        for name in ("reference", "layouts", "decisions", "corrections")
        for p in (identified.root / name).rglob("*.*")
    ]
    for path in reversed([*kept, *settings, identified.root / "region.toml"]):
        target = root / path.relative_to(identified.root)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(path.read_bytes())
    run_flow(root, "identification")
    first, second = (
        json.loads((r / "published/identification/2026/manifest.json").read_text(encoding="utf-8"))
        for r in (identified.root, root)
    )
    assert first["tables"] == second["tables"]
    assert first["inputs"] == second["inputs"] and len(second["inputs"]) > 50
    for name, described in second["tables"].items():
        assert sha256(root / f"published/identification/2026/{name}.parquet") == described["sha256"], name


@pytest.mark.slow
def test_what_is_published_is_what_is_promised(identified: Run) -> None:
    _, touched = run_watched(identified.root, "monitoring")
    assert touched == {
        stage.name: ({t.name for t in stage.reads}, {t.name for t in stage.writes}) for stage in FLOWS["monitoring"]
    }
    published = {p.stem for p in (identified.root / "published").glob("*/2026/*.parquet")}
    promised = {
        "results", "rejects", "checks", "school_summary", "municipality_summary", "score_distribution",
        "journal_comparison", "cohort_scores", "school_indicators", "stability", "selection", "order_appendix",
    }  # fmt: skip
    assert promised <= published <= set(TABLES)
    for folder in (identified.root / "published").glob("*/2026"):
        assert "ДЕМО" in (folder / "ВНИМАНИЕ.txt").read_text(encoding="utf-8")
    may_be_empty = {orders.LIST_BEFORE.name, orders.COMMISSION_DECISIONS.name}  # what nobody has decided yet
    for path in (identified.root / "published").glob("*/2026/*.parquet"):
        assert path.stem in may_be_empty or len(pd.read_parquet(path)) > 0, path.name
    summary = pd.read_parquet(identified.root / "published" / "monitoring" / "2026" / "school_summary.parquet")
    assert (int(summary["is_received"].sum()), len(summary)) == (341, 350)
    results_2026 = pd.read_parquet(identified.root / "published" / "monitoring" / "2026" / "results.parquet")
    assert not results_2026.duplicated(list(CELL_KEY)).any()


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        demo = Path(folder) / "demo"
        make_region(demo)
        chosen = table(run_flow(demo, "identification"), decision.SELECTION)
        summary_of(chosen).to_csv(GOLDEN, index=False, lineterminator="\n")
        example = guide_example(demo)
    GUIDE.write_text(GUIDE_EXAMPLE.sub(lambda _: example, GUIDE.read_text(encoding="utf-8")), encoding="utf-8")
