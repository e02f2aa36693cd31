"""Reference tables: who is who, and what a score or a code means. They live in `reference/` as CSV with a header.

Validity: `valid_from_year` and `valid_to_year` are inclusive years of results; empty means open.
"""

from pipeline.schema import Column, Table

VALIDITY = (
    Column("valid_from_year", "int", "Действует с (год результатов)", nullable=True, minimum=1990, maximum=2100),
    Column("valid_to_year", "int", "Действует по (год результатов)", nullable=True, minimum=1990, maximum=2100),
)

MUNICIPALITIES = Table(
    name="municipalities",
    grain="One row per municipality and period in which it bore one name.",
    title="Муниципальные образования",
    key=("municipality_id", "municipality_name"),
    columns=(
        Column("municipality_id", "string", "Код муниципального образования"),
        Column("municipality_name", "string", "Наименование муниципального образования"),
        Column("fisoko_code", "string", "Код в ФИС ОКО", nullable=True),
        Column("gia_code", "string", "Код МСУ в РИС ГИА", nullable=True),
        *VALIDITY,
    ),
    caveats=("При переименовании `municipality_id` не меняется; у наименования есть годы действия.",),
)

SCHOOL_KINDS = (
    "ordinary", "lyceum", "gymnasium", "cadet", "boarding", "private",
    "evening", "correctional", "sanatorium", "closed", "penal", "other",
)  # fmt: skip

SCHOOLS = Table(
    name="schools",
    grain="One row per school that exists or existed.",
    title="Реестр образовательных организаций",
    key=("school_id",),
    columns=(
        Column("school_id", "string", "Код школы"),
        Column("school_name", "string", "Наименование школы"),
        Column("municipality_id", "string", "Код муниципального образования"),
        Column("kind_code", "string", "Вид школы", choices=SCHOOL_KINDS),
        Column("is_rural", "bool", "Сельская", nullable=True),
        *VALIDITY,
    ),
    caveats=(
        "`school_id` закреплён за школой навсегда и не зависит от логинов и кодов экзаменов.",
        "Школа с `valid_to_year` раньше года решения закрыта: её результаты переходят к преемнику, если он указан.",
    ),
)

CODE_KINDS = ("fisoko", "oge", "ege", "inn", "ogrn")

SCHOOL_CODES = Table(
    name="school_codes",
    grain="One row per code of a school and period of validity.",
    title="Коды школ",
    key=("code_kind", "code", "school_id", "valid_from_year"),
    columns=(
        Column("school_id", "string", "Код школы"),
        Column("code_kind", "string", "Вид кода", choices=CODE_KINDS),
        Column("code", "string", "Код"),
        *VALIDITY,
    ),
)

LINEAGE_KINDS = ("renamed", "merged", "branch", "closed")

SCHOOL_LINEAGE = Table(
    name="school_lineage",
    grain="One row per reorganisation of a school.",
    title="Преемственность школ",
    key=("school_id", "from_year"),
    columns=(
        Column("school_id", "string", "Код прежней школы"),
        Column("successor_id", "string", "Код школы-преемника", nullable=True),
        Column("lineage_kind", "string", "Вид реорганизации", choices=LINEAGE_KINDS),
        Column("from_year", "int", "С какого года результатов", minimum=1990, maximum=2100),
        Column("ground", "string", "Основание", nullable=True),
        Column("from_date", "date", "С какой даты", nullable=True),
    ),
    caveats=(
        "Результаты прежней школы переходят к преемнику; у закрытой школы преемника нет.",
        "С `from_date` преемник числится в перечне вместо прежней школы; без неё — с 1 сентября учебного года, "
        "который кончается в `from_year`.",
    ),
)

SCHOOL_MATCHES = Table(
    name="school_matches",
    grain="One row per decision of the analyst about a name or code met in a file.",
    title="Решения о сопоставлении школ",
    key=("municipality_text", "school_text", "code_text"),
    columns=(
        Column("municipality_text", "string", "Муниципалитет, как в файле", nullable=True),
        Column("school_text", "string", "Школа, как в файле", nullable=True),
        Column("code_text", "string", "Код, как в файле", nullable=True),
        Column("school_id", "string", "Код школы реестра", nullable=True),
        Column("decision_code", "string", "Решение", choices=("accepted", "rejected")),
        Column("decided_by", "string", "Кто решил"),
        Column("decided_date", "date", "Когда решено"),
        Column("note", "string", "Примечание", nullable=True),
    ),
    caveats=(
        "Тексты приведены к единому виду (`pipeline.names.normalise`): одно решение — для всех написаний названия.",
    ),
)

SUBJECTS = Table(
    name="subjects",
    grain="One row per procedure, subject and code or spelling under which files name it.",
    title="Предметы и их обозначения",
    key=("procedure", "spelling", "valid_from_year"),
    columns=(
        Column("procedure", "string", "Процедура"),
        Column("subject", "string", "Предмет (код проекта)"),
        Column("spelling", "string", "Обозначение в файлах: код или наименование"),
        *VALIDITY,
    ),
)

SCORE_SCALES = Table(
    name="score_scales",
    grain="One row per procedure, subject, grade, form and period of validity.",
    title="Шкалы перевода первичного балла в отметку",
    key=("procedure", "subject", "grade", "form_code", "valid_from_year"),
    columns=(
        Column("procedure", "string", "Процедура"),
        Column("subject", "string", "Предмет"),
        Column("grade", "string", "Класс"),
        Column("form_code", "string", "Форма варианта"),
        Column("upper_2_score", "int", "Верхняя граница «2»", minimum=0, unit="балл"),
        Column("upper_3_score", "int", "Верхняя граница «3»", minimum=0, unit="балл"),
        Column("upper_4_score", "int", "Верхняя граница «4»", nullable=True, minimum=0, unit="балл"),
        Column("maximum_score", "int", "Максимальный балл", nullable=True, minimum=1, unit="балл"),
        *VALIDITY,
        Column("reference", "string", "Источник"),
    ),
    caveats=("Отметка из файла важнее шкалы.", "Если форма работы одна, `form_code` равен `basic`."),
)

MINIMUM_SCORES = Table(
    name="minimum_scores",
    grain="One row per procedure, subject and period of validity.",
    title="Минимальные баллы",
    key=("procedure", "subject", "valid_from_year"),
    columns=(
        Column("procedure", "string", "Процедура"),
        Column("subject", "string", "Предмет"),
        Column("minimum_score", "int", "Минимальный балл", minimum=0, unit="балл"),
        Column("score_kind", "string", "Какой балл сравнивается", choices=("test_score", "mark")),
        *VALIDITY,
        Column("reference", "string", "Источник"),
    ),
    caveats=("Результат ниже минимального — низкий; базовая математика оценивается по отметке.",),
)

TABLES = (
    MUNICIPALITIES,
    SCHOOLS,
    SCHOOL_CODES,
    SCHOOL_LINEAGE,
    SCHOOL_MATCHES,
    SUBJECTS,
    SCORE_SCALES,
    MINIMUM_SCORES,
)
