"""Lists of schools as they are received: own orders of earlier years and federal lists, row by row."""

from pipeline.schema import Column, Table
from pipeline.tables.sources import PLACE, PLACE_KEY, SCHOOL_REFERENCE

LISTED_ROWS = Table(
    name="listed_rows",
    grain="One row per row of a received list of schools.",
    title="Строки списков школ",
    key=PLACE_KEY,
    columns=(
        *PLACE,
        *SCHOOL_REFERENCE,
        Column("year", "int", "Год, как в файле", nullable=True, minimum=1990, maximum=2100),
        Column("number", "string", "Номер приказа", nullable=True),
        Column("date", "string", "Дата приказа", nullable=True),
        Column("markers_text", "string", "Признаки", nullable=True),
    ),
    caveats=("Не хранится: из неё составляются действующий перечень и федеральные списки.",),
)

TABLES = (LISTED_ROWS,)
