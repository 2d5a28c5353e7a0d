"""Print MXT's version."""

from __future__ import annotations

from typing import TYPE_CHECKING

import mxt
from mxt.errors import OK

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace


def arguments(parser: ArgumentParser) -> None:
    """Declare no argument."""
    del parser


def main(options: Namespace) -> int:
    """Print the version."""
    del options
    print(f"mxt {mxt.__version__}", flush=True)
    return OK
