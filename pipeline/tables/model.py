"""Tables of the model of stably low results: what is needed to repeat its figures in a spreadsheet."""

from pipeline.schema import Column, Table
from pipeline.tables.sources import SLICE

MODEL_PARAMETERS = Table(
    name="model_parameters",
    grain="One row per parameter of the model fitted for one year of decision.",
    title="Параметры модели",
    key=("year", "parameter_code"),
    columns=(
        Column("year", "int", "Год решения", minimum=1990, maximum=2100),
        Column("parameter_code", "string", "Параметр"),
        Column("title", "string", "Что это"),
        Column("value", "float", "Значение", nullable=True),
    ),
    caveats=(
        "Эти числа модель нашла в данных региона; числа, которые задают люди, — в редакции методики.",
        "`next_year_cut` и `next_year_shift` пусты, когда школ с результатами последнего года не больше, чем мест.",
    ),
)

REGIONAL_RATES = Table(
    name="regional_rates",
    grain="One row per year, procedure, subject and grade of the region.",
    title="Доля низких результатов по региону",
    key=("year", "procedure", "subject", "grade"),
    columns=(
        *SLICE,
        Column("school_count", "int", "Школ", minimum=0),
        Column("tested_count", "int", "Результатов", minimum=0, unit="чел."),
        Column("low_count", "int", "Низких результатов", minimum=0, unit="чел."),
        Column("low_rate", "float", "Доля низких: с ней сравнивают школу", minimum=0, maximum=1),
        Column("is_used", "bool", "Участвует в модели"),
    ),
    caveats=(
        "Доля считается по всем школам региона, в том числе по тем, которые в отборе не участвуют.",
        "Ячейка не участвует в модели, если доля равна 0 или 1 либо школ в ней слишком мало.",
    ),
)

STABILITY_YEARS = Table(
    name="stability_years",
    grain="One row per school and year in which a cell of the school takes part in the model.",
    title="Результаты школ по годам",
    key=("school_id", "year"),
    columns=(
        Column("school_id", "string", "Код школы"),
        Column("year", "int", "Год результатов", minimum=1990, maximum=2100),
        Column("tested_count", "int", "Результатов", minimum=0, unit="чел."),
        Column("low_count", "int", "Из них низких (O)", minimum=0, unit="чел."),
        Column("expected_count", "float", "Ожидалось низких (E)", minimum=0, unit="чел."),
        Column("dispersion", "float", "φ года: во сколько раз O разбросано сильнее случайного", minimum=0),
        Column("evidence_observed", "float", "O с поправкой на разброс (O/φ)", minimum=0),
        Column("evidence_expected", "float", "E с поправкой на разброс (E/φ)", minimum=0),
        Column("probability", "float", "T одного этого года", nullable=True, minimum=0, maximum=1),
        Column("is_in_window", "bool", "Год окна: входит в счётчики, C и тренд"),
        Column("weight", "float", "Вес года в индексе: d в степени возраста", minimum=0, maximum=1),
    ),
    caveats=(
        "T года пуста, если школ с результатами в этом году не больше, чем мест.",
        "Считаются только ячейки, участвующие в модели (`regional_rates`).",
    ),
)

TABLES = (MODEL_PARAMETERS, REGIONAL_RATES, STABILITY_YEARS)
