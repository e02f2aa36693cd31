"""The `shnro` command: it only arranges stages; every message is Russian, every expected fault one paragraph."""

import sys
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.errors import PipelineError

if TYPE_CHECKING:
    from pipeline.run import Run

DataOption = Annotated[Path, typer.Option("--data", metavar="ПАПКА", help="Папка региона.")]
YearOption = Annotated[int, typer.Option("--year", min=1990, max=2100, metavar="ГОД", help="Год результатов.")]
EditionOption = Annotated[str, typer.Option("--edition", metavar="РЕДАКЦИЯ", help="Редакция методики.")]
AsOfOption = Annotated[
    str | None, typer.Option("--as-of", metavar="ГГГГ-ММ-ДД", help="Учитывать выгрузки, полученные не позже этой даты.")
]
DirectOption = Annotated[bool, typer.Option("--direct", help="Выполнить те же стадии без Prefect.")]

app = typer.Typer(
    name="shnro",
    help="Школы со стабильно низкими результатами: от файлов региона до перечня с обоснованием.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
match_app = typer.Typer(help="Сопоставление названий школ с реестром: решает аналитик.", no_args_is_help=True)
layout_app = typer.Typer(help="Макеты региональных книг.", no_args_is_help=True)
app.add_typer(match_app, name="match")
app.add_typer(layout_app, name="layout")


def main() -> None:
    """Run the command line; a fault of input or setting is told in one paragraph, exit code 1."""
    try:
        if not sys.argv[1:] or "--help" in sys.argv:
            _title_help_in_russian()
        sys.exit(app(standalone_mode=False) or 0)
    except PipelineError as error:
        typer.echo(error.paragraph(), err=True)
        sys.exit(1)
    except typer.TyperException as error:
        typer.echo(_misuse(error), err=True)
        sys.exit(1)


def _misuse(error: typer.TyperException) -> str:
    """What is wrong with the words of the command, in Russian."""
    parameter = getattr(error, "param", None)
    name = getattr(parameter, "opts", [None])[0] or getattr(error, "option_name", None) or ""
    told = {
        "MissingParameter": f"Не указан обязательный параметр {name}",
        "BadParameter": f"Недопустимое значение параметра {name}",
        "NoSuchOption": f"Неизвестный параметр {name}",
        "NoArgsIsHelpError": str(error),
    }.get(type(error).__name__, f"Команда не понята ({error})")
    return told if type(error).__name__ == "NoArgsIsHelpError" else f"{told}. Что сделать: посмотрите «shnro --help»."


def _title_help_in_russian() -> None:
    """Title the panels of the help in Russian; the library reads these names when it prints."""
    from typer import rich_utils

    rich_utils.ARGUMENTS_PANEL_TITLE = "Аргументы"
    rich_utils.OPTIONS_PANEL_TITLE = "Параметры"
    rich_utils.COMMANDS_PANEL_TITLE = "Команды"


@app.command()
def init(
    directory: Annotated[Path, typer.Argument(metavar="ПАПКА", help="Новая папка региона.")],
    name: Annotated[str, typer.Option("--name", help="Наименование региона.")] = "",
) -> None:
    """Создать папку настоящего региона: настройки и справочники, которые нужно заполнить."""
    from pipeline.skeleton import make_skeleton

    for path in make_skeleton(directory, name):
        typer.echo(f"  {path.relative_to(directory)}")
    typer.echo(f"Папка региона создана: {directory}. Дальше: файлы — в {directory}/raw/<год>/, школы — в reference/.")


@app.command()
def demo(
    directory: Annotated[Path, typer.Argument(metavar="ПАПКА", help="Папка для учебного региона.")],
    seed: Annotated[int, typer.Option("--seed", help="Зерно случайных чисел.")] = 2026,
) -> None:
    """Создать учебный регион «ДЕМО»: 350 выдуманных школ, 27 муниципалитетов, три года файлов."""
    from pipeline.errors import ConfigError
    from pipeline.region import load_region
    from pipeline.synthetic import make_region

    if directory.exists() and any(directory.iterdir()):
        is_old_demo = (directory / "region.toml").is_file() and load_region(directory).is_demo
        if not is_old_demo:
            raise ConfigError(
                "Папка не пуста и не является учебным регионом",
                where=str(directory),
                remedy="укажите новую папку: учебный регион не пишется поверх чужих данных",
            )
    make_region(directory, seed=seed)
    typer.echo(f"Учебный регион «ДЕМО» готов: {directory}")


@app.command()
def register(
    file: Annotated[Path, typer.Argument(metavar="ФАЙЛ", help="Книга с перечнем школ.")],
    sheet: Annotated[str, typer.Option("--sheet", metavar="ЛИСТ", help="Лист, по которому составить реестр.")],
    data: DataOption = Path("data"),
) -> None:
    """Начать реестр школ и муниципалитетов с листа книги, макет которой известен."""
    from pipeline.skeleton import start_register

    schools, municipalities = start_register(file, sheet, data)
    typer.echo(f"Реестр составлен: школ {schools}, муниципалитетов {municipalities}; проверьте {data}/reference/.")


@app.command()
def check(
    year: YearOption,
    data: DataOption = Path("data"),
    edition: EditionOption = "2026",
    as_of: AsOfOption = None,
) -> None:
    """Прочитать и проверить файлы, ничего не публикуя."""
    run = _start(data, "check", year, edition, None, as_of)
    _run_direct(run)
    _say_intake(run)
    typer.echo(f"Отчёт о качестве данных: {run.folder / 'documents' / 'quality.html'}")


@app.command()
def monitor(
    year: YearOption,
    data: DataOption = Path("data"),
    edition: EditionOption = "2026",
    as_of: AsOfOption = None,
    direct: DirectOption = False,
) -> None:
    """Мониторинг: прочитать файлы, проверить, опубликовать результаты и сводки."""
    run = _start(data, "monitoring", year, edition, None, as_of)
    published = _execute(run, direct)
    _say_intake(run)
    typer.echo(f"Опубликовано: {published}")


@app.command()
def identify(
    year: YearOption,
    data: DataOption = Path("data"),
    capacity: Annotated[int | None, typer.Option("--capacity", metavar="K", help="Число мест в перечне.")] = None,
    edition: EditionOption = "2026",
    as_of: AsOfOption = None,
    direct: DirectOption = False,
) -> None:
    """Идентификация: перечень школ со стабильно низкими результатами с обоснованием."""
    run = _start(data, "identification", year, edition, capacity, as_of)
    published = _execute(run, direct)
    _say_intake(run)
    _say_selection(run)
    typer.echo(f"Опубликовано: {published}")


@app.command()
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


@app.command()
def describe(
    table: Annotated[str, typer.Argument(metavar="ТАБЛИЦА", help="Имя таблицы; без него — все.")] = "",
) -> None:
    """Словарь данных: таблицы, столбцы, единицы, оговорки."""
    from pipeline.outputs.dictionary import render

    typer.echo(render(table))


@match_app.command("list")
def match_list(
    data: DataOption = Path("data"),
    above: Annotated[float, typer.Option("--above", help="Показать сходство не ниже.")] = 0.0,
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
    typer.echo(
        f"Предложений: {len(shown)}. Принять: shnro match accept НОМЕР… или --above 95; отклонить: match reject НОМЕР…"
    )


IdsArgument = Annotated[list[str] | None, typer.Argument(metavar="НОМЕР…", help="Номера предложений.")]
ByOption = Annotated[str, typer.Option("--by", help="Кто решил; попадает в справочник решений.")]


@match_app.command("accept")
def match_accept(
    ids: IdsArgument = None,
    above: Annotated[
        float | None, typer.Option("--above", help="Принять все первые предложения со сходством не ниже.")
    ] = None,
    data: DataOption = Path("data"),
    by: ByOption = "аналитик",
) -> None:
    """Принять предложения: имя из файла означает предложенную школу."""
    from pipeline.matching import accept

    count = accept(data, tuple(ids or ()), above, by, date.today())
    typer.echo(f"Принято предложений: {count}; записано в {data}/reference/school_matches.csv. Повторите расчёт.")


@match_app.command("reject")
def match_reject(
    ids: Annotated[list[str], typer.Argument(metavar="НОМЕР…", help="Номера предложений.")],
    data: DataOption = Path("data"),
    by: ByOption = "аналитик",
) -> None:
    """Отклонить: имя не означает ни одной школы реестра, его строки остаются в стороне."""
    from pipeline.matching import reject

    count = reject(data, tuple(ids), by, date.today())
    typer.echo(f"Отклонено имён: {count}; записано в {data}/reference/school_matches.csv.")


@layout_app.command("draft")
def layout_draft(
    file: Annotated[Path, typer.Argument(metavar="ФАЙЛ", help="Неизвестная книга.")],
    output: Annotated[Path | None, typer.Option("--output", metavar="ФАЙЛ", help="Куда записать черновик.")] = None,
) -> None:
    """Предложить макет для неизвестной книги; черновик проверяет аналитик."""
    from pipeline.errors import StoreError
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
    typer.echo(f"Черновик макета записан: {output}. Проверьте его и положите в ПАПКА/layouts/.")


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
    if not direct:
        from flows.run import run_flow

        return run_flow(run)
    from pipeline.stages import finish

    _run_direct(run)
    return finish(run)


def _run_direct(run: "Run") -> None:
    """Run the stages of the flow one after another, with a line of progress each."""
    from pipeline.stages import FLOWS

    stages = FLOWS[run.flow]
    for number, stage in enumerate(stages, start=1):
        done = stage.run(run)
        typer.echo(f"[{number}/{len(stages)}] {stage.title}: {done}")


def _say_intake(run: "Run") -> None:
    """What was received, what was not taken and why, which checks failed."""
    from pipeline.outputs.quality import summary
    from pipeline.store import Store
    from pipeline.tables import quality, sources

    store = Store(run)
    typer.echo(summary(store.read(quality.CHECKS), store.read(sources.SOURCE_FILES), year=run.year))
    proposals = store.read(quality.MATCH_PROPOSALS)
    waiting = len(proposals.drop_duplicates(["municipality_text", "school_text", "code_text"]))
    if waiting:
        typer.echo(
            f"Не распознано названий школ: {waiting}. Посмотреть предложения: shnro match list --data {run.root}"
        )


def _say_selection(run: "Run") -> None:
    """How the list came out."""
    from pipeline.outputs.selection import terminal_summary
    from pipeline.store import Store
    from pipeline.tables import decision

    typer.echo(terminal_summary(Store(run).read(decision.SELECTION)))


if __name__ == "__main__":
    main()
