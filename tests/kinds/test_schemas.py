"""Fields of a JSON Schema in words."""

from __future__ import annotations

from typing import Any

import pytest

from mxt.kinds.schemas import default_in_words, type_in_words

FIELDS: list[tuple[dict[str, Any], str]] = [
    ({"type": "string"}, "text"),
    ({"type": "integer", "minimum": 1}, "whole number at least 1"),
    ({"type": "number", "exclusiveMinimum": 0, "maximum": 1}, "number above 0 and at most 1"),
    ({"anyOf": [{"type": "boolean"}, {"type": "null"}]}, "true or false"),
    ({"anyOf": [{"type": "integer"}, {"type": "number"}]}, "number"),
    ({"enum": ["a", "b"]}, "`a` or `b`"),
    ({"type": "array", "items": {"const": "x"}}, "list of `x`"),
    ({"type": "object", "additionalProperties": {"type": "string"}}, "mapping of names to text"),
    ({"prefixItems": [{"type": "string"}, {"type": "number"}]}, "[text, number]"),
    ({"$ref": "#/$defs/Sample"}, "<Sample>"),
    ({"discriminator": {"mapping": {"HoldoutSplitter": ""}}}, "<Splitter>"),
]


@pytest.mark.parametrize(("field", "words"), FIELDS, ids=[words for _, words in FIELDS])
def test_a_type_is_said_in_words(field: dict[str, Any], words: str) -> None:
    assert type_in_words(field, lambda name: f"<{name}>") == words


def test_a_default_is_said_in_words() -> None:
    properties = {
        "a": {"type": "string"},
        "b": {"type": "string"},
        "c": {"default": {}, "$ref": "x"},
        "d": {"default": [1]},
    }
    block = {"properties": properties, "required": ["a"]}
    shown = [default_in_words(name, block) for name in properties]
    assert shown == ["required", "from the environment", "its own defaults", "`[1]`"]
