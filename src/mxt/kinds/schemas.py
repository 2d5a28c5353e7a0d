"""Fields of a JSON Schema in words, as the catalogue and the reference show them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from mxt.kinds import files

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

Schema = dict[str, Any]
"""A JSON Schema, or a part of one."""

_BOUNDS = {
    "minimum": "at least",
    "exclusiveMinimum": "above",
    "maximum": "at most",
    "exclusiveMaximum": "below",
}
_NAMES = {"boolean": "true or false", "integer": "whole number", "number": "number", "string": "text"}


def type_in_words(field: Schema, link: Callable[[str], str] = str) -> str:
    """The type of a field; null is left out, since the default says that it may be left out.

    Args:
        field: The field's JSON Schema.
        link: What stands for the name of a family or of a block.
    """
    if "discriminator" in field:
        return link(_family_of(next(iter(field["discriminator"]["mapping"]))))
    if "$ref" in field:
        return link(str(field["$ref"]).rpartition("/")[2])
    if "anyOf" in field:
        words = [type_in_words(choice, link) for choice in field["anyOf"] if choice.get("type") != "null"]
        return " or ".join(word for word in words if (word, "number" in words) != ("whole number", True))
    if "const" in field or "enum" in field:
        return " or ".join(f"`{choice}`" for choice in field.get("enum", [field.get("const")]))
    if "prefixItems" in field:
        return f"[{', '.join(type_in_words(item, link) for item in field['prefixItems'])}]"
    return _plain(field, link)


def default_in_words(name: str, block: Schema) -> str:
    """The default of a field of a block."""
    field = block["properties"][name]
    if name in block.get("required", ()):
        return "required"
    if "default" not in field:
        return "from the environment"
    if "$ref" in field and field["default"] == {}:
        return "its own defaults"
    return f"`{json.dumps(field['default'])}`"


def _plain(field: Schema, link: Callable[[str], str]) -> str:
    if field["type"] == "array":
        return f"list of {type_in_words(field['items'], link)}"
    if field["type"] == "object":
        return f"mapping of names to {type_in_words(field['additionalProperties'], link)}"
    return " ".join([_NAMES[field["type"]], " and ".join(_limits(field))]).strip()


def _limits(field: Schema) -> Iterator[str]:
    return (f"{words} {field[key]:g}" for key, words in _BOUNDS.items() if key in field)


def _family_of(kind: str) -> str:
    """The name of a member's family."""
    own = files.families()
    return next((name for name, family in own.items() if kind in files.members(family.module)), kind)
