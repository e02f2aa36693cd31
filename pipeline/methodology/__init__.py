"""Every deciding number of the project, with value, unit, title, reference and range, by edition.

`load("2026")` gives a `Methodology`. A region's own edition lives in `DIR/methodology/<edition>.toml` and may say
`extends = "2026"` plus the few lines in which it differs.
"""

import dataclasses
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.errors import MethodologyError
from pipeline.methodology.rules import (
    CausesRules,
    ContextRules,
    DisclosureRules,
    EffectRules,
    FamiliarRules,
    IdentityRules,
    MonitoringRules,
    ObjectivityRules,
    PoolRules,
    QualityRules,
    SampleRules,
    SelectionRules,
    SensitivityRules,
    StabilityRules,
    SupportRules,
)
from pipeline.russian import toml_place

DEFAULT_EDITION = "2026"
PACKAGE_DIRECTORY = Path(__file__).parent

SECTIONS: Mapping[str, type] = {
    "pool": PoolRules,
    "familiar": FamiliarRules,
    "stability": StabilityRules,
    "selection": SelectionRules,
    "sensitivity": SensitivityRules,
    "objectivity": ObjectivityRules,
    "sample": SampleRules,
    "causes": CausesRules,
    "support": SupportRules,
    "effect": EffectRules,
    "identity": IdentityRules,
    "context": ContextRules,
    "monitoring": MonitoringRules,
    "quality": QualityRules,
    "disclosure": DisclosureRules,
}


@dataclass(frozen=True)
class Parameter:
    """One deciding number and what a reader needs to judge it."""

    section: str
    name: str
    value: Any
    unit: str
    title: str
    reference: str
    minimum: float | None = None
    maximum: float | None = None


@dataclass(frozen=True)
class Methodology:
    """One edition of the method."""

    edition: str
    title: str
    pool: PoolRules
    familiar: FamiliarRules
    stability: StabilityRules
    selection: SelectionRules
    sensitivity: SensitivityRules
    objectivity: ObjectivityRules
    sample: SampleRules
    causes: CausesRules
    support: SupportRules
    effect: EffectRules
    identity: IdentityRules
    context: ContextRules
    monitoring: MonitoringRules
    quality: QualityRules
    disclosure: DisclosureRules
    parameters: tuple[Parameter, ...] = dataclasses.field(repr=False, default=())

    def with_capacity(self, capacity: int | None) -> "Methodology":
        """The same edition with another capacity of the list; None changes nothing."""
        if capacity is None:
            return self
        if capacity < 1:
            raise MethodologyError(
                f"Число мест в перечне должно быть не меньше 1, получено {capacity}",
                where="параметр --capacity",
                remedy="укажите целое положительное число, например 50",
            )
        return dataclasses.replace(self, selection=dataclasses.replace(self.selection, capacity=capacity))


def load(edition: str = DEFAULT_EDITION, directory: Path | None = None) -> Methodology:
    """The methodology of an edition, from DIR/methodology or from the package.

    Args:
        edition: name of the edition, "2026" by default.
        directory: the region's folder; its `methodology/` is looked into first.
    """
    document = _document(edition, directory, seen=())
    parameters = tuple(_parameters(document, edition))
    sections = {name: _section(name, kind, parameters, edition) for name, kind in SECTIONS.items()}
    return Methodology(edition=edition, title=str(document.get("title", edition)), parameters=parameters, **sections)


def editions(directory: Path | None = None) -> tuple[str, ...]:
    """Names of the editions that can be loaded, sorted."""
    folders = [PACKAGE_DIRECTORY] + ([directory / "methodology"] if directory else [])
    return tuple(sorted({path.stem for folder in folders for path in folder.glob("*.toml")}))


def _document(edition: str, directory: Path | None, seen: tuple[str, ...]) -> dict[str, Any]:
    """The TOML of an edition merged over the edition that it extends."""
    folders = ([directory / "methodology"] if directory else []) + [PACKAGE_DIRECTORY]
    path = next((p for folder in folders if (p := folder / f"{edition}.toml").is_file()), None)
    if path is None or Path(edition).name != edition:
        raise MethodologyError(
            f"Редакция методики «{edition}» не найдена",
            where=f"methodology/{edition}.toml",
            remedy=f"выберите одну из имеющихся: {', '.join(editions(directory))}",
        )
    if edition in seen:
        raise MethodologyError(
            f"Редакция «{edition}» расширяет саму себя",
            where=f"methodology/{path.name}",
            remedy="впишите в extends другую редакцию, а файл назовите своим именем",
        )
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise MethodologyError(
            "Файл методики не читается",
            where=f"methodology/{path.name}{toml_place(error)}",
            remedy="исправьте файл в текстовом редакторе и сохраните в кодировке UTF-8",
        ) from error
    base_edition = document.pop("extends", None)
    if base_edition is None:
        return document
    base = _document(str(base_edition), directory, (*seen, edition))
    for name, value in document.items():
        if isinstance(value, dict):
            section = base.setdefault(name, {})
            for parameter, body in value.items():
                section[parameter] = {
                    **section.get(parameter, {}),
                    **(body if isinstance(body, dict) else {"value": body}),
                }
        else:
            base[name] = value
    return base


def _parameters(document: Mapping[str, Any], edition: str) -> list[Parameter]:
    """Every parameter of the document, checked against its own range and choices."""
    strange = [name for name, bodies in document.items() if name not in SECTIONS and name not in ("title", "edition")]
    if strange:
        raise MethodologyError(
            f"В методике неизвестный раздел или ключ: {', '.join(strange)}",
            where=f"редакция {edition}",
            remedy=f"исправьте имя; разделы: {', '.join(SECTIONS)}",
        )
    found = []
    for section, bodies in document.items():
        if not isinstance(bodies, dict):
            continue
        for name, body in bodies.items():
            where = f"редакция {edition}, {section}.{name}"
            lacking = [
                key for key in ("value", "unit", "title", "reference") if not isinstance(body, dict) or key not in body
            ]
            if lacking:
                raise MethodologyError(
                    "У параметра методики не хватает: " + ", ".join(lacking),
                    where=where,
                    remedy="проверьте имя параметра: новая редакция меняет значения имеющихся",
                )
            low, high = body.get("range", (None, None))
            numbers = [x for x in _as_list(body["value"]) if isinstance(x, int | float) and not isinstance(x, bool)]
            if low is not None and any(not low <= x <= high for x in numbers):
                raise MethodologyError(
                    f"Значение {body['value']} вне допустимых границ {low}…{high}",
                    where=where,
                    remedy="исправьте значение или границы параметра",
                )
            choices = body.get("choices")
            unknown = [str(x) for x in _as_list(body["value"]) if choices is not None and x not in choices]
            if unknown:
                raise MethodologyError(
                    f"Неизвестное значение параметра: {', '.join(unknown)}",
                    where=where,
                    remedy=f"выберите из: {', '.join(map(str, choices))}",
                )
            found.append(
                Parameter(section, name, body["value"], body["unit"], body["title"], body["reference"], low, high)
            )
    return found


def _section(name: str, kind: type, parameters: tuple[Parameter, ...], edition: str) -> Any:
    """The frozen record of a section; names and types agree with the record in both directions."""
    values = {p.name: p.value for p in parameters if p.section == name}
    fields = {f.name: f for f in dataclasses.fields(kind)}
    wrong = sorted(set(values) ^ set(fields))
    if wrong:
        raise MethodologyError(
            "В методике не хватает параметров или есть лишние: " + ", ".join(wrong),
            where=f"редакция {edition}, раздел {name}",
            remedy="исправьте имена: их образец — в редакции, указанной в extends",
        )
    converted = {}
    for field_name, field in fields.items():
        value = values[field_name]
        expected: Mapping[str, type | tuple[type, ...]]
        expected = {"int": int, "float": (int, float), "str": str, "bool": bool}
        declared = str(getattr(field.type, "__name__", field.type))
        if declared in expected:
            right = isinstance(value, expected[declared]) and (declared == "bool" or not isinstance(value, bool))
            converted[field_name] = float(value) if right and declared == "float" else value
        else:
            right = isinstance(value, list)
            converted[field_name] = tuple(value) if right else value
        if not right:
            raise MethodologyError(
                f"Значение параметра не того вида: {value}",
                where=f"редакция {edition}, {name}.{field_name}",
                remedy="впишите значение того же вида, что в исходной редакции",
            )
    return kind(**converted)


def _as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
