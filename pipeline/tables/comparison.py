"""Tables of the list under other rules: editions side by side, and what the list of a year depends on."""

from pipeline.schema import Column, Table
from pipeline.tables.decision import BANDS, DECISION_YEAR, SCHOOL, STATUSES

VARIANT_GROUPS = ("weights", "threshold", "procedure", "pool", "model", "history", "objectivity", "rule")
OUTCOMES = ("decided", "same", "impossible")

EDITION_LISTS = Table(
    name="edition_lists",
    grain="One row per school selected under at least one of the compared editions, and edition.",
    title="Перечень по разным редакциям методики",
    key=("school_id", "year", "edition"),
    columns=(
        *SCHOOL,
        DECISION_YEAR,
        Column("edition", "string", "Редакция методики"),
        Column("school_name", "string", "Наименование школы"),
        Column("municipality_name", "string", "Муниципальное образование"),
        Column("is_selected", "bool", "В перечне"),
        Column("status_code", "string", "Решение", choices=STATUSES),
        Column("band_code", "string", "Полоса", nullable=True, choices=BANDS),
        Column("rank", "int", "Место по вероятности", nullable=True, minimum=1),
        Column("probability", "float", "Вероятность T", nullable=True, minimum=0, maximum=1),
        Column("reason_codes", "string", "Основания (через «;»)"),
    ),
    caveats=(
        "T разных редакций отвечают на разные вопросы: набор результатов и правила у них свои.",
        "Места и числа — только для внутренней работы: рядом с названием школы их не передают наружу.",
    ),
)

LIST_DEPENDENCE = Table(
    name="list_dependence",
    grain="One row per variant of the rules under which the list of the year was made once more.",
    title="От чего зависит перечень",
    key=("year", "variant_code"),
    columns=(
        DECISION_YEAR,
        Column("variant_number", "int", "Порядок показа", minimum=1),
        Column("group_code", "string", "Что меняет вариант", choices=VARIANT_GROUPS),
        Column("variant_code", "string", "Вариант"),
        Column("title", "string", "Вариант словами"),
        Column("outcome_code", "string", "Итог: решено, то же решение по построению, решить нельзя", choices=OUTCOMES),
        Column("selected_count", "int", "Школ в перечне варианта", nullable=True, minimum=0),
        Column("kept_count", "int", "Из перечня остаются", nullable=True, minimum=0),
        Column("left_count", "int", "Из перечня выходят", nullable=True, minimum=0),
        Column("unjudged_count", "int", "Из них по нехватке данных", nullable=True, minimum=0),
        Column("entered_count", "int", "Входят вместо них или сверх", nullable=True, minimum=0),
        Column("note_text", "string", "Пояснение", nullable=True),
    ),
    caveats=(
        "Решения комиссии и правило сохранения действуют в каждом варианте так же, как в самом перечне; "
        "без них — только вариант `no_history`.",
        "Варианты с итогом `same` и `impossible` не считаются проверенными.",
        "Вариант `rule_only` показан для сравнения: привычное правило занимает меньше мест и в счёт школ не входит.",
    ),
)

SCHOOL_DEPENDENCE = Table(
    name="school_dependence",
    grain="One row per school selected in the list of the year or under at least one variant of its rules.",
    title="От чего зависит место школы в перечне",
    key=("school_id", "year"),
    columns=(
        *SCHOOL,
        DECISION_YEAR,
        Column("school_name", "string", "Наименование школы"),
        Column("status_code", "string", "Решение по перечню", choices=STATUSES),
        Column("variant_count", "int", "Проверено вариантов", minimum=0),
        Column("selecting_count", "int", "Включают школу", minimum=0),
        Column("selecting_share", "float", "Доля включающих вариантов", nullable=True, minimum=0, maximum=1),
        Column("differing_codes", "string", "Варианты с другим решением (через «;»)", nullable=True),
        Column("is_same_always", "bool", "Решение не меняет ни один вариант"),
    ),
    caveats=(
        "У школы перечня `differing_codes` — варианты, которые её не включают; у остальных — те, которые включают.",
        "Доля вариантов — не вероятность: варианты выбраны людьми и похожи друг на друга.",
    ),
)

TABLES = (EDITION_LISTS, LIST_DEPENDENCE, SCHOOL_DEPENDENCE)
