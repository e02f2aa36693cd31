"""Tables that readers fill: what stood in the received files, before schools are recognised and versions chosen.

Every row knows where it came from: `file_id`, `sheet_name`, `row_number` (1-based, as the operator sees it in Excel)
and `block_name` (the part of a wide row, such as a subject; empty for a whole row).
"""

from pipeline.schema import Column, Table

PLACE = (
    Column("file_id", "string", "Файл"),
    Column("sheet_name", "string", "Лист"),
    Column("row_number", "int", "Строка", minimum=1),
    Column("block_name", "string", "Блок строки"),
)
PLACE_KEY = ("file_id", "sheet_name", "row_number", "block_name")

# How a file names a school: any of the three may be empty, not all of them.
SCHOOL_REFERENCE = (
    Column("code_kind", "string", "Вид кода", nullable=True),
    Column("code_text", "string", "Код школы, как в файле", nullable=True),
    Column("school_text", "string", "Школа, как в файле", nullable=True),
    Column("municipality_text", "string", "Муниципалитет, как в файле", nullable=True),
)

SLICE = (
    Column("year", "int", "Год результатов", minimum=1990, maximum=2100),
    Column("procedure", "string", "Процедура"),
    Column("subject", "string", "Предмет"),
    Column("grade", "string", "Класс"),
)

SOURCE_FILES = Table(
    name="source_files",
    grain="One row per received file.",
    title="Полученные файлы",
    key=("file_id",),
    columns=(
        Column("file_id", "string", "Файл (путь внутри папки региона)"),
        Column("sha256", "string", "Контрольная сумма"),
        Column("receipt_year", "int", "Год получения", minimum=1990, maximum=2100),
        Column("load_date", "string", "Дата выгрузки (из имени папки)"),
        Column("layout_id", "string", "Макет"),
        Column("read_count", "int", "Прочитано строк", minimum=0),
        Column("kept_count", "int", "Принято строк", minimum=0),
        Column("rejected_count", "int", "Отклонено строк", minimum=0),
    ),
    caveats=(
        "Всегда `read_count` = `kept_count` + `rejected_count`; широкая строка считается по разу на каждый блок.",
    ),
)

REJECTS = Table(
    name="rejects",
    grain="One row per rejected row (or block of a wide row) of a received file and reason.",
    title="Отклонённые строки",
    key=("file_id", "sheet_name", "row_number", "block_name", "stage_name", "reason_code"),
    columns=(
        *PLACE,
        Column("stage_name", "string", "Стадия"),
        Column("reason_code", "string", "Причина"),
        Column("column_name", "string", "Столбец"),
        Column("value_text", "string", "Значение", nullable=True),
        Column("is_service", "bool", "Служебная строка"),
    ),
    caveats=(
        "Имена, номера документов и коды участников сюда не попадают: в `value_text` — числа, отметки, названия школ.",
        "`is_service` — строки, которые и не должны быть данными (итоги, средние); тревоги они не вызывают.",
    ),
)

ATTEMPTS = Table(
    name="attempts",
    grain="One row per pupil's attempt at one subject, without anything that names the pupil.",
    title="Результаты участников",
    key=PLACE_KEY,
    columns=(
        *PLACE,
        *SLICE,
        *SCHOOL_REFERENCE,
        Column("form_code", "string", "Форма варианта"),
        Column("is_absent", "bool", "Отсутствовал"),
        Column("primary_score", "float", "Первичный балл", nullable=True, minimum=0, unit="балл"),
        Column("maximum_score", "float", "Максимальный первичный балл", nullable=True, minimum=0, unit="балл"),
        Column("test_score", "float", "Тестовый балл", nullable=True, minimum=0, maximum=100, unit="балл"),
        Column("mark", "int", "Отметка", nullable=True, minimum=0, maximum=5),
        Column("journal_mark", "int", "Отметка по журналу", nullable=True, minimum=1, maximum=5),
        Column("is_appealed", "bool", "Изменён апелляцией"),
    ),
    caveats=(
        "Остаётся в папке расчёта и не публикуется.",
        "Сведения, по которым можно узнать участника, есть только в памяти во время чтения.",
    ),
)

PUPIL_ATTEMPTS = Table(
    name="pupil_attempts",
    grain="One row per pupil's attempt at one subject, with a keyed hash that finds the same pupil in an appeals file.",
    title="Результаты участников с ключом сопоставления",
    key=PLACE_KEY,
    columns=(
        *ATTEMPTS.columns,
        Column("pupil_key", "string", "Ключ сопоставления участника", nullable=True),
        Column("exam_date", "string", "Дата экзамена (ГГГГ-ММ-ДД)", nullable=True),
    ),
    caveats=("`exam_date` отличает первую попытку от повторной; пусто, если в файле даты нет.",),
    is_private=True,
)

APPEALS = Table(
    name="appeals",
    grain="One row per decided appeal of one pupil in one subject.",
    title="Решения по апелляциям",
    key=PLACE_KEY,
    columns=(
        *PLACE,
        *SLICE,
        *SCHOOL_REFERENCE,
        Column("pupil_key", "string", "Ключ сопоставления участника", nullable=True),
        Column("exam_date", "string", "Дата экзамена (ГГГГ-ММ-ДД)", nullable=True),
        Column("appeal_state", "string", "Состояние", choices=("granted", "rejected", "pending")),
        Column("decision_date", "string", "Дата решения", nullable=True),
        Column("score_before", "float", "Балл до апелляции", nullable=True, minimum=0),
        Column("score_after", "float", "Балл после апелляции", nullable=True, minimum=0),
        Column("mark_after", "int", "Отметка после апелляции", nullable=True, minimum=0, maximum=5),
    ),
    caveats=("`score_before` и `score_after` — тестовый балл для ЕГЭ, первичный — для ОГЭ и базовой математики.",),
    is_private=True,
)

REPORTED_CELLS = Table(
    name="reported_cells",
    grain="One row per school, year, procedure, subject and grade as counted by the sender of the file.",
    title="Сводные результаты школ из файлов",
    key=PLACE_KEY,
    columns=(
        *PLACE,
        *SLICE,
        *SCHOOL_REFERENCE,
        Column("tested_count", "int", "Участников", minimum=0, unit="чел."),
        Column("low_count", "int", "Низких результатов", minimum=0, unit="чел."),
        Column("absent_count", "int", "Отсутствовали", nullable=True, minimum=0, unit="чел."),
        Column("mean_score", "float", "Средний балл", nullable=True, minimum=0, unit="балл"),
    ),
)

TOTAL_LEVELS = ("country", "region", "municipality")

REPORTED_TOTALS = Table(
    name="reported_totals",
    grain="One row per total (country, region or municipality) printed in a received file.",
    title="Итоговые строки файлов",
    key=PLACE_KEY,
    columns=(
        *PLACE,
        *SLICE,
        Column("level_code", "string", "Уровень", choices=TOTAL_LEVELS),
        Column("area_text", "string", "Территория, как в файле"),
        Column("tested_count", "int", "Участников", minimum=0, unit="чел."),
        Column("low_count", "int", "Низких результатов", nullable=True, minimum=0, unit="чел."),
    ),
    caveats=("Только для сверки: итог муниципалитета равен сумме по его школам.",),
)

REPORTED_DISTRIBUTIONS = Table(
    name="reported_distributions",
    grain="One row per school, slice and primary score, as printed in a received file.",
    title="Распределения первичных баллов из файлов",
    key=(*PLACE_KEY, "primary_score"),
    columns=(
        *PLACE,
        *SLICE,
        *SCHOOL_REFERENCE,
        Column("tested_count", "int", "Участников", minimum=0, unit="чел."),
        Column("primary_score", "int", "Первичный балл", minimum=0, unit="балл"),
        Column("score_share", "float", "Доля участников с этим баллом", minimum=0, maximum=1),
    ),
)

REPORTED_JOURNAL = Table(
    name="reported_journal",
    grain="One row per school and slice of the comparison with journal marks, as printed in a received file.",
    title="Сравнение с отметками по журналу из файлов",
    key=PLACE_KEY,
    columns=(
        *PLACE,
        *SLICE,
        *SCHOOL_REFERENCE,
        Column("tested_count", "int", "Участников", minimum=0, unit="чел."),
        Column("lowered_count", "int", "Понизили", minimum=0, unit="чел."),
        Column("confirmed_count", "int", "Подтвердили", minimum=0, unit="чел."),
        Column("raised_count", "int", "Повысили", minimum=0, unit="чел."),
    ),
)

TABLES = (
    SOURCE_FILES,
    REJECTS,
    ATTEMPTS,
    PUPIL_ATTEMPTS,
    APPEALS,
    REPORTED_CELLS,
    REPORTED_TOTALS,
    REPORTED_DISTRIBUTIONS,
    REPORTED_JOURNAL,
)
