"""The table everything else is computed from."""

from pipeline.schema import Column, Table
from pipeline.tables.sources import SLICE

CELL_KEY = ("school_id", "year", "procedure", "subject", "grade")

RESULTS = Table(
    name="results",
    grain="One row per school, year, procedure, subject and grade.",
    title="Результаты школ",
    key=CELL_KEY,
    columns=(
        Column("school_id", "string", "Код школы"),
        Column("municipality_id", "string", "Код муниципального образования"),
        *SLICE,
        Column("tested_count", "int", "Участников", minimum=0, unit="чел."),
        Column("low_count", "int", "Низких результатов", minimum=0, unit="чел."),
        Column("absent_count", "int", "Отсутствовали", nullable=True, minimum=0, unit="чел."),
        Column("mean_score", "float", "Средний балл", nullable=True, minimum=0, unit="балл"),
        Column("load_version", "string", "Версия выгрузки", nullable=True),
        Column("source_text", "string", "Источник: файл, лист, строка", nullable=True),
    ),
    caveats=(
        "Низкий результат — отметка «2» (ВПР, ОГЭ, базовая математика ЕГЭ) или балл ниже минимального (ЕГЭ).",
        "Отсутствовавшие в число участников не входят.",
        "`mean_score` — средняя отметка для ВПР и ОГЭ, средний тестовый балл для ЕГЭ: между процедурами не сравнивают.",
    ),
)

TABLES = (RESULTS,)
