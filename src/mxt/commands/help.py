"""Describe MXT's commands, or one of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mxt.commands import base
from mxt.errors import OK, ConfigError

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

USAGE = """\
usage: mxt [COMMAND] ...

Run, explain, certify, watch and prove tabular models, each by a YAML config.

commands:
{commands}

A config without a command is run: `mxt confs/training.yaml` is `mxt run confs/training.yaml`.
`mxt help COMMAND` describes a command; --check, --schema, --kinds, --version and --help are other spellings.

exit codes:
  0 done, the answer is yes    1 a bug in MXT               2 the config is wrong
  3 the data is wrong          4 the model is wrong         5 a service does not answer
  7 an optional library is absent                           10 done, the answer is no
  99 nothing to do             130, 143 stopped by Ctrl-C, by SIGTERM

examples:
  mxt confs/explanations.yaml
  mxt confs/explanations.yaml confs/production.yaml job.inputs_samples.limit=1000
  mxt kinds XgboostRecipe"""


def arguments(parser: ArgumentParser) -> None:
    """Declare the word of a command."""
    parser.add_argument("command", nargs="?", metavar="COMMAND", help="the command to describe")


def main(options: Namespace) -> int:
    """Print the help.

    Raises:
        ConfigError: There is no such command.
    """
    if options.command is None:
        print(overview(), flush=True)
    elif base.exists(options.command):
        print(base.parser_of(options.command).format_help(), end="", flush=True)
    else:
        msg = f"there is no command {options.command!r}; there are {', '.join(base.own())}."
        raise ConfigError(msg)
    return OK


def overview() -> str:
    """All commands, and what exit codes mean."""
    texts = base.headlines()
    width = max(map(len, texts))
    return USAGE.format(commands="\n".join(f"  {word:<{width}}  {text}" for word, text in texts.items()))
