"""List the families of kinds, or describe one kind or family."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mxt.errors import OK

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace


def arguments(parser: ArgumentParser) -> None:
    """Declare the name of a kind or family."""
    parser.add_argument("name", nargs="?", default="", metavar="NAME", help="a kind or a family")


def main(options: Namespace) -> int:
    """Print the catalogue."""
    from mxt.catalogue import catalogue

    print(catalogue(options.name), flush=True)
    return OK
