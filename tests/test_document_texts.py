"""Words and terms of documents: the region's own over the package's, and what is wrong with them."""

from datetime import date
from pathlib import Path

import pytest

from pipeline.document_texts import load_texts
from pipeline.errors import ConfigError


def own(root: Path, text: str) -> Path:
    (root / "documents.toml").write_text(text, encoding="utf-8")
    return root


def test_without_a_file_of_the_region_every_text_of_the_package_can_be_filled(tmp_path: Path) -> None:
    texts = load_texts(tmp_path, 2026)
    more = {"replaced_date": "1 сентября 2026 года", "replaced_number": "100-ОД"}
    in_reports = ("results_year", "schools", "subjects", "groups", "areas", "span")
    in_letters = ("answered", "count", "day", "deadline", "file", "municipality_genitive", "order_date", "order_number")
    more |= dict.fromkeys((*in_reports, *in_letters), "из документа")
    for section in set(texts.sections) - {"names", "dates"}:
        for name, told in texts.sections[section].items():
            said = texts.points(section, name, **more) if isinstance(told, list) else texts.text(section, name, **more)
            assert said and "{" not in str(said)


def test_terms_fall_into_the_school_year_of_the_list(tmp_path: Path) -> None:
    days = load_texts(tmp_path, 2026).days
    assert (days["confirmation"], days["november"], days["june"]) == (
        date(2026, 7, 20),
        date(2026, 11, 20),
        date(2027, 6, 20),
    )


def test_the_region_s_words_win_and_the_rest_stays(tmp_path: Path) -> None:
    texts = load_texts(own(tmp_path, '[names]\nterm = "ШНОР"\n[dates]\nsurvey = "10-15"\n'), 2026)
    lines = [line for point in texts.points("order", "points") for line in point]
    assert any("далее — ШНОР" in line for line in lines)
    assert any("до 15 октября 2026 года" in line for line in lines)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[names\n", "не читаются"),
        ("[letter]\n", r"неизвестный раздел \[letter\]"),
        ('[names]\nterms = "x"\n', "неизвестное имя terms"),
        ("[names]\nterm = 5\n", "не того вида"),
        ('[order]\npoints = "один"\n', "список текстов"),
        ('[dates]\nsurvey = "30.09"\n', "не месяц и день"),
        ('[dates]\nsurvey = "02-30"\n', "не месяц и день"),
    ],
)
def test_a_wrong_file_is_told(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(ConfigError, match=told):
        load_texts(own(tmp_path, text), 2026)


def test_an_unknown_field_is_told_with_its_text(tmp_path: Path) -> None:
    texts = load_texts(own(tmp_path, '[order]\nheading = "Перечень на {years} год"\n'), 2026)
    with pytest.raises(ConfigError, match=r"\[order\] heading называет неизвестное поле {years}"):
        texts.text("order", "heading")
