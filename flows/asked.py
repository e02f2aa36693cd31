"""What a form asks and what its answers mean: titles for people, and a Russian paragraph where an answer is wrong.

Prefect's own check of parameters answers in English and with its own words for types, so it is switched off and the
answers, whatever they are, come here. Nothing in this module imports Prefect.
"""

from datetime import date
from typing import Annotated, Any, Literal

from pydantic import Field

from pipeline.errors import ConfigError
from pipeline.support_request import PERIOD_TITLES

EARLIEST_YEAR, LATEST_YEAR = 1990, 2100
READERS = {"для работы": "internal", "для всех": "public"}


def _titled(title: str) -> Any:
    """How the form calls the field: Prefect would print the name of the parameter."""
    return Field(json_schema_extra={"title": title})


# Numbers and days are asked as text: of a number that may be left out the form would ask «int or None» first.
YearField = Annotated[str, _titled("Год результатов")]
PlanYearField = Annotated[str, _titled("Год плана")]
DayField = Annotated[str, _titled("На дату")]
EditionField = Annotated[str, _titled("Редакция методики")]
CapacityField = Annotated[str, _titled("Число мест в перечне")]
PeriodField = Annotated[Literal["июнь", "ноябрь"], _titled("Период")]
ReaderField = Annotated[Literal["для работы", "для всех"], _titled("Для кого")]


def read_year(answer: object, planned: date) -> int:
    """The year that was asked for; without an answer the year of the day for which the run was planned."""
    if answer is None or answer == "":
        return planned.year
    year = _whole_number(answer)
    if year is None or not EARLIEST_YEAR <= year <= LATEST_YEAR:
        raise ConfigError(
            f"«{answer}» — не год",
            where="поле «Год»",
            remedy=f"укажите год четырьмя цифрами, например {planned.year}, или оставьте поле пустым",
        )
    return year


def read_capacity(answer: object) -> int | None:
    """The number of places; None leaves it to the edition, which also checks it."""
    if answer is None or answer == "":
        return None
    places = _whole_number(answer)
    if places is None or places < 1:
        raise ConfigError(
            f"«{answer}» — не число мест",
            where="поле «Число мест в перечне»",
            remedy="укажите целое число больше нуля или оставьте поле пустым",
        )
    return places


def read_day(answer: object) -> str | None:
    """The day as ISO text; None where nothing is said."""
    if answer is None or answer == "":
        return None
    # A picker of dates may add the time of midnight.
    text = str(answer).strip().split("T")[0]
    try:
        day = date.fromisoformat(text).isoformat()
    except ValueError:
        day = ""
    if day != text:
        raise ConfigError(
            f"«{answer}» — не дата",
            where="поле «На дату»",
            remedy="укажите дату как ГГГГ-ММ-ДД, например 2026-07-15, или оставьте поле пустым",
        )
    return day


def read_edition(answer: object) -> str:
    """The edition as text; whether there is such an edition is checked when it is loaded."""
    if not isinstance(answer, str) or not answer.strip() or "/" in answer or "\\" in answer:
        raise ConfigError(
            f"«{answer}» — не редакция методики",
            where="поле «Редакция методики»",
            remedy="укажите название редакции, например 2026",
        )
    return answer.strip()


def read_period(answer: object) -> str:
    """The code of the period of the monitoring of support."""
    return _chosen(answer, {title: code for code, title in PERIOD_TITLES.items()}, "Период")


def read_reader(answer: object) -> str:
    """The code of the profile of the web report."""
    return _chosen(answer, READERS, "Для кого")


def _chosen(answer: object, codes: dict[str, str], title: str) -> str:
    code = codes.get(str(answer).strip().lower())
    if code is None:
        raise ConfigError(
            f"«{answer}» — такого выбора нет", where=f"поле «{title}»", remedy=f"выберите: {', '.join(codes)}"
        )
    return code


def _whole_number(answer: object) -> int | None:
    """The number that was typed; None where it is none."""
    if isinstance(answer, bool):
        return None
    if isinstance(answer, int):
        return answer
    text = str(answer).strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None
