"""What a reader finds in a Word document."""

import io

import docx


def word_text(content: bytes) -> str:
    """Every paragraph and cell, a line each."""
    document = docx.Document(io.BytesIO(content))
    cells = [cell.text for table in document.tables for row in table.rows for cell in row.cells]
    return "\n".join([*(paragraph.text for paragraph in document.paragraphs), *cells])


def table_rows(content: bytes, first_cell: str, column: int = 0) -> list[list[str]]:
    """The rows below the header of the first table whose header has `first_cell` in a column; empty: no such table."""
    for table in docx.Document(io.BytesIO(content)).tables:
        rows = [[cell.text for cell in row.cells] for row in table.rows]
        if len(rows[0]) > column and rows[0][column] == first_cell:
            return rows[1:]
    return []
