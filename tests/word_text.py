"""What a reader finds in a Word document; the no-break space after «№» is read as any other."""

import io

import docx


def word_text(content: bytes) -> str:
    """Every paragraph and cell, a line each."""
    document = docx.Document(io.BytesIO(content))
    cells = [cell.text for table in document.tables for row in table.rows for cell in row.cells]
    lines = [*(paragraph.text for paragraph in document.paragraphs), *cells]
    return "\n".join(lines).replace("№\u00a0", "№ ")


def table_rows(content: bytes, first_cell: str, column: int = 0) -> list[list[str]]:
    """The rows below the header of the first table whose header has `first_cell` in a column; empty: no such table."""
    for table in docx.Document(io.BytesIO(content)).tables:
        rows = [[cell.text.replace("№\u00a0", "№ ") for cell in row.cells] for row in table.rows]
        if len(rows[0]) > column and rows[0][column] == first_cell:
            return rows[1:]
    return []
