"""Orders, the lists they put in force, objections and decisions: what people sign and decide (methodology 10)."""

from pipeline.schema import Column, Table
from pipeline.tables.sources import PLACE, PLACE_KEY

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

COMMISSION_COLUMNS = (
    Column("school_id", "string", "Код школы"),
    Column("year", "int", "Год решения", minimum=1990, maximum=2100),
    Column("action", "string", "Решение", choices=("include", "exclude", "observe")),
    Column("who", "string", "Кто решил"),
    Column("date", "string", "Когда решено"),
    Column("why", "string", "Почему"),
    Column("review_date", "string", "Рассмотреть снова до", nullable=True),
)

COMMISSION_LOG = Table(
    name="commission_log",
    grain="One row per decision of the commission about a school, replaced ones included (decisions/commission.csv).",
    title="Журнал решений комиссии",
    key=("school_id", "year", "date"),
    columns=COMMISSION_COLUMNS,
    caveats=("Действует последнее по дате решение о школе; прежние остаются в журнале.",),
)

COMMISSION_DECISIONS = Table(
    name="commission_decisions",
    grain="One row per school and year about which the commission decided: the decision in force.",
    title="Решения комиссии",
    key=("school_id", "year"),
    columns=(*COMMISSION_COLUMNS, Column("earlier_text", "string", "Прежние решения", nullable=True)),
    caveats=(
        "Решение включить или не включать важнее расчётного и всегда видно в основаниях.",
        "«Под наблюдением» расчёта не меняет: школа остаётся вне перечня, и к решению возвращаются до указанного дня.",
    ),
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
        Column("signatory_post", "string", "Должность подписывающего", nullable=True),
        Column("signatory_name", "string", "Кто подписывает", nullable=True),
        Column("replaces_id", "string", "Что изменяет или заменяет", nullable=True),
        Column("valid_from_date", "date", "Действует с", nullable=True),
        Column("valid_to_date", "date", "Действует по", nullable=True),
        Column("run_id", "string", "Расчёт, на котором стоит", nullable=True),
        Column("edition", "string", "Редакция методики", nullable=True),
        Column("school_count", "int", "Школ в приказе", minimum=0),
        Column("seal_sha256", "string", "Печать: контрольная сумма замороженного расчёта", nullable=True),
        Column("override_text", "string", "Почему подписан при нерешённых возражениях", nullable=True),
    ),
    caveats=(
        "Состояния «изменён» и «утратил силу» следуют из других приказов и из дня публикации: файлы подписанного "
        "приказа не меняются никогда.",
        "Перечень года Y действует со дня приказа до 31 августа Y+1 или до следующего перечня, если тот раньше.",
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

LISTED_SCHOOLS = Table(
    name="listed_schools",
    grain="One row per year and school on the signed list, amendments and reorganisations up to the day applied.",
    title="Состав подписанных перечней",
    key=("year", "school_id"),
    columns=(
        YEAR,
        Column("school_id", "string", "Код школы: преемника, если школа реорганизована"),
        Column("school_name", "string", "Наименование школы"),
        Column("municipality_name", "string", "Муниципальное образование"),
        Column("order_id", "string", "Приказ, которым школа включена"),
        Column("number", "string", "Номер этого приказа", nullable=True),
        Column("since_date", "date", "В перечне с", nullable=True),
        Column("ground_text", "string", "Основание", nullable=True),
        Column("succeeds_text", "string", "Вместо какой школы", nullable=True),
        Column("left_text", "string", "Почему выбыла без приказа", nullable=True),
    ),
    caveats=("Школа с заполненным `left_text` закрыта без преемника: в перечне она больше не состоит.",),
)

LIST_CHANGES = ("entered", "left", "succeeded")

LIST_DIFFERENCES = Table(
    name="list_differences",
    grain="One row per year and school by which the newest computed list differs from the signed one.",
    title="Отличия расчёта от подписанного перечня",
    key=("year", "school_id"),
    columns=(
        YEAR,
        Column("school_id", "string", "Код школы"),
        Column("school_name", "string", "Наименование школы"),
        Column("municipality_name", "string", "Муниципальное образование"),
        Column("change_code", "string", "Отличие", choices=LIST_CHANGES),
        Column("reason_text", "string", "Почему"),
    ),
    caveats=("Действует подписанный перечень: отличия становятся его частью только приказом о внесении изменений.",),
)

OBJECTION_DECISIONS = ("undecided", "accepted", "rejected")

# What a school says, the same in the returned workbook and in the table of objections.
OBJECTION_COLUMNS = (
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
)

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
        *OBJECTION_COLUMNS,
        Column("decision_code", "string", "Решение", choices=OBJECTION_DECISIONS),
        Column("decided_by", "string", "Кто решил", nullable=True),
        Column("decided_date", "date", "Когда решено", nullable=True),
        Column("why_text", "string", "Почему", nullable=True),
        Column("source_text", "string", "Источник: файл, лист, строка", nullable=True),
    ),
    caveats=(
        "Без `column_name` возражение не о числе: исправления данных из него не выходит, его читает комиссия.",
        "Принятое возражение о числе становится записью в `corrections/`, которая называет его год и номер.",
    ),
)

OBJECTION_HISTORY = Table(
    name="objection_history",
    grain="One row per decision on an objection that was revised later; the decision in force stands in `objections`.",
    title="Пересмотренные решения по возражениям",
    key=("year", "number", "step"),
    columns=(
        YEAR,
        Column("number", "int", "№ возражения", minimum=1),
        Column("step", "int", "Которое по счёту решение", minimum=1),
        Column("decision_code", "string", "Решение", choices=("accepted", "rejected")),
        Column("decided_by", "string", "Кто решил"),
        Column("decided_date", "date", "Когда решено"),
        Column("why_text", "string", "Почему"),
        Column("revised_by", "string", "Кто пересмотрел"),
        Column("revised_date", "date", "Когда пересмотрено"),
        Column("revised_why_text", "string", "Почему пересмотрено"),
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

RETURNED_ANSWERS = Table(
    name="returned_answers",
    grain="One row per answer of a school in a returned workbook of the confirmation of data.",
    title="Ответы в возвращённых книгах выверки",
    key=PLACE_KEY,
    columns=(
        *PLACE,
        Column("school_id", "string", "Код школы"),
        Column("status_code", "string", "Ответ", choices=("confirmed", "disagreed")),
    ),
)

RETURNED_OBJECTIONS = Table(
    name="returned_objections",
    grain="One row per line of objection in a returned workbook of the confirmation of data.",
    title="Возражения в возвращённых книгах выверки",
    key=PLACE_KEY,
    columns=(
        *PLACE,
        Column("school_id", "string", "Код школы"),
        *OBJECTION_COLUMNS,
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
        Column("federal_year", "int", "Год федерального списка", minimum=1990, maximum=2100),
        Column("relation_code", "string", "Где состоит", choices=RELATIONS),
        Column("status_code", "string", "Наше решение", nullable=True),
        Column("reason_text", "string", "Почему"),
    ),
    caveats=(
        "Сверка ничего не решает: федеральный список на отбор не влияет.",
        "Список низких результатов сверяется с нашим перечнем, список признаков необъективности — со школами, чьи ВПР "
        "под сомнением у нас.",
        "Сверяется новейший список не позже года перечня; вместо реорганизованной школы стоит её преемник.",
    ),
)

TABLES = (PAST_LIST, LIST_BEFORE, COMMISSION_DECISIONS)
ORDER_TABLES = (
    ORDERS,
    ORDER_SCHOOLS,
    LISTED_SCHOOLS,
    LIST_DIFFERENCES,
    OBJECTIONS,
    OBJECTION_HISTORY,
    CONFIRMATIONS,
    COMMISSION_LOG,
    FEDERAL_LIST,
    LIST_RECONCILIATION,
)
