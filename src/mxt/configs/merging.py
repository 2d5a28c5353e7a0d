"""One layer of a config over another."""

import re
from collections.abc import Iterator
from typing import TypeVar

from mxt.configs.loader import MAX_DEPTH, TOO_DEEP
from mxt.configs.yaml import OVERRIDE, Node, hidden, parse_value
from mxt.errors import ConfigError

_OVERRIDE = re.compile(
    r"(?P<key>[A-Za-z_][^.\[\]=\s]*(?:\.[^.\[\]=\s]+|\[[0-9]{1,9}\])*)=(?P<value>.*)", re.DOTALL
)
_KEY_PART = re.compile(r"[^.\[\]]+")
_INDEX = re.compile(r"[0-9]{1,9}")

Layer = TypeVar("Layer", bound=Node)


def merge(below: Node, above: Layer) -> Layer:
    """`above` over `below`: two mappings merge, any other value replaces the one below.

    A mapping whose `KIND` differs replaces the one below it whole, so that no field of another kind
    is left behind.
    """
    if not (isinstance(below, dict) and isinstance(above, dict)):
        return above
    if "KIND" in above and "KIND" in below and above["KIND"] != below["KIND"]:
        return above
    return {**below, **{key: merge(below.get(key), value) for key, value in above.items()}}  # type: ignore[return-value] # a mapping, as `above`


def leaves(layer: Node, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """The paths of the values in nested mappings."""
    if not isinstance(layer, dict):
        yield path
        return
    for key, value in layer.items():
        yield from leaves(value, (*path, key))


def assign(content: dict[str, Node], override: str) -> list[tuple[str | int, ...]]:
    """Apply ``key=value`` to `content` in place and return the paths of the key and of the values under it.

    Keys are dotted and take list items as ``a[0].b``; values are read as YAML.

    Raises:
        ConfigError: The override is not ``key=value``, or its key does not fit the config.
    """
    match = _OVERRIDE.fullmatch(override)
    if not match or hidden(match["key"]):
        key = override.partition("=")[0]
        msg = f"override {key!r}: expected key=value, such as job.inputs.limit=100"
        raise ConfigError(msg)
    key = match["key"]
    value = parse_value(match["value"], OVERRIDE, key)
    parts = _KEY_PART.findall(key)
    if len(parts) > MAX_DEPTH:
        msg = f"override {key}: {TOO_DEEP}"
        raise ConfigError(msg)
    path = tuple(int(part) if _INDEX.fullmatch(part) else part for part in parts)
    try:
        _place(content, path, value)
    except (IndexError, TypeError) as error:
        msg = f"override {key}: the config has no such place"
        raise ConfigError(msg) from error
    return [path, *leaves(value, path)]


def _place(holder: Node, path: tuple[str | int, ...], value: Node) -> None:
    head, *rest = path
    if isinstance(holder, dict):
        if isinstance(head, int):
            raise IndexError
        if not rest:
            holder.update(_over(holder, head, value))
        else:
            _place(holder.setdefault(head, {}), tuple(rest), value)
    elif not (isinstance(holder, list) and isinstance(head, int)):
        raise TypeError
    elif not rest:
        holder[head] = merge(holder[head], value)
    else:
        _place(holder[head], tuple(rest), value)


def _over(holder: dict[str, Node], key: str, value: Node) -> dict[str, Node]:
    if key == "KIND" and holder.get(key) != value:
        holder.clear()
    return {key: merge(holder.get(key), value)}
