"""Context forms and the social passport of the made-up region (formats 5), with hardship that goes with true results.

A form of the year before in the layout of 2021 (one sheet, 95 columns), a form of the last year in that of 2022 (two
sheets), and a social passport of two municipalities in three. Hardship explains about a third of the true differences
between schools; every indicator carries a part of it and noise of its own. The people in the form are invented.
"""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from pipeline.sources.layout_toml import PACKAGE_LAYOUTS, read_document
from pipeline.synthetic.files import DEMO_NOTE, Row, write_workbook
from pipeline.synthetic.region import Register, place_of, stream

Floats = npt.NDArray[np.float64]
Columns = dict[str, list[Any]]

EXPLAINED_SHARE = (
    0.35  # of the variance of the true level, by hardship; indicators show it with noise: about .3 remains
)
SILENT_SHARE = 0.03  # schools that sent no form
WRONG_TOTAL_SHARE, WRONG_PART_SHARE, BLANK_SHARE, FREE_TEXT_SHARE = 0.06, 0.02, 0.02, 0.01
PEOPLE = {
    "ФИО руководителя": "И. О. Образцов",
    "Телефон": "8 900 000-00-00",
    "Адрес электронной почты": "demo@example.org",
}
YES, NO = ("да", "Да", "ДА", "есть"), ("нет", "Нет", "НЕТ")
FREE_TEXTS = ("по ситуации", "см. приложение", "затрудняюсь ответить")
UNKNOWN_COLUMN = "Количество команд по робототехнике"

# Share of its whole: middle (as a share), and how far one standard deviation of hardship moves it on the logit scale.
SHARES: Mapping[str, tuple[str, float, float]] = {
    "special_needs_count": ("pupils_count", 0.07, 0.35),
    "disabled_count": ("pupils_count", 0.02, 0.1),
    "native_other_count": ("pupils_count", 0.04, 0.4),
    "second_shift_count": ("pupils_count", 0.10, 0.1),
    "transported_count": ("pupils_count", 0.20, 0.0),
    "pupils_pdn_count": ("pupils_count", 0.010, 0.5),
    "pupils_kdn_count": ("pupils_count", 0.006, 0.5),
    "pupils_vshk_count": ("pupils_count", 0.025, 0.4),
    "foster_count": ("pupils_count", 0.015, 0.2),
    "teachers_highest_count": ("teachers_count", 0.30, -0.5),
    "teachers_first_count": ("teachers_count", 0.30, 0.0),
    "teachers_degree_count": ("teachers_count", 0.90, -0.3),
    "teachers_young_count": ("teachers_count", 0.15, 0.0),
    "teachers_pension_count": ("teachers_count", 0.25, 0.1),
    "teachers_trained_count": ("teachers_count", 0.80, -0.2),
    "teachers_outside_count": ("teachers_count", 0.10, 0.5),
    "teachers_part_time_count": ("teachers_count", 0.10, 0.1),
    "vacancies_count": ("teachers_count", 0.04, 0.5),
}  # fmt: skip
PASSPORT: Mapping[str, tuple[float, float]] = {
    "families_both_degree_share": (0.20, -0.6),
    "families_incomplete_share": (0.22, 0.3),
    "families_low_income_share": (0.18, 0.5),
    "families_many_children_share": (0.12, 0.2),
    "families_unemployed_share": (0.04, 0.4),
    "pupils_low_income_share": (0.18, 0.4),
    "pupils_pdn_share": (0.010, 0.5),
    "pupils_kdn_share": (0.006, 0.5),
    "pupils_vshk_share": (0.025, 0.4),
}
INDICATOR_NOISE = 0.5  # of every share, on the logit scale
# Computers that pupils may use, per pupil: middle, what hardship does, noise: few schools have under .05.
PUPIL_COMPUTERS = (0.2, -0.15, 0.8)
# How many a school has of what else is counted: whatever its size, and per pupil.
COUNTS: Mapping[str, tuple[float, float]] = {
    "classes_count": (4.0, 0.035),
    "home_taught_count": (0.2, 0.005),
    "left_nine_count": (0.0, 0.04),
    "branches_count": (0.1, 0.0),
    "training_hours_count": (60.0, 0.0),
    "psychologists_count": (0.6, 0.0015),
    "speech_therapists_count": (0.3, 0.0015),
    "special_teachers_count": (0.1, 0.001),
    "social_teachers_count": (0.6, 0.0012),
    "tutors_count": (0.1, 0.001),
    "librarians_count": (0.8, 0.001),
    "rooms_count": (8.0, 0.03),
    "science_labs_count": (1.0, 0.002),
    "computer_rooms_count": (0.8, 0.002),
    "interactive_boards_count": (2.0, 0.012),
    "projectors_count": (4.0, 0.02),
    "printers_count": (4.0, 0.015),
    "library_books_count": (800.0, 18.0),
}


def make_conditions(truth: pd.DataFrame, seed: int, year: int) -> pd.DataFrame:
    """One row per school of the last year: `school_id`, `hardship` (mean 0, deviation 1; higher is harder)."""
    level = truth[truth["year"] == year].sort_values("school_id", ignore_index=True)
    z = (level["true_log_rate"] - level["true_log_rate"].mean()) / level["true_log_rate"].std()
    own = stream(seed, "hardship").normal(size=len(level))
    hardship = np.sqrt(EXPLAINED_SHARE) * z + np.sqrt(1 - EXPLAINED_SHARE) * own
    return pd.DataFrame({"school_id": level["school_id"], "hardship": hardship.round(9)})


def write_context(raw: Path, register: Register, conditions: pd.DataFrame, seed: int, last_year: int) -> None:
    """Write both forms and the passport below `raw/<year>/context/`."""
    layout = read_document(PACKAGE_LAYOUTS / "context_form.toml", "layouts/context_form.toml")
    for year, write in ((last_year - 1, _one_sheet), (last_year, _two_sheets)):
        rng = stream(seed, f"context form {year}")
        schools = _reporting(register, conditions, year, rng)
        form = _form(schools, layout, rng)
        form |= _equipment(schools, form["pupils_count"], form["second_shift_count"], stream(seed, f"equipment {year}"))
        write(raw / str(year) / "context", schools, _dirty(form, schools, rng), layout, year)
    passport = read_document(PACKAGE_LAYOUTS / "social_passport.toml", "layouts/social_passport.toml")
    _write_passport(raw / str(last_year) / "context", register, conditions, passport, seed, last_year)


def _reporting(register: Register, conditions: pd.DataFrame, year: int, rng: np.random.Generator) -> pd.DataFrame:
    """One row per school that sent its form, with its traits, codes, names and hardship."""
    working = register.operating(year).merge(conditions.rename(columns={"school_id": "entity_id"}), on="entity_id")
    working = working[rng.random(len(working)) >= SILENT_SHARE].sort_values("school_id", ignore_index=True)
    codes = {kind: working["school_id"].map(register.code(kind, year)) for kind in ("fisoko", "oge", "ege")}
    return working.assign(
        **codes,
        name=working["school_id"].map(register.names()),
        municipality=[place_of(municipality_id).name_in(year) for municipality_id in working["municipality_id"]],
    )


def _share(
    middle: float, slope: float, hardship: Floats, rng: np.random.Generator, noise: float = INDICATOR_NOISE
) -> Floats:
    """A share around its middle, moved by hardship, with noise of its own."""
    logit = np.log(middle / (1 - middle)) + slope * hardship + noise * rng.normal(size=len(hardship))
    return np.asarray(1 / (1 + np.exp(-logit)))


def _form(schools: pd.DataFrame, layout: Mapping[str, Any], rng: np.random.Generator) -> Columns:
    """Indicator -> a value per school: whole numbers, True or False, or the words of an answer."""
    size, hardship = schools["size"].to_numpy(), schools["hardship"].to_numpy()
    columns: dict[str, npt.NDArray[Any]] = {"teachers_count": np.maximum(3, (size / 13).round().astype(int))}
    grades = np.where(schools["has_senior"].to_numpy(), 11, 9)
    drawn = np.array(
        [[*rng.multinomial(n, np.ones(g) / g), *[0] * (11 - g)] for n, g in zip(size, grades, strict=True)]
    )
    columns |= {f"pupils_grade_{grade}_count": drawn[:, grade - 1] for grade in range(1, 12)}
    columns["pupils_count"] = drawn.sum(axis=1)
    for code, (whole, middle, slope) in SHARES.items():
        columns[code] = rng.binomial(columns[whole], _share(middle, slope, hardship, rng))
    for code in layout["counts"]:
        if code not in columns:
            columns[code] = rng.poisson(1 + size / 25)
    for code in layout["flags"]:
        kind = code.removeprefix("kind_")
        is_kind = (schools["kind_code"] == kind).to_numpy()
        columns[code] = is_kind if code.startswith("kind_") else rng.random(len(schools)) < 0.8
    for code, choice in layout["choices"].items():
        words = np.array([option[0] for option in choice["options"]], dtype=object)
        columns[code] = words[_answers(code, schools, len(words), rng)]
    return {code: values.tolist() for code, values in columns.items()}


def _equipment(schools: pd.DataFrame, pupils: list[int], second_shift: list[int], rng: np.random.Generator) -> Columns:
    """Indicator -> a count per school, of staff beside the teachers, rooms and equipment, as its size has it."""
    count, hardship = np.asarray(pupils), schools["hardship"].to_numpy()
    columns = {code: rng.poisson(base + per_pupil * count) for code, (base, per_pupil) in COUNTS.items()}
    middle, slope, noise = PUPIL_COMPUTERS
    columns["pupil_computers_count"] = rng.binomial(count, _share(middle, slope, hardship, rng, noise))
    columns["computers_count"] = columns["pupil_computers_count"] + rng.poisson(3 + count / 15)
    columns["shifts_count"] = 1 + (np.asarray(second_shift) > 0)
    return {code: counts.tolist() for code, counts in columns.items()}


def _answers(code: str, schools: pd.DataFrame, count: int, rng: np.random.Generator) -> npt.NDArray[np.int64]:
    """The place of each school's answer among the options, 0-based."""
    is_rural, hardship = schools["is_rural"].to_numpy(dtype=bool), schools["hardship"].to_numpy()
    if code == "location_band":
        return np.where(is_rural, 3, np.where(schools["place_stem"] == "Смоленск", 0, 1)).astype(np.int64)
    if code == "settlement_size_band":
        return np.where(is_rural, 0, np.where(schools["place_stem"] == "Смоленск", 6, 3)).astype(np.int64)
    slope = -0.5 if code in ("internet_speed_band", "parents_meetings_band") else 0.0
    position = (count - 1) * _share(0.5, slope, hardship, rng)
    return np.clip(position.round(), 0, count - 1).astype(np.int64)


def _dirty(columns: Columns, schools: pd.DataFrame, rng: np.random.Generator) -> Columns:
    """The cells as people fill them in: words for flags, text for numbers, blanks, wrong totals and free texts."""
    count = len(schools)
    for position in np.flatnonzero(rng.random(count) < WRONG_TOTAL_SHARE).tolist():
        columns["pupils_count"][position] += 10 + columns["pupils_count"][position] // 5
    for position in np.flatnonzero(rng.random(count) < WRONG_PART_SHARE).tolist():
        columns["teachers_highest_count"][position] = columns["teachers_count"][position] + 5
    # Two ordinary schools tick a kind that the register does not know of.
    ordinary = np.flatnonzero((schools["kind_code"] == "ordinary").to_numpy())
    for position in rng.choice(ordinary, 2, replace=False).tolist():
        columns["kind_evening"][position] = True
    for code, cells in columns.items():
        is_blank, is_text = rng.random(count) < BLANK_SHARE, rng.random(count) < FREE_TEXT_SHARE
        spoken = rng.integers(0, 12, count)
        for position, cell in enumerate(cells):
            if isinstance(cell, bool):
                words = YES if cell else NO
                cells[position] = words[spoken[position] % len(words)]
            elif isinstance(cell, str):
                cells[position] = FREE_TEXTS[spoken[position] % 3] if is_text[position] else cell
            elif spoken[position] == 0:
                cells[position] = f"{cell} чел." if code.startswith(("pupils", "teachers")) else f"{cell},0"
            if is_blank[position] and not code.startswith(("kind_", "pupils_grade")):
                cells[position] = (None, "-")[spoken[position] % 2]
    return columns


def _headers(layout: Mapping[str, Any], pick: Callable[[Sequence[str]], str]) -> dict[str, str]:
    """Indicator -> its header, of the several that the layout knows the picked one."""
    simple = {code: pick(texts) for name in ("counts", "flags") for code, texts in layout[name].items()}
    return simple | {code: pick(choice["columns"]) for code, choice in layout["choices"].items()}


def _one_sheet(folder: Path, schools: pd.DataFrame, columns: Columns, layout: Mapping[str, Any], year: int) -> None:
    """The form in the layout of 2021: one sheet of 95 columns, ОГЭ and ЕГЭ codes in the seventh and the eighth."""
    headers = _headers(layout, lambda texts: texts[0])
    leading: Columns = {
        "Логин ОО": schools["fisoko"].tolist(),
        "Регион": ["Деморегион"] * len(schools),
        "Муниципальное образование": schools["municipality"].tolist(),
        "Полное наименование ОО по уставу": schools["name"].tolist(),
        "Краткое наименование ОО": schools["name"].tolist(),
        "Адрес ОО": ["(выдуман)"] * len(schools),
        "Код ОО в РИС ГИА (ОГЭ)": schools["oge"].tolist(),
        "Код ОО в РИС ГИА (ЕГЭ)": schools["ege"].tolist(),
        **{title: [told] * len(schools) for title, told in PEOPLE.items()},
        "ФИО ответственного за заполнение": ["О. И. Примеров"] * len(schools),
        "Сайт ОО": ["example.org"] * len(schools),
    }
    table = leading | {headers[code]: cells for code, cells in columns.items()}
    assert len(table) == 95
    rows: list[Row] = [
        [f"Контекстные данные ОО, {year} год ({DEMO_NOTE})"],
        [],
        list(table),
        *zip(*table.values(), strict=True),
    ]
    write_workbook(folder / f"Контекст_{year}.xlsx", {"Лист1": rows})


def _two_sheets(folder: Path, schools: pd.DataFrame, columns: Columns, layout: Mapping[str, Any], year: int) -> None:
    """The form in the layout of 2022: the school and its pupils on one sheet, staff and equipment on the other."""
    headers = _headers(layout, lambda texts: texts[-1])
    codes = list(headers)
    staff_from = codes.index("teachers_count")
    about_staff = {
        *codes[staff_from : codes.index("kind_correctional")],
        *(code for code in codes if code.startswith("has_")),
    }
    about_staff.add("internet_speed_band")
    leading: Columns = {"Логин": schools["fisoko"].tolist(), "Наименование  ОО": schools["name"].tolist()}
    people: Columns = {title.upper(): [told] * len(schools) for title, told in PEOPLE.items()}
    school = leading | {"Муниципалитет": schools["municipality"].tolist()} | people
    school |= {f"{n}. {headers[c]}": columns[c] for n, c in enumerate(codes, start=1) if c not in about_staff}
    school[UNKNOWN_COLUMN] = [None] * len(schools)
    staff = leading | {headers[c].replace(" ", "\n", 1): columns[c] for c in reversed(codes) if c in about_staff}
    sheets: dict[str, list[Row]] = {}
    for name, table in (("Сведения об ОО", school), ("Условия и кадры", staff)):
        top: list[Row] = [[f"Контекстные данные ОО за {year - 1}/{year} учебный год ({DEMO_NOTE})"], [], list(table)]
        sheets[name] = [*top, *zip(*table.values(), strict=True)]
    # A school that the register does not know.
    sheets["Сведения об ОО"].append(["edu679999", "МБОУ «Незнакомая средняя школа»", schools["municipality"].iloc[0]])
    sheets["Сведения об ОО"][-1] = [*sheets["Сведения об ОО"][-1], *[None] * len(people), "да"]
    write_workbook(folder / f"Контекст_{year}.xlsx", sheets)


def _write_passport(
    folder: Path, register: Register, conditions: pd.DataFrame, layout: Mapping[str, Any], seed: int, year: int
) -> None:
    """The social passport of two municipalities in three, in per cent; schools are named without codes."""
    rng = stream(seed, "social passport")
    schools = _reporting(register, conditions, year, rng)
    schools = schools[schools["municipality_id"].str[1:].astype(int) % 3 != 0]
    hardship = schools["hardship"].to_numpy()
    table: Columns = {
        "№ п/п": list(range(1, len(schools) + 1)),
        "Муниципальное образование": schools["municipality"].tolist(),
        "Наименование ОО": schools["name"].tolist(),
        "Социальный педагог": ["О. И. Примеров"] * len(schools),
    }
    for code, (middle, slope) in PASSPORT.items():
        percents = (100 * _share(middle, slope, hardship, rng)).round(1)
        # A quarter of the cells are text with a comma.
        cells: list[Any] = [str(p).replace(".", ",") if i % 4 == 0 else float(p) for i, p in enumerate(percents)]
        table[layout["percents"][code][0]] = cells
    table["Неблагополучные, %"] = [None] * len(schools)  # of what, nobody says: not a column that can be read
    rows = [list(row) for row in zip(*table.values(), strict=True)]
    rows[3][5] = 134.0  # beyond 100 %
    rows[7][6] = "примерно треть"
    contradicting = [*rows[11][:4], *(99 for _ in PASSPORT), None]
    title = [f"Социальный паспорт, {year} год ({DEMO_NOTE})"]
    write_workbook(folder / f"Социальный_паспорт_{year}.xlsx", {"Паспорт": [title, list(table), *rows, contradicting]})
