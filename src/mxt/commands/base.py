"""What a command is, and how its word leads to it.

A command is a module. The first line of its docstring says what it does, ``arguments(parser)`` declares
its arguments, and ``main(options)`` does the work and returns the exit code. MXT's own commands are the files
beside this one. A plug-in adds a command by an entry point of the group ``mxt.commands``: its name is the
word, and its value is the module.
"""

from __future__ import annotations

import argparse
import ast
import importlib
import sys
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn, Protocol, cast

from mxt.errors import ConfigError, ModelError, MxtError, cut, full_disk_as_error, memory_as_error

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace
    from collections.abc import Callable
    from importlib.metadata import EntryPoint

    from mxt.services import MlflowService

ENTRY_POINTS = "mxt.commands"
ALONE = False
"""Whether this process does nothing but the command, so that the command may end it."""
NO_CONFIG = "no config file given; try: mxt confs/explanations.yaml, or mxt help"


class Command(Protocol):
    """The module of a command."""

    __doc__: str | None

    def arguments(self, parser: ArgumentParser, /) -> None:
        """Declare the command's arguments."""

    def main(self, options: Namespace, /) -> int:
        """Do the work and return the exit code.

        Raises:
            MxtError: Something that a user or the world around the command caused.
        """


def own() -> list[str]:
    """The words of MXT's own commands: the names of their files."""
    return sorted({file.stem for file in Path(__file__).parent.glob("*.py")} - {"__init__", "base"})


def headlines() -> dict[str, str]:
    """What each command does, by its word; only the commands of plug-ins are imported."""
    folder = Path(__file__).parent
    texts = {word: ast.get_docstring(ast.parse((folder / f"{word}.py").read_text("utf-8"))) for word in own()}
    texts |= {word: load(word).__doc__ for word in plugged()}
    return {word: (text or "").strip().partition("\n")[0] for word, text in texts.items()}


def plugged() -> dict[str, EntryPoint]:
    """The commands of plug-ins, by their words."""
    from importlib.metadata import entry_points

    return {entry.name: entry for entry in entry_points(group=ENTRY_POINTS)}


def exists(word: str) -> bool:
    """Whether there is a command of this word."""
    return word.isidentifier() and (word in own() or word in plugged())


def load(word: str) -> Command:
    """The module of a command.

    Raises:
        ConfigError: It is a plug-in's, and cannot be loaded.
    """
    if word in own():
        return cast("Command", importlib.import_module(f"mxt.commands.{word}"))
    entry_point = plugged()[word]
    try:
        return cast("Command", entry_point.load())
    except Exception as error:
        why = f"{type(error).__name__}: {error}"
        msg = f"the plug-in {entry_point.value} of {ENTRY_POINTS} cannot be loaded ({why})"
        raise ConfigError(msg) from error


class _Parser(argparse.ArgumentParser):
    """A parser whose messages are cut."""

    def error(self, message: str) -> NoReturn:
        super().error(cut(message))


def parser_of(word: str) -> ArgumentParser:
    """The parser of a command's arguments."""
    command = load(word)
    about, _, more = (command.__doc__ or "").partition("\n")
    parser = _Parser(
        prog=f"mxt {word}",
        description=about,
        epilog=more.strip() or None,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    command.arguments(parser)
    return parser


def shielded(work: Callable[[], int]) -> int:
    """The exit code of some work; a bug is reported without its text, which may quote data.

    Raises:
        MxtError: Something that a user or the world around the command caused.
    """
    try:
        with memory_as_error(), full_disk_as_error():
            return work()
    except (MxtError, BrokenPipeError):
        raise
    except Exception as error:  # noqa: BLE001 - a bug is reported by its frames and exit code 1
        print(bug(error), file=sys.stderr)
        return 1


def bug(error: Exception) -> str:
    """Print the frames of a bug, and return a sentence about it without its text, which may quote data."""
    traceback.print_tb(error.__traceback__)
    return f"a bug in MXT: {type(error).__name__} (its text is withheld, since it may quote data)"


def open_store(uri: str | None) -> MlflowService:
    """The store that a command without a config reads, by the rules of jobs; nothing is made there.

    Args:
        uri: The store; MLFLOW_TRACKING_URI or else the project's own file if None.

    Raises:
        ConfigError: The URI has a wrong form, or holds a secret.
        ModelError: The store's file does not exist.
    """
    from pydantic import ValidationError

    from mxt.configs import current_root
    from mxt.services import LoggerService, MlflowService

    fields = {} if uri is None else {"tracking_uri": uri}
    try:
        service = MlflowService.model_validate(fields, context={"root": current_root()})
    except ValidationError as error:
        place = "--store" if uri else "MLFLOW_TRACKING_URI"
        why = error.errors()[0]["msg"]
        msg = f"{place} must be the URI of an MLflow store without a password, as sqlite:///mlflow.db ({why})"
        raise ConfigError(msg) from error
    if not service.exists():
        msg = (
            f"There is no store {service.tracking_uri}. Run this in the project's folder, set MXT_ROOT to "
            "it, or name the store by --store URI."
        )
        raise ModelError(msg)
    LoggerService(level="WARNING").start()
    service.connect()
    return service
