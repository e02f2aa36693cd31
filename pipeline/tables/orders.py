"""Orders, the lists they put in force, objections and decisions: what people sign and decide (methodology 10)."""

from pipeline.schema import Column, Table

YEAR = Column("year", "int", "Год перечня", minimum=1990, maximum=2100)

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

ORDER_KINDS = ("list", "amendment")
ORDER_STATUSES = ("draft", "in_approval", "signed", "amended", "void")

ORDERS = Table(
    name="orders",
    grain="One row per order on a list or on its amendment, from the draft on.",
    title="Приказы",
    key=("order_id",),
    columns=(
        Column("order_id", "string", "Код приказа: папка в decisions/orders"),
        YEAR,
        Column("kind_code", "string", "Вид", choices=ORDER_KINDS),
        Column("status_code", "string", "Состояние", choices=ORDER_STATUSES),
        Column("number", "string", "Номер", nullable=True),
        Column("signed_date", "date", "Дата подписания", nullable=True),
        Column("issuer_name", "string", "Кто издаёт"),
        Column("replaces_id", "string", "Что изменяет или заменяет", nullable=True),
        Column("valid_to_date", "date", "Действует по", nullable=True),
        Column("run_id", "string", "Расчёт, на котором стоит", nullable=True),
        Column("edition", "string", "Редакция методики", nullable=True),
        Column("school_count", "int", "Школ в приказе", minimum=0),
        Column("seal_sha256", "string", "Печать: контрольная сумма замороженного расчёта", nullable=True),
        Column("override_text", "string", "Почему подписан при нерешённых возражениях", nullable=True),
    ),
)

ORDER_SCHOOLS = Table(
    name="order_schools",
    grain="One row per order and school that it includes or excludes.",
    title="Школы приказов",
    key=("order_id", "school_id"),
    columns=(
        Column("order_id", "string", "Код приказа"),
        Column("school_id", "string", "Код школы"),
        Column("school_name", "string", "Наименование школы, как в приказе"),
        Column("municipality_name", "string", "Муниципальное образование, как в приказе"),
        Column("action_code", "string", "Действие", choices=("include", "exclude")),
        Column("ground_text", "string", "Основание", nullable=True),
    ),
)

OBJECTION_DECISIONS = ("undecided", "accepted", "rejected")

OBJECTIONS = Table(
    name="objections",
    grain="One row per objection of a school or municipality against its figures or its listing.",
    title="Возражения",
    key=("year", "number"),
    columns=(
        YEAR,
        Column("number", "int", "№", minimum=1),
        Column("received_date", "date", "Дата"),
        Column("school_id", "string", "Код школы"),
        Column("indicator_text", "string", "О чём: год, экзамен, предмет, класс, показатель"),
        Column("result_year", "int", "Год результатов", nullable=True, minimum=1990, maximum=2100),
        Column("procedure", "string", "Процедура", nullable=True),
        Column("subject", "string", "Предмет", nullable=True),
        Column("grade", "string", "Класс", nullable=True),
        Column("column_name", "string", "Показатель", nullable=True),
        Column("stated_value", "float", "Значение в данных", nullable=True),
        Column("asked_value", "float", "Правильное значение, по мнению школы", nullable=True),
        Column("ground_text", "string", "Основание"),
        Column("document_text", "string", "Документ", nullable=True),
        Column("decision_code", "string", "Решение", choices=OBJECTION_DECISIONS),
        Column("decided_by", "string", "Кто решил", nullable=True),
        Column("decided_date", "date", "Когда решено", nullable=True),
        Column("why_text", "string", "Почему", nullable=True),
        Column("source_text", "string", "Источник: файл, лист, строка", nullable=True),
    ),
)

CONFIRMATION_STATUSES = ("confirmed", "disagreed", "not_confirmed")

CONFIRMATIONS = Table(
    name="confirmations",
    grain="One row per school asked to confirm its data, and year.",
    title="Выверка данных",
    key=("year", "school_id"),
    columns=(
        YEAR,
        Column("school_id", "string", "Код школы"),
        Column("municipality_id", "string", "Код муниципального образования"),
        Column("status_code", "string", "Ответ", choices=CONFIRMATION_STATUSES),
        Column("objection_count", "int", "Возражений", minimum=0),
        Column("source_text", "string", "Источник: файл, лист", nullable=True),
    ),
)

FEDERAL_LISTS = ("low_results", "bias_signs")

FEDERAL_LIST = Table(
    name="federal_list",
    grain="One row per federal list, year and school on it (decisions/lists/).",
    title="Федеральные списки",
    key=("list_code", "year", "school_id"),
    columns=(
        Column("list_code", "string", "Список", choices=FEDERAL_LISTS),
        YEAR,
        Column("school_id", "string", "Код школы"),
        Column("school_text", "string", "Школа, как в файле"),
        Column("municipality_text", "string", "Муниципалитет, как в файле", nullable=True),
        Column("markers_text", "string", "Признаки", nullable=True),
        Column("source_text", "string", "Источник: файл, лист, строка"),
    ),
)

RELATIONS = ("both", "ours_only", "theirs_only")

LIST_RECONCILIATION = Table(
    name="list_reconciliation",
    grain="One row per year, federal list and school that stands on it or on ours.",
    title="Сверка с федеральными списками",
    key=("year", "list_code", "school_id"),
    columns=(
        YEAR,
        Column("list_code", "string", "Список", choices=FEDERAL_LISTS),
        Column("school_id", "string", "Код школы"),
        Column("school_name", "string", "Наименование школы"),
        Column("municipality_name", "string", "Муниципальное образование"),
        Column("relation_code", "string", "Где состоит", choices=RELATIONS),
        Column("status_code", "string", "Наше решение", nullable=True),
        Column("reason_text", "string", "Почему"),
    ),
)

TABLES = (PAST_LIST, LIST_BEFORE, COMMISSION_DECISIONS)
ORDER_TABLES = (ORDERS, ORDER_SCHOOLS, OBJECTIONS, CONFIRMATIONS, FEDERAL_LIST, LIST_RECONCILIATION)
