"""Names chosen to be run, reckoned or obeyed stay names in everything that is written or said."""

import csv
import io
import re
import unicodedata
import zipfile
from datetime import date
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import pandas as pd
import pytest
from small_region import command, make_small_region

from pipeline import matching
from pipeline.formula_guard import guarded, unguarded
from pipeline.region import reference_table
from pipeline.schema import records
from pipeline.skeleton import write_reference
from pipeline.tables.quality import MATCH_PROPOSALS
from pipeline.tables.reference import MUNICIPALITIES, SCHOOL_MATCHES, SCHOOLS

FORMULA, SCRIPT, TAG = "=cmd()", "<script>alert(1)</script>", '"><img src=x onerror=alert(1)>'
TEMPLATE, TERMINAL, UP = "{{7*7}}", "\x1b[31m", "../../x"
NAMES = {
    "s07": f"{FORMULA}школа", "s08": f"{SCRIPT} школа", "s09": f"{TAG} школа", "s10": f"{TEMPLATE} школа",
    "s11": f"{TERMINAL} школа", "s12": f"{UP} школа", "s06": "+7 школа", "s05": "@SUM(A1) школа",
}  # fmt: skip
AREAS = {"m1": f"{FORMULA}{TAG} район", "m2": f"{UP} {TEMPLATE}{SCRIPT} район"}


def renamed(root: Path) -> None:
    """The register of a region under hostile names."""
    for table, key, name, new in (
        (SCHOOLS, "school_id", "school_name", NAMES),
        (MUNICIPALITIES, "municipality_id", "municipality_name", AREAS),
    ):
        rows = records(reference_table(root, table))
        write_reference(root, table, [row | {name: new.get(row[key], row[name])} for row in rows])


class Elements(HTMLParser):
    """What a browser would find in a page: elements that come from a name."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found += [f"{tag} {name}" for name, value in attrs if name.startswith("on") and value == "alert(1)"]

    def handle_data(self, data: str) -> None:
        if self.cdata_elem == "script" and data.strip() == "alert(1)":
            self.found.append("script")


def dangers(path: Path) -> list[str]:
    """What a file of an output would run, reckon or obey."""
    if path.suffix in (".html", ".htm"):
        return Elements(path.read_text("utf-8")).found
    if path.suffix == ".csv":
        text = path.read_text("utf-8-sig")
        head = text.splitlines()[0] if text else ""
        cells = [c for row in csv.reader(io.StringIO(text), delimiter=max(",;", key=head.count)) for c in row]
        return [cell for cell in cells if cell.startswith(("=", "+7", "@")) or TERMINAL in cell]
    if path.suffix not in (".xlsx", ".docx"):
        return []
    found = []
    with zipfile.ZipFile(path) as archive:
        for name in archive.namelist():
            if not name.endswith((".xml", ".rels")):
                continue
            content = archive.read(name).decode("utf-8")
            ElementTree.fromstring(content)  # a part that is no XML would not open
            found += [one for one in re.findall(r"<f>([^<]*)</f>", content) if "cmd" in one or "SUM(A1)" in one]
            found += re.findall(r'Target="[^"]*(?:cmd|\.\./\.\./x)[^"]*"', content)
            # A template that was run would show the product in place of its own words.
            found += ["49 школа"] * ("49 школа" in content)
    return found


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A region of hostile names, of its schools, its municipalities and its only file."""
    root = make_small_region(tmp_path_factory.mktemp("hostile") / "region")
    renamed(root)
    (root / "raw/2026/results.csv").rename(root / "raw/2026/=cmd() {{7*7}} & <b>.csv")
    return root


@pytest.mark.slow
def test_names_that_are_orders_stay_names_in_every_output(
    root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for words in (
        ("monitor", "--direct"),
        ("identify", "--capacity", 4, "--direct"),
        ("site", "--direct"),
        ("order", "draft"),
        ("explain", "s11"),
        ("explain", "s09"),
    ):
        code = command(monkeypatch, *words, "--data", root, "--year", 2026)
        assert code == 0, (words, capsys.readouterr())
    said = "".join(capsys.readouterr())
    assert [s for s in said if unicodedata.category(s) == "Cc" and s not in "\n\r\t"] == []
    files = sorted(
        p for p in root.rglob("*") if p.is_file() and p.relative_to(root).parts[0] not in ("raw", "reference")
    )
    assert {".xlsx", ".docx", ".html", ".csv"} <= {path.suffix for path in files}
    assert {path.relative_to(root).as_posix(): found for path in files if (found := dangers(path))} == {}
    # The names did reach the documents: nothing above passed because they were left out.
    texts = "".join(path.read_text("utf-8") for path in files if path.suffix == ".html")
    assert "&lt;script&gt;" in texts and "{{7*7}}" in texts
    # Nothing was written beside the region.
    assert [path.name for path in root.parent.iterdir()] == ["region"]


@pytest.mark.parametrize("name", [*NAMES.values(), *AREAS.values(), "'=", "школа", "", "-1", "'7"])
def test_a_guarded_text_is_no_formula_and_is_read_back(name: str) -> None:
    assert not guarded(name).startswith(("=", "+", "-", "@", "\t", "\r"))
    assert unguarded(guarded(name)) == name or name == "'="


def test_a_proposal_and_its_decision_are_no_formulas(tmp_path: Path) -> None:
    row = {
        "proposal_id": "p1", "municipality_text": AREAS["m1"], "school_text": f"{FORMULA}школа", "code_text": "-1",
        "row_count": 3, "file_id": "=cmd().csv", "proposal_rank": 1, "school_id": "s1", "school_name": "@школа",
        "match_score": 97.0,
    }  # fmt: skip
    matching.save_proposals(tmp_path, MATCH_PROPOSALS.conform(pd.DataFrame([row])))
    (shown,) = records(matching.load_proposals(tmp_path))
    assert {name: shown[name] for name in row} == row
    matching.accept(tmp_path, ("p1",), None, "=аналитик()", date(2026, 7, 1))
    (decided,) = records(reference_table(tmp_path, SCHOOL_MATCHES))
    assert (decided["school_text"], decided["decided_by"]) == (row["school_text"], "=аналитик()")
    assert matching.load_proposals(tmp_path).empty
    files = [tmp_path / "forms/match_proposals.csv", tmp_path / "reference/school_matches.csv"]
    assert [found for path in files for found in dangers(path)] == []
