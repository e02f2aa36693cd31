"""Small received files for tests of readers: written to disk and read as a run reads them."""

import csv
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import xlsxwriter

from pipeline.sources import SOURCES, read_file
from pipeline.sources.grid import source_file
from pipeline.sources.reading import Reading, ReadingContext, header_text

Row = Sequence[object]
SPELLINGS = {
    "rus": ("Русский язык", "РУ"),
    "mat": ("Математика", "МА"),
    "phys": ("Физика", "ФИ"),
}
SUBJECTS = {("vpr", header_text(s)): subject for subject, spellings in SPELLINGS.items() for s in spellings}


def read(path: Path, receipt_year: int = 2026, subjects: Mapping[tuple[str, str], str] = SUBJECTS) -> Reading:
    """The reading of a file in `<root>/raw/<name>`."""
    context = ReadingContext(source_file(path, path.parent, receipt_year), subjects, key=b"secret of this run")
    return read_file(context, SOURCES)


def write_xlsx(path: Path, rows: Iterable[Row], sheet_name: str = "Лист1") -> Path:
    with xlsxwriter.Workbook(path) as workbook:
        sheet = workbook.add_worksheet(sheet_name)
        for index, row in enumerate(rows):
            sheet.write_row(index, 0, row)
    return path


def write_csv(path: Path, rows: Iterable[Row], encoding: str = "cp1251", delimiter: str = ";") -> Path:
    with path.open("w", encoding=encoding, newline="") as stream:
        csv.writer(stream, delimiter=delimiter).writerows(rows)
    return path


def reasons(reading: Reading) -> dict[int, str]:
    """Row number -> reason, of the rows that were rejected."""
    return dict(zip(reading.rejects["row_number"], reading.rejects["reason_code"], strict=True))


def everything_kept(reading: Reading) -> str:
    """Every value of every kept table and of the rejects as one text: to look for what must not be there."""
    return " ".join(
        str(value) for frame in (*reading.tables.values(), reading.rejects) for value in frame.to_numpy().ravel()
    )
