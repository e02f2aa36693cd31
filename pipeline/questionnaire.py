"""The survey of causes as data: statements by group of respondents, the scale of agreement and the identity of a form.

Who writes forms, who reads them back and who scores them all mean the same statements by what stands here. A form is
known by its hidden `FormId`, never by the name of its file; a statement by its code and its unchanged text.
"""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import pandas as pd

from pipeline.errors import ConfigError
from pipeline.tables.causes import GROUPS

# Agreement without a gender: «согласен» would ask who answers.
SCALE: Mapping[int, str] = {
    1: "совсем неверно",
    2: "скорее неверно",
    3: "отчасти верно, отчасти нет",
    4: "скорее верно",
    5: "полностью верно",
}
# How online forms made elsewhere word the same scale; «согласна» is read as «согласен».
USUAL_WORDS: Mapping[str, int] = {
    "совершенно не согласен": 1,
    "полностью не согласен": 1,
    "скорее не согласен": 2,
    "отчасти согласен": 3,
    "скорее согласен": 4,
    "полностью согласен": 5,
}
# Who answers, as the title of a form and as the end of its file name.
GROUP_TITLES: Mapping[str, str] = {
    "director": "руководитель",
    "teacher": "педагоги",
    "pupil": "ученики",
    "parent": "родители",
}
COUNTED_GROUPS = ("pupil", "parent")  # answer on paper, counted on a tally sheet; the others have a column each
MIN_DIRECTION_ITEMS = 3
MAX_ITEMS: Mapping[str, int] = {"director": 40, "teacher": 40, "pupil": 36, "parent": 40}
HASH_LENGTH = 12
MAX_NAME_LENGTH = 60  # the whole path has to stay within the 260 signs of older Windows

# What the parts of a workbook are called: writers print it, readers look for it.
ID_SHEET = "shnro_form"
ID_KEYS = ("region", "school", "year", "group", "version", "checksum")
CODE_HEADER, NUMBER_HEADER, TEXT_HEADER = "Код", "№", "Утверждение"
PART_LABEL = "Номер части (если одной книги не хватило: 1, 2, 3…)"
HEAD_LABELS: Mapping[str, str] = {
    "teacher": "Сколько педагогов работает в школе",
    "pupil": "Сколько анкет вернули ученики",
    "parent": "Сколько анкет вернули родители",
}
WORDS_SHEET = "shnro_words"  # the words of a drop-down list: they hold commas, which a list in a cell may not
SIDE_SHEETS = ("Как заполнить", "Бланк для печати", "Уведомление родителям", "Пояснения", WORDS_SHEET)  # no answers
ONLINE_HEADERS = ("Код школы", "Школа", "Муниципальное образование")
ITEMS_FILE = "reference/survey_items.csv"
_ANSWER = re.compile(r"([1-5])(?:[.,]0+)?(?:\s*[-–—.:()]\s*\D*)?")
_FORBIDDEN = re.compile(r'[<>:"/\\|?*\x00-\x1f]')
_QUOTES = re.compile('[«»„“”"]')
_NOT_WORDS = re.compile(r"[^а-яa-z0-9]+")


@dataclass(frozen=True)
class Questionnaire:
    """The statements that are asked: `CAUSE_DIRECTIONS` and `SURVEY_ITEMS`, checked by `check_questionnaire`."""

    directions: pd.DataFrame
    items: pd.DataFrame

    def group_items(self, group_code: str) -> pd.DataFrame:
        """One row per statement of a group (`SURVEY_ITEMS`), in the order of its form."""
        return self._by_group[group_code]

    def codes_by_text(self, group_code: str) -> Mapping[str, str]:
        """The compared text (`plain`) of every statement of a group -> its code: only an unchanged text is answered."""
        return self._codes[group_code]

    # Both are asked for again with every file that is read.
    @cached_property
    def _by_group(self) -> dict[str, pd.DataFrame]:
        ordered = self.items.sort_values(["item_number", "item_code"])
        return {code: ordered[ordered["group_code"] == code].reset_index(drop=True) for code in GROUPS}

    @cached_property
    def _codes(self) -> dict[str, dict[str, str]]:
        return {
            group_code: dict(zip(own["text"].map(plain), own["item_code"], strict=True))
            for group_code, own in self._by_group.items()
        }


@dataclass(frozen=True)
class FormId:
    """What a form carries hidden: whose it is and which statements it asks.

    Args:
        region_name: the region that asks; forms of another one are refused.
        school_id: the school; empty for a template of an online form that serves all schools.
        year: year of decision.
        group_code: who answers.
        version: `form_version` of the statements.
    """

    region_name: str
    school_id: str
    year: int
    group_code: str
    version: str

    @property
    def parts(self) -> tuple[str, ...]:
        """What the hidden sheet says, in the order of `ID_KEYS`; the checksum shows whether a hand has changed it."""
        told = (self.region_name, self.school_id, str(self.year), self.group_code, self.version)
        return (*told, _digest("\x1f".join(told)))


@dataclass(frozen=True)
class SurveyTexts:
    """What the forms tell people besides the statements; a region words it itself (`survey_texts.toml`).

    An empty text is not printed; `{year}` stands for the year of decision.
    """

    deadline: str
    contact: str
    purpose: str
    voluntary: str
    anonymity: str
    director_notice: str
    whom_director: str
    whom_teacher: str
    whom_pupil: str
    whom_parent: str
    parents_notice: str

    def whom(self, group_code: str) -> str:
        """Whom the school asks, of a group."""
        return str(getattr(self, f"whom_{group_code}"))


def form_version(items: pd.DataFrame) -> str:
    """What tells one wording of a group's statements from another; their order is no matter."""
    told = sorted(zip(items["item_code"], items["text"].map(plain), items["is_reversed"].astype(bool), strict=True))
    return _digest("\x1e".join(f"{code}\x1f{text}\x1f{is_reversed}" for code, text, is_reversed in told))


def file_name(school_id: str, school_name: str, group_code: str) -> str:
    """The name under which a school's form is written: «S012 Берёзинская средняя школа — педагоги.xlsx»."""
    return f"{file_stem(school_id, school_name)} — {GROUP_TITLES[group_code]}.xlsx"


def file_stem(school_id: str, school_name: str) -> str:
    """The part of a form's file name that tells the school."""
    return f"{safe_name(school_id)} {safe_name(_QUOTES.sub('', school_name))}"


def safe_name(text: str) -> str:
    """A text as the name of a file or folder on any system: no forbidden signs, of bounded length."""
    allowed = " ".join(_FORBIDDEN.sub(" ", text).split())[:MAX_NAME_LENGTH].rstrip(" .")
    return allowed or "_"


def plain(text: str) -> str:
    """A statement in the form in which two spellings of it are compared: words only, lower case, ё as е."""
    return _NOT_WORDS.sub(" ", text.lower().replace("ё", "е")).strip()


def parse_form_id(cells: Mapping[str, str]) -> FormId | None:
    """The identity that a hidden sheet tells, key -> value; None where it was changed by hand or is not whole."""
    region_name, school_id, year, group_code, version, checksum = (cells.get(key, "") for key in ID_KEYS)
    if not year.isdigit() or group_code not in GROUPS:
        return None
    form_id = FormId(region_name, school_id, int(year), group_code, version)
    return form_id if form_id.parts[-1] == checksum else None


def scale_answer(told: str) -> int | None:
    """The answer 1–5 that a cell means: «4», «4,0», «4 — скорее верно», «скорее согласна»; None for anything else."""
    found = _ANSWER.fullmatch(told.strip())
    return int(found[1]) if found else _WORDS.get(plain(told).replace("согласна", "согласен"))


def check_questionnaire(directions: pd.DataFrame, items: pd.DataFrame) -> Questionnaire:
    """The questionnaire, or a `ConfigError` naming the first direction and group that cannot be measured.

    Args:
        directions: `CAUSE_DIRECTIONS`.
        items: `SURVEY_ITEMS`: every direction needs for every group at least three statements, among them one that
            agrees with a risk and one that agrees with well-being.
    """
    unknown = sorted(set(items["direction_code"]) - set(directions["direction_code"]))
    if unknown:
        raise _wrong(f"Утверждения относятся к неизвестным направлениям: {', '.join(unknown)}")
    for group_code in GROUPS:
        own = items[items["group_code"] == group_code]
        who = GROUP_TITLES[group_code]
        for direction_code in directions["direction_code"]:
            _check_pair(own[own["direction_code"] == direction_code], direction_code, who)
        if len(own) > MAX_ITEMS[group_code]:
            raise _wrong(f"В анкете «{who}» утверждений {len(own)}, а должно быть не больше {MAX_ITEMS[group_code]}")
        for column, told in (("item_number", "номер"), ("text", "текст")):
            values = own["text"].map(plain) if column == "text" else own[column]
            if values.duplicated().any():
                twice = ", ".join(sorted(own.loc[values.duplicated(keep=False), "item_code"]))
                raise _wrong(f"В анкете «{who}» у нескольких утверждений один {told}: {twice}")
    return Questionnaire(directions, items)


def _check_pair(items: pd.DataFrame, direction_code: str, who: str) -> None:
    place = f"направление {direction_code}, анкета «{who}»"
    if len(items) < MIN_DIRECTION_ITEMS:
        raise _wrong(f"Утверждений {len(items)}, а нужно не меньше {MIN_DIRECTION_ITEMS}: {place}")
    reversed_count = int(items["is_reversed"].sum())
    if reversed_count in (0, len(items)):
        lacking = "о благополучии (is_reversed = да)" if reversed_count == 0 else "о трудности (is_reversed = нет)"
        raise _wrong(f"Нет ни одного утверждения {lacking}: {place}")


def _wrong(what: str) -> ConfigError:
    return ConfigError(what, where=ITEMS_FILE, remedy="исправьте таблицу или удалите её: тогда действует общая анкета")


def _digest(told: str) -> str:
    return hashlib.sha256(told.encode()).hexdigest()[:HASH_LENGTH]


_WORDS = {**{plain(words): answer for answer, words in SCALE.items()}, **USUAL_WORDS}
