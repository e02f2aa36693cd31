"""Lists in force and decisions of the commission: inputs that people sign, kept as CSV in `decisions/`."""

from pipeline.schema import Column, Table

LIST_COLUMNS = (
    Column("school_id", "string", "Код школы"),
    Column("school_name", "string", "Наименование школы", nullable=True),
    Column("municipality_name", "string", "Муниципальное образование", nullable=True),
    Column("number", "string", "Номер приказа", nullable=True),
    Column("date", "string", "Дата приказа", nullable=True),
)

PAST_LIST = Table(
    name="past_list",
    grain="One row per school on the list made a year ago (decisions/lists/<year - 1>.csv): the list in force.",
    title="Действующий перечень",
    key=("school_id",),
    columns=LIST_COLUMNS,
)

LIST_BEFORE = Table(
    name="list_before",
    grain="One row per school on the list made two years ago (decisions/lists/<year - 2>.csv).",
    title="Перечень позапрошлого года",
    key=("school_id",),
    columns=LIST_COLUMNS,
)

COMMISSION_DECISIONS = Table(
    name="commission_decisions",
    grain="One row per school and year about which the commission decided (decisions/commission.csv).",
    title="Решения комиссии",
    key=("school_id", "year"),
    columns=(
        Column("school_id", "string", "Код школы"),
        Column("year", "int", "Год решения", minimum=1990, maximum=2100),
        Column("action", "string", "Решение", choices=("include", "exclude")),
        Column("who", "string", "Кто решил"),
        Column("date", "string", "Когда решено"),
        Column("why", "string", "Почему"),
    ),
    caveats=("Решение комиссии важнее расчётного и всегда видно в основаниях.",),
)

TABLES = (PAST_LIST, LIST_BEFORE, COMMISSION_DECISIONS)
