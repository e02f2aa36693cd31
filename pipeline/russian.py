"""Russian words for codes and numbers: the bottom layer, everybody may use it.

A code that is not listed is shown as it stands: a region's own test or subject needs no line here to be reported.
"""

import errno
import re
from collections.abc import Mapping
from typing import Any

HARDLY, NEARLY_SURE = 0.01, 0.99  # beyond them a model must not sound certain
STORED_DECIMALS = 9  # no number in a table has more

PROCEDURES: Mapping[str, str] = {
    "vpr": "ВПР",
    "oge": "ОГЭ",
    "ege": "ЕГЭ",
    "okr": "Региональная контрольная работа",
}

SUBJECTS: Mapping[str, str] = {
    "rus": "русский язык",
    "mat": "математика",
    "mat_base": "математика (базовый уровень)",
    "mat_prof": "математика (профильный уровень)",
    "phys": "физика",
    "chem": "химия",
    "bio": "биология",
    "inf": "информатика",
    "hist": "история",
    "geo": "география",
    "soc": "обществознание",
    "lit": "литература",
    "world": "окружающий мир",
    "eng": "английский язык",
    "ger": "немецкий язык",
    "fra": "французский язык",
    "spa": "испанский язык",
    "chi": "китайский язык",
}

SCHOOL_KINDS: Mapping[str, str] = {
    "ordinary": "общеобразовательная",
    "lyceum": "лицей",
    "gymnasium": "гимназия",
    "cadet": "кадетская",
    "boarding": "школа-интернат",
    "private": "частная",
    "evening": "вечерняя",
    "correctional": "коррекционная",
    "sanatorium": "санаторная",
    "closed": "закрытого типа",
    "penal": "при учреждении исполнения наказаний",
    "other": "иная",
}

# Columns of the project as an operator reads them; a column of a received file keeps the name that stands there.
COLUMNS: Mapping[str, str] = {
    "school_id": "школа",
    "school_text": "школа",
    "code_text": "код школы",
    "municipality_id": "муниципалитет",
    "municipality_text": "муниципалитет",
    "year": "год",
    "subject": "предмет",
    "grade": "класс",
    "tested": "участников",
    "tested_count": "участников",
    "low": "низких результатов",
    "low_count": "низких результатов",
    "absent": "отсутствовали",
    "absent_count": "отсутствовали",
    "mean": "средний балл",
    "mean_score": "средний балл",
    "primary_score": "первичный балл",
    "maximum_score": "максимальный балл",
    "test_score": "тестовый балл",
    "mark": "отметка",
    "journal_mark": "отметка по журналу",
    "is_absent": "отметка об отсутствии",
    "asked_value": "правильное значение",
    "ground_text": "основание",
    "row_number": "номер строки",
    "indicator": "показатель",
    "measure_number": "мера",
    "fact_date": "дата",
    "quantity": "количество",
}

# Why a row was not taken, as one finished sentence; the code stands in `rejects.reason_code`.
REASONS: Mapping[str, str] = {
    "percent_not_count": "Опубликованный процент не получается ни из какого целого числа участников",
    "percents_not_100": "Проценты отметок в сумме не дают 100",
    "service_row": "Служебная строка",
    "footer_row": "Итоговая строка или примечание под таблицей",
    "not_graduate": "Участник не является выпускником этого года",
    "gve_outside_base": "ГВЭ не входит в базу расчёта",
    "total_above_maximum": "Балл выше максимального",
    "not_a_number": "На месте числа стоит текст",
    "low_above_tested": "Низких результатов больше, чем участников",
    "no_results": "В строке нет результатов",
    "not_results": "Лист не содержит результатов",
    "not_an_integer": "На месте числа участников стоит дробь",
    "ignored_block": "Блок, который по макету не считается отдельным предметом",
    "unknown_sheet": "Лист книги не описан ни одним макетом",
    "missing_value": "Не заполнено обязательное значение",
    "below_minimum": "Значение меньше допустимого",
    "above_maximum": "Значение больше допустимого",
    "unknown_code": "Код не из перечня допустимых",
    "duplicate_key": "Повторная запись о том же результате",
    "duplicate_row": "Полное повторение другой строки",
    "conflicting_rows": "Две строки об одном и том же противоречат друг другу",
    "superseded": "Заменено более поздней выгрузкой",
    "after_as_of": "Получено после даты, на которую ведётся расчёт",
    "appeal_without_attempt": "Апелляция не относится ни к одному из полученных результатов",
    "appeal_not_granted": "Апелляция не удовлетворена или не рассмотрена",
    "duplicate_pupil": "Повторный результат того же участника",
    "no_mark_no_scale": "Нет ни отметки, ни шкалы перевода баллов",
    "unknown_school": "Школа не найдена в реестре",
    "outside_region": "Организация не относится к региону",
    "not_a_flag": "Вместо «да» или «нет» стоит другое значение",
    "absent_with_result": "Участник отмечен отсутствующим, но имеет результат",
    "no_result": "Нет ни результата, ни отметки об отсутствии",
    "no_school": "Не указана школа",
    "unknown_subject": "Предмет не найден в справочнике",
    "unknown_exam": "Экзамен не распознан",
    "unknown_level": "Уровень группы не распознан: школа, муниципалитет или регион",
    "unknown_state": "Состояние апелляции не распознано",
    "no_exam_date": "Не указана дата экзамена",
    "appeal_without_mark": "В удовлетворённой апелляции нет нового результата",
    "group_count_mismatch": "Число участников группы не равно числу её строк",
    "later_year": "Результат за год позже расчётного",
    "repeat_attempt": "Повторная попытка: учитывается первая",
    "partial_load": "Частичная выгрузка более позднего дня: учитывается основная",
    "counts_above_total": "Сумма частей больше общего числа участников",
    "closed_school": "Школа закрыта, преемник не указан",
    "unknown_column": "Столбец не описан ни в одном макете: его сведения не прочитаны",
    "repeated_column": "Второй столбец с тем же показателем: прочитан первый",
    "no_context": "В строке школы нет ни одного сведения",
    "repeated_row": "Строка повторяет уже учтённую",
    "code_and_name_differ": "Код и название означают разные школы",
    "not_on_scale": "Ответ анкеты — не число от 1 до 5",
    "altered_item": "Текст утверждения анкеты изменён",
    "formula_error": "Ошибка формулы на месте ответа",
    "extra_column": "Ответ стоит вне столбцов анкеты",
    "above_head_count": "Ответов педагогов больше, чем педагогов в школе",
    "above_form_count": "Сумма ответов больше числа возвращённых анкет",
    "foreign_form": "Анкета другого года, другого региона или другой школы",
    "not_surveyed": "Школа не входит в число обследуемых",
    "duplicate_form": "Те же ответы уже приняты из другого файла",
    "superseded_form": "Принята более поздняя или более полная анкета школы",
    "altered_figures": "Числа на листе школы изменены или листа нет: ответ относится не к тому, что было выдано",
    "repeated_sheet": "Второй лист той же школы",
    "unknown_answer": "Ответ школы — не «подтверждаю» и не «не согласен»",
    "unknown_row": "Не указан номер строки или такой строки на листе нет",
    "no_indicator": "Не указано, о каком показателе возражение",
    "no_ground": "У возражения нет основания",
    "unknown_measure": "Такой меры в дорожной карте нет",
    "not_a_date": "Дата не распознана: нужен один день вида 15.03.2026",
    "outside_plan_year": "Дата не относится к году плана",
    "after_day": "Дата события позже дня, на который ведётся мониторинг",
    "nothing_happened": "Количество 0 без даты: события не было",
    "part_of_a_whole": "Количество дробное, а единица меры считается целыми",
    "more_than_possible": "Количество больше, чем может быть в этом месте",
    "not_asked": "Об этой мере сообщает институт, а не муниципалитет",
    "outside_list": "Школы нет в перечне, которому служила работа в этот день",
    "other_municipality": "Школа относится к другому муниципалитету",
    "unknown_municipality": "Муниципалитет не найден в справочнике",
    "foreign_support_form": "Форма другого региона, года или срока",
    "superseded_support_form": "Учтена более поздняя или более полная копия этой формы",
    "same_value": "Правильное значение равно тому, что стоит в данных",
    "unknown_cause": "В форме школы нет причины с таким номером",
    "foreign_programme": "Программа другого года или другого региона",
    "not_listed": "Школы нет в перечне",
    "superseded_programme": "Учтена более поздняя или более полная программа школы",
}


def procedure_label(code: str) -> str:
    """The exam as a reader knows it: «ВПР»."""
    return PROCEDURES.get(code, code)


def subject_label(code: str) -> str:
    """The subject in full: «русский язык»."""
    return SUBJECTS.get(code, code)


def kind_label(code: str) -> str:
    """The kind of a school: «вечерняя»."""
    return SCHOOL_KINDS.get(code, code)


def reason_label(code: str) -> str:
    """Why a row was not taken, one sentence."""
    return REASONS.get(code, code)


def column_label(name: str) -> str:
    """A column as an operator reads it: «школа»."""
    return COLUMNS.get(name, name)


def plural(count: int, one: str, few: str, many: str) -> str:
    """The number with its noun: «1 школа», «3 школы», «11 школ»."""
    tens, ones = abs(count) % 100, abs(count) % 10
    if ones == 1 and tens != 11:
        word = one
    elif 2 <= ones <= 4 and not 12 <= tens <= 14:
        word = few
    else:
        word = many
    return f"{number(count)} {word}"


def out_of(count: int, few: str, many: str) -> str:
    """The number with its noun after «из»: «из 351 школы», «из 350 школ», without the preposition."""
    return f"{number(count)} {few if abs(count) % 10 == 1 and abs(count) % 100 != 11 else many}"


def number(value: float, decimals: int = 2) -> str:
    """A number as it is written in Russian: «12 345», «0,25»; thousands apart by a no-break space, no idle zeros."""
    whole = f"{value:,.{decimals}f}" if value != int(value) else f"{int(value):,}"
    if "." in whole:
        whole = whole.rstrip("0").rstrip(".")
    return whole.replace(",", "\u00a0").replace(".", ",")


def percent(share: float, decimals: int = 1) -> str:
    """A share 0–1 as per cent: «12,5 %»."""
    return f"{number(round(share * 100, decimals), decimals)}\u00a0%"


def chance_text(value: float) -> str:
    """A probability in words: «0,87», «больше 0,99», «меньше 0,01»; «0,0998» where it would read as the threshold."""
    shown = round(float(value), 2)
    if shown > NEARLY_SURE:
        return f"больше {number(NEARLY_SURE)}"
    if shown < HARDLY:
        return f"меньше {number(HARDLY)}"
    # Every threshold of T is a whole tenth: on which side of it the school stands must be seen.
    decimals = 2
    while decimals < STORED_DECIMALS and round(value, decimals) == round(value, 1) != round(value, STORED_DECIMALS):
        decimals += 1
    return number(round(float(value), decimals), decimals)


def value_text(name: str, value: Any) -> str:
    """A value of a column or a threshold as a reader knows it, told by its name; empty for a missing value.

    `_share` is per cent, a drift of a share is in percentage points, codes get their labels, a grade its word.
    """
    if value is None or (not isinstance(value, str) and str(value) in ("nan", "<NA>", "NaT")):
        return ""
    if isinstance(value, str):
        labels = {
            "procedure": procedure_label,
            "subject": subject_label,
            "block_name": subject_label,
            "reason_code": reason_label,
            "column_name": column_label,
        }
        return f"{value} класс" if name == "grade" else labels.get(name, str)(value)
    if isinstance(value, bool):
        return "да" if value else "нет"
    if name in ("year", "row_number"):
        return str(value)
    if name.endswith("share_drift"):
        return f"{number(round(value * 100, 1))} п. п."
    if name.endswith("_count"):  # an expected count is no whole number, and nobody wants its decimals
        return number(round(value))
    return percent(value) if name.endswith(("_share", "_drift")) else number(value)


def day_text(day: str) -> str:
    """A day of a table as it is read: «15.03.2026» for `2026-03-15`; any other text stands as it is."""
    found = re.fullmatch(r"(\d{4})-(\d\d)-(\d\d)", day)
    return f"{found[3]}.{found[2]}.{found[1]}" if found else day


def toml_place(error: Exception) -> str:
    """Where a TOML file is wrong, as the end of a place: «, строка 3»; the library says it in English words."""
    found = re.search(r"line (\d+)", str(error))
    return f", строка {found[1]}" if found else ""


SYSTEM_FAULTS: Mapping[int, str] = {
    errno.EACCES: "нет права доступа",
    errno.EPERM: "нет права доступа",
    errno.EROFS: "диск открыт только для чтения",
    errno.ENOSPC: "на диске нет места",
    errno.ENOENT: "нет такого файла или папки",
    errno.ENOTDIR: "на месте папки стоит файл",
    errno.EEXIST: "на этом месте уже есть файл или папка",
    errno.EISDIR: "на месте файла стоит папка",
}


def system_fault(error: OSError) -> str:
    """Why the system could not read or write, in Russian where the fault is a usual one."""
    return SYSTEM_FAULTS.get(error.errno or 0, error.strerror or str(error))
