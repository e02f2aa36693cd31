"""Tables of the decision: indicators, the stability model, the selection and what leaves the building."""

from pipeline.schema import Column, Table

SCHOOL = (
    Column("school_id", "string", "Код школы"),
    Column("municipality_id", "string", "Код муниципального образования"),
)
DECISION_YEAR = Column("year", "int", "Год решения", minimum=1990, maximum=2100)

BANDS = ("core", "probable", "borderline", "watch", "none")
STATUSES = ("selected", "reserve", "not_selected", "insufficient_data", "excluded")
RELIABILITIES = ("firm", "moderate", "thin")

SCHOOL_INDICATORS = Table(
    name="school_indicators",
    grain="One row per school and indicator (and part of it: a year, a procedure), for one year of decision.",
    title="Показатели школ",
    key=("school_id", "year", "indicator_code", "part_text"),
    columns=(
        *SCHOOL,
        DECISION_YEAR,
        Column("indicator_code", "string", "Показатель"),
        Column("part_text", "string", "Часть показателя: год, предмет, процедура"),
        Column("value", "float", "Значение", nullable=True),
        Column("lower_value", "float", "Нижняя граница интервала", nullable=True),
        Column("upper_value", "float", "Верхняя граница интервала", nullable=True),
        Column("basis_count", "int", "На скольких результатах", nullable=True, minimum=0),
    ),
    caveats=("`value` — в единицах своего показателя: их список в `pipeline.indicators.INDICATORS`.",),
)

STABILITY = Table(
    name="stability",
    grain="One row per school with results and year of decision.",
    title="Устойчивость низких результатов",
    key=("school_id", "year"),
    columns=(
        *SCHOOL,
        DECISION_YEAR,
        Column("tested_count", "int", "Результатов за годы окна", minimum=0, unit="чел."),
        Column("low_count", "int", "Из них низких", minimum=0, unit="чел."),
        Column("expected_low_count", "float", "Ожидалось низких", minimum=0, unit="чел."),
        Column("size_count", "int", "Результатов в последнем году школы: её размер", minimum=0, unit="чел."),
        Column("prior_mean", "float", "μ: исходное ожидание школы такого размера", minimum=0),
        Column("newest_expected_count", "float", "Ожидалось низких в последнем году школы", minimum=0, unit="чел."),
        Column("effective_observed", "float", "O*: взвешенное наблюдаемое за все годы", minimum=0),
        Column("effective_expected", "float", "E*: взвешенное ожидаемое за все годы", minimum=0),
        Column("index", "float", "Индекс S: 1 — норма региона", minimum=0),
        Column("index_lower", "float", "Нижняя граница интервала", minimum=0),
        Column("index_upper", "float", "Верхняя граница интервала", minimum=0),
        Column("reliability", "float", "Надёжность R", minimum=0, maximum=1),
        Column("reliability_code", "string", "Надёжность словом", choices=RELIABILITIES),
        Column("probability", "float", "Вероятность T быть среди K", minimum=0, maximum=1),
        Column("band_code", "string", "Полоса", choices=BANDS),
        Column("low_years_count", "int", "Лет с T года ≥ порога (C)", minimum=0, unit="лет"),
        Column("years_count", "int", "Лет окна с результатами", minimum=0, unit="лет"),
        Column("history_years_count", "int", "Всего лет с результатами", minimum=0, unit="лет"),
        Column("current_year_probability", "float", "T последнего года", nullable=True, minimum=0, maximum=1),
        Column("forecast_ratio", "float", "Прогноз O/E следующего года", nullable=True, minimum=0),
        Column(
            "next_year_probability",
            "float",
            "Вероятность P оказаться среди K в следующем году",
            nullable=True,
            minimum=0,
            maximum=1,
        ),
        Column("is_thin", "bool", "Мало данных"),
        Column("is_recent", "bool", "Есть результаты за последние годы"),
        Column("is_vpr_set_aside", "bool", "Судили без ВПР, объективность которых под сомнением"),
    ),
    caveats=(
        "Сумма T по всем школам, кроме исключённых по виду школы, равна числу мест в перечне.",
        "T — о том, у каких школ результаты низки устойчиво; по ней и выбирают. P — о том, кого следующий год "
        "покажет среди K самых низких: в один год это отчасти дело случая. Сумма P по школам с результатами "
        "последнего года равна числу мест; у остальных P нет.",
        "Индекс, T и P складываются из всех лет (`stability_years`); счётчики, C и тренд — только из лет окна.",
        "`forecast_ratio` — индекс с поправкой на ошибки прошлых прогнозов региона; в отборе не участвует.",
    ),
)

SELECTION = Table(
    name="selection",
    grain="One row per school of the register that exists in the year or is on the list in force.",
    title="Отбор школ",
    key=("school_id", "year"),
    columns=(
        *SCHOOL,
        DECISION_YEAR,
        Column("school_name", "string", "Наименование школы"),
        Column("status_code", "string", "Решение", choices=STATUSES),
        Column("band_code", "string", "Полоса", nullable=True, choices=BANDS),
        Column("reason_codes", "string", "Основания (через «;»)"),
        Column("rank", "int", "Место по вероятности", nullable=True, minimum=1),
        Column("probability", "float", "Вероятность T", nullable=True, minimum=0, maximum=1),
        Column("index", "float", "Индекс S", nullable=True, minimum=0),
        Column("index_lower", "float", "Нижняя граница интервала", nullable=True, minimum=0),
        Column("index_upper", "float", "Верхняя граница интервала", nullable=True, minimum=0),
        Column("reliability", "float", "Надёжность R", nullable=True, minimum=0, maximum=1),
        Column("low_years_count", "int", "Лет с низкими результатами (C)", nullable=True, minimum=0),
        Column("excess_low_count", "float", "Низких сверх ожидаемого (O−E)", nullable=True),
        Column("tested_count", "int", "Результатов в окне", nullable=True, minimum=0),
        Column("is_rule_low", "bool", "Проходит по привычному правилу"),
        Column("is_firm", "bool", "Твёрдое решение"),
        Column("is_on_list", "bool", "Состоит в действующем перечне"),
        Column("is_vpr_only", "bool", "Только по ВПР"),
        Column("is_in_corridor", "bool", "У границы перечня: различие статистически не установлено"),
        Column("is_watched", "bool", "Под наблюдением: не в перечне и не в резерве"),
    ),
    caveats=(
        "`band_code`, `rank` и числа — только для внутренней работы: рядом с названием школы их не передают наружу.",
    ),
)

ORDER_APPENDIX = Table(
    name="order_appendix",
    grain="One row per selected school, by municipality and name.",
    title="Приложение к приказу",
    key=("row_number",),
    columns=(
        Column("row_number", "int", "№", minimum=1),
        Column("municipality_name", "string", "Муниципальное образование"),
        Column("school_name", "string", "Наименование образовательной организации"),
        Column("school_id", "string", "Код"),
        Column("category_text", "string", "Категория"),
    ),
    caveats=("Публикуется, поэтому без мест и без показателей.",),
)

SCHOOL_SUMMARY = Table(
    name="school_summary",
    grain="One row per school of the register, for one year.",
    title="Сводка по школам",
    key=("school_id", "year"),
    columns=(
        *SCHOOL,
        DECISION_YEAR,
        Column("school_name", "string", "Наименование школы"),
        Column("municipality_name", "string", "Муниципальное образование"),
        Column("is_received", "bool", "Результаты получены"),
        Column("procedures_text", "string", "Полученные процедуры"),
        Column("cell_count", "int", "Ячеек", minimum=0),
        Column("tested_count", "int", "Результатов", minimum=0, unit="чел."),
        Column("low_count", "int", "Низких результатов", minimum=0, unit="чел."),
        Column("absent_count", "int", "Отсутствовали", nullable=True, minimum=0, unit="чел."),
        Column("low_share", "float", "Доля низких результатов", nullable=True, minimum=0, maximum=1),
        Column("expected_low_count", "float", "Ожидалось низких", nullable=True, minimum=0, unit="чел."),
        Column("observed_ratio", "float", "Наблюдаемое / ожидаемое", nullable=True, minimum=0),
        Column("previous_low_share", "float", "Доля низких год назад", nullable=True, minimum=0, maximum=1),
        Column(
            "sample_code", "string", "Размер выборки", choices=("informative", "acceptable", "limited", "small", "none")
        ),
    ),
    caveats=(
        "`previous_low_share` считается только по ячейкам (процедура, предмет, класс), которые есть в обоих годах.",
    ),
)

MUNICIPALITY_SUMMARY = Table(
    name="municipality_summary",
    grain="One row per municipality, for one year.",
    title="Сводка по муниципальным образованиям",
    key=("municipality_id", "year"),
    columns=(
        Column("municipality_id", "string", "Код муниципального образования"),
        DECISION_YEAR,
        Column("municipality_name", "string", "Муниципальное образование"),
        Column("school_count", "int", "Школ в реестре", minimum=0),
        Column("received_count", "int", "Школ с результатами", minimum=0),
        Column("tested_count", "int", "Результатов", minimum=0, unit="чел."),
        Column("low_count", "int", "Низких результатов", minimum=0, unit="чел."),
        Column("absent_count", "int", "Отсутствовали", nullable=True, minimum=0, unit="чел."),
        Column("low_share", "float", "Доля низких результатов", nullable=True, minimum=0, maximum=1),
        Column("expected_low_count", "float", "Ожидалось низких", nullable=True, minimum=0, unit="чел."),
        Column("observed_ratio", "float", "Наблюдаемое / ожидаемое", nullable=True, minimum=0),
        Column("missing_text", "string", "Каких школ не хватает"),
    ),
)

TABLES = (
    SCHOOL_INDICATORS,
    STABILITY,
    SELECTION,
    ORDER_APPENDIX,
    SCHOOL_SUMMARY,
    MUNICIPALITY_SUMMARY,
)
