"""The commands `shnro causes`: the questionnaires of the listed schools, and the register of causes."""

from pathlib import Path
from typing import Annotated

import typer

from pipeline.command_help import NO_WORD, quoted
from pipeline.command_run import (
    DataOption,
    DirectOption,
    EditionOption,
    YearOption,
    command,
    command_group,
    execute,
    say_published,
    start_run,
    today,
)

causes_app = command_group("Причины низких результатов: анкеты и реестр причин.")


@command(causes_app)
def forms(
    year: YearOption,
    data: DataOption = Path("data"),
    draft: Annotated[
        bool, typer.Option("--draft", metavar=NO_WORD, help="По проекту перечня, пока он не подписан.")
    ] = False,
) -> None:
    """Подготовить анкеты школ перечня: руководителям, педагогам, ученикам, родителям."""
    from pipeline.outputs import causes as told
    from pipeline.region import load_region
    from pipeline.survey_forms import load_questionnaire, load_texts, write_forms
    from pipeline.surveyed import refuse_unsigned, surveyed_schools

    region = load_region(data)
    if not draft:
        refuse_unsigned(data, year)
    surveyed = surveyed_schools(data, year, today(data))
    done = write_forms(
        data,
        year,
        surveyed,
        load_questionnaire(data),
        load_texts(data),
        region_name=region.name,
        is_demo=region.is_demo,
    )
    typer.echo(told.forms_summary(surveyed, len(done.written), len(done.kept), quoted(data), year))


@command(causes_app)
def build(
    year: YearOption,
    data: DataOption = Path("data"),
    edition: EditionOption = "2026",
    direct: DirectOption = False,
) -> None:
    """Составить реестр причин: анкеты и факты о школах перечня."""
    from pipeline.outputs import causes as told
    from pipeline.region import DEMO_NOTICE, load_region
    from pipeline.store import Store
    from pipeline.tables.causes import REGISTER_OF_CAUSES, REGISTER_REMARKS, SURVEY_FILES

    # Which school stands for which depends on the day.
    run = start_run(data, "causes", year, edition, None, today(data).isoformat())
    published = execute(run, direct)
    store = Store(run)
    if load_region(data).is_demo:
        typer.echo(DEMO_NOTICE)
    typer.echo(
        told.terminal_summary(store.read(REGISTER_OF_CAUSES), store.read(REGISTER_REMARKS), store.read(SURVEY_FILES))
    )
    say_published(published)
