"""What the words of a programme say: a day, nothing at all, a person where a post was asked for.

Schools fill cells with «постоянно» or «в течение года» where a day or an indicator was asked for; a check that takes
any filled cell for an answer would call such a programme complete.
"""

import calendar
import re
from datetime import date, datetime

from pipeline.questionnaire import plain

NAME_MARK = "[имя не хранится]"
_WORD = r"[А-ЯЁ][а-яё]+(?:-[А-ЯЁ][а-яё]+)?"
_NOT_NAMESAKE = r"(?<!им\. )(?<!имени )"  # a school may bear a name: «гимназия им. Н. М. …»
_PERSON = re.compile(
    rf"{_NOT_NAMESAKE}(?:\b{_WORD}\s+[А-ЯЁ]\.\s*[А-ЯЁ]\.|\b[А-ЯЁ]\.\s*[А-ЯЁ]\.\s*{_WORD}"
    rf"|\b(?:{_WORD}\s+){{1,2}}[А-ЯЁ][а-яё]+(?:ич(?:[ауе]|ем)?|(?:[оеё]в|ич)н[аыуе])\b)"
)
_TELLING = re.compile(r"[^\W\d_]{3,}|\d")
_WORD_ONLY = re.compile(r"[^\W\d_]{3,}")
_DAY = re.compile(r"\b(\d{1,2})[./](\d{1,2})[./](\d{4}|\d{2})\b|\b(\d{4})-(\d{2})-(\d{2})\b")
_MONTHS = (
    "январ",
    "феврал",
    "март",
    "апрел",
    "ма[йяе]",
    "июн",
    "июл",
    "август",
    "сентябр",
    "октябр",
    "ноябр",
    "декабр",
)
_MONTH = re.compile(rf"(?:\b(\d{{1,2}})\s+)?\b({'|'.join(_MONTHS)})[а-я]{{0,3}}\s+(\d{{4}})\b", re.IGNORECASE)

# Said instead of an answer, compared without case and punctuation. Longer phrases first: they hold the shorter ones.
NOTHING = (
    "в течение всего учебного года", "в течение всего года", "в течение учебного года", "в течение года",
    "в течение периода", "весь учебный год", "весь год", "по мере необходимости", "при необходимости",
    "по необходимости", "по согласованию", "по отдельному плану", "по плану школы", "по плану", "по графику",
    "на постоянной основе", "постоянно", "регулярно", "систематически", "периодически", "ежегодно", "ежемесячно",
    "еженедельно", "ежедневно", "не требуется", "не предусмотрено", "уточняется", "нет", "есть", "прочее", "без срока",
)  # fmt: skip
EVERYBODY = (
    "весь педагогический коллектив", "педагогический коллектив", "весь коллектив", "педколлектив", "коллектив школы",
    "коллектив", "все учителя", "все педагоги", "все сотрудники", "все работники", "школа", "все",
)  # fmt: skip
# An aim without a measure: nobody can say in August whether it was reached.
UNMEASURABLE = (
    "повышение качества образования", "повышение качества обучения", "повышение качества знаний",
    "повышение качества", "улучшение качества образования", "улучшение качества", "улучшение результатов",
    "повышение результатов", "положительная динамика результатов", "положительная динамика", "динамика",
    "повышение уровня", "улучшение", "повышение", "рост", "выполнено", "выполнение плана", "выполнение",
)  # fmt: skip


def without_people(told: str) -> str:
    """A text with every name of a person replaced by a mark; a school's namesake («им. Н. М. …») stays."""
    return _PERSON.sub(NAME_MARK, told)


def is_saying(told: str | None, idle: tuple[str, ...] = NOTHING) -> bool:
    """Whether something remains of a text once idle phrases are taken out of it: a word or a digit."""
    return bool(_TELLING.search(_rest(told, idle)))


def names_post(told: str | None) -> bool:
    """Whether a text names a post or a unit: not a person alone, not everybody, not a number."""
    return bool(_WORD_ONLY.search(_rest(told, (*NOTHING, *EVERYBODY))))


def is_measurable(indicator: str | None, target: str | None) -> bool:
    """Whether an indicator can be seen to be reached: a bare wish counts only beside a figure."""
    if not is_saying(indicator):
        return False
    has_figure = any(sign.isdigit() for sign in f"{indicator or ''}{target or ''}")
    return has_figure or is_saying(indicator, (*NOTHING, *UNMEASURABLE))


def due_day(told: object) -> date | None:
    """The day that a cell means, the last one where it names several; None where it names none.

    «31.03.2027», «до 31 марта 2027 г.», «март 2027» (its last day), «01.10.2026–31.05.2027» (31 May). A month without
    a year is no day: nobody should have to guess it.
    """
    if isinstance(told, datetime):
        return told.date()
    if isinstance(told, date):
        return told
    text = str(told or "")
    days = [_day_of(*found.groups()) for found in _DAY.finditer(text)]
    days += [_month_day(*found.groups()) for found in _MONTH.finditer(text)]
    return max((day for day in days if day is not None), default=None)


def _rest(told: str | None, idle: tuple[str, ...]) -> str:
    """What is left of a text without idle phrases and marks of names, in its compared form."""
    rest = f" {plain((told or '').replace(NAME_MARK, ' '))} "
    for phrase in sorted(map(plain, idle), key=len, reverse=True):
        rest = rest.replace(f" {phrase} ", " ")
    return rest


def _day_of(day: str, month: str, year: str, iso_year: str, iso_month: str, iso_day: str) -> date | None:
    numbers = (iso_year, iso_month, iso_day) if iso_year else (year if len(year) == 4 else f"20{year}", month, day)
    try:
        return date(*(int(part) for part in numbers))
    except ValueError:
        return None


def _month_day(day: str | None, month: str, year: str) -> date | None:
    number = next(n for n, stem in enumerate(_MONTHS, start=1) if re.match(stem, month.lower()))
    last = calendar.monthrange(int(year), number)[1]
    wanted = int(day) if day else last
    return date(int(year), number, wanted) if 1 <= wanted <= last else None
