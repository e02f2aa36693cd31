"""What the public profile shows of results: every small number hidden, and what would give a hidden one away."""

from pipeline.schema import Column, Table

LEVELS = ("region", "municipality", "school")
ALL_GRADES = "all"
TESTED_STATES = ("shown", "small", "hidden")
LOW_STATES = ("shown", "below", "above", "few", "hidden")

PUBLIC_RESULTS = Table(
    name="public_results",
    grain="One row per year, procedure, subject and place (region, municipality, school); of the region also by grade.",
    title="Открытые сведения о результатах",
    key=("year", "procedure", "subject", "level_code", "place_id", "grade"),
    columns=(
        Column("year", "int", "Год", minimum=1990, maximum=2100),
        Column("procedure", "string", "Процедура"),
        Column("subject", "string", "Предмет"),
        Column("level_code", "string", "О ком сведения", choices=LEVELS),
        Column("place_id", "string", "Код места: региона, муниципального образования или школы"),
        Column("municipality_id", "string", "Код муниципального образования", nullable=True),
        Column("grade", "string", "Класс"),
        Column("tested_count", "int", "Участников", nullable=True, minimum=0, unit="чел."),
        Column("low_count", "int", "Низких результатов", nullable=True, minimum=0, unit="чел."),
        Column("low_share", "float", "Доля низких результатов", nullable=True, minimum=0, maximum=1),
        Column("below_share", "float", "Доля низких меньше чем", nullable=True, minimum=0, maximum=1),
        Column("above_share", "float", "Доля низких больше чем", nullable=True, minimum=0, maximum=1),
        Column("tested_state_code", "string", "Что известно о числе участников", choices=TESTED_STATES),
        Column("low_state_code", "string", "Что известно о низких результатах", choices=LOW_STATES),
    ),
    caveats=(
        f"`grade` = `{ALL_GRADES}` — все классы вместе; по классам отдельно показан только регион.",
        "`small` — участников меньше наименьшего показываемого числа; `hidden` — скрыто, чтобы другое скрытое число "
        "нельзя было получить вычитанием.",
        "`below`, `above` — низких (или, наоборот, остальных) результатов мало: показана только граница доли, "
        "одинаковая для всех мест с таким же числом участников; `few` — участников мало для доли.",
        "Итогов по нескольким предметам нет: ученик вошёл бы в них несколько раз, и по ним вычли бы скрытое.",
    ),
)

TABLES = (PUBLIC_RESULTS,)
