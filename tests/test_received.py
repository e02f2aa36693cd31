"""Files that have been received: every one of them, none behind a link, none that was set aside."""

from pathlib import Path

import pytest

from pipeline import region
from pipeline.confirming import returned_files as confirmed
from pipeline.errors import SourceError
from pipeline.programme_returns import returned_files as programmes
from pipeline.sources.received import by_delivery, received_files
from pipeline.support_returns import returned_files as supported
from pipeline.survey_returns import survey_files

READERS = {
    "": region.raw_files,
    "confirm": lambda root: confirmed(root, 2026),
    "programmes": lambda root: programmes(root, 2026),
    "support/june": lambda root: supported(root, 2026, "june"),
    "survey": lambda root: survey_files(root, 2026),
}


def put(root: Path, name: str, content: str = "x") -> Path:
    path = root / "raw/2026" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content, encoding="utf-8")
    return path


def test_files_lie_as_deep_as_they_like_and_some_are_set_aside(tmp_path: Path) -> None:
    for name in (
        "2026-07-15 после апелляций/a/b.csv",
        "_старое/c.csv",
        "d/~$e.xlsx",
        ".f.csv",
        "survey/g.csv",
        "а.csv",
    ):
        put(tmp_path, name)
    found = received_files(tmp_path, tmp_path / "raw/2026", 2026, ("survey",))
    assert [file.file_id for file in found] == ["raw/2026/2026-07-15 после апелляций/a/b.csv", "raw/2026/а.csv"]
    assert [file.load_date for file in by_delivery(found)] == ["", "2026-07-15"]


@pytest.mark.parametrize("place", READERS)
@pytest.mark.parametrize("kind", ["outside", "inside", "folder", "broken"])
def test_a_link_is_refused_wherever_files_are_received(tmp_path: Path, place: str, kind: str) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere/secret.csv").write_text("secret", encoding="utf-8")
    root = tmp_path / "region"
    inside = put(root, f"{place}/own.csv".lstrip("/"))
    targets = {"outside": "elsewhere/secret.csv", "inside": inside, "folder": "elsewhere", "broken": "nowhere"}
    (inside.parent / "linked.csv").symlink_to(tmp_path / targets[kind])
    with pytest.raises(SourceError, match=r"лежит ссылка.*linked\.csv"):
        READERS[place](root)
    (inside.parent / "linked.csv").rename(inside.parent / "_linked.csv")
    assert [file.path for file in READERS[place](root)] == [inside]


@pytest.mark.parametrize("place", READERS)
def test_a_folder_that_is_a_link_itself_is_refused(tmp_path: Path, place: str) -> None:
    put(tmp_path / "elsewhere", f"{place}/a.csv".lstrip("/"))
    folder = tmp_path / "region/raw/2026" / place
    folder.parent.mkdir(parents=True)
    folder.symlink_to(tmp_path / "elsewhere/raw/2026" / place)
    with pytest.raises(SourceError, match="лежит ссылка"):
        READERS[place](tmp_path / "region")


def test_the_folder_of_a_region_may_lie_behind_a_link_itself(tmp_path: Path) -> None:
    put(tmp_path / "disk", "a.csv")
    (tmp_path / "region").mkdir()
    (tmp_path / "region/raw").symlink_to(tmp_path / "disk/raw")
    assert [file.file_id for file in region.raw_files(tmp_path / "region")] == ["raw/2026/a.csv"]
