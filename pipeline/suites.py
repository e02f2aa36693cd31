"""Suites of expectations read from JSON, strictly: what is misspelt is an error, never a check that silently is not.

A suite stands on one frame of `pipeline.plausibility`; thresholds named `$name` come from the section `quality` of the
methodology. The format is described in `expectations/README.md`.
"""

import dataclasses
import json
import re
import string
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline import russian
from pipeline.errors import ConfigError
from pipeline.methodology.rules import QualityRules
from pipeline.tables.quality import SEVERITIES

SUITE_FIELDS = {"table": str, "title": str, "noun": list, "place": dict, "expectations": list}
CHECK_FIELDS = {
    "code": str,
    "severity": str,
    "title": str,
    "type": str,
    "kwargs": dict,
    "threshold": str,
    "remedy": str,
}
OPTIONAL_CHECK_FIELDS = {"observed": str, "shown": dict}
OBSERVED_FIELDS = frozenset({"passed", "failed", "checked", "of_checked", "of_failed", "value"})
DEFAULT_OBSERVED = "в порядке {passed} из {of_checked}"
PARAMETER = re.compile(r"\$(\w+)")


@dataclass(frozen=True)
class Check:
    """One expectation with what the operator is told about it.

    Args:
        code: stable English identifier, unique over all suites.
        severity: critical (stops the publication) or warning.
        type: name of a row-wise expectation of Great Expectations.
        kwargs: its arguments, thresholds already filled in.
        title: what is true when the check passes, Russian.
        threshold: the threshold in words, Russian, with `$name`.
        observed: what was found, Russian, with the fields of OBSERVED_FIELDS.
        remedy: what the operator can do, Russian.
        shown: columns of a failing row to show as examples, with their Russian labels.
    """

    code: str
    severity: str
    type: str
    kwargs: Mapping[str, Any]
    title: str
    threshold: str
    observed: str
    remedy: str
    shown: Mapping[str, str]

    def threshold_text(self, rules: QualityRules) -> str:
        """The threshold in words with the numbers of the methodology."""
        values = dataclasses.asdict(rules)
        return PARAMETER.sub(lambda found: russian.value_text(found[1], values[found[1]]), self.threshold)


@dataclass(frozen=True)
class Suite:
    """The checks of one frame.

    Args:
        table: name of the frame and of the file.
        title: Russian title.
        noun: what a row is called, in the forms of 1, 2 and 5: школа, школы, школ.
        place: columns that say which row it is, with the word before the value («строка»), empty for none.
        checks: the checks in the order of the file.
    """

    table: str
    title: str
    noun: tuple[str, str, str]
    place: Mapping[str, str]
    checks: tuple[Check, ...]

    @property
    def file_name(self) -> str:
        """The file of the suite, as the operator finds it."""
        return f"expectations/{self.table}.json"


def load_suites(directory: Path, rules: QualityRules) -> tuple[Suite, ...]:
    """Every suite of a folder, by table name.

    Raises:
        ConfigError: the folder holds no suite, or one is unreadable, incomplete, misspelt or repeats a code.
    """
    paths = sorted(directory.glob("*.json"))
    if not paths:
        raise ConfigError(
            "Не найдено ни одного набора проверок", where=str(directory.name), remedy="переустановите программу"
        )
    suites = tuple(_suite(path, rules) for path in paths)
    codes = [check.code for suite in suites for check in suite.checks]
    repeated = sorted({code for code in codes if codes.count(code) > 1})
    if repeated:
        raise ConfigError(
            f"Код проверки повторяется: {', '.join(repeated)}",
            where="expectations",
            remedy="дайте каждой проверке свой код",
        )
    return suites


def _suite(path: Path, rules: QualityRules) -> Suite:
    """The suite of one file."""
    where = f"expectations/{path.name}"
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"Набор проверок не читается: {error}", where=where, remedy="исправьте файл") from error
    _demand_fields(document, SUITE_FIELDS, {}, where)
    if document["table"] != path.stem:
        raise ConfigError(
            f"Имя файла и таблица «{document['table']}» различаются",
            where=where,
            remedy="переименуйте файл или таблицу",
        )
    if len(document["noun"]) != 3:
        raise ConfigError("В поле noun нужны три формы слова", where=where, remedy="например: школа, школы, школ")
    return Suite(
        table=document["table"],
        title=document["title"],
        noun=tuple(document["noun"]),
        place=document["place"],
        checks=tuple(_check(body, rules, where) for body in document["expectations"]),
    )


def _check(body: Any, rules: QualityRules, where: str) -> Check:
    """One entry of a suite with its thresholds filled in."""
    where = f"{where}, {body.get('code', 'запись без code') if isinstance(body, dict) else body}"
    _demand_fields(body, CHECK_FIELDS, OPTIONAL_CHECK_FIELDS, where)
    if body["severity"] not in SEVERITIES:
        raise ConfigError(
            f"Неизвестная строгость «{body['severity']}»", where=where, remedy=f"укажите {' или '.join(SEVERITIES)}"
        )
    values = dataclasses.asdict(rules)
    named = [v[1:] for v in body["kwargs"].values() if isinstance(v, str) and v.startswith("$")]
    unknown = sorted({name for name in [*named, *PARAMETER.findall(body["threshold"])] if name not in values})
    if unknown:
        raise ConfigError(
            "В методике нет порога: " + ", ".join(f"${name}" for name in unknown),
            where=where,
            remedy=f"выберите из имеющихся: {', '.join(sorted(values))}",
        )
    observed = body.get("observed", DEFAULT_OBSERVED)
    return Check(
        code=body["code"],
        severity=body["severity"],
        type=body["type"],
        kwargs={k: values[v[1:]] if isinstance(v, str) and v.startswith("$") else v for k, v in body["kwargs"].items()},
        title=body["title"],
        threshold=body["threshold"],
        observed=_checked_template(observed, where),
        remedy=body["remedy"],
        shown=body.get("shown", {}),
    )


def _checked_template(template: str, where: str) -> str:
    """The template, known to name nothing but the fields that will be filled in."""
    try:
        named = {name for _, name, _, _ in string.Formatter().parse(template) if name is not None}
    except ValueError as error:
        raise ConfigError(f"Поле observed не читается: {error}", where=where) from error
    if not named <= OBSERVED_FIELDS:
        raise ConfigError(
            f"В поле observed неизвестные подстановки: {', '.join(sorted(named - OBSERVED_FIELDS))}",
            where=where,
            remedy=f"выберите из имеющихся: {', '.join(sorted(OBSERVED_FIELDS))}",
        )
    return template


def _demand_fields(body: Any, required: Mapping[str, type], optional: Mapping[str, type], where: str) -> None:
    """Stops unless the object has every required field, no unknown one, and each of the right kind."""
    if not isinstance(body, dict):
        raise ConfigError("Ожидается объект JSON", where=where, remedy="сверьте запись с соседними")
    known = {**required, **optional}
    wrong = [f"нет поля {name}" for name in required if name not in body]
    wrong += [f"лишнее поле {name}" for name in body if name not in known]
    wrong += [
        f"поле {name} не того вида" for name, kind in known.items() if not isinstance(body.get(name, kind()), kind)
    ]
    if wrong:
        raise ConfigError(
            "Запись в наборе проверок составлена неверно: " + "; ".join(wrong),
            where=where,
            remedy="сверьте с описанием в expectations/README.md",
        )
