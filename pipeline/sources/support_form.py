"""Returned forms of the monitoring of support, known by their hidden sheet, and plain tables of facts in its place."""

from dataclasses import dataclass

from pipeline.errors import SourceError, UnknownLayoutError
from pipeline.sources.grid import Sheet, SourceFile, is_blank, open_sheets, text
from pipeline.sources.reading import Account, cell_at
from pipeline.sources.support_facts import FactLine, find_columns, read_lines, unread_columns
from pipeline.support_request import ID_SHEET, LEVEL_SHEETS, OWN_SHEET, SIDE_SHEETS, SupportId, parse_support_id

FORM_LAYOUT, TABLE_LAYOUT = "support_form", "support_facts"
ANSWER_SHEETS = (*LEVEL_SHEETS.values(), OWN_SHEET)


@dataclass(frozen=True)
class SupportFile:
    """What one returned file holds.

    Args:
        account: bookkeeping of its rows: the lines are announced, nobody has kept or rejected them yet.
        form_id: what its hidden sheet says; None for a plain table of facts.
        lines: the filled lines, in their order.
        remarks: what the operator should know, Russian.
    """

    account: Account
    form_id: SupportId | None
    lines: tuple[FactLine, ...]
    remarks: tuple[str, ...] = ()


def read_support_file(file: SourceFile) -> SupportFile:
    """The lines of one returned file, or a `SourceError`."""
    sheets = open_sheets(file)
    form_id = _form_id(file, sheets)
    found = [(sheet, place) for sheet in _answer_sheets(sheets, form_id) if (place := find_columns(sheet)) is not None]
    if not found:
        raise UnknownLayoutError(
            "В форме нет листа для ответов" if form_id else "Это не форма мониторинга и не таблица фактов",
            where=file.file_id,
            remedy="принимаются выданные формы (листы из них не удаляют) и таблицы со столбцами «мера», «муниципальное "
            "образование», «школа», «дата», «количество», «чем подтверждается»; остальное уберите из папки",
        )
    account = Account(file)
    account.layout_ids.append(FORM_LAYOUT if form_id else TABLE_LAYOUT)
    lines = [line for sheet, (header_index, places) in found for line in read_lines(sheet, header_index, places)]
    account.announce(len(lines))
    remarks = []
    read_names = {sheet.name for sheet, _ in found}
    if form_id is not None:
        lost = [f"«{sheet.name}»" for sheet in sheets if sheet.name in ANSWER_SHEETS and sheet.name not in read_names]
        remarks += [f"не прочитано: нет заголовков «Дата» и «Количество» на листе {', '.join(lost)}"] * bool(lost)
    else:
        unread = [title for sheet, place in found for title in unread_columns(sheet, *place)]
        remarks += [f"не прочитаны столбцы: {', '.join(unread)}"] * bool(unread)
    _set_aside(sheets, read_names, account)
    return SupportFile(account, form_id, tuple(lines), tuple(remarks))


def _form_id(file: SourceFile, sheets: tuple[Sheet, ...]) -> SupportId | None:
    """The identity of a form; None where the file has no hidden sheet, an error where it was changed."""
    sheet = next((sheet for sheet in sheets if sheet.name == ID_SHEET), None)
    if sheet is None:
        # The lists of a form without its identity: its sheets were copied into a new workbook.
        if any(sheet.name in SIDE_SHEETS for sheet in sheets):
            raise SourceError(
                "В форме нет скрытого листа, по которому она узнаётся",
                where=file.file_id,
                remedy="перенесите ответы в выданную форму, не копируя листы в новую книгу",
            )
        return None
    found = parse_support_id({text(cell_at(row, 0)): text(cell_at(row, 1)) for row in sheet.rows})
    if found is None:
        raise SourceError(
            "Скрытый лист формы изменён: нельзя понять, чья она",
            where=file.file_id,
            remedy="перенесите ответы в выданную форму и положите её вместо этого файла",
        )
    return found


def _answer_sheets(sheets: tuple[Sheet, ...], form_id: SupportId | None) -> list[Sheet]:
    side = (ID_SHEET, *SIDE_SHEETS) if form_id else ()
    return [sheet for sheet in sheets if sheet.name not in side]


def _set_aside(sheets: tuple[Sheet, ...], read_names: set[str], account: Account) -> None:
    """Account for foreign sheets of the workbook; they are told by their place, for a name may be a person's."""
    for place, sheet in enumerate(sheets, start=1):
        if sheet.name not in (ID_SHEET, *SIDE_SHEETS, *read_names):
            rows = [row_number for row_number, row in enumerate(sheet.rows, start=1) if not is_blank(row)]
            account.announce(len(rows))
            for row_number in rows:
                account.reject(f"лист {place}", row_number, "unknown_sheet")
