"""Evidence for the objectivity of results; it informs and never selects by itself.

`school_id` is the school that held the exam: results follow the successor of a merger, the manner of an exam does not.
"""

from pipeline.schema import Column, Table
from pipeline.tables.results import CELL_KEY
from pipeline.tables.sources import SLICE

SCHOOL = (
    Column("school_id", "string", "Код школы"),
    Column("municipality_id", "string", "Код муниципального образования"),
)

SCORE_DISTRIBUTION = Table(
    name="score_distribution",
    grain="One row per school, year, procedure, subject, grade and primary score that somebody got.",
    title="Распределение первичных баллов",
    key=(*CELL_KEY, "primary_score"),
    columns=(
        *SCHOOL,
        *SLICE,
        Column("primary_score", "int", "Первичный балл", minimum=0, unit="балл"),
        Column("pupil_count", "int", "Участников с этим баллом", minimum=0, unit="чел."),
        Column("tested_count", "int", "Участников", minimum=0, unit="чел."),
    ),
)

JOURNAL_COMPARISON = Table(
    name="journal_comparison",
    grain="One row per school, year, procedure, subject and grade.",
    title="Сравнение отметок с отметками по журналу",
    key=CELL_KEY,
    columns=(
        *SCHOOL,
        *SLICE,
        Column("tested_count", "int", "Участников", minimum=0, unit="чел."),
        Column("lowered_count", "int", "Понизили", minimum=0, unit="чел."),
        Column("confirmed_count", "int", "Подтвердили", minimum=0, unit="чел."),
        Column("raised_count", "int", "Повысили", minimum=0, unit="чел."),
        Column(
            "journal_spearman", "float", "Корреляция отметки по журналу и балла", nullable=True, minimum=-1, maximum=1
        ),
    ),
    caveats=("`journal_spearman` есть только там, где получены построчные результаты участников.",),
)

COHORT_SCORES = Table(
    name="cohort_scores",
    grain="One row per school, year, procedure, subject and grade.",
    title="Средний процент выполнения",
    key=CELL_KEY,
    columns=(
        *SCHOOL,
        *SLICE,
        Column("tested_count", "int", "Участников", minimum=0, unit="чел."),
        Column("maximum_score", "float", "Максимальный первичный балл", minimum=0, unit="балл"),
        Column("mean_score_share", "float", "Средняя доля от максимума", minimum=0, maximum=1),
        Column("score_share_sd", "float", "Стандартное отклонение доли", nullable=True, minimum=0),
    ),
    caveats=("Параллель класса N в году t — это параллель класса N+1 в году t+1.",),
)

TABLES = (SCORE_DISTRIBUTION, JOURNAL_COMPARISON, COHORT_SCORES)
