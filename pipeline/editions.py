"""`shnro compare`: the list of a year under several editions of the method, from what was published for that year.

Nothing is read or recognised anew: the facts are those of the published identification, and each edition decides on
them through `deciding`, as the list itself was decided.
"""

from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from pipeline import deciding, methodology
from pipeline.deciding import Case
from pipeline.errors import ConfigError, PipelineError
from pipeline.methodology import Methodology
from pipeline.outputs import comparison, table_file
from pipeline.region import DEMO_NOTICE
from pipeline.register import municipality_names
from pipeline.store import Published
from pipeline.tables.comparison import EDITION_LISTS
from pipeline.tables.decision import SELECTION
from pipeline.tables.reference import MUNICIPALITIES


def compare_published(root: Path, year: int, names: str, capacity: int | None, output: Path | None) -> str:
    """The comparison as Russian text; the table is written where `output` says.

    Args:
        root: the region's folder.
        year: year of decision; it must be published.
        names: editions, parted by commas; the others are compared with the first.
        capacity: places of each list; None: as many as the published list had.
        output: file for the table `edition_lists`.

    Raises:
        ConfigError: fewer than two editions, one named twice, a file of an unknown kind.
        MethodologyError: an edition is unknown.
        StoreError: nothing is published, or the file cannot be written.
        PipelineError: an edition cannot decide on these facts.
    """
    if output is not None:
        table_file.check_name(output)
    editions = _named(names, root)
    published = Published(root, "identification", year)
    places = int(published.manifest["capacity"]) if capacity is None else capacity
    methods = tuple(methodology.load(edition, root).with_capacity(places) for edition in editions)
    case = deciding.make_case(year, *(published.read(table) for table in deciding.CASE_TABLES))
    lists = edition_lists(case, methods, published.read(MUNICIPALITIES))
    notices = [DEMO_NOTICE] if published.manifest["is_demo"] else []
    notices.append(_published_notice(published, editions, places, lists))
    notices += _doubt_notices(published, methods)
    titles = {method.edition: method.title for method in methods}
    told = [*notices, comparison.render(lists, titles, year, places)]
    if output is not None:
        table_file.write_table(EDITION_LISTS, lists, output)
        told.append(f"Таблица записана: {output}")
    return "\n".join(told)


def edition_lists(case: Case, methods: tuple[Methodology, ...], municipalities: pd.DataFrame) -> pd.DataFrame:
    """One row per school selected under at least one of the editions, and edition (`EDITION_LISTS`).

    Args:
        case: the facts.
        methods: the editions.
        municipalities: names with years of validity (`MUNICIPALITIES`).

    Raises:
        PipelineError: an edition cannot decide on these facts; the message names it.
    """
    chosen = pd.concat([_decided(case, method).assign(edition=method.edition) for method in methods])
    chosen = chosen.assign(is_selected=chosen["status_code"] == "selected")
    ever = chosen.loc[chosen["is_selected"], "school_id"]
    rows = chosen[chosen["school_id"].isin(ever)]
    names = municipality_names(municipalities, case.year)
    placed = rows.assign(municipality_name=[names.get(str(code), str(code)) for code in rows["municipality_id"]])
    table = EDITION_LISTS.typed(placed[list(EDITION_LISTS.column_names)])
    return table.sort_values(list(EDITION_LISTS.key), ignore_index=True)


def _decided(case: Case, method: Methodology) -> pd.DataFrame:
    """The whole decision under an edition (`SELECTION`)."""
    try:
        return deciding.choose(case, method, deciding.fit(case, method).table)
    except PipelineError as error:
        raise PipelineError(
            f"По редакции «{method.edition}» перечень составить нельзя: {error.what}",
            where=error.where,
            remedy="сравните без этой редакции",
        ) from error


def _named(names: str, root: Path) -> tuple[str, ...]:
    """The editions that the operator names, in that order."""
    found = tuple(name.strip() for name in names.split(",") if name.strip())
    repeated = sorted({name for name in found if found.count(name) > 1})
    if repeated:
        raise ConfigError(
            f"Редакция названа дважды: {', '.join(repeated)}",
            where="параметр --editions",
            remedy="назовите каждую редакцию один раз",
        )
    if len(found) < 2:
        raise ConfigError(
            "Для сравнения нужны хотя бы две редакции",
            where="параметр --editions",
            remedy=f"перечислите их через запятую; имеются: {', '.join(methodology.editions(root))}",
        )
    return found


def _published_notice(published: Published, editions: tuple[str, ...], places: int, lists: pd.DataFrame) -> str:
    """Which edition the published list was made by, and whether that edition still gives the same list."""
    edition, capacity = str(published.manifest["edition"]), int(published.manifest["capacity"])
    told = f"Опубликованный перечень составлен по редакции «{edition}», мест: {capacity}"
    now = lists[lists["is_selected"] & (lists["edition"] == edition)]
    if edition not in editions or places != capacity:
        return f"{told}; в сравнении его нет."
    selection = published.read(SELECTION)
    if set(now["school_id"]) == set(selection.loc[selection["status_code"] == "selected", "school_id"]):
        return f"{told}; в сравнении он тот же."
    return (
        f"ВНИМАНИЕ. {told}, но теперь та же редакция даёт другой перечень: с тех пор изменились методика или "
        "программа. Повторите расчёт: shnro identify."
    )


def _doubt_notices(published: Published, methods: tuple[Methodology, ...]) -> Iterator[str]:
    """Which editions would judge the objectivity of ВПР by other numbers than those of the published doubts."""
    judged = published.manifest["parameters"]
    for method in methods:
        numbers = {f"{p.section}.{p.name}": p.value for p in method.parameters if p.section == "objectivity"}
        if any(judged.get(name) != value for name, value in numbers.items()):
            yield (
                "ВНИМАНИЕ. Сомнения в объективности ВПР взяты из опубликованного расчёта, а у редакции "
                f"«{method.edition}» числа раздела objectivity другие: чтобы судить по ним, нужен расчёт "
                f"shnro identify --edition {method.edition}."
            )
