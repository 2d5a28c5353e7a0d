"""Fields that accept any member of a family."""

from __future__ import annotations

import json
from contextvars import ContextVar
from typing import TYPE_CHECKING, Annotated, Any, NoReturn, TypeAlias

from pydantic_core import PydanticKnownError, core_schema

from mxt.kinds.families import Family, member, members, names

if TYPE_CHECKING:
    from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
    from pydantic.json_schema import JsonSchemaValue
    from pydantic_core.core_schema import CoreSchema, ErrorType, ValidationInfo

    from mxt.kinds.base import Kind

_DESCRIBED: ContextVar[set[type[Kind]] | None] = ContextVar("_DESCRIBED", default=None)
"""The kinds that the JSON Schema being made describes already: a kind may hold kinds of its own family."""


class _ByKind:
    """Marks a field of a family's type as the union of its members, chosen by `KIND`.

    pydantic's own tagged union needs the classes of all members before the first config is read, so it would
    import their modules and all that these import. This one imports the member that the config names.
    """

    @classmethod
    def __get_pydantic_core_schema__(cls, source: type[Kind], _handler: GetCoreSchemaHandler) -> CoreSchema:
        def validate(value: object, info: ValidationInfo) -> Kind:
            return value if isinstance(value, source) else _validated(source, value, info)

        def describe(_schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
            return _described(source, handler)

        return core_schema.with_info_plain_validator_function(
            validate, metadata={"pydantic_js_functions": [describe]}
        )


OneOf: TypeAlias = Annotated[Family, _ByKind]
"""``OneOf[Reader]`` is a field that takes any member of `Reader`."""


def _validated(family: type[Kind], value: object, info: ValidationInfo) -> Kind:
    """The member that a block of a config describes; faults are those of pydantic's tagged union."""
    if not isinstance(value, dict):
        _refuse("dict_type" if info.mode == "json" else "model_attributes_type")
    if "KIND" not in value:
        _refuse("union_tag_not_found", discriminator="'KIND'")
    name = value["KIND"]
    kind = member(family, name) if isinstance(name, str) else None
    if kind is None:
        known = ", ".join(map(repr, names(family)))
        _refuse("union_tag_invalid", discriminator="'KIND'", tag=str(name), expected_tags=known)
    if info.mode == "json":  # strict types of JSON are wider: a list is a tuple
        return kind.model_validate_json(json.dumps(value), context=info.context)
    return kind.model_validate(value, context=info.context)


def _refuse(code: ErrorType, **context: str) -> NoReturn:
    """Raise one of pydantic's own errors."""
    raise PydanticKnownError(code, context or None)


def _described(family: type[Kind], handler: GetJsonSchemaHandler) -> JsonSchemaValue:
    """The JSON Schema of pydantic's tagged union of all members."""
    described = _DESCRIBED.get()
    if described is not None:
        return handler(_union(family, described))
    described = set()
    token = _DESCRIBED.set(described)
    try:
        return handler(_union(family, described))
    finally:
        _DESCRIBED.reset(token)


def _union(family: type[Kind], described: set[type[Kind]]) -> CoreSchema:
    """The union of all members, with a reference to each that is described already."""
    choices: dict[str, CoreSchema] = {}
    for name, kind in members(family).items():
        kind.model_rebuild()
        schema = kind.__pydantic_core_schema__
        seen = kind in described
        described.add(kind)
        choices[name] = _reference(schema) if seen else schema
    return core_schema.tagged_union_schema(choices, discriminator="KIND")


def _reference(schema: CoreSchema) -> CoreSchema:
    """A reference to the core schema of a kind, which blocks that it holds twice are kept beside."""
    kind: Any = schema["schema"] if schema["type"] == "definitions" else schema
    return core_schema.definition_reference_schema(kind.get("ref") or kind["schema_ref"])
