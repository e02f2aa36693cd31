"""Whether everything that is published is as it was published, and still stands on what it was made from.

Two kinds of findings. What is *broken* has changed although nobody may change it: a published file, a received file, a
signed order. What is *outdated* has changed as life goes on: settings, decisions, further files, a newer publication.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pipeline
from pipeline import region
from pipeline.command_help import quoted
from pipeline.deletions import RECORD, load_deletions
from pipeline.errors import PipelineError, StoreError
from pipeline.order_archive import load_archive
from pipeline.order_files import checked_seal, order_folders, read_order
from pipeline.orders import UNSIGNED
from pipeline.russian import plural
from pipeline.schema import records
from pipeline.store import COMMANDS, MANIFEST, VERSIONS, Published, sha256, tree_hash

# Flows that read every file of results there is: what has come since is missing from them.
FLOWS_OF_RESULTS = ("monitoring", "identification")
NAMED = 3  # files that a message names; the others are counted
RECALCULATE = "верните папку published/ из резервной копии или повторите расчёт: {command}"


@dataclass(frozen=True)
class Finding:
    """One thing that is not as it was.

    Args:
        is_broken: whether it ought never to have changed.
        place: the publication, file or order, as a path inside the region's folder.
        what: what has happened, Russian.
        remedy: what to do about it, Russian.
    """

    is_broken: bool
    place: str
    what: str
    remedy: str


@dataclass(frozen=True)
class Verified:
    """The outcome: how much was compared, and what was found."""

    publication_count: int
    file_count: int
    order_count: int
    findings: tuple[Finding, ...]

    @property
    def is_whole(self) -> bool:
        """Whether nothing is broken."""
        return not any(finding.is_broken for finding in self.findings)


def verify(root: Path) -> Verified:
    """Compare every publication in force, received file and signed order of a region with what was recorded of it.

    Args:
        root: the region's folder (DIR).
    """
    region.load_region(root)
    published, findings = _publications(root)
    file_count = 0
    received, code = _Received(root), tree_hash(Path(pipeline.__file__).parent)
    findings += received.faults
    settings = region.settings_hashes(root)
    for one in published:
        compared, found = _published_files(root, one)
        file_count += compared
        findings += found
        findings += received.findings(one)
        findings += _outdated(root, one, settings, code)
    findings += received.unfinished_deletions()
    orders, found = _orders(root)
    return Verified(len(published), file_count, orders, (*findings, *found))


def command_of(root: Path, manifest: Mapping[str, Any]) -> str:
    """The command that makes a publication anew."""
    period = manifest.get("period", "")
    if manifest["flow"] == "site" and period:
        return f"shnro site --data {quoted(root)} --year {manifest['year']} (с тем же --profile)"
    told = f" --period {period}" * bool(period)
    return f"shnro {COMMANDS[manifest['flow']]} --data {quoted(root)} --year {manifest['year']}{told}"


def _publications(root: Path) -> tuple[list[Published], list[Finding]]:
    """Every publication in force that can be opened, and what is wrong with the others."""
    found: list[Published] = []
    findings: list[Finding] = []
    remedy = "верните папку published/ из резервной копии или повторите её расчёт"
    for flow in COMMANDS:
        home = root / "published" / flow
        entries = sorted(home.iterdir()) if home.is_dir() else []
        for entry in (entry for entry in entries if not entry.name.startswith(".")):
            place, year, period = f"published/{flow}/{entry.name}", entry.name[:4], entry.name[5:]
            if not year.isdigit() or not entry.is_dir():
                what = "здесь лежит не публикация: ссылка никуда не ведёт или вместо неё файл"
                findings.append(Finding(True, place, what, remedy))
                continue
            try:
                published = Published(root, flow, int(year), period)
                assert isinstance(published.manifest["tables"], dict) and published.manifest["flow"] == flow
                found.append(published)
            except StoreError as error:
                what = "описи нет" if not (entry / MANIFEST).is_file() else error.what
                findings.append(Finding(True, place, what, remedy))
            except (KeyError, TypeError, AssertionError):
                findings.append(Finding(True, place, "опись испорчена", remedy))
        known = {entry.name for entry in entries}
        versions = (path.name.partition("-copied-")[0] for path in home.glob(f"{VERSIONS}/[0-9]*"))
        names = {name.partition(f"-{flow}-")[0] for name in versions}
        findings += [
            Finding(True, f"published/{flow}/{name}", "публикация пропала, остались только её версии", remedy)
            for name in sorted(names - known)
        ]
    return found, findings


def _published_files(root: Path, published: Published) -> tuple[int, list[Finding]]:
    """How many files of a publication were compared, and which differ from its manifest."""
    manifest, place = published.manifest, f"published/{published.place}"
    expected = {f"{name}.parquet": told["sha256"] for name, told in manifest["tables"].items()}
    expected |= manifest.get("files", {})
    present = {path.relative_to(published.folder).as_posix(): path for path in published.folder.rglob("*")}
    present = {name: path for name, path in present.items() if path.is_file() and name != MANIFEST}
    since = f"после расчёта {manifest['run_id']}"
    remedy = RECALCULATE.format(command=command_of(root, manifest))
    findings = []
    for name in sorted(expected.keys() | present.keys()):
        if name not in present:
            findings.append(Finding(True, f"{place}/{name}", f"опубликованный файл пропал {since}", remedy))
        elif name not in expected:
            if "files" not in manifest or name.rpartition("/")[2].startswith((".", "~")):
                continue  # an older program recorded tables only; hidden files are left by programs that look
            move = "уберите его из published/: опубликованное не правят и не дополняют"
            findings.append(Finding(True, f"{place}/{name}", f"лишний файл: его не было в расчёте {since}", move))
        elif sha256(present[name]) != expected[name]:
            findings.append(Finding(True, f"{place}/{name}", f"опубликованный файл изменён {since}", remedy))
    if "files" not in manifest:
        what = "сделано прежней версией программы: документы не сверены, сверены только таблицы"
        findings.append(Finding(False, place, what, f"повторите расчёт: {command_of(root, manifest)}"))
    return len(expected.keys() & present.keys()), findings


class _Received:
    """The received files of a region against what publications recorded of them; each is read once.

    Args:
        root: the region's folder (DIR).
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self.faults: list[Finding] = []
        self._hashes: dict[str, str | None] = {}
        self._deleted = {(row["file_id"], row["sha256"]): row for row in records(load_deletions(root))}
        self._results: tuple[str, ...] = ()
        try:
            files = region.raw_files(root)
            self._results = tuple(file.file_id for file in files)
            self._hashes = {file.file_id: file.sha256 for file in files}
        except PipelineError as error:
            self.faults.append(Finding(True, error.where or "raw/", error.what, error.remedy))

    def findings(self, published: Published) -> Iterator[Finding]:
        """Which inputs of a publication have changed, are gone or have come since."""
        manifest, place = published.manifest, f"published/{published.place}"
        recorded = {file_id: told["sha256"] for file_id, told in manifest.get("inputs", {}).items()}
        deleted = [file_id for file_id, expected in recorded.items() if (file_id, expected) in self._deleted]
        since = f"после расчёта {manifest['run_id']} ({published.place})"
        for file_id, expected in sorted(recorded.items()):
            now = self._hash(file_id)
            if now is None and file_id not in deleted:
                remedy = "верните файл из резервной копии; без него расчёт не повторить"
                yield Finding(True, file_id, f"полученный файл пропал {since}", remedy)
            elif now not in (None, expected):
                remedy = (
                    "верните прежний файл из резервной копии, а исправленную выгрузку положите рядом, в папку с датой "
                    f"получения ГГГГ-ММ-ДД; если замена верна, повторите расчёт: {command_of(self.root, manifest)}"
                )
                yield Finding(True, file_id, f"полученный файл изменён {since}", remedy)
        if deleted:
            told = plural(
                len(deleted), "полученный файл удалён", "полученных файла удалены", "полученных файлов удалены"
            )
            what = f"{told} по сроку хранения, записи — в {RECORD}"
            yield Finding(False, place, what, "делать ничего не нужно; повторить этот расчёт в точности уже нельзя")
        new = [file_id for file_id in self._results if file_id not in recorded]
        if new and manifest["flow"] in FLOWS_OF_RESULTS and manifest.get("as_of") is None:
            remedy = f"чтобы учесть их, повторите расчёт: {command_of(self.root, manifest)}"
            yield Finding(False, place, f"после расчёта {manifest['run_id']} получены файлы: {_told(new)}", remedy)

    def unfinished_deletions(self) -> Iterator[Finding]:
        """Files that are recorded as deleted and lie there still."""
        for file_id, expected in self._deleted:
            if self._hash(file_id) == expected:
                remedy = f"доведите удаление до конца: shnro forget --data {quoted(self.root)} --confirm --by КТО"
                yield Finding(True, file_id, f"файл записан в {RECORD} как удалённый, но лежит на месте", remedy)

    def _hash(self, file_id: str) -> str | None:
        """Hash of a received file; None where it is not there."""
        if file_id not in self._hashes:
            path = self.root / file_id
            self._hashes[file_id] = sha256(path) if path.is_file() else None
        return self._hashes[file_id]


def _outdated(root: Path, published: Published, settings: Mapping[str, str], code: str) -> Iterator[Finding]:
    """What a publication was made with and has changed since: settings, other publications, the program."""
    manifest, place = published.manifest, f"published/{published.place}"
    remedy = f"если это должно войти в расчёт, повторите его: {command_of(root, manifest)}"
    recorded = manifest.get("settings", {})
    changed = sorted(n for n in recorded.keys() | settings.keys() if recorded.get(n) != settings.get(n))
    if changed:
        yield Finding(False, place, f"после расчёта изменились настройки и решения: {_told(changed)}", remedy)
    for other, told in sorted(manifest.get("publications", {}).items()):
        path = root / "published" / other / MANIFEST
        if other != published.place and (not path.is_file() or sha256(path) != told["manifest_sha256"]):
            what = f"сделано по публикации {other} (расчёт {told['run_id']}), с тех пор она другая"
            yield Finding(False, place, what, remedy)
    if manifest.get("code_sha256") != code:
        what = f"сделано другой версией программы ({manifest.get('code_version', 'неизвестной')})"
        yield Finding(False, place, what, remedy)


def _orders(root: Path) -> tuple[int, list[Finding]]:
    """How many signed orders were checked, and which are not as they were signed."""
    count, findings = 0, []
    try:
        for folder in order_folders(root):
            try:
                if read_order(folder).status_code not in UNSIGNED:
                    count += 1
                    checked_seal(folder)
            except StoreError as error:
                findings.append(Finding(True, error.where, error.what, error.remedy))
        if not findings:
            load_archive(root)  # the book of seals, and orders that contradict each other
    except PipelineError as error:
        findings.append(Finding(True, error.where or "decisions/orders", error.what, error.remedy))
    return count, findings


def _told(names: Iterable[str]) -> str:
    """The first names of many, and how many there are besides."""
    listed = list(names)
    more = f" и ещё {len(listed) - NAMED}" if len(listed) > NAMED else ""
    return ", ".join(listed[:NAMED]) + more
