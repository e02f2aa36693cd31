"""What a reader finds in a workbook, and how its sheets are set up."""

import io
import zipfile
from typing import Any

from python_calamine import CalamineWorkbook


def sheet_names(content: bytes) -> list[str]:
    """The sheets in order."""
    return list(CalamineWorkbook.from_filelike(io.BytesIO(content)).sheet_names)


def sheet_rows(content: bytes, name: str) -> list[list[Any]]:
    """The cells of a sheet, from its first row."""
    return CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_name(name).to_python(skip_empty_area=False)


def sheet_records(content: bytes, name: str, header_row: int = 2) -> list[dict[str, Any]]:
    """The rows below the header (its place from 0), by the titles of the columns."""
    header, *rows = sheet_rows(content, name)[header_row:]
    return [dict(zip(map(str, header), row, strict=True)) for row in rows]


def sheet_xml(content: bytes, name: str) -> str:
    """A sheet as it is stored: filters, frozen panes, print setup."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return archive.read(f"xl/worksheets/sheet{sheet_names(content).index(name) + 1}.xml").decode()
