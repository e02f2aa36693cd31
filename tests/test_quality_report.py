"""The quality report says what was received, what failed first, and where every kind of rejected row stands."""

import re

import pandas as pd
import pytest

from pipeline.outputs import quality
from pipeline.tables import TABLES

YEAR = 2026


def checks(*rows: tuple[str, str, bool, int]) -> pd.DataFrame:
    """CHECKS with (code, severity, is passed, checked rows); the texts name the code."""
    frame = pd.DataFrame(rows, columns=["check_code", "severity", "is_passed", "checked_count"])
    code = frame["check_code"]
    texts = {f"{name}_text": word + " " + code for name, word in (("title", "Проверка"), ("threshold", "порог"))} | {
        "remedy_text": "Исправьте " + code,
        "example_text": "строка 7 " + code + "\nстрока 8 " + code,
    }
    observed = code.map({"school_coverage": "получено 341 из 350 школ"}).fillna("получено " + code)
    return TABLES["checks"].conform(frame.assign(table_name="t", failed_count=0, observed_text=observed, **texts))


FILES = TABLES["source_files"].conform(
    pd.DataFrame(
        {
            "file_id": ["raw/2026/b.csv", "raw/2026/a.xlsx"],
            "layout_id": ["gia_ege", "fisoko_marks"],
            "read_count": [1200, 21],
            "kept_count": [1193, 20],
            "rejected_count": [7, 1],
        }
    ).assign(sha256="0", receipt_year=YEAR, load_date="2026-06-20")
)
REJECTS = TABLES["rejects"].conform(
    pd.DataFrame(
        [("raw/2026/b.csv", "", n, "rus", "total_above_maximum", "Балл", str(n), False) for n in range(2, 9)]
        + [("raw/2026/a.xlsx", "Лист1", 30, "", "footer_row", "", None, True)],
        columns=[
            "file_id",
            "sheet_name",
            "row_number",
            "block_name",
            "reason_code",
            "column_name",
            "value_text",
            "is_service",
        ],
    ).assign(stage_name="read")
)
MIXED = checks(
    ("passed_one", "warning", True, 5),
    ("empty_one", "critical", True, 0),
    ("warning_one", "warning", False, 5),
    ("critical_one", "critical", False, 5),
    ("school_coverage", "warning", True, 350),
)


def page(checks=MIXED, rejects=REJECTS, files=FILES, **more) -> str:
    return quality.render(checks, rejects, files, year=YEAR, **more)


def text_of(html: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html.split("</style>")[1])).replace("\u00a0", " ")


def test_the_verdict_and_the_coverage_come_first_and_failed_checks_before_passed_ones():
    text = text_of(page())
    order = [
        "Не пройдено обязательных проверок: 1, предупреждений: 1",
        "Получено 341 из 350 школ",
        "2 файла; принято 1 213 из 1 221 строки",
        "Результаты не опубликованы",
        "✗ ошибка Проверка critical_one Что сделать: Исправьте critical_one",
        "! внимание Проверка warning_one",
        "✓ пройдена Проверка passed_one",
        "нет данных Проверка empty_one",
    ]
    found = [text.index(words) for words in order]
    assert found == sorted(found)


def test_what_is_asked_about_conditions_comes_after_what_is_asked_about_results():
    conditions = MIXED[MIXED["check_code"] == "warning_one"].assign(
        check_code="about_conditions", table_name="context_schools", title_text="Проверка условий"
    )
    results = conditions.assign(check_code="about_results", table_name="totals", title_text="Проверка итогов")
    text = text_of(page(pd.concat([conditions, results, MIXED], ignore_index=True)))
    assert text.index("Проверка warning_one") < text.index("Проверка итогов") < text.index("Проверка условий")
    assert text.index("Проверка условий") < text.index("Проверка passed_one")


def test_files_and_rejected_rows_are_told_with_their_places():
    text = text_of(page(layouts={"fisoko_marks": "Статистика по отметкам"}))
    assert "raw/2026/a.xlsx Статистика по отметкам 20.06.2026 21 20 1 0" in text
    assert "raw/2026/b.csv gia_ege 20.06.2026 1 200 1 193 0 7" in text
    assert "Балл выше максимального raw/2026/b.csv, строка 2, русский язык, столбец Балл: 2" in text
    assert "строка 6, русский язык, столбец Балл: 6 и ещё 2 7 1" in text
    assert "строка 7, русский" not in text
    faults, service = text.split("Служебные строки")
    assert "Итоговая строка" in service
    assert "Итоговая строка" not in faults


@pytest.mark.parametrize(
    ("passed", "verdict"),
    [
        ({"critical": True, "warning": True}, "Все проверки пройдены"),
        ({"critical": True, "warning": False}, "Обязательные проверки пройдены, предупреждений: 1"),
        ({"critical": False, "warning": True}, "Не пройдено обязательных проверок: 1, предупреждений: 0"),
    ],
)
def test_the_verdict_follows_the_worst_failed_check(passed, verdict):
    told = checks(*((severity, severity, is_passed, 5) for severity, is_passed in passed.items()))
    text = text_of(page(told))
    assert verdict in text
    assert ("не опубликованы" in text) == (not passed["critical"])


def test_an_empty_year_has_a_report():
    text = text_of(page(MIXED, TABLES["rejects"].empty(), TABLES["source_files"].empty()))
    assert "Файлов не получено" in text
    assert "Отклонённых строк нет" in text


def test_the_page_needs_no_network_and_trusts_no_text():
    evil = REJECTS.assign(value_text="<script>alert(1)</script>", sheet_name="<b>")
    html = page(MIXED.assign(example_text="<img alt=x>"), evil, region_name="<i>Область</i>")
    assert not re.search(r"https?:|<script|<img|<b>(?!Что)|<i>|src=|@import|url\(", html)
    assert "&lt;script&gt;" in html


def test_a_made_up_region_says_so():
    assert "ДЕМО" in page(is_demo=True)
    assert "ДЕМО" not in page()


def test_the_report_does_not_depend_on_the_order_of_rows():
    assert page(MIXED.iloc[::-1], REJECTS.iloc[::-1], FILES.iloc[::-1]) == page()


def test_the_terminal_gets_the_verdict_and_only_what_failed():
    assert quality.summary(MIXED, FILES, year=YEAR).replace("\u00a0", " ").split("\n") == [
        "Проверка данных за 2026 год: не пройдено обязательных проверок: 1, предупреждений: 1",
        "получено 341 из 350 школ; 2 файла; принято 1 213 из 1 221 строки",
        "  ОШИБКА: Проверка critical_one — получено critical_one (порог: порог critical_one)",
        "    например: строка 7 critical_one",
        "  внимание: Проверка warning_one — получено warning_one (порог: порог warning_one)",
        "    например: строка 7 warning_one",
    ]


def test_a_failed_check_without_rows_has_no_example_in_the_terminal():
    assert "например" not in quality.summary(MIXED.assign(example_text=""), FILES, year=YEAR)
