"""Print the JSON Schema of configs."""

from __future__ import annotations

import importlib.metadata
from pathlib import Path
from typing import TYPE_CHECKING

import mxt
from mxt.errors import OK

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace


def arguments(parser: ArgumentParser) -> None:
    """Declare no argument."""
    del parser


def main(options: Namespace) -> int:
    """Print the schema that MXT comes with, or one made afresh where plug-ins add kinds."""
    del options
    if importlib.metadata.entry_points(group="mxt.kinds"):
        from mxt import settings

        text = settings.schema_text()
    else:
        text = Path(mxt.__file__).with_name("schema.json").read_text(encoding="utf-8")
    print(text, end="", flush=True)
    return OK
