"""Opening received files: what is readable is read whatever its dress; what is not is refused in one paragraph."""

import io
import zipfile
from datetime import date
from pathlib import Path

import pytest
import xlsxwriter

from pipeline.errors import SourceError
from pipeline.sources.grid import SourceFile, clean, number, open_sheets, source_file, text

ROWS = [["Код ОО", "Школа", "Доля"], ["670001", "Озёрная школа", "12,5"], [None, None, None], ["670002", "Лесная", "7"]]


def received(directory: Path, name: str, content: bytes) -> SourceFile:
    path = directory / "raw" / "2026" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return source_file(path, directory, 2026)


def xlsx(rows: list[list[object]] = ROWS) -> bytes:
    stream = io.BytesIO()
    workbook = xlsxwriter.Workbook(stream)
    sheet = workbook.add_worksheet("Лист1")
    for i, row in enumerate(rows):
        for j, cell in enumerate(row):
            sheet.write(i, j, cell)
    workbook.close()
    return stream.getvalue()


def delimited(delimiter: str) -> str:
    return "\r\n".join(delimiter.join(cell or "" for cell in row) for row in ROWS)


@pytest.mark.parametrize("delimiter", [";", "\t"])
@pytest.mark.parametrize("encoding", ["cp1251", "utf-8", "utf-8-sig", "utf-16"])
def test_text_is_read_in_every_encoding_and_delimiter(tmp_path: Path, delimiter: str, encoding: str) -> None:
    (sheet,) = open_sheets(received(tmp_path, "f.csv", delimited(delimiter).encode(encoding)))
    assert [row for row in sheet.rows if any(row)] == [row for row in ROWS if any(row)]


def test_cells_of_a_text_file_are_cleaned_like_those_of_a_workbook(tmp_path: Path) -> None:
    cells = ["\u200bОзёрная\xa0школа ", "\xa0\ufeff", "  12,5", "", "7"]
    (sheet,) = open_sheets(received(tmp_path, "f.csv", ("Код ОО;Школа;Доля\r\n" + ";".join(cells)).encode()))
    assert sheet.rows[1] == [clean(cell) for cell in cells] == ["Озёрная школа", None, "12,5", None, "7"]


def test_capital_letters_of_classes_are_no_sign_of_a_foreign_encoding(tmp_path: Path) -> None:
    (sheet,) = open_sheets(received(tmp_path, "f.csv", ("Класс;Балл\r\n" + "11А;41\r\n" * 500).encode("cp1251")))
    assert sheet.rows[500] == ["11А", "41"]


def test_a_blank_line_keeps_the_operators_row_numbers(tmp_path: Path) -> None:
    (sheet,) = open_sheets(received(tmp_path, "f.csv", delimited(";").encode()))
    assert sheet.rows[3][0] == "670002"


def test_a_workbook_keeps_the_operators_row_numbers(tmp_path: Path) -> None:
    (sheet,) = open_sheets(received(tmp_path, "f.xlsx", xlsx([[None], [None], ["Озёрная"]])))
    assert (sheet.name, sheet.rows[2][0]) == ("Лист1", "Озёрная")


def old_workbook_with_password() -> bytes:
    return b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600) + "EncryptedPackage".encode("utf-16-le") + bytes(600)


def bomb() -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", bytes(300 << 20))
    return stream.getvalue()


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("f.xlsx", b"", "Файл пуст"),
        ("f.csv", b"  \r\n ", "Файл пуст"),
        ("f.xlsx", xlsx()[:2000], "повреждена"),
        ("f.xlsx", old_workbook_with_password(), "защищена паролем"),
        ("f.xlsx", delimited(";").encode(), "внутри не книга"),
        ("f.csv", xlsx(), "внутри книга Excel"),
        ("f.docx", b"PK\x03\x04", "неизвестного вида"),
        ("f", b"123", "без расширения"),
        ("f.csv", b"\x00\x01\x02\x03" * 100, "двоичные данные"),
        ("f.csv", delimited(";").encode("koi8-r"), "Кодировка"),
        ("f.csv", delimited(";").encode("cp866"), "Кодировка"),
        ("f.xlsx", xlsx([[None]]), "ни одной заполненной"),
        ("f.xls", b"\xd0\xcf\x11\xe0" + bytes(2000), "повреждена"),
    ],
)
def test_an_unreadable_file_is_told_in_one_paragraph(tmp_path: Path, name: str, content: bytes, message: str) -> None:
    with pytest.raises(SourceError) as caught:
        open_sheets(received(tmp_path, name, content))
    paragraph = caught.value.paragraph()
    assert message in paragraph
    assert f"raw/2026/{name}" in paragraph
    assert "Что сделать:" in paragraph and "\n" not in paragraph


def test_an_archive_that_unpacks_absurdly_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="неправдоподобно"):
        open_sheets(received(tmp_path, "f.xlsx", bomb()))


def test_the_folder_tells_when_a_load_was_received(tmp_path: Path) -> None:
    file = received(tmp_path, "2026-07-15 после апелляций/ege.csv", b"1")
    assert (file.load_date, file.file_id) == ("2026-07-15", "raw/2026/2026-07-15 после апелляций/ege.csv")
    assert received(tmp_path, "ege/01.csv", b"1").load_date == ""


@pytest.mark.parametrize(
    ("cell", "value"),
    [("12,5", 12.5), ("1 234", 1234.0), ("7 %", 7.0), (3, 3.0), ("-", None), ("", None), (True, None), ("1e5", None)],
)
def test_numbers_are_read_as_people_write_them(cell: object, value: float | None) -> None:
    assert number(clean(cell)) == value


def test_cells_become_text_as_the_operator_sees_them() -> None:
    assert [text(clean(cell)) for cell in (41.0, " а\xa0 б ", None, float("nan"), 0.5)] == ["41", "а б", "", "", "0.5"]
    assert text(date(2026, 6, 23)) == "2026-06-23"
