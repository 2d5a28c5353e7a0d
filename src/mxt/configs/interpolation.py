"""Interpolation: ``${job.target}`` stands for another value of the same config.

Only keys can be named. Resolvers such as ``${oc.env:NAME}`` are refused, since the values that they fetch
would end up in logs and records; a field that needs a secret takes ``env:NAME`` instead.
"""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import TypeAlias, cast

from mxt.configs.loader import MAX_DEPTH, TOO_DEEP
from mxt.configs.yaml import MAX_FAULTS, Node
from mxt.errors import ConfigError

MAX_CHARACTERS = 1_000_000
MAX_VALUES, MAX_WRITTEN = 10_000, 100_000
"""Values and interpolations of a config that has some, and characters of the texts with them.

OmegaConf takes up to 0.15 ms for a value, and up to 10 microseconds for a character.
"""
MAX_CHAIN = 16

_OPENING = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_-]*(?:\.[A-Za-z0-9_-]+|\[[0-9]+\])*\})?")

Path: TypeAlias = tuple[str | int, ...]


def resolve(content: dict[str, Node], where: Callable[[Path], str]) -> dict[str, Node]:
    """Replace every ``${key}`` by the value it names.

    Args:
        content: A merged config.
        where: Gives the place where the value at a path was written, for messages.

    Raises:
        ConfigError: An interpolation has another form, names no key, or runs in a circle; or the config has,
            or would have, more than `MAX_CHARACTERS`, `MAX_VALUES` or `MAX_WRITTEN` allow.
    """
    known: dict[str, _Extent] = {}
    faults = list(islice(_faults(content, known, where), MAX_FAULTS))
    if faults:
        raise ConfigError("\n".join(faults))
    if not known:
        return content
    _refuse_many([node for _, node in _scalars(content, ())], where(()))
    from omegaconf import OmegaConf
    from omegaconf.errors import OmegaConfBaseException

    try:
        resolved = OmegaConf.to_container(OmegaConf.create(content), resolve=True, throw_on_missing=True)
    except OmegaConfBaseException as error:
        msg = f"{where(())}: {error.full_key}: {str(error).splitlines()[0]}"
        raise ConfigError(msg) from error
    return cast("dict[str, Node]", resolved)


def _refuse_many(values: list[Node], file: str) -> None:
    """Raise a ConfigError if OmegaConf would take more than a second or two."""
    texts = [value for value in values if isinstance(value, str) and "${" in value]
    count, written = len(values) + sum(text.count("${") for text in texts), sum(map(len, texts))
    if count > MAX_VALUES or written > MAX_WRITTEN:
        msg = (
            f"{file}: a config with interpolations has {MAX_VALUES:,} values and interpolations at most, and "
            f"{MAX_WRITTEN:,} characters in its texts with them, not {count:,} and {written:,}"
        )
        raise ConfigError(msg)


def dotted(path: Path) -> str:
    """A path as users write it: ``job.metrics[0].name``."""
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path).removeprefix(".")


def _scalars(node: Node, path: Path) -> Iterator[tuple[Path, Node]]:
    """The values that hold no others, an empty list or mapping among them, by their paths."""
    if not (isinstance(node, (dict, list)) and node):
        yield path, node
        return
    for key, value in node.items() if isinstance(node, dict) else enumerate(node):
        yield from _scalars(value, (*path, key))


@dataclass(frozen=True)
class _Extent:
    """How large a node would be once resolved."""

    characters: int
    steps: int
    """How deep the steps from key to key go."""
    levels: int
    """How deep its lists and mappings are nested."""


def _faults(
    content: dict[str, Node], known: dict[str, _Extent], where: Callable[[Path], str]
) -> Iterator[str]:
    """What is wrong with the interpolations; `known` takes the extent of each key that is named."""
    grown = 0
    for path, node in _scalars(content, ()):
        fault = _form_fault(node) if isinstance(node, str) else ""
        if not fault:
            try:
                extent = _extent(node, content, known, ())
            except (KeyError, IndexError, ValueError, TypeError):
                fault = "its interpolation names a key that the config does not have"
            except RecursionError:
                fault = f"its interpolations run in a circle or more than {MAX_CHAIN} steps deep"
            else:
                grown += extent.characters if extent.steps else 0
                fault = TOO_DEEP if len(path) + extent.levels > MAX_DEPTH else ""
        if grown > MAX_CHARACTERS:
            fault = f"interpolations would make the config grow beyond {MAX_CHARACTERS} characters"
        if fault:
            yield f"{where(path)}: {dotted(path)}: {fault}"
        if grown > MAX_CHARACTERS:
            return


def _form_fault(text: str) -> str:
    if any(not opening[1] for opening in _OPENING.finditer(text)):
        return (
            "an interpolation names a key, as ${job.target}; "
            "secrets are named where a field takes them, as env:NAME"
        )
    return "??? stands for a value that was not given" if text == "???" else ""


def _extent(node: Node, content: Node, known: dict[str, _Extent], chain: tuple[str, ...]) -> _Extent:
    """How large `node` would be once resolved, without resolving it; `known` keeps the extent of each key.

    Raises:
        RecursionError: The steps run in a circle, or are too many.
    """
    total, steps, levels = len(json.dumps(node)), 0, 0
    for path, text in _scalars(node, ()):
        levels = max(levels, len(path))
        for opening in _OPENING.finditer(text) if isinstance(text, str) else ():
            key = opening[1].rstrip("}")
            if key in chain or len(chain) >= MAX_CHAIN:
                raise RecursionError
            if key not in known:
                known[key] = _extent(_lookup(content, key), content, known, (*chain, key))
            total += known[key].characters
            steps = max(steps, known[key].steps + 1)
            levels = max(levels, len(path) + known[key].levels)
    if steps > MAX_CHAIN:
        raise RecursionError
    return _Extent(total, steps, levels)


def _lookup(node: Node, key: str) -> Node:
    """What a key names.

    Raises:
        KeyError, IndexError: The config has no such key.
    """
    for part in re.findall(r"[^.\[\]]+", key):
        if isinstance(node, list) and part.isdecimal():
            node = node[int(part)]
        elif isinstance(node, dict):
            node = node[part]
        else:
            raise KeyError(part)
    return node
