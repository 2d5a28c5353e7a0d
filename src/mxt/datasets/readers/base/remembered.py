"""Remembered fields: how a training read the cells of its table, which later jobs read theirs by."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias, TypeVar

from pydantic import TypeAdapter, ValidationError
from pydantic_core import to_jsonable_python

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pydantic.fields import FieldInfo

    from mxt.datasets.readers.base import Reader

T = TypeVar("T")


class _Mark:
    """Marks a field of a reader that says how cells are read, and not which table or which rows are."""


_MARK = _Mark()

Remembered: TypeAlias = Annotated[T, _MARK]
"""``missing: Remembered[tuple[str, ...]]`` is a field that a version remembers of its training's reader."""


def remembered(reader: Reader) -> dict[str, object]:
    """The `KIND` of a reader, and its remembered fields as JSON has them, also those at their defaults."""
    own = {name: to_jsonable_python(getattr(reader, name)) for name, _ in _marked(reader)}
    return {"KIND": type(reader).__name__, **own}


def recalled(reader: Reader, record: Mapping[str, object]) -> dict[str, object]:
    """The fields of a reader that its config leaves out and a record knows, with the values of the record.

    A value that the reader cannot have, which may be of another `KIND` than the record's, is left out.

    Args:
        reader: As the config has it.
        record: What `remembered` gave of another reader.
    """
    left = [(name, field) for name, field in _marked(reader) if name not in reader.model_fields_set]
    values = {name: _values(field, record[name]) for name, field in left if name in record}
    return {name: value[0] for name, value in values.items() if value}


def _marked(reader: Reader) -> Iterator[tuple[str, FieldInfo]]:
    return ((name, field) for name, field in type(reader).model_fields.items() if _MARK in field.metadata)


def _values(field: FieldInfo, value: object) -> list[object]:
    """The value in the form of the field, without entries that do not fit; empty if no entry fits."""
    form: Any = Annotated[field.annotation, *field.metadata]
    own: TypeAdapter[Any] = TypeAdapter(form)
    whole = _fitting(own, value)
    if whole or not isinstance(value, dict):
        return whole
    entries = {key: part for key, part in value.items() if _fitting(own, {key: part})}
    return _fitting(own, entries) if entries else []


def _fitting(own: TypeAdapter[Any], value: object) -> list[object]:
    try:
        return [own.validate_json(json.dumps(value), strict=True)]
    except ValidationError:
        return []
