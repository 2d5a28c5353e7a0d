"""Write the configs of a model's whole life for a table.

It looks at the table, says what it saw, and writes a config for each job: training, tuning, evaluation,
explanations, drift, certification, promotion and inference. No file is overwritten.

Example:
  mxt init data/customers.csv --target churned
"""

from __future__ import annotations

import os
import shlex
from pathlib import Path
from typing import TYPE_CHECKING

from mxt.errors import OK, ConfigError

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from mxt.drafts.choices import Choices
    from mxt.drafts.looks import Look
    from mxt.drafts.places import Place

FOLDER = "confs"
EXAMPLE = "mxt init data/customers.csv --target churned"

MOST_CANDIDATES = 8
"""Columns that are proposed as the target."""


def arguments(parser: ArgumentParser) -> None:
    """Declare the table, its target, and where the configs go."""
    parser.add_argument(
        "table", nargs="?", metavar="TABLE", help="a file of CSV, Parquet or JSON Lines, or a folder of such"
    )
    parser.add_argument("--target", metavar="COLUMN", help="the column to predict")
    parser.add_argument(
        "--into", metavar="FOLDER", default=FOLDER, help=f"where the configs go ({FOLDER} if left out)"
    )


def main(options: Namespace) -> int:
    """Look at the table, and write the configs.

    Raises:
        ConfigError: No table or target is named, or a file is there already.
        DataError: The table cannot be read, or nothing can be learned from it.
    """
    if not options.table:
        raise ConfigError(_which_table())
    from mxt.configs import refuse_secret
    from mxt.datasets.local_files import blocked
    from mxt.drafts.choices import choose
    from mxt.drafts.files import files
    from mxt.drafts.looks import look
    from mxt.drafts.pages import shown, wrote
    from mxt.drafts.sources import source_of

    refuse_secret(options.table, "TABLE")
    seen = look(source_of(options.table))
    if options.target is None:
        print(shown(seen), flush=True)
        raise ConfigError(_which_target(seen, options))
    choices = choose(seen, options.target)
    why = blocked(options.into, folder=True)
    if why:
        msg = f"--into {options.into}: no config can be written there, since it {why}. Name another folder."
        raise ConfigError(msg)
    place = _place(choices, options.into)
    texts = files(choices, place)
    _refuse_present(Path(options.into), texts, options, place.name)
    print(shown(seen, choices), flush=True)
    Path(options.into).mkdir(parents=True, exist_ok=True)
    for name, text in texts.items():
        with (Path(options.into) / name).open("x", encoding="utf-8", newline="\n") as file:
            file.write(text)
    print(wrote(place, list(texts)), flush=True)
    return OK


def _which_table() -> str:
    """What to type, by the tables that lie here."""
    from mxt.drafts.sources import KINDS

    near = sorted(
        path
        for folder in (Path(), Path("data"))
        for path in folder.glob("*")
        if path.suffix.casefold() in KINDS
    )
    lines = [f"  mxt init {shlex.quote(str(path))}" for path in near[:MOST_CANDIDATES]] or [f"  {EXAMPLE}"]
    return "\n".join(
        ["mxt init looks at a table and writes the configs of its model. Name the table:", *lines]
    )


def _which_target(look: Look, options: Namespace) -> str:
    """What to type, by the columns that may be the target."""
    from mxt.drafts.choices import candidates
    from mxt.findings.words import count

    into = [] if options.into == FOLDER else ["--into", options.into]
    lines = []
    for column in candidates(look)[:MOST_CANDIDATES]:
        target = [f"--target={column.name}"] if column.name.startswith("-") else ["--target", column.name]
        words = ["mxt", "init", options.table, *target, *into]
        lines.append(f"  {shlex.join(words)}  # {count(column.distinct, 'value')}")
    return "\n".join(["Which column is to be predicted? Name it:", *lines])


def _place(choices: Choices, into: str) -> Place:
    """Where the configs lie, and how they name the table."""
    from mxt.configs import project_root
    from mxt.drafts.places import Place, name_of

    source = choices.look.source
    root = os.environ.get("MXT_ROOT") or project_root(str(Path(into) / "training.yaml"))
    path = source.location
    if "://" not in path:
        inner = os.path.relpath(path, root)
        path = path if inner.startswith(os.pardir) else Path(inner).as_posix()
    return Place(shlex.quote(into.rstrip("/")), path, name_of(source.name))


def _refuse_present(folder: Path, texts: dict[str, str], options: Namespace, name: str) -> None:
    """Raise a ConfigError if a file is there already."""
    present = [str(folder / file) for file in texts if (folder / file).exists()]
    if present:
        words = ["mxt", "init", options.table, "--target", options.target, "--into", str(folder / name)]
        msg = (
            f"{', '.join(present)}: there already, and `mxt init` overwrites nothing. Write into another "
            f"folder:\n  {shlex.join(words)}"
        )
        raise ConfigError(msg)
