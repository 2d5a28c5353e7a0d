"""Values as YAML that a config reads back as they are, and names as comments may hold them."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence

from mxt.configs.yaml import hidden
from mxt.findings.words import shortened

PLAIN = re.compile(r"[^\W\d]\w*(?:[ ./-]\w+)*")
RESERVED = {"null", "true", "false", "yes", "no", "on", "off", "y", "n"}
"""Words that some reader of YAML takes for something else than a text."""

MOST_PLAIN = 200
"""Characters of the longest text without quotes."""


def scalar(value: object) -> str:
    """A value on one line: a text without quotes if no reader of YAML can mistake it."""
    if isinstance(value, str):
        plain = PLAIN.fullmatch(value) and value.casefold() not in RESERVED and len(value) <= MOST_PLAIN
        return value if plain else quoted(value)
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{scalar(key)}: {scalar(each)}" for key, each in value.items()) + "}"
    if isinstance(value, Sequence):
        return "[" + ", ".join(map(scalar, value)) + "]"
    return json.dumps(value)


def quoted(text: str) -> str:
    """A text in double quotes, where characters that do not show are escaped."""
    return "".join(
        sign
        if sign.isprintable()
        else f"\\u{ord(sign):04x}"
        if ord(sign) < 1 << 16
        else f"\\U{ord(sign):08x}"
        for sign in json.dumps(text, ensure_ascii=False)
    )


def writable(name: str) -> bool:
    """Whether a config can hold a name: it has no character that does not show, and is no reference."""
    return not hidden(name) and "${" not in name


def said(name: str) -> str:
    """A column's name within a comment: on one line, and without characters that do not show."""
    return "".join(filter(str.isprintable, shortened(name))) or "''"
