"""Opening a received file as sheets of cells: Excel (.xlsx, .xls, .ods) and CSV, told apart by content.

A file that is missing, empty, truncated, encrypted, mislabelled or of a foreign kind is refused here, with one
Russian paragraph; every reader behind this module may rely on cells.
"""

import codecs
import csv
import hashlib
import io
import math
import re
import zipfile
from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path

from pipeline.errors import SourceError
from pipeline.sources.heavy import (
    ZIP_FAULTS,
    refuse_heavy_file,
    refuse_heavy_workbook,
    refuse_many_lines,
    refuse_wide_rows,
)

Cell = str | float | int | bool | date | datetime | time | timedelta | None

EXCEL_SUFFIXES = (".xlsx", ".xlsm", ".xls", ".ods")
TEXT_SUFFIXES = (".csv", ".txt", ".tsv")
PARQUET_SUFFIXES = (".parquet",)
KNOWN_SUFFIXES = EXCEL_SUFFIXES + TEXT_SUFFIXES + PARQUET_SUFFIXES

JUDGED_CHARACTERS = 200_000  # the beginning of a text tells its encoding
PRINTED_NUMBER = re.compile(r"[+-]?\d+(\.\d*)?|[+-]?\.\d+")
WORD = re.compile(r"[^\W\d_a-zA-Z]{3,}")
# Control characters, but for ends of lines and tabs; marks without width; marks that turn the direction of a text.
INVISIBLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200b\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]")
FOREIGN_BEGINNINGS = (
    (b"%PDF", "документ PDF"),
    (b"Rar!", "архив RAR"),
    (b"7z\xbc\xaf", "архив 7z"),
    (b"\x89PNG", "картинка"),
    (b"\xff\xd8\xff", "картинка"),
)
FOREIGN_FOLDERS = (("word", "документ Word"), ("ppt", "презентация"))
LOAD_FOLDER = re.compile(r"^(\d{4}-\d{2}-\d{2})(?:\D.*)?$")


@dataclass(frozen=True)
class SourceFile:
    """A received file and what its place in `raw/` says about it.

    Args:
        path: where it lies on this machine.
        file_id: its path inside the region's folder, with forward slashes: the same on every machine.
        sha256: hash of its bytes.
        receipt_year: the folder `raw/<year>` it lies in.
        load_date: date of the load, from a folder named `YYYY-MM-DD…` below it; empty for the first delivery.
    """

    path: Path
    file_id: str
    sha256: str
    receipt_year: int
    load_date: str


@dataclass(frozen=True)
class Sheet:
    """One sheet: its name (empty for CSV) and rows of cells; row 1 of the operator is `rows[0]`."""

    name: str
    rows: list[list[Cell]]


def source_file(path: Path, root: Path, receipt_year: int) -> SourceFile:
    """The description of a file in `raw/`; reads it once for the hash."""
    load_dates = [m.group(1) for part in path.relative_to(root).parts[:-1] if (m := LOAD_FOLDER.match(part))]
    with path.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
    return SourceFile(
        path=path,
        file_id=path.relative_to(root).as_posix(),
        sha256=digest,
        receipt_year=receipt_year,
        load_date=load_dates[-1] if load_dates else "",
    )


def open_sheets(file: SourceFile) -> tuple[Sheet, ...]:
    """The sheets of an Excel or CSV file, cells cleaned (`clean`), or a `SourceError`."""
    suffix = file.path.suffix.lower()
    if suffix not in KNOWN_SUFFIXES:
        raise SourceError(
            f"Файл неизвестного вида «{suffix or 'без расширения'}»",
            where=file.file_id,
            remedy="принимаются .xlsx, .xls, .ods, .csv и .parquet; сохраните таблицу в одном из этих видов "
            "или уберите файл из raw/",
        )
    content = _content(file)
    foreign = _foreign_kind(content)
    if foreign:
        raise SourceError(
            f"Файл назван «{suffix}», но внутри {foreign}",
            where=file.file_id,
            remedy="запросите таблицу в .xlsx или .csv, а этот файл уберите в папку, имя которой начинается с «_»",
        )
    is_excel = content[:4] == b"PK\x03\x04" or content[:4] == b"\xd0\xcf\x11\xe0"
    if suffix in EXCEL_SUFFIXES:
        if not is_excel:
            raise SourceError(
                f"Файл назван «{suffix}», но внутри не книга Excel",
                where=file.file_id,
                remedy="если это текст с разделителями, переименуйте его в .csv; иначе запросите файл заново",
            )
        return _excel_sheets(file, content)
    if is_excel:
        raise SourceError(
            f"Файл назван «{suffix}», но внутри книга Excel", where=file.file_id, remedy="переименуйте его в .xlsx"
        )
    return (Sheet("", _csv_rows(file, content)),)


def clean(value: object) -> Cell:
    """A cell as readers see it: text stripped of spaces and invisible marks, blank as None."""
    if isinstance(value, str):
        return (value if value.isprintable() else _without_invisible(value)).strip() or None
    if isinstance(value, float) and value != value:
        return None
    return value  # type: ignore[return-value]  # calamine gives exactly the kinds of Cell


def text(value: Cell) -> str:
    """A cell as text: 41.0 is "41", a blank is "", inner white space is one space."""
    if value is None:
        return ""
    if isinstance(value, str):
        return " ".join(value.split())
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return " ".join(str(value).split())


def number(value: Cell) -> float | None:
    """A cell as a number, with decimal comma, spaces between thousands or a percent sign; None where it is none."""
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, int | float):
        return _finite(float(value))
    if not isinstance(value, str):
        return None
    if value.isascii() and value.isdigit():  # nearly all of the cells of a large file
        return _finite(float(value))
    stripped = value.replace(" ", "").replace("\xa0", "").replace(",", ".").rstrip("%")
    return _finite(float(stripped)) if PRINTED_NUMBER.fullmatch(stripped) else None


def _finite(value: float) -> float | None:
    """The number, or None for one with more digits than numbers have here."""
    return value if math.isfinite(value) else None


def _without_invisible(value: str) -> str:
    """The text with plain spaces and without marks that nobody sees, orders to a terminal among them."""
    return INVISIBLE.sub("", value.replace("\xa0", " "))


def is_blank(row: list[Cell]) -> bool:
    """Whether no cell of the row holds anything."""
    return all(cell is None for cell in row)


def _content(file: SourceFile) -> bytes:
    """The bytes of the file; missing, unreadable and empty files are refused."""
    try:
        refuse_heavy_file(file)
        content = file.path.read_bytes()
    except OSError as error:
        raise SourceError(
            "Файл не удаётся открыть", where=file.file_id, remedy="проверьте, что файл на месте и доступен для чтения"
        ) from error
    if not content.strip():
        raise SourceError("Файл пуст", where=file.file_id, remedy="запросите файл заново или уберите его из папки")
    return content


def _foreign_kind(content: bytes) -> str:
    """What a file that is no table is, in Russian; empty where it may be one."""
    found = next((kind for beginning, kind in FOREIGN_BEGINNINGS if content.startswith(beginning)), "")
    if found or not content.startswith(b"PK\x03\x04"):
        return found
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            folders = {name.split("/")[0] for name in archive.namelist()}
    except ZIP_FAULTS:
        return ""
    is_document = next((kind for folder, kind in FOREIGN_FOLDERS if folder in folders), "")
    return is_document or ("" if folders & {"xl", "content.xml"} else "архив ZIP")


def _excel_sheets(file: SourceFile, content: bytes) -> tuple[Sheet, ...]:
    """Sheets of an Excel or OpenDocument workbook, hidden ones too."""
    from python_calamine import CalamineError, CalamineWorkbook, PasswordError

    damaged = SourceError(
        "Книга Excel повреждена или передана не до конца", where=file.file_id, remedy="запросите файл заново"
    )
    try:
        refuse_heavy_workbook(file, content)
        workbook = CalamineWorkbook.from_filelike(io.BytesIO(content))
        sheets = [
            Sheet(
                name,
                [
                    [clean(v) for v in row]
                    for row in workbook.get_sheet_by_index(place).to_python(skip_empty_area=False)
                ],
            )
            for place, name in enumerate(_sheet_names(workbook.sheet_names))
        ]
    except PasswordError as error:
        raise SourceError(
            "Книга защищена паролем", where=file.file_id, remedy="снимите пароль в Excel и сохраните файл заново"
        ) from error
    except (CalamineError, OSError, *ZIP_FAULTS) as error:
        encrypted = content[:4] == b"\xd0\xcf\x11\xe0" and "EncryptedPackage".encode("utf-16-le") in content
        if encrypted:
            raise SourceError(
                "Книга защищена паролем", where=file.file_id, remedy="снимите пароль в Excel и сохраните файл заново"
            ) from error
        raise damaged from error
    for sheet in sheets:
        refuse_wide_rows(file, sheet.rows)
    if not any(not is_blank(row) for sheet in sheets for row in sheet.rows):
        raise SourceError("В книге нет ни одной заполненной ячейки", where=file.file_id, remedy="запросите файл заново")
    return tuple(sheets)


def _sheet_names(given: list[str]) -> list[str]:
    """Names without marks that nobody sees, each once: a row is found again by the name of its sheet."""
    names: list[str] = []
    for name in map(_without_invisible, given):
        number = names.count(name) + 1
        names.append(name if number == 1 else f"{name} ({number})")
    return names


def _csv_rows(file: SourceFile, content: bytes) -> list[list[Cell]]:
    """Rows of a text file: encoding and delimiter are recognised, not asked for."""
    if content[:4] == b"PAR1" or (
        b"\x00" in content[:4096].replace(codecs.BOM_UTF16_LE, b"") and not _is_utf16(content)
    ):
        raise SourceError(
            "Файл назван как текст, но внутри двоичные данные",
            where=file.file_id,
            remedy="проверьте расширение имени файла или запросите файл заново",
        )
    # Cells are cleaned as `clean` does it, the marks in the whole text at once: a large file has millions of cells.
    refuse_many_lines(file, content)
    decoded = _without_invisible(_decoded(file, content))
    sample = "\n".join(decoded[:JUDGED_CHARACTERS].splitlines()[:50])
    delimiter = max(";\t,", key=sample.count)
    try:
        rows: list[list[Cell]] = [
            [cell.strip() or None for cell in row]
            for row in csv.reader(io.StringIO(decoded, newline=""), delimiter=delimiter, strict=False)
        ]
    except csv.Error as error:
        raise SourceError(
            "Текст с разделителями не читается: в нём есть ячейка неправдоподобной длины или незакрытая кавычка",
            where=file.file_id,
            remedy="проверьте кавычки в файле или запросите его заново",
        ) from error
    refuse_wide_rows(file, rows)
    # csv.reader drops nothing, but a quoted line break would shift the operator's row numbers: they follow the records.
    return rows


def _is_utf16(content: bytes) -> bool:
    return content[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def _decoded(file: SourceFile, content: bytes) -> str:
    """The text: UTF-16 and UTF-8 by their marks and strictness, else cp1251 where it yields Russian or plain text."""
    if _is_utf16(content):
        return content.decode("utf-16", errors="replace")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        pass
    try:
        decoded = content.decode("cp1251")
    except UnicodeDecodeError:
        decoded = ""
    if not _is_russian(decoded[:JUDGED_CHARACTERS]):
        raise SourceError(
            "Кодировка текста не распознана: это не UTF-8 и не Windows-1251",
            where=file.file_id,
            remedy="откройте файл в Excel или текстовом редакторе и сохраните как CSV UTF-8",
        )
    return decoded


def _is_russian(decoded: str) -> bool:
    """Whether a text read as cp1251 is Russian: KOI8-R or CP866 read so give other letters or turn the case around."""
    letters = Counter({c: n for c, n in Counter(decoded).items() if not c.isascii() and c.isalpha()})
    russian = sum(n for c, n in letters.items() if "а" <= c.lower() <= "я" or c in "ёЁ")
    # Only words show the case: class letters alone («5Б», all capital) are no sign of a foreign encoding.
    words = Counter("".join(WORD.findall(decoded)))
    small = sum(n for c, n in words.items() if c.islower())
    capital = sum(n for c, n in words.items() if c.isupper())
    return russian > 0.95 * letters.total() and small >= 0.5 * capital
