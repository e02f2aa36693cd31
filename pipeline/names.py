"""Names of schools and municipalities in one spelling, so that the same name written differently is the same text.

Normalising never guesses: it undoes only what formats.md 6 lists as spelling (case, ё, quotes, dashes, legal form,
«СШ»/«СОШ», «г.»/«город»). Anything further is a proposal to the analyst.
"""

import re

# Legal forms say who owns a school, not which school it is; they change with every reform.
_LEGAL_FORMS = re.compile(
    r"\b(?:(?:муниципальн|областн|краев|государственн|федеральн|частн|негосударственн)\w*\s+)*"
    r"(?:(?:областн|краев|бюджетн|казенн|автономн|некоммерческ)\w*\s+)*"
    r"(?:(?:обще)?образовательн\w*\s+|некоммерческ\w*\s+)*(?:учреждени|организаци)\w*\b"
    r"|\b(?:мбоу|мкоу|маоу|моу|мбу|мку|мау|огбоу|огкоу|огаоу|гбоу|гкоу|гаоу|гоу|гбуз|обоу|чоу|ноу|нчоу|ано|фгкоу|фгбоу)\b"
)
_WORDS = (
    (
        re.compile(
            r"\bсредн(?:яя|ей) (?:обще ?образовательн(?:ая|ой) )?школ[аы]\b|\bсш\b|\bсредняя обще ?образовательная\b"
        ),
        "сош",
    ),
    (re.compile(r"\bосновн(?:ая|ой) (?:обще ?образовательн(?:ая|ой) )?школ[аы]\b|\bош\b"), "оош"),
    (re.compile(r"\bначальн(?:ая|ой) (?:обще ?образовательн(?:ая|ой) )?школ[аы]\b|\bнш\b"), "нош"),
    (re.compile(r"\b(?:г|гор)\. ?(?=[а-я])|\bгорода (?=[а-я])"), "город "),
    (re.compile(r"\b(?:с)\. ?(?=[а-я])"), "село "),
    (re.compile(r"\b(?:д|дер)\. ?(?=[а-я])"), "деревня "),
    (re.compile(r"\b(?:п|пос)\. ?(?=[а-я])"), "поселок "),
    (re.compile(r"\bп\.? ?г\.? ?т\b\.?"), "поселок городского типа "),
    (re.compile(r"\bст\. ?(?=[а-я])"), "станция "),
    (re.compile(r"\b(?:им)\. ?(?=[а-я])"), "имени "),
)
_MUNICIPAL_WORDS = re.compile(
    r"\b(?:муниципальн\w*|городск\w*|район\w*|округ\w*|образовани\w*|г|гор|город\w*|мо|мр|го|"
    r"администраци\w*|комитет\w*|управлени\w*|отдел\w*|департамент\w*|министерств\w*|област\w*|кра[яй]|р н|"
    r"наук\w*|культур\w*|спорт\w*|молодежн\w*|политик\w*|зато|и|по|п|пгт)\b"
)
# A department is named in the genitive («Акшинского района»), a municipality in the nominative: one ending for both.
_GENITIVE = re.compile(r"(?<=[а-я])(?:ского|цкого)\b")


def normalise(name: str | None) -> str:
    """A school's name in the spelling used for comparing; an empty text for none."""
    if not name:
        return ""
    spelled = name.lower().replace("ё", "е").replace("\xa0", " ")
    spelled = re.sub(r"[«»\"'„“”`’<>]", " ", spelled)
    spelled = re.sub(r"\s+", " ", spelled).strip()
    for pattern, word in _WORDS:
        spelled = pattern.sub(word, spelled)
    spelled = re.sub(r"(?:№|\bn)\s*(?=\d)|№\s*", " №", spelled)
    spelled = re.sub(r"[-‐‑‒–—―]", " ", spelled)
    spelled = re.sub(r"[.,;:()/]", " ", spelled)
    without_form = re.sub(r"\s+", " ", _LEGAL_FORMS.sub(" ", spelled)).strip()
    # A name that is nothing but a legal form keeps it: an empty text would match every other empty one.
    return without_form or re.sub(r"\s+", " ", spelled).strip()


def normalise_municipality(name: str | None) -> str:
    """A municipality's name reduced to what tells it from the others: «Вяземский муниципальный округ» -> «вяземский».

    A city and a district of one root differ («город смоленск», «смоленский») and stay different.
    """
    if not name:
        return ""
    spelled = re.sub(r"[«»\"'„“”`’.,()-]", " ", name.lower().replace("ё", "е"))
    spelled = re.sub(r"\s+", " ", spelled).strip()
    reduced = re.sub(r"\s+", " ", _MUNICIPAL_WORDS.sub(" ", spelled)).strip()
    nominative = _GENITIVE.sub(lambda ending: ending.group()[:-3] + "ий", reduced)
    return nominative or spelled
