"""Survey, causes and the register of causes (methodology 7): closed vocabularies in, one register out."""

from pipeline.schema import Column, Table
from pipeline.tables.sources import PLACE, PLACE_KEY, SCHOOL_REFERENCE

SCHOOL = (
    Column("school_id", "string", "Код школы"),
    Column("municipality_id", "string", "Код муниципального образования"),
)
DECISION_YEAR = Column("year", "int", "Год решения", minimum=1990, maximum=2100)

GROUPS = ("director", "teacher", "pupil", "parent")
LEVELS = ("school", "municipality", "region")
SIGNIFICANCES = ("high", "medium", "low", "none")
SCALES = ("local", "mass", "systemic")
STATUSES = ("fact", "hypothesis", "small_sample", "not_established")
EVIDENCE_KINDS = ("survey", "fact")
SCHOOL_GROUPS = ("low_results", "adverse_context", "both")
RETURNS = ("returned", "partial", "unusable", "missing", "voluntary")
FILE_STATES = (
    "counted", "partial", "empty", "duplicate", "superseded", "foreign", "not_surveyed", "unknown_school", "unreadable",
)  # fmt: skip

CAUSE_DIRECTIONS = Table(
    name="cause_directions",
    grain="One row per risk direction.",
    title="Направления рисков",
    key=("direction_code",),
    columns=(
        Column("direction_code", "string", "Направление"),
        Column("direction_number", "int", "Порядок", minimum=1),
        Column("title", "string", "Наименование"),
    ),
)

CAUSES = Table(
    name="causes",
    grain="One row per cause of the closed vocabulary.",
    title="Причины низких результатов",
    key=("cause_code",),
    columns=(
        Column("cause_code", "string", "Причина"),
        Column("direction_code", "string", "Направление"),
        Column("wording", "string", "Формулировка: каких условий не хватает"),
        Column("level_code", "string", "На чьём уровне устраняется", choices=LEVELS),
        Column("evidence_code", "string", "По чему устанавливается", choices=EVIDENCE_KINDS),
        Column("fact_code", "string", "Какой факт: источник и показатель через «:»", nullable=True),
        Column("cut_value", "float", "Порог факта", nullable=True),
        Column("is_lower_worse", "bool", "Факт установлен при значении не выше порога, а не не ниже"),
        Column("indicator_text", "string", "Показатель"),
        Column("measure_numbers", "string", "Меры дорожной карты (через «;», первая — рекомендуемая)"),
        Column("responsible_text", "string", "Ответственный вместо исполнителя меры", nullable=True),
        Column("reference", "string", "Откуда порог", nullable=True),
    ),
    caveats=(
        "Перечень закрытый: других причин в реестре не бывает; регион дополняет его своим `reference/causes.csv`.",
    ),
)

SURVEYED_SCHOOLS = Table(
    name="surveyed_schools",
    grain="One row per school whose causes are looked for: the list of the year.",
    title="Обследуемые школы",
    key=("school_id",),
    columns=(
        *SCHOOL,
        Column("school_name", "string", "Наименование школы"),
        Column("municipality_name", "string", "Муниципальное образование"),
        Column("is_signed", "bool", "По подписанному перечню, а не по расчётному"),
        Column("former_ids", "string", "Коды школ, чьё место в перечне она заняла, через «; »", nullable=True),
        Column("former_names", "string", "Названия этих школ", nullable=True),
    ),
)

MEASURES = Table(
    name="measures",
    grain="One row per measure of the roadmap and plan year.",
    title="Меры дорожной карты",
    key=("plan_year", "number"),
    columns=(
        Column("number", "int", "№", minimum=1),
        Column("section_ru", "string", "Раздел"),
        Column("title_ru", "string", "Мера"),
        Column("plan_year", "int", "Год плана", minimum=1990, maximum=2100),
        Column("target_value", "int", "Значение цели", minimum=0),
        Column("comparator", "string", "Сравнение", choices=("ge", "eq")),
        Column("target_unit_ru", "string", "Единица цели"),
        Column("target_basis", "string", "Цель на", choices=("year", "event")),
        Column("coverage_value", "int", "Охват", nullable=True, minimum=0),
        Column("coverage_unit_ru", "string", "Кого охватить", nullable=True),
        Column("responsible_ru", "string", "Ответственный"),
        Column("schedule_kind", "string", "Срок", choices=("window", "events", "by_schedule", "all_year")),
        Column("months", "string", "Месяцы", nullable=True),
        Column("due_month", "int", "Крайний месяц", minimum=1, maximum=12),
        Column("level", "string", "Где возникают факты", choices=LEVELS),
        Column("is_derived", "bool", "Число цели предложено проектом"),
        Column("expected_result_ru", "string", "Ожидаемый результат"),
    ),
)

SURVEY_ITEMS = Table(
    name="survey_items",
    grain="One row per statement of a questionnaire.",
    title="Утверждения анкет",
    key=("item_code",),
    columns=(
        Column("item_code", "string", "Утверждение"),
        Column("group_code", "string", "Кто отвечает", choices=GROUPS),
        Column("direction_code", "string", "Направление"),
        Column("item_number", "int", "Номер в анкете", minimum=1),
        Column("text", "string", "Текст"),
        Column("is_reversed", "bool", "Согласие означает благополучие"),
    ),
)

SURVEY_RESPONSES = Table(
    name="survey_responses",
    grain="One row per answered cell of a returned file; of a tally sheet, per statement and answer.",
    title="Ответы на анкеты, как они прочитаны",
    key=(*PLACE_KEY, "answer"),
    columns=(
        *PLACE,
        *SCHOOL_REFERENCE,
        DECISION_YEAR,
        Column("group_code", "string", "Кто отвечает", choices=GROUPS),
        Column("respondent_number", "int", "Номер анкеты в файле; 0 — подсчёт по бумажным анкетам", minimum=0),
        Column("item_code", "string", "Утверждение"),
        Column("answer", "int", "Ответ", minimum=1, maximum=5),
        Column("answer_count", "int", "Сколько таких ответов", minimum=1),
    ),
    caveats=("До выбора действующих файлов; что отвечавшие написали сверх ответов от 1 до 5, сюда не попадает.",),
)

SURVEY_FILES = Table(
    name="survey_files",
    grain="One row per file that was returned in the survey.",
    title="Возвращённые файлы анкет",
    key=("file_id",),
    columns=(
        Column("file_id", "string", "Файл"),
        Column("school_id", "string", "Код школы; пусто — в файле несколько школ", nullable=True),
        Column("group_code", "string", "Кто отвечает", nullable=True, choices=GROUPS),
        Column("state_code", "string", "Состояние", choices=FILE_STATES),
        Column("respondent_count", "int", "Ответили", minimum=0, unit="чел."),
        Column("answer_count", "int", "Учтено ответов", minimum=0),
        Column("remark_text", "string", "Замечание"),
    ),
)

SURVEY_ANSWERS = Table(
    name="survey_answers",
    grain="One row per school, year, group, respondent (or tally sheet), item and answer.",
    title="Ответы на анкеты",
    key=("school_id", "year", "group_code", "file_id", "sheet_name", "respondent_number", "item_code", "answer"),
    columns=(
        Column("school_id", "string", "Код школы"),
        Column("year", "int", "Год решения", minimum=1990, maximum=2100),
        Column("group_code", "string", "Кто отвечает", choices=GROUPS),
        Column("file_id", "string", "Файл"),
        Column("sheet_name", "string", "Лист"),
        Column("respondent_number", "int", "Номер анкеты в файле; 0 — подсчёт по бумажным анкетам", minimum=0),
        Column("item_code", "string", "Утверждение"),
        Column("answer", "int", "Ответ", minimum=1, maximum=5),
        Column("answer_count", "int", "Сколько таких ответов", minimum=1),
    ),
    caveats=("Анкеты анонимны: номер анкеты — место в файле, а не человек.",),
)

SURVEY_RETURNS = Table(
    name="survey_returns",
    grain="One row per school that is surveyed, year and group of respondents.",
    title="Возврат анкет",
    key=("school_id", "year", "group_code"),
    columns=(
        *SCHOOL,
        DECISION_YEAR,
        Column("school_name", "string", "Наименование школы"),
        Column("group_code", "string", "Кто отвечает", choices=GROUPS),
        Column("return_code", "string", "Возврат", choices=RETURNS),
        Column("respondent_count", "int", "Ответили", minimum=0, unit="чел."),
        Column("file_count", "int", "Файлов", minimum=0),
        Column("missing_text", "string", "Чего не хватает"),
    ),
)

CAUSE_SCORES = Table(
    name="cause_scores",
    grain="One row per surveyed school, year, direction and group of respondents; an empty group is all together.",
    title="Баллы направлений",
    key=("school_id", "year", "direction_code", "group_code"),
    columns=(
        *SCHOOL,
        DECISION_YEAR,
        Column("direction_code", "string", "Направление"),
        Column("group_code", "string", "Кто отвечает; пусто — все"),
        Column("score", "float", "Балл риска: 0 — нет, 100 — наибольший", nullable=True, minimum=0, maximum=100),
        Column("coverage_share", "float", "Доля отвеченных утверждений", minimum=0, maximum=1),
        Column("respondent_count", "int", "Ответили", minimum=0, unit="чел."),
        Column("alpha", "float", "α Кронбаха", nullable=True, maximum=1),
        Column("is_scored", "bool", "Ответивших достаточно"),
        Column("region_score", "float", "Средний балл обследованных школ", nullable=True, minimum=0, maximum=100),
        Column("medium_cut_score", "float", "Порог средней значимости", nullable=True, minimum=0, maximum=100),
        Column("high_cut_score", "float", "Порог высокой значимости", nullable=True, minimum=0, maximum=100),
        Column("significance_code", "string", "Значимость", choices=SIGNIFICANCES),
    ),
    caveats=("Балл группы, в которой ответили меньше наименьшего числа, не считается: `is_scored` — нет.",),
)

REGISTER_OF_CAUSES = Table(
    name="register_of_causes",
    grain="One row per surveyed school and cause, or per school with none established.",
    title="Реестр причин низких результатов",
    key=("school_id", "year", "cause_code"),
    columns=(
        *SCHOOL,
        DECISION_YEAR,
        Column("municipality_name", "string", "Муниципальное образование"),
        Column("school_name", "string", "Наименование школы"),
        Column("school_group_code", "string", "Группа школы", choices=SCHOOL_GROUPS),
        Column("cause_code", "string", "Причина (код)"),
        Column("cause_text", "string", "Причина"),
        Column("direction_code", "string", "Направление", nullable=True),
        Column("level_code", "string", "Уровень", nullable=True, choices=LEVELS),
        Column("indicator_text", "string", "Показатель", nullable=True),
        Column("value", "float", "Значение", nullable=True),
        Column("region_value", "float", "Среднее по обследованным школам", nullable=True),
        Column("cut_value", "float", "Порог", nullable=True),
        Column("significance_code", "string", "Значимость", choices=SIGNIFICANCES),
        Column("scale_code", "string", "Масштаб", nullable=True, choices=SCALES),
        Column("source_text", "string", "Источник"),
        Column("respondent_count", "int", "Ответили", nullable=True, minimum=0, unit="чел."),
        Column("status_code", "string", "Статус", choices=STATUSES),
        Column("measure_number", "int", "№ меры дорожной карты", nullable=True, minimum=1),
        Column("measure_text", "string", "Рекомендуемая мера", nullable=True),
        Column("responsible_text", "string", "Ответственный", nullable=True),
        Column("due_text", "string", "Срок", nullable=True),
        Column("verification_text", "string", "Отметка о проверке", nullable=True),
    ),
    caveats=("Причина — недостающее условие, а не свойство детей и не вина учителя.",),
)

CAUSE_VERIFICATIONS = Table(
    name="cause_verifications",
    grain="One row per school, year and cause that somebody verified (decisions/causes.csv).",
    title="Отметки о проверке причин",
    key=("school_id", "year", "cause_code"),
    columns=(
        Column("school_id", "string", "Код школы"),
        DECISION_YEAR,
        Column("cause_code", "string", "Причина (код)"),
        Column("verification_text", "string", "Отметка о проверке"),
        Column("who", "string", "Кто проверил"),
        Column("date", "string", "Когда проверено"),
    ),
    caveats=("Отметка переживает пересчёт реестра: она хранится у региона, а не в расчёте.",),
)

CAUSE_SUMMARY = Table(
    name="cause_summary",
    grain="One row per year, municipality (empty: the region) and cause met there.",
    title="Причины по муниципалитетам и региону",
    key=("year", "municipality_id", "cause_code"),
    columns=(
        DECISION_YEAR,
        Column("municipality_id", "string", "Код муниципального образования; пусто — регион"),
        Column("cause_code", "string", "Причина"),
        Column("school_count", "int", "Школ с этой причиной", minimum=0),
        Column("clear_count", "int", "Из них с фактом или баллом не ниже порога масштаба", minimum=0),
        Column("surveyed_count", "int", "Школ, о которых можно судить", minimum=0),
        Column("school_share", "float", "Доля школ: явных случаев среди тех, о ком можно судить", minimum=0, maximum=1),
        Column("scale_code", "string", "Масштаб", nullable=True, choices=SCALES),
    ),
)

REMARKS = (
    "nothing_returned", "group_missing", "group_unusable", "group_small", "small_sample_only", "not_established",
    "no_measure", "no_responsible", "no_due_date", "succeeds",
)  # fmt: skip

REGISTER_REMARKS = Table(
    name="register_remarks",
    grain="One row per surveyed school, year, remark and group of respondents or cause that it concerns.",
    title="Чего не хватает реестру причин",
    key=("school_id", "year", "remark_code", "subject_code"),
    columns=(
        *SCHOOL,
        DECISION_YEAR,
        Column("municipality_name", "string", "Муниципальное образование"),
        Column("school_name", "string", "Наименование школы"),
        Column("remark_code", "string", "Замечание (код)", choices=REMARKS),
        Column("subject_code", "string", "О какой группе или причине; пусто — о школе в целом"),
        Column("is_blocking", "bool", "Без этого реестр школы неполон"),
        Column("remark_text", "string", "Замечание"),
    ),
)

TABLES = (
    CAUSE_DIRECTIONS,
    CAUSES,
    SURVEYED_SCHOOLS,
    MEASURES,
    SURVEY_ITEMS,
    SURVEY_RESPONSES,
    SURVEY_FILES,
    SURVEY_ANSWERS,
    SURVEY_RETURNS,
    CAUSE_SCORES,
    REGISTER_OF_CAUSES,
    CAUSE_VERIFICATIONS,
    CAUSE_SUMMARY,
    REGISTER_REMARKS,
)
