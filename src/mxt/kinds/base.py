"""The bases of all that a config holds: blocks, and the blocks that name their class."""

from __future__ import annotations

import inspect
from abc import ABC
from typing import TYPE_CHECKING, Any, get_args

from pydantic import BaseModel, ConfigDict

from mxt.kinds.texts import descriptions

if TYPE_CHECKING:
    from pydantic import GetJsonSchemaHandler
    from pydantic.json_schema import JsonSchemaValue
    from pydantic_core import CoreSchema


class Strict(BaseModel):
    """A frozen block of a config: no coercion, no unknown field, a description under each field."""

    model_config = ConfigDict(
        strict=True,
        frozen=True,
        extra="forbid",
        defer_build=True,
        hide_input_in_errors=True,  # which may be a secret
        validate_default=True,
    )

    @classmethod
    def __get_pydantic_json_schema__(
        cls, schema: CoreSchema, handler: GetJsonSchemaHandler, /
    ) -> JsonSchemaValue:
        """Describe each field by the text under it."""
        reference = handler(schema)
        properties = handler.resolve_ref_schema(reference).get("properties", {})
        for name, text in descriptions(cls).items():
            properties[cls.model_fields[name].alias or name]["description"] = text
        return reference


class Kind(Strict, ABC):
    """A recipe that a config names by `KIND`, the name of its class."""

    @classmethod
    def __pydantic_init_subclass__(cls, **kwargs: Any) -> None:  # noqa: ANN401 - pydantic's own signature
        super().__pydantic_init_subclass__(**kwargs)
        field, name = cls.model_fields.get("KIND"), cls.__name__
        declared = field is not None and (*get_args(field.annotation), field.default) == (name, name)
        if not inspect.isabstract(cls) and not declared:
            msg = f'{cls.__module__}.{name} must declare KIND: Literal["{name}"] = "{name}".'
            raise TypeError(msg)

    @classmethod
    def __get_pydantic_json_schema__(
        cls, schema: CoreSchema, handler: GetJsonSchemaHandler, /
    ) -> JsonSchemaValue:
        """Require `KIND`: it has a default in Python, but a config must choose the member by it."""
        reference = super().__get_pydantic_json_schema__(schema, handler)
        definition = handler.resolve_ref_schema(reference)
        if "KIND" in definition.get("properties", {}):
            definition["required"] = ["KIND", *definition.get("required", [])]
        return reference
