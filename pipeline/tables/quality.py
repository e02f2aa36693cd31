"""The outcome of checking: is the year plausible, and which names wait for the analyst."""

from pipeline.schema import Column, Table
from pipeline.tables.sources import SLICE

SEVERITIES = ("critical", "warning")

CHECKS = Table(
    name="checks",
    grain="One row per check of plausibility and table.",
    title="Проверки данных",
    key=("table_name", "check_code"),
    columns=(
        Column("table_name", "string", "Таблица"),
        Column("check_code", "string", "Код проверки"),
        Column("severity", "string", "Строгость", choices=SEVERITIES),
        Column("is_passed", "bool", "Пройдена"),
        Column("checked_count", "int", "Проверено строк", minimum=0),
        Column("failed_count", "int", "Не прошло строк", minimum=0),
        Column("title_text", "string", "Что проверяется"),
        Column("observed_text", "string", "Что получено"),
        Column("threshold_text", "string", "Порог"),
        Column("remedy_text", "string", "Что сделать"),
        Column("example_text", "string", "Примеры строк"),
    ),
)

MATCH_PROPOSALS = Table(
    name="match_proposals",
    grain="One row per name or code met in files that the register does not know, and proposed school.",
    title="Предложения по сопоставлению школ",
    key=("municipality_text", "school_text", "code_text", "proposal_rank"),
    columns=(
        Column("proposal_id", "string", "Номер предложения"),
        Column("municipality_text", "string", "Муниципалитет, как в файле", nullable=True),
        Column("school_text", "string", "Школа, как в файле", nullable=True),
        Column("code_text", "string", "Код, как в файле", nullable=True),
        Column("row_count", "int", "Строк с этим именем", minimum=1),
        Column("file_id", "string", "Файл, где встретилось впервые"),
        Column("proposal_rank", "int", "Место предложения", minimum=1),
        Column("school_id", "string", "Предлагаемая школа", nullable=True),
        Column("school_name", "string", "Наименование предлагаемой школы", nullable=True),
        Column("match_score", "float", "Сходство", nullable=True, minimum=0, maximum=100),
    ),
    caveats=("Предложение ничего не меняет, пока аналитик его не примет (`shnro match`).",),
)

HOW_CODES = ("code", "confirmed", "name", "rejected", "unknown", "ambiguous")

SCHOOL_REFERENCES = Table(
    name="school_references",
    grain="One row per way in which received files name a school, and year of results.",
    title="Распознавание школ",
    key=("code_kind", "code_text", "municipality_text", "school_text", "year"),
    columns=(
        Column("code_kind", "string", "Вид кода"),
        Column("code_text", "string", "Код, как в файле"),
        Column("municipality_text", "string", "Муниципалитет, как в файле"),
        Column("school_text", "string", "Школа, как в файле"),
        Column("year", "int", "Год результатов", minimum=1990, maximum=2100),
        Column("row_count", "int", "Строк", minimum=1),
        Column("file_id", "string", "Файл, где встретилось впервые"),
        Column("how_code", "string", "Как распознана", choices=HOW_CODES),
        Column("school_id", "string", "Код школы", nullable=True),
        Column("municipality_id", "string", "Код муниципального образования", nullable=True),
    ),
    caveats=(
        "Чего в файле нет, то записано пустым текстом, а не пропуском.",
        "`school_id` — школа, где проводилась процедура; реорганизации учитываются позже.",
    ),
)

CELL_FAMILIES = ("pupils", "reported")

RECEIVED_CELLS = Table(
    name="received_cells",
    grain="One row per school, slice, load and family: counted from pupils' rows, or by the sender of the file.",
    title="Ячейки результатов, как они получены",
    key=("school_id", "year", "procedure", "subject", "grade", "load_version", "family_code"),
    columns=(
        Column("school_id", "string", "Код школы"),
        Column("municipality_id", "string", "Код муниципального образования"),
        *SLICE,
        Column("load_version", "string", "Версия выгрузки"),
        Column("family_code", "string", "Откуда", choices=CELL_FAMILIES),
        Column("tested_count", "int", "Участников", minimum=0, unit="чел."),
        Column("low_count", "int", "Низких результатов", minimum=0, unit="чел."),
    ),
    caveats=(
        "От каждого среза — только последняя выгрузка; построчные и сводные данные стоят рядом, чтобы их сверить.",
    ),
)

TABLES = (CHECKS, MATCH_PROPOSALS, SCHOOL_REFERENCES, RECEIVED_CELLS)
