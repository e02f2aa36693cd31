"""Table of the care of data: what was deleted of what a region had received."""

from pipeline.schema import Column, Table

DELETIONS = Table(
    name="deletions",
    grain="One row per received file that was deleted because its term had ended.",
    title="Удалённые файлы с данными учеников",
    key=("file_id", "sha256"),
    columns=(
        Column("file_id", "string", "Файл (путь внутри папки региона)"),
        Column("sha256", "string", "Контрольная сумма"),
        Column("byte_count", "int", "Размер", minimum=0, unit="байт"),
        Column("receipt_year", "int", "Год получения", minimum=1990, maximum=2100),
        Column("layout_id", "string", "Макет", nullable=True),
        Column("deleted_date", "date", "Когда удалён"),
        Column("reason_text", "string", "Почему"),
        Column("who_text", "string", "Кто удалил"),
        Column("kept_file", "string", "Что оставлено вместо него (без данных учеников)", nullable=True),
    ),
    caveats=("Запись появляется раньше, чем исчезает файл: прерванное удаление доводит до конца повтор команды.",),
)

TABLES = (DELETIONS,)
