"""Inheritance: fields that a config leaves out of a reader come from the trainings of the job's versions."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, NamedTuple

from pydantic import ValidationError
from pydantic_core import to_jsonable_python

from mxt.datasets.readers.base.remembered import recalled
from mxt.errors import ConfigError, DataError
from mxt.findings.words import LONGEST_ITEM, listed, shortened

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from mxt.datasets.readers.base import Reader
    from mxt.registries.served import Served

IDS = "id_column"
MOST_ENTRIES = 3
"""Entries of a mapping, such as the types of columns, that a sentence names."""


class Inherited(NamedTuple):
    """A reader with the fields that it inherits."""

    reader: Reader
    fields: dict[str, object]
    """The inherited fields that differ from the reader's own defaults, as JSON has them."""
    origin: str
    """Whose fields these are, such as "the training of version 3"."""


class _Recalled(NamedTuple):
    """A field that a config leaves out, as the training of a version had it."""

    value: object
    training: str


def inherit(reader: Reader, versions: Iterable[Served], block: str) -> Inherited:
    """A reader, where fields that its config leaves out are as in the trainings of versions.

    Versions without a record of how their training read its table have no say.

    Args:
        reader: As the config has it.
        versions: The versions that a job works with.
        block: What the reader is called in the config.

    Raises:
        ConfigError: The trainings read otherwise from one another, or the fields do not go together.
    """
    known = _recalled(reader, versions, block)
    new = {name: field.value for name, field in known.items() if field.value != getattr(reader, name)}
    if not new:
        return Inherited(reader, {}, "")
    copy = reader.model_copy(update=new)
    trainings = " and ".join(dict.fromkeys(known[name].training for name in new))
    if (fault := _fault(copy)) and not _fault(reader):
        msg = (
            f"{block}: {fault}. The config leaves out {listed(sorted(new))}, which {trainings} had as "
            f"{_lines(new)}. Write those that differ for this table in `{block}` too."
        )
        raise ConfigError(msg)
    return Inherited(copy, {name: to_jsonable_python(value) for name, value in new.items()}, trainings)


def _recalled(reader: Reader, versions: Iterable[Served], block: str) -> dict[str, _Recalled]:
    """What the trainings of versions know of the fields that a config leaves out.

    Raises:
        ConfigError: They differ.
    """
    known: dict[str, _Recalled] = {}
    for served in versions:
        record = {} if served.fitted is None else served.fitted.reader
        training = f"the training of version {served.pinned.version}"
        for name, value in recalled(reader, record).items():
            before = known.setdefault(name, _Recalled(value, training))
            if before.value != value:
                msg = (
                    f"{block}: {before.training} read its table by {_lines({name: before.value})}, and "
                    f"{training} by {_lines({name: value})}. Write `{name}: ...` in `{block}` to "
                    "say how this table is to be read."
                )
                raise ConfigError(msg)
    return known


def described(fields: Mapping[str, object]) -> str:
    """Inherited fields in words, such as ``id_column customerID, missing ['', ' ']``."""
    return ", ".join(f"{name} {_described(value)}" for name, value in sorted(fields.items()))


def _described(value: object) -> str:
    if isinstance(value, dict) and len(value) > MOST_ENTRIES:
        return f"of {len(value)} columns"
    return shortened(str(value)) if re.search(r"\w", str(value)) else repr(value)


def _lines(fields: Mapping[str, object]) -> str:
    """Fields as the lines of a config."""
    return ", ".join(f"`{name}: {_yaml(value)}`" for name, value in sorted(fields.items()))


def _yaml(value: object) -> str:
    return shortened(json.dumps(to_jsonable_python(value), ensure_ascii=False), LONGEST_ITEM)


def _fault(reader: Reader) -> str:
    """Which rules of a reader its fields break together; empty if they break none."""
    names = {name: field.alias or name for name, field in type(reader).model_fields.items()}
    content: dict[str, object] = {names[name]: value for name, value in reader if name in names}
    try:
        type(reader).model_validate(content)
    except ValidationError as error:
        faults = dict.fromkeys(fault["msg"].removeprefix("Value error, ") for fault in error.errors())
        return "; ".join(faults)
    return ""


def refuse_without_ids(known: Inherited, block: str) -> None:
    """Raise a DataError if a reader inherits an id column that its table lacks."""
    reader = known.reader
    if IDS not in known.fields or reader.id_column in reader.names():
        return
    try:
        reader.wanted([])
    except DataError as error:
        msg = (
            f"{error} There {known.origin} had its ids: write `id_column: NAME` in `{block}` if they have "
            "another name here, or `id_column: null` to number the rows."
        )
        raise DataError(msg) from error
