"""Cases of municipalities and days, as sentences need them."""

from datetime import date

import pytest

from pipeline.cases import Case, day_words, in_case, school_year


@pytest.mark.parametrize(
    ("name", "case", "said"),
    [
        ("Велижский муниципальный округ", "nominative", "Велижский муниципальный округ"),
        ("Велижский муниципальный округ", "genitive", "Велижского муниципального округа"),
        ("Велижский муниципальный округ", "dative", "Велижскому муниципальному округу"),
        ("Холм-Жирковский муниципальный округ", "instrumental", "Холм-Жирковским муниципальным округом"),
        ("Ярцевский район", "prepositional", "Ярцевском районе"),
        ("город Смоленск", "genitive", "города Смоленска"),
        ("город Десногорск", "dative", "городу Десногорску"),
        ("г. Смоленск", "prepositional", "городе Смоленске"),
        ("городской округ «Город Десногорск»", "dative", "городскому округу «Город Десногорск»"),
        ("Муниципальное образование «Красная Горка»", "genitive", "Муниципального образования «Красная Горка»"),
        ("город Чита", "genitive", "муниципального образования «город Чита»"),
        ("Красная Горка", "dative", "муниципальному образованию «Красная Горка»"),
        ("ЗАТО «Озёрный»", "prepositional", "муниципальном образовании «ЗАТО „Озёрный“»"),
    ],
)
def test_municipalities_are_declined_or_kept_behind_words_that_are(name: str, case: Case, said: str) -> None:
    assert in_case(name, case) == said


def test_days_and_school_years_are_said_in_words() -> None:
    assert day_words(date(2026, 9, 1)) == "1 сентября 2026 года"
    assert (school_year(2026), school_year(2099)) == ("2026/27", "2099/00")
