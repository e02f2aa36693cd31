"""Tables of the support of listed schools: plans of the roadmap, facts that came back, plan against fact (method 8)."""

from pipeline.schema import Column, Table
from pipeline.tables.sources import PLACE, PLACE_KEY

PERIODS = ("june", "november")
PROVIDERS = ("municipality", "institute")
FILE_STATES = ("counted", "empty", "duplicate", "superseded", "foreign", "unreadable")
SYSTEM = "system"  # what the pipeline itself can prove: a published monitoring, a signed order
PROOFS = ("monitoring", "signed_list", "register_of_causes", "programmes", "returned_forms")
STATUSES = ("done", "on_track", "late", "overdue", "not_due", "no_data")
# Beside the six: a measure that does not concern the place, and one for which the place has no plan of its own.
PLACE_STATUSES = (*STATUSES, "no_plan", "not_applicable")
LEFT_OUT = ("after_day", "nothing_done", "repeated", "contradicted", "told_by_place")
RISKS = ("overdue", "late", "due_near", "nobody_reported", "list_unsigned", "no_list")

PLAN_YEAR = Column("plan_year", "int", "Год плана: календарный год дорожной карты", minimum=1990, maximum=2100)
LIST_YEAR = Column("list_year", "int", "Год перечня, которому служит", minimum=1990, maximum=2100)
MEASURE = Column("measure_number", "int", "№ меры", minimum=1)

SUPPORTED_SCHOOLS = Table(
    name="supported_schools",
    grain="One row per list and school on it: whom the support of the plan year is for.",
    title="Школы, которым адресована поддержка",
    key=("list_year", "school_id"),
    columns=(
        LIST_YEAR,
        Column("school_id", "string", "Код школы"),
        Column("municipality_id", "string", "Код муниципального образования"),
        Column("school_name", "string", "Наименование школы"),
        Column("municipality_name", "string", "Муниципальное образование"),
        Column("is_signed", "bool", "Перечень этого года подписан; нет — его временно заменяет прежний"),
        Column("stand_in_year", "int", "Какого года перечень его заменяет", nullable=True, minimum=1990, maximum=2100),
    ),
    caveats=(
        "Только подписанные перечни. `list_year` — год перечня, которому служит работа; подписан ли он, говорит "
        "`is_signed`.",
    ),
)

MUNICIPAL_PLANS = Table(
    name="municipal_plans",
    grain="One row per plan year, measure and municipality for which a plan of its own was set.",
    title="Планы муниципалитетов",
    key=("plan_year", "measure_number", "municipality_id"),
    columns=(
        PLAN_YEAR,
        MEASURE,
        Column("municipality_id", "string", "Код муниципального образования"),
        Column("plan_value", "float", "План", minimum=0),
        Column("who", "string", "Кто установил"),
        Column("date", "string", "Когда"),
        Column("why", "string", "Документ или основание"),
    ),
    caveats=("Региональная цель на муниципалитеты не делится: у кого своего плана нет, у того он пуст.",),
)

SUPPORT_FACTS = Table(
    name="support_facts",
    grain="One row per reported fact: a filled line of a returned form or of a table of facts.",
    title="Факты о поддержке",
    key=PLACE_KEY,
    columns=(
        *PLACE,
        PLAN_YEAR,
        LIST_YEAR,
        MEASURE,
        Column("provider_code", "string", "Кто сообщил", choices=(*PROVIDERS, SYSTEM)),
        Column("municipality_id", "string", "Код муниципального образования", nullable=True),
        Column("school_id", "string", "Код школы", nullable=True),
        Column("fact_date", "date", "Дата события"),
        Column("quantity", "float", "Количество, в единицах меры", minimum=0),
        Column("evidence_text", "string", "Чем подтверждается", nullable=True),
        Column("is_counted", "bool", "Входит в счёт"),
        Column("left_out_code", "string", "Почему не входит", nullable=True, choices=LEFT_OUT),
        Column("counted_quantity", "float", "Сколько входит в счёт", nullable=True, minimum=0),
    ),
    caveats=(
        "Одно событие считается один раз, кто бы и сколько раз о нём ни сообщил: повтор остаётся в таблице и в счёт "
        "не входит.",
        "Итог региона или муниципалитета за день входит в счёт тем, чего нет в строках о местах этого дня: "
        "`counted_quantity`.",
        "Что прочесть не удалось — в `rejects`.",
    ),
)

REPORTED_FACTS = Table(
    name="reported_facts",
    grain="One row per reported fact, before repeats are looked for.",
    title="Факты о поддержке, как они прочитаны",
    key=PLACE_KEY,
    columns=SUPPORT_FACTS.columns,
    caveats=("Остаётся в папке расчёта и не публикуется.",),
)

SUPPORT_FILES = Table(
    name="support_files",
    grain="One row per file that was returned for the period.",
    title="Возвращённые формы",
    key=("file_id",),
    columns=(
        Column("file_id", "string", "Файл"),
        Column("provider_code", "string", "Кто сообщил", nullable=True, choices=PROVIDERS),
        Column("municipality_id", "string", "Код муниципального образования", nullable=True),
        Column("period", "string", "За какой срок возвращён (папка)", choices=PERIODS),
        Column("load_date", "string", "Дата получения (из имени папки)"),
        Column("line_count", "int", "Заполненных строк в файле", minimum=0),
        Column("fact_count", "int", "Принято фактов из файла", minimum=0),
        Column("state_code", "string", "Что с файлом", choices=FILE_STATES),
        Column("remark_text", "string", "Замечание"),
    ),
)

SUPPORT_RETURNS = Table(
    name="support_returns",
    grain="One row per municipality and unit of the institute that was asked for the period.",
    title="Кто вернул формы",
    key=("provider_code", "unit_name"),
    columns=(
        Column("provider_code", "string", "Кто", choices=PROVIDERS),
        Column("unit_name", "string", "Муниципалитет или подразделение института"),
        Column("municipality_id", "string", "Код муниципального образования", nullable=True),
        Column("school_count", "int", "Школ перечня", minimum=0),
        Column("file_count", "int", "Вернул файлов", minimum=0),
        Column("fact_count", "int", "Сообщил фактов", minimum=0),
        Column("is_returned", "bool", "Вернул форму"),
    ),
)

MEASURE_PROOFS = Table(
    name="measure_proofs",
    grain="One row per plan year and measure of the roadmap that the system itself can prove.",
    title="Меры, выполнение которых видно самой системе",
    key=("plan_year", "measure_number"),
    columns=(
        PLAN_YEAR,
        MEASURE,
        Column("proof_code", "string", "Чем подтверждается", choices=PROOFS),
    ),
    caveats=("Номера — дорожной карты того же года: другая карта приносит свой `reference/measure_proofs.csv`.",),
)

DUE_DATE = Column("due_date", "date", "Крайний срок")
FACT = (
    Column("event_count", "int", "Событий в счёте", minimum=0),
    Column("fact_value", "float", "Факт, в единицах меры; пусто — нет данных", nullable=True, minimum=0),
)
PROGRESS = (
    Column("plan_value", "float", "План; пусто — не установлен", nullable=True, minimum=0),
    *FACT,
    Column("coverage_plan_count", "int", "Охватить", nullable=True, minimum=0),
    Column("coverage_count", "int", "Охвачено; пусто — нет данных", nullable=True, minimum=0),
    Column("done_share", "float", "Доля выполнения: меньшая из долей плана и охвата", nullable=True, minimum=0),
    Column("slot_count", "int", "Сроков в году", minimum=1),
    Column("slot_due_count", "int", "Сроков наступило", minimum=0),
    Column("slot_done_count", "int", "Сроков выполнено", minimum=0),
)
LIST = (
    Column("list_year", "int", "Год перечня, за которым идёт мера", nullable=True, minimum=1990, maximum=2100),
    Column("is_signed", "bool", "Перечень этого года подписан", nullable=True),
)

SUPPORT_MONITORING = Table(
    name="support_monitoring",
    grain="One row per measure of the roadmap and municipality.",
    title="План и факт по муниципалитетам",
    key=("plan_year", "measure_number", "municipality_id"),
    columns=(
        PLAN_YEAR,
        MEASURE,
        Column("municipality_id", "string", "Код муниципального образования"),
        Column("municipality_name", "string", "Муниципальное образование"),
        *LIST,
        Column("school_count", "int", "Школ перечня", minimum=0),
        DUE_DATE,
        *PROGRESS,
        Column("is_reported", "bool", "Есть кому судить: форма возвращена или факт есть"),
        Column("status_code", "string", "Состояние", choices=PLACE_STATUSES),
        Column("remark_text", "string", "Пояснение"),
    ),
    caveats=(
        "Региональная цель на муниципалитеты не делится: план пуст, пока он не установлен отдельно или не следует из "
        "охвата всех школ перечня или всех муниципалитетов.",
    ),
)

SCHOOL_SUPPORT = Table(
    name="school_support",
    grain="One row per listed school and school-level measure of the roadmap.",
    title="Меры по школам перечня",
    key=("plan_year", "school_id", "measure_number"),
    columns=(
        PLAN_YEAR,
        LIST_YEAR,
        Column("is_signed", "bool", "Перечень этого года подписан"),
        Column("municipality_id", "string", "Код муниципального образования"),
        Column("municipality_name", "string", "Муниципальное образование"),
        Column("school_id", "string", "Код школы"),
        Column("school_name", "string", "Наименование школы"),
        MEASURE,
        DUE_DATE,
        *FACT,
        Column("last_date", "date", "Последнее событие", nullable=True),
        Column("is_reported", "bool", "Есть кому судить: форма возвращена или факт есть"),
        Column("status_code", "string", "Состояние", choices=PLACE_STATUSES),
    ),
    caveats=("`list_year` — перечень, за которым идёт мера; если школы в нём нет — тот, в котором она есть.",),
)

ROADMAP_STATUS = Table(
    name="roadmap_status",
    grain="One row per measure of the roadmap.",
    title="Меры дорожной карты: план, факт, состояние",
    key=("plan_year", "measure_number"),
    columns=(
        PLAN_YEAR,
        MEASURE,
        Column("as_of_date", "date", "На какой день"),
        Column("section_text", "string", "Раздел"),
        Column("measure_text", "string", "Мера"),
        Column("responsible_text", "string", "Ответственный"),
        Column("unit_text", "string", "Единица"),
        *LIST,
        DUE_DATE,
        *PROGRESS,
        Column("coverage_text", "string", "Кого охватить", nullable=True),
        Column("municipality_count", "int", "Муниципалитетов с событиями", minimum=0),
        Column("school_count", "int", "Школ с событиями", minimum=0),
        Column("done_date", "date", "Выполнена", nullable=True),
        Column("is_reported", "bool", "Есть кому судить: форма возвращена или факт есть"),
        Column("status_code", "string", "Состояние", choices=STATUSES),
        Column("is_at_risk", "bool", "Под угрозой"),
        Column("risk_codes", "string", "Почему под угрозой (коды через «;»)"),
        Column("remark_text", "string", "Пояснение"),
    ),
)

TABLES = (
    SUPPORTED_SCHOOLS,
    MUNICIPAL_PLANS,
    MEASURE_PROOFS,
    SUPPORT_FACTS,
    REPORTED_FACTS,
    SUPPORT_FILES,
    SUPPORT_RETURNS,
    SUPPORT_MONITORING,
    SCHOOL_SUPPORT,
    ROADMAP_STATUS,
)
