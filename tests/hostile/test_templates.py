"""A Word template may name fields and nothing else: what could reach out, or never end, is refused before it runs."""

import io

import pytest
from docx import Document

from pipeline.errors import ConfigError
from pipeline.outputs import word

HOSTILE = (
    "{{ ''.__class__.__mro__ }}",
    "{% for i in range(10**9) %}x{% endfor %}",
    "{{ 'x' * 10**9 }}",
    "{{ 10**10**8 }}",
    "{{ lipsum(n=100000) }}",
    "{{ cycler.__init__.__globals__ }}",
    "{{ '%1000000000d' % 1 }}",
    "{{ '{:>1000000000}'.format(1) }}",
    "{{ name | center(10**9) }}",
    "{{ 'a' | indent(10**9) }}",
    "{{ name | attr('upper') }}",
    "{{ names.append(1) }}",
    "{% include '/etc/passwd' %}",
    "{% import 'os' as o %}",
    "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
    "{{ 1 / 0 }}",
    "{{ name | percent }}",
    "{{ names | safe }}",
    "{{ " + "(" * 500 + "1" + ")" * 500 + " }}",
)


@pytest.mark.parametrize("words", HOSTILE, ids=range(len(HOSTILE)))
def test_a_template_that_asks_for_more_than_fields_is_refused(words: str) -> None:
    document, stream = Document(), io.BytesIO()
    document.add_paragraph(words)
    document.save(stream)
    with pytest.raises(ConfigError, match="Шаблон документа не годится"):
        word.render(stream.getvalue(), {"name": "Школа", "names": ["Школа"]}, name="проба")
