"""What the project stands on: every locked package has hashes and a licence that lets anybody use it.

After a change of requirements.lock `python tests/test_supply.py` writes docs/licences.md anew.
"""

import re
from importlib import metadata
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[1]
LOCK = PROJECT / "requirements.lock"
LICENCES = PROJECT / "docs/licences.md"

PIN = re.compile(r"^([a-z0-9][a-z0-9._-]*)(?:\[[a-z0-9, _-]+\])?==([^ \\;]+)(?: *; *[^\\]+)? \\$")
HASH = re.compile(r"^    --hash=sha256:[0-9a-f]{64}( \\)?$")
# Asked for on other platforms and Pythons only, so that their own words cannot be read here.
ELSEWHERE = {
    "appnope": "BSD License",
    "async-timeout": "Apache-2.0",
    "pywin32": "PSF",
    "whenever": "MIT",
}
# A package under several licences ("OR" and lists of classifiers) may be used under the mildest; where an expression
# says "AND", every one of them binds. All of these allow use in an office, unchanged, with no duty towards others than
# to keep the notices.
ALLOWED = re.compile(
    r"\b(MIT|MIT-0|BSD|0BSD|Apache|ISC|ISCL|PSF|Python Software Foundation|MPL|Mozilla|LGPL|Artistic|Zlib|CC0|CNRI)\b"
)
FORBIDDING = re.compile(
    r"AGPL|Affero|SSPL|BUSL|Business Source|Proprietary|Non-?Commercial|\bNC\b|Commons Clause", re.I
)
HEAD = """# Лицензии библиотек

Каждый пакет из `requirements.lock` и его лицензия, как её называет сам пакет. Страница пишется командой
`python tests/test_supply.py`; быстрый тест не пропустит пакет, которого здесь нет, или лицензию, запрещающую работу.
Пакеты для других систем и других версий Python здесь не установлены: их лицензии вписаны вручную.

| пакет | версия | лицензия |
| --- | --- | --- |
"""


def locked() -> list[tuple[str, str]]:
    """Name and version of every pin; a package pinned for several Pythons comes several times."""
    pins = map(PIN.match, LOCK.read_text(encoding="utf-8").splitlines())
    return [(pin[1], pin[2]) for pin in pins if pin is not None]


def licence_of(name: str) -> str:
    """What the package itself says: an expression, else its classifiers, else the first line of the field."""
    if name in ELSEWHERE:
        return ELSEWHERE[name]
    told = metadata.metadata(name)
    classifiers = [c.split(" :: ")[-1] for c in told.get_all("Classifier", []) if c.startswith("License ::")]
    first_line = (told.get("License") or "").strip().split("\n")[0]
    return told.get("License-Expression") or "; ".join(classifiers) or first_line


def is_allowed(told: str) -> bool:
    """Whether what a package says allows use: an expression of SPDX by its words, anything else by its name."""
    tokens = re.findall(r"[()]|\b(?:AND|OR)\b|(?:(?!\b(?:AND|OR)\b)[^()])+", told)
    tokens = [token.strip() for token in tokens if token.strip()]
    if not {"AND", "OR"} & set(tokens):
        return ALLOWED.search(told) is not None and FORBIDDING.search(told) is None
    judged = " ".join(
        token.lower() if token in ("AND", "OR") else token if token in "()" else str(is_allowed(token))
        for token in tokens
    )
    return bool(eval(judged))  # of True, False, and, or, ( and ) only: Python binds them as SPDX does


def page() -> str:
    """The page of licences, as it should be."""
    return HEAD + "".join(f"| {name} | {version} | {licence_of(name)} |\n" for name, version in locked())


def test_every_locked_package_has_hashes_and_no_index_is_named() -> None:
    lines = LOCK.read_text(encoding="utf-8").splitlines()
    assert len(locked()) > 100
    assert [line for line in lines if not PIN.match(line) and not HASH.match(line)] == []
    assert all(HASH.match(after) for line, after in zip(lines, [*lines[1:], ""], strict=True) if PIN.match(line))


def test_every_licence_allows_use() -> None:
    licences = {name: licence_of(name) for name, _ in locked()}
    assert {name: told for name, told in licences.items() if not is_allowed(told)} == {}


@pytest.mark.parametrize(
    ("told", "is_free"),
    [
        ("MIT", True),
        ("Mozilla Public License 2.0 (MPL 2.0)", True),
        ("MPL-2.0 AND (Apache-2.0 OR MIT)", True),
        ("Artistic License; GNU General Public License (GPL)", True),
        ("GPL-3.0-only OR MIT", True),
        ("MIT AND GPL-3.0-only", False),
        ("MIT AND (GPL-3.0-only OR AGPL-3.0-only)", False),
        ("GPL-3.0-only OR MIT AND SSPL-1.0", False),
        ("GNU Affero General Public License v3; BSL", False),
        ("", False),
    ],
)
def test_of_several_licences_each_that_binds_has_to_allow_use(told: str, is_free: bool) -> None:
    assert is_allowed(told) == is_free


def test_the_page_of_licences_names_every_locked_package() -> None:
    rows = re.findall(r"^\| (\S+) \| (\S+) \| \S", LICENCES.read_text(encoding="utf-8"), re.MULTILINE)
    assert rows == [("пакет", "версия"), ("---", "---"), *locked()]


if __name__ == "__main__":
    LICENCES.write_text(page(), encoding="utf-8")
