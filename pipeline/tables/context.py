"""The conditions in which a school works (methodology 6): what it reported, and what follows from it."""

from pipeline.schema import Column, Table
from pipeline.tables.evidence import SCHOOL
from pipeline.tables.sources import PLACE, SCHOOL_REFERENCE

FACT_KINDS = ("count", "share", "band", "flag", "text")
ADVERSE_GROUNDS = ("index", "criteria", "both", "none")
QUADRANTS = ("low_adverse", "low_favourable", "not_low_adverse", "not_low_favourable")

CONTEXT_INDICATORS = Table(
    name="context_indicators",
    grain="One row per indicator of the context form and the social passport.",
    title="Показатели условий работы школ",
    key=("indicator_code",),
    columns=(
        Column("indicator_code", "string", "Показатель"),
        Column("title", "string", "Наименование"),
        Column("kind_code", "string", "Вид значения", choices=FACT_KINDS),
        Column("unit", "string", "Единица"),
        Column("base_code", "string", "Чего доля: школьников, семей, учителей", nullable=True),
        Column("part_of_code", "string", "Слагаемое какого показателя", nullable=True),
        Column("numerator_code", "string", "Числитель расчётного показателя", nullable=True),
        Column("denominator_code", "string", "Знаменатель расчётного показателя", nullable=True),
        Column("is_in_model", "bool", "Участвует в модели условий"),
        Column("direction_sign", "int", "Больше — условия лучше (1), хуже (−1), неизвестно (0)", minimum=-1, maximum=1),
    ),
    caveats=(
        "Доли семей и доли школьников — разные показатели (`base_code`): их не складывают и не подменяют друг другом.",
        "Показатель с числителем и знаменателем считается из них, если его нет в файле.",
    ),
)

ADVERSE_CRITERIA = Table(
    name="adverse_criteria",
    grain="One row per condition that counts as adverse.",
    title="Критерии неблагоприятных условий",
    key=("criterion_code",),
    columns=(
        Column("criterion_code", "string", "Критерий"),
        Column("title", "string", "Условие словами"),
        Column("indicator_code", "string", "Показатель"),
        Column("comparator", "string", "Сравнение: не меньше (ge), не больше (le)", choices=("ge", "le")),
        Column("threshold", "float", "Порог"),
    ),
)

CONTEXT_FACTS = Table(
    name="context_facts",
    grain="One row per school (as named), year, indicator and place in a received file.",
    title="Сведения об условиях, как в файлах",
    key=("file_id", "sheet_name", "row_number", "block_name", "indicator_code"),
    columns=(
        *PLACE,
        *SCHOOL_REFERENCE,
        Column("year", "int", "Год", minimum=1990, maximum=2100),
        Column("indicator_code", "string", "Показатель"),
        Column("value", "float", "Значение", nullable=True),
        Column("value_text", "string", "Значение текстом", nullable=True),
    ),
    caveats=(
        "Нет ни числа, ни текста — в ячейке стояло то, что не читается; сам текст не хранится: в нём может быть имя.",
        "У вариантов ответа `value` — номер варианта по порядку, `value_text` — вариант.",
    ),
)

SCHOOL_CONTEXT = Table(
    name="school_context",
    grain="One row per school, year and indicator.",
    title="Условия работы школ",
    key=("school_id", "year", "indicator_code"),
    columns=(
        *SCHOOL,
        Column("year", "int", "Год", minimum=1990, maximum=2100),
        Column("indicator_code", "string", "Показатель"),
        Column("value", "float", "Значение", nullable=True),
        Column("value_text", "string", "Значение текстом", nullable=True),
        Column("is_questioned", "bool", "Под вопросом: противоречит другим сведениям или не читается"),
        Column("question_codes", "string", "Почему под вопросом (через «;»)"),
        Column("source_text", "string", "Источник: файл, лист, строка"),
    ),
)

CONTEXT = Table(
    name="context",
    grain="One row per school whose conditions are known and year of decision.",
    title="Условия и результаты с учётом условий",
    key=("school_id", "year"),
    columns=(
        *SCHOOL,
        Column("year", "int", "Год решения", minimum=1990, maximum=2100),
        Column("context_year", "int", "Год сведений об условиях", minimum=1990, maximum=2100),
        Column(
            "context_index",
            "float",
            "Индекс условий: от 0 (самые трудные) до 100",
            nullable=True,
            minimum=0,
            maximum=100,
        ),
        Column("imputed_share", "float", "Доля показателей, восполненных по другим школам", minimum=0, maximum=1),
        Column("observed_ratio", "float", "Наблюдаемое / ожидаемое по норме региона", nullable=True, minimum=0),
        Column("expected_ratio", "float", "Ожидаемое при таких условиях", nullable=True, minimum=0),
        Column("expected_lower", "float", "Нижняя граница ожидаемого", nullable=True, minimum=0),
        Column("expected_upper", "float", "Верхняя граница ожидаемого", nullable=True, minimum=0),
        Column("residual_ratio", "float", "Наблюдаемое к ожидаемому при таких условиях", nullable=True, minimum=0),
        Column("criteria_count", "int", "Неблагоприятных условий по таблице критериев", minimum=0),
        Column("criteria_codes", "string", "Какие (через «;»)"),
        Column("adverse_code", "string", "По чему условия неблагоприятны", choices=ADVERSE_GROUNDS),
        Column("is_adverse", "bool", "Неблагоприятные условия"),
        Column("quadrant_code", "string", "Результаты × условия", nullable=True, choices=QUADRANTS),
        Column("is_resilient", "bool", "Результаты выше ожидаемых в неблагоприятных условиях"),
    ),
    caveats=(
        "Условия не снимают школу с перечня: они говорят, какая помощь нужна.",
        "Индекса нет, если школ мало, связи условий с результатами нет или сведений о школе слишком мало.",
        "Ожидаемое получено без самой школы: модель обучена на других (перекрёстная проверка).",
    ),
)

CONTEXT_MODEL = Table(
    name="context_model",
    grain="One row per figure of the quality of the context model (and per indicator for importance).",
    title="Качество модели условий",
    key=("year", "figure_code", "indicator_code"),
    columns=(
        Column("year", "int", "Год решения", minimum=1990, maximum=2100),
        Column("figure_code", "string", "Величина"),
        Column("indicator_code", "string", "Показатель (пусто — вся модель)"),
        Column("value", "float", "Значение"),
        Column("school_count", "int", "Школ", minimum=0),
    ),
)

REFERENCES = (CONTEXT_INDICATORS, ADVERSE_CRITERIA)
TABLES = (*REFERENCES, CONTEXT_FACTS, SCHOOL_CONTEXT, CONTEXT, CONTEXT_MODEL)
