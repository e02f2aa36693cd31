"""Which ВПР test a sheet reports: year, subject, grade, form and maximum, from its title rows or the name of its file.

Aggregated reports print «ВПР 2026 Русский язык 4 класс» above the header, some «ВПР 2026. 4 класс» and the subject in
the row «Предмет:». Protocols often print nothing: their files
are named after the test («РУ4_2022.xlsx», «VPR_2020_MA5.csv»).
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from pipeline.errors import SourceError
from pipeline.sources.grid import Cell, Sheet, number, text
from pipeline.sources.reading import ReadingContext, header_text

TITLE = re.compile(r"впр\W*(20\d\d)\W+(?:год\w*\W+)?(?:(.+?)\W+)?(\d{1,2})\W*(?:класс|кл\b|\(|$)")
# «математика (углубленный уровень)»: the level is a form of the test, not a part of the subject's name.
FORM = re.compile(r"\W*\b(?:базов|углубл)\w*(?:\W+уров\w+)?")
ADVANCED = re.compile(r"\bуглубл")
SUBJECT_AND_GRADE = re.compile(r"(?<![а-яa-z])([а-яa-z]{2})(?:[-_ ]?(\d{1,2}))?(?![а-яa-z\d])")
YEAR = re.compile(r"(?<!\d)(?:20\d\d\s*[/-]\s*)?(20\d\d)(?!\d)")  # of «2025/2026» the year in which it ends
LOGIN = re.compile(r"(?<![a-z])((?:edu|sch)\d{4,})(?!\d)")
TASK_MAXIMUM = re.compile(r"\((\d{1,4})\s*б")

# Files are named in Latin letters too: MA5 stands for МА5. Letter for letter, as the abbreviations sound.
CYRILLIC = str.maketrans("maruifobghxsn", "маруифобгххсн")


@dataclass(frozen=True)
class VprTest:
    """One ВПР test; `grade` is None where neither the sheet nor the name of the file tells it."""

    year: int
    subject: str
    grade: str | None
    form_code: str
    maximum_score: float | None


def vpr_test(sheet: Sheet, header_index: int, context: ReadingContext) -> VprTest:
    """The test a sheet reports; a `SourceError` where its subject cannot be known.

    The title wins over the name of the sheet, and that over the name of the file. A year told nowhere is the year of
    receipt.
    """
    above = [header_text(cell) for row in sheet.rows[:header_index] for cell in row if cell is not None]
    stem = _stem(context)
    form_code = "advanced" if ADVANCED.search(" ".join([*above, stem])) else "basic"
    printed_maximum = number(_parameter(sheet.rows[:header_index], "максимальный первичный балл"))
    maximum_score = printed_maximum or _sum_of_tasks(sheet.rows[header_index])
    title = next((found for cell in above if (found := TITLE.search(cell))), None)
    if title:
        named = title.group(2) or header_text(_parameter(sheet.rows[:header_index], "предмет"))
        subject = _known_subject(FORM.sub(" ", named).strip(" ().,«»\"'"), sheet, context)
        return VprTest(int(title.group(1)), subject, str(int(title.group(3))), form_code, maximum_score)
    year = next((int(found.group(1)) for name in (*above, stem) if (found := YEAR.search(name))), None)
    subject, grade = _subject_of_names((header_text(sheet.name), stem), sheet, context)
    return VprTest(year or context.file.receipt_year, subject, grade, form_code, maximum_score)


def login_of_name(context: ReadingContext) -> str | None:
    """The login of the school in the name of the file («РУ4_2026_edu670012.xlsx»), or None."""
    found = LOGIN.search(_stem(context))
    return found.group(1) if found else None


def _stem(context: ReadingContext) -> str:
    return header_text(PurePosixPath(context.file.file_id).stem)


def _known_subject(name: str, sheet: Sheet, context: ReadingContext) -> str:
    """The project's code of a subject named in a title."""
    subject = context.subject("vpr", name)
    if subject is None:
        raise SourceError(
            f"Предмет «{name}» не известен",
            where=place(sheet, context),
            remedy=f"добавьте в reference/subjects.csv строку с процедурой vpr и обозначением «{name}»",
        )
    return subject


def _subject_of_names(names: Sequence[str], sheet: Sheet, context: ReadingContext) -> tuple[str, str | None]:
    """Subject and grade from the first abbreviation in the names that the reference table knows."""
    for name in names:
        for letters, grade in SUBJECT_AND_GRADE.findall(name):
            for spelling in (letters, letters.translate(CYRILLIC)):
                subject = context.subject("vpr", spelling)
                if subject is not None:
                    return subject, str(int(grade)) if grade else None
    raise SourceError(
        "Не удаётся узнать предмет ВПР: его нет ни в заголовке листа, ни в имени файла",
        where=place(sheet, context),
        remedy="переименуйте файл по образцу «РУ4_2026_edu670012.xlsx» (предмет и класс, год, логин школы); "
        "если обозначение предмета новое, добавьте его в reference/subjects.csv с процедурой vpr",
    )


def _parameter(rows: Sequence[list[Cell]], name: str) -> Cell:
    """What is printed after «Предмет:» or another parameter, in the same cell or in the next filled one."""
    for row in rows:
        cells = [cell for cell in row if cell is not None]
        for index, cell in enumerate(cells):
            if header_text(cell).startswith(name):
                return text(cell).partition(":")[2].strip() or next(iter(cells[index + 1 :]), None)
    return None


def _sum_of_tasks(header: Sequence[Cell]) -> float | None:
    """The maximum as the sum of the maxima in «1 (2б)», «2 (1б)», …; None where the header prints none."""
    maxima = [int(found.group(1)) for cell in header if (found := TASK_MAXIMUM.search(header_text(cell)))]
    return float(sum(maxima)) if maxima else None


def place(sheet: Sheet, context: ReadingContext) -> str:
    """The file and the sheet, for the operator."""
    return f"{context.file.file_id}, лист «{sheet.name}»" if sheet.name else context.file.file_id
