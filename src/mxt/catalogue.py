"""The catalogue of kinds: families, members, fields and examples, as text."""

from __future__ import annotations

import difflib
import inspect
from typing import TYPE_CHECKING

from pydantic_core import PydanticUndefined

from mxt import settings  # noqa: F401 - makes every family known
from mxt.errors import ConfigError
from mxt.kinds import Kind, descriptions, example_of, families, find, help_of, members

if TYPE_CHECKING:
    from pydantic.fields import FieldInfo


def catalogue(name: str) -> str:
    """Every family with its members; or, given a name, one family or one member whole.

    Raises:
        ConfigError: No family or kind has the name.
    """
    if not name:
        return "\n\n".join(_family(family) for family in families().values())
    if name in families():
        return _family(families()[name])
    kind = find(name)
    if kind is None:
        names = [*families(), *(member for family in families().values() for member in members(family))]
        near = difflib.get_close_matches(name, names, n=1)
        msg = f"there is no kind or family {name!r}{f'; did you mean {near[0]!r}?' if near else ''}"
        raise ConfigError(msg)
    return _kind(kind)


def _family(family: type[Kind]) -> str:
    lines = [f"{family.__name__}: {_first_line(family)}"]
    width = max((len(name) for name in members(family)), default=0)
    return "\n".join(
        [*lines, *(f"  {name:<{width}}  {_first_line(kind)}" for name, kind in members(family).items())]
    )


def _kind(kind: type[Kind]) -> str:
    file = inspect.getsourcefile(kind)
    texts = descriptions(kind)
    fields = [
        _field(field.alias or name, field, texts.get(name, ""))
        for name, field in kind.model_fields.items()
        if name != "KIND"
    ]
    example = "\n".join(f"  {line}" for line in example_of(kind).splitlines())
    return "\n".join(
        [f"{kind.__name__} ({file})", "", help_of(kind), "", "Fields:", *fields, "", "Example:", example]
    )


def _field(name: str, field: FieldInfo, text: str) -> str:
    default = "required" if field.is_required() else f"default {_default(field)}"
    return f"  {name} ({default}): {text}"


def _default(field: FieldInfo) -> str:
    if field.default is not PydanticUndefined:
        return repr(field.default)
    return "from the environment"


def _first_line(kind: type[Kind]) -> str:
    return help_of(kind).partition("\n")[0]
