"""The commands of the care of data: `shnro verify`, `shnro replay`, `shnro forget`."""

from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.command_help import NO_WORD
from pipeline.command_run import DataOption, today
from pipeline.errors import ConfigError
from pipeline.russian import plural

if TYPE_CHECKING:
    from pipeline.forgetting import Plan
    from pipeline.verification import Finding


def verify(data: DataOption = Path("data")) -> None:
    """Сверить опубликованное, полученные файлы и подписанные приказы с тем, что о них записано."""
    from pipeline.verification import verify as verify_region

    found = verify_region(data)
    broken = [finding for finding in found.findings if finding.is_broken]
    outdated = [finding for finding in found.findings if not finding.is_broken]
    if broken:
        typer.echo(f"Нарушено ({len(broken)}):")
        _say(broken)
    if outdated:
        typer.echo("Изменилось после расчёта (это не повреждение):")
        _say(outdated)
    checked = (
        plural(found.publication_count, "публикация", "публикации", "публикаций"),
        plural(found.file_count, "файл", "файла", "файлов"),
        plural(found.order_count, "подписанный приказ", "подписанных приказа", "подписанных приказов"),
    )
    told = "нарушений нет" if found.is_whole else f"нарушений: {len(broken)}"
    typer.echo(f"Сверено: {', '.join(checked)}; {told}.")
    if not found.is_whole:
        raise typer.Exit(1)


def replay(
    publication: Annotated[Path, typer.Argument(metavar="ПУБЛИКАЦИЯ", help="Папка публикации или файл её описи.")],
    data: DataOption = Path("data"),
) -> None:
    """Повторить расчёт по описи публикации, ничего не публикуя, и сравнить с опубликованным."""
    from pipeline import progress_shown
    from pipeline.replay import manifest_at
    from pipeline.replay import replay as replay_run

    manifest = manifest_at(data, publication)
    with progress_shown.shown():
        found = replay_run(data, manifest)
    for change in found.changes:
        typer.echo(f"Теперь иначе, чем при расчёте: {change}")
    if found.fault:
        typer.echo(f"Расчёт {found.run_id} не повторить. {found.fault}")
    elif found.is_same:
        typer.echo(f"Расчёт {found.run_id} повторён: совпали все файлы ({len(found.same)}), байт в байт.")
    else:
        typer.echo(f"Расчёт {found.run_id} повторён: совпало {len(found.same)}, отличаются:")
        for name in found.differing:
            typer.echo(f"  {name}")
        if not found.changes:
            typer.echo("Входные данные и программа те же: сообщите об этом разработчику.")
    if not found.is_same:
        raise typer.Exit(1)


def forget(
    data: DataOption = Path("data"),
    confirm: Annotated[
        bool, typer.Option("--confirm", metavar=NO_WORD, help="Удалить; без этого слова файлы только называются.")
    ] = False,
    by: Annotated[str, typer.Option("--by", metavar="КТО", help="Кто удаляет; попадает в запись.")] = "",
) -> None:
    """Удалить файлы с данными учеников, срок хранения которых истёк; результаты школ остаются."""
    from pipeline.forgetting import carry_out, plan_deletion

    if confirm and not by.strip():
        raise ConfigError(
            "Не сказано, кто удаляет", where="параметр --by", remedy="добавьте, например, --by «отдел мониторинга»"
        )
    day = today(data)
    plan = plan_deletion(data, day)
    _say_plan(plan)
    if confirm:
        count = carry_out(data, plan, day, by.strip())
        gone = plural(count, "файл", "файла", "файлов")
        typer.echo(f"Удалено: {gone}; записано в {data}/decisions/deletions.csv. Копии в архивах удалите сами.")
    elif not plan.due.empty:
        typer.echo("Ничего не удалено. Чтобы удалить, повторите команду с --confirm --by КТО.")


def _say(findings: "list[Finding]") -> None:
    """Findings, those with the same words under one heading."""
    ordered = sorted(findings, key=lambda finding: (finding.what, finding.remedy, finding.place))
    for (what, remedy), group in groupby(ordered, key=lambda finding: (finding.what, finding.remedy)):
        places = ", ".join(finding.place for finding in group)
        typer.echo(f"  {places}: {what}. Что сделать: {remedy.rstrip('.')}.")


def _say_plan(plan: "Plan") -> None:
    """What is to be deleted, what stays instead, and what a person has to look into."""
    term = plural(plan.keep_years, "полный год", "полных года", "полных лет")
    told = plural(len(plan.due), "файл", "файла", "файлов")
    typer.echo(f"Срок хранения — {term} после года получения. С истёкшим сроком: {told} с данными учеников.")
    for name in plan.due["file_id"]:
        typer.echo(f"  {name}")
    if plan.kept:
        typer.echo("Результаты школ останутся теми же (проверено); вместо этих файлов:")
        for name in plan.kept:
            typer.echo(f"  {name}")
    if plan.unread:
        typer.echo("Программа не читает эти файлы тех же лет — посмотрите сами, нет ли в них данных учеников:")
        for name in plan.unread:
            typer.echo(f"  {name}")
