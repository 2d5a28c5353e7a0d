"""The catalogue of kinds: families, members, fields with their types, and examples, as text."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING

from mxt.errors import ConfigError, nearest
from mxt.kinds import files, find, members
from mxt.kinds.families import families, load_plug_ins
from mxt.kinds.schemas import Schema, default_in_words, type_in_words
from mxt.kinds.texts import example_of, help_of

if TYPE_CHECKING:
    from mxt.kinds import Kind

Headlines = dict[str, str]
"""The first line of a docstring, by the name of its class."""


def catalogue(name: str) -> str:
    """Every family with its members; or, given a name, one family or one member whole.

    Raises:
        ConfigError: No family or kind has the name.
    """
    known = _plugged() if files.entry_points() else _own()
    if not name:
        return "\n\n".join(_family(family, *known[family]) for family in known)
    if name in known:
        return _family(name, *known[name])
    kind = find(name)
    if kind is None:
        names = [*known, *(member for _, members in known.values() for member in members)]
        near = nearest(name, names)
        msg = f"there is no kind or family {name!r}{f'; did you mean {near!r}?' if near else ''}"
        raise ConfigError(msg)
    return _kind(kind)


def _own() -> dict[str, tuple[str, Headlines]]:
    """The headline of each family and those of its members, as MXT's own files say; nothing is imported."""
    return {
        name: (
            family.headline,
            {kind: entry.headline for kind, entry in files.members(family.module).items()},
        )
        for name, family in files.families().items()
    }


def _plugged() -> dict[str, tuple[str, Headlines]]:
    """The same with what plug-ins add."""
    load_plug_ins()
    return {
        name: (_headline(family), {kind: _headline(member) for kind, member in members(family).items()})
        for name, family in families().items()
    }


def _headline(kind: type[Kind]) -> str:
    return help_of(kind).partition("\n")[0]


def _family(name: str, headline: str, kinds: Headlines) -> str:
    width = max(map(len, kinds), default=0)
    return "\n".join([f"{name}: {headline}", *(f"  {kind:<{width}}  {text}" for kind, text in kinds.items())])


def _kind(kind: type[Kind]) -> str:
    schema = kind.model_json_schema()
    schema = schema.get("$defs", {}).get(kind.__name__, schema)  # a kind that can hold itself is a reference
    fields = [_field(name, schema) for name in schema["properties"] if name != "KIND"]
    example = "\n".join(f"  {line}" for line in example_of(kind).splitlines())
    heading = f"{kind.__name__} ({inspect.getsourcefile(kind)})"
    return "\n".join([heading, "", help_of(kind), "", "Fields:", *fields, "", "Example:", example])


def _field(name: str, block: Schema) -> str:
    field, default = block["properties"][name], default_in_words(name, block)
    shown = f"default {default.strip('`')}" if default.startswith("`") else default
    meaning = " ".join(str(field["description"]).split())
    return f"  {name} ({type_in_words(field).replace('`', '')}; {shown}): {meaning}"
