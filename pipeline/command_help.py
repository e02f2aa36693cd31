"""Help and misuse of the `shnro` command in Russian; the library that parses the command line speaks English."""

import shlex
from pathlib import Path
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup, TyperOption

OPTIONS = "[ПАРАМЕТРЫ]"
SUBCOMMAND = "КОМАНДА …"
NO_WORD = " "  # instead of the type of a flag, which takes no value


class _InRussian:
    """What a command and a group of commands say of themselves."""

    def format_usage(self, ctx: typer.Context, formatter: Any) -> None:
        formatter.write_usage(ctx.command_path, " ".join(ctx.command.collect_usage_pieces(ctx)), prefix="Вызов: ")

    def get_help_option(self, ctx: typer.Context) -> TyperOption | None:
        option: TyperOption | None = super().get_help_option(ctx)  # type: ignore[misc]  # of the class beside
        if option is not None:
            option.help, option.metavar = "Показать эту справку.", NO_WORD
        return option


class RussianCommand(_InRussian, TyperCommand):  # type: ignore[misc]  # the library types its own context
    """A command whose help is Russian."""


class RussianGroup(_InRussian, TyperGroup):  # type: ignore[misc]
    """A group of commands whose help is Russian."""


def title_panels() -> None:
    """Title the panels of the help in Russian; the library reads these names when it prints."""
    from typer import rich_utils

    rich_utils.ARGUMENTS_PANEL_TITLE = "Аргументы"
    rich_utils.OPTIONS_PANEL_TITLE = "Параметры"
    rich_utils.COMMANDS_PANEL_TITLE = "Команды"
    rich_utils.DEFAULT_STRING = "[по умолчанию: {}]"
    rich_utils.REQUIRED_LONG_STRING = "[обязательно]"


def misuse(error: typer.TyperException) -> str:
    """What is wrong with the words of the command, in one Russian paragraph; the help itself where nothing was said."""
    kind = type(error).__name__
    if kind == "NoArgsIsHelpError":
        return str(error)
    context = getattr(error, "ctx", None)
    command = context.command_path if context else "shnro"
    told = {
        "MissingParameter": "Не указан обязательный параметр {name}",
        "BadParameter": "Недопустимое значение параметра {name}",
        "NoSuchOption": "Неизвестный параметр {name}",
        "BadOptionUsage": "У параметра {name} нет значения или оно лишнее",
    }.get(kind, "Команда не понята: лишнее или неизвестное слово")
    return f"{told.format(name=_name_of(error))}. Где: {command}. Что сделать: посмотрите «{command} --help»."


def _name_of(error: typer.TyperException) -> str:
    """The parameter as the help names it."""
    parameter = getattr(error, "param", None)
    if parameter is None:
        return str(getattr(error, "option_name", ""))
    return str(parameter.metavar if parameter.param_type_name == "argument" else parameter.opts[0])


def quoted(path: Path) -> str:
    """A path as it can be pasted into a command, spaces and all."""
    return shlex.quote(str(path))
