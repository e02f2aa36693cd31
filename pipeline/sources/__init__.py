"""One module per family of files; `SOURCES` is the registry, `read_file` reads any received file.

A file is recognised by the header of its sheets, never by its name. A sheet that fits nothing beside others that do is
told as unread; a file in which nothing fits is refused with the nearest layout and what differs.
"""

from pathlib import Path

from pipeline.errors import SourceError, UnknownLayoutError
from pipeline.sources import canonical, context_form, fisoko, fisoko_individual, gia, pupils, vpr, workbook
from pipeline.sources.grid import PARQUET_SUFFIXES, Sheet, SourceFile, is_blank, open_sheets
from pipeline.sources.heavy import (
    PARQUET_FAULTS,
    refuse_heavy_file,
    refuse_heavy_parquet,
    refuse_long_texts,
    refuse_odd_columns,
)
from pipeline.sources.reading import (
    Account,
    Layout,
    ParquetLayout,
    Reading,
    ReadingContext,
    head_of,
    header_index_of,
    recognise,
)

SOURCES: tuple[Layout, ...] = (
    *fisoko.LAYOUTS,
    *vpr.LAYOUTS,
    *gia.LAYOUTS,
    *canonical.LAYOUTS,
)
PARQUET_SOURCES: tuple[ParquetLayout, ...] = (*pupils.PARQUET_LAYOUTS, *canonical.PARQUET_LAYOUTS)
# Files of these layouts have a row per pupil: they are deleted when their term ends (`pipeline.forgetting`).
PUPIL_LAYOUTS = frozenset(
    (
        *(layout.layout_id for layout in (*vpr.LAYOUTS, *gia.LAYOUTS, fisoko_individual.INDIVIDUAL)),
        *(layout.layout_id for layout in pupils.PARQUET_LAYOUTS),
    )
)


def layouts_of(root: Path | None) -> tuple[Layout, ...]:
    """Every layout that can be read in a region: the built-in ones and the declarative ones of the package and DIR."""
    return (*SOURCES, *workbook.layouts(root), *context_form.layouts(root))


def read_file(context: ReadingContext, layouts: tuple[Layout, ...]) -> Reading:
    """The reading of one received file; its account of rows balances, or a `SourceError` says why nothing was read."""
    account = Account(context.file)
    if context.file.path.suffix.lower() in PARQUET_SUFFIXES:
        _read_parquet(context, account)
        return account.close()
    sheets = [sheet for sheet in open_sheets(context.file) if any(not is_blank(row) for row in sheet.rows)]
    recognised = [(sheet, chosen) for sheet in sheets if (chosen := choose_layout(sheet, layouts)) is not None]
    if not recognised:
        raise _unknown(context.file, sheets, layouts)
    for sheet, (layout, header_index) in recognised:
        account.layout_ids.append(layout.layout_id)
        layout.read(sheet, header_index, context, account)
    read_names = {sheet.name for sheet, _ in recognised}
    for sheet in sheets:
        if sheet.name not in read_names:
            _set_aside(sheet, account)
    return account.close()


def choose_layout(sheet: Sheet, layouts: tuple[Layout, ...]) -> tuple[Layout, int] | None:
    """The layout that a sheet fits wholly, the most demanding one where several do, and its header row; else None."""
    head = head_of(sheet)
    fits = [(layout, i) for layout in layouts if (i := header_index_of(head, layout.fingerprint)) is not None]
    return max(fits, key=lambda fit: (fit[0].fingerprint.demand_count, fit[0].layout_id), default=None)


def _set_aside(sheet: Sheet, account: Account) -> None:
    """Account for a sheet of a known workbook that no layout describes: its rows are told, not lost."""
    rows = [number for number, row in enumerate(sheet.rows, start=1) if not is_blank(row)]
    account.announce(len(rows))
    for number in rows:
        account.reject(sheet.name, number, "unknown_sheet")


def _unknown(file: SourceFile, sheets: list[Sheet], layouts: tuple[Layout, ...]) -> UnknownLayoutError:
    """The error that names the nearest layout and what differs."""
    candidates = [
        (found.share, layout.title, sheet.name, found.missing)
        for sheet in sheets
        for head in (head_of(sheet),)
        for layout in layouts
        if (found := recognise(head, layout.fingerprint)).share > 0
    ]
    remedy = (
        "опишите файл макетом (черновик: «shnro layout draft ФАЙЛ», образец в docs/layouts.md) "
        "или уберите его из raw/ в папку, имя которой начинается с «_»"
    )
    if not candidates:
        return UnknownLayoutError("Ни один известный макет не похож на этот файл", where=file.file_id, remedy=remedy)
    share, title, sheet_name, missing = max(candidates, key=lambda c: (c[0], c[1]))
    place = f"{file.file_id}, лист «{sheet_name}»" if sheet_name else file.file_id
    return UnknownLayoutError(
        f"Макет файла неизвестен; ближайший — «{title}» (совпало {share:.0%}), не найдено: {'; '.join(missing)}",
        where=place,
        remedy=remedy,
    )


def _read_parquet(context: ReadingContext, account: Account) -> None:
    """Read a Parquet file by the columns that it has."""
    import pyarrow.parquet as pq

    file = context.file
    refuse_heavy_file(file)
    damaged = SourceError("Файл Parquet повреждён", where=file.file_id, remedy="запросите файл заново")
    try:
        found = pq.ParquetFile(file.path)
        refuse_heavy_parquet(file, found)
    except PARQUET_FAULTS as error:
        raise damaged from error
    names = set(found.schema_arrow.names)
    fits = [layout for layout in PARQUET_SOURCES if set(layout.required_columns) <= names]
    if not fits:
        nearest = max(PARQUET_SOURCES, key=lambda layout: len(names & set(layout.required_columns)))
        lacking = ", ".join(column for column in nearest.required_columns if column not in names)
        raise UnknownLayoutError(
            f"Макет файла неизвестен; ближайший — «{nearest.title}», не найдено столбцов: {lacking}",
            where=file.file_id,
            remedy="переименуйте столбцы или уберите файл из raw/ в папку, имя которой начинается с «_»",
        )
    layout = max(fits, key=lambda fit: len(fit.required_columns))
    columns = [name for name in (*layout.required_columns, *layout.optional_columns) if name in names]
    refuse_odd_columns(file, found.schema_arrow, columns)
    try:
        # Other columns may name pupils: they are not even read. Texts stay packed, each distinct one once.
        data = pq.read_table(file.path, columns=columns, read_dictionary=columns)
        data.validate(full=True)
    except PARQUET_FAULTS as error:
        raise damaged from error
    refuse_long_texts(file, data)
    account.layout_ids.append(layout.layout_id)
    layout.read(data, context, account)
