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
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, cast

from mxt.errors import ConfigError

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace
    from importlib.metadata import EntryPoint

ENTRY_POINTS = "mxt.commands"
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


def parser_of(word: str) -> ArgumentParser:
    """The parser of a command's arguments."""
    command = load(word)
    about, _, more = (command.__doc__ or "").partition("\n")
    parser = argparse.ArgumentParser(
        prog=f"mxt {word}",
        description=about,
        epilog=more.strip() or None,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    command.arguments(parser)
    return parser
