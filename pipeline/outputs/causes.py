"""What the commands about causes say at their end: which forms were made, what was found, what is still missing."""

import textwrap

import pandas as pd

from pipeline.russian import number, plural

SHOWN_SCHOOLS = 10
SHOWN_FILES = 10
SHOWN_CHARACTERS = 300
SHOWN_CAUSES = 5
STATUS_TITLES = {
    "fact": "подтверждены данными",
    "hypothesis": "предположения по анкетам, их проверяет комиссия",
    "small_sample": "названы одним руководителем",
}
# What somebody has to act on comes first; the rest is for information.
STATES_SHOWN = (
    "unreadable", "foreign", "unknown_school", "empty", "partial", "superseded", "counted", "duplicate", "not_surveyed",
)  # fmt: skip
SCALE_TITLES = {"systemic": "системная", "mass": "массовая", "local": "отдельные школы"}


def forms_summary(surveyed: pd.DataFrame, written: int, kept: int, folder: str, year: int) -> str:
    """How many questionnaires were written for whom, and what to do with them.

    Args:
        surveyed: `SURVEYED_SCHOOLS`.
        written: files written.
        kept: filled files that were found and left alone.
        folder: the region's folder as it can be pasted into a command.
        year: year of decision.
    """
    of_what = "по подписанному перечню" if surveyed["is_signed"].all() else "по проекту перечня (не подписан)"
    lines = [
        f"Анкеты готовы: {plural(written, 'файл', 'файла', 'файлов')}, "
        f"{plural(len(surveyed), 'школа', 'школы', 'школ')} {of_what}. Папка: {folder}/forms/{year}/survey"
    ]
    if kept:
        lines.append(f"Уже заполненные файлы оставлены как есть: {number(kept)}.")
    lines.append(
        f"Заполненные анкеты положите в {folder}/raw/{year}/survey, "
        f"затем: shnro causes build --data {folder} --year {year}"
    )
    return "\n".join(lines)


def terminal_summary(register: pd.DataFrame, remarks: pd.DataFrame, files: pd.DataFrame) -> str:
    """A few Russian lines: causes by status, the commonest ones, files with remarks, what is missing school by school.

    Args:
        register: `REGISTER_OF_CAUSES`.
        remarks: `REGISTER_REMARKS`; the whole of it is published.
        files: `SURVEY_FILES`.
    """
    found = register[register["status_code"] != "not_established"]
    counts = found["status_code"].value_counts()
    lines = [f"Причин в реестре: {len(found)}"]
    lines += [f"  {title}: {int(counts.get(code, 0))}" for code, title in STATUS_TITLES.items()]
    lines += _commonest(found)
    lines += _files(files)
    lines += _missing(remarks)
    return "\n".join(lines)


def _commonest(found: pd.DataFrame) -> list[str]:
    """The causes met in most schools, with their scale."""
    if found.empty:
        return []
    counts = found.groupby("cause_code", as_index=False).agg(
        text=("cause_text", "first"), scale=("scale_code", "first"), school_count=("school_id", "size")
    )
    counts = counts.sort_values(["school_count", "cause_code"], ascending=[False, True]).head(SHOWN_CAUSES)
    rows = zip(counts["text"], counts["scale"], counts["school_count"], strict=True)
    return [
        "Чаще всего:",
        *(
            f"  {text} — {plural(count, 'школа', 'школы', 'школ')}"
            + (f", {SCALE_TITLES[scale]}" if isinstance(scale, str) else "")
            for text, scale, count in rows
        ),
    ]


def _files(files: pd.DataFrame) -> list[str]:
    """The returned files that need a look, the worst first; those of schools outside the list are only counted."""
    is_strange = files["state_code"] == "not_surveyed"
    lines = []
    if is_strange.any():
        lines.append(f"Не из перечня: {plural(int(is_strange.sum()), 'файл', 'файла', 'файлов')}, ответы отложены")
    told = files[(files["remark_text"] != "") & ~is_strange]
    told = told.sort_values("state_code", key=lambda codes: codes.map(STATES_SHOWN.index), kind="stable")
    if told.empty:
        return lines
    lines += [f"Замечания к анкетам: {plural(len(told), 'файл', 'файла', 'файлов')}"]
    lines += [
        f"  {file_id}: {textwrap.shorten(remark, SHOWN_CHARACTERS, placeholder=' …')}"
        for file_id, remark in list(zip(told["file_id"], told["remark_text"], strict=True))[:SHOWN_FILES]
    ]
    if len(told) > SHOWN_FILES:
        lines.append(f"  и ещё {len(told) - SHOWN_FILES}: все — на листе «Файлы» реестра")
    return lines


def _missing(remarks: pd.DataFrame) -> list[str]:
    """What the register lacks, schools with the most serious gaps first by municipality and name."""
    blocking = remarks[remarks["is_blocking"].astype(bool)]
    if blocking.empty:
        return ["Реестр полон: у каждой школы есть причина или отметка «не установлено», у причин — мера и срок."]
    schools = blocking.sort_values(["municipality_name", "school_name", "remark_code", "subject_code"]).groupby(
        ["municipality_name", "school_name"], sort=False
    )["remark_text"]
    lines = [f"Для полного реестра не хватает сведений: {plural(len(schools), 'школа', 'школы', 'школ')}"]
    lines += [
        f"  {place}, {name}: {textwrap.shorten('; '.join(texts), SHOWN_CHARACTERS, placeholder=' …')}"
        for (place, name), texts in list(schools)[:SHOWN_SCHOOLS]
    ]
    if len(schools) > SHOWN_SCHOOLS:
        lines.append(f"  и ещё {len(schools) - SHOWN_SCHOOLS}: все — на листе «Чего не хватает» реестра")
    return lines
