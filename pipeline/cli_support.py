"""The commands `shnro support`: forms of the monitoring of support, and plan and fact of the roadmap."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from pipeline.command_help import NO_WORD, quoted
from pipeline.command_run import (
    DataOption,
    DirectOption,
    EditionOption,
    command,
    command_group,
    execute,
    read_day,
    say_published,
    start_run,
)

support_app = command_group("Поддержка школ перечня: формы, план и факт дорожной карты.")


class Period(StrEnum):
    """The two periods of the monitoring, as `tables.support.PERIODS` names them."""

    june = "june"
    november = "november"


PlanYearOption = Annotated[
    int, typer.Option("--year", min=1990, max=2100, metavar="ГОД", help="Год плана: календарный год дорожной карты.")
]
PeriodOption = Annotated[
    Period, typer.Option("--period", metavar="ПЕРИОД", help="june — январь — июнь, november — январь — ноябрь.")
]
JudgedOption = Annotated[
    str | None,
    typer.Option("--as-of", metavar="ГГГГ-ММ-ДД", help="День оценки; без него — последний день периода."),
]
DeadlineOption = Annotated[
    str | None, typer.Option("--deadline", metavar="ГГГГ-ММ-ДД", help="До какого дня вернуть форму; печатается в ней.")
]


@command(support_app)
def forms(
    year: PlanYearOption,
    period: PeriodOption,
    data: DataOption = Path("data"),
    as_of: JudgedOption = None,
    deadline: DeadlineOption = None,
) -> None:
    """Подготовить формы: по одной муниципалитету и подразделению института."""
    from pipeline.outputs.support_reminder import forms_summary
    from pipeline.support_forms import write_forms

    day = None if as_of is None else read_day(as_of, "--as-of")
    until = None if deadline is None else read_day(deadline, "--deadline")
    done = write_forms(data, year, period.value, day, deadline=until)
    typer.echo(
        forms_summary(
            len(done.written),
            len(done.kept),
            done.school_count,
            done.municipality_count,
            done.unit_count,
            done.list_note,
            folder=quoted(data),
            plan_year=year,
            period=period.value,
        )
    )


@command(support_app)
def programmes(
    year: Annotated[int, typer.Option("--year", min=1990, max=2100, metavar="ГОД", help="Год перечня.")],
    data: DataOption = Path("data"),
    draft: Annotated[
        bool, typer.Option("--draft", metavar=NO_WORD, help="По проекту перечня, пока он не подписан.")
    ] = False,
) -> None:
    """Подготовить формы программ школ: причины из реестра и место для мер."""
    from pipeline.outputs.programmes import forms_summary
    from pipeline.programme_forms import refuse_draft, write_forms

    if not draft:
        refuse_draft(data, year)
    done = write_forms(data, year)
    typer.echo(forms_summary(len(done.written), len(done.kept), len(done.without_causes), quoted(data), year))


@command(support_app)
def build(
    year: PlanYearOption,
    period: PeriodOption,
    data: DataOption = Path("data"),
    as_of: JudgedOption = None,
    deadline: DeadlineOption = None,
    edition: EditionOption = "2026",
    direct: DirectOption = False,
) -> None:
    """Свести план и факт дорожной карты: меры, муниципалитеты, школы; кто не сообщил."""
    from pipeline import closing_words

    until = None if deadline is None else read_day(deadline, "--deadline")
    run = start_run(data, "support", year, edition, None, as_of, period.value)
    published = execute(run, direct)
    closing_words.say_support(run, until)
    say_published(published)
