"""Tables of the programmes of schools (measure 5 of the roadmap): what came back, judged against the register.

A programme answers the register of causes of its list: `list_year` is the year of both.
"""

from pipeline.schema import Column, Table
from pipeline.tables.causes import SIGNIFICANCES
from pipeline.tables.sources import PLACE, PLACE_KEY
from pipeline.tables.support import LIST_YEAR

FILE_STATES = ("counted", "empty", "duplicate", "superseded", "foreign", "not_listed", "unreadable")
STATES = ("complete", "incomplete", "empty", "missing", "no_causes", "no_register")

# What a school has filled in, as it stands there; names of people never get this far.
LINE = (
    LIST_YEAR,
    Column("school_id", "string", "Код школы"),
    Column("cause_code", "string", "Причина (код)"),
    Column("measure_number", "int", "№ меры дорожной карты, если школа её назвала", nullable=True, minimum=0),
    Column("measure_text", "string", "Мера школы", nullable=True),
    Column("responsible_text", "string", "Ответственный: должность или подразделение", nullable=True),
    Column("due_date", "date", "Срок", nullable=True),
    Column("due_text", "string", "Срок, как он написан", nullable=True),
    Column("indicator_text", "string", "Показатель", nullable=True),
    Column("target_text", "string", "Целевое значение", nullable=True),
)
ELEMENTS = (
    Column("has_measure", "bool", "Есть мера"),
    Column("has_responsible", "bool", "Есть ответственный"),
    Column("has_due_date", "bool", "Есть срок в пределах действия перечня"),
    Column("has_indicator", "bool", "Есть показатель, по которому видно выполнение"),
    Column("is_complete", "bool", "Есть всё четыре"),
)
SCHOOL = (
    Column("school_id", "string", "Код школы"),
    Column("municipality_id", "string", "Код муниципального образования"),
    Column("municipality_name", "string", "Муниципальное образование"),
    Column("school_name", "string", "Наименование школы"),
)

RETURNED_LINES = Table(
    name="returned_programme_lines",
    grain="One row per filled line of a returned programme, as it was read.",
    title="Строки программ, как они прочитаны",
    key=PLACE_KEY,
    columns=(*PLACE, *LINE),
    caveats=("Имена людей заменены пометкой при чтении: программе нужны должность или подразделение.",),
)

PROGRAMME_LINES = Table(
    name="programme_lines",
    grain="One row per filled line of a programme that counts: a measure against a cause.",
    title="Меры программ повышения качества",
    key=PLACE_KEY,
    columns=(
        *PLACE,
        *LINE,
        *ELEMENTS,
        Column("is_in_register", "bool", "Причина есть в действующем реестре"),
        Column("remark_text", "string", "Чего не хватает"),
    ),
    caveats=(
        "Школа выбирает меру дорожной карты или называет свою; своя мера номера не имеет.",
        "Причина, которой в действующем реестре больше нет, остаётся в программе и на полноту не влияет.",
    ),
)

PROGRAMME_CHECKS = Table(
    name="programme_checks",
    grain="One row per school of the list and cause of its part of the register: which of the four elements is there.",
    title="Полнота программ по причинам",
    key=("list_year", "school_id", "cause_code"),
    columns=(
        LIST_YEAR,
        *SCHOOL,
        Column("cause_code", "string", "Причина (код)"),
        Column("cause_text", "string", "Причина"),
        Column("significance_code", "string", "Значимость", choices=SIGNIFICANCES),
        Column("is_required", "bool", "Без меры программа неполна"),
        Column("line_count", "int", "Мер в программе", minimum=0),
        *ELEMENTS,
        Column("remark_text", "string", "Чего не хватает"),
    ),
    caveats=(
        "Из нескольких мер против одной причины судит самая полная: четыре сведения, собранные из разных мер, не мера.",
    ),
)

PROGRAMMES = Table(
    name="programmes",
    grain="One row per school of the list: whether its programme is there and how complete it is.",
    title="Программы школ",
    key=("list_year", "school_id"),
    columns=(
        LIST_YEAR,
        *SCHOOL,
        Column("is_signed", "bool", "По подписанному перечню, а не по проекту"),
        Column("state_code", "string", "Состояние", choices=STATES),
        Column("has_programme", "bool", "Программа представлена"),
        Column("cause_count", "int", "Причин в реестре", minimum=0),
        Column("required_count", "int", "Из них обязательных", minimum=0),
        Column("complete_count", "int", "Обязательных с полной мерой", minimum=0),
        Column("complete_share", "float", "Доля обязательных с полной мерой", nullable=True, minimum=0, maximum=1),
        Column("line_count", "int", "Мер в программе", minimum=0),
        Column("remark_text", "string", "Чего не хватает"),
    ),
    caveats=(
        "Полнота — о документе: о том, верны ли меры и выполняются ли они, она не говорит.",
        "Доля пуста, если обязательных причин нет или программа не представлена.",
    ),
)

PROGRAMME_FILES = Table(
    name="programme_files",
    grain="One row per file that was returned with a programme.",
    title="Возвращённые программы",
    key=("file_id",),
    columns=(
        Column("file_id", "string", "Файл"),
        Column("school_id", "string", "Код школы", nullable=True),
        Column("load_date", "string", "Дата получения (из имени папки)"),
        Column("line_count", "int", "Заполненных строк принято", minimum=0),
        Column("state_code", "string", "Состояние", choices=FILE_STATES),
        Column("remark_text", "string", "Замечание"),
    ),
)

PUBLISHED = (PROGRAMMES, PROGRAMME_CHECKS, PROGRAMME_LINES, PROGRAMME_FILES)
TABLES = (RETURNED_LINES, *PUBLISHED)
