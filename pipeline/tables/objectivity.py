"""Signs of results that are better than the pupils behind them (methodology 5): evidence, never a verdict."""

from pipeline.schema import Column, Table
from pipeline.tables.evidence import SCHOOL

MARKERS = (
    "vpr_mean_high",
    "oge_mean_high",
    "journal_contradiction",
    "journal_raised",
    "cohort_rise",
    "cohort_fall",
    "border_peak",
    "vpr_oge_gap",
    "absence_growth",
)

OBJECTIVITY_FLAGS = Table(
    name="objectivity_flags",
    grain="One row per school, year, marker, subject and grade that could be judged, flagged or not.",
    title="Признаки необъективности результатов",
    key=("school_id", "year", "marker_code", "subject", "grade"),
    columns=(
        *SCHOOL,
        Column("year", "int", "Год результатов", minimum=1990, maximum=2100),
        Column("marker_code", "string", "Признак", choices=MARKERS),
        Column("subject", "string", "Предмет"),
        Column("grade", "string", "Класс, чьи результаты под вопросом"),
        Column("tested_count", "int", "Участников, по которым судили", minimum=0, unit="чел."),
        Column("value", "float", "Значение школы (в единицах признака)"),
        Column("lower_value", "float", "Нижняя граница школы", nullable=True),
        Column("lower_bound", "float", "Нижняя граница обычного по региону", nullable=True),
        Column("upper_bound", "float", "Верхняя граница обычного по региону", nullable=True),
        Column("is_official", "bool", "Из 14 официальных признаков"),
        Column("is_flagged", "bool", "Признак есть"),
    ),
    caveats=(
        "«Признак есть» — повод присмотреться, а не вывод о школе: средний результат выше региона бывает и честным.",
        "Участников меньше минимума — строки нет: судить не по чему.",
        "«*» вместо предмета или класса — по всем вместе.",
        "Резкое снижение параллели ставит под вопрос более ранний год и класс, резкий рост — более поздний.",
        "Нижняя граница школы выше верхней границы региона или значение за границами региона — признак есть.",
        "Школа — та, что проводила экзамен; разрыв ВПР и ОГЭ и рост отсутствия считаются по результатам преемника.",
    ),
)

OBJECTIVITY = Table(
    name="objectivity",
    grain="One row per school and year in which at least one marker could be judged.",
    title="Объективность результатов школ",
    key=("school_id", "year"),
    columns=(
        *SCHOOL,
        Column("year", "int", "Год результатов", minimum=1990, maximum=2100),
        Column("judged_count", "int", "Признаков проверено", minimum=0),
        Column("flagged_count", "int", "Из них признак есть", minimum=0),
        Column("marker_codes", "string", "Какие признаки есть (через «;»)"),
        Column("is_vpr_doubtful", "bool", "ВПР не считаются хорошим свидетельством"),
    ),
    caveats=(
        "Школа — та, что проводила экзамен: при отборе сомнение переходит к преемнику вместе с результатами.",
        "Сомнение не бывает выгодно школе: плохие результаты ВПР остаются свидетельством, а её T от него не снижается.",
    ),
)

TABLES = (OBJECTIVITY_FLAGS, OBJECTIVITY)
