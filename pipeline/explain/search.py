"""Which school is meant: its code, a code of an exam, or words of its name and municipality."""

import re

import pandas as pd

from pipeline.errors import UnknownSchoolError
from pipeline.names import normalise
from pipeline.register import municipality_names
from pipeline.schema import records

NEAREST_COUNT = 5
SHOWN_COUNT = 20  # more than this is no list to choose from


def find_school(
    asked: str, year: int, schools: pd.DataFrame, codes: pd.DataFrame, municipalities: pd.DataFrame, again: str
) -> str:
    """The `school_id` of the one school that is meant.

    Args:
        asked: what the operator typed.
        year: year of decision, by which municipalities are named.
        schools: the register (`SCHOOLS`).
        codes: codes of schools in exams and registers (`SCHOOL_CODES`).
        municipalities: `MUNICIPALITIES`.
        again: the command to repeat, with «КОД» in the place of the school.

    Raises:
        UnknownSchoolError: no school fits, or several do.
    """
    typed = asked.strip().casefold()
    by_id = schools.loc[schools["school_id"].str.casefold() == typed, "school_id"]
    by_code = codes.loc[codes["code"].str.casefold() == typed, "school_id"]
    found = set(by_id) or set(by_code) or _by_words(asked, schools, municipality_names(municipalities, year))
    if len(found) == 1:
        return str(next(iter(found)))
    names = municipality_names(municipalities, year)
    if found:
        told = _told(schools[schools["school_id"].isin(found)], names)
        rest = len(told) - SHOWN_COUNT
        shown = told[:SHOWN_COUNT] + ((f"  … и ещё {rest}",) if rest > 0 else ())
        remedy = f"повторите с кодом нужной школы: {again}"
        raise UnknownSchoolError(f"Под запрос «{asked}» подходит школ: {len(told)}", shown, remedy)
    raise UnknownSchoolError(
        f"Школа «{asked}» не найдена. Похожие названия",
        _told(_nearest(asked, schools, names), names),
        f"повторите с кодом школы ({again}) или с другими словами названия и муниципалитета",
    )


def _by_words(asked: str, schools: pd.DataFrame, names: dict[str, str]) -> set[str]:
    """The schools whose name and municipality hold every word asked for; of these, whose name it is exactly."""
    words = _words(asked)
    if not words:
        return set()
    fitting, exact = set(), set()
    for school in records(schools):
        name = _words(school["school_name"])
        place = _words(names.get(school["municipality_id"], ""))
        if all(_fits(word, name + place) for word in words):
            fitting.add(school["school_id"])
            if name == words:
                exact.add(school["school_id"])
    return exact or fitting


def _words(text: str) -> list[str]:
    """Words and numbers of a name in one spelling; «№ 5» is the number 5."""
    return re.findall(r"\w+", normalise(text))


def _fits(word: str, words: list[str]) -> bool:
    """Whether the word begins one of the words; a number has to be the whole number."""
    return word in words if word.isdigit() else any(known.startswith(word) for known in words)


def _nearest(asked: str, schools: pd.DataFrame, names: dict[str, str]) -> pd.DataFrame:
    """The schools whose names are most like what was asked for, the most like first."""
    from rapidfuzz import fuzz

    spelled = normalise(asked)
    scores = [
        fuzz.token_set_ratio(spelled, normalise(f"{row['school_name']} {names.get(row['municipality_id'], '')}"))
        for row in records(schools)
    ]
    ranked = schools.assign(score=scores).sort_values(["score", "school_id"], ascending=[False, True])
    return ranked.head(NEAREST_COUNT)


def _told(schools: pd.DataFrame, names: dict[str, str]) -> tuple[str, ...]:
    """A line per school: code, name, municipality."""
    return tuple(
        f"  {row['school_id']}  {row['school_name']} ({names.get(row['municipality_id'], row['municipality_id'])})"
        for row in records(schools)
    )
