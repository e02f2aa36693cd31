"""Files that would cost too much to open are refused before they are opened: the one place of every such limit.

A workbook is an archive, so a few kilobytes can unpack to gigabytes, and a single cell in the last corner of a sheet
makes a library lay out seventeen billion of them. What the sender declares about sizes is not believed: the archive is
unpacked and counted, at most up to the limit. Where the count cannot prove that a workbook is harmless (`.xls`, `.ods`,
far cells, long texts repeated many times) it is opened on trial in a process of its own, with little memory and time.
"""

import io
import re
import struct
import subprocess
import sys
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa

from pipeline.errors import SourceError
from pipeline.sources import trial

if TYPE_CHECKING:
    import pyarrow.parquet as pq

    from pipeline.sources.grid import SourceFile

# A workbook of a whole region with 100,000 pupils' rows has 10 MB, unpacks to 160 MB and has 4 million cells.
MAX_FILE_BYTES = 256 << 20
MAX_UNPACKED_BYTES = 256 << 20
COUNTED_BYTES = 64 << 20  # of an unpacked workbook; larger ones are tried out, which is quicker than counting
MAX_AREA = 4_000_000  # cells of a sheet's rectangle, filled or not: 0.3 GB when laid out
MAX_SPREAD_BYTES = 256 << 20  # texts of a workbook, each counted as often as it is shown
MAX_PARTS = 10_000  # parts of an archive
MAX_LINES = 2_000_000  # of a text
TRIAL_MEMORY_BYTES = 1 << 30
TRIAL_SECONDS = 15.0

# A Parquet file of all attempts of a region over ten years has 3 million rows.
MAX_PARQUET_ROWS = 5_000_000
# What reading a damaged Parquet file raises; its library has errors of many families.
PARQUET_FAULTS = (OSError, ValueError, RuntimeError, LookupError, TypeError, MemoryError, pa.ArrowException)

# What reading a zip raises on a damaged one: a torn archive, a foreign version or packing, a password, a broken part.
ZIP_FAULTS = (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError, ValueError, struct.error)
CHUNK = 1 << 20
PLAIN_KINDS = (
    pa.types.is_string,
    pa.types.is_large_string,
    pa.types.is_integer,
    pa.types.is_floating,
    pa.types.is_boolean,
    pa.types.is_decimal,
    pa.types.is_date,
    pa.types.is_timestamp,
    pa.types.is_null,
)
COLUMN = re.compile(rb"\sr\s*=\s*[\"']([A-Za-z]+)\d")
ROW = re.compile(rb"\sr\s*=\s*[\"'][A-Za-z]*(\d+)[\"']")
SHARED_CELL = re.compile(rb"\st\s*=\s*[\"']s[\"']")
SHARED_TEXT = re.compile(rb"<(?:\w+:)?si\b")
LAST_COLUMN, LAST_ROW = 16_384, 1_048_576


def refuse_heavy_file(file: "SourceFile") -> None:
    """Refuse a file that is too large to be one of ours, before it is read into memory.

    Raises:
        SourceError: it has more bytes than `MAX_FILE_BYTES`.
    """
    size = file.path.stat().st_size
    if size > MAX_FILE_BYTES:
        raise _too_heavy(file, f"{size >> 20} МБ, принимается до {MAX_FILE_BYTES >> 20} МБ", "Файл слишком велик")


def refuse_many_lines(file: "SourceFile", content: bytes) -> None:
    """Refuse a text of more lines than a region has pupils' results: blank ones cost as much as filled ones.

    Raises:
        SourceError: more lines than `MAX_LINES`.
    """
    lines = max(content.count(b"\n"), content.count(b"\r"))
    if lines > MAX_LINES:
        raise _too_heavy(file, f"строк {lines}, принимается до {MAX_LINES}", "В файле неправдоподобно много строк")


def refuse_wide_rows(file: "SourceFile", rows: Sequence[Sequence[object]]) -> None:
    """Refuse a table wider than any sheet: readers look at the header again and again.

    Raises:
        SourceError: a row has more cells than Excel has columns.
    """
    width = max(map(len, rows), default=0)
    if width > LAST_COLUMN:
        raise _too_heavy(file, f"столбцов {width}, принимается до {LAST_COLUMN}", "Таблица неправдоподобно широка")


def refuse_heavy_workbook(file: "SourceFile", content: bytes) -> None:
    """Refuse a workbook that unpacks to an absurd size or cannot be opened with the memory and time that it may take.

    Raises:
        SourceError: it is too heavy, or opening it fails in a way that would end the program.
        zipfile.BadZipFile: the archive is damaged (any of `ZIP_FAULTS`).
    """
    if content[:2] == b"PK" and _is_proved_harmless(file, content):
        return
    try:
        code = _tried(file.path)
    except subprocess.TimeoutExpired as error:
        raise _too_heavy(file, f"не открылась за {TRIAL_SECONDS:.0f} с") from error
    if code == trial.DAMAGED:
        raise SourceError("Книга Excel повреждена", where=file.file_id, remedy="запросите файл заново")
    if code != trial.OPENED:
        raise _too_heavy(file, f"для открытия мало {TRIAL_MEMORY_BYTES >> 30} ГБ памяти")


def refuse_heavy_parquet(file: "SourceFile", found: "pq.ParquetFile") -> None:
    """Refuse a Parquet file by what its description says: a few hundred bytes can stand for billions of rows.

    Raises:
        SourceError: more rows than `MAX_PARQUET_ROWS`.
    """
    rows = found.metadata.num_rows
    if rows > MAX_PARQUET_ROWS:
        raise _too_heavy(file, f"строк {rows}, принимается до {MAX_PARQUET_ROWS}", "Файл Parquet неправдоподобно велик")


def refuse_odd_columns(file: "SourceFile", schema: pa.Schema, columns: Sequence[str]) -> None:
    """Refuse columns that hold no plain values, or that are there twice.

    Raises:
        SourceError: names the first such column.
    """
    for name in columns:
        kind = schema.field(name).type if schema.names.count(name) == 1 else None
        inner = kind.value_type if kind is not None and pa.types.is_dictionary(kind) else kind
        if inner is None or not any(is_plain(inner) for is_plain in PLAIN_KINDS):
            told = "есть дважды" if kind is None else "хранит не простые значения (тексты, числа, даты, да/нет)"
            raise SourceError(
                f"Столбец {name} файла Parquet {told}",
                where=file.file_id,
                remedy="выгрузите таблицу заново: каждый столбец один раз, простыми значениями",
            )


def refuse_long_texts(file: "SourceFile", data: pa.Table) -> None:
    """Refuse a table whose texts, each as often as it stands there, would fill the memory; packed it may be tiny.

    Raises:
        SourceError: the texts are longer than `MAX_SPREAD_BYTES` together.
    """
    import pyarrow.compute as pc

    spread = 0
    for column in data.columns:
        for chunk in column.chunks:
            if pa.types.is_dictionary(chunk.type) and chunk.dictionary.type in (pa.string(), pa.large_string()):
                lengths = pc.binary_length(chunk.dictionary).cast(pa.int64())
                spread += pc.sum(lengths.take(chunk.indices)).as_py() or 0
    if spread > MAX_SPREAD_BYTES:
        raise _too_heavy(file, f"тексты займут {spread >> 20} МБ", "Файл Parquet неправдоподобно велик")


def _too_heavy(
    file: "SourceFile", told: str, what: str = "Книга распаковывается в неправдоподобно большой объём"
) -> SourceError:
    return SourceError(
        what,
        where=f"{file.file_id} ({told})",
        remedy="не открывайте файл; запросите его заново у отправителя",
    )


def _is_proved_harmless(file: "SourceFile", content: bytes) -> bool:
    """Whether counting shows that the workbook opens cheaply; False is no verdict yet.

    Raises:
        SourceError: it unpacks to more than `MAX_UNPACKED_BYTES`.
    """
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        parts = archive.infolist()
    if len(parts) > MAX_PARTS:
        raise _too_heavy(file, f"частей в архиве {len(parts)}")
    left = MAX_UNPACKED_BYTES
    is_excel, areas, shown_count, longest = False, 0, 0, 0
    for part in parts:
        data = b"".join(_unpacked(content, part, left))
        left -= len(data)
        if left < 0:
            raise _too_heavy(file, f"больше {MAX_UNPACKED_BYTES >> 20} МБ")
        if MAX_UNPACKED_BYTES - left > COUNTED_BYTES:
            continue
        name = part.filename.lower().replace("\\", "/")
        is_excel |= name == "xl/workbook.xml"
        if not name.endswith((".xml", ".rels")) and name.startswith("xl/worksheets"):
            return False  # a binary workbook in spite of its name
        # Relations may call any part a sheet, so every part is looked at as if it were one.
        areas = max(areas, _area(data))
        shown_count += len(SHARED_CELL.findall(data))
        longest = max([longest, *map(len, SHARED_TEXT.split(data)[1:])])
    is_counted = MAX_UNPACKED_BYTES - left <= COUNTED_BYTES
    return is_counted and is_excel and areas <= MAX_AREA and shown_count * longest <= MAX_SPREAD_BYTES


def _unpacked(content: bytes, part: zipfile.ZipInfo, limit: int) -> Iterator[bytes]:
    """The bytes of a part in pieces, a little more than the limit at most, whatever its declared size."""
    head = content[part.header_offset : part.header_offset + 30]
    if len(head) < 30 or head[:4] != b"PK\x03\x04":
        raise zipfile.BadZipFile("no local header")
    start = part.header_offset + 30 + int.from_bytes(head[26:28], "little") + int.from_bytes(head[28:30], "little")
    packed = content[start : start + part.compress_size]
    if part.compress_type == zipfile.ZIP_STORED:
        yield packed[: limit + 1]
    elif part.compress_type == zipfile.ZIP_DEFLATED:
        unpacking = zlib.decompressobj(-zlib.MAX_WBITS)
        given = 0
        while given <= limit and not unpacking.eof and (piece := unpacking.decompress(packed, CHUNK)):
            given += len(piece)
            packed = unpacking.unconsumed_tail
            yield piece
    else:
        raise NotImplementedError("a packing that workbooks do not use")


def _area(data: bytes) -> int:
    """Cells of the rectangle that the cells of a sheet span, at most: the largest column times the largest row."""
    columns = {_column_number(letters) for letters in set(COLUMN.findall(data))}
    rows = {int(digits) for digits in set(ROW.findall(data)) if len(digits) <= 12} | {0}
    last_column, last_row = max(columns, default=0), max(rows)
    # A place beyond Excel's own sheet is no place: the trial shows what the library makes of it.
    return MAX_AREA + 1 if last_column > LAST_COLUMN or last_row > LAST_ROW else last_column * last_row


def _column_number(letters: bytes) -> int:
    number = 0
    for letter in letters.upper()[:8]:
        number = 26 * number + letter - ord("A") + 1
    return number


def _tried(path: Path) -> int:
    """Exit code of opening the workbook in a process of its own."""
    words = [sys.executable, "-I", str(Path(trial.__file__)), str(path), str(TRIAL_MEMORY_BYTES)]
    silent = subprocess.DEVNULL
    return subprocess.run(
        words, stdin=silent, stdout=silent, stderr=silent, timeout=TRIAL_SECONDS, check=False
    ).returncode
