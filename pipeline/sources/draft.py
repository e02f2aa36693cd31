"""A layout proposed for an unknown workbook: the analyst checks the marked lines instead of writing from nothing.

What is certain is written as it stands in the file; what was guessed carries «ПРОВЕРЬТЕ»; what could not be guessed
is «?», and a layout with «?» is refused when it is loaded.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from pipeline.errors import SourceError
from pipeline.sources.grid import Cell, Sheet, is_blank, number, open_sheets, source_file, text
from pipeline.sources.layout_toml import UNKNOWN
from pipeline.sources.reading import HEADER_SEARCH_ROWS, cell_at, data_rows, header_text
from pipeline.sources.workbook_spec import MEASURES, TOTALS

SCHOOL_WORDS = r"образовательн\w* (организац|учрежд)|школ|\bоо\b|учреждени"
MUNICIPALITY_WORDS = r"муниципальн\w* (образован|район|округ)|муниципалит|^мо$|\bмсу\b|\bате\b|^район|территори"
MEASURE_WORDS = {
    "low": r"не преодол|ниже (минимал|порог)|не достиг|«2»|\"2\"|^2$|отметк\w* 2\b|двоек|неудовл|не сдал|не справил",
    "absent": r"не явил|неявк|отсутств",
    "mean": r"^(средн|ср\.)",
    "tested": r"принял\w* участие|участник|участвов|сдавал|писал|выполнял",
}
PERCENT_WORDS = r"%|процент|\bдол[яиюе]\b"
# A row with one filled cell is a municipality when it names a territory and no school.
MUNICIPALITY_ROW = r"^(?!.*(школ|гимнази|лице|\b[а-я]*оу\b|\bс[о]?ш\b)).*(район|округ|город|^г\.)"
BLOCK_PATTERN = r"^(.+?)\s*(?:[:;,–—]|\s-\s)\s*"
PROCEDURES = {"егэ": ("ege", "11"), "огэ": ("oge", "9"), "впр": ("vpr", UNKNOWN)}
SUBJECT_STEMS = {
    r"русск\w+ язык": "Русский язык",
    r"базов\w+ математик|математик\w+ базов": "Математика базовая",
    r"профильн\w+ математик|математик\w+ профильн": "Математика профильная",
    r"математик": "Математика",
    r"физик": "Физика",
    r"хими[яие]": "Химия",
    r"биологи": "Биология",
    r"истори[яие]": "История",
    r"географи": "География",
    r"обществознани": "Обществознание",
    r"литератур": "Литература",
    r"информатик": "Информатика",
    r"английск": "Английский язык",
    r"немецк": "Немецкий язык",
    r"французск": "Французский язык",
    r"испанск": "Испанский язык",
    r"китайск": "Китайский язык",
}


@dataclass(frozen=True)
class _Guess:
    """What one sheet looks like.

    Args:
        sheet: the sheet.
        header_index: its first header row (0-based), or None where no header was found.
        header_rows: number of header rows.
        school, municipality: headers of these columns, "" where there is none.
        columns: measure ("" where unknown) -> [(subject or "", header of the measure, column index)].
        is_split: the subject stands in the header cell before the measure.
    """

    sheet: Sheet
    header_index: int | None
    header_rows: int = 1
    school: str = ""
    municipality: str = ""
    columns: dict[str, list[tuple[str, str, int]]] = field(default_factory=dict)
    is_split: bool = False

    @property
    def has_results(self) -> bool:
        """Whether both the tested and the low are named."""
        return "tested" in self.columns and "low" in self.columns

    @property
    def data(self) -> list[list[Cell]]:
        """The rows below the header."""
        return [row for _, row in data_rows(self.sheet, (self.header_index or 0) + self.header_rows)]

    @property
    def titles(self) -> list[str]:
        """The cells above the header."""
        rows = self.sheet.rows[: self.header_index or 0]
        return [header_text(cell) for row in rows for cell in row if cell is not None]


def draft_layout(path: Path) -> str:
    """The TOML of a layout proposed for a workbook, with Russian comments on everything that is to be checked."""
    if not path.is_file():
        raise SourceError("Файл не найден", where=str(path), remedy="проверьте путь")
    file = source_file(path, path.parent, 0)
    guesses = [_guess(sheet) for sheet in open_sheets(file) if not all(is_blank(row) for row in sheet.rows)]
    found = [guess for guess in guesses if guess.has_results]
    if not found:
        raise SourceError(
            "Черновик не получился: ни на одном листе нет шапки со школой, участниками и низкими результатами",
            where=file.file_id,
            remedy="опишите книгу сами по образцу в docs/layouts.md или запросите у отправителя другую таблицу",
        )
    lines = [
        "# Черновик макета, составлен командой «shnro layout draft». Прочтите строки «ПРОВЕРЬТЕ», впишите вместо «?»,",
        "# положите файл в папку layouts/ региона и выполните «shnro check». Все ключи объяснены в docs/layouts.md.",
        f'layout_id = "{re.sub(r"[^a-z0-9]+", "_", path.stem.lower()).strip("_") or "workbook"}"',
        f'title = "{_quoted(path.stem)}"   # ПРОВЕРЬТЕ: впишите понятное название',
        *_procedure(found, path.stem),
        "",
        "[header]",
        f"rows = {found[0].header_rows}",
        *(line for guess in guesses for line in _sheet(guess, found[0].header_rows, path.stem)),
        *_places(found),
        *_measures(found),
        *_blanks_and_totals(found),
        *_blocks(found),
    ]
    return "\n".join(lines) + "\n"


def _guess(sheet: Sheet) -> _Guess:
    """The header of a sheet and its columns; the header is the first row of several cells that names a school."""
    for index, row in enumerate(sheet.rows[:HEADER_SEARCH_ROWS]):
        school = _column(row, SCHOOL_WORDS, skipped=MUNICIPALITY_WORDS)
        if school is None or sum(cell is not None for cell in row) < 2:
            continue
        below = sheet.rows[index + 1] if index + 1 < len(sheet.rows) else []
        words = [cell for cell in below if isinstance(cell, str) and number(cell) is None]
        has_two = cell_at(below, school) is None and len(words) >= 2 and len(words) == sum(c is not None for c in below)
        municipality = _column(row, MUNICIPALITY_WORDS)
        taken = {school, municipality}
        columns, is_split = _columns(row, below if has_two else None, taken)
        return _Guess(
            sheet,
            index,
            2 if has_two else 1,
            header_text(row[school]),
            "" if municipality is None else header_text(row[municipality]),
            columns,
            is_split,
        )
    return _Guess(sheet, None)


def _column(row: Sequence[Cell], words: str, skipped: str = "") -> int | None:
    """Index of the first header cell with these words."""
    for index, cell in enumerate(row):
        header = header_text(cell)
        if re.search(words, header) and not (skipped and re.search(skipped, header)):
            return index
    return None


def _columns(
    row: Sequence[Cell], below: Sequence[Cell] | None, taken: set[int | None]
) -> tuple[dict[str, list[tuple[str, str, int]]], bool]:
    """The measures with their subjects, by kind; and whether subject and measure share a cell."""
    cells: list[tuple[str, str, int]] = []
    if below is not None:
        subject = ""
        for index, cell in enumerate(below):
            subject = text(cell_at(list(row), index)) or subject
            if cell is not None:
                cells.append((subject, header_text(cell), index))
    else:
        cells = [("", header_text(cell), i) for i, cell in enumerate(row) if cell is not None and i not in taken]
    splits = [(m.group(1), header[m.end() :], i) for _, header, i in cells if (m := re.match(BLOCK_PATTERN, header))]
    split_tested = [subject for subject, header, _ in splits if _kind(header) == "tested"]
    is_split = below is None and len(set(split_tested)) >= 2
    found: dict[str, list[tuple[str, str, int]]] = {}
    taken_kinds: set[tuple[str, str]] = set()
    # A count is better than the percent beside it: of two columns of one kind the one without a percent is taken.
    for column in sorted(splits if is_split else cells, key=lambda c: bool(re.search(PERCENT_WORDS, c[1]))):
        kind = _kind(column[1])
        is_second = (kind, column[0]) in taken_kinds
        taken_kinds.add((kind, column[0]))
        found.setdefault("" if is_second else kind, []).append(column)
    return {kind: sorted(columns, key=lambda c: c[2]) for kind, columns in found.items()}, is_split


def _kind(header: str) -> str:
    return next((name for name in MEASURES if re.search(MEASURE_WORDS[name], header)), "")


def _procedure(found: list[_Guess], stem: str) -> list[str]:
    """The procedure and the grade, from titles and names."""
    words = " ".join([*(title for guess in found for title in (*guess.titles, guess.sheet.name)), stem]).lower()
    named = [code for word, code in PROCEDURES.items() if word in words]
    procedure, grade = named[0] if named else (UNKNOWN, UNKNOWN)
    told = re.search(r"\b(\d{1,2})(?:-?[йхе]\w*)?\s+класс", words)
    if grade == UNKNOWN and told:
        grade = told.group(1)
    doubt = "" if len(named) == 1 else "   # ПРОВЕРЬТЕ: процедура (ege, oge, vpr) по заголовкам не ясна"
    return [
        f'procedure = "{procedure}"{doubt}',
        f'grade = "{grade}"' + ("   # впишите класс" if grade == UNKNOWN else ""),
    ]


def _sheet(guess: _Guess, header_rows: int, stem: str) -> list[str]:
    """The [[sheets]] entry of one sheet, known by its exact name."""
    name = f"^{_escaped(header_text(guess.sheet.name))}$"
    lines = ["", "[[sheets]]", f"name = '{name}'   # точное имя листа; чтобы макет служил и дальше, обобщите его"]
    if not guess.has_results:
        headers = [header for header in (guess.municipality, guess.school) if header]
        demanded = ", ".join(f"'^{_escaped(header)}$'" for header in headers)
        return [
            *lines,
            *([f"header = [{demanded}]"] if headers else []),
            *([f"header_rows = {guess.header_rows}"] if headers and guess.header_rows != header_rows else []),
            'holds = "nothing"',
            'reason = "нет столбцов с числом участников и числом низких результатов"   # ПРОВЕРЬТЕ',
        ]
    if guess.header_rows != header_rows:
        lines.append(f"header_rows = {guess.header_rows}")
    lines += ['holds = "results"', _year(guess, stem)]
    if guess.header_rows == 1 and not guess.is_split:
        lines.append(_subject(guess))
    return lines


def _year(guess: _Guess, stem: str) -> str:
    """The `year` of an entry: from a title, else from the sheet's name, else from the file's name."""
    name, doubt = header_text(guess.sheet.name), ""
    for pattern in (r"20\d\d\s*[/–-]\s*(20\d\d)", r"(20\d\d) год", r"(20\d\d)"):
        told = next((match.group(1) for title in guess.titles if (match := re.search(pattern, title))), "")
        if told:
            named = re.findall(r"20\d\d", name)
            if named and told not in named:
                doubt = f"   # ПРОВЕРЬТЕ: в заголовке {told}, а имя листа «{name}»"
            return f"year = {{ title = '{pattern}' }}{doubt}"
    if re.search(r"20\d\d", name):
        return "year = { name = '(20\\d\\d)' }"
    told = next(iter(re.findall(r"20\d\d", stem)), "")
    if told:
        return f"year = {told}   # ПРОВЕРЬТЕ: год взят из имени файла"
    return f'year = "{UNKNOWN}"   # год не найден ни в заголовке, ни в именах листа и файла'


def _subject(guess: _Guess) -> str:
    """The `subject` of an entry whose header names none."""
    for title in guess.titles:
        if re.search(r"^предмет:?\s*(.+)$", title):
            return "subject = { title = '^предмет:?\\s*(.+)$' }"
    words = " ".join([*guess.titles, header_text(guess.sheet.name)])
    named = next((subject for stem, subject in SUBJECT_STEMS.items() if re.search(stem, words)), UNKNOWN)
    return f'subject = "{named}"   # ПРОВЕРЬТЕ: предмет угадан по заголовку или имени листа'


def _places(found: list[_Guess]) -> list[str]:
    """The municipality and the school."""
    municipalities = _distinct(guess.municipality for guess in found)
    lines = ["", "[municipality]"]
    if municipalities:
        lines.append(f"column = {_exact(municipalities)}")
        index = _column(found[0].sheet.rows[found[0].header_index or 0], MUNICIPALITY_WORDS)
        blanks = [cell_at(row, index) is None for row in found[0].data]
        if sum(blanks) > 0.3 * len(blanks):
            lines.append("fills_down = true   # ПРОВЕРЬТЕ: пустые ячейки — объединённые с ячейкой выше")
    else:
        lines += [
            "# ПРОВЕРЬТЕ: столбца нет; муниципалитет — строка, где заполнена одна ячейка, подходящая под образец.",
            f"row = '{MUNICIPALITY_ROW}'",
        ]
    return [*lines, "", "[school]", f"column = {_exact(_distinct(guess.school for guess in found))}"]


def _measures(found: list[_Guess]) -> list[str]:
    """The patterns of the measures, exactly as their headers stand; the other columns of the blocks are ignored."""
    headers: dict[str, list[str]] = {}
    for guess in found:
        for kind, columns in guess.columns.items():
            headers.setdefault(kind, []).extend(header for _, header, _ in columns)
    is_split = found[0].is_split
    lines = ["", "[measures]"]
    for kind in ("tested", "low", "absent", "mean"):
        if kind in headers:
            lines.append(f"{kind} = {_exact(_distinct(headers[kind]), is_split)}")
    if "" in headers and (is_split or found[0].header_rows == 2):
        ignored = ", ".join(f"'{'' if is_split else '^'}{_escaped(h)}$'" for h in _distinct(headers[""]))
        lines.append(f"ignore = [{ignored}]   # ПРОВЕРЬТЕ: эти показатели не нужны")
    unit = _low_unit(found)
    doubt = "" if unit == "count" else "   # ПРОВЕРЬТЕ: низкие результаты даны не числом людей"
    return [*lines, f'low_unit = "{unit}"{doubt}']


def _low_unit(found: list[_Guess]) -> str:
    """Count, percent or share, from the header of the low results and from their values."""
    columns = [(guess, header, index) for guess in found for _, header, index in guess.columns["low"]]
    values = [v for guess, _, i in columns for row in guess.data if (v := number(cell_at(row, i))) is not None]
    has_fractions = any(value % 1 for value in values)
    if any(re.search(r"%|процент", header) for _, header, _ in columns):
        return "percent" if max(values, default=0) > 1 or not has_fractions else "share"
    if any(re.search(r"\bдол[яиюе]\b", header) for _, header, _ in columns) or has_fractions:
        return "share" if max(values, default=0) <= 1 else "percent"
    return "count"


def _blanks_and_totals(found: list[_Guess]) -> list[str]:
    """What blanks mean, and which rows are totals."""
    totals = _distinct(
        text(cell)
        for guess in found
        for row in guess.data
        for cell in row
        if isinstance(cell, str) and re.search(TOTALS, header_text(cell))
    )
    told = "; ".join(f"«{_quoted(label)}»" for label in totals[:3])
    return [
        "",
        "[blanks]",
        'low = "zero"   # ПРОВЕРЬТЕ: пусто при ненулевом участии значит «порог преодолели все»; иначе "missing"',
        'absent = "missing"',
        "",
        "[totals]",
        f"row = '{TOTALS}'   # " + (f"найдено: {told}" if told else "ПРОВЕРЬТЕ: итоговых строк не найдено"),
    ]


def _blocks(found: list[_Guess]) -> list[str]:
    """The subjects that the header names: which are ignored, and a reminder to name unusual ones."""
    subjects = _distinct(s for guess in found for columns in guess.columns.values() for s, _, _ in columns)
    lines = ["", "[blocks]"]
    if found[0].is_split:
        lines.append(f"pattern = '{BLOCK_PATTERN}'   # ПРОВЕРЬТЕ: предмет стоит в ячейке шапки перед показателем")
    ignored = [p for p in (r"\(устн", r"^(всего|итого)\b") if any(re.search(p, header_text(s)) for s in subjects)]
    if ignored:
        patterns = ", ".join(f"'{pattern}'" for pattern in ignored)
        lines.append(f"ignore = [{patterns}]   # ПРОВЕРЬТЕ: эти блоки не считаются отдельным предметом")
    lines += ["", "[subjects]", "# Здесь называют предметы, которых нет в справочнике subjects.csv под таким именем:"]
    kept = [s for s in subjects if not any(re.search(pattern, header_text(s)) for pattern in ignored)]
    return [*lines, *(f'# "{_quoted(subject)}" = "код предмета"' for subject in kept)]


def _distinct(values: Iterable[str]) -> list[str]:
    return [value for value in dict.fromkeys(values) if value]


def _exact(headers: list[str], is_end: bool = False) -> str:
    """A TOML pattern of exactly these headers (or of cells that end so)."""
    patterns = [_escaped(header) for header in headers]
    joined = patterns[0] if len(patterns) == 1 else f"({'|'.join(patterns)})"
    return f"'{'' if is_end else '^'}{joined}$'"


def _escaped(header: str) -> str:
    """A header as a pattern; an apostrophe would end the TOML text."""
    return re.sub(r"([.^$*+?{}\[\]\\|()])", r"\\\1", header).replace("'", ".")


def _quoted(words: str) -> str:
    return text(words).replace("\\", "/").replace('"', "'")
