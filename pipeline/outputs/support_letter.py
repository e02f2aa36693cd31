"""The support of one municipality's schools as a letter to it: its own page of the report and nobody else's."""

from datetime import date

from pipeline.cases import day_words, in_case
from pipeline.outputs.letters import Sender, town_head
from pipeline.outputs.support_pages import Place
from pipeline.support_request import PERIOD_SPANS


def render(sender: Sender, place: Place, *, plan_year: int, period: str, day: date) -> bytes:
    """The bytes of the letter.

    Args:
        sender: who writes; texts of the list that the period serves.
        place: what the report says of the municipality.
        plan_year: calendar year of the roadmap.
        period: one of `PERIODS`.
        day: the day of judgement.
    """
    fields = {
        "municipality_genitive": in_case(place.name, "genitive"),
        "span": f"{PERIOD_SPANS[period]} {plan_year} года",
        "day": day_words(day),
    }
    told = {
        **fields,
        "told": place.told,
        "figures": [{"title": title, "text": text} for title, text in place.figures.items()],
        "attention": place.attention,
        "schools": place.schools,
        "moved": place.moved,
        "results": place.results,
        "effect_note": sender.texts.text("support_report", "effect_note"),
        "closing": [" ".join(lines) for lines in sender.texts.points("letters", "support_page_closing")],
    }
    return sender.letter(
        "support_page",
        town_head(sender, place.name),
        told,
        **fields,
    )
