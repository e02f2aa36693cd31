"""Letters as Word documents: the confirmation of data, the notice of listing, forms of the support, reminders of both.

What a letter says is configuration (`[letters]` of documents.toml), how it looks is its template. Municipalities are
not subordinate: a letter recommends. It names the schools of the municipality that gets it and nobody else's.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from pipeline.cases import day_words, in_case
from pipeline.document_texts import DocumentTexts
from pipeline.outputs import word
from pipeline.support_request import PERIOD_SPANS, Unit

BLANK_DAY, BLANK_NUMBER = "«___» ____________ 20___ г.", "________"
INSTITUTE_HEAD = ("Подразделению, которое отвечает", "за меры дорожной карты:")
SCHOOLS_ASKED = "Нужны сведения о поддержке школ перечня:"
NO_SCHOOLS = "Школ перечня в муниципальном образовании нет. Нужны только сведения об общих мерах:"
SILENT_TOWN = "Ответы пока не получены ни от одной школы."
SILENT_SCHOOLS = "Ответы получены не от всех школ."
SILENT_ASKED = "Нет ответа (школ: {count}):"
MEASURES_ASKED = "Нужны сведения о мерах дорожной карты:"


@dataclass(frozen=True)
class Sender:
    """Who writes, and in what words.

    Args:
        root: the region's folder: its own templates come first.
        issuer, post, name: the department and who signs for it.
        texts: words and terms of the year.
        notice: what every page has to say first (made-up data).
    """

    root: Path
    issuer: str
    post: str
    name: str
    texts: DocumentTexts
    notice: str = ""

    def letter(self, kind: str, to: Sequence[str], values: Mapping[str, Any], **fields: str) -> bytes:
        """A letter of a kind: `<kind>_subject` and the points of `[letters]` in the template `letter_<kind>`.

        Args:
            kind: confirmation, confirmation_reminder, listing, support, support_page or reminder.
            to: lines of the addressee.
            values: what this letter says besides; `points` names other points than `<kind>_points`.
            fields: what the texts may name in braces.
        """
        name, texts = f"letter_{kind}", self.texts
        told = {key: value for key, value in values.items() if key != "points"}
        points = texts.points("letters", values.get("points", f"{kind}_points"), **fields)
        common: dict[str, Any] = {
            "issuer": self.issuer,
            "place": texts.name("place"),
            "date": BLANK_DAY,
            "number": BLANK_NUMBER,
            "addressee": list(to),
            "subject": texts.text("letters", f"{kind}_subject", **fields),
            "greeting": texts.text("letters", "greeting"),
            "points": [{"text": lines[0], "lines": lines[1:]} for lines in points],
            "signatory_post": self.post,
            "signatory_name": self.name,
            "executor": texts.name("executor"),
            "term": texts.name("term"),
            "school_year": texts.fields["school_year"],
        }
        template = word.load_template(self.root, name)
        return word.render(template, {**common, **told}, name=name, notice=self.notice)


def confirmation(sender: Sender, municipality: str, schools: Sequence[str], file: str, deadline: date | None) -> bytes:
    """The letter that goes with a workbook of the confirmation of data.

    Args:
        sender: who writes; texts of the year of decision.
        municipality: name of the municipality.
        schools: names of its schools, in the order of the sheets.
        file: name of its workbook.
        deadline: until when it comes back; None: the term of the region's documents.
    """
    day = deadline or sender.texts.days["confirmation"]
    return sender.letter(
        "confirmation",
        town_head(sender, municipality),
        {"schools": list(schools), "file": file},
        municipality_genitive=in_case(municipality, "genitive"),
        count=str(len(schools)),
        file=file,
        deadline=day_words(day),
    )


def confirmation_reminder(
    sender: Sender, municipality: str, silent: Sequence[str], file: str, *, is_whole: bool, deadline: date | None
) -> bytes:
    """The letter to a municipality whose schools have not all answered about their data.

    Args:
        sender: who writes; texts of the year of decision.
        municipality: name of the municipality.
        silent: names of its schools without an answer, in the order of the sheets.
        file: name of its workbook.
        is_whole: no school of it has answered.
        deadline: until when the workbook comes back; None: a line to be filled in.
    """
    return sender.letter(
        "confirmation_reminder",
        town_head(sender, municipality),
        {"asks": SILENT_ASKED.format(count=len(silent)), "rows": list(silent), "file": file},
        municipality_genitive=in_case(municipality, "genitive"),
        answered=SILENT_TOWN if is_whole else SILENT_SCHOOLS,
        file=file,
        deadline=day_words(deadline) if deadline is not None else BLANK_DAY,
    )


def listing(sender: Sender, municipality: str, schools: Sequence[Mapping[str, str]], order: Mapping[str, Any]) -> bytes:
    """The notice of listing with an extract: the municipality's own schools and why each is listed.

    Args:
        sender: who writes; texts of the year of the list.
        municipality: name of the municipality.
        schools: per school its `name`, `code` and `reason`, a sentence or two.
        order: the order (`ORDERS`); one that is not signed makes the letter a draft.
    """
    day = order["signed_date"]
    rows = [{"number": number, **school} for number, school in enumerate(schools, start=1)]
    return sender.letter(
        "listing",
        town_head(sender, municipality),
        {"is_draft": day is None, "rows": rows, "municipality_genitive": in_case(municipality, "genitive")},
        municipality_genitive=in_case(municipality, "genitive"),
        count=str(len(rows)),
        order_date=day_words(day) if day is not None else BLANK_DAY,
        order_number=str(order["number"] or BLANK_NUMBER),
    )


@dataclass(frozen=True)
class SupportAsked:
    """Who is asked for a form of the support, and about what.

    Args:
        unit: a municipality or a unit of the institute.
        schools: names of its listed schools; empty for the institute.
        measures: labels of the measures that it is asked about whatever schools it has.
        plan_year: calendar year of the roadmap.
        period: one of `PERIODS`.
        file: name of its form.
        deadline: until when the form comes back; None: the term of the region's documents.
        list_note: what is to be said of the list, Russian; empty where it is signed.
    """

    unit: Unit
    schools: Sequence[str]
    measures: Sequence[str]
    plan_year: int
    period: str
    file: str
    deadline: date | None = None
    list_note: str = ""


def support(sender: Sender, asked: SupportAsked) -> bytes:
    """The letter that goes with a form of the support."""
    return _about_support(sender, "support", asked)


def reminder(sender: Sender, asked: SupportAsked) -> bytes:
    """The letter to who has not returned a form."""
    return _about_support(sender, "reminder", asked)


def _about_support(sender: Sender, kind: str, asked: SupportAsked) -> bytes:
    """A letter about a form: to a municipality about its schools, to a unit of the institute about its measures."""
    is_town = asked.unit.municipality_id is not None
    if is_town:
        to, rows = town_head(sender, asked.unit.name), asked.schools or asked.measures
        asks = SCHOOLS_ASKED if asked.schools else NO_SCHOOLS
    else:
        to, rows, asks = [*INSTITUTE_HEAD, asked.unit.name], asked.measures, MEASURES_ASKED
    day = asked.deadline or sender.texts.days[asked.period]
    return sender.letter(
        kind,
        to,
        {
            "points": f"{kind}_points" if is_town else f"{kind}_unit_points",
            "asks": asks,
            "rows": list(rows),
            "file": asked.file,
            "list_note": asked.list_note,
        },
        municipality_genitive=in_case(asked.unit.name, "genitive") if is_town else "",
        span=f"{PERIOD_SPANS[asked.period]} {asked.plan_year} года",
        file=asked.file,
        deadline=day_words(day),
    )


def town_head(sender: Sender, municipality: str) -> list[str]:
    """The head of a municipality's department of education, two lines."""
    return [sender.texts.name("municipal_head_dative"), in_case(municipality, "genitive")]
