"""The commands `shnro confirm` and `shnro objections`: schools confirm data, the commission decides objections."""

from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from pipeline.command_help import NO_WORD, quoted
from pipeline.command_run import DataOption, YearOption, command, command_group, today
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
        f"{plural(done.school_count, 'школа', 'школы', 'школ')}. "
        f"Папка: {data}/forms/{year}/confirm; письма к ним — в её папке «Письма»"
    )
    if done.kept:
        typer.echo("Уже заполненные книги оставлены как есть: " + ", ".join(done.kept))
    typer.echo(
        f"Возвращённые книги положите в {data}/raw/{year}/confirm, затем: "
        f"shnro confirm read --data {quoted(data)} --year {year}"
    )


@command(confirm_app)
def read(
    year: YearOption,
    data: DataOption = Path("data"),
    deadline: Annotated[
        str | None, typer.Option("--deadline", metavar="ДАТА", help="В напоминаниях просить вернуть до этого дня.")
    ] = None,
) -> None:
    """Прочитать возвращённые книги: ответы школ и новые возражения; кто не ответил — напоминания."""
    from pipeline.confirm_reminders import write_reminders
    from pipeline.confirming import read_returns, school_places
    from pipeline.outputs.objections import confirmations_text
    from pipeline.russian import plural

    day = _day(deadline, "--deadline") if deadline else None
    back = read_returns(data, year, today(data))
    typer.echo(
        f"Прочитано книг: {back.file_count}, записей в них: {back.read_count}, "
        f"принято {back.kept_count}, не принято {back.read_count - back.kept_count}"
    )
    if not back.file_count and not back.remarks:
        typer.echo(f"  Возвращённых книг нет: папка {data}/raw/{year}/confirm пуста")
    for line in back.remarks:
        typer.echo(f"  {line}")
    typer.echo(confirmations_text(back.confirmations, school_places(data, year)))
    if reminders := write_reminders(data, year, back.confirmations, today=today(data), deadline=day):
        count = plural(len(reminders), "письмо", "письма", "писем")
        typer.echo(f"Напоминания тем, кто ответил не за все школы: {count} в {data}/{Path(reminders[0]).parent}")
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
    from pipeline.objection_files import load_history, load_objections
    from pipeline.outputs.objections import list_text

    typer.echo(list_text(load_objections(data), school_places(data, year), year, load_history(data)))


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
    decision = Decision(number, accept, " ".join(by.split()), _past_day(on, data), " ".join(why.split()))
    decided, changed = record_decisions(data, year, [decision])
    if decided.refused:
        raise _refusal(decided.refused[0], data, year)
    _say(decided.done, changed, data, year)


@command(objections_app)
def revise(
    number: Annotated[int, typer.Argument(metavar="НОМЕР", help="Номер возражения.")],
    year: DecisionYear,
    by: Annotated[str, typer.Option("--by", metavar="КТО", help="Кто пересмотрел: комиссия, протокол.")],
    why: Annotated[str, typer.Option("--why", metavar="ПОЧЕМУ", help="Почему решение меняется.")],
    data: DataOption = Path("data"),
    accept: Annotated[bool, typer.Option("--accept", metavar=NO_WORD, help="Теперь принять.")] = False,
    reject: Annotated[bool, typer.Option("--reject", metavar=NO_WORD, help="Теперь отклонить.")] = False,
    reopen: Annotated[bool, typer.Option("--reopen", metavar=NO_WORD, help="Вернуть на рассмотрение.")] = False,
    on: Annotated[str | None, typer.Option("--date", metavar="ДАТА", help="Дата пересмотра; иначе сегодня.")] = None,
) -> None:
    """Пересмотреть решение по возражению: прежнее сохранится, его исправление данных отзывается."""
    from pipeline.confirming import revise_decision
    from pipeline.objections import Revision

    outcomes = [c for c, is_said in (("accepted", accept), ("rejected", reject), ("undecided", reopen)) if is_said]
    if len(outcomes) != 1:
        raise ConfigError("Не сказано, каким станет решение", remedy="укажите одно: --accept, --reject или --reopen")
    revision = Revision(number, outcomes[0], " ".join(by.split()), _past_day(on, data), " ".join(why.split()))
    revised, changed = revise_decision(data, year, revision)
    if revised.refused:
        raise _refusal(revised.refused, data, year)
    _say((revised.told,), ("decisions/objection_history.csv", *changed), data, year, is_computed=bool(changed))


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

    found, decided, changed = read_commission_workbook(data, year, file, today(data))
    for line in (*found.refused, *decided.refused):
        typer.echo(f"  не принято: {line}")
    _say(decided.done, changed, data, year)
    refused = len(found.refused) + len(decided.refused)
    typer.echo(f"Решений: {len(decided.done)}; не принято строк: {refused}; без решения: {found.undecided_count}")


def _say(
    done: tuple[str, ...], changed: tuple[str, ...], data: Path, year: int, is_computed: bool | None = None
) -> None:
    """What was decided and written, and whether it changes the data (else: where anything beside the list changed)."""
    for line in done:
        typer.echo(f"  {line}")
    if done:
        typer.echo(f"Записано: {', '.join(('decisions/objections.csv', *changed))}")
    if changed if is_computed is None else is_computed:
        typer.echo(f"Чтобы данные изменились, повторите: shnro identify --data {quoted(data)} --year {year}")


def _past_day(told: str | None, data: Path) -> date:
    """The day of a decision: the one told, or today."""
    now = today(data)
    day = _day(told, "--date") if told else now
    if day > now:
        raise ConfigError("Дата решения ещё не наступила", where="параметр --date", remedy="укажите день решения")
    return day


def _refusal(told: str, data: Path, year: int) -> ConfigError:
    """Why a decision was not taken."""
    return ConfigError(
        told[0].upper() + told[1:],
        where="decisions/objections.csv",
        remedy=f"посмотрите список: shnro objections list --data {quoted(data)} --year {year}",
    )


def _day(told: str, where: str) -> date:
    from pipeline.sources.objection_decisions import parse_day

    found = parse_day(told)
    if found is None:
        raise ConfigError(
            f"«{told}» — не дата", where=f"параметр {where}", remedy="укажите, например, 2026-07-25 или 25.07.2026"
        )
    return found
