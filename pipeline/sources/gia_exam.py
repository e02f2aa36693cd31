"""What a РИС ГИА export says of its exam, its schools and its participants: shared by protocols and appeals.

The exam stands in a title above the header: «01 - Русский язык 2022.06.23», for foreign languages with a written and an
oral date «Английский язык п:2022.06.14; у:2022.06.16»; files without a title carry code and date in their name,
`02_2025.06.03.csv`. The year of the results is the year of the exam, never of the receipt. (formats 3)
"""

import re
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import PurePosixPath

from pipeline.errors import SourceError
from pipeline.sources.grid import Cell, Sheet, text
from pipeline.sources.reading import ReadingContext, header_text

EXAM_DATE = re.compile(r"(?<!\d)(?:(\d{4})[.-](\d{2})[.-](\d{2})|(\d{2})\.(\d{2})\.(\d{4}))(?!\d)")
TITLE_HEAD = re.compile(r"(?:(?P<code>\d{1,2})(?!\d)\s*[-–—_.]*\s*)?(?P<name>.*)")
WRITTEN_OR_ORAL = re.compile(r"[\s;,_-]*(?:[пу]\s*:)?[\s;,_-]*$")
GVE_CODES = ("51", "52")
GVE_WORD = re.compile(r"\bгвэ\b")
GRADE = re.compile(r"^0?(\d{1,2})(?!\d)")
EARLIER_YEARS = re.compile(r"впл|впу|спо\b|прошл|курс|колледж|техникум")
EXAM_GRADES = {"ege": ("11", "12"), "oge": ("9",)}
# Both exams' codes of schools are shorter (ЕГЭ: «Код МСУ» and three digits; ОГЭ: up to six); what is longer is the code
# of a participant or the number of a document in a shifted row, and a school's code is shown to the analyst.
LONGEST_CODE = 8


@dataclass(frozen=True)
class Exam:
    """The exam of one file.

    Args:
        procedure: "ege" or "oge".
        subject: the project's code; empty for ГВЭ, which is outside the base.
        exam_date: ISO date, the first one where the title has several.
    """

    procedure: str
    subject: str
    exam_date: str

    @property
    def year(self) -> int:
        """The year of the results."""
        return int(self.exam_date[:4])


@dataclass(frozen=True)
class Title:
    """What one line tells: code of the subject, its name, whether it is ГВЭ, and the dates."""

    code: str
    name: str
    is_gve: bool
    dates: tuple[str, ...]


def exam_of(sheet: Sheet, header_index: int, procedure: str, context: ReadingContext) -> Exam:
    """The exam of a sheet, from the lines above its header, else from the file's name; `SourceError` where unknown."""
    lines = [" ".join(text(cell) for cell in row if cell is not None) for row in sheet.rows[:header_index]]
    titles = [title_of(line) for line in (*lines, PurePosixPath(context.file.file_id).stem)]
    place = f"{context.file.file_id}, лист «{sheet.name}»" if sheet.name else context.file.file_id
    dated = [title for title in titles if title.dates]
    if not dated:
        raise SourceError(
            "Не удаётся определить дату экзамена",
            where=place,
            remedy="первая строка должна иметь вид «01 - Русский язык 2022.06.23», "
            "либо имя файла — вид «01_2022.06.23.csv»",
        )
    if any(title.is_gve for title in dated):
        return Exam(procedure, "", dated[0].dates[0])
    for title in titles:
        # A line with neither a date nor a known name is a heading, whatever number it begins with.
        is_told = title.dates or context.subject(procedure, title.name)
        subject = subject_of(title, procedure, context, place) if is_told else None
        if subject:
            return Exam(procedure, subject, _one_year(title.dates, place) or dated[0].dates[0])
    code = next((title.code for title in dated if title.code), "")
    raise SourceError(
        "Предмет экзамена неизвестен" + (f": код {code}" if code else ""),
        where=place,
        remedy=f"проверьте первую строку файла или добавьте предмет ({procedure}) в reference/subjects.csv",
    )


def _one_year(dates: tuple[str, ...], place: str) -> str:
    """The first date of an exam, empty where there is none; dates of several years are no exam."""
    years = sorted({day[:4] for day in dates})
    if len(years) > 1:
        raise SourceError(
            f"В заголовке файла даты разных лет: {', '.join(years)}",
            where=place,
            remedy="оставьте в заголовке даты одного экзамена",
        )
    return dates[0] if dates else ""


def title_of(line: str) -> Title:
    """What a line tells of an exam; every part may be empty."""
    first = EXAM_DATE.search(line)
    head = WRITTEN_OR_ORAL.sub("", line[: first.start()] if first else line).strip()
    match = TITLE_HEAD.fullmatch(head)
    assert match is not None, "the pattern of a title fits every line"
    code = f"{int(match['code']):02d}" if match["code"] else ""
    is_gve = code in GVE_CODES or GVE_WORD.search(header_text(head)) is not None
    return Title(code, match["name"].strip(), is_gve, tuple(iso_dates(line)))


def subject_of(title: Title, procedure: str, context: ReadingContext, place: str) -> str | None:
    """The subject that a title names by code, by name or by both; `SourceError` where both contradict each other.

    A code that the reference table does not know gives None even beside a known name: numbers of other forms of the
    exam must not pass for this one.
    """
    by_code = context.subject(procedure, title.code) if title.code else None
    by_name = context.subject(procedure, title.name) if title.name else None
    if by_code and by_name and by_code != by_name:
        raise SourceError(
            f"Код предмета {title.code} и его название в заголовке противоречат друг другу",
            where=place,
            remedy="проверьте первую строку файла и reference/subjects.csv",
        )
    return by_code if title.code else by_name


def iso_dates(line: str) -> list[str]:
    """The dates of a line, ISO, in order; impossible ones are left out."""
    found = []
    for match in EXAM_DATE.finditer(line):
        year, month, day = (match[1], match[2], match[3]) if match[1] else (match[6], match[5], match[4])
        try:
            found.append(date(int(year), int(month), int(day)).isoformat())
        except ValueError:
            continue
    return found


@lru_cache(maxsize=4096, typed=True)  # a file repeats its few schools and classes thousands of times
def school_code(procedure: str, municipality: Cell, school: Cell) -> str | None:
    """The code of a school as `school_codes` holds it, or None where the cells hold none.

    ОГЭ: «Код ОО» as it stands. ЕГЭ: «Код МСУ» and three digits; a longer «Код ОО» is whole already. Leading zeros that
    a spreadsheet lost cannot be restored here. A code of more than `LONGEST_CODE` digits is no school's.
    """
    municipality_text, code = text(municipality), text(school)
    if not re.fullmatch(r"[0-9]+", code) or not code.strip("0"):
        return None
    if procedure == "ege" and len(code) <= 3:
        if not re.fullmatch(r"[0-9]+", municipality_text):
            return None
        code = municipality_text + code.zfill(3)
    return code if len(code) <= LONGEST_CODE else None


@lru_cache(maxsize=1024, typed=True)
def exam_grade(procedure: str, class_cell: Cell) -> str | None:
    """The grade of the slice for a pupil of this year's graduating class («11», «11Б», «9А»), else None.

    Evening schools graduate from grade 12 in the same exam: its cell is grade 11 too.
    """
    told = header_text(class_cell)
    match = GRADE.match(told)
    if match is None or EARLIER_YEARS.search(told) or match[1] not in EXAM_GRADES[procedure]:
        return None
    return EXAM_GRADES[procedure][0]


def participant_key(context: ReadingContext, series: Cell, number: Cell, participant: Cell) -> str | None:
    """The hashed key of a participant: by document, else by the participant's code; None where there is neither.

    Spaces, case and leading zeros do not matter, since spreadsheets lose them. A series alone names nobody.
    """
    document = _identifying(number)
    if document:
        return context.pupil_key("document", _identifying(series), document)
    code = _identifying(participant)
    return context.pupil_key("participant", code) if code else None


def _identifying(cell: Cell) -> str:
    told = text(cell)
    return (told if told.isalnum() else re.sub(r"[\W_]", "", told)).lower().lstrip("0")
