"""РИС ГИА exports of the made-up region (formats 3): protocols of ЕГЭ and ОГЭ and decided appeals.

Everybody in them is invented and looks it: three surnames, one first name, documents of the series 9900.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from pipeline.synthetic.files import DEMO_NOTE, Row, write_csv, write_workbook
from pipeline.synthetic.norms import EXAM_SCALES, ege_minimum
from pipeline.synthetic.region import Register, stream
from pipeline.synthetic.scores import draw_pupils, primary_scores

SURNAMES = ("Тестов", "Примеров", "Образцов")
SERIES = "9900"
CLASS_LETTERS = ("", "А", "Б")
SHORT_ANSWERS = ("", "", "+--+-----+", "++-+-+-+-+", "+++-++-+++", "++++++++++")  # by mark
LONG_ANSWERS = ("", "", "0(2)0(3)", "1(2)0(3)", "1(2)2(3)", "2(2)3(3)")
LAST_PRIMARY_SCORE = 50  # of an exam with test scores: a primary score is only printed beside them

EGE_HEADER = (
    "№", "Код МСУ", "Код ОО", "Класс", "Код ППЭ", "Аудитория", "Фамилия", "Имя", "Отчество", "Серия", "Номер",
    "Задания с кратким ответом", "Задания с развёрнутым ответом", "Первичный балл",
)  # fmt: skip
OGE_HEADER = (
    "№", "Код ОО", "Класс", "Код ППЭ", "Аудитория", "Код участника", "Фамилия", "Имя", "Отчество", "Серия", "Номер",
    "Задания с кратким ответом", "Задания с развёрнутым ответом", "Первичный балл", "Оценка",
)  # fmt: skip
NORMALISED_HEADER = (
    "Id", "SchoolCode", "ClassCode", "StationCode", "AuditoriumCode", "ParticipantCode", "Surname", "Name",
    "SecondName", "DocumentSeries", "DocumentNumber", "PrimaryMark", "Mark5",
)  # fmt: skip
APPEALS_HEADER = (
    "Экзамен", "Код МСУ", "Код ОО", "Предмет", "Дата экзамена", "Серия", "Номер", "Тип апелляции", "Состояние",
    "Дата рассмотрения", "Балл до", "Балл после", "Разница", "Оценка после",
)  # fmt: skip

GRANTED, REJECTED, PENDING = "Удовлетворена", "Отклонена", "На рассмотрении"
LARGEST_GAIN = 4
APPEAL_COUNT = 12  # per exam; every third is granted, one still waits


@dataclass(frozen=True)
class Sitting:
    """One exam on one day: its code and title in the files, month and day, and the title of the column of results."""

    procedure: str
    subject: str
    code: str
    title: str
    day: str
    result_title: str

    def date_in(self, year: int) -> str:
        """The date of the exam as the files print it."""
        return f"{year}.{self.day}"


SITTINGS = (
    Sitting("ege", "rus", "01", "Русский язык", "06.04", "Балл"),
    Sitting("ege", "mat_prof", "02", "Математика профильная", "06.08", "Тестовый балл"),
    Sitting("ege", "mat_base", "22", "Математика базовая", "06.08", "Оценка"),
    Sitting("ege", "soc", "12", "Обществознание", "06.11", "Балл"),
    Sitting("ege", "phys", "03", "Физика", "06.01", "Балл"),
    Sitting("oge", "rus", "01", "Русский язык", "06.09", "Оценка"),
    Sitting("oge", "mat", "02", "Математика", "06.03", "Оценка"),
    Sitting("oge", "geo", "08", "География", "06.16", "Оценка"),
)
SPARSE = ("ege", "phys", 1)  # which exam comes in which variant, and how many years before the last one
NORMALISED = ("oge", "mat", 1)
APPEALED = (("ege", "rus"), ("oge", "mat"))


def write_gia(raw: Path, register: Register, cells: pd.DataFrame, seed: int) -> None:
    """Write protocols of all years but the oldest below `raw/<year>/ege/` and `oge/`, and appeals of the last year."""
    last_year = int(cells["year"].max())
    appeals: list[Row] = []
    for year in range(int(cells["year"].min()) + 1, last_year + 1):
        for sitting in SITTINGS:
            is_exam = (cells["procedure"] == sitting.procedure) & (cells["subject"] == sitting.subject)
            protocol = make_protocol(cells[is_exam & (cells["year"] == year)], sitting, register, year, seed)
            _write_protocol(raw / str(year) / sitting.procedure, protocol, sitting, year, last_year - year)
            if year == last_year and (sitting.procedure, sitting.subject) in APPEALED:
                appeals += _appeals(protocol, sitting, year, seed)
    title: Row = [f"Апелляции {last_year} ({DEMO_NOTE})"]
    path = raw / str(last_year) / f"{last_year}-07-10" / f"апелляции_{last_year}.xlsx"
    write_workbook(path, {"Апелляции": [title, APPEALS_HEADER, *appeals]})


def make_protocol(exam: pd.DataFrame, sitting: Sitting, register: Register, year: int, seed: int) -> pd.DataFrame:
    """One row per entered pupil, as texts for the file.

    Returns:
        Columns `area` (Код МСУ), `school` (Код ОО), `class`, `station`, `room`, `participant`, `surname`, `name`,
        `patronymic`, `series`, `number`, `short`, `long`, `primary`, `result`; and the ints `mark` and `score`
        (test score where there is one, else the primary score).
    """
    pupils = draw_pupils(exam, seed, f"{year} {sitting.procedure} {sitting.subject}")
    areas_of = register.municipalities
    codes = pupils["school_id"].map(register.code(sitting.procedure, year))
    areas = pupils["municipality_id"].map(dict(zip(areas_of["municipality_id"], areas_of["gia_code"], strict=True)))
    serial = pd.Series(np.arange(1, len(pupils) + 1))
    score, primary = _scores(pupils, sitting, year)
    is_marked = (sitting.procedure, sitting.subject) in EXAM_SCALES
    result = (pupils["mark"] if is_marked else score).astype(str)
    marks = pupils["mark"].to_numpy()
    grade = str(pupils["grade"].iloc[0])
    return pd.DataFrame(
        {
            "area": areas,
            "school": codes.str[3:] if sitting.procedure == "ege" else codes,
            "class": [grade + CLASS_LETTERS[n % 3] for n in serial],
            "station": areas + "1",
            "room": [f"{1 + n // 15 % 40:04d}" for n in serial],
            "participant": [f"{year}{n:06d}" for n in serial],
            "surname": [SURNAMES[n % 3] for n in serial],
            "name": "Имя",
            "patronymic": "Отчество",
            "series": SERIES,
            "number": [f"{100000 + n}" for n in serial],
            "short": np.array(SHORT_ANSWERS)[marks],
            "long": np.array(LONG_ANSWERS)[marks],
            "primary": primary.astype(str).where(~pupils["is_absent"], ""),
            "result": result.where(~pupils["is_absent"], "Неявка"),
            "mark": marks,
            "score": primary if is_marked else score,
        }
    )


def _scores(pupils: pd.DataFrame, sitting: Sitting, year: int) -> tuple["pd.Series[int]", "pd.Series[int]"]:
    """The test score (0 where the exam is given in marks) and the primary score of each pupil."""
    borders = EXAM_SCALES.get((sitting.procedure, sitting.subject))
    if borders is not None:
        return pd.Series(0, index=pupils.index), primary_scores(pupils, borders)
    test = primary_scores(pupils, (ege_minimum(sitting.subject, year) - 1, 54, 72, 100))
    return test, (test * LAST_PRIMARY_SCORE / 100).round().astype(int)


def _write_protocol(folder: Path, protocol: pd.DataFrame, sitting: Sitting, year: int, years_ago: int) -> None:
    """Write one protocol in the variant in which it is received."""
    title = f"{sitting.code} - {sitting.title} {sitting.date_in(year)}"
    variant = (sitting.procedure, sitting.subject, years_ago)
    if sitting.procedure == "ege":
        fields = ["area", "school", "class", "station", "room", *_NAMED, "short", "long", "primary", "result"]
        header: Row = (*EGE_HEADER, sitting.result_title)
    elif variant == NORMALISED:
        fields = ["school", "class", "station", "room", "participant", *_NAMED, "primary", "result"]
        header = NORMALISED_HEADER
    else:
        fields = ["school", "class", "station", "room", "participant", *_NAMED, "short", "long", "primary", "result"]
        header = OGE_HEADER
    numbered = [[str(n), *row] for n, row in enumerate(protocol[fields].to_numpy().tolist(), start=1)]
    rows = _with_faults(numbered, list(header), sitting, years_ago)
    if variant == SPARSE:
        sparse = [[cell for value in row for cell in (value or None, None)] for row in [header, *rows]]
        write_workbook(folder / f"ЕГЭ_{sitting.code}_{year}.xlsx", {"Протокол": [[title], *sparse]})
    elif variant == NORMALISED:
        write_csv(folder / f"{sitting.code}_{sitting.date_in(year)}.csv", [header, *rows])
    else:
        word = "ЕГЭ" if sitting.procedure == "ege" else "ОГЭ"
        top: Row = [title, *[""] * (len(header) - 1)]
        write_csv(folder / f"{word}_{sitting.code}_{year}.csv", [top, header, *rows], encoding="cp1251")


_NAMED = ("surname", "name", "patronymic", "series", "number")


def _with_faults(rows: list[list[str]], header: list[object], sitting: Sitting, years_ago: int) -> list[list[str]]:
    """The rows with faults and footers of real exports; each variant of the header has its own places."""
    faulty = [list(row) for row in rows]
    result = len(header) - 1
    school = header.index("SchoolCode" if "SchoolCode" in header else "Код ОО")
    if sitting.procedure == "ege":
        # A graduate of an earlier year is no part of the base; a school outside the register is a question.
        faulty.append([*faulty[0][:3], "ВПЛ", *faulty[0][4:10], "900001", *faulty[0][11:]])
        faulty.append([*faulty[1][:school], "990", *faulty[1][school + 1 : 10], "900002", *faulty[1][11:]])
    if sitting.subject == "mat" and years_ago == 0:
        faulty.insert(10, list(faulty[9]))
    blank = len(faulty) // 2
    faulty[blank] = [*faulty[blank][: result - 1], "", ""]
    width = len(header)
    count = [f"Всего участников: {len(rows)}"]
    footers = [["Средние"], ["Минимальная граница"], count]
    return faulty + [[*footer, *[""] * (width - len(footer))] for footer in footers]


def _appeals(protocol: pd.DataFrame, sitting: Sitting, year: int, seed: int) -> list[Row]:
    """Rows of the appeals file: every third granted with a higher score, one still pending."""
    tested = protocol[(protocol["mark"] > 0) & (protocol["primary"] != "") & (protocol.index < len(protocol) // 2)]
    rng = stream(seed, f"appeals {sitting.procedure}")
    # Half of the appeals come from pupils below the minimum: only those can change a count of low results.
    low = tested.index[tested["mark"] == 2]
    half = APPEAL_COUNT // 2
    chosen = np.sort(
        np.concatenate(
            [rng.choice(low, half, replace=False), rng.choice(tested.index.difference(low), half, replace=False)]
        )
    )
    rows: list[Row] = []
    for order, index in enumerate(chosen):
        state = GRANTED if order % 3 == 0 else PENDING if order == 1 else REJECTED
        rows.append(_appeal(protocol.loc[index], sitting, year, state))
    return rows


def _appeal(pupil: pd.Series, sitting: Sitting, year: int, state: str) -> Sequence[object]:
    """One row of the appeals file; a granted appeal lifts the score, over the minimum where that was near."""
    before = int(pupil["score"])
    borders = EXAM_SCALES.get((sitting.procedure, sitting.subject))
    after, mark_after = before, int(pupil["mark"]) if borders else None
    if state == GRANTED:
        last_low = borders[0] if borders else ege_minimum(sitting.subject, year) - 1
        after = last_low + 1 if 0 <= last_low - before < LARGEST_GAIN else before + 2
        if borders:
            mark_after = 2 + sum(after > border for border in borders[:3])
    is_decided = state != PENDING
    return [
        "ЕГЭ" if sitting.procedure == "ege" else "ОГЭ",
        pupil["area"],
        pupil["school"],
        f"{sitting.code} - {sitting.title}",
        ".".join(reversed(sitting.date_in(year).split("."))),
        pupil["series"],
        pupil["number"],
        "О несогласии с выставленными баллами",
        state,
        f"05.07.{year}" if is_decided else None,
        before,
        after if is_decided else None,
        after - before if is_decided else None,
        mark_after if is_decided else None,
    ]
