"""Deterministic ways to spoil an honest file: its bytes, the parts of its archive, its cells.

Every case is made from the number of the case alone, so a failure is repeated by running that number again.
"""

# ruff: noqa: E501 - bytes of files are clearer in one line

import csv
import io
import random
import zipfile
from collections.abc import Callable
from datetime import date, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import xlsxwriter

from pipeline.errors import PipelineError
from pipeline.sources.grid import EXCEL_SUFFIXES, PARQUET_SUFFIXES, Sheet, open_sheets, source_file

ESCAPE = "\x1b]0;взлом\x07\x1b[2J\x1b[31m"
NASTY: tuple[object, ...] = (
    None, "", " ", 0, -1, 1, 5, 3.5, 1e308, -1e308, 1e15, 2**31, 2**63, True, False, "nan", "inf", "-inf", "1e999", "٣",
    "１２", "½", "1,5", "1.5.5", "12 345", "99999999999999999999999", "-0", "0x10", "1_000", "=1+1", "+7", "-cmd", "@SUM(A1)",
    "=HYPERLINK(\"x\")", "'", '"', ";", "\n", "a\r\nb", "\t", "x" * 40_000, "<script>alert(1)</script>", "</w:t>", "{{ 7*7 }}",
    "{% for %}", "../../etc/passwd", "C:\\CON", "нет отметки", "отсутствовал", "х", "Х", "x", "итого", "Всего", "Средние",
    ESCAPE, "\u202eабв", "\ud7ff", "\U0001f600", "e\u0301", "ё" * 300, "01.01.0001", "31.12.9999", "2026-02-30", "30.02.2026",
    "0000-00-00", "2026", "Ⅷ", "[", "(", "\\", "%s%n", "{0}", "#N/A", "#ССЫЛКА!", "№", "А" * 32_000,
    date(1900, 1, 1), date(9999, 12, 31), datetime(2026, 7, 15, 12, 30), timedelta(days=1),
)  # fmt: skip


def spoiled(path: Path, number: int) -> tuple[str, bytes, str]:
    """A spoilt copy of an honest file: suffix, bytes, and what was done to it."""
    dice = random.Random(number)
    content = path.read_bytes()
    suffix = path.suffix.lower()
    ways: list[Callable[[bytes, random.Random], bytes]] = [torn, flipped, spliced, blanked, doubled]
    if content[:2] == b"PK":
        ways = [*ways[:2], *[inner] * 4]
    if suffix in PARQUET_SUFFIXES:
        ways += [footer] * 4
    if number % 2 and (made := with_other_cells(path, dice)) is not None:
        return made
    way = dice.choice(ways)
    return suffix, way(content, dice), way.__name__


def torn(content: bytes, dice: random.Random) -> bytes:
    """The beginning of the file."""
    return content[: dice.randrange(len(content))]


def flipped(content: bytes, dice: random.Random) -> bytes:
    """Some bits turned over."""
    spoilt = bytearray(content)
    for _ in range(dice.choice((1, 1, 2, 8, 64))):
        spoilt[dice.randrange(len(spoilt))] ^= 1 << dice.randrange(8)
    return bytes(spoilt)


def spliced(content: bytes, dice: random.Random) -> bytes:
    """A piece of the file put somewhere else in it."""
    start, place = dice.randrange(len(content)), dice.randrange(len(content))
    piece = content[start : start + dice.randrange(1, 4000)]
    return content[:place] + piece + content[place + dice.choice((0, len(piece))) :]


def blanked(content: bytes, dice: random.Random) -> bytes:
    """A piece replaced with one byte, many times."""
    place, size = dice.randrange(len(content)), dice.randrange(1, 2000)
    return content[:place] + dice.choice((b"\0", b"\xff", b'"', b";", b"\n", b"9")) * size + content[place + size :]


def doubled(content: bytes, dice: random.Random) -> bytes:
    """Two copies, the second one torn."""
    return content + torn(content, dice)


def inner(content: bytes, dice: random.Random) -> bytes:
    """One part of an archive spoilt and packed again with the right checksum, or left out, or there twice."""
    stream = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as new:
        names = old.namelist()
        victim = dice.choice(
            [*names, *[name for name in names if "sheet" in name.lower() or "shared" in name.lower()] * 3]
        )
        for name in names:
            data = old.read(name)
            if name == victim:
                way = dice.choice((torn, flipped, spliced, blanked, swapped, swapped, swapped, None))
                if way is None:
                    continue
                data = way(data, dice) if data else b"?"
            new.writestr(name, data)
    return stream.getvalue()


def swapped(data: bytes, dice: random.Random) -> bytes:
    """Numbers and places of an XML part replaced with impossible ones."""
    spoilt = data
    for _ in range(dice.choice((1, 3))):
        old, news = dice.choice(
            (
                (b'r="', (b'r="XFD', b'r="ZZZZZZ', b'r="-', b'r="1048576', b"r='")),
                (b"<v>", (b"<v>-", b"<v>9999999", b"<v>1e999</v><v>", b"<v>\xd0", b"<v>&lol;", b"<v>\x00")),
                (b't="s"', (b't="e"', b't="b"', b't="d"', b't="inlineStr"', b't="?"', b"")),
                (b's="', (b's="9999', b's="-1', b's="')),
                (b"<row", (b"<row r='0' ", b"<row><row", b"</row", b"<!--")),
                (b"<t", (b"<t>\x1b[31m</t><t", b"<t><![CDATA[", b"<t></si><si>", b"<r><t")),
                (b'sheetId="', (b'sheetId="9', b'r:id="', b'name="\x1b[2J" sheetId="')),
                (b"Target=", (b"Target='../../../../etc/passwd' X=", b"Target='http://127.0.0.1/' X=")),
                (b"?>", (b'?><!DOCTYPE a [<!ENTITY lol "' + b"x" * 1000 + b'">]>', b' encoding="utf-16"?>')),
            )
        )
        places = (
            [place for place in range(len(spoilt)) if spoilt.startswith(old, place)] if len(spoilt) < 50_000 else []
        )
        if places:
            place = dice.choice(places)
            spoilt = spoilt[:place] + dice.choice(news) + spoilt[place + len(old) :]
    return spoilt


def footer(content: bytes, dice: random.Random) -> bytes:
    """A bit of the description at the end of a Parquet file turned over, or its length."""
    spoilt = bytearray(content)
    size = int.from_bytes(content[-8:-4], "little")
    for _ in range(dice.choice((1, 1, 3))):
        spoilt[-1 - dice.randrange(min(size + 8, len(spoilt)))] ^= 1 << dice.randrange(8)
    return bytes(spoilt)


def with_other_cells(path: Path, dice: random.Random) -> tuple[str, bytes, str] | None:
    """The table with some cells, rows or columns replaced, in some format; None where it is no table."""
    if path.suffix.lower() in PARQUET_SUFFIXES:
        return ".parquet", _parquet(path, dice), "cells of parquet"
    try:
        sheets = open_sheets(source_file(path, path.parent, 2026))
    except PipelineError:
        return None
    victim = dice.choice([*sheets, *sorted(sheets, key=lambda sheet: -len(sheet.rows))[:1] * 3])
    spoilt = [Sheet(sheet.name, _other_rows(sheet.rows, dice)) if sheet is victim else sheet for sheet in sheets]
    if path.suffix.lower() in EXCEL_SUFFIXES and dice.random() < 0.8:
        return ".xlsx", _workbook(spoilt), "cells of a workbook"
    rows = spoilt[sheets.index(victim)].rows
    stream = io.StringIO()
    delimiter = dice.choice(";;;,\t")
    quoting = dice.choice((csv.QUOTE_MINIMAL, csv.QUOTE_ALL))
    csv.writer(stream, delimiter=delimiter, quoting=quoting).writerows(rows)
    encoding = dice.choice(("cp1251", "utf-8", "utf-8-sig", "utf-16", "koi8-r", "utf-16-be", "utf-7"))
    return (
        dice.choice((".csv", ".csv", ".txt", ".tsv")),
        stream.getvalue().encode(encoding, "replace"),
        f"csv {encoding}",
    )


def _other_rows(rows: list[list[object]], dice: random.Random) -> list[list[object]]:
    """Few things changed: a file must still be recognised for its reader to be tried."""
    made = [list(row) for row in rows[:120]]
    for _ in range(dice.choice((1, 2, 5, 20))):
        if not made:
            break
        row = dice.choice(made)
        what = dice.random()
        if what < 0.75 and row:
            row[dice.randrange(len(row))] = dice.choice(NASTY)
        elif what < 0.8:
            made.insert(dice.randrange(len(made)), list(row))
        elif what < 0.85:
            made.remove(row)
        elif what < 0.9 and row:
            column = dice.randrange(len(row))
            for other in made:
                if column < len(other):
                    other[column] = dice.choice(NASTY) if dice.random() < 0.5 else other[column]
        elif what < 0.95:
            row += [dice.choice(NASTY) for _ in range(dice.choice((1, 50)))]
        elif row:
            del row[dice.randrange(len(row)) :]
    return made


def _workbook(sheets: list[Sheet]) -> bytes:
    stream = io.BytesIO()
    options = {
        "in_memory": True,
        "nan_inf_to_errors": True,
        "strings_to_formulas": True,
        "default_date_format": "dd.mm.yyyy",
    }
    with xlsxwriter.Workbook(stream, options) as workbook:
        for sheet in sheets:
            page = workbook.add_worksheet(sheet.name[:31])
            for index, row in enumerate(sheet.rows):
                for column, value in enumerate(row):
                    if (isinstance(value, str) and len(value) > 32_767) or value == 2**63:
                        page.write_string(index, column, str(value)[:32_767])
                    else:
                        page.write(index, column, value)
    return stream.getvalue()


def _parquet(path: Path, dice: random.Random) -> bytes:
    data = pq.read_table(path)
    name = dice.choice(data.column_names)
    place = data.column_names.index(name)
    rows = data.num_rows
    columns: list[pa.Array] = [
        pa.array([str(dice.choice(NASTY))[:1000] for _ in range(rows)]),
        pa.array([dice.choice((None, -1, 2**62, 0)) for _ in range(rows)], pa.int64()),
        pa.array([dice.choice((None, float("nan"), float("inf"), 1e300, 2.5)) for _ in range(rows)], pa.float64()),
        pa.array([[1, 2]] * rows),
        pa.array([{"a": "б"}] * rows),
        pa.array([b"\xff\xfe"] * rows),
        pa.array([timedelta(days=1)] * rows),
        pa.array([date(2026, 1, 1)] * rows),
        pa.array([datetime(2026, 1, 1)] * rows),
        pa.array([None] * rows, pa.null()),
        pa.array([dice.random() < 0.5 for _ in range(rows)]),
        pa.array(["а"] * rows).dictionary_encode(),
    ]
    spoilt = data.set_column(place, name, dice.choice(columns))
    if dice.random() < 0.2:
        spoilt = spoilt.append_column(name, columns[0])
    stream = io.BytesIO()
    pq.write_table(spoilt, stream)
    return stream.getvalue()
