"""Files that are small and open to something enormous, or lead somewhere else: made here, none of them is anybody's.

Each is a name and a function that gives its bytes; most are made from one honest workbook of three cells.
"""

# ruff: noqa: E501 - bytes of files are clearer in one line

import io
import struct
import zipfile
import zlib
from collections.abc import Callable

import pyarrow as pa
import pyarrow.parquet as pq
import xlsxwriter

SHEET, STRINGS = "xl/worksheets/sheet1.xml", "xl/sharedStrings.xml"
MB = 1 << 20
RESULTS = ("school_id", "municipality_id", "year", "procedure", "subject", "grade", "tested_count", "low_count")


def book(*rows: tuple[object, ...]) -> bytes:
    """An honest workbook."""
    stream = io.BytesIO()
    with xlsxwriter.Workbook(stream, {"in_memory": True}) as workbook:
        sheet = workbook.add_worksheet("Лист1")
        for index, row in enumerate(rows or (("Код ОО", "Школа"), ("1", "Озёрная школа"))):
            sheet.write_row(index, 0, row)
    return stream.getvalue()


def changed(content: bytes, parts: dict[str, Callable[[bytes], bytes] | bytes]) -> bytes:
    """The archive with some parts changed or added."""
    stream = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as new:
        for name in [*old.namelist(), *(name for name in parts if name not in old.namelist())]:
            given = parts.get(name)
            new.writestr(
                name, old.read(name) if given is None else given if isinstance(given, bytes) else given(old.read(name))
            )
    return stream.getvalue()


def sheet(data: str) -> bytes:
    """A workbook whose only sheet has these rows of XML."""
    return changed(
        book(), {SHEET: lambda old: old[: old.index(b"<sheetData>") + 11] + data.encode() + b"</sheetData></worksheet>"}
    )


def lying(content: bytes, declared: int = 10) -> bytes:
    """An archive that says that its parts unpack to nearly nothing."""
    spoilt = bytearray(content)
    for mark, offset in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        place = spoilt.find(mark)
        while place >= 0:
            spoilt[place + offset : place + offset + 4] = struct.pack("<I", declared)
            place = spoilt.find(mark, place + 4)
    return bytes(spoilt)


def overlapping(count: int, size: int) -> bytes:
    """An archive whose many parts are all the same bytes: every one of them unpacks to a lot."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    packed = packer.compress(b"0" * size) + packer.flush()
    crc = zlib.crc32(b"0" * size)
    name = SHEET.encode()
    head = struct.pack("<4s5H3I2H", b"PK\x03\x04", 20, 0, 8, 0, 0, crc, len(packed), size, len(name), 0) + name + packed
    listed = b""
    for number in range(count):
        own = f"xl/worksheets/sheet{number}.xml".encode()
        listed += (
            struct.pack(
                "<4s6H3I5H2I", b"PK\x01\x02", 20, 20, 0, 8, 0, 0, crc, len(packed), size, len(own), 0, 0, 0, 0, 0, 0
            )
            + own
        )
    return head + listed + struct.pack("<4s4H2IH", b"PK\x05\x06", 0, 0, count, count, len(listed), len(head), 0)


def ods(table: str) -> bytes:
    """A spreadsheet of LibreOffice with these rows."""
    spaces = "".join(f' xmlns:{n}="urn:oasis:names:tc:opendocument:xmlns:{n}:1.0"' for n in ("office", "table", "text"))
    body = f'<office:body><office:spreadsheet><table:table table:name="А">{table}</table:table></office:spreadsheet></office:body>'
    manifest = '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"/>'
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as new:
        new.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        new.writestr("META-INF/manifest.xml", manifest)
        new.writestr(
            "content.xml", f'<?xml version="1.0"?><office:document-content{spaces}>{body}</office:document-content>'
        )
    return stream.getvalue()


def ods_cell(columns: int, rows: int, told: str = "x") -> bytes:
    """A cell said to be repeated."""
    cell = f'<table:table-cell office:value-type="string" table:number-columns-repeated="{columns}"><text:p>{told}</text:p></table:table-cell>'
    return ods(f'<table:table-row table:number-rows-repeated="{rows}">{cell}</table:table-row>')


def parquet(rows: int, **columns: object) -> bytes:
    """A table of results in which every row is the same, told in a few bytes."""
    usual: dict[str, object] = dict(zip(RESULTS, ("s01", "m1", 2026, "vpr", "rus", "4", 40, 3), strict=True))
    data = {name: pa.array([value]) for name, value in (usual | columns).items()}
    indices = pa.array([0]).cast(pa.int32())
    zeros = pa.Array.from_buffers(pa.int32(), rows, [None, pa.py_buffer(bytes(4 * rows))]) if rows else indices
    table = pa.table({name: pa.DictionaryArray.from_arrays(zeros, values) for name, values in data.items()})
    stream = io.BytesIO()
    pq.write_table(table, stream, compression="zstd")
    return stream.getvalue()


def far(place: str, row: str) -> bytes:
    return sheet(f'<row r="1"><c r="A1"><v>1</v></c></row><row r="{row}"><c r="{place}"><v>1</v></c></row>')


LOL = (
    '<?xml version="1.0"?><!DOCTYPE a [<!ENTITY a "ха">'
    + "".join(f'<!ENTITY {chr(98 + n)} "{f"&{chr(97 + n)};" * 10}">' for n in range(9))
    + "]>"
)
REMOTE = '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd"><!ENTITY y SYSTEM "http://127.0.0.1:9/">]>'

BOMBS: dict[str, tuple[str, Callable[[], bytes]]] = {
    "one cell in the last corner": (".xlsx", lambda: far("XFD1048576", "1048576")),
    "a column beyond all": (".xlsx", lambda: far("ZZZZZZZ2", "2")),
    "a row beyond all": (".xlsx", lambda: far("A99999999999", "99999999999")),
    "row nought": (".xlsx", lambda: far("A0", "0")),
    "far place in single quotes": (".xlsx", lambda: sheet("<row r = '1048576'><c r = 'XFD1048576'><v>1</v></c></row>")),
    "a million columns without places": (".xlsx", lambda: sheet("<row>" + "<c><v>1</v></c>" * 1_000_000 + "</row>")),
    "declared dimension": (".xlsx", lambda: changed(book(), {SHEET: lambda d: d.replace(b'ref="A1', b'ref="A1:XFD1048576" x="')})),
    "shared text shown a million times": (
        ".xlsx",
        lambda: changed(
            sheet('<row r="1">' + '<c r="A1" t="s"><v>0</v></c>' * 200_000 + "</row>"),
            {STRINGS: b'<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><si><t>' + b"x" * MB + b"</t></si></sst>"},
        ),
    ),
    "much of noughts": (".xlsx", lambda: changed(book(), {"xl/media/a.bin": bytes(300 * MB)})),
    "much that says it is nothing": (".xlsx", lambda: lying(changed(book(), {SHEET: lambda d: d + b" " * 300 * MB}))),
    "many parts over the same bytes": (".xlsx", lambda: overlapping(5_000, 32 * MB)),
    "a million parts": (".xlsx", lambda: overlapping(60_000, 10)),
    "deep XML": (".xlsx", lambda: changed(book(), {SHEET: lambda d: b"<a>" * 2_000_000})),
    "deep shared strings": (".xlsx", lambda: changed(book(), {STRINGS: lambda d: b"<sst>" + b"<si><r>" * 2_000_000})),
    "billion laughs": (".xlsx", lambda: changed(book(), {STRINGS: lambda d: (LOL + "<sst><si><t>&j;</t></si></sst>").encode()})),
    "entities from elsewhere": (".xlsx", lambda: changed(book(), {STRINGS: lambda d: (REMOTE + "<sst><si><t>&x;&y;</t></si></sst>").encode()})),
    "external link": (
        ".xlsx",
        lambda: changed(
            book(),
            {"xl/externalLinks/externalLink1.xml": b"<externalLink/>", "xl/_rels/workbook.xml.rels": lambda d: d.replace(b"worksheets/sheet1.xml", b"http://127.0.0.1:9/a.xml")},
        ),
    ),
    "a part outside": (".xlsx", lambda: changed(book(), {"../../../../tmp/shnro-was-here": b"x", "/etc/shnro": b"x", "xl/CON": b"x"})),
    "macros": (".xlsm", lambda: changed(book(), {"xl/vbaProject.bin": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(2000)})),
    "relations in a circle": (".xlsx", lambda: changed(book(), {"xl/_rels/workbook.xml.rels": lambda d: d.replace(b"worksheets/sheet1.xml", b"workbook.xml")})),
    "a row a million times": (".ods", lambda: ods_cell(1, 1_048_576)),
    "a cell everywhere": (".ods", lambda: ods_cell(16_384, 1_048_576)),
    "a long text everywhere": (".ods", lambda: ods_cell(1_000, 10_000, "x" * 30_000)),
    "more columns than numbers": (".ods", lambda: ods_cell(2**62, 2**62)),
    "fewer rows than none": (".ods", lambda: ods_cell(-1, -5)),
    "deep content": (".ods", lambda: ods("<table:table-row>" * 1_000_000)),
    "old book of one sector": (".xls", lambda: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504)),
    "old book, sectors in a circle": (".xls", lambda: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16) + struct.pack("<HHHHH", 62, 3, 0xFFFE, 9, 6) + bytes(10) + struct.pack("<9I", 1, 0, 0, 4096, 0, 1, 0, 1, 0) + bytes(436 + 4096)),
    "old book, endless tables": (".xls", lambda: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\xfe" * 50_000),
    "a million columns": (".csv", lambda: b";".join([b"a"] * 1_000_000) + b"\n" + b";" * 999_999),
    "one endless cell": (".csv", lambda: b"a" * 10 * MB),
    "a quote never closed": (".csv", lambda: b'a;b\n1;"' + b"x;y\n" * 1_000_000),
    "nothing but ends of lines": (".csv", lambda: b"a;b\n" + b"\n" * 5_000_000),
    "nothing but quotes": (".csv", lambda: b'"' * 5_000_001),
    "noughts": (".csv", lambda: b"a;b\n" + b"\0" * 10 * MB),
    "noughts from the start": (".csv", lambda: b"\0" * MB),
    "marks of every encoding": (".csv", lambda: b"\xff\xfe\xef\xbb\xbf\xfe\xff" + "а;б".encode("utf-16")),
    "half of a sign": (".csv", lambda: b"\xff\xfea"),
    "separators of every kind": (".csv", lambda: b"a;b,c\td|e\n" * 1000),
    "more rows than a region has": (".parquet", lambda: parquet(50_000_000)),
    "one long text in every row": (".parquet", lambda: parquet(1_000_000, subject="x" * 100_000)),
    "text that is no text": (".parquet", lambda: parquet(3).replace(b"vpr", b"\xff\xfe\xfd")),
    "only the mark": (".parquet", lambda: b"PAR1" * 3),
    "an endless description": (".parquet", lambda: b"PAR1" + b"\x15" * 1000 + struct.pack("<I", 2**31 - 1) + b"PAR1"),
}  # fmt: skip
