"""Word documents made from templates that the department edits itself: `DIR/templates/<name>.docx` wins over ours.

A template is an ordinary .docx with fields in double braces (docxtpl). Values are data: what looks like markup is
shown as it stands, and a template can reach nothing but the values it is given. The same values give the same bytes.
"""

import io
import re
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline import russian
from pipeline.errors import ConfigError

if TYPE_CHECKING:
    from docx.document import Document
    from jinja2.sandbox import SandboxedEnvironment

TEMPLATES = Path(__file__).parents[1] / "resources" / "templates"
TEMPLATE_FOLDER = "templates"
KNOWN_FILTERS = ("number", "percent", "default", "join", "length", "lower", "upper", "capitalize", "trim", "e")
# A file of Word carries the time it was made: ours carries the same one always, so that equal contents are equal files.
ZIP_TIME = (1980, 1, 1, 0, 0, 0)
MADE_AT = datetime(2020, 1, 1)
UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffe\uffff]")  # XML has no place for these


@dataclass(frozen=True)
class Picture:
    """A picture in a document.

    Args:
        png: its bytes.
        width_mm: width on the page.
    """

    png: bytes
    width_mm: int = 165


def load_template(root: Path, name: str) -> bytes:
    """The bytes of a template: the region's own `templates/<name>.docx`, else the package's."""
    own = root / TEMPLATE_FOLDER / f"{name}.docx"
    path = own if own.is_file() else TEMPLATES / f"{name}.docx"
    try:
        return path.read_bytes()
    except OSError as error:
        raise ConfigError(
            f"Шаблон документа не открывается: {russian.system_fault(error)}",
            where=f"{TEMPLATE_FOLDER}/{name}.docx",
            remedy="закройте его в Word и проверьте право чтения; без своего файла берётся образец программы",
        ) from error


def render(template: bytes, values: Mapping[str, Any], *, name: str, notice: str = "") -> bytes:
    """A document: the template with its fields filled in.

    Args:
        template: bytes of a .docx (`load_template`).
        values: what the fields may name: texts, numbers ready to be read, lists of such records, `Picture`s.
        name: name of the template, for messages.
        notice: what every page has to say first (made-up data), whatever the template.

    Raises:
        ConfigError: the file is no Word document, or names a field that does not exist.
    """
    import jinja2
    from docxtpl import DocxTemplate
    from jinja2.exceptions import SecurityError

    try:
        document = DocxTemplate(io.BytesIO(template))
        document.init_docx()
        document.render(_with_pictures(document, values), _environment(), autoescape=True)
    except jinja2.UndefinedError as error:
        found = re.search(r"'([^']+)' is undefined|no attribute '([^']+)'", str(error))
        field = f"«{found[1] or found[2]}»" if found else str(error)
        raise _wrong_template(name, f"в нём названо поле, которого нет: {field}") from error
    except SecurityError as error:
        raise _wrong_template(name, "поле обращается к тому, что шаблону недоступно") from error
    except jinja2.TemplateError as error:
        raise _wrong_template(name, f"поле записано с ошибкой{_nearby(error)}") from error
    except (zipfile.BadZipFile, KeyError, ValueError, SyntaxError) as error:
        # XML that does not fit together is a SyntaxError as well.
        raise _wrong_template(name, "это не документ Word (.docx)") from error
    except (TypeError, ArithmeticError, RecursionError, LookupError) as error:
        raise _wrong_template(name, "поле нельзя вычислить") from error
    if notice:
        _say_on_every_page(document.docx, notice)
    document.docx.core_properties.created = document.docx.core_properties.modified = MADE_AT
    stream = io.BytesIO()
    document.save(stream)
    return _repacked(stream.getvalue())


@cache
def _environment() -> "SandboxedEnvironment":
    """The environment of every template; it remembers what it has compiled: fifty schools get the same letter."""
    import jinja2
    from jinja2 import nodes
    from jinja2.exceptions import SecurityError
    from jinja2.sandbox import SandboxedEnvironment

    # What a form letter needs is fields, conditions and lists. Whatever can be made large or endless is no part of it:
    # calls, arithmetic, macros, lists of our own making.
    known = (
        *(
            nodes.Template,
            nodes.Output,
            nodes.TemplateData,
            nodes.Name,
            nodes.Getattr,
            nodes.Getitem,
            nodes.Const,
            nodes.Not,
            nodes.And,
        ),
        *(nodes.Or, nodes.Compare, nodes.Operand, nodes.If, nodes.For, nodes.CondExpr, nodes.Filter, nodes.Keyword),
    )

    class Remembering(SandboxedEnvironment):
        def _parse(self, source: str, name: str | None, filename: str | None) -> nodes.Template:
            template = super()._parse(source, name, filename)
            for node in template.find_all(nodes.Node):
                is_strange = isinstance(node, nodes.Filter) and node.name not in KNOWN_FILTERS
                endless = isinstance(node, nodes.For) and not isinstance(node.iter, nodes.Name | nodes.Getattr)
                if not isinstance(node, known) or is_strange or endless:
                    raise SecurityError("a template may only name fields")
            return template

        @lru_cache(maxsize=64)  # noqa: B019 - there is one environment, which lives as long as the program
        def from_string(self, source: Any) -> jinja2.Template:  # type: ignore[override]
            return super().from_string(source)

    found = Remembering(undefined=jinja2.StrictUndefined, autoescape=True, finalize=_printable)
    found.filters["number"] = russian.number
    found.filters["percent"] = russian.percent
    return found


def _wrong_template(name: str, why: str) -> ConfigError:
    """The error of a template that cannot be filled."""
    return ConfigError(
        f"Шаблон документа не годится: {why}",
        where=f"{TEMPLATE_FOLDER}/{name}.docx",
        remedy="исправьте поле в шаблоне (какие есть поля — docs/ru/templates.md) или удалите свой файл: тогда "
        "будет взят образец программы",
    )


def _nearby(error: Exception) -> str:
    """The text of the template around a wrong field, as far as the library tells it; its own words are English."""
    lines = (re.sub("<[^>]*>", "", line).strip() for line in getattr(error, "docx_context", ()))
    told = " ".join(line for line in lines if line)
    return f", рядом с текстом «{told[:120]}»" if told else ""


def _printable(value: Any) -> Any:
    """A value as it may stand in a document: nothing for None, nothing unprintable, «№» beside its number."""
    if value is None:
        return ""
    if not isinstance(value, str):
        return value
    return UNPRINTABLE.sub("", value).replace("№ ", "№\u00a0")  # a sign at the end of a line is read as nothing


def _with_pictures(document: Any, value: Any) -> Any:
    """The values with every `Picture` turned into one that docxtpl can place."""
    from docx.shared import Mm
    from docxtpl import InlineImage

    if isinstance(value, Picture):
        return InlineImage(document, io.BytesIO(value.png), width=Mm(value.width_mm))
    if isinstance(value, Mapping):
        return {key: _with_pictures(document, inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_with_pictures(document, inner) for inner in value]
    return value


def _say_on_every_page(document: "Document", notice: str) -> None:
    """Put the notice above every page: the template may have been edited, the notice stays."""
    from docx.enum.text import WD_ALIGN_PARAGRAPH
    from docx.shared import Pt, RGBColor

    for section in document.sections:
        headers = [section.header]
        if section.different_first_page_header_footer:
            headers.append(section.first_page_header)
        for header in headers:
            header.is_linked_to_previous = False
            first = header.paragraphs[0] if header.paragraphs else header.add_paragraph()
            paragraph = first.insert_paragraph_before()
            paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
            words = paragraph.add_run(notice)
            words.bold, words.font.size, words.font.color.rgb = True, Pt(10), RGBColor(0xA6, 0x1B, 0x1B)


def _repacked(content: bytes) -> bytes:
    """The same zip with one time for every part and the parts in one order."""
    stream = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(content)) as old,
        zipfile.ZipFile(stream, "w", compression=zipfile.ZIP_DEFLATED) as new,
    ):
        # A reader of the format may expect the list of contents first; the rest goes by name.
        for part in sorted(old.namelist(), key=lambda part: (part != "[Content_Types].xml", part)):
            new.writestr(zipfile.ZipInfo(part, ZIP_TIME), old.read(part), zipfile.ZIP_DEFLATED)
    return stream.getvalue()
