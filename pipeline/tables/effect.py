"""Tables of what became of listed schools: how the lists change, and results against what was foretold (method 8)."""

from pipeline.schema import Column, Table
from pipeline.tables.support import LIST_YEAR

CHANGES = ("first_known", "entered", "stayed", "left", "left_for_good", "returned")
CHANGE_CAUSES = ("results", "data", "method", "reorganisation", "commission", "not_established")

DYNAMICS = Table(
    name="dynamics",
    grain="One row per year and school that stands on the year's signed list, stood on the one before, or is out of "
    "both after the one before them.",
    title="Движение школ по перечням",
    key=("year", "school_id"),
    columns=(
        Column("year", "int", "Год перечня", minimum=1990, maximum=2100),
        Column("school_id", "string", "Код школы: преемника, если школа реорганизована"),
        Column("school_name", "string", "Наименование школы"),
        Column("municipality_name", "string", "Муниципальное образование"),
        Column("change_code", "string", "Что произошло", choices=CHANGES),
        Column("cause_code", "string", "Причина", nullable=True, choices=CHANGE_CAUSES),
        Column("cause_text", "string", "Чем объясняется"),
        Column("succeeds_text", "string", "Вместо какой школы", nullable=True),
    ),
    caveats=(
        "Только подписанные перечни, с изменениями; `first_known` — прежнего перечня нет, и сравнить не с чем.",
        "Преемник реорганизованной школы не «вошёл», а остался в перечне.",
        "Вышла окончательно — два перечня подряд вне перечня либо вероятность ниже порога наблюдения.",
        "Причина названа, только если она следует из решений, расчётов и сохранённых данных; иначе — не установлена.",
    ),
)

NOT_JUDGED = "not_judged"
SCHOOL_CONCLUSIONS = ("within", "below", "above", NOT_JUDGED)
CONCLUSIONS = ("better", "worse", "not_established", NOT_JUDGED)
SCOPES = ("all", "entered", "municipality", "measure")
ESTIMATORS = ("forecast", "neighbours", "unreached", "placebo")

RATIO = (
    Column("low_count", "int", "Низких результатов через год (O)", nullable=True, minimum=0, unit="чел."),
    Column("forecast_low_count", "float", "Ожидалось без поддержки (M)", nullable=True, minimum=0, unit="чел."),
    Column("before_ratio", "float", "В год перечня: во сколько раз больше, чем у остальных", nullable=True, minimum=0),
    Column("forecast_ratio", "float", "Через год без поддержки, ожидалось", nullable=True, minimum=0),
    Column("observed_ratio", "float", "Через год, наблюдалось", nullable=True, minimum=0),
    Column("effect_ratio", "float", "Наблюдалось / ожидалось без поддержки", nullable=True, minimum=0),
    Column("effect_lower", "float", "Нижняя граница интервала", nullable=True, minimum=0),
    Column("effect_upper", "float", "Верхняя граница интервала", nullable=True, minimum=0),
)
RATIO_CAVEATS = (
    "Норма — школы вне перечня того же года: по ним посчитаны ожидаемые результаты, ими же поправлен прогноз.",
    "`observed_ratio` − `before_ratio` — не эффект: школы с высокими показателями и сами возвращаются к норме, "
    "насколько — видно по `forecast_ratio`.",
    "Отличие от прогноза само по себе не доказывает, что причина — поддержка.",
    "Верхняя граница пуста, когда данных не хватает, чтобы её назвать.",
)

EFFECT_SCHOOLS = Table(
    name="effect_schools",
    grain="One row per signed list and school on it, when the results of the next year are there.",
    title="Результаты школ перечня через год",
    key=("list_year", "school_id"),
    columns=(
        LIST_YEAR,
        Column("school_id", "string", "Код школы"),
        Column("municipality_id", "string", "Код муниципального образования"),
        Column("school_name", "string", "Наименование школы"),
        Column("municipality_name", "string", "Муниципальное образование"),
        Column("is_entered", "bool", "В прежнем перечне не состояла", nullable=True),
        Column("is_computed", "bool", "Перечень составлен по этой модели"),
        Column("is_judged", "bool", "Можно сравнить с прогнозом"),
        *RATIO,
        Column("conclusion_code", "string", "Вывод", choices=SCHOOL_CONCLUSIONS),
        Column("conclusion_text", "string", "Вывод словами"),
    ),
    caveats=(
        *RATIO_CAVEATS,
        "Вне интервала без всякой поддержки оказывается примерно одна школа из десяти.",
    ),
)

EFFECT_SUMMARY = Table(
    name="effect_summary",
    grain="One row per signed list, group of its schools and way of comparing.",
    title="Помогает ли поддержка",
    key=("list_year", "scope_code", "scope_id", "estimator_code"),
    columns=(
        LIST_YEAR,
        Column("scope_code", "string", "О каких школах", choices=SCOPES),
        Column("scope_id", "string", "Код муниципалитета или номер меры"),
        Column("estimator_code", "string", "С чем сравнивали", choices=ESTIMATORS),
        Column("is_computed", "bool", "Перечень составлен по этой модели"),
        Column("school_count", "int", "Школ в группе", minimum=0),
        Column("judged_count", "int", "Из них можно сравнить", minimum=0),
        Column("compared_count", "int", "Школ, с которыми сравнивали", minimum=0),
        *RATIO,
        Column("family_count", "int", "Сколько таких сравнений сделано вместе", minimum=1),
        Column("conclusion_code", "string", "Вывод", choices=CONCLUSIONS),
        Column("conclusion_text", "string", "Вывод словами"),
    ),
    caveats=(
        *RATIO_CAVEATS,
        "`forecast` — с прогнозом модели по данным до перечня; `neighbours` — со школами у границы перечня, не "
        "вошедшими в него; `unreached` — со школами перечня, до которых мера не дошла; `placebo` — то же сравнение "
        "для школ вне перечня, ближайших к нему: отличия быть не должно.",
        "Чем больше сравнений сделано вместе (`family_count`), тем большее отличие нужно для вывода: интервал — одного "
        "сравнения, вывод — с этой поправкой.",
        "Перечень составлен не по этой модели (`is_computed`) — школы отбирали и по сведениям, которых модель не "
        "знает: числа показаны, вывода нет.",
    ),
)

EFFECT_PARAMETERS = Table(
    name="effect_parameters",
    grain="One row per signed list and parameter found in the results of unlisted schools.",
    title="Параметры сравнения с прогнозом",
    key=("list_year", "parameter_code"),
    columns=(
        LIST_YEAR,
        Column("parameter_code", "string", "Параметр"),
        Column("title", "string", "Что это"),
        Column("value", "float", "Значение"),
    ),
)

TABLES = (DYNAMICS, EFFECT_SCHOOLS, EFFECT_SUMMARY, EFFECT_PARAMETERS)
