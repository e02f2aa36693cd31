"""Spelling of names: what is the same name, and what must stay different."""

import pytest

from pipeline.names import normalise, normalise_municipality


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("МБОУ «СШ № 3» г. Вязьмы", "МБОУ СОШ №3 города Вязьмы"),
        ('Муниципальное бюджетное общеобразовательное учреждение "Средняя школа № 3"', "МКОУ «СОШ №3»"),
        ("МКОУ Озёрная основная школа", "МБОУ «Озерная ООШ»"),
        ("МОУ Ново-Акатуйская СОШ", "МОУ Ново–Акатуйская СОШ"),
        ("ОГБОУ «Лицей-интернат»", "Лицей  интернат"),
        ("МБОУ СОШ с. Заречное", "МБОУ «СОШ село Заречное»"),
    ],
)
def test_spellings_of_one_school_agree(one: str, other: str) -> None:
    assert normalise(one) == normalise(other) != ""


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("МБОУ СОШ № 3", "МБОУ СОШ № 13"),
        ("МБОУ «Озёрная СОШ»", "МБОУ «Озёрная ООШ»"),
        ("МБОУ СОШ с. Заречное", "МБОУ СОШ п. Заречный"),
        ("Вечерняя школа № 1", "Средняя школа № 1"),
    ],
)
def test_different_schools_stay_different(one: str, other: str) -> None:
    assert normalise(one) != normalise(other)


def test_a_bare_legal_form_is_not_an_empty_name() -> None:
    assert normalise("МБОУ") == "мбоу"
    assert normalise(None) == ""


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Вяземский район", "Вяземский муниципальный округ"),
        ("Отдел образования администрации Вяземского района", "Вяземский муниципальный район"),
        ("город Смоленск", "Смоленск"),
        ("Темкинский район", "Тёмкинский муниципальный округ"),
    ],
)
def test_names_of_one_municipality_agree(one: str, other: str) -> None:
    assert normalise_municipality(one) == normalise_municipality(other)


def test_a_city_and_the_district_around_it_differ() -> None:
    assert normalise_municipality("город Смоленск") != normalise_municipality("Смоленский муниципальный округ")
