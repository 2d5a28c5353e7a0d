"""Validate configs, each on its own, and run nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mxt.commands.base import NO_CONFIG
from mxt.errors import OK, ConfigError

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace


def arguments(parser: ArgumentParser) -> None:
    """Declare the configs and what overrides them."""
    parser.add_argument(
        "words", nargs="*", metavar="config.yaml | key=value", help="configs, and overrides of each of them"
    )


def main(options: Namespace) -> int:
    """Print the job of each valid config.

    Raises:
        ConfigError: Some config is wrong; the message has the faults of all.
    """
    from mxt import settings
    from mxt.configs import split

    files, overrides = split(options.words)
    if not files:
        raise ConfigError(NO_CONFIG)
    faults = []
    for file in files:
        try:
            job = settings.load([file], overrides).job
            print(f"{file}: a valid {type(job).__name__}")
        except ConfigError as error:
            faults.append(str(error))
    if faults:
        raise ConfigError("\n".join(faults))
    return OK
