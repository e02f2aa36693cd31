"""The commands `shnro confirm` and `shnro objections`: schools confirm data, the commission decides objections."""

from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from pipeline.command_help import NO_WORD, quoted
from pipeline.command_run import DataOption, YearOption, command, command_group
from pipeline.errors import ConfigError

confirm_app = command_group("Выверка данных: школы подтверждают свои результаты или возражают.")
objections_app = command_group("Возражения школ: список, решения, книга для комиссии.")

DecisionYear = Annotated[int, typer.Option("--year", min=1990, max=2100, metavar="ГОД", help="Год перечня.")]


@command(confirm_app)
def forms(
    year: YearOption,
    data: DataOption = Path("data"),
    deadline: Annotated[
        str | None, typer.Option("--deadline", metavar="ДАТА", help="Вернуть до: ГГГГ-ММ-ДД или ДД.ММ.ГГГГ.")
    ] = None,
) -> None:
    """Подготовить книги выверки: по одной на муниципалитет, лист на школу."""
    from pipeline.confirming import write_forms
    from pipeline.russian import plural

    done = write_forms(data, year, _day(deadline, "--deadline") if deadline else None)
    typer.echo(
        f"Выверка данных {year} года: {plural(len(done.written), 'книга', 'книги', 'книг')}, "
        f"{plural(done.school_count, 'школа', 'школы', 'школ')}. Папка: {data}/forms/{year}/confirm"
    )
    if done.kept:
        typer.echo("Уже заполненные книги оставлены как есть: " + ", ".join(done.kept))
    typer.echo(
        f"Возвращённые книги положите в {data}/raw/{year}/confirm, затем: "
        f"shnro confirm read --data {quoted(data)} --year {year}"
    )


@command(confirm_app)
def read(year: YearOption, data: DataOption = Path("data")) -> None:
    """Прочитать возвращённые книги: ответы школ и новые возражения."""
    from pipeline.confirming import read_returns, school_places
    from pipeline.outputs.objections import confirmations_text
    from pipeline.russian import plural

    back = read_returns(data, year, date.today())
    typer.echo(
        f"Прочитано книг: {back.file_count}, записей в них: {back.read_count}, "
        f"принято {back.kept_count}, не принято {back.read_count - back.kept_count}"
    )
    for line in back.remarks:
        typer.echo(f"  {line}")
    typer.echo(confirmations_text(back.confirmations, school_places(data, year)))
    for line in back.changed:
        typer.echo(f"  изменился ответ: {line}")
    if back.new.empty:
        typer.echo("Новых возражений нет.")
    else:
        count = plural(len(back.new), "новое возражение", "новых возражения", "новых возражений")
        numbers = ", ".join(str(number) for number in back.new["number"])
        typer.echo(f"Записано: {count} (№ {numbers}) — decisions/objections.csv")
        typer.echo(f"Дальше: shnro objections list --data {quoted(data)} --year {year}")


@command(objections_app, "list")
def list_objections(year: DecisionYear, data: DataOption = Path("data")) -> None:
    """Показать возражения года; сначала нерассмотренные."""
    from pipeline.confirming import school_places
    from pipeline.objection_files import load_objections
    from pipeline.outputs.objections import list_text

    typer.echo(list_text(load_objections(data), school_places(data, year), year))


@command(objections_app)
def decide(
    number: Annotated[int, typer.Argument(metavar="НОМЕР", help="Номер возражения.")],
    year: DecisionYear,
    by: Annotated[str, typer.Option("--by", metavar="КТО", help="Кто решил: комиссия, протокол.")],
    why: Annotated[str, typer.Option("--why", metavar="ПОЧЕМУ", help="Основание решения.")],
    data: DataOption = Path("data"),
    accept: Annotated[bool, typer.Option("--accept", metavar=NO_WORD, help="Принять возражение.")] = False,
    reject: Annotated[bool, typer.Option("--reject", metavar=NO_WORD, help="Отклонить возражение.")] = False,
    on: Annotated[str | None, typer.Option("--date", metavar="ДАТА", help="Дата решения; иначе сегодня.")] = None,
) -> None:
    """Решить возражение: принять или отклонить, с указанием кто и почему."""
    from pipeline.confirming import record_decisions
    from pipeline.objections import Decision

    if accept == reject:
        raise ConfigError("Не сказано, принять возражение или отклонить", remedy="укажите одно: --accept или --reject")
    day = _day(on, "--date") if on else date.today()
    if day > date.today():
        raise ConfigError("Дата решения ещё не наступила", where="параметр --date", remedy="укажите день решения")
    decision = Decision(number, accept, " ".join(by.split()), day, " ".join(why.split()))
    decided, changed = record_decisions(data, year, [decision])
    if decided.refused:
        told = decided.refused[0]
        raise ConfigError(
            told[0].upper() + told[1:],
            where="decisions/objections.csv",
            remedy=f"посмотрите список: shnro objections list --data {quoted(data)} --year {year}",
        )
    _say(decided.done, changed, data, year)


@command(objections_app)
def workbook(
    year: DecisionYear,
    data: DataOption = Path("data"),
    output: Annotated[Path | None, typer.Option("--output", metavar="ФАЙЛ", help="Куда записать .xlsx.")] = None,
) -> None:
    """Записать книгу для комиссии: нерассмотренные возражения с местом для решений."""
    from pipeline.confirming import write_commission_workbook
    from pipeline.russian import plural

    path, count = write_commission_workbook(data, year, output)
    if not count:
        typer.echo(f"Нерассмотренных возражений за {year} год нет: книга не записана.")
        return
    typer.echo(f"Книга для комиссии: {path} ({plural(count, 'возражение', 'возражения', 'возражений')})")
    typer.echo(f"Заполненную прочитает: shnro objections read {quoted(path)} --data {quoted(data)} --year {year}")


@command(objections_app, "read")
def read_decisions(
    file: Annotated[Path, typer.Argument(metavar="ФАЙЛ", help="Заполненная книга комиссии.")],
    year: DecisionYear,
    data: DataOption = Path("data"),
) -> None:
    """Прочитать решения комиссии из её книги."""
    from pipeline.confirming import read_commission_workbook

    found, decided, changed = read_commission_workbook(data, year, file, date.today())
    for line in (*found.refused, *decided.refused):
        typer.echo(f"  не принято: {line}")
    _say(decided.done, changed, data, year)
    refused = len(found.refused) + len(decided.refused)
    typer.echo(f"Решений: {len(decided.done)}; не принято строк: {refused}; без решения: {found.undecided_count}")


def _say(done: tuple[str, ...], changed: tuple[str, ...], data: Path, year: int) -> None:
    """What was decided and written."""
    for line in done:
        typer.echo(f"  {line}")
    if done:
        typer.echo(f"Записано: {', '.join(('decisions/objections.csv', *changed))}")
    if changed:
        typer.echo(f"Чтобы данные изменились, повторите: shnro identify --data {quoted(data)} --year {year}")


def _day(told: str, where: str) -> date:
    from pipeline.sources.objection_decisions import parse_day

    found = parse_day(told)
    if found is None:
        raise ConfigError(
            f"«{told}» — не дата", where=f"параметр {where}", remedy="укажите, например, 2026-07-25 или 25.07.2026"
        )
    return found
