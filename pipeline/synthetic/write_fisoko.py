"""ФИС ОКО reports of the made-up region (formats 1): marks, comparison with the journal, distribution, pupils."""

from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from pipeline.schema import records
from pipeline.synthetic.files import DEMO_NOTE, Row, write_workbook
from pipeline.synthetic.names import PLACES, REGION_FISOKO_CODE, REGION_NAME, short_name
from pipeline.synthetic.norms import vpr_scale
from pipeline.synthetic.region import Register, fisoko_code, stream
from pipeline.synthetic.scores import MARK_COLUMNS, draw_pupils, journal_marks, primary_scores

SUBJECT_NAMES = {"rus": ("РУ", "Русский язык"), "mat": ("МА", "Математика")}
COUNTRY_FACTOR = 61  # the country is printed above the region; here it is the region so many times
EVIDENCE_GRADES = (4, 5)
INDIVIDUAL_PLACE = "Вяземский"
INDIVIDUAL_TESTS = (("rus", 4), ("mat", 5))
LATE_TEST = ("mat", 8)
LATE_SCHOOL_COUNT = 5

# Which file of the last year (or the year before) carries which fault, as they are met in real deliveries.
WRONG_TOTAL = ("rus", 6)
WRONG_TOTAL_SURPLUS = 19
DUPLICATE_ROW = ("rus", 7)
IMPOSSIBLE_PERCENT = ("mat", 6)
TEXT_PERCENTS = ("mat", 5)

Counts = Mapping[str, int]
CellsOf = Callable[[int, Counts], list[object]]


def write_fisoko(raw: Path, register: Register, cells: pd.DataFrame, seed: int) -> None:
    """Write every ФИС ОКО report below `raw/<year>/vpr/`, and one report delivered a second time in July."""
    vpr = cells[(cells["procedure"] == "vpr") & cells["subject"].isin(SUBJECT_NAMES) & (cells["tested_count"] > 0)]
    last_year = int(cells["year"].max())
    for year, subject, grade in sorted(set(zip(vpr["year"], vpr["subject"], vpr["grade"], strict=True))):
        test = vpr[(vpr["year"] == year) & (vpr["subject"] == subject) & (vpr["grade"] == grade)]
        report = Report(raw, register, int(year), str(subject), int(grade))
        report.write_marks(test, years_ago=last_year - int(year))
        if grade in EVIDENCE_GRADES and year >= last_year - 1:
            pupils = _pupils_with_scores(test, report, seed)
            report.write_journal(pupils)
            report.write_distribution(pupils)
            if year == last_year and (subject, grade) in INDIVIDUAL_TESTS:
                report.write_individual(pupils, seed)
        if year == last_year and (subject, grade) == LATE_TEST:
            report.write_marks(_recounted(test, seed), folder=f"{year}-07-15")


class Report:
    """The reports of one test: they share title rows, groups of rows and the way a file is named."""

    def __init__(self, raw: Path, register: Register, year: int, subject: str, grade: int) -> None:
        self.folder = raw / str(year)
        self.year, self.subject, self.grade = year, subject, grade
        self.short, self.subject_name = SUBJECT_NAMES[subject]
        self.borders = vpr_scale(subject, grade, year)
        self.label = f"{year} {subject} {grade}"
        self.register = register
        self.logins = register.code("fisoko", year)
        self.homes = dict(zip(register.traits["school_id"], register.traits["municipality_id"], strict=True))
        self.names = {school_id: short_name(name) for school_id, name in register.names().items()}

    def write_marks(self, test: pd.DataFrame, *, folder: str = "vpr", years_ago: int | None = None) -> None:
        """«Статистика по отметкам», with the faults that this test carries; a second delivery carries none."""
        counts = test.set_index("school_id")[["tested_count", *MARK_COLUMNS]]
        header = ["Группы участников", "Кол-во ОО", "Кол-во участников", "2", "3", "4", "5"]
        is_text = (self.subject, self.grade, years_ago) == (*TEXT_PERCENTS, 1)

        def cells_of(school_count: int, sums: Counts) -> list[object]:
            percents = [_percent(sums[name], sums["tested_count"]) for name in MARK_COLUMNS]
            shown = [f"{p:.2f}".replace(".", ",") for p in percents] if is_text else percents
            return [school_count or None, sums["tested_count"], *shown]

        rows = self._group_rows(counts, cells_of)
        if years_ago is not None:
            _spoil(rows, (self.subject, self.grade), years_ago)
        self._write("Статистика по отметкам", header, rows, folder=folder)

    def write_journal(self, pupils: pd.DataFrame) -> None:
        """«Сравнение отметок с отметками по журналу»."""
        step = np.sign(pupils["mark"] - pupils["journal_mark"])
        outcomes = pd.DataFrame({"lowered": step < 0, "confirmed": step == 0, "raised": step > 0}).astype(int)
        counts = outcomes.assign(tested_count=1).groupby(pupils["school_id"]).sum()
        header = ["Группы участников", "Кол-во участников (всего)"]
        for outcome in ("Понизили", "Подтвердили", "Повысили"):
            header += [f"{outcome}, %", f"{outcome}, кол-во"]

        def cells_of(school_count: int, sums: Counts) -> list[object]:
            pairs = [(_percent(sums[n], sums["tested_count"]), sums[n]) for n in outcomes.columns]
            return [sums["tested_count"], *(value for pair in pairs for value in pair)]

        self._write("Сравнение отметок с отметками по журналу", header, self._group_rows(counts, cells_of))

    def write_distribution(self, pupils: pd.DataFrame) -> None:
        """«Распределение первичных баллов»."""
        scores = list(range(self.borders[-1] + 1))
        counts = pd.crosstab(pupils["school_id"], pupils["primary_score"]).reindex(columns=scores, fill_value=0)
        counts.columns = pd.Index([str(score) for score in scores])
        counts["tested_count"] = counts.sum(axis=1)
        header = ["Группы участников", "Кол-во участников", *(str(score) for score in scores)]

        def cells_of(school_count: int, sums: Counts) -> list[object]:
            return [sums["tested_count"], *(_percent(sums[str(s)], sums["tested_count"]) for s in scores)]

        self._write("Распределение первичных баллов", header, self._group_rows(counts, cells_of))

    def write_individual(self, pupils: pd.DataFrame, seed: int) -> None:
        """«Индивидуальные результаты» of the schools of one municipality."""
        place_number = [place.stem for place in PLACES].index(INDIVIDUAL_PLACE) + 1
        own = pupils[pupils["municipality_id"] == f"M{place_number:02d}"].reset_index(drop=True)
        maxima = task_maxima(self.borders[-1])
        points = task_points(own["primary_score"].to_numpy(), maxima, stream(seed, f"tasks {self.label}"))
        area = PLACES[place_number - 1].name_in(self.year)
        rows: list[Row] = []
        counts = own["school_id"].value_counts()
        school_id, number = "", 0
        for pupil, tasks in zip(records(own), points, strict=True):
            is_next_school = pupil["school_id"] != school_id
            school_id, number = pupil["school_id"], 1 if is_next_school else number + 1
            login, name = self.logins[school_id], self.names[school_id]
            if is_next_school:
                rows.append([f"{name}({login}) | Кол-во участников: {counts[school_id]}"])
            shown = [value or ("х" if (number + task) % 3 == 0 else 0) for task, value in enumerate(tasks)]
            journal = "нет отметки" if number % 40 == 0 else pupil["journal_mark"]
            who = [login, area, name, f"{self.grade}{number:04d}", f"{self.grade}А", 1 + number % 2]
            rows.append([*who, *shown, pupil["primary_score"], pupil["mark"], journal])
        header = ["ОО", "Муниципалитет", "Название ОО", "Код участника", "Класс", "Вариант"]
        header += [f"{task} ({maximum}б)" for task, maximum in enumerate(maxima, start=1)]
        header += ["Первичный балл", "Отметка", "Отметка по журналу"]
        levels = [None] * 6 + ["П" if task % 4 == 3 else "Б" for task in range(len(maxima))]
        self._write("Индивидуальные результаты", header, rows, above_header=levels)

    def _group_rows(self, counts: pd.DataFrame, cells_of: CellsOf) -> list[list[object]]:
        """The rows below the header: the whole sample, the region, then each municipality and its schools."""
        whole = {str(name): int(total) for name, total in counts.sum().items()}
        country = {name: value * COUNTRY_FACTOR for name, value in whole.items()}
        rows: list[list[object]] = [
            ["Вся выборка", *cells_of(len(counts) * COUNTRY_FACTOR, country)],
            [f"{REGION_NAME}({REGION_FISOKO_CODE})", *cells_of(len(counts), whole)],
        ]
        homes = [self.homes[str(school_id)] for school_id in counts.index]
        by_place = counts.groupby(homes).sum()
        sums = dict(zip(by_place.index, records(by_place), strict=True))
        schools = list(zip(counts.index.astype(str), homes, records(counts), strict=True))
        for number, place in enumerate(PLACES, start=1):
            own = [(school_id, school) for school_id, home, school in schools if home == f"M{number:02d}"]
            if not own:
                continue
            total = cells_of(len(own), sums[f"M{number:02d}"])
            rows.append([f"{place.name_in(self.year)}({fisoko_code(number)})", *total])
            for school_id, school in own:
                rows.append([f"{self.names[school_id]}({self.logins[school_id]})", *cells_of(0, school)])
        return rows

    def _write(
        self,
        title: str,
        header: Row,
        rows: list[Row] | list[list[object]],
        *,
        folder: str = "vpr",
        above_header: Row = (),
    ) -> None:
        """Write one report: title rows, header in row 8, rows."""
        top: list[Row] = [
            [f"{title} ({DEMO_NOTE})"],
            [],
            [f"ВПР {self.year} {self.subject_name} {self.grade} класс"],
            ["Предмет:", self.subject_name],
            ["Максимальный первичный балл:", self.borders[-1]],
            ["Дата:", f"{self.year}-04-15"],
            above_header,
            header,
        ]
        name = f"{self.short}{self.grade}_{self.year}_{title.replace(' ', '_')}.xlsx"
        write_workbook(self.folder / folder / name, {f"{self.short} {self.grade} {title}": [*top, *rows]})


def task_maxima(total: int) -> list[int]:
    """Maxima of the tasks of a test whose maxima add up to the total."""
    maxima: list[int] = []
    while (rest := total - sum(maxima)) > 0:
        maxima.append(min(rest, (1, 2, 1, 3)[len(maxima) % 4]))
    return maxima


def task_points(scores: np.ndarray, maxima: list[int], rng: np.random.Generator) -> list[list[int]]:
    """Points of each pupil by task, which add up to the pupil's score."""
    order = rng.random((len(scores), sum(maxima))).argsort(axis=1).argsort(axis=1)
    got = (order < scores[:, None]).astype(int)
    starts = np.concatenate([[0], np.cumsum(maxima)[:-1]])
    points: list[list[int]] = np.add.reduceat(got, starts, axis=1).tolist()
    return points


def _pupils_with_scores(test: pd.DataFrame, report: Report, seed: int) -> pd.DataFrame:
    """One row per tested pupil with `primary_score` and `journal_mark`."""
    pupils = draw_pupils(test, seed, report.label)
    tested = pupils[~pupils["is_absent"]].reset_index(drop=True)
    return tested.assign(
        primary_score=primary_scores(tested, report.borders), journal_mark=journal_marks(tested, seed, report.label)
    )


def _recounted(test: pd.DataFrame, seed: int) -> pd.DataFrame:
    """The cells after a second check of some schools' papers: one more «2» in each of them."""
    large = test.index[(test["tested_count"] >= 20) & (test["mark_3"] > 0)]
    changed = stream(seed, "late load").choice(large.to_numpy(), LATE_SCHOOL_COUNT, replace=False)
    late = test.copy()
    late.loc[changed, "mark_2"] += 1
    late.loc[changed, "mark_3"] -= 1
    return late


def _spoil(rows: list[list[object]], test: tuple[str, int], years_ago: int) -> None:
    """Put the faults of real deliveries into the rows of a marks report."""
    is_school = [row[1] is None for row in rows]
    if test == WRONG_TOTAL and years_ago == 0:
        # A municipality counted before some pupils were taken out: whole percents of more pupils than its schools have.
        total = next(row for row in rows[2:] if row[1] is not None)
        counts = [round(_number(percent) * _int(total[2]) / 100) for percent in total[3:]]
        counts[2] += WRONG_TOTAL_SURPLUS
        total[2:] = [sum(counts), *(_percent(count, sum(counts)) for count in counts)]
    if test == DUPLICATE_ROW and years_ago == 0:
        index = is_school.index(True)
        rows.insert(index + 1, list(rows[index]))
    if test == IMPOSSIBLE_PERCENT:
        # Of 12 to 60 pupils one makes at least 1.6 %: shifted by 0.37 the percent fits no whole number of pupils.
        row = next(
            r for r, own in zip(rows, is_school, strict=True) if own and 12 <= _int(r[2]) <= 60 and r[3] and r[4]
        )
        row[3], row[4] = round(_number(row[3]) + 0.37, 2), round(_number(row[4]) - 0.37, 2)


def _percent(part: int, whole: int) -> float:
    return round(100 * part / whole, 2)


def _int(value: object) -> int:
    assert isinstance(value, int)
    return value


def _number(value: object) -> float:
    assert isinstance(value, float)
    return value
