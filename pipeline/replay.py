"""A published run carried out again from its manifest, beside the region, and compared with what was published.

The run gets what its manifest names and nothing that came later: the received files, the settings and decisions, the
publications that it read. What is gone or has changed since is told first, since it explains a difference.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pipeline
from pipeline import progress, reading_log
from pipeline.deletions import RECORD, load_deletions
from pipeline.errors import PipelineError, StoreError
from pipeline.run import Run
from pipeline.scratch import lay_file, lay_tree, scratch_region
from pipeline.stages import FLOWS, finish
from pipeline.store import MANIFEST, VERSIONS, sha256, tree_hash

ORDERS = "decisions/orders/"


@dataclass(frozen=True)
class Replayed:
    """What a run gave the second time.

    Args:
        place: the publication, «<flow>/<year>».
        run_id: its run.
        changes: what the run could not get as it was, Russian; empty: everything was as it was.
        same: published files, tables and documents, that came out with the same bytes.
        differing: those that came out otherwise, are lacking or new.
        fault: why the run could not be carried out; empty where it was.
    """

    place: str
    run_id: str
    changes: tuple[str, ...]
    same: tuple[str, ...]
    differing: tuple[str, ...]
    fault: str = ""

    @property
    def is_same(self) -> bool:
        """Whether every published file came out with the same bytes."""
        return not self.differing and not self.fault


def manifest_at(root: Path, path: Path) -> dict[str, Any]:
    """The manifest of a publication, of one of its versions, or of the frozen run of an order.

    Args:
        root: the region's folder (DIR).
        path: the manifest itself or its folder, as it stands or inside DIR.

    Raises:
        StoreError: there is none, or it cannot be read.
    """
    found = next((p for p in (path, root / path) if p.exists()), path)
    file = found / MANIFEST if found.is_dir() else found
    try:
        manifest: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
        manifest["tables"], manifest["inputs"], manifest["settings"], FLOWS[manifest["flow"]]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise StoreError(
            "Опись публикации не найдена или не читается",
            where=str(path),
            remedy="укажите папку публикации, например published/identification/2026, или файл её описи manifest.json",
        ) from error
    return manifest


def replay(root: Path, manifest: Mapping[str, Any]) -> Replayed:
    """Carry out a run again from its manifest, in a folder of its own, and compare what comes out.

    Args:
        root: the region's folder (DIR); nothing in it is changed.
        manifest: of the run.
    """
    place = f"{manifest['flow']}/{_name(manifest)}"
    with scratch_region(root) as scratch:
        changes = _furnish(root, manifest, scratch)
        run = _run(scratch, manifest)
        try:
            run.folder.mkdir(parents=True)
            reading_log.begin(scratch)
            stages = FLOWS[run.flow]
            for number, stage in enumerate(stages, start=1):
                progress.begun(number, len(stages), stage.title)
                progress.ended(number, len(stages), stage.title, stage.run(run))
            published = finish(run)
            again = json.loads((published / MANIFEST).read_text(encoding="utf-8"))
        except PipelineError as error:
            return Replayed(place, run.run_id, changes, (), (), error.paragraph().replace(str(scratch), str(root)))
    before, after = _hashes(manifest, manifest), _hashes(again, manifest)
    differing = sorted(name for name in before.keys() | after.keys() if before.get(name) != after.get(name))
    return Replayed(place, run.run_id, changes, tuple(sorted(before.keys() - set(differing))), tuple(differing))


def _run(scratch: Path, manifest: Mapping[str, Any]) -> Run:
    """The run as it was: documents name it, so that it keeps its name and its hour."""
    # Of the other flows the manifest tells the places of the list, which they were not asked for.
    capacity = manifest["capacity"] if manifest["flow"] == "identification" else None
    return Run(
        scratch,
        manifest["flow"],
        manifest["year"],
        manifest["edition"],
        manifest["as_of"],
        capacity,
        manifest["seed"],
        manifest["run_id"],
        manifest["started_at"],
        manifest.get("period", ""),
    )


def _name(manifest: Mapping[str, Any]) -> str:
    return f"{manifest['year']}-{manifest['period']}" if manifest.get("period") else str(manifest["year"])


def _hashes(manifest: Mapping[str, Any], original: Mapping[str, Any]) -> dict[str, str]:
    """Hash of every published file; of tables only, where the original run recorded no others."""
    files = manifest.get("files", {}) if "files" in original else {}
    return {f"{name}.parquet": told["sha256"] for name, told in manifest["tables"].items()} | files


def _furnish(root: Path, manifest: Mapping[str, Any], scratch: Path) -> tuple[str, ...]:
    """Put what the run read into a folder of its own; gives what is not as it was, Russian."""
    changes = []
    if manifest.get("code_sha256") != tree_hash(Path(pipeline.__file__).parent):
        changes.append(f"программа: тогда была другая версия ({manifest.get('code_version', 'неизвестная')})")
    expected = {name: told["sha256"] for name, told in manifest["inputs"].items()} | manifest["settings"]
    deleted = set(load_deletions(root)["file_id"])
    for name, sha in sorted(expected.items()):
        source = root / name
        if not source.is_file():
            why = f"удалён по сроку хранения, запись в {RECORD}" if name in deleted else "файла больше нет"
            changes.append(f"{name}: {why}")
            continue
        if sha256(source) != sha:
            changes.append(f"{name}: файл с тех пор изменён")
        lay_file(source, scratch / name)
    # The frozen runs of orders are under their own seals and not among the settings.
    for order in sorted({name.split("/")[2] for name in expected if name.startswith(ORDERS) and name.count("/") > 2}):
        lay_tree(root / ORDERS / order, scratch / ORDERS / order)
    lay_tree(root / "forms", scratch / "forms")
    for place, told in sorted(manifest.get("publications", {}).items()):
        version = _version(root, place, told["manifest_sha256"])
        if version is None:
            changes.append(f"published/{place}: публикация расчёта {told['run_id']} больше не хранится")
        else:
            lay_tree(version, scratch / "published" / place)
    return tuple(changes)


def _version(root: Path, place: str, manifest_sha256: str) -> Path | None:
    """The folder of the very publication that was read: the one in force or an older version; None: it is gone."""
    flow, name = place.split("/")
    home = root / "published" / flow
    candidates = [home / name, *sorted(home.glob(f"{VERSIONS}/{name}-*"))]
    told = (path for path in candidates if (path / MANIFEST).is_file())
    return next((path.resolve() for path in told if sha256(path / MANIFEST) == manifest_sha256), None)
