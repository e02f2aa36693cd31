"""The `shnro` command: it only arranges stages; every message is Russian, every expected fault one paragraph."""

import sys
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from pipeline.command_help import (
    NO_WORD,
    OPTIONS,
    SUBCOMMAND,
    RussianCommand,
    RussianGroup,
    misuse,
    quoted,
    title_panels,
)
from pipeline.errors import PipelineError, QualityGateError, StoreError
from pipeline.russian import system_fault

if TYPE_CHECKING:
    from pipeline.run import Run

F = TypeVar("F", bound=Callable[..., Any])

DataOption = Annotated[Path, typer.Option("--data", metavar="ПАПКА", help="Папка региона.")]
YearOption = Annotated[int, typer.Option("--year", min=1990, max=2100, metavar="ГОД", help="Год результатов.")]
EditionOption = Annotated[str, typer.Option("--edition", metavar="РЕДАКЦИЯ", help="Редакция методики.")]
AsOfOption = Annotated[
    str | None, typer.Option("--as-of", metavar="ГГГГ-ММ-ДД", help="Учитывать выгрузки, полученные не позже этой даты.")
]
DirectOption = Annotated[bool, typer.Option("--direct", metavar=NO_WORD, help="Выполнить те же стадии без Prefect.")]

INTERRUPTED = 130  # the exit code that the library gives for Ctrl+C

app = typer.Typer(
    name="shnro",
    cls=RussianGroup,
    help="Школы со стабильно низкими результатами: от файлов региона до перечня с обоснованием.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    options_metavar=OPTIONS,
    subcommand_metavar=SUBCOMMAND,
)


def _group(name: str, title: str) -> typer.Typer:
    """A group of commands below `shnro`."""
    group = typer.Typer(
        cls=RussianGroup, help=title, no_args_is_help=True, options_metavar=OPTIONS, subcommand_metavar=SUBCOMMAND
    )
    app.add_typer(group, name=name)
    return group


def _command(group: typer.Typer, name: str | None = None) -> Callable[[F], F]:
    """A command of a group, with Russian help."""
    return group.command(name, cls=RussianCommand, options_metavar=OPTIONS)


match_app = _group("match", "Сопоставление названий школ с реестром: решает аналитик.")
layout_app = _group("layout", "Макеты региональных книг.")


def main() -> None:
    """Run the command line; a fault of input or setting is told in one paragraph, exit code 1."""
    try:
        if "--help" in sys.argv or len(sys.argv) < 3:
            title_panels()
        code = app(standalone_mode=False) or 0
        if code == INTERRUPTED:
            typer.echo("Прервано; опубликованное не изменено.", err=True)
        sys.exit(code)
    except PipelineError as error:
        typer.echo(error.paragraph(), err=True)
        sys.exit(1)
    except typer.TyperException as error:
        typer.echo(misuse(error), err=True)
        sys.exit(1)
    except OSError as error:
        fault = StoreError(
            f"Файл или папку не удаётся прочитать или записать: {system_fault(error)}",
            where=str(error.filename or ""),
            remedy="проверьте путь, право доступа и свободное место на диске",
        )
        typer.echo(fault.paragraph(), err=True)
        sys.exit(1)


@_command(app)
def init(
    directory: Annotated[Path, typer.Argument(metavar="ПАПКА", help="Новая папка региона.")],
    name: Annotated[str, typer.Option("--name", metavar="НАЗВАНИЕ", help="Наименование региона.")] = "",
) -> None:
    """Создать папку настоящего региона: настройки и справочники, которые нужно заполнить."""
    from pipeline.skeleton import make_skeleton, next_steps

    for path in make_skeleton(directory, name):
        typer.echo(f"  {path.relative_to(directory)}")
    typer.echo(f"Папка региона создана: {directory}. {next_steps(directory)}")


@_command(app)
def demo(
    directory: Annotated[Path, typer.Argument(metavar="ПАПКА", help="Папка для учебного региона.")],
    seed: Annotated[int, typer.Option("--seed", metavar="ЧИСЛО", help="Зерно случайных чисел.")] = 2026,
) -> None:
    """Создать учебный регион «ДЕМО»: 350 выдуманных школ, 27 муниципалитетов, три года файлов."""
    from pipeline.errors import ConfigError
    from pipeline.region import load_region
    from pipeline.synthetic import forget_region, make_region

    if directory.exists() and any(directory.iterdir()):
        is_old_demo = (directory / "region.toml").is_file() and load_region(directory).is_demo
        if not is_old_demo:
            raise ConfigError(
                "Папка не пуста и не является учебным регионом",
                where=str(directory),
                remedy="укажите новую папку: учебный регион не пишется поверх чужих данных",
            )
        forget_region(directory)
    make_region(directory, seed=seed)
    typer.echo(
        f"Учебный регион «ДЕМО» готов: {directory}. Дальше: shnro monitor --data {quoted(directory)} --year 2026"
    )


@_command(app)
def register(
    file: Annotated[Path, typer.Argument(metavar="ФАЙЛ", help="Книга с перечнем школ.")],
    sheet: Annotated[str, typer.Option("--sheet", metavar="ЛИСТ", help="Лист, по которому составить реестр.")],
    data: DataOption = Path("data"),
) -> None:
    """Начать реестр школ и муниципалитетов с листа книги, макет которой известен."""
    from pipeline.skeleton import start_register

    schools, municipalities = start_register(file, sheet, data)
    typer.echo(
        f"Реестр составлен: школ {schools}, муниципалитетов {municipalities}. Проверьте виды школ (kind_code) "
        f"в {data}/reference/schools.csv. Дальше: shnro check --data {quoted(data)} --year ГОД"
    )


@_command(app)
def check(
    year: YearOption,
    data: DataOption = Path("data"),
    edition: EditionOption = "2026",
    as_of: AsOfOption = None,
) -> None:
    """Прочитать и проверить файлы, ничего не публикуя."""
    from pipeline import closing_words

    run = _start(data, "check", year, edition, None, as_of)
    _run_direct(run)
    closing_words.say_intake(run)
    closing_words.say_report(run.folder)


@_command(app)
def monitor(
    year: YearOption,
    data: DataOption = Path("data"),
    edition: EditionOption = "2026",
    as_of: AsOfOption = None,
    direct: DirectOption = False,
) -> None:
    """Мониторинг: прочитать файлы, проверить, опубликовать результаты и сводки."""
    from pipeline import closing_words

    run = _start(data, "monitoring", year, edition, None, as_of)
    published = _execute(run, direct)
    closing_words.say_intake(run)
    closing_words.say_missing(run)
    closing_words.say_report(published)
    typer.echo(f"Опубликовано: {published}")


@_command(app)
def identify(
    year: YearOption,
    data: DataOption = Path("data"),
    capacity: Annotated[int | None, typer.Option("--capacity", metavar="K", help="Число мест в перечне.")] = None,
    edition: EditionOption = "2026",
    as_of: AsOfOption = None,
    direct: DirectOption = False,
) -> None:
    """Идентификация: перечень школ со стабильно низкими результатами с обоснованием."""
    from pipeline import closing_words

    run = _start(data, "identification", year, edition, capacity, as_of)
    published = _execute(run, direct)
    closing_words.say_intake(run)
    closing_words.say_selection(run)
    closing_words.say_report(published)
    typer.echo(f"Опубликовано: {published}")


@_command(app)
def rank(
    results: Annotated[Path, typer.Argument(metavar="РЕЗУЛЬТАТЫ", help="Таблица results: Parquet или CSV.")],
    year: YearOption,
    capacity: Annotated[int, typer.Option("--capacity", metavar="K", help="Число мест в перечне.")],
    output: Annotated[Path, typer.Option("--output", metavar="ФАЙЛ", help="Куда записать Parquet.")],
    edition: EditionOption = "2026",
) -> None:
    """Только модель: индекс, интервал и вероятность по таблице results любой системы школ."""
    from pipeline.ranking import rank_file

    count = rank_file(results, year=year, capacity=capacity, output=output, edition=edition)
    typer.echo(f"Школ: {count}; записано в {output}")


@_command(app)
def describe(
    table: Annotated[str, typer.Argument(metavar="ТАБЛИЦА", help="Имя таблицы; без него — все.")] = "",
) -> None:
    """Словарь данных: таблицы, столбцы, единицы, оговорки."""
    from pipeline.outputs.dictionary import render

    typer.echo(render(table))


@_command(match_app, "list")
def match_list(
    data: DataOption = Path("data"),
    above: Annotated[float, typer.Option("--above", metavar="СХОДСТВО", help="Показать сходство не ниже.")] = 0.0,
) -> None:
    """Показать предложения последнего расчёта."""
    from pipeline.matching import load_proposals
    from pipeline.schema import records

    shown = [row for row in records(load_proposals(data)) if (row["match_score"] or 0.0) >= above]
    for row in shown:
        name = f"«{row['school_text'] or row['code_text']}» ({row['municipality_text'] or 'муниципалитет не указан'})"
        found = (
            f"{row['match_score']:.1f} → {row['school_id']} «{row['school_name']}»"
            if row["school_id"]
            else "похожих нет"
        )
        typer.echo(f"{row['proposal_id']}  {name}\n          {found}")
    where = quoted(data)
    typer.echo(
        f"Предложений: {len(shown)}. Принять: shnro match accept НОМЕР… --data {where} (или --above 95 "
        f"вместо номеров); отклонить: shnro match reject НОМЕР… --data {where}"
    )


IdsArgument = Annotated[list[str] | None, typer.Argument(metavar="НОМЕР…", help="Номера предложений.")]
ByOption = Annotated[str, typer.Option("--by", metavar="КТО", help="Кто решил; попадает в справочник решений.")]


@_command(match_app, "accept")
def match_accept(
    ids: IdsArgument = None,
    above: Annotated[
        float | None,
        typer.Option("--above", metavar="СХОДСТВО", help="Принять все первые предложения со сходством не ниже."),
    ] = None,
    data: DataOption = Path("data"),
    by: ByOption = "аналитик",
) -> None:
    """Принять предложения: имя из файла означает предложенную школу."""
    from pipeline.matching import accept

    count = accept(data, tuple(ids or ()), above, by, date.today())
    typer.echo(f"Принято предложений: {count}; записано в {data}/reference/school_matches.csv. Повторите расчёт.")


@_command(match_app, "reject")
def match_reject(
    ids: Annotated[list[str], typer.Argument(metavar="НОМЕР…", help="Номера предложений.")],
    data: DataOption = Path("data"),
    by: ByOption = "аналитик",
) -> None:
    """Отклонить: имя не означает ни одной школы реестра, его строки остаются в стороне."""
    from pipeline.matching import reject

    count = reject(data, tuple(ids), by, date.today())
    typer.echo(f"Отклонено имён: {count}; записано в {data}/reference/school_matches.csv.")


@_command(layout_app, "draft")
def layout_draft(
    file: Annotated[Path, typer.Argument(metavar="ФАЙЛ", help="Неизвестная книга.")],
    output: Annotated[Path | None, typer.Option("--output", metavar="ФАЙЛ", help="Куда записать черновик.")] = None,
) -> None:
    """Предложить макет для неизвестной книги; черновик проверяет аналитик."""
    from pipeline.sources.draft import draft_layout

    text = draft_layout(file)
    if output is None:
        typer.echo(text)
        return
    try:
        output.parent.mkdir(parents=True, exist_ok=True)
        output.write_text(text, encoding="utf-8")
    except OSError as error:
        raise StoreError("Черновик не удаётся записать", where=str(output), remedy="укажите другой путь") from error
    typer.echo(
        f"Черновик макета записан: {output}. Проверьте строки с пометкой «ПРОВЕРЬТЕ» и замените знаки «?»; "
        "макет действует, когда лежит в ПАПКА/layouts/."
    )


def _start(root: Path, flow: str, year: int, edition: str, capacity: int | None, as_of: str | None) -> "Run":
    """A new run; the only place where the command line looks at the clock."""
    from pipeline.errors import ConfigError
    from pipeline.stages import start

    if as_of is not None:
        try:
            date.fromisoformat(as_of)
        except ValueError as error:
            raise ConfigError(
                f"«{as_of}» — не дата",
                where="параметр --as-of",
                remedy="укажите дату как ГГГГ-ММ-ДД, например 2026-07-15",
            ) from error
    started_at = datetime.now().astimezone().isoformat(timespec="seconds")
    return start(root, flow, year, edition=edition, capacity=capacity, as_of=as_of, started_at=started_at)


def _execute(run: "Run", direct: bool) -> Path:
    """Run the stages, by Prefect or directly, and publish."""
    if direct:
        from pipeline.stages import finish

        _run_direct(run)
        return finish(run)
    from flows.run import run_flow
    from pipeline import closing_words

    try:
        return run_flow(run)
    except QualityGateError:
        closing_words.say_report(run.folder)
        raise


def _run_direct(run: "Run") -> None:
    """Run the stages of the flow one after another, with a line of progress each."""
    from pipeline import closing_words
    from pipeline.stages import FLOWS

    stages = FLOWS[run.flow]
    for number, stage in enumerate(stages, start=1):
        try:
            done = stage.run(run)
        except QualityGateError:
            closing_words.say_report(run.folder)
            raise
        typer.echo(f"[{number}/{len(stages)}] {stage.title}: {done}")


if __name__ == "__main__":
    main()
