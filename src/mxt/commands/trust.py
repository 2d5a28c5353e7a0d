"""Review a model that runs code as it is loaded, or convert it into one that does not.

A review lists what the model would run and, if you say yes, writes the digest of its files into
trusted-models.yaml in the project's root (or MXT_TRUSTED_MODELS), by which jobs then load it. A conversion
opens the pickle in a sandbox. For example:
  mxt trust models:/churn/3
  mxt trust --convert model.pkl --rows data/churn.csv
"""

from __future__ import annotations

import contextlib
import getpass
import os
import re
import sys
from typing import TYPE_CHECKING

from mxt.commands import base
from mxt.errors import OK, VERDICT_NO, ConfigError, ModelError

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace
    from collections.abc import Iterator

    from mxt.registries.inspections import Inspection

MOST_NAMES = 1000
"""Lines of names that are shown."""


def arguments(parser: ArgumentParser) -> None:
    """Declare the model, and what is done with it."""
    add = parser.add_argument
    add("model", metavar="MODEL", help="models:/NAME/VERSION, models:/NAME@ALIAS, or the folder of a model")
    add(
        "--yes", action="store_true", help="trust the model without a question, as where there is no terminal"
    )
    add("--convert", action="store_true", help="write a file without code beside MODEL, a pickle or a model")
    add(
        "--rows",
        metavar="TABLE",
        help="rows for the conversion to compare predictions of, if no schema is there",
    )
    add("--store", metavar="URI", help="MLflow's store; MLFLOW_TRACKING_URI or the project's if left out")


def main(options: Namespace) -> int:
    """Review or convert a model.

    Raises:
        ConfigError: The options contradict each other, or there is nobody to ask.
        MxtError: The model is not there, or is broken.
    """
    if options.convert and options.yes:
        msg = "--convert asks nothing, so it takes no --yes."
        raise ConfigError(msg)
    if options.rows and not options.convert:
        msg = "--rows is for --convert; a review reads no table."
        raise ConfigError(msg)
    from mxt.configs import refuse_secret

    refuse_secret(options.model, "MODEL")
    refuse_secret(options.rows or "", "--rows")
    return base.shielded(lambda: _convert(options) if options.convert else _review(options))


def _convert(options: Namespace) -> int:
    from mxt.registries.conversions import convert

    with _named(options) as model:
        found = convert(model, options.rows)
    print(f"{found.file}: the {found.kind} of {model}, as data alone.")
    print(f"It predicts the same bits as the pickle for {found.rows} rows.")
    if found.classes and found.library == "lightgbm":
        print(f"LightGBM's text does not hold its classes, in order: {', '.join(map(str, found.classes))}")
    print(
        f"SHA-256 of the file {found.digest}", f"SHA-256 of the pickle {found.original}", sep="\n", flush=True
    )
    return OK


def _review(options: Namespace) -> int:
    from mxt.configs import current_root
    from mxt.registries import trust
    from mxt.registries.inspections import inspect

    root = current_root()
    with _named(options) as model:
        found = inspect(model)
    print(f"{model} is a model in the {found.flavor} flavour, with the digest {found.digest}.")
    if not found.runs:
        print("It is data: nothing of it runs as it is loaded. It needs no review, and none is written.")
        return OK
    encoding = sys.stdout.encoding or "ascii"
    print("\n".join(_lines(found)).encode(encoding, "replace").decode(encoding), flush=True)
    known = trust.reviewed(found.digest, root)
    if known is not None:
        print(f"It is reviewed already, by {known.by or 'somebody'} at {known.at or 'an unknown time'}.")
        return OK
    if not _agreed(options, model):
        print("Nothing is written.")
        return VERDICT_NO
    file = trust.allow(found.review(model, _user()), root)
    print(f"{file} names it now, so jobs load it.", flush=True)
    return OK


def _user() -> str:
    """The user of this machine, by number if the system has no name for it."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return f"user {os.getuid()}"


def _agreed(options: Namespace, model: str) -> bool:
    """Whether a person trusts the model.

    Raises:
        ConfigError: There is nobody to ask.
    """
    if options.yes:
        return True
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        msg = f"There is no terminal to ask on. If you trust what is listed, run: mxt trust {model} --yes"
        raise ConfigError(msg)
    with contextlib.suppress(EOFError):
        return input("Do you trust whoever made it to run code here? [y/N] ").strip().lower() in {"y", "yes"}
    return False


def _lines(found: Inspection) -> Iterator[str]:
    """What would run, one thing a line."""
    from mxt.registries.allowances import allowing

    yield "As it is loaded, this runs as code:"
    yield from (f"  {what}" for what in found.runs)
    for file, names in found.pickles.items():
        yield f"The pickle {file} names:" if names else f"The pickle {file} names nothing that it imports."
        yield from (f"  {name}" for name in names[:MOST_NAMES])
        if len(names) > MOST_NAMES:
            yield f"  and {len(names) - MOST_NAMES} more"
    if found.code:
        yield "Files of code:"
        yield from (f"  {file}" for file in found.code[:MOST_NAMES])
    yield "A list says what is there, not what it does: code can do anything that you can."
    if found.types:
        yield "If the code of these types is yours, and installed here, a config may allow them instead:"
        yield f"  {allowing(found.types)}"


@contextlib.contextmanager
def _named(options: Namespace) -> Iterator[str]:
    """The model as a URI by its number, which no alias moves, or as a path.

    MLflow's store is opened for names in it alone.
    """
    text = str(options.model)
    if os.path.exists(text):  # noqa: PTH110 - which is False of names that are too long, no error
        yield text
        return
    if re.match(r"[./~]|.*\.[a-z]\w*$", text):
        msg = f"{text}: no such file or folder. A version is written as models:/NAME/VERSION."
        raise ModelError(msg)
    from mxt.registries.choices import chosen
    from mxt.services.base.runs import translated

    service = base.open_store(options.store)
    with translated(service.tracking_uri):
        registered = not re.match(r"(?!models:)[a-z-]+:/", text)
        yield chosen(service.client(), text, service.tracking_uri, "").uri if registered else text
