"""One order on disk, read, written and sealed: `decisions/orders/<order_id>/`.

`order.toml` says what the order is, `schools.csv` names its schools, `frozen/` is a copy of the identification it
stands on, `seal.json` holds the hash of every file from the signature on. A signed order is never written again.
"""

import csv
import hashlib
import io
import json
import os
import re
import shutil
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, fields, replace
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd

from pipeline import region
from pipeline.errors import StoreError
from pipeline.formula_guard import guarded
from pipeline.orders import UNSIGNED
from pipeline.russian import system_fault, toml_place
from pipeline.schema import records
from pipeline.store import MANIFEST, sha256
from pipeline.tables.orders import ORDER_KINDS, ORDER_SCHOOLS

ORDER_FILE, SCHOOLS_FILE, SEAL_FILE, FROZEN = "order.toml", "schools.csv", "seal.json", "frozen"
ORDER_ID = re.compile(rf"(\d{{4}})-({'|'.join(ORDER_KINDS)})-(\d{{2,}})")
ISO_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
RESTORE = "верните папку приказа из резервной копии: подписанный приказ не меняют"


@dataclass(frozen=True)
class Order:
    """What `order.toml` says; the names are those of `ORDERS`. An amendment may stand on decisions, without a run."""

    order_id: str
    year: int
    kind_code: str
    status_code: str
    issuer_name: str
    signatory_post: str
    signatory_name: str
    run_id: str | None = None
    edition: str | None = None
    replaces_id: str | None = None
    number: str | None = None
    signed_date: date | None = None
    override_text: str | None = None


def order_folder(root: Path, order_id: str) -> Path:
    """Where an order lies."""
    return root / "decisions" / "orders" / order_id


def order_folders(root: Path) -> list[Path]:
    """The folders of orders, by code; a hidden one is a write that was interrupted."""
    home = root / "decisions" / "orders"
    found = sorted(home.iterdir()) if home.is_dir() else []
    folders = [path for path in found if path.is_dir() and not path.name.startswith((".", "_", "~"))]
    for path in folders:
        if not ORDER_ID.fullmatch(path.name):
            raise StoreError(
                "Папка в decisions/orders названа не кодом приказа",
                where=_place(path),
                remedy="код приказа — например, 2026-list-01; постороннюю папку уберите",
            )
    return folders


def new_order_id(root: Path, year: int, kind: str) -> str:
    """The first free code of an order; a code is never used again while its folder lies there."""
    taken = [
        int(m[3])
        for f in order_folders(root)
        if (m := ORDER_ID.fullmatch(f.name)) and m.group(1, 2) == (str(year), kind)
    ]
    return f"{year}-{kind}-{max(taken, default=0) + 1:02d}"


def read_order(folder: Path) -> Order:
    """What the order in a folder is.

    Raises:
        StoreError: `order.toml` is missing, unreadable, or says another order than the folder.
    """
    path, where = folder / ORDER_FILE, f"{_place(folder)}/{ORDER_FILE}"
    remedy = "верните папку приказа из резервной копии; ненужный проект уберите целой папкой"
    try:
        said = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError as error:
        raise StoreError("В папке приказа нет файла order.toml", where=_place(folder), remedy=remedy) from error
    except (OSError, ValueError, RecursionError) as error:
        place = f": {system_fault(error)}" if isinstance(error, OSError) else toml_place(error)
        raise StoreError("Файл приказа не читается", where=where + place, remedy=remedy) from error
    kinds = {"year": int, "signed_date": date}
    wrong = [field.name for field in fields(Order) if field.default is not None and field.name not in said]
    known = {field.name for field in fields(Order)}
    wrong += [n for n, value in said.items() if n not in known or type(value) is not kinds.get(n, str)]
    if wrong:
        told = f"В файле приказа не хватает строк, есть лишние или неверные: {', '.join(sorted(wrong))}"
        raise StoreError(told, where=where, remedy=remedy)
    order = Order(**said)
    is_whole = order.status_code in UNSIGNED or (order.status_code == "signed" and order.number and order.signed_date)
    is_whole = is_whole and (order.run_id is not None or order.kind_code == "amendment")
    is_its_own = order.order_id == folder.name and folder.name.startswith(f"{order.year}-{order.kind_code}-")
    if not is_its_own or not is_whole:
        raise StoreError(
            "Файл приказа испорчен или говорит о другом приказе, чем его папка", where=where, remedy=remedy
        )
    return order


def frozen_manifest(root: Path, order_id: str) -> dict[str, Any]:
    """The manifest of the identification that an order stands on."""
    path = order_folder(root, order_id) / FROZEN / MANIFEST
    try:
        manifest: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        manifest["tables"], manifest["inputs"]
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise StoreError(
            "Копия расчёта, на котором стоит приказ, не читается",
            where=f"decisions/orders/{order_id}/{FROZEN}/{MANIFEST}",
            remedy="составьте проект заново; папку подписанного приказа верните из резервной копии",
        ) from error
    return manifest


def newest_load(root: Path, order_id: str) -> date | None:
    """The newest day on which results behind an order were received; None where the files do not tell."""
    days = (str(described.get("load_date") or "") for described in frozen_manifest(root, order_id)["inputs"].values())
    return max((date.fromisoformat(day) for day in days if ISO_DAY.fullmatch(day)), default=None)


def refuse_changed_copy(root: Path, order_id: str) -> None:
    """Refuse a draft whose copy of the tables is not what the identification had published."""
    folder = order_folder(root, order_id) / FROZEN
    manifest, changed = frozen_manifest(root, order_id), ""
    if manifest.get("run_id") != read_order(folder.parent).run_id:
        changed = MANIFEST
    for name, described in manifest["tables"].items():
        path = folder / f"{name}.parquet"
        if not path.is_file() or sha256(path) != described["sha256"]:
            changed = path.name
    if changed:
        raise StoreError(
            "Копия расчёта, на котором стоит проект приказа, изменена или неполна",
            where=f"{_place(folder.parent)}/{FROZEN}/{changed}",
            remedy="составьте проект заново: shnro order draft (перечень) или shnro order amend (изменения)",
        )


def read_schools(folder: Path) -> pd.DataFrame:
    """The schools of an order (`ORDER_SCHOOLS`)."""
    path = folder / SCHOOLS_FILE
    if not path.is_file():
        raise StoreError("В папке приказа нет списка школ", where=f"{_place(folder)}/{SCHOOLS_FILE}", remedy=RESTORE)
    own = region.read_reference(path, ORDER_SCHOOLS)
    if not (own["order_id"] == folder.name).all():
        raise StoreError("Список школ — другого приказа", where=f"{_place(folder)}/{SCHOOLS_FILE}", remedy=RESTORE)
    return own


def write_draft(root: Path, order: Order, schools: pd.DataFrame, published: Path | None) -> None:
    """Write a draft whole: the order, its schools and a copy of the published identification.

    An older draft of the same order stays beside it as `.old-<order_id>`: somebody may have worked on its schools.

    Args:
        root: the region's folder (DIR).
        order: what `order.toml` will say.
        schools: the order's (`ORDER_SCHOOLS`).
        published: folder of the identification that `order.run_id` names; None: the order stands on decisions alone.

    Raises:
        StoreError: it cannot be written, or another run is published meanwhile; the older draft is there still.
    """
    assert order.status_code in UNSIGNED
    home = root / "decisions" / "orders"
    target, new, old = (home / f"{mark}{order.order_id}" for mark in ("", ".new-", ".old-"))
    with _told(f"decisions/orders/{order.order_id}"):
        for left in (new, old):
            if left.exists():
                shutil.rmtree(left)
        home.mkdir(parents=True, exist_ok=True)
        _freeze(published, order.run_id, new / FROZEN)
        (new / ORDER_FILE).write_bytes(_toml(order))
        (new / SCHOOLS_FILE).write_bytes(_csv(schools))
        if target.exists():
            assert read_order(target).status_code in UNSIGNED, "a signed order is never written again"
            target.rename(old)
        try:
            new.rename(target)
        except OSError:
            if old.exists():
                old.rename(target)
            raise


def rewrite(root: Path, order: Order) -> None:
    """Write a new state of an unsigned order; a signature seals every file of the folder first.

    Raises:
        StoreError: it cannot be written; the order is then what it was.
    """
    folder = order_folder(root, order.order_id)
    assert read_order(folder).status_code in UNSIGNED, "a signed order is never written again"
    text = _toml(order)
    with _told(f"decisions/orders/{order.order_id}"):
        if order.status_code == "signed":
            hashes = {name: sha256(path) for name, path in _sealed_files(folder).items()}
            hashes[ORDER_FILE] = hashlib.sha256(text).hexdigest()
            seal = {"files": hashes, "seal_sha256": _seal(hashes)}
            sealed = json.dumps(seal, ensure_ascii=False, indent=2, sort_keys=True) + "\n"
            _replace(folder / SEAL_FILE, sealed.encode("utf-8"))
        # From here on the order is signed: one step, and the seal lies beside it already.
        _replace(folder / ORDER_FILE, text)


def restore_interrupted(root: Path) -> None:
    """Put an older draft back where a command was killed between taking it away and putting the new one there."""
    home = root / "decisions" / "orders"
    with _told("decisions/orders"):
        for old in sorted(home.glob(".old-*")):
            order_id = old.name.removeprefix(".old-")
            if (home / f".new-{order_id}").exists() and not (home / order_id).exists():
                old.rename(home / order_id)


def signed(order: Order, number: str, day: date, override: str | None) -> Order:
    """The order as its signature leaves it."""
    return replace(order, status_code="signed", number=number, signed_date=day, override_text=override)


def checked_seal(folder: Path) -> str:
    """The seal of a signed order, after every sealed file has been found to be as it was signed.

    Raises:
        StoreError: a file is missing, has changed, or has been added to the frozen run; the message names it.
    """
    place = _place(folder)
    try:
        said = json.loads((folder / SEAL_FILE).read_text(encoding="utf-8"))
        hashes, seal = {str(k): str(v) for k, v in said["files"].items()}, str(said["seal_sha256"])
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise StoreError("Печать приказа не читается", where=f"{place}/{SEAL_FILE}", remedy=RESTORE) from error
    if _seal(hashes) != seal or not {ORDER_FILE, SCHOOLS_FILE} <= set(hashes):
        raise StoreError("Печать приказа изменена", where=f"{place}/{SEAL_FILE}", remedy=RESTORE)
    present = _sealed_files(folder) | {ORDER_FILE: folder / ORDER_FILE}
    for name, expected in sorted(hashes.items()):
        if name not in present:
            raise StoreError("Из папки подписанного приказа пропал файл", where=f"{place}/{name}", remedy=RESTORE)
        if sha256(present[name]) != expected:
            raise StoreError(
                "Файл подписанного приказа изменён после подписания", where=f"{place}/{name}", remedy=RESTORE
            )
    for name in sorted(set(present) - set(hashes)):
        # What a file manager leaves behind when somebody only looks is no change.
        if not name.rpartition("/")[2].startswith((".", "~")):
            raise StoreError(
                "В замороженный расчёт подписанного приказа добавлен файл",
                where=f"{place}/{name}",
                remedy="уберите его; скан приказа и письма кладут рядом с order.toml",
            )
    return seal


def _freeze(published: Path | None, run_id: str | None, folder: Path) -> None:
    """Copy what an order stands on, file by file: the first fault ends it and is told as it is."""
    folder.mkdir(parents=True)
    if published is None:
        (folder / MANIFEST).write_text('{"tables": {}, "inputs": {}}\n', encoding="utf-8")
        return
    # A publication is a link that a calculation may turn to another version at any moment.
    version = published.resolve()
    for path in sorted(p for p in version.rglob("*") if p.is_file()):
        target = folder / path.relative_to(version)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, target)
    if json.loads((folder / MANIFEST).read_text(encoding="utf-8"))["run_id"] != run_id:
        raise StoreError(
            "Пока составлялся проект, опубликован новый расчёт",
            where="published/identification",
            remedy="повторите команду; прежнее состояние приказов сохранено",
        )


def _sealed_files(folder: Path) -> dict[str, Path]:
    """The files that a signature seals, but `order.toml`, by their path inside the folder.

    A scan of the order or a letter may be laid beside them later.
    """
    frozen = {p.relative_to(folder).as_posix(): p for p in sorted((folder / FROZEN).rglob("*")) if p.is_file()}
    schools = folder / SCHOOLS_FILE
    return frozen | ({SCHOOLS_FILE: schools} if schools.is_file() else {})


def _seal(hashes: dict[str, str]) -> str:
    """One hash over the hashes of all files."""
    return hashlib.sha256("".join(f"{name}\0{hashes[name]}\n" for name in sorted(hashes)).encode()).hexdigest()


def _toml(order: Order) -> bytes:
    """The text of `order.toml`."""
    lines = ["# Приказ. После подписания файл не меняют: изменения вносит новый приказ (shnro order amend)."]
    for name, value in asdict(order).items():
        if isinstance(value, date):
            lines.append(f"{name} = {value.isoformat()}")
        elif isinstance(value, int):
            lines.append(f"{name} = {value}")
        elif value is not None:
            # A text in JSON is a text in TOML, but for one control character.
            lines.append(f"{name} = {json.dumps(value, ensure_ascii=False)}".replace("\x7f", "\\u007f"))
    return ("\n".join(lines) + "\n").encode("utf-8")


def _csv(schools: pd.DataFrame) -> bytes:
    """The schools of an order as the folder keeps them: UTF-8, commas, names of columns."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(ORDER_SCHOOLS.column_names)
    for row in records(ORDER_SCHOOLS.conform(schools)):
        # People look at the file in Excel: a name must not be reckoned as a formula.
        writer.writerow(guarded(value) if isinstance(value, str) else value for value in row.values())
    return stream.getvalue().encode("utf-8")


def _replace(path: Path, content: bytes) -> None:
    """Write a file in one step."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    with temporary.open("wb") as stream:
        stream.write(content)
        # A signature has to outlast a power failure that follows at once.
        stream.flush()
        os.fsync(stream.fileno())
    temporary.replace(path)


@contextmanager
def _told(where: str) -> Iterator[None]:
    """A fault of the disk as the operator should read it."""
    try:
        yield
    except OSError as error:
        raise StoreError(
            f"Приказ не удаётся записать: {system_fault(error)}",
            where=where,
            remedy="проверьте свободное место и право записи, закройте файлы приказа; прежнее состояние сохранено",
        ) from error


def _place(folder: Path) -> str:
    """The folder of an order as the operator finds it."""
    return f"decisions/orders/{folder.name}"
