"""«Перечень и показатели.xlsx»: the list and everything the note says of it, for users of Excel."""

from pipeline.outputs.list_facts import ListFacts
from pipeline.outputs.sheets import PAPER_A3, Book, Field, Sheet, render
from pipeline.russian import percent

WORKBOOK_NAME = "Перечень и показатели.xlsx"
GUIDE: tuple[str, ...] = (
    "Это расчётный проект перечня школ, которым предлагается адресная методическая помощь, и показатели, на которых он "
    "стоит. Школы идут по муниципальным образованиям и по алфавиту. Порядок строк ничего не говорит о школах.",
    "Вероятность T — насколько данные говорят, что школа входит в число школ региона с самой высокой долей низких "
    "результатов за несколько лет; число таких школ равно числу мест в перечне. От 0 (нет) до 1 (да). По T и отбирают.",
    "Индекс S — во сколько раз низких результатов больше, чем было бы при обычных для региона долях; 1 — норма "
    "региона. Рядом с ним — интервал: с вероятностью {level} истинное значение лежит внутри него.",
    "Надёжность R — какую долю в индексе определяют собственные результаты школы; у маленьких школ она меньше, и их "
    "показатели читают осторожно.",
    "«Лет с низкими результатами» — сколько лет, взятых по отдельности, говорят о низких результатах.",
    "«У границы перечня; различие статистически не установлено» — о такой школе данные не говорят уверенно ни за, "
    "ни против. О ней может решить комиссия.",
    "Числа рядом с названием школы — только для внутренней работы: наружу передают приложение к приказу, в котором "
    "их нет. Чтобы отобрать строки, пользуйтесь стрелками в шапке таблицы.",
)

NUMBER = Field("number", "№", 5, "0")
PLACE = (NUMBER, Field("municipality", "Муниципальное образование", 27), Field("school", "Школа", 34))
CODE = Field("school_id", "Код", 9)
STATUS = Field("status", "Решение по расчёту", 18)
CHANCE = Field("probability", "Вероятность T", 13, "0.000")
FIGURES = (
    CHANCE,
    Field("index", "Индекс S", 8, "0.00"),
    Field("index_lower", "S не менее", 8, "0.00"),
    Field("index_upper", "S не более", 8, "0.00"),
    Field("reliability", "Надёжность R", 12, "0.00"),
    Field("reliability_word", "R словом", 13),
    Field("low_years_count", "Лет с низкими результатами", 13, "0"),
    Field("years_count", "Лет с результатами", 13, "0"),
    Field("window_tested_count", "Результатов за эти годы", 13, "0"),
    Field("low_count", "Из них низких", 10, "0"),
    Field("expected_low_count", "Ожидалось низких", 12, "0.0"),
)
MARKS = (
    Field("is_rule_low", "Привычное правило", 11),
    Field("is_firm", "Решение твёрдое", 10),
    Field("is_in_corridor", "У границы перечня", 10),
    Field("is_vpr_only", "Только по ВПР", 9),
)
REASONS = Field("reasons", "Основания", 70)
CHANGE = Field("change", "К действующему перечню", 17)


def render_list_workbook(facts: ListFacts, *, region_name: str, notice: str) -> bytes:
    """The bytes of an .xlsx file; the same tables give the same bytes.

    Args:
        facts: the list.
        region_name: printed above every sheet.
        notice: what every reader has to see first, Russian; empty for a real region.
    """
    subtitle = f"{region_name}, {facts.year} год. {notice}".rstrip()
    guide = [told.format(level=percent(facts.interval_level, 0)) for told in GUIDE]
    sheets = (*_school_sheets(facts), *_other_sheets(facts))
    return render(Book("Перечень и показатели", subtitle, notice, sheets, guide=guide))


def _school_sheets(facts: ListFacts) -> tuple[Sheet, ...]:
    """The sheets with figures of schools."""
    wide = (*PLACE, CODE, CHANGE, *FIGURES, *MARKS, REASONS)
    every = (*PLACE, CODE, STATUS, CHANGE, *FIGURES, *MARKS, Field("is_watched", "Под наблюдением", 12), REASONS)
    short = (*PLACE, CODE, STATUS, CHANCE, REASONS)
    changed = [*facts.entered, *facts.left, *facts.stayed]
    changes = [{**row, "number": number} for number, row in enumerate(changed, start=1)]
    return (
        Sheet("Перечень", "Школы перечня", wide, facts.listed, "В перечне нет школ.", 3, PAPER_A3),
        Sheet("Все школы", "Решение по каждой школе", every, facts.those(lambda row: True), "Школ нет.", 3, PAPER_A3),
        Sheet(
            "У границы",
            "Школы у границы перечня; различие статистически не установлено",
            (*PLACE, CODE, STATUS, CHANGE, *FIGURES[:6], REASONS),
            facts.at_border,
            "Таких школ нет.",
            3,
            PAPER_A3,
        ),
        Sheet(
            "Что изменилось",
            "Новые школы, выходящие и остающиеся",
            (*PLACE, CODE, CHANGE, STATUS, REASONS),
            changes if facts.has_earlier_list else (),
            "Действующего перечня нет: сравнивать не с чем.",
            3,
        ),
        Sheet(
            "Только по ВПР", "Школы перечня, о которых говорят только ВПР", short, facts.on_vpr_alone, "Таких школ нет."
        ),
        Sheet("Данных недостаточно", "Школы, о которых решают эксперты", short, facts.unjudged, "Таких школ нет."),
    )


def _other_sheets(facts: ListFacts) -> tuple[Sheet, ...]:
    """The sheets about the list as a whole, its evidence and what people have said."""
    return (
        Sheet(
            "Другой расчёт", "Каким был бы перечень при другом способе расчёта", VARIANTS, facts.tried, "Не проверено."
        ),
        Sheet(
            "Зависят от расчёта",
            "Школы перечня, которые хотя бы один другой способ расчёта не включил бы",
            (*PLACE, CODE, *DEPENDENCE),
            facts.dependent,
        ),
        Sheet(
            "Объективность",
            "Школы, чьи ВПР этого года не считаются хорошим свидетельством",
            (*PLACE, CODE, STATUS, *DOUBTS),
            facts.doubted,
        ),
        Sheet(
            "Федеральные списки", "Сверка с федеральными списками", FEDERAL, facts.federal, "Списков не получено.", 3
        ),
        Sheet("Возражения", "Нерассмотренные возражения", OBJECTIONS, facts.open_objections, "Таких возражений нет."),
        Sheet("Решения комиссии", "Действующие решения комиссии", DECISIONS, facts.decided, "Решений нет."),
    )


VARIANTS = (
    Field("variant_number", "№", 5, "0"),
    Field("title", "Что иначе", 48),
    Field("selected_count", "Школ в перечне", 11, "0"),
    Field("kept_count", "Остаются", 11, "0"),
    Field("left_count", "Выходят", 11, "0"),
    Field("unjudged_count", "Из них по нехватке данных", 14, "0"),
    Field("entered_count", "Входят другие", 11, "0"),
    Field("note_text", "Пояснение", 40),
)
DEPENDENCE = (
    Field("variant_count", "Проверено способов", 11, "0"),
    Field("selecting_count", "Включают школу", 11, "0"),
    Field("excluding_text", "Не включили бы", 70),
)
DOUBTS = (
    Field("judged_count", "Признаков проверено", 12, "0"),
    Field("flagged_count", "Из них найдено", 10, "0"),
    Field("signs_text", "Какие", 60),
)
FEDERAL = (
    *PLACE,
    CODE,
    Field("list_text", "Федеральный список", 28),
    Field("federal_year", "Год списка", 8, "0"),
    Field("relation_text", "Где состоит", 18),
    Field("reason_text", "Почему", 80),
)
OBJECTIONS = (
    NUMBER,
    Field("received_date", "Получено", 11),
    *PLACE[1:],
    CODE,
    STATUS,
    Field("indicator_text", "О чём", 34),
    Field("stated_value", "В данных", 9, "General"),
    Field("asked_value", "По мнению школы", 10, "General"),
    Field("ground_text", "Основание", 44),
    Field("document_text", "Документ", 24),
)
DECISIONS = (
    *PLACE,
    CODE,
    Field("action", "Решение", 15),
    Field("who", "Кто решил", 24),
    Field("date", "Когда", 11),
    Field("why", "Почему", 50),
    Field("review_date", "Рассмотреть снова до", 12),
    Field("status", "Решение по расчёту", 18),
)
