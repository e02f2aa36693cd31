"""Word documents: templates of the department, values that stay values, equal bytes for equal contents."""

import io
from pathlib import Path

import docx
import pytest

from pipeline.errors import ConfigError
from pipeline.outputs import word


def template(*lines: str) -> bytes:
    document = docx.Document()
    for line in lines:
        document.add_paragraph(line)
    stream = io.BytesIO()
    document.save(stream)
    return stream.getvalue()


def text(content: bytes) -> str:
    document = docx.Document(io.BytesIO(content))
    headers = [p.text for section in document.sections for p in section.header.paragraphs]
    return "\n".join([*headers, *(p.text for p in document.paragraphs)])


def test_fields_are_filled_with_values_as_they_stand() -> None:
    values = {"school": {"name": "МБОУ «Школа <b>№ 1</b> & сад» {{ secret }}"}, "share": 0.125}
    made = word.render(template("Школа {{ school.name }}: {{ share | percent }}"), values, name="проба")
    assert text(made).strip() == "Школа МБОУ «Школа <b>№\u00a01</b> & сад» {{ secret }}: 12,5\u00a0%"


def test_unprintable_characters_do_not_break_the_document() -> None:
    made = word.render(template("{{ name }}"), {"name": "Шко\x0bла\x00 № 1"}, name="проба")
    assert text(made).strip() == "Школа №\u00a01"


def test_the_notice_stands_above_every_page_whatever_the_template() -> None:
    assert "ДЕМО: вымышлено" in text(word.render(template("Приказ"), {}, name="проба", notice="ДЕМО: вымышлено"))
    assert "ДЕМО" not in text(word.render(template("Приказ"), {}, name="проба"))


def test_the_same_values_give_the_same_bytes() -> None:
    pattern = template("{{ number }}")
    first, second = (word.render(pattern, {"number": 7}, name="проба", notice="ДЕМО") for _ in range(2))
    assert first == second


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (template("{{ nothing }}"), "«nothing»"),
        (template("{{ school.nothing }}"), "«nothing»"),
        (template("Дата {{ school"), "с ошибкой, рядом с текстом «Дата"),
        (template("{{ ''.__class__.__mro__ }}"), "недоступно"),
        (b"no document", "не документ Word"),
    ],
)
def test_a_wrong_template_is_told_in_one_sentence(content: bytes, told: str) -> None:
    with pytest.raises(ConfigError, match=told) as caught:
        word.render(content, {"school": {"name": "Школа"}}, name="order")
    assert "templates/order.docx" in str(caught.value)


def test_the_region_s_own_template_wins(tmp_path: Path) -> None:
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates" / "order.docx").write_bytes(b"own")
    assert word.load_template(tmp_path, "order") == b"own"


def test_a_missing_template_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="не открывается"):
        word.load_template(tmp_path, "no_such")
