"""Which school is this: codes with years of validity, confirmed matches, exact names, lineage; and proposals.

A school is recognised by, in this order: its code valid in the year of the results; the analyst's decision about this
very name; its exact normalised name within its municipality. Nothing fuzzy is ever applied: similar names become
proposals (`propose`) for the analyst. Which school carries on whose results is `pipeline.lineage`.
"""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from pipeline.lineage import successors
from pipeline.methodology.rules import IdentityRules
from pipeline.names import normalise, normalise_municipality
from pipeline.schema import records
from pipeline.tables.quality import MATCH_PROPOSALS, SCHOOL_REFERENCES

# Words in most names: they say what kind of school it is, not which.
COMMON_WORDS = frozenset(
    ("сош", "оош", "нош", "школа", "общеобразовательная", "село", "город", "деревня", "поселок", "станция", "имени")
)
# A code of which a file does not say what kind it is: the register's own, else any of the school's codes.
ANY_KIND = ""
REFERENCE_COLUMNS = ("code_kind", "code_text", "municipality_text", "school_text")


@dataclass(frozen=True)
class Register:
    """The reference tables that say who is who, as frames (`pipeline.tables.reference`)."""

    municipalities: pd.DataFrame
    schools: pd.DataFrame
    school_codes: pd.DataFrame
    school_lineage: pd.DataFrame
    school_matches: pd.DataFrame


@dataclass(frozen=True)
class _Answer:
    how_code: str
    school_id: str | None = None


def references(frames: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """One row per distinct way of naming a school and year, with the number of rows and the first file.

    Args:
        frames: any source frames with the columns of `SCHOOL_REFERENCE`, `year` and `file_id`.

    Returns:
        Columns `code_kind`, `code_text`, `municipality_text`, `school_text` (empty for missing), `year`,
        `row_count`, `file_id`.
    """
    keys = [*REFERENCE_COLUMNS, "year"]
    parts = [with_texts(frame)[[*keys, "file_id"]] for frame in frames.values() if not frame.empty]
    if not parts:
        return pd.DataFrame(columns=[*keys, "row_count", "file_id"])
    grouped = pd.concat(parts, ignore_index=True).groupby(keys, sort=True)["file_id"]
    return grouped.agg(row_count="size", file_id="min").reset_index()


def with_texts(frame: pd.DataFrame) -> pd.DataFrame:
    """The frame with the parts of a school's reference as texts: a missing part is empty."""
    return frame.assign(**{name: frame[name].fillna("") for name in REFERENCE_COLUMNS})


def recognise(references: pd.DataFrame, register: Register, decision_year: int) -> pd.DataFrame:
    """One row per way of naming a school and year (`SCHOOL_REFERENCES`), with the school it means or why none.

    Args:
        references: what `references` gives.
        register: who is who.
        decision_year: a school renamed up to this year is its new entry of the register.
    """
    if references.empty:
        return SCHOOL_REFERENCES.empty()
    recogniser = _Recogniser(register, decision_year)
    answers = [
        recogniser.answer(*(row[name] for name in REFERENCE_COLUMNS), year=int(row["year"]))
        for row in records(references)
    ]
    home = register.schools.set_index("school_id")["municipality_id"]
    ids = pd.Series([answer.school_id for answer in answers], index=references.index, dtype="str")
    return references.assign(
        how_code=[answer.how_code for answer in answers], school_id=ids, municipality_id=ids.map(home)
    )


def attach(frame: pd.DataFrame, recognised: pd.DataFrame) -> pd.DataFrame:
    """The source frame with `school_id` and `municipality_id` (missing where unknown) and `how_code`."""
    keys = [*REFERENCE_COLUMNS, "year"]
    found = recognised[[*keys, "how_code", "school_id", "municipality_id"]]
    joined = with_texts(frame)[keys].merge(found, on=keys, how="left", validate="many_to_one")
    joined.index = frame.index
    return frame.assign(
        how_code=joined["how_code"], school_id=joined["school_id"], municipality_id=joined["municipality_id"]
    )


def propose(recognised: pd.DataFrame, register: Register, rules: IdentityRules) -> pd.DataFrame:
    """One row per unknown name and proposed school (`MATCH_PROPOSALS`), best first.

    A name that nothing resembles gets one row without a school, so that nothing unknown is hidden. Schools of the same
    municipality are compared; the whole region only where the municipality is unknown. Schools of different numbers are
    never proposed for each other, however alike the rest (`_likeness` gives the score).
    """
    unknown = recognised[recognised["how_code"].isin(["unknown", "ambiguous"])]
    if unknown.empty:
        return MATCH_PROPOSALS.empty()
    keys = ["municipality_text", "school_text", "code_text"]
    names = (
        unknown.groupby(keys, sort=True).agg(row_count=("row_count", "sum"), file_id=("file_id", "min")).reset_index()
    )
    areas = municipality_index(register.municipalities)
    schools = register.schools.sort_values("school_id").assign(spelled=lambda f: f["school_name"].map(normalise))
    rows = []
    for name in records(names):
        area = areas.get(normalise_municipality(name["municipality_text"]))
        candidates = schools[schools["municipality_id"] == area] if area else schools
        ranked = _ranked(normalise(name["school_text"]), candidates, rules)
        for rank, (school_id, school_name, score) in enumerate(ranked or [(None, None, None)], start=1):
            identity = "|".join(str(part) for part in (*(name[key] for key in keys), school_id or ""))
            rows.append(
                name
                | {
                    "proposal_id": hashlib.sha256(identity.encode()).hexdigest()[:8],
                    "proposal_rank": rank,
                    "school_id": school_id,
                    "school_name": school_name,
                    "match_score": score,
                }
            )
    return MATCH_PROPOSALS.conform(pd.DataFrame(rows))


def _ranked(spelled: str, candidates: pd.DataFrame, rules: IdentityRules) -> list[tuple[str, str, float]]:
    """The most similar candidates above the smallest score worth showing: (school_id, name, score)."""
    if not spelled:
        return []
    scored = [
        (-_likeness(spelled, other, rules.telling_words_weight), school_id, school_name)
        for school_id, school_name, other in zip(
            candidates["school_id"], candidates["school_name"], candidates["spelled"], strict=True
        )
        if not _are_numbers_different(spelled, other)
    ]
    best = sorted(row for row in scored if -row[0] >= rules.min_match_score)[: rules.proposal_count]
    return [(school_id, school_name, -score) for score, school_id, school_name in best]


def _likeness(one: str, other: str, words_weight: float) -> float:
    """Similarity 0–100 of two normalised names: mostly of the words that tell schools apart, a little of the whole.

    Words that half of the schools share («сош», «село») would make all names alike. Additions and word order weigh
    little (token set), the kind of school and spelling weigh something (plain ratio).
    """
    from rapidfuzz import fuzz

    telling, others = (" ".join(word for word in name.split() if word not in COMMON_WORDS) for name in (one, other))
    by_words = fuzz.token_set_ratio(telling or one, others or other)
    return round(words_weight * by_words + (1 - words_weight) * fuzz.ratio(one, other), 1)


def _are_numbers_different(one: str, other: str) -> bool:
    """Whether both names have numbers and these differ."""
    numbers, others = set(re.findall(r"\d+", one)), set(re.findall(r"\d+", other))
    return bool(numbers and others and numbers != others)


class _Recogniser:
    """The register turned into look-ups; one question at a time."""

    def __init__(self, register: Register, decision_year: int) -> None:
        self.successors = successors(register.school_lineage, decision_year, kinds=("renamed",))
        self.school_ids = set(register.schools["school_id"])
        self.areas = municipality_index(register.municipalities)
        self.codes: dict[tuple[str, str], list[tuple[int, int, str]]] = {}
        for row in records(register.school_codes):
            span = (row["valid_from_year"] or 0, row["valid_to_year"] or 9999, row["school_id"])
            for kind in (row["code_kind"], ANY_KIND):
                self.codes.setdefault((kind, row["code"].lower()), []).append(span)
        self.decisions = {
            (
                normalise_municipality(row["municipality_text"]),
                normalise(row["school_text"]),
                (row["code_text"] or "").lower(),
            ): row
            for row in records(register.school_matches)
        }
        self.names: dict[tuple[str, str], set[str]] = {}
        self.region_names: dict[str, set[str]] = {}
        for row in records(register.schools):
            spelled = normalise(row["school_name"])
            school_id = self._final(row["school_id"])
            self.names.setdefault((row["municipality_id"], spelled), set()).add(school_id)
            self.region_names.setdefault(spelled, set()).add(school_id)

    def answer(self, code_kind: str, code: str, municipality: str, school: str, *, year: int) -> _Answer:
        """Which school is meant, by code, by the analyst's decision, by exact name."""
        by_code = self._by_code(code_kind, code, year)
        if len(by_code) == 1:
            return _Answer("code", by_code.pop())
        decision = self._decision(municipality, school, code)
        if decision is not None:
            accepted = decision["decision_code"] == "accepted"
            return _Answer("confirmed", self._final(decision["school_id"])) if accepted else _Answer("rejected")
        if len(by_code) > 1:
            return _Answer("ambiguous")
        by_name = self._by_name(municipality, school)
        if len(by_name) == 1:
            return _Answer("name", by_name.pop())
        return _Answer("ambiguous" if by_name else "unknown")

    def _by_code(self, code_kind: str, code: str, year: int) -> set[str]:
        if not code:
            return set()
        if code_kind == ANY_KIND and code in self.school_ids:
            return {self._final(code)}
        spans = self.codes.get((code_kind, code.lower()), [])
        return {self._final(school_id) for start, end, school_id in spans if start <= year <= end}

    def _decision(self, municipality: str, school: str, code: str) -> dict[str, Any] | None:
        return self.decisions.get((normalise_municipality(municipality), normalise(school), code.lower()))

    def _by_name(self, municipality: str, school: str) -> set[str]:
        spelled = normalise(school)
        if not spelled:
            return set()
        if not municipality:
            return set(self.region_names.get(spelled, set()))
        area = self.areas.get(normalise_municipality(municipality), municipality)
        return set(self.names.get((area, spelled), set()))

    def _final(self, school_id: str) -> str:
        return self.successors.get(school_id, school_id)


def municipality_index(municipalities: pd.DataFrame) -> dict[str, str]:
    """Normalised name or code of a municipality -> its id; a name two municipalities share means neither."""
    found: dict[str, set[str]] = {}
    for row in records(municipalities):
        spellings = {normalise_municipality(row["municipality_name"]), row["municipality_id"].lower()}
        spellings |= {code.lower() for code in (row["fisoko_code"], row["gia_code"]) if code}
        for spelling in spellings:
            found.setdefault(spelling, set()).add(row["municipality_id"])
    return {spelling: ids.pop() for spelling, ids in found.items() if len(ids) == 1}


def area_of(text: str, areas: Mapping[str, str]) -> str | None:
    """The municipality that a printed name means: by the code in its brackets, else by its name.

    Args:
        text: such as «Озёрный муниципальный округ(reg67_m012)».
        areas: what `municipality_index` gives.
    """
    name, _, bracketed = text.partition("(")
    code = bracketed.rstrip(") ").lower()
    return areas.get(code) or areas.get(normalise_municipality(name))
