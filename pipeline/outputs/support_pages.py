"""What the report on support says of each municipality: a page with its figures, its schools, what needs attention.

What nobody has reported is named once, in one sentence; a page never consists of blanks.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from pipeline.document_texts import TEXTS, DocumentTexts
from pipeline.dynamics import CAUSE_WORDS, CHANGE_WORDS
from pipeline.errors import ConfigError
from pipeline.outputs.support_charts import LISTED_CHANGES
from pipeline.outputs.support_result_sheets import PROGRAMME_WORDS
from pipeline.register import alphabetical
from pipeline.russian import number
from pipeline.schema import records
from pipeline.support_words import STATUS_WORDS
from pipeline.tables.effect import DYNAMICS, EFFECT_SCHOOLS, EFFECT_SUMMARY
from pipeline.tables.programmes import PROGRAMMES
from pipeline.tables.reference import SCHOOLS
from pipeline.tables.support import (
    ROADMAP_STATUS,
    SCHOOL_SUPPORT,
    SUPPORT_MONITORING,
    SUPPORT_RETURNS,
    SUPPORTED_SCHOOLS,
)

Row = dict[str, Any]
NO_FIGURE = "—"
UNPLANNED = ("not_applicable", "no_plan")
LEFT_CHANGES = ("left", "left_for_good")
LISTED, PROGRAMME, PLAN = "Школ перечня", "С программой", "Мер с планом выполнено"
EFFECT_WORDS: Mapping[str, str] = {
    "better": "меньше ожидаемого",
    "worse": "больше ожидаемого",
    "not_established": "различие не установлено",
    "not_judged": "вывода нет",
}


@dataclass(frozen=True)
class Indicator:
    """A measure of the roadmap that is shown as a figure of a municipality.

    Args:
        measure_number: its number.
        title: what the figure is called, Russian.
    """

    measure_number: int
    title: str


@dataclass(frozen=True)
class Place:
    """A municipality in the report.

    Args:
        municipality_id, name: which one it is.
        told: whether it has listed schools, whether its form came, what nobody has reported: sentences.
        school_count: its schools on the newest list.
        figures: what is known, title -> text, in the order of the page.
        programmes: how many have a programme: «3 из 4»; empty where nobody can tell.
        effect: in two words, whether results differ from those expected; empty where nothing was compared.
        left_count: how many left the list with the newest one; None where no list is known.
        attention: planned measures that are late or overdue.
        schools: its schools of the lists that the period serves.
        moved: its schools that came to the newest list or left it.
        results: its schools a year after their list.
    """

    municipality_id: str
    name: str
    told: list[str]
    school_count: int
    figures: Mapping[str, str]
    programmes: str
    effect: str
    left_count: int | None
    attention: list[Row]
    schools: list[Row]
    moved: list[Row]
    results: list[Row]


def indicators(texts: DocumentTexts, roadmap: pd.DataFrame) -> list[Indicator]:
    """The figures of a municipality, of those that the region's roadmap has.

    Args:
        texts: words of the documents.
        roadmap: `ROADMAP_STATUS`.

    Raises:
        ConfigError: a line of the configuration is not «number | unit | title».
    """
    units = dict(zip(roadmap["measure_number"], roadmap["unit_text"], strict=True))
    found = []
    for (
        line,
        *_,
    ) in texts.points("support_report", "indicators"):
        parts = [part.strip() for part in line.split("|")]
        if len(parts) != 3 or not parts[0].isdigit() or not parts[2]:
            raise ConfigError(
                f"Показатель муниципалитета записан с ошибкой: «{line}»",
                where=f"{TEXTS}, [support_report] indicators",
                remedy="нужно «номер меры | единица | название», например «24 | консультаций | Консультаций»",
            )
        # A roadmap of another year has other measures under the same numbers; the unit tells them apart.
        if units.get(int(parts[0])) == parts[1]:
            found.append(Indicator(int(parts[0]), parts[2]))
    return found


def places(tables: Mapping[str, pd.DataFrame], shown: Sequence[Indicator]) -> list[Place]:
    """Every municipality of the plan year, by name.

    Args:
        tables: the tables of the support by name.
        shown: the figures taken from measures.
    """
    pages = _Pages(tables, shown)
    names = tables[SUPPORT_MONITORING.name][["municipality_id", "municipality_name"]].drop_duplicates()
    pairs = [(row["municipality_id"], row["municipality_name"]) for row in records(names)]
    return [pages.place(code, name) for code, name in sorted(pairs, key=lambda pair: (alphabetical(pair[1]), pair[0]))]


def newest(frame: pd.DataFrame, name: str) -> pd.DataFrame:
    """The rows of the newest year; none where there are none."""
    found: pd.DataFrame = frame[frame[name] == frame[name].max()]
    return found


def left_schools(dynamics: pd.DataFrame) -> frozenset[str]:
    """The schools that stood on the list before the newest and are not on it."""
    last = newest(dynamics, "year")
    if last.empty:
        return frozenset()
    before = dynamics[dynamics["year"] == last["year"].iloc[0] - 1]
    listed = set(before.loc[before["change_code"].isin(LISTED_CHANGES), "school_id"])
    return frozenset(last.loc[last["change_code"].isin(LEFT_CHANGES), "school_id"]) & listed


def real_lists(supported: pd.DataFrame) -> pd.DataFrame:
    """One row per list and school with the year of the list that is really meant: a stand-in is the older list."""
    is_own = supported["is_signed"].astype(bool)
    year = supported["list_year"].where(is_own, supported["stand_in_year"]).astype("int64")
    return supported.assign(real_year=year).drop_duplicates(["real_year", "school_id"])


class _Pages:
    """The tables, split by municipality once."""

    def __init__(self, tables: Mapping[str, pd.DataFrame], shown: Sequence[Indicator]) -> None:
        self.shown = shown
        self.monitoring = _split(tables[SUPPORT_MONITORING.name].sort_values("measure_number"))
        self.supported = _split(real_lists(tables[SUPPORTED_SCHOOLS.name]))
        self.support = _split(tables[SCHOOL_SUPPORT.name], "school_id")
        self.programmes = _split(tables[PROGRAMMES.name])
        returns = tables[SUPPORT_RETURNS.name]
        self.returns = _split(returns[returns["provider_code"] == "municipality"])
        roadmap = tables[ROADMAP_STATUS.name]
        self.titles = dict(zip(roadmap["measure_number"], roadmap["measure_text"], strict=True))
        summary = newest(tables[EFFECT_SUMMARY.name], "list_year")
        own = summary[(summary["scope_code"] == "municipality") & (summary["estimator_code"] == "forecast")]
        self.effects = {row["scope_id"]: row for row in records(own)}
        homes = dict(zip(tables[SCHOOLS.name]["school_id"], tables[SCHOOLS.name]["municipality_id"], strict=True))
        dynamics = tables[DYNAMICS.name]
        self.left = left_schools(dynamics)
        # The tables of lists name municipalities as they were called then: the register knows where a school is.
        last = newest(dynamics, "year")
        self.last_year = None if last.empty else int(last["year"].iloc[0])
        self.moves = _split(last.assign(municipality_id=last["school_id"].map(homes)))
        self.results = _split(newest(tables[EFFECT_SCHOOLS.name], "list_year"))

    def place(self, code: str, name: str) -> Place:
        """What is said of one municipality."""
        own = {row["measure_number"]: row for row in self.monitoring.get(code, [])}
        planned = [row for row in own.values() if row["status_code"] not in UNPLANNED]
        schools = self.supported.get(code, [])
        found = self._figures(code, own, planned)
        last = max((row["real_year"] for row in schools), default=0)
        return Place(
            municipality_id=code,
            name=name,
            told=self._told(code, own, planned, [title for title, text in found.items() if text is None]),
            school_count=sum(row["real_year"] == last for row in schools),
            figures={title: text for title, text in found.items() if text is not None},
            programmes=_programmes(self.programmes.get(code, [])),
            effect=EFFECT_WORDS[self.effects[code]["conclusion_code"]] if code in self.effects else "",
            left_count=self._left_count(code),
            attention=[self._measure(row) for row in planned if row["status_code"] in ("late", "overdue")],
            schools=self._schools(code, schools),
            moved=[
                {
                    "school": row["school_name"],
                    "change": CHANGE_WORDS[row["change_code"]],
                    "cause": CAUSE_WORDS.get(row["cause_code"] or "", NO_FIGURE),
                }
                for row in _by_name(self.moves.get(code, []))
                if row["change_code"] not in ("stayed", "first_known")
            ],
            results=[
                {"school": row["school_name"], "conclusion": row["conclusion_text"]}
                for row in _by_name(self.results.get(code, []))
            ],
        )

    def _told(self, code: str, own: Mapping[int, Row], planned: list[Row], missing: list[str]) -> list[str]:
        """Sentences above the figures; what is not known is said once."""
        told = []
        if code not in self.supported:
            told.append("Школ перечня нет: муниципалитет отвечает за меры, которые касаются всех.")
        returns = self.returns.get(code, [])
        if returns:
            told.append("Форма возвращена." if returns[0]["is_returned"] else "Форма не возвращена.")
        if not any(row["is_reported"] for row in own.values() if row["status_code"] != "not_applicable"):
            return [*told, "Нет данных: о поддержке никто не сообщил."]
        if missing:
            told.append(f"Нет данных по показателям: {', '.join(f'«{title}»' for title in missing)}.")
        unknown = [str(row["measure_number"]) for row in planned if row["status_code"] == "no_data"]
        if unknown:
            told.append(f"Нет данных о выполнении мер № {', '.join(unknown)}.")
        return told

    def _figures(self, code: str, own: Mapping[int, Row], planned: list[Row]) -> dict[str, str | None]:
        """The figures in the order of the page; None: nobody has reported it."""
        found: dict[str, str | None] = {}
        schools = self.supported.get(code, [])
        if schools:
            found[LISTED] = _listed(schools)
            programmes = self.programmes.get(code, [])
            if told := _programmes(programmes):
                found[f"{PROGRAMME} ({_list_words(programmes)})"] = told
        for one in self.shown:
            row = own.get(one.measure_number)
            if row is not None and row["status_code"] != "not_applicable":
                is_known = row["is_reported"] and row["fact_value"] is not None
                found[one.title] = number(row["fact_value"]) if is_known else None
        if planned:
            done = sum(row["status_code"] == "done" for row in planned)
            is_known = any(row["status_code"] != "no_data" for row in planned)
            found[PLAN] = f"{done} из {len(planned)}" if is_known else None
        effect = self.effects.get(code)
        if effect is not None:
            title = f"Низких результатов против ожидаемого (перечень {effect['list_year']} года)"
            found[title] = effect["conclusion_text"]
        left_count = self._left_count(code)
        if left_count is not None:
            found[f"Вышло из перечня в {self.last_year} году"] = number(left_count)
        return found

    def _left_count(self, code: str) -> int | None:
        """How many of its schools left with the newest list; None where neither list has one of it."""
        moves = self.moves.get(code)
        return None if moves is None else sum(row["school_id"] in self.left for row in moves)

    def _measure(self, row: Row) -> Row:
        """A measure that needs attention."""
        return {
            "number": row["measure_number"],
            "title": self.titles[row["measure_number"]],
            "due": f"{row['due_date']:%d.%m.%Y}",
            "state": STATUS_WORDS[row["status_code"]],
            "remark": row["remark_text"],
        }

    def _schools(self, code: str, schools: list[Row]) -> list[Row]:
        """The listed schools: on which lists, the programme, which measures have reached them."""
        programmes = {row["school_id"]: row for row in self.programmes.get(code, [])}
        years: dict[str, list[int]] = {}
        for row in schools:
            years.setdefault(row["school_id"], []).append(row["real_year"])
        found = []
        for row in _by_name({row["school_id"]: row for row in schools}.values()):
            programme = programmes.get(row["school_id"])
            found.append(
                {
                    "school": row["school_name"],
                    "lists": ", ".join(map(str, sorted(years[row["school_id"]]))),
                    "programme": PROGRAMME_WORDS[programme["state_code"]] if programme else "не ожидается",
                    "measures": _reached(self.support.get(row["school_id"], [])),
                }
            )
        return found


def _listed(schools: list[Row]) -> str:
    """How many schools on which list: «7 (перечень 2026 года), 6 (перечень 2025 года)»."""
    years = sorted({row["real_year"] for row in schools}, reverse=True)
    return ", ".join(f"{sum(row['real_year'] == year for row in schools)} (перечень {year} года)" for year in years)


def _list_words(programmes: list[Row]) -> str:
    """Which list the programmes are for; a draft is told as such."""
    year = programmes[0]["list_year"]
    return f"перечень {year} года" if programmes[0]["is_signed"] else f"проект перечня {year} года"


def _programmes(programmes: list[Row]) -> str:
    """How many have a programme; empty where there is no register of causes to lay them beside."""
    known = [row for row in programmes if row["state_code"] != "no_register"]
    return f"{sum(row['has_programme'] for row in known)} из {len(known)}" if known else ""


def _reached(rows: list[Row]) -> str:
    """The measures that have reached a school: «№ 3, 10, 14»."""
    numbers = sorted({row["measure_number"] for row in rows if row["event_count"]})
    if numbers:
        return f"№ {', '.join(map(str, numbers))}"
    return "событий нет" if any(row["is_reported"] for row in rows) else "нет данных"


def _split(frame: pd.DataFrame, name: str = "municipality_id") -> dict[str, list[Row]]:
    """The rows by a column."""
    found: dict[str, list[Row]] = {}
    for row in records(frame):
        found.setdefault(row[name], []).append(row)
    return found


def _by_name(rows: Any) -> list[Row]:
    """The rows by name of the school."""
    return sorted(rows, key=lambda row: (alphabetical(row["school_name"]), row["school_id"]))
