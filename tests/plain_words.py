"""What a reader of Russian would stumble over in a text: codes, English, machine values, bad numbers and endings.

`texts` reads any file that a flow makes as lines; `faults` names what is wrong with a line. Lines are kept apart: a
cell, a paragraph or an element of a page is a line of its own.
"""

import io
import json
import re
from collections.abc import Callable, Iterator, Mapping
from html.parser import HTMLParser
from pathlib import Path

import docx
from docx.oxml.ns import qn
from python_calamine import CalamineWorkbook

from pipeline import russian

# English that is right where it stands, each with its reason.
ENGLISH = {
    "Excel": "the program that opens the workbooks",
    "Word": "the program that opens the letters",
    "LibreOffice": "the program that opens the letters where there is no Word",
    "Parquet": "the format of the published tables, in the words to an operator",
    "Prefect": "the service an operator sees",
    "CSV": "a format the department asks for by this name",
    "TOML": "the format of the settings",
    "UTF": "the encoding of a file, «UTF-8»",
    "O": "the sign of the observed index in the formulas of the method",
    "E": "the sign of the expected index",
    "S": "the sign of the stable level",
    "T": "the sign of the probability of the stable level",
    "P": "the sign of a probability",
    "I": "a Roman number",
    "II": "a Roman number",
    "III": "a Roman number",
    "IV": "a Roman number",
    "A": "the name of a column of a sheet",
    "B": "the name of a column of a sheet",
    "C": "the name of a column of a sheet",
}

# Places an operator must type or open exactly so; they are taken out before a line is judged.
COMMANDS = re.compile(r"shnro( [a-z][a-z-]*)*( --?[a-z][a-z-]*( [\w./-]+)?| [A-Z][A-Z_]*| \d{4}\S*| \d+)*")
FILE_ENDS = r"\.(csv|xlsx?|docx|html|toml|txt|json|parquet|ya?ml)\b"
PATHS = re.compile(
    rf"(?<!\w)/?\b[a-z_]+/[^:;|«\n]*?{FILE_ENDS}|[\w~-]+{FILE_ENDS}|«{FILE_ENDS[:-2]}»|\.(csv|xlsx?|docx|txt|parquet)\b|"
    r"(?<!\w)/?\b[a-z_]+/(<[^>]+>/)*[^\s,;:»)]*"
)
OPTIONS = re.compile(r"(?<!\w)--[a-z][a-z-]*\b")
SCHOOL_CODES = re.compile(
    r"\b(S|s|m|edu|sch|reg)\d\w*\b|\b\d{4}-(list|amendment|end)-\d+(-p\d+)?\b|\bmin-\d+\b|\bM\d+\b|^\d{6}$"
)
FINGERPRINT = re.compile(r"\b[0-9a-f]{8}\b")  # of a file, so that it can be found again
RUN_IDS = re.compile(r"\b[a-z]+-\d{4}(-[a-z]+)?-\d{3}\b")

LATIN_WORD = re.compile(r"[A-Za-z][A-Za-z'’]*")
CODE_WORD = re.compile(r"\b[A-Za-z]\w*[_.][a-z]\w*\b")
MACHINE_VALUE = re.compile(r"(?<![\w.])(nan|None|True|False|NaT|inf|null|undefined)(?![\w.])|<NA>|\bNaN\b")
ISO_DATE = re.compile(r"(?<![\w.-])(19|20)\d\d-\d\d-\d\d(?![\w-])")
ROW_PLACE = re.compile(r"\bстрок[аи] \d+([–-]\d+)?")  # a row is found by its number, which the sheet shows as it is
LONG_NUMBER = re.compile(r"(?<![\w.,№/-])(?<!№[ \u00a0])\d{4,}(?![\w./-])")
DECIMAL_POINT = re.compile(r"(?<![\d.])\d+\.\d+(?![\d.])")
DOUBLED = re.compile(
    r"(?<=\S) {2,}(?=\S)|(?<!\.)\.\.(?!\.)|,,|;;|\( *\)|\[ *\]|«»| [,;:.!?](?=\s|$)|\( | \)|[;,:?!]\.(?!\.)|"
    r"(?<![гптд.])\.[,;]|;,"  # «2026 г., школ», «п. п.; доля» are right
)
YEARS = range(1900, 2100)

# The nouns that follow numbers most often, in their three forms.
NOUNS = (
    ("школа", "школы", "школ"),
    ("участник", "участника", "участников"),
    ("муниципалитет", "муниципалитета", "муниципалитетов"),
    ("файл", "файла", "файлов"),
    ("строка", "строки", "строк"),
    ("возражение", "возражения", "возражений"),
    ("причина", "причины", "причин"),
    ("мера", "меры", "мер"),
    ("ответ", "ответа", "ответов"),
    ("год", "года", "лет"),
    ("балл", "балла", "баллов"),
    ("педагог", "педагога", "педагогов"),
    ("программа", "программы", "программ"),
    ("документ", "документа", "документов"),
    ("лист", "листа", "листов"),
    ("проверка", "проверки", "проверок"),
    ("предупреждение", "предупреждения", "предупреждений"),
    ("анкета", "анкеты", "анкет"),
    ("день", "дня", "дней"),
    ("предмет", "предмета", "предметов"),
    ("показатель", "показателя", "показателей"),
)
FORMS: Mapping[str, tuple[str, str, str]] = {form: noun for noun in NOUNS for form in noun}
COUNTED = re.compile(
    rf"(?<![\d.,№/–—-])(?<!№ )(\d{{1,3}}(?:[\u00a0 ]\d{{3}})*) ({'|'.join(sorted(FORMS, key=len, reverse=True))})\b"
)
# After these words a number stands in the genitive («из 21 школы», «не менее 3 школ»), or the noun is no count.
OBLIQUE = re.compile(
    r"(\b(из|до|от|около|более|менее|свыше|больше|меньше|для|у|без|после|с|со|к|по|в|во|о|об|на|при|за|между|против|"
    r"чем|среди|кроме|обеих|минимум[еа]?|числ[аоеу]|ответы|дол[яеи]|ближайших|размере|пределах)|"
    r"[–—-]|класс\w*|№|≥|≤)[ \u00a0]$",
    re.IGNORECASE,
)


def faults(text: str, *, allowed: frozenset[str] = frozenset()) -> list[str]:
    """What is wrong with a line, each as «kind: the piece»; `allowed` are further Latin words that stand rightly."""
    bare = text
    for places in (COMMANDS, PATHS, RUN_IDS, FINGERPRINT, OPTIONS, SCHOOL_CODES, ROW_PLACE):
        bare = places.sub("…", bare)
    found = [f"код: {m[0]}" for m in CODE_WORD.finditer(bare)]
    found += [f"значение машины: {m[0]}" for m in MACHINE_VALUE.finditer(bare)]
    words = {m[0] for m in LATIN_WORD.finditer(CODE_WORD.sub(" ", MACHINE_VALUE.sub(" ", bare)))}
    found += [f"латиница: {word}" for word in sorted(words - ENGLISH.keys() - allowed)]
    found += [f"дата: {m[0]}" for m in ISO_DATE.finditer(bare)]
    found += [f"десятичная точка: {m[0]}" for m in DECIMAL_POINT.finditer(_without_dates(bare))]
    found += [f"число без разрядов: {m[0]}" for m in LONG_NUMBER.finditer(bare) if int(m[0]) not in YEARS]
    found += [f"знаки: «{bare[max(m.start() - 8, 0) : m.end() + 8]}»" for m in DOUBLED.finditer(bare)]
    return found + _wrong_plurals(text)


def _without_dates(text: str) -> str:
    """The line without days of the calendar, «15.03.2026» and «15.03», and numbers of points, «2.1.»."""
    return re.sub(r"\b\d{1,2}\.\d{1,2}\.(\d{4})?|\b\d\d\.\d\d\b(?!\d)|^\d+\.\d+", " ", text)


def _wrong_plurals(text: str) -> Iterator[str] | list[str]:
    wrong = []
    for match in COUNTED.finditer(text):
        count = int(re.sub(r"\D", "", match[1]))
        right = russian.plural(count, *FORMS[match[2]]).rsplit(" ", 1)[-1]
        if (
            match[2] != right
            and not OBLIQUE.search(text[: match.start()])
            and not (count in YEARS and match[2] == "года")
        ):
            wrong.append(f"окончание: {match[0]}, а не «{right}»")
    return wrong


def texts(name: str, content: bytes) -> Iterator[str]:
    """Every line a reader finds in a file, told by the end of its name."""
    yield from READERS[Path(name).suffix](content)


def _word(content: bytes) -> Iterator[str]:
    """Paragraphs of the body, of tables, headers and footers, in the order of the parts."""
    document = docx.Document(io.BytesIO(content))
    parts = [document.element.body]
    for section in document.sections:
        parts += [part._element for part in (section.header, section.footer, section.first_page_header)]
    for part in parts:
        for paragraph in part.iter(qn("w:p")):
            line = "".join(
                "\t" if node.tag == qn("w:tab") else node.text or "" for node in paragraph.iter(qn("w:t"), qn("w:tab"))
            )
            if line.strip():
                yield line.strip()
    for image in document.element.body.iter(qn("wp:docPr")):
        yield image.get("descr") or ""


def _book(content: bytes) -> Iterator[str]:
    """Names of the sheets and their cells of text; numbers of a cell are shown by Excel in the reader's own way."""
    book = CalamineWorkbook.from_filelike(io.BytesIO(content))
    for name in book.sheet_names:
        yield name
        for row in book.get_sheet_by_name(name).to_python():
            yield from (line for cell in row if isinstance(cell, str) for line in cell.splitlines() if line.strip())


def _plain(content: bytes) -> Iterator[str]:
    yield from (line for line in content.decode("utf-8-sig").splitlines() if line.strip())


def _cells(content: bytes) -> Iterator[str]:
    """Cells of words; a number of such a file is read by programs."""
    cells = (cell.strip('"') for line in _plain(content) for cell in line.split(";"))
    yield from (cell for cell in cells if re.search(r"[^\W\d]", cell))


def _page(content: bytes) -> Iterator[str]:
    """The texts of a page, what is read aloud of it, and the texts of its charts."""
    reader = _Reader()
    reader.feed(content.decode())
    yield from (re.sub(r"[ \t\n]+", " ", line).strip() for line in reader.lines if line.strip())
    for chart in reader.charts:
        yield from _chart_texts(chart)


BLOCKS = "|".join(("p", "li", "td", "th", "h1", "h2", "h3", "h4", "dt", "dd", "div", "tr", "option", "button", "label"))
BLOCK = re.compile(f"{BLOCKS}|caption|figcaption|summary|section|samp|code")
QUOTED = ("samp", "code")  # what stands in a received file, or what must be typed: shown as it is


class _Reader(HTMLParser):
    """Gathers the lines of a page: a block element ends a line, an inline one does not."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = [""]
        self.charts: list[object] = []
        self.inside = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = dict(attrs)
        if tag in ("script", "style", *QUOTED):
            self.inside = "json" if named.get("type") == "application/json" else tag
        if BLOCK.fullmatch(tag) or tag == "br":
            self.lines.append("")
        self.lines[:-1] += [text for name in ("alt", "title", "aria-label", "placeholder") if (text := named.get(name))]

    def handle_endtag(self, tag: str) -> None:
        if tag in ("script", "style", *QUOTED):
            self.inside = ""
        if BLOCK.fullmatch(tag):
            self.lines.append("")

    def handle_data(self, data: str) -> None:
        if self.inside == "json":
            self.charts.append(json.loads(data))
        elif not self.inside:
            self.lines[-1] += data


def _chart_texts(chart: object, key: str = "") -> Iterator[str]:
    """Titles, labels and values of a chart that a reader sees."""
    if isinstance(chart, dict):
        for name, value in chart.items():
            yield from _chart_texts(value, str(name))
    elif isinstance(chart, list):
        for value in chart:
            yield from _chart_texts(value, key)
    elif isinstance(chart, str) and key in ("title", "text", "description"):
        yield chart


READERS: Mapping[str, Callable[[bytes], Iterator[str]]] = {
    ".docx": _word,
    ".xlsx": _book,
    ".html": _page,
    ".csv": _cells,
    ".txt": _plain,
}
