"""The overview of the region and the pages of municipalities."""

from collections.abc import Iterable

from pipeline.outputs.causes import SCALE_TITLES
from pipeline.russian import chance_text, number, percent, plural, procedure_label
from pipeline.schema import records
from pipeline.site import figures
from pipeline.site.around import list_state
from pipeline.site.lookup import STATUS_WORDS as DECISION_WORDS
from pipeline.site.lookup import Lookup, Row
from pipeline.support_words import STATUS_WORDS
from pipeline.tables import causes, comparison
from pipeline.tables import support as support_tables
from pipeline.tables.decision import SELECTION


def table_rows(look: Lookup, schools: Iterable[Row]) -> list[Row]:
    """The schools as rows of a table: decision, T, S with interval, results of the year; sort keys beside words."""
    found = []
    for school in schools:
        school_id = school["school_id"]
        model = look.stability.get(school_id)
        own = [r for r in look.of("stability_years", school_id) if r["year"] == look.known.year]
        year = own[0] if own else None
        found.append(
            {
                **school,
                "chance": chance_text(model["probability"]) if model else "—",
                "chance_key": model["probability"] if model else -1,
                "index": number(round(model["index"], 2)) if model else "—",
                "index_key": model["index"] if model else -1,
                "interval": _interval(model) if model else "",
                "tested": number(year["tested_count"]) if year else "—",
                "tested_key": year["tested_count"] if year else -1,
                "low": percent(year["low_count"] / year["tested_count"]) if year else "—",
                "low_key": year["low_count"] / year["tested_count"] if year else -1,
            }
        )
    return found


def _interval(model: Row) -> str:
    return f"{number(round(model['index_lower'], 2))}–{number(round(model['index_upper'], 2))}"


def overview_values(look: Lookup, *, is_whole: bool) -> Row:
    """The first page: counts, the state of the list, exams of the region, places by T, municipalities, dependence.

    Args:
        look: what is known.
        is_whole: whether the reader sees the whole list; a founder gets no chart of places and no sum over all.
    """
    counts = dict.fromkeys(DECISION_WORDS, 0)
    for school in look.schools:
        if school["status_code"]:
            counts[school["status_code"]] += 1
    has_list = bool(look.selection)
    return {
        "has_list": has_list,
        "missing": list(look.known.missing.values()),
        "list_state": list_state(look.known) if has_list else "",
        "cards": _cards(look, counts) if has_list else [],
        "exams": _region_exams(look),
        "places_chart": _places_chart(look) if has_list and is_whole else None,
        "areas": [_area(look, place) for place in look.places.values()],
        "unconfirmed": _unconfirmed(look) if is_whole else "",
        "dependence": _dependence(look),
        "roadmap": _roadmap(look),
        "causes": _causes(look, ""),
    }


def _cards(look: Lookup, counts: dict[str, int]) -> list[Row]:
    selection = look.known.of(SELECTION)
    border = int(selection["is_in_corridor"].sum())
    return [
        {"value": number(len(look.schools)), "words": "школ в реестре года"},
        {"value": number(len(look.stability)), "words": "школ с результатами"},
        {"value": number(counts["selected"]), "words": "школ в перечне для адресной поддержки"},
        {"value": number(counts["reserve"]), "words": "в резерве"},
        {"value": number(border), "words": "у границы перечня; различие статистически не установлено"},
        {"value": number(counts["insufficient_data"]), "words": "данных недостаточно: решают эксперты"},
    ]


def _region_exams(look: Lookup) -> list[Row]:
    """Sums of the region by exam and year."""
    exams: dict[str, list[Row]] = {}
    for row in look.region_exams:
        exams.setdefault(row["procedure"], []).append(row)
    return [{"title": procedure_label(code), "rows": rows} for code, rows in exams.items()]


def _places_chart(look: Lookup) -> dict[str, object] | None:
    rows = [
        {
            "rank": row["rank"],
            "probability": row["probability"],
            "status": {"selected": "в перечне", "reserve": "резерв"}.get(row["status_code"], "остальные"),
        }
        for row in records(look.known.of(SELECTION).sort_values(["rank", "school_id"]))
        if row["rank"] is not None
    ]
    return figures.places_chart(rows, look.known.method.selection.capacity) if rows else None


def _unconfirmed(look: Lookup) -> str:
    """How many places the truth would not confirm, in one sentence."""
    selection = look.known.of(SELECTION)
    known = selection.loc[selection["status_code"] == "selected", "probability"].dropna()
    if known.empty:
        return ""
    unconfirmed = number(round(float((1 - known).sum()), 1))
    return f"Ожидаемое число мест, которые точные данные не подтвердили бы, — {unconfirmed} из {number(len(known))}."


def _dependence(look: Lookup) -> list[Row]:
    """What the list depends on: variants that were decided."""
    rows = records(look.known.of(comparison.LIST_DEPENDENCE).sort_values(["variant_number", "variant_code"]))
    return [
        {
            "title": row["title"],
            "selected": number(row["selected_count"]),
            "kept": number(row["kept_count"]),
            "left": number(row["left_count"]),
            "entered": number(row["entered_count"]),
        }
        for row in rows
        if row["outcome_code"] == "decided"
    ]


def _area(look: Lookup, place: Row) -> Row:
    """A municipality as a row of the overview."""
    schools = [s for s in look.schools if s["municipality_id"] == place["municipality_id"]]
    rows = [r for r in look.place_exams.get(place["municipality_id"], []) if r["year"] == look.known.year]
    tested, low = sum(r["tested_count"] for r in rows), sum(r["low_count"] for r in rows)
    # Of a founder: unknown where a share that it may not see stands behind it.
    known = [r["norm_count"] for r in rows if r["norm_count"] is not None]
    norm = percent(sum(known) / tested) if tested and len(known) == len(rows) else "—"
    return {
        **place,
        "school_count": len(schools),
        "listed_count": sum(s["status_code"] == "selected" for s in schools),
        "reserve_count": sum(s["status_code"] == "reserve" for s in schools),
        "tested": number(tested) if tested else "—",
        "low": percent(low / tested) if tested else "—",
        "low_key": low / tested if tested else -1,
        "norm": norm,
    }


def _roadmap(look: Lookup) -> list[Row]:
    """Measures of the roadmap with their state."""
    return [
        {
            "number": row["measure_number"],
            "title": row["measure_text"],
            "status": STATUS_WORDS[row["status_code"]],
            "due": f"{row['due_date']:%d.%m.%Y}",
            "remark": row["remark_text"],
            "is_at_risk": bool(row["is_at_risk"]),
        }
        for row in records(look.known.of(support_tables.ROADMAP_STATUS).sort_values("measure_number"))
    ]


def _causes(look: Lookup, municipality_id: str) -> list[Row]:
    """Causes met in a municipality (empty: in the region), the commonest first."""
    words = {row["cause_code"]: row["wording"] for row in records(look.known.of(causes.CAUSES))}
    frame = look.known.of(causes.CAUSE_SUMMARY)
    rows = records(frame[frame["municipality_id"] == municipality_id])
    rows.sort(key=lambda row: (-row["school_count"], row["cause_code"]))
    return [
        {
            "text": words.get(row["cause_code"], row["cause_code"]),
            "schools": plural(row["school_count"], "школа", "школы", "школ"),
            "of": number(row["surveyed_count"]),
            "scale": SCALE_TITLES.get(row["scale_code"] or "", "—"),
        }
        for row in rows
    ]


def municipality_values(look: Lookup, place: Row) -> Row:
    """The page of a municipality: its schools, results beside the region, causes, measures of the roadmap."""
    own = place["municipality_id"]
    exams: dict[str, list[Row]] = {}
    for row in look.place_exams.get(own, []):
        exams.setdefault(row["procedure"], []).append(row)
    schools = [s for s in look.schools if s["municipality_id"] == own]
    support = look.known.of(support_tables.SUPPORT_MONITORING)
    return {
        "place": place,
        "has_list": bool(look.selection),
        "area": _area(look, place),
        "listed": [s for s in schools if s["status_code"] == "selected"],
        "rows": table_rows(look, schools),
        "exams": [
            {"title": procedure_label(code), "rows": rows, "chart": figures.exam_chart(code, rows, "муниципалитет")}
            for code, rows in exams.items()
        ],
        "causes": _causes(look, own),
        "missing": _not_received(look, own),
        "support": [
            {
                "number": row["measure_number"],
                "title": look.measures.get(int(row["measure_number"]), ""),
                "plan": number(row["plan_value"]) if row["plan_value"] is not None else "—",
                "fact": number(row["fact_value"]) if row["fact_value"] is not None else "нет данных",
                "due": f"{row['due_date']:%d.%m.%Y}",
                "status": STATUS_WORDS[row["status_code"]],
                "remark": row["remark_text"],
            }
            for row in records(support[support["municipality_id"] == own].sort_values("measure_number"))
            if row["status_code"] != "not_applicable"
        ],
    }


def _not_received(look: Lookup, municipality_id: str) -> str:
    """Schools that have sent no results in the year, as the monitoring tells them."""
    summary = look.known.frames["municipality_summary"]
    rows = records(summary[summary["municipality_id"] == municipality_id])
    return str(rows[0]["missing_text"]) if rows else ""
