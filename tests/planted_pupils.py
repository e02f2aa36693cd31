"""Marks in the made-up region that no reader of it may ever see: pupils' names and codes, notes in hidden places."""

import re
import zipfile
from pathlib import Path

SURNAME, NAME, PATRONYMIC, AUTHOR, HIDDEN = "Скрытнова", "Невидима", "Безымяновна", "Сокровенная", "Затаённая"
CODE = "7070707001"  # of a pupil of the ОГЭ; the planted ones begin alike
MARKERS = (SURNAME, NAME, PATRONYMIC, AUTHOR, HIDDEN, CODE)
# The people of the made-up region look invented; these look like nobody else's words.
OWN_NAMES = {f";{name};": f";{SURNAME};" for name in ("Примеров", "Образцов", "Тестов")}
OWN_NAMES |= {";Имя;Отчество;99": f";{NAME};{PATRONYMIC};99"}


def plant(root: Path) -> None:
    """Name the pupils of the newest exams, and write on the edge of a workbook of every kind that people fill in."""
    exams = [*root.glob("raw/2026/ege/*.csv"), *root.glob("raw/2026/oge/*.csv")]
    assert exams
    for path in exams:
        text = path.read_bytes().decode("cp1251")  # line ends stay as they are
        for own, planted in OWN_NAMES.items():
            assert own in text
            text = text.replace(own, planted)
        path.write_bytes(text.replace(";2026000", f";{CODE[:7]}").encode("cp1251"))
    for kind in ("survey/педагоги", "support/june", "confirm", "context"):
        path = min(root.glob(f"raw/2026/{kind}/**/*.xlsx"), key=lambda p: p.as_posix())
        write_on_the_edge(path)


def write_on_the_edge(path: Path) -> None:
    """Give a workbook an author, and a word in a column that nobody looks at."""
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    author, sheet = "docProps/core.xml", "xl/worksheets/sheet1.xml"
    cell = f'<c r="BH\\1" t="inlineStr"><is><t>{HIDDEN} ученица</t></is></c>'
    for part, pattern, planted in (
        (author, "<dc:creator>[^<]*", f"<dc:creator>{AUTHOR} учительница"),
        (sheet, r'(?<=<row r=")(\d+)("[^/>]*>.*?)(?=</row>)', rf"\1\2{cell}"),
    ):
        text, count = re.subn(pattern, planted, parts[part].decode("utf-8"), count=1)
        assert count == 1, (path, part)
        parts[part] = text.encode("utf-8")
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
