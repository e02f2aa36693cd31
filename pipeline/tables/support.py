"""Tables of the support of listed schools: the roadmap's plans, the facts that came back, plan against fact (method 8)."""

from pipeline.schema import Column, Table
from pipeline.tables.sources import PLACE, PLACE_KEY

PERIODS = ("june", "november")
PROVIDERS = ("municipality", "institute")

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
        Column("provider_code", "string", "Кто сообщил", choices=PROVIDERS),
        Column("municipality_id", "string", "Код муниципального образования", nullable=True),
        Column("school_id", "string", "Код школы", nullable=True),
        Column("fact_date", "date", "Дата события"),
        Column("quantity", "float", "Количество, в единицах меры", minimum=0),
        Column("evidence_text", "string", "Чем подтверждается", nullable=True),
        Column("is_counted", "bool", "Входит в счёт"),
        Column("left_out_code", "string", "Почему не входит", nullable=True),
    ),
    caveats=(
        "Одно событие считается один раз, кто бы и сколько раз о нём ни сообщил: повтор остаётся в таблице и в счёт "
        "не входит.",
        "Что прочесть не удалось — в `rejects`.",
    ),
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
        Column("load_date", "string", "Дата получения (из имени папки)"),
        Column("fact_count", "int", "Фактов в файле", minimum=0),
        Column("state_code", "string", "Что с файлом"),
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

TABLES = (SUPPORTED_SCHOOLS, MUNICIPAL_PLANS, SUPPORT_FACTS, SUPPORT_FILES, SUPPORT_RETURNS)
