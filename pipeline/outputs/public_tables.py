"""The public tables of a year: results of the region and of municipalities without small numbers, as workbook and CSV.

Schools are not listed: results of ВПР serve support, not the comparison of schools (method, section 1).
"""

import csv
import io
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from pipeline.formula_guard import guarded
from pipeline.methodology.rules import DisclosureRules
from pipeline.outputs.sheets import Book, Field, Sheet, render
from pipeline.russian import percent, procedure_label, subject_label
from pipeline.schema import records
from pipeline.tables.disclosed import ALL_GRADES

WORKBOOK_NAME = "public/Результаты по муниципалитетам.xlsx"
CSV_NAME = "public/Результаты по муниципалитетам.csv"
HIDDEN_TEXT = "скрыто"
REGION_TEXT = "Регион в целом"
FIELDS = (
    Field("year", "Год", 7),
    Field("procedure", "Процедура", 16),
    Field("subject", "Предмет", 38),
    Field("place", "Муниципальное образование", 42),
    Field("grade", "Класс", 13),
    Field("tested", "Участников", 13, "#,##0"),
    Field("low", "Из них с низким результатом", 16, "#,##0"),
    Field("share", "Доля низких результатов, %", 19, "0.0"),
)


def render_workbook(
    public: pd.DataFrame, names: Mapping[str, str], rules: DisclosureRules, *, region_name: str, year: int, notice: str
) -> bytes:
    """The bytes of an .xlsx file: how to read it, the region, the municipalities.

    Args:
        public: `PUBLIC_RESULTS`.
        names: municipality_id -> name.
        rules: told to the reader.
        region_name: printed above every sheet.
        year: newest year of the results.
        notice: what every reader has to see first, Russian; empty for a real region.
    """
    rows = _rows(public, names, rules)
    region = [row for row in rows if row["level"] == "region"]
    municipalities = [row for row in rows if row["level"] == "municipality"]
    sheets = [
        Sheet("Регион", "Результаты по региону", [f for f in FIELDS if f.name != "place"], region),
        Sheet(
            "Муниципалитеты", "Результаты по муниципалитетам", [f for f in FIELDS if f.name != "grade"], municipalities
        ),
    ]
    subtitle = f"{region_name}, {year} год. {notice}".rstrip()
    title = "Результаты оценочных процедур: открытые сведения"
    return render(Book(title, subtitle, notice, sheets, is_internal=False, guide=_guide(rules)))


def render_csv(public: pd.DataFrame, names: Mapping[str, str], rules: DisclosureRules, *, notice: str) -> bytes:
    """The same rows as a Russian Excel opens them: semicolons, decimal commas, a mark of UTF-8, no formulas."""
    stream = io.StringIO()
    writer = csv.writer(stream, delimiter=";", lineterminator="\r\n")
    if notice:
        writer.writerow([notice])
    writer.writerow([shown.title for shown in FIELDS])
    for row in _rows(public, names, rules):
        writer.writerow([_cell(row[shown.name]) for shown in FIELDS])
    return stream.getvalue().encode("utf-8-sig")


def _cell(value: Any) -> str:
    """A value as a cell of the CSV; text that a spreadsheet would take for a formula is shown as text."""
    if isinstance(value, float):
        return f"{value:.1f}".replace(".", ",")
    return guarded(value) if isinstance(value, str) else str(value)


def _guide(rules: DisclosureRules) -> Sequence[str]:
    """What the reader must know before the first number."""
    least = rules.min_shown_count
    return (
        "Низкий результат — отметка «2» (ВПР, ОГЭ, базовая математика ЕГЭ), балл ниже минимального (ЕГЭ) или "
        "результат ниже установленного уровня региональной работы. Отсутствовавшие в число участников не входят.",
        "Сведения не предназначены для сравнения муниципалитетов между собой: доля зависит от состава учеников и от "
        "случая, особенно при малом числе участников. Муниципалитеты стоят по алфавиту.",
        f"«Менее {least}» — участников меньше {least}; другие числа этой строки не показаны.",
        f"«Менее … %», «более … %» — учеников с низким результатом (или, наоборот, остальных) меньше {least}: "
        "показана только граница доли, она зависит лишь от числа участников.",
        f"«Мало участников» — участников от {least} до {2 * least - 1}: доля в такой малой группе не показана, "
        "какой бы она ни была.",
        f"«{HIDDEN_TEXT.capitalize()}» — показать это число значило бы дать вычислить чужое, скрытое по малости.",
        "Итогов по нескольким предметам нет: ученик вошёл бы в них несколько раз. По классам показан регион в целом.",
    )


def _rows(public: pd.DataFrame, names: Mapping[str, str], rules: DisclosureRules) -> list[dict[str, Any]]:
    """The region and the municipalities as they are read: newest year first, places by their names."""
    told = [
        {
            "level": row["level_code"],
            "year": row["year"],
            "procedure": procedure_label(row["procedure"]),
            "subject": subject_label(row["subject"]),
            "place": names.get(row["place_id"], REGION_TEXT),
            "grade": "все классы" if row["grade"] == ALL_GRADES else row["grade"],
            **_figures(row, rules),
        }
        for row in records(public[public["level_code"] != "school"])
    ]
    return sorted(
        told, key=lambda row: (-row["year"], row["procedure"], row["subject"], row["level"] != "region", row["place"])
    )


def _figures(row: Mapping[str, Any], rules: DisclosureRules) -> dict[str, Any]:
    """Three cells: numbers where they are shown, the word for why they are not."""
    is_small = row["tested_state_code"] == "small"
    tested = row["tested_count"] or (f"менее {rules.min_shown_count}" if is_small else HIDDEN_TEXT)
    if row["low_state_code"] == "shown":
        return {"tested": tested, "low": row["low_count"], "share": round(100 * row["low_share"], 1)}
    border = row["below_share"] if row["above_share"] is None else row["above_share"]
    share = {
        "below": f"менее {percent(border or 0)}",
        "above": f"более {percent(border or 0)}",
        "few": "мало участников",
        "hidden": HIDDEN_TEXT,
    }[row["low_state_code"]]
    return {"tested": tested, "low": HIDDEN_TEXT, "share": share}
