"""The command line: which command the words name, signals, and errors as exit codes."""

from __future__ import annotations

import gc
import io
import os
import signal
import sys
from typing import TYPE_CHECKING

from mxt.commands import base
from mxt.errors import ConfigError, MxtError, Stopped, nearest
from mxt.redaction import redacted

if TYPE_CHECKING:
    from collections.abc import Sequence

SPELLINGS = {"--check": "check", "--schema": "schema", "--kinds": "kinds", "--version": "version"}
"""Options that name a command wherever they stand before the word of one."""

OWN_TEXTS = {"help", "kinds", "schema", "version"}
"""Commands that print what is the same for all configs, such as patterns of URLs."""


def process() -> int:
    """Run the command line as all that a process does, and return its exit code."""
    base.ALONE = True
    for name in [name for name in os.environ if name.startswith("LOGURU_")]:
        del os.environ[name]  # logs are as the config says; loguru fails on a value that it does not know
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # as stderr is, whatever a name holds
    code = main()
    gc.freeze()  # the system takes the memory back whole, so no object need be looked at again
    deadlines = sys.modules.get("mxt.datasets.deadlines")
    if deadlines is not None and deadlines.abandoned():  # Python would wait for threads of theirs
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
    return code


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code."""
    heard = {number: signal.signal(number, _stop) for number in (signal.SIGINT, signal.SIGTERM)}
    gc.disable()  # until a job runs, objects are made and none is thrown away
    try:
        with redacted("stderr"):
            return _run([*(sys.argv[1:] if arguments is None else arguments)])
    except BrokenPipeError:  # the reader has gone, as in: mxt kinds | head
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141
    finally:
        gc.unfreeze()
        gc.enable()
        Stopped.under_way = 0
        for number, before in heard.items():
            signal.signal(number, before)


def _run(arguments: list[str]) -> int:
    """Run the command that the words name; what it prints of configs and data holds no secret."""
    try:
        word, words = _command(arguments)
        with redacted(*([] if word in OWN_TEXTS else ["stdout"])):
            return base.load(word).main(base.parser_of(word).parse_args(words))
    except MxtError as error:
        print(error, file=sys.stderr)
        return error.exit_code


def _stop(number: int, _frame: object) -> None:
    """End what runs; further signals do not disturb its end."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    Stopped.under_way = 128 + number
    raise Stopped(128 + number)


def _command(words: list[str]) -> tuple[str, list[str]]:
    """The command that the words name, and the words that are its arguments.

    Raises:
        ConfigError: The first word is neither a command nor a config.
    """
    if words[:1] in (["-h"], ["--help"]):
        return "help", words[1:]
    if words and base.exists(words[0]):
        return words[0], words[1:]
    for place, word in enumerate(words):
        option, equals, value = word.partition("=")
        if option in SPELLINGS:
            return SPELLINGS[option], [*words[:place], *([value] if equals else []), *words[place + 1 :]]
    if words and words[0].isidentifier() and not os.path.lexists(words[0]):
        near = nearest(words[0], base.own())
        hint = f"did you mean {near!r}?" if near else f"the commands are {', '.join(base.own())}."
        msg = f"there is no command {words[0]!r}, nor a config of that name; {hint}"
        raise ConfigError(msg)
    return "run", words
