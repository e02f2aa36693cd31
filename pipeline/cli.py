"""The `shnro` command: it only arranges stages; every message is Russian, every expected fault one paragraph."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from pipeline.cli_care import forget, replay, verify
from pipeline.cli_causes import causes_app
from pipeline.cli_commission import commission_app
from pipeline.cli_confirm import confirm_app, objections_app
from pipeline.cli_open import open_report
from pipeline.cli_orders import order_app
from pipeline.cli_serve import serve
from pipeline.cli_site import site
from pipeline.cli_support import support_app
from pipeline.command_help import OPTIONS, SUBCOMMAND, RussianGroup, misuse, quoted, title_panels
from pipeline.command_run import (
    AsOfOption,
    DataOption,
    DirectOption,
    EditionOption,
    YearOption,
    command,
    command_group,
    execute,
    run_direct,
    say_published,
    start_run,
    today,
)
from pipeline.errors import PipelineError, StoreError
from pipeline.russian import system_fault

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


match_app = command_group("Сопоставление названий школ с реестром: решает аналитик.")
layout_app = command_group("Макеты региональных книг.")
app.add_typer(causes_app, name="causes")
app.add_typer(support_app, name="support")
app.add_typer(order_app, name="order")
app.add_typer(confirm_app, name="confirm")
app.add_typer(objections_app, name="objections")
app.add_typer(commission_app, name="commission")
app.add_typer(match_app, name="match")
app.add_typer(layout_app, name="layout")
command(app)(site)
command(app)(serve)
command(app)(verify)
command(app)(replay)
command(app)(forget)
command(app, "open")(open_report)


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


@command(app)
def init(
    directory: Annotated[Path, typer.Argument(metavar="ПАПКА", help="Новая папка региона.")],
    name: Annotated[str, typer.Option("--name", metavar="НАЗВАНИЕ", help="Наименование региона.")] = "",
) -> None:
    """Создать папку настоящего региона: настройки и справочники, которые нужно заполнить."""
    from pipeline.skeleton import make_skeleton, next_steps

    for path in make_skeleton(directory, name):
        typer.echo(f"  {path.relative_to(directory)}")
    typer.echo(f"Папка региона создана: {directory}. {next_steps(directory)}")


@command(app)
def demo(
    directory: Annotated[Path, typer.Argument(metavar="ПАПКА", help="Папка для учебного региона.")],
    seed: Annotated[int, typer.Option("--seed", metavar="ЧИСЛО", help="Зерно случайных чисел.")] = 2026,
) -> None:
    """Создать учебный регион «ДЕМО»: 350 выдуманных школ, 27 муниципалитетов, три года файлов."""
    from pipeline import order_acts
    from pipeline.errors import ConfigError
    from pipeline.region import load_region
    from pipeline.synthetic import AMENDED_YEAR, AMENDMENT_DAY, AMENDMENT_NUMBER, forget_region, make_region

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
    order_acts.amend(directory, AMENDED_YEAR, (), AMENDMENT_DAY)
    order_acts.sign(directory, AMENDED_YEAR, AMENDMENT_NUMBER, AMENDMENT_DAY, None, AMENDMENT_DAY)
    typer.echo(
        f"Учебный регион «ДЕМО» готов: {directory}. Дальше: shnro monitor --data {quoted(directory)} --year 2026"
    )


@command(app)
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


@command(app)
def check(
    year: YearOption,
    data: DataOption = Path("data"),
    edition: EditionOption = "2026",
    as_of: AsOfOption = None,
) -> None:
    """Прочитать и проверить файлы, ничего не публикуя."""
    from pipeline import closing_words

    run = start_run(data, "check", year, edition, None, as_of)
    run_direct(run)
    closing_words.say_intake(run)
    closing_words.say_report(run.folder)


@command(app)
def monitor(
    year: YearOption,
    data: DataOption = Path("data"),
    edition: EditionOption = "2026",
    as_of: AsOfOption = None,
    direct: DirectOption = False,
) -> None:
    """Мониторинг: прочитать файлы, проверить, опубликовать результаты и сводки."""
    from pipeline import closing_words

    run = start_run(data, "monitoring", year, edition, None, as_of)
    published = execute(run, direct)
    closing_words.say_intake(run)
    closing_words.say_missing(run)
    say_published(published)


@command(app)
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

    run = start_run(data, "identification", year, edition, capacity, as_of)
    published = execute(run, direct)
    closing_words.say_intake(run)
    closing_words.say_selection(run)
    say_published(published)


@command(app)
def explain(
    school: Annotated[str, typer.Argument(metavar="ШКОЛА", help="Код школы или слова её названия.")],
    year: YearOption,
    data: DataOption = Path("data"),
    output: Annotated[
        Path | None, typer.Option("--output", metavar="ФАЙЛ", help="Письмо .txt или таблица .csv, .xlsx, .parquet.")
    ] = None,
) -> None:
    """Объяснить, почему школа в опубликованном перечне или не в нём и что изменило бы решение."""
    from pipeline.explain import explain_published
    from pipeline.outputs import explanation

    if output is not None:
        explanation.check_name(output)
    told = explain_published(data, year, school)
    if output is None:
        typer.echo(explanation.render(told))
        return
    explanation.write(told, output)
    typer.echo(f"Объяснение записано: {output}")


@command(app)
def compare(
    year: YearOption,
    editions: Annotated[str, typer.Option("--editions", metavar="А,Б,…", help="Редакции; первая — основа сравнения.")],
    data: DataOption = Path("data"),
    capacity: Annotated[int | None, typer.Option("--capacity", metavar="K", help="Число мест в перечне.")] = None,
    output: Annotated[Path | None, typer.Option("--output", metavar="ФАЙЛ", help=".csv, .xlsx или .parquet.")] = None,
) -> None:
    """Сравнить перечень по разным редакциям методики: кто входит, кто выходит и почему."""
    from pipeline.editions import compare_published

    typer.echo(compare_published(data, year, editions, capacity, output))


@command(app)
def rank(
    results: Annotated[Path, typer.Argument(metavar="РЕЗУЛЬТАТЫ", help="Таблица результатов школ: Parquet или CSV.")],
    year: YearOption,
    capacity: Annotated[int, typer.Option("--capacity", metavar="K", help="Число мест в перечне.")],
    output: Annotated[Path, typer.Option("--output", metavar="ФАЙЛ", help="Куда записать Parquet.")],
    edition: EditionOption = "2026",
) -> None:
    """Только модель: индекс, интервал и вероятность по результатам любой системы школ."""
    from pipeline.ranking import rank_file

    typer.echo(rank_file(results, year=year, capacity=capacity, output=output, edition=edition))


@command(app)
def describe(
    table: Annotated[str, typer.Argument(metavar="ТАБЛИЦА", help="Имя таблицы; без него — все.")] = "",
) -> None:
    """Словарь данных: таблицы, столбцы, единицы, оговорки."""
    from pipeline.outputs.dictionary import render

    typer.echo(render(table))


@command(match_app, "list")
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


@command(match_app, "accept")
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

    count = accept(data, tuple(ids or ()), above, by, today(data))
    typer.echo(f"Принято предложений: {count}; записано в {data}/reference/school_matches.csv. Повторите расчёт.")


@command(match_app, "reject")
def match_reject(
    ids: Annotated[list[str], typer.Argument(metavar="НОМЕР…", help="Номера предложений.")],
    data: DataOption = Path("data"),
    by: ByOption = "аналитик",
) -> None:
    """Отклонить: имя не означает ни одной школы реестра, его строки остаются в стороне."""
    from pipeline.matching import reject

    count = reject(data, tuple(ids), by, today(data))
    typer.echo(f"Отклонено имён: {count}; записано в {data}/reference/school_matches.csv.")


@command(layout_app, "draft")
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


if __name__ == "__main__":
    main()
