"""Russian cases for sentences: municipalities, days, school years.

A name is declined only where its form is known for certain; any other one keeps its nominative behind words that take
the case for it («муниципального образования „Красная горка“»), which is always correct.
"""

import re
from collections.abc import Mapping
from datetime import date
from typing import Literal

Case = Literal["nominative", "genitive", "dative", "instrumental", "prepositional"]

CASES: tuple[Case, ...] = ("genitive", "dative", "instrumental", "prepositional")
# What a municipality is, and the same in the four other cases, in the order of `CASES`.
NOUNS: Mapping[str, tuple[str, str, str, str]] = {
    "округ": ("округа", "округу", "округом", "округе"),
    "район": ("района", "району", "районом", "районе"),
    "город": ("города", "городу", "городом", "городе"),
    "посёлок": ("посёлка", "посёлку", "посёлком", "посёлке"),
    "образование": ("образования", "образованию", "образованием", "образовании"),
    "поселение": ("поселения", "поселению", "поселением", "поселении"),
}
# Endings of adjectives: «Велижский», «городской», «муниципальное»; the longest that fits is taken.
ADJECTIVES: Mapping[str, tuple[str, str, str, str]] = {
    "ский": ("ского", "скому", "ским", "ском"),
    "цкий": ("цкого", "цкому", "цким", "цком"),
    "ской": ("ского", "скому", "ским", "ском"),
    "ый": ("ого", "ому", "ым", "ом"),
    "ое": ("ого", "ому", "ым", "ом"),
}
# Names of cities, which follow the word «город»; consonant endings only, others stay as they are.
CITY_ENDINGS: Mapping[str, tuple[str, str, str, str]] = {
    "ск": ("ска", "ску", "ском", "ске"),
    "цк": ("цка", "цку", "цком", "цке"),
    "град": ("града", "граду", "градом", "граде"),
    "ов": ("ова", "ову", "овом", "ове"),
    "ев": ("ева", "еву", "евом", "еве"),
    "ин": ("ина", "ину", "ином", "ине"),
}
KEPT_BEHIND = (
    "муниципального образования",
    "муниципальному образованию",
    "муниципальным образованием",
    "муниципальном образовании",
)
MONTHS = (
    "января",
    "февраля",
    "марта",
    "апреля",
    "мая",
    "июня",
    "июля",
    "августа",
    "сентября",
    "октября",
    "ноября",
    "декабря",
)
QUOTED = re.compile("[«„\"'].*[»“\"']$")


def in_case(name: str, case: Case) -> str:
    """A municipality in a case: «Велижский муниципальный округ» → «Велижского муниципального округа»."""
    if case == "nominative":
        return name
    place = CASES.index(case)
    plain = re.sub(r"^г\.\s*", "город ", name.strip())
    quoted = QUOTED.search(plain)
    tail = quoted[0] if quoted else ""
    words = plain[: len(plain) - len(tail)].split()
    found = _declined(words, place)
    if found is None:
        inner = plain.replace("«", "„").replace("»", "“")
        return f"{KEPT_BEHIND[place]} «{inner}»"
    return " ".join([*found, *([tail] if tail else [])])


def _declined(words: list[str], place: int) -> list[str] | None:
    """The words in the case, or None where the form is not one that is known."""
    if not any(word.lower() in NOUNS for word in words):
        return None
    found = []
    for number, word in enumerate(words):
        low = word.lower()
        endings = ADJECTIVES
        if low in NOUNS:
            declined = NOUNS[low][place]
            found.append(declined.capitalize() if word[0].isupper() else declined)
            continue
        if number and words[number - 1].lower() == "город":
            endings = CITY_ENDINGS
        ending = max((e for e in endings if low.endswith(e)), key=len, default="")
        if not ending:
            return None
        found.append(word[: len(word) - len(ending)] + endings[ending][place])
    return found


def day_words(day: date) -> str:
    """A day as a document writes it: «15 сентября 2026 года»."""
    return f"{day.day} {MONTHS[day.month - 1]} {day.year} года"


def school_year(year: int) -> str:
    """The school year that begins in September of `year`: «2026/27»."""
    return f"{year}/{(year + 1) % 100:02d}"
