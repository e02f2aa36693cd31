"""Pupil-level results as Parquet, from a region's own system: one row per pupil's attempt at one subject.

Columns (a Parquet file with others beside them is read; the others are ignored and reach nothing):

    ================= ======== ===========================================================================
    year              required calendar year in which the school year ends
    procedure         required vpr, oge, ege or a regional test
    subject           required a spelling of reference/subjects.csv or the project's own code of a subject
    grade             required «4», «9», «11»
    school_id         one of   code of the register of schools
    school_code       them     code of the sender: a login of ФИС ОКО, or the ОГЭ or ЕГЭ code of the school
    school_name       them     name of the school
    municipality_name optional tells schools of one name apart
    code_kind         optional fisoko, oge, ege, inn, ogrn; otherwise a login is fisoko, any other code the procedure's
    mark              one of   0 … 5
    primary_score     them
    test_score        them     0 … 100
    is_absent         optional true, 1 or «да»: the pupil was absent
    form_code         optional form of the test, otherwise basic
    journal_mark      optional 1 … 5
    pupil_id          optional identifies a pupil within the school; becomes a keyed hash and is not kept
    ================= ======== ===========================================================================

Rows are numbered from 1 in the order of the file. A subject that the reference table does not know stops the file.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

import numpy as np
import pyarrow as pa

from pipeline.errors import SourceError
from pipeline.russian import plural
from pipeline.sources.grid import Cell, clean, text
from pipeline.sources.judged import JudgedRows, keep_attempts
from pipeline.sources.reading import Account, ParquetLayout, ReadingContext

T = TypeVar("T")

REQUIRED = ("year", "procedure", "subject", "grade")
SCHOOLS = ("school_id", "school_code", "school_name")
RESULTS = ("mark", "primary_score", "test_score")
OPTIONAL = ("municipality_name", "code_kind", "is_absent", "form_code", "journal_mark", "pupil_id")
LOGIN = re.compile(r"^(?:edu|sch)\d+$")
YES = {"true", "1", "да"}
NO = {"", "false", "0", "нет"}
SHOWN_SUBJECTS = 20  # a region has fewer spellings that its reference table lacks


def read_pupils(data: pa.Table, context: ReadingContext, account: Account) -> None:
    """Every row as a row of `PUPIL_ATTEMPTS` or as a reject."""
    names = set(data.column_names)
    for family, told in ((SCHOOLS, "школы"), (RESULTS, "результата")):
        if not names & set(family):
            raise SourceError(
                f"В файле нет ни одного столбца {told}: {', '.join(family)}",
                where=context.file.file_id,
                remedy="добавьте в выгрузку хотя бы один из этих столбцов",
            )
    account.announce(data.num_rows)
    rows = JudgedRows("", range(1, data.num_rows + 1))
    flags = [flag.lower() for flag in _texts(data, "is_absent")]
    rows.refuse([flag not in YES | NO for flag in flags], "not_a_flag", "is_absent", [None] * data.num_rows)
    years = rows.integers(_cells(data, "year"), "year")
    scores = {
        "primary_score": rows.numbers(_cells(data, "primary_score"), "primary_score"),
        "maximum_score": np.full(data.num_rows, np.nan),
        "test_score": rows.numbers(_cells(data, "test_score"), "test_score"),
        "mark": rows.integers(_cells(data, "mark"), "mark"),
        "journal_mark": rows.integers(_cells(data, "journal_mark"), "journal_mark"),
    }
    procedures = [procedure.lower() for procedure in _texts(data, "procedure")]
    schools = {name: _texts(data, name) for name in SCHOOLS}
    columns = {
        "year": years,
        "procedure": [procedure or None for procedure in procedures],
        "subject": _subjects(procedures, _texts(data, "subject"), context),
        "grade": [grade or None for grade in _texts(data, "grade")],
        **_school_codes(schools, _texts(data, "code_kind"), procedures),
        "school_text": [name or None for name in schools["school_name"]],
        "municipality_text": [name or None for name in _texts(data, "municipality_name")],
        "form_code": [form_code or "basic" for form_code in _texts(data, "form_code")],
        "pupil_key": _keys(schools, _texts(data, "pupil_id"), context),
    }
    is_absent = [flag in YES for flag in flags]
    keep_attempts(rows, account, primary_title="primary_score", is_absent=is_absent, scores=scores, columns=columns)


def _cells(data: pa.Table, name: str) -> list[Cell]:
    """A column as clean cells; all blank where the file does not have it."""
    return _each_distinct(data, name, clean, None)


def _texts(data: pa.Table, name: str) -> list[str]:
    """A column as texts, empty for blanks."""
    return _each_distinct(data, name, lambda value: text(clean(value)), "")


def _each_distinct(data: pa.Table, name: str, convert: Callable[[object], T], blank: T) -> list[T]:
    """A column converted; each distinct value once, for columns of many pupils hold few of them."""
    if name not in data.column_names:
        return [blank] * data.num_rows
    encoded = data.column(name).combine_chunks().dictionary_encode()
    values = np.array([*map(convert, encoded.dictionary.to_pylist()), blank], dtype=object)
    converted: list[T] = values[encoded.indices.fill_null(len(values) - 1).to_numpy()].tolist()
    return converted


def _subjects(procedures: Sequence[str], names: Sequence[str], context: ReadingContext) -> list[str | None]:
    """The project's code of every row's subject; a `SourceError` names those that the reference table lacks."""
    own = {(procedure, code): code for (procedure, _), code in context.subjects.items()}
    pairs = list(zip(procedures, names, strict=True))
    known = {pair: own.get(pair) or context.subject(*pair) for pair in set(pairs) if all(pair)}
    unknown = sorted(f"{procedure}: {name}" for (procedure, name), subject in known.items() if subject is None)
    if len(unknown) > SHOWN_SUBJECTS:
        # Some other column stands here, perhaps one of names: its values are not for a message.
        raise SourceError(
            f"Это не столбец предметов: {plural(len(unknown), 'значение', 'значения', 'значений')} не известны",
            where=context.file.file_id,
            remedy="проверьте, что в столбце subject стоят предметы, и запросите выгрузку заново",
        )
    if unknown:
        raise SourceError(
            f"Предметы не известны: {'; '.join(unknown)}",
            where=context.file.file_id,
            remedy="добавьте в reference/subjects.csv строки с этими процедурами и обозначениями",
        )
    return [known.get(pair) for pair in pairs]


def _school_codes(
    schools: Mapping[str, list[str]], code_kinds: Sequence[str], procedures: Sequence[str]
) -> dict[str, list[str | None]]:
    """Code and kind of code of each row's school; the register's own code wins over a code of the sender."""
    kinds: list[str | None] = []
    codes: list[str | None] = []
    given = zip(schools["school_id"], schools["school_code"], code_kinds, procedures, strict=True)
    for school_id, school_code, code_kind, procedure in given:
        codes.append(school_id or school_code or None)
        if school_id or not school_code:
            kinds.append(None)
        else:
            kinds.append(code_kind.lower() or ("fisoko" if LOGIN.match(school_code.lower()) else procedure or None))
    return {"code_kind": kinds, "code_text": codes}


def _keys(schools: Mapping[str, list[str]], pupils: Sequence[str], context: ReadingContext) -> list[str | None]:
    """Keyed hashes of the pupils: an identifier may repeat in another school, so the school is a part of the key."""
    identities = zip(*(schools[name] for name in SCHOOLS), pupils, strict=True)
    return [context.pupil_key(*identity) if identity[-1] else None for identity in identities]


PARQUET_LAYOUTS: tuple[ParquetLayout, ...] = (
    ParquetLayout(
        layout_id="pupils_parquet",
        title="Результаты участников (Parquet)",
        required_columns=REQUIRED,
        optional_columns=(*SCHOOLS, *RESULTS, *OPTIONAL),
        read=read_pupils,
    ),
)
