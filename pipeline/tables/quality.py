"""The outcome of checking: is the year plausible, and which names wait for the analyst."""

from pipeline.schema import Column, Table

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
        Column("municipality_text", "string", "Муниципалитет, как в файле"),
        Column("school_text", "string", "Школа, как в файле"),
        Column("code_text", "string", "Код, как в файле"),
        Column("row_count", "int", "Строк с этим именем", minimum=1),
        Column("file_id", "string", "Файл, где встретилось впервые"),
        Column("proposal_rank", "int", "Место предложения", minimum=1),
        Column("school_id", "string", "Предлагаемая школа", nullable=True),
        Column("school_name", "string", "Наименование предлагаемой школы", nullable=True),
        Column("match_score", "float", "Сходство", nullable=True, minimum=0, maximum=100),
    ),
    caveats=("A proposal changes nothing until the analyst accepts it (`shnro match`).",),
)

TABLES = (CHECKS, MATCH_PROPOSALS)
